#include "round_priv.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

bool zs_round_prepare(const zs_requant *requant, uint32_t n, zs_round_lanes *l)
{
    enum { SHIFT_MAX = 61 };
    for (uint32_t i = 0; i < n; i++) {
        const int32_t shift = requant[i].shift;
        if (shift <= 0 || shift > SHIFT_MAX)
            return false;
        l->mul[i] = requant[i].mul;
        l->shift[i] = (uint64_t)shift;
        l->below_half[i] = (UINT64_C(1) << (shift - 1)) - 1;
        l->offset[i] = (int64_t)(UINT64_C(1) << (62 - shift));
    }
    return true;
}

/* ---- any machine ----------------------------------------------------------------------------- */

#define ELEM              int8_t
#define SUM               int32_t
#define NAME(base)        base##_i8
#define PRODUCT(sum, mul) ((int64_t)(sum) * (mul))
#include "round_body.h"
#undef ELEM
#undef SUM
#undef NAME
#undef PRODUCT
#define ELEM              int16_t
#define SUM               int64_t
#define NAME(base)        base##_i16
#define PRODUCT(sum, mul) ((void)(mul), (sum))
#include "round_body.h"
#undef NAME
#undef PRODUCT
#define NAME(base)        base##_w8a16
#define PRODUCT(sum, mul) ((int64_t)(int32_t)(sum) * (mul))
#include "round_body.h"

/* ---- AVX-512 --------------------------------------------------------------------------------- */

#if defined(__x86_64__)
/* AVX-512 has 32 x 32 -> 64 bit products, arithmetic shifts and saturation of eight lanes in one
 * instruction each. `load` makes products of eight lanes; those past the end are not read. */
#define AVX512 __attribute__((target("avx512f,avx512vl")))
#define AVX512_ROUND(name, sum, elem, load, store)                                                 \
    AVX512 static void avx512_##name(const zs_round_lanes *l, const void *sums, uint32_t n,        \
                                     void *y)                                                      \
    {                                                                                              \
        const __m512i lo = _mm512_set1_epi64(l->lo), hi = _mm512_set1_epi64(l->hi);                \
        const __m512i one = _mm512_set1_epi64(1);                                                  \
        for (uint32_t i = 0; i < n; i += 8) {                                                      \
            const __mmask8 mask = (__mmask8)(n - i >= 8 ? 0xffu : (1u << (n - i)) - 1);            \
            const __m512i mul = _mm512_cvtepi32_epi64(_mm256_loadu_si256(at(l->mul + i)));         \
            const __m512i shift = _mm512_loadu_si512(l->shift + i);                                \
            const __m512i p = load(mask, (const sum *)sums + i, mul);                              \
            const __m512i even = _mm512_and_si512(_mm512_srav_epi64(p, shift), one);               \
            const __m512i half = _mm512_loadu_si512(l->below_half + i);                            \
            const __m512i above = _mm512_add_epi64(p, _mm512_add_epi64(half, even));               \
            const __m512i v = _mm512_max_epi64(_mm512_srav_epi64(above, shift), lo);               \
            store((elem *)y + i, _mm512_min_epi64(v, hi));                                         \
        }                                                                                          \
    }
static const __m256i *at(const void *p)
{
    return p;
}
#define STORE_I8(to, v)  _mm_storel_epi64((__m128i *)(void *)(to), _mm512_cvtepi64_epi8(v))
#define STORE_I16(to, v) _mm_storeu_si128((__m128i *)(void *)(to), _mm512_cvtepi64_epi16(v))
#define LOAD_I8(mask, sums, mul)                                                                   \
    _mm512_mul_epi32(_mm512_cvtepi32_epi64(_mm256_maskz_loadu_epi32(mask, sums)), mul)
#define LOAD_I16(mask, sums, mul)   ((void)(mul), _mm512_maskz_loadu_epi64(mask, sums))
#define LOAD_W8A16(mask, sums, mul) _mm512_mul_epi32(_mm512_maskz_loadu_epi64(mask, sums), mul)
AVX512_ROUND(i8, int32_t, int8_t, LOAD_I8, STORE_I8)
AVX512_ROUND(i16, int64_t, int16_t, LOAD_I16, STORE_I16)
AVX512_ROUND(w8a16, int64_t, int16_t, LOAD_W8A16, STORE_I16)
#endif

static const zs_round_unit units[] = {
    {plain_i8, plain_i16, plain_w8a16},
#if defined(__x86_64__)
    {avx512_i8, avx512_i16, avx512_w8a16},
#endif
};

const zs_round_unit *zs_round_units(uint32_t *n)
{
    *n = ZS_LEN(units);
#if defined(__x86_64__)
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512vl"))
        --*n;
#endif
    return units;
}
