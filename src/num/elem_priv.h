/* elem_priv.h - operations on stored elements: one table of functions per type.
 *
 * elem_body.h generates the functions, except those of fp32, which is stored unconverted. */
#ifndef ZYNQSIM_ELEM_PRIV_H
#define ZYNQSIM_ELEM_PRIV_H

#include "zynqsim/num.h"

#include <math.h>

/* zs_round_saturate before the conversion to integer, in a form that compilers vectorise. */
static inline double zs_rounded(double x, double lo, double hi)
{
    const double within = x >= hi ? hi : x <= lo ? lo : x;
    return isnan(within) ? 0 : rint(within); /* nearest, halves to even: the default mode */
}

/* real = stored; stored x 2^-frac; stored x scale; a half. */
typedef enum zs_scaling {
    ZS_SCALING_NONE,
    ZS_SCALING_SHIFT,
    ZS_SCALING_FACTOR,
    ZS_SCALING_HALF
} zs_scaling;
static inline bool zs_scaling_is_real(zs_scaling s)
{
    return s == ZS_SCALING_NONE || s == ZS_SCALING_HALF;
}

typedef struct zs_elem_ops {
    const char *word;
    zs_scaling scaling;
    uint32_t bits;
    void (*quantise)(double step, const float *x, void *stored, size_t n);
    void (*dequantise)(double step, const void *stored, float *x, size_t n);
    /* As zs_act_elems and zs_add_elems. */
    void (*act)(const zs_quant *q, const zs_layer *layer, void *y, size_t n);
    void (*add)(const zs_quant *q, const zs_layer *layer, const void *const *x, uint32_t x_n,
                void *y, size_t n);
    void (*max_pool)(const zs_layer *layer, const void *x, void *y);
    /* Sum of |stored|. */
    uint64_t (*magnitude)(const void *stored, size_t n);
} zs_elem_ops;

extern const zs_elem_ops zs_elem_ops_of[ZS_TYPE_COUNT];

static inline const zs_elem_ops *zs_activations_of(const zs_quant *q)
{
    return &zs_elem_ops_of[zs_elem_type(q->precision)];
}

static inline const zs_elem_ops *zs_weights_of(const zs_quant *q)
{
    return &zs_elem_ops_of[zs_weight_type(q->precision)];
}

/* The least stored integer of an activation. */
static inline int32_t zs_least_of(const zs_quant *q)
{
    return -(1 << ((q->act_bits ? q->act_bits : zs_activations_of(q)->bits) - 1));
}

/* Real value of one step of a tensor, and of the weights of an output channel; 1 for fp32. */
double zs_tensor_step(const zs_quant *q, uint32_t tensor);
static inline bool zs_is_numbered(const zs_quant *q, uint32_t tensor)
{
    return q->numbers != NULL && q->numbers[tensor].number.scale > 0;
}
/* Layers by the rules of TFLite (integer_layers.c), on floats with the value q - zero; and one
 * element of an add, for engines. */
bool zs_is_integer_layer(const zs_layer *layer);
void zs_integer_layer(const zs_layer *layer, const float *const *x, float *y);
float zs_integer_sum(const zs_layer_quant *quant, const float *x);
static inline bool zs_is_narrow(const zs_quant *q, uint32_t tensor)
{
    return zs_number_is_narrow(&q->numbers[tensor].number);
}
/* Precision model: reads element i of a tensor, as q - zero where it is quantised; and stores it.
 */
static inline double zs_model_get(const zs_quant *q, uint32_t tensor, const void *x, size_t i)
{
    return zs_is_narrow(q, tensor) ? ((const int8_t *)x)[i] - q->numbers[tensor].number.zero
                                   : (double)((const float *)x)[i];
}
static inline void zs_model_put(const zs_quant *q, uint32_t tensor, void *y, size_t i, double v)
{
    if (zs_is_narrow(q, tensor))
        ((int8_t *)y)[i] = (int8_t)((int32_t)v + q->numbers[tensor].number.zero);
    else
        ((float *)y)[i] = (float)v;
}
/* Steps between 0 and the largest magnitude of integers with `bits` bits; 0: eight. */
static inline uint32_t zs_levels_of(uint32_t bits, bool is_unsigned)
{
    const uint32_t n = bits == 0 ? 8 : bits;
    return is_unsigned ? (1u << n) - 1 : (1u << (n - 1)) - 1;
}

/* Max-pooling and activations pass elements on unchanged, and so do rearrangements whose fill value
 * is 0. */
static inline bool zs_keeps_scale(const zs_layer *layer)
{
    if (layer->op == ZS_LAYER_REARRANGE)
        return layer->general->fill == 0;
    return layer->op == ZS_LAYER_ACT || (layer->op == ZS_LAYER_POOL && layer->pool == ZS_POOL_MAX);
}

double zs_weight_step(const zs_quant *q, const zs_layer *layer, uint32_t oc);

#endif
