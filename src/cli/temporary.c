#include "cli_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TRIES = 16, NAME_KEPT = 200 }; /* of a name of up to 255 bytes */

static zs_status failed(const char *path, int code, zs_err *err)
{
    const bool is_machine = code == ENOSPC || code == EIO || code == EROFS || code == EMFILE ||
                            code == ENFILE || code == EFBIG || code == EDQUOT || code == EAGAIN;
    return zs_fail(err,
                   code == ENOMEM ? ZS_ENOMEM
                   : is_machine   ? ZS_EIO
                                  : ZS_EUSAGE,
                   path, "cannot be written: %s", strerror(code));
}

zs_status cli_temporary_open(cli_temporary *t, const char *target, zs_err *err)
{
    const char *slash = strrchr(target, '/');
    const char *name = slash != NULL ? slash + 1 : target;
    t->fd = -1;
    for (int i = 0; i < TRIES && t->fd < 0; i++) {
        uint64_t random;
        if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
            return failed(target, errno, err);
        const int n = snprintf(t->path, sizeof t->path, "%.*s.%.*s.%016llx", (int)(name - target),
                               target, (int)NAME_KEPT, name, (unsigned long long)random);
        if (n < 0 || (size_t)n >= sizeof t->path)
            return failed(target, ENAMETOOLONG, err);
        t->fd = open(t->path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (t->fd < 0 && errno != EEXIST)
            break;
    }
    if (t->fd < 0) {
        t->path[0] = '\0';
        return failed(target, errno, err);
    }
    struct stat info; /* what it takes the place of may be private */
    if (stat(target, &info) == 0 && S_ISREG(info.st_mode))
        (void)fchmod(t->fd, info.st_mode & 0777);
    return ZS_OK;
}

zs_status cli_temporary_sync(cli_temporary *t, const char *target, zs_err *err)
{
    int code = fsync(t->fd) == 0 || errno == EINVAL ? 0 : errno;
    if (close(t->fd) != 0 && code == 0)
        code = errno;
    t->fd = -1;
    return code == 0 ? ZS_OK
                     : zs_fail(err, ZS_EIO, target, "cannot be written: %s", strerror(code));
}

zs_status cli_temporary_rename(cli_temporary *t, const char *target, zs_err *err)
{
    if (rename(t->path, target) != 0)
        return failed(target, errno, err);
    t->path[0] = '\0';
    /* the new name is in the directory, which has to reach the disk too */
    const char *slash = strrchr(target, '/');
    char dir[sizeof t->path];
    snprintf(dir, sizeof dir, "%.*s", slash == NULL ? 1 : (int)(slash - target) + 1,
             slash == NULL ? "." : target);
    const int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return ZS_OK; /* one may write to a directory that one may not read */
    const int code = fsync(fd) == 0 || errno == EINVAL ? 0 : errno;
    close(fd);
    return code == 0 ? ZS_OK
                     : zs_fail(err, ZS_EIO, target, "cannot be written: %s", strerror(code));
}

void cli_temporary_drop(cli_temporary *t)
{
    if (t->fd >= 0)
        close(t->fd);
    if (t->path[0] != '\0')
        unlink(t->path);
    *t = (cli_temporary){.fd = -1};
}
