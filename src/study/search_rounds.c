#include "search_priv.h"

#include "zynqsim/kind.h"

#include <math.h>
#include <string.h>

/* Rounds of tasks: what each of them does, what is known of simulated points, and the work that
 * all of them took. */

/* Work in events of burst, as measured over the networks of models/. */
enum {
    TILE_EVENTS = 3, /* of one event at tile or bound */
    LOOK_EVENTS = 2500,
    LAYER_EVENTS = 150, /* of a look: all in all, and per layer */
    PLAN_LOOKS = 4,     /* of the plan of a simulation */
    CHOICE_EVENTS = 60  /* of the choice of `auto`, per layer and layer */
};

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

static zs_search_known *find(zs_search *s, uint64_t point)
{
    uint64_t at = (point * UINT64_C(0x9e3779b97f4a7c15)) >> 40;
    for (;; at++) {
        zs_search_known *r = &s->memo[at & (2 * ZS_SEARCH_KNOWN_MOST - 1)];
        if (r->point == 0 || r->point == point + 1)
            return r;
    }
}

static void remember(zs_search *s, const zs_search_task *t)
{
    zs_search_known *r = find(s, t->point);
    if (r->point != 0 || s->memo_n == ZS_SEARCH_KNOWN_MOST)
        return;
    *r = (zs_search_known){t->point + 1, t->value, t->excess};
    s->memo_n++;
}

static bool comes_first(const zs_search_point *a, const zs_search_point *b)
{
    return a->value < b->value || (a->value == b->value && a->point < b->point);
}

static void keep_in_top(zs_search *s, const zs_search_point *p)
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

static void record(zs_search *s, const zs_search_task *t)
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

double zs_search_to_beat(const zs_search *s)
{
    return s->state->is_found ? s->state->best.value : INFINITY;
}

/* ---- rounds ---------------------------------------------------------------------------------- */

bool zs_search_is_over(const zs_search *s)
{
    const zs_search_options *o = s->options;
    return (o->simulated_most > 0 && s->state->simulated >= o->simulated_most) ||
           (o->work_most > 0 && s->state->work >= o->work_most) ||
           (s->hook->is_over != NULL && s->hook->is_over(s->hook->ctx));
}

void zs_search_set_work(zs_search *s, uint64_t layer_n)
{
    s->look_work = LOOK_EVENTS + LAYER_EVENTS * layer_n;
    s->choice_work = CHOICE_EVENTS * layer_n * layer_n;
}

/* The fusion of the point is `auto`. */
static bool chooses(const zs_search *s, uint64_t point)
{
    const uint32_t at = zs_grid_axis(s->grid, "accelerator.fusion");
    if (at == ZS_GRID_AXES)
        return s->space->sweep->base.accel.fusion == ZS_FUSION_AUTO;
    const zs_axis *axis = &s->grid->axes[at];
    return strcmp(axis->values[point / s->space->below[at + 1] % axis->value_n], "auto") == 0;
}

static uint64_t work_of(const zs_search *s, const zs_search_task *t)
{
    if (t->what != ZS_SEARCH_SIMULATE)
        return s->look_work * (t->what == ZS_SEARCH_CUT ? s->grid->axes[t->fixed].value_n : 1u);
    const uint64_t weight = s->space->sweep->fidelity == ZS_BURST ? 1 : TILE_EVENTS;
    return PLAN_LOOKS * s->look_work + (chooses(s, t->point) ? s->choice_work : 0) +
           weight * t->events + t->confirm_events;
}

/* So many of the next n tasks at once that they are not far beyond the limit of work: simulations
 * are taken to be like those before. */
static uint32_t affordable(const zs_search *s, const zs_search_task *tasks, uint32_t n)
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

static void take(zs_search *s, const zs_search_task *t)
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

zs_status zs_search_round(zs_search *s, uint32_t n)
{
    zs_search_task todo[ZS_SEARCH_ROUND] = {{0}};
    uint32_t from[ZS_SEARCH_ROUND] = {0}, todo_n = 0;
    for (uint32_t i = 0; i < n; i++) {
        zs_search_task *t = &s->tasks[i];
        t->is_done = false;
        const zs_search_known *r = t->what == ZS_SEARCH_SIMULATE ? find(s, t->point) : NULL;
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
            todo[i].to_beat = zs_search_to_beat(s);
        if (at == 0 || !zs_search_is_over(s))
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

void zs_search_report(const zs_search *s)
{
    if (s->hook->progress != NULL)
        s->hook->progress(s->hook->ctx, s->state);
}
