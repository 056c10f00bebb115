#include "elem_priv.h"
#include "round_priv.h"
#include "zynqsim/half.h"
#include "zynqsim/tile.h"

#include <string.h>

/* The executor's arithmetic on sums; the products themselves are in tile_kernels.c. */

#define SUM        float
#define BIAS       float
#define NAME(base) base##_f32
#include "kernel_body.h"
#undef SUM
#undef BIAS
#undef NAME

#define SUM        uint16_t
#define BIAS       uint16_t
#define NAME(base) base##_f16
#include "kernel_body.h"
#undef SUM
#undef BIAS
#undef NAME

#define BIAS       int32_t
#define SUM        int64_t
#define NAME(base) base##_i16
#include "kernel_body.h"
#undef NAME
#define NAME(base) base##_w8a16
#include "kernel_body.h"
#undef SUM
#undef NAME
#define SUM        int32_t
#define NAME(base) base##_i8
#include "kernel_body.h"
#undef SUM
#undef NAME

/* ---- complete sums --------------------------------------------------------------------------- */

ZS_LOOPS
static void act_row_f32(zs_act act, const float *sums, size_t n, float *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = zs_act_f32(act, sums[i]);
}

static void finish_f32(const zs_quant *q, const zs_layer *layer, const zs_sum_block *b,
                       const void *sums, void *y)
{
    (void)q;
    if (layer->quant == NULL && b->sum_pitch == b->oc_n && b->y_pitch == b->oc_n) {
        act_row_f32(layer->act, sums, b->pixel_n * b->oc_n, y); /* one row of all pixels */
        return;
    }
    for (size_t p = 0; p < b->pixel_n; p++) {
        const float *from = (const float *)sums + p * b->sum_pitch;
        float *to = (float *)y + p * b->y_pitch;
        if (layer->quant == NULL)
            act_row_f32(layer->act, from, b->oc_n, to);
        else
            for (uint32_t oc = 0; oc < b->oc_n; oc++)
                to[oc] = zs_finish_f32(layer, b->oc0 + oc, from[oc]);
    }
}

static void finish_f16(const zs_quant *q, const zs_layer *layer, const zs_sum_block *b,
                       const void *sums, void *y)
{
    (void)q;
    for (size_t p = 0; p < b->pixel_n; p++)
        for (uint32_t oc = 0; oc < b->oc_n; oc++) {
            const float sum = zs_float_of_half(((const uint16_t *)sums)[p * b->sum_pitch + oc]);
            ((uint16_t *)y)[p * b->y_pitch + oc] =
                zs_half_of(zs_finish_f32(layer, b->oc0 + oc, sum));
        }
}

/* Channel blocks whose requantisation is set up once for all pixels. */
enum { BLOCKS_MAX = 16 };

static inline bool is_plain_i8(const int32_t *sums, uint32_t n)
{
    (void)sums, (void)n;
    return true;
}

/* fixed16 multiplies by 1; sums have 48 bits. */
static inline bool is_plain_i16(const int64_t *sums, uint32_t n)
{
    (void)sums, (void)n;
    return true;
}

static inline bool is_plain_w8a16(const int64_t *sums, uint32_t n)
{
    bool is_narrow = true;
    for (uint32_t i = 0; i < n; i++)
        is_narrow &= sums[i] == (int32_t)sums[i];
    return is_narrow;
}

#define ELEM       int8_t
#define SUM        int32_t
#define NAME(base) base##_i8
#define ROUND      i8
#include "finish_body.h"
#undef ELEM
#undef SUM
#undef NAME
#undef ROUND
#define ELEM       int16_t
#define SUM        int64_t
#define NAME(base) base##_i16
#define ROUND      i16
#include "finish_body.h"
#undef NAME
#undef ROUND
#define NAME(base) base##_w8a16
#define ROUND      w8a16
#include "finish_body.h"

#define PRECISION(id, word, meaning, tag, ...) [id] = {products_##tag, start_##tag, finish_##tag},
static const zs_kernels kernels[ZS_PRECISION_COUNT] = {
#include "zynqsim/dtypes.def"
};
#undef PRECISION

/* Requantises sums, or leaves real numbers where there is no quantiser, both as wide as sums. */
static void finish_model(const zs_quant *q, const zs_layer *layer, const zs_sum_block *b,
                         const void *sums, void *y)
{
    const double *zero_sum = q->layers[layer->index].zero_sum;
    for (size_t p = 0; p < b->pixel_n; p++)
        for (uint32_t oc = 0; oc < b->oc_n; oc++) {
            const double sum = ((const int32_t *)sums)[p * b->sum_pitch + oc];
            zs_model_put(q, layer->out, y, p * b->y_pitch + oc,
                         zs_quant_finish(layer->quant, b->oc0 + oc, sum - zero_sum[b->oc0 + oc]));
        }
}

static const zs_kernels of_model = {products_i8, start_i8, finish_model};

const zs_kernels *zs_kernels_of(const zs_quant *q)
{
    return q->is_model ? &of_model : &kernels[q->precision];
}
