#include "cases.h"
#include "onnx_writer.h"

#include "zynqsim/num.h"

#include <math.h>
#include <string.h>

/* Whole graphs over the input x [1, 3, 8, 8]: what they compute, and by how many layers. */

static float x[3][8][8];
static const zs_net *net;

static const float *run(wire *graph, const char *output, int64_t opset)
{
    zs_net_spec spec = {0};
    zs_net *built = NULL;
    zs_quant *quant = NULL;
    zs_ref_tensors tensors = {0};
    onnx_input(graph, "x", 4);
    onnx_output(graph, output);
    const wire model = onnx_model(graph, opset);
    ck_assert_msg(zs_net_onnx_parse(&arena, wire_span(&model), "t.onnx", &spec, &err) == ZS_OK,
                  "%s: %s", err.place, err.text);
    ck_assert_msg(zs_net_build(&arena, &spec, &built, &err) == ZS_OK, "%s: %s", err.place,
                  err.text);
    ck_assert_int_eq(zs_quant_build(&arena, built, ZS_FP32, NULL, &quant, &err), ZS_OK);
    for (int i = 0; i < 192; i++)
        (&x[0][0][0])[i] = (float)((i * 37) % 101) / 10.0f - 5.0f;
    ck_assert_int_eq(zs_ref_run(&arena, built, quant, &x[0][0][0], NULL, &tensors, &err), ZS_OK);
    net = built;
    return tensors.data[built->output];
}

static void expect_dims(uint32_t rank, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    const uint32_t want[4] = {a, b, c, d};
    ck_assert_uint_eq(net->outputs[0].rank, rank);
    ck_assert_mem_eq(net->outputs[0].dims, want, rank * sizeof want[0]);
}

static void near(float got, double want)
{
    ck_assert_msg(fabs((double)got - want) <= 1e-5 * (1 + fabs(want)), "%g instead of %g",
                  (double)got, want);
}

/* Sums of products in single precision. */
static void near_sum(float got, double want)
{
    ck_assert_msg(fabs((double)got - want) <= 1e-3 * (1 + fabs(want)), "%g instead of %g",
                  (double)got, want);
}

/* ---- folding --------------------------------------------------------------------------------- */

START_TEST(test_a_shape_that_the_graph_computes_is_a_constant)
{
    static const int64_t zero = 0, minus_one = -1;
    wire graph = {.n = 0}, axis = {.n = 0}, axes = {.n = 0};
    onnx_attr_int(&axis, "axis", 0);
    onnx_attr_ints(&axes, "axes", 1, 0, 0, 0, 0);
    const int64_t one = 1;
    const wire scalar = onnx_tensor("first", ONNX_INT64, 0, NULL);
    wire first = scalar;
    wire_ints(&first, 7, &zero, 1);
    onnx_init(&graph, &first);
    onnx_init_ints(&graph, "rest", &minus_one, one);
    onnx_node(&graph, "Relu", "r", "x", "y", NULL);
    onnx_node(&graph, "Shape", "s", "y", "dims", NULL);
    onnx_node(&graph, "Gather", "g", "dims first", "n", &axis);
    onnx_node(&graph, "Unsqueeze", "u", "n", "n1", &axes);
    onnx_node(&graph, "Concat", "c", "n1 rest", "shape", &axis);
    onnx_node(&graph, "Reshape", "v", "y shape", "z", NULL);
    const float *z = run(&graph, "z", 11);
    for (int i = 0; i < 192; i++)
        near(z[i], fmax((double)(&x[0][0][0])[i], 0));
    expect_dims(2, 1, 192, 0, 0);
    ck_assert_uint_eq(net->layer_n, 1);
}
END_TEST

START_TEST(test_weights_through_operators_are_weights)
{
    static const float half = 0.5f;
    wire graph = {.n = 0}, perm = {.n = 0}, axis = {.n = 0};
    onnx_attr_ints(&perm, "perm", 4, 1, 0, 2, 3);
    onnx_attr_int(&axis, "axis", 0);
    onnx_init_ramp(&graph, "w", 4, 3, 1, 1, 1); /* 0.5 1.5 2.5 */
    onnx_init_floats(&graph, "h", &half, 1);
    onnx_node(&graph, "Transpose", "t", "w", "wt", &perm);
    onnx_node(&graph, "Sub", "s", "wt h", "ws", NULL);
    onnx_node(&graph, "Sqrt", "q", "ws", "wq", NULL);
    onnx_node(&graph, "Concat", "c", "wq wt", "both", &axis);
    onnx_node(&graph, "Conv", "n", "x both", "y", NULL);
    const float *y = run(&graph, "y", 13);
    ck_assert_uint_eq(net->layer_n, 1);
    near(y[5], (double)x[1][0][5] + sqrt(2) * (double)x[2][0][5]);
    near(y[64 + 9], 0.5 * (double)x[0][1][1] + 1.5 * (double)x[1][1][1] + 2.5 * (double)x[2][1][1]);
}
END_TEST

START_TEST(test_what_nothing_depends_on_need_not_be_understood)
{
    wire graph = {.n = 0};
    onnx_node(&graph, "Relu", "r", "x", "y", NULL);
    onnx_node(&graph, "NonMaxSuppression", "odd", "y", "z", NULL);
    run(&graph, "y", 13);
    ck_assert_uint_eq(net->layer_n, 1);
}
END_TEST

