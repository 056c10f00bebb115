/* A baseline rewritten with new figures: what did not move stays as it was written, with comments,
 * blank lines and order. */
#include "baseline_priv.h"
#include "zynqsim/report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct rewriter {
    zs_out out;
    zs_arena *arena;
    const zs_checked *file;
    bool with_layers;
    const char *const *names; /* [layer] of the design whose rows are being written */
} rewriter;

/* ---- cells ----------------------------------------------------------------------------------- */

/* Ratios have ten digits: one more than their tolerance needs. */
static zs_cell cell_of(const zs_value *value)
{
    zs_cell cell = {.text = ""};
    if (value->type == ZS_METRIC_REAL && isfinite(value->r))
        snprintf(cell.text, sizeof cell.text, "%.10g", value->r);
    else if (value->type == ZS_METRIC_INT || value->type == ZS_METRIC_BOOL)
        snprintf(cell.text, sizeof cell.text, "%llu", (unsigned long long)value->i);
    return cell;
}

static void put_value(zs_out *out, const zs_value *value)
{
    if (value->type == ZS_METRIC_TEXT)
        zs_out_csv(out, value->text);
    else
        zs_out_text(out, cell_of(value).text);
}

static bool has_moved(const zs_case_verdict *v, const char *layer, const char *figure)
{
    for (uint32_t i = 0; i < v->move_n; i++)
        if (strcmp(v->moves[i].layer, layer) == 0 && strcmp(v->moves[i].figure, figure) == 0)
            return true;
    return false;
}

static uint32_t column_of(const zs_baseline *b, uint32_t cell)
{
    for (uint32_t i = 0; i < b->column_n; i++)
        if (b->columns[i].cell == cell)
            return i;
    return ZS_NO_ROW;
}

/* ---- layers without rows in the baseline ----------------------------------------------------- */

/* Whether a cell of figures is still empty, which asks for the figure of now to be recorded. */
static bool is_new(const zs_baseline *b, const zs_baseline_case *c)
{
    const zs_expected *cells = b->rows[c->row0].cells;
    for (uint32_t i = 0; i < b->column_n; i++)
        if (cells[i].is_given && cells[i].is_open)
            return true;
    return false;
}

/* A table that has the column of layers wants their figures; one without it, from before they
 * existed, does not. */
