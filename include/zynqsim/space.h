/* space.h - a space of designs to search: its axes, and lower bounds of its parts.
 *
 * Axes     a kind of accelerator lists the keys to vary and their values (row `space` of kind.h);
 *          the base design's own value is always among them.
 * Parts    a node of the branch-and-bound tree: the axes of the grid are in the order in which a
 *          search fixes them; a part has the first few fixed, the others may take any value.
 * Bounds   of a part, those of a relaxed design (zs_sweep_outlook), which is never worse than any
 *          design in it; of a point, those of the design itself. Of keys, the values of open axes;
 *          of resources, the capacity of the device where a design has to fit. A part is pruned
 *          when the bounds of a figure cannot meet its condition.
 * Memory   the arena's. */
#ifndef ZYNQSIM_SPACE_H
#define ZYNQSIM_SPACE_H

#include "zynqsim/base.h"
#include "zynqsim/condition.h"
#include "zynqsim/design.h"
#include "zynqsim/grid.h"
#include "zynqsim/sweep.h"

/* The axes of the design's kind without those that vary a key of `held` (ends with NULL; NULL:
 * none). ZS_EUNSUPPORTED where the kind has none. */
zs_status zs_space_axes(zs_arena *arena, const zs_design *base, const char *const *held,
                        zs_grid *out, zs_err *err);
/* Sorts the axes of a grid into branching order: first those without a bound while they are open.
 */
void zs_space_order(zs_grid *grid, const zs_design *base);
/* The point of the base design, with the first value of each axis that lacks the base's. */
uint64_t zs_space_home(const zs_grid *grid, const zs_design *base);

typedef struct zs_space {
    const zs_sweep *sweep; /* its grid in order */
    zs_subject objective;
    bool is_larger; /* maximise */
    /* derived */
    uint32_t first_n;                 /* axes that have to be fixed before there is any bound */
    uint64_t below[ZS_GRID_AXES + 1]; /* [axes fixed] points of a part */
    struct zs_open_knob *open;        /* [path of an axis], in the order of axes */
    uint32_t open_from[ZS_GRID_AXES + 1];
} zs_space;
/* The sweep has its grid, base and conditions. */
zs_status zs_space_init(zs_arena *arena, const zs_sweep *sweep, const zs_subject *objective,
                        bool is_larger, zs_space *out, zs_err *err);

/* Whether a condition on the figure can prune parts or points before simulation: an upper limit of
 * a time can, say, a lower limit cannot. */
bool zs_space_bounds(const zs_space *space, const zs_subject *figure, zs_relation relation);

/* The point with another value of one axis. */
uint64_t zs_space_with_value(const zs_space *space, uint64_t point, uint32_t axis, uint32_t value);

/* What is known of a part without simulating. */
typedef struct zs_space_look {
    double bound;  /* lower bound of the minimised objective; -INFINITY: none */
    double excess; /* lower bound of the violation of the conditions; INFINITY: infeasible */
} zs_space_look;
/* Only the first `fixed` axes of the point count. The caller resets the arena. ZS_ENOMEM, ZS_EIO.
 */
zs_status zs_space_look_at(const zs_space *space, uint64_t point, uint32_t fixed, zs_arena *arena,
                           zs_space_look *out, zs_err *err);
/* Objective (to be minimised) and violation of the conditions of a simulated point. NAN and
 * INFINITY without a result. */
void zs_space_judge(const zs_space *space, const zs_design *design, const zs_result *result,
                    double *value, double *excess);

#endif
