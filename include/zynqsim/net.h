/* net.h - networks: the importers' description, the graph built from it, and operation counts.
 *
 * Flow     an importer fills a zs_net_spec (names and numbers of the file, in any order);
 *          zs_net_build resolves names, sorts topologically, infers shapes, simplifies (drops
 *          dropout, makes flatten a view, folds batchnorm, fuses activations) and returns the
 * graph. Shapes   per image: channels x height x width; the batch is a property of the design.
 * Layouts  activations CHW, weights OIHW ([oc][ic / groups][ky][kx]), fc weights [oc][c*h*w].
 * Memory   all of a zs_net lives in the arena given to zs_net_build; weights the importer supplied
 *          are pointed to, not copied, unless batchnorm had to be folded into them. */
#ifndef ZYNQSIM_NET_H
#define ZYNQSIM_NET_H

#include "zynqsim/base.h"

typedef enum zs_layer_op {
#define LAYER(id, ...) ZS_LAYER_##id,
#include "zynqsim/layers.def"
#undef LAYER
    ZS_LAYER_N
} zs_layer_op;

/* "conv", "pool", ...; never NULL for a valid op. */
const char *zs_layer_op_name(zs_layer_op op);

typedef struct zs_shape {
    uint32_t c, h, w;
} zs_shape;

/* A sliding window. For fc and ops without one all sizes are 1 and all pads 0. */
typedef struct zs_window {
    uint32_t kh, kw; /* kernel */
    uint32_t sh, sw; /* stride */
    uint32_t dh, dw; /* dilation, 1 = dense */
    uint32_t pad_top, pad_left, pad_bottom, pad_right;
} zs_window;

#define ZS_WINDOW_1X1 ((zs_window){.kh = 1, .kw = 1, .sh = 1, .sw = 1, .dh = 1, .dw = 1})

typedef enum zs_pool_kind { ZS_POOL_MAX, ZS_POOL_AVG } zs_pool_kind;

/* Activation: y = min(max(x, lo), hi). relu is lo = 0, hi = +inf; relu6 is 0..6. */
typedef struct zs_act {
    bool active;
    float lo, hi;
} zs_act;

#define ZS_ACT_NONE ((zs_act){.active = false})

/* Weights and biases of a layer. `data` NULL means synthetic: generated from `seed` by position,
 * the same on every machine (zs_weight_synthetic). */
typedef struct zs_weights {
    const float *data; /* conv: OIHW; fc: [oc][in]; NULL = synthetic */
    const float *bias; /* [oc]; NULL with data != NULL means zero bias */
    uint64_t n_elems;  /* of data; checked against the shape when data is given */
    uint64_t bias_n;   /* of bias, 0 or oc */
} zs_weights;

/* ---- quantised models ------------------------------------------------------------------------ */

/* Affine quantisation of a tensor: real = (q - zero) * scale, q in lo..hi. Values of at most eight
 * bits are stored as int8: unsigned bytes of a file minus 128, the difference being `offset`. */
typedef struct zs_number {
    double scale; /* 0: not quantised, real numbers */
    int32_t zero, lo, hi;
    int32_t offset;
    uint8_t bits;    /* in the file: 1..32 */
    bool is_bipolar; /* the two values are -1 and +1 */
} zs_number;

/* Whether lo..hi fits int8. */
static inline bool zs_number_is_narrow(const zs_number *n)
{
    return n->scale > 0 && n->lo >= -128 && n->hi <= 127;
}

typedef enum zs_rounding {
    ZS_ROUND_EVEN, /* the nearest, halves to even */
    ZS_ROUND_UP,   /* away from 0 */
    ZS_ROUND_DOWN, /* towards 0 */
    ZS_ROUND_CEIL,
    ZS_ROUND_FLOOR,
    ZS_ROUND_HALF_UP,   /* the nearest, halves away from 0 */
    ZS_ROUND_HALF_DOWN, /* the nearest, halves towards 0 */
    /* TFLite's: 31-bit multiplier and shift, rounded twice (its reference kernels) or once (ruy),
     * or all in single precision (XNNPACK). For layers without filters see num/integer_layers.c. */
    ZS_ROUND_DOUBLE,
    ZS_ROUND_SINGLE,
    ZS_ROUND_FLOAT,
} zs_rounding;

