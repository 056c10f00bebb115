#include "zynqsim/report.h"

#include "onnx.pb-c.h"

#include <math.h>
#include <string.h>

enum { OPSET = 13, IR_VERSION = 8, ATTRIBUTE_FLOAT = 1, ATTRIBUTE_INT = 2, ATTRIBUTE_INTS = 7 };
enum { TYPE_FLOAT = 1 };

/* Lists grow with every layer; an error of memory is remembered and reported once, at the end. */
typedef struct writer {
    zs_arena *arena;
    const zs_net *net;
    ZsOnnx__Node **nodes;
    ZsOnnx__Tensor **tensors;
    size_t node_n, tensor_n, room;
    bool *is_made; /* [tensor]: some node or the input has its name as a result */
    bool is_short; /* of memory */
} writer;

static void *take(writer *w, size_t n, size_t bytes)
{
    void *block = zs_arena_alloc(w->arena, n > 0 ? n : 1, bytes);
    w->is_short |= block == NULL;
    return block;
}

static char *text(writer *w, const char *a, const char *b)
{
    char *joined = zs_arena_printf(w->arena, "%s%s", a, b);
    w->is_short |= joined == NULL;
    return joined;
}

/* ---- pieces ---------------------------------------------------------------------------------- */

static ZsOnnx__Node *add_node(writer *w, const char *op, const char *name, size_t in_n,
                              const char *out)
{
    ZsOnnx__Node *n = take(w, 1, sizeof *n);
    if (n == NULL || w->node_n == w->room)
        return NULL;
    zs_onnx__node__init(n);
    n->op_type = (char *)op;
    n->name = (char *)name;
    n->n_input = in_n;
    n->input = take(w, in_n, sizeof *n->input);
    n->n_output = 1;
    n->output = take(w, 1, sizeof *n->output);
    n->attribute = take(w, 8, sizeof(void *));
    if (w->is_short)
        return NULL;
    n->output[0] = (char *)out;
    w->nodes[w->node_n++] = n;
    return n;
}

static ZsOnnx__Attribute *add_attribute(writer *w, ZsOnnx__Node *n, const char *name, int type)
{
    ZsOnnx__Attribute *a = take(w, 1, sizeof *a);
    if (a == NULL)
        return NULL;
    zs_onnx__attribute__init(a);
    a->name = (char *)name;
    a->has_type = 1;
    a->type = type;
    n->attribute[n->n_attribute++] = a;
    return a;
}

static void put_int(writer *w, ZsOnnx__Node *n, const char *name, int64_t value)
{
    ZsOnnx__Attribute *a = add_attribute(w, n, name, ATTRIBUTE_INT);
    if (a != NULL) {
        a->has_i = 1;
        a->i = value;
    }
}

static void put_float(writer *w, ZsOnnx__Node *n, const char *name, float value)
{
    ZsOnnx__Attribute *a = add_attribute(w, n, name, ATTRIBUTE_FLOAT);
    if (a != NULL) {
        a->has_f = 1;
        a->f = value;
    }
}

static void put_ints(writer *w, ZsOnnx__Node *n, const char *name, const uint32_t *values,
                     size_t value_n)
{
    ZsOnnx__Attribute *a = add_attribute(w, n, name, ATTRIBUTE_INTS);
    int64_t *list = take(w, value_n, sizeof *list);
    if (a == NULL || list == NULL)
        return;
    for (size_t i = 0; i < value_n; i++)
        list[i] = values[i];
    a->n_ints = value_n;
    a->ints = list;
}

/* Returns its name. */
static char *add_tensor(writer *w, const char *layer, const char *what, const float *data,
                        const uint64_t *dims, size_t rank)
{
    ZsOnnx__Tensor *t = take(w, 1, sizeof *t);
    char *name = text(w, layer, what);
    size_t n = 1;
    if (t == NULL || name == NULL || w->tensor_n == w->room)
        return NULL;
    zs_onnx__tensor__init(t);
    t->dims = take(w, rank, sizeof *t->dims);
    for (size_t i = 0; t->dims != NULL && i < rank; i++) {
        t->dims[i] = (int64_t)dims[i];
        n *= (size_t)dims[i];
    }
    t->n_dims = rank;
    t->has_data_type = 1;
    t->data_type = TYPE_FLOAT;
    t->name = name;
    t->has_raw_data = 1;
    t->raw_data.len = n * sizeof *data; /* little-endian, as the machines this is built for */
    t->raw_data.data = (uint8_t *)data;
    w->tensors[w->tensor_n++] = t;
    return name;
}

