#include "import_onnx_priv.h"

#include "zynqsim/import.h"

#include <string.h>

/* Elements that constants may be folded into, besides four for each byte of the file: enough for
 * every graph of shapes, too few to hurt. */
static const uint64_t fold_base = UINT64_C(1) << 22;

/* ---- the model's frame ----------------------------------------------------------------------- */

static zs_status check_model(const ZsOnnx__Model *model, const char *path, zs_onnx *net,
                             zs_err *err)
{
    if (model->graph == NULL)
        return zs_fail(err, ZS_EPARSE, path, "not an ONNX model: it has no graph");
    if (model->graph->n_node == 0)
        return zs_fail(err, ZS_EPARSE, path, "the graph has no nodes");
    net->graph = model->graph;
    net->opset = 1;
    for (size_t i = 0; i < model->n_opset_import; i++) {
        const ZsOnnx__OpSet *set = model->opset_import[i];
        if (set->domain == NULL || set->domain[0] == '\0' || strcmp(set->domain, "ai.onnx") == 0)
            net->opset = set->version;
    }
    if (net->opset < 1)
        return zs_fail(err, ZS_ERANGE, path, "operator set %lld is below the minimum 1",
                       (long long)net->opset);
    return ZS_OK;
}

/* Every node adds at most two layers, one for each of its inputs, and its outputs; constants add
 * their names. Operators that are several others, and names within operators on integers, add more.
 */
static void count_room(const ZsOnnx__Graph *graph, uint64_t *layers, uint64_t *values)
{
    static const char *const composed[] = {"AveragePool", "DynamicQuantizeLinear",
                                           "FusedConv",   "GroupNormalization",
                                           "LpPool",      "MaxPool"};
    *values += (uint64_t)graph->n_initializer + graph->n_sparse_initializer + graph->n_input;
    for (size_t i = 0; i < graph->n_node; i++) {
        *values += graph->node[i]->n_output + 4;
        const char *op = graph->node[i]->op_type;
        if (op != NULL && strcmp(op, "Einsum") == 0) {
            *values += 16 * graph->node[i]->n_input;
            *layers += 16 * graph->node[i]->n_input;
        }
        if (op != NULL && strcmp(op, "QLinearConcat") == 0)
            *values += graph->node[i]->n_input;
        for (size_t k = 0; op != NULL && k < ZS_LEN(composed); k++)
            if (strcmp(op, composed[k]) == 0) {
                *values += 16;
                *layers += 16;
            }
        *layers += 4 * graph->node[i]->n_input + graph->node[i]->n_output + 2;
    }
}

static zs_status init_draft(zs_onnx *net, zs_arena *arena, const char *path, zs_err *err)
{
    uint64_t values = 0, layers = 2 + 3 * (net->wanted_n + net->graph->n_output);
    const ZsOnnx__Graph *graph = net->graph;
    for (size_t i = 0; graph != NULL; i++) {
        count_room(graph, &layers, &values);
        graph = zs_onnx_branch_at(net, i);
    }
    return zs_net_draft_init(&net->draft, arena, path, layers, values, err);
}

static zs_status add_constant(zs_onnx *net, const char *name, ZsOnnx__Tensor *tensor,
                              const char *place, zs_err *err)
{
    if (name == NULL || name[0] == '\0')
        return zs_fail(err, ZS_EPARSE, place, "a constant has no name");
    if (zs_net_draft_get(&net->draft, name) != NULL)
        return zs_fail(err, ZS_EPARSE, place, "the name '%s' is given twice", name);
    ZS_TRY(zs_net_draft_value(&net->draft, name, NULL, 0, err));
    zs_net_draft_get(&net->draft, name)->constant = tensor;
    return ZS_OK;
}

zs_status zs_onnx_add_initializers(zs_onnx *net, const ZsOnnx__Graph *graph, zs_err *err)
{
    for (size_t i = 0; i < graph->n_initializer; i++) {
        ZsOnnx__Tensor *tensor = graph->initializer[i];
        ZS_TRY(add_constant(net, tensor->name, tensor, net->draft.path, err));
    }
    const zs_onnx_node at = {.net = net, .place = net->draft.path};
    for (size_t i = 0; i < graph->n_sparse_initializer; i++) {
        const ZsOnnx__SparseTensor *sparse = graph->sparse_initializer[i];
        zs_net_value dense;
        ZS_TRY(zs_onnx_dense(&at, sparse, &dense, err));
        ZS_TRY(add_constant(net, sparse->values->name, dense.constant, net->draft.path, err));
    }
    return ZS_OK;
}

