#include "sim_priv.h"

#include "zynqsim/kind.h"
#include "zynqsim/serial.h"

#include <stdio.h>

/* The event loop. Units take their ops in plan order; an op starts when its unit is free, its waits
 * have retired and no join of its engine before it is pending. Transfers run in the memory system,
 * which is asked for its next completion up to the time at which a compute unit or the PS is done.
 */

typedef struct engine {
    const zs_design *design;
    const zs_plan *plan;
    zs_memsys *ms;
    zs_serial *serial;                    /* where a unit is serial: in front of ms, alone */
    zs_serial_time walk;                  /* of the running walk */
    bool bursts, no_memory, rows_overlap; /* the last as the plan says */
    uint32_t engine_n;                    /* as the plan says */
    const zs_retire_hook *hook;
    zs_xfer_price *prices; /* [cost], of transfers */
    uint32_t *queue;       /* op indices, unit after unit */
    uint32_t head[ZS_UNITS_MAX], end[ZS_UNITS_MAX];
    uint32_t units[ZS_UNITS_MAX], unit_n;      /* units that have ops at all, ... */
    uint32_t meeting[ZS_UNITS_MAX], meeting_n; /* ... and those of them whose ops are meets */
    uint32_t timed[ZS_UNITS_MAX], timed_n;  /* of these, those whose ops have a price in cycles */
    uint32_t unit_of_channel[ZS_CHANNEL_N]; /* that used it last */
    uint8_t sharers[ZS_CHANNEL_N];          /* units that take turns on it */
    uint64_t served[ZS_UNITS_MAX], turns;   /* of such units: when they had their last turn */
    uint8_t channel[ZS_UNITS_MAX];          /* of a unit, or ZS_NO_CHANNEL */
    const zs_dma_params *dma[ZS_CHANNEL_N];
    bool running[ZS_UNITS_MAX];
    uint32_t together[ZS_UNITS_MAX]; /* ops from the head on that run and retire as one */
    uint64_t started[ZS_UNITS_MAX], ends[ZS_UNITS_MAX]; /* ends: of timed units */
    uint32_t blocked_by[ZS_UNITS_MAX]; /* op that the head of a unit was last seen to wait for */
    uint8_t *retired;                  /* [op], and one behind them that always is */
    uint32_t retired_n;
    struct {
        uint32_t join;      /* its next join that has not retired, or op_n */
        uint32_t before;    /* ops of the engine ahead of that one */
        uint32_t retired_n; /* of them */
    } engines[ZS_ENGINES_MAX];
    struct {
        const zs_plan_flow *of; /* NULL: none */
        zs_flow_sim *sim;
        uint64_t period;            /* of its images, once they are known */
    } flows[ZS_DESIGN_ENGINES_MAX]; /* [part] */
    bool join_is_due;               /* all before the next join of some engine have retired */
    uint32_t last_retired;
    uint64_t now;
    sim_account account;
} engine;

/* ---- set-up ---------------------------------------------------------------------------------- */

static zs_status fill_queues(engine *e, zs_arena *arena, zs_err *err)
{
    const zs_plan *plan = e->plan;
    uint32_t counts[ZS_UNITS_MAX] = {0};
    e->queue = zs_arena_alloc_raw(arena, plan->op_n + 1u, sizeof *e->queue);
    e->retired = zs_new(arena, uint8_t, plan->op_n + 1u);
    if (e->queue == NULL || e->retired == NULL)
        return zs_nomem(err, "simulation");
    for (uint32_t i = 0; i < plan->op_n; i++)
        counts[plan->ops[i].unit]++;
    for (uint32_t u = 0, at = 0; u < plan->unit_n; u++) {
        const zs_plan_unit *unit = &plan->units[u];
        e->head[u] = e->end[u] = at;
        e->blocked_by[u] = plan->op_n;
        at += counts[u];
        e->channel[u] = unit->channel;
        if (counts[u] == 0)
            continue;
        if (unit->channel != ZS_NO_CHANNEL) {
            e->unit_of_channel[unit->channel] = u;
            e->sharers[unit->channel]++;
        }
        if (unit->role == ZS_JOIN)
            e->meeting[e->meeting_n++] = u;
        else
            e->units[e->unit_n++] = u;
        if (unit->role == ZS_COMPUTE || unit->role == ZS_HOST)
            e->timed[e->timed_n++] = u;
    }
    for (uint32_t i = 0; i < plan->op_n; i++)
        e->queue[e->end[plan->ops[i].unit]++] = i;
    e->retired[plan->op_n] = 1;
    return ZS_OK;
}

