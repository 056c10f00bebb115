/* space.h - a space of designs to search: its axes, and what its parts can be at best.
 *
 * Axes     a kind of accelerator says which keys are worth turning and through which values (row
 *          `space` of kind.h); a value that the design has itself is always among them.
 * Parts    the axes of the grid stand in the order in which a search fixes them. A part is a point
 *          with a number of axes fixed; the others may still take any value.
 * Bounds   of a part, those of a relaxed design (zs_sweep_outlook), which is never worse than any
 *          design in it; of a point, of the design itself. Of keys the values that axes have left;
 *          of resources what there is, where a design has to fit. A condition on a figure whose
 *          bounds cannot meet it leaves the part out.
 * Memory   the arena's. */
#ifndef ZYNQSIM_SPACE_H
#define ZYNQSIM_SPACE_H

#include "zynqsim/base.h"
#include "zynqsim/condition.h"
#include "zynqsim/design.h"
#include "zynqsim/grid.h"
#include "zynqsim/sweep.h"

/* The axes of the design's kind without those that turn a key of `held` (ends with NULL; NULL:
 * none). ZS_EUNSUPPORTED where the kind has none. */
zs_status zs_space_axes(zs_arena *arena, const zs_design *base, const char *const *held,
                        zs_grid *out, zs_err *err);
/* Puts the axes of a grid into the order in which they are best fixed: those first that nothing is
 * known of while they are open. */
void zs_space_order(zs_grid *grid, const zs_design *base);
/* The point that the base itself is, or one with the first value of each axis that lacks the
 * base's. */
uint64_t zs_space_home(const zs_grid *grid, const zs_design *base);

typedef struct zs_space {
    const zs_sweep *sweep; /* its grid in order */
    zs_subject objective;
    bool is_larger; /* more is better */
    /* of the space */
    uint32_t first_n;                 /* axes that have to be fixed before anything is known */
    uint64_t below[ZS_GRID_AXES + 1]; /* [axes fixed] points of a part */
    struct zs_open_knob *open;        /* [path of an axis], in the order of axes */
    uint32_t open_from[ZS_GRID_AXES + 1];
} zs_space;
/* The sweep has its grid, base and conditions. */
zs_status zs_space_init(zs_arena *arena, const zs_sweep *sweep, const zs_subject *objective,
                        bool is_larger, zs_space *out, zs_err *err);

/* Whether parts, or points, are left out by a condition on the figure before they are simulated: a
 * time that is not to be long, say, and not one that is to be long. */
bool zs_space_bounds(const zs_space *space, const zs_subject *figure, zs_relation relation);

/* The point with another value of one axis. */
uint64_t zs_space_with_value(const zs_space *space, uint64_t point, uint32_t axis, uint32_t value);

/* What is known of a part without simulating. */
typedef struct zs_space_look {
    double bound;  /* of the objective, smaller is better; -INFINITY: nothing is known */
    double excess; /* 0, or by how much it misses the conditions at best; INFINITY: no design */
} zs_space_look;
/* `fixed` axes of the point count. What lies in the arena is for the caller to reset. ZS_ENOMEM,
 * ZS_EIO. */
zs_status zs_space_look_at(const zs_space *space, uint64_t point, uint32_t fixed, zs_arena *arena,
                           zs_space_look *out, zs_err *err);
/* Of what a point came to: its objective, smaller is better, and by how much it misses the
 * conditions. NAN and INFINITY without a result. */
void zs_space_judge(const zs_space *space, const zs_design *design, const zs_result *result,
                    double *value, double *excess);

#endif
