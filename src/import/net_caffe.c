#include "import_caffe_priv.h"

#include "zynqsim/import.h"

#include <string.h>

/* ---- phases ---------------------------------------------------------------------------------- */

/* Whether a rule holds for inference at level 0 without stages. */
static bool rule_holds(const ZsCaffe__Rule *rule)
{
    if (rule->has_phase && rule->phase != ZS_CAFFE__PHASE__TEST)
        return false;
    if ((rule->has_min_level && rule->min_level > 0) ||
        (rule->has_max_level && rule->max_level < 0))
        return false;
    return rule->n_stage == 0;
}

/* As Caffe does it: with include rules one must hold, else no exclude rule may. */
static bool is_for_inference(const ZsCaffe__Layer *layer)
{
    bool is_in = layer->n_include == 0;
    for (size_t i = 0; i < layer->n_include; i++)
        is_in |= rule_holds(layer->include[i]);
    for (size_t i = 0; i < layer->n_exclude; i++)
        is_in &= !rule_holds(layer->exclude[i]);
    return is_in;
}

/* ---- the input ------------------------------------------------------------------------------- */

zs_status zs_caffe_input_shape(zs_caffe *net, const int64_t *dims, size_t n, const char *place,
                               zs_shape *out, zs_err *err)
{
    uint32_t sizes[3] = {1, 1, 1};
    if (n != 4 && n != 2)
        return zs_fail(err, ZS_EUNSUPPORTED, place,
                       "the input has %zu dimensions; images have 4 (N, C, H, W)", n);
    for (size_t i = 1; i < n; i++)
        ZS_TRY(zs_net_size(dims[i], 0, "an input dimension of", place, &sizes[i - 1], err));
    if (sizes[0] != 0 && sizes[1] != 0 && sizes[2] != 0)
        *out = (zs_shape){sizes[0], sizes[1], sizes[2]};
    net->input_rank = (uint32_t)n;
    if (net->input_n == 0) {
        net->graph.batch = dims[0];
        net->graph.is_whole = dims[0] <= 1;
    }
    return ZS_OK;
}

static void override(uint32_t *size, uint32_t stated)
{
    if (stated != 0)
        *size = stated;
}

/* Inputs are maps, whatever the file counts. */
static void size_input(const zs_caffe *net, zs_net_value *value, zs_shape shape)
{
    if (shape.c == 0 || shape.h == 0 || shape.w == 0 || shape.c > ZS_NET_SIZE_MAX ||
        zs_shape_elems(shape) > UINT64_C(1) << 31)
        return;
    value->has_dims = true;
    value->rank = net->input_rank == 2 && shape.h == 1 && shape.w == 1 ? 2 : 4;
    value->shape = shape;
    const uint32_t dims[4] = {1, shape.c, shape.h, shape.w};
    for (uint32_t d = 0; d < ZS_RANK_MAX; d++) {
        value->dims[d] = d < value->rank ? dims[d] : 0;
        value->perm[d] = (uint8_t)d;
    }
}

/* Snapshots may hold a source for training and one for testing of the same blob. */
zs_status zs_caffe_add_input(zs_caffe *net, const char *top, zs_shape shape, const char *place,
                             zs_err *err)
{
    if (top[0] == '\0')
        return zs_fail(err, ZS_EPARSE, place, "the input has no name");
    for (uint32_t i = 0; i < net->input_n; i++)
        if (strcmp(net->inputs[i].name, top) == 0) {
            if (net->inputs[i].shape.c == 0) {
                net->inputs[i].shape = shape;
                size_input(net, zs_net_draft_get(&net->graph.draft, top), shape);
            }
            return ZS_OK;
        }
    const bool is_input = net->input_n == 0 || shape.c != 0;
    if (net->input_n == ZS_MAX_INPUTS)
        return zs_fail(err, ZS_ERANGE, place, "more than %u inputs", ZS_MAX_INPUTS);
    ZS_TRY(zs_net_draft_value(&net->graph.draft, top, is_input ? top : NULL, 0, err));
    if (!is_input)
        return ZS_OK;
    if (net->input_n == 0) {
        override(&shape.c, net->graph.stated.c);
        override(&shape.h, net->graph.stated.h);
        override(&shape.w, net->graph.stated.w);
    }
    net->inputs[net->input_n++] = (zs_input_spec){.name = top, .shape = shape};
    size_input(net, zs_net_draft_get(&net->graph.draft, top), shape);
    zs_name_map_put(&net->graph.draft.taken, top, net->graph.draft.layers);
    return ZS_OK;
}

