#include "kernels_priv.h"

#include <string.h>

/* One filter of one image: bias first, then input channels, rows and columns of the window, which
 * is the order of the loops rc, ry and rx. */
static void filter(zs_exec *e, const zs_plan_row *row, uint32_t image, uint32_t oc)
{
    const zs_layer *layer = zs_exec_layer(e, row);
    const size_t filter_bytes = (size_t)zs_layer_filter_elems(layer) * e->weight;
    const size_t pixels = (size_t)row->oh * row->ow;
    const zs_tile_box box = {.image = image,
                             .oc0 = oc,
                             .oc_n = 1,
                             .ic0 = oc / (row->y_c / layer->groups) * row->t_ic,
                             .ic_n = (uint16_t)row->t_ic,
                             .oy_n = (uint16_t)row->oh,
                             .ox_n = (uint16_t)row->ow};
    const uint8_t *weights = e->dram + row->weight_base + oc * (e->bias + filter_bytes);
    _Alignas(8) uint8_t bias[8]; /* in DRAM it may lie at an odd address */
    zs_tile t = zs_exec_tile(row, &box);
    t.depthwise = false;
    memcpy(bias, weights, e->bias);
    zs_exec_gather(e, row, &box, e->dram + row->x.addr + image * row->x.pitch_bytes, row->x.shape,
                   e->gathered);
    e->kernels->start(bias, 1, pixels, e->sums);
    e->kernels->products(&t, e->gathered, weights + e->bias, e->sums, e->offsets);
    zs_exec_finish_sums(e, layer, &box, e->sums);
    memcpy(e->dram + row->y.addr + image * row->y.pitch_bytes + oc * pixels * e->elem, e->sums,
           pixels * e->elem);
}

/* Layers without weights are done as the PS would, all images with the last kernel. */
void kernels_exec_op(zs_exec *e, uint32_t op)
{
    const zs_plan_row *row = &e->plan->rows[e->plan->ops[op].row];
    const uint32_t code = e->plan->ops[op].code, image = e->plan->boxes[op].image;
    if (code == ZS_OP_HOST ||
        (code == ZS_OP_MAC && row->weight_slots == 0 && image + 1 == e->plan->batch))
        zs_exec_host(e, op);
    else if (code == ZS_OP_MAC && row->weight_slots > 0)
        for (uint32_t oc = 0; oc < row->y_c; oc++)
            filter(e, row, image, oc);
}
