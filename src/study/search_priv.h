/* search_priv.h - the state of a search, for search.c (which parts and points come next) and
 * search_rounds.c (tasks, what is known of points, work). */
#ifndef ZYNQSIM_SEARCH_PRIV_H
#define ZYNQSIM_SEARCH_PRIV_H

#include "zynqsim/search.h"

enum { ZS_SEARCH_KNOWN_MOST = 1 << 16 }; /* simulated points that are cached */

typedef struct zs_search_part {
    double bound;
    uint64_t point;
    uint32_t fixed;
} zs_search_part;

typedef struct zs_search_known {
    uint64_t point; /* plus 1; 0: free */
    double value, excess;
} zs_search_known;

typedef struct zs_search {
    zs_arena *arena;
    const zs_space *space;
    const zs_grid *grid;
    const zs_search_options *options;
    const zs_search_hook *hook;
    zs_search_state *state;
    zs_search_part *heap; /* the least bound first */
    uint32_t heap_n, heap_most;
    zs_search_part *stack; /* parts that are not in the heap */
    uint32_t stack_n, stack_room;
    zs_search_known *memo;
    uint32_t memo_n;
    uint64_t look_work, choice_work, simulated_work; /* of one look or choice, of all simulations */
    zs_search_task *tasks;                           /* of a round */
    zs_space_look *looks;                            /* [task][value] */
    uint32_t values_most;                            /* of an axis */
    zs_err *err;
} zs_search;

/* Performs the n tasks of s->tasks and records simulations in their order. Points that are cached
 * are not simulated again; what the limit of work has no room for is not done. */
zs_status zs_search_round(zs_search *s, uint32_t n);
/* The value of the best point so far, or infinity. */
double zs_search_to_beat(const zs_search *s);
/* Whether a limit, or who called, ends the search. */
bool zs_search_is_over(const zs_search *s);
/* Calls the progress hook, if there is one. */
void zs_search_report(const zs_search *s);
/* Sets what a look and a choice of `auto` count for a network of so many layers. */
void zs_search_set_work(zs_search *s, uint64_t layer_n);

#endif
