#include "memsys_priv.h"

/* Twelve days of simulated time: no sum of edges below it overflows. */
#define FAR_PS (UINT64_C(1) << 60)

zs_clock_pair zs_clock_pair_of(uint64_t pl_hz, uint32_t tck_ps)
{
    return (zs_clock_pair){.hz = pl_hz,
                           .pl_ps = ZS_PS_PER_S / pl_hz,
                           .pl_rest = ZS_PS_PER_S % pl_hz,
                           .hz_inverse = UINT64_MAX / pl_hz,
                           .hz_per_ps = (uint64_t)(((zs_wide)pl_hz << 64) / ZS_PS_PER_S),
                           .tck_ps = tck_ps,
                           .tck_inverse = UINT64_MAX / tck_ps,
                           .pl_far = FAR_PS / (ZS_PS_PER_S / pl_hz + 1),
                           .ddr_far = FAR_PS / tck_ps};
}

/* ceil(x / d): the reciprocal, rounded down, gives a quotient that is never too large. */
static uint64_t ceil_by(uint64_t x, uint64_t d, uint64_t inverse)
{
    uint64_t q = (uint64_t)(((zs_wide)x * inverse) >> 64);
    while (q * d < x)
        q++;
    return q;
}

uint64_t zs_pl_edge_ps(const zs_clock_pair *c, uint64_t n)
{
    if (n >> 32)
        return zs_edge_ps(n, c->hz);
    return n * c->pl_ps + ceil_by(n * c->pl_rest, c->hz, c->hz_inverse);
}
