#include "memsys_bench.h"

#include <stdio.h>

TCase *tcase_memsys_agree(void);

/* Tiles as accelerators move them: rows of a window, columns unaligned, whole planes, weights. */
static const struct {
    const char *name;
    zs_xfer x;
} shapes[] = {
    {"56 B rows",
     {.row_bytes = 56,
      .row_pitch_bytes = 224,
      .row_n = 14,
      .plane_n = 16,
      .plane_pitch_bytes = 12544}},
    {"64 B rows, unaligned",
     {.addr = 4,
      .row_bytes = 64,
      .row_pitch_bytes = 224,
      .row_n = 14,
      .plane_n = 16,
      .plane_pitch_bytes = 12544}},
    {"116 B rows",
     {.row_bytes = 116,
      .row_pitch_bytes = 456,
      .row_n = 16,
      .plane_n = 16,
      .plane_pitch_bytes = 51984}},
    {"784 B rows",
     {.row_bytes = 784,
      .row_pitch_bytes = 3136,
      .row_n = 14,
      .plane_n = 4,
      .plane_pitch_bytes = 50176}},
    {"12.5 KB", {.row_bytes = 12544, .row_n = 1, .plane_n = 1}},
    {"seven short rows", {.row_bytes = 56, .row_pitch_bytes = 224, .row_n = 7, .plane_n = 1}},
    {"weights", {.row_bytes = 2304, .row_pitch_bytes = 9216, .row_n = 8, .plane_n = 1}},
};
enum { SHAPES = ZS_LEN(shapes) };

static const struct {
    const char *name;
    uint32_t channels[3], n;
} mixes[] = {
    {"one read", {0}, 1},
    {"one write", {1}, 1},
    {"two reads and a write", {0, 2, 5}, 3},
    {"a GP port", {10}, 1},
};
enum { MIXES = ZS_LEN(mixes) };

static const uint64_t clocks[] = {100000000, 150000000};

static uint64_t run_mix(zs_fidelity fidelity, uint32_t shape, uint32_t mix)
{
    script s[3];
    for (uint32_t i = 0; i < mixes[mix].n; i++) {
        s[i] = (script){.channel = mixes[mix].channels[i], .repeat = 40, .xfer = shapes[shape].x};
        s[i].xfer.addr += i * UINT64_C(0x1002000);
    }
    ms_build(fidelity);
    return ms_run_scripts(s, mixes[mix].n, 0, NULL);
}

START_TEST(test_tile_is_within_five_percent_of_burst)
{
    const uint32_t shape = (uint32_t)_i % SHAPES, mix = (uint32_t)_i / SHAPES % MIXES;
    mb.design.accel.clock_hz = clocks[(uint32_t)_i / SHAPES / MIXES];
    const uint64_t burst = run_mix(ZS_BURST, shape, mix), tile = run_mix(ZS_TILE, shape, mix);
    uint64_t slack = 5;
    if (mixes[mix].n == 1 && shapes[shape].x.plane_n * shapes[shape].x.row_n != 7)
        slack = 2;
    else if (_i >= SHAPES * MIXES && mixes[mix].n == 3)
        slack = 8; /* 150 MHz ask for 85 % of the DRAM: queueing, which tile leaves out, shows */
    ck_assert_msg(tile * 100 >= burst * (100 - slack) && tile * 100 <= burst * (100 + slack),
                  "%s, %s: tile %llu, burst %llu", shapes[shape].name, mixes[mix].name,
                  (unsigned long long)tile, (unsigned long long)burst);
}
END_TEST

/* No model moves more than a beat per cycle and channel, or more than the bus carries. */
START_TEST(test_nothing_is_faster_than_its_beats_or_the_bus)
{
    const uint32_t shape = (uint32_t)_i % SHAPES;
    const zs_fidelity fidelity = (uint32_t)_i / SHAPES ? ZS_BURST : ZS_TILE;
    script s[ZS_CHANNEL_N];
    for (uint32_t i = 0; i < 8; i++) {
        s[i] = (script){.channel = i, .repeat = 3, .xfer = shapes[shape].x};
        s[i].xfer.addr += i * UINT64_C(0x1001000);
    }
    mb.design.accel.clock_hz = 200000000;
    ms_build(fidelity);
    const uint64_t end = ms_run_scripts(s, 8, 0, NULL);
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < 8; i++) {
        const zs_channel_counts *c = zs_memsys_channel_counts(mb.ms, i);
        ck_assert_uint_ge(c->busy_pl_cycles, c->beats);
        bytes += c->bytes;
    }
    const double peak = zs_memory_peak_bytes_per_s(&mb.design.board.memory);
    ck_assert_double_ge((double)end / 200e6 * peak, (double)bytes);
    ck_assert_double_lt(zs_memory_sustained_bytes_per_s(&mb.design.board.memory), peak);
}
END_TEST

