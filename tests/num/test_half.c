#include "num_cases.h"
#include "support.h"

#include "zynqsim/half.h"

#include <math.h>
#include <string.h>

/* Half precision against its definition in doubles, which hold sums and products of halves exactly.
 */

static double rounded(double x)
{
    int e;
    frexp(x, &e); /* |x| = m 2^e, m in [1/2, 1) */
    const int step = e - 11 > -24 ? e - 11 : -24;
    const double r = ldexp(rint(ldexp(x, -step)), step);
    return fabs(r) > 65504 ? copysign((double)INFINITY, x) : r;
}

START_TEST(test_every_half_is_what_its_bits_say)
{
    for (uint32_t h = 0; h < 0x10000; h++) {
        const uint32_t e = h >> 10 & 0x1f, m = h & 0x3ff;
        const double size = e == 31  ? m ? (double)NAN : (double)INFINITY
                            : e == 0 ? ldexp(m, -24)
                                     : ldexp(m | 0x400, (int)e - 25);
        const float x = zs_float_of_half((zs_half)h);
        if (isnan(size)) {
            ck_assert(isnan(x));
            continue;
        }
        ck_assert(memcmp(&x, &(float){(float)(h & 0x8000 ? -size : size)}, sizeof x) == 0);
        ck_assert_uint_eq(zs_half_of_rounded(x), h);
        ck_assert_uint_eq(zs_half_of(x), h);
    }
    ck_assert_uint_eq(zs_half_of((float)NAN) & 0x7fff, 0x7e00);
    ck_assert_uint_eq(zs_half_of(65519.0f), 0x7bff);
    ck_assert_uint_eq(zs_half_of(65520.0f), 0x7c00);
    ck_assert_uint_eq(zs_half_of(-1e30f), 0xfc00);
}
END_TEST

START_TEST(test_products_and_sums_are_rounded_each)
{
    zs_prng prng = {.state = 5};
    for (int i = 0; i < 300000; i++) {
        float x[3];
        for (int k = 0; k < 3; k++) /* of all magnitudes, or near 1 */
            x[k] = zs_float_of_half((zs_half)(i % 2 ? zs_prng_below(&prng, 0x7c00)
                                                    : 0x3400 + zs_prng_below(&prng, 0x1000)) |
                                    (zs_half)(zs_prng_below(&prng, 2) << 15));
        const double product = rounded((double)x[0] * (double)x[1]);
        const double sum = isinf(product) ? product : rounded(product + (double)x[2]);
        const float got = zs_half_mac(x[2], x[0], x[1]);
        ck_assert_msg((double)got >= sum && (double)got <= sum, "%a + %a x %a: %a, not %a",
                      (double)x[2], (double)x[0], (double)x[1], (double)got, sum);
    }
}
END_TEST

TCase *tcase_half(void)
{
    TCase *tc = tcase_create("half precision");
    tcase_add_test(tc, test_every_half_is_what_its_bits_say);
    tcase_add_test(tc, test_products_and_sums_are_rounded_each);
    return tc;
}
