/* Layers of Caffe and its forks that become ONNX operators which move elements: shapes, orders,
 * parts, copies. */
#include "import_caffe_priv.h"

#include <string.h>

zs_status zs_caffe_permute(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__Permute *p;
    zs_caffe_ends e;
    int64_t perm[ZS_RANK_MAX];
    uint32_t n = 0, seen = 0;
    ZS_TRY(
        zs_caffe_fork_param(at, &zs_caffe__permute__descriptor, at->layer->permute_param, &p, err));
    ZS_TRY(zs_caffe_begin(at, 1, true, &e, err));
    for (size_t i = 0; p != NULL && i < p->n_order; i++) {
        if (p->order[i] >= e.rank || (seen >> p->order[i] & 1) != 0)
            return zs_fail(err, ZS_ERANGE, at->place, "order %u is none of %u dimensions, or twice",
                           p->order[i], e.rank);
        seen |= 1u << p->order[i];
        perm[n++] = p->order[i];
    }
    for (uint32_t d = 0; d < e.rank; d++)
        if ((seen >> d & 1) == 0)
            perm[n++] = d;
    return zs_lower_transpose(&e.lower, e.in, perm, e.rank, e.out, NULL, err);
}

zs_status zs_caffe_slice(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__Slice defaults = ZS_CAFFE__SLICE__INIT;
    const ZsCaffe__Slice *p = at->layer->slice_param ? at->layer->slice_param : &defaults;
    const size_t n = at->layer->n_top;
    zs_caffe_ends e;
    uint32_t axis = 1;
    zs_lower_op op;
    const char *sizes;
    ZS_TRY(zs_caffe_begin(at, 1, true, &e, err));
    ZS_TRY(
        zs_caffe_axis_of(at, &e, p->has_slice_dim ? (int64_t)p->slice_dim : p->axis, &axis, err));
    int64_t *split = zs_new(at->net->graph.draft.arena, int64_t, n);
    if (split == NULL)
        return zs_nomem(err, "a list of slices");
    if (p->n_slice_point > 0 ? p->n_slice_point + 1 != n : e.dims[axis] % n != 0)
        return zs_fail(err, ZS_ESHAPE, at->place, "%u elements and %zu points for %zu tops",
                       e.dims[axis], p->n_slice_point, n);
    for (size_t i = 0, from = 0; i < n; i++) {
        const size_t to = p->n_slice_point == 0 ? from + e.dims[axis] / n
                          : i + 1 == n          ? e.dims[axis]
                                                : p->slice_point[i];
        if (to <= from || to > e.dims[axis])
            return zs_fail(err, ZS_ERANGE, at->place, "a slice from %zu to %zu of %u elements",
                           from, to, e.dims[axis]);
        split[i] = (int64_t)(to - from);
        from = to;
    }
    if (n == 1)
        return zs_caffe_pass(&e, e.in, err);
    ZS_TRY(zs_lower_list(&e.lower, split, n, &sizes, err));
    zs_lower_begin(&op, &e.lower, "Split", e.in);
    zs_lower_in(&op, sizes);
    zs_lower_int(&op, "axis", axis);
    return zs_lower_ends(&op, at->layer->top, n, err);
}

