/* A run as Chrome trace events: begins and ends ("B", "E") on tracks, counters ("C"). A process is
 * a kind of thing, a thread one of them. Begins and ends of a track are written in their order: a
 * reader that cuts times to nanoseconds still pairs them, where it would see slices given by their
 * lengths overlap. */
#include "plan_cells_priv.h"
#include "trace_priv.h"
#include "zynqsim/kind.h"
#include "zynqsim/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { PID_LAYERS = 1, PID_UNITS, PID_AXI, PID_DDR, PID_FLOW };
enum { TID_REFRESH = 100 };

typedef struct timeline {
    zs_out out;
    const zs_design *design;
    const zs_trace *trace;
    const zs_plan *plan;
    const zs_result *result;
    bool is_continued; /* a comma goes before the next event */
} timeline;

/* ---- pieces ---------------------------------------------------------------------------------- */

static void out_within(zs_out *out, const char *text)
{
    char bytes[5] = "";
    for (uint32_t c = zs_utf8_next(&text); c != 0; c = zs_utf8_next(&text)) {
        if (c == '"' || c == '\\')
            zs_out_text(out, "\\");
        bytes[zs_utf8_put(c, bytes)] = '\0';
        zs_out_text(out, bytes);
    }
}

static void out_string(zs_out *out, const char *text)
{
    zs_out_text(out, "\"");
    out_within(out, text);
    zs_out_text(out, "\"");
}

static void next_event(timeline *l)
{
    zs_out_text(&l->out, l->is_continued ? ",\n" : "\n");
    l->is_continued = true;
}

/* Microseconds, exact to the picosecond, without zeros that say nothing. */
static zs_cell us_cell(uint64_t ps)
{
    zs_cell cell;
    snprintf(cell.text, sizeof cell.text, "%" PRIu64 ".%06" PRIu64, ps / 1000000, ps % 1000000);
    size_t n = strlen(cell.text);
    while (cell.text[n - 1] == '0')
        n--;
    cell.text[cell.text[n - 1] == '.' ? n - 1 : n] = '\0';
    return cell;
}

static void out_track(timeline *l, uint32_t pid, uint32_t tid)
{
    zs_out_printf(&l->out, ",\"pid\":%u,\"tid\":%u", pid, tid);
}

static void out_event(timeline *l, const char *name, const char *category, const char *phase,
                      uint64_t ps)
{
    next_event(l);
    zs_out_text(&l->out, "{\"name\":");
    out_string(&l->out, name);
    zs_out_printf(&l->out, ",\"cat\":\"%s\",\"ph\":\"%s\",\"ts\":%s", category, phase,
                  us_cell(ps).text);
}

/* Arguments and a bracket follow, as after a mark. */
static void out_begin(timeline *l, const char *name, const char *category, uint64_t ps,
                      uint32_t pid, uint32_t tid)
{
    out_event(l, name, category, "B", ps);
    out_track(l, pid, tid);
}

/* Of the innermost slice that has begun on the track; the name lets a reader see that it is. */
static void out_end(timeline *l, const char *name, uint64_t ps, uint32_t pid, uint32_t tid)
{
    next_event(l);
    zs_out_text(&l->out, "{\"name\":");
    out_string(&l->out, name);
    zs_out_printf(&l->out, ",\"ph\":\"E\",\"ts\":%s", us_cell(ps).text);
    out_track(l, pid, tid);
    zs_out_text(&l->out, "}");
}

/* An instant on a track, or through all tracks of the process. */
static void out_mark(timeline *l, const char *name, const char *category, const char *scope,
                     uint64_t ps, uint32_t pid, uint32_t tid)
{
    out_event(l, name, category, "i", ps);
    zs_out_printf(&l->out, ",\"s\":\"%s\"", scope);
    out_track(l, pid, tid);
}

