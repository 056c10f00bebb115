#include "memsys_bench.h"

#include "../../src/hw/memsys_priv.h"

TCase *tcase_memsys(void);

static const zs_fidelity fidelities[] = {ZS_TILE, ZS_BURST};

static zs_xfer bytes_at(uint64_t addr, uint32_t bytes)
{
    return (zs_xfer){.addr = addr, .row_bytes = bytes, .row_n = 1, .plane_n = 1};
}

/* ---- one transfer ---------------------------------------------------------------------------- */

static const zs_xfer nothing[] = {
    {.addr = 64, .row_bytes = 0, .row_n = 3, .plane_n = 1},
    {.addr = 64, .row_bytes = 8, .row_n = 0, .plane_n = 1},
    {.addr = 64, .row_bytes = 8, .row_n = 3, .plane_n = 0},
};

START_TEST(test_nothing_to_move_takes_no_time)
{
    ms_build(fidelities[_i % 2]);
    ck_assert_uint_eq(ms_run_one(0, &nothing[_i / 2], 7), 0);
    ck_assert_uint_eq(zs_memsys_channel_counts(mb.ms, 0)->bursts, 0);
    ck_assert_uint_eq(zs_memsys_channel_counts(mb.ms, 0)->transfers, 1);
}
END_TEST

/* 20 cycles of latency, 20 clocks of 1.875 ns from a closed row (queue 1, tRCD 7, CL 7, burst 4,
 * and up to one to meet the clock), then the beats. */
static const struct {
    uint64_t addr;
    uint32_t bytes;
    uint64_t cycles;
} idle_reads[] = {
    {0, 8, 20 + 4 + 1},  {0, 1, 20 + 4 + 1},    {4, 8, 20 + 4 + 2},
    {0, 64, 20 + 4 + 8}, {0, 128, 20 + 4 + 16}, {0, 1024, 20 + 4 + 128},
};

START_TEST(test_an_idle_read_costs_latency_dram_and_beats)
{
    const zs_xfer x = bytes_at(idle_reads[_i].addr, idle_reads[_i].bytes);
    ms_build(ZS_BURST);
    ck_assert_uint_eq(ms_run_one(0, &x, 100), idle_reads[_i].cycles);
}
END_TEST

/* One byte wide, the memory needs 16 transactions or 30 cycles of 4 ns for what the port takes
 * in 16. */
START_TEST(test_a_slow_memory_holds_the_last_beat_back)
{
    const zs_xfer x = bytes_at(0, 128);
    mb.design.board.memory.bus_bytes = 1;
    mb.design.accel.clock_hz = 250000000;
    ms_build(ZS_BURST);
    const uint64_t cycles = ms_run_one(0, &x, 0);
    ck_assert_uint_ge(cycles, 20 + 6 + 30);
    ck_assert_uint_le(cycles, 20 + 10 + 30);
}
END_TEST

START_TEST(test_an_idle_write_costs_its_beats_and_the_response)
{
    const zs_xfer x = bytes_at(0, 128);
    ms_build(fidelities[_i]);
    ck_assert_uint_eq(ms_run_one(zs_channel(ZS_PORT_HP0, true), &x, 100), 16 + 12);
}
END_TEST

/* A burst holds the bus for 160 DDR clocks. Meanwhile a read asks bank 1 for another row, and a
 * later one for the row that the bank has open: closed when that one comes, not saved by it. */
START_TEST(test_a_row_closes_while_the_bus_is_busy)
{
    const uint64_t bank = mb.design.board.memory.row_bytes;
    const uint64_t row = bank * mb.design.board.memory.banks;
    const zs_xfer before = bytes_at(bank, 32), holds = bytes_at(0, 128);
    const zs_xfer other = bytes_at(bank + row, 32), again = bytes_at(bank, 32);
    uint32_t channel;
    uint64_t done;
    mb.design.board.memory.t_ccd = 40;
    ms_build(ZS_BURST);
    ms_run_one(0, &before, 0);
    zs_memsys_start(mb.ms, zs_channel(ZS_PORT_HP0, false), &holds, 100);
    zs_memsys_start(mb.ms, zs_channel(ZS_PORT_HP1, false), &other, 105);
    zs_memsys_start(mb.ms, zs_channel(ZS_PORT_HP2, false), &again, 110);
    while (zs_memsys_next(mb.ms, UINT64_MAX, &channel, &done))
        continue;
    ck_assert_uint_eq(zs_memsys_dram_counts(mb.ms)->activates, 4);
    ck_assert_uint_eq(zs_memsys_dram_counts(mb.ms)->row_conflicts, 2);
}
END_TEST

