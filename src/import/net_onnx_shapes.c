#include "import_onnx_priv.h"

#include <string.h>

/* Operators that move elements. A computed value keeps its place in
 * memory as long as nobody needs it in order: Transpose and Reshape alone cost nothing. */

typedef struct operand {
    zs_net_value *v;
    uint32_t dims[ZS_RANK_MAX], rank;
    uint64_t strides[ZS_RANK_MAX]; /* as it lies in memory */
} operand;

static zs_status read_operand(const zs_onnx_node *at, size_t i, operand *x, zs_err *err)
{
    ZS_TRY(zs_onnx_get(at, i, &x->v, err));
    ZS_TRY(zs_onnx_unpad(at, x->v, err));
    ZS_TRY(zs_onnx_dims(at, x->v, x->dims, &x->rank, err));
    zs_onnx_value_strides(x->v, x->dims, x->rank, x->strides);
    return ZS_OK;
}

/* A rearrangement whose dimensions are yet those of the operand, whole. */
static zs_status start(const zs_onnx_node *at, const operand *x, zs_general **out, zs_err *err)
{
    zs_general *g = zs_onnx_general(at, ZS_FN_NONE);
    if (g == NULL)
        return zs_nomem(err, "a layer");
    g->rank = x->rank > 0 ? x->rank : 1;
    g->dims[0] = 1;
    for (uint32_t d = 0; d < g->rank; d++) {
        g->dims[d] = x->rank > 0 ? x->dims[d] : 1;
        g->tables[d] = zs_onnx_table(at, g->dims[d], 0, x->rank > 0 ? (int64_t)x->strides[d] : 0);
        if (g->tables[d] == NULL)
            return zs_nomem(err, "a layer");
    }
    *out = g;
    return ZS_OK;
}

/* Dimension `d` has `n` elements now; the table is filled by the caller. */
static zs_status replace(const zs_onnx_node *at, zs_general *g, uint32_t d, uint64_t n,
                         int64_t **table, zs_err *err)
{
    if (n > UINT64_C(1) << 31)
        return zs_fail(err, ZS_ERANGE, at->place, "a dimension of more than 2^31 elements");
    *table = zs_onnx_table(at, n, 0, 0);
    if (*table == NULL)
        return zs_nomem(err, "a layer");
    g->dims[d] = (uint32_t)n;
    g->tables[d] = *table;
    return ZS_OK;
}

static zs_status finish(const zs_onnx_node *at, zs_general *g, const operand *x,
                        const uint32_t *dims, uint32_t rank, size_t k, zs_err *err)
{
    zs_net_value y;
    zs_net_value *in = x->v;
    ZS_TRY(zs_onnx_emit(at, ZS_LAYER_REARRANGE, g, &in, 1, dims, rank, &y, err));
    return zs_onnx_bind(at, k, &y, err);
}

/* ---- the order of dimensions ----------------------------------------------------------------- */

zs_status zs_onnx_transpose(const zs_onnx_node *at, zs_err *err)
{
    operand x;
    const ZsOnnx__Attribute *attr = zs_onnx_attr(at, "perm");
    uint32_t dims[ZS_RANK_MAX], perm[ZS_RANK_MAX], seen = 0;
    ZS_TRY(read_operand(at, 0, &x, err));
    if (attr != NULL && attr->n_ints != x.rank)
        return zs_fail(err, ZS_ESHAPE, at->place, "perm has %zu numbers for %u dimensions",
                       attr->n_ints, x.rank);
    for (uint32_t d = 0; d < x.rank; d++) {
        const int64_t from = attr != NULL ? attr->ints[d] : (int64_t)(x.rank - 1 - d);
        if (from < 0 || from >= x.rank || (seen >> from & 1) != 0)
            return zs_fail(err, ZS_EPARSE, at->place, "perm is no order of %u dimensions", x.rank);
        seen |= 1u << from;
        perm[d] = (uint32_t)from;
        dims[d] = x.dims[from];
    }
    if (x.v->constant == NULL) {
        zs_net_value y = *x.v;
        ZS_TRY(zs_onnx_keep_batch(at, x.rank > 0 && perm[0] != 0, err));
        for (uint32_t d = 0; d < x.rank; d++) {
            y.dims[d] = dims[d];
            y.perm[d] = x.v->perm[perm[d]];
        }
        return zs_onnx_bind(at, 0, &y, err);
    }
    zs_general *g;
    ZS_TRY(start(at, &x, &g, err));
    for (uint32_t d = 0; d < x.rank; d++) {
        g->dims[d] = dims[d];
        g->tables[d] = zs_onnx_table(at, dims[d], 0, (int64_t)x.strides[perm[d]]);
        if (g->tables[d] == NULL)
            return zs_nomem(err, "a layer");
    }
    return finish(at, g, &x, dims, x.rank, 0, err);
}

