#include "cases.h"
#include "onnx_writer.h"

#include <string.h>

/* Einsum over x [1, 2, 3] (1 to 6), its square, and the ramp r [2, 3] of 0.5, 1.5, ... */

static const float x[6] = {1, 2, 3, 4, 5, 6};

static wire model_of(const char *equation, const char *in, int64_t opset)
{
    static const uint64_t sizes[3] = {1, 2, 3};
    wire graph = {.n = 0}, attrs = {.n = 0};
    onnx_attr_text(&attrs, "equation", equation);
    onnx_init_ramp(&graph, "r", 2, 2, 3, 0, 0);
    onnx_node(&graph, "Mul", "s", "x x", "square", NULL);
    onnx_node(&graph, "Einsum", "e", in, "y", &attrs);
    onnx_input_of(&graph, "x", 3, sizes);
    onnx_output(&graph, "y");
    return onnx_model(&graph, opset);
}

static zs_status parse(const char *equation, const char *in, int64_t opset, zs_net_spec *spec)
{
    const wire model = model_of(equation, in, opset);
    return zs_net_onnx_parse(&arena, wire_span(&model), "t.onnx", spec, &err);
}

static const struct {
    const char *equation, *in;
    uint32_t n;
    float want[9];
} sums[] = {
    {"abc->acb", "x", 6, {1, 4, 2, 5, 3, 6}},
    {"abc->ac", "x", 3, {5, 7, 9}},
    {"abc", "x", 6, {1, 2, 3, 4, 5, 6}},
    {"a b c , d c -> a b d", "x r", 4, {11, 29, 24.5f, 69.5f}}, /* products with rows of r */
    {"abc,bc->ab", "x r", 2, {11, 69.5f}},
    {"abc,bd->acd", "x r", 9, {14.5f, 19.5f, 24.5f, 18.5f, 25.5f, 32.5f, 22.5f, 31.5f, 40.5f}},
    {"abc,abd->abcd", "x square", 18, {0}},  /* outer products in stacks */
    {"abc,abc,bc->a", "x x r", 1, {395.5f}}, /* of three */
    {"cb,acb", "r x", 1, {80.5f}},
};

START_TEST(test_sums_of_products_by_letters)
{
    zs_net_spec spec;
    float want[18];
    memcpy(want, sums[_i].want, sizeof sums[_i].want);
    for (int b = 0; b < 2 && sums[_i].n == 18; b++)
        for (int c = 0; c < 3; c++)
            for (int d = 0; d < 3; d++)
                want[9 * b + 3 * c + d] = x[3 * b + c] * x[3 * b + d] * x[3 * b + d];
    for (int64_t opset = 12; opset < 14; opset++) {
        ck_assert_msg(parse(sums[_i].equation, sums[_i].in, opset, &spec) == ZS_OK, "%s: %s: %s",
                      sums[_i].equation, err.place, err.text);
        net_expect_outputs(&spec, x, want, sums[_i].n, sums[_i].equation);
    }
}
END_TEST

static const struct {
    const char *equation, *in, *text;
    zs_status status;
} refused[] = {
    {"aab->ab", "x", "a letter twice", ZS_EUNSUPPORTED},
    {"...c,dc->...d", "x r", "letters, commas and ->", ZS_EUNSUPPORTED},
    {"abc->abz", "x", "stands in no tensor", ZS_EUNSUPPORTED},
    {"abc,cd", "x", "not as many tensors", ZS_EUNSUPPORTED},
    {"abc", "x r", "not as many tensors", ZS_EUNSUPPORTED},
    {"ab->a", "x", "letters 'ab' for 3 dimensions", ZS_ESHAPE},
    {"abcdefghi->a", "x", "more than 8 dimensions", ZS_EUNSUPPORTED},
    {"abc-", "x", "letters, commas and ->", ZS_EUNSUPPORTED},
    {"abc,cb->a", "x r", "letter 'c' counts 3 elements of input 0 and 2 of input 1", ZS_ESHAPE},
};

START_TEST(test_equations_that_are_not_handled_are_refused)
{
    zs_net_spec spec;
    ck_assert_int_eq(parse(refused[_i].equation, refused[_i].in, 13, &spec), refused[_i].status);
    ck_assert_msg(strstr(err.text, refused[_i].text) != NULL, "%s: %s", refused[_i].equation,
                  err.text);
}
END_TEST

START_TEST(test_memory_runs_out_without_harm)
{
    const wire model = model_of("abc,abc,bc->a", "x x r", 13);
    net_expect_nomem(zs_net_onnx_parse, wire_span(&model), "t.onnx", 1);
}
END_TEST

TCase *tcase_net_onnx_einsum(void)
{
    TCase *tc = net_case("net_onnx_einsum");
    tcase_add_loop_test(tc, test_sums_of_products_by_letters, 0, (int)ZS_LEN(sums));
    tcase_add_loop_test(tc, test_equations_that_are_not_handled_are_refused, 0,
                        (int)ZS_LEN(refused));
    tcase_add_test(tc, test_memory_runs_out_without_harm);
    return tc;
}
