#include "zynqsim/num.h"

#include <math.h>
#include <string.h>

static void store(uint32_t precision, double x, void *stored, size_t i)
{
    if (precision == ZS_INT8)
        ((int8_t *)stored)[i] = (int8_t)zs_round_saturate(x, INT8_MIN, INT8_MAX);
    else
        ((int16_t *)stored)[i] = (int16_t)zs_round_saturate(x, INT16_MIN, INT16_MAX);
}

/* Real value of one step of a tensor. */
static double tensor_step(const zs_quant *q, uint32_t tensor)
{
    const zs_tensor_scale s = q->tensors[tensor];
    return q->precision == ZS_INT8 ? (double)s.scale : ldexp(1, -s.frac);
}

static double weight_step(const zs_quant *q, const zs_layer *layer, uint32_t oc)
{
    const zs_layer_scale *s = &q->layers[layer->index];
    return q->precision == ZS_INT8 ? (double)s->weight_scale[oc] : ldexp(1, -s->weight_frac);
}

void zs_quantise(const zs_quant *q, uint32_t tensor, const float *x, void *stored, size_t n)
{
    if (q->precision == ZS_FP32) {
        memcpy(stored, x, n * sizeof *x);
        return;
    }
    const double step = tensor_step(q, tensor);
    for (size_t i = 0; i < n; i++)
        store(q->precision, (double)x[i] / step, stored, i);
}

void zs_dequantise(const zs_quant *q, uint32_t tensor, const void *stored, float *x, size_t n)
{
    if (q->precision == ZS_FP32) {
        memcpy(x, stored, n * sizeof *x);
        return;
    }
    const double step = tensor_step(q, tensor);
    for (size_t i = 0; i < n; i++) {
        const int32_t v =
            q->precision == ZS_INT8 ? ((const int8_t *)stored)[i] : ((const int16_t *)stored)[i];
        x[i] = (float)(v * step);
    }
}

void zs_quantise_filter(const zs_quant *q, const zs_layer *layer, uint32_t oc, const float *filter,
                        void *stored)
{
    const size_t n = zs_layer_filter_elems(layer);
    if (q->precision == ZS_FP32) {
        memcpy(stored, filter, n * sizeof *filter);
        return;
    }
    const double step = weight_step(q, layer, oc);
    for (size_t i = 0; i < n; i++)
        store(q->precision, (double)filter[i] / step, stored, i);
}

void zs_quantise_bias(const zs_quant *q, const zs_layer *layer, uint32_t oc, float bias,
                      void *stored)
{
    if (q->precision == ZS_FP32) {
        memcpy(stored, &bias, sizeof bias);
        return;
    }
    const double step = tensor_step(q, layer->in[0]) * weight_step(q, layer, oc);
    const int32_t shift = q->layers[layer->index].bias_shift;
    const int32_t most = INT32_MAX >> shift;
    const int32_t b =
        zs_round_saturate(ldexp((double)bias / step, -shift), -most - 1, most) * (1 << shift);
    memcpy(stored, &b, sizeof b);
}
