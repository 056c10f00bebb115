#include "random_design.h"
#include "rig.h"
#include "sim_cases.h"
#include "small_nets.h"
#include "tiled.h"

#include "zynqsim/bound.h"
#include "zynqsim/kind.h"

#include <string.h>

/* What `layers` says of tiles, loop orders, ports and fusion moves times and bytes, never results.
 */

enum { DESIGNS_PER_CASE = 12 };

static void say(zs_design *d, zs_arena *arena, const char *pattern, const char *key,
                const char *text)
{
    zs_err err = {0};
    ck_assert_msg(zs_design_set_layer(d, arena, pattern, key, text, &err) == ZS_OK, "%s: %s",
                  err.place, err.text);
}

/* Tiles and orders for about half of the layers, or for all by a pattern. */
static void draw_schedules(zs_prng *prng, zs_arena *arena, const zs_net *net, zs_design *d)
{
    static const char *const tile_keys[] = {"tile.oc", "tile.ic", "tile.oy", "tile.ox"};
    static const char *const sizes[] = {"1", "2", "3", "4", "5", "7", "8", "13", "16", "64"};
    static const char *const threads[] = {"none", "rows", "channels"};
    static const char *const orders[] = {"output_stationary", "weight_stationary",
                                         "input_stationary"};
    static const char *const fusions[] = {"none", "lf1", "lf2", "fire"};
    static const char *const ports[] = {
        "hp0", "hp3", "hp1+hp2", "[hp2, hp0, hp3]", "hp0+hp1+hp2+hp3", "hp3+hp1", "acp", "gp0"};
    static const char *const port_keys[] = {"ports.input", "ports.weight", "ports.output"};
    for (uint32_t i = 0; i < net->layer_n; i++) {
        const char *pattern = i == 0 && zs_prng_below(prng, 2) ? "*" : net->layers[i].name;
        if (zs_prng_below(prng, 2))
            continue;
        for (uint32_t k = 0; k < ZS_LEN(tile_keys); k++)
            if (zs_prng_below(prng, 2))
                say(d, arena, pattern, tile_keys[k], sizes[zs_prng_below(prng, ZS_LEN(sizes))]);
        say(d, arena, pattern, "loop_order", orders[zs_prng_below(prng, ZS_LEN(orders))]);
        say(d, arena, pattern, "outer_loop", zs_prng_below(prng, 2) ? "pixels" : "channels");
        say(d, arena, pattern, "threads", threads[zs_prng_below(prng, 3)]);
        for (uint32_t k = 0; k < ZS_LEN(port_keys); k++)
            if (zs_prng_below(prng, 2))
                say(d, arena, pattern, port_keys[k], ports[zs_prng_below(prng, ZS_LEN(ports))]);
        if (zs_prng_below(prng, 2))
            say(d, arena, pattern, "fusion", fusions[zs_prng_below(prng, ZS_LEN(fusions))]);
    }
}

/* HP ports that differ from each other. */
static void draw_ports(zs_prng *prng, zs_design *d)
{
    static const uint32_t widths[] = {0, 4, 8, 16}, bursts[] = {0, 1, 4, 16}, flights[] = {0, 1, 3};
    for (uint32_t i = 0; i < ZS_LEN(d->board.axi.own); i++)
        d->board.axi.own[i] = (zs_axi_own){
            .beat_bytes = widths[zs_prng_below(prng, ZS_LEN(widths))],
            .max_beats = bursts[zs_prng_below(prng, ZS_LEN(bursts))],
            .read_outstanding = flights[zs_prng_below(prng, ZS_LEN(flights))],
            .write_outstanding = flights[zs_prng_below(prng, ZS_LEN(flights))],
        };
}

