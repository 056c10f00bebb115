#include "reference_priv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIGURE_MAX 1e300 /* of a measured figure, either sign */

typedef struct run_columns {
    uint32_t name, design, set, fidelity, scope, metric, measured, tolerance, reason, source;
} run_columns;

static run_columns columns_of(const zs_table *t)
{
    return (run_columns){.name = zs_table_column(t, "case"),
                         .design = zs_table_column(t, "design"),
                         .set = zs_table_column(t, "set"),
                         .fidelity = zs_table_column(t, "fidelity"),
                         .scope = zs_table_column(t, "scope"),
                         .metric = zs_table_column(t, "metric"),
                         .measured = zs_table_column(t, "measured"),
                         .tolerance = zs_table_column(t, "tolerance"),
                         .reason = zs_table_column(t, "reason"),
                         .source = zs_table_column(t, "source")};
}

/* ---- cells ----------------------------------------------------------------------------------- */

zs_status zs_reference_fidelity(const zs_table *t, uint32_t row, uint32_t column, zs_fidelity *out,
                                zs_err *err)
{
    uint32_t word = ZS_BURST;
    if (zs_table_text(t, row, column, "")[0] != '\0')
        ZS_TRY(zs_table_word(t, row, column, zs_fidelity_words, ZS_FIDELITY_N,
                             "bound, tile or burst", &word, err));
    *out = (zs_fidelity)word;
    return ZS_OK;
}

static zs_status unknown_metric(const zs_table *t, uint32_t row, uint32_t column,
                                const zs_metric *metrics, uint32_t n, const char *of, zs_err *err)
{
    enum { NAMES_MAX = 256 };
    const char *names[NAMES_MAX];
    for (uint32_t i = 0; i < n && i < NAMES_MAX; i++)
        names[i] = metrics[i].name;
    const char *text = zs_table_text(t, row, column, "");
    const char *near = zs_nearest(text, names, n < NAMES_MAX ? n : NAMES_MAX);
    if (near != NULL)
        return zs_table_fail(t, row, column, ZS_EPARSE, err,
                             "\"%.60s\" is no figure of a %s, did you mean %s?", text, of, near);
    return zs_table_fail(t, row, column, ZS_EPARSE, err,
                         "\"%.60s\" is no figure of a %s; zynqsim show --metrics lists them", text,
                         of);
}

static zs_status take_pipeline_metric(const zs_table *t, uint32_t row, uint32_t column,
                                      zs_run_case *out, zs_err *err)
{
    enum { NAMES_MAX = 32 };
    const char *names[NAMES_MAX];
    uint32_t n = 0;
    for (; n < zs_pipeline_metric_n && n < NAMES_MAX; n++) {
        names[n] = zs_pipeline_metrics[n].name;
        if (strcmp(names[n], out->metric) != 0)
            continue;
        out->metric_i = n;
        return ZS_OK;
    }
    const char *near = zs_nearest(out->metric, names, n);
    return zs_table_fail(t, row, column, ZS_EPARSE, err,
                         "\"%.60s\" is no figure of a pipeline, as %s is", out->metric,
                         near != NULL ? near : names[0]);
}

static zs_status take_metric(const zs_table *t, uint32_t row, const run_columns *at,
                             zs_run_case *out, zs_err *err)
{
    const bool is_whole = out->scope[0] == '\0';
    out->of_pipeline = strcmp(out->scope, "pipeline") == 0;
    if (out->of_pipeline)
        return take_pipeline_metric(t, row, at->metric, out, err);
    const zs_metric *metrics = is_whole ? zs_metrics : zs_layer_metrics;
    const uint32_t n = is_whole ? zs_metric_n : zs_layer_metric_n;
    const char *of = is_whole ? "whole network" : "row";
    for (uint32_t i = 0; i < n; i++) {
        if (strcmp(metrics[i].name, out->metric) != 0)
            continue;
        if (metrics[i].type == ZS_METRIC_TEXT)
            return zs_table_fail(t, row, at->metric, ZS_EPARSE, err,
                                 "%s is a text, not a figure that could be compared", out->metric);
        out->metric_i = i;
        return ZS_OK;
    }
    return unknown_metric(t, row, at->metric, metrics, n, of, err);
}

zs_status zs_reference_settings(const zs_table *t, uint32_t row, uint32_t column, const char **out,
                                zs_err *err)
{
    const char *text = zs_table_text(t, row, column, "");
    *out = text;
    while (*text != '\0') {
        const size_t bytes = strcspn(text, ";");
        const char *equals = memchr(text, '=', bytes);
        if (equals == NULL || equals == text)
            return zs_table_fail(t, row, column, ZS_EPARSE, err,
                                 "\"%.*s\" is not of the form path=value",
                                 bytes < 60 ? (int)bytes : 60, text);
        text += bytes + (text[bytes] == ';');
    }
    return ZS_OK;
}

