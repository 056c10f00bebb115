#include "pair_priv.h"

#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* Integers in pairs: x86 multiplies pairs of 16-bit integers and adds the two products in one
 * instruction, others in a few. The unit is chosen at each call; integer sums are the same on every
 * unit. */

enum { PIXELS = ZS_PAIR_PIXELS };

ZS_LOOPS
static void plain_row_i8(const int8_t *restrict a, const int8_t *restrict b, uint32_t n,
                         int32_t *restrict to)
{
    for (uint32_t i = 0; i < n; i++)
        to[i] = (int32_t)((uint16_t)a[i] | (uint32_t)b[i] << 16);
}

ZS_LOOPS
static void plain_row_i16(const int16_t *restrict a, const int16_t *restrict b, uint32_t n,
                          int32_t *restrict to)
{
    for (uint32_t i = 0; i < n; i++)
        to[i] = (int32_t)((uint16_t)a[i] | (uint32_t)b[i] << 16);
}

#define LOW(a)          (((a) << 16) >> 16)
#define MADD(sum, a, b) ((sum) + LOW(a) * LOW(b) + ((a) >> 16) * ((b) >> 16))
#define NAME(x)         plain_##x
#define TARGET
#define WORDS      4
#define WIDE(v, i) ((NAME(wide_words)){(v)[2 * (i)], (v)[2 * (i) + 1]})
#include "pair_body.h"
#undef WIDE
#undef NAME
#undef TARGET
#undef WORDS
#undef MADD

#if defined(__x86_64__)
#define NAME(x) sse2_##x
#define TARGET
#define WORDS      4
#define WIDE(v, i) ((NAME(wide_words)){(v)[2 * (i)], (v)[2 * (i) + 1]})
#define MADD(sum, a, b)                                                                            \
    ((sum) + (NAME(words))__builtin_ia32_pmaddwd128((NAME(halves))(a), (NAME(halves))(b)))
#include "pair_body.h"
#undef WIDE
#undef NAME
#undef TARGET
#undef WORDS
#undef MADD
#define NAME(x) avx2_##x
#define TARGET  __attribute__((target("avx2")))
#define WORDS   8
#define WIDE(v, i)                                                                                 \
    ((NAME(wide_words))_mm256_cvtepi32_epi64(_mm256_extracti128_si256((__m256i)(v), (i))))
#define MADD(sum, a, b)                                                                            \
    ((sum) + (NAME(words))__builtin_ia32_pmaddwd256((NAME(halves))(a), (NAME(halves))(b)))
#include "pair_body.h"
#undef WIDE
#undef NAME
#undef TARGET
#undef WORDS
#undef MADD
/* The dot products of AVX-512 VNNI: multiplication and both additions in one instruction. */
#define NAME(x) avx512_##x
#define TARGET  __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))
#define WORDS   16
#define WIDE(v, i)                                                                                 \
    ((NAME(wide_words))_mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64((__m512i)(v), (i))))
#define MADD(sum, a, b)                                                                            \
    ((NAME(words))_mm512_dpwssd_epi32((__m512i)(sum), (__m512i)(a), (__m512i)(b)))
#include "pair_body.h"
#include "pair_vnni.h"
#undef WIDE
#undef NAME
#undef TARGET
#undef WORDS
#undef MADD
#endif

static const zs_pair_unit units[] = {
    {plain_narrow, plain_wide, plain_row_i8, plain_row_i16},
#if defined(__x86_64__)
    {sse2_narrow, sse2_wide, plain_row_i8, plain_row_i16},
    {avx2_narrow, avx2_wide, plain_row_i8, plain_row_i16},
    {vnni_narrow, avx512_wide, vnni_row_i8, vnni_row_i16},
#endif
};

const zs_pair_unit *zs_pair_units(uint32_t *n)
{
    *n = ZS_LEN(units);
#if defined(__x86_64__)
    if (!__builtin_cpu_supports("avx512vnni") || !__builtin_cpu_supports("avx512bw") ||
        !__builtin_cpu_supports("avx512vl"))
        --*n;
    if (!__builtin_cpu_supports("avx2"))
        --*n;
#endif
    return units;
}

const zs_pair_unit *zs_pair_unit_of_machine(void)
{
    uint32_t n;
    const zs_pair_unit *all = zs_pair_units(&n);
    return &all[n - 1];
}
