#include "rig.h"
#include "sim_cases.h"
#include "tiled.h"

#include "zynqsim/kind.h"
#include "zynqsim/systolic.h"

/* A design whose MACs are a systolic array keeps the clocks of the array alone where its memory is
 * fast enough. */

enum { DEPTH = 64, PIXELS = 4, TILES = 10 };

typedef struct seen {
    const zs_plan *plan;
    uint64_t first_mac, last_mac, last_out, tiles;
} seen;

static void retired(void *ctx, uint32_t op, uint64_t start, uint64_t end)
{
    seen *s = ctx;
    if (s->plan->ops[op].code == ZS_OP_MAC) {
        s->first_mac = s->tiles == 0 ? start : s->first_mac;
        ck_assert(s->tiles == 0 || start == s->last_mac); /* back to back */
        s->last_mac = end;
        s->tiles++;
    }
    if (s->plan->ops[op].code == ZS_OP_DRAIN)
        s->last_out = end;
}

START_TEST(test_tiles_follow_back_to_back_while_sums_leave)
{
    static const char *const input[1] = {"data"};
    const zs_systolic array = {.rows = PIXELS,
                               .cols = 2u << _i,
                               .mul_latency_pl_cycles = 1 + (uint32_t)_i,
                               .add_latency_pl_cycles = 1};
    const zs_layer_spec layer = {.name = "product",
                                 .op = ZS_LAYER_CONV,
                                 .in = input,
                                 .in_n = 1,
                                 .oc = array.cols * TILES,
                                 .groups = 1,
                                 .window = {.kh = 1, .kw = 1, .sh = 1, .sw = 1, .dh = 1, .dw = 1},
                                 .no_bias = true};
    const zs_net_spec spec = {.name = "product",
                              .input = {.name = input[0], .shape = {DEPTH, 1, PIXELS}},
                              .layers = &layer,
                              .layer_n = 1};
    zs_arena arena;
    zs_net *net;
    zs_plan *plan;
    zs_result *result;
    zs_err err = {0};
    zs_design d;
    zs_arena_init(&arena, test_heap());
    ck_assert_int_eq(zs_net_build(&arena, &spec, &net, &err), ZS_OK);
    zs_design_defaults(&d);
    d.accel.precision = ZS_INT8;
    d.accel.unroll.oc = array.cols;
    d.accel.unroll.ox = array.rows;
    d.accel.unroll.ic = 1;
    TILED(d)->mac.kind = ZS_ARRAY_SYSTOLIC;
    TILED(d)->mac.mul_latency_pl_cycles = array.mul_latency_pl_cycles;
    TILED(d)->tile.oc = array.cols;
    TILED(d)->tile.ic = DEPTH;
    TILED(d)->tile.oy = 1;
    TILED(d)->tile.ox = PIXELS;
    d.accel.buffer.weight_bytes =
        UINT64_C(2) * TILES * array.cols * DEPTH; /* none waits for room */
    d.board.memory.kind = ZS_MEMORY_FIXED;
    d.board.axi.hp.beat_bytes = 16;
    d.board.axi.hp.read_latency_pl_cycles = 1;
    ck_assert_msg(zs_plan_build(&arena, &d, net, &plan, &err) == ZS_OK, "%s", err.text);
    seen s = {.plan = plan};
    const zs_retire_hook hook = {.ctx = &s, .retired = retired};
    ck_assert_msg(zs_sim_run(&arena, &d, net, plan, ZS_TILE, &hook, &result, &err) == ZS_OK, "%s",
                  err.text);
    const zs_systolic_times t = zs_systolic_run(&array, DEPTH, TILES);
    ck_assert_uint_eq(s.tiles, TILES);
    ck_assert_uint_eq(s.last_mac - s.first_mac, t.last_input + 1);
    ck_assert_uint_eq(s.last_out - s.first_mac, t.last_output + 1);
    zs_arena_drop(&arena);
}
END_TEST

static const char *const refused[][2] = {
    {"accelerator.unroll.ic", "2"},           {"accelerator.unroll.ky", "3"},
    {"accelerator.unroll.kx", "3"},           {"accelerator.pipeline", "false"},
    {"accelerator.initiation_interval", "2"}, {"accelerator.pipeline_depth", "9"},
};

START_TEST(test_what_a_systolic_array_does_not_do_is_refused)
{
    test_rig rig;
    zs_arena arena;
    zs_plan *plan;
    zs_err err = {0};
    zs_design d;
    test_rig_init(&rig, 0, ZS_INT8);
    zs_arena_init(&arena, test_heap());
    zs_design_defaults(&d);
    d.accel.unroll.ic = 1;
    TILED(d)->mac.kind = ZS_ARRAY_SYSTOLIC;
    ck_assert_int_eq(zs_design_set(&d, NULL, refused[_i][0], refused[_i][1], &err), ZS_OK);
    ck_assert_int_eq(zs_plan_build(&arena, &d, rig.net, &plan, &err), ZS_ERANGE);
    ck_assert_str_eq(err.place, refused[_i][0]);
    zs_arena_drop(&arena);
    test_rig_drop(&rig);
}
END_TEST

TCase *tcase_systolic_plan(void)
{
    TCase *tc = tcase_create("systolic designs");
    tcase_add_loop_test(tc, test_tiles_follow_back_to_back_while_sums_leave, 0, 3);
    tcase_add_loop_test(tc, test_what_a_systolic_array_does_not_do_is_refused, 0, ZS_LEN(refused));
    return tc;
}