/* Requantisation of a layer of a quantised model, applied to its exact result (conv, fc: the sum of
 * products of q - zero; add: the sum of the inputs, times a factor each; quantise: the real input;
 * all others: their real result):
 *     v = (sum + bias) * factor / divisor + addend, then at least `least` and at most `most`;
 *     then q = zero + v rounded, within lo..hi; or q = level0 + step * (number of thresholds <= v);
 *     or, where out.scale is 0, v itself, a real number.
 * Factors, divisors, addends and biases have one entry in all or one per output channel
 * (`channels`). */
typedef struct zs_layer_quant {
    zs_number out;
    zs_rounding rule;
    bool is_real; /* the result is dequantised, (q - zero) * scale: its readers take real numbers */
    uint32_t channels;
    const double *factor, *divisor, *addend; /* NULL: 1, 1, 0; add: factors by input */
    const int32_t *bias;
    double least, most;
    const double *thresholds; /* [channels][threshold_n], ascending; NULL: rounded */
    uint32_t threshold_n;
    int32_t level0, step;
    zs_number weight; /* conv, fc: `data` of the weights holds the integers q - zero */
} zs_layer_quant;

/* Weights of a spec that are integer multiples of a scale, per tensor or per output channel. */
typedef struct zs_weight_grid {
    const float *scale; /* NULL: not known to be */
    uint32_t scale_n;
    uint8_t bits; /* 0: not stated */
    bool is_bipolar;
} zs_weight_grid;

/* The thresholds of a streaming kind, i < n: t[i] is the smallest sum at which the output of
 * channel `oc` is at least level0 + step * (i + 1), or, where the output falls with the sum, at
 * most level0 + step * (n - 1 - i). False where it is not an integer step function of the sum. */
bool zs_quant_thresholds(const zs_layer_quant *quant, uint32_t oc, int64_t least_sum,
                         int64_t most_sum, int64_t *t, uint32_t n);
/* The result of a sum: q - zero, or a real number. */
double zs_quant_finish(const zs_layer_quant *quant, uint32_t channel, double sum);
/* The arithmetic of rules ZS_ROUND_DOUBLE, _SINGLE and _FLOAT (docs/models/numerics.md): x times a
 * positive factor; a sum of n values times factor / n; x + y or x - y, of scales a and b, at scale
 * `out`. Their building blocks: a * b / 2^31, halves up; a / 2^shift, halves away from 0. */
int32_t zs_rule_scale(zs_rounding rule, int64_t x, double factor);
int32_t zs_rule_mean(zs_rounding rule, int64_t sum, uint32_t n, double factor);
int32_t zs_rule_add(zs_rounding rule, int32_t x, double a, int32_t y, double b, double out);
int32_t zs_rule_subtract(zs_rounding rule, int32_t x, double a, int32_t y, double b, double out);
int32_t zs_high_product(int64_t a, int32_t b);
int32_t zs_shift_round(int32_t a, int32_t shift);
/* zs_quant_finish of an add, whose inputs are already multiplied by their factors. */
double zs_quant_finish_sum(const zs_layer_quant *quant, double sum);

/* ---- layers of general tensors --------------------------------------------------------------- */

typedef enum zs_function {
#define FUNCTION(id, ...) ZS_FN_##id,
#include "zynqsim/functions.def"
#undef FUNCTION
    ZS_FN_N
} zs_function;

/* "leaky_relu", "mul", "log_softmax", ...; never NULL for a valid function. */
const char *zs_function_name(zs_function fn);

#define ZS_RANK_MAX 8

/* A layer on tensors of any rank with all sizes resolved: importers know ranks and axes, the graph
 * only channels, rows and columns. Elements are in the order of the file (row-major), which is CHW.
 * layers.def lists the members that each op uses. */
