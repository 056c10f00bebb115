#include "zynqsim/trace.h"

#define NO_BURST UINT32_MAX

/* ---- rows and ops ---------------------------------------------------------------------------- */

bool zs_trace_has_row(const zs_trace *t, uint32_t row)
{
    return t->rows == NULL || t->rows[row];
}

static zs_trace_op *place_of(const zs_trace *t, uint32_t op)
{
    const uint32_t row = t->plan->ops[op].row;
    if (!zs_trace_has_row(t, row))
        return NULL;
    const uint32_t at = t->row_first[row] + (op - t->plan->rows[row].op0);
    return at < t->op_n ? &t->ops[at] : NULL;
}

const zs_trace_op *zs_trace_find(const zs_trace *t, uint32_t op)
{
    return place_of(t, op);
}

uint64_t zs_trace_ops_lost_at(const zs_trace *t)
{
    uint64_t first = UINT64_MAX;
    for (uint32_t u = 0; u < ZS_UNITS_MAX; u++)
        first = zs_min_u64(first, t->op_lost_at_pl_cycle[u]);
    return first;
}

uint64_t zs_trace_bursts_lost_at(const zs_trace *t)
{
    uint64_t first = t->bursts_lost > 0 ? t->lost_at_pl_cycle : UINT64_MAX;
    for (uint32_t u = 0; u < t->plan->unit_n; u++)
        if (t->plan->units[u].channel != ZS_NO_CHANNEL)
            first = zs_min_u64(first, t->op_lost_at_pl_cycle[u]);
    return first;
}

/* Between two stretches of rows asked for, the memory goes on unseen. */
static void go_away(zs_trace *t, uint64_t pl_cycle)
{
    if (t->is_away || t->open_rows > 0 || t->other_rows == 0)
        return;
    t->is_away = true;
    t->gaps[t->gap_n++] = (zs_trace_gap){.start_pl_cycle = pl_cycle, .end_pl_cycle = UINT64_MAX};
}

static void come_back(zs_trace *t, uint64_t pl_cycle)
{
    if (!t->is_away)
        return;
    t->is_away = false;
    t->gaps[t->gap_n - 1].end_pl_cycle = pl_cycle;
    if (t->dram_n > 0 && t->dram_n < t->dram_max)
        t->dram[t->dram_n++] = (zs_dram_event){.act = ZS_TRACE_GAP};
}

static void begin_row(zs_trace *t, uint32_t row, uint64_t pl_cycle)
{
    if (t->row_begun[row])
        return;
    t->row_begun[row] = true;
    if (zs_trace_has_row(t, row)) {
        t->open_rows++;
        come_back(t, pl_cycle);
    } else {
        t->other_rows++;
        go_away(t, pl_cycle);
    }
}

static void end_row(zs_trace *t, uint32_t row, uint64_t pl_cycle)
{
    if (zs_trace_has_row(t, row))
        t->open_rows--;
    else
        t->other_rows--;
    go_away(t, pl_cycle);
}

static void started(void *ctx, uint32_t op, uint64_t pl_cycle)
{
    zs_trace *t = ctx;
    const zs_tile_op *o = &t->plan->ops[op];
    if (zs_op_is_transfer(o->code))
        t->channel[zs_op_channel(t->plan, op)].op = op;
    begin_row(t, o->row, pl_cycle);
}

static void retired(void *ctx, uint32_t op, uint64_t start_pl_cycle, uint64_t end_pl_cycle)
{
    zs_trace *t = ctx;
    const uint32_t row = t->plan->ops[op].row;
    zs_trace_op *place = place_of(t, op);
    begin_row(t, row, start_pl_cycle);
    if (place != NULL)
        *place = (zs_trace_op){.start_pl_cycle = start_pl_cycle, .end_pl_cycle = end_pl_cycle};
    else if (zs_trace_has_row(t, row) && t->plan->ops[op].code != ZS_OP_JOIN) {
        uint64_t *lost_at = &t->op_lost_at_pl_cycle[t->plan->ops[op].unit];
        *lost_at = zs_min_u64(*lost_at, start_pl_cycle);
    }
    if (--t->row_left[row] == 0)
        end_row(t, row, end_pl_cycle);
}

/* ---- bursts and banks ------------------------------------------------------------------------ */

