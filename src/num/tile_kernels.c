#include "clones_priv.h"
#include "pair_priv.h"
#include "zynqsim/tile.h"

#include <string.h>

/* One body for all precisions. Multiplication and addition stay separate (-ffp-contract=off),
 * whatever the processor offers; wider vectors change no bit, as their lanes are different sums. */

enum { PIXELS = 6 };

/* Input offsets of all taps from a window's first input; returns their number. */
static uint32_t list_offsets(const zs_tile *t, uint32_t *offsets)
{
    const uint32_t ic_n = t->depthwise ? 1 : t->ic_n;
    uint32_t n = 0;
    for (uint32_t ic = 0; ic < ic_n; ic++)
        for (uint32_t ky = 0; ky < t->kh; ky++)
            for (uint32_t kx = 0; kx < t->kw; kx++)
                offsets[n++] = ic * t->x_channel + ky * t->dh * t->x_row + kx * t->dw * t->x_column;
    return n;
}

/* 256-bit registers: twelve of sums, two of weights, one broadcast input. */
#define ELEM           float
#define WEIGHT         float
#define SUM            float
#define LANES          16
#define NAME(x)        f32_##x
#define PRODUCTS(w, x) ((w) * (x))
#include "tile_body.h"
#undef ELEM
#undef WEIGHT
#undef SUM
#undef LANES
#undef NAME
#undef PRODUCTS

typedef int32_t i32x8 __attribute__((vector_size(32)));
typedef int32_t i32x16 __attribute__((vector_size(64)));
typedef int64_t i64x8 __attribute__((vector_size(64)));

/* 16 x 16 bits fit in 32; only the sum needs more. */
#define ELEM           int16_t
#define WEIGHT         int16_t
#define SUM            int64_t
#define LANES          8
#define NAME(x)        i16_##x
#define PRODUCTS(w, x) __builtin_convertvector(__builtin_convertvector(w, i32x8) * (x), i64x8)
#include "tile_body.h"
#undef ELEM
#undef WEIGHT
#undef SUM
#undef LANES
#undef NAME
#undef PRODUCTS

#define ELEM           int16_t
#define WEIGHT         int8_t
#define SUM            int64_t
#define LANES          8
#define NAME(x)        w8a16_##x
#define PRODUCTS(w, x) __builtin_convertvector(__builtin_convertvector(w, i32x8) * (x), i64x8)
#include "tile_body.h"
#undef ELEM
#undef WEIGHT
#undef SUM
#undef LANES
#undef NAME
#undef PRODUCTS

#define ELEM           int8_t
#define WEIGHT         int8_t
#define SUM            int32_t
#define LANES          16
#define NAME(x)        i8_##x
#define PRODUCTS(w, x) (__builtin_convertvector(w, i32x16) * (x))
#include "tile_body.h"

/* ---- integers in pairs of taps --------------------------------------------------------------- */

enum { PART_PIXELS = 48, PART_LANES = 64, LEAST_LANES = 4 };

/* Whether a weight is -32768: two of its products with such inputs do not fit 32 bits. */
static bool has_least(const void *w, size_t n, size_t bytes)
{
    bool found = false;
    for (size_t i = 0; bytes == sizeof(int16_t) && i < n; i++)
        found |= ((const int16_t *)w)[i] == INT16_MIN;
    return found;
}

#undef ELEM
#undef WEIGHT
#undef SUM
#undef NAME
#define ELEM    int8_t
#define WEIGHT  int8_t
#define SUM     int32_t
#define NAME(x) i8_##x
#define BLOCK   narrow
#include "pair_tile_body.h"
#undef ELEM
#undef WEIGHT
#undef SUM
#undef NAME
#undef BLOCK

#define ELEM    int16_t
#define WEIGHT  int16_t
#define SUM     int64_t
#define NAME(x) i16_##x
#define BLOCK   wide
#include "pair_tile_body.h"
#undef WEIGHT
#undef NAME

#define WEIGHT  int8_t
#define NAME(x) w8a16_##x
#include "pair_tile_body.h"

void zs_tile_f32(const zs_tile *t, const float *x, const float *w, float *sums, uint32_t *offsets)
{
    f32_run_tile(t, x, w, sums, offsets);
}

void zs_tile_i16(const zs_tile *t, const int16_t *x, const int16_t *w, int64_t *sums,
                 uint32_t *offsets)
{
    i16_run_tile_pairs(t, x, w, sums, offsets);
}

void zs_tile_i8(const zs_tile *t, const int8_t *x, const int8_t *w, int32_t *sums,
                uint32_t *offsets)
{
    i8_run_tile_pairs(t, x, w, sums, offsets);
}

void zs_tile_w8a16(const zs_tile *t, const int16_t *x, const int8_t *w, int64_t *sums,
                   uint32_t *offsets)
{
    w8a16_run_tile_pairs(t, x, w, sums, offsets);
}
