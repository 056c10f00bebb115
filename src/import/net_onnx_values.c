#include "import_onnx_priv.h"

#include "zynqsim/num.h"

#include <string.h>

/* ---- dimensions ------------------------------------------------------------------------------ */

uint64_t zs_onnx_elems(const uint32_t *dims, uint32_t rank)
{
    uint64_t n = 1; /* checked when the dimensions were made */
    for (uint32_t d = 0; d < rank; d++)
        n *= dims[d];
    return n;
}

void zs_onnx_strides(const uint32_t *dims, uint32_t rank, uint64_t *strides)
{
    uint64_t step = 1;
    for (uint32_t d = rank; d-- > 0;) {
        strides[d] = step;
        step *= dims[d];
    }
}

zs_shape zs_onnx_shape_of(const uint32_t *dims, uint32_t rank)
{
    if (rank > 1 && dims[0] == 1)
        dims++, rank--;
    if (rank == 0)
        return (zs_shape){1, 1, 1};
    if (rank == 1)
        return (zs_shape){dims[0], 1, 1};
    if (rank == 2)
        return (zs_shape){dims[0], 1, dims[1]};
    return (zs_shape){(uint32_t)zs_onnx_elems(dims, rank - 2), dims[rank - 2], dims[rank - 1]};
}

/* Tensors here have at most 2^31 elements, as those of the graph. */
static zs_status check_dims(const zs_onnx_node *at, const uint32_t *dims, uint32_t rank,
                            zs_err *err)
{
    uint64_t n = 1;
    if (rank > ZS_RANK_MAX)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "a tensor of %u dimensions is above the limit of %d", rank, ZS_RANK_MAX);
    for (uint32_t d = 0; d < rank; d++) {
        n *= dims[d];
        if (n > UINT64_C(1) << 31)
            return zs_fail(err, ZS_ERANGE, at->place, "a tensor of more than 2^31 elements");
    }
    return ZS_OK;
}

static zs_status constant_dims(const zs_onnx_node *at, const ZsOnnx__Tensor *tensor,
                               uint32_t dims[ZS_RANK_MAX], uint32_t *rank, zs_err *err)
{
    if (tensor->n_dims > ZS_RANK_MAX)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "a tensor of %zu dimensions is above the limit of %d", tensor->n_dims,
                       ZS_RANK_MAX);
    *rank = (uint32_t)tensor->n_dims;
    for (uint32_t d = 0; d < *rank; d++) {
        if (tensor->dims[d] < 0 || tensor->dims[d] > INT32_MAX)
            return zs_fail(err, ZS_ERANGE, at->place, "dimension %u of a tensor is %lld", d,
                           (long long)tensor->dims[d]);
        dims[d] = (uint32_t)tensor->dims[d];
    }
    return check_dims(at, dims, *rank, err);
}

zs_status zs_onnx_dims(const zs_onnx_node *at, const zs_net_value *value,
                       uint32_t dims[ZS_RANK_MAX], uint32_t *rank, zs_err *err)
{
    if (value->constant != NULL)
        return constant_dims(at, value->constant, dims, rank, err);
    if (!value->has_dims)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "needs the size of its input, which the file leaves open: give "
                       "network.input_shape");
    *rank = value->rank;
    memcpy(dims, value->dims, sizeof value->dims);
    return ZS_OK;
}

/* ---- how a value lies in memory -------------------------------------------------------------- */

bool zs_onnx_is_ordered(const zs_net_value *value)
{
    for (uint32_t d = 0; d < value->rank; d++)
        if (value->perm[d] != d)
            return false;
    return true;
}

static bool has_pads(const zs_net_value *value)
{
    return (value->pads[0] | value->pads[1] | value->pads[2] | value->pads[3]) != 0;
}

void zs_onnx_value_strides(const zs_net_value *value, const uint32_t *dims, uint32_t rank,
                           uint64_t *strides)
{
    uint32_t stored[ZS_RANK_MAX] = {0};
    uint64_t steps[ZS_RANK_MAX];
    zs_onnx_strides(dims, rank, strides);
    if (value->constant != NULL || zs_onnx_is_ordered(value))
        return;
    for (uint32_t d = 0; d < rank; d++)
        stored[value->perm[d]] = dims[d];
    zs_onnx_strides(stored, rank, steps);
    for (uint32_t d = 0; d < rank; d++)
        strides[d] = steps[value->perm[d]];
}

