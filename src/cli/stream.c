#include "cli_priv.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Written under a name of its own beside the one that was asked for, which it gets at the end. */
struct cli_stream {
    FILE *file;
    const char *path;
    char *temporary;
    int code; /* errno of the first write that failed */
};

static zs_status stream_write(void *ctx, const void *data, size_t bytes)
{
    cli_stream *s = ctx;
    if (fwrite(data, 1, bytes, s->file) == bytes)
        return ZS_OK;
    s->code = s->code ? s->code : errno;
    return ZS_EIO;
}

zs_sink cli_stream_sink(cli_stream *s)
{
    return (zs_sink){.write = stream_write, .ctx = s};
}

zs_status cli_stream_open(zs_arena *arena, const char *path, cli_stream **out, zs_err *err)
{
    const char *slash = strrchr(path, '/');
    const int dir_bytes = slash != NULL ? (int)(slash - path) + 1 : 0;
    cli_stream *s = zs_new(arena, cli_stream, 1);
    struct stat info;
    if (s == NULL)
        return zs_nomem(err, path);
    s->path = path;
    s->temporary =
        zs_arena_printf(arena, "%.*s.%s.%ld", dir_bytes, path, path + dir_bytes, (long)getpid());
    if (s->temporary == NULL)
        return zs_nomem(err, path);
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return zs_fail(err, ZS_EUSAGE, path, "cannot be written: is a directory");
    s->file = fopen(s->temporary, "we");
    if (s->file == NULL)
        return zs_fail(err, errno == ENOSPC || errno == EIO ? ZS_EIO : ZS_EUSAGE, path,
                       "cannot be written: %s", strerror(errno));
    setvbuf(s->file, NULL, _IOFBF, 1 << 20);
    *out = s;
    return ZS_OK;
}

void cli_stream_drop(cli_stream *s)
{
    if (s == NULL || s->file == NULL)
        return;
    fclose(s->file);
    s->file = NULL;
    unlink(s->temporary);
}

zs_status cli_stream_close(cli_stream *s, zs_err *err)
{
    if (fclose(s->file) != 0 && s->code == 0)
        s->code = errno;
    s->file = NULL;
    if (s->code == 0 && rename(s->temporary, s->path) == 0)
        return ZS_OK;
    const int code = s->code ? s->code : errno;
    unlink(s->temporary);
    return zs_fail(err, ZS_EIO, s->path, "cannot be written: %s", strerror(code));
}
