#include "flow_edge.h"

/* What the clocks of words tell: whether images repeat, and the result of a run. */

/* ---- images that repeat ---------------------------------------------------------------------- */

/* How far back what is still to come may look on an edge, in words. */
static uint64_t reach_back(const sim *s, const edge *e)
{
    const flow_node *to = &s->nodes[e->to], *from = &s->nodes[e->from];
    uint64_t back = zs_max_u64(e->words, e->depth);
    if (to->is.style != ZS_FLOW_RTL || from->is.style != ZS_FLOW_RTL)
        back += ZS_FLOW_PIPELINE_MAX;
    else if (to->is.op == ZS_FLOW_MATRIX)
        back = zs_max_u64(back, to->matrix.memory);
    if (from->is.op == ZS_FLOW_THRESHOLD)
        back = zs_max_u64(back, from->is.stages + 3);
    return back + 2;
}

/* Of so many images, those at the end that come sooner since pipelines drain: what ends after the
 * first stalling node has had its last word. At the least what the pipelines alone hold. */
static uint64_t drained_images(const sim *s, uint64_t images)
{
    const edge *sink = &s->edges[s->nodes[s->flow->sink].is.in[0]];
    uint64_t last = ZS_FLOW_NEVER, n = 0;
    if (s->drained_images == 0)
        return 0;
    for (uint32_t i = 0; i < s->flow->edge_n; i++) {
        const edge *e = &s->edges[i];
        if (s->nodes[e->to].is.style == ZS_FLOW_STALLING)
            last = zs_min_u64(last, e->out[images * e->words - 1]);
    }
    while (n < images && sink->out[(images - n) * sink->words - 1] > last)
        n++;
    return zs_max_u64(n, s->drained_images);
}

/* Every word of the last image, and before it as far back as anything looks, moved `*period` after
 * the word an image before. What follows depends on nothing else, so it repeats. Images that
 * come sooner since pipelines drain are not looked at. */
bool flow_is_periodic(const sim *s, uint64_t images, uint64_t *period)
{
    const edge *sink = &s->edges[s->nodes[s->flow->sink].is.in[0]];
    images -= zs_min_u64(images, drained_images(s, images));
    if (images < 2)
        return false;
    *period = sink->out[images * sink->words - 1] - sink->out[(images - 1) * sink->words - 1];
    if (*period == 0 || *period % s->nodes[0].is.gap != 0)
        return false;
    for (uint32_t i = 0; i < s->flow->edge_n; i++) {
        const edge *e = &s->edges[i];
        const uint64_t end = images * e->words, back = reach_back(s, e) + e->words;
        if (end < back)
            return false;
        for (uint64_t k = end; k-- > end - back + e->words;)
            if (e->in[k] - e->in[k - e->words] != *period ||
                e->out[k] - e->out[k - e->words] != *period)
                return false;
    }
    for (uint32_t i = 0; i < s->flow->node_n; i++) {
        const uint64_t *consumed = s->nodes[i].consumed;
        if (consumed != NULL && consumed[images - 1] - consumed[images - 2] != *period)
            return false;
    }
    return true;
}

uint64_t zs_flow_sim_period(const zs_flow_sim *s, bool *repeats)
{
    const edge *sink = &s->edges[s->flow->nodes[s->flow->sink].in[0]];
    uint64_t n = sink->out_n / sink->words;
    *repeats = false;
    if (n < 2)
        return 0;
    uint64_t period;
    *repeats = flow_is_periodic(s, n, &period);
    n -= zs_min_u64(n - 2, drained_images(s, n));
    return sink->out[n * sink->words - 1] - sink->out[(n - 1) * sink->words - 1];
}

/* ---- results --------------------------------------------------------------------------------- */

typedef struct extent {
    uint64_t first, last;
} extent;

/* First and last clock of a list up to `end`, and how many there are. */
static extent extent_of(const uint64_t *at, uint64_t n, uint64_t end, uint64_t *count)
{
    while (n > 0 && at[n - 1] > end)
        n--;
    *count = n;
    return n == 0 ? (extent){ZS_FLOW_NEVER, ZS_FLOW_NEVER} : (extent){at[0], at[n - 1]};
}

/* Clocks in which the FIFO was full because of the first n words. */
static uint64_t full_cycles(const edge *e, uint64_t n)
{
    uint64_t sum = 0;
    for (uint64_t k = e->depth - 1; k < n && k + 1 - e->depth < e->out_n; k++)
        if (e->out[k + 1 - e->depth] > e->in[k])
            sum += e->out[k + 1 - e->depth] - e->in[k];
    return sum;
}

