#include "import_darknet_priv.h"

#include <math.h>
#include <string.h>

/* ---- what all of them need ------------------------------------------------------------------- */

/* The value of layer `index` of the file, or relative to this one where it is below 0. */
static zs_status layer_at(const zs_darknet_layer *at, int64_t index, const char **out, zs_err *err)
{
    const int64_t from = index < 0 ? index + at->index : index;
    if (from < 0 || from >= at->index)
        return zs_fail(err, ZS_ERANGE, at->lower.place, "layer %lld is none before this one",
                       (long long)index);
    *out = at->net->results[from];
    return ZS_OK;
}

static zs_net_value *value_of(const zs_darknet_layer *at, const char *name)
{
    return zs_net_draft_get(&at->net->graph.draft, name);
}

/* A plain layer over values; what it is is filled in before end_layer. */
static zs_status new_layer(const zs_darknet_layer *at, zs_layer_op op, const char *const *in,
                           uint32_t in_n, zs_layer_spec **out, zs_err *err)
{
    const zs_onnx_node node = {.net = &at->net->graph, .place = at->lower.place};
    const char **names = zs_new(at->net->graph.draft.arena, const char *, in_n);
    if (names == NULL)
        return zs_nomem(err, "a layer's inputs");
    for (uint32_t i = 0; i < in_n; i++) {
        zs_net_value *value = value_of(at, in[i]);
        ZS_TRY(zs_onnx_settle(&node, value, NULL, err));
        names[i] = value->layer;
    }
    ZS_TRY(zs_net_draft_layer(&at->net->graph.draft, at->out, op, at->lower.place, out, err));
    (*out)->in = names;
    (*out)->in_n = in_n;
    return ZS_OK;
}

static zs_status end_layer(const zs_darknet_layer *at, const zs_layer_spec *layer,
                           const char *const *in, const char *name, zs_err *err)
{
    const zs_onnx_node node = {.net = &at->net->graph, .place = at->lower.place};
    zs_net_value **values = zs_new(at->net->graph.draft.arena, zs_net_value *, layer->in_n);
    zs_net_value y;
    if (values == NULL)
        return zs_nomem(err, "a layer's inputs");
    for (uint32_t i = 0; i < layer->in_n; i++)
        values[i] = value_of(at, in[i]);
    ZS_TRY(zs_onnx_layer_value(&node, layer, values, 4, &y, err));
    if (!y.has_dims) { /* the graph says why, in the same words */
        zs_shape shapes[2], result;
        for (uint32_t i = 0; i < layer->in_n && i < 2; i++)
            shapes[i] = values[i]->shape;
        ZS_TRY(zs_layer_infer(at->net->graph.draft.arena, layer, shapes,
                              layer->in_n < 2 ? layer->in_n : 2, &result, err));
        return zs_fail(err, ZS_ESHAPE, at->lower.place, "its inputs do not go together");
    }
    ZS_TRY(zs_net_draft_value(&at->net->graph.draft, name, layer->name, 4, err));
    *value_of(at, name) = y;
    return ZS_OK;
}

/* ---- activations ----------------------------------------------------------------------------- */

static const struct activation {
    const char *name, *onnx; /* NULL: none */
    double alpha;            /* of operators that take one; 0: none */
    double lo, hi;           /* onnx "Clip" */
} activations[] = {
    {"linear", NULL, 0, 0, 0},         {"relu", "Relu", 0, 0, 0},
    {"relu6", "Clip", 0, 0, 6},        {"hardtan", "Clip", 0, -1, 1},
    {"leaky", "LeakyRelu", 0.1, 0, 0}, {"relie", "LeakyRelu", 0.01, 0, 0},
    {"logistic", "Sigmoid", 0, 0, 0},  {"tanh", "Tanh", 0, 0, 0},
    {"elu", "Elu", 1, 0, 0},           {"selu", "Selu", 0, 0, 0},
    {"mish", "Mish", 0, 0, 0},         {"swish", "Swish", 1, 0, 0},
};

