#include "import_tflite_priv.h"

#include "zynqsim/import.h"

#include <stdio.h>
#include <string.h>

/* Fields of the schema's tables, by number (schema.fbs of TensorFlow Lite, version 3). */
enum { MODEL_CODES = 1, MODEL_SUBGRAPHS = 2, MODEL_BUFFERS = 4 };
enum { CODE_OLD = 0, CODE_CUSTOM = 1, CODE_NEW = 3 };
enum { GRAPH_TENSORS = 0, GRAPH_INPUTS = 1, GRAPH_OUTPUTS = 2, GRAPH_OPERATORS = 3 };
enum { TENSOR_SHAPE = 0, TENSOR_TYPE = 1, TENSOR_BUFFER = 2, TENSOR_NAME = 3, TENSOR_QUANT = 4 };
enum { QUANT_SCALE = 2, QUANT_ZERO = 3, QUANT_AXIS = 6 };
enum { OPERATOR_CODE = 0, OPERATOR_INPUTS = 1, OPERATOR_OUTPUTS = 2, OPERATOR_OPTIONS = 4 };

typedef struct model {
    zs_flat file;
    zs_flat_list codes, buffers, operators;
    zs_flat_table graph;
} model;

static zs_status check_whole(const model *m, const char *path, zs_err *err)
{
    return m->file.is_broken ? zs_fail(err, ZS_EPARSE, path,
                                       "the file is broken or cut off: something lies outside of "
                                       "its %zu bytes",
                                       m->file.bytes.bytes)
                             : ZS_OK;
}

static zs_status open_model(model *m, zs_span bytes, const char *path, zs_err *err)
{
    m->file = (zs_flat){.bytes = bytes};
    if (bytes.bytes < 8 || memcmp(bytes.data + 4, "TFL3", 4) != 0)
        return zs_fail(err, ZS_EPARSE, path, "not a TFLite model of version 3 (%zu bytes)",
                       bytes.bytes);
    const zs_flat_table root = zs_flat_root(&m->file);
    const zs_flat_list graphs = zs_flat_vector(&root, MODEL_SUBGRAPHS, 4);
    m->codes = zs_flat_vector(&root, MODEL_CODES, 4);
    m->buffers = zs_flat_vector(&root, MODEL_BUFFERS, 4);
    ZS_TRY(check_whole(m, path, err));
    if (graphs.n != 1)
        return zs_fail(err, ZS_EUNSUPPORTED, path, "the model has %u graphs; 1 is handled",
                       graphs.n);
    m->graph = zs_flat_table_at(&graphs, 0);
    m->operators = zs_flat_vector(&m->graph, GRAPH_OPERATORS, 4);
    return check_whole(m, path, err);
}

/* ---- tensors --------------------------------------------------------------------------------- */

/* The shape, of which the first dimension counts samples where the tensor is no constant. */
static zs_status read_shape(zs_tfl_tensor *t, const zs_flat_list *shape, const char *place,
                            zs_err *err)
{
    if (shape->n > ZS_RANK_MAX)
        return zs_fail(err, ZS_EUNSUPPORTED, place,
                       "tensor '%.60s' has %u dimensions, above the limit of %d", t->name, shape->n,
                       ZS_RANK_MAX);
    t->rank = shape->n;
    uint64_t elems = 1;
    for (uint32_t d = 0; d < t->rank; d++) {
        ZS_TRY(zs_net_size(zs_flat_int_at(shape, d, true), 0, "a dimension of", place, &t->dims[d],
                           err));
        elems *= t->dims[d];
        if (elems > UINT64_C(1) << 31)
            return zs_fail(err, ZS_ERANGE, place, "tensor '%.60s' has more than 2^31 elements",
                           t->name);
    }
    return ZS_OK;
}

static const char *text_of(zs_arena *arena, const zs_flat_list *text)
{
    const zs_span bytes = zs_flat_bytes(text);
    return zs_arena_strndup(arena, text->n > 0 ? (const char *)bytes.data : "", text->n);
}

