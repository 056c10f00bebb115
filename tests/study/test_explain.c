#include "study_cases.h"
#include "zynqsim/kind.h"

#include "../../src/study/explain_priv.h"
#include "small_nets.h"
#include "tiled.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static zs_arena arena, scratch;
static zs_design design;
static zs_err err;

static void setup(void)
{
    zs_arena_init(&arena, test_heap());
    zs_arena_init(&scratch, test_heap());
    zs_design_defaults(&design);
}

static void teardown(void)
{
    zs_arena_drop(&arena);
    zs_arena_drop(&scratch);
}

static void set(const char *path, const char *value)
{
    ck_assert_msg(zs_design_set(&design, &arena, path, value, &err) == ZS_OK, "%s", err.text);
}

static const zs_explain_rule *rule_of(const char *name)
{
    for (uint32_t i = 0; i < zs_explain_rule_n; i++)
        if (strcmp(zs_explain_rules[i].name, name) == 0)
            return &zs_explain_rules[i];
    ck_abort_msg("%s", name);
    return NULL;
}

/* ---- steps ----------------------------------------------------------------------------------- */

START_TEST(test_every_step_changes_keys_within_their_limits)
{
    for (uint32_t step = 0; step < ZS_EXPLAIN_STEP_N; step++) {
        zs_explain_candidate c[ZS_EXPLAIN_CANDIDATES];
        uint32_t n;
        const zs_explain_rule *rule = &zs_explain_rules[_i];
        ck_assert_msg(zs_explain_candidates(&arena, rule, (zs_explain_step)step, &design, c, &n,
                                            &err) == ZS_OK,
                      "%s: %s", err.place, err.text);
        for (uint32_t i = 0; i < n; i++) {
            ck_assert_msg(zs_design_check(&c[i].design, &err) == ZS_OK, "%s: %s", err.place,
                          err.text);
            ck_assert_str_ne(c[i].change, "");
            ck_assert(memcmp(&c[i].design, &design, sizeof design) != 0);
        }
    }
}
END_TEST

