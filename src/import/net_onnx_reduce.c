#include "import_onnx_priv.h"

#include <math.h>
#include <string.h>

/* Operators over lines, planes and matrices of a tensor. */

/* ---- reductions ------------------------------------------------------------------------------ */

static zs_status bind_layer(const zs_onnx_node *at, const zs_layer_spec *layer, zs_net_value *x,
                            uint32_t rank, zs_err *err)
{
    zs_net_value y;
    ZS_TRY(zs_onnx_layer_value(at, layer, (zs_net_value *const[]){x}, rank, &y, err));
    return zs_onnx_bind(at, 0, &y, err);
}

/* What is left of x when the dimensions of `goes` are gone, or of one element. */
static zs_status reduce(const zs_onnx_node *at, zs_general *g, zs_net_value *x, const bool goes[],
                        bool keeps, zs_err *err)
{
    uint32_t dims[ZS_RANK_MAX], rank, result[ZS_RANK_MAX], result_rank = 0;
    uint64_t strides[ZS_RANK_MAX];
    zs_net_value y;
    ZS_TRY(zs_onnx_unpad(at, x, err));
    ZS_TRY(zs_onnx_dims(at, x, dims, &rank, err));
    zs_onnx_value_strides(x, dims, rank, strides);
    ZS_TRY(zs_onnx_keep_batch(at, x->constant == NULL && rank > 0 && goes[0], err));
    for (uint32_t d = 0; d < rank; d++) {
        if (goes[d] && dims[d] == 0)
            return zs_fail(err, ZS_ESHAPE, at->place, "dimension %u has no elements", d);
        if (goes[d]) {
            g->inner_dims[g->inner_rank] = dims[d];
            g->inner_strides[0][g->inner_rank++] = strides[d];
        } else {
            g->dims[g->rank] = dims[d];
            g->strides[0][g->rank++] = strides[d];
        }
        if (!goes[d] || keeps)
            result[result_rank++] = goes[d] ? 1 : dims[d];
    }
    ZS_TRY(zs_onnx_emit(at, ZS_LAYER_REDUCE, g, (zs_net_value *const[]){x}, 1, result, result_rank,
                        &y, err));
    return zs_onnx_bind(at, 0, &y, err);
}

/* The mean of rows and columns of a map is what the graph calls global_avgpool. */
static bool is_plane_mean(const zs_onnx_node *at, const zs_net_value *x, const bool goes[])
{
    if (at->fn != ZS_FN_R_MEAN || x->constant != NULL || (x->rank != 4 && x->rank != 3) ||
        !zs_onnx_is_ordered(x) || x->dims[0] != 1)
        return false;
    return !goes[0] && !goes[1] && goes[2] && (x->rank == 3 || goes[3]);
}

zs_status zs_onnx_reduce(const zs_onnx_node *at, zs_err *err)
{
    zs_net_value *x;
    int64_t axes[ZS_RANK_MAX];
    size_t n;
    bool is_given, goes[ZS_RANK_MAX] = {false};
    zs_general *g = zs_onnx_general(at, at->fn);
    const bool keeps = zs_onnx_attr_int(at, "keepdims", 1) != 0;
    uint32_t dims[ZS_RANK_MAX], rank;
    if (g == NULL)
        return zs_nomem(err, "a layer");
    ZS_TRY(zs_onnx_get(at, 0, &x, err));
    ZS_TRY(zs_onnx_list(at, 1, "axes", axes, ZS_RANK_MAX, &n, &is_given, err));
    rank = x->rank;
    if (x->constant != NULL)
        ZS_TRY(zs_onnx_dims(at, x, dims, &rank, err));
    if (n == 0 && zs_onnx_attr_int(at, "noop_with_empty_axes", 0) != 0)
        return zs_onnx_bind(at, 0, x, err);
    for (size_t i = 0; i < n; i++) {
        uint32_t axis;
        ZS_TRY(zs_onnx_axis(at, axes[i], rank, &axis, err));
        goes[axis] = true;
    }
    for (uint32_t d = 0; d < rank && n == 0; d++)
        goes[d] = true;
    g->p[1] = strcmp(at->node->op_type, "ReduceL2") == 0 ? 2 : 1;
    if (is_plane_mean(at, x, goes)) {
        zs_layer_spec *layer;
        zs_net_value y;
        ZS_TRY(zs_onnx_settle(at, x, NULL, err));
        ZS_TRY(zs_onnx_new_layer(at, ZS_LAYER_GAP, &layer, err));
        ZS_TRY(zs_net_draft_input(&at->net->draft, layer, x->layer, err));
        ZS_TRY(zs_onnx_layer_value(at, layer, (zs_net_value *const[]){x}, keeps ? x->rank : 2, &y,
                                   err));
        return zs_onnx_bind(at, 0, &y, err);
    }
    return reduce(at, g, x, goes, keeps, err);
}

