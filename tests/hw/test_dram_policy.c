#include "dram_bench.h"

#include <string.h>

TCase *tcase_dram_policy(void);

START_TEST(test_a_hit_passes_an_older_request_that_needs_a_row)
{
    bench_build();
    bench_read(bench_addr(0, 0, 0), 1, 0);
    bench_read(bench_addr(0, 1, 0), 2, 9);
    bench_read(bench_addr(0, 0, 32), 3, 9);
    ck_assert_uint_lt(bench_command(3), bench_command(2));
}
END_TEST

/* A master that keeps hits of row 0 waiting all the time, and one old request for row 1: reads pass
 * it until four have had the row, writes for half a queue. */
START_TEST(test_hits_pass_the_oldest_request_only_so_often)
{
    bench_build();
    const bool is_write = _i == 1;
    uint32_t passed = 0;
    bool other_placed = false;
    uint64_t at = 0;
    bench_offer(is_write, bench_addr(0, 0, 0), 32, 0, 0);
    bench_offer(is_write, bench_addr(0, 1, 0), 32, 1, 9);
    for (uint32_t i = 2; i < 400 && !other_placed; i++) {
        at = 9 + 4 * (uint64_t)i / 2;
        const uint32_t before = bench.done_n;
        bench_run(at);
        for (uint32_t k = before; k < bench.done_n; k++) {
            other_placed |= bench.done[k].tag == 1;
            passed += bench.done[k].tag > 1;
        }
        zs_dram_req req = {
            .addr = bench_addr(0, 0, i * 32 % 4096), .bytes = 32, .tag = i, .is_write = is_write};
        zs_dram_offer(bench.dram, &req, at);
    }
    ck_assert(other_placed);
    ck_assert_uint_ge(passed, is_write ? 8 : 3); /* reads: 4 of the row, the first came before */
    ck_assert_uint_le(passed, is_write ? 32 / 2 + 1 : 3);
}
END_TEST

/* The same of writes that reads interrupt just then: that the oldest is next is not forgotten
 * while the bus is with the reads. */
START_TEST(test_a_turn_does_not_let_more_hits_pass_the_oldest_request)
{
    uint32_t passed = 0;
    bool other_placed = false;
    bench.memory.write_batch = 17; /* the first write and those that pass the second */
    bench_build();
    bench_offer(true, bench_addr(0, 0, 0), 32, 0, 0);
    bench_offer(true, bench_addr(0, 1, 0), 32, 1, 0);
    for (uint64_t at = 0; at < 4000 && !other_placed; at++) {
        const uint32_t before = bench.done_n;
        bench_run(at);
        for (uint32_t k = before; k < bench.done_n && !other_placed; k++) {
            other_placed = bench.done[k].tag == 1;
            passed += bench.done[k].is_write && bench.done[k].tag > 1;
        }
        for (uint32_t is_write = 0; is_write < 2; is_write++) {
            zs_dram_req req = {.addr = bench_addr(is_write ? 0 : 1, 0, 64),
                               .bytes = 32,
                               .tag = 2,
                               .is_write = is_write != 0};
            zs_dram_offer(bench.dram, &req, at);
        }
    }
    ck_assert(other_placed);
    ck_assert_uint_eq(passed, 32 / 2);
}
END_TEST

/* 12 reads and 12 writes that all hit: reads go first, and only as many writes as were queued. */
START_TEST(test_writes_wait_for_reads_until_they_fill_half_the_queue)
{
    bench_build();
    for (uint32_t i = 0; i < 12; i++) {
        bench_write(bench_addr(1, 0, i * 32), 100 + i, 0);
        bench_read(bench_addr(0, 0, i * 32), i, 0);
    }
    ck_assert_uint_lt(bench_command(11), bench_command(100));
    ck_assert_uint_eq(zs_dram_counts_of(bench.dram)->turnarounds, 1);
}
END_TEST

START_TEST(test_an_idle_bus_writes_at_once)
{
    bench_build();
    bench_write(0, 1, 50);
    ck_assert_uint_eq(bench_command(1), 58);
}
END_TEST

/* Keeps both queues full for a while and looks at the lengths of runs. */
static void saturate(uint32_t *longest, uint32_t *runs)
{
    uint32_t n[2] = {0, 0}, run = 0;
    bool last = false;
    *longest = *runs = 0;
    for (uint64_t at = 0; at < 8000; at++) {
        bench_run(at);
        for (uint32_t dir = 0; dir < 2; dir++) {
            zs_dram_req req = {
                .addr = bench_addr(dir, 0, n[dir] * 32 % 4096), .bytes = 32, .is_write = dir == 1};
            n[dir] += zs_dram_offer(bench.dram, &req, at) <= at;
        }
    }
    for (uint32_t i = 0; i < bench.done_n; i++) {
        run = bench.done[i].is_write == last ? run + 1 : 1;
        *runs += run == 1;
        last = bench.done[i].is_write;
        *longest = run > *longest ? run : *longest;
    }
}

