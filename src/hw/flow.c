#include "flow_edge.h"

#include <assert.h>
#include <string.h>

/* When words move. Each step_* below turns the clocks of a node's inputs into those of its outputs
 * as far as they are known; docs/models/stream.md derives the recurrences from the registers of the
 * RTL. */

/* ---- ends and wires -------------------------------------------------------------------------- */

/* Since when word `word` is granted; `*i` is where the last one was found. */
static uint64_t granted(const flow_grant *list, uint64_t *i, uint64_t word)
{
    while (list[*i].words <= word)
        ++*i;
    return list[*i].at;
}

static void step_source(sim *s, flow_node *n, edge *y)
{
    while (!y->is_offered && y->in_n < s->limit) {
        uint64_t at = zs_round_up(after_last(y), n->is.gap);
        if (s->is_fed)
            at = zs_max_u64(at, granted(s->fed, &s->fed_at, y->in_n));
        offer(s, y, at);
    }
}

static void step_sink(sim *s, edge *x)
{
    uint64_t from;
    while (x->out_n < s->room && is_there(x, &from)) {
        if (s->is_fed)
            from = zs_max_u64(from, granted(s->drained, &s->drained_at, x->out_n));
        if (x->out_n > 0)
            from = zs_max_u64(from, x->out[x->out_n - 1] + 1);
        take(s, x, from);
    }
}

/* All edges at once. An output without a FIFO, of which there is one at the most, decides last. */
static void step_wire(sim *s, flow_node *n)
{
    edge *direct = NULL, *in[ZS_FLOW_PORTS] = {NULL}, *out[ZS_FLOW_PORTS] = {NULL};
    assert(n->is.in_n <= ZS_FLOW_PORTS && n->is.out_n <= ZS_FLOW_PORTS);
    for (uint32_t i = 0; i < n->is.in_n; i++)
        in[i] = &s->edges[n->is.in[i]];
    for (uint32_t i = 0; i < n->is.out_n; i++) {
        out[i] = &s->edges[n->is.out[i]];
        if (out[i]->depth == 0)
            direct = out[i];
    }
    for (;;) {
        uint64_t at = n->at, from;
        if (direct != NULL && n->holds) { /* on offer */
            if (direct->is_offered)
                return;
            at = last_in(direct);
        } else {
            for (uint32_t i = 0; i < n->is.in_n; i++) {
                if (!is_there(in[i], &from))
                    return;
                at = zs_max_u64(at, from);
            }
            for (uint32_t i = 0; i < n->is.out_n; i++) {
                const edge *y = out[i];
                assert(y != NULL); /* an edge of every output */
                if (y->depth == 0)
                    continue;
                if (y->in_n - y->out_n >= y->depth)
                    return;
                if (y->in_n >= y->depth)
                    at = zs_max_u64(at, y->out[y->in_n - y->depth] + 1);
            }
            if (direct != NULL) {
                n->holds = true;
                offer(s, direct, at);
                return;
            }
        }
        n->holds = false;
        n->at = at + 1;
        for (uint32_t i = 0; i < n->is.out_n; i++)
            if (out[i] != direct)
                offer(s, out[i], at);
        for (uint32_t i = 0; i < n->is.in_n; i++)
            take(s, in[i], at);
    }
}

/* ---- width converters ------------------------------------------------------------------------ */

/* count: words collected; at: the clock after the last of them was. The first of a group waits in
 * the side slot (holds) until the group before has left. */
static void step_up(sim *s, flow_node *n, edge *x, edge *y)
{
    uint64_t from;
    for (;;) {
        if (n->holds) {
            if (y->is_offered)
                return;
            n->at = zs_max_u64(n->at, last_in(y) + 1);
            n->holds = false;
        } else {
            if (!is_there(x, &from))
                return;
            const uint64_t at = zs_max_u64(from, n->at);
            const bool is_first = n->count % n->is.ratio == 0;
            take(s, x, at);
            n->at = at + 1;
            n->count++;
            if (is_first && n->count > 1) {
                n->holds = true;
                continue;
            }
        }
        if (n->count % n->is.ratio == 0)
            offer(s, y, n->at);
    }
}

