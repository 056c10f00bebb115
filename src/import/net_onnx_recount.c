#include "import_onnx_priv.h"

#include <string.h>

/* The same elements otherwise counted, and how many there are: reshapes, squeezes, shapes. */

zs_status zs_onnx_recount(const zs_onnx_node *at, zs_net_value *x, const uint32_t *dims,
                          uint32_t rank, zs_net_value *y, zs_err *err)
{
    uint32_t old[ZS_RANK_MAX], old_rank;
    ZS_TRY(zs_onnx_dims(at, x, old, &old_rank, err));
    if (zs_onnx_elems(dims, rank) != zs_onnx_elems(old, old_rank))
        return zs_fail(err, ZS_ESHAPE, at->place, "makes %llu elements of %llu",
                       (unsigned long long)zs_onnx_elems(dims, rank),
                       (unsigned long long)zs_onnx_elems(old, old_rank));
    if (x->constant != NULL) {
        ZsOnnx__Tensor *tensor = zs_new(at->net->draft.arena, ZsOnnx__Tensor, 1);
        int64_t *sizes = zs_new(at->net->draft.arena, int64_t, rank);
        if (tensor == NULL || sizes == NULL)
            return zs_nomem(err, "a constant");
        *tensor = *(const ZsOnnx__Tensor *)x->constant;
        for (uint32_t d = 0; d < rank; d++)
            sizes[d] = dims[d];
        tensor->dims = sizes;
        tensor->n_dims = rank;
        *y = (zs_net_value){.rank = rank, .constant = tensor};
        return ZS_OK;
    }
    ZS_TRY(zs_onnx_keep_batch(at, rank == 0 || dims[0] != 1, err));
    if (rank == old_rank && memcmp(dims, old, rank * sizeof dims[0]) == 0) {
        *y = *x;
        return ZS_OK;
    }
    ZS_TRY(zs_onnx_unpad(at, x, err));
    if (!zs_onnx_is_ordered(x)) {
        const zs_shape shape = zs_onnx_shape_of(dims, rank);
        ZS_TRY(zs_onnx_settle(at, x, &shape, err));
    }
    *y = *x;
    y->rank = rank;
    for (uint32_t d = 0; d < ZS_RANK_MAX; d++) {
        y->dims[d] = d < rank ? dims[d] : 0;
        y->perm[d] = (uint8_t)d;
    }
    return ZS_OK;
}

static zs_status recount(const zs_onnx_node *at, zs_net_value *x, const uint32_t *dims,
                         uint32_t rank, zs_err *err)
{
    zs_net_value y;
    ZS_TRY(zs_onnx_recount(at, x, dims, rank, &y, err));
    return zs_onnx_bind(at, 0, &y, err);
}

/* A view of its own, as the graph has it for a flattened map. */
static zs_status flatten_layer(const zs_onnx_node *at, zs_net_value *x, uint32_t rank, zs_err *err)
{
    zs_layer_spec *layer;
    zs_net_value y, *in = x;
    ZS_TRY(zs_onnx_unpad(at, x, err));
    if (x->has_dims && !zs_onnx_is_ordered(x)) {
        const zs_shape flat = {(uint32_t)zs_shape_elems(x->shape), 1, 1};
        ZS_TRY(zs_onnx_settle(at, x, &flat, err));
    }
    ZS_TRY(zs_onnx_new_layer(at, ZS_LAYER_FLATTEN, &layer, err));
    ZS_TRY(zs_net_draft_input(&at->net->draft, layer, x->layer, err));
    ZS_TRY(zs_onnx_layer_value(at, layer, (zs_net_value *const[]){in}, rank, &y, err));
    return zs_onnx_bind(at, 0, &y, err);
}

zs_status zs_onnx_flatten(const zs_onnx_node *at, zs_err *err)
{
    zs_net_value *x;
    const int64_t stated = zs_onnx_attr_int(at, "axis", 1);
    ZS_TRY(zs_onnx_get(at, 0, &x, err));
    const int64_t rank = x->rank ? x->rank : 4;
    if (x->constant == NULL && (stated == 1 || (stated < 0 && stated + rank == 1)) &&
        (!x->has_dims || x->dims[0] == 1))
        return flatten_layer(at, x, 2, err);
    uint32_t dims[ZS_RANK_MAX], n, axis;
    ZS_TRY(zs_onnx_dims(at, x, dims, &n, err));
    if (stated == n)
        axis = n;
    else
        ZS_TRY(zs_onnx_axis(at, stated, n, &axis, err));
    ZS_TRY(zs_onnx_keep_batch(at, x->constant == NULL && axis == 0, err));
    const uint32_t flat[2] = {(uint32_t)zs_onnx_elems(dims, axis),
                              (uint32_t)zs_onnx_elems(dims + axis, n - axis)};
    return recount(at, x, flat, 2, err);
}

