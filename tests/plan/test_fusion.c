#include "plan_cases.h"

#include "nets.h"
#include "random_design.h"
#include "small_nets.h"
#include "tiled.h"

#include "zynqsim/kind.h"
#include "zynqsim/capacity.h"

#include <string.h>

/* Which layers form a row, which rows a call, and what stays on chip. */

typedef struct bench {
    zs_arena arena;
    test_spec *spec;
    const zs_net *net;
    zs_design d;
} bench;

static void setup(bench *b)
{
    zs_arena_init(&b->arena, test_heap());
    b->spec = test_squeezenet_v11();
    b->net = test_net(&b->arena, b->spec);
    zs_design_defaults(&b->d);
}

static void teardown(bench *b)
{
    zs_arena_drop(&b->arena);
    test_spec_free(b->spec);
}

static bool has_weights(const zs_net *net, const zs_plan_row *row)
{
    return zs_layer_macs(&net->layers[row->layer]) > 0;
}

/* Calls with a convolution in them, or those without. */
static uint32_t count_calls(const bench *b, const zs_plan *plan, bool of_convolutions)
{
    uint32_t n = 0;
    for (uint32_t c = 0; c < plan->call_n; c++)
        n += has_weights(b->net, &plan->rows[plan->calls[c].row0]) == of_convolutions;
    return n;
}

static const struct {
    uint32_t fusion, convs, pools;
    const char *second, *third; /* names of calls */
} fusions[] = {
    {ZS_FUSION_NONE, 18, 3, "pool1", "fire2_squeeze"},
    {ZS_FUSION_LF1, 10, 3, "pool1", "fire2_squeeze"},
    {ZS_FUSION_LF2, 10, 0, "fire2_squeeze", "fire3_squeeze"},
    {ZS_FUSION_FIRE, 10, 0, "fire2_squeeze", "fire3_squeeze"},
};

START_TEST(test_squeezenet_makes_the_calls_of_the_strategy)
{
    bench b;
    setup(&b);
    b.d.accel.fusion = fusions[_i].fusion;
    const zs_plan *plan = test_plan(&b.arena, &b.d, b.net);
    ck_assert_uint_eq(count_calls(&b, plan, true), fusions[_i].convs);
    ck_assert_uint_eq(count_calls(&b, plan, false), fusions[_i].pools);
    ck_assert_str_eq(plan->calls[0].name, "conv1");
    ck_assert_str_eq(plan->calls[1].name, fusions[_i].second);
    ck_assert_str_eq(plan->calls[2].name, fusions[_i].third);
    teardown(&b);
}
END_TEST

START_TEST(test_module_names_come_from_the_path_of_the_squeeze)
{
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    zs_design d;
    zs_design_defaults(&d);
    d.accel.fusion = ZS_FUSION_LF2;
    const zs_plan *whole = test_plan(&arena, &d, test_net_build(&arena, 0));
    ck_assert_str_eq(whole->calls[1].name, "f2");
    ck_assert_str_eq(whole->rows[0].name, "conv1+pool1");
    ck_assert_str_eq(whole->rows[0].op, "conv+pool");
    d.accel.fusion = ZS_FUSION_NONE;
    const zs_plan *apart = test_plan(&arena, &d, test_net_build(&arena, 0));
    ck_assert_str_eq(apart->calls[2].name, "f2/squeeze1x1");
    ck_assert_str_eq(apart->calls[3].name, "f2/expand");
    ck_assert_uint_eq(apart->calls[3].row_n, 2);
    zs_arena_drop(&arena);
}
END_TEST

/* ---- explicit groups ------------------------------------------------------------------------- */

#define LIST(...)                                                                                  \
    {                                                                                              \
        .names = (const char *const[]){__VA_ARGS__},                                               \
        .n = ZS_LEN(((const char *const[]){__VA_ARGS__}))                                          \
    }

