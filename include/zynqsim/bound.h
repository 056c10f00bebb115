/* bound.h - closed-form answers: does it fit, where are the roofs, what is the least time.
 *
 * Nothing here simulates. Formulas and sources: docs/models/resources.md, roofline.md, energy.md. */
#ifndef ZYNQSIM_BOUND_H
#define ZYNQSIM_BOUND_H

#include "zynqsim/base.h"
#include "zynqsim/design.h"
#include "zynqsim/net.h"
#include "zynqsim/plan.h"

/* ---- resources ------------------------------------------------------------------------------- */

typedef struct zs_resources {
    uint32_t dsp, bram18, lut, ff;
} zs_resources;

/* One line of the account: "MAC array", "input buffer", "AXI master hp0", ... */
typedef struct zs_fit_item {
    const char *name, *detail; /* "32 x (fmul 3 + fadd 2 DSP)", "2 slots, 4 banks of 2,048 x 32 b" */
    zs_resources r;
} zs_fit_item;

typedef struct zs_fit {
    bool fits;
    zs_resources used, available;
    const char *binding; /* "bram18": the resource exceeded by the largest factor; NULL when it fits */
    const zs_fit_item *items;
    uint32_t item_n;
} zs_fit;

zs_status zs_fit_build(zs_arena *arena, const zs_design *design, const zs_plan *plan, zs_fit *out,
                       zs_err *err);

/* ---- roofline -------------------------------------------------------------------------------- */

typedef struct zs_roofline {
    double peak_gops;            /* 2 x lanes x clock / interval */
    double device_peak_gops;     /* every DSP of the board a MAC of this precision */
    double axi_bytes_per_s;      /* sum over the channels in use */
    double dram_bytes_per_s;     /* peak less refresh */
    double bandwidth_bytes_per_s; /* the lower of the two */
    double ridge_ops_per_byte;   /* peak / bandwidth */
} zs_roofline;

zs_roofline zs_roofline_of(const zs_design *design);
double zs_roofline_attainable_gops(const zs_roofline *roofline, double ops_per_byte);

/* ---- energy ---------------------------------------------------------------------------------- */

typedef struct zs_energy {
    double joules, watts;
    double static_j, ps_j, mac_j, bram_j, dram_j; /* parts of joules */
    double uncertainty_frac;                      /* 0.3: order variants by it, do not read watts */
} zs_energy;

zs_energy zs_energy_of(const zs_design *design, uint64_t cycles, uint64_t macs, uint64_t dram_bytes);

/* ---- time ------------------------------------------------------------------------------------ */

/* Ends of the plan's rows if every unit worked without waiting: for each row the largest, over all
 * units and the DRAM, of the work up to and including it since the last barrier. Monotone; the last
 * is a lower bound of the total. `end_cycles` has plan->row_n entries and is the caller's. */
void zs_bound_row_ends(const zs_design *design, const zs_net *net, const zs_plan *plan,
                       uint64_t *end_cycles);

#endif