START_TEST(test_one_outstanding_read_pays_the_latency_every_time)
{
    const zs_xfer x = bytes_at(0, 2048);
    mb.design.board.memory.t_refi = 0;
    mb.design.board.axi.hp.read_outstanding = 1;
    ms_build(ZS_BURST);
    const uint64_t one = ms_run_one(0, &x, 0);
    mb.design.board.axi.hp.read_outstanding = 8;
    ms_build(ZS_BURST);
    const uint64_t eight = ms_run_one(0, &x, 0);
    ck_assert_uint_ge(one, 16 * (20 + 3 + 16));
    ck_assert_uint_le(one, 16 * (20 + 4 + 16));
    ck_assert_uint_eq(eight, 20 + 4 + 256);
}
END_TEST

/* ---- counters -------------------------------------------------------------------------------- */

static const struct {
    zs_xfer x;
    uint64_t bytes, bursts, beats;
} counted[] = {
    {{.addr = 0, .row_bytes = 56, .row_pitch_bytes = 224, .row_n = 14, .plane_n = 1}, 784, 14, 98},
    {{.addr = 4, .row_bytes = 56, .row_pitch_bytes = 224, .row_n = 14, .plane_n = 1}, 784, 14, 112},
    {{.addr = 4064,
      .row_bytes = 64,
      .row_pitch_bytes = 4096,
      .row_n = 3,
      .plane_n = 2,
      .plane_pitch_bytes = 65536},
     384,
     12,
     48},
    {{.addr = 0,
      .row_bytes = 64,
      .row_pitch_bytes = 64,
      .row_n = 8,
      .plane_n = 4,
      .plane_pitch_bytes = 512},
     2048,
     16,
     256}, /* joins to one row */
    {{.addr = 0,
      .row_bytes = 64,
      .row_pitch_bytes = 64,
      .row_n = 8,
      .plane_n = 4,
      .plane_pitch_bytes = 1024},
     2048,
     16,
     256}, /* joins to four */
};

START_TEST(test_bytes_bursts_and_beats_are_the_same_in_both_fidelities)
{
    for (uint32_t f = 0; f < 2; f++) {
        ms_build(fidelities[f]);
        ms_run_one(2, &counted[_i].x, 0);
        const zs_channel_counts *c = zs_memsys_channel_counts(mb.ms, 2);
        ck_assert_uint_eq(c->bytes, counted[_i].bytes);
        ck_assert_uint_eq(c->bursts, counted[_i].bursts);
        ck_assert_uint_eq(c->beats, counted[_i].beats);
        ck_assert_uint_eq(zs_memsys_dram_counts(mb.ms)->read_bytes, counted[_i].bytes);
        ck_assert_uint_eq(zs_memsys_dram_counts(mb.ms)->write_bytes, 0);
    }
}
END_TEST

START_TEST(test_rows_are_joined_only_where_the_dma_does)
{
    const zs_xfer x = {
        .addr = 0, .row_bytes = 24, .row_pitch_bytes = 24, .row_n = 16, .plane_n = 1};
    ms_build(ZS_BURST);
    ms_run_one(0, &x, 0);
    ck_assert_uint_eq(zs_memsys_channel_counts(mb.ms, 0)->bursts, 3);
    mb.design.accel.dma.merge_rows = false;
    for (uint32_t f = 0; f < 2; f++) {
        ms_build(fidelities[f]);
        ms_run_one(0, &x, 0);
        ck_assert_uint_eq(zs_memsys_channel_counts(mb.ms, 0)->bursts, 16);
    }
}
END_TEST

/* Rows too long to be joined in 32 bits stay apart. */
START_TEST(test_joining_rows_never_overflows)
{
    const zs_xfer x = {
        .row_bytes = 1u << 31, .row_pitch_bytes = 1u << 31, .row_n = 4, .plane_n = 1};
    const zs_xfer merged = zs_xfer_merged(&x);
    ck_assert_uint_eq(merged.row_n, 4);
    ck_assert_uint_eq(zs_xfer_bytes(&merged), zs_xfer_bytes(&x));
}
END_TEST

