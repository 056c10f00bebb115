#include "nets.h"
#include "support.h"
#include "train_cases.h"
#include "zynqsim/pipeline.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static zs_arena arena;
static zs_net *net;
static zs_design design;

static void set_up(void)
{
    zs_err err = {0};
    zs_arena_init(&arena, test_heap());
    test_spec *s = test_spec_new(1, 12, 12);
    test_conv(s, "conv1", "data", 4, 3, 1, 1)->act = (zs_act){true, 0, INFINITY};
    test_pool(s, "pool1", "", ZS_POOL_MAX, 2, 2);
    test_conv(s, "conv2", "", 8, 3, 1, 1)->act = (zs_act){true, 0, INFINITY};
    test_layer(s, ZS_LAYER_FC, "last", "")->oc = 4;
    test_layer(s, ZS_LAYER_SOFTMAX, "prob", "");
    ck_assert_int_eq(zs_net_build(&arena, test_spec_get(s), &net, &err), ZS_OK);
    test_spec_free(s);
    zs_design_defaults(&design);
}

static void tear_down(void)
{
    zs_arena_drop(&arena);
}

static const uint32_t cuts[] = {0, 1, 2};

static zs_train_setup setup_of(uint32_t scheme, uint32_t cut_n)
{
    return (zs_train_setup){.net = net,
                            .scheme = scheme,
                            .batch = 16,
                            .micro_batches = 4,
                            .cuts = cuts,
                            .cut_n = cut_n,
                            .momentum = 0.9};
}

static zs_pipeline build(const zs_train_setup *setup)
{
    zs_err err = {0};
    zs_layer_time *times;
    zs_pipeline p;
    ck_assert_msg(zs_pipeline_times(&arena, &design, setup, ZS_TILE, &times, &err) == ZS_OK,
                  "%s: %s", err.place, err.text);
    ck_assert_int_eq(zs_pipeline_build(&arena, &design, setup, times, &p, &err), ZS_OK);
    return p;
}

/* The input of the network is read on both sides of the cut. */
START_TEST(test_a_shortcut_crosses_every_cut_on_its_way)
{
    static const uint32_t two[] = {0, 1};
    test_spec *s = test_spec_new(2, 3, 3);
    test_conv(s, "a", "data", 4, 1, 1, 0);
    test_conv(s, "b", "a", 2, 1, 1, 0);
    test_layer(s, ZS_LAYER_ADD, "sum", "b data");
    const zs_net *shortcut = test_net(&arena, s);
    test_spec_free(s);
    ck_assert_uint_eq(zs_train_crossing_elems(shortcut, two, 2, 0), (4 + 2) * 9);
    ck_assert_uint_eq(zs_train_crossing_elems(shortcut, two, 2, 1), (2 + 2) * 9);
    ck_assert_uint_eq(zs_train_crossing_elems(shortcut, two, 1, 0), (4 + 2) * 9);
}
END_TEST

/* ---- passes of a convolution ----------------------------------------------------------------- */

static const struct {
    uint32_t ic, oc, size, k, stride, pad, groups;
} convs[] = {
    {4, 6, 12, 3, 2, 1, 1}, {4, 6, 9, 1, 2, 0, 1}, {3, 8, 8, 5, 1, 2, 1},
    {3, 8, 8, 3, 1, 0, 1},  {4, 8, 8, 3, 1, 1, 2}, {6, 6, 7, 3, 2, 1, 3},
};

static const zs_layer_time *times_of(test_spec *s)
{
    zs_err err = {0};
    zs_layer_time *times;
    const zs_train_setup setup = {.net = test_net(&arena, s), .batch = 16};
    test_spec_free(s);
    ck_assert_msg(zs_pipeline_times(&arena, &design, &setup, ZS_TILE, &times, &err) == ZS_OK,
                  "%s: %s", err.place, err.text);
    return times;
}

/* The convolution as the first layer, or behind another, which needs the errors of its inputs. */
static zs_layer_time time_of_conv(int i, bool has_error)
{
    const uint32_t size = convs[i].size;
    test_spec *s = test_spec_new(convs[i].ic, size, size);
    if (has_error)
        test_conv(s, "front", "", convs[i].ic, 1, 1, 0);
    test_conv(s, "conv", "", convs[i].oc, convs[i].k, convs[i].stride, convs[i].pad)->groups =
        convs[i].groups;
    return times_of(s)[has_error];
}

/* The data gradient is a convolution over the errors with zeros between them, as many as the stride
 * leaves out, and channels exchanged. */
