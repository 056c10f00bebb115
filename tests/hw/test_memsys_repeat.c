#include "memsys_bench.h"

TCase *tcase_memsys_repeat(void);

/* Transfers that fetch the same row over and over: what a watched memory system follows burst by
 * burst, another one skips for the most part. */

static const struct {
    const char *board;
    uint64_t clock_hz;
    uint32_t interleave;  /* 0: all in the first DRAM channel */
    uint32_t row_bytes;   /* of each */
    uint32_t rows[4];     /* of the ports hp0 to hp3, 0: it has nothing to do */
    uint64_t late_cycles; /* each port begins so much later than the one before */
} cases[] = {
    {"zybo-z7-20", 100000000, 0, 16384, {1000, 0, 0, 0}, 0},
    {"zybo-z7-20", 142857143, 0, 3136, {9000, 4000, 2000, 0}, 0},
    {"zybo-z7-20", 250000000, 0, 16384, {700, 700, 700, 700}, 1000},
    {"stratix10-520n", 180000000, 0, 16384, {3000, 3000, 3000, 3000}, 0},
    {"stratix10-520n", 87000000, 0, 64, {300000, 300000, 100000, 0}, 0},
    {"stratix10-520n", 200000000, 4096, 16384, {3000, 2500, 2000, 600}, 100000},
};

static void note(void *ctx, uint32_t channel, uint64_t addr, uint32_t bytes, uint64_t at)
{
    (void)channel, (void)addr, (void)bytes, (void)at;
    ++*(uint64_t *)ctx;
}

static void note_end(void *ctx, uint32_t channel, uint64_t at)
{
    (void)ctx, (void)channel, (void)at;
}

static void note_dram(void *ctx, const zs_dram_event *event)
{
    (void)ctx, (void)event;
}

static zs_xfer transfer(int i, uint32_t port)
{
    return (zs_xfer){.addr = port * 0x12340,
                     .row_bytes = cases[i].row_bytes,
                     .row_n = cases[i].rows[port],
                     .plane_n = 1};
}

/* Ends of all transfers, by port; as the engine does it, in steps up to times of its own. */
static void run(int i, zs_fidelity fidelity, const zs_memsys_watch *watch, uint64_t step,
                uint64_t ends[4])
{
    uint32_t channel = 0;
    uint64_t at = 0;
    ms_build(fidelity);
    zs_memsys_watch_set(mb.ms, watch);
    for (uint32_t port = 0; port < 4; port++) {
        const zs_xfer x = transfer(i, port);
        const uint64_t start = port * cases[i].late_cycles;
        while (zs_memsys_next(mb.ms, start, &channel, &at))
            ends[channel / 2] = at;
        if (x.row_n > 0)
            zs_memsys_start(mb.ms, zs_channel(port, false), &x, start);
    }
    for (uint64_t limit = step; limit < 100 * step; limit += step)
        while (zs_memsys_next(mb.ms, limit, &channel, &at))
            ends[channel / 2] = at;
    while (zs_memsys_next(mb.ms, UINT64_MAX, &channel, &at))
        ends[channel / 2] = at;
}

static void set_case(int i)
{
    zs_err err = {0};
    ck_assert_int_eq(zs_design_set_board(&mb.design, &mb.arena, cases[i].board, &err), ZS_OK);
    mb.design.accel.clock_hz = cases[i].clock_hz;
    mb.design.board.memory.interleave_bytes = cases[i].interleave;
}

START_TEST(test_rows_that_are_skipped_take_as_long_and_count_as_much)
{
    uint64_t seen = 0, followed[4] = {0}, skipped[4] = {0};
    const zs_memsys_watch watch = {.burst_sent = note,
                                   .burst_over = note_end,
                                   .ctx = &seen,
                                   .dram = {.seen = note_dram, .ctx = &seen}};
    set_case(_i / 2);
    const uint64_t step = _i % 2 ? 777777 : 1;
    run(_i / 2, ZS_BURST, &watch, step, followed);
    const uint64_t events = zs_memsys_events(mb.ms);
    const zs_memsys *all = mb.ms;
    run(_i / 2, ZS_BURST, NULL, step, skipped);
    for (uint32_t port = 0; port < 4; port++) {
        const double error = ((double)skipped[port] + 1) / ((double)followed[port] + 1) - 1;
        ck_assert_msg(error < 0.015 && error > -0.002, "port %u: %g", port, error);
        const zs_channel_counts *a = zs_memsys_channel_counts(all, 2 * port);
        const zs_channel_counts *b = zs_memsys_channel_counts(mb.ms, 2 * port);
        ck_assert_uint_eq(a->bytes, b->bytes);
        ck_assert_uint_eq(a->bursts, b->bursts);
        ck_assert_uint_eq(a->beats, b->beats);
    }
    const zs_dram_counts *a = zs_memsys_dram_counts(all), *b = zs_memsys_dram_counts(mb.ms);
    ck_assert_uint_eq(a->read_bytes, b->read_bytes);
    ck_assert_uint_le(b->row_hits, b->read_transactions);
    ck_assert_double_eq_tol((double)b->read_transactions / (double)a->read_transactions, 1, 0.01);
    ck_assert_double_eq_tol((double)b->refreshes / (double)a->refreshes, 1, 0.02);
    ck_assert_uint_lt(zs_memsys_events(mb.ms), events);
    ck_assert_uint_gt(seen, 0);
}
END_TEST

