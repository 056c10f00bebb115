#include "nets.h"
#include "net_cases.h"

#include <stdio.h>
#include <string.h>

static zs_arena arena;
static test_spec *spec;

static void set_up(void)
{
    zs_arena_init(&arena, test_heap());
    spec = test_spec_new(3, 8, 8);
}

static void tear_down(void)
{
    test_spec_free(spec);
    zs_arena_drop(&arena);
}

/* Expects a failure whose place or text holds `word`, and an untouched result. */
static void expect_error(zs_status status, const char *word)
{
    zs_err err = {0};
    zs_net *net = NULL;
    ck_assert_int_eq(zs_net_build(&arena, test_spec_get(spec), &net, &err), status);
    ck_assert_ptr_null(net);
    ck_assert_msg(strstr(err.text, word) || strstr(err.place, word), "\"%s\" not in \"%s: %s\"",
                  word, err.place, err.text);
}

START_TEST(test_layers_in_any_order_are_sorted)
{
    test_layer(spec, ZS_LAYER_ADD, "sum", "left right");
    test_conv(spec, "right", "top", 4, 1, 1, 0);
    test_conv(spec, "left", "top", 4, 1, 1, 0);
    test_conv(spec, "top", "data", 4, 1, 1, 0);
    const zs_net *net = test_net(&arena, spec);
    ck_assert_uint_eq(net->layer_n, 4);
    ck_assert_str_eq(net->layers[0].name, "top");
    ck_assert_str_eq(net->layers[3].name, "sum");
    for (uint32_t i = 0; i < 4; i++)
        for (uint32_t k = 0; k < net->layers[i].in_n; k++) {
            const zs_tensor *x = &net->tensors[net->layers[i].in[k]];
            ck_assert(x->producer == ZS_NO_INDEX || x->producer < i);
        }
}
END_TEST

START_TEST(test_a_sorted_file_keeps_its_order)
{
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    test_conv(spec, "a", "data", 4, 1, 1, 0);
    test_conv(spec, "b", "data", 4, 1, 1, 0);
    test_conv(spec, "c", "a", 4, 1, 1, 0);
    test_conv(spec, "d", "b", 4, 1, 1, 0);
    test_layer(spec, ZS_LAYER_ADD, "e", "d c");
    const zs_net *net = test_net(&arena, spec);
    for (uint32_t i = 0; i < 5; i++)
        ck_assert_str_eq(net->layers[i].name, names[i]);
}
END_TEST

START_TEST(test_a_cycle_is_named)
{
    test_conv(spec, "first", "data", 4, 1, 1, 0);
    test_layer(spec, ZS_LAYER_ADD, "meet", "first back");
    test_conv(spec, "middle", "meet", 4, 1, 1, 0);
    test_conv(spec, "back", "middle", 4, 1, 1, 0);
    test_conv(spec, "last", "back", 4, 1, 1, 0);
    expect_error(ZS_EPARSE, "\"meet\" -> \"middle\" -> \"back\" -> \"meet\"");
}
END_TEST

START_TEST(test_a_layer_that_reads_itself_is_a_cycle)
{
    test_conv(spec, "selfish", "selfish", 4, 1, 1, 0);
    expect_error(ZS_EPARSE, "\"selfish\" -> \"selfish\"");
}
END_TEST

START_TEST(test_a_cycle_longer_than_a_message_is_cut)
{
    char name[64], before[64];
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "layer_with_a_long_name_%d", i);
        snprintf(before, sizeof before, "layer_with_a_long_name_%d", (i + 99) % 100);
        test_conv(spec, name, before, 4, 1, 1, 0);
    }
    expect_error(ZS_EPARSE, "...");
}
END_TEST

START_TEST(test_an_unknown_input_suggests_the_nearest_name)
{
    test_conv(spec, "squeeze", "data", 4, 1, 1, 0);
    test_conv(spec, "expand", "sqeeze", 4, 1, 1, 0);
    expect_error(ZS_EPARSE, "did you mean \"squeeze\"?");
}
END_TEST

START_TEST(test_a_name_used_twice_is_an_error)
{
    test_conv(spec, "same", "data", 4, 1, 1, 0);
    test_conv(spec, "same", "data", 4, 1, 1, 0);
    expect_error(ZS_EPARSE, "more than one");
}
END_TEST

START_TEST(test_a_layer_cannot_take_the_name_of_the_input)
{
    test_conv(spec, "data", "data", 4, 1, 1, 0);
    expect_error(ZS_EPARSE, "more than one");
}
END_TEST

START_TEST(test_a_nameless_layer_is_an_error)
{
    test_conv(spec, "", "data", 4, 1, 1, 0)->place = "net.onnx node 3 (Conv)";
    expect_error(ZS_EPARSE, "node 3");
}
END_TEST

START_TEST(test_an_empty_network_is_an_error)
{
    expect_error(ZS_EPARSE, "no layers");
}
END_TEST

