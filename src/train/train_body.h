/* train_body.h - forward and backward passes of layers, loss and update; included once per type.
 *
 * ELEM, LANES and NAME are set by the includer. Errors of inputs are added to what other readers
 * of the same tensor have left there, last reader first. */
#include "train_product_body.h"

#define AT(t, data, tensor, image) ((ELEM *)zs_train_at(t, data, tensor, image))

/* ---- convolution ----------------------------------------------------------------------------- */

ZS_CLONES
static void NAME(add)(ELEM *restrict to, const ELEM *restrict from, size_t n)
{
    size_t i = 0;
    for (; i + LANES / 2 <= n; i += LANES / 2) {
        NAME(lanes) a, b;
        memcpy(&a, to + i, sizeof a);
        memcpy(&b, from + i, sizeof b);
        a += b;
        memcpy(to + i, &a, sizeof a);
    }
    for (; i < n; i++)
        to[i] += from[i];
}

/* Outputs of a line whose window begins at input `at`, steps of `step`, that lie within `n`. */
static void NAME(inside)(uint32_t out_n, int64_t at, uint32_t step, uint32_t n, uint32_t *first,
                         uint32_t *end)
{
    const int64_t from = at < 0 ? (-at + step - 1) / step : 0;
    const int64_t to = at < (int64_t)n ? ((int64_t)n - 1 - at) / step + 1 : 0;
    *first = from < (int64_t)out_n ? (uint32_t)from : out_n;
    *end = to < (int64_t)*first ? *first : to < (int64_t)out_n ? (uint32_t)to : out_n;
}

/* Channels of one group: [tap][pixel]. */
static void NAME(gather)(const zs_layer *l, const ELEM *x, ELEM *columns)
{
    const zs_window *w = &l->window;
    const uint32_t ic_n = l->x.c / l->groups, ow = l->y.w;
    for (uint32_t ic = 0; ic < ic_n; ic++)
        for (uint32_t ky = 0; ky < w->kh; ky++)
            for (uint32_t kx = 0; kx < w->kw; kx++) {
                const int64_t left = (int64_t)kx * w->dw - w->pad_left;
                uint32_t first, end;
                NAME(inside)(ow, left, w->sw, l->x.w, &first, &end);
                for (uint32_t oy = 0; oy < l->y.h; oy++, columns += ow) {
                    const uint32_t iy = oy * w->sh + ky * w->dh - w->pad_top;
                    if (iy >= l->x.h) {
                        memset(columns, 0, ow * sizeof *columns);
                        continue;
                    }
                    const ELEM *row = x + ((int64_t)ic * l->x.h + iy) * l->x.w + left;
                    memset(columns, 0, first * sizeof *columns);
                    memset(columns + end, 0, (ow - end) * sizeof *columns);
                    if (w->sw == 1)
                        memcpy(columns + first, row + first, (end - first) * sizeof *columns);
                    for (uint32_t ox = first; w->sw != 1 && ox < end; ox++)
                        columns[ox] = row[(size_t)ox * w->sw];
                }
            }
}

/* The same as [pixel][tap], from what gather made. */
static void NAME(turn)(const ELEM *columns, ELEM *lines, size_t taps, size_t pixels)
{
    enum { BLOCK = 16 };
    for (size_t p0 = 0; p0 < pixels; p0 += BLOCK)
        for (size_t t = 0; t < taps; t++)
            for (size_t p = p0; p < p0 + BLOCK && p < pixels; p++)
                lines[p * taps + t] = columns[t * pixels + p];
}

/* The other way: adds [tap][pixel] to the inputs they came from. */
static void NAME(scatter)(const zs_layer *l, const ELEM *columns, ELEM *x)
{
    const zs_window *w = &l->window;
    const uint32_t ic_n = l->x.c / l->groups, ow = l->y.w;
    for (uint32_t ic = 0; ic < ic_n; ic++)
        for (uint32_t ky = 0; ky < w->kh; ky++)
            for (uint32_t kx = 0; kx < w->kw; kx++) {
                const int64_t left = (int64_t)kx * w->dw - w->pad_left;
                uint32_t first, end;
                NAME(inside)(ow, left, w->sw, l->x.w, &first, &end);
                for (uint32_t oy = 0; oy < l->y.h; oy++, columns += ow) {
                    const uint32_t iy = oy * w->sh + ky * w->dh - w->pad_top;
                    if (iy >= l->x.h)
                        continue;
                    ELEM *row = x + ((int64_t)ic * l->x.h + iy) * l->x.w + left;
                    if (w->sw == 1)
                        NAME(add)(row + first, columns + first, end - first);
                    for (uint32_t ox = first; w->sw != 1 && ox < end; ox++)
                        row[(size_t)ox * w->sw] += columns[ox];
                }
            }
}

