/* What a sweep answers: counts, and the rows of a front or an optimum. */
#include "out_priv.h"
#include "zynqsim/report.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- table ----------------------------------------------------------------------------------- */

static const char *cell_of(const zs_answer *a, uint32_t row, uint32_t column)
{
    return a->cells[(size_t)row * a->column_n + column];
}

enum { MIN_COLUMNS = 40, ANSWER_COLUMNS = 256 };

/* Where the terminal is narrower than the table, headings are stacked at their dots, then columns
 * go on below, each time beside the first, which says of what point they are. */
typedef struct layout {
    zs_out out;
    const zs_answer *a;
    size_t limit; /* 0: none */
    size_t widths[ANSWER_COLUMNS];
    uint32_t line_n; /* of a heading */
    size_t blank_n;  /* not written yet: lines do not end in blanks */
} layout;

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Line `line` of a heading in pieces: "resources.", "dsp.", "used". NULL beyond the last. */
static const char *piece_of(const char *name, uint32_t line, size_t *bytes)
{
    for (;; line--) {
        const size_t stem = strcspn(name, ".");
        *bytes = stem + (name[stem] == '.');
        if (line == 0)
            return *bytes > 0 ? name : NULL;
        if (*bytes == 0)
            return NULL;
        name += *bytes;
    }
}

static uint32_t piece_n(const char *name)
{
    uint32_t n = 0;
    for (size_t bytes; piece_of(name, n, &bytes) != NULL;)
        n++;
    return n;
}

/* Column names are keys and figures: ASCII. */
static size_t heading_width(const char *name, bool is_stacked)
{
    size_t width = 0, bytes;
    if (!is_stacked)
        return zs_utf8_width(name);
    for (uint32_t i = 0; piece_of(name, i, &bytes) != NULL; i++)
        width = larger(width, bytes);
    return width;
}

/* Width of the whole table. */
static size_t measure(layout *l, bool is_stacked)
{
    size_t all = 0;
    l->line_n = 1;
    for (uint32_t c = 0; c < l->a->column_n; c++) {
        const char *name = l->a->columns[c];
        l->widths[c] = heading_width(name, is_stacked);
        for (uint32_t i = 0; i < l->a->row_n; i++)
            l->widths[c] = larger(l->widths[c], zs_utf8_width(cell_of(l->a, i, c)));
        if (is_stacked && piece_n(name) > l->line_n)
            l->line_n = piece_n(name);
        all += l->widths[c] + (c > 0 ? 2 : 0);
    }
    return all;
}

static void put_cell(layout *l, uint32_t column, const char *text, size_t own)
{
    l->blank_n += (column > 0 ? 2u : 0u) + l->widths[column] - own;
    if (own == 0)
        return;
    zs_out_repeat(&l->out, " ", l->blank_n);
    zs_out_name(&l->out, text);
    l->blank_n = 0;
}

static void end_line(layout *l)
{
    zs_out_text(&l->out, "\n");
    l->blank_n = 0;
}

/* One line of a heading; the last pieces stand on the last line. */
static void put_heading(layout *l, uint32_t column, uint32_t line)
{
    const char *name = l->a->columns[column], *piece = NULL;
    char text[128] = "";
    size_t bytes = 0;
    if (l->line_n == 1) {
        put_cell(l, column, name, zs_utf8_width(name));
        return;
    }
    const uint32_t blank_n = l->line_n - piece_n(name);
    if (line >= blank_n)
        piece = piece_of(name, line - blank_n, &bytes);
    if (piece != NULL)
        snprintf(text, sizeof text, "%.*s", (int)bytes, piece);
    put_cell(l, column, text, strlen(text));
}

/* Columns from..to behind the first. */
static void put_block(layout *l, uint32_t from, uint32_t to)
{
    for (uint32_t line = 0; line < l->line_n; line++) {
        put_heading(l, 0, line);
        for (uint32_t c = from; c < to; c++)
            put_heading(l, c, line);
        end_line(l);
    }
    for (uint32_t i = 0; i < l->a->row_n; i++) {
        put_cell(l, 0, cell_of(l->a, i, 0), zs_utf8_width(cell_of(l->a, i, 0)));
        for (uint32_t c = from; c < to; c++)
            put_cell(l, c, cell_of(l->a, i, c), zs_utf8_width(cell_of(l->a, i, c)));
        end_line(l);
    }
    zs_out_text(&l->out, "\n");
}

