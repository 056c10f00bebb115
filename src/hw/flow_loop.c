#include "flow_edge.h"

/* Nodes written in C++: loops of which an iteration begins in every clock. docs/models/stream.md
 * has what each iteration reads and writes. */

/* ---- what iterations do ---------------------------------------------------------------------- */

static uint64_t places(uint32_t size, const zs_flow_node *p)
{
    return (size - p->kernel) / p->step + 1;
}

/* Of a window: words of its first rows, of a row of results, of the rows that come in meanwhile. */
static void window_loops(const zs_flow_node *p, uint64_t *first, uint64_t *give, uint64_t *take)
{
    *first = (uint64_t)p->kernel * p->w * p->fold;
    *give = places(p->w, p) * p->kernel * p->kernel * p->fold;
    *take = (uint64_t)p->step * p->w * p->fold;
}

uint64_t zs_flow_loop_cycles(const zs_flow_node *p, uint64_t words_in)
{
    uint64_t first, give, take;
    switch (p->op) {
    case ZS_FLOW_DOWN:
        return words_in * p->ratio;
    case ZS_FLOW_PAD:
        return ((uint64_t)p->h + p->pad + p->pad_end) * ((uint64_t)p->w + p->pad + p->pad_end) *
               p->fold;
    case ZS_FLOW_WINDOW:
        if (p->is_parallel)
            return words_in;
        window_loops(p, &first, &give, &take);
        return first + places(p->h, p) * zs_max_u64(give, take);
    case ZS_FLOW_POOL:
        return words_in + places(p->h, p) * places(p->w, p) * p->fold;
    case ZS_FLOW_MATRIX:
        return words_in * p->nf;
    case ZS_FLOW_GATHER:
        return (uint64_t)p->sf + p->nf;
    default:
        return words_in;
    }
}

/* The iteration that `i`, `inner` and `outer` say. */
static void look(flow_node *n)
{
    const zs_flow_node *p = &n->is;
    flow_loop *l = &n->loop;
    uint64_t first, give, take;
    l->reads = l->writes = true;
    l->ends = false;
    switch (p->op) {
    case ZS_FLOW_UP:
        l->writes = l->inner + 1 == p->ratio;
        break;
    case ZS_FLOW_DOWN:
        l->reads = l->inner == 0;
        break;
    case ZS_FLOW_PAD:
        l->reads = n->x >= p->pad && n->x < p->pad + p->w && n->y >= p->pad && n->y < p->pad + p->h;
        l->ends = l->i + 1 == l->per_image;
        break;
    case ZS_FLOW_WINDOW:
        if (p->is_parallel) { /* the window whose last word this is */
            l->writes = n->y + 1 >= p->kernel && (n->y + 1 - p->kernel) % p->step == 0 &&
                        n->x + 1 >= p->kernel && (n->x + 1 - p->kernel) % p->step == 0;
            break;
        }
        window_loops(p, &first, &give, &take);
        if (l->i < first) {
            l->writes = false;
        } else {
            l->writes = l->inner < give;
            l->reads = l->inner < take &&
                       first + l->outer * take + l->inner < (uint64_t)p->h * p->w * p->fold;
        }
        l->ends = l->i + 1 == l->per_image;
        break;
    case ZS_FLOW_POOL:
        take = (uint64_t)p->kernel * p->w * p->fold;
        l->reads = l->inner < take;
        l->writes = !l->reads;
        l->ends = l->inner + 1 == take || l->inner + 1 == take + places(p->w, p) * p->fold;
        break;
    case ZS_FLOW_MATRIX:
        l->reads = l->outer == 0;
        l->writes = l->inner + 1 == p->sf;
        break;
    case ZS_FLOW_GATHER:
        l->reads = l->i < p->sf;
        l->writes = !l->reads;
        l->ends = l->i + 1 == p->sf || l->i + 1 == l->per_image;
        break;
    default:
        break;
    }
}

/* How many iterations there are in the inner loop that `inner` counts. */
static uint64_t inner_of(const flow_node *n)
{
    const zs_flow_node *p = &n->is;
    uint64_t first, give, take;
    switch (p->op) {
    case ZS_FLOW_UP:
    case ZS_FLOW_DOWN:
        return p->ratio;
    case ZS_FLOW_WINDOW:
        if (p->is_parallel)
            return UINT64_MAX;
        window_loops(p, &first, &give, &take);
        return n->loop.i <= first ? first : zs_max_u64(give, take);
    case ZS_FLOW_POOL:
        return ((uint64_t)p->kernel * p->w + places(p->w, p)) * p->fold;
    case ZS_FLOW_MATRIX:
        return p->sf;
    default:
        return UINT64_MAX;
    }
}

