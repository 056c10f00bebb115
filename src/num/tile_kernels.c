#include "loops_priv.h"
#include "pair_priv.h"
#include "zynqsim/tile.h"

#include <string.h>

/* Multiplication and addition stay separate (-ffp-contract=off), whatever the processor offers;
 * wider vectors change no bit, as their lanes are different sums. */

enum { PIXELS = 6, ROW_PIXELS = 64 };

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

/* First input of a pixel's window, pixels counted row by row. */
static size_t window_of(const zs_tile *t, uint32_t pixel)
{
    return (size_t)(pixel / t->ox_n) * t->sh * t->x_row +
           (size_t)(pixel % t->ox_n) * t->sw * t->x_column;
}

/* ---- single precision ------------------------------------------------------------------------ */

typedef void f32_block(const float *const x[PIXELS], const uint32_t *offsets, uint32_t taps,
                       const float *w, uint32_t w_pitch, float *const sums[PIXELS]);

#define NAME(x) plain_##x
#define TARGET
#define WORDS 4
#include "f32_body.h"
#undef NAME
#undef TARGET
#undef WORDS

#if defined(__x86_64__)
#define NAME(x) avx2_##x
#define TARGET  __attribute__((target("avx2")))
#define WORDS   8
#include "f32_body.h"
#undef NAME
#undef TARGET
#undef WORDS
#define NAME(x) avx512_##x
#define TARGET  __attribute__((target("avx512f")))
#define WORDS   16
#include "f32_body.h"
#undef NAME
#undef TARGET
#undef WORDS
#endif

/* Channels are done by the widest unit that they fill, the rest by the next. */
typedef struct f32_unit {
    f32_block *block;
    uint32_t lanes;
} f32_unit;
enum { LANES_MAX = 32 };

static const f32_unit *f32_units_of_machine(const f32_unit **end)
{
    static const f32_unit units[] = {
#if defined(__x86_64__)
        {avx512_block, 32},
        {avx2_block, 16},
#endif
        {plain_block, 8}
    };
    const f32_unit *first = units;
#if defined(__x86_64__)
    if (!__builtin_cpu_supports("avx512f"))
        first++;
    if (!__builtin_cpu_supports("avx2"))
        first++;
#endif
    *end = units + ZS_LEN(units);
    return first;
}

/* Channels beyond the last full vector. */
static void f32_rest(const float *x, const uint32_t *offsets, uint32_t taps, const float *w,
                     uint32_t w_pitch, uint32_t lanes, float *sums)
{
    for (uint32_t k = 0; k < taps; k++, w += w_pitch)
        for (uint32_t oc = 0; oc < lanes; oc++)
            sums[oc] += w[oc] * x[offsets[k]];
}

/* Places of a short block repeat its first pixel and write to a spare line. */
static void f32_dense(const zs_tile *t, const float *x, const float *w, float *sums,
                      const uint32_t *offsets, uint32_t taps)
{
    const f32_unit *end, *widest = f32_units_of_machine(&end);
    const uint32_t pixel_n = t->oy_n * t->ox_n;
    for (uint32_t first = 0; first < pixel_n; first += PIXELS) {
        const float *windows[PIXELS];
        const uint32_t n = pixel_n - first < PIXELS ? pixel_n - first : PIXELS;
        uint32_t oc = 0;
        for (uint32_t p = 0; p < PIXELS; p++)
            windows[p] = x + window_of(t, first + (p < n ? p : 0));
        for (const f32_unit *unit = widest; unit < end; unit++)
            for (; oc + unit->lanes <= t->oc_n; oc += unit->lanes) {
                float spare[LANES_MAX] = {0}, *to[PIXELS];
                for (uint32_t p = 0; p < PIXELS; p++)
                    to[p] = p < n ? sums + (size_t)(first + p) * t->oc_n + oc : spare;
                unit->block(windows, offsets, taps, w + oc, t->oc_n, to);
            }
        for (uint32_t p = 0; oc < t->oc_n && p < n; p++)
            f32_rest(windows[p], offsets, taps, w + oc, t->oc_n, t->oc_n - oc,
                     sums + (size_t)(first + p) * t->oc_n + oc);
    }
}

#define ELEM    float
#define WEIGHT  float
#define SUM     float
#define NAME(x) f32_##x
#include "depthwise_body.h"
#undef ELEM
#undef WEIGHT
#undef SUM
#undef NAME

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

#define ELEM    int8_t
#define WEIGHT  int8_t
#define SUM     int32_t
#define NAME(x) i8_##x
#define BLOCK   narrow
#include "depthwise_body.h"
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
#include "depthwise_body.h"
#include "pair_tile_body.h"
#undef WEIGHT
#undef NAME

#define WEIGHT  int8_t
#define NAME(x) w8a16_##x
#include "depthwise_body.h"
#include "pair_tile_body.h"

void zs_tile_f32(const zs_tile *t, const float *x, const float *w, float *sums, uint32_t *offsets)
{
    const uint32_t taps = list_offsets(t, offsets);
    if (t->depthwise)
        f32_depthwise(t, x, w, sums, offsets, taps);
    else
        f32_dense(t, x, w, sums, offsets, taps);
}

void zs_tile_i16(const zs_tile *t, const int16_t *x, const int16_t *w, int64_t *sums,
                 uint32_t *offsets)
{
    i16_run_tile(t, x, w, sums, offsets);
}

void zs_tile_i8(const zs_tile *t, const int8_t *x, const int8_t *w, int32_t *sums,
                uint32_t *offsets)
{
    i8_run_tile(t, x, w, sums, offsets);
}

void zs_tile_w8a16(const zs_tile *t, const int16_t *x, const int8_t *w, int64_t *sums,
                   uint32_t *offsets)
{
    w8a16_run_tile(t, x, w, sums, offsets);
}
