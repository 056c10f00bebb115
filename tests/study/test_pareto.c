#include "study_cases.h"

#include "zynqsim/pareto.h"

#include <math.h>

static zs_arena arena;

static void setup(void)
{
    zs_arena_init(&arena, test_heap());
}

static void teardown(void)
{
    zs_arena_drop(&arena);
}

/* ---- fronts ---------------------------------------------------------------------------------- */

static bool beats(const double *x, const double *y, uint32_t n)
{
    bool better = false;
    for (uint32_t k = 0; k < n; k++) {
        if (!(x[k] <= y[k]))
            return false;
        better |= x[k] < y[k];
    }
    return better;
}

static bool brute_force(const double *values, uint64_t n, uint32_t objective_n, uint64_t i)
{
    for (uint32_t k = 0; k < objective_n; k++)
        if (isnan(values[i * objective_n + k]))
            return false;
    for (uint64_t j = 0; j < n; j++)
        if (beats(values + j * objective_n, values + i * objective_n, objective_n))
            return false;
    return true;
}

enum { POINTS = 300 };

START_TEST(the_front_is_what_brute_force_finds)
{
    zs_prng prng = {.state = 40 + (uint64_t)_i};
    const uint32_t objective_n = 1 + (uint32_t)_i % 4;
    const uint64_t kinds = _i < 8 ? 9 : 100000; /* few values: many ties */
    double values[POINTS * 4];
    bool on_front[POINTS];
    for (uint32_t i = 0; i < POINTS * objective_n; i++) {
        values[i] = (double)zs_prng_below(&prng, kinds) - 3;
        if (zs_prng_below(&prng, 20) == 0)
            values[i] = zs_prng_below(&prng, 2) ? (double)NAN : (double)INFINITY;
    }
    ck_assert_int_eq(zs_pareto_mark(&arena, values, POINTS, objective_n, on_front, NULL), ZS_OK);
    uint32_t n = 0;
    for (uint64_t i = 0; i < POINTS; i++) {
        ck_assert_int_eq(on_front[i], brute_force(values, POINTS, objective_n, i));
        n += on_front[i];
    }
    ck_assert_uint_gt(n, 0);
}
END_TEST

static const struct {
    double values[6]; /* three points of two */
    bool on_front[3];
} fronts[] = {
    {{1, 2, 2, 1, 3, 3}, {true, true, false}},
    {{1, 1, 1, 1, 2, 0}, {true, true, true}},            /* equal ones together */
    {{1, 1, 1, 2, 0, 1}, {false, false, true}},          /* a tie in one objective */
    {{(double)NAN, 0, 5, 5, 4, 6}, {false, true, true}}, /* undefined */
    {{(double)NAN, 0, 0, (double)NAN, (double)NAN, 1}, {false, false, false}},
};

START_TEST(ties_and_undefined_values_have_their_rules)
{
    bool on_front[3];
    ck_assert_int_eq(zs_pareto_mark(&arena, fronts[_i].values, 3, 2, on_front, NULL), ZS_OK);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(on_front[i], fronts[_i].on_front[i]);
}
END_TEST

START_TEST(nothing_has_an_empty_front)
{
    ck_assert_int_eq(zs_pareto_mark(&arena, NULL, 0, 2, NULL, NULL), ZS_OK);
}
END_TEST

/* ---- the best by bounds ---------------------------------------------------------------------- */

START_TEST(the_best_by_bounds_is_the_best_of_all)
{
    zs_prng prng = {.state = 900 + (uint64_t)_i};
    double truth[POINTS];
    zs_candidate list[POINTS];
    for (uint64_t i = 0; i < POINTS; i++) {
        const uint64_t kinds = _i % 2 ? 12 : 1000;
        truth[i] = (double)zs_prng_below(&prng, kinds) + 10;
        list[i] = (zs_candidate){i, truth[i] - (double)zs_prng_below(&prng, 4 + kinds / 8)};
        if (zs_prng_below(&prng, 9) == 0)
            truth[i] = (double)NAN; /* meets no condition */
        if (zs_prng_below(&prng, 40) == 0)
            list[i].bound = (double)NAN;
    }
    uint64_t want = POINTS, point, tried = 0;
    for (uint64_t i = 0; i < POINTS; i++)
        if (!isnan(truth[i]) && (want == POINTS || truth[i] < truth[want]))
            want = i;
    zs_best best;
    ck_assert_int_eq(zs_best_init(&best, &arena, list, POINTS, NULL), ZS_OK);
    while (zs_best_next(&best, &point)) {
        zs_best_record(&best, point, truth[point]);
        tried++;
    }
    ck_assert(best.found);
    ck_assert_uint_eq(best.point, want);
    ck_assert_uint_lt(tried, POINTS / 2);
}
END_TEST

START_TEST(bounds_that_say_nothing_leave_no_point_out)
{
    zs_candidate list[3] = {{0, (double)NAN}, {1, 0}, {2, (double)-INFINITY}};
    zs_best best;
    uint64_t point, tried = 0;
    ck_assert_int_eq(zs_best_init(&best, &arena, list, 3, NULL), ZS_OK);
    while (zs_best_next(&best, &point)) {
        zs_best_record(&best, point, 5.0 + (double)point);
        tried++;
    }
    ck_assert_uint_eq(tried, 3);
    ck_assert_uint_eq(best.point, 0);
}
END_TEST

START_TEST(memory_that_runs_out_is_told)
{
    test_heap_state state = {.fail_at = 1};
    zs_arena small;
    double values[2] = {1, 2};
    bool on_front[2];
    zs_arena_init(&small, test_counting_heap(&state));
    ck_assert_int_eq(zs_pareto_mark(&small, values, 2, 1, on_front, NULL), ZS_ENOMEM);
    zs_candidate list[2] = {{0, 1}, {1, 2}};
    zs_best best;
    zs_arena_drop(&small);
    state = (test_heap_state){.fail_at = 1};
    ck_assert_int_eq(zs_best_init(&best, &small, list, 2, NULL), ZS_ENOMEM);
    zs_arena_drop(&small);
}
END_TEST

TCase *tcase_pareto(void)
{
    TCase *tc = tcase_create("fronts and optima");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, the_front_is_what_brute_force_finds, 0, 16);
    tcase_add_loop_test(tc, ties_and_undefined_values_have_their_rules, 0, (int)ZS_LEN(fronts));
    tcase_add_test(tc, nothing_has_an_empty_front);
    tcase_add_loop_test(tc, the_best_by_bounds_is_the_best_of_all, 0, 20);
    tcase_add_test(tc, bounds_that_say_nothing_leave_no_point_out);
    tcase_add_test(tc, memory_that_runs_out_is_told);
    return tc;
}