static zs_status blocks(const zs_onnx_node *at, bool to_space, zs_err *err)
{
    operand x;
    zs_general *g = zs_onnx_general(at, ZS_FN_NONE);
    const int64_t b = zs_onnx_attr_int(at, "blocksize", 0);
    static const char *const modes[] = {"DCR", "CRD"};
    uint32_t mode;
    if (g == NULL)
        return zs_nomem(err, "a layer");
    ZS_TRY(zs_onnx_attr_choice(at, "mode", modes, ZS_LEN(modes), 0, &mode, err));
    const bool is_crd = mode == 1;
    ZS_TRY(read_operand(at, 0, &x, err));
    if (x.rank != 4 || b < 1 || b > 65535)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "needs 4 dimensions and a blocksize of 1 or more, not %u and %lld", x.rank,
                       (long long)b);
    const uint32_t k = (uint32_t)b;
    const uint64_t sc = x.strides[1], sy = x.strides[2], sx = x.strides[3];
    if (to_space ? x.dims[1] % ((uint64_t)k * k) != 0 : (x.dims[2] % k | x.dims[3] % k) != 0)
        return zs_fail(err, ZS_ESHAPE, at->place, "blocks of %u do not divide %u x %u x %u", k,
                       x.dims[1], x.dims[2], x.dims[3]);
    const uint32_t deep = to_space ? (uint32_t)(x.dims[1] / ((uint64_t)k * k)) : x.dims[1];
    const uint32_t walk_up[6] = {x.dims[0], deep, x.dims[2], k, x.dims[3], k};
    const uint64_t up[6] = {x.strides[0], is_crd ? sc * k * k : sc,
                            sy,           is_crd ? sc * k : sc * deep * k,
                            sx,           is_crd ? sc : sc * deep};
    const uint32_t walk_down[6] = {x.dims[0], k, k, x.dims[1], x.dims[2] / k, x.dims[3] / k};
    const uint64_t down[6] = {x.strides[0], sy, sx, sc, sy * k, sx * k};
    g->rank = 6;
    for (uint32_t d = 0; d < 6; d++) {
        g->dims[d] = to_space ? walk_up[d] : walk_down[d];
        g->tables[d] = zs_onnx_table(at, g->dims[d], 0, (int64_t)(to_space ? up[d] : down[d]));
        if (g->tables[d] == NULL)
            return zs_nomem(err, "a layer");
    }
    const uint32_t dims[4] = {x.dims[0], to_space ? deep : x.dims[1] * k * k,
                              to_space ? x.dims[2] * k : x.dims[2] / k,
                              to_space ? x.dims[3] * k : x.dims[3] / k};
    return finish(at, g, &x, dims, 4, 0, err);
}

zs_status zs_onnx_depth_to_space(const zs_onnx_node *at, zs_err *err)
{
    return blocks(at, true, err);
}

zs_status zs_onnx_space_to_depth(const zs_onnx_node *at, zs_err *err)
{
    return blocks(at, false, err);
}

/* An axis of a list that has each once. */
static zs_status next_axis(const zs_onnx_node *at, int64_t stated, uint32_t rank, uint32_t *seen,
                           uint32_t *axis, zs_err *err)
{
    ZS_TRY(zs_onnx_axis(at, stated, rank, axis, err));
    if ((*seen >> *axis & 1) != 0)
        return zs_fail(err, ZS_EPARSE, at->place, "axis %u is given twice", *axis);
    *seen |= 1u << *axis;
    return ZS_OK;
}

/* ---- parts ----------------------------------------------------------------------------------- */

