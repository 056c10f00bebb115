/* layers.csv: one line per row of the result, columns as in sim/layer_metrics.def; behind them what
 * the JSON has beside those, under the same names. */
#include "out_priv.h"
#include "zynqsim/report.h"

#include <math.h>

/* Undefined is an empty field. */
static void csv_value(zs_out *out, const zs_value *value)
{
    switch (value->type) {
    case ZS_METRIC_INT:
        zs_out_printf(out, "%llu", (unsigned long long)value->i);
        break;
    case ZS_METRIC_REAL:
        if (isfinite(value->r))
            zs_out_real(out, value->r);
        break;
    case ZS_METRIC_BOOL:
        zs_out_text(out, value->i ? "1" : "0");
        break;
    case ZS_METRIC_TEXT:
        zs_out_csv(out, value->text);
        break;
    }
}

static bool has_pipeline(const zs_result *r)
{
    bool any = false;
    for (uint32_t layer = 0; layer < r->layer_n; layer++)
        any |= r->layers[layer].in_pipeline;
    return any;
}

static void put_count(zs_out *out, uint64_t count)
{
    zs_out_printf(out, ",%llu", (unsigned long long)count);
}

static void put_rest(zs_out *out, const zs_result *r, const zs_layer_result *l, bool of_pipeline)
{
    zs_out_text(out, l->on_engine ? ",engine" : ",cpu");
    put_count(out, l->macs - l->skipped_macs + l->again_macs);
    if (of_pipeline)
        zs_out_text(out, l->in_pipeline ? ",1" : ",0");
    if (!r->layers_overlap)
        return;
    put_count(out, l->cycles);
    put_count(out, l->busy_cycles[ZS_BY_COMPUTE]);
    put_count(out, l->starved_cycles);
    put_count(out, l->blocked_cycles);
}

zs_status zs_layers_csv_emit(const zs_result *r, const zs_sink *s, zs_err *err)
{
    zs_out out = {.sink = s};
    const bool of_pipeline = has_pipeline(r);
    for (uint32_t metric = 0; metric < zs_layer_metric_n; metric++) {
        zs_out_text(&out, metric > 0 ? "," : "");
        zs_out_csv(&out, zs_layer_metrics[metric].name);
    }
    zs_out_text(&out, ",runs_on,macs_executed");
    zs_out_text(&out, of_pipeline ? ",in_pipeline" : "");
    zs_out_text(&out,
                r->layers_overlap ? ",span_cycles,busy_cycles,starved_cycles,blocked_cycles" : "");
    zs_out_text(&out, "\n");
    for (uint32_t layer = 0; layer < r->layer_n; layer++) {
        for (uint32_t metric = 0; metric < zs_layer_metric_n; metric++) {
            const zs_value value = zs_layer_result_get(r, layer, metric);
            zs_out_text(&out, metric > 0 ? "," : "");
            csv_value(&out, &value);
        }
        put_rest(&out, r, &r->layers[layer], of_pipeline);
        zs_out_text(&out, "\n");
    }
    return zs_out_end(&out, "layers.csv", err);
}
