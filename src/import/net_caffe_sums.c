/* Layers of Caffe and its forks that become ONNX operators over dimensions: products with weights,
 * reductions, normalisation. */
#include "import_caffe_priv.h"

/* Blob 0 of n weights; without weights, synthetic ones. */
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

/* InnerProduct that leaves some dimensions in front as they are. */
zs_status zs_caffe_product(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__InnerProduct *p = at->layer->inner_product_param;
    zs_arena *arena = at->net->graph.draft.arena;
    zs_caffe_ends e;
    uint32_t axis = 1, oc = 1;
    int64_t shape[ZS_RANK_MAX];
    const float *w, *bias;
    const char *flat, *weights, *sums, *addend;
    ZS_TRY(zs_caffe_begin(at, 1, true, &e, err));
    ZS_TRY(zs_caffe_axis_of(at, &e, p->axis, &axis, err));
    ZS_TRY(zs_net_size(p->num_output, 1, "num_output", at->place, &oc, err));
    const uint64_t k = zs_onnx_elems(e.dims + axis, e.rank - axis);
    for (uint32_t d = 0; d < axis; d++)
        shape[d] = zs_caffe_kept(&e, d);
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
    ZS_TRY(zs_caffe_blob_or(at, 1, oc, 0, &bias, err));
    ZS_TRY(zs_lower_floats(&e.lower, bias, &oc, 1, &addend, err));
    return zs_lower_binary(&e.lower, "Add", sums, addend, e.out, NULL, err);
}

zs_status zs_caffe_deconv(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__Convolution *p = at->layer->convolution_param;
    zs_caffe_ends e;
    zs_lower_op op;
    zs_window w;
    uint32_t oc = 1, groups = 1;
    const float *data, *bias;
    const char *weights, *addend = NULL;
    if (p == NULL)
        return zs_fail(err, ZS_EPARSE, at->place, "convolution_param is missing");
    ZS_TRY(zs_caffe_begin(at, 1, true, &e, err));
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
        ZS_TRY(zs_caffe_blob_or(at, 1, oc, 0, &bias, err));
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

/* A reduction over dimensions [from, to) that stay as 1. */
static zs_status reduce(const zs_caffe_ends *e, const char *type, const char *in, uint32_t from,
                        uint32_t to, const char **made, zs_err *err)
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
    zs_caffe_ends e;
    const float *scale;
    const char *v, *factor;
    ZS_TRY(
        zs_caffe_fork_param(at, &zs_caffe__normalize__descriptor, at->layer->norm_param, &p, err));
    p = p != NULL ? p : &defaults;
    ZS_TRY(zs_caffe_begin(at, 1, true, &e, err));
    if (e.rank < 2)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place, "an input of %u dimensions", e.rank);
    const uint32_t n = p->channel_shared ? 1 : e.dims[1];
    const uint32_t dims[ZS_RANK_MAX] = {n, 1, 1, 1, 1, 1, 1, 1};
    ZS_TRY(zs_caffe_blob_or(at, 0, n, 1, &scale, err));
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
    zs_caffe_ends e;
    const char *mean, *d, *v;
    ZS_TRY(zs_caffe_begin(at, 1, true, &e, err));
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
    zs_caffe_ends e;
    uint32_t axis = 1;
    int64_t axes[ZS_RANK_MAX];
    const char *sum;
    zs_lower_op op;
    ZS_TRY(zs_caffe_begin(at, 1, true, &e, err));
    ZS_TRY(zs_caffe_axis_of(at, &e, p->axis, &axis, err));
    if (p->operation < 1 || (size_t)p->operation >= ZS_LEN(types))
        return zs_fail(err, ZS_EUNSUPPORTED, at->place, "the unknown reduction %d",
                       (int)p->operation);
    for (uint32_t d = axis; d < e.rank; d++)
        axes[d - axis] = d;
    zs_lower_begin(&op, &e.lower, types[p->operation], e.in);
    zs_lower_ints(&op, "axes", axes, e.rank - axis);
    zs_lower_int(&op, "keepdims", 0);
    ZS_TRY(zs_lower_end(&op, NULL, &sum, err));
    return zs_caffe_affine(&e, sum, (double)p->coeff, 0, e.out, &sum, err);
}

zs_status zs_caffe_argmax(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__ArgMax defaults = ZS_CAFFE__ARG_MAX__INIT;
    const ZsCaffe__ArgMax *p = at->layer->argmax_param ? at->layer->argmax_param : &defaults;
    zs_caffe_ends e;
    zs_lower_op op;
    uint32_t axis = 1;
    const char *in, *place;
    ZS_TRY(zs_caffe_begin(at, 1, true, &e, err));
    in = e.in;
    if (p->out_max_val || p->top_k != 1)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "ArgMax of %u places%s; only the place of the largest is handled", p->top_k,
                       p->out_max_val ? " with their values" : "");
    if (p->has_axis)
        ZS_TRY(zs_caffe_axis_of(at, &e, p->axis, &axis, err));
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
    zs_caffe_ends e;
    uint32_t axis = 1;
    zs_lower_op op;
    ZS_TRY(zs_caffe_begin(at, 0, true, &e, err));
    ZS_TRY(zs_caffe_axis_of(at, &e, at->layer->softmax_param->axis, &axis, err));
    zs_lower_begin(&op, &e.lower, "Softmax", e.in);
    zs_lower_int(&op, "axis", axis);
    return zs_lower_end(&op, e.out, NULL, err);
}
