#include "cases.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static zs_span text_span(const char *text)
{
    return (zs_span){.data = (const uint8_t *)text, .bytes = strlen(text)};
}

static zs_net_spec parse(const char *text)
{
    zs_net_spec spec = {0};
    const zs_status status = zs_net_yaml_parse(&arena, text_span(text), "n.yaml", &spec, &err);
    ck_assert_msg(status == ZS_OK, "%s: %s", err.place, err.text);
    return spec;
}

#define HEAD "input: [3, 8, 8]\nlayers:\n"

/* The one layer of a network; `item` as in "{conv: c, out: 4, kernel: 3}". */
static zs_layer_spec parse_layer(const char *item)
{
    char text[512];
    snprintf(text, sizeof text, HEAD "  - %s\n", item);
    const zs_net_spec spec = parse(text);
    ck_assert_uint_eq(spec.layer_n, 1);
    return spec.layers[0];
}

static const char fire[] = "name: tiny\n"
                           "description: two branches\n"
                           "input: {name: image, shape: [3, 12, 10]}\n"
                           "layers:\n"
                           "  - {conv: squeeze, out: 4, kernel: 1, relu: true}\n"
                           "  - {conv: left, out: 8, kernel: 1, relu: true}\n"
                           "  - {conv: right, from: squeeze, out: 8, kernel: 3, pad: 1}\n"
                           "  - {concat: both, from: [left, right]}\n"
                           "  - global_avgpool\n"
                           "  - softmax: prob\n";

START_TEST(test_layers_follow_each_other_unless_from_says_otherwise)
{
    const zs_net_spec spec = parse(fire);
    ck_assert_str_eq(spec.name, "tiny");
    ck_assert_str_eq(spec.input.name, "image");
    ck_assert_uint_eq(spec.input.shape.c, 3);
    ck_assert_uint_eq(spec.input.shape.h, 12);
    ck_assert_uint_eq(spec.input.shape.w, 10);
    ck_assert_uint_eq(spec.layer_n, 6);
    ck_assert_str_eq(spec.layers[0].in[0], "image");
    ck_assert_str_eq(spec.layers[1].in[0], "squeeze");
    ck_assert_str_eq(spec.layers[2].in[0], "squeeze");
    ck_assert_str_eq(spec.layers[3].in[1], "right");
    ck_assert_str_eq(spec.layers[4].name, "global_avgpool5");
    ck_assert_str_eq(spec.layers[4].in[0], "both");
    ck_assert_str_eq(spec.layers[5].in[0], "global_avgpool5");
    ck_assert_ptr_null(spec.output);
    ck_assert_uint_eq(spec.seed, 0);
    ck_assert_ptr_null(spec.layers[0].weights.data);
    ck_assert_str_eq(spec.layers[1].place, "n.yaml:6:5");
}
END_TEST

START_TEST(test_a_parsed_network_builds)
{
    const zs_net_spec spec = parse(fire);
    zs_net *net;
    ck_assert_msg(zs_net_build(&arena, &spec, &net, &err) == ZS_OK, "%s: %s", err.place, err.text);
    ck_assert_uint_eq(zs_net_macs(net), 120 * (3 * 4 + 4 * 8 + 4 * 8 * 9));
}
END_TEST

/* ---- keys ------------------------------------------------------------------------------------ */

