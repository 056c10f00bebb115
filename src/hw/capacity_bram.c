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

static uint32_t blocks_of_bank(const zs_accel *accel, const zs_memory *m)
{
    return m->full_ports          ? zs_bram18_two_port_of(m->words, m->bits)
           : accel->rounds_depths ? zs_bram18_of(m->words, m->bits)
                                  : zs_bram18_unrounded_of(m->words, m->bits);
}

zs_memory zs_memory_as_built(const zs_accel *accel, zs_memory m)
{
    const uint64_t wide = (uint64_t)m.banks * m.bits;
    if (!accel->packs_words || wide > UINT32_MAX || blocks_of_bank(accel, &m) == 0)
        return m;
    m.banks = 1;
    m.bits = (uint32_t)wide;
    return m;
}

uint64_t zs_memory_bram18(const zs_accel *accel, zs_memory m)
{
    m = zs_memory_as_built(accel, m);
    return (uint64_t)m.banks * blocks_of_bank(accel, &m);
}

static uint64_t blocks_at(const zs_accel *accel, zs_memory m, uint64_t words)
{
    m.words = words;
    return zs_memory_bram18(accel, m);
}

/* Of depths as they are used the largest that costs no more. */
static uint64_t exact_depth(const zs_accel *accel, zs_memory m, uint64_t least, uint64_t room)
{
    uint64_t fits = zs_min_u64(least, m.words), beyond = m.words;
    room = zs_max_u64(room, blocks_at(accel, m, fits));
    if (blocks_at(accel, m, beyond) <= room)
        return beyond;
    while (beyond - fits > 1) {
        const uint64_t middle = fits + (beyond - fits) / 2;
        if (blocks_at(accel, m, middle) <= room)
            fits = middle;
        else
            beyond = middle;
    }
    return fits;
}

/* Powers of two below the given depth, where these are what a memory is rounded up to: what lies
 * between costs the same block RAM, and less that costs the same is of no use. */
uint64_t zs_memory_depth(const zs_accel *accel, zs_memory m, uint64_t least, uint64_t room)
{
    if (!accel->rounds_depths)
        return exact_depth(accel, m, least, room);
    uint64_t depth = m.words, lower = m.words;
    while (lower > least && blocks_at(accel, m, depth) > room) {
        uint64_t below = 1;
        while (below * 2 < lower)
            below *= 2;
        lower = zs_max_u64(below, least);
        if (blocks_at(accel, m, lower) < blocks_at(accel, m, depth))
            depth = lower;
    }
    return depth;
}
