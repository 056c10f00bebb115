#include "trace_priv.h"

#include <stdlib.h>

uint64_t zs_trace_pl_ps(const zs_design *d, uint64_t pl_cycle)
{
    return zs_edge_ps(pl_cycle, d->accel.clock_hz);
}

uint64_t zs_trace_ddr_ps(const zs_design *d, uint64_t ddr_cycle)
{
    return ddr_cycle * d->board.memory.tck_ps;
}

void zs_trace_units(const zs_plan *plan, bool used[ZS_UNITS_MAX])
{
    for (uint32_t u = 0; u < plan->unit_n; u++)
        used[u] = false;
    for (uint32_t i = 0; i < plan->op_n; i++)
        used[plan->ops[i].unit] = true;
}

static void change(trace_changes *c, uint64_t ps, uint32_t signal, int64_t value, trace_act act)
{
    c->list[c->n] = (trace_change){
        .ps = ps, .value = value, .order = c->n, .signal = (uint16_t)signal, .act = (uint8_t)act};
    c->n++;
    c->has[signal] = true;
}

static void span(trace_changes *c, uint64_t from_ps, uint64_t to_ps, uint32_t signal, int64_t value)
{
    change(c, from_ps, signal, value, TRACE_ADD);
    change(c, to_ps, signal, -value, TRACE_ADD);
}

/* ---- from the records ------------------------------------------------------------------------ */

static void add_ops(trace_changes *c, const zs_design *d, const zs_trace *t)
{
    for (uint32_t i = 0; i < t->plan->op_n; i++) {
        const zs_tile_op *op = &t->plan->ops[i];
        const zs_trace_op *when = zs_trace_find(t, i);
        if (when == NULL || op->code == ZS_OP_JOIN)
            continue;
        const uint64_t from = zs_trace_pl_ps(d, when->start_pl_cycle);
        span(c, from, zs_trace_pl_ps(d, when->end_pl_cycle), SIGNAL_BUSY + op->unit, 1);
        change(c, from, SIGNAL_OP + op->unit, i, TRACE_SET);
        change(c, from, SIGNAL_ROW + op->unit, op->row, TRACE_SET);
    }
}

static void add_bursts(trace_changes *c, const zs_design *d, const zs_trace *t)
{
    for (uint32_t i = 0; i < t->burst_n; i++) {
        const zs_trace_burst *b = &t->bursts[i];
        span(c, zs_trace_pl_ps(d, b->sent_pl_cycle), zs_trace_pl_ps(d, b->end_pl_cycle),
             SIGNAL_BURSTS + zs_op_channel(t->plan, b->op), 1);
    }
}

static void close_banks(trace_changes *c, uint64_t ps, uint32_t bank_n)
{
    for (uint32_t b = 0; b < bank_n; b++)
        if (c->has[SIGNAL_BANK_OPEN + b])
            change(c, ps, SIGNAL_BANK_OPEN + b, 0, TRACE_SET);
}

static void hide_banks(trace_changes *c, uint64_t ps, uint32_t bank_n)
{
    for (uint32_t b = 0; b < bank_n; b++)
        if (c->has[SIGNAL_BANK_OPEN + b]) {
            change(c, ps, SIGNAL_BANK_OPEN + b, 0, TRACE_HIDE);
            change(c, ps, SIGNAL_BANK_ROW + b, 0, TRACE_HIDE);
        }
}

