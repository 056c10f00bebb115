/* dram_queue_priv.h - in and out of the queues of the DDR controller, as nearly every burst that
 * meets others goes: at the end of its lane, and out when the oldest of the direction that has the
 * bus is next. Inline, since a simulation comes here millions of times; dram_schedule.c decides
 * what is not that simple. */
#ifndef ZYNQSIM_DRAM_QUEUE_PRIV_H
#define ZYNQSIM_DRAM_QUEUE_PRIV_H

#include "dram_priv.h"

/* Whether a bank needs its row changed for the direction being served, and from when it may be. */
static ZS_INLINE void zs_dram_update_want(zs_dram *d, uint32_t b, uint64_t at)
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

static inline item *zs_dram_append(lane *l)
{
    const uint16_t i = l->spare;
    item *it = &l->items[i];
    l->spare = it->next;
    it->prev = l->tail;
    it->next = NO_ITEM;
    *(l->tail == NO_ITEM ? &l->head : &l->items[l->tail].next) = i;
    l->tail = i;
    l->n++;
    return it;
}

/* Queues a request of n transactions that is taken. */
static ZS_INLINE void zs_dram_put(zs_dram *d, const zs_dram_req *req, uint32_t n, uint64_t at)
{
    const uint32_t dir = req->is_write;
    lane *l = &d->lanes[dir];
    item *it = zs_dram_append(l);
    const uint64_t page = req->addr >> d->row_shift;
    it->bank = (uint8_t)(page & d->bank_mask);
    it->row = (uint32_t)(page >> d->bank_shift);
    it->n = (uint8_t)n;
    it->tag = req->tag;
    it->in_turn = l->placed + l->used;
    l->used += n;
    l->banks |= 1u << it->bank;
    bank_state *bank = &d->banks[it->bank];
    bank->waiting[dir]++;
    bank->hits[dir] = (uint16_t)(bank->hits[dir] + (bank->row == it->row));
    d->now = zs_max_u64(d->now, at + ENTRY);
    zs_dram_count_bytes(d, dir, req->bytes, n);
    if (d->watch != NULL)
        zs_dram_tell_queue(d, ZS_DRAM_QUEUED, it->bank, dir,
                           d->lanes[READ].used + d->lanes[WRITE].used, at + ENTRY, at + ENTRY);
    if (d->mode == dir)
        zs_dram_update_want(d, it->bank, at + ENTRY);
}

/* ---- out ------------------------------------------------------------------------------------ */

static inline bool zs_dram_writes_press(const zs_dram *d)
{
    return d->lanes[WRITE].used >= d->write_high;
}

/* The direction to serve next: the current one until it is empty, or has had its run while the
 * other waits. Reads yield once writes fill half their queue, which are then drained; a full read
 * queue makes runs of reads long and those of writes short. */
static ZS_INLINE uint32_t zs_dram_next_mode(const zs_dram *d)
{
    const uint32_t other = !d->mode;
    if (d->lanes[other].n == 0)
        return d->mode;
    if (d->lanes[d->mode].n == 0)
        return other;
    const bool reads_press = d->lanes[READ].used >= d->read_high;
    if (d->mode == WRITE)
        return d->run >= (d->drains && !reads_press ? d->p.queue : d->p.write_batch) ? READ : WRITE;
    return zs_dram_writes_press(d) && d->run >= (reads_press ? d->read_run : d->starve_limit)
               ? WRITE
               : READ;
}

/* A bank whose hits keep passing the oldest request must close for it. */
static inline void zs_dram_relieve_oldest(zs_dram *d, uint64_t at)
{
    const lane *l = &d->lanes[d->mode];
    const item *oldest = &l->items[l->head];
    if (l->placed < oldest->in_turn + d->starve_limit || d->banks[oldest->bank].row == oldest->row)
        return;
    d->forced |= 1u << oldest->bank;
    zs_dram_update_want(d, oldest->bank, at);
}

