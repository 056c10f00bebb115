#include "flow_edge.h"

#include <assert.h>

/* When words move. Each step_* below turns the clocks of a node's inputs into those of its outputs
 * as far as they are known; docs/models/stream.md derives the recurrences from the registers of the
 * RTL. Matrix units are in flow_matrix.c, loops in flow_loop.c. */

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

/* For the first word of the image, `image0`, there is room from clock `at` on. */
void flow_begin_image(const zs_flow_node *p, flow_window *w, uint64_t image0, uint64_t at)
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
            flow_begin_image(&n->is, w, x->out_n, zs_max_u64(last_in(y), x->out[x->out_n - 1]) + 1);
            has_moved = true;
        }
        if (!has_moved)
            return;
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
        flow_step_matrix(s, n, x, y);
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

void zs_flow_sim_settle(zs_flow_sim *s)
{
    while (s->head != s->tail) {
        flow_node *n = &s->nodes[s->queue[s->head]];
        s->head = s->head == s->flow->node_n ? 0 : s->head + 1;
        n->is_queued = false;
        step(s, n);
    }
}
