#include "cases.h"
#include "onnx_writer.h"

#include <stdio.h>
#include <string.h>

/* Forms in which files keep their numbers: two elements in a byte, scales by blocks, sparse
 * tensors; each is added to x [1, 6], which is 1 to 6. */

enum { UINT4 = 21, INT4 = 22, FLOAT8 = 17, OPSET = 21 };

static const float x[6] = {1, 2, 3, 4, 5, 6};
static const int64_t row[2] = {1, 6};

static zs_status parse(wire *graph, const uint64_t *sizes, zs_net_spec *spec)
{
    static const uint64_t known[2] = {1, 6};
    onnx_input_of(graph, "x", 2, sizes != NULL ? sizes : known);
    onnx_output(graph, "y");
    const wire model = onnx_model(graph, OPSET);
    return zs_net_onnx_parse(&arena, wire_span(&model), "t.onnx", spec, &err);
}

static void holds(wire *graph, const float *want, const char *what)
{
    zs_net_spec spec;
    onnx_node(graph, "Add", "a", "x w", "y", NULL);
    ck_assert_msg(parse(graph, NULL, &spec) == ZS_OK, "%s: %s: %s", what, err.place, err.text);
    net_expect_outputs(&spec, x, want, 6, what);
}

/* 2, -3, 7, -8, 0, 1 as signed halves of bytes; the same bits as unsigned ones. */
static const uint8_t halves[3] = {0xd2, 0x87, 0x10};
static const int64_t listed[3] = {0xd2, 0x87, 0x10};

START_TEST(test_two_elements_of_a_byte_begin_with_the_lower_half)
{
    static const float signs[6] = {2, 0.5f, 6.5f, 0, 5, 6.5f},
                       none[6] = {2, 8.5f, 6.5f, 8, 5, 6.5f};
    static const float half = 0.5f;
    wire graph = {.n = 0};
    wire w = onnx_tensor("q", _i < 2 ? INT4 : UINT4, 2, row);
    if (_i % 2 == 0)
        wire_bytes(&w, 9, halves, sizeof halves);
    else
        wire_ints(&w, 5, listed, 3);
    onnx_init(&graph, &w);
    onnx_init_floats(&graph, "s", &half, 1);
    onnx_node(&graph, "DequantizeLinear", "d", "q s", "w", NULL);
    holds(&graph, _i < 2 ? signs : none, _i < 2 ? "int4" : "uint4");
}
END_TEST

START_TEST(test_too_few_bytes_of_two_elements_are_refused)
{
    static const float one = 1;
    zs_net_spec spec;
    wire graph = {.n = 0};
    wire w = onnx_tensor("q", INT4, 2, row);
    wire_bytes(&w, 9, halves, 2);
    onnx_init(&graph, &w);
    onnx_init_floats(&graph, "s", &one, 1);
    onnx_node(&graph, "DequantizeLinear", "d", "q s", "w", NULL);
    onnx_node(&graph, "Add", "a", "x w", "y", NULL);
    ck_assert_int_eq(parse(&graph, NULL, &spec), ZS_EPARSE);
    ck_assert_ptr_nonnull(strstr(err.text, "has 2 bytes of two elements"));
}
END_TEST

START_TEST(test_a_type_of_numbers_that_is_not_read_is_named)
{
    static const uint8_t bytes[6] = {0};
    zs_net_spec spec;
    wire graph = {.n = 0};
    wire w = onnx_tensor("w", FLOAT8, 2, row);
    wire_bytes(&w, 9, bytes, sizeof bytes);
    onnx_init(&graph, &w);
    onnx_node(&graph, "Add", "a", "x w", "y", NULL);
    ck_assert_int_eq(parse(&graph, NULL, &spec), ZS_EUNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(err.text, "is float8e4m3fn, not numbers"));
}
END_TEST

/* Floats of 8 and of 4 bits, and a type of later files. */
START_TEST(test_types_that_are_no_results_of_quantisers_are_named)
{
    static const int64_t types[] = {FLOAT8, 23, 99};
    static const float one = 1;
    for (size_t i = 0; i < ZS_LEN(types); i++) {
        zs_net_spec spec;
        char text[32];
        wire graph = {.n = 0}, attrs = {.n = 0};
        onnx_attr_int(&attrs, "output_dtype", types[i]);
        onnx_init_floats(&graph, "s", &one, 1);
        onnx_node(&graph, "QuantizeLinear", "q", "x s", "y", &attrs);
        ck_assert_int_eq(parse(&graph, NULL, &spec), ZS_EUNSUPPORTED);
        snprintf(text, sizeof text, "quantises to type %lld;", (long long)types[i]);
        ck_assert_msg(strstr(err.text, text) != NULL, "%s", err.text);
    }
}
END_TEST

