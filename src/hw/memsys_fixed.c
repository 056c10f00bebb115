#include "memsys_priv.h"

/* Transfers are independent, so the end of each is known when it starts. */

struct zs_fixed_sys {
    const zs_design *design;
    zs_channel_counts *counts;
    uint64_t done_at[ZS_CHANNEL_N]; /* UINT64_MAX: idle */
    zs_dram_counts dram;
    uint64_t events;
    const zs_memsys_watch *watch;
};

/* ---- one transfer ---------------------------------------------------------------------------- */

void zs_fixed_walk_start(zs_fixed_walk *w, const zs_design *design, uint32_t channel,
                         uint64_t start)
{
    const zs_axi_params port = zs_channel_port(design, channel);
    *w = (zs_fixed_walk){.port = port, .channel = channel, .is_write = channel & 1};
    w->latency = w->is_write ? port.write_latency_pl_cycles : port.read_latency_pl_cycles;
    w->rules = zs_dma_rules_of(design, channel);
    w->done_at = start;
    zs_axi_flow_start(&w->flow, zs_channel_outstanding(design, channel), start + w->rules.row_gap);
}

void zs_fixed_walk_burst(zs_fixed_walk *w, const zs_axi_burst *burst)
{
    zs_axi_flow *flow = &w->flow;
    w->address_at = zs_axi_flow_next(flow);
    zs_axi_flow_issue(flow, w->address_at);
    flow->address_at += w->rules.address_interval - 1;
    const uint64_t first = w->address_at + (w->is_write ? w->rules.write_data : w->latency);
    w->last_beat_at = zs_axi_flow_beats(flow, burst->beats, first, 0);
    flow->beat_at += w->rules.write_gap;
    const uint64_t end = w->last_beat_at + (w->is_write ? w->latency : 0);
    zs_axi_flow_finish(flow, end);
    w->done_at = end + 1;
    if (w->watch != NULL) {
        w->watch->burst_sent(w->watch->ctx, w->channel, burst->addr, burst->bytes, w->address_at);
        w->watch->burst_over(w->watch->ctx, w->channel, w->done_at);
    }
    w->count.bursts++;
    w->count.beats += burst->beats;
    w->count.bytes += burst->bytes;
}

static void walk_row(zs_fixed_walk *w, uint64_t addr, uint64_t bytes)
{
    while (bytes != 0) {
        const zs_axi_burst burst = zs_axi_cut(&w->port, addr, bytes);
        zs_fixed_walk_burst(w, &burst);
        addr += burst.bytes;
        bytes -= burst.bytes;
    }
}

/* Delays the address of the next row. */
static void between_rows(zs_fixed_walk *w, const zs_xfer *next)
{
    const uint64_t copy = w->is_write ? zs_copy_pl_cycles(next) : 0;
    if (w->rules.block_rows || copy != 0)
        w->flow.address_at = zs_max_u64(w->flow.address_at, w->done_at + 1);
    if (copy != 0)
        w->flow.address_at = zs_copied_at(copy, next->stage_n, w->row_at, w->flow.address_at);
    w->flow.address_at += w->rules.row_gap;
}

/* The gap of the first row is already in the flow's start. */
static void begin_row(zs_fixed_walk *w, const zs_xfer *x)
{
    if (w->count.bursts != 0)
        between_rows(w, x);
    else if (w->is_write)
        w->flow.address_at += zs_copy_pl_cycles(x);
    else
        w->first_at = w->flow.address_at + w->latency;
    w->row_at = w->flow.address_at;
}

static void walk_rows(zs_fixed_walk *w, const zs_xfer *x, uint64_t addr, uint32_t row_n)
{
    for (uint32_t row = 0; row < row_n; row++, addr += x->row_pitch_bytes) {
        begin_row(w, x);
        walk_row(w, addr, x->row_bytes);
    }
}

/* Repeated rows of a read: groups of as many rows as may be outstanding reach a steady state of
 * equal durations. Simulates WALKED groups and skips the others; returns the number of rows. */
