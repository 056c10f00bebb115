#include "memsys_priv.h"
#include "zynqsim/des.h"

#include <string.h>

/* Actors of the event queue: the channels, then one gate per direction in front of the controller,
 * which opens when its queue has room for the request that waits. */
enum { GATE = ZS_CHANNEL_N };

/* A burst between its address and the end of its data. */
typedef struct flight {
    uint64_t first_at, last_at; /* PL cycles the memory's data allow for its first and last beat */
    uint32_t beats;
    uint16_t requests; /* not yet placed by the controller; one more while it is being sent */
} flight;

enum { STREAM_TRANSACTIONS = 16 };

/* What has to hold for a lone read burst to be over when the beats before it are, whatever the
 * controller does: bounds in PL cycles, all on the safe side. */
typedef struct stream_bounds {
    uint32_t first,
        last[STREAM_TRANSACTIONS + 1];       /* address to first and last beat at the latest */
    uint32_t apart[STREAM_TRANSACTIONS + 1]; /* to the next address, by transactions */
    uint32_t margin; /* from an address to the end of what may decide about its arrival */
    bool is_plain;   /* no rules about rows and addresses */
} stream_bounds;

typedef struct channel_state {
    zs_axi_params port;
    bool is_write, busy, all_sent;
    bool at_row_start; /* the next burst is the first of a row, not of a transfer */
    zs_dma_rules rules;
    stream_bounds bounds;
    uint32_t to_memory, from_memory; /* PL cycles of latency in each direction */
    zs_xfer xfer;                    /* its rows are being sent ... */
    zs_xfer xfers[ZS_CHAIN_MAX];     /* ... and then those behind it, as if they were rows of it */
    uint32_t xfer_i, xfer_n;
    uint64_t row_addr, addr; /* next byte not yet in a burst, and the row and plane it is in */
    uint64_t plane_addr;
    uint32_t row_left, rows_left, planes_left;
    zs_axi_flow flow;
    flight flights[ZS_AXI_OUTSTANDING];
    uint32_t issue_i, finish_i; /* as in flow */
    uint32_t sending_i;         /* flight of `sending` */
    zs_dram_req sending;        /* what of the burst at the gate is not yet in the controller */
    uint64_t sending_last;      /* write: PL cycle of its last beat */
    uint64_t sent_at;           /* PL cycle of its address */
    uint64_t arrives_at;        /* DDR cycle at which it is at the gate */
    uint64_t done_at;           /* cycle after the last event of the transfer, once all is known */
} channel_state;

struct zs_burst_sys {
    zs_dram *dram;
    zs_clock_pair clock;
    zs_des des;
    channel_state channels[ZS_CHANNEL_N];
    zs_channel_counts *counts;
    uint32_t finished;     /* mask of channels with a known end that has not been reported */
    uint32_t waiting[2];   /* mask of channels at the gate of a direction */
    uint32_t served[2];    /* channel let in last: the next one in turn follows it */
    uint64_t end, end_ddr; /* the earliest of their ends, or never */
    uint32_t end_channel;
    uint32_t working;    /* mask of channels with a transfer that has not been reported */
    uint32_t queued;     /* requests in the controller that are not placed */
    uint64_t refresh_at; /* DDR cycle of the controller's next refresh */
    uint64_t events;
    const zs_memsys_watch *watch;
};

static void find_end(zs_burst_sys *bs)
{
    bs->end = UINT64_MAX;
    for (uint32_t left = bs->finished; left != 0; left &= left - 1) {
        const uint32_t i = (uint32_t)__builtin_ctz(left);
        if (bs->channels[i].done_at < bs->end) {
            bs->end = bs->channels[i].done_at;
            bs->end_channel = i;
        }
    }
    bs->end_ddr = zs_pl_to_ddr(&bs->clock, bs->end);
}

static uint32_t pl_cycles_of(const zs_burst_sys *bs, uint64_t ddr_cycles)
{
    return (uint32_t)zs_ceil_div(ddr_cycles * bs->clock.tck_ps, bs->clock.pl_ps);
}

