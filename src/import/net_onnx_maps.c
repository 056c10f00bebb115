/* Operators over maps of channels: convolution, pooling, normalisation by channel. */
#include "import_onnx_priv.h"

#include <string.h>

/* Windows and channel ops count dimensions from N, C, H, W or N, C, L. */
static zs_status read_map(const zs_onnx_node *at, zs_net_value **x, zs_err *err)
{
    ZS_TRY(zs_onnx_computed(at, 0, x, err));
    const uint32_t rank = (*x)->rank;
    if (rank != 0 && rank != 4 && rank != 3)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "the input has %u dimensions; only 4 (N, C, H, W) or 3 are handled", rank);
    return ZS_OK;
}

/* Several samples in one tensor are sets of channels one after the other: how many there are. */
static uint32_t sets_of(const zs_net_value *x)
{
    return x->has_dims && x->rank > 2 ? x->dims[0] : 1;
}

static zs_status settle_map(const zs_onnx_node *at, zs_net_value *x, zs_err *err)
{
    const uint32_t sets = sets_of(x);
    if (sets == 1)
        return zs_onnx_settle(at, x, NULL, err);
    if (zs_onnx_elems(x->dims, x->rank) == 0)
        return zs_fail(err, ZS_ESHAPE, at->place, "the input has no elements");
    const zs_shape maps = {sets * x->dims[1], x->rank == 4 ? x->dims[2] : 1, x->dims[x->rank - 1]};
    return zs_onnx_settle(at, x, &maps, err);
}

/* Ends a layer over a map: its input in place, its output named. */
static zs_status end_map(const zs_onnx_node *at, zs_layer_spec *layer, zs_net_value *x, zs_err *err)
{
    zs_net_value y;
    const uint32_t sets = sets_of(x);
    ZS_TRY(zs_net_draft_input(&at->net->draft, layer, x->layer, err));
    ZS_TRY(
        zs_onnx_layer_value(at, layer, (zs_net_value *const[]){x}, x->rank ? x->rank : 4, &y, err));
    if (sets > 1 && !y.has_dims)
        return zs_fail(err, ZS_ESHAPE, at->place, "the window does not go with %u samples of %ux%u",
                       sets, x->shape.h, x->shape.w);
    if (sets > 1) {
        y.dims[0] = sets;
        y.dims[1] = y.shape.c / sets;
    }
    return zs_onnx_bind(at, 0, &y, err);
}

/* The same numbers for each set of channels. */
static zs_status repeat(const zs_onnx_node *at, uint32_t sets, const float **data, uint64_t *n,
                        zs_err *err)
{
    if (sets == 1 || *data == NULL)
        return ZS_OK;
    ZS_TRY(zs_onnx_fold_room(at, *n * sets, err));
    float *all = zs_arena_alloc_raw(at->net->draft.arena, (size_t)(*n * sets), sizeof *all);
    if (all == NULL)
        return zs_nomem(err, "weights of several samples");
    for (uint32_t i = 0; i < sets; i++)
        memcpy(all + i * *n, *data, (size_t)*n * sizeof *all);
    *data = all;
    *n *= sets;
    return ZS_OK;
}

/* ---- windows --------------------------------------------------------------------------------- */

/* `parts` numbers per spatial dimension (pads have two, starts before ends); one-dimensional maps
 * have one row, of which nothing is said. */
static zs_status spatial(const zs_onnx_node *at, const char *name, uint32_t rank, size_t parts,
                         int64_t *out, zs_err *err)
{
    const size_t axes = rank == 3 ? 1 : 2;
    int64_t stated[4];
    if (zs_onnx_attr(at, name) == NULL)
        return ZS_OK;
    ZS_TRY(zs_onnx_attr_ints(at, name, stated, parts * axes, err));
    for (size_t i = 0; i < parts; i++)
        for (size_t d = 0; d < axes; d++)
            out[2 * i + 2 - axes + d] = stated[i * axes + d];
    return ZS_OK;
}

