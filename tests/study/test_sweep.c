#include "study_cases.h"

#include "small_nets.h"
#include "zynqsim/figures.h"
#include "zynqsim/pareto.h"
#include "zynqsim/sweep.h"

#include <math.h>
#include <string.h>

static zs_arena keep, point;
static zs_sweep_memo memo;
static zs_sweep sweep;
static const zs_net *net;

static zs_status net_of(void *ctx, const zs_design *design, const zs_net **out, zs_err *err)
{
    (void)ctx;
    if (strcmp(design->network.model, "none") == 0)
        return zs_fail(err, ZS_ESHAPE, "net", "no such shape");
    *out = net;
    return ZS_OK;
}

static void setup(void)
{
    zs_arena_init(&keep, test_heap());
    zs_arena_init(&point, test_heap());
    zs_sweep_memo_init(&memo, test_heap());
    net = test_net_build(&keep, 0);
    sweep = (zs_sweep){.fidelity = ZS_TILE, .net_of = net_of};
    zs_design_defaults(&sweep.base);
    zs_grid_init(&sweep.grid);
}

static void teardown(void)
{
    zs_arena_drop(&keep);
    zs_arena_drop(&point);
    zs_sweep_memo_drop(&memo);
}

static void vary(const char *text)
{
    zs_axis axis;
    zs_err err = {0};
    ck_assert_msg(zs_axis_parse(&keep, text, &sweep.base, &axis, &err) == ZS_OK, "%s", err.text);
    ck_assert_int_eq(zs_grid_add(&sweep.grid, &axis, &err), ZS_OK);
}

static void where(const char *text)
{
    ck_assert_int_eq(zs_conditions_parse(&keep, &text, 1, &sweep.conditions, NULL), ZS_OK);
}

static zs_sweep_point run_point(uint64_t i)
{
    zs_sweep_point p;
    zs_err err = {0};
    ck_assert_msg(zs_sweep_run(&sweep, i, &memo, &p, &err) == ZS_OK, "%s", err.text);
    ck_assert_uint_eq(p.point, i);
    return p;
}

START_TEST(a_point_is_simulated_with_its_values)
{
    vary("accelerator.tile.oc=4,16");
    const zs_sweep_point a = run_point(0);
    ck_assert_int_eq(a.outcome, ZS_OUTCOME_SIMULATED);
    ck_assert(a.meets && a.problem == NULL);
    const uint64_t cycles = a.result->cycles;
    ck_assert_uint_gt(cycles, run_point(1).result->cycles);
    ck_assert_uint_eq(cycles, run_point(0).result->cycles);
}
END_TEST

START_TEST(points_that_cannot_be_planned_are_outcomes)
{
    vary("network.model=none,some");
    vary("accelerator.buffer.weight=1,0");
    ck_assert_int_eq(run_point(0).outcome, ZS_OUTCOME_PROBLEM);
    ck_assert_str_eq(run_point(0).problem, "net: no such shape");
    const zs_sweep_point small = run_point(2);
    ck_assert_int_eq(small.outcome, ZS_OUTCOME_PROBLEM);
    ck_assert_ptr_nonnull(strstr(small.problem, "accelerator.buffer.weight"));
    ck_assert(!small.meets && small.result == NULL && !small.is_internal);
    ck_assert_int_eq(run_point(3).outcome, ZS_OUTCOME_SIMULATED);
}
END_TEST

START_TEST(an_early_condition_skips_and_a_late_one_marks)
{
    vary("accelerator.unroll.oc=1,64");
    where("resources.dsp <= 100");
    const zs_sweep_point small = run_point(0), large = run_point(1);
    ck_assert_int_eq(small.outcome, ZS_OUTCOME_SIMULATED);
    ck_assert_int_eq(large.outcome, ZS_OUTCOME_SKIPPED);
    ck_assert_str_eq(large.problem, "not resources.dsp <= 100");
    ck_assert_uint_gt(large.result->fit.used.n[ZS_RESOURCE_DSP], 100);
    where("cycles < 2");
    ck_assert_int_eq(run_point(0).outcome, ZS_OUTCOME_SIMULATED);
    ck_assert(!run_point(0).meets);
}
END_TEST

START_TEST(resources_of_fusion_auto_are_known_only_from_its_plan)
{
    vary("accelerator.fusion=auto");
    where("resources.dsp <= 1");
    const zs_sweep_point p = run_point(0);
    ck_assert_int_eq(p.outcome, ZS_OUTCOME_SIMULATED);
    ck_assert(!p.meets);
}
END_TEST

