#include "import_tflite_priv.h"

#include <string.h>

/* Operators that are read of real numbers alone. */

/* What SAME leaves of the whole result, the smaller half in front. */
zs_status zs_tfl_transpose_conv(const zs_tfl_op *at, zs_err *err)
{
    const zs_flat_table *o = &at->options;
    const int64_t padding = zs_flat_int(o, 0, 1, true, ZS_TFL_SAME);
    const int64_t strides[2] = {zs_flat_int(o, 2, 4, true, 0), zs_flat_int(o, 1, 4, true, 0)};
    const zs_tfl_tensor *w, *x, *y;
    const char *map, *kernel, *addend = NULL, *made;
    const float *from, *bias;
    int64_t pads[4], more[2];
    zs_lower_op op;
    ZS_TRY(zs_tfl_constant(at, 1, &w, err));
    ZS_TRY(zs_tfl_computed(at, 2, &x, err));
    ZS_TRY(zs_tfl_out(at, &y, err));
    if (x->type != ZS_TFL_FLOAT || y->type != ZS_TFL_FLOAT || x->rank != 4 || y->rank != 4 ||
        w->rank != 4 || w->dims[3] != x->dims[3] || w->dims[0] != y->dims[3] || strides[0] < 1 ||
        strides[1] < 1 || (padding != ZS_TFL_SAME && padding != ZS_TFL_VALID))
        return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place,
                       "of type %lld, %u by %u dimensions, strides %lld and %lld, padding %lld; "
                       "maps of real numbers are handled",
                       (long long)x->type, x->rank, w->rank, (long long)strides[0],
                       (long long)strides[1], (long long)padding);
    ZS_TRY(zs_tfl_floats(at, w, false, &from, err));
    const uint32_t oc_n = w->dims[0], ic_n = w->dims[3], taps = w->dims[1] * w->dims[2];
    float *weights =
        zs_arena_alloc_raw(at->net->graph.draft.arena, (size_t)oc_n * ic_n * taps, sizeof *weights);
    if (weights == NULL)
        return zs_nomem(err, "weights");
    for (size_t oc = 0; oc < oc_n; oc++)
        for (size_t k = 0; k < taps; k++)
            for (size_t ic = 0; ic < ic_n; ic++)
                weights[(ic * oc_n + oc) * taps + k] = from[(oc * taps + k) * ic_n + ic];
    for (uint32_t d = 0; d < 2; d++) {
        const int64_t whole = (int64_t)(x->dims[1 + d] - 1) * strides[d] + w->dims[1 + d];
        const int64_t total = whole - (int64_t)y->dims[1 + d];
        pads[d] = padding == ZS_TFL_SAME && total > 0 ? total / 2 : 0;
        pads[2 + d] = total > pads[d] ? total - pads[d] : 0;
        more[d] = total < 0 ? -total : 0;
    }
    const uint32_t dims[4] = {ic_n, oc_n, w->dims[1], w->dims[2]};
    ZS_TRY(zs_tfl_to_map(at, x, &map, err));
    ZS_TRY(zs_lower_floats(&at->lower, weights, dims, 4, &kernel, err));
    ZS_TRY(zs_tfl_take_bias(at, 3, oc_n, &bias, err));
    if (bias != NULL)
        ZS_TRY(zs_lower_floats(&at->lower, bias, &oc_n, 1, &addend, err));
    zs_lower_begin(&op, &at->lower, "ConvTranspose", map);
    zs_lower_in(&op, kernel);
    if (addend != NULL)
        zs_lower_in(&op, addend);
    zs_lower_ints(&op, "strides", strides, 2);
    zs_lower_ints(&op, "pads", pads, 4);
    zs_lower_ints(&op, "output_padding", more, 2);
    ZS_TRY(zs_lower_end(&op, NULL, &made, err));
    ZS_TRY(zs_tfl_activate(at, zs_flat_int(o, 3, 1, true, 0), made, NULL, &made, err));
    return zs_tfl_from_map(at, made, y, err);
}

/* x times itself, 1 over the root, the square of a difference, x over the root of its squares,
 * limits 0 and 1, logarithms of softmax: the ONNX operators one after the other are at->onnx. */
zs_status zs_tfl_composed(const zs_tfl_op *at, zs_err *err)
{
    const zs_tfl_tensor *x, *b, *y;
    const char *made, *other;
    ZS_TRY(zs_tfl_ends(at, &x, &y, err));
    if (zs_tfl_is_int(x))
        return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place,
                       "of integers; real numbers are handled");
    ZS_TRY(zs_tfl_value(at, x, &made, err));
    if (strcmp(at->onnx, "Sub Mul") == 0) {
        ZS_TRY(zs_tfl_operand(at, 1, false, &b, &other, err));
        ZS_TRY(zs_lower_binary(&at->lower, "Sub", made, other, NULL, &made, err));
    }
    if (strcmp(at->onnx, "LpNormalization") == 0) {
        zs_lower_op op;
        zs_lower_begin(&op, &at->lower, at->onnx, made);
        ZS_TRY(zs_lower_end(&op, NULL, &made, err));
        return zs_tfl_activate(at, zs_flat_int(&at->options, 0, 1, true, 0), made, y->value, NULL,
                               err);
    }
    if (strcmp(at->onnx, "LogSoftmax") == 0)
        return zs_lower_unary(&at->lower, at->onnx, made, y->value, NULL, err);
    if (strcmp(at->onnx, "Max Min") == 0) {
        ZS_TRY(zs_lower_number(&at->lower, "Max", made, 0, NULL, &made, err));
        return zs_lower_number(&at->lower, "Min", made, 1, y->value, NULL, err);
    }
    if (strcmp(at->onnx, "Sqrt") == 0) {
        ZS_TRY(zs_lower_unary(&at->lower, "Sqrt", made, NULL, &made, err));
        return zs_lower_unary(&at->lower, "Reciprocal", made, y->value, NULL, err);
    }
    return zs_lower_binary(&at->lower, "Mul", made, made, y->value, NULL, err);
}

