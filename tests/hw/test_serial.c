#include "zynqsim/serial.h"
#include "memsys_bench.h"
#include "support.h"

/* The folded master against the same walk sent through a memory system access by access, by a loop
 * of its own that knows nothing of folding. */

typedef struct board_case {
    uint64_t clock_hz;
    uint32_t port, t_refi, tck_ps, banks, row_bytes, read_latency, write_latency, t_faw, t_wr;
    bool has_rules, is_fixed;
} board_case;

/* 0: as the board has it */
static const board_case boards[] = {
    {100000000, ZS_PORT_HP0, 4128, 1875, 0, 0, 0, 0, 0, 0, false, false},
    {100000000, ZS_PORT_HP0, 0, 1875, 0, 0, 0, 0, 0, 0, false, false},
    {125000000, ZS_PORT_HP1, 4128, 1875, 0, 0, 0, 0, 0, 0, false, false},
    {150000000, ZS_PORT_HP0, 4128, 1875, 0, 0, 0, 0, 0, 0, false, false},
    {142857143, ZS_PORT_HP0, 4128, 1875, 0, 0, 0, 0, 0, 0, false,
     false}, /* no short period: nothing folds */
    {100000000, ZS_PORT_ACP, 4095, 1905, 0, 0, 0, 0, 0, 0, false, false},
    {100000000, ZS_PORT_HP0, 4095, 1905, 8, 2048, 0, 0, 0, 0, false, false}, /* a long period */
    {200000000, ZS_PORT_GP0, 1040, 1875, 4, 1024, 0, 0, 0, 0, false, false},
    {100000000, ZS_PORT_HP0, 4128, 1875, 0, 0, 2, 2, 60, 30, false, false}, /* what was lingers */
    {250000000, ZS_PORT_HP0, 700, 1250, 1, 512, 1, 1, 120, 60, false, false},
    {50000000, ZS_PORT_HP2, 4128, 2500, 16, 8192, 40, 30, 0, 0, false, false},
    {100000000, ZS_PORT_HP0, 4128, 1875, 0, 0, 0, 0, 0, 0, true, false},
    {100000000, ZS_PORT_HP0, 4128, 1875, 0, 0, 0, 0, 0, 0, true, true},
};

static void build(const board_case *b)
{
    zs_memory_params *m = &mb.design.board.memory;
    zs_axi_params *all[] = {&mb.design.board.axi.hp, &mb.design.board.axi.acp,
                            &mb.design.board.axi.gp};
    mb.design.accel.clock_hz = b->clock_hz;
    mb.design.accel.ports.input = b->port;
    m->t_refi = b->t_refi;
    m->tck_ps = b->tck_ps;
    m->banks = b->banks ? b->banks : m->banks;
    m->row_bytes = b->row_bytes ? b->row_bytes : m->row_bytes;
    m->t_faw = b->t_faw ? b->t_faw : m->t_faw;
    m->t_wr = b->t_wr ? b->t_wr : m->t_wr;
    for (size_t i = 0; i < ZS_LEN(all); i++) {
        if (b->read_latency)
            all[i]->read_latency_pl_cycles = b->read_latency;
        if (b->write_latency)
            all[i]->write_latency_pl_cycles = b->write_latency;
    }
    if (b->has_rules) {
        mb.design.accel.dma.finish_pl_cycles = 3;
        mb.design.accel.dma.row_gap_pl_cycles = 2;
        mb.design.accel.dma.store_finish_pl_cycles = 4;
        mb.design.accel.dma.write_data_pl_cycles = 5;
        mb.design.accel.dma.write_gap_pl_cycles = 1;
        mb.design.accel.dma.address_interval_pl_cycles = 2;
    }
    m->kind = b->is_fixed ? ZS_MEMORY_FIXED : ZS_MEMORY_DDR3;
    ms_build(ZS_BURST);
}

/* ---- the other loop -------------------------------------------------------------------------- */

typedef struct slow_master {
    zs_memsys *ms;
    uint32_t port;
    uint64_t now;
    uint64_t waited[2];
} slow_master;

