#include "zynqsim/bound.h"

static double mac_j_of(const zs_design *design)
{
    const zs_power_params *p = &design->board.power;
    const double joules[ZS_PRECISION_COUNT] = {
#define PRECISION(id, word, meaning, tag, weights, activations, sum, sum_bits, sum_bytes,          \
                  bias_bits, mul, add, compare, rescale, round, lut_mul, tree_add, energy)         \
    [id] = p->energy,
#include "zynqsim/dtypes.def"
#undef PRECISION
    };
    return joules[design->accel.precision];
}

/* A lane's input is shared by the output channels of a clock, its weight by the pixels, and the sum
 * by the products added to it; sums are read and written. */
static double bram_bytes_per_mac(const zs_design *design)
{
    const zs_accel *a = &design->accel;
    const double elem = zs_elem_bytes(a->precision);
    const double sum = zs_acc_bits(a->precision) / 8.0;
    const double weight = zs_weight_bytes(a->precision);
    return elem / a->unroll.oc + weight / ((double)a->unroll.oy * a->unroll.ox) +
           2 * sum / ((double)a->unroll.ic * a->unroll.ky * a->unroll.kx);
}

const zs_energy_part_row zs_energy_parts[ZS_ENERGY_PART_N] = {
#define ENERGY_PART(id, word, name_, is_pl_, lo_, hi_, source_)                                    \
    [ZS_ENERGY_##id] = {                                                                           \
        .name = (name_), .source = (source_), .is_pl = (is_pl_) != 0, .lo = (lo_), .hi = (hi_)},
#include "zynqsim/energy_parts.def"
#undef ENERGY_PART
};

void zs_energy_add_up(zs_energy *e, double seconds)
{
    e->joules = e->pl_j = e->lo_joules = e->hi_joules = 0;
    for (uint32_t i = 0; i < ZS_ENERGY_PART_N; i++) {
        e->joules += e->part_j[i];
        e->pl_j += zs_energy_parts[i].is_pl ? e->part_j[i] : 0;
        e->lo_joules += zs_energy_parts[i].lo * e->part_j[i];
        e->hi_joules += zs_energy_parts[i].hi * e->part_j[i];
    }
    e->watts = seconds > 0 ? e->joules / seconds : 0;
    e->uncertainty_frac = e->joules > 0 ? e->hi_joules / e->joules - 1 : 0;
}

zs_energy zs_energy_of(const zs_design *design, uint64_t cycles, uint64_t macs, uint64_t dram_bytes,
                       const zs_resources *used)
{
    const zs_power_params *p = &design->board.power;
    const double seconds = (double)cycles / (double)design->accel.clock_hz;
    const double luts = used != NULL ? used->n[ZS_RESOURCE_LUT] : 0;
    const double ffs = used != NULL ? used->n[ZS_RESOURCE_FF] : 0;
    /* what comes from or goes to DRAM crosses a block RAM once on that side */
    const double bram_bytes = (double)macs * bram_bytes_per_mac(design) + (double)dram_bytes;
    zs_energy e = {.part_j = {[ZS_ENERGY_STATIC] = p->pl_static_w * seconds,
                              [ZS_ENERGY_PS] = p->ps_w * seconds,
                              [ZS_ENERGY_LUT] = p->lut_j_per_cycle * luts * (double)cycles,
                              [ZS_ENERGY_FF] = p->ff_j_per_cycle * ffs * (double)cycles,
                              [ZS_ENERGY_MAC] = mac_j_of(design) * (double)macs,
                              [ZS_ENERGY_BRAM] = p->bram_j_per_byte * bram_bytes,
                              [ZS_ENERGY_AXI] = p->axi_j_per_byte * (double)dram_bytes,
                              [ZS_ENERGY_DRAM] = p->dram_j_per_byte * (double)dram_bytes}};
    zs_energy_add_up(&e, seconds);
    return e;
}
