#include "cases.h"

#include <string.h>

/* Inputs are -1.25, -1, -0.75, ...; weights ((i * 7) mod 11 + 1) / 8; the expected results are from
 * NumPy. */
/* clang-format off */
static const struct {
    const char *text;
    uint32_t weight_n, n;
    float y[144];
} cases[] = {
    {"[net]\nwidth = 4\nheight=4\nchannels=3\nlearning_rate=0.1\n[convolutional]\nfilters=2\nsize=3\nstride=1\npad=1\nbatch_normalize=1\nactivation=leaky\n# a remark\n[maxpool]\nsize=2\nstride=2\n[convolutional]\nfilters=3\nsize=1\nactivation=linear\n[region]\nanchors = 1,2, 3,4\nclasses=1\n", 71, 12, {39.5356f, 41.9427f, 49.1639f, 51.571f, 102.588f, 108.925f, 127.936f, 134.273f, 167.014f, 177.282f, 208.083f, 218.35f}},
    {"[net]\nwidth = 4\nheight=4\nchannels=4\nlearning_rate=0.1\n[convolutional]\nfilters=4\nsize=2\nstride=2\npadding=1\ngroups=2\nactivation=relu\n[avgpool]\n[connected]\noutput=3\nbatch_normalize=1\nactivation=tanh\n[softmax]\n[cost]\ntype=sse\n", 60, 3, {0.333333f, 0.333333f, 0.333333f}},
    {"[net]\nwidth = 4\nheight=4\nchannels=4\nlearning_rate=0.1\n[convolutional]\nfilters=2\nsize=3\n[connected]\noutput=2\nactivation=linear\n[dropout]\nprobability=.5\n", 92, 2, {6.375f, 6.875f}},
    {"[net]\nwidth = 4\nheight=4\nchannels=4\nlearning_rate=0.1\n[convolutional]\nfilters=4\nactivation=mish\n[route]\nlayers=-1\ngroups=2\ngroup_id=1\n[route]\nlayers = -1, 0\n[shortcut]\nfrom=-1\nactivation=swish\n", 20, 96, {38.625f, 40.5f, 42.375f, 44.25f, 46.125f, 48.0f, 49.875f, 51.75f, 53.625f, 55.5f, 57.375f, 59.25f, 61.125f, 63.0f, 64.875f, 66.75f, 24.1875f, 25.5f, 26.8125f, 28.125f, 29.4375f, 30.75f, 32.0625f, 33.375f, 34.6875f, 36.0f, 37.3125f, 38.625f, 39.9375f, 41.25f, 42.5625f, 43.875f, 33.125f, 34.75f, 36.375f, 38.0f, 39.625f, 41.25f, 42.875f, 44.5f, 46.125f, 47.75f, 49.375f, 51.0f, 52.625f, 54.25f, 55.875f, 57.5f, 18.6875f, 19.75f, 20.8125f, 21.875f, 22.9375f, 24.0f, 25.0625f, 26.125f, 27.1875f, 28.25f, 29.3125f, 30.375f, 31.4375f, 32.5f, 33.5625f, 34.625f, 38.625f, 40.5f, 42.375f, 44.25f, 46.125f, 48.0f, 49.875f, 51.75f, 53.625f, 55.5f, 57.375f, 59.25f, 61.125f, 63.0f, 64.875f, 66.75f, 24.1875f, 25.5f, 26.8125f, 28.125f, 29.4375f, 30.75f, 32.0625f, 33.375f, 34.6875f, 36.0f, 37.3125f, 38.625f, 39.9375f, 41.25f, 42.5625f, 43.875f}},
    {"[net]\nwidth = 4\nheight=4\nchannels=4\nlearning_rate=0.1\n[reorg]\nstride=2\n", 0, 64, {-1.25f, -0.75f, -0.25f, 0.25f, 2.75f, 3.25f, 3.75f, 4.25f, 6.75f, 7.25f, 7.75f, 8.25f, 10.75f, 11.25f, 11.75f, 12.25f, -1.0f, -0.5f, 0.0f, 0.5f, 3.0f, 3.5f, 4.0f, 4.5f, 7.0f, 7.5f, 8.0f, 8.5f, 11.0f, 11.5f, 12.0f, 12.5f, 0.75f, 1.25f, 1.75f, 2.25f, 4.75f, 5.25f, 5.75f, 6.25f, 8.75f, 9.25f, 9.75f, 10.25f, 12.75f, 13.25f, 13.75f, 14.25f, 1.0f, 1.5f, 2.0f, 2.5f, 5.0f, 5.5f, 6.0f, 6.5f, 9.0f, 9.5f, 10.0f, 10.5f, 13.0f, 13.5f, 14.0f, 14.5f}},
    {"[net]\nwidth = 4\nheight=4\nchannels=4\nlearning_rate=0.1\n[reorg]\nstride=2\nreverse=1\n[convolutional]\nactivation=elu\n", 2, 64, {-0.675348f, 2.875f, -0.583138f, 3.125f, -0.464739f, 3.375f, -0.312711f, 3.625f, 6.875f, 10.875f, 7.125f, 11.125f, 7.375f, 11.375f, 7.625f, 11.625f, -0.117503f, 3.875f, 0.125f, 4.125f, 0.375f, 4.375f, 0.625f, 4.625f, 7.875f, 11.875f, 8.125f, 12.125f, 8.375f, 12.375f, 8.625f, 12.625f, 0.875f, 4.875f, 1.125f, 5.125f, 1.375f, 5.375f, 1.625f, 5.625f, 8.875f, 12.875f, 9.125f, 13.125f, 9.375f, 13.375f, 9.625f, 13.625f, 1.875f, 5.875f, 2.125f, 6.125f, 2.375f, 6.375f, 2.625f, 6.625f, 9.875f, 13.875f, 10.125f, 14.125f, 10.375f, 14.375f, 10.625f, 14.625f}},
    {"[net]\nwidth = 4\nheight=4\nchannels=4\nlearning_rate=0.1\n[maxpool]\nsize=2\nstride=1\n[activation]\nactivation=hardtan\n", 0, 64, {0.0f, 0.25f, 0.5f, 0.5f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f}},
    {"[net]\nwidth = 4\nheight=4\nchannels=4\nlearning_rate=0.1\n[maxpool]\nsize=3\nstride=2\n[upsample]\nstride=3\nscale=0.5\n", 0, 144, {0.0f, 0.0f, 0.0f, 0.25f, 0.25f, 0.25f, 0.0f, 0.0f, 0.0f, 0.25f, 0.25f, 0.25f, 0.0f, 0.0f, 0.0f, 0.25f, 0.25f, 0.25f, 1.0f, 1.0f, 1.0f, 1.25f, 1.25f, 1.25f, 1.0f, 1.0f, 1.0f, 1.25f, 1.25f, 1.25f, 1.0f, 1.0f, 1.0f, 1.25f, 1.25f, 1.25f, 2.0f, 2.0f, 2.0f, 2.25f, 2.25f, 2.25f, 2.0f, 2.0f, 2.0f, 2.25f, 2.25f, 2.25f, 2.0f, 2.0f, 2.0f, 2.25f, 2.25f, 2.25f, 3.0f, 3.0f, 3.0f, 3.25f, 3.25f, 3.25f, 3.0f, 3.0f, 3.0f, 3.25f, 3.25f, 3.25f, 3.0f, 3.0f, 3.0f, 3.25f, 3.25f, 3.25f, 4.0f, 4.0f, 4.0f, 4.25f, 4.25f, 4.25f, 4.0f, 4.0f, 4.0f, 4.25f, 4.25f, 4.25f, 4.0f, 4.0f, 4.0f, 4.25f, 4.25f, 4.25f, 5.0f, 5.0f, 5.0f, 5.25f, 5.25f, 5.25f, 5.0f, 5.0f, 5.0f, 5.25f, 5.25f, 5.25f, 5.0f, 5.0f, 5.0f, 5.25f, 5.25f, 5.25f, 6.0f, 6.0f, 6.0f, 6.25f, 6.25f, 6.25f, 6.0f, 6.0f, 6.0f, 6.25f, 6.25f, 6.25f, 6.0f, 6.0f, 6.0f, 6.25f, 6.25f, 6.25f, 7.0f, 7.0f, 7.0f, 7.25f, 7.25f, 7.25f, 7.0f, 7.0f, 7.0f, 7.25f, 7.25f, 7.25f, 7.0f, 7.0f, 7.0f, 7.25f, 7.25f, 7.25f}},
    {"[net]\nwidth = 4\nheight=4\nchannels=4\nlearning_rate=0.1\n[softmax]\ngroups=2\ntemperature=2\n", 0, 64, {0.0024842f, 0.00281497f, 0.00318977f, 0.00361449f, 0.00409575f, 0.00464109f, 0.00525905f, 0.00595928f, 0.00675275f, 0.00765187f, 0.00867071f, 0.0098252f, 0.0111334f, 0.0126158f, 0.0142956f, 0.016199f, 0.0183559f, 0.0207999f, 0.0235694f, 0.0267077f, 0.0302637f, 0.0342933f, 0.0388594f, 0.0440335f, 0.0498965f, 0.0565401f, 0.0640683f, 0.0725989f, 0.0822654f, 0.0932189f, 0.105631f, 0.119695f, 0.0024842f, 0.00281497f, 0.00318977f, 0.00361449f, 0.00409575f, 0.00464109f, 0.00525905f, 0.00595928f, 0.00675275f, 0.00765187f, 0.00867071f, 0.0098252f, 0.0111334f, 0.0126158f, 0.0142956f, 0.016199f, 0.0183559f, 0.0207999f, 0.0235694f, 0.0267077f, 0.0302637f, 0.0342933f, 0.0388594f, 0.0440335f, 0.0498965f, 0.0565401f, 0.0640683f, 0.0725989f, 0.0822654f, 0.0932189f, 0.105631f, 0.119695f}},
    {"[net]\nwidth = 4\nheight=4\nchannels=4\nlearning_rate=0.1\n[batchnorm]\n[activation]\nactivation=relu6\n", 12, 64, {0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0312499f, 0.0937498f, 0.15625f, 0.21875f, 0.281249f, 0.343749f, 0.406249f, 2.23917f, 2.47487f, 2.71057f, 2.94628f, 3.18198f, 3.41768f, 3.65338f, 3.88908f, 4.12479f, 4.36049f, 4.59619f, 4.83189f, 5.06759f, 5.3033f, 5.539f, 5.7747f, 3.4785f, 3.63661f, 3.79473f, 3.95284f, 4.11096f, 4.26907f, 4.42718f, 4.5853f, 4.74341f, 4.90152f, 5.05964f, 5.21775f, 5.37587f, 5.53398f, 5.69209f, 5.85021f, 6.0f, 6.0f, 6.0f, 6.0f, 6.0f, 6.0f, 6.0f, 6.0f, 6.0f, 6.0f, 6.0f, 6.0f, 6.0f, 6.0f, 6.0f, 6.0f}},
    {"[net]\nwidth = 4\nheight=4\nchannels=4\nlearning_rate=0.1\n[maxpool]\nstride=4\nsize=2\n[activation]\nactivation=selu\n", 0, 4, {0.0f, 4.2028f, 8.40561f, 12.6084f}},
    {"[net]\nwidth = 4\nheight=4\nchannels=4\nlearning_rate=0.1\n[maxpool]\nstride=4\nsize=2\n[activation]\nactivation=relie\n", 0, 4, {0.0f, 4.0f, 8.0f, 12.0f}},
    {"[net]\nwidth = 4\nheight=4\nchannels=4\nlearning_rate=0.1\n[maxpool]\nstride=4\nsize=2\n[activation]\nactivation=logistic\n", 0, 4, {0.5f, 0.982014f, 0.999665f, 0.999994f}},
    {"[net]\nwidth=1\nheight=1\nchannels=4\n[avgpool]\n[activation]\nactivation=leaky\n[route]\nlayers=-1,0\ngroups=2\ngroup_id=1\n", 0, 4, {-0.075f, -0.05f, -0.75f, -0.5f}},
    {"[net]\nwidth=2\nheight=1\nchannels=2\n[maxpool]\nsize=1\nstride=1\n[avgpool]\n[scale_channels]\nfrom=-2\nscale_wh=0\n", 0, 4, {1.40625f, 1.125f, 0.46875f, 0.3125f}},
    {"[net]\nwidth=2\nheight=1\nchannels=2\n[maxpool]\nsize=1\nstride=1\n[avgpool]\n[scale_channels]\nfrom=0\n[sam]\nfrom=0\nactivation=leaky\n[Gaussian_yolo]\nmask=0\n", 0, 4, {-0.17578125f, -0.1125f, -0.03515625f, -0.015625f}},
};
/* clang-format on */

