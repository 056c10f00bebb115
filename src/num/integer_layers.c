/* Layers without filters by the rules of TFLite, on q - zero of quantised tensors. */
#include "elem_priv.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* Clamps q - zero to the limits of the output. */
static float finish(const zs_layer_quant *k, int64_t v)
{
    const int64_t lo = k->out.lo - k->out.zero, hi = k->out.hi - k->out.zero;
    return (float)(v < lo ? lo : v > hi ? hi : v);
}

float zs_integer_sum(const zs_layer_quant *k, const float *x)
{
    return finish(k, zs_rule_add(k->rule, (int32_t)x[0], k->factor[0], (int32_t)x[1], k->factor[1],
                                 k->out.scale));
}

/* ---- windows --------------------------------------------------------------------------------- */

static float window(const zs_layer *layer, const float *plane, zs_pool_part rows, zs_pool_part cols)
{
    const zs_layer_quant *k = layer->quant;
    int64_t sum = 0, most = INT32_MIN;
    for (uint32_t ky = 0; ky < rows.n; ky++)
        for (uint32_t kx = 0; kx < cols.n; kx++) {
            const size_t at = (size_t)(rows.at + ky * layer->window.dh) * layer->x.w + cols.at +
                              (size_t)kx * layer->window.dw;
            const int64_t v = (int64_t)plane[at];
            sum += v;
            most = v > most ? v : most;
        }
    if (layer->pool == ZS_POOL_MAX)
        return finish(k, most);
    /* The mean of q as in the file, halves away from 0. */
    const int64_t n = (int64_t)rows.n * cols.n, zero = k->out.zero + k->out.offset;
    sum += n * zero;
    assert(n > 0); /* no window covers padding alone */
    return finish(k, (sum > 0 ? sum + n / 2 : sum - n / 2) / n - zero);
}

static void pool(const zs_layer *layer, const float *x, float *y)
{
    for (uint32_t c = 0; c < layer->y.c; c++, x += (size_t)layer->x.h * layer->x.w)
        for (uint32_t oy = 0; oy < layer->y.h; oy++)
            for (uint32_t ox = 0; ox < layer->y.w; ox++)
                *y++ = window(layer, x, zs_pool_rows(layer, oy), zs_pool_cols(layer, ox));
}

static void mean(const zs_layer *layer, const float *x, float *y)
{
    const zs_layer_quant *k = layer->quant;
    const uint32_t n = layer->x.h * layer->x.w;
    for (uint32_t c = 0; c < layer->y.c; c++, x += n) {
        int64_t sum = 0;
        for (uint32_t i = 0; i < n; i++)
            sum += (int64_t)x[i];
        y[c] = finish(k, zs_rule_mean(k->rule, sum, n, k->factor[0]));
    }
}

/* ---- softmax --------------------------------------------------------------------------------- */

/* e^r as Q0.31, of r <= 0 as Q5.26: a series below 1/4, then a factor for each bit above. */
static int32_t exp_of(int32_t r)
{
    static const int32_t factors[] = {1672461947, 1302514674, 790015084, 290630308,
                                      39332535,   720401,     242};
    if (r == 0)
        return INT32_MAX;
    const int32_t a = (int32_t)((uint32_t)r & ((1u << 24) - 1)) - (1 << 24);
    const int32_t x = a * 32 + (1 << 28);
    const int32_t x2 = zs_high_product(x, x), x3 = zs_high_product(x2, x);
    const int32_t x4 = zs_high_product(x2, x2);
    const int32_t inner = zs_high_product(zs_shift_round(x4, 2) + x3, 715827883);
    const int32_t u = zs_shift_round(inner + x2, 1);
    int32_t e = 1895147668 + zs_high_product(1895147668, x + u);
    const uint32_t b = (uint32_t)(a - r);
    for (uint32_t i = 0; i < ZS_LEN(factors); i++)
        if ((b >> (24 + i) & 1) != 0)
            e = zs_high_product(e, factors[i]);
    return e;
}

static int32_t saturated(int64_t x)
{
    return x > INT32_MAX ? INT32_MAX : x < INT32_MIN ? INT32_MIN : (int32_t)x;
}

