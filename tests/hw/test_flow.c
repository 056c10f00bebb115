#include "support.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "flow_clock.h"
#include "zynqsim/flow.h"

/* ---- chains at random ------------------------------------------------------------------------ */

typedef struct chain {
    char text[4000];
    size_t n;
    zs_prng prng;
    uint32_t h, w, c, lanes; /* of the stream at its end */
    uint64_t words;          /* of its first edge */
    bool has_loops;
} chain;

static uint32_t below(chain *c, uint32_t n)
{
    return (uint32_t)zs_prng_below(&c->prng, n);
}

static void add(chain *c, const char *fmt, ...) ZS_PRINTF(2, 3);
static void add(chain *c, const char *fmt, ...)
{
    va_list args;
    if (c->n > 0)
        c->text[c->n++] = '|';
    va_start(args, fmt);
    c->n += (size_t)vsnprintf(c->text + c->n, sizeof c->text - c->n, fmt, args);
    va_end(args);
    ck_assert_uint_lt(c->n, sizeof c->text - 64);
}

static void maybe_fifo(chain *c, bool must)
{
    if (must || c->has_loops || below(c, 3) > 0)
        add(c, "fifo(%u)", 1 + below(c, below(c, 2) ? 4 : 40));
    if (below(c, 12) == 0)
        add(c, "fifo(%u)", 1 + below(c, 3));
}

/* A node, of RTL or a loop of either kind. */
static void add_node(chain *c, const char *fmt, ...) ZS_PRINTF(2, 3);
static void add_node(chain *c, const char *fmt, ...)
{
    char text[200];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    const uint32_t style = c->has_loops ? below(c, 3) : 0;
    if (style == 0)
        add(c, "%s)", text);
    else
        add(c, "%s,%s=%u)", text, style == 1 ? "stall" : "flush",
            1 + below(c, below(c, 4) ? 8 : 32));
}

static uint32_t divisor(chain *c, uint32_t of)
{
    uint32_t d = 1 + below(c, of);
    while (of % d != 0)
        d--;
    return d;
}

static void widen(chain *c, uint32_t lanes)
{
    if (lanes != c->lanes && (lanes % c->lanes == 0 || c->lanes % lanes == 0)) {
        add_node(c, "dwc(in=%u,out=%u", c->lanes, lanes);
        c->lanes = lanes;
        maybe_fifo(c, false);
    }
}

/* A convolution, or what is left of one. */
static void add_layer(chain *c)
{
    widen(c, divisor(c, c->c));
    const uint32_t fold = c->c / c->lanes;
    if (below(c, 3) == 0) {
        const uint32_t p = below(c, 3);
        add_node(c, "pad(h=%u,w=%u,c=%u,simd=%u,p=%u", c->h, c->w, c->c, c->lanes, p);
        c->h += 2 * p;
        c->w += 2 * p;
        maybe_fifo(c, false);
    }
    uint32_t k = 1 + below(c, 4);
    k = k > c->h ? c->h : k;
    k = k > c->w ? c->w : k;
    if (c->has_loops && below(c, 4) == 0 && c->h % k == 0 && c->w % k == 0) {
        add(c, "pool(h=%u,w=%u,c=%u,simd=%u,k=%u,%s=%u)", c->h, c->w, c->c, c->lanes, k,
            below(c, 2) ? "stall" : "flush", 1 + below(c, 9));
        c->h /= k;
        c->w /= k;
        maybe_fifo(c, true);
        return;
    }
    const uint32_t stride = 1 + below(c, 3);
    const bool by_channel = below(c, 2) == 0;
    if (c->has_loops && below(c, 4) == 0) { /* a window a word */
        add(c, "swg(h=%u,w=%u,c=%u,simd=%u,k=%u,stride=%u,parallel,%s=%u)", c->h, c->w, c->c,
            c->lanes, k, stride, below(c, 2) ? "stall" : "flush", 1 + below(c, 9));
        c->h = (c->h - k) / stride + 1;
        c->w = (c->w - k) / stride + 1;
        maybe_fifo(c, true);
        add_node(c, "mvu(sf=1,nf=1");
        maybe_fifo(c, true);
        return;
    }
    add_node(c, "swg(h=%u,w=%u,c=%u,simd=%u,k=%u,stride=%u%s", c->h, c->w, c->c, c->lanes, k,
             stride, by_channel ? ",depthwise" : "");
    c->h = (c->h - k) / stride + 1;
    c->w = (c->w - k) / stride + 1;
    maybe_fifo(c, false);
    if (by_channel) {
        add_node(c, "mvu(sf=%u,nf=1", k * k);
    } else {
        const uint32_t nf = 1 + below(c, 7);
        add_node(c, "mvu(sf=%u,nf=%u", k * k * fold, nf);
        c->lanes = 1 + below(c, 3);
        c->c = nf * c->lanes;
    }
    maybe_fifo(c, false);
    if (below(c, 2) == 0) {
        add_node(c, "thr(bits=%u", 1 + below(c, 6));
        maybe_fifo(c, false);
    }
}