static bool same_shape(zs_shape a, zs_shape b)
{
    return a.c == b.c && a.h == b.h && a.w == b.w;
}

zs_status zs_onnx_new_layer(const zs_onnx_node *at, zs_layer_op op, zs_layer_spec **out,
                            zs_err *err)
{
    const char *name = at->node->name;
    if (name == NULL || name[0] == '\0') {
        /* Exporters that call a convolution's output X.pre and that of the relu after it X mean a
         * layer X. */
        const char *output = at->node->output[0];
        const size_t n = strlen(output);
        name = n > 4 && strcmp(output + n - 4, ".pre") == 0
                   ? zs_arena_strndup(at->net->draft.arena, output, n - 4)
                   : output;
    }
    if (name == NULL)
        return zs_nomem(err, "a layer name");
    return zs_net_draft_layer(&at->net->draft, name, op, at->place, out, err);
}

/* A layer between the producer of a value and its readers, called after the producer. */
static zs_status insert(const zs_onnx_node *at, zs_net_value *value, zs_layer_op op,
                        const zs_general *g, zs_shape shape, zs_err *err)
{
    zs_layer_spec *layer;
    ZS_TRY(zs_net_draft_layer(&at->net->draft, value->layer, op, at->place, &layer, err));
    ZS_TRY(zs_net_draft_input(&at->net->draft, layer, value->layer, err));
    layer->general = g;
    value->layer = layer->name;
    value->shape = shape;
    for (uint32_t d = 0; d < ZS_RANK_MAX; d++)
        value->perm[d] = (uint8_t)d;
    memset(value->pads, 0, sizeof value->pads);
    return ZS_OK;
}

/* Offsets along rows or columns with zeros before and after them. */
static int64_t *padded_table(const zs_onnx_node *at, uint32_t n, uint32_t before, uint32_t after,
                             uint64_t step)
{
    int64_t *table = zs_onnx_table(at, n, -(int64_t)(before * step), (int64_t)step);
    for (uint32_t i = 0; table != NULL && i < n; i++)
        if (i < before || i >= n - after)
            table[i] = -1;
    return table;
}

static zs_status move(const zs_onnx_node *at, zs_net_value *value, zs_shape shape, zs_err *err)
{
    zs_general *g = zs_onnx_general(at, ZS_FN_NONE);
    uint32_t inner[ZS_RANK_MAX];
    uint64_t strides[ZS_RANK_MAX];
    if (g == NULL)
        return zs_nomem(err, "a layer");
    memcpy(inner, value->dims, sizeof inner);
    if (has_pads(value)) {
        inner[value->rank - 1] -= value->pads[1] + value->pads[3];
        if (value->rank > 3)
            inner[value->rank - 2] -= value->pads[0] + value->pads[2];
    }
    zs_onnx_value_strides(value, inner, value->rank, strides);
    g->rank = value->rank > 0 ? value->rank : 1;
    g->dims[0] = 1;
    for (uint32_t d = 0; d < g->rank; d++) {
        const bool is_col = value->rank > 0 && d == value->rank - 1;
        const bool is_row = value->rank > 3 && d == value->rank - 2;
        g->dims[d] = value->rank > 0 ? value->dims[d] : 1;
        g->tables[d] = padded_table(at, g->dims[d],
                                    is_col   ? value->pads[1]
                                    : is_row ? value->pads[0]
                                             : 0,
                                    is_col   ? value->pads[3]
                                    : is_row ? value->pads[2]
                                             : 0,
                                    value->rank > 0 ? strides[d] : 1);
        if (g->tables[d] == NULL)
            return zs_nomem(err, "a layer");
    }
    g->to = shape;
    g->x_elems = value->rank > 0 ? zs_onnx_elems(inner, value->rank) : 1;
    return insert(at, value, ZS_LAYER_REARRANGE, g, shape, err);
}