/* ---- tensors --------------------------------------------------------------------------------- */

static char *name_of(const writer *w, uint32_t tensor)
{
    return (char *)w->net->tensors[tensor].name;
}

static zs_status need(writer *w, uint32_t tensor, zs_err *err);

/* A concatenation in place has left nothing but slices: those in the order of their offsets. */
static zs_status join_slices(writer *w, uint32_t tensor, zs_err *err)
{
    const zs_net *net = w->net;
    const uint64_t all = zs_shape_elems(net->tensors[tensor].shape);
    uint32_t *parts = take(w, net->tensor_n, sizeof *parts);
    uint32_t n = 0;
    for (uint64_t at = 0; parts != NULL && at < all;) {
        uint32_t next = ZS_NO_INDEX;
        for (uint32_t i = 0; i < net->tensor_n && next == ZS_NO_INDEX; i++)
            if (net->tensors[i].parent == tensor && net->tensors[i].parent_offset_elems == at &&
                zs_shape_elems(net->tensors[i].shape) < all)
                next = i;
        if (next == ZS_NO_INDEX)
            return zs_fail(err, ZS_EUNSUPPORTED, net->tensors[tensor].name,
                           "is made in a way that ONNX is not written for");
        ZS_TRY(need(w, next, err));
        parts[n++] = next;
        at += zs_shape_elems(net->tensors[next].shape);
    }
    ZsOnnx__Node *node =
        parts != NULL ? add_node(w, "Concat", name_of(w, tensor), n, name_of(w, tensor)) : NULL;
    for (uint32_t i = 0; node != NULL && i < n; i++)
        node->input[i] = name_of(w, parts[i]);
    if (node != NULL)
        put_int(w, node, "axis", 1);
    return ZS_OK;
}

/* Adds the node that makes a tensor where none does so far: views of others become Flatten. */
static zs_status need(writer *w, uint32_t tensor, zs_err *err)
{
    const zs_tensor *t = &w->net->tensors[tensor];
    if (w->is_made[tensor])
        return ZS_OK;
    w->is_made[tensor] = true;
    if (t->parent == ZS_NO_INDEX)
        return join_slices(w, tensor, err);
    if (t->parent_offset_elems != 0 ||
        zs_shape_elems(t->shape) != zs_shape_elems(w->net->tensors[t->parent].shape))
        return zs_fail(err, ZS_EUNSUPPORTED, t->name,
                       "is made in a way that ONNX is not written for");
    ZS_TRY(need(w, t->parent, err));
    ZsOnnx__Node *node = add_node(w, "Flatten", t->name, 1, t->name);
    if (node != NULL)
        node->input[0] = name_of(w, t->parent);
    return ZS_OK;
}

/* ---- layers ---------------------------------------------------------------------------------- */

static void put_window(writer *w, ZsOnnx__Node *n, const zs_window *k, bool dilates)
{
    put_ints(w, n, "kernel_shape", (const uint32_t[]){k->kh, k->kw}, 2);
    put_ints(w, n, "strides", (const uint32_t[]){k->sh, k->sw}, 2);
    put_ints(w, n, "pads", (const uint32_t[]){k->pad_top, k->pad_left, k->pad_bottom, k->pad_right},
             4);
    if (dilates)
        put_ints(w, n, "dilations", (const uint32_t[]){k->dh, k->dw}, 2);
}

/* Synthetic weights are written as the values that the network makes up. */
static zs_weights weights_of(writer *w, const zs_layer *l)
{
    zs_weights own = l->weights;
    if (own.data != NULL)
        return own;
    const uint64_t filter = zs_layer_filter_elems(l);
    float *data = take(w, (size_t)l->y.c, filter * sizeof *data);
    float *bias = take(w, l->y.c, sizeof *bias);
    for (uint32_t oc = 0; data != NULL && bias != NULL && oc < l->y.c; oc++) {
        zs_layer_filter(w->net, l, oc, data + oc * filter);
        bias[oc] = zs_layer_bias(w->net, l, oc);
    }
    return (zs_weights){.data = data, .bias = l->has_bias ? bias : NULL};
}

