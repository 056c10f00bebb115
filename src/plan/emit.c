#include "zynqsim/draft.h"

#include <assert.h>
#include <string.h>

enum { FIRST_COSTS = 1024, COST_TABLE_N = 256, MAX_OPS = 1 << 25 };

const char *zs_op_name(uint32_t code)
{
    static const struct {
        uint8_t code;
        const char *name;
    } names[] = {{ZS_OP_LOAD_X, "load_x"},   {ZS_OP_LOAD_W, "load_w"}, {ZS_OP_LOAD_P, "load_p"},
                 {ZS_OP_MAC, "mac"},         {ZS_OP_POST, "post"},     {ZS_OP_STORE, "store"},
                 {ZS_OP_STORE_P, "store_p"}, {ZS_OP_HOST, "host"},     {ZS_OP_JOIN, "join"},
                 {ZS_OP_WALK, "walk"},       {ZS_OP_MEET, "meet"},     {ZS_OP_FLOW, "flow"},
                 {ZS_OP_PERIOD, "period"},   {ZS_OP_DRAIN, "drain"},   {ZS_OP_LOAD_BITS, "load_b"},
                 {ZS_OP_CONFIGURE, "config"}};
    for (size_t i = 0; i < ZS_LEN(names); i++)
        if (names[i].code == code)
            return names[i].name;
    static const char *const roles[ZS_ROLE_N] = {"read", "write", "compute", "host", "join"};
    return zs_op_role(code) < ZS_ROLE_N ? roles[zs_op_role(code)] : "?";
}

#define CHANNELS(port, index)                                                                      \
    {port ".rd", ZS_READ, index, 0, false},                                                        \
    {                                                                                              \
        port ".wr", ZS_WRITE, (index) + 1, 0, false                                                \
    }
#define ALL_CHANNELS                                                                               \
    CHANNELS("hp0", 0), CHANNELS("hp1", 2), CHANNELS("hp2", 4), CHANNELS("hp3", 6),                \
        CHANNELS("acp", 8), CHANNELS("gp0", 10), CHANNELS("gp1", 12)
#define CPU_AND_JOIN                                                                               \
    {"cpu", ZS_HOST, ZS_NO_CHANNEL, 0, false},                                                     \
    {                                                                                              \
        "join", ZS_JOIN, ZS_NO_CHANNEL, 0, false                                                   \
    }
const zs_plan_unit zs_tile_units[ZS_UNIT_N] = {
    ALL_CHANNELS, {"pe", ZS_COMPUTE, ZS_NO_CHANNEL, 0, false}, CPU_AND_JOIN};
const char *zs_channel_name(uint32_t channel)
{
    if (channel == ZS_CHANNEL_PCAP)
        return "pcap";
    return channel < ZS_PORT_CHANNEL_N ? zs_tile_units[channel].name : "?";
}

const zs_plan_unit zs_serial_units[ZS_UNIT_N] = {
    ALL_CHANNELS, {"pe", ZS_COMPUTE, ZS_NO_CHANNEL, 0, true}, CPU_AND_JOIN};

zs_status zs_emit_init(zs_emitter *e, zs_plan_draft *d, zs_err *err)
{
    memset(e, 0, sizeof *e);
    e->d = d;
    e->err = err;
    e->last_out = e->last_store = ZS_NO_OP;
    e->cost_table = zs_new(d->arena, uint32_t, COST_TABLE_N);
    e->cost_tag = zs_new(d->arena, uint64_t, COST_TABLE_N);
    e->written_by = zs_new(d->arena, uint32_t, d->net->tensor_n);
    if (e->cost_table == NULL || e->cost_tag == NULL || e->written_by == NULL)
        return zs_nomem(err, "plan");
    return ZS_OK;
}

void zs_emit_finish(const zs_emitter *e)
{
    zs_plan *plan = e->d->plan;
    plan->ops = e->ops;
    plan->boxes = e->boxes;
    plan->op_n = e->op_n;
    plan->meets = e->meets;
    plan->meet_n = e->meet_n;
    plan->meet_waits = e->meet_waits;
    plan->costs = e->costs;
    plan->cost_n = e->cost_n;
}

void zs_emit_begin_row(zs_emitter *e, uint32_t row)
{
    e->row = row;
    e->ports = zs_draft_ports(e->d, row);
    memset(e->cost_tag, 0, COST_TABLE_N * sizeof *e->cost_tag);
}

/* ---- ops ------------------------------------------------------------------------------------- */

static zs_status too_long(const zs_emitter *e)
{
    return zs_fail(e->err, ZS_ERANGE, "accelerator.tile",
                   "the plan would have more than %d ops: enlarge the tiles", MAX_OPS);
}

