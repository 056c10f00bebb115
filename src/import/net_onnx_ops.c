#include "import_onnx_priv.h"

#include <math.h>
#include <string.h>

/* ---- layers over one computed input ---------------------------------------------------------- */

zs_status zs_onnx_computed(const zs_onnx_node *at, size_t i, zs_net_value **out, zs_err *err)
{
    const zs_net_value *value;
    ZS_TRY(zs_onnx_in_value(at, i, &value, err));
    return zs_onnx_get(at, i, out, err);
}

zs_status zs_onnx_new_alike(const zs_onnx_node *at, zs_layer_op op, zs_layer_spec **layer,
                            zs_err *err)
{
    zs_net_value *x, y;
    ZS_TRY(zs_onnx_computed(at, 0, &x, err));
    ZS_TRY(zs_onnx_unpad(at, x, err));
    ZS_TRY(zs_onnx_new_layer(at, op, layer, err));
    ZS_TRY(zs_net_draft_input(&at->net->draft, *layer, x->layer, err));
    y = *x;
    y.layer = (*layer)->name;
    return zs_onnx_bind(at, 0, &y, err);
}

/* The node's output is its input under another name. */
static zs_status pass_through(const zs_onnx_node *at, zs_err *err)
{
    zs_net_value *x;
    ZS_TRY(zs_onnx_get(at, 0, &x, err));
    return zs_onnx_bind(at, 0, x, err);
}

/* ---- activations ----------------------------------------------------------------------------- */

static zs_status new_act(const zs_onnx_node *at, double lo, double hi, zs_err *err)
{
    zs_layer_spec *layer;
    zs_net_value *x;
    if (!(lo <= hi))
        return zs_fail(err, ZS_ERANGE, at->place, "the bounds %g and %g leave nothing between", lo,
                       hi);
    ZS_TRY(zs_onnx_get(at, 0, &x, err));
    if (x->constant != NULL)
        return zs_onnx_clip(at, x, lo, hi, err);
    ZS_TRY(zs_onnx_new_alike(at, ZS_LAYER_ACT, &layer, err));
    layer->act = (zs_act){.active = true, .lo = (float)lo, .hi = (float)hi};
    return ZS_OK;
}

static zs_status op_relu(const zs_onnx_node *at, zs_err *err)
{
    return new_act(at, 0, (double)INFINITY, err);
}

/* A bound is an attribute before opset 11 and a scalar input since. */
static zs_status read_bound(const zs_onnx_node *at, size_t input, const char *attr, double *bound,
                            zs_err *err)
{
    const float *data;
    uint64_t n;
    *bound = zs_onnx_attr_float(at, attr, *bound);
    if (!zs_onnx_has_input(at, input))
        return ZS_OK;
    ZS_TRY(zs_onnx_in_floats(at, input, &data, &n, err));
    if (n != 1)
        return zs_fail(err, ZS_ESHAPE, at->place, "the bound '%s' has %llu elements instead of 1",
                       attr, (unsigned long long)n);
    *bound = (double)data[0];
    return ZS_OK;
}

/* Bounds that are computed: the larger of the input and one, the smaller of that and the other. */
static zs_status clip_by_values(const zs_onnx_node *at, zs_err *err)
{
    zs_net_value *x, *bound, made[2];
    ZS_TRY(zs_onnx_get(at, 0, &x, err));
    made[0] = *x;
    for (size_t i = 1; i < 3; i++) {
        if (!zs_onnx_has_input(at, i))
            continue;
        ZS_TRY(zs_onnx_get(at, i, &bound, err));
        ZS_TRY(zs_onnx_two(at, i == 1 ? ZS_FN_MAX : ZS_FN_MIN, &made[0], bound, &made[1], err));
        made[0] = made[1];
    }
    return zs_onnx_bind(at, 0, &made[0], err);
}

static bool is_computed(const zs_onnx_node *at, size_t i)
{
    const zs_net_value *value =
        zs_onnx_has_input(at, i) ? zs_net_draft_get(&at->net->draft, at->node->input[i]) : NULL;
    return value != NULL && value->constant == NULL;
}

