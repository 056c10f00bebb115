#include "cases.h"
#include "caffe_writer.h"

#include <stdio.h>
#include <string.h>

static zs_net_spec parse(const wire *net)
{
    zs_net_spec spec = {0};
    const zs_status status =
        zs_net_caffe_parse(&arena, wire_span(net), "t.caffemodel", &spec, &err);
    ck_assert_msg(status == ZS_OK, "%s: %s", err.place, err.text);
    return spec;
}

static void refuse(const wire *net, zs_status status, const char *place, const char *text)
{
    net_expect_error(zs_net_caffe_parse, wire_span(net), "t.caffemodel", status, place, text);
}

static void add_plain(wire *net, const char *type, const char *name, const char *bottoms,
                      const char *tops)
{
    const wire layer = caffe_layer(type, name, bottoms, tops);
    caffe_add(net, &layer);
}

/* conv, relu in place, pool, ip, softmax: what most small nets are. */
static wire small_net(void)
{
    wire net = {.n = 0}, pool = caffe_layer("Pooling", "pool", "conv", "pool"), param = {.n = 0};
    wire ip = caffe_layer("InnerProduct", "ip", "pool", "ip"), ip_param = {.n = 0};
    caffe_input(&net, 3, 8, 8);
    caffe_conv(&net);
    add_plain(&net, "ReLU", "relu", "conv", "conv");
    wire_uint(&param, 2, 3);
    wire_uint(&param, 3, 2);
    wire_message(&pool, CAFFE_POOLING, &param);
    caffe_add(&net, &pool);
    wire_uint(&ip_param, 1, 5);
    wire_message(&ip, CAFFE_INNER_PRODUCT, &ip_param);
    caffe_ramp(&ip, 2, 5, 4 * 4 * 4, 0, 0);
    caffe_ramp(&ip, 1, 5, 0, 0, 0);
    caffe_add(&net, &ip);
    add_plain(&net, "Softmax", "prob", "ip", "prob");
    return net;
}

START_TEST(test_blobs_written_in_place_lead_to_the_last_writer)
{
    static const char *const want[][2] = {
        {"conv", "data"}, {"relu", "conv"}, {"pool", "relu"}, {"ip", "pool"}, {"prob", "ip"}};
    const wire net = small_net();
    const zs_net_spec spec = parse(&net);
    ck_assert_str_eq(spec.input.name, "data");
    ck_assert_uint_eq(spec.input.shape.c, 3);
    ck_assert_uint_eq(spec.input.shape.w, 8);
    ck_assert_uint_eq(spec.layer_n, ZS_LEN(want));
    for (size_t i = 0; i < ZS_LEN(want); i++) {
        ck_assert_str_eq(spec.layers[i].name, want[i][0]);
        ck_assert_str_eq(spec.layers[i].in[0], want[i][1]);
    }
}
END_TEST

START_TEST(test_windows_and_weights_are_those_of_the_file)
{
    const wire net = small_net();
    const zs_net_spec spec = parse(&net);
    const zs_layer_spec *conv = net_layer(&spec, "conv"), *pool = net_layer(&spec, "pool");
    const zs_window window = {3, 3, 1, 1, 1, 1, 1, 1, 1, 1};
    ck_assert_mem_eq(&conv->window, &window, sizeof window);
    ck_assert_uint_eq(conv->oc, 4);
    ck_assert_uint_eq(conv->weights.n_elems, 108);
    ck_assert_float_eq(conv->weights.data[107], 107.5f);
    ck_assert_float_eq(conv->weights.bias[3], 3.5f);
    ck_assert(pool->caffe_pool && pool->ceil_mode && pool->pool == ZS_POOL_MAX);
    ck_assert_uint_eq(pool->window.sw, 2);
    ck_assert_str_eq(conv->place, "t.caffemodel layer 1 (Convolution conv)");
}
END_TEST

