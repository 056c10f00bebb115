/* What a search has simulated, as rows of a sweep that are read again. */
#include "optimise_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static known_point *slot_of(known_point *points, uint64_t room, uint64_t point)
{
    uint64_t at = (point * UINT64_C(0x9e3779b97f4a7c15)) >> 20;
    while (points[at & (room - 1)].point != 0 && points[at & (room - 1)].point != point + 1)
        at++;
    return &points[at & (room - 1)];
}

known_point *optimise_rows_find(const optimise_rows *r, uint64_t point)
{
    if (r->room == 0)
        return NULL;
    known_point *k = slot_of(r->points, r->room, point);
    return k->point != 0 ? k : NULL;
}

static zs_status note_point(optimise_rows *r, const known_point *k, zs_err *err)
{
    if (2 * (r->n + 1) > r->room) {
        const uint64_t room = r->room > 0 ? 2 * r->room : 1024;
        known_point *more = calloc(room, sizeof *more);
        if (more == NULL)
            return zs_nomem(err, r->path);
        for (uint64_t i = 0; i < r->room; i++)
            if (r->points[i].point != 0)
                *slot_of(more, room, r->points[i].point - 1) = r->points[i];
        free(r->points);
        r->points = more;
        r->room = room;
    }
    *slot_of(r->points, r->room, k->point - 1) = *k;
    r->n++;
    return ZS_OK;
}

static zs_status failed(const optimise_rows *r, int code, zs_err *err)
{
    return zs_fail(err, ZS_EIO, r->path, "cannot be written: %s", strerror(code));
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Of a point that misses a condition, by how much follows from numbers alone where all conditions
 * that it misses are on numbers. */
static void judge_row(const optimise_job *job, const sweep_row *row, known_point *k)
{
    const uint32_t outcome = row->layout->outcome;
    k->value = sweep_cell_number(row, sweep_column(row, job->objective));
    k->value = job->space.is_larger ? -k->value : k->value;
    k->excess = 0;
    k->is_known = true;
    const double events = sweep_cell_number(row, sweep_column(row, "events"));
    k->events = events > 0 ? (uint64_t)events : 0;
    if (strcmp(row->cells[outcome], zs_outcome_name(ZS_OUTCOME_PROBLEM)) == 0) {
        k->excess = INFINITY;
        return;
    }
    /* of what misses the conditions, or is no figure of its row, too little is written down */
    k->is_known = sweep_cell_number(row, row->layout->meets) > 0 && !isnan(k->value);
}

static zs_status take_row(void *ctx, const sweep_row *row, zs_err *err)
{
    optimise_job *job = ctx;
    if (strcmp(row->cells[1], job->sweep.id) != 0)
        return zs_fail(err, ZS_EUSAGE, job->rows.path,
                       sweep_is_other_build(row->cells[1], job->sweep.id)
                           ? "was written by another build of the program; name another file"
                           : "belongs to another design, other axes or other conditions; name "
                             "another file");
    if (row->point >= job->sweep.sweep.grid.point_n)
        return zs_fail(err, ZS_EUSAGE, job->rows.path, "holds a point that is not of this space");
    ZS_TRY(zs_sweep_keys_check(row->layout, row->cells, &job->sweep.sweep.grid, row->point, err));
    known_point k = {.point = row->point + 1};
    judge_row(job, row, &k);
    job->rows.found_n++;
    return note_point(&job->rows, &k, err);
}

/* A damaged line does not count; what it said is simulated again. */
static zs_status pass_over(void *ctx, const sweep_flaw *flaw, zs_err *err)
{
    (void)ctx;
    (void)err;
    cli_say(flaw->place, "is no whole row and does not count");
    return ZS_OK;
}

static zs_status read_all(optimise_job *job, const char *header, zs_err *err)
{
    optimise_rows *r = &job->rows;
    sweep_reading reading = {.path = r->path, .ctx = job, .row = take_row, .flawed = pass_over};
    const int copy = dup(r->fd);
    FILE *stream = copy >= 0 ? fdopen(copy, "r") : NULL;
    if (stream == NULL) {
        if (copy >= 0)
            close(copy);
        return failed(r, errno, err);
    }
    zs_status status = sweep_rows_each(stream, &reading, err);
    fclose(stream);
    if (status == ZS_OK && reading.header != NULL && strcmp(reading.header, header) != 0)
        status = zs_fail(err, ZS_EUSAGE, r->path,
                         "has other columns than this search; name another file");
    free(reading.header);
    if (status == ZS_OK && reading.is_torn && ftruncate(r->fd, (off_t)reading.whole_bytes) != 0)
        status = failed(r, errno, err);
    return status;
}

/* ---- writing --------------------------------------------------------------------------------- */

static zs_status write_all(optimise_rows *r, const void *data, size_t bytes, zs_err *err)
{
    const char *at = data;
    for (size_t left = bytes; left > 0;) {
        const ssize_t n = write(r->fd, at, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failed(r, errno, err);
        at += n;
        left -= (size_t)n;
    }
    return ZS_OK;
}

zs_status optimise_rows_add(optimise_job *job, uint64_t point, const zs_buffer *row, zs_err *err)
{
    if (optimise_rows_find(&job->rows, point) != NULL)
        return ZS_OK;
    const known_point k = {.point = point + 1};
    ZS_TRY(note_point(&job->rows, &k, err));
    return write_all(&job->rows, row->data, row->bytes, err);
}

zs_status optimise_rows_open(optimise_job *job, zs_err *err)
{
    optimise_rows *r = &job->rows;
    struct stat info;
    zs_buffer header;
    r->path = job->o->rows;
    if (r->path == NULL)
        return ZS_OK;
    r->fd = open(r->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (r->fd < 0 || fstat(r->fd, &info) != 0)
        return zs_fail(err, errno == ENOSPC || errno == EIO ? ZS_EIO : ZS_EUSAGE, r->path,
                       "cannot be opened: %s", strerror(errno));
    if (!S_ISREG(info.st_mode)) /* a device may never end */
        return zs_fail(err, ZS_EUSAGE, r->path, "is no file that rows can be kept in");
    if (flock(r->fd, LOCK_EX | LOCK_NB) != 0)
        return zs_fail(err, ZS_EUSAGE, r->path, "another search is writing to this file");
    zs_buffer_init(&header, cli_heap());
    const zs_sink sink = zs_buffer_sink(&header);
    zs_status status = zs_sweep_header_emit(&job->sweep.sweep.grid, &sink, err);
    if (status == ZS_OK && zs_sink_write(&sink, "", 1) != ZS_OK)
        status = zs_nomem(err, r->path);
    if (status == ZS_OK) {
        char *text = (char *)header.data, *end = text + header.bytes - 2;
        *end = '\0';
        status = read_all(job, text, err);
        *end = '\n';
        if (status == ZS_OK && lseek(r->fd, 0, SEEK_END) == 0)
            status = write_all(r, text, strlen(text), err);
    }
    zs_buffer_drop(&header);
    return status;
}

void optimise_rows_close(optimise_rows *r)
{
    if (r->fd >= 0)
        close(r->fd);
    r->fd = -1;
    free(r->points);
    r->points = NULL;
}