static stream_bounds bounds_of(const zs_burst_sys *bs, const channel_state *c,
                               const zs_memory_params *m)
{
    const uint32_t hit = zs_dram_read_ddr_cycles(m, ZS_ROW_OPEN);
    const uint32_t gap = zs_dram_column_gap(m);
    stream_bounds b = {.is_plain = !c->rules.block_rows && c->rules.row_gap == 0 &&
                                   c->rules.address_interval == 1};
    b.first = c->to_memory + c->from_memory + pl_cycles_of(bs, hit + 1) + 1;
    b.margin = c->to_memory + 2 * pl_cycles_of(bs, 2) + 2;
    for (uint32_t n = 1; n <= STREAM_TRANSACTIONS; n++) {
        b.last[n] = c->to_memory + c->from_memory + pl_cycles_of(bs, hit + gap * (n - 1) + 1) + 1;
        b.apart[n] = pl_cycles_of(bs, gap * n + 1);
    }
    return b;
}

zs_status zs_burst_sys_build(zs_arena *arena, const zs_design *design, zs_channel_counts *counts,
                             zs_burst_sys **out, zs_err *err)
{
    zs_burst_sys *bs = zs_new(arena, zs_burst_sys, 1);
    if (bs == NULL)
        return zs_nomem(err, "the AXI channels");
    ZS_TRY(zs_dram_build(arena, &design->board.memory, &bs->dram, err));
    bs->clock = zs_clock_pair_of(design->accel.clock_hz, design->board.memory.tck_ps);
    bs->counts = counts;
    zs_des_init(&bs->des);
    find_end(bs);
    for (uint32_t i = 0; i < ZS_CHANNEL_N; i++) {
        channel_state *c = &bs->channels[i];
        c->port = *zs_channel_port(design, i);
        c->is_write = i & 1;
        c->rules = zs_dma_rules_of(design, i);
        const uint32_t latency =
            c->is_write ? c->port.write_latency_pl_cycles : c->port.read_latency_pl_cycles;
        c->to_memory = latency / 2;
        c->from_memory = latency - c->to_memory;
        c->bounds = bounds_of(bs, c, &design->board.memory);
    }
    *out = bs;
    return ZS_OK;
}

void zs_burst_sys_watch_set(zs_burst_sys *bs, const zs_memsys_watch *watch)
{
    bs->watch = watch;
    zs_dram_watch_set(bs->dram, watch == NULL ? NULL : &watch->dram);
}

ZS_COLD static void tell_sent(const zs_burst_sys *bs, uint32_t i)
{
    const channel_state *c = &bs->channels[i];
    bs->watch->burst_sent(bs->watch->ctx, i, c->sending.addr, c->sending.bytes, c->sent_at);
}

/* The flow keeps from when on the place of the burst that ended last is free: its end. */
ZS_COLD static void tell_over(const zs_burst_sys *bs, uint32_t i)
{
    const zs_axi_flow *flow = &bs->channels[i].flow;
    const uint32_t last = flow->finish_i == 0 ? (uint32_t)flow->limit - 1 : flow->finish_i - 1;
    bs->watch->burst_over(bs->watch->ctx, i, flow->room_at[last]);
}

/* ---- from descriptor to bursts --------------------------------------------------------------- */

/* The first row of the next transfer that has any; false: there is none. */
static bool next_xfer(channel_state *c)
{
    while (c->xfer_i < c->xfer_n && zs_xfer_bytes(&c->xfers[c->xfer_i]) == 0)
        c->xfer_i++;
    if (c->xfer_i >= c->xfer_n)
        return false;
    c->xfer = c->xfers[c->xfer_i];
    c->addr = c->row_addr = c->plane_addr = c->xfer.addr;
    c->row_left = c->xfer.row_bytes;
    c->rows_left = c->xfer.row_n;
    c->planes_left = c->xfer.plane_n;
    return true;
}

static void next_row(channel_state *c)
{
    c->at_row_start = true;
    if (--c->rows_left != 0) {
        c->row_addr += c->xfer.row_pitch_bytes;
    } else if (--c->planes_left != 0) {
        c->plane_addr += c->xfer.plane_pitch_bytes;
        c->row_addr = c->plane_addr;
        c->rows_left = c->xfer.row_n;
    } else {
        c->xfer_i++;
        c->all_sent = !next_xfer(c);
        return;
    }
    c->addr = c->row_addr;
    c->row_left = c->xfer.row_bytes;
}