/* Zero points of bytes are bytes. */
static zs_status check_zeros(const zs_tfl_tensor *t, const char *path, zs_err *err)
{
    const int64_t least = t->type == ZS_TFL_UINT8 ? 0 : -128;
    for (uint32_t c = 0; zs_tfl_is_int(t) && c < t->zero.n; c++) {
        const int64_t zero = zs_flat_int_at(&t->zero, c, true);
        if (zero < least || zero > least + 255)
            return zs_fail(err, ZS_ERANGE, path, "tensor '%.60s' has zero point %lld of %lld..%lld",
                           t->name, (long long)zero, (long long)least, (long long)least + 255);
    }
    return ZS_OK;
}

static zs_status read_tensor(zs_tflite *net, const model *m, const zs_flat_table *from, uint32_t i,
                             zs_err *err)
{
    zs_arena *arena = net->graph.draft.arena;
    zs_tfl_tensor *t = &net->tensors[i];
    const zs_flat_table quant = zs_flat_sub(from, TENSOR_QUANT);
    const zs_flat_list shape = zs_flat_vector(from, TENSOR_SHAPE, 4);
    const zs_flat_list name = zs_flat_vector(from, TENSOR_NAME, 1);
    const int64_t buffer = zs_flat_int(from, TENSOR_BUFFER, 4, false, 0);
    *t = (zs_tfl_tensor){.name = text_of(arena, &name),
                         .value = zs_arena_printf(arena, "\x1ftensor %u", i),
                         .type = zs_flat_int(from, TENSOR_TYPE, 1, true, 0),
                         .scale = zs_flat_vector(&quant, QUANT_SCALE, 4),
                         .zero = zs_flat_vector(&quant, QUANT_ZERO, 8),
                         .axis = (uint32_t)zs_flat_int(&quant, QUANT_AXIS, 4, true, 0)};
    if (t->name == NULL || t->value == NULL)
        return zs_nomem(err, "a tensor");
    ZS_TRY(read_shape(t, &shape, net->graph.draft.path, err));
    if (buffer >= m->buffers.n)
        return buffer == 0 ? ZS_OK
                           : zs_fail(err, ZS_EPARSE, net->graph.draft.path,
                                     "tensor '%.60s' lies in buffer %lld of %u", t->name,
                                     (long long)buffer, m->buffers.n);
    const zs_flat_table table = zs_flat_table_at(&m->buffers, (uint32_t)buffer);
    const zs_flat_list data = zs_flat_vector(&table, 0, 1);
    t->is_constant = data.n > 0;
    t->data = zs_flat_bytes(&data);
    for (uint32_t c = 0; c < t->scale.n; c++)
        if (!(zs_flat_float_at(&t->scale, c) > 0) || !(zs_flat_float_at(&t->scale, c) < 1e30f) ||
            (t->zero.n > 0 && t->zero.n != t->scale.n))
            return zs_fail(err, ZS_ERANGE, net->graph.draft.path,
                           "tensor '%.60s' has scale %g and %u zero points for %u scales", t->name,
                           (double)zs_flat_float_at(&t->scale, c), t->zero.n, t->scale.n);
    ZS_TRY(check_zeros(t, net->graph.draft.path, err));
    return check_whole(m, net->graph.draft.path, err);
}

/* ---- ends ------------------------------------------------------------------------------------ */

