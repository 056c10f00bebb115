#include "support.h"

#include "zynqsim/memsys.h"

#include <string.h>

TCase *tcase_memsys_alone(void);

/* A memory system that is watched decides nothing ahead of its time: every burst goes by the event
 * queue. One that is not must come to the same, whatever it takes off in one go. */

static void look(void *ctx, const zs_dram_event *event)
{
    (void)event;
    ++*(uint64_t *)ctx;
}

static void look_at_sent(void *ctx, uint32_t channel, uint64_t addr, uint32_t bytes, uint64_t at)
{
    (void)channel, (void)addr, (void)bytes, (void)at;
    ++*(uint64_t *)ctx;
}

static void look_at_over(void *ctx, uint32_t channel, uint64_t at)
{
    (void)channel, (void)at;
    ++*(uint64_t *)ctx;
}

typedef struct pair {
    zs_arena arena;
    zs_design design;
    zs_memsys *ahead, *in_time;
    zs_memsys_watch watch;
    uint64_t seen;
    zs_prng prng;
} pair;

static uint32_t pick(pair *p, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    const uint32_t of[] = {a, b, c, d};
    return of[zs_prng_below(&p->prng, 4)];
}

static void vary_port(pair *p, zs_axi_params *port)
{
    port->max_beats = pick(p, 16, 16, 5, 1);
    port->read_outstanding = pick(p, 8, 8, 2, 64);
    port->write_outstanding = pick(p, 8, 16, 1, 4);
    port->read_latency_pl_cycles = pick(p, port->read_latency_pl_cycles, 1, 40, 9);
    port->write_latency_pl_cycles = pick(p, port->write_latency_pl_cycles, 1, 40, 3);
}

static void vary_memory(pair *p, zs_memory_params *m)
{
    m->bus_bytes = pick(p, 4, 4, 2, 1);
    m->row_bytes = pick(p, m->row_bytes, m->row_bytes, 1024, 64);
    m->banks = pick(p, 8, 8, 2, 1);
    m->queue = pick(p, 32, 32, 8, 1 + (uint32_t)zs_prng_below(&p->prng, 256));
    m->write_batch = pick(p, 8, 8, 2, 1);
    m->t_ccd = pick(p, 4, 4, 4, 40);
    m->t_ccd_bank = pick(p, m->t_ccd_bank, m->t_ccd_bank, 5, 8);
    m->t_refi = pick(p, m->t_refi, m->t_refi, 607, 0);
    m->tck_ps = pick(p, m->tck_ps, 1250, 3000, 10000);
}

static void vary_dma(pair *p)
{
    p->design.accel.dma.row_gap_pl_cycles = pick(p, 0, 0, 0, 3);
    p->design.accel.dma.block_rows = pick(p, 0, 0, 0, 1) != 0;
    p->design.accel.dma.address_interval_pl_cycles = pick(p, 1, 1, 1, 5);
    p->design.accel.dma.write_data_pl_cycles = pick(p, 0, 0, 0, 4);
    p->design.accel.dma.write_gap_pl_cycles = pick(p, 0, 0, 2, 100);
    p->design.accel.dma.finish_pl_cycles = pick(p, 1, 1, 1, 6);
    p->design.accel.dma.store_finish_pl_cycles = pick(p, 1, 1, 1, 9);
}

/* A memory that a fast port outruns: bursts queue up, and several arrive in one of its clocks. */
static void slow_down(pair *p)
{
    zs_memory_params *m = &p->design.board.memory;
    zs_axi_params *hp = &p->design.board.axi.hp;
    p->design.accel.clock_hz = pick(p, 333333333, 400000000, 500000000, 500000000);
    m->tck_ps = pick(p, 2000, 4670, 10000, 10000);
    m->bus_bytes = pick(p, 1, 1, 2, 4);
    m->row_bytes = 8 * m->bus_bytes * pick(p, 1, 2, 4, 16);
    m->banks = pick(p, 1, 2, 4, 8);
    hp->read_latency_pl_cycles = pick(p, 1, 2, 9, 20);
    hp->write_latency_pl_cycles = pick(p, 1, 1, 2, 12);
}

