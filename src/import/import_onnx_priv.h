/* import_onnx_priv.h - between the ONNX graph walker (net_onnx.c), its tensors and attributes
 * (net_onnx_data.c) and the operators (net_onnx_ops.c). */
#ifndef ZYNQSIM_IMPORT_ONNX_PRIV_H
#define ZYNQSIM_IMPORT_ONNX_PRIV_H

#include "import_net_priv.h"

#include "onnx.pb-c.h"

typedef struct zs_onnx {
    zs_net_draft draft;
    const ZsOnnx__Graph *graph;
    int64_t opset;                    /* of the default domain */
    const struct zs_net_parts *parts; /* ONNX: what is known beside the file */
    zs_shape stated;   /* others: sizes of the input that win over the file's, 0 = none */
    int64_t batch;     /* samples that the input states, 0 = open */
    int64_t samples;   /* of inputs that leave it open, by the tensors that are given; else 0 */
    bool counts_given; /* `samples` is to be found */
    bool is_whole;     /* the first dimension is one like the others: not samples, or one */
    const zs_input_spec *inputs;
    uint32_t input_n;
    const char *const *wanted; /* outputs that were asked for instead of the graph's */
    size_t wanted_n;
    uint64_t fold_elems;               /* elements that constants may still be folded into */
    struct zs_onnx_branches *branches; /* of If nodes (net_onnx_branches.c) */
} zs_onnx;

/* One node on its way into the draft. */
typedef struct zs_onnx_node {
    zs_onnx *net;
    const ZsOnnx__Node *node;
    const char *place; /* "net.onnx node 3 (Conv conv1)" */
    zs_function fn;    /* of the operator's row in the table */
} zs_onnx_node;

/* ---- tensors --------------------------------------------------------------------------------- */

/* float or double tensors as floats; raw little-endian floats are pointed to, not copied. */
zs_status zs_onnx_floats(zs_arena *arena, const ZsOnnx__Tensor *tensor, const char *place,
                         const float **out, uint64_t *n, zs_err *err);
/* At most `room` int64 or int32 elements. */
zs_status zs_onnx_ints(const ZsOnnx__Tensor *tensor, const char *place, int64_t *out, size_t room,
                       size_t *n, zs_err *err);

/* Fetches what tensors keep in other files. Where one is missing their data are synthetic, and
 * *note says so (else NULL). Without `fetch` all are missing. */
struct zs_fetch;
zs_status zs_onnx_load_external(zs_arena *arena, const ZsOnnx__Graph *graph, const char *path,
                                const struct zs_fetch *fetch, const char **note, zs_err *err);

/* ---- inputs of a node ------------------------------------------------------------------------ */

/* False for inputs that are missing or named "". */
bool zs_onnx_has_input(const zs_onnx_node *at, size_t i);
/* Input i as something computed, as a constant, and as the floats of a constant. */
zs_status zs_onnx_in_value(const zs_onnx_node *at, size_t i, const zs_net_value **out, zs_err *err);
zs_status zs_onnx_in_tensor(const zs_onnx_node *at, size_t i, const ZsOnnx__Tensor **out,
                            zs_err *err);
zs_status zs_onnx_in_floats(const zs_onnx_node *at, size_t i, const float **out, uint64_t *n,
                            zs_err *err);

/* ---- values of any rank ---------------------------------------------------------------------- */

/* Input i, computed or constant. */
zs_status zs_onnx_get(const zs_onnx_node *at, size_t i, zs_net_value **out, zs_err *err);
/* Its dimensions; ZS_EUNSUPPORTED where the file leaves the size of the input open. */
zs_status zs_onnx_dims(const zs_onnx_node *at, const zs_net_value *value,
                       uint32_t dims[ZS_RANK_MAX], uint32_t *rank, zs_err *err);
/* Makes output k of the node stand for a value. */
zs_status zs_onnx_bind(const zs_onnx_node *at, size_t k, const zs_net_value *value, zs_err *err);
/* Sees to it that a computed value lies in memory in the order of its dimensions, as the given
 * shape, or as channels x rows x columns where that is NULL: by a layer where it does not. */