/* Whether all that read the tensor turn it from channels first to channels last. */
static bool is_channels_first(const zs_tflite *net, const model *m, int64_t tensor)
{
    enum { TRANSPOSE = 39 };
    bool has_reader = false;
    for (uint32_t i = 0; i < m->operators.n; i++) {
        const zs_flat_table op = zs_flat_table_at(&m->operators, i);
        const zs_flat_list in = zs_flat_vector(&op, OPERATOR_INPUTS, 4);
        for (uint32_t k = 0; k < in.n; k++) {
            if (zs_flat_int_at(&in, k, true) != tensor)
                continue;
            const int64_t code = zs_flat_int(&op, OPERATOR_CODE, 4, false, 0);
            const zs_flat_table row = code < m->codes.n
                                          ? zs_flat_table_at(&m->codes, (uint32_t)code)
                                          : (zs_flat_table){.file = op.file};
            const int64_t perm = in.n == 2 ? zs_flat_int_at(&in, 1, true) : -1;
            const zs_span data =
                perm >= 0 && perm < net->tensor_n ? net->tensors[perm].data : (zs_span){0};
            static const uint8_t to_last[16] = {0, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0};
            has_reader = true;
            if ((zs_flat_int(&row, CODE_OLD, 1, true, 0) != TRANSPOSE &&
                 zs_flat_int(&row, CODE_NEW, 4, true, 0) != TRANSPOSE) ||
                data.bytes != sizeof to_last || memcmp(data.data, to_last, sizeof to_last) != 0)
                return false;
        }
    }
    return has_reader;
}

static zs_status add_input(zs_tflite *net, const model *m, int64_t index, zs_input_spec *out,
                           zs_err *err)
{
    zs_tfl_tensor *t;
    if (index < 0 || index >= net->tensor_n)
        return zs_fail(err, ZS_EPARSE, net->graph.draft.path, "input %lld is none of %u tensors",
                       (long long)index, net->tensor_n);
    t = &net->tensors[index];
    if (t->is_constant || t->rank == 0 || (t->rank > 1 && t->dims[0] > 1))
        return zs_fail(err, ZS_EUNSUPPORTED, net->graph.draft.path,
                       "the input '%.60s' is a constant, has no dimensions or states %u samples; "
                       "1 is handled",
                       t->name, t->dims[0]);
    if (t->type != ZS_TFL_FLOAT && !zs_tfl_is_int(t))
        return zs_fail(err, ZS_EUNSUPPORTED, net->graph.draft.path,
                       "the input '%.60s' is of type %lld; float, int8 and uint8 are handled",
                       t->name, (long long)t->type);
    for (uint32_t d = 0; d < t->rank; d++)
        if (t->dims[d] == 0)
            return zs_fail(err, ZS_ESHAPE, net->graph.draft.path, "dimension %u of the input is 0",
                           d);
    const char *name = t->name[0] != '\0' ? t->name : "input";
    if (zs_name_map_get(&net->graph.draft.taken, name) != NULL)
        return zs_fail(err, ZS_EPARSE, net->graph.draft.path, "two inputs are called '%.60s'",
                       name);
    const bool is_last = t->rank == 4 && !is_channels_first(net, m, index);
    zs_net_value value = {.layer = name, .rank = t->rank, .has_dims = true};
    memcpy(value.dims, t->dims, sizeof value.dims);
    for (uint32_t d = 0; d < ZS_RANK_MAX; d++)
        value.perm[d] = (uint8_t)d;
    value.shape = zs_onnx_shape_of(t->dims, t->rank);
    if (is_last) {
        static const uint8_t from_map[4] = {0, 2, 3, 1};
        memcpy(value.perm, from_map, sizeof from_map);
        value.shape = (zs_shape){t->dims[3], t->dims[1], t->dims[2]};
    }
    ZS_TRY(zs_net_draft_value(&net->graph.draft, t->value, name, t->rank, err));
    *zs_net_draft_get(&net->graph.draft, t->value) = value;
    zs_name_map_put(&net->graph.draft.taken, name, (void *)name);
    *out = (zs_input_spec){
        .name = name, .shape = value.shape, .rank = t->rank, .is_channels_last = is_last};
    memcpy(out->dims, t->dims, sizeof out->dims);
    if (zs_tfl_is_int(t))
        out->number = zs_tfl_number(t);
    return ZS_OK;
}