static void access_one(slow_master *s, bool is_write, uint64_t addr, uint32_t bytes)
{
    const uint32_t channel = zs_channel(s->port, is_write);
    const zs_xfer x = {.addr = addr, .row_bytes = bytes, .row_n = 1, .plane_n = 1};
    uint32_t done_channel = UINT32_MAX;
    uint64_t done = 0;
    zs_memsys_start(s->ms, channel, &x, s->now);
    if (!zs_memsys_next(s->ms, UINT64_MAX, &done_channel, &done) || done_channel != channel)
        ck_abort_msg("access at %llu did not complete", (unsigned long long)s->now);
    s->waited[is_write] += done - s->now;
    s->now = done;
}

static void window(slow_master *s, const zs_serial_walk *w, uint32_t oy, uint32_t ox)
{
    for (uint32_t c = 0; c < w->plane_n; c++)
        for (uint32_t ky = 0; ky < w->kh; ky++)
            for (uint32_t kx = 0; kx < w->kw; kx++) {
                const int64_t iy = (int64_t)oy * w->sh + (int64_t)ky * w->dh - w->pad_top;
                const int64_t ix = (int64_t)ox * w->sw + (int64_t)kx * w->dw - w->pad_left;
                if (iy < 0 || ix < 0 || iy >= w->in_h || ix >= w->in_w)
                    continue;
                access_one(s, false,
                           w->in_addr + c * w->plane_pitch + (uint64_t)iy * w->row_pitch +
                               (uint64_t)ix * w->elem_bytes,
                           w->elem_bytes);
                s->now += w->tap_gap;
            }
}

static void walk_slowly(slow_master *s, const zs_serial_walk *w)
{
    if (w->lead_bytes != 0) {
        access_one(s, false, w->stream_addr, w->lead_bytes);
        s->now += w->stream_gap;
    }
    for (uint32_t i = 0; i < w->stream_n; i++) {
        access_one(s, false, w->stream_addr + w->lead_bytes + i * w->stream_elem_bytes,
                   w->stream_elem_bytes);
        s->now += w->stream_gap;
    }
    for (uint32_t oy = 0; oy < w->out_h; oy++)
        for (uint32_t ox = 0; ox < w->out_w; ox++) {
            window(s, w, oy, ox);
            s->now += w->window_gap;
            if (w->stores)
                access_one(s, true, w->out_addr + (oy * w->out_w + ox) * w->elem_bytes,
                           w->elem_bytes);
        }
    for (uint32_t i = 0; i < w->late_n; i++) {
        s->now += w->late_gap;
        access_one(s, true, w->late_addr + i * w->elem_bytes, w->elem_bytes);
    }
}

/* ---- walks ----------------------------------------------------------------------------------- */

static uint32_t pick(zs_prng *rng, uint32_t n)
{
    return (uint32_t)zs_prng_below(rng, n);
}

static uint32_t outputs(uint32_t in, uint32_t pad, uint32_t kernel, uint32_t stride)
{
    return (in + 2 * pad - kernel) / stride + 1;
}

static zs_serial_walk random_walk(zs_prng *rng)
{
    const uint32_t elem = 1u << pick(rng, 3);
    const uint32_t k = 1 + pick(rng, 4), pad = pick(rng, k), stride = 1 + pick(rng, 3);
    zs_serial_walk w = {.elem_bytes = elem,
                        .stream_elem_bytes = elem == 2 ? 1 : elem,
                        .stream_addr = 4096 * pick(rng, 64) + elem * pick(rng, 512),
                        .lead_bytes = pick(rng, 2) ? 4 : 0,
                        .stream_n = pick(rng, 200),
                        .in_addr = (UINT64_C(1) << 20) + 64 * pick(rng, 4096),
                        .plane_n = 1 + pick(rng, 24),
                        .in_h = 4 + pick(rng, 12),
                        .in_w = 4 + pick(rng, 40)};
    w.row_pitch = (uint64_t)w.in_w * elem;
    w.plane_pitch = w.row_pitch * (w.in_h + pick(rng, 40));
    w.kh = w.kw = k;
    w.sh = w.sw = stride;
    w.dh = w.dw = 1;
    w.pad_top = w.pad_left = pad;
    w.out_h = outputs(w.in_h, pad, k, stride) + pick(rng, 2);
    w.out_w = outputs(w.in_w, pad, k, stride) + pick(rng, 2);
    w.stores = pick(rng, 4) != 0;
    w.out_addr = (UINT64_C(1) << 22) + elem * pick(rng, 1 << 16);
    w.late_n = w.stores ? 0 : pick(rng, 100);
    w.late_addr = w.out_addr;
    w.stream_gap = pick(rng, 2);
    w.tap_gap = pick(rng, 12);
    w.window_gap = pick(rng, 3);
    w.late_gap = pick(rng, 20);
    return w;
}

