#include "zynqsim/search.h"

#include "order_priv.h"
#include "zynqsim/kind.h"

#include <math.h>
#include <string.h>

enum {
    WAITING_MOST = 1 << 20,
    MEMO_MOST = 1 << 16, /* simulated points that are cached */
    VALUES_MOST = 4096,  /* most neighbours of a point */
    CLIMB_FIRST = 4,     /* neighbours simulated in the first round, 16 in the next ones */
    CLIMB_TRIES = 3      /* rounds without improvement before a climb ends */
};

/* Work in events of burst, as measured over the networks of models/. */
enum {
    TILE_EVENTS = 3, /* of one event at tile or bound */
    LOOK_EVENTS = 2500,
    LAYER_EVENTS = 150, /* of a look: all in all, and per layer */
    PLAN_LOOKS = 4,     /* of the plan of a simulation */
    CHOICE_EVENTS = 60  /* of the choice of `auto`, per layer and layer */
};

typedef struct part {
    double bound;
    uint64_t point;
    uint32_t fixed;
} part;

typedef struct remembered {
    uint64_t point; /* plus 1; 0: free */
    double value, excess;
} remembered;

typedef struct search {
    zs_arena *arena;
    const zs_space *space;
    const zs_grid *grid;
    const zs_search_options *options;
    const zs_search_hook *hook;
    zs_search_state *state;
    part *heap; /* the least bound first */
    uint32_t heap_n, heap_most;
    part *stack; /* parts that are not in the heap */
    uint32_t stack_n, stack_room;
    remembered *memo;
    uint32_t memo_n;
    uint64_t look_work, choice_work, simulated_work; /* of one look or choice, of all simulations */
    zs_search_task *tasks;                           /* of a round */
    zs_space_look *looks;                            /* [task][value] */
    uint32_t values_most;                            /* of an axis */
    zs_err *err;
} search;

double zs_search_gap(const zs_search_state *s)
{
    if (!s->is_found || isinf(s->bound))
        return (double)NAN;
    if (s->is_proven || s->bound >= s->best.value)
        return 0;
    return s->best.value != 0 ? (s->best.value - s->bound) / fabs(s->best.value) : INFINITY;
}

/* ---- one task -------------------------------------------------------------------------------- */

static zs_status confirm(const zs_space *space, uint64_t point, zs_arena *arena, bool *holds,
                         uint64_t *events, zs_err *err)
{
    const zs_sweep *w = space->sweep;
    zs_design d;
    const zs_net *net;
    zs_plan *plan;
    zs_result *r;
    double value, excess;
    zs_arena_reset(arena);
    ZS_TRY(zs_grid_design(&w->grid, point, &w->base, arena, &d, err));
    ZS_TRY(w->net_of(w->ctx, &d, &net, err));
    ZS_TRY(zs_plan_build(arena, &d, net, &plan, err));
    ZS_TRY(zs_sim_run(arena, &d, net, plan, ZS_BURST, NULL, &r, err));
    zs_space_judge(space, &d, r, &value, &excess);
    *holds = excess <= 0;
    *events = r->events;
    return ZS_OK;
}

static zs_status simulate(const zs_space *space, bool confirms, zs_search_task *t,
                          zs_sweep_memo *memo, zs_arena *scratch, zs_sweep_point *outcome,
                          zs_err *err)
{
    zs_sweep_point p;
    zs_design d;
    ZS_TRY(zs_sweep_run(space->sweep, t->point, memo, &p, err));
    zs_arena_reset(scratch);
    if (p.result != NULL && zs_grid_design(&space->sweep->grid, t->point, &space->sweep->base,
                                           scratch, &d, err) != ZS_OK)
        p.result = NULL;
    zs_space_judge(space, &d, p.result, &t->value, &t->excess);
    t->events = p.outcome == ZS_OUTCOME_SIMULATED && p.result != NULL ? p.result->events : 0;
    if (p.outcome == ZS_OUTCOME_SKIPPED && t->excess <= 0)
        t->excess = 1;
    if (outcome != NULL)
        *outcome = p;
    if (!confirms || t->excess > 0 || !(t->value < t->to_beat))
        return ZS_OK;
    bool holds;
    ZS_TRY(confirm(space, t->point, scratch, &holds, &t->confirm_events, err));
    if (!holds)
        t->excess = 1e-9;
    return ZS_OK;
}

