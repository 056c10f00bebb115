#include "zynqsim/bound.h"
#include "zynqsim/capacity.h"
#include "zynqsim/memsys.h"
#include "zynqsim/kind.h"

/* Partial sums come back over the output's port wherever another operand is the one that stays. */
static uint32_t channels_in_use(const zs_design *design)
{
    const zs_accel *a = &design->accel;
    uint32_t mask = 1u << zs_channel(a->ports.input, false) |
                    1u << zs_channel(a->ports.weight, false) |
                    1u << zs_channel(a->ports.output, true);
    if (zs_kind_of(design)->spills_sums && a->loop_order != ZS_OUTPUT_STATIONARY)
        mask |= 1u << zs_channel(a->ports.output, false);
    return mask;
}

static double axi_bytes_per_s(const zs_design *design)
{
    const zs_kind *kind = zs_kind_of(design);
    if (kind->axi_bytes_per_s != NULL)
        return kind->axi_bytes_per_s(design);
    const uint32_t mask = channels_in_use(design);
    uint64_t bytes_per_cycle = 0;
    for (uint32_t channel = 0; channel < ZS_CHANNEL_N; channel++)
        if (mask >> channel & 1)
            bytes_per_cycle += zs_port_params(&design->board, channel / 2)->beat_bytes;
    return (double)bytes_per_cycle * (double)design->accel.clock_hz;
}

zs_roofline zs_roofline_of(const zs_design *design)
{
    const double gops_per_mac_cycle = 2e-9 * (double)design->accel.clock_hz;
    const double axi = axi_bytes_per_s(design);
    const zs_memory_params *memory = &design->board.memory;
    const uint32_t device_macs = design->board.dsp / zs_mac_cost_of(design->accel.precision)->dsp;
    zs_roofline r = {
        .peak_gops = gops_per_mac_cycle * (double)zs_design_lanes(design) /
                     zs_kind_of(design)->interval(design),
        .device_peak_gops = gops_per_mac_cycle * device_macs,
        .axi_bytes_per_s = axi,
        .dram_bytes_per_s = memory->kind == ZS_MEMORY_FIXED
                                ? axi /* every channel its own */
                                : zs_memory_sustained_bytes_per_s(memory),
    };
    r.bandwidth_bytes_per_s =
        r.axi_bytes_per_s < r.dram_bytes_per_s ? r.axi_bytes_per_s : r.dram_bytes_per_s;
    r.ridge_ops_per_byte = r.peak_gops * 1e9 / r.bandwidth_bytes_per_s;
    return r;
}

double zs_roofline_attainable_gops(const zs_roofline *roofline, double ops_per_byte)
{
    const double memory_gops = ops_per_byte * roofline->bandwidth_bytes_per_s * 1e-9;
    return memory_gops < roofline->peak_gops ? memory_gops : roofline->peak_gops;
}
