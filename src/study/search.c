#include "search_priv.h"

#include "order_priv.h"
#include "zynqsim/kind.h"

#include <math.h>
#include <string.h>

enum {
    WAITING_MOST = 1 << 20,
    VALUES_MOST = 4096, /* most neighbours of a point */
    CLIMB_FIRST = 4,    /* neighbours simulated in the first round, 16 in the next ones */
    CLIMB_TRIES = 3     /* rounds without improvement before a climb ends */
};

double zs_search_gap(const zs_search_state *s)
{
    if (!s->is_found || isinf(s->bound))
        return (double)NAN;
    if (s->is_proven || s->bound >= s->best.value)
        return 0;
    return s->best.value != 0 ? (s->best.value - s->bound) / fabs(s->best.value) : INFINITY;
}

/* ---- climbing -------------------------------------------------------------------------------- */

typedef struct neighbour {
    uint64_t point;
    zs_space_look look;
} neighbour;

/* The smaller violation first, then the better bound. */
static bool is_better_look(const zs_space_look *a, const zs_space_look *b)
{
    return a->excess < b->excess || (a->excess == b->excess && a->bound < b->bound);
}

static bool looks_better(const void *ctx, uint64_t a, uint64_t b)
{
    const neighbour *list = ctx;
    return is_better_look(&list[a].look, &list[b].look);
}

/* Points that differ in one axis, or in exactly two. */
static uint32_t list_neighbours(const zs_search *s, uint64_t point, bool two, neighbour *list,
                                uint32_t most)
{
    uint32_t n = 0;
    for (uint32_t a = 0; a < s->grid->axis_n; a++)
        for (uint32_t v = 0; v < s->grid->axes[a].value_n; v++) {
            const uint64_t one = zs_space_with_value(s->space, point, a, v);
            if (one == point)
                continue;
            if (!two && n < most)
                list[n++].point = one;
            for (uint32_t b = a + 1; two && b < s->grid->axis_n; b++)
                for (uint32_t w = 0; w < s->grid->axes[b].value_n; w++) {
                    const uint64_t both = zs_space_with_value(s->space, one, b, w);
                    if (both != one && n < most)
                        list[n++].point = both;
                }
        }
    return n;
}

static zs_status look_at_all(zs_search *s, neighbour *list, uint32_t n)
{
    for (uint32_t at = 0; at < n && !zs_search_is_over(s); at += ZS_SEARCH_ROUND) {
        uint32_t k = 0;
        for (; k < ZS_SEARCH_ROUND && at + k < n; k++)
            s->tasks[k] = (zs_search_task){
                .what = ZS_SEARCH_LOOK, .point = list[at + k].point, .fixed = s->grid->axis_n};
        ZS_TRY(zs_search_round(s, k));
        for (uint32_t i = 0; i < k; i++)
            list[at + i].look = s->tasks[i].look;
    }
    return ZS_OK;
}

static bool is_better_place(double excess, double value, double than_excess, double than_value)
{
    return excess < than_excess || (excess == than_excess && excess <= 0 && value < than_value);
}

/* Moves a simulated point to its best simulated neighbour, if that is better. */
static zs_status step(zs_search *s, bool two, zs_arena *arena, zs_search_task *at, bool *moved)
{
    neighbour *list = zs_new(arena, neighbour, VALUES_MOST);
    *moved = false;
    if (list == NULL)
        return zs_nomem(s->err, "neighbours");
    const uint32_t n = list_neighbours(s, at->point, two, list, VALUES_MOST);
    for (uint32_t i = 0; i < n; i++)
        list[i].look = (zs_space_look){INFINITY, INFINITY};
    ZS_TRY(look_at_all(s, list, n));
    const uint64_t *order = zs_order_build(arena, n, looks_better, list);
    if (order == NULL)
        return zs_nomem(s->err, "neighbours");
    uint32_t next = 0;
    for (uint32_t tried = 0; tried < CLIMB_TRIES && !*moved && !zs_search_is_over(s); tried++) {
        /* the best bounds first, and few of them: a move makes the others needless */
        const uint32_t most = tried == 0 ? CLIMB_FIRST : ZS_SEARCH_ROUND / 2;
        uint32_t k = 0;
        for (; next < n && k < most; next++) {
            const neighbour *b = &list[order[next]];
            if (is_better_place(b->look.excess, b->look.bound, at->excess, at->value))
                s->tasks[k++] = (zs_search_task){.what = ZS_SEARCH_SIMULATE, .point = b->point};
        }
        if (k == 0)
            return ZS_OK;
        ZS_TRY(zs_search_round(s, k));
        for (uint32_t i = 0; i < k; i++) {
            const zs_search_task *t = &s->tasks[i];
            if (is_better_place(t->excess, t->value, at->excess, at->value)) {
                *at = *t;
                *moved = true;
            }
        }
        zs_search_report(s);
    }
    return ZS_OK;
}