/* What a process or a thread is called, and where it stands. */
static void out_meta(timeline *l, const char *what, uint32_t pid, uint32_t tid, uint32_t place,
                     const char *name, const char *more)
{
    next_event(l);
    zs_out_printf(&l->out, "{\"name\":\"%s_name\",\"ph\":\"M\"", what);
    out_track(l, pid, tid);
    zs_out_text(&l->out, ",\"args\":{\"name\":\"");
    out_within(&l->out, name);
    out_within(&l->out, more);
    zs_out_text(&l->out, "\"}}");
    next_event(l);
    zs_out_printf(&l->out, "{\"name\":\"%s_sort_index\",\"ph\":\"M\"", what);
    out_track(l, pid, tid);
    zs_out_printf(&l->out, ",\"args\":{\"sort_index\":%u}}", place);
}

/* ---- calls and layers ------------------------------------------------------------------------ */

static uint64_t row_end_ps(const timeline *l, uint32_t row)
{
    const zs_layer_result *r = &l->result->layers[row];
    return zs_trace_pl_ps(l->design, r->start_cycle + r->cycles);
}

/* Slices of one track lie in each other: layers that work at the same time have one each. */
static void out_layer(timeline *l, uint32_t row)
{
    const zs_layer_result *r = &l->result->layers[row];
    const char *name = l->plan->rows[row].name;
    const uint32_t tid = l->plan->rows_overlap ? row + 2 : 1;
    if (tid > 1)
        out_meta(l, "thread", PID_LAYERS, tid, tid, name, "");
    out_begin(l, name, "layer", zs_trace_pl_ps(l->design, r->start_cycle), PID_LAYERS, tid);
    zs_out_printf(&l->out,
                  ",\"args\":{\"cycle\":%" PRIu64 ",\"cycles\":%" PRIu64
                  ",\"limited by\":\"%s\",\"read bytes\":%" PRIu64 ",\"write bytes\":%" PRIu64 "}}",
                  r->start_cycle, r->cycles, zs_cause_name(r->limited_by), r->read_bytes,
                  r->write_bytes);
    out_end(l, name, row_end_ps(l, row), PID_LAYERS, tid);
}

/* Both rows are drawn, next to each other and of one call. */
static bool are_together(const timeline *l, uint32_t row, uint32_t next)
{
    return next < l->plan->row_n && l->plan->rows[row].call == l->plan->rows[next].call &&
           zs_trace_has_row(l->trace, row) && zs_trace_has_row(l->trace, next);
}

/* Of a call the layers that are drawn, next to each other. */
static void out_layers(timeline *l)
{
    out_meta(l, "process", PID_LAYERS, 0, PID_LAYERS, "calls and layers", "");
    out_meta(l, "thread", PID_LAYERS, 1, 1, "calls, layers", "");
    for (uint32_t i = 0; i < l->plan->row_n; i++) {
        const uint32_t call = l->plan->rows[i].call;
        if (!zs_trace_has_row(l->trace, i))
            continue;
        if (call != ZS_NO_INDEX && (i == 0 || !are_together(l, i - 1, i))) {
            out_begin(l, l->plan->calls[call].name, "call",
                      zs_trace_pl_ps(l->design, l->result->layers[i].start_cycle), PID_LAYERS, 1);
            zs_out_text(&l->out, "}");
        }
        out_layer(l, i);
        if (call != ZS_NO_INDEX && !are_together(l, i, i + 1))
            out_end(l, l->plan->calls[call].name, row_end_ps(l, i), PID_LAYERS, 1);
    }
}

/* ---- ops ------------------------------------------------------------------------------------- */

static void out_units(timeline *l)
{
    static const struct {
        uint32_t order; /* from top to bottom */
        const char *label;
    } tracks[ZS_ROLE_N] = {[ZS_HOST] = {0, "PS: "},
                           [ZS_READ] = {1, "load: "},
                           [ZS_COMPUTE] = {2, "MAC: "},
                           [ZS_WRITE] = {3, "store: "},
                           [ZS_JOIN] = {4, "join: "}};
    bool used[ZS_UNITS_MAX];
    zs_trace_units(l->plan, used);
    out_meta(l, "process", PID_UNITS, 0, PID_UNITS, "accelerator", "");
    for (uint32_t u = 0; u < l->plan->unit_n; u++) {
        if (!used[u])
            continue;
        const uint8_t role = l->plan->units[u].role;
        out_meta(l, "thread", PID_UNITS, u + 1, tracks[role].order * ZS_UNITS_MAX + u,
                 tracks[role].label, l->plan->units[u].name);
    }
}

