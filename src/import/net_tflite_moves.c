#include "import_tflite_priv.h"

#include <string.h>

/* Operators of TFLite that move elements: bytes stay what they are, whatever their scale. */

zs_status zs_tfl_check_moved(const zs_tfl_op *at, const zs_tfl_tensor *x, const zs_tfl_tensor *y,
                             zs_err *err)
{
    return x->type == y->type && (!zs_tfl_is_int(x) || zs_tfl_same_scale(x, y))
               ? ZS_OK
               : zs_fail(err, ZS_EUNSUPPORTED, at->lower.place,
                         "moves elements of type %lld to type %lld, or to another scale",
                         (long long)x->type, (long long)y->type);
}

/* `value` with the dimensions of y, as y. */
static zs_status shape_as(const zs_tfl_op *at, const char *value, const zs_tfl_tensor *y,
                          zs_err *err)
{
    int64_t dims[ZS_RANK_MAX];
    for (uint32_t d = 0; d < y->rank; d++)
        dims[d] = y->dims[d];
    return zs_lower_reshape(&at->lower, value, dims, y->rank, y->value, NULL, err);
}

/* ---- parts ----------------------------------------------------------------------------------- */

typedef struct range {
    int64_t from[ZS_RANK_MAX], to[ZS_RANK_MAX], step[ZS_RANK_MAX];
} range;

static range all_of(const zs_tfl_tensor *x)
{
    range r = {.from = {0}};
    for (uint32_t d = 0; d < x->rank; d++) {
        r.to[d] = x->dims[d];
        r.step[d] = 1;
    }
    return r;
}

static zs_status cut(const zs_tfl_op *at, const zs_tfl_tensor *x, const range *r,
                     const zs_tfl_tensor *y, zs_err *err)
{
    const int64_t *const lists[4] = {r->from, r->to, (const int64_t[]){0, 1, 2, 3, 4, 5, 6, 7},
                                     r->step};
    const char *in, *list, *made;
    zs_lower_op op;
    ZS_TRY(zs_tfl_check_moved(at, x, y, err));
    ZS_TRY(zs_tfl_value(at, x, &in, err));
    zs_lower_begin(&op, &at->lower, "Slice", in);
    for (size_t i = 0; i < ZS_LEN(lists); i++) {
        ZS_TRY(zs_lower_list(&at->lower, lists[i], x->rank, &list, err));
        zs_lower_in(&op, list);
    }
    ZS_TRY(zs_lower_end(&op, NULL, &made, err));
    return shape_as(at, made, y, err);
}

/* Sizes of -1 go to the end. */
zs_status zs_tfl_slice(const zs_tfl_op *at, zs_err *err)
{
    const zs_tfl_tensor *x, *y;
    int64_t from[2 * ZS_RANK_MAX], size[2 * ZS_RANK_MAX];
    size_t from_n, size_n;
    ZS_TRY(zs_tfl_computed(at, 0, &x, err));
    ZS_TRY(zs_tfl_out(at, &y, err));
    ZS_TRY(zs_tfl_list(at, 1, from, &from_n, err));
    ZS_TRY(zs_tfl_list(at, 2, size, &size_n, err));
    if (from_n != x->rank || size_n != x->rank)
        return zs_fail(err, ZS_ESHAPE, at->lower.place, "%zu starts, %zu sizes of %u dimensions",
                       from_n, size_n, x->rank);
    range r = all_of(x);
    for (uint32_t d = 0; d < x->rank; d++) {
        r.from[d] = from[d];
        r.to[d] = size[d] == -1 ? x->dims[d] : from[d] + size[d];
        if (r.from[d] < 0 || r.to[d] <= r.from[d] || r.to[d] > x->dims[d])
            return zs_fail(err, ZS_ERANGE, at->lower.place,
                           "%lld elements from %lld on of the %u of dimension %u",
                           (long long)size[d], (long long)from[d], x->dims[d], d);
    }
    return cut(at, x, &r, y, err);
}