static zs_status climb(zs_search *s, uint64_t point)
{
    zs_arena arena;
    s->tasks[0] = (zs_search_task){.what = ZS_SEARCH_SIMULATE, .point = point};
    ZS_TRY(zs_search_round(s, 1));
    zs_search_task at = s->tasks[0];
    zs_search_report(s);
    zs_arena_init(&arena, s->arena->source);
    zs_status status = ZS_OK;
    for (bool moved = true, two = false;
         status == ZS_OK && !zs_search_is_over(s) && (moved || !two);) {
        two = !moved;
        zs_arena_reset(&arena);
        status = step(s, two, &arena, &at, &moved);
        if (moved)
            two = false;
    }
    zs_arena_drop(&arena);
    return status;
}

/* ---- open parts ------------------------------------------------------------------------------ */

/* The least bound first, then the deepest. */
static bool goes_first(const zs_search_part *a, const zs_search_part *b)
{
    if (a->bound != b->bound)
        return a->bound < b->bound;
    if (a->fixed != b->fixed)
        return a->fixed > b->fixed;
    return a->point < b->point;
}

static void push_heap(zs_search *s, const zs_search_part *p)
{
    uint32_t at = s->heap_n++;
    while (at > 0 && goes_first(p, &s->heap[(at - 1) / 2])) {
        s->heap[at] = s->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    s->heap[at] = *p;
}

static zs_search_part pop_heap(zs_search *s)
{
    const zs_search_part top = s->heap[0], last = s->heap[--s->heap_n];
    uint32_t at = 0;
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= s->heap_n)
            break;
        if (child + 1 < s->heap_n && goes_first(&s->heap[child + 1], &s->heap[child]))
            child++;
        if (!goes_first(&s->heap[child], &last))
            break;
        s->heap[at] = s->heap[child];
        at = child;
    }
    s->heap[at] = last;
    return top;
}

static zs_status push_stack(zs_search *s, const zs_search_part *p)
{
    if (s->stack_n == s->stack_room) {
        const uint32_t room = 2 * s->stack_room;
        zs_search_part *longer = zs_arena_alloc_raw(s->arena, room, sizeof *longer);
        if (longer == NULL)
            return zs_nomem(s->err, "parts of the space");
        memcpy(longer, s->stack, s->stack_n * sizeof *longer);
        s->stack = longer;
        s->stack_room = room;
    }
    s->stack[s->stack_n++] = *p;
    return ZS_OK;
}

static bool is_hopeless(const zs_search *s, double bound)
{
    return s->state->is_found && bound >= s->state->best.value;
}

/* The next zs_search_part that may beat the incumbent. */
static bool pop(zs_search *s, zs_search_part *out)
{
    while (s->stack_n > 0) {
        *out = s->stack[--s->stack_n];
        if (!is_hopeless(s, out->bound))
            return true;
    }
    while (s->heap_n > 0) {
        *out = pop_heap(s);
        if (!is_hopeless(s, out->bound))
            return true;
        s->heap_n = 0; /* all others have bounds at least as large */
    }
    return false;
}

/* The children of a part, one per value of its next axis: on the stack, the best on top, while
 * there is no incumbent or the heap is full; else in the heap. */
