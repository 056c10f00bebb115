#include "graph_priv.h"

#include <string.h>

/* ---- the finished graph ---------------------------------------------------------------------- */

typedef struct emit {
    zs_net *net;
    zs_layer *layers;
    zs_tensor *tensors;
    uint32_t *tensor_of; /* [node] */
} emit;

static bool is_view(const zs_node *node)
{
    return node->spec != NULL && node->spec->op == ZS_LAYER_FLATTEN;
}

static zs_status allocate(const zs_draft *d, emit *e, zs_err *err)
{
    uint32_t layer_n = 0, tensor_n = d->node_n - d->input;
    for (uint32_t k = 0; k < d->order_n; k++) {
        layer_n += d->nodes[d->order[k]].works;
        tensor_n += d->nodes[d->order[k]].has_tensor;
    }
    e->net = zs_new(d->arena, zs_net, 1);
    e->layers = zs_new(d->arena, zs_layer, layer_n);
    e->tensors = zs_new(d->arena, zs_tensor, tensor_n);
    e->tensor_of = zs_new(d->scratch, uint32_t, d->node_n);
    if (e->net == NULL || e->layers == NULL || e->tensors == NULL || e->tensor_of == NULL)
        return zs_nomem(err, "network");
    *e->net = (zs_net){.layers = e->layers, .tensors = e->tensors, .seed = d->spec->seed};
    return ZS_OK;
}

static zs_status emit_layer(const zs_draft *d, emit *e, uint32_t at, zs_err *err)
{
    const zs_node *node = &d->nodes[at];
    uint32_t *in = zs_arena_alloc_raw(d->arena, node->in_n, sizeof *in);
    if (in == NULL)
        return zs_nomem(err, node->layer.name);
    for (uint32_t i = 0; i < node->in_n; i++)
        in[i] = e->tensor_of[node->in[i]];
    zs_layer *layer = &e->layers[e->net->layer_n];
    *layer = node->layer;
    layer->name = e->tensors[e->tensor_of[at]].name;
    layer->in = in;
    layer->in_n = node->in_n;
    layer->out = e->tensor_of[at];
    layer->index = e->net->layer_n++;
    e->tensors[layer->out].producer = layer->index;
    return ZS_OK;
}

static zs_status emit_node(const zs_draft *d, emit *e, uint32_t at, zs_err *err)
{
    const zs_node *node = &d->nodes[at];
    const char *name = node->spec == NULL ? zs_draft_input(d, at)->name : node->spec->name;
    const uint32_t t = e->net->tensor_n++;
    e->tensor_of[at] = t;
    e->tensors[t] = (zs_tensor){.name = zs_arena_strdup(d->arena, name),
                                .shape = node->layer.y,
                                .producer = ZS_NO_INDEX,
                                .parent = ZS_NO_INDEX,
                                .parent_offset_elems = node->parent_offset_elems,
                                .number = node->number};
    if (e->tensors[t].name == NULL)
        return zs_nomem(err, "network");
    return node->works ? emit_layer(d, e, at, err) : ZS_OK;
}

/* Parents of slices come after their parts, so links wait until all tensors have numbers. A tensor
 * that several layers fill counts as made by the last of them. */
static void link_tensors(const zs_draft *d, emit *e)
{
    for (uint32_t k = 0; k < d->order_n; k++) {
        const zs_node *node = &d->nodes[d->order[k]];
        if (!node->has_tensor || node->parent == ZS_NO_INDEX)
            continue;
        zs_tensor *t = &e->tensors[e->tensor_of[d->order[k]]];
        t->parent = e->tensor_of[node->parent];
        zs_tensor *parent = &e->tensors[t->parent];
        if (is_view(node))
            t->producer = parent->producer;
        else if (parent->producer == ZS_NO_INDEX || parent->producer < t->producer)
            parent->producer = t->producer;
    }
}

static uint32_t find_logits(const zs_draft *d, const emit *e)
{
    uint32_t at = d->output;
    while (is_view(&d->nodes[at]))
        at = d->nodes[at].parent;
    const zs_node *node = &d->nodes[at];
    if (node->spec != NULL && node->works && node->layer.op == ZS_LAYER_SOFTMAX)
        return e->tensor_of[node->in[0]];
    return e->tensor_of[d->output];
}

static zs_status emit_outputs(const zs_draft *d, emit *e, zs_err *err)
{
    const uint32_t n = 1 + d->spec->more_n;
    zs_net_output *outputs = zs_new(d->arena, zs_net_output, n);
    if (outputs == NULL)
        return zs_nomem(err, "network");
    for (uint32_t i = 0; i < n; i++) {
        const zs_output_spec *spec = i == 0 ? &d->spec->result : &d->spec->more[i - 1];
        zs_net_output *o = &outputs[i];
        o->tensor = e->tensor_of[i == 0 ? d->output : d->more[i - 1]];
        o->name = zs_arena_strdup(d->arena, spec->name ? spec->name : e->tensors[o->tensor].name);
        o->is_int = spec->is_int && e->tensors[o->tensor].number.scale > 0;
        o->has_dims = spec->has_dims;
        o->rank = spec->rank;
        memcpy(o->dims, spec->dims, sizeof o->dims);
        if (o->name == NULL)
            return zs_nomem(err, "network");
    }
    e->net->outputs = outputs;
    e->net->output_n = n;
    return ZS_OK;
}

