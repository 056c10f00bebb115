/* Layers of Caffe and its forks that become ONNX operators. */
#include "import_caffe_priv.h"

#include "zynqsim/num.h"

#include <math.h>
#include <string.h>

/* ---- what all of them need ------------------------------------------------------------------- */

typedef struct ends {
    zs_lower lower;
    const char *in, *out;             /* the first bottom and the first top */
    uint32_t dims[ZS_RANK_MAX], rank; /* of the first bottom, where asked for */
} ends;

/* Dimension `d` of the first bottom as a reshape keeps it: samples that go one by one, by 0. */
static int64_t kept(const ends *e, uint32_t d)
{
    return d == 0 ? 0 : e->dims[d];
}

/* Checks bottoms and tops and names the layer. */
static zs_status begin(const zs_caffe_layer *at, size_t bottoms, bool needs_dims, ends *e,
                       zs_err *err)
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
    *e = (ends){.in = layer->bottom[0], .out = layer->top[0]};
    e->lower = (zs_lower){.net = &at->net->graph, .place = at->place};
    e->lower.name = layer->name != NULL && layer->name[0] != '\0' ? layer->name : e->out;
    return needs_dims ? zs_lower_dims(&e->lower, e->in, e->dims, &e->rank, err) : ZS_OK;
}

static zs_status axis_of(const zs_caffe_layer *at, const ends *e, int64_t axis, uint32_t *out,
                         zs_err *err)
{
    const int64_t from_start = axis < 0 ? axis + e->rank : axis;
    if (from_start < 1 || from_start >= e->rank)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "axis %lld of %u dimensions is not one of those behind the first",
                       (long long)axis, e->rank);
    *out = (uint32_t)from_start;
    return ZS_OK;
}

/* Blob i of n numbers; without weights, all of them `fill`. */
static zs_status blob_or(const zs_caffe_layer *at, size_t i, uint64_t n, float fill,
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

/* The same of weights: synthetic ones. */
static zs_status weights_or(const zs_caffe_layer *at, uint64_t n, uint64_t fan_in,
                            const float **out, zs_err *err)
{
    if (!zs_caffe_is_bare(at))
        return zs_caffe_read_vector(at, 0, n, out, err);
    if (n > UINT64_C(1) << 31)
        return zs_fail(err, ZS_ERANGE, at->place, "%llu weights are beyond 2^31",
                       (unsigned long long)n);
    float *data = zs_arena_alloc_raw(at->net->graph.draft.arena, (size_t)n, sizeof *data);
    for (uint64_t k = 0; data != NULL && k < n; k++)
        data[k] = zs_weight_synthetic(1, at->net->graph.draft.layer_n, k, fan_in);
    *out = data;
    return data != NULL ? ZS_OK : zs_nomem(err, "a blob");
}

static zs_status pass(const ends *e, const char *in, zs_err *err)
{
    return zs_lower_unary(&e->lower, "Identity", in, e->out, NULL, err);
}

/* ---- functions of each element --------------------------------------------------------------- */

zs_status zs_caffe_simple(const zs_caffe_layer *at, zs_err *err)
{
    ends e;
    ZS_TRY(begin(at, 1, false, &e, err));
    return zs_lower_unary(&e.lower, at->onnx, e.in, e.out, NULL, err);
}

/* An operator with one parameter. */
static zs_status with_float(const zs_caffe_layer *at, const char *type, const char *attr,
                            double value, zs_err *err)
{
    ends e;
    zs_lower_op op;
    ZS_TRY(begin(at, 1, false, &e, err));
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
    ends e;
    const char *high;
    ZS_TRY(zs_caffe_fork_param(at, &zs_caffe__clip__descriptor, at->layer->clip_param, &p, err));
    ZS_TRY(begin(at, 1, false, &e, err));
    if (p == NULL || !p->has_min || !p->has_max)
        return zs_fail(err, ZS_EPARSE, at->place, "min or max of clip_param is missing");
    ZS_TRY(zs_lower_number(&e.lower, "Min", e.in, (double)p->max, NULL, &high, err));
    return zs_lower_number(&e.lower, "Max", high, (double)p->min, e.out, NULL, err);
}

zs_status zs_caffe_threshold(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__Threshold *p = at->layer->threshold_param;
    ends e;
    ZS_TRY(begin(at, 1, true, &e, err));
    return zs_lower_number(&e.lower, "Greater", e.in, p != NULL ? (double)p->threshold : 0, e.out,
                           NULL, err);
}

zs_status zs_caffe_prelu(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__Prelu *p = at->layer->prelu_param;
    ends e;
    const float *slope;
    const char *constant;
    ZS_TRY(begin(at, 1, true, &e, err));
    const bool is_shared = p != NULL && p->channel_shared;
    const uint32_t n = is_shared || e.rank < 2 ? 1 : e.dims[1];
    const uint32_t dims[ZS_RANK_MAX] = {n, 1, 1, 1, 1, 1, 1, 1};
    ZS_TRY(blob_or(at, 0, n, 0.25f, &slope, err));
    ZS_TRY(zs_lower_floats(&e.lower, slope, dims, e.rank > 1 ? e.rank - 1 : 1, &constant, err));
    return zs_lower_binary(&e.lower, "PRelu", e.in, constant, e.out, NULL, err);
}

/* x * scale + shift, where they are not 1 and 0. */
static zs_status affine(const ends *e, const char *in, double scale, double shift, const char *out,
                        const char **made, zs_err *err)
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
    ends e;
    const char *inner;
    ZS_TRY(begin(at, 1, !is_plain, &e, err));
    ZS_TRY(
        affine(&e, e.in, (double)p->scale, (double)p->shift, is_plain ? e.out : NULL, &inner, err));
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
    ends e;
    double ln;
    const char *inner;
    ZS_TRY(begin(at, 1, false, &e, err));
    ZS_TRY(read_base(at, p, &ln, err));
    ZS_TRY(affine(&e, e.in, ln * (p ? (double)p->scale : 1), ln * (p ? (double)p->shift : 0), NULL,
                  &inner, err));
    return zs_lower_unary(&e.lower, "Exp", inner, e.out, NULL, err);
}

