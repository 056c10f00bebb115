#include "import_onnx_priv.h"

#include <math.h>
#include <string.h>

/* ---- layers and their names ------------------------------------------------------------------ */

/* The node's name, else its output's. Exporters that call a convolution's output X.pre and that of
 * the relu after it X mean a layer X. */
static const char *layer_name(const zs_onnx_node *at)
{
    const char *name = at->node->name;
    if (name != NULL && name[0] != '\0')
        return name;
    const char *output = at->node->output[0];
    const size_t n = strlen(output);
    if (n > 4 && strcmp(output + n - 4, ".pre") == 0)
        return zs_arena_strndup(at->net->draft.arena, output, n - 4);
    return output;
}

static zs_status new_layer(const zs_onnx_node *at, zs_layer_op op, zs_layer_spec **out, zs_err *err)
{
    const char *name = layer_name(at);
    if (name == NULL)
        return zs_nomem(err, "a layer name");
    return zs_net_draft_layer(&at->net->draft, name, op, at->place, out, err);
}

/* A layer over one computed input; the node's output stands for it. rank 0: that of the input. */
static zs_status new_unary(const zs_onnx_node *at, size_t input, zs_layer_op op, uint32_t rank,
                           zs_layer_spec **out, zs_err *err)
{
    const zs_net_value *value;
    zs_layer_spec *layer;
    ZS_TRY(zs_onnx_in_value(at, input, &value, err));
    ZS_TRY(new_layer(at, op, &layer, err));
    ZS_TRY(zs_net_draft_input(&at->net->draft, layer, value->layer, err));
    ZS_TRY(zs_net_draft_value(&at->net->draft, at->node->output[0], layer->name,
                              rank ? rank : value->rank, err));
    *out = layer;
    return ZS_OK;
}

/* The node's output is its input under another name. */
static zs_status pass_through(const zs_onnx_node *at, zs_err *err)
{
    const zs_net_value *value;
    ZS_TRY(zs_onnx_in_value(at, 0, &value, err));
    return zs_net_draft_value(&at->net->draft, at->node->output[0], value->layer, value->rank, err);
}

/* Windows and channel ops count dimensions from N, C, H, W. */
static zs_status check_rank4(const zs_onnx_node *at, zs_err *err)
{
    const zs_net_value *value;
    ZS_TRY(zs_onnx_in_value(at, 0, &value, err));
    if (value->rank != 0 && value->rank != 4)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "the input has %u dimensions; only 4 (N, C, H, W) are handled", value->rank);
    return ZS_OK;
}

/* ---- windows --------------------------------------------------------------------------------- */

static bool attr_is(const ZsOnnx__Attribute *attr, const char *text)
{
    return attr->s.len == strlen(text) && memcmp(attr->s.data, text, attr->s.len) == 0;
}

static zs_status read_auto_pad(const zs_onnx_node *at, zs_layer_spec *layer, bool *is_explicit,
                               zs_err *err)
{
    const ZsOnnx__Attribute *attr = zs_onnx_attr(at, "auto_pad");
    *is_explicit = attr == NULL || attr_is(attr, "NOTSET");
    if (*is_explicit || attr_is(attr, "VALID"))
        return ZS_OK;
    layer->auto_same_upper = attr_is(attr, "SAME_UPPER");
    layer->auto_same_lower = attr_is(attr, "SAME_LOWER");
    if (!layer->auto_same_upper && !layer->auto_same_lower)
        return zs_fail(err, ZS_EPARSE, at->place,
                       "auto_pad '%.*s' is none of NOTSET, SAME_UPPER, SAME_LOWER, VALID",
                       (int)zs_min_u64(attr->s.len, 32), (const char *)attr->s.data);
    return ZS_OK;
}

