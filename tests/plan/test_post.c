#include "plan_cases.h"

#include "nets.h"
#include "tiled.h"

#include "zynqsim/kind.h"
#include "zynqsim/capacity.h"

/* Passes over finished sums on the MAC array's unit, channels in blocks in DRAM, and tiles that
 * fill the room of the design's. */

typedef struct post_bench {
    zs_arena arena;
    test_spec *spec;
    zs_design d;
    const zs_net *net;
    const zs_plan *plan;
} post_bench;

/* 48 channels of 8 x 8 pixels to 32, in tiles of 16 input channels and 4 rows: 3 steps a tile. */
static void start(post_bench *b, bool pools)
{
    zs_arena_init(&b->arena, test_heap());
    b->spec = test_spec_new(48, 8, 8);
    test_conv(b->spec, "conv", "", 32, 3, 1, 1);
    if (pools)
        test_pool(b->spec, "pool", "", ZS_POOL_MAX, 2, 2);
    b->net = test_net(&b->arena, b->spec);
    zs_design_defaults(&b->d);
    zs_accel *a = &b->d.accel;
    tiled_params *p = tiled_params_in(a);
    a->precision = ZS_INT8;
    a->unroll.oc = a->unroll.ic = 16;
    p->tile.oc = 32, p->tile.ic = 16, p->tile.oy = 4, p->tile.ox = 8;
}

static void plan_it(post_bench *b)
{
    b->plan = test_plan(&b->arena, &b->d, b->net);
}

static void end(post_bench *b)
{
    test_spec_free(b->spec);
    zs_arena_drop(&b->arena);
}

static uint64_t price_of(const post_bench *b, uint32_t op)
{
    return b->plan->costs[b->plan->ops[op].cost_key].pl_cycles;
}

START_TEST(test_without_passes_a_tile_is_stored_as_it_leaves_the_array)
{
    post_bench b;
    start(&b, false);
    plan_it(&b);
    ck_assert_uint_eq(test_count_ops(b.plan, ZS_OP_POST), 0);
    end(&b);
}
END_TEST

START_TEST(test_passes_hold_the_array_before_the_tile_is_stored)
{
    post_bench b;
    start(&b, false);
    TILED(b.d)->mac.post_n = 4;
    TILED(b.d)->mac.post_interval_pl_cycles = 2;
    plan_it(&b);
    ck_assert_uint_eq(test_count_ops(b.plan, ZS_OP_POST), 2); /* one a tile, not one a step */
    uint32_t stores = 0;
    for (uint32_t i = 0; i < b.plan->op_n; i++) {
        const zs_tile_op *op = &b.plan->ops[i];
        if (op->code == ZS_OP_POST) {
            ck_assert_uint_eq(op->unit, ZS_UNIT_PE);
            ck_assert_uint_eq(price_of(&b, i), 4 * (2 * 2 * 32 + 7));
        }
        if (op->code != ZS_OP_STORE)
            continue;
        ck_assert_uint_eq(b.plan->ops[op->wait[0]].code, ZS_OP_POST);
        stores++;
    }
    ck_assert_uint_eq(stores, 2);
    end(&b);
}
END_TEST

START_TEST(test_a_fused_pool_comes_on_top_of_the_passes)
{
    post_bench b;
    start(&b, true);
    plan_it(&b);
    uint64_t pool = 0, both = 0;
    for (uint32_t i = 0; i < b.plan->op_n; i++)
        if (b.plan->ops[i].code == ZS_OP_POST)
            pool += price_of(&b, i);
    TILED(b.d)->mac.post_n = 1;
    plan_it(&b);
    for (uint32_t i = 0; i < b.plan->op_n; i++)
        if (b.plan->ops[i].code == ZS_OP_POST)
            both += price_of(&b, i);
    ck_assert_uint_gt(pool, 0);
    ck_assert_uint_eq(both, pool + 2 * (2 * 32 + 7));
    end(&b);
}
END_TEST

START_TEST(test_sums_are_cleared_before_the_first_of_a_tiles_steps_only)
{
    post_bench b;
    start(&b, false);
    TILED(b.d)->mac.clears_sums = true;
    plan_it(&b);
    const zs_mac_loop loop = {.oc = 32, .ic = 16, .oy = 4, .ox = 8, .ky = 3, .kx = 3};
    const uint64_t products = zs_mac_pl_cycles(&b.d, &TILED(b.d)->mac, &loop);
    uint32_t macs = 0;
    for (uint32_t i = 0; i < b.plan->op_n; i++) {
        if (b.plan->ops[i].code != ZS_OP_MAC)
            continue;
        const bool is_first = b.plan->boxes[i].flags & ZS_BOX_FIRST;
        ck_assert_uint_eq(price_of(&b, i), products + (is_first ? 2 * 32 : 0));
        macs++;
    }
    ck_assert_uint_eq(macs, 2 * 3);
    end(&b);
}
END_TEST

/* ---- channels in blocks ---------------------------------------------------------------------- */

static zs_xfer first_xfer(const post_bench *b, zs_op_code kind)
{
    for (uint32_t i = 0; i < b->plan->op_n; i++)
        if (b->plan->ops[i].code == kind)
            return zs_plan_xfer(b->plan, &b->d, i);
    ck_abort_msg("no such op");
}

/* Half a plane wide, so that rows stay apart: with a halo, 5 of 8 columns of 5 rows. */
static const struct {
    uint32_t block, row_bytes, rows, planes;
} blocks[] = {
    {1, 5, 5, 16}, {8, 5 * 8, 5, 2}, {16, 5 * 16, 5, 1}, {32, 5 * 32, 5, 1}, /* filled up */
};

