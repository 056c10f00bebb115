/* elem_priv.h - what is done with stored elements of a type: one row of functions each.
 *
 * The functions are made by elem_body.h; fp32 has its own, since it is stored as it is. */
#ifndef ZYNQSIM_ELEM_PRIV_H
#define ZYNQSIM_ELEM_PRIV_H

#include "zynqsim/num.h"

/* real = stored; stored x 2^-frac; stored x scale. */
typedef enum zs_scaling { ZS_SCALING_NONE, ZS_SCALING_SHIFT, ZS_SCALING_FACTOR } zs_scaling;

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

/* Real value of one step of a tensor, and of the weights of an output channel; 1 for fp32. */
double zs_tensor_step(const zs_quant *q, uint32_t tensor);
static inline bool zs_is_numbered(const zs_quant *q, uint32_t tensor)
{
    return q->numbers != NULL && q->numbers[tensor].number.scale > 0;
}
/* Layers by the rules of TFLite (integer_layers.c), on floats that hold q - zero; and one element
 * of an add, which engines run. */
bool zs_is_integer_layer(const zs_layer *layer);
void zs_integer_layer(const zs_layer *layer, const float *const *x, float *y);
float zs_integer_sum(const zs_layer_quant *quant, const float *x);
double zs_weight_step(const zs_quant *q, const zs_layer *layer, uint32_t oc);

#endif
