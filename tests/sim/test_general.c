#include "kind_rows.h"
#include "random_design.h"
#include "rig.h"
#include "sim_cases.h"

#include "../support/nets.h"

#include <string.h>

/* Layers of general tensors between layers of the engine: every op on every kind of accelerator, in
 * every precision and at every fusion, gives the bits of the reference. */

enum { C = 4, H = 6, W = 8 };

static int64_t channels[C], rows[H + 2], columns[W];
static uint32_t tap_y[2 * H * 2], tap_x[2 * W * 2];
static float weight_y[2 * H * 2], weight_x[2 * W * 2], constant[C * H * W];
static const uint64_t shares[2] = {H * W, H *W};

static void fill_tables(void)
{
    for (int i = 0; i < C; i++)
        channels[i] = (C - 1 - i) * H * W;
    for (int i = 0; i < H + 2; i++)
        rows[i] = i == 0 || i == H + 1 ? -1 : (i - 1) * W;
    for (int i = 0; i < W; i++)
        columns[i] = i;
    for (uint32_t i = 0; i < 4 * H; i++) {
        tap_y[i] = i / 4 + (i % 2) < H ? i / 4 + i % 2 : H - 1;
        weight_y[i] = i % 2 ? 0.25f : 0.75f;
    }
    for (uint32_t i = 0; i < 4 * W; i++) {
        tap_x[i] = i / 4 + (i % 2) < W ? i / 4 + i % 2 : W - 1;
        weight_x[i] = i % 2 ? 0.5f : 0.5f;
    }
    for (int i = 0; i < C * H * W; i++)
        constant[i] = (float)(i % 17) / 8.0f - 1.0f;
}

static const struct {
    zs_layer_op op;
    const char *in; /* the layer before, or two of them */
    zs_general g;
} cases[] = {
    {ZS_LAYER_REARRANGE,
     "",
     {.to = {C, H + 2, W},
      .x_elems = C * H * W,
      .rank = 3,
      .dims = {C, H + 2, W},
      .tables = {channels, rows, columns}}},
    {ZS_LAYER_REARRANGE,
     "",
     {.to = {C, H + 2, W},
      .x_elems = C * H * W,
      .rank = 3,
      .dims = {C, H + 2, W},
      .tables = {channels, rows, columns},
      .fill = 1.5}},
    {ZS_LAYER_UNARY, "", {.fn = ZS_FN_SIGMOID, .to = {C, H, W}, .x_elems = C * H * W}},
    {ZS_LAYER_BINARY,
     "",
     {.fn = ZS_FN_PRELU,
      .to = {C, H, W},
      .x_elems = C * H * W,
      .rank = 2,
      .dims = {C, H *W},
      .strides = {{H * W, 1}, {0, 1}},
      .constant = constant,
      .constant_n = H * W,
      .constant_at = 1}},
    {ZS_LAYER_BINARY,
     "c1 gate",
     {.fn = ZS_FN_MUL,
      .to = {C, H, W},
      .x_elems = C * H * W + C,
      .rank = 2,
      .dims = {C, H *W},
      .strides = {{H * W, 1}, {1, 0}}}},
    {ZS_LAYER_REDUCE,
     "",
     {.fn = ZS_FN_R_MAX,
      .to = {C, 1, W},
      .x_elems = C * H * W,
      .rank = 2,
      .dims = {C, W},
      .strides = {{H * W, 1}},
      .inner_rank = 1,
      .inner_dims = {H},
      .inner_strides = {{W}}}},
    {ZS_LAYER_NORMALISE,
     "",
     {.fn = ZS_FN_SOFTMAX, .to = {C, H, W}, .x_elems = C * H * W, .line_n = W, .line_step = 1}},
    {ZS_LAYER_RESIZE,
     "",
     {.to = {C, 2 * H, 2 * W},
      .x_elems = C * H * W,
      .in_h = H,
      .in_w = W,
      .taps = 2,
      .tap_y = tap_y,
      .tap_x = tap_x,
      .weight_y = weight_y,
      .weight_x = weight_x}},
    {ZS_LAYER_MATMUL,
     "",
     {.to = {C, H, 3},
      .x_elems = C * H * W,
      .rank = 3,
      .dims = {C, H, 3},
      .strides = {{H * W, W, 0}, {0, 0, 1}},
      .inner_rank = 1,
      .inner_dims = {W},
      .inner_strides = {{1}, {3}},
      .constant = constant,
      .constant_n = W * 3,
      .constant_at = 1}},
    {ZS_LAYER_JOIN,
     "c1 c2",
     {.to = {C, 2 * H, W}, .x_elems = 2 * C * H * W, .outer = C, .shares = shares}},
};