START_TEST(test_errors_of_inputs_take_the_time_of_their_convolution)
{
    const uint32_t size = convs[_i].size, k = convs[_i].k, pad = convs[_i].pad;
    const uint32_t y = (size + 2 * pad - k) / convs[_i].stride + 1;
    const uint32_t spread = (y - 1) * convs[_i].stride + 1;
    const uint32_t before = k - 1 > pad ? k - 1 - pad : 0, all = size + k - 1 - spread;
    const uint32_t behind = all > before ? all - before : 0;
    test_spec *s = test_spec_new(convs[_i].oc, spread, spread);
    zs_layer_spec *gradient = test_conv(s, "conv", "", convs[_i].ic, k, 1, 0);
    gradient->groups = convs[_i].groups;
    gradient->no_bias = true;
    test_window(gradient, k, 1, before, before, behind, behind);
    const zs_layer_time with = time_of_conv(_i, true), without = time_of_conv(_i, false);
    const zs_layer_time *expected = times_of(s);
    ck_assert_double_gt(expected->inference_s, 0);
    ck_assert_double_eq_tol(with.backward_s - without.backward_s, 16 * expected->inference_s,
                            1e-12);
}
END_TEST

/* The gradient of the weights of a group is a product of errors [oc][pixel] and gathered inputs
 * [pixel][tap], image by image; the PS updates three elements a parameter: gradient, velocity,
 * weight. */
START_TEST(test_weights_take_the_time_of_their_product_and_of_the_update)
{
    const uint32_t ic = convs[_i].ic, oc = convs[_i].oc, k = convs[_i].k, groups = convs[_i].groups;
    const uint32_t y = (convs[_i].size + 2 * convs[_i].pad - k) / convs[_i].stride + 1;
    test_spec *s = test_spec_new(y * y, ic / groups * k, k);
    test_conv(s, "product", "", oc / groups, 1, 1, 0)->no_bias = true;
    const zs_layer_time *product = times_of(s);
    const double params = (double)oc * (ic / groups * k * k + 1);
    const double update =
        3 * params * design.board.cpu.cycles_per_element / (double)design.board.cpu.clock_hz;
    ck_assert_double_eq_tol(time_of_conv(_i, false).backward_s,
                            16 * groups * product->inference_s + update, 1e-12);
}
END_TEST

START_TEST(test_layers_without_weights_take_as_long_and_as_much_backward)
{
    test_spec *s = test_spec_new(4, 12, 12);
    test_pool(s, "first", "", ZS_POOL_AVG, 2, 2);
    test_conv(s, "conv", "", 4, 1, 1, 0);
    const zs_layer_time first = times_of(s)[0];
    s = test_spec_new(4, 12, 12);
    test_conv(s, "conv", "", 4, 1, 1, 0);
    test_pool(s, "second", "", ZS_POOL_AVG, 2, 2);
    const zs_layer_time second = times_of(s)[1];
    ck_assert_double_eq(first.backward_s, 0); /* no layer needs errors of the images */
    ck_assert_double_eq(second.forward_s, first.forward_s);
    ck_assert_double_eq(second.backward_s, second.forward_s);
    ck_assert_double_gt(first.joules, 0);
    ck_assert_double_eq(second.joules, 2 * first.joules);
}
END_TEST

START_TEST(test_free_links_leave_cycles_of_the_slowest_stage)
{
    const zs_train_setup setup = setup_of(ZS_SCHEME_STALE, (uint32_t)_i);
    const zs_pipeline p = build(&setup);
    double slowest = 0, all = 0;
    for (uint32_t i = 0; i < p.stage_n; i++) {
        const double own = p.stages[i].forward_s + p.stages[i].backward_s;
        ck_assert(p.stages[i].forward_s > 0 && p.stages[i].backward_s > 0);
        slowest = fmax(slowest, own);
        all += own;
    }
    ck_assert_double_eq_tol(p.cycle_s, slowest, 1e-15);
    ck_assert_double_eq_tol(zs_pipeline_seconds(&p, ZS_SCHEME_STALE, 100, 100, 1),
                            (100 + 2 * _i) * slowest, 1e-9);
    ck_assert_double_eq_tol(p.fill_s, 2 * _i * slowest, 1e-9 * slowest);
    ck_assert_double_eq_tol(zs_pipeline_seconds(&p, ZS_SCHEME_PLAIN, 100, 0, 0), 100 * all, 1e-9);
}
END_TEST

