#include "zynqsim/draft.h"

#include <string.h>

/* Depthwise layers and the 1x1 layers around them, a tile at a time: what one computes of a tile
 * the next takes from the chip, so that the map between them never reaches DRAM. A row may have one
 * such front (1x1 before depthwise, or depthwise before 1x1), or two: expand, depthwise, project.
 */

static bool is_pointwise(const zs_layer *layer)
{
    const zs_window *w = &layer->window;
    return layer->op == ZS_LAYER_CONV && layer->groups == 1 && w->kh * w->kw * w->sh * w->sw == 1 &&
           w->pad_top + w->pad_bottom + w->pad_left + w->pad_right == 0;
}

/* Every window has a pixel of the image, so that no tile is without inputs, and no pixel lies
 * between two of them. */
static bool is_depthwise(const zs_layer *layer)
{
    const zs_window *w = &layer->window;
    const uint32_t reach_y = (w->kh - 1) * w->dh, reach_x = (w->kw - 1) * w->dw;
    return layer->op == ZS_LAYER_CONV && zs_layer_is_depthwise(layer) && w->pad_top <= reach_y &&
           w->pad_bottom <= reach_y && w->pad_left <= reach_x && w->pad_right <= reach_x &&
           w->sh <= reach_y + 1 && w->sw <= reach_x + 1;
}

static bool is_wanted(const zs_plan_draft *d, const zs_layer *front, const zs_layer *layer,
                      uint32_t tensor)
{
    bool own[2];
    const uint32_t fusion[] = {zs_draft_fusion(d, front, &own[0]),
                               zs_draft_fusion(d, layer, &own[1])};
    if (d->not_by_tile != NULL && d->not_by_tile[tensor])
        return false;
    if (fusion[0] == ZS_FUSION_SEPARABLE && fusion[1] == ZS_FUSION_SEPARABLE)
        return true;
    for (uint32_t i = 0; i < 2; i++)
        if (fusion[i] != ZS_FUSION_SEPARABLE && fusion[i] != ZS_FUSION_AUTO)
            return false;
    return d->by_tile != NULL && d->by_tile[tensor];
}

/* Loads of a front go by the ports of the row. */
bool zs_draft_share_ports(const zs_plan_draft *d, const zs_layer *front, const zs_layer *layer)
{
    zs_accel a, b;
    if (d->design->layer_setting_n == 0)
        return true;
    zs_design_layer_accel(d->design, front->name, &a);
    zs_design_layer_accel(d->design, layer->name, &b);
    const zs_operand_ports x = zs_accel_ports(&a), y = zs_accel_ports(&b);
    return x.input == y.input && x.weight == y.weight && x.output == y.output;
}

bool zs_draft_is_private(const zs_plan_draft *d, uint32_t tensor)
{
    bool is_private = d->readers[tensor] == 1 && !zs_net_is_output(d->net, tensor) &&
                      d->net->tensors[tensor].parent == ZS_NO_INDEX;
    for (uint32_t t = 0; t < d->net->tensor_n && is_private; t++)
        is_private = d->net->tensors[t].parent != tensor;
    return is_private;
}

/* The row that row `i` may take tile by tile, or ZS_NO_INDEX; `fronts` of the rows before. */
static uint32_t front_of(const zs_plan_draft *d, uint32_t i, const uint32_t *fronts)
{
    const zs_layer *layer = zs_draft_layer(d, i);
    const uint32_t tensor = layer->in[0];
    const zs_tensor *t = &d->net->tensors[tensor];
    if (!d->drafts[i].on_engine || t->producer == ZS_NO_INDEX || !zs_draft_is_private(d, tensor) ||
        zs_draft_elem(d, tensor) != zs_elem_bytes(d->design->accel.precision))
        return ZS_NO_INDEX;
    const uint32_t a = d->row_of_layer[t->producer];
    if (a >= i || d->drafts[a].out != tensor || d->drafts[a].pool != ZS_NO_INDEX ||
        d->drafts[a].add != ZS_NO_INDEX || !d->drafts[a].on_engine)
        return ZS_NO_INDEX;
    const zs_layer *front = zs_draft_layer(d, a);
    const bool is_match = (is_depthwise(front) && is_pointwise(layer)) ||
                          (is_pointwise(front) && is_depthwise(layer) && fronts[a] == ZS_NO_INDEX);
    if (!is_match || zs_shape_elems(front->y) == front->y.c || front->y.c != layer->x.c ||
        front->y.h != layer->x.h || front->y.w != layer->x.w ||
        !zs_draft_share_ports(d, front, layer) || !is_wanted(d, front, layer, tensor))
        return ZS_NO_INDEX;
    return a;
}

zs_status zs_draft_take_fronts(zs_plan_draft *d)
{
    const uint32_t n = d->row_n;
    uint32_t *fronts = zs_new(d->arena, uint32_t, n + 1u);
    uint32_t *taken_by = zs_new(d->arena, uint32_t, n + 1u);
    uint32_t *place = zs_new(d->arena, uint32_t, n + 1u);
    zs_row_draft *drafts = zs_new(d->arena, zs_row_draft, n + 1u);
    if (fronts == NULL || taken_by == NULL || place == NULL || drafts == NULL)
        return ZS_ENOMEM;
    for (uint32_t i = 0; i < n; i++)
        taken_by[i] = ZS_NO_INDEX;
    uint32_t front_n = 0;
    for (uint32_t i = 0; i < n; i++) {
        fronts[i] = front_of(d, i, fronts);
        if (fronts[i] != ZS_NO_INDEX) {
            taken_by[fronts[i]] = i;
            front_n++;
        }
    }
    if (front_n == 0)
        return ZS_OK;
    uint32_t row = 0, front = n - front_n;
    for (uint32_t i = 0; i < n; i++) {
        place[i] = taken_by[i] == ZS_NO_INDEX ? row++ : front++;
        drafts[place[i]] = d->drafts[i];
        if (fronts[i] != ZS_NO_INDEX)
            drafts[place[i]].front = place[fronts[i]];
    }
    for (uint32_t i = 0; i < d->net->layer_n; i++) {
        uint32_t at = d->row_of_layer[i];
        if (at == ZS_NO_INDEX)
            continue;
        while (taken_by[at] != ZS_NO_INDEX)
            at = taken_by[at];
        d->row_of_layer[i] = place[at];
    }
    d->drafts = drafts;
    d->row_n = n - front_n;
    d->front_n = front_n;
    return ZS_OK;
}

void zs_draft_deny_front(zs_plan_draft *d, uint32_t i)
{
    d->not_by_tile[d->drafts[d->drafts[i].front].out] = true;
    d->is_denied = true;
}
