#include "nets.h"
#include "train_cases.h"
#include "zynqsim/train_case.h"

#include <math.h>
#include <string.h>

enum { NAIVE_LAYERS = 5, NAIVE_BATCH = 3 };

#define ELEM       float
#define NAME(base) base##_single
#include "naive_body.h"
#undef ELEM
#undef NAME
#define ELEM       double
#define NAME(base) base##_double
#include "naive_body.h"
#undef ELEM
#undef NAME

static zs_arena arena;

static void set_up(void)
{
    zs_arena_init(&arena, test_heap());
}

static void tear_down(void)
{
    zs_arena_drop(&arena);
}

static double *draw_list(zs_prng *prng, uint64_t n)
{
    double *list = zs_arena_alloc(&arena, (size_t)n, sizeof *list);
    for (uint64_t i = 0; i < n; i++)
        list[i] = (double)(int)zs_prng_below(prng, 129) / 64 - 1;
    return list;
}

static zs_train_case draw_case(uint64_t seed)
{
    zs_prng prng = {.state = seed};
    zs_train_case c = {.name = "drawn"};
    uint32_t *sizes = zs_new(&arena, uint32_t, NAIVE_LAYERS + 1);
    uint32_t *ppv = zs_new(&arena, uint32_t, NAIVE_LAYERS);
    c.layer_n = 2 + (uint32_t)zs_prng_below(&prng, NAIVE_LAYERS - 1);
    double **weights = zs_new(&arena, double *, c.layer_n),
           **biases = zs_new(&arena, double *, c.layer_n);
    for (uint32_t i = 0; i <= c.layer_n; i++)
        sizes[i] = 1 + (uint32_t)zs_prng_below(&prng, W_single);
    for (uint32_t i = 1; i < c.layer_n; i++)
        if (zs_prng_below(&prng, 2) == 1)
            ppv[c.ppv_n++] = i;
    c.batch_n = 1 + (uint32_t)zs_prng_below(&prng, N_single);
    c.batch = 1 + (uint32_t)zs_prng_below(&prng, NAIVE_BATCH);
    c.lr = 0.1;
    c.momentum = 0.9;
    c.weight_decay = zs_prng_below(&prng, 2) == 1 ? 0.01 : 0;
    for (uint32_t i = 0; i < c.layer_n; i++) {
        weights[i] = draw_list(&prng, (uint64_t)sizes[i] * sizes[i + 1]);
        biases[i] = draw_list(&prng, sizes[i + 1]);
    }
    c.sizes = sizes;
    c.ppv = ppv;
    c.weights = weights;
    c.biases = biases;
    c.x = draw_list(&prng, (uint64_t)c.batch_n * c.batch * sizes[0]);
    c.t = draw_list(&prng, (uint64_t)c.batch_n * c.batch * sizes[c.layer_n]);
    return c;
}

START_TEST(test_every_weight_of_every_cycle_is_that_of_the_definition)
{
    for (uint64_t seed = 0; seed < 3; seed++)
        for (int variant = 0; variant < 4; variant++) {
            const zs_train_case c = draw_case(3 * (uint64_t)_i + seed + 1);
            const uint32_t type = variant % 2 ? ZS_TRAIN_FLOAT64 : ZS_TRAIN_FLOAT32;
            const bool stashes = variant >= 2;
            zs_train_case_result r;
            zs_err err = {0};
            ck_assert_msg(zs_train_case_run(&arena, &c, type,
                                            stashes ? ZS_SCHEME_PIPEDREAM : ZS_SCHEME_STALE, &r,
                                            &err) == ZS_OK,
                          "%s: %s", err.place, err.text);
            ck_assert_uint_eq(r.cycle_n, c.batch_n + 2 * c.ppv_n);
            double *expected =
                zs_arena_alloc(&arena, (size_t)(r.cycle_n * r.param_n), sizeof *expected);
            (type == ZS_TRAIN_FLOAT64 ? run_double : run_single)(&c, stashes, r.cycle_n, r.param_n,
                                                                 expected);
            for (uint64_t i = 0; i < r.cycle_n * r.param_n; i++)
                ck_assert_msg(memcmp(&expected[i], &r.params[i], sizeof *expected) == 0 ||
                                  (isnan(expected[i]) && isnan(r.params[i])),
                              "seed %llu variant %d cycle %llu parameter %llu: %a, not %a",
                              (unsigned long long)seed, variant,
                              (unsigned long long)(i / r.param_n),
                              (unsigned long long)(i % r.param_n), r.params[i], expected[i]);
        }
}
END_TEST

/* ---- schemes that are the same --------------------------------------------------------------- */

enum { STEPS = 5, BATCH = 8 };