typedef struct zs_general {
    zs_function fn;
    double p[3];      /* parameters of fn: functions.def */
    zs_shape to;      /* shape of the result */
    uint64_t x_elems; /* expected elements of all inputs together */
    uint32_t rank;    /* of the iteration space over the result, 1..ZS_RANK_MAX */
    uint32_t dims[ZS_RANK_MAX];
    uint64_t strides[2][ZS_RANK_MAX]; /* binary, matmul: of both operands; reduce: of the input */
    /* rearrange: element o of the result is the input's at the sum over d of tables[d][o_d], or
     * `fill` where one of them is -1 */
    const int64_t *tables[ZS_RANK_MAX];
    double fill;
    /* reduce: the reduced dimensions; matmul: one, the dimension summed over */
    uint32_t inner_rank;
    uint32_t inner_dims[ZS_RANK_MAX];
    uint64_t inner_strides[2][ZS_RANK_MAX];
    /* normalise: lines of `line_n` elements, `line_step` apart, in contiguous blocks */
    uint64_t line_n, line_step;
    /* join: the result is `outer` blocks, each shares[i] elements of every input i in turn */
    uint64_t outer;
    const uint64_t *shares;
    /* resize: rows and columns of the input; per output row or column `taps` inputs and weights */
    uint32_t in_h, in_w, taps;
    const uint32_t *tap_y, *tap_x; /* [out][taps] */
    const float *weight_y, *weight_x;
    /* binary, matmul: the operand that is a parameter, at index constant_at (0 or 1); normalise:
     * factors, one per element of a line, or with is_per_block one per block of lines */
    const float *constant;
    uint64_t constant_n;
    uint32_t constant_at;
    bool is_per_block;
    const float *offset; /* normalise: addends, one per factor; NULL = 0 */
} zs_general;

/* ---- filled in by importers ------------------------------------------------------------------ */

typedef struct zs_layer_spec {
    const char *name; /* unique; importers make one up where the file has none */
    zs_layer_op op;
    const char *const *in; /* names of layers or network inputs */
    uint32_t in_n;
    const char *place;    /* "file.onnx node 12 (Conv)" for messages; may be NULL */
    uint32_t oc;          /* conv, fc: output channels */
    uint32_t groups;      /* conv: 1 = dense; 0 = one group per input channel (depthwise) */
    zs_window window;     /* conv, pool */
    bool auto_same_upper; /* conv, pool: pads that keep ceil(in / stride), odd one at the end */
    bool auto_same_lower; /* the same with the odd one at the start */
    zs_pool_kind pool;
    bool ceil_mode;         /* pool: round the output size up (Caffe) */
    bool count_include_pad; /* average pool: the divisor counts padding, but not the part of a
                             * window added by ceil_mode that lies beyond it */
    bool caffe_pool;        /* as count_include_pad, which is Caffe's only rule */
    zs_act act;             /* act; conv, fc, pool, add may carry one */
    zs_weights weights;     /* conv, fc */
    bool no_bias;       /* conv, fc with synthetic weights: none (else biases are synthetic too) */
    const float *scale; /* batchnorm: y = x * scale[c] + shift[c]; NULL = synthetic identity */
    const float *shift;
    uint32_t scale_n;
    float lrn_alpha, lrn_beta, lrn_k; /* lrn: x / (k + alpha / size * sum x^2)^beta */
    uint32_t lrn_size;
    const zs_general *general;   /* rearrange, unary, binary, ... (layers.def), else NULL */
    const zs_layer_quant *quant; /* quantise, and layers of quantised models; else NULL */
    zs_weight_grid grid;         /* conv, fc */
    const double *exact_scale,
        *exact_shift; /* batchnorm: scale and shift before rounding to float */
} zs_layer_spec;

typedef struct zs_input_spec {
    const char *name;
    zs_shape shape; /* c = 0: not stated by the file, the user must supply it */
    uint32_t rank;  /* of the dimensions in the file; 0: channels, rows and columns */
    uint32_t dims[ZS_RANK_MAX];
    zs_number number;
    bool is_channels_last; /* dims are N, H, W, C; the shape remains C, H, W */
} zs_input_spec;

/* An output of the network: the layer that produces it, its name and dimensions in the file. */
typedef struct zs_output_spec {
    const char *layer, *name;
    bool is_int;   /* written as the file's integers, not as real numbers */
    bool has_dims; /* else channels, rows and columns */
    uint32_t rank;
    uint32_t dims[ZS_RANK_MAX];
} zs_output_spec;

#define ZS_MAX_INPUTS UINT32_C(1024)

