/* import_caffe_priv.h - between the walk over a Caffe net (net_caffe.c), the old V1 form
 * (net_caffe_v1.c) and the layer types (net_caffe_layers.c), whose blobs net_caffe_data.c reads. */
#ifndef ZYNQSIM_IMPORT_CAFFE_PRIV_H
#define ZYNQSIM_IMPORT_CAFFE_PRIV_H

#include "import_net_priv.h"

#include "caffe.pb-c.h"

typedef struct zs_caffe {
    zs_net_draft draft;
    zs_input_spec input;           /* name NULL until one is found */
    zs_layer_spec *last_batchnorm; /* the layer before, if it was a BatchNorm a Scale may join */
} zs_caffe;

/* One layer on its way into the draft. */
typedef struct zs_caffe_layer {
    zs_caffe *net;
    const ZsCaffe__Layer *layer;
    const char *place; /* "net.caffemodel layer 3 (Convolution conv1)" */
} zs_caffe_layer;

/* The numbers of one blob of a layer. */
typedef struct zs_caffe_blob {
    const float *data;
    uint64_t n;
    int64_t dims[4]; /* as stated, missing leading ones 1; all 0 when more than 4 or none are */
} zs_caffe_blob;

/* Blob i, whose shape must go with its numbers; doubles become floats. */
zs_status zs_caffe_read_blob(const zs_caffe_layer *at, size_t i, zs_caffe_blob *out, zs_err *err);
/* Blob i as exactly `n` numbers, one per channel. */
zs_status zs_caffe_read_vector(const zs_caffe_layer *at, size_t i, uint64_t n, const float **out,
                               zs_err *err);
/* Translates one layer into the draft. ZS_EUNSUPPORTED names its type. */
zs_status zs_caffe_add(const zs_caffe_layer *at, zs_err *err);
/* The network's input, or one more blob that only training reads (labels). */
zs_status zs_caffe_add_input(zs_caffe *net, const char *top, zs_shape shape, const char *place,
                             zs_err *err);
/* Sources of data stay, whatever phase they are for: they stand for the input. */
bool zs_caffe_is_data(const char *type);
/* A layer of the old form as one of the new; NULL when memory is out. */
ZsCaffe__Layer *zs_caffe_from_v1(zs_arena *arena, const ZsCaffe__LayerV1 *old);
/* N, C, H, W of a shape: `out` stays zero unless all of C, H and W are stated. */
zs_status zs_caffe_input_shape(const int64_t *dims, size_t n, const char *place, zs_shape *out,
                               zs_err *err);

#endif
