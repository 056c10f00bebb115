#include "cases.h"
#include "caffe_writer.h"

#include <math.h>
#include <string.h>

/* Nets of an input `data` (3 x 8 x 8) and what a test adds. */
static wire begin(void)
{
    wire net = {.n = 0};
    caffe_input(&net, 3, 8, 8);
    return net;
}

static zs_net_spec parse(const wire *net)
{
    zs_net_spec spec = {0};
    const zs_status status =
        zs_net_caffe_parse(&arena, wire_span(net), "t.caffemodel", &spec, &err);
    ck_assert_msg(status == ZS_OK, "%s: %s", err.place, err.text);
    return spec;
}

static zs_net_spec parse_one(const char *type, const char *bottoms, uint32_t field,
                             const wire *param)
{
    wire net = begin(), layer = caffe_layer(type, "n", bottoms, "n");
    if (param != NULL)
        wire_message(&layer, field, param);
    caffe_add(&net, &layer);
    return parse(&net);
}

static void refuse_one(const char *type, const char *bottoms, uint32_t field, const wire *param,
                       zs_status status, const char *text)
{
    wire net = begin(), layer = caffe_layer(type, "n", bottoms, "n");
    if (param != NULL)
        wire_message(&layer, field, param);
    caffe_add(&net, &layer);
    net_expect_error(zs_net_caffe_parse, wire_span(&net), "t.caffemodel", status, "layer 1 (",
                     text);
}

/* ---- convolution and fc ---------------------------------------------------------------------- */

static wire conv_param(void)
{
    wire param = {.n = 0};
    wire_uint(&param, 1, 6);  /* num_output */
    wire_uint(&param, 5, 3);  /* group */
    wire_uint(&param, 11, 3); /* kernel_h */
    wire_uint(&param, 12, 2); /* kernel_w */
    wire_uint(&param, 13, 2); /* stride_h */
    wire_uint(&param, 9, 1);  /* pad_h */
    wire_uint(&param, 18, 2); /* dilation */
    wire_uint(&param, 2, 0);  /* bias_term */
    return param;
}

START_TEST(test_convolutions_take_sizes_per_axis)
{
    wire net = begin(), layer = caffe_layer("Convolution", "n", "data", "n");
    const wire param = conv_param();
    const zs_window window = {3, 2, 2, 1, 2, 2, 1, 0, 1, 0};
    wire_message(&layer, CAFFE_CONVOLUTION, &param);
    caffe_ramp(&layer, 4, 6, 1, 3, 2);
    caffe_add(&net, &layer);
    const zs_net_spec spec = parse(&net);
    const zs_layer_spec *n = net_layer(&spec, "n");
    ck_assert_mem_eq(&n->window, &window, sizeof window);
    ck_assert_uint_eq(n->groups, 3);
    ck_assert_ptr_null(n->weights.bias);
    ck_assert_uint_eq(n->weights.n_elems, 36);
}
END_TEST

static const struct {
    int64_t shape[4];
    size_t rank;
    const char *text;
} bad_weights[] = {
    {{5, 1, 3, 2}, 4, "weights 5 x 1 x 3 x 2 do not go with 6 outputs and a kernel of 3 x 2"},
    {{6, 1, 2, 3}, 4, "kernel of 3 x 2"},
    {{0}, 0, "blob 0 is missing"},
};

START_TEST(test_weights_of_another_shape_are_refused)
{
    wire net = begin(), layer = caffe_layer("Convolution", "n", "data", "n");
    const wire param = conv_param();
    const int64_t *d = bad_weights[_i].shape;
    wire_message(&layer, CAFFE_CONVOLUTION, &param);
    if (bad_weights[_i].rank > 0)
        caffe_ramp(&layer, bad_weights[_i].rank, d[0], d[1], d[2], d[3]);
    caffe_add(&net, &layer);
    zs_net_spec spec;
    ck_assert_int_ne(zs_net_caffe_parse(&arena, wire_span(&net), "t", &spec, &err), ZS_OK);
    ck_assert_msg(strstr(err.text, bad_weights[_i].text) != NULL, "%s", err.text);
}
END_TEST

