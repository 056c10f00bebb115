/* import_caffe_priv.h - between the walk over a Caffe net (net_caffe.c), the old V1 form
 * (net_caffe_v1.c) and the layer types: plain ones (net_caffe_layers.c, _windows.c) and those that
 * become ONNX operators (net_caffe_general.c, _sums.c, _moves.c), whose blobs net_caffe_data.c
 * reads. */
#ifndef ZYNQSIM_IMPORT_CAFFE_PRIV_H
#define ZYNQSIM_IMPORT_CAFFE_PRIV_H

#include "import_lower_priv.h"

#include "caffe.pb-c.h"

typedef struct zs_caffe {
    zs_onnx graph;         /* the draft, and what the lowered layers need to know */
    uint32_t input_rank;   /* of the input read last, as the file counts it: 2 or 4 */
    bool is_bare;          /* a graph without weights: they are synthetic */
    zs_input_spec *inputs; /* the first one's name is NULL until it is found */
    uint32_t input_n;
    zs_layer_spec *last_batchnorm; /* the layer before, if it was a BatchNorm a Scale may join */
} zs_caffe;

/* One layer on its way into the draft. */
typedef struct zs_caffe_layer {
    zs_caffe *net;
    const ZsCaffe__Layer *layer;
    const char *place; /* "net.caffemodel layer 3 (Convolution conv1)" */
    const char *onnx;  /* operator of the type's row, or NULL */
} zs_caffe_layer;

/* The numbers of one blob of a layer. */
typedef struct zs_caffe_blob {
    const float *data;
    uint64_t n;
    int64_t dims[4]; /* as stated, missing leading ones 1; all 0 when more than 4 or none are */
} zs_caffe_blob;

/* Whether the layer's numbers are to be made up. */
static inline bool zs_caffe_is_bare(const zs_caffe_layer *at)
{
    return at->net->is_bare && at->layer->n_blobs == 0;
}

/* Blob i, whose shape must go with its numbers; doubles become floats. */
zs_status zs_caffe_read_blob(const zs_caffe_layer *at, size_t i, zs_caffe_blob *out, zs_err *err);
/* Blob i as exactly `n` numbers, one per channel. */
zs_status zs_caffe_read_vector(const zs_caffe_layer *at, size_t i, uint64_t n, const float **out,
                               zs_err *err);
/* The parameters of a type that forks of Caffe have: `known` where the file is text, else its one
 * message of unknown number; *out stays NULL where there is none. */
zs_status zs_caffe_fork_param(const zs_caffe_layer *at, const ProtobufCMessageDescriptor *type,
                              void *known, void *out, zs_err *err);
/* Translates one layer into the draft. ZS_EUNSUPPORTED names its type. */
zs_status zs_caffe_add(const zs_caffe_layer *at, zs_err *err);
/* Name i of the types that are read, NULL behind the last. */
const char *zs_caffe_type_at(size_t i);
/* Layers that the types of the table add at most, for each of this file's. */
uint64_t zs_caffe_room(const ZsCaffe__Layer *layer);
/* An axis as the file counts it, of blob `bottom`; of a blob of unknown size as it is. */
int64_t zs_caffe_axis(const zs_caffe_layer *at, const char *bottom, int64_t axis);
/* An input of the network; a blob without a size beside the first is one that only training reads
 * (labels). */
zs_status zs_caffe_add_input(zs_caffe *net, const char *top, zs_shape shape, const char *place,
                             zs_err *err);