zs_status zs_onnx_settle(const zs_onnx_node *at, zs_net_value *value, const zs_shape *shape,
                         zs_err *err);
/* The same in order, whatever the shape. */
zs_status zs_onnx_order(const zs_onnx_node *at, zs_net_value *value, zs_err *err);
/* A layer with the same elements as an ordered value. */
zs_status zs_onnx_copy(const zs_onnx_node *at, zs_net_value *value, zs_err *err);
/* Adds the zeros around rows and columns that are still to be added. */
zs_status zs_onnx_unpad(const zs_onnx_node *at, zs_net_value *value, zs_err *err);
/* The same elements in new dimensions, of a constant or a computed value. */
zs_status zs_onnx_recount(const zs_onnx_node *at, zs_net_value *x, const uint32_t *dims,
                          uint32_t rank, zs_net_value *y, zs_err *err);
bool zs_onnx_is_ordered(const zs_net_value *value);
/* Channels x rows x columns of a tensor: the first of several dimensions is dropped where it is 1,
 * the last two are rows and columns, or columns alone. */
zs_shape zs_onnx_shape_of(const uint32_t *dims, uint32_t rank);
uint64_t zs_onnx_elems(const uint32_t *dims, uint32_t rank);
void zs_onnx_strides(const uint32_t *dims, uint32_t rank, uint64_t *strides);
/* Elements apart along each dimension of `value`, as it lies in memory. */
void zs_onnx_value_strides(const zs_net_value *value, const uint32_t *dims, uint32_t rank,
                           uint64_t *strides);
/* The value of a new layer over whose dimensions nothing is known but the rank; infers them. */
zs_status zs_onnx_layer_value(const zs_onnx_node *at, const zs_layer_spec *layer,
                              zs_net_value *const *in, uint32_t rank, zs_net_value *out,
                              zs_err *err);
/* Input i, which must be computed. */
zs_status zs_onnx_computed(const zs_onnx_node *at, size_t i, zs_net_value **out, zs_err *err);
/* A layer over input 0 whose result has the form of that, whatever it is. */
zs_status zs_onnx_new_alike(const zs_onnx_node *at, zs_layer_op op, zs_layer_spec **layer,
                            zs_err *err);
/* A layer called after the node. */
zs_status zs_onnx_new_layer(const zs_onnx_node *at, zs_layer_op op, zs_layer_spec **out,
                            zs_err *err);

/* A layer of general tensors over these values, or its result where they are all constants.
 * g->to, x_elems and operands that are constants are filled in here. */
zs_status zs_onnx_emit(const zs_onnx_node *at, zs_layer_op op, zs_general *g,
                       zs_net_value *const *in, uint32_t in_n, const uint32_t *dims, uint32_t rank,
                       zs_net_value *out, zs_err *err);
zs_general *zs_onnx_general(const zs_onnx_node *at, zs_function fn);
/* fn of two values, and a value times a factor. */
zs_status zs_onnx_two(const zs_onnx_node *at, zs_function fn, zs_net_value *a, zs_net_value *b,
                      zs_net_value *out, zs_err *err);
/* The same, always as a layer of its own function. */
zs_status zs_onnx_two_general(const zs_onnx_node *at, zs_function fn, zs_net_value *a,
                              zs_net_value *b, zs_net_value *out, zs_err *err);
zs_status zs_onnx_scale(const zs_onnx_node *at, zs_net_value *x, double factor, zs_net_value *out,
                        zs_err *err);
zs_status zs_onnx_clip(const zs_onnx_node *at, zs_net_value *constant, double lo, double hi,
                       zs_err *err);
/* Makes a constant what a layer computes: zeros in place of all elements of the input, plus it. */
zs_status zs_onnx_compute(const zs_onnx_node *at, zs_net_value *constant, zs_err *err);
/* Whether a layer's name is that of an input of the network. */
bool zs_onnx_is_input(const zs_onnx *net, const char *layer);
/* A table of `n` offsets: start, start + step, ... */
int64_t *zs_onnx_table(const zs_onnx_node *at, uint64_t n, int64_t start, int64_t step);
/* Refuses what would mix samples of a batch. */
zs_status zs_onnx_keep_batch(const zs_onnx_node *at, bool mixes, zs_err *err);
/* Several samples that the file states go through one by one: `size`, which it states for a first
 * dimension, as that of one sample; and elements of the first dimension as the file counts them. */
