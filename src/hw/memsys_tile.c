#include "dram_priv.h"
#include "memsys_priv.h"

/* Loads, rates and remaining work are fractions of 2^16. */
#define ONE   (UINT64_C(1) << 16)
#define BURST 4u /* clocks a BL8 transaction occupies the data bus */

/* Transactions of each direction per turnaround period of a bus that both overload. */
typedef struct bus_turn {
    uint64_t reads, writes;
} bus_turn;

typedef struct share {
    uint64_t end;  /* PL cycle at the present rate */
    uint64_t left; /* work in 1/2^16 PL cycles at full rate; kept while the DRAM is overloaded */
    uint64_t load; /* fraction of the DRAM's time that it uses at full rate */
    uint64_t rate; /* fraction of its full rate that it gets */
    uint64_t transactions, bursts;
} share;

struct zs_tile_sys {
    share shares[ZS_CHANNEL_N];
    uint32_t active, reads; /* masks: in flight, channels that read */
    bool overloaded;
    uint64_t now;                      /* time of the last update of `left` */
    uint64_t capacity, capacity_least; /* of the DRAM: one direction, both with shortest runs */
    const zs_design *design;
    zs_clock_pair clock;
    uint64_t transit[ZS_CHANNEL_N]; /* reads served by a saturated bus during a round trip */
    zs_dram_counts counts;
    uint64_t events;
};

/* ---- bus turnarounds ------------------------------------------------------------------------- */

static uint64_t within(uint64_t value, uint64_t least, uint64_t most)
{
    return zs_max_u64(least, zs_min_u64(value, most));
}

/* The scheduler's rules (dram_schedule.c) for `window` outstanding reads, `transit` of them in
 * flight when the bus is saturated (derivation: docs/models/axi.md). During a run of writes all
 * reads end up queued; during a run of reads served ones return a transit later. */
static bus_turn turn_of(const zs_memory_params *m, uint64_t window, uint64_t transit)
{
    const uint64_t full = zs_dram_full_queue(m), long_run = zs_dram_read_run(m);
    const uint64_t shortest = zs_max_u64(1, zs_dram_short_read_run(m));
    if (window < full)
        return (bus_turn){.reads = zs_min_u64(shortest, long_run), .writes = m->queue};
    if (window >= full + transit)
        return (bus_turn){.reads = long_run, .writes = m->write_batch};
    return (bus_turn){.reads = within(window - full, shortest, long_run),
                      .writes = within(full + transit - window, m->write_batch, m->queue)};
}

static uint64_t capacity_of(const zs_tile_sys *ts, bus_turn turn)
{
    const zs_memory_params *m = &ts->design->board.memory;
    const uint64_t run = zs_dram_column_gap(m) * (turn.reads + turn.writes);
    return ts->capacity * run / (run + zs_dram_turn_ddr_cycles(m));
}

zs_status zs_tile_sys_build(zs_arena *arena, const zs_design *design, zs_tile_sys **out,
                            zs_err *err)
{
    const zs_memory_params *m = &design->board.memory;
    ZS_TRY(zs_design_memory_check(m, err)); /* as zs_dram_build does */
    zs_tile_sys *ts = zs_new(arena, zs_tile_sys, 1);
    if (ts == NULL)
        return zs_nomem(err, "the memory system");
    ts->design = design;
    ts->clock = zs_clock_pair_of(design->accel.clock_hz, m->tck_ps);
    ts->reads = 0x55555555u & ((1u << ZS_CHANNEL_N) - 1);
    ts->capacity = ONE;
    if (m->t_refi != 0)
        ts->capacity -= ONE * zs_dram_refresh_ddr_cycles(m) / m->t_refi;
    const bus_turn shortest = {.reads = zs_min_u64(zs_dram_short_read_run(m), zs_dram_read_run(m)),
                               .writes = zs_min_u64(m->write_batch, m->queue)};
    ts->capacity_least = capacity_of(ts, shortest);
    for (uint32_t i = 0; i < ZS_CHANNEL_N; i += 2) {
        const uint64_t latency = zs_channel_port(design, i).read_latency_pl_cycles;
        const uint64_t ddr = zs_pl_to_ddr(&ts->clock, latency);
        ts->transit[i] = (ddr + zs_dram_read_ddr_cycles(m, ZS_ROW_OPEN)) / BURST;
    }
    *out = ts;
    return ZS_OK;
}

