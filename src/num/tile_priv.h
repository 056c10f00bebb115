/* tile_priv.h - addresses of windows and taps, shared by the tile kernels. */
#ifndef ZYNQSIM_TILE_PRIV_H
#define ZYNQSIM_TILE_PRIV_H

#include "zynqsim/tile.h"

enum { ZS_TILE_PIXELS = 6 }; /* at once */

/* Input offsets of all taps from a window's first input; returns their number. */
static inline uint32_t zs_tile_offsets(const zs_tile *t, uint32_t *offsets)
{
    const uint32_t ic_n = t->depthwise ? 1 : t->ic_n;
    uint32_t n = 0;
    for (uint32_t ic = 0; ic < ic_n; ic++)
        for (uint32_t ky = 0; ky < t->kh; ky++)
            for (uint32_t kx = 0; kx < t->kw; kx++)
                offsets[n++] = ic * t->x_channel + ky * t->dh * t->x_row + kx * t->dw * t->x_column;
    return n;
}

/* Window starts of the next block of pixels in row-major order, the first at *at. A short block is
 * padded with its first pixel. */
static inline uint32_t zs_tile_windows(const zs_tile *t, uint32_t left, uint32_t *column,
                                       size_t *at, size_t windows[ZS_TILE_PIXELS])
{
    const uint32_t n = left < ZS_TILE_PIXELS ? left : ZS_TILE_PIXELS;
    const size_t step = (size_t)t->sw * t->x_column;
    const size_t next_row = (size_t)t->sh * t->x_row - t->ox_n * step;
    for (uint32_t p = 0; p < n; p++) {
        windows[p] = *at;
        *at += step;
        if (++*column == t->ox_n) {
            *column = 0;
            *at += next_row;
        }
    }
    for (uint32_t p = n; p < ZS_TILE_PIXELS; p++)
        windows[p] = windows[0];
    return n;
}

/* Layout of packed or transposed inputs: the area that windows cover, without gaps. */
static inline zs_tile zs_tile_packed(const zs_tile *t)
{
    zs_tile packed = *t;
    packed.x_column = 1;
    packed.x_row = (t->ox_n - 1) * t->sw + (t->kw - 1) * t->dw + 1;
    packed.x_channel = packed.x_row * ((t->oy_n - 1) * t->sh + (t->kh - 1) * t->dh + 1);
    return packed;
}

/* Elements of a plane that are contiguous both in the tile and in the packed layout. */
static inline uint32_t zs_tile_run(const zs_tile *t, const zs_tile *packed)
{
    return t->x_column == 1 && t->x_row == packed->x_row ? packed->x_channel : packed->x_row;
}

/* As zs_tile_f32 and its like, for depthwise tiles. */
void zs_depthwise_f32(const zs_tile *t, const float *x, const float *w, float *sums,
                      uint32_t *scratch);
void zs_depthwise_f16(const zs_tile *t, const uint16_t *x, const uint16_t *w, uint16_t *sums,
                      uint32_t *scratch);
void zs_depthwise_i16(const zs_tile *t, const int16_t *x, const int16_t *w, int64_t *sums,
                      uint32_t *scratch);
void zs_depthwise_w8a16(const zs_tile *t, const int16_t *x, const int8_t *w, int64_t *sums,
                        uint32_t *scratch);
void zs_depthwise_i8(const zs_tile *t, const int8_t *x, const int8_t *w, int32_t *sums,
                     uint32_t *scratch);

#endif