/* 1 / (1 + x) as Q0.31 of x in Q0.31, by Newton's method. */
static int32_t reciprocal_of(int32_t w)
{
    const int32_t h = (int32_t)(((int64_t)w + (INT64_C(1) << 31)) / 2);
    int32_t x = 1515870810 + zs_high_product(h, -1010580540);
    for (int i = 0; i < 3; i++) {
        const int32_t rest = (1 << 29) - zs_high_product(h, x);
        x = saturated((int64_t)x + saturated(4 * (int64_t)zs_high_product(x, rest)));
    }
    return saturated(2 * (int64_t)x);
}

/* n values `step` apart. factor[0]: beta times the scale. */
static void softmax_line(const zs_layer_quant *k, size_t n, size_t step, const float *x, float *y)
{
    const double beta = fmin(k->factor[0] * 0x1p26, 0x1p31 - 1);
    int l;
    int64_t m = (int64_t)round(ldexp(frexp(beta, &l), 31));
    if (m == INT64_C(1) << 31) {
        m /= 2;
        l++;
    }
    l = l < 0 ? 0 : l;
    const int32_t least = -(int32_t)floor(31 * ldexp(1, 26) / ldexp(1, l));
    float most = x[0];
    for (size_t i = 1; i < n; i++)
        most = x[i * step] > most ? x[i * step] : most;
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        const int32_t d = (int32_t)(x[i * step] - most);
        if (d >= least)
            sum += zs_shift_round(
                exp_of(zs_high_product((int64_t)d * (INT64_C(1) << l), (int32_t)m)), 12);
    }
    const uint32_t s = (uint32_t)sum;
    int32_t zeros = 0;
    while (zeros < 31 && (s << zeros) >> 31 == 0)
        zeros++;
    const int32_t w = (int32_t)((int64_t)(uint32_t)(s << zeros) - (INT64_C(1) << 31));
    const int32_t reciprocal = reciprocal_of(w);
    for (size_t i = 0; i < n; i++) {
        const int32_t d = (int32_t)(x[i * step] - most);
        int64_t q = 0;
        if (d >= least) {
            const int32_t e = exp_of(zs_high_product((int64_t)d * (INT64_C(1) << l), (int32_t)m));
            q = zs_shift_round(zs_high_product(reciprocal, e), 12 - zeros + 31 - 8);
        }
        y[i * step] = finish(k, q + (k->out.lo - k->out.zero));
    }
}

static void softmax(const zs_layer *layer, const float *x, float *y)
{
    const zs_general *g = layer->general;
    const size_t step = g != NULL ? (size_t)g->line_step : (size_t)layer->x.h * layer->x.w;
    const size_t n = g != NULL ? (size_t)g->line_n : layer->x.c;
    const size_t blocks = (size_t)zs_shape_elems(layer->x) / (n * step);
    for (size_t b = 0; b < blocks; b++)
        for (size_t i = 0; i < step; i++)
            softmax_line(layer->quant, n, step, x + b * n * step + i, y + b * n * step + i);
}

/* ---- elements, dimensions -------------------------------------------------------------------- */

static void scale(const zs_layer_quant *k, const float *x, float *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = finish(k, k->factor == NULL ? (int64_t)x[i]
                                           : zs_rule_scale(k->rule, (int64_t)x[i], k->factor[0]));
}

/* Sums and differences of two operands, one of which may be a parameter. */
static void pairs(const zs_layer *layer, const float *const *x, float *y)
{
    const zs_general *g = layer->general;
    const zs_layer_quant *k = layer->quant;
    const float *of[2] = {x[0], g->constant != NULL ? x[0] : x[1]};
    if (g->constant != NULL)
        of[g->constant_at] = g->constant;
    for (uint64_t i = 0; i < zs_shape_elems(layer->y); i++) {
        uint64_t rest = i, at[2] = {0, 0};
        for (uint32_t d = g->rank; d-- > 0; rest /= g->dims[d])
            for (size_t o = 0; o < 2; o++)
                at[o] += rest % g->dims[d] * g->strides[o][d];
        const int32_t a = (int32_t)of[0][at[0]], b = (int32_t)of[1][at[1]];
        y[i] = finish(k, (g->fn == ZS_FN_SUB ? zs_rule_subtract : zs_rule_add)(
                             k->rule, a, k->factor[0], b, k->factor[1], k->out.scale));
    }
}

