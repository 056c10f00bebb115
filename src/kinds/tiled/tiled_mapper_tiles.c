#include "tiled_mapper_priv.h"

#include <string.h>

enum { SIZES_MAX = 16 };

/* ---- tiles of a row -------------------------------------------------------------------------- */

/* Sizes that cut `n` into 1, 2, 3, ... parts as even as lanes allow, below these halves down to the
 * lanes; all sizes where there are few. Falling. */
static uint32_t list_sizes(uint32_t n, uint32_t lanes, uint32_t most, uint32_t *sizes)
{
    uint32_t size_n = 0;
    if (n <= most / 2 || n <= 8) {
        for (uint32_t s = n; s > 0; s--)
            sizes[size_n++] = s;
        return size_n;
    }
    for (uint64_t parts = 1; parts < 2ull * n && size_n < most; parts += 1 + parts / 4) {
        const uint64_t even = zs_round_up(zs_ceil_div(n, parts), zs_max_u64(lanes, 1));
        const uint32_t size = (uint32_t)zs_min_u64(n, even);
        if (size_n == 0 || size < sizes[size_n - 1])
            sizes[size_n++] = size;
    }
    while (size_n > 0 && size_n < SIZES_MAX && sizes[size_n - 1] > zs_max_u64(lanes, 1)) {
        const uint64_t half = zs_round_up(sizes[size_n - 1] / 2, zs_max_u64(lanes, 1));
        if (half >= sizes[size_n - 1])
            break;
        sizes[size_n++] = (uint32_t)half;
    }
    return size_n;
}

void tiled_mapper_put(mapper *m, uint32_t i, const mapper_tile *t)
{
    zs_plan_row *r = &m->ctx.rows[i];
    r->loop_order = TILED_CHANNELS_OUTSIDE;
    r->t_oc = t->oc;
    r->t_ic = t->ic;
    r->t_oy = t->oy;
    r->t_ox = t->ox;
}

/* Of all tiles of an operand, each like the first one. */
static void price(const mapper *m, uint32_t i, mapper_tile *t, const tiled_work *work)
{
    const zs_design *design = m->ctx.design;
    const zs_plan_row *r = &m->ctx.rows[i];
    const mapper_row *row = &m->rows[i];
    const zs_tile_box box = {.oc_n = (uint16_t)t->oc,
                             .ic_n = (uint16_t)t->ic,
                             .oy_n = (uint16_t)t->oy,
                             .ox_n = (uint16_t)t->ox};
    uint64_t loads = 0;
    for (uint32_t k = 0; k < TILED_OPERAND_N; k++) {
        t->bytes[k] = work->bytes[k];
        if (work->bytes[k] == 0)
            continue;
        const zs_xfer x = tiled_first_share(r, design, row->ports[k], k, &box);
        const zs_xfer_price p = zs_xfer_price_of(design, row->channel[k], &x);
        const uint64_t start = k >= TILED_OUTPUT ? design->accel.dma.store_start_pl_cycles
                                                 : design->accel.dma.start_pl_cycles;
        const double share = (double)work->bytes[k] *
                             tiled_first_frac(&design->board, row->ports[k]) /
                             (double)zs_max_u64(1, p.count.bytes);
        t->moved[k] = (uint64_t)((double)(p.pl_cycles + start) * share);
        if (k == TILED_OUTPUT)
            t->fill += p.pl_cycles + start;
        else if (k != TILED_SPILL && row->channel[TILED_WEIGHT] == row->channel[TILED_INPUT])
            loads += p.pl_cycles + start;
        else if (k != TILED_SPILL)
            loads = zs_max_u64(loads, p.pl_cycles + start);
    }
    t->fill += loads;
}

/* Work of a tile when every operand is moved once. */
static void cost_tile(mapper *m, uint32_t i, mapper_tile *t)
{
    const zs_outline o = {.design = m->ctx.design, .net = m->ctx.net, .plan = m->ctx.plan};
    zs_plan_row *r = &m->ctx.rows[i];
    r->weight_slots = ZS_SLOTS_MAX;
    tiled_work work = tiled_work_of(&o, i);
    t->compute = work.compute_pl_cycles;
    if (tiled_mapper_has_filters(m, i)) {
        const bool keeps = tiled_mapper_params(m)->keep_tiles;
        const uint32_t dims = r->is_depthwise ? INPUT_DIMS | DIM_BIT(D_OC) : INPUT_DIMS;
        tiled_trips(m->ctx.design, zs_draft_layer(&m->ctx, i), r, t->trips);
        work.bytes[TILED_WEIGHT] /=
            tiled_loads(tiled_order(r), t->trips, WEIGHT_DIMS, ZS_SLOTS_MAX, keeps);
        work.bytes[TILED_INPUT] /= tiled_loads(tiled_order(r), t->trips, dims, m->in.slots, keeps);
        work.bytes[TILED_SPILL] = t->trips[D_IC] > 1
                                      ? (uint64_t)r->y_c * r->oh * r->ow * t->trips[D_IMAGE] *
                                            zs_acc_bytes(m->ctx.design->accel.precision)
                                      : 0;
    }
    price(m, i, t, &work);
}

