#include "validate_priv.h"

#include "zynqsim/flow_fifos.h"

#include <math.h>

/* The figure of a section that is furthest off. */
typedef struct worst {
    const char *figure;
    double predicted, measured, off;
    uint32_t n;
} worst;

static void hold(worst *w, const char *figure, double predicted, double measured)
{
    const double off = predicted > measured ? predicted - measured : measured - predicted;
    if (w->n++ > 0 && off <= w->off)
        return;
    w->off = off;
    w->predicted = predicted;
    w->measured = measured;
    w->figure = figure;
}

/* A list of the case against `n` figures; a list of another length fails. */
static zs_status hold_list(worst *w, const char *column, const char *text, uint32_t n,
                           double (*figure)(const void *ctx, uint32_t i), const void *ctx,
                           zs_err *err)
{
    const char *at = text;
    if (*text == '\0')
        return ZS_OK;
    for (uint32_t i = 0; i < n; i++) {
        double measured;
        const char *end = zs_read_real(at, &measured);
        if (end == NULL || !isfinite(measured) || *end != (i + 1 < n ? ';' : '\0'))
            return zs_fail(err, ZS_EPARSE, column, "\"%.40s\" is no list of %u figures", text, n);
        hold(w, column, figure(ctx, i), measured);
        at = end + 1;
    }
    return ZS_OK;
}

typedef struct run {
    const zs_flow_chain *chain;
    const zs_flow_result *result;
} run;

static double clock_of(uint64_t clock)
{
    return clock == ZS_FLOW_NEVER ? -1 : (double)clock;
}

static double first_output(const void *ctx, uint32_t i)
{
    return (double)zs_flow_first_output(((const run *)ctx)->result, i);
}

static double last_output(const void *ctx, uint32_t i)
{
    return (double)zs_flow_last_output(((const run *)ctx)->result, i);
}

static double fifo_max(const void *ctx, uint32_t i)
{
    const run *r = ctx;
    return (double)r->result->edges[r->chain->fifos[i]].most;
}

static double edge_first(const void *ctx, uint32_t i)
{
    const run *r = ctx;
    const zs_flow_edge_result *e = &r->result->edges[r->chain->links[i].edge];
    return clock_of(r->chain->links[i].is_out ? e->first_out : e->first_in);
}

static double edge_last(const void *ctx, uint32_t i)
{
    const run *r = ctx;
    const zs_flow_edge_result *e = &r->result->edges[r->chain->links[i].edge];
    return clock_of(r->chain->links[i].is_out ? e->last_out : e->last_in);
}

static zs_status hold_one(worst *w, const char *column, const char *text, double predicted,
                          zs_err *err)
{
    double measured;
    const char *end = zs_read_real(text, &measured);
    if (*text == '\0')
        return ZS_OK;
    if (end == NULL || !isfinite(measured) || *end != '\0')
        return zs_fail(err, ZS_EPARSE, column, "\"%.40s\" is no number", text);
    hold(w, column, predicted, measured);
    return ZS_OK;
}

static void append(zs_section *section, const zs_flow_measured *m, const worst *w, const char *unit)
{
    if (w->n == 0)
        return;
    zs_section_append(section, (zs_check){.name = m->name,
                                          .scope = "",
                                          .figure = w->figure,
                                          .unit = unit,
                                          .predicted = w->predicted,
                                          .lo = w->measured,
                                          .hi = w->measured,
                                          .reason = m->reason,
                                          .source = m->source});
}

/* A search that finds less is welcome, one that needs more is wrong. */
static zs_status check_least(zs_arena *scratch, const zs_flow_measured *m, const zs_flow *flow,
                             zs_section *section, zs_err *err)
{
    const zs_flow_fifos_options options = {.images = m->images, .least = 2, .only_depths = true};
    zs_flow_fifos found;
    worst w = {.off = -1};
    if (*m->words_found == '\0')
        return ZS_OK;
    ZS_TRY(zs_flow_fifos_find(scratch, flow, &options, &found, err));
    ZS_TRY(hold_one(&w, "words_found", m->words_found, (double)found.words, err));
    zs_section_append(section, (zs_check){.name = m->name,
                                          .scope = "",
                                          .figure = w.figure,
                                          .unit = "words",
                                          .predicted = w.predicted,
                                          .lo = w.predicted < w.measured ? w.predicted : w.measured,
                                          .hi = w.measured,
                                          .reason = m->reason,
                                          .source = m->source});
    return ZS_OK;
}

zs_status zs_flow_case_check(zs_arena *scratch, const zs_memory_params *memory,
                             const zs_reference *ref, uint32_t i, zs_section *sections, zs_err *err)
{
    const zs_flow_measured *m = &ref->flows[i];
    zs_flow_chain chain;
    zs_flow_result result;
    worst images = {.off = -1}, clocks = images, fills = images;
    (void)memory;
    ZS_TRY(zs_flow_chain_parse(scratch, m->chain, m->words_in, m->input_gap, "chain", &chain, err));
    ZS_TRY(zs_flow_run(scratch, &chain.flow, m->images, false, &result, err));
    const run r = {.chain = &chain, .result = &result};
    const zs_flow_edge *sink = &chain.flow.edges[chain.flow.nodes[chain.flow.sink].in[0]];
    if (!result.is_deadlock && !m->is_deadlock) {
        ZS_TRY(hold_one(&images, "interval", m->interval, (double)zs_flow_interval(&result), err));
        ZS_TRY(hold_one(&images, "input_stall_cycles", m->input_stall_cycles,
                        (double)result.stall_cycles, err));
        ZS_TRY(hold_list(&images, "first_output", m->first_output, (uint32_t)m->images,
                         first_output, &r, err));
        ZS_TRY(hold_list(&images, "last_output", m->last_output, (uint32_t)m->images, last_output,
                         &r, err));
    }
    hold(&images, "deadlock", result.is_deadlock, m->is_deadlock);
    hold(&images, "words_out", (double)sink->words, (double)m->words_out);
    ZS_TRY(hold_list(&clocks, "edge_first", m->edge_first, chain.link_n, edge_first, &r, err));
    ZS_TRY(hold_list(&clocks, "edge_last", m->edge_last, chain.link_n, edge_last, &r, err));
    ZS_TRY(hold_list(&fills, "fifo_max", m->fifo_max, chain.fifo_n, fifo_max, &r, err));
    append(&sections[0], m, &images, "");
    append(&sections[1], m, &clocks, "PL cycles");
    append(&sections[2], m, &fills, "words");
    return check_least(scratch, m, &chain.flow, &sections[3], err);
}
