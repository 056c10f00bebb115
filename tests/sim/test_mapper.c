#include "nets.h"
#include "random_design.h"
#include "rig.h"
#include "sim_cases.h"
#include "small_nets.h"
#include "tiled.h"

#include "zynqsim/draft.h"
#include "zynqsim/kind.h"

/* `tile: auto`: against every tile and order of a small space, against the best tile that all
 * layers share, and with the same bits. */

static zs_arena arena;

static void setup(void)
{
    zs_arena_init(&arena, test_heap());
}

static void teardown(void)
{
    zs_arena_drop(&arena);
}

/* False: the design is refused. */
static bool estimate(zs_arena *scratch, const zs_design *d, const zs_net *net, uint64_t *pl_cycles,
                     uint64_t *bytes)
{
    zs_plan *plan;
    zs_arena work;
    zs_err err = {0};
    if (zs_plan_build(scratch, d, net, &plan, &err) != ZS_OK)
        return false;
    zs_arena_init(&work, test_heap());
    ck_assert_int_eq(zs_plan_estimate(&work, d, plan, pl_cycles, &err), ZS_OK);
    zs_arena_drop(&work);
    *bytes = 0;
    for (uint32_t i = 0; i < plan->op_n; i++)
        if (zs_op_is_transfer(plan->ops[i].code))
            *bytes += zs_xfer_bytes(&plan->costs[plan->ops[i].cost_key].xfer);
    return true;
}

static zs_net *one_layer(uint32_t ic, uint32_t oc, uint32_t size, uint32_t k, uint32_t stride)
{
    test_spec *s = test_spec_new(ic, size, size);
    test_conv(s, "conv1", "", oc, k, stride, k / 2);
    zs_net *net = test_net(&arena, s);
    test_spec_free(s);
    return net;
}

static const struct {
    uint32_t ic, oc, size, k, stride, goal;
    uint64_t input_bytes, weight_bytes, output_bytes;
    bool twice;
} spaces[] = {
    {3, 4, 4, 3, 1, ZS_GOAL_CYCLES, 512, 256, 256, true},
    {4, 3, 4, 1, 1, ZS_GOAL_CYCLES, 256, 128, 128, true},
    {2, 4, 5, 3, 2, ZS_GOAL_CYCLES, 512, 512, 256, false},
    {3, 4, 4, 3, 1, ZS_GOAL_DRAM_BYTES, 512, 256, 256, true},
    {4, 4, 4, 3, 1, ZS_GOAL_DRAM_BYTES, 256, 256, 128, false},
};

START_TEST(test_the_choice_for_a_layer_is_that_of_an_exhaustive_search)
{
    const zs_net *net =
        one_layer(spaces[_i].ic, spaces[_i].oc, spaces[_i].size, spaces[_i].k, spaces[_i].stride);
    const zs_layer *layer = test_find_layer(net, "conv1");
    const bool by_bytes = spaces[_i].goal == ZS_GOAL_DRAM_BYTES;
    zs_design d;
    zs_design_defaults(&d);
    d.accel.unroll.oc = 2;
    d.accel.unroll.ic = 1;
    d.accel.buffer.weight_bytes = spaces[_i].weight_bytes;
    TILED(d)->buffer.input_bytes = spaces[_i].input_bytes;
    TILED(d)->buffer.output_bytes = spaces[_i].output_bytes;
    TILED(d)->double_buffer.input = TILED(d)->double_buffer.weight =
        TILED(d)->double_buffer.output = spaces[_i].twice;
    TILED(d)->tile.goal = spaces[_i].goal;
    zs_design chosen = d;
    TILED(chosen)->tile.is_auto = true;
    uint64_t cycles, bytes, best = UINT64_MAX, fit_n = 0;
    ck_assert(estimate(&arena, &chosen, net, &cycles, &bytes));
    const uint64_t got = by_bytes ? bytes : cycles;
    const uint32_t n[] = {layer->y.c, layer->x.c, layer->y.h, layer->y.w, 4};
    zs_arena scratch;
    zs_arena_init(&scratch, test_heap());
    for (uint32_t i = 0; i < n[0] * n[1] * n[2] * n[3] * n[4]; i++) {
        static const uint32_t orders[] = {ZS_OUTPUT_STATIONARY, ZS_OUTPUT_STATIONARY,
                                          ZS_WEIGHT_STATIONARY, ZS_INPUT_STATIONARY};
        TILED(d)->loop_order = orders[i % 4];
        TILED(d)->outer_loop = i % 4 == 1 ? ZS_OUTER_PIXELS : ZS_OUTER_CHANNELS;
        TILED(d)->tile.oc = 1 + i / 4 % n[0];
        TILED(d)->tile.ic = 1 + i / 4 / n[0] % n[1];
        TILED(d)->tile.oy = 1 + i / 4 / n[0] / n[1] % n[2];
        TILED(d)->tile.ox = 1 + i / 4 / n[0] / n[1] / n[2];
        if (estimate(&scratch, &d, net, &cycles, &bytes)) {
            best = zs_min_u64(best, by_bytes ? bytes : cycles);
            fit_n++;
        }
        zs_arena_reset(&scratch);
    }
    zs_arena_drop(&scratch);
    ck_assert_uint_gt(fit_n, 100);
    ck_assert_uint_eq(got, best);
}
END_TEST

