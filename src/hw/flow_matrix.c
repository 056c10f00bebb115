#include "flow_edge.h"

/* Matrix units of the RTL, which consume words as they come or from a replay memory.
 * docs/models/stream.md has their pipeline and what makes it stand still. */

static flow_result *result_at(flow_matrix *m, uint64_t i)
{
    return &m->results[i % FLOW_RESULTS];
}

/* The first result of which it is not known how long it waits at the end of the pipeline, once the
 * one before it has gone. */
static bool settle_result(sim *s, flow_matrix *m, edge *y)
{
    if (m->settled == m->tail || y->is_offered)
        return false;
    flow_result *r = result_at(m, m->settled);
    const uint64_t gone = y->in_n > 0 ? last_in(y) : 0;
    r->stall = gone > r->at ? gone - r->at : 0;
    r->is_settled = true;
    for (uint64_t i = m->settled + 1; i < m->tail; i++)
        result_at(m, i)->at += r->stall;
    m->settled++;
    offer(s, y, r->at + r->stall + 1);
    return true;
}

/* Clock of the n-th step of the pipeline from `from` on, which is itself the first where the
 * pipeline moves. False: not known yet. */
static bool pipeline_step(flow_matrix *m, uint64_t from, uint64_t n, uint64_t *out)
{
    uint64_t at = from + n - 1, head = m->head;
    for (; head < m->tail; head++) {
        const flow_result *r = result_at(m, head);
        if (r->at >= at)
            break;
        if (!r->is_settled)
            return false;
        if (r->at + r->stall >= from)
            at += r->at + 1 > from ? r->stall : r->at + r->stall + 1 - from;
    }
    m->head = head;
    *out = at;
    return true;
}

static void add_result(flow_matrix *m, uint64_t consumed)
{
    uint64_t at = consumed + FLOW_PIPELINE;
    for (uint64_t i = m->head; i < m->settled; i++)
        if (result_at(m, i)->at < at)
            at += result_at(m, i)->stall;
    *result_at(m, m->tail++) = (flow_result){.at = at};
}

/* `by` consumptions more of the vector, the last of them in clock `at`. */
static void count_consumed(flow_node *n, edge *x, uint64_t at, uint32_t by)
{
    flow_matrix *m = &n->matrix;
    m->next = at + 1;
    m->i += by;
    if (m->i < n->is.sf)
        return;
    m->i = 0;
    add_result(m, at);
    if (++m->fold < n->is.nf)
        return;
    m->fold = 0;
    m->vector += n->is.sf;
    if (m->vector % x->words == 0)
        n->consumed[m->vector / x->words - 1] = at;
}

/* nf = 1: words are consumed as they come, while the pipeline moves. */
static bool consume_direct(sim *s, flow_node *n, edge *x)
{
    uint64_t from, at;
    if (!is_there(x, &from))
        return false;
    from = zs_max_u64(from, n->matrix.next);
    const uint64_t ready = from;
    if (steps_with_weights(n, 1, &from) == 0 || !pipeline_step(&n->matrix, from, 1, &at))
        return false;
    use_weights(n, 1, ready, at);
    take(s, x, at);
    count_consumed(n, x, at, 1);
    return true;
}

/* nf > 1: words are consumed nf times from the replay memory. `next` minus one is when the output
 * slot of that took the next word. */
static bool consume_replayed(flow_node *n, edge *x)
{
    flow_matrix *m = &n->matrix;
    const uint32_t sf = n->is.sf;
    const bool is_last = m->fold + 1 == n->is.nf;
    uint64_t at, from = m->next;
    if (m->fold == 0) {
        if (m->vector + m->i >= x->out_n)
            return false;
        from = zs_max_u64(from, x->out[m->vector + m->i] + 2);
    }
    const uint64_t ready = from;
    const uint32_t steps =
        (uint32_t)steps_with_weights(n, m->fold > 0 && !is_last ? sf - m->i : 1, &from);
    if (steps == 0)
        return false;
    if (m->fold > 0 && !is_last) {
        if (!pipeline_step(m, from, steps, &at))
            return false;
        use_weights(n, steps, ready, at);
        count_consumed(n, x, at, steps);
        return true;
    }
    if (is_last && m->read_n == m->vector + m->i) {
        m->read_at[m->read_n & (m->memory - 1)] = m->next - 1;
        m->read_n++;
    }
    if (!pipeline_step(m, from, 1, &at))
        return false;
    use_weights(n, 1, ready, at);
    count_consumed(n, x, at, 1);
    return true;
}

static bool accept_replayed(sim *s, flow_node *n, edge *x)
{
    flow_matrix *m = &n->matrix;
    uint64_t from;
    if (!is_there(x, &from))
        return false;
    if (x->out_n > 0)
        from = zs_max_u64(from, x->out[x->out_n - 1] + 1);
    if (x->out_n >= m->memory) {
        if (m->read_n <= x->out_n - m->memory)
            return false;
        from = zs_max_u64(from, m->read_at[x->out_n & (m->memory - 1)] + 1);
    }
    take(s, x, from);
    return true;
}

void flow_step_matrix(sim *s, flow_node *n, edge *x, edge *y)
{
    flow_matrix *m = &n->matrix;
    bool has_moved = true;
    while (has_moved) {
        has_moved = false;
        if (n->is.nf == 1) {
            while (m->tail - m->head < FLOW_RESULTS && consume_direct(s, n, x))
                has_moved = true;
        } else {
            while (accept_replayed(s, n, x))
                has_moved = true;
            while (m->tail - m->head < FLOW_RESULTS && consume_replayed(n, x))
                has_moved = true;
        }
        while (settle_result(s, m, y))
            has_moved = true;
    }
}