static const struct {
    const char *set[6]; /* over the defaults: keys, each with its value */
    const char *rule;
    zs_explain_step step;
    const char *changes; /* of all candidates */
} steps[] = {
    {{0}, "AXI width", ZS_TWICE, "board.axi.hp.width 8 B -> 16 B"},
    {{"board.axi.hp0.width", "4"},
     "AXI width",
     ZS_TWICE,
     "board.axi.hp.width 8 B -> 16 B, board.axi.hp0.width 4 B -> 8 B"},
    {{"board.axi.hp0.width", "4"}, "AXI width", ZS_HALF, "board.axi.hp.width 8 B -> 4 B"},
    {{"board.axi.hp3.width", "4"}, "AXI width", ZS_TWICE, "board.axi.hp.width 8 B -> 16 B"},
    {{0}, "AXI burst length", ZS_TWICE, ""}, /* 16 is as long as AXI3 has them */
    {{0}, "AXI burst length", ZS_HALF, "board.axi.hp.burst 16 -> 8"},
    {{0},
     "AXI latency",
     ZS_TWICE,
     "board.axi.hp.read_latency 20 -> 10, board.axi.hp.write_latency 12 -> 6"},
    {{0},
     "AXI latency",
     ZS_UNLIMITED,
     "board.axi.hp.read_latency 20 -> 1, board.axi.hp.write_latency 12 -> 1"},
    {{"accelerator.ports.weight", "acp"},
     "AXI width",
     ZS_HALF,
     "board.axi.hp.width 8 B -> 4 B, board.axi.acp.width 8 B -> 4 B"},
    {{0}, "DRAM speed", ZS_TWICE, "board.memory.clock_period 1.875 ns -> 938 ps"},
    {{0}, "DRAM speed", ZS_UNLIMITED, "board.memory.kind ddr3 -> fixed"},
    {{0}, "AXI ports", ZS_TWICE, ""},
    {{0},
     "AXI ports",
     ZS_HALF,
     "accelerator.ports.weight hp1 -> hp0, accelerator.ports.output hp2 -> hp0"},
    {{"accelerator.ports.weight", "hp0"},
     "AXI ports",
     ZS_TWICE,
     "accelerator.ports.weight hp0 -> hp1"},
    {{"accelerator.ports.weight", "hp2"},
     "AXI ports",
     ZS_TWICE,
     "accelerator.ports.weight hp2 -> hp1"},
    {{"accelerator.ports.weight", "hp0", "accelerator.ports.output", "hp0"},
     "AXI ports",
     ZS_TWICE,
     "accelerator.ports.weight hp0 -> hp1, accelerator.ports.output hp0 -> hp2"},
    /* inputs and outputs neither leave the coherent port nor come to it; weights may */
    {{"accelerator.ports.input", "acp", "accelerator.ports.output", "acp"},
     "AXI ports",
     ZS_TWICE,
     ""},
    {{"accelerator.ports.input", "acp", "accelerator.ports.output", "acp"},
     "AXI ports",
     ZS_UNLIMITED,
     ""},
    {{"accelerator.ports.input", "acp", "accelerator.ports.output", "acp"},
     "AXI ports",
     ZS_HALF,
     "accelerator.ports.weight hp1 -> acp"},
    {{"accelerator.ports.input", "acp", "accelerator.ports.weight", "acp",
      "accelerator.ports.output", "acp"},
     "AXI ports",
     ZS_TWICE,
     "accelerator.ports.weight acp -> hp0"},
    {{"accelerator.ports.weight", "acp", "accelerator.ports.output", "acp"},
     "AXI ports",
     ZS_TWICE,
     "accelerator.ports.weight acp -> hp1"},
    {{"accelerator.ports.output", "acp"},
     "AXI ports",
     ZS_HALF,
     "accelerator.ports.weight hp1 -> hp0"},
    {{"accelerator.ports.input", "acp"},
     "AXI ports",
     ZS_HALF,
     "accelerator.ports.weight hp1 -> acp"},
    {{0}, "loaders and copies", ZS_TWICE, ""},
    {{"accelerator.load.weight", "1", "accelerator.store.copy", "2"},
     "loaders and copies",
     ZS_TWICE,
     "accelerator.load.weight 1 -> 2, accelerator.store.copy 2 -> 4"},
    {{"accelerator.load.weight", "1"},
     "loaders and copies",
     ZS_UNLIMITED,
     "accelerator.load.weight 1 -> 0"},
    {{0}, "tile start", ZS_TWICE, ""},
    {{"accelerator.start", "9"}, "tile start", ZS_TWICE, "accelerator.start 9 -> 5"},
    {{0}, "MAC lanes", ZS_HALF, "accelerator.unroll.oc 8 -> 4|accelerator.unroll.ic 4 -> 2"},
    /* kinds without tiles, and what they have no key for */
    {{"accelerator.kind", "linebuffer"},
     "MAC lanes",
     ZS_UNLIMITED,
     "accelerator.unroll.oc 8 -> 128|"
     "accelerator.unroll.oc 8 -> 128, accelerator.unroll.ic 4 -> 64"},
    {{"accelerator.kind", "direct", "accelerator.pipeline", "false"},
     "MAC lanes",
     ZS_TWICE,
     "accelerator.unroll.oc 8 -> 16|accelerator.unroll.ic 4 -> 8|accelerator.unroll.oy 1 -> 2|"
     "accelerator.unroll.ox 1 -> 2"},
    {{"accelerator.kind", "stream"}, "MAC lanes", ZS_TWICE, ""},
    {{"accelerator.kind", "stream"}, "MAC lanes", ZS_UNLIMITED, ""},
    {{"accelerator.kind", "direct"}, "AXI ports", ZS_HALF, ""},
    {{"accelerator.kind", "stream"},
     "AXI ports",
     ZS_HALF,
     "accelerator.ports.weight hp1 -> hp0, accelerator.ports.output hp2 -> hp0"},
    {{"accelerator.kind", "direct", "accelerator.ports.input", "acp"},
     "AXI width",
     ZS_HALF,
     "board.axi.acp.width 8 B -> 4 B"},
    {{0}, "block RAM", ZS_TWICE, "board.bram18 128 -> 256"},
    {{"board.family", "stratix-10"}, "block RAM", ZS_TWICE, ""}, /* nothing is counted of it */
    {{"accelerator.unroll.oc", "32"},                            /* as wide as the tile */
     "MAC lanes",
     ZS_TWICE,
     "accelerator.unroll.ic 4 -> 8|accelerator.unroll.oy 1 -> 2|accelerator.unroll.ox 1 -> 2"},
};