/* count: words that left the shift register, the last of them in clock `at`, which of a group is
 * also the first clock in which the next one may come. No word leaves while two wait. */
static void step_down(sim *s, flow_node *n, edge *x, edge *y)
{
    const uint32_t k = n->is.ratio;
    for (;;) {
        bool has_moved = false;
        uint64_t from;
        if (!y->is_offered && y->in_n < n->count) {
            offer(s, y, zs_max_u64(n->at + 1, after_last(y)));
            has_moved = true;
        }
        const uint64_t w = n->count;
        const bool has_one_gone = w < 2 || y->in_n >= w - 1; /* all but the word before this */
        const uint64_t gone = w < 2 || !has_one_gone ? 0 : y->in[w - 2] + 1;
        if (w < k * x->out_n) {
            if (has_one_gone) {
                const uint64_t come = w % k == 0 ? x->out[w / k] + 1 : 0;
                n->at = zs_max_u64(zs_max_u64(come, gone), w > 0 ? n->at + 1 : 0);
                n->count++;
                has_moved = true;
            }
        } else if (is_there(x, &from)) {
            if (w == 0 || from <= n->at) {
                take(s, x, zs_max_u64(from, n->at));
                has_moved = true;
            } else if (has_one_gone) {
                take(s, x, zs_max_u64(from, zs_max_u64(n->at + 1, gone)));
                has_moved = true;
            }
        }
        if (!has_moved)
            return;
    }
}

/* ---- padding and thresholds ------------------------------------------------------------------ */

/* holds: the next word of the input waits, since clock `at`; else `at` is when it may come. */
static void step_pad(sim *s, flow_node *n, edge *x, edge *y)
{
    const zs_flow_node *p = &n->is;
    for (;;) {
        uint64_t from;
        if (!n->holds && is_there(x, &from)) {
            n->at = zs_max_u64(n->at, from);
            take(s, x, n->at);
            n->holds = true;
        }
        if (y->is_offered)
            return;
        const bool is_inner =
            n->x >= p->pad && n->x < p->pad + p->w && n->y >= p->pad && n->y < p->pad + p->h;
        if (is_inner && !n->holds)
            return;
        uint64_t at = y->in_n > 0 ? last_in(y) : 0;
        if (is_inner) {
            at = zs_max_u64(at, n->at);
            n->holds = false;
            n->at = at + 1;
        }
        if (++n->s == p->fold) {
            n->s = 0;
            if (++n->x == p->w + p->pad + p->pad_end) {
                n->x = 0;
                n->y = n->y + 1 == p->h + p->pad + p->pad_end ? 0 : n->y + 1;
            }
        }
        offer(s, y, at + 1);
    }
}

static void step_threshold(sim *s, flow_node *n, edge *x, edge *y)
{
    const uint64_t inside = n->is.stages + 3;
    for (;;) {
        bool has_moved = false;
        uint64_t from;
        if (is_there(x, &from) && (x->out_n < inside || y->in_n > x->out_n - inside)) {
            if (x->out_n > 0)
                from = zs_max_u64(from, x->out[x->out_n - 1] + 1);
            if (x->out_n >= inside)
                from = zs_max_u64(from, y->in[x->out_n - inside] + 1);
            take(s, x, from);
            has_moved = true;
        }
        if (!y->is_offered && y->in_n < x->out_n) {
            offer(s, y, zs_max_u64(x->out[y->in_n] + n->is.stages + 2, after_last(y)));
            has_moved = true;
        }
        if (!has_moved)
            return;
    }
}

/* at: the clock after the last word of the image; count: results handed on. */
static void step_gather(sim *s, flow_node *n, edge *x, edge *y)
{
    uint64_t from;
    for (;;) {
        const uint64_t image = n->count / n->is.nf;
        if (n->count % n->is.nf == 0 && x->out_n < (image + 1) * n->is.sf) {
            if (y->is_offered || !is_there(x, &from))
                return;
            const uint64_t at = zs_max_u64(from, zs_max_u64(n->at, after_last(y)));
            take(s, x, at);
            n->at = at + 1;
            continue;
        }
        if (y->is_offered)
            return;
        offer(s, y, zs_max_u64(n->at, after_last(y)));
        n->count++;
    }
}

