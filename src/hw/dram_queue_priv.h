/* dram_queue_priv.h - the common case of enqueue and issue in the DDR controller: a request is
 * appended to its queue, and issued when it is the oldest of the current bus direction. Inline,
 * since a simulation calls it millions of times; dram_schedule.c makes all other decisions. */
#ifndef ZYNQSIM_DRAM_QUEUE_PRIV_H
#define ZYNQSIM_DRAM_QUEUE_PRIV_H

#include "dram_priv.h"

/* Updates whether a bank needs a row command for the current direction, and its earliest time. */
static ZS_INLINE void zs_dram_update_wanted(zs_dram *d, uint32_t b, uint64_t at)
{
    bank_state *bank = &d->banks[b];
    const uint32_t bit = 1u << b;
    if (bank->waiting[d->mode] == 0 || (bank->hits[d->mode] != 0 && !(d->forced & bit))) {
        d->wanting &= ~bit;
        return;
    }
    if (d->wanting & bit)
        return;
    d->wanting |= bit;
    bank->wanted_order = d->wanted_order++;
    bank->wanted_at = zs_max_u64(at, bank->row == NO_ROW ? bank->activate_at : bank->precharge_at);
}

/* ---- in ------------------------------------------------------------------------------------- */

static inline queue_entry *zs_dram_append_entry(request_queue *l)
{
    const uint16_t i = l->spare;
    queue_entry *entry = &l->entries[i];
    l->spare = entry->next;
    entry->prev = l->tail;
    entry->next = NO_ENTRY;
    *(l->tail == NO_ENTRY ? &l->head : &l->entries[l->tail].next) = i;
    l->tail = i;
    l->n++;
    return entry;
}

/* Queues an accepted request of n transactions. */
static ZS_INLINE void zs_dram_enqueue(zs_dram *d, const zs_dram_req *req, uint32_t n, uint64_t at)
{
    const uint32_t dir = req->is_write;
    request_queue *l = &d->queues[dir];
    queue_entry *entry = zs_dram_append_entry(l);
    const uint64_t page = req->addr >> d->row_shift;
    entry->bank = (uint8_t)(page & d->bank_mask);
    entry->row = (uint32_t)(page >> d->bank_shift);
    entry->n = (uint8_t)n;
    entry->tag = req->tag;
    entry->in_turn = l->issued_n + l->used;
    l->used += n;
    l->banks |= 1u << entry->bank;
    bank_state *bank = &d->banks[entry->bank];
    bank->waiting[dir]++;
    bank->hits[dir] = (uint16_t)(bank->hits[dir] + (bank->row == entry->row));
    d->now = zs_max_u64(d->now, at + QUEUE_LATENCY);
    zs_dram_count_bytes(d, dir, req->bytes, n);
    if (d->watch != NULL)
        zs_dram_notify_queue(d, ZS_DRAM_QUEUED, entry->bank, dir,
                             d->queues[READ].used + d->queues[WRITE].used, at + QUEUE_LATENCY,
                             at + QUEUE_LATENCY);
    if (d->mode == dir)
        zs_dram_update_wanted(d, entry->bank, at + QUEUE_LATENCY);
}

/* ---- out ------------------------------------------------------------------------------------ */

static inline bool zs_dram_writes_are_high(const zs_dram *d)
{
    return d->queues[WRITE].used >= d->write_high;
}

/* The direction to serve next: the current one until its queue is empty, or its run is over while
 * the other waits. Reads yield once writes fill half their queue, which are then drained; a full
 * read queue makes runs of reads long and those of writes short. */
static ZS_INLINE uint32_t zs_dram_next_mode(const zs_dram *d)
{
    const uint32_t other = !d->mode;
    if (d->queues[other].n == 0)
        return d->mode;
    if (d->queues[d->mode].n == 0)
        return other;
    const bool reads_are_full = d->queues[READ].used >= d->read_high;
    if (d->mode == WRITE)
        return d->run >= (d->drains && !reads_are_full ? d->p.queue : d->p.write_batch) ? READ
                                                                                        : WRITE;
    return zs_dram_writes_are_high(d) && d->run >= (reads_are_full ? d->read_run : d->starve_limit)
               ? WRITE
               : READ;
}

/* Starvation limit: a bank whose row hits keep passing the oldest request must close for it. */
static inline void zs_dram_serve_starved(zs_dram *d, uint64_t at)
{
    const request_queue *l = &d->queues[d->mode];
    const queue_entry *oldest = &l->entries[l->head];
    if (l->issued_n < oldest->in_turn + d->starve_limit ||
        d->banks[oldest->bank].row == oldest->row)
        return;
    d->forced |= 1u << oldest->bank;
    zs_dram_update_wanted(d, oldest->bank, at);
}