static zs_status add_inputs(zs_tflite *net, const model *m, zs_net_spec *spec, zs_err *err)
{
    const zs_flat_list list = zs_flat_vector(&m->graph, GRAPH_INPUTS, 4);
    zs_input_spec *inputs = zs_new(net->graph.draft.arena, zs_input_spec, list.n);
    if (list.n == 0)
        return zs_fail(err, ZS_EPARSE, net->graph.draft.path, "the graph has no input");
    if (inputs == NULL)
        return zs_nomem(err, "the inputs");
    for (uint32_t i = 0; i < list.n; i++)
        ZS_TRY(add_input(net, m, zs_flat_int_at(&list, i, true), &inputs[i], err));
    net->graph.inputs = inputs;
    net->graph.input_n = list.n;
    spec->input = inputs[0];
    spec->more_inputs = inputs + 1;
    spec->more_input_n = list.n - 1;
    return ZS_OK;
}

/* Tensor `index` as a result: it lies as the file counts it, and is written in its own integers. */
static zs_status add_output(zs_tflite *net, int64_t index, zs_output_spec *out, zs_err *err)
{
    const zs_onnx_node node = {.net = &net->graph, .place = net->graph.draft.path};
    if (index < 0 || index >= net->tensor_n)
        return zs_fail(err, ZS_EPARSE, net->graph.draft.path, "output %lld is none of %u tensors",
                       (long long)index, net->tensor_n);
    const zs_tfl_tensor *t = &net->tensors[index];
    const zs_tfl_op at = {.net = net,
                          .lower = {.net = &net->graph, .place = node.place, .name = t->name}};
    const char *name;
    ZS_TRY(zs_tfl_value(&at, t, &name, err));
    zs_net_value *value = zs_net_draft_get(&net->graph.draft, name);
    if (value == NULL || value->layer == NULL)
        return zs_fail(err, ZS_EPARSE, net->graph.draft.path,
                       "no operator makes the output '%.60s'", t->name);
    ZS_TRY(zs_onnx_order(&node, value, err));
    if (zs_onnx_is_input(&net->graph, value->layer)) /* in other dimensions */
        ZS_TRY(zs_onnx_copy(&node, value, err));
    *out = (zs_output_spec){.layer = value->layer,
                            .name = t->name,
                            .is_int = zs_tfl_is_int(t),
                            .has_dims = true,
                            .rank = value->rank};
    memcpy(out->dims, value->dims, sizeof out->dims);
    return ZS_OK;
}

static int64_t find_tensor(const zs_tflite *net, const char *name)
{
    for (uint32_t i = 0; i < net->tensor_n; i++)
        if (strcmp(net->tensors[i].name, name) == 0 && !net->tensors[i].is_constant)
            return i;
    uint64_t number = 0; /* names may be empty, alike or very long: numbers do, too */
    const char *end = zs_read_count(name, &number);
    return end != NULL && *end == '\0' && number < net->tensor_n ? (int64_t)number : -1;
}

/* The file's outputs, or the tensors that are asked for by name. */
static zs_status find_outputs(zs_tflite *net, const model *m, const zs_net_parts *parts,
                              zs_net_spec *spec, zs_err *err)
{
    const zs_flat_list list = zs_flat_vector(&m->graph, GRAPH_OUTPUTS, 4);
    const uint32_t n = parts->output_n > 0 ? parts->output_n : list.n;
    zs_output_spec *outputs = zs_new(net->graph.draft.arena, zs_output_spec, n);
    if (n == 0)
        return zs_fail(err, ZS_EPARSE, net->graph.draft.path, "the graph has no output");
    if (outputs == NULL)
        return zs_nomem(err, "the outputs");
    for (uint32_t i = 0; i < n; i++) {
        const int64_t index = parts->output_n > 0 ? find_tensor(net, parts->outputs[i])
                                                  : zs_flat_int_at(&list, i, true);
        if (parts->output_n > 0 && index < 0)
            return zs_fail(err, ZS_EUSAGE, net->graph.draft.path, "there is no tensor '%.60s'",
                           parts->outputs[i]);
        ZS_TRY(add_output(net, index, &outputs[i], err));
        if (parts->output_n > 0)
            outputs[i].name = parts->outputs[i];
    }
    spec->output = outputs[0].layer;
    spec->result = outputs[0];
    spec->more = outputs + 1;
    spec->more_n = n - 1;
    return ZS_OK;
}