/* The form from before there were Input layers: names, and shapes or four numbers each. */
static zs_status add_legacy_inputs(zs_caffe *net, const ZsCaffe__Net *file, zs_err *err)
{
    for (size_t i = 0; i < file->n_input; i++) {
        zs_shape shape = {0};
        int64_t dims[4];
        if (i < file->n_input_shape) {
            const ZsCaffe__BlobShape *stated = file->input_shape[i];
            ZS_TRY(zs_caffe_input_shape(net, stated->dim, stated->n_dim, net->graph.draft.path,
                                        &shape, err));
        } else if (file->n_input_dim >= 4 && i <= (file->n_input_dim - 4) / 4) {
            for (size_t d = 0; d < 4; d++)
                dims[d] = file->input_dim[4 * i + d];
            ZS_TRY(zs_caffe_input_shape(net, dims, 4, net->graph.draft.path, &shape, err));
        }
        ZS_TRY(zs_caffe_add_input(net, file->input[i], shape, net->graph.draft.path, err));
    }
    return ZS_OK;
}

/* ---- layers ---------------------------------------------------------------------------------- */

/* Layer `layer` makes what is called after it; blobs are what the last layer made that has them. */
static zs_status keep_results(zs_caffe *net, const ZsCaffe__Layer *layer, const zs_net_parts *parts,
                              zs_net_value *results, zs_err *err)
{
    for (uint32_t i = 0; i < parts->output_n; i++) {
        if (layer->name == NULL || strcmp(layer->name, parts->outputs[i]) != 0 || layer->n_top == 0)
            continue;
        const zs_net_value *top = zs_net_draft_get(&net->graph.draft, layer->top[0]);
        if (top == NULL || top->layer == NULL)
            return zs_fail(err, ZS_EPARSE, net->graph.draft.path, "layer '%s' computes nothing",
                           layer->name);
        results[i] = *top;
        net->last_batchnorm = NULL; /* nothing joins it */
    }
    return ZS_OK;
}

static zs_status add_layer(zs_caffe *net, const ZsCaffe__Layer *layer, size_t i,
                           const zs_net_parts *parts, zs_net_value *results, zs_err *err)
{
    zs_caffe_layer at = {.net = net, .layer = layer};
    at.place =
        zs_arena_printf(net->graph.draft.arena, "%s layer %zu (%s %s)", net->graph.draft.path, i,
                        layer->type ? layer->type : "?", layer->name ? layer->name : "?");
    if (at.place == NULL)
        return zs_nomem(err, "the place of a layer");
    if (layer->type == NULL)
        return zs_fail(err, ZS_EPARSE, at.place, "the layer has no type");
    if (!is_for_inference(layer) && !zs_caffe_is_data(layer->type))
        return ZS_OK;
    ZS_TRY(zs_caffe_add(&at, err));
    return keep_results(net, layer, parts, results, err);
}

/* Both forms as one list; Caffe itself refuses files that mix them. */
static zs_status list_layers(zs_arena *arena, const ZsCaffe__Net *file, const char *path,
                             ZsCaffe__Layer ***out, size_t *n, zs_err *err)
{
    if (file->n_layer > 0 && file->n_layers > 0)
        return zs_fail(err, ZS_EPARSE, path,
                       "the net has %zu layers of the old form and %zu of the new", file->n_layers,
                       file->n_layer);
    if (file->n_layer == 0 && file->n_layers == 0)
        return zs_fail(err, ZS_EPARSE, path, "not a Caffe model: it has no layers");
    *n = file->n_layer;
    *out = file->layer;
    if (file->n_layer > 0)
        return ZS_OK;
    ZsCaffe__Layer **layers = zs_new(arena, ZsCaffe__Layer *, file->n_layers);
    for (size_t i = 0; layers != NULL && i < file->n_layers; i++)
        if ((layers[i] = zs_caffe_from_v1(arena, file->layers[i])) == NULL)
            return zs_nomem(err, "a layer of the old form");
    *n = file->n_layers;
    *out = layers;
    return layers ? ZS_OK : zs_nomem(err, "layers of the old form");
}