/* Random transfers on all channels: what the channels moved is what the DRAM moved. */
START_TEST(test_bytes_are_conserved_between_ports_and_dram)
{
    zs_prng prng = {5 + (uint64_t)_i};
    uint64_t sums[2] = {0, 0};
    script s[ZS_CHANNEL_N];
    for (uint32_t i = 0; i < ZS_CHANNEL_N; i++)
        s[i] = (script){.channel = i,
                        .repeat = 1 + (uint32_t)zs_prng_below(&prng, 6),
                        .xfer = {.addr = zs_prng_below(&prng, 1 << 24),
                                 .row_bytes = (uint32_t)zs_prng_below(&prng, 300),
                                 .row_pitch_bytes = 300 + zs_prng_below(&prng, 5000),
                                 .row_n = 1 + (uint32_t)zs_prng_below(&prng, 20),
                                 .plane_n = 1 + (uint32_t)zs_prng_below(&prng, 3),
                                 .plane_pitch_bytes = 200000}};
    ms_build(fidelities[_i % 2]);
    ms_run_scripts(s, ZS_CHANNEL_N, 0, NULL);
    for (uint32_t i = 0; i < ZS_CHANNEL_N; i++) {
        const zs_channel_counts *c = zs_memsys_channel_counts(mb.ms, i);
        ck_assert_uint_eq(c->bytes, s[i].repeat * zs_xfer_bytes(&s[i].xfer));
        ck_assert_uint_eq(c->transfers, s[i].repeat);
        sums[i % 2] += c->bytes;
    }
    const zs_dram_counts *d = zs_memsys_dram_counts(mb.ms);
    ck_assert_uint_eq(d->read_bytes, sums[0]);
    ck_assert_uint_eq(d->write_bytes, sums[1]);
    ck_assert_uint_eq(d->row_hits + d->row_misses + d->row_conflicts,
                      d->read_transactions + d->write_transactions);
    ck_assert_uint_ge(32 * (d->read_transactions + d->write_transactions), sums[0] + sums[1]);
}
END_TEST

/* ---- time ------------------------------------------------------------------------------------ */

static script three[] = {
    {0,
     20,
     {.addr = 0x100000, .row_bytes = 116, .row_pitch_bytes = 456, .row_n = 16, .plane_n = 1}},
    {2, 30, {.addr = 0x300040, .row_bytes = 1152, .row_n = 1, .plane_n = 1}},
    {5,
     9,
     {.addr = 0x500000,
      .row_bytes = 112,
      .row_pitch_bytes = 448,
      .row_n = 14,
      .plane_n = 4,
      .plane_pitch_bytes = 50176}},
};

START_TEST(test_how_often_the_engine_asks_changes_nothing)
{
    static const uint64_t clocks[] = {100000000, 150000000, 142857143};
    uint64_t whole[64], sliced[64];
    mb.design.accel.clock_hz = clocks[_i / 2];
    ms_build(fidelities[_i % 2]);
    ms_run_scripts(three, 3, 0, whole);
    for (uint64_t slice = 1; slice < 1000; slice = slice * 7 + 3) {
        ms_build(fidelities[_i % 2]);
        ms_run_scripts(three, 3, slice, sliced);
        for (uint32_t i = 0; i < 59; i++)
            ck_assert_uint_eq(sliced[i], whole[i]);
    }
}
END_TEST

START_TEST(test_a_completion_at_the_limit_counts_and_one_after_it_does_not)
{
    const zs_xfer x = bytes_at(0, 128);
    uint32_t who = 99;
    uint64_t done = 0;
    ms_build(fidelities[_i]);
    zs_memsys_start(mb.ms, 1, &x, 100);
    ck_assert(!zs_memsys_next(mb.ms, 127, &who, &done));
    ck_assert_uint_eq(who, 99);
    ck_assert(zs_memsys_next(mb.ms, 128, &who, &done));
    ck_assert_uint_eq(who, 1);
    ck_assert_uint_eq(done, 128);
    ck_assert_uint_eq(zs_memsys_channel_counts(mb.ms, 1)->busy_pl_cycles, 28);
}
END_TEST

