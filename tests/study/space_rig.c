#include "space_rig.h"

#include "small_nets.h"

#include <math.h>

space_rig rig;

static zs_status net_of(void *ctx, const zs_design *design, const zs_net **out, zs_err *err)
{
    (void)ctx;
    (void)design;
    (void)err;
    *out = rig.net;
    return ZS_OK;
}

void space_setup(void)
{
    zs_arena_init(&rig.keep, test_heap());
    zs_arena_init(&rig.point, test_heap());
    rig.net = test_net_build(&rig.keep, 0);
    rig.sweep = (zs_sweep){.fidelity = ZS_TILE, .net_of = net_of};
    zs_design_defaults(&rig.sweep.base);
    zs_grid_init(&rig.sweep.grid);
}

void space_teardown(void)
{
    zs_arena_drop(&rig.keep);
    zs_arena_drop(&rig.point);
}

void space_over(const char *text)
{
    zs_axis axis;
    zs_err err = {0};
    ck_assert_msg(zs_axis_parse(&rig.keep, text, &rig.sweep.base, &axis, &err) == ZS_OK, "%s: %s",
                  text, err.text);
    ck_assert_int_eq(zs_grid_add(&rig.sweep.grid, &axis, &err), ZS_OK);
}

void space_where(const char *const *texts, uint32_t n)
{
    zs_err err = {0};
    ck_assert_msg(zs_conditions_parse(&rig.keep, texts, n, &rig.sweep.conditions, &err) == ZS_OK,
                  "%s", err.text);
}

void space_find(const char *figure, bool is_larger)
{
    zs_subject objective;
    zs_space_order(&rig.sweep.grid, &rig.sweep.base);
    zs_grid_find_families(&rig.sweep.grid, &rig.sweep.base);
    ck_assert_int_eq(zs_figure_find(&rig.keep, figure, &objective, NULL), ZS_OK);
    ck_assert_int_eq(zs_space_init(&rig.keep, &rig.sweep, &objective, is_larger, &rig.space, NULL),
                     ZS_OK);
}

/* ---- searching ------------------------------------------------------------------------------- */

typedef struct worker {
    zs_sweep_memo memo;
    zs_arena scratch;
    uint32_t left; /* tasks before it is over */
} worker;

static zs_status perform(void *ctx, zs_search_task *tasks, uint32_t n, zs_err *err)
{
    worker *w = ctx;
    for (uint32_t i = n; i-- > 0;) /* any order */
        ZS_TRY(zs_search_perform(&rig.space, false, &tasks[i], &w->memo, &w->scratch, NULL, err));
    return ZS_OK;
}

static bool is_over(void *ctx)
{
    worker *w = ctx;
    return w->left > 0 && --w->left == 0;
}

zs_search_state space_search(const zs_search_options *options, uint32_t left)
{
    worker w = {.left = left};
    zs_search_state state;
    zs_err err = {0};
    const zs_search_hook hook = {.perform = perform, .is_over = is_over, .ctx = &w};
    zs_sweep_memo_init(&w.memo, test_heap());
    zs_arena_init(&w.scratch, test_heap());
    ck_assert_msg(zs_search_run(&rig.keep, &rig.space, options, &hook, &state, &err) == ZS_OK, "%s",
                  err.text);
    zs_sweep_memo_drop(&w.memo);
    zs_arena_drop(&w.scratch);
    return state;
}

/* The best of all points, one after the other. INFINITY: none meets the conditions. */
double space_exhaust(uint64_t *met)
{
    zs_sweep_memo memo;
    double best = INFINITY;
    zs_sweep_memo_init(&memo, test_heap());
    *met = 0;
    for (uint64_t i = 0; i < rig.sweep.grid.point_n; i++) {
        zs_sweep_point p;
        double value, excess;
        ck_assert_int_eq(zs_sweep_run(&rig.sweep, i, &memo, &p, NULL), ZS_OK);
        zs_space_judge(&rig.space, &rig.sweep.base, p.result, &value, &excess);
        if (p.outcome != ZS_OUTCOME_SIMULATED || excess > 0)
            continue;
        ++*met;
        best = fmin(best, value);
    }
    zs_sweep_memo_drop(&memo);
    return best;
}
