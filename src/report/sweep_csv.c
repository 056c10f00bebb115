/* Rows of a sweep as CSV. A row is one line, whatever is in its texts, so that a file cut at any
 * byte shows which rows are whole. */
#include "out_priv.h"
#include "zynqsim/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void cell_text(zs_out *out, const char *text)
{
    zs_out_text(out, ",");
    if (text == NULL || strpbrk(text, "\r\n") == NULL) {
        zs_out_csv(out, text);
        return;
    }
    char *line = strdup(text);
    if (line == NULL) {
        out->status = out->status == ZS_OK ? ZS_ENOMEM : out->status;
        return;
    }
    for (char *at = line; *at != '\0'; at++)
        *at = *at == '\r' || *at == '\n' ? ' ' : *at;
    zs_out_csv(out, line);
    free(line);
}

/* As many digits as give the same double when they are read back. Undefined is an empty field. */
static void cell_value(zs_out *out, const zs_value *value)
{
    switch (value->type) {
    case ZS_METRIC_INT:
        zs_out_printf(out, ",%llu", (unsigned long long)value->i);
        break;
    case ZS_METRIC_REAL:
        zs_out_text(out, ",");
        if (isfinite(value->r))
            zs_out_real(out, value->r);
        break;
    case ZS_METRIC_BOOL:
        zs_out_text(out, value->i ? ",1" : ",0");
        break;
    case ZS_METRIC_TEXT:
        cell_text(out, value->text);
        break;
    }
}

static void put_figures(zs_out *out, const zs_grid *grid, const zs_sweep_point *p)
{
    const bool is_partial = p->outcome == ZS_OUTCOME_SKIPPED;
    for (uint32_t m = 0; m < zs_metric_n; m++) {
        if (!zs_sweep_has_metric(grid, m))
            continue;
        if (p->result != NULL && (!is_partial || zs_metric_is_early(m))) {
            const zs_value value = zs_result_get(p->result, m);
            cell_value(out, &value);
        } else {
            const bool is_misfit = p->result == NULL && strcmp(zs_metrics[m].name, "fits") == 0;
            zs_out_text(out, is_misfit ? ",0" : ",");
        }
    }
}

zs_status zs_sweep_header_emit(const zs_grid *grid, const zs_sink *s, zs_err *err)
{
    zs_out out = {.sink = s};
    zs_out_text(&out, "point,sweep");
    for (uint32_t i = 0; i < grid->axis_n; i++)
        for (uint32_t k = 0; k < grid->axes[i].path_n; k++)
            cell_text(&out, grid->axes[i].paths[k]);
    zs_out_text(&out, ",outcome,meets,problem");
    for (uint32_t m = 0; m < zs_metric_n; m++)
        if (zs_sweep_has_metric(grid, m))
            cell_text(&out, zs_metrics[m].name);
    zs_out_text(&out, "," ZS_SWEEP_CHECKSUM "\n");
    return zs_out_end(&out, "the header of a sweep", err);
}

/* Adds up what goes by, unless it is told to pause. */
typedef struct summing {
    const zs_sink *to;
    uint64_t sum;
    bool pauses;
} summing;

static zs_status sum_write(void *ctx, const void *data, size_t bytes)
{
    summing *s = ctx;
    if (!s->pauses)
        s->sum = zs_sweep_sum(s->sum, data, bytes);
    return zs_sink_write(s->to, data, bytes);
}

zs_status zs_sweep_row_emit(const zs_grid *grid, const char *id, const zs_sweep_point *p,
                            const zs_sink *s, zs_err *err)
{
    summing sum = {.to = s, .sum = ZS_SWEEP_SUM_BEGIN};
    const zs_sink through = {.write = sum_write, .ctx = &sum};
    zs_out out = {.sink = &through};
    zs_out_printf(&out, "%llu", (unsigned long long)p->point);
    sum.pauses = true;
    cell_text(&out, id);
    sum.pauses = false;
    for (uint32_t i = 0; i < grid->axis_n; i++)
        for (uint32_t k = 0; k < grid->axes[i].path_n; k++)
            cell_text(&out, zs_grid_value(grid, p->point, i, k));
    cell_text(&out, zs_outcome_name(p->outcome));
    zs_out_text(&out, p->meets ? ",1" : ",0");
    cell_text(&out, p->problem);
    put_figures(&out, grid, p);
    const zs_sum_text text = zs_sweep_sum_text(sum.sum);
    zs_out_printf(&out, ",%s\n", text.text);
    return zs_out_end(&out, "a row of a sweep", err);
}
