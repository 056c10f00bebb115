/* A run as a value change dump (IEEE 1364), the form that waveform viewers read. Every wire starts
 * at 0 but for those that name an op, a row or a DRAM row: these are unknown at first. What could
 * not be written down is unknown from there on. */
#include "trace_priv.h"
#include "zynqsim/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef struct waveform {
    zs_out out;
    const zs_design *design;
    const zs_trace *trace;
    const zs_result *result;
    trace_changes changes;
    trace_state now[SIGNAL_N];
    int64_t shown[SIGNAL_N];
    bool is_known[SIGNAL_N]; /* shown as a value, not as x */
    bool is_touched[SIGNAL_N];
    uint16_t touched[SIGNAL_N];
    uint32_t touched_n;
} waveform;

/* ---- wires ----------------------------------------------------------------------------------- */

static uint32_t width_of(uint32_t signal)
{
    if (signal >= SIGNAL_OP && signal < SIGNAL_ROW)
        return 32;
    if (signal >= SIGNAL_ROW && signal < SIGNAL_BANK_ROW)
        return 16;
    if (signal >= SIGNAL_BANK_ROW && signal < SIGNAL_BANK_OPEN)
        return 32;
    if (signal == SIGNAL_BRAM)
        return 32;
    return signal == SIGNAL_QUEUE ? 10 : signal < SIGNAL_QUEUE ? 8 : 1;
}

static bool starts_unknown(uint32_t signal)
{
    return signal >= SIGNAL_OP && signal < SIGNAL_BANK_OPEN;
}

/* Printable characters, as short as they can be. */
static zs_cell id_of(uint32_t signal)
{
    zs_cell cell;
    if (signal < 94)
        snprintf(cell.text, sizeof cell.text, "%c", (int)('!' + signal));
    else
        snprintf(cell.text, sizeof cell.text, "%c%c", (int)('!' + signal / 94 - 1),
                 (int)('!' + signal % 94));
    return cell;
}

static void out_var(waveform *w, uint32_t signal, const char *name)
{
    if (!w->changes.has[signal])
        return;
    const uint32_t width = width_of(signal);
    zs_out_printf(&w->out, "$var wire %u %s %s", width, id_of(signal).text, name);
    if (width > 1)
        zs_out_printf(&w->out, " [%u:0]", width - 1);
    zs_out_text(&w->out, " $end\n");
}

/* Points are what separates scopes in viewers, blanks what ends a name; a dollar may begin $end. */
static void out_scope(waveform *w, const char *name)
{
    zs_out_text(&w->out, "$scope module ");
    for (uint32_t c = zs_utf8_next(&name); c != 0; c = zs_utf8_next(&name))
        zs_out_printf(&w->out, "%c", c > ' ' && c < 0x7f && c != '.' && c != '$' ? (int)c : '_');
    zs_out_text(&w->out, " $end\n");
}

static void out_upscope(waveform *w)
{
    zs_out_text(&w->out, "$upscope $end\n");
}

static void out_units(waveform *w)
{
    for (uint32_t u = 0; u < w->trace->plan->unit_n; u++) {
        const zs_plan_unit *unit = &w->trace->plan->units[u];
        if (!w->changes.has[SIGNAL_BUSY + u])
            continue;
        out_scope(w, unit->name);
        out_var(w, SIGNAL_BUSY + u, "busy");
        out_var(w, SIGNAL_OP + u, "op");
        out_var(w, SIGNAL_ROW + u, "layer");
        if (unit->channel != ZS_NO_CHANNEL)
            out_var(w, SIGNAL_BURSTS + unit->channel, "bursts_in_flight");
        out_upscope(w);
    }
}

static void out_banks(waveform *w)
{
    out_scope(w, "ddr");
    out_var(w, SIGNAL_QUEUE, "queued");
    out_var(w, SIGNAL_REFRESH, "refresh");
    for (uint32_t b = 0; b < SIGNAL_BANKS_MAX; b++) {
        char name[16];
        if (!w->changes.has[SIGNAL_BANK_OPEN + b] && !w->changes.has[SIGNAL_BANK_DATA + b])
            continue;
        snprintf(name, sizeof name, "bank%u", b);
        out_scope(w, name);
        out_var(w, SIGNAL_BANK_OPEN + b, "open");
        out_var(w, SIGNAL_BANK_ROW + b, "row");
        out_var(w, SIGNAL_BANK_DATA + b, "data");
        out_upscope(w);
    }
    out_upscope(w);
}

/* ---- head ------------------------------------------------------------------------------------ */

/* A name inside a comment must not end it. */
static void out_comment_name(zs_out *out, const char *name)
{
    zs_out_name(out, strchr(name, '$') == NULL ? name : "(a name with a dollar sign)");
}

