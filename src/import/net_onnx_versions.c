/* What a node may have depends on the version of the operator set. Source: the change log of ONNX
 * operators (onnx/docs/Changelog.md). */
#include "import_onnx_priv.h"

#include <inttypes.h>
#include <string.h>

enum { LATEST = 1 << 30 };

typedef enum form_kind {
    ITSELF,   /* the operator */
    AT_LEAST, /* so many inputs or more; those left out at the end do not count */
    AT_MOST,  /* so many inputs or fewer */
    ATTRIBUTE
} form_kind;

#define AXES_BY_18                                                                                 \
    "ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd "    \
    "ReduceSumSquare"

/* LayerNormalization, MeanVarianceNormalization and ThresholdedRelu are older than their first
 * operator set: runtimes had them before. */
static const struct {
    const char *ops; /* NULL: any */
    form_kind kind;
    const char *attr;
    size_t inputs;
    int64_t from, until; /* operator sets that have it */
} forms[] = {
    {NULL, ATTRIBUTE, "consumed_inputs", 0, 1, 5},
    {"Add And Div Equal Greater Less Mul Or Pow Sub Xor", ATTRIBUTE, "axis", 0, 1, 6},
    {"Add And Div Equal Gemm Greater Less Mul Or Pow Sub Xor", ATTRIBUTE, "broadcast", 0, 1, 6},
    {"ArgMax ArgMin", ATTRIBUTE, "select_last_index", 0, 12, LATEST},
    {"AveragePool", ATTRIBUTE, "ceil_mode", 0, 10, LATEST},
    {"AveragePool", ATTRIBUTE, "count_include_pad", 0, 7, LATEST},
    {"AveragePool", ATTRIBUTE, "dilations", 0, 19, LATEST},
    {"BatchNormalization", ATTRIBUTE, "is_test", 0, 1, 6},
    {"BatchNormalization", ATTRIBUTE, "spatial", 0, 1, 8},
    {"BatchNormalization", ATTRIBUTE, "training_mode", 0, 14, LATEST},
    {"Celu Einsum GreaterOrEqual LessOrEqual", ITSELF, NULL, 0, 12, LATEST},
    {"Clip", ATTRIBUTE, "max", 0, 1, 10},
    {"Clip", ATTRIBUTE, "min", 0, 1, 10},
    {"Clip", AT_LEAST, NULL, 2, 11, LATEST},
    {"Constant", ATTRIBUTE, "value_float", 0, 12, LATEST},
    {"Constant", ATTRIBUTE, "value_floats", 0, 12, LATEST},
    {"Constant", ATTRIBUTE, "value_int", 0, 12, LATEST},
    {"Constant", ATTRIBUTE, "value_ints", 0, 12, LATEST},
    {"ConstantOfShape Erf EyeLike NonZero Shrink Sign Where", ITSELF, NULL, 0, 9, LATEST},
    {"ConvInteger DequantizeLinear MatMulInteger Mod QLinearConv QLinearMatMul QuantizeLinear "
     "Resize",
     ITSELF, NULL, 0, 10, LATEST},
    {"DepthToSpace", ATTRIBUTE, "mode", 0, 11, LATEST},
    {"DequantizeLinear QuantizeLinear", ATTRIBUTE, "axis", 0, 13, LATEST},
    {"Dropout", ATTRIBUTE, "is_test", 0, 1, 6},
    {"Dropout", ATTRIBUTE, "ratio", 0, 1, 11},
    {"Dropout", ATTRIBUTE, "seed", 0, 12, LATEST},
    {"Dropout", AT_LEAST, NULL, 2, 12, LATEST},
    {"DynamicQuantizeLinear GatherND Range Round", ITSELF, NULL, 0, 11, LATEST},
    {"Expand", ITSELF, NULL, 0, 8, LATEST},
    {"Gelu", ITSELF, NULL, 0, 20, LATEST},
    {"Gemm", AT_MOST, NULL, 2, 11, LATEST},
    {"HardSwish", ITSELF, NULL, 0, 14, LATEST},
    {"MaxPool", ATTRIBUTE, "ceil_mode", 0, 10, LATEST},
    {"MaxPool", ATTRIBUTE, "dilations", 0, 10, LATEST},
    {"MaxPool", ATTRIBUTE, "storage_order", 0, 8, LATEST},
    {"Mish", ITSELF, NULL, 0, 18, LATEST},
    {"Pad", ATTRIBUTE, "paddings", 0, 1, 1},
    {"Pad", ATTRIBUTE, "pads", 0, 2, 10},
    {"Pad", ATTRIBUTE, "value", 0, 1, 10},
    {"Pad", AT_LEAST, NULL, 2, 11, LATEST},
    {"Pad", AT_LEAST, NULL, 4, 18, LATEST},
    {"DequantizeLinear QuantizeLinear", ATTRIBUTE, "block_size", 0, 21, LATEST},
    {"DequantizeLinear", ATTRIBUTE, "output_dtype", 0, 23, LATEST},
    {"QuantizeLinear", ATTRIBUTE, "output_dtype", 0, 21, LATEST},
    {"QuantizeLinear", ATTRIBUTE, "precision", 0, 23, LATEST},
    {"QuantizeLinear", ATTRIBUTE, "saturate", 0, 19, LATEST},
    {AXES_BY_18, ATTRIBUTE, "axes", 0, 1, 17},
    {AXES_BY_18, ATTRIBUTE, "noop_with_empty_axes", 0, 18, LATEST},
    {AXES_BY_18, AT_LEAST, NULL, 2, 18, LATEST},
    {"ReduceSum", ATTRIBUTE, "axes", 0, 1, 12},
    {"ReduceSum", ATTRIBUTE, "noop_with_empty_axes", 0, 13, LATEST},
    {"ReduceSum", AT_LEAST, NULL, 2, 13, LATEST},
    {"Reshape", ATTRIBUTE, "allowzero", 0, 14, LATEST},
    {"Reshape", ATTRIBUTE, "shape", 0, 1, 4},
    {"Reshape", AT_LEAST, NULL, 2, 5, LATEST},
    {"Resize", ATTRIBUTE, "coordinate_transformation_mode", 0, 11, LATEST},
    {"Resize", ATTRIBUTE, "cubic_coeff_a", 0, 11, LATEST},
    {"Resize", ATTRIBUTE, "exclude_outside", 0, 11, LATEST},
    {"Resize", ATTRIBUTE, "extrapolation_value", 0, 11, LATEST},
    {"Resize", ATTRIBUTE, "nearest_mode", 0, 11, LATEST},
    {"Resize", AT_LEAST, NULL, 3, 11, LATEST},
    {"GatherElements ScatterElements ScatterND", ITSELF, NULL, 0, 11, LATEST},
    {"GatherND", ATTRIBUTE, "batch_dims", 0, 12, LATEST},
    {"Scatter", ITSELF, NULL, 0, 9, 10},
    {"ScatterElements ScatterND", ATTRIBUTE, "reduction", 0, 16, LATEST},
    {"Shape", ATTRIBUTE, "end", 0, 15, LATEST},
    {"Shape", ATTRIBUTE, "start", 0, 15, LATEST},
    {"Slice", ATTRIBUTE, "axes", 0, 1, 9},
    {"Slice", ATTRIBUTE, "ends", 0, 1, 9},
    {"Slice", ATTRIBUTE, "starts", 0, 1, 9},
    {"Slice", AT_LEAST, NULL, 2, 10, LATEST},
    {"Split", ATTRIBUTE, "num_outputs", 0, 18, LATEST},
    {"Split", ATTRIBUTE, "split", 0, 1, 12},
    {"Split", AT_LEAST, NULL, 2, 13, LATEST},
    {"Squeeze Unsqueeze", ATTRIBUTE, "axes", 0, 1, 12},
    {"Squeeze Unsqueeze", AT_LEAST, NULL, 2, 13, LATEST},
    {"Swish", ITSELF, NULL, 0, 24, LATEST},
    {"Tile", AT_MOST, NULL, 2, 6, LATEST},
    {"TopK", ATTRIBUTE, "k", 0, 1, 9},
    {"TopK", ATTRIBUTE, "largest", 0, 11, LATEST},
    {"TopK", ATTRIBUTE, "sorted", 0, 11, LATEST},
    {"TopK", AT_LEAST, NULL, 2, 10, LATEST},
    {"Upsample", ITSELF, NULL, 0, 1, 9},
    {"Upsample", ATTRIBUTE, "scales", 0, 7, 8},
    {"Upsample", AT_LEAST, NULL, 2, 9, LATEST},
};

