#include "small_nets.h"

#include "support.h"

#define IN(...)                                                                                    \
    .in = (const char *const[]){__VA_ARGS__}, .in_n = ZS_LEN(((const char *const[]){__VA_ARGS__}))
#define RELU .act = {.active = true, .lo = 0, .hi = __builtin_inff()}
#define K(kernel, stride, pad)                                                                     \
    .window = {.kh = (kernel),                                                                     \
               .kw = (kernel),                                                                     \
               .sh = (stride),                                                                     \
               .sw = (stride),                                                                     \
               .dh = 1,                                                                            \
               .dw = 1,                                                                            \
               .pad_top = (pad),                                                                   \
               .pad_left = (pad),                                                                  \
               .pad_bottom = (pad),                                                                \
               .pad_right = (pad)}
#define CONV(layer, from, channels, ...)                                                           \
    {                                                                                              \
        .name = layer, .op = ZS_LAYER_CONV, IN(from), .oc = (channels), .groups = 1, RELU,         \
        __VA_ARGS__                                                                                \
    }
#define MAXPOOL(layer, from, ...)                                                                  \
    {                                                                                              \
        .name = layer, .op = ZS_LAYER_POOL, IN(from), .pool = ZS_POOL_MAX, __VA_ARGS__             \
    }

/* Fire modules with overlapping pools, one of them behind a concatenation. */
static const zs_layer_spec fire[] = {
    CONV("conv1", "data", 12, K(3, 2, 0)),
    MAXPOOL("pool1", "conv1", K(3, 2, 0), .ceil_mode = true),
    CONV("f2/squeeze1x1", "pool1", 6, K(1, 1, 0)),
    CONV("f2/expand1x1", "f2/squeeze1x1", 10, K(1, 1, 0)),
    CONV("f2/expand3x3", "f2/squeeze1x1", 13, K(3, 1, 1)),
    {.name = "f2/concat", .op = ZS_LAYER_CONCAT, IN("f2/expand1x1", "f2/expand3x3")},
    MAXPOOL("pool2", "f2/concat", K(3, 2, 0), .ceil_mode = true),
    CONV("f3/squeeze1x1", "pool2", 5, K(1, 1, 0)),
    CONV("f3/expand1x1", "f3/squeeze1x1", 9, K(1, 1, 0)),
    CONV("f3/expand3x3", "f3/squeeze1x1", 7, K(3, 1, 1)),
    {.name = "f3/concat", .op = ZS_LAYER_CONCAT, IN("f3/expand1x1", "f3/expand3x3")},
    CONV("conv4", "f3/concat", 11, K(1, 1, 0)),
    {.name = "gap", .op = ZS_LAYER_GAP, IN("conv4")},
    {.name = "prob", .op = ZS_LAYER_SOFTMAX, IN("gap")},
};

/* Convolution, pool, fully connected layers: chains that can stay on chip. */
static const zs_layer_spec lenet[] = {
    CONV("conv1", "data", 7, K(5, 1, 0)),
    MAXPOOL("pool1", "conv1", K(2, 2, 0)),
    CONV("conv2", "pool1", 9, K(5, 1, 2)),
    MAXPOOL("pool2", "conv2", K(2, 2, 0), RELU),
    {.name = "ip1", .op = ZS_LAYER_FC, IN("pool2"), .oc = 37, RELU},
    {.name = "ip2", .op = ZS_LAYER_FC, IN("ip1"), .oc = 10},
    {.name = "prob", .op = ZS_LAYER_SOFTMAX, IN("ip2")},
};

/* Residual additions, a strided shortcut, stand-alone activations and pools. */
static const zs_layer_spec residual[] = {
    CONV("conv1", "data", 8, K(3, 1, 1)),
    {.name = "a1", .op = ZS_LAYER_CONV, IN("conv1"), .oc = 8, .groups = 1, K(3, 1, 1)},
    {.name = "add1", .op = ZS_LAYER_ADD, IN("a1", "conv1"), RELU},
    {.name = "a2",
     .op = ZS_LAYER_CONV,
     IN("add1"),
     .oc = 12,
     .groups = 1,
     .no_bias = true,
     K(3, 2, 1)},
    {.name = "short", .op = ZS_LAYER_CONV, IN("add1"), .oc = 12, .groups = 1, K(1, 2, 0)},
    {.name = "add2", .op = ZS_LAYER_ADD, IN("a2", "short")},
    {.name = "relu2", .op = ZS_LAYER_ACT, IN("add2"), RELU},
    MAXPOOL("pool3", "relu2", K(3, 2, 1)),
    {.name = "relu6", .op = ZS_LAYER_ACT, IN("add2"), .act = {.active = true, .lo = 0, .hi = 6}},
    MAXPOOL("pool4", "relu6", K(3, 2, 1)),
    {.name = "add3", .op = ZS_LAYER_ADD, IN("pool3", "pool4")},
    {.name = "avg", .op = ZS_LAYER_POOL, IN("add3"), .pool = ZS_POOL_AVG, K(2, 1, 0)},
};

