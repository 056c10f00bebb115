#include "zynqsim/import.h"

#include <string.h>

/* Ops that carry numbers of a file. */
static bool is_weighted(const zs_layer_spec *layer)
{
    return zs_op_has_filters(layer->op);
}

static bool is_batchnorm(const zs_layer_spec *layer)
{
    return layer->op == ZS_LAYER_BATCHNORM;
}

typedef bool (*layer_filter)(const zs_layer_spec *layer);

static const zs_layer_spec *find_named(const zs_net_spec *net, layer_filter filter,
                                       const char *name)
{
    for (uint32_t i = 0; i < net->layer_n; i++)
        if (filter(&net->layers[i]) && strcmp(net->layers[i].name, name) == 0)
            return &net->layers[i];
    return NULL;
}

static const zs_layer_spec *find_nth(const zs_net_spec *net, layer_filter filter, uint32_t n)
{
    for (uint32_t i = 0; i < net->layer_n; i++)
        if (filter(&net->layers[i]) && n-- == 0)
            return &net->layers[i];
    return NULL;
}

static uint32_t count(const zs_net_spec *net, layer_filter filter)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < net->layer_n; i++)
        n += filter(&net->layers[i]);
    return n;
}

static bool has_all_names(const zs_net_spec *net, const zs_net_spec *from, layer_filter filter)
{
    for (uint32_t i = 0; i < net->layer_n; i++)
        if (filter(&net->layers[i]) && find_named(from, filter, net->layers[i].name) == NULL)
            return false;
    return true;
}

/* ---- do two layers hold the same weights? ---------------------------------------------------- */

/* Groups that follow the input (0) are compared when the graph is built, by the element count. */
static zs_status check_pair(const zs_layer_spec *to, const zs_layer_spec *from, zs_err *err)
{
    const char *place = to->place ? to->place : to->name;
    if (to->op != from->op)
        return zs_fail(err, ZS_ESHAPE, place, "layer '%s' is %s, but '%s' of the weights is %s",
                       to->name, zs_layer_op_name(to->op), from->name, zs_layer_op_name(from->op));
    if (to->oc != from->oc)
        return zs_fail(err, ZS_ESHAPE, place,
                       "layer '%s' has %u output channels, but '%s' of the weights has %u",
                       to->name, to->oc, from->name, from->oc);
    if (to->window.kh != from->window.kh || to->window.kw != from->window.kw)
        return zs_fail(err, ZS_ESHAPE, place,
                       "layer '%s' has a kernel of %u x %u, but '%s' of the weights has %u x %u",
                       to->name, to->window.kh, to->window.kw, from->name, from->window.kh,
                       from->window.kw);
    if (to->groups != 0 && from->groups != 0 && to->groups != from->groups)
        return zs_fail(err, ZS_ESHAPE, place,
                       "layer '%s' has %u groups, but '%s' of the weights has %u", to->name,
                       to->groups, from->name, from->groups);
    return ZS_OK;
}

static zs_status take_one(zs_layer_spec *to, const zs_layer_spec *from, zs_err *err)
{
    ZS_TRY(check_pair(to, from, err));
    to->weights = from->weights;
    to->scale = from->scale;
    to->shift = from->shift;
    to->scale_n = from->scale_n;
    return ZS_OK;
}

/* Gives all layers that pass `filter` the numbers of those in `from`: by name when every name is
 * there, else in order. */
static zs_status take_all(zs_layer_spec *layers, const zs_net_spec *net, const zs_net_spec *from,
                          layer_filter filter, zs_err *err)
{
    const bool by_name = has_all_names(net, from, filter);
    const uint32_t n = count(net, filter), from_n = count(from, filter);
    if (!by_name && n != from_n)
        return zs_fail(
            err, ZS_ESHAPE, net->name,
            "the network has %u layers of that kind, the weights of '%s' are for %u, and "
            "their names differ",
            n, from->name, from_n);
    for (uint32_t i = 0, k = 0; i < net->layer_n; i++) {
        if (!filter(&layers[i]))
            continue;
        ZS_TRY(take_one(
            &layers[i],
            by_name ? find_named(from, filter, layers[i].name) : find_nth(from, filter, k), err));
        k++;
    }
    return ZS_OK;
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* A file whose batch normalisations were folded into its convolutions leaves those of the network
 * the identity; the other way round, or if only some were folded, numbers would be lost. */
static zs_status take_batchnorms(zs_layer_spec *layers, const zs_net_spec *net,
                                 const zs_net_spec *from, zs_err *err)
{
    const uint32_t n = count(net, is_batchnorm), from_n = count(from, is_batchnorm);
    if (from_n == 0)
        return ZS_OK;
    if (n != from_n)
        return zs_fail(err, ZS_ESHAPE, net->name,
                       "the network has %u batch normalisations, the weights of '%s' are for %u", n,
                       from->name, from_n);
    return take_all(layers, net, from, is_batchnorm, err);
}

zs_status zs_net_take_weights(zs_arena *arena, zs_net_spec *net, const zs_net_spec *from,
                              zs_err *err)
{
    zs_layer_spec *layers = zs_new(arena, zs_layer_spec, net->layer_n);
    if (layers == NULL)
        return zs_nomem(err, "the layers of a network");
    memcpy(layers, net->layers, net->layer_n * sizeof *layers);
    ZS_TRY(take_all(layers, net, from, is_weighted, err));
    ZS_TRY(take_batchnorms(layers, net, from, err));
    net->layers = layers;
    return ZS_OK;
}