static const zs_name_list two_groups[] = {
    LIST("conv1", "pool1", "fire2_squeeze"),
    LIST("fire4_expand3x3", "fire4_squeeze", "fire4_expand1x1"),
};

START_TEST(test_listed_groups_become_calls)
{
    bench b;
    setup(&b);
    b.d.accel.fusion = ZS_FUSION_GROUPS;
    b.d.accel.groups = two_groups;
    b.d.accel.group_n = 2;
    const zs_plan *plan = test_plan(&b.arena, &b.d, b.net);
    ck_assert_str_eq(plan->calls[0].name, "conv1");
    ck_assert_uint_eq(plan->calls[0].row_n, 2);
    ck_assert_str_eq(plan->rows[0].name, "conv1+pool1");
    uint32_t fours = 0, pools = 0;
    for (uint32_t c = 0; c < plan->call_n; c++)
        if (strcmp(plan->calls[c].name, "fire4_squeeze") == 0)
            fours += plan->calls[c].row_n;
    for (uint32_t r = 0; r < plan->row_n; r++)
        pools += strcmp(plan->rows[r].name, "pool3") == 0;
    ck_assert_uint_eq(fours, 3);
    ck_assert_uint_eq(pools, 1); /* not listed with its convolutions: a row of its own */
    teardown(&b);
}
END_TEST

static const struct {
    zs_name_list groups[2];
    uint32_t group_n;
    zs_status status;
    const char *text;
} bad_groups[] = {
    {{LIST("conv1", "fire2_sqeeze")},
     1,
     ZS_EPARSE,
     "network test has no layer \"fire2_sqeeze\" that could be grouped; did you mean "
     "\"fire2_squeeze\"?"},
    {{LIST("conv1", "fire3_squeeze")},
     1,
     ZS_EUNSUPPORTED,
     "layers \"conv1\" and \"fire3_squeeze\" cannot be one call: \"pool1\" lies between them"},
    {{LIST("conv10", "pool10")},
     1,
     ZS_EUNSUPPORTED,
     "layer \"pool10\" runs on the PS and cannot be part of a call"},
    {{LIST("conv1", "pool1"), LIST("pool1", "fire2_squeeze")},
     2,
     ZS_EPARSE,
     "layer \"conv1\" is part of two groups"},
};

START_TEST(test_group_that_cannot_be_is_refused_with_the_reason)
{
    bench b;
    setup(&b);
    b.d.accel.fusion = ZS_FUSION_GROUPS;
    b.d.accel.groups = bad_groups[_i].groups;
    b.d.accel.group_n = bad_groups[_i].group_n;
    zs_err err = {0};
    zs_plan *plan = NULL;
    ck_assert_int_eq(zs_plan_build(&b.arena, &b.d, b.net, &plan, &err), bad_groups[_i].status);
    ck_assert_str_eq(err.place, "accelerator.fusion");
    ck_assert_str_eq(err.text, bad_groups[_i].text);
    ck_assert_ptr_null(plan);
    teardown(&b);
}
END_TEST

/* ---- tensors that stay ----------------------------------------------------------------------- */

static uint64_t bytes_of(bench *b, uint32_t fusion, const zs_plan **plan)
{
    zs_design d = b->d;
    d.accel.fusion = fusion;
    *plan = test_plan(&b->arena, &d, b->net);
    return test_all_bytes(*plan, &d);
}

/* Bytes of all squeeze outputs: written once, read by two expands. */
static uint64_t squeeze_traffic(const zs_plan *lf2, const zs_design *d)
{
    uint64_t bytes = 0;
    for (uint32_t r = 0; r < lf2->row_n; r++) {
        if (strstr(lf2->rows[r].name, "squeeze") != NULL)
            bytes += test_moved_bytes(lf2, d, ZS_OP_STORE, (int)r);
        if (strstr(lf2->rows[r].name, "expand") != NULL)
            bytes += test_moved_bytes(lf2, d, ZS_OP_LOAD_X, (int)r);
    }
    return bytes;
}