/* Sizes of the products of one group. */
typedef struct NAME(group) {
    size_t oc_n, taps, pixels, x_elems;
} NAME(group);

static NAME(group) NAME(group_of)(const zs_layer *l)
{
    return (NAME(group)){.oc_n = l->y.c / l->groups,
                         .taps = (size_t)zs_layer_filter_elems(l),
                         .pixels = (size_t)l->y.h * l->y.w,
                         .x_elems = (size_t)(l->x.c / l->groups) * l->x.h * l->x.w};
}

static void NAME(conv_forward)(const zs_trainer *t, const zs_layer *l, const ELEM *weights,
                               const ELEM *biases, const ELEM *x, ELEM *y)
{
    const NAME(group) g = NAME(group_of)(l);
    ELEM *columns = t->columns;
    memset(y, 0, g.oc_n * l->groups * g.pixels * sizeof *y);
    for (uint32_t i = 0; i < l->groups; i++) {
        NAME(gather)(l, x + i * g.x_elems, columns);
        NAME(product)
        (g.oc_n, g.pixels, g.taps, weights + i * g.oc_n * g.taps, g.taps, 1, columns, g.pixels,
         y + i * g.oc_n * g.pixels, g.pixels, t->panel);
    }
    for (size_t oc = 0; biases != NULL && oc < l->y.c; oc++)
        for (size_t i = 0; i < g.pixels; i++)
            y[oc * g.pixels + i] += biases[oc];
}

static void NAME(conv_backward)(const zs_trainer *t, const zs_layer *l, const ELEM *weights,
                                const ELEM *x, const ELEM *dy, ELEM *weight_gradients,
                                ELEM *bias_gradients, ELEM *dx)
{
    const NAME(group) g = NAME(group_of)(l);
    ELEM *taps = t->columns_t, *errors = t->errors;
    for (uint32_t i = 0; i < l->groups; i++) {
        const ELEM *d = dy + i * g.oc_n * g.pixels;
        const size_t w_at = i * g.oc_n * g.taps;
        NAME(gather)(l, x + i * g.x_elems, t->columns);
        NAME(turn)(t->columns, taps, g.taps, g.pixels);
        NAME(product)
        (g.oc_n, g.taps, g.pixels, d, g.pixels, 1, taps, g.taps, weight_gradients + w_at, g.taps,
         t->panel);
        if (dx == NULL)
            continue;
        memset(errors, 0, g.taps * g.pixels * sizeof *errors);
        NAME(product)
        (g.taps, g.pixels, g.oc_n, weights + w_at, 1, g.taps, d, g.pixels, errors, g.pixels,
         t->panel);
        NAME(scatter)(l, errors, dx + i * g.x_elems);
    }
    for (size_t oc = 0; bias_gradients != NULL && oc < l->y.c; oc++) {
        ELEM sum = bias_gradients[oc];
        for (size_t i = 0; i < g.pixels; i++)
            sum += dy[oc * g.pixels + i];
        bias_gradients[oc] = sum;
    }
}

/* ---- fully connected ------------------------------------------------------------------------- */

/* From the first element of one image to that of the next. */
static size_t NAME(step_of)(const zs_trainer *t, uint32_t tensor)
{
    uint64_t offset;
    return (size_t)zs_shape_elems(t->net->tensors[zs_tensor_root(t->net, tensor, &offset)].shape);
}

