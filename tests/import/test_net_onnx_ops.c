#include "cases.h"
#include "onnx_writer.h"

#include <math.h>
#include <string.h>

/* Every test here is one node `n` over the input x (4-D) or v (2-D, after a Flatten). */
static zs_net_spec parse_op(wire *graph, const char *op, const char *inputs, const wire *attrs,
                            int64_t opset)
{
    zs_net_spec spec = {0};
    onnx_node(graph, "Flatten", "flat", "x", "v", NULL);
    onnx_node(graph, op, "n", inputs, "y", attrs);
    onnx_input(graph, "x", 4);
    onnx_output(graph, "y");
    const wire model = onnx_model(graph, opset);
    const zs_status status = zs_net_onnx_parse(&arena, wire_span(&model), "t.onnx", &spec, &err);
    ck_assert_msg(status == ZS_OK, "%s: %s", err.place, err.text);
    return spec;
}

static void refuse_op(wire *graph, const char *op, const char *inputs, const wire *attrs,
                      int64_t opset, const char *text)
{
    onnx_node(graph, "Flatten", "flat", "x", "v", NULL);
    onnx_node(graph, op, "n", inputs, "y", attrs);
    onnx_input(graph, "x", 4);
    onnx_output(graph, "y");
    const wire model = onnx_model(graph, opset);
    zs_net_spec spec;
    ck_assert_int_ne(zs_net_onnx_parse(&arena, wire_span(&model), "t.onnx", &spec, &err), ZS_OK);
    ck_assert_msg(strstr(err.text, text) != NULL, "text '%s' lacks '%s'", err.text, text);
}

/* ---- forms of other operator sets ------------------------------------------------------------ */

static const struct {
    const char *op, *inputs, *attr; /* NULL: none */
    int64_t opset;
    const char *text;
} other_forms[] = {
    {"Clip", "x s", NULL, 10, "Clip takes 2 inputs from opset 11 alone, this is 10"},
    {"Clip", "x", "min", 11, "an attribute 'min' up to opset 10 alone, this is 11"},
    {"Add", "x s", "axis", 7, "an attribute 'axis' up to opset 6"},
    {"Sub", "x s", "broadcast", 7, "an attribute 'broadcast' up to opset 6"},
    {"Relu", "x", "consumed_inputs", 6, "an attribute 'consumed_inputs' up to opset 5"},
    {"Constant", "", "value_float", 11, "an attribute 'value_float' from opset 12"},
    {"Gemm", "v w", NULL, 10, "Gemm takes 2 inputs from opset 11"},
    {"ReduceMax", "x s", NULL, 17, "ReduceMax takes 2 inputs from opset 18"},
    {"ReduceMax", "x", "axes", 18, "an attribute 'axes' up to opset 17"},
    {"ReduceSum", "x", "axes", 13, "an attribute 'axes' up to opset 12"},
    {"ReduceSum", "x s", NULL, 12, "ReduceSum takes 2 inputs from opset 13"},
    {"Slice", "x s s", NULL, 9, "Slice takes 3 inputs from opset 10"},
    {"Slice", "x", "starts", 10, "an attribute 'starts' up to opset 9"},
    {"Split", "x s", NULL, 12, "Split takes 2 inputs from opset 13"},
    {"Split", "x", "split", 13, "an attribute 'split' up to opset 12"},
    {"Split", "x", "num_outputs", 17, "an attribute 'num_outputs' from opset 18"},
    {"TopK", "x", "k", 10, "an attribute 'k' up to opset 9"},
    {"TopK", "x s", "largest", 10, "an attribute 'largest' from opset 11"},
    {"Resize", "x s", NULL, 9, "there is a Resize from opset 10"},
    {"Resize", "x _ s", NULL, 10, "Resize takes 3 inputs from opset 11"},
    {"Resize", "x s", "nearest_mode", 10, "an attribute 'nearest_mode' from opset 11"},
    {"Upsample", "x s", NULL, 10, "there is a Upsample up to opset 9"},
    {"Upsample", "x s", NULL, 8, "Upsample takes 2 inputs from opset 9"},
    {"Upsample", "x", "scales", 9, "an attribute 'scales' up to opset 8"},
    {"HardSwish", "x", NULL, 13, "there is a HardSwish from opset 14"},
    {"QuantizeLinear", "x s s", NULL, 9, "there is a QuantizeLinear from opset 10"},
    {"QuantizeLinear", "x s s", "axis", 12, "an attribute 'axis' from opset 13"},
    {"DepthToSpace", "x", "mode", 10, "an attribute 'mode' from opset 11"},
    {"Shape", "x", "start", 14, "an attribute 'start' from opset 15"},
    {"Pad", "x", "value", 11, "an attribute 'value' up to opset 10"},
    {"Pad", "x s s s", NULL, 17, "Pad takes 4 inputs from opset 18"},
    {"Tile", "x s", NULL, 5, "Tile takes 2 inputs from opset 6"},
    {"Unsqueeze", "x s", NULL, 12, "Unsqueeze takes 2 inputs from opset 13"},
};