/* What it returns is freed behind the rig. */
static test_spec *init_case(test_rig *rig, size_t i, uint32_t precision)
{
    fill_tables();
    test_spec *spec = test_spec_new(3, H, W);
    test_conv(spec, "c1", "data", C, 3, 1, 1);
    test_conv(spec, "c2", "c1", C, 3, 1, 1);
    test_layer(spec, ZS_LAYER_GAP, "gate", "c1");
    test_layer(spec, cases[i].op, "op", cases[i].in[0] ? cases[i].in : "c1")->general = &cases[i].g;
    test_conv(spec, "c3", "op", 5, 1, 1, 0)->act = (zs_act){.active = true, .lo = 0, .hi = 6};
    test_spec_get(spec)->output = "c3";
    memset(rig, 0, sizeof *rig);
    zs_arena_init(&rig->arena, test_heap());
    test_rig_init_net(rig, test_net(&rig->arena, spec), precision);
    return spec;
}

START_TEST(test_every_op_gives_the_reference_on_every_kind)
{
    static const uint32_t precisions[] = {ZS_FP32, ZS_FIXED16, ZS_INT8, ZS_W8A16};
    static const uint32_t fusions[] = {ZS_FUSION_NONE, ZS_FUSION_LF1, ZS_FUSION_LF2, ZS_FUSION_FIRE,
                                       ZS_FUSION_AUTO};
    zs_prng prng = {.state = 19};
    for (size_t p = 0; p < ZS_LEN(precisions); p++) {
        test_rig rig;
        test_spec *spec = init_case(&rig, (size_t)_i, precisions[p]);
        for (size_t f = 0; f < ZS_LEN(fusions); f++) {
            zs_design d = test_random_design(&prng, precisions[p]);
            d.accel.fusion = fusions[f];
            test_rig_execute_untimed(&rig, &d);
            zs_design_defaults(&d);
            d.accel.precision = precisions[p];
            d.accel.fusion = fusions[f];
            zs_design_set_kind(&d, KIND_direct);
            d.batch = 2;
            test_rig_execute_untimed(&rig, &d);
        }
        for (size_t f = 0; f < ZS_LEN(fusions) && precisions[p] != ZS_FP32; f++) {
            zs_design d; /* kind linebuffer counts in integers */
            zs_design_defaults(&d);
            d.accel.precision = precisions[p];
            d.accel.fusion = fusions[f];
            zs_design_set_kind(&d, KIND_linebuffer);
            d.accel.unroll.oc = d.accel.unroll.ic = 4;
            d.accel.ports.input = d.accel.ports.output = ZS_PORT_ACP;
            if (f == 0)
                test_rig_narrow_biases(&rig, 8 * zs_weight_bytes(precisions[p]));
            test_rig_execute_untimed(&rig, &d);
        }
        test_rig_drop(&rig);
        test_spec_free(spec);
    }
}
END_TEST

START_TEST(test_ops_of_another_input_are_refused)
{
    test_spec *spec = test_spec_new(3, H, W + 1);
    zs_arena arena;
    zs_net *net;
    zs_err err = {0};
    fill_tables();
    zs_arena_init(&arena, test_heap());
    test_conv(spec, "c1", "data", C, 3, 1, 1);
    test_layer(spec, ZS_LAYER_REARRANGE, "op", "c1")->general = &cases[0].g;
    ck_assert_int_eq(zs_net_build(&arena, test_spec_get(spec), &net, &err), ZS_ESHAPE);
    ck_assert_msg(strstr(err.text, "192 elements and gets 216") != NULL, "%s", err.text);
    test_spec_free(spec);
    zs_arena_drop(&arena);
}
END_TEST