/* A word moves through in one clock; count: of the pixel. */
static void step_concat(sim *s, flow_node *n, edge *y)
{
    uint64_t from;
    for (;;) {
        edge *x = &s->edges[n->is.in[n->count < n->is.sf ? 0 : 1]];
        if (n->holds) { /* on offer */
            if (y->is_offered)
                return;
            n->holds = false;
            n->count = n->count + 1 == n->is.sf + n->is.nf ? 0 : n->count + 1;
            take(s, x, last_in(y));
            continue;
        }
        if (!is_there(x, &from))
            return;
        n->holds = true;
        offer(s, y, zs_max_u64(from, after_last(y)));
    }
}

/* ---- sliding windows ------------------------------------------------------------------------- */

static uint64_t first_of_window(const zs_flow_node *p, uint32_t oy, uint32_t ox, uint32_t channel)
{
    return ((uint64_t)oy * p->step * p->w + (uint64_t)ox * p->step) * p->fold + channel;
}

/* `low`, the oldest word that is still needed, has become known to be so from clock `at` on. */
static void make_room(flow_window *w, uint64_t low, uint64_t at)
{
    const uint64_t room = w->walk.is_done ? w->words : zs_min_u64(low + w->size, w->words);
    for (; w->room < room; w->room++)
        w->free_at[w->room] = at;
}

void zs_flow_walk_begin(const zs_flow_node *p, zs_flow_walk *w)
{
    *w = (zs_flow_walk){.oh = (p->h - p->kernel) / p->step + 1,
                        .ow = (p->w - p->kernel) / p->step + 1,
                        .channels = p->by_channel ? p->fold : 1,
                        .run = p->by_channel ? p->kernel : p->kernel * p->fold,
                        .run_step = p->by_channel ? p->fold : 1};
}

void zs_flow_walk_step(const zs_flow_node *p, zs_flow_walk *w)
{
    const bool is_last_channel = w->channel + 1 == w->channels;
    const bool is_last_x = w->ox + 1 == w->ow;
    const bool is_last = is_last_channel && is_last_x && w->oy + 1 == w->oh;
    uint32_t oy = w->oy, ox = w->ox, channel = w->channel + 1;
    if (is_last_channel) {
        channel = 0;
        ox = is_last_x ? 0 : ox + 1;
        oy = is_last_x ? oy + 1 : oy;
    }
    if (w->i == 0 && w->ky == 0)
        w->oldest = is_last
                        ? w->oldest + ((uint64_t)(p->kernel - 1) * p->w + p->kernel) * p->fold - 1
                        : first_of_window(p, oy, ox, channel);
    if (++w->i < w->run) {
        w->word += w->run_step;
    } else if (++w->ky < p->kernel) {
        w->i = 0;
        w->word = first_of_window(p, w->oy, w->ox, w->channel) + (uint64_t)w->ky * p->w * p->fold;
    } else {
        w->i = w->ky = 0;
        w->is_done = is_last;
        w->oy = oy;
        w->ox = ox;
        w->channel = channel;
        if (!is_last)
            w->word = first_of_window(p, oy, ox, channel);
    }
}

static void begin_image(const zs_flow_node *p, flow_window *w, uint64_t image0, uint64_t at)
{
    w->image0 = image0;
    w->accepted = w->room = 0;
    zs_flow_walk_begin(p, &w->walk);
    make_room(w, 0, at);
}

/* The word that comes next is read in clock `at`. */
static void fetch(const zs_flow_node *p, flow_window *w, uint64_t at)
{
    zs_flow_walk_step(p, &w->walk);
    make_room(w, zs_min_u64(w->walk.word, w->walk.oldest), at + 1);
}