START_TEST(test_equal_stages_take_the_parts_of_gpipe_one_after_the_other)
{
    zs_err err = {0};
    const zs_train_setup setup = setup_of(ZS_SCHEME_GPIPE, 2);
    zs_layer_time times[5] = {{.forward_s = 1, .backward_s = 2},
                              {.forward_s = 1, .backward_s = 2},
                              {.forward_s = 1, .backward_s = 2}};
    zs_pipeline p;
    ck_assert_int_eq(zs_pipeline_build(&arena, &design, &setup, times, &p, &err), ZS_OK);
    ck_assert_double_eq_tol(p.gpipe_s, (1.0 + 2.0) * (4 + 2) / 4, 1e-9);
    ck_assert_double_eq_tol(p.plain_s, 9, 1e-9);
    ck_assert_double_eq_tol(p.stages[1].training.busy_frac, 4.0 / 6, 1e-9);
}
END_TEST

START_TEST(test_a_link_takes_latency_and_packets)
{
    const zs_train_setup setup = setup_of(ZS_SCHEME_STALE, 1);
    const double before = build(&setup).cycle_s;
    design.system.overlaps = false;
    design.system.link_bytes_per_s = 1e6;
    design.system.link_latency_s = 0.25;
    design.system.packet_bytes = 1000;
    design.system.overhead_bytes = 24;
    const zs_pipeline p = build(&setup);
    const uint64_t bytes = UINT64_C(16) * 4 * 12 * 12 * 4; /* 36,864: 37 packets */
    ck_assert_uint_eq(p.stages[0].crossing_bytes, bytes);
    ck_assert_double_eq_tol(p.cycle_s - before, 0.25 + ((double)bytes + 37 * 24) / 1e6, 1e-9);
}
END_TEST

START_TEST(test_pipedream_needs_the_versions_of_its_weights_more)
{
    zs_err err = {0};
    const zs_train_setup stale = setup_of(ZS_SCHEME_STALE, 3);
    const zs_train_setup stashing = setup_of(ZS_SCHEME_PIPEDREAM, 3);
    for (uint32_t i = 0; i < 4; i++) {
        zs_train_memory a, b;
        ck_assert_int_eq(zs_train_memory_of(&stale, i, &a, &err), ZS_OK);
        ck_assert_int_eq(zs_train_memory_of(&stashing, i, &b, &err), ZS_OK);
        ck_assert_uint_eq(a.stash, 0);
        ck_assert_uint_eq(b.stash, 2 * (3 - i) * b.weights);
        ck_assert_uint_eq(a.in_flight, b.in_flight);
        ck_assert(i < 3 ? a.in_flight > 0 : a.in_flight == 0);
    }
}
END_TEST

START_TEST(test_balanced_cuts_have_the_shortest_slowest_stage)
{
    zs_err err = {0};
    const zs_train_setup setup = setup_of(ZS_SCHEME_STALE, 0);
    zs_layer_time times[] = {
        {.forward_s = 3}, {.forward_s = 1}, {.backward_s = 1}, {.forward_s = 4}, {.forward_s = 0}};
    uint32_t *best;
    ck_assert_int_eq(zs_pipeline_balance(&arena, &setup, times, 1, 1, &best, &err), ZS_OK);
    ck_assert_uint_eq(best[0], 2);
    ck_assert_int_eq(zs_pipeline_balance(&arena, &setup, times, 1, 2, &best, &err), ZS_OK);
    ck_assert(best[1] == 2 && best[0] < 2);
    ck_assert_int_eq(zs_pipeline_balance(&arena, &setup, times, 1, 4, &best, &err), ZS_EUSAGE);
}
END_TEST

/* Six layers of all sizes. */
static zs_net *chain(void)
{
    static const uint32_t maps[] = {4, 16, 2, 8, 1, 12};
    static char names[ZS_LEN(maps)][8];
    zs_net *out;
    zs_err err = {0};
    test_spec *s = test_spec_new(1, 12, 12);
    for (uint32_t i = 0; i < ZS_LEN(maps); i++) {
        snprintf(names[i], sizeof names[i], "c%u", i);
        test_conv(s, names[i], i == 0 ? "data" : "", maps[i], 3, 1, 1);
    }
    ck_assert_int_eq(zs_net_build(&arena, test_spec_get(s), &out, &err), ZS_OK);
    test_spec_free(s);
    return out;
}

static double figure_of(const zs_train_setup *setup, const zs_layer_time *times, bool infers)
{
    zs_err err = {0};
    zs_pipeline p;
    ck_assert_int_eq(zs_pipeline_build(&arena, &design, setup, times, &p, &err), ZS_OK);
    return infers                              ? 1 / p.images_per_s
           : setup->scheme == ZS_SCHEME_PLAIN  ? p.plain_s
           : setup->scheme == ZS_SCHEME_GPIPE  ? p.gpipe_s
           : setup->scheme == ZS_SCHEME_HYBRID ? p.hybrid_s
                                               : p.cycle_s;
}