zs_status zs_caffe_log(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__Base *p = at->layer->log_param;
    ends e;
    double ln;
    const char *inner, *made;
    ZS_TRY(begin(at, 1, false, &e, err));
    ZS_TRY(read_base(at, p, &ln, err));
    ZS_TRY(affine(&e, e.in, p ? (double)p->scale : 1, p ? (double)p->shift : 0, NULL, &inner, err));
    ZS_TRY(zs_lower_unary(&e.lower, "Log", inner, NULL, &made, err));
    return affine(&e, made, 1 / ln, 0, e.out, &made, err);
}

/* ---- of several bottoms ---------------------------------------------------------------------- */

zs_status zs_caffe_eltwise(const zs_caffe_layer *at, zs_err *err)
{
    static const char *const types[] = {"Mul", "Add", "Max"};
    const ZsCaffe__Eltwise *p = at->layer->eltwise_param;
    const size_t n = at->layer->n_bottom;
    const bool is_sum = p->operation == ZS_CAFFE__ELTWISE__OP__SUM;
    ends e;
    const char *sum = NULL;
    ZS_TRY(begin(at, 0, true, &e, err));
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
            ZS_TRY(affine(&e, term, (double)p->coeff[i], 0, n == 1 ? e.out : NULL, &term, err));
        if (i == 0)
            sum = term;
        else
            ZS_TRY(zs_lower_binary(&e.lower, types[p->operation], sum, term, is_last ? e.out : NULL,
                                   &sum, err));
    }
    return n == 1 && sum == e.in ? pass(&e, e.in, err) : ZS_OK;
}

zs_status zs_caffe_axpy(const zs_caffe_layer *at, zs_err *err)
{
    ends e;
    uint32_t dims[ZS_RANK_MAX], rank;
    const char *product, *factor;
    ZS_TRY(begin(at, 3, true, &e, err));
    ZS_TRY(zs_lower_dims(&e.lower, at->layer->bottom[1], dims, &rank, err));
    int64_t shape[ZS_RANK_MAX] = {1, 1, 1, 1, 1, 1, 1, 1};
    for (uint32_t d = 0; d < e.rank && d < rank; d++)
        shape[d] = kept(&e, d);
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
    ends e;
    uint32_t own[ZS_RANK_MAX], own_rank = 0, dims[ZS_RANK_MAX] = {0};
    int64_t shape[ZS_RANK_MAX];
    const char *operand, *product;
    const float *data;
    ZS_TRY(begin(at, has_two ? 2 : 1, true, &e, err));
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
        ZS_TRY(blob_or(at, 0, n, is_scale ? 1 : 0, &data, err));
        ZS_TRY(zs_lower_floats(&e.lower, data, dims, e.rank, &operand, err));
    }
    ZS_TRY(zs_lower_binary(&e.lower, at->onnx, e.in, operand, adds ? NULL : e.out, &product, err));
    if (!adds)
        return ZS_OK;
    ZS_TRY(blob_or(at, has_two ? 0 : 1, n, 0, &data, err));
    ZS_TRY(zs_lower_floats(&e.lower, data, dims, e.rank, &operand, err));
    return zs_lower_binary(&e.lower, "Add", product, operand, e.out, NULL, err);
}

