/* dram_hits_priv.h - fast path of a run of row hits in the DDR controller: requests of one
 * direction to one open row, by the only active channel. Each issues when the data bus is free, and
 * later requests cannot change that, so no queue is needed. Their effect on the controller is
 * accumulated in zs_dram_hits and written back once at the end. */
#ifndef ZYNQSIM_DRAM_HITS_PRIV_H
#define ZYNQSIM_DRAM_HITS_PRIV_H

#include "dram_priv.h"

typedef struct zs_dram_hits {
    uint64_t page_addr;    /* of the first byte of the row */
    uint64_t bus_at;       /* earliest next column command */
    uint64_t stop_at;      /* limit of their column commands */
    uint64_t block_at;     /* start of the gapless column commands up to bus_at, ... */
    uint64_t before_block; /* ... and transactions before them */
    uint64_t last_at;      /* of the last request */
    uint64_t transactions, bytes;
} zs_dram_hits;

/* Whether one more may be decided ahead of time: the run that the ring drops for it holds no more
 * queue entries. */
static inline bool zs_dram_remembers(const zs_dram *d, uint32_t dir, uint64_t at)
{
    const column_run *oldest = &d->recent[dir][d->recent_i[dir]];
    return oldest->at + (uint64_t)d->gap * oldest->n < at;
}

/* False: `addr` is no row hit, or its time does not depend on the data bus alone: a request waits,
 * the bus must turn around or change banks, the row is ready later than the bus, or a request of
 * `most_bytes` may be more than one piece. A refresh ends the run, as does `limit`. */
static ZS_INLINE bool zs_dram_begin_hits(const zs_dram *d, uint32_t dir, uint64_t addr,
                                         uint32_t most_bytes, uint64_t at, uint64_t limit,
                                         zs_dram_hits *h)
{
    const uint64_t page = addr >> d->row_shift;
    const uint32_t b = (uint32_t)page & d->bank_mask;
    const bank_state *bank = &d->banks[b];
    if (d->queues[READ].n + d->queues[WRITE].n != 0 || d->mode != dir || d->served_dir != dir ||
        bank->opened_by != ZS_ROW_OPEN || bank->row != (uint32_t)(page >> d->bank_shift) ||
        bank->column_at > d->column_at[dir] || (b != d->served_bank && d->bank_gap != 0) ||
        most_bytes > d->p.row_bytes || ((most_bytes - 2) >> d->block_shift) + 2 > d->piece_blocks ||
        !zs_dram_remembers(d, dir, at))
        return false;
    const uint64_t bus_at = zs_max_u64(d->column_at[dir], d->now);
    const uint64_t stop_at = limit == ZS_DRAM_NEVER ? limit : limit + QUEUE_LATENCY;
    *h = (zs_dram_hits){.page_addr = page << d->row_shift,
                        .bus_at = bus_at,
                        .block_at = bus_at,
                        .stop_at = zs_min_u64(stop_at, d->refresh_at)};
    return true;
}

/* Adds the request that arrives at `at` if it belongs to the run: in the same page, before its end,
 * and, where it has to wait for the bus, with queue space even if all pending transactions were of
 * its direction. Its column commands begin at last_at and end before bus_at. */
static ZS_INLINE bool zs_dram_hit(const zs_dram *d, zs_dram_hits *h, uint64_t addr, uint32_t bytes,
                                  uint64_t at)
{
    const uint64_t seen_at = at + QUEUE_LATENCY;
    const uint64_t column_at = zs_max_u64(h->bus_at, seen_at);
    if (addr - h->page_addr > d->p.row_bytes - bytes || column_at >= h->stop_at)
        return false;
    const uint32_t n = zs_dram_blocks(d, addr, bytes);
    if (seen_at < h->bus_at) {
        if (h->bus_at > at + (uint64_t)d->gap * (d->p.queue - n))
            return false;
    } else if (seen_at > h->bus_at) { /* a gap: another block begins */
        h->block_at = seen_at;
        h->before_block = h->transactions;
    }
    h->bus_at = column_at + (uint64_t)d->gap * n;
    h->last_at = column_at;
    h->transactions += n;
    h->bytes += bytes;
    return true;
}

/* Only the last gapless block enters the ring of entries to be freed: earlier ones had ended when
 * it began. */
static ZS_INLINE void zs_dram_end_hits(zs_dram *d, const zs_dram_hits *h)
{
    const uint32_t b = (uint32_t)(h->page_addr >> d->row_shift) & d->bank_mask, mode = d->mode;
    const uint32_t n = (uint32_t)h->transactions;
    const uint64_t last = h->bus_at - d->gap;
    bank_state *bank = &d->banks[b];
    if (n == 0)
        return;
    zs_dram_count_bytes(d, mode, h->bytes, h->transactions);
    d->counts.row_hits += h->transactions;
    d->counts.busy_ddr_cycles += BURST * h->transactions;
    d->now = h->last_at;
    d->slot_end = d->column_at[mode] = h->bus_at;
    d->column_at[!mode] = last + d->to_other[mode];
    bank->precharge_at = zs_max_u64(bank->precharge_at, last + d->to_precharge[mode]);
    d->queues[mode].issued_n += h->transactions;
    d->recent[mode][d->recent_i[mode]] =
        (column_run){.at = h->block_at, .n = n - (uint32_t)h->before_block};
    d->recent_i[mode] = (d->recent_i[mode] + 1) % RECENT_RUNS;
    d->run += n;
    d->served_bank = b;
    bank->served += n;
}

#endif