static void vary(pair *p)
{
    zs_board *board = &p->design.board;
    vary_port(p, &board->axi.hp);
    vary_port(p, &board->axi.acp);
    vary_port(p, &board->axi.gp);
    vary_memory(p, &board->memory);
    vary_dma(p);
    p->design.accel.clock_hz = pick(p, 100000000, 100000000, 142857143, 500000000);
    if (zs_prng_below(&p->prng, 2) == 0)
        slow_down(p);
}

static void build(pair *p, uint64_t seed, void (*change)(pair *p))
{
    zs_err err = {0};
    *p = (pair){.prng = {seed}};
    p->watch = (zs_memsys_watch){.burst_sent = look_at_sent,
                                 .burst_over = look_at_over,
                                 .ctx = &p->seen,
                                 .dram = {.seen = look, .ctx = &p->seen}};
    zs_arena_init(&p->arena, test_heap());
    zs_design_defaults(&p->design);
    change(p);
    ck_assert_msg(zs_memsys_build(&p->arena, &p->design, ZS_BURST, &p->ahead, &err) == ZS_OK, "%s",
                  err.text);
    ck_assert_int_eq(zs_memsys_build(&p->arena, &p->design, ZS_BURST, &p->in_time, &err), ZS_OK);
    zs_memsys_watch_set(p->in_time, &p->watch);
}

/* Rows may overlap or be the same again, and begin anywhere. */
static zs_xfer some_transfer(pair *p)
{
    zs_xfer x = {.addr = zs_prng_below(&p->prng, UINT64_C(1) << pick(p, 18, 18, 12, 10)),
                 .row_bytes = pick(p, 36, 128, 1000, 1 + (uint32_t)zs_prng_below(&p->prng, 300)),
                 .row_n = 1 + (uint32_t)zs_prng_below(&p->prng, pick(p, 2, 6, 12, 40)),
                 .plane_n = 1 + (uint32_t)zs_prng_below(&p->prng, 4)};
    x.row_pitch_bytes = x.row_bytes + pick(p, 0, 188, 4, 8192);
    if (zs_prng_below(&p->prng, 4) == 0)
        x.row_pitch_bytes = zs_prng_below(&p->prng, 2) * (x.row_bytes / 2);
    x.plane_pitch_bytes = x.row_n * x.row_pitch_bytes + pick(p, 0, 64, 4096, 12000);
    if (zs_prng_below(&p->prng, 6) == 0)
        x.plane_pitch_bytes = 0;
    if (zs_prng_below(&p->prng, 4) == 0) {
        x.side_bytes = pick(p, 1, 2, 7, 64);
        x.stage_n = (uint32_t)zs_prng_below(&p->prng, 3);
    }
    return x;
}

static void start_both(pair *p, uint32_t channel, const zs_xfer *xfers, uint32_t n, uint64_t at)
{
    static const zs_xfer_price unused;
    const zs_xfer_price *const prices[ZS_CHAIN_MAX] = {&unused, &unused, &unused, &unused};
    zs_memsys_start_priced(p->ahead, channel, xfers, prices, n, at);
    zs_memsys_start_priced(p->in_time, channel, xfers, prices, n, at);
}

/* Up to ZS_CHAIN_MAX transfers behind each other, on a channel of both. */
static void start(pair *p, uint32_t channel, uint64_t at)
{
    const uint32_t n = pick(p, 1, 1, 2, ZS_CHAIN_MAX);
    zs_xfer xfers[ZS_CHAIN_MAX];
    for (uint32_t i = 0; i < n; i++)
        xfers[i] = some_transfer(p);
    start_both(p, channel, xfers, n, at);
}