zs_status zs_caffe_join(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__Concat *p = at->layer->concat_param;
    ends e;
    zs_lower_op op;
    uint32_t axis = 1;
    ZS_TRY(begin(at, 0, true, &e, err));
    ZS_TRY(axis_of(at, &e, p->has_concat_dim ? (int64_t)p->concat_dim : p->axis, &axis, err));
    zs_lower_begin(&op, &e.lower, "Concat", NULL);
    op.many = at->layer->bottom;
    op.node.n_input = at->layer->n_bottom;
    zs_lower_int(&op, "axis", axis);
    return zs_lower_end(&op, e.out, NULL, err);
}

/* ---- sums over dimensions -------------------------------------------------------------------- */

/* InnerProduct that leaves some dimensions in front as they are. */
zs_status zs_caffe_product(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__InnerProduct *p = at->layer->inner_product_param;
    zs_arena *arena = at->net->graph.draft.arena;
    ends e;
    uint32_t axis = 1, oc = 1;
    int64_t shape[ZS_RANK_MAX];
    const float *w, *bias;
    const char *flat, *weights, *sums, *addend;
    ZS_TRY(begin(at, 1, true, &e, err));
    ZS_TRY(axis_of(at, &e, p->axis, &axis, err));
    ZS_TRY(zs_net_size(p->num_output, 1, "num_output", at->place, &oc, err));
    const uint64_t k = zs_onnx_elems(e.dims + axis, e.rank - axis);
    for (uint32_t d = 0; d < axis; d++)
        shape[d] = kept(&e, d);
    shape[axis] = (int64_t)k;
    ZS_TRY(weights_or(at, k * oc, k, &w, err));
    if (!p->transpose && (w = zs_net_transpose(arena, w, oc, k)) == NULL)
        return zs_nomem(err, "transposed weights");
    ZS_TRY(zs_lower_reshape(&e.lower, e.in, shape, axis + 1, NULL, &flat, err));
    ZS_TRY(zs_lower_floats(&e.lower, w, (const uint32_t[]){(uint32_t)k, oc}, 2, &weights, err));
    ZS_TRY(zs_lower_binary(&e.lower, "MatMul", flat, weights, p->bias_term ? NULL : e.out, &sums,
                           err));
    if (!p->bias_term)
        return ZS_OK;
    ZS_TRY(blob_or(at, 1, oc, 0, &bias, err));
    ZS_TRY(zs_lower_floats(&e.lower, bias, &oc, 1, &addend, err));
    return zs_lower_binary(&e.lower, "Add", sums, addend, e.out, NULL, err);
}

/* A reduction over dimensions [from, to) that stay as 1. */
static zs_status reduce(const ends *e, const char *type, const char *in, uint32_t from, uint32_t to,
                        const char **made, zs_err *err)
{
    zs_lower_op op;
    int64_t axes[ZS_RANK_MAX];
    for (uint32_t d = from; d < to; d++)
        axes[d - from] = d;
    zs_lower_begin(&op, &e->lower, type, in);
    zs_lower_ints(&op, "axes", axes, to - from);
    zs_lower_int(&op, "keepdims", 1);
    return zs_lower_end(&op, NULL, made, err);
}

