#include "dram_priv.h"

/* What a request that finds both queues empty will need, and when. */
typedef struct passage {
    uint64_t turn_at, precharge_at, activate_at, column_at; /* the first three: NEVER when not */
} passage;

static passage passage_of(const zs_dram *d, uint32_t dir, uint32_t b, uint32_t row, uint64_t at)
{
    const bank_state *bank = &d->banks[b];
    passage p = {ZS_DRAM_NEVER, ZS_DRAM_NEVER, ZS_DRAM_NEVER, 0};
    uint64_t rows_from = at + ENTRY, from = zs_max_u64(d->now, at + ENTRY);
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

/* Of a request that has just passed. Its passage comes by value: an address would keep it in memory
 * where nobody looks, too. */
ZS_COLD static void tell_passage(const zs_dram *d, passage p, uint32_t b, uint32_t n, uint64_t at)
{
    zs_dram_tell_queue(d, ZS_DRAM_QUEUED, b, d->mode, n, at, at);
    if (p.precharge_at != ZS_DRAM_NEVER)
        zs_dram_tell(d, ZS_DRAM_PRECHARGE, b, p.precharge_at, p.precharge_at);
    if (p.activate_at != ZS_DRAM_NEVER)
        zs_dram_tell(d, ZS_DRAM_ACTIVATE, b, p.activate_at, p.activate_at);
    zs_dram_tell_queue(d, ZS_DRAM_COLUMNS, b, d->mode, 0, p.column_at, d->slot_end);
}

bool zs_dram_pass(zs_dram *d, const zs_dram_req *req, uint32_t n, uint64_t at, uint64_t until,
                  zs_dram_done *done)
{
    const uint64_t page = req->addr >> d->row_shift;
    const uint32_t b = (uint32_t)page & d->bank_mask, row = (uint32_t)(page >> d->bank_shift);
    const uint32_t dir = req->is_write;
    if (d->lanes[READ].n + d->lanes[WRITE].n != 0)
        return false;
    const passage p = passage_of(d, dir, b, row, at);
    if (p.column_at - ENTRY >= until || p.column_at >= d->refresh_at)
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
    zs_dram_occupy(d, b, n, p.column_at, done);
    done->tag = req->tag;
    if (d->watch != NULL)
        tell_passage(d, p, b, n, at + ENTRY);
    return true;
}