static void out_box(timeline *l, uint32_t index)
{
    const zs_tile_op *op = &l->plan->ops[index];
    const zs_tile_box *box = &l->plan->boxes[index];
    if (op->code == ZS_OP_HOST) {
        if (zs_host_step_text(box->flags) != NULL)
            zs_out_printf(&l->out, ",\"step\":\"%s\"", zs_host_step_text(box->flags));
        return;
    }
    zs_out_printf(&l->out,
                  ",\"image\":%u,\"oc\":\"%s\",\"ic\":\"%s\",\"oy\":\"%s\",\"ox\":\"%s\","
                  "\"flags\":\"%s\",\"slots\":\"%s\"",
                  box->image, zs_range_cell(box->oc0, box->oc_n).text,
                  zs_range_cell(box->ic0, box->ic_n).text, zs_range_cell(box->oy0, box->oy_n).text,
                  zs_range_cell(box->ox0, box->ox_n).text, zs_flags_cell(op, box).text,
                  zs_slots_cell(op).text);
    if (zs_op_is_transfer(op->code)) {
        const zs_xfer xfer = zs_plan_xfer(l->plan, l->design, index);
        zs_out_printf(&l->out, ",\"bytes\":%" PRIu64, zs_xfer_bytes(&xfer));
    }
}

static void out_op(timeline *l, uint32_t index, const zs_trace_op *when)
{
    const zs_tile_op *op = &l->plan->ops[index];
    const uint64_t from = zs_trace_pl_ps(l->design, when->start_pl_cycle);
    const char *kind = zs_op_name(op->code);
    if (op->code == ZS_OP_JOIN)
        out_mark(l, kind, "op", "p", from, PID_UNITS, op->unit + 1u);
    else
        out_begin(l, kind, "op", from, PID_UNITS, op->unit + 1u);
    zs_out_printf(&l->out, ",\"args\":{\"op\":%u,\"kind\":\"%s\",\"unit\":", index, kind);
    out_string(&l->out, op->code == ZS_OP_JOIN ? "-" : l->plan->units[op->unit].name);
    zs_out_text(&l->out, ",\"layer\":");
    out_string(&l->out, l->plan->rows[op->row].name);
    zs_out_printf(&l->out, ",\"cycle\":%" PRIu64 ",\"cycles\":%" PRIu64, when->start_pl_cycle,
                  when->end_pl_cycle - when->start_pl_cycle);
    if (op->code != ZS_OP_JOIN)
        out_box(l, index);
    zs_out_text(&l->out, "}}");
    if (op->code != ZS_OP_JOIN)
        out_end(l, kind, zs_trace_pl_ps(l->design, when->end_pl_cycle), PID_UNITS, op->unit + 1u);
}

static void out_ops(timeline *l)
{
    for (uint32_t i = 0; i < l->plan->op_n && l->out.status == ZS_OK; i++) {
        const zs_trace_op *when = zs_trace_find(l->trace, i);
        if (when != NULL)
            out_op(l, i, when);
    }
}

/* ---- bursts ---------------------------------------------------------------------------------- */

/* A slice, or a mark for one that was over before it became the oldest. */
static void out_burst(timeline *l, const zs_trace_burst *b, uint64_t from_ps, uint64_t to_ps)
{
    const uint32_t channel = zs_op_channel(l->plan, b->op);
    const char *name = channel % 2 ? "wr burst" : "rd burst";
    if (from_ps == to_ps)
        out_mark(l, name, "axi", "t", from_ps, PID_AXI, channel + 1);
    else
        out_begin(l, name, "axi", from_ps, PID_AXI, channel + 1);
    zs_out_printf(&l->out,
                  ",\"args\":{\"op\":%u,\"address\":\"0x%" PRIx64 "\",\"bytes\":%u,"
                  "\"sent in cycle\":%" PRIu64 ",\"over in cycle\":%" PRIu64 "}}",
                  b->op, b->addr, b->bytes, b->sent_pl_cycle, b->end_pl_cycle);
    if (from_ps != to_ps)
        out_end(l, name, to_ps, PID_AXI, channel + 1);
}