static void NAME(fc_forward)(const zs_trainer *t, const zs_layer *l, const zs_train_pass *p,
                             const ELEM *weights, const ELEM *biases, zs_train_part part)
{
    const size_t in_n = (size_t)zs_layer_filter_elems(l), out_n = l->y.c;
    const size_t y_step = NAME(step_of)(t, l->out);
    ELEM *by_input = t->transposed, *y = AT(t, p->x, l->out, part.first);
    for (size_t o = 0; o < out_n; o++)
        for (size_t i = 0; i < in_n; i++)
            by_input[i * out_n + o] = weights[o * in_n + i];
    for (size_t s = 0; s < part.n; s++)
        memset(y + s * y_step, 0, out_n * sizeof *y);
    NAME(product)
    (part.n, out_n, in_n, AT(t, p->x, l->in[0], part.first), NAME(step_of)(t, l->in[0]), 1,
     by_input, out_n, y, y_step, t->panel);
    for (size_t s = 0; biases != NULL && s < part.n; s++)
        for (size_t o = 0; o < out_n; o++)
            y[s * y_step + o] += biases[o];
}

static void NAME(fc_backward)(const zs_trainer *t, const zs_layer *l, const zs_train_pass *p,
                              const ELEM *weights, ELEM *weight_gradients, ELEM *bias_gradients,
                              bool has_error, zs_train_part part)
{
    const size_t in_n = (size_t)zs_layer_filter_elems(l), out_n = l->y.c;
    const size_t y_step = NAME(step_of)(t, l->out), x_step = NAME(step_of)(t, l->in[0]);
    const ELEM *dy = AT(t, p->d, l->out, part.first);
    NAME(product)
    (out_n, in_n, part.n, dy, 1, y_step, AT(t, p->x, l->in[0], part.first), x_step,
     weight_gradients, in_n, t->panel);
    for (size_t s = 0; bias_gradients != NULL && s < part.n; s++)
        for (size_t o = 0; o < out_n; o++)
            bias_gradients[o] += dy[s * y_step + o];
    if (has_error)
        NAME(product)
    (part.n, in_n, out_n, dy, y_step, 1, weights, in_n, AT(t, p->d, l->in[0], part.first), x_step,
     t->panel);
}

/* ---- pools ----------------------------------------------------------------------------------- */

/* Most windows lie inside: what zs_pool_cols says of those needs no working out. */
static inline zs_pool_part NAME(columns_of)(const zs_layer *l, uint32_t ox)
{
    const zs_window *w = &l->window;
    const uint32_t at = ox * w->sw - w->pad_left;
    if (ox * w->sw >= w->pad_left && at + (w->kw - 1) * w->dw < l->x.w)
        return (zs_pool_part){.at = at, .n = w->kw, .divisor = w->kw};
    return zs_pool_cols(l, ox);
}

static void NAME(pool_forward)(const zs_layer *l, const ELEM *x, ELEM *y, uint32_t *picks)
{
    const uint32_t dh = l->window.dh, dw = l->window.dw;
    for (uint32_t c = 0; c < l->y.c; c++, x += (size_t)l->x.h * l->x.w)
        for (uint32_t oy = 0; oy < l->y.h; oy++) {
            const zs_pool_part rows = zs_pool_rows(l, oy);
            for (uint32_t ox = 0; ox < l->y.w; ox++) {
                const zs_pool_part cols = NAME(columns_of)(l, ox);
                uint32_t best = rows.at * l->x.w + cols.at;
                ELEM sum = 0;
                for (uint32_t i = 0; i < rows.n; i++)
                    for (uint32_t j = 0; j < cols.n; j++) {
                        const uint32_t at = (rows.at + i * dh) * l->x.w + cols.at + j * dw;
                        sum += x[at];
                        best = x[at] > x[best] || x[at] != x[at] ? at : best;
                    }
                if (l->pool == ZS_POOL_MAX)
                    *picks++ = best;
                *y++ = l->pool == ZS_POOL_MAX ? x[best]
                                              : sum / (ELEM)((double)rows.divisor * cols.divisor);
            }
        }
}

static void NAME(pool_backward)(const zs_layer *l, const ELEM *dy, const uint32_t *picks, ELEM *dx)
{
    const uint32_t dh = l->window.dh, dw = l->window.dw;
    for (uint32_t c = 0; c < l->y.c; c++, dx += (size_t)l->x.h * l->x.w)
        for (uint32_t oy = 0; oy < l->y.h; oy++) {
            const zs_pool_part rows = zs_pool_rows(l, oy);
            for (uint32_t ox = 0; ox < l->y.w; ox++, dy++) {
                if (l->pool == ZS_POOL_MAX) {
                    dx[*picks++] += *dy;
                    continue;
                }
                const zs_pool_part cols = NAME(columns_of)(l, ox);
                const ELEM share = *dy / (ELEM)((double)rows.divisor * cols.divisor);
                for (uint32_t i = 0; i < rows.n; i++)
                    for (uint32_t j = 0; j < cols.n; j++)
                        dx[(rows.at + i * dh) * l->x.w + cols.at + j * dw] += share;
            }
        }
}