int64_t zs_onnx_of_sample(const zs_onnx_node *at, const zs_net_value *value, int64_t size);
uint32_t zs_onnx_first(const zs_onnx_node *at, const zs_net_value *value, uint32_t size);
/* Makes a constant that has the same for every sample what one of them gets. */
zs_status zs_onnx_take_row(const zs_onnx_node *at, zs_net_value *x, zs_err *err);
/* Refuses operands of which one has samples where the other, of more dimensions, has none. */
zs_status zs_onnx_keep_ranks(const zs_onnx_node *at, zs_net_value *const in[2],
                             const uint32_t rank[2], zs_err *err);

/* ---- constants ------------------------------------------------------------------------------- */

bool zs_onnx_is_int(const zs_net_value *constant);
/* All elements of a constant of any number type. */
zs_status zs_onnx_doubles(const zs_onnx_node *at, const zs_net_value *constant, const double **out,
                          uint64_t *n, zs_err *err);
/* A constant of `n` numbers, as floats or as integers. Takes the memory of x. */
zs_status zs_onnx_new_floats(const zs_onnx_node *at, const float *x, const uint32_t *dims,
                             uint32_t rank, zs_net_value *out, zs_err *err);
zs_status zs_onnx_new_ints(const zs_onnx_node *at, const double *x, const uint32_t *dims,
                           uint32_t rank, zs_net_value *out, zs_err *err);
/* A sparse tensor with its zeros. */
zs_status zs_onnx_dense(const zs_onnx_node *at, const ZsOnnx__SparseTensor *sparse,
                        zs_net_value *out, zs_err *err);
/* Counts `n` elements against what folding may make. */
zs_status zs_onnx_fold_room(const zs_onnx_node *at, uint64_t n, zs_err *err);
/* A list of integers from constant input i, or from the attribute of older files; `n` = 0 and
 * *is_given false where there is neither. */
zs_status zs_onnx_list(const zs_onnx_node *at, size_t i, const char *attr, int64_t *out,
                       size_t room, size_t *n, bool *is_given, zs_err *err);
/* An axis counted from the start. */
zs_status zs_onnx_axis(const zs_onnx_node *at, int64_t axis, uint32_t rank, uint32_t *out,
                       zs_err *err);

/* ---- attributes ------------------------------------------------------------------------------ */

const ZsOnnx__Attribute *zs_onnx_attr(const zs_onnx_node *at, const char *name);
int64_t zs_onnx_attr_int(const zs_onnx_node *at, const char *name, int64_t otherwise);
double zs_onnx_attr_float(const zs_onnx_node *at, const char *name, double otherwise);
/* Exactly `n` integers; `out` keeps its values when the attribute is absent. */
zs_status zs_onnx_attr_ints(const zs_onnx_node *at, const char *name, int64_t *out, size_t n,
                            zs_err *err);
/* Which of the names a text attribute is; `otherwise` when it is absent. */
zs_status zs_onnx_attr_choice(const zs_onnx_node *at, const char *attr, const char *const *names,
                              uint32_t n, uint32_t otherwise, uint32_t *out, zs_err *err);

/* Whether a text attribute has this value. */
bool zs_onnx_attr_is(const ZsOnnx__Attribute *attr, const char *text);

/* ---- quantisers ------------------------------------------------------------------------------ */

/* Integers of a file from lo to hi; a quantiser to them, or NULL; a layer of it over x. */
zs_number zs_onnx_number(double scale, double zero, double lo, double hi);
zs_layer_quant *zs_onnx_quantiser(const zs_onnx_node *at, zs_number out);
zs_status zs_onnx_quantise_layer(const zs_onnx_node *at, zs_net_value *x,
                                 const zs_layer_quant *quant, zs_net_value *y, zs_err *err);
const double *zs_onnx_spread(const zs_onnx_node *at, const float *from, uint64_t n, uint64_t want);
/* Smallest and largest number of a type of TensorProto, those of 64 bits as far as doubles count
 * them; false for others than integers. */
