#include "nets.h"
#include "net_cases.h"

#include <math.h>
#include <string.h>

static zs_arena arena;

static void set_up(void)
{
    zs_arena_init(&arena, test_heap());
}

static void tear_down(void)
{
    zs_arena_drop(&arena);
}

/* ---- windows that fit ------------------------------------------------------------------------ */

typedef struct window_case {
    uint32_t h, w;
    zs_window window; /* kh kw sh sw dh dw top left bottom right */
    bool pool, ceil_mode, upper, lower;
    uint32_t out_h, out_w;
} window_case;

static const window_case windows[] = {
    {227, 227, {3, 3, 2, 2, 1, 1, 0, 0, 0, 0}, false, false, false, false, 113, 113},
    {113, 113, {3, 3, 2, 2, 1, 1, 0, 0, 0, 0}, true, true, false, false, 56, 56},
    {111, 111, {3, 3, 2, 2, 1, 1, 0, 0, 0, 0}, true, true, false, false, 55, 55},
    {56, 56, {3, 3, 2, 2, 1, 1, 0, 0, 0, 0}, true, true, false, false, 28, 28},
    {56, 56, {3, 3, 2, 2, 1, 1, 0, 0, 0, 0}, true, false, false, false, 27, 27},
    {13, 13, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, false, false, false, false, 15, 15},
    {10, 12, {3, 5, 1, 2, 1, 1, 0, 2, 1, 1}, false, false, false, false, 9, 6},
    {16, 16, {3, 3, 1, 1, 2, 3, 2, 3, 2, 3}, false, false, false, false, 16, 16},
    {7, 7, {7, 7, 1, 1, 1, 1, 0, 0, 0, 0}, false, false, false, false, 1, 1},
    {34, 34, {3, 3, 3, 3, 1, 1, 0, 0, 0, 0}, false, false, false, false, 11, 11},
    /* the last window may not start in the padding behind the image */
    {4, 4, {2, 2, 2, 2, 1, 1, 1, 1, 1, 1}, true, true, false, false, 3, 3},
    {5, 5, {2, 2, 3, 3, 1, 1, 0, 0, 0, 0}, true, true, false, false, 2, 2},
    {6, 6, {1, 1, 4, 4, 1, 1, 0, 0, 0, 0}, true, true, false, false, 2, 2},
    {4, 4, {1, 1, 2, 2, 1, 1, 0, 0, 1, 1}, true, true, false, false, 2, 2},
    {4, 4, {1, 1, 3, 3, 1, 1, 0, 0, 1, 1}, true, true, false, false, 2, 2},
    {3, 3, {1, 1, 2, 2, 1, 1, 0, 0, 1, 1}, true, true, false, false, 2, 2},
    /* SAME: ceil(in / stride) */
    {128, 128, {3, 3, 2, 2, 1, 1, 9, 9, 9, 9}, false, false, true, false, 64, 64},
    {7, 9, {4, 4, 3, 2, 1, 1, 0, 0, 0, 0}, false, false, false, true, 3, 5},
    {5, 5, {1, 1, 2, 2, 1, 1, 0, 0, 0, 0}, true, false, true, false, 3, 3},
};

static zs_layer_spec *add_window(test_spec *s, const window_case *c)
{
    zs_layer_spec *layer =
        c->pool ? test_pool(s, "it", "", ZS_POOL_MAX, 1, 1) : test_conv(s, "it", "", 5, 1, 1, 0);
    layer->window = c->window;
    layer->ceil_mode = c->ceil_mode;
    layer->auto_same_upper = c->upper;
    layer->auto_same_lower = c->lower;
    return layer;
}

START_TEST(test_windows_give_the_output_size_of_their_definition)
{
    const window_case *c = &windows[_i];
    test_spec *s = test_spec_new(4, c->h, c->w);
    add_window(s, c);
    const zs_net *net = test_net(&arena, s);
    const zs_layer *layer = &net->layers[0];
    ck_assert_uint_eq(layer->y.c, c->pool ? 4 : 5);
    ck_assert_uint_eq(layer->y.h, c->out_h);
    ck_assert_uint_eq(layer->y.w, c->out_w);
    const zs_tensor *out = &net->tensors[net->output];
    ck_assert_int_eq(memcmp(&out->shape, &layer->y, sizeof layer->y), 0);
    test_spec_free(s);
}
END_TEST