static void NAME(mean_forward)(const zs_layer *l, const ELEM *x, ELEM *y)
{
    const size_t n = (size_t)l->x.h * l->x.w;
    for (uint32_t c = 0; c < l->x.c; c++) {
        ELEM sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += x[c * n + i];
        y[c] = sum / (ELEM)n;
    }
}

static void NAME(mean_backward)(const zs_layer *l, const ELEM *dy, ELEM *dx)
{
    const size_t n = (size_t)l->x.h * l->x.w;
    for (uint32_t c = 0; c < l->x.c; c++)
        for (size_t i = 0; i < n; i++)
            dx[c * n + i] += dy[c] / (ELEM)n;
}

/* ---- batch normalisation --------------------------------------------------------------------- */

static void NAME(norm_forward)(const zs_trainer *t, const zs_train_layer *tl, const zs_layer *l,
                               const zs_train_pass *p, const ELEM *factors, const ELEM *addends,
                               zs_train_part part, bool trains)
{
    const size_t pixels = (size_t)l->x.h * l->x.w, n = pixels * part.n;
    const size_t x_step = NAME(step_of)(t, l->in[0]), y_step = NAME(step_of)(t, l->out);
    ELEM *mean = (ELEM *)t->state + tl->at.state_at, *variance = mean + l->x.c;
    ELEM *saved = (ELEM *)p->saved + tl->saved_at;
    for (uint32_t c = 0; c < l->x.c; c++) {
        const ELEM *x = AT(t, p->x, l->in[0], part.first) + c * pixels;
        ELEM *y = AT(t, p->x, l->out, part.first) + c * pixels;
        double m = (double)mean[c], v = (double)variance[c];
        if (trains) {
            m = v = 0;
            for (size_t s = 0; s < part.n; s++)
                for (size_t i = 0; i < pixels; i++)
                    m += (double)x[s * x_step + i];
            m /= (double)n;
            for (size_t s = 0; s < part.n; s++)
                for (size_t i = 0; i < pixels; i++)
                    v += ((double)x[s * x_step + i] - m) * ((double)x[s * x_step + i] - m);
            v /= (double)n;
            const double unbiased = n > 1 ? v * (double)n / (double)(n - 1) : v;
            mean[c] = (ELEM)((1 - ZS_NORM_MOMENTUM) * (double)mean[c] + ZS_NORM_MOMENTUM * m);
            variance[c] =
                (ELEM)((1 - ZS_NORM_MOMENTUM) * (double)variance[c] + ZS_NORM_MOMENTUM * unbiased);
        }
        saved[c] = (ELEM)m;
        saved[l->x.c + c] = (ELEM)(1 / sqrt(v + ZS_NORM_EPS));
        for (size_t s = 0; s < part.n; s++)
            for (size_t i = 0; i < pixels; i++)
                y[s * y_step + i] =
                    (x[s * x_step + i] - saved[c]) * saved[l->x.c + c] * factors[c] + addends[c];
    }
}

static void NAME(norm_backward)(const zs_trainer *t, const zs_train_layer *tl, const zs_layer *l,
                                const zs_train_pass *p, const ELEM *factors, ELEM *factor_gradients,
                                ELEM *addend_gradients, zs_train_part part)
{
    const size_t pixels = (size_t)l->x.h * l->x.w, n = pixels * part.n;
    const size_t x_step = NAME(step_of)(t, l->in[0]), y_step = NAME(step_of)(t, l->out);
    const ELEM *saved = (const ELEM *)p->saved + tl->saved_at;
    for (uint32_t c = 0; c < l->x.c; c++) {
        const ELEM *x = AT(t, p->x, l->in[0], part.first) + c * pixels;
        const ELEM *dy = AT(t, p->d, l->out, part.first) + c * pixels;
        ELEM *dx = AT(t, p->d, l->in[0], part.first) + c * pixels;
        const double m = (double)saved[c], scale = (double)saved[l->x.c + c];
        double sum = 0, product = 0;
        for (size_t s = 0; s < part.n; s++)
            for (size_t i = 0; i < pixels; i++) {
                const double d = (double)dy[s * y_step + i];
                sum += d;
                product += d * (((double)x[s * x_step + i] - m) * scale);
            }
        factor_gradients[c] += (ELEM)product;
        addend_gradients[c] += (ELEM)sum;
        for (size_t s = 0; tl->has_error && s < part.n; s++)
            for (size_t i = 0; i < pixels; i++) {
                const double normal = ((double)x[s * x_step + i] - m) * scale;
                dx[s * x_step + i] += (ELEM)((double)factors[c] * scale *
                                             ((double)dy[s * y_step + i] - sum / (double)n -
                                              normal * product / (double)n));
            }
    }
}