/* The best figure of all ways to cut six layers k times. */
static double least_of_all(zs_train_setup *setup, const zs_layer_time *times, uint32_t k,
                           bool infers, uint32_t *n)
{
    static uint32_t list[3];
    double least = INFINITY;
    *n = 0;
    setup->cuts = list;
    setup->cut_n = k;
    for (list[0] = 0; list[0] < 5; list[0]++)
        for (list[1] = list[0] + 1; list[1] < (k > 1 ? 5 : list[0] + 2); list[1]++)
            for (list[2] = list[1] + 1; list[2] < (k > 2 ? 5 : list[1] + 2); list[2]++, ++*n)
                least = fmin(least, figure_of(setup, times, infers));
    return least;
}

START_TEST(test_the_best_cuts_are_those_that_trying_all_finds)
{
    const double bandwidth = _i % 2 == 0 ? 3e5 : 0;
    const uint32_t scheme = (uint32_t)_i / 2 % 5;
    const bool infers = _i / 10 % 2 == 1;
    zs_err err = {0};
    zs_layer_time times[6];
    zs_pipeline_cuts best;
    zs_train_setup setup = setup_of(scheme, 0);
    setup.net = chain();
    design.system.link_bytes_per_s = bandwidth;
    design.system.link_latency_s = 0.01;
    design.system.shares_link = _i / 20 % 2 == 1;
    design.system.overlaps = _i < 40;
    design.system.has_duplex = _i < 60;
    for (uint32_t i = 0; i < 6; i++)
        times[i] = (zs_layer_time){.forward_s = 0.1 * (1 + i * 7 % 5),
                                   .backward_s = 0.1 * (1 + i * 3 % 7),
                                   .inference_s = 0.01 * (1 + i * 5 % 6)};
    for (uint32_t k = 1; k <= 3; k++) {
        uint32_t n;
        ck_assert_int_eq(zs_pipeline_best(&arena, &design, &setup, times, k, infers, &best, &err),
                         ZS_OK);
        const double least = least_of_all(&setup, times, k, infers, &n);
        ck_assert_double_eq_tol(best.seconds, least, 1e-6 * least);
        ck_assert_double_eq(best.all_n, n);
        ck_assert_uint_le(best.simulated_n, n + 1);
        setup.cuts = best.cuts;
        ck_assert_double_eq_tol(figure_of(&setup, times, infers), least, 1e-6 * least);
    }
}
END_TEST

/* Parts, buffers and links of all sizes: a bound that says too much would leave the best out. */
START_TEST(test_the_best_cuts_of_gpipe_are_those_that_trying_all_finds)
{
    zs_prng rng = {.state = (uint64_t)_i};
    zs_err err = {0};
    zs_layer_time times[6];
    zs_pipeline_cuts best;
    uint32_t n;
    zs_train_setup setup = setup_of(ZS_SCHEME_GPIPE, 0);
    setup.net = chain();
    setup.micro_batches = 1 + (uint32_t)zs_prng_below(&rng, 16);
    design.pipeline.buffers = 1 + (uint32_t)zs_prng_below(&rng, 5);
    design.system.link_bytes_per_s = zs_prng_below(&rng, 3) == 0 ? 0 : 2e5;
    design.system.link_latency_s = 0.005 * (double)zs_prng_below(&rng, 9);
    design.system.overlaps = zs_prng_below(&rng, 3) > 0;
    design.system.has_duplex = zs_prng_below(&rng, 3) > 0;
    design.system.shares_link = zs_prng_below(&rng, 4) == 0;
    for (uint32_t i = 0; i < 6; i++)
        times[i] = (zs_layer_time){.forward_s = 0.02 * (double)zs_prng_below(&rng, 9),
                                   .backward_s = 0.02 * (double)zs_prng_below(&rng, 9)};
    for (uint32_t k = 1; k <= 3; k++) {
        ck_assert_int_eq(zs_pipeline_best(&arena, &design, &setup, times, k, false, &best, &err),
                         ZS_OK);
        const double least = least_of_all(&setup, times, k, false, &n);
        ck_assert_double_eq_tol(best.seconds, least, 1e-6 * least + 1e-12);
    }
}
END_TEST

