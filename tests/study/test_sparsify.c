#include "study_cases.h"
#include "zynqsim/num.h"
#include "zynqsim/sparsify.h"

#include <math.h>
#include <string.h>

/* Two layers of 2 filters x 2 channels x 1x2, then a fully connected one; a shortcut beside. */
static const float w1[] = {1, -2, 3, -4, 0.5f, 0, 8, -6};    /* span 14 */
static const float w2[] = {0.25f, -0.5f, 1, 2, -1, 0, 1, 1}; /* span 3 */
static const float wiring[] = {0, 1, 1, 0};
static const float fc[] = {1, -1, 4, 0.25f, 0.5f, -2, 2, -4}; /* span 8 */

static const char *const in1[] = {"data"}, *const in2[] = {"conv1"}, *const in3[] = {"conv2"},
                         *const in4[] = {"pick"};
#define K12                                                                                        \
    .window = {.kh = 1, .kw = 2, .sh = 1, .sw = 1, .dh = 1, .dw = 1, .pad_right = 1}, .groups = 1
#define DATA(w) .weights = {.data = w, .n_elems = ZS_LEN(w)}
static const zs_layer_spec layers[] = {
    {.name = "conv1", .op = ZS_LAYER_CONV, .in = in1, .in_n = 1, .oc = 2, K12, DATA(w1)},
    {.name = "conv2", .op = ZS_LAYER_CONV, .in = in2, .in_n = 1, .oc = 2, K12, DATA(w2)},
    {.name = "pick",
     .op = ZS_LAYER_CONV,
     .in = in3,
     .in_n = 1,
     .oc = 2,
     .groups = 1,
     .window = {.kh = 1, .kw = 1, .sh = 1, .sw = 1, .dh = 1, .dw = 1},
     DATA(wiring)},
    {.name = "fc", .op = ZS_LAYER_FC, .in = in4, .in_n = 1, .oc = 1, DATA(fc)},
};

typedef struct pruned {
    zs_arena arena;
    zs_net_spec spec;
    zs_net *dense;
    zs_sparsity s;
    zs_status status;
    zs_err err;
} pruned;

static void prune(pruned *p, zs_sparsify_rule rule)
{
    *p = (pruned){.spec = {.name = "net",
                           .input = {.name = "data", .shape = {2, 1, 4}},
                           .layers = layers,
                           .layer_n = ZS_LEN(layers)}};
    for (int i = 0; i < 3; i++)
        rule.input_scale[i] = rule.input_scale[i] > 0 ? rule.input_scale[i] : 1;
    zs_arena scratch;
    zs_arena_init(&p->arena, test_heap());
    zs_arena_init(&scratch, test_heap());
    ck_assert_int_eq(zs_net_build(&p->arena, &p->spec, &p->dense, &p->err), ZS_OK);
    p->status = zs_sparsify(&p->arena, &scratch, &rule, p->dense, &p->spec, &p->s, &p->err);
    zs_arena_drop(&scratch);
}

/* What is left, by hand: zeros of conv1, conv2, fc; MACs have 4 pixels in convolutions. */
static const struct {
    uint32_t method;
    double parameter, thresholds[3];
    uint64_t zeros[3], macs_left;
} cases[] = {
    {ZS_SPARSIFY_NONE, 0.5, {NAN, NAN, NAN}, {1, 1, 0}, 72},
    {ZS_SPARSIFY_FLAT_MINSPAN, 1, {1.5, 1.5, 1.5}, {3, 7, 4}, 28},
    {ZS_SPARSIFY_FLAT, 1, {1.5, 1.5, 1.5}, {3, 7, 4}, 28},
    {ZS_SPARSIFY_TRIANGULAR_UP, 0.5, {0, 1, 2}, {1, 7, 6}, 34},
    {ZS_SPARSIFY_TRIANGULAR, 0.5, {0, 1, 2}, {1, 7, 6}, 34},
    {ZS_SPARSIFY_TRIANGULAR_EQUAL, 0.25, {1.75, 1.375, 1}, {3, 7, 4}, 28},
    {ZS_SPARSIFY_TRIANGULAR_DOWN, 0.25, {1.75, 0.875, 0}, {3, 3, 0}, 48},
    {ZS_SPARSIFY_RELATIVE_MAX, 0.5, {4, 1, 2}, {6, 7, 6}, 14},
    {ZS_SPARSIFY_RELATIVE, 0.5, {4, 1, 2}, {6, 7, 6}, 14},
    {ZS_SPARSIFY_RELATIVE_FILTER_MAX, 0.5, {NAN, NAN, NAN}, {4, 4, 6}, 34},
    {ZS_SPARSIFY_RELATIVE_PERCENTILE, 0.5, {2.5, 1, 1.5}, {4, 7, 4}, 24},
};

