#include "plan_cases.h"

#include "nets.h"
#include "tiled.h"

#include "zynqsim/kind.h"
#include "zynqsim/bound.h"

#include <stdio.h>
#include <string.h>

/* Edge tiles, halos, the sizes of buffers, and what is refused. */

static zs_design design_of_tile(uint32_t oc, uint32_t ic, uint32_t oy, uint32_t ox)
{
    zs_design d;
    zs_design_defaults(&d);
    TILED(d)->tile.oc = oc;
    TILED(d)->tile.ic = ic;
    TILED(d)->tile.oy = oy;
    TILED(d)->tile.ox = ox;
    return d;
}

/* ---- halos ----------------------------------------------------------------------------------- */

static const struct {
    uint32_t side, k, stride, pad; /* layer */
    uint32_t oy, ox;               /* tile */
    uint32_t rows, columns;        /* of inputs, summed over the tiles along one axis */
} halos[] = {
    {16, 3, 1, 1, 8, 16, 9 + 9, 16},               /* one row of overlap either way */
    {16, 3, 1, 1, 5, 7, 6 + 7 + 7 + 2, 8 + 9 + 3}, /* the last tile is one pixel high */
    {16, 3, 1, 1, 64, 64, 16, 16},                 /* one tile: pads are not loaded */
    {16, 1, 2, 0, 8, 4, 15, 7 + 7},                /* only up to the last pixel that is used */
    {16, 1, 2, 0, 1, 1, 8, 8},                     /* skipped pixels between tiles are not loaded */
    {17, 5, 2, 0, 3, 3, 9 + 9 + 5, 9 + 9 + 5},     /* 7 outputs: 3 + 3 + 1 */
};

START_TEST(test_input_bytes_are_windows_inside_the_image)
{
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    test_spec *spec = test_spec_new(3, halos[_i].side, halos[_i].side);
    test_conv(spec, "conv", "", 8, halos[_i].k, halos[_i].stride, halos[_i].pad);
    const zs_net *net = test_net(&arena, spec);
    const zs_design d = design_of_tile(8, 3, halos[_i].oy, halos[_i].ox);
    const zs_plan *plan = test_plan(&arena, &d, net);
    ck_assert_uint_eq(test_moved_bytes(plan, &d, ZS_OP_LOAD_X, ALL_ROWS),
                      3ull * halos[_i].rows * halos[_i].columns * 4);
    test_spec_free(spec);
    zs_arena_drop(&arena);
}
END_TEST

/* ---- sizes of buffers ------------------------------------------------------------------------ */

START_TEST(test_tile_larger_than_the_layer_is_trimmed_but_not_its_buffers)
{
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    test_spec *spec = test_spec_new(3, 4, 5);
    test_conv(spec, "conv", "", 6, 1, 1, 0);
    const zs_net *net = test_net(&arena, spec);
    zs_design d = design_of_tile(32, 16, 14, 14);
    TILED(d)->double_buffer.output = false;
    const zs_plan *plan = test_plan(&arena, &d, net);
    const zs_plan_row *row = &plan->rows[0];
    ck_assert_uint_eq(row->t_oc, 6);
    ck_assert_uint_eq(row->t_ic, 3);
    ck_assert_uint_eq(row->t_oy, 4);
    ck_assert_uint_eq(row->t_ox, 5);
    ck_assert_uint_eq(test_count_ops(plan, ZS_OP_MAC), 1);
    ck_assert_uint_eq(plan->buffers[ZS_BUF_INPUT].slot_elems, 16 * 14 * 14);
    ck_assert_uint_eq(plan->buffers[ZS_BUF_INPUT].slots, 2);
    ck_assert_uint_eq(plan->buffers[ZS_BUF_OUTPUT].slot_elems, 32 * 14 * 14);
    ck_assert_uint_eq(plan->buffers[ZS_BUF_OUTPUT].slots, 1);
    ck_assert_uint_eq(plan->buffers[ZS_BUF_WEIGHT].slot_elems, 32 * 16);
    test_spec_free(spec);
    zs_arena_drop(&arena);
}
END_TEST