zs_status zs_onnx_arg(const zs_onnx_node *at, zs_err *err)
{
    zs_net_value *x;
    bool goes[ZS_RANK_MAX] = {false};
    uint32_t axis, dims[ZS_RANK_MAX], rank;
    zs_general *g = zs_onnx_general(at, at->fn);
    if (g == NULL)
        return zs_nomem(err, "a layer");
    ZS_TRY(zs_onnx_get(at, 0, &x, err));
    ZS_TRY(zs_onnx_dims(at, x, dims, &rank, err));
    ZS_TRY(zs_onnx_axis(at, zs_onnx_attr_int(at, "axis", 0), rank, &axis, err));
    goes[axis] = true;
    g->p[0] = (double)zs_onnx_attr_int(at, "select_last_index", 0);
    return reduce(at, g, x, goes, zs_onnx_attr_int(at, "keepdims", 1) != 0, err);
}

zs_status zs_onnx_global_pool(const zs_onnx_node *at, zs_err *err)
{
    zs_net_value *x;
    zs_layer_spec *layer;
    bool goes[ZS_RANK_MAX] = {false};
    zs_general *g = zs_onnx_general(at, at->fn);
    if (g == NULL)
        return zs_nomem(err, "a layer");
    ZS_TRY(zs_onnx_get(at, 0, &x, err));
    if (x->constant != NULL || (x->rank != 0 && x->rank < 3))
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "the input has %u dimensions; 3 or more (N, C, ...) are handled", x->rank);
    if (at->fn == ZS_FN_R_MEAN && x->rank <= 4 && (!x->has_dims || x->dims[0] == 1)) {
        ZS_TRY(zs_onnx_settle(at, x, NULL, err));
        ZS_TRY(zs_onnx_new_layer(at, ZS_LAYER_GAP, &layer, err));
        ZS_TRY(zs_net_draft_input(&at->net->draft, layer, x->layer, err));
        return bind_layer(at, layer, x, x->rank, err);
    }
    for (uint32_t d = 2; d < x->rank; d++)
        goes[d] = true;
    g->p[1] = (double)zs_onnx_attr_int(at, "p", 2);
    return reduce(at, g, x, goes, true, err);
}

/* ---- normalisations -------------------------------------------------------------------------- */

/* Lines of all dimensions from `from` up to (not with) `to`. */
static zs_status lines(const zs_onnx_node *at, zs_general *g, zs_net_value *x, uint32_t from,
                       uint32_t to, zs_err *err)
{
    uint32_t dims[ZS_RANK_MAX], rank;
    zs_net_value y;
    ZS_TRY(zs_onnx_order(at, x, err));
    ZS_TRY(zs_onnx_dims(at, x, dims, &rank, err));
    g->line_n = zs_onnx_elems(dims + from, to - from);
    g->line_step = zs_onnx_elems(dims + to, rank - to);
    if (zs_onnx_elems(dims, rank) == 0)
        return zs_fail(err, ZS_ESHAPE, at->place, "the input has no elements");
    ZS_TRY(zs_onnx_keep_batch(at, x->constant == NULL && from == 0 && to > 0, err));
    ZS_TRY(zs_onnx_emit(at, ZS_LAYER_NORMALISE, g, (zs_net_value *const[]){x}, 1, dims, rank, &y,
                        err));
    return zs_onnx_bind(at, 0, &y, err);
}

