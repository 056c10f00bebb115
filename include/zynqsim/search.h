/* search.h - the best design of a space: a first one by local search, then branch and bound.
 *
 * Climb    from a point to the best of its neighbours, which differ in one axis or in two, until
 *          none is better: of two points that miss the conditions the one that misses them by less.
 * Bound    parts (space.h) in the order of their bounds; the best one is cut into the values of its
 *          next axis. What cannot be better than what was found is dropped, and a point that is
 *          left over is simulated. Until something was found, the deepest part goes first.
 * Proof    once no part is left, what was found is the optimum of all points; before, no point is
 *          better than the least bound of those left.
 * Confirm  where the caller asks for it, a point counts only if it meets the conditions at fidelity
 *          burst, too.
 * Threads  the caller performs the tasks of a round, on any thread and in any order. Which tasks
 *          there are follows from the space alone, not from how they are performed.
 * Memory   parts that wait are 24 bytes each and no more than a number of them; beyond, the search
 *          goes on depth first, which needs none. */
#ifndef ZYNQSIM_SEARCH_H
#define ZYNQSIM_SEARCH_H

#include "zynqsim/base.h"
#include "zynqsim/space.h"

enum { ZS_SEARCH_ROUND = 32, ZS_SEARCH_TOP = 100 };

typedef enum zs_search_what { ZS_SEARCH_LOOK, ZS_SEARCH_CUT, ZS_SEARCH_SIMULATE } zs_search_what;

/* One thing to be found out. */
typedef struct zs_search_task {
    zs_search_what what;
    uint64_t point;
    uint32_t fixed;       /* axes */
    double to_beat;       /* a point above it need not be confirmed */
    zs_space_look look;   /* LOOK */
    zs_space_look *looks; /* CUT: [value of the next axis], room is there */
    double value, excess; /* SIMULATE: zs_space_judge; of a point that is not confirmed an excess */
    bool is_done;         /* a caller who is to end may leave tasks undone */
} zs_search_task;

typedef struct zs_search_point {
    uint64_t point;
    double value; /* smaller is better */
} zs_search_point;

typedef struct zs_search_state {
    uint64_t simulated, looked_at;
    bool is_found, is_proven;
    zs_search_point best;
    double bound;                       /* no point is better; -INFINITY: nothing is known */
    zs_search_point top[ZS_SEARCH_TOP]; /* the best that were simulated, in order */
    uint32_t top_n;
    /* of what misses the conditions, where nothing meets them: what misses them by the least */
    uint64_t nearest;
    double nearest_excess;
} zs_search_state;

typedef struct zs_search_options {
    uint32_t top_n;          /* how many to keep, at least 1 */
    uint32_t waiting_most;   /* parts that may wait; 0: what is usual */
    double gap_frac;         /* enough when the gap is not above it */
    uint64_t simulated_most; /* 0: no limit */
    bool confirms;
} zs_search_options;

typedef struct zs_search_hook {
    /* Performs the tasks (zs_search_perform), in any order; all unless it is over. */
    zs_status (*perform)(void *ctx, zs_search_task *tasks, uint32_t n, zs_err *err);
    bool (*is_over)(void *ctx); /* asked before each round; NULL: never */
    /* After each round. NULL is fine. */
    void (*progress)(void *ctx, const zs_search_state *state);
    void *ctx;
} zs_search_hook;

/* `arena` holds what waits. ZS_ENOMEM, or what performing came to. */
zs_status zs_search_run(zs_arena *arena, const zs_space *space, const zs_search_options *options,
                        const zs_search_hook *hook, zs_search_state *state, zs_err *err);
/* One task; `memo` and `scratch` are one thread's. *outcome: of a simulation, what there is to
 * write down; it lies in the memo until the next. NULL is fine. */
zs_status zs_search_perform(const zs_space *space, bool confirms, zs_search_task *task,
                            zs_sweep_memo *memo, zs_arena *scratch, zs_sweep_point *outcome,
                            zs_err *err);
/* (bound - best) / best, 0 when proven; NAN while nothing is found or nothing known. */
double zs_search_gap(const zs_search_state *state);

#endif
