#include "import_lower_priv.h"

#include <string.h>

enum { TYPE_INT = 2, TYPE_FLOAT = 1, TYPE_INTS = 7, TYPE_STRING = 3 };
enum { DATA_FLOAT = 1, DATA_INT64 = 7 };

/* ---- operators ------------------------------------------------------------------------------- */

void zs_lower_begin(zs_lower_op *op, const zs_lower *at, const char *type, const char *in)
{
    memset(op, 0, sizeof *op);
    op->at = at;
    zs_onnx__node__init(&op->node);
    op->node.op_type = (char *)type;
    op->node.name = (char *)at->name;
    if (in != NULL)
        zs_lower_in(op, in);
}

void zs_lower_in(zs_lower_op *op, const char *name)
{
    if (op->node.n_input == ZS_LOWER_IN_MAX)
        op->is_broken = true;
    else
        op->in[op->node.n_input++] = name != NULL ? name : "";
}

static ZsOnnx__Attribute *add_attr(zs_lower_op *op, const char *name, int32_t type)
{
    if (op->node.n_attribute == ZS_LOWER_ATTR_MAX) {
        op->is_broken = true;
        return &op->attr[0];
    }
    ZsOnnx__Attribute *attr = &op->attr[op->node.n_attribute++];
    zs_onnx__attribute__init(attr);
    attr->name = (char *)name;
    attr->has_type = true;
    attr->type = type;
    return attr;
}

void zs_lower_int(zs_lower_op *op, const char *attr, int64_t value)
{
    ZsOnnx__Attribute *a = add_attr(op, attr, TYPE_INT);
    a->has_i = true;
    a->i = value;
}

void zs_lower_float(zs_lower_op *op, const char *attr, double value)
{
    ZsOnnx__Attribute *a = add_attr(op, attr, TYPE_FLOAT);
    a->has_f = true;
    a->f = (float)value;
}

void zs_lower_ints(zs_lower_op *op, const char *attr, const int64_t *values, size_t n)
{
    ZsOnnx__Attribute *a = add_attr(op, attr, TYPE_INTS);
    a->n_ints = n;
    a->ints = (int64_t *)values;
}

void zs_lower_text(zs_lower_op *op, const char *attr, const char *value)
{
    ZsOnnx__Attribute *a = add_attr(op, attr, TYPE_STRING);
    a->has_s = true;
    a->s = (ProtobufCBinaryData){.len = strlen(value), .data = (uint8_t *)value};
}

zs_status zs_lower_ends(zs_lower_op *op, char *const *out, size_t n, zs_err *err)
{
    op->node.input = op->many != NULL ? (char **)op->many : (char **)op->in;
    op->node.attribute = op->attrs;
    for (size_t i = 0; i < op->node.n_attribute; i++)
        op->attrs[i] = &op->attr[i];
    op->node.output = (char **)out;
    op->node.n_output = n;
    const zs_onnx_node at = {.net = op->at->net, .node = &op->node, .place = op->at->place};
    if (op->is_broken)
        return zs_fail(err, ZS_EINTERNAL, op->at->place, "an operator of too many parts");
    return zs_onnx_op(&at, err);
}

/* A name that no file has: names of files have no control characters in front. */
static const char *new_name(const zs_lower *at)
{
    return zs_arena_printf(at->net->draft.arena, "\x1f%u", at->net->draft.values.n);
}

zs_status zs_lower_end(zs_lower_op *op, const char *out, const char **made, zs_err *err)
{
    const char *name = out != NULL ? out : new_name(op->at);
    if (name == NULL)
        return zs_nomem(err, "a name");
    ZS_TRY(zs_lower_ends(op, (char *const[]){(char *)name}, 1, err));
    if (made != NULL)
        *made = name;
    return ZS_OK;
}

/* ---- constants ------------------------------------------------------------------------------- */

static zs_status add_constant(const zs_lower *at, ZsOnnx__Tensor *tensor, const uint32_t *dims,
                              uint32_t rank, const char **out, zs_err *err)
{
    const char *name = new_name(at);
    int64_t *sizes = zs_new(at->net->draft.arena, int64_t, rank > 0 ? rank : 1);
    if (name == NULL || sizes == NULL)
        return zs_nomem(err, "a constant");
    for (uint32_t d = 0; d < rank; d++)
        sizes[d] = dims[d];
    tensor->n_dims = rank;
    tensor->dims = sizes;
    tensor->has_data_type = true;
    ZS_TRY(zs_net_draft_value(&at->net->draft, name, NULL, 0, err));
    zs_net_draft_get(&at->net->draft, name)->constant = tensor;
    *out = name;
    return ZS_OK;
}

