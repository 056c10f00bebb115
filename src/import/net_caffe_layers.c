/* Layers of Caffe that are layers of the network as they are, and the table of all types. */
#include "import_caffe_priv.h"

#include <math.h>
#include <string.h>

/* ---- blobs by name --------------------------------------------------------------------------- */

zs_status zs_caffe_bottom(const zs_caffe_layer *at, size_t i, const char **out, zs_err *err)
{
    if (i >= at->layer->n_bottom)
        return zs_fail(err, ZS_EPARSE, at->place, "bottom %zu is missing", i);
    const char *name = at->layer->bottom[i];
    zs_net_value *value = zs_net_draft_get(&at->net->graph.draft, name);
    if (value == NULL)
        return zs_fail(
            err, ZS_EPARSE, at->place,
            "reads blob '%s', which no earlier layer makes (a cycle, or a name that does "
            "not exist)",
            name);
    if (value->layer == NULL)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "reads blob '%s', a second input; networks here have 1", name);
    const zs_onnx_node node = {.net = &at->net->graph, .place = at->place};
    ZS_TRY(zs_onnx_settle(&node, value, NULL, err));
    *out = value->layer;
    return ZS_OK;
}

static bool is_bottom(const ZsCaffe__Layer *layer, const char *name)
{
    for (size_t i = 0; i < layer->n_bottom; i++)
        if (strcmp(layer->bottom[i], name) == 0)
            return true;
    return false;
}

/* In place, a blob is written again by a layer that also reads it; otherwise twice is an error. */
zs_status zs_caffe_check_top(const zs_caffe_layer *at, const char *name, zs_err *err)
{
    if (zs_net_draft_get(&at->net->graph.draft, name) != NULL && !is_bottom(at->layer, name))
        return zs_fail(err, ZS_EPARSE, at->place, "blob '%s' is made twice", name);
    return ZS_OK;
}

/* Lets blob `name` stand for `producer` from here on. */
static zs_status set_top(const zs_caffe_layer *at, const char *name, const char *producer,
                         zs_err *err)
{
    ZS_TRY(zs_caffe_check_top(at, name, err));
    return zs_net_draft_value(&at->net->graph.draft, name, producer, 0, err);
}

static const char *first_top(const zs_caffe_layer *at)
{
    return at->layer->n_top > 0 ? at->layer->top[0] : NULL;
}

/* ---- layers ---------------------------------------------------------------------------------- */

static zs_status new_layer(const zs_caffe_layer *at, zs_layer_op op, zs_layer_spec **out,
                           zs_err *err)
{
    const char *name = at->layer->name, *top = first_top(at);
    if (top == NULL || top[0] == '\0')
        return zs_fail(err, ZS_EPARSE, at->place, "the layer has no top");
    ZS_TRY(zs_net_draft_layer(&at->net->graph.draft, name && name[0] != '\0' ? name : top, op,
                              at->place, out, err));
    return ZS_OK;
}

zs_status zs_caffe_new_unary(const zs_caffe_layer *at, zs_layer_op op, zs_layer_spec **out,
                             zs_err *err)
{
    const char *from;
    ZS_TRY(zs_caffe_bottom(at, 0, &from, err));
    if (at->layer->n_bottom > 1 && op != ZS_LAYER_SOFTMAX)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place, "%zu bottoms; only 1 is handled",
                       at->layer->n_bottom);
    ZS_TRY(new_layer(at, op, out, err));
    ZS_TRY(zs_net_draft_input(&at->net->graph.draft, *out, from, err));
    return set_top(at, first_top(at), (*out)->name, err);
}

static zs_status new_join(const zs_caffe_layer *at, zs_layer_op op, zs_err *err)
{
    const size_t n = at->layer->n_bottom;
    const char **in = zs_new(at->net->graph.draft.arena, const char *, n);
    zs_layer_spec *layer;
    if (in == NULL)
        return zs_nomem(err, "a layer's inputs");
    if (n == 0)
        return zs_fail(err, ZS_EPARSE, at->place, "the layer has no bottoms");
    for (size_t i = 0; i < n; i++)
        ZS_TRY(zs_caffe_bottom(at, i, &in[i], err));
    ZS_TRY(new_layer(at, op, &layer, err));
    layer->in = in;
    layer->in_n = (uint32_t)n;
    return set_top(at, first_top(at), layer->name, err);
}

