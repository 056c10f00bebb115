#include "nets.h"
#include "net_cases.h"

#include <math.h>

static zs_arena arena;
static test_spec *spec;
static zs_net *net;

static void set_up(void)
{
    zs_arena_init(&arena, test_heap());
    spec = test_squeezenet_v11();
    net = test_net(&arena, spec);
}

static void tear_down(void)
{
    test_spec_free(spec);
    zs_arena_drop(&arena);
}

/* MACs = oc x oh x ow x ic x k x k, by hand from the published shapes. */
static const struct {
    const char *name;
    zs_shape y;
    uint64_t macs;
} squeezenet[] = {
    {"conv1", {64, 113, 113}, UINT64_C(64) * 113 * 113 * 27},
    {"pool1", {64, 56, 56}, 0},
    {"fire2_squeeze", {16, 56, 56}, UINT64_C(16) * 56 * 56 * 64},
    {"fire2_expand1x1", {64, 56, 56}, UINT64_C(64) * 56 * 56 * 16},
    {"fire2_expand3x3", {64, 56, 56}, UINT64_C(64) * 56 * 56 * 16 * 9},
    {"fire3_squeeze", {16, 56, 56}, UINT64_C(16) * 56 * 56 * 128},
    {"pool3", {128, 28, 28}, 0},
    {"fire5_expand3x3", {128, 28, 28}, UINT64_C(128) * 28 * 28 * 32 * 9},
    {"pool5", {256, 14, 14}, 0},
    {"fire9_expand3x3", {256, 14, 14}, UINT64_C(256) * 14 * 14 * 64 * 9},
    {"conv10", {1000, 14, 14}, UINT64_C(1000) * 14 * 14 * 512},
    {"pool10", {1000, 1, 1}, 0},
    {"prob", {1000, 1, 1}, 0},
};

START_TEST(test_squeezenet_layers_have_the_published_shapes_and_macs)
{
    const zs_layer *layer = test_find_layer(net, squeezenet[_i].name);
    ck_assert_uint_eq(layer->y.c, squeezenet[_i].y.c);
    ck_assert_uint_eq(layer->y.h, squeezenet[_i].y.h);
    ck_assert_uint_eq(layer->y.w, squeezenet[_i].y.w);
    ck_assert_uint_eq(zs_layer_macs(layer), squeezenet[_i].macs);
}
END_TEST

START_TEST(test_squeezenet_has_the_published_number_of_parameters_and_macs)
{
    ck_assert_uint_eq(zs_net_param_elems(net), 1235496);
    ck_assert_uint_eq(zs_net_macs(net), 387747520);
}
END_TEST

START_TEST(test_totals_are_the_sums_of_the_layers)
{
    uint64_t macs = 0, params = 0;
    for (uint32_t i = 0; i < net->layer_n; i++) {
        macs += zs_layer_macs(&net->layers[i]);
        params += zs_layer_weight_elems(&net->layers[i]) + zs_layer_bias_elems(&net->layers[i]);
        ck_assert_uint_ge(zs_layer_ops(&net->layers[i]), 2 * zs_layer_macs(&net->layers[i]));
        ck_assert_uint_gt(zs_layer_ops(&net->layers[i]), 0);
        ck_assert_uint_eq(net->layers[i].index, i);
    }
    ck_assert_uint_eq(macs, zs_net_macs(net));
    ck_assert_uint_eq(params, zs_net_param_elems(net));
}
END_TEST

START_TEST(test_ops_count_two_per_mac_and_one_per_comparison)
{
    const zs_layer *conv1 = test_find_layer(net, "conv1"), *pool1 = test_find_layer(net, "pool1");
    ck_assert_uint_eq(zs_layer_ops(conv1), 2 * zs_layer_macs(conv1) + 64 * 113 * 113);
    ck_assert_uint_eq(zs_layer_ops(pool1), 64 * 56 * 56 * 9);
}
END_TEST

/* First values of one stream, computed apart from this code. */
START_TEST(test_synthetic_weights_do_not_depend_on_the_machine)
{
    for (uint64_t i = 0; i < 4; i++) {
        const uint64_t key = zs_mix64(7 ^ zs_mix64(2 * 3));
        const double u = (double)(zs_mix64(key ^ zs_mix64(i)) >> 40) / 8388608.0 - 1.0;
        ck_assert(zs_weight_synthetic(7, 3, i, 27) == (float)(sqrt(6.0 / 27) * u));
    }
    ck_assert(zs_weight_synthetic(1, 0, 0, 6) != zs_weight_synthetic(2, 0, 0, 6));
    ck_assert(zs_weight_synthetic(1, 0, 0, 6) != zs_weight_synthetic(1, 1, 0, 6));
}
END_TEST

