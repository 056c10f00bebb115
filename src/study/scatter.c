#include "zynqsim/scatter.h"

#include <stdlib.h>
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

/* So that less is better. */
static double badness(double value, bool is_more)
{
    return is_more ? -value : value;
}

typedef struct candidate {
    double x, y;
    uint32_t at;
} candidate;

static int by_x_then_y(const void *a, const void *b)
{
    const candidate *p = a, *q = b;
    if (p->x != q->x)
        return p->x < q->x ? -1 : 1;
    if (p->y != q->y)
        return p->y < q->y ? -1 : 1;
    return p->at < q->at ? -1 : p->at > q->at;
}

zs_status zs_scatter_build(zs_arena *arena, zs_scatter *s, zs_err *err)
{
    candidate *list = zs_new(arena, candidate, s->n + (size_t)1);
    uint32_t *front = zs_new(arena, uint32_t, s->n + (size_t)1), n = 0;
    if (list == NULL || front == NULL)
        return zs_nomem(err, "the points of a sweep");
    for (uint32_t i = 0; i < s->n; i++)
        if (s->points[i].is_feasible)
            list[n++] = (candidate){.x = badness(s->points[i].x, s->x_is_more),
                                    .y = badness(s->points[i].y, s->y_is_more),
                                    .at = i};
    s->infeasible_n = s->n - n;
    qsort(list, n, sizeof *list, by_x_then_y);
    s->front = front;
    s->front_n = 0;
    const candidate *last = NULL; /* of the front */
    for (uint32_t i = 0; i < n; i++) {
        const candidate *c = &list[i];
        if (last != NULL && !(c->y < last->y) && !(c->x == last->x && c->y == last->y))
            continue;
        s->points[c->at].on_front = true;
        front[s->front_n++] = c->at;
        last = c;
    }
    return ZS_OK;
}