/* A gap in the record has no time stamp: it begins with the last event before it. */
static void add_bank_event(trace_changes *c, const zs_design *d, const zs_dram_event *e,
                           uint64_t *last_ps)
{
    const uint32_t bank_n = (uint32_t)zs_min_u64(d->board.memory.banks, SIGNAL_BANKS_MAX);
    const uint64_t ps = e->act == ZS_TRACE_GAP ? *last_ps : zs_trace_ddr_ps(d, e->at);
    switch (e->act) {
    case ZS_DRAM_ACTIVATE:
        change(c, ps, SIGNAL_BANK_ROW + e->bank, e->row, TRACE_SET);
        change(c, ps, SIGNAL_BANK_OPEN + e->bank, 1, TRACE_SET);
        break;
    case ZS_DRAM_PRECHARGE:
        change(c, ps, SIGNAL_BANK_OPEN + e->bank, 0, TRACE_SET);
        break;
    case ZS_DRAM_COLUMNS:
        span(c, ps, zs_trace_ddr_ps(d, e->end), SIGNAL_BANK_DATA + e->bank, 1);
        break;
    case ZS_DRAM_REFRESH:
        close_banks(c, ps, bank_n);
        span(c, ps, zs_trace_ddr_ps(d, e->end), SIGNAL_REFRESH, 1);
        break;
    case ZS_TRACE_GAP:
        hide_banks(c, ps, bank_n);
        break;
    default:
        break;
    }
    *last_ps = zs_max_u64(ps, *last_ps);
}

static void add_queue(trace_changes *c, const zs_design *d, const zs_trace *t)
{
    for (uint32_t i = 0; i < t->dram_n; i++)
        if (t->dram[i].act == ZS_DRAM_QUEUED || t->dram[i].act == ZS_DRAM_COLUMNS)
            change(c, zs_trace_ddr_ps(d, t->dram[i].at), SIGNAL_QUEUE, t->dram[i].queued,
                   TRACE_SET);
}

bool zs_trace_dram_is_cut(const zs_design *d, const zs_trace *t, uint64_t *ps, uint64_t *end_ps)
{
    uint64_t last = 0, end = 0;
    for (uint32_t i = 0; i < t->dram_n; i++) {
        if (t->dram[i].act == ZS_TRACE_GAP)
            continue;
        last = zs_max_u64(last, t->dram[i].at);
        end = zs_max_u64(end, zs_max_u64(t->dram[i].at, t->dram[i].end));
    }
    *ps = zs_trace_ddr_ps(d, last);
    *end_ps = zs_trace_ddr_ps(d, end);
    return t->bursts_lost > 0 || t->dram_n == t->dram_max || t->is_away;
}

static void end_signal(trace_changes *c, uint64_t ps, uint32_t signal)
{
    if (c->has[signal])
        change(c, ps, signal, 0, TRACE_END);
}

/* The record may end before the run, for lack of room or because later events were not asked for:
 * from there on nothing is known. */
static void add_ends(trace_changes *c, const zs_design *d, const zs_trace *t)
{
    const uint64_t ops_lost_at = zs_trace_ops_lost_at(t);
    const uint64_t bursts_lost_at = zs_trace_bursts_lost_at(t);
    uint64_t ps, end_ps;
    for (uint32_t u = 0; u < ZS_CHANNEL_N && bursts_lost_at < UINT64_MAX; u++)
        end_signal(c, zs_trace_pl_ps(d, bursts_lost_at), SIGNAL_BURSTS + u);
    for (uint32_t u = 0; u < ZS_UNITS_MAX; u++) {
        if (t->op_lost_at_pl_cycle[u] == UINT64_MAX)
            continue;
        ps = zs_trace_pl_ps(d, t->op_lost_at_pl_cycle[u]);
        end_signal(c, ps, SIGNAL_BUSY + u);
        end_signal(c, ps, SIGNAL_OP + u);
        end_signal(c, ps, SIGNAL_ROW + u);
    }
    if (ops_lost_at < UINT64_MAX)
        end_signal(c, zs_trace_pl_ps(d, ops_lost_at), SIGNAL_BRAM);
    if (!zs_trace_dram_is_cut(d, t, &ps, &end_ps))
        return;
    end_signal(c, ps, SIGNAL_QUEUE);
    for (uint32_t s = SIGNAL_BANK_ROW; s < SIGNAL_N; s++)
        end_signal(c, end_ps, s);
}

