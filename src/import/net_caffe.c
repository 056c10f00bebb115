#include "import_caffe_priv.h"

#include "zynqsim/import.h"

#include <string.h>

/* ---- phases ---------------------------------------------------------------------------------- */

enum { PHASE_TEST = 1 };

/* Whether a rule holds for inference at level 0 without stages. */
static bool rule_holds(const ZsCaffe__Rule *rule)
{
    if (rule->has_phase && rule->phase != PHASE_TEST)
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

zs_status zs_caffe_input_shape(const int64_t *dims, size_t n, const char *place, zs_shape *out,
                               zs_err *err)
{
    uint32_t sizes[3] = {1, 1, 1};
    if (n != 4 && n != 2)
        return zs_fail(err, ZS_EUNSUPPORTED, place,
                       "the input has %zu dimensions; images have 4 (N, C, H, W)", n);
    for (size_t i = 1; i < n; i++)
        ZS_TRY(zs_net_size(dims[i], 0, "an input dimension of", place, &sizes[i - 1], err));
    if (sizes[0] != 0 && sizes[1] != 0 && sizes[2] != 0)
        *out = (zs_shape){sizes[0], sizes[1], sizes[2]};
    return ZS_OK;
}

/* Snapshots may hold a source for training and one for testing of the same blob. */
zs_status zs_caffe_add_input(zs_caffe *net, const char *top, zs_shape shape, const char *place,
                             zs_err *err)
{
    if (top[0] == '\0')
        return zs_fail(err, ZS_EPARSE, place, "the input has no name");
    if (net->input.name != NULL && strcmp(net->input.name, top) == 0) {
        if (net->input.shape.c == 0)
            net->input.shape = shape;
        return ZS_OK;
    }
    const bool is_first = net->input.name == NULL;
    ZS_TRY(zs_net_draft_value(&net->draft, top, is_first ? top : NULL, 0, err));
    if (is_first) {
        net->input = (zs_input_spec){.name = top, .shape = shape};
        zs_name_map_put(&net->draft.taken, top, net->draft.layers);
    }
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
            ZS_TRY(zs_caffe_input_shape(stated->dim, stated->n_dim, net->draft.path, &shape, err));
        } else if (file->n_input_dim >= 4 && i <= (file->n_input_dim - 4) / 4) {
            for (size_t d = 0; d < 4; d++)
                dims[d] = file->input_dim[4 * i + d];
            ZS_TRY(zs_caffe_input_shape(dims, 4, net->draft.path, &shape, err));
        }
        ZS_TRY(zs_caffe_add_input(net, file->input[i], shape, net->draft.path, err));
    }
    return ZS_OK;
}

/* ---- layers ---------------------------------------------------------------------------------- */

static zs_status add_layer(zs_caffe *net, const ZsCaffe__Layer *layer, size_t i, zs_err *err)
{
    zs_caffe_layer at = {.net = net, .layer = layer};
    at.place = zs_arena_printf(net->draft.arena, "%s layer %zu (%s %s)", net->draft.path, i,
                               layer->type ? layer->type : "?", layer->name ? layer->name : "?");
    if (at.place == NULL)
        return zs_nomem(err, "the place of a layer");
    if (layer->type == NULL)
        return zs_fail(err, ZS_EPARSE, at.place, "the layer has no type");
    if (!is_for_inference(layer) && !zs_caffe_is_data(layer->type))
        return ZS_OK;
    return zs_caffe_add(&at, err);
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

static zs_status fill_spec(zs_caffe *net, const ZsCaffe__Net *file, zs_net_spec *out, zs_err *err)
{
    if (net->input.name == NULL)
        return zs_fail(err, ZS_EPARSE, net->draft.path, "the net has no input and no data layer");
    if (net->draft.layer_n == 0)
        return zs_fail(err, ZS_EPARSE, net->draft.path, "the net computes nothing");
    *out = (zs_net_spec){
        .name = file->name && file->name[0] != '\0' ? file->name : "caffe",
        .input = net->input,
        .layers = net->draft.layers,
        .layer_n = net->draft.layer_n,
    };
    return ZS_OK;
}

zs_status zs_net_caffe_parse(zs_arena *arena, zs_span bytes, const char *path, zs_net_spec *out,
                             zs_err *err)
{
    void *message;
    ZsCaffe__Layer **layers;
    size_t n = 0;
    zs_caffe net = {0};
    ZS_TRY(zs_proto_unpack(arena, &zs_caffe__net__descriptor, bytes, "a Caffe model", path,
                           &message, err));
    const ZsCaffe__Net *file = message;
    ZS_TRY(list_layers(arena, file, path, &layers, &n, err));
    uint64_t tops = file->n_input;
    for (size_t i = 0; i < n; i++)
        tops += layers[i]->n_top;
    ZS_TRY(zs_net_draft_init(&net.draft, arena, path, n, tops, err));
    ZS_TRY(add_legacy_inputs(&net, file, err));
    for (size_t i = 0; i < n; i++)
        ZS_TRY(add_layer(&net, layers[i], i, err));
    return fill_spec(&net, file, out, err);
}
