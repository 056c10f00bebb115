#include "graph_priv.h"

#include <assert.h>

/* ---- limits ---------------------------------------------------------------------------------- */

static zs_status check_size(const zs_layer_spec *spec, uint64_t c, uint64_t h, uint64_t w,
                            zs_err *err)
{
    uint64_t elems;
    if (c == 0 || h == 0 || w == 0)
        return zs_layer_fail(err, ZS_ESHAPE, spec, "its result of %llu x %llu x %llu is empty",
                             (unsigned long long)c, (unsigned long long)h, (unsigned long long)w);
    if (h > ZS_MAX_SIDE || w > ZS_MAX_SIDE || !zs_mul3_u64(c, h, w, &elems) ||
        elems > ZS_MAX_TENSOR_ELEMS)
        return zs_layer_fail(err, ZS_ERANGE, spec,
                             "its result of %llu x %llu x %llu is beyond %u rows, columns or "
                             "2^31 elements",
                             (unsigned long long)c, (unsigned long long)h, (unsigned long long)w,
                             ZS_MAX_SIDE);
    return ZS_OK;
}

static zs_status set_shape(zs_node *node, uint64_t c, uint64_t h, uint64_t w, zs_err *err)
{
    ZS_TRY(check_size(node->spec, c, h, w, err));
    node->layer.y = (zs_shape){(uint32_t)c, (uint32_t)h, (uint32_t)w};
    return ZS_OK;
}

static zs_status check_window(const zs_layer_spec *spec, zs_err *err)
{
    const zs_window *w = &spec->window;
    const struct {
        const char *name;
        uint32_t value, least;
    } parts[] = {
        {"kernel height", w->kh, 1},          {"kernel width", w->kw, 1},
        {"vertical stride", w->sh, 1},        {"horizontal stride", w->sw, 1},
        {"vertical dilation", w->dh, 1},      {"horizontal dilation", w->dw, 1},
        {"top padding", w->pad_top, 0},       {"left padding", w->pad_left, 0},
        {"bottom padding", w->pad_bottom, 0}, {"right padding", w->pad_right, 0},
    };
    for (size_t i = 0; i < ZS_LEN(parts); i++)
        if (parts[i].value < parts[i].least || parts[i].value > ZS_MAX_SIDE)
            return zs_layer_fail(err, ZS_ERANGE, spec, "%s %u is outside %u..%u", parts[i].name,
                                 parts[i].value, parts[i].least, ZS_MAX_SIDE);
    return ZS_OK;
}

/* ---- windows --------------------------------------------------------------------------------- */

/* One direction of a window over `in` rows (or columns). */
typedef struct axis {
    const char *name;
    uint64_t in, k, s, d, pad_before, pad_after;
} axis;

static uint64_t reach(const axis *a)
{
    return (a->k - 1) * a->d + 1;
}

/* Pads of TensorFlow's SAME: the output has ceil(in / stride) pixels. */
static void pad_same(axis *a, bool odd_before)
{
    const uint64_t covered = (zs_ceil_div(a->in, a->s) - 1) * a->s + reach(a);
    const uint64_t total = covered > a->in ? covered - a->in : 0;
    a->pad_before = odd_before ? total - total / 2 : total / 2;
    a->pad_after = total - a->pad_before;
}

/* With rounding up, a window that would start behind the image and the padding in front of it (both
 * Caffe and ONNX count so) does not exist; without any padding Caffe lets it be. */
static zs_status axis_out(const zs_layer_spec *spec, const axis *a, bool ceil_mode, uint64_t *out,
                          zs_err *err)
{
    const uint64_t padded = a->in + a->pad_before + a->pad_after;
    if (reach(a) > padded)
        return zs_layer_fail(err, ZS_ESHAPE, spec,
                             "window of %llu %s is larger than its padded input of %llu",
                             (unsigned long long)reach(a), a->name, (unsigned long long)padded);
    uint64_t n = (padded - reach(a)) / a->s + 1;
    if (ceil_mode) {
        n = zs_ceil_div(padded - reach(a), a->s) + 1;
        const zs_window *w = &spec->window;
        const bool is_kept = spec->caffe_pool && w->pad_top == 0 && w->pad_left == 0;
        if (!is_kept && (n - 1) * a->s >= a->in + a->pad_before)
            n--;
    }
    *out = n;
    return ZS_OK;
}

