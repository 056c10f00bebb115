#include "tiled_priv.h"

#include "zynqsim/capacity.h"
#include "zynqsim/memsys.h"

/* Most designs have nothing to gain from fewer slots or tensors on chip, and to lay one such plan
 * out costs as much as a tenth of a run. So a closed form comes first, for all of them: of the rows
 * that it would change for the better, the most that these take now less the least that they could
 * take then; of all others what they would lose. */

/* What a row has of its own in a layout. */
typedef struct row_state {
    uint64_t weight_loads;
    bool x_stays, y_stays, copies; /* results to where they stay */
    bool is_ahead;                 /* the next weights may be loaded while these are in use */
} row_state;

typedef struct gain_row {
    const zs_plan_row *row;
    zs_operand_ports ports;
    bool has_weights;
    uint32_t trips[D_N];
    uint64_t tile_depth, weight_loads; /* as laid out */
    uint64_t compute, copies;          /* of results to where they stay */
    uint64_t least[TILED_OPERAND_N];   /* PL cycles of an operand, of weights per load of all */
    uint64_t most[TILED_OPERAND_N];
    uint64_t ddr[TILED_OPERAND_N], fill;
    const zs_resident_draft *x, *y; /* that may stay */
    row_state now;
    uint64_t pl_cycles; /* now, at the most */
} gain_row;

struct tiled_gain {
    const zs_plan_draft *d;
    gain_row *rows;
    uint32_t row_n;
    uint64_t pl_cycles; /* the least that the plan takes */
};

/* What the rows of a plan have. */
typedef struct layout {
    bool one_slot[TILED_OPERAND_N]; /* and no more */
    uint32_t weight_least_slots;
} layout;

/* ---- a row ----------------------------------------------------------------------------------- */

static uint64_t share(uint64_t of, uint64_t part, uint64_t whole)
{
    return (uint64_t)((double)of * (double)part / (double)zs_max_u64(1, whole));
}

/* What moving an operand takes when every transfer is like that of the first tile. */
static void price_operand(gain_row *g, const zs_plan_draft *d, uint32_t operand, uint64_t bytes,
                          bool has_place)
{
    const zs_accel *a = &d->design->accel;
    const zs_plan_row *r = g->row;
    const zs_tile_box box = {.oc_n = (uint16_t)r->t_oc,
                             .ic_n = (uint16_t)(r->is_depthwise ? r->t_oc : r->t_ic),
                             .oy_n = (uint16_t)r->t_oy,
                             .ox_n = (uint16_t)r->t_ox};
    const bool is_write = operand >= TILED_OUTPUT;
    const zs_board *board = &d->design->board;
    const uint32_t ports = tiled_ports(g->ports, operand);
    const uint64_t own = (uint64_t)((double)bytes * tiled_first_frac(board, ports));
    if (bytes == 0)
        return;
    if (!has_place) { /* the beats alone */
        g->least[operand] = g->most[operand] = bytes / tiled_beat_bytes(board, ports);
        return;
    }
    const zs_xfer x = tiled_first_share(r, d->design, ports, operand, &box);
    const zs_xfer_price p = zs_xfer_price_of(d->design, tiled_first_channel(ports, operand), &x);
    const uint64_t start = is_write ? a->dma.store_start_pl_cycles : a->dma.start_pl_cycles;
    const uint64_t alone = p.pl_cycles + start;
    /* biases that come by themselves */
    const uint64_t more =
        operand == TILED_WEIGHT && tiled_params_of(a)->weight_layout != ZS_LAYOUT_PACKED
            ? alone - zs_min_u64(alone, p.count.beats)
            : 0;
    g->most[operand] = share(alone + more, own, p.count.bytes);
    g->least[operand] = share(a->dma.chain ? p.count.beats : alone, own, p.count.bytes);
    g->ddr[operand] = share(p.dram_ddr_cycles, bytes, p.count.bytes);
    g->fill += alone + more;
}