/* The activation of the section over `in`, which becomes the layer's result. */
static zs_status activate(const zs_darknet_layer *at, const char *otherwise, const char *in,
                          zs_err *err)
{
    const zs_cfg_option *option = zs_cfg_find(at->section, "activation");
    const char *name = option != NULL ? option->value : otherwise;
    const struct activation *found = NULL;
    zs_lower_op op;
    for (size_t i = 0; i < ZS_LEN(activations); i++)
        if (strcmp(activations[i].name, name) == 0)
            found = &activations[i];
    if (found == NULL)
        return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place, "activation %.40s is not handled",
                       name);
    if (found->onnx == NULL)
        return zs_lower_unary(&at->lower, "Identity", in, at->out, NULL, err);
    if (strcmp(found->onnx, "Clip") == 0) {
        const char *high;
        ZS_TRY(zs_lower_number(&at->lower, "Min", in, found->hi, NULL, &high, err));
        return zs_lower_number(&at->lower, "Max", high, found->lo, at->out, NULL, err);
    }
    zs_lower_begin(&op, &at->lower, found->onnx, in);
    if (found->alpha > 0)
        zs_lower_float(&op, "alpha", found->alpha);
    return zs_lower_end(&op, at->out, NULL, err);
}

/* ---- layers with weights --------------------------------------------------------------------- */

/* (x - mean) / (sqrt(variance) + 1e-6) * scale + bias, as Darknet has it on a CPU. */
static zs_status fold(const zs_darknet_layer *at, uint32_t n, const float *bias,
                      const float *const stats[3], zs_layer_spec *layer, zs_err *err)
{
    float *scale = zs_arena_alloc_raw(at->net->graph.draft.arena, n, sizeof *scale);
    float *shift = zs_arena_alloc_raw(at->net->graph.draft.arena, n, sizeof *shift);
    if (scale == NULL || shift == NULL)
        return zs_nomem(err, "batch normalisation");
    for (uint32_t c = 0; c < n; c++) {
        const double gain = (double)stats[0][c] / (sqrt((double)stats[2][c]) + 1e-6);
        if (!(stats[2][c] >= 0))
            return zs_fail(err, ZS_ERANGE, at->lower.place, "variance %g of channel %u is below 0",
                           (double)stats[2][c], c);
        scale[c] = (float)gain;
        shift[c] = (float)((bias != NULL ? (double)bias[c] : 0) - (double)stats[1][c] * gain);
    }
    layer->scale = scale;
    layer->shift = shift;
    layer->scale_n = n;
    return ZS_OK;
}

static zs_status take_stats(const zs_darknet_layer *at, uint32_t n, const float *stats[3],
                            zs_err *err)
{
    for (size_t i = 0; i < 3; i++)
        ZS_TRY(zs_darknet_take(at, n, &stats[i], err));
    return ZS_OK;
}

/* The layer, its batch normalisation, its activation. `inner`: a name for what lies between. */
static zs_status end_filters(const zs_darknet_layer *at, zs_layer_spec *layer, bool is_normal,
                             const float *bias, const float *const stats[3], zs_err *err)
{
    const char *inner = zs_arena_printf(at->net->graph.draft.arena, "\x1f%s", at->out);
    zs_layer_spec *bn;
    if (inner == NULL)
        return zs_nomem(err, "a name");
    layer->no_bias = is_normal;
    if (!at->net->is_bare && !is_normal) {
        layer->weights.bias = bias;
        layer->weights.bias_n = layer->oc;
    }
    ZS_TRY(end_layer(at, layer, &at->in, inner, err));
    if (is_normal) {
        const char *normal = zs_arena_printf(at->net->graph.draft.arena, "\x1f%s/n", at->out);
        if (normal == NULL)
            return zs_nomem(err, "a name");
        ZS_TRY(new_layer(at, ZS_LAYER_BATCHNORM, &inner, 1, &bn, err));
        if (!at->net->is_bare)
            ZS_TRY(fold(at, layer->oc, bias, stats, bn, err));
        ZS_TRY(end_layer(at, bn, &inner, normal, err));
        inner = normal;
    }
    return activate(at, "logistic", inner, err);
}

