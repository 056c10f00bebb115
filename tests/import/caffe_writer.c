#include "caffe_writer.h"

#include <stdio.h>
#include <string.h>

static void put_names(wire *layer, uint32_t field, const char *names)
{
    char copy[256];
    snprintf(copy, sizeof copy, "%s", names);
    for (char *rest, *name = strtok_r(copy, " ", &rest); name; name = strtok_r(NULL, " ", &rest))
        wire_text(layer, field, name);
}

wire caffe_layer(const char *type, const char *name, const char *bottoms, const char *tops)
{
    wire layer = {.n = 0};
    wire_text(&layer, 1, name);
    wire_text(&layer, 2, type);
    put_names(&layer, 3, bottoms);
    put_names(&layer, 4, tops);
    return layer;
}

void caffe_add(wire *net, const wire *layer)
{
    wire_message(net, 100, layer);
}

static void put_ramp(wire *blob, uint64_t n)
{
    float values[4096];
    for (uint64_t i = 0; i < n; i++)
        values[i] = (float)i + 0.5f;
    wire_floats(blob, 5, values, n);
}

void caffe_ramp(wire *layer, size_t rank, int64_t a, int64_t b, int64_t c, int64_t d)
{
    const int64_t dims[4] = {a, b, c, d};
    wire blob = {.n = 0}, shape = {.n = 0};
    uint64_t n = 1;
    for (size_t i = 0; i < rank; i++)
        n *= (uint64_t)dims[i];
    wire_ints(&shape, 1, dims, rank);
    wire_message(&blob, 7, &shape);
    put_ramp(&blob, n);
    wire_message(layer, 7, &blob);
}

void caffe_blob(wire *layer, const float *values, int64_t n)
{
    wire blob = {.n = 0}, shape = {.n = 0};
    wire_ints(&shape, 1, &n, 1);
    wire_message(&blob, 7, &shape);
    wire_floats(&blob, 5, values, (size_t)n);
    wire_message(layer, 7, &blob);
}

void caffe_rule(wire *layer, uint32_t field, uint64_t phase)
{
    wire rule = {.n = 0};
    wire_uint(&rule, 1, phase);
    wire_message(layer, field, &rule);
}

void caffe_input(wire *net, int64_t c, int64_t h, int64_t w)
{
    const int64_t dims[4] = {1, c, h, w};
    wire layer = caffe_layer("Input", "in", "", "data"), param = {.n = 0}, shape = {.n = 0};
    wire_ints(&shape, 1, dims, 4);
    wire_message(&param, 1, &shape);
    wire_message(&layer, 143, &param);
    caffe_add(net, &layer);
}

void caffe_conv(wire *net)
{
    wire layer = caffe_layer("Convolution", "conv", "data", "conv"), param = {.n = 0};
    wire_uint(&param, 1, 4);
    wire_uint(&param, 3, 1);
    wire_uint(&param, 4, 3);
    wire_message(&layer, CAFFE_CONVOLUTION, &param);
    caffe_ramp(&layer, 4, 4, 3, 3, 3);
    caffe_ramp(&layer, 1, 4, 0, 0, 0);
    caffe_add(net, &layer);
}

wire caffe_v1_layer(uint64_t type, const char *name, const char *bottoms, const char *tops)
{
    wire layer = {.n = 0};
    put_names(&layer, 2, bottoms);
    put_names(&layer, 3, tops);
    wire_text(&layer, 4, name);
    wire_uint(&layer, 5, type);
    return layer;
}

void caffe_v1_ramp(wire *layer, uint32_t field, uint64_t n, uint64_t c, uint64_t h, uint64_t w)
{
    wire blob = {.n = 0};
    wire_uint(&blob, 1, n);
    wire_uint(&blob, 2, c);
    wire_uint(&blob, 3, h);
    wire_uint(&blob, 4, w);
    put_ramp(&blob, n * c * h * w);
    wire_message(layer, field, &blob);
}