START_TEST(test_each_method_has_the_thresholds_of_its_definition)
{
    pruned p;
    prune(&p, (zs_sparsify_rule){.method = cases[_i].method, .parameter = cases[_i].parameter});
    ck_assert_int_eq(p.status, ZS_OK);
    ck_assert_uint_eq(p.s.layer_n, 4);
    ck_assert(p.s.layers[2].is_wiring);
    for (int i = 0; i < 3; i++) {
        const zs_sparsity_layer *l = &p.s.layers[i < 2 ? i : 3];
        if (isnan(cases[_i].thresholds[i]))
            ck_assert(isnan(l->threshold));
        else
            ck_assert_double_eq(l->threshold, cases[_i].thresholds[i]);
        ck_assert_uint_eq(l->zeros, cases[_i].zeros[i]);
    }
    ck_assert_uint_eq(p.s.total.weights, 24);
    ck_assert_uint_eq(p.s.total.macs, 72);
    ck_assert_uint_eq(p.s.total.macs_left, cases[_i].macs_left);
    zs_arena_drop(&p.arena);
}
END_TEST

START_TEST(test_pruned_weights_are_zero_and_the_rest_stays)
{
    pruned p;
    prune(&p, (zs_sparsify_rule){.method = ZS_SPARSIFY_RELATIVE_MAX, .parameter = 0.5});
    const float want[] = {0, 0, 0, 0, 0, 0, 8, -6};
    ck_assert_mem_eq(p.spec.layers[0].weights.data, want, sizeof want);
    ck_assert_mem_eq(p.spec.layers[2].weights.data, wiring, sizeof wiring);
    ck_assert_uint_eq(p.s.layers[0].zero_filters, 1);
    ck_assert_uint_eq(p.s.layers[0].zero_channels, 1);
    ck_assert_uint_eq(p.s.layers[0].zero_kernels, 3);
    zs_arena_drop(&p.arena);
}
END_TEST

/* Squares of conv2: 0 1/16 1/4 1 1 1 1 4; scores of the largest of a layer are 1. */
START_TEST(test_lamp_drops_a_share_and_no_layer_whole)
{
    pruned p;
    prune(&p, (zs_sparsify_rule){.method = ZS_SPARSIFY_LAMP, .parameter = 0.5});
    ck_assert_uint_eq(p.s.total.zeros, 12);
    zs_arena_drop(&p.arena);
    prune(&p, (zs_sparsify_rule){.method = ZS_SPARSIFY_LAMP, .parameter = 21.0 / 24});
    ck_assert_uint_eq(p.s.total.zeros, 21);
    for (int i = 0; i < 4; i++)
        ck_assert_uint_lt(p.s.layers[i].zeros, p.s.layers[i].weights);
    zs_arena_drop(&p.arena);
}
END_TEST

START_TEST(test_structures_fall_together)
{
    static const struct {
        uint32_t structured;
        uint32_t kernels, channels, filters;
    } want[] = {{ZS_STRUCTURE_KERNEL, 2, 0, 0},
                {ZS_STRUCTURE_CHANNEL, 2, 1, 0},
                {ZS_STRUCTURE_FILTER, 0, 0, 0}};
    for (size_t i = 0; i < ZS_LEN(want); i++) {
        pruned p;
        prune(&p, (zs_sparsify_rule){.method = ZS_SPARSIFY_TRIANGULAR_DOWN,
                                     .parameter = 2.0 / 7,
                                     .structured = want[i].structured});
        /* t of conv1 is 2; its kernels' root mean squares are 1.58, 3.54, 0.35 and 7.07, those of
         * channels 1.15 and 5.59, of filters 2.74 and 5.01 */
        ck_assert_uint_eq(p.s.layers[0].zero_kernels, want[i].kernels);
        ck_assert_uint_eq(p.s.layers[0].zero_channels, want[i].channels + (i == 0));
        ck_assert_uint_eq(p.s.layers[0].zero_filters, want[i].filters);
        zs_arena_drop(&p.arena);
    }
}
END_TEST

START_TEST(test_a_target_is_met_by_the_smallest_parameter)
{
    static const uint32_t methods[] = {ZS_SPARSIFY_FLAT, ZS_SPARSIFY_RELATIVE_FILTER_MAX,
                                       ZS_SPARSIFY_RELATIVE_PERCENTILE, ZS_SPARSIFY_LAMP};
    for (size_t i = 0; i < ZS_LEN(methods); i++) {
        pruned p;
        prune(&p, (zs_sparsify_rule){.method = methods[i], .target_zeros = 0.5});
        ck_assert_int_eq(p.status, ZS_OK);
        ck_assert_uint_ge(p.s.total.zeros, 12);
        const double found = p.s.parameter;
        zs_arena_drop(&p.arena);
        prune(&p, (zs_sparsify_rule){.method = methods[i], .parameter = found * (1 - 1e-6)});
        ck_assert_uint_lt(p.s.total.zeros, 12);
        zs_arena_drop(&p.arena);
    }
}
END_TEST

