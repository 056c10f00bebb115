/* What a sweep answers: counts of points, and the rows of a front or of the best point. */
#include "json_priv.h"
#include "text_table_priv.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- table ----------------------------------------------------------------------------------- */

static const char *cell_of(const zs_answer *a, uint32_t row, uint32_t column)
{
    return a->cells[(size_t)row * a->column_n + column];
}

enum { MIN_LINE = 40 };

static void put_rows(zs_text_table *t, const zs_answer *a)
{
    for (uint32_t i = 0; i < a->row_n; i++) {
        for (uint32_t c = 0; c < a->column_n; c++)
            zs_text_cell(t, cell_of(a, i, c));
        zs_text_end_row(t);
    }
}

/* Where the terminal is narrower than the table, further columns go below in blocks, each with the
 * first column in front, which names the point. */
static void put_table(zs_out *out, const zs_answer *a, size_t line)
{
    zs_text_column columns[ZS_TEXT_COLUMNS];
    for (uint32_t c = 0; c < a->column_n; c++)
        columns[c] =
            (zs_text_column){.head = a->columns[c], .gap = c > 0 ? 2 : 0, .is_right = true};
    zs_text_table t = {
        .out = out, .columns = columns, .n = a->column_n, .line = line, .stacks = true};
    put_rows(&t, a);
    zs_text_ready(&t);
    uint32_t from = 1;
    do {
        from = zs_text_block(&t, 1, from);
        zs_text_heads(&t, ZS_PAINT_NONE);
        put_rows(&t, a);
        zs_out_text(out, "\n");
    } while (from < a->column_n);
}

zs_status zs_answer_table_emit(const zs_answer *a, const zs_table_style *style, const zs_sink *s,
                               zs_err *err)
{
    zs_out out = {.sink = s};
    size_t line = style != NULL ? style->columns : 0;
    if (a->column_n > ZS_TEXT_COLUMNS)
        return zs_fail(err, ZS_ERANGE, "the table",
                       "%u columns are more than the %d there is room "
                       "for; --format csv has them all",
                       a->column_n, ZS_TEXT_COLUMNS);
    line = line > 0 && line < MIN_LINE ? MIN_LINE : line;
    if (a->column_n > 0)
        put_table(&out, a, line);
    if (line > 0) {
        zs_out_wrap(&out, a->sentence, 0, 0, line);
    } else {
        zs_out_name(&out, a->sentence);
        zs_out_text(&out, "\n");
    }
    return zs_out_end(&out, "the table", err);
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
    int failed = 0;
    for (uint32_t i = 0; i < a->count_n; i++)
        failed |= json_object_set_new(root, a->counts[i].name, zs_json_count(a->counts[i].n));
    if (a->column_n > 0)
        failed |= json_object_set_new(root, a->key, rows_of(a));
    failed |= json_object_set_new(root, "summary", zs_json_text(a->sentence));
    return zs_json_end(root, failed != 0, "the answer", s, err);
}