START_TEST(test_fire_saves_the_traffic_of_the_squeeze_tensors_and_no_more)
{
    bench b;
    setup(&b);
    b.d.board.bram18 = 100000; /* all of them fit */
    const zs_plan *lf2, *fire;
    const uint64_t apart = bytes_of(&b, ZS_FUSION_LF2, &lf2);
    const uint64_t kept = bytes_of(&b, ZS_FUSION_FIRE, &fire);
    ck_assert_uint_eq(apart - kept, squeeze_traffic(lf2, &b.d));
    ck_assert_uint_eq(fire->resident_elems, 16 * 56 * 56); /* fire2; later ones are smaller */
    ck_assert_uint_eq(lf2->resident_elems, 0);
    teardown(&b);
}
END_TEST

START_TEST(test_fire_keeps_only_what_fits_the_block_ram)
{
    bench b;
    setup(&b);
    uint64_t last = UINT64_MAX;
    for (uint32_t bram18 = 60; bram18 <= 400; bram18 += 20) {
        const zs_plan *plan;
        b.d.board.bram18 = bram18;
        const uint64_t bytes = bytes_of(&b, ZS_FUSION_FIRE, &plan);
        uint32_t used = 0;
        for (uint32_t k = 0; k < ZS_BUF_N; k++)
            used += plan->buffers[k].bram18;
        ck_assert_msg(used <= bram18 || plan->resident_elems == 0, "%u of %u BRAM18", used, bram18);
        ck_assert_msg(bytes <= last, "%u BRAM18 move more bytes than fewer did", bram18);
        last = bytes;
    }
    teardown(&b);
}
END_TEST

static const uint32_t strategies[] = {ZS_FUSION_NONE, ZS_FUSION_LF1, ZS_FUSION_LF2, ZS_FUSION_FIRE};

START_TEST(test_auto_never_moves_more_than_another_strategy)
{
    bench b;
    setup(&b);
    static const uint32_t brams[] = {80, 128, 200, 280, 500}, batches[] = {1, 4};
    b.d.board.bram18 = brams[_i % 5];
    b.d.batch = batches[_i / 5];
    const zs_plan *plan;
    const uint64_t best = bytes_of(&b, ZS_FUSION_AUTO, &plan);
    for (size_t k = 0; k < ZS_LEN(strategies); k++) {
        const uint64_t bytes = bytes_of(&b, strategies[k], &plan);
        ck_assert_msg(best <= bytes, "%u BRAM18, batch %u: auto moves %llu bytes, strategy %u %llu",
                      b.d.board.bram18, b.d.batch, (unsigned long long)best, strategies[k],
                      (unsigned long long)bytes);
    }
    teardown(&b);
}
END_TEST

START_TEST(test_auto_is_the_best_on_small_networks_too)
{
    bench b = {0};
    zs_arena_init(&b.arena, test_heap());
    b.net = test_net_build(&b.arena, _i);
    zs_prng prng = {.state = 3 + (uint64_t)_i};
    for (int k = 0; k < 12; k++) {
        b.d = test_random_design(&prng, ZS_FP32);
        const zs_plan *plan;
        const uint64_t best = bytes_of(&b, ZS_FUSION_AUTO, &plan);
        for (size_t f = 0; f < ZS_LEN(strategies); f++) {
            const uint64_t bytes = bytes_of(&b, strategies[f], &plan);
            ck_assert_msg(best <= bytes, "%s, %s: auto moves %llu bytes, strategy %u %llu",
                          b.net->name, test_design_line(&b.d), (unsigned long long)best,
                          strategies[f], (unsigned long long)bytes);
        }
    }
    zs_arena_drop(&b.arena);
}
END_TEST