static zs_span span_of(const char *text)
{
    return (zs_span){.data = (const uint8_t *)text, .bytes = strlen(text)};
}

/* A file of weights of version 0.`minor`. */
static zs_span weights_of(uint32_t n, uint32_t minor)
{
    const size_t head = minor >= 2 ? 20 : 16;
    uint8_t *file = zs_new(&arena, uint8_t, head + 4 * (size_t)n);
    ck_assert_ptr_nonnull(file);
    file[4] = (uint8_t)minor;
    for (uint32_t i = 0; i < n; i++) {
        const float w = (float)((i * 7) % 11 + 1) / 8;
        memcpy(file + head + 4 * (size_t)i, &w, sizeof w); /* little-endian, as tests run */
    }
    return (zs_span){.data = file, .bytes = head + 4 * (size_t)n};
}

static zs_status parse(const char *text, uint32_t weight_n, uint32_t minor, zs_net_spec *spec)
{
    const zs_net_weights weights = {.bytes = weights_of(weight_n, minor), .path = "t.weights"};
    const zs_net_parts parts = {.weights = &weights};
    return zs_net_darknet_parse(&arena, span_of(text), "t.cfg", &parts, spec, &err);
}

static zs_status parse_bare(zs_arena *into, zs_span bytes, const char *path, zs_net_spec *out,
                            zs_err *error)
{
    return zs_net_darknet_parse(into, bytes, path, &(const zs_net_parts){0}, out, error);
}

