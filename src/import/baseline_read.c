/* Tables of expected figures; every line is kept as it was written, for who rewrites the file. */
#include "reference_priv.h"
#include "zynqsim/baseline.h"
#include "zynqsim/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct reader {
    zs_arena *arena;
    zs_table table;
    zs_baseline *b;
    zs_baseline_column *columns;
    uint32_t *tolerance_cells; /* [column], ZS_NO_COLUMN */
    uint32_t design, set, fidelity, layer;
    zs_baseline_row *rows;
    zs_baseline_case *cases;
} reader;

/* ---- columns --------------------------------------------------------------------------------- */

static bool ends_in_tolerance(const char *name)
{
    const size_t n = strlen(name);
    return n > 10 && strcmp(name + n - 10, ".tolerance") == 0;
}

/* "dram.read_bytes" is dram_read_bytes in a layer, "traffic.input_bytes" input_bytes. */
static uint32_t layer_metric_of(const char *name)
{
    char flat[64];
    const char *dot = strrchr(name, '.');
    const uint32_t same = zs_layer_metric_find(name);
    if (same != ZS_NO_METRIC || dot == NULL)
        return same;
    snprintf(flat, sizeof flat, "%.63s", name);
    for (char *at = flat; *at != '\0'; at++)
        *at = *at == '.' ? '_' : *at;
    const uint32_t joined = zs_layer_metric_find(flat);
    return joined != ZS_NO_METRIC              ? joined
           : strncmp(name, "traffic.", 8) == 0 ? zs_layer_metric_find(dot + 1)
                                               : ZS_NO_METRIC;
}

static zs_status unknown_column(const reader *r, const char *name, zs_err *err)
{
    enum { NAMES_MAX = 256 };
    const char *names[NAMES_MAX];
    uint32_t n = 0;
    for (uint32_t i = 0; i < zs_metric_n && n < NAMES_MAX; i++)
        names[n++] = zs_metrics[i].name;
    for (uint32_t i = 0; i < zs_layer_metric_n && n < NAMES_MAX; i++)
        names[n++] = zs_layer_metrics[i].name;
    const char *near = zs_nearest(name, names, n);
    if (near != NULL)
        return zs_fail(err, ZS_EPARSE, r->b->path,
                       "the column \"%.60s\" is no figure of a result, did you mean %s?", name,
                       near);
    return zs_fail(
        err, ZS_EPARSE, r->b->path,
        "the column \"%.60s\" is no figure of a result; zynqsim show --metrics lists them", name);
}

static zs_status take_column(reader *r, uint32_t cell, zs_err *err)
{
    const char *name = r->table.columns[cell];
    const zs_baseline_column c = {.name = name,
                                  .metric = zs_metric_find(name),
                                  .layer_metric = layer_metric_of(name),
                                  .cell = cell};
    if (c.metric == ZS_NO_METRIC && c.layer_metric == ZS_NO_METRIC)
        return unknown_column(r, name, err);
    if (c.metric != ZS_NO_METRIC && strcmp(zs_metrics[c.metric].tolerance, "none") == 0)
        return zs_fail(err, ZS_EPARSE, r->b->path,
                       "%s depends on the simulator and its machine; it is never compared", name);
    const char *with = zs_arena_printf(r->arena, "%s.tolerance", name);
    if (with == NULL)
        return zs_nomem(err, r->b->path);
    r->tolerance_cells[r->b->column_n] = zs_table_column(&r->table, with);
    r->columns[r->b->column_n++] = c;
    return ZS_OK;
}

static zs_status check_tolerances(const reader *r, zs_err *err)
{
    for (uint32_t cell = 0; cell < r->table.column_n; cell++) {
        bool is_used = !ends_in_tolerance(r->table.columns[cell]);
        for (uint32_t i = 0; i < r->b->column_n; i++)
            is_used |= r->tolerance_cells[i] == cell;
        if (!is_used)
            return zs_fail(err, ZS_EPARSE, r->b->path,
                           "the column \"%.80s\" belongs to no figure of the table",
                           r->table.columns[cell]);
    }
    return ZS_OK;
}

