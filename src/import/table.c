/* libcsv cuts the text into cells. It says nothing of where it is, so it is fed line by line. */
#include "zynqsim/table.h"

#include <csv.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

typedef struct reader {
    zs_arena *arena;
    zs_table *table;
    const char **columns, **cells;
    uint32_t *lines;
    char *text; /* where the next cell goes; there is room for all */
    size_t cell_n;
    uint32_t line, row_line; /* of the bytes being fed; where the open row began */
    uint32_t at;             /* cells of the open row */
    bool has_header, header_only;
    zs_table_line *raw_lines; /* of a table with comments; NULL: none, and # is a cell like any */
    uint32_t raw_line_n;
    bool is_long; /* the header, or a row longer than it */
    bool is_bad;
    zs_err *err;
} reader;

typedef struct line_place {
    char text[160];
} line_place;

static line_place place_of(const zs_table *table, uint32_t line)
{
    line_place place;
    snprintf(place.text, sizeof place.text, "%.140s:%u", table->path, line);
    return place;
}

/* ---- cells and rows, as libcsv finds them ---------------------------------------------------- */

static void bad(reader *r, uint32_t line, zs_status status, const char *fmt, ...) ZS_PRINTF(4, 5);
static void bad(reader *r, uint32_t line, zs_status status, const char *fmt, ...)
{
    char text[256];
    va_list args;
    if (r->is_bad)
        return;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    r->is_bad = true;
    (void)zs_fail(r->err, status, place_of(r->table, line).text, "%s", text);
}

static void take_cell(void *data, size_t bytes, void *ctx)
{
    reader *r = ctx;
    if (r->is_bad || (r->has_header && r->header_only))
        return;
    const uint32_t limit = r->has_header ? r->table->column_n : ZS_TABLE_COLUMNS_MAX;
    if (r->at++ >= limit)
        return;
    if (bytes > 0)
        memcpy(r->text, data, bytes);
    r->text[bytes] = '\0';
    if (r->has_header)
        r->cells[r->cell_n++] = r->text;
    else
        r->columns[r->at - 1] = r->text;
    r->text += bytes + 1;
}

static void end_header(reader *r)
{
    zs_table *t = r->table;
    if (r->at > ZS_TABLE_COLUMNS_MAX)
        bad(r, r->row_line, ZS_ERANGE, "%u columns are more than the limit of %d", r->at,
            ZS_TABLE_COLUMNS_MAX);
    for (uint32_t i = 1; i < r->at && !r->is_bad; i++)
        for (uint32_t k = 0; k < i; k++)
            if (r->columns[i][0] != '\0' && strcmp(r->columns[i], r->columns[k]) == 0)
                bad(r, r->row_line, ZS_EPARSE, "there are two columns of the name \"%.80s\"",
                    r->columns[i]);
    t->column_n = r->at;
    r->has_header = true;
}

static void end_row(int terminator, void *ctx)
{
    reader *r = ctx;
    zs_table *t = r->table;
    (void)terminator;
    if (!r->has_header) {
        end_header(r);
    } else if (!r->header_only) {
        if (r->at != t->column_n)
            bad(r, r->row_line, ZS_EPARSE, "the row has %u cell%s, the header names %u column%s",
                r->at, r->at == 1 ? "" : "s", t->column_n, t->column_n == 1 ? "" : "s");
        if (!r->is_bad)
            r->lines[t->row_n++] = r->row_line;
    }
    r->at = 0;
    r->row_line = 0;
}

/* ---- the whole text -------------------------------------------------------------------------- */

/* The lines from `begin` to `end` belong together: a row, if there are more than `row_n` by now, or
 * the header, a comment, a blank line. */
static void take_line(reader *r, const uint8_t *begin, const uint8_t *end, uint32_t number,
                      uint32_t row_n)
{
    const bool has_feed = end > begin && end[-1] == '\n';
    if (end > begin && end[-1] == '\r') {
        r->is_bad = true;
        (void)zs_fail(r->err, ZS_EPARSE, r->table->path,
                      "the lines of a baseline end in LF or CR LF, not in CR alone");
        return;
    }
    const char *raw =
        zs_arena_strndup(r->arena, (const char *)begin, (size_t)(end - begin) - (has_feed ? 1 : 0));
    if (raw == NULL) {
        r->is_bad = true;
        (void)zs_nomem(r->err, r->table->path);
        return;
    }
    r->raw_lines[r->raw_line_n++] = (zs_table_line){
        .raw = raw, .row = r->table->row_n > row_n ? row_n : ZS_TABLE_NO_ROW, .number = number};
}

static zs_status reserve(zs_arena *arena, zs_span text, bool has_comments, reader *r)
{
    size_t commas = 0, breaks = 0;
    for (size_t i = 0; i < text.bytes; i++) {
        commas += text.data[i] == ',';
        breaks += text.data[i] == '\n' || text.data[i] == '\r';
    }
    r->text = zs_arena_alloc_raw(arena, text.bytes + 2, 1);
    r->columns = zs_new(arena, const char *, ZS_TABLE_COLUMNS_MAX);
    r->cells = zs_new(arena, const char *, commas + breaks + 1);
    r->lines = zs_new(arena, uint32_t, breaks + 1);
    if (has_comments)
        r->raw_lines = zs_new(arena, zs_table_line, breaks + 1);
    const bool is_there = (r->raw_lines != NULL || !has_comments) && r->text != NULL &&
                          r->columns != NULL && r->cells != NULL && r->lines != NULL;
    return is_there ? ZS_OK : zs_nomem(r->err, r->table->path);
}

