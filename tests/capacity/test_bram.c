#include "support.h"

#include "zynqsim/capacity.h"

static const struct {
    uint64_t words;
    uint32_t bits, blocks;
} memories[] = {
    {0, 32, 0},
    {1, 0, 0},
    {16, 32, 0},
    {17, 32, 0}, /* up to 960 bits went to LUTs in reports, 1,024 and more to block RAM */
    {31, 33, 0},
    {32, 32, 1},
    {1024, 1, 1},
    {512, 32, 1},
    {512, 36, 1},
    {512, 37, 2},
    {513, 36, 2},
    {784, 32, 2},
    {1024, 32, 2},
    {1024, 18, 1},
    {1024, 19, 2},
    {1024, 48, 3},
    {256, 16, 1},
    {2048, 9, 1},
    {2048, 10, 2},
    {4096, 4, 1},
    {4096, 32, 8},
    {4097, 32, 16},
    {8192, 2, 1},
    {16384, 1, 1},
    {16385, 1, 2},
    {9216, 32, 32},
    {50176, 32, 128},
    {2048, 48, 6},
    {2048, 16, 2},
    {1024, 16, 1},
    {UINT64_MAX, 32, UINT32_MAX},
    {UINT64_MAX, UINT32_MAX, UINT32_MAX},
};

START_TEST(a_memory_takes_the_cheapest_shape_at_a_power_of_two_depth)
{
    ck_assert_uint_eq(zs_bram18_of(memories[_i].words, memories[_i].bits), memories[_i].blocks);
}
END_TEST

START_TEST(the_buffers_of_arora_and_lanka_take_226_blocks)
{
    const uint32_t adapter = zs_operators[ZS_OPERATOR_AXI_MASTER].cost.n[ZS_RESOURCE_BRAM18];
    const uint32_t plane = zs_bram18_of(224 * 224, 32), filter = zs_bram18_of(9 * 512 * 2, 32);
    ck_assert_uint_eq(plane + 3 * filter + adapter, 226);
}
END_TEST

START_TEST(two_ports_that_both_read_and_write_have_no_36_bit_shape)
{
    ck_assert_uint_eq(zs_bram18_of(512, 36), 1);
    ck_assert_uint_eq(zs_bram18_two_port_of(512, 36), 2);
    ck_assert_uint_eq(zs_bram18_two_port_of(512, 18), 1);
    ck_assert_uint_eq(zs_bram18_two_port_of(16, 8), 1); /* at any size */
    ck_assert_uint_eq(zs_bram18_two_port_of(0, 8), 0);
}
END_TEST

START_TEST(depths_that_are_not_rounded_up_take_what_they_use)
{
    ck_assert_uint_eq(zs_bram18_of(9216, 32), 32);
    ck_assert_uint_eq(zs_bram18_unrounded_of(9216, 32), 18);
    ck_assert_uint_eq(zs_bram18_unrounded_of(50176, 32), 98);
    ck_assert_uint_eq(zs_bram18_unrounded_of(16, 32), 0);
}
END_TEST

/* The buffers of VTA, and others that show one rule each. */
static const struct {
    bool packs, exact;
    zs_memory m;
    uint32_t banks;
    uint64_t blocks;
} built[] = {
    {false, false, {256, 8, 1024, false}, 256, 256},
    {true, false, {256, 8, 1024, false}, 1, 114},
    {true, false, {16, 32, 2048, false}, 1, 57},
    {true, false, {16, 32, 1025, false}, 1, 57},
    {false, true, {16, 32, 1025, false}, 16, 48},
    {true, true, {16, 32, 1025, false}, 1, 45},
    {true, true, {4, 32, 31, false}, 4, 0}, /* distributed banks stay apart */
    {true, false, {4, 32, 31, true}, 1, 8}, /* with full ports none is */
    {true, false, {65536, 65536, 512, false}, 65536, UINT64_C(65536) * 1821}, /* of 2^32 bits */
};

static zs_accel accel_of(bool packs, bool exact)
{
    return (zs_accel){.packs_words = packs, .rounds_depths = !exact};
}

START_TEST(banks_are_counted_as_the_design_has_them_built)
{
    const zs_accel a = accel_of(built[_i].packs, built[_i].exact);
    ck_assert_uint_eq(zs_memory_as_built(&a, built[_i].m).banks, built[_i].banks);
    ck_assert_uint_eq(zs_memory_bram18(&a, built[_i].m), built[_i].blocks);
}
END_TEST