/* ---- sharing --------------------------------------------------------------------------------- */

static uint64_t load_of(const zs_tile_sys *ts, uint32_t channels)
{
    uint64_t sum = 0;
    for (uint32_t left = channels; left != 0; left &= left - 1)
        sum += ts->shares[__builtin_ctz(left)].load;
    return sum;
}

/* Reads per turn that meet the reads' demand: beyond it their queue is not full. */
static uint64_t reads_needed(const zs_tile_sys *ts, uint64_t writes)
{
    const zs_memory_params *m = &ts->design->board.memory;
    const uint64_t asked = load_of(ts, ts->active & ts->reads), gap = zs_dram_column_gap(m);
    if (asked >= ts->capacity)
        return UINT64_MAX;
    const uint64_t others = gap * writes + zs_dram_turn_ddr_cycles(m);
    const uint64_t need = zs_ceil_div(asked * others, gap * (ts->capacity - asked));
    return zs_max_u64(need, zs_max_u64(1, zs_dram_short_read_run(m)));
}

/* The turn that the outstanding reads allow: the window is their sum over channels, the transit a
 * mean over their ports. */
static bus_turn turn_now(const zs_tile_sys *ts)
{
    uint64_t window = 0, sum = 0;
    for (uint32_t left = ts->active & ts->reads; left != 0; left &= left - 1) {
        const uint32_t i = (uint32_t)__builtin_ctz(left);
        const share *s = &ts->shares[i];
        const uint64_t outstanding = zs_channel_outstanding(ts->design, i);
        const uint64_t own = s->bursts == 0 ? 0 : outstanding * s->transactions / s->bursts;
        window += own;
        sum += own * ts->transit[i];
    }
    bus_turn turn = turn_of(&ts->design->board.memory, window, window == 0 ? 0 : sum / window);
    turn.reads = zs_min_u64(turn.reads, reads_needed(ts, turn.writes));
    return turn;
}

static uint64_t capacity_now(const zs_tile_sys *ts)
{
    const bool both = (ts->active & ts->reads) != 0 && (ts->active & ~ts->reads) != 0;
    return both ? capacity_of(ts, turn_now(ts)) : ts->capacity;
}

static bool is_overloaded(const zs_tile_sys *ts)
{
    const uint64_t load = load_of(ts, ts->active);
    return load > ts->capacity_least && load > capacity_now(ts);
}

/* Max-min fair shares of the capacity among channels. Returns the unused capacity. */
static uint64_t share_among(zs_tile_sys *ts, uint32_t hungry, uint64_t capacity)
{
    uint32_t before = 0;
    while (hungry != 0 && hungry != before) {
        before = hungry;
        const uint64_t fair = capacity / (uint32_t)__builtin_popcount(hungry);
        for (uint32_t left = hungry; left != 0; left &= left - 1) {
            const uint32_t i = (uint32_t)__builtin_ctz(left);
            share *s = &ts->shares[i];
            s->rate = s->load <= fair ? ONE : zs_max_u64(1, (fair * ONE) / s->load);
            if (s->rate == ONE) {
                capacity -= s->load;
                hungry &= ~(1u << i);
            }
        }
    }
    return hungry == 0 ? capacity : 0;
}

/* Reads have priority, but leave writes their part of a turn. */
static void set_rates(zs_tile_sys *ts)
{
    const uint64_t capacity = capacity_now(ts);
    const uint32_t reads = ts->active & ts->reads, writes = ts->active & ~ts->reads;
    const bus_turn turn = turn_now(ts);
    const uint64_t kept =
        zs_min_u64(load_of(ts, writes), capacity * turn.writes / (turn.reads + turn.writes));
    share_among(ts, writes, kept + share_among(ts, reads, capacity - kept));
}

/* Updates the remaining work to `now`, before which no transfer ends. */
static void advance(zs_tile_sys *ts, uint64_t now)
{
    for (uint32_t left = ts->active; left != 0; left &= left - 1) {
        share *s = &ts->shares[__builtin_ctz(left)];
        if (!ts->overloaded)
            s->left = (s->end - now) * ONE;
        else
            s->left -= zs_min_u64(s->left, (now - ts->now) * s->rate);
    }
    ts->now = now;
}

