/* caffe_writer.h - Caffe nets written field by field, for tests. */
#ifndef ZYNQSIM_TEST_CAFFE_WRITER_H
#define ZYNQSIM_TEST_CAFFE_WRITER_H

#include "wire.h"

/* Fields of LayerParameter that tests fill in. */
enum {
    CAFFE_CONCAT = 104,
    CAFFE_CONVOLUTION = 106,
    CAFFE_ELTWISE = 110,
    CAFFE_INNER_PRODUCT = 117,
    CAFFE_LRN = 118,
    CAFFE_POOLING = 121,
    CAFFE_RELU = 123,
    CAFFE_FLATTEN = 135,
    CAFFE_BATCH_NORM = 139,
    CAFFE_SCALE = 142
};

/* The head of a layer: names of bottoms and tops in one string each, separated by blanks. */
wire caffe_layer(const char *type, const char *name, const char *bottoms, const char *tops);
/* Appends the layer to the net. */
void caffe_add(wire *net, const wire *layer);
/* Blobs of 0.5, 1.5, 2.5, ... with a shape of `rank` dimensions. */
void caffe_ramp(wire *layer, size_t rank, int64_t a, int64_t b, int64_t c, int64_t d);
void caffe_blob(wire *layer, const float *values, int64_t n);
/* A rule: include (8) or exclude (9) for phase 0 (TRAIN) or 1 (TEST). */
void caffe_rule(wire *layer, uint32_t field, uint64_t phase);
/* An Input layer `data` of 1 x c x h x w. */
void caffe_input(wire *net, int64_t c, int64_t h, int64_t w);
/* data (3 x 8 x 8) -> convolution `conv` (4 filters of 3 x 3, bias), as most nets begin. */
void caffe_conv(wire *net);
/* The same layers in the old form: field 2, types by number. */
wire caffe_v1_layer(uint64_t type, const char *name, const char *bottoms, const char *tops);
/* A blob with the four old size fields. */
void caffe_v1_ramp(wire *layer, uint32_t field, uint64_t n, uint64_t c, uint64_t h, uint64_t w);

#endif
