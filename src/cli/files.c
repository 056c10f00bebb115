#include "cli_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- memory ---------------------------------------------------------------------------------- */

#define HUGE_PAGE_BYTES ((size_t)2 << 20)

/* Large blocks lie on huge pages where the system has them: most of the time before and after a
 * simulation is page faults. */
static void *heap_alloc(void *ctx, size_t bytes)
{
    (void)ctx;
    if (bytes < HUGE_PAGE_BYTES / 2 || bytes > SIZE_MAX - HUGE_PAGE_BYTES)
        return malloc(bytes);
    const size_t rounded = (bytes + HUGE_PAGE_BYTES - 1) / HUGE_PAGE_BYTES * HUGE_PAGE_BYTES;
    void *block = aligned_alloc(HUGE_PAGE_BYTES, rounded);
    if (block != NULL)
        (void)madvise(block, rounded, MADV_HUGEPAGE); /* a wish: refusing it changes nothing */
    return block;
}

static void heap_release(void *ctx, void *block, size_t bytes)
{
    (void)ctx;
    (void)bytes;
    free(block);
}

zs_alloc cli_heap(void)
{
    return (zs_alloc){.alloc = heap_alloc, .release = heap_release};
}

/* ---- reading --------------------------------------------------------------------------------- */

#define READ_MAX_BYTES ((size_t)2 << 30)

/* What the user named wrongly is his to mend; the rest is the machine's fault. */
static zs_status file_error(const char *path, const char *what, zs_err *err)
{
    const int code = errno;
    const bool named_wrongly = code == ENOENT || code == ENOTDIR || code == EISDIR ||
                               code == EACCES || code == ENAMETOOLONG || code == ELOOP;
    return zs_fail(err, named_wrongly ? ZS_EUSAGE : ZS_EIO, path, "%s: %s", what, strerror(code));
}

static zs_status read_open(zs_arena *arena, int fd, const char *path, zs_span *out, zs_err *err)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return file_error(path, "cannot be read", err);
    /* One byte more than the size, so that the end is seen without growing. */
    size_t capacity = S_ISREG(info.st_mode) && info.st_size > 0 ? (size_t)info.st_size + 1 : 65536;
    size_t used = 0;
    uint8_t *data = NULL;
    for (;;) {
        if (capacity > READ_MAX_BYTES)
            return zs_fail(err, ZS_ERANGE, path, "is larger than the limit of 2 GiB");
        uint8_t *bigger = zs_arena_alloc_raw(arena, capacity, 1);
        if (bigger == NULL)
            return zs_nomem(err, path);
        if (used > 0)
            memcpy(bigger, data, used);
        data = bigger;
        while (used < capacity) {
            const ssize_t got = read(fd, data + used, capacity - used);
            if (got < 0 && errno == EINTR)
                continue;
            if (got < 0)
                return file_error(path, "cannot be read", err);
            if (got == 0) {
                *out = (zs_span){.data = data, .bytes = used};
                return ZS_OK;
            }
            used += (size_t)got;
        }
        capacity *= 2;
    }
}

zs_status cli_file_read(zs_arena *arena, const char *path, zs_span *out, zs_err *err)
{
    if (strcmp(path, "-") == 0)
        return read_open(arena, STDIN_FILENO, "standard input", out, err);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return file_error(path, "cannot be opened", err);
    const zs_status status = read_open(arena, fd, path, out, err);
    close(fd);
    return status;
}

/* Not by opening it: a pipe would take that for its reader. */
zs_status cli_file_check(const char *path, zs_err *err)
{
    struct stat info;
    if (strcmp(path, "-") == 0)
        return ZS_OK;
    if (stat(path, &info) != 0 || access(path, R_OK) != 0)
        return file_error(path, "cannot be opened", err);
    if (!S_ISDIR(info.st_mode))
        return ZS_OK;
    errno = EISDIR;
    return file_error(path, "cannot be read", err);
}

/* ---- standard output ------------------------------------------------------------------------- */

static int stdout_errno; /* of the first write that failed */

static zs_status stdout_write(void *ctx, const void *data, size_t bytes)
{
    (void)ctx;
    if (fwrite(data, 1, bytes, stdout) == bytes)
        return ZS_OK;
    if (stdout_errno == 0)
        stdout_errno = errno;
    return ZS_EIO;
}

zs_sink cli_stdout(void)
{
    return (zs_sink){.write = stdout_write};
}