/* Dimensions of one element may stand anywhere: where the others are in order, so are all. */
static void forget_ones(zs_net_value *value)
{
    uint32_t last = 0;
    for (uint32_t d = 0; d < value->rank; d++) {
        if (value->dims[d] != 1 && value->perm[d] < last)
            return;
        if (value->dims[d] != 1)
            last = value->perm[d];
    }
    for (uint32_t d = 0; d < value->rank; d++)
        value->perm[d] = (uint8_t)d;
}

zs_status zs_onnx_order(const zs_onnx_node *at, zs_net_value *value, zs_err *err)
{
    if (value->has_dims && !has_pads(value))
        forget_ones(value);
    if (value->constant != NULL || !value->has_dims ||
        (zs_onnx_is_ordered(value) && !has_pads(value)))
        return ZS_OK;
    return move(at, value, zs_onnx_shape_of(value->dims, value->rank), err);
}

zs_status zs_onnx_copy(const zs_onnx_node *at, zs_net_value *value, zs_err *err)
{
    return move(at, value, value->shape, err);
}

zs_status zs_onnx_unpad(const zs_onnx_node *at, zs_net_value *value, zs_err *err)
{
    return has_pads(value) ? zs_onnx_order(at, value, err) : ZS_OK;
}

zs_status zs_onnx_settle(const zs_onnx_node *at, zs_net_value *value, const zs_shape *shape,
                         zs_err *err)
{
    if (value->constant != NULL || !value->has_dims)
        return ZS_OK;
    if (!has_pads(value))
        forget_ones(value);
    const zs_shape want = shape != NULL ? *shape : zs_onnx_shape_of(value->dims, value->rank);
    const bool is_ordered = zs_onnx_is_ordered(value) && !has_pads(value);
    if (is_ordered && same_shape(value->shape, want))
        return ZS_OK;
    if (is_ordered && want.h == 1 && want.w == 1)
        return insert(at, value, ZS_LAYER_FLATTEN, NULL, want, err);
    return move(at, value, want, err);
}

/* ---- values ---------------------------------------------------------------------------------- */

zs_status zs_onnx_get(const zs_onnx_node *at, size_t i, zs_net_value **out, zs_err *err)
{
    if (!zs_onnx_has_input(at, i))
        return zs_fail(err, ZS_EPARSE, at->place, "input %zu is missing", i);
    *out = zs_net_draft_get(&at->net->draft, at->node->input[i]);
    if (*out == NULL)
        return zs_fail(err, ZS_EPARSE, at->place,
                       "reads '%s', which no earlier node or initializer makes (a cycle, or a name "
                       "that does not exist)",
                       at->node->input[i]);
    return ZS_OK;
}

zs_status zs_onnx_bind(const zs_onnx_node *at, size_t k, const zs_net_value *value, zs_err *err)
{
    if (k >= at->node->n_output || at->node->output[k][0] == '\0')
        return ZS_OK;
    const char *name = at->node->output[k];
    ZS_TRY(zs_net_draft_value(&at->net->draft, name, value->layer, value->rank, err));
    *zs_net_draft_get(&at->net->draft, name) = *value;
    return ZS_OK;
}

/* A size that cannot be inferred is left to the graph, which says what is wrong with it. */
zs_status zs_onnx_layer_value(const zs_onnx_node *at, const zs_layer_spec *layer,
                              zs_net_value *const *in, uint32_t rank, zs_net_value *out,
                              zs_err *err)
{
    zs_net_value value = {.layer = layer->name, .rank = rank, .has_dims = rank >= 2 && rank <= 4};
    zs_shape *shapes = zs_new(at->net->draft.arena, zs_shape, layer->in_n);
    if (shapes == NULL)
        return zs_nomem(err, "a shape");
    for (uint32_t i = 0; i < layer->in_n; i++) {
        value.has_dims = value.has_dims && in[i]->has_dims;
        shapes[i] = in[i]->shape;
    }
    zs_err ignored;
    const zs_status inferred = value.has_dims ? zs_layer_infer(at->net->draft.arena, layer, shapes,
                                                               layer->in_n, &value.shape, &ignored)
                                              : ZS_OK;
    if (inferred == ZS_ENOMEM)
        return zs_nomem(err, "a shape");
    value.has_dims = value.has_dims && inferred == ZS_OK;
    const uint32_t dims[4] = {1, value.shape.c, rank == 3 ? value.shape.w : value.shape.h,
                              value.shape.w};
    for (uint32_t d = 0; d < ZS_RANK_MAX; d++) {
        value.perm[d] = (uint8_t)d;
        value.dims[d] = d < rank && d < 4 ? dims[d] : 0;
    }
    *out = value;
    return ZS_OK;
}