START_TEST(test_a_blob_with_fewer_numbers_than_its_shape_is_refused)
{
    wire net = begin(), layer = caffe_layer("Convolution", "n", "data", "n");
    wire blob = {.n = 0}, shape = {.n = 0};
    const wire param = conv_param();
    const int64_t dims[4] = {6, 1, 3, 2};
    const float values[3] = {0};
    wire_message(&layer, CAFFE_CONVOLUTION, &param);
    wire_ints(&shape, 1, dims, 4);
    wire_message(&blob, 7, &shape);
    wire_floats(&blob, 5, values, 3);
    wire_message(&layer, 7, &blob);
    caffe_add(&net, &layer);
    net_expect_error(zs_net_caffe_parse, wire_span(&net), "t.caffemodel", ZS_ESHAPE,
                     "layer 1 (Convolution n)", "blob 0 holds 3 numbers, but its shape says 36");
}
END_TEST

START_TEST(test_doubles_become_floats)
{
    wire net = begin(), layer = caffe_layer("InnerProduct", "n", "data", "n");
    wire blob = {.n = 0}, param = {.n = 0};
    const double values[2] = {1.25, -3};
    wire_uint(&param, 1, 2);
    wire_uint(&param, 2, 0);
    wire_message(&layer, CAFFE_INNER_PRODUCT, &param);
    wire_doubles(&blob, 8, values, 2);
    wire_message(&layer, 7, &blob);
    caffe_add(&net, &layer);
    const zs_net_spec spec = parse(&net);
    ck_assert_uint_eq(spec.layers[0].weights.n_elems, 2);
    ck_assert_float_eq(spec.layers[0].weights.data[1], -3);
}
END_TEST

START_TEST(test_transposed_fc_weights_become_output_major)
{
    wire net = begin(), layer = caffe_layer("InnerProduct", "n", "data", "n"), param = {.n = 0};
    static const float want[6] = {0.5f, 2.5f, 4.5f, 1.5f, 3.5f, 5.5f};
    wire_uint(&param, 1, 2);
    wire_uint(&param, 2, 0);
    wire_uint(&param, 6, 1);
    wire_message(&layer, CAFFE_INNER_PRODUCT, &param);
    caffe_ramp(&layer, 2, 3, 2, 0, 0);
    caffe_add(&net, &layer);
    const zs_net_spec spec = parse(&net);
    ck_assert_mem_eq(spec.layers[0].weights.data, want, sizeof want);
}
END_TEST

/* ---- pooling --------------------------------------------------------------------------------- */

START_TEST(test_pools_follow_caffes_rules_unless_told_to_floor)
{
    wire param = {.n = 0};
    wire_uint(&param, 1, 1); /* AVE */
    wire_uint(&param, 2, 3);
    wire_uint(&param, 4, 1);
    wire_uint(&param, 8, 2);                  /* stride_w */
    wire_uint(&param, 13, _i == 1 ? 1u : 0u); /* round_mode FLOOR */
    const zs_net_spec spec = parse_one("Pooling", "data", CAFFE_POOLING, &param);
    const zs_layer_spec *n = net_layer(&spec, "n");
    const zs_window window = {3, 3, 1, 2, 1, 1, 1, 1, 1, 1};
    ck_assert(n->pool == ZS_POOL_AVG && n->caffe_pool && n->ceil_mode == (_i == 0));
    ck_assert_mem_eq(&n->window, &window, sizeof window);
}
END_TEST

START_TEST(test_global_average_pools_are_layers_of_their_own)
{
    wire param = {.n = 0}, max = {.n = 0}, stochastic = {.n = 0};
    wire_uint(&param, 1, 1);
    wire_uint(&param, 12, 1);
    const zs_net_spec spec = parse_one("Pooling", "data", CAFFE_POOLING, &param);
    ck_assert_int_eq(spec.layers[0].op, ZS_LAYER_GAP);
    wire_uint(&max, 12, 1);
    ck_assert_int_eq(parse_one("Pooling", "data", CAFFE_POOLING, &max).layers[0].op,
                     ZS_LAYER_REDUCE);
    wire_uint(&stochastic, 1, 2);
    refuse_one("Pooling", "data", CAFFE_POOLING, &stochastic, ZS_EUNSUPPORTED, "pool method 2");
}
END_TEST

/* ---- normalisation --------------------------------------------------------------------------- */

static void add_bn(wire *net, const char *top)
{
    static const float mean[2] = {4, -6}, var[2] = {8, 2}, factor = 2;
    wire bn = caffe_layer("BatchNorm", "bn", "data", top), param = {.n = 0};
    wire_float(&param, 3, 0.5f);
    wire_message(&bn, CAFFE_BATCH_NORM, &param);
    caffe_blob(&bn, mean, 2);
    caffe_blob(&bn, var, 2);
    caffe_blob(&bn, &factor, 1);
    caffe_add(net, &bn);
}

