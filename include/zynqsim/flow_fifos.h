/* flow_fifos.h - how deep the FIFOs of a flow have to be.
 *
 * Finds  depths with which a run of some images loses nothing, or at most a stated share, against
 *        FIFOs that are never full: neither in the interval of its last images nor in its end.
 * How    deeper FIFOs never cost time, so the least depth of one, the others given, is found by
 *        bisection, and stays the least when others become shallower. One FIFO after the other, in
 *        three orders, of which the best is kept; the depths found are locally least: each of them
 *        one less loses. Not proven: that no other choice has fewer words.
 * Memory the arena's. */
#ifndef ZYNQSIM_FLOW_FIFOS_H
#define ZYNQSIM_FLOW_FIFOS_H

#include "zynqsim/flow.h"

/* What FIFOs cost: shift registers up to 256 words, deeper ones block RAM of a power of two. */
typedef struct zs_flow_fifos_cost {
    uint64_t words, lut, bram18;
} zs_flow_fifos_cost;
zs_flow_fifos_cost zs_flow_fifo_cost(uint64_t depth, uint32_t bits);

typedef struct zs_flow_fifos_options {
    uint64_t images;           /* of a run, at least 2 */
    double loss;               /* share of time that may be lost, 0: none */
    uint32_t least;            /* depth; at least 1 */
    const uint32_t *edge_bits; /* of a word; NULL: FIFOs cost words alone */
    bool only_depths;          /* without the proof and the long batch */
} zs_flow_fifos_options;

typedef struct zs_flow_fifos {
    uint32_t *depths; /* [edge] found; 0 where there is no FIFO */
    uint32_t *filled; /* [edge] largest fill where nothing is full */
    bool *is_needed;  /* [edge] one word less was tried and lost; else the depth is the least that
                         is allowed */
    uint64_t words, words_filled;
    zs_flow_fifos_cost cost;
    uint64_t interval, end;             /* with the depths found */
    uint64_t free_interval, free_end;   /* with FIFOs that are never full */
    uint64_t least_interval, least_end; /* with the least depth everywhere; 0: a deadlock */
    uint64_t long_interval;             /* of the last of 48 images */
    uint32_t runs;
} zs_flow_fifos;

/* ZS_ERANGE for options; what zs_flow_sim_run fails with. */
zs_status zs_flow_fifos_find(zs_arena *arena, const zs_flow *flow,
                             const zs_flow_fifos_options *options, zs_flow_fifos *out, zs_err *err);
/* The same with the least loss above that of the options with which all FIFOs together cost no more
 * than `most`, to a thousandth; members of UINT64_MAX: no limit. ZS_ERANGE where none does. */
zs_status zs_flow_fifos_fit(zs_arena *arena, const zs_flow *flow, zs_flow_fifos_options *options,
                            const zs_flow_fifos_cost *most, zs_flow_fifos *out, zs_err *err);

#endif