zs_status zs_caffe_upsample(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__Upsample defaults = ZS_CAFFE__UPSAMPLE__INIT, *p;
    zs_caffe_ends e;
    zs_lower_op op;
    const char *scales;
    ZS_TRY(zs_caffe_fork_param(at, &zs_caffe__upsample__descriptor, at->layer->upsample_param, &p,
                               err));
    p = p != NULL ? p : &defaults;
    ZS_TRY(zs_caffe_begin(at, 1, true, &e, err));
    float *factors = zs_new(at->net->graph.draft.arena, float, 4);
    if (factors == NULL)
        return zs_nomem(err, "scales");
    const int32_t h = p->has_scale_h ? p->scale_h : p->scale;
    const int32_t w = p->has_scale_w ? p->scale_w : p->scale;
    if (h < 1 || w < 1 || h > 1024 || w > 1024 || e.rank != 4)
        return zs_fail(err, ZS_ERANGE, at->place, "scales %d and %d of %u dimensions", h, w,
                       e.rank);
    memcpy(factors, (const float[]){1, 1, (float)h, (float)w}, 4 * sizeof *factors);
    ZS_TRY(zs_lower_floats(&e.lower, factors, (const uint32_t[]){4}, 1, &scales, err));
    zs_lower_begin(&op, &e.lower, "Resize", e.in);
    zs_lower_in(&op, NULL);
    zs_lower_in(&op, scales);
    zs_lower_text(&op, "mode", "nearest");
    zs_lower_text(&op, "coordinate_transformation_mode", "asymmetric");
    zs_lower_text(&op, "nearest_mode", "floor");
    return zs_lower_end(&op, e.out, NULL, err);
}

/* 0 keeps a dimension, -1 is what remains; the dimensions from `axis` on are replaced. */
zs_status zs_caffe_reshape(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__Reshape *p = at->layer->reshape_param;
    zs_caffe_ends e;
    int64_t shape[ZS_RANK_MAX];
    ZS_TRY(zs_caffe_begin(at, 1, true, &e, err));
    const size_t n = p != NULL && p->shape != NULL ? p->shape->n_dim : 0;
    const int64_t from = p == NULL ? 0 : p->axis < 0 ? p->axis + 1 + (int64_t)e.rank : p->axis;
    const int64_t to = p == NULL || p->num_axes < 0 ? (int64_t)e.rank : from + p->num_axes;
    if (from < 0 || from > e.rank || to > e.rank || (uint64_t)from + n + e.rank - (uint64_t)to > 8)
        return zs_fail(err, ZS_ERANGE, at->place,
                       "%zu dimensions in place of %lld to %lld of %u, of 8 at most", n,
                       (long long)from, (long long)to, e.rank);
    size_t rank = 0;
    for (int64_t d = 0; d < from; d++)
        shape[rank++] = zs_caffe_kept(&e, (uint32_t)d);
    for (size_t i = 0; i < n; i++) {
        const int64_t size = p->shape->dim[i];
        if (size == 0 && from + (int64_t)i >= e.rank)
            return zs_fail(err, ZS_ERANGE, at->place, "dimension %zu keeps what is not there", i);
        shape[rank++] = size == 0 ? zs_caffe_kept(&e, (uint32_t)(from + (int64_t)i)) : size;
    }
    for (int64_t d = to; d < e.rank; d++)
        shape[rank++] = e.dims[d];
    return zs_lower_reshape(&e.lower, e.in, shape, rank, e.out, NULL, err);
}

zs_status zs_caffe_flatten(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__Flatten *p = at->layer->flatten_param;
    zs_caffe_ends e;
    uint32_t from = 1, to = 1;
    int64_t shape[ZS_RANK_MAX];
    size_t rank = 0;
    ZS_TRY(zs_caffe_begin(at, 1, true, &e, err));
    ZS_TRY(zs_caffe_axis_of(at, &e, p->axis, &from, err));
    ZS_TRY(zs_caffe_axis_of(at, &e, p->end_axis, &to, err));
    if (to < from)
        return zs_fail(err, ZS_ERANGE, at->place, "flattens from axis %u to %u", from, to);
    for (uint32_t d = 0; d <= from; d++)
        shape[rank++] = d < from ? zs_caffe_kept(&e, d) : 1;
    for (uint32_t d = from; d <= to; d++)
        shape[from] *= e.dims[d];
    for (uint32_t d = to + 1; d < e.rank; d++)
        shape[rank++] = e.dims[d];
    return zs_lower_reshape(&e.lower, e.in, shape, rank, e.out, NULL, err);
}