/* ---- operators ------------------------------------------------------------------------------- */

/* Old files have the code in a byte alone; later ones say 127 there where it does not fit. */
static int64_t read_code(const model *m, const zs_flat_table *op)
{
    const int64_t index = zs_flat_int(op, OPERATOR_CODE, 4, false, 0);
    if (index >= m->codes.n)
        return -1;
    const zs_flat_table row = zs_flat_table_at(&m->codes, (uint32_t)index);
    const int64_t old = zs_flat_int(&row, CODE_OLD, 1, true, 0);
    const int64_t code = zs_flat_int(&row, CODE_NEW, 4, true, 0);
    return code > old ? code : old;
}

/* What the operator made must be what the file says that it is. */
static zs_status check_made(const zs_tfl_op *at, zs_err *err)
{
    const zs_tfl_tensor *t;
    ZS_TRY(zs_tfl_out(at, &t, err));
    if (t->is_shape || t->is_constant)
        return ZS_OK;
    static const uint32_t of_map[4] = {0, 2, 3, 1};
    const zs_net_value *value =
        zs_net_draft_get(&at->net->graph.draft, t->map != NULL ? t->map : t->value);
    bool is_same = value != NULL && value->has_dims && value->rank == t->rank;
    uint32_t dims[ZS_RANK_MAX];
    memcpy(dims, t->dims, sizeof dims);
    if (t->block[0] != 0) { /* of the whole map */
        is_same = is_same && dims[0] == (uint64_t)t->block[0] * t->block[1];
        dims[0] = 1;
        dims[1] *= t->block[0];
        dims[2] *= t->block[1];
    }
    for (uint32_t d = 0; is_same && d < t->rank; d++)
        is_same = value->dims[t->map != NULL ? of_map[d] : d] == dims[d];
    if (!is_same)
        return zs_fail(err, ZS_ESHAPE, at->lower.place,
                       "its result has not the shape that the file states for '%.60s'", t->name);
    return ZS_OK;
}

static zs_status add_operator(zs_tflite *net, const model *m, uint32_t i, zs_err *err)
{
    const zs_flat_table table = zs_flat_table_at(&m->operators, i);
    const int64_t code = read_code(m, &table);
    zs_tfl_op at = {.net = net,
                    .in = zs_flat_vector(&table, OPERATOR_INPUTS, 4),
                    .out = zs_flat_vector(&table, OPERATOR_OUTPUTS, 4),
                    .options = zs_flat_sub(&table, OPERATOR_OPTIONS)};
    const char *name = zs_tfl_op_name(code);
    char known[32];
    snprintf(known, sizeof known, "code %lld", (long long)code);
    at.lower = (zs_lower){.net = &net->graph};
    at.lower.place = zs_arena_printf(net->graph.draft.arena, "%s operator %u (%s)",
                                     net->graph.draft.path, i, name ? name : known);
    at.lower.name =
        zs_arena_printf(net->graph.draft.arena, "%s_%u", name != NULL ? name : "operator", i);
    if (at.lower.place == NULL || at.lower.name == NULL)
        return zs_nomem(err, "the place of an operator");
    ZS_TRY(zs_tfl_add(&at, code, err));
    ZS_TRY(check_whole(m, net->graph.draft.path, err));
    return check_made(&at, err);
}

static bool any_is(const zs_tflite *net, const zs_flat_list *list, const bool *marked)
{
    for (uint32_t i = 0; i < list->n; i++) {
        const int64_t t = zs_flat_int_at(list, i, true);
        if (t >= 0 && t < net->tensor_n && marked[t])
            return true;
    }
    return false;
}

/* Of tensors that were asked for: the operators that they depend on; all of them where one is not
 * there, which is said later. */
