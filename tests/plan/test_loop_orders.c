#include "plan_cases.h"

#include "nets.h"
#include "tiled.h"

/* What each loop order keeps on chip and what it loads again, as counts of ops and bytes. */

enum { OC = 24, IC = 12, SIDE = 16, K = 3 };
/* tiles of 8 x 4 channels and 8 x 8 pixels: 3 x 3 channel tiles, 4 pixel tiles */
enum { OC_TILES = 3, IC_TILES = 3, PIXEL_TILES = 4 };

typedef struct bench {
    zs_arena arena;
    test_spec *spec;
    const zs_net *net;
    zs_design d;
} bench;

static void setup(bench *b, uint32_t k, uint32_t order)
{
    zs_arena_init(&b->arena, test_heap());
    b->spec = test_spec_new(IC, SIDE, SIDE);
    test_conv(b->spec, "conv", "", OC, k, 1, k / 2);
    b->net = test_net(&b->arena, b->spec);
    zs_design_defaults(&b->d);
    TILED(b->d)->loop_order = order;
    TILED(b->d)->tile.oc = OC / OC_TILES;
    TILED(b->d)->tile.ic = IC / IC_TILES;
    TILED(b->d)->tile.oy = TILED(b->d)->tile.ox = SIDE / 2;
    b->d.accel.unroll.oc = b->d.accel.unroll.ic = 4;
}

static void teardown(bench *b)
{
    zs_arena_drop(&b->arena);
    test_spec_free(b->spec);
}

/* Holds two weight tiles, as double buffering needs, and no more. */
static uint64_t least_weight_bytes(const bench *b)
{
    return 2ull * TILED(b->d)->tile.oc * TILED(b->d)->tile.ic * K * K * 4;
}

static const uint32_t outers[] = {ZS_OUTER_CHANNELS, ZS_OUTER_PIXELS};

START_TEST(test_output_stationary_never_spills)
{
    bench b;
    setup(&b, K, ZS_OUTPUT_STATIONARY);
    TILED(b.d)->outer_loop = outers[_i];
    b.d.accel.buffer.weight_bytes = least_weight_bytes(&b);
    const zs_plan *plan = test_plan(&b.arena, &b.d, b.net);
    ck_assert_uint_eq(test_count_ops(plan, ZS_OP_STORE_P), 0);
    ck_assert_uint_eq(test_count_ops(plan, ZS_OP_LOAD_P), 0);
    ck_assert_uint_eq(test_count_ops(plan, ZS_OP_STORE), OC_TILES * PIXEL_TILES);
    /* two weight tiles do not hold the three of a panel: each is loaded for every pixel tile */
    ck_assert_uint_eq(test_count_ops(plan, ZS_OP_LOAD_W), OC_TILES * IC_TILES * PIXEL_TILES);
    ck_assert_uint_eq(test_count_ops(plan, ZS_OP_LOAD_X), OC_TILES * IC_TILES * PIXEL_TILES);
    teardown(&b);
}
END_TEST

START_TEST(test_panel_that_fits_is_loaded_once)
{
    bench b;
    setup(&b, K, ZS_OUTPUT_STATIONARY);
    b.d.batch = (uint32_t)_i + 1;
    const zs_plan *plan = test_plan(&b.arena, &b.d, b.net);
    ck_assert_uint_ge(plan->rows[0].weight_slots, IC_TILES);
    ck_assert_uint_eq(test_count_ops(plan, ZS_OP_LOAD_W), OC_TILES * IC_TILES);
    ck_assert_uint_eq(test_moved_bytes(plan, &b.d, ZS_OP_LOAD_W, ALL_ROWS),
                      (OC * IC * K * K + OC) * 4);
    teardown(&b);
}
END_TEST

START_TEST(test_weight_stationary_loads_each_weight_once)
{
    bench b;
    setup(&b, K, ZS_WEIGHT_STATIONARY);
    b.d.accel.buffer.weight_bytes = least_weight_bytes(&b);
    b.d.batch = 2;
    const zs_plan *plan = test_plan(&b.arena, &b.d, b.net);
    ck_assert_uint_eq(test_count_ops(plan, ZS_OP_LOAD_W), OC_TILES * IC_TILES);
    teardown(&b);
}
END_TEST