/* ---- the input ------------------------------------------------------------------------------- */

/* What the caller states of an input: channels, rows and columns, 0 where nothing. */
static zs_shape stated_size(const zs_onnx *net, const char *input)
{
    for (uint32_t i = 0; i < net->parts->size_n; i++)
        if (strcmp(net->parts->sizes[i].input, input) == 0)
            return net->parts->sizes[i].shape;
    return net->input_n == 0 ? net->parts->stated : (zs_shape){0};
}

/* Some exporters write -1 for a dimension that is open. */
static int64_t stated_dim(const ZsOnnx__Shape *shape, size_t d)
{
    const int64_t stated = shape->dim[d]->dim_value;
    return stated == -1 ? 0 : stated;
}

/* Sizes a file leaves open (named or missing dimensions) leave the whole shape to the caller. What
 * the caller states wins over the file's channels, rows and columns. */
static zs_status read_input_shape(zs_onnx *net, const ZsOnnx__ValueInfo *input, zs_net_value *value,
                                  zs_err *err)
{
    const char *place = net->draft.path;
    const ZsOnnx__TensorType *type = input->type ? input->type->tensor_type : NULL;
    const ZsOnnx__Shape *shape = type ? type->shape : NULL;
    const uint32_t rank = shape ? (uint32_t)shape->n_dim : 0;
    const zs_shape wanted = stated_size(net, input->name);
    if (shape == NULL)
        return ZS_OK;
    if (shape->n_dim > ZS_RANK_MAX)
        return zs_fail(err, ZS_EUNSUPPORTED, place,
                       "input '%s' has %zu dimensions; up to %d are handled, images have 4 "
                       "(N, C, H, W)",
                       input->name, shape->n_dim, ZS_RANK_MAX);
    for (uint32_t d = 0; d < rank; d++)
        ZS_TRY(zs_net_size(stated_dim(shape, d), 0, "an input dimension of", place, &value->dims[d],
                           err));
    value->rank = rank;
    value->has_dims = true;
    if (rank > 1 && value->dims[0] == 0)
        value->dims[0] = (uint32_t)net->samples;
    if (rank > 1 && (!net->is_whole || value->dims[0] == 0)) {
        const bool is_for_all = net->samples > 0 && value->dims[0] == 1;
        if (!is_for_all)
            net->batch = value->dims[0];
        net->is_whole = net->is_whole || (!is_for_all && net->batch <= 1);
        value->dims[0] = 1;
    }
    uint32_t *const sizes[3] = {rank > 1 && rank <= 4 ? &value->dims[1] : NULL,
                                rank == 4 ? &value->dims[2] : NULL,
                                rank == 4 || rank == 3 ? &value->dims[rank - 1] : NULL};
    const uint32_t stated[3] = {wanted.c, wanted.h, wanted.w};
    for (size_t i = 0; i < 3; i++)
        if (stated[i] != 0 && sizes[i] != NULL)
            *sizes[i] = stated[i];
    for (uint32_t d = 0; d < rank; d++) {
        value->perm[d] = (uint8_t)d;
        value->has_dims = value->has_dims && value->dims[d] != 0;
    }
    if (value->has_dims)
        value->shape = zs_onnx_shape_of(value->dims, rank);
    return ZS_OK;
}

static zs_status add_input(zs_onnx *net, const ZsOnnx__ValueInfo *input, zs_input_spec *out,
                           zs_err *err)
{
    zs_net_value value = {.layer = input->name};
    if (input->type != NULL && input->type->tensor_type != NULL)
        value.is_raw =
            zs_onnx_int_limits(input->type->tensor_type->elem_type, &value.least, &value.most);
    ZS_TRY(read_input_shape(net, input, &value, err));
    ZS_TRY(zs_net_draft_value(&net->draft, input->name, input->name, value.rank, err));
    *zs_net_draft_get(&net->draft, input->name) = value;
    zs_name_map_put(&net->draft.taken, input->name, input->name);
    *out = (zs_input_spec){.name = input->name, .shape = value.shape};
    if (value.has_dims) {
        out->rank = value.rank;
        memcpy(out->dims, value.dims, sizeof out->dims);
    }
    return ZS_OK;
}