START_TEST(test_synthetic_filters_are_bounded_and_spread)
{
    const zs_layer *layer = test_find_layer(net, "conv10");
    float scratch[512];
    const float limit = (float)sqrt(6.0 / 512);
    double sum = 0, squares = 0;
    for (uint32_t oc = 0; oc < 1000; oc++) {
        const float *filter = zs_layer_filter(net, layer, oc, scratch);
        for (uint32_t i = 0; i < 512; i++) {
            ck_assert(fabsf(filter[i]) <= limit);
            ck_assert(filter[i] == zs_weight_synthetic(net->seed, layer->index, oc * 512 + i, 512));
            sum += (double)filter[i];
            squares += (double)filter[i] * (double)filter[i];
        }
    }
    ck_assert(fabs(sum / 512000) < (double)limit * 0.005);
    ck_assert(fabs(squares / 512000 / (2.0 / 512) - 1) < 0.01); /* variance 2 / fan-in */
}
END_TEST

START_TEST(test_synthetic_biases_are_small_and_differ)
{
    const zs_layer *layer = test_find_layer(net, "conv1");
    for (uint32_t oc = 0; oc < 64; oc++)
        ck_assert(fabsf(zs_layer_bias(net, layer, oc)) <= 0.05f);
    ck_assert(zs_layer_bias(net, layer, 0) != zs_layer_bias(net, layer, 1));
}
END_TEST

START_TEST(test_weights_of_a_file_are_pointed_to)
{
    static const float data[2 * 3] = {1, 2, 3, 4, 5, 6}, bias[2] = {7, 8};
    test_spec *s = test_spec_new(3, 4, 4);
    test_conv(s, "a", "", 2, 1, 1, 0)->weights = (zs_weights){data, bias, 6, 2};
    const zs_net *n = test_net(&arena, s);
    ck_assert_ptr_eq(zs_layer_filter(n, &n->layers[0], 1, NULL), data + 3);
    ck_assert(zs_layer_bias(n, &n->layers[0], 1) == 8);
    test_spec_free(s);
}
END_TEST

START_TEST(test_grouped_filters_see_their_group_only)
{
    test_spec *s = test_spec_new(8, 6, 6);
    test_conv(s, "g", "", 12, 3, 1, 1)->groups = 4;
    test_conv(s, "dw", "", 12, 3, 1, 1)->groups = 0;
    const zs_net *n = test_net(&arena, s);
    ck_assert_uint_eq(zs_layer_filter_elems(&n->layers[0]), 2 * 9);
    ck_assert_uint_eq(zs_layer_macs(&n->layers[0]), 12 * 36 * 18);
    ck_assert(!zs_layer_is_depthwise(&n->layers[0]));
    ck_assert_uint_eq(n->layers[1].groups, 12);
    ck_assert_uint_eq(zs_layer_weight_elems(&n->layers[1]), 12 * 9);
    ck_assert(zs_layer_is_depthwise(&n->layers[1]));
    test_spec_free(s);
}
END_TEST

TCase *tcase_work(void)
{
    TCase *tc = tcase_create("work");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, test_squeezenet_layers_have_the_published_shapes_and_macs, 0,
                        ZS_LEN(squeezenet));
    tcase_add_test(tc, test_squeezenet_has_the_published_number_of_parameters_and_macs);
    tcase_add_test(tc, test_totals_are_the_sums_of_the_layers);
    tcase_add_test(tc, test_ops_count_two_per_mac_and_one_per_comparison);
    tcase_add_test(tc, test_synthetic_weights_do_not_depend_on_the_machine);
    tcase_add_test(tc, test_synthetic_filters_are_bounded_and_spread);
    tcase_add_test(tc, test_synthetic_biases_are_small_and_differ);
    tcase_add_test(tc, test_weights_of_a_file_are_pointed_to);
    tcase_add_test(tc, test_grouped_filters_see_their_group_only);
    return tc;
}
