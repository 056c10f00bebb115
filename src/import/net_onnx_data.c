#include "import_onnx_priv.h"

#include <math.h>
#include <string.h>

/* TensorProto.DataType. Numbers that do not lie in raw data lie in the list of their kind. */
enum { LIST_NONE, LIST_FLOAT, LIST_INT32, LIST_INT64, LIST_DOUBLE, LIST_UINT64 };

static const struct elem_type {
    const char *name;
    uint8_t bytes, list; /* list LIST_NONE: no numbers; bytes 0: two elements in each */
    bool is_int, is_signed;
} types[] = {
    {"undefined", 0, LIST_NONE, false, false},     {"float", 4, LIST_FLOAT, false, true},
    {"uint8", 1, LIST_INT32, true, false},         {"int8", 1, LIST_INT32, true, true},
    {"uint16", 2, LIST_INT32, true, false},        {"int16", 2, LIST_INT32, true, true},
    {"int32", 4, LIST_INT32, true, true},          {"int64", 8, LIST_INT64, true, true},
    {"string", 0, LIST_NONE, false, false},        {"bool", 1, LIST_INT32, true, false},
    {"half", 2, LIST_INT32, false, true},          {"double", 8, LIST_DOUBLE, false, true},
    {"uint32", 4, LIST_UINT64, true, false},       {"uint64", 8, LIST_UINT64, true, false},
    {"complex64", 0, LIST_NONE, false, false},     {"complex128", 0, LIST_NONE, false, false},
    {"bfloat16", 2, LIST_INT32, false, true},      {"float8e4m3fn", 0, LIST_NONE, false, true},
    {"float8e4m3fnuz", 0, LIST_NONE, false, true}, {"float8e5m2", 0, LIST_NONE, false, true},
    {"float8e5m2fnuz", 0, LIST_NONE, false, true}, {"uint4", 0, LIST_INT32, true, false},
    {"int4", 0, LIST_INT32, true, true},
};
enum { TYPE_FLOAT = 1, TYPE_INT64 = 7, TYPE_HALF = 10, TYPE_DOUBLE = 11, TYPE_BFLOAT16 = 16 };

static const struct elem_type *type_of(const ZsOnnx__Tensor *tensor)
{
    const int32_t type = tensor->data_type;
    return &types[type >= 0 && type < (int32_t)ZS_LEN(types) ? type : 0];
}

