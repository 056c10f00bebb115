#include "nets.h"
#include "net_cases.h"

#include <math.h>

/* Quantised networks as integers: what becomes of scales, and of what stands between sums and
 * quantisers. */

static zs_arena arena;
static test_spec *spec;

static void set_up(void)
{
    zs_arena_init(&arena, test_heap());
    spec = test_spec_new(2, 4, 4);
}

static void tear_down(void)
{
    test_spec_free(spec);
    zs_arena_drop(&arena);
}

static zs_layer_quant quantiser(const double *step, double scale, int32_t lo, int32_t hi)
{
    return (zs_layer_quant){.out = {.scale = scale, .lo = lo, .hi = hi, .bits = 4},
                            .is_real = true,
                            .channels = 1,
                            .divisor = step,
                            .least = -(double)INFINITY,
                            .most = (double)INFINITY};
}

static void quantise(const char *name, const char *in, const zs_layer_quant *quant)
{
    test_layer(spec, ZS_LAYER_QUANTISE, name, in)->quant = quant;
}

static zs_net *streamlined(void)
{
    zs_net *net;
    zs_err err = {0};
    ck_assert_msg(zs_net_streamline(&arena, test_spec_get(spec), &net, &err) == ZS_OK, "%s: %s",
                  err.place, err.text);
    return net;
}

static const double half[1] = {0.5}, quarter[1] = {0.25};
static const float weight_steps[2] = {0.25f, 0.125f};
/* 3 -1 0 2 times the scale of each output channel */
static const float weights[4] = {0.75f, -0.25f, 0, 0.25f};

static zs_layer_spec *conv_of_integers(const char *in)
{
    zs_layer_spec *conv = test_conv(spec, "c", in, 2, 1, 1, 0);
    conv->weights = (zs_weights){.data = weights, .n_elems = 4};
    conv->grid = (zs_weight_grid){.scale = weight_steps, .scale_n = 2, .bits = 4};
    return conv;
}

START_TEST(test_scales_norm_and_relu_go_into_one_function)
{
    const zs_layer_quant in = quantiser(half, 0.5, -8, 7), out = quantiser(quarter, 0.25, 0, 15);
    const float scale[2] = {2, -1}, shift[2] = {0.5f, 1};
    quantise("q", "", &in);
    conv_of_integers("q");
    zs_layer_spec *norm = test_layer(spec, ZS_LAYER_BATCHNORM, "n", "c");
    norm->scale = scale;
    norm->shift = shift;
    norm->scale_n = 2;
    test_relu(spec, "r");
    quantise("p", "r", &out);
    const zs_net *net = streamlined();
    ck_assert_uint_eq(net->layer_n, 2);
    const zs_layer *conv = &net->layers[1];
    ck_assert(conv->op == ZS_LAYER_CONV && conv->quant != NULL && !conv->quant->is_real);
    ck_assert_float_eq(conv->weights.data[0], 3);
    ck_assert_float_eq(conv->weights.data[1], -1);
    ck_assert_float_eq(conv->weights.data[3], 2);
    ck_assert_double_eq(net->tensors[conv->out].number.scale, 0.25);
    for (int sum = -20; sum <= 20; sum++)
        for (uint32_t oc = 0; oc < 2; oc++) {
            const double real = sum * 0.5 * (double)weight_steps[oc];
            const double y = fmax(0, real * (double)scale[oc] + (double)shift[oc]);
            const double want = fmin(15, rint(y / 0.25));
            ck_assert_double_eq(zs_quant_finish(conv->quant, oc, sum), want);
        }
}
END_TEST

START_TEST(test_thresholds_of_sums_rise_and_fall)
{
    const zs_layer_quant in = quantiser(half, 0.5, -8, 7), out = quantiser(quarter, 0.25, 0, 3);
    const float scale[2] = {1, -1}, shift[2] = {0.1f, 0.1f};
    quantise("q", "", &in);
    conv_of_integers("q");
    zs_layer_spec *norm = test_layer(spec, ZS_LAYER_BATCHNORM, "n", "c");
    norm->scale = scale;
    norm->shift = shift;
    norm->scale_n = 2;
    quantise("p", "n", &out);
    const zs_layer_quant *quant = streamlined()->layers[1].quant;
    for (uint32_t oc = 0; oc < 2; oc++) {
        int64_t t[3];
        ck_assert(zs_quant_thresholds(quant, oc, -100, 100, t, 3));
        for (int64_t sum = -100; sum <= 100; sum++) {
            int reached = 0;
            for (size_t i = 0; i < 3; i++)
                reached += sum >= t[i];
            const double got = zs_quant_finish(quant, oc, (double)sum);
            ck_assert_double_eq(got, oc == 0 ? reached : 3 - reached);
        }
    }
}
END_TEST

