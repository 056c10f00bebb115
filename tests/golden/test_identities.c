#include "golden_case.h"
#include "set_key.h"
#include "zynqsim/kind.h"

/* What has to hold of the figures of every run, whatever the constants of the board are. */

static const char *const models[] = {
    "squeezenet_v1.1", "squeezenet_v1.0", "alexnet", "lenet5", "vgg16", "resnet18", "mobilenet_v1",
};

static golden_case gc;

static void set_up(void)
{
    golden_start(&gc);
}

static void tear_down(void)
{
    golden_end(&gc);
}

static const zs_plan *plan_of(const zs_design *d, const zs_net *net)
{
    zs_plan *plan = NULL;
    zs_err err = {0};
    golden_check(zs_plan_build(&gc.arena, d, net, &plan, &err), &err);
    return plan;
}

static const zs_result *time_of(const zs_design *d, const zs_net *net, const zs_plan *plan,
                                zs_fidelity fidelity)
{
    zs_result *result = NULL;
    zs_err err = {0};
    golden_check(zs_sim_run(&gc.arena, d, net, plan, fidelity, NULL, &result, &err), &err);
    return result;
}

/* ---- sums ------------------------------------------------------------------------------------ */

static uint64_t operand_sum(const uint64_t *operands)
{
    uint64_t bytes = 0;
    for (int i = 0; i < ZS_OPERAND_N; i++)
        bytes += operands[i];
    return bytes;
}

static void check_sums(const zs_net *net, const zs_result *r)
{
    uint64_t cycles = 0, macs = 0, read_bytes = 0, write_bytes = 0, port_bytes = 0;
    uint64_t operands[ZS_OPERAND_N] = {0};
    for (uint32_t i = 0; i < r->layer_n; i++) {
        const zs_layer_result *l = &r->layers[i];
        ck_assert_uint_eq(l->start_cycle, cycles);
        ck_assert_uint_eq(operand_sum(l->operand_bytes), l->read_bytes + l->write_bytes);
        cycles += l->cycles;
        macs += l->macs;
        read_bytes += l->read_bytes;
        write_bytes += l->write_bytes;
        for (int k = 0; k < ZS_OPERAND_N; k++)
            operands[k] += l->operand_bytes[k];
    }
    for (uint32_t i = 0; i < r->port_n; i++)
        port_bytes += r->ports[i].bytes;
    ck_assert_uint_eq(cycles, r->cycles);
    ck_assert_uint_eq(macs, r->macs);
    ck_assert_uint_eq(macs, zs_net_macs(net) * r->batch);
    ck_assert_uint_eq(read_bytes, r->dram.read_bytes);
    ck_assert_uint_eq(write_bytes, r->dram.write_bytes);
    if (r->port_n > 0) /* the bound has no ports */
        ck_assert_uint_eq(port_bytes, read_bytes + write_bytes);
    for (int k = 0; k < ZS_OPERAND_N; k++)
        ck_assert_uint_eq(operands[k], r->operand_bytes[k]);
}

static void check_least_traffic(const zs_design *d, const zs_net *net, const zs_plan *plan,
                                const zs_result *r)
{
    ck_assert_uint_eq(r->layer_n, plan->row_n);
    for (uint32_t i = 0; i < r->layer_n; i++) {
        const zs_layer_result *l = &r->layers[i];
        const zs_layer *layer = &net->layers[plan->rows[i].layer];
        const uint64_t bytes = l->read_bytes + l->write_bytes;
        const uint64_t weight_bytes =
            zs_layer_weight_elems(layer) * zs_elem_bytes(d->accel.precision) +
            zs_layer_bias_elems(layer) * zs_bias_bytes(d->accel.precision);
        ck_assert_msg(bytes >= l->compulsory_bytes, "%s %s %s: %llu bytes of %llu", r->network,
                      r->fidelity, l->name, (unsigned long long)bytes,
                      (unsigned long long)l->compulsory_bytes);
        if (l->on_engine)
            ck_assert_msg(l->operand_bytes[ZS_OPERAND_WEIGHT] >= weight_bytes,
                          "%s %s %s: %llu weight bytes of %llu", r->network, r->fidelity, l->name,
                          (unsigned long long)l->operand_bytes[ZS_OPERAND_WEIGHT],
                          (unsigned long long)weight_bytes);
    }
    ck_assert_uint_ge(r->operand_bytes[ZS_OPERAND_WEIGHT],
                      zs_net_param_elems(net) * zs_elem_bytes(d->accel.precision));
}