/* Bursts of a channel overlap; each is drawn while it is the oldest one in flight. */
static void out_bursts(timeline *l)
{
    uint64_t over[ZS_CHANNEL_N] = {0};
    bool used[ZS_CHANNEL_N] = {false};
    for (uint32_t i = 0; i < l->trace->burst_n && l->out.status == ZS_OK; i++) {
        const zs_trace_burst *b = &l->trace->bursts[i];
        const uint32_t channel = zs_op_channel(l->plan, b->op);
        const uint64_t from = zs_max_u64(b->sent_pl_cycle, over[channel]);
        if (!used[channel])
            out_meta(l, "thread", PID_AXI, channel + 1, channel,
                     "bursts: ", zs_channel_name(channel));
        used[channel] = true;
        over[channel] = zs_max_u64(from, b->end_pl_cycle);
        out_burst(l, b, zs_trace_pl_ps(l->design, from), zs_trace_pl_ps(l->design, over[channel]));
    }
    if (l->trace->burst_n > 0)
        out_meta(l, "process", PID_AXI, 0, PID_AXI, "AXI ports", "");
}

/* ---- banks ----------------------------------------------------------------------------------- */

typedef struct bank_track {
    bool is_open, is_named;
    uint64_t busy_until; /* DDR cycle up to which the track is written */
} bank_track;

static void out_bank_begin(timeline *l, uint32_t b, const char *name, uint32_t row, uint64_t at)
{
    out_begin(l, name, "ddr", zs_trace_ddr_ps(l->design, at), PID_DDR, b + 1);
    zs_out_printf(&l->out, ",\"args\":{\"row\":%u}}", row);
}

static void close_bank(timeline *l, bank_track *banks, uint32_t b, uint64_t at)
{
    bank_track *bank = &banks[b];
    if (!bank->is_open)
        return;
    bank->is_open = false;
    bank->busy_until = zs_max_u64(at, bank->busy_until);
    out_end(l, "row open", zs_trace_ddr_ps(l->design, bank->busy_until), PID_DDR, b + 1);
}

static void open_bank(timeline *l, bank_track *banks, uint32_t b, uint32_t row, uint64_t at)
{
    close_bank(l, banks, b, at);
    banks[b].is_open = true;
    banks[b].busy_until = zs_max_u64(at, banks[b].busy_until);
    out_bank_begin(l, b, "row open", row, banks[b].busy_until);
}

static void show_columns(timeline *l, bank_track *bank, const zs_dram_event *e)
{
    const char *name = e->is_write ? "write" : "read";
    out_bank_begin(l, e->bank, name, e->row, e->at);
    out_end(l, name, zs_trace_ddr_ps(l->design, e->end), PID_DDR, e->bank + 1u);
    bank->busy_until = e->end;
}

static void close_banks(timeline *l, bank_track *banks, uint64_t at)
{
    for (uint32_t b = 0; b < SIGNAL_BANKS_MAX; b++)
        close_bank(l, banks, b, at);
}

static void name_bank(timeline *l, bank_track *banks, uint32_t b)
{
    char number[16];
    if (banks[b].is_named)
        return;
    banks[b].is_named = true;
    snprintf(number, sizeof number, "%u", b);
    out_meta(l, "thread", PID_DDR, b + 1, b, "bank ", number);
}

static void show_dram(timeline *l, bank_track *banks, const zs_dram_event *e)
{
    switch (e->act) {
    case ZS_DRAM_ACTIVATE:
        name_bank(l, banks, e->bank);
        open_bank(l, banks, e->bank, e->row, e->at);
        break;
    case ZS_DRAM_PRECHARGE:
        close_bank(l, banks, e->bank, e->at);
        break;
    case ZS_DRAM_COLUMNS:
        name_bank(l, banks, e->bank);
        show_columns(l, &banks[e->bank], e);
        break;
    case ZS_DRAM_REFRESH:
        close_banks(l, banks, e->at);
        out_begin(l, "refresh", "ddr", zs_trace_ddr_ps(l->design, e->at), PID_DDR, TID_REFRESH);
        zs_out_text(&l->out, "}");
        out_end(l, "refresh", zs_trace_ddr_ps(l->design, e->end), PID_DDR, TID_REFRESH);
        break;
    default:
        break;
    }
}