/* Two scales for blocks of four along the last dimension, the second block of two elements. */
START_TEST(test_scales_may_be_those_of_blocks)
{
    static const float scales[2] = {1, 10}, want[6] = {2, 3, 4, 5, 15, 26};
    static const int64_t q[6] = {1, 1, 1, 1, 1, 2}, zeros[2] = {0}, two[2] = {1, 2};
    wire graph = {.n = 0}, attrs = {.n = 0};
    wire w = onnx_tensor("q", 3, 2, row), s = onnx_tensor("s", ONNX_FLOAT, 2, two),
         z = onnx_tensor("z", 3, 2, two);
    wire_ints(&w, 5, q, 6);
    wire_floats(&s, 4, scales, 2);
    wire_ints(&z, 5, zeros, 2);
    onnx_init(&graph, &w);
    onnx_init(&graph, &s);
    onnx_init(&graph, &z);
    onnx_attr_int(&attrs, "axis", -1);
    onnx_attr_int(&attrs, "block_size", 4);
    onnx_node(&graph, "DequantizeLinear", "d", "q s z", "w", &attrs);
    holds(&graph, want, "blocks");
    const wire model = onnx_model(&graph, OPSET);
    net_expect_nomem(zs_net_onnx_parse, wire_span(&model), "t.onnx", 1);
}
END_TEST

static wire sparse_row(bool is_flat, int64_t last)
{
    static const float values[2] = {10, 20};
    const int64_t n[2] = {2, 2}, flat[2] = {1, last}, places[4] = {0, 1, 0, last};
    wire tensor = {.n = 0}, v = onnx_tensor("w", ONNX_FLOAT, 1, n);
    wire i = onnx_tensor("i", ONNX_INT64, is_flat ? 1 : 2, n);
    wire_floats(&v, 4, values, 2);
    wire_ints(&i, 7, is_flat ? flat : places, is_flat ? 2 : 4);
    wire_message(&tensor, 1, &v);
    wire_message(&tensor, 2, &i);
    wire_ints(&tensor, 3, row, 2);
    return tensor;
}

START_TEST(test_sparse_tensors_have_zeros_elsewhere)
{
    enum { SPARSE_INITIALIZER = 15, SPARSE_TENSOR = 22 };
    static const float want[6] = {1, 12, 3, 4, 5, 26};
    const wire sparse = sparse_row(_i % 2 == 0, 5);
    wire graph = {.n = 0};
    if (_i < 2) {
        wire_message(&graph, SPARSE_INITIALIZER, &sparse);
    } else {
        wire attr = {.n = 0}, attrs = {.n = 0};
        wire_text(&attr, 1, "sparse_value");
        wire_message(&attr, SPARSE_TENSOR, &sparse);
        wire_message(&attrs, 5, &attr);
        onnx_node(&graph, "Constant", "c", "", "w", &attrs);
    }
    holds(&graph, want, "sparse");
    const wire model = onnx_model(&graph, OPSET);
    net_expect_nomem(zs_net_onnx_parse, wire_span(&model), "t.onnx", 1);
}
END_TEST

START_TEST(test_a_sparse_value_outside_of_its_tensor_is_refused)
{
    enum { SPARSE_INITIALIZER = 15 };
    zs_net_spec spec;
    for (int is_flat = 0; is_flat < 2; is_flat++) {
        const wire sparse = sparse_row(is_flat != 0, 6);
        wire graph = {.n = 0};
        wire_message(&graph, SPARSE_INITIALIZER, &sparse);
        onnx_node(&graph, "Add", "a", "x w", "y", NULL);
        ck_assert_int_eq(parse(&graph, NULL, &spec), ZS_ERANGE);
        ck_assert_ptr_nonnull(strstr(err.text, "value 1 of a sparse tensor"));
    }
}
END_TEST

/* As some exporters write it. */
START_TEST(test_a_dimension_of_minus_1_is_open)
{
    static const uint64_t sizes[2] = {(uint64_t)-1, 6};
    static const float want[6] = {1, 2, 3, 4, 5, 6};
    zs_net_spec spec;
    wire graph = {.n = 0};
    onnx_node(&graph, "Relu", "r", "x", "y", NULL);
    ck_assert_msg(parse(&graph, sizes, &spec) == ZS_OK, "%s: %s", err.place, err.text);
    net_expect_outputs(&spec, x, want, 6, "an open batch");
}
END_TEST

START_TEST(test_limits_may_be_computed)
{
    static const float want[6] = {3.5f, 3.5f, 3.5f, 4, 5, 5}, five = 5;
    zs_net_spec spec;
    wire graph = {.n = 0}, attrs = {.n = 0};
    onnx_attr_int(&attrs, "keepdims", 0);
    const wire most = onnx_tensor("most", ONNX_FLOAT, 0, NULL);
    wire limit = most;
    wire_floats(&limit, 4, &five, 1);
    onnx_init(&graph, &limit);
    onnx_node(&graph, "ReduceMean", "m", "x", "mean", &attrs);
    onnx_node(&graph, "Clip", "c", "x mean most", "y", NULL);
    ck_assert_msg(parse(&graph, NULL, &spec) == ZS_OK, "%s: %s", err.place, err.text);
    net_expect_outputs(&spec, x, want, 6, "at least the mean");
}
END_TEST

