#include "zynqsim/num.h"

#include <math.h>

/* Functions of one or two elements in double precision; callers round once. Built from zs_exp,
 * zs_log and correctly rounded operations only, so that every machine gives the same bits. */

double zs_tanh(double x)
{
    if (fabs(x) < 1e-3) /* avoids cancellation in the quotient below */
        return x - x * x * x / 3;
    const double e = zs_exp(-2 * fabs(x));
    return copysign((1 - e) / (1 + e), x);
}

/* erf x = 2 x / sqrt(pi) e^(-x^2) (1 + 2 x^2 / 3 + (2 x^2)^2 / (3 5) + ...): all terms positive. */
double zs_erf(double x)
{
    if (x != x || fabs(x) > 6)
        return x != x ? x : copysign(1, x);
    double term = 1, sum = 1;
    for (int i = 1; term > sum * 0x1p-60; i++) {
        term *= 2 * x * x / (2 * i + 1);
        sum += term;
    }
    return 0x1.20dd750429b6dp+0 * x * zs_exp(-x * x) * sum;
}

/* Range reduction by multiples of pi / 2 in three parts (Cody and Waite 1980), then the series of
 * the sine or the cosine for at most pi / 4. */
double zs_sin(double x, int quarters)
{
    const double k = rint(x * 0x1.45f306dc9c883p-1);
    if (!(fabs(k) <= 0x1p20))
        return (double)NAN;
    const double r = x - k * 0x1.921fb544p+0 - k * 0x1.0b4611a6p-34 - k * 0x1.3198a2e037073p-69;
    const int at = (int)((int64_t)k + quarters) & 3;
    const double first = at % 2 == 0 ? r : 1;
    double term = first, sum = first;
    for (int i = at % 2 == 0 ? 2 : 1; i < 20; i += 2) {
        term *= -r * r / (i * (i + 1));
        sum += term;
    }
    return at < 2 ? sum : -sum;
}

static double softplus(double x)
{
    return x > 40 ? x : x < -40 ? zs_exp(x) : zs_log(1 + zs_exp(x));
}

static double clip(double x, double lo, double hi)
{
    x = x > lo ? x : lo;
    return x < hi ? x : hi;
}

static double sigmoid(double x)
{
    return 1 / (1 + zs_exp(-x));
}

double zs_function_of(zs_function fn, const double *p, double x)
{
    switch (fn) {
    case ZS_FN_ABS:
        return fabs(x);
    case ZS_FN_NEG:
        return -x;
    case ZS_FN_SQRT:
        return sqrt(x);
    case ZS_FN_EXP:
        return zs_exp(x);
    case ZS_FN_LOG:
        return zs_log(x);
    case ZS_FN_RECIPROCAL:
        return 1 / x;
    case ZS_FN_FLOOR:
        return floor(x);
    case ZS_FN_CEIL:
        return ceil(x);
    case ZS_FN_ROUND:
        return rint(x);
    case ZS_FN_TRUNC:
        return trunc(x);
    case ZS_FN_SIGN:
        return (x > 0) - (x < 0);
    case ZS_FN_NOT:
        return x == 0; /* exact: a truth value */
    case ZS_FN_TRUE:
        return x != 0;
    case ZS_FN_CLIP:
        return clip(x, p[0], p[1]);
    case ZS_FN_LEAKY_RELU:
        return x < 0 ? p[0] * x : x;
    case ZS_FN_SIGMOID:
        return sigmoid(x);
    case ZS_FN_HARD_SIGMOID:
        return clip(p[0] * x + p[1], 0, 1);
    case ZS_FN_HARD_SWISH:
        return x * clip(x / 6 + 0.5, 0, 1);
    case ZS_FN_SWISH:
        return x * sigmoid(p[0] * x);
    case ZS_FN_TANH:
        return zs_tanh(x);
    case ZS_FN_ELU:
        return x < 0 ? p[0] * (zs_exp(x) - 1) : x;
    case ZS_FN_CELU:
        return x < 0 ? p[0] * (zs_exp(x / p[0]) - 1) : x;
    case ZS_FN_SELU:
        return p[1] * (x < 0 ? p[0] * (zs_exp(x) - 1) : x);
    case ZS_FN_SOFTPLUS:
        return softplus(x);
    case ZS_FN_SOFTSIGN:
        return x / (1 + fabs(x));
    case ZS_FN_MISH:
        return x * zs_tanh(softplus(x));
    case ZS_FN_ERF:
        return zs_erf(x);
    case ZS_FN_SIN:
        return zs_sin(x, 0);
    case ZS_FN_COS:
        return zs_sin(x, 1);
    case ZS_FN_GELU:
        return x * (1 + zs_erf(x * 0x1.6a09e667f3bcdp-1)) / 2;
    case ZS_FN_GELU_TANH:
        return x * (1 + zs_tanh(0x1.9884533d43651p-1 * (x + 0.044715 * x * x * x))) / 2;
    case ZS_FN_THRESHOLD:
        return x > p[0] ? x : 0;
    case ZS_FN_SHRINK:
        return x < -p[0] ? x + p[1] : x > p[0] ? x - p[1] : 0;
    case ZS_FN_STEPS:
        return clip(rint(x / p[0]), p[1], p[2]) * p[0];
    default:
        return x;
    }
}