static const struct {
    int64_t shape[2];
    const char *text;
} large[] = {{{2147483647, 2}, "more elements than are worked out"},
             {{65536, 65536}, "more elements than are worked out"},
             {{-1, 1}, "a dimension of -1"},
             {{INT64_MAX, INT64_MAX}, "a dimension of 9223372036854775807"}};

START_TEST(test_folding_is_bounded_by_the_size_of_the_file)
{
    wire graph = {.n = 0};
    onnx_init_ints(&graph, "shape", large[_i].shape, 2);
    onnx_node(&graph, "ConstantOfShape", "k", "shape", "many", NULL);
    onnx_node(&graph, "Add", "a", "x many", "y", NULL);
    onnx_input(&graph, "x", 4);
    onnx_output(&graph, "y");
    const wire model = onnx_model(&graph, 13);
    net_expect_error(zs_net_onnx_parse, wire_span(&model), "t.onnx", ZS_ERANGE, "ConstantOfShape k",
                     large[_i].text);
}
END_TEST

START_TEST(test_dropout_in_training_is_refused)
{
    wire graph = {.n = 0};
    static const float ratio = 0.5f, training = 1;
    onnx_init_floats(&graph, "ratio", &ratio, 1);
    onnx_init_floats(&graph, "training", &training, 1);
    onnx_node(&graph, "Dropout", "d", "x ratio training", "y", NULL);
    onnx_input(&graph, "x", 4);
    onnx_output(&graph, "y");
    const wire model = onnx_model(&graph, 13);
    net_expect_error(zs_net_onnx_parse, wire_span(&model), "t.onnx", ZS_EUNSUPPORTED, "Dropout d",
                     "training_mode");
}
END_TEST

/* ---- moved elements -------------------------------------------------------------------------- */

START_TEST(test_transposes_that_cancel_are_no_layers)
{
    wire graph = {.n = 0}, to = {.n = 0}, back = {.n = 0};
    onnx_attr_ints(&to, "perm", 4, 0, 2, 3, 1);
    onnx_attr_ints(&back, "perm", 4, 0, 3, 1, 2);
    onnx_init_ramp(&graph, "k", 1, 3, 0, 0, 0); /* per channel, which is last in between */
    onnx_init_ramp(&graph, "w", 4, 2, 3, 1, 1);
    onnx_node(&graph, "Transpose", "t", "x", "a", &to);
    onnx_node(&graph, "Mul", "m", "a k", "b", NULL);
    onnx_node(&graph, "Relu", "r", "b", "c", NULL);
    onnx_node(&graph, "Transpose", "u", "c", "d", &back);
    onnx_node(&graph, "Conv", "n", "d w", "y", NULL);
    const float *y = run(&graph, "y", 13);
    double want = 0;
    for (int c = 0; c < 3; c++)
        want += (c + 0.5) * fmax((c + 0.5) * (double)x[c][2][3], 0);
    near(y[2 * 8 + 3], want);
    for (uint32_t i = 0; i < net->layer_n; i++)
        ck_assert_int_ne(net->layers[i].op, ZS_LAYER_REARRANGE);
}
END_TEST

START_TEST(test_a_lone_transpose_is_charged)
{
    wire graph = {.n = 0}, to = {.n = 0};
    onnx_attr_ints(&to, "perm", 4, 0, 2, 3, 1);
    onnx_node(&graph, "Transpose", "t", "x", "y", &to);
    onnx_node(&graph, "Flatten", "f", "y", "z", NULL);
    onnx_node(&graph, "Relu", "r", "z", "out", NULL);
    const float *y = run(&graph, "out", 13);
    for (int h = 0; h < 8; h++)
        for (int w = 0; w < 8; w++)
            for (int c = 0; c < 3; c++)
                near(y[(h * 8 + w) * 3 + c], fmax((double)x[c][h][w], 0));
    ck_assert_int_eq(net->layers[0].op, ZS_LAYER_REARRANGE);
    ck_assert_uint_eq(zs_layer_software_work(&net->layers[0]).gathered, 192);
}
END_TEST

START_TEST(test_slices_take_any_step)
{
    static const int64_t starts[2] = {-1, 1}, ends[2] = {INT64_MIN, INT64_MAX}, axes[2] = {3, 1},
                         steps[2] = {-3, 1};
    wire graph = {.n = 0};
    onnx_init_ints(&graph, "starts", starts, 2);
    onnx_init_ints(&graph, "ends", ends, 2);
    onnx_init_ints(&graph, "axes", axes, 2);
    onnx_init_ints(&graph, "steps", steps, 2);
    onnx_node(&graph, "Slice", "s", "x starts ends axes steps", "y", NULL);
    const float *y = run(&graph, "y", 13);
    expect_dims(4, 1, 2, 8, 3);
    for (int c = 0; c < 2; c++)
        for (int h = 0; h < 8; h++)
            for (int w = 0; w < 3; w++)
                near(*y++, (double)x[c + 1][h][7 - 3 * w]);
}
END_TEST

START_TEST(test_pads_mirror)
{
    static const int64_t pads[8] = {0, 0, 2, 0, 0, 0, 1, 3};
    wire graph = {.n = 0}, mode = {.n = 0};
    onnx_attr_text(&mode, "mode", "reflect");
    onnx_init_ints(&graph, "pads", pads, 8);
    onnx_node(&graph, "Pad", "p", "x pads", "y", &mode);
    const float *y = run(&graph, "y", 13);
    expect_dims(4, 1, 3, 11, 11);
    near(y[0], (double)x[0][2][0]);
    near(y[10], (double)x[0][2][4]);
    near(y[10 * 11 + 10], (double)x[0][6][4]);
}
END_TEST