/* Numbers as the file has them: 0 keeps a dimension, -1 is what remains. */
static zs_status resolve(const zs_onnx_node *at, const int64_t *stated, size_t n,
                         const uint32_t *old, uint32_t old_rank, uint32_t *dims, zs_err *err)
{
    const bool zero_is_zero = zs_onnx_attr_int(at, "allowzero", 0) != 0;
    uint64_t known = 1, all = zs_onnx_elems(old, old_rank);
    size_t open = n;
    for (size_t i = 0; i < n; i++) {
        int64_t size = stated[i];
        if (size == 0 && !zero_is_zero && i < old_rank)
            size = old[i];
        if (size == -1 && open == n) {
            open = i;
            size = 1;
        }
        if (size < 0 || size > INT32_MAX)
            return zs_fail(err, ZS_ERANGE, at->place, "dimension %zu of the shape is %lld", i,
                           (long long)stated[i]);
        dims[i] = (uint32_t)size;
        if (!zs_mul_u64(known, dims[i], &known))
            return zs_fail(err, ZS_ERANGE, at->place, "the shape has more than 2^64 elements");
    }
    if (open < n) {
        if (known == 0 || all % known != 0 || all / known > INT32_MAX)
            return zs_fail(err, ZS_ESHAPE, at->place,
                           "%llu elements do not divide into the stated shape",
                           (unsigned long long)all);
        dims[open] = (uint32_t)(all / known);
    }
    return ZS_OK;
}

/* N x everything (x 1 x 1): what Flatten does, of inputs of any size. */
static bool is_flattening(const int64_t *stated, size_t n)
{
    const bool keeps_batch =
        stated[0] == 0 || stated[0] == 1 || (stated[0] == -1 && stated[1] != -1);
    const bool is_flat = n == 2 || (n == 4 && stated[2] == 1 && stated[3] == 1);
    return keeps_batch && is_flat && (stated[1] >= 1 || stated[1] == -1);
}

/* One sample where there are several: the sizes of one alone cannot hold all of them, others can.
 */
static zs_status check_samples(const zs_onnx_node *at, const zs_net_value *x, const int64_t *stated,
                               size_t n, zs_err *err)
{
    uint64_t elems = 1;
    bool is_whole = x->has_dims;
    if (stated[0] != 1 || zs_onnx_first(at, x, 1) == 1)
        return ZS_OK;
    for (size_t i = 0; i < n; i++)
        is_whole = is_whole && stated[i] > 0 && zs_mul_u64(elems, (uint64_t)stated[i], &elems);
    if (is_whole && elems == zs_onnx_elems(x->dims, x->rank))
        return zs_fail(err, ZS_ESHAPE, at->place, "makes %llu elements of %lld times as many",
                       (unsigned long long)elems, (long long)at->net->batch);
    return zs_onnx_keep_batch(at, true, err);
}

zs_status zs_onnx_reshape(const zs_onnx_node *at, zs_err *err)
{
    zs_net_value *x;
    int64_t stated[ZS_RANK_MAX] = {0};
    uint32_t old[ZS_RANK_MAX], old_rank, dims[ZS_RANK_MAX];
    size_t n;
    bool is_given;
    ZS_TRY(zs_onnx_get(at, 0, &x, err));
    ZS_TRY(zs_onnx_list(at, 1, "shape", stated, ZS_RANK_MAX, &n, &is_given, err));
    if (!is_given)
        return zs_fail(err, ZS_EPARSE, at->place, "a Reshape without a shape");
    ZS_TRY(check_samples(at, x, stated, n, err));
    stated[0] = zs_onnx_of_sample(at, x, stated[0]);
    const bool is_flat = n >= 2 && is_flattening(stated, n);
    if (x->constant == NULL && !x->has_dims) {
        if (!is_flat)
            return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                           "only reshapes that flatten all but the batch are handled while the "
                           "file leaves the size of its input open: give network.input_shape");
        return flatten_layer(at, x, (uint32_t)n, err);
    }
    ZS_TRY(zs_onnx_dims(at, x, old, &old_rank, err));
    ZS_TRY(resolve(at, stated, n, old, old_rank, dims, err));
    if (x->constant == NULL && is_flat && dims[0] == 1 && old_rank > 0 && old[0] == 1 &&
        dims[1] == zs_onnx_elems(old, old_rank))
        return flatten_layer(at, x, (uint32_t)n, err);
    return recount(at, x, dims, (uint32_t)n, err);
}

