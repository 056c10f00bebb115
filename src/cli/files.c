#include "cli_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* ---- memory ---------------------------------------------------------------------------------- */

#define HUGE_PAGE_BYTES ((size_t)2 << 20)

static atomic_bool was_refused;

/* Large blocks lie on huge pages where the system has them: most of the time before and after a
 * simulation is page faults. */
static void *heap_alloc(void *ctx, size_t bytes)
{
    (void)ctx;
    void *block;
    if (bytes < HUGE_PAGE_BYTES / 2 || bytes > SIZE_MAX - HUGE_PAGE_BYTES) {
        block = malloc(bytes);
    } else {
        const size_t n = (bytes + HUGE_PAGE_BYTES - 1) / HUGE_PAGE_BYTES * HUGE_PAGE_BYTES;
        block = aligned_alloc(HUGE_PAGE_BYTES, n);
        if (block != NULL)
            (void)madvise(block, n, MADV_HUGEPAGE); /* a wish: refusing it changes nothing */
    }
    if (block == NULL)
        atomic_store(&was_refused, true);
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

bool cli_heap_was_refused(void)
{
    return atomic_load(&was_refused);
}

/* ---- reading --------------------------------------------------------------------------------- */

#define NULL_DEVICE makedev(1, 3)           /* /dev/null is an empty file */
enum { PIPE_NAP_MS = 1000, PIPE_NAPS = 5 }; /* a pipe without a writer is waited for that long */

/* What the user named wrongly is his to mend; the rest is the machine's fault. */
static zs_status file_error(const char *path, const char *what, zs_err *err)
{
    const int code = errno;
    const bool named_wrongly = code == ENOENT || code == ENOTDIR || code == EISDIR ||
                               code == EACCES || code == ENAMETOOLONG || code == ELOOP ||
                               code == ENXIO || code == EPERM;
    const zs_status status = code == ENOMEM ? ZS_ENOMEM : named_wrongly ? ZS_EUSAGE : ZS_EIO;
    return zs_fail(err, status, path[0] != '\0' ? path : "''", "%s: %s", what, strerror(code));
}

zs_status cli_real_path(zs_arena *arena, const char *path, const char **real, zs_err *err)
{
    char *found = realpath(path, NULL);
    if (found == NULL && errno == ENOMEM)
        return zs_nomem(err, path);
    const char *copy = found != NULL ? zs_arena_strdup(arena, found) : path;
    free(found);
    if (copy == NULL)
        return zs_nomem(err, path);
    *real = copy;
    return ZS_OK;
}

static zs_status file_too_large(const char *path, size_t most, zs_err *err)
{
    const bool in_mib = most >= 1u << 20;
    return zs_fail(err, ZS_ERANGE, path, "is larger than the limit of %zu %s",
                   most >> (in_mib ? 20 : 10), in_mib ? "MiB" : "KiB");
}

/* Whether anything has an empty pipe open to write. */
static bool has_writer(int fd)
{
    int copy[2];
    if (pipe2(copy, O_CLOEXEC) != 0)
        return true;
    const bool is_alone = tee(fd, copy[1], 1, SPLICE_F_NONBLOCK) == 0; /* takes nothing out */
    close(copy[0]);
    close(copy[1]);
    return !is_alone;
}

/* Returns when there is something to read, or the end. */
static zs_status await_pipe(int fd, const char *path, zs_err *err)
{
    for (int naps = 1;; naps++) {
        struct pollfd pipe = {.fd = fd, .events = POLLIN};
        if (poll(&pipe, 1, PIPE_NAP_MS) != 0)
            return ZS_OK;
        if (naps == 1)
            cli_say(path, "is a pipe; waiting for what is written to it");
        if (naps >= PIPE_NAPS && !has_writer(fd))
            return zs_fail(err, ZS_EUSAGE, path, "is a pipe, and nothing has opened it to write");
    }
}

zs_status cli_file_open(const char *path, int *out, zs_err *err)
{
    struct stat info;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return file_error(path, "cannot be opened", err);
    zs_status status = ZS_OK;
    if (fstat(fd, &info) != 0)
        status = file_error(path, "cannot be read", err);
    else if (S_ISBLK(info.st_mode) ||
             (S_ISCHR(info.st_mode) && !isatty(fd) && info.st_rdev != NULL_DEVICE))
        status = zs_fail(err, ZS_EUSAGE, path, "is a device, not a file");
    else if (S_ISFIFO(info.st_mode))
        status = await_pipe(fd, path, err);
    if (status == ZS_OK && fcntl(fd, F_SETFL, 0) != 0)
        status = file_error(path, "cannot be read", err);
    if (status != ZS_OK) {
        close(fd);
        return status;
    }
    *out = fd;
    return ZS_OK;
}

static zs_status read_open(zs_arena *arena, int fd, const char *path, size_t most, zs_span *out,
                           zs_err *err)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return file_error(path, "cannot be read", err);
    const bool is_sized = S_ISREG(info.st_mode) && info.st_size > 0;
    if (is_sized && (uint64_t)info.st_size > most)
        return file_too_large(path, most, err);
    /* One byte more than the size, so that the end is seen without growing. */
    size_t capacity = is_sized ? (size_t)info.st_size + 1 : 65536;
    size_t used = 0;
    uint8_t *data = NULL;
    for (;;) {
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
            if (used > most)
                return file_too_large(path, most, err);
        }
        capacity = capacity > most / 2 ? most + 1 : 2 * capacity;
    }
}

