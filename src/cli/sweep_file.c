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
    if (f->fd == STDOUT_FILENO)
        cli_stdout_failed(code);
    return zs_fail(err, ZS_EIO, strcmp(f->path, "-") ? f->path : "standard output",
                   "cannot be written: %s", strerror(code));
}

/* ---- opening --------------------------------------------------------------------------------- */

/* Locks the file that has the name now: another call may have replaced it in between. */
static zs_status lock(sweep_file *f, bool *is_mine, zs_err *err)
{
    struct stat locked, named;
    if (flock(f->fd, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK
                   ? zs_fail(err, ZS_EUSAGE, f->path,
                             "another sweep is writing to this file; wait for it or name another")
                   : file_failed(f, errno, err);
    if (fstat(f->fd, &locked) != 0)
        return file_failed(f, errno, err);
    *is_mine = stat(f->path, &named) == 0 && named.st_dev == locked.st_dev &&
               named.st_ino == locked.st_ino;
    return ZS_OK;
}

static zs_status open_and_lock(sweep_file *f, zs_err *err)
{
    struct stat info;
    for (bool is_mine = false; !is_mine;) {
        if (f->fd >= 0)
            close(f->fd);
        f->fd = open(f->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
        if (f->fd < 0 && (errno == ENOSPC || errno == EIO || errno == EROFS || errno == EMFILE))
            return file_failed(f, errno, err);
        if (f->fd < 0)
            return zs_fail(err, errno == ENOMEM ? ZS_ENOMEM : ZS_EUSAGE, f->path,
                           "cannot be opened: %s", strerror(errno));
        if (fstat(f->fd, &info) != 0)
            return file_failed(f, errno, err);
        f->in_order = !S_ISREG(info.st_mode);
        if (f->in_order)
            return ZS_OK;
        ZS_TRY(lock(f, &is_mine, err));
    }
    return ZS_OK;
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

static zs_status at_row(const sweep_job *job, const sweep_row *row, zs_status status, zs_err *err)
{
    char place[160];
    if (status == ZS_OK || err == NULL)
        return status;
    const zs_err why = *err;
    sweep_place(place, sizeof place, job->file.path, row->number, why.place);
    return zs_fail(err, status, place, "%s", why.text);
}

/* ---- rows that are no evidence --------------------------------------------------------------- */

enum { FLAWS_SAID = 8 };

/* What reading back comes to. */
typedef struct flaw_list {
    sweep_job *job;
    uint64_t *ranges; /* [flaw] begin, end */
    size_t n, room;
} flaw_list;

static zs_status mark_row(void *ctx, const sweep_row *row, zs_err *err)
{
    sweep_job *job = ((flaw_list *)ctx)->job;
    const uint64_t own = (row->point - job->shard) / job->shard_n;
    if (strcmp(row->cells[1], job->id) != 0)
        return row_is_foreign(job, row->cells[1], err);
    if (row->point < job->shard || own >= job->own_n || row->point % job->shard_n != job->shard)
        return zs_fail(err, ZS_EUSAGE, job->file.path,
                       "holds point %llu, which is not of this shard; name another file",
                       (unsigned long long)row->point);
    ZS_TRY(at_row(job, row,
                  zs_sweep_keys_check(row->layout, row->cells, &job->sweep.grid, row->point, err),
                  err));
    if (sweep_is_done(job, own))
        return zs_fail(err, ZS_EPARSE, job->file.path, "holds point %llu twice",
                       (unsigned long long)row->point);
    if (job->o->best != NULL || job->o->pareto != NULL)
        ZS_TRY(at_row(job, row, sweep_check_bound(job, row, err), err));
    job->done[own / 8] |= (uint8_t)(1u << own % 8);
    job->done_n++;
    job->found_n++;
    if (job->values != NULL) {
        const double value =
            sweep_cell_number(row, sweep_column(row, zs_metrics[job->best.metric].name));
        const bool fits = sweep_cell_number(row, sweep_column(row, "fits")) != 0;
        if (sweep_cell_number(row, sweep_column(row, "meets")) > 0 &&
            (fits || sweep_may_misfit(job)))
            job->values[own] = job->best_is_larger ? -value : value;
    }
    return ZS_OK;
}

/* A row of this sweep under a number whose keys it does not have may have come from anywhere. */
static zs_status refuse_other_keys(const flaw_list *l, const sweep_flaw *flaw, zs_err *err)
{
    const zs_sweep_columns *c = flaw->layout;
    if (flaw->cells == NULL || strcmp(flaw->cells[1], l->job->id) != 0)
        return ZS_OK;
    char *end;
    zs_err why = {0};
    const uint64_t point = strtoull(flaw->cells[0], &end, 10);
    if (*end != '\0' || point >= l->job->sweep.grid.point_n ||
        zs_sweep_keys_check(c, flaw->cells, &l->job->sweep.grid, point, &why) == ZS_OK)
        return ZS_OK;
    char place[160];
    sweep_place(place, sizeof place, l->job->file.path, flaw->number, why.place);
    return zs_fail(err, ZS_EUSAGE, place,
                   "%s, and the check sum is not of this row; remove the line, and the same "
                   "command simulates the point again",
                   why.text);
}

static zs_status take_flaw(void *ctx, const sweep_flaw *flaw, zs_err *err)
{
    flaw_list *l = ctx;
    char text[512];
    ZS_TRY(refuse_other_keys(l, flaw, err));
    if (l->job->o->best != NULL || l->job->o->pareto != NULL)
        return zs_fail(err, ZS_EPARSE, flaw->place,
                       "%s; the same command without --best and --pareto simulates it again",
                       flaw->what);
    if (l->n == l->room) {
        const size_t room = l->room ? 2 * l->room : 16;
        uint64_t *ranges = realloc(l->ranges, room * 2 * sizeof *ranges);
        if (ranges == NULL)
            return zs_nomem(err, l->job->file.path);
        l->ranges = ranges;
        l->room = room;
    }
    l->ranges[2 * l->n] = flaw->at;
    l->ranges[2 * l->n + 1] = flaw->at + flaw->bytes;
    if (l->n++ < FLAWS_SAID) {
        snprintf(text, sizeof text, "%s; the row does not count and is made again", flaw->what);
        cli_say(flaw->place, text);
    }
    return ZS_OK;
}

/* [begin, end) of one file behind what is in another. */
static zs_status copy_bytes(sweep_file *f, int to, uint64_t begin, uint64_t end, zs_err *err)
{
    char piece[65536];
    while (begin < end) {
        const size_t want = end - begin < sizeof piece ? (size_t)(end - begin) : sizeof piece;
        const ssize_t got = pread(f->fd, piece, want, (off_t)begin);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return file_failed(f, got < 0 ? errno : EIO, err);
        for (ssize_t done = 0; done < got;) {
            const ssize_t n = write(to, piece + done, (size_t)(got - done));
            if (n < 0 && errno != EINTR)
                return file_failed(f, errno, err);
            done += n > 0 ? n : 0;
        }
        begin += (uint64_t)got;
    }
    return ZS_OK;
}

static zs_status write_without(flaw_list *l, cli_temporary *t, const char *target, zs_err *err)
{
    sweep_file *f = &l->job->file;
    uint64_t at = 0, kept = 0;
    ZS_TRY(cli_temporary_open(t, target, err));
    for (size_t i = 0; i <= l->n; i++) {
        const uint64_t end = i < l->n ? l->ranges[2 * i] : f->end;
        ZS_TRY(copy_bytes(f, t->fd, at, end, err));
        kept += end - at;
        at = i < l->n ? l->ranges[2 * i + 1] : end;
    }
    /* the new file stays open, so that it is locked before it has the name */
    if (flock(t->fd, LOCK_EX | LOCK_NB) != 0 || fcntl(t->fd, F_SETFL, O_APPEND) != 0)
        return file_failed(f, errno, err);
    const int copy = fcntl(t->fd, F_DUPFD_CLOEXEC, 0);
    if (copy < 0)
        return file_failed(f, errno, err);
    zs_status status = cli_temporary_sync(t, f->path, err);
    if (status == ZS_OK)
        status = cli_temporary_rename(t, target, err);
    if (status != ZS_OK) {
        close(copy);
        return status;
    }
    close(f->fd);
    f->fd = copy;
    f->end = kept;
    return ZS_OK;
}

/* The file without the lines that are no rows, in its place. */
static zs_status drop_flaws(flaw_list *l, zs_err *err)
{
    char text[128];
    sweep_file *f = &l->job->file;
    cli_temporary temporary = {.fd = -1};
    if (l->n == 0)
        return ZS_OK;
    if (l->n > FLAWS_SAID) {
        snprintf(text, sizeof text, "%zu more rows do not count and are made again",
                 l->n - FLAWS_SAID);
        cli_say(f->path, text);
    }
    char *target = realpath(f->path, NULL);
    if (target == NULL)
        return file_failed(f, errno, err);
    const zs_status status = write_without(l, &temporary, target, err);
    cli_temporary_drop(&temporary);
    free(target);
    return status;
}

/* What is there already; a last row that was cut short is taken away. */
static zs_status read_back(sweep_job *job, const char *header, flaw_list *flaws,
                           sweep_reading *reading, zs_err *err)
{
    sweep_file *f = &job->file;
    const int copy = dup(f->fd);
    FILE *stream = copy >= 0 ? fdopen(copy, "r") : NULL;
    if (stream == NULL) {
        if (copy >= 0)
            close(copy);
        return file_failed(f, errno, err);
    }
    zs_status status = sweep_rows_each(stream, reading, err);
    fclose(stream);
    ZS_TRY(status);
    if (reading->header != NULL && strcmp(reading->header, header) != 0)
        return zs_fail(err, ZS_EUSAGE, f->path,
                       "has other columns than this sweep; name another file, or remove this one "
                       "to start again");
    if (reading->is_torn && reading->header == NULL &&
        lseek(f->fd, 0, SEEK_END) > (off_t)strlen(header))
        return zs_fail(err, ZS_EUSAGE, f->path, "is no file of a sweep; name another");
    f->end = reading->whole_bytes;
    if (reading->is_torn && ftruncate(f->fd, (off_t)f->end) != 0)
        return file_failed(f, errno, err);
    if (reading->is_torn && !job->o->quiet)
        cli_say(f->path, "the last row was cut short and is made again");
    return drop_flaws(flaws, err);
}

static zs_status go_on(sweep_job *job, const char *header, zs_err *err)
{
    flaw_list flaws = {.job = job};
    sweep_reading reading = {
        .path = job->file.path, .ctx = &flaws, .row = mark_row, .flawed = take_flaw};
    const zs_status status = read_back(job, header, &flaws, &reading, err);
    free(reading.header);
    free(flaws.ranges);
    return status;
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
            const off_t whole = lseek(f->fd, 0, SEEK_END) - (off_t)(bytes - left);
            if (!f->in_order && bytes > left && ftruncate(f->fd, whole) != 0)
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

/* A disk that is full of other things is no reason to end: what is there goes into memory. */
static zs_status leave_spool(sweep_file *f, zs_err *err)
{
    const zs_sink sink = zs_buffer_sink(&f->memory);
    char piece[65536];
    for (uint64_t at = 0; at < f->end;) {
        const size_t want = f->end - at < sizeof piece ? (size_t)(f->end - at) : sizeof piece;
        const ssize_t got = pread(f->spool, piece, want, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return zs_fail(err, ZS_EIO, "rows", "cannot be read again");
        if (zs_sink_write(&sink, piece, (size_t)got) != ZS_OK)
            return zs_nomem(err, "rows");
        at += (uint64_t)got;
    }
    close(f->spool);
    f->spool = -1;
    return ZS_OK;
}

static bool write_spool(sweep_file *f, const char *at, size_t bytes)
{
    for (size_t left = bytes; left > 0;) {
        const ssize_t n = write(f->spool, at, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        at += n;
        left -= (size_t)n;
    }
    f->end += bytes;
    return true;
}

/* Rows that nobody wants to see, but that are read again for the answer. */
static void open_spool(sweep_file *f)
{
    char path[4096];
    const char *dir = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/zynqsim-rows-XXXXXX", dir != NULL && dir[0] ? dir : "/tmp");
    f->spool = mkostemp(path, O_CLOEXEC);
    if (f->spool >= 0)
        unlink(path);
}

static zs_status put_row(sweep_file *f, const void *row, size_t bytes, zs_err *err)
{
    if (f->fd >= 0)
        return write_whole(f, row, bytes, err);
    if (f->spool >= 0 && write_spool(f, row, bytes))
        return ZS_OK;
    if (f->spool >= 0)
        ZS_TRY(leave_spool(f, err));
    const zs_sink sink = zs_buffer_sink(&f->memory);
    return zs_sink_write(&sink, row, bytes) == ZS_OK ? ZS_OK : zs_nomem(err, "rows");
}

static zs_status start_header(sweep_job *job, zs_buffer *header, zs_err *err)
{
    const zs_sink sink = zs_buffer_sink(header);
    ZS_TRY(zs_sweep_header_emit(&job->sweep.grid, &sink, err));
    if (zs_sink_write(&sink, "", 1) != ZS_OK)
        return zs_nomem(err, "rows");
    char *text = (char *)header->data, *end = text + header->bytes - 2;
    if (job->file.fd >= 0 && !job->file.in_order) {
        *end = '\0';
        ZS_TRY(go_on(job, text, err));
        *end = '\n';
    }
    return job->file.end == 0 ? put_row(&job->file, text, strlen(text), err) : ZS_OK;
}

zs_status sweep_file_open(sweep_job *job, zs_err *err)
{
    sweep_file *f = &job->file;
    f->path = job->o->output;
    f->synced_s = cli_seconds();
    /* rows are for programs; who looks at a terminal gets a table */
    job->shows_top = f->path == NULL && job->o->pareto == NULL && job->o->best == NULL &&
                     job->o->format == CLI_TABLE && (job->o->has_format || isatty(STDOUT_FILENO));
    if (f->path == NULL && job->o->pareto == NULL && job->o->best == NULL && !job->shows_top)
        f->path = "-";
    zs_buffer_init(&f->memory, cli_heap());
    if (f->path != NULL && strcmp(f->path, "-") == 0) {
        f->fd = STDOUT_FILENO;
        f->in_order = true;
    } else if (f->path != NULL) {
        ZS_TRY(open_and_lock(f, err));
    }
    if (f->path == NULL)
        open_spool(f);
    if (f->in_order && job->o->best == NULL) {
        f->room = 64;
        f->waiting = calloc(f->room, sizeof *f->waiting);
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
    for (char *row; (row = f->waiting[f->next % f->room]) != NULL;) {
        ZS_TRY(put_row(f, row, strlen(row), err));
        free(row);
        f->waiting[f->next++ % f->room] = NULL;
    }
    return ZS_OK;
}

/* So that there is a place for `ordinal`: as many wait as are done before one that takes long. */
static zs_status grow_waiting(sweep_file *f, uint64_t ordinal, zs_err *err)
{
    uint64_t room = f->room;
    while (ordinal - f->next >= room)
        room *= 2;
    if (room == f->room)
        return ZS_OK;
    char **longer = calloc(room, sizeof *longer);
    if (longer == NULL)
        return zs_nomem(err, "rows");
    for (uint64_t i = f->next; i < f->next + f->room; i++)
        longer[i % room] = f->waiting[i % f->room];
    free(f->waiting);
    f->waiting = longer;
    f->room = room;
    return ZS_OK;
}

zs_status sweep_file_add(sweep_file *f, uint64_t ordinal, const void *row, size_t bytes,
                         zs_err *err)
{
    if (f->waiting == NULL)
        return put_row(f, row, bytes, err);
    ZS_TRY(grow_waiting(f, ordinal, err));
    char **place = &f->waiting[ordinal % f->room];
    *place = strndup(row, bytes);
    return *place != NULL ? flush_waiting(f, err) : zs_nomem(err, "rows");
}

zs_status sweep_file_close(sweep_file *f, zs_err *err)
{
    zs_status status = ZS_OK;
    if (f->fd >= 0 && !f->in_order && fsync(f->fd) != 0)
        status = file_failed(f, errno, err);
    if (f->fd >= 0 && f->fd != STDOUT_FILENO && close(f->fd) != 0 && status == ZS_OK)
        status = file_failed(f, errno, err);
    f->fd = -1;
    for (uint64_t i = 0; f->waiting != NULL && i < f->room; i++)
        free(f->waiting[i]);
    free(f->waiting);
    f->waiting = NULL;
    return status;
}
