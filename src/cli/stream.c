#include "cli_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Written under a name of its own beside the one that was asked for, which it gets at the end. */
struct cli_stream {
    FILE *file;
    const char *path;
    const char *target;    /* what a link leads to */
    const char *temporary; /* NULL: a pipe or device, which nothing may take the place of */
    int code;              /* errno of the first write that failed */
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

static zs_status find_target(zs_arena *arena, cli_stream *s, zs_err *err)
{
    char *real = realpath(s->path, NULL);
    struct stat info;
    s->target = real != NULL ? zs_arena_strndup(arena, real, strlen(real)) : s->path;
    free(real);
    if (s->target == NULL)
        return zs_nomem(err, s->path);
    const bool is_there = stat(s->target, &info) == 0;
    if (is_there && S_ISDIR(info.st_mode))
        return zs_fail(err, ZS_EUSAGE, s->path, "cannot be written: is a directory");
    if (is_there && !S_ISREG(info.st_mode))
        return ZS_OK;
    const char *slash = strrchr(s->target, '/');
    const int dir_bytes = slash != NULL ? (int)(slash - s->target) + 1 : 0;
    s->temporary = zs_arena_printf(arena, "%.*s.%s.%ld", dir_bytes, s->target,
                                   s->target + dir_bytes, (long)getpid());
    return s->temporary != NULL ? ZS_OK : zs_nomem(err, s->path);
}

zs_status cli_stream_open(zs_arena *arena, const char *path, cli_stream **out, zs_err *err)
{
    cli_stream *s = zs_new(arena, cli_stream, 1);
    if (s == NULL)
        return zs_nomem(err, path);
    s->path = path;
    ZS_TRY(find_target(arena, s, err));
    s->file = fopen(s->temporary != NULL ? s->temporary : s->target, "we");
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
    if (s->temporary != NULL)
        unlink(s->temporary);
}

zs_status cli_stream_close(cli_stream *s, zs_err *err)
{
    if (fclose(s->file) != 0 && s->code == 0)
        s->code = errno;
    s->file = NULL;
    if (s->code == 0 && (s->temporary == NULL || rename(s->temporary, s->target) == 0))
        return ZS_OK;
    const int code = s->code ? s->code : errno;
    if (s->temporary != NULL)
        unlink(s->temporary);
    return zs_fail(err, ZS_EIO, s->path, "cannot be written: %s", strerror(code));
}