static void put_table(layout *l)
{
    uint32_t from = 1, to;
    if (measure(l, false) > l->limit && l->limit > 0)
        measure(l, true);
    do {
        size_t width = l->widths[0];
        for (to = from; to < l->a->column_n; to++) {
            width += 2 + l->widths[to];
            if (l->limit > 0 && width > l->limit && to > from)
                break;
        }
        put_block(l, from, to);
        from = to;
    } while (to < l->a->column_n);
}

zs_status zs_answer_table_emit(const zs_answer *a, const zs_table_style *style, const zs_sink *s,
                               zs_err *err)
{
    layout l = {.out = {.sink = s}, .a = a, .limit = style != NULL ? style->columns : 0};
    if (a->column_n > ANSWER_COLUMNS)
        return zs_fail(err, ZS_ERANGE, "the table",
                       "%u columns are more than the %d there is room "
                       "for; --format csv has them all",
                       a->column_n, ANSWER_COLUMNS);
    l.limit = l.limit > 0 && l.limit < MIN_COLUMNS ? MIN_COLUMNS : l.limit;
    if (a->column_n > 0)
        put_table(&l);
    if (l.limit > 0)
        zs_out_wrap(&l.out, a->sentence, 0, 0, l.limit);
    else {
        zs_out_name(&l.out, a->sentence);
        zs_out_text(&l.out, "\n");
    }
    return zs_out_end(&l.out, "the table", err);
}

/* ---- CSV ------------------------------------------------------------------------------------- */

zs_status zs_answer_csv_emit(const zs_answer *a, const zs_sink *s, zs_err *err)
{
    zs_out out = {.sink = s};
    if (a->column_n == 0) {
        for (uint32_t i = 0; i < a->count_n; i++)
            zs_out_printf(&out, "%s%s", i ? "," : "", a->counts[i].name);
        zs_out_text(&out, "\n");
        for (uint32_t i = 0; i < a->count_n; i++)
            zs_out_printf(&out, "%s%llu", i ? "," : "", (unsigned long long)a->counts[i].n);
        zs_out_text(&out, "\n");
        return zs_out_end(&out, "the table", err);
    }
    for (uint32_t i = 0; i <= a->row_n; i++)
        for (uint32_t c = 0; c < a->column_n; c++) {
            zs_out_csv(&out, i == 0 ? a->columns[c] : cell_of(a, i - 1, c));
            zs_out_text(&out, c + 1 == a->column_n ? "\n" : ",");
        }
    return zs_out_end(&out, "the table", err);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

/* Numbers as numbers, empty cells as null. */
static json_t *value_of(const char *text)
{
    char *end;
    if (text[0] == '\0')
        return json_null();
    const bool may_be = text[0] == '-' || (text[0] >= '0' && text[0] <= '9');
    const long long whole = strtoll(text, &end, 10);
    if (may_be && *end == '\0' && strlen(text) < 18)
        return json_integer(whole);
    const double real = strtod(text, &end);
    return may_be && *end == '\0' ? json_real(real) : json_string(text);
}

static json_t *rows_of(const zs_answer *a)
{
    json_t *rows = json_array();
    for (uint32_t i = 0; i < a->row_n; i++) {
        json_t *row = json_object();
        for (uint32_t c = 0; c < a->column_n; c++)
            json_object_set_new(row, a->columns[c], value_of(cell_of(a, i, c)));
        json_array_append_new(rows, row);
    }
    return rows;
}

zs_status zs_answer_json_emit(const zs_answer *a, const zs_sink *s, zs_err *err)
{
    json_t *root = json_object();
    for (uint32_t i = 0; i < a->count_n; i++)
        json_object_set_new(root, a->counts[i].name, json_integer((json_int_t)a->counts[i].n));
    if (a->column_n > 0)
        json_object_set_new(root, a->key, rows_of(a));
    json_object_set_new(root, "summary", json_string(a->sentence));
    char *text = json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
    json_decref(root);
    if (text == NULL)
        return zs_nomem(err, "the answer");
    zs_out out = {.sink = s};
    zs_out_text(&out, text);
    zs_out_text(&out, "\n");
    free(text);
    return zs_out_end(&out, "the answer", err);
}