static zs_status price_transfers(engine *e, zs_arena *arena, zs_err *err)
{
    e->prices = zs_new(arena, zs_xfer_price, e->plan->cost_n + 1u);
    if (e->prices == NULL)
        return zs_nomem(err, "simulation");
    for (uint32_t i = 0; i < e->plan->cost_n; i++) {
        const zs_op_cost *cost = &e->plan->costs[i];
        if (e->plan->units[cost->unit].channel != ZS_NO_CHANNEL)
            e->prices[i] =
                zs_xfer_price_of(e->design, e->plan->units[cost->unit].channel, &cost->xfer);
    }
    return ZS_OK;
}

static uint32_t engine_of(const engine *e, uint32_t op)
{
    const zs_tile_op *o = &e->plan->ops[op];
    if (e->engine_n == 1)
        return 0;
    return zs_op_is_loading(o->code) ? e->engine_n - 1 : e->plan->rows[o->row].engine;
}

/* The next join of an engine from op `from` on. */
static void find_join(engine *e, uint32_t which, uint32_t from)
{
    const zs_tile_op *ops = e->plan->ops;
    const uint32_t first = from, end = e->plan->op_n;
    const bool is_alone = e->engine_n == 1;
    uint32_t others = 0;
    while (is_alone && from < end && ops[from].code != ZS_OP_JOIN)
        from++;
    while (from < end && (ops[from].code != ZS_OP_JOIN || engine_of(e, from) != which))
        others += engine_of(e, from++) != which;
    e->engines[which].join = from;
    e->engines[which].before += from - first - others;
    e->join_is_due |= e->engines[which].retired_n == e->engines[which].before;
}

static bool may_start(const engine *e, uint32_t op)
{
    return op < e->engines[engine_of(e, op)].join;
}

/* ---- starting -------------------------------------------------------------------------------- */

/* A pending join or an op that `index` has to wait for; an op that has retired: none. */
static ZS_INLINE uint32_t blocker_of(const engine *e, uint32_t index)
{
    const zs_tile_op *op = &e->plan->ops[index];
    if (!may_start(e, index))
        return e->engines[engine_of(e, index)].join;
    for (uint32_t k = 0; k < ZS_LEN(op->wait); k++)
        if (op->wait[k] != ZS_NO_OP && !e->retired[op->wait[k]])
            return op->wait[k];
    return e->plan->op_n;
}

/* What an idle MAC array waited for until now: the op whose retirement lets things go on. */
static zs_cause wait_cause(const engine *e)
{
    return zs_cause_of_role(zs_op_role(e->plan->ops[e->last_retired].code));
}

/* Whether the op after `n` others at the head of a channel's queue goes out with them. */
static bool is_chained(const engine *e, uint32_t unit, uint32_t n)
{
    const uint32_t at = e->head[unit] + n;
    if (!e->dma[e->channel[unit]]->chain || at >= e->end[unit] || n == ZS_CHAIN_MAX)
        return false;
    const uint32_t index = e->queue[at];
    return (e->plan->boxes[index].flags & ZS_BOX_CHAINED) != 0 && e->retired[blocker_of(e, index)];
}

static void start_transfers(engine *e, uint32_t unit)
{
    zs_xfer xfers[ZS_CHAIN_MAX];
    const zs_xfer_price *prices[ZS_CHAIN_MAX];
    const zs_plan_unit *u = &e->plan->units[unit];
    const zs_dma_params *dma = e->dma[u->channel];
    const uint32_t delay = u->role == ZS_WRITE ? dma->store_start_pl_cycles : dma->start_pl_cycles;
    uint32_t n = 0;
    do {
        const uint32_t index = e->queue[e->head[unit] + n];
        const uint32_t key = e->plan->ops[index].cost_key;
        xfers[n] = e->bursts ? zs_plan_xfer(e->plan, e->design, index) : e->plan->costs[key].xfer;
        prices[n++] = &e->prices[key];
    } while (is_chained(e, unit, n));
    e->together[unit] = n;
    e->unit_of_channel[u->channel] = unit;
    e->served[unit] = ++e->turns;
    zs_memsys_start_priced(e->ms, u->channel, xfers, prices, n, e->now + delay);
}

