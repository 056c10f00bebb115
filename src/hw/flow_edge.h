/* flow_edge.h - how words go into edges and out of them; what the steps of nodes are made of. */
#ifndef ZYNQSIM_FLOW_EDGE_H
#define ZYNQSIM_FLOW_EDGE_H

#include "flow_priv.h"

typedef zs_flow_sim sim;
typedef flow_edge edge;

static inline void wake(sim *s, uint32_t node)
{
    if (s->nodes[node].is_queued)
        return;
    s->nodes[node].is_queued = true;
    s->queue[s->tail] = node;
    s->tail = s->tail == s->flow->node_n ? 0 : s->tail + 1;
}

static inline void count_blocked(edge *e, uint64_t waited)
{
    if (waited > 0)
        e->blocked[e->in_n / e->words] += waited;
}

/* A word on offer goes into the FIFO once it is known when there is room. */
static inline bool settle(edge *e)
{
    if (!e->is_offered || e->in_n - e->out_n >= e->depth)
        return false;
    uint64_t at = e->offer;
    if (e->in_n >= e->depth)
        at = zs_max_u64(at, e->out[e->in_n - e->depth] + 1);
    count_blocked(e, at - e->offer);
    e->in[e->in_n++] = at;
    e->is_offered = false;
    return true;
}

static ZS_INLINE void offer(sim *s, edge *e, uint64_t from)
{
    e->is_offered = true;
    e->offer = from;
    if (e->depth == 0 || settle(e))
        wake(s, e->to);
}

/* Whether the next word is there for the consumer, and from when on. */
static ZS_INLINE bool is_there(const edge *e, uint64_t *from)
{
    if (e->depth == 0) {
        *from = e->offer;
        return e->is_offered;
    }
    if (e->out_n == e->in_n)
        return false;
    *from = e->in[e->out_n] + 1;
    return true;
}

static ZS_INLINE void take(sim *s, edge *e, uint64_t at)
{
    if (e->depth == 0) {
        count_blocked(e, at - e->offer);
        e->in[e->in_n++] = at;
        e->out_n++;
        e->is_offered = false;
        wake(s, e->from);
        return;
    }
    e->out[e->out_n++] = at;
    if (settle(e) || e->from_wire)
        wake(s, e->from);
}

static inline uint64_t last_in(const edge *e)
{
    return e->in[e->in_n - 1];
}

/* Clock after the last word that the producer handed on; 0 before the first. */
static inline uint64_t after_last(const edge *e)
{
    return e->in_n > 0 ? e->in[e->in_n - 1] + 1 : 0;
}

/* How many of at most n steps in a row have their weights from the same clock on, which moves
 * `*from` on where it is later. 0: not known yet. */
static ZS_INLINE uint64_t steps_with_weights(const flow_node *n, uint64_t most, uint64_t *from)
{
    const flow_weights *w = &n->weights;
    if (!w->is_fed)
        return most;
    if (w->used_n == w->fed_n)
        return 0;
    const flow_grant *g = &w->fed[w->used_n % ZS_FLOW_WEIGHT_FEEDS];
    *from = zs_max_u64(*from, g->at);
    return zs_min_u64(most, g->words - w->steps);
}

/* `steps` were done, the last of them in clock `at`; without weights to wait for the first could
 * have been in clock `ready`. */
static ZS_INLINE void use_weights(flow_node *n, uint64_t steps, uint64_t ready, uint64_t at)
{
    flow_weights *w = &n->weights;
    if (!w->is_fed)
        return;
    const uint64_t k = w->used_n % ZS_FLOW_WEIGHT_FEEDS;
    w->steps += steps;
    w->waited += w->fed[k].at > ready ? w->fed[k].at - ready : 0;
    if (w->steps == w->fed[k].words) {
        w->used_at[k] = at;
        w->used_n++;
    }
}

#endif