static zs_status read_pads(const zs_onnx_node *at, zs_layer_spec *layer, zs_err *err)
{
    int64_t pads[4] = {0};
    bool is_explicit;
    zs_window *w = &layer->window;
    uint32_t *const out[4] = {&w->pad_top, &w->pad_left, &w->pad_bottom, &w->pad_right};
    ZS_TRY(read_auto_pad(at, layer, &is_explicit, err));
    ZS_TRY(zs_onnx_attr_ints(at, "pads", pads, 4, err));
    for (size_t i = 0; i < 4; i++) {
        ZS_TRY(zs_net_size(pads[i], 0, "a pad of", at->place, out[i], err));
        if (pads[i] != 0 && !is_explicit)
            return zs_fail(err, ZS_EPARSE, at->place,
                           "auto_pad and a pad of %lld exclude each other", (long long)pads[i]);
    }
    return ZS_OK;
}

static zs_status read_window(const zs_onnx_node *at, const int64_t kernel[2], zs_layer_spec *layer,
                             zs_err *err)
{
    int64_t strides[2] = {1, 1}, dilations[2] = {1, 1};
    zs_window *w = &layer->window;
    ZS_TRY(zs_onnx_attr_ints(at, "strides", strides, 2, err));
    ZS_TRY(zs_onnx_attr_ints(at, "dilations", dilations, 2, err));
    ZS_TRY(zs_net_size(kernel[0], 1, "a kernel height of", at->place, &w->kh, err));
    ZS_TRY(zs_net_size(kernel[1], 1, "a kernel width of", at->place, &w->kw, err));
    ZS_TRY(zs_net_size(strides[0], 1, "a stride of", at->place, &w->sh, err));
    ZS_TRY(zs_net_size(strides[1], 1, "a stride of", at->place, &w->sw, err));
    ZS_TRY(zs_net_size(dilations[0], 1, "a dilation of", at->place, &w->dh, err));
    ZS_TRY(zs_net_size(dilations[1], 1, "a dilation of", at->place, &w->dw, err));
    return read_pads(at, layer, err);
}

/* ---- convolution ----------------------------------------------------------------------------- */

static zs_status read_bias(const zs_onnx_node *at, size_t input, zs_layer_spec *layer, zs_err *err)
{
    if (!zs_onnx_has_input(at, input))
        return ZS_OK;
    ZS_TRY(zs_onnx_in_floats(at, input, &layer->weights.bias, &layer->weights.bias_n, err));
    if (layer->weights.bias_n != layer->oc)
        return zs_fail(err, ZS_ESHAPE, at->place,
                       "the bias has %llu elements for %u output channels",
                       (unsigned long long)layer->weights.bias_n, layer->oc);
    return ZS_OK;
}

static zs_status check_kernel(const zs_onnx_node *at, const ZsOnnx__Tensor *weights, zs_err *err)
{
    if (weights->n_dims != 4)
        return zs_fail(
            err, ZS_EUNSUPPORTED, at->place,
            "the weights have %zu dimensions; only 2-D convolutions, with 4, are handled",
            weights->n_dims);
    int64_t kernel[2] = {weights->dims[2], weights->dims[3]};
    ZS_TRY(zs_onnx_attr_ints(at, "kernel_shape", kernel, 2, err));
    if (kernel[0] != weights->dims[2] || kernel[1] != weights->dims[3])
        return zs_fail(err, ZS_ESHAPE, at->place,
                       "kernel_shape %lldx%lld does not go with weights of %lldx%lld",
                       (long long)kernel[0], (long long)kernel[1], (long long)weights->dims[2],
                       (long long)weights->dims[3]);
    return ZS_OK;
}

static zs_status op_conv(const zs_onnx_node *at, zs_err *err)
{
    const ZsOnnx__Tensor *weights;
    zs_layer_spec *layer;
    ZS_TRY(check_rank4(at, err));
    ZS_TRY(zs_onnx_in_tensor(at, 1, &weights, err));
    ZS_TRY(check_kernel(at, weights, err));
    ZS_TRY(new_unary(at, 0, ZS_LAYER_CONV, 4, &layer, err));
    ZS_TRY(
        zs_net_size(weights->dims[0], 1, "an output channel count of", at->place, &layer->oc, err));
    ZS_TRY(zs_net_size(zs_onnx_attr_int(at, "group", 1), 1, "a group count of", at->place,
                       &layer->groups, err));
    ZS_TRY(read_window(at, weights->dims + 2, layer, err));
    ZS_TRY(zs_onnx_in_floats(at, 1, &layer->weights.data, &layer->weights.n_elems, err));
    return read_bias(at, 2, layer, err);
}

