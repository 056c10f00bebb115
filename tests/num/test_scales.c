#include "num_cases.h"
#include "nets.h"

#include "zynqsim/num.h"

#include <math.h>
#include <string.h>

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

/* Ranges of 1 for all but the named tensors. */
static zs_ranges unit_ranges(const zs_net *net)
{
    zs_ranges ranges;
    ck_assert_int_eq(zs_ranges_build(&arena, net, &ranges, NULL), ZS_OK);
    for (uint32_t t = 0; t < net->tensor_n; t++)
        ranges.max_abs[t] = 1;
    return ranges;
}

static const zs_quant *quant(const zs_net *net, uint32_t precision, const zs_ranges *ranges)
{
    zs_quant *q = NULL;
    zs_err err = {0};
    const zs_status status = zs_quant_build(&arena, net, precision, ranges, &q, &err);
    ck_assert_msg(status == ZS_OK, "%s: %s", err.place, err.text);
    return q;
}

/* ---- tensors --------------------------------------------------------------------------------- */

static const struct {
    float max_abs;
    int32_t frac;
    float scale;
} tensor_scales[] = {
    {0, 0, 1},
    {1, 14, 1 / 127.0f},
    {0.99996948f, 15, 0.99996948f / 127}, /* 32767 / 32768 */
    {0.99999f, 14, 0.99999f / 127},
    {127, 8, 1},
    {32767, 0, 32767 / 127.0f},
    {32768, -1, 32768 / 127.0f},
    {1e-9f, 30, 1e-9f / 127},
    {2147352576.0f, -16, 2147352576.0f / 127}, /* 32767 x 2^16 */
};

START_TEST(test_a_range_gives_the_finest_scale_that_holds_it)
{
    test_conv(spec, "a", "", 2, 1, 1, 0);
    const zs_net *net = test_net(&arena, spec);
    zs_ranges ranges = unit_ranges(net);
    ranges.max_abs[net->output] = tensor_scales[_i].max_abs;
    ck_assert_int_eq(quant(net, ZS_FIXED16, &ranges)->tensors[net->output].frac,
                     tensor_scales[_i].frac);
    const float scale = quant(net, ZS_INT8, &ranges)->tensors[net->output].scale;
    ck_assert(scale == tensor_scales[_i].scale);
}
END_TEST

START_TEST(test_what_shares_memory_or_passes_values_on_shares_a_scale)
{
    static const char *const alike[] = {"a", "b", "inner", "c", "outer", "pool", "flat"};
    test_conv(spec, "a", "data", 2, 1, 1, 0);
    test_conv(spec, "b", "data", 2, 1, 1, 0);
    test_layer(spec, ZS_LAYER_CONCAT, "inner", "a b");
    test_conv(spec, "c", "inner", 2, 1, 1, 0);
    test_layer(spec, ZS_LAYER_CONCAT, "outer", "inner c");
    test_pool(spec, "pool", "", ZS_POOL_MAX, 2, 2);
    test_layer(spec, ZS_LAYER_FLATTEN, "flat", "");
    test_layer(spec, ZS_LAYER_FC, "fc", "")->oc = 3;
    const zs_net *net = test_net(&arena, spec);
    zs_ranges ranges = unit_ranges(net);
    ranges.max_abs[test_find_tensor(net, "b")] = 5;
    const zs_quant *q8 = quant(net, ZS_INT8, &ranges), *q16 = quant(net, ZS_FIXED16, &ranges);
    for (size_t i = 0; i < ZS_LEN(alike); i++) {
        const uint32_t t = test_find_tensor(net, alike[i]);
        ck_assert_msg(q8->tensors[t].scale == 5 / 127.0f, "%s", alike[i]);
        ck_assert_int_eq(q16->tensors[t].frac, 12);
    }
    ck_assert(q8->tensors[net->output].scale == 1 / 127.0f);
    ck_assert(q8->tensors[net->input].scale == 1 / 127.0f);
}
END_TEST

START_TEST(test_elements_survive_storing_to_half_a_step)
{
    test_conv(spec, "a", "", 2, 1, 1, 0);
    const zs_net *net = test_net(&arena, spec);
    const zs_ranges ranges = unit_ranges(net);
    for (uint32_t precision = ZS_FIXED16; precision <= ZS_INT8; precision++) {
        const zs_quant *q = quant(net, precision, &ranges);
        const double step = precision == ZS_INT8 ? 1.0 / 127 : 1.0 / 16384;
        float x[201], y[201];
        int16_t stored[201];
        for (int i = 0; i <= 200; i++)
            x[i] = (float)(i - 100) / 100;
        zs_quantise(q, net->input, x, stored, 201);
        zs_dequantise(q, net->input, stored, y, 201);
        for (int i = 0; i <= 200; i++)
            ck_assert(fabs((double)x[i] - (double)y[i]) <= step / 2 + 1e-7);
        const float huge[2] = {9, -9};
        zs_quantise(q, net->input, huge, stored, 2);
        zs_dequantise(q, net->input, stored, y, 2);
        ck_assert(y[0] == (float)(precision == ZS_INT8 ? 1.0 : 32767.0 / 16384));
        ck_assert(y[1] < -1);
    }
}
END_TEST

