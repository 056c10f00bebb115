#include "sweep_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYNC_S 5.0 /* what a power loss costs at most */

static zs_status file_failed(const sweep_file *f, int code, zs_err *err)
{
    return zs_fail(err, ZS_EIO, strcmp(f->path, "-") ? f->path : "standard output",
                   "cannot be written: %s", strerror(code));
}

/* ---- opening --------------------------------------------------------------------------------- */

static zs_status open_and_lock(sweep_file *f, zs_err *err)
{
    struct stat info;
    f->fd = open(f->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (f->fd < 0 && (errno == ENOSPC || errno == EIO || errno == EROFS || errno == EMFILE))
        return file_failed(f, errno, err);
    if (f->fd < 0)
        return zs_fail(err, ZS_EUSAGE, f->path, "cannot be opened: %s", strerror(errno));
    if (fstat(f->fd, &info) != 0)
        return file_failed(f, errno, err);
    if (!S_ISREG(info.st_mode)) {
        f->in_order = true;
        return ZS_OK;
    }
    if (flock(f->fd, LOCK_EX | LOCK_NB) == 0)
        return ZS_OK;
    if (errno == EWOULDBLOCK)
        return zs_fail(err, ZS_EUSAGE, f->path,
                       "another sweep is writing to this file; wait for it or name another");
    return file_failed(f, errno, err);
}

static zs_status row_is_foreign(const sweep_job *job, const char *id, zs_err *err)
{
    if (sweep_is_other_build(id, job->id))
        return zs_fail(err, ZS_EUSAGE, job->file.path,
                       "holds rows that zynqsim %.80s made, this one is %s: models differ, and "
                       "rows of two are not mixed; name another file, or remove this one to start "
                       "again",
                       sweep_build_of(id), cli_build);
    return zs_fail(err, ZS_EUSAGE, job->file.path,
                   "holds rows of another sweep (%.80s, this one is %s): the design, its network, "
                   "the axes, the conditions or the fidelity has changed; name another file, or "
                   "remove this one to start again",
                   id, job->id);
}

static zs_status mark_row(void *ctx, const sweep_row *row, zs_err *err)
{
    sweep_job *job = ctx;
    const uint64_t own = (row->point - job->shard) / job->shard_n;
    if (strcmp(row->cells[1], job->id) != 0)
        return row_is_foreign(job, row->cells[1], err);
    if (row->point < job->shard || own >= job->own_n || row->point % job->shard_n != job->shard)
        return zs_fail(err, ZS_EUSAGE, job->file.path,
                       "holds point %llu, which is not of this shard; name another file",
                       (unsigned long long)row->point);
    if (sweep_is_done(job, own))
        return zs_fail(err, ZS_EPARSE, job->file.path, "holds point %llu twice",
                       (unsigned long long)row->point);
    job->done[own / 8] |= (uint8_t)(1u << own % 8);
    job->done_n++;
    job->found_n++;
    if (job->values != NULL) {
        const double value =
            sweep_cell_number(row, sweep_column(row, zs_metrics[job->best.metric].name));
        const bool fits = sweep_cell_number(row, sweep_column(row, "fits")) > 0;
        if (sweep_cell_number(row, sweep_column(row, "meets")) > 0 &&
            (fits || sweep_may_misfit(job)))
            job->values[own] = job->best_is_larger ? -value : value;
    }
    return ZS_OK;
}

/* What is there already; a last row that was cut short is taken away. */
static zs_status go_on(sweep_job *job, const char *header, zs_err *err)
{
    sweep_file *f = &job->file;
    sweep_reading reading = {.path = f->path};
    const int copy = dup(f->fd);
    FILE *stream = copy >= 0 ? fdopen(copy, "r") : NULL;
    if (stream == NULL)
        return file_failed(f, errno, err);
    zs_status status = sweep_rows_each(stream, &reading, mark_row, job, err);
    fclose(stream);
    if (status == ZS_OK && reading.header != NULL &&
        strncmp(reading.header, header, strlen(reading.header)) != 0)
        status = zs_fail(err, ZS_EUSAGE, f->path,
                         "has other columns than this sweep; name another file, or remove this one "
                         "to start again");
    if (status == ZS_OK && reading.is_torn && reading.header == NULL &&
        lseek(f->fd, 0, SEEK_END) > (off_t)strlen(header))
        status = zs_fail(err, ZS_EUSAGE, f->path, "is no file of a sweep; name another");
    free(reading.header);
    ZS_TRY(status);
    f->end = reading.whole_bytes;
    if (reading.is_torn && ftruncate(f->fd, (off_t)f->end) != 0)
        return file_failed(f, errno, err);
    if (reading.is_torn && !job->o->quiet)
        cli_say(f->path, "the last row was cut short and is made again");
    return ZS_OK;
}

/* ---- writing --------------------------------------------------------------------------------- */

/* All bytes, or none in a file that can be cut. */
static zs_status write_whole(sweep_file *f, const void *data, size_t bytes, zs_err *err)
{
    const char *at = data;
    for (size_t left = bytes; left > 0;) {
        const ssize_t n = write(f->fd, at, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            const int code = errno;
            if (!f->in_order && ftruncate(f->fd, (off_t)f->end) != 0)
                cli_say(f->path, "its last row is cut short; the next call takes it away");
            return file_failed(f, code, err);
        }
        at += n;
        left -= (size_t)n;
    }
    f->end += bytes;
    const double now = cli_seconds();
    if (f->in_order || now - f->synced_s < SYNC_S)
        return ZS_OK;
    f->synced_s = now;
    return fdatasync(f->fd) == 0 ? ZS_OK : file_failed(f, errno, err);
}

static zs_status put_row(sweep_file *f, const void *row, size_t bytes, zs_err *err)
{
    if (f->fd >= 0)
        return write_whole(f, row, bytes, err);
    const zs_sink sink = zs_buffer_sink(&f->memory);
    return zs_sink_write(&sink, row, bytes) == ZS_OK ? ZS_OK : zs_nomem(err, "rows");
}

static zs_status start_header(sweep_job *job, zs_buffer *header, zs_err *err)
{
    const zs_sink sink = zs_buffer_sink(header);
    ZS_TRY(zs_sweep_header_emit(&job->sweep.grid, &sink, err));
    ZS_TRY(zs_sink_write(&sink, "", 1));
    const char *text = (const char *)header->data;
    if (job->file.fd >= 0 && !job->file.in_order)
        ZS_TRY(go_on(job, text, err));
    return job->file.end == 0 ? put_row(&job->file, text, strlen(text), err) : ZS_OK;
}

zs_status sweep_file_open(sweep_job *job, zs_err *err)
{
    sweep_file *f = &job->file;
    f->path = job->o->output;
    f->synced_s = cli_seconds();
    if (f->path == NULL && job->o->pareto == NULL && job->o->best == NULL)
        f->path = "-";
    zs_buffer_init(&f->memory, cli_heap());
    signal(SIGXFSZ, SIG_IGN); /* a file-size limit is a full disk like any other */
    if (f->path != NULL && strcmp(f->path, "-") == 0) {
        f->fd = STDOUT_FILENO;
        f->in_order = true;
    } else if (f->path != NULL) {
        ZS_TRY(open_and_lock(f, err));
    }
    if (f->in_order && job->o->best == NULL) {
        f->ordinal_n = job->own_n;
        f->waiting = calloc(job->own_n + 1, sizeof *f->waiting);
        if (f->waiting == NULL)
            return zs_nomem(err, "rows");
    }
    zs_buffer header;
    zs_buffer_init(&header, cli_heap());
    const zs_status status = start_header(job, &header, err);
    zs_buffer_drop(&header);
    return status;
}

static zs_status flush_waiting(sweep_file *f, zs_err *err)
{
    while (f->next < f->ordinal_n && f->waiting[f->next] != NULL) {
        char *row = f->waiting[f->next];
        ZS_TRY(put_row(f, row, strlen(row), err));
        free(row);
        f->waiting[f->next++] = NULL;
    }
    return ZS_OK;
}

zs_status sweep_file_add(sweep_file *f, uint64_t ordinal, const void *row, size_t bytes,
                         zs_err *err)
{
    if (f->waiting == NULL)
        return put_row(f, row, bytes, err);
    f->waiting[ordinal] = strndup(row, bytes);
    return f->waiting[ordinal] ? flush_waiting(f, err) : zs_nomem(err, "rows");
}

zs_status sweep_file_close(sweep_file *f, zs_err *err)
{
    zs_status status = ZS_OK;
    if (f->fd >= 0 && !f->in_order && fsync(f->fd) != 0)
        status = file_failed(f, errno, err);
    if (f->fd >= 0 && f->fd != STDOUT_FILENO && close(f->fd) != 0 && status == ZS_OK)
        status = file_failed(f, errno, err);
    f->fd = -1;
    for (uint64_t i = f->next; f->waiting != NULL && i < f->ordinal_n; i++)
        free(f->waiting[i]);
    free(f->waiting);
    f->waiting = NULL;
    return status;
}
