/* outline.h - sums of work that give a lower bound of the time of a plan, without its tiles.
 *
 * Models   since the last join every unit does its own work one op after the other, a transfer
 *          takes at least a cycle per beat, and all bytes pass the DRAM at its peak.
 * Omits    waits of ops for each other: the sums are a lower bound.
 * Memory   plain values. Sums that would overflow saturate. */
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
    /* earliest time of the last join, and work since then */
    uint64_t join_pl_cycle;
    uint64_t compute_pl_cycles, cpu_pl_cycles;
    uint64_t channel_bytes[ZS_CHANNEL_N];
    uint64_t other_bytes; /* bytes of striped transfers that are not on their first port */
    uint64_t dram_bytes;  /* of all rows */
    bool is_open;         /* fusion auto: calls and tensors on chip are not known */
    uint32_t layers_seen, kept_until; /* then: the last layer that reads what those seen may keep */
    uint64_t software_pl_cycles;
} zs_outline;

/* Adds `n` ops of `pl_cycles` each on the compute unit. */
void zs_outline_compute(zs_outline *o, uint64_t n, uint64_t pl_cycles);
void zs_outline_transfer(zs_outline *o, uint32_t port, bool writes, uint64_t bytes);
/* A transfer over several ports, a bit each: the first moves no less than any other. */
void zs_outline_striped(zs_outline *o, uint32_t ports, bool writes, uint64_t bytes);
/* All work so far ends before what follows begins. */
void zs_outline_join(zs_outline *o);
/* Adds an op of `row` that is in the plan. */
void zs_outline_op(zs_outline *o, const zs_plan_row *row, const zs_tile_op *op);
/* Lower bound of the PL cycle in which the work so far ends. */
uint64_t zs_outline_end(const zs_outline *o);

/* Relaxes ports that may still be any up to index `last`, or are what the design has: for time each
 * operand gets its own, as wide as the widest; for resources all share one, as narrow as the
 * narrowest. False: operands or layers have further ports of their own, for which there is no
 * bound. */
bool zs_relax_ports(zs_design *design, uint32_t last, bool for_time);

/* PL cycles in which the DRAM can move `bytes` at its peak, rounded down: two beats of the bus per
 * DRAM clock. 0 for memory of fixed latency, whose channels do not wait for each other. */
uint64_t zs_least_dram_pl_cycles(const zs_design *design, uint64_t bytes);

#endif
