#include "random_design.h"
#include "zynqsim/kind.h"
#include "rig.h"
#include "sim_cases.h"
#include "small_nets.h"
#include "support.h"
#include "tiled.h"

#include <string.h>

/* What must hold for any design: the same run twice gives the same figures, sums add up, and more
 * of a resource does not make a design slower by more than scheduling noise. */

static zs_result *simulate(zs_arena *arena, const zs_design *d, const zs_net *net,
                           zs_fidelity fidelity)
{
    zs_err err = {0};
    zs_plan *plan = NULL;
    zs_result *result = NULL;
    ck_assert_msg(zs_plan_build(arena, d, net, &plan, &err) == ZS_OK, "%s, %s: %s: %s", net->name,
                  test_design_line(d), err.place, err.text);
    ck_assert_msg(zs_sim_run(arena, d, net, plan, fidelity, NULL, &result, &err) == ZS_OK,
                  "%s, %s: %s: %s", net->name, test_design_line(d), err.place, err.text);
    return result;
}

/* ---- determinism ----------------------------------------------------------------------------- */

static void check_same_text(const char *a, const char *b)
{
    ck_assert((a == NULL) == (b == NULL));
    if (a != NULL)
        ck_assert_str_eq(a, b);
}

static void check_same(const zs_result *a, const zs_result *b)
{
    ck_assert_uint_eq(a->cycles, b->cycles);
    ck_assert_uint_eq(a->events, b->events);
    ck_assert_int_eq(memcmp(&a->dram, &b->dram, sizeof a->dram), 0);
    ck_assert_uint_eq(a->layer_n, b->layer_n);
    for (uint32_t i = 0; i < a->layer_n; i++) {
        zs_layer_result x = a->layers[i], y = b->layers[i];
        check_same_text(x.note, y.note);
        check_same_text(x.name, y.name);
        x.name = y.name = x.op = y.op = x.group = y.group = x.note = y.note = NULL;
        ck_assert_int_eq(memcmp(&x, &y, sizeof x), 0);
    }
    ck_assert_uint_eq(a->port_n, b->port_n);
    for (uint32_t i = 0; i < a->port_n; i++)
        ck_assert_uint_eq(a->ports[i].busy_cycles, b->ports[i].busy_cycles);
}

START_TEST(test_the_same_run_twice_gives_the_same_figures)
{
    zs_arena arena, other;
    zs_arena_init(&arena, test_heap());
    zs_arena_init(&other, test_heap());
    const zs_net *net = test_net_build(&arena, _i);
    zs_prng prng = {.state = 31 + (uint64_t)_i};
    for (int k = 0; k < 4; k++) {
        const zs_design d = test_random_design(&prng, ZS_FIXED16);
        const zs_fidelity fidelity = k % 2 ? ZS_TILE : ZS_BURST;
        check_same(simulate(&arena, &d, net, fidelity), simulate(&other, &d, net, fidelity));
        zs_arena_reset(&other);
    }
    zs_arena_drop(&other);
    zs_arena_drop(&arena);
}
END_TEST

/* ---- sums ------------------------------------------------------------------------------------ */

START_TEST(test_rows_add_up_and_are_not_busy_for_longer_than_they_last)
{
    zs_arena arena, point;
    zs_arena_init(&arena, test_heap());
    zs_arena_init(&point, test_heap());
    const zs_net *net = test_net_build(&arena, _i);
    zs_prng prng = {.state = 57 + (uint64_t)_i};
    for (int k = 0; k < 12; k++) {
        const zs_design d = test_random_design(&prng, ZS_INT8);
        const zs_result *r = simulate(&point, &d, net, k % 3 ? ZS_TILE : ZS_BURST);
        uint64_t cycles = 0, macs = 0;
        for (uint32_t i = 0; i < r->layer_n; i++) {
            const zs_layer_result *l = &r->layers[i];
            uint64_t waited = 0;
            ck_assert_uint_eq(l->start_cycle, cycles);
            for (uint32_t c = 0; c < ZS_CAUSE_N; c++) {
                waited += l->waited_cycles[c];
                ck_assert_msg(l->busy_cycles[c] <= l->cycles,
                              "%s, %s: %s is busy with %s %llu of %llu", net->name,
                              test_design_line(&d), l->name, zs_cause_name(c),
                              (unsigned long long)l->busy_cycles[c], (unsigned long long)l->cycles);
            }
            ck_assert_uint_eq(waited, l->cycles);
            ck_assert_uint_eq(l->waited_cycles[ZS_BY_COMPUTE], l->busy_cycles[ZS_BY_COMPUTE]);
            cycles += l->cycles;
            macs += l->macs;
        }
        ck_assert_uint_eq(cycles, r->cycles);
        ck_assert_uint_eq(macs, zs_net_macs(net) * d.batch);
        zs_arena_reset(&point);
    }
    zs_arena_drop(&point);
    zs_arena_drop(&arena);
}
END_TEST