/* Bytes up to and with the next line break: LF, CR LF or CR. */
static size_t line_length(const uint8_t *data, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (data[i] == '\n')
            return i + 1;
        if (data[i] == '\r')
            return i + 1 + (i + 1 < bytes && data[i + 1] == '\n');
    }
    return bytes;
}

static void say_syntax(reader *r, struct csv_parser *csv)
{
    if (csv_error(csv) == CSV_ENOMEM || csv_error(csv) == CSV_ETOOBIG) {
        r->is_bad = true;
        (void)zs_nomem(r->err, r->table->path);
        return;
    }
    bad(r, r->line, ZS_EPARSE,
        "a quote where none may stand; a cell with a quote in it must begin and end with one, and "
        "have the inner one twice");
}

/* `whole` is `text` with the byte order mark that may stand before it. */
static void feed(reader *r, struct csv_parser *csv, zs_span text, const uint8_t *whole)
{
    const uint8_t *end = text.data + text.bytes, *begin = whole;
    for (const uint8_t *at = text.data; at < end && !r->is_bad;) {
        const size_t n = line_length(at, (size_t)(end - at));
        const uint32_t row_n = r->table->row_n;
        r->line++;
        if (r->row_line == 0)
            r->row_line = r->line;
        const uint32_t number = r->row_line;
        const bool is_comment = r->raw_lines != NULL && r->row_line == r->line && *at == '#';
        if (!is_comment && csv_parse(csv, at, n, take_cell, end_row, r) != n)
            say_syntax(r, csv);
        at += n;
        if (r->has_header && r->header_only)
            return;
        /* no row is open: a line, a comment or the last line of a row is behind us */
        if (r->at == 0 && csv->pstate == 0) {
            if (r->raw_lines != NULL && !r->is_bad)
                take_line(r, begin, at, number, row_n);
            begin = at;
            r->row_line = 0;
        }
    }
    const uint32_t number = r->row_line, row_n = r->table->row_n;
    if (r->is_bad)
        return;
    if (csv_fini(csv, take_cell, end_row, r) != 0)
        bad(r, r->row_line, ZS_EPARSE, "a quote that opens in this row is never closed");
    if (r->raw_lines != NULL && !r->is_bad && begin < end)
        take_line(r, begin, end, number, row_n);
}

static zs_status check_bytes(zs_span bytes, const char *path, zs_err *err)
{
    if (bytes.bytes > ZS_TABLE_BYTES_MAX)
        return zs_fail(err, ZS_ERANGE, path, "%zu bytes are more than the limit of 16 MiB",
                       bytes.bytes);
    uint32_t line = 1;
    for (size_t i = 0; i < bytes.bytes; i++) {
        line += bytes.data[i] == '\n';
        if (bytes.data[i] != '\0')
            continue;
        const zs_table t = {.path = path};
        return zs_fail(err, ZS_EPARSE, place_of(&t, line).text,
                       "a zero byte in what should be a text of comma-separated values");
    }
    return ZS_OK;
}

static bool is_json(zs_span bytes)
{
    size_t at = 0;
    while (at < bytes.bytes && isspace(bytes.data[at]))
        at++;
    return at < bytes.bytes && bytes.data[at] == '{';
}

typedef enum part { WHOLE, HEADER, WHOLE_WITH_COMMENTS } part;

static zs_status parse(zs_arena *arena, zs_span bytes, const char *path, part what, reader *r,
                       zs_table *out, zs_err *err)
{
    zs_err own = {0};
    zs_table table = {.path = zs_arena_strdup(arena, path)};
    const uint8_t *whole = bytes.data;
    *r = (reader){.arena = arena,
                  .table = &table,
                  .header_only = what == HEADER,
                  .err = err != NULL ? err : &own};
    struct csv_parser csv;
    if (table.path == NULL)
        return zs_nomem(err, path);
    if (bytes.bytes >= 3 && memcmp(bytes.data, "\xef\xbb\xbf", 3) == 0)
        bytes = (zs_span){.data = bytes.data + 3, .bytes = bytes.bytes - 3};
    ZS_TRY(check_bytes(bytes, path, r->err));
    if (is_json(bytes))
        return zs_fail(r->err, ZS_EPARSE, path, "is JSON, not a table of comma-separated values");
    ZS_TRY(reserve(arena, bytes, what == WHOLE_WITH_COMMENTS, r));
    if (csv_init(&csv, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return zs_nomem(err, path);
    feed(r, &csv, bytes, whole);
    csv_free(&csv);
    if (r->is_bad)
        return r->err->status;
    if (!r->has_header)
        return zs_fail(err, ZS_EPARSE, path, "is empty: a line of column names was expected");
    table.columns = r->columns;
    table.cells = r->cells;
    table.lines = r->lines;
    *out = table;
    return ZS_OK;
}

zs_status zs_table_parse(zs_arena *arena, zs_span bytes, const char *path, zs_table *out,
                         zs_err *err)
{
    reader r;
    return parse(arena, bytes, path, WHOLE, &r, out, err);
}

zs_status zs_table_header_parse(zs_arena *arena, zs_span bytes, const char *path, zs_table *out,
                                zs_err *err)
{
    reader r;
    return parse(arena, bytes, path, HEADER, &r, out, err);
}

zs_status zs_table_lines_parse(zs_arena *arena, zs_span bytes, const char *path, zs_table *out,
                               const zs_table_line **lines, uint32_t *line_n, zs_err *err)
{
    reader r;
    ZS_TRY(parse(arena, bytes, path, WHOLE_WITH_COMMENTS, &r, out, err));
    *lines = r.raw_lines;
    *line_n = r.raw_line_n;
    return ZS_OK;
}