static const struct {
    const char *keys;
    zs_window window;
} windows[] = {
    {"kernel: 3", {3, 3, 1, 1, 1, 1, 0, 0, 0, 0}},
    {"kernel: [3, 1]", {3, 1, 1, 1, 1, 1, 0, 0, 0, 0}},
    {"kernel: 3, stride: 2", {3, 3, 2, 2, 1, 1, 0, 0, 0, 0}},
    {"kernel: 3, stride: [1, 2]", {3, 3, 1, 2, 1, 1, 0, 0, 0, 0}},
    {"kernel: 3, pad: 1", {3, 3, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"kernel: 3, pad: [1, 2]", {3, 3, 1, 1, 1, 1, 1, 2, 1, 2}},
    {"kernel: 3, pad: [1, 2, 3, 4]", {3, 3, 1, 1, 1, 1, 1, 2, 3, 4}},
    {"kernel: 3, dilation: [2, 4]", {3, 3, 1, 1, 2, 4, 0, 0, 0, 0}},
};

START_TEST(test_windows_are_one_number_or_one_per_axis_or_side)
{
    char item[128];
    snprintf(item, sizeof item, "{conv: c, out: 4, %s}", windows[_i].keys);
    const zs_layer_spec layer = parse_layer(item);
    ck_assert_mem_eq(&layer.window, &windows[_i].window, sizeof layer.window);
    ck_assert(!layer.auto_same_upper && !layer.auto_same_lower);
    ck_assert_uint_eq(layer.oc, 4);
    ck_assert_uint_eq(layer.groups, 1);
}
END_TEST

START_TEST(test_same_padding_is_kept_as_a_rule)
{
    const zs_layer_spec layer = parse_layer("{conv: c, out: 4, kernel: 3, pad: same}");
    ck_assert(layer.auto_same_upper && !layer.auto_same_lower);
}
END_TEST

START_TEST(test_biases_are_there_unless_the_file_says_not)
{
    ck_assert(!parse_layer("{conv: c, out: 6, kernel: 1}").no_bias);
    ck_assert(!parse_layer("{conv: c, out: 6, kernel: 1, bias: true}").no_bias);
    ck_assert(parse_layer("{conv: c, out: 6, kernel: 1, bias: false}").no_bias);
    ck_assert(parse_layer("{fc: f, out: 6, bias: false}").no_bias);
}
END_TEST

START_TEST(test_groups_and_depthwise)
{
    ck_assert_uint_eq(parse_layer("{conv: c, out: 6, kernel: 1, groups: 3}").groups, 3);
    ck_assert_uint_eq(parse_layer("{conv: c, out: 6, kernel: 1, depthwise: true}").groups, 0);
    ck_assert_uint_eq(parse_layer("{conv: c, out: 6, kernel: 1, depthwise: false}").groups, 1);
}
END_TEST

static const struct {
    const char *keys;
    bool is_avg, ceil_mode, counts, caffe;
} pools[] = {
    {"", 0, 0, 0, 0},
    {", kind: max, ceil: true", 0, 1, 0, 0},
    {", kind: avg, count_include_pad: true", 1, 0, 1, 0},
    {", kind: avg, caffe: true", 1, 1, 1, 1},
    {", caffe: false", 0, 0, 0, 0},
};

START_TEST(test_pools_state_kind_rounding_and_divisor)
{
    char item[128];
    snprintf(item, sizeof item, "{pool: p, kernel: 3, stride: 2%s}", pools[_i].keys);
    const zs_layer_spec layer = parse_layer(item);
    ck_assert(layer.pool == (pools[_i].is_avg ? ZS_POOL_AVG : ZS_POOL_MAX));
    ck_assert(layer.ceil_mode == pools[_i].ceil_mode);
    ck_assert(layer.count_include_pad == pools[_i].counts);
    ck_assert(layer.caffe_pool == pools[_i].caffe);
}
END_TEST

static const struct {
    const char *item;
    zs_act act;
} acts[] = {
    {"{conv: c, out: 1, kernel: 1, relu: true}", {true, 0, INFINITY}},
    {"{conv: c, out: 1, kernel: 1, relu: false}", {false, 0, 0}},
    {"{fc: f, out: 1, relu6: true}", {true, 0, 6}},
    {"{pool: p, kernel: 1, stride: 1, clip: [-1, 2.5]}", {true, -1, 2.5f}},
    {"{add: a, from: [data, data], clip: [0.5, .inf]}", {true, 0.5f, INFINITY}},
    {"relu", {true, 0, INFINITY}},
    {"{relu6: r}", {true, 0, 6}},
    {"{clip: c, range: [-2e-1, 1e1]}", {true, -0.2f, 10}},
};

START_TEST(test_activations_stay_with_their_layer)
{
    const zs_act act = parse_layer(acts[_i].item).act;
    ck_assert(act.active == acts[_i].act.active);
    ck_assert(!act.active || (act.lo == acts[_i].act.lo && act.hi == acts[_i].act.hi));
}
END_TEST

START_TEST(test_batchnorm_within_a_layer_comes_before_its_activation)
{
    const zs_net_spec spec =
        parse(HEAD "  - {conv: c, out: 4, kernel: 1, batchnorm: true, relu6: true}\n"
                   "  - {conv: d, out: 4, kernel: 1, batchnorm: true}\n"
                   "  - {add: e, from: [c, d]}\n");
    static const char *const want[][2] = {
        {"c", "data"},    {"c/batchnorm", "c"}, {"c/relu6", "c/batchnorm"},
        {"d", "c/relu6"}, {"d/batchnorm", "d"}, {"e", "c/relu6"}};
    ck_assert_uint_eq(spec.layer_n, ZS_LEN(want));
    for (size_t i = 0; i < ZS_LEN(want); i++) {
        ck_assert_str_eq(spec.layers[i].name, want[i][0]);
        ck_assert_str_eq(spec.layers[i].in[0], want[i][1]);
    }
    ck_assert(!spec.layers[0].act.active && spec.layers[2].act.hi == 6);
    ck_assert_str_eq(spec.layers[5].in[1], "d/batchnorm");
}
END_TEST

START_TEST(test_lrn_states_its_constants)
{
    const zs_layer_spec n = parse_layer("{lrn: n, size: 5, alpha: 1e-4, beta: 0.75, k: 2}");
    ck_assert_uint_eq(n.lrn_size, 5);
    ck_assert_float_eq(n.lrn_alpha, 1e-4f);
    ck_assert_float_eq(n.lrn_beta, 0.75f);
    ck_assert_float_eq(n.lrn_k, 2);
}
END_TEST

/* As reorg_cpu of Darknet has it: from a map of [c / 4][2 h][2 w]. */
START_TEST(test_reorg_takes_elements_where_darknet_does)
{
    enum { C = 8, H = 4, W = 6, S = 2 };
    const zs_layer_spec layer = parse_layer("{reorg: r, stride: 2, shape: [8, 4, 6]}");
    const zs_general *g = layer.general;
    ck_assert_int_eq(layer.op, ZS_LAYER_REARRANGE);
    ck_assert_uint_eq(g->x_elems, C * H * W);
    ck_assert(g->to.c == C * S * S && g->to.h == H / S && g->to.w == W / S);
    uint32_t at[ZS_RANK_MAX] = {0};
    for (int o = 0; o < C * H * W; o++) {
        const int k = o / (H * W), j = o / W % H, i = o % W; /* of out[in_index] */
        const int place = k / (C / (S * S));
        const int64_t x =
            i * S + place % S + W * S * (j * S + place / S + H * S * (k % (C / (S * S))));
        int64_t is = 0;
        for (uint32_t d = 0; d < g->rank; d++)
            is += g->tables[d][at[d]];
        ck_assert_int_eq(is, x);
        for (uint32_t d = g->rank; d-- > 0 && ++at[d] == g->dims[d];)
            at[d] = 0;
    }
}
END_TEST

START_TEST(test_names_may_be_used_before_they_are_given)
{
    const zs_net_spec spec = parse(HEAD "  - {add: a, from: [b, data]}\n"
                                        "  - {conv: b, from: data, out: 3, kernel: 1}\n"
                                        "output: a\n");
    ck_assert_str_eq(spec.layers[0].in[0], "b");
    ck_assert_str_eq(spec.output, "a");
}
END_TEST

START_TEST(test_cycles_are_found_when_the_graph_is_built)
{
    const zs_net_spec spec = parse(HEAD "  - {add: a, from: [b, data]}\n"
                                        "  - {conv: b, from: a, out: 3, kernel: 1}\n"
                                        "  - {relu: r, from: a}\n");
    zs_net *net;
    ck_assert_int_eq(zs_net_build(&arena, &spec, &net, &err), ZS_EPARSE);
}
END_TEST

/* ---- mistakes -------------------------------------------------------------------------------- */

#define CONV "  - {conv: c, out: 4, kernel: 3}\n"

static const struct {
    const char *text;
    zs_status status;
    const char *place, *says;
} bad[] = {
    {"", ZS_EPARSE, "n.yaml", "empty"},
    {"# nothing\n", ZS_EPARSE, "n.yaml", "empty"},
    {"layers: [", ZS_EPARSE, "n.yaml:2:1", "not YAML"},
    {"name: a\n  b: c\n", ZS_EPARSE, "n.yaml:2:4", "not YAML"},
    {"name: a\nlayers: \xfe\n", ZS_EPARSE, "n.yaml:2:9", "not YAML"},
    {"- a\n", ZS_EPARSE, "n.yaml:1:1", "mapping"},
    {"input: [3, 8, 8]\n", ZS_EPARSE, "n.yaml:1:1", "no 'layers'"},
    {"layers:\n" CONV, ZS_EPARSE, "n.yaml:1:1", "no 'input'"},
    {"input: [3, 8, 8]\nlayer:\n" CONV, ZS_EPARSE, "n.yaml:2:1", "did you mean 'layers'?"},
    {"input: [3, 8, 8]\nlayers: []\n", ZS_EPARSE, "n.yaml:2:9", "at least one layer"},
    {"input: [3, 8, 8]\nlayers: {}\n", ZS_EPARSE, "n.yaml:2:9", "at least one layer"},
    {"input: [3, 8]\nlayers:\n" CONV, ZS_EPARSE, "n.yaml:1:8", "[channels, height, width]"},
    {"input: [3, 0, 8]\nlayers:\n" CONV, ZS_ERANGE, "n.yaml:1:12", "0 is below the minimum 1"},
    {"input: {name: x}\nlayers:\n" CONV, ZS_EPARSE, "n.yaml:1:8", "no 'shape'"},
    {"input: {nam: x}\nlayers:\n" CONV, ZS_EPARSE, "n.yaml:1:9", "did you mean 'name'?"},
    {"name: a\nname: b\n", ZS_EPARSE, "n.yaml:2:1", "'name' is given twice"},
    {HEAD CONV "---\na: b\n", ZS_EPARSE, "n.yaml", "more than one document"},
    {HEAD "  - {conf: c, out: 4, kernel: 3}\n", ZS_EPARSE, "n.yaml:3:6", "did you mean 'conv'?"},
    {HEAD "  - {quantum: c}\n", ZS_EPARSE, "n.yaml:3:6", "unknown kind of layer 'quantum'"},
    {HEAD "  - []\n", ZS_EPARSE, "n.yaml:3:5", "begins with its kind"},
    {HEAD "  - {}\n", ZS_EPARSE, "n.yaml:3:5", "begins with its kind"},
    {HEAD "  - {conv: c, kernel: 3}\n", ZS_EPARSE, "n.yaml:3:5", "no 'out'"},
    {HEAD "  - {conv: c, out: 4}\n", ZS_EPARSE, "n.yaml:3:5", "no 'kernel'"},
    {HEAD "  - {pool: p, kernel: 2}\n", ZS_EPARSE, "n.yaml:3:5", "no 'stride'"},
    {HEAD "  - {conv: c, out: 4, kernal: 3}\n", ZS_EPARSE, "n.yaml:3:23", "did you mean 'kernel'?"},
    {HEAD "  - {fc: c, out: 4, kernel: 3}\n", ZS_EPARSE, "n.yaml:3:21",
     "a fc layer has no 'kernel'"},
    {HEAD "  - {conv: c, out: 4, out: 5, kernel: 3}\n", ZS_EPARSE, "n.yaml:3:23", "given twice"},
    {HEAD "  - {conv: c, out: 0, kernel: 3}\n", ZS_ERANGE, "n.yaml:3:20",
     "0 is below the minimum 1"},
    {HEAD "  - {conv: c, out: -4, kernel: 3}\n", ZS_EPARSE, "n.yaml:3:20", "'-4' is not a whole"},
    {HEAD "  - {conv: c, out: 4.5, kernel: 3}\n", ZS_EPARSE, "n.yaml:3:20", "'4.5' is not a whole"},
    {HEAD "  - {conv: c, out: 99999999999999999999, kernel: 3}\n", ZS_ERANGE, "n.yaml:3:20",
     "above the maximum 16777216"},
    {HEAD "  - {conv: c, out: [4], kernel: 3}\n", ZS_EPARSE, "n.yaml:3:20", "a single value"},
    {HEAD "  - {conv: c, out: 4, kernel: [1, 2, 3]}\n", ZS_EPARSE, "n.yaml:3:31",
     "[height, width]"},
    {HEAD "  - {conv: c, out: 4, kernel: 3, pad: [1, 2, 3]}\n", ZS_EPARSE, "n.yaml:3:39",
     "[height, width]"},
    {HEAD "  - {conv: c, out: 4, kernel: 3, relu: maybe}\n", ZS_EPARSE, "n.yaml:3:40",
     "neither true nor false"},
    {HEAD "  - {conv: c, out: 4, kernel: 3, relu: true, relu6: true}\n", ZS_EPARSE, "n.yaml:3:53",
     "exclude each other"},
    {HEAD "  - {conv: c, out: 4, kernel: 3, groups: 2, depthwise: true}\n", ZS_EPARSE, "n.yaml:3:5",
     "exclude each other"},
    {HEAD "  - {pool: p, kernel: 3, stride: 2, caffe: true, ceil: true}\n", ZS_EPARSE, "n.yaml:3:5",
     "'caffe' states the rounding"},
    {HEAD "  - {pool: p, kind: mean, kernel: 3, stride: 2}\n", ZS_EPARSE, "n.yaml:3:21",
     "unknown kind of pooling 'mean'"},
    {HEAD "  - {clip: c, range: [2, 1]}\n", ZS_ERANGE, "n.yaml:3:22", "lowest value 2 is above"},
    {HEAD "  - {clip: c, range: [a, 1]}\n", ZS_EPARSE, "n.yaml:3:23", "'a' is not a number"},
    {HEAD "  - {clip: c, range: 6}\n", ZS_EPARSE, "n.yaml:3:22", "[lowest, highest]"},
    {HEAD "  - clip\n", ZS_EPARSE, "n.yaml:3:5", "no 'range'"},
    {HEAD "  - {add: a, from: data}\n", ZS_EPARSE, "n.yaml:3:5", "at least 2 layers"},
    {HEAD "  - {relu: a, from: [data, data]}\n", ZS_EPARSE, "n.yaml:3:5",
     "takes 1 layer in 'from', not 2"},
    {HEAD "  - {reorg: r, stride: 2}\n", ZS_EPARSE, "n.yaml:3:5", "has no 'shape'"},
    {HEAD "  - {reorg: r, stride: 2, shape: [4, 8]}\n", ZS_EPARSE, "n.yaml:3:34",
     "[channels, height, width]"},
    {HEAD "  - {reorg: r, stride: 2, shape: [3, 8, 8]}\n", ZS_ESHAPE, "n.yaml:3:5",
     "stride 2 does not divide 3 channels, 8 rows, 8 columns"},
    {HEAD "  - {reorg: r, stride: [2, 1], shape: [4, 8, 8]}\n", ZS_EUNSUPPORTED, "n.yaml:3:5",
     "one stride, not 2, 1"},
    {HEAD "  - {reorg: r, stride: 65536, shape: [4, 8, 8]}\n", ZS_ERANGE, "n.yaml:3:5",
     "stride 65536 is above the maximum 1024"},
    {HEAD "  - {reorg: r, stride: 1, shape: [65536, 65536, 8]}\n", ZS_ERANGE, "n.yaml:3:5",
     "are more than 4294967295 elements"},
    {HEAD "  - {concat: a, from: []}\n", ZS_EPARSE, "n.yaml:3:23", "empty list"},
    {HEAD CONV "  - {relu: c}\n", ZS_EPARSE, "n.yaml:4:5", "'c' is given twice"},
    {HEAD "  - {relu: data}\n", ZS_EPARSE, "n.yaml:3:5", "'data' is given twice"},
    {HEAD "  - {conv: squeeze, out: 4, kernel: 3}\n  - {relu: r, from: sqeeze}\n", ZS_EPARSE,
     "n.yaml:4:5", "there is no layer 'sqeeze'; did you mean 'squeeze'?"},
    {HEAD CONV "output: zzzzzz\n", ZS_EPARSE, "n.yaml:4:9", "there is no layer 'zzzzzz'"},
    {HEAD "  - {relu: \"a\\0b\"}\n", ZS_EPARSE, "n.yaml:3:12", "zero byte"},
};

START_TEST(test_mistakes_are_named_with_line_and_column)
{
    net_expect_error(zs_net_yaml_parse, text_span(bad[_i].text), "n.yaml", bad[_i].status,
                     bad[_i].place, bad[_i].says);
}
END_TEST

START_TEST(test_a_text_cut_anywhere_never_crashes)
{
    const zs_span whole = text_span(fire);
    for (size_t n = 0; n < whole.bytes; n++) {
        zs_net_spec spec;
        zs_span cut = {.data = whole.data, .bytes = n};
        const zs_status status = zs_net_yaml_parse(&arena, cut, "n.yaml", &spec, &err);
        ck_assert(status == ZS_OK || status == ZS_EPARSE);
        zs_arena_reset(&arena);
    }
}
END_TEST

START_TEST(test_deep_nesting_is_refused)
{
    static char deep[200001];
    memset(deep, '[', sizeof deep - 1);
    net_expect_error(zs_net_yaml_parse, text_span(deep), "n.yaml", ZS_ERANGE, "n.yaml:1:17",
                     "deeper than 16");
}
END_TEST

START_TEST(test_aliases_share_lists_without_harm)
{
    const zs_net_spec spec = parse(HEAD "  - {conv: c, out: 4, kernel: &k [3, 2]}\n"
                                        "  - {conv: d, out: 4, kernel: *k}\n");
    ck_assert_uint_eq(spec.layers[1].window.kw, 2);
}
END_TEST

START_TEST(test_running_out_of_memory_is_an_error_at_every_request)
{
    static char text[40000] = HEAD;
    size_t n = strlen(text);
    for (int i = 0; i < 300; i++)
        n += (size_t)snprintf(text + n, sizeof text - n,
                              "  - {conv: c%d, out: 3, kernel: 1, batchnorm: true, relu: true}\n",
                              i);
    net_expect_nomem(zs_net_yaml_parse, text_span(text), "n.yaml", 2);
}
END_TEST

TCase *tcase_net_yaml(void)
{
    TCase *tc = net_case("net_yaml");
    tcase_add_test(tc, test_layers_follow_each_other_unless_from_says_otherwise);
    tcase_add_test(tc, test_a_parsed_network_builds);
    tcase_add_loop_test(tc, test_windows_are_one_number_or_one_per_axis_or_side, 0,
                        (int)ZS_LEN(windows));
    tcase_add_test(tc, test_same_padding_is_kept_as_a_rule);
    tcase_add_test(tc, test_biases_are_there_unless_the_file_says_not);
    tcase_add_test(tc, test_groups_and_depthwise);
    tcase_add_loop_test(tc, test_pools_state_kind_rounding_and_divisor, 0, (int)ZS_LEN(pools));
    tcase_add_loop_test(tc, test_activations_stay_with_their_layer, 0, (int)ZS_LEN(acts));
    tcase_add_test(tc, test_batchnorm_within_a_layer_comes_before_its_activation);
    tcase_add_test(tc, test_lrn_states_its_constants);
    tcase_add_test(tc, test_reorg_takes_elements_where_darknet_does);
    tcase_add_test(tc, test_names_may_be_used_before_they_are_given);
    tcase_add_test(tc, test_cycles_are_found_when_the_graph_is_built);
    tcase_add_loop_test(tc, test_mistakes_are_named_with_line_and_column, 0, (int)ZS_LEN(bad));
    tcase_add_test(tc, test_a_text_cut_anywhere_never_crashes);
    tcase_add_test(tc, test_deep_nesting_is_refused);
    tcase_add_test(tc, test_aliases_share_lists_without_harm);
    tcase_add_test(tc, test_running_out_of_memory_is_an_error_at_every_request);
    return tc;
}