/* Every figure of an outlook bounds the simulated one as it says. */
static void check_outlook(uint64_t i)
{
    zs_design d;
    const zs_result *outlook;
    const zs_sweep_point p = run_point(i);
    if (p.outcome != ZS_OUTCOME_SIMULATED)
        return;
    ck_assert_int_eq(zs_grid_design(&sweep.grid, i, &sweep.base, &point, &d, NULL), ZS_OK);
    ck_assert_int_eq(zs_sweep_outlook(&d, net, sweep.fidelity, &point, &outlook, NULL), ZS_OK);
    for (uint32_t m = 0; m < zs_metric_n; m++) {
        const zs_subject figure = {.name = zs_metrics[m].name, .metric = m};
        const zs_bounded bounded = zs_metric_bounded(m);
        if (bounded == ZS_NOT_BOUNDED || !zs_figure_is_number(&figure))
            continue;
        const double guess = zs_figure_number(&figure, &d, outlook);
        const double truth = zs_figure_number(&figure, &d, p.result);
        if (bounded == ZS_BOUNDED_BELOW)
            ck_assert_msg(guess <= truth, "%s: %g above %g", figure.name, guess, truth);
        else if (bounded == ZS_BOUNDED_ABOVE)
            ck_assert_msg(guess >= truth, "%s: %g below %g", figure.name, guess, truth);
        else if (d.accel.fusion != ZS_FUSION_AUTO)
            ck_assert_msg(guess == truth || !zs_metric_is_on(m, 1), "%s: %g is not %g", figure.name,
                          guess, truth);
    }
}

static void large_grid(void)
{
    vary("accelerator.tile.oc=4,16");
    vary("accelerator.tile.ic=4,16");
    vary("accelerator.tile.oy+accelerator.tile.ox=3,7/14");
    vary("accelerator.unroll.oc+accelerator.unroll.ic=2/2,8/2");
    vary("accelerator.fusion=none,lf2,fire,auto");
    vary("accelerator.precision=fp32,int8");
    vary("batch=1,2");
}

START_TEST(an_outlook_is_never_worse_than_the_truth)
{
    sweep.fidelity = (zs_fidelity)_i;
    net = test_net_build(&keep, 1 + _i);
    large_grid();
    for (uint64_t i = 0; i < sweep.grid.point_n; i += 3)
        check_outlook(i);
}
END_TEST

/* The best of all, and the best by bounds with the number of points that it took. */
START_TEST(search_by_bounds_finds_what_exhaustive_search_does)
{
    enum { MOST = 512 };
    static zs_candidate list[MOST];
    double truth[MOST];
    const char *const figures[] = {"cycles", "seconds", "energy.joules"};
    zs_subject figure;
    ck_assert_int_eq(zs_figure_find(&keep, figures[_i], &figure, NULL), ZS_OK);
    large_grid();
    const uint64_t n = sweep.grid.point_n;
    ck_assert_uint_le(n, MOST);
    uint64_t want = 0, own, tried = 0;
    for (uint64_t i = 0; i < n; i++) {
        zs_design d;
        const zs_result *outlook;
        truth[i] = zs_figure_number(&figure, &sweep.base, run_point(i).result);
        want = truth[i] < truth[want] ? i : want;
        ck_assert_int_eq(zs_grid_design(&sweep.grid, i, &sweep.base, &point, &d, NULL), ZS_OK);
        ck_assert_int_eq(zs_sweep_outlook(&d, net, sweep.fidelity, &point, &outlook, NULL), ZS_OK);
        list[i] = (zs_candidate){i, zs_figure_number(&figure, &d, outlook)};
    }
    zs_best best;
    ck_assert_int_eq(zs_best_init(&best, &keep, list, n, NULL), ZS_OK);
    for (; zs_best_next(&best, &own); tried++)
        zs_best_record(&best, own, truth[own]);
    ck_assert_uint_eq(best.point, want);
    ck_assert_uint_le(tried * 4, n);
}
END_TEST

static void expect_same_figures(const zs_result *a, const zs_result *b)
{
    for (uint32_t m = 0; m < zs_metric_n; m++) {
        const zs_value x = zs_result_get(a, m), y = zs_result_get(b, m);
        ck_assert_uint_eq(x.i, y.i);
        ck_assert(memcmp(&x.r, &y.r, sizeof x.r) == 0);
        ck_assert_pstr_eq(x.text, y.text);
    }
}

/* The memo is the only difference: `auto` comes to what `fire` does, in each family of tile and
 * batch. */
