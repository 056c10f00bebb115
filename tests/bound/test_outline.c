#include "support.h"

#include "nets.h"
#include "random_design.h"
#include "small_nets.h"
#include "tiled.h"
#include "zynqsim/kind.h"
#include "zynqsim/bound.h"

static zs_arena keep, point;

static void setup(void)
{
    zs_arena_init(&keep, test_heap());
    zs_arena_init(&point, test_heap());
}

static void teardown(void)
{
    zs_arena_drop(&keep);
    zs_arena_drop(&point);
}

typedef struct planned {
    uint64_t cycles, bytes, macs;
} planned;

static planned of_plan(const zs_design *d, const zs_net *net, const zs_plan *plan)
{
    planned p = {0};
    uint64_t *ends = zs_new(&point, uint64_t, plan->row_n);
    zs_bound_row_ends(d, net, plan, ends);
    p.cycles = ends[plan->row_n - 1];
    for (uint32_t i = 0; i < plan->row_n; i++) {
        const zs_plan_row *r = &plan->rows[i];
        p.macs += r->macs;
        if (r->call == ZS_NO_INDEX)
            p.bytes += r->compulsory_read_bytes + r->compulsory_write_bytes;
    }
    for (uint32_t i = 0; i < plan->op_n; i++)
        if (plan->ops[i].unit < ZS_PORT_CHANNEL_N)
            p.bytes += zs_xfer_bytes(&plan->costs[plan->ops[i].cost_key].xfer);
    return p;
}

