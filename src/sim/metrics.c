/* Figures by name. A row of metrics.def carries its value, so the tables below are all there is. */
#include "zynqsim/sim.h"

#include <math.h>

const char *zs_cause_name(zs_cause cause)
{
    static const char *const names[ZS_CAUSE_N] = {"compute", "read", "write", "host"};
    return names[cause];
}

/* ---- ratios: undefined, not infinite, when there is nothing to divide by --------------------- */

static double ratio(double a, double b)
{
    return b > 0 ? a / b : (double)NAN;
}

static double seconds(const zs_result *r)
{
    return ratio((double)r->cycles, (double)r->clock_hz);
}

static uint64_t dram_bytes(const zs_result *r)
{
    return r->dram.read_bytes + r->dram.write_bytes;
}

static uint64_t ops(const zs_result *r)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < r->layer_n; i++)
        sum += r->layers[i].ops;
    return sum;
}

static uint64_t waited(const zs_result *r, zs_cause cause)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < r->layer_n; i++)
        sum += r->layers[i].waited_cycles[cause];
    return sum;
}

static uint64_t busy_sum(const zs_result *r, zs_cause cause)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < r->layer_n; i++)
        sum += r->layers[i].busy_cycles[cause];
    return sum;
}

/* Of the run; where rows overlap, of the sum of their times. */
static double share_of_rows(const zs_result *r, uint64_t cycles)
{
    uint64_t all = 0;
    for (uint32_t i = 0; i < r->layer_n; i++)
        all += r->layers[i].cycles;
    return ratio((double)cycles, (double)(r->layers_overlap ? all : r->cycles));
}

static double row_hit_frac(const zs_dram_counts *dram)
{
    const uint64_t all = dram->row_hits + dram->row_misses + dram->row_conflicts;
    return ratio((double)dram->row_hits, (double)all);
}

static double dram_busy_frac(const zs_result *r)
{
    const double busy_ps = (double)r->dram.busy_ddr_cycles * (double)r->memory_tck_ps;
    return ratio(busy_ps / (double)ZS_PS_PER_S / r->memory_channels, seconds(r));
}

static double layer_intensity(const zs_layer_result *l)
{
    return ratio((double)l->ops, (double)(l->read_bytes + l->write_bytes));
}

static double layer_attainable(const zs_result *r, const zs_layer_result *l)
{
    const double intensity = layer_intensity(l);
    return isnan(intensity) ? r->roofline.peak_gops
                            : zs_roofline_attainable_gops(&r->roofline, intensity);
}

static double layer_achieved(const zs_result *r, const zs_layer_result *l)
{
    return l->in_pipeline
               ? (double)NAN
               : ratio(1e-9 * (double)l->ops, ratio((double)l->cycles, (double)r->clock_hz));
}

static double busy(const zs_layer_result *l, zs_cause cause)
{
    return ratio((double)l->busy_cycles[cause], (double)l->cycles);
}

/* ---- values by type -------------------------------------------------------------------------- */

static zs_value value_INT(uint64_t i)
{
    return (zs_value){.type = ZS_METRIC_INT, .i = i};
}

static zs_value value_REAL(double real)
{
    return (zs_value){.type = ZS_METRIC_REAL, .r = real};
}

static zs_value value_BOOL(bool yes)
{
    return (zs_value){.type = ZS_METRIC_BOOL, .i = yes};
}

static zs_value value_TEXT(const char *text)
{
    return (zs_value){.type = ZS_METRIC_TEXT, .text = text};
}

#define ZS_METRIC_MAYBE ZS_METRIC_BOOL

static zs_value value_MAYBE(zs_value yes)
{
    return yes;
}

static zs_value maybe_fits(const zs_result *r)
{
    return r->fit.is_close ? value_TEXT(NULL) : value_BOOL(r->fit.fits);
}

#define ZS_METRIC_BLOCK ZS_METRIC_INT

static zs_value value_BLOCK(zs_value blocks)
{
    return blocks;
}

static zs_value blocks(const zs_result *r, const zs_resources *counts, zs_resource_id id)
{
    const zs_family *family = r->fit.family;
    const bool has = family != NULL && zs_family_block(family, id) != NULL;
    return has ? value_INT(counts->n[id]) : value_TEXT(NULL);
}

/* ---- the tables ------------------------------------------------------------------------------ */

const zs_metric zs_metrics[] = {
#define METRIC(name, type, unit, tolerance, value, meaning)                                        \
    {name, ZS_METRIC_##type, unit, tolerance, meaning},
#include "metrics.def"
#undef METRIC
};
const uint32_t zs_metric_n = ZS_LEN(zs_metrics);

const zs_metric zs_layer_metrics[] = {
#define LAYER_METRIC(name, type, unit, value, meaning)                                             \
    {name, ZS_METRIC_##type, unit, ZS_METRIC_##type == ZS_METRIC_REAL ? "1e-9" : "exact", meaning},
#include "layer_metrics.def"
#undef LAYER_METRIC
};
const uint32_t zs_layer_metric_n = ZS_LEN(zs_layer_metrics);

/* A row has no identifier but its place: constants, of which the compiler makes a switch. */
zs_value zs_result_get(const zs_result *r, uint32_t metric)
{
    uint32_t row = 0;
#define METRIC(name, type, unit, tolerance, value, meaning)                                        \
    if (metric == row++)                                                                           \
        return value_##type(value);
#include "metrics.def"
#undef METRIC
    return value_TEXT(NULL);
}

zs_value zs_layer_result_get(const zs_result *r, uint32_t layer, uint32_t metric)
{
    const zs_layer_result *l = &r->layers[layer];
    uint32_t row = 0;
#define LAYER_METRIC(name, type, unit, value, meaning)                                             \
    if (metric == row++)                                                                           \
        return value_##type(value);
#include "layer_metrics.def"
#undef LAYER_METRIC
    return value_TEXT(NULL);
}