START_TEST(test_zeros_around_a_map_are_padding_of_the_convolution)
{
    static const int64_t pads[8] = {0, 0, 1, 0, 0, 0, 0, 1};
    wire graph = {.n = 0};
    onnx_init_ints(&graph, "pads", pads, 8);
    onnx_init_ramp(&graph, "w", 4, 1, 3, 2, 2);
    onnx_node(&graph, "Pad", "p", "x pads", "z", NULL);
    onnx_node(&graph, "Conv", "n", "z w", "y", NULL);
    const float *y = run(&graph, "y", 13);
    ck_assert_uint_eq(net->layer_n, 1);
    ck_assert_uint_eq(net->layers[0].window.pad_top, 1);
    ck_assert_uint_eq(net->layers[0].window.pad_right, 1);
    double want = 0;
    for (int c = 0; c < 3; c++)
        want += (4 * c + 2.5) * (double)x[c][0][7];
    near(y[7], want);
}
END_TEST

START_TEST(test_channels_are_shuffled)
{
    static const int64_t up[5] = {1, 3, 2, 4, 8}, down[4] = {1, 6, 4, 8};
    wire graph = {.n = 0}, perm = {.n = 0};
    static const int64_t order[5] = {0, 2, 1, 3, 4};
    wire attr = {.n = 0};
    wire_text(&attr, 1, "perm");
    for (int i = 0; i < 5; i++)
        wire_uint(&attr, 8, (uint64_t)order[i]);
    wire_message(&perm, 5, &attr);
    onnx_init_ints(&graph, "up", up, 5);
    onnx_init_ints(&graph, "down", down, 4);
    onnx_node(&graph, "Reshape", "a", "x up", "v", NULL);
    onnx_node(&graph, "Transpose", "b", "v", "w", &perm);
    onnx_node(&graph, "Reshape", "c", "w down", "y", NULL);
    const float *y = run(&graph, "y", 13);
    ck_assert_uint_eq(net->layer_n, 1);
    for (int k = 0; k < 2; k++)
        for (int g = 0; g < 3; g++)
            near(y[(k * 3 + g) * 32 + 5], (double)x[g][4 * k][5]);
}
END_TEST

/* ---- functions ------------------------------------------------------------------------------- */

START_TEST(test_a_gate_per_channel_is_broadcast)
{
    wire graph = {.n = 0};
    onnx_node(&graph, "GlobalMaxPool", "g", "x", "p", NULL);
    onnx_node(&graph, "Sigmoid", "s", "p", "q", NULL);
    onnx_node(&graph, "Mul", "m", "q x", "y", NULL);
    const float *y = run(&graph, "y", 13);
    for (int c = 0; c < 3; c++) {
        double most = -INFINITY;
        for (int i = 0; i < 64; i++)
            most = fmax(most, (double)x[c][i / 8][i % 8]);
        near(y[c * 64 + 13], (double)x[c][1][5] / (1 + exp(-most)));
    }
}
END_TEST

/* Of constants, and of what a quantiser computes. */
START_TEST(test_integers_are_not_divided_by_a_constant_zero)
{
    static const int64_t seven[] = {7, 7}, some[] = {3, 0}, half = 2;
    const char *const ins[] = {"k z", "a nought"};
    wire graph = {.n = 0};
    onnx_init_ints(&graph, "k", seven, 2);
    onnx_init_ints(&graph, "z", some, 2);
    onnx_init_ints(&graph, "two", &half, 1);
    onnx_init_ints(&graph, "nought", &some[1], 1);
    onnx_node(&graph, "DynamicQuantizeLinear", "q", "x", "a s zero", NULL);
    onnx_node(&graph, "Div", "d", _i == 2 ? "a two" : ins[_i], "y", NULL);
    if (_i == 2) {
        (void)run(&graph, "y", 13);
        return;
    }
    onnx_input(&graph, "x", 4);
    onnx_output(&graph, "y");
    const wire model = onnx_model(&graph, 13);
    net_expect_error(zs_net_onnx_parse, wire_span(&model), "t.onnx", ZS_ERANGE, "Div d",
                     _i == 0 ? "element 1 is 0" : "element 0 is 0");
}
END_TEST

/* ---- graphs within nodes --------------------------------------------------------------------- */

/* An If over `condition`, then Neg, else Abs of Neg. */
static void add_if(wire *graph, const char *condition)
{
    wire yes = {.n = 0}, no = {.n = 0}, attrs = {.n = 0};
    onnx_node(&yes, "Neg", "", "x", "a", NULL);
    onnx_output(&yes, "a");
    onnx_node(&no, "Neg", "", "x", "b", NULL);
    onnx_node(&no, "Abs", "", "b", "c", NULL);
    onnx_output(&no, "c");
    onnx_attr_graph(&attrs, "then_branch", &yes);
    onnx_attr_graph(&attrs, "else_branch", &no);
    onnx_node(graph, "If", "i", condition, "y", &attrs);
}