static void measure_row(gain_row *g, zs_plan_draft *d, uint32_t i)
{
    const zs_outline o = {.design = d->design, .net = d->net, .plan = d->plan};
    const zs_accel *a = &d->design->accel;
    zs_plan_row *row = &d->rows[i];
    const uint64_t x_resident = row->x_resident, y_resident = row->y_resident;
    const uint64_t write_bytes = row->compulsory_write_bytes;
    g->row = row;
    g->ports = zs_draft_ports(d, i);
    g->has_weights = zs_op_has_filters(zs_draft_layer(d, i)->op);
    for (uint32_t k = 0; k < d->resident_n && g->has_weights; k++) {
        const zs_resident_draft *r = &d->residents[k];
        if (r->is_strip)
            continue;
        if (row->front == NULL && zs_draft_root(d, zs_draft_layer(d, i)->in[0]) == r->tensor)
            g->x = r;
        if (d->drafts[i].out == r->tensor)
            g->y = r;
    }
    if (g->y != NULL && row->pool == ZS_NO_INDEX) {
        row->y_resident = 0;
        g->copies = tiled_work_of(&o, i).compute_pl_cycles;
    }
    if (row->front == NULL)
        row->x_resident = ZS_NOT_RESIDENT;
    row->y_resident = ZS_NOT_RESIDENT;
    if (g->y != NULL)
        row->compulsory_write_bytes = g->y->elems * zs_elem_bytes(a->precision);
    const tiled_work w = tiled_work_of(&o, i);
    g->compute = w.compute_pl_cycles;
    g->copies = g->copies > g->compute ? g->copies - g->compute : 0;
    tiled_trips(d->design, zs_draft_layer(d, i), row, g->trips);
    g->weight_loads = 1;
    if (g->has_weights) {
        g->tile_depth = tiled_weight_tile_depth(d, row);
        g->weight_loads = tiled_weight_loads(d->design, row, g->trips, row->weight_slots);
    }
    for (uint32_t k = 0; k < TILED_OPERAND_N; k++)
        price_operand(g, d, k, k == TILED_WEIGHT ? w.bytes[k] / g->weight_loads : w.bytes[k],
                      !(k == TILED_INPUT && row->front == NULL && x_resident != ZS_NOT_RESIDENT) &&
                          !(k == TILED_OUTPUT && y_resident != ZS_NOT_RESIDENT));
    row->x_resident = x_resident;
    row->y_resident = y_resident;
    row->compulsory_write_bytes = write_bytes;
}

/* Everything overlaps but what a buffer of one slot keeps from it. */
static uint64_t time_row(const tiled_gain *gain, const gain_row *g, const layout *l,
                         const row_state *s, bool is_most)
{
    const zs_design *design = gain->d->design;
    const zs_accel *a = &design->accel;
    const uint64_t compute = g->compute + (s->copies ? g->copies : 0);
    uint64_t serial[ZS_CHANNEL_N] = {0}, channels[ZS_CHANNEL_N] = {0}, serials = 0;
    uint64_t ddr_cycles = 0;
    for (uint32_t k = 0; k < TILED_OPERAND_N; k++) {
        const uint64_t n = k == TILED_WEIGHT                 ? s->weight_loads
                           : k == TILED_INPUT && s->x_stays  ? 0
                           : k == TILED_OUTPUT && s->y_stays ? 0
                           : k == TILED_SPILL                ? 2
                                                             : 1;
        const uint64_t cycles = zs_times_u64(n, is_most ? g->most[k] : g->least[k]);
        const bool is_serial = k == TILED_WEIGHT  ? !s->is_ahead
                               : k == TILED_SPILL ? l->one_slot[TILED_OUTPUT] || is_most
                                                  : l->one_slot[k];
        const uint32_t channel = tiled_first_channel(tiled_ports(g->ports, k), k);
        serial[channel] += is_serial ? cycles : 0;
        serials += is_serial ? cycles : 0;
        channels[channel] += cycles;
        ddr_cycles += zs_times_u64(n, g->ddr[k]);
    }
    uint64_t longest = is_most ? compute + serials : compute;
    for (uint32_t k = 0; k < ZS_CHANNEL_N; k++)
        longest = zs_max_u64(longest, zs_max_u64(compute + serial[k], channels[k]));
    const zs_memory_params *m = &design->board.memory;
    const uint64_t ddr_pl_cycles = ddr_cycles * m->tck_ps / zs_memory_channels(m) /
                                   zs_max_u64(1, UINT64_C(1000000000000) / a->clock_hz);
    longest = zs_max_u64(longest, ddr_pl_cycles);
    return is_most ? longest + g->fill : longest;
}