START_TEST(test_forms_of_other_operator_sets_are_refused)
{
    wire graph = {.n = 0}, attrs = {.n = 0};
    onnx_init_floats(&graph, "s", &(float){1}, 1);
    onnx_init_ramp(&graph, "w", 2, 192, 4, 0, 0);
    if (other_forms[_i].attr != NULL)
        onnx_attr_int(&attrs, other_forms[_i].attr, 1);
    refuse_op(&graph, other_forms[_i].op, other_forms[_i].inputs, &attrs, other_forms[_i].opset,
              other_forms[_i].text);
}
END_TEST

/* ---- windows --------------------------------------------------------------------------------- */

static const struct {
    const char *auto_pad;
    bool upper, lower;
} auto_pads[] = {{"NOTSET", 0, 0}, {"VALID", 0, 0}, {"SAME_UPPER", 1, 0}, {"SAME_LOWER", 0, 1}};

START_TEST(test_auto_pad_is_kept_as_a_rule)
{
    wire graph = {.n = 0}, attrs = {.n = 0};
    onnx_attr_text(&attrs, "auto_pad", auto_pads[_i].auto_pad);
    onnx_init_ramp(&graph, "w", 4, 2, 3, 3, 3);
    const zs_net_spec spec = parse_op(&graph, "Conv", "x w", &attrs, 13);
    const zs_layer_spec *n = net_layer(&spec, "n");
    ck_assert(n->auto_same_upper == auto_pads[_i].upper);
    ck_assert(n->auto_same_lower == auto_pads[_i].lower);
    ck_assert_uint_eq(n->window.pad_top + n->window.pad_right, 0);
}
END_TEST

START_TEST(test_auto_pad_and_pads_exclude_each_other)
{
    wire graph = {.n = 0}, attrs = {.n = 0};
    onnx_attr_text(&attrs, "auto_pad", "SAME_UPPER");
    onnx_attr_ints(&attrs, "pads", 4, 0, 0, 1, 1);
    onnx_init_ramp(&graph, "w", 4, 2, 3, 3, 3);
    refuse_op(&graph, "Conv", "x w", &attrs, 13, "exclude each other");
}
END_TEST

START_TEST(test_convolutions_keep_groups_and_dilations)
{
    wire graph = {.n = 0}, attrs = {.n = 0};
    onnx_attr_int(&attrs, "group", 3);
    onnx_attr_ints(&attrs, "dilations", 2, 2, 3, 0, 0);
    onnx_init_ramp(&graph, "w", 4, 6, 1, 3, 2);
    const zs_net_spec spec = parse_op(&graph, "Conv", "x w", &attrs, 13);
    const zs_layer_spec *n = net_layer(&spec, "n");
    ck_assert_uint_eq(n->groups, 3);
    ck_assert_uint_eq(n->oc, 6);
    ck_assert_uint_eq(n->window.dh, 2);
    ck_assert_uint_eq(n->window.dw, 3);
    ck_assert_ptr_null(n->weights.bias);
}
END_TEST

START_TEST(test_average_pools_keep_their_divisor_rule)
{
    wire graph = {.n = 0}, attrs = {.n = 0};
    onnx_attr_ints(&attrs, "kernel_shape", 2, 3, 3, 0, 0);
    onnx_attr_int(&attrs, "count_include_pad", _i);
    const zs_net_spec spec = parse_op(&graph, "AveragePool", "x", &attrs, 13);
    const zs_layer_spec *n = net_layer(&spec, "n");
    ck_assert(n->pool == ZS_POOL_AVG && n->count_include_pad == (_i == 1) && !n->ceil_mode);
    ck_assert_uint_eq(n->window.sh, 1); /* the default of ONNX */
}
END_TEST

