#include "elem_priv.h"

#include <math.h>
#include <string.h>

/* ---- pooling --------------------------------------------------------------------------------- */

static zs_pool_part span_of(const zs_layer *layer, uint32_t o, uint32_t in, uint32_t k, uint32_t s,
                            uint32_t d, uint32_t pad_before, uint32_t pad_after)
{
    const bool counts_pad = layer->count_include_pad || layer->caffe_pool;
    const uint64_t start = (uint64_t)o * s; /* in the padded image, as are the limits */
    const uint64_t image_end = (uint64_t)pad_before + in;
    const uint64_t first = start < pad_before ? zs_ceil_div(pad_before - start, d) : 0;
    const uint64_t last = zs_min_u64(k, zs_ceil_div(image_end - start, d));
    const uint64_t padded = zs_min_u64(k, zs_ceil_div(image_end + pad_after - start, d));
    return (zs_pool_part){.at = (uint32_t)(start + first * d - pad_before),
                          .n = (uint32_t)(last - first),
                          .divisor = (uint32_t)(counts_pad ? padded : last - first)};
}

zs_pool_part zs_pool_rows(const zs_layer *layer, uint32_t oy)
{
    const zs_window *w = &layer->window;
    return span_of(layer, oy, layer->x.h, w->kh, w->sh, w->dh, w->pad_top, w->pad_bottom);
}

zs_pool_part zs_pool_cols(const zs_layer *layer, uint32_t ox)
{
    const zs_window *w = &layer->window;
    return span_of(layer, ox, layer->x.w, w->kw, w->sw, w->dw, w->pad_left, w->pad_right);
}

static float window_mean(const zs_layer *layer, const float *plane, zs_pool_part rows,
                         zs_pool_part cols)
{
    float sum = 0;
    for (uint32_t ky = 0; ky < rows.n; ky++) {
        const float *row = plane + (size_t)(rows.at + ky * layer->window.dh) * layer->x.w + cols.at;
        for (uint32_t kx = 0; kx < cols.n; kx++)
            sum += row[(size_t)kx * layer->window.dw];
    }
    return sum / (float)((uint64_t)rows.divisor * cols.divisor);
}

static void avg_pool(const zs_layer *layer, const float *x, float *y)
{
    for (uint32_t c = 0; c < layer->y.c; c++) {
        const float *plane = x + (size_t)c * layer->x.h * layer->x.w;
        for (uint32_t oy = 0; oy < layer->y.h; oy++)
            for (uint32_t ox = 0; ox < layer->y.w; ox++)
                *y++ = window_mean(layer, plane, zs_pool_rows(layer, oy), zs_pool_cols(layer, ox));
    }
}

static void global_mean(const zs_layer *layer, const float *x, float *y)
{
    const size_t n = (size_t)layer->x.h * layer->x.w;
    for (uint32_t c = 0; c < layer->y.c; c++, x += n) {
        float sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += x[i];
        y[c] = sum / (float)n;
    }
}

/* ---- other layers in fp32 -------------------------------------------------------------------- */

static void scale_channels(const zs_net *net, const zs_layer *layer, const float *x, float *y)
{
    const size_t n = (size_t)layer->x.h * layer->x.w;
    for (uint32_t c = 0; c < layer->y.c; c++) {
        const float scale = layer->weights.data ? layer->weights.data[c] : 1;
        const float shift = zs_layer_bias(net, layer, c);
        for (size_t i = 0; i < n; i++)
            y[c * n + i] = x[c * n + i] * scale + shift;
    }
}

/* Softmax over the channels of each pixel, in double precision, rounded once. */
static void softmax(const zs_layer *layer, const float *x, float *y)
{
    const size_t n = (size_t)layer->x.h * layer->x.w;
    for (size_t i = 0; i < n; i++) {
        float max = x[i];
        for (uint32_t c = 1; c < layer->x.c; c++)
            max = x[c * n + i] > max ? x[c * n + i] : max;
        double sum = 0;
        for (uint32_t c = 0; c < layer->x.c; c++)
            sum += zs_exp((double)x[c * n + i] - (double)max);
        for (uint32_t c = 0; c < layer->x.c; c++)
            y[c * n + i] = (float)(zs_exp((double)x[c * n + i] - (double)max) / sum);
    }
}

