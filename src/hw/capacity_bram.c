#include "zynqsim/capacity.h"

enum { LUTRAM_WORDS = 64 }; /* of a RAM64M (UG474) */

/* Depth x width of one BRAM18 (UG473). The parity bits are usable from 9 bits on only. */
typedef struct shape {
    uint32_t depth, width;
} shape;
static const shape shapes[] = {{16384, 1}, {8192, 2}, {4096, 4}, {2048, 9}, {1024, 18}, {512, 36}};
/* Of one M20K (Intel Stratix 10 Embedded Memory User Guide). */
static const shape m20k_shapes[] = {{2048, 10}, {1024, 20}, {512, 40}};

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

/* Blocks of a memory of exactly so many words. */
static uint32_t blocks_in(const shape *shapes_of, size_t n, uint64_t depth, uint32_t bits)
{
    uint64_t best = UINT64_MAX;
    for (size_t i = 0; i < n; i++) {
        uint64_t blocks;
        if (zs_mul_u64(zs_ceil_div(depth, shapes_of[i].depth),
                       zs_ceil_div(bits, shapes_of[i].width), &blocks))
            best = zs_min_u64(best, blocks);
    }
    return saturated_u32(best);
}

static uint32_t blocks_of(uint64_t depth, uint32_t bits)
{
    return blocks_in(shapes, ZS_LEN(shapes), depth, bits);
}

uint32_t zs_bram18_of(uint64_t words, uint32_t bits)
{
    if (is_within(words, bits, ZS_LUTRAM_BITS))
        return 0;
    return blocks_of(power_of_two_at_least(words), bits);
}

uint32_t zs_bram18_unrounded_of(uint64_t words, uint32_t bits)
{
    return is_within(words, bits, ZS_LUTRAM_BITS) ? 0 : blocks_of(words, bits);
}

/* The 512 x 36 shape reads and writes through one port each: with two ports that do both, 18 bits
 * are the widest. Such a memory goes to block RAM at any size. */
uint32_t zs_bram18_two_port_of(uint64_t words, uint32_t bits)
{
    const uint64_t depth = zs_max_u64(power_of_two_at_least(words), 1024);
    return words == 0 || bits == 0 ? 0 : blocks_of(depth, bits);
}

uint32_t zs_m20k_of(uint64_t words, uint32_t bits)
{
    if (is_within(words, bits, ZS_MLAB_BITS))
        return 0;
    return blocks_in(m20k_shapes, ZS_LEN(m20k_shapes), power_of_two_at_least(words), bits);
}

uint32_t zs_lutram_luts_of(uint64_t words, uint32_t bits)
{
    uint64_t luts;
    if (words <= 32)
        return saturated_u32(zs_ceil_div((uint64_t)bits * 4, 6) * (words > 0));
    if (!zs_mul_u64(zs_ceil_div(words, LUTRAM_WORDS), zs_ceil_div((uint64_t)bits * 4, 3), &luts))
        return UINT32_MAX;
    return saturated_u32(luts);
}

bool zs_is_lutram(uint64_t words, uint32_t bits)
{
    return is_within(words, bits, ZS_LUTRAM_BITS);
}