/* ---- activations ----------------------------------------------------------------------------- */

START_TEST(test_clip_takes_bounds_from_inputs)
{
    static const float lo = -1, hi = 6;
    wire graph = {.n = 0};
    onnx_init_floats(&graph, "lo", &lo, 1);
    onnx_init_floats(&graph, "hi", &hi, 1);
    const zs_net_spec spec = parse_op(&graph, "Clip", _i ? "x lo hi" : "x _ hi", NULL, 13);
    const zs_act act = net_layer(&spec, "n")->act;
    ck_assert(act.active);
    ck_assert_float_eq(act.hi, 6);
    ck_assert(_i ? act.lo == -1 : isinf(act.lo) && act.lo < 0);
}
END_TEST

START_TEST(test_clip_takes_bounds_from_attributes)
{
    wire graph = {.n = 0}, attrs = {.n = 0};
    onnx_attr_float(&attrs, "min", 0);
    onnx_attr_float(&attrs, "max", 6);
    const zs_net_spec spec = parse_op(&graph, "Clip", "x", &attrs, 6);
    const zs_act act = net_layer(&spec, "n")->act;
    ck_assert(act.active && act.lo == 0 && act.hi == 6);
}
END_TEST

START_TEST(test_clip_with_crossed_bounds_is_refused)
{
    wire graph = {.n = 0}, attrs = {.n = 0};
    onnx_attr_float(&attrs, "min", 2);
    onnx_attr_float(&attrs, "max", 1);
    refuse_op(&graph, "Clip", "x", &attrs, 6, "the bounds 2 and 1");
}
END_TEST

START_TEST(test_relu_has_no_upper_bound)
{
    wire graph = {.n = 0};
    const zs_net_spec spec = parse_op(&graph, "Relu", "x", NULL, 13);
    const zs_act act = net_layer(&spec, "n")->act;
    ck_assert(act.active && act.lo == 0 && isinf(act.hi));
}
END_TEST

/* ---- fully connected ------------------------------------------------------------------------- */

START_TEST(test_gemm_weights_become_output_major_and_scaled)
{
    wire graph = {.n = 0}, attrs = {.n = 0};
    onnx_attr_float(&attrs, "alpha", 2);
    onnx_attr_float(&attrs, "beta", 3);
    onnx_init_ramp(&graph, "w", 2, 3, 2, 0, 0); /* [in][oc] */
    onnx_init_ramp(&graph, "b", 1, 2, 0, 0, 0);
    const zs_net_spec spec = parse_op(&graph, "Gemm", "v w b", &attrs, 13);
    static const float want[6] = {1, 5, 9, 3, 7, 11}, bias[2] = {1.5f, 4.5f};
    const zs_layer_spec *n = net_layer(&spec, "n");
    ck_assert_uint_eq(n->oc, 2);
    ck_assert_uint_eq(n->weights.n_elems, 6);
    ck_assert_mem_eq(n->weights.data, want, sizeof want);
    ck_assert_mem_eq(n->weights.bias, bias, sizeof bias);
}
END_TEST

START_TEST(test_matmul_with_a_bias_added_is_fc_and_shift)
{
    wire graph = {.n = 0};
    zs_net_spec spec;
    onnx_init_ramp(&graph, "w", 2, 192, 2, 0, 0);
    onnx_init_ramp(&graph, "b", 1, 2, 0, 0, 0);
    onnx_node(&graph, "Flatten", "flat", "x", "v", NULL);
    onnx_node(&graph, "MatMul", "m", "v w", "t", NULL);
    onnx_node(&graph, "Add", "n", _i ? "b t" : "t b", "y", NULL);
    onnx_input(&graph, "x", 4);
    onnx_output(&graph, "y");
    const wire model = onnx_model(&graph, 13);
    zs_net *net;
    ck_assert_int_eq(zs_net_onnx_parse(&arena, wire_span(&model), "t.onnx", &spec, &err), ZS_OK);
    ck_assert_int_eq(net_layer(&spec, "m")->op, ZS_LAYER_FC);
    ck_assert_float_eq(net_layer(&spec, "m")->weights.data[1], 2.5f);
    const zs_layer_spec *n = net_layer(&spec, "n");
    ck_assert_int_eq(n->op, ZS_LAYER_BATCHNORM);
    ck_assert_float_eq(n->scale[1], 1);
    ck_assert_float_eq(n->shift[1], 1.5f);
    ck_assert_msg(zs_net_build(&arena, &spec, &net, &err) == ZS_OK, "%s", err.text);
}
END_TEST

