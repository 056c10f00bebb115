/* flow_clock.h - the nodes of flow.h clock by clock, register by register, as their RTL is: what
 * zs_flow_run must come to without looking at every clock. Slow and plain. */
#ifndef ZYNQSIM_TEST_FLOW_CLOCK_H
#define ZYNQSIM_TEST_FLOW_CLOCK_H

#include "zynqsim/flow.h"

/* Weights of a matrix unit: those of step n are there from clock n / load * every on. */
typedef struct flow_clock_weights {
    uint64_t load, every; /* load 0: always there */
} flow_clock_weights;

/* `weights` [node], may be NULL. Fills the edges and first_output, last_output, stall_cycles, end,
 * is_deadlock of `out`. */
void flow_clock_run(zs_arena *arena, const zs_flow *flow, uint64_t images,
                    const flow_clock_weights *weights, zs_flow_result *out);

#endif
