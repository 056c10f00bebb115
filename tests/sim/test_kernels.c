#include "../support/nets.h"
#include "../support/set_key.h"
#include "kind_rows.h"
#include "rig.h"
#include "small_nets.h"
#include "sim_cases.h"
#include "zynqsim/bound.h"
#include "zynqsim/kind.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* accelerator.kind: kernels, from plan to result. */

static const struct {
    bool register_sum, local_weights, local_input;
    uint32_t batch, oc, ic, oy, ox, ky, kx;
} variants[] = {
    {false, false, false, 1, 1, 1, 1, 1, 1, 1},
    {true, false, false, 2, 1, 1, 1, 1, 3, 3},
    {true, true, false, 3, 2, 4, 1, 1, 1, 1},
    {false, true, true, 2, 4, 1, 2, 4, 3, 3},
};

static zs_design variant(size_t i, uint32_t precision)
{
    zs_design d;
    zs_design_defaults(&d);
    zs_design_set_kind(&d, KIND_kernels);
    d.accel.precision = precision;
    d.accel.fusion = ZS_FUSION_NONE;
    d.batch = variants[i].batch;
    test_set(&d, "accelerator.kernels.register_sum", variants[i].register_sum);
    test_set(&d, "accelerator.kernels.local_weights", variants[i].local_weights);
    test_set(&d, "accelerator.kernels.local_input", variants[i].local_input);
    d.accel.unroll.oc = variants[i].oc;
    d.accel.unroll.ic = variants[i].ic;
    d.accel.unroll.oy = variants[i].oy;
    d.accel.unroll.ox = variants[i].ox;
    d.accel.unroll.ky = variants[i].ky;
    d.accel.unroll.kx = variants[i].kx;
    return d;
}

START_TEST(test_every_net_precision_and_option_gives_the_bits_of_the_reference)
{
    test_rig rig;
    zs_arena point;
    const uint32_t precision = (uint32_t)_i / TEST_NET_N;
    test_rig_init(&rig, _i % TEST_NET_N, precision);
    zs_arena_init(&point, test_heap());
    for (size_t i = 0; i < ZS_LEN(variants); i++) {
        const zs_design d = variant(i, precision);
        test_rig_execute(&rig, &point, &d, i % 2 ? ZS_TILE : ZS_BURST);
        zs_arena_reset(&point);
    }
    zs_arena_drop(&point);
    test_rig_drop(&rig);
}
END_TEST

START_TEST(test_no_order_that_the_waits_allow_gives_other_bits)
{
    test_rig rig;
    zs_arena point;
    const zs_design d = variant(1, ZS_FP32);
    test_rig_init(&rig, _i, ZS_FP32);
    zs_arena_init(&point, test_heap());
    ck_assert_uint_eq(test_rig_wrong_orders(&rig, &d, test_rig_plan(&rig, &point, &d), 1), 0);
    zs_arena_drop(&point);
    test_rig_drop(&rig);
}
END_TEST

START_TEST(test_fidelities_move_the_same_bytes_and_bound_is_least)
{
    test_rig rig;
    zs_arena point;
    test_rig_init(&rig, _i, ZS_FP32);
    zs_arena_init(&point, test_heap());
    for (size_t i = 0; i < ZS_LEN(variants); i++) {
        const zs_design d = variant(i, ZS_FP32);
        test_rig_fidelities(&rig, &point, &d);
        zs_arena_reset(&point);
    }
    zs_arena_drop(&point);
    test_rig_drop(&rig);
}
END_TEST

/* ---- accelerator.kernels.optimise ------------------------------------------------------------ */

static const struct {
    const char *words;
    bool keeps_bits, keeps_bytes;
} rewrites[] = {
    {"", true, true},
    {"register_sum", true, true},
    {"unroll", true, true},
    {"tile", true, true},
    {"local_weights", true, true},
    {"local_input", true, true},
    {"local_input, tile, unroll", true, true},
    {"queues", true, true},
    {"parameterise", true, true},
    {"autorun", true, true},
    {"fuse_epilogue", true, false},
    {"channels", true, false},
    {"channels, autorun, queues", true, false},
    {"fuse_epilogue, channels", true, false},
    {"relaxed_float, unroll", false, true},
    {"register_sum, fuse_epilogue, unroll, tile, local_weights, local_input, channels, autorun, "
     "queues, parameterise",
     true, false},
};

static zs_design rewritten(zs_arena *arena, size_t i, uint32_t precision)
{
    zs_design d = variant(2, precision);
    zs_err err = {0};
    d.accel.unroll.kx = 2;
    test_set(&d, "accelerator.kernels.tile_oc", 3);
    test_set(&d, "accelerator.kernels.tile_oy", 2);
    test_set(&d, "accelerator.kernels.tile_ox", 3);
    ck_assert_msg(
        zs_design_set(&d, arena, "accelerator.kernels.optimise", rewrites[i].words, &err) == ZS_OK,
        "%s: %s", err.place, err.text);
    return d;
}

static uint64_t bytes_of(const zs_plan *plan)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < plan->op_n; i++)
        if (zs_op_is_transfer(plan->ops[i].code))
            bytes += zs_xfer_bytes(&plan->costs[plan->ops[i].cost_key].xfer);
    return bytes;
}

START_TEST(test_rewrites_keep_bits_and_the_bytes_they_do_not_speak_of)
{
    test_rig rig;
    zs_arena point;
    test_rig_init(&rig, _i % TEST_NET_N, _i < TEST_NET_N ? ZS_FP32 : ZS_INT8);
    zs_arena_init(&point, test_heap());
    uint64_t base = 0;
    for (size_t i = 0; i < ZS_LEN(rewrites); i++) {
        const zs_design d = rewritten(&point, i, _i < TEST_NET_N ? ZS_FP32 : ZS_INT8);
        const uint64_t bytes = bytes_of(test_rig_plan(&rig, &point, &d));
        base = i == 0 ? bytes : base;
        if (rewrites[i].keeps_bytes)
            ck_assert_uint_eq(bytes, base);
        else
            ck_assert_uint_le(bytes, base);
        if (rewrites[i].keeps_bits)
            test_rig_execute(&rig, &point, &d, i % 2 ? ZS_TILE : ZS_BURST);
        zs_arena_reset(&point);
    }
    zs_arena_drop(&point);
    test_rig_drop(&rig);
}
END_TEST