/* ---- fidelities ------------------------------------------------------------------------------ */

static void check_order(const char *model, const zs_result *const r[3])
{
    const double tile = (double)r[ZS_TILE]->cycles, burst = (double)r[ZS_BURST]->cycles;
    ck_assert_uint_le(r[ZS_BOUND]->cycles, r[ZS_TILE]->cycles);
    ck_assert_uint_le(r[ZS_BOUND]->cycles, r[ZS_BURST]->cycles);
    for (uint32_t i = 0; i < r[ZS_TILE]->layer_n; i++) {
        const zs_layer_result *l = &r[ZS_TILE]->layers[i];
        ck_assert_msg(l->bound_cycles <= l->cycles, "%s %s: bound %llu, tile %llu", model, l->name,
                      (unsigned long long)l->bound_cycles, (unsigned long long)l->cycles);
    }
    ck_assert_msg(tile <= 1.1 * burst && tile >= 0.9 * burst, "%s: tile %g cycles, burst %g", model,
                  tile, burst);
}

static void check_same_work(const zs_plan *plan, const zs_result *r, const zs_result *first)
{
    ck_assert_uint_eq(r->dram.read_bytes, first->dram.read_bytes);
    ck_assert_uint_eq(r->dram.write_bytes, first->dram.write_bytes);
    ck_assert_uint_eq(r->calls, plan->call_n);
}

START_TEST(test_layers_add_up_move_what_they_must_and_fidelities_agree)
{
    zs_design d;
    zs_design_defaults(&d);
    const zs_net *net = golden_model(&gc, models[_i], 0);
    const zs_plan *plan = plan_of(&d, net);
    const zs_result *r[3];
    for (uint32_t f = ZS_BOUND; f <= ZS_BURST; f++) {
        r[f] = time_of(&d, net, plan, (zs_fidelity)f);
        check_sums(net, r[f]);
        check_least_traffic(&d, net, plan, r[f]);
        check_same_work(plan, r[f], r[ZS_BOUND]);
        ck_assert_uint_eq(r[f]->port_n > 0, f != ZS_BOUND);
    }
    check_order(models[_i], r);
}
END_TEST

/* ---- fusion ---------------------------------------------------------------------------------- */

START_TEST(test_each_step_of_fusion_takes_off_bytes_calls_and_time)
{
    static const uint32_t steps[] = {ZS_FUSION_NONE, ZS_FUSION_LF1, ZS_FUSION_LF2, ZS_FUSION_FIRE};
    /* Published names of the calls: 18 convolutions of which expand pairs share one, and 3 pools;
     * lf1: 8 fire modules, conv1, conv10 and the pools; lf2: without the pools. */
    static const uint64_t calls[] = {21, 13, 10, 10};
    const zs_result *before = NULL;
    const zs_net *net = golden_model(&gc, "squeezenet_v1.1", 0);
    for (size_t i = 0; i < ZS_LEN(steps); i++) {
        zs_design d;
        zs_design_defaults(&d);
        d.accel.fusion = steps[i];
        const zs_result *r = time_of(&d, net, plan_of(&d, net), (zs_fidelity)_i);
        ck_assert_uint_eq(r->calls, calls[i]);
        if (before != NULL) {
            ck_assert_uint_le(r->dram.read_bytes + r->dram.write_bytes,
                              before->dram.read_bytes + before->dram.write_bytes);
            /* Bounds of time may come nearer to the truth from step to step. */
            ck_assert(_i == ZS_BOUND || r->cycles <= before->cycles);
        }
        before = r;
    }
}
END_TEST

