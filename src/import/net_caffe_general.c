/* Layers of Caffe and its forks that become ONNX operators: what all of them need, functions of
 * elements, joins. */
#include "import_caffe_priv.h"

#include "zynqsim/num.h"

#include <string.h>

/* ---- what all of them need ------------------------------------------------------------------- */

int64_t zs_caffe_kept(const zs_caffe_ends *e, uint32_t d)
{
    return d == 0 ? 0 : e->dims[d];
}

zs_status zs_caffe_begin(const zs_caffe_layer *at, size_t bottoms, bool needs_dims,
                         zs_caffe_ends *e, zs_err *err)
{
    const ZsCaffe__Layer *layer = at->layer;
    const char *from;
    if (bottoms > 0 && layer->n_bottom != bottoms)
        return zs_fail(err, layer->n_bottom < bottoms ? ZS_EPARSE : ZS_EUNSUPPORTED, at->place,
                       "%zu bottoms; %s takes %zu", layer->n_bottom, layer->type, bottoms);
    if (layer->n_bottom == 0)
        return zs_fail(err, ZS_EPARSE, at->place, "the layer has no bottoms");
    if (layer->n_top == 0 || layer->top[0][0] == '\0')
        return zs_fail(err, ZS_EPARSE, at->place, "the layer has no top");
    for (size_t i = 0; i < layer->n_bottom; i++)
        ZS_TRY(zs_caffe_bottom(at, i, &from, err));
    for (size_t i = 0; i < layer->n_top; i++)
        ZS_TRY(zs_caffe_check_top(at, layer->top[i], err));
    *e = (zs_caffe_ends){.in = layer->bottom[0], .out = layer->top[0]};
    e->lower = (zs_lower){.net = &at->net->graph, .place = at->place};
    e->lower.name = layer->name != NULL && layer->name[0] != '\0' ? layer->name : e->out;
    return needs_dims ? zs_lower_dims(&e->lower, e->in, e->dims, &e->rank, err) : ZS_OK;
}

zs_status zs_caffe_axis_of(const zs_caffe_layer *at, const zs_caffe_ends *e, int64_t axis,
                           uint32_t *out, zs_err *err)
{
    const int64_t from_start = axis < 0 ? axis + e->rank : axis;
    if (from_start < 1 || from_start >= e->rank)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "axis %lld of %u dimensions is not one of those behind the first",
                       (long long)axis, e->rank);
    *out = (uint32_t)from_start;
    return ZS_OK;
}

zs_status zs_caffe_blob_or(const zs_caffe_layer *at, size_t i, uint64_t n, float fill,
                           const float **out, zs_err *err)
{
    if (!zs_caffe_is_bare(at))
        return zs_caffe_read_vector(at, i, n, out, err);
    float *data = zs_arena_alloc_raw(at->net->graph.draft.arena, (size_t)n, sizeof *data);
    for (uint64_t k = 0; data != NULL && k < n; k++)
        data[k] = fill;
    *out = data;
    return data != NULL ? ZS_OK : zs_nomem(err, "a blob");
}

zs_status zs_caffe_pass(const zs_caffe_ends *e, const char *in, zs_err *err)
{
    return zs_lower_unary(&e->lower, "Identity", in, e->out, NULL, err);
}

/* ---- functions of each element --------------------------------------------------------------- */

zs_status zs_caffe_simple(const zs_caffe_layer *at, zs_err *err)
{
    zs_caffe_ends e;
    ZS_TRY(zs_caffe_begin(at, 1, false, &e, err));
    return zs_lower_unary(&e.lower, at->onnx, e.in, e.out, NULL, err);
}

/* An operator with one parameter. */
static zs_status with_float(const zs_caffe_layer *at, const char *type, const char *attr,
                            double value, zs_err *err)
{
    zs_caffe_ends e;
    zs_lower_op op;
    ZS_TRY(zs_caffe_begin(at, 1, false, &e, err));
    zs_lower_begin(&op, &e.lower, type, e.in);
    zs_lower_float(&op, attr, value);
    return zs_lower_end(&op, e.out, NULL, err);
}

zs_status zs_caffe_slope(const zs_caffe_layer *at, zs_err *err)
{
    return with_float(at, "LeakyRelu", "alpha", (double)at->layer->relu_param->negative_slope, err);
}

