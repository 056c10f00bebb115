#include "pair_priv.h"
#include "tile_priv.h"
#include "zynqsim/half.h"
#include "zynqsim/tile.h"

#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* Multiplication and addition are never fused (-ffp-contract=off); wider vectors change no bit, as
 * their lanes are different sums. */

/* First input of a pixel's window, pixels in row-major order. */
static size_t window_of(const zs_tile *t, uint32_t pixel)
{
    return (size_t)(pixel / t->ox_n) * t->sh * t->x_row +
           (size_t)(pixel % t->ox_n) * t->sw * t->x_column;
}

enum { PIXELS = ZS_TILE_PIXELS };

/* ---- single precision ------------------------------------------------------------------------ */

typedef struct f32_tile {
    const zs_tile *t;
    const float *x, *w;
    float *sums;
    const uint32_t *offsets;
    uint32_t taps;
} f32_tile;

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

/* Channels go to the widest unit that they fill, the rest to the next. */
typedef struct f32_unit {
    void (*channels)(const f32_tile *f, uint32_t oc);
    uint32_t lanes;
} f32_unit;

static const f32_unit *f32_units_of_machine(const f32_unit **end)
{
    static const f32_unit units[] = {
#if defined(__x86_64__)
        {avx512_channels, 32},
        {avx2_channels, 16},
#endif
        {plain_channels, 8}
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

/* Channels from `oc` on, beyond the last full vector. */
static void f32_rest(const f32_tile *f, uint32_t oc)
{
    const zs_tile *t = f->t;
    for (uint32_t p = 0; p < t->oy_n * t->ox_n; p++) {
        const float *x = f->x + window_of(t, p), *w = f->w;
        float *sums = f->sums + (size_t)p * t->oc_n;
        for (uint32_t k = 0; k < f->taps; k++, w += t->oc_n)
            for (uint32_t i = oc; i < t->oc_n; i++)
                sums[i] += w[i] * x[f->offsets[k]];
    }
}

static void f32_dense(const f32_tile *f)
{
    const f32_unit *end;
    uint32_t oc = 0;
    for (const f32_unit *unit = f32_units_of_machine(&end); unit < end; unit++)
        for (; oc + unit->lanes <= f->t->oc_n; oc += unit->lanes)
            unit->channels(f, oc);
    if (oc < f->t->oc_n)
        f32_rest(f, oc);
}

/* ---- integers in pairs of channels ----------------------------------------------------------- */

/* Products of a pair with a byte are below 2^24, so sums over ZS_PAIR_TAPS taps fit 32 bits. */
enum { PART_LANES = 64, LEAST_LANES = 4 };
_Static_assert(ZS_PAIR_TAPS < 1 << 7, "sums of lower bytes fit");
_Static_assert((int)PIXELS == ZS_PAIR_PIXELS, "one block of pixels");

/* A block of taps and channels whose weights are packed together. */
typedef struct pair_part {
    uint32_t k0, tap_n, oc0, oc_n, lanes;
    const void *zeros;
} pair_part;

static pair_part part_of(const zs_tile *t, uint32_t taps, uint32_t k0, uint32_t oc0)
{
    static const int16_t zeros[PART_LANES] = {0};
    const uint32_t tap_n = taps - k0 < ZS_PAIR_TAPS ? taps - k0 : ZS_PAIR_TAPS;
    const uint32_t oc_n = t->oc_n - oc0 < PART_LANES ? t->oc_n - oc0 : PART_LANES;
    const uint32_t lanes = (uint32_t)zs_round_up(oc_n, ZS_PAIR_LANES);
    return (pair_part){k0, tap_n, oc0, oc_n, lanes, zeros};
}

/* Splits pairs of 16-bit weights into signed upper bytes, preceded by the lower bytes. */
ZS_LOOPS
static void split_weights(int32_t *w, uint32_t taps, uint32_t lanes)
{
    for (uint32_t k = 0; k < taps; k++, w += 2 * (size_t)lanes) {
        int32_t *restrict lower = w, *restrict upper = w + lanes;
        for (uint32_t i = 0; i < lanes; i++) {
            const int32_t pair = upper[i], low = (int32_t)((uint32_t)pair << 16);
            lower[i] = pair & 0x00ff00ff;
            upper[i] = (int32_t)((uint16_t)(low >> 24) | (uint32_t)(pair >> 24) << 16);
        }
    }
}

#define ELEM       int8_t
#define WEIGHT     int8_t
#define SUM        int32_t
#define NAME(x)    x##_i8
#define PARTS      1
#define BLOCK      narrow
#define SUMS       sums32
#define ROW        row_i8
#define WEIGHT_ROW row_i8
#include "pair_tile_body.h"
#undef ELEM
#undef WEIGHT
#undef SUM
#undef NAME
#undef PARTS
#undef BLOCK
#undef SUMS
#undef ROW
#undef WEIGHT_ROW

#define ELEM       int16_t
#define WEIGHT     int16_t
#define SUM        int64_t
#define NAME(x)    x##_i16
#define PARTS      2
#define BLOCK      wide
#define SUMS       sums64
#define ROW        row_i16
#define WEIGHT_ROW row_i16
#include "pair_tile_body.h"
#undef WEIGHT
#undef NAME
#undef WEIGHT_ROW

#define WEIGHT     int8_t
#define NAME(x)    x##_w8a16
#define WEIGHT_ROW row_i8
#include "pair_tile_body.h"
#undef ELEM
#undef WEIGHT
#undef SUM
#undef NAME

/* ---- half precision -------------------------------------------------------------------------- */

enum { HALF_PIXELS = 8, HALF_LANES = 32 };

/* A block of pixels x channels; every sum is a float with the value of a half. */
ZS_LOOPS
static void f16_block(const zs_half *const x[HALF_PIXELS], const uint32_t *offsets, uint32_t taps,
                      const zs_half *w, uint32_t w_pitch, uint32_t lanes,
                      float sums[HALF_PIXELS][HALF_LANES])
{
    for (uint32_t k = 0; k < taps; k++, w += w_pitch) {
        zs_half stored[HALF_LANES] = {0};
        float weights[HALF_LANES];
        memcpy(stored, w, lanes * sizeof *w);
        for (uint32_t i = 0; i < HALF_LANES; i++)
            weights[i] = zs_float_of_half(stored[i]);
        for (uint32_t p = 0; p < HALF_PIXELS; p++) {
            const float input = zs_float_of_half(x[p][offsets[k]]);
            for (uint32_t i = 0; i < HALF_LANES; i++)
                sums[p][i] = zs_half_mac(sums[p][i], weights[i], input);
        }
    }
}

#if defined(__x86_64__)
/* The same with the processor's conversions, which round identically. */
__attribute__((target("avx2,f16c"))) static __m256 f16c_rounded(__m256 x)
{
    return _mm256_cvtph_ps(_mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT));
}

__attribute__((target("avx2,f16c"))) static void
f16c_block(const zs_half *const x[HALF_PIXELS], const uint32_t *offsets, uint32_t taps,
           const zs_half *w, uint32_t w_pitch, uint32_t lanes, float sums[HALF_PIXELS][HALF_LANES])
{
    enum { WORDS = 8 };
    for (uint32_t v = 0; v < lanes; v += WORDS) {
        const uint32_t n = lanes - v < WORDS ? lanes - v : WORDS;
        __m256 s[HALF_PIXELS];
        for (uint32_t p = 0; p < HALF_PIXELS; p++)
            s[p] = _mm256_loadu_ps(&sums[p][v]);
        for (uint32_t k = 0; k < taps; k++) {
            zs_half stored[WORDS] = {0};
            memcpy(stored, w + (size_t)k * w_pitch + v, n * sizeof *w);
            const __m128i halves = _mm_loadu_si128((const __m128i *)(const void *)stored);
            const __m256 weights = _mm256_cvtph_ps(halves);
#pragma GCC unroll 8
            for (uint32_t p = 0; p < HALF_PIXELS; p++) {
                const __m256 input = _mm256_set1_ps(_cvtsh_ss(x[p][offsets[k]]));
                s[p] =
                    f16c_rounded(_mm256_add_ps(s[p], f16c_rounded(_mm256_mul_ps(weights, input))));
            }
        }
        for (uint32_t p = 0; p < HALF_PIXELS; p++)
            _mm256_storeu_ps(&sums[p][v], s[p]);
    }
}
#endif

typedef void half_block(const zs_half *const x[HALF_PIXELS], const uint32_t *offsets, uint32_t taps,
                        const zs_half *w, uint32_t w_pitch, uint32_t lanes,
                        float sums[HALF_PIXELS][HALF_LANES]);

static half_block *f16_block_of_machine(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) /* no processor has it without f16c */
        return f16c_block;
#endif
    return f16_block;
}