/* Bits of a mask: this dimension from its start, to its end, or the one element of it. */
zs_status zs_tfl_strided_slice(const zs_tfl_op *at, zs_err *err)
{
    enum { BEGIN, END, ELLIPSIS, NEW_AXIS, SHRINK, MASKS, OFFSET = MASKS };
    int64_t mask[MASKS], lists[3][2 * ZS_RANK_MAX];
    const zs_tfl_tensor *x, *y;
    size_t n[3];
    ZS_TRY(zs_tfl_computed(at, 0, &x, err));
    ZS_TRY(zs_tfl_out(at, &y, err));
    for (uint32_t k = 0; k < MASKS; k++)
        mask[k] = zs_flat_int(&at->options, k, 4, true, 0);
    if (zs_flat_int(&at->options, OFFSET, 1, false, 0) != 0)
        return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place,
                       "ends that are counted from the starts are not handled");
    for (uint32_t k = 0; k < 3; k++)
        ZS_TRY(zs_tfl_list(at, k + 1, lists[k], &n[k], err));
    if (n[0] > x->rank || n[1] != n[0] || n[2] != n[0] || mask[ELLIPSIS] != 0 ||
        mask[NEW_AXIS] != 0)
        return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place,
                       "%zu starts of %u dimensions, masks %lld of an ellipsis and %lld of new "
                       "axes; neither of them is handled",
                       n[0], x->rank, (long long)mask[ELLIPSIS], (long long)mask[NEW_AXIS]);
    range r = all_of(x);
    for (uint32_t d = 0; d < n[0]; d++) {
        const int64_t size = x->dims[d], step = lists[2][d];
        int64_t from = lists[0][d] < 0 ? lists[0][d] + size : lists[0][d];
        int64_t to = lists[1][d] < 0 ? lists[1][d] + size : lists[1][d];
        if (mask[BEGIN] >> d & 1)
            from = step > 0 ? 0 : size - 1;
        if (mask[END] >> d & 1)
            to = step > 0 ? size : -1;
        if (mask[SHRINK] >> d & 1)
            to = from + 1;
        if (step == 0 || from < 0 || from >= size || (mask[SHRINK] >> d & 1 && step != 1))
            return zs_fail(err, ZS_ERANGE, at->lower.place,
                           "dimension %u of %lld elements from %lld on in steps of %lld", d,
                           (long long)size, (long long)lists[0][d], (long long)step);
        r.from[d] = from;
        r.to[d] = to < 0 ? -size - 1 : to; /* in front of the first element */
        r.step[d] = step;
    }
    return cut(at, x, &r, y, err);
}

static zs_status output_at(const zs_tfl_op *at, uint32_t i, const zs_tfl_tensor **y, zs_err *err)
{
    const int64_t index = zs_flat_int_at(&at->out, i, true);
    if (index < 0 || index >= at->net->tensor_n)
        return zs_fail(err, ZS_EPARSE, at->lower.place, "output %u is tensor %lld of %u", i,
                       (long long)index, at->net->tensor_n);
    *y = &at->net->tensors[index];
    return ZS_OK;
}

static zs_status axis_of(const zs_tfl_op *at, int64_t stated, uint32_t rank, uint32_t *axis,
                         zs_err *err)
{
    const int64_t d = stated < 0 ? stated + rank : stated;
    if (d < 0 || d >= rank)
        return zs_fail(err, ZS_ERANGE, at->lower.place, "axis %lld of %u dimensions",
                       (long long)stated, rank);
    *axis = (uint32_t)d;
    return ZS_OK;
}

/* Parts along an axis, of the sizes that the outputs have; of UNPACK of one element each. */
static zs_status part(const zs_tfl_op *at, const zs_tfl_tensor *x, int64_t stated, bool unpacks,
                      zs_err *err)
{
    uint32_t axis = 0;
    ZS_TRY(axis_of(at, stated, x->rank, &axis, err));
    range r = all_of(x);
    r.to[axis] = 0;
    for (uint32_t i = 0; i < at->out.n; i++) {
        const zs_tfl_tensor *y = NULL;
        ZS_TRY(output_at(at, i, &y, err));
        r.from[axis] = r.to[axis];
        r.to[axis] += unpacks ? 1 : axis < y->rank ? y->dims[axis] : 0;
        if (r.to[axis] <= r.from[axis] || r.to[axis] > x->dims[axis])
            break;
        ZS_TRY(cut(at, x, &r, y, err));
    }
    return r.to[axis] == x->dims[axis]
               ? ZS_OK
               : zs_fail(err, ZS_ESHAPE, at->lower.place,
                         "its %u outputs have not the %u elements of axis %u together", at->out.n,
                         x->dims[axis], axis);
}

static zs_status number_at(const zs_tfl_op *at, uint32_t i, int64_t *number, zs_err *err)
{
    int64_t list[2 * ZS_RANK_MAX];
    size_t n;
    ZS_TRY(zs_tfl_list(at, i, list, &n, err));
    if (n != 1)
        return zs_fail(err, ZS_ESHAPE, at->lower.place, "input %u is %zu numbers instead of one", i,
                       n);
    *number = list[0];
    return ZS_OK;
}