/* What an operator cannot be without, and what nothing else here would miss: an attribute, or so
 * many inputs. */
static const struct {
    const char *op, *attr;
    size_t inputs;
    int64_t from, until;
} needs[] = {
    {"Cast", "to", 0, 1, LATEST},
    {"Concat", "axis", 0, 4, LATEST},
    {"QLinearConcat", "axis", 0, 1, LATEST},
    {"Slice", "ends", 0, 1, 9},
    {"Slice", "starts", 0, 1, 9},
    {"Slice", NULL, 3, 10, LATEST},
    {"Unsqueeze", "axes", 0, 1, 12},
    {"Unsqueeze", NULL, 2, 13, LATEST},
};

/* Types of attributes; all others are whole numbers. */
typedef enum attr_type { NUMBER = 1, WHOLE, TEXT, TENSOR, GRAPH, NUMBERS, WHOLES, TYPES } attr_type;

static const char *const type_words[TYPES] = {[NUMBER] = "number",
                                              [WHOLE] = "whole number",
                                              [TEXT] = "text",
                                              [TENSOR] = "tensor",
                                              [GRAPH] = "graph",
                                              [NUMBERS] = "list of numbers",
                                              [WHOLES] = "list of whole numbers"};

static const struct {
    attr_type type;
    const char *attrs;
} types[] = {
    {NUMBER,
     "alpha beta bias cubic_coeff_a epsilon extrapolation_value gamma lambd max min momentum "
     "out_bias out_scale ratio value_float"},
    {TEXT, "activation approximate auto_pad coordinate_transformation_mode data_layout equation "
           "mode nearest_mode "
           "out_dtype reduction rounding_mode"},
    {GRAPH, "else_branch then_branch"},
    {NUMBERS, "activation_params scales value_floats"},
    {WHOLES,
     "axes consumed_inputs dilations ends kernel_shape output_padding output_shape paddings "
     "pads perm shape split starts strides value_ints"},
};

