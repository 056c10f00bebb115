#include "flow_clock.h"

#include <string.h>

/* What an iteration of a loop does. */
typedef struct iteration {
    bool reads, writes, ends;
} iteration;

/* Stages of a loop's pipeline: an iteration in them writes or not. */
typedef struct stage {
    bool is_used, writes;
} stage;

/* Registers of a node, named as in docs/models/stream.md. */
typedef struct regs {
    bool a, b, c, v, o, done, fetched, l[6]; /* l[1..5] */
    int64_t n, m, g, q, s, x, y;
    int64_t newest, cur, base, emitted; /* windows: emitted words of the image */
    int64_t write, read, free, i, rep;  /* matrix units */
    uint64_t pipe;                      /* thresholds: stages as bits */
    uint64_t taken;                     /* by the source */
    bool waits;                         /* the source offers */
    int64_t at, image, pause;           /* loops: the next iteration; clocks before it may begin */
    stage stages[ZS_FLOW_PIPELINE_MAX];
    uint64_t steps;             /* matrix units: words of weights that were taken */
    bool drains, begins, moves; /* drains: nothing begins until the stages are empty */
} regs;

typedef struct bench {
    const zs_flow *f;
    regs *r;
    int64_t *fill;   /* [edge] of its FIFO */
    bool *put, *got; /* [edge] a word moves into, out of the edge in this clock */
    int64_t **order; /* [node] of a window: its elements */
    bool **first;
    int64_t **after; /* base once that first element is read */
    int64_t *order_n;
    iteration **loops; /* [node] of an image */
    uint64_t words, clock, images;
    const flow_clock_weights *weights;
} bench;

/* Whether the weights of the next step are there. */
static bool has_weights(const bench *b, uint32_t node)
{
    const flow_clock_weights *w = b->weights == NULL ? NULL : &b->weights[node];
    return w == NULL || w->load == 0 || b->clock >= b->r[node].steps / w->load * w->every;
}

static int64_t window_size(const zs_flow_node *p)
{
    const int64_t k = p->kernel, w = p->w, s = p->step, cf = p->fold;
    const int64_t a = (s - 1 - k * k) * cf, b = ((s - 1) * w - k * k) * cf;
    return ((k - 1) * w + k) * cf + (a > 0 ? a : 0) + (b > 0 ? b : 0);
}

static void list_elements(zs_arena *arena, bench *b, uint32_t node)
{
    const zs_flow_node *p = &b->f->nodes[node];
    const int64_t n = (int64_t)b->f->edges[p->out[0]].words, cf = p->fold;
    const uint32_t oh = (p->h - p->kernel) / p->step + 1, ow = (p->w - p->kernel) / p->step + 1;
    b->order[node] = zs_new(arena, int64_t, (size_t)n);
    b->first[node] = zs_new(arena, bool, (size_t)n);
    b->after[node] = zs_new(arena, int64_t, (size_t)n);
    int64_t at = 0, last = -1;
    const bool is_split = p->by_channel && cf > 1;
    for (uint32_t oy = 0; oy < oh; oy++)
        for (uint32_t ox = 0; ox < ow; ox++)
            for (int64_t f = 0; f < (is_split ? cf : 1); f++) {
                const int64_t begin = at;
                for (uint32_t ky = 0; ky < p->kernel; ky++)
                    for (uint32_t kx = 0; kx < p->kernel; kx++)
                        for (int64_t c = is_split ? f : 0; c < (is_split ? f + 1 : cf); c++)
                            b->order[node][at++] =
                                ((int64_t)(oy * p->step + ky) * p->w + ox * p->step + kx) * cf + c;
                b->first[node][begin] = true;
                if (last >= 0)
                    b->after[node][last] = b->order[node][begin];
                last = begin;
            }
    b->after[node][last] = -1;
    b->order_n[node] = n;
}

/* ---- loops, as they are written in C++ ---- */

