/* Activations that an engine applies to a finished tile as it is written: the layer's arithmetic on
 * stored elements. */
#include "elem_priv.h"

/* Functions of a comparison and at most one multiplication by a constant. */
static bool is_small(zs_function fn)
{
    switch (fn) {
    case ZS_FN_ABS:
    case ZS_FN_NEG:
    case ZS_FN_CLIP:
    case ZS_FN_LEAKY_RELU:
    case ZS_FN_HARD_SIGMOID:
    case ZS_FN_THRESHOLD:
    case ZS_FN_PRELU:
        return true;
    default:
        return false;
    }
}

/* One slope in all, or one per channel of CHW. */
static bool has_slopes(const zs_layer *layer)
{
    const zs_general *g = layer->general;
    const uint64_t pixels = (uint64_t)layer->y.h * layer->y.w;
    uint64_t step = 1;
    if (g->constant == NULL || g->constant_at != 1 ||
        (g->constant_n != 1 && g->constant_n != layer->y.c))
        return false;
    for (uint32_t d = g->rank; d-- > 0; step *= g->dims[d]) {
        const bool is_channel = step == pixels && g->strides[1][d] == 1;
        if (g->dims[d] > 1 && (g->strides[0][d] != step ||
                               (g->constant_n > 1 && g->strides[1][d] != 0 && !is_channel)))
            return false;
    }
    return true;
}

bool zs_is_post_act(const zs_layer *layer)
{
    const zs_general *g = layer->general;
    return g != NULL && layer->in_n == 1 && layer->quant == NULL && is_small(g->fn) &&
           (layer->op == ZS_LAYER_UNARY || (layer->op == ZS_LAYER_BINARY && has_slopes(layer)));
}

bool zs_post_act_multiplies(const zs_layer *layer)
{
    const zs_function fn = layer->general->fn;
    return fn == ZS_FN_LEAKY_RELU || fn == ZS_FN_HARD_SIGMOID || fn == ZS_FN_PRELU;
}

void zs_post_act(const zs_quant *q, const zs_layer *layer, uint32_t oc0, uint32_t oc_n,
                 size_t pixel_n, void *elems, float *scratch)
{
    const size_t n = pixel_n * oc_n;
    const bool is_float = zs_activations_of(q)->scaling == ZS_SCALING_NONE;
    zs_general g = *layer->general;
    float *x = is_float ? elems : scratch;
    const float *const in[1] = {x};
    g.to = (zs_shape){.c = 1, .h = (uint32_t)pixel_n, .w = oc_n};
    if (layer->op == ZS_LAYER_BINARY) {
        const bool is_each = g.constant_n > 1;
        g.rank = 2;
        g.dims[0] = (uint32_t)pixel_n;
        g.dims[1] = oc_n;
        g.strides[0][0] = oc_n;
        g.strides[0][1] = 1;
        g.strides[1][0] = 0;
        g.strides[1][1] = is_each;
        g.constant += is_each ? oc0 : 0;
    }
    if (!is_float)
        zs_dequantise(q, layer->in[0], elems, x, n);
    zs_general_f32(layer->op, &g, in, x);
    if (!is_float)
        zs_quantise(q, layer->out, x, elems, n);
}
