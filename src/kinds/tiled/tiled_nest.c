#include "tiled_priv.h"

static const uint8_t orders[][D_N] = {
    [TILED_CHANNELS_OUTSIDE] = {D_GROUP, D_OC, D_IMAGE, D_OY, D_OX, D_IC},
    [TILED_PIXELS_OUTSIDE] = {D_IMAGE, D_OY, D_OX, D_GROUP, D_OC, D_IC},
    [TILED_WEIGHTS_STAY] = {D_GROUP, D_OC, D_IC, D_IMAGE, D_OY, D_OX},
    [TILED_INPUTS_STAY] = {D_IMAGE, D_GROUP, D_OY, D_OX, D_IC, D_OC},
};

uint32_t tiled_loop_order(const tiled_params *p)
{
    switch (p->loop_order) {
    case ZS_WEIGHT_STATIONARY:
        return TILED_WEIGHTS_STAY;
    case ZS_INPUT_STATIONARY:
        return TILED_INPUTS_STAY;
    default:
        return p->outer_loop == ZS_OUTER_PIXELS ? TILED_PIXELS_OUTSIDE : TILED_CHANNELS_OUTSIDE;
    }
}

const uint8_t *tiled_order(const zs_plan_row *row)
{
    return orders[tiled_nest_of(row)];
}

bool tiled_keeps_sums(const zs_plan_row *row)
{
    return tiled_order(row)[D_N - 1] == D_IC; /* the innermost loop completes them */
}

/* The images of a batch that share a tile, and the channels of a depthwise layer, have no loop of
 * their own. */
void tiled_trips(const zs_design *design, const zs_layer *layer, const zs_plan_row *r,
                 uint32_t trips[D_N])
{
    const uint32_t oc_n = r->is_depthwise ? r->y_c : r->group_oc;
    trips[D_IMAGE] = r->images_are_columns ? 1 : design->batch;
    trips[D_GROUP] = r->is_depthwise ? 1 : layer->groups;
    trips[D_OC] = (uint32_t)zs_ceil_div(oc_n, r->t_oc);
    trips[D_OY] = (uint32_t)zs_ceil_div(r->oh, r->t_oy);
    trips[D_OX] = (uint32_t)zs_ceil_div(r->ow, r->t_ox);
    trips[D_IC] = r->is_depthwise ? 1 : (uint32_t)zs_ceil_div(r->group_ic, r->t_ic);
}

uint64_t tiled_loads(const uint8_t *order, const uint32_t trips[D_N], uint32_t dims, uint64_t slots,
                     bool keeps)
{
    uint64_t distinct = 1, loads = 1;
    for (uint32_t i = D_N; i-- > 0;) {
        const uint32_t d = order[i];
        if (dims & DIM_BIT(d))
            distinct = zs_times_u64(distinct, trips[d]);
        else if (!keeps || distinct > slots)
            loads = zs_times_u64(loads, trips[d]);
    }
    return loads;
}

uint64_t tiled_weight_loads(const zs_design *design, const zs_plan_row *row,
                            const uint32_t trips[D_N], uint64_t slots)
{
    const bool keeps = tiled_params_of(&design->accel)->keep_tiles;
    if (row->front != NULL)
        return tiled_front_weight_loads(row, slots, design->batch, keeps);
    return tiled_loads(tiled_order(row), trips, WEIGHT_DIMS, slots, keeps);
}