START_TEST(test_gemm_over_an_image_is_refused)
{
    wire graph = {.n = 0};
    onnx_init_ramp(&graph, "w", 2, 3, 2, 0, 0);
    refuse_op(&graph, "Gemm", "x w", NULL, 13, "the input has 4 dimensions");
}
END_TEST

/* ---- joins ----------------------------------------------------------------------------------- */

static const struct {
    const char *op, *inputs;
    zs_layer_op layer;
    uint32_t in_n;
} joins[] = {{"Add", "x x", ZS_LAYER_ADD, 2},
             {"Sum", "x x x", ZS_LAYER_ADD, 3},
             {"Concat", "x x", ZS_LAYER_CONCAT, 2}};

START_TEST(test_joins_keep_all_inputs_in_order)
{
    wire graph = {.n = 0}, attrs = {.n = 0};
    onnx_attr_int(&attrs, "axis", -3);
    const zs_net_spec spec = parse_op(&graph, joins[_i].op, joins[_i].inputs,
                                      joins[_i].layer == ZS_LAYER_CONCAT ? &attrs : NULL, 13);
    const zs_layer_spec *n = net_layer(&spec, "n");
    ck_assert_int_eq(n->op, joins[_i].layer);
    ck_assert_uint_eq(n->in_n, joins[_i].in_n);
    ck_assert_str_eq(n->in[n->in_n - 1], "x");
}
END_TEST

START_TEST(test_concat_along_rows_joins_blocks)
{
    wire graph = {.n = 0}, attrs = {.n = 0};
    onnx_attr_int(&attrs, "axis", 2);
    const zs_net_spec spec = parse_op(&graph, "Concat", "x x", &attrs, 13);
    const zs_layer_spec *n = net_layer(&spec, "n");
    ck_assert_int_eq(n->op, ZS_LAYER_JOIN);
    ck_assert_uint_eq(n->general->outer, 3);
    ck_assert_uint_eq(n->general->to.h, 16);
}
END_TEST

START_TEST(test_a_constant_that_is_not_per_channel_is_a_parameter)
{
    wire graph = {.n = 0}, other = {.n = 0};
    onnx_init_ramp(&graph, "k", 3, 3, 8, 8, 0);
    const zs_net_spec spec = parse_op(&graph, "Add", "x k", NULL, 13);
    const zs_layer_spec *n = net_layer(&spec, "n");
    ck_assert_int_eq(n->op, ZS_LAYER_BINARY);
    ck_assert_uint_eq(n->general->constant_n, 192);
    onnx_init_ramp(&other, "k", 1, 5, 0, 0, 0);
    refuse_op(&other, "Add", "x k", NULL, 13, "dimensions 8 and 5, counted 1 from the last");
}
END_TEST

/* ---- normalisation --------------------------------------------------------------------------- */

static void put_bn(wire *graph, float var)
{
    const float gamma[2] = {2, 3}, beta[2] = {0.25f, -1}, mean[2] = {4, -0.5f};
    const float vars[2] = {1e-3f, var};
    onnx_init_floats(graph, "g", gamma, 2);
    onnx_init_floats(graph, "b", beta, 2);
    onnx_init_floats(graph, "m", mean, 2);
    onnx_init_floats(graph, "s", vars, 2);
}

START_TEST(test_batchnorm_is_folded_in_double)
{
    wire graph = {.n = 0}, attrs = {.n = 0};
    put_bn(&graph, 4);
    onnx_attr_float(&attrs, "epsilon", 1e-3f);
    const zs_net_spec spec = parse_op(&graph, "BatchNormalization", "x g b m s", &attrs, 13);
    const zs_layer_spec *n = net_layer(&spec, "n");
    const double gain = 2 / sqrt((double)1e-3f + (double)1e-3f);
    ck_assert_uint_eq(n->scale_n, 2);
    ck_assert_float_eq(n->scale[0], (float)gain);
    ck_assert_float_eq(n->shift[0], (float)(0.25 - 4 * gain));
    ck_assert_float_eq(n->scale[1], (float)(3 / sqrt(4 + (double)1e-3f)));
}
END_TEST