/* ---- functions of elements ------------------------------------------------------------------- */

static void NAME(limit)(const zs_layer *l, ELEM *y, size_t n)
{
    const ELEM lo = (ELEM)l->act.lo, hi = (ELEM)l->act.hi;
    for (size_t i = 0; i < n; i++) { /* what is not a number stays, to be found in the loss */
        const ELEM low = y[i] <= lo ? lo : y[i];
        y[i] = low >= hi ? hi : low;
    }
}

static void NAME(limit_errors)(const zs_layer *l, const ELEM *y, ELEM *dy, size_t n)
{
    const ELEM lo = (ELEM)l->act.lo, hi = (ELEM)l->act.hi;
    for (size_t i = 0; i < n; i++)
        dy[i] = y[i] > lo && y[i] < hi ? dy[i] : 0;
}

static void NAME(softmax)(const zs_layer *l, const ELEM *x, ELEM *y)
{
    const size_t pixels = (size_t)l->x.h * l->x.w;
    for (size_t i = 0; i < pixels; i++) {
        double max = (double)x[i], sum = 0;
        for (size_t c = 1; c < l->x.c; c++)
            max = (double)x[c * pixels + i] > max ? (double)x[c * pixels + i] : max;
        for (size_t c = 0; c < l->x.c; c++)
            sum += zs_exp((double)x[c * pixels + i] - max);
        for (size_t c = 0; c < l->x.c; c++)
            y[c * pixels + i] = (ELEM)(zs_exp((double)x[c * pixels + i] - max) / sum);
    }
}

static void NAME(softmax_errors)(const zs_layer *l, const ELEM *y, const ELEM *dy, ELEM *dx)
{
    const size_t pixels = (size_t)l->x.h * l->x.w;
    for (size_t i = 0; i < pixels; i++) {
        double sum = 0;
        for (size_t c = 0; c < l->x.c; c++)
            sum += (double)dy[c * pixels + i] * (double)y[c * pixels + i];
        for (size_t c = 0; c < l->x.c; c++)
            dx[c * pixels + i] +=
                (ELEM)((double)y[c * pixels + i] * ((double)dy[c * pixels + i] - sum));
    }
}

/* k + alpha / size times the sum of squares of the channels around c. */
static double NAME(local_base)(const zs_layer *l, const ELEM *x, size_t c, size_t pixels)
{
    const size_t before = (l->lrn_size - 1) / 2, after = l->lrn_size / 2;
    double squares = 0;
    for (size_t j = c > before ? c - before : 0; j <= c + after && j < l->x.c; j++)
        squares += (double)x[j * pixels] * (double)x[j * pixels];
    return (double)l->lrn_k + (double)l->lrn_alpha / l->lrn_size * squares;
}

static void NAME(local_forward)(const zs_layer *l, const ELEM *x, ELEM *y)
{
    const size_t pixels = (size_t)l->x.h * l->x.w;
    for (size_t c = 0; c < l->x.c; c++)
        for (size_t i = 0; i < pixels; i++)
            y[c * pixels + i] =
                (ELEM)((double)x[c * pixels + i] *
                       zs_pow(NAME(local_base)(l, x + i, c, pixels), -(double)l->lrn_beta));
}