static zs_serial_walk walk_of(const engine *e, uint32_t index)
{
    const zs_plan *plan = e->plan;
    return plan->kind->walk(&plan->rows[plan->ops[index].row], &plan->boxes[index]);
}

/* When the word moves that the op stands for; not yet known: UINT64_MAX. A word that moves in a
 * clock has moved at the end of it. */
static uint32_t part_of(const engine *e, uint32_t index)
{
    return e->plan->rows[e->plan->ops[index].row].part;
}

static uint64_t flow_end(const engine *e, uint32_t index)
{
    const zs_tile_box *b = &e->plan->boxes[index];
    const uint32_t p = part_of(e, index);
    if (b->flags == ZS_BOX_WEIGHTS_USED) {
        const uint64_t used = zs_flow_sim_weights_used(e->flows[p].sim, b->oc0, b->ic0);
        return used == ZS_FLOW_NEVER ? UINT64_MAX : zs_max_u64(e->now, used + 1);
    }
    const zs_plan_flow *f = e->flows[p].of;
    const uint64_t image = zs_min_u64(b->image, f->images - 1), after = b->image - image;
    const uint64_t word = image * f->flow.edges[b->oc0].words + b->ic0;
    const uint64_t at = zs_flow_sim_moved(e->flows[p].sim, b->oc0, b->oy0, word);
    if (at == ZS_FLOW_NEVER || (after > 0 && e->flows[p].period == 0))
        return UINT64_MAX;
    return zs_max_u64(e->now, at + after * e->flows[p].period + 1);
}

static bool sink_is_done(const engine *e, uint32_t part)
{
    const zs_plan_flow *f = e->flows[part].of;
    const uint32_t edge = f->flow.nodes[f->flow.sink].in[0];
    return zs_flow_sim_moved(e->flows[part].sim, edge, true,
                             f->images * f->flow.edges[edge].words - 1) != ZS_FLOW_NEVER;
}

/* A transfer has brought words or made room for some: what follows from that is known at once. */
static void feed_flow(engine *e, uint32_t index)
{
    const zs_tile_op *op = &e->plan->ops[index];
    const uint32_t words = e->plan->boxes[index].ic0, p = part_of(e, index);
    zs_flow_sim *flow = e->flows[p].sim;
    if (op->code == ZS_OP_LOAD_W && words > 0)
        zs_flow_sim_feed_weights(flow, e->plan->boxes[index].oy0, words, e->now);
    else if (op->code == ZS_OP_LOAD_W) /* of an image that is not simulated word by word */
        return;
    else if (zs_op_role(op->code) == ZS_READ)
        zs_flow_sim_feed(flow, words, e->now);
    else
        zs_flow_sim_drain(flow, words, e->now);
    zs_flow_sim_settle(flow);
    if (e->plan->batch > e->flows[p].of->images && e->flows[p].period == 0 && sink_is_done(e, p))
        e->flows[p].period = zs_flow_sim_period(flow, &(bool){false});
    for (uint32_t k = 0; k < e->timed_n; k++) {
        const uint32_t u = e->timed[k];
        if (e->running[u] && e->ends[u] == UINT64_MAX)
            e->ends[u] = flow_end(e, e->queue[e->head[u]]);
    }
}

