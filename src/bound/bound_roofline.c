#include "zynqsim/bound.h"
#include "zynqsim/capacity.h"
#include "zynqsim/memsys.h"
#include "zynqsim/kind.h"

#include <math.h>

static uint32_t channels_in_use(const zs_design *design)
{
    const zs_kind *kind = zs_kind_of(design);
    const zs_operand_ports p = zs_design_ports(design);
    const bool spills = kind->spills_sums != NULL && kind->spills_sums(design);
    uint32_t mask = 0;
    for (uint32_t port = 0; port < ZS_PORT_COUNT; port++) {
        if ((p.input | p.weight | (spills ? p.output : 0u)) >> port & 1)
            mask |= 1u << zs_channel(port, false);
        if (p.output >> port & 1)
            mask |= 1u << zs_channel(port, true);
    }
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
            bytes_per_cycle += zs_port_params(&design->board, channel / 2).beat_bytes;
    return (double)bytes_per_cycle * (double)design->accel.clock_hz;
}

/* Of engines that take turns each is as fast as it is alone: the roofs are the highest. */
static zs_roofline highest_roofs(const zs_design *design)
{
    zs_roofline most = {0};
    for (uint32_t i = 0; i < design->engine_n; i++) {
        const zs_design alone = zs_design_of_engine(design, i);
        const zs_roofline r = zs_roofline_of(&alone);
        most.peak_gops = fmax(most.peak_gops, r.peak_gops);
        most.device_peak_gops = fmax(most.device_peak_gops, r.device_peak_gops);
        most.axi_bytes_per_s = fmax(most.axi_bytes_per_s, r.axi_bytes_per_s);
        most.dram_bytes_per_s = fmax(most.dram_bytes_per_s, r.dram_bytes_per_s);
        most.bandwidth_bytes_per_s = fmax(most.bandwidth_bytes_per_s, r.bandwidth_bytes_per_s);
    }
    most.ridge_ops_per_byte = most.peak_gops * 1e9 / most.bandwidth_bytes_per_s;
    return most;
}

zs_roofline zs_roofline_of(const zs_design *design)
{
    if (design->engine_n > 0)
        return highest_roofs(design);

    const double gops_per_mac_cycle = 2e-9 * (double)design->accel.clock_hz;
    const double axi = axi_bytes_per_s(design);
    const zs_memory_params *memory = &design->board.memory;
    const uint32_t device_macs =
        design->board.dsp / zs_mac_cost_of(design->accel.precision)->cost.n[ZS_RESOURCE_DSP];
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
