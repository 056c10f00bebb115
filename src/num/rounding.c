#include "elem_priv.h"

#include <float.h>
#include <math.h>

__extension__ typedef __int128 wide;

int32_t zs_round_saturate(double x, int32_t lo, int32_t hi)
{
    return (int32_t)zs_rounded(x, lo, hi);
}

/* floor(p / 2^shift), and one more when the rest is above a half, or a half and the floor odd. */
static wide shift_right_even(wide p, int32_t shift)
{
    if (shift > 120)
        return 0;                  /* |p| < 2^95 */
    const wide floor = p >> shift; /* rounds down: gcc and clang shift the sign in */
    const wide unit = (wide)1 << shift, twice = 2 * (p & (unit - 1));
    return floor + (twice > unit || (twice == unit && (floor & 1) != 0));
}

int32_t zs_requantise(int64_t sum, zs_requant r, int32_t lo, int32_t hi)
{
    const wide p = (wide)sum * r.mul;
    wide y = p;
    if (r.shift > 0)
        y = shift_right_even(p, r.shift);
    else if (r.shift < 0) /* 2^32 saturates all but zero */
        y = p * ((wide)1 << (r.shift < -32 ? 32 : -r.shift));
    return y < lo ? lo : y > hi ? hi : (int32_t)y;
}

/* ---- elementary functions -------------------------------------------------------------------- */

/* x = k ln 2 + r; the series of e^r to degree 13 leaves 2^-58 for |r| <= ln(2) / 2. The first part
 * of ln 2 ends in zeros, so that k times it is exact. */
double zs_exp(double x)
{
    if (!(x > -745.2))
        return x != x ? x : 0;
    if (x > 709.8)
        return INFINITY;
    const double k = floor(x * 0x1.71547652b82fep+0 + 0.5);
    const double r = (x - k * 0x1.62e42fee00000p-1) - k * 0x1.a39ef35793c76p-33;
    double sum = 1;
    for (int i = 13; i > 0; i--)
        sum = 1 + sum * r / i;
    return ldexp(sum, (int)k);
}

/* ln(m 2^e) = e ln 2 + 2 artanh((m - 1) / (m + 1)), m in [sqrt(1/2), sqrt(2)). */
double zs_log(double x)
{
    int e;
    if (!(x > 0) || x > DBL_MAX)
        return x < 0 ? (double)NAN : x > 0 || x != x ? x : -(double)INFINITY;
    double m = frexp(x, &e);
    if (m < 0x1.6a09e667f3bcdp-1) {
        m *= 2;
        e--;
    }
    const double s = (m - 1) / (m + 1), s2 = s * s;
    double sum = 0;
    for (int i = 25; i > 0; i -= 2)
        sum = sum * s2 + 1.0 / i;
    return e * 0x1.62e42fee00000p-1 + (2 * s * sum + e * 0x1.a39ef35793c76p-33);
}

double zs_pow(double base, double exponent)
{
    return zs_exp(exponent * zs_log(base));
}