/* Expand, depthwise, project, with what went in added; tensors read twice are no channels. */
static test_spec *mobile_block(void)
{
    test_spec *s = test_spec_new(6, 9, 9);
    test_conv(s, "expand", "", 12, 1, 1, 0);
    test_relu(s, "expand/relu");
    test_conv(s, "depthwise", "", 12, 3, 1, 1)->groups = 12;
    test_relu(s, "depthwise/relu");
    test_conv(s, "project", "", 6, 1, 1, 0);
    test_layer(s, ZS_LAYER_ADD, "sum", "project data");
    test_conv(s, "last", "", 5, 3, 2, 1);
    return s;
}

/* One block of each kind: the shortcut is what went in, or a convolution of it. */
static test_spec *residual_blocks(void)
{
    test_spec *s = test_spec_new(5, 9, 9);
    test_conv(s, "a1", "", 5, 3, 1, 1);
    test_relu(s, "a1/relu");
    test_conv(s, "a2", "", 5, 3, 1, 1);
    test_layer(s, ZS_LAYER_ADD, "a", "a2 data");
    test_relu(s, "a/relu");
    test_conv(s, "b1", "", 7, 3, 2, 1);
    test_relu(s, "b1/relu");
    test_conv(s, "b2", "", 7, 3, 1, 1);
    test_conv(s, "shortcut", "a/relu", 7, 1, 2, 0);
    test_layer(s, ZS_LAYER_ADD, "b", "b2 shortcut");
    test_relu(s, "b/relu");
    return s;
}

static test_spec *inception(void)
{
    test_spec *s = test_spec_new(6, 8, 8);
    test_conv(s, "one", "data", 4, 1, 1, 0);
    test_conv(s, "reduce1", "data", 3, 1, 1, 0);
    test_relu(s, "reduce1/relu");
    test_conv(s, "three", "", 5, 3, 1, 1);
    test_conv(s, "reduce2", "data", 2, 1, 1, 0);
    test_conv(s, "five", "", 3, 5, 1, 2);
    test_window(test_pool(s, "pool", "data", ZS_POOL_MAX, 3, 1), 3, 1, 1, 1, 1, 1);
    test_conv(s, "project", "", 2, 1, 1, 0);
    test_layer(s, ZS_LAYER_CONCAT, "join", "one three five project");
    test_relu(s, "join/relu");
    return s;
}

static test_spec *(*const blocks_of_networks[])(void) = {mobile_block, residual_blocks, inception};

START_TEST(test_rewrites_keep_bits_of_blocks_of_networks)
{
    test_spec *s = blocks_of_networks[_i]();
    test_rig rig;
    zs_arena point;
    uint64_t base = 0;
    zs_arena_init(&rig.arena, test_heap());
    zs_arena_init(&point, test_heap());
    test_rig_init_net(&rig, test_net(&rig.arena, s), ZS_FP32);
    for (size_t i = 0; i < ZS_LEN(rewrites); i++) {
        const zs_design d = rewritten(&point, i, ZS_FP32);
        const uint64_t bytes = bytes_of(test_rig_plan(&rig, &point, &d));
        base = i == 0 ? bytes : base;
        ck_assert_msg(rewrites[i].keeps_bytes ? bytes == base : bytes <= base, "%s",
                      rewrites[i].words);
        if (rewrites[i].keeps_bits)
            test_rig_execute(&rig, &point, &d, i % 2 ? ZS_TILE : ZS_BURST);
        zs_arena_reset(&point);
    }
    zs_arena_drop(&point);
    test_rig_drop(&rig);
    test_spec_free(s);
}
END_TEST

START_TEST(test_no_order_of_kernels_at_once_gives_other_bits)
{
    test_rig rig;
    zs_arena point;
    test_rig_init(&rig, _i, ZS_FP32);
    zs_arena_init(&point, test_heap());
    const zs_design d =
        rewritten(&point, 13, ZS_FP32); /* queues have more units than there are orders */
    ck_assert_uint_eq(test_rig_wrong_orders(&rig, &d, test_rig_plan(&rig, &point, &d), 1), 0);
    zs_arena_drop(&point);
    test_rig_drop(&rig);
}
END_TEST

/* A sum of n products in any order is within n rounding steps of the sum of their magnitudes. */
START_TEST(test_relaxed_sums_stay_within_their_bound)
{
    test_spec *s = test_spec_new(13, 9, 9);
    zs_arena point;
    test_rig rig;
    float y[4 * 9 * 9];
    bool differs = false;
    test_conv(s, "conv", "", 4, 3, 1, 1);
    zs_arena_init(&rig.arena, test_heap());
    zs_arena_init(&point, test_heap());
    const zs_net *net = test_net(&rig.arena, s);
    test_rig_init_net(&rig, net, ZS_FP32);
    zs_design d = rewritten(&point, 14, ZS_FP32);
    d.board.family = _i == 0 ? ZS_FAMILY_STRATIX_10 : ZS_FAMILY_7_SERIES; /* one sum, five */
    test_set(&d, "accelerator.kernels.register_sum", true);
    d.batch = 1;
    const zs_plan *plan = test_rig_plan(&rig, &point, &d);
    zs_exec *exec = test_rig_exec(&rig, &point, &d, plan);
    const zs_retire_hook hook = zs_exec_hook(exec);
    (void)test_rig_run(&rig, &point, &d, plan, ZS_TILE, &hook);
    zs_exec_get(exec, 0, net->output, y);
    float most_x = 0; /* weights are within 1 */
    for (size_t i = 0; i < 13 * 9 * 9; i++)
        most_x = fmaxf(most_x, fabsf(rig.inputs[0][i]));
    const float bound = 2 * 118 * 118 * most_x * 6e-8f;
    for (size_t i = 0; i < ZS_LEN(y); i++) {
        ck_assert_float_le(fabsf(y[i] - rig.outputs[0][i]), bound);
        differs |= y[i] != rig.outputs[0][i];
    }
    ck_assert(differs);
    test_rig_drop(&rig);
    zs_arena_drop(&point);
    test_spec_free(s);
}
END_TEST

