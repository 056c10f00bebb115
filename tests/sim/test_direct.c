#include "../support/nets.h"
#include "../support/set_key.h"
#include "random_design.h"
#include "rig.h"
#include "sim_cases.h"
#include "small_nets.h"
#include "kind_rows.h"
#include "support.h"
#include "zynqsim/kind.h"
#include "zynqsim/serial.h"

#include <string.h>

/* accelerator.kind: direct, from plan to result. */

static zs_design direct_design(uint32_t precision)
{
    zs_design d;
    zs_design_defaults(&d);
    zs_design_set_kind(&d, KIND_direct);
    d.accel.precision = precision;
    return d;
}

static const struct {
    uint32_t fusion, batch, plane_words;
    bool fuse_concat;
} variants[] = {
    {ZS_FUSION_NONE, 1, 50176, false}, {ZS_FUSION_LF1, 2, 0, false},
    {ZS_FUSION_LF2, 1, 50176, false},  {ZS_FUSION_LF2, 3, 50176, true},
    {ZS_FUSION_LF2, 2, 200, true},
};

static zs_design variant(size_t i, uint32_t precision)
{
    zs_design d = direct_design(precision);
    d.accel.fusion = variants[i].fusion;
    d.batch = variants[i].batch;
    test_set(&d, "accelerator.direct.plane_words", variants[i].plane_words);
    test_set(&d, "accelerator.direct.fuse_concat", variants[i].fuse_concat);
    return d;
}

START_TEST(test_every_net_precision_and_fusion_gives_the_bits_of_the_reference)
{
    test_rig rig;
    const uint32_t precision = (uint32_t)_i / TEST_NET_N;
    test_rig_init(&rig, _i % TEST_NET_N, precision);
    test_rig_execute_all(&rig, precision, variant, ZS_LEN(variants));
    test_rig_drop(&rig);
}
END_TEST

START_TEST(test_fidelities_move_the_same_bytes_and_bound_is_least)
{
    test_rig rig;
    zs_arena point;
    test_rig_init(&rig, _i, ZS_FP32);
    zs_arena_init(&point, test_heap());
    for (size_t i = 0; i < ZS_LEN(variants); i++) {
        const zs_design d = variant(i, ZS_FP32);
        const zs_plan *plan = test_rig_plan(&rig, &point, &d);
        const zs_result *bound = test_rig_run(&rig, &point, &d, plan, ZS_BOUND, NULL);
        const zs_result *tile = test_rig_run(&rig, &point, &d, plan, ZS_TILE, NULL);
        const zs_result *burst = test_rig_run(&rig, &point, &d, plan, ZS_BURST, NULL);
        ck_assert_uint_le(bound->cycles, tile->cycles);
        ck_assert_uint_le(bound->cycles, burst->cycles);
        for (uint32_t k = 0; k < ZS_OPERAND_N; k++) {
            ck_assert_uint_eq(bound->operand_bytes[k], tile->operand_bytes[k]);
            ck_assert_uint_eq(bound->operand_bytes[k], burst->operand_bytes[k]);
        }
        ck_assert_uint_eq(tile->read_bursts, burst->read_bursts);
        ck_assert_uint_eq(tile->write_bursts, burst->write_bursts);
        const double ratio = (double)tile->cycles / (double)burst->cycles;
        ck_assert_msg(ratio > 0.96 && ratio < 1.04, "%s: tile over burst is %f", rig.net->name,
                      ratio);
        zs_arena_reset(&point);
    }
    zs_arena_drop(&point);
    test_rig_drop(&rig);
}
END_TEST

/* ---- the ops of a whole run, access by access ------------------------------------------------ */

typedef struct replay {
    const zs_plan *plan;
    zs_serial *serial;
    uint32_t checked, wrong;
} replay;

