/* import_tflite_priv.h - between the frame of a TFLite model (net_tflite.c: tensors, constants,
 * ends), what operators share (net_tflite_values.c), the table of operators (net_tflite_ops.c) and
 * the operators (net_tflite_windows.c, _elements.c, _dimensions.c, _moves.c, _resize.c, _reals.c,
 * _batches.c).
 *
 * Values are kept as the file counts them, N x H x W x C, and lie in memory as C x H x W: the
 * transposes between cost nothing until an operator asks for another order. */
#ifndef ZYNQSIM_IMPORT_TFLITE_PRIV_H
#define ZYNQSIM_IMPORT_TFLITE_PRIV_H

#include "flatbuffer_priv.h"
#include "import_lower_priv.h"

/* TensorType of the schema. */
enum {
    ZS_TFL_FLOAT = 0,
    ZS_TFL_HALF = 1,
    ZS_TFL_INT32 = 2,
    ZS_TFL_UINT8 = 3,
    ZS_TFL_INT64 = 4,
    ZS_TFL_INT8 = 9
};

/* Padding of the schema. */
enum { ZS_TFL_SAME = 0, ZS_TFL_VALID = 1 };

typedef struct zs_tfl_tensor {
    const char *name;  /* of the file, for people */
    const char *value; /* in the draft, once something asked for it as it is */
    const char *map;   /* the same as channels x rows x columns, or NULL */
    uint32_t rank, dims[ZS_RANK_MAX];
    uint32_t block[2]; /* above 0: samples are every so many rows and columns of `map` */
    int64_t type;
    bool is_constant;
    bool is_shape; /* sizes that operators work out of shapes, which the file states as well */
    zs_span data;
    zs_flat_list scale, zero; /* n = 0: real numbers */
    uint32_t axis;            /* of scales, where there are several */
} zs_tfl_tensor;

typedef struct zs_tflite {
    zs_onnx graph;
    zs_rounding rounding;
    zs_tfl_tensor *tensors;
    uint32_t tensor_n;
} zs_tflite;

/* One operator on its way into the draft. */
typedef struct zs_tfl_op {
    zs_tflite *net;
    zs_flat_list in, out;
    zs_flat_table options;
    const char *onnx; /* of its row, or NULL */
    zs_lower lower;
} zs_tfl_op;

/* ---- tensors --------------------------------------------------------------------------------- */

/* Input or output i; NULL for an input that is left out. */
zs_status zs_tfl_in(const zs_tfl_op *at, uint32_t i, const zs_tfl_tensor **out, zs_err *err);
zs_status zs_tfl_out(const zs_tfl_op *at, const zs_tfl_tensor **out, zs_err *err);
/* The same of something computed, and of a constant. */
zs_status zs_tfl_computed(const zs_tfl_op *at, uint32_t i, const zs_tfl_tensor **out, zs_err *err);
zs_status zs_tfl_constant(const zs_tfl_op *at, uint32_t i, const zs_tfl_tensor **out, zs_err *err);
bool zs_tfl_is_int(const zs_tfl_tensor *tensor); /* int8 or uint8 with a scale */
bool zs_tfl_same_scale(const zs_tfl_tensor *a, const zs_tfl_tensor *b);
/* Refuses bytes that would have another type or scale behind an operator that only moves them. */
zs_status zs_tfl_check_moved(const zs_tfl_op *at, const zs_tfl_tensor *x, const zs_tfl_tensor *y,
                             zs_err *err);
uint64_t zs_tfl_elems(const zs_tfl_tensor *tensor);
/* At most ZS_RANK_MAX * 2 whole numbers of a constant. */
zs_status zs_tfl_list(const zs_tfl_op *at, uint32_t i, int64_t *out, size_t *n, zs_err *err);
/* All elements of a constant as floats: real values, or (`raw`) integers less their zero. */
zs_status zs_tfl_floats(const zs_tfl_op *at, const zs_tfl_tensor *tensor, bool raw,
                        const float **out, zs_err *err);

/* ---- values ---------------------------------------------------------------------------------- */

/* A map as channels x rows x columns, a tensor that is made of one, and any as the file has it. */
zs_status zs_tfl_to_map(const zs_tfl_op *at, const zs_tfl_tensor *x, const char **out, zs_err *err);
zs_status zs_tfl_from_map(const zs_tfl_op *at, const char *map, const zs_tfl_tensor *y,
                          zs_err *err);
zs_status zs_tfl_value(const zs_tfl_op *at, const zs_tfl_tensor *x, const char **out, zs_err *err);
/* The layer that makes a value. */
zs_layer_spec *zs_tfl_layer(const zs_tfl_op *at, const char *value);
/* The activation of real numbers over `in`. */
zs_status zs_tfl_activate(const zs_tfl_op *at, int64_t act, const char *in, const char *out,
                          const char **made, zs_err *err);

/* ---- integers -------------------------------------------------------------------------------- */

zs_number zs_tfl_number(const zs_tfl_tensor *tensor);
double zs_tfl_scale(const zs_tfl_tensor *tensor, uint32_t c);
/* What becomes of results by the file's rule: to the integers of `out`, clipped by an activation,
 * with `n` factors (NULL: none). */
zs_status zs_tfl_quant(const zs_tfl_op *at, const zs_tfl_tensor *out, int64_t act,
                       const double *factor, uint32_t n, zs_layer_quant **quant, zs_err *err);
