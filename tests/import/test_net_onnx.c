#include "cases.h"
#include "onnx_writer.h"

#include <math.h>
#include <stdio.h>

/* conv (pads 0 1 2 3, stride 2) + relu + max pool + flatten + gemm + softmax */
static wire small_graph(void)
{
    wire graph = {.n = 0}, conv = {.n = 0}, pool = {.n = 0}, gemm = {.n = 0};
    onnx_attr_ints(&conv, "pads", 4, 0, 1, 2, 3);
    onnx_attr_ints(&conv, "strides", 2, 2, 1, 0, 0);
    onnx_attr_ints(&conv, "kernel_shape", 2, 3, 1, 0, 0);
    onnx_attr_ints(&pool, "kernel_shape", 2, 2, 3, 0, 0);
    onnx_attr_ints(&pool, "strides", 2, 2, 2, 0, 0);
    onnx_attr_int(&pool, "ceil_mode", 1);
    onnx_attr_int(&gemm, "transB", 1);
    onnx_node(&graph, "Conv", "c", "x w b", "c.out", &conv);
    onnx_node(&graph, "Relu", "r", "c.out", "r.out", NULL);
    onnx_node(&graph, "MaxPool", "p", "r.out", "p.out", &pool);
    onnx_node(&graph, "Flatten", "f", "p.out", "f.out", NULL);
    onnx_node(&graph, "Gemm", "g", "f.out gw gb", "g.out", &gemm);
    onnx_node(&graph, "Softmax", "s", "g.out", "s.out", NULL);
    onnx_init_ramp(&graph, "w", 4, 2, 3, 3, 1);
    onnx_init_ramp(&graph, "b", 1, 2, 0, 0, 0);
    onnx_init_ramp(&graph, "gw", 2, 4, 2 * 2 * 6, 0, 0);
    onnx_init_ramp(&graph, "gb", 1, 4, 0, 0, 0);
    wire_text(&graph, 2, "small");
    onnx_input(&graph, "x", 4);
    onnx_output(&graph, "s.out");
    return graph;
}

static zs_net_spec parse(const wire *model)
{
    zs_net_spec spec = {0};
    const zs_status status = zs_net_onnx_parse(&arena, wire_span(model), "t.onnx", &spec, &err);
    ck_assert_msg(status == ZS_OK, "%s: %s", err.place, err.text);
    return spec;
}

START_TEST(test_nodes_become_layers_in_order_with_their_names_and_inputs)
{
    static const struct {
        const char *name, *in;
        zs_layer_op op;
    } want[] = {{"c", "x", ZS_LAYER_CONV}, {"r", "c", ZS_LAYER_ACT},
                {"p", "r", ZS_LAYER_POOL}, {"f", "p", ZS_LAYER_FLATTEN},
                {"g", "f", ZS_LAYER_FC},   {"s", "g", ZS_LAYER_SOFTMAX}};
    const wire graph = small_graph(), model = onnx_model(&graph, 13);
    const zs_net_spec spec = parse(&model);
    ck_assert_str_eq(spec.name, "small");
    ck_assert_str_eq(spec.input.name, "x");
    ck_assert_str_eq(spec.output, "s");
    ck_assert_uint_eq(spec.input.shape.c, 3);
    ck_assert_uint_eq(spec.input.shape.h, 8);
    ck_assert_uint_eq(spec.layer_n, ZS_LEN(want));
    for (size_t i = 0; i < ZS_LEN(want); i++) {
        ck_assert_str_eq(spec.layers[i].name, want[i].name);
        ck_assert_int_eq(spec.layers[i].op, want[i].op);
        ck_assert_uint_eq(spec.layers[i].in_n, 1);
        ck_assert_str_eq(spec.layers[i].in[0], want[i].in);
    }
}
END_TEST

