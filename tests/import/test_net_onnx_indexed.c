#include "cases.h"
#include "onnx_writer.h"

#include <string.h>

/* Elements that constant indices name, poolings of three dimensions and fused convolutions, over x
 * [1, 2, 3] or [1, 2, 2, 2, 2]. */

static const uint64_t small[3] = {1, 2, 3}, volume[5] = {1, 2, 2, 2, 2};
static const float x[6] = {1, -2, 3, 4, 5, 6};

static wire ints_of(const char *name, size_t rank, const int64_t *dims, const int64_t *values,
                    size_t n)
{
    wire tensor = onnx_tensor(name, ONNX_INT64, rank, dims);
    wire_ints(&tensor, 7, values, n);
    return tensor;
}

static zs_status parse(wire *graph, size_t rank, const uint64_t *sizes, zs_net_spec *spec)
{
    onnx_input_of(graph, "x", rank, sizes);
    onnx_output(graph, "y");
    const wire model = onnx_model(graph, 13);
    return zs_net_onnx_parse(&arena, wire_span(&model), "t.onnx", spec, &err);
}

static const struct {
    const char *op, *in;
    int64_t axis;
    size_t rank;
    int64_t dims[4], indices[6];
    size_t index_n;
    uint32_t n;
    float want[6];
} cases[] = {
    {"GatherElements", "x i", 2, 3, {1, 2, 2}, {2, 0, -1, 1}, 4, 4, {3, 1, 6, 5}},
    {"GatherElements", "x i", -2, 3, {1, 1, 3}, {1, 0, 1}, 3, 3, {4, -2, 6}},
    {"GatherND", "x i", -9, 2, {2, 3}, {0, 1, 2, 0, 0, -3}, 6, 2, {6, 1}},
    {"GatherND", "x i", -9, 2, {1, 2}, {0, -1}, 2, 3, {4, 5, 6}},
    {"ScatterElements", "x i u", 2, 3, {1, 2, 1}, {2, 0}, 2, 6, {1, -2, 10, 20, 5, 6}},
    {"ScatterND", "x i u", -9, 2, {2, 3}, {0, 1, 0, 0, 0, 2}, 6, 6, {1, -2, 20, 10, 5, 6}},
    {"ScatterND", "x i r", -9, 2, {1, 2}, {0, 1}, 2, 6, {1, -2, 3, 2, -4, 6}},
    {"ScatterND", "c i r", -9, 2, {1, 2}, {0, 1}, 2, 6, {0.5f, 1.5f, 2.5f, 2, -4, 6}},
};

/* Updates u are constant, 10 and 20; r are 2x of the first row; the data c are constant. */
START_TEST(test_indices_name_the_elements_that_are_taken_or_replaced)
{
    static const float updates[] = {10, 20}, two = 2;
    static const int64_t first = 0;
    zs_net_spec spec;
    wire graph = {.n = 0}, axis = {.n = 0}, along = {.n = 0};
    onnx_attr_int(&axis, "axis", cases[_i].axis);
    onnx_attr_int(&along, "axis", 1);
    const wire i =
        ints_of("i", cases[_i].rank, cases[_i].dims, cases[_i].indices, cases[_i].index_n);
    onnx_init(&graph, &i);
    onnx_init_floats(&graph, "two", &two, 1);
    const wire shape_of_u =
        ints_of("shape", 1, (const int64_t[]){3}, (const int64_t[]){1, 2, 1}, 3);
    if (strcmp(cases[_i].op, "ScatterElements") == 0) {
        onnx_init(&graph, &shape_of_u);
        onnx_init_floats(&graph, "flat", updates, 2);
        onnx_node(&graph, "Reshape", "", "flat shape", "u", NULL);
    } else {
        onnx_init_floats(&graph, "u", updates, 2);
    }
    onnx_init_ramp(&graph, "c", 3, 1, 2, 3, 0);
    onnx_init_ints(&graph, "first", &first, 1);
    onnx_node(&graph, "Mul", "", "x two", "twice", NULL);
    onnx_node(&graph, "Gather", "", "twice first", "r3", &along);
    onnx_node(&graph, "Reshape", "", "r3 rows", "r", NULL);
    onnx_init_ints(&graph, "rows", (const int64_t[]){1, 3}, 2);
    onnx_node(&graph, cases[_i].op, "o", cases[_i].in, "y", cases[_i].axis == -9 ? NULL : &axis);
    ck_assert_msg(parse(&graph, 3, small, &spec) == ZS_OK, "%s: %s", err.place, err.text);
    net_expect_outputs(&spec, x, cases[_i].want, cases[_i].n, cases[_i].op);
    const wire model = onnx_model(&graph, 13);
    net_expect_nomem(zs_net_onnx_parse, wire_span(&model), "t.onnx", 1);
}
END_TEST