static void count_name(void *ctx, const char *name)
{
    (void)name;
    ++*(uint64_t *)ctx;
}

static void put_name(void *ctx, const char *name)
{
    zs_name_map_put(ctx, name, (void *)name);
}

/* The names that needed nodes read. */
static zs_status find_read(const zs_onnx *net, const bool *needed, zs_name_map *read, zs_err *err)
{
    uint64_t n = 1;
    for (size_t i = 0; i < net->graph->n_node; i++)
        if (needed[i])
            zs_onnx_each_read(net, net->graph->node[i], count_name, &n);
    if (!zs_name_map_init(net->draft.arena, read, (size_t)n))
        return zs_nomem(err, "the list of names");
    for (size_t i = 0; i < net->graph->n_node; i++)
        if (needed[i])
            zs_onnx_each_read(net, net->graph->node[i], put_name, read);
    return ZS_OK;
}

static const ZsOnnx__Shape *shape_of(const ZsOnnx__ValueInfo *input)
{
    const ZsOnnx__TensorType *type = input->type ? input->type->tensor_type : NULL;
    return type ? type->shape : NULL;
}

/* Samples that an input states; SIZE_MAX where its first dimension counts none. */
static size_t samples_of(const zs_onnx *net, const ZsOnnx__ValueInfo *input)
{
    const ZsOnnx__Shape *shape = shape_of(input);
    if (shape == NULL)
        return 0;
    if (shape->n_dim <= 1)
        return SIZE_MAX;
    const int64_t stated = stated_dim(shape, 0);
    return (size_t)(stated != 0 ? stated : net->samples);
}

/* Inputs that leave the number of their samples open have as many as the tensors that are given. */
static void find_samples(zs_onnx *net, ZsOnnx__ValueInfo *const *inputs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const ZsOnnx__Shape *shape = shape_of(inputs[i]);
        if (shape == NULL || shape->n_dim < 2 || stated_dim(shape, 0) != 0)
            continue;
        for (uint32_t k = 0; k < net->parts->given_n; k++) {
            const zs_net_given *given = &net->parts->given[k];
            const bool is_its =
                given->input == NULL ? i == 0 : strcmp(given->input, inputs[i]->name) == 0;
            if (is_its && given->rank == shape->n_dim && given->samples > 1 &&
                given->samples <= ZS_NET_SIZE_MAX && (int64_t)given->samples > net->samples)
                net->samples = (int64_t)given->samples;
        }
    }
}

/* Whether the first dimensions of inputs count the same samples; where tensors say how many, one
 * with a single sample goes with all of another. */
static bool count_the_same(const zs_onnx *net, ZsOnnx__ValueInfo *const *inputs, size_t n)
{
    size_t all = net->samples > 0 ? (size_t)net->samples : samples_of(net, inputs[0]);
    for (size_t i = 0; i < n; i++) {
        const size_t own = samples_of(net, inputs[i]);
        if (own == SIZE_MAX || (own != all && !(net->samples > 0 && own == 1)))
            return false;
    }
    return true;
}

/* Models before IR version 4 list their weights among the inputs, too. Of several inputs only those
 * that something reads are asked for; samples go through one by one where all state as many. */
