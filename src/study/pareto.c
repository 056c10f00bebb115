#include "zynqsim/pareto.h"

#include "order_priv.h"

#include <math.h>
#include <string.h>

/* ---- the front ------------------------------------------------------------------------------- */

typedef struct objectives {
    const double *values;
    uint32_t n;
} objectives;

static const double *row_of(const objectives *o, uint64_t i)
{
    return o->values + i * o->n;
}

static bool is_defined(const objectives *o, uint64_t i)
{
    for (uint32_t k = 0; k < o->n; k++)
        if (isnan(row_of(o, i)[k]))
            return false;
    return true;
}

/* By the first objective, then the second ...: whoever beats a point comes before it. Points that
 * are not defined come last. */
static bool comes_before(const void *ctx, uint64_t a, uint64_t b)
{
    const objectives *o = ctx;
    const bool has_a = is_defined(o, a), has_b = is_defined(o, b);
    if (!has_a || !has_b)
        return has_a && !has_b;
    const double *x = row_of(o, a), *y = row_of(o, b);
    for (uint32_t k = 0; k < o->n; k++)
        if (x[k] != y[k])
            return x[k] < y[k];
    return false;
}

static bool beats(const objectives *o, uint64_t a, uint64_t b)
{
    const double *x = row_of(o, a), *y = row_of(o, b);
    bool better = false;
    for (uint32_t k = 0; k < o->n; k++) {
        if (x[k] > y[k])
            return false;
        better |= x[k] < y[k];
    }
    return better;
}

/* Points come in order, so of two objectives only the last of the front can beat the next point:
 * none before it is less in the second. */
static bool is_beaten(const objectives *o, const uint64_t *front, uint64_t front_n, uint64_t i)
{
    const uint64_t first = o->n <= 2 && front_n > 0 ? front_n - 1 : 0;
    for (uint64_t k = front_n; k-- > first;)
        if (beats(o, front[k], i))
            return true;
    return false;
}

zs_status zs_pareto_list(zs_arena *arena, const double *values, uint64_t n, uint32_t objective_n,
                         uint64_t **front, uint64_t *front_n, zs_err *err)
{
    const objectives o = {values, objective_n};
    const uint64_t *order = zs_order_build(arena, n, comes_before, &o);
    uint64_t *list = zs_arena_alloc_raw(arena, n, sizeof *list), list_n = 0;
    if (order == NULL || list == NULL)
        return zs_nomem(err, "the Pareto front");
    for (uint64_t i = 0; i < n && is_defined(&o, order[i]); i++)
        if (!is_beaten(&o, list, list_n, order[i]))
            list[list_n++] = order[i];
    *front = list;
    *front_n = list_n;
    return ZS_OK;
}

zs_status zs_pareto_mark(zs_arena *arena, const double *values, uint64_t n, uint32_t objective_n,
                         bool *on_front, zs_err *err)
{
    uint64_t *front, front_n;
    ZS_TRY(zs_pareto_list(arena, values, n, objective_n, &front, &front_n, err));
    for (uint64_t i = 0; i < n; i++)
        on_front[i] = false;
    for (uint64_t i = 0; i < front_n; i++)
        on_front[front[i]] = true;
    return ZS_OK;
}

/* ---- the best by bounds ---------------------------------------------------------------------- */

static bool is_more_promising(const void *ctx, uint64_t a, uint64_t b)
{
    const zs_candidate *list = ctx, *x = &list[a], *y = &list[b];
    const bool open_x = isnan(x->bound), open_y = isnan(y->bound);
    if (open_x || open_y)
        return open_x != open_y ? open_x : x->point < y->point;
    return x->bound != y->bound ? x->bound < y->bound : x->point < y->point;
}

zs_status zs_best_init(zs_best *best, zs_arena *arena, zs_candidate *list, uint64_t n, zs_err *err)
{
    const uint64_t *order = zs_order_build(arena, n, is_more_promising, list);
    zs_candidate *sorted = zs_arena_alloc_raw(arena, n, sizeof *sorted);
    if (order == NULL || sorted == NULL)
        return zs_nomem(err, "the candidates");
    for (uint64_t i = 0; i < n; i++)
        sorted[i] = list[order[i]];
    if (n > 0)
        memcpy(list, sorted, n * sizeof *list);
    *best = (zs_best){.list = list, .n = n};
    return ZS_OK;
}

bool zs_best_next(zs_best *best, uint64_t *point)
{
    while (best->next < best->n) {
        const zs_candidate *c = &best->list[best->next];
        if (best->found && c->bound > best->value)
            return false;
        best->next++;
        if (best->found && c->bound >= best->value && c->point > best->point)
            continue; /* at best it is equal, and then the lower number wins */
        *point = c->point;
        return true;
    }
    return false;
}

void zs_best_record(zs_best *best, uint64_t point, double value)
{
    const bool better = !best->found || value < best->value;
    if (isnan(value) || (!better && (value > best->value || point > best->point)))
        return;
    best->found = true;
    best->point = point;
    best->value = value;
}