START_TEST(test_both_directions_take_turns_of_a_bounded_run)
{
    uint32_t longest, runs;
    bench_build();
    saturate(&longest, &runs);
    ck_assert_uint_le(longest, zs_dram_read_run(&bench.memory) + 1);
    ck_assert_uint_ge(runs, 10);
    const zs_dram_counts *c = zs_dram_counts_of(bench.dram);
    ck_assert_uint_ge(c->busy_ddr_cycles * 100, 8000 * 92); /* 13 clocks per 96 + 8 transactions */
}
END_TEST

/* ---- laws ------------------------------------------------------------------------------------ */

typedef struct offer {
    uint64_t at;
    zs_dram_req req;
} offer;

enum { OFFERS = 600 };

static void make_offers(offer *offers, uint64_t seed)
{
    zs_prng prng = {seed};
    uint64_t at = 0;
    for (uint32_t i = 0; i < OFFERS; i++) {
        at += zs_prng_below(&prng, 40);
        offers[i].at = at;
        offers[i].req = (zs_dram_req){.addr = zs_prng_below(&prng, 1 << 18) & ~UINT64_C(7),
                                      .bytes = 8 + (uint32_t)zs_prng_below(&prng, 121),
                                      .tag = i,
                                      .is_write = zs_prng_below(&prng, 3) == 0};
    }
}

/* Offers everything, late where there is no room, asking for decisions every `step` clocks between.
 */
static void play(const offer *offers, uint64_t step)
{
    uint64_t at = 0;
    bench_build();
    for (uint32_t i = 0; i < OFFERS; i++) {
        zs_dram_req req = offers[i].req;
        for (; at < offers[i].at; at += step < offers[i].at - at ? step : offers[i].at - at)
            bench_run(at);
        while (req.bytes != 0) {
            bench_run(at);
            if (zs_dram_offer(bench.dram, &req, at) > at)
                at++;
        }
    }
    bench_run(ZS_DRAM_NEVER);
}

START_TEST(test_how_often_one_asks_changes_nothing)
{
    static offer offers[OFFERS];
    static zs_dram_done first[BENCH_DONE];
    bench.memory.t_refi = 4128;
    make_offers(offers, 100 + (uint64_t)_i);
    play(offers, UINT64_MAX);
    const uint32_t n = bench.done_n;
    const zs_dram_counts counts = *zs_dram_counts_of(bench.dram);
    memcpy(first, bench.done, sizeof first);
    for (uint64_t step = 1; step < 20; step += 6) {
        play(offers, step);
        ck_assert_uint_eq(bench.done_n, n);
        for (uint32_t i = 0; i < n; i++) {
            ck_assert_uint_eq(bench.done[i].tag, first[i].tag);
            ck_assert_uint_eq(bench.done[i].command_ddr_cycle, first[i].command_ddr_cycle);
        }
        ck_assert_mem_eq(&counts, zs_dram_counts_of(bench.dram), sizeof counts);
    }
}
END_TEST

START_TEST(test_the_data_bus_carries_one_transaction_at_a_time)
{
    static offer offers[OFFERS];
    make_offers(offers, 7);
    play(offers, UINT64_MAX);
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < OFFERS; i++)
        bytes += offers[i].req.bytes;
    const zs_dram_counts *c = zs_dram_counts_of(bench.dram);
    ck_assert_uint_eq(c->read_bytes + c->write_bytes, bytes);
    ck_assert_uint_eq(c->row_hits + c->row_misses + c->row_conflicts,
                      c->read_transactions + c->write_transactions);
    for (uint32_t i = 1; i < bench.done_n; i++) {
        const zs_dram_done *a = &bench.done[i - 1], *b = &bench.done[i];
        ck_assert_uint_ge(b->first_ddr_cycle, a->last_ddr_cycle + 4);
        if (a->is_write && !b->is_write)
            ck_assert_uint_ge(b->command_ddr_cycle, a->last_ddr_cycle + bench.memory.t_wtr);
    }
}
END_TEST

TCase *tcase_dram_policy(void)
{
    TCase *tc = tcase_create("DRAM scheduling");
    tcase_add_checked_fixture(tc, bench_setup, bench_teardown);
    tcase_add_test(tc, test_a_hit_passes_an_older_request_that_needs_a_row);
    tcase_add_loop_test(tc, test_hits_pass_the_oldest_request_only_so_often, 0, 2);
    tcase_add_test(tc, test_a_turn_does_not_let_more_hits_pass_the_oldest_request);
    tcase_add_test(tc, test_writes_wait_for_reads_until_they_fill_half_the_queue);
    tcase_add_test(tc, test_an_idle_bus_writes_at_once);
    tcase_add_test(tc, test_both_directions_take_turns_of_a_bounded_run);
    tcase_add_loop_test(tc, test_how_often_one_asks_changes_nothing, 0, 5);
    tcase_add_test(tc, test_the_data_bus_carries_one_transaction_at_a_time);
    return tc;
}