static zs_status read_auto_pad(const zs_onnx_node *at, zs_layer_spec *layer, bool *is_explicit,
                               zs_err *err)
{
    const ZsOnnx__Attribute *attr = zs_onnx_attr(at, "auto_pad");
    *is_explicit = attr == NULL || zs_onnx_attr_is(attr, "NOTSET");
    if (*is_explicit || zs_onnx_attr_is(attr, "VALID"))
        return ZS_OK;
    layer->auto_same_upper = zs_onnx_attr_is(attr, "SAME_UPPER");
    layer->auto_same_lower = zs_onnx_attr_is(attr, "SAME_LOWER");
    if (!layer->auto_same_upper && !layer->auto_same_lower)
        return zs_fail(err, ZS_EPARSE, at->place,
                       "auto_pad '%.*s' is none of NOTSET, SAME_UPPER, SAME_LOWER, VALID",
                       (int)zs_min_u64(attr->s.len, 32), (const char *)attr->s.data);
    return ZS_OK;
}

static zs_status read_pads(const zs_onnx_node *at, uint32_t rank, zs_layer_spec *layer, zs_err *err)
{
    int64_t pads[4] = {0};
    bool is_explicit;
    zs_window *w = &layer->window;
    uint32_t *const out[4] = {&w->pad_top, &w->pad_left, &w->pad_bottom, &w->pad_right};
    ZS_TRY(read_auto_pad(at, layer, &is_explicit, err));
    ZS_TRY(spatial(at, "pads", rank, 2, pads, err));
    for (size_t i = 0; i < 4; i++) {
        ZS_TRY(zs_net_size(pads[i], 0, "a pad of", at->place, out[i], err));
        if (pads[i] != 0 && !is_explicit)
            return zs_fail(err, ZS_EPARSE, at->place,
                           "auto_pad and a pad of %lld exclude each other", (long long)pads[i]);
    }
    return ZS_OK;
}