static uint64_t most_fill(const edge *e, uint64_t in_n, uint64_t out_n)
{
    uint64_t most = 0;
    for (uint64_t k = 0, j = 0; k < in_n; k++) {
        while (j < out_n && e->out[j] <= e->in[k])
            j++;
        most = zs_max_u64(most, k + 1 - j);
    }
    return most;
}

static void edge_report(const edge *e, const zs_flow_result *r, zs_flow_edge_result *out)
{
    const uint64_t skipped = r->images - r->simulated;
    uint64_t in_n, out_n;
    const uint64_t end =
        r->has_tail || r->is_deadlock ? ZS_FLOW_NEVER : r->last_output[r->simulated - 1];
    /* behind the last image padding begins a next one; a pipeline that is fed has no use for it */
    const uint64_t words = r->has_tail ? r->simulated * e->words : UINT64_MAX;
    const extent in = extent_of(e->in, zs_min_u64(e->in_n, words), end, &in_n);
    const extent gone = extent_of(e->out, zs_min_u64(e->out_n, words), end, &out_n);
    *out = (zs_flow_edge_result){.first_in = in.first,
                                 .last_in = in.last,
                                 .first_out = gone.first,
                                 .last_out = gone.last,
                                 .in = e->in,
                                 .out = e->out,
                                 .in_n = in_n,
                                 .out_n = out_n};
    if (skipped > 0) {
        out->last_in += skipped * r->period;
        out->last_out += skipped * r->period;
    }
    for (uint64_t i = 0; i < r->simulated; i++)
        out->blocked_cycles += e->blocked[i];
    out->blocked_cycles += skipped * e->blocked[r->simulated - 1];
    if (e->depth == 0)
        return;
    out->most = most_fill(e, in_n, out_n);
    const uint64_t n = zs_min_u64(in_n, r->simulated * e->words);
    out->full_cycles = full_cycles(e, n);
    if (skipped > 0)
        out->full_cycles += skipped * (out->full_cycles - full_cycles(e, n - e->words));
}

/* Clocks that the words of an image cost the node at the least. */
static uint64_t work_of(const sim *s, const flow_node *n)
{
    const uint64_t in = n->is.in_n > 0 ? s->edges[n->is.in[0]].words : 0;
    const uint64_t out = n->is.out_n > 0 ? s->edges[n->is.out[0]].words : 0;
    if (n->is.style != ZS_FLOW_RTL)
        return n->loop.per_image;
    switch (n->is.op) {
    case ZS_FLOW_MATRIX:
        return in * n->is.nf;
    case ZS_FLOW_GATHER:
        return in + out;
    default:
        return zs_max_u64(in, out);
    }
}

static void node_report(const sim *s, const flow_node *n, const zs_flow_result *r,
                        zs_flow_node_result *out)
{
    uint64_t first = ZS_FLOW_NEVER, last = 0, blocked = 0;
    bool has_moved = false;
    for (uint32_t i = 0; i < n->is.in_n; i++) {
        const zs_flow_edge_result *e = &r->edges[n->is.in[i]];
        if (e->first_out == ZS_FLOW_NEVER)
            continue;
        has_moved = true;
        first = zs_min_u64(first, e->first_out);
        last = zs_max_u64(last, e->last_out);
    }
    for (uint32_t i = 0; i < n->is.out_n; i++) {
        const zs_flow_edge_result *e = &r->edges[n->is.out[i]];
        blocked = zs_max_u64(blocked, e->blocked_cycles);
        if (e->first_in == ZS_FLOW_NEVER)
            continue;
        has_moved = true;
        first = zs_min_u64(first, e->first_in);
        last = zs_max_u64(last, e->last_in);
    }
    *out = (zs_flow_node_result){.first = ZS_FLOW_NEVER, .last = ZS_FLOW_NEVER};
    if (!has_moved)
        return;
    const uint64_t span = last - first + 1;
    out->first = first;
    out->last = last;
    out->busy_cycles = zs_min_u64(span, work_of(s, n) * r->images);
    out->blocked_cycles = zs_min_u64(span - out->busy_cycles, blocked);
    out->starved_cycles = span - out->busy_cycles - out->blocked_cycles;
    out->weight_cycles = n->weights.waited;
}

/* The node that one of a deadlock waits for: the consumer of a result that waits, else the producer
 * of a word that is missing. */