/* Parameters of a small network after a few mini-batches. */
static const float *trained(uint32_t scheme, uint32_t cut_n, uint32_t micro_batches, uint64_t *n)
{
    const uint32_t cuts[] = {1, 2}; /* behind the pool, behind the sum */
    zs_prng prng = {.state = 3};
    zs_err err = {0};
    zs_net *net;
    zs_trainer *t;
    test_spec *s = test_spec_new(1, 8, 8);
    test_conv(s, "conv", "data", 5, 3, 1, 1)->act = (zs_act){true, 0, INFINITY};
    test_pool(s, "pool", "", ZS_POOL_MAX, 2, 2);
    test_conv(s, "deep", "", 5, 3, 1, 1);
    test_layer(s, ZS_LAYER_ADD, "sum", "deep pool");
    test_layer(s, ZS_LAYER_FC, "last", "")->oc = 4;
    test_layer(s, ZS_LAYER_SOFTMAX, "prob", "");
    ck_assert_int_eq(zs_net_build(&arena, test_spec_get(s), &net, &err), ZS_OK);
    test_spec_free(s);
    const zs_train_setup setup = {.net = net,
                                  .scheme = scheme,
                                  .batch = BATCH,
                                  .micro_batches = micro_batches,
                                  .cuts = cuts,
                                  .cut_n = cut_n,
                                  .momentum = 0.9,
                                  .weight_decay = 0.001};
    ck_assert_msg(zs_trainer_build(&arena, &setup, &t, &err) == ZS_OK, "%s: %s", err.place,
                  err.text);
    for (int step = 0; step < STEPS; step++) {
        float x[BATCH * 64];
        uint32_t labels[BATCH];
        for (size_t i = 0; i < ZS_LEN(x); i++)
            x[i] = (float)zs_prng_below(&prng, 256) / 256;
        for (size_t i = 0; i < BATCH; i++)
            labels[i] = (uint32_t)zs_prng_below(&prng, 4);
        zs_trainer_cycle(t, &(zs_train_batch){.x = x, .labels = labels, .n = BATCH}, 0.05);
    }
    while (zs_trainer_is_busy(t))
        zs_trainer_cycle(t, NULL, 0.05);
    return zs_trainer_params(t, n);
}

static const struct {
    uint32_t scheme, cut_n, micro_batches;
    bool is_plain;
} ways[] = {{ZS_SCHEME_PLAIN, 2, 1, true},     {ZS_SCHEME_STALE, 0, 1, true},
            {ZS_SCHEME_PIPEDREAM, 0, 1, true}, {ZS_SCHEME_HYBRID, 0, 1, true},
            {ZS_SCHEME_GPIPE, 2, 4, true},     {ZS_SCHEME_GPIPE, 1, 3, true},
            {ZS_SCHEME_STALE, 1, 1, false},    {ZS_SCHEME_PIPEDREAM, 2, 1, false}};

START_TEST(test_what_is_plain_has_the_bits_of_ordinary_sgd)
{
    uint64_t n, m;
    const float *plain = trained(ZS_SCHEME_PLAIN, 0, 1, &n);
    const float *other = trained(ways[_i].scheme, ways[_i].cut_n, ways[_i].micro_batches, &m);
    ck_assert_uint_eq(n, m);
    ck_assert((memcmp(plain, other, n * sizeof *plain) == 0) == ways[_i].is_plain);
}
END_TEST

/* ---- cuts ------------------------------------------------------------------------------------ */

static const struct {
    const char *cut, *text;
} wrong[] = {{"conv9", "'conv9' is no layer of test, did you mean 'conv1'?"},
             {"conv1,conv1", "layer 'conv1' comes twice"},
             {"pool1, conv1", "layer 'conv1' comes before 'pool1' in the network"}};

START_TEST(test_cuts_that_name_no_layer_are_refused)
{
    zs_err err = {0};
    zs_net *net;
    uint32_t *cuts, n;
    test_spec *s = test_spec_new(1, 8, 8);
    test_conv(s, "conv1", "data", 5, 3, 1, 1);
    test_pool(s, "pool1", "", ZS_POOL_MAX, 2, 2);
    test_layer(s, ZS_LAYER_FC, "last", "")->oc = 4;
    test_spec_get(s)->name = "test";
    ck_assert_int_eq(zs_net_build(&arena, test_spec_get(s), &net, &err), ZS_OK);
    ck_assert_int_eq(zs_train_cuts(&arena, net, wrong[_i].cut, &cuts, &n, &err), ZS_EUSAGE);
    ck_assert_str_eq(err.text, wrong[_i].text);
    ck_assert_int_eq(zs_train_cuts(&arena, net, "conv1, pool1", &cuts, &n, &err), ZS_OK);
    ck_assert(n == 2 && cuts[0] == 0 && cuts[1] == 1);
    test_spec_free(s);
}
END_TEST

TCase *tcase_schemes(void)
{
    TCase *tc = tcase_create("schemes");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, test_every_weight_of_every_cycle_is_that_of_the_definition, 0, 8);
    tcase_add_loop_test(tc, test_what_is_plain_has_the_bits_of_ordinary_sgd, 0, (int)ZS_LEN(ways));
    tcase_add_loop_test(tc, test_cuts_that_name_no_layer_are_refused, 0, (int)ZS_LEN(wrong));
    return tc;
}