/* Dimensions of a blob: 0 while the size of the input is open. */
static uint32_t rank_of(const zs_caffe_layer *at, const char *bottom)
{
    const zs_net_value *value = zs_net_draft_get(&at->net->graph.draft, bottom);
    return value != NULL && value->has_dims ? value->rank : 0;
}

int64_t zs_caffe_axis(const zs_caffe_layer *at, const char *bottom, int64_t axis)
{
    return axis < 0 ? axis + rank_of(at, bottom) : axis;
}

bool zs_caffe_is_channel_axis(const zs_caffe_layer *at, int64_t axis)
{
    bool is_map = at->layer->n_bottom > 0;
    for (size_t i = 0; i < at->layer->n_bottom; i++) {
        const uint32_t rank = rank_of(at, at->layer->bottom[i]);
        is_map &= (rank == 0 || rank == 2 || rank == 4) &&
                  zs_caffe_axis(at, at->layer->bottom[i], axis) == 1;
    }
    return is_map;
}

/* ---- activations and joins ------------------------------------------------------------------- */

static zs_status new_act(const zs_caffe_layer *at, float hi, zs_err *err)
{
    const ZsCaffe__Relu *p = at->layer->relu_param;
    zs_layer_spec *layer;
    if (p != NULL && p->negative_slope != 0)
        return zs_caffe_slope(at, err);
    ZS_TRY(zs_caffe_new_unary(at, ZS_LAYER_ACT, &layer, err));
    layer->act = (zs_act){.active = true, .lo = 0, .hi = hi};
    return ZS_OK;
}

static zs_status add_relu(const zs_caffe_layer *at, zs_err *err)
{
    return new_act(at, INFINITY, err);
}

static zs_status add_relu6(const zs_caffe_layer *at, zs_err *err)
{
    return new_act(at, 6, err);
}

static zs_status add_concat(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__Concat *p = at->layer->concat_param;
    if (p != NULL &&
        !zs_caffe_is_channel_axis(at, p->has_concat_dim ? (int64_t)p->concat_dim : p->axis))
        return zs_caffe_join(at, err);
    return new_join(at, ZS_LAYER_CONCAT, err);
}

static zs_status add_eltwise(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__Eltwise *p = at->layer->eltwise_param;
    bool is_sum = p == NULL || p->operation == ZS_CAFFE__ELTWISE__OP__SUM;
    for (size_t i = 0; p != NULL && i < p->n_coeff; i++)
        is_sum &= p->coeff[i] == 1;
    return is_sum ? new_join(at, ZS_LAYER_ADD, err) : zs_caffe_eltwise(at, err);
}

/* ---- normalisation --------------------------------------------------------------------------- */

static zs_status add_batchnorm(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__BatchNorm *p = at->layer->batch_norm_param;
    zs_bn_stats stats = {.eps = p ? (double)p->eps : 1e-5};
    zs_caffe_blob mean;
    const float *factor;
    zs_layer_spec *layer;
    if (p != NULL && p->has_use_global_stats && !p->use_global_stats)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "use_global_stats is false: only stored statistics are handled, not those "
                       "of the input");
    if (zs_caffe_is_bare(at))
        return zs_caffe_new_unary(at, ZS_LAYER_BATCHNORM, &layer, err);
    ZS_TRY(zs_caffe_read_blob(at, 0, &mean, err));
    ZS_TRY(zs_net_size((int64_t)zs_min_u64(mean.n, INT64_MAX), 1, "a channel count of", at->place,
                       &stats.n, err));
    stats.mean = mean.data;
    ZS_TRY(zs_caffe_read_vector(at, 1, stats.n, &stats.var, err));
    ZS_TRY(zs_caffe_read_vector(at, 2, 1, &factor, err));
    stats.factor = factor[0] == 0 ? 0 : 1 / (double)factor[0];
    ZS_TRY(zs_caffe_new_unary(at, ZS_LAYER_BATCHNORM, &layer, err));
    ZS_TRY(zs_net_fold_stats(at->net->graph.draft.arena, &stats, at->place, layer, err));
    at->net->last_batchnorm = layer;
    return ZS_OK;
}