START_TEST(test_a_known_condition_leaves_one_branch)
{
    const int64_t is_true = _i;
    wire graph = {.n = 0};
    onnx_init_ints(&graph, "k", &is_true, 1);
    add_if(&graph, "k");
    const float *y = run(&graph, "y", 13);
    ck_assert_uint_eq(net->layer_n, _i ? 1 : 2);
    for (int i = 0; i < 192; i++)
        near(y[i], _i ? -(double)(&x[0][0][0])[i] : fabs((double)(&x[0][0][0])[i]));
}
END_TEST

START_TEST(test_a_computed_condition_is_refused)
{
    wire graph = {.n = 0};
    onnx_node(&graph, "GlobalMaxPool", "g", "x", "k", NULL);
    add_if(&graph, "k");
    onnx_input(&graph, "x", 4);
    onnx_output(&graph, "y");
    const wire model = onnx_model(&graph, 13);
    net_expect_error(zs_net_onnx_parse, wire_span(&model), "t.onnx", ZS_EUNSUPPORTED, "If i",
                     "the condition is computed from the input");
}
END_TEST

static const struct {
    const char *op;
    double (*of)(double v);
} functions[] = {{"Exp", exp},     {"Tanh", tanh}, {"Erf", erf}, {"Abs", fabs},
                 {"Floor", floor}, {"Sin", sin},   {"Cos", cos}};

START_TEST(test_functions_of_each_element)
{
    wire graph = {.n = 0};
    onnx_node(&graph, functions[_i].op, "f", "x", "y", NULL);
    const float *y = run(&graph, "y", 13);
    for (int i = 0; i < 192; i++)
        near(y[i], functions[_i].of((double)(&x[0][0][0])[i]));
}
END_TEST

START_TEST(test_dimensions_are_reduced)
{
    wire graph = {.n = 0}, attrs = {.n = 0};
    onnx_attr_ints(&attrs, "axes", 1, 2, 0, 0, 0);
    onnx_attr_int(&attrs, "keepdims", 0);
    onnx_node(&graph, "ReduceMax", "r", "x", "y", &attrs);
    const float *y = run(&graph, "y", 13);
    expect_dims(3, 1, 3, 8, 0);
    for (int c = 0; c < 3; c++)
        for (int w = 0; w < 8; w++) {
            double most = -INFINITY;
            for (int h = 0; h < 8; h++)
                most = fmax(most, (double)x[c][h][w]);
            near(*y++, most);
        }
}
END_TEST

START_TEST(test_softmax_of_the_last_axis)
{
    wire graph = {.n = 0}, attrs = {.n = 0};
    onnx_attr_int(&attrs, "axis", 3);
    onnx_node(&graph, _i ? "LogSoftmax" : "Softmax", "s", "x", "y", &attrs);
    const float *y = run(&graph, "y", 13);
    double sum = 0;
    for (int w = 0; w < 8; w++)
        sum += exp((double)x[1][2][w]);
    const double want = exp((double)x[1][2][3]) / sum;
    near(y[64 + 2 * 8 + 3], _i ? log(want) : want);
}
END_TEST

START_TEST(test_instances_are_normalised)
{
    static const float gain[3] = {1, 2, 3}, shift[3] = {0, -1, 1};
    wire graph = {.n = 0};
    onnx_init_floats(&graph, "g", gain, 3);
    onnx_init_floats(&graph, "b", shift, 3);
    onnx_node(&graph, "InstanceNormalization", "i", "x g b", "y", NULL);
    const float *y = run(&graph, "y", 13);
    double mean = 0, var = 0;
    for (int i = 0; i < 64; i++)
        mean += (double)x[2][i / 8][i % 8] / 64;
    for (int i = 0; i < 64; i++)
        var += pow((double)x[2][i / 8][i % 8] - mean, 2) / 64;
    near(y[128 + 20], ((double)x[2][2][4] - mean) / sqrt(var + 1e-5) * 3 + 1);
}
END_TEST

START_TEST(test_matrices_are_multiplied_in_stacks)
{
    wire graph = {.n = 0};
    onnx_init_ramp(&graph, "w", 2, 8, 5, 0, 0);
    onnx_node(&graph, "MatMul", "m", "x w", "y", NULL);
    const float *y = run(&graph, "y", 13);
    expect_dims(4, 1, 3, 8, 5);
    double want = 0;
    for (int k = 0; k < 8; k++)
        want += (double)x[1][6][k] * (k * 5 + 2 + 0.5);
    near(y[(8 + 6) * 5 + 2], want);
}
END_TEST

/* ---- larger maps ----------------------------------------------------------------------------- */

START_TEST(test_resize_repeats_or_blends)
{
    static const float scales[4] = {1, 1, 2, 2};
    wire graph = {.n = 0}, attrs = {.n = 0};
    onnx_attr_text(&attrs, "mode", _i ? "linear" : "nearest");
    onnx_init_floats(&graph, "s", scales, 4);
    onnx_node(&graph, "Resize", "r", "x _ s", "y", &attrs);
    const float *y = run(&graph, "y", 13);
    expect_dims(4, 1, 3, 16, 16);
    /* row 3 lies at 1.25, column 6 at 2.75 */
    const double top = (double)x[2][1][2] * 0.25 + (double)x[2][1][3] * 0.75;
    const double low = (double)x[2][2][2] * 0.25 + (double)x[2][2][3] * 0.75;
    near(y[(2 * 16 + 3) * 16 + 6], _i ? top * 0.75 + low * 0.25 : (double)x[2][1][3]);
    near(y[0], (double)x[0][0][0]);
}
END_TEST

