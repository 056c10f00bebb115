#include "num_cases.h"
#include "nets.h"

#include "zynqsim/num.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static zs_arena arena;

static void set_up(void)
{
    zs_arena_init(&arena, test_heap());
}

static void tear_down(void)
{
    zs_arena_drop(&arena);
}

static float *random_input(const zs_net *net, uint64_t seed)
{
    const size_t n = zs_shape_elems(net->tensors[net->input].shape);
    float *x = zs_new(&arena, float, n);
    zs_prng prng = {.state = seed};
    for (size_t i = 0; i < n; i++)
        x[i] = (float)zs_prng_below(&prng, 20001) / 10000.0f - 1.0f;
    return x;
}

static zs_ref_tensors run(const zs_net *net, uint32_t precision, const float *x, zs_ranges *ranges,
                          zs_quant **q)
{
    zs_ref_tensors out = {0};
    zs_err err = {0};
    zs_status status = zs_quant_build(&arena, net, precision, ranges, q, &err);
    if (status == ZS_OK)
        status = zs_ref_run(&arena, net, *q, x, ranges, &out, &err);
    ck_assert_msg(status == ZS_OK, "%s: %s", err.place, err.text);
    return out;
}

/* ---- convolution against the seven loops of its definition ----------------------------------- */

typedef struct conv_case {
    uint32_t ic, h, w, oc, groups;
    zs_window window;
    bool relu;
} conv_case;

