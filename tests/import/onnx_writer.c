#include "onnx_writer.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static void put_names(wire *node, uint32_t field, const char *names)
{
    char copy[256];
    snprintf(copy, sizeof copy, "%s", names);
    for (char *rest, *name = strtok_r(copy, " ", &rest); name; name = strtok_r(NULL, " ", &rest))
        wire_text(node, field, strcmp(name, "_") == 0 ? "" : name);
}

void onnx_node(wire *graph, const char *op, const char *name, const char *inputs,
               const char *outputs, const wire *attrs)
{
    wire node = {.n = 0};
    put_names(&node, 1, inputs);
    put_names(&node, 2, outputs);
    if (name != NULL)
        wire_text(&node, 3, name);
    wire_text(&node, 4, op);
    if (attrs != NULL) {
        memcpy(node.data + node.n, attrs->data, attrs->n);
        node.n += attrs->n;
    }
    wire_message(graph, 1, &node);
}

void onnx_attr_int(wire *attrs, const char *name, int64_t value)
{
    wire attr = {.n = 0};
    wire_text(&attr, 1, name);
    wire_uint(&attr, 3, (uint64_t)value);
    wire_message(attrs, 5, &attr);
}

void onnx_attr_float(wire *attrs, const char *name, float value)
{
    wire attr = {.n = 0};
    wire_text(&attr, 1, name);
    wire_float(&attr, 2, value);
    wire_message(attrs, 5, &attr);
}

void onnx_attr_text(wire *attrs, const char *name, const char *text)
{
    wire attr = {.n = 0};
    wire_text(&attr, 1, name);
    wire_text(&attr, 4, text);
    wire_message(attrs, 5, &attr);
}

void onnx_attr_ints(wire *attrs, const char *name, size_t n, int64_t a, int64_t b, int64_t c,
                    int64_t d)
{
    const int64_t values[4] = {a, b, c, d};
    wire attr = {.n = 0};
    wire_text(&attr, 1, name);
    for (size_t i = 0; i < n; i++)
        wire_uint(&attr, 8, (uint64_t)values[i]); /* not packed, as most exporters do */
    wire_message(attrs, 5, &attr);
}

static void attr_message(wire *attrs, const char *name, uint32_t field, const wire *message)
{
    wire attr = {.n = 0};
    wire_text(&attr, 1, name);
    wire_message(&attr, field, message);
    wire_message(attrs, 5, &attr);
}

void onnx_attr_tensor(wire *attrs, const char *name, const wire *tensor)
{
    attr_message(attrs, name, 5, tensor);
}

void onnx_attr_graph(wire *attrs, const char *name, const wire *graph)
{
    attr_message(attrs, name, 6, graph);
}

wire onnx_tensor(const char *name, int type, size_t rank, const int64_t *dims)
{
    wire tensor = {.n = 0};
    wire_ints(&tensor, 1, dims, rank);
    wire_uint(&tensor, 2, (uint64_t)type);
    wire_text(&tensor, 8, name);
    return tensor;
}

wire onnx_ramp(const char *name, size_t rank, const int64_t *dims)
{
    float values[4096];
    size_t n = 1;
    for (size_t i = 0; i < rank; i++)
        n *= (size_t)dims[i];
    for (size_t i = 0; i < n; i++)
        values[i] = (float)i + 0.5f;
    wire tensor = onnx_tensor(name, ONNX_FLOAT, rank, dims);
    wire_bytes(&tensor, 9, values, n * sizeof *values);
    return tensor;
}

void onnx_init(wire *graph, const wire *tensor)
{
    wire_message(graph, 5, tensor);
}

void onnx_init_ramp(wire *graph, const char *name, size_t rank, int64_t a, int64_t b, int64_t c,
                    int64_t d)
{
    const int64_t dims[4] = {a, b, c, d};
    const wire tensor = onnx_ramp(name, rank, dims);
    onnx_init(graph, &tensor);
}

void onnx_init_floats(wire *graph, const char *name, const float *values, int64_t n)
{
    wire tensor = onnx_tensor(name, ONNX_FLOAT, 1, &n);
    wire_floats(&tensor, 4, values, (size_t)n);
    onnx_init(graph, &tensor);
}

void onnx_init_ints(wire *graph, const char *name, const int64_t *values, int64_t n)
{
    wire tensor = onnx_tensor(name, ONNX_INT64, 1, &n);
    wire_ints(&tensor, 7, values, (size_t)n);
    onnx_init(graph, &tensor);
}

static void put_dim(wire *shape, uint64_t size)
{
    wire dim = {.n = 0};
    wire_uint(&dim, 1, size);
    wire_message(shape, 1, &dim);
}

void onnx_input(wire *graph, const char *name, size_t rank)
{
    static const uint64_t row[2] = {1, 6}, map[] = {1, 3, 8, 8, 1, 3, 8, 8, 1};
    assert(rank <= sizeof map / sizeof *map);
    onnx_input_of(graph, name, rank, rank == 2 ? row : map);
}

void onnx_input_of(wire *graph, const char *name, size_t rank, const uint64_t *sizes)
{
    wire info = {.n = 0}, type = {.n = 0}, tensor = {.n = 0}, shape = {.n = 0};
    for (size_t i = 0; i < rank; i++)
        put_dim(&shape, sizes[i]);
    wire_uint(&tensor, 1, ONNX_FLOAT);
    wire_message(&tensor, 2, &shape);
    wire_message(&type, 1, &tensor);
    wire_text(&info, 1, name);
    wire_message(&info, 2, &type);
    wire_message(graph, 11, &info);
}

void onnx_output(wire *graph, const char *name)
{
    wire info = {.n = 0};
    wire_text(&info, 1, name);
    wire_message(graph, 12, &info);
}

wire onnx_model(const wire *graph, int64_t opset)
{
    wire model = {.n = 0}, set = {.n = 0};
    wire_uint(&model, 1, 7);
    wire_text(&model, 2, "a producer, which is skipped");
    wire_uint(&set, 2, (uint64_t)opset);
    wire_message(&model, 8, &set);
    wire_message(&model, 7, graph);
    return model;
}
