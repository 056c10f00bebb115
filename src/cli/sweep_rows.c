#include "sweep_priv.h"
#include "zynqsim/table.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

uint32_t sweep_column(const sweep_row *row, const char *name)
{
    for (uint32_t i = 0; i < row->n; i++)
        if (strcmp(row->columns[i], name) == 0)
            return i;
    return SWEEP_NO_COLUMN;
}

double sweep_cell_number(const sweep_row *row, uint32_t column)
{
    if (column >= row->n || row->cells[column][0] == '\0')
        return (double)NAN;
    char *end;
    const double value = strtod(row->cells[column], &end);
    return *end == '\0' ? value : (double)NAN;
}

const char *sweep_build_of(const char *id)
{
    const char *points = strchr(id, '/'), *build = points ? strchr(points + 1, '/') : NULL;
    return build ? build + 1 : id + strlen(id);
}

bool sweep_is_other_build(const char *id, const char *than)
{
    const char *a = sweep_build_of(id), *b = sweep_build_of(than);
    return a - id == b - than && memcmp(id, than, (size_t)(a - id)) == 0 && strcmp(a, b) != 0;
}

/* ---- lines ----------------------------------------------------------------------------------- */

typedef struct reader {
    FILE *stream;
    sweep_reading *reading;
    char *line, *cut; /* as it is, and in cells */
    char *names;      /* of the columns, cut */
    size_t line_room, cut_room;
    ssize_t bytes;
    uint64_t number;
    const char *columns[SWEEP_COLUMNS_MAX];
    const char *cells[SWEEP_COLUMNS_MAX];
    uint32_t column_n;
    zs_err *err;
} reader;

static zs_status line_is_wrong(const reader *r, const char *what)
{
    char place[160];
    snprintf(place, sizeof place, "%.120s:%llu", r->reading->path, (unsigned long long)r->number);
    return zs_fail(r->err, ZS_EPARSE, place, "%s", what);
}

/* False at the end of the file, and at a last line that was not written to its end. */
static bool next_line(reader *r)
{
    r->bytes = getline(&r->line, &r->line_room, r->stream);
    r->number++;
    if (r->bytes <= 0)
        return false;
    /* bytes that a power loss left unwritten read as zeros */
    if (r->line[r->bytes - 1] != '\n' || memchr(r->line, 0, (size_t)r->bytes) != NULL) {
        r->reading->is_torn = true;
        return false;
    }
    r->line[--r->bytes] = '\0';
    return true;
}

static zs_status cut_line(reader *r, uint32_t *n)
{
    const size_t room = (size_t)r->bytes + 1;
    if (room > r->cut_room) {
        char *bigger = realloc(r->cut, room);
        if (bigger == NULL)
            return zs_nomem(r->err, r->reading->path);
        r->cut = bigger;
        r->cut_room = room;
    }
    memcpy(r->cut, r->line, room);
    *n = 0;
    (void)zs_csv_line_cut(r->cut, r->cells, SWEEP_COLUMNS_MAX, n); /* else 0 cells */
    return ZS_OK;
}

static zs_status read_header(reader *r)
{
    r->reading->header = strdup(r->line);
    r->names = strdup(r->line);
    if (r->reading->header == NULL || r->names == NULL)
        return zs_nomem(r->err, r->reading->path);
    if (zs_csv_line_cut(r->names, r->columns, SWEEP_COLUMNS_MAX, &r->column_n) &&
        r->column_n >= 5 && strcmp(r->columns[0], "point") == 0 &&
        strcmp(r->columns[1], "sweep") == 0)
        return ZS_OK;
    return line_is_wrong(r, "is no file of a sweep: its first line would begin with point,sweep");
}

static zs_status row_is_foreign(const reader *r, const char *id)
{
    char what[256];
    if (!sweep_is_other_build(r->cells[1], id))
        return line_is_wrong(r, "is a row of another sweep than those before it");
    snprintf(what, sizeof what, "is a row that %.80s made, those before it are of %.80s",
             sweep_build_of(r->cells[1]), sweep_build_of(id));
    return line_is_wrong(r, what);
}

static zs_status read_row(reader *r, sweep_row *row)
{
    uint32_t n;
    char *end;
    ZS_TRY(cut_line(r, &n));
    if (n != r->column_n)
        return line_is_wrong(r, "is no row of this sweep: the number of cells is another");
    row->point = strtoull(r->cells[0], &end, 10);
    if (r->cells[0][0] < '0' || r->cells[0][0] > '9' || *end != '\0')
        return line_is_wrong(r, "does not begin with the number of a point");
    char *id = r->reading->id;
    if (id[0] == '\0')
        snprintf(id, SWEEP_ID_BYTES, "%s", r->cells[1]);
    if (strcmp(id, r->cells[1]) != 0)
        return row_is_foreign(r, id);
    row->columns = r->columns;
    row->cells = r->cells;
    row->n = n;
    row->line = r->line;
    row->at = r->reading->whole_bytes;
    return ZS_OK;
}

static zs_status read_all(reader *r, zs_status (*row)(void *, const sweep_row *, zs_err *),
                          void *ctx)
{
    if (!next_line(r))
        return ZS_OK;
    ZS_TRY(read_header(r));
    r->reading->whole_bytes = (uint64_t)r->bytes + 1;
    while (next_line(r)) {
        sweep_row now = {0};
        ZS_TRY(read_row(r, &now));
        ZS_TRY(row(ctx, &now, r->err));
        r->reading->whole_bytes += (uint64_t)r->bytes + 1;
    }
    if (ferror(r->stream))
        return zs_fail(r->err, ZS_EIO, r->reading->path, "cannot be read: %s", strerror(errno));
    return ZS_OK;
}

zs_status sweep_rows_each(FILE *stream, sweep_reading *reading,
                          zs_status (*row)(void *ctx, const sweep_row *row, zs_err *err), void *ctx,
                          zs_err *err)
{
    reader r = {.stream = stream, .reading = reading, .err = err};
    reading->whole_bytes = 0;
    reading->is_torn = false;
    const zs_status status = read_all(&r, row, ctx);
    free(r.names);
    free(r.line);
    free(r.cut);
    return status;
}
