#include "memsys_priv.h"

/* Loads, rates and remaining work are fractions of 2^16. */
#define ONE (UINT64_C(1) << 16)
/* Transactions between two turns of a bus that both directions ask for too much: between the runs
 * of a full read queue (96 and 8) and of one that is not (16 and up to 32). */
enum { TURN_READS = 48, TURN_WRITES = 16 };

typedef struct share {
    uint64_t end;  /* PL cycle at the present rate */
    uint64_t left; /* work in 1/2^16 PL cycles at full rate; kept while the DRAM is overloaded */
    uint64_t load; /* part of the DRAM's time it takes at full rate */
    uint64_t rate; /* part of its full rate that it gets */
} share;

struct zs_tile_sys {
    share shares[ZS_CHANNEL_N];
    uint32_t active, reads; /* masks: in flight, channels that read */
    bool overloaded;
    uint64_t now;                        /* last time that `left` was brought up to */
    uint64_t capacity, capacity_turning; /* of the DRAM: one direction, both */
    zs_clock_pair clock;
    uint64_t refi;
    zs_dram_counts counts;
    uint64_t events;
};

zs_status zs_tile_sys_build(zs_arena *arena, const zs_design *design, zs_tile_sys **out,
                            zs_err *err)
{
    const zs_memory_params *m = &design->board.memory;
    zs_dram *checked; /* the same parameters are refused in both fidelities */
    ZS_TRY(zs_dram_build(arena, m, &checked, err));
    zs_tile_sys *ts = zs_new(arena, zs_tile_sys, 1);
    if (ts == NULL)
        return zs_nomem(err, "the memory system");
    const uint64_t run = 4 * (TURN_READS + TURN_WRITES);
    ts->clock = zs_clock_pair_of(design->accel.clock_hz, m->tck_ps);
    ts->refi = m->t_refi;
    ts->reads = 0x55555555u & ((1u << ZS_CHANNEL_N) - 1);
    ts->capacity = ONE;
    if (m->t_refi != 0)
        ts->capacity -= ONE * zs_dram_refresh_ddr_cycles(m) / m->t_refi;
    ts->capacity_turning = ts->capacity * run / (run + zs_dram_turn_ddr_cycles(m));
    *out = ts;
    return ZS_OK;
}

/* ---- sharing --------------------------------------------------------------------------------- */

static uint64_t capacity_now(const zs_tile_sys *ts)
{
    const bool both = (ts->active & ts->reads) != 0 && (ts->active & ~ts->reads) != 0;
    return both ? ts->capacity_turning : ts->capacity;
}

static uint64_t load_of(const zs_tile_sys *ts, uint32_t channels)
{
    uint64_t sum = 0;
    for (uint32_t left = channels; left != 0; left &= left - 1)
        sum += ts->shares[__builtin_ctz(left)].load;
    return sum;
}

/* Equal shares among some channels; who needs less than its share leaves the rest to the others.
 * What is left of the capacity. */
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

/* Reads go first, but leave writes their part of a turn. */
static void set_rates(zs_tile_sys *ts)
{
    const uint64_t capacity = capacity_now(ts);
    const uint32_t reads = ts->active & ts->reads, writes = ts->active & ~ts->reads;
    const uint64_t kept =
        zs_min_u64(load_of(ts, writes), capacity * TURN_WRITES / (TURN_READS + TURN_WRITES));
    share_among(ts, writes, kept + share_among(ts, reads, capacity - kept));
}

static void set_ends(zs_tile_sys *ts)
{
    for (uint32_t left = ts->active; left != 0; left &= left - 1) {
        share *s = &ts->shares[__builtin_ctz(left)];
        s->end = ts->now + zs_ceil_div(s->left, s->rate);
    }
}

/* Brings the remaining work up to a time at which nothing has ended yet but what ends there. */
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

/* After a transfer came or went: new rates where the DRAM is, or was, asked for too much. */
static void share_out(zs_tile_sys *ts)
{
    const bool overloaded = load_of(ts, ts->active) > capacity_now(ts);
    if (!overloaded && !ts->overloaded)
        return;
    if (overloaded)
        set_rates(ts);
    else
        for (uint32_t left = ts->active; left != 0; left &= left - 1)
            ts->shares[__builtin_ctz(left)].rate = ONE;
    ts->overloaded = overloaded;
    set_ends(ts);
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
    s->rate = ONE;
    s->end = start + price->pl_cycles;
    if (price->pl_cycles != 0) {
        const uint64_t ddr = zs_pl_to_ddr(&ts->clock, price->pl_cycles);
        s->load = price->dram_ddr_cycles * ONE / zs_max_u64(1, ddr);
    }
    ts->active |= 1u << channel;
    if (!ts->overloaded && load_of(ts, ts->active) <= capacity_now(ts))
        return;
    /* A transfer that starts later than the next event joins now and has to wait in addition. */
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
    if (ts->refi != 0)
        ts->counts.refreshes = zs_pl_to_ddr(&ts->clock, end) / ts->refi;
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
