/* tile_case.h - a double-buffered tile engine in front of a memory of fixed latency: one layer, as
 * RTL test benches measure it.
 *
 * Builds a design point and a network of one convolution from the parameters of the engine and runs
 * them through the ordinary plan and the ordinary engine: what is compared is the tiled kind, with
 * its fields set to what the RTL does. Nothing of the PS is in the figures.
 * Models   M output maps of r x c from N input maps, already padded; 32-bit words; tiles of
 *          tm x tn x tr x tc, trimmed at the edges; loops over rows, columns, output maps and input
 *          maps; tm x tn multiply-accumulates per clock; two buffers for operands, two for results;
 *          each step loads its inputs, then its weights (plain OIHW).
 * Sources  the rules are those of docs/models/engine.md, "An engine in RTL".
 * Memory   the plan of the case lives in the arena until that is reset. */
#ifndef ZYNQSIM_TILE_CASE_H
#define ZYNQSIM_TILE_CASE_H

#include "zynqsim/base.h"
#include "zynqsim/design.h"

typedef struct zs_tile_case {
    uint32_t m, n, r, c, k, s;      /* output maps, input maps, output rows and columns, kernel,
                                     * stride */
    uint32_t tm, tn, tr, tc;        /* tile */
    uint32_t words_per_beat;        /* 1, 2 or 4 */
    uint32_t rd_latency, b_latency; /* clocks: address to first beat, last beat to answer */
    uint32_t rd_outst, wr_outst;    /* bursts in flight */
    uint32_t pipe_depth;            /* of the MAC pipeline, 0 allowed */
    uint32_t block_rows;            /* 1: a row waits until the row before has arrived */
    uint32_t weight_port;           /* 1: weights have a read port of their own */
    uint32_t row_gap;               /* idle clocks before each row */
} zs_tile_case;

typedef struct zs_tile_case_result {
    uint64_t total_cycles;
    uint64_t compute_cycles; /* the engine works or drains */
    uint64_t rd_bursts, rd_beats, wr_bursts, wr_beats;
    uint64_t tiles; /* steps: tiles of input maps count */
} zs_tile_case_result;

/* The design point of a case: defaults but for what the engine, its ports and memory need. */
zs_status zs_tile_case_design(const zs_tile_case *c, zs_design *out, zs_err *err);
/* ZS_ERANGE names the parameter that is out of range; whatever building and running a plan may
 * fail with; ZS_ENOMEM. */
zs_status zs_tile_case_run(zs_arena *arena, const zs_tile_case *c, zs_tile_case_result *out,
                           zs_err *err);

#endif