/* So does one that has served its row for a while, when an older read of the bank waits. */
void zs_dram_relieve_older(zs_dram *d, uint32_t b, uint64_t at);
static inline void zs_dram_relieve_bank(zs_dram *d, uint32_t b, uint64_t at)
{
    const bank_state *bank = &d->banks[b];
    if (d->mode == READ && bank->served >= ROW_HITS && bank->waiting[READ] != 0)
        zs_dram_relieve_older(d, b, at);
}

/* When a hit of a bank can go. */
static inline uint64_t zs_dram_column_of(const zs_dram *d, uint32_t b)
{
    const uint64_t bus_at = d->column_at[d->mode] + (b == d->served_bank ? 0 : d->bank_gap);
    return zs_max_u64(d->banks[b].column_at, zs_max_u64(bus_at, d->now));
}

static ZS_INLINE void zs_dram_unlink_item(lane *l, uint16_t i)
{
    const item *it = &l->items[i];
    if (it->prev == NO_ITEM)
        l->head = it->next;
    else
        l->items[it->prev].next = it->next;
    if (it->next == NO_ITEM)
        l->tail = it->prev;
    else
        l->items[it->next].prev = it->prev;
    l->items[i].next = l->spare;
    l->spare = i;
}

static ZS_INLINE void zs_dram_place(zs_dram *d, uint16_t which, uint64_t at, zs_dram_done *done)
{
    const uint32_t mode = d->mode;
    lane *l = &d->lanes[mode];
    const item *it = &l->items[which];
    const uint32_t b = it->bank, n = it->n;
    bank_state *bank = &d->banks[b];
    const uint64_t last = at + (uint64_t)d->gap * (n - 1u);
    zs_dram_occupy(d, b, n, at, done);
    done->tag = it->tag;
    bank->hits[mode]--;
    bank->waiting[mode]--;
    l->n--;
    l->used -= n;
    zs_dram_unlink_item(l, which);
    if (d->watch != NULL)
        zs_dram_tell_queue(d, ZS_DRAM_COLUMNS, b, mode, d->lanes[READ].used + d->lanes[WRITE].used,
                           at, d->slot_end);
    if (bank->waiting[mode] == 0) {
        l->banks &= ~(1u << b);
        d->wanting &= ~(1u << b);
    } else {
        zs_dram_update_want(d, b, last);
    }
    if (l->n == 0)
        return;
    zs_dram_relieve_oldest(d, last);
    zs_dram_relieve_bank(d, b, last);
}

/* The oldest item of the direction being served, when nothing else can come first: no bank waits
 * for a row, and this one's is open and ready. When that is, or NEVER. */
static inline uint64_t zs_dram_next_in_turn(const zs_dram *d, const lane *l)
{
    const item *it = &l->items[l->head];
    const bank_state *bank = &d->banks[it->bank];
    const uint64_t floor = zs_max_u64(d->column_at[d->mode], d->now);
    if (d->wanting != 0 || bank->row != it->row || bank->column_at > floor)
        return ZS_DRAM_NEVER;
    if (d->bank_gap == 0 || it->bank == d->served_bank)
        return floor;
    return d->mode == READ ? ZS_DRAM_NEVER : zs_dram_column_of(d, it->bank);
}

/* As zs_dram_run, where it is called; `turn` and `decide`, up to the clock itself, are the rest. */
void zs_dram_turn(zs_dram *d, uint64_t at);
bool zs_dram_decide(zs_dram *d, uint64_t until, zs_dram_done *done);
static ZS_INLINE bool zs_dram_run_here(zs_dram *d, uint64_t offers_until, zs_dram_done *done)
{
    const uint64_t until = offers_until == ZS_DRAM_NEVER ? ZS_DRAM_NEVER : offers_until + ENTRY;
    if (zs_dram_next_mode(d) != d->mode) {
        const uint64_t at = zs_max_u64(d->now, d->slot_end);
        if (at >= until)
            return false;
        zs_dram_turn(d, at);
    }
    const lane *l = &d->lanes[d->mode];
    if (l->n != 0) {
        const uint64_t at = zs_dram_next_in_turn(d, l);
        if (at < d->refresh_at) {
            if (at >= until)
                return false;
            zs_dram_place(d, l->head, at, done);
            return true;
        }
    }
    return zs_dram_decide(d, until, done);
}

#endif