/* More outstanding bursts, beats per burst or banks: not slower by more than scheduling noise. */
START_TEST(test_a_better_port_is_not_slower)
{
    const uint32_t shape = (uint32_t)_i % SHAPES;
    const zs_fidelity fidelity = (uint32_t)_i / SHAPES ? ZS_BURST : ZS_TILE;
    uint64_t before = UINT64_MAX;
    for (uint32_t outstanding = 1; outstanding <= 16; outstanding *= 2) {
        mb.design.board.axi.hp.read_outstanding = outstanding;
        mb.design.board.axi.hp.write_outstanding = outstanding;
        const uint64_t now = run_mix(fidelity, shape, 2);
        ck_assert_uint_le(now, before + before / 100);
        before = now;
    }
    before = UINT64_MAX;
    for (uint32_t beats = 1; beats <= 16; beats *= 2) {
        mb.design.board.axi.hp.max_beats = beats;
        const uint64_t now = run_mix(fidelity, shape, 2);
        ck_assert_uint_le(now, before + before / 100);
        before = now;
    }
}
END_TEST

static double frac_of_peak(uint64_t bytes, uint64_t pl_cycles)
{
    const double seconds = (double)pl_cycles / (double)mb.design.accel.clock_hz;
    return (double)bytes / seconds / zs_memory_peak_bytes_per_s(&mb.design.board.memory);
}

/* Four readers, or four readers and four writers, at a clock that asks for far more than there is:
 * peak less refresh, and less turning of the bus. */
static const struct {
    uint32_t first, step, n;
    double least, most;
} crowds[] = {{0, 2, 4, 0.94, 0.96}, {1, 2, 4, 0.94, 0.96}, {0, 1, 8, 0.86, 0.9426}};
/* 0.9426: refresh leaves 0.9579; while both directions run, 13 clocks are lost to turning per 96
 * reads and 8 writes; when the reads are over, the writes have 11 of their 12 parts to go. */

/* Channels of one direction get equal shares; reads go first, as long as writes are posted. */
START_TEST(test_an_overloaded_dram_is_shared_evenly)
{
    const uint32_t crowd = (uint32_t)_i % ZS_LEN(crowds), n = crowds[crowd].n;
    script s[8];
    uint64_t ends[8];
    for (uint32_t i = 0; i < n; i++)
        s[i] = (script){
            .channel = crowds[crowd].first + i * crowds[crowd].step,
            .repeat = 1,
            .xfer = {
                .addr = i * UINT64_C(0x1001000), .row_bytes = 200000, .row_n = 1, .plane_n = 1}};
    mb.design.accel.clock_hz = 250000000;
    ms_build((uint32_t)_i / ZS_LEN(crowds) ? ZS_BURST : ZS_TILE);
    const uint64_t end = ms_run_scripts(s, n, 0, ends);
    for (uint32_t i = 0; i < n; i += 4) /* in order of time: of four channels of one direction */
        ck_assert_uint_ge(ends[i] * 100, ends[i + 3] * 85);
    ck_assert_double_ge(frac_of_peak(n * UINT64_C(200000), end), crowds[crowd].least);
    ck_assert_double_le(frac_of_peak(n * UINT64_C(200000), end), crowds[crowd].most);
}
END_TEST

