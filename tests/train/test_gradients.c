#include "nets.h"
#include "train_cases.h"
#include "zynqsim/train.h"

#include <math.h>
#include <string.h>

/* Each kind of layer between a convolution, so that errors have to go through it, and a fully
 * connected layer: gradients against differences of the loss. */

static zs_arena arena;

static void set_up(void)
{
    zs_arena_init(&arena, test_heap());
}

static void tear_down(void)
{
    zs_arena_drop(&arena);
}

enum { BATCH = 3, CLASSES = 3 };

static void conv_with(test_spec *s, uint32_t oc, uint32_t groups, uint32_t k, uint32_t stride,
                      uint32_t dilation, const uint32_t pads[4])
{
    zs_layer_spec *l = test_layer(s, ZS_LAYER_CONV, "tested", "first");
    l->oc = oc;
    l->groups = groups;
    l->window =
        (zs_window){k, k, stride, stride, dilation, dilation, pads[0], pads[1], pads[2], pads[3]};
}

static void pool_with(test_spec *s, zs_pool_kind kind, uint32_t k, uint32_t stride,
                      const uint32_t pads[4], bool ceil_mode, bool counts)
{
    zs_layer_spec *l = test_layer(s, ZS_LAYER_POOL, "tested", "first");
    l->pool = kind;
    l->window = (zs_window){k, k, stride, stride, 1, 1, pads[0], pads[1], pads[2], pads[3]};
    l->ceil_mode = ceil_mode;
    l->count_include_pad = counts;
}

static zs_general leaky;

static void function_with(test_spec *s, zs_function fn, double p)
{
    leaky = (zs_general){.fn = fn, .p = {p, 0.5}, .to = {4, 6, 7}, .x_elems = 4 * 6 * 7};
    test_layer(s, ZS_LAYER_UNARY, "tested", "first")->general = &leaky;
}

static void clip(test_spec *s, float lo, float hi)
{
    test_layer(s, ZS_LAYER_ACT, "tested", "first")->act = (zs_act){true, lo, hi};
}