static const struct {
    bool lower;
    uint32_t in, k, stride, before, after;
} same_pads[] = {
    {false, 128, 3, 2, 0, 1}, {true, 128, 3, 2, 1, 0}, {false, 8, 4, 1, 1, 2},
    {true, 8, 4, 1, 2, 1},    {false, 7, 3, 2, 1, 1},  {false, 8, 1, 2, 0, 0},
};

START_TEST(test_same_padding_puts_the_odd_pixel_where_it_is_told)
{
    test_spec *s = test_spec_new(1, same_pads[_i].in, same_pads[_i].in);
    zs_layer_spec *layer = test_conv(s, "it", "", 1, same_pads[_i].k, same_pads[_i].stride, 0);
    layer->auto_same_lower = same_pads[_i].lower;
    layer->auto_same_upper = !same_pads[_i].lower;
    const zs_window *w = &test_net(&arena, s)->layers[0].window;
    ck_assert_uint_eq(w->pad_top, same_pads[_i].before);
    ck_assert_uint_eq(w->pad_left, same_pads[_i].before);
    ck_assert_uint_eq(w->pad_bottom, same_pads[_i].after);
    ck_assert_uint_eq(w->pad_right, same_pads[_i].after);
    test_spec_free(s);
}
END_TEST

/* ---- other layers ---------------------------------------------------------------------------- */

START_TEST(test_fc_reads_the_flattened_input_as_channels)
{
    test_spec *s = test_spec_new(3, 5, 7);
    test_layer(s, ZS_LAYER_FC, "fc", "")->oc = 10;
    const zs_layer *fc = &test_net(&arena, s)->layers[0];
    ck_assert_uint_eq(fc->x.c, 105);
    ck_assert_uint_eq(fc->x.h * fc->x.w, 1);
    ck_assert_uint_eq(fc->y.c, 10);
    ck_assert_uint_eq(zs_layer_macs(fc), 1050);
    test_spec_free(s);
}
END_TEST

START_TEST(test_concat_adds_channels)
{
    test_spec *s = test_spec_new(3, 6, 6);
    test_conv(s, "a", "data", 4, 1, 1, 0);
    test_conv(s, "b", "data", 5, 3, 1, 1);
    test_layer(s, ZS_LAYER_CONCAT, "both", "a b data");
    const zs_net *net = test_net(&arena, s);
    ck_assert_uint_eq(net->tensors[net->output].shape.c, 12);
    test_spec_free(s);
}
END_TEST

START_TEST(test_global_pooling_leaves_one_pixel)
{
    test_spec *s = test_spec_new(9, 6, 4);
    test_layer(s, ZS_LAYER_GAP, "gap", "");
    const zs_layer *gap = &test_net(&arena, s)->layers[0];
    ck_assert_uint_eq(gap->y.c, 9);
    ck_assert_uint_eq(gap->y.h * gap->y.w, 1);
    ck_assert_uint_eq(zs_layer_ops(gap), 9 * 24);
    test_spec_free(s);
}
END_TEST

/* ---- what does not go together --------------------------------------------------------------- */

static void bad_kernel(test_spec *s)
{
    test_conv(s, "it", "", 4, 9, 1, 0);
}

static void zero_stride(test_spec *s)
{
    test_conv(s, "it", "", 4, 3, 0, 0);
}

static void zero_kernel(test_spec *s)
{
    test_conv(s, "it", "", 4, 0, 1, 0);
}

static void zero_dilation(test_spec *s)
{
    test_conv(s, "it", "", 4, 3, 1, 0)->window.dw = 0;
}

static void huge_padding(test_spec *s)
{
    test_conv(s, "it", "", 4, 3, 1, 4000000000u);
}

static void no_channels(test_spec *s)
{
    test_conv(s, "it", "", 0, 3, 1, 0);
}