START_TEST(test_two_unread_layers_need_a_named_output)
{
    test_conv(spec, "left", "data", 4, 1, 1, 0);
    test_conv(spec, "right", "data", 4, 1, 1, 0);
    expect_error(ZS_EPARSE, "nothing reads \"left\" nor \"right\"");
}
END_TEST

START_TEST(test_layers_the_output_does_not_need_are_left_out)
{
    test_conv(spec, "left", "data", 4, 1, 1, 0);
    test_conv(spec, "right", "data", 4, 1, 1, 0);
    test_conv(spec, "after", "right", 4, 9, 1, 0); /* does not even fit its input */
    test_spec_get(spec)->output = "left";
    const zs_net *net = test_net(&arena, spec);
    ck_assert_uint_eq(net->layer_n, 1);
    ck_assert_str_eq(net->layers[0].name, "left");
    ck_assert_uint_eq(net->tensor_n, 2);
}
END_TEST

START_TEST(test_an_unknown_output_is_an_error)
{
    test_conv(spec, "left", "data", 4, 1, 1, 0);
    test_spec_get(spec)->output = "prob";
    expect_error(ZS_EPARSE, "prob");
}
END_TEST

START_TEST(test_the_input_cannot_be_the_output)
{
    test_conv(spec, "left", "data", 4, 1, 1, 0);
    test_spec_get(spec)->output = "data";
    expect_error(ZS_EPARSE, "not a layer");
}
END_TEST

START_TEST(test_operators_check_how_many_inputs_they_have)
{
    test_conv(spec, "a", "data", 4, 1, 1, 0);
    test_layer(spec, ZS_LAYER_ADD, "sum", "a");
    expect_error(ZS_ESHAPE, "add has 1 inputs");
}
END_TEST

START_TEST(test_an_operator_that_is_none_is_an_error)
{
    test_layer(spec, ZS_LAYER_N, "odd", "data");
    expect_error(ZS_EUNSUPPORTED, "unknown operator");
}
END_TEST

START_TEST(test_errors_carry_the_place_of_the_importer)
{
    test_conv(spec, "big", "data", 4, 9, 1, 0)->place = "net.yaml:12:3";
    expect_error(ZS_ESHAPE, "net.yaml:12:3: big");
}
END_TEST

START_TEST(test_every_failing_allocation_is_reported)
{
    static const float scale[4] = {1, 1, 1, 1}, data[4 * 3] = {0};
    test_conv(spec, "a", "data", 4, 1, 1, 0)->weights = (zs_weights){data, NULL, 12, 0};
    zs_layer_spec *norm = test_layer(spec, ZS_LAYER_BATCHNORM, "norm", "");
    norm->scale = norm->shift = scale;
    norm->scale_n = 4;
    for (uint64_t n = 1;; n++) {
        test_heap_state heap = {.fail_at = n};
        zs_arena small;
        zs_net *net = NULL;
        zs_err err = {0};
        zs_arena_init(&small, test_counting_heap(&heap));
        const zs_status status = zs_net_build(&small, test_spec_get(spec), &net, &err);
        zs_arena_drop(&small);
        ck_assert_int_eq(heap.live_blocks, 0);
        if (status == ZS_OK) {
            ck_assert_uint_gt(n, 2);
            break;
        }
        ck_assert_int_eq(status, ZS_ENOMEM);
        ck_assert_ptr_null(net);
    }
}
END_TEST

TCase *tcase_graph(void)
{
    TCase *tc = tcase_create("graph");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, test_layers_in_any_order_are_sorted);
    tcase_add_test(tc, test_a_sorted_file_keeps_its_order);
    tcase_add_test(tc, test_a_cycle_is_named);
    tcase_add_test(tc, test_a_layer_that_reads_itself_is_a_cycle);
    tcase_add_test(tc, test_a_cycle_longer_than_a_message_is_cut);
    tcase_add_test(tc, test_an_unknown_input_suggests_the_nearest_name);
    tcase_add_test(tc, test_a_name_used_twice_is_an_error);
    tcase_add_test(tc, test_a_layer_cannot_take_the_name_of_the_input);
    tcase_add_test(tc, test_a_nameless_layer_is_an_error);
    tcase_add_test(tc, test_an_empty_network_is_an_error);
    tcase_add_test(tc, test_two_unread_layers_need_a_named_output);
    tcase_add_test(tc, test_layers_the_output_does_not_need_are_left_out);
    tcase_add_test(tc, test_an_unknown_output_is_an_error);
    tcase_add_test(tc, test_the_input_cannot_be_the_output);
    tcase_add_test(tc, test_operators_check_how_many_inputs_they_have);
    tcase_add_test(tc, test_an_operator_that_is_none_is_an_error);
    tcase_add_test(tc, test_errors_carry_the_place_of_the_importer);
    tcase_add_test(tc, test_every_failing_allocation_is_reported);
    return tc;
}