/* ---- a plan ---------------------------------------------------------------------------------- */

static bool is_one_slot(uint32_t dropped, uint32_t second, bool is_double)
{
    return !is_double || (dropped & second) != 0;
}

static layout layout_of(const zs_accel *a, uint32_t dropped)
{
    layout l = {.weight_least_slots = 1};
    l.one_slot[TILED_INPUT] =
        is_one_slot(dropped, TILED_SECOND_INPUT, tiled_params_of(a)->double_buffer.input);
    l.one_slot[TILED_WEIGHT] =
        is_one_slot(dropped, TILED_SECOND_WEIGHT, tiled_params_of(a)->double_buffer.weight);
    l.one_slot[TILED_OUTPUT] =
        is_one_slot(dropped, TILED_SECOND_OUTPUT, tiled_params_of(a)->double_buffer.output);
    l.weight_least_slots = l.one_slot[TILED_WEIGHT] ? 1 : 2;
    return l;
}

static row_state state_now(const gain_row *g)
{
    return (row_state){.weight_loads = g->weight_loads,
                       .x_stays = g->row->front == NULL && g->row->x_resident != ZS_NOT_RESIDENT,
                       .y_stays = g->row->y_resident != ZS_NOT_RESIDENT,
                       .copies = g->row->y_resident != ZS_NOT_RESIDENT,
                       .is_ahead =
                           !g->has_weights || g->row->weight_slots > 1 || g->weight_loads <= 1};
}

zs_status tiled_gain_new(const zs_plan_draft *draft, tiled_gain **out, zs_err *err)
{
    tiled_gain *gain = zs_new(draft->arena, tiled_gain, 1);
    gain_row *rows = zs_new(draft->arena, gain_row, draft->row_n + 1u);
    if (gain == NULL || rows == NULL)
        return zs_nomem(err, "plan");
    zs_plan_draft d = *draft;
    const layout now = layout_of(&d.design->accel, 0);
    *gain = (tiled_gain){.d = draft, .rows = rows};
    for (uint32_t i = 0; i < d.row_n; i++) {
        gain_row *g = &rows[gain->row_n];
        if (!d.drafts[i].on_engine || d.rows[i].call == ZS_NO_INDEX)
            continue;
        measure_row(g, &d, i);
        gain->row_n++;
        g->now = state_now(g);
        g->pl_cycles = time_row(gain, g, &now, &g->now, true);
        gain->pl_cycles += time_row(gain, g, &now, &g->now, false);
    }
    *out = gain;
    return ZS_OK;
}

/* BRAM18 of all memories but those of weights and of tensors on chip. */
static uint64_t bram18_of_tiles(const zs_plan_draft *d, const layout *l)
{
    const zs_accel *a = &d->design->accel;
    const zs_plan_buffer *b = d->plan->buffers;
    const zs_plan_buffer *in = &b[ZS_BUF_INPUT], *acc = &b[ZS_BUF_OUTPUT];
    uint64_t sum = 3 * zs_operators[ZS_OPERATOR_AXI_MASTER].cost.n[ZS_RESOURCE_BRAM18];
    sum += b[ZS_BUF_CARRY].bram18;
    sum += tiled_buffer_bram18(a, in,
                               in->depth_words / in->slots * (l->one_slot[TILED_INPUT] ? 1 : 2));
    sum += tiled_buffer_bram18(a, acc,
                               acc->depth_words / acc->slots * (l->one_slot[TILED_OUTPUT] ? 1 : 2));
    return sum;
}