zs_status zs_tfl_split(const zs_tfl_op *at, zs_err *err)
{
    const zs_tfl_tensor *x;
    int64_t axis = 0;
    ZS_TRY(number_at(at, 0, &axis, err));
    ZS_TRY(zs_tfl_computed(at, 1, &x, err));
    return part(at, x, axis, false, err);
}

zs_status zs_tfl_split_v(const zs_tfl_op *at, zs_err *err)
{
    const zs_tfl_tensor *x;
    int64_t axis = 0;
    ZS_TRY(zs_tfl_computed(at, 0, &x, err));
    ZS_TRY(number_at(at, 2, &axis, err));
    return part(at, x, axis, false, err);
}

zs_status zs_tfl_unpack(const zs_tfl_op *at, zs_err *err)
{
    const zs_tfl_tensor *x;
    ZS_TRY(zs_tfl_computed(at, 0, &x, err));
    return part(at, x, zs_flat_int(&at->options, 1, 4, true, 0), true, err);
}

/* ---- several into one ------------------------------------------------------------------------ */

zs_status zs_tfl_pack(const zs_tfl_op *at, zs_err *err)
{
    const zs_tfl_tensor *x, *y;
    const char *made;
    uint32_t axis = 0;
    int64_t dims[ZS_RANK_MAX];
    zs_lower_op op;
    ZS_TRY(zs_tfl_out(at, &y, err));
    ZS_TRY(axis_of(at, zs_flat_int(&at->options, 1, 4, true, 0), y->rank, &axis, err));
    for (uint32_t d = 0; d < y->rank; d++)
        dims[d] = d == axis ? 1 : y->dims[d];
    const char **names = zs_new(at->net->graph.draft.arena, const char *, at->in.n + 1);
    if (names == NULL)
        return zs_nomem(err, "a list of inputs");
    for (uint32_t i = 0; i < at->in.n; i++) {
        ZS_TRY(zs_tfl_computed(at, i, &x, err));
        ZS_TRY(zs_tfl_check_moved(at, x, y, err));
        ZS_TRY(zs_tfl_value(at, x, &names[i], err));
        ZS_TRY(zs_lower_reshape(&at->lower, names[i], dims, y->rank, NULL, &names[i], err));
    }
    zs_lower_begin(&op, &at->lower, "Concat", NULL);
    op.many = (char *const *)names;
    op.node.n_input = at->in.n;
    zs_lower_int(&op, "axis", axis);
    return zs_lower_end(&op, y->value, &made, err);
}

/* ---- elements by number ---------------------------------------------------------------------- */

zs_status zs_tfl_gather(const zs_tfl_op *at, zs_err *err)
{
    const zs_tfl_tensor *x, *y;
    const char *in, *list, *made;
    int64_t places[2 * ZS_RANK_MAX];
    size_t n;
    zs_lower_op op;
    ZS_TRY(zs_tfl_computed(at, 0, &x, err));
    ZS_TRY(zs_tfl_out(at, &y, err));
    ZS_TRY(zs_tfl_check_moved(at, x, y, err));
    ZS_TRY(zs_tfl_list(at, 1, places, &n, err));
    if (zs_flat_int(&at->options, 1, 4, true, 0) != 0)
        return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place, "batch dimensions are not handled");
    ZS_TRY(zs_tfl_value(at, x, &in, err));
    ZS_TRY(zs_lower_list(&at->lower, places, n, &list, err));
    zs_lower_begin(&op, &at->lower, "Gather", in);
    zs_lower_in(&op, list);
    zs_lower_int(&op, "axis", zs_flat_int(&at->options, 0, 4, true, 0));
    ZS_TRY(zs_lower_end(&op, NULL, &made, err));
    return shape_as(at, made, y, err);
}

/* DEPTH_TO_SPACE and SPACE_TO_DEPTH, of channels as ONNX has them: at->onnx. */
zs_status zs_tfl_blocks(const zs_tfl_op *at, zs_err *err)
{
    const zs_tfl_tensor *x, *y;
    const char *map, *made;
    zs_lower_op op;
    ZS_TRY(zs_tfl_computed(at, 0, &x, err));
    ZS_TRY(zs_tfl_out(at, &y, err));
    ZS_TRY(zs_tfl_check_moved(at, x, y, err));
    ZS_TRY(zs_tfl_to_map(at, x, &map, err));
    zs_lower_begin(&op, &at->lower, at->onnx, map);
    zs_lower_int(&op, "blocksize", zs_flat_int(&at->options, 0, 4, true, 0));
    ZS_TRY(zs_lower_end(&op, NULL, &made, err));
    return zs_tfl_from_map(at, made, y, err);
}