static zs_status find_needed(const zs_tflite *net, const model *m, const zs_net_parts *parts,
                             bool *needed, zs_err *err)
{
    bool *marked = zs_new(net->graph.draft.arena, bool, net->tensor_n + 1);
    bool takes_all = parts->output_n == 0;
    if (marked == NULL)
        return zs_nomem(err, "the list of tensors");
    for (uint32_t k = 0; k < parts->output_n; k++) {
        const int64_t t = find_tensor(net, parts->outputs[k]);
        takes_all = takes_all || t < 0;
        if (t >= 0)
            marked[t] = true;
    }
    for (uint32_t i = m->operators.n; i-- > 0;) {
        const zs_flat_table table = zs_flat_table_at(&m->operators, i);
        const zs_flat_list in = zs_flat_vector(&table, OPERATOR_INPUTS, 4);
        const zs_flat_list out = zs_flat_vector(&table, OPERATOR_OUTPUTS, 4);
        needed[i] = takes_all || any_is(net, &out, marked);
        for (uint32_t k = 0; needed[i] && k < in.n; k++) {
            const int64_t t = zs_flat_int_at(&in, k, true);
            if (t >= 0 && t < net->tensor_n)
                marked[t] = true;
        }
    }
    return ZS_OK;
}

/* ---- all of it ------------------------------------------------------------------------------- */

zs_status zs_net_tflite_parse(zs_arena *arena, zs_span bytes, const char *path,
                              const zs_net_parts *parts, zs_net_spec *out, zs_err *err)
{
    model m = {0};
    zs_net_spec spec = {.name = "tflite"};
    zs_tflite net = {.graph = {.opset = ZS_LOWER_OPSET, .is_whole = true},
                     .rounding =
                         parts->rounding >= ZS_ROUND_DOUBLE ? parts->rounding : ZS_ROUND_DOUBLE};
    net.graph.fold_elems = (UINT64_C(1) << 22) + 4 * (uint64_t)bytes.bytes;
    ZS_TRY(open_model(&m, bytes, path, err));
    const zs_flat_list tensors = zs_flat_vector(&m.graph, GRAPH_TENSORS, 4);
    uint64_t room = 4;
    for (uint32_t i = 0; i < m.operators.n; i++) {
        const zs_flat_table table = zs_flat_table_at(&m.operators, i);
        room += 16 + 8 * ((uint64_t)zs_flat_vector(&table, OPERATOR_INPUTS, 4).n +
                          zs_flat_vector(&table, OPERATOR_OUTPUTS, 4).n);
    }
    ZS_TRY(check_whole(&m, path, err));
    ZS_TRY(zs_net_draft_init(&net.graph.draft, arena, path, room, room + tensors.n, err));
    net.tensor_n = tensors.n;
    net.tensors = zs_new(arena, zs_tfl_tensor, tensors.n + 1);
    if (net.tensors == NULL)
        return zs_nomem(err, "the list of tensors");
    for (uint32_t i = 0; i < tensors.n; i++) {
        const zs_flat_table table = zs_flat_table_at(&tensors, i);
        ZS_TRY(read_tensor(&net, &m, &table, i, err));
    }
    ZS_TRY(add_inputs(&net, &m, &spec, err));
    bool *needed = zs_new(arena, bool, (size_t)m.operators.n + 1);
    if (needed == NULL)
        return zs_nomem(err, "the list of operators");
    ZS_TRY(find_needed(&net, &m, parts, needed, err));
    for (uint32_t i = 0; i < m.operators.n; i++)
        if (needed[i])
            ZS_TRY(add_operator(&net, &m, i, err));
    ZS_TRY(find_outputs(&net, &m, parts, &spec, err));
    ZS_TRY(check_whole(&m, path, err));
    if (net.graph.draft.layer_n == 0)
        return zs_fail(err, ZS_EPARSE, path, "the graph computes nothing");
    spec.layers = net.graph.draft.layers;
    spec.layer_n = net.graph.draft.layer_n;
    *out = spec;
    return ZS_OK;
}