static void add_scale(wire *net, const char *bottom, const char *top)
{
    static const float gamma[2] = {3, 5}, beta[2] = {0.25f, -1};
    wire scale = caffe_layer("Scale", "scale", bottom, top), param = {.n = 0};
    wire_uint(&param, 4, 1);
    wire_message(&scale, CAFFE_SCALE, &param);
    caffe_blob(&scale, gamma, 2);
    caffe_blob(&scale, beta, 2);
    caffe_add(net, &scale);
}

START_TEST(test_batchnorm_divides_its_sums_by_the_factor)
{
    wire net = begin();
    add_bn(&net, "bn");
    const zs_net_spec spec = parse(&net);
    const double gain = 1 / sqrt(8 / 2.0 + 0.5);
    ck_assert_int_eq(spec.layers[0].op, ZS_LAYER_BATCHNORM);
    ck_assert_uint_eq(spec.layers[0].scale_n, 2);
    ck_assert_float_eq(spec.layers[0].scale[0], (float)gain);
    ck_assert_float_eq(spec.layers[0].shift[0], (float)(-4 / 2.0 * gain));
}
END_TEST

START_TEST(test_a_scale_in_place_after_batchnorm_joins_it)
{
    wire net = begin();
    add_bn(&net, "bn");
    add_scale(&net, "bn", "bn");
    const zs_net_spec spec = parse(&net);
    const double gain = 1 / sqrt(4.5);
    ck_assert_uint_eq(spec.layer_n, 1);
    ck_assert_float_eq_tol(spec.layers[0].scale[0], (float)(3 * gain), 1e-6f);
    ck_assert_float_eq_tol(spec.layers[0].shift[0], (float)(0.25 - 2 * gain * 3), 1e-6f);
    ck_assert_float_eq_tol(spec.layers[0].scale[1], (float)(5 / sqrt(1.5)), 1e-6f);
}
END_TEST

START_TEST(test_a_scale_elsewhere_stays_a_layer)
{
    wire net = begin();
    add_bn(&net, "bn");
    add_scale(&net, _i == 0 ? "bn" : "data", "scale");
    const zs_net_spec spec = parse(&net);
    ck_assert_uint_eq(spec.layer_n, 2);
    ck_assert_str_eq(spec.layers[1].in[0], _i == 0 ? "bn" : "data");
    ck_assert_float_eq(spec.layers[1].scale[1], 5);
    ck_assert_float_eq(spec.layers[1].shift[1], -1);
}
END_TEST

START_TEST(test_a_value_read_before_its_scale_in_place_keeps_the_scale_apart)
{
    wire net = begin();
    add_bn(&net, "bn");
    const wire split = caffe_layer("Split", "split", "bn", "a b");
    caffe_add(&net, &split);
    add_scale(&net, "a", "a");
    const zs_net_spec spec = parse(&net);
    ck_assert_uint_eq(spec.layer_n, 2);
}
END_TEST

START_TEST(test_lrn_has_caffes_defaults)
{
    wire within = {.n = 0};
    const zs_net_spec spec = parse_one("LRN", "data", 0, NULL);
    ck_assert_uint_eq(spec.layers[0].lrn_size, 5);
    ck_assert_float_eq(spec.layers[0].lrn_alpha, 1);
    ck_assert_float_eq(spec.layers[0].lrn_beta, 0.75f);
    ck_assert_float_eq(spec.layers[0].lrn_k, 1);
    wire_uint(&within, 4, 1);
    refuse_one("LRN", "data", CAFFE_LRN, &within, ZS_EUNSUPPORTED, "within channels");
}
END_TEST

/* ---- joins and ends -------------------------------------------------------------------------- */

START_TEST(test_joins_keep_all_bottoms)
{
    const zs_net_spec sum = parse_one("Eltwise", "data data data", 0, NULL);
    const zs_net_spec concat = parse_one("Concat", "data data", 0, NULL);
    ck_assert_int_eq(sum.layers[0].op, ZS_LAYER_ADD);
    ck_assert_uint_eq(sum.layers[0].in_n, 3);
    ck_assert_int_eq(concat.layers[0].op, ZS_LAYER_CONCAT);
    ck_assert_uint_eq(concat.layers[0].in_n, 2);
}
END_TEST