/* 6 times the float next to 10 / 6 is 10 in single precision and less in double. */
START_TEST(test_sizes_are_products_in_single_precision)
{
    static const float scales[4] = {1, 1, 10.0f / 6, 1};
    static const uint64_t sizes[4] = {1, 1, 6, 3};
    zs_net_spec spec = {0};
    wire graph = {.n = 0};
    onnx_init_floats(&graph, "scales", scales, 4);
    onnx_node(&graph, "Upsample", "u", "x scales", "y", NULL);
    onnx_input_of(&graph, "x", 4, sizes);
    onnx_output(&graph, "y");
    const wire model = onnx_model(&graph, 9);
    ck_assert_int_eq(zs_net_onnx_parse(&arena, wire_span(&model), "t.onnx", &spec, &err), ZS_OK);
    ck_assert_uint_eq(spec.result.dims[2], 10);
}
END_TEST

/* Strides, pads before, pads after, output padding, dilation, groups. */
static const struct {
    int stride, before, after, extra, dilation, groups;
} turns[] = {{2, 0, 0, 0, 1, 1}, {2, 1, 1, 1, 1, 1}, {1, 1, 0, 0, 1, 1},
             {3, 2, 1, 2, 1, 3}, {2, 0, 3, 0, 2, 1}, {2, 3, 3, 0, 1, 1}};

START_TEST(test_transposed_convolutions_follow_their_definition)
{
    const int s = turns[_i].stride, b = turns[_i].before, e = turns[_i].after;
    const int d = turns[_i].dilation, g = turns[_i].groups, oc_n = g == 1 ? 2 : 3;
    const int n = s * 7 + turns[_i].extra + 2 * d + 1 - b - e;
    wire graph = {.n = 0}, attrs = {.n = 0};
    onnx_attr_ints(&attrs, "strides", 2, s, s, 0, 0);
    onnx_attr_ints(&attrs, "pads", 4, b, b, e, e);
    onnx_attr_ints(&attrs, "output_padding", 2, turns[_i].extra, turns[_i].extra, 0, 0);
    onnx_attr_ints(&attrs, "dilations", 2, d, d, 0, 0);
    onnx_attr_int(&attrs, "group", g);
    onnx_init_ramp(&graph, "w", 4, 3, oc_n / g, 3, 3);
    onnx_node(&graph, "ConvTranspose", "t", "x w", "y", &attrs);
    const float *y = run(&graph, "y", 13);
    expect_dims(4, 1, (uint32_t)oc_n, (uint32_t)n, (uint32_t)n);
    static double want[3][40][40];
    memset(want, 0, sizeof want);
    for (int ic = 0; ic < 3; ic++)
        for (int k = 0; k < oc_n / g; k++)
            for (int at = 0; at < 64 * 9; at++) {
                const int oc = g == 1 ? k : ic, tap = at % 9;
                const int oy = at / 9 / 8 * s + tap / 3 * d - b;
                const int ox = at / 9 % 8 * s + tap % 3 * d - b;
                if (oy >= 0 && oy < n && ox >= 0 && ox < n)
                    want[oc][oy][ox] += (double)x[ic][at / 9 / 8][at / 9 % 8] *
                                        ((ic * (oc_n / g) + k) * 9 + tap + 0.5);
            }
    for (int oc = 0; oc < oc_n; oc++)
        for (int oy = 0; oy < n; oy++)
            for (int ox = 0; ox < n; ox++)
                near_sum(*y++, want[oc][oy][ox]);
}
END_TEST

/* ---- what is computed where others have constants -------------------------------------------- */

START_TEST(test_where_chooses_by_a_computed_condition)
{
    const float zero = 0, below = -9;
    wire graph = {.n = 0};
    onnx_init_floats(&graph, "zero", &zero, 1);
    onnx_init_floats(&graph, "below", &below, 1);
    onnx_node(&graph, "Greater", "g", "x zero", "c", NULL);
    onnx_node(&graph, "Where", "w", "c x below", "y", NULL);
    const float *y = run(&graph, "y", 13);
    for (int i = 0; i < 192; i++)
        near(y[i], (&x[0][0][0])[i] > 0 ? (double)(&x[0][0][0])[i] : -9);
}
END_TEST

/* x from -5 to 5: steps of 10 / 255 around 127 or 128. */
START_TEST(test_scales_are_found_while_running)
{
    static const float weights[3 * 2] = {1, 0, 0, 1, 0, -1};
    static const int64_t dims[2] = {3, 64}, back[2] = {1, 128}, square[2] = {3, 2};
    wire graph = {.n = 0}, t = {.n = 0}, to = {.n = 0};
    onnx_attr_int(&to, "to", ONNX_FLOAT);
    onnx_attr_ints(&t, "perm", 2, 1, 0, 0, 0);
    onnx_init_ints(&graph, "dims", dims, 2);
    onnx_init_ints(&graph, "back", back, 2);
    onnx_init_floats(&graph, "flat_w", weights, 6);
    onnx_init_ints(&graph, "square", square, 2);
    onnx_node(&graph, "Reshape", "rw", "flat_w square", "w", NULL);
    onnx_node(&graph, "DynamicQuantizeLinear", "d", "x", "q s z", NULL);
    onnx_node(&graph, "Reshape", "rq", "q dims", "rows", NULL);
    onnx_node(&graph, "Transpose", "tq", "rows", "lines", &t);
    onnx_node(&graph, "MatMulInteger", "m", "lines w z", "sums", NULL);
    onnx_node(&graph, "Cast", "c", "sums", "real", &to);
    onnx_node(&graph, "Mul", "k", "real s", "scaled", NULL);
    onnx_node(&graph, "Reshape", "ry", "scaled back", "y", NULL);
    const float *y = run(&graph, "y", 13);
    for (int i = 0; i < 64; i++) {
        const double a = (double)x[0][i / 8][i % 8], b = (double)x[1][i / 8][i % 8],
                     c = (double)x[2][i / 8][i % 8];
        ck_assert(fabs((double)y[2 * i] - a) < 0.03);
        ck_assert(fabs((double)y[2 * i + 1] - (b - c)) < 0.06);
    }
}
END_TEST

