/* bound.h - closed-form answers: does it fit, where are the roofs, what is the least time.
 *
 * Models   resources by operator and memory; compute, AXI and DRAM roofs; energy by coefficient;
 *          a lower bound of the time of any schedule of a plan.
 * Omits    all waits: nothing here simulates.
 * Sources  docs/models/resources.md, roofline.md, energy.md.
 * Memory   a zs_fit lives in the arena it was built in; the rest are plain values. */
#ifndef ZYNQSIM_BOUND_H
#define ZYNQSIM_BOUND_H

#include "zynqsim/base.h"
#include "zynqsim/design.h"
#include "zynqsim/fit.h"
#include "zynqsim/net.h"
#include "zynqsim/plan.h"

/* ---- resources ------------------------------------------------------------------------------- */

/* Draws the account up from the design's operators and the plan's buffers. Sums that would overflow
 * saturate. A design that does not fit is an answer, not an error; ZS_ENOMEM. */
zs_status zs_fit_build(zs_arena *arena, const zs_design *design, const zs_plan *plan, zs_fit *out,
                       zs_err *err);

/* The same for one of several engines, on the region where they take turns. */
zs_status zs_fit_of_engine(zs_arena *arena, const zs_design *design, const zs_plan_part *part,
                           zs_fit *out, zs_err *err);

/* ---- clock ----------------------------------------------------------------------------------- */

/* Placed designs of the same style on 7-series parts of the board's speed grade or a slower one, of
 * any style where there are few, none for other families (clocks.def): how many, how many of them
 * at the design's clock or above, and the fastest. These are no limits: tools stop at their target.
 */
typedef struct zs_clock_builds {
    uint32_t n, reached_n, speed_grade;
    double fastest_hz;
} zs_clock_builds;
zs_clock_builds zs_clock_builds_of(const zs_design *design);
/* A sentence where fewer than half of them reached the clock, unless accelerator.clock_note is
 * false;
 * "" otherwise. NULL when memory is out. */
const char *zs_clock_note(zs_arena *arena, const zs_design *design);

/* ---- roofline -------------------------------------------------------------------------------- */

typedef struct zs_roofline {
    double peak_gops;             /* 2 x lanes x clock / interval */
    double device_peak_gops;      /* every DSP of the board a MAC of this precision */
    double axi_bytes_per_s;       /* sum over the channels in use */
    double dram_bytes_per_s;      /* peak less refresh */
    double bandwidth_bytes_per_s; /* the lower of the two */
    double ridge_ops_per_byte;    /* peak / bandwidth */
} zs_roofline;

/* The interval is that of a full tile; channels in use are one direction of one port each. */
zs_roofline zs_roofline_of(const zs_design *design);
/* The lower of the compute roof and intensity x bandwidth. */
double zs_roofline_attainable_gops(const zs_roofline *roofline, double ops_per_byte);

/* ---- energy ---------------------------------------------------------------------------------- */

typedef enum zs_energy_part {
#define ENERGY_PART(id, ...) ZS_ENERGY_##id,
#include "zynqsim/energy_parts.def"
#undef ENERGY_PART
    ZS_ENERGY_PART_N
} zs_energy_part;

typedef struct zs_energy {
    double joules, watts, lo_joules, hi_joules;
    double pl_j; /* without the PS and the DRAM */
    double part_j[ZS_ENERGY_PART_N];
    double uncertainty_frac; /* to the upper end of the band, which is the farther one */
} zs_energy;
typedef struct zs_energy_part_row {
    const char *name, *source;
    bool is_pl;
    double lo, hi;
} zs_energy_part_row;
extern const zs_energy_part_row zs_energy_parts[ZS_ENERGY_PART_N];
/* Sums of the parts and their bands, of a run of so many seconds. */
void zs_energy_add_up(zs_energy *e, double seconds);

/* The energy of a run of `cycles` PL cycles that did `macs` and moved `dram_bytes` (reads and
 * writes) on an engine with the resources `used`; NULL: without LUTs and flip-flops. */
zs_energy zs_energy_of(const zs_design *design, uint64_t cycles, uint64_t macs, uint64_t dram_bytes,
                       const zs_resources *used);

/* ---- time ------------------------------------------------------------------------------------ */

/* For each row i of the plan a PL cycle before which the last op of rows 0..i cannot retire: since
 * the last join every unit does its own ops one after the other, a transfer takes at least a cycle
 * per beat, and all bytes pass the DRAM at its peak. Never falls from row to row; the
 * last entry is a lower bound of the total at any fidelity. `end_cycles` has plan->row_n entries
 * and is the caller's. One pass over the ops, some 2 ns each: cheap enough to prune a sweep. */
void zs_bound_row_ends(const zs_design *design, const zs_net *net, const zs_plan *plan,
                       uint64_t *end_cycles);

/* The same total for an outline (zs_plan_outline), from trip counts: some microseconds, whatever
 * the number of tiles. Never above the last entry of zs_bound_row_ends for the plan of that design,
 * nor `dram_bytes` above what the plan moves; `macs` are those of the plan. Fusion `auto`: tensors
 * that the search might keep on chip count as kept. Sums that would overflow saturate. */
typedef struct zs_bound_sums {
    uint64_t cycles, dram_bytes, macs;
    uint64_t worked_macs; /* without those that the engine skips */
} zs_bound_sums;
zs_bound_sums zs_bound_of_outline(const zs_design *design, const zs_net *net, const zs_plan *plan);

#endif
