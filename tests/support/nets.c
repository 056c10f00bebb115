#include "nets.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LAYERS = 256, MAX_INPUTS = 64 };

struct test_spec {
    zs_net_spec net;
    zs_layer_spec layers[MAX_LAYERS];
    const char *in[MAX_LAYERS][MAX_INPUTS];
    char *texts[2 * MAX_LAYERS];
    uint32_t text_n;
};

test_spec *test_spec_new(uint32_t c, uint32_t h, uint32_t w)
{
    test_spec *s = calloc(1, sizeof *s);
    s->net = (zs_net_spec){.name = "test", .layers = s->layers, .seed = 1};
    s->net.input = (zs_input_spec){.name = "data", .shape = {c, h, w}};
    return s;
}

void test_spec_free(test_spec *s)
{
    for (uint32_t i = 0; i < s->text_n; i++)
        free(s->texts[i]);
    free(s);
}

zs_net_spec *test_spec_get(test_spec *s)
{
    return &s->net;
}

static char *keep(test_spec *s, const char *text)
{
    char *copy = strdup(text);
    ck_assert_uint_lt(s->text_n, ZS_LEN(s->texts));
    s->texts[s->text_n++] = copy;
    return copy;
}

zs_layer_spec *test_layer(test_spec *s, zs_layer_op op, const char *name, const char *in)
{
    const uint32_t i = s->net.layer_n++;
    ck_assert_uint_lt(i, MAX_LAYERS);
    zs_layer_spec *layer = &s->layers[i];
    *layer = (zs_layer_spec){
        .name = keep(s, name), .op = op, .in = s->in[i], .groups = 1, .window = ZS_WINDOW_1X1};
    if (in[0] == '\0') {
        s->in[i][0] = i == 0 ? "data" : s->layers[i - 1].name;
        layer->in_n = 1;
        return layer;
    }
    for (char *rest = keep(s, in), *word; (word = strtok_r(NULL, " ", &rest)) != NULL;) {
        ck_assert_uint_lt(layer->in_n, MAX_INPUTS);
        s->in[i][layer->in_n++] = word;
    }
    return layer;
}

void test_window(zs_layer_spec *layer, uint32_t k, uint32_t stride, uint32_t top, uint32_t left,
                 uint32_t bottom, uint32_t right)
{
    layer->window = (zs_window){k, k, stride, stride, 1, 1, top, left, bottom, right};
}

zs_layer_spec *test_conv(test_spec *s, const char *name, const char *in, uint32_t oc, uint32_t k,
                         uint32_t stride, uint32_t pad)
{
    zs_layer_spec *layer = test_layer(s, ZS_LAYER_CONV, name, in);
    layer->oc = oc;
    test_window(layer, k, stride, pad, pad, pad, pad);
    return layer;
}

zs_layer_spec *test_pool(test_spec *s, const char *name, const char *in, zs_pool_kind kind,
                         uint32_t k, uint32_t stride)
{
    zs_layer_spec *layer = test_layer(s, ZS_LAYER_POOL, name, in);
    layer->pool = kind;
    test_window(layer, k, stride, 0, 0, 0, 0);
    return layer;
}

zs_layer_spec *test_relu(test_spec *s, const char *name)
{
    zs_layer_spec *layer = test_layer(s, ZS_LAYER_ACT, name, "");
    layer->act = (zs_act){true, 0, INFINITY};
    return layer;
}

/* ---- SqueezeNet ------------------------------------------------------------------------------ */

static void conv_relu(test_spec *s, const char *name, const char *in, uint32_t oc, uint32_t k,
                      uint32_t stride, uint32_t pad)
{
    char relu[64];
    test_conv(s, name, in, oc, k, stride, pad);
    snprintf(relu, sizeof relu, "relu_%s", name);
    test_relu(s, relu);
}

static void fire(test_spec *s, uint32_t n, uint32_t squeeze, uint32_t expand)
{
    char name[64], from[64], both[128];
    snprintf(name, sizeof name, "fire%u_squeeze", n);
    conv_relu(s, name, "", squeeze, 1, 1, 0);
    snprintf(from, sizeof from, "relu_fire%u_squeeze", n);
    snprintf(name, sizeof name, "fire%u_expand1x1", n);
    conv_relu(s, name, from, expand, 1, 1, 0);
    snprintf(name, sizeof name, "fire%u_expand3x3", n);
    conv_relu(s, name, from, expand, 3, 1, 1);
    snprintf(name, sizeof name, "fire%u_concat", n);
    snprintf(both, sizeof both, "relu_fire%u_expand1x1 relu_fire%u_expand3x3", n, n);
    test_layer(s, ZS_LAYER_CONCAT, name, both);
}

test_spec *test_squeezenet_v11(void)
{
    static const uint32_t sizes[8][2] = {{16, 64},  {16, 64},  {32, 128}, {32, 128},
                                         {48, 192}, {48, 192}, {64, 256}, {64, 256}};
    test_spec *s = test_spec_new(3, 227, 227);
    conv_relu(s, "conv1", "", 64, 3, 2, 0);
    test_pool(s, "pool1", "", ZS_POOL_MAX, 3, 2)->ceil_mode = true;
    for (uint32_t n = 2; n <= 9; n++) {
        fire(s, n, sizes[n - 2][0], sizes[n - 2][1]);
        if (n == 3)
            test_pool(s, "pool3", "", ZS_POOL_MAX, 3, 2)->ceil_mode = true;
        if (n == 5)
            test_pool(s, "pool5", "", ZS_POOL_MAX, 3, 2)->ceil_mode = true;
    }
    test_layer(s, ZS_LAYER_DROPOUT, "drop9", "");
    conv_relu(s, "conv10", "", 1000, 1, 1, 0);
    test_layer(s, ZS_LAYER_GAP, "pool10", "");
    test_layer(s, ZS_LAYER_SOFTMAX, "prob", "");
    return s;
}

/* ---- graphs ---------------------------------------------------------------------------------- */

zs_net *test_net(zs_arena *arena, test_spec *s)
{
    zs_net *net = NULL;
    zs_err err = {0};
    const zs_status status = zs_net_build(arena, &s->net, &net, &err);
    ck_assert_msg(status == ZS_OK, "%s: %s", err.place, err.text);
    return net;
}

const zs_layer *test_find_layer(const zs_net *net, const char *name)
{
    for (uint32_t i = 0; i < net->layer_n; i++)
        if (strcmp(net->layers[i].name, name) == 0)
            return &net->layers[i];
    ck_abort_msg("no layer %s", name);
    return NULL;
}

uint32_t test_find_tensor(const zs_net *net, const char *name)
{
    for (uint32_t i = 0; i < net->tensor_n; i++)
        if (strcmp(net->tensors[i].name, name) == 0)
            return i;
    ck_abort_msg("no tensor %s", name);
    return 0;
}

uint32_t test_find_published(const zs_net *net, const char *name)
{
    for (uint32_t t = 0; t < net->tensor_n; t++) {
        const char *own = net->tensors[t].name;
        size_t i = 0;
        while (own[i] != '\0' && (own[i] == name[i] || (own[i] == '/' && name[i] == '_')))
            i++;
        if (own[i] == '\0' && name[i] == '\0')
            return t;
    }
    ck_abort_msg("no tensor %s", name);
    return 0;
}