static void advance(flow_node *n)
{
    const zs_flow_node *p = &n->is;
    flow_loop *l = &n->loop;
    l->i++;
    if (++l->inner == inner_of(n)) {
        const bool is_first = p->op == ZS_FLOW_WINDOW && l->i <= l->inner;
        l->inner = 0;
        l->outer =
            is_first || (p->op == ZS_FLOW_MATRIX && l->outer + 1 == p->nf) ? 0 : l->outer + 1;
    }
    if ((p->op == ZS_FLOW_PAD || p->is_parallel) && ++n->s == p->fold) {
        n->s = 0;
        if (++n->x == p->w + p->pad + p->pad_end) { /* a window has no padding of its own */
            n->x = 0;
            n->y++;
        }
    }
    if (l->i == l->per_image) {
        l->i = l->inner = l->outer = 0;
        n->x = n->y = n->s = 0;
        l->image++;
    }
    look(n);
}

void flow_begin_loop(flow_node *n)
{
    n->loop = (flow_loop){.per_image = n->loop.per_image};
    look(n);
}

/* ---- when ------------------------------------------------------------------------------------ */

/* All stages move together: in a step the next iteration begins, or none behind the end of a loop,
 * and what began `pipeline` - 1 steps ago writes. `at` is the earliest clock of the next step. */
static void step_stalling(sim *s, flow_node *n, edge *x, edge *y)
{
    flow_loop *l = &n->loop;
    const uint32_t stages = n->is.pipeline;
    uint64_t from, ready;
    for (;;) {
        if (n->holds) { /* the word of this step is on offer */
            if (y->is_offered)
                return;
            n->at = last_in(y);
            n->holds = false;
        } else {
            if (l->drain == 0 && l->image == s->images)
                return;
            if (l->drain == 0 && l->reads) {
                if (!is_there(x, &from))
                    return;
                n->at = zs_max_u64(n->at, from);
            }
            ready = n->at;
            if (l->drain == 0 && steps_with_weights(n, 1, &n->at) == 0)
                return;
            if (l->drain == 0)
                use_weights(n, 1, ready, n->at);
            l->stages = l->stages << 1 | (l->drain == 0 && l->writes);
            if (l->stages >> (stages - 1) & 1) {
                n->holds = true;
                offer(s, y, n->at);
                continue;
            }
        }
        bool is_last = false;
        if (l->drain > 0) {
            is_last = --l->drain == 0;
        } else {
            if (l->reads)
                take(s, x, n->at);
            if (l->i + 1 == l->per_image)
                n->consumed[l->image] = n->at;
            const bool ends = l->ends;
            advance(n);
            if (ends || (l->i == 0 && l->image == s->images)) {
                l->drain = stages - 1;
                is_last = stages == 1;
            }
        }
        n->at += is_last ? 2 : 1;
    }
}

/* Stages move on where there is room in front of them: an iteration begins once the one `pipeline`
 * before it is through, and ends one clock after the one before it at the earliest. */
static void step_flushing(sim *s, flow_node *n, edge *x, edge *y)
{
    flow_loop *l = &n->loop;
    const uint32_t stages = n->is.pipeline;
    uint64_t from = 0, fed = 0;
    for (;;) {
        bool has_moved = false;
        while (l->gone < l->begun) {
            const uint32_t k = l->gone % FLOW_RING;
            uint64_t at = l->ring[k] + stages - 1;
            if (l->gone > 0)
                at = zs_max_u64(at, l->ring[(l->gone - 1) % FLOW_RING] + 1);
            if (l->writing >> k & 1) {
                if (!n->holds) {
                    n->holds = true;
                    offer(s, y, at);
                }
                if (y->is_offered)
                    break;
                n->holds = false;
                at = last_in(y);
            }
            l->ring[k] = at;
            l->gone++;
            has_moved = true;
        }
        if (l->image < s->images && l->begun - l->gone < stages &&
            (!l->waits || l->gone == l->begun) && (!l->reads || is_there(x, &from)) &&
            steps_with_weights(n, 1, &fed) > 0) {
            const uint32_t k = l->begun % FLOW_RING;
            uint64_t at = l->begun > 0 ? l->start + 1 : 0;
            if (l->begun >= stages)
                at = zs_max_u64(at, l->ring[(l->begun - stages) % FLOW_RING] + 1);
            if (l->waits)
                at = zs_max_u64(at, l->ring[(l->begun - 1) % FLOW_RING] + 2);
            if (l->reads)
                at = zs_max_u64(at, from);
            const uint64_t ready = at;
            at = zs_max_u64(at, fed);
            use_weights(n, 1, ready, at);
            if (l->reads)
                take(s, x, at);
            if (l->i + 1 == l->per_image)
                n->consumed[l->image] = at;
            l->start = l->ring[k] = at;
            l->writing = (l->writing & ~(UINT64_C(1) << k)) | (uint64_t)l->writes << k;
            l->waits = l->ends;
            l->begun++;
            advance(n);
            has_moved = true;
        }
        if (!has_moved)
            return;
    }
}

void flow_step_loop(sim *s, flow_node *n, edge *x, edge *y)
{
    if (n->is.style == ZS_FLOW_STALLING)
        step_stalling(s, n, x, y);
    else
        step_flushing(s, n, x, y);
}