START_TEST(test_spared_layers_stay_and_their_zeros_do_not_count)
{
    pruned p;
    prune(&p, (zs_sparsify_rule){.method = ZS_SPARSIFY_FLAT, .parameter = 1, .spare_first = true});
    ck_assert(p.s.layers[0].is_spared);
    ck_assert_uint_eq(p.s.layers[0].zeros, 1);
    ck_assert_uint_eq(p.s.total.zeros, 11);
    ck_assert_uint_eq(p.s.total.weights, 24);
    ck_assert_mem_eq(p.spec.layers[0].weights.data, w1, sizeof w1);
    zs_arena_drop(&p.arena);
}
END_TEST

START_TEST(test_recalibration_restores_means_and_deviations)
{
    static const float images[2][8] = {{1, 2, -1, 3, 0, 1, 2, -2}, {4, 1, 1, -3, 2, 2, 0, 1}};
    const float *const list[] = {images[0], images[1]};
    pruned p;
    zs_net *net;
    zs_quant *quant;
    double sums[2][2][2] = {0}; /* [dense, pruned][channel][sum, squares] of conv2 */
    prune(&p, (zs_sparsify_rule){.method = ZS_SPARSIFY_TRIANGULAR_EQUAL, .parameter = 0.1});
    ck_assert_int_eq(zs_net_build(&p.arena, &p.spec, &net, &p.err), ZS_OK);
    ck_assert_int_eq(zs_recalibrate(&p.arena, p.dense, net, list, 0, &p.err), ZS_ERANGE);
    ck_assert_int_eq(zs_recalibrate(&p.arena, p.dense, net, list, 2, &p.err), ZS_OK);
    const zs_net *const nets[] = {p.dense, net};
    for (int n = 0; n < 2; n++)
        for (int image = 0; image < 2; image++) {
            zs_ref_tensors t;
            ck_assert_int_eq(zs_quant_build(&p.arena, nets[n], ZS_FP32, NULL, &quant, &p.err),
                             ZS_OK);
            ck_assert_int_eq(zs_ref_run(&p.arena, nets[n], quant, list[image], NULL, &t, &p.err),
                             ZS_OK);
            const float *y = t.data[nets[n]->layers[1].out];
            for (int i = 0; i < 8; i++) {
                sums[n][i / 4][0] += (double)y[i];
                sums[n][i / 4][1] += (double)y[i] * (double)y[i];
            }
        }
    for (int c = 0; c < 2; c++)
        for (int k = 0; k < 2; k++)
            ck_assert_double_eq_tol(sums[1][c][k] / sums[0][c][k], 1, 1e-4);
    ck_assert_float_eq(net->layers[1].weights.data[0], 0);
    zs_arena_drop(&p.arena);
}
END_TEST

START_TEST(test_running_out_of_memory_is_an_error)
{
    test_heap_state state = {.fail_at = 1};
    zs_status status = ZS_ENOMEM;
    for (uint64_t n = 1; status == ZS_ENOMEM; n++) {
        state = (test_heap_state){.fail_at = n};
        pruned p;
        prune(&p, (zs_sparsify_rule){.method = ZS_SPARSIFY_NONE});
        zs_arena arena, scratch;
        zs_arena_init(&arena, test_counting_heap(&state));
        zs_arena_init(&scratch, test_counting_heap(&state));
        const zs_sparsify_rule rule = {.method = ZS_SPARSIFY_LAMP,
                                       .target_zeros = 0.5,
                                       .structured = ZS_STRUCTURE_KERNEL,
                                       .input_scale = {1, 1, 1}};
        status = zs_sparsify(&arena, &scratch, &rule, p.dense, &p.spec, &p.s, &p.err);
        zs_arena_drop(&arena);
        zs_arena_drop(&scratch);
        ck_assert_int_eq(state.live_blocks, 0);
        zs_arena_drop(&p.arena);
    }
    ck_assert_int_eq(status, ZS_OK);
}
END_TEST

TCase *tcase_sparsify(void)
{
    TCase *tc = tcase_create("sparsify");
    tcase_add_loop_test(tc, test_each_method_has_the_thresholds_of_its_definition, 0,
                        ZS_LEN(cases));
    tcase_add_test(tc, test_pruned_weights_are_zero_and_the_rest_stays);
    tcase_add_test(tc, test_lamp_drops_a_share_and_no_layer_whole);
    tcase_add_test(tc, test_structures_fall_together);
    tcase_add_test(tc, test_a_target_is_met_by_the_smallest_parameter);
    tcase_add_test(tc, test_spared_layers_stay_and_their_zeros_do_not_count);
    tcase_add_test(tc, test_recalibration_restores_means_and_deviations);
    tcase_add_test(tc, test_running_out_of_memory_is_an_error);
    return tc;
}