static bool wants_layers(const zs_baseline *b)
{
    bool has_figures = false;
    for (uint32_t i = 0; i < b->column_n; i++)
        has_figures |= b->columns[i].layer_metric != ZS_NO_METRIC;
    for (uint32_t i = 0; i < b->case_n; i++)
        if (b->cases[i].row_n == 1 && !is_new(b, &b->cases[i]))
            return false;
    return has_figures && b->layer_cell < b->header_n;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static const zs_baseline_case *case_at(const rewriter *w, uint32_t row, uint32_t *index)
{
    const zs_baseline *b = w->file->baseline;
    uint32_t i = 0;
    while (i + 1 < b->case_n && b->cases[i + 1].row0 <= row)
        i++;
    *index = i;
    return &b->cases[i];
}

static void put_line_end(rewriter *w, const char *raw)
{
    const size_t n = strlen(raw);
    zs_out_text(&w->out, n > 0 && raw[n - 1] == '\r' ? "\r\n" : "\n");
}

/* A row whose figures moved; cells that are no figures stay as they were. */
static void put_changed(rewriter *w, const zs_baseline_row *row, const zs_value *values,
                        const zs_case_verdict *v)
{
    const zs_baseline *b = w->file->baseline;
    const bool is_layer = row->layer[0] != '\0';
    for (uint32_t cell = 0; cell < b->header_n; cell++) {
        const uint32_t i = column_of(b, cell);
        zs_out_text(&w->out, cell > 0 ? "," : "");
        if (i == ZS_NO_ROW || !has_moved(v, row->layer, b->columns[i].name))
            zs_out_csv(&w->out, row->texts[cell]);
        else
            put_value(&w->out,
                      &values[is_layer ? b->columns[i].layer_metric : b->columns[i].metric]);
    }
}

/* A new row for a layer: with every figure that the row of its design has. */
static void put_new_layer(rewriter *w, const zs_baseline_case *c, const zs_figures *f,
                          uint32_t layer, const char *like)
{
    const zs_baseline *b = w->file->baseline;
    const zs_baseline_row *whole = &b->rows[c->row0];
    for (uint32_t cell = 0; cell < b->header_n; cell++) {
        const uint32_t i = column_of(b, cell);
        zs_out_text(&w->out, cell > 0 ? "," : "");
        if (cell == b->layer_cell)
            zs_out_csv(&w->out, w->names[layer]);
        else if (i != ZS_NO_ROW && b->columns[i].layer_metric != ZS_NO_METRIC &&
                 (whole->cells[i].is_given || b->columns[i].metric == ZS_NO_METRIC))
            put_value(&w->out,
                      &f->layers[(size_t)layer * zs_layer_metric_n + b->columns[i].layer_metric]);
    }
    put_line_end(w, like);
}

static bool is_kind(const zs_case_verdict *v, zs_move_kind kind, const char *layer)
{
    for (uint32_t i = 0; i < v->move_n; i++)
        if (v->moves[i].kind == kind && strcmp(v->moves[i].layer, layer) == 0)
            return true;
    return false;
}

static void put_new_layers(rewriter *w, uint32_t case_index, const char *like)
{
    const zs_baseline_case *c = &w->file->baseline->cases[case_index];
    const zs_figures *f = &w->file->figures[case_index];
    const zs_case_verdict *v = &w->file->verdicts[case_index];
    for (uint32_t layer = 0; layer < f->layer_n; layer++)
        if ((c->row_n == 1 && w->with_layers) || is_kind(v, ZS_NEW, w->names[layer]))
            put_new_layer(w, c, f, layer, like);
}

static const zs_value *values_of(const rewriter *w, uint32_t case_index, const char *layer)
{
    const zs_figures *f = &w->file->figures[case_index];
    if (layer[0] == '\0')
        return f->values;
    for (uint32_t i = 0; i < f->layer_n; i++)
        if (strcmp(w->names[i], layer) == 0)
            return f->layers + (size_t)i * zs_layer_metric_n;
    return NULL;
}

static bool any_moved(const zs_case_verdict *v, const char *layer)
{
    for (uint32_t i = 0; i < v->move_n; i++)
        if (strcmp(v->moves[i].layer, layer) == 0)
            return true;
    return false;
}

static zs_status put_row(rewriter *w, const zs_baseline_line *line, zs_err *err)
{
    const zs_baseline *b = w->file->baseline;
    const zs_baseline_row *row = &b->rows[line->row];
    uint32_t index;
    const zs_baseline_case *c = case_at(w, line->row, &index);
    const zs_case_verdict *v = &w->file->verdicts[index];
    if (line->row == c->row0)
        ZS_TRY(zs_layer_names_build(w->arena, &w->file->figures[index], &w->names, err));
    if (w->names == NULL)
        return zs_fail(err, ZS_EINTERNAL, b->path, "a layer stands before its design");
    const zs_value *values = values_of(w, index, row->layer);
    if (values != NULL && any_moved(v, row->layer)) {
        put_changed(w, row, values, v);
        put_line_end(w, line->raw);
    } else if (values != NULL) {
        zs_out_text(&w->out, line->raw);
        zs_out_text(&w->out, "\n");
    }
    if (line->row + 1 == c->row0 + c->row_n)
        put_new_layers(w, index, line->raw);
    return ZS_OK;
}

zs_status zs_baseline_csv_emit(zs_arena *arena, const zs_checked *file, bool with_layers,
                               const zs_sink *s, zs_err *err)
{
    rewriter w = {.out = {.sink = s}, .arena = arena, .file = file, .with_layers = with_layers};
    const zs_baseline *b = file->baseline;
    w.with_layers |= wants_layers(b);
    if (with_layers && b->layer_cell >= b->header_n)
        return zs_fail(err, ZS_EUSAGE, b->path,
                       "has no column \"layer\", where the names of layers would go");
    for (uint32_t i = 0; i < b->line_n; i++) {
        if (b->lines[i].row != ZS_NO_ROW) {
            ZS_TRY(put_row(&w, &b->lines[i], err));
            continue;
        }
        zs_out_text(&w.out, b->lines[i].raw);
        zs_out_text(&w.out, "\n");
    }
    return zs_out_end(&w.out, b->path, err);
}