typedef struct zs_net_spec {
    const char *name;
    zs_input_spec input;
    const zs_input_spec *more_inputs; /* further inputs */
    uint32_t more_input_n;
    const zs_layer_spec *layers;
    uint32_t layer_n;
    const char *output;    /* layer that is the result; NULL = the only one that nothing reads */
    uint64_t seed;         /* of synthetic weights */
    bool keep_batchnorm;   /* not folded into convolutions: for training */
    bool is_structure;     /* weights are left unread: for timing alone */
    const char *note;      /* for the user, on how the file was read, or NULL */
    zs_output_spec result; /* of the output; its `layer` is ignored */
    const zs_output_spec *more; /* further outputs */
    uint32_t more_n;
} zs_net_spec;

/* ---- the graph ------------------------------------------------------------------------------- */

#define ZS_NO_INDEX UINT32_MAX

/* One value of the graph, per image, named after the spec's layer that produces it. A tensor with
 * a parent is a slice of it: it starts `parent_offset_elems` after the parent's first element (a
 * concat input written in place, or a flattened view) and owns no memory. */
typedef struct zs_tensor {
    const char *name;
    zs_shape shape;
    uint32_t producer; /* index of the layer that writes it, the last where several do;
                        * ZS_NO_INDEX for the network input and its views */
    uint32_t parent;   /* index into tensors, or ZS_NO_INDEX */
    uint64_t parent_offset_elems;
    zs_number number;
} zs_tensor;

/* One layer that does work. `act` is applied to its result. */
typedef struct zs_layer {
    const char *name;
    zs_layer_op op;
    const uint32_t *in; /* tensor indices */
    uint32_t in_n;
    uint32_t out;    /* tensor index */
    uint32_t index;  /* own position in net->layers; seeds synthetic weights */
    uint32_t groups; /* conv; 1 otherwise. fc is a 1x1 conv over c*h*w channels of one pixel */
    zs_window window;
    zs_pool_kind pool;
    bool ceil_mode, count_include_pad, caffe_pool;
    zs_act act;
    zs_weights weights; /* batchnorm: data = scale[c], bias = shift[c] */
    bool has_bias;
    float lrn_alpha, lrn_beta, lrn_k;
    uint32_t lrn_size;
    const zs_general *general;   /* layers of general tensors; owned by the importer */
    const zs_layer_quant *quant; /* NULL: not quantised */
    zs_shape x, y;               /* input (of in[0]) and output; for fc x is {c*h*w, 1, 1} */
} zs_layer;

typedef struct zs_net_input {
    uint32_t tensor;
    uint64_t offset_elems; /* in the values of an image, all inputs together */
    uint32_t rank;         /* of the dimensions in the file; 0: as the tensor's shape */
    uint32_t dims[ZS_RANK_MAX];
    bool is_channels_last; /* dims are N, H, W, C */
} zs_net_input;

typedef struct zs_net_output {
    const char *name;
    uint32_t tensor;
    bool is_int; /* written as the file's integers */
    bool has_dims;
    uint32_t rank; /* of the dimensions in the file, with has_dims */
    uint32_t dims[ZS_RANK_MAX];
} zs_net_output;

/* Measured activation sparsity: the nonzero values of each tensor, image by image, which time the
 * engines that skip products with zero inputs. */
typedef struct zs_activity {
    uint32_t image_n;            /* image i of a batch has the values of i % image_n; 0: all values
                                  * count as nonzero */
    const double *const *means;  /* [tensor][image][c]: mean magnitude of a channel */
    const uint64_t *const *bits; /* [tensor] 1 = nonzero, images [c][h][w] in turn, each starting at
                                  * a word; NULL: no layer with filters reads the tensor */
} zs_activity;
/* Words of `bits` per image. */
static inline uint64_t zs_activity_words(zs_shape s)
{
    return ((uint64_t)s.c * s.h * s.w + 63) / 64;
}

typedef struct zs_net {
    const char *name;
    const zs_layer *layers; /* topological order */
    uint32_t layer_n;
    const zs_tensor *tensors;
    uint32_t tensor_n;
    uint32_t input;  /* tensor index, of the first input */
    uint32_t output; /* tensor index: the final result */
    uint32_t logits; /* tensor before a final softmax; equals output where there is none */
    uint64_t seed;
    const zs_net_output *outputs; /* all results, `output` first */
    uint32_t output_n;
    const zs_net_input *inputs; /* all of them; an image holds the values of one after the other */
    uint32_t input_n;
    const zs_activity *activity; /* NULL: not measured (zs_activity_measure) */
} zs_net;

