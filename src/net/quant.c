#include "zynqsim/net.h"

#include <math.h>

static double rounded(zs_rounding rule, double v)
{
    const double cut = trunc(v);
    switch (rule) {
    case ZS_ROUND_UP:
        return v > 0 ? ceil(v) : floor(v);
    case ZS_ROUND_DOWN:
        return cut;
    case ZS_ROUND_CEIL:
        return ceil(v);
    case ZS_ROUND_FLOOR:
        return floor(v);
    case ZS_ROUND_HALF_UP:
        return fabs(v - cut) >= 0.5 ? cut + (v > 0 ? 1 : -1) : cut;
    case ZS_ROUND_HALF_DOWN:
        return fabs(v - cut) > 0.5 ? cut + (v > 0 ? 1 : -1) : cut;
    default:
        return rint(v);
    }
}

/* Thresholds of a row that `v` has reached. */
static uint32_t reached(const double *row, uint32_t n, double v)
{
    uint32_t lo = 0, hi = n;
    while (lo < hi) {
        const uint32_t mid = lo + (hi - lo) / 2;
        if (row[mid] <= v)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static double finish(const zs_layer_quant *k, uint32_t c, double v)
{
    const zs_number *out = &k->out;
    if (k->divisor != NULL)
        v /= k->divisor[c];
    if (k->addend != NULL)
        v += k->addend[c];
    v = v > k->least ? v : k->least;
    v = v < k->most ? v : k->most;
    if (!(out->scale > 0))
        return v;
    double q = 0;
    if (k->thresholds != NULL)
        q = k->level0 + (double)k->step *
                            reached(k->thresholds + (size_t)c * k->threshold_n, k->threshold_n, v);
    else
        q = rounded(k->rule, v) + out->zero;
    q = q > out->lo ? q : out->lo;
    q = q < out->hi ? q : out->hi;
    return k->is_real ? (q - out->zero) * out->scale : q - out->zero;
}

double zs_quant_finish(const zs_layer_quant *k, uint32_t channel, double sum)
{
    const uint32_t c = k->channels == 1 ? 0 : channel;
    const double v = k->bias != NULL ? sum + k->bias[c] : sum;
    if (k->rule >= ZS_ROUND_DOUBLE && k->out.scale > 0) {
        const int32_t y = zs_rule_scale(k->rule, (int64_t)v, k->factor[c]);
        const int32_t lo = k->out.lo - k->out.zero, hi = k->out.hi - k->out.zero;
        const double q = y < lo ? lo : y > hi ? hi : y;
        return k->is_real ? q * k->out.scale : q;
    }
    return finish(k, c, k->factor != NULL ? v * k->factor[c] : v);
}

double zs_quant_finish_sum(const zs_layer_quant *k, double sum)
{
    return finish(k, 0, sum);
}

/* The smallest sum in lo..hi with a result of at least (with `falls`: at most) `level`; hi + 1 when
 * there is none. */
static int64_t first_sum(const zs_layer_quant *k, uint32_t oc, int64_t lo, int64_t hi, double level,
                         bool falls)
{
    int64_t end = hi + 1;
    while (lo < end) {
        const int64_t mid = lo + (end - lo) / 2;
        const double y = zs_quant_finish(k, oc, (double)mid);
        if (falls ? y <= level : y >= level)
            end = mid;
        else
            lo = mid + 1;
    }
    return lo;
}

bool zs_quant_thresholds(const zs_layer_quant *k, uint32_t oc, int64_t least_sum, int64_t most_sum,
                         int64_t *t, uint32_t n)
{
    if (!(k->out.scale > 0) || k->is_real || least_sum > most_sum)
        return false;
    const bool is_counted = k->thresholds != NULL;
    const double first = (is_counted ? k->level0 : k->out.lo) - (double)k->out.zero;
    const double step = is_counted ? k->step : 1;
    const bool falls =
        zs_quant_finish(k, oc, (double)most_sum) < zs_quant_finish(k, oc, (double)least_sum);
    for (uint32_t i = 0; i < n; i++) {
        const double level = first + step * (falls ? n - 1 - i : i + 1);
        t[i] = first_sum(k, oc, least_sum, most_sum, level, falls);
    }
    return true;
}