static attr_type type_of(const char *op, const char *attr)
{
    if (strcmp(attr, "value") == 0)
        return strcmp(op, "Pad") == 0 ? NUMBER : TENSOR;
    for (size_t i = 0; i < ZS_LEN(types); i++)
        if (zs_onnx_has_word(types[i].attrs, attr))
            return types[i].type;
    return WHOLE;
}

/* Writers may leave out the type, and a 0 or an empty list. */
static bool is_of(const ZsOnnx__Attribute *a, attr_type type)
{
    const bool has[TYPES] = {
        [NUMBER] = a->has_f,     [WHOLE] = a->has_i, [TEXT] = a->has_s,
        [TENSOR] = a->t != NULL, [GRAPH] = a->has_g, [NUMBERS] = a->n_floats > 0,
        [WHOLES] = a->n_ints > 0};
    bool has_other = a->has_type && a->type != 0 && a->type != (int32_t)type;
    for (size_t i = 0; i < TYPES; i++)
        has_other = has_other || (has[i] && i != (size_t)type);
    return has[type] || !has_other;
}

zs_status zs_onnx_check_attrs(const zs_onnx_node *at, zs_err *err)
{
    const char *op = at->node->op_type;
    for (size_t i = 0; i < at->node->n_attribute; i++) {
        const ZsOnnx__Attribute *a = at->node->attribute[i];
        const attr_type type = type_of(op, a->name ? a->name : "");
        if (!is_of(a, type))
            return zs_fail(err, ZS_EPARSE, at->place, "attribute '%s' of %s is no %s",
                           a->name ? a->name : "", op, type_words[type]);
    }
    for (size_t i = 0; i < ZS_LEN(needs); i++) {
        if (strcmp(needs[i].op, op) != 0 || at->net->opset < needs[i].from ||
            at->net->opset > needs[i].until)
            continue;
        if (needs[i].attr != NULL && zs_onnx_attr(at, needs[i].attr) == NULL)
            return zs_fail(err, ZS_EPARSE, at->place, "attribute '%s' of %s is missing",
                           needs[i].attr, op);
        if (needs[i].inputs > 0 && !zs_onnx_has_input(at, needs[i].inputs - 1))
            return zs_fail(err, ZS_EPARSE, at->place, "input %zu of %s is missing",
                           needs[i].inputs - 1, op);
    }
    return ZS_OK;
}

static size_t input_n(const zs_onnx_node *at)
{
    size_t n = at->node->n_input;
    while (n > 0 && !zs_onnx_has_input(at, n - 1))
        n--;
    return n;
}

zs_status zs_onnx_check_form(const zs_onnx_node *at, zs_err *err)
{
    const int64_t opset = at->net->opset;
    const char *op = at->node->op_type, *domain = at->node->domain;
    if (domain != NULL && domain[0] != '\0' && strcmp(domain, "ai.onnx") != 0)
        return ZS_OK; /* of another set, whose versions are its own */
    const size_t n = input_n(at);
    for (size_t i = 0; i < ZS_LEN(forms); i++) {
        const form_kind kind = forms[i].kind;
        if ((opset >= forms[i].from && opset <= forms[i].until) ||
            (forms[i].ops != NULL && !zs_onnx_has_word(forms[i].ops, op)) ||
            (kind == AT_LEAST && n < forms[i].inputs) || (kind == AT_MOST && n > forms[i].inputs) ||
            (kind == ATTRIBUTE && zs_onnx_attr(at, forms[i].attr) == NULL))
            continue;
        const bool is_early = opset < forms[i].from;
        const char *when = is_early ? "from" : "up to";
        const int64_t bound = is_early ? forms[i].from : forms[i].until;
        if (kind == ATTRIBUTE)
            return zs_fail(err, ZS_EPARSE, at->place,
                           "%s has an attribute '%s' %s opset %" PRId64 " alone, this is %" PRId64,
                           op, forms[i].attr, when, bound, opset);
        if (kind == ITSELF)
            return zs_fail(err, ZS_EPARSE, at->place,
                           "there is a %s %s opset %" PRId64 " alone, this is %" PRId64, op, when,
                           bound, opset);
        return zs_fail(err, ZS_EPARSE, at->place,
                       "%s takes %zu input%s %s opset %" PRId64 " alone, this is %" PRId64, op, n,
                       n == 1 ? "" : "s", when, bound, opset);
    }
    return ZS_OK;
}
