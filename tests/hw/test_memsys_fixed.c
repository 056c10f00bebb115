#include "memsys_bench.h"

TCase *tcase_memsys_fixed(void);

/* A memory of fixed latency: every clock follows from the rules by hand. Reads take 20 clocks to
 * their first beat and writes 12 to their response; bursts are 16 beats of 8 bytes. */

static const zs_fidelity both[] = {ZS_BURST, ZS_TILE};

static void build(zs_fidelity fidelity)
{
    mb.design.board.memory.kind = ZS_MEMORY_FIXED;
    mb.design.board.axi.hp.read_latency_pl_cycles = 20;
    mb.design.board.axi.hp.write_latency_pl_cycles = 12;
    ms_build(fidelity);
}

static uint64_t run_chain(uint32_t channel, const zs_xfer *xfers, uint32_t n, uint64_t start)
{
    zs_xfer_price price[ZS_CHAIN_MAX];
    const zs_xfer_price *prices[ZS_CHAIN_MAX];
    uint32_t who;
    uint64_t done = 0;
    for (uint32_t i = 0; i < n; i++) {
        price[i] = zs_xfer_price_of(&mb.design, channel, &xfers[i]);
        prices[i] = &price[i];
    }
    zs_memsys_start_priced(mb.ms, channel, xfers, prices, n, start);
    ck_assert(zs_memsys_next(mb.ms, UINT64_MAX, &who, &done));
    ck_assert_uint_eq(who, channel);
    return done - start;
}

#define BLOCK(at, n)                                                                               \
    {                                                                                              \
        .addr = (at), .row_bytes = (n), .row_n = 1, .plane_n = 1                                   \
    }
#define ROWS(at, n, pitch, k)                                                                      \
    {                                                                                              \
        .addr = (at), .row_bytes = (n), .row_pitch_bytes = (pitch), .row_n = (k), .plane_n = 1     \
    }

static const struct {
    zs_xfer xfer;
    uint32_t outstanding, address_interval, row_gap, block_rows, finish;
    uint64_t pl_cycles;
} reads[] = {
    {BLOCK(0, 0), 8, 1, 0, 0, 3, 0},
    {BLOCK(0, 64), 8, 1, 0, 0, 1, 20 + 8},
    {BLOCK(4, 64), 8, 1, 0, 0, 1, 20 + 9},
    {BLOCK(0, 4096), 8, 1, 0, 0, 1, 20 + 512},
    {BLOCK(0, 4096), 1, 1, 0, 0, 1, 32 * (20 + 16)},
    {BLOCK(0, 4096), 2, 1, 0, 0, 1, 16 * (20 + 16) + 16},
    {BLOCK(0, 4096), 8, 1, 0, 0, 3, 20 + 512 + 2},
    {ROWS(0, 8, 4096, 10), 8, 1, 0, 0, 1, 20 + 10 + 13}, /* the ninth waits for the first */
    {ROWS(0, 8, 4096, 10), 64, 1, 0, 0, 1, 20 + 10},
    {ROWS(0, 8, 4096, 10), 64, 3, 0, 0, 1, 9 * 3 + 20 + 1},
    {ROWS(0, 8, 4096, 10), 64, 1, 4, 0, 1, 4 + 9 * (1 + 4) + 20 + 1},
    {ROWS(0, 8, 4096, 10), 64, 1, 4, 1, 1, 10 * (4 + 20 + 1) + 9 * 1},
    {ROWS(0, 256, 4096, 3), 64, 1, 0, 1, 1, 3 * (20 + 32) + 2 * 1},
};
enum { READ_N = 13 };

