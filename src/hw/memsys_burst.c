#include "burst_priv.h"
#include "dram_bypass_priv.h"
#include "dram_queue_priv.h"

#include <string.h>

zs_status zs_burst_sys_build(zs_arena *arena, const zs_design *design, zs_channel_counts *counts,
                             zs_burst_sys **out, zs_err *err)
{
    zs_burst_sys *bs = zs_new(arena, zs_burst_sys, 1);
    channel_state *channels = zs_new(arena, channel_state, ZS_CHANNEL_N);
    if (bs == NULL || channels == NULL)
        return zs_nomem(err, "the AXI channels");
    const zs_memory_params *memory = &design->board.memory;
    bs->memory_n = zs_memory_channels(memory);
    bs->block_shift = bs->memory_n > 1 ? (uint32_t)__builtin_ctz(memory->interleave_bytes) : 0;
    bs->lookahead = memory->t_cl; /* data of a read, behind which its channel sends another one */
    for (uint32_t k = 0; k < bs->memory_n; k++) {
        bs->memory[k].arbiter = ARBITER + 2 * k;
        ZS_TRY(zs_dram_build(arena, memory, &bs->memory[k].dram, err));
    }
    bs->clock = zs_clock_pair_of(design->accel.clock_hz, design->board.memory.tck_ps);
    zs_des_init(&bs->des);
    find_end(bs);
    for (uint32_t i = 0; i < ZS_CHANNEL_N; i++) {
        channel_state *c = bs->channels[i] = &channels[i];
        c->i = i;
        c->memory = &bs->memory[0];
        c->counts = &counts[i];
        c->port = zs_channel_port(design, i);
        c->port.read_outstanding = c->port.write_outstanding = zs_channel_outstanding(design, i);
        c->is_write = i & 1;
        c->rules = zs_dma_rules_of(design, i);
        c->has_row_rules = c->rules.block_rows || c->rules.row_gap != 0;
        const uint32_t latency =
            c->is_write ? c->port.write_latency_pl_cycles : c->port.read_latency_pl_cycles;
        c->to_memory = latency / 2;
        c->from_memory = latency - c->to_memory;
        const uint64_t hit = zs_dram_read_ddr_cycles(&design->board.memory, ZS_ROW_OPEN);
        const uint64_t hit_ps = (hit + 1) * bs->clock.tck_ps; /* + 1: up to the next DDR edge */
        c->hit_pl_cycles = latency + (uint32_t)zs_ceil_div(hit_ps, bs->clock.pl_ps) + 1;
        c->ends_later = !c->is_write ||
                        (c->from_memory + c->rules.finish) * bs->clock.pl_ps >= bs->clock.tck_ps;
    }
    *out = bs;
    return ZS_OK;
}

void zs_burst_sys_watch_set(zs_burst_sys *bs, const zs_memsys_watch *watch)
{
    bs->watch = watch;
    for (uint32_t k = 0; k < bs->memory_n; k++)
        zs_dram_watch_set(bs->memory[k].dram, watch == NULL ? NULL : &watch->dram);
}

/* The DRAM channel of the burst being sent, and its address there. */
static ZS_INLINE void find_memory(zs_burst_sys *bs, channel_state *c)
{
    if (bs->memory_n <= 1)
        return;
    const uint64_t addr = c->sending.addr, block = addr >> bs->block_shift;
    c->memory = &bs->memory[block & (bs->memory_n - 1)];
    c->sending.addr =
        (block / bs->memory_n) << bs->block_shift | (addr & ((UINT64_C(1) << bs->block_shift) - 1));
}

ZS_COLD static void notify_sent(const zs_burst_sys *bs, const channel_state *c)
{
    bs->watch->burst_sent(bs->watch->ctx, c->i, c->sending.addr, c->sending.bytes, c->sent_at);
}

/* The flow keeps the cycle after the burst that ended last. */
ZS_COLD static void notify_over(const zs_burst_sys *bs, const channel_state *c)
{
    const zs_axi_flow *flow = &c->flow;
    const uint32_t last = flow->finished - 1;
    bs->watch->burst_over(bs->watch->ctx, c->i, flow->room_at[last % ZS_AXI_OUTSTANDING]);
}

/* ---- sending --------------------------------------------------------------------------------- */

static ZS_INLINE bool send_next(zs_burst_sys *bs, channel_state *c)
{
    if (!send_address(c))
        return false;
    if (c->is_write)
        c->sending_last = send_beats(c, c->flights[c->sending_i].beats, c->sent_at);
    if (bs->watch != NULL)
        notify_sent(bs, c);
    find_memory(bs, c);
    c->arrives_at = zs_pl_to_ddr(&bs->clock, leaves_at(c) + c->to_memory);
    zs_des_at(&bs->des, c->i, c->arrives_at);
    return true;
}