/* ---- fully connected ------------------------------------------------------------------------- */

static float *scaled(zs_arena *arena, const float *data, uint64_t n, double factor)
{
    float *out = zs_arena_alloc_raw(arena, n, sizeof *out);
    for (uint64_t i = 0; out != NULL && i < n; i++)
        out[i] = (float)((double)data[i] * factor);
    return out;
}

static zs_status scale_in_place(zs_arena *arena, const float **data, uint64_t n, double factor,
                                zs_err *err)
{
    if (factor == 1.0 || *data == NULL)
        return ZS_OK;
    *data = scaled(arena, *data, n, factor);
    return *data ? ZS_OK : zs_nomem(err, "scaled weights");
}

/* Reads constant input `i` as the weights of an fc layer, [oc][in] or (transposed) [in][oc]. */
static zs_status read_matrix(const zs_onnx_node *at, size_t i, bool is_oc_first,
                             zs_layer_spec *layer, zs_err *err)
{
    const ZsOnnx__Tensor *tensor;
    ZS_TRY(zs_onnx_in_tensor(at, i, &tensor, err));
    if (tensor->n_dims != 2)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "the weights have %zu dimensions; only 2 are handled", tensor->n_dims);
    ZS_TRY(zs_net_size(tensor->dims[is_oc_first ? 0 : 1], 1, "an output count of", at->place,
                       &layer->oc, err));
    ZS_TRY(zs_onnx_in_floats(at, i, &layer->weights.data, &layer->weights.n_elems, err));
    if (!is_oc_first) {
        layer->weights.data = zs_net_transpose(at->net->draft.arena, layer->weights.data,
                                               (uint64_t)tensor->dims[0], layer->oc);
        if (layer->weights.data == NULL)
            return zs_nomem(err, "transposed weights");
    }
    return ZS_OK;
}

static zs_status check_rank2(const zs_onnx_node *at, zs_err *err)
{
    const zs_net_value *value;
    ZS_TRY(zs_onnx_in_value(at, 0, &value, err));
    if (value->rank != 0 && value->rank != 2)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "the input has %u dimensions; only 2 (after Flatten) are handled",
                       value->rank);
    return ZS_OK;
}

static zs_status op_gemm(const zs_onnx_node *at, zs_err *err)
{
    zs_arena *arena = at->net->draft.arena;
    zs_layer_spec *layer;
    ZS_TRY(check_rank2(at, err));
    if (zs_onnx_attr_int(at, "transA", 0) != 0)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place, "Gemm with transA = 1 is not handled");
    ZS_TRY(new_unary(at, 0, ZS_LAYER_FC, 2, &layer, err));
    ZS_TRY(read_matrix(at, 1, zs_onnx_attr_int(at, "transB", 0) != 0, layer, err));
    ZS_TRY(read_bias(at, 2, layer, err));
    zs_weights *w = &layer->weights;
    ZS_TRY(scale_in_place(arena, &w->data, w->n_elems, zs_onnx_attr_float(at, "alpha", 1), err));
    return scale_in_place(arena, &w->bias, w->bias_n, zs_onnx_attr_float(at, "beta", 1), err);
}

static zs_status op_matmul(const zs_onnx_node *at, zs_err *err)
{
    zs_layer_spec *layer;
    ZS_TRY(check_rank2(at, err));
    ZS_TRY(new_unary(at, 0, ZS_LAYER_FC, 2, &layer, err));
    return read_matrix(at, 1, false, layer, err);
}

