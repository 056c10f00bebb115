#include "zynqsim/outline.h"

#include <string.h>

__extension__ typedef unsigned __int128 wide;

uint64_t zs_least_dram_pl_cycles(const zs_design *design, uint64_t bytes)
{
    const zs_memory_params *m = &design->board.memory;
    if (m->kind == ZS_MEMORY_FIXED)
        return 0;
    const wide least_ps =
        (wide)bytes * m->tck_ps / (2 * (wide)m->bus_bytes * zs_memory_channels(m));
    const wide cycles = least_ps * design->accel.clock_hz / ZS_PS_PER_S;
    return cycles > UINT64_MAX ? UINT64_MAX : (uint64_t)cycles;
}

/* As wide as any, which is all that a bound asks of a port. */
static uint32_t widest(const zs_board *board, uint32_t last)
{
    uint32_t most = 0;
    for (uint32_t port = 0; port < ZS_PORT_COUNT; port++)
        if (port <= ZS_PORT_HP3 || last > ZS_PORT_HP3) {
            const uint32_t own = zs_port_params(board, port).beat_bytes;
            most = own > most ? own : most;
        }
    return most;
}

static uint32_t narrowest(const zs_board *board)
{
    uint32_t least = board->axi.hp.beat_bytes;
    for (uint32_t port = ZS_PORT_HP0; port <= ZS_PORT_HP3; port++) {
        const uint32_t own = zs_port_params(board, port).beat_bytes;
        least = own < least ? own : least;
    }
    return least;
}

static bool has_stripes(const zs_design *design)
{
    const zs_accel *a = &design->accel;
    return a->stripe.input != ZS_STRIPE_NONE || a->stripe.weight != ZS_STRIPE_NONE ||
           a->stripe.output != ZS_STRIPE_NONE;
}

static bool layers_have_ports(const zs_design *design)
{
    for (uint32_t i = 0; i < design->layer_setting_n; i++) {
        const zs_layer_setting *s = &design->layer_settings[i];
        if (s->key == ZS_LAYER_FIELD && (strstr(s->field->path, ".ports.") != NULL ||
                                         strstr(s->field->path, ".stripe.") != NULL))
            return true;
    }
    return false;
}

bool zs_relax_ports(zs_design *design, uint32_t last, bool for_time)
{
    zs_board *board = &design->board;
    zs_accel *a = &design->accel;
    const uint32_t fixed[] = {a->ports.input, a->ports.weight, a->ports.output};
    for (size_t i = 0; i < ZS_LEN(fixed); i++) /* those that are not open */
        last = fixed[i] > last ? fixed[i] : last;
    const bool of_all_classes = last > ZS_PORT_HP3;
    if (has_stripes(design) || layers_have_ports(design))
        return false;
    board->axi.hp.beat_bytes = for_time ? widest(board, last) : narrowest(board);
    memset(board->axi.own, 0, sizeof board->axi.own);
    a->ports.input = a->ports.weight = a->ports.output =
        of_all_classes && !for_time ? ZS_PORT_GP0 : ZS_PORT_HP0;
    if (!for_time)
        return true;
    a->ports.weight = ZS_PORT_HP1;
    a->ports.output = ZS_PORT_HP2;
    if (of_all_classes) /* some are coherent */
        board->cpu.cache_bytes_per_s = 1e18;
    return true;
}

uint64_t zs_outline_end(const zs_outline *o)
{
    uint64_t longest = zs_max_u64(o->compute_pl_cycles, o->cpu_pl_cycles), bytes = o->other_bytes;
    for (uint32_t c = 0; c < ZS_CHANNEL_N; c++) {
        const uint32_t beat = zs_port_params(&o->design->board, c / 2).beat_bytes;
        longest = zs_max_u64(longest, zs_ceil_div(o->channel_bytes[c], beat));
        bytes = zs_plus_u64(bytes, o->channel_bytes[c]);
    }
    return zs_plus_u64(o->join_pl_cycle,
                       zs_max_u64(longest, zs_least_dram_pl_cycles(o->design, bytes)));
}

static void add_bytes(zs_outline *o, uint32_t channel, uint64_t bytes)
{
    o->channel_bytes[channel] = zs_plus_u64(o->channel_bytes[channel], bytes);
    o->dram_bytes = zs_plus_u64(o->dram_bytes, bytes);
}

void zs_outline_transfer(zs_outline *o, uint32_t port, bool writes, uint64_t bytes)
{
    add_bytes(o, zs_channel(port, writes), bytes);
}

void zs_outline_striped(zs_outline *o, uint32_t ports, bool writes, uint64_t bytes)
{
    const uint32_t port = (uint32_t)__builtin_ctz(ports);
    const zs_port_share share = zs_port_share_of(&o->design->board, ports, port);
    const uint64_t first = (uint64_t)((wide)bytes * share.n / share.of);
    zs_outline_transfer(o, port, writes, first);
    o->other_bytes = zs_plus_u64(o->other_bytes, bytes - first);
    o->dram_bytes = zs_plus_u64(o->dram_bytes, bytes - first);
}

void zs_outline_compute(zs_outline *o, uint64_t n, uint64_t pl_cycles)
{
    o->compute_pl_cycles = zs_plus_u64(o->compute_pl_cycles, zs_times_u64(n, pl_cycles));
}

void zs_outline_join(zs_outline *o)
{
    o->join_pl_cycle = zs_outline_end(o);
    o->compute_pl_cycles = o->cpu_pl_cycles = o->other_bytes = 0;
    for (uint32_t c = 0; c < ZS_CHANNEL_N; c++)
        o->channel_bytes[c] = 0;
}

/* Calls that may yet become one have no joins between them; a layer in software keeps its own. */
void zs_outline_op(zs_outline *o, const zs_plan_row *row, const zs_tile_op *op)
{
    const zs_op_cost *cost = &o->plan->costs[op->cost_key];
    if (o->is_open && (op->code == ZS_OP_JOIN || row->call != ZS_NO_INDEX))
        return;
    if (o->is_open) {
        o->software_pl_cycles = zs_plus_u64(o->software_pl_cycles, cost->pl_cycles);
        return;
    }
    if (zs_op_is_loading(op->code)) { /* beside all else: zs_bound_row_ends knows when */
        if (zs_op_is_transfer(op->code))
            o->dram_bytes = zs_plus_u64(o->dram_bytes, zs_xfer_bytes(&cost->xfer));
        return;
    }
    switch (zs_op_role(op->code)) {
    case ZS_READ:
    case ZS_WRITE:
        add_bytes(o, o->plan->units[op->unit].channel, zs_xfer_bytes(&cost->xfer));
        break;
    case ZS_COMPUTE: /* other units work beside that one */
        if (op->unit == ZS_UNIT_PE)
            zs_outline_compute(o, 1, cost->pl_cycles);
        break;
    case ZS_JOIN:
        if (op->code == ZS_OP_MEET)
            break;
        zs_outline_join(o);
        break;
    default:
        o->cpu_pl_cycles = zs_plus_u64(o->cpu_pl_cycles, cost->pl_cycles);
        break;
    }
}