/* Through its own base, and through those of the channels that it is around. */
static void NAME(local_errors)(const zs_layer *l, const ELEM *x, const ELEM *dy, ELEM *dx)
{
    const size_t pixels = (size_t)l->x.h * l->x.w;
    const size_t before = (l->lrn_size - 1) / 2, after = l->lrn_size / 2;
    const double beta = (double)l->lrn_beta, alpha = (double)l->lrn_alpha / l->lrn_size;
    for (size_t c = 0; c < l->x.c; c++)
        for (size_t i = 0; i < pixels; i++) {
            const double base = NAME(local_base)(l, x + i, c, pixels);
            const double factor = zs_pow(base, -beta), error = (double)dy[c * pixels + i];
            const double around =
                2 * alpha * beta * error * (double)x[c * pixels + i] * factor / base;
            dx[c * pixels + i] += (ELEM)(error * factor);
            for (size_t j = c > before ? c - before : 0; j <= c + after && j < l->x.c; j++)
                dx[j * pixels + i] -= (ELEM)(around * (double)x[j * pixels + i]);
        }
}

/* ---- a layer --------------------------------------------------------------------------------- */

static void NAME(forward_image)(const zs_trainer *t, const zs_train_layer *tl, const zs_layer *l,
                                const zs_train_pass *p, const ELEM *weights, const ELEM *biases,
                                uint32_t image)
{
    const ELEM *x = AT(t, p->x, l->in[0], image);
    ELEM *y = AT(t, p->x, l->out, image);
    const size_t n = (size_t)zs_shape_elems(t->net->tensors[l->out].shape);
    switch (l->op) {
    case ZS_LAYER_CONV:
        NAME(conv_forward)(t, l, weights, biases, x, y);
        break;
    case ZS_LAYER_POOL:
        NAME(pool_forward)(l, x, y, p->picks + image * t->pick_n + tl->pick_at);
        break;
    case ZS_LAYER_GAP:
        NAME(mean_forward)(l, x, y);
        break;
    case ZS_LAYER_SOFTMAX:
        NAME(softmax)(l, x, y);
        break;
    case ZS_LAYER_LRN:
        NAME(local_forward)(l, x, y);
        break;
    case ZS_LAYER_UNARY:
        for (size_t i = 0; i < n; i++)
            y[i] = (ELEM)zs_function_of(l->general->fn, l->general->p, (double)x[i]);
        break;
    case ZS_LAYER_CONCAT:
        for (uint32_t i = 0; i < l->in_n; i++) {
            const size_t part_n = (size_t)zs_shape_elems(t->net->tensors[l->in[i]].shape);
            memcpy(y, AT(t, p->x, l->in[i], image), part_n * sizeof *y);
            y += part_n;
        }
        break;
    default: /* act, add */
        memcpy(y, x, n * sizeof *y);
        for (uint32_t i = 1; i < l->in_n; i++) {
            const ELEM *other = AT(t, p->x, l->in[i], image);
            for (size_t e = 0; e < n; e++)
                y[e] += other[e];
        }
    }
}

static void NAME(forward)(zs_trainer *t, zs_train_pass *p, uint32_t layer, const void *params,
                          zs_train_part part, bool trains)
{
    const zs_train_layer *tl = &t->layers[layer];
    const zs_layer *l = &t->net->layers[layer];
    const ELEM *weights = (const ELEM *)params + tl->at.weights_at;
    const ELEM *biases = tl->at.bias_n > 0 ? (const ELEM *)params + tl->at.biases_at : NULL;
    if (tl->is_in_loss)
        return;
    if (l->op == ZS_LAYER_FC)
        NAME(fc_forward)(t, l, p, weights, biases, part);
    else if (l->op == ZS_LAYER_BATCHNORM)
        NAME(norm_forward)(t, tl, l, p, weights, biases, part, trains);
    else
        for (uint32_t i = 0; i < part.n; i++)
            NAME(forward_image)(t, tl, l, p, weights, biases, part.first + i);
    const size_t n = (size_t)zs_shape_elems(t->net->tensors[l->out].shape);
    for (uint32_t i = 0; l->act.active && i < part.n; i++)
        NAME(limit)(l, AT(t, p->x, l->out, part.first + i), n);
}

static void NAME(add_errors)(const zs_trainer *t, const zs_layer *l, const zs_train_pass *p,
                             const ELEM *dy, uint32_t image)
{
    for (uint32_t i = 0; i < l->in_n; i++) {
        const size_t n = (size_t)zs_shape_elems(t->net->tensors[l->in[i]].shape);
        ELEM *dx = AT(t, p->d, l->in[i], image);
        for (size_t e = 0; e < n; e++)
            dx[e] += dy[e];
        dy += l->op == ZS_LAYER_CONCAT ? n : 0;
    }
}