/* ---- pooling --------------------------------------------------------------------------------- */

static zs_status read_pool(const zs_onnx_node *at, zs_pool_kind kind, zs_err *err)
{
    int64_t kernel[2] = {0};
    zs_layer_spec *layer;
    ZS_TRY(check_rank4(at, err));
    ZS_TRY(zs_onnx_attr_ints(at, "kernel_shape", kernel, 2, err));
    ZS_TRY(new_unary(at, 0, ZS_LAYER_POOL, 4, &layer, err));
    layer->pool = kind;
    layer->ceil_mode = zs_onnx_attr_int(at, "ceil_mode", 0) != 0;
    layer->count_include_pad = zs_onnx_attr_int(at, "count_include_pad", 0) != 0;
    return read_window(at, kernel, layer, err);
}

static zs_status op_max_pool(const zs_onnx_node *at, zs_err *err)
{
    return read_pool(at, ZS_POOL_MAX, err);
}

static zs_status op_average_pool(const zs_onnx_node *at, zs_err *err)
{
    return read_pool(at, ZS_POOL_AVG, err);
}

static zs_status op_global_average_pool(const zs_onnx_node *at, zs_err *err)
{
    zs_layer_spec *layer;
    ZS_TRY(check_rank4(at, err));
    return new_unary(at, 0, ZS_LAYER_GAP, 4, &layer, err);
}

/* ---- activations ----------------------------------------------------------------------------- */

static zs_status new_act(const zs_onnx_node *at, double lo, double hi, zs_err *err)
{
    zs_layer_spec *layer;
    if (!(lo <= hi))
        return zs_fail(err, ZS_ERANGE, at->place, "the bounds %g and %g leave nothing between", lo,
                       hi);
    ZS_TRY(new_unary(at, 0, ZS_LAYER_ACT, 0, &layer, err));
    layer->act = (zs_act){.active = true, .lo = (float)lo, .hi = (float)hi};
    return ZS_OK;
}

static zs_status op_relu(const zs_onnx_node *at, zs_err *err)
{
    return new_act(at, 0, (double)INFINITY, err);
}

/* A bound is an attribute before opset 11 and a scalar input since. */
static zs_status read_bound(const zs_onnx_node *at, size_t input, const char *attr, double *bound,
                            zs_err *err)
{
    const float *data;
    uint64_t n;
    *bound = zs_onnx_attr_float(at, attr, *bound);
    if (!zs_onnx_has_input(at, input))
        return ZS_OK;
    ZS_TRY(zs_onnx_in_floats(at, input, &data, &n, err));
    if (n != 1)
        return zs_fail(err, ZS_ESHAPE, at->place, "the bound '%s' has %llu elements instead of 1",
                       attr, (unsigned long long)n);
    *bound = (double)data[0];
    return ZS_OK;
}

static zs_status op_clip(const zs_onnx_node *at, zs_err *err)
{
    double lo = -(double)INFINITY, hi = (double)INFINITY;
    ZS_TRY(read_bound(at, 1, "min", &lo, err));
    ZS_TRY(read_bound(at, 2, "max", &hi, err));
    return new_act(at, lo, hi, err);
}

/* ---- joins ----------------------------------------------------------------------------------- */

static zs_status new_join(const zs_onnx_node *at, zs_layer_op op, zs_err *err)
{
    const size_t n = at->node->n_input;
    const char **in = zs_new(at->net->draft.arena, const char *, n);
    zs_layer_spec *layer;
    uint32_t rank = 0;
    if (in == NULL)
        return zs_nomem(err, "a layer's inputs");
    for (size_t i = 0; i < n; i++) {
        const zs_net_value *value;
        ZS_TRY(zs_onnx_in_value(at, i, &value, err));
        in[i] = value->layer;
        rank = value->rank;
    }
    ZS_TRY(new_layer(at, op, &layer, err));
    layer->in = in;
    layer->in_n = (uint32_t)n;
    return zs_net_draft_value(&at->net->draft, at->node->output[0], layer->name, rank, err);
}