static void replay_op(void *ctx, uint32_t op, uint64_t start, uint64_t end)
{
    replay *r = ctx;
    zs_serial_time time = {0};
    if (r->plan->ops[op].code != ZS_OP_WALK)
        return;
    const zs_serial_walk walk =
        r->plan->kind->walk(&r->plan->rows[r->plan->ops[op].row], &r->plan->boxes[op]);
    r->wrong += !zs_serial_run(r->serial, &walk, start, &time);
    r->wrong += start + zs_serial_total(&time) != end;
    r->checked++;
}

START_TEST(test_every_op_takes_what_its_accesses_take_one_by_one)
{
    test_rig rig;
    zs_arena point;
    zs_memsys *ms;
    zs_err err;
    test_rig_init(&rig, _i, ZS_FP32);
    zs_arena_init(&point, test_heap());
    const zs_design d = variant(2, ZS_FP32);
    replay r = {.plan = test_rig_plan(&rig, &point, &d)};
    ck_assert_int_eq(zs_memsys_build(&point, &d, ZS_BURST, &ms, &err), ZS_OK);
    ck_assert_int_eq(zs_serial_build(&point, &d, ms, false, &r.serial, &err), ZS_OK);
    const zs_retire_hook hook = {.retired = replay_op, .ctx = &r};
    const zs_result *result = test_rig_run(&rig, &point, &d, r.plan, ZS_BURST, &hook);
    ck_assert_uint_gt(r.checked, 0);
    ck_assert_uint_eq(r.wrong, 0);
    zs_memsys_next(ms, UINT64_MAX, &(uint32_t){0}, &(uint64_t){0});
    const zs_dram_counts *slow = zs_memsys_dram_counts(ms);
    ck_assert_uint_eq(result->dram.row_hits, slow->row_hits);
    ck_assert_uint_eq(result->dram.row_conflicts, slow->row_conflicts);
    ck_assert_uint_eq(zs_serial_events(r.serial), result->read_bursts + result->write_bursts);
    zs_arena_drop(&point);
    test_rig_drop(&rig);
}
END_TEST

/* ---- the story ------------------------------------------------------------------------------- */

/* A filter is read for the first image alone. */
START_TEST(test_the_promise_for_a_batch_reads_filters_once)
{
    test_rig rig;
    zs_arena point;
    uint64_t cycles[3];
    test_rig_init(&rig, 0, ZS_FP32);
    zs_arena_init(&point, test_heap());
    zs_design d = variant(2, ZS_FP32);
    for (uint32_t i = 0; i < 3; i++) {
        d.batch = i + 1;
        const zs_plan *plan = test_rig_plan(&rig, &point, &d);
        cycles[i] = test_rig_run(&rig, &point, &d, plan, ZS_TILE, NULL)->hls_cycles;
    }
    ck_assert_uint_eq(cycles[2] - cycles[1], cycles[1] - cycles[0]);
    ck_assert_uint_lt(cycles[1] - cycles[0], cycles[0]);
    zs_arena_drop(&point);
    test_rig_drop(&rig);
}
END_TEST

START_TEST(test_pipelining_and_unrolling_move_the_promise_and_not_the_time)
{
    test_rig rig;
    zs_arena point;
    zs_result *r[3];
    test_rig_init(&rig, 0, ZS_FP32);
    zs_arena_init(&point, test_heap());
    zs_design d = variant(2, ZS_FP32);
    d.accel.unroll.oc = d.accel.unroll.ic = 1;
    d.accel.pipeline = false;
    for (int i = 0; i < 3; i++) {
        d.accel.pipeline = i > 0;
        d.accel.unroll.ky = d.accel.unroll.kx = i > 1 ? 3 : 1;
        r[i] = test_rig_run(&rig, &point, &d, test_rig_plan(&rig, &point, &d), ZS_BURST, NULL);
    }
    ck_assert_uint_gt(r[0]->hls_cycles, 10 * r[1]->hls_cycles);
    ck_assert_uint_gt(r[1]->hls_cycles, r[2]->hls_cycles);
    ck_assert_uint_eq(r[0]->cycles, r[1]->cycles);
    ck_assert_uint_eq(r[0]->cycles, r[2]->cycles);
    ck_assert_double_ge(r[2]->roofline.peak_gops, 50 * r[0]->roofline.peak_gops);
    for (int i = 0; i < 3; i++) {
        ck_assert_double_eq_tol(r[i]->roofline.bandwidth_bytes_per_s,
                                r[0]->roofline.bandwidth_bytes_per_s, 1e-9);
        ck_assert_uint_eq(r[i]->note_n, 2);
        for (uint32_t k = 0; k < r[i]->layer_n; k++) {
            const zs_layer_result *l = &r[i]->layers[k];
            ck_assert(!l->on_engine || (l->memory_roof && l->limited_by == ZS_BY_READ));
        }
    }
    zs_arena_drop(&point);
    test_rig_drop(&rig);
}
END_TEST

