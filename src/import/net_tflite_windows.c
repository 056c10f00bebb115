/* Operators of TFLite with filters or windows: convolutions, fully connected layers, pools. */
#include "import_tflite_priv.h"

#include <string.h>

static zs_status add_window(const zs_tfl_op *at, zs_lower_op *op, const int64_t strides[2],
                            const int64_t dilations[2], const int64_t kernel[2], zs_err *err)
{
    const int64_t padding = zs_flat_int(&at->options, 0, 1, true, ZS_TFL_SAME);
    for (size_t i = 0; i < 2; i++)
        if (strides[i] < 1 || kernel[i] < 1 || (dilations != NULL && dilations[i] < 1))
            return zs_fail(err, ZS_ERANGE, at->lower.place,
                           "a stride of %lld, a kernel of %lld or a dilation is below 1",
                           (long long)strides[i], (long long)kernel[i]);
    if (padding != ZS_TFL_SAME && padding != ZS_TFL_VALID)
        return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place, "padding %lld is not handled",
                       (long long)padding);
    zs_lower_ints(op, "strides", strides, 2);
    if (dilations != NULL)
        zs_lower_ints(op, "dilations", dilations, 2);
    zs_lower_ints(op, "kernel_shape", kernel, 2);
    zs_lower_text(op, "auto_pad", padding == ZS_TFL_SAME ? "SAME_UPPER" : "VALID");
    return ZS_OK;
}

/* Weights as [oc][ic / groups][kh][kw]. Of a convolution the file has [oc][kh][kw][ic], of a
 * depthwise one [1][kh][kw][oc]. */
static zs_status take_weights(const zs_tfl_op *at, const zs_tfl_tensor *w, bool is_depthwise,
                              bool raw, uint32_t dims[4], const float **out, zs_err *err)
{
    const float *from;
    if (w->rank != 4 || (is_depthwise && w->dims[0] != 1))
        return zs_fail(err, ZS_ESHAPE, at->lower.place, "weights of %u dimensions", w->rank);
    ZS_TRY(zs_tfl_floats(at, w, raw, &from, err));
    dims[0] = is_depthwise ? w->dims[3] : w->dims[0];
    dims[1] = is_depthwise ? 1 : w->dims[3];
    dims[2] = w->dims[1];
    dims[3] = w->dims[2];
    const size_t taps = (size_t)dims[2] * dims[3], ic = dims[1], oc = dims[0];
    float *to = zs_arena_alloc_raw(at->net->graph.draft.arena, oc * ic * taps, sizeof *to);
    if (to == NULL)
        return zs_nomem(err, "weights");
    for (size_t o = 0; o < oc; o++)
        for (size_t i = 0; i < ic; i++)
            for (size_t k = 0; k < taps; k++)
                to[(o * ic + i) * taps + k] =
                    is_depthwise ? from[k * oc + o] : from[(o * taps + k) * ic + i];
    *out = to;
    return ZS_OK;
}

zs_status zs_tfl_take_bias(const zs_tfl_op *at, uint32_t input, uint32_t oc, const float **out,
                           zs_err *err)
{
    const zs_tfl_tensor *bias;
    *out = NULL;
    ZS_TRY(zs_tfl_in(at, input, &bias, err));
    if (bias == NULL)
        return ZS_OK;
    ZS_TRY(zs_tfl_constant(at, input, &bias, err));
    if (zs_tfl_elems(bias) != oc || (bias->type != ZS_TFL_FLOAT && bias->type != ZS_TFL_INT32))
        return zs_fail(err, ZS_ESHAPE, at->lower.place,
                       "the bias has %llu elements of type %lld for %u output channels",
                       (unsigned long long)zs_tfl_elems(bias), (long long)bias->type, oc);
    zs_tfl_tensor plain = *bias;
    plain.scale.n = 0; /* that of the sums, whatever the file says */
    return zs_tfl_floats(at, &plain, true, out, err);
}

/* The function of the sums of a layer with filters, whose channels are the filters of each sample
 * one after the other. */