/* Neither squeeze output pays alone here: each takes block RAM from the weights. */
START_TEST(test_auto_knows_what_fire_keeps_together)
{
    bench b = {0};
    zs_arena_init(&b.arena, test_heap());
    b.net = test_net_build(&b.arena, 0);
    zs_design_defaults(&b.d);
    b.d.batch = 2;
    b.d.board.bram18 = 64;
    TILED(b.d)->loop_order = ZS_INPUT_STATIONARY;
    TILED(b.d)->tile.oc = TILED(b.d)->tile.ic = 64;
    TILED(b.d)->tile.oy = 5;
    TILED(b.d)->tile.ox = 1;
    b.d.accel.unroll.ic = 1;
    b.d.accel.unroll.ox = 2;
    b.d.accel.unroll.kx = 3;
    TILED(b.d)->double_buffer.input = TILED(b.d)->double_buffer.output = false;
    const zs_plan *plan;
    const uint64_t fire = bytes_of(&b, ZS_FUSION_FIRE, &plan);
    ck_assert_uint_le(bytes_of(&b, ZS_FUSION_AUTO, &plan), fire);
    zs_arena_drop(&b.arena);
}
END_TEST

/* Two expands of a fire module that reads the picture itself: the cache is flushed for both at
 * once. */
START_TEST(test_picture_is_flushed_once_for_a_call)
{
    static const char *const pair[] = {"a", "b"};
    const zs_name_list group = {.names = pair, .n = 2};
    bench b;
    zs_arena_init(&b.arena, test_heap());
    b.spec = test_spec_new(3, 20, 20);
    test_conv(b.spec, "a", "data", 4, 1, 1, 0);
    test_conv(b.spec, "b", "data", 4, 3, 1, 1);
    test_layer(b.spec, ZS_LAYER_CONCAT, "cat", "a b");
    b.net = test_net(&b.arena, b.spec);
    zs_design_defaults(&b.d);
    b.d.accel.fusion = ZS_FUSION_GROUPS;
    b.d.accel.groups = &group;
    b.d.accel.group_n = 1;
    const zs_plan *plan = test_plan(&b.arena, &b.d, b.net);
    ck_assert_uint_eq(plan->call_n, 1);
    ck_assert_int_eq(plan->ops[1].code, ZS_OP_HOST);
    const zs_cpu_params *cpu = &b.d.board.cpu;
    const double seconds = zs_cpu_call_start_s(cpu, b.d.accel.clock_hz, b.d.accel.registers) +
                           zs_cpu_cache_s(cpu, 3 * 20 * 20 * 4);
    ck_assert_uint_eq(plan->costs[plan->ops[1].cost_key].pl_cycles,
                      zs_seconds_to_pl_cycles(seconds, b.d.accel.clock_hz));
    teardown(&b);
}
END_TEST

TCase *tcase_fusion(void)
{
    TCase *tc = tcase_create("fusion");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, test_squeezenet_makes_the_calls_of_the_strategy, 0,
                        (int)ZS_LEN(fusions));
    tcase_add_test(tc, test_module_names_come_from_the_path_of_the_squeeze);
    tcase_add_test(tc, test_listed_groups_become_calls);
    tcase_add_loop_test(tc, test_group_that_cannot_be_is_refused_with_the_reason, 0,
                        (int)ZS_LEN(bad_groups));
    tcase_add_test(tc, test_auto_knows_what_fire_keeps_together);
    tcase_add_test(tc, test_picture_is_flushed_once_for_a_call);
    tcase_add_test(tc, test_fire_saves_the_traffic_of_the_squeeze_tensors_and_no_more);
    tcase_add_test(tc, test_fire_keeps_only_what_fits_the_block_ram);
    tcase_add_loop_test(tc, test_auto_never_moves_more_than_another_strategy, 0, 10);
    tcase_add_loop_test(tc, test_auto_is_the_best_on_small_networks_too, 0, TEST_NET_N);
    return tc;
}