static uint64_t simulated(zs_arena *scratch, const zs_design *d, const zs_net *net)
{
    zs_plan *plan;
    zs_result *result;
    zs_err err = {0};
    ck_assert_msg(zs_plan_build(scratch, d, net, &plan, &err) == ZS_OK, "%s", err.text);
    if (plan->buffers[ZS_BUF_INPUT].bram18 + plan->buffers[ZS_BUF_WEIGHT].bram18 +
            plan->buffers[ZS_BUF_OUTPUT].bram18 + plan->buffers[ZS_BUF_CARRY].bram18 + 6 >
        d->board.bram18)
        return UINT64_MAX;
    ck_assert_msg(zs_sim_run(scratch, d, net, plan, ZS_TILE, NULL, &result, &err) == ZS_OK, "%s",
                  err.text);
    return result->cycles;
}

START_TEST(test_the_choice_never_loses_to_the_best_tile_that_all_layers_share)
{
    static const uint32_t oc[] = {4, 8, 16, 64}, ic[] = {2, 8, 32}, size[] = {4, 8, 16};
    const zs_net *net = test_net_build(&arena, _i);
    zs_design d;
    zs_design_defaults(&d);
    d.accel.unroll.oc = 4;
    d.accel.unroll.ic = 2;
    zs_design chosen = d;
    TILED(chosen)->tile.is_auto = true;
    const uint64_t got = simulated(&arena, &chosen, net);
    zs_arena scratch;
    zs_arena_init(&scratch, test_heap());
    for (uint32_t i = 0; i < 4 * 3 * 3 * 3 * 3; i++) {
        TILED(d)->tile.oc = oc[i % 4];
        TILED(d)->tile.ic = ic[i / 4 % 3];
        TILED(d)->tile.oy = size[i / 12 % 3];
        TILED(d)->tile.ox = size[i / 36 % 3];
        TILED(d)->loop_order = i / 108;
        const uint64_t uniform = simulated(&scratch, &d, net);
        ck_assert_msg(got <= uniform, "%s: %llu cycles, but %llu with %s", net->name,
                      (unsigned long long)got, (unsigned long long)uniform, test_design_line(&d));
        zs_arena_reset(&scratch);
    }
    zs_arena_drop(&scratch);
}
END_TEST

/* 98 words of 8 bits in each of 64 banks are distributed; a bank of 128 takes a block, and 64 of
 * these are more than there are. */
START_TEST(test_weights_that_are_distributed_leave_the_blocks_to_larger_tiles)
{
    static const uint32_t size[] = {4, 8, 16};
    const zs_net *net = one_layer(16, 32, 32, 7, 1);
    zs_design d;
    zs_design_defaults(&d);
    d.accel.precision = ZS_INT8;
    d.accel.unroll.oc = d.accel.unroll.ic = 8;
    d.board.bram18 = 50;
    TILED(d)->tile.oc = TILED(d)->tile.ic = 8;
    zs_design chosen = d;
    TILED(chosen)->tile.is_auto = true;
    const uint64_t got = simulated(&arena, &chosen, net);
    uint64_t best = UINT64_MAX;
    for (uint32_t i = 0; i < 9; i++) {
        TILED(d)->tile.oy = size[i % 3];
        TILED(d)->tile.ox = size[i / 3];
        best = zs_min_u64(best, simulated(&arena, &d, net));
    }
    ck_assert_uint_lt(best, UINT64_MAX);
    ck_assert_uint_le(got, best);
}
END_TEST

