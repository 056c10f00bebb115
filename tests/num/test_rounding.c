#include "num_cases.h"

#include "zynqsim/num.h"

#include <math.h>
#include <string.h>

__extension__ typedef __int128 wide;

static const struct {
    double x;
    int32_t lo, hi, y;
} rounded[] = {
    {0.5, -9, 9, 0},
    {1.5, -9, 9, 2},
    {2.5, -9, 9, 2},
    {-0.5, -9, 9, 0},
    {-1.5, -9, 9, -2},
    {-2.5, -9, 9, -2},
    {2.4999999, -9, 9, 2},
    {2.5000001, -9, 9, 3},
    {-3.7, -9, 9, -4},
    {127.4, -128, 127, 127},
    {127.6, -128, 127, 127},
    {1e30, -128, 127, 127},
    {-128.5, -128, 127, -128},
    {-1e30, -128, 127, -128},
    {INFINITY, -5, 7, 7},
    {-INFINITY, -5, 7, -5},
    {NAN, -5, 7, 0},
    {8.6, -9, 9, 9},
    {2147483646.5, INT32_MIN, INT32_MAX, 2147483646},
};

START_TEST(test_reals_round_half_to_even_and_saturate)
{
    ck_assert_int_eq(zs_round_saturate(rounded[_i].x, rounded[_i].lo, rounded[_i].hi),
                     rounded[_i].y);
}
END_TEST

static const struct {
    int64_t sum;
    zs_requant r;
    int32_t y; /* before the limits -1000..1000 */
} sums[] = {
    {5, {1, 1}, 2},
    {7, {1, 1}, 4},
    {-5, {1, 1}, -2},
    {-7, {1, 1}, -4},
    {6, {1, 2}, 2},
    {10, {1, 2}, 2},
    {-6, {1, 2}, -2},
    {-10, {1, 2}, -2},
    {11, {1, 2}, 3},
    {9, {1, 2}, 2},
    {3, {1, 0}, 3},
    {3, {1, -4}, 48},
    {0, {1, -99}, 0},
    {1, {1, -99}, 1000},
    {-1, {1, -40}, -1000},
    {1, {1, 127}, 0},
    {INT64_MIN, {INT32_MAX, 126}, 0},
    {INT64_MAX, {INT32_MAX, 0}, 1000},
    {INT64_MIN, {1, 55}, -256},
    {5000, {1, 1}, 1000},
    {-5000, {1, 1}, -1000},
};

START_TEST(test_sums_scale_round_and_saturate)
{
    ck_assert_int_eq(zs_requantise(sums[_i].sum, sums[_i].r, -1000, 1000), sums[_i].y);
}
END_TEST

/* y is right when it is nearest to sum * mul / 2^shift, and even where two are equally near. */
static void check_nearest(int64_t sum, zs_requant r)
{
    const wide unit = (wide)1 << r.shift, p = (wide)sum * r.mul;
    const wide y = zs_requantise(sum, r, INT32_MIN, INT32_MAX);
    const wide error = p - y * unit, twice = 2 * (error < 0 ? -error : error);
    if (p > (wide)INT32_MAX * unit)
        ck_assert(y == INT32_MAX);
    else if (p < (wide)INT32_MIN * unit)
        ck_assert(y == INT32_MIN);
    else
        ck_assert(twice < unit || (twice == unit && y % 2 == 0));
}

START_TEST(test_requantisation_is_exact_rational_arithmetic)
{
    zs_prng prng = {.state = 11};
    for (int i = 0; i < 200000; i++) {
        const int64_t sum = (int64_t)zs_prng_next(&prng) >> zs_prng_below(&prng, 62);
        const zs_requant r = {.mul = (int32_t)(1 + zs_prng_below(&prng, INT32_MAX)),
                              .shift = (int32_t)zs_prng_below(&prng, 64)};
        check_nearest(sum, r);
        check_nearest(sum, (zs_requant){1, r.shift % 20}); /* where halves are common */
    }
}
END_TEST

START_TEST(test_exp_is_within_two_units_of_the_exact_value)
{
    for (int i = -7000; i <= 7000; i++) {
        const double x = i / 10.0 + 0.0123;
        const long double exact = expl((long double)x);
        ck_assert(fabsl((long double)zs_exp(x) - exact) <= 2 * 0x1p-52L * exact);
    }
    ck_assert(zs_exp(0) == 1);
    ck_assert(zs_exp(-1e9) == 0);
    ck_assert(isinf(zs_exp(1e9)));
    ck_assert(zs_exp(-INFINITY) == 0);
    ck_assert(isnan(zs_exp(NAN)));
    ck_assert(zs_exp(-744) > 0);
}
END_TEST

START_TEST(test_pow_is_right_to_fifty_bits_of_its_logarithm)
{
    static const double bases[] = {1e-6, 0.3, 0.7, 0.99999, 1, 1.0000001, 1.5, 2, 77, 1e9};
    static const double exponents[] = {-0.75, -0.5, 0.5, 1, 2.25, -10};
    for (size_t i = 0; i < ZS_LEN(bases); i++)
        for (size_t k = 0; k < ZS_LEN(exponents); k++) {
            const long double exact = powl((long double)bases[i], (long double)exponents[k]);
            const long double limit = 0x1p-50L * (1 + fabsl(logl(exact))) * exact;
            ck_assert(fabsl((long double)zs_pow(bases[i], exponents[k]) - exact) <= limit);
        }
}
END_TEST

START_TEST(test_activation_clips_and_knows_one_zero)
{
    const zs_act relu = {true, 0, INFINITY}, relu6 = {true, 0, 6};
    ck_assert(zs_act_f32(relu, 5) == 5 && zs_act_f32(relu, -5) == 0);
    ck_assert(!signbit(zs_act_f32(relu, -0.0f)));
    ck_assert(zs_act_f32(relu, NAN) == 0);
    ck_assert(zs_act_f32(relu6, 7) == 6 && zs_act_f32(relu6, 6) == 6);
    ck_assert(zs_act_f32(ZS_ACT_NONE, -5) == -5);
}
END_TEST

TCase *tcase_rounding(void)
{
    TCase *tc = tcase_create("rounding");
    tcase_add_loop_test(tc, test_reals_round_half_to_even_and_saturate, 0, ZS_LEN(rounded));
    tcase_add_loop_test(tc, test_sums_scale_round_and_saturate, 0, ZS_LEN(sums));
    tcase_add_test(tc, test_requantisation_is_exact_rational_arithmetic);
    tcase_add_test(tc, test_exp_is_within_two_units_of_the_exact_value);
    tcase_add_test(tc, test_pow_is_right_to_fifty_bits_of_its_logarithm);
    tcase_add_test(tc, test_activation_clips_and_knows_one_zero);
    return tc;
}