/* ---- cycles by hand -------------------------------------------------------------------------- */

/* `in_c` channels of 10 x 10 pixels through one layer of 4 filters; launches of no time. */
static zs_plan *plan_of_layer(zs_arena *arena, const zs_design *d, uint32_t in_c, uint32_t kernel,
                              uint32_t pad, bool depthwise)
{
    test_spec *s = test_spec_new(in_c, 10, 10);
    zs_layer_spec *conv = test_conv(s, "conv", "", 4, kernel, 1, pad);
    conv->groups = depthwise ? in_c : 1;
    const zs_net *net = test_net(arena, s);
    zs_plan *plan;
    zs_err err = {0};
    ck_assert_msg(zs_plan_build(arena, d, net, &plan, &err) == ZS_OK, "%s: %s", err.place,
                  err.text);
    test_spec_free(s);
    return plan;
}

static uint64_t cycles_of(const zs_plan *plan, uint32_t code)
{
    uint64_t cycles = 0;
    for (uint32_t i = 0; i < plan->op_n; i++)
        if (plan->ops[i].code == code)
            cycles += plan->costs[plan->ops[i].cost_key].pl_cycles;
    return cycles;
}

static const struct {
    uint32_t in_c, kernel, pad;
    bool depthwise, register_sum, local_weights, local_input, relaxed_float;
    uint32_t unroll_ic, unroll_k, add_latency;
    bool is_7_series; /* else Stratix 10, where no addition waits unless it is said */
    uint64_t pad_cycles, cycles;
} layers[] = {
    /* 1x1: the sum of one loop is in a register whatever the option says */
    {8, 1, 0, .unroll_ic = 1, .unroll_k = 1, .cycles = 4 * (10 * (10 * 9 + 1) + 1) + 1},
    {8, 1, 0, .unroll_ic = 4, .unroll_k = 1, .cycles = 4 * (10 * (10 * 3 + 1) + 1) + 1},
    /* 3x3 in global memory: 88 cycles a channel */
    {8, 3, 1, .unroll_ic = 1, .unroll_k = 1, .pad_cycles = 8 * 144 + 1,
     .cycles = 4 * (10 * (10 * (8 * 88 + 1) + 1) + 1) + 1},
    {8, 3, 1, .register_sum = true, .unroll_ic = 1, .unroll_k = 1, .pad_cycles = 8 * 144 + 1,
     .cycles = 4 * (10 * (10 * (8 * (3 * 4 + 1) + 1) + 1) + 1) + 1},
    /* additions in order: five cycles each, and all four of an iteration one after the other */
    {8, 1, 0, .unroll_ic = 1, .unroll_k = 1, .add_latency = 5,
     .cycles = 4 * (10 * (10 * ((8 + 1) * 5 + 1) + 1) + 1) + 1},
    {8, 1, 0, .unroll_ic = 4, .unroll_k = 1, .add_latency = 5,
     .cycles = 4 * (10 * (10 * ((2 + 1) * 20 + 1) + 1) + 1) + 1},
    /* on a 7-series part five are what the adder takes, and three what is said */
    {8, 1, 0, .unroll_ic = 4, .unroll_k = 1, .is_7_series = true,
     .cycles = 4 * (10 * (10 * ((2 + 1) * 20 + 1) + 1) + 1) + 1},
    {8, 1, 0, .unroll_ic = 4, .unroll_k = 1, .add_latency = 3, .is_7_series = true,
     .cycles = 4 * (10 * (10 * ((2 + 1) * 12 + 1) + 1) + 1) + 1},
    {8, 1, 0, .unroll_ic = 4, .unroll_k = 1, .is_7_series = true, .relaxed_float = true,
     .cycles = 4 * (10 * (10 * 3 + 1) + 1) + 1},
    {8, 1, 0, .unroll_ic = 4, .unroll_k = 1, .add_latency = 5, .relaxed_float = true,
     .cycles = 4 * (10 * (10 * 3 + 1) + 1) + 1},
    /* relaxing does not help a sum in global memory */
    {8, 3, 1, .unroll_ic = 1, .unroll_k = 1, .add_latency = 5, .relaxed_float = true,
     .pad_cycles = 8 * 144 + 1, .cycles = 4 * (10 * (10 * (8 * 88 + 1) + 1) + 1) + 1},
    /* 72 lines of the padded copy wait for the four load units of the sum beside it */
    {8, 3, 1, .register_sum = true, .unroll_ic = 4, .unroll_k = 1, .pad_cycles = 8 * 144 + 1 + 29,
     .cycles = 4 * (10 * (10 * (2 * (3 * 4 + 1) + 1) + 1) + 1) + 1},
    /* a depthwise one has no loop over channels, and still two over taps */
    {4, 3, 1, .depthwise = true, .unroll_ic = 1, .unroll_k = 1, .pad_cycles = 4 * 144 + 1,
     .cycles = 4 * (10 * (10 * 88 + 1) + 1) + 1},
    /* planes on chip: copy, clear, per channel copy and nine taps at three ports, write */
    {8, 3, 1, .local_weights = true, .local_input = true, .unroll_ic = 1, .unroll_k = 3,
     .pad_cycles = 8 * 144 + 1, .cycles = 4 * (73 + 111 + 8 * (145 + 311) + 1 + 111) + 1 + 4 * 75},
    /* all planes at once: 25 lines of 16 pixels wait for eight load units */
    {8, 1, 0, .local_weights = true, .unroll_ic = 8, .unroll_k = 1,
     .cycles = 4 * (9 + 10 * 11 + 1) + 1 + 4 * 75 + 25 * 8 / 10},
};