static zs_status add_conv(const zs_darknet_layer *at, zs_err *err)
{
    static const char *const binary[] = {"binary", "xnor", "flipped", "antialiasing"};
    const zs_cfg_section *s = at->section;
    const float *bias = NULL, *stats[3] = {0};
    int64_t oc, size, stride, sx, sy, padding, pad, groups, dilation, is_normal;
    zs_layer_spec *layer;
    for (size_t i = 0; i < ZS_LEN(binary); i++) {
        int64_t is_set;
        ZS_TRY(zs_cfg_int(at->net, s, binary[i], 0, 0, &is_set, err));
        if (is_set != 0)
            return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place, "%s is not handled", binary[i]);
    }
    ZS_TRY(zs_cfg_int(at->net, s, "filters", 1, 1, &oc, err));
    ZS_TRY(zs_cfg_int(at->net, s, "size", 1, 1, &size, err));
    ZS_TRY(zs_cfg_int(at->net, s, "stride", 1, 1, &stride, err));
    ZS_TRY(zs_cfg_int(at->net, s, "stride_x", stride, 1, &sx, err));
    ZS_TRY(zs_cfg_int(at->net, s, "stride_y", stride, 1, &sy, err));
    ZS_TRY(zs_cfg_int(at->net, s, "pad", 0, 0, &pad, err));
    ZS_TRY(zs_cfg_int(at->net, s, "padding", 0, 0, &padding, err));
    ZS_TRY(zs_cfg_int(at->net, s, "groups", 1, 1, &groups, err));
    ZS_TRY(zs_cfg_int(at->net, s, "dilation", 1, 1, &dilation, err));
    ZS_TRY(zs_cfg_int(at->net, s, "batch_normalize", 0, 0, &is_normal, err));
    const uint32_t p = (uint32_t)(pad != 0 ? size / 2 : padding), k = (uint32_t)size;
    const uint32_t d = (uint32_t)dilation;
    ZS_TRY(new_layer(at, ZS_LAYER_CONV, &at->in, 1, &layer, err));
    layer->oc = (uint32_t)oc;
    layer->groups = (uint32_t)groups;
    layer->window = (zs_window){k, k, (uint32_t)sy, (uint32_t)sx, d, d, p * d, p * d, p * d, p * d};
    if (!at->net->is_bare) {
        const uint32_t ic = value_of(at, at->in)->shape.c;
        ZS_TRY(zs_darknet_take(at, layer->oc, &bias, err));
        if (is_normal != 0)
            ZS_TRY(take_stats(at, layer->oc, stats, err));
        if (!zs_mul3_u64((uint64_t)layer->oc * (ic / layer->groups), k, k, &layer->weights.n_elems))
            return zs_fail(err, ZS_ERANGE, at->lower.place, "a kernel of %u x %u", k, k);
        ZS_TRY(zs_darknet_take(at, layer->weights.n_elems, &layer->weights.data, err));
    }
    return end_filters(at, layer, is_normal != 0, bias, stats, err);
}

static zs_status add_connected(const zs_darknet_layer *at, zs_err *err)
{
    const float *bias = NULL, *stats[3] = {0};
    int64_t oc, is_normal;
    zs_layer_spec *layer;
    ZS_TRY(zs_cfg_int(at->net, at->section, "output", 1, 1, &oc, err));
    ZS_TRY(zs_cfg_int(at->net, at->section, "batch_normalize", 0, 0, &is_normal, err));
    ZS_TRY(new_layer(at, ZS_LAYER_FC, &at->in, 1, &layer, err));
    layer->oc = (uint32_t)oc;
    if (!at->net->is_bare) {
        const uint64_t ic = zs_shape_elems(value_of(at, at->in)->shape);
        layer->weights.n_elems = ic * layer->oc; /* below 2^55 */
        ZS_TRY(zs_darknet_take(at, layer->oc, &bias, err));
        ZS_TRY(zs_darknet_take(at, layer->weights.n_elems, &layer->weights.data, err));
        if (at->net->is_transposed)
            layer->weights.data =
                zs_net_transpose(at->net->graph.draft.arena, layer->weights.data, ic, layer->oc);
        if (layer->weights.data == NULL)
            return zs_nomem(err, "weights");
        if (is_normal != 0)
            ZS_TRY(take_stats(at, layer->oc, stats, err));
    }
    return end_filters(at, layer, is_normal != 0, bias, stats, err);
}

static zs_status add_batchnorm(const zs_darknet_layer *at, zs_err *err)
{
    const float *stats[3];
    const uint32_t n = value_of(at, at->in)->shape.c;
    zs_layer_spec *layer;
    ZS_TRY(new_layer(at, ZS_LAYER_BATCHNORM, &at->in, 1, &layer, err));
    if (!at->net->is_bare) {
        ZS_TRY(take_stats(at, n, stats, err));
        ZS_TRY(fold(at, n, NULL, stats, layer, err));
    }
    return end_layer(at, layer, &at->in, at->out, err);
}

