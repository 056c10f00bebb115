/* Fronts of points by two figures. */
#include "study_cases.h"

#include "zynqsim/scatter.h"

#include <string.h>

enum { MAX = 8 };

static const struct {
    const char *what;
    bool x_is_more;
    struct {
        double x, y;
        bool is_feasible;
    } points[MAX];
    uint32_t n;
    uint32_t front[MAX], front_n; /* in order */
} cases[] = {
    {"nothing", false, {{0, 0, false}}, 0, {0}, 0},
    {"one point", false, {{3, 4, true}}, 1, {0}, 1},
    {"a point that is worse in both is beaten", false, {{1, 1, true}, {2, 2, true}}, 2, {0}, 1},
    {"points that trade are all on it, best x first",
     false,
     {{3, 1, true}, {1, 3, true}, {2, 2, true}},
     3,
     {1, 2, 0},
     3},
    {"as good in one and worse in the other is beaten",
     false,
     {{1, 2, true}, {1, 1, true}, {2, 1, true}},
     3,
     {1},
     1},
    {"equal points are on it together",
     false,
     {{1, 1, true}, {1, 1, true}, {1, 2, true}},
     3,
     {0, 1},
     2},
    {"what does not fit beats nothing", false, {{1, 1, false}, {2, 2, true}}, 2, {1}, 1},
    {"more may be better", true, {{1, 1, true}, {2, 2, true}, {2, 3, true}}, 3, {1, 0}, 2},
};

START_TEST(test_the_front_is_what_nothing_beats)
{
    zs_scatter_point points[MAX] = {{0}};
    for (uint32_t i = 0; i < cases[_i].n; i++)
        points[i] = (zs_scatter_point){.x = cases[_i].points[i].x,
                                       .y = cases[_i].points[i].y,
                                       .is_feasible = cases[_i].points[i].is_feasible};
    zs_scatter s = {.points = points, .n = cases[_i].n, .x.is_more_better = cases[_i].x_is_more};
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    ck_assert_int_eq(zs_scatter_build(&arena, &s, NULL), ZS_OK);
    ck_assert_msg(s.front_n == cases[_i].front_n, "%s: %u", cases[_i].what, s.front_n);
    uint32_t marked = 0;
    for (uint32_t i = 0; i < s.n; i++)
        marked += points[i].on_front;
    ck_assert_uint_eq(marked, s.front_n);
    for (uint32_t i = 0; i < s.front_n; i++)
        ck_assert_msg(s.front[i] == cases[_i].front[i], "%s", cases[_i].what);
    zs_arena_drop(&arena);
}
END_TEST

static bool beats(const zs_scatter_point *a, const zs_scatter_point *b)
{
    return a->is_feasible && a->x <= b->x && a->y <= b->y && (a->x < b->x || a->y < b->y);
}

START_TEST(test_the_front_of_random_points_is_that_of_all_pairs)
{
    enum { N = 200 };
    zs_scatter_point points[N] = {{0}};
    zs_prng prng = {.state = 9 + (uint64_t)_i};
    for (int i = 0; i < N; i++)
        points[i] = (zs_scatter_point){.x = (double)zs_prng_below(&prng, 40),
                                       .y = (double)zs_prng_below(&prng, 40),
                                       .is_feasible = zs_prng_below(&prng, 4) > 0};
    zs_scatter s = {.points = points, .n = N};
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    ck_assert_int_eq(zs_scatter_build(&arena, &s, NULL), ZS_OK);
    for (int i = 0; i < N; i++) {
        bool beaten = !points[i].is_feasible;
        for (int k = 0; k < N; k++)
            beaten = beaten || beats(&points[k], &points[i]);
        ck_assert_int_eq(points[i].on_front, !beaten);
    }
    zs_arena_drop(&arena);
}
END_TEST

START_TEST(test_scatter_without_memory_says_so)
{
    zs_scatter_point points[2] = {{.is_feasible = true}, {.is_feasible = true}};
    test_heap_state heap = {.fail_at = 1};
    zs_scatter s = {.points = points, .n = 2};
    zs_arena arena;
    zs_arena_init(&arena, test_counting_heap(&heap));
    ck_assert_int_eq(zs_scatter_build(&arena, &s, NULL), ZS_ENOMEM);
    zs_arena_drop(&arena);
    ck_assert_int_eq(heap.live_blocks, 0);
}
END_TEST

START_TEST(test_more_of_a_rate_is_better_and_of_a_cost_is_not)
{
    ck_assert(zs_metric_is_more_better("gops"));
    ck_assert(zs_metric_is_more_better("images_per_second"));
    ck_assert(!zs_metric_is_more_better("cycles"));
    ck_assert(!zs_metric_is_more_better("resources.dsp.used"));
}
END_TEST

TCase *tcase_scatter(void)
{
    TCase *tc = tcase_create("scatter");
    tcase_add_loop_test(tc, test_the_front_is_what_nothing_beats, 0, ZS_LEN(cases));
    tcase_add_loop_test(tc, test_the_front_of_random_points_is_that_of_all_pairs, 0, 5);
    tcase_add_test(tc, test_scatter_without_memory_says_so);
    tcase_add_test(tc, test_more_of_a_rate_is_better_and_of_a_cost_is_not);
    return tc;
}