START_TEST(test_cycles_of_a_layer_are_those_of_its_loops)
{
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    zs_design d = variant(0, ZS_FP32);
    d.board.family = layers[_i].is_7_series ? ZS_FAMILY_7_SERIES : ZS_FAMILY_STRATIX_10;
    test_set(&d, "accelerator.kernels.launch", 0);
    test_set(&d, "accelerator.kernels.register_sum", layers[_i].register_sum);
    test_set(&d, "accelerator.kernels.local_weights", layers[_i].local_weights);
    test_set(&d, "accelerator.kernels.local_input", layers[_i].local_input);
    test_set(&d, "accelerator.kernels.relaxed_float", layers[_i].relaxed_float);
    test_set(&d, "accelerator.kernels.add_latency", layers[_i].add_latency);
    d.accel.unroll.ic = layers[_i].unroll_ic;
    d.accel.unroll.ky = d.accel.unroll.kx = layers[_i].unroll_k;
    const zs_plan *plan = plan_of_layer(&arena, &d, layers[_i].in_c, layers[_i].kernel,
                                        layers[_i].pad, layers[_i].depthwise);
    ck_assert_uint_eq(cycles_of(plan, ZS_OP_POST), layers[_i].pad_cycles);
    ck_assert_uint_eq(cycles_of(plan, ZS_OP_MAC), layers[_i].cycles);
    zs_arena_drop(&arena);
}
END_TEST

/* Four planes of 100 words leave at once; windows of 2 x 2 take 725 cycles for all 400 words. */
static const struct {
    uint32_t depth;
    uint64_t
        cycles; /* of the reader beyond the writer's end: a word, and what held the writer up */
} channels[] = {
    {0, 1},
    {100, 1},
    {45, 1}, /* 55 words take 99 cycles, as long as they would anyway */
    {32, 1 + 4 * (68 * 725 / 400 - 100)},
    {1, 1 + 4 * (99 * 725 / 400 - 100)},
};

START_TEST(test_a_full_channel_holds_its_writer_up)
{
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    zs_design d = variant(0, ZS_FP32);
    zs_err err = {0};
    zs_plan *plan;
    test_set(&d, "accelerator.kernels.launch", 0);
    test_set(&d, "accelerator.kernels.local_input", true);
    test_set(&d, "accelerator.kernels.channels", true);
    test_set(&d, "accelerator.kernels.queues", true);
    test_set(&d, "accelerator.kernels.channel_depth", channels[_i].depth);
    test_spec *s = test_spec_new(8, 10, 10);
    test_conv(s, "conv", "", 4, 1, 1, 0);
    test_pool(s, "pool", "conv", ZS_POOL_MAX, 2, 2);
    const zs_net *net = test_net(&arena, s);
    ck_assert_msg(zs_plan_build(&arena, &d, net, &plan, &err) == ZS_OK, "%s: %s", err.place,
                  err.text);
    const zs_plan_row *pool = &plan->rows[1];
    uint64_t cycles = 0;
    for (uint32_t i = pool->op0; i < pool->op0 + pool->op_n; i++)
        if (plan->ops[i].code == ZS_OP_MAC)
            cycles += plan->costs[plan->ops[i].cost_key].pl_cycles;
    ck_assert_uint_eq(cycles, d.batch * channels[_i].cycles);
    test_spec_free(s);
    zs_arena_drop(&arena);
}
END_TEST

typedef struct spans {
    const zs_plan *plan;
    uint64_t start[8], end[8]; /* of the loops of a row */
} spans;

static void note_span(void *ctx, uint32_t op, uint64_t start, uint64_t end)
{
    spans *s = ctx;
    const zs_tile_op *o = &s->plan->ops[op];
    if (o->code == ZS_OP_MAC && o->row < ZS_LEN(s->start)) {
        s->start[o->row] = start;
        s->end[o->row] = end;
    }
}

/* c and e follow a in the queue of all, b has its own; all but e read the same input. */
START_TEST(test_a_queue_of_its_own_holds_no_kernel_of_another_up)
{
    test_spec *s = test_spec_new(8, 10, 10);
    zs_arena point;
    zs_err err = {0};
    test_rig rig;
    test_conv(s, "a", "", 4, 3, 1, 0);
    test_conv(s, "b", "data", 16, 3, 1, 0);
    test_conv(s, "c", "data", 4, 3, 1, 0);
    test_conv(s, "e", "b", 4, 1, 1, 0);
    test_layer(s, ZS_LAYER_CONCAT, "join", "a c e");
    zs_arena_init(&rig.arena, test_heap());
    zs_arena_init(&point, test_heap());
    test_rig_init_net(&rig, test_net(&rig.arena, s), ZS_FP32);
    zs_design d = variant(0, ZS_FP32);
    ck_assert_int_eq(zs_design_set(&d, &point, "layers.b.kernels.queues", "true", &err), ZS_OK);
    const zs_plan *plan = test_rig_plan(&rig, &point, &d);
    spans at = {.plan = plan};
    const zs_retire_hook hook = {.retired = note_span, .ctx = &at};
    (void)test_rig_run(&rig, &point, &d, plan, ZS_TILE, &hook);
    enum { A, B, C, E };
    ck_assert_uint_lt(at.start[B], at.end[A]);
    ck_assert_uint_ge(at.start[C], at.end[A]);
    ck_assert_uint_lt(at.start[C], at.end[B]); /* nothing that it waits for */
    ck_assert_uint_ge(at.start[E], at.end[B]); /* what it reads */
    ck_assert_uint_ge(at.start[E], at.end[C]);
    test_rig_execute(&rig, &point, &d, ZS_TILE);
    zs_arena_drop(&point);
    test_rig_drop(&rig);
    test_spec_free(s);
}
END_TEST

