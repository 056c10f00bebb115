#include "line_priv.h"

#include "zynqsim/capacity.h"

#include <inttypes.h>

enum { COMPARISONS = 2 }; /* of a vector lane: running maximum or lower limit, upper limit */

static void add_pes(zs_fit_account *a, const char *name, uint64_t pes, const zs_operator_id id,
                    uint32_t channels)
{
    const zs_operator *mul = &zs_operators[id];
    const char *detail = zs_arena_printf(
        zs_fit_arena(a), "%" PRIu64 " PEs x %u x %s of %u DSP, %u LUT", pes, channels, mul->name,
        mul->cost.n[ZS_RESOURCE_DSP], mul->cost.n[ZS_RESOURCE_LUT]);
    if (pes > 0)
        zs_fit_add(a, name, detail, zs_resources_times(zs_resources_of(id), pes * channels));
}

/* A tree adds the products of a PE's channels and the sum so far. Results leave one after the
 * other, so that a single requantiser serves all PEs; pooling compares as many as the output stream
 * moves.
 */
void line_account(zs_fit_account *a, const zs_design *design, const zs_plan *plan)
{
    const zs_accel *accel = &design->accel;
    const zs_precision_operators *of = zs_operators_of(accel->precision);
    const uint64_t pes = accel->unroll.oc;
    const uint64_t in_luts = (uint64_t)((double)pes * accel->lines.lut_pe_frac + 0.5);
    const uint32_t beat_bytes = zs_port_params(&design->board, accel->ports.output)->beat_bytes;
    add_pes(a, "PEs in DSP slices", pes - in_luts, zs_mac_cost_of(accel->precision)->mul,
            accel->unroll.ic);
    add_pes(a, "PEs in LUTs", in_luts, of->lut_mul, accel->unroll.ic);
    zs_fit_add(
        a, "adder trees",
        zs_arena_printf(zs_fit_arena(a), "%" PRIu64 " PEs x %u adders", pes, accel->unroll.ic),
        zs_resources_times(zs_resources_of(of->tree_add), pes * accel->unroll.ic));
    zs_fit_add(
        a, "requantiser", "one for all PEs: results leave one by one",
        zs_resources_plus(zs_resources_of(ZS_OPERATOR_SCALE), zs_resources_of(ZS_OPERATOR_ROUND)));
    zs_fit_add(
        a, "pooling and activation", "as many elements as a beat of the output stream has",
        zs_resources_times(zs_resources_of(of->compare),
                           (uint64_t)COMPARISONS * beat_bytes / zs_elem_bytes(accel->precision)));
    zs_fit_add(a, "stream DMAs", "input, weights, output",
               zs_resources_times(zs_resources_of(ZS_OPERATOR_STREAM_DMA), 3));
    for (uint32_t i = 0; i < ZS_BUF_N; i++)
        zs_fit_add_buffer(a, plan->buffers[i].name, &plan->buffers[i]);
    zs_fit_add_tile_control(a, accel);
}