zs_status zs_onnx_gather(const zs_onnx_node *at, zs_err *err)
{
    operand x;
    zs_net_value *indices;
    zs_general *g;
    const double *index;
    uint64_t n;
    uint32_t axis, idims[ZS_RANK_MAX], irank, dims[ZS_RANK_MAX], rank = 0;
    int64_t *table;
    ZS_TRY(read_operand(at, 0, &x, err));
    ZS_TRY(zs_onnx_get(at, 1, &indices, err));
    if (indices->constant == NULL)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place, "computed indices are not handled");
    ZS_TRY(zs_onnx_dims(at, indices, idims, &irank, err));
    ZS_TRY(zs_onnx_doubles(at, indices, &index, &n, err));
    ZS_TRY(zs_onnx_axis(at, zs_onnx_attr_int(at, "axis", 0), x.rank, &axis, err));
    if (x.rank + irank - 1 > ZS_RANK_MAX)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place, "%u dimensions are above the limit of %d",
                       x.rank + irank - 1, ZS_RANK_MAX);
    ZS_TRY(zs_onnx_keep_batch(at, x.v->constant == NULL && axis == 0, err));
    ZS_TRY(start(at, &x, &g, err));
    ZS_TRY(replace(at, g, axis, n, &table, err));
    for (uint64_t i = 0; i < n; i++) {
        const double from = index[i] < 0 ? index[i] + x.dims[axis] : index[i];
        if (!(from >= 0 && from < x.dims[axis]))
            return zs_fail(err, ZS_ERANGE, at->place, "index %g is none of %u", index[i],
                           x.dims[axis]);
        table[i] = (int64_t)from * (int64_t)x.strides[axis];
    }
    for (uint32_t d = 0; d < axis; d++)
        dims[rank++] = x.dims[d];
    for (uint32_t d = 0; d < irank; d++)
        dims[rank++] = idims[d];
    for (uint32_t d = axis + 1; d < x.rank; d++)
        dims[rank++] = x.dims[d];
    return finish(at, g, &x, dims, rank, 0, err);
}

static int64_t limited(int64_t v, int64_t size, int64_t lo, int64_t hi)
{
    v = v < 0 && v >= -size ? v + size : v < -size ? lo : v;
    return v < lo ? lo : v > hi ? hi : v;
}

zs_status zs_onnx_slice(const zs_onnx_node *at, zs_err *err)
{
    operand x;
    zs_general *g;
    int64_t starts[ZS_RANK_MAX], ends[ZS_RANK_MAX], axes[ZS_RANK_MAX], steps[ZS_RANK_MAX], *table;
    size_t n, end_n, axis_n, step_n;
    bool is_given, has_axes, has_steps;
    ZS_TRY(read_operand(at, 0, &x, err));
    ZS_TRY(zs_onnx_list(at, 1, "starts", starts, ZS_RANK_MAX, &n, &is_given, err));
    ZS_TRY(zs_onnx_list(at, 2, "ends", ends, ZS_RANK_MAX, &end_n, &is_given, err));
    ZS_TRY(zs_onnx_list(at, 3, "axes", axes, ZS_RANK_MAX, &axis_n, &has_axes, err));
    ZS_TRY(zs_onnx_list(at, 4, NULL, steps, ZS_RANK_MAX, &step_n, &has_steps, err));
    if (end_n != n || (has_axes && axis_n != n) || (has_steps && step_n != n))
        return zs_fail(err, ZS_EPARSE, at->place, "starts, ends, axes and steps differ in number");
    uint32_t seen = 0;
    ZS_TRY(start(at, &x, &g, err));
    for (size_t i = 0; i < n; i++) {
        uint32_t axis;
        ZS_TRY(next_axis(at, has_axes ? axes[i] : (int64_t)i, x.rank, &seen, &axis, err));
        const int64_t own = x.dims[axis], step = has_steps ? steps[i] : 1;
        const int64_t size = axis == 0 ? zs_onnx_first(at, x.v, x.dims[0]) : own;
        if (step == 0 || step < -INT32_MAX || step > INT32_MAX)
            return zs_fail(err, ZS_ERANGE, at->place, "a step of %lld", (long long)step);
        const int64_t from =
            step > 0 ? limited(starts[i], size, 0, size) : limited(starts[i], size, -1, size - 1);
        const int64_t to =
            step > 0 ? limited(ends[i], size, 0, size) : limited(ends[i], size, -1, size - 1);
        const int64_t span = step > 0 ? to - from : from - to, by = step > 0 ? step : -step;
        uint64_t count = span > 0 ? (uint64_t)((span + by - 1) / by) : 0;
        if (size != own) { /* of samples that go through one by one, all or none */
            ZS_TRY(zs_onnx_keep_batch(at, from != 0 || count != (uint64_t)size, err));
            count = (uint64_t)own;
        }
        ZS_TRY(replace(at, g, axis, count, &table, err));
        for (uint64_t k = 0; k < count; k++)
            table[k] = (from + (int64_t)k * step) * (int64_t)x.strides[axis];
    }
    bool is_all = true;
    for (uint32_t d = 0; d < x.rank; d++)
        is_all = is_all && g->dims[d] == x.dims[d] && (x.dims[d] < 2 || g->tables[d][0] == 0);
    uint32_t dims[ZS_RANK_MAX];
    memcpy(dims, g->dims, sizeof dims);
    return is_all ? zs_onnx_bind(at, 0, x.v, err) : finish(at, g, &x, dims, x.rank, 0, err);
}