/* x / sqrt(sum of x^2 + eps), over channels or all of a sample, times a factor. */
zs_status zs_caffe_normalize(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__Normalize defaults = ZS_CAFFE__NORMALIZE__INIT, *p;
    ends e;
    const float *scale;
    const char *v, *factor;
    ZS_TRY(
        zs_caffe_fork_param(at, &zs_caffe__normalize__descriptor, at->layer->norm_param, &p, err));
    p = p != NULL ? p : &defaults;
    ZS_TRY(begin(at, 1, true, &e, err));
    if (e.rank < 2)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place, "an input of %u dimensions", e.rank);
    const uint32_t n = p->channel_shared ? 1 : e.dims[1];
    const uint32_t dims[ZS_RANK_MAX] = {n, 1, 1, 1, 1, 1, 1, 1};
    ZS_TRY(blob_or(at, 0, n, 1, &scale, err));
    ZS_TRY(zs_lower_floats(&e.lower, scale, dims, e.rank - 1, &factor, err));
    ZS_TRY(reduce(&e, "ReduceSumSquare", e.in, 1, p->across_spatial ? e.rank : 2, &v, err));
    ZS_TRY(zs_lower_number(&e.lower, "Add", v, p->has_eps ? (double)p->eps : 1e-10, NULL, &v, err));
    ZS_TRY(zs_lower_unary(&e.lower, "Sqrt", v, NULL, &v, err));
    ZS_TRY(zs_lower_binary(&e.lower, "Div", e.in, v, NULL, &v, err));
    return zs_lower_binary(&e.lower, "Mul", v, factor, e.out, NULL, err);
}

/* (x - mean) / (standard deviation + eps). */
zs_status zs_caffe_mvn(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__Mvn defaults = ZS_CAFFE__MVN__INIT;
    const ZsCaffe__Mvn *p = at->layer->mvn_param ? at->layer->mvn_param : &defaults;
    ends e;
    const char *mean, *d, *v;
    ZS_TRY(begin(at, 1, true, &e, err));
    if (e.rank < 3)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place, "an input of %u dimensions", e.rank);
    const uint32_t from = p->across_channels ? 1 : 2;
    const char *out = p->normalize_variance ? NULL : e.out;
    ZS_TRY(reduce(&e, "ReduceMean", e.in, from, e.rank, &mean, err));
    ZS_TRY(zs_lower_binary(&e.lower, "Sub", e.in, mean, out, &d, err));
    if (!p->normalize_variance)
        return ZS_OK;
    ZS_TRY(zs_lower_binary(&e.lower, "Mul", d, d, NULL, &v, err));
    ZS_TRY(reduce(&e, "ReduceMean", v, from, e.rank, &v, err));
    ZS_TRY(zs_lower_unary(&e.lower, "Sqrt", v, NULL, &v, err));
    ZS_TRY(zs_lower_number(&e.lower, "Add", v, p->has_eps ? (double)p->eps : 1e-9, NULL, &v, err));
    return zs_lower_binary(&e.lower, "Div", d, v, e.out, NULL, err);
}

zs_status zs_caffe_reduction(const zs_caffe_layer *at, zs_err *err)
{
    static const char *const types[] = {NULL, "ReduceSum", "ReduceL1", "ReduceSumSquare",
                                        "ReduceMean"};
    const ZsCaffe__Reduction defaults = ZS_CAFFE__REDUCTION__INIT;
    const ZsCaffe__Reduction *p =
        at->layer->reduction_param ? at->layer->reduction_param : &defaults;
    ends e;
    uint32_t axis = 1;
    int64_t axes[ZS_RANK_MAX];
    const char *sum;
    zs_lower_op op;
    ZS_TRY(begin(at, 1, true, &e, err));
    ZS_TRY(axis_of(at, &e, p->axis, &axis, err));
    if (p->operation < 1 || (size_t)p->operation >= ZS_LEN(types))
        return zs_fail(err, ZS_EUNSUPPORTED, at->place, "the unknown reduction %d",
                       (int)p->operation);
    for (uint32_t d = axis; d < e.rank; d++)
        axes[d - axis] = d;
    zs_lower_begin(&op, &e.lower, types[p->operation], e.in);
    zs_lower_ints(&op, "axes", axes, e.rank - axis);
    zs_lower_int(&op, "keepdims", 0);
    ZS_TRY(zs_lower_end(&op, NULL, &sum, err));
    return affine(&e, sum, (double)p->coeff, 0, e.out, &sum, err);
}