START_TEST(test_indices_outside_of_the_data_are_refused)
{
    zs_net_spec spec;
    for (int k = 0; k < 2; k++) {
        wire graph = {.n = 0};
        const wire i =
            ints_of("i", 2, (const int64_t[]){1, 2}, (const int64_t[]){0, k == 0 ? 2 : -3}, 2);
        onnx_init(&graph, &i);
        onnx_node(&graph, "GatherND", "g", "x i", "y", NULL);
        ck_assert_int_eq(parse(&graph, 3, small, &spec), ZS_ERANGE);
        ck_assert_ptr_nonnull(strstr(err.text, k == 0 ? "index 2 is none of 2 elements"
                                                      : "index -3 is none of 2 elements"));
    }
}
END_TEST

/* The places of a large tensor are as many as its elements. */
START_TEST(test_more_places_than_a_small_file_may_make_are_refused)
{
    static const uint64_t large[3] = {1, 4096, 4096};
    static const float one = 1;
    zs_net_spec spec;
    wire graph = {.n = 0};
    const wire i = ints_of("i", 2, (const int64_t[]){1, 3}, (const int64_t[]){0, 0, 0}, 3);
    onnx_init(&graph, &i);
    onnx_init_floats(&graph, "u", &one, 1);
    onnx_node(&graph, "ScatterND", "s", "x i u", "y", NULL);
    ck_assert_int_eq(parse(&graph, 3, large, &spec), ZS_ERANGE);
    ck_assert_ptr_nonnull(strstr(err.text, "more elements than are worked out"));
}
END_TEST

/* Samples that the indices have no row for have no result, or stay as they are. */
START_TEST(test_indices_of_fewer_rows_than_samples_are_those_of_the_first)
{
    static const uint64_t two_rows[2] = {2, 3};
    static const float want[2][6] = {{3, 1}, {1, -2, 10, 4, 5, 6}}, ten = 10;
    static const int64_t dims[2][2] = {{1, 2}, {1, 1}}, values[2] = {2, 0};
    const size_t n = _i == 0 ? 2 : 1;
    zs_net_spec spec;
    wire graph = {.n = 0}, axis = {.n = 0};
    const wire i = ints_of("i", 2, dims[_i], values, n);
    wire u = onnx_tensor("u", ONNX_FLOAT, 2, dims[1]);
    wire_floats(&u, 4, &ten, 1);
    onnx_init(&graph, &i);
    onnx_init(&graph, &u);
    onnx_attr_int(&axis, "axis", 1);
    onnx_node(&graph, _i == 0 ? "GatherElements" : "ScatterElements", "o",
              _i == 0 ? "x i" : "x i u", "y", &axis);
    ck_assert_msg(parse(&graph, 2, two_rows, &spec) == ZS_OK, "%s: %s", err.place, err.text);
    ck_assert_uint_eq(spec.input.dims[0], 2); /* as one tensor */
    net_expect_outputs(&spec, x, want[_i], _i == 0 ? 2 : 6, "indices of one row");
}
END_TEST