static zs_status add_inputs(zs_onnx *net, const bool *needed, zs_net_spec *spec, zs_err *err)
{
    ZsOnnx__ValueInfo **inputs = zs_new(net->draft.arena, ZsOnnx__ValueInfo *, net->graph->n_input);
    zs_input_spec *specs = zs_new(net->draft.arena, zs_input_spec, net->graph->n_input);
    zs_name_map read;
    size_t n = 0, read_n = 0;
    if (inputs == NULL || specs == NULL)
        return zs_nomem(err, "the inputs");
    ZS_TRY(find_read(net, needed, &read, err));
    for (size_t i = 0; i < net->graph->n_input; i++) {
        ZsOnnx__ValueInfo *info = net->graph->input[i];
        if (info->name == NULL || zs_net_draft_get(&net->draft, info->name) != NULL)
            continue;
        const bool is_read = zs_name_map_get(&read, info->name) != NULL;
        if (is_read && read_n++ == 0)
            n = 0; /* those before it are read by nobody */
        if (is_read || n == 0)
            inputs[n++] = info;
    }
    if (n == 0)
        return zs_fail(err, ZS_EPARSE, net->draft.path, "the graph has no input");
    if (n > ZS_MAX_INPUTS)
        return zs_fail(err, ZS_ERANGE, net->draft.path, "%zu inputs are above the limit of %u", n,
                       ZS_MAX_INPUTS);
    if (net->counts_given)
        find_samples(net, inputs, n);
    const bool is_whole = net->is_whole || !count_the_same(net, inputs, n);
    for (size_t i = 0; i < n; i++) {
        net->is_whole = is_whole;
        ZS_TRY(add_input(net, inputs[i], &specs[i], err));
        net->inputs = specs;
        net->input_n++;
    }
    spec->input = specs[0];
    spec->more_inputs = specs + 1;
    spec->more_input_n = (uint32_t)n - 1;
    return ZS_OK;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

/* A tensor, or since opset 12 a number or a list of them. */
static zs_status add_constant_node(const zs_onnx_node *at, zs_err *err)
{
    const ZsOnnx__Attribute *value = zs_onnx_attr(at, "value");
    if (value != NULL && value->t != NULL)
        return add_constant(at->net, at->node->output[0], value->t, at->place, err);
    const ZsOnnx__Attribute *sparse = zs_onnx_attr(at, "sparse_value");
    if (sparse != NULL && sparse->sparse_tensor != NULL) {
        zs_net_value dense;
        ZS_TRY(zs_onnx_dense(at, sparse->sparse_tensor, &dense, err));
        return add_constant(at->net, at->node->output[0], dense.constant, at->place, err);
    }
    const ZsOnnx__Attribute *f = zs_onnx_attr(at, "value_float"),
                            *i = zs_onnx_attr(at, "value_int");
    const ZsOnnx__Attribute *fs = zs_onnx_attr(at, "value_floats");
    const ZsOnnx__Attribute *is = zs_onnx_attr(at, "value_ints");
    const bool is_list = fs != NULL || is != NULL, is_int = i != NULL || is != NULL;
    if (f == NULL && i == NULL && !is_list)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "a Constant without a tensor in 'value' or numbers is not handled");
    ZS_TRY(zs_onnx_check_attrs(at, err));
    const uint32_t n = fs != NULL ? (uint32_t)fs->n_floats : is != NULL ? (uint32_t)is->n_ints : 1;
    double *ints = zs_arena_alloc_raw(at->net->draft.arena, n, sizeof *ints);
    float *floats = zs_arena_alloc_raw(at->net->draft.arena, n, sizeof *floats);
    zs_net_value constant;
    if (ints == NULL || floats == NULL)
        return zs_nomem(err, "a constant");
    for (uint32_t k = 0; k < n; k++) {
        floats[k] = fs != NULL ? fs->floats[k] : f != NULL ? f->f : 0;
        ints[k] = is != NULL ? (double)is->ints[k] : i != NULL ? (double)i->i : 0;
    }
    if (is_int)
        ZS_TRY(zs_onnx_new_ints(at, ints, &n, is_list, &constant, err));
    else
        ZS_TRY(zs_onnx_new_floats(at, floats, &n, is_list, &constant, err));
    return zs_onnx_bind(at, 0, &constant, err);
}

static zs_status check_node(const zs_onnx_node *at, zs_err *err)
{
    const ZsOnnx__Node *node = at->node;
    const char *domain = node->domain ? node->domain : "";
    if (node->op_type == NULL)
        return zs_fail(err, ZS_EPARSE, at->place, "the node has no operator");
    static const char *const domains[] = {"",
                                          "ai.onnx",
                                          "com.microsoft",
                                          "onnx.brevitas",
                                          "finn.custom_op.general",
                                          "qonnx.custom_op.general"};
    bool is_known = false;
    for (size_t i = 0; i < ZS_LEN(domains); i++)
        is_known = is_known || strcmp(domain, domains[i]) == 0;
    if (!is_known)
        return zs_fail(
            err, ZS_EUNSUPPORTED, at->place,
            "operator %s of domain '%s' is not handled; `zynqsim show --operators` lists "
            "those that are",
            node->op_type, domain);
    if (node->n_output == 0 || node->output[0][0] == '\0')
        return zs_fail(err, ZS_EPARSE, at->place, "the node has no output");
    if (zs_net_draft_get(&at->net->draft, node->output[0]) != NULL)
        return zs_fail(err, ZS_EPARSE, at->place, "the name '%s' is given twice", node->output[0]);
    return ZS_OK;
}