/* Loaders that unpack, stores that are copied to staging buffers. */
static void draw_sides(zs_prng *prng, zs_design *d)
{
    static const uint32_t elems[] = {0, 1, 2, 16}, copies[] = {0, 0, 1, 4};
    tiled_params *p = tiled_params_in(&d->accel);
    p->load.input_elems = elems[zs_prng_below(prng, ZS_LEN(elems))];
    p->load.weight_elems = elems[zs_prng_below(prng, ZS_LEN(elems))];
    p->load.stages_inputs = zs_prng_below(prng, 2);
    p->load.stages_weights = zs_prng_below(prng, 2);
    p->store.copy_elems = copies[zs_prng_below(prng, ZS_LEN(copies))];
    p->load.is_ahead = zs_prng_below(prng, 2);
    p->vector_lanes = elems[zs_prng_below(prng, ZS_LEN(elems))];
    p->fusion_goal = (uint32_t)zs_prng_below(prng, ZS_GOAL_COUNT);
    p->store.rows = 1 + (uint32_t)zs_prng_below(prng, 2);
}

static void check_figures(zs_arena *arena, const zs_design *d, const zs_net *net,
                          const zs_result *r)
{
    uint64_t cycles = 0, macs = 0, moved = 0, carried = 0;
    zs_plan *outline;
    zs_err err = {0};
    for (uint32_t i = 0; i < r->layer_n; i++) {
        cycles += r->layers[i].cycles;
        macs += r->layers[i].macs;
        moved += r->layers[i].read_bytes + r->layers[i].write_bytes;
    }
    for (uint32_t i = 0; i < r->port_n; i++)
        carried += r->ports[i].bytes;
    ck_assert_uint_eq(moved, carried);
    ck_assert_uint_eq(cycles, r->cycles);
    ck_assert_uint_eq(macs, zs_net_macs(net) * d->batch);
    ck_assert_msg(zs_plan_outline(arena, d, net, &outline, &err) == ZS_OK, "%s", err.text);
    ck_assert_uint_le(zs_bound_of_outline(d, net, outline).cycles, r->cycles);
}

START_TEST(test_a_schedule_of_each_layer_gives_the_bits_of_the_reference)
{
    const uint32_t precision = (uint32_t)(_i % ZS_PRECISION_COUNT);
    test_rig rig;
    test_rig_init(&rig, _i, precision);
    zs_prng prng = {.state = 77 + (uint64_t)_i};
    zs_arena point;
    zs_arena_init(&point, test_heap());
    for (int k = 0; k < DESIGNS_PER_CASE; k++) {
        zs_design d = test_random_design(&prng, precision);
        draw_schedules(&prng, &point, rig.net, &d);
        if (k % 2)
            draw_ports(&prng, &d);
        if (k % 4 > 1)
            draw_sides(&prng, &d);
        if (k % 3 == 2)
            test_make_systolic(&d);
        const zs_plan *plan = test_rig_plan(&rig, &point, &d);
        zs_exec *exec = test_rig_exec(&rig, &point, &d, plan);
        const zs_retire_hook hook = zs_exec_hook(exec);
        zs_result *result = NULL;
        zs_err err = {0};
        const zs_status status =
            zs_sim_run(&point, &d, rig.net, plan, k % 2 ? ZS_TILE : ZS_BURST, &hook, &result, &err);
        ck_assert_msg(status == ZS_OK, "%s, %s: %s: %s", rig.net->name, test_design_line(&d),
                      err.place, err.text);
        test_rig_compare(&rig, &d, exec);
        check_figures(&point, &d, rig.net, result);
        zs_arena_reset(&point);
    }
    zs_arena_drop(&point);
    test_rig_drop(&rig);
}
END_TEST

START_TEST(test_a_schedule_said_for_all_layers_is_that_of_the_design)
{
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    const zs_net *net = test_net_build(&arena, 0);
    zs_design uniform, by_layer;
    zs_design_defaults(&uniform);
    by_layer = uniform;
    TILED(uniform)->tile.oc = 8;
    TILED(uniform)->tile.oy = 5;
    TILED(uniform)->loop_order = ZS_WEIGHT_STATIONARY;
    say(&by_layer, &arena, "*", "tile.oc", "8");
    say(&by_layer, &arena, "*", "tile.oy", "5");
    say(&by_layer, &arena, "*", "loop_order", "weight_stationary");
    zs_plan *a, *b;
    ck_assert_int_eq(zs_plan_build(&arena, &uniform, net, &a, NULL), ZS_OK);
    ck_assert_int_eq(zs_plan_build(&arena, &by_layer, net, &b, NULL), ZS_OK);
    ck_assert_uint_eq(a->op_n, b->op_n);
    for (uint32_t i = 0; i < a->row_n; i++) {
        ck_assert_uint_eq(a->rows[i].t_oc, b->rows[i].t_oc);
        ck_assert_uint_eq(a->rows[i].loop_order, b->rows[i].loop_order);
    }
    zs_arena_drop(&arena);
}
END_TEST

