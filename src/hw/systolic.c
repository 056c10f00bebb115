#include "zynqsim/systolic.h"

#include "zynqsim/base.h"

/* The skew to the last PE, its multiplier and its accumulator, and the copy of all sums. */
uint64_t zs_systolic_fill_pl_cycles(const zs_systolic *a)
{
    const uint64_t skew = (uint64_t)a->rows - 1 + a->cols - 1;
    return skew + a->mul_latency_pl_cycles + a->add_latency_pl_cycles + 1;
}

uint64_t zs_systolic_drain_pl_cycles(const zs_systolic *a)
{
    return zs_systolic_fill_pl_cycles(a) + a->cols - 1;
}

uint64_t zs_systolic_interval_pl_cycles(const zs_systolic *a, uint64_t depth)
{
    return zs_max_u64(depth, a->cols);
}

zs_systolic_times zs_systolic_run(const zs_systolic *a, uint64_t depth, uint64_t tiles)
{
    const uint64_t drain = zs_systolic_drain_pl_cycles(a);
    const uint64_t begin = /* of the last tile */
        zs_times_u64(tiles - 1, zs_systolic_interval_pl_cycles(a, depth));
    return (zs_systolic_times){.last_input = zs_plus_u64(begin, depth - 1),
                               .first_output = depth - 1 + zs_systolic_fill_pl_cycles(a),
                               .first_tile_last_output = depth - 1 + drain,
                               .last_output = zs_plus_u64(begin, depth - 1 + drain)};
}