START_TEST(test_a_step_changes_what_its_rule_says)
{
    zs_explain_candidate c[ZS_EXPLAIN_CANDIDATES];
    uint32_t n;
    char all[512] = "";
    for (size_t i = 0; i < ZS_LEN(steps[_i].set) && steps[_i].set[i] != NULL; i += 2)
        set(steps[_i].set[i], steps[_i].set[i + 1]);
    ck_assert_int_eq(zs_explain_candidates(&arena, rule_of(steps[_i].rule), steps[_i].step, &design,
                                           c, &n, &err),
                     ZS_OK);
    for (uint32_t i = 0; i < n; i++) {
        strcat(all, i > 0 ? "|" : "");
        strcat(all, c[i].change);
    }
    ck_assert_str_eq(all, steps[_i].changes);
}
END_TEST

START_TEST(test_stated_banks_follow_the_lanes)
{
    zs_explain_candidate c[ZS_EXPLAIN_CANDIDATES];
    uint32_t n;
    set("accelerator.partition.oc", "4");
    ck_assert_int_eq(
        zs_explain_candidates(&arena, rule_of("MAC lanes"), ZS_TWICE, &design, c, &n, &err), ZS_OK);
    ck_assert_uint_eq(c[0].design.accel.unroll.oc, 16);
    ck_assert_uint_eq(TILED(c[0].design)->mac.bank_oc, 8);
    ck_assert_uint_eq(TILED(c[1].design)->mac.bank_oc, 4);
}
END_TEST

/* ---- whole explanations ---------------------------------------------------------------------- */

static zs_explanation explain(const zs_net *net)
{
    zs_explanation x;
    ck_assert_msg(zs_explain_run(&arena, &scratch, &design, net, ZS_TILE, NULL, &x, &err) == ZS_OK,
                  "%s: %s", err.place, err.text);
    return x;
}

START_TEST(test_rows_are_in_order_and_twice_the_clock_is_at_most_twice_as_fast)
{
    const zs_explanation x = explain(test_net_build(&arena, _i));
    double before = INFINITY;
    ck_assert_uint_gt(x.row_n, 5);
    for (uint32_t i = 0; i < x.row_n; i++) {
        const zs_explain_effect *twice = &x.rows[i].effects[ZS_TWICE];
        const double s = twice->is_done ? twice->speedup : 1;
        ck_assert_msg(s <= before + 1e-5, "%s", x.rows[i].name);
        before = s;
        if (strcmp(x.rows[i].name, "PL clock") == 0) {
            ck_assert_double_gt(s, 1);
            ck_assert_double_le(s, 2.001);
        }
    }
    ck_assert_uint_gt(x.advice_n, 1);
}
END_TEST

START_TEST(test_an_effect_is_that_of_a_run_of_its_own)
{
    const zs_net *net = test_net_build(&arena, 0);
    const zs_explanation x = explain(net);
    for (uint32_t i = 0; i < x.row_n; i++) {
        if (strcmp(x.rows[i].name, "AXI latency") != 0)
            continue;
        zs_plan *plan;
        zs_result *r;
        set("board.axi.hp.read_latency", "10");
        set("board.axi.hp.write_latency", "6");
        ck_assert_int_eq(zs_plan_build(&arena, &design, net, &plan, &err), ZS_OK);
        ck_assert_int_eq(zs_sim_run(&arena, &design, net, plan, ZS_TILE, NULL, &r, &err), ZS_OK);
        const double cycles = zs_figures_number(&x.base, "cycles");
        ck_assert_double_eq_tol(x.rows[i].effects[ZS_TWICE].speedup, cycles / (double)r->cycles,
                                1e-9);
        return;
    }
    ck_abort_msg("there is no such row");
}
END_TEST