static void start(engine *e, uint32_t unit, uint32_t index)
{
    const zs_tile_op *op = &e->plan->ops[index];
    e->running[unit] = true;
    e->together[unit] = 1;
    e->started[unit] = e->now;
    for (const zs_retire_hook *h = e->hook; h != NULL; h = h->next)
        if (h->started != NULL)
            h->started(h->ctx, index, e->now);
    if (e->rows_overlap)
        zs_account_begin(&e->account, index, e->now, e->last_retired);
    if (e->channel[unit] != ZS_NO_CHANNEL) {
        start_transfers(e, unit);
        return;
    }
    if (zs_op_role(op->code) == ZS_COMPUTE && e->account.marked < e->now)
        zs_account_mark(&e->account, e->now, wait_cause(e));
    if (op->code == ZS_OP_FLOW) {
        e->ends[unit] = flow_end(e, index);
        return;
    }
    if (op->code == ZS_OP_PERIOD) {
        e->ends[unit] = e->now + e->flows[part_of(e, index)].period;
        return;
    }
    if (op->code == ZS_OP_WALK) { /* all its accesses: nobody else uses the memory until it ends */
        const zs_serial_walk walk = walk_of(e, index);
        e->no_memory |= !zs_serial_run(e->serial, &walk, e->now, &e->walk);
        e->ends[unit] = e->now + zs_serial_total(&e->walk);
        return;
    }
    e->ends[unit] = e->now + e->plan->costs[op->cost_key].pl_cycles;
}

static void retire(engine *e, uint32_t index, uint64_t from)
{
    const zs_tile_op *op = &e->plan->ops[index];
    e->retired[index] = 1;
    e->retired_n++;
    const uint32_t which = engine_of(e, index);
    e->join_is_due |= ++e->engines[which].retired_n == e->engines[which].before;
    e->last_retired = index;
    const bool moves = e->channel[op->unit] != ZS_NO_CHANNEL;
    const uint64_t bytes = moves ? e->prices[op->cost_key].count.bytes : 0;
    if (op->code == ZS_OP_WALK) {
        const zs_serial_walk walk = walk_of(e, index);
        zs_account_walk(&e->account, &walk, index, e->design->accel.ports.input, from, &e->walk);
    }
    zs_account_retire(&e->account, op, from, e->now, bytes, e->running, e->started);
    if (moves && !zs_op_is_loading(op->code) && e->flows[part_of(e, index)].of != NULL)
        feed_flow(e, index);
    for (const zs_retire_hook *h = e->hook; h != NULL; h = h->next)
        h->retired(h->ctx, index, from, e->now);
}

/* A join whose turn has come, since all before it has retired, costs no time. */
static bool pass_join(engine *e, uint32_t which)
{
    const uint32_t join = e->engines[which].join, before = e->last_retired;
    if (join >= e->plan->op_n)
        return false;
    if (join > 0 && !zs_account_computes(&e->account, e->running))
        zs_account_mark(&e->account, e->now, wait_cause(e));
    e->head[e->plan->ops[join].unit]++;
    e->engines[which].before++;
    retire(e, join, e->now);
    e->last_retired = join > 0 ? before : join;
    find_join(e, which, join + 1);
    return true;
}

static bool meet_is_over(const engine *e, const zs_tile_op *op)
{
    const zs_plan_meet *m = &e->plan->meets[op->cost_key];
    for (uint32_t k = 0; k < m->n; k++)
        if (!e->retired[e->plan->meet_waits[m->first + k]])
            return false;
    return true;
}

/* Meeting points whose ops have all retired; they may release one another. */
static bool pass_meets(engine *e)
{
    bool any = false;
    for (uint32_t k = 0; k < e->meeting_n; k++) {
        const uint32_t u = e->meeting[k];
        while (e->head[u] < e->end[u]) {
            const uint32_t op = e->queue[e->head[u]], before = e->last_retired;
            if (!may_start(e, op) || !meet_is_over(e, &e->plan->ops[op]))
                break;
            e->head[u]++;
            retire(e, op, e->now);
            e->last_retired = before;
            any = true;
        }
    }
    return any;
}

static void pass_joins_and_meets(engine *e)
{
    bool again = true;
    while (again) {
        again = e->meeting_n > 0 && pass_meets(e);
        for (uint32_t i = 0; i < e->engine_n; i++)
            while (e->engines[i].retired_n == e->engines[i].before && pass_join(e, i))
                again = e->meeting_n > 0;
    }
    e->join_is_due = false;
}

