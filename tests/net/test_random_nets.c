#include "net_cases.h"
#include "nets.h"

#include <stdio.h>
#include <string.h>

/* Networks of random layers with sizes near all limits: each is refused with a sentence, or becomes
 * a graph that keeps its promises. */

static uint32_t pick(zs_prng *prng, const uint32_t *values, size_t n)
{
    return values[zs_prng_below(prng, n)];
}

static uint32_t likely(zs_prng *prng, uint32_t usual)
{
    static const uint32_t odd[] = {0, 1, 2, 3, 5, 7, 65535, 65536, UINT32_MAX};
    return zs_prng_below(prng, 40) == 0 ? pick(prng, odd, ZS_LEN(odd)) : usual;
}

static void random_inputs(zs_prng *prng, uint32_t i, uint32_t n, char *text, size_t bytes)
{
    size_t at = 0;
    text[0] = '\0';
    for (uint32_t k = 0; k < n; k++) {
        const uint32_t back = (uint32_t)zs_prng_below(prng, 3) + 1;
        const uint32_t from = zs_prng_below(prng, 60) == 0 ? i + 1 : i - back;
        if (back > i)
            at += (size_t)snprintf(text + at, bytes - at, "data ");
        else
            at += (size_t)snprintf(text + at, bytes - at, "l%u ", from);
    }
}

static void random_layer(zs_prng *prng, test_spec *s, uint32_t i)
{
    static const float scale[1] = {1};
    const zs_layer_op op = (zs_layer_op)zs_prng_below(prng, ZS_LAYER_N);
    const bool many = op == ZS_LAYER_ADD || op == ZS_LAYER_CONCAT;
    char name[16], in[64];
    snprintf(name, sizeof name, "l%u", i);
    random_inputs(prng, i, many ? 2 + (uint32_t)zs_prng_below(prng, 2) : 1, in, sizeof in);
    zs_layer_spec *layer = test_layer(s, op, name, in);
    layer->oc = likely(prng, 4);
    layer->groups = pick(prng, (const uint32_t[]){0, 1, 1, 1, 2, 4, 3}, 7);
    const uint32_t k = pick(prng, (const uint32_t[]){1, 1, 2, 3, 3, 5}, 6);
    test_window(layer, likely(prng, k), likely(prng, 1 + (uint32_t)zs_prng_below(prng, 2)),
                likely(prng, k / 2), likely(prng, k / 2), likely(prng, k / 2), likely(prng, k / 2));
    layer->window.dh = likely(prng, 1);
    layer->auto_same_upper = zs_prng_below(prng, 6) == 0;
    layer->ceil_mode = zs_prng_below(prng, 2) == 0;
    layer->pool = (zs_pool_kind)zs_prng_below(prng, 2);
    layer->lrn_size = likely(prng, 5);
    layer->lrn_k = 1;
    layer->act = (zs_act){zs_prng_below(prng, 2) == 0, -1, (float)likely(prng, 6)};
    if (zs_prng_below(prng, 50) == 0)
        layer->weights = (zs_weights){scale, NULL, 1, 0};
}

static void check_graph(const zs_net *net)
{
    ck_assert_uint_lt(net->output, net->tensor_n);
    ck_assert_uint_lt(net->logits, net->tensor_n);
    ck_assert_uint_lt(zs_net_macs(net), UINT64_C(1) << 51);
    for (uint32_t i = 0; i < net->layer_n; i++) {
        const zs_layer *layer = &net->layers[i];
        ck_assert(layer->op != ZS_LAYER_DROPOUT && layer->op != ZS_LAYER_FLATTEN);
        ck_assert_uint_eq(net->tensors[layer->out].producer, i);
        ck_assert_int_eq(memcmp(&net->tensors[layer->out].shape, &layer->y, sizeof layer->y), 0);
        for (uint32_t k = 0; k < layer->in_n; k++) {
            const uint32_t producer = net->tensors[layer->in[k]].producer;
            ck_assert(producer == ZS_NO_INDEX || producer < i);
        }
    }
    for (uint32_t t = 0; t < net->tensor_n; t++) {
        uint64_t offset_elems;
        const uint32_t root = zs_tensor_root(net, t, &offset_elems);
        ck_assert_uint_le(offset_elems + zs_shape_elems(net->tensors[t].shape),
                          zs_shape_elems(net->tensors[root].shape));
    }
}

START_TEST(test_random_networks_are_refused_or_keep_their_promises)
{
    uint32_t built = 0;
    for (uint64_t seed = 0; seed < 4000; seed++) {
        zs_prng prng = {.state = seed};
        zs_arena arena;
        zs_net *net = NULL;
        zs_err err = {0};
        zs_arena_init(&arena, test_heap());
        test_spec *s = test_spec_new(4, 1 + (uint32_t)zs_prng_below(&prng, 12), 9);
        const uint32_t layer_n = 1 + (uint32_t)zs_prng_below(&prng, 12);
        for (uint32_t i = 0; i < layer_n; i++)
            random_layer(&prng, s, i);
        if (zs_prng_below(&prng, 4) != 0)
            test_spec_get(s)->output = test_spec_get(s)->layers[layer_n - 1].name;
        const zs_status status = zs_net_build(&arena, test_spec_get(s), &net, &err);
        ck_assert_msg((status == ZS_OK) == (err.text[0] == '\0'), "seed %d", (int)seed);
        ck_assert_msg((status == ZS_OK) == (net != NULL), "seed %d", (int)seed);
        if (status == ZS_OK)
            check_graph(net);
        built += status == ZS_OK;
        test_spec_free(s);
        zs_arena_drop(&arena);
    }
    ck_assert_uint_gt(built, 400); /* else the test looks at refusals only */
    ck_assert_uint_lt(built, 3600);
}
END_TEST

TCase *tcase_random_nets(void)
{
    TCase *tc = tcase_create("random nets");
    tcase_add_test(tc, test_random_networks_are_refused_or_keep_their_promises);
    return tc;
}
