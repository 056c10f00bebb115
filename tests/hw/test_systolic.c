#include "support.h"

#include "zynqsim/systolic.h"

TCase *tcase_systolic(void);

/* Clocks of axis-systolic-array of abarajithan11 (commit 44bbe4ff) in simulation. */
static const struct {
    zs_systolic array;
    uint64_t depth, tiles;
    zs_systolic_times times;
} facts[] = {
    {{4, 4, 1, 1}, 16, 1, {15, 24, 27, 27}},           {{4, 4, 1, 1}, 16, 8, {127, 24, 27, 139}},
    {{4, 4, 1, 1}, 256, 10, {2559, 264, 267, 2571}},   {{4, 8, 1, 1}, 64, 1, {63, 76, 83, 83}},
    {{4, 8, 1, 1}, 256, 10, {2559, 268, 275, 2579}},   {{8, 8, 1, 1}, 64, 1, {63, 80, 87, 87}},
    {{8, 8, 1, 1}, 256, 10, {2559, 272, 279, 2583}},   {{16, 16, 1, 1}, 64, 1, {63, 96, 111, 111}},
    {{16, 16, 1, 1}, 256, 10, {2559, 288, 303, 2607}},
};

START_TEST(test_an_array_has_the_clocks_of_rtl)
{
    const zs_systolic_times t = zs_systolic_run(&facts[_i].array, facts[_i].depth, facts[_i].tiles);
    ck_assert_uint_eq(t.last_input, facts[_i].times.last_input);
    ck_assert_uint_eq(t.first_output, facts[_i].times.first_output);
    ck_assert_uint_eq(t.first_tile_last_output, facts[_i].times.first_tile_last_output);
    ck_assert_uint_eq(t.last_output, facts[_i].times.last_output);
}
END_TEST

enum { SIDE = 9 };

/* What flows through a register a clock: a vector enters each row (column) skewed, and is at PE
 * (r, c) r + c clocks later; products pass the multiplier's stages, then the accumulator's. */
START_TEST(test_the_last_sum_is_that_of_the_last_pe)
{
    const zs_systolic a = {.rows = 1 + (uint32_t)_i % SIDE,
                           .cols = 1 + (uint32_t)(_i / SIDE) % SIDE,
                           .mul_latency_pl_cycles = 1 + (uint32_t)_i % 3,
                           .add_latency_pl_cycles = 1 + (uint32_t)_i % 2};
    const uint64_t depth = SIDE + (uint64_t)_i % 7;
    uint64_t last_sum = 0;
    for (uint32_t r = 0; r < a.rows; r++)
        for (uint32_t c = 0; c < a.cols; c++) {
            const uint64_t at = depth - 1 + r + c, product = at + a.mul_latency_pl_cycles;
            last_sum = zs_max_u64(last_sum, product + a.add_latency_pl_cycles);
        }
    const zs_systolic_times t = zs_systolic_run(&a, depth, 3);
    ck_assert_uint_eq(t.first_output, last_sum + 1); /* copied once all are there */
    ck_assert_uint_eq(t.first_tile_last_output, last_sum + a.cols);
    ck_assert_uint_eq(t.last_output, 2 * depth + last_sum + a.cols);
}
END_TEST

START_TEST(test_sums_of_few_products_wait_for_the_way_out)
{
    const zs_systolic a = {
        .rows = 4, .cols = 16, .mul_latency_pl_cycles = 1, .add_latency_pl_cycles = 1};
    ck_assert_uint_eq(zs_systolic_interval_pl_cycles(&a, 3), 16);
    ck_assert_uint_eq(zs_systolic_run(&a, 3, 5).last_input, 4 * 16 + 2);
}
END_TEST

TCase *tcase_systolic(void)
{
    TCase *tc = tcase_create("systolic");
    tcase_add_loop_test(tc, test_an_array_has_the_clocks_of_rtl, 0, ZS_LEN(facts));
    tcase_add_loop_test(tc, test_the_last_sum_is_that_of_the_last_pe, 0, SIDE * SIDE);
    tcase_add_test(tc, test_sums_of_few_products_wait_for_the_way_out);
    return tc;
}