static void burst_sent(void *ctx, uint32_t channel, uint64_t addr, uint32_t bytes,
                       uint64_t address_pl_cycle)
{
    zs_trace *t = ctx;
    const uint32_t op = t->channel[channel].op;
    uint32_t place = NO_BURST;
    if (place_of(t, op) != NULL) {
        if (t->burst_n < t->burst_max && t->dram_n < t->dram_max && t->bursts_lost == 0) {
            place = t->burst_n++;
            t->bursts[place] = (zs_trace_burst){
                .addr = addr, .sent_pl_cycle = address_pl_cycle, .op = op, .bytes = bytes};
        } else {
            /* Memory of fixed latency says what its channels did one transfer at a time, not in
             * order of time. */
            if (t->bursts_lost == 0 || address_pl_cycle < t->lost_at_pl_cycle)
                t->lost_at_pl_cycle = address_pl_cycle;
            t->bursts_lost++;
        }
    }
    t->channel[channel].flights[t->channel[channel].sent_n++ % ZS_AXI_OUTSTANDING] = place;
}

static void burst_over(void *ctx, uint32_t channel, uint64_t end_pl_cycle)
{
    zs_trace *t = ctx;
    const uint64_t n = t->channel[channel].over_n++;
    const uint32_t place = t->channel[channel].flights[n % ZS_AXI_OUTSTANDING];
    if (place != NO_BURST)
        t->bursts[place].end_pl_cycle = end_pl_cycle;
}

static void dram_seen(void *ctx, const zs_dram_event *event)
{
    zs_trace *t = ctx;
    if (!t->is_away && t->bursts_lost == 0 && t->dram_n < t->dram_max)
        t->dram[t->dram_n++] = *event;
}

/* ---- set-up ---------------------------------------------------------------------------------- */

/* Without zeroing, for what may be large and remain empty. */
static zs_status take_room(zs_arena *arena, zs_trace *t, const zs_trace_limits *limits, zs_err *err)
{
    t->op_n = t->op_wanted < limits->op_max ? t->op_wanted : limits->op_max;
    t->burst_max = limits->burst_max;
    t->dram_max = limits->burst_max * ZS_TRACE_DRAM_PER_BURST;
    t->ops = zs_arena_alloc(arena, t->op_n + (size_t)1, sizeof *t->ops);
    t->bursts = zs_arena_alloc_raw(arena, t->burst_max + (size_t)1, sizeof *t->bursts);
    t->dram = zs_arena_alloc_raw(arena, t->dram_max + (size_t)1, sizeof *t->dram);
    return t->ops && t->bursts && t->dram ? ZS_OK : zs_nomem(err, "the trace");
}

zs_status zs_trace_build(zs_arena *arena, const zs_plan *plan, const zs_trace_limits *limits,
                         zs_trace **out, zs_err *err)
{
    zs_trace *t = zs_new(arena, zs_trace, 1);
    if (t == NULL)
        return zs_nomem(err, "the trace");
    t->plan = plan;
    t->rows = limits->rows;
    t->row_first = zs_new(arena, uint32_t, plan->row_n + 1u);
    t->row_left = zs_new(arena, uint32_t, plan->row_n + 1u);
    t->row_begun = zs_new(arena, bool, plan->row_n + 1u);
    t->gaps = zs_new(arena, zs_trace_gap, plan->row_n + 1u); /* each begins or ends with a row */
    if (t->row_first == NULL || t->row_left == NULL || t->row_begun == NULL || t->gaps == NULL)
        return zs_nomem(err, "the trace");
    for (uint32_t u = 0; u < ZS_UNITS_MAX; u++)
        t->op_lost_at_pl_cycle[u] = UINT64_MAX;
    for (uint32_t i = 0; i < plan->row_n; i++) {
        t->row_left[i] = plan->rows[i].op_n;
        t->row_first[i] = t->op_wanted;
        t->op_wanted += zs_trace_has_row(t, i) ? plan->rows[i].op_n : 0;
    }
    ZS_TRY(take_room(arena, t, limits, err));
    t->watch = (zs_memsys_watch){.burst_sent = burst_sent,
                                 .burst_over = burst_over,
                                 .ctx = t,
                                 .dram = {.seen = dram_seen, .ctx = t}};
    *out = t;
    return ZS_OK;
}

zs_retire_hook zs_trace_hook(zs_trace *t, const zs_retire_hook *next)
{
    return (zs_retire_hook){
        .retired = retired, .ctx = t, .started = started, .memory = &t->watch, .next = next};
}