static void f16_dense(const zs_tile *t, const zs_half *x, const zs_half *w, zs_half *sums,
                      const uint32_t *offsets, uint32_t taps)
{
    const uint32_t pixel_n = t->oy_n * t->ox_n;
    half_block *block_of = f16_block_of_machine();
    for (uint32_t first = 0; first < pixel_n; first += HALF_PIXELS) {
        const uint32_t n = pixel_n - first < HALF_PIXELS ? pixel_n - first : HALF_PIXELS;
        const zs_half *windows[HALF_PIXELS];
        for (uint32_t p = 0; p < HALF_PIXELS; p++)
            windows[p] = x + window_of(t, first + (p < n ? p : 0));
        for (uint32_t oc = 0; oc < t->oc_n; oc += HALF_LANES) {
            const uint32_t lanes = t->oc_n - oc < HALF_LANES ? t->oc_n - oc : HALF_LANES;
            float block[HALF_PIXELS][HALF_LANES] = {{0}};
            for (uint32_t p = 0; p < n; p++)
                for (uint32_t i = 0; i < lanes; i++)
                    block[p][i] = zs_float_of_half(sums[(size_t)(first + p) * t->oc_n + oc + i]);
            block_of(windows, offsets, taps, w + oc, t->oc_n, lanes, block);
            for (uint32_t p = 0; p < n; p++)
                for (uint32_t i = 0; i < lanes; i++)
                    sums[(size_t)(first + p) * t->oc_n + oc + i] = zs_half_of_rounded(block[p][i]);
        }
    }
}

