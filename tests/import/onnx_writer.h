/* onnx_writer.h - ONNX models written field by field, for tests. */
#ifndef ZYNQSIM_TEST_ONNX_WRITER_H
#define ZYNQSIM_TEST_ONNX_WRITER_H

#include "wire.h"

enum { ONNX_FLOAT = 1, ONNX_INT32 = 6, ONNX_INT64 = 7, ONNX_DOUBLE = 11 };

/* A node: names in one string, separated by blanks ("_" = the empty name). NULL attrs = none. */
void onnx_node(wire *graph, const char *op, const char *name, const char *inputs,
               const char *outputs, const wire *attrs);
void onnx_attr_int(wire *attrs, const char *name, int64_t value);
void onnx_attr_float(wire *attrs, const char *name, float value);
void onnx_attr_text(wire *attrs, const char *name, const char *text);
/* A list of 1 to 4 numbers. */
void onnx_attr_ints(wire *attrs, const char *name, size_t n, int64_t a, int64_t b, int64_t c,
                    int64_t d);
void onnx_attr_tensor(wire *attrs, const char *name, const wire *tensor);
void onnx_attr_graph(wire *attrs, const char *name, const wire *graph);

/* Tensors: floats 0.5, 1.5, 2.5, ... as raw data, or what is given. */
wire onnx_ramp(const char *name, size_t rank, const int64_t *dims);
wire onnx_tensor(const char *name, int type, size_t rank, const int64_t *dims);
void onnx_init(wire *graph, const wire *tensor);
void onnx_init_ramp(wire *graph, const char *name, size_t rank, int64_t a, int64_t b, int64_t c,
                    int64_t d);
void onnx_init_floats(wire *graph, const char *name, const float *values, int64_t n);
void onnx_init_ints(wire *graph, const char *name, const int64_t *values, int64_t n);

/* 1 x 3 x 8 x 8 unless the rank is 2: then 1 x 6; and an input of any size. */
void onnx_input(wire *graph, const char *name, size_t rank);
void onnx_input_of(wire *graph, const char *name, size_t rank, const uint64_t *sizes);
void onnx_output(wire *graph, const char *name);
/* The model around a graph; the graph comes last, so that no true prefix is a model. */
wire onnx_model(const wire *graph, int64_t opset);

#endif