/* Neither does a DRAM channel move more than its bus, nor a port more than its beats. */
START_TEST(test_rows_that_are_skipped_keep_within_bus_and_ports)
{
    uint64_t ends[4] = {0}, bytes = 0, last = 0;
    set_case(_i);
    run(_i, ZS_BURST, NULL, 1, ends);
    for (uint32_t port = 0; port < 4; port++) {
        const zs_xfer x = transfer(_i, port);
        const uint32_t beat_bytes = zs_port_params(&mb.design.board, port).beat_bytes;
        bytes += zs_xfer_bytes(&x);
        last = zs_max_u64(last, ends[port]);
        ck_assert_uint_ge(ends[port], zs_ceil_div(zs_xfer_bytes(&x), beat_bytes));
    }
    const double s = (double)last / (double)mb.design.accel.clock_hz;
    ck_assert_double_le((double)bytes / s,
                        zs_memory_sustained_bytes_per_s(&mb.design.board.memory));
}
END_TEST

/* The price of repeats is that of the same rows one by one. */
START_TEST(test_repeats_are_split_like_rows_one_by_one)
{
    const zs_axi_params port = zs_port_params(&mb.design.board, ZS_PORT_HP0);
    for (uint64_t addr = 0; addr < 9000; addr += 1231) {
        const zs_xfer one = {.addr = addr, .row_bytes = 5000, .row_n = 1, .plane_n = 1};
        zs_xfer all = one;
        all.row_n = 1000000000;
        const zs_xfer_count a = zs_xfer_split(&port, &one), b = zs_xfer_split(&port, &all);
        ck_assert_uint_eq(b.bytes, 1000000000 * a.bytes);
        ck_assert_uint_eq(b.bursts, 1000000000 * a.bursts);
        ck_assert_uint_eq(b.beats, 1000000000 * a.beats);
    }
}
END_TEST

/* Memory of fixed latency: every group of rows is like the one before to the clock. */
START_TEST(test_repeats_of_fixed_latency_end_in_the_same_clock)
{
    static const struct {
        uint32_t outstanding, latency, row_bytes, row_n, block_rows;
    } fixed[] = {{8, 20, 1000, 999, 0},  {1, 20, 128, 77, 0},  {3, 90, 260, 1001, 0},
                 {64, 500, 64, 5000, 0}, {5, 33, 4097, 64, 1}, {8, 20, 36, 33, 0}};
    uint64_t seen = 0, at = 0;
    uint32_t channel;
    const zs_memsys_watch watch = {.burst_sent = note, .burst_over = note_end, .ctx = &seen};
    const zs_xfer x = {
        .addr = 8, .row_bytes = fixed[_i].row_bytes, .row_n = fixed[_i].row_n, .plane_n = 1};
    zs_channel_counts counts[2];
    uint64_t ends[2] = {0};
    mb.design.board.memory.kind = ZS_MEMORY_FIXED;
    mb.design.board.axi.hp.read_latency_pl_cycles = fixed[_i].latency;
    mb.design.board.axi.hp.read_outstanding = fixed[_i].outstanding;
    mb.design.accel.dma.block_rows = fixed[_i].block_rows != 0;
    for (int k = 0; k < 2; k++) {
        ms_build(ZS_BURST);
        zs_memsys_watch_set(mb.ms, k ? &watch : NULL);
        zs_memsys_start(mb.ms, 0, &x, 5);
        ck_assert(zs_memsys_next(mb.ms, UINT64_MAX, &channel, &at));
        ends[k] = at;
        counts[k] = *zs_memsys_channel_counts(mb.ms, 0);
    }
    ck_assert_uint_eq(ends[0], ends[1]);
    ck_assert_mem_eq(&counts[0], &counts[1], sizeof counts[0]);
    ck_assert_uint_eq(seen, counts[0].bursts);
}
END_TEST

TCase *tcase_memsys_repeat(void)
{
    TCase *tc = tcase_create("memsys_repeat");
    tcase_add_checked_fixture(tc, ms_setup, ms_teardown);
    tcase_add_loop_test(tc, test_rows_that_are_skipped_take_as_long_and_count_as_much, 0,
                        2 * ZS_LEN(cases));
    tcase_add_loop_test(tc, test_rows_that_are_skipped_keep_within_bus_and_ports, 0, ZS_LEN(cases));
    tcase_add_test(tc, test_repeats_are_split_like_rows_one_by_one);
    tcase_add_loop_test(tc, test_repeats_of_fixed_latency_end_in_the_same_clock, 0, 6);
    return tc;
}