static zs_status push_values(zs_search *s, const zs_search_task *t)
{
    const uint32_t n = s->grid->axes[t->fixed].value_n;
    const bool to_stack = !s->state->is_found || s->heap_n + n > s->heap_most;
    uint32_t left = 0;
    for (uint32_t v = 0; v < n; v++) {
        const zs_space_look *l = &t->looks[v];
        if (l->excess > 0 || is_hopeless(s, l->bound))
            continue;
        const zs_search_part p = {l->bound, t->point + v * s->space->below[t->fixed + 1],
                                  t->fixed + 1};
        if (!to_stack)
            push_heap(s, &p);
        else
            ZS_TRY(push_stack(s, &p));
        left++;
    }
    if (to_stack) { /* few: by insertion, the worst at the bottom */
        zs_search_part *from = s->stack + s->stack_n - left;
        for (uint32_t i = 1; i < left; i++)
            for (uint32_t k = i; k > 0 && goes_first(&from[k - 1], &from[k]); k--) {
                const zs_search_part moved = from[k];
                from[k] = from[k - 1];
                from[k - 1] = moved;
            }
    }
    return ZS_OK;
}

static void update_bound(zs_search *s)
{
    double bound = zs_search_to_beat(s);
    if (s->heap_n > 0)
        bound = fmin(bound, s->heap[0].bound);
    for (uint32_t i = 0; i < s->stack_n; i++)
        bound = fmin(bound, s->stack[i].bound);
    s->state->bound = bound;
}

static bool is_close_enough(const zs_search *s)
{
    return s->options->gap_frac > 0 && zs_search_gap(s->state) <= s->options->gap_frac;
}

static void move_stack_to_heap(zs_search *s)
{
    while (s->stack_n > 0 && s->heap_n < s->heap_most)
        push_heap(s, &s->stack[--s->stack_n]);
}

static zs_status branch(zs_search *s, bool *is_new)
{
    const double before = zs_search_to_beat(s);
    uint32_t n = 0;
    zs_search_part p, parts[ZS_SEARCH_ROUND];
    /* without an incumbent the search is depth first */
    const uint32_t most = s->state->is_found ? ZS_SEARCH_ROUND : ZS_SEARCH_ROUND / 4;
    while (n < most && pop(s, &p)) {
        zs_search_task *t = &s->tasks[n];
        const bool is_point = p.fixed == s->grid->axis_n;
        *t = (zs_search_task){.what = is_point ? ZS_SEARCH_SIMULATE : ZS_SEARCH_CUT,
                              .point = p.point,
                              .fixed = p.fixed,
                              .looks = s->looks + (size_t)n * s->values_most};
        parts[n++] = p;
    }
    s->state->is_proven = n == 0;
    if (n == 0)
        return ZS_OK;
    ZS_TRY(zs_search_round(s, n));
    for (uint32_t i = n; i-- > 0;)
        if (!s->tasks[i].is_done)
            ZS_TRY(push_stack(s, &parts[i]));
        else if (s->tasks[i].what == ZS_SEARCH_CUT)
            ZS_TRY(push_values(s, &s->tasks[i]));
    if (s->state->is_found && isinf(before))
        move_stack_to_heap(s);
    update_bound(s);
    s->state->is_proven = s->heap_n == 0 && s->stack_n == 0;
    *is_new = zs_search_to_beat(s) < before;
    zs_search_report(s);
    return ZS_OK;
}

/* ---- the first parts ------------------------------------------------------------------------- */

enum { FIRST_PARTS = 2048 };

/* Replaces the parts of the list by their children; *is_done false: stopped, the list is unchanged.
 */
static zs_status cut_list(zs_search *s, zs_search_part *list, uint32_t *n, uint32_t fixed,
                          bool *is_done)
{
    const uint32_t values = s->grid->axes[fixed].value_n, old_n = *n;
    zs_search_part old[FIRST_PARTS];
    memcpy(old, list, old_n * sizeof *old);
    *n = 0;
    for (uint32_t at = 0; at < old_n; at += ZS_SEARCH_ROUND) {
        uint32_t k = 0;
        for (; k < ZS_SEARCH_ROUND && at + k < old_n; k++)
            s->tasks[k] = (zs_search_task){.what = ZS_SEARCH_CUT,
                                           .point = old[at + k].point,
                                           .fixed = fixed,
                                           .looks = s->looks + (size_t)k * s->values_most};
        ZS_TRY(zs_search_round(s, k));
        for (uint32_t i = 0; i < k; i++) {
            const zs_search_task *t = &s->tasks[i];
            *is_done = *is_done && t->is_done;
            for (uint32_t v = 0; v < values && t->is_done; v++)
                if (!(t->looks[v].excess > 0))
                    list[(*n)++] = (zs_search_part){
                        t->looks[v].bound, t->point + v * s->space->below[fixed + 1], fixed + 1};
        }
    }
    if (*is_done)
        return ZS_OK;
    memcpy(list, old, old_n * sizeof *old);
    *n = old_n;
    return ZS_OK;
}

