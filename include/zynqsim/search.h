/* search.h - the best design of a space: a first incumbent by local search, then branch and bound.
 *
 * Climb    steepest descent over neighbours that differ in one axis or two, until none is better;
 *          of two infeasible points the one with the smaller violation is better.
 * Bound    best-first branch and bound: the part (space.h) with the least lower bound is split into
 *          the values of its next axis. Parts that cannot beat the incumbent are pruned, remaining
 *          points are simulated. Until there is an incumbent, the deepest part goes first.
 * Proof    once no part is open, the incumbent is the optimum; before, the least bound of the open
 *          parts is a bound of the optimum.
 * Confirm  on request, a point counts only if it also meets the conditions at fidelity burst.
 * Work     counted in events of simulations at fidelity burst, which take about 18 ns each; one at
 *          another fidelity, a look and the plan of a simulation count as so many as they take
 *          time. A limit of it ends a search at the same point on every machine.
 * Threads  the caller performs the tasks of a round, on any thread and in any order. The tasks
 *          depend on the space alone, not on that order.
 * Memory   24 bytes per open part, up to a limit; beyond it the search continues depth first, which
 *          needs no more. */
#ifndef ZYNQSIM_SEARCH_H
#define ZYNQSIM_SEARCH_H

#include "zynqsim/base.h"
#include "zynqsim/space.h"

enum { ZS_SEARCH_ROUND = 32, ZS_SEARCH_TOP = 100 };

typedef enum zs_search_what { ZS_SEARCH_LOOK, ZS_SEARCH_CUT, ZS_SEARCH_SIMULATE } zs_search_what;

/* One evaluation. */
typedef struct zs_search_task {
    zs_search_what what;
    uint64_t point;
    uint32_t fixed;       /* axes */
    double to_beat;       /* a point above it need not be confirmed */
    zs_space_look look;   /* LOOK */
    zs_space_look *looks; /* CUT: [value of the next axis], allocated */
    double value, excess; /* SIMULATE: zs_space_judge; excess > 0 if the point is not confirmed */
    uint64_t events, confirm_events; /* SIMULATE: of the simulation and its confirmation */
    bool is_done;                    /* a caller that stops may leave tasks undone */
} zs_search_task;

typedef struct zs_search_point {
    uint64_t point;
    double value; /* smaller is better */
} zs_search_point;

typedef struct zs_search_state {
    uint64_t simulated, looked_at;
    uint64_t work; /* in events */
    bool is_found, is_proven;
    zs_search_point best;
    double bound;                       /* lower bound of all points; -INFINITY: none */
    zs_search_point top[ZS_SEARCH_TOP]; /* the best simulated points, best first */
    uint32_t top_n;
    /* while no point is feasible: the infeasible point with the least violation */
    uint64_t nearest;
    double nearest_excess;
} zs_search_state;

typedef struct zs_search_options {
    uint32_t top_n;          /* how many to keep, at least 1 */
    uint32_t waiting_most;   /* limit of open parts; 0: the default */
    double gap_frac;         /* stop at a gap of at most this */
    uint64_t simulated_most; /* 0: no limit */
    uint64_t work_most;      /* likewise */
    bool confirms;
} zs_search_options;

typedef struct zs_search_hook {
    /* Performs the tasks (zs_search_perform), in any order; all of them unless is_over. */
    zs_status (*perform)(void *ctx, zs_search_task *tasks, uint32_t n, zs_err *err);
    bool (*is_over)(void *ctx); /* asked before each round; NULL: never */
    /* Called after each round; may be NULL. */
    void (*progress)(void *ctx, const zs_search_state *state);
    void *ctx;
} zs_search_hook;

/* `arena` holds the open parts. ZS_ENOMEM, or the status of `perform`. */
zs_status zs_search_run(zs_arena *arena, const zs_space *space, const zs_search_options *options,
                        const zs_search_hook *hook, zs_search_state *state, zs_err *err);
/* Performs one task; `memo` and `scratch` belong to one thread. *outcome: the simulated point, to
 * be logged; valid in the memo until the next task. May be NULL. */
zs_status zs_search_perform(const zs_space *space, bool confirms, zs_search_task *task,
                            zs_sweep_memo *memo, zs_arena *scratch, zs_sweep_point *outcome,
                            zs_err *err);
/* (best - bound) / |best|, 0 when proven; NAN without an incumbent or without a bound. */
double zs_search_gap(const zs_search_state *state);

#endif
