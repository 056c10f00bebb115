#include "../../src/kinds/linebuffer/line_priv.h"
#include "random_design.h"
#include "kind_rows.h"
#include "zynqsim/kind.h"
#include "rig.h"
#include "sim_cases.h"
#include "small_nets.h"

#include "../support/nets.h"
#include "../support/set_key.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Kind linebuffer: numbers, orders and bounds. */

enum { FIRE, LENET, RESIDUAL, GROUPS, POOLS, HOST };

static zs_design line_design(uint32_t precision, uint32_t pes, uint32_t channels)
{
    zs_design d;
    zs_design_defaults(&d);
    zs_design_set_kind(&d, KIND_linebuffer);
    d.accel.precision = precision;
    d.accel.unroll.oc = pes;
    d.accel.unroll.ic = channels;
    d.accel.ports.input = d.accel.ports.output = ZS_PORT_ACP;
    d.board.bram18 = 280;
    return d;
}

/* Nets that the kind runs, each with ways in which the engine and its memories can be cut. */
static const struct {
    int net;
    uint32_t precision, pes, channels, batch, fifo_bytes, pool_fifo;
    uint64_t weight_bytes;
    uint32_t fusion;
    bool im2col;
} points[] = {
    {FIRE, ZS_INT8, 16, 16, 1, 8192, 48, 0, ZS_FUSION_LF2, true},
    {FIRE, ZS_INT8, 4, 8, 2, 0, 0, 1152, ZS_FUSION_LF2, true},
    {FIRE, ZS_INT8, 3, 4, 3, 100, 4, 600, ZS_FUSION_NONE, false},
    {FIRE, ZS_FIXED16, 8, 4, 2, 500, 1, 0, ZS_FUSION_AUTO, true},
    {LENET, ZS_INT8, 16, 16, 1, 8192, 48, 0, ZS_FUSION_LF2, true},
    {LENET, ZS_INT8, 5, 3, 2, 64, 48, 6000, ZS_FUSION_LF2, false},
    {LENET, ZS_FIXED16, 32, 8, 3, 0, 48, 0, ZS_FUSION_NONE, true},
    {RESIDUAL, ZS_INT8, 4, 4, 2, 300, 48, 0, ZS_FUSION_LF2, true},
    {RESIDUAL, ZS_FIXED16, 16, 16, 1, 8192, 48, 4608, ZS_FUSION_LF2, false},
    {POOLS, ZS_INT8, 2, 2, 2, 0, 0, 0, ZS_FUSION_LF2, true},
    {POOLS, ZS_FIXED16, 8, 8, 1, 1000, 48, 0, ZS_FUSION_LF2, true},
    {FIRE, ZS_W8A16, 3, 4, 2, 500, 4, 600, ZS_FUSION_LF2, true},
    {LENET, ZS_W8A16, 5, 3, 2, 64, 48, 6000, ZS_FUSION_NONE, false},
    {RESIDUAL, ZS_W8A16, 16, 16, 1, 8192, 48, 4608, ZS_FUSION_LF2, true},
    {POOLS, ZS_W8A16, 2, 2, 2, 0, 0, 0, ZS_FUSION_LF2, true},
    {HOST, ZS_INT8, 4, 2, 2, 128, 48, 0, ZS_FUSION_LF2, true},
    {HOST, ZS_FIXED16, 8, 16, 1, 8192, 48, 0, ZS_FUSION_LF2, false},
};

static zs_design point_design(int i)
{
    zs_design d = line_design(points[i].precision, points[i].pes, points[i].channels);
    d.batch = points[i].batch;
    test_set(&d, "accelerator.linebuffer.stream_fifo", points[i].fifo_bytes);
    test_set(&d, "accelerator.linebuffer.pool_fifo", points[i].pool_fifo);
    test_set(&d, "accelerator.linebuffer.im2col", points[i].im2col);
    d.accel.buffer.weight_bytes = points[i].weight_bytes;
    d.accel.fusion = points[i].fusion;
    return d;
}

static void point_rig(test_rig *rig, int i, const zs_design *d)
{
    test_rig_init(rig, points[i].net, points[i].precision);
    test_rig_narrow_biases(rig, zs_kind_bias_bits(d));
}

START_TEST(test_every_starving_order_gives_the_bits_of_the_reference)
{
    const zs_design d = point_design(_i);
    test_rig rig;
    point_rig(&rig, _i, &d);
    test_rig_execute_untimed(&rig, &d);
    test_rig_orders(&rig, &d);
    test_rig_drop(&rig);
}
END_TEST

/* Waits of one kind of op that guard a ring: without them some order must go wrong. */
static const struct {
    const char *what;
    uint8_t kind;
    uint32_t wait;
} guards[] = {
    {"a line overwrites one that is still looked at", ZS_OP_LOAD_X, 0},
    {"a row is computed before its last line is there", ZS_OP_MAC, 0},
    {"a row of results overwrites one that is not stored", ZS_OP_MAC, 1},
    {"a row is stored before it is computed", ZS_OP_STORE, 0},
    {"the PEs get parameters that are not there", ZS_OP_POST, 0},
};