START_TEST(a_point_that_takes_over_what_the_one_before_came_to_is_what_it_is_alone)
{
    zs_sweep_memo alone;
    uint32_t taken = 0;
    sweep.fidelity = ZS_BURST;
    net = test_net_build(&keep, _i);
    vary("accelerator.tile.oc=4,16");
    vary("batch=1,2");
    vary("accelerator.fusion=none,lf1,lf2,fire,auto");
    zs_sweep_memo_init(&alone, test_heap());
    for (uint64_t i = 0; i < sweep.grid.point_n; i++) {
        zs_sweep_point p;
        const zs_layer_result *before = memo.is_known ? memo.result->layers : NULL;
        const zs_sweep_point shared = run_point(i);
        alone.is_known = false;
        ck_assert_int_eq(zs_sweep_run(&sweep, i, &alone, &p, NULL), ZS_OK);
        expect_same_figures(shared.result, p.result);
        taken += shared.result->layers == before;
        if (i % 5 == 0)
            ck_assert_msg(shared.result->layers != before, "taken over from another family");
    }
    ck_assert_uint_gt(taken, 0);
    zs_sweep_memo_drop(&alone);
}
END_TEST

/* The same plan on another board is not the same point: neighbours differ in power alone. */
START_TEST(what_is_taken_over_is_of_the_same_design_but_for_its_fusion)
{
    vary("accelerator.fusion=none,lf1");
    vary("board.power.ps=1,2");
    double joules[4];
    for (uint64_t i = 0; i < 4; i++)
        joules[i] = run_point(i).result->energy.joules;
    ck_assert_double_lt(joules[0], joules[1]);
    ck_assert_double_lt(joules[2], joules[3]);
}
END_TEST

START_TEST(a_sweep_that_can_share_nothing_needs_the_memory_of_one_point)
{
    vary("accelerator.tile.oc=4,16");
    for (uint64_t i = 0; i < 2; i++)
        run_point(i);
    ck_assert(memo.arenas[0].head == NULL || memo.arenas[1].head == NULL);
}
END_TEST

START_TEST(columns_that_a_varied_key_names_are_there_once)
{
    vary("batch=1,2");
    for (uint32_t m = 0; m < zs_metric_n; m++) {
        const char *name = zs_metrics[m].name;
        const bool is_out = strcmp(name, "batch") == 0 || strcmp(name, "sim_wall_seconds") == 0 ||
                            !zs_metric_is_on(m, 1);
        ck_assert_int_eq(zs_sweep_has_metric(&sweep.grid, m), !is_out);
    }
}
END_TEST

/* Columns of blocks that only another family has: where a point can be of that. */
START_TEST(blocks_of_a_family_have_columns_where_a_point_has_them)
{
    const uint32_t m20k = zs_metric_find("resources.m20k.used");
    vary("batch=1,2");
    ck_assert(!zs_sweep_has_metric(&sweep.grid, m20k));
    zs_grid_find_families(&sweep.grid, &sweep.base);
    ck_assert(!zs_sweep_has_metric(&sweep.grid, m20k));
    ck_assert_int_eq(zs_design_set_board(&sweep.base, &point, "stratix10-520n", NULL), ZS_OK);
    zs_grid_find_families(&sweep.grid, &sweep.base);
    ck_assert(zs_sweep_has_metric(&sweep.grid, m20k));
    ck_assert(zs_sweep_has_metric(&sweep.grid, zs_metric_find("resources.bram18.used")));
    vary("board=zedboard,pac-d5005");
    zs_grid_find_families(&sweep.grid, &sweep.base);
    ck_assert(zs_sweep_has_metric(&sweep.grid, m20k));
}
END_TEST

TCase *tcase_sweep(void)
{
    TCase *tc = tcase_create("points of a sweep");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_point_is_simulated_with_its_values);
    tcase_add_test(tc, blocks_of_a_family_have_columns_where_a_point_has_them);
    tcase_add_test(tc, points_that_cannot_be_planned_are_outcomes);
    tcase_add_test(tc, an_early_condition_skips_and_a_late_one_marks);
    tcase_add_test(tc, resources_of_fusion_auto_are_known_only_from_its_plan);
    tcase_add_loop_test(tc, an_outlook_is_never_worse_than_the_truth, 0, 3);
    tcase_add_loop_test(tc, search_by_bounds_finds_what_exhaustive_search_does, 0, 3);
    tcase_add_test(tc, what_is_taken_over_is_of_the_same_design_but_for_its_fusion);
    tcase_add_test(tc, a_sweep_that_can_share_nothing_needs_the_memory_of_one_point);
    tcase_add_loop_test(tc, a_point_that_takes_over_what_the_one_before_came_to_is_what_it_is_alone,
                        1, 3);
    tcase_add_test(tc, columns_that_a_varied_key_names_are_there_once);
    return tc;
}