/* A residual block that keeps the shape; its bypass may be too small. */
static void add_block(chain *c, uint32_t id)
{
    add(c, "fork(id=%u,bypass=%u)", id, 1 + below(c, 60));
    maybe_fifo(c, false);
    add_node(c, "pad(h=%u,w=%u,c=%u,simd=%u,p=1", c->h, c->w, c->c, c->lanes);
    maybe_fifo(c, false);
    add_node(c, "swg(h=%u,w=%u,c=%u,simd=%u,k=3,stride=1,depthwise", c->h + 2, c->w + 2, c->c,
             c->lanes);
    maybe_fifo(c, false);
    add_node(c, "mvu(sf=9,nf=1");
    maybe_fifo(c, false);
    add_node(c, "mvu(sf=%u,nf=%u", c->c / c->lanes, c->c / c->lanes);
    maybe_fifo(c, true);
    add(c, "join(id=%u)", id);
    maybe_fifo(c, false);
}

static void make_chain(chain *c, uint64_t seed, bool has_loops)
{
    *c = (chain){.prng = {.state = seed}, .has_loops = has_loops};
    c->h = 1 + below(c, 9);
    c->w = 1 + below(c, 9);
    c->c = 1 + below(c, 6);
    c->lanes = divisor(c, c->c);
    c->words = (uint64_t)c->h * c->w * c->c / c->lanes;
    maybe_fifo(c, false);
    const uint32_t layers = 1 + below(c, 3);
    for (uint32_t i = 0; i < layers; i++) {
        if (below(c, 5) == 0)
            add_block(c, i);
        add_layer(c);
    }
}

static void same(const char *what, uint64_t got, uint64_t want, const chain *c)
{
    ck_assert_msg(got == want, "%s %lld, clock by clock %lld: %s", what, (long long)got,
                  (long long)want, c->text);
}

START_TEST(test_random_chains_move_as_clock_by_clock)
{
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    for (uint64_t seed = 0; seed < 40; seed++) {
        chain c;
        zs_flow_chain f;
        zs_flow_result r, want;
        zs_err err;
        make_chain(&c, (uint64_t)_i * 1000 + seed, _i >= 4);
        const uint64_t images = 1 + below(&c, 4);
        const uint32_t gap = below(&c, 2) ? 1 : 1 + below(&c, 9);
        ck_assert_msg(zs_flow_chain_parse(&arena, c.text, c.words, gap, "chain", &f, &err) == ZS_OK,
                      "%s: %s", c.text, err.text);
        ck_assert_int_eq(zs_flow_run(&arena, &f.flow, images, false, &r, &err), ZS_OK);
        flow_clock_run(&arena, &f.flow, images, NULL, &want);
        same("deadlock", r.is_deadlock, want.is_deadlock, &c);
        for (uint64_t i = 0; i < images && !r.is_deadlock; i++) {
            same("first output", r.first_output[i], want.first_output[i], &c);
            same("last output", r.last_output[i], want.last_output[i], &c);
        }
        if (!r.is_deadlock)
            same("stalls", r.stall_cycles, want.stall_cycles, &c);
        for (uint32_t e = 0; e < f.flow.edge_n; e++) {
            same("first in", r.edges[e].first_in, want.edges[e].first_in, &c);
            same("last in", r.edges[e].last_in, want.edges[e].last_in, &c);
            same("first out", r.edges[e].first_out, want.edges[e].first_out, &c);
            same("last out", r.edges[e].last_out, want.edges[e].last_out, &c);
            same("fill", r.edges[e].most, want.edges[e].most, &c);
        }
        zs_arena_reset(&arena);
    }
    zs_arena_drop(&arena);
}
END_TEST