static void list_iterations(zs_arena *arena, bench *b, uint32_t node)
{
    const zs_flow_node *p = &b->f->nodes[node];
    const int64_t in = (int64_t)b->f->edges[p->in[0]].words;
    const int64_t out = (int64_t)b->f->edges[p->out[0]].words;
    iteration *it = zs_new(arena, iteration, (size_t)(4 * (in + out) * (p->nf + 1) + 64));
    int64_t n = 0;
    switch (p->op) {
    case ZS_FLOW_UP:
        for (int64_t i = 0; i < in; i++)
            it[n++] = (iteration){true, i % p->ratio == p->ratio - 1, false};
        break;
    case ZS_FLOW_DOWN:
        for (int64_t i = 0; i < in; i++)
            for (uint32_t k = 0; k < p->ratio; k++)
                it[n++] = (iteration){k == 0, true, false};
        break;
    case ZS_FLOW_PAD:
        for (uint32_t y = 0; y < p->h + 2 * p->pad; y++)
            for (uint32_t x = 0; x < p->w + 2 * p->pad; x++)
                for (uint32_t c = 0; c < p->fold; c++)
                    it[n++] = (iteration){y >= p->pad && y < p->h + p->pad && x >= p->pad &&
                                              x < p->w + p->pad,
                                          true, false};
        it[n - 1].ends = true;
        break;
    case ZS_FLOW_WINDOW: {
        if (p->is_parallel) {
            for (uint32_t y = 0; y < p->h; y++)
                for (uint32_t x = 0; x < p->w; x++)
                    for (uint32_t c = 0; c < p->fold; c++) {
                        const int64_t oy = (int64_t)y - p->kernel + 1,
                                      ox = (int64_t)x - p->kernel + 1;
                        it[n++] = (iteration){
                            true, oy >= 0 && ox >= 0 && oy % p->step == 0 && ox % p->step == 0,
                            false};
                    }
            break;
        }
        const int64_t row = (int64_t)p->w * p->fold, oh = (p->h - p->kernel) / p->step + 1;
        int64_t left = in - p->kernel * row;
        for (int64_t i = 0; i < p->kernel * row; i++)
            it[n++] = (iteration){true, false, false};
        for (int64_t y = 0; y < oh; y++)
            for (int64_t i = 0; i < out / oh || i < p->step * row; i++) {
                const bool reads = i < p->step * row && left > 0;
                left -= reads;
                it[n++] = (iteration){reads, i < out / oh, false};
            }
        it[n - 1].ends = true;
        break;
    }
    case ZS_FLOW_POOL:
        for (uint32_t y = 0; y < p->h / p->kernel; y++) {
            for (uint32_t i = 0; i < p->kernel * p->w * p->fold; i++)
                it[n++] = (iteration){true, false, false};
            it[n - 1].ends = true;
            for (uint32_t i = 0; i < p->w / p->kernel * p->fold; i++)
                it[n++] = (iteration){false, true, false};
            it[n - 1].ends = true;
        }
        break;
    case ZS_FLOW_MATRIX:
        for (int64_t v = 0; v < in / p->sf; v++)
            for (uint32_t f = 0; f < p->nf; f++)
                for (uint32_t i = 0; i < p->sf; i++)
                    it[n++] = (iteration){f == 0, i == p->sf - 1, false};
        break;
    default:
        for (int64_t i = 0; i < in; i++)
            it[n++] = (iteration){true, true, false};
        break;
    }
    b->loops[node] = it;
    b->order_n[node] = n;
}

/* Whether the node moves in this clock, what it reads and writes. */
static void look_at_loop(bench *b, uint32_t node)
{
    regs *r = &b->r[node];
    const zs_flow_node *p = &b->f->nodes[node];
    const uint32_t in = p->in[0], out = p->out[0], last = p->pipeline - 1;
    const bool is_over = r->image == (int64_t)b->images;
    const iteration *it = &b->loops[node][is_over ? 0 : r->at];
    const bool has_input = (!it->reads || b->fill[in] > 0) && has_weights(b, node);
    const bool has_room = b->fill[out] < b->f->edges[out].depth;
    if (p->style == ZS_FLOW_STALLING) {
        const bool wants = !is_over && !r->drains;
        const bool writes = last == 0 ? wants && it->writes : r->stages[last - 1].writes;
        r->begins = wants && r->pause == 0;
        r->moves = r->pause == 0 && (wants ? has_input : r->drains) && (!writes || has_room);
        r->begins = r->begins && r->moves;
        b->got[in] = r->begins && it->reads;
        b->put[out] = r->moves && writes;
        return;
    }
    /* stages[k]: before this clock's arrival. Of one stage the new iteration may go at once */
    r->begins = !is_over && !r->drains && r->pause == 0 && has_input && !r->stages[0].is_used;
    if (r->begins)
        r->stages[0] = (stage){true, it->writes};
    b->got[in] = r->begins && it->reads;
    r->moves = r->stages[last].is_used && (!r->stages[last].writes || has_room);
    b->put[out] = r->moves && r->stages[last].writes;
}