/* Doubles; the old array stays in the arena until the point is done. */
static void *grown(zs_arena *arena, const void *old, uint32_t n, uint32_t cap, size_t size)
{
    void *bigger = zs_arena_alloc_raw(arena, cap, size);
    if (bigger != NULL && old != NULL)
        memcpy(bigger, old, n * size);
    return bigger;
}

zs_status zs_emit_expect(zs_emitter *e, const uint32_t *trips, uint32_t n)
{
    uint64_t steps = 1;
    for (uint32_t i = 0; i < n; i++)
        if (!zs_mul_u64(steps, trips[i], &steps) || steps > MAX_OPS - e->op_n)
            return too_long(e);
    return ZS_OK;
}

static zs_status reserve_op(zs_emitter *e)
{
    if (e->op_n < e->op_cap)
        return ZS_OK;
    const uint32_t cap = e->op_cap ? e->op_cap * 2 : 16384;
    if (cap > MAX_OPS)
        return too_long(e);
    zs_tile_op *ops = grown(e->d->arena, e->ops, e->op_n, cap, sizeof *ops);
    zs_tile_box *boxes = grown(e->d->arena, e->boxes, e->op_n, cap, sizeof *boxes);
    if (ops == NULL || boxes == NULL)
        return zs_nomem(e->err, "plan");
    e->ops = ops;
    e->boxes = boxes;
    e->op_cap = cap;
    return ZS_OK;
}

static zs_status append(zs_emitter *e, zs_op_code code, uint32_t unit, const zs_tile_box *box,
                        const uint8_t slot[4], const uint32_t wait[3], uint32_t cost, uint32_t *op)
{
    static const uint8_t no_slot[4] = {ZS_SLOT_NONE, ZS_SLOT_NONE, ZS_SLOT_NONE, ZS_SLOT_NONE};
    static const uint32_t no_wait[3] = {ZS_NO_OP, ZS_NO_OP, ZS_NO_OP};
    static const zs_tile_box no_box = {.flags = 0};
    ZS_TRY(reserve_op(e));
    zs_tile_op *o = &e->ops[e->op_n];
    memcpy(o->wait, wait ? wait : no_wait, sizeof o->wait);
    memcpy(o->slot, slot ? slot : no_slot, sizeof o->slot);
    o->cost_key = cost;
    o->row = (uint16_t)e->row;
    o->code = (uint8_t)code;
    o->unit = (uint8_t)unit;
    e->boxes[e->op_n] = box ? *box : no_box;
    if (op != NULL)
        *op = e->op_n;
    e->op_n++;
    return ZS_OK;
}

/* ---- prices ---------------------------------------------------------------------------------- */

/* Index of the price of `key` in this row, ZS_NO_OP when it is new. Keys are never 0. */
static uint32_t find_cost(zs_emitter *e, uint64_t key, uint32_t *at)
{
    uint32_t i = (uint32_t)(zs_mix64(key) % COST_TABLE_N);
    for (uint32_t probes = 0; probes < COST_TABLE_N; probes++, i = (i + 1) % COST_TABLE_N) {
        *at = i;
        if (e->cost_tag[i] == key)
            return e->cost_table[i];
        if (e->cost_tag[i] == 0)
            return ZS_NO_OP;
    }
    return ZS_NO_OP; /* full: the last probe's entry gives way */
}

static zs_status add_cost(zs_emitter *e, const zs_op_cost *cost, uint32_t *index)
{
    if (e->costs == NULL || e->cost_n == e->cost_cap) {
        const uint32_t cap = e->costs ? e->cost_cap * 2 : FIRST_COSTS;
        zs_op_cost *costs = grown(e->d->arena, e->costs, e->cost_n, cap, sizeof *costs);
        if (costs == NULL)
            return zs_nomem(e->err, "plan");
        e->costs = costs;
        e->cost_cap = cap;
    }
    assert(e->costs != NULL);
    e->costs[e->cost_n] = *cost;
    *index = e->cost_n++;
    return ZS_OK;
}

zs_status zs_emit_priced(zs_emitter *e, zs_op_code code, const zs_tile_box *box,
                         const uint8_t slot[4], const uint32_t wait[3], uint64_t key,
                         uint64_t pl_cycles, uint32_t *op)
{
    return zs_emit_on_unit(e, code, ZS_UNIT_PE, box, slot, wait, key, pl_cycles, op);
}

