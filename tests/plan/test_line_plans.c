#include "../../src/kinds/linebuffer/line_priv.h"
#include "plan_cases.h"
#include "kind_rows.h"
#include "zynqsim/kind.h"

#include "nets.h"
#include "set_key.h"

#include <string.h>

/* Plans of kind linebuffer: prices by hand, cuts, what the PS does, refusals. */

static zs_arena arena;
static test_spec *spec;
static zs_design design;

static void set_up(void)
{
    zs_arena_init(&arena, test_heap());
    zs_design_defaults(&design);
    zs_design_set_kind(&design, KIND_linebuffer);
    design.accel.precision = ZS_INT8;
    design.accel.unroll.oc = design.accel.unroll.ic = 16;
    design.accel.ports.input = design.accel.ports.output = ZS_PORT_ACP;
    design.accel.buffer.weight_bytes = 147456;
    design.board.bram18 = 280;
}

static void tear_down(void)
{
    if (spec != NULL)
        test_spec_free(spec);
    spec = NULL;
    zs_arena_drop(&arena);
}

static const zs_plan *plan_of(test_spec *s)
{
    spec = s;
    return test_plan(&arena, &design, test_net(&arena, s));
}

/* Price of the n-th op of a kind. */
static uint64_t price(const zs_plan *plan, zs_op_code kind, uint32_t n)
{
    for (uint32_t i = 0; i < plan->op_n; i++)
        if (plan->ops[i].code == kind && n-- == 0)
            return plan->costs[plan->ops[i].cost_key].pl_cycles;
    ck_abort_msg("no such op");
    return 0;
}

/* ---- prices ---------------------------------------------------------------------------------- */

/* 16 to 64 channels, 1x1, 56 x 56: four filters a PE, one word of input each.
 * setup: 11 + 16 x 2 + 16 x (4 + 2); row: 16/8 + 3 + 1 + 6, 56 x (4 + 18 + 15 x (4 + 1)), 64/8 + 12
 */
START_TEST(test_a_row_of_a_1x1_layer_costs_what_its_loops_take)
{
    test_spec *s = test_spec_new(16, 56, 56);
    test_conv(s, "expand", "", 64, 1, 1, 0);
    const zs_plan *plan = plan_of(s);
    ck_assert_uint_eq(price(plan, ZS_OP_POST, 0), 139);
    ck_assert_uint_eq(price(plan, ZS_OP_MAC, 0), 12 + 56 * 97 + 20);
    ck_assert_uint_eq(test_count_ops(plan, ZS_OP_MAC), 57); /* the last row in two pieces */
    ck_assert_uint_eq(price(plan, ZS_OP_MAC, 55), 12 + 55 * 97);
    ck_assert_uint_eq(price(plan, ZS_OP_MAC, 56), 97 + 20);
}
END_TEST

/* Three lines, and three loops where the 1x1 layer has one:
 * 48/8 + 9 + 9 + 18; 56 x (36 + 18 + 15 x 5) */
START_TEST(test_a_3x3_layer_copies_three_lines_into_its_window)
{
    test_spec *s = test_spec_new(16, 56, 56);
    test_conv(s, "expand", "", 64, 3, 1, 1);
    ck_assert_uint_eq(price(plan_of(s), ZS_OP_MAC, 0), 42 + 56 * 129 + 20);
}
END_TEST

/* A pass has 28 windows of 3 x 2 new pixels of 8 beats and 19 clocks, and 3 x 1 pixels once. The
 * next row hides its start and seven pixels of it: 6 in the FIFO, one in the PEs. */
START_TEST(test_pooling_costs_what_the_next_row_does_not_hide)
{
    test_spec *s = test_spec_new(16, 56, 56);
    test_conv(s, "expand", "", 64, 1, 1, 0);
    test_pool(s, "pool", "", ZS_POOL_MAX, 3, 2)->ceil_mode = true;
    const zs_plan *plan = plan_of(s);
    const uint64_t pass = 28 * (48 + 19) + 24, hidden = 12 + 7 * 97;
    ck_assert_uint_eq(test_count_ops(plan, ZS_OP_POST), 1 + 28);
    ck_assert_uint_eq(price(plan, ZS_OP_POST, 1), pass - hidden);
    ck_assert_uint_eq(price(plan, ZS_OP_POST, 28), pass);
}
END_TEST

/* What sets the pace of a pixel: 64 PEs are faster than the next window of 512 channels comes. */
START_TEST(test_a_pixel_takes_as_long_as_its_slowest_stage)
{
    test_spec *s = test_spec_new(512, 3, 8);
    test_conv(s, "conv", "", 16, 3, 1, 1);
    design.accel.unroll.ic = 64;
    design.board.axi.acp.beat_bytes = 4;
    /* next: 512/4 + 3 + 9 x 8 + 18 + 2; products: 72 + 18 + 30 */
    ck_assert_uint_eq(price(plan_of(s), ZS_OP_MAC, 0), (384 + 9 + 90) + 8 * 223 + 16 + 12);
}
END_TEST

