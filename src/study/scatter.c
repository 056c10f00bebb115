#include "zynqsim/scatter.h"

#include "zynqsim/pareto.h"

#include <math.h>
#include <string.h>

bool zs_metric_is_more_better(const char *name)
{
    static const char *const names[] = {"gops", "images_per_second", "energy.gop_per_joule",
                                        "dram.row_hit_frac", "waited_frac.compute"};
    for (size_t i = 0; i < ZS_LEN(names); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* So that less is better, and what does not fit is nowhere. */
static double badness(const zs_scatter_point *p, double value, bool is_more)
{
    if (!p->is_feasible)
        return (double)NAN;
    return is_more ? -value : value;
}

zs_status zs_scatter_build(zs_arena *arena, zs_scatter *s, zs_err *err)
{
    double *values = zs_new(arena, double, 2 * (size_t)s->n);
    uint64_t *front, front_n;
    if (values == NULL)
        return zs_nomem(err, "the points of a sweep");
    s->infeasible_n = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        const zs_scatter_point *p = &s->points[i];
        values[2 * (size_t)i] = badness(p, p->x, s->x_is_more);
        values[2 * (size_t)i + 1] = badness(p, p->y, s->y_is_more);
        s->infeasible_n += !p->is_feasible;
    }
    ZS_TRY(zs_pareto_list(arena, values, s->n, 2, &front, &front_n, err));
    s->front = zs_new(arena, uint32_t, (size_t)front_n);
    if (s->front == NULL)
        return zs_nomem(err, "the points of a sweep");
    s->front_n = (uint32_t)front_n;
    for (uint32_t i = 0; i < s->front_n; i++) {
        s->front[i] = (uint32_t)front[i];
        s->points[s->front[i]].on_front = true;
    }
    return ZS_OK;
}