static zs_status perform_one(const zs_space *space, bool confirms, zs_search_task *task,
                             zs_sweep_memo *memo, zs_arena *scratch, zs_sweep_point *outcome,
                             zs_err *err)
{
    if (task->what == ZS_SEARCH_SIMULATE)
        return simulate(space, confirms, task, memo, scratch, outcome, err);
    zs_arena_reset(scratch);
    if (task->what == ZS_SEARCH_LOOK)
        return zs_space_look_at(space, task->point, task->fixed, scratch, &task->look, err);
    const uint32_t n = space->sweep->grid.axes[task->fixed].value_n;
    for (uint32_t v = 0; v < n; v++) {
        zs_arena_reset(scratch);
        ZS_TRY(zs_space_look_at(space, task->point + v * space->below[task->fixed + 1],
                                task->fixed + 1, scratch, &task->looks[v], err));
    }
    return ZS_OK;
}

zs_status zs_search_perform(const zs_space *space, bool confirms, zs_search_task *task,
                            zs_sweep_memo *memo, zs_arena *scratch, zs_sweep_point *outcome,
                            zs_err *err)
{
    const zs_status status = perform_one(space, confirms, task, memo, scratch, outcome, err);
    task->is_done = status == ZS_OK;
    return status;
}

/* ---- simulated points ------------------------------------------------------------------------ */

static remembered *find(search *s, uint64_t point)
{
    uint64_t at = (point * UINT64_C(0x9e3779b97f4a7c15)) >> 40;
    for (;; at++) {
        remembered *r = &s->memo[at & (2 * MEMO_MOST - 1)];
        if (r->point == 0 || r->point == point + 1)
            return r;
    }
}

static void remember(search *s, const zs_search_task *t)
{
    remembered *r = find(s, t->point);
    if (r->point != 0 || s->memo_n == MEMO_MOST)
        return;
    *r = (remembered){t->point + 1, t->value, t->excess};
    s->memo_n++;
}

static bool comes_first(const zs_search_point *a, const zs_search_point *b)
{
    return a->value < b->value || (a->value == b->value && a->point < b->point);
}

static void keep_in_top(search *s, const zs_search_point *p)
{
    zs_search_state *state = s->state;
    const uint32_t most = s->options->top_n < ZS_SEARCH_TOP ? s->options->top_n : ZS_SEARCH_TOP;
    uint32_t at = state->top_n;
    for (uint32_t i = 0; i < state->top_n; i++)
        if (state->top[i].point == p->point)
            return;
    while (at > 0 && comes_first(p, &state->top[at - 1]))
        at--;
    if (at == most)
        return;
    if (state->top_n < most)
        state->top_n++;
    memmove(&state->top[at + 1], &state->top[at], (state->top_n - at - 1) * sizeof *state->top);
    state->top[at] = *p;
}

static void record(search *s, const zs_search_task *t)
{
    zs_search_state *state = s->state;
    const zs_search_point p = {t->point, t->value};
    remember(s, t);
    if (t->excess > 0) {
        if (t->excess < state->nearest_excess) {
            state->nearest_excess = t->excess;
            state->nearest = t->point;
        }
        return;
    }
    keep_in_top(s, &p);
    if (!state->is_found || p.value < state->best.value) {
        state->best = p;
        state->is_found = true;
    }
}

static double to_beat(const search *s)
{
    return s->state->is_found ? s->state->best.value : INFINITY;
}

/* ---- rounds ---------------------------------------------------------------------------------- */

static bool is_over(const search *s)
{
    const zs_search_options *o = s->options;
    return (o->simulated_most > 0 && s->state->simulated >= o->simulated_most) ||
           (o->work_most > 0 && s->state->work >= o->work_most) ||
           (s->hook->is_over != NULL && s->hook->is_over(s->hook->ctx));
}