/* ---- calls ----------------------------------------------------------------------------------- */

/* A PE has 576 words; a filter of 512 channels takes 32. 63 filters a PE need four calls of 16. */
START_TEST(test_a_layer_beyond_the_weight_memory_is_cut_into_equal_calls)
{
    test_spec *s = test_spec_new(512, 14, 14);
    test_conv(s, "conv10", "", 1000, 1, 1, 0);
    const zs_plan *plan = plan_of(s);
    ck_assert_uint_eq(plan->call_n, 4);
    ck_assert_uint_eq(plan->row_n, 5);
    for (uint32_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(line_of(&plan->rows[i])->oc0, 256 * i);
        ck_assert_uint_eq(line_of(&plan->rows[i])->oc_n, 256);
        ck_assert_uint_eq(test_moved_bytes(plan, &design, ZS_OP_LOAD_W, (int)i), 131328);
        ck_assert_uint_eq(test_moved_bytes(plan, &design, ZS_OP_LOAD_X, (int)i), 100352);
        ck_assert_uint_eq(test_moved_bytes(plan, &design, ZS_OP_STORE, (int)i), 50176);
    }
    ck_assert_str_eq(plan->rows[3].name, "conv10/4");
    ck_assert_str_eq(plan->rows[4].name, "conv10/join");
    ck_assert_uint_eq(plan->rows[0].macs + plan->rows[1].macs + plan->rows[2].macs +
                          plan->rows[3].macs,
                      UINT64_C(512) * 1000 * 196);
}
END_TEST

/* 3 x 3 x 3 values a pixel in words of 16: 32 channels of 113 x 113 pixels. */
START_TEST(test_the_ps_lays_out_a_first_layer_of_few_channels)
{
    test_spec *s = test_spec_new(3, 227, 227);
    test_conv(s, "conv1", "", 64, 3, 2, 0);
    const zs_plan *plan = plan_of(s);
    ck_assert_uint_eq(plan->row_n, 2);
    ck_assert_str_eq(plan->rows[0].op, "im2col");
    ck_assert_uint_eq(plan->rows[0].call, ZS_NO_INDEX);
    ck_assert_uint_eq(test_moved_bytes(plan, &design, ZS_OP_LOAD_X, 1), 408608);
    ck_assert_uint_eq(test_moved_bytes(plan, &design, ZS_OP_LOAD_W, 1), 2112);
    test_set(&design, "accelerator.linebuffer.im2col", 0);
    plan = test_plan(&arena, &design, test_net(&arena, s));
    ck_assert_uint_eq(plan->row_n, 1);
    ck_assert_uint_eq(test_moved_bytes(plan, &design, ZS_OP_LOAD_X, 0), 227 * 227 * 16);
}
END_TEST

/* A flattened picture is one window of a convolution. */
START_TEST(test_a_fully_connected_layer_is_one_pixel)
{
    test_spec *s = test_spec_new(16, 4, 5);
    test_layer(s, ZS_LAYER_FC, "fc", "")->oc = 10;
    const zs_plan *plan = plan_of(s);
    ck_assert_uint_eq(test_count_ops(plan, ZS_OP_MAC), 1);
    ck_assert_uint_eq(plan->rows[0].window.kh, 4);
    ck_assert_uint_eq(plan->rows[0].window.kw, 5);
    ck_assert_uint_eq(test_moved_bytes(plan, &design, ZS_OP_LOAD_W, 0), 16 * (320 + 1));
}
END_TEST

/* Every part of a fire module is a call; the PS joins the expands, or what was pooled of them. */
START_TEST(test_parts_of_a_tensor_are_joined_by_the_ps)
{
    static const struct {
        uint32_t fusion, calls, joins, pools;
    } wanted[] = {{ZS_FUSION_LF2, 29, 9, 0}, {ZS_FUSION_LF1, 29, 9, 3}};
    spec = test_squeezenet_v11();
    design.accel.fusion = wanted[_i].fusion;
    const zs_plan *plan = test_plan(&arena, &design, test_net(&arena, spec));
    uint32_t joins = 0, pools = 0;
    for (uint32_t i = 0; i < plan->row_n; i++) {
        joins += strcmp(plan->rows[i].op, "join") == 0;
        pools += strcmp(plan->rows[i].op, "pool") == 0;
    }
    ck_assert_uint_eq(plan->call_n, wanted[_i].calls);
    ck_assert_uint_eq(joins, wanted[_i].joins);
    ck_assert_uint_eq(pools, wanted[_i].pools);
}
END_TEST