zs_status zs_onnx_add_node(zs_onnx *net, const ZsOnnx__Graph *graph, size_t i, const char *within,
                           zs_err *err)
{
    const ZsOnnx__Node *node = graph->node[i];
    const bool has_name = node->name != NULL && node->name[0] != '\0';
    zs_onnx_node at = {.net = net, .node = node};
    at.place = zs_arena_printf(
        net->draft.arena, "%s node %zu (%s%s%s)", within[0] != '\0' ? within : net->draft.path, i,
        node->op_type ? node->op_type : "?", has_name ? " " : "", has_name ? node->name : "");
    if (at.place == NULL)
        return zs_nomem(err, "the place of a node");
    ZS_TRY(check_node(&at, err));
    ZS_TRY(zs_onnx_check_form(&at, err));
    return strcmp(node->op_type, "Constant") == 0 ? add_constant_node(&at, err)
                                                  : zs_onnx_op(&at, err);
}

/* The value that is output i: of the graph, or what was asked for, which may be a node's name. */
static char *wanted_name(const zs_onnx *net, size_t i)
{
    if (net->wanted_n == 0)
        return net->graph->output[i]->name;
    for (size_t k = 0; k < net->graph->n_node; k++) {
        const ZsOnnx__Node *node = net->graph->node[k];
        if (node->name != NULL && node->n_output > 0 && strcmp(node->name, net->wanted[i]) == 0)
            return node->output[0];
    }
    return (char *)net->wanted[i];
}

typedef struct need_context {
    const zs_name_map *makers;
    const ZsOnnx__Graph *graph;
    bool *needed;
} need_context;

static void need_maker(void *ctx, const char *name)
{
    const need_context *c = ctx;
    ZsOnnx__Node **maker = zs_name_map_get(c->makers, name);
    if (maker != NULL)
        c->needed[maker - c->graph->node] = true;
}

/* Nodes of which the output depends; what a file leaves beside them need not be understood. */
static zs_status find_needed(const zs_onnx *net, bool *needed, zs_err *err)
{
    zs_name_map makers;
    uint64_t names = net->graph->n_output;
    for (size_t i = 0; i < net->graph->n_node; i++)
        names += net->graph->node[i]->n_output;
    if (!zs_name_map_init(net->draft.arena, &makers, (size_t)names))
        return zs_nomem(err, "the list of nodes");
    ZsOnnx__Node **maker;
    for (size_t i = net->graph->n_node; i-- > 0;)
        for (size_t k = 0; k < net->graph->node[i]->n_output; k++) {
            const char *name = net->graph->node[i]->output[k];
            if (name[0] == '\0')
                continue;
            maker = zs_name_map_get(&makers, name);
            if (maker != NULL) /* a name given twice: to be found when the nodes are added */
                needed[maker - net->graph->node] = true;
            zs_name_map_put(&makers, name, &net->graph->node[i]);
        }
    const size_t output_n = net->wanted_n > 0 ? net->wanted_n : net->graph->n_output;
    for (size_t i = 0; i < output_n; i++) {
        const char *name = wanted_name(net, i);
        maker = name != NULL ? zs_name_map_get(&makers, name) : NULL;
        if (maker != NULL)
            needed[maker - net->graph->node] = true;
    }
    need_context ctx = {&makers, net->graph, needed};
    for (size_t i = net->graph->n_node; i-- > 0;)
        if (needed[i])
            zs_onnx_each_read(net, net->graph->node[i], need_maker, &ctx);
    return ZS_OK;
}