START_TEST(test_a_parsed_net_builds)
{
    const wire file = small_net();
    const zs_net_spec spec = parse(&file);
    zs_net *net;
    ck_assert_msg(zs_net_build(&arena, &spec, &net, &err) == ZS_OK, "%s: %s", err.place, err.text);
    ck_assert_uint_eq(zs_net_macs(net), 64 * 4 * 27 + 5 * 64);
}
END_TEST

/* ---- inputs ---------------------------------------------------------------------------------- */

START_TEST(test_inputs_of_deploy_files_are_read_in_both_old_forms)
{
    static const int64_t dims[4] = {10, 3, 8, 6};
    wire net = {.n = 0}, shape = {.n = 0};
    wire_text(&net, 3, "data");
    wire_ints(&shape, 1, dims, 4);
    if (_i == 0)
        wire_message(&net, 8, &shape);
    for (size_t i = 0; _i == 1 && i < 4; i++)
        wire_uint(&net, 4, (uint64_t)dims[i]);
    caffe_conv(&net);
    const zs_net_spec spec = parse(&net);
    ck_assert_uint_eq(spec.input.shape.c, 3);
    ck_assert_uint_eq(spec.input.shape.h, 8);
    ck_assert_uint_eq(spec.input.shape.w, 6);
}
END_TEST

/* What a training run leaves behind: sources of data for a phase, a loss, an accuracy. */
START_TEST(test_training_snapshots_become_networks_of_unknown_size)
{
    wire net = {.n = 0}, train = caffe_layer("Data", "mnist", "", "data label");
    wire test = caffe_layer("Data", "mnist", "", "data label");
    caffe_rule(&train, 8, 0);
    caffe_rule(&test, 8, 1);
    caffe_add(&net, &train);
    caffe_add(&net, &test);
    caffe_conv(&net);
    add_plain(&net, "Accuracy", "accuracy", "conv label", "accuracy");
    add_plain(&net, "SoftmaxWithLoss", "loss", "conv label", "loss");
    const zs_net_spec spec = parse(&net);
    ck_assert_str_eq(spec.input.name, "data");
    ck_assert_uint_eq(spec.input.shape.c, 0);
    ck_assert_uint_eq(spec.layer_n, 2);
    ck_assert_int_eq(spec.layers[1].op, ZS_LAYER_SOFTMAX);
    ck_assert_uint_eq(spec.layers[1].in_n, 1);
    ck_assert_str_eq(spec.layers[1].in[0], "conv");
}
END_TEST

START_TEST(test_memory_data_states_the_size)
{
    wire net = {.n = 0}, data = caffe_layer("MemoryData", "m", "", "data label"), param = {.n = 0};
    wire_uint(&param, 1, 64);
    wire_uint(&param, 2, 3);
    wire_uint(&param, 3, 8);
    wire_uint(&param, 4, 9);
    wire_message(&data, 119, &param);
    caffe_add(&net, &data);
    caffe_conv(&net);
    const zs_net_spec spec = parse(&net);
    ck_assert_uint_eq(spec.input.shape.c, 3);
    ck_assert_uint_eq(spec.input.shape.w, 9);
}
END_TEST

static const struct {
    uint32_t field; /* 8 include, 9 exclude */
    uint64_t phase;
    bool is_kept;
} rules[] = {{8, 0, false}, {8, 1, true}, {9, 0, true}, {9, 1, false}};

START_TEST(test_layers_of_the_test_phase_are_kept)
{
    wire net = {.n = 0}, drop = caffe_layer("ReLU", "r", "conv", "conv");
    caffe_input(&net, 3, 8, 8);
    caffe_conv(&net);
    caffe_rule(&drop, rules[_i].field, rules[_i].phase);
    caffe_add(&net, &drop);
    ck_assert_uint_eq(parse(&net).layer_n, rules[_i].is_kept ? 2 : 1);
}
END_TEST

START_TEST(test_stages_are_for_training_set_ups)
{
    wire net = {.n = 0}, layer = caffe_layer("ReLU", "r", "conv", "conv"), rule = {.n = 0};
    caffe_input(&net, 3, 8, 8);
    caffe_conv(&net);
    wire_text(&rule, 4, "deploy");
    wire_message(&layer, 8, &rule);
    caffe_add(&net, &layer);
    ck_assert_uint_eq(parse(&net).layer_n, 1);
}
END_TEST