START_TEST(test_taking_a_wait_away_goes_wrong_in_some_order)
{
    zs_design d = line_design(ZS_INT8, 4, 4);
    test_set(&d, "accelerator.linebuffer.stream_fifo", 0);
    test_rig rig;
    test_rig_init(&rig, RESIDUAL, ZS_INT8);
    test_rig_narrow_biases(&rig, 8);
    zs_arena point;
    zs_arena_init(&point, test_heap());
    zs_plan *plan = test_rig_plan(&rig, &point, &d);
    zs_tile_op *ops = zs_new(&point, zs_tile_op, plan->op_n);
    memcpy(ops, plan->ops, plan->op_n * sizeof *ops);
    for (uint32_t i = 0; i < plan->op_n; i++)
        if (ops[i].code == guards[_i].kind)
            ops[i].wait[guards[_i].wait] = ZS_NO_OP;
    plan->ops = ops;
    ck_assert_msg(test_rig_wrong_orders(&rig, &d, plan, 1) == 1, "nothing noticed that %s",
                  guards[_i].what);
    zs_arena_drop(&point);
    test_rig_drop(&rig);
}
END_TEST

/* One line less in the ring than the windows of a row and the next stride need. */
START_TEST(test_a_ring_one_line_short_gives_other_bits)
{
    zs_design d = line_design(ZS_INT8, 4, 4);
    test_set(&d, "accelerator.linebuffer.stream_fifo", 0);
    test_rig rig;
    test_rig_init(&rig, RESIDUAL, ZS_INT8);
    test_rig_narrow_biases(&rig, 8);
    zs_arena point;
    zs_arena_init(&point, test_heap());
    zs_plan *plan = test_rig_plan(&rig, &point, &d);
    zs_plan_row *rows = zs_new(&point, zs_plan_row, plan->row_n);
    memcpy(rows, plan->rows, plan->row_n * sizeof *rows);
    for (uint32_t i = 0; i < plan->row_n; i++)
        if (line_of(&rows[i])->step == ZS_HOST_CALL && rows[i].window.kh == 3)
            line_of(&rows[i])->ring_lines = 2;
    plan->rows = rows;
    zs_exec *exec = test_rig_exec(&rig, &point, &d, plan);
    zs_exec_run(exec);
    ck_assert(!test_rig_equals(&rig, &d, exec));
    zs_arena_drop(&point);
    test_rig_drop(&rig);
}
END_TEST

/* ---- time ------------------------------------------------------------------------------------ */

static uint64_t cycles_of(const zs_net *net, const zs_design *d, zs_fidelity fidelity)
{
    zs_arena point;
    zs_arena_init(&point, test_heap());
    zs_plan *plan = NULL;
    zs_result *r = NULL;
    zs_err err = {0};
    zs_status status = zs_plan_build(&point, d, net, &plan, &err);
    if (status == ZS_OK)
        status = zs_sim_run(&point, d, net, plan, fidelity, NULL, &r, &err);
    ck_assert_msg(status == ZS_OK, "%s: %s", err.place, err.text);
    ck_assert_ptr_nonnull(r);
    const uint64_t cycles = r->cycles;
    zs_arena_drop(&point);
    return cycles;
}

/* zs_sim_run itself refuses results whose rows or bytes do not add up. */
START_TEST(test_bound_is_below_tile_and_burst)
{
    const zs_design d = point_design(_i);
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    const zs_net *net = test_net_build(&arena, points[_i].net);
    const uint64_t bound = cycles_of(net, &d, ZS_BOUND);
    const uint64_t tile = cycles_of(net, &d, ZS_TILE), burst = cycles_of(net, &d, ZS_BURST);
    ck_assert_uint_gt(bound, 0);
    ck_assert_uint_le(bound, tile);
    ck_assert_uint_le(bound, burst);
    ck_assert_double_eq_tol((double)tile / (double)burst, 1, 0.05);
    zs_arena_drop(&arena);
}
END_TEST

static void double_channels(zs_design *d)
{
    d->accel.unroll.ic *= 2;
}

static void widen_ports(zs_design *d)
{
    d->board.axi.acp.beat_bytes = d->board.axi.hp.beat_bytes = 8;
}

static void more_outstanding(zs_design *d)
{
    d->board.axi.acp.read_outstanding = d->board.axi.acp.write_outstanding = 16;
}

static void larger_fifo(zs_design *d)
{
    test_set(d, "accelerator.linebuffer.stream_fifo", 2048 * 4096);
}

static void larger_weights(zs_design *d)
{
    d->accel.buffer.weight_bytes *= 4;
}

static const struct {
    const char *what;
    void (*better)(zs_design *d);
} betterments[] = {
    {"twice the channels", double_channels}, {"wider ports", widen_ports},
    {"more outstanding", more_outstanding},  {"larger FIFOs", larger_fifo},
    {"more weight memory", larger_weights},
};