/* A window of even size extends one channel further after the centre, as in ONNX. */
static void normalise_local(const zs_layer *layer, const float *x, float *y)
{
    const size_t n = (size_t)layer->x.h * layer->x.w;
    const uint32_t before = (layer->lrn_size - 1) / 2, after = layer->lrn_size / 2;
    const double alpha = (double)layer->lrn_alpha / layer->lrn_size;
    for (uint32_t c = 0; c < layer->x.c; c++) {
        const uint32_t first = c > before ? c - before : 0;
        const uint32_t last = layer->x.c - 1 - c > after ? c + after : layer->x.c - 1;
        for (size_t i = 0; i < n; i++) {
            double squares = 0;
            for (uint32_t k = first; k <= last; k++)
                squares += (double)x[k * n + i] * (double)x[k * n + i];
            const double base = (double)layer->lrn_k + alpha * squares;
            y[c * n + i] = (float)((double)x[c * n + i] * zs_pow(base, -(double)layer->lrn_beta));
        }
    }
}

static void join_f32(const zs_net *net, const zs_layer *layer, const float *const *x, float *y)
{
    for (uint32_t i = 0; i < layer->in_n; i++) {
        const size_t n = zs_shape_elems(net->tensors[layer->in[i]].shape);
        memcpy(y, x[i], n * sizeof *y);
        y += n;
    }
}

static void general_f32(const zs_layer *layer, const float *const *x, float *y)
{
    const zs_general *g = layer->general;
    const float fill = (float)g->fill;
    if (layer->op == ZS_LAYER_REARRANGE)
        zs_rearrange(g, sizeof *y, x[0], &fill, y);
    else if (layer->op == ZS_LAYER_JOIN)
        zs_join(g, sizeof *y, (const void *const *)x, layer->in_n, y);
    else
        zs_general_f32(layer->op, g, x, y);
}

static void add_f32(uint32_t x_n, const float *const *x, float *y, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float sum = x[0][i];
        for (uint32_t k = 1; k < x_n; k++)
            sum += x[k][i];
        y[i] = sum;
    }
}

static void act_f32(const zs_layer *layer, float *y, size_t n)
{
    for (size_t i = 0; layer->act.active && i < n; i++)
        y[i] = zs_act_f32(layer->act, y[i]);
}

void zs_host_layer_f32(const zs_net *net, const zs_layer *layer, const float *const *x, float *y)
{
    const size_t n = zs_shape_elems(layer->y);
    switch (layer->op) {
    case ZS_LAYER_POOL:
        if (layer->pool == ZS_POOL_MAX)
            zs_elem_ops_of[ZS_TYPE_FP32].max_pool(layer, x[0], y);
        else
            avg_pool(layer, x[0], y);
        break;
    case ZS_LAYER_ADD:
        add_f32(layer->in_n, x, y, n);
        break;
    case ZS_LAYER_CONCAT:
        join_f32(net, layer, x, y);
        break;
    case ZS_LAYER_BATCHNORM:
        scale_channels(net, layer, x[0], y);
        break;
    case ZS_LAYER_GAP:
        global_mean(layer, x[0], y);
        break;
    case ZS_LAYER_SOFTMAX:
        softmax(layer, x[0], y);
        break;
    case ZS_LAYER_LRN:
        normalise_local(layer, x[0], y);
        break;
    case ZS_LAYER_ACT:
    case ZS_LAYER_CONV:
    case ZS_LAYER_FC:
    case ZS_LAYER_FLATTEN:
    case ZS_LAYER_DROPOUT:
    case ZS_LAYER_N:
        memcpy(y, x[0], n * sizeof *y);
        break;
    default:
        general_f32(layer, x, y);
    }
    act_f32(layer, y, n);
}

/* ---- stored elements ------------------------------------------------------------------------- */