START_TEST(test_five_dimensions_are_normalised_by_channel)
{
    static const int64_t up[5] = {1, 3, 2, 4, 8}, down[4] = {1, 3, 8, 8};
    static const float gamma[3] = {1, 2, 3}, beta[3] = {0, 1, 2}, mean[3] = {1, 0, 1},
                       variance[3] = {1, 4, 9};
    wire graph = {.n = 0}, attrs = {.n = 0};
    onnx_attr_float(&attrs, "epsilon", 0);
    onnx_init_ints(&graph, "up", up, 5);
    onnx_init_ints(&graph, "down", down, 4);
    onnx_init_floats(&graph, "gamma", gamma, 3);
    onnx_init_floats(&graph, "beta", beta, 3);
    onnx_init_floats(&graph, "mean", mean, 3);
    onnx_init_floats(&graph, "variance", variance, 3);
    onnx_node(&graph, "Reshape", "a", "x up", "v", NULL);
    onnx_node(&graph, "BatchNormalization", "n", "v gamma beta mean variance", "w", &attrs);
    onnx_node(&graph, "Reshape", "c", "w down", "y", NULL);
    const float *y = run(&graph, "y", 13);
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < 64; i++)
            near(y[c * 64 + i], (double)gamma[c] * ((double)x[c][i / 8][i % 8] - (double)mean[c]) /
                                        sqrt((double)variance[c]) +
                                    (double)beta[c]);
}
END_TEST

/* A transposed map has rows where samples are: x as [8, 3, 8] has its channels second. */
START_TEST(test_channels_of_what_is_no_sample_are_normalised)
{
    static const int64_t down[3] = {3, 8, 8};
    static const float gamma[3] = {1, 2, 3}, beta[3] = {0, 1, 2}, mean[3] = {1, 0, 1},
                       variance[3] = {1, 4, 9};
    wire graph = {.n = 0}, attrs = {.n = 0}, turn = {.n = 0};
    onnx_attr_float(&attrs, "epsilon", 0);
    onnx_attr_ints(&turn, "perm", 3, 1, 0, 2, 0);
    onnx_init_ints(&graph, "down", down, 3);
    onnx_init_floats(&graph, "gamma", gamma, 3);
    onnx_init_floats(&graph, "beta", beta, 3);
    onnx_init_floats(&graph, "mean", mean, 3);
    onnx_init_floats(&graph, "variance", variance, 3);
    onnx_node(&graph, "Reshape", "a", "x down", "v", NULL);
    onnx_node(&graph, "Transpose", "t", "v", "rows", &turn);
    onnx_node(&graph, "BatchNormalization", "n", "rows gamma beta mean variance", "y", &attrs);
    const float *y = run(&graph, "y", 13);
    expect_dims(3, 8, 3, 8, 0);
    for (int r = 0; r < 8; r++)
        for (int c = 0; c < 3; c++)
            for (int i = 0; i < 8; i++)
                near(y[(r * 3 + c) * 8 + i], (double)gamma[c] *
                                                     ((double)x[c][r][i] - (double)mean[c]) /
                                                     sqrt((double)variance[c]) +
                                                 (double)beta[c]);
}
END_TEST

static const struct {
    size_t n;
    int64_t axes[3];
    int channels, rows, columns; /* that go */
} means[] = {
    {3, {0, 2, 3}, 0, 1, 1}, {2, {1, 3}, 1, 0, 1}, {1, {1}, 1, 0, 0}, {2, {0, -2}, 0, 1, 0}};

START_TEST(test_means_and_variances_of_any_axes)
{
    wire graph = {.n = 0}, axes = {.n = 0};
    const int64_t *a = means[_i].axes;
    onnx_attr_ints(&axes, "axes", means[_i].n, a[0], a[1], a[2], 0);
    onnx_node(&graph, "MeanVarianceNormalization", "m", "x", "y", &axes);
    const float *y = run(&graph, "y", 13);
    expect_dims(4, 1, 3, 8, 8);
    for (int at = 0; at < 192; at++) {
        const int c = at / 64, r = at / 8 % 8, k = at % 8;
        double sum = 0, squares = 0, n = 0;
        for (int i = 0; i < 192; i++) {
            if ((i / 64 != c && !means[_i].channels) || (i / 8 % 8 != r && !means[_i].rows) ||
                (i % 8 != k && !means[_i].columns))
                continue;
            const double v = (double)(&x[0][0][0])[i];
            sum += v;
            squares += v * v;
            n++;
        }
        const double mean = sum / n;
        near_sum(y[at], ((double)x[c][r][k] - mean) / sqrt(squares / n - mean * mean));
    }
}
END_TEST