static void step_window(sim *s, flow_node *n, edge *x, edge *y)
{
    flow_window *w = &n->window;
    for (;;) {
        bool has_moved = false;
        uint64_t from;
        while (w->accepted < w->room && is_there(x, &from)) {
            from = zs_max_u64(from, w->free_at[w->accepted]);
            if (w->accepted > 0)
                from = zs_max_u64(from, x->out[x->out_n - 1] + 1);
            take(s, x, from);
            w->accepted++;
            has_moved = true;
        }
        while (!w->walk.is_done && !y->is_offered && w->walk.word < w->accepted) {
            uint64_t at = x->out[w->image0 + w->walk.word] + 1;
            if (y->in_n > 0)
                at = zs_max_u64(at, last_in(y));
            fetch(&n->is, w, at);
            offer(s, y, at + 1);
            has_moved = true;
        }
        if (w->walk.is_done && !y->is_offered && w->accepted == w->words) {
            begin_image(&n->is, w, x->out_n, zs_max_u64(last_in(y), x->out[x->out_n - 1]) + 1);
            has_moved = true;
        }
        if (!has_moved)
            return;
    }
}

/* ---- matrix units ---------------------------------------------------------------------------- */

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

/* One consumption more of the vector; true at its end. */
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

static void step_matrix(sim *s, flow_node *n, edge *x, edge *y)
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

/* ---- all of them ----------------------------------------------------------------------------- */

static void step(sim *s, flow_node *n)
{
    edge *x = &s->edges[n->is.in[0]], *y = &s->edges[n->is.out[0]];
    if (n->is.style != ZS_FLOW_RTL) {
        flow_step_loop(s, n, x, y);
        return;
    }
    switch (n->is.op) {
    case ZS_FLOW_SOURCE:
        step_source(s, n, y);
        break;
    case ZS_FLOW_SINK:
        step_sink(s, x);
        break;
    case ZS_FLOW_WIRE:
        step_wire(s, n);
        break;
    case ZS_FLOW_UP:
        step_up(s, n, x, y);
        break;
    case ZS_FLOW_DOWN:
        step_down(s, n, x, y);
        break;
    case ZS_FLOW_PAD:
        step_pad(s, n, x, y);
        break;
    case ZS_FLOW_WINDOW:
        step_window(s, n, x, y);
        break;
    case ZS_FLOW_MATRIX:
        step_matrix(s, n, x, y);
        break;
    case ZS_FLOW_THRESHOLD:
        step_threshold(s, n, x, y);
        break;
    case ZS_FLOW_GATHER:
        step_gather(s, n, x, y);
        break;
    case ZS_FLOW_CONCAT:
        step_concat(s, n, y);
        break;
    case ZS_FLOW_POOL: /* a loop in every style */
    case ZS_FLOW_OP_N:
        break;
    }
}

static void settle_all(sim *s)
{
    while (s->head != s->tail) {
        flow_node *n = &s->nodes[s->queue[s->head]];
        s->head = s->head == s->flow->node_n ? 0 : s->head + 1;
        n->is_queued = false;
        step(s, n);
    }
}

/* ---- memory ---------------------------------------------------------------------------------- */

static uint64_t power_of_two(uint64_t n)
{
    uint64_t p = 1;
    while (p < n)
        p *= 2;
    return p;
}

static zs_status node_build(zs_arena *arena, const zs_flow_node *is, const edge *edges,
                            flow_node *n, zs_err *err)
{
    n->is = *is;
    if (is->style != ZS_FLOW_RTL) {
        n->loop.per_image = zs_flow_loop_cycles(is, edges[is->in[0]].words);
    } else if (is->op == ZS_FLOW_WINDOW) {
        flow_window *w = &n->window;
        const int64_t k = is->kernel, step = is->step, width = is->w, fold = is->fold;
        const int64_t slack = (step - 1 - k * k) * fold;
        const int64_t row_slack = ((step - 1) * width - k * k) * fold;
        w->size = (uint64_t)(((k - 1) * width + k) * fold + (slack > 0 ? slack : 0) +
                             (row_slack > 0 ? row_slack : 0));
        w->words = edges[is->in[0]].words;
        w->free_at = zs_arena_alloc_raw(arena, w->words, sizeof *w->free_at);
        if (w->free_at == NULL)
            return zs_nomem(err, is->name);
    } else if (is->op == ZS_FLOW_MATRIX) {
        n->matrix.memory = zs_max_u64(2, power_of_two(is->sf));
        n->matrix.read_at = zs_arena_alloc_raw(arena, n->matrix.memory, sizeof(uint64_t));
        if (n->matrix.read_at == NULL)
            return zs_nomem(err, is->name);
    }
    return ZS_OK;
}