/* PEs are not in the list: twice as many take longer to drain, and pay only where there are
 * products to share. */
START_TEST(test_more_of_anything_is_not_slower)
{
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    test_spec *spec = test_squeezenet_v11();
    const zs_net *net = test_net(&arena, spec);
    zs_design d = line_design(ZS_INT8, 8, 8);
    test_set(&d, "accelerator.linebuffer.stream_fifo", 2048);
    d.accel.buffer.weight_bytes = 147456;
    d.board.axi.acp.beat_bytes = d.board.axi.hp.beat_bytes = 4;
    const uint64_t before = cycles_of(net, &d, ZS_BURST);
    betterments[_i].better(&d);
    const uint64_t after = cycles_of(net, &d, ZS_BURST);
    ck_assert_msg((double)after <= (double)before * 1.002, "%s: %llu instead of %llu",
                  betterments[_i].what, (unsigned long long)after, (unsigned long long)before);
    test_spec_free(spec);
    zs_arena_drop(&arena);
}
END_TEST

/* ---- against the other kinds ----------------------------------------------------------------- */

enum { NARROW_C = 8, NARROW_H = 12, NARROW_N = NARROW_C * NARROW_H * NARROW_H };

static void outputs_of(const test_rig *rig, const zs_design *d, int32_t *y)
{
    zs_arena point;
    float real[NARROW_N];
    union {
        int16_t wide[NARROW_N];
        int8_t narrow[NARROW_N];
    } stored;
    zs_arena_init(&point, test_heap());
    const zs_plan *plan = test_rig_plan(rig, &point, d);
    zs_exec *exec = test_rig_exec(rig, &point, d, plan);
    zs_exec_run(exec);
    zs_exec_get(exec, 0, rig->net->output, real);
    zs_quantise(rig->quant, rig->net->output, real, &stored, NARROW_N);
    for (int i = 0; i < NARROW_N; i++)
        y[i] = zs_elem_bytes(d->accel.precision) == 1 ? stored.narrow[i] : stored.wide[i];
    zs_arena_drop(&point);
}

/* docs/models/numerics.md: biases alone make the difference, each by half its unit at the most. */
START_TEST(test_bits_differ_from_other_kinds_by_the_rounding_of_biases)
{
    static const uint32_t precisions[] = {ZS_INT8, ZS_FIXED16, ZS_W8A16};
    static int32_t lines[NARROW_N], tiles[NARROW_N];
    test_spec *spec = test_spec_new(4, NARROW_H, NARROW_H);
    test_conv(spec, "conv", "data", NARROW_C, 3, 1, 1);
    test_rig rig;
    memset(&rig, 0, sizeof rig);
    zs_arena_init(&rig.arena, test_heap());
    const uint32_t precision = precisions[_i];
    test_rig_init_net(&rig, test_net(&rig.arena, spec), precision);
    ck_assert_uint_eq(rig.output_n, NARROW_N);
    zs_design d;
    zs_design_defaults(&d);
    d.accel.precision = precision;
    outputs_of(&rig, &d, tiles);
    const zs_design line = line_design(precision, 4, 4);
    test_rig_narrow_biases(&rig, zs_kind_bias_bits(&line));
    outputs_of(&rig, &line, lines);
    const zs_layer_scale *s = &rig.quant->layers[0];
    ck_assert_int_gt(s->bias_shift, 0);
    uint32_t different = 0;
    for (int i = 0; i < NARROW_N; i++) {
        const zs_requant r = s->requant[i / (NARROW_H * NARROW_H)];
        const double half_unit = ldexp(r.mul, s->bias_shift - 1 - (int)r.shift);
        different += lines[i] != tiles[i];
        ck_assert_msg(abs(lines[i] - tiles[i]) <= ceil(half_unit), "%d: %d and %d, %g", i, lines[i],
                      tiles[i], half_unit);
    }
    ck_assert_uint_gt(different, 0);
    outputs_of(&rig, &d, tiles); /* with the same biases */
    ck_assert_mem_eq(lines, tiles, sizeof lines);
    test_rig_drop(&rig);
    test_spec_free(spec);
}
END_TEST

TCase *tcase_lines(void)
{
    TCase *tc = tcase_create("lines");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, test_every_starving_order_gives_the_bits_of_the_reference, 0,
                        ZS_LEN(points));
    tcase_add_loop_test(tc, test_taking_a_wait_away_goes_wrong_in_some_order, 0, ZS_LEN(guards));
    tcase_add_test(tc, test_a_ring_one_line_short_gives_other_bits);
    tcase_add_loop_test(tc, test_bound_is_below_tile_and_burst, 0, ZS_LEN(points));
    tcase_add_loop_test(tc, test_bits_differ_from_other_kinds_by_the_rounding_of_biases, 0, 3);
    tcase_add_loop_test(tc, test_more_of_anything_is_not_slower, 0, ZS_LEN(betterments));
    return tc;
}