/* Part of the bytes that were written, from 0.2 to 1 ms of transfers that follow each other. */
static double written_part(zs_fidelity fidelity, uint32_t readers, uint32_t writers)
{
    zs_xfer x[2 * 4];
    uint64_t bytes[2] = {0}, done;
    uint32_t who;
    const uint64_t end = mb.design.accel.clock_hz / 1000;
    ms_build(fidelity);
    for (uint32_t i = 0; i < readers + writers; i++) {
        const uint32_t channel = i < readers ? 2 * i : 2 * (i - readers) + 1;
        x[channel] =
            (zs_xfer){.addr = i * UINT64_C(0x1002000), .row_bytes = 2048, .row_n = 1, .plane_n = 1};
        zs_memsys_start(mb.ms, channel, &x[channel], 0);
    }
    while (zs_memsys_next(mb.ms, end, &who, &done)) {
        bytes[who & 1] += done > end / 5 ? x[who].row_bytes : 0;
        x[who].addr += x[who].row_bytes;
        zs_memsys_start(mb.ms, who, &x[who], done);
    }
    return (double)bytes[1] / (double)(bytes[0] + bytes[1]);
}

/* With eight bursts of four transactions in flight each, three readers keep the queue of reads
 * full: 96 reads, 8 writes. With two they cannot, and writes drain their queue: 16 and 32. */
static const struct {
    uint32_t outstanding, readers, writers;
    uint64_t clock_hz;
    double part;
} parts[] = {
    {8, 4, 4, 250000000, 8.0 / 104},  {8, 3, 1, 250000000, 8.0 / 104},
    {16, 4, 2, 200000000, 8.0 / 104}, {2, 3, 4, 150000000, 32.0 / 48},
    {2, 3, 3, 250000000, 32.0 / 48},
};

START_TEST(test_writes_get_their_turn_of_a_full_memory)
{
    mb.design.accel.clock_hz = parts[_i].clock_hz;
    mb.design.board.axi.hp.read_outstanding = parts[_i].outstanding;
    const double tile = written_part(ZS_TILE, parts[_i].readers, parts[_i].writers);
    const double burst = written_part(ZS_BURST, parts[_i].readers, parts[_i].writers);
    ck_assert_double_eq_tol(tile, parts[_i].part, 0.01);
    ck_assert_double_eq_tol(tile, burst, 0.1);
}
END_TEST

/* A reader with one burst in flight asks for little. In tile it gets that; in burst it also waits
 * in the others' queue, and still gets its turn. */
START_TEST(test_fast_readers_leave_a_slow_one_its_turn)
{
    const script s[] = {
        {10, 1, {.addr = 0, .row_bytes = 200000, .row_n = 1, .plane_n = 1}},
        {0, 4, {.addr = 0x1001000, .row_bytes = 400000, .row_n = 1, .plane_n = 1}},
        {2, 4, {.addr = 0x2002000, .row_bytes = 400000, .row_n = 1, .plane_n = 1}},
        {4, 4, {.addr = 0x3003000, .row_bytes = 400000, .row_n = 1, .plane_n = 1}},
    };
    uint64_t ends[16];
    mb.design.accel.clock_hz = 250000000;
    mb.design.board.axi.gp.read_outstanding = 1; /* an eighth of what an HP port asks for */
    ms_build(_i ? ZS_BURST : ZS_TILE);
    const uint64_t alone = ms_run_one(10, &s[0].xfer, 0);
    ms_build(_i ? ZS_BURST : ZS_TILE);
    const uint64_t end = ms_run_scripts(s, 4, 0, ends);
    if (_i == 0)
        ck_assert_double_ge(frac_of_peak(12 * 400000 + 200000, end), 0.94);
    ck_assert_uint_le(zs_memsys_channel_counts(mb.ms, 10)->busy_pl_cycles,
                      alone * (_i ? 3 : 1) + 1);
}
END_TEST

TCase *tcase_memsys_agree(void)
{
    TCase *tc = tcase_create("agreement of the fidelities");
    tcase_add_checked_fixture(tc, ms_setup, ms_teardown);
    tcase_add_loop_test(tc, test_tile_is_within_five_percent_of_burst, 0, 2 * SHAPES * MIXES);
    tcase_add_loop_test(tc, test_nothing_is_faster_than_its_beats_or_the_bus, 0, 2 * SHAPES);
    tcase_add_loop_test(tc, test_a_better_port_is_not_slower, 0, 2 * SHAPES);
    tcase_add_loop_test(tc, test_an_overloaded_dram_is_shared_evenly, 0, 2 * ZS_LEN(crowds));
    tcase_add_loop_test(tc, test_writes_get_their_turn_of_a_full_memory, 0, ZS_LEN(parts));
    tcase_add_loop_test(tc, test_fast_readers_leave_a_slow_one_its_turn, 0, 2);
    return tc;
}
