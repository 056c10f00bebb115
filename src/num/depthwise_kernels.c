#include "tile_priv.h"
#include "zynqsim/half.h"

#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* Depthwise tiles: sums of some pixels x DEPTH_LANES channels, one vector of the widest unit per
 * pixel, stay in registers. 16-bit products are split into halves, whose sums over DEPTH_TAPS taps
 * fit 32 bits. */

enum { PIXELS = ZS_TILE_PIXELS, DEPTH_LANES = 16, DEPTH_TAPS = 1 << 15 };

size_t zs_tile_scratch_words(size_t taps, size_t ic_n, size_t plane, bool depthwise)
{
    return depthwise ? taps + DEPTH_LANES * (taps + 2 * plane) : taps + (ic_n + 1) / 2 * plane;
}

typedef float float_lanes __attribute__((vector_size(4 * DEPTH_LANES)));
typedef int32_t word_lanes __attribute__((vector_size(4 * DEPTH_LANES)));

/* Multiply-accumulate with products and sums of one type. */
#define ADD_TAPS(name, lane, lanes)                                                                \
    ZS_CLONES                                                                                      \
    static void name(const lane *const x[PIXELS], const uint32_t *offsets, uint32_t taps,          \
                     const lane *w, lane *const sums[PIXELS])                                      \
    {                                                                                              \
        lanes s[PIXELS];                                                                           \
        _Pragma("GCC unroll 6") for (int p = 0; p < PIXELS; p++)                                   \
            memcpy(&s[p], sums[p], sizeof s[p]);                                                   \
        for (uint32_t k = 0; k < taps; k++, w += DEPTH_LANES) {                                    \
            const size_t at = (size_t)offsets[k] * DEPTH_LANES;                                    \
            lanes weights, inputs;                                                                 \
            memcpy(&weights, w, sizeof weights);                                                   \
            _Pragma("GCC unroll 6") for (int p = 0; p < PIXELS; p++)                               \
            {                                                                                      \
                memcpy(&inputs, x[p] + at, sizeof inputs);                                         \
                s[p] += weights * inputs;                                                          \
            }                                                                                      \
        }                                                                                          \
        _Pragma("GCC unroll 6") for (int p = 0; p < PIXELS; p++)                                   \
            memcpy(sums[p], &s[p], sizeof s[p]);                                                   \
    }
ADD_TAPS(add_taps_f32, float, float_lanes)
ADD_TAPS(add_taps_i8, int32_t, word_lanes)

ZS_LOOPS
static void add_halves(const int32_t *restrict low, const int32_t *restrict high,
                       int64_t *restrict sums)
{
    for (int i = 0; i < DEPTH_LANES; i++)
        sums[i] += (int64_t)high[i] * 0x10000 + low[i];
}

ZS_CLONES
static void add_taps_i16(const int32_t *const x[PIXELS], const uint32_t *offsets, uint32_t taps,
                         const int32_t *w, int64_t *const sums[PIXELS])
{
    word_lanes low[PIXELS] = {{0}}, high[PIXELS] = {{0}};
    int32_t halves[2][DEPTH_LANES];
    for (uint32_t k = 0; k < taps; k++, w += DEPTH_LANES) {
        const size_t at = (size_t)offsets[k] * DEPTH_LANES;
        word_lanes weights, inputs;
        memcpy(&weights, w, sizeof weights);
#pragma GCC unroll 6
        for (int p = 0; p < PIXELS; p++) {
            memcpy(&inputs, x[p] + at, sizeof inputs);
            const word_lanes product = weights * inputs;
            low[p] += product & 0xffff;
            high[p] += product >> 16;
        }
    }
#pragma GCC unroll 6
    for (int p = 0; p < PIXELS; p++) {
        memcpy(halves[0], &low[p], sizeof low[p]);
        memcpy(halves[1], &high[p], sizeof high[p]);
        add_halves(halves[0], halves[1], sums[p]);
    }
}

/* Rounds both product and sum to half. */
ZS_LOOPS
static void add_taps_f16(const float *const x[PIXELS], const uint32_t *offsets, uint32_t taps,
                         const float *w, zs_half *const sums[PIXELS])
{
    for (int p = 0; p < PIXELS; p++) {
        float s[DEPTH_LANES];
        for (int i = 0; i < DEPTH_LANES; i++)
            s[i] = zs_float_of_half(sums[p][i]);
        for (uint32_t k = 0; k < taps; k++) {
            const float *inputs = x[p] + (size_t)offsets[k] * DEPTH_LANES;
            const float *weights = w + (size_t)k * DEPTH_LANES;
            for (int i = 0; i < DEPTH_LANES; i++)
                s[i] = zs_half_mac(s[i], weights[i], inputs[i]);
        }
        for (int i = 0; i < DEPTH_LANES; i++)
            sums[p][i] = zs_half_of_rounded(s[i]);
    }
}

#define LANE_OF(w) (w)
#define WIDENS     false
#define ELEM       float
#define WEIGHT     float
#define SUM        float
#define LANE       float
#define BLOCK      add_taps_f32
#define NAME(x)    x##_f32
#include "depthwise_body.h"
#undef ELEM
#undef WEIGHT
#undef SUM
#undef LANE
#undef BLOCK
#undef NAME

#undef WIDENS
#define WIDENS  true
#define LANE    int32_t
#define ELEM    int8_t
#define WEIGHT  int8_t
#define SUM     int32_t
#define BLOCK   add_taps_i8
#define NAME(x) x##_i8
#include "depthwise_body.h"
#undef ELEM
#undef SUM
#undef BLOCK
#undef NAME

#define ELEM    int16_t
#define SUM     int64_t
#define BLOCK   add_taps_i16
#define NAME(x) x##_w8a16
#include "depthwise_body.h"
#undef WEIGHT
#undef NAME

#define WEIGHT  int16_t
#define NAME(x) x##_i16
#include "depthwise_body.h"
#undef ELEM
#undef WEIGHT
#undef SUM
#undef LANE
#undef LANE_OF
#undef BLOCK
#undef NAME

#define LANE_OF(w) zs_float_of_half(w)
#define LANE       float
#define ELEM       zs_half
#define WEIGHT     zs_half
#define SUM        zs_half
#define BLOCK      add_taps_f16
#define NAME(x)    x##_f16
#include "depthwise_body.h"