/* Sums, products and maxima are computed in float, which is exact for these integers. */
static void general(const zs_layer *layer, const float *const *x, float *y)
{
    const zs_layer_quant *k = layer->quant;
    const size_t n = zs_shape_elems(layer->y);
    zs_general sums = *layer->general;
    if (sums.fn == ZS_FN_ADD || sums.fn == ZS_FN_SUB) {
        pairs(layer, x, y);
        return;
    }
    const bool is_mean = sums.fn == ZS_FN_R_MEAN;
    uint32_t count = 1;
    for (uint32_t d = 0; is_mean && d < sums.inner_rank; d++)
        count *= sums.inner_dims[d];
    if (is_mean)
        sums.fn = ZS_FN_R_SUM;
    zs_general_f32(layer->op, &sums, x, y);
    for (size_t i = 0; i < n; i++)
        y[i] = finish(k, is_mean ? zs_rule_mean(k->rule, (int64_t)y[i], count, k->factor[0])
                                 : zs_rule_scale(k->rule, (int64_t)y[i], k->factor[0]));
}

/* factor[0] for x >= 0, factor[1] for x < 0. */
static void leaky(const zs_layer_quant *k, const float *x, float *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = finish(k, zs_rule_scale(k->rule, (int64_t)x[i], k->factor[x[i] < 0]));
}

/* Bilinear, between four q as in the file: 10-bit weights and halves away from 0; for unsigned
 * bytes in single precision, halves up. */
static void resize(const zs_layer *layer, const float *x, float *y)
{
    const zs_general *g = layer->general;
    const zs_layer_quant *k = layer->quant;
    const int32_t zero = k->out.zero + k->out.offset;
    for (uint32_t c = 0; c < g->to.c; c++, x += (size_t)g->in_h * g->in_w)
        for (uint32_t oy = 0; oy < g->to.h; oy++)
            for (uint32_t ox = 0; ox < g->to.w; ox++) {
                int64_t sum = 0;
                float real = 0;
                for (uint32_t t = 0; t < 4; t++) { /* rows first, then columns */
                    const uint32_t ky = 2 * oy + t % 2, kx = 2 * ox + t / 2;
                    const int32_t q =
                        (int32_t)x[(size_t)g->tap_y[ky] * g->in_w + g->tap_x[kx]] + zero;
                    const float part = (float)q * g->weight_y[ky] * g->weight_x[kx];
                    real = t == 0 ? part : real + part;
                    sum += (int64_t)q * (int64_t)(1024 * g->weight_y[ky]) *
                           (int64_t)(1024 * g->weight_x[kx]);
                }
                const int64_t half = sum > 0 ? 1 << 19 : -(1 << 19);
                *y++ = finish(
                    k, (k->out.offset != 0 ? (int64_t)(real + 0.5f) : (sum + half) / (1 << 20)) -
                           zero);
            }
}

bool zs_is_integer_layer(const zs_layer *layer)
{
    const zs_layer_quant *k = layer->quant;
    return k != NULL && k->rule >= ZS_ROUND_DOUBLE && k->out.scale > 0 &&
           !zs_op_has_filters(layer->op) && layer->op != ZS_LAYER_ADD;
}

void zs_integer_layer(const zs_layer *layer, const float *const *x, float *y)
{
    switch (layer->op) {
    case ZS_LAYER_POOL:
        pool(layer, x[0], y);
        break;
    case ZS_LAYER_GAP:
        mean(layer, x[0], y);
        break;
    case ZS_LAYER_SOFTMAX:
    case ZS_LAYER_NORMALISE:
        softmax(layer, x[0], y);
        break;
    case ZS_LAYER_BINARY:
    case ZS_LAYER_REDUCE:
        general(layer, x, y);
        break;
    case ZS_LAYER_UNARY:
        leaky(layer->quant, x[0], y, zs_shape_elems(layer->y));
        break;
    case ZS_LAYER_RESIZE:
        resize(layer, x[0], y);
        break;
    default:
        scale(layer->quant, x[0], y, zs_shape_elems(layer->y));
    }
}
