#include "cli_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Written under a name of its own beside the one that was asked for, which it gets at the end. */
struct cli_stream {
    FILE *file;
    const char *path;
    const char *target; /* what a link leads to */
    bool is_replaced;   /* else a pipe or device, which nothing may take the place of */
    cli_temporary temporary;
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

static zs_status find_target(zs_arena *arena, cli_stream *s, zs_err *err)
{
    struct stat info;
    ZS_TRY(cli_real_path(arena, s->path, &s->target, err));
    const bool is_there = stat(s->target, &info) == 0;
    if (is_there && S_ISDIR(info.st_mode))
        return zs_fail(err, ZS_EUSAGE, s->path, "cannot be written: is a directory");
    if (is_there && !S_ISREG(info.st_mode))
        return ZS_OK;
    s->is_replaced = true;
    return ZS_OK;
}

enum { NAP_MS = 1000, NAPS = 5 }; /* a pipe without a reader is waited for that long */

/* A device, a socket or a pipe; -1 leaves errno. */
static int open_as_is(const char *path, bool *is_lonely)
{
    for (int naps = 0;; naps++) {
        struct stat info;
        const int fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        *is_lonely = fd < 0 && errno == ENXIO && stat(path, &info) == 0 && S_ISFIFO(info.st_mode);
        if (fd >= 0)
            (void)fcntl(fd, F_SETFL, 0);
        if (!*is_lonely || naps == NAPS)
            return fd;
        if (naps == 0)
            cli_say(path, "is a pipe; waiting for something that reads from it");
        (void)poll(NULL, 0, NAP_MS);
    }
}

zs_status cli_stream_open(zs_arena *arena, const char *path, cli_stream **out, zs_err *err)
{
    cli_stream *s = zs_new(arena, cli_stream, 1);
    if (s == NULL)
        return zs_nomem(err, path);
    s->path = path;
    ZS_TRY(find_target(arena, s, err));
    s->temporary.fd = -1;
    int fd = -1;
    bool is_lonely = false;
    if (s->is_replaced) {
        ZS_TRY(cli_temporary_open(&s->temporary, s->target, err));
        fd = fcntl(s->temporary.fd, F_DUPFD_CLOEXEC, 0);
    } else {
        fd = open_as_is(s->target, &is_lonely);
        if (is_lonely)
            return zs_fail(err, ZS_EUSAGE, path, "is a pipe, and nothing has opened it to read");
    }
    s->file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (s->file == NULL) {
        const int code = errno;
        if (fd >= 0)
            close(fd);
        cli_temporary_drop(&s->temporary);
        const bool is_machine = code == ENOSPC || code == EIO || code == EMFILE;
        return zs_fail(err,
                       code == ENOMEM ? ZS_ENOMEM
                       : is_machine   ? ZS_EIO
                                      : ZS_EUSAGE,
                       path, "cannot be written: %s", strerror(code));
    }
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
    cli_temporary_drop(&s->temporary);
}

zs_status cli_stream_close(cli_stream *s, zs_err *err)
{
    zs_status status = ZS_OK;
    if (fclose(s->file) != 0 && s->code == 0)
        s->code = errno;
    s->file = NULL;
    if (s->code != 0)
        status = zs_fail(err, ZS_EIO, s->path, "cannot be written: %s", strerror(s->code));
    if (status == ZS_OK && s->is_replaced)
        status = cli_temporary_sync(&s->temporary, s->path, err);
    if (status == ZS_OK && s->is_replaced)
        status = cli_temporary_rename(&s->temporary, s->target, err);
    cli_temporary_drop(&s->temporary);
    return status;
}

zs_status cli_stream_end(cli_stream *s, zs_status written, zs_err *err)
{
    if (written == ZS_OK || (written == ZS_EIO && s->code != 0))
        return cli_stream_close(s, err);
    cli_stream_drop(s);
    return written;
}