START_TEST(test_batchnorm_with_a_negative_variance_is_refused)
{
    wire graph = {.n = 0};
    put_bn(&graph, -1);
    refuse_op(&graph, "BatchNormalization", "x g b m s", NULL, 13, "variance -1 of channel 1");
}
END_TEST

START_TEST(test_lrn_keeps_its_constants)
{
    wire graph = {.n = 0}, attrs = {.n = 0};
    onnx_attr_int(&attrs, "size", 5);
    onnx_attr_float(&attrs, "alpha", 0.5f);
    onnx_attr_float(&attrs, "bias", 2);
    const zs_net_spec spec = parse_op(&graph, "LRN", "x", &attrs, 13);
    const zs_layer_spec *n = net_layer(&spec, "n");
    ck_assert_uint_eq(n->lrn_size, 5);
    ck_assert_float_eq(n->lrn_alpha, 0.5f);
    ck_assert_float_eq(n->lrn_beta, 0.75f);
    ck_assert_float_eq(n->lrn_k, 2);
}
END_TEST

/* ---- shapes ---------------------------------------------------------------------------------- */

static const struct {
    int64_t dims[4], n;
    const char *refusal; /* NULL: a flatten; "": the same elements in order, a copy */
} shapes[] = {
    {{1, -1}, 2, NULL},
    {{0, -1}, 2, NULL},
    {{-1, 192}, 2, NULL},
    {{1, 192, 1, 1}, 4, NULL},
    {{-1, -1}, 2, "dimension 1 of the shape is -1"},
    {{1, 3, 64, 1}, 4, ""},
    {{2, 96}, 2, ""},
    {{1, 3, 64}, 3, ""},
    {{1, -2}, 2, "dimension 1 of the shape is -2"},
    {{1, 3, 65}, 3, "makes 195 elements of 192"},
    {{5, -1}, 2, "192 elements do not divide"},
};

START_TEST(test_reshape_is_flatten_or_only_counts_otherwise)
{
    wire graph = {.n = 0};
    onnx_init_ints(&graph, "shape", shapes[_i].dims, shapes[_i].n);
    if (shapes[_i].refusal == NULL) {
        const zs_net_spec spec = parse_op(&graph, "Reshape", "x shape", NULL, 13);
        ck_assert_int_eq(net_layer(&spec, "n")->op, ZS_LAYER_FLATTEN);
    } else if (shapes[_i].refusal[0] == '\0') {
        const zs_net_spec spec = parse_op(&graph, "Reshape", "x shape", NULL, 13);
        ck_assert_int_eq(spec.layers[spec.layer_n - 1].op, ZS_LAYER_UNARY);
        ck_assert_int_eq((int64_t)spec.result.rank, shapes[_i].n);
    } else {
        refuse_op(&graph, "Reshape", "x shape", NULL, 13, shapes[_i].refusal);
    }
}
END_TEST

START_TEST(test_shapes_may_be_int32_or_raw)
{
    static const int32_t dims32[2] = {1, -1};
    static const int64_t dims64[2] = {1, -1}, n = 2;
    wire graph = {.n = 0}, tensor = onnx_tensor("shape", _i == 2 ? ONNX_INT64 : ONNX_INT32, 1, &n);
    if (_i == 0)
        wire_ints(&tensor, 5, dims64, 2);
    else if (_i == 1)
        wire_bytes(&tensor, 9, dims32, sizeof dims32);
    else
        wire_bytes(&tensor, 9, dims64, sizeof dims64);
    onnx_init(&graph, &tensor);
    const zs_net_spec spec = parse_op(&graph, "Reshape", "x shape", NULL, 13);
    ck_assert_int_eq(net_layer(&spec, "n")->op, ZS_LAYER_FLATTEN);
}
END_TEST

START_TEST(test_softmax_of_old_models_runs_over_all_that_follows)
{
    wire graph = {.n = 0};
    const zs_net_spec spec = parse_op(&graph, "Softmax", "x", NULL, 12);
    ck_assert_int_eq(net_layer(&spec, "n")->op, ZS_LAYER_SOFTMAX);
    ck_assert_str_eq(net_layer(&spec, "n")->in[0], "n/flatten");
    ck_assert_str_eq(net_layer(&spec, "n/flatten")->in[0], "x");
}
END_TEST

