#include "elem_priv.h"
#include "zynqsim/tile.h"

/* The executor's arithmetic on sums; the products themselves are in tile_kernels.c. */

#define ELEM            float
#define SUM             float
#define BIAS            float
#define NAME(base)      base##_f32
#define RESULT(oc, sum) zs_finish_f32(layer, oc, sum)
#include "kernel_body.h"
#undef ELEM
#undef SUM
#undef BIAS
#undef NAME
#undef RESULT

#define BIAS int32_t
#define RESULT(oc, sum)                                                                            \
    (ELEM) zs_requantise(sum, q->layers[layer->index].requant[oc], q->layers[layer->index].act_lo, \
                         q->layers[layer->index].act_hi)
#define ELEM       int16_t
#define SUM        int64_t
#define NAME(base) base##_i16
#include "kernel_body.h"
#undef ELEM
#undef SUM
#undef NAME
#define ELEM       int8_t
#define SUM        int32_t
#define NAME(base) base##_i8
#include "kernel_body.h"
#undef ELEM
#undef SUM
#undef NAME
#define ELEM       int16_t
#define SUM        int64_t
#define NAME(base) base##_w8a16
#include "kernel_body.h"

#define PRECISION(id, word, meaning, tag, ...) [id] = {products_##tag, start_##tag, finish_##tag},
static const zs_kernels kernels[ZS_PRECISION_COUNT] = {
#include "zynqsim/dtypes.def"
};
#undef PRECISION

/* Sums become integers of the model, or real numbers where nothing quantises them: as wide as the
 * sums are. */
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
