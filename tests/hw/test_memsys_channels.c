#include "memsys_bench.h"

#include "../../src/hw/memsys_priv.h"

TCase *tcase_memsys_channels(void);

/* Several DRAM channels behind one interface: blocks of the address space in turn. */

static const zs_fidelity fidelities[] = {ZS_TILE, ZS_BURST};

static void setup(void)
{
    zs_err err = {0};
    ms_setup();
    ck_assert_int_eq(zs_design_set_board(&mb.design, &mb.arena, "stratix10-520n", &err), ZS_OK);
    mb.design.accel.clock_hz = 276770000;
}

static zs_xfer bytes_at(uint64_t addr, uint32_t bytes)
{
    return (zs_xfer){.addr = addr, .row_bytes = bytes, .row_n = 1, .plane_n = 1};
}

enum { MIB = 1 << 20, EACH = 4 * MIB };

/* Bytes per second of `reads` arrays that are read and `writes` that are written side by side. */
static double stream_bytes_per_s(zs_fidelity fidelity, uint32_t reads, uint32_t writes)
{
    script scripts[8];
    for (uint32_t i = 0; i < reads + writes; i++)
        scripts[i] = (script){.channel = zs_channel(i, i >= reads),
                              .repeat = 1,
                              .xfer = bytes_at((uint64_t)i * (5 * MIB + 24 * 1024), EACH)};
    ms_build(fidelity);
    const uint64_t end = ms_run_scripts(scripts, reads + writes, 0, NULL);
    return (double)(reads + writes) * EACH * (double)mb.design.accel.clock_hz / (double)end;
}

/* Read and written arrays of STREAM's four loops, over all channels and in the first one: limited
 * by 64 B of each array and clock, or by the channels' 19.2 GB/s each less what they lose. */
static const struct {
    uint32_t reads, writes, interleave;
    double least, most; /* GB/s */
} streams[] = {
    {1, 0, 4096, 17.2, 17.72}, {1, 1, 4096, 34.0, 35.43}, {2, 1, 4096, 50.0, 53.15},
    {4, 0, 4096, 66.0, 70.9},  {2, 0, 0, 17.0, 19.2},     {1, 1, 0, 12.0, 19.2},
};

START_TEST(test_arrays_over_all_channels_are_limited_by_their_ports)
{
    mb.design.board.memory.interleave_bytes = streams[_i / 2].interleave;
    const double gb = 1e-9 * stream_bytes_per_s(fidelities[_i % 2], streams[_i / 2].reads,
                                                streams[_i / 2].writes);
    ck_assert_msg(gb >= streams[_i / 2].least && gb <= streams[_i / 2].most, "%g GB/s", gb);
}
END_TEST

/* A channel of its own is as fast for two streams as if each were alone; one channel is not. */
START_TEST(test_blocks_in_different_channels_do_not_meet)
{
    const uint32_t block = 1 << 22;
    uint64_t ends[2];
    mb.design.board.memory.interleave_bytes = block;
    for (uint32_t same = 0; same < 2; same++) {
        const script scripts[] = {
            {.channel = 0, .repeat = 1, .xfer = bytes_at(0, block)},
            {.channel = 2, .repeat = 1, .xfer = bytes_at((same ? 4 : 1) * (uint64_t)block, block)},
        };
        ms_build(ZS_BURST);
        ends[same] = ms_run_scripts(scripts, 2, 0, NULL);
    }
    ms_build(ZS_BURST);
    const uint64_t alone =
        ms_run_one(0, &(zs_xfer){.row_bytes = block, .row_n = 1, .plane_n = 1}, 0);
    ck_assert_uint_le(ends[0], alone + alone / 100);
    ck_assert_uint_ge(ends[1], alone + alone / 2);
}
END_TEST

/* What is asked for in slices, or all at once, over any number of channels. */
START_TEST(test_bytes_and_times_do_not_depend_on_how_one_asks)
{
    uint64_t ends[2][6];
    mb.design.board.memory.channels = 1u << (_i % 4);
    mb.design.board.memory.interleave_bytes = 4096u << (_i / 4);
    for (uint32_t k = 0; k < 2; k++) {
        script scripts[6];
        uint64_t bytes = 0;
        for (uint32_t i = 0; i < 6; i++) {
            scripts[i] = (script){.channel = zs_channel(i / 2, i % 2),
                                  .repeat = 1,
                                  .xfer = {.addr = i * 77777 * 8,
                                           .row_pitch_bytes = 5000,
                                           .row_bytes = 1000 + 333 * i,
                                           .row_n = 40,
                                           .plane_n = 1}};
            bytes += zs_xfer_bytes(&scripts[i].xfer);
        }
        ms_build(ZS_BURST);
        ms_run_scripts(scripts, 6, k * 37, ends[k]);
        const zs_dram_counts *dram = zs_memsys_dram_counts(mb.ms);
        ck_assert_uint_eq(dram->read_bytes + dram->write_bytes, bytes);
    }
    for (uint32_t i = 0; i < 6; i++)
        ck_assert_uint_eq(ends[0][i], ends[1][i]);
}
END_TEST

/* The default board has one channel, whatever the blocks. */
START_TEST(test_one_channel_is_one_however_it_is_cut)
{
    uint64_t ends[2];
    for (uint32_t k = 0; k < 2; k++) {
        mb.design.board.memory.channels = 1;
        mb.design.board.memory.interleave_bytes = k * 8192;
        const zs_xfer x = bytes_at(12345, MIB);
        ms_build(ZS_BURST);
        ends[k] = ms_run_one(0, &x, 0);
    }
    ck_assert_uint_eq(ends[0], ends[1]);
}
END_TEST

static const struct {
    uint32_t channels, interleave;
    const char *says;
} wrong[] = {
    {3, 4096, "3 is not a power of two up to 8"},
    {16, 4096, "16 is not a power of two up to 8"},
    {4, 2048, "2048 is neither 0 nor a power of two from 4096 on"},
    {4, 12288, "12288 is neither 0 nor a power of two from 4096 on"},
};

START_TEST(test_channels_that_cannot_be_are_refused)
{
    zs_err err = {0};
    mb.design.board.memory.channels = wrong[_i].channels;
    mb.design.board.memory.interleave_bytes = wrong[_i].interleave;
    ck_assert_int_eq(zs_design_memory_check(&mb.design.board.memory, &err), ZS_ERANGE);
    ck_assert_str_eq(err.text, wrong[_i].says);
}
END_TEST

TCase *tcase_memsys_channels(void)
{
    TCase *tc = tcase_create("memsys_channels");
    tcase_add_checked_fixture(tc, setup, ms_teardown);
    tcase_add_loop_test(tc, test_arrays_over_all_channels_are_limited_by_their_ports, 0,
                        2 * ZS_LEN(streams));
    tcase_add_test(tc, test_blocks_in_different_channels_do_not_meet);
    tcase_add_loop_test(tc, test_bytes_and_times_do_not_depend_on_how_one_asks, 0, 12);
    tcase_add_test(tc, test_one_channel_is_one_however_it_is_cut);
    tcase_add_loop_test(tc, test_channels_that_cannot_be_are_refused, 0, ZS_LEN(wrong));
    return tc;
}