START_TEST(test_windows_and_weights_are_those_of_the_file)
{
    const wire graph = small_graph(), model = onnx_model(&graph, 13);
    const zs_net_spec spec = parse(&model);
    const zs_layer_spec *c = net_layer(&spec, "c"), *p = net_layer(&spec, "p");
    const zs_window cw = {3, 1, 2, 1, 1, 1, 0, 1, 2, 3}, pw = {2, 3, 2, 2, 1, 1, 0, 0, 0, 0};
    ck_assert_mem_eq(&c->window, &cw, sizeof cw);
    ck_assert_mem_eq(&p->window, &pw, sizeof pw);
    ck_assert(p->ceil_mode && !p->caffe_pool && p->pool == ZS_POOL_MAX);
    ck_assert_uint_eq(c->oc, 2);
    ck_assert_uint_eq(c->groups, 1);
    ck_assert_uint_eq(c->weights.n_elems, 18);
    ck_assert_uint_eq(c->weights.bias_n, 2);
    for (size_t i = 0; i < 18; i++)
        ck_assert_float_eq(c->weights.data[i], (float)i + 0.5f);
    ck_assert_float_eq(c->weights.bias[1], 1.5f);
    ck_assert_str_eq(c->place, "t.onnx node 0 (Conv c)");
}
END_TEST

START_TEST(test_a_parsed_model_builds)
{
    const wire graph = small_graph(), model = onnx_model(&graph, 13);
    const zs_net_spec spec = parse(&model);
    zs_net *net;
    ck_assert_msg(zs_net_build(&arena, &spec, &net, &err) == ZS_OK, "%s: %s", err.place, err.text);
    ck_assert_uint_eq(zs_net_macs(net), 4 * 12 * 2 * 9 + 4 * 24);
}
END_TEST

START_TEST(test_unnamed_nodes_are_called_after_their_outputs)
{
    wire graph = {.n = 0};
    onnx_node(&graph, "Conv", NULL, "x w", "fire2/squeeze1x1.pre", NULL);
    onnx_node(&graph, "Relu", NULL, "fire2/squeeze1x1.pre", "fire2/squeeze1x1", NULL);
    onnx_node(&graph, "Relu", NULL, "fire2/squeeze1x1", "x.pre", NULL);
    onnx_init_ramp(&graph, "w", 4, 2, 3, 1, 1);
    onnx_input(&graph, "x", 4);
    onnx_output(&graph, "x.pre");
    const wire model = onnx_model(&graph, 13);
    const zs_net_spec spec = parse(&model);
    ck_assert_str_eq(spec.layers[0].name, "fire2/squeeze1x1");
    ck_assert_str_eq(spec.layers[1].name, "fire2/squeeze1x1/act");
    ck_assert_str_eq(spec.layers[1].in[0], "fire2/squeeze1x1");
    ck_assert_str_eq(spec.layers[2].name, "x/act"); /* x is the input */
    ck_assert_str_eq(spec.layers[2].in[0], "fire2/squeeze1x1/act");
}
END_TEST

START_TEST(test_equal_node_names_are_made_unique)
{
    wire graph = {.n = 0};
    onnx_node(&graph, "Relu", "r", "x", "a", NULL);
    onnx_node(&graph, "Relu", "r", "a", "b", NULL);
    onnx_node(&graph, "Relu", "r", "b", "c", NULL);
    onnx_input(&graph, "x", 4);
    onnx_output(&graph, "c");
    const wire model = onnx_model(&graph, 13);
    const zs_net_spec spec = parse(&model);
    ck_assert_str_ne(spec.layers[1].name, spec.layers[0].name);
    ck_assert_str_ne(spec.layers[2].name, spec.layers[0].name);
    ck_assert_str_ne(spec.layers[2].name, spec.layers[1].name);
    ck_assert_str_eq(spec.layers[2].in[0], spec.layers[1].name);
}
END_TEST

START_TEST(test_weights_listed_among_the_inputs_are_not_inputs)
{
    wire graph = {.n = 0};
    onnx_node(&graph, "Conv", "c", "x w", "y", NULL);
    onnx_init_ramp(&graph, "w", 4, 2, 3, 1, 1);
    onnx_input(&graph, "w", 4);
    onnx_input(&graph, "x", 4);
    onnx_output(&graph, "y");
    const wire model = onnx_model(&graph, 7);
    ck_assert_str_eq(parse(&model).input.name, "x");
}
END_TEST