zs_status zs_caffe_elu(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__Elu *p = at->layer->elu_param;
    return with_float(at, "Elu", "alpha", p != NULL ? (double)p->alpha : 1, err);
}

zs_status zs_caffe_swish(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__Swish *p;
    ZS_TRY(zs_caffe_fork_param(at, &zs_caffe__swish__descriptor, at->layer->swish_param, &p, err));
    return with_float(at, "Swish", "alpha", p != NULL ? (double)p->beta : 1, err);
}

zs_status zs_caffe_clip(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__Clip *p;
    zs_caffe_ends e;
    const char *high;
    ZS_TRY(zs_caffe_fork_param(at, &zs_caffe__clip__descriptor, at->layer->clip_param, &p, err));
    ZS_TRY(zs_caffe_begin(at, 1, false, &e, err));
    if (p == NULL || !p->has_min || !p->has_max)
        return zs_fail(err, ZS_EPARSE, at->place, "min or max of clip_param is missing");
    ZS_TRY(zs_lower_number(&e.lower, "Min", e.in, (double)p->max, NULL, &high, err));
    return zs_lower_number(&e.lower, "Max", high, (double)p->min, e.out, NULL, err);
}

zs_status zs_caffe_threshold(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__Threshold *p = at->layer->threshold_param;
    zs_caffe_ends e;
    ZS_TRY(zs_caffe_begin(at, 1, true, &e, err));
    return zs_lower_number(&e.lower, "Greater", e.in, p != NULL ? (double)p->threshold : 0, e.out,
                           NULL, err);
}

zs_status zs_caffe_prelu(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__Prelu *p = at->layer->prelu_param;
    zs_caffe_ends e;
    const float *slope;
    const char *constant;
    ZS_TRY(zs_caffe_begin(at, 1, true, &e, err));
    const bool is_shared = p != NULL && p->channel_shared;
    const uint32_t n = is_shared || e.rank < 2 ? 1 : e.dims[1];
    const uint32_t dims[ZS_RANK_MAX] = {n, 1, 1, 1, 1, 1, 1, 1};
    ZS_TRY(zs_caffe_blob_or(at, 0, n, 0.25f, &slope, err));
    ZS_TRY(zs_lower_floats(&e.lower, slope, dims, e.rank > 1 ? e.rank - 1 : 1, &constant, err));
    return zs_lower_binary(&e.lower, "PRelu", e.in, constant, e.out, NULL, err);
}

zs_status zs_caffe_affine(const zs_caffe_ends *e, const char *in, double scale, double shift,
                          const char *out, const char **made, zs_err *err)
{
    const bool is_shifted = shift < 0 || shift > 0;
    const char *scaled = in;
    if (scale < 1 || scale > 1)
        ZS_TRY(zs_lower_number(&e->lower, "Mul", in, scale, is_shifted ? NULL : out, &scaled, err));
    if (is_shifted)
        return zs_lower_number(&e->lower, "Add", scaled, shift, out, made, err);
    *made = scaled;
    return scaled == in && out != NULL ? zs_lower_unary(&e->lower, "Identity", in, out, made, err)
                                       : ZS_OK;
}

zs_status zs_caffe_power(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__Power defaults = ZS_CAFFE__POWER__INIT;
    const ZsCaffe__Power *p = at->layer->power_param ? at->layer->power_param : &defaults;
    const bool is_plain = p->power >= 1 && p->power <= 1;
    zs_caffe_ends e;
    const char *inner;
    ZS_TRY(zs_caffe_begin(at, 1, !is_plain, &e, err));
    ZS_TRY(zs_caffe_affine(&e, e.in, (double)p->scale, (double)p->shift, is_plain ? e.out : NULL,
                           &inner, err));
    return is_plain ? ZS_OK
                    : zs_lower_number(&e.lower, "Pow", inner, (double)p->power, e.out, NULL, err);
}

/* The logarithm of a base, of which -1 stands for e. */
static zs_status read_base(const zs_caffe_layer *at, const ZsCaffe__Base *p, double *ln,
                           zs_err *err)
{
    const double base = p != NULL ? (double)p->base_ : -1;
    *ln = 1;
    if (base >= -1 && base <= -1)
        return ZS_OK;
    if (!(base > 0))
        return zs_fail(err, ZS_ERANGE, at->place, "base %g is not above 0", base);
    *ln = zs_log(base);
    return ZS_OK;
}

