#include "cases.h"
#include "onnx_writer.h"
#include "tflite_writer.h"

#include <string.h>

/* Networks of several inputs: one image's values are those of all inputs, one after the other. */

static float x[384], want[192];

static void two_maps(void)
{
    for (int i = 0; i < 384; i++)
        x[i] = (float)((i * 37) % 101) - 50;
    for (int i = 0; i < 192; i++)
        want[i] = x[i] - x[192 + i] > 0 ? x[i] - x[192 + i] : 0;
}

START_TEST(test_an_onnx_graph_has_the_inputs_that_something_reads)
{
    zs_net_spec spec = {0};
    wire graph = {.n = 0};
    onnx_node(&graph, "Sub", "d", "left right", "s", NULL);
    onnx_node(&graph, "Relu", "r", "s", "y", NULL);
    onnx_input(&graph, "ignored", 2);
    onnx_input(&graph, "left", 4);
    onnx_input(&graph, "right", 4);
    onnx_input(&graph, "last", 4);
    onnx_output(&graph, "y");
    const wire model = onnx_model(&graph, 13);
    two_maps();
    ck_assert_int_eq(zs_net_onnx_parse(&arena, wire_span(&model), "t.onnx", &spec, &err), ZS_OK);
    ck_assert_str_eq(spec.input.name, "left");
    ck_assert_uint_eq(spec.more_input_n, 1);
    ck_assert_str_eq(spec.more_inputs[0].name, "right");
    net_expect_outputs(&spec, x, want, 192, "two inputs");
    net_expect_nomem(zs_net_onnx_parse, wire_span(&model), "t.onnx", 1);
}
END_TEST

START_TEST(test_a_result_may_be_an_input_of_several)
{
    zs_net_spec spec = {0};
    wire graph = {.n = 0};
    onnx_node(&graph, "Relu", "r", "left", "y", NULL);
    onnx_node(&graph, "Identity", "i", "right", "z", NULL);
    onnx_input(&graph, "left", 4);
    onnx_input(&graph, "right", 4);
    onnx_output(&graph, "z");
    onnx_output(&graph, "y");
    const wire model = onnx_model(&graph, 13);
    two_maps();
    ck_assert_int_eq(zs_net_onnx_parse(&arena, wire_span(&model), "t.onnx", &spec, &err), ZS_OK);
    net_expect_outputs(&spec, x, x + 192, 192, "the second input");
}
END_TEST

START_TEST(test_a_prototxt_has_the_inputs_that_something_reads)
{
    static const char text[] =
        "layer { name: 'in' type: 'Input' top: 'left' top: 'right' top: 'label'"
        "  input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }"
        "layer { name: 'd' type: 'Eltwise' bottom: 'left' bottom: 'right' top: 'd'"
        "  eltwise_param { operation: SUM coeff: 1 coeff: -1 } }"
        "layer { name: 'r' type: 'ReLU' bottom: 'd' top: 'y' }";
    zs_net_spec spec = {0};
    two_maps();
    ck_assert_int_eq(zs_net_prototxt_parse(&arena, (zs_span){(const uint8_t *)text, strlen(text)},
                                           "t.prototxt", &(const zs_net_parts){0}, &spec, &err),
                     ZS_OK);
    ck_assert_uint_eq(spec.more_input_n, 1);
    ck_assert_str_eq(spec.more_inputs[0].name, "right");
    net_expect_outputs(&spec, x, want, 192, "two inputs of Caffe");
}
END_TEST