static void next_loop(bench *b, uint32_t node)
{
    regs *r = &b->r[node];
    const zs_flow_node *p = &b->f->nodes[node];
    const uint32_t last = p->pipeline - 1;
    const iteration it = b->loops[node][r->at];
    bool is_last = false;
    if (r->begins) {
        r->steps++;
        is_last = it.ends;
        if (++r->at == b->order_n[node]) {
            r->at = 0;
            r->image++;
            is_last |= p->style == ZS_FLOW_STALLING && r->image == (int64_t)b->images;
        }
    }
    if (p->style == ZS_FLOW_STALLING) {
        if (r->moves) {
            for (uint32_t k = last; k > 0; k--)
                r->stages[k] = r->stages[k - 1];
            r->stages[0] = (stage){r->begins, r->begins && it.writes};
            if (r->drains)
                r->taken++; /* steps of the drain */
        }
        r->pause -= r->pause > 0;
        r->drains |= is_last;
        if (r->drains && r->taken == last) {
            r->drains = false;
            r->taken = 0;
            r->pause = 1;
        }
        return;
    }
    if (r->moves)
        r->stages[last].is_used = false;
    for (uint32_t k = last; k-- > 0;)
        if (r->stages[k].is_used && !r->stages[k + 1].is_used) {
            r->stages[k + 1] = r->stages[k];
            r->stages[k].is_used = false;
        }
    bool is_empty = true;
    for (uint32_t k = 0; k <= last; k++)
        is_empty &= !r->stages[k].is_used;
    r->pause -= r->pause > 0;
    r->drains |= is_last;
    if (r->drains && is_empty) {
        r->drains = false;
        r->pause = 1;
    }
}

/* ---- valid and ready, from the state at the start of the clock ---- */

static bool is_loop(const bench *b, uint32_t node)
{
    return b->f->nodes[node].style != ZS_FLOW_RTL;
}

static bool is_valid(const bench *b, uint32_t node)
{
    const regs *r = &b->r[node];
    const zs_flow_node *p = &b->f->nodes[node];
    switch (p->op) {
    case ZS_FLOW_SOURCE:
        return r->waits;
    case ZS_FLOW_UP:
        return r->n == p->ratio;
    case ZS_FLOW_DOWN:
        return r->c;
    case ZS_FLOW_WINDOW:
        return r->v;
    default:
        return r->b;
    }
}

static bool is_ready(const bench *b, uint32_t node)
{
    const regs *r = &b->r[node];
    const zs_flow_node *p = &b->f->nodes[node];
    switch (p->op) {
    case ZS_FLOW_SINK:
        return true;
    case ZS_FLOW_UP:
        return r->s == 0;
    case ZS_FLOW_DOWN:
        return r->b && r->m <= 1;
    case ZS_FLOW_THRESHOLD:
        return r->g >= 0;
    case ZS_FLOW_PAD:
        return !r->a;
    case ZS_FLOW_MATRIX: {
        int64_t memory = 2;
        while (memory < p->sf)
            memory *= 2;
        return p->nf == 1 ? r->a && has_weights(b, node) : r->write - r->free < memory;
    }
    case ZS_FLOW_WINDOW: {
        const int64_t n = window_size(p), old = r->newest - (n - 1);
        const int64_t cur = r->fetched ? 0 : b->order[node][r->cur];
        return r->newest < (int64_t)b->f->edges[p->in[0]].words - 1 &&
               (r->fetched || (old < r->base && old < cur));
    }
    default:
        return false;
    }
}

static bool edge_valid(const bench *b, uint32_t e)
{
    return b->f->edges[e].depth > 0 ? b->fill[e] > 0 : is_valid(b, b->f->edges[e].from);
}