/* Bottom i, laid out as channels x rows x columns: the layer that makes it. */
zs_status zs_caffe_bottom(const zs_caffe_layer *at, size_t i, const char **out, zs_err *err);
/* Whether the layer may make blob `name`. */
zs_status zs_caffe_check_top(const zs_caffe_layer *at, const char *name, zs_err *err);
/* Sources of data stay, whatever phase they are for: they stand for the input. */
bool zs_caffe_is_data(const char *type);
/* A layer of the old form as one of the new; NULL when memory is out. */
ZsCaffe__Layer *zs_caffe_from_v1(zs_arena *arena, const ZsCaffe__LayerV1 *old);
/* N, C, H, W of a shape: `out` stays zero unless all of C, H and W are stated. */
zs_status zs_caffe_input_shape(zs_caffe *net, const int64_t *dims, size_t n, const char *place,
                               zs_shape *out, zs_err *err);

/* ---- plain layers ---------------------------------------------------------------------------- */

/* The layer of `op` from the first bottom to the first top. */
zs_status zs_caffe_new_unary(const zs_caffe_layer *at, zs_layer_op op, zs_layer_spec **out,
                             zs_err *err);
/* Whether `axis` is that of the channels in all bottoms. */
bool zs_caffe_is_channel_axis(const zs_caffe_layer *at, int64_t axis);
/* The window of a convolution, of sizes for each axis or for both. */
zs_status zs_caffe_conv_window(const zs_caffe_layer *at, const ZsCaffe__Convolution *p,
                               zs_window *w, zs_err *err);
/* Convolutions, depthwise ones as well; fully connected layers; pools. */
zs_status zs_caffe_conv(const zs_caffe_layer *at, zs_err *err);
zs_status zs_caffe_fc(const zs_caffe_layer *at, zs_err *err);
zs_status zs_caffe_pool(const zs_caffe_layer *at, zs_err *err);

/* ---- layers that become ONNX operators ------------------------------------------------------- */

typedef struct zs_caffe_ends {
    zs_lower lower;
    const char *in, *out;             /* the first bottom and the first top */
    uint32_t dims[ZS_RANK_MAX], rank; /* of the first bottom, where asked for */
} zs_caffe_ends;

/* Checks bottoms (0: any number) and tops and names the layer. */
zs_status zs_caffe_begin(const zs_caffe_layer *at, size_t bottoms, bool needs_dims,
                         zs_caffe_ends *e, zs_err *err);
/* Dimension `d` of the first bottom as a reshape keeps it: samples that go one by one, by 0. */
int64_t zs_caffe_kept(const zs_caffe_ends *e, uint32_t d);
/* An axis of the first bottom, counted from the start; it must lie behind the first. */
zs_status zs_caffe_axis_of(const zs_caffe_layer *at, const zs_caffe_ends *e, int64_t axis,
                           uint32_t *out, zs_err *err);
/* Blob i of n numbers; without weights, all of them `fill`. */
zs_status zs_caffe_blob_or(const zs_caffe_layer *at, size_t i, uint64_t n, float fill,
                           const float **out, zs_err *err);
/* The first top as a copy of `in`. */
zs_status zs_caffe_pass(const zs_caffe_ends *e, const char *in, zs_err *err);
/* x * scale + shift, where they are not 1 and 0. */
zs_status zs_caffe_affine(const zs_caffe_ends *e, const char *in, double scale, double shift,
                          const char *out, const char **made, zs_err *err);
/* What net_caffe_general.c, net_caffe_sums.c and net_caffe_moves.c add. */
#define TYPE(function) zs_status zs_caffe_##function(const zs_caffe_layer *at, zs_err *err);
/* clang-format off */
TYPE(simple) TYPE(slope) TYPE(prelu) TYPE(power) TYPE(exp) TYPE(log) TYPE(threshold) TYPE(swish)
TYPE(clip) TYPE(elu) TYPE(permute) TYPE(slice) TYPE(upsample) TYPE(deconv) TYPE(eltwise)
TYPE(scale) TYPE(product) TYPE(normalize) TYPE(reshape) TYPE(flatten) TYPE(axpy) TYPE(shuffle)
TYPE(join) TYPE(softmax) TYPE(argmax) TYPE(reduction) TYPE(tile) TYPE(crop) TYPE(mvn)
/* clang-format on */
#undef TYPE

#endif