static bool is_too_large(const mapper *m, const mapper_tile *t)
{
    return t->in_depth > m->in.depth[m->in.n - 1] / m->in.slots ||
           t->out_depth > m->out.depth[m->out.n - 1] / m->out.slots ||
           t->w_depth > m->weight.depth[m->weight.n - 1] / m->weight.slots;
}

static zs_status list_tiles(mapper *m, uint32_t i, zs_err *err)
{
    uint32_t oc[SIZES_MAX], ic[SIZES_MAX], oy[SIZES_MAX], ox[SIZES_MAX];
    const zs_plan_row *r = &m->ctx.rows[i];
    const zs_accel *a = &m->ctx.design->accel;
    const bool is_conv = tiled_mapper_has_filters(m, i);
    const bool is_plain = is_conv && !r->is_depthwise;
    mapper_row *row = &m->rows[i];
    const uint32_t block = tiled_mapper_params(m)->channel_block;
    const uint32_t oc_step = (uint32_t)zs_max_u64(a->unroll.oc, block);
    const uint32_t ic_step = (uint32_t)zs_max_u64(a->unroll.ic, block);
    const uint32_t oc_n = list_sizes(is_plain ? r->group_oc : r->y_c, oc_step, 8, oc);
    const uint32_t ic_n = is_plain ? list_sizes(r->group_ic, ic_step, 8, ic) : 1;
    const uint32_t oy_n = list_sizes(r->oh, a->unroll.oy, 10, oy);
    const uint32_t ox_n = list_sizes(r->ow, a->unroll.ox, r->images_are_columns ? 10 : 6, ox);
    row->tiles = zs_new(&m->scratch, mapper_tile, (size_t)oc_n * ic_n * oy_n * ox_n + 1);
    if (row->tiles == NULL)
        return zs_nomem(err, "plan");
    /* rows of pooling windows that wait are kept in distributed RAM, wherever some tile allows it
     */
    for (uint32_t pass = 0; pass < 2 && row->tile_n == 0; pass++)
        for (uint32_t n = 0; n < oc_n * ic_n * oy_n * ox_n; n++) {
            mapper_tile *t = &row->tiles[row->tile_n];
            *t = (mapper_tile){
                .ox = ox[n % ox_n], .oy = oy[n / ox_n % oy_n], .oc = oc[n / ox_n / oy_n / ic_n]};
            t->ic = is_plain ? ic[n / ox_n / oy_n % ic_n] : t->oc;
            tiled_mapper_put(m, i, t);
            t->in_depth = tiled_input_depth(&m->ctx, i);
            t->out_depth = tiled_output_depth(&m->ctx, i);
            t->w_depth = is_conv ? tiled_weight_tile_depth(&m->ctx, r) : 0;
            if (is_too_large(m, t) || t->oc > UINT16_MAX || t->ic > UINT16_MAX ||
                (pass == 0 && !tiled_carry_is_small(&m->ctx, i)))
                continue;
            cost_tile(m, i, t);
            row->tile_n++;
        }
    return ZS_OK;
}

static bool is_alike(const mapper *m, uint32_t a, uint32_t b)
{
    const zs_plan_row *x = &m->ctx.rows[a], *y = &m->ctx.rows[b];
    const tiled_layer *lx = &m->layers[m->ctx.drafts[a].layer];
    const tiled_layer *ly = &m->layers[m->ctx.drafts[b].layer];
    const zs_layer *p = zs_draft_layer(&m->ctx, a), *q = zs_draft_layer(&m->ctx, b);
    const bool is_pooled = x->pool != ZS_NO_INDEX;
    return p->op == q->op && p->groups == q->groups && memcmp(&p->x, &q->x, sizeof p->x) == 0 &&
           memcmp(&p->y, &q->y, sizeof p->y) == 0 &&
           memcmp(&p->window, &q->window, sizeof p->window) == 0 &&
           is_pooled == (y->pool != ZS_NO_INDEX) &&
           (!is_pooled || memcmp(&x->pool_window, &y->pool_window, sizeof x->pool_window) == 0) &&
           (x->x_resident == ZS_NOT_RESIDENT) == (y->x_resident == ZS_NOT_RESIDENT) &&
           (x->y_resident == ZS_NOT_RESIDENT) == (y->y_resident == ZS_NOT_RESIDENT) &&
           memcmp(&lx->params, &ly->params, sizeof lx->params) == 0 &&
           memcmp(m->rows[a].ports, m->rows[b].ports, sizeof m->rows[a].ports) == 0 &&
           lx->order_is_said == ly->order_is_said;
}

static void read_ports(mapper *m, uint32_t i)
{
    mapper_row *row = &m->rows[i];
    for (uint32_t k = 0; k < TILED_OPERAND_N; k++) {
        row->ports[k] = tiled_ports(zs_draft_ports(&m->ctx, i), k);
        row->channel[k] = tiled_first_channel(row->ports[k], k);
        row->beat_bytes[k] = tiled_beat_bytes(&m->ctx.design->board, row->ports[k]);
    }
}