static void put_filters(writer *w, const zs_layer *l, const char *in, const char *out)
{
    const zs_weights own = weights_of(w, l);
    const bool is_fc = l->op == ZS_LAYER_FC, has_bias = own.bias != NULL;
    const uint64_t filter = zs_layer_filter_elems(l);
    const uint64_t fc[] = {l->y.c, filter};
    const uint64_t conv[] = {l->y.c, l->x.c / l->groups, l->window.kh, l->window.kw};
    ZsOnnx__Node *n = add_node(w, is_fc ? "Gemm" : "Conv", l->name, has_bias ? 3u : 2u, out);
    if (n == NULL)
        return;
    n->input[0] = (char *)in;
    n->input[1] = add_tensor(w, l->name, ".weight", own.data, is_fc ? fc : conv, is_fc ? 2 : 4);
    if (has_bias)
        n->input[2] = add_tensor(w, l->name, ".bias", own.bias, fc, 1);
    if (is_fc) {
        put_int(w, n, "transB", 1);
        return;
    }
    put_window(w, n, &l->window, true);
    put_int(w, n, "group", l->groups);
}

static void put_pool(writer *w, const zs_layer *l, const char *in, const char *out)
{
    const bool is_max = l->pool == ZS_POOL_MAX;
    ZsOnnx__Node *n = add_node(w, is_max ? "MaxPool" : "AveragePool", l->name, 1, out);
    if (n == NULL)
        return;
    n->input[0] = (char *)in;
    put_window(w, n, &l->window, is_max);
    put_int(w, n, "ceil_mode", l->ceil_mode || l->caffe_pool);
    if (!is_max)
        put_int(w, n, "count_include_pad", l->count_include_pad || l->caffe_pool);
}

static void put_norm(writer *w, const zs_layer *l, const char *in, const char *out)
{
    const uint64_t dims[] = {l->x.c};
    float *zeros = take(w, l->x.c, sizeof *zeros), *ones = take(w, l->x.c, sizeof *ones);
    float *addends = take(w, l->x.c, sizeof *addends);
    ZsOnnx__Node *n = add_node(w, "BatchNormalization", l->name, 5, out);
    if (n == NULL || zeros == NULL || ones == NULL || addends == NULL)
        return;
    for (uint32_t c = 0; c < l->x.c; c++)
        ones[c] = 1;
    if (l->weights.bias != NULL)
        memcpy(addends, l->weights.bias, l->x.c * sizeof *addends);
    n->input[0] = (char *)in;
    n->input[1] =
        add_tensor(w, l->name, ".scale", l->weights.data != NULL ? l->weights.data : ones, dims, 1);
    n->input[2] = add_tensor(w, l->name, ".shift", addends, dims, 1);
    n->input[3] = add_tensor(w, l->name, ".mean", zeros, dims, 1);
    n->input[4] = add_tensor(w, l->name, ".variance", ones, dims, 1);
    put_float(w, n, "epsilon", 0);
}

static zs_status put_unary(writer *w, const zs_layer *l, const char *in, const char *out,
                           zs_err *err)
{
    static const struct {
        zs_function fn;
        const char *op;
        bool has_alpha;
    } rows[] = {{ZS_FN_LEAKY_RELU, "LeakyRelu", true}, {ZS_FN_ELU, "Elu", true},
                {ZS_FN_SIGMOID, "Sigmoid", false},     {ZS_FN_TANH, "Tanh", false},
                {ZS_FN_SOFTPLUS, "Softplus", false},   {ZS_FN_HARD_SWISH, "HardSwish", false}};
    for (size_t i = 0; i < ZS_LEN(rows); i++) {
        if (rows[i].fn != l->general->fn)
            continue;
        ZsOnnx__Node *n = add_node(w, rows[i].op, l->name, 1, out);
        if (n == NULL)
            return ZS_OK;
        n->input[0] = (char *)in;
        if (rows[i].has_alpha)
            put_float(w, n, "alpha", (float)l->general->p[0]);
        return ZS_OK;
    }
    return zs_fail(err, ZS_EUNSUPPORTED, l->name, "function %s is not written as ONNX",
                   zs_function_name(l->general->fn));
}