/* Prices of a narrow port that all operands share. */
START_TEST(test_ports_of_layers_are_priced_like_those_of_the_engine)
{
    static const char *const operands[] = {"input", "weight", "output"};
    const zs_net *net = test_net_build(&arena, _i);
    zs_plan *of_engine, *of_layers;
    zs_design d;
    zs_err err = {0};
    zs_design_defaults(&d);
    d.board.axi.own[3] = (zs_axi_own){.beat_bytes = 4, .max_beats = 2, .read_outstanding = 1};
    TILED(d)->tile.is_auto = true;
    zs_design same = d;
    same.accel.ports.input = same.accel.ports.weight = same.accel.ports.output = ZS_PORT_HP3;
    for (size_t i = 0; i < ZS_LEN(operands); i++) {
        const char *key = zs_arena_printf(&arena, "layers.*.ports.%s", operands[i]);
        ck_assert_msg(zs_design_set(&d, &arena, key, "hp3", &err) == ZS_OK, "%s", err.text);
    }
    ck_assert_msg(zs_plan_build(&arena, &same, net, &of_engine, &err) == ZS_OK, "%s", err.text);
    ck_assert_msg(zs_plan_build(&arena, &d, net, &of_layers, &err) == ZS_OK, "%s", err.text);
    ck_assert_uint_eq(of_layers->mapping_n, of_engine->mapping_n);
    for (uint32_t i = 0; i < of_layers->mapping_n; i++) {
        const zs_plan_mapping *a = &of_layers->mappings[i], *b = &of_engine->mappings[i];
        ck_assert_double_eq(a->goal, b->goal);
        ck_assert_double_eq(a->bound, b->bound);
        ck_assert_uint_eq(a->tried_n, b->tried_n);
    }
    for (uint32_t i = 0; i < of_layers->row_n; i++) {
        const zs_plan_row *a = &of_layers->rows[i], *b = &of_engine->rows[i];
        ck_assert_uint_eq(a->t_oc, b->t_oc);
        ck_assert_uint_eq(a->t_ic, b->t_ic);
        ck_assert_uint_eq(a->t_oy, b->t_oy);
        ck_assert_uint_eq(a->t_ox, b->t_ox);
    }
}
END_TEST

START_TEST(test_the_figure_to_minimise_is_cycles_bytes_or_joules)
{
    const zs_net *net = one_layer(8, 16, 14, 3, 1);
    for (uint32_t goal = ZS_GOAL_CYCLES; goal <= ZS_GOAL_ENERGY; goal++) {
        zs_design d;
        zs_plan *plan;
        zs_err err = {0};
        zs_design_defaults(&d);
        TILED(d)->tile.is_auto = true;
        TILED(d)->tile.goal = goal;
        d.board.power.pl_static_w = 1;
        d.board.power.ps_w = 2;
        d.board.power.dram_j_per_byte = 1e-6;
        d.board.power.axi_j_per_byte = 2e-6;
        d.board.power.bram_j_per_byte = 4e-6;
        ck_assert_int_eq(zs_plan_build(&arena, &d, net, &plan, &err), ZS_OK);
        const zs_plan_mapping *m = &plan->mappings[0];
        const double cycles = (double)m->pl_cycles, bytes = (double)m->bytes;
        const double figures[] = {[ZS_GOAL_CYCLES] = cycles,
                                  [ZS_GOAL_DRAM_BYTES] = bytes,
                                  [ZS_GOAL_ENERGY] = 3 * cycles / 1e8 + 7e-6 * bytes};
        /* among equal cycles the fewer bytes, among equal bytes the fewer cycles */
        const double least = goal == ZS_GOAL_ENERGY ? 1e-9 : 1e-6 * (cycles + bytes);
        ck_assert_double_eq_tol(m->goal, figures[goal], least);
    }
}
END_TEST

START_TEST(test_chosen_schedules_give_the_bits_of_the_reference)
{
    const uint32_t precision = (uint32_t)(_i % ZS_PRECISION_COUNT);
    test_rig rig;
    test_rig_init(&rig, _i, precision);
    zs_prng prng = {.state = 5 + (uint64_t)_i};
    for (uint32_t k = 0; k < 3; k++) {
        zs_design d = test_random_design(&prng, precision);
        TILED(d)->tile.is_auto = true;
        TILED(d)->tile.goal = k;
        const zs_plan *plan = test_rig_plan(&rig, &arena, &d);
        ck_assert_uint_gt(plan->mapping_n, 0);
        for (uint32_t i = 0; i < plan->mapping_n; i++)
            ck_assert(plan->mappings[i].bound <= plan->mappings[i].goal);
        zs_exec *exec = test_rig_exec(&rig, &arena, &d, plan);
        const zs_retire_hook hook = zs_exec_hook(exec);
        zs_result *result = NULL;
        ck_assert_int_eq(zs_sim_run(&arena, &d, rig.net, plan, ZS_TILE, &hook, &result, NULL),
                         ZS_OK);
        test_rig_compare(&rig, &d, exec);
    }
    test_rig_drop(&rig);
}
END_TEST

TCase *tcase_mapper(void)
{
    TCase *tc = tcase_create("chosen schedules");
    tcase_set_timeout(tc, 120);
    tcase_set_tags(tc, "long");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, test_the_choice_for_a_layer_is_that_of_an_exhaustive_search, 0,
                        ZS_LEN(spaces));
    tcase_add_loop_test(tc, test_the_choice_never_loses_to_the_best_tile_that_all_layers_share, 0,
                        TEST_NET_N);
    tcase_add_test(tc, test_weights_that_are_distributed_leave_the_blocks_to_larger_tiles);
    tcase_add_loop_test(tc, test_ports_of_layers_are_priced_like_those_of_the_engine, 0,
                        TEST_NET_N);
    tcase_add_test(tc, test_the_figure_to_minimise_is_cycles_bytes_or_joules);
    tcase_add_loop_test(tc, test_chosen_schedules_give_the_bits_of_the_reference, 0, TEST_NET_N);
    return tc;
}