START_TEST(test_tflite_inputs_have_scales_of_their_own)
{
    enum { SUB = 41, N = 4 };
    const tfl_option options[] = {{0}};
    const tfl_tensor t[] = {{.type = TFL_FLOAT, .rank = 2, .dims = {1, N}},
                            {.type = TFL_FLOAT, .rank = 2, .dims = {1, N}},
                            {.type = TFL_FLOAT, .rank = 2, .dims = {1, N}}};
    static const float in[2 * N] = {1, 2, 3, 4, 8, -6, 4, 2}, out[N] = {-7, 8, -1, 2};
    zs_net_spec spec = {0};
    const zs_span model = tflite_model(&arena, SUB, t, 3, options);
    const zs_status status =
        zs_net_tflite_parse(&arena, model, "t.tflite", &(const zs_net_parts){0}, &spec, &err);
    ck_assert_msg(status == ZS_OK, "%s: %s", err.place, err.text);
    ck_assert_uint_eq(spec.more_input_n, 1);
    net_expect_outputs(&spec, in, out, N, "two inputs of TFLite");
}
END_TEST

START_TEST(test_a_yaml_network_lists_its_inputs)
{
    static const char text[] =
        "input: [{name: left, shape: [3, 8, 8]}, {name: right, shape: [3, 8, 8]}]\n"
        "layers: [{add: y, from: [right, left]}]\n";
    static const char twice[] =
        "input: [{name: a, shape: [3, 8, 8]}, {name: a, shape: [3, 8, 8]}]\n"
        "layers: [{add: y, from: [a, a]}]\n";
    zs_net_spec spec = {0};
    two_maps();
    for (int i = 0; i < 192; i++)
        want[i] = x[i] + x[192 + i];
    ck_assert_int_eq(zs_net_yaml_parse(&arena, (zs_span){(const uint8_t *)text, strlen(text)},
                                       "n.yaml", &spec, &err),
                     ZS_OK);
    ck_assert_uint_eq(spec.more_input_n, 1);
    net_expect_outputs(&spec, x, want, 192, "two inputs of YAML");
    net_expect_error(zs_net_yaml_parse, (zs_span){(const uint8_t *)twice, strlen(twice)}, "n.yaml",
                     ZS_EPARSE, "n.yaml:1", "two inputs are called 'a'");
}
END_TEST

START_TEST(test_a_shape_with_channels_last_is_noted)
{
    static const char text[] = "input: [32, 32, 3]\nlayers: [relu]\n";
    static const char usual[] = "input: [3, 32, 32]\nlayers: [relu]\n";
    zs_net_spec spec = {0};
    ck_assert_int_eq(zs_net_yaml_parse(&arena, (zs_span){(const uint8_t *)text, strlen(text)},
                                       "n.yaml", &spec, &err),
                     ZS_OK);
    ck_assert_ptr_nonnull(spec.note);
    ck_assert_ptr_nonnull(strstr(spec.note, "[3, 32, 32]"));
    ck_assert_int_eq(zs_net_yaml_parse(&arena, (zs_span){(const uint8_t *)usual, strlen(usual)},
                                       "n.yaml", &spec, &err),
                     ZS_OK);
    ck_assert_ptr_null(spec.note);
}
END_TEST

/* Three samples of two numbers, as the file states or as the tensor has that is given: each on its
 * own, or all of them where an operator mixes them. */