static void out_banks(timeline *l)
{
    bank_track banks[SIGNAL_BANKS_MAX] = {{0}};
    uint64_t last = 0;
    if (l->trace->dram_n == 0)
        return;
    out_meta(l, "process", PID_DDR, 0, PID_DDR, "DDR banks", "");
    out_meta(l, "thread", PID_DDR, TID_REFRESH, TID_REFRESH, "refresh", "");
    for (uint32_t i = 0; i < l->trace->dram_n && l->out.status == ZS_OK; i++) {
        const zs_dram_event *e = &l->trace->dram[i];
        if (e->act == ZS_TRACE_GAP)
            close_banks(l, banks, last);
        else
            last = zs_max_u64(last, e->act == ZS_DRAM_COLUMNS ? e->end : e->at);
        show_dram(l, banks, e);
    }
    close_banks(l, banks, last);
}

/* ---- counters -------------------------------------------------------------------------------- */

static uint32_t process_of(uint32_t signal)
{
    return signal == SIGNAL_BRAM ? PID_UNITS : signal == SIGNAL_QUEUE ? PID_DDR : PID_AXI;
}

static void out_counter(timeline *l, uint32_t signal, uint64_t ps, int64_t value)
{
    next_event(l);
    if (signal == SIGNAL_BRAM)
        zs_out_text(&l->out, "{\"name\":\"BRAM in use (bytes)\"");
    else if (signal == SIGNAL_QUEUE)
        zs_out_text(&l->out, "{\"name\":\"transactions queued\"");
    else
        zs_out_printf(&l->out, "{\"name\":\"bursts in flight: %s\"",
                      zs_channel_name(signal - SIGNAL_BURSTS));
    zs_out_printf(&l->out, ",\"ph\":\"C\",\"ts\":%s", us_cell(ps).text);
    out_track(l, process_of(signal), 0);
    zs_out_printf(&l->out, ",\"args\":{\"value\":%" PRId64 "}}", value);
}

/* Of several changes at one instant only what they lead to. The format has no unknown value:
 * where nothing is known a counter keeps its last one, and out_cuts says so. */
static void out_counters(timeline *l, const trace_changes *c)
{
    trace_state now[SIGNAL_COUNTERS] = {{0}};
    int64_t shown[SIGNAL_COUNTERS] = {0};
    for (uint32_t i = 0; i < c->n && l->out.status == ZS_OK; i++) {
        const trace_change *x = &c->list[i];
        zs_trace_take(&now[x->signal], x);
        if (i + 1 < c->n && c->list[i + 1].ps == x->ps)
            continue;
        for (uint32_t s = 0; s < SIGNAL_COUNTERS; s++) {
            if (now[s].is_hidden || now[s].is_over || now[s].value == shown[s])
                continue;
            out_counter(l, s, x->ps, now[s].value);
            shown[s] = now[s].value;
        }
    }
}

static void out_cut(timeline *l, const char *why, uint64_t ps, uint32_t pid)
{
    out_mark(l, why, "cut", "p", ps, pid, 0);
    zs_out_text(&l->out, ",\"args\":{\"counters\":\"keep their last value; unknown from here\"}}");
}

/* Marks through all tracks of a process where its record stops. */
static void out_limits(timeline *l)
{
    const zs_trace *t = l->trace;
    const uint64_t ops_at = zs_trace_ops_lost_at(t), bursts_at = zs_trace_bursts_lost_at(t);
    char ops[64], bursts[64];
    uint64_t ps, end_ps;
    snprintf(ops, sizeof ops, "cut here: limit of %u ops reached", t->op_n);
    snprintf(bursts, sizeof bursts, "cut here: limit of %u bursts reached", t->burst_max);
    if (ops_at < UINT64_MAX)
        out_cut(l, ops, zs_trace_pl_ps(l->design, ops_at), PID_UNITS);
    if (bursts_at < UINT64_MAX && t->burst_n > 0)
        out_cut(l, t->bursts_lost > 0 && t->lost_at_pl_cycle == bursts_at ? bursts : ops,
                zs_trace_pl_ps(l->design, bursts_at), PID_AXI);
    if (zs_trace_dram_is_cut(l->design, t, &ps, &end_ps) && t->dram_n > 0 &&
        (t->bursts_lost > 0 || t->dram_n == t->dram_max))
        out_cut(l, bursts, ps, PID_DDR);
}