static zs_status end_sums(const zs_tfl_op *at, const char *value, const zs_tfl_tensor *w,
                          uint32_t filters, uint32_t samples, int64_t act, bool is_single,
                          zs_err *err)
{
    const zs_tfl_tensor *x, *y, *bias;
    const uint32_t oc = filters * samples; /* those of a layer that is there */
    zs_layer_quant *quant;
    double *factor = zs_tfl_new_doubles(at, oc);
    int32_t *bits = zs_arena_alloc_raw(at->net->graph.draft.arena, oc, sizeof *bits);
    if (factor == NULL || bits == NULL)
        return zs_nomem(err, "scales");
    ZS_TRY(zs_tfl_in(at, 0, &x, err));
    ZS_TRY(zs_tfl_out(at, &y, err));
    ZS_TRY(zs_tfl_in(at, 2, &bias, err));
    if (w->scale.n == 0 || (w->scale.n != 1 && w->scale.n != filters))
        return zs_fail(err, ZS_ESHAPE, at->lower.place, "%u scales for %u output channels",
                       w->scale.n, filters);
    for (uint32_t c = 0; c < oc; c++)
        factor[c] = zs_tfl_factor(at, zs_tfl_scale(x, 0), zs_tfl_scale(w, c % filters),
                                  zs_tfl_scale(y, 0), is_single && w->scale.n == 1);
    ZS_TRY(zs_tfl_quant(at, y, act, factor, oc, &quant, err));
    const bool is_byte = w->type == ZS_TFL_UINT8;
    const int64_t zero = w->zero.n > 0 ? zs_flat_int_at(&w->zero, 0, true) : 0;
    quant->weight = (zs_number){.scale = 1, .lo = -128, .hi = 127, .bits = 8};
    quant->weight.zero = (int32_t)(zero < -128 ? -128 : zero > 255 ? 255 : zero) - 128 * is_byte;
    for (uint32_t c = 0; bias != NULL && c < oc; c++) {
        zs_flat file = {.bytes = bias->data};
        const zs_flat_list list = {.file = &file, .n = filters, .elem_bytes = 4};
        bits[c] = (int32_t)zs_flat_int_at(&list, c % filters, true);
    }
    quant->bias = bias != NULL ? bits : NULL;
    return zs_tfl_set_quant(at, value, quant, err);
}

static zs_status convolve(const zs_tfl_op *at, bool is_depthwise, zs_err *err)
{
    const zs_flat_table *o = &at->options;
    const uint32_t first = is_depthwise ? 1 : 0; /* a field more: the multiplier */
    const int64_t act = zs_flat_int(o, 3 + first, 1, true, 0);
    int64_t strides[2] = {zs_flat_int(o, 2, 4, true, 0), zs_flat_int(o, 1, 4, true, 0)};
    int64_t dilations[2] = {zs_flat_int(o, 5 + first, 4, true, 1),
                            zs_flat_int(o, 4 + first, 4, true, 1)};
    const zs_tfl_tensor *x, *w, *y;
    const float *weights = NULL, *bias;
    const char *map, *kernel, *addend = NULL, *made;
    uint32_t dims[4] = {0};
    zs_lower_op op;
    ZS_TRY(zs_tfl_ends(at, &x, &y, err));
    ZS_TRY(zs_tfl_constant(at, 1, &w, err));
    const bool is_int = zs_tfl_is_int(x);
    if (is_int && !zs_tfl_is_int(w))
        return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place, "weights of type %lld for integers",
                       (long long)w->type);
    ZS_TRY(
        zs_tfl_dilate(at, x, y, strides, zs_flat_int(o, 0, 1, true, ZS_TFL_SAME), dilations, err));
    if (x->block[0] != 0)
        map = x->map;
    else
        ZS_TRY(zs_tfl_to_map(at, x, &map, err));
    ZS_TRY(take_weights(at, w, is_depthwise, is_int, dims, &weights, err));
    ZS_TRY(zs_tfl_take_bias(at, 2, dims[0], &bias, err));
    if (x->dims[3] % dims[1] != 0)
        return zs_fail(err, ZS_ESHAPE, at->lower.place, "weights over %u of %u channels", dims[1],
                       x->dims[3]);
    /* 0: files of converters that leave it to the shapes */
    const int64_t multiplier = is_depthwise ? zs_flat_int(o, 3, 4, true, 0) : 0;
    if (multiplier != 0 && multiplier * x->dims[3] != dims[0])
        return zs_fail(err, ZS_ESHAPE, at->lower.place,
                       "depth_multiplier %lld of %u channels, but weights for %u",
                       (long long)multiplier, x->dims[3], dims[0]);
    ZS_TRY(zs_lower_floats(&at->lower, weights, dims, 4, &kernel, err));
    if (bias != NULL)
        ZS_TRY(zs_lower_floats(&at->lower, bias, dims, 1, &addend, err));
    int64_t sizes[2] = {dims[2], dims[3]};
    zs_lower_begin(&op, &at->lower, "Conv", map);
    zs_lower_in(&op, kernel);
    if (addend != NULL)
        zs_lower_in(&op, addend);
    zs_lower_int(&op, "group", x->dims[3] / dims[1]);
    ZS_TRY(add_window(at, &op, strides, dilations, sizes, err));
    ZS_TRY(zs_lower_end(&op, NULL, &made, err));
    if (is_int)
        ZS_TRY(end_sums(at, made, w, dims[0], x->block[0] == 0 ? x->dims[0] : 1, act,
                        x->type == ZS_TFL_UINT8, err));
    else
        ZS_TRY(zs_tfl_activate(at, act, made, NULL, &made, err));
    return zs_tfl_from_map(at, made, y, err);
}