zs_status zs_onnx_keep_batch(const zs_onnx_node *at, bool mixes, zs_err *err)
{
    if (mixes && !at->net->is_whole)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "changes the first dimension, which counts the samples of a batch");
    return ZS_OK;
}

static bool is_by_sample(const zs_onnx_node *at, const zs_net_value *value)
{
    return value->constant == NULL && !at->net->is_whole && at->net->batch > 1;
}

int64_t zs_onnx_of_sample(const zs_onnx_node *at, const zs_net_value *value, int64_t size)
{
    return is_by_sample(at, value) && size == at->net->batch ? 1 : size;
}

uint32_t zs_onnx_first(const zs_onnx_node *at, const zs_net_value *value, uint32_t size)
{
    return is_by_sample(at, value) ? (uint32_t)at->net->batch : size;
}

zs_status zs_onnx_keep_ranks(const zs_onnx_node *at, zs_net_value *const in[2],
                             const uint32_t rank[2], zs_err *err)
{
    for (uint32_t k = 0; k < 2; k++)
        ZS_TRY(zs_onnx_keep_batch(
            at, is_by_sample(at, in[k]) && rank[k] > 0 && rank[k] < rank[1 - k], err));
    return ZS_OK;
}

static bool has_equal_rows(const double *data, uint32_t rows, uint64_t n)
{
    for (uint64_t i = 0; i < n - n / rows; i++)
        if (data[i] < data[i + n / rows] || data[i] > data[i + n / rows])
            return false;
    return true;
}

zs_status zs_onnx_take_row(const zs_onnx_node *at, zs_net_value *x, zs_err *err)
{
    uint32_t dims[ZS_RANK_MAX], rank;
    const double *data;
    const float *floats;
    uint64_t n;
    if (x->constant == NULL || at->net->is_whole || at->net->batch <= 1)
        return ZS_OK;
    ZS_TRY(zs_onnx_dims(at, x, dims, &rank, err));
    if (rank == 0 || dims[0] != at->net->batch || zs_onnx_elems(dims, rank) == 0)
        return ZS_OK;
    ZS_TRY(zs_onnx_doubles(at, x, &data, &n, err));
    if (!has_equal_rows(data, dims[0], n))
        return ZS_OK;
    dims[0] = 1;
    if (zs_onnx_is_int(x))
        return zs_onnx_new_ints(at, data, dims, rank, x, err);
    ZS_TRY(zs_onnx_floats(at->net->draft.arena, x->constant, at->place, &floats, &n, err));
    return zs_onnx_new_floats(at, floats, dims, rank, x, err);
}

zs_status zs_onnx_axis(const zs_onnx_node *at, int64_t axis, uint32_t rank, uint32_t *out,
                       zs_err *err)
{
    const int64_t from_start = axis < 0 ? axis + rank : axis;
    if (from_start < 0 || from_start >= rank)
        return zs_fail(err, ZS_ERANGE, at->place, "axis %lld is none of %u dimensions",
                       (long long)axis, rank);
    *out = (uint32_t)from_start;
    return ZS_OK;
}

/* ---- layers of general tensors, or constants ------------------------------------------------- */

zs_general *zs_onnx_general(const zs_onnx_node *at, zs_function fn)
{
    zs_general *g = zs_new(at->net->draft.arena, zs_general, 1);
    if (g != NULL)
        g->fn = fn;
    return g;
}