/* So must one that has served its row for a while, when an older read waits for the bank. */
void zs_dram_close_for_older(zs_dram *d, uint32_t b, uint64_t at);
static inline void zs_dram_cap_row_hits(zs_dram *d, uint32_t b, uint64_t at)
{
    const bank_state *bank = &d->banks[b];
    if (d->mode == READ && bank->served >= ROW_HITS && bank->waiting[READ] != 0)
        zs_dram_close_for_older(d, b, at);
}

/* Earliest column command of a row hit of a bank. */
static inline uint64_t zs_dram_column_of(const zs_dram *d, uint32_t b)
{
    const uint64_t bus_at = d->column_at[d->mode] + (b == d->served_bank ? 0 : d->bank_gap);
    return zs_max_u64(d->banks[b].column_at, zs_max_u64(bus_at, d->now));
}

static ZS_INLINE void zs_dram_unlink_entry(request_queue *l, uint16_t i)
{
    const queue_entry *entry = &l->entries[i];
    if (entry->prev == NO_ENTRY)
        l->head = entry->next;
    else
        l->entries[entry->prev].next = entry->next;
    if (entry->next == NO_ENTRY)
        l->tail = entry->prev;
    else
        l->entries[entry->next].prev = entry->prev;
    l->entries[i].next = l->spare;
    l->spare = i;
}

static ZS_INLINE void zs_dram_issue_entry(zs_dram *d, uint16_t which, uint64_t at,
                                          zs_dram_done *done)
{
    const uint32_t mode = d->mode;
    request_queue *l = &d->queues[mode];
    const queue_entry *entry = &l->entries[which];
    const uint32_t b = entry->bank, n = entry->n;
    bank_state *bank = &d->banks[b];
    const uint64_t last = at + (uint64_t)d->gap * (n - 1u);
    zs_dram_issue_columns(d, b, n, at, done);
    done->tag = entry->tag;
    bank->hits[mode]--;
    bank->waiting[mode]--;
    l->n--;
    l->used -= n;
    zs_dram_unlink_entry(l, which);
    if (d->watch != NULL)
        zs_dram_notify_queue(d, ZS_DRAM_COLUMNS, b, mode,
                             d->queues[READ].used + d->queues[WRITE].used, at, d->slot_end);
    if (bank->waiting[mode] == 0) {
        l->banks &= ~(1u << b);
        d->wanting &= ~(1u << b);
    } else {
        zs_dram_update_wanted(d, b, last);
    }
    if (l->n == 0)
        return;
    zs_dram_serve_starved(d, last);
    zs_dram_cap_row_hits(d, b, last);
}

/* Issue time of the oldest entry of the current direction when no other can come first (no bank
 * waits for a row, and this one's is open and ready); else NEVER. */
static inline uint64_t zs_dram_next_in_turn(const zs_dram *d, const request_queue *l)
{
    const queue_entry *entry = &l->entries[l->head];
    const bank_state *bank = &d->banks[entry->bank];
    const uint64_t floor = zs_max_u64(d->column_at[d->mode], d->now);
    if (d->wanting != 0 || bank->row != entry->row || bank->column_at > floor)
        return ZS_DRAM_NEVER;
    if (d->bank_gap == 0 || entry->bank == d->served_bank)
        return floor;
    return d->mode == READ ? ZS_DRAM_NEVER : zs_dram_column_of(d, entry->bank);
}

/* zs_dram_run inlined into its caller; `turn` and `decide`, up to and including that clock, make
 * the other decisions. */
void zs_dram_turn(zs_dram *d, uint64_t at);
bool zs_dram_decide(zs_dram *d, uint64_t until, zs_dram_done *done);
static ZS_INLINE bool zs_dram_run_here(zs_dram *d, uint64_t offers_until, zs_dram_done *done)
{
    const uint64_t until =
        offers_until == ZS_DRAM_NEVER ? ZS_DRAM_NEVER : offers_until + QUEUE_LATENCY;
    if (zs_dram_next_mode(d) != d->mode) {
        const uint64_t at = zs_max_u64(d->now, d->slot_end);
        if (at >= until)
            return false;
        zs_dram_turn(d, at);
    }
    const request_queue *l = &d->queues[d->mode];
    if (l->n != 0) {
        const uint64_t at = zs_dram_next_in_turn(d, l);
        if (at < d->refresh_at) {
            if (at >= until)
                return false;
            zs_dram_issue_entry(d, l->head, at, done);
            return true;
        }
    }
    return zs_dram_decide(d, until, done);
}

#endif
