/* tflite_writer.h - TFLite models of one operator, written byte by byte, for tests. */
#ifndef ZYNQSIM_TEST_TFLITE_WRITER_H
#define ZYNQSIM_TEST_TFLITE_WRITER_H

#include "zynqsim/base.h"

enum { TFL_FLOAT = 0, TFL_INT32 = 2, TFL_UINT8 = 3, TFL_INT8 = 9 };

typedef struct tfl_tensor {
    int type;
    uint32_t rank;
    int32_t dims[4];
    float scale; /* 0: no quantisation */
    int64_t zero;
    const void *data; /* NULL: computed */
    size_t bytes;
} tfl_tensor;

/* A field of the operator's options: `bytes` 0 ends the list; 'f': a float. */
typedef struct tfl_option {
    uint16_t id;
    uint8_t bytes;
    double value;
} tfl_option;

/* The model: the last tensor is its output, all others are read by the operator; of these, tensor 0
 * and those without data are inputs. */
zs_span tflite_model(zs_arena *arena, int code, const tfl_tensor *tensors, uint32_t n,
                     const tfl_option *options);

#endif
