#include "burst_priv.h"

/* Fast path while all active channels read the same rows repeatedly: refresh intervals reach a
 * steady state. Some intervals are simulated burst by burst, most others are skipped at the
 * measured throughput. Skipped time is added outside only: inside, all clocks, banks and queues
 * continue from their present state. */

enum {
    SETTLING = 2,        /* refresh intervals before the measurement ... */
    MEASURED = 32,       /* ... and during it */
    REPEATED_ROWS = 64,  /* transfers with at most these rows are not skipped, ... */
    SKIPPED_ROWS = 32,   /* ... nor fewer rows of a channel, since rows are skipped whole */
    NO_REFRESH = 1 << 13 /* DDR cycles of an interval without refresh */
};

bool zs_burst_repeats(const channel_state *c)
{
    return !c->all_sent && !c->is_write && c->xfer_n == 1 && c->xfer.plane_n == 1 &&
           c->xfer.row_pitch_bytes == 0 && c->xfer.row_n > REPEATED_ROWS && c->xfer.side_bytes == 0;
}

static uint64_t pl_cycles_of(const zs_burst_sys *bs, uint64_t intervals)
{
    const uint64_t t_refi = bs->memory[0].dram->p.t_refi;
    return zs_ddr_to_pl(&bs->clock, intervals * (t_refi != 0 ? t_refi : NO_REFRESH));
}

/* Bytes of a transfer that are not yet sent in bursts. */
static uint64_t left_of(const channel_state *c)
{
    return (uint64_t)c->rows_left * c->xfer.row_bytes - (c->addr - c->row_addr);
}

static bool all_repeat(const zs_burst_sys *bs)
{
    const uint32_t working = bs->working & ~bs->finished;
    if (bs->watch != NULL || working != bs->working || (working & ~bs->repeating) != 0)
        return false;
    for (uint32_t left = working; left != 0; left &= left - 1)
        if (bs->channels[__builtin_ctz(left)]->rows_left < 2)
            return false;
    return working != 0;
}

/* Counts whole rows of a channel as sent. */
static uint64_t skip_rows(channel_state *c, uint64_t rows)
{
    zs_xfer skipped = c->xfer;
    skipped.row_n = (uint32_t)rows;
    const zs_xfer_count count = zs_xfer_split(&c->port, &skipped);
    c->rows_left -= (uint32_t)rows;
    c->counts->bytes += count.bytes;
    c->counts->bursts += count.bursts;
    c->counts->beats += count.beats;
    return count.bytes;
}

static uint64_t scaled(uint64_t n, uint64_t by, uint64_t of)
{
    return (uint64_t)((zs_wide)n * by / of);
}

/* Adds DRAM counts for `bytes`, scaled from the measured intervals. */
static void credit(zs_burst_sys *bs, uint64_t bytes)
{
    const zs_dram_counts *seen = &bs->pace.dram;
    const uint64_t of = seen->read_bytes;
    zs_dram_counts more = {.read_bytes = bytes,
                           .read_transactions = scaled(seen->read_transactions, bytes, of),
                           .row_misses = scaled(seen->row_misses, bytes, of),
                           .row_conflicts = scaled(seen->row_conflicts, bytes, of),
                           .activates = scaled(seen->activates, bytes, of),
                           .precharges = scaled(seen->precharges, bytes, of),
                           .refreshes = scaled(seen->refreshes, bytes, of)};
    more.row_hits = more.read_transactions - more.row_misses - more.row_conflicts;
    more.busy_ddr_cycles = BURST * more.read_transactions;
    zs_dram_credit(bs->memory[0].dram, &more);
}

/* ---- steady-state throughput ----------------------------------------------------------------- */

static zs_dram_counts counts_now(zs_burst_sys *bs)
{
    return *zs_burst_sys_dram_counts(bs);
}

static void subtract_counts(zs_dram_counts *c, const zs_dram_counts *before)
{
    c->read_bytes -= before->read_bytes;
    c->read_transactions -= before->read_transactions;
    c->row_misses -= before->row_misses;
    c->row_conflicts -= before->row_conflicts;
    c->activates -= before->activates;
    c->precharges -= before->precharges;
    c->refreshes -= before->refreshes;
}

/* The pace (bytes per channel in the measured time) of the same channels and rows is known. */
static bool is_known(const zs_burst_sys *bs)
{
    bool known = bs->pace.working == bs->working;
    for (uint32_t left = bs->working; known && left != 0; left &= left - 1) {
        const uint32_t i = (uint32_t)__builtin_ctz(left);
        known = bs->pace.addr[i] == bs->channels[i]->xfer.addr &&
                bs->pace.row_bytes[i] == bs->channels[i]->xfer.row_bytes;
    }
    return known;
}

