#include "elem_priv.h"

#include "zynqsim/num.h"

#include <string.h>

typedef struct corrector {
    const zs_net *net;
    const zs_quant *q;
    float *filter, *rounded;
    void *stored;
} corrector;

/* Mean error of an output channel from the rounding of its weights. */
static double lost_mean(const corrector *c, const zs_layer *layer, uint32_t oc, const double *sums,
                        double values)
{
    const size_t n = zs_layer_filter_elems(layer);
    const uint32_t ic_n = layer->x.c / layer->groups;
    const size_t taps = n / ic_n;
    const uint32_t ic0 = oc / (layer->y.c / layer->groups) * ic_n;
    const double step = zs_weight_step(c->q, layer, oc);
    const float *w = zs_layer_filter(c->net, layer, oc, c->filter);
    zs_quantise_filter(c->q, layer, oc, w, c->stored);
    zs_weights_of(c->q)->dequantise(step, c->stored, c->rounded, n);
    double lost = 0;
    for (uint32_t ic = 0; ic < ic_n; ic++) {
        double error = 0;
        for (size_t k = ic * taps; k < (ic + 1) * taps; k++)
            error += (double)w[k] - (double)c->rounded[k];
        lost += error * sums[ic0 + ic] / values;
    }
    return lost;
}

static zs_status correct_layer(zs_arena *arena, zs_arena *scratch, corrector *c,
                               const zs_ranges *ranges, const zs_layer *layer,
                               zs_layer_scale *scale, zs_err *err)
{
    const size_t n = zs_layer_filter_elems(layer);
    const uint32_t x = layer->in[0], runs = ranges->runs[x];
    const zs_shape shape = c->net->tensors[x].shape;
    double *more = zs_new(arena, double, layer->y.c);
    c->filter = zs_arena_alloc_raw(scratch, n, sizeof *c->filter);
    c->rounded = zs_arena_alloc_raw(scratch, n, sizeof *c->rounded);
    c->stored = zs_arena_alloc_raw(scratch, n, sizeof(float));
    if (more == NULL || c->filter == NULL || c->rounded == NULL || c->stored == NULL)
        return zs_nomem(err, layer->name);
    for (uint32_t oc = 0; runs > 0 && oc < layer->y.c; oc++)
        more[oc] = lost_mean(c, layer, oc, ranges->sums[x], (double)runs * shape.h * shape.w);
    scale->bias_more = more;
    return ZS_OK;
}

zs_status zs_quant_correct_biases(zs_arena *arena, const zs_net *net, const zs_ranges *ranges,
                                  zs_quant *quant, zs_err *err)
{
    corrector c = {.net = net, .q = quant};
    zs_layer_scale *layers = zs_new(arena, zs_layer_scale, net->layer_n + 1);
    zs_arena scratch;
    zs_status status = ZS_OK;
    if (layers == NULL)
        return zs_nomem(err, net->name);
    memcpy(layers, quant->layers, net->layer_n * sizeof *layers);
    zs_arena_init(&scratch, arena->source);
    for (uint32_t i = 0; i < net->layer_n && status == ZS_OK; i++) {
        zs_arena_reset(&scratch);
        if (zs_op_has_filters(net->layers[i].op))
            status = correct_layer(arena, &scratch, &c, ranges, &net->layers[i], &layers[i], err);
    }
    zs_arena_drop(&scratch);
    quant->layers = layers;
    return status;
}
