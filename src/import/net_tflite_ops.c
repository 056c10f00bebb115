#include "import_tflite_priv.h"

#include <math.h>
#include <string.h>

/* Scales of a product: in double, or as single precision has it (uint8 and fully connected). */
static double factor_of(const zs_tfl_op *at, double x, double w, double y, bool is_single)
{
    if (at->net->rounding == ZS_ROUND_FLOAT)
        return (double)((float)x * (float)w / (float)y);
    return is_single ? (double)((float)x * (float)w) / y : x * w / y;
}

static double *new_doubles(const zs_tfl_op *at, uint32_t n)
{
    return zs_arena_alloc_raw(at->net->graph.draft.arena, n > 0 ? n : 1, sizeof(double));
}

/* Both are integers, or neither. */
static zs_status check_alike(const zs_tfl_op *at, const zs_tfl_tensor *x, const zs_tfl_tensor *y,
                             zs_err *err)
{
    const bool is_known = y->type == ZS_TFL_FLOAT || zs_tfl_is_int(y);
    if (zs_tfl_is_int(x) != zs_tfl_is_int(y) || !is_known || (zs_tfl_is_int(y) && y->scale.n != 1))
        return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place,
                       "makes type %lld (%u scales) of type %lld; floats of floats and integers of "
                       "integers are handled",
                       (long long)y->type, y->scale.n, (long long)x->type);
    return ZS_OK;
}

zs_status zs_tfl_ends(const zs_tfl_op *at, const zs_tfl_tensor **x, const zs_tfl_tensor **y,
                      zs_err *err)
{
    ZS_TRY(zs_tfl_computed(at, 0, x, err));
    ZS_TRY(zs_tfl_out(at, y, err));
    return check_alike(at, *x, *y, err);
}

/* Gives the layer that makes `value` its quantiser. */
static zs_status set_quant(const zs_tfl_op *at, const char *value, const zs_layer_quant *quant,
                           zs_err *err)
{
    zs_layer_spec *layer = zs_tfl_layer(at, value);
    if (layer == NULL)
        return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place, "computes nothing of integers");
    layer->quant = quant;
    return ZS_OK;
}

/* ---- windows --------------------------------------------------------------------------------- */

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

/* The function of the sums of a layer with filters. */
static zs_status end_sums(const zs_tfl_op *at, const char *value, const zs_tfl_tensor *w,
                          uint32_t oc, int64_t act, bool is_single, zs_err *err)
{
    const zs_tfl_tensor *x, *y, *bias;
    zs_layer_quant *quant;
    double *factor = new_doubles(at, oc);
    int32_t *bits = zs_arena_alloc_raw(at->net->graph.draft.arena, oc, sizeof *bits);
    if (factor == NULL || bits == NULL)
        return zs_nomem(err, "scales");
    ZS_TRY(zs_tfl_in(at, 0, &x, err));
    ZS_TRY(zs_tfl_out(at, &y, err));
    ZS_TRY(zs_tfl_in(at, 2, &bias, err));
    if (w->scale.n == 0 || (w->scale.n != 1 && w->scale.n != oc))
        return zs_fail(err, ZS_ESHAPE, at->lower.place, "%u scales for %u output channels",
                       w->scale.n, oc);
    for (uint32_t c = 0; c < oc; c++)
        factor[c] = factor_of(at, zs_tfl_scale(x, 0), zs_tfl_scale(w, c), zs_tfl_scale(y, 0),
                              is_single && w->scale.n == 1);
    ZS_TRY(zs_tfl_quant(at, y, act, factor, oc, &quant, err));
    const bool is_byte = w->type == ZS_TFL_UINT8;
    const int64_t zero = w->zero.n > 0 ? zs_flat_int_at(&w->zero, 0, true) : 0;
    quant->weight = (zs_number){.scale = 1, .lo = -128, .hi = 127, .bits = 8};
    quant->weight.zero = (int32_t)(zero < -128 ? -128 : zero > 255 ? 255 : zero) - 128 * is_byte;
    for (uint32_t c = 0; bias != NULL && c < oc; c++) {
        zs_flat file = {.bytes = bias->data};
        const zs_flat_list list = {.file = &file, .n = oc, .elem_bytes = 4};
        bits[c] = (int32_t)zs_flat_int_at(&list, c, true);
    }
    quant->bias = bias != NULL ? bits : NULL;
    return set_quant(at, value, quant, err);
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
        ZS_TRY(end_sums(at, made, w, dims[0], act, x->type == ZS_TFL_UINT8, err));
    else
        ZS_TRY(zs_tfl_activate(at, act, made, NULL, &made, err));
    return zs_tfl_from_map(at, made, y, err);
}