/* Whether window o covers a pixel of the image. */
static bool sees_image(const axis *a, uint64_t o)
{
    const uint64_t start = o * a->s;
    uint64_t at = start;
    if (start < a->pad_before)
        at = start + zs_ceil_div(a->pad_before - start, a->d) * a->d;
    return at < start + reach(a) && at < a->pad_before + a->in;
}

/* The largest of nothing and the mean of nothing are no numbers. */
static zs_status check_sees_image(const zs_layer_spec *spec, const axis *a, uint64_t out,
                                  zs_err *err)
{
    for (uint64_t o = 0; o < out; o++)
        if (!sees_image(a, o))
            return zs_layer_fail(err, ZS_ESHAPE, spec,
                                 "pooling window %llu over %s covers nothing but padding",
                                 (unsigned long long)o, a->name);
    return ZS_OK;
}

static zs_status slide(zs_node *node, uint64_t channels, bool pooling, zs_err *err)
{
    const zs_layer_spec *spec = node->spec;
    zs_window *w = &node->layer.window;
    const zs_shape x = node->layer.x;
    ZS_TRY(check_window(spec, err));
    assert(w->sh > 0 && w->sw > 0); /* check_window */
    axis rows = {"rows", x.h, w->kh, w->sh, w->dh, w->pad_top, w->pad_bottom};
    axis cols = {"columns", x.w, w->kw, w->sw, w->dw, w->pad_left, w->pad_right};
    if (spec->auto_same_upper || spec->auto_same_lower) {
        pad_same(&rows, spec->auto_same_lower);
        pad_same(&cols, spec->auto_same_lower);
    }
    uint64_t h = 0, width = 0;
    ZS_TRY(axis_out(spec, &rows, pooling && spec->ceil_mode, &h, err));
    ZS_TRY(axis_out(spec, &cols, pooling && spec->ceil_mode, &width, err));
    if (pooling) {
        ZS_TRY(check_sees_image(spec, &rows, h, err));
        ZS_TRY(check_sees_image(spec, &cols, width, err));
    }
    w->pad_top = (uint32_t)rows.pad_before;
    w->pad_bottom = (uint32_t)rows.pad_after;
    w->pad_left = (uint32_t)cols.pad_before;
    w->pad_right = (uint32_t)cols.pad_after;
    return set_shape(node, channels, h, width, err);
}

/* ---- weights --------------------------------------------------------------------------------- */

static zs_status check_weights(const zs_layer_spec *spec, uint64_t want, zs_err *err)
{
    const zs_weights *w = &spec->weights;
    if (want > ZS_MAX_TENSOR_ELEMS)
        return zs_layer_fail(err, ZS_ERANGE, spec, "%llu weights are beyond 2^31",
                             (unsigned long long)want);
    if (w->data != NULL && w->n_elems != want)
        return zs_layer_fail(err, ZS_ESHAPE, spec, "has %llu weights, its shape needs %llu",
                             (unsigned long long)w->n_elems, (unsigned long long)want);
    if (w->bias != NULL && w->bias_n != spec->oc)
        return zs_layer_fail(err, ZS_ESHAPE, spec, "has %llu biases for %u output channels",
                             (unsigned long long)w->bias_n, spec->oc);
    if (w->bias != NULL && w->data == NULL)
        return zs_layer_fail(err, ZS_ESHAPE, spec, "has biases but no weights");
    return ZS_OK;
}

static zs_status check_channels(const zs_layer_spec *spec, zs_err *err)
{
    if (spec->oc == 0 || spec->oc > ZS_MAX_SIDE)
        return zs_layer_fail(err, ZS_ERANGE, spec, "%u output channels are outside 1..%u", spec->oc,
                             ZS_MAX_SIDE);
    return ZS_OK;
}

/* ---- one function per kind of layer ---------------------------------------------------------- */