static uint32_t walk_repeats(zs_fixed_walk *w, const zs_xfer *x)
{
    enum { WALKED = 4 };
    const uint32_t group = w->flow.limit, group_n = x->row_n / group;
    uint64_t ends[WALKED];
    zs_fixed_walk before = *w;
    if (x->row_pitch_bytes != 0 || x->side_bytes != 0 || w->watch != NULL || w->is_write ||
        group_n <= WALKED)
        return 0;
    for (uint32_t k = 0; k < WALKED; k++) {
        before = *w;
        walk_rows(w, x, x->addr, group);
        ends[k] = w->done_at;
    }
    if (ends[3] - ends[2] != ends[2] - ends[1])
        return WALKED * group;
    const uint64_t times = group_n - WALKED;
    w->skipped += times * (ends[3] - ends[2]);
    w->count.bytes += times * (w->count.bytes - before.count.bytes);
    w->count.bursts += times * (w->count.bursts - before.count.bursts);
    w->count.beats += times * (w->count.beats - before.count.beats);
    return group_n * group;
}

void zs_fixed_walk_xfer(zs_fixed_walk *w, const zs_xfer *x)
{
    if (zs_xfer_bytes(x) == 0)
        return;
    for (uint32_t plane = 0; plane < x->plane_n; plane++) {
        const uint32_t walked = plane == 0 ? walk_repeats(w, x) : 0;
        walk_rows(w, x, x->addr + plane * x->plane_pitch_bytes + walked * x->row_pitch_bytes,
                  x->row_n - walked);
    }
    if (!w->is_write)
        *(x->stage_n != 0 ? &w->unpacking_behind : &w->unpacking) += zs_side_pl_cycles(x);
}

uint64_t zs_fixed_walk_end(const zs_fixed_walk *w)
{
    if (w->count.bursts == 0)
        return w->done_at;
    const uint64_t end = w->done_at + w->skipped + w->rules.finish - 1 + w->unpacking_behind;
    return w->unpacking == 0 ? end : zs_max_u64(end, w->first_at + w->unpacking);
}

/* ---- all channels ---------------------------------------------------------------------------- */

zs_status zs_fixed_sys_build(zs_arena *arena, const zs_design *design, zs_channel_counts *counts,
                             zs_fixed_sys **out, zs_err *err)
{
    zs_fixed_sys *fs = zs_new(arena, zs_fixed_sys, 1);
    if (fs == NULL)
        return zs_nomem(err, "the memory system");
    fs->design = design;
    fs->counts = counts;
    for (uint32_t i = 0; i < ZS_CHANNEL_N; i++)
        fs->done_at[i] = UINT64_MAX;
    *out = fs;
    return ZS_OK;
}

void zs_fixed_sys_watch_set(zs_fixed_sys *fs, const zs_memsys_watch *watch)
{
    fs->watch = watch;
}

void zs_fixed_sys_start(zs_fixed_sys *fs, uint32_t channel, const zs_xfer *xfers, uint32_t xfer_n,
                        uint64_t start)
{
    zs_fixed_walk w;
    zs_fixed_walk_start(&w, fs->design, channel, start);
    w.watch = fs->watch;
    for (uint32_t i = 0; i < xfer_n; i++)
        zs_fixed_walk_xfer(&w, &xfers[i]);
    fs->done_at[channel] = zs_fixed_walk_end(&w);
    zs_channel_counts *c = &fs->counts[channel];
    c->bytes += w.count.bytes;
    c->bursts += w.count.bursts;
    c->beats += w.count.beats;
    *(channel & 1 ? &fs->dram.write_bytes : &fs->dram.read_bytes) += w.count.bytes;
    fs->events += w.count.bursts;
}

bool zs_fixed_sys_next(zs_fixed_sys *fs, uint64_t limit, uint32_t *channel, uint64_t *done_at)
{
    uint32_t who = 0;
    for (uint32_t i = 1; i < ZS_CHANNEL_N; i++)
        if (fs->done_at[i] < fs->done_at[who])
            who = i;
    if (fs->done_at[who] == UINT64_MAX || fs->done_at[who] > limit)
        return false;
    *channel = who;
    *done_at = fs->done_at[who];
    fs->done_at[who] = UINT64_MAX;
    return true;
}

const zs_dram_counts *zs_fixed_sys_dram_counts(const zs_fixed_sys *fs)
{
    return &fs->dram;
}

uint64_t zs_fixed_sys_events(const zs_fixed_sys *fs)
{
    return fs->events;
}

zs_dram_counts *zs_fixed_sys_counts(zs_fixed_sys *fs)
{
    return &fs->dram;
}