START_TEST(test_layers_compute_what_darknet_does)
{
    float x[256];
    zs_net_spec spec = {0};
    for (size_t i = 0; i < ZS_LEN(x); i++)
        x[i] = ((float)i - 5) / 4;
    const zs_status status = parse(cases[_i].text, cases[_i].weight_n, _i % 2 == 0 ? 2 : 1, &spec);
    ck_assert_msg(status == ZS_OK, "%s: %s", err.place, err.text);
    net_expect_outputs(&spec, x, cases[_i].y, cases[_i].n, cases[_i].text);
}
END_TEST

START_TEST(test_without_weights_they_are_synthetic)
{
    zs_net_spec spec = {0};
    zs_net *net;
    for (size_t i = 0; i < ZS_LEN(cases); i++) {
        ck_assert_int_eq(parse_bare(&arena, span_of(cases[i].text), "t.cfg", &spec, &err), ZS_OK);
        ck_assert_int_eq(zs_net_build(&arena, &spec, &net, &err), ZS_OK);
    }
}
END_TEST

START_TEST(test_weights_must_be_as_many_as_the_layers_take)
{
    zs_net_spec spec = {0};
    const uint32_t n = cases[1].weight_n;
    ck_assert_int_eq(parse(cases[1].text, n - 1, 2, &spec), ZS_ESHAPE);
    ck_assert_ptr_nonnull(strstr(err.text, "t.weights ends"));
    ck_assert_int_eq(parse(cases[1].text, n + 1, 2, &spec), ZS_ESHAPE);
    ck_assert_ptr_nonnull(strstr(err.text, "holds 4 bytes more"));
}
END_TEST