static void put_lrn(writer *w, const zs_layer *l, const char *in, const char *out)
{
    ZsOnnx__Node *n = add_node(w, "LRN", l->name, 1, out);
    if (n == NULL)
        return;
    n->input[0] = (char *)in;
    put_int(w, n, "size", l->lrn_size);
    put_float(w, n, "alpha", l->lrn_alpha);
    put_float(w, n, "beta", l->lrn_beta);
    put_float(w, n, "bias", l->lrn_k);
}

/* What all layers of several inputs, and those without anything to say, have in common. */
static void put_plain(writer *w, const zs_layer *l, const char *op, const char *out)
{
    ZsOnnx__Node *n = add_node(w, op, l->name, l->in_n, out);
    for (uint32_t i = 0; n != NULL && i < l->in_n; i++)
        n->input[i] = name_of(w, l->in[i]);
    if (n != NULL && (l->op == ZS_LAYER_CONCAT || l->op == ZS_LAYER_SOFTMAX))
        put_int(w, n, "axis", 1);
}

static void put_act(writer *w, const zs_layer *l, const char *in, const char *out)
{
    const bool is_relu = l->act.lo == 0 && isinf(l->act.hi);
    const uint64_t none[] = {0};
    float *limits = take(w, 2, sizeof *limits);
    char *name = text(w, l->name, l->op == ZS_LAYER_ACT ? "" : ".act");
    ZsOnnx__Node *n = add_node(w, is_relu ? "Relu" : "Clip", name, is_relu ? 1 : 3, out);
    if (n == NULL || limits == NULL)
        return;
    n->input[0] = (char *)in;
    limits[0] = l->act.lo;
    limits[1] = l->act.hi;
    if (is_relu)
        return;
    n->input[1] = add_tensor(w, l->name, ".min", &limits[0], none, 0);
    n->input[2] = add_tensor(w, l->name, ".max", &limits[1], none, 0);
}

static zs_status put_layer(writer *w, const zs_layer *l, zs_err *err)
{
    for (uint32_t i = 0; i < l->in_n; i++)
        ZS_TRY(need(w, l->in[i], err));
    const bool is_fused = l->act.active && l->op != ZS_LAYER_ACT;
    const char *in = name_of(w, l->in[0]);
    const char *out = is_fused ? text(w, l->name, ".pre") : name_of(w, l->out);
    /* fc reads a matrix, which what a window or a global average gives is not, be it one pixel */
    if (l->op == ZS_LAYER_FC) {
        ZsOnnx__Node *flat =
            add_node(w, "Flatten", text(w, l->name, ".flat"), 1, text(w, l->name, ".flat"));
        if (flat == NULL)
            return ZS_OK;
        flat->input[0] = (char *)in;
        in = flat->output[0];
    }
    switch (l->op) {
    case ZS_LAYER_CONV:
    case ZS_LAYER_FC:
        put_filters(w, l, in, out);
        break;
    case ZS_LAYER_POOL:
        put_pool(w, l, in, out);
        break;
    case ZS_LAYER_BATCHNORM:
        put_norm(w, l, in, out);
        break;
    case ZS_LAYER_LRN:
        put_lrn(w, l, in, out);
        break;
    case ZS_LAYER_ADD:
        put_plain(w, l, "Sum", out);
        break;
    case ZS_LAYER_CONCAT:
        put_plain(w, l, "Concat", out);
        break;
    case ZS_LAYER_GAP:
        put_plain(w, l, "GlobalAveragePool", out);
        break;
    case ZS_LAYER_SOFTMAX:
        put_plain(w, l, "Softmax", out);
        break;
    case ZS_LAYER_UNARY:
        ZS_TRY(put_unary(w, l, in, out, err));
        break;
    case ZS_LAYER_ACT:
        put_act(w, l, in, out);
        break;
    default:
        return zs_fail(err, ZS_EUNSUPPORTED, l->name, "layers %s are not written as ONNX",
                       zs_layer_op_name(l->op));
    }
    if (is_fused)
        put_act(w, l, out, name_of(w, l->out));
    w->is_made[l->out] = true;
    return ZS_OK;
}

