#include "zynqsim/bound.h"
#include "zynqsim/capacity.h"
#include "zynqsim/memsys.h"
#include "zynqsim/serial.h"

/* Partial sums come back over the output's port wherever another operand is the one that stays. */
static uint32_t channels_in_use(const zs_accel *a)
{
    uint32_t mask = 1u << zs_channel(a->ports.input, false) |
                    1u << zs_channel(a->ports.weight, false) |
                    1u << zs_channel(a->ports.output, true);
    if (a->loop_order != ZS_OUTPUT_STATIONARY && a->kind != ZS_KIND_LINEBUFFER)
        mask |= 1u << zs_channel(a->ports.output, false);
    return mask;
}

/* One access at a time, with a store for every read at the most; open rows, no arithmetic. */
static double serial_bytes_per_s(const zs_design *design)
{
    const uint64_t pair = zs_serial_read_pl_cycles(design) + zs_serial_write_pl_cycles(design);
    return 2.0 * zs_elem_bytes(design->accel.precision) * (double)design->accel.clock_hz /
           (double)pair;
}

static double axi_bytes_per_s(const zs_design *design)
{
    if (design->accel.kind == ZS_KIND_DIRECT)
        return serial_bytes_per_s(design);
    const uint32_t mask = channels_in_use(&design->accel);
    uint64_t bytes_per_cycle = 0;
    for (uint32_t channel = 0; channel < ZS_CHANNEL_N; channel++)
        if (mask >> channel & 1)
            bytes_per_cycle += zs_port_params(&design->board, channel / 2)->beat_bytes;
    return (double)bytes_per_cycle * (double)design->accel.clock_hz;
}

/* The interval that a full tile reaches; smaller layers may have fewer independent sums. */
static uint32_t tile_interval(const zs_design *design)
{
    const zs_accel *a = &design->accel;
    if (a->kind == ZS_KIND_LINEBUFFER)
        return 1;
    if (a->kind == ZS_KIND_DIRECT)
        return zs_hls_interval(design);
    const zs_mac_loop loop = {a->tile.oc, a->tile.ic, a->tile.oy, a->tile.ox, 1, 1, false};
    return zs_mac_interval(design, &loop);
}

zs_roofline zs_roofline_of(const zs_design *design)
{
    const double gops_per_mac_cycle = 2e-9 * (double)design->accel.clock_hz;
    const double axi = axi_bytes_per_s(design);
    const zs_memory_params *memory = &design->board.memory;
    const uint32_t device_macs = design->board.dsp / zs_mac_cost_of(design->accel.precision)->dsp;
    zs_roofline r = {
        .peak_gops = gops_per_mac_cycle * (double)zs_design_lanes(design) / tile_interval(design),
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
