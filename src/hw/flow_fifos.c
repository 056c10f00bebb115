#include "zynqsim/flow_fifos.h"

#include "zynqsim/capacity.h"

#include <string.h>

enum { LONG_BATCH = 48, ORDERS = 3 };

enum { SHIFT_REGISTER_WORDS = 256 };

static uint32_t log2_up(uint64_t n)
{
    uint32_t bits = 0;
    while (bits < 63 && (UINT64_C(1) << bits) < n)
        bits++;
    return bits;
}

zs_flow_fifos_cost zs_flow_fifo_cost(uint64_t depth, uint32_t bits)
{
    zs_flow_fifos_cost c = {.words = depth};
    if (depth == 0)
        return c;
    c.lut = 2 * log2_up(depth);
    if (depth <= SHIFT_REGISTER_WORDS)
        c.lut += zs_ceil_div(depth, 32) * zs_ceil_div(bits, 2);
    else
        c.bram18 = zs_bram18_of(UINT64_C(1) << log2_up(depth), bits);
    return c;
}

typedef struct search {
    zs_arena *arena;
    zs_flow flow; /* with edges of its own */
    zs_flow_sim *sim;
    uint64_t images, interval, end; /* what a run may take */
    uint32_t least, runs;
    uint32_t *list, n; /* edges that have a FIFO */
    uint32_t order;    /* that needed the fewest words */
    zs_err *err;
} search;

static zs_status run(search *s, uint64_t images, bool folds, zs_flow_result *r)
{
    s->runs++;
    return zs_flow_sim_run(s->sim, images, folds, r, s->err);
}

static zs_status try_depths(search *s, bool *is_fast)
{
    zs_flow_result r;
    ZS_TRY(run(s, s->images, false, &r));
    *is_fast = !r.is_deadlock && zs_flow_interval(&r) <= s->interval && r.end <= s->end;
    return ZS_OK;
}

/* The least depth of one FIFO between the least that is allowed and what it has, which will do. */
static zs_status shrink(search *s, uint32_t edge)
{
    uint32_t *depth = &s->flow.edges[edge].depth, low = s->least, high = *depth;
    while (low < high) {
        bool is_fast;
        *depth = low + (high - low) / 2;
        if (high == s->flow.edges[edge].depth)
            break;
        ZS_TRY(try_depths(s, &is_fast));
        if (is_fast)
            high = *depth;
        else
            low = *depth + 1;
    }
    *depth = high;
    return ZS_OK;
}

/* Front to back, back to front, deepest first. */
static void put_in_order(const search *s, const uint32_t *filled, uint32_t order, uint32_t *list)
{
    for (uint32_t i = 0; i < s->n; i++)
        list[i] = s->list[order == 1 ? s->n - 1 - i : i];
    for (uint32_t i = 1; order == 2 && i < s->n; i++)
        for (uint32_t k = i; k > 0 && filled[list[k]] > filled[list[k - 1]]; k--) {
            const uint32_t swap = list[k];
            list[k] = list[k - 1];
            list[k - 1] = swap;
        }
}

static uint64_t words_of(const search *s, const uint32_t *depths)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < s->n; i++)
        sum += depths[s->list[i]];
    return sum;
}

static void set_depths(search *s, const uint32_t *depths)
{
    for (uint32_t i = 0; i < s->n; i++)
        s->flow.edges[s->list[i]].depth = depths[s->list[i]];
}

/* First all that need no more than the least, together: most of them do not. */
static zs_status shrink_all(search *s, const uint32_t *start, const uint32_t *order)
{
    set_depths(s, start);
    for (uint32_t i = 0; i < s->n; i++)
        if (start[order[i]] > s->least)
            ZS_TRY(shrink(s, order[i]));
    return ZS_OK;
}

static zs_status begin(search *s, const zs_flow *flow, const zs_flow_fifos_options *o,
                       zs_flow_fifos *out)
{
    const size_t n = flow->edge_n;
    s->flow = *flow;
    s->flow.edges = zs_new(s->arena, zs_flow_edge, n);
    s->list = zs_new(s->arena, uint32_t, n + 1);
    out->depths = zs_new(s->arena, uint32_t, n);
    out->filled = zs_new(s->arena, uint32_t, n);
    out->is_needed = zs_new(s->arena, bool, n);
    if (s->flow.edges == NULL || s->list == NULL || out->depths == NULL || out->filled == NULL ||
        out->is_needed == NULL)
        return zs_nomem(s->err, "FIFOs");
    memcpy(s->flow.edges, flow->edges, n * sizeof *flow->edges);
    for (uint32_t i = 0; i < n; i++) {
        zs_flow_edge *e = &s->flow.edges[i];
        if (e->depth == 0)
            continue;
        if (e->words > UINT32_MAX / (o->images + 1))
            return zs_fail(s->err, ZS_ERANGE, "FIFOs", "more than 2^32 words in %llu images",
                           (unsigned long long)o->images);
        s->list[s->n++] = i;
        e->depth = (uint32_t)(e->words * o->images) + 1; /* never full */
    }
    return zs_flow_sim_build(s->arena, &s->flow, &s->sim, s->err);
}