/* A network has a layer, even if it only hands its input on. */
static zs_status copy_input(const zs_onnx_node *at, zs_net_value *value, zs_err *err)
{
    zs_layer_spec *layer;
    zs_general *g = zs_onnx_general(at, ZS_FN_NONE);
    if (g == NULL)
        return zs_nomem(err, "a layer");
    if (!value->has_dims)
        return zs_fail(err, ZS_EPARSE, at->place, "the graph computes nothing");
    ZS_TRY(zs_onnx_new_layer(at, ZS_LAYER_UNARY, &layer, err));
    ZS_TRY(zs_net_draft_input(&at->net->draft, layer, value->layer, err));
    g->to = value->shape;
    g->x_elems = zs_shape_elems(value->shape);
    layer->general = g;
    value->layer = layer->name;
    return ZS_OK;
}

static zs_status add_output(zs_onnx *net, char *name, zs_output_spec *out, zs_err *err)
{
    ZsOnnx__Node end = ZS_ONNX__NODE__INIT;
    zs_net_value *value = name ? zs_net_draft_get(&net->draft, name) : NULL;
    const zs_onnx_node at = {.net = net, .node = &end, .place = net->draft.path};
    end.name = name;
    if (value != NULL && value->constant != NULL) {
        ZS_TRY(zs_onnx_keep_batch(&at, net->batch > 1, err));
        ZS_TRY(zs_onnx_compute(&at, value, err));
    }
    if (value == NULL || value->layer == NULL)
        return zs_fail(err, ZS_EPARSE, net->draft.path, "no node makes the output '%s'",
                       name ? name : "");
    ZS_TRY(zs_onnx_order(&at, value, err));
    ZS_TRY(zs_onnx_unpad(&at, value, err));
    ZS_TRY(zs_onnx_codes(&at, value, err));
    if (zs_onnx_is_input(net, value->layer))
        ZS_TRY(copy_input(&at, value, err));
    *out = (zs_output_spec){.layer = value->layer, .name = name, .has_dims = value->has_dims};
    if (value->has_dims) {
        out->rank = value->rank;
        memcpy(out->dims, value->dims, sizeof out->dims);
    }
    return ZS_OK;
}