/* ---- payloads -------------------------------------------------------------------------------- */

static void put_payload(wire *tensor, int form)
{
    static const float f[2] = {1.25f, -2};
    static const double d[2] = {1.25, -2};
    if (form == 0)
        wire_floats(tensor, 4, f, 2);
    else if (form == 1)
        wire_bytes(tensor, 9, f, sizeof f);
    else if (form == 2)
        wire_doubles(tensor, 10, d, 2);
    else
        wire_bytes(tensor, 9, d, sizeof d);
}

START_TEST(test_floats_and_doubles_are_read_in_every_form)
{
    const int64_t dims[4] = {2, 1, 1, 1};
    wire graph = {.n = 0}, tensor = onnx_tensor("w", _i < 2 ? ONNX_FLOAT : ONNX_DOUBLE, 4, dims);
    put_payload(&tensor, _i);
    onnx_node(&graph, "Conv", "c", "x w", "y", NULL);
    onnx_init(&graph, &tensor);
    onnx_input(&graph, "x", 4);
    onnx_output(&graph, "y");
    const wire model = onnx_model(&graph, 13);
    const zs_net_spec spec = parse(&model);
    ck_assert_uint_eq(spec.layers[0].weights.n_elems, 2);
    ck_assert_float_eq(spec.layers[0].weights.data[0], 1.25f);
    ck_assert_float_eq(spec.layers[0].weights.data[1], -2);
}
END_TEST

START_TEST(test_vectors_and_open_sizes_are_inputs_too)
{
    wire graph = {.n = 0}, open = {.n = 0}, info = {.n = 0};
    onnx_node(&graph, "Relu", "r", "x", "y", NULL);
    open = graph;
    onnx_input(&graph, "x", 2);
    onnx_output(&graph, "y");
    wire_text(&info, 1, "x");
    wire_message(&open, 11, &info);
    onnx_output(&open, "y");
    const wire vector = onnx_model(&graph, 13), unknown = onnx_model(&open, 13);
    const zs_shape shape = parse(&vector).input.shape;
    ck_assert(shape.c == 6 && shape.h == 1 && shape.w == 1);
    ck_assert_uint_eq(parse(&unknown).input.shape.c, 0);
}
END_TEST

START_TEST(test_constant_nodes_are_constants)
{
    const int64_t dims[4] = {2, 3, 1, 1};
    wire graph = {.n = 0}, attrs = {.n = 0};
    const wire tensor = onnx_ramp("", 4, dims);
    onnx_attr_tensor(&attrs, "value", &tensor);
    onnx_node(&graph, "Constant", "k", "", "w", &attrs);
    onnx_node(&graph, "Conv", "c", "x w", "y", NULL);
    onnx_input(&graph, "x", 4);
    onnx_output(&graph, "y");
    const wire model = onnx_model(&graph, 13);
    const zs_net_spec spec = parse(&model);
    ck_assert_uint_eq(spec.layer_n, 1);
    ck_assert_uint_eq(spec.layers[0].weights.n_elems, 6);
}
END_TEST

/* ---- bad files ------------------------------------------------------------------------------- */

START_TEST(test_a_model_cut_anywhere_is_refused)
{
    const wire graph = small_graph(), model = onnx_model(&graph, 13);
    net_expect_prefixes_fail(zs_net_onnx_parse, wire_span(&model), "t.onnx");
}
END_TEST

START_TEST(test_a_model_with_a_changed_byte_never_crashes)
{
    const wire graph = small_graph();
    wire model = onnx_model(&graph, 13);
    for (size_t i = 0; i < model.n; i++) {
        zs_net_spec spec;
        zs_net *net;
        model.data[i] ^= (uint8_t)(1u << (i % 8));
        if (zs_net_onnx_parse(&arena, wire_span(&model), "t.onnx", &spec, &err) == ZS_OK)
            (void)zs_net_build(&arena, &spec, &net, &err);
        model.data[i] ^= (uint8_t)(1u << (i % 8));
        zs_arena_reset(&arena);
    }
    parse(&model);
}
END_TEST