static void allow(search *s, const zs_flow_fifos *out, double loss)
{
    s->interval = (uint64_t)((double)out->free_interval * (1 + loss));
    s->end = (uint64_t)((double)out->free_end * (1 + loss));
}

static zs_flow_fifos_cost cost_of(const search *s, const zs_flow_fifos_options *o,
                                  const uint32_t *depths)
{
    zs_flow_fifos_cost sum = {0};
    for (uint32_t i = 0; i < s->n; i++) {
        const uint32_t e = s->list[i];
        const zs_flow_fifos_cost c =
            zs_flow_fifo_cost(depths[e], o->edge_bits != NULL ? o->edge_bits[e] : 0);
        sum.words += c.words;
        sum.lut += c.lut;
        sum.bram18 += c.bram18;
    }
    return sum;
}

static zs_status find(search *s, const zs_flow_fifos_options *o, zs_flow_fifos *out)
{
    zs_flow_result r;
    uint32_t *start = zs_new(s->arena, uint32_t, s->flow.edge_n);
    uint32_t *order = zs_new(s->arena, uint32_t, s->n + 1);
    if (start == NULL || order == NULL)
        return zs_nomem(s->err, "FIFOs");
    ZS_TRY(run(s, s->images, false, &r));
    out->free_interval = zs_flow_interval(&r);
    out->free_end = r.end;
    allow(s, out, o->loss);
    for (uint32_t i = 0; i < s->n; i++) {
        const uint32_t e = s->list[i];
        out->filled[e] = (uint32_t)r.edges[e].most;
        start[e] = out->filled[e] < s->least ? s->least : out->filled[e] + 1; /* not full either */
    }
    out->words_filled = words_of(s, out->filled);
    for (uint32_t i = 0; i < s->n; i++)
        s->flow.edges[s->list[i]].depth = s->least;
    ZS_TRY(run(s, s->images, false, &r));
    out->least_interval = r.is_deadlock ? 0 : zs_flow_interval(&r);
    out->least_end = r.is_deadlock ? 0 : r.end;
    for (uint32_t k = 0; k < ORDERS; k++) {
        put_in_order(s, out->filled, k, order);
        ZS_TRY(shrink_all(s, start, order));
        uint64_t words = 0;
        for (uint32_t i = 0; i < s->n; i++)
            words += s->flow.edges[s->list[i]].depth;
        if (k > 0 && words >= out->words)
            continue;
        out->words = words;
        s->order = k;
        for (uint32_t i = 0; i < s->n; i++)
            out->depths[s->list[i]] = s->flow.edges[s->list[i]].depth;
    }
    return ZS_OK;
}

/* The proof, run by run, and what a long batch makes of the depths. */
static zs_status prove(search *s, zs_flow_fifos *out)
{
    zs_flow_result r;
    bool is_fast;
    set_depths(s, out->depths);
    ZS_TRY(run(s, s->images, false, &r));
    out->interval = zs_flow_interval(&r);
    out->end = r.end;
    for (uint32_t i = 0; i < s->n; i++) {
        const uint32_t e = s->list[i];
        if (out->depths[e] <= s->least)
            continue;
        s->flow.edges[e].depth--;
        ZS_TRY(try_depths(s, &is_fast));
        s->flow.edges[e].depth++;
        out->is_needed[e] = !is_fast;
    }
    ZS_TRY(run(s, LONG_BATCH, true, &r));
    out->long_interval = r.is_deadlock ? 0 : zs_flow_interval(&r);
    out->runs = s->runs;
    return ZS_OK;
}

static zs_status check_options(const zs_flow_fifos_options *o, zs_err *err)
{
    return o->images >= 2 && o->least >= 1 && o->loss >= 0
               ? ZS_OK
               : zs_fail(err, ZS_ERANGE, "FIFOs",
                         "two images, a depth of 1 and a loss of 0 are the least");
}