/* Equal rows of a constant that is replaced in part: it is worked out as the file has it. */
START_TEST(test_rows_of_constants_alone_count_no_samples)
{
    static const uint64_t two_rows[2] = {2, 3};
    static const int64_t rows[2] = {2, 3}, row[2] = {1, 3}, first[2] = {1, 1},
                         columns[3] = {0, 1, 2}, none = 0;
    static const float zeros[6] = {0}, tens[3] = {10, 20, 30}, want[6] = {11, 18, 33, 4, 5, 6};
    zs_net_spec spec;
    wire graph = {.n = 0}, axis = {.n = 0};
    wire z = onnx_tensor("z", ONNX_FLOAT, 2, rows), u = onnx_tensor("u", ONNX_FLOAT, 2, row);
    wire_floats(&z, 4, zeros, 6);
    wire_floats(&u, 4, tens, 3);
    const wire i = _i == 0 ? ints_of("i", 2, first, &none, 1) : ints_of("i", 2, row, columns, 3);
    onnx_init(&graph, &z);
    onnx_init(&graph, &u);
    onnx_init(&graph, &i);
    onnx_attr_int(&axis, "axis", 1);
    onnx_node(&graph, _i == 0 ? "ScatterND" : "ScatterElements", "o", "z i u", "c",
              _i == 0 ? NULL : &axis);
    onnx_node(&graph, "Add", "a", "x c", "y", NULL);
    ck_assert_msg(parse(&graph, 2, two_rows, &spec) == ZS_OK, "%s: %s", err.place, err.text);
    net_expect_outputs(&spec, x, want, 6, "a row of two");
}
END_TEST

/* Places of ones: what exporters count with before operator set 11. */
START_TEST(test_places_of_what_is_not_0_are_constants)
{
    static const float want[6] = {2, -2, 4, 5, 5, 7}, flags[] = {1, 0, 1};
    zs_net_spec spec;
    wire graph = {.n = 0};
    onnx_init_floats(&graph, "flags", flags, 3);
    onnx_node(&graph, "NonZero", "n", "flags", "at", NULL); /* [[0, 2]] */
    wire t = {.n = 0};
    onnx_attr_ints(&t, "perm", 2, 1, 0, 0, 0);
    onnx_node(&graph, "Transpose", "", "at", "i", &t);
    onnx_init_floats(&graph, "u", (const float[]){1, 1}, 2);
    onnx_init_floats(&graph, "zeros", (const float[]){0, 0, 0}, 3);
    onnx_node(&graph, "ScatterND", "s", "zeros i u", "ones", NULL);
    onnx_node(&graph, "Add", "a", "x ones", "y", NULL);
    ck_assert_msg(parse(&graph, 3, small, &spec) == ZS_OK, "%s: %s", err.place, err.text);
    net_expect_outputs(&spec, x, want, 6, "1 added to the first and the last");
}
END_TEST

/* Along D: the sum over neighbouring D (mean of 2, no padding); along rows and columns likewise. */
START_TEST(test_windows_of_three_dimensions_that_are_thin_are_those_of_two)
{
    static const float want[][16] = {{5, 6, 7, 8, 13, 14, 15, 16}, {4, 8, 12, 16}};
    static const float mean[][8] = {{3, 4, 5, 6, 11, 12, 13, 14}, {2.5f, 6.5f, 10.5f, 14.5f}};
    float all[16];
    zs_net_spec spec;
    for (int i = 0; i < 16; i++)
        all[i] = (float)(i + 1);
    wire graph = {.n = 0}, attrs = {.n = 0};
    const bool is_deep = _i % 2 == 0;
    onnx_attr_ints(&attrs, "kernel_shape", 3, is_deep ? 2 : 1, is_deep ? 1 : 2, is_deep ? 1 : 2, 0);
    onnx_node(&graph, _i < 2 ? "MaxPool" : "AveragePool", "p", "x", "y", &attrs);
    ck_assert_msg(parse(&graph, 5, volume, &spec) == ZS_OK, "%s: %s", err.place, err.text);
    net_expect_outputs(&spec, all, _i < 2 ? want[_i] : mean[_i - 2], is_deep ? 8 : 4, "pooling");
    ck_assert_uint_eq(spec.result.rank, 5);
    const wire model = onnx_model(&graph, 13);
    net_expect_nomem(zs_net_onnx_parse, wire_span(&model), "t.onnx", 1);
}
END_TEST