static zs_status op_clip(const zs_onnx_node *at, zs_err *err)
{
    if (is_computed(at, 1) || is_computed(at, 2))
        return clip_by_values(at, err);
    double lo = -(double)INFINITY, hi = (double)INFINITY;
    ZS_TRY(read_bound(at, 1, "min", &lo, err));
    ZS_TRY(read_bound(at, 2, "max", &hi, err));
    return new_act(at, lo, hi, err);
}

static zs_status op_dropout(const zs_onnx_node *at, zs_err *err)
{
    zs_layer_spec *layer;
    const float *is_training;
    uint64_t n;
    if (zs_onnx_has_input(at, 2)) {
        ZS_TRY(zs_onnx_in_floats(at, 2, &is_training, &n, err));
        if (is_training[0] != 0)
            return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                           "training_mode is true: values would be dropped at random");
    }
    return zs_onnx_new_alike(at, ZS_LAYER_DROPOUT, &layer, err);
}

/* ---- the table ------------------------------------------------------------------------------- */

static const struct onnx_op {
    const char *name;
    zs_status (*add)(const zs_onnx_node *at, zs_err *err);
    zs_function fn;
    size_t in_min, in_max; /* inputs; 0 = any number */
    const char *attrs;     /* those that are understood */
} ops[] = {
    {"Abs", zs_onnx_unary, ZS_FN_ABS, 1, 1, ""},
    {"Add", zs_onnx_binary, ZS_FN_ADD, 2, 2, "axis broadcast"},
    {"And", zs_onnx_binary, ZS_FN_AND, 2, 2, "axis broadcast"},
    {"ArgMax", zs_onnx_arg, ZS_FN_R_ARG_MAX, 1, 1, "axis keepdims select_last_index"},
    {"ArgMin", zs_onnx_arg, ZS_FN_R_ARG_MIN, 1, 1, "axis keepdims select_last_index"},
    {"AveragePool", zs_onnx_average_pool, ZS_FN_NONE, 1, 1,
     "auto_pad ceil_mode count_include_pad dilations kernel_shape pads strides"},
    {"BatchNormalization", zs_onnx_batchnorm, ZS_FN_NONE, 5, 5,
     "epsilon is_test momentum spatial training_mode"},
    {"BipolarQuant", zs_onnx_quant, ZS_FN_NONE, 2, 2, ""},
    {"Cast", zs_onnx_cast, ZS_FN_NONE, 1, 1, "to"},
    {"Ceil", zs_onnx_unary, ZS_FN_CEIL, 1, 1, ""},
    {"Celu", zs_onnx_unary, ZS_FN_CELU, 1, 1, "alpha"},
    {"Clip", op_clip, ZS_FN_CLIP, 1, 3, "max min"},
    {"Concat", zs_onnx_concat, ZS_FN_NONE, 1, 0, "axis"},
    {"ConstantOfShape", zs_onnx_constant_of_shape, ZS_FN_NONE, 1, 1, "value"},
    {"Conv", zs_onnx_conv, ZS_FN_NONE, 2, 3, "auto_pad dilations group kernel_shape pads strides"},
    {"ConvInteger", zs_onnx_integer, ZS_FN_NONE, 2, 4,
     "auto_pad dilations group kernel_shape pads strides"},
    {"ConvTranspose", zs_onnx_conv_transpose, ZS_FN_NONE, 2, 3,
     "auto_pad dilations group kernel_shape output_padding output_shape pads strides"},
    {"DepthToSpace", zs_onnx_depth_to_space, ZS_FN_NONE, 1, 1, "blocksize mode"},
    {"DequantizeLinear", zs_onnx_dequantize, ZS_FN_NONE, 2, 3, "axis block_size output_dtype"},
    {"Cos", zs_onnx_unary, ZS_FN_COS, 1, 1, ""},
    {"Div", zs_onnx_binary, ZS_FN_DIV, 2, 2, "axis broadcast"},
    {"Dropout", op_dropout, ZS_FN_NONE, 1, 3, "is_test ratio seed"},
    {"DynamicQuantizeLinear", zs_onnx_dynamic_quantize, ZS_FN_NONE, 1, 1, ""},
    {"Einsum", zs_onnx_einsum, ZS_FN_NONE, 1, 0, "equation"},
    {"Elu", zs_onnx_unary, ZS_FN_ELU, 1, 1, "alpha"},
    {"Equal", zs_onnx_binary, ZS_FN_EQUAL, 2, 2, "axis broadcast"},
    {"Erf", zs_onnx_unary, ZS_FN_ERF, 1, 1, ""},
    {"Exp", zs_onnx_unary, ZS_FN_EXP, 1, 1, ""},
    {"Expand", zs_onnx_expand, ZS_FN_NONE, 2, 2, ""},
    {"Flatten", zs_onnx_flatten, ZS_FN_NONE, 1, 1, "axis"},
    {"Floor", zs_onnx_unary, ZS_FN_FLOOR, 1, 1, ""},
    {"FusedConv", zs_onnx_fused_conv, ZS_FN_NONE, 2, 4,
     "activation activation_params auto_pad dilations group kernel_shape pads strides"},
    {"Gather", zs_onnx_gather, ZS_FN_NONE, 2, 2, "axis"},
    {"GatherElements", zs_onnx_gather_elements, ZS_FN_NONE, 2, 2, "axis"},
    {"GatherND", zs_onnx_gather_nd, ZS_FN_NONE, 2, 2, "batch_dims"},
    {"Gelu", zs_onnx_unary, ZS_FN_GELU, 1, 1, "approximate"},
    {"Gemm", zs_onnx_gemm, ZS_FN_NONE, 2, 3, "alpha beta broadcast transA transB"},
    {"GlobalAveragePool", zs_onnx_global_pool, ZS_FN_R_MEAN, 1, 1, ""},
    {"GlobalLpPool", zs_onnx_global_pool, ZS_FN_R_LP, 1, 1, "p"},
    {"GlobalMaxPool", zs_onnx_global_pool, ZS_FN_R_MAX, 1, 1, ""},
    {"Greater", zs_onnx_binary, ZS_FN_GREATER, 2, 2, "axis broadcast"},
    {"GreaterOrEqual", zs_onnx_binary, ZS_FN_GREATER_EQ, 2, 2, ""},
    {"GroupNormalization", zs_onnx_group_norm, ZS_FN_NONE, 3, 3, "epsilon num_groups stash_type"},
    {"Hardmax", zs_onnx_softmax, ZS_FN_HARDMAX, 1, 1, "axis"},
    {"HardSigmoid", zs_onnx_unary, ZS_FN_HARD_SIGMOID, 1, 1, "alpha beta"},
    {"HardSwish", zs_onnx_unary, ZS_FN_HARD_SWISH, 1, 1, ""},
    {"Identity", pass_through, ZS_FN_NONE, 1, 1, ""},
    {"If", zs_onnx_if, ZS_FN_NONE, 1, 1, "else_branch then_branch"},
    {"InstanceNormalization", zs_onnx_instance_norm, ZS_FN_STANDARD, 3, 3, "epsilon"},
    {"IntQuant", zs_onnx_quant, ZS_FN_NONE, 4, 4, "narrow rounding_mode signed"},
    {"LayerNormalization", zs_onnx_layer_norm, ZS_FN_STANDARD, 2, 3, "axis epsilon stash_type"},
    {"LeakyRelu", zs_onnx_unary, ZS_FN_LEAKY_RELU, 1, 1, "alpha"},
    {"Less", zs_onnx_binary, ZS_FN_LESS, 2, 2, "axis broadcast"},
    {"LessOrEqual", zs_onnx_binary, ZS_FN_LESS_EQ, 2, 2, ""},
    {"Log", zs_onnx_unary, ZS_FN_LOG, 1, 1, ""},
    {"LogSoftmax", zs_onnx_softmax, ZS_FN_LOG_SOFTMAX, 1, 1, "axis"},
    {"LpNormalization", zs_onnx_lp_norm, ZS_FN_LP_NORM, 1, 1, "axis p"},
    {"LpPool", zs_onnx_lp_pool, ZS_FN_NONE, 1, 1, "auto_pad kernel_shape p pads strides"},
    {"LRN", zs_onnx_lrn, ZS_FN_NONE, 1, 1, "alpha beta bias size"},
    {"MatMul", zs_onnx_matmul, ZS_FN_NONE, 2, 2, ""},
    {"MatMulInteger", zs_onnx_integer, ZS_FN_NONE, 2, 4, ""},
    {"Max", zs_onnx_sum, ZS_FN_MAX, 1, 0, ""},
    {"MaxPool", zs_onnx_max_pool, ZS_FN_NONE, 1, 1,
     "auto_pad ceil_mode dilations kernel_shape pads storage_order strides"},
    {"Mean", zs_onnx_sum, ZS_FN_R_MEAN, 1, 0, ""},
    {"MeanVarianceNormalization", zs_onnx_mean_variance, ZS_FN_STANDARD, 1, 1, "axes"},
    {"Min", zs_onnx_sum, ZS_FN_MIN, 1, 0, ""},
    {"Mish", zs_onnx_unary, ZS_FN_MISH, 1, 1, ""},
    {"Mod", zs_onnx_binary, ZS_FN_MOD, 2, 2, "fmod"},
    {"Mul", zs_onnx_binary, ZS_FN_MUL, 2, 2, "axis broadcast"},
    {"MultiThreshold", zs_onnx_multi_threshold, ZS_FN_NONE, 2, 2,
     "data_layout out_bias out_dtype out_scale"},
    {"Neg", zs_onnx_unary, ZS_FN_NEG, 1, 1, ""},
    {"NonZero", zs_onnx_nonzero, ZS_FN_NONE, 1, 1, ""},
    {"Not", zs_onnx_unary, ZS_FN_NOT, 1, 1, ""},
    {"Or", zs_onnx_binary, ZS_FN_OR, 2, 2, "axis broadcast"},
    {"Pad", zs_onnx_pad, ZS_FN_NONE, 1, 4, "mode paddings pads value"},
    {"Pow", zs_onnx_binary, ZS_FN_POW, 2, 2, "axis broadcast"},
    {"PRelu", zs_onnx_prelu, ZS_FN_PRELU, 2, 2, ""},
    {"QGemm", zs_onnx_qlinear, ZS_FN_NONE, 6, 9, "alpha transA transB"},
    {"QLinearAdd", zs_onnx_qlinear, ZS_FN_NONE, 7, 8, ""},
    {"QLinearAveragePool", zs_onnx_qlinear, ZS_FN_NONE, 4, 5,
     "auto_pad ceil_mode count_include_pad dilations kernel_shape pads strides"},
    {"QLinearConcat", zs_onnx_qlinear_concat, ZS_FN_NONE, 5, 0, "axis"},
    {"QLinearConv", zs_onnx_qlinear, ZS_FN_NONE, 8, 9,
     "auto_pad dilations group kernel_shape pads strides"},
    {"QLinearGlobalAveragePool", zs_onnx_qlinear, ZS_FN_NONE, 4, 5, "channels_last"},
    {"QLinearLeakyRelu", zs_onnx_qlinear, ZS_FN_NONE, 4, 5, "alpha"},
    {"QLinearMatMul", zs_onnx_qlinear, ZS_FN_NONE, 8, 8, ""},
    {"QLinearMul", zs_onnx_qlinear, ZS_FN_NONE, 7, 8, ""},
    {"QLinearSigmoid", zs_onnx_qlinear, ZS_FN_NONE, 4, 5, ""},
    {"Quant", zs_onnx_quant, ZS_FN_NONE, 4, 4, "narrow rounding_mode signed"},
    {"QuantizeLinear", zs_onnx_quantize, ZS_FN_NONE, 2, 3,
     "axis block_size output_dtype precision saturate"},
    {"Range", zs_onnx_range, ZS_FN_NONE, 3, 3, ""},
    {"Reciprocal", zs_onnx_unary, ZS_FN_RECIPROCAL, 1, 1, ""},
    {"ReduceL1", zs_onnx_reduce, ZS_FN_R_L1, 1, 2, "axes keepdims noop_with_empty_axes"},
    {"ReduceL2", zs_onnx_reduce, ZS_FN_R_LP, 1, 2, "axes keepdims noop_with_empty_axes"},
    {"ReduceLogSum", zs_onnx_reduce, ZS_FN_R_LOG_SUM, 1, 2, "axes keepdims noop_with_empty_axes"},
    {"ReduceLogSumExp", zs_onnx_reduce, ZS_FN_R_LOG_SUM_EXP, 1, 2,
     "axes keepdims noop_with_empty_axes"},
    {"ReduceMax", zs_onnx_reduce, ZS_FN_R_MAX, 1, 2, "axes keepdims noop_with_empty_axes"},
    {"ReduceMean", zs_onnx_reduce, ZS_FN_R_MEAN, 1, 2, "axes keepdims noop_with_empty_axes"},
    {"ReduceMin", zs_onnx_reduce, ZS_FN_R_MIN, 1, 2, "axes keepdims noop_with_empty_axes"},
    {"ReduceProd", zs_onnx_reduce, ZS_FN_R_PROD, 1, 2, "axes keepdims noop_with_empty_axes"},
    {"ReduceSum", zs_onnx_reduce, ZS_FN_R_SUM, 1, 2, "axes keepdims noop_with_empty_axes"},
    {"ReduceSumSquare", zs_onnx_reduce, ZS_FN_R_SUM_SQUARE, 1, 2,
     "axes keepdims noop_with_empty_axes"},
    {"Relu", op_relu, ZS_FN_NONE, 1, 1, ""},
    {"Reshape", zs_onnx_reshape, ZS_FN_NONE, 1, 2, "allowzero shape"},
    {"Resize", zs_onnx_resize, ZS_FN_NONE, 1, 4,
     "coordinate_transformation_mode cubic_coeff_a exclude_outside extrapolation_value mode "
     "nearest_mode"},
    {"Round", zs_onnx_unary, ZS_FN_ROUND, 1, 1, ""},
    {"Scatter", zs_onnx_scatter_elements, ZS_FN_NONE, 3, 3, "axis"},
    {"ScatterElements", zs_onnx_scatter_elements, ZS_FN_NONE, 3, 3, "axis reduction"},
    {"ScatterND", zs_onnx_scatter_nd, ZS_FN_NONE, 3, 3, "reduction"},
    {"Selu", zs_onnx_unary, ZS_FN_SELU, 1, 1, "alpha gamma"},
    {"Shape", zs_onnx_shape, ZS_FN_NONE, 1, 1, "end start"},
    {"Shrink", zs_onnx_unary, ZS_FN_SHRINK, 1, 1, "bias lambd"},
    {"Sigmoid", zs_onnx_unary, ZS_FN_SIGMOID, 1, 1, ""},
    {"Sign", zs_onnx_unary, ZS_FN_SIGN, 1, 1, ""},
    {"Sin", zs_onnx_unary, ZS_FN_SIN, 1, 1, ""},
    {"Size", zs_onnx_size, ZS_FN_NONE, 1, 1, ""},
    {"Slice", zs_onnx_slice, ZS_FN_NONE, 1, 5, "axes ends starts"},
    {"Softmax", zs_onnx_softmax, ZS_FN_SOFTMAX, 1, 1, "axis"},
    {"Softplus", zs_onnx_unary, ZS_FN_SOFTPLUS, 1, 1, ""},
    {"Softsign", zs_onnx_unary, ZS_FN_SOFTSIGN, 1, 1, ""},
    {"SpaceToDepth", zs_onnx_space_to_depth, ZS_FN_NONE, 1, 1, "blocksize"},
    {"Split", zs_onnx_split, ZS_FN_NONE, 1, 2, "axis num_outputs split"},
    {"Sqrt", zs_onnx_unary, ZS_FN_SQRT, 1, 1, ""},
    {"Squeeze", zs_onnx_squeeze, ZS_FN_NONE, 1, 2, "axes"},
    {"Sub", zs_onnx_binary, ZS_FN_SUB, 2, 2, "axis broadcast"},
    {"Sum", zs_onnx_sum, ZS_FN_ADD, 1, 0, ""},
    {"Swish", zs_onnx_unary, ZS_FN_SWISH, 1, 1, "alpha"},
    {"Tanh", zs_onnx_unary, ZS_FN_TANH, 1, 1, ""},
    {"ThresholdedRelu", zs_onnx_unary, ZS_FN_THRESHOLD, 1, 1, "alpha"},
    {"Tile", zs_onnx_tile, ZS_FN_NONE, 2, 2, ""},
    {"TopK", zs_onnx_top_k, ZS_FN_NONE, 1, 2, "axis k largest sorted"},
    {"Transpose", zs_onnx_transpose, ZS_FN_NONE, 1, 1, "perm"},
    {"Unsqueeze", zs_onnx_unsqueeze, ZS_FN_NONE, 1, 2, "axes"},
    {"Upsample", zs_onnx_resize, ZS_FN_NONE, 1, 2, "mode scales"},
    {"Where", zs_onnx_where, ZS_FN_NONE, 3, 3, ""},
    {"XnorPopcountMatMul", zs_onnx_xnor, ZS_FN_NONE, 2, 2, ""},
    {"Xor", zs_onnx_binary, ZS_FN_XOR, 2, 2, "axis broadcast"},
};