START_TEST(test_fp32_needs_no_ranges_and_stores_floats)
{
    test_conv(spec, "a", "", 2, 1, 1, 0);
    const zs_net *net = test_net(&arena, spec);
    const zs_quant *q = quant(net, ZS_FP32, NULL);
    const float x[3] = {1, -0.0f, 3.14159274f};
    float y[3], z[3];
    ck_assert_ptr_null(q->tensors);
    zs_quantise(q, 0, x, y, 3);
    zs_dequantise(q, 0, y, z, 3);
    ck_assert_int_eq(memcmp(x, z, sizeof x), 0);
}
END_TEST

/* ---- weights and biases ---------------------------------------------------------------------- */

static void fixed_conv(const float *weights, const float *bias)
{
    test_conv(spec, "a", "", 2, 1, 1, 0)->weights = (zs_weights){weights, bias, 4, 2};
}

START_TEST(test_int8_weights_have_a_scale_per_channel)
{
    static const float weights[4] = {1, -0.5f, 0.25f, 0.1f}, bias[2] = {0.25f, -0.25f};
    fixed_conv(weights, bias);
    const zs_net *net = test_net(&arena, spec);
    const zs_ranges ranges = unit_ranges(net);
    const zs_quant *q = quant(net, ZS_INT8, &ranges);
    int8_t stored[2];
    int32_t b;
    zs_quantise_filter(q, &net->layers[0], 0, weights, stored);
    ck_assert_int_eq(stored[0], 127);
    ck_assert_int_eq(stored[1], -64); /* -63.5 to even */
    zs_quantise_filter(q, &net->layers[0], 1, weights + 2, stored);
    ck_assert_int_eq(stored[0], 127);
    ck_assert_int_eq(stored[1], 51);
    zs_quantise_bias(q, &net->layers[0], 0, bias[0], &b);
    ck_assert_int_eq(b, 4032); /* 0.25 x 127 x 127 */
}
END_TEST

START_TEST(test_a_channel_of_zeros_has_a_scale)
{
    static const float weights[4] = {0, 0, 1, 1}, bias[2] = {0.5f, 0};
    fixed_conv(weights, bias);
    const zs_net *net = test_net(&arena, spec);
    const zs_ranges ranges = unit_ranges(net);
    const zs_quant *q = quant(net, ZS_INT8, &ranges);
    ck_assert(q->layers[0].weight_scale[0] == 1);
    ck_assert_int_gt(q->layers[0].requant[0].mul, 0);
}
END_TEST

START_TEST(test_large_biases_coarsen_the_weights)
{
    static const float weights[4] = {0.001f, 0, 0, 0.001f}, bias[2] = {2000, 0};
    fixed_conv(weights, bias);
    const zs_net *net = test_net(&arena, spec);
    zs_ranges ranges = unit_ranges(net);
    ranges.max_abs[net->input] = 1e-4f;
    ranges.max_abs[net->output] = 2000;
    const zs_quant *q16 = quant(net, ZS_FIXED16, &ranges), *q8 = quant(net, ZS_INT8, &ranges);
    int32_t b16, b8;
    zs_quantise_bias(q16, &net->layers[0], 0, 2000, &b16);
    zs_quantise_bias(q8, &net->layers[0], 0, 2000, &b8);
    const int32_t frac = q16->layers[0].weight_frac + q16->tensors[net->input].frac;
    ck_assert(b16 < INT32_MAX && ldexp(2000, frac) <= INT32_MAX &&
              ldexp(2000, frac + 1) > INT32_MAX);
    ck_assert_int_le(b8, 1 << 30);
    for (uint32_t precision = ZS_FIXED16; precision <= ZS_INT8; precision++) {
        const zs_quant *q = precision == ZS_INT8 ? q8 : q16;
        float y;
        int32_t bias_sum = precision == ZS_INT8 ? b8 : b16;
        int16_t stored;
        const int32_t v = zs_requantise(bias_sum, q->layers[0].requant[0], -32768, 32767);
        if (precision == ZS_INT8)
            *(int8_t *)&stored = (int8_t)v;
        else
            stored = (int16_t)v;
        zs_dequantise(q, net->output, &stored, &y, 1);
        ck_assert(fabsf(y - 2000) < 10);
    }
}
END_TEST