/* Whether another unit has the unit's channel, or one that waits longer is to have it next. */
static bool has_no_turn(const engine *e, uint32_t unit)
{
    const uint32_t channel = e->channel[unit];
    if (channel == ZS_NO_CHANNEL || e->sharers[channel] < 2)
        return false;
    if (e->running[e->unit_of_channel[channel]])
        return true;
    for (uint32_t k = 0; k < e->unit_n; k++) {
        const uint32_t u = e->units[k];
        if (e->channel[u] == channel && e->served[u] < e->served[unit] && e->head[u] < e->end[u] &&
            e->retired[blocker_of(e, e->queue[e->head[u]])])
            return true;
    }
    return false;
}

static void start_ready(engine *e)
{
    if (e->join_is_due || e->meeting_n > 0)
        pass_joins_and_meets(e);
    for (uint32_t k = 0; k < e->unit_n; k++) {
        const uint32_t u = e->units[k];
        if (e->running[u] || e->head[u] == e->end[u])
            continue;
        if (!e->retired[e->blocked_by[u]])
            continue;
        const uint32_t index = e->queue[e->head[u]];
        e->blocked_by[u] = blocker_of(e, index);
        if (e->retired[e->blocked_by[u]] && !has_no_turn(e, u))
            start(e, u, index);
    }
}

/* ---- retiring -------------------------------------------------------------------------------- */

typedef struct done_list {
    uint32_t unit[ZS_UNITS_MAX];
    uint32_t n;
} done_list;

static uint32_t op_of(const engine *e, uint32_t unit)
{
    return e->queue[e->head[unit]];
}

/* Keeps the list in op order: that is the order in which ops of one instant retire. */
static void add_done(const engine *e, done_list *done, uint32_t unit)
{
    uint32_t i = done->n++;
    for (; i > 0 && op_of(e, done->unit[i - 1]) > op_of(e, unit); i--)
        done->unit[i] = done->unit[i - 1];
    done->unit[i] = unit;
}

/* Advances to the next instant at which something completes. False: nothing ever will. */
static bool next_instant(engine *e, done_list *done)
{
    uint64_t limit = UINT64_MAX, at;
    uint32_t channel;
    done->n = 0;
    for (uint32_t k = 0; k < e->timed_n; k++)
        if (e->running[e->timed[k]])
            limit = zs_min_u64(limit, e->ends[e->timed[k]]);
    if (e->serial == NULL && zs_memsys_next(e->ms, limit, &channel, &at)) {
        e->now = at;
        add_done(e, done, e->unit_of_channel[channel]);
        while (zs_memsys_next(e->ms, at, &channel, &at))
            add_done(e, done, e->unit_of_channel[channel]);
    } else if (limit == UINT64_MAX) {
        return false;
    } else {
        e->now = limit;
    }
    for (uint32_t k = 0; k < e->timed_n; k++)
        if (e->running[e->timed[k]] && e->ends[e->timed[k]] == e->now)
            add_done(e, done, e->timed[k]);
    return true;
}

static void retire_all(engine *e, const done_list *done)
{
    for (uint32_t i = 0; i < done->n; i++) {
        const uint32_t u = done->unit[i];
        uint64_t from = e->started[u];
        e->running[u] = false; /* not before: until now it was at work, whoever asks */
        for (uint32_t k = 0; k < e->together[u]; k++, from = e->now)
            retire(e, e->queue[e->head[u]++], from);
    }
}

/* The chain of waits from the first op that cannot start, for the message. */
static zs_status deadlock(const engine *e, zs_err *err)
{
    char chain[256];
    size_t n = 0;
    uint32_t op = 0;
    while (op < e->plan->op_n && e->retired[op])
        op++;
    chain[0] = '\0';
    for (uint32_t depth = 0; depth < 8 && op < e->plan->op_n && n < sizeof chain - 32; depth++) {
        n += (size_t)snprintf(chain + n, sizeof chain - n, "%s%s %u", depth ? " waits for " : "",
                              zs_op_name(e->plan->ops[op].code), op);
        uint32_t next = ZS_NO_OP;
        for (uint32_t k = 0; k < 3; k++) {
            const uint32_t w = e->plan->ops[op].wait[k];
            if (w != ZS_NO_OP && w < e->plan->op_n && !e->retired[w])
                next = w;
        }
        if (next == ZS_NO_OP)
            break;
        op = next;
    }
    return zs_fail(err, ZS_EDEADLOCK, "simulation", "%u of %u ops never start: %s",
                   e->plan->op_n - e->retired_n, e->plan->op_n, chain);
}

