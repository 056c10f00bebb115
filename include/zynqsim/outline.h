/* outline.h - sums of work from which the least time of a plan follows, without walking its tiles.
 *
 * Models   since the last join every unit does its own work one op after the other, a transfer
 * takes a beat per cycle at the least, and all bytes pass the DRAM at its peak. Omits    waits of
 * ops for each other: the sums are a lower bound. Memory   plain values. Sums that would overflow
 * saturate. */
#ifndef ZYNQSIM_OUTLINE_H
#define ZYNQSIM_OUTLINE_H

#include "zynqsim/base.h"
#include "zynqsim/design.h"
#include "zynqsim/net.h"
#include "zynqsim/plan.h"

typedef struct zs_outline {
    const zs_design *design;
    const zs_net *net;
    const zs_plan *plan;
    /* work since the last join, and when that one can have been at the earliest */
    uint64_t join_pl_cycle;
    uint64_t compute_pl_cycles, cpu_pl_cycles;
    uint64_t channel_bytes[ZS_CHANNEL_N];
    uint64_t other_bytes; /* of striped transfers what is not on their first port */
    uint64_t dram_bytes;  /* of all rows */
    bool is_open;         /* fusion auto: what stays on chip and what forms a call is not known */
    uint64_t software_pl_cycles;
} zs_outline;

/* `n` ops of so many PL cycles on the compute unit. */
void zs_outline_compute(zs_outline *o, uint64_t n, uint64_t pl_cycles);
void zs_outline_transfer(zs_outline *o, uint32_t port, bool writes, uint64_t bytes);
/* Over several ports, a bit each: the first moves no less than any other. */
void zs_outline_striped(zs_outline *o, uint32_t ports, bool writes, uint64_t bytes);
/* An op of `row` that is in the plan. */
void zs_outline_op(zs_outline *o, const zs_plan_row *row, const zs_tile_op *op);
/* PL cycle before which the work so far cannot be done. */
uint64_t zs_outline_end(const zs_outline *o);

/* Ports of a design that are not settled, none behind `last`. For time each operand has one of its
 * own, as wide as any; for room all share one, no wider than any. False: operands or layers
 * have further ports of their own, beside which nothing is known. */
bool zs_relax_ports(zs_design *design, uint32_t last, bool for_time);

/* PL cycles in which the DRAM can move `bytes` at its peak, rounded down: two beats of the bus per
 * DRAM clock. 0 for memory of fixed latency, whose channels do not wait for each other. */
uint64_t zs_least_dram_pl_cycles(const zs_design *design, uint64_t bytes);

#endif
