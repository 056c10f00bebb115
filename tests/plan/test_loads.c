#include "plan_cases.h"
#include "zynqsim/kind.h"

#include "nets.h"
#include "tiled.h"

/* What a step loads, and in which rows: layouts of weights, tiles that are not kept, loads that go
 * together. One layer, 6 maps of 5 x 5 to 7 maps, kernel 3; tiles of 4 x 4 channels, 2 x 5 pixels:
 * 2 tiles of output maps, 2 of input maps, 3 of rows. */

typedef struct bench {
    zs_arena arena;
    test_spec *spec;
    const zs_net *net;
    zs_design d;
} bench;

static void start(bench *b, bool has_bias)
{
    zs_arena_init(&b->arena, test_heap());
    b->spec = test_spec_new(6, 7, 7);
    test_conv(b->spec, "conv", "", 7, 3, 1, 0)->no_bias = !has_bias;
    b->net = test_net(&b->arena, b->spec);
    zs_design_defaults(&b->d);
    TILED(b->d)->tile.oc = TILED(b->d)->tile.ic = 4;
    TILED(b->d)->tile.oy = 2;
    TILED(b->d)->tile.ox = 5;
    TILED(b->d)->outer_loop = ZS_OUTER_PIXELS;
}

static void end(bench *b)
{
    test_spec_free(b->spec);
    zs_arena_drop(&b->arena);
}

enum { STEPS = 2 * 2 * 3, BIAS_LOADS = 2 * 3 };

START_TEST(test_a_tile_in_its_buffer_is_loaded_again_only_when_asked_to)
{
    bench b;
    start(&b, true);
    const bool pixels = _i;
    TILED(b.d)->outer_loop = pixels ? ZS_OUTER_PIXELS : ZS_OUTER_CHANNELS;
    const zs_plan *kept = test_plan(&b.arena, &b.d, b.net);
    ck_assert_uint_eq(test_count_ops(kept, ZS_OP_MAC), STEPS);
    ck_assert_uint_eq(test_count_ops(kept, ZS_OP_LOAD_X), pixels ? 2 * 3 : STEPS);
    ck_assert_uint_eq(test_count_ops(kept, ZS_OP_LOAD_W), pixels ? STEPS : 2 * 2);
    TILED(b.d)->keep_tiles = false;
    const zs_plan *plan = test_plan(&b.arena, &b.d, b.net);
    ck_assert_uint_eq(test_count_ops(plan, ZS_OP_MAC), STEPS);
    ck_assert_uint_eq(test_count_ops(plan, ZS_OP_LOAD_X), STEPS);
    ck_assert_uint_eq(test_count_ops(plan, ZS_OP_LOAD_W), STEPS);
    end(&b);
}
END_TEST

/* All weights once for each of the three tiles of rows; biases as often, where there are any. */
START_TEST(test_biases_are_loaded_in_oihw_only_where_the_layer_has_them)
{
    bench b;
    const bool has_bias = _i;
    start(&b, has_bias);
    TILED(b.d)->keep_tiles = false;
    TILED(b.d)->weight_layout = ZS_LAYOUT_OIHW;
    const zs_plan *plan = test_plan(&b.arena, &b.d, b.net);
    ck_assert_uint_eq(test_count_ops(plan, ZS_OP_LOAD_W), STEPS + (has_bias ? BIAS_LOADS : 0));
    ck_assert_uint_eq(test_moved_bytes(plan, &b.d, ZS_OP_LOAD_W, ALL_ROWS),
                      3 * 4 * (7 * 6 * 9 + (has_bias ? 7 : 0)));
    end(&b);
}
END_TEST

START_TEST(test_a_tile_of_oihw_weights_is_a_row_per_output_map)
{
    bench b;
    start(&b, false);
    TILED(b.d)->weight_layout = ZS_LAYOUT_OIHW;
    const zs_plan *plan = test_plan(&b.arena, &b.d, b.net);
    const zs_plan_row *row = &plan->rows[0];
    ck_assert_uint_eq(row->weight_base % 4096, 0);
    zs_tile_box box = {.oc0 = 4, .oc_n = 3, .ic0 = 4, .ic_n = 2};
    const zs_xfer x = plan->kind->xfer(row, &b.d, ZS_OP_LOAD_W, &box);
    ck_assert_uint_eq(x.addr, row->weight_base + (4 * 6 + 4) * 9 * 4);
    ck_assert_uint_eq(x.row_bytes, 2 * 9 * 4);
    ck_assert_uint_eq(x.row_pitch_bytes, 6 * 9 * 4);
    ck_assert_uint_eq(x.row_n, 3);
    ck_assert_uint_eq(x.plane_n, 1);
    box.ic0 = 0, box.ic_n = 6; /* all of them: contiguous */
    ck_assert_uint_eq(plan->kind->xfer(row, &b.d, ZS_OP_LOAD_W, &box).row_n, 1);
    b.d.accel.dma.merge_rows = false;
    ck_assert_uint_eq(plan->kind->xfer(row, &b.d, ZS_OP_LOAD_W, &box).row_n, 3);
    end(&b);
}
END_TEST

