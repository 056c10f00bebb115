/* Operators that take or replace the elements that constant indices name: GatherElements, GatherND,
 * ScatterElements, ScatterND. The result is a table of places in the data, or in data and updates
 * one behind the other. NonZero of constants makes such indices. */
#include "import_onnx_priv.h"

#include <string.h>

typedef struct indices {
    const double *data;
    uint32_t dims[ZS_RANK_MAX], rank;
    uint32_t file_rows; /* the first dimension in the file */
    uint64_t n;
} indices;

typedef struct target {
    zs_net_value value;
    uint32_t dims[ZS_RANK_MAX], rank;
    uint64_t strides[ZS_RANK_MAX], n;
} target;

/* Whether data or updates are computed; of constants alone, rows count no samples. */
static bool is_computed(const zs_onnx_node *at)
{
    for (size_t i = 0; i < 3; i += 2) {
        const zs_net_value *value =
            zs_onnx_has_input(at, i) ? zs_net_draft_get(&at->net->draft, at->node->input[i]) : NULL;
        if (value != NULL && value->constant == NULL)
            return true;
    }
    return false;
}

/* A constant where it stands beside a computed value is computed, too. */
static zs_status read_target(const zs_onnx_node *at, size_t i, target *x, zs_err *err)
{
    zs_net_value *value;
    ZS_TRY(zs_onnx_get(at, i, &value, err));
    x->value = *value;
    if (is_computed(at))
        ZS_TRY(zs_onnx_take_row(at, &x->value, err));
    ZS_TRY(zs_onnx_order(at, &x->value, err));
    ZS_TRY(zs_onnx_dims(at, &x->value, x->dims, &x->rank, err));
    zs_onnx_strides(x->dims, x->rank, x->strides);
    x->n = zs_onnx_elems(x->dims, x->rank);
    return ZS_OK;
}

static zs_status read_indices(const zs_onnx_node *at, size_t i, indices *x, zs_err *err)
{
    zs_net_value *value, kept;
    ZS_TRY(zs_onnx_get(at, i, &value, err));
    if (value->constant == NULL)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place, "computed indices are not handled");
    kept = *value;
    ZS_TRY(zs_onnx_dims(at, &kept, x->dims, &x->rank, err));
    x->file_rows = x->rank > 0 ? x->dims[0] : 1;
    if (is_computed(at))
        ZS_TRY(zs_onnx_take_row(at, &kept, err));
    ZS_TRY(zs_onnx_dims(at, &kept, x->dims, &x->rank, err));
    return zs_onnx_doubles(at, &kept, &x->data, &x->n, err);
}

/* Index i as one of the elements of a dimension, counted from its end where below 0. */
static zs_status read_index(const zs_onnx_node *at, const indices *x, uint64_t i, uint32_t size,
                            uint64_t *out, zs_err *err)
{
    const double v = x->data[i] < 0 ? x->data[i] + size : x->data[i];
    if (!(v >= 0 && v < size))
        return zs_fail(err, ZS_ERANGE, at->place, "index %.0f is none of %u elements", x->data[i],
                       size);
    *out = (uint64_t)v;
    return ZS_OK;
}

/* Offsets 0, step, ...; more than constants have room for are another failure than no memory. */
static zs_status new_table(const zs_onnx_node *at, uint64_t n, int64_t step, int64_t **out,
                           zs_err *err)
{
    const bool has_room = n <= at->net->fold_elems;
    *out = zs_onnx_table(at, n, 0, step);
    if (!has_room)
        return zs_onnx_fold_room(at, n, err);
    return *out != NULL ? ZS_OK : zs_nomem(err, "a layer");
}

static zs_status bind_table(const zs_onnx_node *at, zs_net_value *x, int64_t *table, uint64_t n,
                            const uint32_t *dims, uint32_t rank, zs_err *err)
{
    zs_general *g = zs_onnx_general(at, ZS_FN_NONE);
    zs_net_value y;
    if (g == NULL)
        return zs_nomem(err, "a layer");
    g->rank = 1;
    g->dims[0] = (uint32_t)n;
    g->tables[0] = table;
    ZS_TRY(zs_onnx_emit(at, ZS_LAYER_REARRANGE, g, &x, 1, dims, rank, &y, err));
    return zs_onnx_bind(at, 0, &y, err);
}

/* ---- elements of one dimension --------------------------------------------------------------- */

/* The place in `x` of element i of the indices, which name one along `axis`. */
static zs_status place_of(const zs_onnx_node *at, const target *x, const indices *idx,
                          uint32_t axis, uint64_t i, uint64_t *out, zs_err *err)
{
    uint64_t rest = i, place = 0, along = 0;
    ZS_TRY(read_index(at, idx, i, x->dims[axis], &along, err));
    for (uint32_t d = x->rank; d-- > 0; rest /= idx->dims[d])
        place += (d == axis ? along : rest % idx->dims[d]) * x->strides[d];
    *out = place;
    return ZS_OK;
}