static zs_axi_burst take_burst(channel_state *c)
{
    const zs_axi_burst burst = zs_axi_cut(&c->port, c->addr, c->row_left);
    c->addr += burst.bytes;
    c->row_left -= burst.bytes;
    if (c->row_left == 0)
        next_row(c);
    return burst;
}

static uint32_t tag_of(uint32_t channel, uint32_t flight_i)
{
    return channel | flight_i << 8;
}

/* Holds the address of a new row back; false: until the row before has arrived. */
static bool row_may_start(channel_state *c)
{
    if (!c->at_row_start)
        return true;
    if (c->rules.block_rows) {
        if (c->flow.open != 0)
            return false;
        c->flow.address_at = zs_max_u64(c->flow.address_at, c->done_at + 1);
    }
    c->flow.address_at += c->rules.row_gap;
    c->at_row_start = false;
    return true;
}

/* Sends the next address as soon as there is a place for it. */
static ZS_INLINE bool send_address(zs_burst_sys *bs, uint32_t i)
{
    channel_state *c = &bs->channels[i];
    if (c->all_sent || c->sending.bytes != 0 || !row_may_start(c))
        return false;
    const uint64_t at = zs_axi_flow_next(&c->flow);
    if (at == ZS_AXI_NEVER)
        return false;
    const zs_axi_burst burst = take_burst(c);
    zs_axi_flow_issue(&c->flow, at);
    c->flow.address_at += c->rules.address_interval - 1;
    c->flights[c->issue_i] = (flight){.beats = burst.beats, .requests = 1};
    c->sending = (zs_dram_req){.addr = burst.addr,
                               .bytes = burst.bytes,
                               .tag = tag_of(i, c->issue_i),
                               .is_write = c->is_write};
    c->sending_i = c->issue_i;
    c->issue_i = c->issue_i + 1 == c->flow.limit ? 0 : c->issue_i + 1;
    c->sent_at = at;
    bs->counts[i].bursts++;
    bs->counts[i].beats += burst.beats;
    return true;
}

static inline void send_data(channel_state *c)
{
    const uint32_t beats = c->flights[c->sending_i].beats;
    c->sending_last = zs_axi_flow_beats(&c->flow, beats, c->sent_at + c->rules.write_data, 0);
    c->flow.beat_at += c->rules.write_gap;
}

/* A read is on its way to the controller from its address on, a write from its last beat. */
static uint64_t leaves_at(const channel_state *c)
{
    return c->is_write ? c->sending_last : c->sent_at;
}

static inline void plan_arrival(zs_burst_sys *bs, uint32_t i)
{
    channel_state *c = &bs->channels[i];
    c->arrives_at = zs_pl_to_ddr(&bs->clock, leaves_at(c) + c->to_memory);
    zs_des_at(&bs->des, i, c->arrives_at);
}

static void send_next(zs_burst_sys *bs, uint32_t i)
{
    if (!send_address(bs, i))
        return;
    if (bs->channels[i].is_write)
        send_data(&bs->channels[i]);
    if (bs->watch != NULL) /* bursts that stream past the controller are not told: see stream */
        tell_sent(bs, i);
    plan_arrival(bs, i);
}

/* ---- back from the memory -------------------------------------------------------------------- */

static inline void finish_burst(zs_burst_sys *bs, uint32_t i, uint64_t at)
{
    channel_state *c = &bs->channels[i];
    zs_axi_flow_finish(&c->flow, at);
    c->finish_i = c->finish_i + 1 == c->flow.limit ? 0 : c->finish_i + 1;
    c->done_at = at + 1;
    if (c->all_sent && c->flow.open == 0) {
        c->done_at += c->rules.finish - 1;
        bs->finished |= 1u << i;
        find_end(bs);
    }
}

/* Reads come back in order: a burst whose data are there still waits for those before it. */
static void deliver_reads(zs_burst_sys *bs, uint32_t i)
{
    channel_state *c = &bs->channels[i];
    while (c->flow.open != 0) {
        const flight *f = &c->flights[c->finish_i];
        if (f->requests != 0)
            return;
        finish_burst(bs, i, zs_axi_flow_beats(&c->flow, f->beats, f->first_at, f->last_at));
        if (bs->watch != NULL)
            tell_over(bs, i);
    }
}

