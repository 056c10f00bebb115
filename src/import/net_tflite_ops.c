/* The operators of TFLite that are read, each with the function that translates it. */
#include "import_tflite_priv.h"

static const struct tfl_type {
    int64_t code; /* BuiltinOperator of the schema */
    const char *name;
    zs_status (*add)(const zs_tfl_op *at, zs_err *err);
    const char *onnx;
} types[] = {
    {0, "add", zs_tfl_binary, "Add"},
    {1, "average_pool_2d", zs_tfl_pool, "AveragePool"},
    {2, "concatenation", zs_tfl_concat, NULL},
    {3, "conv_2d", zs_tfl_conv, NULL},
    {4, "depthwise_conv_2d", zs_tfl_depthwise, NULL},
    {5, "depth_to_space", zs_tfl_blocks, "DepthToSpace"},
    {6, "dequantize", zs_tfl_quantize, NULL},
    {8, "floor", zs_tfl_unary, "Floor"},
    {9, "fully_connected", zs_tfl_fc, NULL},
    {11, "l2_normalization", zs_tfl_composed, "LpNormalization"},
    {13, "local_response_normalization", zs_tfl_lrn, NULL},
    {14, "logistic", zs_tfl_unary, "Sigmoid"},
    {17, "max_pool_2d", zs_tfl_pool, "MaxPool"},
    {18, "mul", zs_tfl_binary, "Mul"},
    {19, "relu", zs_tfl_relu, "Relu"},
    {20, "relu_n1_to_1", zs_tfl_relu, "ReluN1"},
    {21, "relu6", zs_tfl_relu, "Relu6"},
    {22, "reshape", zs_tfl_reshape, NULL},
    {23, "resize_bilinear", zs_tfl_resize, "linear"},
    {25, "softmax", zs_tfl_softmax, NULL},
    {26, "space_to_depth", zs_tfl_blocks, "SpaceToDepth"},
    {28, "tanh", zs_tfl_unary, "Tanh"},
    {34, "pad", zs_tfl_pad, NULL},
    {36, "gather", zs_tfl_gather, NULL},
    {37, "batch_to_space_nd", zs_tfl_batch_to_space, NULL},
    {38, "space_to_batch_nd", zs_tfl_space_to_batch, NULL},
    {39, "transpose", zs_tfl_transpose, NULL},
    {40, "mean", zs_tfl_reduce, "ReduceMean"},
    {41, "sub", zs_tfl_binary, "Sub"},
    {42, "div", zs_tfl_binary, "Div"},
    {43, "squeeze", zs_tfl_reshape, NULL},
    {45, "strided_slice", zs_tfl_strided_slice, NULL},
    {47, "exp", zs_tfl_unary, "Exp"},
    {49, "split", zs_tfl_split, NULL},
    {50, "log_softmax", zs_tfl_composed, "LogSoftmax"},
    {54, "prelu", zs_tfl_binary, "PRelu"},
    {55, "maximum", zs_tfl_binary, "Max"},
    {56, "arg_max", zs_tfl_arg, "ArgMax"},
    {57, "minimum", zs_tfl_binary, "Min"},
    {59, "neg", zs_tfl_unary, "Neg"},
    {60, "padv2", zs_tfl_pad, NULL},
    {65, "slice", zs_tfl_slice, NULL},
    {66, "sin", zs_tfl_unary, "Sin"},
    {67, "transpose_conv", zs_tfl_transpose_conv, NULL},
    {69, "tile", zs_tfl_tile, "Tile"},
    {70, "expand_dims", zs_tfl_reshape, NULL},
    {73, "log", zs_tfl_unary, "Log"},
    {74, "sum", zs_tfl_reduce, "ReduceSum"},
    {75, "sqrt", zs_tfl_unary, "Sqrt"},
    {76, "rsqrt", zs_tfl_composed, "Sqrt"},
    {78, "pow", zs_tfl_binary, "Pow"},
    {79, "arg_min", zs_tfl_arg, "ArgMin"},
    {82, "reduce_max", zs_tfl_reduce, "ReduceMax"},
    {83, "pack", zs_tfl_pack, NULL},
    {88, "unpack", zs_tfl_unpack, NULL},
    {89, "reduce_min", zs_tfl_reduce, "ReduceMin"},
    {92, "square", zs_tfl_composed, "Mul"},
    {97, "resize_nearest_neighbor", zs_tfl_resize, "nearest"},
    {98, "leaky_relu", zs_tfl_unary, "LeakyRelu"},
    {99, "squared_difference", zs_tfl_composed, "Sub Mul"},
    {100, "mirror_pad", zs_tfl_pad, "reflect"},
    {101, "abs", zs_tfl_unary, "Abs"},
    {102, "split_v", zs_tfl_split_v, NULL},
    {104, "ceil", zs_tfl_unary, "Ceil"},
    {106, "add_n", zs_tfl_add_n, NULL},
    {108, "cos", zs_tfl_unary, "Cos"},
    {111, "elu", zs_tfl_unary, "Elu"},
    {114, "quantize", zs_tfl_quantize, NULL},
    {116, "round", zs_tfl_unary, "Round"},
    {117, "hard_swish", zs_tfl_unary, "HardSwish"},
    {126, "batch_matmul", zs_tfl_matmul, NULL},
    {130, "broadcast_to", zs_tfl_tile, "Expand"},
    {150, "gelu", zs_tfl_unary, "Gelu"},
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