zs_status zs_flow_fifos_find(zs_arena *arena, const zs_flow *flow, const zs_flow_fifos_options *o,
                             zs_flow_fifos *out, zs_err *err)
{
    search s = {.arena = arena, .images = o->images, .least = o->least, .err = err};
    ZS_TRY(check_options(o, err));
    *out = (zs_flow_fifos){0};
    ZS_TRY(begin(&s, flow, o, out));
    ZS_TRY(find(&s, o, out));
    if (!o->only_depths)
        ZS_TRY(prove(&s, out));
    out->cost = cost_of(&s, o, out->depths);
    return ZS_OK;
}

/* The first limit that is passed, or NULL. */
static const char *passes(const zs_flow_fifos_cost *c, const zs_flow_fifos_cost *most,
                          uint64_t *least, uint64_t *limit)
{
    const struct {
        const char *what;
        uint64_t value, most;
    } list[] = {{"words", c->words, most->words},
                {"LUTs", c->lut, most->lut},
                {"BRAM18", c->bram18, most->bram18}};
    for (size_t i = 0; i < ZS_LEN(list); i++)
        if (list[i].value > list[i].most) {
            *least = list[i].value;
            *limit = list[i].most;
            return list[i].what;
        }
    return NULL;
}

/* Depths that keep a loss keep a greater one, so each step goes on from those of the greatest loss
 * that cost too much, in the order of FIFOs that was the best without a loss. */
static zs_status fit(search *s, zs_flow_fifos_options *o, const zs_flow_fifos_cost *most,
                     zs_flow_fifos *out)
{
    enum { STEPS = 10 };
    const size_t bytes = s->flow.edge_n * sizeof *out->depths;
    uint32_t *costly = zs_new(s->arena, uint32_t, s->flow.edge_n);
    uint32_t *depths = zs_new(s->arena, uint32_t, s->flow.edge_n);
    uint32_t *order = zs_new(s->arena, uint32_t, s->n + 1);
    uint64_t least = 0, limit = 0;
    double low = o->loss;
    if (costly == NULL || depths == NULL || order == NULL)
        return zs_nomem(s->err, "FIFOs");
    memcpy(costly, out->depths, bytes);
    put_in_order(s, out->filled, s->order, order);
    double high = out->least_end > 0 && out->free_interval > 0
                      ? (double)out->least_interval / (double)out->free_interval +
                            (double)out->least_end / (double)out->free_end
                      : 1000;
    for (uint32_t i = 0; i <= STEPS; i++) { /* whatever is lost, then half way each time */
        o->loss = i == 0 ? high : low + (high - low) / 2;
        allow(s, out, o->loss);
        ZS_TRY(shrink_all(s, costly, order));
        for (uint32_t k = 0; k < s->n; k++)
            depths[s->list[k]] = s->flow.edges[s->list[k]].depth;
        const zs_flow_fifos_cost cost = cost_of(s, o, depths);
        const char *what = passes(&cost, most, &least, &limit);
        if (what != NULL && i == 0)
            return zs_fail(s->err, ZS_ERANGE, "FIFOs", "%llu %s are the least, not %llu",
                           (unsigned long long)least, what, (unsigned long long)limit);
        if (what != NULL) {
            low = o->loss;
            memcpy(costly, depths, bytes);
        } else {
            high = o->loss;
            memcpy(out->depths, depths, bytes);
        }
    }
    o->loss = high;
    allow(s, out, high);
    return ZS_OK;
}

zs_status zs_flow_fifos_fit(zs_arena *arena, const zs_flow *flow, zs_flow_fifos_options *o,
                            const zs_flow_fifos_cost *most, zs_flow_fifos *out, zs_err *err)
{
    search s = {.arena = arena, .images = o->images, .least = o->least, .err = err};
    uint64_t least = 0, limit = 0;
    ZS_TRY(check_options(o, err));
    *out = (zs_flow_fifos){0};
    ZS_TRY(begin(&s, flow, o, out));
    ZS_TRY(find(&s, o, out));
    const zs_flow_fifos_cost cost = cost_of(&s, o, out->depths);
    if (passes(&cost, most, &least, &limit) != NULL)
        ZS_TRY(fit(&s, o, most, out));
    ZS_TRY(prove(&s, out));
    out->cost = cost_of(&s, o, out->depths);
    out->words = out->cost.words;
    return ZS_OK;
}
