#include "tiled_priv.h"

#include "zynqsim/capacity.h"
#include "zynqsim/memsys.h"

#include <string.h>

/* `tile: auto`: tiles and loop orders by layer. Every tile of a layer is priced once, a loop order
 * of it then costs a few products; where sizes of buffers are left to the program, those are taken
 * with which the layers together do best. Of each layer the mappings that the closed form finds
 * best are made into ops, and the estimate of these decides. No other mapping of those considered
 * can be better than its least time, which is the bound that is stated beside the choice. */

enum { SIZES_MAX = 16, LADDER_MAX = 24, NEXT_MAX = 64, ORDER_N = 4 };
/* Steps of tile loops that may be made into ops to choose a mapping, in all and of one. */
enum { STEPS_OF_LAYER = 1 << 14, STEPS_OF_MAPPING = 1 << 15, LEAST_TRIED = 16 };

#define HUGE_GOAL 1e300

/* A tile of a row, whatever the order of its loops. */
typedef struct tile_cost {
    uint32_t oc, ic, oy, ox;
    uint64_t in_depth, out_depth, w_depth; /* words per bank of a slot */
    uint64_t compute;
    uint64_t bytes[TILED_OPERAND_N]; /* all tiles once; of spilled sums one way */
    uint64_t moved[TILED_OPERAND_N]; /* PL cycles of that on its channel */
    uint64_t fill;                   /* first loads and last store */
    uint32_t trips[D_N];
} tile_cost;

typedef struct score {
    double goal;
    uint64_t pl_cycles, bytes;
    uint64_t least_pl_cycles; /* that no schedule of the mapping falls short of */
} score;

typedef struct mapping {
    uint32_t tile, order;
    score s;
} mapping;

/* Sizes that a buffer may have: words per bank of all its slots. */
typedef struct ladder {
    uint64_t depth[LADDER_MAX];
    uint32_t n, slots;
} ladder;

typedef struct map_row {
    tile_cost *tiles;
    uint32_t tile_n;
    bool is_mapped;  /* of the engine, and not said in `layers` */
    uint32_t like;   /* the first row of its shape, whose tiles and choice are its own */
    uint32_t like_n; /* of that one: how many there are */
    uint32_t ports[TILED_OPERAND_N], channel[TILED_OPERAND_N]; /* channels of the first ones */
    uint64_t beat_bytes[TILED_OPERAND_N];
    zs_plan_mapping mapping;
} map_row;

typedef struct mapper {
    zs_plan_draft ctx; /* a plan in which tiles are put in turn */
    zs_arena scratch, ops;
    tiled_layer *layers;
    map_row *rows;
    ladder in, out, weight;
    uint64_t depth[3]; /* chosen: input, output, weight */
} mapper;

static const tiled_params *params_of(const mapper *m)
{
    return tiled_params_of(&m->ctx.design->accel);
}

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

static bool has_filters(const mapper *m, uint32_t i)
{
    return zs_op_has_filters(zs_draft_layer(&m->ctx, i)->op);
}

static void put_tile(mapper *m, uint32_t i, const tile_cost *t)
{
    zs_plan_row *r = &m->ctx.rows[i];
    r->loop_order = TILED_CHANNELS_OUTSIDE;
    r->t_oc = t->oc;
    r->t_ic = t->ic;
    r->t_oy = t->oy;
    r->t_ox = t->ox;
}