static void out_cuts(timeline *l)
{
    const zs_trace *t = l->trace;
    out_limits(l);
    for (uint32_t i = 0; i < t->gap_n; i++) {
        const uint64_t ps = zs_trace_pl_ps(l->design, t->gaps[i].start_pl_cycle);
        out_cut(l, "layers not asked for begin", ps, PID_UNITS);
        if (t->burst_n > 0)
            out_cut(l, "layers not asked for begin", ps, PID_AXI);
        if (t->dram_n > 0)
            out_cut(l, "layers not asked for begin", ps, PID_DDR);
    }
}

/* ---- streaming nodes ------------------------------------------------------------------------- */

static bool has_node(const timeline *l, uint32_t node)
{
    const uint32_t row = l->result->flow_of->row_of_node[node];
    return row == ZS_NO_INDEX || zs_trace_has_row(l->trace, row);
}

/* Clocks of the first and last word of an image on a list. False: not all of them moved. */
static bool add_image(const uint64_t *at, uint64_t n, uint64_t words, uint64_t image,
                      uint64_t *first, uint64_t *last)
{
    if ((image + 1) * words > n)
        return false;
    *first = zs_min_u64(*first, at[image * words]);
    *last = zs_max_u64(*last, at[(image + 1) * words - 1]);
    return true;
}

/* A slice an image, from its first word on; where images overlap, from the end of the one before.
 */
static void out_node(timeline *l, uint32_t node)
{
    const zs_flow_result *f = l->result->flow;
    const zs_flow *flow = &l->result->flow_of->flow;
    const zs_flow_node *n = &flow->nodes[node];
    uint64_t from = 0;
    char name[32];
    out_meta(l, "thread", PID_FLOW, node + 1, node, n->name, "");
    for (uint64_t i = 0; i < f->simulated; i++) {
        uint64_t first = UINT64_MAX, last = 0;
        bool has_all = true;
        for (uint32_t k = 0; k < n->in_n; k++) {
            const zs_flow_edge_result *e = &f->edges[n->in[k]];
            has_all &= add_image(e->out, e->out_n, flow->edges[n->in[k]].words, i, &first, &last);
        }
        for (uint32_t k = 0; k < n->out_n; k++) {
            const zs_flow_edge_result *e = &f->edges[n->out[k]];
            has_all &= add_image(e->in, e->in_n, flow->edges[n->out[k]].words, i, &first, &last);
        }
        if (!has_all)
            return;
        from = zs_max_u64(from, first);
        snprintf(name, sizeof name, "image %" PRIu64, i);
        out_begin(l, name, "node", zs_trace_pl_ps(l->design, from), PID_FLOW, node + 1);
        zs_out_printf(&l->out, ",\"args\":{\"first word\":%" PRIu64 ",\"last word\":%" PRIu64 "}}",
                      first, last);
        from = last + 1;
        out_end(l, name, zs_trace_pl_ps(l->design, from), PID_FLOW, node + 1);
    }
}

static void out_fill(timeline *l, uint32_t edge, uint64_t clock, uint64_t words)
{
    next_event(l);
    zs_out_text(&l->out, "{\"name\":\"words in FIFO: ");
    out_within(&l->out, l->result->flow_of->edge_names[edge]);
    zs_out_printf(&l->out, "\",\"ph\":\"C\",\"ts\":%s",
                  us_cell(zs_trace_pl_ps(l->design, clock)).text);
    out_track(l, PID_FLOW, 0);
    zs_out_printf(&l->out, ",\"args\":{\"value\":%" PRIu64 "}}", words);
}

