#include "import_onnx_priv.h"

#include "zynqsim/import.h"

#include <string.h>

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

/* Every node adds at most two layers and its outputs; constants add their names. */
static zs_status init_draft(zs_onnx *net, zs_arena *arena, const char *path, zs_err *err)
{
    uint64_t values = (uint64_t)net->graph->n_initializer + net->graph->n_input;
    for (size_t i = 0; i < net->graph->n_node; i++)
        values += net->graph->node[i]->n_output;
    return zs_net_draft_init(&net->draft, arena, path, 2 * (uint64_t)net->graph->n_node, values,
                             err);
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

static zs_status add_initializers(zs_onnx *net, zs_err *err)
{
    for (size_t i = 0; i < net->graph->n_initializer; i++) {
        ZsOnnx__Tensor *tensor = net->graph->initializer[i];
        ZS_TRY(add_constant(net, tensor->name, tensor, net->draft.path, err));
    }
    return ZS_OK;
}

/* ---- the input ------------------------------------------------------------------------------- */

/* Sizes a file leaves open (named or missing dimensions) leave the whole shape to the caller. */
static zs_status read_input_shape(const ZsOnnx__ValueInfo *input, const char *place, zs_shape *out,
                                  uint32_t *rank, zs_err *err)
{
    const ZsOnnx__TensorType *type = input->type ? input->type->tensor_type : NULL;
    const ZsOnnx__Shape *shape = type ? type->shape : NULL;
    zs_shape found = {0};
    *rank = shape ? (uint32_t)shape->n_dim : 0;
    if (shape == NULL)
        return ZS_OK;
    if (shape->n_dim != 4 && shape->n_dim != 2)
        return zs_fail(err, ZS_EUNSUPPORTED, place,
                       "input '%s' has %zu dimensions; images have 4 (N, C, H, W)", input->name,
                       shape->n_dim);
    uint32_t sizes[3] = {1, 1, 1};
    for (size_t i = 1; i < shape->n_dim; i++)
        ZS_TRY(zs_net_size(shape->dim[i]->dim_value, 0, "an input dimension of", place,
                           &sizes[i - 1], err));
    if (sizes[0] != 0 && sizes[1] != 0 && sizes[2] != 0)
        found = (zs_shape){sizes[0], sizes[1], sizes[2]};
    *out = found;
    return ZS_OK;
}

/* Models before IR version 4 list their weights among the inputs, too. */
static zs_status add_input(zs_onnx *net, zs_input_spec *out, zs_err *err)
{
    const ZsOnnx__ValueInfo *input = NULL;
    for (size_t i = 0; i < net->graph->n_input; i++) {
        const ZsOnnx__ValueInfo *info = net->graph->input[i];
        if (info->name == NULL || zs_net_draft_get(&net->draft, info->name) != NULL)
            continue;
        if (input != NULL)
            return zs_fail(err, ZS_EUNSUPPORTED, net->draft.path,
                           "the graph has inputs '%s' and '%s'; networks here have 1 input",
                           input->name, info->name);
        input = info;
    }
    if (input == NULL)
        return zs_fail(err, ZS_EPARSE, net->draft.path, "the graph has no input");
    uint32_t rank = 0;
    zs_shape shape = {0};
    ZS_TRY(read_input_shape(input, net->draft.path, &shape, &rank, err));
    ZS_TRY(zs_net_draft_value(&net->draft, input->name, input->name, rank, err));
    zs_name_map_put(&net->draft.taken, input->name, input->name);
    *out = (zs_input_spec){.name = input->name, .shape = shape};
    return ZS_OK;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static zs_status add_constant_node(const zs_onnx_node *at, zs_err *err)
{
    const ZsOnnx__Attribute *value = zs_onnx_attr(at, "value");
    if (value == NULL || value->t == NULL)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "a Constant without a tensor in 'value' is not handled");
    return add_constant(at->net, at->node->output[0], value->t, at->place, err);
}

static zs_status check_node(const zs_onnx_node *at, zs_err *err)
{
    const ZsOnnx__Node *node = at->node;
    const char *domain = node->domain ? node->domain : "";
    if (node->op_type == NULL)
        return zs_fail(err, ZS_EPARSE, at->place, "the node has no operator");
    if (domain[0] != '\0' && strcmp(domain, "ai.onnx") != 0)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place, "operator %s of domain '%s' is not handled",
                       node->op_type, domain);
    if (node->n_output == 0 || node->output[0][0] == '\0')
        return zs_fail(err, ZS_EPARSE, at->place, "the node has no output");
    if (zs_net_draft_get(&at->net->draft, node->output[0]) != NULL)
        return zs_fail(err, ZS_EPARSE, at->place, "the name '%s' is given twice", node->output[0]);
    return ZS_OK;
}

static zs_status add_node(zs_onnx *net, size_t i, zs_err *err)
{
    const ZsOnnx__Node *node = net->graph->node[i];
    const bool has_name = node->name != NULL && node->name[0] != '\0';
    zs_onnx_node at = {.net = net, .node = node};
    at.place = zs_arena_printf(net->draft.arena, "%s node %zu (%s%s%s)", net->draft.path, i,
                               node->op_type ? node->op_type : "?", has_name ? " " : "",
                               has_name ? node->name : "");
    if (at.place == NULL)
        return zs_nomem(err, "the place of a node");
    ZS_TRY(check_node(&at, err));
    return strcmp(node->op_type, "Constant") == 0 ? add_constant_node(&at, err)
                                                  : zs_onnx_op(&at, err);
}

static zs_status find_output(const zs_onnx *net, const char **out, zs_err *err)
{
    if (net->graph->n_output != 1)
        return zs_fail(err, ZS_EUNSUPPORTED, net->draft.path,
                       "the graph has %zu outputs; networks here have 1", net->graph->n_output);
    const char *name = net->graph->output[0]->name;
    const zs_net_value *value = name ? zs_net_draft_get(&net->draft, name) : NULL;
    if (value == NULL || value->layer == NULL)
        return zs_fail(err, ZS_EPARSE, net->draft.path, "no node makes the output '%s'",
                       name ? name : "");
    *out = value->layer;
    return ZS_OK;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static zs_status fill_spec(zs_onnx *net, zs_net_spec *out, zs_err *err)
{
    zs_net_spec spec = {.name = net->graph->name};
    ZS_TRY(add_initializers(net, err));
    ZS_TRY(add_input(net, &spec.input, err));
    for (size_t i = 0; i < net->graph->n_node; i++)
        ZS_TRY(add_node(net, i, err));
    ZS_TRY(find_output(net, &spec.output, err));
    if (net->draft.layer_n == 0)
        return zs_fail(err, ZS_EPARSE, net->draft.path, "the graph computes nothing");
    if (spec.name == NULL || spec.name[0] == '\0')
        spec.name = "onnx";
    spec.layers = net->draft.layers;
    spec.layer_n = net->draft.layer_n;
    *out = spec;
    return ZS_OK;
}

zs_status zs_net_onnx_parse(zs_arena *arena, zs_span bytes, const char *path, zs_net_spec *out,
                            zs_err *err)
{
    void *model;
    zs_onnx net = {0};
    ZS_TRY(zs_proto_unpack(arena, &zs_onnx__model__descriptor, bytes, "an ONNX model", path, &model,
                           err));
    ZS_TRY(check_model(model, path, &net, err));
    ZS_TRY(init_draft(&net, arena, path, err));
    return fill_spec(&net, out, err);
}