zs_status zs_emit_on_unit(zs_emitter *e, zs_op_code code, uint32_t unit, const zs_tile_box *box,
                          const uint8_t slot[4], const uint32_t wait[3], uint64_t key,
                          uint64_t pl_cycles, uint32_t *op)
{
    const uint64_t tag = (key << 7 | (uint64_t)code) + 1;
    uint32_t at, cost = find_cost(e, tag, &at);
    if (cost == ZS_NO_OP) {
        ZS_TRY(add_cost(
            e, &(zs_op_cost){.pl_cycles = pl_cycles, .code = (uint8_t)code, .unit = ZS_UNIT_PE},
            &cost));
        e->cost_tag[at] = tag;
        e->cost_table[at] = cost;
    }
    return append(e, code, unit, box, slot, wait, cost, op);
}

/* A bit each. */
static uint32_t ports_of(const zs_emitter *e, zs_op_code code)
{
    return code == ZS_OP_LOAD_X   ? e->ports.input
           : code == ZS_OP_LOAD_W ? e->ports.weight
                                  : e->ports.output;
}

static zs_status emit_share(zs_emitter *e, zs_op_code code, uint32_t port, const zs_xfer *x,
                            const zs_tile_box *box, const uint8_t slot[4], const uint32_t wait[3],
                            uint32_t *op)
{
    const uint32_t unit = zs_channel(port, zs_op_role(code) == ZS_WRITE);
    const uint64_t key = ((uint64_t)x->row_bytes << 32 | x->row_n) * 0x9E3779B97F4A7C15u +
                         x->plane_n + x->index_bytes * UINT64_C(0xD6E8FEB86659FD93) +
                         (zs_box_stripe(box->flags) != 0) * unit * UINT64_C(0xA24BAED4963EE407);
    const uint64_t tag = (key << 7 | (uint64_t)code) + 1;
    uint32_t at, cost = find_cost(e, tag, &at);
    const zs_xfer *c = cost == ZS_NO_OP ? NULL : &e->costs[cost].xfer;
    if (c == NULL || c->row_bytes != x->row_bytes || c->row_n != x->row_n ||
        c->plane_n != x->plane_n || c->index_bytes != x->index_bytes) {
        ZS_TRY(add_cost(e, &(zs_op_cost){.xfer = *x, .code = (uint8_t)code, .unit = (uint8_t)unit},
                        &cost));
        e->cost_tag[at] = tag;
        e->cost_table[at] = cost;
    }
    return append(e, code, unit, box, slot, wait, cost, op);
}

static zs_status emit_meet(zs_emitter *e, const uint32_t *ops, uint32_t n, uint32_t *op);

/* Every port has a share of every transfer, be it empty: those of a port end in order, and so do
 * transfers. Index bytes lead a stream, so the first shares have them. */
static zs_status emit_striped(zs_emitter *e, zs_op_code code, uint32_t ports, const zs_xfer *x,
                              const zs_tile_box *box, const uint8_t slot[4], const uint32_t wait[3],
                              uint32_t *op)
{
    uint32_t ops[ZS_PORT_COUNT], n = 0, index_bytes = x->index_bytes;
    zs_tile_box part = *box;
    part.flags |= ports * ZS_BOX_STRIPE;
    for (uint32_t left = ports; left != 0; left &= left - 1) {
        const uint32_t port = (uint32_t)__builtin_ctz(left);
        zs_xfer share = zs_xfer_share(x, zs_port_share_of(&e->d->design->board, ports, port),
                                      ZS_SHARE_UNIT_BYTES);
        share.index_bytes = (uint32_t)zs_min_u64(index_bytes, zs_xfer_bytes(&share));
        index_bytes -= share.index_bytes;
        ZS_TRY(emit_share(e, code, port, &share, &part, slot, wait, &ops[n++]));
    }
    return emit_meet(e, ops, n, op);
}

zs_status zs_emit_transfer(zs_emitter *e, zs_op_code code, const zs_tile_box *box,
                           const uint8_t slot[4], const uint32_t wait[3], uint32_t *op)
{
    const uint32_t ports = ports_of(e, code);
    const zs_xfer x = e->d->xfer(&e->d->rows[e->row], e->d->design, code, box);
    const bool follows = code == ZS_OP_STORE && e->d->ports_of_row != NULL;
    const uint32_t behind[3] = {wait ? wait[0] : ZS_NO_OP, wait ? wait[1] : ZS_NO_OP,
                                e->last_store};
    if (follows && e->last_store != ZS_NO_OP && e->ops[e->last_store].row != e->row) {
        assert(wait == NULL || wait[2] == ZS_NO_OP);
        wait = behind; /* stores of rows with other ports end in order as well */
    }
    if ((ports & (ports - 1)) == 0) /* a single one */
        ZS_TRY(emit_share(e, code, (uint32_t)__builtin_ctz(ports), &x, box, slot, wait, op));
    else
        ZS_TRY(emit_striped(e, code, ports, &x, box, slot, wait, op));
    if (follows)
        e->last_store = *op;
    return ZS_OK;
}