static zs_status read_elements(const zs_onnx_node *at, target *x, indices *idx, uint32_t *axis,
                               zs_err *err)
{
    ZS_TRY(read_target(at, 0, x, err));
    ZS_TRY(read_indices(at, 1, idx, err));
    ZS_TRY(zs_onnx_axis(at, zs_onnx_attr_int(at, "axis", 0), x->rank, axis, err));
    for (uint32_t d = 0; d < x->rank; d++)
        if (idx->rank != x->rank || (d != *axis && idx->dims[d] > x->dims[d]))
            return zs_fail(err, ZS_ESHAPE, at->place,
                           "indices of %u dimensions do not go with data of %u in dimension %u",
                           idx->rank, x->rank, d);
    /* indices of fewer rows than samples leave the other samples out */
    const bool is_of_all = *axis != 0 && idx->file_rows == at->net->batch;
    return zs_onnx_keep_batch(at, is_computed(at) && !is_of_all, err);
}

zs_status zs_onnx_gather_elements(const zs_onnx_node *at, zs_err *err)
{
    target x;
    indices idx;
    uint32_t axis;
    int64_t *table;
    ZS_TRY(read_elements(at, &x, &idx, &axis, err));
    ZS_TRY(new_table(at, idx.n, 0, &table, err));
    for (uint64_t i = 0; i < idx.n; i++) {
        uint64_t place;
        ZS_TRY(place_of(at, &x, &idx, axis, i, &place, err));
        table[i] = (int64_t)place;
    }
    return bind_table(at, &x.value, table, idx.n, idx.dims, idx.rank, err);
}

/* ---- updates --------------------------------------------------------------------------------- */

/* Data and updates one behind the other, and a table that yet takes all of the data. */
static zs_status join_updates(const zs_onnx_node *at, target *x, zs_net_value *joined,
                              int64_t **table, uint64_t wanted, zs_err *err)
{
    target updates;
    zs_general *g = zs_onnx_general(at, ZS_FN_NONE);
    uint64_t *shares = zs_new(at->net->draft.arena, uint64_t, 2);
    const ZsOnnx__Attribute *reduction = zs_onnx_attr(at, "reduction");
    if (reduction != NULL && !zs_onnx_attr_is(reduction, "none"))
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "reduction '%.*s'; updates that replace elements are handled ('none')",
                       (int)zs_min_u64(reduction->s.len, 32), (const char *)reduction->s.data);
    ZS_TRY(read_target(at, 2, &updates, err));
    if (x->n == 0 || updates.n == 0)
        return zs_fail(err, ZS_ESHAPE, at->place, "%s have no elements",
                       x->n == 0 ? "the data" : "the updates");
    if (updates.n != wanted)
        return zs_fail(err, ZS_ESHAPE, at->place, "%llu updates for %llu elements",
                       (unsigned long long)updates.n, (unsigned long long)wanted);
    target *const both[2] = {x, &updates};
    for (size_t k = 0; k < 2; k++)
        if (both[k]->value.constant != NULL && both[1 - k]->value.constant == NULL)
            ZS_TRY(zs_onnx_compute(at, &both[k]->value, err));
    ZS_TRY(new_table(at, x->n, 1, table, err));
    if (g == NULL || shares == NULL)
        return zs_nomem(err, "a layer");
    shares[0] = x->n;
    shares[1] = updates.n;
    g->outer = 1;
    g->shares = shares;
    if (x->n + updates.n > INT32_MAX)
        return zs_fail(err, ZS_ERANGE, at->place, "a tensor of more than 2^31 elements");
    const uint32_t dims[2] = {1, (uint32_t)(x->n + updates.n)};
    zs_net_value *const in[2] = {&x->value, &updates.value};
    return zs_onnx_emit(at, ZS_LAYER_JOIN, g, in, 2, dims, 2, joined, err);
}

zs_status zs_onnx_scatter_elements(const zs_onnx_node *at, zs_err *err)
{
    target x;
    indices idx;
    uint32_t axis;
    zs_net_value joined;
    int64_t *table;
    ZS_TRY(read_elements(at, &x, &idx, &axis, err));
    ZS_TRY(join_updates(at, &x, &joined, &table, idx.n, err));
    for (uint64_t i = 0; i < idx.n; i++) {
        uint64_t place;
        ZS_TRY(place_of(at, &x, &idx, axis, i, &place, err));
        table[place] = (int64_t)(x.n + i);
    }
    return bind_table(at, &joined, table, x.n, x.dims, x.rank, err);
}

/* ---- places of several dimensions ------------------------------------------------------------ */

/* The last dimension of the indices counts those of the data that they are of; `inner` is what one
 * of them names. */