START_TEST(test_an_explanation_without_memory_says_so)
{
    const zs_net *net = test_net_build(&arena, 0);
    for (uint64_t n = 1;; n += 1 + n / 2) {
        test_heap_state state = {.fail_at = n};
        zs_arena tight, tight_scratch;
        zs_explanation x;
        zs_arena_init(&tight, test_counting_heap(&state));
        zs_arena_init(&tight_scratch, test_counting_heap(&state));
        const zs_status status =
            zs_explain_run(&tight, &tight_scratch, &design, net, ZS_TILE, NULL, &x, &err);
        zs_arena_drop(&tight);
        zs_arena_drop(&tight_scratch);
        ck_assert_int_eq(state.live_blocks, 0);
        if (status == ZS_OK && state.requests < n)
            break;
        ck_assert_int_eq(status, ZS_ENOMEM);
    }
}
END_TEST

/* A key that is turned gives what a design with that value gives, and it fits. */
START_TEST(test_a_turn_is_that_of_a_design_of_its_own)
{
    const zs_net *net = test_net_build(&arena, 2);
    set("accelerator.tile.oc", "4");
    set("accelerator.tile.ic", "2");
    const zs_explanation x = explain(net);
    const double before = zs_figures_number(&x.base, "images_per_second");
    bool is_tile = false, is_batch = false;
    ck_assert_uint_gt(x.turn_n, 1);
    for (uint32_t i = 0; i < x.turn_n; i++) {
        const zs_explain_turn *t = &x.turns[i];
        zs_design d = design;
        zs_plan *plan;
        zs_result *r;
        char key[64], from[32], to[32];
        int n = 0;
        for (const char *at = t->change;
             sscanf(at, "%63s %31s -> %31[^,]%n", key, from, to, &n) == 3; at += n) {
            ck_assert_int_eq(zs_design_set(&d, &arena, key, to, &err), ZS_OK);
            n += at[n] == ',' ? 2 : 0;
        }
        ck_assert_int_eq(zs_plan_build(&arena, &d, net, &plan, &err), ZS_OK);
        ck_assert_int_eq(zs_sim_run(&arena, &d, net, plan, ZS_TILE, NULL, &r, &err), ZS_OK);
        const double after = d.batch * (double)r->clock_hz / (double)r->cycles;
        ck_assert_msg(fabs(after / before - t->speedup) < 1e-9 * t->speedup, "%s", t->change);
        ck_assert(r->fit.fits && !r->fit.is_close);
        ck_assert_double_ge(t->speedup, 1.05);
        ck_assert(i == 0 || t->speedup <= x.turns[i - 1].speedup);
        is_tile |= strncmp(t->path, "accelerator.tile", 16) == 0;
        is_batch |= strcmp(t->path, "batch") == 0;
    }
    ck_assert(is_tile);
    ck_assert(is_batch);
}
END_TEST

/* ---- advice ---------------------------------------------------------------------------------- */

/* Speedups with twice as much, and without limit, of lanes, AXI latency and PS calls. */
static const struct {
    double lanes, lanes_most, latency, latency_most, calls;
    double beats;
    enum { NO, YES, CLOSE } fits;
    const char *says, *says_not;
} advices[] = {
    {1.9, 3, 1, 1, 1, 16, YES, "Compute limits", "More compute will not help"},
    {1.9, 3, 1, 1, 1, 16, YES, "would still fit", "would not fit"},
    {1.9, 3, 1, 1, 1, 16, NO, "would not fit: 323 of 220 DSP48. In fixed16", "still fit"},
    {1.9, 3, 1, 1, 1, 16, CLOSE, "is too close to call: 55802 of 53200 LUT.",
     "would still fit the board."},
    {1.0, 1, 1.4, 2.3, 1, 1, YES, "Memory limits", "Compute limits"},
    {1.0, 1, 1.4, 2.3, 1, 1, YES, "More compute will not help", "would still fit"},
    {1.0, 1, 1.4, 2.3, 1, 1, YES, "A read moves 1.0 beats", "Compute"},
    {1.0, 1, 1.4, 2.3, 1, 16, YES, "Memory limits", "A read moves"},
    {1.3, 2, 1.4, 2.3, 1, 16, YES, "Memory limits", "More compute will not help"},
    {1.0, 1, 1, 1, 1.7, 16, YES, "The PS limits", "Memory limits"},
    {1.0, 1, 1, 1, 1.7, 16, YES, "Nothing is to be gained from: MAC lanes, AXI latency",
     "PS calls,"},
    {1.02, 1.1, 1.02, 1.1, 1.02, 16, YES, "No single resource limits", "Nothing is to be gained"},
};