/* Sizes that are said are those of the plan, and a tile that exceeds one is refused with both. */
START_TEST(test_tiles_are_held_against_buffers_whose_sizes_are_said)
{
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    const zs_net *net = test_net_build(&arena, 0);
    zs_design d;
    zs_design_defaults(&d);
    TILED(d)->buffer.input_bytes = 64 << 10;
    TILED(d)->buffer.output_bytes = 128 << 10;
    zs_plan *plan;
    zs_err err = {0};
    ck_assert_msg(zs_plan_build(&arena, &d, net, &plan, &err) == ZS_OK, "%s", err.text);
    ck_assert_uint_eq(plan->buffers[ZS_BUF_INPUT].bytes, 64 << 10);
    ck_assert_uint_eq(plan->buffers[ZS_BUF_OUTPUT].bytes, 128 << 10);
    TILED(d)->buffer.input_bytes = 64;
    ck_assert_int_eq(zs_plan_build(&arena, &d, net, &plan, &err), ZS_ERANGE);
    ck_assert_str_eq(err.place, "accelerator.buffer.input");
    ck_assert_ptr_nonnull(strstr(err.text, "64 bytes in 2 slots of 32"));
    TILED(d)->buffer.input_bytes = 0;
    TILED(d)->buffer.output_bytes = 64;
    ck_assert_int_eq(zs_plan_build(&arena, &d, net, &plan, &err), ZS_ERANGE);
    ck_assert_str_eq(err.place, "accelerator.buffer.output");
    zs_arena_drop(&arena);
}
END_TEST

/* What a loader or the store stage does takes time and room, and moves no byte more. */
static const struct {
    const char *set[3][2]; /* the last is what is worse than those before */
    const char *memory;    /* that it adds to the account */
} stages[] = {
    {{{"accelerator.load.input", "1"}}, NULL},
    {{{"accelerator.load.input", "1"}, {"accelerator.load.stage_input", "true"}}, "input staging"},
    {{{"accelerator.load.weight", "1"}}, NULL},
    {{{"accelerator.load.weight", "1"}, {"accelerator.load.stage_weight", "true"}},
     "weight staging"},
    {{{"accelerator.store.copy", "8"}}, "output staging"},
    {{{"accelerator.store.copy", "8"}, {"accelerator.store.rows", "1"}}, "output staging"},
    {{{"accelerator.vector.lanes", "2"}}, NULL},
    {{{"accelerator.load.ahead", "false"}}, NULL},
};
START_TEST(test_unpacking_and_staging_take_time_and_room)
{
    test_rig rig;
    test_rig_init(&rig, 0, ZS_FIXED16);
    zs_arena point;
    zs_arena_init(&point, test_heap());
    zs_err err = {0};
    zs_design before, d;
    zs_design_defaults(&before);
    before.accel.precision = ZS_FIXED16;
    before.accel.unroll.oc = 32; /* transfers are in the way */
    TILED(before)->keep_tiles = false;
    d = before;
    for (uint32_t i = 0; i < 3 && stages[_i].set[i][0] != NULL; i++) {
        before = d;
        ck_assert_msg(zs_design_set(&d, &point, stages[_i].set[i][0], stages[_i].set[i][1], &err) ==
                          ZS_OK,
                      "%s", err.text);
    }
    test_rig_fidelities(&rig, &point, &d);
    for (zs_fidelity f = ZS_TILE; f <= ZS_BURST; f++) {
        const zs_result *a =
            test_rig_run(&rig, &point, &before, test_rig_plan(&rig, &point, &before), f, NULL);
        const zs_result *b =
            test_rig_run(&rig, &point, &d, test_rig_plan(&rig, &point, &d), f, NULL);
        ck_assert_uint_eq(a->dram.read_bytes, b->dram.read_bytes);
        ck_assert_uint_eq(a->dram.write_bytes, b->dram.write_bytes);
        ck_assert_msg(b->cycles > a->cycles, "%s: %llu and %llu cycles", stages[_i].set[0][0],
                      (unsigned long long)b->cycles, (unsigned long long)a->cycles);
    }
    zs_fit fit;
    ck_assert_int_eq(zs_fit_build(&point, &d, test_rig_plan(&rig, &point, &d), &fit, &err), ZS_OK);
    bool is_there = stages[_i].memory == NULL;
    for (uint32_t i = 0; i < fit.item_n; i++)
        is_there |= stages[_i].memory != NULL && strcmp(fit.items[i].name, stages[_i].memory) == 0;
    ck_assert(is_there);
    zs_arena_drop(&point);
    test_rig_drop(&rig);
}
END_TEST

