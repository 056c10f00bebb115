#include "dram_priv.h"

static uint32_t log2_of(uint32_t x)
{
    uint32_t n = 0;
    while (x >>= 1)
        n++;
    return n;
}

/* ---- closed forms ---------------------------------------------------------------------------- */

uint32_t zs_dram_column_gap(const zs_memory_params *m)
{
    return m->t_ccd > BURST ? m->t_ccd : BURST;
}

static uint32_t write_to_read(const zs_memory_params *m)
{
    return m->t_cwl + BURST + m->t_wtr;
}

static uint32_t read_to_write(const zs_memory_params *m)
{
    return m->t_rtw > BURST ? m->t_rtw : BURST;
}

uint32_t zs_dram_read_ddr_cycles(const zs_memory_params *m, zs_row_state state)
{
    const uint32_t hit = QUEUE_LATENCY + m->t_cl + BURST;
    if (state == ZS_ROW_OPEN)
        return hit;
    return hit + m->t_rcd + (state == ZS_ROW_OTHER ? m->t_rp : 0);
}

uint32_t zs_dram_turn_ddr_cycles(const zs_memory_params *m)
{
    return write_to_read(m) + read_to_write(m) - 2 * zs_dram_column_gap(m);
}

uint32_t zs_dram_refresh_ddr_cycles(const zs_memory_params *m)
{
    return m->t_refi == 0 ? 0 : m->t_rp + m->t_rfc + m->t_rcd;
}

uint32_t zs_dram_read_run(const zs_memory_params *m)
{
    return READ_BATCHES * m->write_batch;
}

/* ---- set-up ---------------------------------------------------------------------------------- */

static void queue_init(request_queue *l, queue_entry *entries, uint32_t n)
{
    l->entries = entries;
    l->head = l->tail = NO_ENTRY;
    for (uint32_t i = 0; i < n; i++)
        entries[i].next = (uint16_t)(i + 1 < n ? i + 1 : NO_ENTRY);
}

static void derive(zs_dram *d, const zs_memory_params *m)
{
    d->p = *m;
    d->row_shift = log2_of(m->row_bytes);
    d->bank_shift = log2_of(m->banks);
    d->bank_mask = m->banks - 1;
    d->block_shift = log2_of(8 * m->bus_bytes);
    d->gap = zs_dram_column_gap(m);
    d->bank_gap = m->t_ccd_bank > d->gap ? m->t_ccd_bank - d->gap : 0;
    d->to_other[READ] = read_to_write(m);
    d->to_other[WRITE] = write_to_read(m);
    d->to_precharge[READ] = m->t_rtp;
    d->to_precharge[WRITE] = m->t_cwl + BURST + m->t_wr;
    d->piece_blocks = m->queue < PIECE_TRANSACTIONS ? m->queue : PIECE_TRANSACTIONS;
    d->latency[READ] = m->t_cl + BURST;
    d->latency[WRITE] = m->t_cwl + BURST;
    d->read_run = zs_dram_read_run(m);
    d->read_high = zs_dram_full_queue(m);
    d->write_high = (uint32_t)zs_max_u64(1, m->queue / 2);
    d->starve_limit = zs_dram_short_read_run(m);
    d->refresh_at = m->t_refi == 0 ? ZS_DRAM_NEVER : m->t_refi;
    d->served_dir = 2;
}

zs_status zs_dram_build(zs_arena *arena, const zs_memory_params *memory, zs_dram **out, zs_err *err)
{
    ZS_TRY(zs_design_memory_check(memory, err));
    zs_dram *d = zs_new(arena, zs_dram, 1);
    queue_entry *entries = zs_new(arena, queue_entry, 2 * (size_t)memory->queue);
    if (d == NULL || entries == NULL)
        return zs_nomem(err, "the DDR controller");
    derive(d, memory);
    queue_init(&d->queues[READ], entries, memory->queue);
    queue_init(&d->queues[WRITE], entries + memory->queue, memory->queue);
    for (uint32_t b = 0; b < BANKS_MAX; b++) {
        d->banks[b].row = NO_ROW;
        d->banks[b].opened_by = ZS_ROW_CLOSED;
    }
    *out = d;
    return ZS_OK;
}