static bool same_scale(const zs_quant *q, const zs_layer *layer)
{
    if (q->tensors == NULL) /* fp16 */
        return true;
    const zs_tensor_scale y = q->tensors[layer->out];
    for (uint32_t i = 0; i < layer->in_n; i++) {
        const zs_tensor_scale x = q->tensors[layer->in[i]];
        if (x.frac != y.frac || x.zero != y.zero || x.scale < y.scale || x.scale > y.scale)
            return false;
    }
    return true;
}

static size_t pointer_bytes(const zs_layer *layer)
{
    return (size_t)zs_round_up(layer->in_n * sizeof(float *), 64);
}

size_t zs_host_scratch_bytes(const zs_net *net, const zs_layer *layer)
{
    if (zs_op_has_filters(layer->op))
        return zs_conv_scratch_bytes(layer);
    size_t elems = zs_shape_elems(layer->y);
    for (uint32_t i = 0; i < layer->in_n; i++)
        elems += zs_shape_elems(net->tensors[layer->in[i]].shape);
    return pointer_bytes(layer) + elems * sizeof(float);
}

/* Quantises and dequantises real results by the layer's quantiser. */
static void finish_floats(const zs_quant *q, const zs_layer *layer, float *y)
{
    const size_t plane = (size_t)layer->y.h * layer->y.w, n = zs_shape_elems(layer->y);
    const double step =
        layer->quant->is_real || !zs_is_numbered(q, layer->out) ? 1 : layer->quant->out.scale;
    for (size_t i = 0; i < n; i++)
        y[i] = (float)(zs_quant_finish(layer->quant, (uint32_t)(i / plane), (double)y[i]) * step);
}

/* Layers computed in real numbers that read or write quantised tensors. */
static bool is_mixed(const zs_quant *q, const zs_layer *layer)
{
    bool some = zs_is_numbered(q, layer->out), all = some;
    for (uint32_t i = 0; i < layer->in_n; i++) {
        const bool is_int = zs_is_numbered(q, layer->in[i]);
        some = some || is_int;
        all = all && is_int;
    }
    const bool moves = (layer->op == ZS_LAYER_POOL && layer->pool == ZS_POOL_MAX) ||
                       layer->op == ZS_LAYER_REARRANGE || layer->op == ZS_LAYER_JOIN ||
                       layer->op == ZS_LAYER_CONCAT;
    return layer->quant != NULL || (some && !(all && moves));
}

/* Precision model: int8 of equal scale is copied; all others go through real numbers. */
static bool moves_bytes(const zs_quant *q, const zs_layer *layer)
{
    bool all = zs_is_narrow(q, layer->out);
    for (uint32_t i = 0; i < layer->in_n; i++)
        all = all && zs_is_narrow(q, layer->in[i]);
    return all && layer->quant == NULL && !is_mixed(q, layer);
}

static void through_floats(const zs_net *net, const zs_quant *q, const zs_layer *layer,
                           const void *const *x, void *y, void *scratch)
{
    const float **inputs = scratch;
    float *at = (void *)((char *)scratch + pointer_bytes(layer));
    for (uint32_t i = 0; i < layer->in_n; i++) {
        const size_t n = zs_shape_elems(net->tensors[layer->in[i]].shape);
        zs_dequantise(q, layer->in[i], x[i], at, n);
        inputs[i] = at;
        at += n;
    }
    if (layer->op == ZS_LAYER_QUANTISE)
        memcpy(at, inputs[0], zs_shape_elems(layer->y) * sizeof *at);
    else
        zs_host_layer_f32(net, layer, inputs, at);
    if (layer->quant != NULL)
        finish_floats(q, layer, at);
    zs_quantise(q, layer->out, at, y, zs_shape_elems(layer->y));
}

static void join_elems(const zs_net *net, const zs_quant *q, const zs_layer *layer,
                       const void *const *x, void *y)
{
    char *to = y;
    for (uint32_t i = 0; i < layer->in_n; i++) {
        const size_t bytes =
            zs_shape_elems(net->tensors[layer->in[i]].shape) * zs_elem_bytes(q->precision);
        memcpy(to, x[i], bytes);
        to += bytes;
    }
}

