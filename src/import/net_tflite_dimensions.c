/* Operators of TFLite over dimensions: reductions, shapes, orders, pads, joins. */
#include "import_tflite_priv.h"

#include <string.h>

zs_status zs_tfl_reduce(const zs_tfl_op *at, zs_err *err)
{
    const zs_tfl_tensor *x, *y;
    int64_t axes[2 * ZS_RANK_MAX], dims[ZS_RANK_MAX];
    size_t n;
    const char *map, *made;
    bool goes[ZS_RANK_MAX] = {false};
    zs_lower_op op;
    zs_layer_quant *quant;
    const bool is_mean = strcmp(at->onnx, "ReduceMean") == 0;
    ZS_TRY(zs_tfl_ends(at, &x, &y, err));
    ZS_TRY(zs_tfl_list(at, 1, axes, &n, err));
    for (size_t i = 0; i < n; i++) {
        const int64_t axis = axes[i] < 0 ? axes[i] + x->rank : axes[i];
        if (axis < 0 || axis >= x->rank)
            return zs_fail(err, ZS_ERANGE, at->lower.place, "axis %lld of %u dimensions",
                           (long long)axes[i], x->rank);
        goes[axis] = true;
        axes[i] = axis;
    }
    const bool is_plane = x->rank == 4 && is_mean && !goes[0] && goes[1] && goes[2] && !goes[3];
    const bool chooses = strcmp(at->onnx, "ReduceSum") != 0 && !is_mean;
    if (zs_tfl_is_int(x) && !is_mean && !(chooses && zs_tfl_same_scale(x, y)))
        return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place,
                       "of reductions of integers MEAN is handled, and REDUCE_MAX and REDUCE_MIN "
                       "in the same scale");
    if (is_plane) {
        ZS_TRY(zs_tfl_to_map(at, x, &map, err));
        ZS_TRY(zs_lower_unary(&at->lower, "GlobalAveragePool", map, NULL, &made, err));
    } else {
        ZS_TRY(zs_tfl_value(at, x, &made, err));
        zs_lower_begin(&op, &at->lower, at->onnx, made);
        zs_lower_ints(&op, "axes", axes, n);
        zs_lower_int(&op, "keepdims", 1);
        ZS_TRY(zs_lower_end(&op, NULL, &made, err));
    }
    if (zs_tfl_is_int(x)) {
        double *factor = zs_tfl_new_doubles(at, 1);
        if (factor == NULL)
            return zs_nomem(err, "scales");
        *factor = is_mean ? zs_tfl_factor(at, zs_tfl_scale(x, 0), 1, zs_tfl_scale(y, 0), false) : 1;
        ZS_TRY(zs_tfl_quant(at, y, 0, factor, 1, &quant, err));
        ZS_TRY(zs_tfl_set_quant(at, made, quant, err));
    }
    if (is_plane)
        ZS_TRY(zs_lower_transpose(&at->lower, made, (const int64_t[]){0, 2, 3, 1}, 4, NULL, &made,
                                  err));
    for (uint32_t d = 0; d < y->rank; d++)
        dims[d] = y->dims[d];
    return zs_lower_reshape(&at->lower, made, dims, y->rank, y->value, NULL, err);
}

zs_status zs_tfl_reshape(const zs_tfl_op *at, zs_err *err)
{
    const zs_tfl_tensor *x, *y;
    int64_t dims[ZS_RANK_MAX];
    ZS_TRY(zs_tfl_ends(at, &x, &y, err));
    for (uint32_t d = 0; d < y->rank; d++)
        dims[d] = y->dims[d];
    if (zs_tfl_elems(x) != zs_tfl_elems(y) || (zs_tfl_is_int(x) && !zs_tfl_same_scale(x, y)))
        return zs_fail(err, ZS_ESHAPE, at->lower.place,
                       "%llu elements become %llu, or change scale",
                       (unsigned long long)zs_tfl_elems(x), (unsigned long long)zs_tfl_elems(y));
    const char *in;
    ZS_TRY(zs_tfl_value(at, x, &in, err));
    return zs_lower_reshape(&at->lower, in, dims, y->rank, y->value, NULL, err);
}

zs_status zs_tfl_transpose(const zs_tfl_op *at, zs_err *err)
{
    const zs_tfl_tensor *x, *y;
    int64_t perm[2 * ZS_RANK_MAX];
    size_t n;
    ZS_TRY(zs_tfl_ends(at, &x, &y, err));
    ZS_TRY(zs_tfl_check_moved(at, x, y, err));
    ZS_TRY(zs_tfl_list(at, 1, perm, &n, err));
    const char *in;
    ZS_TRY(zs_tfl_value(at, x, &in, err));
    return zs_lower_transpose(&at->lower, in, perm, n, y->value, NULL, err);
}