/* Softmax over the channels of every pixel has a layer of its own. */
static zs_status channel_softmax(const zs_onnx_node *at, zs_net_value *x, bool flattens,
                                 zs_err *err)
{
    zs_layer_spec *layer;
    ZS_TRY(zs_onnx_settle(at, x, NULL, err));
    ZS_TRY(zs_onnx_new_layer(at, ZS_LAYER_SOFTMAX, &layer, err));
    ZS_TRY(zs_net_draft_input(&at->net->draft, layer, x->layer, err));
    if (flattens) {
        zs_layer_spec *flat;
        zs_net_value y = *x;
        ZS_TRY(zs_onnx_new_layer(at, ZS_LAYER_FLATTEN, &flat, err));
        flat->in = layer->in;
        flat->in_n = 1;
        ZS_TRY(zs_net_draft_input(&at->net->draft, layer, flat->name, err));
        y.layer = layer->name;
        y.shape = (zs_shape){(uint32_t)zs_shape_elems(x->shape), 1, 1};
        return zs_onnx_bind(at, 0, &y, err);
    }
    return bind_layer(at, layer, x, x->rank, err);
}

/* Dimensions of a value; 4 where the file leaves its size open. */
static zs_status rank_of(const zs_onnx_node *at, const zs_net_value *x, uint32_t *rank, zs_err *err)
{
    uint32_t dims[ZS_RANK_MAX];
    *rank = x->rank ? x->rank : 4;
    return x->constant != NULL ? zs_onnx_dims(at, x, dims, rank, err) : ZS_OK;
}

/* Before opset 13 softmax ran over all dimensions from `axis` on, since then over that one. */
zs_status zs_onnx_softmax(const zs_onnx_node *at, zs_err *err)
{
    const bool is_old = at->net->opset < 13;
    zs_net_value *x;
    zs_general *g = zs_onnx_general(at, at->fn);
    uint32_t axis, known;
    if (g == NULL)
        return zs_nomem(err, "a layer");
    ZS_TRY(zs_onnx_get(at, 0, &x, err));
    ZS_TRY(rank_of(at, x, &known, err));
    const int64_t stated = zs_onnx_attr_int(at, "axis", is_old ? 1 : -1);
    if (is_old && stated == known)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place, "axis %lld is behind the last dimension",
                       (long long)stated);
    ZS_TRY(zs_onnx_axis(at, stated, known, &axis, err));
    if (x->constant == NULL && at->fn == ZS_FN_SOFTMAX && axis == 1 && x->rank <= 4 &&
        (!x->has_dims || x->dims[0] == 1))
        return channel_softmax(at, x, is_old && x->rank != 2, err);
    return lines(at, g, x, axis, is_old ? known : axis + 1, err);
}

zs_status zs_onnx_lp_norm(const zs_onnx_node *at, zs_err *err)
{
    zs_net_value *x;
    zs_general *g = zs_onnx_general(at, ZS_FN_LP_NORM);
    uint32_t axis, rank;
    if (g == NULL)
        return zs_nomem(err, "a layer");
    ZS_TRY(zs_onnx_get(at, 0, &x, err));
    ZS_TRY(rank_of(at, x, &rank, err));
    ZS_TRY(zs_onnx_axis(at, zs_onnx_attr_int(at, "axis", -1), rank, &axis, err));
    const int64_t p = zs_onnx_attr_int(at, "p", 2);
    if (p != 1 && p != 2)
        return zs_fail(err, ZS_ERANGE, at->place, "p %lld is neither 1 nor 2", (long long)p);
    g->p[0] = (double)p;
    return lines(at, g, x, axis, axis + 1, err);
}