/* Of 18 equal layers in six stages 6,188 ways to cut, of which many are as good as the best. */
START_TEST(test_cuts_that_are_as_good_as_the_best_need_no_trying)
{
    enum { LAYERS = 18, CUTS = 5 };
    static char names[LAYERS][8];
    zs_err err = {0};
    zs_layer_time times[LAYERS];
    zs_pipeline_cuts best;
    zs_train_setup setup = setup_of((uint32_t)_i, 0);
    test_spec *s = test_spec_new(4, 12, 12);
    for (uint32_t i = 0; i < LAYERS; i++) {
        snprintf(names[i], sizeof names[i], "c%u", i);
        test_conv(s, names[i], i == 0 ? "data" : "", 4, 3, 1, 1);
        times[i] = (zs_layer_time){.forward_s = 0.1, .backward_s = 0.2, .inference_s = 0.01};
    }
    zs_net *equal;
    ck_assert_int_eq(zs_net_build(&arena, test_spec_get(s), &equal, &err), ZS_OK);
    test_spec_free(s);
    setup.net = equal;
    design.system.link_bytes_per_s = 1e6;
    ck_assert_int_eq(zs_pipeline_best(&arena, &design, &setup, times, CUTS, false, &best, &err),
                     ZS_OK);
    ck_assert_double_eq(best.all_n, 6188);
    ck_assert(best.is_proven);
    ck_assert_uint_le(best.simulated_n, 10);
}
END_TEST

START_TEST(test_links_that_are_shared_or_without_duplex_take_longer)
{
    const zs_train_setup setup = setup_of(ZS_SCHEME_STALE, 2);
    const double free_s = build(&setup).cycle_s;
    design.system.overlaps = false;
    design.system.link_bytes_per_s = 1e6;
    design.system.link_latency_s = 0.25;
    design.system.packet_bytes = 1 << 20;
    const zs_pipeline p = build(&setup);
    const double first = 16 * 4 * 12 * 12 * 4 / 1e6, second = first / 4; /* pool1 has 2x2 less */
    ck_assert_double_eq_tol(p.cycle_s - free_s, 0.25 + first, 1e-9);
    design.system.has_duplex = false;
    ck_assert_double_eq_tol(build(&setup).cycle_s - free_s, 0.25 + 2 * first, 1e-9);
    design.system.shares_link = true;
    ck_assert_double_eq_tol(build(&setup).cycle_s - free_s, 0.25 + 2 * (first + second), 1e-9);
    design.system.has_duplex = true;
    ck_assert_double_eq_tol(build(&setup).cycle_s - free_s, 0.25 + first + second, 1e-9);
}
END_TEST

/* Stages of 1 + 2 s and 2 + 3 s; a transfer takes `wire` s. */
static zs_pipeline trains_with(double wire)
{
    const zs_train_setup setup = setup_of(ZS_SCHEME_STALE, 1);
    zs_layer_time times[5] = {{.forward_s = 1, .backward_s = 2}, {.forward_s = 2, .backward_s = 3}};
    zs_err err = {0};
    zs_pipeline p;
    design.system.link_bytes_per_s = wire > 0 ? 16 * 4 * 12 * 12 * 4 / wire : 0;
    design.system.packet_bytes = 1 << 20;
    ck_assert_int_eq(zs_pipeline_build(&arena, &design, &setup, times, &p, &err), ZS_OK);
    return p;
}

START_TEST(test_links_carry_while_stages_of_training_work)
{
    /* There and back is 1 s, the link, 5 s, the link and 2 s in three cycles of 5 s: what is
     * left of them hides the link. */
    ck_assert_double_eq_tol(trains_with(0).cycle_s, 5, 1e-9);
    const zs_pipeline hidden = trains_with(3);
    ck_assert_double_eq_tol(hidden.cycle_s, 5, 1e-9);
    ck_assert_double_eq_tol(hidden.exchange_s, 0, 1e-9);
    ck_assert_double_eq_tol(hidden.stages[0].training.link_frac, 3.0 / 5, 0.02);
    ck_assert_double_eq_tol(hidden.stages[0].training.link_back_frac, 3.0 / 5, 0.02);
    ck_assert_double_eq_tol(hidden.stages[1].training.busy_frac, 1, 1e-9);
    ck_assert_double_eq_tol(hidden.plain_s, 8 + 2 * 3, 1e-9);
    /* a link that is slower than stages sets the pace */
    ck_assert_double_eq_tol(trains_with(20).cycle_s, 20, 0.1);
    design.system.has_duplex = false;
    ck_assert_double_eq_tol(trains_with(20).cycle_s, 40, 0.2);
    design.system.has_duplex = true;
    design.system.overlaps = false;
    ck_assert_double_eq_tol(trains_with(3).cycle_s, 5 + 3, 1e-9);
    ck_assert_double_eq_tol(trains_with(20).cycle_s, 5 + 20, 1e-9);
}
END_TEST