static zs_status take_columns(reader *r, zs_err *err)
{
    const zs_table *t = &r->table;
    ZS_TRY(zs_table_need(t, "design", &r->design, err));
    r->set = zs_table_column(t, "set");
    r->fidelity = zs_table_column(t, "fidelity");
    r->layer = zs_table_column(t, "layer");
    r->columns = zs_new(r->arena, zs_baseline_column, t->column_n);
    r->tolerance_cells = zs_new(r->arena, uint32_t, t->column_n);
    if (r->columns == NULL || r->tolerance_cells == NULL)
        return zs_nomem(err, r->b->path);
    for (uint32_t cell = 0; cell < t->column_n; cell++) {
        const bool is_key =
            cell == r->design || cell == r->set || cell == r->fidelity || cell == r->layer;
        if (!is_key && !ends_in_tolerance(t->columns[cell]))
            ZS_TRY(take_column(r, cell, err));
    }
    if (r->b->column_n == 0)
        return zs_fail(err, ZS_EPARSE, r->b->path,
                       "no column is a figure of a result, such as cycles: there is nothing to "
                       "compare");
    return check_tolerances(r, err);
}

/* ---- rows ------------------------------------------------------------------------------------ */

static zs_status take_truth(const zs_table *t, uint32_t row, uint32_t cell, uint64_t *out,
                            zs_err *err)
{
    static const char *const words[] = {"0", "false", "no", "1", "true", "yes"};
    uint32_t word;
    ZS_TRY(zs_table_word(t, row, cell, words, ZS_LEN(words), "0 or 1, false or true, no or yes",
                         &word, err));
    *out = word >= 3;
    return ZS_OK;
}

static zs_status take_number(const zs_table *t, uint32_t row, uint32_t cell,
                             const zs_metric *metric, zs_value *out, zs_err *err)
{
    const char *text = zs_table_text(t, row, cell, "");
    out->type = metric->type;
    switch (metric->type) {
    case ZS_METRIC_TEXT:
        out->text = text;
        return ZS_OK;
    case ZS_METRIC_REAL:
        return zs_table_number(t, row, cell, -1e300, 1e300, &out->r, err);
    case ZS_METRIC_INT:
        return zs_table_count(t, row, cell, 0, UINT64_C(1) << 53, &out->i, err);
    case ZS_METRIC_BOOL:
        return take_truth(t, row, cell, &out->i, err);
    }
    return ZS_OK;
}

/* As metrics.def says: "exact", or a share of the expected value. */
static zs_tolerance usual_tolerance(const zs_metric *metric)
{
    zs_tolerance t = {0};
    if (strcmp(metric->tolerance, "exact") != 0)
        t.frac = strtod(metric->tolerance, NULL);
    return t;
}

static zs_status take_cell(const reader *r, uint32_t row, uint32_t i, bool is_layer,
                           const zs_expected *above, zs_expected *out, zs_err *err)
{
    const zs_baseline_column *c = &r->columns[i];
    const zs_table *t = &r->table;
    const char *text = zs_table_text(t, row, c->cell, "");
    const char *tolerance = zs_table_text(t, row, r->tolerance_cells[i], "");
    const uint32_t metric = is_layer ? c->layer_metric : c->metric;
    *out = (zs_expected){0};
    if (metric == ZS_NO_METRIC) {
        if (text[0] == '\0')
            return ZS_OK;
        return zs_table_fail(t, row, c->cell, ZS_EPARSE, err, "%s is no figure of %s", c->name,
                             is_layer ? "a layer" : "a whole network");
    }
    const zs_metric *m = is_layer ? &zs_layer_metrics[metric] : &zs_metrics[metric];
    out->tolerance = above != NULL ? above->tolerance : usual_tolerance(m);
    if (tolerance[0] != '\0')
        ZS_TRY(zs_reference_tolerance(t, row, r->tolerance_cells[i], &out->tolerance, err));
    if (text[0] == '\0')
        return ZS_OK;
    out->is_given = true;
    out->is_open = strcmp(text, "?") == 0;
    return out->is_open ? ZS_OK : take_number(t, row, c->cell, m, &out->value, err);
}

/* Tolerances of figures that only a layer has do not come from the row above. */
static const zs_expected *above_of(const reader *r, uint32_t row, uint32_t i, bool is_layer)
{
    if (!is_layer || r->columns[i].metric == ZS_NO_METRIC)
        return NULL;
    (void)row;
    return &r->rows[r->cases[r->b->case_n - 1].row0].cells[i];
}

static zs_status begin_case(reader *r, uint32_t row, const char *design, zs_err *err)
{
    zs_baseline_case *c = &r->cases[r->b->case_n];
    *c = (zs_baseline_case){.design = design, .row0 = row};
    if (design[0] == '\0')
        return zs_table_fail(&r->table, row, r->design, ZS_EPARSE, err,
                             "the row names neither a design nor a layer");
    ZS_TRY(zs_reference_settings(&r->table, row, r->set, &c->set, err));
    ZS_TRY(zs_reference_fidelity(&r->table, row, r->fidelity, &c->fidelity, err));
    r->b->case_n++;
    return ZS_OK;
}