static void move_bytes(const zs_net *net, const zs_quant *q, const zs_layer *layer,
                       const void *const *x, void *y)
{
    const int8_t zero = zs_stored_zero(q, layer->in[0]);
    if (layer->op == ZS_LAYER_POOL)
        zs_activations_of(q)->max_pool(layer, x[0], y);
    else if (layer->op == ZS_LAYER_REARRANGE)
        zs_rearrange(layer->general, 1, x[0], &zero, y);
    else if (layer->op == ZS_LAYER_JOIN)
        zs_join(layer->general, 1, x, layer->in_n, y);
    else
        join_elems(net, q, layer, x, y);
}

/* Computes on q - zero of quantised tensors. */
static void through_integers(const zs_net *net, const zs_quant *q, const zs_layer *layer,
                             const void *const *x, void *y, void *scratch)
{
    const float **inputs = scratch;
    float *at = (void *)((char *)scratch + pointer_bytes(layer));
    for (uint32_t k = 0; k < layer->in_n; k++) {
        const size_t n = zs_shape_elems(net->tensors[layer->in[k]].shape);
        for (size_t i = 0; q->is_model && i < n; i++)
            at[i] = (float)zs_model_get(q, layer->in[k], x[k], i);
        inputs[k] = q->is_model ? at : x[k];
        at += n;
    }
    zs_integer_layer(layer, inputs, q->is_model ? at : y);
    for (size_t i = 0; q->is_model && i < zs_shape_elems(layer->y); i++)
        zs_model_put(q, layer->out, y, i, (double)at[i]);
}

void zs_host_layer(const zs_net *net, const zs_quant *q, const zs_layer *layer,
                   const void *const *x, void *y, void *scratch)
{
    const size_t n = zs_shape_elems(layer->y);
    const zs_elem_ops *elems = zs_activations_of(q);
    if (zs_op_has_filters(layer->op)) {
        zs_conv_layer(net, q, layer, x[0], y, scratch);
    } else if (layer->op == ZS_LAYER_ADD && layer->quant != NULL) {
        zs_add_elems(q, layer, x, layer->in_n, y, n);
    } else if (zs_is_integer_layer(layer)) {
        through_integers(net, q, layer, x, y, scratch);
    } else if (is_mixed(q, layer) || (q->is_model && !moves_bytes(q, layer))) {
        through_floats(net, q, layer, x, y, scratch);
    } else if (elems->scaling == ZS_SCALING_NONE) {
        const float **inputs = scratch;
        for (uint32_t i = 0; i < layer->in_n; i++)
            inputs[i] = x[i];
        zs_host_layer_f32(net, layer, inputs, y);
    } else if (layer->op == ZS_LAYER_ADD) {
        zs_add_elems(q, layer, x, layer->in_n, y, n);
    } else if (q->is_model) {
        move_bytes(net, q, layer, x, y);
    } else if (layer->op == ZS_LAYER_POOL && layer->pool == ZS_POOL_MAX && same_scale(q, layer)) {
        elems->max_pool(layer, x[0], y);
        zs_act_elems(q, layer, y, n);
    } else if (layer->op == ZS_LAYER_ACT && same_scale(q, layer)) {
        memcpy(y, x[0], n * zs_elem_bytes(q->precision));
        zs_act_elems(q, layer, y, n);
    } else if (layer->op == ZS_LAYER_REARRANGE && layer->general->fill == 0 &&
               same_scale(q, layer)) {
        const int8_t zero[8] = {zs_stored_zero(q, layer->in[0])}; /* a byte, or 0 */
        zs_rearrange(layer->general, zs_elem_bytes(q->precision), x[0], zero, y);
    } else if (layer->op == ZS_LAYER_JOIN && same_scale(q, layer)) {
        zs_join(layer->general, zs_elem_bytes(q->precision), x, layer->in_n, y);
    } else if (layer->op == ZS_LAYER_CONCAT && same_scale(q, layer)) {
        join_elems(net, q, layer, x, y);
    } else {
        through_floats(net, q, layer, x, y, scratch);
    }
}
