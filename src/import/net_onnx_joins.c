#include "import_onnx_priv.h"

#include <math.h>
#include <string.h>

/* Concatenation, and constants that are made of nothing. */

/* ---- joined ---------------------------------------------------------------------------------- */

/* Channels one behind the other: the graph can have the parts written where they belong. */
static zs_status join_channels(const zs_onnx_node *at, zs_net_value *const *in, zs_err *err)
{
    const size_t n = at->node->n_input;
    const char **names = zs_new(at->net->draft.arena, const char *, n);
    zs_layer_spec *layer;
    zs_net_value y;
    if (names == NULL)
        return zs_nomem(err, "a layer's inputs");
    for (size_t i = 0; i < n; i++) {
        for (uint32_t d = 0; in[0]->has_dims && in[i]->has_dims && d < in[0]->rank; d++)
            if (in[i]->rank != in[0]->rank || (d != 1 && in[i]->dims[d] != in[0]->dims[d]))
                return zs_fail(err, ZS_ESHAPE, at->place,
                               "input %zu does not go with the first in dimension %u", i, d);
        ZS_TRY(zs_onnx_settle(at, in[i], NULL, err));
        names[i] = in[i]->layer;
    }
    ZS_TRY(zs_onnx_new_layer(at, ZS_LAYER_CONCAT, &layer, err));
    layer->in = names;
    layer->in_n = (uint32_t)n;
    ZS_TRY(zs_onnx_layer_value(at, layer, in, in[0]->rank, &y, err));
    return zs_onnx_bind(at, 0, &y, err);
}

zs_status zs_onnx_concat(const zs_onnx_node *at, zs_err *err)
{
    const size_t n = at->node->n_input;
    zs_net_value **in = zs_new(at->net->draft.arena, zs_net_value *, n), y;
    uint64_t *shares = zs_new(at->net->draft.arena, uint64_t, n);
    zs_general *g = zs_onnx_general(at, ZS_FN_NONE);
    uint32_t dims[ZS_RANK_MAX] = {0}, rank = 0, axis = 0, computed = 0;
    const int64_t stated = zs_onnx_attr_int(at, "axis", 1);
    if (in == NULL || shares == NULL || g == NULL)
        return zs_nomem(err, "a layer's inputs");
    bool is_sized = true;
    for (size_t i = 0; i < n; i++) {
        ZS_TRY(zs_onnx_get(at, i, &in[i], err));
        computed += in[i]->constant == NULL;
        is_sized = is_sized && (in[i]->constant != NULL || in[i]->has_dims);
    }
    for (size_t i = 0; computed > 0 && i < n; i++)
        if (in[i]->constant != NULL) {
            zs_net_value *made = zs_new(at->net->draft.arena, zs_net_value, 1);
            if (made == NULL)
                return zs_nomem(err, "a value");
            *made = *in[i];
            ZS_TRY(zs_onnx_keep_batch(at, stated == 0 && at->net->batch > 1, err));
            ZS_TRY(zs_onnx_take_row(at, made, err));
            ZS_TRY(zs_onnx_compute(at, made, err));
            in[i] = made;
            computed++;
        }
    const int64_t guess = in[0]->rank ? in[0]->rank : 4;
    const bool is_channels = guess > 1 && (stated == 1 || stated + guess == 1);
    if (computed == n && is_channels && in[0]->rank <= 4 &&
        (!in[0]->has_dims || in[0]->dims[0] == 1))
        return join_channels(at, in, err);
    if (!is_sized && !is_channels)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "axis %lld of %lld dimensions is not the channel axis 1", (long long)stated,
                       (long long)guess);
    for (size_t i = 0; i < n; i++) {
        uint32_t own[ZS_RANK_MAX], own_rank;
        ZS_TRY(zs_onnx_order(at, in[i], err));
        ZS_TRY(zs_onnx_dims(at, in[i], own, &own_rank, err));
        if (i == 0) {
            rank = own_rank;
            ZS_TRY(zs_onnx_axis(at, stated, rank, &axis, err));
            memcpy(dims, own, sizeof dims);
            dims[axis] = 0;
        }
        for (uint32_t d = 0; d < rank; d++)
            if (own_rank != rank || (d != axis && own[d] != dims[d]))
                return zs_fail(err, ZS_ESHAPE, at->place,
                               "input %zu does not go with the first in dimension %u", i, d);
        dims[axis] += own[axis];
        shares[i] = zs_onnx_elems(own + axis, rank - axis);
    }
    ZS_TRY(zs_onnx_keep_batch(at, computed > 0 && axis == 0, err));
    g->outer = zs_onnx_elems(dims, axis);
    g->shares = shares;
    ZS_TRY(zs_onnx_emit(at, ZS_LAYER_JOIN, g, in, (uint32_t)n, dims, rank, &y, err));
    return zs_onnx_bind(at, 0, &y, err);
}