/* `axis` of a node must mean channels: 1, or the same counted from the end. */
static zs_status check_channel_axis(const zs_onnx_node *at, int64_t axis, zs_err *err)
{
    const zs_net_value *value;
    ZS_TRY(zs_onnx_in_value(at, 0, &value, err));
    const int64_t rank = value->rank ? value->rank : 4;
    if (axis != 1 && axis + rank != 1)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "axis %lld of %lld dimensions is not the channel axis 1", (long long)axis,
                       (long long)rank);
    return ZS_OK;
}

static zs_status op_concat(const zs_onnx_node *at, zs_err *err)
{
    ZS_TRY(check_channel_axis(at, zs_onnx_attr_int(at, "axis", 1), err));
    return new_join(at, ZS_LAYER_CONCAT, err);
}

static bool is_constant(const zs_onnx_node *at, size_t i)
{
    const zs_net_value *value = zs_net_draft_get(&at->net->draft, at->node->input[i]);
    return value != NULL && value->constant != NULL;
}

/* x + constant, one per channel: a batch normalisation that only shifts. */
static zs_status add_per_channel(const zs_onnx_node *at, size_t x, size_t constant, zs_err *err)
{
    const zs_net_value *value;
    const ZsOnnx__Tensor *tensor;
    uint64_t n;
    zs_layer_spec *layer;
    ZS_TRY(zs_onnx_in_value(at, x, &value, err));
    ZS_TRY(zs_onnx_in_tensor(at, constant, &tensor, err));
    const size_t trailing = value->rank == 2 ? 1 : 3; /* dimensions from C on */
    const size_t rank = tensor->n_dims;
    for (size_t i = 0; i < rank; i++)
        if (tensor->dims[i] != 1 && i + trailing != rank)
            return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                           "the constant '%s' is not one value per channel", tensor->name);
    ZS_TRY(new_unary(at, x, ZS_LAYER_BATCHNORM, 0, &layer, err));
    ZS_TRY(zs_onnx_in_floats(at, constant, &layer->shift, &n, err));
    ZS_TRY(zs_net_size((int64_t)zs_min_u64(n, INT64_MAX), 1, "a channel count of", at->place,
                       &layer->scale_n, err));
    float *ones = zs_arena_alloc_raw(at->net->draft.arena, layer->scale_n, sizeof *ones);
    if (ones == NULL)
        return zs_nomem(err, "a channel shift");
    for (uint32_t c = 0; c < layer->scale_n; c++)
        ones[c] = 1.0f;
    layer->scale = ones;
    return ZS_OK;
}

static zs_status op_add(const zs_onnx_node *at, zs_err *err)
{
    if (is_constant(at, 1))
        return add_per_channel(at, 0, 1, err);
    if (is_constant(at, 0))
        return add_per_channel(at, 1, 0, err);
    return new_join(at, ZS_LAYER_ADD, err);
}

static zs_status op_sum(const zs_onnx_node *at, zs_err *err)
{
    return at->node->n_input == 1 ? pass_through(at, err) : new_join(at, ZS_LAYER_ADD, err);
}

/* ---- normalisation --------------------------------------------------------------------------- */

static zs_status op_batchnorm(const zs_onnx_node *at, zs_err *err)
{
    zs_bn_stats stats = {.factor = 1, .eps = zs_onnx_attr_float(at, "epsilon", 1e-5)};
    const float **const in[4] = {&stats.gamma, &stats.beta, &stats.mean, &stats.var};
    uint64_t n[4];
    zs_layer_spec *layer;
    if (zs_onnx_attr_int(at, "training_mode", 0) != 0 || zs_onnx_attr_int(at, "spatial", 1) == 0)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "only per-channel batch normalisation at inference is handled");
    for (size_t i = 0; i < 4; i++) {
        ZS_TRY(zs_onnx_in_floats(at, i + 1, in[i], &n[i], err));
        if (n[i] != n[0])
            return zs_fail(err, ZS_ESHAPE, at->place,
                           "input %zu has %llu elements, but the scale has %llu", i + 1,
                           (unsigned long long)n[i], (unsigned long long)n[0]);
    }
    ZS_TRY(zs_net_size((int64_t)zs_min_u64(n[0], INT64_MAX), 1, "a channel count of", at->place,
                       &stats.n, err));
    ZS_TRY(new_unary(at, 0, ZS_LAYER_BATCHNORM, 0, &layer, err));
    return zs_net_fold_stats(at->net->draft.arena, &stats, at->place, layer, err);
}