/* The fill of a FIFO, of every `step` clocks the largest. */
static void out_fifo(timeline *l, uint32_t edge, uint64_t step)
{
    const zs_flow_edge_result *e = &l->result->flow->edges[edge];
    uint64_t shown = 0, in = 0, gone = 0, at = 0;
    while (in < e->in_n || gone < e->out_n) {
        uint64_t most = in - gone, next = UINT64_MAX;
        while ((in < e->in_n && e->in[in] < at + step) ||
               (gone < e->out_n && e->out[gone] < at + step)) {
            const bool is_out =
                gone < e->out_n && (in == e->in_n || e->out[gone] <= e->in[in]); /* out first */
            gone += is_out;
            in += !is_out;
            most = zs_max_u64(most, in - gone);
        }
        most = step == 1 ? in - gone : most;
        if (most != shown)
            out_fill(l, edge, at, most);
        shown = most;
        if (in < e->in_n)
            next = e->in[in];
        if (gone < e->out_n)
            next = zs_min_u64(next, e->out[gone]);
        if (next / step > at / step + 1 && in - gone != shown) { /* and stays so */
            shown = in - gone;
            out_fill(l, edge, at + step, shown);
        }
        at = next == UINT64_MAX ? at : next / step * step;
    }
}

/* As many points as there may be bursts, for all FIFOs together. */
static void out_flow(timeline *l)
{
    const zs_flow_result *f = l->result->flow;
    const zs_plan_flow *of = l->result->flow_of;
    uint32_t fifos = 0;
    if (f == NULL)
        return;
    for (uint32_t i = 0; i < of->flow.edge_n; i++)
        fifos += of->flow.edges[i].depth > 0 && has_node(l, of->flow.edges[i].to);
    const uint64_t points = zs_max_u64(l->trace->burst_max / (fifos + 1), 1);
    const uint64_t step = zs_ceil_div(f->last_output[f->simulated - 1] + 1, points);
    char what[96] = "";
    if (step > 1)
        snprintf(what, sizeof what, " (FIFOs: the largest fill of %" PRIu64 " clocks)", step);
    out_meta(l, "process", PID_FLOW, 0, PID_FLOW, "streaming nodes", what);
    for (uint32_t i = 0; i < of->flow.node_n && l->out.status == ZS_OK; i++)
        if (has_node(l, i))
            out_node(l, i);
    for (uint32_t i = 0; i < of->flow.edge_n && l->out.status == ZS_OK; i++)
        if (of->flow.edges[i].depth > 0 && has_node(l, of->flow.edges[i].to))
            out_fifo(l, i, step);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void out_head(timeline *l)
{
    const zs_result *r = l->result;
    zs_out_text(&l->out, "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"design\":");
    out_string(&l->out, r->design);
    zs_out_text(&l->out, ",\"network\":");
    out_string(&l->out, r->network);
    zs_out_text(&l->out, ",\"board\":");
    out_string(&l->out, r->board);
    zs_out_printf(&l->out,
                  ",\"fidelity\":\"%s\",\"clock_hz\":%" PRIu64 ",\"cycles\":%" PRIu64
                  ",\"ops_left_out\":%u,\"bursts_left_out\":%" PRIu64 "},\n\"traceEvents\":[",
                  r->fidelity, r->clock_hz, r->cycles, l->trace->op_wanted - l->trace->op_n,
                  l->trace->bursts_lost);
}

zs_status zs_trace_json_emit(zs_arena *scratch, const zs_design *d, const zs_trace *trace,
                             const zs_result *r, const zs_sink *s, zs_err *err)
{
    timeline l = {
        .out = {.sink = s}, .design = d, .trace = trace, .plan = trace->plan, .result = r};
    trace_changes changes;
    ZS_TRY(zs_trace_changes(scratch, d, trace, true, &changes, err));
    out_head(&l);
    out_layers(&l);
    out_units(&l);
    out_ops(&l);
    out_bursts(&l);
    out_banks(&l);
    out_counters(&l, &changes);
    out_cuts(&l);
    out_flow(&l);
    zs_out_text(&l.out, "\n]}\n");
    return zs_out_end(&l.out, "the trace", err);
}