/* The fusion of the point is `auto`. */
static bool chooses(const search *s, uint64_t point)
{
    const uint32_t at = zs_grid_axis(s->grid, "accelerator.fusion");
    if (at == ZS_GRID_AXES)
        return s->space->sweep->base.accel.fusion == ZS_FUSION_AUTO;
    const zs_axis *axis = &s->grid->axes[at];
    return strcmp(axis->values[point / s->space->below[at + 1] % axis->value_n], "auto") == 0;
}

static uint64_t work_of(const search *s, const zs_search_task *t)
{
    if (t->what != ZS_SEARCH_SIMULATE)
        return s->look_work * (t->what == ZS_SEARCH_CUT ? s->grid->axes[t->fixed].value_n : 1u);
    const uint64_t weight = s->space->sweep->fidelity == ZS_BURST ? 1 : TILE_EVENTS;
    return PLAN_LOOKS * s->look_work + (chooses(s, t->point) ? s->choice_work : 0) +
           weight * t->events + t->confirm_events;
}

/* So many of the next n tasks at once that they are not far beyond the limit of work: simulations
 * are taken to be like those before. */
static uint32_t affordable(const search *s, const zs_search_task *tasks, uint32_t n)
{
    const zs_search_state *state = s->state;
    const uint64_t most = s->options->work_most;
    bool simulates = false;
    for (uint32_t i = 0; i < n; i++)
        simulates |= tasks[i].what == ZS_SEARCH_SIMULATE;
    if (most == 0 || !simulates)
        return n;
    if (state->simulated == 0)
        return 1;
    const uint64_t left = most > state->work ? most - state->work : 0;
    const uint64_t can = left / zs_max_u64(1, s->simulated_work / state->simulated);
    return (uint32_t)zs_max_u64(1, zs_min_u64(n, can));
}

static void take(search *s, const zs_search_task *t)
{
    const uint64_t work = work_of(s, t);
    s->state->work += work;
    if (t->what == ZS_SEARCH_SIMULATE) {
        s->state->simulated++;
        s->simulated_work += work;
        record(s, t);
    } else {
        s->state->looked_at += t->what == ZS_SEARCH_CUT ? s->grid->axes[t->fixed].value_n : 1;
    }
}

/* Performs the n tasks of s->tasks and records simulations in their order. Cached points are not
 * simulated again; what the limit of work has no room for is not done. */
static zs_status perform(search *s, uint32_t n)
{
    zs_search_task todo[ZS_SEARCH_ROUND] = {{0}};
    uint32_t from[ZS_SEARCH_ROUND] = {0}, todo_n = 0;
    for (uint32_t i = 0; i < n; i++) {
        zs_search_task *t = &s->tasks[i];
        t->is_done = false;
        const remembered *r = t->what == ZS_SEARCH_SIMULATE ? find(s, t->point) : NULL;
        if (r != NULL && r->point != 0) {
            t->value = r->value;
            t->excess = r->excess;
            t->is_done = true;
            continue;
        }
        from[todo_n] = i;
        todo[todo_n++] = *t;
    }
    for (uint32_t at = 0, k; at < todo_n; at += k) {
        k = affordable(s, todo + at, todo_n - at);
        for (uint32_t i = at; i < at + k; i++)
            todo[i].to_beat = to_beat(s);
        if (at == 0 || !is_over(s))
            ZS_TRY(s->hook->perform(s->hook->ctx, todo + at, k, s->err));
        for (uint32_t i = at; i < at + k; i++) {
            zs_search_task *t = &s->tasks[from[i]];
            *t = todo[i];
            if (t->is_done) {
                take(s, t);
                continue;
            }
            t->value = t->excess = INFINITY; /* the search was stopped: the worst values */
            t->look = (zs_space_look){INFINITY, INFINITY};
        }
    }
    return ZS_OK;
}

