/* train_filters_body.h - forward and backward passes of convolutions and fully connected layers, as
 * products of matrices; included once per type by train_body.h. */
#include "train_product_body.h"

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

/* Output i of a line reads input at + i * step: those of out_n outputs, from *first to before *end,
 * whose input is one of the n. */
static void NAME(inside)(uint32_t out_n, int64_t at, uint32_t step, uint32_t n, uint32_t *first,
                         uint32_t *end)
{
    const int64_t from = at < 0 ? (-at + step - 1) / step : 0;
    const int64_t to = at < (int64_t)n ? ((int64_t)n - 1 - at) / step + 1 : 0;
    *first = from < (int64_t)out_n ? (uint32_t)from : out_n;
    *end = to < (int64_t)*first ? *first : to < (int64_t)out_n ? (uint32_t)to : out_n;
}

/* The inputs of all windows of one group as a matrix: [tap][pixel], taps in the order ic, ky, kx
 * (im2col). */
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

/* What gather made, as [pixel][tap]. */
static void NAME(transpose)(const ELEM *columns, ELEM *lines, size_t taps, size_t pixels)
{
    enum { BLOCK = 16 };
    for (size_t p0 = 0; p0 < pixels; p0 += BLOCK)
        for (size_t t = 0; t < taps; t++)
            for (size_t p = p0; p < p0 + BLOCK && p < pixels; p++)
                lines[p * taps + t] = columns[t * pixels + p];
}

/* The reverse of gather (col2im): adds errors [tap][pixel] to those of the inputs they belong to.
 */
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
        NAME(transpose)(t->columns, taps, g.taps, g.pixels);
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

/* Elements from the start of one image's tensor to that of the next image's. */
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
