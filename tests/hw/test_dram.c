#include "dram_bench.h"

#include <string.h>

TCase *tcase_dram(void);

/* A request is seen by the scheduler one clock after it was offered. Its bank is activated then, at
 * clock 1, and the first column command follows tRCD = 7 later, at 8. */

START_TEST(test_the_first_read_waits_for_its_row)
{
    bench_build();
    bench_read(0, 1, 0);
    ck_assert_uint_eq(bench_command(1), 1 + 7);
    ck_assert_uint_eq(bench.done[0].first_ddr_cycle, 8 + 7 + 4);
    ck_assert_uint_eq(bench.done[0].last_ddr_cycle, 8 + 7 + 4);
}
END_TEST

static const struct {
    uint64_t at, command;
} hits[] = {
    {0, 12}, {10, 12}, {11, 12}, {12, 13}, {40, 41}}; /* tCCD = 4 after the first, or at once */

START_TEST(test_a_hit_follows_after_the_burst_or_at_once)
{
    bench_build();
    bench_read(0, 1, 0);
    bench_read(64, 2, hits[_i].at);
    ck_assert_uint_eq(bench_command(2), hits[_i].command);
    ck_assert_uint_eq(zs_dram_counts_of(bench.dram)->row_hits, 1);
    ck_assert_uint_eq(zs_dram_counts_of(bench.dram)->row_misses, 1);
}
END_TEST

/* Row 1 of the bank that row 0 holds open since clock 1: precharge not before 1 + tRAS = 20, then
 * tRP + tRCD = 14; so activates are tRC = 26 apart. */
static const struct {
    uint64_t at, command;
} conflicts[] = {{0, 34}, {18, 34}, {19, 34}, {20, 35}, {21, 36}, {100, 115}};

START_TEST(test_another_row_of_the_bank_waits_for_tras_and_trp)
{
    bench_build();
    bench_read(bench_addr(0, 0, 0), 1, 0);
    bench_read(bench_addr(0, 1, 0), 2, conflicts[_i].at);
    ck_assert_uint_eq(bench_command(2), conflicts[_i].command);
    ck_assert_uint_eq(zs_dram_counts_of(bench.dram)->row_conflicts, 1);
    ck_assert_uint_eq(zs_dram_counts_of(bench.dram)->precharges, 1);
}
END_TEST

START_TEST(test_a_late_read_holds_its_row_for_trtp)
{
    bench_build();
    bench_read(bench_addr(0, 0, 0), 1, 0);
    bench_read(bench_addr(0, 0, 64), 2, 30); /* read at 31, precharge at 35 */
    bench_read(bench_addr(0, 1, 0), 3, 30);
    ck_assert_uint_eq(bench_command(2), 31);
    ck_assert_uint_eq(bench_command(3), 31 + 4 + 7 + 7);
}
END_TEST

START_TEST(test_a_write_holds_its_row_for_twr)
{
    bench_build();
    bench_write(bench_addr(0, 0, 0), 1, 0); /* at 8, data end at 18 */
    bench_write(bench_addr(0, 1, 0), 2, 0);
    ck_assert_uint_eq(bench_command(1), 8);
    ck_assert_uint_eq(bench_command(2), 8 + 6 + 4 + 8 + 7 + 7);
}
END_TEST

/* Reads of five banks at once: the k-th activate by tRRD, the fifth also by the window of four. */
static const struct {
    uint32_t t_rrd, t_faw;
    uint64_t fifth_activate;
} windows[] = {{6, 22, 25}, {6, 24, 25}, {6, 25, 26}, {4, 22, 23}, {4, 16, 17}, {4, 15, 17}};

START_TEST(test_the_fifth_activate_waits_for_the_window_of_four)
{
    bench.memory.t_rrd = windows[_i].t_rrd;
    bench.memory.t_faw = windows[_i].t_faw;
    bench_build();
    for (uint32_t bank = 0; bank < 5; bank++)
        bench_read(bench_addr(bank, 0, 0), bank, 0);
    ck_assert_uint_eq(bench_command(3), 1 + 3 * windows[_i].t_rrd + 7);
    ck_assert_uint_eq(bench_command(4), windows[_i].fifth_activate + 7);
}
END_TEST

START_TEST(test_turning_the_bus_costs_what_the_table_says)
{
    bench_build();
    bench_read(bench_addr(0, 0, 0), 1, 0);
    bench_write(bench_addr(0, 0, 32), 2, 0);
    ck_assert_uint_eq(bench_command(1), 8);
    ck_assert_uint_eq(bench_command(2), 8 + 7);
    bench_read(bench_addr(0, 0, 64), 3, 15);
    ck_assert_uint_eq(bench_command(3), 15 + 6 + 4 + 4);
    ck_assert_uint_eq(zs_dram_counts_of(bench.dram)->turnarounds, 2);
    ck_assert_uint_eq(zs_dram_turn_ddr_cycles(&bench.memory), 7 + 14 - 2 * 4);
}
END_TEST