zs_status zs_flow_sim_build(zs_arena *arena, const zs_flow *flow, zs_flow_sim **out, zs_err *err)
{
    sim *s = zs_new(arena, sim, 1);
    if (s == NULL)
        return zs_nomem(err, "flow");
    *s = (sim){.arena = arena,
               .flow = flow,
               .edges = zs_new(arena, edge, flow->edge_n),
               .nodes = zs_new(arena, flow_node, flow->node_n),
               .queue = zs_new(arena, uint32_t, flow->node_n + 1),
               .ahead = 1};
    if (s->edges == NULL || s->nodes == NULL || s->queue == NULL)
        return zs_nomem(err, "flow");
    for (uint32_t i = 0; i < flow->edge_n; i++) {
        const zs_flow_edge *e = &flow->edges[i];
        s->edges[i] = (edge){.words = e->words,
                             .from = e->from,
                             .to = e->to,
                             .from_wire = flow->nodes[e->from].op == ZS_FLOW_WIRE};
    }
    for (uint32_t i = 0; i < flow->node_n; i++) {
        s->ahead += flow->nodes[i].op == ZS_FLOW_PAD;
    }
    for (uint32_t i = 0; i < flow->node_n; i++) {
        const zs_flow_node *n = &flow->nodes[i];
        ZS_TRY(node_build(arena, n, s->edges, &s->nodes[i], err));
        if (n->style == ZS_FLOW_STALLING) /* the last image and what its words push out */
            s->drained_images = (s->drained_images > 0 ? s->drained_images : 2) +
                                (n->pipeline - 1) / s->nodes[i].loop.per_image;
    }
    *out = s;
    return ZS_OK;
}

/* Padding runs ahead into one more image, and the padding behind it into one more than that. */
static zs_status reserve(sim *s, uint64_t images, zs_err *err)
{
    if (images <= s->capacity)
        return ZS_OK;
    for (uint32_t i = 0; i < s->flow->edge_n; i++) {
        edge *e = &s->edges[i];
        const size_t n = (size_t)((images + s->ahead) * e->words);
        uint64_t *in = zs_arena_alloc_raw(s->arena, n, sizeof *in), *out = in;
        if (s->flow->edges[i].depth > 0)
            out = zs_arena_alloc_raw(s->arena, n, sizeof *out);
        uint64_t *blocked = zs_arena_alloc(s->arena, (size_t)(images + s->ahead), sizeof *blocked);
        if (in == NULL || out == NULL || blocked == NULL)
            return zs_nomem(err, "clocks of words");
        if (s->capacity > 0) {
            memcpy(in, e->in, e->in_n * sizeof *in);
            if (out != in)
                memcpy(out, e->out, e->out_n * sizeof *out);
            memcpy(blocked, e->blocked, (s->capacity + s->ahead) * sizeof *blocked);
        }
        e->in = in;
        e->out = out;
        e->blocked = blocked;
    }
    for (uint32_t i = 0; i < s->flow->node_n; i++) {
        flow_node *n = &s->nodes[i];
        if (n->is.op != ZS_FLOW_MATRIX && n->is.style == ZS_FLOW_RTL)
            continue;
        uint64_t *consumed =
            zs_arena_alloc_raw(s->arena, (size_t)(images + s->ahead), sizeof *consumed);
        if (consumed == NULL)
            return zs_nomem(err, "clocks of words");
        if (s->capacity > 0)
            memcpy(consumed, n->consumed, (s->capacity + s->ahead) * sizeof *consumed);
        n->consumed = consumed;
    }
    s->capacity = images;
    return ZS_OK;
}

