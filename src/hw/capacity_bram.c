#include "zynqsim/capacity.h"

/* Depth x width of one BRAM18 (UG473). The parity bits are usable from 9 bits on only. */
static const struct {
    uint32_t depth, width;
} shapes[] = {{16384, 1}, {8192, 2}, {4096, 4}, {2048, 9}, {1024, 18}, {512, 36}};

static uint64_t power_of_two_at_least(uint64_t n)
{
    uint64_t p = 1;
    while (p < n && p <= UINT64_MAX / 2)
        p *= 2;
    return p;
}

static uint32_t saturated_u32(uint64_t n)
{
    return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

static bool is_within(uint64_t words, uint32_t bits, uint64_t limit_bits)
{
    uint64_t total_bits;
    return zs_mul_u64(words, bits, &total_bits) && total_bits <= limit_bits;
}

uint32_t zs_bram18_of(uint64_t words, uint32_t bits)
{
    if (is_within(words, bits, ZS_LUTRAM_BITS))
        return 0;
    const uint64_t depth = power_of_two_at_least(words);
    uint64_t best = UINT64_MAX;
    for (size_t i = 0; i < ZS_LEN(shapes); i++) {
        uint64_t blocks;
        if (zs_mul_u64(zs_ceil_div(depth, shapes[i].depth), zs_ceil_div(bits, shapes[i].width),
                       &blocks))
            best = zs_min_u64(best, blocks);
    }
    return saturated_u32(best);
}

uint32_t zs_lutram_luts_of(uint64_t words, uint32_t bits)
{
    uint64_t luts;
    if (!zs_mul3_u64(zs_ceil_div(words, ZS_LUTRAM_WORDS), bits, 2, &luts))
        return UINT32_MAX;
    return saturated_u32(luts);
}

bool zs_prefers_lutram(uint64_t words, uint32_t bits)
{
    return words <= ZS_LUTRAM_WORDS || is_within(words, bits, ZS_LUTRAM_BITS);
}