START_TEST(test_overlap_and_buffers_never_take_longer)
{
    for (uint32_t k = 1; k < 4; k++)
        for (double bandwidth = 1e4; bandwidth < 1e9; bandwidth *= 3) {
            const zs_train_setup setup = setup_of(ZS_SCHEME_STALE, k);
            design.system.link_bytes_per_s = bandwidth;
            design.system.overlaps = false;
            const zs_pipeline between = build(&setup);
            design.system.overlaps = true;
            design.pipeline.buffers = 1;
            const zs_pipeline single = build(&setup);
            design.pipeline.buffers = 2;
            const zs_pipeline p = build(&setup);
            ck_assert_double_le(single.cycle_s, between.cycle_s * (1 + 1e-9));
            ck_assert_double_le(p.cycle_s, single.cycle_s * (1 + 1e-9));
            ck_assert_double_le(p.gpipe_s, between.gpipe_s * (1 + 1e-9));
            ck_assert_double_eq_tol(p.plain_s, between.plain_s, 1e-9 * p.plain_s);
        }
}
END_TEST

START_TEST(test_a_diagram_has_every_pass_and_transfer_in_order)
{
    zs_err err = {0};
    zs_pipeline_diagram d;
    const zs_train_setup setup = setup_of(ZS_SCHEME_STALE, 2);
    const uint32_t n = 5, scheme = _i == 0 ? ZS_SCHEME_STALE : ZS_SCHEME_GPIPE;
    uint32_t count[4] = {0};
    double end[3] = {0};
    design.system.link_bytes_per_s = 1e6;
    const zs_pipeline p = build(&setup);
    ck_assert_int_eq(zs_pipeline_draw(&arena, &design, &p, scheme, 4, n, &d, &err), ZS_OK);
    ck_assert_uint_eq(d.parts, _i == 0 ? 1 : 4);
    for (uint32_t i = 0; i < d.n; i++) {
        const zs_pipeline_span *s = &d.spans[i];
        count[s->what]++;
        ck_assert(s->start_s <= s->end_s && s->end_s <= d.end_s && s->number < n * d.parts);
        if (s->what > ZS_SPAN_BACKWARD)
            continue;
        ck_assert_double_ge(s->start_s, end[s->stage]); /* a stage does one thing at a time */
        end[s->stage] = s->end_s;
    }
    ck_assert_uint_eq(count[ZS_SPAN_FORWARD], 3 * n * d.parts);
    ck_assert_uint_eq(count[ZS_SPAN_BACKWARD], 3 * n * d.parts);
    ck_assert_uint_eq(count[ZS_SPAN_LINK], 2 * n * d.parts);
    ck_assert_uint_eq(count[ZS_SPAN_LINK_BACK], 2 * n * d.parts);
}
END_TEST

/* Three stages of 3, 1 and 2 s an image; links of `wire` s. */
static zs_pipeline flow_of(double wire)
{
    const zs_train_setup setup = setup_of(ZS_SCHEME_STALE, 2);
    zs_layer_time times[5] = {{.inference_s = 3}, {.inference_s = 1}, {.inference_s = 2}};
    zs_err err = {0};
    zs_pipeline p;
    design.system.link_bytes_per_s = wire > 0 ? 4 * 12 * 12 * 4 / wire : 0;
    design.system.packet_bytes = 1 << 20;
    ck_assert_int_eq(zs_pipeline_build(&arena, &design, &setup, times, &p, &err), ZS_OK);
    return p;
}

START_TEST(test_inference_goes_at_the_pace_of_the_slowest)
{
    const zs_pipeline p = flow_of(0);
    ck_assert_double_eq_tol(p.images_per_s, 1.0 / 3, 1e-9);
    ck_assert_double_eq_tol(p.latency_s, 6, 1e-9);
    ck_assert_double_eq_tol(p.stages[0].inference.busy_frac, 1, 1e-9);
    ck_assert_double_eq_tol(p.stages[1].inference.busy_frac, 1.0 / 3, 0.02);
    ck_assert_double_eq_tol(p.stages[1].inference.starved_frac, 2.0 / 3, 0.02);
    /* 4 s and, of a quarter of the data, 1 s */
    const zs_pipeline slow = flow_of(4);
    ck_assert_double_eq_tol(slow.images_per_s, 0.25, 1e-9);
    ck_assert_double_eq_tol(slow.latency_s, 11, 1e-9);
    ck_assert_double_eq_tol(slow.stages[0].inference.link_frac, 1, 0.02);
    ck_assert_double_eq_tol(slow.stages[0].inference.blocked_frac, 0.25, 0.02);
    design.system.shares_link = true;
    ck_assert_double_eq_tol(flow_of(4).images_per_s, 0.2, 1e-9);
}
END_TEST