/* A column command to another bank, and the next one back on the bank of the first. */
static const struct {
    uint32_t t_ccd_bank;
    uint64_t second, third;
} switches[] = {{1, 12, 16}, {4, 12, 16}, {5, 13, 17}, {9, 17, 21}};

START_TEST(test_a_change_of_bank_takes_its_own_spacing)
{
    bench.memory.t_ccd_bank = switches[_i].t_ccd_bank;
    bench.memory.t_rrd = 1;
    bench_build();
    bench_read(bench_addr(1, 0, 0), 1, 0);
    bench_run(30);
    bench_read(bench_addr(0, 0, 0), 2, 50);
    bench_read(bench_addr(1, 0, 32), 3, 58);
    bench_read(bench_addr(1, 0, 64), 4, 58);
    const uint64_t first = bench_command(2); /* row of bank 0 opened */
    ck_assert_uint_eq(bench_command(3), first + switches[_i].second - 8);
    ck_assert_uint_eq(bench_command(4), first + switches[_i].third - 8);
}
END_TEST

/* ---- requests -------------------------------------------------------------------------------- */

static const struct {
    uint64_t addr;
    uint32_t bytes, transactions, pieces;
} coverings[] = {
    {0, 1, 1, 1},     {0, 32, 1, 1},   {31, 2, 2, 1},   {0, 128, 4, 1},   {8, 128, 5, 1},
    {4064, 64, 2, 2}, {4095, 2, 2, 2}, {0, 512, 16, 1}, {16, 512, 17, 2}, {4000, 4096, 128, 9},
};

START_TEST(test_transactions_cover_the_bytes_row_by_row)
{
    const zs_dram_counts *c;
    bench_build();
    zs_dram_req req = {.addr = coverings[_i].addr, .bytes = coverings[_i].bytes};
    uint64_t at = 0;
    while (req.bytes != 0) {
        bench_run(at);
        if (zs_dram_offer(bench.dram, &req, at) > at)
            at++;
    }
    bench_run(ZS_DRAM_NEVER);
    c = zs_dram_counts_of(bench.dram);
    ck_assert_uint_eq(c->read_bytes, coverings[_i].bytes);
    ck_assert_uint_eq(c->read_transactions, coverings[_i].transactions);
    ck_assert_uint_eq(bench.done_n, coverings[_i].pieces);
    ck_assert_uint_eq(c->row_hits + c->row_misses + c->row_conflicts, c->read_transactions);
    ck_assert_uint_eq(c->busy_ddr_cycles, 4 * c->read_transactions);
}
END_TEST

START_TEST(test_a_full_queue_has_room_when_a_transaction_has_been_sent)
{
    bench.memory.queue = 8;
    bench_build();
    for (uint32_t i = 0; i < 2; i++)
        bench_offer(false, i * 128, 128, i, 0);
    zs_dram_req req = {.addr = 256, .bytes = 64};
    ck_assert_uint_eq(zs_dram_room_at(bench.dram, &req), ZS_DRAM_NEVER);
    bench_run(9); /* reads of the first request at 8, 12, 16, 20 */
    ck_assert_uint_eq(zs_dram_room_at(bench.dram, &req), 13);
    ck_assert_uint_eq(zs_dram_offer(bench.dram, &req, 12), 13);
    ck_assert_uint_eq(req.bytes, 64);
    ck_assert_uint_eq(zs_dram_offer(bench.dram, &req, 13), 13);
    ck_assert_uint_eq(req.bytes, 0);
}
END_TEST

/* ---- refresh --------------------------------------------------------------------------------- */

static const struct {
    uint64_t at, command, refreshes;
} refreshed[] = {
    {4100, 4108, 0},                    /* before it is due */
    {4120, 4121 + 19 + 7 + 160 + 7, 1}, /* its row opens, but its read would come too late */
    {4130, 4128 + 160 + 7, 1},          /* meets it */
    {4128 + 160, 4128 + 160 + 8, 1},    /* just over */
    {1000 * 4128 + 5, 1000 * 4128 + 167, 1000}, /* idle since clock 0 */
};

START_TEST(test_a_refresh_closes_all_rows_and_keeps_the_banks)
{
    bench.memory.t_refi = 4128;
    bench_build();
    bench_read(0, 1, refreshed[_i].at);
    ck_assert_uint_eq(bench_command(1), refreshed[_i].command);
    ck_assert_uint_eq(zs_dram_counts_of(bench.dram)->refreshes, refreshed[_i].refreshes);
}
END_TEST