/* Two chains, the one that takes longer first in the plan: what the other one moves does not stand
 * behind what the end of the long one waits for. */
START_TEST(test_a_chain_of_kernels_does_not_wait_for_another_one)
{
    test_spec *s = test_spec_new(8, 10, 10);
    zs_arena point;
    zs_err err = {0};
    test_rig rig;
    test_conv(s, "a0", "", 16, 3, 1, 1);
    test_conv(s, "a1", "", 4, 1, 1, 0);
    test_conv(s, "b0", "data", 2, 1, 1, 0);
    test_conv(s, "b1", "", 2, 1, 1, 0);
    test_conv(s, "b2", "", 2, 1, 1, 0);
    test_layer(s, ZS_LAYER_CONCAT, "join", "a1 b2");
    zs_arena_init(&rig.arena, test_heap());
    zs_arena_init(&point, test_heap());
    test_rig_init_net(&rig, test_net(&rig.arena, s), ZS_FP32);
    for (int k = 0; k < 2; k++) {
        zs_design d = variant(0, ZS_FP32);
        d.batch = 1;
        if (k > 0)
            ck_assert_int_eq(zs_design_set_board(&d, &point, "stratix10-520n", &err), ZS_OK);
        test_set(&d, "accelerator.kernels.launch", 0);
        test_set(&d, "accelerator.kernels.queues", true);
        const zs_plan *plan = test_rig_plan(&rig, &point, &d);
        spans at = {.plan = plan};
        const zs_retire_hook hook = {.retired = note_span, .ctx = &at};
        (void)test_rig_run(&rig, &point, &d, plan, ZS_BURST, &hook);
        enum { A0, A1, B0, B1, B2 };
        ck_assert_uint_ge(at.start[A1], at.end[A0]);
        ck_assert_uint_ge(at.start[B1], at.end[B0]);
        ck_assert_uint_ge(at.start[B2], at.end[B1]);
        ck_assert_uint_lt(at.end[B2], at.end[A0]);
        test_rig_execute(&rig, &point, &d, ZS_TILE);
    }
    zs_arena_drop(&point);
    test_rig_drop(&rig);
    test_spec_free(s);
}
END_TEST

/* More kernels at once than there are units for, over ports that none share. */
START_TEST(test_many_kernels_at_once_take_turns_on_units)
{
    enum { MANY = 40 };
    test_spec *s = test_spec_new(2, 4, 4);
    zs_arena point;
    zs_err err = {0};
    test_rig rig;
    char names[MANY][16], all[16 * MANY] = "";
    for (int i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof names[i], "c%d", i);
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i > 0 ? " " : "", names[i]);
        test_conv(s, names[i], "data", 1, 3, 1, 1);
    }
    test_layer(s, ZS_LAYER_CONCAT, "join", all);
    zs_arena_init(&rig.arena, test_heap());
    zs_arena_init(&point, test_heap());
    test_rig_init_net(&rig, test_net(&rig.arena, s), ZS_FP32);
    zs_design d = variant(0, ZS_FP32);
    ck_assert_int_eq(zs_design_set_board(&d, &point, "stratix10-520n", &err), ZS_OK);
    test_set(&d, "accelerator.kernels.queues", true);
    ck_assert_int_eq(zs_design_set(&d, &point, "accelerator.ports.input", "acp", &err), ZS_OK);
    ck_assert_int_eq(zs_design_set(&d, &point, "accelerator.ports.weight", "gp0", &err), ZS_OK);
    ck_assert_int_eq(zs_design_set(&d, &point, "accelerator.ports.output", "gp1", &err), ZS_OK);
    ck_assert_uint_le(test_rig_plan(&rig, &point, &d)->unit_n, ZS_UNITS_MAX);
    test_rig_fidelities(&rig, &point, &d);
    test_rig_execute(&rig, &point, &d, ZS_BURST);
    zs_arena_drop(&point);
    test_rig_drop(&rig);
    test_spec_free(s);
}
END_TEST

/* Cycles of n kernels that each read 24 rows of three words at once in 8 x 38 x 38 iterations:
 * lines of 64 B, one in eight of which ends in the next one. What they move is in the DRAM's
 * counts. */
static uint64_t cycles_of_readers(uint32_t n, bool side_by_side, zs_fidelity fidelity)
{
    enum { INPUT = 8 * 40 * 40 * 4, LINES = 8 * 38 * 38 * 24 * 9 / 8 };
    static const char *const names[] = {"a", "b", "c"};
    test_spec *s = test_spec_new(8, 40, 40);
    zs_arena point;
    zs_err err = {0};
    test_rig rig;
    for (uint32_t i = 0; i < n; i++)
        test_conv(s, names[i], "data", 8, 3, 1, 0);
    if (n > 1)
        test_layer(s, ZS_LAYER_CONCAT, "join", n == 2 ? "a b" : "a b c");
    zs_arena_init(&rig.arena, test_heap());
    zs_arena_init(&point, test_heap());
    test_rig_init_net(&rig, test_net(&rig.arena, s), ZS_FP32);
    zs_design d = variant(0, ZS_FP32);
    d.batch = 1;
    ck_assert_int_eq(zs_design_set_board(&d, &point, "stratix10-520n", &err), ZS_OK);
    d.accel.clock_hz = 200000000;
    d.accel.unroll.ic = 8;
    d.accel.unroll.ky = d.accel.unroll.kx = 3;
    test_set(&d, "accelerator.kernels.launch", 0);
    test_set(&d, "accelerator.kernels.register_sum", true);
    test_set(&d, "accelerator.kernels.queues", side_by_side);
    const zs_plan *plan = test_rig_plan(&rig, &point, &d);
    const zs_result *r = test_rig_run(&rig, &point, &d, plan, fidelity, NULL);
    const uint64_t cycles = r->cycles;
    uint64_t again = 0;
    for (uint32_t i = 0; i < plan->op_n; i++)
        if (plan->boxes[i].flags & ZS_BOX_AGAIN)
            again += zs_xfer_bytes(&plan->costs[plan->ops[i].cost_key].xfer);
    ck_assert_uint_eq(again, n * (LINES * UINT64_C(64) - INPUT));
    ck_assert_uint_eq(r->operand_bytes[ZS_OPERAND_INPUT], again + n * (uint64_t)INPUT);
    ck_assert_uint_eq(r->dram.read_bytes,
                      r->operand_bytes[ZS_OPERAND_INPUT] + r->operand_bytes[ZS_OPERAND_WEIGHT]);
    zs_arena_drop(&point);
    test_rig_drop(&rig);
    test_spec_free(s);
    return cycles;
}