/* Standard input comes once, but `compare - --vary ...` has a column of it for each value. */
static zs_status read_stdin(size_t most, zs_span *out, zs_err *err)
{
    static const char path[] = "standard input";
    static zs_arena keep; /* until the process ends */
    static zs_span bytes;
    if (bytes.data == NULL) {
        zs_arena_init(&keep, cli_heap());
        ZS_TRY(read_open(&keep, STDIN_FILENO, path, most, &bytes, err));
    }
    if (bytes.bytes > most)
        return file_too_large(path, most, err);
    *out = bytes;
    return ZS_OK;
}

zs_status cli_file_read(zs_arena *arena, const char *path, size_t most, zs_span *out, zs_err *err)
{
    int fd = -1;
    if (strcmp(path, "-") == 0)
        return read_stdin(most, out, err);
    ZS_TRY(cli_file_open(path, &fd, err));
    const zs_status status = read_open(arena, fd, path, most, out, err);
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

void cli_stdout_failed(int code)
{
    if (stdout_errno == 0)
        stdout_errno = code;
}

bool cli_stdout_is_broken(void)
{
    return stdout_errno == EPIPE;
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
    files->file[files->n].temporary = (cli_temporary){.fd = -1};
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

static void join(char *path, size_t bytes, const cli_files *files, uint32_t i)
{
    snprintf(path, bytes, "%s/%s", files->dir, files->file[i].name);
}

/* A directory in the place of a file makes some renames fail and not all; a device or pipe would be
 * gone. */
static zs_status check_places(const cli_files *files, zs_err *err)
{
    for (uint32_t i = 0; i < files->n; i++) {
        char path[4352];
        struct stat info;
        join(path, sizeof path, files, i);
        if (stat(path, &info) == 0 && !S_ISREG(info.st_mode))
            return zs_fail(err, ZS_EUSAGE, path, "cannot be written: is %s",
                           S_ISDIR(info.st_mode) ? "a directory" : "no regular file");
    }
    return ZS_OK;
}

static zs_status write_temporary(cli_files *files, uint32_t i, zs_err *err)
{
    char path[4352];
    join(path, sizeof path, files, i);
    cli_temporary *t = &files->file[i].temporary;
    ZS_TRY(cli_temporary_open(t, path, err));
    const zs_buffer *bytes = &files->file[i].bytes;
    for (size_t done = 0; done < bytes->bytes;) {
        const ssize_t n = write(t->fd, bytes->data + done, bytes->bytes - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return file_error(path, "cannot be written", err);
        done += (size_t)n;
    }
    return cli_temporary_sync(t, path, err);
}

zs_status cli_files_write(cli_files *files, zs_err *err)
{
    ZS_TRY(make_dirs(files->dir, err));
    ZS_TRY(check_places(files, err));
    zs_status status = ZS_OK;
    for (uint32_t i = 0; i < files->n && status == ZS_OK; i++)
        status = write_temporary(files, i, err);
    for (uint32_t i = 0; i < files->n && status == ZS_OK; i++) {
        char path[4352];
        join(path, sizeof path, files, i);
        status = cli_temporary_rename(&files->file[i].temporary, path, err);
    }
    for (uint32_t i = 0; i < files->n; i++)
        cli_temporary_drop(&files->file[i].temporary);
    return status;
}