static bool edge_ready(const bench *b, uint32_t e)
{
    return b->f->edges[e].depth > 0 ? b->fill[e] < b->f->edges[e].depth
                                    : is_ready(b, b->f->edges[e].to);
}

static void move_words(bench *b)
{
    for (uint32_t e = 0; e < b->f->edge_n; e++) {
        const zs_flow_edge *at = &b->f->edges[e];
        const bool from_wire = b->f->nodes[at->from].op == ZS_FLOW_WIRE;
        const bool to_wire = b->f->nodes[at->to].op == ZS_FLOW_WIRE;
        if (!from_wire && !is_loop(b, at->from) && (at->depth > 0 || !to_wire))
            b->put[e] = is_valid(b, at->from) && edge_ready(b, e);
        if (!to_wire && !is_loop(b, at->to) && (at->depth > 0 || !from_wire))
            b->got[e] = edge_valid(b, e) && is_ready(b, at->to);
    }
    for (uint32_t i = 0; i < b->f->node_n; i++) {
        const zs_flow_node *p = &b->f->nodes[i];
        if (is_loop(b, i))
            look_at_loop(b, i);
        if (p->op != ZS_FLOW_WIRE)
            continue;
        bool moves = true;
        for (uint32_t k = 0; k < p->in_n; k++)
            moves = moves && edge_valid(b, p->in[k]);
        for (uint32_t k = 0; k < p->out_n; k++)
            moves = moves && edge_ready(b, p->out[k]);
        for (uint32_t k = 0; k < p->in_n; k++) {
            b->got[p->in[k]] = moves;
            if (b->f->edges[p->in[k]].depth == 0)
                b->put[p->in[k]] = moves;
        }
        for (uint32_t k = 0; k < p->out_n; k++) {
            b->put[p->out[k]] = moves;
            if (b->f->edges[p->out[k]].depth == 0)
                b->got[p->out[k]] = moves;
        }
    }
}

/* ---- next states. `offered`: a word is there whether or not it moves; `sink`: the consumer is
 * ready whether or not there is one ---- */

static void next_up(regs *r, const zs_flow_node *p, bool offered, bool out, bool sink)
{
    const bool room = r->n < p->ratio || sink;
    const bool grows = room && (offered || r->s > 0);
    const int64_t s = !room && (r->s > 0 || offered);
    r->n = (out ? 0 : r->n) + grows;
    r->s = s;
}

static void next_down(regs *r, const zs_flow_node *p, bool offered, bool sink)
{
    const bool ready = r->b && r->m <= 1;
    const regs old = *r;
    r->m = ready ? (offered ? p->ratio : 0) : old.m - old.b;
    r->b = !old.c || sink || (old.b && old.m == 0);
    r->c = (old.c && !sink) || !old.b || old.m >= 1;
}

static void next_threshold(regs *r, const zs_flow_node *p, bool in, bool out, bool sink)
{
    r->g += out - in;
    const bool loads = !r->b || sink;
    const bool has = r->q > 0;
    if (loads) {
        r->b = has;
        r->q -= has;
    }
    r->pipe |= (uint64_t)in << p->stages;
    r->q += (int64_t)(r->pipe & 1);
    r->pipe >>= 1;
}

static void next_pad(regs *r, const zs_flow_node *p, bool offered, bool sink)
{
    const int64_t w = p->w, h = p->h, pad = p->pad;
    const bool inner = r->x >= pad && r->x < pad + w && r->y >= pad && r->y < pad + h;
    const bool go = sink || !r->b, have = offered || r->a || !inner;
    r->a = (r->a || offered) && ((r->b && !sink) || !inner);
    if (go)
        r->b = have;
    if (!go || !have || ++r->s < p->fold)
        return;
    r->s = 0;
    if (++r->x < w + 2 * pad)
        return;
    r->x = 0;
    r->y = r->y + 1 == h + 2 * pad ? 0 : r->y + 1;
}