bool zs_net_is_input(const zs_net *net, uint32_t root);
/* Elements of one image, all inputs together. */
uint64_t zs_net_input_elems(const zs_net *net);

/* Whether an output of the network lies in the memory that `root` owns. */
bool zs_net_is_output(const zs_net *net, uint32_t root);

/* Builds the graph. Layers that the output does not depend on are left out. Layers keep the order
 * of the spec where possible. Errors name the layer: ZS_EPARSE (unknown or duplicate name, cycle,
 * no output), ZS_ESHAPE (mismatched shapes, windows larger than their input, wrong weight counts),
 * ZS_ERANGE (zero strides, sizes that overflow), ZS_ENOMEM. */
zs_status zs_net_build(zs_arena *arena, const zs_net_spec *spec, zs_net **out, zs_err *err);

/* zs_net_build with streamlining (FINN's term): where the file's quantisers allow it, scales, batch
 * normalisations and activations between a conv or fc and a quantiser become the factor and addend
 * of one function of the sum, in double precision, and weights become integers by their scale. All
 * other layers stay real. */
zs_status zs_net_streamline(zs_arena *arena, const zs_net_spec *spec, zs_net **out, zs_err *err);

/* The output shape of a layer on inputs of these shapes, by the rules of zs_net_build. */
zs_status zs_layer_infer(zs_arena *scratch, const zs_layer_spec *spec, const zs_shape *in,
                         uint32_t in_n, zs_shape *out, zs_err *err);

/* ---- counts ---------------------------------------------------------------------------------- */

uint64_t zs_shape_elems(zs_shape s);
/* Multiply-accumulates of one image; 0 for ops without weights. */
uint64_t zs_layer_macs(const zs_layer *layer);
uint64_t zs_layer_weight_elems(const zs_layer *layer); /* without bias */
uint64_t zs_layer_bias_elems(const zs_layer *layer);
/* Arithmetic of one image in operations: 2 per MAC; one per compare, add or multiply else. */
uint64_t zs_layer_ops(const zs_layer *layer);
/* Work of a layer of general tensors in software, one image: MACs, elements gathered one by one,
 * elements streamed through, comparisons or additions of pooling windows, exponentials. */
typedef struct zs_software_work {
    uint64_t macs, gathered, elements, pool_ops, exps;
} zs_software_work;
zs_software_work zs_layer_software_work(const zs_layer *layer);
static inline bool zs_op_is_general(zs_layer_op op)
{
    return op >= ZS_LAYER_REARRANGE && op < ZS_LAYER_N;
}
uint64_t zs_net_macs(const zs_net *net);
uint64_t zs_net_param_elems(const zs_net *net);
/* Convolution or fully connected: an op with filters, run by the MAC array. */
static inline bool zs_op_has_filters(zs_layer_op op)
{
    return op == ZS_LAYER_CONV || op == ZS_LAYER_FC;
}
static inline bool zs_layer_is_depthwise(const zs_layer *layer)
{
    return layer->op == ZS_LAYER_CONV && layer->groups > 1 && layer->groups == layer->x.c &&
           layer->x.c == layer->y.c;
}

/* The tensor that owns the memory of `tensor`, and the offset of the slice within it. */
uint32_t zs_tensor_root(const zs_net *net, uint32_t tensor, uint64_t *offset_elems);

/* ---- weights --------------------------------------------------------------------------------- */

/* The weights of output channel `oc`: a pointer into the file's data, or `scratch` (of
 * zs_layer_filter_elems) filled with synthetic values. [ic / groups][ky][kx]. */
uint64_t zs_layer_filter_elems(const zs_layer *layer);
const float *zs_layer_filter(const zs_net *net, const zs_layer *layer, uint32_t oc, float *scratch);
float zs_layer_bias(const zs_net *net, const zs_layer *layer, uint32_t oc);
/* The least and the largest sum of any channel of a layer with filters, over all inputs of their
 * type. `filter` has room for zs_layer_filter_elems. False: the layer is not quantised. */
bool zs_layer_sum_range(const zs_net *net, const zs_layer *layer, float *filter, int64_t *least,
                        int64_t *most);
/* Value of synthetic weight i of a tensor: uniform in +-sqrt(6 / fan_in) (He et al. 2015). */
float zs_weight_synthetic(uint64_t seed, uint32_t layer, uint64_t i, uint64_t fan_in);

#endif
