/* pareto.h - the front of points that nothing beats, and the best of many by lower bounds.
 *
 * Front    a point is on it when no other is at least as good in every objective and better in one;
 *          equal points are on it together. A point with an undefined objective never is.
 * Best     points come in the order of their bounds; once the bound of the next is above the least
 *          value found, so are all behind it, and what was found is the optimum of all. Among equal
 *          ones the point of the lowest number wins.
 * Senses   smaller is better; for larger, negate. */
#ifndef ZYNQSIM_PARETO_H
#define ZYNQSIM_PARETO_H

#include "zynqsim/base.h"

/* values[n][objective_n]. The points of the front by the first objective, then the second ...,
 * equal ones by number. O(n log n) for up to two objectives, else O(n log n + n x front).
 * ZS_ENOMEM. */
zs_status zs_pareto_list(zs_arena *arena, const double *values, uint64_t n, uint32_t objective_n,
                         uint64_t **front, uint64_t *front_n, zs_err *err);
/* The same as flags. */
zs_status zs_pareto_mark(zs_arena *arena, const double *values, uint64_t n, uint32_t objective_n,
                         bool *on_front, zs_err *err);

typedef struct zs_candidate {
    uint64_t point;
    double bound;
} zs_candidate;

typedef struct zs_best {
    zs_candidate *list; /* by bound, then by number */
    uint64_t n, next;
    bool found;
    uint64_t point; /* the best so far */
    double value;
} zs_best;

/* Sorts the candidates, which stay the caller's. A bound that is not a number comes first: nothing
 * is known. ZS_ENOMEM. */
zs_status zs_best_init(zs_best *best, zs_arena *arena, zs_candidate *list, uint64_t n, zs_err *err);
/* The next point worth simulating; false: what was found is the optimum. */
bool zs_best_next(zs_best *best, uint64_t *point);
/* The value of a point that meets all conditions; NAN is none. */
void zs_best_record(zs_best *best, uint64_t point, double value);

#endif