static zs_status op_lrn(const zs_onnx_node *at, zs_err *err)
{
    zs_layer_spec *layer;
    ZS_TRY(check_rank4(at, err));
    ZS_TRY(new_unary(at, 0, ZS_LAYER_LRN, 4, &layer, err));
    layer->lrn_alpha = (float)zs_onnx_attr_float(at, "alpha", 1e-4);
    layer->lrn_beta = (float)zs_onnx_attr_float(at, "beta", 0.75);
    layer->lrn_k = (float)zs_onnx_attr_float(at, "bias", 1.0);
    return zs_net_size(zs_onnx_attr_int(at, "size", 0), 1, "an LRN size of", at->place,
                       &layer->lrn_size, err);
}

/* ---- shapes ---------------------------------------------------------------------------------- */

static zs_status op_flatten(const zs_onnx_node *at, zs_err *err)
{
    zs_layer_spec *layer;
    ZS_TRY(check_channel_axis(at, zs_onnx_attr_int(at, "axis", 1), err));
    return new_unary(at, 0, ZS_LAYER_FLATTEN, 2, &layer, err);
}

/* Only N x everything (x 1 x 1): what Flatten does. */
static zs_status op_reshape(const zs_onnx_node *at, zs_err *err)
{
    const ZsOnnx__Tensor *tensor;
    int64_t dims[4] = {0};
    size_t n = 0;
    zs_layer_spec *layer;
    if (zs_onnx_has_input(at, 1)) {
        ZS_TRY(zs_onnx_in_tensor(at, 1, &tensor, err));
        ZS_TRY(zs_onnx_ints(tensor, at->place, dims, 4, &n, err));
    } else if (zs_onnx_attr(at, "shape") != NULL) {
        n = zs_onnx_attr(at, "shape")->n_ints == 2 ? 2 : 4;
        ZS_TRY(zs_onnx_attr_ints(at, "shape", dims, n, err));
    }
    const bool keeps_batch = dims[0] == 0 || dims[0] == 1 || (dims[0] == -1 && dims[1] != -1);
    const bool is_flat = n == 2 || (n == 4 && dims[2] == 1 && dims[3] == 1);
    if (!keeps_batch || !is_flat || (dims[1] < 1 && dims[1] != -1))
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "only reshapes that flatten all but the batch are handled");
    return new_unary(at, 0, ZS_LAYER_FLATTEN, (uint32_t)n, &layer, err);
}

/* Before opset 13 softmax ran over all dimensions from `axis` on, since then over that one. */
static zs_status op_softmax(const zs_onnx_node *at, zs_err *err)
{
    const bool is_old = at->net->opset < 13;
    const zs_net_value *value;
    zs_layer_spec *layer, *flat;
    ZS_TRY(check_channel_axis(at, zs_onnx_attr_int(at, "axis", is_old ? 1 : -1), err));
    ZS_TRY(zs_onnx_in_value(at, 0, &value, err));
    ZS_TRY(new_unary(at, 0, ZS_LAYER_SOFTMAX, 0, &layer, err));
    if (!is_old || value->rank == 2)
        return ZS_OK;
    ZS_TRY(new_layer(at, ZS_LAYER_FLATTEN, &flat, err));
    flat->in = layer->in;
    flat->in_n = 1;
    return zs_net_draft_input(&at->net->draft, layer, flat->name, err);
}