/* ---- constants made of nothing --------------------------------------------------------------- */

zs_status zs_onnx_constant_of_shape(const zs_onnx_node *at, zs_err *err)
{
    const ZsOnnx__Attribute *value = zs_onnx_attr(at, "value");
    zs_net_value filler = {0}, y;
    int64_t stated[ZS_RANK_MAX];
    uint32_t dims[ZS_RANK_MAX];
    const double *of = (const double[]){0};
    size_t n;
    bool is_given;
    uint64_t one = 1, elems = 1;
    ZS_TRY(zs_onnx_list(at, 0, NULL, stated, ZS_RANK_MAX, &n, &is_given, err));
    if (value != NULL && value->t != NULL) {
        filler.constant = value->t;
        ZS_TRY(zs_onnx_doubles(at, &filler, &of, &one, err));
    }
    for (size_t i = 0; i < n; i++) {
        if (stated[i] < 0 || stated[i] > INT32_MAX ||
            !zs_mul_u64(elems, (uint64_t)stated[i], &elems))
            return zs_fail(err, ZS_ERANGE, at->place, "a dimension of %lld", (long long)stated[i]);
        dims[i] = (uint32_t)stated[i];
    }
    ZS_TRY(zs_onnx_fold_room(at, elems, err));
    double *ints = zs_arena_alloc_raw(at->net->draft.arena, (size_t)elems, sizeof *ints);
    float *floats = zs_arena_alloc_raw(at->net->draft.arena, (size_t)elems, sizeof *floats);
    if (ints == NULL || floats == NULL || one == 0)
        return zs_nomem(err, "a constant");
    for (uint64_t i = 0; i < elems; i++) {
        ints[i] = of[0];
        floats[i] = (float)of[0];
    }
    if (filler.constant != NULL && zs_onnx_is_int(&filler))
        ZS_TRY(zs_onnx_new_ints(at, ints, dims, (uint32_t)n, &y, err));
    else
        ZS_TRY(zs_onnx_new_floats(at, floats, dims, (uint32_t)n, &y, err));
    return zs_onnx_bind(at, 0, &y, err);
}

zs_status zs_onnx_range(const zs_onnx_node *at, zs_err *err)
{
    zs_net_value *in[3], y;
    const double *x[3];
    bool is_int = true;
    for (size_t i = 0; i < 3; i++) {
        uint64_t n;
        ZS_TRY(zs_onnx_get(at, i, &in[i], err));
        if (in[i]->constant == NULL)
            return zs_fail(err, ZS_EUNSUPPORTED, at->place, "a computed range is not handled");
        ZS_TRY(zs_onnx_doubles(at, in[i], &x[i], &n, err));
        if (n != 1)
            return zs_fail(err, ZS_ESHAPE, at->place, "a range between %llu numbers",
                           (unsigned long long)n);
        is_int = is_int && zs_onnx_is_int(in[i]);
    }
    const double count = ceil((x[1][0] - x[0][0]) / x[2][0]);
    if (!(count < 0x1p31))
        return zs_fail(err, ZS_ERANGE, at->place, "a range of %g elements", count);
    const uint32_t n = count > 0 ? (uint32_t)count : 0;
    ZS_TRY(zs_onnx_fold_room(at, n, err));
    double *ints = zs_arena_alloc_raw(at->net->draft.arena, n, sizeof *ints);
    float *floats = zs_arena_alloc_raw(at->net->draft.arena, n, sizeof *floats);
    if (ints == NULL || floats == NULL)
        return zs_nomem(err, "a constant");
    for (uint32_t i = 0; i < n; i++) {
        ints[i] = x[0][0] + i * x[2][0];
        floats[i] = (float)ints[i];
    }
    if (is_int)
        ZS_TRY(zs_onnx_new_ints(at, ints, &n, 1, &y, err));
    else
        ZS_TRY(zs_onnx_new_floats(at, floats, &n, 1, &y, err));
    return zs_onnx_bind(at, 0, &y, err);
}
