/* scatter.h - points of a sweep by two of their figures, and which of them nothing beats.
 *
 * A point is on the front when it is feasible and no other feasible one is at least as good in both
 * figures and better in one. Of equal points all are.
 * Memory   the arena's; labels stay the caller's. */
#ifndef ZYNQSIM_SCATTER_H
#define ZYNQSIM_SCATTER_H

#include "zynqsim/base.h"

typedef struct zs_scatter_point {
    const char *label; /* what is its own: the keys that the sweep varies */
    const char *number,
        *settings; /* of the sweep, and as options: "--set a=1 --set b=2"; or NULL */
    const char *dsp, *images_per_second; /* cells of the row; NULL: not there */
    double x, y;
    bool is_feasible;
    bool on_front; /* set by zs_scatter_build */
} zs_scatter_point;

typedef struct zs_scatter {
    const char *x_name, *y_name, *title;
    bool x_is_more, y_is_more; /* more of it is better */
    zs_scatter_point *points;
    uint32_t n;
    uint32_t left_out; /* points without one of the figures: never simulated */
    /* by zs_scatter_build */
    uint32_t *front; /* places in `points`, best x first */
    uint32_t front_n, infeasible_n;
} zs_scatter;

/* Marks and lists the front. ZS_ENOMEM. */
zs_status zs_scatter_build(zs_arena *arena, zs_scatter *scatter, zs_err *err);
/* Whether more of a figure of metrics.def is better ("gops"); false also for other names. */
bool zs_metric_is_more_better(const char *name);

#endif
