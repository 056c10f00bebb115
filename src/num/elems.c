#include "elem_priv.h"
#include "zynqsim/half.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- largest elements of pools --------------------------------------------------------------- */

#define GREATER(a, b)    ((a) > (b))
#define NO_MINUS_ZERO(x) (ELEM)((x) + (ELEM)0)
#define ELEM             float
#define NAME(base)       base##_f32
#include "max_pool_body.h"
#undef ELEM
#undef NAME
#define ELEM       int16_t
#define NAME(base) base##_i16
#include "max_pool_body.h"
#undef ELEM
#undef NAME
#define ELEM       int8_t
#define NAME(base) base##_i8
#include "max_pool_body.h"
#undef ELEM
#undef NAME
#undef GREATER
#undef NO_MINUS_ZERO
#define GREATER(a, b)    zs_half_greater(a, b)
#define NO_MINUS_ZERO(x) zs_half_plus_zero(x)
#define ELEM             zs_half
#define NAME(base)       base##_f16
#include "max_pool_body.h"
#undef ELEM
#undef NAME
#undef GREATER
#undef NO_MINUS_ZERO

/* ---- infinite or not a number: all ones in the exponent -------------------------------------- */

ZS_LOOPS
static bool has_special_f32(const uint32_t *bits, size_t n)
{
    uint32_t found = 0;
    for (size_t i = 0; i < n; i++)
        found |= (bits[i] & 0x7f800000u) == 0x7f800000u;
    return found != 0;
}

ZS_LOOPS
static bool has_special_f16(const uint16_t *bits, size_t n)
{
    uint16_t found = 0;
    for (size_t i = 0; i < n; i++)
        found |= (bits[i] & 0x7c00u) == 0x7c00u;
    return found != 0;
}

bool zs_elems_are_finite(const zs_quant *q, const void *stored, size_t n)
{
    if (!zs_precision_is_float(q->precision))
        return true;
    return q->precision == ZS_FP16 ? !has_special_f16(stored, n) : !has_special_f32(stored, n);
}

/* ---- the rest -------------------------------------------------------------------------------- */

static void quantise_f32(double step, const float *x, void *stored, size_t n)
{
    (void)step;
    memcpy(stored, x, n * sizeof *x);
}

static void dequantise_f32(double step, const void *stored, float *x, size_t n)
{
    (void)step;
    memcpy(x, stored, n * sizeof *x);
}

static void act_f32(const zs_quant *q, const zs_layer *layer, void *y, size_t n)
{
    (void)q;
    for (size_t i = 0; layer->act.active && i < n; i++)
        ((float *)y)[i] = zs_act_f32(layer->act, ((float *)y)[i]);
}

static void add_f32(const zs_quant *q, const zs_layer *layer, const void *const *x, uint32_t x_n,
                    void *y, size_t n)
{
    (void)q;
    if (layer->quant != NULL && layer->quant->rule >= ZS_ROUND_DOUBLE) {
        for (size_t i = 0; i < n; i++) {
            const float pair[2] = {((const float *)x[0])[i], ((const float *)x[1])[i]};
            ((float *)y)[i] = zs_integer_sum(layer->quant, pair);
        }
        return;
    }
    for (size_t i = 0; layer->quant != NULL && i < n; i++) {
        double sum = 0;
        for (uint32_t k = 0; k < x_n; k++)
            sum += (double)((const float *)x[k])[i] * layer->quant->factor[k];
        ((float *)y)[i] = (float)zs_quant_finish_sum(layer->quant, sum);
    }
    for (size_t i = 0; layer->quant == NULL && i < n; i++) {
        float sum = ((const float *)x[0])[i];
        for (uint32_t k = 1; k < x_n; k++)
            sum += ((const float *)x[k])[i];
        ((float *)y)[i] = zs_act_f32(layer->act, sum);
    }
}