/* ---- completion ------------------------------------------------------------------------------ */

/* Reads return in order: a burst whose data have arrived still waits for earlier ones. */
static ZS_INLINE void deliver_reads(zs_burst_sys *bs, channel_state *c)
{
    while (zs_axi_flow_outstanding(&c->flow) != 0) {
        const flight *f = &c->flights[c->flow.finished % ZS_AXI_OUTSTANDING];
        if (f->requests != 0)
            return;
        finish_burst(bs, c, zs_axi_flow_beats(&c->flow, f->beats, f->first_at, f->last_at));
        if (bs->watch != NULL)
            notify_over(bs, c);
    }
}

static ZS_INLINE bool read_issued(zs_burst_sys *bs, const zs_dram_done *done)
{
    channel_state *c = bs->channels[done->tag & 0xff];
    flight *f = &c->flights[done->tag >> 8];
    uint64_t first, last;
    const uint64_t span = done->last_ddr_cycle - done->first_ddr_cycle;
    read_data(bs, c, done->first_ddr_cycle, span, f->beats, &first, &last);
    f->first_at = zs_max_u64(f->first_at, first);
    f->last_at = zs_max_u64(f->last_at, last);
    f->requests--;
    deliver_reads(bs, c);
    return send_next(bs, c);
}

/* ---- arbitration ----------------------------------------------------------------------------- */

/* The whole burst is queued in the controller: a posted write gets its response. */
static ZS_INLINE void burst_accepted(zs_burst_sys *bs, channel_state *c, uint64_t at_ddr)
{
    count_taken(c, 1, c->flights[c->sending_i].beats);
    if (c->is_write) {
        uint64_t taken = c->sending_last + c->to_memory;
        if (at_ddr > c->arrives_at) /* it had to wait at the arbiter */
            taken = zs_max_u64(taken, zs_ddr_to_pl(&bs->clock, at_ddr));
        finish_burst(bs, c, taken + c->from_memory);
        if (bs->watch != NULL)
            notify_over(bs, c);
    }
    send_next(bs, c);
    if (zs_des_is_pending(&bs->des, c->i) && c->arrives_at <= at_ddr)
        zs_des_at(&bs->des, c->i, at_ddr + 1); /* in order, one after the other */
}

/* Hands a channel's next request to the controller: false when there is no room at `at`. */
static bool enqueue_piece(zs_burst_sys *bs, channel_state *c, uint64_t at)
{
    const uint32_t bytes = c->sending.bytes;
    const uint64_t room_at = zs_dram_offer(c->memory->dram, &c->sending, at);
    if (room_at > at) {
        if (room_at != ZS_DRAM_NEVER)
            zs_des_at(&bs->des, c->memory->arbiter + c->is_write, room_at);
        return false;
    }
    bs->queued++;
    c->counts->bytes += bytes - c->sending.bytes;
    c->flights[c->sending_i].requests++;
    return true;
}

/* Round-robin over waiting channels, a whole burst each, while the queue has space. */
static void arbitrate(zs_burst_sys *bs, memory_channel *m, uint32_t dir, uint64_t at)
{
    while (m->waiting[dir] != 0) {
        const uint32_t mask = m->waiting[dir];
        const uint32_t later = mask & ~((2u << m->served[dir]) - 1);
        const uint32_t i = (uint32_t)__builtin_ctz(later != 0 ? later : mask);
        channel_state *c = bs->channels[i];
        do {
            if (!enqueue_piece(bs, c, at))
                return;
        } while (c->sending.bytes != 0);
        m->waiting[dir] &= ~(1u << i);
        m->served[dir] = i;
        c->flights[c->sending_i].requests--;
        burst_accepted(bs, c, at);
    }
}

/* ---- transfers ------------------------------------------------------------------------------- */

/* Delays the end of a load by unpacking, and the first address of a store by copying. */
static void start_side(channel_state *c)
{
    uint64_t unpacked_at = 0;
    c->unpacking_behind = c->unpacked_at = 0;
    if (c->is_write) {
        c->flow.address_at += c->all_sent ? 0 : zs_copy_pl_cycles(&c->xfer);
        c->row_at = c->flow.address_at;
        return;
    }
    for (uint32_t i = 0; i < c->xfer_n; i++)
        if (c->xfers[i].stage_n != 0)
            c->unpacking_behind += zs_side_pl_cycles(&c->xfers[i]);
        else
            unpacked_at += zs_side_pl_cycles(&c->xfers[i]);
    if (unpacked_at != 0)
        c->unpacked_at = c->flow.address_at + c->port.read_latency_pl_cycles + unpacked_at;
}