/* Of all tiles of an operand, each like the first one. */
static void price(const mapper *m, uint32_t i, tile_cost *t, const tiled_work *work)
{
    const zs_design *design = m->ctx.design;
    const zs_plan_row *r = &m->ctx.rows[i];
    const map_row *row = &m->rows[i];
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
static void cost_tile(mapper *m, uint32_t i, tile_cost *t)
{
    const zs_outline o = {.design = m->ctx.design, .net = m->ctx.net, .plan = m->ctx.plan};
    zs_plan_row *r = &m->ctx.rows[i];
    r->weight_slots = ZS_SLOTS_MAX;
    tiled_work work = tiled_work_of(&o, i);
    t->compute = work.compute_pl_cycles;
    if (has_filters(m, i)) {
        const bool keeps = params_of(m)->keep_tiles;
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

static bool is_too_large(const mapper *m, const tile_cost *t)
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
    const bool is_conv = has_filters(m, i);
    const bool is_plain = is_conv && !r->is_depthwise;
    map_row *row = &m->rows[i];
    const uint32_t block = params_of(m)->channel_block;
    const uint32_t oc_step = (uint32_t)zs_max_u64(a->unroll.oc, block);
    const uint32_t ic_step = (uint32_t)zs_max_u64(a->unroll.ic, block);
    const uint32_t oc_n = list_sizes(is_plain ? r->group_oc : r->y_c, oc_step, 8, oc);
    const uint32_t ic_n = is_plain ? list_sizes(r->group_ic, ic_step, 8, ic) : 1;
    const uint32_t oy_n = list_sizes(r->oh, a->unroll.oy, 10, oy);
    const uint32_t ox_n = list_sizes(r->ow, a->unroll.ox, r->images_are_columns ? 10 : 6, ox);
    row->tiles = zs_new(&m->scratch, tile_cost, (size_t)oc_n * ic_n * oy_n * ox_n + 1);
    if (row->tiles == NULL)
        return zs_nomem(err, "plan");
    /* rows of pooling windows that wait are kept in distributed RAM, wherever some tile allows it
     */
    for (uint32_t pass = 0; pass < 2 && row->tile_n == 0; pass++)
        for (uint32_t n = 0; n < oc_n * ic_n * oy_n * ox_n; n++) {
            tile_cost *t = &row->tiles[row->tile_n];
            *t = (tile_cost){
                .ox = ox[n % ox_n], .oy = oy[n / ox_n % oy_n], .oc = oc[n / ox_n / oy_n / ic_n]};
            t->ic = is_plain ? ic[n / ox_n / oy_n % ic_n] : t->oc;
            put_tile(m, i, t);
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
    map_row *row = &m->rows[i];
    for (uint32_t k = 0; k < TILED_OPERAND_N; k++) {
        row->ports[k] = tiled_ports(zs_draft_ports(&m->ctx, i), k);
        row->channel[k] = tiled_first_channel(row->ports[k], k);
        row->beat_bytes[k] = tiled_beat_bytes(&m->ctx.design->board, row->ports[k]);
    }
}

static zs_status list_all(mapper *m, zs_err *err)
{
    for (uint32_t i = 0; i < m->ctx.row_n; i++) {
        map_row *row = &m->rows[i];
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

static double goal_of(const mapper *m, uint64_t pl_cycles, uint64_t bytes)
{
    return tiled_goal_of(m->ctx.design, params_of(m)->tile.goal, pl_cycles, bytes);
}

/* Everything overlaps but what a buffer of one slot keeps from it. */
static score score_of(const mapper *m, uint32_t i, const tile_cost *t, uint32_t order,
                      uint64_t weight_slots)
{
    const zs_plan_row *r = &m->ctx.rows[i];
    const map_row *row = &m->rows[i];
    const bool keeps = params_of(m)->keep_tiles;
    uint64_t n[TILED_OPERAND_N] = {1, 1, 1, 0};
    if (has_filters(m, i)) {
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
    score s = {.pl_cycles = t->compute, .least_pl_cycles = t->compute};
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
    s.goal = goal_of(m, s.pl_cycles, s.bytes);
    return s;
}

static bool may_take(const mapper *m, uint32_t i, uint32_t order)
{
    const tiled_layer *l = &m->layers[m->ctx.drafts[i].layer];
    const zs_plan_row *r = &m->ctx.rows[i];
    if (!has_filters(m, i))
        return order == 0;
    if (l->order_is_said)
        return order == tiled_loop_order(&l->params);
    /* rows of windows that wait for the next row of tiles are kept for one tile of channels only */
    return r->pool == ZS_NO_INDEX || order == TILED_CHANNELS_OUTSIDE || order == TILED_WEIGHTS_STAY;
}

/* ---- sizes of buffers ------------------------------------------------------------------------ */

/* Also the most that is distributed, a word less than a power of two: beyond, each of many banks
 * takes a block. */
static ladder ladder_of(uint64_t given_depth, const zs_plan_buffer *b, bool rounds)
{
    ladder l = {.slots = b->slots};
    const uint64_t distributed = ZS_LUTRAM_BITS / zs_max_u64(b->word_bits, 1);
    if (given_depth > 0) {
        l.depth[l.n++] = given_depth;
        return l;
    }
    for (uint64_t depth = 32; l.n + 2 < LADDER_MAX && depth <= 65536; depth *= 2) {
        if (depth > distributed && depth / 2 < distributed)
            l.depth[l.n++] = distributed;
        l.depth[l.n++] = depth;
        if (!rounds && depth >= 512)
            l.depth[l.n++] = depth + depth / 2;
    }
    return l;
}

static uint32_t step_of(const ladder *l, uint64_t slot_depth)
{
    uint32_t i = 0;
    while (i < l->n && slot_depth * l->slots > l->depth[i])
        i++;
    return i;
}

/* The best that a row can do, by steps of weight, input and output buffer. */
typedef double steps_table[LADDER_MAX][LADDER_MAX][LADDER_MAX];

static void best_of_row(const mapper *m, uint32_t i, steps_table best)
{
    const map_row *row = &m->rows[i];
    for (uint32_t w = 0; w < m->weight.n; w++)
        for (uint32_t x = 0; x < m->in.n; x++)
            for (uint32_t y = 0; y < m->out.n; y++)
                best[w][x][y] = HUGE_GOAL;
    for (uint32_t k = 0; k < row->tile_n; k++) {
        const tile_cost *t = &row->tiles[k];
        const uint32_t x = step_of(&m->in, t->in_depth), y = step_of(&m->out, t->out_depth);
        for (uint32_t order = 0; order < ORDER_N; order++) {
            if (!may_take(m, i, order))
                continue;
            for (uint32_t w = step_of(&m->weight, t->w_depth); w < m->weight.n; w++) {
                const uint64_t slots = t->w_depth > 0 ? m->weight.depth[w] / t->w_depth : 1;
                const double goal = score_of(m, i, t, order, zs_min_u64(slots, ZS_SLOTS_MAX)).goal;
                if (goal < best[w][x][y])
                    best[w][x][y] = goal;
                if (t->w_depth == 0 ||
                    slots >= (uint64_t)t->trips[D_GROUP] * t->trips[D_OC] * t->trips[D_IC])
                    break; /* more room is of no use */
            }
        }
    }
    for (uint32_t w = 0; w < m->weight.n; w++)
        for (uint32_t x = 0; x < m->in.n; x++)
            for (uint32_t y = 0; y < m->out.n; y++) {
                const double by[] = {w > 0 ? best[w - 1][x][y] : HUGE_GOAL,
                                     x > 0 ? best[w][x - 1][y] : HUGE_GOAL,
                                     y > 0 ? best[w][x][y - 1] : HUGE_GOAL};
                for (uint32_t k = 0; k < ZS_LEN(by); k++)
                    if (by[k] < best[w][x][y])
                        best[w][x][y] = by[k];
            }
}

static uint64_t slot_bytes(const zs_plan_buffer *b, uint64_t depth, uint32_t elem_bytes)
{
    return depth / zs_max_u64(b->slots, 1) * b->banks * elem_bytes;
}

/* Staging buffers for tiles that fill their slots, and rows as wide as a layer. */
static uint64_t stage_bram18(const mapper *m, uint32_t w, uint32_t x, uint32_t y)
{
    const zs_accel *a = &m->ctx.design->accel;
    const zs_plan_buffer *b = m->ctx.plan->buffers;
    const uint32_t elem = zs_elem_bytes(a->precision);
    tiled_stage_sizes bytes = {
        .input = slot_bytes(&b[ZS_BUF_INPUT], m->in.depth[x], elem),
        .weight = slot_bytes(&b[ZS_BUF_WEIGHT], m->weight.depth[w], zs_weight_bytes(a->precision)),
        .row = slot_bytes(&b[ZS_BUF_OUTPUT], m->out.depth[y], elem)};
    if (!a->dma.merge_rows) {
        uint64_t widest = 1;
        for (uint32_t i = 0; i < m->ctx.row_n; i++)
            widest = zs_max_u64(widest, m->ctx.rows[i].ow);
        bytes.row = zs_min_u64(bytes.row, widest * params_of(m)->channel_block * elem);
    }
    return tiled_stage_bram18(m->ctx.design, &bytes);
}

static uint64_t bram18_of_steps(const mapper *m, uint32_t w, uint32_t x, uint32_t y)
{
    const zs_accel *a = &m->ctx.design->accel;
    const zs_plan_buffer *b = m->ctx.plan->buffers;
    return 3 * zs_operators[ZS_OPERATOR_AXI_MASTER].cost.n[ZS_RESOURCE_BRAM18] +
           b[ZS_BUF_CARRY].bram18 + b[ZS_BUF_RESIDENT].bram18 + stage_bram18(m, w, x, y) +
           tiled_buffer_bram18(a, &b[ZS_BUF_WEIGHT], m->weight.depth[w]) +
           tiled_buffer_bram18(a, &b[ZS_BUF_INPUT], m->in.depth[x]) +
           tiled_buffer_bram18(a, &b[ZS_BUF_OUTPUT], m->out.depth[y]);
}

static zs_status choose_sizes(mapper *m, zs_err *err)
{
    steps_table *best = zs_new(&m->scratch, steps_table, 1);
    steps_table *sum = zs_new(&m->scratch, steps_table, 1);
    if (best == NULL || sum == NULL)
        return zs_nomem(err, "plan");
    for (uint32_t i = 0; i < m->ctx.row_n; i++) {
        if (!m->rows[i].is_mapped || m->rows[i].like != i)
            continue;
        best_of_row(m, i, *best);
        for (uint32_t w = 0; w < m->weight.n; w++)
            for (uint32_t x = 0; x < m->in.n; x++)
                for (uint32_t y = 0; y < m->out.n; y++)
                    (*sum)[w][x][y] += (*best)[w][x][y] * m->rows[i].like_n;
    }
    const uint64_t room = zs_fit_room_bram18(m->ctx.design);
    double least = HUGE_GOAL;
    uint64_t least_bram18 = UINT64_MAX;
    bool fits = false;
    for (uint32_t w = 0; w < m->weight.n; w++)
        for (uint32_t x = 0; x < m->in.n; x++)
            for (uint32_t y = 0; y < m->out.n; y++) {
                const uint64_t bram18 = bram18_of_steps(m, w, x, y);
                const double goal = (*sum)[w][x][y];
                const bool fits_here = bram18 <= room;
                /* what does not fit by little is better than by much */
                const bool is_better = fits_here != fits ? fits_here
                                       : fits            ? goal < least
                                                         : bram18 < least_bram18;
                if (goal >= HUGE_GOAL || !is_better)
                    continue;
                least = goal;
                least_bram18 = bram18;
                fits = fits_here;
                m->depth[0] = m->in.depth[x];
                m->depth[1] = m->out.depth[y];
                m->depth[2] = m->weight.depth[w];
            }
    if (least >= HUGE_GOAL)
        return zs_fail(err, ZS_ERANGE, "accelerator.tile",
                       "the buffers do not hold a tile of every layer");
    return ZS_OK;
}

/* ---- the choice of a layer ------------------------------------------------------------------- */

static uint64_t slots_of(const mapper *m, const tile_cost *t)
{
    return t->w_depth == 0 ? 1 : zs_min_u64(m->depth[2] / t->w_depth, ZS_SLOTS_MAX);
}

static bool has_room(const mapper *m, const tile_cost *t)
{
    return t->in_depth <= m->depth[0] / m->in.slots && t->out_depth <= m->depth[1] / m->out.slots &&
           t->w_depth <= m->depth[2] / m->weight.slots;
}

/* By what the closed form says, in an order without ties. */
static bool is_before(const mapping *a, const mapping *b)
{
    if (a->s.goal < b->s.goal || a->s.goal > b->s.goal)
        return a->s.goal < b->s.goal;
    return a->tile != b->tile ? a->tile < b->tile : a->order < b->order;
}

/* A search through the mappings of a row, the most promising first, a handful at a time. */
typedef struct search {
    mapping next[NEXT_MAX];
    uint32_t next_n;
    mapping last; /* all up to this one were looked at */
    mapping best; /* by the estimate of its ops */
    uint32_t considered_n, tried_n;
    uint64_t steps;
    double others; /* the least possible of those that were not made into ops */
    bool is_full;  /* no more steps */
} search;

static void list_next(const mapper *m, uint32_t i, search *s)
{
    s->next_n = s->considered_n = 0;
    for (uint32_t k = 0; k < m->rows[i].tile_n; k++)
        for (uint32_t order = 0; order < ORDER_N; order++) {
            const tile_cost *t = &m->rows[i].tiles[k];
            if (!has_room(m, t) || !may_take(m, i, order))
                continue;
            s->considered_n++;
            const mapping x = {k, order, score_of(m, i, t, order, slots_of(m, t))};
            const double least = goal_of(m, x.s.least_pl_cycles, x.s.bytes);
            if ((s->tried_n > 0 && least >= s->best.s.goal) || !is_before(&s->last, &x))
                continue;
            if (s->is_full) {
                s->others = least < s->others ? least : s->others;
                continue;
            }
            uint32_t at = s->next_n < NEXT_MAX ? s->next_n++ : NEXT_MAX;
            if (at == NEXT_MAX && !is_before(&x, &s->next[NEXT_MAX - 1]))
                continue;
            at = at == NEXT_MAX ? NEXT_MAX - 1 : at;
            for (; at > 0 && is_before(&x, &s->next[at - 1]); at--)
                s->next[at] = s->next[at - 1];
            s->next[at] = x;
        }
}

static zs_status try_next(mapper *m, uint32_t i, search *s, zs_err *err)
{
    for (uint32_t k = 0; k < s->next_n && !s->is_full; k++) {
        mapping x = s->last = s->next[k];
        const tile_cost *t = &m->rows[i].tiles[x.tile];
        zs_plan_row *r = &m->ctx.rows[i];
        uint64_t steps = 1;
        for (uint32_t d = 0; d < D_N; d++)
            steps = zs_times_u64(steps, zs_max_u64(t->trips[d], 1));
        const double least = goal_of(m, x.s.least_pl_cycles, x.s.bytes);
        if (s->tried_n > 0 && least >= s->best.s.goal)
            continue;
        s->is_full = s->tried_n >= LEAST_TRIED && s->steps + steps > STEPS_OF_LAYER;
        if (s->is_full || (s->tried_n > 0 && steps > STEPS_OF_MAPPING)) {
            s->others = least < s->others ? least : s->others;
            continue;
        }
        zs_row_estimate e;
        put_tile(m, i, t);
        r->loop_order = x.order;
        r->weight_slots = (uint32_t)slots_of(m, t);
        zs_arena_reset(&m->ops);
        ZS_TRY(zs_emit_row_estimate(&m->ctx, tiled_emit_body, &m->ops, i, &e, err));
        s->steps += steps;
        x.s.pl_cycles = e.pl_cycles;
        x.s.bytes = e.bytes;
        x.s.goal = goal_of(m, e.pl_cycles, e.bytes);
        if (s->tried_n++ == 0 || x.s.goal < s->best.s.goal)
            s->best = x;
    }
    return ZS_OK;
}

static zs_status map_layer(mapper *m, uint32_t i, zs_err *err)
{
    map_row *row = &m->rows[i];
    tiled_layer *l = &m->layers[m->ctx.drafts[i].layer];
    search s = {.last.s.goal = -1, .others = HUGE_GOAL};
    do {
        list_next(m, i, &s);
        ZS_TRY(try_next(m, i, &s, err));
        if (s.is_full)
            list_next(m, i, &s);
    } while (s.next_n > 0 && !s.is_full);
    if (s.tried_n == 0)
        return zs_fail(err, ZS_ERANGE, "accelerator.tile",
                       "the buffers do not hold a tile of layer %s",
                       zs_draft_layer(&m->ctx, i)->name);
    const tile_cost *t = &row->tiles[s.best.tile];
    l->params.tile.oc = t->oc;
    l->params.tile.ic = t->ic;
    l->params.tile.oy = t->oy;
    l->params.tile.ox = t->ox;
    l->params.tile.fills = false;
    if (!l->order_is_said) {
        const uint32_t order = s.best.order;
        l->params.loop_order = order == TILED_WEIGHTS_STAY  ? ZS_WEIGHT_STATIONARY
                               : order == TILED_INPUTS_STAY ? ZS_INPUT_STATIONARY
                                                            : ZS_OUTPUT_STATIONARY;
        l->params.outer_loop = order == TILED_PIXELS_OUTSIDE ? ZS_OUTER_PIXELS : ZS_OUTER_CHANNELS;
    }
    row->mapping = (zs_plan_mapping){.considered_n = s.considered_n,
                                     .tried_n = s.tried_n,
                                     .pl_cycles = s.best.s.pl_cycles,
                                     .bytes = s.best.s.bytes,
                                     .compute_pl_cycles = t->compute,
                                     .goal = s.best.s.goal,
                                     .bound = s.others < s.best.s.goal ? s.others : s.best.s.goal};
    return ZS_OK;
}

/* ---- all layers ------------------------------------------------------------------------------ */

/* A plan with the smallest tiles: its rows, calls, tensors on chip and shapes of buffers. */
static zs_status set_context(mapper *m, const zs_plan_draft *d, zs_err *err)
{
    const uint32_t layer_n = d->net->layer_n;
    m->layers = zs_new(&m->scratch, tiled_layer, layer_n + 1u);
    bool *may_stay = zs_new(&m->scratch, bool, d->net->tensor_n + 1u);
    zs_plan *plan = zs_new(&m->scratch, zs_plan, 1);
    if (m->layers == NULL || plan == NULL || may_stay == NULL)
        return zs_nomem(err, "plan");
    memcpy(m->layers, d->own, layer_n * sizeof *m->layers);
    for (uint32_t i = 0; i < layer_n; i++)
        if (m->layers[i].is_auto) {
            const zs_accel *a = &d->design->accel;
            tiled_params *p = &m->layers[i].params;
            p->tile.oc = a->unroll.oc;
            p->tile.ic = a->unroll.ic;
            p->tile.oy = a->unroll.oy;
            p->tile.ox = a->unroll.ox;
            p->tile.fills = false;
        }
    *plan = *d->plan;
    m->ctx = *d;
    m->ctx.arena = &m->scratch;
    m->ctx.plan = plan;
    m->ctx.own = m->layers;
    m->ctx.is_outline = false;
    m->ctx.takes_no_fronts = true; /* layers are mapped one by one */
    return tiled_prepare(&m->ctx, d->design->accel.fusion == ZS_FUSION_AUTO ? may_stay : NULL, err);
}

static void set_ladders(mapper *m)
{
    const zs_accel *a = &m->ctx.design->accel;
    const tiled_params *p = params_of(m);
    const zs_plan_buffer *b = m->ctx.plan->buffers;
    const bool rounds = a->rounds_depths;
    m->in = ladder_of(p->buffer.input_bytes > 0 ? b[ZS_BUF_INPUT].depth_words : 0, &b[ZS_BUF_INPUT],
                      rounds);
    m->out = ladder_of(p->buffer.output_bytes > 0 ? b[ZS_BUF_OUTPUT].depth_words : 0,
                       &b[ZS_BUF_OUTPUT], rounds);
    m->weight = ladder_of(a->buffer.weight_bytes > 0 ? b[ZS_BUF_WEIGHT].depth_words : 0,
                          &b[ZS_BUF_WEIGHT], rounds);
}

static zs_status map_all(mapper *m, zs_plan_draft *d, zs_err *err)
{
    ZS_TRY(set_context(m, d, err));
    set_ladders(m);
    m->rows = zs_new(&m->scratch, map_row, m->ctx.row_n + 1u);
    zs_plan_mapping *mappings = zs_new(d->arena, zs_plan_mapping, m->ctx.row_n + 1u);
    if (m->rows == NULL || mappings == NULL)
        return zs_nomem(err, "plan");
    ZS_TRY(list_all(m, err));
    ZS_TRY(choose_sizes(m, err));
    for (uint32_t i = 0; i < m->ctx.row_n; i++) {
        const map_row *row = &m->rows[i];
        const uint32_t layer = m->ctx.drafts[i].layer;
        if (!row->is_mapped)
            continue;
        if (row->like == i)
            ZS_TRY(map_layer(m, i, err));
        else
            m->layers[layer].params = m->layers[m->ctx.drafts[row->like].layer].params;
        mappings[d->plan->mapping_n] = m->rows[row->like].mapping;
        mappings[d->plan->mapping_n++].layer = layer;
    }
    d->plan->mappings = mappings;
    memcpy(d->own, m->layers, d->net->layer_n * sizeof *m->layers);
    return ZS_OK;
}

zs_status tiled_map(zs_plan_draft *d, zs_err *err)
{
    mapper *m = zs_new(d->arena, mapper, 1);
    if (m == NULL)
        return zs_nomem(err, "plan");
    zs_arena_init(&m->scratch, d->arena->source);
    zs_arena_init(&m->ops, d->arena->source);
    const zs_status status = map_all(m, d, err);
    zs_arena_drop(&m->scratch);
    zs_arena_drop(&m->ops);
    return status;
}