/* One alone takes the time that was measured for its lines, 16.5 GB/s, which is less than the DRAM
 * channel has; two at once are more than it has, and so are three of them. */
START_TEST(test_kernels_at_once_share_the_memory_that_they_fetch_again_from)
{
    const zs_fidelity fidelity = _i == 0 ? ZS_TILE : ZS_BURST;
    const uint64_t alone = cycles_of_readers(1, false, fidelity);
    const uint64_t bytes = UINT64_C(8) * 38 * 38 * 24 * 9 / 8 * 64;
    ck_assert_double_eq_tol((double)alone * 16.5e9 / 200e6 / (double)bytes, 1, 0.02);
    ck_assert_uint_eq(cycles_of_readers(1, true, fidelity), alone);
    ck_assert_uint_ge(cycles_of_readers(2, false, fidelity), 2 * alone);
    for (uint32_t n = 2; n <= 3; n++) {
        const uint64_t least = (uint64_t)((double)n * (double)bytes / 19.2e9 * 200e6);
        const uint64_t at_once = cycles_of_readers(n, true, fidelity);
        ck_assert_uint_ge(at_once, cycles_of_readers(n, true, ZS_BOUND));
        ck_assert_uint_ge(at_once, least);
        ck_assert_uint_le(at_once, n * alone);
    }
}
END_TEST

/* ---- traffic over the time of a kernel ------------------------------------------------------- */

typedef struct parts {
    const zs_plan *plan;
    const zs_design *design;
    uint64_t cycles, begin, end;
    uint64_t next[ZS_OPERAND_N]; /* address behind the last part */
    uint32_t n[ZS_OPERAND_N], again;
} parts;

/* Of `n` parts number i begins when the loops before it have ended, in order and without gaps. */
static void note_part(void *ctx, uint32_t op, uint64_t start, uint64_t end)
{
    parts *p = ctx;
    const zs_tile_box *box = &p->plan->boxes[op];
    const uint32_t code = p->plan->ops[op].code, what = zs_op_what(code);
    if (code == ZS_OP_MAC)
        p->end = end;
    if (!zs_op_is_transfer(code))
        return;
    const zs_xfer x = zs_plan_xfer(p->plan, p->design, op);
    p->begin = p->begin == 0 ? start : p->begin;
    if (box->flags & ZS_BOX_AGAIN) { /* what is left of a row comes with the last of five parts */
        ck_assert_uint_ge(start, p->begin + p->cycles / 5 * (box->oc0 < 5 ? box->oc0 : 4));
        p->again++;
        return;
    }
    ck_assert_uint_ge(start, p->begin + p->cycles / box->oc_n * box->oc0);
    ck_assert(p->n[what] == 0 || x.addr == p->next[what]);
    ck_assert(p->n[what] == 0 || x.addr % 4096 == 0);
    p->next[what] = x.addr + x.row_bytes;
    p->n[what]++;
}

static const struct {
    uint32_t c, hw, kernel, taps, unroll, part_n, again_n; /* parts of inputs and of results */
} paced[] = {
    {6, 316, 1, 1, 1, 3, 0}, /* 2.4 MB of each; weights of a few words come at the beginning */
    /* tensors of 51 and 46 KB, of which 20 MB are fetched again through four ports */
    {8, 40, 3, 3, 8, 5, (5 + 1) * 4},
    /* 5.1 MB of inputs, all of them again for the second filter: as many parts of these */
    {2, 800, 3, 1, 1, 5, (5 + 1) * 4},
};

START_TEST(test_a_kernel_moves_its_bytes_as_its_loops_advance)
{
    test_spec *s = test_spec_new(paced[_i].c, paced[_i].hw, paced[_i].hw);
    zs_arena point;
    zs_err err = {0};
    test_rig rig;
    test_conv(s, "a", "data", paced[_i].c, paced[_i].kernel, 1, 0);
    zs_arena_init(&rig.arena, test_heap());
    zs_arena_init(&point, test_heap());
    test_rig_init_net(&rig, test_net(&rig.arena, s), ZS_FP32);
    zs_design d = variant(0, ZS_FP32);
    ck_assert_int_eq(zs_design_set_board(&d, &point, "stratix10-520n", &err), ZS_OK);
    d.accel.unroll.ic = paced[_i].unroll;
    d.accel.unroll.ky = d.accel.unroll.kx = paced[_i].taps;
    test_set(&d, "accelerator.kernels.launch", 0);
    test_set(&d, "accelerator.kernels.register_sum", true);
    const zs_plan *plan = test_rig_plan(&rig, &point, &d);
    parts p = {.plan = plan, .design = &d, .cycles = cycles_of(plan, ZS_OP_MAC)};
    const zs_retire_hook hook = {.retired = note_part, .ctx = &p};
    (void)test_rig_run(&rig, &point, &d, plan, ZS_BURST, &hook);
    ck_assert_uint_eq(p.n[ZS_OPERAND_WEIGHT], 1);
    ck_assert_uint_eq(p.n[ZS_OPERAND_INPUT], paced[_i].part_n);
    ck_assert_uint_eq(p.n[ZS_OPERAND_OUTPUT], paced[_i].part_n);
    ck_assert_uint_eq(p.again, paced[_i].again_n);
    ck_assert_uint_eq(p.end - p.begin, p.cycles); /* the time of the loops, and no longer */
    zs_arena_drop(&point);
    test_rig_drop(&rig);
    test_spec_free(s);
}
END_TEST