static const struct {
    struct {
        const char *op, *in, *out, *attr;
        int64_t value;
    } nodes[4];
    size_t n;
    uint32_t first; /* dimension of the result, all samples */
    float want[9];
} of_samples[] = {
    {{{"Shape", "x", "d", NULL, 0},
      {"Gather", "d zero", "n", "axis", 0},
      {"Cast", "n", "f", "to", ONNX_FLOAT},
      {"Mul", "x f", "y", NULL, 0}},
     6,
     3,
     {3, 6, 9, 12, 15, 18}},
    {{{"Size", "x", "n", NULL, 0},
      {"Cast", "n", "f", "to", ONNX_FLOAT},
      {"Add", "x f", "y", NULL, 0}},
     6,
     3,
     {7, 8, 9, 10, 11, 12}},
    {{{"Slice", "x last far zero", "y", NULL, 0}}, 2, 1, {5, 6}},
    {{{"Slice", "x zero one zero", "y", NULL, 0}}, 2, 1, {1, 2}},
    {{{"Slice", "x zero far zero", "y", NULL, 0}}, 6, 3, {1, 2, 3, 4, 5, 6}},
    {{{"Reshape", "x row", "y", NULL, 0}}, 6, 1, {1, 2, 3, 4, 5, 6}},
    {{{"Shape", "x", "d", NULL, 0}, {"Reshape", "x d", "y", NULL, 0}}, 6, 3, {1, 2, 3, 4, 5, 6}},
    {{{"Expand", "x deep", "y", NULL, 0}}, 6, 1, {1, 2, 3, 4, 5, 6}},
    {{{"Add", "x pair", "y", NULL, 0}}, 6, 1, {1.5f, 3.5f, 3.5f, 5.5f, 5.5f, 7.5f}},
    {{{"MatMul", "x stacked", "y", NULL, 0}}, 6, 1, {5.5f, 8.5f, 11.5f, 18.5f, 17.5f, 28.5f}},
    {{{"Gemm", "square x", "y", "transB", 1}}, 6, 2, {3.5f, 7.5f, 11.5f, 9.5f, 21.5f, 33.5f}},
    {{{"ReduceMax", "x", "m", "keepdims", -1}, {"Flatten", "m", "y", "axis", 0}}, 3, 1, {2, 4, 6}},
    {{{"Gemm", "x wide rows", "y", NULL, 0}}, 9, 3, {8, 11, 14, 17, 24, 31, 26, 37, 48}},
};

START_TEST(test_samples_are_mixed_where_an_operator_mixes_them)
{
    const bool is_open = (size_t)_i >= ZS_LEN(of_samples);
    const size_t row_i = (size_t)_i % ZS_LEN(of_samples);
    static const float samples[6] = {1, 2, 3, 4, 5, 6};
    const uint64_t sizes[2] = {is_open ? 0 : 3, 2};
    static const int64_t zero = 0, one = 1, last = -1, far = 9, row[2] = {1, -1},
                         deep[3] = {1, 1, 1};
    zs_net_spec spec = {0};
    wire graph = {.n = 0};
    for (size_t k = 0; k < ZS_LEN(of_samples[0].nodes) && of_samples[row_i].nodes[k].op != NULL;
         k++) {
        wire attrs = {.n = 0};
        if (of_samples[row_i].nodes[k].value < 0) { /* over the second dimension, which goes */
            onnx_attr_ints(&attrs, "axes", 1, 1, 0, 0, 0);
            onnx_attr_int(&attrs, "keepdims", 0);
        } else if (of_samples[row_i].nodes[k].attr != NULL)
            onnx_attr_int(&attrs, of_samples[row_i].nodes[k].attr,
                          of_samples[row_i].nodes[k].value);
        onnx_node(&graph, of_samples[row_i].nodes[k].op, "", of_samples[row_i].nodes[k].in,
                  of_samples[row_i].nodes[k].out, &attrs);
    }
    onnx_init_ints(&graph, "zero", &zero, 1);
    onnx_init_ints(&graph, "one", &one, 1);
    onnx_init_ints(&graph, "last", &last, 1);
    onnx_init_ints(&graph, "far", &far, 1);
    onnx_init_ints(&graph, "row", row, 2);
    onnx_init_ints(&graph, "deep", deep, 3);
    onnx_init_ramp(&graph, "pair", 3, 1, 1, 2, 0);
    onnx_init_ramp(&graph, "stacked", 3, 1, 2, 2, 0);
    onnx_init_ramp(&graph, "square", 2, 2, 2, 0, 0);
    onnx_init_ramp(&graph, "wide", 2, 2, 3, 0, 0);
    onnx_init_ramp(&graph, "rows", 2, 3, 1, 0, 0);
    onnx_input_of(&graph, "x", 2, sizes);
    onnx_output(&graph, "y");
    const wire model = onnx_model(&graph, 13);
    const zs_net_given given = {.rank = 2, .samples = 3};
    const zs_net_parts parts = {.given = &given, .given_n = is_open};
    const zs_status status =
        zs_net_onnx_parse_parts(&arena, wire_span(&model), "t.onnx", &parts, &spec, &err);
    ck_assert_msg(status == ZS_OK, "%s: %s", err.place, err.text);
    ck_assert_uint_eq(spec.result.dims[0] * 3 / spec.input.dims[0], of_samples[row_i].first);
    const uint32_t runs = 3 / spec.input.dims[0], each = (uint32_t)of_samples[row_i].n / runs;
    for (uint32_t k = 0; k < runs; k++)
        net_expect_outputs(&spec, samples + 6 / runs * k, of_samples[row_i].want + each * k, each,
                           of_samples[row_i].nodes[0].op);
    if (!is_open)
        net_expect_nomem(zs_net_onnx_parse, wire_span(&model), "t.onnx", 1);
}
END_TEST