START_TEST(test_softmax_of_new_models_runs_over_one_axis)
{
    wire graph = {.n = 0}, attrs = {.n = 0}, again = {.n = 0};
    onnx_attr_int(&attrs, "axis", 1);
    const zs_net_spec spec = parse_op(&graph, "Softmax", "x", &attrs, 13);
    ck_assert_str_eq(net_layer(&spec, "n")->in[0], "x");
    const zs_net_spec rows = parse_op(&again, "Softmax", "x", NULL, 13);
    const zs_layer_spec *n = net_layer(&rows, "n");
    ck_assert_int_eq(n->op, ZS_LAYER_NORMALISE);
    ck_assert(n->general->line_n == 8 && n->general->line_step == 1);
}
END_TEST

START_TEST(test_identity_adds_no_layer)
{
    wire graph = {.n = 0};
    const zs_net_spec spec = parse_op(&graph, "Identity", "v", NULL, 13);
    ck_assert_uint_eq(spec.layer_n, 1);
    ck_assert_str_eq(spec.output, "flat");
}
END_TEST

START_TEST(test_dropout_and_global_pools_are_layers)
{
    wire graph = {.n = 0}, again = {.n = 0};
    const zs_net_spec drop = parse_op(&graph, "Dropout", "x", NULL, 13);
    const zs_net_spec gap = parse_op(&again, "GlobalAveragePool", "x", NULL, 13);
    ck_assert_int_eq(net_layer(&drop, "n")->op, ZS_LAYER_DROPOUT);
    ck_assert_int_eq(net_layer(&gap, "n")->op, ZS_LAYER_GAP);
}
END_TEST

TCase *tcase_net_onnx_ops(void)
{
    TCase *tc = net_case("net_onnx_ops");
    tcase_add_loop_test(tc, test_auto_pad_is_kept_as_a_rule, 0, (int)ZS_LEN(auto_pads));
    tcase_add_test(tc, test_auto_pad_and_pads_exclude_each_other);
    tcase_add_test(tc, test_convolutions_keep_groups_and_dilations);
    tcase_add_loop_test(tc, test_average_pools_keep_their_divisor_rule, 0, 2);
    tcase_add_loop_test(tc, test_clip_takes_bounds_from_inputs, 0, 2);
    tcase_add_test(tc, test_clip_takes_bounds_from_attributes);
    tcase_add_loop_test(tc, test_forms_of_other_operator_sets_are_refused, 0, ZS_LEN(other_forms));
    tcase_add_test(tc, test_clip_with_crossed_bounds_is_refused);
    tcase_add_test(tc, test_relu_has_no_upper_bound);
    tcase_add_test(tc, test_gemm_weights_become_output_major_and_scaled);
    tcase_add_loop_test(tc, test_matmul_with_a_bias_added_is_fc_and_shift, 0, 2);
    tcase_add_test(tc, test_gemm_over_an_image_is_refused);
    tcase_add_loop_test(tc, test_joins_keep_all_inputs_in_order, 0, (int)ZS_LEN(joins));
    tcase_add_test(tc, test_concat_along_rows_joins_blocks);
    tcase_add_test(tc, test_a_constant_that_is_not_per_channel_is_a_parameter);
    tcase_add_test(tc, test_batchnorm_is_folded_in_double);
    tcase_add_test(tc, test_batchnorm_with_a_negative_variance_is_refused);
    tcase_add_test(tc, test_lrn_keeps_its_constants);
    tcase_add_loop_test(tc, test_reshape_is_flatten_or_only_counts_otherwise, 0,
                        (int)ZS_LEN(shapes));
    tcase_add_loop_test(tc, test_shapes_may_be_int32_or_raw, 0, 3);
    tcase_add_test(tc, test_softmax_of_old_models_runs_over_all_that_follows);
    tcase_add_test(tc, test_softmax_of_new_models_runs_over_one_axis);
    tcase_add_test(tc, test_identity_adds_no_layer);
    tcase_add_test(tc, test_dropout_and_global_pools_are_layers);
    return tc;
}