/* Integers of a quantiser that are read with another scale, or as numbers. */
START_TEST(test_integers_of_a_quantiser_are_numbers_to_others)
{
    static const float scale = 0.25f, other = 2, half = 0.5f;
    static const int64_t zero = 3;
    const wire none = onnx_tensor("zero", 2, 0, NULL); /* uint8 */
    wire graph = {.n = 0}, z = none, to = {.n = 0};
    onnx_attr_int(&to, "to", ONNX_FLOAT);
    wire_ints(&z, 5, &zero, 1);
    onnx_init(&graph, &z);
    onnx_init_floats(&graph, "scale", &scale, 1);
    onnx_init_floats(&graph, "other", &other, 1);
    onnx_init_floats(&graph, "half", &half, 1);
    onnx_node(&graph, "QuantizeLinear", "q", "x scale zero", "codes", NULL);
    onnx_node(&graph, "DequantizeLinear", "d", "codes other zero", "twice", NULL);
    onnx_node(&graph, "Cast", "c", "codes", "real", &to);
    onnx_node(&graph, "Mul", "m", "real half", "halves", NULL);
    onnx_node(&graph, "Add", "s", "twice halves", "y", NULL);
    const float *y = run(&graph, "y", 13);
    for (int i = 0; i < 192; i++) {
        const double code = fmax(0, rint((double)(&x[0][0][0])[i] * 4) + 3);
        near(y[i], 2 * (code - 3) + code / 2);
    }
}
END_TEST

/* Between a quantiser and its opposite: parts of the integers, and integers with others around. */
static const struct {
    const char *op, *in, *out;
    int c; /* channels of x that the result has first */
    int row, column;
    uint32_t layer_n;
} moved[] = {{"Slice", "codes two three one", "part", 2, 0, 0, 2},
             {"Gather", "codes two", "part", 2, 0, 0, 2},
             {"Split", "codes sizes", "rest part", 2, 0, 0, 2},
             {"Pad", "codes around", "part", 0, 1, 2, 4},
             {"Concat", "codes codes", "part", 0, 0, 0, 4}};

START_TEST(test_integers_are_moved_between_quantisers)
{
    static const float scale = 0.25f;
    static const int64_t zero = 3, one = 1, two = 2, three = 3, sizes[2] = {2, 1},
                         around[8] = {0, 0, 1, 2, 0, 0, 0, 0};
    wire graph = {.n = 0}, z = onnx_tensor("zero", 2, 0, NULL), axis = {.n = 0};
    const bool has_axis = moved[_i].op[0] != 'P' && moved[_i].op[1] != 'l';
    onnx_attr_int(&axis, "axis", 1);
    wire_ints(&z, 5, &zero, 1);
    onnx_init(&graph, &z);
    onnx_init_floats(&graph, "scale", &scale, 1);
    onnx_init_ints(&graph, "one", &one, 1);
    onnx_init_ints(&graph, "two", &two, 1);
    onnx_init_ints(&graph, "three", &three, 1);
    onnx_init_ints(&graph, "sizes", sizes, 2);
    onnx_init_ints(&graph, "around", around, 8);
    onnx_node(&graph, "QuantizeLinear", "q", "x scale zero", "codes", NULL);
    onnx_node(&graph, moved[_i].op, "m", moved[_i].in, moved[_i].out, has_axis ? &axis : NULL);
    onnx_node(&graph, "DequantizeLinear", "d", "part scale zero", "y", NULL);
    const float *y = run(&graph, "y", 13);
    const int width = 8 + moved[_i].column;
    for (int i = 0; i < 64; i++) {
        const double code = fmax(0, rint((double)x[moved[_i].c][i / 8][i % 8] * 4) + 3);
        near(y[(i / 8 + moved[_i].row) * width + i % 8 + moved[_i].column], (code - 3) / 4);
    }
    ck_assert_uint_eq(net->layer_n, moved[_i].layer_n);
    for (uint32_t i = 0; i < net->layer_n; i++)
        if (net->layers[i].quant != NULL) { /* executors hold integers less their zero */
            const zs_number *number = &net->layers[i].quant->out;
            ck_assert_int_ge((int64_t)number->lo - number->zero, INT32_MIN);
            ck_assert_int_le((int64_t)number->hi - number->zero, INT32_MAX);
        }
}
END_TEST

/* A scale for each channel says nothing of rows. */
START_TEST(test_channels_with_scales_stay_where_they_are)
{
    static const float scales[3] = {0.25f, 0.5f, 1};
    static const int64_t dims[3] = {3}, zeros[3] = {0, 0, 0}, rows[4] = {1, 8, 3, 8};
    wire graph = {.n = 0}, z = onnx_tensor("zero", 3, 1, dims);
    wire_ints(&z, 5, zeros, 3);
    onnx_init(&graph, &z);
    onnx_init_floats(&graph, "scale", scales, 3);
    onnx_init_ints(&graph, "rows", rows, 4);
    onnx_node(&graph, "QuantizeLinear", "q", "x scale zero", "codes", NULL);
    onnx_node(&graph, "Reshape", "v", "codes rows", "y", NULL);
    onnx_input(&graph, "x", 4);
    onnx_output(&graph, "y");
    const wire model = onnx_model(&graph, 13);
    net_expect_error(zs_net_onnx_parse, wire_span(&model), "t.onnx", ZS_EUNSUPPORTED, "Reshape v",
                     "moves the channels");
}
END_TEST