START_TEST(test_ties_are_reported_by_channel_number)
{
    const zs_xfer x = bytes_at(0, 8);
    uint32_t who = 99;
    uint64_t done = 0;
    ms_build(fidelities[_i]);
    zs_memsys_start(mb.ms, 5, &x, 10);
    zs_memsys_start(mb.ms, 1, &x, 10);
    zs_memsys_start(mb.ms, 3, &x, 10);
    for (uint32_t channel = 1; channel <= 5; channel += 2) {
        ck_assert(zs_memsys_next(mb.ms, UINT64_MAX, &who, &done));
        ck_assert_uint_eq(who, channel);
        ck_assert_uint_eq(done, 10 + 1 + 12);
    }
}
END_TEST

START_TEST(test_a_known_price_gives_the_same_end)
{
    const zs_xfer *x = &three[0].xfer;
    const zs_xfer_price price = zs_xfer_price_of(&mb.design, 0, x);
    const zs_xfer_price *const prices[1] = {&price};
    uint32_t who;
    uint64_t done;
    ms_build(fidelities[_i]);
    const uint64_t plain = ms_run_one(0, x, 50);
    ms_build(fidelities[_i]);
    zs_memsys_start_priced(mb.ms, 0, x, prices, 1, 50);
    ck_assert(zs_memsys_next(mb.ms, UINT64_MAX, &who, &done));
    ck_assert_uint_eq(done - 50, plain);
    if (fidelities[_i] == ZS_TILE)
        ck_assert_uint_eq(plain, zs_xfer_alone_pl_cycles(&mb.design, 0, x));
}
END_TEST

/* ---- clocks ---------------------------------------------------------------------------------- */

/* Where reciprocals are off by one: beside multiples, far up, and of divisors that leave most over.
 */
START_TEST(test_quotients_by_reciprocals_are_exact)
{
    static const uint64_t by[] = {1,         2,         3,         1000,       1875,
                                  142857143, 333333333, 499999993, 1000000000, 1000000000000};
    const uint64_t d = by[_i], inverse = UINT64_MAX / d, end = UINT64_C(1) << 63;
    zs_prng prng = {d};
    for (uint32_t i = 0; i < 2000; i++) {
        const uint64_t most = (i % 2 ? end : end >> zs_prng_below(&prng, 63)) / d;
        const uint64_t n = most < 2 ? 1 : most - 1 - zs_prng_below(&prng, most - 1);
        for (uint64_t x = n * d - 1; x <= n * d + 1; x++)
            if (x < end)
                ck_assert_uint_eq(zs_ceil_by(x, d, inverse), zs_ceil_div(x, d));
    }
    ck_assert_uint_eq(zs_ceil_by(0, d, inverse), 0);
    ck_assert_uint_eq(zs_ceil_by(end - 1, d, inverse), zs_ceil_div(end - 1, d));
}
END_TEST

/* Up to the last edges that are times: beyond, twelve days on, there is only "never". */
START_TEST(test_far_edges_are_exact_until_they_are_never)
{
    static const uint64_t far_hz[] = {100000000, 142857143, 333333333, 499999993, 1000003};
    const uint64_t hz = far_hz[_i];
    const zs_clock_pair pair = zs_clock_pair_of(hz, 1873);
    for (uint64_t back = 0; back < 70; back++) {
        const uint64_t pl = (pair.pl_far >> back % 20) - back, ddr = pair.ddr_far - back * back;
        ck_assert_uint_eq(zs_pl_to_ddr(&pair, pl), zs_ceil_div(zs_edge_ps(pl, hz), 1873));
        ck_assert_uint_eq(zs_ddr_to_pl(&pair, ddr), zs_edge_at(ddr * 1873, hz));
        ck_assert_uint_eq(zs_pl_to_ddr(&pair, pair.pl_far + 1 + back), UINT64_MAX);
        ck_assert_uint_eq(zs_ddr_to_pl(&pair, pair.ddr_far + 1 + back), UINT64_MAX);
    }
}
END_TEST

static const uint64_t hertz[] = {100000000, 150000000, 142857143, 33333333,
                                 300000000, 1,         999999937};