zs_status zs_caffe_exp(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__Base *p = at->layer->exp_param;
    zs_caffe_ends e;
    double ln;
    const char *inner;
    ZS_TRY(zs_caffe_begin(at, 1, false, &e, err));
    ZS_TRY(read_base(at, p, &ln, err));
    ZS_TRY(zs_caffe_affine(&e, e.in, ln * (p ? (double)p->scale : 1),
                           ln * (p ? (double)p->shift : 0), NULL, &inner, err));
    return zs_lower_unary(&e.lower, "Exp", inner, e.out, NULL, err);
}

zs_status zs_caffe_log(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__Base *p = at->layer->log_param;
    zs_caffe_ends e;
    double ln;
    const char *inner, *made;
    ZS_TRY(zs_caffe_begin(at, 1, false, &e, err));
    ZS_TRY(read_base(at, p, &ln, err));
    ZS_TRY(zs_caffe_affine(&e, e.in, p ? (double)p->scale : 1, p ? (double)p->shift : 0, NULL,
                           &inner, err));
    ZS_TRY(zs_lower_unary(&e.lower, "Log", inner, NULL, &made, err));
    return zs_caffe_affine(&e, made, 1 / ln, 0, e.out, &made, err);
}

/* ---- of several bottoms ---------------------------------------------------------------------- */

zs_status zs_caffe_eltwise(const zs_caffe_layer *at, zs_err *err)
{
    static const char *const types[] = {"Mul", "Add", "Max"};
    const ZsCaffe__Eltwise *p = at->layer->eltwise_param;
    const size_t n = at->layer->n_bottom;
    const bool is_sum = p->operation == ZS_CAFFE__ELTWISE__OP__SUM;
    zs_caffe_ends e;
    const char *sum = NULL;
    ZS_TRY(zs_caffe_begin(at, 0, true, &e, err));
    if ((size_t)p->operation >= ZS_LEN(types))
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "Eltwise operation %d is none of PROD, SUM and MAX", (int)p->operation);
    if (p->n_coeff != 0 && (p->n_coeff != n || !is_sum))
        return zs_fail(err, ZS_EPARSE, at->place, "%zu coefficients for %zu bottoms%s", p->n_coeff,
                       n, is_sum ? "" : " that are not added");
    for (size_t i = 0; i < n; i++) {
        const bool is_last = i + 1 == n;
        uint32_t dims[ZS_RANK_MAX], rank;
        const char *term = at->layer->bottom[i];
        ZS_TRY(zs_lower_dims(&e.lower, term, dims, &rank, err));
        if (rank != e.rank || memcmp(dims, e.dims, rank * sizeof *dims) != 0)
            return zs_fail(err, ZS_ESHAPE, at->place, "bottoms 0 and %zu have other shapes", i);
        if (p->n_coeff > 0)
            ZS_TRY(zs_caffe_affine(&e, term, (double)p->coeff[i], 0, n == 1 ? e.out : NULL, &term,
                                   err));
        if (i == 0)
            sum = term;
        else
            ZS_TRY(zs_lower_binary(&e.lower, types[p->operation], sum, term, is_last ? e.out : NULL,
                                   &sum, err));
    }
    return n == 1 && sum == e.in ? zs_caffe_pass(&e, e.in, err) : ZS_OK;
}

zs_status zs_caffe_axpy(const zs_caffe_layer *at, zs_err *err)
{
    zs_caffe_ends e;
    uint32_t dims[ZS_RANK_MAX], rank;
    const char *product, *factor;
    ZS_TRY(zs_caffe_begin(at, 3, true, &e, err));
    ZS_TRY(zs_lower_dims(&e.lower, at->layer->bottom[1], dims, &rank, err));
    int64_t shape[ZS_RANK_MAX] = {1, 1, 1, 1, 1, 1, 1, 1};
    for (uint32_t d = 0; d < e.rank && d < rank; d++)
        shape[d] = zs_caffe_kept(&e, d);
    ZS_TRY(zs_lower_reshape(&e.lower, e.in, shape, rank, NULL, &factor, err));
    ZS_TRY(zs_lower_binary(&e.lower, "Mul", at->layer->bottom[1], factor, NULL, &product, err));
    return zs_lower_binary(&e.lower, "Add", product, at->layer->bottom[2], e.out, NULL, err);
}