/* ---- the file -------------------------------------------------------------------------------- */

static ZsOnnx__ValueInfo *describe(writer *w, uint32_t tensor, bool is_flat)
{
    const zs_shape s = w->net->tensors[tensor].shape;
    const uint32_t sizes[] = {1, s.c, s.h, s.w};
    ZsOnnx__ValueInfo *v = take(w, 1, sizeof *v);
    ZsOnnx__Type *type = take(w, 1, sizeof *type);
    ZsOnnx__TensorType *tensor_type = take(w, 1, sizeof *tensor_type);
    ZsOnnx__Shape *shape = take(w, 1, sizeof *shape);
    ZsOnnx__Dim **dims = take(w, 4, sizeof(void *)), *list = take(w, 4, sizeof *list);
    if (w->is_short)
        return NULL;
    zs_onnx__value_info__init(v);
    zs_onnx__type__init(type);
    zs_onnx__tensor_type__init(tensor_type);
    zs_onnx__shape__init(shape);
    for (uint32_t i = 0; i < 4; i++) {
        zs_onnx__dim__init(&list[i]);
        list[i].has_dim_value = 1;
        list[i].dim_value = sizes[i];
        dims[i] = &list[i];
    }
    shape->n_dim = is_flat ? 2 : 4;
    shape->dim = dims;
    tensor_type->has_elem_type = 1;
    tensor_type->elem_type = TYPE_FLOAT;
    tensor_type->shape = shape;
    type->tensor_type = tensor_type;
    v->name = name_of(w, tensor);
    v->type = type;
    return v;
}

static bool is_flat(const zs_net *net)
{
    for (uint32_t i = 0; i < net->layer_n; i++)
        if (net->layers[i].op == ZS_LAYER_FC)
            return zs_shape_elems(net->tensors[net->output].shape) ==
                   net->tensors[net->output].shape.c;
    return false;
}

zs_status zs_net_onnx_emit(zs_arena *scratch, const zs_net *net, const zs_sink *sink, zs_err *err)
{
    writer w = {.arena = scratch, .net = net};
    w.room = 8 * ((size_t)net->layer_n + net->tensor_n) + 8;
    w.nodes = take(&w, w.room, sizeof(void *));
    w.tensors = take(&w, w.room, sizeof(void *));
    w.is_made = take(&w, net->tensor_n, sizeof *w.is_made);
    if (w.is_short)
        return zs_nomem(err, net->name);
    for (uint32_t i = 0; i < net->input_n; i++)
        w.is_made[net->inputs[i].tensor] = true;
    for (uint32_t i = 0; i < net->layer_n; i++)
        ZS_TRY(put_layer(&w, &net->layers[i], err));
    ZS_TRY(need(&w, net->output, err));
    ZsOnnx__ValueInfo **inputs = take(&w, net->input_n, sizeof(void *));
    for (uint32_t i = 0; inputs != NULL && i < net->input_n; i++)
        inputs[i] = describe(&w, net->inputs[i].tensor, false);
    ZsOnnx__ValueInfo *output = describe(&w, net->output, is_flat(net));
    ZsOnnx__Model model = ZS_ONNX__MODEL__INIT;
    ZsOnnx__Graph graph = ZS_ONNX__GRAPH__INIT;
    ZsOnnx__OpSet opset = ZS_ONNX__OP_SET__INIT, *opsets[] = {&opset};
    opset.has_version = 1;
    opset.version = OPSET;
    graph.name = (char *)net->name;
    graph.n_node = w.node_n;
    graph.node = w.nodes;
    graph.n_initializer = w.tensor_n;
    graph.initializer = w.tensors;
    graph.n_input = net->input_n;
    graph.n_output = 1;
    graph.input = inputs;
    graph.output = &output;
    model.has_ir_version = 1;
    model.ir_version = IR_VERSION;
    model.graph = &graph;
    model.n_opset_import = 1;
    model.opset_import = opsets;
    uint8_t *bytes = w.is_short ? NULL : take(&w, zs_onnx__model__get_packed_size(&model), 1);
    if (bytes == NULL)
        return zs_nomem(err, net->name);
    return zs_sink_write(sink, bytes, zs_onnx__model__pack(&model, bytes));
}