/* Lines of 56 x 16 bytes: 9 fit the FIFO of 8 KiB, one is in use, one comes in. */
START_TEST(test_loads_run_ahead_as_far_as_the_fifo_holds_lines)
{
    test_spec *s = test_spec_new(16, 56, 56);
    test_conv(s, "expand", "", 64, 1, 1, 0);
    const zs_plan *plan = plan_of(s);
    uint32_t first_mac = 0, lines = 0;
    while (plan->ops[first_mac].code != ZS_OP_MAC) {
        if (plan->ops[first_mac].code == ZS_OP_LOAD_X)
            lines += plan->boxes[first_mac].oy_n;
        first_mac++;
    }
    ck_assert_uint_eq(line_of(&plan->rows[0])->ring_lines, 11);
    ck_assert_uint_eq(lines, 9); /* the first row's, then by four: a third four would not fit */
}
END_TEST

/* The engine has dense convolutions alone; a pool behind another one is not fused into it. */
START_TEST(test_the_ps_runs_grouped_convolutions)
{
    spec = test_spec_new(32, 20, 30);
    test_conv(spec, "grouped", "", 32, 3, 1, 1)->groups = 2;
    test_pool(spec, "pool", "grouped", ZS_POOL_MAX, 2, 2);
    test_conv(spec, "dense", "pool", 16, 1, 1, 0);
    const zs_plan *plan = test_plan(&arena, &design, test_net(&arena, spec));
    ck_assert_uint_eq(plan->call_n, 1);
    ck_assert_uint_eq(plan->row_n, 3);
    for (uint32_t i = 0; i < 2; i++)
        ck_assert_uint_eq(line_of(&plan->rows[i])->step, ZS_HOST_LAYER);
    ck_assert_str_eq(plan->rows[1].name, "pool");
}
END_TEST

/* ---- refusals -------------------------------------------------------------------------------- */

static void want_refusal(const zs_net *net, zs_status wanted, const char *place, const char *word)
{
    zs_plan *plan = NULL;
    zs_err err = {0};
    zs_status status = zs_design_check(&design, &err);
    if (status == ZS_OK)
        status = zs_plan_build(&arena, &design, net, &plan, &err);
    ck_assert_int_eq(status, wanted);
    ck_assert_str_eq(err.place, place);
    ck_assert_msg(strstr(err.text, word) != NULL, "%s", err.text);
    ck_assert_ptr_null(plan);
}

START_TEST(test_what_the_engine_cannot_do_is_refused_by_name)
{
    static const char *const foreign[] = {"accelerator.unroll.oy", "accelerator.unroll.ox",
                                          "accelerator.unroll.ky", "accelerator.unroll.kx",
                                          "accelerator.channel_block"};
    spec = test_spec_new(32, 20, 30);
    test_conv(spec, "conv", "", 16, 3, 1, 1);
    const zs_net *dense = test_net(&arena, spec);
    const zs_design fit = design;
    design.accel.precision = ZS_FP32;
    want_refusal(dense, ZS_EUNSUPPORTED, "accelerator.precision", "fp32");
    design = fit;
    for (size_t i = 0; i < ZS_LEN(foreign); i++) {
        zs_err err = {0};
        ck_assert_int_eq(zs_design_set(&design, NULL, foreign[i], "2", &err), ZS_EPARSE);
        ck_assert_str_eq(err.place, foreign[i]);
    }
    design.accel.buffer.weight_bytes = 4607; /* 16 PEs x 18 words x 16 bytes less one */
    want_refusal(dense, ZS_ERANGE, "accelerator.buffer.weight", "4608 are needed");
    test_set(&design, "accelerator.linebuffer.weights", 4607);
    want_refusal(dense, ZS_ERANGE, "accelerator.linebuffer.weights", "4608 are needed");
    design = fit;
    test_set(&design, "accelerator.linebuffer.line", 959);
    want_refusal(dense, ZS_ERANGE, "accelerator.linebuffer.line", "960 are needed");
    test_set(&design, "accelerator.linebuffer.line", 960);
    design.accel.buffer.weight_bytes = 4608;
    ck_assert_uint_eq(test_plan(&arena, &design, dense)->call_n, 1);
}
END_TEST

TCase *tcase_line_plans(void)
{
    TCase *tc = tcase_create("line plans");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, test_a_row_of_a_1x1_layer_costs_what_its_loops_take);
    tcase_add_test(tc, test_a_3x3_layer_copies_three_lines_into_its_window);
    tcase_add_test(tc, test_pooling_costs_what_the_next_row_does_not_hide);
    tcase_add_test(tc, test_a_pixel_takes_as_long_as_its_slowest_stage);
    tcase_add_test(tc, test_a_layer_beyond_the_weight_memory_is_cut_into_equal_calls);
    tcase_add_test(tc, test_the_ps_lays_out_a_first_layer_of_few_channels);
    tcase_add_test(tc, test_a_fully_connected_layer_is_one_pixel);
    tcase_add_loop_test(tc, test_parts_of_a_tensor_are_joined_by_the_ps, 0, 2);
    tcase_add_test(tc, test_loads_run_ahead_as_far_as_the_fifo_holds_lines);
    tcase_add_test(tc, test_the_ps_runs_grouped_convolutions);
    tcase_add_test(tc, test_what_the_engine_cannot_do_is_refused_by_name);
    return tc;
}