void zs_burst_sys_start(zs_burst_sys *bs, uint32_t i, const zs_xfer *xfers, uint32_t xfer_n,
                        uint64_t start)
{
    channel_state *c = bs->channels[i];
    const uint32_t outstanding = c->is_write ? c->port.write_outstanding : c->port.read_outstanding;
    memcpy(c->xfers, xfers, xfer_n * sizeof *xfers);
    c->xfer_i = 0;
    c->xfer_n = xfer_n;
    c->sending = (zs_dram_req){0};
    c->at_row_start = false;
    c->all_sent = !next_xfer(c);
    bs->working |= 1u << i;
    bs->repeating |= (uint32_t)zs_burst_repeats(c) << i;
    start -= bs->skipped;
    bs->at = zs_max_u64(bs->at, start);
    c->done_at = start;
    zs_axi_flow_start(&c->flow, outstanding, start + c->rules.row_gap);
    start_side(c);
    if (c->all_sent) {
        bs->finished |= 1u << i;
        find_end(bs);
    } else {
        send_next(bs, c);
    }
}

/* True: an event was scheduled. */
static ZS_INLINE bool issued(zs_burst_sys *bs, const memory_channel *m, const zs_dram_done *done)
{
    const uint32_t dir = done->is_write, arbiter = m->arbiter + dir;
    const bool any = !done->is_write && read_issued(bs, done);
    if (m->waiting[dir] == 0 || zs_des_is_pending(&bs->des, arbiter))
        return any;
    zs_des_at(&bs->des, arbiter, done->command_ddr_cycle + 1);
    return true;
}

/* ---- event loop ------------------------------------------------------------------------------ */

/* Whether the controller can decide a request at once, since nothing can arrive before. */
static ZS_INLINE bool bypass_queue(zs_burst_sys *bs, const memory_channel *m,
                                   const zs_dram_req *req, uint32_t n, uint64_t at,
                                   uint64_t limit_ddr)
{
    uint64_t until = ZS_DES_NEVER;
    uint32_t actor;
    zs_dram_done done;
    if (bs->queued != 0)
        return false;
    zs_des_peek(&bs->des, &until, &actor);
    until = zs_min_u64(until, zs_min_u64(limit_ddr, bs->end_ddr));
    if (!zs_dram_bypass(m->dram, req, n, at, until, &done))
        return false;
    issued(bs, m, &done);
    return true;
}

/* Sends a burst that need not wait at the arbiter to the controller. */
static ZS_INLINE void enqueue_burst(zs_burst_sys *bs, channel_state *c, uint32_t n, uint64_t at,
                                    uint64_t limit_ddr)
{
    const zs_dram_req req = c->sending;
    memory_channel *m = c->memory;
    c->counts->bytes += req.bytes;
    m->served[c->is_write] = c->i;
    c->sending.bytes = 0;
    burst_accepted(bs, c, at);
    if (bypass_queue(bs, m, &req, n, at, limit_ddr))
        return;
    zs_dram_enqueue(m->dram, &req, n, at);
    bs->queued++;
}

/* No other channel is active; finished ones, whose end is known, do not count. */
static bool is_alone(const zs_burst_sys *bs, uint32_t i)
{
    return (bs->working & ~bs->finished) == 1u << i && bs->queued == 0 && bs->des.pending == 0 &&
           bs->watch == NULL && bs->memory_n == 1;
}

static ZS_INLINE void arrive(zs_burst_sys *bs, uint32_t i, uint64_t at, uint64_t limit_ddr)
{
    channel_state *c = bs->channels[i];
    if (is_alone(bs, i) && zs_burst_alone(bs, c, at, zs_min_u64(limit_ddr, bs->end_ddr)))
        return;
    const zs_dram_req *req = &c->sending;
    memory_channel *m = c->memory;
    const uint32_t dir = c->is_write, arbiter = m->arbiter + dir;
    const uint32_t n = zs_dram_blocks(m->dram, req->addr, req->bytes);
    const bool is_free = m->waiting[dir] == 0 && !zs_des_is_pending(&bs->des, arbiter);
    if (is_free && zs_dram_accepts(m->dram, req, n, at)) {
        enqueue_burst(bs, c, n, at, limit_ddr);
        return;
    }
    m->waiting[dir] |= 1u << i;
    if (!zs_des_is_pending(&bs->des, arbiter))
        arbitrate(bs, m, dir, at);
}

static ZS_INLINE void handle_event(zs_burst_sys *bs, uint32_t actor, uint64_t at,
                                   uint64_t limit_ddr)
{
    zs_des_cancel(&bs->des, actor);
    bs->events++;
    bs->reached = at;
    if (actor >= ARBITER) {
        arbitrate(bs, &bs->memory[(actor - ARBITER) / 2], (actor - ARBITER) % 2, at);
        return;
    }
    arrive(bs, actor, at, limit_ddr);
}

/* Makes a controller's decisions up to `until`, unless there are none: no refresh due, and no
 * request queued or all of them waiting for the bus. True: it issued a piece. */