zs_status zs_onnx_split(const zs_onnx_node *at, zs_err *err)
{
    enum { PARTS_MAX = 256 };
    operand x;
    int64_t sizes[PARTS_MAX], *table;
    size_t n = 0;
    bool is_given;
    uint32_t axis, from = 0;
    ZS_TRY(read_operand(at, 0, &x, err));
    ZS_TRY(zs_onnx_axis(at, zs_onnx_attr_int(at, "axis", 0), x.rank, &axis, err));
    ZS_TRY(zs_onnx_keep_batch(at, x.v->constant == NULL && axis == 0, err));
    ZS_TRY(zs_onnx_list(at, 1, "split", sizes, PARTS_MAX, &n, &is_given, err));
    const size_t parts = at->node->n_output;
    if (parts > PARTS_MAX || (is_given && n != parts))
        return zs_fail(err, ZS_EUNSUPPORTED, at->place, "%zu parts for %zu outputs, at most %d", n,
                       parts, PARTS_MAX);
    const uint32_t each = (uint32_t)zs_ceil_div(x.dims[axis], parts);
    for (size_t i = 0; i < parts; i++) {
        const uint32_t left = x.dims[axis] - from;
        const int64_t size = is_given ? sizes[i] : left < each ? left : each;
        if (size < 0 || size > left)
            return zs_fail(err, ZS_ESHAPE, at->place, "part %zu of %lld elements, %u are left", i,
                           (long long)size, left);
        zs_general *g;
        ZS_TRY(start(at, &x, &g, err));
        ZS_TRY(replace(at, g, axis, (uint64_t)size, &table, err));
        for (int64_t k = 0; k < size; k++)
            table[k] = (from + k) * (int64_t)x.strides[axis];
        uint32_t dims[ZS_RANK_MAX];
        memcpy(dims, g->dims, sizeof dims);
        const bool is_read = at->node->output[i][0] != '\0';
        if (is_read)
            ZS_TRY(finish(at, g, &x, dims, x.rank, i, err));
        from += (uint32_t)size;
    }
    return from == x.dims[axis]
               ? ZS_OK
               : zs_fail(err, ZS_ESHAPE, at->place, "parts of %u elements together, axis %u has %u",
                         from, axis, x.dims[axis]);
}

/* ---- repeated and padded --------------------------------------------------------------------- */

static const char *const pad_modes[] = {"constant", "edge", "reflect", "wrap"};
enum { CONSTANT, EDGE, REFLECT, WRAP };

/* The element that stands at `i` of a dimension of `n`, with padding; -1 outside. */
static int64_t mirrored(int64_t i, int64_t n, uint32_t mode)
{
    if (i >= 0 && i < n)
        return i;
    if (mode == EDGE)
        return i < 0 ? 0 : n - 1;
    if (mode == WRAP)
        return (i % n + n) % n;
    if (mode == REFLECT) {
        const int64_t period = n > 1 ? 2 * (n - 1) : 1;
        i = (i % period + period) % period;
        return i < n ? i : period - i;
    }
    return -1;
}