/* ---- limits ---------------------------------------------------------------------------------- */

START_TEST(test_a_filter_that_the_buffer_cannot_hold_is_refused_by_name)
{
    test_rig rig;
    zs_plan *plan = NULL;
    zs_err err = {0};
    zs_arena point;
    test_rig_init(&rig, 1, ZS_FP32);
    zs_arena_init(&point, test_heap());
    zs_design d = direct_design(ZS_FP32);
    test_set(&d, "accelerator.direct.filter_words",
             7 * 25); /* conv2 of lenet: exactly one filter */
    ck_assert_int_eq(zs_plan_build(&point, &d, rig.net, &plan, &err), ZS_ERANGE);
    ck_assert_str_eq(err.place, "accelerator.direct.filter_words");
    ck_assert_ptr_nonnull(strstr(err.text, "ip1"));
    test_set(&d, "accelerator.direct.filter_words", 7 * 25 - 1);
    ck_assert_int_eq(zs_plan_build(&point, &d, rig.net, &plan, &err), ZS_ERANGE);
    ck_assert_ptr_nonnull(strstr(err.text, "conv2"));
    zs_arena_drop(&point);
    test_rig_drop(&rig);
}
END_TEST

START_TEST(test_fusions_and_layouts_of_other_kinds_are_refused)
{
    zs_err err = {0};
    zs_design d = direct_design(ZS_FP32);
    ck_assert_int_eq(zs_design_check(&d, &err), ZS_OK);
    d.accel.fusion = ZS_FUSION_FIRE;
    ck_assert_int_eq(zs_design_check(&d, &err), ZS_EUNSUPPORTED);
    d.accel.fusion = ZS_FUSION_AUTO;
    ck_assert_int_eq(zs_design_check(&d, &err), ZS_EUNSUPPORTED);
    ck_assert_str_eq(err.place, "accelerator.fusion");
    d.accel.fusion = ZS_FUSION_LF2;
    ck_assert_int_eq(zs_design_set(&d, NULL, "accelerator.channel_block", "16", &err), ZS_EPARSE);
    ck_assert_str_eq(err.place, "accelerator.channel_block");
    ck_assert_int_eq(zs_design_set(&d, NULL, "accelerator.weight_layout", "oihw", &err), ZS_EPARSE);
    ck_assert_str_eq(err.place, "accelerator.weight_layout");
}
END_TEST

TCase *tcase_direct(void)
{
    TCase *tc = tcase_create("direct");
    tcase_set_timeout(tc, 60);
    test_add_many(tc, test_every_net_precision_and_fusion_gives_the_bits_of_the_reference,
                  ZS_PRECISION_COUNT * TEST_NET_N);
    tcase_add_loop_test(tc, test_fidelities_move_the_same_bytes_and_bound_is_least, 0, TEST_NET_N);
    tcase_add_loop_test(tc, test_every_op_takes_what_its_accesses_take_one_by_one, 0, TEST_NET_N);
    tcase_add_test(tc, test_the_promise_for_a_batch_reads_filters_once);
    tcase_add_test(tc, test_pipelining_and_unrolling_move_the_promise_and_not_the_time);
    tcase_add_test(tc, test_a_filter_that_the_buffer_cannot_hold_is_refused_by_name);
    tcase_add_test(tc, test_fusions_and_layouts_of_other_kinds_are_refused);
    return tc;
}