/* ---- beside an engine of another kind -------------------------------------------------------- */

typedef struct two_engines {
    const zs_plan *plan;
    uint64_t begin[2], end[2], ops[2]; /* [engine] of its transfers and work */
} two_engines;

static void note_engine(void *ctx, uint32_t op, uint64_t start, uint64_t end)
{
    two_engines *t = ctx;
    const zs_tile_op *o = &t->plan->ops[op];
    const uint32_t engine = t->plan->rows[o->row].name[0] == 'b'; /* of layer b the second one */
    if (!zs_op_is_transfer(o->code) && zs_op_role(o->code) != ZS_COMPUTE)
        return;
    t->begin[engine] = t->ops[engine]++ == 0 ? start : t->begin[engine];
    t->end[engine] = end > t->end[engine] ? end : t->end[engine];
}

/* A tiled engine does one layer and generated kernels another one, both of what goes in. */
static zs_result beside_tiles(const zs_net *net, bool reads_again, two_engines *t)
{
    static const char *const names[] = {"tiles", "kernels"}, *const maps[] = {"a", "b"};
    zs_arena point;
    zs_err err = {0};
    zs_design d, base;
    zs_arena_init(&point, test_heap());
    zs_design_defaults(&d);
    ck_assert_int_eq(zs_design_set_board(&d, &point, "stratix10-520n", &err), ZS_OK);
    d.accel.clock_hz = 200000000;
    d.accel.precision = ZS_FP32;
    d.accel.fusion = ZS_FUSION_NONE;
    d.accel.unroll.oc = 16;
    d.accel.unroll.ic = 8;
    base = d;
    for (uint32_t i = 0; i < 2; i++) {
        zs_design own = base;
        if (i > 0) {
            zs_design_set_kind(&own, KIND_kernels);
            own.accel.fusion = ZS_FUSION_NONE;
            own.accel.unroll.oc = 1;
            own.accel.unroll.ic = reads_again ? 8 : 1;
            own.accel.unroll.ky = own.accel.unroll.kx = reads_again ? 3 : 1;
            test_set(&own, "accelerator.kernels.register_sum", true);
            test_set(&own, "accelerator.kernels.queues", true);
        }
        const zs_name_list map = {.names = (const char **)&maps[i], .n = 1};
        ck_assert_msg(zs_design_add_engine(&d, &point, names[i], &map, &own, &err) == ZS_OK, "%s",
                      err.text);
    }
    const test_rig rig = {.net = net};
    const zs_plan *plan = test_rig_plan(&rig, &point, &d);
    *t = (two_engines){.plan = plan};
    const zs_retire_hook hook = {.retired = note_engine, .ctx = t};
    const zs_result r = *test_rig_run(&rig, &point, &d, plan, ZS_BURST, &hook);
    zs_arena_drop(&point);
    return r;
}

/* Engines take turns, so that nothing waits; all bytes are counted. */
START_TEST(test_kernels_take_turns_with_an_engine_of_another_kind)
{
    test_spec *s = test_spec_new(8, 96, 96);
    zs_arena arena;
    two_engines calm, busy;
    test_conv(s, "a", "data", 16, 3, 1, 0);
    test_conv(s, "b", "data", 8, 3, 1, 0);
    test_layer(s, ZS_LAYER_CONCAT, "join", "a b");
    zs_arena_init(&arena, test_heap());
    const zs_net *net = test_net(&arena, s);
    const zs_result without = beside_tiles(net, false, &calm),
                    with = beside_tiles(net, true, &busy);
    /* lines of 24 rows in each iteration, and the planes once for each of 8 filters */
    const uint64_t lines = UINT64_C(8) * 94 * 94 * 24 * 9 / 8 * 64, planes = 8 * 8 * 96 * 96 * 4;
    ck_assert_uint_eq(with.dram.read_bytes - without.dram.read_bytes, lines - planes);
    ck_assert_uint_eq(with.dram.write_bytes, without.dram.write_bytes);
    ck_assert_uint_eq(with.dram.write_bytes, (16 + 8) * 94 * 94 * 4);
    ck_assert_uint_eq(with.macs, without.macs);
    ck_assert_uint_ge(busy.begin[1], busy.end[0]);
    ck_assert_uint_eq(busy.end[0] - busy.begin[0], calm.end[0] - calm.begin[0]);
    ck_assert_double_eq_tol((double)(busy.end[1] - busy.begin[1]) / 200e6, (double)lines / 16.5e9,
                            0.01 * (double)lines / 16.5e9);
    zs_arena_drop(&arena);
    test_spec_free(s);
}
END_TEST

/* On Stratix 10: caches of 1,024 lines of 64 B in 2 x 13 of 512 x 40 b, 13 more for each load-store
 * unit, arrays as they are wide. ALM of units, caches, products, loops and the kernel. */
static const struct {
    bool local;
    uint32_t unroll_ic, kernel, m20k, alm;
} blocks[] = {
    {false, 1, 3, 5 * 13 + 26, 5 * 1200 + 600 + 60 + 6 * 150 + 1500},
    {false, 4, 3, 11 * 13 + 4 * 26, 11 * 1200 + 4 * 600 + 4 * 60 + 6 * 150 + 1500},
    /* reads nothing again */
    {false, 4, 1, 11 * 13, 11 * 1200 + 4 * 60 + 6 * 150 + 1500},
    /* a filter of 72 words, planes of 100 and 64 */
    {true, 1, 3, 4 * 13 + 3, 4 * 1200 + 60 + 12 * 150 + 1500},
};

