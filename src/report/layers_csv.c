/* layers.csv: one line per row of the result, columns as in sim/layer_metrics.def. */
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

zs_status zs_layers_csv_emit(const zs_result *r, const zs_sink *s, zs_err *err)
{
    zs_out out = {.sink = s};
    for (uint32_t metric = 0; metric < zs_layer_metric_n; metric++) {
        zs_out_text(&out, metric > 0 ? "," : "");
        zs_out_csv(&out, zs_layer_metrics[metric].name);
    }
    zs_out_text(&out, "\n");
    for (uint32_t layer = 0; layer < r->layer_n; layer++) {
        for (uint32_t metric = 0; metric < zs_layer_metric_n; metric++) {
            const zs_value value = zs_layer_result_get(r, layer, metric);
            zs_out_text(&out, metric > 0 ? "," : "");
            csv_value(&out, &value);
        }
        zs_out_text(&out, "\n");
    }
    return zs_out_end(&out, "layers.csv", err);
}