static zs_status op_dropout(const zs_onnx_node *at, zs_err *err)
{
    zs_layer_spec *layer;
    return new_unary(at, 0, ZS_LAYER_DROPOUT, 0, &layer, err);
}

/* ---- the table ------------------------------------------------------------------------------- */

static const struct onnx_op {
    const char *name;
    zs_status (*add)(const zs_onnx_node *at, zs_err *err);
    size_t in_min, in_max; /* inputs; 0 = any number */
    const char *attrs;     /* those that are understood */
} ops[] = {
    {"Add", op_add, 2, 2, ""},
    {"AveragePool", op_average_pool, 1, 1,
     "auto_pad ceil_mode count_include_pad dilations kernel_shape pads strides"},
    {"BatchNormalization", op_batchnorm, 5, 5, "epsilon is_test momentum spatial training_mode"},
    {"Clip", op_clip, 1, 3, "max min"},
    {"Concat", op_concat, 1, 0, "axis"},
    {"Conv", op_conv, 2, 3, "auto_pad dilations group kernel_shape pads strides"},
    {"Dropout", op_dropout, 1, 3, "is_test ratio seed"},
    {"Flatten", op_flatten, 1, 1, "axis"},
    {"Gemm", op_gemm, 2, 3, "alpha beta broadcast transA transB"},
    {"GlobalAveragePool", op_global_average_pool, 1, 1, ""},
    {"Identity", pass_through, 1, 1, ""},
    {"LRN", op_lrn, 1, 1, "alpha beta bias size"},
    {"MatMul", op_matmul, 2, 2, ""},
    {"MaxPool", op_max_pool, 1, 1,
     "auto_pad ceil_mode dilations kernel_shape pads storage_order strides"},
    {"Relu", op_relu, 1, 1, ""},
    {"Reshape", op_reshape, 1, 2, "allowzero shape"},
    {"Softmax", op_softmax, 1, 1, "axis"},
    {"Sum", op_sum, 1, 0, ""},
};

static bool has_word(const char *words, const char *word)
{
    const size_t n = strlen(word);
    for (const char *at = words; n > 0 && (at = strstr(at, word)) != NULL; at += n)
        if ((at == words || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
            return true;
    return false;
}

/* consumed_inputs was a hint of the first opsets to memory planners. */
static zs_status check_attrs(const zs_onnx_node *at, const struct onnx_op *op, zs_err *err)
{
    for (size_t i = 0; i < at->node->n_attribute; i++) {
        const char *name = at->node->attribute[i]->name;
        if (name == NULL || (!has_word(op->attrs, name) && strcmp(name, "consumed_inputs") != 0))
            return zs_fail(err, ZS_EUNSUPPORTED, at->place, "attribute '%s' of %s is not handled",
                           name ? name : "", op->name);
    }
    return ZS_OK;
}

static zs_status check_inputs(const zs_onnx_node *at, const struct onnx_op *op, zs_err *err)
{
    const size_t n = at->node->n_input;
    if (n < op->in_min || (op->in_max != 0 && n > op->in_max))
        return zs_fail(err, ZS_EPARSE, at->place, "%s has %zu inputs, but takes %zu%s", op->name, n,
                       op->in_min, op->in_max == op->in_min ? "" : " or more");
    return ZS_OK;
}

zs_status zs_onnx_op(const zs_onnx_node *at, zs_err *err)
{
    for (size_t i = 0; i < ZS_LEN(ops); i++) {
        if (strcmp(ops[i].name, at->node->op_type) == 0) {
            ZS_TRY(check_inputs(at, &ops[i], err));
            ZS_TRY(check_attrs(at, &ops[i], err));
            ZS_TRY(zs_onnx_check_form(at, err));
            return ops[i].add(at, err);
        }
    }
    return zs_fail(err, ZS_EUNSUPPORTED, at->place, "operator %s is not handled",
                   at->node->op_type);
}