static zs_explain_row row_with(const char *name, zs_explain_kind kind, double twice, double most,
                               bool fits)
{
    const zs_explain_effect done = {.is_done = true,
                                    .speedup = twice,
                                    .fits = fits,
                                    .binding = fits ? "" : "323 of 220 DSP48",
                                    .change = "a 1 -> 2",
                                    .why = ""};
    zs_explain_row row = {
        .name = name, .twice = name, .remark = "", .kind = kind, .effects = {done, done, done}};
    row.effects[ZS_UNLIMITED].speedup = most;
    row.effects[ZS_HALF].speedup = 1 / twice;
    return row;
}

START_TEST(test_advice_follows_the_numbers)
{
    zs_value values[128];
    for (uint32_t i = 0; i < zs_metric_n; i++)
        values[i] = (zs_value){.type = ZS_METRIC_INT, .i = 1};
    zs_explain_row rows[] = {
        row_with("MAC lanes", ZS_EXPLAIN_COMPUTE, advices[_i].lanes, advices[_i].lanes_most,
                 advices[_i].fits != NO),
        row_with("AXI latency", ZS_EXPLAIN_MEMORY, advices[_i].latency, advices[_i].latency_most,
                 true),
        row_with("PS calls", ZS_EXPLAIN_HOST, advices[_i].calls, advices[_i].calls, true)};
    if (advices[_i].fits == CLOSE) {
        rows[0].effects[ZS_TWICE].is_close = true;
        rows[0].effects[ZS_TWICE].binding = "55802 of 53200 LUT";
    }
    zs_explanation x = {.base = {.values = values}, .rows = rows, .row_n = ZS_LEN(rows)};
    char all[4096] = "";
    ck_assert_uint_le(zs_metric_n, ZS_LEN(values));
    ck_assert_int_eq(zs_explain_advise(&arena, &design, advices[_i].beats, (double)NAN, &x, &err),
                     ZS_OK);
    for (uint32_t i = 0; i < x.advice_n; i++) {
        strcat(all, x.advice[i]);
        strcat(all, "\n");
    }
    ck_assert_msg(strstr(all, advices[_i].says) != NULL, "%s", all);
    ck_assert_msg(strstr(all, advices[_i].says_not) == NULL, "%s", all);
}
END_TEST

TCase *tcase_explain(void)
{
    TCase *tc = tcase_create("explanations");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, test_every_step_changes_keys_within_their_limits, 0,
                        (int)zs_explain_rule_n);
    tcase_add_loop_test(tc, test_a_step_changes_what_its_rule_says, 0, ZS_LEN(steps));
    tcase_add_test(tc, test_stated_banks_follow_the_lanes);
    tcase_add_loop_test(tc, test_rows_are_in_order_and_twice_the_clock_is_at_most_twice_as_fast, 0,
                        TEST_NET_N);
    tcase_add_test(tc, test_an_effect_is_that_of_a_run_of_its_own);
    tcase_add_test(tc, test_a_turn_is_that_of_a_design_of_its_own);
    tcase_add_test(tc, test_an_explanation_without_memory_says_so);
    tcase_add_loop_test(tc, test_advice_follows_the_numbers, 0, ZS_LEN(advices));
    return tc;
}
