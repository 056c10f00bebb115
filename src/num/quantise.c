#include "elem_priv.h"

#include <math.h>
#include <string.h>

double zs_tensor_step(const zs_quant *q, uint32_t tensor)
{
    const zs_scaling scaling = zs_activations_of(q)->scaling;
    if (zs_scaling_is_real(scaling) || q->is_model)
        return zs_is_numbered(q, tensor) ? q->numbers[tensor].number.scale : 1;
    const zs_tensor_scale s = q->tensors[tensor];
    return scaling == ZS_SCALING_FACTOR ? (double)s.scale : ldexp(1, -s.frac);
}

double zs_weight_step(const zs_quant *q, const zs_layer *layer, uint32_t oc)
{
    const zs_scaling scaling = zs_weights_of(q)->scaling;
    if (zs_scaling_is_real(scaling) || q->is_model)
        return 1;
    const zs_layer_scale *s = &q->layers[layer->index];
    return scaling == ZS_SCALING_FACTOR ? (double)s->weight_scale[oc] : ldexp(1, -s->weight_frac);
}

/* Quantised tensors in fp32 are stored as q - zero. */
static void center(const zs_number *number, const float *x, float *stored, size_t n)
{
    const int32_t lo = number->lo - number->zero, hi = number->hi - number->zero;
    for (size_t i = 0; i < n; i++)
        stored[i] = (float)zs_round_saturate((double)x[i] / number->scale, lo, hi);
}

uint32_t zs_stored_bytes(const zs_quant *q, uint32_t tensor)
{
    return q->is_model && !zs_is_narrow(q, tensor) ? sizeof(float) : zs_elem_bytes(q->precision);
}

int8_t zs_stored_zero(const zs_quant *q, uint32_t tensor)
{
    if (q->is_model)
        return zs_is_narrow(q, tensor) ? (int8_t)q->numbers[tensor].number.zero : 0;
    return q->tensors != NULL ? (int8_t)q->tensors[tensor].zero : 0;
}

static void quantise_model(const zs_quant *q, uint32_t tensor, const float *x, void *stored,
                           size_t n)
{
    const zs_number *number = &q->numbers[tensor].number;
    const int32_t lo = number->lo - number->zero, hi = number->hi - number->zero;
    for (size_t i = 0; i < n; i++)
        zs_model_put(q, tensor, stored, i,
                     number->scale > 0
                         ? (double)zs_round_saturate((double)x[i] / number->scale, lo, hi)
                         : (double)x[i]);
}

/* With a zero point, or fewer than eight bits. */
ZS_LOOPS
static void quantise_int8(const zs_quant *q, int32_t zero, double step, const float *x,
                          int8_t *stored, size_t n)
{
    const int32_t least = zs_least_of(q) - zero, most = -(zs_least_of(q) + 1) - zero;
    for (size_t i = 0; i < n; i++)
        stored[i] = (int8_t)((int32_t)zs_rounded((double)x[i] / step, least, most) + zero);
}

void zs_quantise(const zs_quant *q, uint32_t tensor, const float *x, void *stored, size_t n)
{
    if (q->is_model) {
        quantise_model(q, tensor, x, stored, n);
        return;
    }
    const double step = zs_tensor_step(q, tensor);
    const int32_t zero = zs_stored_zero(q, tensor);
    const bool is_own = zero != 0 || q->act_bits != 0;
    if (is_own)
        quantise_int8(q, zero, step, x, stored, n);
    else
        zs_activations_of(q)->quantise(step, x, stored, n);
    if (q->precision == ZS_FP32 && zs_is_numbered(q, tensor))
        center(&q->numbers[tensor].number, x, stored, n);
}

void zs_dequantise(const zs_quant *q, uint32_t tensor, const void *stored, float *x, size_t n)
{
    for (size_t i = 0; q->is_model && i < n; i++)
        x[i] = (float)(zs_model_get(q, tensor, stored, i) * zs_tensor_step(q, tensor));
    if (q->is_model)
        return;
    const int32_t zero = zs_stored_zero(q, tensor);
    for (size_t i = 0; zero != 0 && i < n; i++)
        x[i] = (float)((((const int8_t *)stored)[i] - zero) * zs_tensor_step(q, tensor));
    if (zero == 0)
        zs_activations_of(q)->dequantise(zs_tensor_step(q, tensor), stored, x, n);
    if (q->precision == ZS_FP32 && zs_is_numbered(q, tensor))
        for (size_t i = 0; i < n; i++)
            x[i] = (float)((double)x[i] * zs_tensor_step(q, tensor));
}

void zs_quantise_filter(const zs_quant *q, const zs_layer *layer, uint32_t oc, const float *filter,
                        void *stored)
{
    zs_weights_of(q)->quantise(zs_weight_step(q, layer, oc), filter, stored,
                               zs_layer_filter_elems(layer));
}

void zs_quantise_bias(const zs_quant *q, const zs_layer *layer, uint32_t oc, float bias,
                      void *stored)
{
    if (layer->quant != NULL) /* added to the complete sum */
        bias = 0;
    if (q->layers == NULL) { /* fp32, fp16 */
        zs_activations_of(q)->quantise(1, &bias, stored, 1);
        return;
    }
    const double *more = q->layers[layer->index].bias_more;
    const double *zero_sum = q->layers[layer->index].zero_sum;
    const double step = zs_tensor_step(q, layer->in[0]) * zs_weight_step(q, layer, oc);
    const double to_zero =
        q->is_model ? 0 : zs_stored_zero(q, layer->out) * zs_tensor_step(q, layer->out);
    const double real = (double)bias + (more != NULL ? more[oc] : 0) + to_zero;
    const double sum = real / step - (zero_sum != NULL && !q->is_model ? zero_sum[oc] : 0);
    const int32_t shift = q->layers[layer->index].bias_shift;
    const int32_t most = INT32_MAX >> shift;
    const int32_t b = zs_round_saturate(ldexp(sum, -shift), -most - 1, most) * (1 << shift);
    memcpy(stored, &b, sizeof b);
}