/* y = (x * scale + shift) * gamma + beta in the layer that is there already. */
static zs_status join_scale(const zs_caffe_layer *at, zs_layer_spec *layer, const float *gamma,
                            const float *beta, zs_err *err)
{
    float *scale = zs_arena_alloc_raw(at->net->graph.draft.arena, layer->scale_n, sizeof *scale);
    float *shift = zs_arena_alloc_raw(at->net->graph.draft.arena, layer->scale_n, sizeof *shift);
    if (scale == NULL || shift == NULL)
        return zs_nomem(err, "a scale layer");
    for (uint32_t c = 0; c < layer->scale_n; c++) {
        scale[c] = (float)((double)layer->scale[c] * (double)gamma[c]);
        shift[c] =
            (float)((double)layer->shift[c] * (double)gamma[c] + (beta ? (double)beta[c] : 0.0));
    }
    layer->scale = scale;
    layer->shift = shift;
    return ZS_OK;
}

/* A Scale in place right after its BatchNorm is the other half of it: nobody else can have read
 * what lies between. */
static bool joins_batchnorm(const zs_caffe_layer *at, const zs_layer_spec *last, uint64_t n)
{
    const ZsCaffe__Layer *layer = at->layer;
    if (last == NULL || last->scale_n != n || layer->n_bottom != 1 || layer->n_top != 1 ||
        strcmp(layer->bottom[0], layer->top[0]) != 0)
        return false;
    const zs_net_value *value = zs_net_draft_get(&at->net->graph.draft, layer->bottom[0]);
    return value != NULL && value->layer == last->name;
}

static zs_status add_scale(const zs_caffe_layer *at, zs_layer_spec *last, zs_err *err)
{
    const ZsCaffe__Scale *p = at->layer->scale_param;
    zs_caffe_blob gamma;
    const float *beta = NULL;
    zs_layer_spec *layer;
    if (at->layer->n_bottom != 1 || (p != NULL && p->num_axes != 1) ||
        !zs_caffe_is_channel_axis(at, p != NULL ? p->axis : 1))
        return zs_caffe_scale(at, err);
    if (zs_caffe_is_bare(at))
        return zs_caffe_new_unary(at, ZS_LAYER_BATCHNORM, &layer, err);
    ZS_TRY(zs_caffe_read_blob(at, 0, &gamma, err));
    if (p != NULL && p->bias_term)
        ZS_TRY(zs_caffe_read_vector(at, 1, gamma.n, &beta, err));
    if (joins_batchnorm(at, last, gamma.n))
        return join_scale(at, last, gamma.data, beta, err);
    ZS_TRY(zs_caffe_new_unary(at, ZS_LAYER_BATCHNORM, &layer, err));
    ZS_TRY(zs_net_size((int64_t)zs_min_u64(gamma.n, INT64_MAX), 1, "a channel count of", at->place,
                       &layer->scale_n, err));
    layer->scale = gamma.data;
    layer->shift = beta ? beta : zs_new(at->net->graph.draft.arena, float, gamma.n);
    return layer->shift ? ZS_OK : zs_nomem(err, "a scale layer");
}

static zs_status add_lrn(const zs_caffe_layer *at, zs_err *err)
{
    static const ZsCaffe__Lrn defaults = ZS_CAFFE__LRN__INIT;
    const ZsCaffe__Lrn *p = at->layer->lrn_param ? at->layer->lrn_param : &defaults;
    zs_layer_spec *layer;
    if (p->norm_region != 0)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "LRN within channels is not handled, only across them");
    ZS_TRY(zs_caffe_new_unary(at, ZS_LAYER_LRN, &layer, err));
    layer->lrn_alpha = p->alpha;
    layer->lrn_beta = p->beta;
    layer->lrn_k = p->k;
    return zs_net_size(p->local_size, 1, "local_size", at->place, &layer->lrn_size, err);
}

/* ---- shapes and ends ------------------------------------------------------------------------- */

static zs_status add_softmax(const zs_caffe_layer *at, zs_err *err)
{
    zs_layer_spec *layer;
    if (at->layer->softmax_param != NULL &&
        !zs_caffe_is_channel_axis(at, at->layer->softmax_param->axis))
        return zs_caffe_softmax(at, err);
    return zs_caffe_new_unary(at, ZS_LAYER_SOFTMAX, &layer, err);
}

static zs_status add_dropout(const zs_caffe_layer *at, zs_err *err)
{
    zs_layer_spec *layer;
    return zs_caffe_new_unary(at, ZS_LAYER_DROPOUT, &layer, err);
}