zs_status zs_tfl_pad(const zs_tfl_op *at, zs_err *err)
{
    static const uint32_t order[4] = {0, 3, 1, 2};
    const zs_tfl_tensor *x, *y, *value;
    int64_t stated[2 * ZS_RANK_MAX], pads[2 * ZS_RANK_MAX];
    const char *in, *list, *made, *fill = NULL;
    const float *data;
    size_t n;
    zs_lower_op op;
    const bool reflects = at->onnx != NULL && zs_flat_int(&at->options, 0, 1, true, 0) == 0;
    ZS_TRY(zs_tfl_ends(at, &x, &y, err));
    ZS_TRY(zs_tfl_check_moved(at, x, y, err));
    if (at->onnx != NULL && !reflects)
        return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place,
                       "SYMMETRIC repeats the edge; REFLECT is handled");
    ZS_TRY(zs_tfl_list(at, 1, stated, &n, err));
    if (n != 2 * (size_t)x->rank)
        return zs_fail(err, ZS_ESHAPE, at->lower.place, "%zu pads for %u dimensions", n, x->rank);
    for (uint32_t d = 0; d < x->rank; d++)
        for (uint32_t k = 0; k < 2; k++) {
            const uint32_t from = x->rank == 4 ? order[d] : d;
            pads[k * x->rank + d] = stated[2 * from + k];
        }
    if (x->rank == 4)
        ZS_TRY(zs_tfl_to_map(at, x, &in, err));
    else
        ZS_TRY(zs_tfl_value(at, x, &in, err));
    ZS_TRY(zs_lower_list(&at->lower, pads, n, &list, err));
    ZS_TRY(zs_tfl_in(at, 2, &value, err));
    if (value != NULL) {
        ZS_TRY(zs_tfl_constant(at, 2, &value, err));
        ZS_TRY(zs_tfl_floats(at, value, zs_tfl_is_int(x), &data, err));
        if (zs_tfl_is_int(x) && (data[0] < 0 || data[0] > 0))
            return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place,
                           "integers are padded with %g steps from their zero; 0 is handled",
                           (double)data[0]);
        ZS_TRY(zs_lower_floats(&at->lower, data, NULL, 0, &fill, err));
    }
    zs_lower_begin(&op, &at->lower, "Pad", in);
    zs_lower_in(&op, list);
    if (fill != NULL)
        zs_lower_in(&op, fill);
    if (reflects)
        zs_lower_text(&op, "mode", "reflect");
    ZS_TRY(zs_lower_end(&op, x->rank == 4 ? NULL : y->value, &made, err));
    return x->rank == 4 ? zs_tfl_from_map(at, made, y, err) : ZS_OK;
}

zs_status zs_tfl_concat(const zs_tfl_op *at, zs_err *err)
{
    static const int64_t to_map[4] = {0, 2, 3, 1};
    const int64_t act = zs_flat_int(&at->options, 1, 1, true, 0);
    int64_t axis = zs_flat_int(&at->options, 0, 4, true, 0);
    const zs_tfl_tensor *x, *y;
    const char *made;
    zs_lower_op op;
    ZS_TRY(zs_tfl_out(at, &y, err));
    axis = axis < 0 ? axis + y->rank : axis;
    if (axis < 1 || axis >= y->rank || at->in.n == 0)
        return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place,
                       "joins %u inputs along axis %lld of %u", at->in.n, (long long)axis, y->rank);
    const char **names = zs_new(at->net->graph.draft.arena, const char *, at->in.n);
    if (names == NULL)
        return zs_nomem(err, "a list of inputs");
    for (uint32_t i = 0; i < at->in.n; i++) {
        ZS_TRY(zs_tfl_computed(at, i, &x, err));
        ZS_TRY(zs_tfl_check_alike(at, x, y, err));
        if (x->rank != y->rank || (zs_tfl_is_int(x) && (!zs_tfl_same_scale(x, y) || act != 0)))
            return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place,
                           "input %u has %u dimensions, or integers of another scale", i, x->rank);
        ZS_TRY(y->rank == 4 ? zs_tfl_to_map(at, x, &names[i], err)
                            : zs_tfl_value(at, x, &names[i], err));
    }
    zs_lower_begin(&op, &at->lower, "Concat", NULL);
    op.many = (char *const *)names;
    op.node.n_input = at->in.n;
    zs_lower_int(&op, "axis", y->rank == 4 ? to_map[axis] : axis);
    ZS_TRY(zs_lower_end(&op, NULL, &made, err));
    if (y->rank == 4)
        ZS_TRY(zs_lower_transpose(&at->lower, made, to_map, 4, NULL, &made, err));
    return zs_tfl_activate(at, act, made, y->value, NULL, err);
}
