#include "import_onnx_priv.h"

#include <string.h>

/* TensorProto.DataType */
enum { TYPE_FLOAT = 1, TYPE_INT32 = 6, TYPE_INT64 = 7, TYPE_DOUBLE = 11, TYPE_N = 17 };

static const char *const type_names[TYPE_N] = {
    "undefined", "float",  "uint8",     "int8",       "uint16",  "int16",
    "int32",     "int64",  "string",    "bool",       "half",    "double",
    "uint32",    "uint64", "complex64", "complex128", "bfloat16"};

static const char *type_name(const ZsOnnx__Tensor *tensor)
{
    const int32_t type = tensor->data_type;
    return type >= 0 && type < TYPE_N ? type_names[type] : "of an unknown type";
}

static const char *tensor_name(const ZsOnnx__Tensor *tensor)
{
    return tensor->name ? tensor->name : "";
}

/* ---- tensors --------------------------------------------------------------------------------- */

static uint64_t load_le(const uint8_t *bytes, size_t n)
{
    uint64_t value = 0;
    for (size_t i = n; i-- > 0;)
        value = value << 8 | bytes[i];
    return value;
}

/* The number of elements by the dimensions, which the payload must then have. */
static zs_status check_payload(const ZsOnnx__Tensor *tensor, const char *place, size_t listed_n,
                               size_t elem_bytes, uint64_t *n, zs_err *err)
{
    if (tensor->data_location != 0 || tensor->n_external_data > 0)
        return zs_fail(
            err, ZS_EUNSUPPORTED, place,
            "tensor '%s' keeps its data in another file; only data within the model is read",
            tensor_name(tensor));
    ZS_TRY(zs_net_elems(tensor->dims, tensor->n_dims, place, n, err));
    const uint64_t have = tensor->has_raw_data ? tensor->raw_data.len / elem_bytes : listed_n;
    const bool is_whole = !tensor->has_raw_data || tensor->raw_data.len % elem_bytes == 0;
    if (have != *n || !is_whole)
        return zs_fail(err, ZS_EPARSE, place,
                       "tensor '%s' has data for %llu elements, but its dimensions say %llu",
                       tensor_name(tensor), (unsigned long long)have, (unsigned long long)*n);
    return ZS_OK;
}

static const float *raw_floats(zs_arena *arena, const ZsOnnx__Tensor *tensor, uint64_t n)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    (void)arena; /* protobuf-c put the bytes into an aligned block of the arena */
    (void)n;
    return (const float *)(const void *)tensor->raw_data.data;
#else
    float *out = zs_arena_alloc_raw(arena, n, sizeof *out);
    for (uint64_t i = 0; out != NULL && i < n; i++) {
        const uint32_t bits = (uint32_t)load_le(tensor->raw_data.data + 4 * i, 4);
        memcpy(&out[i], &bits, sizeof bits);
    }
    return out;
#endif
}

static const float *narrow_doubles(zs_arena *arena, const ZsOnnx__Tensor *tensor, uint64_t n)
{
    float *out = zs_arena_alloc_raw(arena, n, sizeof *out);
    for (uint64_t i = 0; out != NULL && i < n; i++) {
        double value;
        if (tensor->has_raw_data) {
            const uint64_t bits = load_le(tensor->raw_data.data + 8 * i, 8);
            memcpy(&value, &bits, sizeof value);
        } else {
            value = tensor->double_data[i];
        }
        out[i] = (float)value;
    }
    return out;
}

zs_status zs_onnx_floats(zs_arena *arena, const ZsOnnx__Tensor *tensor, const char *place,
                         const float **out, uint64_t *n, zs_err *err)
{
    uint64_t elems;
    const float *data;
    if (tensor->data_type == TYPE_FLOAT) {
        ZS_TRY(check_payload(tensor, place, tensor->n_float_data, 4, &elems, err));
        data = tensor->has_raw_data ? raw_floats(arena, tensor, elems) : tensor->float_data;
    } else if (tensor->data_type == TYPE_DOUBLE) {
        ZS_TRY(check_payload(tensor, place, tensor->n_double_data, 8, &elems, err));
        data = narrow_doubles(arena, tensor, elems);
    } else {
        return zs_fail(err, ZS_EUNSUPPORTED, place,
                       "tensor '%s' is %s; weights must be float or double", tensor_name(tensor),
                       type_name(tensor));
    }
    if (elems == 0)
        return zs_fail(err, ZS_ESHAPE, place, "tensor '%s' has no elements", tensor_name(tensor));
    if (data == NULL)
        return zs_nomem(err, "a tensor");
    *out = data;
    *n = elems;
    return ZS_OK;
}