START_TEST(test_a_row_of_a_load_has_the_channels_of_its_blocks)
{
    post_bench b;
    start(&b, false);
    TILED(b.d)->tile.ox = 4;
    TILED(b.d)->channel_block = blocks[_i].block;
    plan_it(&b);
    const zs_xfer x = first_xfer(&b, ZS_OP_LOAD_X);
    ck_assert_uint_eq(x.row_bytes, blocks[_i].row_bytes);
    ck_assert_uint_eq(x.row_n, blocks[_i].rows);
    ck_assert_uint_eq(x.plane_n, blocks[_i].planes);
    ck_assert_uint_eq(x.row_pitch_bytes, 8 * blocks[_i].block);
    end(&b);
}
END_TEST

START_TEST(test_blocks_that_fill_tiles_move_the_bytes_of_planes)
{
    post_bench b;
    start(&b, false);
    plan_it(&b);
    const uint64_t planes = test_all_bytes(b.plan, &b.d), dram = b.plan->dram_bytes;
    TILED(b.d)->channel_block = 16;
    plan_it(&b);
    ck_assert_uint_eq(test_all_bytes(b.plan, &b.d), planes);
    ck_assert_uint_eq(b.plan->dram_bytes, dram);
    end(&b);
}
END_TEST

/* Tiles of 16 channels of which the second lies across two blocks of 24. */
START_TEST(test_a_tile_across_two_blocks_moves_both)
{
    post_bench b;
    start(&b, false);
    TILED(b.d)->channel_block = 24;
    plan_it(&b);
    uint32_t seen = 0;
    for (uint32_t i = 0; i < b.plan->op_n; i++) {
        if (b.plan->ops[i].code != ZS_OP_LOAD_X || b.plan->boxes[i].oy0 != 0)
            continue;
        const zs_xfer x = zs_plan_xfer(b.plan, &b.d, i);
        const uint32_t blocks_of[] = {1, 2, 1};
        ck_assert_uint_eq(zs_xfer_bytes(&x), blocks_of[seen] * 24u * 5 * 8);
        seen++;
    }
    ck_assert_uint_eq(seen, 3);
    end(&b);
}
END_TEST

START_TEST(test_tensors_have_room_for_their_last_block)
{
    post_bench b;
    start(&b, false);
    TILED(b.d)->channel_block = 64;
    plan_it(&b);
    ck_assert_uint_eq(b.plan->tensors[b.net->input].pitch_bytes, 64 * 8 * 8);
    ck_assert_uint_eq(b.plan->tensors[b.net->output].pitch_bytes, 64 * 8 * 8);
    end(&b);
}
END_TEST

/* ---- tiles that fill the room ---------------------------------------------------------------- */

/* 16 channels x 16 x 16 sums have room for 64 channels of the 8 x 8 map, of which there are 32. */
static const struct {
    uint32_t oc, oy, ox, lanes, weight_bytes, t_oc;
    bool fills;
} filled[] = {
    {16, 16, 16, 16, 65536, 16, false},              /* as asked for */
    {16, 16, 16, 16, 65536, 32, true},               /* all there are */
    {16, 8, 8, 16, 65536, 16, true},                 /* no room to fill */
    {8, 8, 12, 4, 65536, 12, true},                  /* whole lanes */
    {16, 16, 16, 16, 2 * 32 * 16 * 9, 32, true},     /* weights just fit, twice */
    {16, 16, 16, 16, 2 * 32 * 16 * 9 - 1, 16, true}, /* one byte less */
};

START_TEST(test_a_small_map_takes_more_channels_into_the_same_room)
{
    post_bench b;
    start(&b, false);
    TILED(b.d)->tile.oc = filled[_i].oc;
    TILED(b.d)->tile.oy = filled[_i].oy;
    TILED(b.d)->tile.ox = filled[_i].ox;
    b.d.accel.unroll.oc = filled[_i].lanes;
    b.d.accel.buffer.weight_bytes = filled[_i].weight_bytes;
    TILED(b.d)->tile.fills = filled[_i].fills;
    plan_it(&b);
    ck_assert_uint_eq(b.plan->rows[0].t_oc, filled[_i].t_oc);
    ck_assert_uint_eq(b.plan->buffers[ZS_BUF_OUTPUT].slot_elems,
                      filled[_i].oc * filled[_i].oy * filled[_i].ox);
    end(&b);
}
END_TEST

TCase *tcase_post(void)
{
    TCase *tc = tcase_create("passes over sums, channels in blocks");
    tcase_add_test(tc, test_without_passes_a_tile_is_stored_as_it_leaves_the_array);
    tcase_add_test(tc, test_passes_hold_the_array_before_the_tile_is_stored);
    tcase_add_test(tc, test_a_fused_pool_comes_on_top_of_the_passes);
    tcase_add_test(tc, test_sums_are_cleared_before_the_first_of_a_tiles_steps_only);
    tcase_add_loop_test(tc, test_a_row_of_a_load_has_the_channels_of_its_blocks, 0,
                        (int)ZS_LEN(blocks));
    tcase_add_test(tc, test_blocks_that_fill_tiles_move_the_bytes_of_planes);
    tcase_add_test(tc, test_a_tile_across_two_blocks_moves_both);
    tcase_add_test(tc, test_tensors_have_room_for_their_last_block);
    tcase_add_loop_test(tc, test_a_small_map_takes_more_channels_into_the_same_room, 0,
                        (int)ZS_LEN(filled));
    return tc;
}