START_TEST(test_running_out_of_memory_is_an_error_at_every_request)
{
    wire graph = {.n = 0};
    char from[16] = "x", to[16];
    for (int i = 0; i < 400; i++) {
        snprintf(to, sizeof to, "r%d", i);
        onnx_node(&graph, "Relu", NULL, from, to, NULL);
        snprintf(from, sizeof from, "%s", to);
    }
    onnx_input(&graph, "x", 4);
    onnx_output(&graph, from);
    const wire model = onnx_model(&graph, 13);
    net_expect_nomem(zs_net_onnx_parse, wire_span(&model), "t.onnx", 2);
}
END_TEST

static wire bare(const char *op, const char *inputs, const wire *attrs)
{
    wire graph = {.n = 0};
    onnx_node(&graph, op, "n", inputs, "y", attrs);
    onnx_init_ramp(&graph, "w", 4, 2, 3, 1, 1);
    onnx_init_ramp(&graph, "b", 1, 3, 0, 0, 0);
    onnx_input(&graph, "x", 4);
    onnx_output(&graph, "y");
    return graph;
}

static wire bad_cycle(void)
{
    wire graph = {.n = 0};
    onnx_node(&graph, "Add", "a", "x r", "s", NULL);
    onnx_node(&graph, "Relu", "n", "s", "r", NULL);
    onnx_input(&graph, "x", 4);
    onnx_output(&graph, "r");
    return graph;
}

static wire bad_twice(void)
{
    wire graph = {.n = 0};
    onnx_node(&graph, "Relu", "a", "x", "y", NULL);
    onnx_node(&graph, "Relu", "n", "x", "y", NULL);
    onnx_input(&graph, "x", 4);
    onnx_output(&graph, "y");
    return graph;
}

static wire bad_output(void)
{
    wire graph = {.n = 0};
    onnx_node(&graph, "Relu", "n", "x", "y", NULL);
    onnx_input(&graph, "x", 4);
    onnx_output(&graph, "z");
    return graph;
}

static wire bad_rank(void)
{
    wire graph = {.n = 0};
    onnx_node(&graph, "Relu", "n", "x", "y", NULL);
    onnx_input(&graph, "x", 9);
    onnx_output(&graph, "y");
    return graph;
}

static wire bad_unknown_op(void)
{
    return bare("Unique", "x", NULL);
}

static wire bad_attribute(void)
{
    wire attrs = {.n = 0};
    onnx_attr_int(&attrs, "quantum", 1);
    return bare("Relu", "x", &attrs);
}

static wire bad_computed_weights(void)
{
    return bare("Conv", "x x", NULL);
}

static wire bad_bias(void)
{
    return bare("Conv", "x w b", NULL);
}

static wire bad_missing_input(void)
{
    return bare("Conv", "x", NULL);
}

static wire bad_group(void)
{
    wire attrs = {.n = 0};
    onnx_attr_int(&attrs, "group", -1);
    return bare("Conv", "x w", &attrs);
}

static wire bad_stride(void)
{
    wire attrs = {.n = 0};
    onnx_attr_ints(&attrs, "strides", 2, 0, 1, 0, 0);
    return bare("Conv", "x w", &attrs);
}

static wire bad_huge_pad(void)
{
    wire attrs = {.n = 0};
    onnx_attr_ints(&attrs, "pads", 4, 0, 0, INT64_MAX, 0);
    return bare("Conv", "x w", &attrs);
}

static wire bad_1d(void)
{
    wire attrs = {.n = 0};
    onnx_attr_ints(&attrs, "strides", 1, 2, 0, 0, 0);
    return bare("Conv", "x w", &attrs);
}