static zs_status add_conv(const zs_tfl_op *at, zs_err *err)
{
    return convolve(at, false, err);
}

static zs_status add_depthwise(const zs_tfl_op *at, zs_err *err)
{
    return convolve(at, true, err);
}

static zs_status add_fc(const zs_tfl_op *at, zs_err *err)
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
        ZS_TRY(end_sums(at, made, w, w->dims[0], act, true, err));
    else
        ZS_TRY(zs_tfl_activate(at, act, made, NULL, &made, err));
    int64_t dims[ZS_RANK_MAX];
    for (uint32_t d = 0; d < y->rank; d++)
        dims[d] = y->dims[d];
    return zs_lower_reshape(&at->lower, made, dims, y->rank, y->value, NULL, err);
}

/* Maximum (at->onnx) or average over windows. */
static zs_status add_pool(const zs_tfl_op *at, zs_err *err)
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
        ZS_TRY(set_quant(at, made, quant, err));
    }
    return zs_tfl_from_map(at, made, y, err);
}

/* ---- elements -------------------------------------------------------------------------------- */

zs_status zs_tfl_operand(const zs_tfl_op *at, uint32_t i, bool is_int, const zs_tfl_tensor **tensor,
                         const char **name, zs_err *err)
{
    const float *data;
    ZS_TRY(zs_tfl_in(at, i, tensor, err));
    if (*tensor != NULL && (*tensor)->is_constant) {
        ZS_TRY(zs_tfl_floats(at, *tensor, is_int, &data, err));
        return zs_lower_floats(&at->lower, data, (*tensor)->dims, (*tensor)->rank, name, err);
    }
    ZS_TRY(zs_tfl_computed(at, i, tensor, err));
    return zs_tfl_value(at, *tensor, name, err);
}

/* Of integers: an add of two computed tensors of one shape, which engines run, or a layer of pairs.
 */
static zs_status combine_ints(const zs_tfl_op *at, const zs_tfl_tensor *a, const zs_tfl_tensor *b,
                              const char *const names[2], const zs_tfl_tensor *y, int64_t act,
                              zs_err *err)
{
    const zs_onnx_node node = {.net = &at->net->graph,
                               .node = &(ZsOnnx__Node){.name = (char *)at->lower.name},
                               .place = at->lower.place};
    zs_net_draft *draft = &at->net->graph.draft;
    static const struct {
        const char *onnx;
        zs_function fn;
    } functions[] = {{"Mul", ZS_FN_MUL},
                     {"Add", ZS_FN_ADD},
                     {"Sub", ZS_FN_SUB},
                     {"Max", ZS_FN_MAX},
                     {"Min", ZS_FN_MIN}};
    zs_function fn = ZS_FN_NONE;
    for (size_t i = 0; i < ZS_LEN(functions); i++)
        fn = strcmp(at->onnx, functions[i].onnx) == 0 ? functions[i].fn : fn;
    const bool is_sum = fn == ZS_FN_ADD, chooses = fn == ZS_FN_MAX || fn == ZS_FN_MIN;
    const bool is_same =
        a->rank == b->rank && memcmp(a->dims, b->dims, a->rank * sizeof *a->dims) == 0;
    zs_layer_quant *quant;
    const char *made = y->value;
    if (!zs_tfl_is_int(a) || !zs_tfl_is_int(b) || a->scale.n > 1 || b->scale.n > 1 ||
        fn == ZS_FN_NONE || (chooses && (!zs_tfl_same_scale(a, y) || !zs_tfl_same_scale(b, y))))
        return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place,
                       "of integers sums, differences and products of one scale each are handled, "
                       "and the larger or smaller of two in the scale of the result");
    double *factor = new_doubles(at, 2);
    if (factor == NULL)
        return zs_nomem(err, "scales");
    factor[0] = chooses           ? 1
                : fn == ZS_FN_MUL ? factor_of(at, zs_tfl_scale(a, 0), zs_tfl_scale(b, 0),
                                              zs_tfl_scale(y, 0), false)
                                  : zs_tfl_scale(a, 0);
    factor[1] = zs_tfl_scale(b, 0); /* of sums and differences */
    if (is_sum && is_same && !a->is_constant && !b->is_constant) {
        ZS_TRY(zs_lower_binary(&at->lower, at->onnx, names[0], names[1], y->value, &made, err));
    } else {
        zs_net_value of[2] = {*zs_net_draft_get(draft, names[0]),
                              *zs_net_draft_get(draft, names[1])};
        zs_net_value value;
        ZS_TRY(zs_onnx_two_general(&node, fn, &of[0], &of[1], &value, err));
        ZS_TRY(zs_net_draft_value(draft, y->value, value.layer, value.rank, err));
        *zs_net_draft_get(draft, y->value) = value;
    }
    ZS_TRY(zs_tfl_quant(at, y, act, factor, 1, &quant, err));
    return set_quant(at, made, quant, err);
}

