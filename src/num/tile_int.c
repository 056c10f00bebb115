#include "zynqsim/tile.h"

/* Integer tiles: exact sums, so only the layout matters. One body for both widths. */

uint32_t zs_tile_offsets(const zs_tile *t, uint32_t ic_n, uint32_t *offsets)
{
    uint32_t n = 0;
    for (uint32_t ic = 0; ic < ic_n; ic++)
        for (uint32_t ky = 0; ky < t->kh; ky++)
            for (uint32_t kx = 0; kx < t->kw; kx++)
                offsets[n++] = ic * t->x_channel + ky * t->dh * t->x_row + kx * t->dw * t->x_column;
    return n;
}

#define TILE_INT(name, elem, sum)                                                                  \
    static void name##_pixel(const elem *x, const elem *w, sum *restrict sums,                     \
                             const uint32_t *offsets, uint32_t taps, const zs_tile *t)             \
    {                                                                                              \
        for (uint32_t k = 0; k < taps; k++) {                                                      \
            const elem *wk = w + (size_t)k * t->oc_n;                                              \
            for (uint32_t oc = 0; oc < t->oc_n; oc++) {                                            \
                const elem xk = x[offsets[k] + (t->depthwise ? (size_t)oc * t->x_channel : 0)];    \
                sums[oc] += (sum)((int32_t)wk[oc] * (int32_t)xk);                                  \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
    void name(const zs_tile *t, const elem *x, const elem *w, sum *sums, uint32_t *offsets)        \
    {                                                                                              \
        const uint32_t taps = zs_tile_offsets(t, t->depthwise ? 1 : t->ic_n, offsets);             \
        for (uint32_t oy = 0; oy < t->oy_n; oy++)                                                  \
            for (uint32_t ox = 0; ox < t->ox_n; ox++)                                              \
                name##_pixel(x + (size_t)oy * t->sh * t->x_row + (size_t)ox * t->sw * t->x_column, \
                             w, sums + ((size_t)oy * t->ox_n + ox) * t->oc_n, offsets, taps, t);   \
    }

TILE_INT(zs_tile_i16, int16_t, int64_t)
TILE_INT(zs_tile_i8, int8_t, int32_t)
