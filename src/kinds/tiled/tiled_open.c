#include "tiled_priv.h"

#include "zynqsim/fit.h"

/* What `auto` may yet keep on chip, and so which rows may yet be one call: for bounds, before it is
 * chosen. A tensor stays as a whole where there is room for it, or passes by tile from one layer to
 * the next. */

enum { BLOCK_BITS = 20 * 1024 }; /* of a block of RAM: an M20K, more than a BRAM18 */

uint64_t tiled_kept_bits(const zs_design *design)
{
    const zs_accel *a = &design->accel;
    if (tiled_params_of(a)->most_kept_bits > 0)
        return tiled_params_of(a)->most_kept_bits;
    if (a->fusion == ZS_FUSION_GROUPS) /* calls are what the design says */
        return UINT64_MAX;
    /* in block RAM, or in banks of distributed RAM, which take none of it */
    return (uint64_t)zs_fit_room_bram18(design) * BLOCK_BITS +
           zs_times_u64(tiled_input_banks(a), ZS_LUTRAM_BITS);
}

/* Activations between two layers may be rows of their own, or none. */
uint32_t tiled_behind_acts(const zs_net *net, uint32_t tensor)
{
    for (;;) {
        const uint32_t producer = net->tensors[tensor].producer;
        if (producer == ZS_NO_INDEX || net->layers[producer].op != ZS_LAYER_ACT)
            return tensor;
        tensor = net->layers[producer].in[0];
    }
}

static bool has_one_tap(const zs_layer *layer)
{
    return layer->op == ZS_LAYER_CONV && layer->window.kh * layer->window.kw == 1;
}

static bool passes_by_tile(const zs_outline *o, uint32_t tensor, const zs_layer *reader)
{
    const uint32_t producer = o->net->tensors[tiled_behind_acts(o->net, tensor)].producer;
    if (producer == ZS_NO_INDEX || !tiled_takes_fronts(&o->design->accel))
        return false;
    const zs_layer *writer = &o->net->layers[producer];
    if (reader->op == ZS_LAYER_ADD)
        return zs_op_has_filters(writer->op);
    return (zs_layer_is_depthwise(reader) && has_one_tap(writer)) ||
           (has_one_tap(reader) && zs_layer_is_depthwise(writer));
}

bool tiled_may_keep(const zs_outline *o, uint32_t tensor, uint32_t *last)
{
    const zs_net *net = o->net;
    const uint32_t root = zs_tensor_root(net, tensor, NULL);
    uint32_t readers = 0;
    *last = 0;
    for (uint32_t l = 0; l < net->layer_n; l++)
        for (uint32_t k = 0; k < net->layers[l].in_n; k++)
            if (zs_tensor_root(net, net->layers[l].in[k], NULL) == root) {
                readers++;
                *last = l;
            }
    const uint64_t elems = zs_times_u64(zs_shape_elems(net->tensors[root].shape), o->design->batch);
    const uint64_t bits = 8 * (uint64_t)zs_elem_bytes(o->design->accel.precision);
    if (readers == 0)
        return false;
    return zs_times_u64(elems, bits) <= tiled_kept_bits(o->design) ||
           (readers == 1 && passes_by_tile(o, tensor, &net->layers[*last]));
}

bool tiled_may_keep_result(const zs_outline *o, const zs_plan_row *row)
{
    const zs_net *net = o->net;
    uint32_t tensor = net->layers[row->layer].out, last;
    bool may_keep = tiled_may_keep(o, tensor, &last);
    for (uint32_t l = row->layer + 1; l < net->layer_n && !may_keep; l++)
        if (net->layers[l].op == ZS_LAYER_ACT && net->layers[l].in[0] == tensor) {
            tensor = net->layers[l].out;
            may_keep = tiled_may_keep(o, tensor, &last);
        }
    return may_keep;
}

/* Whether a layer may be done with the tiles of the convolution that writes `tensor`. */
static bool may_go_behind(const zs_layer *layer, uint32_t tensor)
{
    const bool is_max = layer->op == ZS_LAYER_POOL && layer->pool == ZS_POOL_MAX;
    if (layer->op == ZS_LAYER_ADD)
        return layer->in[0] == tensor || (layer->in_n == 2 && layer->in[1] == tensor);
    return (layer->op == ZS_LAYER_ACT || is_max) && layer->in[0] == tensor;
}

/* The last layer that reads what the row of a layer may keep, which is the result of the layer or
 * of one behind it; 0: nothing. */
static uint32_t last_reader(const zs_outline *o, uint32_t layer)
{
    const zs_net *net = o->net;
    uint32_t tensor = net->layers[layer].out, last, until = 0;
    if (tiled_may_keep(o, tensor, &last))
        until = last;
    for (uint32_t l = layer + 1; l < net->layer_n; l++) {
        if (!may_go_behind(&net->layers[l], tensor))
            continue;
        tensor = net->layers[l].out;
        if (tiled_may_keep(o, tensor, &last) && last > until)
            until = last;
    }
    return until;
}

bool tiled_begins_call(zs_outline *o, uint32_t layer)
{
    if (tiled_kept_bits(o->design) == UINT64_MAX) /* groups join layers that keep nothing as well */
        return false;
    for (; o->layers_seen < layer; o->layers_seen++) {
        const uint32_t last = last_reader(o, o->layers_seen);
        o->kept_until = last > o->kept_until ? last : o->kept_until;
    }
    return o->kept_until < layer;
}