START_TEST(test_input_stationary_loads_each_input_tile_once)
{
    bench b;
    setup(&b, K, ZS_INPUT_STATIONARY);
    b.d.batch = 2;
    const zs_plan *plan = test_plan(&b.arena, &b.d, b.net);
    ck_assert_uint_eq(test_count_ops(plan, ZS_OP_LOAD_X), 2 * IC_TILES * PIXEL_TILES);
    teardown(&b);
}
END_TEST

/* Partial sums of a tile leave after every pass over its input channels but the last, and come back
 * before every one but the first, unless the next pass finds them in one of the slots. */
static uint64_t partial_bytes_either_way(uint32_t passes)
{
    return (uint64_t)(passes - 1) * OC * SIDE * SIDE * 4;
}

START_TEST(test_partial_sums_move_once_per_further_pass)
{
    bench b;
    setup(&b, K, _i ? ZS_INPUT_STATIONARY : ZS_WEIGHT_STATIONARY);
    TILED(b.d)->double_buffer.output = false; /* one slot: nothing is found again */
    const zs_plan *plan = test_plan(&b.arena, &b.d, b.net);
    ck_assert_uint_eq(test_moved_bytes(plan, &b.d, ZS_OP_STORE_P, ALL_ROWS),
                      partial_bytes_either_way(IC_TILES));
    ck_assert_uint_eq(test_moved_bytes(plan, &b.d, ZS_OP_LOAD_P, ALL_ROWS),
                      partial_bytes_either_way(IC_TILES));
    teardown(&b);
}
END_TEST

START_TEST(test_one_pass_over_input_channels_has_no_partial_sums)
{
    bench b;
    setup(&b, K, _i ? ZS_INPUT_STATIONARY : ZS_WEIGHT_STATIONARY);
    TILED(b.d)->tile.ic = IC;
    const zs_plan *plan = test_plan(&b.arena, &b.d, b.net);
    ck_assert_uint_eq(test_count_ops(plan, ZS_OP_STORE_P), 0);
    ck_assert_uint_eq(test_count_ops(plan, ZS_OP_LOAD_P), 0);
    teardown(&b);
}
END_TEST

static const struct {
    uint32_t precision, sum_bytes;
} sums[] = {{ZS_FP32, 4}, {ZS_FIXED16, 8}, {ZS_INT8, 4}};

START_TEST(test_partial_sums_have_the_width_of_the_accumulator)
{
    bench b;
    setup(&b, 1, ZS_WEIGHT_STATIONARY);
    b.d.accel.precision = sums[_i].precision;
    TILED(b.d)->double_buffer.output = false;
    const zs_plan *plan = test_plan(&b.arena, &b.d, b.net);
    ck_assert_uint_eq(test_moved_bytes(plan, &b.d, ZS_OP_STORE_P, ALL_ROWS),
                      (uint64_t)(IC_TILES - 1) * OC * SIDE * SIDE * sums[_i].sum_bytes);
    teardown(&b);
}
END_TEST

TCase *tcase_loop_orders(void)
{
    TCase *tc = tcase_create("loop orders");
    tcase_add_loop_test(tc, test_output_stationary_never_spills, 0, (int)ZS_LEN(outers));
    tcase_add_loop_test(tc, test_panel_that_fits_is_loaded_once, 0, 3);
    tcase_add_test(tc, test_weight_stationary_loads_each_weight_once);
    tcase_add_test(tc, test_input_stationary_loads_each_input_tile_once);
    tcase_add_loop_test(tc, test_partial_sums_move_once_per_further_pass, 0, 2);
    tcase_add_loop_test(tc, test_one_pass_over_input_channels_has_no_partial_sums, 0, 2);
    tcase_add_loop_test(tc, test_partial_sums_have_the_width_of_the_accumulator, 0,
                        (int)ZS_LEN(sums));
    return tc;
}
