#include "zynqsim/net.h"

bool zs_layer_sum_range(const zs_net *net, const zs_layer *layer, float *filter, int64_t *least,
                        int64_t *most)
{
    const zs_number *x = &net->tensors[layer->in[0]].number;
    const int64_t lo = (int64_t)x->lo - x->zero, hi = (int64_t)x->hi - x->zero;
    const uint64_t n = zs_layer_filter_elems(layer);
    *least = *most = 0;
    if (!zs_op_has_filters(layer->op) || layer->quant == NULL || !(x->scale > 0))
        return false;
    for (uint32_t oc = 0; oc < layer->y.c; oc++) {
        const float *w = zs_layer_filter(net, layer, oc, filter);
        int64_t down = 0, up = 0;
        for (uint64_t i = 0; i < n; i++) {
            const int64_t v = (int64_t)w[i];
            down += v < 0 ? v * hi : v * lo;
            up += v < 0 ? v * lo : v * hi;
        }
        *least = down < *least ? down : *least;
        *most = up > *most ? up : *most;
    }
    return true;
}
