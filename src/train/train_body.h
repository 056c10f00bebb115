/* train_body.h - passes of one layer, loss and update of parameters; included once per type.
 *
 * The includer sets ELEM (float or double), LANES (elements of two 32-byte vectors) and NAME (which
 * adds the type to a name). "Error" is the derivative of the loss by a value. Several layers may
 * read a tensor: each adds its part of the tensor's error, the last layer first. */

/* Value or error of a tensor of one image. */
#define AT(t, data, tensor, image) ((ELEM *)zs_train_at(t, data, tensor, image))

#include "train_filters_body.h"

#include "train_elements_body.h"

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

/* Cross entropy of the softmax of y; its derivative, over all images of the mini-batch, into d. */
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

/* Half the sum of squared differences; without targets 1 is wanted at the label and 0 elsewhere. */
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

static void NAME(add_loss)(zs_trainer *t, zs_train_pass *p, zs_train_part part)
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

static void NAME(start_params)(zs_trainer *t, uint32_t layer, float *scratch)
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

static void NAME(copy_params)(const zs_trainer *t, uint64_t from, uint64_t n, float *out)
{
    for (uint64_t i = 0; i < n; i++)
        out[i] = (float)((const ELEM *)t->params)[from + i];
}

static void NAME(copy_state)(const zs_trainer *t, uint64_t from, uint64_t n, float *out)
{
    for (uint64_t i = 0; i < n; i++)
        out[i] = (float)((const ELEM *)t->state)[from + i];
}

static uint32_t NAME(count_right)(const zs_trainer *t, const void *results, const uint32_t *labels,
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
                                     .add_loss = NAME(add_loss),
                                     .update = NAME(update),
                                     .start_params = NAME(start_params),
                                     .copy_params = NAME(copy_params),
                                     .copy_state = NAME(copy_state),
                                     .count_right = NAME(count_right)};

#undef AT