static zs_status factors(const zs_onnx_node *at, zs_general *g, uint64_t want, zs_err *err)
{
    uint64_t n = 0;
    if (zs_onnx_has_input(at, 1))
        ZS_TRY(zs_onnx_in_floats(at, 1, &g->constant, &g->constant_n, err));
    if (zs_onnx_has_input(at, 2))
        ZS_TRY(zs_onnx_in_floats(at, 2, &g->offset, &n, err));
    if ((g->constant != NULL && g->constant_n != want) || (g->offset != NULL && n != want))
        return zs_fail(err, ZS_ESHAPE, at->place, "%llu factors and %llu addends for %llu",
                       (unsigned long long)g->constant_n, (unsigned long long)n,
                       (unsigned long long)want);
    return ZS_OK;
}

zs_status zs_onnx_instance_norm(const zs_onnx_node *at, zs_err *err)
{
    zs_net_value *x;
    zs_general *g = zs_onnx_general(at, ZS_FN_STANDARD);
    uint32_t dims[ZS_RANK_MAX], rank;
    if (g == NULL)
        return zs_nomem(err, "a layer");
    ZS_TRY(zs_onnx_get(at, 0, &x, err));
    ZS_TRY(zs_onnx_dims(at, x, dims, &rank, err));
    if (rank < 3)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place, "needs 3 dimensions or more, not %u", rank);
    ZS_TRY(factors(at, g, dims[1], err));
    g->p[0] = zs_onnx_attr_float(at, "epsilon", 1e-5);
    g->is_per_block = true;
    return lines(at, g, x, 2, rank, err);
}

zs_status zs_onnx_layer_norm(const zs_onnx_node *at, zs_err *err)
{
    zs_net_value *x;
    zs_general *g = zs_onnx_general(at, ZS_FN_STANDARD);
    uint32_t dims[ZS_RANK_MAX], rank, axis;
    if (g == NULL)
        return zs_nomem(err, "a layer");
    ZS_TRY(zs_onnx_get(at, 0, &x, err));
    ZS_TRY(zs_onnx_dims(at, x, dims, &rank, err));
    ZS_TRY(zs_onnx_axis(at, zs_onnx_attr_int(at, "axis", -1), rank, &axis, err));
    ZS_TRY(factors(at, g, zs_onnx_elems(dims + axis, rank - axis), err));
    g->p[0] = zs_onnx_attr_float(at, "epsilon", 1e-5);
    return lines(at, g, x, axis, rank, err);
}

