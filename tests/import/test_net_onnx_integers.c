#include "cases.h"
#include "onnx_writer.h"

#include "zynqsim/num.h"

#include <string.h>

/* Integers that a graph computes: how they divide, and what they may become. */

static const float x[8] = {5, -7, 3, 9.5f, -2.5f, 8, 1, -6};
static const uint64_t sizes[4] = {1, 8, 1, 1};
static const int64_t three = 3, minus_two[] = {-2}, nought = 0;

static wire cast_to(int type)
{
    wire attrs = {.n = 0};
    onnx_attr_int(&attrs, "to", type);
    return attrs;
}

static wire of_axis(int64_t axis)
{
    wire attrs = {.n = 0};
    onnx_attr_int(&attrs, "axis", axis);
    return attrs;
}

static void holds(wire *graph, const float *want, uint32_t n, const char *what)
{
    zs_net_spec spec;
    onnx_input_of(graph, "x", 4, sizes);
    onnx_output(graph, "y");
    const wire model = onnx_model(graph, 13);
    ck_assert_msg(zs_net_onnx_parse(&arena, wire_span(&model), "t.onnx", &spec, &err) == ZS_OK,
                  "%s: %s: %s", what, err.place, err.text);
    net_expect_outputs(&spec, x, want, n, what);
}

static void refuses(wire *graph, zs_status status, const char *text)
{
    onnx_input_of(graph, "x", 4, sizes);
    onnx_output(graph, "y");
    const wire model = onnx_model(graph, 13);
    net_expect_error(zs_net_onnx_parse, wire_span(&model), "t.onnx", status, "t.onnx node", text);
}

/* The place of the largest, 3, as it is and through operators of integers. */
static const struct {
    const char *op, *in; /* from "at" to "b" */
    float want;          /* of b / 2 or of at / b */
    bool divides_two;
} quotients[] = {
    {"Identity", "at", 1, false}, {"Add", "at three", 3, false}, {"Mul", "at at", 4, false},
    {"Neg", "at", -1, false},     {"Sub", "three at", 0, false}, {"Max", "at three", 1, false},
    {"Add", "at three", 0, true}, {"Identity", "at", 1, true},
};

START_TEST(test_integers_that_are_computed_divide_as_integers)
{
    wire graph = {.n = 0};
    const wire axis = of_axis(1);
    onnx_init_ints(&graph, "three", &three, 1);
    static const int64_t two = 2;
    onnx_init_ints(&graph, "two", &two, 1);
    onnx_node(&graph, "ArgMax", "a", "x", "at", &axis);
    onnx_node(&graph, quotients[_i].op, "o", quotients[_i].in, "b", NULL);
    onnx_node(&graph, "Div", "d", quotients[_i].divides_two ? "at b" : "b two", "y", NULL);
    holds(&graph, &quotients[_i].want, 1, quotients[_i].op);
}
END_TEST

START_TEST(test_a_constant_of_integers_divides_integers)
{
    static const int64_t one = 1;
    static const float want[] = {1, 2, 0}; /* places 3, 5 and 0 less one, by 2 */
    wire graph = {.n = 0}, axis = of_axis(1);
    static const int64_t two = 2;
    onnx_init_ints(&graph, "k", &three, 1);
    onnx_init_ints(&graph, "two", &two, 1);
    onnx_init_ints(&graph, "one", &one, 1);
    onnx_node(&graph, "TopK", "t", "x k", "v i", &axis);
    onnx_node(&graph, "Sub", "s", "i one", "j", NULL);
    onnx_node(&graph, "Div", "d", "j two", "y", NULL);
    holds(&graph, want, 3, "places");
}
END_TEST

START_TEST(test_floats_of_integers_divide_as_floats)
{
    static const float want = 1.5f;
    static const float two = 2;
    wire graph = {.n = 0}, axis = of_axis(1), to_float = cast_to(ONNX_FLOAT);
    onnx_init_floats(&graph, "two", &two, 1);
    onnx_node(&graph, "ArgMax", "a", "x", "at", &axis);
    onnx_node(&graph, "Cast", "c", "at", "f", &to_float);
    onnx_node(&graph, "Sub", "n", "f two", "one", NULL);
    onnx_node(&graph, "Add", "p", "one one", "both", NULL);
    onnx_node(&graph, "Div", "d", "f both", "y", NULL);
    holds(&graph, &want, 1, "3 / 2");
    const wire model = onnx_model(&graph, 13);
    net_expect_nomem(zs_net_onnx_parse, wire_span(&model), "t.onnx", 1);
}
END_TEST

/* Fractions are cut off, towards 0; 1 where there is something; places keep what they are. */
START_TEST(test_computed_values_become_integers)
{
    static const float cut[] = {5, -7, 3, 9, -2, 8, 1, -6}, halves[] = {2, -3, 1, 4, -1, 4, 0, -3};
    static const int64_t two = 2;
    enum { ONNX_BOOL = 9 };
    for (int k = 0; k < 3; k++) {
        wire graph = {.n = 0}, to = cast_to(k == 2 ? ONNX_BOOL : ONNX_INT64);
        float ones[8];
        onnx_init_ints(&graph, "two", &two, 1);
        onnx_node(&graph, "Cast", "c", "x", k == 1 ? "i" : "y", &to);
        if (k == 1)
            onnx_node(&graph, "Div", "d", "i two", "y", NULL);
        for (int i = 0; i < 8; i++)
            ones[i] = 1;
        holds(&graph, k == 0 ? cut : k == 1 ? halves : ones, 8, "cast");
    }
}
END_TEST

START_TEST(test_places_become_narrow_integers)
{
    static const float want = 3;
    enum { ONNX_UINT8 = 2 };
    wire graph = {.n = 0}, axis = of_axis(1), to = cast_to(ONNX_UINT8);
    onnx_node(&graph, "ArgMax", "a", "x", "at", &axis);
    onnx_node(&graph, "Cast", "c", "at", "y", &to);
    holds(&graph, &want, 1, "a place");
    wire sums = {.n = 0};
    onnx_init_ints(&sums, "three", &three, 1);
    onnx_node(&sums, "ArgMax", "a", "x", "at", &axis);
    onnx_node(&sums, "Add", "s", "at three", "more", NULL);
    onnx_node(&sums, "Cast", "c", "more", "y", &to);
    refuses(&sums, ZS_EUNSUPPORTED, "would wrap around");
}
END_TEST

START_TEST(test_rests_of_a_division_by_a_constant_zero_are_refused)
{
    wire graph = {.n = 0}, axis = of_axis(1);
    onnx_init_ints(&graph, "z", &nought, 1);
    onnx_init_ints(&graph, "k", minus_two, 1);
    onnx_node(&graph, "ArgMax", "a", "x", "at", &axis);
    onnx_node(&graph, "Mod", "m", _i == 0 ? "at z" : "k z", "y", NULL);
    refuses(&graph, ZS_ERANGE, "element 0 is 0");
}
END_TEST

TCase *tcase_net_onnx_integers(void)
{
    TCase *tc = net_case("net_onnx_integers");
    tcase_add_loop_test(tc, test_integers_that_are_computed_divide_as_integers, 0,
                        (int)ZS_LEN(quotients));
    tcase_add_test(tc, test_a_constant_of_integers_divides_integers);
    tcase_add_test(tc, test_floats_of_integers_divide_as_floats);
    tcase_add_test(tc, test_computed_values_become_integers);
    tcase_add_test(tc, test_places_become_narrow_integers);
    tcase_add_loop_test(tc, test_rests_of_a_division_by_a_constant_zero_are_refused, 0, 2);
    return tc;
}