/* Weights that come load by load, each as late as `weights` says, a few of them ahead of the steps.
 */
/* `last_out` [edge]: last word before the run ends, as going clock by clock ends. */
static void run_with_weights(zs_arena *arena, const zs_flow *flow, uint64_t images,
                             const flow_clock_weights *weights, zs_flow_result *out,
                             uint64_t *last_out)
{
    zs_flow_sim *sim;
    zs_err err;
    uint64_t *fed = zs_new(arena, uint64_t, flow->node_n),
             *used = zs_new(arena, uint64_t, flow->node_n);
    bool any = true;
    ck_assert_ptr_nonnull(fed);
    ck_assert_ptr_nonnull(used);
    ck_assert_int_eq(zs_flow_sim_build(arena, flow, &sim, &err), ZS_OK);
    ck_assert_int_eq(zs_flow_sim_begin(sim, images, &err), ZS_OK);
    zs_flow_sim_feed(sim, images * flow->words_in, 0);
    zs_flow_sim_drain(sim, images * flow->edges[flow->nodes[flow->sink].in[0]].words, 0);
    while (any) {
        any = false;
        for (uint32_t i = 0; i < flow->node_n; i++) {
            if (weights[i].load == 0)
                continue;
            for (; zs_flow_sim_weights_used(sim, i, used[i]) != ZS_FLOW_NEVER; used[i]++)
                ck_assert_uint_ge(zs_flow_sim_weights_used(sim, i, used[i]),
                                  used[i] * weights[i].every);
            for (; fed[i] - used[i] < ZS_FLOW_WEIGHT_FEEDS; fed[i]++, any = true)
                zs_flow_sim_feed_weights(sim, i, weights[i].load, fed[i] * weights[i].every);
        }
        zs_flow_sim_settle(sim);
    }
    ck_assert_int_eq(zs_flow_sim_end(sim, images, 0, out, &err), ZS_OK);
    for (uint32_t e = 0; e < flow->edge_n && !out->is_deadlock; e++) {
        last_out[e] = ZS_FLOW_NEVER;
        for (uint64_t k = 0, at; (at = zs_flow_sim_moved(sim, e, true, k)) <= out->end; k++)
            last_out[e] = at;
    }
}