static const zs_plan *plan_of(const engine *e, uint32_t part)
{
    return e->plan->part_n > 0 ? e->plan->parts[part].plan : e->plan;
}

/* A transfer that begins late, but not too late, may be the one that is too long. */
static bool is_too_late(const engine *e)
{
    return e->bursts && zs_edge_ps(e->now, e->design->accel.clock_hz) >= ZS_BURST_MOST_PS / 2;
}

/* Why nothing goes on: the time, the flow of the engine whose turn it is, or the ops. */
static zs_status stuck(const engine *e, zs_err *err)
{
    uint32_t op = 0;
    if (is_too_late(e))
        return zs_fail(err, ZS_ERANGE, "simulation",
                       "cycle %llu is later than fidelity burst can go on, which is 13 days of "
                       "simulated time at most; fidelity tile has no such limit",
                       (unsigned long long)e->now);
    while (op + 1 < e->plan->op_n && e->retired[op])
        op++;
    const uint32_t p = part_of(e, op);
    return e->flows[p].of != NULL ? zs_flow_deadlock(plan_of(e, p), e->flows[p].sim, err)
                                  : deadlock(e, err);
}

static zs_status build_flows(engine *e, zs_arena *arena, zs_err *err)
{
    const uint32_t n = e->plan->part_n > 0 ? e->plan->part_n : 1;
    for (uint32_t p = 0; p < n; p++) {
        const zs_plan_flow *f = plan_of(e, p)->flow;
        if (f == NULL)
            continue;
        e->flows[p].of = f;
        ZS_TRY(zs_flow_sim_build(arena, &f->flow, &e->flows[p].sim, err));
        ZS_TRY(zs_flow_sim_begin(e->flows[p].sim, f->images, err));
        zs_flow_sim_drain(e->flows[p].sim, f->room_words, 0);
    }
    return ZS_OK;
}

static zs_status run(engine *e, zs_err *err)
{
    done_list done;
    for (;;) {
        start_ready(e);
        if (e->no_memory)
            return zs_nomem(err, "simulation");
        if (e->retired_n == e->plan->op_n)
            return ZS_OK;
        if (!next_instant(e, &done))
            return stuck(e, err);
        retire_all(e, &done);
    }
}

/* ---- the result ------------------------------------------------------------------------------ */

static zs_status list_ports(engine *e, zs_arena *arena, zs_result *r, zs_err *err)
{
    zs_port_result *ports = zs_new(arena, zs_port_result, ZS_CHANNEL_N);
    if (ports == NULL)
        return zs_nomem(err, "simulation");
    for (uint32_t c = 0; c < ZS_CHANNEL_N; c++) {
        const zs_channel_counts *counts = zs_memsys_channel_counts(e->ms, c);
        if (counts->transfers == 0)
            continue;
        const zs_axi_params axi = zs_port_params(&e->design->board, c / 2);
        const uint64_t port_bytes_per_s = axi.beat_bytes * e->design->accel.clock_hz;
        ports[r->port_n++] = (zs_port_result){
            .name = zs_channel_name(c),
            .bytes = counts->bytes,
            .bursts = counts->bursts,
            .beats = counts->beats,
            .busy_cycles = counts->busy_pl_cycles,
            .peak_bytes_per_s =
                c == ZS_CHANNEL_PCAP ? zs_swap_bytes_per_s(e->design) : port_bytes_per_s};
        *(c % 2 ? &r->write_bursts : &r->read_bursts) += counts->bursts;
    }
    r->ports = ports;
    return ZS_OK;
}