/* ---- layers without weights ------------------------------------------------------------------ */

/* Darknet pads by `padding` in all, the smaller half in front. */
static zs_status add_maxpool(const zs_darknet_layer *at, zs_err *err)
{
    const zs_cfg_section *s = at->section;
    int64_t stride, sx, sy, size, padding;
    zs_layer_spec *layer;
    ZS_TRY(zs_cfg_int(at->net, s, "stride", 1, 1, &stride, err));
    ZS_TRY(zs_cfg_int(at->net, s, "stride_x", stride, 1, &sx, err));
    ZS_TRY(zs_cfg_int(at->net, s, "stride_y", stride, 1, &sy, err));
    ZS_TRY(zs_cfg_int(at->net, s, "size", stride, 1, &size, err));
    ZS_TRY(zs_cfg_int(at->net, s, "padding", size - 1, 0, &padding, err));
    const uint32_t k = (uint32_t)size, before = (uint32_t)padding / 2;
    const uint32_t after = (uint32_t)padding - before;
    ZS_TRY(new_layer(at, ZS_LAYER_POOL, &at->in, 1, &layer, err));
    layer->window =
        (zs_window){k, k, (uint32_t)sy, (uint32_t)sx, 1, 1, before, before, after, after};
    layer->pool = ZS_POOL_MAX;
    return end_layer(at, layer, &at->in, at->out, err);
}

static zs_status add_avgpool(const zs_darknet_layer *at, zs_err *err)
{
    zs_layer_spec *layer;
    ZS_TRY(new_layer(at, ZS_LAYER_GAP, &at->in, 1, &layer, err));
    return end_layer(at, layer, &at->in, at->out, err);
}

/* Part `id` of the channels of a layer. */
static zs_status take_part(const zs_darknet_layer *at, const char *in, int64_t id, int64_t groups,
                           const char *name, const char **out, zs_err *err)
{
    zs_lower_op op;
    const uint32_t c = value_of(at, in)->shape.c;
    if (c % groups != 0 || id >= groups)
        return zs_fail(err, ZS_ESHAPE, at->lower.place, "part %lld of %lld of %u channels",
                       (long long)id, (long long)groups, c);
    const int64_t bounds[3] = {id * (c / groups), (id + 1) * (c / groups), 1};
    const char *names[3];
    for (size_t i = 0; i < 3; i++)
        ZS_TRY(zs_lower_list(&at->lower, &bounds[i], 1, &names[i], err));
    zs_lower_begin(&op, &at->lower, "Slice", in);
    for (size_t i = 0; i < 3; i++)
        zs_lower_in(&op, names[i]);
    return zs_lower_end(&op, name, out, err);
}

/* Layers one after the other; with groups the same part of each of them. */
static zs_status add_route(const zs_darknet_layer *at, zs_err *err)
{
    enum { LAYERS_MAX = 64 };
    int64_t list[LAYERS_MAX], groups, id;
    const char *in[LAYERS_MAX];
    size_t n;
    zs_lower_op op;
    ZS_TRY(zs_cfg_list(at->net, at->section, "layers", list, LAYERS_MAX, &n, err));
    ZS_TRY(zs_cfg_int(at->net, at->section, "groups", 1, 1, &groups, err));
    ZS_TRY(zs_cfg_int(at->net, at->section, "group_id", 0, 0, &id, err));
    if (n == 0)
        return zs_fail(err, ZS_EPARSE, at->lower.place, "names no layers");
    for (size_t i = 0; i < n; i++) {
        ZS_TRY(layer_at(at, list[i], &in[i], err));
        if (groups > 1)
            ZS_TRY(take_part(at, in[i], id, groups, n == 1 ? at->out : NULL, &in[i], err));
    }
    if (n == 1)
        return groups > 1 ? ZS_OK
                          : zs_lower_unary(&at->lower, "Identity", in[0], at->out, NULL, err);
    zs_lower_begin(&op, &at->lower, "Concat", NULL);
    op.many = (char *const *)in;
    op.node.n_input = n;
    zs_lower_int(&op, "axis", 1);
    return zs_lower_end(&op, at->out, NULL, err);
}