static zs_status shape_conv(zs_node *node, zs_err *err)
{
    const zs_layer_spec *spec = node->spec;
    zs_layer *layer = &node->layer;
    ZS_TRY(check_channels(spec, err));
    layer->groups = spec->groups == 0 ? layer->x.c : spec->groups;
    if (layer->x.c % layer->groups != 0 || spec->oc % layer->groups != 0)
        return zs_layer_fail(err, ZS_ESHAPE, spec,
                             "%u groups do not divide %u input and %u output channels",
                             layer->groups, layer->x.c, spec->oc);
    ZS_TRY(slide(node, spec->oc, false, err));
    uint64_t want; /* below 2^64: four factors of 16 bits */
    if (!zs_mul3_u64((uint64_t)spec->oc * (layer->x.c / layer->groups), spec->window.kh,
                     spec->window.kw, &want))
        want = UINT64_MAX;
    return check_weights(spec, want, err);
}

static zs_status shape_fc(zs_node *node, zs_err *err)
{
    zs_layer *layer = &node->layer;
    const uint64_t inputs = zs_shape_elems(layer->x);
    ZS_TRY(check_channels(node->spec, err));
    layer->x = (zs_shape){(uint32_t)inputs, 1, 1};
    layer->window = ZS_WINDOW_1X1;
    ZS_TRY(check_weights(node->spec, node->spec->oc * inputs, err));
    return set_shape(node, node->spec->oc, 1, 1, err);
}

static zs_status shape_pool(zs_node *node, zs_err *err)
{
    if (node->spec->pool != ZS_POOL_MAX && node->spec->pool != ZS_POOL_AVG)
        return zs_layer_fail(err, ZS_EUNSUPPORTED, node->spec, "has the unknown pooling %d",
                             (int)node->spec->pool);
    return slide(node, node->layer.x.c, true, err);
}

static zs_status shape_same(zs_node *node, zs_err *err)
{
    const zs_shape x = node->layer.x;
    return set_shape(node, x.c, x.h, x.w, err);
}

static zs_status shape_add(const zs_draft *d, zs_node *node, zs_err *err)
{
    const zs_shape x = node->layer.x;
    for (uint32_t i = 1; i < node->in_n; i++) {
        const zs_shape other = d->nodes[node->in[i]].layer.y;
        if (other.c != x.c || other.h != x.h || other.w != x.w)
            return zs_layer_fail(err, ZS_ESHAPE, node->spec,
                                 "adds %u x %u x %u and %u x %u x %u: shapes must be equal", x.c,
                                 x.h, x.w, other.c, other.h, other.w);
    }
    return shape_same(node, err);
}

static zs_status shape_concat(const zs_draft *d, zs_node *node, zs_err *err)
{
    const zs_shape x = node->layer.x;
    uint64_t channels = 0;
    for (uint32_t i = 0; i < node->in_n; i++) {
        const zs_shape other = d->nodes[node->in[i]].layer.y;
        if (other.h != x.h || other.w != x.w)
            return zs_layer_fail(err, ZS_ESHAPE, node->spec,
                                 "joins %u x %u and %u x %u pixels: rows and columns must be equal",
                                 x.h, x.w, other.h, other.w);
        channels += other.c;
    }
    return set_shape(node, channels, x.h, x.w, err);
}

static zs_status shape_batchnorm(zs_node *node, zs_err *err)
{
    const zs_layer_spec *spec = node->spec;
    zs_layer *layer = &node->layer;
    if ((spec->scale != NULL || spec->shift != NULL) && spec->scale_n != layer->x.c)
        return zs_layer_fail(err, ZS_ESHAPE, spec, "has %u scales for %u channels", spec->scale_n,
                             layer->x.c);
    layer->weights = (zs_weights){.data = spec->scale,
                                  .bias = spec->shift,
                                  .n_elems = spec->scale ? spec->scale_n : 0,
                                  .bias_n = spec->shift ? spec->scale_n : 0};
    layer->has_bias = true;
    return shape_same(node, err);
}

