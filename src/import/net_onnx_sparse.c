/* Sparse tensors: values and where each belongs, as one number or as one for each dimension. */
#include "import_onnx_priv.h"

static zs_status check_parts(const zs_onnx_node *at, const ZsOnnx__SparseTensor *sparse,
                             uint32_t dims[ZS_RANK_MAX], zs_err *err)
{
    if (sparse->values == NULL || sparse->indices == NULL)
        return zs_fail(err, ZS_EPARSE, at->place, "a sparse tensor without values or indices");
    if (sparse->n_dims > ZS_RANK_MAX)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "a sparse tensor of %zu dimensions is above the limit of %d", sparse->n_dims,
                       ZS_RANK_MAX);
    for (size_t d = 0; d < sparse->n_dims; d++)
        ZS_TRY(zs_net_size(sparse->dims[d], 1, "a dimension of a sparse tensor of", at->place,
                           &dims[d], err));
    return ZS_OK;
}

/* The place of value i, or the number of elements where there is none. */
static uint64_t place_of(const double *indices, bool is_flat, uint64_t i, const uint32_t *dims,
                         uint32_t rank, uint64_t elems)
{
    uint64_t place = 0;
    if (is_flat)
        return indices[i] >= 0 && indices[i] < (double)elems ? (uint64_t)indices[i] : elems;
    for (uint32_t d = 0; d < rank; d++) {
        const double along = indices[i * rank + d];
        if (!(along >= 0 && along < dims[d]))
            return elems;
        place = place * dims[d] + (uint64_t)along;
    }
    return place;
}

zs_status zs_onnx_dense(const zs_onnx_node *at, const ZsOnnx__SparseTensor *sparse,
                        zs_net_value *out, zs_err *err)
{
    uint32_t dims[ZS_RANK_MAX];
    uint64_t elems, n, index_n;
    const double *values, *indices;
    ZS_TRY(check_parts(at, sparse, dims, err));
    ZS_TRY(zs_net_elems(sparse->dims, sparse->n_dims, at->place, &elems, err));
    ZS_TRY(zs_onnx_fold_room(at, elems, err));
    const uint32_t rank = (uint32_t)sparse->n_dims;
    const zs_net_value from = {.constant = sparse->values}, where = {.constant = sparse->indices};
    ZS_TRY(zs_onnx_doubles(at, &from, &values, &n, err));
    ZS_TRY(zs_onnx_doubles(at, &where, &indices, &index_n, err));
    const bool is_flat = sparse->indices->n_dims == 1;
    if (index_n != (is_flat ? n : n * rank))
        return zs_fail(err, ZS_ESHAPE, at->place, "a sparse tensor of %llu values has %llu indices",
                       (unsigned long long)n, (unsigned long long)index_n);
    double *all = zs_new(at->net->draft.arena, double, (size_t)elems);
    float *floats = zs_new(at->net->draft.arena, float, (size_t)elems);
    if (all == NULL || floats == NULL)
        return zs_nomem(err, "a sparse tensor");
    for (uint64_t i = 0; i < n; i++) {
        const uint64_t place = place_of(indices, is_flat, i, dims, rank, elems);
        if (place == elems)
            return zs_fail(err, ZS_ERANGE, at->place,
                           "value %llu of a sparse tensor belongs to none of its %llu elements",
                           (unsigned long long)i, (unsigned long long)elems);
        all[place] = values[i];
        floats[place] = (float)values[i];
    }
    return zs_onnx_is_int(&from) ? zs_onnx_new_ints(at, all, dims, rank, out, err)
                                 : zs_onnx_new_floats(at, floats, dims, rank, out, err);
}