zs_status zs_reference_tolerance(const zs_table *t, uint32_t row, uint32_t column,
                                 zs_tolerance *out, zs_err *err)
{
    zs_err why = {0};
    const zs_status status = zs_tolerance_parse(zs_table_text(t, row, column, ""), out, &why);
    if (status == ZS_OK)
        return ZS_OK;
    return zs_table_fail(t, row, column, status, err, "\"%.40s\": %s", why.place, why.text);
}

/* Cut out before it is read: of "1..2" strtod would take "1." */
static bool is_number(const char *text, size_t bytes, double *out)
{
    char digits[48];
    if (bytes == 0 || bytes >= sizeof digits)
        return false;
    memcpy(digits, text, bytes);
    digits[bytes] = '\0';
    const char *end = zs_read_real(digits, out);
    return end != NULL && *end == '\0' && fabs(*out) <= FIGURE_MAX;
}

static zs_status take_measured(const zs_table *t, uint32_t row, uint32_t column,
                               zs_figure_measured *out, zs_err *err)
{
    const char *text = zs_table_text(t, row, column, ""), *dots = strstr(text, "..");
    if (dots == NULL) {
        ZS_TRY(zs_table_number(t, row, column, -FIGURE_MAX, FIGURE_MAX, &out->lo, err));
        out->hi = out->lo;
        return ZS_OK;
    }
    if (!is_number(text, (size_t)(dots - text), &out->lo) ||
        !is_number(dots + 2, strlen(dots + 2), &out->hi))
        return zs_table_fail(t, row, column, ZS_EPARSE, err,
                             "\"%.60s\" is neither a number nor a band lo..hi", text);
    if (out->lo > out->hi)
        return zs_table_fail(t, row, column, ZS_ERANGE, err,
                             "\"%.60s\": the band ends below its start", text);
    return ZS_OK;
}

zs_status zs_reference_measured(const zs_table *t, uint32_t row, uint32_t measured,
                                uint32_t tolerance, zs_figure_measured *out, zs_err *err)
{
    zs_figure_measured m = {.is_reported = zs_table_text(t, row, tolerance, "")[0] == '\0'};
    ZS_TRY(take_measured(t, row, measured, &m, err));
    if (!m.is_reported)
        ZS_TRY(zs_reference_tolerance(t, row, tolerance, &m.tolerance, err));
    *out = m;
    return ZS_OK;
}

static zs_status take_row(const zs_table *t, uint32_t row, const run_columns *at, zs_run_case *out,
                          zs_err *err)
{
    *out = (zs_run_case){.name = zs_table_text(t, row, at->name, ""),
                         .design = zs_table_text(t, row, at->design, ""),
                         .scope = zs_table_text(t, row, at->scope, ""),
                         .metric = zs_table_text(t, row, at->metric, ""),
                         .reason = zs_table_text(t, row, at->reason, ""),
                         .source = zs_table_text(t, row, at->source, ""),
                         .line = t->lines[row]};
    if (out->design[0] == '\0')
        return zs_table_fail(t, row, at->design, ZS_EPARSE, err,
                             "the cell is empty; the path of a design file was expected");
    ZS_TRY(zs_reference_settings(t, row, at->set, &out->set, err));
    ZS_TRY(zs_reference_fidelity(t, row, at->fidelity, &out->fidelity, err));
    ZS_TRY(take_metric(t, row, at, out, err));
    return zs_reference_measured(t, row, at->measured, at->tolerance, &out->measured, err);
}

/* ---- which cases share a run ----------------------------------------------------------------- */

typedef struct run_entry {
    zs_run_case *c;
} run_entry;

static int compare_runs(const void *a, const void *b)
{
    const zs_run_case *x = ((const run_entry *)a)->c, *y = ((const run_entry *)b)->c;
    const int by_design = strcmp(x->design, y->design);
    const int by_set = by_design != 0 ? by_design : strcmp(x->set, y->set);
    return by_set != 0 ? by_set : (x->fidelity > y->fidelity) - (x->fidelity < y->fidelity);
}

static uint32_t number_runs(run_entry *order, uint32_t n)
{
    uint32_t run = 0;
    qsort(order, n, sizeof *order, compare_runs);
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0 && compare_runs(&order[i - 1], &order[i]) != 0)
            run++;
        order[i].c->run = run;
    }
    return run + 1;
}

zs_status zs_reference_runs(zs_arena *arena, const zs_table *t, zs_reference *out, zs_err *err)
{
    const run_columns at = columns_of(t);
    zs_run_case *cases = zs_new(arena, zs_run_case, t->row_n);
    run_entry *order = zs_new(arena, run_entry, t->row_n);
    if (cases == NULL || order == NULL)
        return zs_nomem(err, t->path);
    for (uint32_t row = 0; row < t->row_n; row++) {
        ZS_TRY(take_row(t, row, &at, &cases[row], err));
        order[row].c = &cases[row];
    }
    out->run_n = number_runs(order, t->row_n);
    out->runs = cases;
    out->case_n = t->row_n;
    return ZS_OK;
}
