/* Operators of TFLite over elements: pairs of operands, functions, activations, requantisation. */
#include "import_tflite_priv.h"

#include <string.h>

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
    double *factor = zs_tfl_new_doubles(at, 2);
    if (factor == NULL)
        return zs_nomem(err, "scales");
    factor[0] = chooses           ? 1
                : fn == ZS_FN_MUL ? zs_tfl_factor(at, zs_tfl_scale(a, 0), zs_tfl_scale(b, 0),
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
    return zs_tfl_set_quant(at, made, quant, err);
}

zs_status zs_tfl_binary(const zs_tfl_op *at, zs_err *err)
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
    ZS_TRY(zs_tfl_check_alike(at, a->is_constant ? b : a, y, err));
    if (is_int)
        return combine_ints(at, a, b, names, y, act, err);
    ZS_TRY(zs_lower_binary(&at->lower, at->onnx, names[0], names[1], NULL, &made, err));
    return zs_tfl_activate(at, act, made, y->value, NULL, err);
}

zs_status zs_tfl_unary(const zs_tfl_op *at, zs_err *err)
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
    double *step = zs_tfl_new_doubles(at, 2);
    if (step == NULL)
        return zs_nomem(err, "scales");
    if (slope > 0) {
        step[0] = zs_tfl_factor(at, zs_tfl_scale(x, 0), 1, quant->out.scale, false);
        step[1] = zs_tfl_factor(at, zs_tfl_scale(x, 0), slope, quant->out.scale, false);
        quant->factor = step;
    } else {
        step[0] = quant->out.scale;
        quant->divisor = step;
        quant->rule = ZS_ROUND_HALF_UP;
    }
    return zs_tfl_set_quant(at, made, quant, err);
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
    double *factor = zs_tfl_new_doubles(at, 1);
    if (factor == NULL)
        return zs_nomem(err, "scales");
    ZS_TRY(zs_tfl_quant(at, y, act, NULL, 0, &quant, err));
    if (!zs_tfl_is_int(y)) {
        quant->out = (zs_number){0};
        quant->is_real = true;
    } else if (zs_tfl_is_int(x)) {
        *factor = zs_tfl_factor(at, zs_tfl_scale(x, 0), 1, zs_tfl_scale(y, 0), false);
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

zs_status zs_tfl_relu(const zs_tfl_op *at, zs_err *err)
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

zs_status zs_tfl_quantize(const zs_tfl_op *at, zs_err *err)
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

zs_status zs_tfl_softmax(const zs_tfl_op *at, zs_err *err)
{
    const double beta = zs_flat_float(&at->options, 0, 0);
    const zs_tfl_tensor *x, *y;
    const char *scaled, *made;
    zs_lower_op op;
    zs_layer_quant *quant;
    double *factor = zs_tfl_new_doubles(at, 1);
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
    return zs_tfl_set_quant(at, made, quant, err);
}