static ZS_INLINE bool run_controller(zs_burst_sys *bs, zs_dram *dram, uint64_t until,
                                     zs_dram_done *done)
{
    if (until < dram->refresh_at && (bs->queued == 0 || zs_dram_waits(dram, until)))
        return false;
    const bool any = zs_dram_run_here(dram, until, done);
    bs->queued -= any;
    return any;
}

/* Several controllers decide in parallel, in steps (lookahead) too short for one's decision to
 * cause an event within the step: an address leaves when data of an earlier read have arrived, or
 * in the next cycle where a burst waits for queue space. */
static bool decide_all(zs_burst_sys *bs, uint64_t event_at, uint64_t limit_ddr)
{
    zs_dram_done done;
    for (;;) {
        const uint64_t until = zs_min_u64(event_at, zs_min_u64(limit_ddr, bs->end_ddr));
        uint64_t step = until;
        bool any = false, waits = false;
        for (uint32_t k = 0; k < bs->memory_n; k++)
            waits |= (bs->memory[k].waiting[READ] | bs->memory[k].waiting[WRITE]) != 0;
        if (bs->queued != 0)
            step = zs_min_u64(until, bs->reached + (waits ? 1 : bs->lookahead));
        for (uint32_t k = 0; k < bs->memory_n; k++)
            while (run_controller(bs, bs->memory[k].dram, step, &done))
                any |= issued(bs, &bs->memory[k], &done);
        if (step != UINT64_MAX)
            bs->reached = zs_max_u64(bs->reached, step);
        if (any || step >= until)
            return any;
    }
}

/* Makes the controllers' decisions up to the next event, the end of a transfer or the limit. True:
 * one of them scheduled an earlier event. */
static ZS_INLINE bool decide(zs_burst_sys *bs, uint64_t event_at, uint64_t limit_ddr)
{
    zs_dram_done done;
    if (bs->memory_n > 1)
        return decide_all(bs, event_at, limit_ddr);
    while (run_controller(bs, bs->memory[0].dram,
                          zs_min_u64(event_at, zs_min_u64(limit_ddr, bs->end_ddr)), &done))
        if (issued(bs, &bs->memory[0], &done))
            return true;
    return false;
}

/* Simulates nothing past the limit, where the caller may start a transfer. */
bool zs_burst_next(zs_burst_sys *bs, uint64_t limit, uint32_t *channel, uint64_t *done_at)
{
    const uint64_t limit_ddr = zs_pl_to_ddr(&bs->clock, limit);
    for (;;) {
        uint32_t actor = 0;
        uint64_t event_at = ZS_DES_NEVER;
        zs_des_peek(&bs->des, &event_at, &actor);
        if (decide(bs, event_at, limit_ddr)) {
            continue;
        } else if (event_at < zs_min_u64(limit_ddr, bs->end_ddr)) {
            handle_event(bs, actor, event_at, limit_ddr);
        } else if (bs->end <= limit && bs->end != UINT64_MAX) {
            *channel = bs->end_channel;
            *done_at = bs->end;
            bs->finished &= ~(1u << bs->end_channel);
            bs->working &= ~(1u << bs->end_channel);
            bs->repeating &= ~(1u << bs->end_channel);
            bs->at = zs_max_u64(bs->at, bs->end);
            find_end(bs);
            return true;
        } else {
            bs->at = limit == UINT64_MAX ? bs->at : zs_max_u64(bs->at, limit);
            return false;
        }
    }
}

bool zs_burst_sys_next(zs_burst_sys *bs, uint64_t limit, uint32_t *channel, uint64_t *done_at)
{
    const uint64_t inside = limit == UINT64_MAX ? limit : limit - bs->skipped;
    const bool any = bs->repeating != 0 ? zs_burst_repeat(bs, inside, channel, done_at)
                                        : zs_burst_next(bs, inside, channel, done_at);
    if (any)
        *done_at += bs->skipped;
    return any;
}

const zs_dram_counts *zs_burst_sys_dram_counts(zs_burst_sys *bs)
{
    if (bs->memory_n == 1)
        return zs_dram_counts_of(bs->memory[0].dram);
    bs->sum = (zs_dram_counts){0};
    for (uint32_t k = 0; k < bs->memory_n; k++)
        zs_dram_add_counts(&bs->sum, zs_dram_counts_of(bs->memory[k].dram));
    return &bs->sum;
}

uint64_t zs_burst_sys_events(const zs_burst_sys *bs)
{
    uint64_t events = bs->events;
    for (uint32_t k = 0; k < bs->memory_n; k++)
        events += zs_dram_events(bs->memory[k].dram);
    return events;
}

zs_dram *zs_burst_sys_dram(zs_burst_sys *bs)
{
    return bs->memory[0].dram;
}