zs_status zs_caffe_argmax(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__ArgMax defaults = ZS_CAFFE__ARG_MAX__INIT;
    const ZsCaffe__ArgMax *p = at->layer->argmax_param ? at->layer->argmax_param : &defaults;
    ends e;
    zs_lower_op op;
    uint32_t axis = 1;
    const char *in, *place;
    ZS_TRY(begin(at, 1, true, &e, err));
    in = e.in;
    if (p->out_max_val || p->top_k != 1)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "ArgMax of %u places%s; only the place of the largest is handled", p->top_k,
                       p->out_max_val ? " with their values" : "");
    if (p->has_axis)
        ZS_TRY(axis_of(at, &e, p->axis, &axis, err));
    else
        ZS_TRY(zs_lower_reshape(&e.lower, e.in, (const int64_t[]){e.rank > 1 ? 0 : 1, -1}, 2, NULL,
                                &in, err));
    zs_lower_begin(&op, &e.lower, "ArgMax", in);
    zs_lower_int(&op, "axis", axis);
    zs_lower_int(&op, "keepdims", 1);
    ZS_TRY(zs_lower_end(&op, p->has_axis ? e.out : NULL, &place, err));
    return p->has_axis
               ? ZS_OK
               : zs_lower_reshape(&e.lower, place, (const int64_t[]){0, 1, 1}, 3, e.out, NULL, err);
}

zs_status zs_caffe_softmax(const zs_caffe_layer *at, zs_err *err)
{
    ends e;
    uint32_t axis = 1;
    zs_lower_op op;
    ZS_TRY(begin(at, 0, true, &e, err));
    ZS_TRY(axis_of(at, &e, at->layer->softmax_param->axis, &axis, err));
    zs_lower_begin(&op, &e.lower, "Softmax", e.in);
    zs_lower_int(&op, "axis", axis);
    return zs_lower_end(&op, e.out, NULL, err);
}

/* ---- where elements lie ---------------------------------------------------------------------- */

zs_status zs_caffe_permute(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__Permute *p;
    ends e;
    int64_t perm[ZS_RANK_MAX];
    uint32_t n = 0, seen = 0;
    ZS_TRY(
        zs_caffe_fork_param(at, &zs_caffe__permute__descriptor, at->layer->permute_param, &p, err));
    ZS_TRY(begin(at, 1, true, &e, err));
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
    ends e;
    uint32_t axis = 1;
    zs_lower_op op;
    const char *sizes;
    ZS_TRY(begin(at, 1, true, &e, err));
    ZS_TRY(axis_of(at, &e, p->has_slice_dim ? (int64_t)p->slice_dim : p->axis, &axis, err));
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
        return pass(&e, e.in, err);
    ZS_TRY(zs_lower_list(&e.lower, split, n, &sizes, err));
    zs_lower_begin(&op, &e.lower, "Split", e.in);
    zs_lower_in(&op, sizes);
    zs_lower_int(&op, "axis", axis);
    return zs_lower_ends(&op, at->layer->top, n, err);
}