/* Pooling before the write-back saves the most bytes, keeping squeeze outputs some more. */
START_TEST(test_pooling_and_resident_squeezes_save_bytes_and_lf1_does_not)
{
    uint64_t bytes[ZS_FUSION_COUNT];
    const zs_net *net = golden_model(&gc, "squeezenet_v1.1", 0);
    for (uint32_t f = ZS_FUSION_NONE; f <= ZS_FUSION_AUTO; f++) {
        zs_design d;
        zs_design_defaults(&d);
        d.accel.fusion = f;
        const zs_result *r = time_of(&d, net, plan_of(&d, net), ZS_TILE);
        bytes[f] = r->dram.read_bytes + r->dram.write_bytes;
    }
    ck_assert_uint_eq(bytes[ZS_FUSION_LF1], bytes[ZS_FUSION_NONE]);
    ck_assert_uint_lt(bytes[ZS_FUSION_LF2], bytes[ZS_FUSION_LF1]);
    ck_assert_uint_lt(bytes[ZS_FUSION_FIRE], bytes[ZS_FUSION_LF2]);
    ck_assert_uint_le(bytes[ZS_FUSION_AUTO], bytes[ZS_FUSION_FIRE]);
}
END_TEST

/* ---- batch ----------------------------------------------------------------------------------- */

START_TEST(test_weights_are_loaded_once_for_a_batch)
{
    const zs_net *net = golden_model(&gc, "squeezenet_v1.1", 0);
    zs_design d;
    zs_design_defaults(&d);
    const zs_result *one = time_of(&d, net, plan_of(&d, net), (zs_fidelity)_i);
    d.batch = 8;
    const zs_result *eight = time_of(&d, net, plan_of(&d, net), (zs_fidelity)_i);
    ck_assert_uint_eq(eight->operand_bytes[ZS_OPERAND_WEIGHT],
                      one->operand_bytes[ZS_OPERAND_WEIGHT]);
    ck_assert_uint_eq(eight->operand_bytes[ZS_OPERAND_INPUT],
                      8 * one->operand_bytes[ZS_OPERAND_INPUT]);
    ck_assert_uint_eq(eight->operand_bytes[ZS_OPERAND_OUTPUT],
                      8 * one->operand_bytes[ZS_OPERAND_OUTPUT]);
    ck_assert_uint_eq(eight->macs, 8 * one->macs);
    ck_assert_uint_le(eight->cycles, 8 * one->cycles);
    ck_assert_uint_eq(eight->calls, one->calls);
}
END_TEST

/* ---- planning -------------------------------------------------------------------------------- */

static uint64_t count_outline(const zs_net *net, const zs_design *d)
{
    test_heap_state heap = {0};
    zs_arena arena;
    zs_plan *plan = NULL;
    zs_err err = {0};
    zs_arena_init(&arena, test_counting_heap(&heap));
    golden_check(zs_plan_outline(&arena, d, net, &plan, &err), &err);
    ck_assert_ptr_null(plan->choice_note);
    zs_arena_drop(&arena);
    return heap.requests;
}

/* Weights of small tiles come more often than with ample block RAM, but a plan with fewer slots
 * could not be faster: then none is drawn up, so that planning takes no more memory, nor time. */
START_TEST(test_plans_that_cannot_win_are_not_drawn_up)
{
    const zs_net *net = golden_model(&gc, models[0], 0);
    zs_design ample, tight;
    zs_design_defaults(&ample);
    test_set(&ample, "accelerator.tile.oc", 16);
    test_set(&ample, "accelerator.tile.ic", 16);
    ample.accel.fusion = ZS_FUSION_FIRE;
    tight = ample;
    ample.board.bram18 = 100000;
    ck_assert_uint_eq(count_outline(net, &tight), count_outline(net, &ample));
}
END_TEST

TCase *tcase_identities(void)
{
    TCase *tc = tcase_create("identities");
    tcase_set_tags(tc, "long");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, test_plans_that_cannot_win_are_not_drawn_up);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, test_layers_add_up_move_what_they_must_and_fidelities_agree, 0,
                        ZS_LEN(models));
    tcase_add_loop_test(tc, test_each_step_of_fusion_takes_off_bytes_calls_and_time, ZS_BOUND,
                        ZS_BURST + 1);
    tcase_add_test(tc, test_pooling_and_resident_squeezes_save_bytes_and_lf1_does_not);
    tcase_add_loop_test(tc, test_weights_are_loaded_once_for_a_batch, ZS_BOUND, ZS_BURST + 1);
    return tc;
}