/* The dimensions that are averaged over are brought to the end, and back. */
zs_status zs_onnx_mean_variance(const zs_onnx_node *at, zs_err *err)
{
    zs_net_value *x, y;
    zs_general *g = zs_onnx_general(at, ZS_FN_STANDARD);
    int64_t axes[ZS_RANK_MAX] = {0, 2, 3};
    const ZsOnnx__Attribute *attr = zs_onnx_attr(at, "axes");
    size_t axis_n = 3;
    bool goes[ZS_RANK_MAX] = {false};
    uint32_t dims[ZS_RANK_MAX], from[ZS_RANK_MAX] = {0}, rank, kept = 0;
    if (g == NULL)
        return zs_nomem(err, "a layer");
    ZS_TRY(zs_onnx_get(at, 0, &x, err));
    ZS_TRY(zs_onnx_dims(at, x, dims, &rank, err));
    if (attr != NULL && attr->n_ints <= ZS_RANK_MAX) {
        axis_n = attr->n_ints;
        memcpy(axes, attr->ints, axis_n * sizeof axes[0]);
    }
    for (size_t i = 0; i < axis_n; i++) {
        uint32_t axis;
        ZS_TRY(zs_onnx_axis(at, axes[i], rank, &axis, err));
        /* samples that go through one by one would not be averaged over */
        ZS_TRY(zs_onnx_keep_batch(at, axis == 0 && at->net->batch > 1, err));
        goes[axis] = dims[axis] != 1;
    }
    if (x->constant != NULL)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place, "constants are not normalised");
    for (uint32_t d = 0; d < rank; d++)
        kept += !goes[d];
    for (uint32_t d = 0, stays = 0, last = kept; d < rank; d++)
        from[goes[d] ? last++ : stays++] = d;
    zs_net_value turned = *x;
    for (uint32_t d = 0; d < rank; d++) {
        turned.dims[d] = dims[from[d]];
        turned.perm[d] = x->perm[from[d]];
    }
    ZS_TRY(zs_onnx_order(at, &turned, err));
    g->p[0] = 1e-18;
    g->line_n = zs_onnx_elems(turned.dims + kept, rank - kept);
    g->line_step = 1;
    ZS_TRY(zs_onnx_emit(at, ZS_LAYER_NORMALISE, g, (zs_net_value *const[]){&turned}, 1, turned.dims,
                        rank, &y, err));
    for (uint32_t d = 0; d < rank; d++) {
        y.dims[from[d]] = turned.dims[d];
        y.perm[from[d]] = (uint8_t)d;
    }
    return zs_onnx_bind(at, 0, &y, err);
}

/* ---- products of matrices -------------------------------------------------------------------- */

/* y = a b, the last two dimensions of either, in stacks of all others with broadcasting. */
static zs_status matmul(const zs_onnx_node *at, zs_net_value *a, bool a_turned, zs_net_value *b,
                        bool b_turned, zs_net_value *out, zs_err *err)
{
    zs_general *g = zs_onnx_general(at, ZS_FN_NONE);
    zs_net_value *const in[2] = {a, b};
    uint32_t dims[2][ZS_RANK_MAX], rank[2], result[ZS_RANK_MAX], result_rank = 0;
    uint64_t strides[2][ZS_RANK_MAX];
    if (g == NULL)
        return zs_nomem(err, "a layer");
    for (uint32_t k = 0; k < 2; k++) {
        ZS_TRY(zs_onnx_unpad(at, in[k], err));
        ZS_TRY(zs_onnx_dims(at, in[k], dims[k], &rank[k], err));
        zs_onnx_value_strides(in[k], dims[k], rank[k], strides[k]);
        if (rank[k] == 0 || (rank[k] == 1 && (k == 0 ? a_turned : b_turned)))
            return zs_fail(err, ZS_ESHAPE, at->place, "input %u is a single number or row", k);
        ZS_TRY(zs_onnx_keep_batch(
            at, rank[k] == 2 && (k == 0 ? a_turned : b_turned) && zs_onnx_first(at, in[k], 1) != 1,
            err));
    }
    ZS_TRY(zs_onnx_keep_ranks(at, in, rank, err));
    /* rows of a, columns of b, and what is summed over; a vector has but the last */
    const uint32_t a_k = a_turned ? rank[0] - 2 : rank[0] - 1;
    const uint32_t a_m = a_turned ? rank[0] - 1 : rank[0] - 2;
    const uint32_t b_k = rank[1] == 1 ? 0 : b_turned ? rank[1] - 1 : rank[1] - 2;
    const uint32_t b_n = b_turned ? rank[1] - 2 : rank[1] - 1;
    if (dims[0][a_k] != dims[1][b_k] || dims[0][a_k] == 0)
        return zs_fail(err, ZS_ESHAPE, at->place, "rows of %u elements times columns of %u",
                       dims[0][a_k], dims[1][b_k]);
    const uint32_t stack_a = rank[0] > 2 ? rank[0] - 2 : 0, stack_b = rank[1] > 2 ? rank[1] - 2 : 0;
    const uint32_t stacks = stack_a > stack_b ? stack_a : stack_b;
    for (uint32_t d = 0; d < stacks; d++) {
        const uint32_t from_end = stacks - d;
        const uint32_t x = from_end <= stack_a ? dims[0][stack_a - from_end] : 1;
        const uint32_t y = from_end <= stack_b ? dims[1][stack_b - from_end] : 1;
        if (x != y && x != 1 && y != 1)
            return zs_fail(err, ZS_ESHAPE, at->place, "stacks of %u and of %u matrices", x, y);
        g->dims[g->rank] = x == 1 ? y : x;
        g->strides[0][g->rank] = x != 1 ? strides[0][stack_a - from_end] : 0;
        g->strides[1][g->rank] = y != 1 ? strides[1][stack_b - from_end] : 0;
        result[result_rank++] = g->dims[g->rank++];
    }
    if (rank[0] > 1) {
        g->dims[g->rank] = result[result_rank++] = dims[0][a_m];
        g->strides[0][g->rank++] = strides[0][a_m];
    }
    if (rank[1] > 1) {
        g->dims[g->rank] = result[result_rank++] = dims[1][b_n];
        g->strides[1][g->rank++] = strides[1][b_n];
    }
    g->inner_rank = 1;
    g->inner_dims[0] = dims[0][a_k];
    g->inner_strides[0][0] = strides[0][a_k];
    g->inner_strides[1][0] = strides[1][b_k];
    return zs_onnx_emit(at, ZS_LAYER_MATMUL, g, in, 2, result, result_rank, out, err);
}

