#include "zynqsim/scatter.h"

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

static bool is_before(const candidate *p, const candidate *q)
{
    if (p->x != q->x)
        return p->x < q->x;
    return p->y != q->y ? p->y < q->y : p->at < q->at;
}

/* Merges runs of `width` from one list into another. */
static void merge_runs(const candidate *from, candidate *to, uint64_t n, uint64_t width)
{
    for (uint64_t start = 0; start < n; start += 2 * width) {
        const uint64_t middle = zs_min_u64(start + width, n);
        const uint64_t end = zs_min_u64(start + 2 * width, n);
        uint64_t a = start, b = middle;
        for (uint64_t k = start; k < end; k++) {
            const bool first = b == end || (a < middle && is_before(&from[a], &from[b]));
            to[k] = from[first ? a++ : b++];
        }
    }
}

/* By x, then y, then place: the list that they are in afterwards. */
static candidate *sorted(candidate *list, candidate *other, uint64_t n)
{
    for (uint64_t width = 1; width < n; width *= 2) {
        merge_runs(list, other, n, width);
        candidate *now = other;
        other = list;
        list = now;
    }
    return list;
}

zs_status zs_scatter_build(zs_arena *arena, zs_scatter *s, zs_err *err)
{
    candidate *list = zs_new(arena, candidate, s->n + (size_t)1);
    candidate *other = zs_new(arena, candidate, s->n + (size_t)1);
    uint32_t *front = zs_new(arena, uint32_t, s->n + (size_t)1), n = 0;
    if (list == NULL || other == NULL || front == NULL)
        return zs_nomem(err, "the points of a sweep");
    for (uint32_t i = 0; i < s->n; i++)
        if (s->points[i].is_feasible)
            list[n++] = (candidate){.x = badness(s->points[i].x, s->x_is_more),
                                    .y = badness(s->points[i].y, s->y_is_more),
                                    .at = i};
    s->infeasible_n = s->n - n;
    list = sorted(list, other, n);
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