START_TEST(test_input_buffer_holds_the_largest_window)
{
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    test_spec *spec = test_spec_new(16, 40, 40);
    test_conv(spec, "conv", "", 8, 5, 2, 0);
    const zs_net *net = test_net(&arena, spec);
    const zs_design d = design_of_tile(8, 16, 14, 7);
    const zs_plan *plan = test_plan(&arena, &d, net);
    ck_assert_uint_eq(plan->buffers[ZS_BUF_INPUT].slot_elems, 16 * (13 * 2 + 5) * (6 * 2 + 5));
    ck_assert_uint_eq(plan->buffers[ZS_BUF_INPUT].banks, 4);
    test_spec_free(spec);
    zs_arena_drop(&arena);
}
END_TEST

/* 3 x 3 filters over 64 channels: four tiles of 16. */
START_TEST(test_weight_buffer_takes_the_block_ram_that_is_left)
{
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    test_spec *spec = test_spec_new(64, 16, 16);
    test_conv(spec, "conv", "", 32, 3, 1, 1);
    const zs_net *net = test_net(&arena, spec);
    zs_design d = design_of_tile(32, 16, 8, 8);
    const uint64_t tile_bytes = 32 * 16 * 9 * 4;
    d.board.bram18 = 100000;
    const zs_plan *roomy = test_plan(&arena, &d, net);
    ck_assert_uint_eq(roomy->rows[0].weight_slots, 4); /* the whole panel, and no more */
    ck_assert_uint_eq(roomy->buffers[ZS_BUF_WEIGHT].bytes, 4 * tile_bytes);
    d.board.bram18 = 1;
    const zs_plan *tight = test_plan(&arena, &d, net);
    /* double-buffered at the least: 288 words a bank, whose block RAM holds 512, a third tile */
    ck_assert_uint_eq(tight->rows[0].weight_slots, 3);
    const uint32_t least_bram18 = tight->buffers[ZS_BUF_WEIGHT].bram18;
    d.accel.buffer.weight_bytes = 2 * tile_bytes;
    const zs_plan *two = test_plan(&arena, &d, net);
    ck_assert_uint_eq(two->rows[0].weight_slots, 2);
    ck_assert_uint_eq(two->buffers[ZS_BUF_WEIGHT].bram18, least_bram18);
    d.accel.buffer.weight_bytes = 3 * tile_bytes;
    const zs_plan *stated = test_plan(&arena, &d, net);
    ck_assert_uint_eq(stated->rows[0].weight_slots, 3);
    test_spec_free(spec);
    zs_arena_drop(&arena);
}
END_TEST

/* 16 x 16 banks of 8 bits, 288 words for all 16 tiles: 256 BRAM18, or 57 side by side. */
START_TEST(test_packed_weights_need_less_block_ram_and_so_stay)
{
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    test_spec *spec = test_spec_new(256, 16, 16);
    test_conv(spec, "conv", "", 32, 3, 1, 1);
    const zs_net *net = test_net(&arena, spec);
    zs_design d = design_of_tile(32, 16, 8, 8);
    d.accel.precision = ZS_INT8;
    d.accel.unroll.oc = d.accel.unroll.ic = 16;
    d.board.bram18 = 200;
    const zs_plan *apart = test_plan(&arena, &d, net);
    ck_assert_uint_eq(apart->buffers[ZS_BUF_WEIGHT].depth_words, 64); /* distributed */
    d.accel.packs_words = true;
    const zs_plan *packed = test_plan(&arena, &d, net);
    ck_assert_uint_eq(packed->buffers[ZS_BUF_WEIGHT].depth_words, 288);
    ck_assert_uint_eq(packed->buffers[ZS_BUF_WEIGHT].bram18, 57);
    ck_assert_uint_eq(packed->rows[0].weight_slots, 16);
    test_spec_free(spec);
    zs_arena_drop(&arena);
}
END_TEST

/* 16 x 16 banks of 8 bits, 18 words a tile, 16 tiles in a panel. With exact or packed depths fewer
 * words are fewer blocks, so what no row gains from is left. */
static const struct {
    uint32_t side, bram18; /* of the map, in tiles of 8 x 8; of the board */
    bool packs, exact;
    uint32_t slots;
} of_use[] = {
    {16, 2000, true, false, 16}, /* the panel is read again for each of four tiles of pixels */
    {16, 2000, false, true, 16},
    {8, 2000, false, true, 2}, /* and is read once: one tile, and the next ahead of it */
    {8, 2000, true, false,
     16},                     /* 57 blocks down to 128 words, and below that 256 memories in LUTs */
    {16, 60, true, false, 2}, /* no room for the panel: less of it is read as often as none */
    {16, 200, false, true, 2},
};