/* Of one dimension, where what is computed has four: over all that follow the axis, and by lines.
 */
START_TEST(test_constants_are_normalised_in_their_own_dimensions)
{
    static const float three[3] = {1, 1, 1}, third = 1 / 3.0f, root = 0.57735026f;
    static const char *const ops[] = {"Softmax", "LpNormalization"};
    for (int opset = 11; opset <= 13; opset += 2) {
        zs_net_spec spec;
        float want[6];
        wire graph = {.n = 0}, axis = {.n = 0}, once = {.n = 0};
        onnx_attr_int(&axis, "axis", 0);
        onnx_attr_int(&once, "axis", 0);
        onnx_init_floats(&graph, "c", three, 3);
        onnx_node(&graph, ops[_i], "s", "c", "part", &axis);
        onnx_node(&graph, "Concat", "two", "part part", "w", &once);
        onnx_node(&graph, "Add", "a", "x w", "y", NULL);
        onnx_input_of(&graph, "x", 2, (const uint64_t[]){1, 6});
        onnx_output(&graph, "y");
        const wire model = onnx_model(&graph, opset);
        ck_assert_msg(zs_net_onnx_parse(&arena, wire_span(&model), "t.onnx", &spec, &err) == ZS_OK,
                      "%s: %s", err.place, err.text);
        for (int i = 0; i < 6; i++)
            want[i] = x[i] + (_i == 0 ? third : root);
        net_expect_outputs(&spec, x, want, 6, ops[_i]);
    }
}
END_TEST

START_TEST(test_a_row_is_no_matrix_to_be_turned)
{
    static const float six[6] = {1, 1, 1, 1, 1, 1};
    zs_net_spec spec;
    wire graph = {.n = 0}, attrs = {.n = 0};
    onnx_attr_int(&attrs, _i == 0 ? "transA" : "transB", 1);
    onnx_init_floats(&graph, "c", six, 6);
    onnx_node(&graph, "Gemm", "g", _i == 0 ? "c x" : "x c", "y", &attrs);
    ck_assert_int_eq(parse(&graph, NULL, &spec), ZS_ESHAPE);
    ck_assert_ptr_nonnull(strstr(err.text, "a single number or row"));
}
END_TEST

/* Of an input whose size is open no more is known than what the weights say. */
START_TEST(test_weights_without_dimensions_are_refused)
{
    static const float one = 1;
    for (int64_t rank = 0; rank < 3; rank += 2) {
        zs_net_spec spec;
        wire graph = {.n = 0}, info = {.n = 0};
        wire w = onnx_tensor("w", ONNX_FLOAT, (size_t)rank, (const int64_t[]){1, 1});
        wire_floats(&w, 4, &one, 1);
        onnx_init(&graph, &w);
        onnx_node(&graph, "Conv", "c", "x w", "y", NULL);
        wire_text(&info, 1, "x");
        wire_message(&graph, 11, &info);
        onnx_output(&graph, "y");
        const wire model = onnx_model(&graph, OPSET);
        ck_assert_int_eq(zs_net_onnx_parse(&arena, wire_span(&model), "t.onnx", &spec, &err),
                         ZS_EUNSUPPORTED);
        ck_assert_ptr_nonnull(strstr(err.text, "only 2-D convolutions"));
    }
}
END_TEST

TCase *tcase_net_onnx_tensors(void)
{
    TCase *tc = net_case("net_onnx_tensors");
    tcase_add_loop_test(tc, test_two_elements_of_a_byte_begin_with_the_lower_half, 0, 4);
    tcase_add_test(tc, test_too_few_bytes_of_two_elements_are_refused);
    tcase_add_test(tc, test_a_type_of_numbers_that_is_not_read_is_named);
    tcase_add_test(tc, test_types_that_are_no_results_of_quantisers_are_named);
    tcase_add_test(tc, test_scales_may_be_those_of_blocks);
    tcase_add_loop_test(tc, test_sparse_tensors_have_zeros_elsewhere, 0, 4);
    tcase_add_test(tc, test_a_sparse_value_outside_of_its_tensor_is_refused);
    tcase_add_test(tc, test_a_dimension_of_minus_1_is_open);
    tcase_add_test(tc, test_limits_may_be_computed);
    tcase_add_loop_test(tc, test_constants_are_normalised_in_their_own_dimensions, 0, 2);
    tcase_add_test(tc, test_weights_without_dimensions_are_refused);
    tcase_add_loop_test(tc, test_a_row_is_no_matrix_to_be_turned, 0, 2);
    return tc;
}