START_TEST(test_reads_take_the_clocks_of_the_rules)
{
    zs_accel *a = &mb.design.accel;
    const int k = _i / 2;
    mb.design.board.axi.hp.read_outstanding = reads[k].outstanding;
    a->dma.merge_rows = false;
    a->dma.address_interval_pl_cycles = reads[k].address_interval;
    a->dma.row_gap_pl_cycles = reads[k].row_gap;
    a->dma.block_rows = reads[k].block_rows != 0;
    a->dma.finish_pl_cycles = reads[k].finish;
    build(both[_i % 2]);
    ck_assert_uint_eq(run_chain(zs_channel(ZS_PORT_HP1, false), &reads[k].xfer, 1, 77),
                      reads[k].pl_cycles);
    ck_assert_uint_eq(zs_xfer_alone_pl_cycles(&mb.design, 2, &reads[k].xfer), reads[k].pl_cycles);
    const zs_xfer_count split = zs_xfer_split(&mb.design.board.axi.hp, &reads[k].xfer);
    const zs_channel_counts *counts = zs_memsys_channel_counts(mb.ms, 2);
    ck_assert_uint_eq(counts->bursts, split.bursts);
    ck_assert_uint_eq(counts->beats, split.beats);
    ck_assert_uint_eq(counts->bytes, split.bytes);
}
END_TEST

static const struct {
    uint32_t outstanding, data, gap, finish;
    uint64_t pl_cycles;
} writes[] = {
    {8, 0, 0, 1, 8 * 16 + 12},
    {8, 0, 0, 2, 8 * 16 + 12 + 1},
    {8, 1, 0, 1, 1 + 8 * 16 + 12},
    {8, 0, 1, 1, 8 * 16 + 7 + 12},
    {1, 0, 0, 1, 8 * (16 + 12)},
    {1, 1, 1, 1, 8 * (1 + 16 + 12)}, /* the gap passes while the response is on its way */
};
enum { WRITE_N = 6 };

START_TEST(test_writes_take_the_clocks_of_the_rules)
{
    static const zs_xfer x = BLOCK(0, 1024);
    zs_accel *a = &mb.design.accel;
    const int k = _i / 2;
    mb.design.board.axi.hp.write_outstanding = writes[k].outstanding;
    a->dma.write_data_pl_cycles = writes[k].data;
    a->dma.write_gap_pl_cycles = writes[k].gap;
    a->dma.store_finish_pl_cycles = writes[k].finish;
    a->dma.row_gap_pl_cycles = 9; /* of loads only */
    build(both[_i % 2]);
    ck_assert_uint_eq(run_chain(zs_channel(ZS_PORT_HP0, true), &x, 1, 5), writes[k].pl_cycles);
}
END_TEST

static const struct {
    zs_xfer xfer;
    uint32_t side, stage;
    bool is_write;
    uint64_t pl_cycles;
} sides[] = {
    {BLOCK(0, 64), 2, 0, false, 20 + 32}, /* from the first beat on, 2 bytes a clock */
    {BLOCK(0, 64), 16, 0, false, 20 + 8},
    {BLOCK(0, 64), 2, 1, false, 20 + 8 + 32},
    {ROWS(0, 64, 4096, 3), 2, 0, false, 20 + 3 * 32},
    {BLOCK(0, 0), 2, 1, false, 0},
    /* copied, 8 beats, answered 12 later; the next row a clock after that */
    {ROWS(0, 64, 4096, 3), 8, 1, true, 3 * (8 + 8 + 12) + 2 * 1},
    {ROWS(0, 64, 4096, 3), 8, 2, true, 8 + 3 * (8 + 12) + 2 * 1},
    {ROWS(0, 64, 4096, 3), 1, 2, true, 3 * 64 + 8 + 12},
    {ROWS(0, 64, 4096, 3), 3, 1, true, 3 * (22 + 8 + 12) + 2 * 1},
};
enum { SIDE_N = 9 };

START_TEST(test_unpacking_and_copying_take_the_clocks_of_the_rules)
{
    const int k = _i / 2;
    zs_xfer x = sides[k].xfer;
    x.side_bytes = sides[k].side;
    x.stage_n = sides[k].stage;
    mb.design.accel.dma.merge_rows = false;
    build(both[_i % 2]);
    const uint32_t channel = zs_channel(ZS_PORT_HP0, sides[k].is_write);
    ck_assert_uint_eq(run_chain(channel, &x, 1, 77), sides[k].pl_cycles);
    ck_assert_uint_eq(zs_xfer_alone_pl_cycles(&mb.design, channel, &x), sides[k].pl_cycles);
    ck_assert_uint_le(zs_xfer_least_pl_cycles(&x, 8), sides[k].pl_cycles);
}
END_TEST