static zs_status check_layer(const reader *r, uint32_t row, const char *design, zs_err *err)
{
    const zs_table *t = &r->table;
    const char *set = zs_table_text(t, row, r->set, "");
    const char *fidelity = zs_table_text(t, row, r->fidelity, "");
    if (r->b->case_n == 0)
        return zs_table_fail(t, row, r->layer, ZS_EPARSE, err,
                             "a layer needs a row of its design above it");
    if (design[0] != '\0' || set[0] != '\0' || fidelity[0] != '\0')
        return zs_table_fail(t, row, r->layer, ZS_EPARSE, err,
                             "design, set and fidelity of a layer are those of the row above: its "
                             "cells must be empty");
    return ZS_OK;
}

static zs_status take_row(reader *r, uint32_t row, zs_err *err)
{
    const zs_table *t = &r->table;
    const char *design = zs_table_text(t, row, r->design, "");
    const char *layer = zs_table_text(t, row, r->layer, "");
    const bool is_layer = layer[0] != '\0';
    zs_expected *cells = zs_new(r->arena, zs_expected, r->b->column_n);
    if (cells == NULL)
        return zs_nomem(err, r->b->path);
    ZS_TRY(is_layer ? check_layer(r, row, design, err) : begin_case(r, row, design, err));
    for (uint32_t i = 0; i < r->b->column_n; i++)
        ZS_TRY(take_cell(r, row, i, is_layer, above_of(r, row, i, is_layer), &cells[i], err));
    r->rows[row] = (zs_baseline_row){.layer = layer,
                                     .texts = t->cells + (size_t)row * t->column_n,
                                     .cells = cells,
                                     .line = t->lines[row]};
    r->cases[r->b->case_n - 1].row_n++;
    return ZS_OK;
}

/* A design of which nothing is compared would be simulated and said to be as before. */
static zs_status expect_figures(const reader *r, const zs_baseline_case *c, zs_err *err)
{
    for (uint32_t row = c->row0; row < c->row0 + c->row_n; row++)
        for (uint32_t i = 0; i < r->b->column_n; i++)
            if (r->rows[row].cells[i].is_given)
                return ZS_OK;
    return zs_table_fail(
        &r->table, c->row0, r->columns[0].cell, ZS_EPARSE, err,
        "no figure of this design is expected; \"?\" is one that --bless fills in");
}

static zs_status take_rows(reader *r, zs_err *err)
{
    const uint32_t n = r->table.row_n;
    r->rows = zs_new(r->arena, zs_baseline_row, n);
    r->cases = zs_new(r->arena, zs_baseline_case, n);
    if (n == 0)
        return zs_fail(err, ZS_EPARSE, r->b->path, "has no rows: there is nothing to check");
    if (r->rows == NULL || r->cases == NULL)
        return zs_nomem(err, r->b->path);
    for (uint32_t row = 0; row < n; row++)
        ZS_TRY(take_row(r, row, err));
    for (uint32_t i = 0; i < r->b->case_n; i++)
        ZS_TRY(expect_figures(r, &r->cases[i], err));
    return ZS_OK;
}

zs_status zs_baseline_parse(zs_arena *arena, zs_span bytes, const char *path, zs_baseline *out,
                            zs_err *err)
{
    zs_baseline b = {.path = zs_arena_strdup(arena, path)};
    reader r = {.arena = arena, .b = &b};
    const zs_table_line *lines;
    if (b.path == NULL)
        return zs_nomem(err, path);
    ZS_TRY(zs_table_lines_parse(arena, bytes, path, &r.table, &lines, &b.line_n, err));
    zs_baseline_line *kept = zs_new(arena, zs_baseline_line, b.line_n);
    if (kept == NULL)
        return zs_nomem(err, path);
    for (uint32_t i = 0; i < b.line_n; i++)
        kept[i] =
            (zs_baseline_line){.raw = lines[i].raw, .row = lines[i].row, .number = lines[i].number};
    b.lines = kept;
    ZS_TRY(take_columns(&r, err));
    ZS_TRY(take_rows(&r, err));
    b.headers = r.table.columns;
    b.header_n = r.table.column_n;
    b.layer_cell = r.layer;
    b.columns = r.columns;
    b.rows = r.rows;
    b.row_n = r.table.row_n;
    b.cases = r.cases;
    *out = b;
    return ZS_OK;
}