static zs_status add_shortcut(const zs_darknet_layer *at, zs_err *err)
{
    int64_t from;
    size_t n;
    const char *in[2] = {at->in};
    const char *sum = zs_arena_printf(at->net->graph.draft.arena, "\x1f%s", at->out);
    zs_layer_spec *layer;
    if (sum == NULL)
        return zs_nomem(err, "a name");
    ZS_TRY(zs_cfg_list(at->net, at->section, "from", &from, 1, &n, err));
    if (n == 0)
        return zs_fail(err, ZS_EPARSE, at->lower.place, "names no layer in from");
    ZS_TRY(layer_at(at, from, &in[1], err));
    ZS_TRY(new_layer(at, ZS_LAYER_ADD, in, 2, &layer, err));
    ZS_TRY(end_layer(at, layer, in, sum, err));
    return activate(at, "linear", sum, err);
}

/* An earlier layer times this one: a number for each channel (scale_channels) or element (sam). */
static zs_status add_scale(const zs_darknet_layer *at, zs_err *err)
{
    int64_t from, is_by_place;
    size_t n;
    const char *maps;
    const char *product = zs_arena_printf(at->net->graph.draft.arena, "\x1f%s", at->out);
    const bool is_by_channel = strcmp(at->section->name, "scale_channels") == 0;
    uint32_t dims[2][ZS_RANK_MAX], rank;
    if (product == NULL)
        return zs_nomem(err, "a name");
    ZS_TRY(zs_cfg_list(at->net, at->section, "from", &from, 1, &n, err));
    ZS_TRY(zs_cfg_int(at->net, at->section, "scale_wh", 0, 0, &is_by_place, err));
    if (n == 0)
        return zs_fail(err, ZS_EPARSE, at->lower.place, "names no layer in from");
    if (is_by_place != 0)
        return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place,
                       "scale_wh %lld; only 0, a number for each channel, is handled",
                       (long long)is_by_place);
    ZS_TRY(layer_at(at, from, &maps, err));
    ZS_TRY(zs_lower_dims(&at->lower, at->in, dims[0], &rank, err));
    ZS_TRY(zs_lower_dims(&at->lower, maps, dims[1], &rank, err));
    for (uint32_t d = 1; d < 4; d++)
        if (dims[0][d] != (is_by_channel && d > 1 ? 1 : dims[1][d]))
            return zs_fail(err, ZS_ESHAPE, at->lower.place,
                           "%u x %u x %u factors for maps of %u x %u x %u", dims[0][1], dims[0][2],
                           dims[0][3], dims[1][1], dims[1][2], dims[1][3]);
    ZS_TRY(zs_lower_binary(&at->lower, "Mul", maps, at->in, product, NULL, err));
    return activate(at, "linear", product, err);
}

static zs_status add_upsample(const zs_darknet_layer *at, zs_err *err)
{
    int64_t stride;
    double scale;
    const char *scales, *made;
    zs_lower_op op;
    float *factors = zs_new(at->net->graph.draft.arena, float, 4);
    ZS_TRY(zs_cfg_int(at->net, at->section, "stride", 2, 1, &stride, err));
    ZS_TRY(zs_cfg_real(at->net, at->section, "scale", 1, &scale, err));
    if (factors == NULL)
        return zs_nomem(err, "scales");
    if (stride > 1024)
        return zs_fail(err, ZS_ERANGE, at->lower.place, "stride %lld is above the maximum 1024",
                       (long long)stride);
    memcpy(factors, (const float[]){1, 1, (float)stride, (float)stride}, 4 * sizeof *factors);
    ZS_TRY(zs_lower_floats(&at->lower, factors, (const uint32_t[]){4}, 1, &scales, err));
    zs_lower_begin(&op, &at->lower, "Resize", at->in);
    zs_lower_in(&op, NULL);
    zs_lower_in(&op, scales);
    zs_lower_text(&op, "mode", "nearest");
    zs_lower_text(&op, "coordinate_transformation_mode", "asymmetric");
    zs_lower_text(&op, "nearest_mode", "floor");
    const bool is_scaled = scale < 1 || scale > 1;
    ZS_TRY(zs_lower_end(&op, is_scaled ? NULL : at->out, &made, err));
    return is_scaled ? zs_lower_number(&at->lower, "Mul", made, scale, at->out, NULL, err) : ZS_OK;
}