static const conv_case convs[] = {
    {3, 9, 11, 4, 1, {3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, true},
    {3, 12, 12, 5, 1, {3, 3, 2, 2, 1, 1, 0, 0, 0, 0}, true},
    {8, 6, 6, 12, 4, {3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, false},
    {6, 9, 9, 6, 6, {3, 3, 2, 2, 1, 1, 0, 0, 1, 1}, true},
    {6, 9, 9, 12, 6, {3, 3, 3, 3, 1, 1, 1, 0, 0, 1}, false},
    {4, 10, 10, 4, 2, {1, 5, 1, 1, 1, 1, 0, 2, 0, 2}, false},
    {2, 14, 13, 3, 1, {3, 3, 1, 2, 3, 2, 3, 2, 1, 0}, true},
    {16, 5, 5, 7, 1, {1, 1, 1, 1, 1, 1, 0, 0, 0, 0}, true},
    {4, 3, 3, 2, 1, {1, 1, 1, 1, 1, 1, 2, 2, 2, 2}, false}, /* windows of nothing but padding */
    {2, 7, 7, 3, 1, {7, 7, 1, 1, 1, 1, 0, 0, 0, 0}, false},
    {3, 8, 8, 3, 1, {4, 2, 5, 3, 1, 1, 0, 4, 3, 0}, true},
};

static zs_net *conv_net(const conv_case *c)
{
    test_spec *s = test_spec_new(c->ic, c->h, c->w);
    zs_layer_spec *conv = test_conv(s, "conv", "", c->oc, 1, 1, 0);
    conv->window = c->window;
    conv->groups = c->groups;
    if (c->relu)
        test_relu(s, "relu");
    zs_net *net = test_net(&arena, s);
    test_spec_free(s);
    return net;
}

/* Calls `tap` for every product of output (oc, oy, ox), in the order ic, ky, kx; x_at is SIZE_MAX
 * outside the image. */
typedef void tap_fn(void *ctx, size_t x_at, size_t w_at);

static void for_taps(const zs_layer *l, uint32_t oc, uint32_t oy, uint32_t ox, tap_fn *tap,
                     void *ctx)
{
    const uint32_t ic_n = l->x.c / l->groups, g = oc / (l->y.c / l->groups);
    for (uint32_t ic = 0; ic < ic_n; ic++)
        for (uint32_t ky = 0; ky < l->window.kh; ky++)
            for (uint32_t kx = 0; kx < l->window.kw; kx++) {
                const int64_t y =
                    (int64_t)oy * l->window.sh + ky * l->window.dh - l->window.pad_top;
                const int64_t x =
                    (int64_t)ox * l->window.sw + kx * l->window.dw - l->window.pad_left;
                const bool inside = y >= 0 && x >= 0 && y < l->x.h && x < l->x.w;
                const size_t at = (size_t)(((int64_t)(g * ic_n + ic) * l->x.h + y) * l->x.w + x);
                tap(ctx, inside ? at : SIZE_MAX, (ic * l->window.kh + ky) * l->window.kw + kx);
            }
}

typedef struct float_sum {
    const float *x, *filter;
    float f32;
    double f64;
} float_sum;

static void float_tap(void *ctx, size_t x_at, size_t w_at)
{
    float_sum *s = ctx;
    const float x = x_at == SIZE_MAX ? 0 : s->x[x_at];
    s->f32 += s->filter[w_at] * x;
    s->f64 += (double)s->filter[w_at] * (double)x;
}

START_TEST(test_fp32_convolution_has_the_bits_of_the_sequential_sum)
{
    const zs_net *net = conv_net(&convs[_i]);
    const zs_layer *l = &net->layers[0];
    const float *x = random_input(net, 17);
    zs_quant *q;
    const float *y = run(net, ZS_FP32, x, NULL, &q).data[l->out];
    float scratch[256];
    for (uint32_t oc = 0; oc < l->y.c; oc++) {
        float_sum start = {.x = x, .filter = zs_layer_filter(net, l, oc, scratch)};
        start.f32 = zs_layer_bias(net, l, oc);
        start.f64 = (double)start.f32;
        for (uint32_t i = 0; i < l->y.h * l->y.w; i++) {
            float_sum s = start;
            for_taps(l, oc, i / l->y.w, i % l->y.w, float_tap, &s);
            const float got = y[oc * l->y.h * l->y.w + i];
            ck_assert(got == zs_act_f32(l->act, s.f32));
            const double exact = l->act.active && s.f64 < 0 ? 0 : s.f64;
            ck_assert(fabs((double)got - exact) < 1e-4);
        }
    }
}
END_TEST

typedef struct int_sum {
    const void *x;
    const void *filter;
    bool x_int8, w_int8;
    int64_t sum;
} int_sum;

static int32_t elem(const void *data, bool int8, size_t at)
{
    return int8 ? ((const int8_t *)data)[at] : ((const int16_t *)data)[at];
}

static void int_tap(void *ctx, size_t x_at, size_t w_at)
{
    int_sum *s = ctx;
    if (x_at != SIZE_MAX)
        s->sum += (int64_t)elem(s->x, s->x_int8, x_at) * elem(s->filter, s->w_int8, w_at);
}

static void check_int_conv(const conv_case *c, uint32_t precision)
{
    const zs_net *net = conv_net(c);
    const zs_layer *l = &net->layers[0];
    const float *x = random_input(net, 18);
    zs_ranges ranges;
    zs_quant *q;
    ck_assert_int_eq(zs_ranges_build(&arena, net, &ranges, NULL), ZS_OK);
    run(net, ZS_FP32, x, &ranges, &q);
    const zs_ref_tensors t = run(net, precision, x, &ranges, &q);
    float scratch[256];
    int16_t filter[256];
    for (uint32_t oc = 0; oc < l->y.c; oc++) {
        int32_t bias;
        zs_quantise_filter(q, l, oc, zs_layer_filter(net, l, oc, scratch), filter);
        zs_quantise_bias(q, l, oc, zs_layer_bias(net, l, oc), &bias);
        for (uint32_t i = 0; i < l->y.h * l->y.w; i++) {
            int_sum s = {t.data[net->input], filter, precision == ZS_INT8, precision != ZS_FIXED16,
                         bias};
            for_taps(l, oc, i / l->y.w, i % l->y.w, int_tap, &s);
            const zs_layer_scale *scale = &q->layers[0];
            ck_assert_int_eq(
                elem(t.data[l->out], s.x_int8, oc * l->y.h * l->y.w + i),
                zs_requantise(s.sum, scale->requant[oc], scale->act_lo, scale->act_hi));
        }
    }
}

START_TEST(test_fixed16_convolution_is_exact_on_integers)
{
    check_int_conv(&convs[_i], ZS_FIXED16);
}
END_TEST

START_TEST(test_int8_convolution_is_exact_on_integers)
{
    check_int_conv(&convs[_i], ZS_INT8);
}
END_TEST

START_TEST(test_int8_weights_on_fixed16_are_exact_on_integers)
{
    check_int_conv(&convs[_i], ZS_W8A16);
}
END_TEST

/* ---- networks -------------------------------------------------------------------------------- */

/* Something of everything: residual sums of unlike ranges, slices, views, copies, PS layers. */
static zs_net *mixed_net(void)
{
    test_spec *s = test_spec_new(3, 16, 16);
    test_conv(s, "stem", "data", 8, 3, 1, 1);
    test_relu(s, "stem_relu");
    test_conv(s, "left", "stem_relu", 8, 1, 1, 0);
    test_conv(s, "right", "stem_relu", 8, 3, 1, 1)->groups = 0;
    test_layer(s, ZS_LAYER_ADD, "sum", "left right stem_relu")->act = (zs_act){true, 0, 6};
    test_layer(s, ZS_LAYER_CONCAT, "joined", "sum left");
    test_pool(s, "pool", "joined", ZS_POOL_MAX, 3, 2)->ceil_mode = true;
    test_pool(s, "mean", "pool", ZS_POOL_AVG, 2, 1);
    test_layer(s, ZS_LAYER_CONCAT, "copied", "mean mean");
    test_layer(s, ZS_LAYER_BATCHNORM, "norm", "");
    zs_layer_spec *lrn = test_layer(s, ZS_LAYER_LRN, "lrn", "");
    lrn->lrn_size = 5;
    lrn->lrn_alpha = 0.01f;
    lrn->lrn_beta = 0.75f;
    lrn->lrn_k = 1;
    test_conv(s, "late", "", 16, 3, 1, 1);
    test_layer(s, ZS_LAYER_ACT, "clip", "late")->act = (zs_act){true, -0.5f, 0.75f};
    test_layer(s, ZS_LAYER_ADD, "again", "clip late");
    test_layer(s, ZS_LAYER_FLATTEN, "flat", "");
    test_layer(s, ZS_LAYER_FC, "fc", "")->oc = 10;
    test_layer(s, ZS_LAYER_SOFTMAX, "prob", "");
    zs_net *net = test_net(&arena, s);
    test_spec_free(s);
    return net;
}

static double largest_error(const zs_net *net, uint32_t tensor, const zs_quant *q, zs_ref_tensors t,
                            zs_ref_tensors exact)
{
    const size_t n = zs_shape_elems(net->tensors[tensor].shape);
    const float *want = exact.data[tensor];
    float *got = zs_new(&arena, float, n);
    double error = 0, largest = 1e-30;
    zs_dequantise(q, tensor, t.data[tensor], got, n);
    for (size_t i = 0; i < n; i++) {
        error = fmax(error, fabs((double)got[i] - (double)want[i]));
        largest = fmax(largest, fabs((double)want[i]));
    }
    return error / largest;
}

static const struct {
    uint32_t precision;
    double limit;
} precisions[] = {{ZS_FIXED16, 2e-3}, {ZS_INT8, 0.12}, {ZS_W8A16, 0.05}};

START_TEST(test_quantised_networks_stay_close_to_fp32)
{
    const zs_net *net = mixed_net();
    const float *x = random_input(net, 19);
    zs_ranges ranges;
    zs_quant *q32, *q;
    ck_assert_int_eq(zs_ranges_build(&arena, net, &ranges, NULL), ZS_OK);
    const zs_ref_tensors exact = run(net, ZS_FP32, x, &ranges, &q32);
    const zs_ref_tensors t = run(net, precisions[_i].precision, x, &ranges, &q);
    for (uint32_t i = 0; i < net->tensor_n; i++) {
        const double error = largest_error(net, i, q, t, exact);
        ck_assert_msg(error <= precisions[_i].limit, "%s is off by %g of its largest value",
                      net->tensors[i].name, error);
    }
}
END_TEST

START_TEST(test_slices_and_views_point_into_their_parents)
{
    const zs_net *net = mixed_net();
    zs_quant *q;
    const zs_ref_tensors t = run(net, ZS_FP32, random_input(net, 20), NULL, &q);
    const float *joined = t.data[test_find_tensor(net, "joined")];
    ck_assert_ptr_eq(t.data[test_find_tensor(net, "left")], joined + 8 * 256);
    ck_assert_ptr_eq(t.data[test_find_tensor(net, "flat")], t.data[test_find_tensor(net, "again")]);
    const float *sum = t.data[test_find_tensor(net, "sum")];
    ck_assert_ptr_eq(sum, joined);
}
END_TEST

START_TEST(test_ranges_are_the_largest_magnitudes_over_all_runs)
{
    const zs_net *net = mixed_net();
    zs_ranges both, first, second;
    zs_quant *q;
    zs_ranges_build(&arena, net, &both, NULL);
    zs_ranges_build(&arena, net, &first, NULL);
    zs_ranges_build(&arena, net, &second, NULL);
    const zs_ref_tensors t = run(net, ZS_FP32, random_input(net, 1), &first, &q);
    run(net, ZS_FP32, random_input(net, 2), &second, &q);
    run(net, ZS_FP32, random_input(net, 1), &both, &q);
    run(net, ZS_FP32, random_input(net, 2), &both, &q);
    for (uint32_t i = 0; i < net->tensor_n; i++)
        ck_assert(both.max_abs[i] == fmaxf(first.max_abs[i], second.max_abs[i]));
    const uint32_t fc = test_find_tensor(net, "fc");
    float max = 0;
    for (int i = 0; i < 10; i++)
        max = fmaxf(max, fabsf(((const float *)t.data[fc])[i]));
    ck_assert(first.max_abs[fc] == max);
    ck_assert(first.max_abs[fc] > 0);
}
END_TEST

START_TEST(test_a_value_that_is_no_number_stays_in_the_range)
{
    const zs_net *net = mixed_net();
    float *x = random_input(net, 3);
    zs_ranges ranges;
    zs_quant *q;
    zs_err err = {0};
    x[5] = NAN;
    zs_ranges_build(&arena, net, &ranges, NULL);
    run(net, ZS_FP32, x, &ranges, &q);
    ck_assert(isnan(ranges.max_abs[net->input]));
    ck_assert_int_eq(zs_quant_build(&arena, net, ZS_INT8, &ranges, &q, &err), ZS_ERANGE);
    ck_assert_str_eq(err.place, "data");
}
END_TEST

/* ---- corrected biases ------------------------------------------------------------------------ */

/* Sum over the output channels of how far the mean of int8 is from that of fp32. */
static double mean_error(const zs_net *net, const float *x, bool is_corrected)
{
    zs_ranges ranges;
    zs_quant *q;
    const uint32_t y = net->output;
    const zs_shape shape = net->tensors[y].shape;
    const size_t pixels = (size_t)shape.h * shape.w;
    float *got = zs_new(&arena, float, pixels *shape.c);
    ck_assert_int_eq(zs_ranges_build(&arena, net, &ranges, NULL), ZS_OK);
    ck_assert_int_eq(zs_ranges_add_up(&arena, &ranges, NULL), ZS_OK);
    const float *want = run(net, ZS_FP32, x, &ranges, &q).data[y];
    ck_assert_int_eq(zs_quant_build(&arena, net, ZS_INT8, &ranges, &q, NULL), ZS_OK);
    if (is_corrected)
        ck_assert_int_eq(zs_quant_correct_biases(&arena, net, &ranges, q, NULL), ZS_OK);
    zs_ref_tensors t;
    ck_assert_int_eq(zs_ref_run(&arena, net, q, x, NULL, &t, NULL), ZS_OK);
    zs_dequantise(q, y, t.data[y], got, pixels * shape.c);
    double all = 0;
    for (uint32_t c = 0; c < shape.c; c++) {
        double sum = 0;
        for (size_t i = c * pixels; i < (c + 1) * pixels; i++)
            sum += (double)got[i] - (double)want[i];
        all += fabs(sum / (double)pixels);
    }
    return all;
}

static const conv_case means[] = {{16, 40, 40, 7, 1, {1, 1, 1, 1, 1, 1, 0, 0, 0, 0}, false},
                                  {8, 40, 40, 12, 4, {1, 1, 1, 1, 1, 1, 0, 0, 0, 0}, false},
                                  {6, 60, 60, 6, 6, {3, 3, 1, 1, 1, 1, 0, 0, 0, 0}, false}};

START_TEST(test_corrected_biases_restore_the_means_of_channels)
{
    const zs_net *net = conv_net(&means[_i]);
    const size_t pixels = (size_t)means[_i].h * means[_i].w;
    float *x = random_input(net, 4);
    for (uint32_t c = 0; c < means[_i].ic; c++) /* another mean for each channel */
        for (size_t i = c * pixels; i < (c + 1) * pixels; i++)
            x[i] += (float)c / 2;
    const double plain = mean_error(net, x, false), corrected = mean_error(net, x, true);
    ck_assert_msg(corrected < plain / 2, "%g, corrected %g", plain, corrected);
}
END_TEST

/* Fails the n-th request of one step for n = 1, 2, ... until the step succeeds. */
static void fail_everywhere(const zs_net *net, const float *x, const zs_ranges *ranges,
                            bool reference, uint32_t precision)
{
    zs_quant *given;
    ck_assert_int_eq(zs_quant_build(&arena, net, precision, ranges, &given, NULL), ZS_OK);
    for (uint64_t n = 1;; n++) {
        test_heap_state heap = {.fail_at = n};
        zs_arena small;
        zs_err err = {0};
        zs_quant *q = NULL;
        zs_ref_tensors t = {0};
        zs_arena_init(&small, test_counting_heap(&heap));
        const zs_status status = reference
                                     ? zs_ref_run(&small, net, given, x, NULL, &t, &err)
                                     : zs_quant_build(&small, net, precision, ranges, &q, &err);
        zs_arena_drop(&small);
        ck_assert_int_eq(heap.live_blocks, 0);
        if (status == ZS_OK) {
            ck_assert_uint_gt(n, 1);
            return;
        }
        ck_assert_int_eq(status, ZS_ENOMEM);
        ck_assert_ptr_null(q);
        ck_assert_ptr_null(t.data);
    }
}

START_TEST(test_every_failing_allocation_is_reported)
{
    const zs_net *net = mixed_net();
    const float *x = random_input(net, 21);
    zs_ranges ranges;
    zs_quant *q;
    zs_ranges_build(&arena, net, &ranges, NULL);
    run(net, ZS_FP32, x, &ranges, &q);
    for (uint32_t precision = 0; precision < ZS_PRECISION_COUNT; precision++) {
        fail_everywhere(net, x, &ranges, true, precision);
        fail_everywhere(net, x, &ranges, false, precision);
    }
}
END_TEST

TCase *tcase_reference(void)
{
    TCase *tc = tcase_create("reference");
    tcase_add_loop_test(tc, test_corrected_biases_restore_the_means_of_channels, 0, ZS_LEN(means));
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, test_fp32_convolution_has_the_bits_of_the_sequential_sum, 0,
                        ZS_LEN(convs));
    tcase_add_loop_test(tc, test_fixed16_convolution_is_exact_on_integers, 0, ZS_LEN(convs));
    tcase_add_loop_test(tc, test_int8_convolution_is_exact_on_integers, 0, ZS_LEN(convs));
    tcase_add_loop_test(tc, test_int8_weights_on_fixed16_are_exact_on_integers, 0, ZS_LEN(convs));
    tcase_add_loop_test(tc, test_quantised_networks_stay_close_to_fp32, 0, ZS_LEN(precisions));
    tcase_add_test(tc, test_slices_and_views_point_into_their_parents);
    tcase_add_test(tc, test_ranges_are_the_largest_magnitudes_over_all_runs);
    tcase_add_test(tc, test_a_value_that_is_no_number_stays_in_the_range);
    tcase_add_test(tc, test_every_failing_allocation_is_reported);
    return tc;
}