START_TEST(test_windows_of_three_dimensions_are_refused)
{
    zs_net_spec spec;
    wire graph = {.n = 0}, attrs = {.n = 0};
    onnx_attr_ints(&attrs, "kernel_shape", 3, 2, 2, 1, 0);
    onnx_node(&graph, "MaxPool", "p", "x", "y", &attrs);
    ck_assert_int_eq(parse(&graph, 5, volume, &spec), ZS_EUNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(err.text, "a window of three dimensions"));
}
END_TEST

static const struct {
    const char *kind, *in;
    size_t n;
    float params[2], want[6];
} fused[] = {
    {"Relu", "x w b", 0, {0}, {0, 0, 2, 3, 4, 5}},
    {"LeakyRelu", "x w b x", 1, {0.5f}, {1, -2.5f, 5, 7, 9, 11}},
    {"Clip", "x w b", 2, {-2, 4}, {0, -2, 2, 3, 4, 4}},
    {"HardSigmoid", "x w _ x", 2, {0.125f, 0.5f}, {0.75f, 0, 1, 1, 1, 1}},
    {NULL, "x w b x", 0, {0}, {1, -5, 5, 7, 9, 11}},
};

/* A convolution of one weight 1, less 1 where it has a bias, plus another input. */
START_TEST(test_a_fused_convolution_adds_and_activates)
{
    static const float one = 1, minus_one = -1;
    static const uint64_t map[4] = {1, 1, 2, 3};
    static const int64_t ones[4] = {1, 1, 1, 1};
    zs_net_spec spec;
    wire graph = {.n = 0}, attrs = {.n = 0}, params = {.n = 0};
    wire w = onnx_tensor("w", ONNX_FLOAT, 4, ones);
    wire_floats(&w, 4, &one, 1);
    onnx_init(&graph, &w);
    onnx_init_floats(&graph, "b", &minus_one, 1);
    if (fused[_i].kind != NULL)
        onnx_attr_text(&attrs, "activation", fused[_i].kind);
    wire_text(&params, 1, "activation_params");
    wire_floats(&params, 7, fused[_i].params, fused[_i].n);
    if (fused[_i].n > 0)
        wire_message(&attrs, 5, &params);
    onnx_node(&graph, "FusedConv", "c", fused[_i].in, "y", &attrs);
    ck_assert_msg(parse(&graph, 4, map, &spec) == ZS_OK, "%s: %s", err.place, err.text);
    net_expect_outputs(&spec, x, fused[_i].want, 6, fused[_i].in);
}
END_TEST

TCase *tcase_net_onnx_indexed(void)
{
    TCase *tc = net_case("net_onnx_indexed");
    tcase_add_loop_test(tc, test_indices_name_the_elements_that_are_taken_or_replaced, 0,
                        (int)ZS_LEN(cases));
    tcase_add_test(tc, test_indices_outside_of_the_data_are_refused);
    tcase_add_test(tc, test_more_places_than_a_small_file_may_make_are_refused);
    tcase_add_loop_test(tc, test_indices_of_fewer_rows_than_samples_are_those_of_the_first, 0, 2);
    tcase_add_loop_test(tc, test_rows_of_constants_alone_count_no_samples, 0, 2);
    tcase_add_test(tc, test_places_of_what_is_not_0_are_constants);
    tcase_add_loop_test(tc, test_windows_of_three_dimensions_that_are_thin_are_those_of_two, 0, 4);
    tcase_add_test(tc, test_windows_of_three_dimensions_are_refused);
    tcase_add_loop_test(tc, test_a_fused_convolution_adds_and_activates, 0, (int)ZS_LEN(fused));
    return tc;
}
