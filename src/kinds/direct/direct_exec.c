#include "direct_priv.h"

#include <string.h>

/* No slots, no loads; every operand comes from DRAM when it is used. */

static bool same_scale(const zs_exec *e, const zs_layer *layer)
{
    return e->quant->tensors == NULL ||
           memcmp(&e->quant->tensors[layer->in[0]], &e->quant->tensors[layer->out],
                  sizeof e->quant->tensors[0]) == 0;
}

/* A layer without weights on one plane, as the PS would compute it on all. */
static void one_plane(const zs_exec *e, const zs_layer *layer, const void *const *x, void *y)
{
    zs_layer one = *layer;
    one.x.c = one.y.c = 1;
    const size_t in = zs_shape_elems(one.x), out = zs_shape_elems(one.y);
    const bool is_max = layer->op == ZS_LAYER_POOL && layer->pool == ZS_POOL_MAX;
    if (layer->op == ZS_LAYER_ADD) {
        zs_add_elems(e->quant, layer, x, layer->in_n, y, out);
    } else if (e->quant->precision == ZS_FP32) {
        const float *plane = x[0];
        zs_host_layer_f32(e->net, &one, &plane, y);
    } else if (same_scale(e, layer) && (is_max || layer->op == ZS_LAYER_ACT)) {
        zs_host_layer(e->net, e->quant, &one, x, y, e->host_scratch);
    } else {
        float *from = e->host_scratch, *to = from + in;
        const float *plane = from;
        zs_dequantise(e->quant, layer->in[0], x[0], from, in);
        zs_host_layer_f32(e->net, &one, &plane, to);
        zs_quantise(e->quant, layer->out, to, y, out);
    }
}

static uint8_t *plane_of(const zs_exec *e, const zs_plan_tensor *t, const zs_tile_box *box,
                         uint32_t channel)
{
    const size_t plane = (size_t)t->shape.h * t->shape.w * e->elem;
    return e->dram + t->addr + box->image * t->pitch_bytes + channel * plane;
}

static void products(zs_exec *e, const zs_plan_row *row, const zs_tile_box *box)
{
    const zs_serial_walk w = direct_walk(row, box);
    const zs_window *k = &row->window;
    const uint32_t filter_n = direct_row_of(row)->walk.stream_n;
    const uint8_t *filter = e->dram + direct_row_of(row)->walk.stream_addr +
                            box->oc0 * (e->bias + (size_t)filter_n * e->weight);
    _Alignas(8) uint8_t bias[8]; /* in DRAM it may lie at an odd address */
    zs_tile_box whole = *box;
    whole.ic_n = (uint16_t)row->t_ic;
    zs_tile t = zs_exec_tile(row, &whole);
    t.ic_n = row->t_ic;
    t.depthwise = false;
    const void *x = e->dram + w.in_addr;
    if (k->pad_top + k->pad_left + k->pad_bottom + k->pad_right != 0) {
        const zs_shape part = {.c = row->t_ic, .h = w.in_h, .w = w.in_w};
        whole.ic0 = 0;
        zs_exec_gather(e, row, &whole, x, part, e->gathered);
        x = e->gathered;
    } else {
        t.x_row = w.in_w;
        t.x_channel = w.in_h * w.in_w;
    }
    memcpy(bias, filter, e->bias);
    e->kernels->start(bias, 1, (size_t)box->oy_n * box->ox_n, e->sums);
    e->kernels->products(&t, x, filter + e->bias, e->sums, e->tile_scratch);
    zs_exec_finish_sums(e, zs_exec_layer(e, row), box, e->sums);
}

static void one_channel(zs_exec *e, const zs_plan_row *row, const zs_tile_box *box)
{
    const zs_layer *layer = zs_exec_layer(e, row);
    uint8_t *y = plane_of(e, &row->y, box, box->oc0);
    if (!zs_op_has_filters(layer->op)) {
        zs_plan_tensor second = row->x2;
        second.shape = row->x.shape;
        const void *const x[2] = {plane_of(e, &row->x, box, box->oc0),
                                  layer->in_n > 1 ? plane_of(e, &second, box, box->oc0) : NULL};
        one_plane(e, layer, x, y);
        zs_exec_watch(e, layer, y, (size_t)row->y.shape.h * row->y.shape.w);
        return;
    }
    products(e, row, box);
    const void *plane = e->sums;
    if (row->pool != ZS_NO_INDEX)
        one_plane(e, &e->net->layers[row->pool], &plane, y);
    else
        memcpy(y, e->sums, (size_t)row->oh * row->ow * e->elem);
}

void direct_exec_op(zs_exec *e, uint32_t index)
{
    const zs_tile_op *op = &e->plan->ops[index];
    if (op->code == ZS_OP_WALK)
        one_channel(e, &e->plan->rows[op->row], &e->plan->boxes[index]);
    else if (op->code == ZS_OP_HOST)
        zs_exec_host(e, index);
}