zs_status zs_tfl_conv(const zs_tfl_op *at, zs_err *err)
{
    return convolve(at, false, err);
}

zs_status zs_tfl_depthwise(const zs_tfl_op *at, zs_err *err)
{
    return convolve(at, true, err);
}

zs_status zs_tfl_fc(const zs_tfl_op *at, zs_err *err)
{
    const int64_t act = zs_flat_int(&at->options, 0, 1, true, 0);
    const int64_t format = zs_flat_int(&at->options, 1, 1, true, 0);
    const zs_tfl_tensor *x, *w, *y;
    const float *weights = NULL, *bias;
    const char *flat, *kernel, *addend = NULL, *made;
    zs_lower_op op;
    ZS_TRY(zs_tfl_ends(at, &x, &y, err));
    ZS_TRY(zs_tfl_constant(at, 1, &w, err));
    const bool is_int = zs_tfl_is_int(x);
    const uint64_t rows = w->rank == 2 ? zs_tfl_elems(x) / w->dims[1] : 0;
    if (rows == 0 || zs_tfl_elems(x) != rows * w->dims[1] || format != 0 || (is_int && rows > 1) ||
        (is_int && !zs_tfl_is_int(w)))
        return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place,
                       "%llu elements by weights of %u dimensions, format %lld, type %lld; plain "
                       "weights are handled, of integers with one row",
                       (unsigned long long)zs_tfl_elems(x), w->rank, (long long)format,
                       (long long)w->type);
    ZS_TRY(zs_tfl_floats(at, w, is_int, &weights, err));
    ZS_TRY(zs_tfl_take_bias(at, 2, w->dims[0], &bias, err));
    ZS_TRY(zs_tfl_value(at, x, &flat, err));
    ZS_TRY(zs_lower_reshape(&at->lower, flat, (const int64_t[]){(int64_t)rows, w->dims[1]}, 2, NULL,
                            &flat, err));
    ZS_TRY(zs_lower_floats(&at->lower, weights, w->dims, 2, &kernel, err));
    if (bias != NULL)
        ZS_TRY(zs_lower_floats(&at->lower, bias, w->dims, 1, &addend, err));
    zs_lower_begin(&op, &at->lower, "Gemm", flat);
    zs_lower_in(&op, kernel);
    if (addend != NULL)
        zs_lower_in(&op, addend);
    zs_lower_int(&op, "transB", 1);
    ZS_TRY(zs_lower_end(&op, NULL, &made, err));
    if (is_int)
        ZS_TRY(end_sums(at, made, w, w->dims[0], 1, act, true, err));
    else
        ZS_TRY(zs_tfl_activate(at, act, made, NULL, &made, err));
    int64_t dims[ZS_RANK_MAX];
    for (uint32_t d = 0; d < y->rank; d++)
        dims[d] = y->dims[d];
    return zs_lower_reshape(&at->lower, made, dims, y->rank, y->value, NULL, err);
}

zs_status zs_tfl_pool(const zs_tfl_op *at, zs_err *err)
{
    const zs_flat_table *o = &at->options;
    const int64_t act = zs_flat_int(o, 5, 1, true, 0);
    int64_t strides[2] = {zs_flat_int(o, 2, 4, true, 0), zs_flat_int(o, 1, 4, true, 0)};
    int64_t kernel[2] = {zs_flat_int(o, 4, 4, true, 0), zs_flat_int(o, 3, 4, true, 0)};
    const bool is_max = strcmp(at->onnx, "MaxPool") == 0;
    const zs_tfl_tensor *x, *y;
    const char *map, *made;
    zs_lower_op op;
    zs_layer_quant *quant;
    ZS_TRY(zs_tfl_ends(at, &x, &y, err));
    if (zs_tfl_is_int(x) && !zs_tfl_same_scale(x, y))
        return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place,
                       "a pooling of integers changes their scale");
    ZS_TRY(zs_tfl_to_map(at, x, &map, err));
    zs_lower_begin(&op, &at->lower, at->onnx, map);
    ZS_TRY(add_window(at, &op, strides, NULL, kernel, err));
    ZS_TRY(zs_lower_end(&op, NULL, &made, err));
    if (!zs_tfl_is_int(x)) {
        ZS_TRY(zs_tfl_activate(at, act, made, NULL, &made, err));
    } else if (!is_max || act != 0) {
        ZS_TRY(zs_tfl_quant(at, y, act, NULL, 0, &quant, err));
        ZS_TRY(zs_tfl_set_quant(at, made, quant, err));
    }
    return zs_tfl_from_map(at, made, y, err);
}