/* After a start or end: new rates where the DRAM is, or was, overloaded. */
static void share_out(zs_tile_sys *ts)
{
    const bool overloaded = is_overloaded(ts);
    if (!overloaded && !ts->overloaded)
        return;
    if (overloaded)
        set_rates(ts);
    else
        for (uint32_t left = ts->active; left != 0; left &= left - 1)
            ts->shares[__builtin_ctz(left)].rate = ONE;
    ts->overloaded = overloaded;
    for (uint32_t left = ts->active; left != 0; left &= left - 1) {
        share *s = &ts->shares[__builtin_ctz(left)];
        s->end = ts->now + zs_ceil_div(s->left, s->rate);
    }
}

static uint64_t earliest(const zs_tile_sys *ts, uint32_t *which)
{
    uint64_t best = UINT64_MAX;
    for (uint32_t left = ts->active; left != 0; left &= left - 1) {
        const uint32_t i = (uint32_t)__builtin_ctz(left);
        if (ts->shares[i].end < best) {
            best = ts->shares[i].end;
            *which = i;
        }
    }
    return best;
}

/* ---- transfers ------------------------------------------------------------------------------- */

static void count(zs_tile_sys *ts, bool is_write, const zs_xfer_price *p)
{
    zs_dram_counts *c = &ts->counts;
    *(is_write ? &c->write_bytes : &c->read_bytes) += p->count.bytes;
    *(is_write ? &c->write_transactions : &c->read_transactions) += p->transactions;
    c->row_conflicts += p->row_changes;
    c->row_hits += p->transactions - p->row_changes;
    c->activates += p->row_changes;
    c->precharges += p->row_changes;
    c->busy_ddr_cycles += 4 * p->transactions;
}

void zs_tile_sys_start(zs_tile_sys *ts, uint32_t channel, const zs_xfer_price *price,
                       uint64_t start)
{
    share *s = &ts->shares[channel];
    uint32_t other = 0;
    ts->events++;
    count(ts, channel & 1, price);
    s->load = 0;
    s->transactions = price->transactions;
    s->bursts = price->count.bursts;
    s->rate = ONE;
    s->end = start + price->pl_cycles;
    if (price->pl_cycles != 0) {
        const uint64_t ddr = zs_pl_to_ddr(&ts->clock, price->pl_cycles);
        const uint64_t busy =
            price->dram_ddr_cycles / zs_memory_channels(&ts->design->board.memory);
        s->load = busy * ONE / zs_max_u64(1, ddr);
    }
    ts->active |= 1u << channel;
    if (!ts->overloaded && !is_overloaded(ts))
        return;
    /* A transfer that starts after the next event joins now; its delay is added to its work. */
    ts->active &= ~(1u << channel);
    advance(ts, zs_max_u64(ts->now, zs_min_u64(start, earliest(ts, &other))));
    ts->active |= 1u << channel;
    s->left = (s->end - ts->now) * ONE;
    share_out(ts);
}

bool zs_tile_sys_next(zs_tile_sys *ts, uint64_t limit, uint32_t *channel, uint64_t *done)
{
    uint32_t who = 0;
    const uint64_t end = earliest(ts, &who);
    if (end > limit || end == UINT64_MAX)
        return false;
    ts->events++;
    if (ts->overloaded)
        advance(ts, end);
    ts->active &= ~(1u << who);
    ts->now = zs_max_u64(ts->now, end);
    if (ts->overloaded)
        share_out(ts);
    const uint32_t t_refi = ts->design->board.memory.t_refi;
    if (t_refi != 0)
        ts->counts.refreshes = zs_pl_to_ddr(&ts->clock, end) / t_refi;
    *channel = who;
    *done = end;
    return true;
}

const zs_dram_counts *zs_tile_sys_dram_counts(const zs_tile_sys *ts)
{
    return &ts->counts;
}

uint64_t zs_tile_sys_events(const zs_tile_sys *ts)
{
    return ts->events;
}

zs_dram_counts *zs_tile_sys_counts(zs_tile_sys *ts)
{
    return &ts->counts;
}