static zs_status read_places(const zs_onnx_node *at, target *x, indices *idx, uint32_t *depth,
                             uint64_t *inner, zs_err *err)
{
    ZS_TRY(read_target(at, 0, x, err));
    ZS_TRY(read_indices(at, 1, idx, err));
    if (zs_onnx_attr_int(at, "batch_dims", 0) != 0)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place, "batch_dims %lld; only 0 is handled",
                       (long long)zs_onnx_attr_int(at, "batch_dims", 0));
    *depth = idx->rank > 0 ? idx->dims[idx->rank - 1] : 0;
    if (*depth == 0 || *depth > x->rank)
        return zs_fail(err, ZS_ESHAPE, at->place, "indices of %u numbers for %u dimensions", *depth,
                       x->rank);
    *inner = zs_onnx_elems(x->dims + *depth, x->rank - *depth);
    return zs_onnx_keep_batch(at, is_computed(at) && at->net->batch > 1, err);
}

static zs_status base_of(const zs_onnx_node *at, const target *x, const indices *idx,
                         uint32_t depth, uint64_t i, uint64_t *out, zs_err *err)
{
    uint64_t base = 0, along = 0;
    for (uint32_t d = 0; d < depth; d++) {
        ZS_TRY(read_index(at, idx, i * depth + d, x->dims[d], &along, err));
        base += along * x->strides[d];
    }
    *out = base;
    return ZS_OK;
}

zs_status zs_onnx_gather_nd(const zs_onnx_node *at, zs_err *err)
{
    target x;
    indices idx;
    uint32_t depth, dims[ZS_RANK_MAX], rank;
    uint64_t inner, base;
    int64_t *table;
    ZS_TRY(read_places(at, &x, &idx, &depth, &inner, err));
    rank = idx.rank - 1 + x.rank - depth;
    if (rank > ZS_RANK_MAX)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place, "%u dimensions are above the limit of %d",
                       rank, ZS_RANK_MAX);
    memcpy(dims, idx.dims, (idx.rank - 1) * sizeof dims[0]);
    memcpy(dims + idx.rank - 1, x.dims + depth, (x.rank - depth) * sizeof dims[0]);
    const uint64_t places = idx.n / depth;
    ZS_TRY(zs_onnx_fold_room(at, places, err));
    ZS_TRY(new_table(at, places * inner, 0, &table, err));
    for (uint64_t i = 0; i < places; i++) {
        ZS_TRY(base_of(at, &x, &idx, depth, i, &base, err));
        for (uint64_t k = 0; k < inner; k++)
            table[i * inner + k] = (int64_t)(base + k);
    }
    return bind_table(at, &x.value, table, places * inner, dims, rank, err);
}

zs_status zs_onnx_scatter_nd(const zs_onnx_node *at, zs_err *err)
{
    target x;
    indices idx;
    uint32_t depth;
    zs_net_value joined;
    int64_t *table;
    uint64_t inner, base;
    ZS_TRY(read_places(at, &x, &idx, &depth, &inner, err));
    const uint64_t places = idx.n / depth;
    ZS_TRY(zs_onnx_fold_room(at, places, err));
    ZS_TRY(join_updates(at, &x, &joined, &table, places * inner, err));
    for (uint64_t i = 0; i < places; i++) {
        ZS_TRY(base_of(at, &x, &idx, depth, i, &base, err));
        for (uint64_t k = 0; k < inner; k++)
            table[base + k] = (int64_t)(x.n + i * inner + k);
    }
    return bind_table(at, &joined, table, x.n, x.dims, x.rank, err);
}

/* ---- indices of a constant ------------------------------------------------------------------- */

/* [dimension][element that is not 0] */
zs_status zs_onnx_nonzero(const zs_onnx_node *at, zs_err *err)
{
    indices x;
    zs_net_value *value, y;
    uint64_t strides[ZS_RANK_MAX];
    uint32_t found = 0;
    ZS_TRY(zs_onnx_get(at, 0, &value, err));
    if (value->constant == NULL)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "the places of what is computed are not known when the file is read");
    ZS_TRY(zs_onnx_dims(at, value, x.dims, &x.rank, err));
    ZS_TRY(zs_onnx_doubles(at, value, &x.data, &x.n, err));
    zs_onnx_strides(x.dims, x.rank, strides);
    for (uint64_t i = 0; i < x.n; i++)
        found += x.data[i] != 0;
    const uint32_t dims[2] = {x.rank, found};
    ZS_TRY(zs_onnx_fold_room(at, (uint64_t)x.rank * found, err));
    double *out = zs_arena_alloc_raw(at->net->draft.arena, (size_t)x.rank * found + 1, sizeof *out);
    if (out == NULL)
        return zs_nomem(err, "a constant");
    for (uint64_t i = 0, k = 0; i < x.n; i++) {
        if (x.data[i] == 0)
            continue;
        for (uint32_t d = 0; d < x.rank; d++)
            out[(uint64_t)d * found + k] = (double)(i / strides[d] % x.dims[d]);
        k++;
    }
    ZS_TRY(zs_onnx_new_ints(at, out, dims, 2, &y, err));
    return zs_onnx_bind(at, 0, &y, err);
}