/* Maps of any number of samples through a convolution, or what stands for it, and an operator
 * behind it. */
static zs_status parse_open(const char *first_op, const char *op, const char *in, const wire *attrs,
                            uint32_t given_rank, zs_net_spec *spec)
{
    static const int64_t one_map[4] = {1, 3, 8, 8};
    static const uint64_t sizes[4] = {0, 3, 8, 8}, column[4] = {1, 1, 8, 1};
    const zs_net_given given = {.rank = given_rank, .samples = 2};
    const zs_net_parts parts = {.given = &given, .given_n = 1};
    wire graph = {.n = 0};
    onnx_init_ramp(&graph, "w", 4, 3, 3, 1, 1);
    onnx_init_ints(&graph, "map", one_map, 4);
    wire size = {.n = 0};
    onnx_attr_int(&size, "size", 3);
    const bool is_conv = strcmp(first_op, "Conv") == 0;
    onnx_node(&graph, first_op, "c", is_conv ? "x w" : "x", "m", is_conv ? NULL : &size);
    onnx_node(&graph, op, "second", in, "y", attrs);
    onnx_input_of(&graph, "x", 4, sizes);
    onnx_input_of(&graph, "column", 4, column);
    onnx_output(&graph, "y");
    const wire model = onnx_model(&graph, 13);
    return zs_net_onnx_parse_parts(&arena, wire_span(&model), "t.onnx", &parts, spec, &err);
}

START_TEST(test_open_samples_that_an_operator_mixes_go_through_a_convolution_as_one_tensor)
{
    zs_net_spec spec;
    wire axes = {.n = 0};
    float samples[2 * 192], mean[3 * 64];
    onnx_attr_ints(&axes, "axes", 1, 0, 0, 0, 0);
    ck_assert_int_eq(parse_open("Conv", "ReduceMean", "m", &axes, 4, &spec), ZS_OK);
    ck_assert_uint_eq(spec.input.dims[0], 2);
    for (int i = 0; i < 2 * 192; i++)
        samples[i] = (float)((i * 37) % 101) / 16.0f - 3;
    for (int o = 0; o < 3; o++) /* filters 0.5 1.5 2.5, 3.5 4.5 5.5, 6.5 7.5 8.5 */
        for (int i = 0; i < 64; i++) {
            mean[64 * o + i] = 0;
            for (int c = 0; c < 6; c++)
                mean[64 * o + i] += samples[64 * c + i] * (0.5f + (float)(3 * o + c % 3)) / 2.0f;
        }
    net_expect_outputs(&spec, samples, mean, 192, "a mean of samples");
    /* three dimensions are those of one sample */
    ck_assert_int_eq(parse_open("Conv", "ReduceMean", "m", &axes, 3, &spec), ZS_OK);
    ck_assert_uint_eq(spec.input.dims[0], 1);
}
END_TEST

START_TEST(test_open_samples_that_an_operator_mixes_are_refused_behind_one_of_channels)
{
    zs_net_spec spec;
    wire axes = {.n = 0};
    onnx_attr_ints(&axes, "axes", 1, 0, 0, 0, 0);
    const zs_status status = parse_open("LRN", "ReduceMean", "m", &axes, 4, &spec);
    ck_assert_int_eq(status, ZS_EUNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(err.place, "ReduceMean second"));
    ck_assert_ptr_nonnull(strstr(err.text, "changes the first dimension"));
    ck_assert_ptr_nonnull(strstr(err.text, "normalises 2 samples"));
}
END_TEST