zs_status zs_caffe_upsample(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__Upsample defaults = ZS_CAFFE__UPSAMPLE__INIT, *p;
    ends e;
    zs_lower_op op;
    const char *scales;
    ZS_TRY(zs_caffe_fork_param(at, &zs_caffe__upsample__descriptor, at->layer->upsample_param, &p,
                               err));
    p = p != NULL ? p : &defaults;
    ZS_TRY(begin(at, 1, true, &e, err));
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

zs_status zs_caffe_deconv(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__Convolution *p = at->layer->convolution_param;
    ends e;
    zs_lower_op op;
    zs_window w;
    uint32_t oc = 1, groups = 1;
    const float *data, *bias;
    const char *weights, *addend = NULL;
    if (p == NULL)
        return zs_fail(err, ZS_EPARSE, at->place, "convolution_param is missing");
    ZS_TRY(begin(at, 1, true, &e, err));
    ZS_TRY(zs_net_size(p->num_output, 1, "num_output", at->place, &oc, err));
    ZS_TRY(zs_net_size(p->group, 1, "group", at->place, &groups, err));
    ZS_TRY(zs_caffe_conv_window(at, p, &w, err));
    if (e.rank != 4 || p->axis != 1 || e.dims[1] % groups != 0 || oc % groups != 0)
        return zs_fail(err, ZS_ESHAPE, at->place,
                       "%u groups of %u channels and %u outputs, axis %d of %u dimensions", groups,
                       e.dims[1], oc, p->axis, e.rank);
    const uint32_t dims[4] = {e.dims[1], oc / groups, w.kh, w.kw};
    uint64_t n;
    if (w.kh > 65535 || w.kw > 65535 || !zs_mul3_u64((uint64_t)dims[0] * dims[1], w.kh, w.kw, &n))
        return zs_fail(err, ZS_ERANGE, at->place, "a kernel of %u x %u", w.kh, w.kw);
    ZS_TRY(weights_or(at, n, (uint64_t)dims[0] / groups * w.kh * w.kw, &data, err));
    ZS_TRY(zs_lower_floats(&e.lower, data, dims, 4, &weights, err));
    if (p->bias_term) {
        ZS_TRY(blob_or(at, 1, oc, 0, &bias, err));
        ZS_TRY(zs_lower_floats(&e.lower, bias, &oc, 1, &addend, err));
    }
    zs_lower_begin(&op, &e.lower, "ConvTranspose", e.in);
    zs_lower_in(&op, weights);
    if (addend != NULL)
        zs_lower_in(&op, addend);
    zs_lower_int(&op, "group", groups);
    zs_lower_ints(&op, "strides", (const int64_t[]){w.sh, w.sw}, 2);
    zs_lower_ints(&op, "dilations", (const int64_t[]){w.dh, w.dw}, 2);
    zs_lower_ints(&op, "pads", (const int64_t[]){w.pad_top, w.pad_left, w.pad_top, w.pad_left}, 4);
    return zs_lower_end(&op, e.out, NULL, err);
}

/* 0 keeps a dimension, -1 is what remains; the dimensions from `axis` on are replaced. */
zs_status zs_caffe_reshape(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__Reshape *p = at->layer->reshape_param;
    ends e;
    int64_t shape[ZS_RANK_MAX];
    ZS_TRY(begin(at, 1, true, &e, err));
    const size_t n = p != NULL && p->shape != NULL ? p->shape->n_dim : 0;
    const int64_t from = p == NULL ? 0 : p->axis < 0 ? p->axis + 1 + (int64_t)e.rank : p->axis;
    const int64_t to = p == NULL || p->num_axes < 0 ? (int64_t)e.rank : from + p->num_axes;
    if (from < 0 || from > e.rank || to > e.rank || (uint64_t)from + n + e.rank - (uint64_t)to > 8)
        return zs_fail(err, ZS_ERANGE, at->place,
                       "%zu dimensions in place of %lld to %lld of %u, of 8 at most", n,
                       (long long)from, (long long)to, e.rank);
    size_t rank = 0;
    for (int64_t d = 0; d < from; d++)
        shape[rank++] = kept(&e, (uint32_t)d);
    for (size_t i = 0; i < n; i++) {
        const int64_t size = p->shape->dim[i];
        if (size == 0 && from + (int64_t)i >= e.rank)
            return zs_fail(err, ZS_ERANGE, at->place, "dimension %zu keeps what is not there", i);
        shape[rank++] = size == 0 ? kept(&e, (uint32_t)(from + (int64_t)i)) : size;
    }
    for (int64_t d = to; d < e.rank; d++)
        shape[rank++] = e.dims[d];
    return zs_lower_reshape(&e.lower, e.in, shape, rank, e.out, NULL, err);
}

zs_status zs_caffe_flatten(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__Flatten *p = at->layer->flatten_param;
    ends e;
    uint32_t from = 1, to = 1;
    int64_t shape[ZS_RANK_MAX];
    size_t rank = 0;
    ZS_TRY(begin(at, 1, true, &e, err));
    ZS_TRY(axis_of(at, &e, p->axis, &from, err));
    ZS_TRY(axis_of(at, &e, p->end_axis, &to, err));
    if (to < from)
        return zs_fail(err, ZS_ERANGE, at->place, "flattens from axis %u to %u", from, to);
    for (uint32_t d = 0; d <= from; d++)
        shape[rank++] = d < from ? kept(&e, d) : 1;
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
    ends e;
    const char *v;
    ZS_TRY(zs_caffe_fork_param(at, &zs_caffe__shuffle__descriptor, at->layer->shuffle_channel_param,
                               &p, err));
    ZS_TRY(begin(at, 1, true, &e, err));
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
    ends e;
    uint32_t axis = 1;
    const char *repeats;
    ZS_TRY(begin(at, 1, true, &e, err));
    ZS_TRY(axis_of(at, &e, p != NULL ? p->axis : 1, &axis, err));
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
    ends e;
    uint32_t axis = 1, dims[ZS_RANK_MAX], rank;
    int64_t starts[ZS_RANK_MAX], stops[ZS_RANK_MAX], axes[ZS_RANK_MAX];
    const char *names[3];
    zs_lower_op op;
    ZS_TRY(begin(at, 2, true, &e, err));
    ZS_TRY(axis_of(at, &e, p != NULL ? p->axis : 2, &axis, err));
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