static void reset(sim *s)
{
    s->head = s->tail = 0;
    s->limit = s->room = 0;
    s->is_fed = false;
    s->fed_n = s->drained_n = s->fed_at = s->drained_at = 0;
    for (uint32_t i = 0; i < s->flow->edge_n; i++) {
        edge *e = &s->edges[i];
        e->depth = s->flow->edges[i].depth;
        e->in_n = e->out_n = 0;
        e->is_offered = false;
        if (s->capacity > 0)
            memset(e->blocked, 0, (s->capacity + s->ahead) * sizeof *e->blocked);
    }
    for (uint32_t i = 0; i < s->flow->node_n; i++) {
        flow_node *n = &s->nodes[i];
        n->is_queued = n->holds = false;
        n->at = n->count = 0;
        n->x = n->y = n->s = 0;
        n->weights = (flow_weights){0};
        if (n->is.style != ZS_FLOW_RTL) {
            flow_begin_loop(n);
        } else if (n->is.op == ZS_FLOW_WINDOW) {
            begin_image(&n->is, &n->window, 0, 0);
        } else if (n->is.op == ZS_FLOW_MATRIX) {
            flow_matrix *m = &n->matrix;
            m->read_n = m->next = m->vector = m->head = m->settled = m->tail = 0;
            m->fold = m->i = 0;
        }
        wake(s, i);
    }
}

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
static bool is_periodic(const sim *s, uint64_t images, uint64_t *period)
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

static zs_status report(sim *s, zs_flow_result *out, zs_err *err)
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

zs_status zs_flow_sim_run(zs_flow_sim *s, uint64_t images, bool folds, zs_flow_result *out,
                          zs_err *err)
{
    const uint64_t words = s->flow->words_in;
    const edge *sink = &s->edges[s->flow->nodes[s->flow->sink].in[0]];
    uint64_t n = folds ? zs_min_u64(images, 3 + s->drained_images) : images;
    *out = (zs_flow_result){.images = images, .full_edge = ZS_FLOW_NO_EDGE};
    reset(s);
    for (;;) {
        ZS_TRY(reserve(s, n, err));
        if (s->drained_images > 0) /* at other clocks than with fewer images */
            reset(s);
        s->images = n;
        s->room = UINT64_MAX;
        s->limit = n * words;
        wake(s, 0);
        settle_all(s);
        out->is_deadlock = sink->out_n < n * sink->words;
        if (n == images || out->is_deadlock || is_periodic(s, n, &out->period))
            break;
        n = zs_min_u64(images, n + (n + 1) / 2);
    }
    if (n == images)
        out->period = 0;
    out->simulated = n;
    if (out->is_deadlock)
        out->images = n;
    return report(s, out, err);
}

/* ---- in step with something else ------------------------------------------------------------- */

zs_status zs_flow_sim_begin(zs_flow_sim *s, uint64_t images, zs_err *err)
{
    reset(s);
    s->is_fed = true;
    for (uint32_t i = 0; i < s->flow->node_n; i++)
        s->nodes[i].weights.is_fed = s->nodes[i].is.has_weights_fed;
    s->images = images;
    s->fed_cap = s->drained_cap = 64;
    s->fed = zs_arena_alloc_raw(s->arena, s->fed_cap, sizeof *s->fed);
    s->drained = zs_arena_alloc_raw(s->arena, s->drained_cap, sizeof *s->drained);
    if (s->fed == NULL || s->drained == NULL)
        return zs_nomem(err, "clocks of words");
    return reserve(s, images, err);
}

/* The list grows by what was used up: grants are asked for in order. */
static void grant(flow_grant **list, uint64_t *n, uint64_t *at, uint64_t words, uint64_t clock,
                  uint64_t cap)
{
    if (*n == cap) {
        memmove(*list, *list + *at, (size_t)(*n - *at) * sizeof **list);
        *n -= *at;
        *at = 0;
    }
    if (*n == cap) { /* nothing used up: the last two become one, which comes to the later clock */
        (*list)[*n - 1] = (flow_grant){words, clock};
        return;
    }
    (*list)[(*n)++] = (flow_grant){words, clock};
}

void zs_flow_sim_feed(zs_flow_sim *s, uint64_t words, uint64_t at)
{
    s->limit += words;
    grant(&s->fed, &s->fed_n, &s->fed_at, s->limit, at, s->fed_cap);
    wake(s, 0);
}