/* Scales of a product: in double, or as single precision has it (uint8 and fully connected). */
double zs_tfl_factor(const zs_tfl_op *at, double x, double w, double y, bool is_single);
/* Room for n factors, or NULL. */
double *zs_tfl_new_doubles(const zs_tfl_op *at, uint32_t n);
/* Gives the layer that makes `value` its quantiser. */
zs_status zs_tfl_set_quant(const zs_tfl_op *at, const char *value, const zs_layer_quant *quant,
                           zs_err *err);

/* ---- operators ------------------------------------------------------------------------------- */

/* Refuses a result y of x unless both are integers, or neither. */
zs_status zs_tfl_check_alike(const zs_tfl_op *at, const zs_tfl_tensor *x, const zs_tfl_tensor *y,
                             zs_err *err);
/* The one input and the output: both are integers, or neither. */
zs_status zs_tfl_ends(const zs_tfl_op *at, const zs_tfl_tensor **x, const zs_tfl_tensor **y,
                      zs_err *err);
/* A tensor as an operand: what was computed, or a constant's real numbers or integers less zero. */
zs_status zs_tfl_operand(const zs_tfl_op *at, uint32_t i, bool is_int, const zs_tfl_tensor **tensor,
                         const char **name, zs_err *err);
/* The bias, as floats: of integers in steps of the sums. *out is NULL where there is none. */
zs_status zs_tfl_take_bias(const zs_tfl_op *at, uint32_t input, uint32_t oc, const float **out,
                           zs_err *err);

/* Layers with filters, as convolutions of maps and products of rows. */
zs_status zs_tfl_conv(const zs_tfl_op *at, zs_err *err);
zs_status zs_tfl_depthwise(const zs_tfl_op *at, zs_err *err);
zs_status zs_tfl_fc(const zs_tfl_op *at, zs_err *err);
/* Maximum (at->onnx) or average over windows. */
zs_status zs_tfl_pool(const zs_tfl_op *at, zs_err *err);

/* Add, Mul, Sub, ...: at->onnx. */
zs_status zs_tfl_binary(const zs_tfl_op *at, zs_err *err);
/* A function of each element. Of integers: the real result, rounded. */
zs_status zs_tfl_unary(const zs_tfl_op *at, zs_err *err);
/* Activations that are operators of their own. */
zs_status zs_tfl_relu(const zs_tfl_op *at, zs_err *err);
/* QUANTIZE and DEQUANTIZE, of constants as well. */
zs_status zs_tfl_quantize(const zs_tfl_op *at, zs_err *err);
/* Over the last dimension, of x times beta. */
zs_status zs_tfl_softmax(const zs_tfl_op *at, zs_err *err);

/* Reductions over the dimensions that a constant lists: at->onnx. */
zs_status zs_tfl_reduce(const zs_tfl_op *at, zs_err *err);
/* Whatever the operator says of shapes, the output has one. */
zs_status zs_tfl_reshape(const zs_tfl_op *at, zs_err *err);
/* The order of dimensions that a constant lists. */
zs_status zs_tfl_transpose(const zs_tfl_op *at, zs_err *err);
/* PAD, PADV2 and, with at->onnx, MIRROR_PAD. */
zs_status zs_tfl_pad(const zs_tfl_op *at, zs_err *err);
/* Along any dimension but the first. */
zs_status zs_tfl_concat(const zs_tfl_op *at, zs_err *err);

zs_status zs_tfl_resize(const zs_tfl_op *at, zs_err *err);
zs_status zs_tfl_transpose_conv(const zs_tfl_op *at, zs_err *err);
zs_status zs_tfl_composed(const zs_tfl_op *at, zs_err *err);
zs_status zs_tfl_matmul(const zs_tfl_op *at, zs_err *err);
zs_status zs_tfl_arg(const zs_tfl_op *at, zs_err *err);

zs_status zs_tfl_lrn(const zs_tfl_op *at, zs_err *err);
zs_status zs_tfl_tile(const zs_tfl_op *at, zs_err *err);
zs_status zs_tfl_add_n(const zs_tfl_op *at, zs_err *err);

zs_status zs_tfl_space_to_batch(const zs_tfl_op *at, zs_err *err);
zs_status zs_tfl_batch_to_space(const zs_tfl_op *at, zs_err *err);
/* The dilation of a convolution from x to y that runs between those two. */
zs_status zs_tfl_dilate(const zs_tfl_op *at, const zs_tfl_tensor *x, const zs_tfl_tensor *y,
                        const int64_t strides[2], int64_t padding, int64_t dilations[2],
                        zs_err *err);

zs_status zs_tfl_slice(const zs_tfl_op *at, zs_err *err);
zs_status zs_tfl_strided_slice(const zs_tfl_op *at, zs_err *err);
zs_status zs_tfl_split(const zs_tfl_op *at, zs_err *err);
zs_status zs_tfl_split_v(const zs_tfl_op *at, zs_err *err);
zs_status zs_tfl_unpack(const zs_tfl_op *at, zs_err *err);
zs_status zs_tfl_pack(const zs_tfl_op *at, zs_err *err);
zs_status zs_tfl_gather(const zs_tfl_op *at, zs_err *err);
zs_status zs_tfl_blocks(const zs_tfl_op *at, zs_err *err);

/* Translates one operator. ZS_EUNSUPPORTED names its code. */
zs_status zs_tfl_add(zs_tfl_op *at, int64_t code, zs_err *err);
const char *zs_tfl_op_name(int64_t code);
/* Its name in the schema. */
const char *zs_tfl_schema_name(int64_t code);
/* Name i of the operators that are read, NULL behind the last. */
const char *zs_tfl_op_at(size_t i);

#endif
