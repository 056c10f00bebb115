#include "support.h"
#include "zynqsim/axi.h"

TCase *tcase_axi(void);

static const zs_axi_params hp = {.beat_bytes = 8,
                                 .max_beats = 16,
                                 .read_outstanding = 8,
                                 .write_outstanding = 8,
                                 .read_latency_pl_cycles = 20,
                                 .write_latency_pl_cycles = 12};

static const struct {
    uint64_t addr, bytes, bursts, beats;
} splits[] = {
    {0, 0, 0, 0},           {0, 1, 1, 1},
    {7, 1, 1, 1},           {7, 2, 1, 2},
    {0, 128, 1, 16},        {0, 129, 2, 17},
    {4, 64, 1, 9},          {4, 1024, 9, 129},
    {0x3c, 256, 3, 33},     {0xfc0, 256, 3, 32},
    {0xff8, 1024, 9, 128},  {0xffc, 1024, 9, 129},
    {0xf80, 4096, 32, 512}, {0x7f4, 65536, 513, 8193},
    {0xfa0, 128, 2, 16},    {1, 1000, 8, 126},
    {7, 4097, 33, 513},     {4092, 8, 2, 2},
    {8, 4088, 32, 511},     {0, 4096 * 1000, 32000, 512000},
};

START_TEST(test_a_row_is_cut_at_sixteen_beats_and_at_4_kib)
{
    uint64_t bursts = 0, beats = 0;
    zs_axi_count(&hp, splits[_i].addr, splits[_i].bytes, &bursts, &beats);
    ck_assert_uint_eq(bursts, splits[_i].bursts);
    ck_assert_uint_eq(beats, splits[_i].beats);
}
END_TEST

TCase *tcase_axi(void)
{
    TCase *tc = tcase_create("AXI");
    tcase_add_loop_test(tc, test_a_row_is_cut_at_sixteen_beats_and_at_4_kib, 0, ZS_LEN(splits));
    return tc;
}