/* Darknet takes its input for a map of 1 / stride^2 of the channels and stride times the rows and
 * columns, whatever it is: no plain rearrangement of space to depth. */
static zs_status add_reorg(const zs_darknet_layer *at, zs_err *err)
{
    static const int64_t to_depth[] = {0, 3, 5, 1, 2, 4}, to_space[] = {0, 3, 4, 1, 5, 2};
    int64_t s, is_reverse, flatten, extra;
    const char *v;
    ZS_TRY(zs_cfg_int(at->net, at->section, "stride", 1, 1, &s, err));
    ZS_TRY(zs_cfg_int(at->net, at->section, "reverse", 0, 0, &is_reverse, err));
    ZS_TRY(zs_cfg_int(at->net, at->section, "flatten", 0, 0, &flatten, err));
    ZS_TRY(zs_cfg_int(at->net, at->section, "extra", 0, 0, &extra, err));
    const zs_shape x = value_of(at, at->in)->shape;
    const bool divides =
        s <= 1024 && x.c % (s * s) == 0 && (is_reverse != 0 || (x.h % s == 0 && x.w % s == 0));
    if (flatten != 0 || extra != 0)
        return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place, "flatten and extra are not handled");
    if (!divides)
        return zs_fail(err, ZS_ESHAPE, at->lower.place,
                       "stride %lld does not divide %u channels, %u rows, %u columns", (long long)s,
                       x.c, x.h, x.w);
    const int64_t c = x.c / (s * s), h = x.h, w = x.w;
    const int64_t spread[] = {1, c, h, s, w, s}, deep[] = {1, s, s, c, h, w};
    const int64_t out[2][4] = {{1, x.c * s * s, h / s, w / s}, {1, c, h * s, w * s}};
    ZS_TRY(zs_lower_reshape(&at->lower, at->in, is_reverse ? deep : spread, 6, NULL, &v, err));
    ZS_TRY(zs_lower_transpose(&at->lower, v, is_reverse ? to_space : to_depth, 6, NULL, &v, err));
    return zs_lower_reshape(&at->lower, v, out[is_reverse != 0], 4, at->out, NULL, err);
}

/* Over all of a sample, or each of its groups. */
static zs_status add_softmax(const zs_darknet_layer *at, zs_err *err)
{
    int64_t groups;
    double temperature;
    const char *v = at->in;
    zs_lower_op op;
    ZS_TRY(zs_cfg_int(at->net, at->section, "groups", 1, 1, &groups, err));
    ZS_TRY(zs_cfg_real(at->net, at->section, "temperature", 1, &temperature, err));
    if (zs_cfg_find(at->section, "tree") != NULL || !(temperature > 0))
        return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place,
                       "a softmax of a tree, or of temperature %g, is not handled", temperature);
    const zs_shape x = value_of(at, at->in)->shape;
    const int64_t elems = (int64_t)zs_shape_elems(x);
    if (elems % groups != 0)
        return zs_fail(err, ZS_ESHAPE, at->lower.place, "%lld groups of %lld elements",
                       (long long)groups, (long long)elems);
    if (temperature < 1 || temperature > 1)
        ZS_TRY(zs_lower_number(&at->lower, "Div", v, temperature, NULL, &v, err));
    if (groups == 1 && x.h == 1 && x.w == 1) {
        zs_layer_spec *layer;
        ZS_TRY(new_layer(at, ZS_LAYER_SOFTMAX, &v, 1, &layer, err));
        return end_layer(at, layer, &v, at->out, err);
    }
    const int64_t lines[] = {1, groups, elems / groups}, map[] = {1, x.c, x.h, x.w};
    ZS_TRY(zs_lower_reshape(&at->lower, v, lines, 3, NULL, &v, err));
    zs_lower_begin(&op, &at->lower, "Softmax", v);
    zs_lower_int(&op, "axis", 2);
    ZS_TRY(zs_lower_end(&op, NULL, &v, err));
    return zs_lower_reshape(&at->lower, v, map, 4, at->out, NULL, err);
}

