#include "num_cases.h"
#include "zynqsim/num.h"

/* 10,000 magnitudes spread evenly over 0..1, and one of 16: what it costs to keep it. */
enum { N = 10000 };

static zs_arena arena;
static zs_err err;
static const zs_net net = {.name = "one", .tensor_n = 1};
static float x[N + 1];

static zs_ranges counted(void)
{
    zs_ranges ranges;
    zs_arena_init(&arena, test_heap());
    for (int i = 0; i < N; i++)
        x[i] = (i % 2 ? -1.0f : 1.0f) * (float)i / N;
    x[N] = 16;
    ck_assert_int_eq(zs_ranges_build(&arena, &net, &ranges, &err), ZS_OK);
    zs_ranges_take(&ranges, 0, x, N + 1);
    ck_assert_float_eq(ranges.max_abs[0], 16);
    ck_assert_int_eq(zs_ranges_count(&arena, &net, &ranges, &err), ZS_OK);
    zs_ranges_take(&ranges, 0, x, N + 1);
    ck_assert_float_eq(ranges.max_abs[0], 16);
    return ranges;
}

START_TEST(test_a_percentile_leaves_the_largest_out)
{
    zs_ranges ranges = counted();
    zs_ranges_clip(&net, &ranges, ZS_RANGE_PERCENTILE, 99.98);
    ck_assert_float_eq_tol(ranges.max_abs[0], 1, 0.02f);
    zs_arena_drop(&arena);
    ranges = counted();
    zs_ranges_clip(&net, &ranges, ZS_RANGE_PERCENTILE, 100);
    ck_assert_float_eq(ranges.max_abs[0], 16);
    zs_arena_drop(&arena);
}
END_TEST

/* Error of the many with T/127 steps, N (T/127)^2 / 12, and of the one that is cut off,
 * (16 - T)^2: their sum is least at T = 16 / (1 + N / 12 / 127^2). */
START_TEST(test_the_least_squared_error_weighs_both)
{
    zs_ranges ranges = counted();
    zs_ranges_clip(&net, &ranges, ZS_RANGE_MSE, 0);
    ck_assert_float_eq_tol(ranges.max_abs[0], 16 / (1 + N / 12.0f / 127 / 127), 0.5f);
    zs_arena_drop(&arena);
}
END_TEST

START_TEST(test_a_tensor_of_zeros_keeps_its_range)
{
    zs_ranges ranges;
    const float zeros[4] = {0};
    zs_arena_init(&arena, test_heap());
    ck_assert_int_eq(zs_ranges_build(&arena, &net, &ranges, &err), ZS_OK);
    ck_assert_int_eq(zs_ranges_count(&arena, &net, &ranges, &err), ZS_OK);
    zs_ranges_take(&ranges, 0, zeros, 4);
    zs_ranges_clip(&net, &ranges, ZS_RANGE_PERCENTILE, 99);
    zs_ranges_clip(&net, &ranges, ZS_RANGE_MSE, 99);
    ck_assert_float_eq(ranges.max_abs[0], 0);
    zs_arena_drop(&arena);
}
END_TEST

TCase *tcase_ranges(void)
{
    TCase *tc = tcase_create("ranges");
    tcase_add_test(tc, test_a_percentile_leaves_the_largest_out);
    tcase_add_test(tc, test_the_least_squared_error_weighs_both);
    tcase_add_test(tc, test_a_tensor_of_zeros_keeps_its_range);
    return tc;
}