/* ---- an idle memory ------------------------------------------------------------------------- */

/* End of the last refresh if it began when due. */
static uint64_t refreshed(const zs_dram *d)
{
    return d->p.t_refi == 0 ? 0 : d->refresh_at - d->p.t_refi + d->p.t_rfc;
}

uint64_t zs_dram_idle_at(const zs_dram *d)
{
    if (d->queues[READ].n + d->queues[WRITE].n != 0)
        return ZS_DRAM_NEVER;
    uint64_t at = zs_max_u64(d->column_at[READ], d->column_at[WRITE]) + d->bank_gap;
    at = zs_max_u64(at, d->slot_end);
    const uint64_t newest = d->activates[(d->activate_i + FAW_WINDOW - 1) % FAW_WINDOW];
    if (newest != 0)
        at = zs_max_u64(at, newest - 1 + zs_max_u64(d->p.t_rrd, d->p.t_faw));
    const uint64_t refreshed_at = refreshed(d);
    for (uint32_t b = 0; b < d->p.banks; b++) {
        const bank_state *bank = &d->banks[b];
        const uint64_t open_at = zs_max_u64(bank->column_at, bank->precharge_at + d->p.t_rp);
        if (bank->row != NO_ROW)
            at = zs_max_u64(at, open_at);
        else if (bank->activate_at != refreshed_at)
            at = zs_max_u64(at, bank->activate_at);
    }
    return at;
}

uint64_t zs_dram_refresh_at(const zs_dram *d)
{
    return d->refresh_at;
}

void zs_dram_get_idle(const zs_dram *d, zs_dram_idle *idle)
{
    for (uint32_t b = 0; b < BANKS_MAX; b++) {
        const uint64_t row = d->banks[b].row;
        idle->pages[b] = row == NO_ROW ? ZS_DRAM_NEVER : row << d->bank_shift | b;
    }
    idle->last_is_write = d->served_dir == WRITE;
    idle->run = d->run;
}

void zs_dram_set_idle(zs_dram *d, const zs_dram_idle *idle, uint64_t at)
{
    if (d->refresh_at <= at)
        d->refresh_at += ((at - d->refresh_at) / d->p.t_refi + 1) * d->p.t_refi;
    for (uint32_t b = 0; b < d->p.banks; b++) {
        bank_state *bank = &d->banks[b];
        const bool is_open = idle->pages[b] != ZS_DRAM_NEVER;
        bank->activate_at = zs_max_u64(bank->activate_at, refreshed(d));
        bank->row = is_open ? (uint32_t)(idle->pages[b] >> d->bank_shift) : NO_ROW;
        bank->opened_by = is_open ? ZS_ROW_OPEN : ZS_ROW_CLOSED;
    }
    d->mode = d->served_dir = idle->last_is_write;
    d->drains = idle->last_is_write && d->write_high <= 1; /* it turned for a single one */
    d->run = idle->run;
    d->now = zs_max_u64(d->now, at);
}

void zs_dram_add_counts(zs_dram_counts *c, const zs_dram_counts *more)
{
    c->read_bytes += more->read_bytes;
    c->write_bytes += more->write_bytes;
    c->read_transactions += more->read_transactions;
    c->write_transactions += more->write_transactions;
    c->row_hits += more->row_hits;
    c->row_misses += more->row_misses;
    c->row_conflicts += more->row_conflicts;
    c->activates += more->activates;
    c->precharges += more->precharges;
    c->refreshes += more->refreshes;
    c->turnarounds += more->turnarounds;
    c->busy_ddr_cycles += more->busy_ddr_cycles;
}

void zs_dram_credit(zs_dram *d, const zs_dram_counts *more)
{
    zs_dram_add_counts(&d->counts, more);
}

const zs_dram_counts *zs_dram_counts_of(const zs_dram *d)
{
    return &d->counts;
}

uint64_t zs_dram_events(const zs_dram *d)
{
    return d->events;
}