START_TEST(test_blocks_of_a_stratix_are_arrays_and_caches)
{
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    zs_design d = variant(0, ZS_FP32);
    zs_fit fit;
    zs_err err = {0};
    ck_assert_int_eq(zs_design_set_board(&d, NULL, "stratix10-520n", &err), ZS_OK);
    test_set(&d, "accelerator.kernels.local_weights", blocks[_i].local);
    test_set(&d, "accelerator.kernels.local_input", blocks[_i].local);
    d.accel.unroll.ic = blocks[_i].unroll_ic;
    const zs_plan *plan = plan_of_layer(&arena, &d, 8, blocks[_i].kernel, 0, false);
    ck_assert_int_eq(zs_fit_build(&arena, &d, plan, &fit, &err), ZS_OK);
    ck_assert_uint_eq(fit.used.n[ZS_RESOURCE_M20K], blocks[_i].m20k);
    ck_assert_uint_eq(fit.used.n[ZS_RESOURCE_ALM], blocks[_i].alm);
    ck_assert_uint_eq(fit.available.n[ZS_RESOURCE_M20K], 11721);
    ck_assert(fit.fits);
    zs_arena_drop(&arena);
}
END_TEST

static uint32_t alm_of(zs_arena *arena, const zs_design *d, const zs_net *net)
{
    zs_plan *plan;
    zs_fit fit;
    zs_err err = {0};
    ck_assert_int_eq(zs_plan_build(arena, d, net, &plan, &err), ZS_OK);
    ck_assert_int_eq(zs_fit_build(arena, d, plan, &fit, &err), ZS_OK);
    return fit.used.n[ZS_RESOURCE_ALM];
}

/* b pads what a writes, c is added to what b writes. */
START_TEST(test_what_goes_by_a_channel_or_stays_in_a_kernel_has_no_load_store_units)
{
    test_spec *s = test_spec_new(8, 10, 10);
    zs_arena arena;
    zs_err err = {0};
    test_conv(s, "c", "data", 4, 3, 1, 0);
    test_conv(s, "a", "data", 4, 3, 1, 0);
    test_conv(s, "b", "a", 4, 3, 1, 1);
    test_layer(s, ZS_LAYER_ADD, "sum", "b c");
    zs_arena_init(&arena, test_heap());
    const zs_net *net = test_net(&arena, s);
    zs_design d = variant(0, ZS_FP32);
    ck_assert_int_eq(zs_design_set_board(&d, NULL, "stratix10-520n", &err), ZS_OK);
    const uint32_t base = alm_of(&arena, &d, net);
    test_set(&d, "accelerator.kernels.channels", true);
    /* a neither loads nor stores sums, b loads nothing, which the padded copy did too; a cache */
    const uint32_t b_to_sum = 2 + 1, pads = 2 * 1200 + 150 + 1500, fifos = 2 * 60;
    ck_assert_uint_eq(alm_of(&arena, &d, net),
                      base - (2 + 1 + b_to_sum) * 1200 - 600 - pads + fifos);
    test_set(&d, "accelerator.kernels.channels", false);
    test_set(&d, "accelerator.kernels.fuse_epilogue", true);
    /* of the kernel that adds its second input is left, as a load of b's */
    ck_assert_uint_eq(alm_of(&arena, &d, net), base - 2 * 1200 - 150 - 1500);
    zs_arena_drop(&arena);
    test_spec_free(s);
}
END_TEST

TCase *tcase_kernels(void)
{
    TCase *tc = tcase_create("kernels");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, test_every_net_precision_and_option_gives_the_bits_of_the_reference, 0,
                        ZS_PRECISION_COUNT * TEST_NET_N);
    tcase_add_test(tc, test_many_kernels_at_once_take_turns_on_units);
    tcase_add_test(tc, test_a_chain_of_kernels_does_not_wait_for_another_one);
    tcase_add_test(tc, test_kernels_take_turns_with_an_engine_of_another_kind);
    tcase_add_loop_test(tc, test_a_kernel_moves_its_bytes_as_its_loops_advance, 0, ZS_LEN(paced));
    tcase_add_loop_test(tc, test_kernels_at_once_share_the_memory_that_they_fetch_again_from, 0, 2);
    tcase_add_loop_test(tc, test_no_order_that_the_waits_allow_gives_other_bits, 0, 2);
    tcase_add_loop_test(tc, test_fidelities_move_the_same_bytes_and_bound_is_least, 0, TEST_NET_N);
    tcase_add_loop_test(tc, test_rewrites_keep_bits_and_the_bytes_they_do_not_speak_of, 0,
                        2 * TEST_NET_N);
    tcase_add_loop_test(tc, test_rewrites_keep_bits_of_blocks_of_networks, 0,
                        (int)ZS_LEN(blocks_of_networks));
    tcase_add_loop_test(tc, test_no_order_of_kernels_at_once_gives_other_bits, 0, 2);
    tcase_add_loop_test(tc, test_relaxed_sums_stay_within_their_bound, 0, 2);
    tcase_add_loop_test(tc, test_cycles_of_a_layer_are_those_of_its_loops, 0, (int)ZS_LEN(layers));
    tcase_add_loop_test(tc, test_a_full_channel_holds_its_writer_up, 0, (int)ZS_LEN(channels));
    tcase_add_test(tc, test_a_queue_of_its_own_holds_no_kernel_of_another_up);
    tcase_add_loop_test(tc, test_blocks_of_a_stratix_are_arrays_and_caches, 0, (int)ZS_LEN(blocks));
    tcase_add_test(tc, test_what_goes_by_a_channel_or_stays_in_a_kernel_has_no_load_store_units);
    return tc;
}