/* The file has the radius and alpha of one channel, ONNX the size and alpha of all of them. */
zs_status zs_tfl_lrn(const zs_tfl_op *at, zs_err *err)
{
    const zs_flat_table *o = &at->options;
    const int64_t radius = zs_flat_int(o, 0, 4, true, 0), size = 2 * radius + 1;
    const zs_tfl_tensor *x, *y;
    const char *map, *made;
    zs_lower_op op;
    ZS_TRY(zs_tfl_ends(at, &x, &y, err));
    if (zs_tfl_is_int(x) || radius < 0 || radius > ZS_NET_SIZE_MAX)
        return zs_fail(
            err, ZS_EUNSUPPORTED, at->lower.place,
            "of type %lld with radius %lld; real numbers and radii from 0 on are handled",
            (long long)x->type, (long long)radius);
    ZS_TRY(zs_tfl_to_map(at, x, &map, err));
    zs_lower_begin(&op, &at->lower, "LRN", map);
    zs_lower_int(&op, "size", size);
    zs_lower_float(&op, "bias", zs_flat_float(o, 1, 0));
    zs_lower_float(&op, "alpha", zs_flat_float(o, 2, 0) * (double)size);
    zs_lower_float(&op, "beta", zs_flat_float(o, 3, 0));
    ZS_TRY(zs_lower_end(&op, NULL, &made, err));
    return zs_tfl_from_map(at, made, y, err);
}

/* Repeated as often as input 1 says, or up to the sizes that it has (at->onnx). */
zs_status zs_tfl_tile(const zs_tfl_op *at, zs_err *err)
{
    const zs_tfl_tensor *x, *y;
    int64_t list[2 * ZS_RANK_MAX];
    size_t n;
    const char *in, *times;
    ZS_TRY(zs_tfl_ends(at, &x, &y, err));
    ZS_TRY(zs_tfl_check_moved(at, x, y, err));
    ZS_TRY(zs_tfl_list(at, 1, list, &n, err));
    ZS_TRY(zs_tfl_value(at, x, &in, err));
    ZS_TRY(zs_lower_list(&at->lower, list, n, &times, err));
    return zs_lower_binary(&at->lower, at->onnx, in, times, y->value, NULL, err);
}

zs_status zs_tfl_add_n(const zs_tfl_op *at, zs_err *err)
{
    const zs_tfl_tensor *x, *y;
    const char *sum, *next;
    ZS_TRY(zs_tfl_out(at, &y, err));
    ZS_TRY(zs_tfl_operand(at, 0, false, &x, &sum, err));
    if (zs_tfl_is_int(y) || at->in.n < 2)
        return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place,
                       "of %u inputs of type %lld; sums of two or more of real numbers are handled",
                       at->in.n, (long long)y->type);
    for (uint32_t i = 1; i < at->in.n; i++) {
        ZS_TRY(zs_tfl_operand(at, i, false, &x, &next, err));
        ZS_TRY(zs_lower_binary(&at->lower, "Add", sum, next, i + 1 < at->in.n ? NULL : y->value,
                               &sum, err));
    }
    return ZS_OK;
}

/* Matrices of two computed tensors, each transposed or not. */
zs_status zs_tfl_matmul(const zs_tfl_op *at, zs_err *err)
{
    const zs_tfl_tensor *x[2], *y;
    const char *names[2];
    ZS_TRY(zs_tfl_ends(at, &x[0], &y, err));
    ZS_TRY(zs_tfl_operand(at, 1, false, &x[1], &names[1], err));
    ZS_TRY(zs_tfl_operand(at, 0, false, &x[0], &names[0], err));
    for (uint32_t k = 0; k < 2; k++) {
        int64_t perm[ZS_RANK_MAX];
        if (x[k]->rank < 2 || zs_tfl_is_int(y))
            return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place,
                           "%u dimensions of type %lld; matrices of real numbers are handled",
                           x[k]->rank, (long long)x[k]->type);
        for (uint32_t d = 0; d < x[k]->rank; d++)
            perm[d] = d;
        perm[x[k]->rank - 1] = x[k]->rank - 2;
        perm[x[k]->rank - 2] = x[k]->rank - 1;
        if (zs_flat_int(&at->options, k, 1, false, 0) != 0)
            ZS_TRY(
                zs_lower_transpose(&at->lower, names[k], perm, x[k]->rank, NULL, &names[k], err));
    }
    return zs_lower_binary(&at->lower, "MatMul", names[0], names[1], y->value, NULL, err);
}

/* The place of the first largest (at->onnx) or smallest. */
zs_status zs_tfl_arg(const zs_tfl_op *at, zs_err *err)
{
    const zs_tfl_tensor *x, *y;
    const char *in;
    int64_t axis[2 * ZS_RANK_MAX];
    size_t n;
    zs_lower_op op;
    ZS_TRY(zs_tfl_computed(at, 0, &x, err));
    ZS_TRY(zs_tfl_out(at, &y, err));
    ZS_TRY(zs_tfl_list(at, 1, axis, &n, err));
    ZS_TRY(zs_tfl_value(at, x, &in, err));
    zs_lower_begin(&op, &at->lower, at->onnx, in);
    zs_lower_int(&op, "axis", n > 0 ? axis[0] : 0);
    zs_lower_int(&op, "keepdims", 0);
    return zs_lower_end(&op, y->value, NULL, err);
}