static zs_status add_flatten(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__Flatten *p = at->layer->flatten_param;
    zs_layer_spec *layer;
    if (p != NULL && (p->axis != 1 || p->end_axis != -1))
        return zs_caffe_flatten(at, err);
    return zs_caffe_new_unary(at, ZS_LAYER_FLATTEN, &layer, err);
}

static zs_status add_split(const zs_caffe_layer *at, zs_err *err)
{
    const char *from;
    ZS_TRY(zs_caffe_bottom(at, 0, &from, err));
    for (size_t i = 0; i < at->layer->n_top; i++)
        ZS_TRY(set_top(at, at->layer->top[i], from, err));
    return ZS_OK;
}

/* What only training and testing need; its tops must not be read by what is kept. */
static zs_status drop(const zs_caffe_layer *at, zs_err *err)
{
    (void)at;
    (void)err;
    return ZS_OK;
}

/* A source of data: its first top is the network's input, others are labels. */
static zs_status add_data(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__Layer *layer = at->layer;
    for (size_t i = 0; i < layer->n_top; i++) {
        zs_shape shape = {0};
        const ZsCaffe__Input *input = layer->input_param;
        const ZsCaffe__MemoryData *memory = layer->memory_data_param;
        if (input != NULL && input->n_shape > 0) {
            const ZsCaffe__BlobShape *stated =
                input->shape[i < input->n_shape ? i : input->n_shape - 1];
            ZS_TRY(
                zs_caffe_input_shape(at->net, stated->dim, stated->n_dim, at->place, &shape, err));
        } else if (memory != NULL && i == 0) {
            const int64_t dims[4] = {1, memory->channels, memory->height, memory->width};
            ZS_TRY(zs_caffe_input_shape(at->net, dims, 4, at->place, &shape, err));
        }
        ZS_TRY(zs_caffe_add_input(at->net, layer->top[i], shape, at->place, err));
    }
    return ZS_OK;
}

/* ---- the table ------------------------------------------------------------------------------- */

static const struct caffe_type {
    const char *name;
    zs_status (*add)(const zs_caffe_layer *at, zs_err *err); /* NULL: as zs_caffe_add has it */
    const char *onnx;
} types[] = {
    {"AbsVal", zs_caffe_simple, "Abs"},
    {"Accuracy", drop, NULL},
    {"ArgMax", zs_caffe_argmax, NULL},
    {"Axpy", zs_caffe_axpy, NULL},
    {"BNLL", zs_caffe_simple, "Softplus"},
    {"BatchNorm", add_batchnorm, NULL},
    {"Bias", zs_caffe_scale, "Add"},
    {"Clip", zs_caffe_clip, NULL},
    {"Concat", add_concat, NULL},
    {"ContrastiveLoss", drop, NULL},
    {"Convolution", zs_caffe_conv, NULL},
    {"ConvolutionDepthwise", zs_caffe_conv, NULL},
    {"Crop", zs_caffe_crop, NULL},
    {"Data", add_data, NULL},
    {"Deconvolution", zs_caffe_deconv, NULL},
    {"DepthwiseConvolution", zs_caffe_conv, NULL},
    {"Dropout", add_dropout, NULL},
    {"DummyData", add_data, NULL},
    {"ELU", zs_caffe_elu, NULL},
    {"Eltwise", add_eltwise, NULL},
    {"EuclideanLoss", drop, NULL},
    {"Exp", zs_caffe_exp, NULL},
    {"Flatten", add_flatten, NULL},
    {"HDF5Data", add_data, NULL},
    {"HDF5Output", drop, NULL},
    {"HingeLoss", drop, NULL},
    {"ImageData", add_data, NULL},
    {"InfogainLoss", drop, NULL},
    {"InnerProduct", zs_caffe_fc, NULL},
    {"Input", add_data, NULL},
    {"LRN", add_lrn, NULL},
    {"Log", zs_caffe_log, NULL},
    {"MVN", zs_caffe_mvn, NULL},
    {"MemoryData", add_data, NULL},
    {"Mish", zs_caffe_simple, "Mish"},
    {"MultinomialLogisticLoss", drop, NULL},
    {"Normalize", zs_caffe_normalize, NULL},
    {"PReLU", zs_caffe_prelu, NULL},
    {"Permute", zs_caffe_permute, NULL},
    {"Pooling", zs_caffe_pool, NULL},
    {"Power", zs_caffe_power, NULL},
    {"ReLU", add_relu, NULL},
    {"ReLU6", add_relu6, NULL},
    {"Reduction", zs_caffe_reduction, NULL},
    {"Reshape", zs_caffe_reshape, NULL},
    {"Scale", NULL, "Mul"},
    {"ShuffleChannel", zs_caffe_shuffle, NULL},
    {"Sigmoid", zs_caffe_simple, "Sigmoid"},
    {"SigmoidCrossEntropyLoss", drop, NULL},
    {"Silence", drop, NULL},
    {"Slice", zs_caffe_slice, NULL},
    {"Softmax", add_softmax, NULL},
    {"SoftmaxWithLoss", add_softmax, NULL},
    {"Split", add_split, NULL},
    {"Swish", zs_caffe_swish, NULL},
    {"TanH", zs_caffe_simple, "Tanh"},
    {"Threshold", zs_caffe_threshold, NULL},
    {"Tile", zs_caffe_tile, NULL},
    {"Upsample", zs_caffe_upsample, NULL},
    {"WindowData", add_data, NULL},
};

