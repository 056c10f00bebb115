#include "memsys_priv.h"

zs_status zs_memsys_build(zs_arena *arena, const zs_design *design, zs_fidelity fidelity,
                          zs_memsys **out, zs_err *err)
{
    zs_memsys *ms = zs_new(arena, zs_memsys, 1);
    if (ms == NULL)
        return zs_nomem(err, "the memory system");
    ms->design = design;
    ms->fidelity = fidelity;
    if (fidelity == ZS_BURST)
        ZS_TRY(zs_burst_sys_build(arena, design, ms->counts, &ms->burst, err));
    else
        ZS_TRY(zs_tile_sys_build(arena, design, &ms->tile, err));
    *out = ms;
    return ZS_OK;
}

static zs_xfer as_sent(const zs_memsys *ms, const zs_xfer *xfer)
{
    return ms->design->accel.dma.merge_rows ? zs_xfer_merged(xfer) : *xfer;
}

void zs_memsys_start_priced(zs_memsys *ms, uint32_t channel, const zs_xfer *xfer,
                            const zs_xfer_price *price, uint64_t start)
{
    zs_channel_counts *c = &ms->counts[channel];
    ms->started_at[channel] = start;
    c->transfers++;
    if (ms->burst != NULL) {
        const zs_xfer sent = as_sent(ms, xfer);
        zs_burst_sys_start(ms->burst, channel, &sent, start);
        return;
    }
    c->bytes += price->count.bytes;
    c->bursts += price->count.bursts;
    c->beats += price->count.beats;
    zs_tile_sys_start(ms->tile, channel, price, start);
}

void zs_memsys_start(zs_memsys *ms, uint32_t channel, const zs_xfer *xfer, uint64_t start)
{
    zs_xfer_price price = {0};
    if (ms->tile != NULL)
        price = zs_xfer_price_of(ms->design, channel, xfer);
    zs_memsys_start_priced(ms, channel, xfer, &price, start);
}

bool zs_memsys_next(zs_memsys *ms, uint64_t limit, uint32_t *channel, uint64_t *done)
{
    const bool any = ms->burst != NULL ? zs_burst_sys_next(ms->burst, limit, channel, done)
                                       : zs_tile_sys_next(ms->tile, limit, channel, done);
    if (any)
        ms->counts[*channel].busy_pl_cycles += *done - ms->started_at[*channel];
    return any;
}

const zs_channel_counts *zs_memsys_channel_counts(const zs_memsys *ms, uint32_t channel)
{
    return &ms->counts[channel];
}

const zs_dram_counts *zs_memsys_dram_counts(const zs_memsys *ms)
{
    return ms->burst != NULL ? zs_burst_sys_dram_counts(ms->burst)
                             : zs_tile_sys_dram_counts(ms->tile);
}

uint64_t zs_memsys_events(const zs_memsys *ms)
{
    return ms->burst != NULL ? zs_burst_sys_events(ms->burst) : zs_tile_sys_events(ms->tile);
}