static int64_t int_at(const ZsOnnx__Tensor *tensor, size_t i)
{
    if (tensor->data_type == TYPE_INT64)
        return tensor->has_raw_data ? (int64_t)load_le(tensor->raw_data.data + 8 * i, 8)
                                    : tensor->int64_data[i];
    return tensor->has_raw_data ? (int32_t)(uint32_t)load_le(tensor->raw_data.data + 4 * i, 4)
                                : tensor->int32_data[i];
}

zs_status zs_onnx_ints(const ZsOnnx__Tensor *tensor, const char *place, int64_t *out, size_t room,
                       size_t *n, zs_err *err)
{
    uint64_t elems;
    if (tensor->data_type == TYPE_INT64)
        ZS_TRY(check_payload(tensor, place, tensor->n_int64_data, 8, &elems, err));
    else if (tensor->data_type == TYPE_INT32)
        ZS_TRY(check_payload(tensor, place, tensor->n_int32_data, 4, &elems, err));
    else
        return zs_fail(err, ZS_EUNSUPPORTED, place, "tensor '%s' is %s; a shape must be int64",
                       tensor_name(tensor), type_name(tensor));
    if (elems > room)
        return zs_fail(err, ZS_EUNSUPPORTED, place,
                       "a shape of %llu dimensions is above the limit of %zu",
                       (unsigned long long)elems, room);
    for (size_t i = 0; i < elems; i++)
        out[i] = int_at(tensor, i);
    *n = (size_t)elems;
    return ZS_OK;
}

/* ---- inputs of a node ------------------------------------------------------------------------ */

bool zs_onnx_has_input(const zs_onnx_node *at, size_t i)
{
    return i < at->node->n_input && at->node->input[i][0] != '\0';
}

static zs_status find_input(const zs_onnx_node *at, size_t i, const zs_net_value **out, zs_err *err)
{
    if (!zs_onnx_has_input(at, i))
        return zs_fail(err, ZS_EPARSE, at->place, "input %zu is missing", i);
    const zs_net_value *value = zs_net_draft_get(&at->net->draft, at->node->input[i]);
    if (value == NULL)
        return zs_fail(err, ZS_EPARSE, at->place,
                       "reads '%s', which no earlier node or initializer makes (a cycle, or a name "
                       "that does not exist)",
                       at->node->input[i]);
    *out = value;
    return ZS_OK;
}

zs_status zs_onnx_in_value(const zs_onnx_node *at, size_t i, const zs_net_value **out, zs_err *err)
{
    const zs_net_value *value;
    ZS_TRY(find_input(at, i, &value, err));
    if (value->layer == NULL)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "input '%s' is a constant; only computed inputs are handled here",
                       at->node->input[i]);
    *out = value;
    return ZS_OK;
}

zs_status zs_onnx_in_tensor(const zs_onnx_node *at, size_t i, const ZsOnnx__Tensor **out,
                            zs_err *err)
{
    const zs_net_value *value;
    ZS_TRY(find_input(at, i, &value, err));
    if (value->constant == NULL)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "input '%s' is computed; only constants are handled here",
                       at->node->input[i]);
    *out = value->constant;
    return ZS_OK;
}

zs_status zs_onnx_in_floats(const zs_onnx_node *at, size_t i, const float **out, uint64_t *n,
                            zs_err *err)
{
    const ZsOnnx__Tensor *tensor = NULL;
    ZS_TRY(zs_onnx_in_tensor(at, i, &tensor, err));
    return zs_onnx_floats(at->net->draft.arena, tensor, at->place, out, n, err);
}

/* ---- attributes ------------------------------------------------------------------------------ */

const ZsOnnx__Attribute *zs_onnx_attr(const zs_onnx_node *at, const char *name)
{
    for (size_t i = 0; i < at->node->n_attribute; i++) {
        const ZsOnnx__Attribute *attr = at->node->attribute[i];
        if (attr->name != NULL && strcmp(attr->name, name) == 0)
            return attr;
    }
    return NULL;
}

int64_t zs_onnx_attr_int(const zs_onnx_node *at, const char *name, int64_t otherwise)
{
    const ZsOnnx__Attribute *attr = zs_onnx_attr(at, name);
    return attr ? attr->i : otherwise;
}

double zs_onnx_attr_float(const zs_onnx_node *at, const char *name, double otherwise)
{
    const ZsOnnx__Attribute *attr = zs_onnx_attr(at, name);
    return attr ? (double)attr->f : otherwise;
}

zs_status zs_onnx_attr_ints(const zs_onnx_node *at, const char *name, int64_t *out, size_t n,
                            zs_err *err)
{
    const ZsOnnx__Attribute *attr = zs_onnx_attr(at, name);
    if (attr == NULL)
        return ZS_OK;
    if (attr->n_ints != n)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place, "%s has %zu numbers, 2-D windows have %zu",
                       name, attr->n_ints, n);
    memcpy(out, attr->ints, n * sizeof *out);
    return ZS_OK;
}