START_TEST(test_chained_transfers_wait_for_the_latency_once)
{
    static const zs_xfer x[3] = {BLOCK(0, 256), BLOCK(0x10000, 0), BLOCK(0x20000, 128)};
    build(both[_i]);
    ck_assert_uint_eq(run_chain(0, x, 3, 0), 20 + 32 + 16);
    ck_assert_uint_eq(zs_memsys_channel_counts(mb.ms, 0)->transfers, 3);
}
END_TEST

START_TEST(test_no_channel_waits_for_another)
{
    static const zs_xfer x = BLOCK(0, 4096);
    uint32_t who;
    uint64_t done;
    build(both[_i]);
    for (uint32_t channel = 0; channel < 8; channel++)
        zs_memsys_start(mb.ms, channel, &x, 100);
    for (uint32_t k = 0; k < 8; k++) {
        const bool is_write = k < 4; /* these end first */
        ck_assert(zs_memsys_next(mb.ms, UINT64_MAX, &who, &done));
        ck_assert_uint_eq(who & 1, is_write);
        ck_assert_uint_eq(done, 100 + 512 + (is_write ? 12 : 20));
    }
    ck_assert(!zs_memsys_next(mb.ms, UINT64_MAX, &who, &done));
}
END_TEST

START_TEST(test_nothing_is_said_of_a_dram_but_its_bytes)
{
    static const zs_xfer x = BLOCK(4, 1000);
    build(both[_i]);
    run_chain(0, &x, 1, 0);
    run_chain(1, &x, 1, 10000000); /* many refreshes later */
    const zs_dram_counts *c = zs_memsys_dram_counts(mb.ms);
    ck_assert_uint_eq(c->read_bytes, 1000);
    ck_assert_uint_eq(c->write_bytes, 1000);
    ck_assert_uint_eq(c->read_transactions + c->write_transactions + c->refreshes, 0);
    ck_assert_uint_eq(c->row_hits + c->row_misses + c->row_conflicts + c->busy_ddr_cycles, 0);
}
END_TEST

/* ---- the same rules in front of the DDR controller ------------------------------------------- */

START_TEST(test_ddr3_reads_are_held_back_by_the_same_rules)
{
    static const zs_xfer x = ROWS(0, 64, 256, 20);
    mb.design.accel.dma.merge_rows = false;
    ms_build(ZS_BURST);
    const uint64_t plain = run_chain(0, &x, 1, 0);
    mb.design.accel.dma.row_gap_pl_cycles = 50;
    ms_build(ZS_BURST);
    const uint64_t spaced = run_chain(0, &x, 1, 0);
    ck_assert_uint_ge(spaced, 20 * 50 + 19);
    ck_assert_uint_le(spaced, 20 * 50 + 19 + plain);
    mb.design.accel.dma.row_gap_pl_cycles = 0;
    mb.design.accel.dma.block_rows = true;
    ms_build(ZS_BURST);
    const uint64_t blocked = run_chain(0, &x, 1, 0);
    ck_assert_uint_ge(blocked, 20 * (mb.design.board.axi.hp.read_latency_pl_cycles + 8));
    ck_assert_uint_le(blocked, 20 * plain);
    const uint64_t priced = zs_xfer_alone_pl_cycles(&mb.design, 0, &x);
    ck_assert_uint_le(priced, blocked + blocked / 10);
    ck_assert_uint_ge(priced, blocked - blocked / 10);
}
END_TEST

/* 32 bursts in a row; each field alone, and the clocks it adds. */
static const struct {
    bool is_write;
    uint32_t finish, store_finish, write_data, write_gap;
    uint64_t more;
} slower[] = {
    {false, 5, 1, 0, 0, 4}, {false, 1, 5, 2, 3, 0}, {true, 1, 5, 0, 0, 4},
    {true, 5, 1, 2, 0, 2},  {true, 1, 1, 0, 3, 93},
};
enum { SLOWER_N = 5 };