static wire bad_kernel(void)
{
    wire attrs = {.n = 0};
    onnx_attr_ints(&attrs, "kernel_shape", 2, 3, 3, 0, 0);
    return bare("Conv", "x w", &attrs);
}

static wire bad_weight_rank(void)
{
    return bare("Conv", "x b", NULL);
}

static wire bad_domain(void)
{
    wire graph = {.n = 0}, node = {.n = 0};
    wire_text(&node, 1, "x");
    wire_text(&node, 2, "y");
    wire_text(&node, 4, "Relu");
    wire_text(&node, 7, "com.example");
    wire_message(&graph, 1, &node);
    onnx_input(&graph, "x", 4);
    onnx_output(&graph, "y");
    return graph;
}

static wire bad_auto_pad(void)
{
    wire attrs = {.n = 0};
    onnx_attr_text(&attrs, "auto_pad", "SAME");
    return bare("Conv", "x w", &attrs);
}

static wire bad_constant(void)
{
    wire attrs = {.n = 0};
    onnx_attr_text(&attrs, "value_string", "1");
    return bare("Constant", "", &attrs);
}

static wire with_weights(const wire *tensor)
{
    wire graph = {.n = 0};
    onnx_node(&graph, "Conv", "n", "x v", "y", NULL);
    onnx_init(&graph, tensor);
    onnx_input(&graph, "x", 4);
    onnx_output(&graph, "y");
    return graph;
}

static wire bad_external(void)
{
    const int64_t dims[4] = {2, 3, 1, 1};
    wire tensor = onnx_tensor("v", ONNX_FLOAT, 4, dims);
    wire_uint(&tensor, 14, 1);
    return with_weights(&tensor);
}

static wire bad_payload(void)
{
    const int64_t dims[4] = {2, 3, 1, 1};
    const float values[5] = {0};
    wire tensor = onnx_tensor("v", ONNX_FLOAT, 4, dims);
    wire_floats(&tensor, 4, values, 5);
    return with_weights(&tensor);
}

static wire bad_half_float(void)
{
    const int64_t dims[4] = {2, 3, 1, 1};
    wire tensor = onnx_tensor("v", ONNX_FLOAT, 4, dims);
    wire_bytes(&tensor, 9, "0123456789012345678901234", 25);
    return with_weights(&tensor);
}

static wire bad_type(void)
{
    const int64_t dims[4] = {2, 3, 1, 1};
    const wire tensor = onnx_tensor("v", 8, 4, dims);
    return with_weights(&tensor);
}

static wire bad_dims(void)
{
    const int64_t dims[4] = {INT64_MAX, INT64_MAX, 4, 4};
    const wire tensor = onnx_tensor("v", ONNX_FLOAT, 4, dims);
    return with_weights(&tensor);
}

static wire bad_negative_dim(void)
{
    const int64_t dims[4] = {2, 3, -1, 1};
    const wire tensor = onnx_tensor("v", ONNX_FLOAT, 4, dims);
    return with_weights(&tensor);
}

static wire bad_no_nodes(void)
{
    wire graph = {.n = 0};
    onnx_input(&graph, "x", 4);
    return graph;
}

static wire bad_no_input(void)
{
    wire graph = {.n = 0};
    onnx_node(&graph, "Relu", "n", "x", "y", NULL);
    return graph;
}

