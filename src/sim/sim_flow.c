#include "sim_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What a flow of streaming nodes says of the rows that it is made of, and of the whole. */

/* ---- deadlocks ------------------------------------------------------------------------------- */

zs_status zs_flow_deadlock(const zs_plan *plan, zs_flow_sim *flow, zs_err *err)
{
    const zs_plan_flow *f = plan->flow;
    zs_flow_result r;
    char chain[300] = "";
    size_t n = 0;
    ZS_TRY(zs_flow_sim_end(flow, f->images, 0, &r, err));
    for (uint32_t i = 0; i < r.circle_n && n + 48 < sizeof chain; i++)
        n += (size_t)snprintf(chain + n, sizeof chain - n, "%s%.40s", i > 0 ? " for " : "",
                              f->flow.nodes[r.circle[i]].name);
    if (err != NULL)
        err->at_cycle = r.end;
    if (r.circle_n == 0 || r.full_edge == ZS_FLOW_NO_EDGE)
        return zs_fail(err, ZS_ESTUCK, "deadlock", "nothing moves any more at clock %" PRIu64,
                       r.end);
    return zs_fail(err, ZS_ESTUCK, f->edge_names[r.full_edge],
                   "deadlock at clock %" PRIu64 ": its FIFO of %u words is full and must be deeper "
                   "(accelerator.stream.fifos); %s wait in a circle",
                   r.end, f->flow.edges[r.full_edge].depth, chain);
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* Of a row's nodes the slowest is at work for the row. Before its first word and behind its last
 * the row of the first or last op of the call belongs to the PS. */
static void set_row(const zs_plan *plan, const zs_flow_result *f, uint32_t row, uint64_t end,
                    zs_layer_result *l)
{
    const zs_plan_flow *pf = plan->flow;
    uint64_t first = UINT64_MAX, last = 0, busy = 0, blocked = 0;
    for (uint32_t i = 0; i < pf->flow.node_n; i++) {
        const zs_flow_node_result *n = &f->nodes[i];
        if (pf->row_of_node[i] != row || n->first == ZS_FLOW_NEVER)
            continue;
        first = zs_min_u64(first, n->first);
        last = zs_max_u64(last, n->last + 1);
        busy = zs_max_u64(busy, n->busy_cycles);
        blocked = n->blocked_cycles; /* of the last node: what the row gives has to wait */
    }
    if (first == UINT64_MAX)
        return;
    const zs_plan_call *call = &plan->calls[plan->rows[row].call];
    const uint64_t from = l->start_cycle;
    const uint64_t to = f->images > f->simulated && row + 1 != call->row0 + call->row_n
                            ? zs_max_u64(last, l->start_cycle + l->cycles)
                            : l->start_cycle + l->cycles;
    const bool is_first = row == call->row0, is_last = row + 1 == call->row0 + call->row_n;
    first = zs_min_u64(zs_max_u64(first, from), to);
    last = zs_max_u64(zs_min_u64(last, zs_min_u64(to, end)), first);
    l->start_cycle = is_first ? from : first;
    l->cycles = (is_last ? to : last) - l->start_cycle;
    const uint64_t span = last - first;
    busy = zs_min_u64(busy, span);
    blocked = zs_min_u64(blocked, span - busy);
    memset(l->waited_cycles, 0, sizeof l->waited_cycles);
    l->waited_cycles[ZS_BY_COMPUTE] = busy;
    l->waited_cycles[ZS_BY_WRITE] = blocked;
    l->waited_cycles[ZS_BY_READ] = span - busy - blocked;
    l->waited_cycles[ZS_BY_HOST] = l->cycles - span;
    l->busy_cycles[ZS_BY_COMPUTE] = busy;
    l->starved_cycles = l->cycles - busy - blocked;
    l->blocked_cycles = blocked;
}

/* ---- who sets the pace ----------------------------------------------------------------------- */

static uint32_t slowest_node(const zs_plan *plan, const zs_flow_result *f)
{
    uint32_t at = 0;
    for (uint32_t i = 1; i < plan->flow->flow.node_n; i++)
        if (f->nodes[i].busy_cycles > f->nodes[at].busy_cycles)
            at = i;
    return at;
}

/* Of the FIFOs that were full the one in front of which words waited longest. */
static uint32_t worst_fifo(const zs_plan *plan, const zs_flow_result *f)
{
    uint32_t at = ZS_FLOW_NO_EDGE;
    for (uint32_t i = 0; i < plan->flow->flow.edge_n; i++)
        if (f->edges[i].full_cycles > 0 &&
            (at == ZS_FLOW_NO_EDGE || f->edges[i].full_cycles > f->edges[at].full_cycles))
            at = i;
    return at;
}

/* Stalling pipelines push an image out when later ones come in, and drain at the end: a batch of
 * few images has none that others follow at the pace of a long one. */
static bool is_all_drained(const zs_flow_result *f)
{
    return f->images >= 2 && f->images < 2 + f->drained;
}

/* `r` NULL: the flow is a part of the run. */
static const char *limit_of(zs_arena *arena, const zs_plan *plan, const zs_flow_result *f,
                            const zs_result *r)
{
    const uint32_t slow = slowest_node(plan, f), fifo = worst_fifo(plan, f);
    const uint64_t images = f->images, interval = is_all_drained(f) ? 0 : zs_flow_interval(f);
    const uint64_t work = f->nodes[slow].busy_cycles / images;
    const uint64_t moved = f->end + 1 - f->nodes[0].first;
    if (r != NULL && r->cycles > 2 * moved)
        return "the driver: more than half of the time is the PS's";
    if (interval == 0 || interval <= work + work / 100)
        return zs_arena_printf(arena, "%s: %" PRIu64 " cycles of an image",
                               plan->flow->flow.nodes[slow].name, work);
    uint32_t hungry = 0;
    for (uint32_t i = 1; i < plan->flow->flow.node_n; i++)
        if (f->nodes[i].weight_cycles > f->nodes[hungry].weight_cycles)
            hungry = i;
    if (f->nodes[hungry].weight_cycles * 10 >= moved * f->simulated / images)
        return zs_arena_printf(
            arena, "weights from DRAM: %s waits for its own in %" PRIu64 " cycles of an image",
            plan->flow->flow.nodes[hungry].name, f->nodes[hungry].weight_cycles / f->simulated);
    if (f->nodes[0].blocked_cycles * 10 < moved)
        return "the input DMA";
    if (fifo == ZS_FLOW_NO_EDGE)
        return "latency of the nodes: images follow each other too slowly";
    return zs_arena_printf(arena,
                           "FIFO %s blocks: its %u words are full in %" PRIu64 " cycles; the "
                           "slowest node, %s, takes %" PRIu64 " of an image",
                           plan->flow->edge_names[fifo], plan->flow->flow.edges[fifo].depth,
                           f->edges[fifo].full_cycles, plan->flow->flow.nodes[slow].name, work);
}

static zs_status add_notes(zs_arena *arena, const zs_plan *plan, const zs_flow_result *f,
                           zs_result *r, zs_err *err)
{
    const char **notes = zs_new(arena, const char *, r->note_n + 2);
    uint32_t n = 0;
    const uint64_t first = zs_flow_last_output(f, 0), interval = zs_flow_interval(f);
    const double rate = interval > 0 ? (double)r->clock_hz / (double)interval : 0;
    const char *limit = limit_of(arena, plan, f, r);
    if (notes == NULL || limit == NULL)
        return zs_nomem(err, "result");
    r->flow_limit =
        interval == 0
            ? zs_arena_printf(arena, "%s; the image is complete at cycle %" PRIu64, limit, first)
        : is_all_drained(f)
            ? zs_arena_printf(arena,
                              "%s; first image complete at cycle %" PRIu64
                              ", when later ones push it out; a longer batch shows its pace",
                              limit, first)
            : zs_arena_printf(arena,
                              "%s; first image complete at cycle %" PRIu64
                              ", then one every %" PRIu64 " cycles: %.2f images/s in a long batch",
                              limit, first, interval, rate);
    if (r->flow_limit == NULL)
        return zs_nomem(err, "result");
    notes[n++] = r->flow_limit;
    if (f->images > f->simulated && !f->repeats) {
        notes[n] = zs_arena_printf(
            arena,
            "%" PRIu64 " images are simulated word by word; their last results repeat, words "
            "further ahead do not yet: the other images are taken to follow at the same interval",
            f->simulated);
        if (notes[n++] == NULL)
            return zs_nomem(err, "result");
    }
    for (uint32_t i = 0; i < r->note_n; i++)
        notes[n++] = r->notes[i];
    r->notes = notes;
    r->note_n = n;
    return ZS_OK;
}

zs_status zs_flow_finish(zs_arena *arena, const zs_plan *plan, zs_flow_sim *flow,
                         zs_layer_result *layers, zs_result *r, zs_err *err)
{
    zs_flow_result *f = zs_new(arena, zs_flow_result, 1);
    if (f == NULL)
        return zs_nomem(err, "result");
    bool repeats;
    const uint64_t period = zs_flow_sim_period(flow, &repeats);
    ZS_TRY(
        zs_flow_sim_end(flow, plan->batch, plan->batch > plan->flow->images ? period : 0, f, err));
    f->repeats = repeats;
    for (uint32_t i = 0; i < plan->row_n; i++)
        if (plan->rows[i].call != ZS_NO_INDEX)
            set_row(plan, f, i, r->cycles, &layers[i]);
    r->flow = f;
    r->flow_of = plan->flow;
    r->events += f->moves;
    return ZS_OK;
}

zs_status zs_flow_note_part(zs_arena *arena, const zs_plan *whole, uint32_t part, zs_flow_sim *flow,
                            zs_result *r, zs_err *err)
{
    const zs_plan *plan = whole->parts[part].plan;
    zs_engine_result *e = &r->engines[part];
    zs_flow_result *f = zs_new(arena, zs_flow_result, 1);
    bool repeats;
    if (f == NULL)
        return zs_nomem(err, "result");
    const uint64_t period = zs_flow_sim_period(flow, &repeats);
    ZS_TRY(
        zs_flow_sim_end(flow, plan->batch, plan->batch > plan->flow->images ? period : 0, f, err));
    f->repeats = repeats;
    const char **notes = zs_new(arena, const char *, r->note_n + 1);
    const char *limit = limit_of(arena, plan, f, NULL);
    if (notes == NULL || limit == NULL)
        return zs_nomem(err, "result");
    e->flow = f;
    e->flow_of = plan->flow;
    e->flow_limit = zs_flow_interval(f) == 0 || is_all_drained(f)
                        ? limit
                        : zs_arena_printf(arena, "%s; an image every %" PRIu64 " cycles", limit,
                                          zs_flow_interval(f));
    for (uint32_t i = 0; i < r->note_n; i++)
        notes[i] = r->notes[i];
    notes[r->note_n] =
        zs_arena_printf(arena, "%s: %s", e->name, e->flow_limit ? e->flow_limit : "");
    if (e->flow_limit == NULL || notes[r->note_n] == NULL)
        return zs_nomem(err, "result");
    r->notes = notes;
    r->note_n++;
    r->events += f->moves;
    return ZS_OK;
}

zs_status zs_flow_note(zs_arena *arena, const zs_plan *plan, zs_result *r, zs_err *err)
{
    return r->flow == NULL ? ZS_OK : add_notes(arena, plan, r->flow, r, err);
}