static zs_status read_window(const zs_onnx_node *at, uint32_t rank, const int64_t kernel[2],
                             zs_layer_spec *layer, zs_err *err)
{
    int64_t strides[2] = {1, 1}, dilations[2] = {1, 1};
    zs_window *w = &layer->window;
    ZS_TRY(spatial(at, "strides", rank, 1, strides, err));
    ZS_TRY(spatial(at, "dilations", rank, 1, dilations, err));
    ZS_TRY(zs_net_size(kernel[0], 1, "a kernel height of", at->place, &w->kh, err));
    ZS_TRY(zs_net_size(kernel[1], 1, "a kernel width of", at->place, &w->kw, err));
    ZS_TRY(zs_net_size(strides[0], 1, "a stride of", at->place, &w->sh, err));
    ZS_TRY(zs_net_size(strides[1], 1, "a stride of", at->place, &w->sw, err));
    ZS_TRY(zs_net_size(dilations[0], 1, "a dilation of", at->place, &w->dh, err));
    ZS_TRY(zs_net_size(dilations[1], 1, "a dilation of", at->place, &w->dw, err));
    return read_pads(at, rank, layer, err);
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

/* Rows and columns of a kernel [oc][ic]([kh])[kw]. */
static zs_status read_kernel(const zs_onnx_node *at, uint32_t rank, const ZsOnnx__Tensor *weights,
                             int64_t kernel[2], zs_err *err)
{
    if (weights->n_dims != rank || (rank != 3 && rank != 4))
        return zs_fail(
            err, ZS_EUNSUPPORTED, at->place,
            "the weights have %zu dimensions; only 2-D convolutions, with 4, and 1-D, with 3, are "
            "handled",
            weights->n_dims);
    const int64_t have[2] = {rank == 4 ? weights->dims[2] : 1, weights->dims[rank - 1]};
    kernel[0] = have[0];
    kernel[1] = have[1];
    ZS_TRY(spatial(at, "kernel_shape", rank, 1, kernel, err));
    if (kernel[0] != have[0] || kernel[1] != have[1])
        return zs_fail(err, ZS_ESHAPE, at->place,
                       "kernel_shape %lldx%lld does not go with weights of %lldx%lld",
                       (long long)kernel[0], (long long)kernel[1], (long long)have[0],
                       (long long)have[1]);
    return ZS_OK;
}

/* Zeros that an operator in front added become padding. */
static void take_pads(zs_net_value *in, zs_layer_spec *layer)
{
    zs_window *w = &layer->window;
    uint32_t *const pads[4] = {&w->pad_top, &w->pad_left, &w->pad_bottom, &w->pad_right};
    for (size_t i = 0; i < 4; i++) {
        *pads[i] += in->pads[i];
        in->pads[i] = 0;
    }
}

/* One group more for each set, with the filters of the first: what is known of their steps is of
 * one set alone. */
static zs_status spread_sets(const zs_onnx_node *at, uint32_t sets, zs_layer_spec *layer,
                             zs_err *err)
{
    zs_weights *w = &layer->weights;
    if (sets == 1)
        return ZS_OK;
    ZS_TRY(zs_net_size((int64_t)layer->oc * sets, 1, "output channels of all samples of", at->place,
                       &layer->oc, err));
    ZS_TRY(zs_net_size((int64_t)layer->groups * sets, 1, "groups of all samples of", at->place,
                       &layer->groups, err));
    layer->grid = (zs_weight_grid){.scale = NULL};
    ZS_TRY(repeat(at, sets, &w->data, &w->n_elems, err));
    return repeat(at, sets, &w->bias, &w->bias_n, err);
}

zs_status zs_onnx_conv(const zs_onnx_node *at, zs_err *err)
{
    const ZsOnnx__Tensor *weights;
    zs_net_value *x, in;
    zs_layer_spec *layer;
    int64_t kernel[2];
    ZS_TRY(read_map(at, &x, err));
    ZS_TRY(zs_onnx_in_tensor(at, 1, &weights, err));
    const uint32_t rank = x->rank ? x->rank : (uint32_t)weights->n_dims;
    ZS_TRY(read_kernel(at, rank, weights, kernel, err));
    ZS_TRY(zs_onnx_new_layer(at, ZS_LAYER_CONV, &layer, err));
    ZS_TRY(
        zs_net_size(weights->dims[0], 1, "an output channel count of", at->place, &layer->oc, err));
    ZS_TRY(zs_net_size(zs_onnx_attr_int(at, "group", 1), 1, "a group count of", at->place,
                       &layer->groups, err));
    ZS_TRY(read_window(at, rank, kernel, layer, err));
    ZS_TRY(zs_onnx_in_floats(at, 1, &layer->weights.data, &layer->weights.n_elems, err));
    zs_onnx_grid(at, 1, layer);
    ZS_TRY(read_bias(at, 2, layer, err));
    if (layer->auto_same_upper || layer->auto_same_lower || sets_of(x) > 1)
        ZS_TRY(settle_map(at, x, err));
    in = *x;
    take_pads(&in, layer);
    if (memcmp(in.pads, x->pads, sizeof in.pads) == 0) {
        ZS_TRY(settle_map(at, x, err));
        in = *x;
    }
    ZS_TRY(spread_sets(at, sets_of(x), layer, err));
    return end_map(at, layer, &in, err);
}

/* ---- pooling --------------------------------------------------------------------------------- */

static zs_status read_pool(const zs_onnx_node *at, zs_pool_kind kind, zs_err *err)
{
    int64_t kernel[2] = {1, 1};
    const ZsOnnx__Attribute *shape = zs_onnx_attr(at, "kernel_shape");
    zs_layer_spec *layer;
    zs_net_value *x;
    if (shape == NULL)
        return zs_fail(err, ZS_EPARSE, at->place, "kernel_shape is missing");
    ZS_TRY(zs_onnx_computed(at, 0, &x, err));
    if (x->rank == 5)
        return zs_onnx_volume_pool(at, err);
    ZS_TRY(read_map(at, &x, err));
    const uint32_t rank = x->rank ? x->rank : 4;
    ZS_TRY(spatial(at, "kernel_shape", rank, 1, kernel, err));
    ZS_TRY(settle_map(at, x, err));
    ZS_TRY(zs_onnx_new_layer(at, ZS_LAYER_POOL, &layer, err));
    layer->pool = kind;
    layer->ceil_mode = zs_onnx_attr_int(at, "ceil_mode", 0) != 0;
    layer->count_include_pad = zs_onnx_attr_int(at, "count_include_pad", 0) != 0;
    ZS_TRY(read_window(at, rank, kernel, layer, err));
    return end_map(at, layer, x, err);
}

zs_status zs_onnx_max_pool(const zs_onnx_node *at, zs_err *err)
{
    return read_pool(at, ZS_POOL_MAX, err);
}

zs_status zs_onnx_average_pool(const zs_onnx_node *at, zs_err *err)
{
    return read_pool(at, ZS_POOL_AVG, err);
}

/* ---- normalisation --------------------------------------------------------------------------- */

static zs_status normalise_sets(const zs_onnx_node *at, zs_net_value *x, const zs_bn_stats *stats,
                                zs_err *err)
{
    zs_layer_spec *layer;
    const uint32_t sets = sets_of(x);
    ZS_TRY(settle_map(at, x, err));
    ZS_TRY(zs_onnx_new_alike(at, ZS_LAYER_BATCHNORM, &layer, err));
    ZS_TRY(zs_net_fold_stats(at->net->draft.arena, stats, at->place, layer, err));
    uint64_t n[2] = {layer->scale_n, layer->scale_n};
    ZS_TRY(repeat(at, sets, &layer->scale, &n[0], err));
    ZS_TRY(repeat(at, sets, &layer->shift, &n[1], err));
    layer->scale_n = (uint32_t)n[0];
    layer->exact_scale = layer->exact_shift = NULL;
    return ZS_OK;
}

/* Where the first dimension counts something: sets of channels, or a product and a sum along the
 * second. */
static zs_status scale_and_shift(const zs_onnx_node *at, zs_net_value *x, const zs_bn_stats *stats,
                                 zs_err *err)
{
    zs_layer_spec folded;
    zs_net_value scale, shift, product, y;
    uint32_t dims[ZS_RANK_MAX] = {stats->n, 1, 1, 1, 1, 1, 1, 1};
    if (x->dims[1] != stats->n)
        return zs_fail(err, ZS_ESHAPE, at->place, "has %u scales for %u channels", stats->n,
                       x->dims[1]);
    if (x->rank == 3 || x->rank == 4)
        return normalise_sets(at, x, stats, err);
    ZS_TRY(zs_net_fold_stats(at->net->draft.arena, stats, at->place, &folded, err));
    ZS_TRY(zs_onnx_new_floats(at, folded.scale, dims, x->rank - 1, &scale, err));
    ZS_TRY(zs_onnx_new_floats(at, folded.shift, dims, x->rank - 1, &shift, err));
    ZS_TRY(zs_onnx_two_general(at, ZS_FN_MUL, x, &scale, &product, err));
    ZS_TRY(zs_onnx_two_general(at, ZS_FN_ADD, &product, &shift, &y, err));
    return zs_onnx_bind(at, 0, &y, err);
}

zs_status zs_onnx_batchnorm(const zs_onnx_node *at, zs_err *err)
{
    zs_bn_stats stats = {.factor = 1, .eps = zs_onnx_attr_float(at, "epsilon", 1e-5)};
    const float **const in[4] = {&stats.gamma, &stats.beta, &stats.mean, &stats.var};
    uint64_t n[4];
    zs_layer_spec *layer;
    zs_net_value *x;
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
    ZS_TRY(zs_onnx_computed(at, 0, &x, err));
    if (x->has_dims && x->rank > 1 && x->dims[0] != 1)
        return scale_and_shift(at, x, &stats, err);
    if (x->has_dims && x->rank > 4 && x->dims[0] == 1 && x->dims[1] == stats.n) {
        const uint32_t last = x->dims[x->rank - 1]; /* more dimensions are rows, too */
        const zs_shape map = {stats.n, (uint32_t)(zs_onnx_elems(x->dims, x->rank) / stats.n / last),
                              last};
        ZS_TRY(zs_onnx_settle(at, x, &map, err));
    } else {
        ZS_TRY(zs_onnx_settle(at, x, NULL, err));
    }
    ZS_TRY(zs_onnx_new_alike(at, ZS_LAYER_BATCHNORM, &layer, err));
    return zs_net_fold_stats(at->net->draft.arena, &stats, at->place, layer, err);
}

zs_status zs_onnx_lrn(const zs_onnx_node *at, zs_err *err)
{
    zs_layer_spec *layer;
    zs_net_value *x;
    ZS_TRY(read_map(at, &x, err));
    if (sets_of(x) > 1)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "normalises %u samples that other operators mix; one is handled",
                       x->dims[0]);
    ZS_TRY(zs_onnx_settle(at, x, NULL, err));
    ZS_TRY(zs_onnx_new_alike(at, ZS_LAYER_LRN, &layer, err));
    layer->lrn_alpha = (float)zs_onnx_attr_float(at, "alpha", 1e-4);
    layer->lrn_beta = (float)zs_onnx_attr_float(at, "beta", 0.75);
    layer->lrn_k = (float)zs_onnx_attr_float(at, "bias", 1.0);
    return zs_net_size(zs_onnx_attr_int(at, "size", 0), 1, "an LRN size of", at->place,
                       &layer->lrn_size, err);
}