static const struct {
    wire (*graph)(void);
    zs_status status;
    const char *place, *text;
} bad[] = {
    {bad_cycle, ZS_EPARSE, "t.onnx node 0 (Add a)", "reads 'r', which no earlier node"},
    {bad_twice, ZS_EPARSE, "node 1 (Relu n)", "'y' is given twice"},
    {bad_output, ZS_EPARSE, "t.onnx", "no node makes the output 'z'"},
    {bad_rank, ZS_EUNSUPPORTED, "t.onnx", "input 'x' has 9 dimensions"},
    {bad_unknown_op, ZS_EUNSUPPORTED, "t.onnx node 0 (Unique n)", "operator Unique is not handled"},
    {bad_attribute, ZS_EUNSUPPORTED, "Relu n", "attribute 'quantum' of Relu"},
    {bad_computed_weights, ZS_EUNSUPPORTED, "Conv n", "input 'x' is computed"},
    {bad_bias, ZS_ESHAPE, "Conv n", "3 elements for 2 output channels"},
    {bad_missing_input, ZS_EPARSE, "Conv n", "Conv has 1 inputs"},
    {bad_group, ZS_ERANGE, "Conv n", "group count of -1 is below the minimum 1"},
    {bad_stride, ZS_ERANGE, "Conv n", "stride of 0 is below the minimum 1"},
    {bad_huge_pad, ZS_ERANGE, "Conv n", "9223372036854775807 is above the maximum 16777216"},
    {bad_1d, ZS_EUNSUPPORTED, "Conv n", "strides has 1 numbers"},
    {bad_kernel, ZS_ESHAPE, "Conv n", "kernel_shape 3x3 does not go with weights of 1x1"},
    {bad_weight_rank, ZS_EUNSUPPORTED, "Conv n", "the weights have 1 dimensions"},
    {bad_domain, ZS_EUNSUPPORTED, "Relu", "domain 'com.example'"},
    {bad_auto_pad, ZS_EPARSE, "Conv n", "auto_pad 'SAME' is none of"},
    {bad_constant, ZS_EUNSUPPORTED, "Constant n", "without a tensor in 'value'"},
    {bad_external, ZS_EUNSUPPORTED, "Conv n", "'v' keeps its data in another file"},
    {bad_payload, ZS_EPARSE, "Conv n", "data for 5 elements, but its dimensions say 6"},
    {bad_half_float, ZS_EPARSE, "Conv n", "data for 6 elements"},
    {bad_type, ZS_EUNSUPPORTED, "Conv n", "tensor 'v' is string"},
    {bad_dims, ZS_ERANGE, "Conv n", "9223372036854775807"},
    {bad_negative_dim, ZS_ERANGE, "Conv n", "-1 is below"},
    {bad_no_nodes, ZS_EPARSE, "t.onnx", "no nodes"},
    {bad_no_input, ZS_EPARSE, "t.onnx", "no input"},
};

START_TEST(test_what_cannot_be_handled_is_named_with_file_and_node)
{
    const wire graph = bad[_i].graph(), model = onnx_model(&graph, 13);
    net_expect_error(zs_net_onnx_parse, wire_span(&model), "t.onnx", bad[_i].status, bad[_i].place,
                     bad[_i].text);
}
END_TEST

START_TEST(test_every_output_of_the_graph_is_one_whatever_it_depends_on)
{
    wire graph = bare("Relu", "x", NULL);
    onnx_output(&graph, "x");
    const wire model = onnx_model(&graph, 13);
    zs_net_spec spec;
    static const char *const wanted[1] = {"n"}, *const constant[1] = {"w"};
    zs_net_parts parts = {.stated = {2, 3, 3}};
    ck_assert_msg(zs_net_parse_parts(&arena, wire_span(&model), "t.onnx", &parts, &spec, &err) ==
                      ZS_OK,
                  "%s: %s", err.place, err.text);
    ck_assert_uint_eq(spec.more_n, 1);
    ck_assert_str_eq(spec.result.name, "y");
    ck_assert_str_eq(spec.more[0].name, "x");
    parts.outputs = wanted;
    parts.output_n = 1;
    ck_assert_int_eq(zs_net_parse_parts(&arena, wire_span(&model), "t.onnx", &parts, &spec, &err),
                     ZS_OK);
    ck_assert_uint_eq(spec.more_n, 0);
    ck_assert_str_eq(spec.result.name, "y");
    parts.outputs = constant;
    ck_assert_int_eq(zs_net_parse_parts(&arena, wire_span(&model), "t.onnx", &parts, &spec, &err),
                     ZS_OK);
    ck_assert_str_eq(spec.result.name, "w");
}
END_TEST