static void next_matrix(regs *r, const zs_flow_node *p, bool weights, bool in, bool sink)
{
    const bool load = !r->b || sink, en = r->a, last_stage = r->l[5];
    bool ends = false;
    if (p->nf == 1) {
        if (in) {
            r->steps++;
            ends = ++r->i == p->sf;
            r->i = ends ? 0 : r->i;
        }
    } else {
        const bool consumed = r->o && en && weights;
        r->steps += consumed;
        ends = consumed && r->done; /* done: the word in o is the last of a dot product */
        if (!r->o || consumed) {
            r->o = r->read < r->write;
            if (r->o) {
                r->done = r->i + 1 == p->sf;
                r->free += r->rep + 1 == p->nf;
                r->read++;
                if (++r->i == p->sf) {
                    r->i = 0;
                    if (r->rep + 1 < p->nf)
                        r->read -= p->sf;
                    r->rep = (r->rep + 1) % p->nf;
                }
            }
        }
        r->write += in;
    }
    if (en) {
        for (int k = 5; k > 1; k--)
            r->l[k] = r->l[k - 1];
        r->l[1] = ends;
    }
    const bool a = (en && !last_stage) || load;
    if (load)
        r->b = last_stage || !en;
    r->a = a;
}

static void next_window(const bench *b, uint32_t node, bool in, bool out, bool sink)
{
    regs *r = &b->r[node];
    const zs_flow_node *p = &b->f->nodes[node];
    const int64_t last = (int64_t)b->f->edges[p->in[0]].words - 1;
    const bool was_fetched = r->fetched, was_done = r->done;
    const bool fetch = !r->fetched && b->order[node][r->cur] <= r->newest && !(r->v && !sink);
    r->newest += in;
    if (fetch) {
        if (b->first[node][r->cur]) {
            const int64_t after = b->after[node][r->cur];
            r->base = after >= 0
                          ? after
                          : r->base + ((int64_t)(p->kernel - 1) * p->w + p->kernel) * p->fold - 1;
        }
        if (++r->cur == b->order_n[node])
            r->fetched = true;
    }
    r->v = fetch || (r->v && !out);
    const bool has_all = r->newest == last;
    if ((out && was_fetched && has_all) || (was_done && in && has_all))
        *r = (regs){.newest = -1};
    else if (out && was_fetched)
        r->done = true;
}

/* Whether a word is offered to a node, and whether its consumer is ready, at the start of the
 * clock. Of wires this is known only with the move; it makes no difference to the node. */
static void look(const bench *b, uint32_t node, bool *offered, bool *sink)
{
    const zs_flow_node *p = &b->f->nodes[node];
    const zs_flow_edge *x = p->in_n > 0 ? &b->f->edges[p->in[0]] : NULL;
    const zs_flow_edge *y = p->out_n > 0 ? &b->f->edges[p->out[0]] : NULL;
    if (x != NULL)
        *offered = x->depth == 0 && b->f->nodes[x->from].op == ZS_FLOW_WIRE
                       ? b->got[p->in[0]]
                       : edge_valid(b, p->in[0]);
    if (y != NULL)
        *sink = y->depth == 0 && b->f->nodes[y->to].op == ZS_FLOW_WIRE ? b->put[p->out[0]]
                                                                       : edge_ready(b, p->out[0]);
}

static void next_state(bench *b, uint32_t node, bool offered, bool sink)
{
    regs *r = &b->r[node];
    const zs_flow_node *p = &b->f->nodes[node];
    const bool in = p->in_n > 0 && b->got[p->in[0]], out = p->out_n > 0 && b->put[p->out[0]];
    if (is_loop(b, node)) {
        next_loop(b, node);
        return;
    }
    switch (p->op) {
    case ZS_FLOW_SOURCE:
        r->taken += out;
        if (!r->waits || out)
            r->waits = r->taken < b->words && (b->clock + 1) % p->gap == 0;
        break;
    case ZS_FLOW_UP:
        next_up(r, p, offered, out, sink);
        break;
    case ZS_FLOW_DOWN:
        next_down(r, p, offered, sink);
        break;
    case ZS_FLOW_THRESHOLD:
        next_threshold(r, p, in, out, sink);
        break;
    case ZS_FLOW_PAD:
        next_pad(r, p, offered, sink);
        break;
    case ZS_FLOW_MATRIX:
        next_matrix(r, p, has_weights(b, node), in, sink);
        break;
    case ZS_FLOW_WINDOW:
        next_window(b, node, in, out, sink);
        break;
    default:
        break;
    }
}

