/* The integer arithmetic of TFLite: a positive factor is a multiplier m of 31 bits and a shift s,
 * x * factor = x * m * 2^(s - 31). Sources: the kernels of TensorFlow Lite
 * (kernels/internal/common, reference/), gemmlowp's fixedpoint.h; XNNPACK for ZS_ROUND_FLOAT. */
#include "zynqsim/net.h"

#include <math.h>

typedef struct multiplier {
    int32_t m, s;
} multiplier;

/* The factor as f * 2^s with f in [0.5, 1), f rounded to 31 bits. */
static multiplier multiplier_of(double factor)
{
    int s;
    int64_t m = (int64_t)round(ldexp(frexp(factor, &s), 31));
    if (m == INT64_C(1) << 31) {
        m /= 2;
        s++;
    }
    return s < -31 ? (multiplier){0, 0} : (multiplier){(int32_t)m, s > 30 ? 30 : s};
}

static int32_t saturate(int64_t x)
{
    return x > INT32_MAX ? INT32_MAX : x < INT32_MIN ? INT32_MIN : (int32_t)x;
}

/* Halves up; b is below 2^31. */
int32_t zs_high_product(int64_t a, int32_t b)
{
    return saturate((saturate(a) * (int64_t)b + (INT64_C(1) << 30)) >> 31);
}

/* Halves away from 0. */
int32_t zs_shift_round(int32_t a, int32_t shift)
{
    if (shift <= 0)
        return a;
    const int64_t magnitude = a < 0 ? -(int64_t)a : a;
    const int64_t y = (magnitude + (INT64_C(1) << (shift - 1))) >> shift;
    return (int32_t)(a < 0 ? -y : y);
}

static int32_t apply(zs_rounding rule, int64_t x, multiplier by)
{
    const int32_t left = by.s > 0 ? by.s : 0, right = by.s < 0 ? -by.s : 0;
    if (rule == ZS_ROUND_SINGLE)
        return saturate((saturate(x) * (int64_t)by.m + (INT64_C(1) << (30 - by.s))) >> (31 - by.s));
    return zs_shift_round(zs_high_product(x * (INT64_C(1) << left), by.m), right);
}

int32_t zs_rule_scale(zs_rounding rule, int64_t x, double factor)
{
    if (rule == ZS_ROUND_FLOAT)
        return saturate((int64_t)rint((double)((float)x * (float)factor)));
    return apply(rule, x, multiplier_of(factor));
}

/* With n values in the sum: 1 / n goes into the multiplier. */
int32_t zs_rule_mean(zs_rounding rule, int64_t sum, uint32_t n, double factor)
{
    if (rule == ZS_ROUND_FLOAT)
        return zs_rule_scale(rule, sum, factor / n);
    multiplier by = multiplier_of(factor);
    int32_t k = 0;
    while (k < 31 && k < 31 + by.s && n >> (k + 1) != 0)
        k++;
    by.m = (int32_t)(((int64_t)by.m << k) / n);
    by.s -= k;
    return apply(rule, sum, by);
}

/* x + y, or with a sign of -1 x - y, of values of scales a and b in steps of `out`. */
static int32_t combine(zs_rounding rule, int32_t x, double a, int32_t y, double b, double out,
                       int32_t sign)
{
    const double most = a > b ? a : b;
    if (rule == ZS_ROUND_FLOAT) {
        const int h = 20 - (int)floor(log2(most / out));
        const int64_t sum =
            (int64_t)rint(ldexp(a / out, h)) * x + sign * (int64_t)rint(ldexp(b / out, h)) * y;
        return h > 0 ? saturate((sum + (INT64_C(1) << (h - 1))) >> h) : saturate(sum);
    }
    const double twice = 2 * most;
    const int64_t sum = (int64_t)zs_rule_scale(rule, (int64_t)x * (1 << 20), a / twice) +
                        sign * (int64_t)zs_rule_scale(rule, (int64_t)y * (1 << 20), b / twice);
    return zs_rule_scale(rule, sum, twice / ldexp(out, 20));
}

int32_t zs_rule_add(zs_rounding rule, int32_t x, double a, int32_t y, double b, double out)
{
    return combine(rule, x, a, y, b, out, 1);
}

int32_t zs_rule_subtract(zs_rounding rule, int32_t x, double a, int32_t y, double b, double out)
{
    return combine(rule, x, a, y, b, out, -1);
}