/* Attributes of another type, of unknown words, or missing; so are inputs. */
static const struct {
    const char *op, *in, *attr;
    char type; /* i, f, t, c, l: a whole number, a number, two texts, a list of whole ones */
    int64_t opset;
    const char *text;
} odd_attrs[] = {
    {"ArgMax", "x", "axis", 'f', 13, "'axis' of ArgMax is no whole number"},
    {"ArgMax", "x", "axis", 'l', 13, "'axis' of ArgMax is no whole number"},
    {"LeakyRelu", "x", "alpha", 'i', 13, "'alpha' of LeakyRelu is no number"},
    {"MaxPool", "x", "kernel_shape", 'i', 13, "'kernel_shape' of MaxPool is no list"},
    {"DepthToSpace", "x", "mode", 'i', 13, "'mode' of DepthToSpace is no text"},
    {"DepthToSpace", "x", "mode", 't', 13, "mode 'odd' is not handled"},
    {"Pad", "x list", "mode", 't', 13, "mode 'odd' is not handled"},
    {"Gelu", "x", "approximate", 't', 20, "approximate 'odd' is not handled"},
    {"ConvTranspose", "x w", "auto_pad", 't', 13, "auto_pad 'odd' is not handled"},
    {"Cast", "x", NULL, 0, 13, "'to' of Cast is missing"},
    {"Concat", "x x", NULL, 0, 13, "'axis' of Concat is missing"},
    {"Unsqueeze", "x", NULL, 0, 13, "input 1 of Unsqueeze is missing"},
    {"Unsqueeze", "x", NULL, 0, 11, "'axes' of Unsqueeze is missing"},
    {"Slice", "x list", NULL, 0, 13, "input 2 of Slice is missing"},
    {"Slice", "x", "starts", 'l', 9, "'ends' of Slice is missing"},
    {"Constant", "", "value_ints", 'i', 13, "'value_ints' of Constant is no list"},
    {"Split", "w one", NULL, 0, 13, "parts of 1 elements together, axis 0 has 3"},
    {"Slice", "x list list list", NULL, 0, 13, "axis 0 is given twice"},
    {"Pad", "x four _ two", NULL, 0, 18, "axis 0 is given twice"},
    {"Resize", "x scales", "mode", 't', 10, "mode 'odd' is not handled"},
    {"Resize", "x scales", "mode", 'c', 10, "mode 'cubic' is not handled"},
    {"Resize", "x _ scales four", NULL, 0, 13, "has both scales and sizes"},
};

START_TEST(test_attributes_are_what_the_operator_has)
{
    static const int64_t list[8] = {0}, one = 1;
    wire graph = {.n = 0}, attrs = {.n = 0};
    const char *attr = odd_attrs[_i].attr;
    if (odd_attrs[_i].type == 'i')
        onnx_attr_int(&attrs, attr, 1);
    if (odd_attrs[_i].type == 'f')
        onnx_attr_float(&attrs, attr, 1);
    if (odd_attrs[_i].type == 't' || odd_attrs[_i].type == 'c')
        onnx_attr_text(&attrs, attr, odd_attrs[_i].type == 't' ? "odd" : "cubic");
    if (odd_attrs[_i].type == 'l')
        onnx_attr_ints(&attrs, attr, 2, 1, 1, 0, 0);
    if (strcmp(odd_attrs[_i].op, "DepthToSpace") == 0)
        onnx_attr_int(&attrs, "blocksize", 1);
    onnx_init_ints(&graph, "list", list, 8);
    onnx_init_ints(&graph, "two", list, 2);
    onnx_init_ints(&graph, "four", list, 4);
    onnx_init_ints(&graph, "one", &one, 1);
    onnx_init_ramp(&graph, "scales", 1, 4, 0, 0, 0);
    onnx_init_ramp(&graph, "w", 4, 3, 1, 1, 1);
    onnx_node(&graph, odd_attrs[_i].op, "n", odd_attrs[_i].in, "y", &attrs);
    onnx_input(&graph, "x", 4);
    onnx_output(&graph, "y");
    const wire model = onnx_model(&graph, odd_attrs[_i].opset);
    zs_net_spec spec;
    ck_assert_int_ne(zs_net_onnx_parse(&arena, wire_span(&model), "t.onnx", &spec, &err), ZS_OK);
    ck_assert_msg(strstr(err.text, odd_attrs[_i].text) != NULL, "%s: %s", err.place, err.text);
    ck_assert_ptr_nonnull(strstr(err.place, odd_attrs[_i].op));
}
END_TEST