static void note_moves(bench *b, zs_flow_result *out, bool *any)
{
    for (uint32_t e = 0; e < b->f->edge_n; e++) {
        zs_flow_edge_result *r = &out->edges[e];
        if (b->put[e]) {
            r->first_in = zs_min_u64(r->first_in, b->clock);
            r->last_in = b->clock;
        }
        if (b->got[e]) {
            r->first_out = zs_min_u64(r->first_out, b->clock);
            r->last_out = b->clock;
        }
        *any |= b->put[e] || b->got[e];
        if (b->f->edges[e].depth == 0)
            continue;
        r->full_cycles += b->fill[e] == b->f->edges[e].depth;
        b->fill[e] += b->put[e] - b->got[e];
        r->most = zs_max_u64(r->most, (uint64_t)b->fill[e]);
    }
}

void flow_clock_run(zs_arena *arena, const zs_flow *f, uint64_t images,
                    const flow_clock_weights *weights, zs_flow_result *out)
{
    bench b = {.f = f,
               .r = zs_new(arena, regs, f->node_n),
               .fill = zs_new(arena, int64_t, f->edge_n),
               .put = zs_new(arena, bool, f->edge_n),
               .got = zs_new(arena, bool, f->edge_n),
               .order = zs_new(arena, int64_t *, f->node_n),
               .first = zs_new(arena, bool *, f->node_n),
               .after = zs_new(arena, int64_t *, f->node_n),
               .order_n = zs_new(arena, int64_t, f->node_n),
               .loops = zs_new(arena, iteration *, f->node_n),
               .images = images,
               .weights = weights,
               .words = images * f->words_in};
    uint64_t *first = zs_new(arena, uint64_t, images), *last = zs_new(arena, uint64_t, images);
    const uint64_t per_image = f->edges[f->nodes[f->sink].in[0]].words;
    *out = (zs_flow_result){.images = images, .simulated = images, .first_output = first};
    out->last_output = last;
    out->edges = zs_new(arena, zs_flow_edge_result, f->edge_n);
    for (uint32_t e = 0; e < f->edge_n; e++)
        out->edges[e] = (zs_flow_edge_result){.first_in = ZS_FLOW_NEVER,
                                              .last_in = ZS_FLOW_NEVER,
                                              .first_out = ZS_FLOW_NEVER,
                                              .last_out = ZS_FLOW_NEVER};
    for (uint32_t i = 0; i < f->node_n; i++) {
        b.r[i] = (regs){.newest = -1, .g = (int64_t)f->nodes[i].stages + 2};
        b.r[i].waits = i == 0;
        b.r[i].a = f->nodes[i].op == ZS_FLOW_MATRIX;
        if (f->nodes[i].op == ZS_FLOW_DOWN)
            b.r[i].b = true;
        if (is_loop(&b, i))
            list_iterations(arena, &b, i);
        else if (f->nodes[i].op == ZS_FLOW_WINDOW)
            list_elements(arena, &b, i);
    }
    bool *offered = zs_new(arena, bool, f->node_n), *sink = zs_new(arena, bool, f->node_n);
    uint64_t gone = 0, quiet = 0;
    const uint64_t patience = 64 + 2ull * f->nodes[0].gap;
    for (; gone < images * per_image && quiet < 4000 + patience; b.clock++) {
        bool any = false;
        memset(b.put, 0, f->edge_n * sizeof *b.put);
        memset(b.got, 0, f->edge_n * sizeof *b.got);
        move_words(&b);
        out->stall_cycles += b.r[0].waits && !b.put[f->nodes[0].out[0]];
        if (b.got[f->nodes[f->sink].in[0]]) {
            if (gone % per_image == 0)
                first[gone / per_image] = b.clock;
            gone++;
            if (gone % per_image == 0)
                last[gone / per_image - 1] = b.clock;
        }
        for (uint32_t i = 0; i < f->node_n; i++)
            look(&b, i, &offered[i], &sink[i]);
        for (uint32_t i = 0; i < f->node_n; i++)
            next_state(&b, i, offered[i], sink[i]);
        note_moves(&b, out, &any);
        quiet = any ? 0 : quiet + 1;
    }
    out->is_deadlock = gone < images * per_image;
    out->end = b.clock - 1;
}