zs_status zs_lower_floats(const zs_lower *at, const float *data, const uint32_t *dims,
                          uint32_t rank, const char **out, zs_err *err)
{
    ZsOnnx__Tensor *tensor = zs_new(at->net->draft.arena, ZsOnnx__Tensor, 1);
    if (tensor == NULL)
        return zs_nomem(err, "a constant");
    zs_onnx__tensor__init(tensor);
    tensor->data_type = DATA_FLOAT;
    tensor->n_float_data = (size_t)zs_onnx_elems(dims, rank);
    tensor->float_data = (float *)data;
    return add_constant(at, tensor, dims, rank, out, err);
}

zs_status zs_lower_list(const zs_lower *at, const int64_t *values, size_t n, const char **out,
                        zs_err *err)
{
    ZsOnnx__Tensor *tensor = zs_new(at->net->draft.arena, ZsOnnx__Tensor, 1);
    int64_t *kept = zs_new(at->net->draft.arena, int64_t, n > 0 ? n : 1);
    if (tensor == NULL || kept == NULL)
        return zs_nomem(err, "a constant");
    if (n > 0)
        memcpy(kept, values, n * sizeof *kept);
    zs_onnx__tensor__init(tensor);
    tensor->data_type = DATA_INT64;
    tensor->n_int64_data = n;
    tensor->int64_data = kept;
    return add_constant(at, tensor, (const uint32_t[]){(uint32_t)n}, 1, out, err);
}

zs_status zs_lower_dims(const zs_lower *at, const char *value, uint32_t dims[ZS_RANK_MAX],
                        uint32_t *rank, zs_err *err)
{
    const zs_net_value *v = zs_net_draft_get(&at->net->draft, value);
    const zs_onnx_node node = {.net = at->net, .place = at->place};
    if (v == NULL)
        return zs_fail(err, ZS_EPARSE, at->place, "reads '%s', which nothing makes", value);
    return zs_onnx_dims(&node, v, dims, rank, err);
}

/* ---- frequent forms -------------------------------------------------------------------------- */

zs_status zs_lower_unary(const zs_lower *at, const char *type, const char *in, const char *out,
                         const char **made, zs_err *err)
{
    zs_lower_op op;
    zs_lower_begin(&op, at, type, in);
    return zs_lower_end(&op, out, made, err);
}

zs_status zs_lower_binary(const zs_lower *at, const char *type, const char *a, const char *b,
                          const char *out, const char **made, zs_err *err)
{
    zs_lower_op op;
    zs_lower_begin(&op, at, type, a);
    zs_lower_in(&op, b);
    return zs_lower_end(&op, out, made, err);
}

zs_status zs_lower_number(const zs_lower *at, const char *type, const char *in, double number,
                          const char *out, const char **made, zs_err *err)
{
    const char *constant;
    float *value = zs_new(at->net->draft.arena, float, 1);
    if (value == NULL)
        return zs_nomem(err, "a constant");
    *value = (float)number;
    ZS_TRY(zs_lower_floats(at, value, NULL, 0, &constant, err));
    return zs_lower_binary(at, type, in, constant, out, made, err);
}

zs_status zs_lower_reshape(const zs_lower *at, const char *in, const int64_t *dims, size_t rank,
                           const char *out, const char **made, zs_err *err)
{
    const char *shape;
    ZS_TRY(zs_lower_list(at, dims, rank, &shape, err));
    return zs_lower_binary(at, "Reshape", in, shape, out, made, err);
}

zs_status zs_lower_transpose(const zs_lower *at, const char *in, const int64_t *perm, size_t rank,
                             const char *out, const char **made, zs_err *err)
{
    zs_lower_op op;
    zs_lower_begin(&op, at, "Transpose", in);
    zs_lower_ints(&op, "perm", perm, rank);
    return zs_lower_end(&op, out, made, err);
}