START_TEST(test_a_field_of_the_dma_adds_its_clocks_in_front_of_ddr3)
{
    static const zs_xfer x = BLOCK(0, 4096);
    zs_accel *a = &mb.design.accel;
    const int k = _i / 2;
    const uint32_t channel = zs_channel(ZS_PORT_HP0, slower[k].is_write);
    mb.design.board.memory.t_refi = 0;
    ms_build(both[_i % 2]);
    const uint64_t plain = run_chain(channel, &x, 1, 0);
    a->dma.finish_pl_cycles = slower[k].finish;
    a->dma.store_finish_pl_cycles = slower[k].store_finish;
    a->dma.write_data_pl_cycles = slower[k].write_data;
    a->dma.write_gap_pl_cycles = slower[k].write_gap;
    ms_build(both[_i % 2]);
    ck_assert_uint_eq(run_chain(channel, &x, 1, 0), plain + slower[k].more);
}
END_TEST

START_TEST(test_addresses_of_ddr3_reads_keep_their_distance)
{
    static const zs_xfer x = ROWS(0, 64, 256, 20);
    mb.design.accel.dma.merge_rows = false;
    mb.design.board.memory.t_refi = 0;
    mb.design.accel.dma.address_interval_pl_cycles = 40;
    ms_build(both[_i]);
    const uint64_t least = 19 * 40 + mb.design.board.axi.hp.read_latency_pl_cycles + 8;
    const uint64_t took = run_chain(0, &x, 1, 0);
    ck_assert_uint_ge(took, least);
    ck_assert_uint_le(took, least + 10); /* and the DRAM's own time */
}
END_TEST

START_TEST(test_a_chain_is_one_transfer_to_ddr3)
{
    static const zs_xfer parts[2] = {BLOCK(0, 2048), BLOCK(2048, 2048)}, whole = BLOCK(0, 4096);
    ms_build(ZS_BURST);
    const uint64_t wanted = run_chain(0, &whole, 1, 0);
    ms_build(ZS_BURST);
    ck_assert_uint_eq(run_chain(0, parts, 2, 0), wanted);
    const zs_channel_counts sent = *zs_memsys_channel_counts(mb.ms, 0);
    ms_build(ZS_TILE);
    const uint64_t priced = run_chain(0, parts, 2, 0);
    ck_assert_uint_ge(priced, 512);
    ck_assert_uint_le(priced, wanted + wanted / 10);
    const zs_channel_counts *counted = zs_memsys_channel_counts(mb.ms, 0);
    ck_assert_uint_eq(counted->transfers, sent.transfers);
    ck_assert_uint_eq(counted->bytes, sent.bytes);
    ck_assert_uint_eq(counted->bursts, sent.bursts);
    ck_assert_uint_eq(counted->beats, sent.beats);
    ck_assert_uint_eq(zs_memsys_dram_counts(mb.ms)->read_transactions, 4096 / 32);
}
END_TEST

TCase *tcase_memsys_fixed(void)
{
    TCase *tc = tcase_create("memory of fixed latency");
    tcase_add_checked_fixture(tc, ms_setup, ms_teardown);
    tcase_add_loop_test(tc, test_reads_take_the_clocks_of_the_rules, 0, 2 * READ_N);
    tcase_add_loop_test(tc, test_writes_take_the_clocks_of_the_rules, 0, 2 * WRITE_N);
    tcase_add_loop_test(tc, test_unpacking_and_copying_take_the_clocks_of_the_rules, 0, 2 * SIDE_N);
    tcase_add_loop_test(tc, test_chained_transfers_wait_for_the_latency_once, 0, 2);
    tcase_add_loop_test(tc, test_no_channel_waits_for_another, 0, 2);
    tcase_add_loop_test(tc, test_nothing_is_said_of_a_dram_but_its_bytes, 0, 2);
    tcase_add_test(tc, test_ddr3_reads_are_held_back_by_the_same_rules);
    tcase_add_loop_test(tc, test_a_field_of_the_dma_adds_its_clocks_in_front_of_ddr3, 0,
                        2 * SLOWER_N);
    tcase_add_loop_test(tc, test_addresses_of_ddr3_reads_keep_their_distance, 0, 2);
    tcase_add_test(tc, test_a_chain_is_one_transfer_to_ddr3);
    return tc;
}
