#include "memsys_priv.h"

const char *const zs_fidelity_words[ZS_FIDELITY_N] = {"bound", "tile", "burst"};

zs_status zs_memsys_build(zs_arena *arena, const zs_design *design, zs_fidelity fidelity,
                          zs_memsys **out, zs_err *err)
{
    zs_memsys *ms = zs_new(arena, zs_memsys, 1);
    if (ms == NULL)
        return zs_nomem(err, "the memory system");
    ms->design = design;
    ms->fidelity = fidelity;
    if (design->board.memory.kind == ZS_MEMORY_FIXED)
        ZS_TRY(zs_fixed_sys_build(arena, design, ms->counts, &ms->fixed, err));
    else if (fidelity == ZS_BURST)
        ZS_TRY(zs_burst_sys_build(arena, design, ms->counts, &ms->burst, err));
    else
        ZS_TRY(zs_tile_sys_build(arena, design, &ms->tile, err));
    *out = ms;
    return ZS_OK;
}

void zs_memsys_watch_set(zs_memsys *ms, const zs_memsys_watch *watch)
{
    if (ms->fixed != NULL)
        zs_fixed_sys_watch_set(ms->fixed, watch);
    if (ms->burst != NULL)
        zs_burst_sys_watch_set(ms->burst, watch);
}

/* Cost of back-to-back transfers: the latency counts once. */
static zs_xfer_price chained(const zs_memsys *ms, uint32_t channel,
                             const zs_xfer_price *const *prices, uint32_t n)
{
    const zs_axi_params port = zs_channel_port(ms->design, channel);
    const uint64_t latency =
        channel & 1 ? port.write_latency_pl_cycles : port.read_latency_pl_cycles;
    zs_xfer_price sum = *prices[0];
    for (uint32_t i = 1; i < n; i++) {
        const zs_xfer_price *p = prices[i];
        const uint64_t more = p->pl_cycles > latency ? p->pl_cycles - latency : 0;
        sum.pl_cycles += zs_max_u64(more, p->count.beats);
        sum.count.bytes += p->count.bytes;
        sum.count.bursts += p->count.bursts;
        sum.count.beats += p->count.beats;
        sum.dram_ddr_cycles += p->dram_ddr_cycles;
        sum.transactions += p->transactions;
        sum.row_changes += p->row_changes;
    }
    return sum;
}

static void start_tile(zs_memsys *ms, uint32_t channel, const zs_xfer_price *price, uint64_t start)
{
    zs_channel_counts *c = &ms->counts[channel];
    c->bytes += price->count.bytes;
    c->bursts += price->count.bursts;
    c->beats += price->count.beats;
    zs_tile_sys_start(ms->tile, channel, price, start);
}

void zs_memsys_start_priced(zs_memsys *ms, uint32_t channel, const zs_xfer *xfers,
                            const zs_xfer_price *const *prices, uint32_t n, uint64_t start)
{
    zs_xfer sent[ZS_CHAIN_MAX];
    ms->started_at[channel] = start;
    ms->counts[channel].transfers += n;
    if (ms->tile != NULL) {
        const zs_xfer_price sum = chained(ms, channel, prices, n);
        start_tile(ms, channel, &sum, start);
        return;
    }
    for (uint32_t i = 0; i < n; i++)
        sent[i] = zs_design_dma(ms->design, channel / 2)->merge_rows ? zs_xfer_merged(&xfers[i])
                                                                     : xfers[i];
    if (ms->fixed != NULL)
        zs_fixed_sys_start(ms->fixed, channel, sent, n, start);
    else
        zs_burst_sys_start(ms->burst, channel, sent, n, start);
}

void zs_memsys_start(zs_memsys *ms, uint32_t channel, const zs_xfer *xfer, uint64_t start)
{
    zs_xfer_price price = {0};
    if (ms->tile != NULL)
        price = zs_xfer_price_of(ms->design, channel, xfer);
    const zs_xfer_price *const prices[1] = {&price};
    zs_memsys_start_priced(ms, channel, xfer, prices, 1, start);
}

bool zs_memsys_next(zs_memsys *ms, uint64_t limit, uint32_t *channel, uint64_t *done)
{
    const bool any = ms->fixed != NULL   ? zs_fixed_sys_next(ms->fixed, limit, channel, done)
                     : ms->burst != NULL ? zs_burst_sys_next(ms->burst, limit, channel, done)
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
    if (ms->fixed != NULL)
        return zs_fixed_sys_dram_counts(ms->fixed);
    return ms->burst != NULL ? zs_burst_sys_dram_counts(ms->burst)
                             : zs_tile_sys_dram_counts(ms->tile);
}

uint64_t zs_memsys_events(const zs_memsys *ms)
{
    if (ms->fixed != NULL)
        return zs_fixed_sys_events(ms->fixed);
    return ms->burst != NULL ? zs_burst_sys_events(ms->burst) : zs_tile_sys_events(ms->tile);
}