static zs_status shape_lrn(zs_node *node, zs_err *err)
{
    const zs_layer_spec *spec = node->spec;
    if (spec->lrn_size == 0 || spec->lrn_size > ZS_MAX_SIDE)
        return zs_layer_fail(err, ZS_ERANGE, spec, "size %u is outside 1..%u", spec->lrn_size,
                             ZS_MAX_SIDE);
    if (!(spec->lrn_k > 0) || !(spec->lrn_alpha >= 0) || !(spec->lrn_alpha < 1e30f) ||
        !(spec->lrn_k < 1e30f) || !(spec->lrn_beta >= -100 && spec->lrn_beta <= 100))
        return zs_layer_fail(err, ZS_ERANGE, spec,
                             "needs k above 0, alpha at least 0 and beta in -100..100, not "
                             "k %g, alpha %g, beta %g",
                             (double)spec->lrn_k, (double)spec->lrn_alpha, (double)spec->lrn_beta);
    return shape_same(node, err);
}

/* The importer worked the layer out for inputs of one size: another input shape would make it read
 * beyond them. */
static zs_status shape_general(const zs_draft *d, zs_node *node, zs_err *err)
{
    const zs_general *g = node->spec->general;
    uint64_t elems = 0;
    if (g == NULL)
        return zs_layer_fail(err, ZS_EINTERNAL, node->spec, "has no description of its tensors");
    for (uint32_t i = 0; i < node->in_n; i++)
        elems += zs_shape_elems(d->nodes[node->in[i]].layer.y);
    if (elems != g->x_elems)
        return zs_layer_fail(err, ZS_ESHAPE, node->spec,
                             "was read for inputs of %llu elements and gets %llu: the input shape "
                             "must be known when the model is read",
                             (unsigned long long)g->x_elems, (unsigned long long)elems);
    return set_shape(node, g->to.c, g->to.h, g->to.w, err);
}

static zs_status shape_quantise(zs_node *node, zs_err *err)
{
    const zs_layer_quant *quant = node->spec->quant;
    if (quant == NULL)
        return zs_layer_fail(err, ZS_EINTERNAL, node->spec, "has no steps");
    if (quant->channels != 1 && quant->channels != node->layer.x.c)
        return zs_layer_fail(err, ZS_ESHAPE, node->spec, "has %u scales for %u channels",
                             quant->channels, node->layer.x.c);
    return shape_same(node, err);
}

static zs_status shape_of(const zs_draft *d, zs_node *node, zs_err *err)
{
    const zs_shape x = node->layer.x;
    switch (node->spec->op) {
    case ZS_LAYER_CONV:
        return shape_conv(node, err);
    case ZS_LAYER_FC:
        return shape_fc(node, err);
    case ZS_LAYER_POOL:
        return shape_pool(node, err);
    case ZS_LAYER_ADD:
        return shape_add(d, node, err);
    case ZS_LAYER_CONCAT:
        return shape_concat(d, node, err);
    case ZS_LAYER_BATCHNORM:
        return shape_batchnorm(node, err);
    case ZS_LAYER_GAP:
        return set_shape(node, x.c, 1, 1, err);
    case ZS_LAYER_LRN:
        return shape_lrn(node, err);
    case ZS_LAYER_FLATTEN:
        return set_shape(node, zs_shape_elems(x), 1, 1, err);
    case ZS_LAYER_QUANTISE:
        return shape_quantise(node, err);
    case ZS_LAYER_ACT:
    case ZS_LAYER_SOFTMAX:
    case ZS_LAYER_DROPOUT:
    case ZS_LAYER_N:
        break;
    default:
        return shape_general(d, node, err);
    }
    return shape_same(node, err);
}

/* ---- the pass -------------------------------------------------------------------------------- */

static zs_status check_act(const zs_layer_spec *spec, zs_err *err)
{
    if (spec->act.active && !(spec->act.lo <= spec->act.hi))
        return zs_layer_fail(err, ZS_ERANGE, spec, "clips from %g to %g, which is no interval",
                             (double)spec->act.lo, (double)spec->act.hi);
    return ZS_OK;
}