static void read_placed(zs_burst_sys *bs, const zs_dram_done *done)
{
    const uint32_t i = done->tag & 0xff;
    channel_state *c = &bs->channels[i];
    flight *f = &c->flights[done->tag >> 8];
    const uint64_t first = zs_ddr_to_pl(&bs->clock, done->first_ddr_cycle) + c->from_memory;
    f->first_at = zs_max_u64(f->first_at, first);
    const uint64_t data_ps = (done->last_ddr_cycle - done->first_ddr_cycle) * bs->clock.tck_ps;
    if (data_ps > (f->beats - 1) * bs->clock.pl_ps) { /* the memory is slower than the beats */
        const uint64_t last = zs_ddr_to_pl(&bs->clock, done->last_ddr_cycle) + c->from_memory;
        f->last_at = zs_max_u64(f->last_at, last);
    }
    f->requests--;
    deliver_reads(bs, i);
    send_next(bs, i);
}

/* ---- at the controller's gate ---------------------------------------------------------------- */

/* The whole burst is in the controller: a posted write is answered. */
static void burst_is_in(zs_burst_sys *bs, uint32_t i, uint64_t at_ddr)
{
    channel_state *c = &bs->channels[i];
    c->flights[c->sending_i].requests--;
    if (c->is_write) {
        uint64_t taken = c->sending_last + c->to_memory;
        if (at_ddr > c->arrives_at) /* it had to wait at the gate */
            taken = zs_max_u64(taken, zs_ddr_to_pl(&bs->clock, at_ddr));
        finish_burst(bs, i, taken + c->from_memory);
        if (bs->watch != NULL)
            tell_over(bs, i);
    }
    send_next(bs, i);
    if (zs_des_is_pending(&bs->des, i) && c->arrives_at <= at_ddr)
        zs_des_at(&bs->des, i, at_ddr + 1); /* in order, one after the other */
}

/* Hands a channel's next request to the controller: false when there is no room at `at`. */
static bool let_in(zs_burst_sys *bs, uint32_t i, uint64_t at)
{
    channel_state *c = &bs->channels[i];
    const uint32_t bytes = c->sending.bytes;
    const uint64_t room_at = zs_dram_offer(bs->dram, &c->sending, at);
    if (room_at > at) {
        if (room_at != ZS_DRAM_NEVER)
            zs_des_at(&bs->des, GATE + c->is_write, room_at);
        return false;
    }
    bs->queued++;
    bs->counts[i].bytes += bytes - c->sending.bytes;
    c->flights[c->sending_i].requests++;
    return true;
}

/* Lets waiting channels in, in turn, each with a whole burst, while there is room. */
static void open_gate(zs_burst_sys *bs, uint32_t dir, uint64_t at)
{
    while (bs->waiting[dir] != 0) {
        const uint32_t mask = bs->waiting[dir];
        const uint32_t later = mask & ~((2u << bs->served[dir]) - 1);
        const uint32_t i = (uint32_t)__builtin_ctz(later != 0 ? later : mask);
        do {
            if (!let_in(bs, i, at))
                return;
        } while (bs->channels[i].sending.bytes != 0);
        bs->waiting[dir] &= ~(1u << i);
        bs->served[dir] = i;
        burst_is_in(bs, i, at);
    }
}

/* ---- the loop -------------------------------------------------------------------------------- */

void zs_burst_sys_start(zs_burst_sys *bs, uint32_t i, const zs_xfer *xfers, uint32_t xfer_n,
                        uint64_t start)
{
    channel_state *c = &bs->channels[i];
    const uint32_t outstanding = c->is_write ? c->port.write_outstanding : c->port.read_outstanding;
    memcpy(c->xfers, xfers, xfer_n * sizeof *xfers);
    c->xfer_i = 0;
    c->xfer_n = xfer_n;
    c->issue_i = c->finish_i = 0;
    c->sending = (zs_dram_req){0};
    c->done_at = start;
    c->at_row_start = false;
    c->all_sent = !next_xfer(c);
    bs->working |= 1u << i;
    zs_axi_flow_start(&c->flow, outstanding, start + c->rules.row_gap);
    if (c->all_sent) {
        bs->finished |= 1u << i;
        find_end(bs);
    } else {
        send_next(bs, i);
    }
}

