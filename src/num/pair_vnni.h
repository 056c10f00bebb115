/* pair_vnni.h - products of 16-bit integers, two taps at once, by the dot products of AVX-512 VNNI;
 * included by pair_kernels.c. */
#include <immintrin.h>

/* Sums of products in one instruction, 16 channels to a vector. A sum waits five cycles for the
 * one before, so every second pair has sums of its own. */
#define VNNI  __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))
#define WORDS 16
typedef int32_t vnni_words __attribute__((vector_size(4 * WORDS)));
typedef int16_t vnni_halves __attribute__((vector_size(4 * WORDS)));
#define DOT(sum, w, x)                                                                             \
    ((vnni_words)_mm512_dpwssd_epi32((__m512i)(sum), (__m512i)(w),                                 \
                                     (__m512i)((vnni_words){0} + (x))))

VNNI static void vnni_narrow(const int32_t *x, uint32_t x_pitch, const int32_t *w, uint32_t w_pitch,
                             uint32_t pair_n, int32_t *const sums[PIXELS])
{
    vnni_words even[PIXELS], odd[PIXELS];
#pragma GCC unroll 6
    for (int p = 0; p < PIXELS; p++) {
        memcpy(&even[p], sums[p], sizeof even[p]);
        odd[p] = (vnni_words){0};
    }
    uint32_t k = 0;
    for (; k + 2 <= pair_n; k += 2, x += 2 * (size_t)x_pitch, w += 2 * (size_t)w_pitch) {
        vnni_words a, b;
        memcpy(&a, w, sizeof a);
        memcpy(&b, w + w_pitch, sizeof b);
#pragma GCC unroll 6
        for (uint32_t p = 0; p < PIXELS; p++) {
            even[p] = DOT(even[p], a, x[p]);
            odd[p] = DOT(odd[p], b, x[x_pitch + p]);
        }
    }
    vnni_words last = {0};
    if (k < pair_n)
        memcpy(&last, w, sizeof last);
#pragma GCC unroll 6
    for (int p = 0; p < PIXELS; p++) {
        if (k < pair_n)
            even[p] = DOT(even[p], last, x[p]);
        even[p] += odd[p];
        memcpy(sums[p], &even[p], sizeof even[p]);
    }
}

/* sums += 2^8 x high + low, lane by lane in 64 bits. */
VNNI static inline void vnni_add_wide(__m512i high, __m512i low, int64_t *sums)
{
#define HALF(v, i) _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64((v), (i)))
#define WHOLE(i)   _mm512_add_epi64(_mm512_slli_epi64(HALF(high, i), 8), HALF(low, i))
#define ADD_HALF(i)                                                                                \
    _mm512_storeu_si512(sums + 8 * (i),                                                            \
                        _mm512_add_epi64(_mm512_loadu_si512(sums + 8 * (i)), WHOLE(i)))
    ADD_HALF(0);
    ADD_HALF(1);
#undef HALF
#undef WHOLE
#undef ADD_HALF
}

/* A weight is 2^8 times its upper byte, signed, and its lower one: products with either, of two
 * taps, are below 2^24, and so ZS_PAIRS_MAX of them fit 32 bits. */
_Static_assert(ZS_PAIRS_MAX < 1 << 7, "sums of lower bytes fit");
VNNI static void vnni_wide(const int32_t *x, uint32_t x_pitch, const int32_t *w, uint32_t w_pitch,
                           uint32_t pair_n, int64_t *const sums[PIXELS])
{
    vnni_words low[PIXELS] = {{0}}, high[PIXELS] = {{0}};
    for (uint32_t k = 0; k < pair_n; k++, x += x_pitch, w += w_pitch) {
        vnni_words a;
        memcpy(&a, w, sizeof a);
        const vnni_words lower = a & 0x00ff00ff;
        const vnni_words upper = (vnni_words)((vnni_halves)a >> 8);
#pragma GCC unroll 6
        for (int p = 0; p < PIXELS; p++) {
            low[p] = DOT(low[p], lower, x[p]);
            high[p] = DOT(high[p], upper, x[p]);
        }
    }
#pragma GCC unroll 6
    for (int p = 0; p < PIXELS; p++)
        vnni_add_wide((__m512i)high[p], (__m512i)low[p], sums[p]);
}

static inline __mmask16 lanes_of(uint32_t n)
{
    return (__mmask16)(n >= WORDS ? 0xffffu : (1u << n) - 1);
}

VNNI static inline void store_pairs(int32_t *to, __mmask16 mask, __m512i low, __m512i high)
{
    _mm512_mask_storeu_epi32(to, mask, _mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
}

/* Rows of a tile are often shorter than a vector: what is behind them is neither read nor written.
 */
VNNI static void vnni_row_i8(const int8_t *a, const int8_t *b, uint32_t n, int32_t *to)
{
    for (uint32_t i = 0; i < n; i += WORDS) {
        const __mmask16 mask = lanes_of(n - i);
        const __m512i low = _mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(mask, a + i));
        const __m512i high = _mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(mask, b + i));
        store_pairs(to + i, mask, _mm512_and_si512(low, _mm512_set1_epi32(0xffff)), high);
    }
}

VNNI static void vnni_row_i16(const int16_t *a, const int16_t *b, uint32_t n, int32_t *to)
{
    for (uint32_t i = 0; i < n; i += WORDS) {
        const __mmask16 mask = lanes_of(n - i);
        const __m512i low = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(mask, a + i));
        const __m512i high = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(mask, b + i));
        store_pairs(to + i, mask, low, high);
    }
}
#undef WORDS
#undef VNNI
#undef DOT