/* ---- more is not slower ---------------------------------------------------------------------- */

static void less_outstanding(zs_design *d)
{
    d->board.axi.hp.read_outstanding = 2;
    d->board.axi.hp.write_outstanding = 2;
}

static void slower_dram(zs_design *d)
{
    d->board.memory.tck_ps = 2 * d->board.memory.tck_ps;
}

static void one_port(zs_design *d)
{
    d->accel.ports.weight = d->accel.ports.output = d->accel.ports.input;
}

static void single_buffers(zs_design *d)
{
    TILED(*d)->double_buffer.input = false;
    TILED(*d)->double_buffer.weight = false;
    TILED(*d)->double_buffer.output = false;
}

static void longer_latency(zs_design *d)
{
    d->board.axi.hp.read_latency_pl_cycles *= 2;
    d->board.axi.hp.write_latency_pl_cycles *= 2;
}

static void one_worse_port(zs_design *d)
{
    d->board.axi.own[0] = (zs_axi_own){.beat_bytes = 4, .max_beats = 4, .read_outstanding = 2};
}

static void fewer_lanes(zs_design *d)
{
    d->accel.unroll.oc = 1;
}

static const struct {
    const char *what;
    void (*take_away)(zs_design *);
} resources[] = {
    {"fewer outstanding bursts", less_outstanding},
    {"half the DRAM bandwidth", slower_dram},
    {"one port for all", one_port},
    {"single buffers", single_buffers},
    {"twice the latency", longer_latency},
    {"one lane of output channels", fewer_lanes},
    {"one port that is narrow", one_worse_port},
};
enum { RESOURCE_N = 7, NOISE_PERCENT = 1 };

START_TEST(test_less_of_a_resource_is_not_faster)
{
    const int which = _i % RESOURCE_N;
    const zs_fidelity fidelity = _i / RESOURCE_N % 2 ? ZS_BURST : ZS_TILE;
    zs_arena arena, point;
    zs_arena_init(&arena, test_heap());
    zs_arena_init(&point, test_heap());
    const zs_net *net = test_net_build(&arena, _i / RESOURCE_N / 2);
    zs_prng prng = {.state = 4711 + (uint64_t)_i};
    for (int k = 0; k < 6; k++) {
        zs_design more = test_random_design(&prng, ZS_FIXED16);
        more.accel.ports.input = ZS_PORT_HP0;
        more.accel.ports.weight = ZS_PORT_HP1;
        more.accel.ports.output = ZS_PORT_HP2;
        TILED(more)->double_buffer.input = true;
        TILED(more)->double_buffer.weight = true;
        TILED(more)->double_buffer.output = true;
        more.board.bram18 = 1000; /* that nothing is paid for by a smaller weight buffer */
        zs_design less = more;
        resources[which].take_away(&less);
        const uint64_t fast = simulate(&point, &more, net, fidelity)->cycles;
        const uint64_t slow = simulate(&point, &less, net, fidelity)->cycles;
        ck_assert_msg(fast <= slow + slow * NOISE_PERCENT / 100,
                      "%s, %s, fidelity %d: %s takes %llu cycles instead of %llu", net->name,
                      test_design_line(&more), (int)fidelity, resources[which].what,
                      (unsigned long long)slow, (unsigned long long)fast);
        zs_arena_reset(&point);
    }
    zs_arena_drop(&point);
    zs_arena_drop(&arena);
}
END_TEST

TCase *tcase_properties(void)
{
    TCase *tc = tcase_create("properties");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, test_the_same_run_twice_gives_the_same_figures, 0, TEST_NET_N);
    tcase_add_loop_test(tc, test_rows_add_up_and_are_not_busy_for_longer_than_they_last, 0,
                        TEST_NET_N);
    test_add_many(tc, test_less_of_a_resource_is_not_faster, TEST_NET_N * RESOURCE_N * 2);
    return tc;
}