/* Add, Mul, Sub, ...: at->onnx. */
static zs_status add_binary(const zs_tfl_op *at, zs_err *err)
{
    const bool has_act = strcmp(at->onnx, "Max") != 0 && strcmp(at->onnx, "Min") != 0 &&
                         strcmp(at->onnx, "Pow") != 0 && strcmp(at->onnx, "PRelu") != 0;
    const int64_t act = has_act ? zs_flat_int(&at->options, 0, 1, true, 0) : 0;
    const zs_tfl_tensor *a, *b, *y;
    const char *names[2], *made;
    ZS_TRY(zs_tfl_out(at, &y, err));
    const bool is_int = zs_tfl_is_int(y);
    ZS_TRY(zs_tfl_operand(at, 0, is_int, &a, &names[0], err));
    ZS_TRY(zs_tfl_operand(at, 1, is_int, &b, &names[1], err));
    ZS_TRY(check_alike(at, a->is_constant ? b : a, y, err));
    if (is_int)
        return combine_ints(at, a, b, names, y, act, err);
    ZS_TRY(zs_lower_binary(&at->lower, at->onnx, names[0], names[1], NULL, &made, err));
    return zs_tfl_activate(at, act, made, y->value, NULL, err);
}

/* A function of each element. Of integers: the real result, rounded. */
static zs_status add_unary(const zs_tfl_op *at, zs_err *err)
{
    const bool is_leaky = strcmp(at->onnx, "LeakyRelu") == 0;
    const double slope = is_leaky ? zs_flat_float(&at->options, 0, 0) : 0;
    const zs_tfl_tensor *x, *y;
    const char *made;
    zs_layer_quant *quant;
    zs_lower_op op;
    ZS_TRY(zs_tfl_ends(at, &x, &y, err));
    ZS_TRY(zs_tfl_value(at, x, &made, err));
    zs_lower_begin(&op, &at->lower, at->onnx, made);
    if (is_leaky)
        zs_lower_float(&op, "alpha", slope);
    if (strcmp(at->onnx, "Gelu") == 0 && zs_flat_int(&at->options, 0, 1, false, 0) != 0)
        zs_lower_text(&op, "approximate", "tanh");
    ZS_TRY(zs_lower_end(&op, y->value, &made, err));
    if (!zs_tfl_is_int(x))
        return ZS_OK;
    ZS_TRY(zs_tfl_quant(at, y, 0, NULL, 0, &quant, err));
    double *step = new_doubles(at, 2);
    if (step == NULL)
        return zs_nomem(err, "scales");
    if (slope > 0) {
        step[0] = factor_of(at, zs_tfl_scale(x, 0), 1, quant->out.scale, false);
        step[1] = factor_of(at, zs_tfl_scale(x, 0), slope, quant->out.scale, false);
        quant->factor = step;
    } else {
        step[0] = quant->out.scale;
        quant->divisor = step;
        quant->rule = ZS_ROUND_HALF_UP;
    }
    return set_quant(at, made, quant, err);
}

/* A layer that only changes the steps: what activations of their own, QUANTIZE and DEQUANTIZE do
 * to integers. */
