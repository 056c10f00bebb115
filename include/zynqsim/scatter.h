/* scatter.h - points of a sweep by two of their figures, and which of them nothing beats.
 *
 * A point is on the front when it is feasible and no other feasible one is at least as good in both
 * figures and better in one. Of equal points all are.
 * Memory   the arena's; labels stay the caller's. */
#ifndef ZYNQSIM_SCATTER_H
#define ZYNQSIM_SCATTER_H

#include "zynqsim/base.h"

/* Colours of a plot: the values of one key, the last for all that are left. */
enum { ZS_SCATTER_GROUPS = 6 };

typedef struct zs_scatter_point {
    const char *label; /* what is its own: the keys that the sweep varies */
    const char *number,
        *settings; /* of the sweep, and as options: "--set a=1 --set b=2"; or NULL */
    const char *dsp, *images_per_second; /* cells of the row; NULL: not there */
    double x, y;
    uint32_t group; /* its value of the key by which points are coloured */
    bool is_feasible;
    bool is_close; /* feasible, but too close to the limits of the device to call */
    bool on_front; /* set by zs_scatter_build */
} zs_scatter_point;

typedef struct zs_scatter_axis {
    const char *name;    /* of the column */
    const char *title;   /* in words, with the unit */
    bool is_more_better; /* of the figure */
    bool is_log;
    bool has_budget; /* what the device has of it */
    double budget;
} zs_scatter_axis;

typedef struct zs_scatter {
    zs_scatter_axis x, y;
    const char *title;
    const char *key; /* by which points are coloured, NULL: by whether they fit */
    const char *groups[ZS_SCATTER_GROUPS];
    uint32_t group_n; /* with a key */
    zs_scatter_point *points;
    uint32_t n;
    uint32_t left_out; /* points without one of the figures: never simulated */
    /* by zs_scatter_build */
    uint32_t *front; /* places in `points`, best x first */
    uint32_t front_n, infeasible_n;
} zs_scatter;

/* Marks and lists the front, and puts groups that are numbers in order. ZS_ENOMEM. */
zs_status zs_scatter_build(zs_arena *arena, zs_scatter *scatter, zs_err *err);
/* The group of a value of the key, a new one where it is the first of its kind; the last group when
 * there are no more. `value` stays the caller's. */
uint32_t zs_scatter_group(zs_scatter *scatter, const char *value);
/* The words of a column for an axis: "time (PL cycles)"; without words of its own the name and the
 * unit of the figure. ZS_ENOMEM. */
zs_status zs_scatter_axis_name(zs_arena *arena, const char *column, zs_scatter_axis *axis,
                               zs_err *err);
/* Whether more of a figure of metrics.def is better ("gops"); false also for other names. */
bool zs_metric_is_more_better(const char *name);

#endif