/* fp32 sums have no limit to check. */
static uint64_t magnitude_f32(const void *stored, size_t n)
{
    (void)stored, (void)n;
    return 0;
}

/* ---- half precision -------------------------------------------------------------------------- */

static void quantise_f16(double step, const float *x, void *stored, size_t n)
{
    (void)step;
    for (size_t i = 0; i < n; i++) {
        const zs_half h = zs_half_of(x[i]);
        memcpy((char *)stored + i * sizeof h, &h, sizeof h); /* a bias may lie anywhere */
    }
}

static void dequantise_f16(double step, const void *stored, float *x, size_t n)
{
    (void)step;
    for (size_t i = 0; i < n; i++)
        x[i] = zs_float_of_half(((const zs_half *)stored)[i]);
}

static void act_f16(const zs_quant *q, const zs_layer *layer, void *y, size_t n)
{
    zs_half *elems = y;
    (void)q;
    for (size_t i = 0; layer->act.active && i < n; i++)
        elems[i] = zs_half_of(zs_act_f32(layer->act, zs_float_of_half(elems[i])));
}

/* Rounded after each addition. */
static void add_f16(const zs_quant *q, const zs_layer *layer, const void *const *x, uint32_t x_n,
                    void *y, size_t n)
{
    (void)q;
    for (size_t i = 0; i < n; i++) {
        float sum = zs_float_of_half(((const zs_half *)x[0])[i]);
        for (uint32_t k = 1; k < x_n; k++)
            sum = zs_half_rounded(sum + zs_float_of_half(((const zs_half *)x[k])[i]));
        ((zs_half *)y)[i] = zs_half_of(zs_act_f32(layer->act, sum));
    }
}

static uint64_t magnitude_f16(const void *stored, size_t n)
{
    return magnitude_f32(stored, n);
}

#define ELEM       int16_t
#define MIN        INT16_MIN
#define MAX        INT16_MAX
#define NAME(base) base##_i16
#include "elem_body.h"
#undef ELEM
#undef MIN
#undef MAX
#undef NAME
#define ELEM       int8_t
#define MIN        INT8_MIN
#define MAX        INT8_MAX
#define NAME(base) base##_i8
#include "elem_body.h"

#define DTYPE(id, word, type, tag, bits, scaling)                                                  \
    [id] = {word,           ZS_SCALING_##scaling, bits,                                            \
            quantise_##tag, dequantise_##tag,     act_##tag,                                       \
            add_##tag,      max_pool_##tag,       magnitude_##tag},
const zs_elem_ops zs_elem_ops_of[ZS_TYPE_COUNT] = {
#include "zynqsim/dtypes.def"
};
#undef DTYPE

void zs_act_elems(const zs_quant *q, const zs_layer *layer, void *y, size_t n)
{
    zs_activations_of(q)->act(q, layer, y, n);
}

void zs_add_elems(const zs_quant *q, const zs_layer *layer, const void *const *x, uint32_t x_n,
                  void *y, size_t n)
{
    assert(!q->is_model || layer->quant != NULL);
    const bool is_ruled = layer->quant != NULL && layer->quant->rule >= ZS_ROUND_DOUBLE;
    for (size_t i = 0; q->is_model && is_ruled && i < n; i++) {
        const float pair[2] = {(float)zs_model_get(q, layer->in[0], x[0], i),
                               (float)zs_model_get(q, layer->in[1], x[1], i)};
        zs_model_put(q, layer->out, y, i, (double)zs_integer_sum(layer->quant, pair));
    }
    for (size_t i = 0; q->is_model && !is_ruled && i < n; i++) {
        double sum = 0;
        for (uint32_t k = 0; k < x_n; k++)
            sum += zs_model_get(q, layer->in[k], x[k], i) * layer->quant->factor[k];
        zs_model_put(q, layer->out, y, i, zs_quant_finish_sum(layer->quant, sum));
    }
    if (!q->is_model)
        zs_activations_of(q)->add(q, layer, x, x_n, y, n);
}
