/* tile.h - the MAC array's arithmetic on the contents of on-chip slots.
 *
 * Layouts as the engine keeps them: weights [ic][ky][kx][oc], sums [pixel][oc], inputs [ic][y][x]
 * with zeros where a window reaches outside the image. Every sum takes its products in the order
 * ic, ky, kx, one multiplication and one addition each; vector lanes run over output channels,
 * which are sums of their own, so the bits do not depend on the width of the machine's vectors. */
#ifndef ZYNQSIM_TILE_H
#define ZYNQSIM_TILE_H

#include "zynqsim/base.h"
#include "zynqsim/net.h"
#include "zynqsim/num.h"

typedef struct zs_tile {
    uint32_t oc_n, ic_n, oy_n, ox_n;
    uint32_t kh, kw, sh, sw, dh, dw;
    /* input strides in elements */
    uint32_t x_channel, x_row, x_column;
    bool depthwise; /* channel oc reads input channel oc; weights [ky][kx][oc] */
} zs_tile;

/* Words of scratch for tiles of at most so many taps (ic_n * kh * kw), input channels, and inputs
 * of a channel that windows reach. */
size_t zs_tile_scratch_words(size_t taps, size_t ic_n, size_t plane, bool depthwise);

/* sums += products. */
void zs_tile_f32(const zs_tile *t, const float *x, const float *w, float *sums, uint32_t *scratch);
/* Halves: product and sum are each rounded to half. */
void zs_tile_f16(const zs_tile *t, const uint16_t *x, const uint16_t *w, uint16_t *sums,
                 uint32_t *scratch);
void zs_tile_i16(const zs_tile *t, const int16_t *x, const int16_t *w, int64_t *sums,
                 uint32_t *scratch);
void zs_tile_w8a16(const zs_tile *t, const int16_t *x, const int8_t *w, int64_t *sums,
                   uint32_t *scratch);
void zs_tile_i8(const zs_tile *t, const int8_t *x, const int8_t *w, int32_t *sums,
                uint32_t *scratch);

/* Elements of 1, 2 or 4 bytes: [row][column] at `from` becomes [column][row] at `to`, which lies
 * elsewhere; pitches are elements from row to row of each. */
void zs_turn(const void *from, size_t from_pitch, size_t row_n, size_t column_n, void *to,
             size_t to_pitch, size_t elem);

/* Sums of some pixels and channels, and where their results go; pitches from pixel to pixel. */
typedef struct zs_sum_block {
    uint32_t oc0, oc_n; /* output channels of the layer */
    uint32_t sum_pitch, y_pitch;
    size_t pixel_n;
} zs_sum_block;

/* The arithmetic of a precision on sums, for an executor to choose once. */
typedef struct zs_kernels {
    void (*products)(const zs_tile *t, const void *x, const void *w, void *sums, uint32_t *scratch);
    /* Sums [pixel][oc] start at the biases. */
    void (*start)(const void *bias, uint32_t oc_n, size_t pixel_n, void *sums);
    /* Activation and requantisation of complete sums; `y` may be `sums` when the pitches are equal:
     * elements are never wider. */
    void (*finish)(const zs_quant *q, const zs_layer *layer, const zs_sum_block *b,
                   const void *sums, void *y);
} zs_kernels;
const zs_kernels *zs_kernels_of(const zs_quant *q);

#endif