/* ---- the old form ---------------------------------------------------------------------------- */

enum { V1_CONVOLUTION = 4, V1_INNER_PRODUCT = 14, V1_RELU = 18, V1_SOFTMAX = 20, V1_IM2COL = 11 };

static wire old_net(uint64_t last_type)
{
    wire net = {.n = 0}, conv = caffe_v1_layer(V1_CONVOLUTION, "c", "data", "c"), param = {.n = 0};
    wire ip = caffe_v1_layer(V1_INNER_PRODUCT, "ip", "c", "ip"), ip_param = {.n = 0};
    const wire relu = caffe_v1_layer(V1_RELU, "r", "c", "c");
    const wire last = caffe_v1_layer(last_type, "s", "ip", "s");
    const int64_t dims[4] = {1, 3, 8, 8};
    wire_text(&net, 3, "data");
    for (size_t i = 0; i < 4; i++)
        wire_uint(&net, 4, (uint64_t)dims[i]);
    wire_uint(&param, 1, 4);
    wire_uint(&param, 4, 3);
    wire_message(&conv, 10, &param);
    caffe_v1_ramp(&conv, 6, 4, 3, 3, 3);
    caffe_v1_ramp(&conv, 6, 1, 1, 1, 4);
    wire_message(&net, 2, &conv);
    wire_message(&net, 2, &relu);
    wire_uint(&ip_param, 1, 2);
    wire_message(&ip, 17, &ip_param);
    caffe_v1_ramp(&ip, 6, 1, 1, 2, 144);
    caffe_v1_ramp(&ip, 6, 1, 1, 1, 2);
    wire_message(&net, 2, &ip);
    wire_message(&net, 2, &last);
    return net;
}

START_TEST(test_the_old_layer_form_means_the_same)
{
    const wire file = old_net(V1_SOFTMAX);
    const zs_net_spec spec = parse(&file);
    zs_net *net;
    ck_assert_uint_eq(spec.layer_n, 4);
    ck_assert_int_eq(spec.layers[1].op, ZS_LAYER_ACT);
    ck_assert_str_eq(spec.layers[2].in[0], "r");
    ck_assert_uint_eq(spec.layers[2].weights.n_elems, 288);
    ck_assert_int_eq(spec.layers[3].op, ZS_LAYER_SOFTMAX);
    ck_assert_msg(zs_net_build(&arena, &spec, &net, &err) == ZS_OK, "%s: %s", err.place, err.text);
}
END_TEST

START_TEST(test_old_types_that_cannot_be_handled_are_named)
{
    const wire im2col = old_net(V1_IM2COL), unknown = old_net(99);
    refuse(&im2col, ZS_EUNSUPPORTED, "layer 3 (Im2col s)", "layer type Im2col is not handled");
    refuse(&unknown, ZS_EUNSUPPORTED, "layer 3", "V1 type 99");
}
END_TEST

/* ---- bad files ------------------------------------------------------------------------------- */

/* Nets are lists of layers, so a cut between two layers leaves a shorter net. */
START_TEST(test_a_net_cut_within_a_layer_is_refused)
{
    const wire net = small_net();
    size_t whole_n = 0;
    for (size_t n = 0; n < net.n; n++) {
        zs_net_spec spec;
        zs_span cut = {.data = net.data, .bytes = n};
        whole_n += zs_net_caffe_parse(&arena, cut, "t.caffemodel", &spec, &err) == ZS_OK;
        zs_arena_reset(&arena);
    }
    ck_assert_uint_eq(whole_n, 4); /* after conv, relu, pool and ip */
}
END_TEST