/* One row times a constant matrix is a fully connected layer. */
static bool is_row(const zs_net_value *x)
{
    return x->constant == NULL && (x->rank == 2 || x->rank == 0) &&
           (!x->has_dims || x->dims[0] == 1);
}

static float *scaled(zs_arena *arena, const float *data, uint64_t n, uint64_t have, double factor)
{
    float *out = zs_arena_alloc_raw(arena, (size_t)n, sizeof *out);
    for (uint64_t i = 0; out != NULL && i < n; i++)
        out[i] = (float)((double)data[i % have] * factor);
    return out;
}

/* Constant input 1 as the weights of an fc layer, [oc][in] or (transposed) [in][oc]. */
static zs_status read_matrix(const zs_onnx_node *at, bool is_oc_first, zs_layer_spec *layer,
                             zs_err *err)
{
    const ZsOnnx__Tensor *tensor;
    ZS_TRY(zs_onnx_in_tensor(at, 1, &tensor, err));
    if (tensor->n_dims != 2)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "the weights have %zu dimensions; only 2 are handled", tensor->n_dims);
    ZS_TRY(zs_net_size(tensor->dims[is_oc_first ? 0 : 1], 1, "an output count of", at->place,
                       &layer->oc, err));
    ZS_TRY(zs_onnx_in_floats(at, 1, &layer->weights.data, &layer->weights.n_elems, err));
    zs_onnx_grid(at, 1, layer);
    if (!is_oc_first) {
        layer->weights.data = zs_net_transpose(at->net->draft.arena, layer->weights.data,
                                               (uint64_t)tensor->dims[0], layer->oc);
        if (layer->weights.data == NULL)
            return zs_nomem(err, "transposed weights");
    }
    return ZS_OK;
}

static zs_status fc_layer(const zs_onnx_node *at, zs_net_value *x, bool is_oc_first,
                          zs_layer_spec **layer, zs_err *err)
{
    ZS_TRY(zs_onnx_order(at, x, err));
    ZS_TRY(zs_onnx_new_layer(at, ZS_LAYER_FC, layer, err));
    ZS_TRY(zs_net_draft_input(&at->net->draft, *layer, x->layer, err));
    return read_matrix(at, is_oc_first, *layer, err);
}

