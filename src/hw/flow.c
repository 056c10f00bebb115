#include "flow_edge.h"

#include <assert.h>
#include <string.h>

/* Memory of a flow and its runs, alone or in step with something else. */

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
            flow_begin_image(&n->is, &n->window, 0, 0);
        } else if (n->is.op == ZS_FLOW_MATRIX) {
            flow_matrix *m = &n->matrix;
            m->read_n = m->next = m->vector = m->head = m->settled = m->tail = 0;
            m->fold = m->i = 0;
        }
        wake(s, i);
    }
}

/* ---- alone ----------------------------------------------------------------------------------- */

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
        zs_flow_sim_settle(s);
        out->is_deadlock = sink->out_n < n * sink->words;
        if (n == images || out->is_deadlock || flow_is_periodic(s, n, &out->period))
            break;
        n = zs_min_u64(images, n + (n + 1) / 2);
    }
    if (n == images)
        out->period = 0;
    out->simulated = n;
    if (out->is_deadlock)
        out->images = n;
    return flow_report(s, out, err);
}

zs_status zs_flow_run(zs_arena *arena, const zs_flow *flow, uint64_t images, bool folds,
                      zs_flow_result *out, zs_err *err)
{
    zs_flow_sim *s;
    ZS_TRY(zs_flow_sim_build(arena, flow, &s, err));
    return zs_flow_sim_run(s, images, folds, out, err);
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

uint64_t zs_flow_sim_moved(const zs_flow_sim *s, uint32_t e, bool is_out, uint64_t word)
{
    const edge *at = &s->edges[e];
    if (word >= (is_out ? at->out_n : at->in_n))
        return ZS_FLOW_NEVER;
    return is_out ? at->out[word] : at->in[word];
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
    return flow_report(s, out, err);
}

/* ---- of a result ----------------------------------------------------------------------------- */

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