/* A fire module is one call: with room for the first weights of a layer beside the last of the one
 * before, they come while that one works, the same bytes in less time. Calls wait for each other.
 */
START_TEST(test_weights_of_the_next_layer_come_ahead_where_there_is_room)
{
    test_rig rig;
    test_rig_init(&rig, 0, ZS_FP32);
    zs_arena point;
    zs_arena_init(&point, test_heap());
    zs_design apart, ahead;
    zs_design_defaults(&apart);
    apart.accel.fusion = _i == 0 ? ZS_FUSION_FIRE : ZS_FUSION_NONE;
    ahead = apart;
    TILED(ahead)->load.is_next = true;
    test_rig_fidelities(&rig, &point, &ahead);
    test_rig_execute(&rig, &point, &ahead, ZS_TILE);
    for (zs_fidelity f = ZS_TILE; f <= ZS_BURST; f++) {
        const zs_result *a =
            test_rig_run(&rig, &point, &apart, test_rig_plan(&rig, &point, &apart), f, NULL);
        const zs_result *b =
            test_rig_run(&rig, &point, &ahead, test_rig_plan(&rig, &point, &ahead), f, NULL);
        ck_assert_uint_eq(a->dram.read_bytes, b->dram.read_bytes);
        ck_assert_uint_eq(a->dram.write_bytes, b->dram.write_bytes);
        ck_assert_msg(_i == 0 ? b->cycles < a->cycles : b->cycles == a->cycles,
                      "%llu and %llu cycles", (unsigned long long)b->cycles,
                      (unsigned long long)a->cycles);
    }
    zs_arena_drop(&point);
    test_rig_drop(&rig);
}
END_TEST

/* One port is worse than the other three: the same bytes, more time. */
static const struct {
    const char *what;
    zs_axi_own own;
} worse[] = {
    {"4 of 8 bytes a beat", {.beat_bytes = 4}},
    {"bursts of 2 beats", {.max_beats = 2}},
    {"one burst in flight", {.read_outstanding = 1, .write_outstanding = 1}},
};
START_TEST(test_one_worse_port_moves_the_same_bytes_in_more_time)
{
    static const char *const ports[] = {"hp0", "hp1", "hp2"}; /* input, weights, output */
    test_rig rig;
    test_rig_init(&rig, 0, ZS_FP32);
    zs_arena point;
    zs_arena_init(&point, test_heap());
    for (uint32_t port = 0; port < ZS_LEN(ports); port++) {
        zs_design alike, one;
        zs_design_defaults(&alike);
        one = alike;
        one.board.axi.own[port] = worse[_i].own;
        test_rig_fidelities(&rig, &point, &one);
        for (zs_fidelity f = ZS_TILE; f <= ZS_BURST; f++) {
            const zs_result *a =
                test_rig_run(&rig, &point, &alike, test_rig_plan(&rig, &point, &alike), f, NULL);
            const zs_result *b =
                test_rig_run(&rig, &point, &one, test_rig_plan(&rig, &point, &one), f, NULL);
            ck_assert_uint_eq(a->dram.read_bytes, b->dram.read_bytes);
            ck_assert_uint_eq(a->dram.write_bytes, b->dram.write_bytes);
            /* stores may hide behind loads */
            ck_assert_msg(b->cycles > a->cycles || (port == 2 && b->cycles == a->cycles),
                          "%s of %s: %llu and %llu cycles", worse[_i].what, ports[port],
                          (unsigned long long)b->cycles, (unsigned long long)a->cycles);
            for (uint32_t i = 0; i < b->port_n; i++) {
                const bool is_it = strncmp(b->ports[i].name, ports[port], 3) == 0;
                ck_assert_uint_eq(a->ports[i].bytes, b->ports[i].bytes);
                ck_assert(is_it || a->ports[i].bursts == b->ports[i].bursts);
                ck_assert(!is_it || worse[_i].own.max_beats == 0 ||
                          a->ports[i].bursts < b->ports[i].bursts);
            }
        }
        zs_arena_reset(&point);
    }
    zs_arena_drop(&point);
    test_rig_drop(&rig);
}
END_TEST