/* Both up to a limit, or to the first transfer that completes: what does until then, and *now. */
static uint32_t run_to(pair *p, uint64_t limit, bool is_first_enough, uint64_t *now)
{
    uint32_t a = 0, b = 0, done = 0;
    uint64_t at = 0, time = 0;
    bool any;
    do {
        any = zs_memsys_next(p->ahead, limit, &a, &at);
        ck_assert_int_eq(any, zs_memsys_next(p->in_time, limit, &b, &time));
        if (any) {
            ck_assert_uint_eq(a, b);
            ck_assert_uint_eq(at, time);
            *now = at;
            done |= 1u << a;
        } else {
            *now = limit;
        }
    } while (any && !is_first_enough);
    return done;
}

static void expect_same_counts(const pair *p)
{
    const zs_dram_counts *a = zs_memsys_dram_counts(p->ahead);
    ck_assert_mem_eq(a, zs_memsys_dram_counts(p->in_time), sizeof *a);
    /* what is taken off ahead is fewer steps, never more */
    ck_assert_uint_le(zs_memsys_events(p->ahead), zs_memsys_events(p->in_time));
    for (uint32_t i = 0; i < ZS_CHANNEL_N; i++) {
        const zs_channel_counts *c = zs_memsys_channel_counts(p->ahead, i);
        ck_assert_mem_eq(c, zs_memsys_channel_counts(p->in_time, i), sizeof *c);
    }
}

/* Mostly one channel at a time, so that there is much to take off ahead; now and then another one
 * starts in the middle. Half of the runs stay with two channels, which then meet more often. */
START_TEST(test_bursts_taken_off_ahead_end_as_by_the_event_queue)
{
    enum { ROUNDS = 30 };
    pair p;
    uint64_t now = 0;
    uint32_t busy = 0;
    build(&p, (uint64_t)_i, vary);
    const uint32_t channels = _i % 2 == 0 ? 2 : ZS_CHANNEL_N;
    for (int round = 0; round < ROUNDS; round++) {
        const uint32_t channel = (uint32_t)zs_prng_below(&p.prng, channels);
        if ((busy >> channel & 1) == 0) {
            start(&p, channel, now + pick(&p, 0, 0, 0, 7));
            busy |= 1u << channel;
        }
        const uint64_t wait = pick(&p, 100000, 100000, 200, 4);
        const uint64_t limit = wait == 100000 ? now + wait : now + zs_prng_below(&p.prng, wait);
        busy &= ~run_to(&p, limit, zs_prng_below(&p.prng, 2) == 0, &now);
    }
    run_to(&p, UINT64_MAX, false, &now);
    ck_assert_uint_gt(p.seen, 0);
    expect_same_counts(&p);
    zs_arena_drop(&p.arena);
}
END_TEST

/* ---- what chance hardly meets ---------------------------------------------------------------- */

static void outrun(pair *p)
{
    zs_memory_params *m = &p->design.board.memory;
    p->design.accel.clock_hz = 333333333;
    p->design.board.axi.hp.beat_bytes = 4;
    m->tck_ps = 4670;
    m->row_bytes = 128;
    m->t_cl = 19;
    m->t_ccd_bank = 7;
}

static void leave(pair *p)
{
    (void)p;
}

/* The next address goes out in the clock after, to another page, and comes in the same DDR clock.
 */
START_TEST(test_a_burst_in_the_same_clock_waits_its_turn)
{
    const zs_xfer x = {.addr = 708318,
                       .row_bytes = 128,
                       .row_pitch_bytes = 49,
                       .row_n = 21,
                       .plane_n = 4,
                       .plane_pitch_bytes = 1029};
    pair p;
    uint64_t now = 0;
    build(&p, 0, outrun);
    start_both(&p, 0, &x, 1, 0);
    run_to(&p, UINT64_MAX, false, &now);
    expect_same_counts(&p);
    zs_arena_drop(&p.arena);
}
END_TEST

static void run_in_step(pair *p)
{
    zs_axi_params *hp = &p->design.board.axi.hp;
    p->design.accel.clock_hz = 500000000;
    p->design.board.memory.t_refi = 0;
    p->design.board.memory.bus_bytes = 8;
    p->design.board.memory.t_ccd = 12;
    hp->beat_bytes = 4;
    hp->read_outstanding = 1 + (uint32_t)zs_prng_below(&p->prng, 8);
    hp->read_latency_pl_cycles = 1 + (uint32_t)zs_prng_below(&p->prng, 40);
}