static void NAME(backward_image)(const zs_trainer *t, const zs_train_layer *tl, const zs_layer *l,
                                 const zs_train_pass *p, const ELEM *weights, uint32_t image)
{
    const ELEM *x = AT(t, p->x, l->in[0], image), *y = AT(t, p->x, l->out, image);
    const ELEM *dy = AT(t, p->d, l->out, image);
    ELEM *dx = AT(t, p->d, l->in[0], image), *gradients = t->gradients;
    const size_t n = (size_t)zs_shape_elems(t->net->tensors[l->out].shape);
    switch (l->op) {
    case ZS_LAYER_CONV:
        NAME(conv_backward)
        (t, l, weights, x, dy, gradients + tl->at.weights_at,
         tl->at.bias_n > 0 ? gradients + tl->at.biases_at : NULL, tl->has_error ? dx : NULL);
        break;
    case ZS_LAYER_POOL:
        NAME(pool_backward)(l, dy, p->picks + image * t->pick_n + tl->pick_at, dx);
        break;
    case ZS_LAYER_GAP:
        NAME(mean_backward)(l, dy, dx);
        break;
    case ZS_LAYER_SOFTMAX:
        NAME(softmax_errors)(l, y, dy, dx);
        break;
    case ZS_LAYER_LRN:
        NAME(local_errors)(l, x, dy, dx);
        break;
    case ZS_LAYER_UNARY:
        for (size_t i = 0; i < n; i++)
            dx[i] += dy[i] * (ELEM)zs_train_slope(l->general, (double)x[i], (double)y[i]);
        break;
    default:
        NAME(add_errors)(t, l, p, dy, image);
    }
}

static void NAME(backward)(zs_trainer *t, zs_train_pass *p, uint32_t layer, const void *params,
                           zs_train_part part)
{
    const zs_train_layer *tl = &t->layers[layer];
    const zs_layer *l = &t->net->layers[layer];
    const ELEM *weights = (const ELEM *)params + tl->at.weights_at;
    ELEM *weight_gradients = (ELEM *)t->gradients + tl->at.weights_at;
    ELEM *bias_gradients = tl->at.bias_n > 0 ? (ELEM *)t->gradients + tl->at.biases_at : NULL;
    const size_t n = (size_t)zs_shape_elems(t->net->tensors[l->out].shape);
    if (tl->is_in_loss || (!tl->has_error && tl->at.weight_n == 0))
        return;
    for (uint32_t i = 0; l->act.active && i < part.n; i++)
        NAME(limit_errors)
    (l, AT(t, p->x, l->out, part.first + i), AT(t, p->d, l->out, part.first + i), n);
    if (l->op == ZS_LAYER_FC)
        NAME(fc_backward)(t, l, p, weights, weight_gradients, bias_gradients, tl->has_error, part);
    else if (l->op == ZS_LAYER_BATCHNORM)
        NAME(norm_backward)(t, tl, l, p, weights, weight_gradients, bias_gradients, part);
    else
        for (uint32_t i = 0; i < part.n; i++)
            NAME(backward_image)(t, tl, l, p, weights, part.first + i);
}

/* ---- loss and update ------------------------------------------------------------------------- */

static size_t NAME(largest)(const ELEM *y, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        best = y[i] > y[best] ? i : best;
    return best;
}

static double NAME(entropy)(const ELEM *y, size_t n, size_t label, double images, ELEM *d)
{
    double max = (double)y[0], sum = 0;
    for (size_t c = 1; c < n; c++)
        max = (double)y[c] > max ? (double)y[c] : max;
    for (size_t c = 0; c < n; c++)
        sum += zs_exp((double)y[c] - max);
    for (size_t c = 0; c < n; c++)
        d[c] = (ELEM)((zs_exp((double)y[c] - max) / sum - (c == label ? 1 : 0)) / images);
    return zs_log(sum) - ((double)y[label] - max);
}

static double NAME(squares)(const ELEM *y, size_t n, const ELEM *targets, size_t label, ELEM images,
                            ELEM *d)
{
    double sum = 0;
    for (size_t c = 0; c < n; c++) {
        const ELEM target = targets != NULL ? targets[c] : (ELEM)(c == label ? 1 : 0);
        const double off = (double)y[c] - (double)target;
        d[c] = (y[c] - target) / images;
        sum += off * off;
    }
    return sum / 2;
}