static zs_status find_outputs(zs_onnx *net, zs_net_spec *spec, zs_err *err)
{
    const size_t n = net->wanted_n > 0 ? net->wanted_n : net->graph->n_output;
    if (n == 0)
        return zs_fail(err, ZS_EPARSE, net->draft.path, "the graph has no output");
    zs_output_spec *more = zs_new(net->draft.arena, zs_output_spec, n);
    if (more == NULL)
        return zs_nomem(err, "the outputs");
    for (size_t i = 0; i < n; i++)
        ZS_TRY(add_output(net, wanted_name(net, i), &more[i], err));
    spec->output = more[0].layer;
    spec->result = more[0];
    spec->more = more + 1;
    spec->more_n = (uint32_t)n - 1;
    return ZS_OK;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static zs_status fill_spec(zs_onnx *net, zs_net_spec *out, zs_err *err)
{
    zs_net_spec spec = {.name = net->graph->name};
    bool *needed = zs_new(net->draft.arena, bool, net->graph->n_node);
    if (needed == NULL)
        return zs_nomem(err, "the list of nodes");
    ZS_TRY(zs_onnx_add_initializers(net, net->graph, err));
    ZS_TRY(find_needed(net, needed, err));
    ZS_TRY(add_inputs(net, needed, &spec, err));
    for (size_t i = 0; i < net->graph->n_node; i++)
        if (needed[i])
            ZS_TRY(zs_onnx_add_node(net, net->graph, i, "", err));
    ZS_TRY(find_outputs(net, &spec, err));
    if (spec.name == NULL || spec.name[0] == '\0')
        spec.name = "onnx";
    spec.layers = net->draft.layers;
    spec.layer_n = net->draft.layer_n;
    *out = spec;
    return ZS_OK;
}

typedef struct onnx_file {
    ZsOnnx__Model *model;
    const char *path;
    const zs_net_parts *parts;
    struct zs_onnx_branches *branches;
    uint64_t fold_elems;
} onnx_file;

/* The description with samples apart or, `is_whole`, as one tensor; `counts_given`: with as many
 * samples as the tensors that are given, where the file leaves that open. *net is what was read. */
static zs_status read_as(zs_arena *arena, const onnx_file *file, bool is_whole, bool counts_given,
                         zs_onnx *net, zs_net_spec *out, zs_err *err)
{
    *net = (zs_onnx){.parts = file->parts,
                     .wanted = file->parts->outputs,
                     .wanted_n = file->parts->output_n,
                     .fold_elems = file->fold_elems,
                     .branches = file->branches,
                     .is_whole = is_whole,
                     .counts_given = counts_given};
    ZS_TRY(check_model(file->model, file->path, net, err));
    ZS_TRY(init_draft(net, arena, file->path, err));
    return fill_spec(net, out, err);
}

/* A graph whose sizes allow one sample alone gets those of a tensor one by one. */
static zs_status read_one_by_one(zs_arena *arena, const onnx_file *file, const zs_err *why,
                                 const char **note, zs_net_spec *out, zs_err *err)
{
    zs_onnx net;
    ZS_TRY(read_as(arena, file, false, false, &net, out, err));
    *note = zs_arena_printf(arena,
                            "the samples of an input go through one by one, as the network takes "
                            "no more than one: of all of them %s %s",
                            why->place, why->text);
    return *note != NULL ? ZS_OK : zs_nomem(err, "a note");
}

static zs_status fail_as(zs_status status, const zs_err *why, zs_err *err)
{
    if (status != ZS_OK && err != NULL)
        *err = *why;
    return status;
}

/* With several samples: first each on its own, and where an operator mixes them, all of them as one
 * tensor. Sizes are wrong for the one view or for both; then the file's own are named. */
static zs_status read_model(zs_arena *arena, const onnx_file *file, const char **note,
                            zs_net_spec *out, zs_err *err)
{
    zs_onnx net, whole;
    zs_err first = {0}, other = {0};
    const zs_status status = read_as(arena, file, false, true, &net, out, &first);
    if (status == ZS_OK || status == ZS_ENOMEM || net.is_whole || net.batch <= 1)
        return fail_as(status, &first, err);
    const zs_status again = read_as(arena, file, true, true, &whole, out, &other);
    if (again == ZS_OK || again == ZS_ENOMEM)
        return fail_as(again, &other, err);
    if (net.samples > 0 && (status == ZS_ESHAPE || again == ZS_ESHAPE))
        return read_one_by_one(arena, file, status == ZS_ESHAPE ? &first : &other, note, out, err);
    if (again == ZS_EUNSUPPORTED && status == ZS_EUNSUPPORTED &&
        strcmp(first.place, other.place) != 0)
        return zs_fail(err, status, first.place, "%s, and as one tensor %s %s", first.text,
                       other.place, other.text);
    return status == ZS_EUNSUPPORTED ? fail_as(status, &first, err) : fail_as(again, &other, err);
}

zs_status zs_net_onnx_parse_parts(zs_arena *arena, zs_span bytes, const char *path,
                                  const zs_net_parts *parts, zs_net_spec *out, zs_err *err)
{
    void *model;
    const char *note;
    zs_onnx net = {.parts = parts};
    zs_net_spec spec;
    ZS_TRY(zs_proto_unpack(arena, &zs_onnx__model__descriptor, bytes, "an ONNX model", path, &model,
                           err));
    ZS_TRY(check_model(model, path, &net, err));
    ZS_TRY(zs_onnx_read_branches(&net, arena, path, err));
    ZS_TRY(zs_onnx_load_external(arena, net.graph, path, parts->fetch, &note, err));
    const ZsOnnx__Graph *branch = zs_onnx_branch_at(&net, 0);
    for (size_t i = 1; branch != NULL; branch = zs_onnx_branch_at(&net, i++)) {
        const char *more;
        ZS_TRY(zs_onnx_load_external(arena, branch, path, parts->fetch, &more, err));
        note = note != NULL ? note : more;
    }
    const onnx_file file = {.model = model,
                            .path = path,
                            .parts = parts,
                            .branches = net.branches,
                            .fold_elems = fold_base + 4 * (uint64_t)bytes.bytes};
    ZS_TRY(read_model(arena, &file, &note, &spec, err));
    spec.note = note;
    *out = spec;
    return ZS_OK;
}

zs_status zs_net_onnx_parse(zs_arena *arena, zs_span bytes, const char *path, zs_net_spec *out,
                            zs_err *err)
{
    return zs_net_onnx_parse_parts(arena, bytes, path, &(const zs_net_parts){0}, out, err);
}