/* Full bursts of one transaction keep the port behind the memory. A short one behind them has two
 * beats, but of two transactions, and the second comes later than the port could take it. */
START_TEST(test_a_short_burst_of_two_transactions_waits_for_the_second)
{
    const zs_xfer xfers[] = {{.addr = 0, .row_bytes = 1024, .row_n = 1, .plane_n = 1},
                             {.addr = 1024 + 60, .row_bytes = 8, .row_n = 1, .plane_n = 1}};
    pair p;
    uint64_t now = 0;
    build(&p, (uint64_t)_i, run_in_step);
    start_both(&p, 0, xfers, 2, 0);
    run_to(&p, UINT64_MAX, false, &now);
    expect_same_counts(&p);
    zs_arena_drop(&p.arena);
}
END_TEST

static void hold_bus(pair *p)
{
    zs_memory_params *m = &p->design.board.memory;
    zs_axi_params *hp = &p->design.board.axi.hp;
    hp->max_beats = 1;
    hp->read_latency_pl_cycles = 2;
    hp->write_latency_pl_cycles = 2;
    p->design.accel.clock_hz = 200000000;
    m->tck_ps = 5000;
    m->queue = 15;
    m->write_batch = 2;
    m->t_cl = 1;
    m->t_ccd = 42;
    m->t_refi = 0;
}

/* Reads hold the bus longer than their data take: the writes that come meanwhile count for how long
 * they have it then, which a read that comes later notices. */
START_TEST(test_a_turn_counts_the_writes_that_came_before_it)
{
    const zs_xfer read = {.addr = 19644, .row_bytes = 36, .row_n = 1, .plane_n = 1};
    const zs_xfer write = {.addr = 158018, .row_bytes = 600, .row_n = 1, .plane_n = 1};
    pair p;
    uint64_t now = 0;
    build(&p, 0, hold_bus);
    start_both(&p, 0, &read, 1, 0);
    run_to(&p, 1000, true, &now);
    start_both(&p, 3, &write, 1, now);
    run_to(&p, now + 20 + 20 * (uint64_t)_i, true, &now);
    start_both(&p, 0, &read, 1, now);
    run_to(&p, UINT64_MAX, false, &now);
    expect_same_counts(&p);
    zs_arena_drop(&p.arena);
}
END_TEST

/* Alone a burst is one step; by the event queue an arrival and a decision at least. */
START_TEST(test_events_are_the_steps_taken)
{
    const zs_xfer x = {.addr = 0, .row_bytes = 1 << 20, .row_n = 1, .plane_n = 1};
    pair p;
    uint64_t now = 0;
    build(&p, 0, leave);
    start_both(&p, 0, &x, 1, 0);
    run_to(&p, UINT64_MAX, false, &now);
    expect_same_counts(&p);
    const uint64_t bursts = zs_memsys_channel_counts(p.ahead, 0)->bursts;
    ck_assert_uint_ge(zs_memsys_events(p.ahead), bursts);
    ck_assert_uint_le(zs_memsys_events(p.ahead), bursts + bursts / 4);
    ck_assert_uint_ge(zs_memsys_events(p.in_time), 2 * bursts);
    zs_arena_drop(&p.arena);
}
END_TEST

TCase *tcase_memsys_alone(void)
{
    TCase *tc = tcase_create("memsys_alone");
    tcase_set_timeout(tc, 60);
    test_add_many(tc, test_bursts_taken_off_ahead_end_as_by_the_event_queue, 1000);
    tcase_add_test(tc, test_a_burst_in_the_same_clock_waits_its_turn);
    tcase_add_test(tc, test_events_are_the_steps_taken);
    tcase_add_loop_test(tc, test_a_short_burst_of_two_transactions_waits_for_the_second, 0, 60);
    tcase_add_loop_test(tc, test_a_turn_counts_the_writes_that_came_before_it, 0, 20);
    return tc;
}
