/* dram_bypass_priv.h - fast path of a request when both queues of the DDR controller are empty.
 * Inline, like dram_queue_priv.h.
 *
 * Why this is exact. With both queues empty the scheduler has one request to decide about, so its
 * row commands and its column command come at the earliest times that the rules allow, each known
 * from the state of the bank and the bus. Two things could interfere: a request that arrives early
 * enough to be visible (QUEUE_LATENCY) to the column command, hence `until`; and a refresh, which
 * precedes a column command that is not earlier, hence refresh_at. Row commands are no later than
 * the column command, so they need no check of their own. */
#ifndef ZYNQSIM_DRAM_BYPASS_PRIV_H
#define ZYNQSIM_DRAM_BYPASS_PRIV_H

#include "dram_priv.h"

/* The commands of a request that finds both queues empty, and their times. */
typedef struct bypass_times {
    uint64_t turn_at, precharge_at, activate_at, column_at; /* first three: NEVER if not needed */
} bypass_times;

static ZS_INLINE bypass_times bypass_times_of(const zs_dram *d, uint32_t dir, uint32_t b,
                                              uint32_t row, uint64_t at)
{
    const bank_state *bank = &d->banks[b];
    bypass_times p = {ZS_DRAM_NEVER, ZS_DRAM_NEVER, ZS_DRAM_NEVER, 0};
    uint64_t rows_from = at + QUEUE_LATENCY, from = zs_max_u64(d->now, at + QUEUE_LATENCY);
    if (d->mode != dir)
        rows_from = from = p.turn_at = zs_max_u64(from, d->slot_end);
    uint64_t ready = bank->column_at;
    if (bank->row != row) {
        uint64_t closed_at = zs_max_u64(rows_from, bank->activate_at);
        if (bank->row != NO_ROW) {
            p.precharge_at = zs_max_u64(rows_from, bank->precharge_at);
            closed_at = p.precharge_at + d->p.t_rp;
        }
        p.activate_at = zs_max_u64(closed_at, zs_dram_activate_floor(d));
        ready = p.activate_at + d->p.t_rcd;
    }
    const uint64_t bus = d->column_at[dir] + (b == d->served_bank ? 0 : d->bank_gap);
    p.column_at = zs_max_u64(ready, zs_max_u64(bus, from));
    return p;
}

/* Reports a request that has just bypassed the queues. Its times are passed by value: a pointer
 * would force them into memory without a watch, too. */
ZS_COLD static void notify_bypass(const zs_dram *d, bypass_times p, uint32_t b, uint32_t n,
                                  uint64_t at)
{
    zs_dram_notify_queue(d, ZS_DRAM_QUEUED, b, d->mode, n, at, at);
    if (p.precharge_at != ZS_DRAM_NEVER)
        zs_dram_notify(d, ZS_DRAM_PRECHARGE, b, p.precharge_at, p.precharge_at);
    if (p.activate_at != ZS_DRAM_NEVER)
        zs_dram_notify(d, ZS_DRAM_ACTIVATE, b, p.activate_at, p.activate_at);
    zs_dram_notify_queue(d, ZS_DRAM_COLUMNS, b, d->mode, 0, p.column_at, d->slot_end);
}

/* Issues an accepted request without the queue, with the same result, if both queues are empty and
 * no request from `until` on can change its issue time. Otherwise false, and nothing changed: then
 * queue it. */
static ZS_INLINE bool zs_dram_bypass(zs_dram *d, const zs_dram_req *req, uint32_t n, uint64_t at,
                                     uint64_t until, zs_dram_done *done)
{
    const uint64_t page = req->addr >> d->row_shift;
    const uint32_t b = (uint32_t)page & d->bank_mask, row = (uint32_t)(page >> d->bank_shift);
    const uint32_t dir = req->is_write;
    if (d->queues[READ].n + d->queues[WRITE].n != 0)
        return false;
    const bypass_times p = bypass_times_of(d, dir, b, row, at);
    if (p.column_at - QUEUE_LATENCY >= until || p.column_at >= d->refresh_at)
        return false;
    if (p.turn_at != ZS_DRAM_NEVER) {
        d->mode = dir;
        d->run = 0;
        d->drains = dir == WRITE && n >= d->write_high;
    }
    if (p.precharge_at != ZS_DRAM_NEVER)
        zs_dram_close_row(d, &d->banks[b], p.precharge_at);
    if (p.activate_at != ZS_DRAM_NEVER)
        zs_dram_open_row(d, &d->banks[b], row, p.activate_at);
    zs_dram_count_bytes(d, dir, req->bytes, n);
    zs_dram_issue_columns(d, b, n, p.column_at, done);
    done->tag = req->tag;
    if (d->watch != NULL)
        notify_bypass(d, p, b, n, at + QUEUE_LATENCY);
    return true;
}

#endif