static void same_counts(zs_memsys *a, zs_memsys *b, uint32_t port)
{
    const zs_dram_counts *x = zs_memsys_dram_counts(a), *y = zs_memsys_dram_counts(b);
    ck_assert_uint_eq(x->read_bytes, y->read_bytes);
    ck_assert_uint_eq(x->write_bytes, y->write_bytes);
    ck_assert_uint_eq(x->read_transactions, y->read_transactions);
    ck_assert_uint_eq(x->write_transactions, y->write_transactions);
    ck_assert_uint_eq(x->row_hits, y->row_hits);
    ck_assert_uint_eq(x->row_misses, y->row_misses);
    ck_assert_uint_eq(x->row_conflicts, y->row_conflicts);
    ck_assert_uint_eq(x->activates, y->activates);
    ck_assert_uint_eq(x->precharges, y->precharges);
    ck_assert_uint_eq(x->refreshes, y->refreshes);
    ck_assert_uint_eq(x->turnarounds, y->turnarounds);
    ck_assert_uint_eq(x->busy_ddr_cycles, y->busy_ddr_cycles);
    for (uint32_t dir = 0; dir < 2; dir++) {
        const zs_channel_counts *c = zs_memsys_channel_counts(a, zs_channel(port, dir));
        const zs_channel_counts *d = zs_memsys_channel_counts(b, zs_channel(port, dir));
        ck_assert_uint_eq(c->transfers, d->transfers);
        ck_assert_uint_eq(c->bytes, d->bytes);
        ck_assert_uint_eq(c->bursts, d->bursts);
        ck_assert_uint_eq(c->beats, d->beats);
        ck_assert_uint_eq(c->busy_pl_cycles, d->busy_pl_cycles);
    }
}

START_TEST(test_a_folded_walk_is_the_walk_access_by_access)
{
    const board_case *b = &boards[_i];
    zs_prng rng = {101 + (uint64_t)_i};
    zs_memsys *slow_ms;
    zs_serial *serial;
    zs_err err;
    build(b);
    ck_assert_int_eq(zs_memsys_build(&mb.arena, &mb.design, ZS_BURST, &slow_ms, &err), ZS_OK);
    ck_assert_int_eq(zs_serial_build(&mb.arena, &mb.design, mb.ms, true, &serial, &err), ZS_OK);
    slow_master slow = {.ms = slow_ms, .port = b->port};
    uint64_t now = 0;
    for (uint32_t i = 0; i < 30; i++) {
        const zs_serial_walk w = random_walk(&rng);
        for (uint32_t again = 0; again < 4; again++) {
            zs_serial_time time;
            const uint64_t start = now + (pick(&rng, 2) ? 0 : pick(&rng, 3000));
            slow.now = start;
            slow.waited[0] = slow.waited[1] = 0;
            walk_slowly(&slow, &w);
            ck_assert(zs_serial_run(serial, &w, start, &time));
            now = start + zs_serial_total(&time);
            ck_assert_msg(now == slow.now, "seed %d walk %u time %u: folded ends at %llu, not %llu",
                          101 + _i, i, again, (unsigned long long)now,
                          (unsigned long long)slow.now);
            ck_assert_uint_eq(time.read_pl_cycles, slow.waited[0]);
            ck_assert_uint_eq(time.write_pl_cycles, slow.waited[1]);
            same_counts(mb.ms, slow_ms, b->port);
        }
    }
}
END_TEST

