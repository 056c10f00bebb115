#include "elem_priv.h"

#include <math.h>
#include <string.h>

zs_status zs_ranges_build(zs_arena *arena, const zs_net *net, zs_ranges *out, zs_err *err)
{
    float *max_abs = zs_new(arena, float, net->tensor_n);
    if (max_abs == NULL)
        return zs_nomem(err, net->name);
    *out = (zs_ranges){.max_abs = max_abs, .net = net};
    return ZS_OK;
}

zs_status zs_ranges_add_up(zs_arena *arena, zs_ranges *ranges, zs_err *err)
{
    const zs_net *net = ranges->net;
    ranges->sums = zs_new(arena, double *, net->tensor_n);
    ranges->runs = zs_new(arena, uint32_t, net->tensor_n);
    if (ranges->sums == NULL || ranges->runs == NULL)
        return zs_nomem(err, net->name);
    for (uint32_t t = 0; t < net->tensor_n; t++) {
        ranges->sums[t] = zs_new(arena, double, net->tensors[t].shape.c);
        if (ranges->sums[t] == NULL)
            return zs_nomem(err, net->tensors[t].name);
    }
    return ZS_OK;
}

static void add_up(zs_ranges *ranges, uint32_t tensor, const float *x)
{
    const zs_shape shape = ranges->net->tensors[tensor].shape;
    const size_t pixels = (size_t)shape.h * shape.w;
    for (uint32_t c = 0; c < shape.c; c++)
        for (size_t i = 0; i < pixels; i++)
            ranges->sums[tensor][c] += (double)x[c * pixels + i];
    ranges->runs[tensor]++;
}

/* In layer order: every slice is written before its parent is read. */
zs_status zs_ranges_unsign(zs_arena *arena, zs_ranges *ranges, zs_err *err)
{
    const zs_net *net = ranges->net;
    bool *never = zs_new(arena, bool, net->tensor_n);
    if (never == NULL)
        return zs_nomem(err, net->name);
    for (uint32_t t = 0; t < net->tensor_n; t++)
        never[t] = true;
    for (uint32_t i = 0; i < net->input_n; i++)
        never[net->inputs[i].tensor] = false;
    for (uint32_t i = 0; i < net->layer_n; i++) {
        const zs_layer *layer = &net->layers[i];
        bool all = zs_keeps_scale(layer) || layer->op == ZS_LAYER_POOL ||
                   layer->op == ZS_LAYER_GAP || layer->op == ZS_LAYER_CONCAT ||
                   layer->op == ZS_LAYER_ADD;
        for (uint32_t k = 0; k < layer->in_n; k++)
            all = all && never[layer->in[k]];
        never[layer->out] = all || (layer->act.active && layer->act.lo >= 0);
        if (!never[layer->out])
            never[zs_tensor_root(net, layer->out, NULL)] = false;
    }
    ranges->never_negative = never;
    return ZS_OK;
}

zs_status zs_ranges_count(zs_arena *arena, const zs_net *net, zs_ranges *ranges, zs_err *err)
{
    ranges->counts = zs_new(arena, uint32_t, (size_t)net->tensor_n * ZS_RANGE_BINS);
    return ranges->counts != NULL ? ZS_OK : zs_nomem(err, net->name);
}

/* Magnitudes are ordered as their bits; NaN, which the caller rejects, is the largest. */
ZS_LOOPS
static float largest_magnitude(float least, const float *x, size_t n)
{
    uint32_t most;
    memcpy(&most, &least, sizeof most);
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        bits &= 0x7fffffffu;
        most = bits > most ? bits : most;
    }
    memcpy(&least, &most, sizeof most);
    return least;
}

void zs_ranges_take(zs_ranges *ranges, uint32_t tensor, const float *x, size_t n)
{
    const float max = ranges->max_abs[tensor];
    if (ranges->counts != NULL) {
        uint32_t *counts = ranges->counts + (size_t)tensor * ZS_RANGE_BINS;
        const double bins = max > 0 ? ZS_RANGE_BINS / (double)max : 0;
        for (size_t i = 0; i < n; i++) {
            const double bin = fabs((double)x[i]) * bins;
            if (bin > 0)
                counts[bin < ZS_RANGE_BINS ? (uint32_t)bin : ZS_RANGE_BINS - 1]++;
        }
        return;
    }
    if (ranges->sums != NULL)
        add_up(ranges, tensor, x);
    ranges->max_abs[tensor] = largest_magnitude(max, x, n);
}

/* Number of bins that hold the fraction `share` of all counts. */
static uint32_t percentile_bins(const uint32_t *counts, double share)
{
    uint64_t all = 0, below = 0;
    uint32_t bin = 0;
    for (uint32_t i = 0; i < ZS_RANGE_BINS; i++)
        all += counts[i];
    while (bin < ZS_RANGE_BINS && (double)below < share * (double)all)
        below += counts[bin++];
    return bin;
}

/* Squared quantisation error of `levels` levels up to `bins`, in bins, larger values clipped; the
 * sum stops at `least`. */
static double squared_error(const uint32_t *counts, uint32_t bins, uint32_t levels, double least)
{
    const double step = (double)bins / levels;
    double sum = 0;
    for (uint32_t i = 0; i < ZS_RANGE_BINS && sum < least; i++) {
        const double x = i + 0.5;
        const double error = x - fmin(levels, rint(x / step)) * step;
        sum += counts[i] * error * error;
    }
    return sum;
}

static uint32_t best_bins(const uint32_t *counts, uint32_t levels)
{
    double least = (double)INFINITY;
    uint32_t best = ZS_RANGE_BINS;
    for (uint32_t bins = ZS_RANGE_BINS; bins >= ZS_RANGE_BINS / 16; bins -= 8) {
        const double error = squared_error(counts, bins, levels, least);
        if (error < least) {
            least = error;
            best = bins;
        }
    }
    return best;
}

void zs_ranges_clip(const zs_net *net, zs_ranges *ranges, uint32_t rule, double percentile)
{
    for (uint32_t t = 0; t < net->tensor_n; t++) {
        const uint32_t *counts = ranges->counts + (size_t)t * ZS_RANGE_BINS;
        const bool is_unsigned = ranges->never_negative != NULL && ranges->never_negative[t];
        const uint32_t levels = zs_levels_of(ranges->act_bits, is_unsigned);
        const uint32_t bins = rule == ZS_RANGE_MSE ? best_bins(counts, levels)
                                                   : percentile_bins(counts, percentile / 100);
        if (bins > 0)
            ranges->max_abs[t] *= (float)bins / ZS_RANGE_BINS;
    }
}