START_TEST(test_a_net_with_a_changed_byte_never_crashes)
{
    wire net = small_net();
    for (size_t i = 0; i < net.n; i++) {
        zs_net_spec spec;
        zs_net *built;
        net.data[i] ^= (uint8_t)(1u << (i % 8));
        if (zs_net_caffe_parse(&arena, wire_span(&net), "t.caffemodel", &spec, &err) == ZS_OK)
            (void)zs_net_build(&arena, &spec, &built, &err);
        net.data[i] ^= (uint8_t)(1u << (i % 8));
        zs_arena_reset(&arena);
    }
    parse(&net);
}
END_TEST

START_TEST(test_running_out_of_memory_is_an_error_at_every_request)
{
    wire net = {.n = 0};
    char name[16];
    caffe_input(&net, 3, 8, 8);
    for (int i = 0; i < 400; i++) {
        snprintf(name, sizeof name, "r%d", i);
        add_plain(&net, "ReLU", name, "data", "data");
    }
    net_expect_nomem(zs_net_caffe_parse, wire_span(&net), "t.caffemodel", 2);
}
END_TEST

START_TEST(test_bytes_that_are_no_net_are_refused)
{
    const wire empty = {.n = 0};
    wire named = {.n = 0}, no_input = {.n = 0};
    wire_text(&named, 1, "just a name");
    caffe_conv(&no_input);
    refuse(&empty, ZS_EPARSE, "t.caffemodel", "empty");
    refuse(&named, ZS_EPARSE, "t.caffemodel", "it has no layers");
    refuse(&no_input, ZS_EPARSE, "layer 0 (Convolution conv)",
           "reads blob 'data', which no earlier");
}
END_TEST

START_TEST(test_nets_of_both_forms_at_once_are_refused)
{
    wire net = old_net(V1_SOFTMAX);
    caffe_conv(&net);
    refuse(&net, ZS_EPARSE, "t.caffemodel", "4 layers of the old form and 1 of the new");
}
END_TEST

START_TEST(test_reading_a_label_is_refused)
{
    wire net = {.n = 0};
    add_plain(&net, "Data", "d", "", "data label");
    add_plain(&net, "ReLU", "r", "label", "r");
    refuse(&net, ZS_EUNSUPPORTED, "layer 1 (ReLU r)", "reads blob 'label', a second input");
}
END_TEST

START_TEST(test_a_blob_made_twice_is_refused)
{
    wire net = {.n = 0};
    caffe_input(&net, 3, 8, 8);
    add_plain(&net, "ReLU", "a", "data", "x");
    add_plain(&net, "ReLU", "b", "data", "x");
    refuse(&net, ZS_EPARSE, "layer 2 (ReLU b)", "blob 'x' is made twice");
}
END_TEST

TCase *tcase_net_caffe(void)
{
    TCase *tc = net_case("net_caffe");
    tcase_add_test(tc, test_blobs_written_in_place_lead_to_the_last_writer);
    tcase_add_test(tc, test_windows_and_weights_are_those_of_the_file);
    tcase_add_test(tc, test_a_parsed_net_builds);
    tcase_add_loop_test(tc, test_inputs_of_deploy_files_are_read_in_both_old_forms, 0, 2);
    tcase_add_test(tc, test_training_snapshots_become_networks_of_unknown_size);
    tcase_add_test(tc, test_memory_data_states_the_size);
    tcase_add_loop_test(tc, test_layers_of_the_test_phase_are_kept, 0, (int)ZS_LEN(rules));
    tcase_add_test(tc, test_stages_are_for_training_set_ups);
    tcase_add_test(tc, test_the_old_layer_form_means_the_same);
    tcase_add_test(tc, test_old_types_that_cannot_be_handled_are_named);
    tcase_add_test(tc, test_a_net_cut_within_a_layer_is_refused);
    tcase_add_test(tc, test_a_net_with_a_changed_byte_never_crashes);
    tcase_add_test(tc, test_running_out_of_memory_is_an_error_at_every_request);
    tcase_add_test(tc, test_bytes_that_are_no_net_are_refused);
    tcase_add_test(tc, test_nets_of_both_forms_at_once_are_refused);
    tcase_add_test(tc, test_reading_a_label_is_refused);
    tcase_add_test(tc, test_a_blob_made_twice_is_refused);
    return tc;
}