/* ---- sums to outputs ------------------------------------------------------------------------- */

START_TEST(test_multipliers_are_normalised_and_near_the_ratio)
{
    test_conv(spec, "a", "", 2, 1, 1, 0);
    const zs_net *net = test_net(&arena, spec);
    zs_ranges ranges = unit_ranges(net);
    ranges.max_abs[net->output] = (float)_i * (float)_i * 3.7f;
    const zs_quant *q = quant(net, ZS_INT8, &ranges);
    for (uint32_t oc = 0; oc < 2; oc++) {
        const zs_requant r = q->layers[0].requant[oc];
        const double ratio = (double)q->tensors[net->input].scale *
                             (double)q->layers[0].weight_scale[oc] /
                             (double)q->tensors[net->output].scale;
        ck_assert_int_ge(r.mul, 1 << 30);
        ck_assert(fabs(ldexp(r.mul, -r.shift) / ratio - 1) < 0x1p-31 * 1.01);
    }
}
END_TEST

START_TEST(test_activation_limits_are_in_output_units)
{
    test_conv(spec, "a", "", 2, 1, 1, 0)->act = (zs_act){true, 0, 6};
    test_conv(spec, "b", "", 2, 1, 1, 0);
    const zs_net *net = test_net(&arena, spec);
    zs_ranges ranges = unit_ranges(net);
    ranges.max_abs[net->layers[0].out] = 12;
    const zs_quant *q8 = quant(net, ZS_INT8, &ranges), *q16 = quant(net, ZS_FIXED16, &ranges);
    ck_assert_int_eq(q8->layers[0].act_lo, 0);
    ck_assert_int_eq(q8->layers[0].act_hi, 64); /* 6 x 127 / 12 = 63.5 to even */
    ck_assert_int_eq(q16->layers[0].act_hi, 6 << 11);
    ck_assert_int_eq(q8->layers[1].act_lo, -128);
    ck_assert_int_eq(q16->layers[1].act_hi, 32767);
}
END_TEST

/* One rounding of the exact sum: at most half an output step away, plus the multipliers' error. */
START_TEST(test_adding_unlike_scales_rounds_once)
{
    test_conv(spec, "a", "data", 2, 1, 1, 0);
    test_layer(spec, ZS_LAYER_ADD, "sum", "a data")->act = (zs_act){true, -1.5f, 100};
    const zs_net *net = test_net(&arena, spec);
    zs_ranges ranges = unit_ranges(net);
    ranges.max_abs[net->layers[0].out] = 0.037f;
    ranges.max_abs[net->output] = 2.5f;
    const zs_quant *q = quant(net, ZS_INT8, &ranges);
    const double step = (double)q->tensors[net->output].scale;
    for (int a = -128; a < 128; a++)
        for (int b = -128; b < 128; b += 5) {
            const int8_t x0 = (int8_t)a, x1 = (int8_t)b;
            const void *in[] = {&x0, &x1};
            int8_t y;
            zs_add_elems(q, &net->layers[1], in, 2, &y, 1);
            const double exact = a * (double)q->tensors[net->layers[0].out].scale +
                                 b * (double)q->tensors[net->input].scale;
            const double clipped = fmin(fmax(exact, -76 * step), 127 * step); /* rhe(-1.5 / s) */
            ck_assert(fabs(y * step - clipped) <= step * 0.500001);
        }
}
END_TEST

START_TEST(test_adding_fixed_point_is_exact_before_its_rounding)
{
    test_conv(spec, "a", "data", 2, 1, 1, 0);
    test_layer(spec, ZS_LAYER_ADD, "sum", "a data");
    const zs_net *net = test_net(&arena, spec);
    zs_ranges ranges = unit_ranges(net);
    ranges.max_abs[net->layers[0].out] = 0.1f; /* frac 18 */
    ranges.max_abs[net->output] = 7;           /* frac 12; the input has 14 */
    const zs_quant *q = quant(net, ZS_FIXED16, &ranges);
    zs_prng prng = {.state = 5};
    for (int i = 0; i < 1000; i++) {
        const int16_t x0 = (int16_t)zs_prng_next(&prng), x1 = (int16_t)zs_prng_next(&prng);
        const void *in[] = {&x0, &x1};
        int16_t y;
        zs_add_elems(q, &net->layers[1], in, 2, &y, 1);
        ck_assert_int_eq(y, zs_round_saturate(x0 / 64.0 + x1 / 4.0, -32768, 32767));
    }
}
END_TEST

