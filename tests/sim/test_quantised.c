#include "kind_rows.h"
#include "random_design.h"
#include "rig.h"
#include "sim_cases.h"

#include "../support/nets.h"

#include <math.h>
#include <string.h>

/* A network with quantisers of its own, zero points and padding, an add, pools and thresholds: in
 * floats and in int8 the plan gives the integers of the reference at every tile, loop order and
 * fusion, and both give the same. */

enum { C = 4, H = 9, W = 8 };

static float weights[3][C * C * 9], fc[3 * C * 5 * 4];
static double steps[3], thresholds[C * 3];

static zs_layer_quant quantiser(size_t i, int32_t zero, int32_t lo, int32_t hi)
{
    steps[i] = 0.0625 * (double)(i + 1);
    return (zs_layer_quant){.out = {.scale = steps[i], .zero = zero, .lo = lo, .hi = hi, .bits = 8},
                            .is_real = true,
                            .channels = 1,
                            .divisor = &steps[i],
                            .least = -(double)INFINITY,
                            .most = (double)INFINITY};
}

static void conv(test_spec *spec, const char *name, const char *in, size_t i, uint32_t stride)
{
    zs_layer_spec *layer = test_conv(spec, name, in, C, 3, stride, 1);
    layer->weights = (zs_weights){.data = weights[i], .n_elems = C * C * 9};
}

static const zs_net *build(zs_arena *arena, test_spec *spec, const zs_layer_quant q[4])
{
    zs_net *net;
    zs_err err = {0};
    for (size_t i = 0; i < sizeof weights / sizeof weights[0][0]; i++)
        (&weights[0][0])[i] = (float)((i * 7 + i / 5) % 15) - 7;
    for (size_t i = 0; i < ZS_LEN(fc); i++)
        fc[i] = (float)(i % 13) - 6;
    for (size_t i = 0; i < ZS_LEN(thresholds); i++)
        thresholds[i] = 20.0 * (double)(i % 3) - 15.0 * (double)(i / 3);
    test_layer(spec, ZS_LAYER_QUANTISE, "q0", "data")->quant = &q[0];
    conv(spec, "c1", "q0", 0, 1);
    test_relu(spec, "r1");
    test_layer(spec, ZS_LAYER_QUANTISE, "q1", "r1")->quant = &q[1];
    conv(spec, "c2", "q1", 1, 1);
    test_layer(spec, ZS_LAYER_QUANTISE, "q2", "c2")->quant = &q[1];
    test_layer(spec, ZS_LAYER_ADD, "sum", "q1 q2");
    test_layer(spec, ZS_LAYER_QUANTISE, "q3", "sum")->quant = &q[2];
    conv(spec, "c3", "q3", 2, 1);
    test_layer(spec, ZS_LAYER_QUANTISE, "q4", "c3")->quant = &q[3];
    test_pool(spec, "p", "q4", ZS_POOL_MAX, 2, 2);
    test_layer(spec, ZS_LAYER_FLATTEN, "f", "p");
    zs_layer_spec *last = test_layer(spec, ZS_LAYER_FC, "fc", "f");
    last->oc = 3;
    last->weights = (zs_weights){.data = fc, .n_elems = 3 * C * 4 * 4};
    test_spec_get(spec)->output = "fc";
    ck_assert_msg(zs_net_streamline(arena, test_spec_get(spec), &net, &err) == ZS_OK, "%s: %s",
                  err.place, err.text);
    return net;
}

/* On line buffers: padding is the zero of the input, results may be floats. */
static void run_lines(const test_rig *rig, uint32_t fusion)
{
    zs_design d;
    zs_design_defaults(&d);
    d.accel.precision = ZS_INT8;
    d.accel.model_scales = true;
    d.accel.fusion = fusion;
    zs_design_set_kind(&d, KIND_linebuffer);
    d.accel.unroll.oc = 2;
    d.accel.unroll.ic = 8;
    d.batch = 2;
    test_rig_execute_untimed(rig, &d);
}

START_TEST(test_integers_of_the_model_are_those_of_the_reference)
{
    static const uint32_t fusions[] = {ZS_FUSION_NONE, ZS_FUSION_LF1, ZS_FUSION_LF2,
                                       ZS_FUSION_AUTO};
    zs_layer_quant q[4] = {quantiser(0, 5, -128, 127), quantiser(1, -20, -128, 127),
                           quantiser(2, -128, -128, 127), quantiser(0, 0, -1, 5)};
    q[3].out.scale = 1;
    q[3].divisor = NULL;
    q[3].channels = C;
    q[3].thresholds = thresholds;
    q[3].threshold_n = 3;
    q[3].level0 = -1;
    q[3].step = 2;
    test_rig rig;
    test_spec *spec = test_spec_new(C, H, W);
    memset(&rig, 0, sizeof rig);
    zs_arena_init(&rig.arena, test_heap());
    const zs_net *net = build(&rig.arena, spec, q);
    for (uint32_t i = 0; i < net->layer_n; i++)
        ck_assert(net->layers[i].op != ZS_LAYER_CONV || net->layers[i].quant != NULL);
    test_rig_init_net(&rig, net, ZS_FP32);
    float real[3];
    memcpy(real, rig.outputs[1], sizeof real);
    zs_prng prng = {.state = 23};
    for (uint32_t model = 0; model < 2; model++) {
        if (model)
            test_rig_use_model(&rig);
        ck_assert_mem_eq(rig.outputs[1], real, sizeof real);
        for (size_t f = 0; f < 4 * ZS_LEN(fusions); f++) {
            zs_design d = test_random_design(&prng, model ? ZS_INT8 : ZS_FP32);
            d.accel.model_scales = model;
            d.accel.fusion = fusions[f % ZS_LEN(fusions)];
            test_rig_execute_untimed(&rig, &d);
        }
        for (size_t f = 0; model && f < ZS_LEN(fusions); f++)
            run_lines(&rig, fusions[f]);
    }
    test_rig_drop(&rig);
    test_spec_free(spec);
}
END_TEST