/* Channels as groups x channels of a group, the other way round. */
zs_status zs_caffe_shuffle(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__Shuffle *p;
    zs_caffe_ends e;
    const char *v;
    ZS_TRY(zs_caffe_fork_param(at, &zs_caffe__shuffle__descriptor, at->layer->shuffle_channel_param,
                               &p, err));
    ZS_TRY(zs_caffe_begin(at, 1, true, &e, err));
    const uint32_t groups = p != NULL ? p->group : 1;
    if (e.rank != 4 || groups == 0 || e.dims[1] % groups != 0)
        return zs_fail(err, ZS_ESHAPE, at->place, "%u groups of %u channels, %u dimensions", groups,
                       e.dims[1], e.rank);
    const int64_t split[] = {0, groups, e.dims[1] / groups, e.dims[2], e.dims[3]};
    const int64_t joined[] = {0, e.dims[1], e.dims[2], e.dims[3]};
    ZS_TRY(zs_lower_reshape(&e.lower, e.in, split, 5, NULL, &v, err));
    ZS_TRY(zs_lower_transpose(&e.lower, v, (const int64_t[]){0, 2, 1, 3, 4}, 5, NULL, &v, err));
    return zs_lower_reshape(&e.lower, v, joined, 4, e.out, NULL, err);
}

zs_status zs_caffe_tile(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__Tile *p = at->layer->tile_param;
    zs_caffe_ends e;
    uint32_t axis = 1;
    const char *repeats;
    ZS_TRY(zs_caffe_begin(at, 1, true, &e, err));
    ZS_TRY(zs_caffe_axis_of(at, &e, p != NULL ? p->axis : 1, &axis, err));
    int64_t list[ZS_RANK_MAX] = {1, 1, 1, 1, 1, 1, 1, 1};
    list[axis] = p != NULL ? p->tiles : 0;
    if (list[axis] < 1)
        return zs_fail(err, ZS_ERANGE, at->place, "%lld tiles are below the minimum 1",
                       (long long)list[axis]);
    ZS_TRY(zs_lower_list(&e.lower, list, e.rank, &repeats, err));
    return zs_lower_binary(&e.lower, "Tile", e.in, repeats, e.out, NULL, err);
}

/* Cut to the size of the second bottom, from `axis` on. */
zs_status zs_caffe_crop(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__Crop *p = at->layer->crop_param;
    zs_caffe_ends e;
    uint32_t axis = 1, dims[ZS_RANK_MAX], rank;
    int64_t starts[ZS_RANK_MAX], stops[ZS_RANK_MAX], axes[ZS_RANK_MAX];
    const char *names[3];
    zs_lower_op op;
    ZS_TRY(zs_caffe_begin(at, 2, true, &e, err));
    ZS_TRY(zs_caffe_axis_of(at, &e, p != NULL ? p->axis : 2, &axis, err));
    ZS_TRY(zs_lower_dims(&e.lower, at->layer->bottom[1], dims, &rank, err));
    const size_t n = e.rank - axis, given = p != NULL ? p->n_offset : 0;
    if (rank != e.rank || (given > 1 && given != n))
        return zs_fail(err, ZS_ESHAPE, at->place, "%zu offsets for %zu dimensions of %u and %u",
                       given, n, e.rank, rank);
    for (size_t i = 0; i < n; i++) {
        starts[i] = given == 0 ? 0 : p->offset[given == 1 ? 0 : i];
        stops[i] = starts[i] + dims[axis + i];
        axes[i] = (int64_t)(axis + i);
        if (stops[i] > e.dims[axis + i])
            return zs_fail(err, ZS_ESHAPE, at->place, "a crop from %lld to %lld of %u elements",
                           (long long)starts[i], (long long)stops[i], e.dims[axis + i]);
    }
    ZS_TRY(zs_lower_list(&e.lower, starts, n, &names[0], err));
    ZS_TRY(zs_lower_list(&e.lower, stops, n, &names[1], err));
    ZS_TRY(zs_lower_list(&e.lower, axes, n, &names[2], err));
    zs_lower_begin(&op, &e.lower, "Slice", e.in);
    for (size_t i = 0; i < 3; i++)
        zs_lower_in(&op, names[i]);
    return zs_lower_end(&op, e.out, NULL, err);
}
