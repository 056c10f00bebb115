#include "support.h"

#include "zynqsim/capacity.h"

/* Passes over finished sums: 16 lanes of int8, whose vector path is 7 clocks deep (2 + 3 + 1 + 1).
 */

static zs_design int8_design(void)
{
    zs_design d;
    zs_design_defaults(&d);
    d.accel.precision = ZS_INT8;
    d.accel.unroll.oc = 16;
    return d;
}

static const struct {
    uint32_t ops, interval, oc;
    uint64_t pixels, cycles;
} passes[] = {
    {0, 1, 64, 196, 0},                             /* part of the MAC pipeline */
    {1, 1, 16, 196, 196 + 7},                       /* a vector a clock */
    {1, 1, 17, 196, 2 * 196 + 7},                   /* the last vector is not full */
    {1, 2, 16, 196, 2 * 196 + 7},                   /* one every other clock */
    {4, 2, 64, 196, 4 * (2 * 4 * 196 + 7)},         /* each instruction fills and drains */
    {4, 2, 1, 1, 4 * (2 + 7)},                      /* never less than a vector */
    {4, 2, 64, 0, 0},                               /* nothing to do */
    {64, 1024, UINT32_MAX, UINT64_MAX, UINT64_MAX}, /* saturates */
};

START_TEST(test_each_instruction_passes_over_all_sums)
{
    const zs_design d = int8_design();
    const zs_mac_array array = {.post_n = passes[_i].ops,
                                .post_interval_pl_cycles = passes[_i].interval};
    ck_assert_uint_eq(zs_post_pl_cycles(&d, &array, passes[_i].oc, passes[_i].pixels),
                      passes[_i].cycles);
}
END_TEST

START_TEST(test_clearing_takes_a_clock_a_vector)
{
    const zs_design d = int8_design();
    zs_mac_array array = {.post_n = 4, .post_interval_pl_cycles = 2};
    ck_assert_uint_eq(zs_clear_pl_cycles(&d, &array, 64, 196), 0);
    array.clears_sums = true;
    ck_assert_uint_eq(zs_clear_pl_cycles(&d, &array, 64, 196), 4 * 196);
    ck_assert_uint_eq(zs_clear_pl_cycles(&d, &array, 65, 196), 5 * 196);
    ck_assert_uint_eq(zs_clear_pl_cycles(&d, &array, 65, 0), 0);
}
END_TEST

TCase *tcase_post_passes(void);
TCase *tcase_post_passes(void)
{
    TCase *tc = tcase_create("passes over sums");
    tcase_add_loop_test(tc, test_each_instruction_passes_over_all_sums, 0, (int)ZS_LEN(passes));
    tcase_add_test(tc, test_clearing_takes_a_clock_a_vector);
    return tc;
}