static void report(const search *s)
{
    if (s->hook->progress != NULL)
        s->hook->progress(s->hook->ctx, s->state);
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
static uint32_t list_neighbours(const search *s, uint64_t point, bool two, neighbour *list,
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

static zs_status look_at_all(search *s, neighbour *list, uint32_t n)
{
    for (uint32_t at = 0; at < n && !is_over(s); at += ZS_SEARCH_ROUND) {
        uint32_t k = 0;
        for (; k < ZS_SEARCH_ROUND && at + k < n; k++)
            s->tasks[k] = (zs_search_task){
                .what = ZS_SEARCH_LOOK, .point = list[at + k].point, .fixed = s->grid->axis_n};
        ZS_TRY(perform(s, k));
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
static zs_status step(search *s, bool two, zs_arena *arena, zs_search_task *at, bool *moved)
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
    for (uint32_t tried = 0; tried < CLIMB_TRIES && !*moved && !is_over(s); tried++) {
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
        ZS_TRY(perform(s, k));
        for (uint32_t i = 0; i < k; i++) {
            const zs_search_task *t = &s->tasks[i];
            if (is_better_place(t->excess, t->value, at->excess, at->value)) {
                *at = *t;
                *moved = true;
            }
        }
        report(s);
    }
    return ZS_OK;
}

static zs_status climb(search *s, uint64_t point)
{
    zs_arena arena;
    s->tasks[0] = (zs_search_task){.what = ZS_SEARCH_SIMULATE, .point = point};
    ZS_TRY(perform(s, 1));
    zs_search_task at = s->tasks[0];
    report(s);
    zs_arena_init(&arena, s->arena->source);
    zs_status status = ZS_OK;
    for (bool moved = true, two = false; status == ZS_OK && !is_over(s) && (moved || !two);) {
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
static bool goes_first(const part *a, const part *b)
{
    if (a->bound != b->bound)
        return a->bound < b->bound;
    if (a->fixed != b->fixed)
        return a->fixed > b->fixed;
    return a->point < b->point;
}

static void push_heap(search *s, const part *p)
{
    uint32_t at = s->heap_n++;
    while (at > 0 && goes_first(p, &s->heap[(at - 1) / 2])) {
        s->heap[at] = s->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    s->heap[at] = *p;
}

static part pop_heap(search *s)
{
    const part top = s->heap[0], last = s->heap[--s->heap_n];
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

static zs_status push_stack(search *s, const part *p)
{
    if (s->stack_n == s->stack_room) {
        const uint32_t room = 2 * s->stack_room;
        part *longer = zs_arena_alloc_raw(s->arena, room, sizeof *longer);
        if (longer == NULL)
            return zs_nomem(s->err, "parts of the space");
        memcpy(longer, s->stack, s->stack_n * sizeof *longer);
        s->stack = longer;
        s->stack_room = room;
    }
    s->stack[s->stack_n++] = *p;
    return ZS_OK;
}

static bool is_hopeless(const search *s, double bound)
{
    return s->state->is_found && bound >= s->state->best.value;
}

/* The next part that may beat the incumbent. */
static bool pop(search *s, part *out)
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
static zs_status push_values(search *s, const zs_search_task *t)
{
    const uint32_t n = s->grid->axes[t->fixed].value_n;
    const bool to_stack = !s->state->is_found || s->heap_n + n > s->heap_most;
    uint32_t left = 0;
    for (uint32_t v = 0; v < n; v++) {
        const zs_space_look *l = &t->looks[v];
        if (l->excess > 0 || is_hopeless(s, l->bound))
            continue;
        const part p = {l->bound, t->point + v * s->space->below[t->fixed + 1], t->fixed + 1};
        if (!to_stack)
            push_heap(s, &p);
        else
            ZS_TRY(push_stack(s, &p));
        left++;
    }
    if (to_stack) { /* few: by insertion, the worst at the bottom */
        part *from = s->stack + s->stack_n - left;
        for (uint32_t i = 1; i < left; i++)
            for (uint32_t k = i; k > 0 && goes_first(&from[k - 1], &from[k]); k--) {
                const part moved = from[k];
                from[k] = from[k - 1];
                from[k - 1] = moved;
            }
    }
    return ZS_OK;
}

static void update_bound(search *s)
{
    double bound = to_beat(s);
    if (s->heap_n > 0)
        bound = fmin(bound, s->heap[0].bound);
    for (uint32_t i = 0; i < s->stack_n; i++)
        bound = fmin(bound, s->stack[i].bound);
    s->state->bound = bound;
}

static bool is_close_enough(const search *s)
{
    return s->options->gap_frac > 0 && zs_search_gap(s->state) <= s->options->gap_frac;
}

static void move_stack_to_heap(search *s)
{
    while (s->stack_n > 0 && s->heap_n < s->heap_most)
        push_heap(s, &s->stack[--s->stack_n]);
}

static zs_status branch(search *s, bool *is_new)
{
    const double before = to_beat(s);
    uint32_t n = 0;
    part p, parts[ZS_SEARCH_ROUND];
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
    ZS_TRY(perform(s, n));
    for (uint32_t i = n; i-- > 0;)
        if (!s->tasks[i].is_done)
            ZS_TRY(push_stack(s, &parts[i]));
        else if (s->tasks[i].what == ZS_SEARCH_CUT)
            ZS_TRY(push_values(s, &s->tasks[i]));
    if (s->state->is_found && isinf(before))
        move_stack_to_heap(s);
    update_bound(s);
    s->state->is_proven = s->heap_n == 0 && s->stack_n == 0;
    *is_new = to_beat(s) < before;
    report(s);
    return ZS_OK;
}

/* ---- the first parts ------------------------------------------------------------------------- */

enum { FIRST_PARTS = 2048 };

/* Replaces the parts of the list by their children; *is_done false: stopped, the list is unchanged.
 */
static zs_status cut_list(search *s, part *list, uint32_t *n, uint32_t fixed, bool *is_done)
{
    const uint32_t values = s->grid->axes[fixed].value_n, old_n = *n;
    part old[FIRST_PARTS];
    memcpy(old, list, old_n * sizeof *old);
    *n = 0;
    for (uint32_t at = 0; at < old_n; at += ZS_SEARCH_ROUND) {
        uint32_t k = 0;
        for (; k < ZS_SEARCH_ROUND && at + k < old_n; k++)
            s->tasks[k] = (zs_search_task){.what = ZS_SEARCH_CUT,
                                           .point = old[at + k].point,
                                           .fixed = fixed,
                                           .looks = s->looks + (size_t)k * s->values_most};
        ZS_TRY(perform(s, k));
        for (uint32_t i = 0; i < k; i++) {
            const zs_search_task *t = &s->tasks[i];
            *is_done = *is_done && t->is_done;
            for (uint32_t v = 0; v < values && t->is_done; v++)
                if (!(t->looks[v].excess > 0))
                    list[(*n)++] = (part){t->looks[v].bound,
                                          t->point + v * s->space->below[fixed + 1], fixed + 1};
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
static zs_status find_first_parts(search *s)
{
    part list[FIRST_PARTS] = {{-INFINITY, 0, 0}};
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

static zs_status branch_all(search *s)
{
    while (!s->state->is_proven && !is_close_enough(s) && !is_over(s)) {
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
    search s = {.arena = arena,
                .space = space,
                .grid = &space->sweep->grid,
                .options = options,
                .hook = hook,
                .state = state,
                .stack_room = 4096,
                .values_most = 1,
                .err = err};
    const uint64_t layer_n = count_layers(space->sweep);
    s.look_work = LOOK_EVENTS + LAYER_EVENTS * layer_n;
    s.choice_work = CHOICE_EVENTS * layer_n * layer_n;
    *state = (zs_search_state){.bound = -INFINITY, .nearest_excess = INFINITY};
    s.heap_most = options->waiting_most ? options->waiting_most : WAITING_MOST;
    for (uint32_t i = 0; i < s.grid->axis_n; i++)
        if (s.grid->axes[i].value_n > s.values_most)
            s.values_most = s.grid->axes[i].value_n;
    s.heap = zs_arena_alloc_raw(arena, s.heap_most + 1u, sizeof *s.heap);
    s.stack = zs_arena_alloc_raw(arena, s.stack_room, sizeof *s.stack);
    s.memo = zs_new(arena, remembered, 2 * MEMO_MOST);
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