static void placed(zs_burst_sys *bs, const zs_dram_done *done)
{
    const uint32_t dir = done->is_write;
    if (!done->is_write)
        read_placed(bs, done);
    if (bs->waiting[dir] != 0 && !zs_des_is_pending(&bs->des, GATE + dir))
        zs_des_at(&bs->des, GATE + dir, done->command_ddr_cycle + 1);
}

/* ---- a lone channel ---------------------------------------------------------------------------
 */

/* PL cycle before which a lone burst lets nothing else come between it and its data: no refresh,
 * and nothing the caller may start. */
static uint64_t stream_limit(const zs_burst_sys *bs, const channel_state *c, uint64_t limit)
{
    const uint64_t refresh = zs_ddr_to_pl(&bs->clock, zs_dram_refresh_at(bs->dram));
    const uint64_t least = zs_min_u64(limit, refresh);
    return least > c->bounds.margin ? least - c->bounds.margin : 0;
}

/* Whether the controller has no say in when the burst that is being sent is over: its row is open
 * and, if it reads, its data come while earlier beats still occupy the channel. */
static inline bool streams(const channel_state *c, const zs_dram_run_of_hits *hits, uint32_t n,
                           uint64_t limit)
{
    const stream_bounds *b = &c->bounds;
    const uint64_t leaves = leaves_at(c);
    if (n == 0 || n > STREAM_TRANSACTIONS || leaves >= limit ||
        (hits->bursts != 0 && leaves - hits->last_leaves < b->apart[hits->last_n]))
        return false;
    const uint64_t beat_at = c->flow.beat_at;
    const uint32_t beats = c->flights[c->sending_i].beats;
    return c->is_write ||
           (beat_at >= leaves + b->first && beat_at + beats - 1 >= leaves + b->last[n]);
}

/* Takes the burst that is being sent off, and sends the next one: its transactions, or 0. */
static uint32_t stream_one(zs_burst_sys *bs, uint32_t i, zs_dram_run_of_hits *hits, uint32_t n)
{
    channel_state *c = &bs->channels[i];
    zs_dram_add_hit(hits, &c->sending, n, leaves_at(c));
    bs->counts[i].bytes += c->sending.bytes;
    c->sending.bytes = 0;
    c->flights[c->sending_i].requests = 0;
    const uint32_t beats = c->flights[c->sending_i].beats;
    finish_burst(bs, i,
                 c->is_write ? c->sending_last + c->to_memory + c->from_memory
                             : zs_axi_flow_beats(&c->flow, beats, 0, 0));
    if (!send_address(bs, i))
        return 0;
    if (c->is_write)
        send_data(c);
    return zs_dram_hit_of(hits, &c->sending);
}

/* While one channel has the memory to itself and stays in an open row, bursts are taken off one by
 * one by the rules of the channel alone, and the controller is told of them in one go. */
static void stream(zs_burst_sys *bs, uint32_t i, uint64_t limit)
{
    channel_state *c = &bs->channels[i];
    zs_dram_run_of_hits hits;
    if (bs->watch != NULL || c->sending.bytes == 0 || !c->bounds.is_plain ||
        bs->working != 1u << i || !zs_dram_begin_hits(bs->dram, &c->sending, c->arrives_at, &hits))
        return;
    const uint64_t end = stream_limit(bs, c, limit);
    uint32_t n = zs_dram_hit_of(&hits, &c->sending);
    if (!streams(c, &hits, n, end))
        return;
    do {
        n = stream_one(bs, i, &hits, n);
    } while (streams(c, &hits, n, end));
    bs->events += hits.bursts;
    zs_dram_end_hits(bs->dram, &hits, zs_pl_to_ddr(&bs->clock, hits.last_leaves + c->to_memory));
    if (c->sending.bytes != 0)
        plan_arrival(bs, i);
    else
        zs_des_cancel(&bs->des, i);
}

