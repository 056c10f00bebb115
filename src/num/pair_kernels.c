#include "pair_priv.h"

#include <string.h>

/* Integers in pairs: x86 multiplies eight pairs of 16 bits and adds them two by two in one
 * instruction, others in a few. The unit is chosen at each call; the sums are integers, so every
 * unit gives the same. */

enum { PIXELS = ZS_PAIR_PIXELS, PAIR_LANES = ZS_PAIR_LANES };

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

#define LOW(a)     (((a) << 16) >> 16)
#define MADD(a, b) (LOW(a) * LOW(b) + ((a) >> 16) * ((b) >> 16))
#define NAME(x)    plain_##x
#define TARGET
#define WORDS 4
#include "pair_body.h"
#undef NAME
#undef TARGET
#undef WORDS
#undef MADD

#if defined(__x86_64__)
#define NAME(x) sse2_##x
#define TARGET
#define WORDS      4
#define MADD(a, b) ((NAME(words))__builtin_ia32_pmaddwd128((NAME(halves))(a), (NAME(halves))(b)))
#include "pair_body.h"
#undef NAME
#undef TARGET
#undef WORDS
#undef MADD
#define NAME(x)    avx2_##x
#define TARGET     __attribute__((target("avx2")))
#define WORDS      8
#define MADD(a, b) ((NAME(words))__builtin_ia32_pmaddwd256((NAME(halves))(a), (NAME(halves))(b)))
#include "pair_body.h"
#undef WORDS
#include "pair_vnni.h"
#endif

static const zs_pair_unit units[] = {
    {plain_narrow, plain_wide, plain_row_i8, plain_row_i16},
#if defined(__x86_64__)
    {sse2_narrow, sse2_wide, plain_row_i8, plain_row_i16},
    {avx2_narrow, avx2_wide, plain_row_i8, plain_row_i16},
    {vnni_narrow, vnni_wide, vnni_row_i8, vnni_row_i16},
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