START_TEST(test_clipping_is_exact_on_integers)
{
    test_layer(spec, ZS_LAYER_ACT, "clip", "")->act = (zs_act){true, -0.25f, 0.5f};
    test_layer(spec, ZS_LAYER_GAP, "gap", "");
    const zs_net *net = test_net(&arena, spec);
    zs_ranges ranges = unit_ranges(net);
    ranges.max_abs[net->layers[0].out] = 0.5f; /* but stored in steps of the input's */
    const zs_quant *q = quant(net, ZS_INT8, &ranges);
    int8_t x[32], y[32];
    const void *in[] = {x};
    char scratch[1024];
    for (int i = 0; i < 32; i++)
        x[i] = (int8_t)(8 * i - 128);
    ck_assert_uint_le(zs_host_scratch_bytes(net, &net->layers[0]), sizeof scratch);
    zs_host_layer(net, q, &net->layers[0], in, y, scratch);
    for (int i = 0; i < 32; i++)
        ck_assert_int_eq(y[i], x[i] < -32 ? -32 : x[i] > 64 ? 64 : x[i]);
}
END_TEST

/* ---- what cannot be quantised ---------------------------------------------------------------- */

static const struct {
    uint32_t precision;
    float range, weight, bias;
    const char *word;
} bad[] = {
    {ZS_INT8, NAN, 1, 0, "cannot be quantised"},
    {ZS_FIXED16, INFINITY, 1, 0, "cannot be quantised"},
    {ZS_FIXED16, 3e9f, 1, 0, "beyond the limit of fixed16"},
    {ZS_FIXED16, 1, INFINITY, 0, "output channel 1 are no finite"},
    {ZS_INT8, 1, NAN, 0, "no finite"},
    {ZS_INT8, 1, 1, NAN, "no finite"},
};

START_TEST(test_what_cannot_be_quantised_is_named)
{
    const float weights[4] = {1, 1, bad[_i].weight, 1}, bias[2] = {0, bad[_i].bias};
    fixed_conv(weights, bias);
    const zs_net *net = test_net(&arena, spec);
    zs_ranges ranges = unit_ranges(net);
    zs_quant *q = NULL;
    zs_err err = {0};
    ranges.max_abs[net->output] = bad[_i].range;
    ck_assert_int_eq(zs_quant_build(&arena, net, bad[_i].precision, &ranges, &q, &err), ZS_ERANGE);
    ck_assert_ptr_null(q);
    ck_assert_ptr_nonnull(strstr(err.text, bad[_i].word));
    ck_assert_str_eq(err.place, "a");
}
END_TEST

START_TEST(test_sums_that_could_overflow_are_named)
{
    test_spec *wide = test_spec_new(300, 22, 22); /* 145,200 products of up to 127 x 128 */
    test_layer(wide, ZS_LAYER_FC, "fc", "")->oc = 1;
    zs_net *net = test_net(&arena, wide);
    float *ones = zs_new(&arena, float, 145200);
    for (int i = 0; i < 145200; i++)
        ones[i] = 1;
    ((zs_layer *)net->layers)[0].weights = (zs_weights){ones, NULL, 145200, 0};
    const zs_ranges ranges = unit_ranges(net);
    zs_quant *q = NULL;
    zs_err err = {0};
    ck_assert_int_eq(zs_quant_build(&arena, net, ZS_INT8, &ranges, &q, &err), ZS_ERANGE);
    ck_assert_ptr_nonnull(strstr(err.text, "32-bit accumulator"));
    ck_assert_int_eq(zs_quant_build(&arena, net, ZS_FIXED16, &ranges, &q, &err), ZS_OK);
    test_spec_free(wide);
}
END_TEST

TCase *tcase_scales(void)
{
    TCase *tc = tcase_create("scales");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, test_a_range_gives_the_finest_scale_that_holds_it, 0,
                        ZS_LEN(tensor_scales));
    tcase_add_test(tc, test_what_shares_memory_or_passes_values_on_shares_a_scale);
    tcase_add_test(tc, test_elements_survive_storing_to_half_a_step);
    tcase_add_test(tc, test_fp32_needs_no_ranges_and_stores_floats);
    tcase_add_test(tc, test_int8_weights_have_a_scale_per_channel);
    tcase_add_test(tc, test_a_channel_of_zeros_has_a_scale);
    tcase_add_test(tc, test_large_biases_coarsen_the_weights);
    tcase_add_loop_test(tc, test_multipliers_are_normalised_and_near_the_ratio, 1, 20);
    tcase_add_test(tc, test_activation_limits_are_in_output_units);
    tcase_add_test(tc, test_adding_unlike_scales_rounds_once);
    tcase_add_test(tc, test_adding_fixed_point_is_exact_before_its_rounding);
    tcase_add_test(tc, test_clipping_is_exact_on_integers);
    tcase_add_loop_test(tc, test_what_cannot_be_quantised_is_named, 0, ZS_LEN(bad));
    tcase_add_test(tc, test_sums_that_could_overflow_are_named);
    return tc;
}