void zs_tile_f16(const zs_tile *t, const uint16_t *x, const uint16_t *w, uint16_t *sums,
                 uint32_t *scratch)
{
    if (t->depthwise)
        zs_depthwise_f16(t, x, w, sums, scratch);
    else
        f16_dense(t, x, w, sums, scratch, zs_tile_offsets(t, scratch));
}

void zs_tile_f32(const zs_tile *t, const float *x, const float *w, float *sums, uint32_t *scratch)
{
    if (t->depthwise)
        zs_depthwise_f32(t, x, w, sums, scratch);
    else
        f32_dense(&(f32_tile){.t = t,
                              .x = x,
                              .w = w,
                              .sums = sums,
                              .offsets = scratch,
                              .taps = zs_tile_offsets(t, scratch)});
}

void zs_tile_i16(const zs_tile *t, const int16_t *x, const int16_t *w, int64_t *sums,
                 uint32_t *scratch)
{
    run_tile_i16(t, x, w, sums, scratch);
}

void zs_tile_i8(const zs_tile *t, const int8_t *x, const int8_t *w, int32_t *sums,
                uint32_t *scratch)
{
    run_tile_i8(t, x, w, sums, scratch);
}

void zs_tile_w8a16(const zs_tile *t, const int16_t *x, const int8_t *w, int64_t *sums,
                   uint32_t *scratch)
{
    run_tile_w8a16(t, x, w, sums, scratch);
}