zs_status tiled_mapper_list(mapper *m, zs_err *err)
{
    for (uint32_t i = 0; i < m->ctx.row_n; i++) {
        mapper_row *row = &m->rows[i];
        read_ports(m, i);
        row->is_mapped = m->ctx.drafts[i].on_engine && m->layers[m->ctx.drafts[i].layer].is_auto;
        for (row->like = 0; row->is_mapped && row->like < i; row->like++)
            if (m->rows[row->like].is_mapped && is_alike(m, row->like, i))
                break;
        m->rows[row->like].like_n++;
        if (row->is_mapped && row->like == i)
            ZS_TRY(list_tiles(m, i, err));
    }
    return ZS_OK;
}

/* ---- mappings -------------------------------------------------------------------------------- */

double tiled_goal_of(const zs_design *design, uint32_t goal, uint64_t pl_cycles, uint64_t bytes)
{
    const zs_power_params *w = &design->board.power;
    switch (goal) {
    case ZS_GOAL_DRAM_BYTES:
        return (double)bytes + (double)pl_cycles * 1e-6;
    case ZS_GOAL_ENERGY:
        return (w->pl_static_w + w->ps_w) * (double)pl_cycles / (double)design->accel.clock_hz +
               (w->dram_j_per_byte + w->axi_j_per_byte + w->bram_j_per_byte) * (double)bytes;
    default:
        return (double)pl_cycles + (double)bytes * 1e-6;
    }
}

double tiled_mapper_goal(const mapper *m, uint64_t pl_cycles, uint64_t bytes)
{
    return tiled_goal_of(m->ctx.design, tiled_mapper_params(m)->tile.goal, pl_cycles, bytes);
}

/* Everything overlaps but what a buffer of one slot keeps from it. */
mapper_score tiled_mapper_score(const mapper *m, uint32_t i, const mapper_tile *t, uint32_t order,
                                uint64_t weight_slots)
{
    const zs_plan_row *r = &m->ctx.rows[i];
    const mapper_row *row = &m->rows[i];
    const bool keeps = tiled_mapper_params(m)->keep_tiles;
    uint64_t n[TILED_OPERAND_N] = {1, 1, 1, 0};
    if (tiled_mapper_has_filters(m, i)) {
        const zs_plan_row ordered = {.loop_order = order};
        const uint8_t *dims = tiled_order(&ordered);
        n[TILED_WEIGHT] = tiled_loads(dims, t->trips, WEIGHT_DIMS, weight_slots, keeps);
        n[TILED_INPUT] =
            tiled_loads(dims, t->trips, r->is_depthwise ? INPUT_DIMS | DIM_BIT(D_OC) : INPUT_DIMS,
                        m->in.slots, keeps);
        n[TILED_SPILL] = tiled_loads(dims, t->trips, SUM_DIMS, m->out.slots, true) - 1;
    }
    const bool is_serial[] = {weight_slots < 2 && n[TILED_WEIGHT] > 1, m->in.slots < 2,
                              m->out.slots < 2, true};
    uint64_t channels[ZS_CHANNEL_N] = {0}, serial[ZS_CHANNEL_N] = {0}, beats[ZS_CHANNEL_N] = {0};
    mapper_score s = {.pl_cycles = t->compute, .least_pl_cycles = t->compute};
    for (uint32_t k = 0; k < TILED_OPERAND_N; k++) {
        const uint32_t ways = k == TILED_SPILL ? 2 : 1;
        for (uint32_t way = 0; way < ways; way++) {
            const uint32_t c = row->channel[k] - way; /* sums come back by the read channel */
            channels[c] += n[k] * t->moved[k];
            beats[c] += n[k] * t->bytes[k] / row->beat_bytes[k];
            serial[c] += is_serial[k] ? n[k] * t->moved[k] : 0;
            s.bytes += n[k] * t->bytes[k];
        }
    }
    uint64_t serials = 0;
    for (uint32_t c = 0; c < ZS_CHANNEL_N; c++) {
        serials += serial[c];
        s.least_pl_cycles = zs_max_u64(s.least_pl_cycles, beats[c]);
        s.pl_cycles = zs_max_u64(s.pl_cycles, channels[c]);
    }
    const uint64_t dram = zs_least_dram_pl_cycles(m->ctx.design, s.bytes);
    s.least_pl_cycles = zs_max_u64(s.least_pl_cycles, dram);
    s.pl_cycles = zs_max_u64(s.pl_cycles, zs_max_u64(t->compute + serials, dram)) + t->fill;
    s.goal = tiled_mapper_goal(m, s.pl_cycles, s.bytes);
    return s;
}

bool tiled_mapper_may_take(const mapper *m, uint32_t i, uint32_t order)
{
    const tiled_layer *l = &m->layers[m->ctx.drafts[i].layer];
    const zs_plan_row *r = &m->ctx.rows[i];
    if (!tiled_mapper_has_filters(m, i))
        return order == 0;
    if (l->order_is_said)
        return order == tiled_loop_order(&l->params);
    /* rows of windows that wait for the next row of tiles are kept for one tile of channels only */
    return r->pool == ZS_NO_INDEX || order == TILED_CHANNELS_OUTSIDE || order == TILED_WEIGHTS_STAY;
}
