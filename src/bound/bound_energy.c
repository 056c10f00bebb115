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

zs_energy zs_energy_of(const zs_design *design, uint64_t cycles, uint64_t macs, uint64_t dram_bytes)
{
    const zs_power_params *p = &design->board.power;
    const double seconds = (double)cycles / (double)design->accel.clock_hz;
    /* what comes from or goes to DRAM crosses a block RAM once on that side */
    const double bram_bytes = (double)macs * bram_bytes_per_mac(design) + (double)dram_bytes;
    zs_energy e = {.static_j = p->pl_static_w * seconds,
                   .ps_j = p->ps_w * seconds,
                   .mac_j = mac_j_of(design) * (double)macs,
                   .bram_j = p->bram_j_per_byte * bram_bytes,
                   .dram_j = p->dram_j_per_byte * (double)dram_bytes,
                   .uncertainty_frac = 0.3};
    e.joules = e.static_j + e.ps_j + e.mac_j + e.bram_j + e.dram_j;
    e.watts = seconds > 0 ? e.joules / seconds : 0;
    return e;
}