START_TEST(test_weights_take_no_block_ram_that_is_of_no_use)
{
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    test_spec *spec = test_spec_new(256, of_use[_i].side, of_use[_i].side);
    test_conv(spec, "conv", "", 32, 3, 1, 1);
    const zs_net *net = test_net(&arena, spec);
    zs_design d = design_of_tile(32, 16, 8, 8);
    d.accel.precision = ZS_INT8;
    d.accel.unroll.oc = d.accel.unroll.ic = 16;
    d.accel.packs_words = of_use[_i].packs;
    d.accel.rounds_depths = !of_use[_i].exact;
    d.board.bram18 = of_use[_i].bram18;
    const zs_plan *plan = test_plan(&arena, &d, net);
    ck_assert_uint_eq(plan->rows[0].weight_slots, of_use[_i].slots);
    ck_assert_uint_eq(plan->buffers[ZS_BUF_WEIGHT].depth_words, 18 * of_use[_i].slots);
    const uint64_t bytes = plan->buffers[ZS_BUF_WEIGHT].bytes;
    d.accel.buffer.weight_bytes = bytes; /* as much said by hand is as good */
    ck_assert_uint_eq(test_plan(&arena, &d, net)->buffers[ZS_BUF_WEIGHT].bytes, bytes);
    test_spec_free(spec);
    zs_arena_drop(&arena);
}
END_TEST

/* ---- refusals -------------------------------------------------------------------------------- */

static void small_weights(zs_design *d)
{
    d->accel.buffer.weight_bytes = 4096;
}

static void small_dram(zs_design *d)
{
    d->board.memory.bytes = 1 << 20;
}

static void huge_batch(zs_design *d)
{
    d->batch = 4096;
}

static void tiny_tiles(zs_design *d)
{
    d->batch = 4096;
    d->board.memory.bytes = UINT64_C(1) << 34;
    TILED(*d)->tile.oc = TILED(*d)->tile.ic = TILED(*d)->tile.oy = TILED(*d)->tile.ox = 1;
}

static const struct {
    void (*spoil)(zs_design *);
    const char *place, *text;
} refusals[] = {
    {small_weights, "accelerator.buffer.weight",
     "4096 bytes do not hold the 2 weight tiles of the largest layer: at least 18432 bytes are "
     "needed"},
    {small_dram, "board.memory.bytes",
     "weights and tensors need 1855488 bytes of DRAM, the board has 1048576"},
    {huge_batch, "board.memory.bytes",
     "weights and tensors need 7549759488 bytes of DRAM, the board has 1073741824"},
    {tiny_tiles, "accelerator.tile",
     "the plan would have more than 33554432 ops: enlarge the tiles"},
};

START_TEST(test_what_cannot_be_is_refused_with_value_and_limit)
{
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    test_spec *spec = test_spec_new(16, 120, 120);
    test_conv(spec, "conv", "", 16, 3, 1, 1);
    const zs_net *net = test_net(&arena, spec);
    zs_design d = design_of_tile(32, 16, 14, 14);
    refusals[_i].spoil(&d);
    zs_err err = {0};
    zs_plan *plan = NULL;
    ck_assert_int_eq(zs_plan_build(&arena, &d, net, &plan, &err), ZS_ERANGE);
    ck_assert_str_eq(err.place, refusals[_i].place);
    ck_assert_str_eq(err.text, refusals[_i].text);
    ck_assert_ptr_null(plan);
    test_spec_free(spec);
    zs_arena_drop(&arena);
}
END_TEST

/* 2^32 banks and more: such a design does not fit, and that is all. */
static const uint32_t huge_unrolls[][4] = {{4096, 4096, 16, 16}, {4096, 4096, 32, 32}};

START_TEST(test_unrolls_beyond_any_part_do_not_fit)
{
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    test_spec *spec = test_spec_new(16, 20, 20);
    test_conv(spec, "conv", "", 16, 3, 1, 1);
    const zs_net *net = test_net(&arena, spec);
    zs_design d = design_of_tile(64, 64, 14, 14);
    d.accel.unroll.oc = huge_unrolls[_i][0];
    d.accel.unroll.ic = huge_unrolls[_i][1];
    d.accel.unroll.ky = huge_unrolls[_i][2];
    d.accel.unroll.kx = huge_unrolls[_i][3];
    zs_fit fit;
    const zs_plan *plan = test_plan(&arena, &d, net);
    ck_assert_int_eq(zs_fit_build(&arena, &d, plan, &fit, NULL), ZS_OK);
    ck_assert(!fit.fits);
    ck_assert_uint_ge(plan->buffers[ZS_BUF_WEIGHT].banks, UINT32_MAX / 8);
    zs_err err = {0};
    zs_plan *none = NULL;
    d.accel.buffer.weight_bytes = 1 << 20;
    ck_assert_int_eq(zs_plan_build(&arena, &d, net, &none, &err), ZS_ERANGE);
    ck_assert_str_eq(err.place, "accelerator.buffer.weight");
    test_spec_free(spec);
    zs_arena_drop(&arena);
}
END_TEST