/* Integers by the rules of TFLite. The pool behind a convolution clips, so it must stay a layer;
 * the weights of the second convolution keep it, and what is behind it, off an engine of int8. */
START_TEST(test_rules_of_tflite_hold_on_every_plan)
{
    static const double factors[C] = {0.01, 0.003, 0.02, 0.007}, scales[2] = {0.5, 0.25};
    static const int32_t bias[C] = {100, -200, 7, 0};
    const zs_number in = {.scale = 0.5, .zero = 3, .lo = -128, .hi = 127, .bits = 8};
    const zs_number out = {.scale = 0.25, .zero = -10, .lo = -128, .hi = 127, .bits = 8};
    zs_layer_quant sums = {.out = out,
                           .rule = (zs_rounding)(ZS_ROUND_DOUBLE + _i),
                           .channels = C,
                           .factor = factors,
                           .bias = bias,
                           .least = -(double)INFINITY,
                           .most = (double)INFINITY,
                           .weight = {.scale = 1, .lo = -128, .hi = 127, .bits = 8}};
    zs_layer_quant shifted = sums, clipped = sums, added = sums;
    shifted.weight.zero = 5;
    clipped.factor = added.factor = NULL;
    clipped.bias = added.bias = NULL;
    clipped.channels = added.channels = 1;
    clipped.out.lo = -10;
    added.factor = scales;
    added.out.scale = 0.5;
    for (size_t i = 0; i < sizeof weights / sizeof weights[0][0]; i++)
        (&weights[0][0])[i] = (float)((i * 7 + i / 5) % 15) - 7;
    test_rig rig;
    zs_net *net;
    zs_err err = {0};
    test_spec *spec = test_spec_new(C, H, W);
    memset(&rig, 0, sizeof rig);
    zs_arena_init(&rig.arena, test_heap());
    conv(spec, "c1", "data", 0, 1);
    test_pool(spec, "p1", "c1", ZS_POOL_MAX, 2, 1);
    conv(spec, "c2", "p1", 1, 1);
    test_pool(spec, "p2", "c2", ZS_POOL_MAX, 2, 2);
    conv(spec, "c3", "p2", 2, 1);
    test_layer(spec, ZS_LAYER_ADD, "sum", "c3 p2");
    zs_net_spec *s = test_spec_get(spec);
    zs_layer_spec *layers = (zs_layer_spec *)s->layers;
    s->input.number = in;
    layers[0].quant = layers[4].quant = &sums;
    layers[1].quant = &clipped;
    layers[2].quant = &shifted;
    layers[5].quant = &added;
    ck_assert_msg(zs_net_streamline(&rig.arena, s, &net, &err) == ZS_OK, "%s", err.text);
    test_rig_init_net(&rig, net, ZS_FP32);
    float *real = zs_arena_alloc_raw(&rig.arena, C * 4 * 3, sizeof *real);
    memcpy(real, rig.outputs[1], C * 4 * 3 * sizeof *real);
    zs_prng prng = {.state = 29};
    for (uint32_t model = 0; model < 2; model++) {
        if (model)
            test_rig_use_model(&rig);
        ck_assert_mem_eq(rig.outputs[1], real, C * 4 * 3 * sizeof *real);
        for (size_t f = 0; f < 8; f++) {
            zs_design d = test_random_design(&prng, model ? ZS_INT8 : ZS_FP32);
            d.accel.model_scales = model;
            d.accel.fusion = f % 2 ? ZS_FUSION_LF2 : ZS_FUSION_AUTO;
            test_rig_execute_untimed(&rig, &d);
        }
        if (model)
            run_lines(&rig, ZS_FUSION_LF2);
    }
    test_rig_drop(&rig);
    test_spec_free(spec);
}
END_TEST

TCase *tcase_quantised(void)
{
    TCase *tc = tcase_create("quantised");
    tcase_add_test(tc, test_integers_of_the_model_are_those_of_the_reference);
    tcase_add_loop_test(tc, test_rules_of_tflite_hold_on_every_plan, 0, 3);
    return tc;
}