static zs_status requantise(const zs_tfl_op *at, const zs_tfl_tensor *x, const zs_tfl_tensor *y,
                            int64_t act, zs_err *err)
{
    const zs_onnx_node node = {.net = &at->net->graph,
                               .node = &(ZsOnnx__Node){.name = (char *)at->lower.name},
                               .place = at->lower.place};
    zs_layer_quant *quant;
    zs_net_value made;
    const char *in;
    double *factor = new_doubles(at, 1);
    if (factor == NULL)
        return zs_nomem(err, "scales");
    ZS_TRY(zs_tfl_quant(at, y, act, NULL, 0, &quant, err));
    if (!zs_tfl_is_int(y)) {
        quant->out = (zs_number){0};
        quant->is_real = true;
    } else if (zs_tfl_is_int(x)) {
        *factor = factor_of(at, zs_tfl_scale(x, 0), 1, zs_tfl_scale(y, 0), false);
        quant->factor = factor;
    } else {
        *factor = zs_tfl_scale(y, 0);
        quant->divisor = factor;
        quant->rule = ZS_ROUND_HALF_UP;
    }
    ZS_TRY(zs_tfl_value(at, x, &in, err));
    ZS_TRY(zs_onnx_quantise_layer(&node, zs_net_draft_get(&at->net->graph.draft, in), quant, &made,
                                  err));
    ZS_TRY(zs_net_draft_value(&at->net->graph.draft, y->value, made.layer, made.rank, err));
    *zs_net_draft_get(&at->net->graph.draft, y->value) = made;
    return ZS_OK;
}

static zs_status add_relu(const zs_tfl_op *at, zs_err *err)
{
    const int64_t act = strcmp(at->onnx, "Relu") == 0 ? 1 : strcmp(at->onnx, "Relu6") == 0 ? 3 : 2;
    const zs_tfl_tensor *x, *y;
    ZS_TRY(zs_tfl_ends(at, &x, &y, err));
    if (zs_tfl_is_int(x))
        return requantise(at, x, y, act, err);
    const char *in;
    ZS_TRY(zs_tfl_value(at, x, &in, err));
    return zs_tfl_activate(at, act, in, y->value, NULL, err);
}

/* Weights of half precision or of 8 bits behind a DEQUANTIZE are constants of real numbers. */
static zs_status unpack_constant(const zs_tfl_op *at, const zs_tfl_tensor *x,
                                 const zs_tfl_tensor *y, zs_err *err)
{
    const float *data;
    zs_tfl_tensor *made = &at->net->tensors[y - at->net->tensors];
    if (y->type != ZS_TFL_FLOAT || (x->type != ZS_TFL_HALF && !zs_tfl_is_int(x)))
        return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place,
                       "a constant of type %lld becomes type %lld; floats of half precision, int8 "
                       "and uint8 are handled",
                       (long long)x->type, (long long)y->type);
    ZS_TRY(zs_tfl_floats(at, x, false, &data, err));
    made->data = (zs_span){(const uint8_t *)data, (size_t)zs_tfl_elems(x) * sizeof *data};
    made->is_constant = true;
    return ZS_OK;
}

static zs_status add_quantize(const zs_tfl_op *at, zs_err *err)
{
    const zs_tfl_tensor *x, *y;
    ZS_TRY(zs_tfl_in(at, 0, &x, err));
    ZS_TRY(zs_tfl_out(at, &y, err));
    if (x != NULL && x->is_constant)
        return unpack_constant(at, x, y, err);
    ZS_TRY(zs_tfl_computed(at, 0, &x, err));
    if ((x->type != ZS_TFL_FLOAT && !zs_tfl_is_int(x)) || x->scale.n > 1 || y->scale.n > 1 ||
        (y->type != ZS_TFL_FLOAT && !zs_tfl_is_int(y)))
        return zs_fail(
            err, ZS_EUNSUPPORTED, at->lower.place,
            "from type %lld to type %lld; floats, int8 and uint8 of one scale are handled",
            (long long)x->type, (long long)y->type);
    return requantise(at, x, y, 0, err);
}

static zs_status add_softmax(const zs_tfl_op *at, zs_err *err)
{
    const double beta = zs_flat_float(&at->options, 0, 0);
    const zs_tfl_tensor *x, *y;
    const char *scaled, *made;
    zs_lower_op op;
    zs_layer_quant *quant;
    double *factor = new_doubles(at, 1);
    ZS_TRY(zs_tfl_ends(at, &x, &y, err));
    if (factor == NULL)
        return zs_nomem(err, "scales");
    if (!(beta > 0) || x->rank == 0)
        return zs_fail(err, ZS_ERANGE, at->lower.place, "beta %g is not above 0", beta);
    ZS_TRY(zs_tfl_value(at, x, &scaled, err));
    if (!zs_tfl_is_int(x) && (beta < 1 || beta > 1))
        ZS_TRY(zs_lower_number(&at->lower, "Mul", scaled, beta, NULL, &scaled, err));
    zs_lower_begin(&op, &at->lower, "Softmax", scaled);
    zs_lower_int(&op, "axis", x->rank - 1);
    ZS_TRY(zs_lower_end(&op, y->value, &made, err));
    if (!zs_tfl_is_int(x))
        return ZS_OK;
    const zs_number number = zs_tfl_number(y);
    if (number.scale * 256 < 1 || number.scale * 256 > 1 || number.zero != number.lo)
        return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place,
                       "makes integers of scale %g; 1/256 from the least integer on is handled",
                       number.scale);
    *factor = beta * zs_tfl_scale(x, 0);
    ZS_TRY(zs_tfl_quant(at, y, 0, factor, 1, &quant, err));
    return set_quant(at, made, quant, err);
}