const char *zs_onnx_op_at(size_t i)
{
    if (i == ZS_LEN(ops))
        return "Constant"; /* which the walker itself reads */
    return i < ZS_LEN(ops) ? ops[i].name : NULL;
}

bool zs_onnx_has_word(const char *words, const char *word)
{
    const size_t n = strlen(word);
    for (const char *at = words; n > 0 && (at = strstr(at, word)) != NULL; at += n)
        if ((at == words || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
            return true;
    return false;
}

/* consumed_inputs was a hint of the first opsets to memory planners. */
static zs_status check_attrs(const zs_onnx_node *at, const struct onnx_op *op, zs_err *err)
{
    for (size_t i = 0; i < at->node->n_attribute; i++) {
        const char *name = at->node->attribute[i]->name;
        if (name == NULL ||
            (!zs_onnx_has_word(op->attrs, name) && strcmp(name, "consumed_inputs") != 0))
            return zs_fail(err, ZS_EUNSUPPORTED, at->place, "attribute '%s' of %s is not handled",
                           name ? name : "", op->name);
    }
    return ZS_OK;
}

static zs_status check_inputs(const zs_onnx_node *at, const struct onnx_op *op, zs_err *err)
{
    const size_t n = at->node->n_input;
    if (n < op->in_min || (op->in_max != 0 && n > op->in_max))
        return zs_fail(err, ZS_EPARSE, at->place, "%s has %zu inputs, but takes %zu%s", op->name, n,
                       op->in_min, op->in_max == op->in_min ? "" : " or more");
    return ZS_OK;
}

/* Operators with quantisers within read real numbers on steps; all others the integers. */
static zs_status read_integers(const zs_onnx_node *at, const struct onnx_op *op, zs_err *err)
{
    if (op->add == zs_onnx_qlinear || op->add == zs_onnx_integer ||
        op->add == zs_onnx_qlinear_concat)
        return ZS_OK;
    for (size_t i = 0; i < at->node->n_input; i++) {
        zs_net_value *value = zs_net_draft_get(&at->net->draft, at->node->input[i]);
        if (value != NULL && (i > 0 || !zs_onnx_moves_integers(op->name, value->steps != NULL)))
            ZS_TRY(zs_onnx_codes(at, value, err));
    }
    return ZS_OK;
}

zs_status zs_onnx_op(const zs_onnx_node *at, zs_err *err)
{
    for (size_t i = 0; i < ZS_LEN(ops); i++) {
        if (strcmp(ops[i].name, at->node->op_type) == 0) {
            ZS_TRY(check_inputs(at, &ops[i], err));
            ZS_TRY(check_attrs(at, &ops[i], err));
            ZS_TRY(zs_onnx_check_attrs(at, err));
            ZS_TRY(read_integers(at, &ops[i], err));
            zs_onnx_node with = *at;
            with.fn = ops[i].fn;
            ZS_TRY(ops[i].add(&with, err));
            return zs_onnx_keep_integers(at, err);
        }
    }
    return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                   "operator %s is not handled; `zynqsim show --operators` lists those that are",
                   at->node->op_type);
}
