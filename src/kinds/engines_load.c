#include "engines_priv.h"

#include "zynqsim/capacity.h"

/* Bitstreams of engines that take turns are read from DRAM piece by piece by a master of their own;
 * the configuration port takes a piece at its rate while the next one is read. Both stand outside
 * the joins: the first piece waits for the end of the last call in the region alone, and the call
 * of the engine for the last piece. */

enum {
    PIECE_BYTES = 4096,
    PIECES_MAX = 4096, /* of a bitstream: longer ones go in larger pieces */
    PIECES_AHEAD = 2
};
enum {
    COST_START,
    COST_READ,
    COST_READ_LAST,
    COST_TAKE,
    COST_TAKE_MORE,
    COST_TAKE_LAST,
    COST_DONE
};
_Static_assert(COST_DONE + 1 == ZS_LOADER_COSTS, "prices of a loader");

static uint32_t piece_bytes(const zs_design *d)
{
    const uint64_t least = zs_ceil_div(zs_swap_bytes(d), PIECES_MAX);
    return (uint32_t)zs_max_u64(PIECE_BYTES, zs_round_up(least, PIECE_BYTES));
}

uint32_t zs_loader_ops(const zs_design *d)
{
    if (d->swap.by == ZS_SWAP_NONE)
        return 0;
    if (!zs_swap_is_read(d))
        return 1;
    return 2 + 2 * (uint32_t)zs_ceil_div(zs_swap_bytes(d), piece_bytes(d));
}

/* ---- prices ---------------------------------------------------------------------------------- */

static uint64_t cycles_of(const zs_design *d, double seconds)
{
    return zs_seconds_to_pl_cycles(seconds, d->accel.clock_hz);
}

/* PL cycles from the first byte until so many have been taken: pieces are charged the difference,
 * so rounding does not add up. */
static uint64_t taken_by(const zs_design *d, uint64_t bytes)
{
    const double rate_s = zs_swap_seconds(d) - zs_swap_start_seconds(d);
    const uint64_t all = cycles_of(d, zs_swap_seconds(d)) - cycles_of(d, zs_swap_start_seconds(d));
    if (bytes == zs_swap_bytes(d))
        return all;
    return cycles_of(d, rate_s * (double)bytes / (double)zs_swap_bytes(d));
}

static void set_costs(const zs_loader *l, zs_op_cost *costs)
{
    const zs_design *d = l->design;
    const uint64_t bytes = zs_swap_bytes(d);
    const uint32_t piece = piece_bytes(d);
    const uint64_t last = bytes - (zs_ceil_div(bytes, piece) - 1) * piece;
    for (uint32_t i = 0; i < ZS_LOADER_COSTS; i++)
        costs[i] = (zs_op_cost){.code = ZS_OP_CONFIGURE, .unit = (uint8_t)l->port_unit};
    costs[COST_DONE] = (zs_op_cost){.code = ZS_OP_HOST, .unit = ZS_UNIT_CPU};
    if (!zs_swap_is_read(d)) {
        costs[COST_DONE].pl_cycles = cycles_of(d, zs_swap_seconds(d));
        return;
    }
    for (uint32_t i = COST_READ; i <= COST_READ_LAST; i++) {
        const uint32_t n = i == COST_READ ? piece : (uint32_t)last;
        costs[i] = (zs_op_cost){.code = ZS_OP_LOAD_BITS, .unit = (uint8_t)l->read_unit};
        costs[i].xfer = (zs_xfer){.addr = l->plan->bitstream_base,
                                  .row_pitch_bytes = n,
                                  .plane_pitch_bytes = n,
                                  .row_bytes = n,
                                  .row_n = 1,
                                  .plane_n = 1};
    }
    costs[COST_START].pl_cycles = cycles_of(d, zs_swap_start_seconds(d));
    costs[COST_TAKE].pl_cycles = taken_by(d, zs_min_u64(piece, bytes));
    costs[COST_TAKE_MORE].pl_cycles = costs[COST_TAKE].pl_cycles;
    costs[COST_TAKE_LAST].pl_cycles = taken_by(d, bytes) - taken_by(d, bytes - last);
    for (uint64_t at = piece; at + piece <= bytes; at += piece) {
        const uint64_t cycles = taken_by(d, at + piece) - taken_by(d, at);
        zs_op_cost *c = &costs[COST_TAKE];
        c->pl_cycles = zs_min_u64(c->pl_cycles, cycles);
        costs[COST_TAKE_MORE].pl_cycles = zs_max_u64(costs[COST_TAKE_MORE].pl_cycles, cycles);
    }
}

/* ---- set-up ---------------------------------------------------------------------------------- */

static const char *unit_name(zs_arena *arena, const zs_design *d, const char *end)
{
    return zs_arena_printf(arena, "%s%s", zs_words_swap[d->swap.by].word, end);
}

zs_status zs_loader_units(zs_loader *l, zs_arena *arena, zs_plan_unit *units, uint32_t *n,
                          zs_err *err)
{
    if (!zs_swap_is_read(l->design))
        return ZS_OK;
    l->read_unit = (*n)++;
    l->port_unit = (*n)++;
    units[l->read_unit] = (zs_plan_unit){.name = unit_name(arena, l->design, ".rd"),
                                         .role = ZS_READ,
                                         .channel = (uint8_t)zs_swap_channel(l->design)};
    units[l->port_unit] = (zs_plan_unit){
        .name = unit_name(arena, l->design, ""), .role = ZS_HOST, .channel = ZS_NO_CHANNEL};
    if (units[l->read_unit].name == NULL || units[l->port_unit].name == NULL)
        return zs_nomem(err, "plan");
    l->plan->engine_n = 2;
    return ZS_OK;
}