/* ---- over dimensions ------------------------------------------------------------------------- */

static zs_status add_reduce(const zs_tfl_op *at, zs_err *err)
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
        double *factor = new_doubles(at, 1);
        if (factor == NULL)
            return zs_nomem(err, "scales");
        *factor = is_mean ? factor_of(at, zs_tfl_scale(x, 0), 1, zs_tfl_scale(y, 0), false) : 1;
        ZS_TRY(zs_tfl_quant(at, y, 0, factor, 1, &quant, err));
        ZS_TRY(set_quant(at, made, quant, err));
    }
    if (is_plane)
        ZS_TRY(zs_lower_transpose(&at->lower, made, (const int64_t[]){0, 2, 3, 1}, 4, NULL, &made,
                                  err));
    for (uint32_t d = 0; d < y->rank; d++)
        dims[d] = y->dims[d];
    return zs_lower_reshape(&at->lower, made, dims, y->rank, y->value, NULL, err);
}

/* Whatever the operator says of shapes, the output has one. */
static zs_status add_reshape(const zs_tfl_op *at, zs_err *err)
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

static zs_status add_transpose(const zs_tfl_op *at, zs_err *err)
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

static zs_status add_pad(const zs_tfl_op *at, zs_err *err)
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

static zs_status add_concat(const zs_tfl_op *at, zs_err *err)
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
        ZS_TRY(check_alike(at, x, y, err));
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

/* ---- the table ------------------------------------------------------------------------------- */