/* The accesses of a serial master are folded: of most the memory system knows nothing. */
static void watch_memory(engine *e)
{
    if (e->serial != NULL)
        return;
    for (const zs_retire_hook *h = e->hook; h != NULL; h = h->next)
        if (h->memory != NULL) {
            zs_memsys_watch_set(e->ms, h->memory);
            return;
        }
}

static zs_status simulate(zs_arena *arena, const zs_design *design, const zs_plan *plan,
                          zs_fidelity fidelity, const zs_retire_hook *hook, zs_layer_result *layers,
                          zs_result *r, zs_err *err)
{
    engine *e = zs_new(arena, engine, 1);
    if (e == NULL)
        return zs_nomem(err, "simulation");
    e->design = design;
    e->plan = plan;
    e->hook = hook;
    e->bursts = fidelity == ZS_BURST;
    e->rows_overlap = plan->rows_overlap;
    e->engine_n = plan->engine_n;
    for (uint32_t c = 0; c < ZS_CHANNEL_N; c++)
        e->dma[c] = zs_design_dma(design, c / 2);
    ZS_TRY(zs_memsys_build(arena, design, fidelity, &e->ms, err));
    bool is_serial = false;
    for (uint32_t u = 0; u < plan->unit_n; u++)
        is_serial |= plan->units[u].is_serial;
    if (is_serial)
        ZS_TRY(zs_serial_build(arena, design, e->ms, true, &e->serial, err));
    watch_memory(e);
    ZS_TRY(fill_queues(e, arena, err));
    ZS_TRY(price_transfers(e, arena, err));
    ZS_TRY(zs_account_init(&e->account, arena, plan, layers, err));
    for (uint32_t i = 0; i < plan->engine_n; i++)
        find_join(e, i, 0);
    ZS_TRY(build_flows(e, arena, err));
    ZS_TRY(run(e, err));
    if (e->serial != NULL) /* the last writes may still wait in the controller */
        zs_memsys_next(e->ms, UINT64_MAX, &(uint32_t){0}, &(uint64_t){0});
    r->cycles = e->now;
    if (plan->flow != NULL)
        ZS_TRY(zs_flow_finish(arena, plan, e->flows[0].sim, layers, r, err));
    for (uint32_t p = 0; p < plan->part_n; p++)
        if (e->flows[p].of != NULL)
            ZS_TRY(zs_flow_note_part(arena, plan, p, e->flows[p].sim, r, err));
    r->dram = *zs_memsys_dram_counts(e->ms);
    r->events += zs_memsys_events(e->ms) + plan->op_n;
    if (e->serial != NULL)
        r->events += zs_serial_events(e->serial);
    return list_ports(e, arena, r, err);
}

/* Rows with nothing known but their bounds. */
static zs_layer_result *new_rows(zs_arena *arena, const zs_design *design, const zs_net *net,
                                 const zs_plan *plan)
{
    zs_layer_result *layers = zs_new(arena, zs_layer_result, plan->row_n);
    uint64_t *ends = zs_new(arena, uint64_t, plan->row_n);
    if (layers == NULL || ends == NULL)
        return NULL;
    zs_bound_row_ends(design, net, plan, ends);
    for (uint32_t i = 0; i < plan->row_n; i++)
        layers[i].bound_cycles = ends[i] - (i ? ends[i - 1] : 0);
    return layers;
}

zs_status zs_sim_run(zs_arena *arena, const zs_design *design, const zs_net *net,
                     const zs_plan *plan, zs_fidelity fidelity, const zs_retire_hook *hook,
                     zs_result **out, zs_err *err)
{
    zs_result *r = zs_new(arena, zs_result, 1);
    zs_layer_result *layers = new_rows(arena, design, net, plan);
    if (r == NULL || layers == NULL)
        return zs_nomem(err, "simulation");
    ZS_TRY(zs_engine_results_new(arena, plan, r, err));
    if (fidelity == ZS_BOUND)
        zs_sim_bound(design, plan, layers, r);
    else
        ZS_TRY(simulate(arena, design, plan, fidelity, hook, layers, r, err));
    ZS_TRY(zs_result_finish(arena, design, net, plan, fidelity, layers, r, err));
    ZS_TRY(zs_result_check(r, err));
    *out = r;
    return ZS_OK;
}