START_TEST(test_joins_of_another_kind_are_layers)
{
    wire product = {.n = 0}, weighted = {.n = 0}, rows = {.n = 0}, unknown = {.n = 0};
    wire_uint(&product, 1, 0);
    wire_float(&weighted, 2, 1);
    wire_float(&weighted, 2, -1);
    wire_uint(&rows, 1, 2);
    wire_uint(&unknown, 1, 7);
    ck_assert_int_eq(parse_one("Eltwise", "data data", CAFFE_ELTWISE, &product).layers[0].op,
                     ZS_LAYER_BINARY);
    ck_assert_int_eq(parse_one("Eltwise", "data data", CAFFE_ELTWISE, &weighted).layers[1].op,
                     ZS_LAYER_ADD);
    ck_assert_int_eq(parse_one("Concat", "data data", CAFFE_CONCAT, &rows).layers[0].op,
                     ZS_LAYER_JOIN);
    refuse_one("Eltwise", "data data", CAFFE_ELTWISE, &unknown, ZS_EUNSUPPORTED, "operation 7");
}
END_TEST

START_TEST(test_flatten_and_dropout_are_layers)
{
    wire param = {.n = 0};
    ck_assert_int_eq(parse_one("Flatten", "data", 0, NULL).layers[0].op, ZS_LAYER_FLATTEN);
    ck_assert_int_eq(parse_one("Dropout", "data", 0, NULL).layers[0].op, ZS_LAYER_DROPOUT);
    wire_uint(&param, 1, 2);
    wire_uint(&param, 2, 1);
    refuse_one("Flatten", "data", CAFFE_FLATTEN, &param, ZS_ERANGE, "from axis 2 to 1");
}
END_TEST

START_TEST(test_relu6_is_bounded)
{
    const zs_net_spec spec = parse_one("ReLU6", "data", 0, NULL);
    ck_assert(spec.layers[0].act.lo == 0 && spec.layers[0].act.hi == 6);
}
END_TEST

static const struct {
    const char *type, *text;
    zs_status status;
} refused[] = {
    {"PriorBox", "layer type PriorBox is not handled", ZS_EUNSUPPORTED},
    {"Deconvolution", "convolution_param is missing", ZS_EPARSE},
    {"PReLU", "0 of its weight blobs", ZS_EPARSE},
    {"Convolution", "convolution_param is missing", ZS_EPARSE},
    {"InnerProduct", "inner_product_param is missing", ZS_EPARSE},
    {"Pooling", "pooling_param is missing", ZS_EPARSE},
    {"BatchNorm", "0 of its weight blobs", ZS_EPARSE},
    {"Scale", "0 of its weight blobs", ZS_EPARSE},
};

START_TEST(test_layers_that_cannot_be_handled_are_named)
{
    refuse_one(refused[_i].type, "data", 0, NULL, refused[_i].status, refused[_i].text);
}
END_TEST

TCase *tcase_net_caffe_layers(void)
{
    TCase *tc = net_case("net_caffe_layers");
    tcase_add_test(tc, test_convolutions_take_sizes_per_axis);
    tcase_add_loop_test(tc, test_weights_of_another_shape_are_refused, 0, (int)ZS_LEN(bad_weights));
    tcase_add_test(tc, test_a_blob_with_fewer_numbers_than_its_shape_is_refused);
    tcase_add_test(tc, test_doubles_become_floats);
    tcase_add_test(tc, test_transposed_fc_weights_become_output_major);
    tcase_add_loop_test(tc, test_pools_follow_caffes_rules_unless_told_to_floor, 0, 2);
    tcase_add_test(tc, test_global_average_pools_are_layers_of_their_own);
    tcase_add_test(tc, test_batchnorm_divides_its_sums_by_the_factor);
    tcase_add_test(tc, test_a_scale_in_place_after_batchnorm_joins_it);
    tcase_add_loop_test(tc, test_a_scale_elsewhere_stays_a_layer, 0, 2);
    tcase_add_test(tc, test_a_value_read_before_its_scale_in_place_keeps_the_scale_apart);
    tcase_add_test(tc, test_lrn_has_caffes_defaults);
    tcase_add_test(tc, test_joins_keep_all_bottoms);
    tcase_add_test(tc, test_joins_of_another_kind_are_layers);
    tcase_add_test(tc, test_flatten_and_dropout_are_layers);
    tcase_add_test(tc, test_relu6_is_bounded);
    tcase_add_loop_test(tc, test_layers_that_cannot_be_handled_are_named, 0, (int)ZS_LEN(refused));
    return tc;
}