void zs_flow_sim_drain(zs_flow_sim *s, uint64_t words, uint64_t at)
{
    s->room += words;
    grant(&s->drained, &s->drained_n, &s->drained_at, s->room, at, s->drained_cap);
    wake(s, s->flow->sink);
}

void zs_flow_sim_feed_weights(zs_flow_sim *s, uint32_t node, uint64_t steps, uint64_t at)
{
    flow_weights *w = &s->nodes[node].weights;
    const uint64_t k = w->fed_n % ZS_FLOW_WEIGHT_FEEDS;
    assert(steps > 0 && w->fed_n - w->used_n < ZS_FLOW_WEIGHT_FEEDS);
    const uint64_t before = w->fed_n > 0 ? w->fed[(w->fed_n - 1) % ZS_FLOW_WEIGHT_FEEDS].words : 0;
    w->fed[k] = (flow_grant){before + steps, at};
    w->fed_n++;
    wake(s, node);
}

uint64_t zs_flow_sim_weights_used(const zs_flow_sim *s, uint32_t node, uint64_t k)
{
    const flow_weights *w = &s->nodes[node].weights;
    return k < w->used_n ? w->used_at[k % ZS_FLOW_WEIGHT_FEEDS] : ZS_FLOW_NEVER;
}

void zs_flow_sim_settle(zs_flow_sim *s)
{
    settle_all(s);
}

uint64_t zs_flow_sim_moved(const zs_flow_sim *s, uint32_t e, bool is_out, uint64_t word)
{
    const edge *at = &s->edges[e];
    if (word >= (is_out ? at->out_n : at->in_n))
        return ZS_FLOW_NEVER;
    return is_out ? at->out[word] : at->in[word];
}

uint64_t zs_flow_sim_period(const zs_flow_sim *s, bool *repeats)
{
    const edge *sink = &s->edges[s->flow->nodes[s->flow->sink].in[0]];
    uint64_t n = sink->out_n / sink->words;
    *repeats = false;
    if (n < 2)
        return 0;
    uint64_t period;
    *repeats = is_periodic(s, n, &period);
    n -= zs_min_u64(n - 2, drained_images(s, n));
    return sink->out[n * sink->words - 1] - sink->out[(n - 1) * sink->words - 1];
}

zs_status zs_flow_sim_end(zs_flow_sim *s, uint64_t images, uint64_t period, zs_flow_result *out,
                          zs_err *err)
{
    const edge *sink = &s->edges[s->flow->nodes[s->flow->sink].in[0]];
    *out = (zs_flow_result){
        .images = images, .simulated = s->images, .period = period, .full_edge = ZS_FLOW_NO_EDGE};
    out->is_deadlock = sink->out_n < s->images * sink->words;
    if (out->is_deadlock)
        out->images = s->images;
    return report(s, out, err);
}

zs_status zs_flow_run(zs_arena *arena, const zs_flow *flow, uint64_t images, bool folds,
                      zs_flow_result *out, zs_err *err)
{
    zs_flow_sim *s;
    ZS_TRY(zs_flow_sim_build(arena, flow, &s, err));
    return zs_flow_sim_run(s, images, folds, out, err);
}

uint64_t zs_flow_first_output(const zs_flow_result *r, uint64_t image)
{
    return image < r->simulated
               ? r->first_output[image]
               : r->first_output[r->simulated - 1] + (image + 1 - r->simulated) * r->period;
}

uint64_t zs_flow_last_output(const zs_flow_result *r, uint64_t image)
{
    return image < r->simulated
               ? r->last_output[image]
               : r->last_output[r->simulated - 1] + (image + 1 - r->simulated) * r->period;
}

uint64_t zs_flow_interval(const zs_flow_result *r)
{
    if (r->images < 2 || r->is_deadlock)
        return 0;
    if (r->images > r->simulated)
        return r->period;
    const uint64_t last = r->images - 1 - zs_min_u64(r->images - 2, r->drained);
    return zs_flow_last_output(r, last) - zs_flow_last_output(r, last - 1);
}