static void build_layer(test_spec *s, int kind)
{
    static const uint32_t none[4] = {0}, one[4] = {1, 1, 1, 1}, odd[4] = {0, 1, 2, 1};
    switch (kind) {
    case 0:
        conv_with(s, 5, 1, 3, 2, 1, one);
        return;
    case 1:
        conv_with(s, 6, 2, 3, 1, 1, odd);
        return;
    case 2:
        conv_with(s, 4, 1, 2, 1, 2, one);
        return;
    case 3:
        conv_with(s, 4, 4, 3, 1, 1, one);
        return;
    case 4:
        conv_with(s, 5, 1, 1, 3, 1, none);
        return;
    case 5:
        pool_with(s, ZS_POOL_MAX, 3, 2, one, false, false);
        return;
    case 6:
        pool_with(s, ZS_POOL_MAX, 2, 2, none, true, false);
        return;
    case 7:
        pool_with(s, ZS_POOL_AVG, 3, 2, one, false, true);
        return;
    case 8:
        pool_with(s, ZS_POOL_AVG, 3, 2, odd, true, false);
        return;
    case 9:
        clip(s, 0, INFINITY);
        return;
    case 10:
        clip(s, -0.25f, 0.3f);
        return;
    case 11:
        test_layer(s, ZS_LAYER_BATCHNORM, "tested", "first");
        return;
    case 12:
        test_layer(s, ZS_LAYER_GAP, "tested", "first");
        return;
    case 13:
        test_conv(s, "left", "first", 3, 3, 1, 1)->act = (zs_act){true, 0, INFINITY};
        test_conv(s, "right", "first", 3, 1, 1, 0);
        test_conv(s, "more", "left", 3, 3, 1, 1);
        test_layer(s, ZS_LAYER_ADD, "tested", "left right more")->act = (zs_act){true, 0, INFINITY};
        return;
    case 14:
        test_conv(s, "left", "first", 3, 3, 1, 1);
        test_conv(s, "right", "left", 2, 1, 1, 0); /* reads a slice */
        test_layer(s, ZS_LAYER_CONCAT, "tested", "left right");
        return;
    case 15:
        test_layer(s, ZS_LAYER_CONCAT, "tested", "first data first"); /* not in place */
        return;
    case 16:
        test_layer(s, ZS_LAYER_SOFTMAX, "tested", "first");
        return;
    case 17:
        function_with(s, ZS_FN_LEAKY_RELU, 0.1);
        return;
    case 18:
        function_with(s, ZS_FN_ELU, 0.7);
        return;
    case 19:
        function_with(s, ZS_FN_SIGMOID, 0);
        return;
    case 20:
        function_with(s, ZS_FN_TANH, 0);
        return;
    case 21:
        function_with(s, ZS_FN_SWISH, 1.5);
        return;
    case 22:
        function_with(s, ZS_FN_SOFTPLUS, 0);
        return;
    case 23:
        function_with(s, ZS_FN_HARD_SIGMOID, 0.2);
        return;
    case 24:
        function_with(s, ZS_FN_HARD_SWISH, 0);
        return;
    case 25:
    case 26: { /* odd and even sizes, steep enough to matter */
        zs_layer_spec *l = test_layer(s, ZS_LAYER_LRN, "tested", "first");
        l->lrn_size = kind == 25 ? 3 : 4;
        l->lrn_alpha = 0.9f;
        l->lrn_beta = 0.75f;
        l->lrn_k = 1.5f;
        return;
    }
    default: { /* fc in a row */
        zs_layer_spec *l = test_layer(s, ZS_LAYER_FC, "tested", "first");
        l->oc = 9;
        l->act = (zs_act){true, 0, INFINITY};
    }
    }
}

enum { KINDS = 28 };

static double draw(zs_prng *prng)
{
    return (double)(zs_prng_next(prng) >> 11) / (double)(UINT64_C(1) << 52) - 1; /* -1..1 */
}

static void fill(double *list, uint64_t n, zs_prng *prng, double most)
{
    for (uint64_t i = 0; i < n; i++)
        list[i] = most * draw(prng);
}

static zs_trainer *build(test_spec *s, uint32_t loss)
{
    zs_err err = {0};
    zs_net *net;
    zs_trainer *t;
    zs_net_spec *spec = test_spec_get(s);
    spec->keep_batchnorm = true;
    ck_assert_msg(zs_net_build(&arena, spec, &net, &err) == ZS_OK, "%s: %s", err.place, err.text);
    const zs_train_setup setup = {
        .net = net, .type = ZS_TRAIN_FLOAT64, .loss = loss, .batch = BATCH};
    ck_assert_msg(zs_trainer_build(&arena, &setup, &t, &err) == ZS_OK, "%s: %s", err.place,
                  err.text);
    return t;
}

/* Means from 0, variances from 1; a variance is estimated from n values with n - 1. */
START_TEST(test_running_statistics_take_a_tenth_of_each_mini_batch)
{
    enum { PIXELS = 4, VALUES = BATCH * PIXELS };
    zs_prng prng = {.state = 1};
    const uint32_t labels[BATCH] = {2, 0, 1};
    double x[2 * VALUES];
    uint64_t n;
    test_spec *s = test_spec_new(2, 2, 2);
    test_layer(s, ZS_LAYER_BATCHNORM, "norm", "data");
    test_layer(s, ZS_LAYER_FC, "last", "norm")->oc = CLASSES;
    zs_trainer *t = build(s, ZS_LOSS_SQUARES);
    fill(x, ZS_LEN(x), &prng, 3);
    const zs_train_batch batch = {.x = x, .labels = labels, .n = BATCH};
    ck_assert(zs_trainer_cycle(t, &batch, 0.1).is_done);
    const double *state = zs_trainer_state(t, &n);
    ck_assert_uint_eq(n, 4);
    for (uint32_t c = 0; c < 2; c++) {
        double sum = 0, squares = 0;
        for (uint32_t i = 0; i < VALUES; i++)
            sum += x[i / PIXELS * 2 * PIXELS + c * PIXELS + i % PIXELS];
        for (uint32_t i = 0; i < VALUES; i++)
            squares += pow(x[i / PIXELS * 2 * PIXELS + c * PIXELS + i % PIXELS] - sum / VALUES, 2);
        ck_assert_double_eq_tol(state[c], 0.1 * sum / VALUES, 1e-12);
        ck_assert_double_eq_tol(state[2 + c], 0.9 + 0.1 * squares / (VALUES - 1), 1e-12);
    }
    test_spec_free(s);
}
END_TEST