static const char *type_name(const ZsOnnx__Tensor *tensor)
{
    return type_of(tensor)->name;
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
static zs_status check_payload(const ZsOnnx__Tensor *tensor, const char *place, uint64_t *n,
                               zs_err *err)
{
    const size_t listed[] = {0,
                             tensor->n_float_data,
                             tensor->n_int32_data,
                             tensor->n_int64_data,
                             tensor->n_double_data,
                             tensor->n_uint64_data};
    const size_t listed_n = listed[type_of(tensor)->list], elem_bytes = type_of(tensor)->bytes;
    if (tensor->data_location != 0 || tensor->n_external_data > 0)
        return zs_fail(
            err, ZS_EUNSUPPORTED, place,
            "tensor '%s' keeps its data in another file; only data within the model is read",
            tensor_name(tensor));
    ZS_TRY(zs_net_elems(tensor->dims, tensor->n_dims, place, n, err));
    if (elem_bytes == 0) { /* half a byte each */
        const uint64_t bytes = tensor->has_raw_data ? tensor->raw_data.len : listed_n;
        if (bytes == *n / 2 + *n % 2)
            return ZS_OK;
        return zs_fail(err, ZS_EPARSE, place,
                       "tensor '%s' has %llu bytes of two elements, but its dimensions say %llu",
                       tensor_name(tensor), (unsigned long long)bytes, (unsigned long long)*n);
    }
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

static float float_of_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The bits of element i, sign-extended where the type has a sign. Of two in a byte the first is the
 * lower half. */
static uint64_t bits_at(const ZsOnnx__Tensor *tensor, size_t i)
{
    const struct elem_type *type = type_of(tensor);
    if (type->bytes == 0) {
        const unsigned byte = tensor->has_raw_data ? tensor->raw_data.data[i / 2]
                                                   : (unsigned)tensor->int32_data[i / 2];
        const unsigned half = byte >> (i % 2 * 4) & 15;
        return type->is_signed && half > 7 ? (uint64_t)((int64_t)half - 16) : half;
    }
    if (!tensor->has_raw_data)
        return type->list == LIST_INT32   ? (uint64_t)(int64_t)tensor->int32_data[i]
               : type->list == LIST_INT64 ? (uint64_t)tensor->int64_data[i]
                                          : tensor->uint64_data[i];
    const uint64_t bits = load_le(tensor->raw_data.data + type->bytes * i, type->bytes);
    const unsigned unused = (64 - 8 * (unsigned)type->bytes) & 63;
    return type->is_int && type->is_signed ? (uint64_t)((int64_t)(bits << unused) >> unused) : bits;
}

static double number_at(const ZsOnnx__Tensor *tensor, size_t i)
{
    const struct elem_type *type = type_of(tensor);
    if (tensor->data_type == TYPE_FLOAT)
        return (double)(tensor->has_raw_data ? float_of_bits((uint32_t)bits_at(tensor, i))
                                             : tensor->float_data[i]);
    if (tensor->data_type == TYPE_DOUBLE) {
        double value;
        if (!tensor->has_raw_data)
            return tensor->double_data[i];
        const uint64_t bits = bits_at(tensor, i);
        memcpy(&value, &bits, sizeof value);
        return value;
    }
    const uint64_t bits = bits_at(tensor, i);
    if (tensor->data_type == TYPE_HALF)
        return (double)zs_float_of_half((uint32_t)bits & 0xffff);
    if (tensor->data_type == TYPE_BFLOAT16)
        return (double)float_of_bits((uint32_t)bits << 16);
    return type->is_signed ? (double)(int64_t)bits : (double)bits;
}

static zs_status check_numbers(const ZsOnnx__Tensor *tensor, const char *place, zs_err *err)
{
    if (type_of(tensor)->list == LIST_NONE)
        return zs_fail(err, ZS_EUNSUPPORTED, place, "tensor '%s' is %s, not numbers",
                       tensor_name(tensor), type_name(tensor));
    return ZS_OK;
}

zs_status zs_onnx_floats(zs_arena *arena, const ZsOnnx__Tensor *tensor, const char *place,
                         const float **out, uint64_t *n, zs_err *err)
{
    uint64_t elems;
    const float *data;
    ZS_TRY(check_numbers(tensor, place, err));
    ZS_TRY(check_payload(tensor, place, &elems, err));
    if (tensor->data_type == TYPE_FLOAT) {
        data = tensor->has_raw_data ? raw_floats(arena, tensor, elems) : tensor->float_data;
    } else {
        float *numbers = zs_arena_alloc_raw(arena, (size_t)elems, sizeof *numbers);
        for (uint64_t i = 0; numbers != NULL && i < elems; i++)
            numbers[i] = (float)number_at(tensor, (size_t)i);
        data = numbers;
    }
    if (elems == 0)
        return zs_fail(err, ZS_ESHAPE, place, "tensor '%s' has no elements", tensor_name(tensor));
    if (data == NULL)
        return zs_nomem(err, "a tensor");
    *out = data;
    *n = elems;
    return ZS_OK;
}

/* ---- constants of any number type ------------------------------------------------------------ */

bool zs_onnx_is_int(const zs_net_value *constant)
{
    return type_of(constant->constant)->is_int;
}

zs_status zs_onnx_doubles(const zs_onnx_node *at, const zs_net_value *constant, const double **out,
                          uint64_t *n, zs_err *err)
{
    const ZsOnnx__Tensor *tensor = constant->constant;
    ZS_TRY(check_numbers(tensor, at->place, err));
    ZS_TRY(check_payload(tensor, at->place, n, err));
    ZS_TRY(zs_onnx_fold_room(at, *n, err));
    double *x = zs_arena_alloc_raw(at->net->draft.arena, (size_t)*n, sizeof *x);
    if (x == NULL)
        return zs_nomem(err, "a constant");
    for (uint64_t i = 0; i < *n; i++)
        x[i] = number_at(tensor, (size_t)i);
    *out = x;
    return ZS_OK;
}

zs_status zs_onnx_fold_room(const zs_onnx_node *at, uint64_t n, zs_err *err)
{
    if (n > at->net->fold_elems)
        return zs_fail(err, ZS_ERANGE, at->place,
                       "constants of the file lead to more elements than are worked out for a file "
                       "of this size");
    at->net->fold_elems -= n;
    return ZS_OK;
}

static zs_status new_constant(const zs_onnx_node *at, const uint32_t *dims, uint32_t rank,
                              int32_t type, ZsOnnx__Tensor **tensor, zs_net_value *out, zs_err *err)
{
    zs_arena *arena = at->net->draft.arena;
    ZsOnnx__Tensor *made = zs_new(arena, ZsOnnx__Tensor, 1);
    int64_t *sizes = zs_new(arena, int64_t, rank);
    if (made == NULL || sizes == NULL)
        return zs_nomem(err, "a constant");
    zs_onnx__tensor__init(made);
    for (uint32_t d = 0; d < rank; d++)
        sizes[d] = dims[d];
    made->dims = sizes;
    made->n_dims = rank;
    made->has_data_type = true;
    made->data_type = type;
    made->name = at->node != NULL && at->node->n_output > 0 ? at->node->output[0] : (char *)"";
    *tensor = made;
    *out = (zs_net_value){.rank = rank, .constant = made};
    return ZS_OK;
}

zs_status zs_onnx_new_floats(const zs_onnx_node *at, const float *x, const uint32_t *dims,
                             uint32_t rank, zs_net_value *out, zs_err *err)
{
    ZsOnnx__Tensor *tensor = NULL;
    ZS_TRY(new_constant(at, dims, rank, TYPE_FLOAT, &tensor, out, err));
    tensor->n_float_data = (size_t)zs_onnx_elems(dims, rank);
    tensor->float_data = (float *)x; /* read only, as all tensors are */
    return ZS_OK;
}

zs_status zs_onnx_new_ints(const zs_onnx_node *at, const double *x, const uint32_t *dims,
                           uint32_t rank, zs_net_value *out, zs_err *err)
{
    const uint64_t n = zs_onnx_elems(dims, rank);
    ZsOnnx__Tensor *tensor = NULL;
    ZS_TRY(new_constant(at, dims, rank, TYPE_INT64, &tensor, out, err));
    int64_t *data = zs_arena_alloc_raw(at->net->draft.arena, (size_t)n, sizeof *data);
    if (data == NULL)
        return zs_nomem(err, "a constant");
    for (uint64_t i = 0; i < n; i++)
        data[i] = x[i] >= 0x1p63    ? INT64_MAX
                  : x[i] <= -0x1p63 ? INT64_MIN
                  : x[i] != x[i]    ? 0
                                    : (int64_t)x[i];
    tensor->n_int64_data = (size_t)n;
    tensor->int64_data = data;
    return ZS_OK;
}

zs_status zs_onnx_ints(const ZsOnnx__Tensor *tensor, const char *place, int64_t *out, size_t room,
                       size_t *n, zs_err *err)
{
    uint64_t elems;
    if (!type_of(tensor)->is_int)
        return zs_fail(err, ZS_EUNSUPPORTED, place, "tensor '%s' is %s; a shape must be int64",
                       tensor_name(tensor), type_name(tensor));
    ZS_TRY(check_payload(tensor, place, &elems, err));
    if (elems > room)
        return zs_fail(err, ZS_EUNSUPPORTED, place,
                       "a shape of %llu dimensions is above the limit of %zu",
                       (unsigned long long)elems, room);
    for (size_t i = 0; i < elems; i++)
        out[i] = (int64_t)bits_at(tensor, i);
    *n = (size_t)elems;
    return ZS_OK;
}

zs_status zs_onnx_list(const zs_onnx_node *at, size_t i, const char *attr, int64_t *out,
                       size_t room, size_t *n, bool *is_given, zs_err *err)
{
    const ZsOnnx__Tensor *tensor;
    const ZsOnnx__Attribute *list = attr != NULL ? zs_onnx_attr(at, attr) : NULL;
    *n = 0;
    *is_given = zs_onnx_has_input(at, i) || list != NULL;
    if (zs_onnx_has_input(at, i)) {
        ZS_TRY(zs_onnx_in_tensor(at, i, &tensor, err));
        return zs_onnx_ints(tensor, at->place, out, room, n, err);
    }
    if (list == NULL)
        return ZS_OK;
    if (list->n_ints > room)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place, "%zu numbers in '%s' are above %zu",
                       list->n_ints, attr, room);
    memcpy(out, list->ints, list->n_ints * sizeof *out);
    *n = list->n_ints;
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

bool zs_onnx_attr_is(const ZsOnnx__Attribute *attr, const char *text)
{
    return attr->s.len == strlen(text) && memcmp(attr->s.data, text, attr->s.len) == 0;
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

zs_status zs_onnx_attr_choice(const zs_onnx_node *at, const char *attr, const char *const *names,
                              uint32_t n, uint32_t otherwise, uint32_t *out, zs_err *err)
{
    const ZsOnnx__Attribute *a = zs_onnx_attr(at, attr);
    *out = otherwise;
    if (a == NULL)
        return ZS_OK;
    for (uint32_t i = 0; i < n; i++)
        if (zs_onnx_attr_is(a, names[i])) {
            *out = i;
            return ZS_OK;
        }
    return zs_fail(err, ZS_EUNSUPPORTED, at->place, "%s '%.*s' is not handled", attr,
                   (int)zs_min_u64(a->s.len, 32), (const char *)a->s.data);
}