static uint64_t bytes_of(const zs_result *r, const char *channel)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < r->port_n; i++)
        bytes += strcmp(r->ports[i].name, channel) == 0 ? r->ports[i].bytes : 0;
    return bytes;
}

/* Of the ports that share an operand, one of 4 bytes beside one of 8 moves half as much: together
 * they take less time than two of 4 that move the same. */
START_TEST(test_ports_share_an_operand_by_their_widths)
{
    test_rig rig;
    test_rig_init(&rig, 0, ZS_FP32);
    zs_arena point;
    zs_arena_init(&point, test_heap());
    zs_design alike, wider;
    zs_design_defaults(&alike);
    alike.accel.unroll.oc = 64; /* transfers are in the way */
    alike.accel.fusion = ZS_FUSION_NONE;
    alike.accel.stripe.input = 1u << ZS_PORT_HP3;
    alike.board.axi.own[0].beat_bytes = alike.board.axi.own[3].beat_bytes = 4;
    wider = alike;
    wider.board.axi.own[3].beat_bytes = 8;
    test_rig_fidelities(&rig, &point, &wider);
    for (zs_fidelity f = ZS_TILE; f <= ZS_BURST; f++) {
        const zs_result *a =
            test_rig_run(&rig, &point, &alike, test_rig_plan(&rig, &point, &alike), f, NULL);
        const zs_result *b =
            test_rig_run(&rig, &point, &wider, test_rig_plan(&rig, &point, &wider), f, NULL);
        const uint64_t all = bytes_of(b, "hp0.rd") + bytes_of(b, "hp3.rd");
        ck_assert_uint_eq(a->dram.read_bytes, b->dram.read_bytes);
        ck_assert_uint_eq(bytes_of(a, "hp0.rd") + bytes_of(a, "hp3.rd"), all);
        ck_assert_double_eq_tol((double)bytes_of(a, "hp0.rd") / (double)all, 0.5, 0.1);
        ck_assert_double_eq_tol((double)bytes_of(b, "hp0.rd") / (double)all, 1.0 / 3, 0.1);
        ck_assert_uint_lt(b->cycles, a->cycles);
    }
    zs_arena_drop(&point);
    test_rig_drop(&rig);
}
END_TEST

TCase *tcase_schedules(void)
{
    TCase *tc = tcase_create("schedules of layers");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, test_a_schedule_of_each_layer_gives_the_bits_of_the_reference, 0,
                        TEST_NET_N);
    tcase_add_test(tc, test_a_schedule_said_for_all_layers_is_that_of_the_design);
    tcase_add_loop_test(tc, test_one_worse_port_moves_the_same_bytes_in_more_time, 0,
                        (int)ZS_LEN(worse));
    tcase_add_test(tc, test_ports_share_an_operand_by_their_widths);
    tcase_add_loop_test(tc, test_weights_of_the_next_layer_come_ahead_where_there_is_room, 0, 2);
    tcase_add_loop_test(tc, test_unpacking_and_staging_take_time_and_room, 0, (int)ZS_LEN(stages));
    tcase_add_test(tc, test_tiles_are_held_against_buffers_whose_sizes_are_said);
    return tc;
}