START_TEST(test_gradients_equal_differences_of_the_loss)
{
    zs_prng prng = {.state = (uint64_t)_i + 1};
    const uint32_t loss = _i % 2 == 0 ? ZS_LOSS_ENTROPY : ZS_LOSS_SQUARES;
    const uint32_t labels[BATCH] = {2, 0, 1};
    test_spec *s = test_spec_new(2, 6, 7);
    test_conv(s, "first", "data", 4, 3, 1, 1);
    build_layer(s, _i);
    test_layer(s, ZS_LAYER_FC, "last", "tested")->oc = CLASSES;
    if (loss == ZS_LOSS_ENTROPY)
        test_layer(s, ZS_LAYER_SOFTMAX, "prob", "last");
    zs_trainer *t = build(s, loss);
    double x[BATCH * 2 * 6 * 7];
    fill(x, ZS_LEN(x), &prng, 1);
    uint64_t n;
    double *params = zs_trainer_params(t, &n);
    fill(params, n, &prng, 0.5);
    const zs_train_batch batch = {.x = x, .labels = labels, .n = BATCH};
    zs_trainer_cycle(t, &batch, 0);
    double *gradients = zs_arena_alloc(&arena, (size_t)n, sizeof *gradients);
    memcpy(gradients, zs_trainer_gradients(t, &n), n * sizeof *gradients);
    const double step = 1e-6;
    for (uint64_t i = 0; i < n; i += 1 + n / 150) {
        const double kept = params[i];
        params[i] = kept + step;
        const double up = zs_trainer_cycle(t, &batch, 0).loss;
        params[i] = kept - step;
        const double down = zs_trainer_cycle(t, &batch, 0).loss;
        params[i] = kept;
        const double slope = (up - down) / (2 * step);
        ck_assert_msg(fabs(slope - gradients[i]) < 1e-6 * fmax(1, fabs(slope)) * 0.5,
                      "parameter %llu of %llu: %.12g, not %.12g", (unsigned long long)i,
                      (unsigned long long)n, gradients[i], slope);
    }
    test_spec_free(s);
}
END_TEST

START_TEST(test_both_types_agree)
{
    const uint32_t labels[BATCH] = {2, 0, 1};
    double loss[2];
    test_spec *s = test_spec_new(2, 6, 7);
    zs_err err = {0};
    zs_net *net;
    test_conv(s, "first", "data", 4, 3, 1, 1)->act = (zs_act){true, 0, INFINITY};
    test_pool(s, "pool", "", ZS_POOL_MAX, 2, 2);
    test_layer(s, ZS_LAYER_FC, "last", "")->oc = CLASSES;
    ck_assert_int_eq(zs_net_build(&arena, test_spec_get(s), &net, &err), ZS_OK);
    for (uint32_t type = 0; type < 2; type++) {
        float single[BATCH * 2 * 6 * 7];
        double x[ZS_LEN(single)];
        zs_prng prng = {.state = 7};
        zs_trainer *t;
        const zs_train_setup setup = {
            .net = net, .type = type, .loss = ZS_LOSS_ENTROPY, .batch = BATCH, .momentum = 0.5};
        ck_assert_int_eq(zs_trainer_build(&arena, &setup, &t, &err), ZS_OK);
        fill(x, ZS_LEN(x), &prng, 1);
        for (size_t i = 0; i < ZS_LEN(x); i++)
            single[i] = (float)x[i];
        const zs_train_batch batch = {
            .x = type == ZS_TRAIN_FLOAT64 ? (void *)x : single, .labels = labels, .n = BATCH};
        for (int i = 0; i < 10; i++)
            loss[type] = zs_trainer_cycle(t, &batch, 0.05).loss;
    }
    ck_assert(fabs(loss[0] - loss[1]) < 1e-4 && loss[0] < 1);
    test_spec_free(s);
}
END_TEST