/* Depthwise and grouped convolutions, asymmetric padding, dilation, odd strides. */
static const zs_layer_spec groups[] = {
    CONV("conv1", "data", 8,
         .window = {.kh = 3,
                    .kw = 3,
                    .sh = 2,
                    .sw = 2,
                    .dh = 1,
                    .dw = 1,
                    .pad_bottom = 1,
                    .pad_right = 1}),
    {.name = "dw", .op = ZS_LAYER_CONV, IN("conv1"), .groups = 0, .oc = 8, K(3, 1, 1), RELU},
    {.name = "pw", .op = ZS_LAYER_CONV, IN("dw"), .groups = 1, .oc = 12, K(1, 1, 0), RELU},
    {.name = "grouped",
     .op = ZS_LAYER_CONV,
     IN("pw"),
     .groups = 3,
     .oc = 18,
     RELU,
     .window =
         {.kh = 1, .kw = 5, .sh = 1, .sw = 1, .dh = 1, .dw = 1, .pad_left = 2, .pad_right = 2}},
    {.name = "dilated",
     .op = ZS_LAYER_CONV,
     IN("grouped"),
     .groups = 1,
     .oc = 6,
     .window = {.kh = 3,
                .kw = 3,
                .sh = 1,
                .sw = 3,
                .dh = 2,
                .dw = 1,
                .pad_top = 2,
                .pad_bottom = 1,
                .pad_left = 1}},
    {.name = "dw3", .op = ZS_LAYER_CONV, IN("dilated"), .groups = 0, .oc = 6, K(3, 3, 1)},
    {.name = "fc", .op = ZS_LAYER_FC, IN("dw3"), .oc = 10},
};

/* Pools whose windows do not touch, or cross more than one tile. */
static const zs_layer_spec pools[] = {
    CONV("conv1", "data", 6, K(3, 1, 1)),
    MAXPOOL("wide", "conv1", K(5, 2, 2)),
    CONV("conv2", "wide", 8, K(1, 1, 0)),
    MAXPOOL("sparse", "conv2", K(2, 3, 0)),
    CONV("conv3", "sparse", 8, K(3, 1, 1)),
    MAXPOOL("dense", "conv3", K(3, 1, 1)),
    {.name = "fc", .op = ZS_LAYER_FC, IN("dense"), .oc = 5},
};

/* A concatenation that cannot be written in place, and a batchnorm that cannot be folded. */
static const zs_layer_spec host[] = {
    CONV("conv1", "data", 5, K(3, 1, 1)),
    {.name = "cat", .op = ZS_LAYER_CONCAT, IN("data", "conv1")},
    {.name = "bn", .op = ZS_LAYER_BATCHNORM, IN("cat")},
    CONV("conv2", "bn", 7, K(3, 2, 1)),
    {.name = "lrn",
     .op = ZS_LAYER_LRN,
     IN("conv2"),
     .lrn_size = 3,
     .lrn_alpha = 1e-4f,
     .lrn_beta = 0.75f,
     .lrn_k = 1},
    {.name = "fc", .op = ZS_LAYER_FC, IN("lrn"), .oc = 9},
};

static const struct {
    const char *name;
    const zs_layer_spec *layers;
    uint32_t n;
    zs_shape input;
} nets[TEST_NET_N] = {
    {"fire", fire, ZS_LEN(fire), {3, 47, 53}},
    {"lenet", lenet, ZS_LEN(lenet), {1, 28, 24}},
    {"residual", residual, ZS_LEN(residual), {4, 26, 31}},
    {"groups", groups, ZS_LEN(groups), {3, 34, 34}},
    {"pools", pools, ZS_LEN(pools), {2, 33, 29}},
    {"host", host, ZS_LEN(host), {3, 17, 19}},
};

const char *test_net_name(int which)
{
    return nets[which].name;
}

const zs_net *test_net_build(zs_arena *arena, int which)
{
    const zs_net_spec spec = {.name = nets[which].name,
                              .input = {.name = "data", .shape = nets[which].input},
                              .layers = nets[which].layers,
                              .layer_n = nets[which].n,
                              .seed = 7};
    zs_net *net = NULL;
    zs_err err = {0};
    ck_assert_msg(zs_net_build(arena, &spec, &net, &err) == ZS_OK, "%s: %s", err.place, err.text);
    return net;
}

void test_net_prune(zs_arena *arena, const zs_net *net, uint64_t seed)
{
    zs_prng prng = {.state = seed};
    zs_layer *layers = (zs_layer *)net->layers;
    for (uint32_t i = 0; i < net->layer_n; i++) {
        zs_layer *l = &layers[i];
        if (!zs_op_has_filters(l->op))
            continue;
        const uint64_t n = zs_layer_filter_elems(l);
        const uint32_t taps = l->window.kh * l->window.kw;
        float *w = zs_new(arena, float, n * l->y.c), *bias = zs_new(arena, float, l->y.c);
        for (uint32_t oc = 0; oc < l->y.c; oc++) {
            const bool is_zero = zs_prng_below(&prng, 4) == 0;
            bias[oc] = zs_layer_bias(net, l, oc);
            ck_assert_ptr_eq(zs_layer_filter(net, l, oc, w + oc * n), w + oc * n);
            for (uint64_t k = 0; k < n; k++) {
                const bool skips = k % taps == 0 && zs_prng_below(&prng, 3) == 0;
                for (uint32_t t = 0; t < taps && skips; t++)
                    w[oc * n + k + t] = 0;
                if (is_zero || zs_prng_below(&prng, 2))
                    w[oc * n + k] = 0;
            }
        }
        l->weights.data = w;
        l->weights.bias = bias;
    }
}