zs_status zs_loader_place(zs_loader *l, uint64_t *top, zs_err *err)
{
    const uint64_t room = l->design->board.memory.bytes;
    if (!zs_swap_is_read(l->design))
        return ZS_OK;
    l->plan->bitstream_base = zs_round_up(*top, PIECE_BYTES);
    l->plan->bitstream_pitch_bytes = zs_round_up(zs_swap_bytes(l->design), PIECE_BYTES);
    *top = l->plan->bitstream_base + l->plan->part_n * l->plan->bitstream_pitch_bytes;
    if (*top > room)
        return zs_fail(err, ZS_ERANGE, "board.memory.bytes",
                       "the engines and a bitstream of each need %llu bytes of DRAM, the board has "
                       "%llu",
                       (unsigned long long)*top, (unsigned long long)room);
    return ZS_OK;
}

/* The part begins as the batch before left it. */
void zs_loader_begin(zs_loader *l, const uint8_t *engine_of, uint32_t layer_n)
{
    const zs_design *d = l->design;
    for (uint32_t r = 0; r < ZS_LEN(l->last_op); r++)
        l->last_op[r] = ZS_NO_OP, l->loaded[r] = ZS_NO_INDEX;
    for (uint32_t i = 0; i < layer_n && d->swap.by != ZS_SWAP_NONE; i++)
        if (engine_of[i] != ZS_ENGINE_NONE)
            l->loaded[engine_of[i] % d->swap.regions] = engine_of[i];
    if (d->swap.by != ZS_SWAP_NONE)
        set_costs(l, l->costs);
}

/* ---- ops ------------------------------------------------------------------------------------- */

static uint32_t put(zs_loader *l, uint32_t row, const zs_tile_op *op, const zs_tile_box *box)
{
    const uint32_t at = l->plan->op_n++;
    l->ops[at] = *op;
    l->ops[at].row = (uint16_t)row;
    l->boxes[at] = *box;
    return at;
}

static uint32_t put_take(zs_loader *l, uint32_t row, uint32_t cost, uint32_t wait, uint32_t flags)
{
    const zs_tile_op op = {.wait = {wait, ZS_NO_OP, ZS_NO_OP},
                           .cost_key = l->cost0 + cost,
                           .code = ZS_OP_CONFIGURE,
                           .unit = (uint8_t)l->port_unit};
    return put(l, row, &op, &(zs_tile_box){.flags = flags});
}

static uint32_t put_piece(zs_loader *l, uint32_t row, uint32_t part, uint64_t at,
                          const uint32_t wait[2])
{
    const uint64_t bytes = zs_swap_bytes(l->design);
    const uint32_t piece = piece_bytes(l->design);
    const bool is_last = at + piece >= bytes;
    const zs_tile_op op = {.wait = {wait[0], wait[1], ZS_NO_OP},
                           .cost_key = l->cost0 + (is_last ? COST_READ_LAST : COST_READ),
                           .code = ZS_OP_LOAD_BITS,
                           .unit = (uint8_t)l->read_unit};
    const uint32_t read = put(l, row, &op, &(zs_tile_box){.oc0 = part, .ic0 = (uint32_t)at});
    uint32_t cost = COST_TAKE_LAST;
    if (!is_last)
        cost = taken_by(l->design, at + piece) - taken_by(l->design, at) >
                       l->costs[COST_TAKE].pl_cycles
                   ? COST_TAKE_MORE
                   : COST_TAKE;
    return put_take(l, row, cost, read, 0);
}

static uint32_t put_bitstream(zs_loader *l, uint32_t row, uint32_t part, uint32_t last_op)
{
    const uint64_t bytes = zs_swap_bytes(l->design);
    const uint32_t piece = piece_bytes(l->design);
    uint32_t taken[PIECES_AHEAD] = {ZS_NO_OP, ZS_NO_OP}, i = 0, last = ZS_NO_OP;
    put_take(l, row, COST_START, last_op, ZS_HOST_SWAP);
    for (uint64_t at = 0; at < bytes; at += piece, i = (i + 1) % PIECES_AHEAD)
        last = taken[i] = put_piece(l, row, part, at, (uint32_t[]){last_op, taken[i]});
    return last;
}

void zs_loader_call(zs_loader *l, uint32_t row, uint32_t part, uint32_t *op_n)
{
    const zs_design *d = l->design;
    const uint32_t region = part % d->swap.regions, first = l->plan->op_n;
    if (d->swap.by == ZS_SWAP_NONE || l->loaded[region] == part)
        return;
    zs_tile_op done = {.wait = {ZS_NO_OP, ZS_NO_OP, ZS_NO_OP},
                       .cost_key = l->cost0 + COST_DONE,
                       .code = ZS_OP_HOST,
                       .unit = ZS_UNIT_CPU};
    if (zs_swap_is_read(d))
        done.wait[0] = put_bitstream(l, row, part, l->last_op[region]);
    put(l, row, &done, &(zs_tile_box){.flags = ZS_HOST_SWAP});
    l->loaded[region] = part;
    l->plan->swap_n++;
    *op_n += l->plan->op_n - first;
}

void zs_loader_called(zs_loader *l, uint32_t part)
{
    l->last_op[part % l->design->swap.regions] = l->plan->op_n - 1;
}
