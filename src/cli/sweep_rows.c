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

/* A row has some 700 bytes; what is longer is none, and may have no end. */
enum { LINE_BYTES_MAX = 1 << 20 };

typedef struct reader {
    FILE *stream;
    sweep_reading *reading;
    char *line, *cut; /* as it is, and in cells */
    char *names;      /* of the columns, cut */
    size_t bytes;     /* of the line without its end */
    uint64_t number, line_bytes;
    zs_sweep_columns layout;
    const char *columns[ZS_SWEEP_COLUMNS_MAX];
    const char *cells[ZS_SWEEP_COLUMNS_MAX];
    zs_err *err;
} reader;

void sweep_place(char *place, size_t bytes, const char *path, uint64_t line, const char *column)
{
    const int n = snprintf(place, bytes, "%.100s:%llu", path, (unsigned long long)line);
    if (column[0] != '\0' && n > 0 && (size_t)n < bytes)
        snprintf(place + n, bytes - (size_t)n, ", column %s", column);
}

static zs_status line_is_wrong(const reader *r, const char *column, const char *what)
{
    char place[160];
    sweep_place(place, sizeof place, r->reading->path, r->number, column);
    return zs_fail(r->err, ZS_EPARSE, place, "%s", what);
}

/* False at the end of the file, and at a last line that was not written to its end. */
static bool next_line(reader *r)
{
    int c;
    r->number++;
    r->bytes = 0;
    r->line_bytes = 0;
    while ((c = getc_unlocked(r->stream)) != EOF && c != '\n') {
        r->line_bytes++;
        if (r->bytes < LINE_BYTES_MAX)
            r->line[r->bytes++] = (char)c;
        else if (r->reading->flawed == NULL)
            break;
    }
    r->line[r->bytes] = '\0';
    r->reading->is_torn = c == EOF && r->line_bytes > 0;
    r->line_bytes++;
    return c != EOF;
}

static zs_status read_header(reader *r)
{
    zs_err why = {0};
    uint32_t n = 0;
    r->reading->header = strdup(r->line);
    r->names = strdup(r->line);
    if (r->reading->header == NULL || r->names == NULL)
        return zs_nomem(r->err, r->reading->path);
    if (r->bytes > 0 && r->line[r->bytes - 1] == '\r' && strncmp(r->line, "point,", 6) == 0)
        return line_is_wrong(r, ZS_SWEEP_CHECKSUM,
                             "lines end in CR LF: something has rewritten the file of the sweep");
    if (zs_csv_line_cut(r->names, r->columns, ZS_SWEEP_COLUMNS_MAX, &n) == ZS_ENOMEM)
        return zs_nomem(r->err, r->reading->path);
    if (zs_sweep_columns_find(r->columns, n, &r->layout, &why) != ZS_OK)
        return line_is_wrong(r, why.place, why.text);
    return ZS_OK;
}

/* Cuts the line into cells and looks at each. ZS_EPARSE: the line is no row. */
static zs_status read_cells(reader *r, bool *is_cut, zs_err *why)
{
    const zs_sweep_columns *c = &r->layout;
    uint32_t n = 0;
    if (r->line_bytes > LINE_BYTES_MAX)
        return zs_fail(why, ZS_EPARSE, "", "is longer than any row");
    if (r->bytes > 0 && r->line[r->bytes - 1] == '\r')
        return zs_fail(why, ZS_EPARSE, ZS_SWEEP_CHECKSUM, "the line ends in CR LF");
    memcpy(r->cut, r->line, r->bytes + 1);
    if (zs_csv_line_cut(r->cut, r->cells, ZS_SWEEP_COLUMNS_MAX, &n) == ZS_ENOMEM)
        return zs_nomem(why, r->reading->path); /* else 0 cells */
    const char *zero = memchr(r->line, 0, r->bytes);
    if (zero != NULL) { /* the cell it stands in, as far as the line was cut */
        uint32_t i = 0;
        while (i + 1 < n && r->cells[i + 1] - r->cut <= zero - r->line)
            i++;
        return zs_fail(why, ZS_EPARSE, i < c->n ? c->names[i] : "", "has zero bytes in it");
    }
    if (n != c->n)
        return zs_fail(why, ZS_EPARSE, n < c->n ? c->names[n] : "",
                       "the row has %u cells, the header names %u columns", n, c->n);
    *is_cut = true;
    /* The check sum is last; the cells before it are summed as they stand, with their quotes. */
    const size_t sum_bytes = strlen(r->cells[c->checksum]) + 1; /* with the comma */
    return zs_sweep_row_check(c, r->cells, zs_sweep_line_sum(r->line, r->bytes - sum_bytes), why);
}