static bool is_constant_matrix(const zs_net_value *b)
{
    return b->constant != NULL && ((const ZsOnnx__Tensor *)b->constant)->n_dims == 2;
}

zs_status zs_onnx_matmul(const zs_onnx_node *at, zs_err *err)
{
    zs_net_value *a, *b, y;
    zs_layer_spec *layer;
    ZS_TRY(zs_onnx_get(at, 0, &a, err));
    ZS_TRY(zs_onnx_get(at, 1, &b, err));
    if (is_row(a) && is_constant_matrix(b)) {
        ZS_TRY(fc_layer(at, a, false, &layer, err));
        return bind_layer(at, layer, a, 2, err);
    }
    ZS_TRY(matmul(at, a, false, b, false, &y, err));
    return zs_onnx_bind(at, 0, &y, err);
}

/* alpha a b + beta c as layers of their own. */
static zs_status general_gemm(const zs_onnx_node *at, zs_net_value *a, zs_net_value *b, zs_err *err)
{
    const double alpha = zs_onnx_attr_float(at, "alpha", 1),
                 beta = zs_onnx_attr_float(at, "beta", 1);
    zs_net_value product, y;
    if (a->rank != 2 && a->constant == NULL)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "the input has %u dimensions; only 2 (after Flatten) are handled", a->rank);
    ZS_TRY(matmul(at, a, zs_onnx_attr_int(at, "transA", 0) != 0, b,
                  zs_onnx_attr_int(at, "transB", 0) != 0, &product, err));
    if (alpha != 1)
        ZS_TRY(zs_onnx_scale(at, &product, alpha, &product, err));
    if (zs_onnx_has_input(at, 2) && beta != 0) {
        zs_net_value *c, scaled_c, *sum = zs_new(at->net->draft.arena, zs_net_value, 1);
        if (sum == NULL)
            return zs_nomem(err, "a value");
        ZS_TRY(zs_onnx_get(at, 2, &c, err));
        scaled_c = *c;
        if (beta != 1)
            ZS_TRY(zs_onnx_scale(at, c, beta, &scaled_c, err));
        *sum = product;
        ZS_TRY(zs_onnx_two(at, ZS_FN_ADD, sum, &scaled_c, &y, err));
        product = y;
    }
    return zs_onnx_bind(at, 0, &product, err);
}

zs_status zs_onnx_gemm(const zs_onnx_node *at, zs_err *err)
{
    zs_arena *arena = at->net->draft.arena;
    zs_net_value *a, *b, *c = NULL;
    zs_layer_spec *layer;
    ZS_TRY(zs_onnx_get(at, 0, &a, err));
    ZS_TRY(zs_onnx_get(at, 1, &b, err));
    if (zs_onnx_has_input(at, 2))
        ZS_TRY(zs_onnx_get(at, 2, &c, err));
    if (!is_row(a) || !is_constant_matrix(b) || zs_onnx_attr_int(at, "transA", 0) != 0 ||
        (c != NULL && c->constant == NULL))
        return general_gemm(at, a, b, err);
    ZS_TRY(fc_layer(at, a, zs_onnx_attr_int(at, "transB", 0) != 0, &layer, err));
    zs_weights *w = &layer->weights;
    const double alpha = zs_onnx_attr_float(at, "alpha", 1),
                 beta = zs_onnx_attr_float(at, "beta", 1);
    if (alpha != 1 && (w->data = scaled(arena, w->data, w->n_elems, w->n_elems, alpha)) == NULL)
        return zs_nomem(err, "scaled weights");
    if (c != NULL) {
        const ZsOnnx__Tensor *tensor = c->constant;
        uint64_t n;
        for (size_t d = 0; d + 1 < tensor->n_dims; d++)
            if (tensor->dims[d] != 1)
                return zs_fail(err, ZS_ESHAPE, at->place, "input 2 has %lld rows for 1",
                               (long long)tensor->dims[d]);
        ZS_TRY(zs_onnx_floats(arena, c->constant, at->place, &w->bias, &n, err));
        if (n != layer->oc && n != 1)
            return zs_fail(err, ZS_ESHAPE, at->place,
                           "the bias has %llu elements for %u output channels",
                           (unsigned long long)n, layer->oc);
        w->bias_n = layer->oc;
        if ((beta != 1 || n != layer->oc) &&
            (w->bias = scaled(arena, w->bias, layer->oc, n, beta)) == NULL)
            return zs_nomem(err, "scaled biases");
    }
    return bind_layer(at, layer, a, 2, err);
}