/* 56 x 56, 16 channels, 3x3: the shape that the engine spends its time in. */
static zs_serial_walk usual_walk(void)
{
    return (zs_serial_walk){.elem_bytes = 4,
                            .stream_elem_bytes = 4,
                            .lead_bytes = 4,
                            .stream_n = 144,
                            .in_addr = 1 << 20,
                            .row_pitch = 224,
                            .plane_pitch = 12544,
                            .plane_n = 16,
                            .in_h = 56,
                            .in_w = 56,
                            .kh = 3,
                            .kw = 3,
                            .sh = 1,
                            .sw = 1,
                            .dh = 1,
                            .dw = 1,
                            .pad_top = 1,
                            .pad_left = 1,
                            .out_h = 56,
                            .out_w = 56,
                            .stores = true,
                            .out_addr = 4 << 20,
                            .stream_gap = 1,
                            .tap_gap = 9,
                            .window_gap = 1};
}

START_TEST(test_folding_leaves_few_accesses_to_the_memory_system)
{
    const zs_serial_walk w = usual_walk();
    zs_serial *serial;
    zs_serial_time time;
    zs_err err;
    build(&boards[0]);
    ck_assert_int_eq(zs_serial_build(&mb.arena, &mb.design, mb.ms, true, &serial, &err), ZS_OK);
    ck_assert(zs_serial_run(serial, &w, 0, &time));
    const zs_serial_count c = zs_serial_count_of(&w);
    ck_assert_uint_eq(c.taps, (uint64_t)16 * (3 * 56 - 2) * (3 * 56 - 2));
    ck_assert_uint_lt(zs_serial_events(serial), c.taps / 50);
}
END_TEST

START_TEST(test_prices_are_least_then_mean_and_the_mean_is_near)
{
    zs_serial_walk w = usual_walk();
    zs_serial *serial;
    zs_serial_time burst;
    zs_err err;
    build(&boards[_i]);
    if (_i & 1) { /* a 1x1 layer of small planes */
        w.kh = w.kw = 1;
        w.pad_top = w.pad_left = 0;
    }
    ck_assert_int_eq(zs_serial_build(&mb.arena, &mb.design, mb.ms, true, &serial, &err), ZS_OK);
    ck_assert(zs_serial_run(serial, &w, 0, &burst));
    const zs_serial_time least = zs_serial_least(&mb.design, &w);
    const zs_serial_time mean = zs_serial_mean(&mb.design, &w);
    ck_assert_uint_le(zs_serial_total(&least), zs_serial_total(&mean));
    ck_assert_uint_le(zs_serial_total(&least), zs_serial_total(&burst));
    ck_assert_uint_eq(mean.compute_pl_cycles, burst.compute_pl_cycles);
    const double ratio = (double)zs_serial_total(&mean) / (double)zs_serial_total(&burst);
    /* A walk may keep step with the refresh, and with frequent ones that is felt; what lingers from
     * one access to the next has no place in a mean. */
    const board_case *b = &boards[_i];
    const double off = b->t_faw != 0 ? 0.15 : b->t_refi != 0 && b->t_refi < 4000 ? 0.06 : 0.03;
    ck_assert_msg(ratio > 1 - off && ratio < 1 + off, "mean over burst is %f", ratio);
}
END_TEST

TCase *tcase_serial(void);
TCase *tcase_serial(void)
{
    TCase *tc = tcase_create("serial");
    tcase_add_checked_fixture(tc, ms_setup, ms_teardown);
    test_add_many(tc, test_a_folded_walk_is_the_walk_access_by_access, (int)ZS_LEN(boards));
    tcase_add_test(tc, test_folding_leaves_few_accesses_to_the_memory_system);
    tcase_add_loop_test(tc, test_prices_are_least_then_mean_and_the_mean_is_near, 0,
                        (int)ZS_LEN(boards));
    return tc;
}