/* What QuantizeLinear made goes from one such operator to the next. */
START_TEST(test_operators_with_quantisers_within_follow_each_other)
{
    static const float scale = 0.0625f, w_scale = 0.5f, y_scale = 1;
    static const int64_t zero = 128, middle = 0, weight[3] = {1, 2, -1};
    static const int64_t filters[4] = {1, 3, 1, 1};
    const wire u8 = onnx_tensor("zero", 2, 0, NULL), i8 = onnx_tensor("wzero", 3, 0, NULL);
    wire graph = {.n = 0}, axis = {.n = 0}, z = u8, wz = i8, w = onnx_tensor("w", 3, 4, filters);
    wire_ints(&z, 5, &zero, 1);
    wire_ints(&wz, 5, &middle, 1);
    wire_ints(&w, 5, weight, 3);
    onnx_init(&graph, &z);
    onnx_init(&graph, &wz);
    onnx_init(&graph, &w);
    onnx_init_floats(&graph, "scale", &scale, 1);
    onnx_init_floats(&graph, "wscale", &w_scale, 1);
    onnx_init_floats(&graph, "yscale", &y_scale, 1);
    onnx_node(&graph, "QuantizeLinear", "q", "x scale zero", "codes", NULL);
    onnx_node(&graph, "QLinearConv", "c", "codes scale zero w wscale wzero yscale zero", "sums",
              NULL);
    onnx_node(&graph, "QLinearAdd", "a", "sums yscale zero sums yscale zero yscale zero", "both",
              NULL);
    onnx_attr_int(&axis, "axis", 1);
    onnx_node(&graph, "QLinearConcat", "k",
              "yscale zero sums yscale zero codes scale zero both yscale zero", "joined", &axis);
    onnx_node(&graph, "DequantizeLinear", "d", "joined yscale zero", "y", NULL);
    const float *y = run(&graph, "y", 13);
    expect_dims(4, 1, 5, 8, 8);
    for (int i = 0; i < 192; i++)
        near(y[64 + i], rint(rint((double)(&x[0][0][0])[i] * 16) / 16));
    for (int i = 0; i < 64; i++) {
        double sum = 0;
        for (int c = 0; c < 3; c++)
            sum += 0.5 * (double)weight[c] * rint((double)x[c][i / 8][i % 8] * 16) / 16;
        near(y[i], rint(sum));
        near(y[4 * 64 + i], 2 * rint(sum));
    }
}
END_TEST

TCase *tcase_net_onnx_values(void)
{
    TCase *tc = net_case("net_onnx_values");
    tcase_add_test(tc, test_a_shape_that_the_graph_computes_is_a_constant);
    tcase_add_test(tc, test_weights_through_operators_are_weights);
    tcase_add_test(tc, test_what_nothing_depends_on_need_not_be_understood);
    tcase_add_loop_test(tc, test_folding_is_bounded_by_the_size_of_the_file, 0, (int)ZS_LEN(large));
    tcase_add_test(tc, test_dropout_in_training_is_refused);
    tcase_add_test(tc, test_transposes_that_cancel_are_no_layers);
    tcase_add_test(tc, test_a_lone_transpose_is_charged);
    tcase_add_test(tc, test_slices_take_any_step);
    tcase_add_test(tc, test_pads_mirror);
    tcase_add_test(tc, test_zeros_around_a_map_are_padding_of_the_convolution);
    tcase_add_test(tc, test_channels_are_shuffled);
    tcase_add_loop_test(tc, test_integers_are_not_divided_by_a_constant_zero, 0, 3);
    tcase_add_test(tc, test_a_gate_per_channel_is_broadcast);
    tcase_add_loop_test(tc, test_a_known_condition_leaves_one_branch, 0, 2);
    tcase_add_test(tc, test_a_computed_condition_is_refused);
    tcase_add_loop_test(tc, test_functions_of_each_element, 0, (int)ZS_LEN(functions));
    tcase_add_test(tc, test_dimensions_are_reduced);
    tcase_add_loop_test(tc, test_softmax_of_the_last_axis, 0, 2);
    tcase_add_test(tc, test_instances_are_normalised);
    tcase_add_test(tc, test_matrices_are_multiplied_in_stacks);
    tcase_add_test(tc, test_where_chooses_by_a_computed_condition);
    tcase_add_test(tc, test_scales_are_found_while_running);
    tcase_add_test(tc, test_five_dimensions_are_normalised_by_channel);
    tcase_add_test(tc, test_channels_of_what_is_no_sample_are_normalised);
    tcase_add_loop_test(tc, test_means_and_variances_of_any_axes, 0, (int)ZS_LEN(means));
    tcase_add_test(tc, test_integers_of_a_quantiser_are_numbers_to_others);
    tcase_add_loop_test(tc, test_integers_are_moved_between_quantisers, 0, ZS_LEN(moved));
    tcase_add_test(tc, test_channels_with_scales_stay_where_they_are);
    tcase_add_test(tc, test_operators_with_quantisers_within_follow_each_other);
    tcase_add_loop_test(tc, test_resize_repeats_or_blends, 0, 2);
    tcase_add_test(tc, test_sizes_are_products_in_single_precision);
    tcase_add_loop_test(tc, test_transposed_convolutions_follow_their_definition, 0,
                        (int)ZS_LEN(turns));
    return tc;
}