static const struct tfl_type {
    int64_t code; /* BuiltinOperator of the schema */
    const char *name;
    zs_status (*add)(const zs_tfl_op *at, zs_err *err);
    const char *onnx;
} types[] = {
    {0, "add", add_binary, "Add"},
    {1, "average_pool_2d", add_pool, "AveragePool"},
    {2, "concatenation", add_concat, NULL},
    {3, "conv_2d", add_conv, NULL},
    {4, "depthwise_conv_2d", add_depthwise, NULL},
    {5, "depth_to_space", zs_tfl_blocks, "DepthToSpace"},
    {6, "dequantize", add_quantize, NULL},
    {8, "floor", add_unary, "Floor"},
    {9, "fully_connected", add_fc, NULL},
    {11, "l2_normalization", zs_tfl_composed, "LpNormalization"},
    {13, "local_response_normalization", zs_tfl_lrn, NULL},
    {14, "logistic", add_unary, "Sigmoid"},
    {17, "max_pool_2d", add_pool, "MaxPool"},
    {18, "mul", add_binary, "Mul"},
    {19, "relu", add_relu, "Relu"},
    {20, "relu_n1_to_1", add_relu, "ReluN1"},
    {21, "relu6", add_relu, "Relu6"},
    {22, "reshape", add_reshape, NULL},
    {23, "resize_bilinear", zs_tfl_resize, "linear"},
    {25, "softmax", add_softmax, NULL},
    {26, "space_to_depth", zs_tfl_blocks, "SpaceToDepth"},
    {28, "tanh", add_unary, "Tanh"},
    {34, "pad", add_pad, NULL},
    {36, "gather", zs_tfl_gather, NULL},
    {37, "batch_to_space_nd", zs_tfl_batch_to_space, NULL},
    {38, "space_to_batch_nd", zs_tfl_space_to_batch, NULL},
    {39, "transpose", add_transpose, NULL},
    {40, "mean", add_reduce, "ReduceMean"},
    {41, "sub", add_binary, "Sub"},
    {42, "div", add_binary, "Div"},
    {43, "squeeze", add_reshape, NULL},
    {45, "strided_slice", zs_tfl_strided_slice, NULL},
    {47, "exp", add_unary, "Exp"},
    {49, "split", zs_tfl_split, NULL},
    {50, "log_softmax", zs_tfl_composed, "LogSoftmax"},
    {54, "prelu", add_binary, "PRelu"},
    {55, "maximum", add_binary, "Max"},
    {56, "arg_max", zs_tfl_arg, "ArgMax"},
    {57, "minimum", add_binary, "Min"},
    {59, "neg", add_unary, "Neg"},
    {60, "padv2", add_pad, NULL},
    {65, "slice", zs_tfl_slice, NULL},
    {66, "sin", add_unary, "Sin"},
    {67, "transpose_conv", zs_tfl_transpose_conv, NULL},
    {69, "tile", zs_tfl_tile, "Tile"},
    {70, "expand_dims", add_reshape, NULL},
    {73, "log", add_unary, "Log"},
    {74, "sum", add_reduce, "ReduceSum"},
    {75, "sqrt", add_unary, "Sqrt"},
    {76, "rsqrt", zs_tfl_composed, "Sqrt"},
    {78, "pow", add_binary, "Pow"},
    {79, "arg_min", zs_tfl_arg, "ArgMin"},
    {82, "reduce_max", add_reduce, "ReduceMax"},
    {83, "pack", zs_tfl_pack, NULL},
    {88, "unpack", zs_tfl_unpack, NULL},
    {89, "reduce_min", add_reduce, "ReduceMin"},
    {92, "square", zs_tfl_composed, "Mul"},
    {97, "resize_nearest_neighbor", zs_tfl_resize, "nearest"},
    {98, "leaky_relu", add_unary, "LeakyRelu"},
    {99, "squared_difference", zs_tfl_composed, "Sub Mul"},
    {100, "mirror_pad", add_pad, "reflect"},
    {101, "abs", add_unary, "Abs"},
    {102, "split_v", zs_tfl_split_v, NULL},
    {104, "ceil", add_unary, "Ceil"},
    {106, "add_n", zs_tfl_add_n, NULL},
    {108, "cos", add_unary, "Cos"},
    {111, "elu", add_unary, "Elu"},
    {114, "quantize", add_quantize, NULL},
    {116, "round", add_unary, "Round"},
    {117, "hard_swish", add_unary, "HardSwish"},
    {126, "batch_matmul", zs_tfl_matmul, NULL},
    {130, "broadcast_to", zs_tfl_tile, "Expand"},
    {150, "gelu", add_unary, "Gelu"},
    {152, "relu_0_to_1", zs_tfl_composed, "Max Min"},
};

static const struct tfl_type *find_type(int64_t code)
{
    for (size_t i = 0; i < ZS_LEN(types); i++)
        if (types[i].code == code)
            return &types[i];
    return NULL;
}

const char *zs_tfl_op_name(int64_t code)
{
    const struct tfl_type *type = find_type(code);
    return type != NULL ? type->name : NULL;
}

const char *zs_tfl_op_at(size_t i)
{
    return i < ZS_LEN(types) ? types[i].name : NULL;
}

/* Sizes that are worked out of shapes and constants: who reads them has its own shape in the file.
 */
static bool only_shapes(const zs_tfl_op *at, int64_t code)
{
    enum { SHAPE = 77 };
    const int64_t out = at->out.n == 1 ? zs_flat_int_at(&at->out, 0, true) : -1;
    if (out < 0 || out >= at->net->tensor_n)
        return false;
    zs_tfl_tensor *y = &at->net->tensors[out];
    bool is_shape = y->type == ZS_TFL_INT32 || y->type == ZS_TFL_INT64;
    for (uint32_t i = 0; i < at->in.n && code != SHAPE; i++) {
        const int64_t in = zs_flat_int_at(&at->in, i, true);
        is_shape &= in >= 0 && in < at->net->tensor_n &&
                    (at->net->tensors[in].is_shape || at->net->tensors[in].is_constant);
    }
    y->is_shape = is_shape;
    return is_shape;
}

zs_status zs_tfl_add(zs_tfl_op *at, int64_t code, zs_err *err)
{
    const struct tfl_type *type = find_type(code);
    if (only_shapes(at, code))
        return ZS_OK;
    if (type == NULL)
        return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place,
                       "operator %s (%lld) is not handled; `zynqsim show --operators` lists those "
                       "that are",
                       zs_tfl_schema_name(code), (long long)code);
    at->onnx = type->onnx;
    return type->add(at, err);
}