static zs_status read_axes(const zs_onnx_node *at, uint32_t rank, bool is_set[ZS_RANK_MAX],
                           bool *is_given, zs_err *err)
{
    int64_t axes[ZS_RANK_MAX];
    size_t n;
    ZS_TRY(zs_onnx_list(at, 1, "axes", axes, ZS_RANK_MAX, &n, is_given, err));
    for (size_t i = 0; i < n; i++) {
        uint32_t axis;
        ZS_TRY(zs_onnx_axis(at, axes[i], rank, &axis, err));
        is_set[axis] = true;
    }
    return ZS_OK;
}

zs_status zs_onnx_squeeze(const zs_onnx_node *at, zs_err *err)
{
    zs_net_value *x;
    bool is_given, goes[ZS_RANK_MAX] = {false};
    uint32_t dims[ZS_RANK_MAX], rank, kept = 0;
    ZS_TRY(zs_onnx_get(at, 0, &x, err));
    ZS_TRY(zs_onnx_dims(at, x, dims, &rank, err));
    ZS_TRY(read_axes(at, rank, goes, &is_given, err));
    ZS_TRY(zs_onnx_keep_batch(at, goes[0] && zs_onnx_first(at, x, dims[0]) != dims[0], err));
    for (uint32_t d = 0; d < rank; d++) {
        const bool is_batch = x->constant == NULL && d == 0 && !at->net->is_whole;
        if (goes[d] && dims[d] != 1)
            return zs_fail(err, ZS_ESHAPE, at->place, "dimension %u of %u elements cannot go", d,
                           dims[d]);
        if (!goes[d] && (is_given || dims[d] != 1 || is_batch))
            dims[kept++] = dims[d];
    }
    return recount(at, x, dims, kept, err);
}

zs_status zs_onnx_unsqueeze(const zs_onnx_node *at, zs_err *err)
{
    zs_net_value *x;
    int64_t axes[ZS_RANK_MAX];
    size_t n;
    bool is_given, comes[ZS_RANK_MAX] = {false};
    uint32_t dims[ZS_RANK_MAX], more[ZS_RANK_MAX], rank;
    ZS_TRY(zs_onnx_get(at, 0, &x, err));
    ZS_TRY(zs_onnx_dims(at, x, dims, &rank, err));
    ZS_TRY(zs_onnx_list(at, 1, "axes", axes, ZS_RANK_MAX, &n, &is_given, err));
    if (rank + n > ZS_RANK_MAX)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place, "%zu dimensions are above the limit of %d",
                       rank + n, ZS_RANK_MAX);
    const uint32_t result = rank + (uint32_t)n;
    for (size_t i = 0; i < n; i++) {
        uint32_t axis;
        ZS_TRY(zs_onnx_axis(at, axes[i], result, &axis, err));
        if (comes[axis])
            return zs_fail(err, ZS_EPARSE, at->place, "axis %u is given twice", axis);
        comes[axis] = true;
    }
    ZS_TRY(zs_onnx_keep_batch(at, x->constant == NULL && comes[0] && at->net->batch > 1, err));
    for (uint32_t d = 0, from = 0; d < result; d++)
        more[d] = comes[d] ? 1 : dims[from++];
    return recount(at, x, more, result, err);
}

zs_status zs_onnx_shape(const zs_onnx_node *at, zs_err *err)
{
    zs_net_value *x, y;
    uint32_t dims[ZS_RANK_MAX], rank;
    double sizes[ZS_RANK_MAX];
    ZS_TRY(zs_onnx_get(at, 0, &x, err));
    ZS_TRY(zs_onnx_dims(at, x, dims, &rank, err));
    int64_t from = zs_onnx_attr_int(at, "start", 0), to = zs_onnx_attr_int(at, "end", rank);
    from = from < 0 ? from + rank : from;
    to = to < 0 ? to + rank : to;
    from = from < 0 ? 0 : from > rank ? rank : from;
    to = to < from ? from : to > rank ? rank : to;
    for (uint32_t d = 0; d < rank; d++)
        sizes[d] = d == 0 ? zs_onnx_first(at, x, dims[d]) : dims[d];
    const uint32_t n = (uint32_t)(to - from);
    ZS_TRY(zs_onnx_new_ints(at, sizes + from, &n, 1, &y, err));
    return zs_onnx_bind(at, 0, &y, err);
}

zs_status zs_onnx_size(const zs_onnx_node *at, zs_err *err)
{
    zs_net_value *x, y;
    uint32_t dims[ZS_RANK_MAX], rank;
    ZS_TRY(zs_onnx_get(at, 0, &x, err));
    ZS_TRY(zs_onnx_dims(at, x, dims, &rank, err));
    if (rank > 0)
        dims[0] = zs_onnx_first(at, x, dims[0]);
    const double n = (double)zs_onnx_elems(dims, rank);
    ZS_TRY(zs_onnx_new_ints(at, &n, NULL, 0, &y, err));
    return zs_onnx_bind(at, 0, &y, err);
}