static void NAME(lose)(zs_trainer *t, zs_train_pass *p, zs_train_part part)
{
    const size_t n = (size_t)t->class_n;
    for (uint32_t s = part.first; s < part.first + part.n; s++) {
        const ELEM *y = AT(t, p->x, t->result, s);
        const ELEM *targets = p->has_labels ? NULL : (const ELEM *)p->targets + s * n;
        ELEM *d = AT(t, p->d, t->result, s);
        const size_t label = p->has_labels ? p->labels[s] : NAME(largest)(targets, n);
        p->loss += (t->setup.loss == ZS_LOSS_ENTROPY
                        ? NAME(entropy)(y, n, label, p->n, d)
                        : NAME(squares)(y, n, targets, label, (ELEM)p->n, d)) /
                   p->n;
        p->right += NAME(largest)(y, n) == label;
    }
}

ZS_CLONES
static void NAME(update)(zs_trainer *t, uint64_t from, uint64_t to, double rate)
{
    const ELEM momentum = (ELEM)t->setup.momentum, decay = (ELEM)t->setup.weight_decay;
    const ELEM lr = (ELEM)rate;
    ELEM *restrict w = t->params, *restrict v = t->velocities;
    const ELEM *restrict g = t->gradients;
    for (uint64_t i = from; i < to; i++) {
        v[i] = momentum * v[i] + (g[i] + decay * w[i]);
        w[i] = w[i] - lr * v[i];
    }
}

/* ---- parameters ------------------------------------------------------------------------------ */

static void NAME(start)(zs_trainer *t, uint32_t layer, float *scratch)
{
    const zs_train_params *at = &t->layers[layer].at;
    const zs_layer *l = &t->net->layers[layer];
    ELEM *w = (ELEM *)t->params + at->weights_at, *b = (ELEM *)t->params + at->biases_at;
    if (l->op == ZS_LAYER_BATCHNORM) {
        ELEM *state = (ELEM *)t->state + at->state_at;
        for (uint64_t c = 0; c < l->x.c; c++) {
            w[c] = l->weights.data != NULL ? (ELEM)l->weights.data[c] : 1;
            b[c] = l->weights.bias != NULL ? (ELEM)l->weights.bias[c] : 0;
            state[c] = 0;
            state[l->x.c + c] = 1;
        }
        return;
    }
    const uint64_t n = at->weight_n > 0 ? zs_layer_filter_elems(l) : 0;
    const bool is_scaled = l->weights.data == NULL && t->setup.start > 0;
    const ELEM scale = is_scaled ? (ELEM)t->setup.start : 1;
    for (uint32_t oc = 0; n > 0 && oc < l->y.c; oc++) {
        const float *filter = zs_layer_filter(t->net, l, oc, scratch);
        for (uint64_t i = 0; i < n; i++)
            w[oc * n + i] = (ELEM)filter[i] * scale;
    }
    for (uint64_t oc = 0; oc < at->bias_n; oc++)
        b[oc] = l->weights.bias != NULL ? (ELEM)l->weights.bias[oc] : 0;
}

static void NAME(learnt)(const zs_trainer *t, uint64_t from, uint64_t n, float *out)
{
    for (uint64_t i = 0; i < n; i++)
        out[i] = (float)((const ELEM *)t->params)[from + i];
}

static void NAME(state_of)(const zs_trainer *t, uint64_t from, uint64_t n, float *out)
{
    for (uint64_t i = 0; i < n; i++)
        out[i] = (float)((const ELEM *)t->state)[from + i];
}

static uint32_t NAME(right)(const zs_trainer *t, const void *results, const uint32_t *labels,
                            uint32_t n)
{
    uint32_t right = 0;
    const ELEM *y = results;
    for (uint32_t s = 0; s < n; s++)
        right += NAME(largest)(y + s * t->class_n, (size_t)t->class_n) == labels[s];
    return right;
}

const zs_train_ops NAME(zs_train) = {.elem_bytes = sizeof(ELEM),
                                     .forward = NAME(forward),
                                     .backward = NAME(backward),
                                     .lose = NAME(lose),
                                     .update = NAME(update),
                                     .start = NAME(start),
                                     .learnt = NAME(learnt),
                                     .state = NAME(state_of),
                                     .right = NAME(right)};

#undef AT