static void bad_groups(test_spec *s)
{
    test_conv(s, "it", "", 4, 3, 1, 0)->groups = 2;
}

static void bad_depthwise(test_spec *s)
{
    test_conv(s, "it", "", 4, 3, 1, 0)->groups = 0;
}

static void few_weights(test_spec *s)
{
    static const float data[8];
    test_conv(s, "it", "", 4, 1, 1, 0)->weights = (zs_weights){data, NULL, 8, 0};
}

static void few_biases(test_spec *s)
{
    static const float data[12];
    test_conv(s, "it", "", 4, 1, 1, 0)->weights = (zs_weights){data, data, 12, 3};
}

static void lone_bias(test_spec *s)
{
    static const float data[4];
    test_conv(s, "it", "", 4, 1, 1, 0)->weights = (zs_weights){NULL, data, 0, 4};
}

static void unequal_add(test_spec *s)
{
    test_conv(s, "a", "data", 4, 1, 1, 0);
    test_layer(s, ZS_LAYER_ADD, "it", "a data");
}

static void unequal_concat(test_spec *s)
{
    test_conv(s, "a", "data", 4, 3, 1, 0);
    test_layer(s, ZS_LAYER_CONCAT, "it", "a data");
}

static void bad_scales(test_spec *s)
{
    static const float scale[2] = {1, 1};
    zs_layer_spec *layer = test_layer(s, ZS_LAYER_BATCHNORM, "it", "");
    layer->scale = scale;
    layer->scale_n = 2;
}

static void empty_clip(test_spec *s)
{
    test_relu(s, "it")->act = (zs_act){true, 3, 1};
}

static void nan_clip(test_spec *s)
{
    test_relu(s, "it")->act = (zs_act){true, NAN, 1};
}

static void lrn_of_nothing(test_spec *s)
{
    test_layer(s, ZS_LAYER_LRN, "it", "")->lrn_k = 1;
}

static void lrn_without_offset(test_spec *s)
{
    test_layer(s, ZS_LAYER_LRN, "it", "")->lrn_size = 5;
}

static void pool_of_padding(test_spec *s)
{
    test_pool(s, "it", "", ZS_POOL_MAX, 2, 1)->window.pad_top = 2;
}

static void pool_between_pixels(test_spec *s)
{
    zs_layer_spec *layer = test_pool(s, "it", "", ZS_POOL_MAX, 2, 1);
    layer->window.dh = 9; /* one sample before, one behind the image */
    layer->window.pad_top = layer->window.pad_bottom = 5;
}

static void unknown_pool(test_spec *s)
{
    test_pool(s, "it", "", (zs_pool_kind)7, 2, 1);
}

static void too_large(test_spec *s)
{
    test_conv(s, "it", "", 60000, 1, 1, 30000);
}

static void too_many_rows(test_spec *s)
{
    test_conv(s, "it", "", 1, 1, 1, 40000);
}

static void too_many_weights(test_spec *s)
{
    test_layer(s, ZS_LAYER_FC, "wide", "")->oc = 65535;
    test_layer(s, ZS_LAYER_FC, "it", "")->oc = 65535;
}

static void too_many_macs(test_spec *s)
{
    test_conv(s, "a", "", 30, 1, 1, 3000);
    test_conv(s, "b", "", 30, 1, 1, 0);
    for (char name[] = "c"; name[0] <= 'z'; name[0]++)
        test_conv(s, name, "", 30, 1501, 1, 750);
    test_conv(s, "it", "", 30, 1501, 1, 750);
}