int64_t *zs_onnx_table(const zs_onnx_node *at, uint64_t n, int64_t start, int64_t step)
{
    zs_err ignored;
    if (zs_onnx_fold_room(at, n, &ignored) != ZS_OK)
        return NULL;
    int64_t *table = zs_arena_alloc_raw(at->net->draft.arena, (size_t)n, sizeof *table);
    for (uint64_t i = 0; table != NULL && i < n; i++)
        table[i] = start + (int64_t)i * step;
    return table;
}

static zs_status fold_floats(const zs_onnx_node *at, zs_layer_op op, const zs_general *g,
                             zs_net_value *const *in, uint32_t in_n, float *y, zs_err *err)
{
    const float **x = zs_new(at->net->draft.arena, const float *, in_n);
    uint64_t n;
    const float fill = (float)g->fill;
    if (x == NULL)
        return zs_nomem(err, "constants");
    for (uint32_t i = 0; i < in_n; i++)
        ZS_TRY(zs_onnx_floats(at->net->draft.arena, in[i]->constant, at->place, &x[i], &n, err));
    if (op == ZS_LAYER_REARRANGE)
        zs_rearrange(g, sizeof *y, x[0], &fill, y);
    else if (op == ZS_LAYER_JOIN)
        zs_join(g, sizeof *y, (const void *const *)x, in_n, y);
    else
        zs_general_f32(op, g, x, y);
    return ZS_OK;
}

static zs_status fold_ints(const zs_onnx_node *at, zs_layer_op op, const zs_general *g,
                           zs_net_value *const *in, uint32_t in_n, double *y, zs_err *err)
{
    const double **x = zs_new(at->net->draft.arena, const double *, in_n);
    uint64_t n;
    if (x == NULL)
        return zs_nomem(err, "constants");
    for (uint32_t i = 0; i < in_n; i++)
        ZS_TRY(zs_onnx_doubles(at, in[i], &x[i], &n, err));
    if (op == ZS_LAYER_REARRANGE)
        zs_rearrange(g, sizeof *y, x[0], &g->fill, y);
    else if (op == ZS_LAYER_JOIN)
        zs_join(g, sizeof *y, (const void *const *)x, in_n, y);
    else
        zs_general_f64(op, g, x, y);
    return ZS_OK;
}

/* Comparisons and places of extremes are integers, whatever they are of. */
static bool makes_ints(zs_layer_op op, zs_function fn)
{
    if (op == ZS_LAYER_BINARY)
        return fn >= ZS_FN_EQUAL && fn <= ZS_FN_XOR;
    return fn == ZS_FN_NOT || fn == ZS_FN_TRUE || fn == ZS_FN_R_ARG_MAX || fn == ZS_FN_R_ARG_MIN;
}

static zs_status fold(const zs_onnx_node *at, zs_layer_op op, const zs_general *g,
                      zs_net_value *const *in, uint32_t in_n, const uint32_t *dims, uint32_t rank,
                      zs_net_value *out, zs_err *err)
{
    zs_arena *arena = at->net->draft.arena;
    const uint64_t n = zs_onnx_elems(dims, rank);
    bool is_int = true;
    uint64_t work = n;
    for (uint32_t d = 0; d < g->inner_rank; d++)
        work *= g->inner_dims[d];
    ZS_TRY(zs_onnx_fold_room(at, work, err));
    for (uint32_t i = 0; i < in_n; i++)
        is_int = is_int && zs_onnx_is_int(in[i]);
    if (is_int || makes_ints(op, g->fn)) {
        double *y = zs_arena_alloc_raw(arena, (size_t)n, sizeof *y);
        if (y == NULL)
            return zs_nomem(err, "a constant");
        if (n > 0)
            ZS_TRY(fold_ints(at, op, g, in, in_n, y, err));
        return zs_onnx_new_ints(at, y, dims, rank, out, err);
    }
    float *y = zs_arena_alloc_raw(arena, (size_t)n, sizeof *y);
    if (y == NULL)
        return zs_nomem(err, "a constant");
    if (n > 0)
        ZS_TRY(fold_floats(at, op, g, in, in_n, y, err));
    return zs_onnx_new_floats(at, y, dims, rank, out, err);
}