static bool stays(const zs_plan_draft *d, const zs_resident_draft *r, uint64_t most_elems,
                  uint64_t most_depth)
{
    const uint32_t banks = d->plan->buffers[ZS_BUF_RESIDENT].banks;
    return r != NULL && zs_shape_elems(d->net->tensors[r->tensor].shape) <= most_elems &&
           zs_ceil_div(r->elems, banks) <= most_depth;
}

/* Tensors of up to so many elements may stay, and of those that do now, these have to have room. */
static bool may_gain(const tiled_gain *gain, uint32_t dropped, uint64_t most_elems,
                     uint64_t most_kept_elems)
{
    const zs_plan_draft *d = gain->d;
    const zs_accel *a = &d->design->accel;
    const zs_plan_buffer *kept = &d->plan->buffers[ZS_BUF_RESIDENT];
    const layout then = layout_of(a, dropped);
    const uint64_t tiles = bram18_of_tiles(d, &then);
    uint64_t least, useful, depth, most_words = 0, kept_words = 0;
    tiled_weight_depths(d, then.weight_least_slots, &least, &useful);
    for (uint32_t i = 0; i < d->resident_n; i++) {
        const zs_resident_draft *r = &d->residents[i];
        const uint64_t words = zs_ceil_div(r->elems, kept->banks);
        const uint64_t elems = zs_shape_elems(d->net->tensors[r->tensor].shape);
        if (r->chosen && (elems <= most_kept_elems || r->is_strip))
            kept_words = zs_max_u64(kept_words, words);
        if ((elems <= most_elems || r->is_strip) && words > most_words &&
            (r->chosen || tiled_weight_depth(d->design, tiles + tiled_buffer_bram18(a, kept, words),
                                             least, useful, &depth)))
            most_words = words;
    }
    if (!tiled_weight_depth(d->design, tiles + tiled_buffer_bram18(a, kept, kept_words), least,
                            useful, &depth))
        return false;
    double gained = 0;
    for (uint32_t i = 0; i < gain->row_n; i++) {
        const gain_row *g = &gain->rows[i];
        row_state then_row = g->now;
        then_row.x_stays = stays(d, g->x, most_elems, most_words);
        then_row.y_stays = stays(d, g->y, most_elems, most_words);
        then_row.copies = then_row.y_stays && most_elems == most_kept_elems;
        if (g->has_weights) {
            const uint64_t slots = zs_min_u64(depth / g->tile_depth, ZS_SLOTS_MAX);
            const uint64_t loads = tiled_weight_loads(d->design, g->row, g->trips, slots);
            then_row.weight_loads = zs_min_u64(g->now.weight_loads, loads);
            then_row.is_ahead = slots > 1 || loads <= 1;
        }
        const bool is_better = then_row.weight_loads < g->now.weight_loads ||
                               (then_row.is_ahead && !g->now.is_ahead) ||
                               (then_row.x_stays && !g->now.x_stays) ||
                               (then_row.y_stays && !g->now.y_stays) ||
                               (!then_row.copies && g->now.copies && g->copies > 0);
        const double most = (double)g->pl_cycles;
        const double time = (double)time_row(gain, g, &then, &then_row, false);
        if (is_better ? time < most : time > most)
            gained += most - time;
    }
    return gained * 1000 > (double)gain->pl_cycles * ZS_ESTIMATE_PER_MILLE;
}

bool tiled_may_gain(const tiled_gain *gain, uint32_t dropped, uint64_t most_elems)
{
    return may_gain(gain, dropped, most_elems, most_elems);
}

bool tiled_may_gain_any(const tiled_gain *gain, uint32_t dropped)
{
    return may_gain(gain, dropped, UINT64_MAX, 0);
}