static bool is_integer(double x)
{
    return rint(x) >= x && rint(x) <= x;
}

/* Small integer exponents by products, others by the logarithm of x, which must not be negative. */
static double power(double x, double y)
{
    if (is_integer(y) && fabs(y) <= 64) {
        double product = 1;
        for (int i = 0; i < (int)fabs(y); i++)
            product *= x;
        return y < 0 ? 1 / product : product;
    }
    if (y == 0.5) /* exact in binary */
        return sqrt(x);
    if (x == 0)
        return y < 0 ? (double)INFINITY : 0;
    if (x < 0) {
        if (!is_integer(y))
            return (double)NAN;
        return is_integer(y / 2) ? zs_pow(-x, y) : -zs_pow(-x, y);
    }
    return zs_pow(x, y);
}

static double modulo(double x, double y, double sign_of_x)
{
    const double rest = fmod(x, y);
    return sign_of_x != 0 || rest == 0 || (rest < 0) == (y < 0) ? rest : rest + y;
}

double zs_function_of_two(zs_function fn, const double *p, double x, double y)
{
    switch (fn) {
    case ZS_FN_ADD:
        return x + y;
    case ZS_FN_SUB:
        return x - y;
    case ZS_FN_MUL:
        return x * y;
    case ZS_FN_DIV:
        return x / y;
    case ZS_FN_INT_DIV:
        return y != 0 ? trunc(x / y) : 0;
    case ZS_FN_MOD:
        return modulo(x, y, p[0]);
    case ZS_FN_MIN:
        return x < y ? x : y;
    case ZS_FN_MAX:
        return x > y ? x : y;
    case ZS_FN_POW:
        return power(x, y);
    case ZS_FN_PRELU:
        return x < 0 ? x * y : x;
    case ZS_FN_KEEP_IF:
        return y != 0 ? x : 0;
    case ZS_FN_KEEP_UNLESS:
        return y != 0 ? 0 : x;
    case ZS_FN_EQUAL:
        return x <= y && x >= y;
    case ZS_FN_LESS:
        return x < y;
    case ZS_FN_GREATER:
        return x > y;
    case ZS_FN_LESS_EQ:
        return x <= y;
    case ZS_FN_GREATER_EQ:
        return x >= y;
    case ZS_FN_AND:
        return x != 0 && y != 0;
    case ZS_FN_OR:
        return x != 0 || y != 0;
    case ZS_FN_XOR:
        return (x != 0) != (y != 0);
    default:
        return x;
    }
}