zs_status zs_onnx_emit(const zs_onnx_node *at, zs_layer_op op, zs_general *g,
                       zs_net_value *const *in, uint32_t in_n, const uint32_t *dims, uint32_t rank,
                       zs_net_value *out, zs_err *err)
{
    zs_layer_spec *layer;
    uint32_t computed = 0;
    ZS_TRY(check_dims(at, dims, rank, err));
    g->to = zs_onnx_shape_of(dims, rank);
    for (uint32_t i = 0; i < in_n; i++)
        computed += in[i]->constant == NULL;
    if (computed == 0)
        return fold(at, op, g, in, in_n, dims, rank, out, err);
    const char **names = zs_new(at->net->draft.arena, const char *, computed);
    if (names == NULL)
        return zs_nomem(err, "a layer's inputs");
    ZS_TRY(zs_onnx_keep_batch(at, rank == 0 || dims[0] != 1, err));
    ZS_TRY(zs_onnx_new_layer(at, op, &layer, err));
    for (uint32_t i = 0; i < in_n; i++) {
        if (in[i]->constant == NULL) {
            names[layer->in_n++] = in[i]->layer;
            g->x_elems += zs_shape_elems(in[i]->shape);
        } else if (op == ZS_LAYER_BINARY || op == ZS_LAYER_MATMUL) {
            g->constant_at = i;
            ZS_TRY(zs_onnx_floats(at->net->draft.arena, in[i]->constant, at->place, &g->constant,
                                  &g->constant_n, err));
        } else {
            return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                           "%s of computed and constant inputs together is not handled",
                           at->node->op_type);
        }
    }
    layer->in = names;
    layer->general = g;
    *out = (zs_net_value){.layer = layer->name, .rank = rank, .has_dims = true, .shape = g->to};
    for (uint32_t d = 0; d < ZS_RANK_MAX; d++) {
        out->dims[d] = d < rank ? dims[d] : 0;
        out->perm[d] = (uint8_t)d;
    }
    return ZS_OK;
}

bool zs_onnx_is_input(const zs_onnx *net, const char *layer)
{
    for (uint32_t i = 0; i < net->input_n; i++)
        if (strcmp(net->inputs[i].name, layer) == 0)
            return true;
    return false;
}

zs_status zs_onnx_compute(const zs_onnx_node *at, zs_net_value *constant, zs_err *err)
{
    zs_general *none = zs_onnx_general(at, ZS_FN_NONE), *sum = zs_onnx_general(at, ZS_FN_ADD);
    zs_net_value *input = zs_net_draft_get(&at->net->draft, at->net->inputs[0].name), zeros = {0};
    uint32_t dims[ZS_RANK_MAX], rank, in_dims[ZS_RANK_MAX], in_rank;
    if (none == NULL || sum == NULL)
        return zs_nomem(err, "a layer");
    ZS_TRY(zs_onnx_dims(at, constant, dims, &rank, err));
    ZS_TRY(zs_onnx_dims(at, input, in_dims, &in_rank, err));
    if (zs_onnx_elems(dims, rank) == 0)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place, "a result without elements");
    none->rank = sum->rank = rank > 0 ? rank : 1;
    for (uint32_t d = 0; d < none->rank; d++) {
        none->dims[d] = sum->dims[d] = rank > 0 ? dims[d] : 1;
        if ((none->tables[d] = zs_onnx_table(at, none->dims[d], -1, 0)) == NULL)
            return zs_nomem(err, "a layer");
    }
    for (size_t k = 0; k < 2; k++)
        zs_onnx_strides(sum->dims, sum->rank, sum->strides[k]);
    const bool was_whole = at->net->is_whole;
    at->net->is_whole = true; /* these dimensions count no samples */
    zs_status status =
        zs_onnx_emit(at, ZS_LAYER_REARRANGE, none, &input, 1, dims, rank, &zeros, err);
    zs_net_value fixed = *constant, out = {0};
    if (status == ZS_OK)
        status = zs_onnx_emit(at, ZS_LAYER_BINARY, sum, (zs_net_value *const[]){&zeros, &fixed}, 2,
                              dims, rank, &out, err);
    at->net->is_whole = was_whole;
    ZS_TRY(status);
    *constant = out;
    return ZS_OK;
}