/* A burst that need not wait at the gate goes straight to the controller. */
static void go_through(zs_burst_sys *bs, uint32_t i, uint64_t at, uint64_t limit,
                       uint64_t limit_ddr)
{
    channel_state *c = &bs->channels[i];
    zs_dram_req req = {.addr = c->sending.addr,
                       .bytes = c->sending.bytes,
                       .tag = c->sending.tag,
                       .is_write = c->is_write};
    uint64_t until = ZS_DES_NEVER;
    uint32_t actor;
    zs_dram_done done;
    bs->counts[i].bytes += req.bytes;
    bs->served[c->is_write] = i;
    c->sending.bytes = 0;
    c->flights[c->sending_i].requests++;
    burst_is_in(bs, i, at);
    zs_des_peek(&bs->des, &until, &actor);
    until = zs_min_u64(until, zs_min_u64(limit_ddr, bs->end_ddr));
    if (zs_dram_pass(bs->dram, &req, at, until, &done)) {
        placed(bs, &done);
        stream(bs, i, limit);
    } else {
        zs_dram_offer(bs->dram, &req, at);
        bs->queued++;
    }
}

static void arrive(zs_burst_sys *bs, uint32_t i, uint64_t at, uint64_t limit, uint64_t limit_ddr)
{
    const uint32_t dir = bs->channels[i].is_write;
    const bool is_free = bs->waiting[dir] == 0 && !zs_des_is_pending(&bs->des, GATE + dir);
    if (is_free && zs_dram_takes_whole(bs->dram, &bs->channels[i].sending, at)) {
        go_through(bs, i, at, limit, limit_ddr);
        return;
    }
    bs->waiting[dir] |= 1u << i;
    if (!zs_des_is_pending(&bs->des, GATE + dir))
        open_gate(bs, dir, at);
}

static void handle_event(zs_burst_sys *bs, uint32_t actor, uint64_t at, uint64_t limit,
                         uint64_t limit_ddr)
{
    zs_des_cancel(&bs->des, actor);
    bs->events++;
    if (actor < GATE)
        arrive(bs, actor, at, limit, limit_ddr);
    else
        open_gate(bs, actor - GATE, at);
}

/* Lets the controller decide up to `until`, unless there is nothing to decide: no request in it and
 * no refresh due. True: it placed a piece. */
static bool run_controller(zs_burst_sys *bs, uint64_t until, zs_dram_done *done)
{
    if (bs->queued == 0 && until < bs->refresh_at)
        return false;
    const bool any = zs_dram_run(bs->dram, until, done);
    bs->queued -= any;
    bs->refresh_at = zs_dram_refresh_at(bs->dram);
    return any;
}

/* Nothing may happen past the limit, since the caller may start a transfer there. */
bool zs_burst_sys_next(zs_burst_sys *bs, uint64_t limit, uint32_t *channel, uint64_t *done_at)
{
    const uint64_t limit_ddr = zs_pl_to_ddr(&bs->clock, limit);
    for (;;) {
        uint32_t actor = 0;
        uint64_t event_at = ZS_DES_NEVER;
        zs_dram_done done;
        const uint64_t stop = zs_min_u64(limit_ddr, bs->end_ddr);
        zs_des_peek(&bs->des, &event_at, &actor);
        if (run_controller(bs, zs_min_u64(event_at, stop), &done)) {
            placed(bs, &done);
        } else if (event_at < stop) {
            handle_event(bs, actor, event_at, limit, limit_ddr);
        } else if (bs->end <= limit && bs->end != UINT64_MAX) {
            *channel = bs->end_channel;
            *done_at = bs->end;
            bs->finished &= ~(1u << bs->end_channel);
            bs->working &= ~(1u << bs->end_channel);
            find_end(bs);
            return true;
        } else {
            return false;
        }
    }
}

const zs_dram_counts *zs_burst_sys_dram_counts(const zs_burst_sys *bs)
{
    return zs_dram_counts_of(bs->dram);
}

uint64_t zs_burst_sys_events(const zs_burst_sys *bs)
{
    return bs->events + zs_dram_events(bs->dram);
}

zs_dram *zs_burst_sys_dram(zs_burst_sys *bs)
{
    return bs->dram;
}