static uint32_t at_least(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* Large networks in small tiles are millions of ops. */
static zs_design roomy(zs_design d, uint32_t least_tile)
{
    TILED(d)->tile.oc = at_least(TILED(d)->tile.oc, least_tile);
    TILED(d)->tile.ic = at_least(TILED(d)->tile.ic, least_tile);
    TILED(d)->tile.oy = at_least(TILED(d)->tile.oy, least_tile);
    TILED(d)->tile.ox = at_least(TILED(d)->tile.ox, least_tile);
    return d;
}

/* Designs that can be planned; `exact` of those whose fusion is settled the outline has right to
 * the last byte. */
static void compare(const zs_net *net, uint64_t seed, uint32_t n, uint32_t least_tile,
                    uint32_t *planned_n, uint32_t *exact)
{
    zs_prng prng = {.state = seed};
    for (uint32_t i = 0; i < n; i++) {
        zs_plan *plan, *outline;
        zs_arena_reset(&point);
        const uint32_t precision = (uint32_t)zs_prng_below(&prng, ZS_PRECISION_COUNT);
        const zs_design d = roomy(test_random_design(&prng, precision), least_tile);
        const zs_status status = zs_plan_build(&point, &d, net, &plan, NULL);
        const zs_status also = zs_plan_outline(&point, &d, net, &outline, NULL);
        if (status != ZS_OK || also != ZS_OK)
            continue;
        const planned p = of_plan(&d, net, plan);
        const zs_bound_sums b = zs_bound_of_outline(&d, net, outline);
        ck_assert_msg(b.cycles <= p.cycles, "%llu cycles above %llu: %s",
                      (unsigned long long)b.cycles, (unsigned long long)p.cycles,
                      test_design_line(&d));
        ck_assert_msg(b.dram_bytes <= p.bytes, "%llu bytes above %llu: %s",
                      (unsigned long long)b.dram_bytes, (unsigned long long)p.bytes,
                      test_design_line(&d));
        ck_assert_uint_eq(b.macs, p.macs);
        if (d.accel.fusion == ZS_FUSION_AUTO)
            continue;
        ++*planned_n;
        *exact += b.dram_bytes == p.bytes && b.cycles * 100 >= p.cycles * 99;
    }
}

START_TEST(outline_is_never_above_the_plan_and_mostly_equal)
{
    uint32_t n = 0, exact = 0;
    test_spec *s = test_squeezenet_v11();
    compare(test_net(&keep, s), 7000 + (uint64_t)_i, 8, 8, &n, &exact);
    ck_assert_uint_ge(n, 4);
    ck_assert_uint_ge(exact * 10, n * 9);
    test_spec_free(s);
}
END_TEST

START_TEST(the_same_holds_for_networks_of_all_kinds_of_layers)
{
    uint32_t n = 0, exact = 0;
    compare(test_net_build(&keep, _i), 9000 + (uint64_t)_i, 100, 1, &n, &exact);
    ck_assert_uint_ge(n, 30);
    ck_assert_uint_ge(exact * 10, n * 8);
}
END_TEST

/* Expand, depthwise, project, with strides and pads of all sorts: at the end of a map pixels may be
 * left that no window reads. */
static const zs_net *separable_net(zs_prng *prng)
{
    const uint32_t side = 12 + (uint32_t)zs_prng_below(prng, 9);
    test_spec *s = test_spec_new(3, side, side + (uint32_t)zs_prng_below(prng, 3));
    static const char *const names[] = {"p0", "d0", "p1", "d1", "p2"};
    uint32_t channels = 0;
    for (uint32_t i = 0; i < ZS_LEN(names); i++) {
        const bool is_depthwise = i % 2 > 0;
        if (!is_depthwise)
            channels = 4 + (uint32_t)zs_prng_below(prng, 12);
        zs_layer_spec *l = test_conv(s, names[i], "", channels, is_depthwise ? 3 : 1, 1, 0);
        if (!is_depthwise)
            continue;
        l->groups = channels;
        test_window(l, 3, 1 + (uint32_t)zs_prng_below(prng, 3), (uint32_t)zs_prng_below(prng, 2),
                    (uint32_t)zs_prng_below(prng, 2), 1, (uint32_t)zs_prng_below(prng, 2));
    }
    const zs_net *net = test_net(&keep, s);
    test_spec_free(s);
    return net;
}

START_TEST(auto_that_goes_by_tile_is_never_below_its_outline)
{
    zs_prng prng = {.state = 300 + (uint64_t)_i};
    uint32_t by_tile = 0, close = 0;
    for (uint32_t i = 0; i < 40; i++) {
        zs_plan *plan, *outline;
        zs_arena_reset(&point);
        const zs_net *net = separable_net(&prng);
        zs_design d = roomy(test_random_design(&prng, ZS_FIXED16), 2);
        d.accel.fusion = ZS_FUSION_AUTO;
        if (zs_plan_build(&point, &d, net, &plan, NULL) != ZS_OK ||
            zs_plan_outline(&point, &d, net, &outline, NULL) != ZS_OK)
            continue;
        const planned p = of_plan(&d, net, plan);
        const zs_bound_sums b = zs_bound_of_outline(&d, net, outline);
        by_tile += plan->front_n > 0;
        close += b.cycles * 2 >= p.cycles;
        ck_assert_msg(b.cycles <= p.cycles && b.dram_bytes <= p.bytes, "%llu cycles, %llu: %s",
                      (unsigned long long)b.cycles, (unsigned long long)p.cycles,
                      test_design_line(&d));
    }
    ck_assert_uint_gt(by_tile, 5);
    ck_assert_uint_gt(close, 5);
}
END_TEST

/* The pool of map p is done with its tiles and stays on chip for layer c, so layers between the two
 * are of their call, where they load while others compute. */
START_TEST(layers_between_a_map_and_its_pool_may_be_of_their_call)
{
    test_spec *s = test_spec_new(16, 48, 48);
    zs_plan *plan, *outline;
    zs_design d;
    test_conv(s, "p", "", 128, 1, 1, 0);
    test_conv(s, "loads1", "data", 1, 1, 1, 0);
    test_conv(s, "loads2", "data", 1, 1, 1, 0);
    test_conv(s, "loads3", "data", 1, 1, 1, 0);
    test_conv(s, "loads4", "data", 1, 1, 1, 0);
    test_conv(s, "computes", "data", 124, 1, 1, 0);
    test_pool(s, "pool", "p", ZS_POOL_MAX, 4, 4);
    test_conv(s, "c", "pool", 4, 1, 1, 0);
    test_layer(s, ZS_LAYER_CONCAT, "all", "loads1 loads2 loads3 loads4 computes");
    test_layer(s, ZS_LAYER_GAP, "mean", "all");
    test_layer(s, ZS_LAYER_GAP, "mean_c", "c");
    test_layer(s, ZS_LAYER_CONCAT, "out", "mean mean_c");
    const zs_net *net = test_net(&keep, s);
    test_spec_free(s);
    zs_design_defaults(&d);
    d.accel.precision = ZS_INT8;
    d.accel.fusion = ZS_FUSION_AUTO;
    d.accel.unroll.ic = 16;
    d.accel.unroll.oc = 4;
    TILED(d)->tile.oy = TILED(d)->tile.ox = 12;
    d.board.bram18 = 110;
    ck_assert_int_eq(zs_plan_build(&point, &d, net, &plan, NULL), ZS_OK);
    ck_assert_int_eq(zs_plan_outline(&point, &d, net, &outline, NULL), ZS_OK);
    ck_assert_uint_gt(plan->resident_elems, 0);
    ck_assert_uint_eq(plan->call_n, 1);
    ck_assert_uint_le(zs_bound_of_outline(&d, net, outline).cycles, of_plan(&d, net, plan).cycles);
}
END_TEST

START_TEST(outline_has_the_buffers_and_rows_of_the_plan)
{
    test_spec *s = test_squeezenet_v11();
    const zs_net *net = test_net(&keep, s);
    zs_prng prng = {.state = 31 + (uint64_t)_i};
    zs_plan *plan, *outline;
    zs_design d;
    do {
        zs_arena_reset(&point);
        d = roomy(test_random_design(&prng, ZS_FP32), 8);
        d.accel.fusion = (uint32_t)_i;
    } while (zs_plan_build(&point, &d, net, &plan, NULL) != ZS_OK);
    ck_assert_int_eq(zs_plan_outline(&point, &d, net, &outline, NULL), ZS_OK);
    for (uint32_t b = 0; b < ZS_BUF_N; b++) {
        ck_assert_uint_eq(outline->buffers[b].bytes, plan->buffers[b].bytes);
        ck_assert_uint_eq(outline->buffers[b].bram18, plan->buffers[b].bram18);
    }
    ck_assert_uint_eq(outline->row_n, plan->row_n);
    ck_assert_uint_eq(outline->call_n, plan->call_n);
    ck_assert_uint_lt(outline->op_n, plan->op_n);
    test_spec_free(s);
}
END_TEST

TCase *tcase_outline(void);
TCase *tcase_outline(void)
{
    TCase *tc = tcase_create("bounds of outlines");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, outline_is_never_above_the_plan_and_mostly_equal, 0, 8);
    tcase_add_loop_test(tc, the_same_holds_for_networks_of_all_kinds_of_layers, 0, TEST_NET_N);
    tcase_add_loop_test(tc, auto_that_goes_by_tile_is_never_below_its_outline, 0, 3);
    tcase_add_test(tc, layers_between_a_map_and_its_pool_may_be_of_their_call);
    tcase_add_loop_test(tc, outline_has_the_buffers_and_rows_of_the_plan, 0, ZS_FUSION_AUTO);
    return tc;
}
