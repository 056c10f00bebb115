#include "memsys_priv.h"

zs_clock_pair zs_clock_pair_of(uint64_t pl_hz, uint32_t tck_ps)
{
    const uint64_t pl_ps = ZS_PS_PER_S / pl_hz;
    zs_clock_pair c = {.hz = pl_hz,
                       .pl_ps = pl_ps,
                       .pl_rest = ZS_PS_PER_S % pl_hz,
                       .tck_ps = tck_ps,
                       .hz_inverse = UINT64_MAX / pl_hz,
                       .tck_inverse = UINT64_MAX / tck_ps,
                       .hz_per_ps = (uint64_t)(((zs_wide)pl_hz << 64) / ZS_PS_PER_S),
                       .pl_far = ZS_BURST_MOST_PS / (pl_ps + 1),
                       .ddr_far = ZS_BURST_MOST_PS / tck_ps};
    if (c.pl_rest == 0) {
        c.pl_inverse = UINT64_MAX / pl_ps;
        c.pl_even = c.pl_far;
        c.ddr_even = c.ddr_far;
    }
    return c;
}

static uint64_t pl_edge_ps(const zs_clock_pair *c, uint64_t n)
{
    if (n >> 32)
        return zs_edge_ps(n, c->hz);
    return n * c->pl_ps + zs_ceil_by(n * c->pl_rest, c->hz, c->hz_inverse);
}

uint64_t zs_any_pl_to_ddr(const zs_clock_pair *c, uint64_t pl_cycle)
{
    if (pl_cycle > c->pl_far)
        return UINT64_MAX;
    return zs_ceil_by(pl_edge_ps(c, pl_cycle), c->tck_ps, c->tck_inverse);
}

uint64_t zs_any_ddr_to_pl(const zs_clock_pair *c, uint64_t ddr_cycle)
{
    if (ddr_cycle > c->ddr_far)
        return UINT64_MAX;
    const uint64_t ps = ddr_cycle * c->tck_ps;
    uint64_t n = (uint64_t)(((zs_wide)ps * c->hz_per_ps) >> 64); /* rounded down: never too large */
    while (pl_edge_ps(c, n) < ps)
        n++;
    return n;
}