static void out_head(waveform *w)
{
    zs_out_text(&w->out, "$comment\n  design ");
    out_comment_name(&w->out, w->result->design);
    zs_out_text(&w->out, "\n  network ");
    out_comment_name(&w->out, w->result->network);
    zs_out_printf(&w->out, "\n  fidelity %s, %" PRIu64 " PL cycles of %" PRIu64 " Hz\n",
                  w->result->fidelity, w->result->cycles, w->result->clock_hz);
    zs_out_printf(&w->out, "  left out: %u ops, %" PRIu64 " bursts\n",
                  w->trace->op_wanted - w->trace->op_n, w->trace->bursts_lost);
    for (uint32_t i = 0; i < w->result->layer_n; i++) {
        zs_out_printf(&w->out, "  layer %u ", i);
        out_comment_name(&w->out, w->result->layers[i].name);
        zs_out_text(&w->out, "\n");
    }
    zs_out_text(&w->out, "$end\n$timescale 1 ps $end\n$scope module zynqsim $end\n");
    out_units(w);
    out_banks(w);
    out_var(w, SIGNAL_BRAM, "bram_bytes");
    out_upscope(w);
    zs_out_text(&w->out, "$enddefinitions $end\n");
}

/* ---- changes --------------------------------------------------------------------------------- */

static void out_value(waveform *w, uint32_t signal)
{
    char bits[72];
    const uint32_t width = width_of(signal);
    const uint64_t value = (uint64_t)w->now[signal].value;
    if (!w->is_known[signal]) {
        zs_out_printf(&w->out, "%s%s\n", width == 1 ? "x" : "bx ", id_of(signal).text);
        return;
    }
    if (width == 1) {
        zs_out_printf(&w->out, "%u%s\n", value != 0, id_of(signal).text);
        return;
    }
    uint32_t top = 1, n = 0;
    while (top < 64 && value >> top != 0)
        top++;
    bits[n++] = 'b';
    while (top-- > 0)
        bits[n++] = (char)('0' + (value >> top & 1));
    bits[n] = '\0';
    zs_out_printf(&w->out, "%s %s\n", bits, id_of(signal).text);
}

static void out_start(waveform *w)
{
    zs_out_text(&w->out, "$dumpvars\n");
    for (uint32_t s = 0; s < SIGNAL_N; s++) {
        if (!w->changes.has[s])
            continue;
        w->is_known[s] = !starts_unknown(s);
        out_value(w, s);
    }
    zs_out_text(&w->out, "$end\n");
}

/* What a wire is after all changes of an instant. */
static void out_instant(waveform *w, uint64_t ps)
{
    bool is_stamped = false;
    for (uint32_t i = 0; i < w->touched_n; i++) {
        const uint32_t s = w->touched[i];
        const bool is_known = !w->now[s].is_hidden && !w->now[s].is_over;
        w->is_touched[s] = false;
        if (w->is_known[s] == is_known && (!is_known || w->shown[s] == w->now[s].value))
            continue;
        if (!is_stamped && ps > 0)
            zs_out_printf(&w->out, "#%" PRIu64 "\n", ps);
        is_stamped = true;
        w->is_known[s] = is_known;
        w->shown[s] = w->now[s].value;
        out_value(w, s);
    }
    w->touched_n = 0;
}

static void take_change(waveform *w, const trace_change *x)
{
    zs_trace_take(&w->now[x->signal], x);
    if (!w->is_touched[x->signal])
        w->touched[w->touched_n++] = x->signal;
    w->is_touched[x->signal] = true;
}

static void out_changes(waveform *w)
{
    const trace_changes *c = &w->changes;
    for (uint32_t i = 0; i < c->n && w->out.status == ZS_OK; i++) {
        const trace_change *x = &c->list[i];
        take_change(w, x);
        if (i + 1 == c->n || c->list[i + 1].ps != x->ps)
            out_instant(w, x->ps);
    }
}

/* The last stamp is the end of the run, or of what goes on after it in the memory. */
static void out_end(waveform *w)
{
    const trace_changes *c = &w->changes;
    const uint64_t end = zs_trace_pl_ps(w->design, w->result->cycles);
    if (w->trace->rows == NULL && (c->n == 0 || c->list[c->n - 1].ps < end))
        zs_out_printf(&w->out, "#%" PRIu64 "\n", end);
}

zs_status zs_trace_vcd_emit(zs_arena *scratch, const zs_design *d, const zs_trace *trace,
                            const zs_result *r, const zs_sink *s, zs_err *err)
{
    waveform *w = zs_new(scratch, waveform, 1);
    if (w == NULL)
        return zs_nomem(err, "the trace");
    w->out.sink = s;
    w->design = d;
    w->trace = trace;
    w->result = r;
    ZS_TRY(zs_trace_changes(scratch, d, trace, false, &w->changes, err));
    out_head(w);
    zs_out_text(&w->out, "#0\n");
    out_start(w);
    out_changes(w);
    out_end(w);
    return zs_out_end(&w->out, "the trace", err);
}