/* Zeros around rows and columns can wait for a convolution that has them as padding. */
static bool can_wait(const operand *x, const int64_t *pads, const zs_general *g, uint32_t mode)
{
    if (x->v->constant != NULL || (x->rank != 3 && x->rank != 4) || !zs_onnx_is_ordered(x->v) ||
        x->dims[0] != 1 || g->fill != 0 || mode != CONSTANT)
        return false;
    const zs_shape s = zs_onnx_shape_of(x->dims, x->rank);
    if (s.c != x->v->shape.c || s.h != x->v->shape.h || s.w != x->v->shape.w)
        return false;
    for (uint32_t d = 0; d < x->rank; d++)
        if (pads[d] < 0 || pads[d + x->rank] < 0 || (d < 2 && (pads[d] | pads[d + x->rank]) != 0))
            return false;
    return true;
}

static zs_status read_pads(const zs_onnx_node *at, uint32_t rank, int64_t pads[2 * ZS_RANK_MAX],
                           double *fill, zs_err *err)
{
    int64_t stated[2 * ZS_RANK_MAX], axes[ZS_RANK_MAX];
    size_t n, axis_n;
    bool is_given, has_axes;
    ZS_TRY(zs_onnx_list(at, 1, zs_onnx_attr(at, "paddings") ? "paddings" : "pads", stated,
                        2 * ZS_RANK_MAX, &n, &is_given, err));
    ZS_TRY(zs_onnx_list(at, 3, NULL, axes, ZS_RANK_MAX, &axis_n, &has_axes, err));
    const size_t each = has_axes ? axis_n : rank;
    if (n != 2 * each)
        return zs_fail(err, ZS_EPARSE, at->place, "%zu pads for %zu dimensions", n, each);
    uint32_t seen = 0;
    for (size_t i = 0; i < each; i++) {
        uint32_t axis;
        ZS_TRY(next_axis(at, has_axes ? axes[i] : (int64_t)i, rank, &seen, &axis, err));
        pads[axis] = stated[i];
        pads[axis + rank] = stated[i + each];
    }
    *fill = zs_onnx_attr_float(at, "value", 0);
    if (zs_onnx_has_input(at, 2)) {
        zs_net_value *value;
        const double *x;
        uint64_t one;
        ZS_TRY(zs_onnx_get(at, 2, &value, err));
        if (value->constant == NULL)
            return zs_fail(err, ZS_EUNSUPPORTED, at->place, "pads with a computed value");
        ZS_TRY(zs_onnx_doubles(at, value, &x, &one, err));
        *fill = one > 0 ? x[0] : 0;
    }
    return ZS_OK;
}

zs_status zs_onnx_pad(const zs_onnx_node *at, zs_err *err)
{
    operand x;
    zs_general *g;
    int64_t pads[2 * ZS_RANK_MAX] = {0}, *table;
    uint32_t mode;
    bool is_idle = true;
    ZS_TRY(zs_onnx_attr_choice(at, "mode", pad_modes, ZS_LEN(pad_modes), CONSTANT, &mode, err));
    ZS_TRY(read_operand(at, 0, &x, err));
    ZS_TRY(start(at, &x, &g, err));
    ZS_TRY(read_pads(at, x.rank, pads, &g->fill, err));
    for (uint32_t d = 0; d < x.rank; d++) {
        const int64_t before = pads[d], after = pads[d + x.rank], n = x.dims[d];
        if (before < -n || after < -n || before > INT32_MAX || after > INT32_MAX ||
            n + before + after < 0 || n == 0)
            return zs_fail(err, ZS_ERANGE, at->place, "pads %lld and %lld of dimension %u of %lld",
                           (long long)before, (long long)after, d, (long long)n);
        is_idle = is_idle && before == 0 && after == 0;
        ZS_TRY(
            zs_onnx_keep_batch(at, x.v->constant == NULL && d == 0 && (before | after) != 0, err));
        ZS_TRY(replace(at, g, d, (uint64_t)(n + before + after), &table, err));
        for (int64_t i = 0; i < n + before + after; i++) {
            const int64_t from = mirrored(i - before, n, mode);
            table[i] = from < 0 ? -1 : from * (int64_t)x.strides[d];
        }
    }
    if (is_idle)
        return zs_onnx_bind(at, 0, x.v, err);
    uint32_t dims[ZS_RANK_MAX];
    memcpy(dims, g->dims, sizeof dims);
    if (!can_wait(&x, pads, g, mode))
        return finish(at, g, &x, dims, x.rank, 0, err);
    zs_net_value y = *x.v;
    memcpy(y.dims, dims, sizeof dims);
    const uint32_t rows = x.rank - 2, cols = x.rank - 1;
    y.pads[0] = x.rank == 4 ? (uint32_t)pads[rows] : 0;
    y.pads[1] = (uint32_t)pads[cols];
    y.pads[2] = x.rank == 4 ? (uint32_t)pads[rows + x.rank] : 0;
    y.pads[3] = (uint32_t)pads[cols + x.rank];
    return zs_onnx_bind(at, 0, &y, err);
}