static const struct {
    void (*make)(test_spec *s);
    zs_status status;
    const char *word;
} bad[] = {
    {bad_kernel, ZS_ESHAPE, "window of 9 rows is larger than its padded input of 8"},
    {zero_stride, ZS_ERANGE, "vertical stride 0"},
    {zero_kernel, ZS_ERANGE, "kernel height 0"},
    {zero_dilation, ZS_ERANGE, "horizontal dilation 0"},
    {huge_padding, ZS_ERANGE, "top padding 4000000000"},
    {no_channels, ZS_ERANGE, "0 output channels"},
    {bad_groups, ZS_ESHAPE, "2 groups do not divide 3 input"},
    {bad_depthwise, ZS_ESHAPE, "3 groups do not divide 3 input and 4 output"},
    {few_weights, ZS_ESHAPE, "8 weights, its shape needs 12"},
    {few_biases, ZS_ESHAPE, "3 biases for 4"},
    {lone_bias, ZS_ESHAPE, "biases but no weights"},
    {unequal_add, ZS_ESHAPE, "4 x 8 x 8 and 3 x 8 x 8"},
    {unequal_concat, ZS_ESHAPE, "6 x 6 and 8 x 8"},
    {bad_scales, ZS_ESHAPE, "2 scales for 3 channels"},
    {empty_clip, ZS_ERANGE, "clips from 3 to 1"},
    {nan_clip, ZS_ERANGE, "no interval"},
    {lrn_of_nothing, ZS_ERANGE, "size 0"},
    {lrn_without_offset, ZS_ERANGE, "k above 0"},
    {pool_of_padding, ZS_ESHAPE, "window 0 over rows covers nothing but padding"},
    {pool_between_pixels, ZS_ESHAPE, "over rows covers nothing"},
    {unknown_pool, ZS_EUNSUPPORTED, "pooling 7"},
    {too_large, ZS_ERANGE, "2^31 elements"},
    {too_many_rows, ZS_ERANGE, "80008"},
    {too_many_weights, ZS_ERANGE, "weights are beyond 2^31"},
    {too_many_macs, ZS_ERANGE, "2^50"},
};

START_TEST(test_shapes_that_do_not_go_together_are_named)
{
    test_spec *s = test_spec_new(3, 8, 8);
    zs_err err = {0};
    zs_net *net = NULL;
    bad[_i].make(s);
    ck_assert_int_eq(zs_net_build(&arena, test_spec_get(s), &net, &err), bad[_i].status);
    ck_assert_ptr_null(net);
    ck_assert_msg(strstr(err.text, bad[_i].word) != NULL, "\"%s\" not in \"%s\"", bad[_i].word,
                  err.text);
    if (bad[_i].make != too_many_macs)
        ck_assert_str_eq(err.place, "it");
    test_spec_free(s);
}
END_TEST

static const struct {
    zs_shape shape;
    zs_status status;
    const char *word;
} inputs[] = {
    {{0, 0, 0}, ZS_ESHAPE, "network.input_shape"},
    {{3, 8, 0}, ZS_ESHAPE, "network.input_shape"},
    {{65535, 65535, 1}, ZS_ERANGE, "2^31"},
    {{3, 70000, 1}, ZS_ERANGE, "65535"},
};

START_TEST(test_the_input_shape_must_be_known_and_sane)
{
    const zs_shape in = inputs[_i].shape;
    test_spec *s = test_spec_new(in.c, in.h, in.w);
    zs_err err = {0};
    zs_net *net = NULL;
    test_conv(s, "it", "", 1, 1, 1, 0);
    ck_assert_int_eq(zs_net_build(&arena, test_spec_get(s), &net, &err), inputs[_i].status);
    ck_assert_str_eq(err.place, "data");
    ck_assert_ptr_nonnull(strstr(err.text, inputs[_i].word));
    test_spec_free(s);
}
END_TEST

TCase *tcase_shapes(void)
{
    TCase *tc = tcase_create("shapes");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, test_windows_give_the_output_size_of_their_definition, 0,
                        ZS_LEN(windows));
    tcase_add_loop_test(tc, test_same_padding_puts_the_odd_pixel_where_it_is_told, 0,
                        ZS_LEN(same_pads));
    tcase_add_test(tc, test_fc_reads_the_flattened_input_as_channels);
    tcase_add_test(tc, test_concat_adds_channels);
    tcase_add_test(tc, test_global_pooling_leaves_one_pixel);
    tcase_add_loop_test(tc, test_shapes_that_do_not_go_together_are_named, 0, ZS_LEN(bad));
    tcase_add_loop_test(tc, test_the_input_shape_must_be_known_and_sane, 0, ZS_LEN(inputs));
    return tc;
}