/* Simulates all channels and measures their pace. True: one of them has completed. One burst is
 * subtracted, since the measured time may contain a part of one more. */
static bool measure(zs_burst_sys *bs, uint64_t pl_cycles, uint32_t *channel, uint64_t *done_at)
{
    uint64_t left_before[ZS_CHANNEL_N];
    const uint32_t working = bs->working;
    const zs_dram_counts before = counts_now(bs);
    for (uint32_t left = working; left != 0; left &= left - 1)
        left_before[__builtin_ctz(left)] = left_of(bs->channels[__builtin_ctz(left)]);
    if (zs_burst_next(bs, bs->at + pl_cycles, channel, done_at))
        return true;
    if (!all_repeat(bs))
        return false;
    bs->pace.working = working;
    bs->pace.dram = counts_now(bs);
    subtract_counts(&bs->pace.dram, &before);
    for (uint32_t left = working; left != 0; left &= left - 1) {
        const uint32_t i = (uint32_t)__builtin_ctz(left);
        const channel_state *c = bs->channels[i];
        const uint64_t sent = left_before[i] - left_of(c);
        const uint64_t burst = (uint64_t)c->port.max_beats * c->port.beat_bytes;
        bs->pace.addr[i] = c->xfer.addr;
        bs->pace.row_bytes[i] = c->xfer.row_bytes;
        bs->pace.bytes[i] = sent > burst ? sent - burst : 0;
    }
    return false;
}

/* PL cycles for which all channels can continue at the pace of `measured` cycles: up to the last
 * row of the first one to finish, or to the limit. */
static uint64_t cycles_like_that(const zs_burst_sys *bs, uint64_t measured, uint64_t limit)
{
    uint64_t cycles = limit - bs->at;
    for (uint32_t left = bs->working; left != 0; left &= left - 1) {
        const uint32_t i = (uint32_t)__builtin_ctz(left);
        const channel_state *c = bs->channels[i];
        if (bs->pace.bytes[i] == 0)
            return 0;
        const uint64_t bytes = (uint64_t)(c->rows_left - 1) * c->xfer.row_bytes;
        cycles = zs_min_u64(cycles, scaled(bytes, measured, bs->pace.bytes[i]) + 1);
    }
    return cycles;
}

static uint64_t rows_in(const zs_burst_sys *bs, const channel_state *c, uint64_t measured,
                        uint64_t cycles)
{
    const uint64_t bytes = scaled(cycles, bs->pace.bytes[c->i], measured);
    return zs_min_u64(bytes / c->xfer.row_bytes, c->rows_left - 1);
}

static void skip(zs_burst_sys *bs, uint64_t measured, uint64_t cycles)
{
    uint64_t bytes = 0;
    for (uint32_t left = bs->working; left != 0; left &= left - 1) {
        const channel_state *c = bs->channels[__builtin_ctz(left)];
        if (rows_in(bs, c, measured, cycles) < SKIPPED_ROWS)
            return;
    }
    for (uint32_t left = bs->working; left != 0; left &= left - 1) {
        channel_state *c = bs->channels[__builtin_ctz(left)];
        bytes += skip_rows(c, rows_in(bs, c, measured, cycles));
    }
    credit(bs, bytes);
    bs->skipped += cycles;
}

bool zs_burst_repeat(zs_burst_sys *bs, uint64_t limit, uint32_t *channel, uint64_t *done_at)
{
    const uint64_t settling = pl_cycles_of(bs, SETTLING), measured = pl_cycles_of(bs, MEASURED);
    const uint64_t skipped = bs->skipped;
    const uint64_t least = settling + (is_known(bs) ? settling : 2 * measured);
    if (!all_repeat(bs) || limit < bs->at || limit - bs->at < least)
        return zs_burst_next(bs, limit, channel, done_at);
    if (zs_burst_next(bs, bs->at + settling, channel, done_at))
        return true;
    if (!is_known(bs) && measure(bs, measured, channel, done_at))
        return true;
    if (all_repeat(bs) && is_known(bs))
        skip(bs, measured, cycles_like_that(bs, measured, limit));
    if (limit != UINT64_MAX)
        limit -= bs->skipped - skipped;
    return zs_burst_next(bs, limit, channel, done_at);
}
