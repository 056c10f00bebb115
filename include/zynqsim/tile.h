/* tile.h - the MAC array's arithmetic on the contents of on-chip slots.
 *
 * Layouts as the engine keeps them: weights [ic][ky][kx][oc], sums [pixel][oc], inputs [ic][y][x]
 * with zeros where a window reaches outside the image. Every sum takes its products in the order
 * ic, ky, kx, one multiplication and one addition each; vector lanes run over output channels,
 * which are sums of their own, so the bits do not depend on the width of the machine's vectors. */
#ifndef ZYNQSIM_TILE_H
#define ZYNQSIM_TILE_H

#include "zynqsim/base.h"

typedef struct zs_tile {
    uint32_t oc_n, ic_n, oy_n, ox_n;
    uint32_t kh, kw, sh, sw, dh, dw;
    /* input strides in elements */
    uint32_t x_channel, x_row, x_column;
    bool depthwise; /* channel oc reads input channel oc; weights [ky][kx][oc] */
} zs_tile;

/* sums += products. `offsets` has room for ic_n * kh * kw entries. */
void zs_tile_f32(const zs_tile *t, const float *x, const float *w, float *sums, uint32_t *offsets);
void zs_tile_i16(const zs_tile *t, const int16_t *x, const int16_t *w, int64_t *sums,
                 uint32_t *offsets);
void zs_tile_i8(const zs_tile *t, const int8_t *x, const int8_t *w, int32_t *sums,
                uint32_t *offsets);

#endif