START_TEST(test_oihw_weights_of_every_layer_start_at_a_page_and_biases_lie_behind)
{
    bench b;
    start(&b, true);
    test_conv(b.spec, "second", "", 3, 1, 1, 0);
    b.net = test_net(&b.arena, b.spec);
    TILED(b.d)->weight_layout = ZS_LAYOUT_OIHW;
    const zs_plan *plan = test_plan(&b.arena, &b.d, b.net);
    ck_assert_uint_eq(plan->row_n, 2);
    ck_assert_uint_ge(plan->rows[0].bias_base, plan->rows[0].weight_base + 7 * 6 * 9 * 4);
    ck_assert_uint_ge(plan->rows[1].weight_base, plan->rows[0].bias_base + 7 * 4);
    ck_assert_uint_eq(plan->rows[1].weight_base % 4096, 0);
    end(&b);
}
END_TEST

static bool waits_for(const zs_tile_op *op, uint32_t other)
{
    return op->wait[0] == other || op->wait[1] == other || op->wait[2] == other;
}

/* On one channel weights say that they follow; on two, each waits for the other's load before. */
START_TEST(test_loads_of_a_step_go_together_when_chained)
{
    bench b;
    const bool one_channel = _i;
    start(&b, true);
    TILED(b.d)->keep_tiles = false;
    b.d.accel.dma.chain = true;
    b.d.accel.ports.weight = one_channel ? ZS_PORT_HP0 : ZS_PORT_HP1;
    b.d.accel.buffer.weight_bytes = UINT64_C(2) * 8 * 4 * 9 * 4; /* two slots, as inputs have */
    const zs_plan *plan = test_plan(&b.arena, &b.d, b.net);
    ck_assert_uint_eq(plan->rows[0].weight_slots, 2);
    uint32_t x = ZS_NO_OP, w = ZS_NO_OP, coupled = 0, steps = 0;
    for (uint32_t i = 0; i < plan->op_n; i++) {
        const zs_tile_op *op = &plan->ops[i];
        if (op->code == ZS_OP_LOAD_X) {
            coupled += w != ZS_NO_OP && waits_for(op, w);
            x = i;
        } else if (op->code == ZS_OP_LOAD_W) {
            ck_assert_uint_eq((plan->boxes[i].flags & ZS_BOX_CHAINED) != 0, one_channel);
            ck_assert_uint_eq(i, x + 1);
            if (steps++ >= 2)
                ck_assert_uint_eq(op->wait[0], plan->ops[x].wait[0]); /* that frees both */
            w = i;
        }
    }
    ck_assert_uint_eq(coupled, one_channel ? 0 : STEPS - 1);
    end(&b);
}
END_TEST

START_TEST(test_channels_of_one_pixel_are_rows_that_merge)
{
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    test_spec *spec = test_spec_new(12, 1, 1);
    test_conv(spec, "conv", "", 8, 1, 1, 0);
    const zs_net *net = test_net(&arena, spec);
    zs_design d;
    zs_design_defaults(&d);
    const zs_plan *plan = test_plan(&arena, &d, net);
    const zs_tile_box box = {.ic_n = 12, .oc_n = 8, .oy_n = 1, .ox_n = 1};
    const zs_xfer merged = plan->kind->xfer(&plan->rows[0], &d, ZS_OP_LOAD_X, &box);
    ck_assert_uint_eq(merged.row_n, 1);
    ck_assert_uint_eq(merged.row_bytes, 12 * 4);
    d.accel.dma.merge_rows = false;
    const zs_xfer apart = plan->kind->xfer(&plan->rows[0], &d, ZS_OP_STORE, &box);
    ck_assert_uint_eq(apart.row_n, 8);
    ck_assert_uint_eq(apart.row_bytes, 4);
    test_spec_free(spec);
    zs_arena_drop(&arena);
}
END_TEST

TCase *tcase_loads(void)
{
    TCase *tc = tcase_create("loads of a step");
    tcase_add_loop_test(tc, test_a_tile_in_its_buffer_is_loaded_again_only_when_asked_to, 0, 2);
    tcase_add_loop_test(tc, test_biases_are_loaded_in_oihw_only_where_the_layer_has_them, 0, 2);
    tcase_add_test(tc, test_a_tile_of_oihw_weights_is_a_row_per_output_map);
    tcase_add_test(tc, test_oihw_weights_of_every_layer_start_at_a_page_and_biases_lie_behind);
    tcase_add_loop_test(tc, test_loads_of_a_step_go_together_when_chained, 0, 2);
    tcase_add_test(tc, test_channels_of_one_pixel_are_rows_that_merge);
    return tc;
}
