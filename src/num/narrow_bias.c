#include "zynqsim/num.h"

#include <stdlib.h>
#include <string.h>

/* Largest magnitude of a layer's biases in accumulator units. */
static int32_t largest_bias(const zs_net *net, const zs_quant *q, const zs_layer *layer)
{
    int32_t most = 0;
    for (uint32_t oc = 0; oc < layer->y.c; oc++) {
        int32_t b;
        zs_quantise_bias(q, layer, oc, zs_layer_bias(net, layer, oc), &b);
        b = b == INT32_MIN ? INT32_MAX : abs(b);
        most = b > most ? b : most;
    }
    return most;
}

zs_status zs_quant_narrow_biases(zs_arena *arena, const zs_net *net, uint32_t bits, zs_quant *quant,
                                 zs_err *err)
{
    const int32_t limit = (int32_t)((UINT32_C(1) << (bits - 1)) - 1);
    zs_layer_scale *layers = zs_new(arena, zs_layer_scale, net->layer_n + 1);
    if (layers == NULL)
        return zs_nomem(err, net->name);
    memcpy(layers, quant->layers, net->layer_n * sizeof *layers);
    quant->layers = layers;
    for (uint32_t i = 0; i < net->layer_n; i++) {
        const zs_layer *layer = &net->layers[i];
        if (!zs_op_has_filters(layer->op))
            continue;
        int32_t *shift = &layers[i].bias_shift;
        for (*shift = 0; largest_bias(net, quant, layer) >> *shift > limit;)
            ++*shift;
    }
    return ZS_OK;
}
