#include "line_priv.h"

#include "zynqsim/capacity.h"

#include <inttypes.h>

enum { COMPARISONS = 2 }; /* of a vector lane: running maximum or lower limit, upper limit */
enum { STREAMS = 3 };     /* input, weights, output: a DMA of one direction each */

/* A tree adds the products of a PE's channels and the sum so far. Results leave one after the
 * other, so that a single requantiser serves all PEs; pooling compares as many as the output stream
 * moves. The streams walk through DRAM in their DMAs: the engine itself has no address of it. */
void line_account(zs_fit_account *a, const zs_design *design, const zs_plan *plan)
{
    const zs_accel *accel = &design->accel;
    const zs_precision_operators *of = zs_operators_of(accel->precision);
    const uint64_t pes = accel->unroll.oc;
    const uint64_t in_luts = (uint64_t)((double)pes * line_params_of(accel)->lut_pe_frac + 0.5);
    const zs_axi_params port = zs_port_params(&design->board, accel->ports.output);
    const uint32_t beat_bytes = port.beat_bytes;
    const zs_products products = {.style = ZS_STYLE_HLS,
                                  .n = pes * accel->unroll.ic,
                                  .sums = pes,
                                  .weight_bits = 8 * zs_weight_bytes(accel->precision),
                                  .elem_bits = 8 * zs_elem_bytes(accel->precision),
                                  .sum_bits = zs_acc_bits(accel->precision),
                                  .dsp_frac = 1 - (double)in_luts / (double)pes,
                                  .per_dsp = 1,
                                  .clock_hz = accel->clock_hz};
    zs_fit_add_products(a, "PEs", &products);
    zs_fit_add(
        a, "requantiser", "one for all PEs: results leave one by one",
        zs_resources_plus(zs_resources_of(ZS_OPERATOR_SCALE), zs_resources_of(ZS_OPERATOR_ROUND)));
    zs_fit_add(
        a, "pooling and activation", "as many elements as a beat of the output stream has",
        zs_resources_times(zs_resources_of(of->compare),
                           (uint64_t)COMPARISONS * beat_bytes / zs_elem_bytes(accel->precision)));
    zs_fit_add_dma(a, "stream DMAs", STREAMS, 8 * beat_bytes, port.max_beats, 1);
    for (uint32_t i = 0; i < ZS_BUF_N; i++)
        zs_fit_add_buffer(a, plan->buffers[i].name, &plan->buffers[i]);
    zs_fit_add_engine(a, accel);
    zs_fit_add_addresses(a, "lines, windows, weights: index products");
    zs_fit_add_registers(a, accel);
}