START_TEST(test_bytes_that_are_no_model_are_refused)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *text;
    } cases[] = {
        {"", 0, "empty"}, {"\x08\x07", 2, "no graph"}, {"hello, world", 12, "not an ONNX"}};
    for (size_t i = 0; i < ZS_LEN(cases); i++)
        net_expect_error(zs_net_onnx_parse, (zs_span){(const uint8_t *)cases[i].bytes, cases[i].n},
                         "t.onnx", ZS_EPARSE, "t.onnx", cases[i].text);
}
END_TEST

static const struct {
    const char *place, *text;
    float weight, bias;
} unreal[] = {{"(Conv c)", "weight 0 is not a number", NAN, 0},
              {"(Conv c)", "weight 0 is infinite", -INFINITY, 0},
              {"(Conv c)", "bias 0 is infinite", 1, INFINITY}};

START_TEST(test_weights_that_are_no_finite_numbers_are_refused)
{
    wire graph = {.n = 0}, w = onnx_tensor("w", ONNX_FLOAT, 4, (const int64_t[]){1, 3, 1, 1});
    const float values[3] = {unreal[_i].weight, 2, 3};
    wire_bytes(&w, 9, values, sizeof values);
    onnx_init(&graph, &w);
    onnx_init_floats(&graph, "b", &unreal[_i].bias, 1);
    onnx_node(&graph, "Conv", "c", "x w b", "y", NULL);
    onnx_input(&graph, "x", 4);
    onnx_output(&graph, "y");
    const wire model = onnx_model(&graph, 13);
    net_expect_error(zs_net_parse, wire_span(&model), "t.onnx", ZS_ERANGE, unreal[_i].place,
                     unreal[_i].text);
}
END_TEST

TCase *tcase_net_onnx(void)
{
    TCase *tc = net_case("net_onnx");
    tcase_add_test(tc, test_nodes_become_layers_in_order_with_their_names_and_inputs);
    tcase_add_test(tc, test_windows_and_weights_are_those_of_the_file);
    tcase_add_test(tc, test_a_parsed_model_builds);
    tcase_add_test(tc, test_unnamed_nodes_are_called_after_their_outputs);
    tcase_add_test(tc, test_equal_node_names_are_made_unique);
    tcase_add_test(tc, test_weights_listed_among_the_inputs_are_not_inputs);
    tcase_add_loop_test(tc, test_floats_and_doubles_are_read_in_every_form, 0, 4);
    tcase_add_test(tc, test_vectors_and_open_sizes_are_inputs_too);
    tcase_add_test(tc, test_constant_nodes_are_constants);
    tcase_add_test(tc, test_a_model_cut_anywhere_is_refused);
    tcase_add_test(tc, test_a_model_with_a_changed_byte_never_crashes);
    tcase_add_test(tc, test_running_out_of_memory_is_an_error_at_every_request);
    tcase_add_test(tc, test_every_output_of_the_graph_is_one_whatever_it_depends_on);
    tcase_add_loop_test(tc, test_what_cannot_be_handled_is_named_with_file_and_node, 0,
                        (int)ZS_LEN(bad));
    tcase_add_loop_test(tc, test_weights_that_are_no_finite_numbers_are_refused, 0,
                        (int)ZS_LEN(unreal));
    tcase_add_loop_test(tc, test_attributes_are_what_the_operator_has, 0, ZS_LEN(odd_attrs));
    tcase_add_test(tc, test_bytes_that_are_no_model_are_refused);
    return tc;
}