zs_status zs_emit_host(zs_emitter *e, zs_host_step step, uint64_t pl_cycles)
{
    uint32_t cost;
    ZS_TRY(add_cost(
        e, &(zs_op_cost){.pl_cycles = pl_cycles, .code = ZS_OP_HOST, .unit = ZS_UNIT_CPU}, &cost));
    return append(e, ZS_OP_HOST, ZS_UNIT_CPU, &(zs_tile_box){.flags = step}, NULL, NULL, cost,
                  NULL);
}

zs_status zs_emit_join(zs_emitter *e)
{
    uint32_t cost = 0;
    if (e->cost_n == 0)
        ZS_TRY(add_cost(e, &(zs_op_cost){.code = ZS_OP_JOIN, .unit = ZS_UNIT_CPU}, &cost));
    for (uint32_t t = 0; t < e->d->net->tensor_n; t++)
        e->written_by[t] = ZS_NO_OP;
    return append(e, ZS_OP_JOIN, ZS_UNIT_CPU, NULL, NULL, NULL, 0, NULL);
}

/* Room for `more` entries of a list that doubles. */
static void *with_room(zs_emitter *e, void *list, uint32_t n, uint32_t *cap, uint32_t more,
                       size_t size)
{
    if (list != NULL && n + more <= *cap)
        return list;
    *cap = 2 * (n + more) + 16;
    return grown(e->d->arena, list, n, *cap, size);
}

static zs_status emit_meet(zs_emitter *e, const uint32_t *ops, uint32_t n, uint32_t *op)
{
    e->meets = with_room(e, e->meets, e->meet_n, &e->meet_cap, 1, sizeof *e->meets);
    e->meet_waits =
        with_room(e, e->meet_waits, e->meet_wait_n, &e->meet_wait_cap, n, sizeof *e->meet_waits);
    if (e->meets == NULL || e->meet_waits == NULL)
        return zs_nomem(e->err, "plan");
    e->meets[e->meet_n] = (zs_plan_meet){e->meet_wait_n, n};
    memcpy(e->meet_waits + e->meet_wait_n, ops, n * sizeof *ops);
    e->meet_wait_n += n;
    return append(e, ZS_OP_MEET, ZS_UNIT_JOIN, NULL, NULL, NULL, e->meet_n++, op);
}

zs_status zs_emit_waits(zs_emitter *e, uint32_t *ops, uint32_t n, uint32_t wait[3])
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        bool is_new = ops[i] != ZS_NO_OP;
        for (uint32_t k = 0; k < kept; k++)
            is_new = is_new && ops[k] != ops[i];
        if (is_new)
            ops[kept++] = ops[i];
    }
    for (uint32_t i = 0; i < 3; i++)
        wait[i] = i < kept ? ops[i] : ZS_NO_OP;
    return kept > 3 ? emit_meet(e, ops + 2, kept - 2, &wait[2]) : ZS_OK;
}

/* ---- slots ----------------------------------------------------------------------------------- */

/* The tile stands in the place behind the slots, so that the search ends there at the latest. */
uint32_t zs_ring_find(zs_slot_ring *ring, uint64_t id)
{
    uint32_t i = 0;
    ring->id[ring->n] = id;
    while (ring->id[i] != id)
        i++;
    return i < ring->n ? i : ZS_SLOT_NONE;
}

uint32_t zs_ring_take(zs_slot_ring *ring)
{
    const uint32_t slot = ring->next;
    ring->next = slot + 1 == ring->n ? 0 : slot + 1;
    return slot;
}

void zs_ring_reset(zs_slot_ring *ring, uint32_t n, uint32_t last_use)
{
    ring->n = n;
    ring->next = 0;
    for (uint32_t i = 0; i < n; i++) {
        ring->id[i] = UINT64_MAX;
        ring->slot[i] = (zs_slot_state){.ready = ZS_NO_OP, .last_use = last_use, .box = ZS_NO_OP};
    }
}

uint32_t zs_emit_writer_of(const zs_emitter *e, uint32_t tensor)
{
    return e->written_by[zs_draft_root(e->d, tensor)];
}

/* All stores share one channel and retire in order, so the latest of them stands for all. */
uint32_t zs_emit_producer_of(const zs_emitter *e, const zs_layer *layer)
{
    uint32_t latest = ZS_NO_OP;
    for (uint32_t k = 0; k < layer->in_n; k++) {
        const uint32_t op = zs_emit_writer_of(e, layer->in[k]);
        if (op != ZS_NO_OP && (latest == ZS_NO_OP || op > latest))
            latest = op;
    }
    return latest;
}

uint32_t zs_emit_producer(const zs_emitter *e)
{
    return zs_emit_producer_of(e, zs_draft_layer(e->d, e->row));
}