static const struct caffe_type *find_type(const char *name)
{
    for (size_t i = 0; i < ZS_LEN(types); i++)
        if (strcmp(types[i].name, name) == 0)
            return &types[i];
    return NULL;
}

const char *zs_caffe_type_at(size_t i)
{
    return i < ZS_LEN(types) ? types[i].name : NULL;
}

/* The parts of a lowered layer, or views that put a blob in order in front of a plain one. */
uint64_t zs_caffe_room(const ZsCaffe__Layer *layer)
{
    const struct caffe_type *type = layer->type ? find_type(layer->type) : NULL;
    const uint64_t ends = (uint64_t)layer->n_bottom + layer->n_top;
    return type == NULL || type->add == drop || type->add == add_data ? 1 + ends : 16 + 6 * ends;
}

bool zs_caffe_is_data(const char *name)
{
    const struct caffe_type *type = find_type(name);
    return type != NULL && type->add == add_data;
}

/* Gives the result of a plain layer its dimensions, and those of lowered ones the order in memory
 * that readers of blobs expect. `in`: what the bottoms were. */
static zs_status size_tops(const zs_caffe_layer *at, zs_net_value *const *in, zs_err *err)
{
    const zs_net_draft *draft = &at->net->graph.draft;
    const zs_onnx_node node = {.net = &at->net->graph, .place = at->place};
    for (size_t i = 0; i < at->layer->n_top; i++) {
        zs_net_value *top = zs_net_draft_get(draft, at->layer->top[i]);
        if (top == NULL || top->layer == NULL)
            continue;
        const zs_layer_spec *layer = draft->layer_n > 0 ? &draft->layers[draft->layer_n - 1] : NULL;
        if (top->rank == 0 && layer != NULL && layer->name == top->layer &&
            layer->in_n <= at->layer->n_bottom) {
            const bool is_flat = layer->op == ZS_LAYER_FC || layer->op == ZS_LAYER_FLATTEN;
            ZS_TRY(zs_onnx_layer_value(&node, layer, in, is_flat ? 2 : in[0]->rank, top, err));
        }
        ZS_TRY(zs_onnx_order(&node, top, err));
    }
    return ZS_OK;
}

zs_status zs_caffe_add(const zs_caffe_layer *layer, zs_err *err)
{
    zs_caffe_layer at = *layer;
    const struct caffe_type *type = find_type(at.layer->type);
    zs_layer_spec *last = at.net->last_batchnorm;
    zs_net_value **in = zs_new(at.net->graph.draft.arena, zs_net_value *, at.layer->n_bottom + 1);
    at.net->last_batchnorm = NULL;
    if (in == NULL)
        return zs_nomem(err, "the bottoms of a layer");
    if (type == NULL)
        return zs_fail(
            err, ZS_EUNSUPPORTED, at.place,
            "layer type %s is not handled; `zynqsim show --operators` lists those that are",
            at.layer->type);
    for (size_t i = 0; i < at.layer->n_bottom; i++)
        in[i] = zs_net_draft_get(&at.net->graph.draft, at.layer->bottom[i]);
    at.onnx = type->onnx;
    ZS_TRY(type->add != NULL ? type->add(&at, err) : add_scale(&at, last, err));
    return size_tops(&at, in, err);
}