/* The k largest (or smallest) along an axis, and their places: lines in order, then the first k. */
static zs_status first_of(const zs_onnx_node *at, zs_function fn, zs_net_value *x, uint32_t axis,
                          uint32_t k, size_t output, zs_err *err)
{
    uint32_t dims[ZS_RANK_MAX], rank;
    uint64_t strides[ZS_RANK_MAX];
    zs_net_value ranked, y;
    zs_general *g = zs_onnx_general(at, fn), *part = zs_onnx_general(at, ZS_FN_NONE);
    if (g == NULL || part == NULL)
        return zs_nomem(err, "a layer");
    ZS_TRY(zs_onnx_order(at, x, err));
    ZS_TRY(zs_onnx_dims(at, x, dims, &rank, err));
    g->p[0] = (double)zs_onnx_attr_int(at, "largest", 1);
    g->p[1] = k;
    g->line_n = dims[axis];
    g->line_step = zs_onnx_elems(dims + axis + 1, rank - axis - 1);
    zs_onnx_strides(dims, rank, strides);
    ZS_TRY(zs_onnx_emit(at, ZS_LAYER_NORMALISE, g, (zs_net_value *const[]){x}, 1, dims, rank,
                        &ranked, err));
    dims[axis] = k;
    part->rank = rank;
    for (uint32_t d = 0; d < rank; d++) {
        part->dims[d] = dims[d];
        part->tables[d] = zs_onnx_table(at, dims[d], 0, (int64_t)strides[d]);
        if (part->tables[d] == NULL)
            return zs_nomem(err, "a layer");
    }
    ZS_TRY(zs_onnx_emit(at, ZS_LAYER_REARRANGE, part, (zs_net_value *const[]){&ranked}, 1, dims,
                        rank, &y, err));
    return zs_onnx_bind(at, output, &y, err);
}

zs_status zs_onnx_top_k(const zs_onnx_node *at, zs_err *err)
{
    zs_net_value *x;
    int64_t k;
    size_t n;
    bool is_given;
    uint32_t dims[ZS_RANK_MAX], rank, axis;
    ZS_TRY(zs_onnx_get(at, 0, &x, err));
    ZS_TRY(zs_onnx_dims(at, x, dims, &rank, err));
    ZS_TRY(zs_onnx_axis(at, zs_onnx_attr_int(at, "axis", -1), rank, &axis, err));
    k = zs_onnx_attr_int(at, "k", 0);
    if (zs_onnx_has_input(at, 1))
        ZS_TRY(zs_onnx_list(at, 1, NULL, &k, 1, &n, &is_given, err));
    if (k < 1 || k > dims[axis])
        return zs_fail(err, ZS_ERANGE, at->place, "the first %lld of %u elements", (long long)k,
                       dims[axis]);
    ZS_TRY(zs_onnx_keep_batch(at, x->constant == NULL && axis == 0, err));
    if (at->node->output[0][0] != '\0')
        ZS_TRY(first_of(at, ZS_FN_TOP, x, axis, (uint32_t)k, 0, err));
    if (at->node->n_output > 1 && at->node->output[1][0] != '\0')
        ZS_TRY(first_of(at, ZS_FN_TOP_AT, x, axis, (uint32_t)k, 1, err));
    return ZS_OK;
}
