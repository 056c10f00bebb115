#include "cases.h"

#include <string.h>

static const float numbers[64] = {1, 2, 3};

/* Layers as a file with weights has them. */
static zs_layer_spec conv(const char *name, uint32_t oc, uint32_t k, const float *data)
{
    zs_layer_spec layer = {.name = name, .op = ZS_LAYER_CONV, .oc = oc, .groups = 1};
    layer.window = ZS_WINDOW_1X1;
    layer.window.kh = layer.window.kw = k;
    layer.weights = (zs_weights){.data = data, .n_elems = 3};
    return layer;
}

static zs_layer_spec bn(const char *name, const float *scale)
{
    return (zs_layer_spec){.name = name,
                           .op = ZS_LAYER_BATCHNORM,
                           .scale = scale,
                           .shift = scale,
                           .scale_n = scale ? 4 : 0};
}

static zs_net_spec net_of(const char *name, const zs_layer_spec *layers, uint32_t n)
{
    return (zs_net_spec){.name = name, .layers = layers, .layer_n = n};
}

START_TEST(test_weights_go_to_layers_of_the_same_name)
{
    const zs_layer_spec to[] = {conv("a", 4, 3, NULL), conv("b", 4, 3, NULL)};
    const zs_layer_spec from[] = {conv("b", 4, 3, numbers + 2), conv("x", 9, 9, numbers),
                                  conv("a", 4, 3, numbers + 1)};
    zs_net_spec net = net_of("net", to, 2);
    const zs_net_spec file = net_of("file", from, 3);
    ck_assert_int_eq(zs_net_take_weights(&arena, &net, &file, &err), ZS_OK);
    ck_assert_ptr_eq(net.layers[0].weights.data, numbers + 1);
    ck_assert_ptr_eq(net.layers[1].weights.data, numbers + 2);
    ck_assert_uint_eq(net.layers[0].weights.n_elems, 3);
    ck_assert_ptr_null(to[0].weights.data); /* the old spec is as it was */
}
END_TEST

START_TEST(test_weights_go_by_position_when_names_differ)
{
    const zs_layer_spec to[] = {conv("a", 4, 3, NULL), bn("n", NULL), conv("b", 5, 1, NULL)};
    const zs_layer_spec from[] = {conv("x", 4, 3, numbers), conv("y", 5, 1, numbers + 2),
                                  bn("z", numbers + 8)};
    zs_net_spec net = net_of("net", to, 3);
    const zs_net_spec file = net_of("file", from, 3);
    ck_assert_int_eq(zs_net_take_weights(&arena, &net, &file, &err), ZS_OK);
    ck_assert_ptr_eq(net.layers[0].weights.data, numbers);
    ck_assert_ptr_eq(net.layers[2].weights.data, numbers + 2);
    ck_assert_ptr_eq(net.layers[1].scale, numbers + 8);
    ck_assert_uint_eq(net.layers[1].scale_n, 4);
}
END_TEST

START_TEST(test_folded_files_leave_batchnorms_the_identity)
{
    const zs_layer_spec to[] = {conv("a", 4, 3, NULL), bn("n", NULL)};
    const zs_layer_spec from[] = {conv("a", 4, 3, numbers)};
    zs_net_spec net = net_of("net", to, 2);
    const zs_net_spec file = net_of("file", from, 1);
    ck_assert_int_eq(zs_net_take_weights(&arena, &net, &file, &err), ZS_OK);
    ck_assert_ptr_null(net.layers[1].scale);
}
END_TEST

static const struct {
    uint32_t oc, kernel, groups;
    zs_layer_op op;
    const char *text;
} unlike[] = {
    {5, 3, 1, ZS_LAYER_CONV, "'a' has 4 output channels, but 'x' of the weights has 5"},
    {4, 1, 1, ZS_LAYER_CONV, "kernel of 3 x 3, but 'x' of the weights has 1 x 1"},
    {4, 3, 2, ZS_LAYER_CONV, "1 groups, but 'x' of the weights has 2"},
    {4, 3, 1, ZS_LAYER_FC, "'a' is conv, but 'x' of the weights is fc"},
};

START_TEST(test_layers_of_another_shape_are_refused)
{
    zs_layer_spec to[] = {conv("a", 4, 3, NULL)};
    zs_layer_spec from[] = {conv("x", unlike[_i].oc, unlike[_i].kernel, numbers)};
    from[0].groups = unlike[_i].groups;
    from[0].op = unlike[_i].op;
    zs_net_spec net = net_of("net", to, 1);
    const zs_net_spec file = net_of("file", from, 1);
    ck_assert_int_eq(zs_net_take_weights(&arena, &net, &file, &err), ZS_ESHAPE);
    ck_assert_msg(strstr(err.text, unlike[_i].text) != NULL, "%s", err.text);
    ck_assert_ptr_eq(net.layers, to);
}
END_TEST

START_TEST(test_files_for_another_number_of_layers_are_refused)
{
    const zs_layer_spec to[] = {conv("a", 4, 3, NULL), conv("b", 4, 3, NULL)};
    const zs_layer_spec from[] = {conv("x", 4, 3, numbers)};
    zs_net_spec net = net_of("net", to, 2);
    const zs_net_spec file = net_of("file", from, 1);
    ck_assert_int_eq(zs_net_take_weights(&arena, &net, &file, &err), ZS_ESHAPE);
    ck_assert_ptr_nonnull(strstr(err.text, "2 layers of that kind"));
    ck_assert_ptr_nonnull(strstr(err.text, "for 1"));
}
END_TEST

START_TEST(test_batchnorms_that_would_be_lost_are_refused)
{
    const zs_layer_spec to[] = {conv("a", 4, 3, NULL)};
    const zs_layer_spec from[] = {conv("a", 4, 3, numbers), bn("n", numbers)};
    zs_net_spec net = net_of("net", to, 1);
    const zs_net_spec file = net_of("file", from, 2);
    ck_assert_int_eq(zs_net_take_weights(&arena, &net, &file, &err), ZS_ESHAPE);
    ck_assert_ptr_nonnull(strstr(err.text, "0 batch normalisations"));
}
END_TEST

START_TEST(test_running_out_of_memory_is_an_error)
{
    const zs_layer_spec to[] = {conv("a", 4, 3, NULL)}, from[] = {conv("a", 4, 3, numbers)};
    zs_net_spec net = net_of("net", to, 1);
    const zs_net_spec file = net_of("file", from, 1);
    test_heap_state state = {.fail_at = 1};
    zs_arena small;
    zs_arena_init(&small, test_counting_heap(&state));
    ck_assert_int_eq(zs_net_take_weights(&small, &net, &file, &err), ZS_ENOMEM);
    ck_assert_ptr_eq(net.layers, to);
    zs_arena_drop(&small);
}
END_TEST

TCase *tcase_net_weights(void)
{
    TCase *tc = net_case("net_weights");
    tcase_add_test(tc, test_weights_go_to_layers_of_the_same_name);
    tcase_add_test(tc, test_weights_go_by_position_when_names_differ);
    tcase_add_test(tc, test_folded_files_leave_batchnorms_the_identity);
    tcase_add_loop_test(tc, test_layers_of_another_shape_are_refused, 0, (int)ZS_LEN(unlike));
    tcase_add_test(tc, test_files_for_another_number_of_layers_are_refused);
    tcase_add_test(tc, test_batchnorms_that_would_be_lost_are_refused);
    tcase_add_test(tc, test_running_out_of_memory_is_an_error);
    return tc;
}