static const struct {
    bool packs, exact;
    zs_memory m;
    uint64_t least, room, depth;
} depths[] = {
    {false, false, {4, 32, 5000, false}, 1, 1000, 5000},
    {false, false, {4, 32, 5000, false}, 1, 20, 2048}, /* 16 blocks; 4,096 words take 32 */
    {false, true, {4, 32, 5000, false}, 1, 20, 2560},  /* 5 blocks a bank */
    {true, false, {4, 32, 5000, false}, 1, 20, 2048},
    {true, false, {4, 32, 5000, false}, 1, 30, 4096},
    {true, true, {4, 32, 5000, false}, 1, 20, 2560},
    {false, false, {4, 32, 5000, false}, 300, 1, 512}, /* the least, and what it has room for */
    {false, true, {4, 32, 5000, false}, 300, 1, 512},
    {false, true, {4, 32, 300, false}, 300, 1, 300},
    {true, false, {256, 8, 288, false}, 36, 100, 288}, /* 57 blocks for 256 */
    {false, false, {256, 8, 288, false}, 36, 100, 64},
};

START_TEST(a_depth_is_the_largest_that_the_room_left_holds)
{
    const zs_accel a = accel_of(depths[_i].packs, depths[_i].exact);
    ck_assert_uint_eq(zs_memory_depth(&a, depths[_i].m, depths[_i].least, depths[_i].room),
                      depths[_i].depth);
}
END_TEST

START_TEST(m20k_blocks_are_512_x_40_or_deeper_and_narrower)
{
    static const struct {
        uint64_t words;
        uint32_t bits, blocks;
    } m20ks[] = {{20, 32, 0}, /* an MLAB */
                 {512, 40, 1},  {512, 41, 2},     {513, 32, 2},   {1024, 20, 1},
                 {2048, 10, 1}, {36864, 32, 128}, {1024, 512, 26}};
    for (size_t i = 0; i < ZS_LEN(m20ks); i++)
        ck_assert_uint_eq(zs_m20k_of(m20ks[i].words, m20ks[i].bits), m20ks[i].blocks);
}
END_TEST

START_TEST(deeper_or_wider_never_takes_fewer_blocks)
{
    const uint32_t bits = 1 + (uint32_t)_i * 7;
    uint32_t before = 0;
    for (uint64_t words = 0; words < 40000; words += 61) {
        const uint32_t blocks = zs_bram18_of(words, bits);
        ck_assert_uint_ge(blocks, before);
        ck_assert_uint_ge(zs_bram18_of(words, bits + 1), blocks);
        before = blocks;
    }
    ck_assert_uint_gt(before, 1);
}
END_TEST

START_TEST(blocks_always_hold_the_data)
{
    for (uint64_t words = 513; words < 40000; words += 97) {
        const uint32_t bits = 1 + (uint32_t)(words % 80);
        ck_assert_uint_ge((uint64_t)zs_bram18_of(words, bits) * 18432, words * bits);
    }
}
END_TEST

static const struct {
    uint64_t words;
    uint32_t bits, luts;
    bool distributed;
} small[] = {
    {0, 32, 0, true},
    {1, 32, 22, true},
    {32, 6, 4, true},
    {33, 6, 8, true},
    {64, 32, 43, false},
    {65, 32, 86, false},
    {64, 128, 171, false},
    {128, 7, 20, true},
    {128, 8, 22, false},
    {2048, 32, 1376, false},
    {UINT64_MAX, UINT32_MAX, UINT32_MAX, false},
};

START_TEST(distributed_memory_takes_four_luts_for_32_x_6_or_64_x_3_bits)
{
    ck_assert_uint_eq(zs_lutram_luts_of(small[_i].words, small[_i].bits), small[_i].luts);
}
END_TEST

START_TEST(tiny_memories_are_distributed)
{
    ck_assert_int_eq(zs_is_lutram(small[_i].words, small[_i].bits), small[_i].distributed);
}
END_TEST

TCase *tcase_bram(void);
TCase *tcase_bram(void)
{
    TCase *tc = tcase_create("block and distributed RAM");
    tcase_add_loop_test(tc, a_memory_takes_the_cheapest_shape_at_a_power_of_two_depth, 0,
                        (int)ZS_LEN(memories));
    tcase_add_test(tc, the_buffers_of_arora_and_lanka_take_226_blocks);
    tcase_add_test(tc, two_ports_that_both_read_and_write_have_no_36_bit_shape);
    tcase_add_test(tc, depths_that_are_not_rounded_up_take_what_they_use);
    tcase_add_loop_test(tc, banks_are_counted_as_the_design_has_them_built, 0, (int)ZS_LEN(built));
    tcase_add_loop_test(tc, a_depth_is_the_largest_that_the_room_left_holds, 0,
                        (int)ZS_LEN(depths));
    tcase_add_test(tc, m20k_blocks_are_512_x_40_or_deeper_and_narrower);
    tcase_add_loop_test(tc, deeper_or_wider_never_takes_fewer_blocks, 0, 11);
    tcase_add_test(tc, blocks_always_hold_the_data);
    tcase_add_loop_test(tc, distributed_memory_takes_four_luts_for_32_x_6_or_64_x_3_bits, 0,
                        (int)ZS_LEN(small));
    tcase_add_loop_test(tc, tiny_memories_are_distributed, 0, (int)ZS_LEN(small));
    return tc;
}