/* More than 4 GiB in one tile would not fit the counters of a transfer. */
static const uint32_t giants[][4] = {{65535, 65535, 1, 1}, {1, 65535, 4096, 4096}};

START_TEST(test_tile_beyond_a_transfer_is_refused)
{
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    test_spec *spec = test_spec_new(_i ? 120 : 45000, _i ? 4000 : 1, _i ? 4000 : 1);
    test_conv(spec, "conv", "", _i ? 1 : 45000, 1, 1, 0);
    const zs_net *net = test_net(&arena, spec);
    zs_design d = design_of_tile(giants[_i][0], giants[_i][1], giants[_i][2], giants[_i][3]);
    d.board.memory.bytes = UINT64_C(1) << 34;
    zs_err err = {0};
    zs_plan *plan = NULL;
    ck_assert_int_eq(zs_plan_build(&arena, &d, net, &plan, &err), ZS_ERANGE);
    ck_assert_str_eq(err.place, "accelerator.tile");
    ck_assert_msg(strstr(err.text, "layer conv") != NULL, "%s", err.text);
    test_spec_free(spec);
    zs_arena_drop(&arena);
}
END_TEST

/* A pool of blocks of four channels, in front of a slot that holds 720 elements: not even one block
 * of the tile's pixels. 8 x 64 x 64 elements of 2 bytes are read once, whatever the tile. */
START_TEST(test_a_load_moves_whole_blocks_of_channels_into_room_for_them)
{
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    test_spec *spec = test_spec_new(8, 64, 64);
    test_conv(spec, "conv", "", 8, 3, 1, 1);
    test_pool(spec, "pool", "", ZS_POOL_MAX, 2, 2);
    const zs_net *net = test_net(&arena, spec);
    zs_design d = design_of_tile(8, 4, 16, 16);
    d.accel.precision = ZS_FIXED16;
    d.accel.unroll.oc = 8;
    d.accel.unroll.ic = 4;
    TILED(d)->channel_block = 4;
    d.accel.fusion = ZS_FUSION_NONE;
    const zs_plan *plan = test_plan(&arena, &d, net);
    ck_assert_uint_eq(plan->row_n, 2);
    ck_assert_uint_ne(plan->rows[1].call, ZS_NO_INDEX);
    ck_assert_uint_eq(test_moved_bytes(plan, &d, ZS_OP_LOAD_X, 1), 64 * 1024);
    ck_assert_uint_eq(plan->rows[1].t_oc % 4, 0);
    test_spec_free(spec);
    zs_arena_drop(&arena);
}
END_TEST

TCase *tcase_tiles(void)
{
    TCase *tc = tcase_create("tiles");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, test_input_bytes_are_windows_inside_the_image, 0, (int)ZS_LEN(halos));
    tcase_add_test(tc, test_tile_larger_than_the_layer_is_trimmed_but_not_its_buffers);
    tcase_add_test(tc, test_input_buffer_holds_the_largest_window);
    tcase_add_test(tc, test_weight_buffer_takes_the_block_ram_that_is_left);
    tcase_add_test(tc, test_packed_weights_need_less_block_ram_and_so_stay);
    tcase_add_loop_test(tc, test_weights_take_no_block_ram_that_is_of_no_use, 0, ZS_LEN(of_use));
    tcase_add_loop_test(tc, test_what_cannot_be_is_refused_with_value_and_limit, 0,
                        (int)ZS_LEN(refusals));
    tcase_add_loop_test(tc, test_unrolls_beyond_any_part_do_not_fit, 0, (int)ZS_LEN(huge_unrolls));
    tcase_add_test(tc, test_a_load_moves_whole_blocks_of_channels_into_room_for_them);
    tcase_add_loop_test(tc, test_tile_beyond_a_transfer_is_refused, 0, (int)ZS_LEN(giants));
    return tc;
}