zs_status cli_stdout_close(zs_err *err)
{
    const bool failed = ferror(stdout) != 0;
    if (fflush(stdout) != 0 && stdout_errno == 0)
        stdout_errno = errno;
    /* Closing reports what a network file system only notices now; a standard output that was
     * never open is fine as long as nothing was to be written there. */
    if (fclose(stdout) != 0 && stdout_errno == 0 && errno != EBADF)
        stdout_errno = errno;
    if (stdout_errno == 0 && !failed)
        return ZS_OK;
    return zs_fail(err, ZS_EIO, "standard output", "cannot be written: %s",
                   strerror(stdout_errno ? stdout_errno : EIO));
}

/* ---- files that appear together -------------------------------------------------------------- */

zs_buffer *cli_files_add(cli_files *files, const char *name)
{
    files->file[files->n].name = name;
    zs_buffer_init(&files->file[files->n].bytes, cli_heap());
    return &files->file[files->n++].bytes;
}

void cli_files_drop(cli_files *files)
{
    for (uint32_t i = 0; i < files->n; i++)
        zs_buffer_drop(&files->file[i].bytes);
    files->n = 0;
}

zs_status cli_dir_check(const char *dir, zs_err *err)
{
    struct stat info;
    if (stat(dir, &info) != 0) {
        if (errno == ENOENT)
            return ZS_OK;
        return file_error(dir, "cannot be used for output", err);
    }
    if (!S_ISDIR(info.st_mode))
        return zs_fail(err, ZS_EUSAGE, dir, "is not a directory");
    return ZS_OK;
}

static zs_status make_dirs(const char *dir, zs_err *err)
{
    char path[4096];
    const int n = snprintf(path, sizeof path, "%s", dir);
    if (n < 0 || (size_t)n >= sizeof path)
        return zs_fail(err, ZS_EUSAGE, "--out", "the name of the directory is too long");
    for (char *at = path + 1; *at; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST)
            return file_error(path, "cannot be made", err);
        *at = '/';
    }
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        return file_error(path, "cannot be made", err);
    return cli_dir_check(dir, err);
}

static void join(char *path, size_t bytes, const cli_files *files, uint32_t i, bool temporary)
{
    if (temporary)
        snprintf(path, bytes, "%s/.%s.%ld", files->dir, files->file[i].name, (long)getpid());
    else
        snprintf(path, bytes, "%s/%s", files->dir, files->file[i].name);
}

static zs_status write_all(int fd, const zs_buffer *bytes, const char *path, zs_err *err)
{
    size_t done = 0;
    while (done < bytes->bytes) {
        const ssize_t n = write(fd, bytes->data + done, bytes->bytes - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return file_error(path, "cannot be written", err);
        done += (size_t)n;
    }
    return ZS_OK;
}

static zs_status write_temporary(const cli_files *files, uint32_t i, zs_err *err)
{
    char path[4352];
    join(path, sizeof path, files, i, true);
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return file_error(path, "cannot be written", err);
    const zs_status status = write_all(fd, &files->file[i].bytes, path, err);
    if (close(fd) != 0 && status == ZS_OK)
        return file_error(path, "cannot be written", err);
    return status;
}

/* A directory in the place of a file makes some renames fail and not all; a device or pipe would be
 * gone. */
static zs_status check_places(const cli_files *files, zs_err *err)
{
    for (uint32_t i = 0; i < files->n; i++) {
        char path[4352];
        struct stat info;
        join(path, sizeof path, files, i, false);
        if (stat(path, &info) == 0 && !S_ISREG(info.st_mode))
            return zs_fail(err, ZS_EUSAGE, path, "cannot be written: is %s",
                           S_ISDIR(info.st_mode) ? "a directory" : "no regular file");
    }
    return ZS_OK;
}

static zs_status rename_all(const cli_files *files, zs_err *err)
{
    for (uint32_t i = 0; i < files->n; i++) {
        char from[4352], to[4352];
        join(from, sizeof from, files, i, true);
        join(to, sizeof to, files, i, false);
        if (rename(from, to) != 0)
            return file_error(to, "cannot be written", err);
    }
    return ZS_OK;
}

zs_status cli_files_write(cli_files *files, zs_err *err)
{
    ZS_TRY(make_dirs(files->dir, err));
    ZS_TRY(check_places(files, err));
    zs_status status = ZS_OK;
    for (uint32_t i = 0; i < files->n && status == ZS_OK; i++)
        status = write_temporary(files, i, err);
    if (status == ZS_OK)
        status = rename_all(files, err);
    if (status == ZS_OK)
        return ZS_OK;
    for (uint32_t i = 0; i < files->n; i++) {
        char path[4352];
        join(path, sizeof path, files, i, true);
        unlink(path);
    }
    return status;
}
