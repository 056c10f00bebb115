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

const zs_kernels *zs_kernels_of(uint32_t precision)
{
    return &kernels[precision];
}