static uint32_t waits_for(const sim *s, const flow_node *n, uint32_t *full)
{
    uint64_t from;
    bool has_all = n->is.in_n > 0;
    for (uint32_t i = 0; i < n->is.in_n; i++)
        has_all = has_all && is_there(&s->edges[n->is.in[i]], &from);
    for (uint32_t i = 0; i < n->is.out_n; i++) {
        const edge *y = &s->edges[n->is.out[i]];
        const bool is_full = y->depth > 0 && y->in_n - y->out_n >= y->depth;
        if (y->is_offered || (n->is.op == ZS_FLOW_WIRE && has_all && is_full)) {
            *full = y->depth > 0 ? n->is.out[i] : *full;
            return y->to;
        }
    }
    for (uint32_t i = 0; i < n->is.in_n; i++)
        if (!is_there(&s->edges[n->is.in[i]], &from))
            return s->edges[n->is.in[i]].from;
    return UINT32_MAX;
}

static zs_status find_circle(sim *s, zs_flow_result *out, zs_err *err)
{
    uint32_t *path = zs_new(s->arena, uint32_t, s->flow->node_n + 1);
    uint32_t *place = zs_new(s->arena, uint32_t, s->flow->node_n);
    if (path == NULL || place == NULL)
        return zs_nomem(err, "deadlock");
    uint32_t n = 0, at = s->flow->sink, full = ZS_FLOW_NO_EDGE;
    while (at != UINT32_MAX && place[at] == 0) {
        path[n++] = at;
        place[at] = n;
        at = waits_for(s, &s->nodes[at], &full);
    }
    if (at == UINT32_MAX)
        return ZS_OK;
    out->circle = &path[place[at] - 1];
    out->circle_n = n + 1 - place[at];
    for (uint32_t i = 0; i < out->circle_n; i++) {
        full = ZS_FLOW_NO_EDGE;
        (void)waits_for(s, &s->nodes[out->circle[i]], &full);
        if (full != ZS_FLOW_NO_EDGE)
            out->full_edge = full;
    }
    return ZS_OK;
}

/* Clocks that the source waited until the run ended. */
static uint64_t source_stalls(const edge *e, uint32_t gap, uint64_t end)
{
    uint64_t sum = 0, from = 0;
    for (uint64_t k = 0; k < e->in_n && from <= end; k++) {
        sum += zs_min_u64(e->in[k], end + 1) - from;
        from = zs_round_up(e->in[k] + 1, gap);
    }
    return sum;
}

zs_status flow_report(sim *s, zs_flow_result *out, zs_err *err)
{
    const zs_flow *flow = s->flow;
    const edge *sink = &s->edges[flow->nodes[flow->sink].in[0]];
    uint64_t *first = zs_new(s->arena, uint64_t, (size_t)out->simulated + 1);
    uint64_t *last = zs_new(s->arena, uint64_t, (size_t)out->simulated + 1);
    out->drained = out->is_deadlock ? 0 : drained_images(s, out->simulated);
    out->edges = zs_new(s->arena, zs_flow_edge_result, flow->edge_n);
    out->nodes = zs_new(s->arena, zs_flow_node_result, flow->node_n);
    if (first == NULL || last == NULL || out->edges == NULL || out->nodes == NULL)
        return zs_nomem(err, "result of a flow");
    for (uint64_t i = 0; i < out->simulated && !out->is_deadlock; i++) {
        first[i] = sink->out[i * sink->words];
        last[i] = sink->out[(i + 1) * sink->words - 1];
    }
    out->first_output = first;
    out->last_output = last;
    out->has_tail = s->is_fed && !out->is_deadlock;
    for (uint32_t i = 0; i < flow->edge_n; i++) {
        edge_report(&s->edges[i], out, &out->edges[i]);
        out->moves += s->edges[i].in_n + (s->edges[i].depth > 0 ? s->edges[i].out_n : 0);
        if (out->is_deadlock && out->edges[i].last_in != ZS_FLOW_NEVER)
            out->end = zs_max_u64(
                out->end,
                zs_max_u64(out->edges[i].last_in,
                           out->edges[i].last_out == ZS_FLOW_NEVER ? 0 : out->edges[i].last_out));
    }
    for (uint32_t i = 0; i < flow->node_n; i++)
        node_report(s, &s->nodes[i], out, &out->nodes[i]);
    if (out->is_deadlock)
        return find_circle(s, out, err);
    out->end = zs_flow_last_output(out, out->images - 1);
    const edge *source = &s->edges[flow->nodes[0].out[0]];
    out->stall_cycles = source_stalls(source, flow->nodes[0].gap, last[out->simulated - 1]);
    if (out->images > out->simulated)
        out->stall_cycles += (out->images - out->simulated) * source->blocked[out->simulated - 1];
    return ZS_OK;
}