START_TEST(test_weights_that_come_late_hold_up_their_steps)
{
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    for (uint64_t seed = 0; seed < 30; seed++) {
        chain c;
        zs_flow_chain f;
        zs_flow_result r, want;
        zs_err err;
        make_chain(&c, (uint64_t)_i * 1000 + seed + 77777, _i >= 2);
        const uint64_t images = 1 + below(&c, 3);
        ck_assert_int_eq(zs_flow_chain_parse(&arena, c.text, c.words, 1, "chain", &f, &err), ZS_OK);
        flow_clock_weights *weights = zs_new(&arena, flow_clock_weights, f.flow.node_n);
        ck_assert_ptr_nonnull(weights);
        for (uint32_t i = 0; i < f.flow.node_n; i++) {
            if (f.flow.nodes[i].op != ZS_FLOW_MATRIX || below(&c, 3) == 0)
                continue;
            f.flow.nodes[i].has_weights_fed = true;
            weights[i] = (flow_clock_weights){1 + below(&c, 12), below(&c, 20)};
        }
        uint64_t *last_out = zs_new(&arena, uint64_t, f.flow.edge_n);
        ck_assert_ptr_nonnull(last_out);
        run_with_weights(&arena, &f.flow, images, weights, &r, last_out);
        flow_clock_run(&arena, &f.flow, images, weights, &want);
        same("deadlock", r.is_deadlock, want.is_deadlock, &c);
        for (uint64_t i = 0; i < images && !r.is_deadlock; i++)
            same("last output with late weights", r.last_output[i], want.last_output[i], &c);
        for (uint32_t e = 0; e < f.flow.edge_n && !r.is_deadlock; e++) {
            const uint64_t first = r.edges[e].first_in;
            same("first in", first <= r.end ? first : ZS_FLOW_NEVER, want.edges[e].first_in, &c);
            same("last out", last_out[e], want.edges[e].last_out, &c);
        }
        zs_arena_reset(&arena);
    }
    zs_arena_drop(&arena);
}
END_TEST

START_TEST(test_folded_runs_equal_unfolded_ones)
{
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    uint32_t folded = 0;
    for (uint64_t seed = 0; seed < 40; seed++) {
        chain c;
        zs_flow_chain f;
        zs_flow_result r, want;
        zs_err err;
        make_chain(&c, 77000 + seed, seed >= 20);
        ck_assert_int_eq(zs_flow_chain_parse(&arena, c.text, c.words, 1, "chain", &f, &err), ZS_OK);
        ck_assert_int_eq(zs_flow_run(&arena, &f.flow, 40, true, &r, &err), ZS_OK);
        ck_assert_int_eq(zs_flow_run(&arena, &f.flow, 40, false, &want, &err), ZS_OK);
        same("deadlock", r.is_deadlock, want.is_deadlock, &c);
        folded += r.simulated < r.images;
        for (uint64_t i = 0; i < 40 && !r.is_deadlock; i++) {
            /* stalling pipelines drain behind the last image simulated: that is the last of all */
            if (r.drained > 0 && i + r.drained >= r.simulated && i + 1 < 40)
                continue;
            same("first output", zs_flow_first_output(&r, i), want.first_output[i], &c);
            same("last output", zs_flow_last_output(&r, i), want.last_output[i], &c);
        }
        for (uint32_t e = 0; e < f.flow.edge_n && !r.is_deadlock && seed < 20; e++) {
            same("last in", r.edges[e].last_in, want.edges[e].last_in, &c);
            same("last out", r.edges[e].last_out, want.edges[e].last_out, &c);
            same("fill", r.edges[e].most, want.edges[e].most, &c);
            same("full", r.edges[e].full_cycles, want.edges[e].full_cycles, &c);
            same("blocked", r.edges[e].blocked_cycles, want.edges[e].blocked_cycles, &c);
        }
        zs_arena_reset(&arena);
    }
    ck_assert_uint_gt(folded, 20);
    zs_arena_drop(&arena);
}
END_TEST