START_TEST(test_single_buffers_keep_stages_from_working_while_links_carry)
{
    design.pipeline.buffers = 1;
    const zs_pipeline p = flow_of(4);
    /* the first stage: 3 s of work, then 4 s until its only output buffer is free */
    ck_assert_double_eq_tol(p.images_per_s, 1.0 / 7, 1e-9);
    ck_assert_double_eq_tol(p.stages[0].inference.blocked_frac, 4.0 / 7, 0.02);
    ck_assert_double_eq_tol(flow_of(0).images_per_s, 1.0 / 3, 1e-9);
    /* and what more of them would do */
    for (uint32_t i = 0; i < ZS_PIPELINE_BUFFERS_N; i++)
        ck_assert_uint_eq(p.by_buffers[i].buffers, 1u << i);
    ck_assert_double_eq(p.by_buffers[0].images_per_s, p.images_per_s);
    ck_assert_double_eq(p.by_buffers[0].cycle_s, p.cycle_s);
    ck_assert_double_eq_tol(p.by_buffers[0].blocked_frac, 4.0 / 7, 0.02);
    ck_assert_double_eq_tol(p.by_buffers[1].images_per_s, 1.0 / 4, 1e-9);
    ck_assert_double_eq_tol(p.by_buffers[3].images_per_s, 1.0 / 4, 1e-9);
}
END_TEST

/* Images of 3, 1 and 2 s whose links take 30 s to deliver: as many as there are buffers go while
 * the first of them is on its way, waits for 1 s of work, and frees its buffer. */
START_TEST(test_images_that_come_in_groups_are_counted_in_whole_groups)
{
    design.system.link_latency_s = 30;
    for (uint32_t buffers = 1; buffers <= 8; buffers++) {
        design.pipeline.buffers = buffers;
        const zs_pipeline p = flow_of(1e-6);
        ck_assert_double_eq_tol(p.images_per_s, buffers / 32.0, 1e-7);
    }
}
END_TEST

START_TEST(test_engines_of_one_board_are_stages_of_their_own_speed)
{
    zs_err err = {0};
    zs_engine engines[2] = {{.name = "front"}, {.name = "back"}};
    zs_layer_time *times;
    zs_pipeline p;
    const zs_train_setup setup = setup_of(ZS_SCHEME_STALE, 1);
    const zs_pipeline alike = build(&setup);
    engines[0].accel = engines[1].accel = design.accel;
    engines[1].accel.unroll.oc = 1;
    design.engines = engines;
    design.engine_n = 2;
    ck_assert_uint_eq(zs_pipeline_device_n(&design), 1);
    design.pipeline.stages = ZS_STAGES_ENGINES;
    ck_assert_uint_eq(zs_pipeline_device_n(&design), 2);
    ck_assert_int_eq(zs_pipeline_times(&arena, &design, &setup, ZS_TILE, &times, &err), ZS_OK);
    ck_assert_int_eq(zs_pipeline_build(&arena, &design, &setup, times, &p, &err), ZS_OK);
    ck_assert_double_eq(p.stages[0].forward_s, alike.stages[0].forward_s);
    ck_assert_double_gt(p.stages[1].forward_s, alike.stages[1].forward_s);
    const zs_train_setup three = setup_of(ZS_SCHEME_STALE, 2);
    ck_assert_int_eq(zs_pipeline_build(&arena, &design, &three, times, &p, &err), ZS_EUSAGE);
}
END_TEST