static zs_status add_lrn(const zs_darknet_layer *at, zs_err *err)
{
    double alpha, beta, kappa;
    int64_t size;
    zs_layer_spec *layer;
    ZS_TRY(zs_cfg_real(at->net, at->section, "alpha", 0.0001, &alpha, err));
    ZS_TRY(zs_cfg_real(at->net, at->section, "beta", 0.75, &beta, err));
    ZS_TRY(zs_cfg_real(at->net, at->section, "kappa", 1, &kappa, err));
    ZS_TRY(zs_cfg_int(at->net, at->section, "size", 5, 1, &size, err));
    ZS_TRY(new_layer(at, ZS_LAYER_LRN, &at->in, 1, &layer, err));
    layer->lrn_alpha = (float)(alpha * (double)size);
    layer->lrn_beta = (float)beta;
    layer->lrn_k = (float)kappa;
    layer->lrn_size = (uint32_t)size;
    return end_layer(at, layer, &at->in, at->out, err);
}

static zs_status add_activation(const zs_darknet_layer *at, zs_err *err)
{
    return activate(at, "linear", at->in, err);
}

/* Its input under another name: what only training does, and the ends of the graph. */
static zs_status pass(const zs_darknet_layer *at, zs_err *err)
{
    (void)at;
    (void)err;
    return ZS_OK;
}

/* ---- the table ------------------------------------------------------------------------------- */

static const struct section {
    const char *name;
    zs_status (*add)(const zs_darknet_layer *at, zs_err *err);
    const char *keys; /* that are understood or change nothing; "*": all */
    bool is_end;
} sections[] = {
    {"activation", add_activation, "activation", false},
    {"avgpool", add_avgpool, "", false},
    {"batchnorm", add_batchnorm, "", false},
    {"connected", add_connected, "activation batch_normalize output", false},
    {"conv", add_conv, "@", false},
    {"convolutional", add_conv, "@", false},
    {"cost", pass, "*", false},
    {"detection", pass, "*", true},
    {"dropout", pass, "*", false},
    {"lrn", add_lrn, "alpha beta kappa size", false},
    {"max", add_maxpool, "padding size stride stride_x stride_y", false},
    {"maxpool", add_maxpool, "padding size stride stride_x stride_y", false},
    {"normalization", add_lrn, "alpha beta kappa size", false},
    {"region", pass, "*", true},
    {"reorg", add_reorg, "extra flatten reverse stride", false},
    {"route", add_route, "group_id groups layers", false},
    {"sam", add_scale, "activation from", false},
    {"scale_channels", add_scale, "activation from scale_wh", false},
    {"shortcut", add_shortcut, "activation from", false},
    {"softmax", add_softmax, "groups noloss temperature tree", false},
    {"upsample", add_upsample, "scale stride", false},
    {"Gaussian_yolo", pass, "*", true},
    {"yolo", pass, "*", true},
};
static const char conv_keys[] = "activation antialiasing batch_normalize binary dilation filters "
                                "flipped groups pad padding size stride stride_x stride_y xnor";
/* Of training, in any section. */
static const char training_keys[] =
    "dontload dontloadscales learning_rate_scale numload onlyforward "
    "stopbackward truth";

static const struct section *find_section(const char *name)
{
    for (size_t i = 0; i < ZS_LEN(sections); i++)
        if (strcmp(sections[i].name, name) == 0)
            return &sections[i];
    return NULL;
}

const char *zs_darknet_section_at(size_t i)
{
    return i < ZS_LEN(sections) ? sections[i].name : NULL;
}

static bool has_word(const char *words, const char *word)
{
    const size_t n = strlen(word);
    for (const char *at = words; n > 0 && (at = strstr(at, word)) != NULL; at += n)
        if ((at == words || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
            return true;
    return false;
}

bool zs_darknet_is_end(const char *name)
{
    const struct section *section = find_section(name);
    return section != NULL && section->is_end;
}

zs_status zs_darknet_add(const zs_darknet_layer *at, zs_err *err)
{
    const struct section *section = find_section(at->section->name);
    if (section == NULL)
        return zs_fail(
            err, ZS_EUNSUPPORTED, at->lower.place,
            "[%.40s] is not handled; `zynqsim show --operators` lists the sections that are",
            at->section->name);
    const char *keys = section->keys[0] == '@' ? conv_keys : section->keys;
    for (uint32_t i = 0; keys[0] != '*' && i < at->section->option_n; i++) {
        const char *key = at->section->options[i].key;
        if (!has_word(keys, key) && !has_word(training_keys, key))
            return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place,
                           "key '%.40s' of [%s] is not handled", key, section->name);
    }
    return section->add(at, err);
}