static zs_status emit_inputs(const zs_draft *d, emit *e, zs_err *err)
{
    zs_net_input *inputs = zs_new(d->arena, zs_net_input, d->node_n - d->input);
    uint64_t offset_elems = 0;
    if (inputs == NULL)
        return zs_nomem(err, "network");
    for (uint32_t at = d->input; at < d->node_n; at++) {
        const zs_input_spec *spec = zs_draft_input(d, at);
        ZS_TRY(emit_node(d, e, at, err));
        zs_net_input *in = &inputs[at - d->input];
        *in = (zs_net_input){.tensor = e->tensor_of[at],
                             .offset_elems = offset_elems,
                             .rank = spec->rank,
                             .is_channels_last = spec->is_channels_last};
        memcpy(in->dims, spec->dims, sizeof in->dims);
        offset_elems += zs_shape_elems(spec->shape);
    }
    e->net->input = inputs[0].tensor;
    e->net->inputs = inputs;
    e->net->input_n = d->node_n - d->input;
    return ZS_OK;
}

static zs_status emit_net(const zs_draft *d, zs_net **out, zs_err *err)
{
    emit e;
    ZS_TRY(allocate(d, &e, err));
    e.net->name = zs_arena_strdup(d->arena, d->spec->name ? d->spec->name : "network");
    if (e.net->name == NULL)
        return zs_nomem(err, "network");
    ZS_TRY(emit_inputs(d, &e, err));
    for (uint32_t k = 0; k < d->order_n; k++)
        if (d->nodes[d->order[k]].has_tensor)
            ZS_TRY(emit_node(d, &e, d->order[k], err));
    link_tensors(d, &e);
    e.net->output = e.tensor_of[d->output];
    e.net->logits = find_logits(d, &e);
    *out = e.net;
    return emit_outputs(d, &e, err);
}

/* ---- entry ----------------------------------------------------------------------------------- */

static zs_status check_spec(const zs_net_spec *spec, zs_err *err)
{
    if (spec->layer_n == 0)
        return zs_fail(err, ZS_EPARSE, spec->name, "the network has no layers");
    if (spec->layer_n > ZS_MAX_LAYERS)
        return zs_fail(err, ZS_ERANGE, spec->name, "%u layers are more than the limit of %u",
                       spec->layer_n, ZS_MAX_LAYERS);
    if (spec->more_input_n >= ZS_MAX_INPUTS)
        return zs_fail(err, ZS_ERANGE, spec->name, "%u inputs are more than the limit of %u",
                       spec->more_input_n + 1, ZS_MAX_INPUTS);
    for (uint32_t i = 0; i <= spec->more_input_n; i++)
        if ((i == 0 ? &spec->input : &spec->more_inputs[i - 1])->name == NULL)
            return zs_fail(err, ZS_EPARSE, spec->name, "a network input has no name");
    return ZS_OK;
}

static zs_status build(zs_draft *d, zs_net **out, zs_err *err)
{
    d->input = d->spec->layer_n;
    d->node_n = d->input + 1 + d->spec->more_input_n;
    d->nodes = zs_new(d->scratch, zs_node, d->node_n);
    if (d->nodes == NULL)
        return zs_nomem(err, "network");
    for (uint32_t i = d->input; i < d->node_n; i++)
        d->nodes[i] = (zs_node){.alias = i, .parent = ZS_NO_INDEX};
    ZS_TRY(zs_draft_resolve(d, err));
    ZS_TRY(zs_draft_sort(d, err));
    ZS_TRY(zs_draft_shapes(d, err));
    ZS_TRY(zs_draft_simplify(d, err));
    return emit_net(d, out, err);
}

static zs_status build_spec(zs_arena *arena, const zs_net_spec *spec, bool is_streamlined,
                            zs_net **out, zs_err *err)
{
    ZS_TRY(check_spec(spec, err));
    zs_arena scratch;
    zs_arena_init(&scratch, arena->source);
    zs_draft draft = {
        .spec = spec, .arena = arena, .scratch = &scratch, .is_streamlined = is_streamlined};
    const zs_status status = build(&draft, out, err);
    zs_arena_drop(&scratch);
    return status;
}

zs_status zs_net_build(zs_arena *arena, const zs_net_spec *spec, zs_net **out, zs_err *err)
{
    return build_spec(arena, spec, false, out, err);
}

zs_status zs_net_streamline(zs_arena *arena, const zs_net_spec *spec, zs_net **out, zs_err *err)
{
    return build_spec(arena, spec, true, out, err);
}