zs_status zs_onnx_expand(const zs_onnx_node *at, zs_err *err)
{
    operand x;
    zs_general *g = zs_onnx_general(at, ZS_FN_NONE);
    int64_t stated[ZS_RANK_MAX];
    size_t n;
    bool is_given;
    uint32_t dims[ZS_RANK_MAX];
    if (g == NULL)
        return zs_nomem(err, "a layer");
    ZS_TRY(read_operand(at, 0, &x, err));
    ZS_TRY(zs_onnx_list(at, 1, NULL, stated, ZS_RANK_MAX, &n, &is_given, err));
    const uint32_t rank = x.rank > n ? x.rank : (uint32_t)n;
    ZS_TRY(zs_onnx_keep_batch(at, x.rank < rank && zs_onnx_first(at, x.v, 1) != 1, err));
    if (n == rank && n > 0)
        stated[0] = zs_onnx_of_sample(at, x.v, stated[0]);
    g->rank = rank > 0 ? rank : 1;
    g->dims[0] = 1;
    for (uint32_t i = 1; i <= rank; i++) {
        const uint32_t own = i <= x.rank ? x.dims[x.rank - i] : 1;
        const int64_t want = i <= n ? stated[n - i] : 1;
        if (want < 0 || want > INT32_MAX || (want != own && want != 1 && own != 1))
            return zs_fail(err, ZS_ESHAPE, at->place, "%u elements do not expand to %lld", own,
                           (long long)want);
        dims[rank - i] = want == 1 ? own : (uint32_t)want;
        g->dims[rank - i] = dims[rank - i];
        g->tables[rank - i] =
            zs_onnx_table(at, dims[rank - i], 0, own != 1 ? (int64_t)x.strides[x.rank - i] : 0);
        if (g->tables[rank - i] == NULL)
            return zs_nomem(err, "a layer");
    }
    if (rank == 0 && (g->tables[0] = zs_onnx_table(at, 1, 0, 0)) == NULL)
        return zs_nomem(err, "a layer");
    return finish(at, g, &x, dims, rank, 0, err);
}

zs_status zs_onnx_tile(const zs_onnx_node *at, zs_err *err)
{
    operand x;
    zs_general *g;
    int64_t repeats[ZS_RANK_MAX], *table;
    size_t n;
    bool is_given;
    ZS_TRY(read_operand(at, 0, &x, err));
    ZS_TRY(zs_onnx_list(at, 1, NULL, repeats, ZS_RANK_MAX, &n, &is_given, err));
    if (n != x.rank)
        return zs_fail(err, ZS_EPARSE, at->place, "%zu repeats for %u dimensions", n, x.rank);
    ZS_TRY(start(at, &x, &g, err));
    for (uint32_t d = 0; d < x.rank; d++) {
        if (repeats[d] < 0 || repeats[d] > INT32_MAX)
            return zs_fail(err, ZS_ERANGE, at->place, "%lld repeats", (long long)repeats[d]);
        ZS_TRY(zs_onnx_keep_batch(at, x.v->constant == NULL && d == 0 && repeats[0] != 1, err));
        ZS_TRY(replace(at, g, d, (uint64_t)repeats[d] * x.dims[d], &table, err));
        for (uint32_t i = 0; i < g->dims[d]; i++)
            table[i] = (int64_t)(i % x.dims[d] * x.strides[d]);
    }
    uint32_t dims[ZS_RANK_MAX];
    memcpy(dims, g->dims, sizeof dims);
    return finish(at, g, &x, dims, x.rank, 0, err);
}