static zs_status row_is_foreign(const reader *r, const char *id)
{
    char what[256];
    if (!sweep_is_other_build(r->cells[1], id))
        return line_is_wrong(r, "", "is a row of another sweep than those before it");
    snprintf(what, sizeof what, "is a row that %.80s made, those before it are of %.80s",
             sweep_build_of(r->cells[1]), sweep_build_of(id));
    return line_is_wrong(r, "", what);
}

static zs_status take_row(reader *r)
{
    char *id = r->reading->id;
    if (id[0] == '\0')
        snprintf(id, SWEEP_ID_BYTES, "%s", r->cells[1]);
    if (strcmp(id, r->cells[1]) != 0)
        return row_is_foreign(r, id);
    const sweep_row row = {.layout = &r->layout,
                           .columns = r->columns,
                           .cells = r->cells,
                           .n = r->layout.n,
                           .point = strtoull(r->cells[0], NULL, 10),
                           .number = r->number,
                           .line = r->line,
                           .at = r->reading->whole_bytes,
                           .bytes = r->bytes};
    return r->reading->row(r->reading->ctx, &row, r->err);
}

static zs_status take_line(reader *r)
{
    zs_err why = {0};
    char place[160];
    bool is_cut = false;
    const zs_status status = read_cells(r, &is_cut, &why);
    if (status == ZS_OK)
        return take_row(r);
    if (status == ZS_ENOMEM)
        return zs_nomem(r->err, r->reading->path);
    if (r->reading->flawed == NULL)
        return line_is_wrong(r, why.place, why.text);
    sweep_place(place, sizeof place, r->reading->path, r->number, why.place);
    const sweep_flaw found = {.at = r->reading->whole_bytes,
                              .bytes = r->line_bytes,
                              .number = r->number,
                              .place = place,
                              .what = why.text,
                              .layout = &r->layout,
                              .cells = is_cut ? r->cells : NULL};
    return r->reading->flawed(r->reading->ctx, &found, r->err);
}

/* A first line without an end may be a header that was cut short, which the caller takes away; of
 * anything else that would be the loss of somebody's file. */
static zs_status check_torn_header(const reader *r)
{
    static const char begin[] = "point,sweep,";
    const size_t n = r->bytes < sizeof begin - 1 ? r->bytes : sizeof begin - 1;
    if (!r->reading->is_torn || memcmp(r->line, begin, n) == 0)
        return ZS_OK;
    return line_is_wrong(r, "",
                         "is no file of a sweep: its first line would begin with point,sweep");
}

static zs_status read_all(reader *r)
{
    const size_t room = (size_t)LINE_BYTES_MAX + 1;
    r->line = malloc(room);
    r->cut = malloc(room);
    if (r->line == NULL || r->cut == NULL)
        return zs_nomem(r->err, r->reading->path);
    if (next_line(r)) {
        ZS_TRY(read_header(r));
        r->reading->whole_bytes = r->line_bytes;
        while (next_line(r)) {
            ZS_TRY(take_line(r));
            r->reading->whole_bytes += r->line_bytes;
        }
    } else {
        ZS_TRY(check_torn_header(r));
    }
    if (ferror(r->stream))
        return zs_fail(r->err, ZS_EIO, r->reading->path, "cannot be read: %s", strerror(errno));
    return ZS_OK;
}

zs_status sweep_rows_each(FILE *stream, sweep_reading *reading, zs_err *err)
{
    reader r = {.stream = stream, .reading = reading, .err = err};
    reading->whole_bytes = 0;
    reading->is_torn = false;
    const zs_status status = read_all(&r);
    free(r.names);
    free(r.line);
    free(r.cut);
    return status;
}