START_TEST(test_synthetic_weights_start_scaled_and_those_of_a_file_as_they_are)
{
    static const float own[CLASSES * 4 * 6 * 7] = {0.75f};
    zs_err err = {0};
    zs_net *net;
    zs_trainer *t[2];
    uint64_t n;
    test_spec *s = test_spec_new(2, 6, 7);
    test_conv(s, "first", "data", 4, 3, 1, 1);
    zs_layer_spec *last = test_layer(s, ZS_LAYER_FC, "last", "");
    last->oc = CLASSES;
    last->weights.data = own;
    last->weights.n_elems = ZS_LEN(own);
    ck_assert_msg(zs_net_build(&arena, test_spec_get(s), &net, &err) == ZS_OK, "%s: %s", err.place,
                  err.text);
    for (uint32_t i = 0; i < 2; i++) {
        const zs_train_setup setup = {
            .net = net, .type = ZS_TRAIN_FLOAT64, .batch = 1, .start = i == 0 ? 1 : 0.5};
        ck_assert_int_eq(zs_trainer_build(&arena, &setup, &t[i], &err), ZS_OK);
    }
    const double *whole = zs_trainer_params(t[0], &n), *half = zs_trainer_params(t[1], &n);
    const zs_train_params at = zs_trainer_params_of(t[0], 0);
    for (uint64_t i = 0; i < at.weight_n; i++)
        ck_assert(whole[i] != 0 && half[i] == whole[i] / 2);
    const zs_train_params behind = zs_trainer_params_of(t[0], 1);
    ck_assert(whole[behind.weights_at] == 0.75 && half[behind.weights_at] == 0.75);
    test_spec_free(s);
}
END_TEST

START_TEST(test_layers_without_a_backward_pass_are_named)
{
    zs_err err = {0};
    zs_net *net;
    zs_trainer *t;
    test_spec *s = test_spec_new(2, 6, 7);
    test_conv(s, "first", "data", 4, 3, 1, 1);
    function_with(s, ZS_FN_ROUND, 0);
    test_layer(s, ZS_LAYER_FC, "last", "")->oc = CLASSES;
    ck_assert_int_eq(zs_net_build(&arena, test_spec_get(s), &net, &err), ZS_OK);
    const zs_train_setup setup = {.net = net, .batch = 1};
    ck_assert_int_eq(zs_trainer_build(&arena, &setup, &t, &err), ZS_EUNSUPPORTED);
    ck_assert_str_eq(err.place, "tested");
    test_spec_free(s);
}
END_TEST

TCase *tcase_gradients(void)
{
    TCase *tc = tcase_create("gradients");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, test_running_statistics_take_a_tenth_of_each_mini_batch);
    tcase_add_loop_test(tc, test_gradients_equal_differences_of_the_loss, 0, KINDS);
    tcase_add_test(tc, test_both_types_agree);
    tcase_add_test(tc, test_synthetic_weights_start_scaled_and_those_of_a_file_as_they_are);
    tcase_add_test(tc, test_layers_without_a_backward_pass_are_named);
    return tc;
}