START_TEST(test_a_constant_with_equal_rows_for_all_samples_is_one_for_each)
{
    static const uint64_t sizes[2] = {0, 2};
    static const int64_t rows[2] = {2, 1};
    static const float x2[2] = {3, 5}, want2[4] = {0.5f, 3, 5, 0};
    const zs_net_given given = {.rank = 2, .samples = 2};
    const zs_net_parts parts = {.given = &given, .given_n = 1};
    zs_net_spec spec;
    wire graph = {.n = 0}, axis = {.n = 0};
    onnx_attr_int(&axis, "axis", 1);
    onnx_init_ramp(&graph, "one", 2, 1, 1, 0, 0);
    onnx_init_ints(&graph, "rows", rows, 2);
    onnx_node(&graph, "Expand", "e", "one rows", "each", NULL);
    onnx_node(&graph, "Sub", "z", "each each", "nought", NULL);
    onnx_node(&graph, "Concat", "c", "each x nought", "y", &axis);
    onnx_input_of(&graph, "x", 2, sizes);
    onnx_output(&graph, "y");
    const wire model = onnx_model(&graph, 13);
    ck_assert_msg(
        zs_net_onnx_parse_parts(&arena, wire_span(&model), "t.onnx", &parts, &spec, &err) == ZS_OK,
        "%s: %s", err.place, err.text);
    ck_assert_uint_eq(spec.input.dims[0], 1);
    net_expect_outputs(&spec, x2, want2, 4, "a token for each sample");
}
END_TEST

START_TEST(test_a_graph_for_one_sample_gets_several_one_by_one)
{
    zs_net_spec spec;
    ck_assert_int_eq(parse_open("Conv", "Reshape", "m map", NULL, 4, &spec), ZS_OK);
    ck_assert_ptr_nonnull(spec.note);
    ck_assert_ptr_nonnull(strstr(spec.note, "one by one"));
    ck_assert_ptr_nonnull(strstr(spec.note, "Reshape second"));
    ck_assert_uint_eq(spec.input.dims[0], 1);
}
END_TEST

START_TEST(test_an_input_of_one_sample_goes_with_all_of_an_open_one)
{
    zs_net_spec spec;
    const zs_status status = parse_open("Conv", "Mul", "m column", NULL, 4, &spec);
    ck_assert_msg(status == ZS_OK, "%s: %s", err.place, err.text);
    ck_assert_ptr_null(spec.note);
    ck_assert_uint_eq(spec.input.dims[0], 1);
    ck_assert_uint_eq(spec.more_inputs[0].dims[0], 1);
}
END_TEST

TCase *tcase_net_inputs(void)
{
    TCase *tc = net_case("net_inputs");
    tcase_add_test(tc, test_an_onnx_graph_has_the_inputs_that_something_reads);
    tcase_add_test(tc, test_a_result_may_be_an_input_of_several);
    tcase_add_loop_test(tc, test_samples_are_mixed_where_an_operator_mixes_them, 0,
                        2 * ZS_LEN(of_samples));
    tcase_add_test(tc,
                   test_open_samples_that_an_operator_mixes_go_through_a_convolution_as_one_tensor);
    tcase_add_test(tc, test_open_samples_that_an_operator_mixes_are_refused_behind_one_of_channels);
    tcase_add_test(tc, test_a_constant_with_equal_rows_for_all_samples_is_one_for_each);
    tcase_add_test(tc, test_a_graph_for_one_sample_gets_several_one_by_one);
    tcase_add_test(tc, test_an_input_of_one_sample_goes_with_all_of_an_open_one);
    tcase_add_test(tc, test_a_prototxt_has_the_inputs_that_something_reads);
    tcase_add_test(tc, test_tflite_inputs_have_scales_of_their_own);
    tcase_add_test(tc, test_a_yaml_network_lists_its_inputs);
    tcase_add_test(tc, test_a_shape_with_channels_last_is_noted);
    return tc;
}