/* Opens the parts with first_n axes fixed, which have bounds, or with as many as the list has room
 * for: so that the first incumbent comes with a bound. */
static zs_status find_first_parts(zs_search *s)
{
    zs_search_part list[FIRST_PARTS] = {{-INFINITY, 0, 0}};
    uint32_t n = 1;
    bool is_done = true;
    for (uint32_t fixed = 0; fixed < s->grid->axis_n && fixed < s->space->first_n && is_done;
         fixed++) {
        if ((uint64_t)n * s->grid->axes[fixed].value_n > FIRST_PARTS)
            break;
        ZS_TRY(cut_list(s, list, &n, fixed, &is_done));
    }
    for (uint32_t i = 0; i < n; i++)
        if (s->heap_n < s->heap_most)
            push_heap(s, &list[i]);
        else
            ZS_TRY(push_stack(s, &list[i]));
    update_bound(s);
    return ZS_OK;
}

static zs_status branch_all(zs_search *s)
{
    while (!s->state->is_proven && !is_close_enough(s) && !zs_search_is_over(s)) {
        bool is_new = false;
        ZS_TRY(branch(s, &is_new));
        if (is_new && !s->state->is_proven)
            ZS_TRY(climb(s, s->state->best.point));
    }
    return ZS_OK;
}

/* ---- entry ----------------------------------------------------------------------------------- */

static uint64_t count_layers(const zs_sweep *w)
{
    const zs_net *net; /* none: the first simulation says what is wrong with it */
    return w->net_of(w->ctx, &w->base, &net, NULL) == ZS_OK ? net->layer_n : 0;
}

zs_status zs_search_run(zs_arena *arena, const zs_space *space, const zs_search_options *options,
                        const zs_search_hook *hook, zs_search_state *state, zs_err *err)
{
    zs_search s = {.arena = arena,
                   .space = space,
                   .grid = &space->sweep->grid,
                   .options = options,
                   .hook = hook,
                   .state = state,
                   .stack_room = 4096,
                   .values_most = 1,
                   .err = err};
    zs_search_set_work(&s, count_layers(space->sweep));
    *state = (zs_search_state){.bound = -INFINITY, .nearest_excess = INFINITY};
    s.heap_most = options->waiting_most ? options->waiting_most : WAITING_MOST;
    for (uint32_t i = 0; i < s.grid->axis_n; i++)
        if (s.grid->axes[i].value_n > s.values_most)
            s.values_most = s.grid->axes[i].value_n;
    s.heap = zs_arena_alloc_raw(arena, s.heap_most + 1u, sizeof *s.heap);
    s.stack = zs_arena_alloc_raw(arena, s.stack_room, sizeof *s.stack);
    s.memo = zs_new(arena, zs_search_known, 2 * ZS_SEARCH_KNOWN_MOST);
    s.tasks = zs_new(arena, zs_search_task, ZS_SEARCH_ROUND);
    s.looks = zs_arena_alloc_raw(arena, (size_t)ZS_SEARCH_ROUND * s.values_most, sizeof *s.looks);
    if (s.heap == NULL || s.stack == NULL || s.memo == NULL || s.tasks == NULL || s.looks == NULL)
        return zs_nomem(err, "the search");
    ZS_TRY(find_first_parts(&s));
    state->is_proven = s.heap_n == 0; /* nothing meets the conditions */
    if (state->is_proven)
        return ZS_OK;
    ZS_TRY(climb(&s, zs_space_home(s.grid, &space->sweep->base)));
    ZS_TRY(branch_all(&s));
    return ZS_OK;
}