/* Scale and Bias: a factor or an addend for the dimensions from `axis` on, of a blob or of the
 * second bottom; then what Scale adds. */
zs_status zs_caffe_scale(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__Scale *scale = at->layer->scale_param;
    const ZsCaffe__Bias *bias = at->layer->bias_param;
    const bool is_scale = strcmp(at->onnx, "Mul") == 0, has_two = at->layer->n_bottom == 2;
    const int64_t stated = is_scale ? (scale ? scale->axis : 1) : bias ? bias->axis : 1;
    const int64_t axes = is_scale ? (scale ? scale->num_axes : 1) : bias ? bias->num_axes : 1;
    const bool adds = is_scale && scale != NULL && scale->bias_term;
    zs_caffe_ends e;
    uint32_t own[ZS_RANK_MAX], own_rank = 0, dims[ZS_RANK_MAX] = {0};
    int64_t shape[ZS_RANK_MAX];
    const char *operand, *product;
    const float *data;
    ZS_TRY(zs_caffe_begin(at, has_two ? 2 : 1, true, &e, err));
    const int64_t axis = stated < 0 ? stated + e.rank : stated;
    if (axis < 0 || axis > e.rank || axes < -1)
        return zs_fail(err, ZS_ERANGE, at->place, "axis %lld of %u dimensions", (long long)stated,
                       e.rank);
    if (has_two)
        ZS_TRY(zs_lower_dims(&e.lower, at->layer->bottom[1], own, &own_rank, err));
    else
        own_rank = axes < 0 ? e.rank - (uint32_t)axis : (uint32_t)zs_min_u64((uint64_t)axes, 99);
    if ((uint64_t)axis + own_rank > e.rank)
        return zs_fail(err, ZS_ESHAPE, at->place, "%u dimensions from axis %lld on, of %u",
                       own_rank, (long long)axis, e.rank);
    for (uint32_t d = 0; d < e.rank; d++) {
        const bool is_own = d >= axis && d < axis + own_rank;
        dims[d] = !is_own ? 1 : has_two ? own[d - axis] : e.dims[d];
        shape[d] = d == 0 && is_own ? 0 : dims[d];
        if (dims[d] != 1 && dims[d] != e.dims[d])
            return zs_fail(err, ZS_ESHAPE, at->place, "%u factors for dimension %u of %u elements",
                           dims[d], d, e.dims[d]);
    }
    const uint64_t n = zs_onnx_elems(dims, e.rank);
    if (has_two) {
        ZS_TRY(
            zs_lower_reshape(&e.lower, at->layer->bottom[1], shape, e.rank, NULL, &operand, err));
    } else {
        ZS_TRY(zs_caffe_blob_or(at, 0, n, is_scale ? 1 : 0, &data, err));
        ZS_TRY(zs_lower_floats(&e.lower, data, dims, e.rank, &operand, err));
    }
    ZS_TRY(zs_lower_binary(&e.lower, at->onnx, e.in, operand, adds ? NULL : e.out, &product, err));
    if (!adds)
        return ZS_OK;
    ZS_TRY(zs_caffe_blob_or(at, has_two ? 0 : 1, n, 0, &data, err));
    ZS_TRY(zs_lower_floats(&e.lower, data, dims, e.rank, &operand, err));
    return zs_lower_binary(&e.lower, "Add", product, operand, e.out, NULL, err);
}

zs_status zs_caffe_join(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__Concat *p = at->layer->concat_param;
    zs_caffe_ends e;
    zs_lower_op op;
    uint32_t axis = 1;
    ZS_TRY(zs_caffe_begin(at, 0, true, &e, err));
    ZS_TRY(
        zs_caffe_axis_of(at, &e, p->has_concat_dim ? (int64_t)p->concat_dim : p->axis, &axis, err));
    zs_lower_begin(&op, &e.lower, "Concat", NULL);
    op.many = at->layer->bottom;
    op.node.n_input = at->layer->n_bottom;
    zs_lower_int(&op, "axis", axis);
    return zs_lower_end(&op, e.out, NULL, err);
}
