/* explain.h - what limits a design: simulated again with twice, half and no limit of each resource.
 *
 * Resources  study/explain.def: the MAC lanes, the PL clock, block RAM, AXI ports, the DRAM, calls
 *            and layers in software on the PS. A resource that is a cost (a latency, a time) is
 *            doubled by halving it.
 * No limit   as far as the design's keys allow: costs at their minimum, rates at their maximum; for
 *            the DRAM a memory without banks or contention, for the MAC lanes a tile in one pass.
 * Not done   a step that no key can make (a port at its largest width) or that the design forbids;
 *            `why` has the reason.
 * Memory     the arena's. `scratch` is reset for each simulation. */
#ifndef ZYNQSIM_EXPLAIN_H
#define ZYNQSIM_EXPLAIN_H

#include "zynqsim/base.h"
#include "zynqsim/design.h"
#include "zynqsim/figures.h"
#include "zynqsim/net.h"
#include "zynqsim/sim.h"

typedef enum zs_explain_kind {
    ZS_EXPLAIN_COMPUTE,
    ZS_EXPLAIN_CLOCK,
    ZS_EXPLAIN_MEMORY,
    ZS_EXPLAIN_HOST,
    ZS_EXPLAIN_KIND_N
} zs_explain_kind;

typedef enum zs_explain_step { ZS_TWICE, ZS_HALF, ZS_UNLIMITED, ZS_EXPLAIN_STEP_N } zs_explain_step;

enum {
    ZS_EXPLAIN_LAYERS = 3,  /* layers that are named for a step */
    ZS_EXPLAIN_ADVICE = 16, /* sentences at the most */
    ZS_EXPLAIN_TURNS = 8    /* changes of single keys at the most */
};

typedef struct zs_explain_effect {
    bool is_done;
    const char *why;     /* not done: because */
    const char *change;  /* "accelerator.unroll.oc 8 -> 16" */
    double speedup;      /* of the whole network; below 1 for slower */
    bool fits, is_close; /* close: too close to call */
    bool is_as_now;      /* its largest excess, if any, is that of the given design */
    const char *binding; /* "" when it fits or is as now, else "323 of 220 DSP48" */
    /* layers that change by a twentieth at the least, those that change most in time first */
    uint32_t layer_n;
    double layers_speedup; /* of these together; NAN without any */
    const char *layers[ZS_EXPLAIN_LAYERS];
} zs_explain_effect;

typedef struct zs_explain_row {
    const char *name;
    const char *twice, *remark; /* for sentences, as explain.def has them */
    zs_explain_kind kind;
    zs_explain_effect effects[ZS_EXPLAIN_STEP_N];
} zs_explain_row;

/* A key of the design, or a few that go together, with another value: one that fits
 * for sure, at a clock that comparable builds reached. */
typedef struct zs_explain_turn {
    const char *change; /* "accelerator.tile.ic 16 -> 64" */
    const char *cost;   /* "BRAM18 118 -> 120"; "" where it takes the same room */
    const char *path;   /* the first of its keys */
    double speedup;     /* of images per second */
} zs_explain_turn;

typedef struct zs_explanation {
    zs_figures base;
    const zs_explain_row *rows; /* what helps most when doubled first */
    uint32_t row_n;
    const char *const *unused; /* resources of which no step could be done */
    uint32_t unused_n;
    zs_explain_turn turns[ZS_EXPLAIN_TURNS]; /* what helps most first */
    uint32_t turn_n;
    const char *advice[ZS_EXPLAIN_ADVICE]; /* sentences */
    uint32_t advice_n;
} zs_explanation;

/* Called after each simulation; NULL: none. */
typedef struct zs_explain_hook {
    void (*simulated)(void *ctx);
    void *ctx;
} zs_explain_hook;

/* Simulations that are made at the most, for a progress bar. */
uint32_t zs_explain_most_simulations(void);
/* Errors of the design itself as zs_plan_build and zs_sim_run have them; ZS_ENOMEM. */
zs_status zs_explain_run(zs_arena *arena, zs_arena *scratch, const zs_design *design,
                         const zs_net *net, zs_fidelity fidelity, const zs_explain_hook *hook,
                         zs_explanation *out, zs_err *err);

#endif