START_TEST(test_edges_of_two_clocks_meet_as_exact_arithmetic_says)
{
    const uint64_t hz = hertz[_i];
    const zs_clock_pair pair = zs_clock_pair_of(hz, 1875);
    zs_prng prng = {hz};
    for (uint32_t i = 0; i < 300; i++) {
        const uint64_t n = i < 100 ? i : zs_prng_below(&prng, UINT64_C(1) << (10 + i % 28));
        const uint64_t ddr = zs_ceil_div(zs_edge_ps(n, hz), 1875);
        if (hz > 1 || n < 1000)
            ck_assert_uint_eq(zs_pl_to_ddr(&pair, n), ddr);
        ck_assert_uint_eq(zs_ddr_to_pl(&pair, n), zs_edge_at(n * 1875, hz));
    }
    ck_assert_uint_eq(zs_pl_to_ddr(&pair, UINT64_MAX), UINT64_MAX);
    ck_assert_uint_eq(zs_ddr_to_pl(&pair, UINT64_MAX), UINT64_MAX);
}
END_TEST

/* ---- memory ---------------------------------------------------------------------------------- */

START_TEST(test_building_without_memory_fails_cleanly)
{
    uint64_t fail_at = 1;
    zs_status status = ZS_ENOMEM;
    for (; status != ZS_OK && fail_at < 20; fail_at++) {
        test_heap_state state = {.fail_at = fail_at};
        zs_arena arena;
        zs_memsys *ms = NULL;
        zs_arena_init(&arena, test_counting_heap(&state));
        status = zs_memsys_build(&arena, &mb.design, fidelities[_i], &ms, NULL);
        ck_assert(status == ZS_OK || (status == ZS_ENOMEM && ms == NULL));
        zs_arena_drop(&arena);
        ck_assert_int_eq(state.live_blocks, 0);
    }
    ck_assert_int_eq(status, ZS_OK);
}
END_TEST

START_TEST(test_a_memory_that_cannot_work_is_refused_in_both_fidelities)
{
    zs_err err = {0};
    mb.design.board.memory.banks = 6;
    ck_assert_int_eq(zs_memsys_build(&mb.arena, &mb.design, fidelities[_i], &mb.ms, &err),
                     ZS_ERANGE);
    ck_assert_str_eq(err.place, "board.memory.banks");
}
END_TEST

TCase *tcase_memsys(void)
{
    TCase *tc = tcase_create("memory system");
    tcase_add_checked_fixture(tc, ms_setup, ms_teardown);
    tcase_add_loop_test(tc, test_nothing_to_move_takes_no_time, 0, 6);
    tcase_add_loop_test(tc, test_an_idle_read_costs_latency_dram_and_beats, 0, ZS_LEN(idle_reads));
    tcase_add_test(tc, test_a_slow_memory_holds_the_last_beat_back);
    tcase_add_loop_test(tc, test_an_idle_write_costs_its_beats_and_the_response, 0, 2);
    tcase_add_test(tc, test_a_row_closes_while_the_bus_is_busy);
    tcase_add_test(tc, test_one_outstanding_read_pays_the_latency_every_time);
    tcase_add_loop_test(tc, test_bytes_bursts_and_beats_are_the_same_in_both_fidelities, 0,
                        ZS_LEN(counted));
    tcase_add_test(tc, test_rows_are_joined_only_where_the_dma_does);
    tcase_add_test(tc, test_joining_rows_never_overflows);
    tcase_add_loop_test(tc, test_bytes_are_conserved_between_ports_and_dram, 0, 8);
    tcase_add_loop_test(tc, test_how_often_the_engine_asks_changes_nothing, 0, 6);
    tcase_add_loop_test(tc, test_a_completion_at_the_limit_counts_and_one_after_it_does_not, 0, 2);
    tcase_add_loop_test(tc, test_ties_are_reported_by_channel_number, 0, 2);
    tcase_add_loop_test(tc, test_a_known_price_gives_the_same_end, 0, 2);
    tcase_add_loop_test(tc, test_quotients_by_reciprocals_are_exact, 0, 10);
    tcase_add_loop_test(tc, test_far_edges_are_exact_until_they_are_never, 0, 5);
    tcase_add_loop_test(tc, test_edges_of_two_clocks_meet_as_exact_arithmetic_says, 0,
                        ZS_LEN(hertz));
    tcase_add_loop_test(tc, test_building_without_memory_fails_cleanly, 0, 2);
    tcase_add_loop_test(tc, test_a_memory_that_cannot_work_is_refused_in_both_fidelities, 0, 2);
    return tc;
}