/* Reads back to back: each refresh takes tRP + tRFC + tRCD from the bus. */
START_TEST(test_a_busy_bus_loses_precharge_refresh_and_activate)
{
    bench.memory.t_refi = 4128;
    bench_build();
    uint64_t at = 0, last = 0;
    for (uint32_t i = 0; i < 3000; i++) {
        zs_dram_req req = {.addr = i * 32 % 4096, .bytes = 32, .tag = i};
        for (;;) {
            zs_dram_done done;
            while (zs_dram_run(bench.dram, at, &done))
                last = done.command_ddr_cycle;
            if (zs_dram_offer(bench.dram, &req, at) <= at)
                break;
            at++;
        }
    }
    zs_dram_done done;
    while (zs_dram_run(bench.dram, ZS_DRAM_NEVER, &done))
        last = done.command_ddr_cycle;
    const uint64_t refreshes = zs_dram_counts_of(bench.dram)->refreshes;
    ck_assert_uint_ge(refreshes, 2);
    ck_assert_uint_eq(zs_dram_refresh_ddr_cycles(&bench.memory), 7 + 160 + 7);
    const uint64_t without = 8 + 4 * 2999;
    ck_assert_uint_ge(last, without + refreshes * (174 - 4));
    ck_assert_uint_le(last, without + refreshes * (174 + 4));
}
END_TEST

/* ---- parameters ------------------------------------------------------------------------------ */

static const struct {
    size_t offset;
    uint32_t value;
    const char *place;
} refused[] = {
    {offsetof(zs_memory_params, banks), 3, "board.memory.banks"},
    {offsetof(zs_memory_params, banks), 32, "board.memory.banks"},
    {offsetof(zs_memory_params, bus_bytes), 3, "board.memory.bus"},
    {offsetof(zs_memory_params, row_bytes), 1000, "board.memory.row_bytes"},
    {offsetof(zs_memory_params, row_bytes), 16, "board.memory.row_bytes"},
    {offsetof(zs_memory_params, queue), 0, "board.memory.queue"},
    {offsetof(zs_memory_params, queue), 257, "board.memory.queue"},
    {offsetof(zs_memory_params, t_refi), 300, "board.memory.t_refi"},
};

/* The shortest interval that is taken, with activates so far apart that two banks which wait for
 * theirs fill most of it. */
START_TEST(test_the_shortest_refresh_interval_leaves_room_for_every_bank)
{
    zs_memory_params *m = &bench.memory;
    m->t_rfc = 0;
    m->t_rcd = m->t_rp = m->t_wr = 1;
    m->t_ras = 2;
    m->t_rrd = 20;
    m->t_faw = 21;
    m->t_refi = 2 * (m->t_rp + m->t_rcd) + m->t_faw;
    bench_build();
    for (uint32_t i = 0; i < 8; i++)
        bench_read(bench_addr(i % 2, i, 0), i, 0);
    bench_run(8 * m->t_refi);
    ck_assert_uint_eq(bench.done_n, 8);
    m->t_refi--;
    zs_dram *untouched = NULL;
    ck_assert_int_eq(zs_dram_build(&bench.arena, m, &untouched, NULL), ZS_ERANGE);
    ck_assert_ptr_null(untouched);
}
END_TEST

START_TEST(test_parameters_that_cannot_work_are_refused_by_name)
{
    zs_err err = {0};
    zs_dram *untouched = NULL;
    memcpy((char *)&bench.memory + refused[_i].offset, &refused[_i].value, sizeof(uint32_t));
    ck_assert_int_eq(zs_dram_build(&bench.arena, &bench.memory, &untouched, &err), ZS_ERANGE);
    ck_assert_str_eq(err.place, refused[_i].place);
    ck_assert_ptr_null(untouched);
}
END_TEST

TCase *tcase_dram(void)
{
    TCase *tc = tcase_create("DRAM timing");
    tcase_add_checked_fixture(tc, bench_setup, bench_teardown);
    tcase_add_test(tc, test_the_first_read_waits_for_its_row);
    tcase_add_loop_test(tc, test_a_hit_follows_after_the_burst_or_at_once, 0, ZS_LEN(hits));
    tcase_add_loop_test(tc, test_another_row_of_the_bank_waits_for_tras_and_trp, 0,
                        ZS_LEN(conflicts));
    tcase_add_test(tc, test_a_late_read_holds_its_row_for_trtp);
    tcase_add_test(tc, test_a_write_holds_its_row_for_twr);
    tcase_add_loop_test(tc, test_the_fifth_activate_waits_for_the_window_of_four, 0,
                        ZS_LEN(windows));
    tcase_add_test(tc, test_turning_the_bus_costs_what_the_table_says);
    tcase_add_loop_test(tc, test_a_change_of_bank_takes_its_own_spacing, 0, ZS_LEN(switches));
    tcase_add_loop_test(tc, test_transactions_cover_the_bytes_row_by_row, 0, ZS_LEN(coverings));
    tcase_add_test(tc, test_a_full_queue_has_room_when_a_transaction_has_been_sent);
    tcase_add_loop_test(tc, test_a_refresh_closes_all_rows_and_keeps_the_banks, 0,
                        ZS_LEN(refreshed));
    tcase_add_test(tc, test_a_busy_bus_loses_precharge_refresh_and_activate);
    tcase_add_test(tc, test_the_shortest_refresh_interval_leaves_room_for_every_bank);
    tcase_add_loop_test(tc, test_parameters_that_cannot_work_are_refused_by_name, 0,
                        ZS_LEN(refused));
    return tc;
}