static const struct {
    const char *text;
    uint64_t words;
    zs_status status;
    const char *says;
} wrong[] = {
    {"fifo(0)", 4, ZS_ERANGE, "below 1"},
    {"dwc(in=3,out=2)", 4, ZS_ERANGE, "divides the other"},
    {"dwc(in=1,out=3)", 4, ZS_ERANGE, "no multiple"},
    {"mvu(sf=3,nf=1)", 4, ZS_ERANGE, "no multiple"},
    {"mvu(sf=2)", 4, ZS_EPARSE, "lacks nf"},
    {"pad(h=2,w=2,c=3,simd=2,p=1)", 4, ZS_ERANGE, "does not divide"},
    {"swg(h=2,w=2,c=1,simd=1,k=3,stride=1)", 4, ZS_ERANGE, "does not fit"},
    {"swg(h=2,w=3,c=1,simd=1,k=2,stride=1)", 4, ZS_ERANGE, "takes 6"},
    {"fork(id=0,bypass=0)|fifo(2)|join(id=0)", 4, ZS_ERANGE, "bypass is below 1"},
    {"fork(id=0,bypass=1)|fifo(2)", 4, ZS_EPARSE, "no join"},
    {"join(id=3)", 4, ZS_EPARSE, "no fork"},
    {"fork(id=0,bypass=4)|fifo(2)|mvu(sf=2,nf=1)|fifo(2)|join(id=0)", 4, ZS_ERANGE, "2 and 4"},
    {"fifo(2)|thr(bits=1,stall=5)", 4, ZS_ERANGE, "FIFO depth 0 beside a node that is a loop"},
    {"fifo(2)|thr(bits=1,flush=33)|fifo(2)", 4, ZS_ERANGE, "1 to 32 are possible"},
    {"fifo(2)|pool(h=3,w=2,c=1,simd=1,k=2,stall=1)|fifo(2)", 6, ZS_ERANGE, "cover 3 x 2"},
    {"pool(h=2,w=2,c=1,simd=1,k=2)", 4, ZS_EPARSE, "lacks stall or flush"},
    {"conv(3)", 4, ZS_EPARSE, "the parts are"},
    {"fifo(99999999999)", 4, ZS_EPARSE, "above"},
    {"fifo(-1)", 4, ZS_EPARSE, ""},
    {"fifo(2", 4, ZS_EPARSE, "name(figures)"},
    {"", 4, ZS_EPARSE, "name(figures)"},
    {"fifo(2)", 0, ZS_ERANGE, "at least 1"},
};

START_TEST(test_wrong_chains_are_named)
{
    zs_arena arena;
    zs_flow_chain f;
    zs_err err = {0};
    zs_arena_init(&arena, test_heap());
    ck_assert_int_eq(
        zs_flow_chain_parse(&arena, wrong[_i].text, wrong[_i].words, 1, "chain", &f, &err),
        wrong[_i].status);
    ck_assert_msg(strstr(err.text, wrong[_i].says) != NULL, "%s: %s", wrong[_i].text, err.text);
    zs_arena_drop(&arena);
}
END_TEST

START_TEST(test_deadlock_names_who_waits)
{
    zs_arena arena;
    zs_flow_chain f;
    zs_flow_result r;
    zs_err err;
    zs_arena_init(&arena, test_heap());
    ck_assert_int_eq(
        zs_flow_chain_parse(&arena,
                            "fifo(2)|fork(id=0,bypass=8)|fifo(2)|pad(h=12,w=12,c=8,simd=4,p=1)|"
                            "fifo(2)|swg(h=14,w=14,c=8,simd=4,k=3,stride=1)|fifo(2)|"
                            "mvu(sf=18,nf=2)|fifo(2)|join(id=0)|fifo(2)",
                            288, 1, "chain", &f, &err),
        ZS_OK);
    ck_assert_int_eq(zs_flow_run(&arena, &f.flow, 3, true, &r, &err), ZS_OK);
    ck_assert(r.is_deadlock);
    ck_assert_uint_ge(r.circle_n, 3);
    ck_assert_uint_eq(r.full_edge, f.fifos[1]); /* the bypass */
    zs_arena_drop(&arena);
}
END_TEST

TCase *tcase_flow(void);
TCase *tcase_flow(void)
{
    TCase *tc = tcase_create("flow");
    tcase_add_loop_test(tc, test_random_chains_move_as_clock_by_clock, 0, 8);
    tcase_add_loop_test(tc, test_weights_that_come_late_hold_up_their_steps, 0, 4);
    tcase_add_test(tc, test_folded_runs_equal_unfolded_ones);
    tcase_add_loop_test(tc, test_wrong_chains_are_named, 0, ZS_LEN(wrong));
    tcase_add_test(tc, test_deadlock_names_who_waits);
    return tc;
}