START_TEST(test_boards_that_differ_are_stages_of_their_own_speed)
{
    zs_err err = {0};
    zs_layer_time *times;
    zs_pipeline p;
    const zs_train_setup setup = setup_of(ZS_SCHEME_STALE, 1);
    const zs_pipeline alike = build(&setup);
    zs_design boards[2] = {design, design};
    boards[0].name = "fast";
    boards[0].system.device_macs_per_s = 1e15; /* one of them by its roofs */
    boards[1].name = "slow";
    boards[1].accel.unroll.oc = 1;
    design.system.devices = boards;
    design.system.device_n = 2;
    ck_assert_uint_eq(zs_pipeline_device_n(&design), 2);
    ck_assert_int_eq(zs_pipeline_times(&arena, &design, &setup, ZS_TILE, &times, &err), ZS_OK);
    ck_assert_int_eq(zs_pipeline_build(&arena, &design, &setup, times, &p, &err), ZS_OK);
    ck_assert_str_eq(p.stages[0].device, "fast");
    ck_assert_double_lt(p.stages[0].forward_s, alike.stages[0].forward_s / 100);
    ck_assert_double_gt(p.stages[1].forward_s, alike.stages[1].forward_s);
    const zs_train_setup three = setup_of(ZS_SCHEME_STALE, 2);
    ck_assert_int_eq(zs_pipeline_build(&arena, &design, &three, times, &p, &err), ZS_EUSAGE);
    ck_assert(strstr(err.text, "3 stages are more than 2 boards") != NULL);
}
END_TEST

START_TEST(test_cuts_balance_engines_that_differ)
{
    zs_err err = {0};
    const zs_train_setup setup = setup_of(ZS_SCHEME_STALE, 0);
    /* the second engine takes three times as long and cannot do the second layer */
    const zs_layer_time times[] = {{.forward_s = 1},        {.forward_s = 1}, {.forward_s = 1},
                                   {.forward_s = 1},        {.forward_s = 0}, {.forward_s = 3},
                                   {.forward_s = INFINITY}, {.forward_s = 3}, {.forward_s = 3},
                                   {.forward_s = 0}};
    uint32_t *best;
    ck_assert_int_eq(zs_pipeline_balance(&arena, &setup, times, 2, 1, &best, &err), ZS_OK);
    ck_assert_uint_eq(best[0], 2);
    ck_assert_int_eq(zs_pipeline_balance(&arena, &setup, times, 2, 2, &best, &err), ZS_EUSAGE);
}
END_TEST

TCase *tcase_pipeline(void)
{
    TCase *tc = tcase_create("pipeline");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, test_a_shortcut_crosses_every_cut_on_its_way);
    tcase_add_loop_test(tc, test_errors_of_inputs_take_the_time_of_their_convolution, 0,
                        ZS_LEN(convs));
    tcase_add_loop_test(tc, test_weights_take_the_time_of_their_product_and_of_the_update, 0,
                        ZS_LEN(convs));
    tcase_add_test(tc, test_layers_without_weights_take_as_long_and_as_much_backward);
    tcase_add_loop_test(tc, test_free_links_leave_cycles_of_the_slowest_stage, 0, 4);
    tcase_add_test(tc, test_equal_stages_take_the_parts_of_gpipe_one_after_the_other);
    tcase_add_test(tc, test_links_carry_while_stages_of_training_work);
    tcase_add_test(tc, test_overlap_and_buffers_never_take_longer);
    tcase_add_loop_test(tc, test_a_diagram_has_every_pass_and_transfer_in_order, 0, 2);
    tcase_add_test(tc, test_a_link_takes_latency_and_packets);
    tcase_add_test(tc, test_pipedream_needs_the_versions_of_its_weights_more);
    tcase_add_test(tc, test_balanced_cuts_have_the_shortest_slowest_stage);
    test_add_many(tc, test_the_best_cuts_are_those_that_trying_all_finds, 80);
    tcase_add_loop_test(tc, test_the_best_cuts_of_gpipe_are_those_that_trying_all_finds, 0, 40);
    /* parts that come in while the first is on its way */
    tcase_add_loop_test(tc, test_the_best_cuts_of_gpipe_are_those_that_trying_all_finds, 233, 234);
    tcase_add_loop_test(tc, test_the_best_cuts_of_gpipe_are_those_that_trying_all_finds, 672, 673);
    tcase_add_loop_test(tc, test_cuts_that_are_as_good_as_the_best_need_no_trying, 0, 5);
    tcase_add_test(tc, test_links_that_are_shared_or_without_duplex_take_longer);
    tcase_add_test(tc, test_inference_goes_at_the_pace_of_the_slowest);
    tcase_add_test(tc, test_single_buffers_keep_stages_from_working_while_links_carry);
    tcase_add_test(tc, test_images_that_come_in_groups_are_counted_in_whole_groups);
    tcase_add_test(tc, test_engines_of_one_board_are_stages_of_their_own_speed);
    tcase_add_test(tc, test_boards_that_differ_are_stages_of_their_own_speed);
    tcase_add_test(tc, test_cuts_balance_engines_that_differ);
    return tc;
}
