/* pair_vnni.h - what a machine with AVX-512 VNNI has of its own; included by pair_kernels.c after
 * pair_body.h. */

/* Channels beyond the last full vectors are done by shorter ones. */
static uint32_t vnni_narrow(const zs_pair_work *work, uint32_t lane)
{
    lane = avx512_narrow(work, lane);
    return lane < work->lanes ? avx2_narrow(work, lane) : lane;
}

static inline __mmask16 lanes_of(uint32_t n)
{
    return (__mmask16)(n >= WORDS ? 0xffffu : (1u << n) - 1);
}

TARGET static inline void store_pairs(int32_t *to, __mmask16 mask, __m512i low, __m512i high)
{
    _mm512_mask_storeu_epi32(to, mask, _mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
}

/* Rows of a tile are often shorter than a vector: what is behind them is neither read nor written.
 */
TARGET static void vnni_row_i8(const int8_t *a, const int8_t *b, uint32_t n, int32_t *to)
{
    for (uint32_t i = 0; i < n; i += WORDS) {
        const __mmask16 mask = lanes_of(n - i);
        const __m512i low = _mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(mask, a + i));
        const __m512i high = _mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(mask, b + i));
        store_pairs(to + i, mask, _mm512_and_si512(low, _mm512_set1_epi32(0xffff)), high);
    }
}

TARGET static void vnni_row_i16(const int16_t *a, const int16_t *b, uint32_t n, int32_t *to)
{
    for (uint32_t i = 0; i < n; i += WORDS) {
        const __mmask16 mask = lanes_of(n - i);
        const __m512i low = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(mask, a + i));
        const __m512i high = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(mask, b + i));
        store_pairs(to + i, mask, low, high);
    }
}