/* The dimensions of the result where it is not a map of several pixels or a list: of the value that
 * the one layer makes which no other reads. */
static void find_output_dims(const zs_caffe *net, ZsCaffe__Layer *const *layers, size_t n,
                             zs_net_spec *out)
{
    const zs_layer_spec *last = &net->graph.draft.layers[net->graph.draft.layer_n - 1];
    for (size_t i = n; i-- > 0;)
        for (size_t k = 0; k < layers[i]->n_top; k++) {
            const zs_net_value *top = zs_net_draft_get(&net->graph.draft, layers[i]->top[k]);
            if (top == NULL || top->layer == NULL || strcmp(top->layer, last->name) != 0 ||
                !top->has_dims || top->rank == 2)
                continue;
            const zs_shape s = zs_onnx_shape_of(top->dims, top->rank);
            if (top->rank == 4 && memcmp(&s, &top->shape, sizeof s) == 0 && s.h * s.w != 1)
                continue;
            out->result = (zs_output_spec){.has_dims = top->rank > 0, .rank = top->rank};
            memcpy(out->result.dims, top->dims, sizeof out->result.dims);
        }
}

/* ---- results that are asked for -------------------------------------------------------------- */

static zs_status want_results(zs_caffe *net, const zs_net_parts *parts, zs_net_value *results,
                              zs_net_spec *out, zs_err *err)
{
    zs_output_spec *outputs = zs_new(net->graph.draft.arena, zs_output_spec, parts->output_n);
    if (outputs == NULL)
        return zs_nomem(err, "the outputs");
    net->graph.input_n = net->input_n;
    for (uint32_t i = 0; i < parts->output_n; i++) {
        ZsOnnx__Node end = ZS_ONNX__NODE__INIT;
        const zs_onnx_node at = {&net->graph, &end, net->graph.draft.path, ZS_FN_NONE};
        char *name = zs_arena_printf(net->graph.draft.arena, "%s", parts->outputs[i]);
        zs_net_value *value = results[i].layer != NULL
                                  ? &results[i]
                                  : zs_net_draft_get(&net->graph.draft, parts->outputs[i]);
        if (name == NULL)
            return zs_nomem(err, "a name");
        end.name = name;
        if (value == NULL || value->layer == NULL || zs_onnx_is_input(&net->graph, value->layer))
            return zs_fail(err, ZS_EPARSE, net->graph.draft.path,
                           "the output '%s' is neither a layer nor a blob that a layer makes",
                           parts->outputs[i]);
        ZS_TRY(zs_onnx_order(&at, value, err));
        outputs[i] = (zs_output_spec){.layer = value->layer,
                                      .name = parts->outputs[i],
                                      .has_dims = value->has_dims && value->rank > 0,
                                      .rank = value->rank};
        memcpy(outputs[i].dims, value->dims, sizeof outputs[i].dims);
    }
    out->layer_n = net->graph.draft.layer_n;
    out->output = outputs[0].layer;
    out->result = outputs[0];
    out->more = outputs + 1;
    out->more_n = parts->output_n - 1;
    return ZS_OK;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static bool is_read(const zs_caffe *net, const char *name)
{
    for (uint32_t i = 0; i < net->graph.draft.layer_n; i++)
        for (uint32_t k = 0; k < net->graph.draft.layers[i].in_n; k++)
            if (strcmp(net->graph.draft.layers[i].in[k], name) == 0)
                return true;
    return false;
}

static zs_status fill_spec(zs_caffe *net, const ZsCaffe__Net *file, zs_net_spec *out, zs_err *err)
{
    if (net->input_n == 0)
        return zs_fail(err, ZS_EPARSE, net->graph.draft.path,
                       "the net has no input and no data layer");
    if (net->graph.draft.layer_n == 0)
        return zs_fail(err, ZS_EPARSE, net->graph.draft.path, "the net computes nothing");
    uint32_t n = 1;
    for (uint32_t i = 1; i < net->input_n; i++) /* a network has those that something reads */
        if (is_read(net, net->inputs[i].name))
            net->inputs[n++] = net->inputs[i];
    *out = (zs_net_spec){
        .name = file->name && file->name[0] != '\0' ? file->name : "caffe",
        .input = net->inputs[0],
        .more_inputs = net->inputs + 1,
        .more_input_n = n - 1,
        .layers = net->graph.draft.layers,
        .layer_n = net->graph.draft.layer_n,
    };
    return ZS_OK;
}

static bool is_wanted(const zs_net_parts *parts, const char *name)
{
    for (uint32_t i = 0; name != NULL && i < parts->output_n; i++)
        if (strcmp(parts->outputs[i], name) == 0)
            return true;
    return false;
}

static bool makes_wanted(const ZsCaffe__Layer *layer, const char *wanted)
{
    bool is_maker = layer->name != NULL && strcmp(layer->name, wanted) == 0;
    for (size_t k = 0; k < layer->n_top; k++)
        is_maker = is_maker || strcmp(layer->top[k], wanted) == 0;
    return is_maker;
}

/* Of results that were asked for: the layers that they depend on and those that bring data. All of
 * them where a result is made by none, which is said later. */
static zs_status find_needed(zs_arena *arena, ZsCaffe__Layer *const *layers, size_t n,
                             const zs_net_parts *parts, bool *needed, zs_err *err)
{
    zs_name_map read;
    size_t names = parts->output_n + 1;
    uint32_t made = 0;
    for (size_t i = 0; i < n; i++)
        names += layers[i]->n_bottom;
    if (!zs_name_map_init(arena, &read, names))
        return zs_nomem(err, "the list of layers");
    for (uint32_t k = 0; k < parts->output_n; k++) {
        bool is_made = false;
        for (size_t i = 0; i < n; i++)
            is_made = is_made || makes_wanted(layers[i], parts->outputs[k]);
        made += is_made;
        zs_name_map_put(&read, parts->outputs[k], (void *)parts->outputs[k]);
    }
    for (size_t i = n; i-- > 0;) {
        const ZsCaffe__Layer *layer = layers[i];
        needed[i] = made < parts->output_n || parts->output_n == 0 || layer->type == NULL ||
                    zs_caffe_is_data(layer->type) || is_wanted(parts, layer->name);
        for (size_t k = 0; k < layer->n_top; k++)
            needed[i] = needed[i] || zs_name_map_get(&read, layer->top[k]) != NULL;
        for (size_t k = 0; needed[i] && k < layer->n_bottom; k++)
            zs_name_map_put(&read, layer->bottom[k], layer->bottom[k]);
    }
    return ZS_OK;
}

static zs_status build(zs_arena *arena, const ZsCaffe__Net *file, const char *path,
                       const zs_net_parts *parts, bool is_bare, zs_net_spec *out, zs_err *err)
{
    ZsCaffe__Layer **layers = NULL;
    zs_net_value *results = zs_new(arena, zs_net_value, parts->output_n);
    size_t n = 0;
    zs_caffe net = {.is_bare = is_bare,
                    .graph = {.stated = parts->stated, .opset = ZS_LOWER_OPSET, .is_whole = true}};
    net.graph.fold_elems = UINT64_C(1) << 24;
    ZS_TRY(list_layers(arena, file, path, &layers, &n, err));
    uint64_t values = file->n_input, room = 1, tops = file->n_input;
    for (size_t i = 0; i < n; i++) {
        const uint64_t own = zs_caffe_room(layers[i]);
        values += own;
        room += own;
        tops += layers[i]->n_top;
    }
    room += parts->output_n;
    ZS_TRY(zs_net_draft_init(&net.graph.draft, arena, path, room, values, err));
    net.inputs = zs_new(arena, zs_input_spec, (size_t)tops + 1);
    if (net.inputs == NULL || results == NULL)
        return zs_nomem(err, "the inputs");
    net.graph.inputs = net.inputs;
    ZS_TRY(add_legacy_inputs(&net, file, err));
    bool *needed = zs_new(arena, bool, n);
    if (needed == NULL)
        return zs_nomem(err, "the list of layers");
    ZS_TRY(find_needed(arena, layers, n, parts, needed, err));
    for (size_t i = 0; i < n; i++)
        if (needed[i])
            ZS_TRY(add_layer(&net, layers[i], i, parts, results, err));
    ZS_TRY(fill_spec(&net, file, out, err));
    if (parts->output_n > 0)
        return want_results(&net, parts, results, out, err);
    find_output_dims(&net, layers, n, out);
    return ZS_OK;
}

zs_status zs_net_caffe_parse_parts(zs_arena *arena, zs_span bytes, const char *path,
                                   const zs_net_parts *parts, zs_net_spec *out, zs_err *err)
{
    void *message;
    ZS_TRY(zs_proto_unpack(arena, &zs_caffe__net__descriptor, bytes, "a Caffe model", path,
                           &message, err));
    return build(arena, message, path, parts, false, out, err);
}

zs_status zs_net_caffe_parse(zs_arena *arena, zs_span bytes, const char *path, zs_net_spec *out,
                             zs_err *err)
{
    return zs_net_caffe_parse_parts(arena, bytes, path, &(const zs_net_parts){0}, out, err);
}

/* ---- graphs as text -------------------------------------------------------------------------- */

typedef struct blob_list {
    size_t n;
    ZsCaffe__Blob **list;
} blob_list;

static zs_status keep_blobs(zs_arena *arena, zs_name_map *map, const char *name, size_t n,
                            ZsCaffe__Blob **list, zs_err *err)
{
    blob_list *kept = zs_new(arena, blob_list, 1);
    if (kept == NULL)
        return zs_nomem(err, "the layers of a file");
    *kept = (blob_list){n, list};
    if (n > 0 && name != NULL)
        zs_name_map_put(map, name, kept);
    return ZS_OK;
}

/* Blobs go to layers of the same name, as Caffe does it, whatever the form of the file. */
static zs_status take_blobs(zs_arena *arena, const ZsCaffe__Net *graph, const ZsCaffe__Net *from,
                            zs_err *err)
{
    zs_name_map map;
    const blob_list *found;
    if (!zs_name_map_init(arena, &map, from->n_layer + from->n_layers + 1))
        return zs_nomem(err, "the layers of a file");
    for (size_t i = 0; i < from->n_layer; i++)
        ZS_TRY(keep_blobs(arena, &map, from->layer[i]->name, from->layer[i]->n_blobs,
                          from->layer[i]->blobs, err));
    for (size_t i = 0; i < from->n_layers; i++)
        ZS_TRY(keep_blobs(arena, &map, from->layers[i]->name, from->layers[i]->n_blobs,
                          from->layers[i]->blobs, err));
    for (size_t i = 0; i < graph->n_layer; i++)
        if (graph->layer[i]->name != NULL &&
            (found = zs_name_map_get(&map, graph->layer[i]->name)) != NULL) {
            graph->layer[i]->n_blobs = found->n;
            graph->layer[i]->blobs = found->list;
        }
    for (size_t i = 0; i < graph->n_layers; i++)
        if (graph->layers[i]->name != NULL &&
            (found = zs_name_map_get(&map, graph->layers[i]->name)) != NULL) {
            graph->layers[i]->n_blobs = found->n;
            graph->layers[i]->blobs = found->list;
        }
    return ZS_OK;
}

zs_status zs_net_prototxt_parse(zs_arena *arena, zs_span bytes, const char *path,
                                const zs_net_parts *parts, zs_net_spec *out, zs_err *err)
{
    void *graph, *from;
    const zs_net_weights *weights = parts->weights;
    ZS_TRY(zs_proto_parse_text(arena, &zs_caffe__net__descriptor, bytes, path, &graph, err));
    if (weights != NULL) {
        ZS_TRY(zs_proto_unpack(arena, &zs_caffe__net__descriptor, weights->bytes, "a Caffe model",
                               weights->path, &from, err));
        ZS_TRY(take_blobs(arena, graph, from, err));
    }
    return build(arena, graph, path, parts, weights == NULL, out, err);
}