static void copy_settings(zs_node *node)
{
    const zs_layer_spec *spec = node->spec;
    const bool weighted = zs_op_has_filters(spec->op);
    node->layer = (zs_layer){
        .name = spec->name,
        .op = spec->op,
        .groups = 1,
        .window =
            spec->op == ZS_LAYER_CONV || spec->op == ZS_LAYER_POOL ? spec->window : ZS_WINDOW_1X1,
        .pool = spec->pool,
        .ceil_mode = spec->ceil_mode,
        .count_include_pad = spec->count_include_pad,
        .caffe_pool = spec->caffe_pool,
        .act = spec->act.active ? spec->act : ZS_ACT_NONE,
        .lrn_alpha = spec->lrn_alpha,
        .lrn_beta = spec->lrn_beta,
        .lrn_k = spec->lrn_k,
        .lrn_size = spec->lrn_size,
        .general = zs_op_is_general(spec->op) ? spec->general : NULL,
        .quant = spec->quant,
    };
    if (weighted) {
        node->layer.weights = spec->weights;
        node->layer.has_bias =
            spec->weights.data == NULL ? !spec->no_bias : spec->weights.bias != NULL;
    }
}

static zs_status check_net_input(const zs_input_spec *input, zs_err *err)
{
    const zs_shape s = input->shape;
    uint64_t elems;
    if (s.c == 0 || s.h == 0 || s.w == 0)
        return zs_fail(err, ZS_ESHAPE, input->name,
                       "the model does not state its input shape (%u x %u x %u): supply "
                       "network.input_shape",
                       s.c, s.h, s.w);
    if (s.c > ZS_MAX_SIDE || s.h > ZS_MAX_SIDE || s.w > ZS_MAX_SIDE ||
        !zs_mul3_u64(s.c, s.h, s.w, &elems) || elems > ZS_MAX_TENSOR_ELEMS)
        return zs_fail(err, ZS_ERANGE, input->name,
                       "input of %u x %u x %u is beyond %u a side or 2^31 elements", s.c, s.h, s.w,
                       ZS_MAX_SIDE);
    return ZS_OK;
}

zs_status zs_draft_shapes(zs_draft *d, zs_err *err)
{
    for (uint32_t i = d->input; i < d->node_n; i++) {
        const zs_input_spec *input = zs_draft_input(d, i);
        ZS_TRY(check_net_input(input, err));
        d->nodes[i].layer.y = input->shape;
    }
    uint64_t macs = 0;
    for (uint32_t k = 0; k < d->order_n; k++) {
        zs_node *node = &d->nodes[d->order[k]];
        copy_settings(node);
        ZS_TRY(check_act(node->spec, err));
        node->layer.x = d->nodes[node->in[0]].layer.y;
        ZS_TRY(shape_of(d, node, err));
        macs += zs_layer_macs(&node->layer); /* each below 2^62 */
        if (macs > ZS_MAX_NET_MACS)
            return zs_layer_fail(err, ZS_ERANGE, node->spec,
                                 "the network needs more than 2^50 multiplications an image");
    }
    return ZS_OK;
}

zs_status zs_layer_infer(zs_arena *scratch, const zs_layer_spec *spec, const zs_shape *in,
                         uint32_t in_n, zs_shape *out, zs_err *err)
{
    zs_node *nodes = zs_new(scratch, zs_node, (size_t)in_n + 1);
    uint32_t *values = zs_new(scratch, uint32_t, in_n);
    if (nodes == NULL || values == NULL)
        return zs_nomem(err, spec->name);
    for (uint32_t i = 0; i < in_n; i++) {
        nodes[i].layer.y = in[i];
        values[i] = i;
    }
    const zs_draft d = {.nodes = nodes, .input = in_n};
    zs_node *node = &nodes[in_n];
    node->spec = spec;
    node->in = values;
    node->in_n = in_n;
    copy_settings(node);
    ZS_TRY(check_act(spec, err));
    node->layer.x = in[0];
    ZS_TRY(shape_of(&d, node, err));
    *out = node->layer.y;
    return ZS_OK;
}