/* Rows not asked for send bursts and fill buffers, too. The controller's queue is known again with
 * its next event. */
static void add_gaps(trace_changes *c, const zs_design *d, const zs_trace *t)
{
    for (uint32_t i = 0; i < t->gap_n; i++)
        for (uint32_t s = 0; s < SIGNAL_COUNTERS; s++) {
            if (!c->has[s])
                continue;
            change(c, zs_trace_pl_ps(d, t->gaps[i].start_pl_cycle), s, 0, TRACE_HIDE);
            if (t->gaps[i].end_pl_cycle < UINT64_MAX && s != SIGNAL_QUEUE)
                change(c, zs_trace_pl_ps(d, t->gaps[i].end_pl_cycle), s, 0, TRACE_SHOW);
        }
}

static zs_status add_slots(trace_changes *c, zs_arena *scratch, const zs_design *d,
                           const zs_trace *t, zs_err *err)
{
    zs_trace_slot *slots;
    uint32_t n;
    ZS_TRY(zs_trace_slots(scratch, t, &slots, &n, err));
    for (uint32_t i = 0; i < n; i++)
        span(c, zs_trace_pl_ps(d, slots[i].start_pl_cycle),
             zs_trace_pl_ps(d, slots[i].end_pl_cycle), SIGNAL_BRAM, (int64_t)slots[i].bytes);
    return ZS_OK;
}

/* ---- in order -------------------------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
    const trace_change *x = a, *y = b;
    if (x->ps != y->ps)
        return x->ps < y->ps ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

/* No more than this follows from the records: see the functions above. */
static uint64_t capacity_for(const zs_design *d, const zs_trace *t)
{
    const uint64_t ops = 4 + 2 * 3, rows = 4; /* of an op: its unit, its slots; of a row: spans */
    uint64_t closing = 0;
    for (uint32_t i = 0; i < t->dram_n; i++)
        closing += t->dram[i].act == ZS_DRAM_REFRESH || t->dram[i].act == ZS_TRACE_GAP;
    return ops * t->op_n + rows * t->plan->row_n + UINT64_C(2) * t->burst_n +
           UINT64_C(3) * t->dram_n + closing * (2 * d->board.memory.banks + 2) +
           UINT64_C(2) * SIGNAL_COUNTERS * t->gap_n + SIGNAL_N + 1;
}

zs_status zs_trace_changes(zs_arena *scratch, const zs_design *d, const zs_trace *trace,
                           bool counters_only, trace_changes *c, zs_err *err)
{
    const uint64_t capacity = capacity_for(d, trace);
    uint64_t last_ps = 0;
    *c = (trace_changes){0};
    if (capacity > UINT32_MAX)
        return zs_fail(err, ZS_ERANGE, "trace", "its changes are more than 2^32");
    c->list = zs_arena_alloc_raw(scratch, capacity, sizeof *c->list);
    if (c->list == NULL)
        return zs_nomem(err, "the trace");
    add_bursts(c, d, trace);
    add_queue(c, d, trace);
    ZS_TRY(add_slots(c, scratch, d, trace, err));
    if (!counters_only) {
        add_ops(c, d, trace);
        for (uint32_t i = 0; i < trace->dram_n; i++)
            add_bank_event(c, d, &trace->dram[i], &last_ps);
    }
    add_gaps(c, d, trace);
    add_ends(c, d, trace);
    qsort(c->list, c->n, sizeof *c->list, by_time);
    return ZS_OK;
}

void zs_trace_take(trace_state *state, const trace_change *change)
{
    state->is_hidden = change->act == TRACE_HIDE;
    state->is_over = state->is_over || change->act == TRACE_END;
    if (change->act == TRACE_SET || change->act == TRACE_ADD)
        state->value = (change->act == TRACE_ADD ? state->value : 0) + change->value;
}