/* Activations of a few LUTs are part of what the engine writes: no rows of their own, the same
 * bits, with a pool behind them or a slice of a concatenation. */
START_TEST(test_engines_write_small_activations)
{
    static const uint32_t fusions[] = {ZS_FUSION_NONE, ZS_FUSION_LF1, ZS_FUSION_LF2,
                                       ZS_FUSION_AUTO};
    static const uint32_t precisions[] = {ZS_FP32, ZS_FIXED16, ZS_INT8, ZS_W8A16};
    const zs_general leaky = {
        .fn = ZS_FN_LEAKY_RELU, .p = {0.1}, .to = {C, H, W}, .x_elems = C * H * W};
    const zs_general sigmoid = {.fn = ZS_FN_HARD_SIGMOID,
                                .p = {0.2, 0.5},
                                .to = {5, H / 2, W / 2},
                                .x_elems = 5 * H * W / 4};
    const zs_general slopes = {.fn = ZS_FN_PRELU,
                               .to = {C, H / 2, W / 2},
                               .x_elems = C * H * W / 4,
                               .rank = 2,
                               .dims = {C, H * W / 4},
                               .strides = {{H * W / 4, 1}, {1, 0}},
                               .constant = constant,
                               .constant_n = C,
                               .constant_at = 1};
    zs_prng prng = {.state = 31};
    test_rig rig;
    test_spec *spec = test_spec_new(3, H, W);
    fill_tables();
    memset(&rig, 0, sizeof rig);
    zs_arena_init(&rig.arena, test_heap());
    test_conv(spec, "c1", "data", C, 3, 1, 1);
    test_layer(spec, ZS_LAYER_UNARY, "leaky", "c1")->general = &leaky;
    test_pool(spec, "pool", "leaky", ZS_POOL_MAX, 2, 2);
    test_conv(spec, "c2", "pool", C, 3, 1, 1);
    test_layer(spec, ZS_LAYER_BINARY, "slopes", "c2")->general = &slopes;
    test_conv(spec, "c3", "pool", C, 1, 1, 0);
    test_layer(spec, ZS_LAYER_CONCAT, "both", "slopes c3");
    test_conv(spec, "c4", "both", 5, 1, 1, 0);
    test_layer(spec, ZS_LAYER_UNARY, "sigmoid", "c4")->general = &sigmoid;
    test_rig_init_net(&rig, test_net(&rig.arena, spec), precisions[_i]);
    for (size_t f = 0; f < 3 * ZS_LEN(fusions); f++) {
        zs_design d = test_random_design(&prng, precisions[_i]);
        d.accel.fusion = fusions[f % ZS_LEN(fusions)];
        test_rig_execute_untimed(&rig, &d);
        const zs_plan *plan = test_rig_plan(&rig, &rig.arena, &d);
        for (uint32_t r = 0; r < plan->row_n; r++) {
            const zs_layer_op op = rig.net->layers[plan->rows[r].layer].op;
            ck_assert(op == ZS_LAYER_CONV || op == ZS_LAYER_POOL);
            ck_assert(plan->rows[r].act == ZS_NO_INDEX || plan->rows[r].call != ZS_NO_INDEX);
        }
    }
    test_rig_drop(&rig);
    test_spec_free(spec);
}
END_TEST

TCase *tcase_general(void)
{
    TCase *tc = tcase_create("general");
    tcase_add_loop_test(tc, test_engines_write_small_activations, 0, 4);
    tcase_add_loop_test(tc, test_every_op_gives_the_reference_on_every_kind, 0, (int)ZS_LEN(cases));
    tcase_add_test(tc, test_ops_of_another_input_are_refused);
    return tc;
}