bool zs_onnx_int_limits(int32_t type, double *least, double *most);
/* Makes a quantised value, if it is one, its integers. */
zs_status zs_onnx_codes(const zs_onnx_node *at, zs_net_value *x, zs_err *err);
/* Whether an operator leaves integers as they are, each in its channel where those have steps. */
bool zs_onnx_moves_integers(const char *op, bool has_steps);
/* Says of the results of a node that is done whether they are integers, and on which steps. */
zs_status zs_onnx_keep_integers(const zs_onnx_node *at, zs_err *err);
/* Whether a value, computed or constant, is integers of the file; and what fn needs of the constant
 * it divides by, where it is. */
bool zs_onnx_is_integer(const zs_net_value *value);
/* What is known of the steps of weights, constant input i. */
void zs_onnx_grid(const zs_onnx_node *at, size_t i, zs_layer_spec *layer);

/* Where of three values, some of them computed (net_onnx_dynamic.c). */
zs_status zs_onnx_where_computed(const zs_onnx_node *at, zs_net_value *const in[3], zs_err *err);

/* ---- operators ------------------------------------------------------------------------------- */

/* ZS_EPARSE for an operator, an attribute or a number of inputs of another operator set. */
zs_status zs_onnx_check_form(const zs_onnx_node *at, zs_err *err);
/* ZS_EPARSE for an attribute of another type, or one that is missing. */
zs_status zs_onnx_check_attrs(const zs_onnx_node *at, zs_err *err);
/* One of the words of a text, with blanks between them. */
bool zs_onnx_has_word(const char *words, const char *word);
/* Translates one node into layers of the draft. ZS_EUNSUPPORTED names the operator. */
zs_status zs_onnx_op(const zs_onnx_node *at, zs_err *err);

/* ---- the graph (net_onnx.c) ------------------------------------------------------------------ */

/* Adds the constants of a graph, and node i of it; `within` is "" or the place of the node around
 * it. */
zs_status zs_onnx_add_initializers(zs_onnx *net, const ZsOnnx__Graph *graph, zs_err *err);
zs_status zs_onnx_add_node(zs_onnx *net, const ZsOnnx__Graph *graph, size_t i, const char *within,
                           zs_err *err);
/* Unpacks the graphs within nodes; graph i of all of them, NULL behind the last. */
zs_status zs_onnx_read_branches(zs_onnx *net, zs_arena *arena, const char *path, zs_err *err);
const ZsOnnx__Graph *zs_onnx_branch_at(const zs_onnx *net, size_t i);
/* The names that a node reads, those within its graphs, too. */
void zs_onnx_each_read(const zs_onnx *net, const ZsOnnx__Node *node,
                       void (*take)(void *ctx, const char *name), void *ctx);

/* Name i of the operators that are read, NULL behind the last. */
const char *zs_onnx_op_at(size_t i);

#define OP(function) zs_status zs_onnx_##function(const zs_onnx_node *at, zs_err *err);
/* clang-format off */
OP(conv) OP(max_pool) OP(average_pool) OP(batchnorm) OP(lrn) OP(unary) OP(binary) OP(prelu) OP(sum) OP(cast) OP(where) OP(transpose) OP(reshape) OP(flatten)
OP(squeeze) OP(unsqueeze) OP(shape) OP(size) OP(gather) OP(slice) OP(split) OP(pad) OP(expand)
OP(tile) OP(depth_to_space) OP(space_to_depth) OP(concat) OP(constant_of_shape) OP(range)
OP(resize) OP(reduce) OP(arg) OP(global_pool) OP(softmax) OP(instance_norm) OP(layer_norm)
OP(lp_norm) OP(mean_variance) OP(matmul) OP(gemm) OP(conv_transpose) OP(quantize) OP(dequantize)
OP(qlinear) OP(qlinear_concat) OP(integer) OP(quant) OP(multi_threshold) OP(xnor)
OP(top_k) OP(dynamic_quantize) OP(lp_pool) OP(group_norm) OP(if) OP(volume_pool) OP(fused_conv)
OP(einsum) OP(gather_elements) OP(gather_nd) OP(scatter_elements) OP(scatter_nd) OP(nonzero)
/* clang-format on */
#undef OP
#endif