#define NET "[net]\nwidth=4\nheight=4\nchannels=4\n"
static const struct {
    const char *text, *place, *what;
    zs_status status;
} refused[] = {
    {"", "t.cfg", "not a Darknet network", ZS_EPARSE},
    {"[net]\nwidth=4\nheight=4\n[avgpool]\n", "t.cfg:1", "channels of [net] is 0", ZS_ERANGE},
    {NET "[yolov9]\n", "t.cfg:5 layer 0 ([yolov9])", "[yolov9] is not handled", ZS_EUNSUPPORTED},
    {NET "[maxpool\n", "t.cfg:5", "'[maxpool' is no section", ZS_EPARSE},
    {NET "[maxpool]\nsize\n", "t.cfg:6", "'size' is not key=value", ZS_EPARSE},
    {NET "[maxpool]\nsize=two\n", "t.cfg:6", "size is 'two'", ZS_EPARSE},
    {NET "[maxpool]\nsize=-2\n", "t.cfg:6", "size of [maxpool] is -2", ZS_ERANGE},
    {NET "[maxpool]\nwindow=2\n", "layer 0", "key 'window' of [maxpool]", ZS_EUNSUPPORTED},
    {NET "[route]\nlayers=-1\n", "layer 0", "layer -1 is none before", ZS_ERANGE},
    {NET "[route]\n", "layer 0", "names no layers", ZS_EPARSE},
    {NET "[avgpool]\n[shortcut]\nfrom=3\n", "layer 1", "layer 3 is none before", ZS_ERANGE},
    {NET "[avgpool]\n[maxpool]\n[route]\nlayers=0\n[upsample]\n[shortcut]\nfrom=0\n", "layer 4",
     "shapes must be equal", ZS_ESHAPE},
    {NET "[convolutional]\nactivation=stair\n", "layer 0", "activation stair", ZS_EUNSUPPORTED},
    {NET "[convolutional]\nxnor=1\n", "layer 0", "xnor is not handled", ZS_EUNSUPPORTED},
    {NET "[reorg]\nstride=3\n", "layer 0", "stride 3 does not divide 4 channels", ZS_ESHAPE},
    {NET "[maxpool]\n[scale_channels]\nfrom=-1\n", "layer 1", "4 x 4 x 4 factors for maps of",
     ZS_ESHAPE},
    {NET "[avgpool]\n[scale_channels]\nfrom=-1\nscale_wh=1\n", "layer 1", "scale_wh 1",
     ZS_EUNSUPPORTED},
    {NET "[softmax]\ntree=t\n", "layer 0", "a softmax of a tree", ZS_EUNSUPPORTED},
};

START_TEST(test_what_is_wrong_is_named)
{
    net_expect_error(parse_bare, span_of(refused[_i].text), "t.cfg", refused[_i].status,
                     refused[_i].place, refused[_i].what);
}
END_TEST

START_TEST(test_memory_runs_out_without_harm)
{
    net_expect_nomem(parse_bare, span_of(cases[3].text), "t.cfg", 1);
}
END_TEST

TCase *tcase_net_darknet(void)
{
    TCase *tc = net_case("net_darknet");
    tcase_add_loop_test(tc, test_layers_compute_what_darknet_does, 0, (int)ZS_LEN(cases));
    tcase_add_test(tc, test_without_weights_they_are_synthetic);
    tcase_add_test(tc, test_weights_must_be_as_many_as_the_layers_take);
    tcase_add_loop_test(tc, test_what_is_wrong_is_named, 0, (int)ZS_LEN(refused));
    tcase_add_test(tc, test_memory_runs_out_without_harm);
    return tc;
}