START_TEST(test_counts_thresholds)
{
    static const double rows[2][3] = {{-1, 2, 2}, {0, 5, 100}};
    const zs_layer_quant in = quantiser(half, 0.5, -8, 7);
    const zs_layer_quant out = {.out = {.scale = 1, .lo = -1, .hi = 5, .bits = 4},
                                .is_real = true,
                                .channels = 2,
                                .least = -(double)INFINITY,
                                .most = (double)INFINITY,
                                .thresholds = &rows[0][0],
                                .threshold_n = 3,
                                .level0 = -1,
                                .step = 2};
    quantise("q", "", &in);
    conv_of_integers("q");
    quantise("p", "c", &out);
    const zs_net *net = streamlined();
    const zs_layer_quant *quant = net->layers[1].quant;
    ck_assert_uint_eq(net->layer_n, 2);
    /* 0.125 a step of channel 0, 0.0625 of channel 1 */
    ck_assert_double_eq(zs_quant_finish(quant, 0, -9), -1);
    ck_assert_double_eq(zs_quant_finish(quant, 0, -8), 1);
    ck_assert_double_eq(zs_quant_finish(quant, 0, 16), 5);
    ck_assert_double_eq(zs_quant_finish(quant, 1, 0), 1);
    ck_assert_double_eq(zs_quant_finish(quant, 1, 79), 1);
    ck_assert_double_eq(zs_quant_finish(quant, 1, 80), 3);
}
END_TEST

START_TEST(test_readers_of_real_numbers_keep_them_real)
{
    const zs_layer_quant in = quantiser(half, 0.5, -8, 7);
    quantise("q", "", &in);
    conv_of_integers("q");
    test_layer(spec, ZS_LAYER_GAP, "g", "q");
    test_layer(spec, ZS_LAYER_GAP, "h", "c");
    test_layer(spec, ZS_LAYER_ADD, "a", "g h");
    const zs_net *net = streamlined();
    const zs_layer *q = test_find_layer(net, "q"), *c = test_find_layer(net, "c");
    ck_assert(q->quant->is_real && c->quant == NULL);
    ck_assert_double_eq(net->tensors[q->out].number.scale, 0);
    ck_assert_float_eq(c->weights.data[0], 0.75f);
}
END_TEST

START_TEST(test_sums_of_integers_have_a_factor_by_input)
{
    const zs_layer_quant a = quantiser(half, 0.5, -8, 7), b = quantiser(quarter, 0.25, -8, 7);
    quantise("a", "", &a);
    quantise("b", "data", &b);
    test_layer(spec, ZS_LAYER_ADD, "s", "a b");
    test_relu(spec, "r");
    quantise("p", "r", &a);
    const zs_net *net = streamlined();
    const zs_layer *sum = test_find_layer(net, "s");
    ck_assert_uint_eq(net->layer_n, 3);
    ck_assert_double_eq(sum->quant->factor[0], 0.5);
    ck_assert_double_eq(sum->quant->factor[1], 0.25);
    ck_assert_double_eq(zs_quant_finish_sum(sum->quant, 3 * 0.5 + 1 * 0.25), 4); /* 3.5 to even */
    ck_assert_double_eq(zs_quant_finish_sum(sum->quant, -3), 0);
}
END_TEST

START_TEST(test_rounds_by_every_rule)
{
    static const double x[] = {-2.5, -1.5, -1.2, 0.5, 1.2, 1.5, 2.5};
    static const double want[][7] = {{-2, -2, -1, 0, 1, 2, 2}, {-3, -2, -2, 1, 2, 2, 3},
                                     {-2, -1, -1, 0, 1, 1, 2}, {-2, -1, -1, 1, 2, 2, 3},
                                     {-3, -2, -2, 0, 1, 1, 2}, {-3, -2, -1, 1, 1, 2, 3},
                                     {-2, -1, -1, 0, 1, 1, 2}};
    zs_layer_quant quant = quantiser(NULL, 1, -8, 7);
    for (size_t rule = 0; rule < ZS_LEN(want); rule++)
        for (size_t i = 0; i < ZS_LEN(x); i++) {
            quant.rule = (zs_rounding)rule;
            ck_assert_double_eq(zs_quant_finish(&quant, 0, x[i]), want[rule][i]);
        }
}
END_TEST

TCase *tcase_streamline(void)
{
    TCase *tcase = tcase_create("streamline");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_scales_norm_and_relu_go_into_one_function);
    tcase_add_test(tcase, test_thresholds_of_sums_rise_and_fall);
    tcase_add_test(tcase, test_counts_thresholds);
    tcase_add_test(tcase, test_readers_of_real_numbers_keep_them_real);
    tcase_add_test(tcase, test_sums_of_integers_have_a_factor_by_input);
    tcase_add_test(tcase, test_rounds_by_every_rule);
    return tcase;
}
