#include "support.h"
#include "tiled.h"

#include "zynqsim/kind.h"
#include "zynqsim/bound.h"
#include "zynqsim/capacity.h"

static zs_arena arena;

static void setup(void)
{
    zs_arena_init(&arena, test_heap());
}

static void teardown(void)
{
    zs_arena_drop(&arena);
}

#define IN(name) .in = (const char *const[]){name}, .in_n = 1

/* Strided, padded, pointwise, pooled and left to the PS. */
static const zs_net *small_net(void)
{
    const zs_layer_spec layers[] = {
        {.name = "conv1",
         .op = ZS_LAYER_CONV,
         IN("data"),
         .oc = 20,
         .groups = 1,
         .window = {.kh = 3, .kw = 3, .sh = 2, .sw = 2, .dh = 1, .dw = 1}},
        {.name = "pool1",
         .op = ZS_LAYER_POOL,
         IN("conv1"),
         .ceil_mode = true,
         .window = {.kh = 3, .kw = 3, .sh = 2, .sw = 2, .dh = 1, .dw = 1}},
        {.name = "squeeze",
         .op = ZS_LAYER_CONV,
         IN("pool1"),
         .oc = 9,
         .groups = 1,
         .window = {.kh = 1, .kw = 1, .sh = 1, .sw = 1, .dh = 1, .dw = 1}},
        {.name = "expand",
         .op = ZS_LAYER_CONV,
         IN("squeeze"),
         .oc = 40,
         .groups = 1,
         .window = {3, 3, 1, 1, 1, 1, 1, 1, 1, 1}},
        {.name = "gap",
         .op = ZS_LAYER_GAP,
         IN("expand"),
         .window = {.kh = 1, .kw = 1, .sh = 1, .sw = 1, .dh = 1, .dw = 1}},
        {.name = "prob",
         .op = ZS_LAYER_SOFTMAX,
         IN("gap"),
         .window = {.kh = 1, .kw = 1, .sh = 1, .sw = 1, .dh = 1, .dw = 1}},
    };
    const zs_net_spec spec = {.name = "small",
                              .input = {.name = "data", .shape = {3, 61, 61}},
                              .layers = layers,
                              .layer_n = ZS_LEN(layers)};
    zs_net *net;
    zs_err err = {0};
    ck_assert_msg(zs_net_build(&arena, &spec, &net, &err) == ZS_OK, "%s", err.text);
    return net;
}

/* End of the plan when waits and barriers hold and transfers take no more than their beats. */
static uint64_t least_schedule(const zs_plan *plan)
{
    uint64_t *ends = zs_new(&arena, uint64_t, plan->op_n);
    uint64_t unit_free[ZS_UNIT_N] = {0}, fence = 0, all = 0;
    for (uint32_t i = 0; i < plan->op_n; i++) {
        const zs_tile_op *op = &plan->ops[i];
        const zs_op_cost *cost = &plan->costs[op->cost_key];
        uint64_t start = zs_max_u64(fence, unit_free[op->unit]);
        for (int w = 0; w < 3; w++)
            if (op->wait[w] != ZS_NO_OP)
                start = zs_max_u64(start, ends[op->wait[w]]);
        const uint64_t bytes =
            (uint64_t)cost->xfer.row_bytes * cost->xfer.row_n * cost->xfer.plane_n;
        ends[i] = start + (op->unit < ZS_PORT_CHANNEL_N ? zs_ceil_div(bytes, 8) : cost->pl_cycles);
        if (op->code == ZS_OP_JOIN)
            fence = ends[i] = all;
        else
            unit_free[op->unit] = ends[i];
        all = zs_max_u64(all, ends[i]);
    }
    return all;
}

static const struct {
    uint32_t fusion, order, precision, batch;
    bool doubled;
} variants[] = {
    {ZS_FUSION_NONE, ZS_OUTPUT_STATIONARY, ZS_FP32, 1, true},
    {ZS_FUSION_LF2, ZS_OUTPUT_STATIONARY, ZS_FP32, 1, true},
    {ZS_FUSION_LF2, ZS_OUTPUT_STATIONARY, ZS_FP32, 3, false},
    {ZS_FUSION_FIRE, ZS_OUTPUT_STATIONARY, ZS_FIXED16, 2, true},
    {ZS_FUSION_NONE, ZS_WEIGHT_STATIONARY, ZS_INT8, 1, true},
    {ZS_FUSION_LF1, ZS_INPUT_STATIONARY, ZS_FP32, 2, false},
};

static const zs_plan *variant(int i, zs_design *d, const zs_net *net)
{
    zs_design_defaults(d);
    d->accel.fusion = variants[i].fusion;
    TILED(*d)->loop_order = variants[i].order;
    d->accel.precision = variants[i].precision;
    TILED(*d)->tile.oc = 16;
    TILED(*d)->tile.ic = 8;
    TILED(*d)->tile.oy = TILED(*d)->tile.ox = 7;
    TILED(*d)->double_buffer.input = TILED(*d)->double_buffer.weight = variants[i].doubled;
    d->batch = variants[i].batch;
    zs_plan *plan;
    zs_err err = {0};
    ck_assert_msg(zs_plan_build(&arena, d, net, &plan, &err) == ZS_OK, "%s", err.text);
    return plan;
}

START_TEST(ends_of_a_planned_network_lie_between_its_roofs_and_a_schedule)
{
    zs_design d;
    const zs_net *net = small_net();
    const zs_plan *plan = variant(_i, &d, net);
    uint64_t *ends = zs_new(&arena, uint64_t, plan->row_n);
    zs_bound_row_ends(&d, net, plan, ends);
    uint64_t channel_bytes[ZS_PORT_CHANNEL_N] = {0}, before = 0;
    for (uint32_t i = 0; i < plan->op_n; i++)
        if (plan->ops[i].unit < ZS_PORT_CHANNEL_N)
            channel_bytes[plan->ops[i].unit] +=
                zs_xfer_bytes(&plan->costs[plan->ops[i].cost_key].xfer);
    for (uint32_t row = 0; row < plan->row_n; row++) {
        ck_assert_uint_ge(ends[row], before);
        before = ends[row];
    }
    ck_assert_uint_le(before, least_schedule(plan));
    ck_assert_uint_ge(before, zs_net_macs(net) * d.batch / zs_design_lanes(&d));
    for (uint32_t c = 0; c < ZS_PORT_CHANNEL_N; c++)
        ck_assert_uint_ge(before, channel_bytes[c] / 8);
}
END_TEST

START_TEST(every_block_of_a_plan_is_in_the_account)
{
    zs_design d;
    const zs_plan *plan = variant(_i, &d, small_net());
    zs_fit fit;
    ck_assert_int_eq(zs_fit_build(&arena, &d, plan, &fit, NULL), ZS_OK);
    uint32_t blocks = 3 * zs_operators[ZS_OPERATOR_AXI_MASTER].cost.n[ZS_RESOURCE_BRAM18];
    for (uint32_t i = 0; i < ZS_BUF_N; i++)
        blocks += plan->buffers[i].bram18;
    ck_assert_uint_eq(fit.used.n[ZS_RESOURCE_BRAM18], blocks);
    ck_assert(fit.fits);
}
END_TEST

TCase *tcase_planned(void);
TCase *tcase_planned(void)
{
    TCase *tc = tcase_create("bounds of planned networks");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, ends_of_a_planned_network_lie_between_its_roofs_and_a_schedule, 0,
                        (int)ZS_LEN(variants));
    tcase_add_loop_test(tc, every_block_of_a_plan_is_in_the_account, 0, (int)ZS_LEN(variants));
    return tc;
}
