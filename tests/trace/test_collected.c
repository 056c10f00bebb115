/* What a trace holds, against the plan and the counters of the same run. */
#include "traced.h"

#include "kind_rows.h"
#include "zynqsim/kind.h"

#include "small_nets.h"

#include <stdlib.h>
#include <string.h>

START_TEST(test_every_op_is_there_with_its_waits_respected)
{
    traced run;
    traced_run(&run, _i, NULL, TRACED_ALL, TRACED_ALL);
    ck_assert_uint_eq(run.trace->op_n, run.plan->op_n);
    for (uint32_t i = 0; i < run.plan->op_n; i++) {
        const zs_trace_op *when = zs_trace_find(run.trace, i);
        ck_assert_ptr_nonnull(when);
        ck_assert_uint_le(when->start_pl_cycle, when->end_pl_cycle);
        ck_assert_uint_le(when->end_pl_cycle, run.result->cycles);
        for (int k = 0; k < 3; k++) {
            const uint32_t wait = run.plan->ops[i].wait[k];
            if (wait != ZS_NO_OP)
                ck_assert_uint_ge(when->start_pl_cycle,
                                  zs_trace_find(run.trace, wait)->end_pl_cycle);
        }
    }
    traced_drop(&run);
}
END_TEST

START_TEST(test_bursts_are_those_that_the_ports_count)
{
    traced run;
    uint64_t bytes[ZS_CHANNEL_N] = {0}, bursts[ZS_CHANNEL_N] = {0};
    traced_run(&run, _i, NULL, TRACED_ALL, TRACED_ALL);
    for (uint32_t i = 0; i < run.trace->burst_n; i++) {
        const zs_trace_burst *b = &run.trace->bursts[i];
        const zs_trace_op *when = zs_trace_find(run.trace, b->op);
        bytes[run.plan->ops[b->op].unit] += b->bytes;
        bursts[run.plan->ops[b->op].unit]++;
        ck_assert_uint_ge(b->sent_pl_cycle, when->start_pl_cycle);
        ck_assert_uint_gt(b->end_pl_cycle, b->sent_pl_cycle);
        ck_assert_uint_le(b->end_pl_cycle, when->end_pl_cycle);
    }
    const bool has_bursts =
        !traced_is_direct(&run) &&
        (run.fidelity == ZS_BURST || run.design.board.memory.kind == ZS_MEMORY_FIXED);
    for (uint32_t c = 0; c < ZS_CHANNEL_N; c++)
        for (uint32_t i = 0; i < run.result->port_n; i++)
            if (strcmp(run.result->ports[i].name, zs_channel_name(c)) == 0) {
                ck_assert_uint_eq(bursts[c], has_bursts ? run.result->ports[i].bursts : 0);
                ck_assert_uint_eq(bytes[c], has_bursts ? run.result->ports[i].bytes : 0);
            }
    traced_drop(&run);
}
END_TEST

START_TEST(test_dram_events_are_those_that_the_controller_counts)
{
    traced run;
    uint64_t n[ZS_DRAM_QUEUED + 1] = {0}, at = 0;
    traced_run(&run, _i, NULL, TRACED_ALL, TRACED_ALL);
    for (uint32_t i = 0; i < run.trace->dram_n; i++) {
        const zs_dram_event *e = &run.trace->dram[i];
        ck_assert_uint_le(e->act, ZS_DRAM_QUEUED);
        n[e->act]++;
        if (e->act == ZS_DRAM_COLUMNS || e->act == ZS_DRAM_QUEUED) {
            ck_assert_msg(e->at >= at, "event %u, %d at %llu after %llu", i, e->act,
                          (unsigned long long)e->at, (unsigned long long)at);
            ck_assert_uint_le(e->queued, 2 * run.design.board.memory.queue);
            at = e->at;
        }
    }
    const bool has_dram = run.fidelity == ZS_BURST && !traced_is_direct(&run) &&
                          run.design.board.memory.kind != ZS_MEMORY_FIXED;
    ck_assert_uint_eq(n[ZS_DRAM_COLUMNS], n[ZS_DRAM_QUEUED]);
    if (has_dram) {
        /* writes that the memory takes after the last row are not seen */
        ck_assert_uint_le(n[ZS_DRAM_ACTIVATE], run.result->dram.activates);
        ck_assert_uint_gt(n[ZS_DRAM_ACTIVATE], 0);
    } else {
        ck_assert_uint_eq(run.trace->dram_n, 0);
    }
    traced_drop(&run);
}
END_TEST

static int by_slot(const void *a, const void *b)
{
    const zs_trace_slot *x = a, *y = b;
    const uint32_t p = x->buffer_id * 256u + x->slot, q = y->buffer_id * 256u + y->slot;
    if (p != q)
        return p < q ? -1 : 1;
    if (x->buffer_id == ZS_BUF_WEIGHT && x->row != y->row)
        return x->row < y->row ? -1 : 1;
    return x->start_pl_cycle < y->start_pl_cycle ? -1 : x->start_pl_cycle > y->start_pl_cycle;
}

START_TEST(test_a_slot_holds_one_thing_at_a_time)
{
    traced run;
    zs_trace_slot *slots;
    uint32_t n;
    traced_run(&run, _i, NULL, TRACED_ALL, 1);
    ck_assert_int_eq(zs_trace_slots(&run.arena, run.trace, &slots, &n, NULL), ZS_OK);
    ck_assert(n > 0 || traced_is_direct(&run));
    qsort(slots, n, sizeof *slots, by_slot);
    for (uint32_t i = 0; i < n; i++) {
        const zs_trace_slot *now = &slots[i], *before = i > 0 ? &slots[i - 1] : NULL;
        ck_assert_uint_le(now->bytes, run.plan->buffers[now->buffer_id].bytes);
        const bool is_same = before != NULL && before->buffer_id == now->buffer_id &&
                             before->slot == now->slot &&
                             (now->buffer_id != ZS_BUF_WEIGHT || before->row == now->row);
        if (is_same) /* slots of weights lie elsewhere in the next row, which may load ahead */
            ck_assert_msg(now->start_pl_cycle >= before->end_pl_cycle,
                          "%s %u: from %llu on, until %llu still in use",
                          run.plan->buffers[now->buffer_id].name, now->slot,
                          (unsigned long long)now->start_pl_cycle,
                          (unsigned long long)before->end_pl_cycle);
    }
    traced_drop(&run);
}
END_TEST

/* Kernels of several queues have readers and writers of their own, which take turns on the ports:
 * of bursts nothing is known any more from the first op on that there is no room for. */
START_TEST(test_ops_left_out_of_units_that_share_a_port_end_what_is_known_of_bursts)
{
    traced run = {.fidelity = ZS_BURST};
    zs_err err = {0};
    zs_arena_init(&run.arena, test_heap());
    run.net = test_net_build(&run.arena, 0);
    zs_design_defaults(&run.design);
    zs_design_set_kind(&run.design, KIND_kernels);
    run.design.accel.fusion = ZS_FUSION_NONE;
    ck_assert_int_eq(
        zs_design_set(&run.design, &run.arena, "accelerator.kernels.queues", "true", &err), ZS_OK);
    ck_assert_int_eq(zs_plan_build(&run.arena, &run.design, run.net, &run.plan, &err), ZS_OK);
    uint64_t lost_at[2];
    for (int k = 0; k < 2; k++) {
        const zs_trace_limits limits = {.op_max = k == 0 ? TRACED_ALL : 12,
                                        .burst_max = TRACED_ALL};
        ck_assert_int_eq(zs_trace_build(&run.arena, run.plan, &limits, &run.trace, &err), ZS_OK);
        const zs_retire_hook hook = zs_trace_hook(run.trace, NULL);
        ck_assert_int_eq(zs_sim_run(&run.arena, &run.design, run.net, run.plan, run.fidelity, &hook,
                                    &run.result, &err),
                         ZS_OK);
        lost_at[k] = zs_trace_bursts_lost_at(run.trace);
    }
    ck_assert_uint_eq(lost_at[0], UINT64_MAX);
    ck_assert_uint_lt(lost_at[1], run.result->cycles);
    traced_drop(&run);
}
END_TEST

START_TEST(test_a_limit_keeps_the_first_and_counts_the_rest)
{
    traced all, some;
    traced_run(&all, _i, NULL, TRACED_ALL, TRACED_ALL);
    traced_run(&some, _i, NULL, 20, 30);
    ck_assert_uint_eq(some.trace->op_n, 20);
    ck_assert_uint_eq(some.trace->op_wanted, all.plan->op_n);
    ck_assert_ptr_nonnull(zs_trace_find(some.trace, 19));
    ck_assert_ptr_null(zs_trace_find(some.trace, 20));
    ck_assert_uint_le(some.trace->burst_n, 30);
    uint64_t bursts = 0; /* of the ops that are drawn */
    for (uint32_t i = 0; i < all.trace->burst_n; i++)
        bursts += all.trace->bursts[i].op < 20;
    ck_assert_uint_eq(some.trace->burst_n + some.trace->bursts_lost, bursts);
    for (uint32_t i = 0; i < some.trace->burst_n; i++)
        ck_assert_uint_lt(some.trace->bursts[i].op, 20);
    ck_assert_uint_eq(some.result->cycles, all.result->cycles);
    traced_drop(&some);
    traced_drop(&all);
}
END_TEST

START_TEST(test_only_the_rows_asked_for_are_kept)
{
    bool rows[256] = {false};
    traced all, some;
    traced_run(&all, _i, NULL, TRACED_ALL, TRACED_ALL);
    rows[1] = rows[all.plan->row_n - 1] = true;
    traced_run(&some, _i, rows, TRACED_ALL, TRACED_ALL);
    for (uint32_t i = 0; i < all.plan->op_n; i++) {
        const zs_trace_op *was = zs_trace_find(all.trace, i), *is = zs_trace_find(some.trace, i);
        ck_assert_int_eq(is != NULL, rows[all.plan->ops[i].row]);
        if (is != NULL)
            ck_assert_mem_eq(is, was, sizeof *is);
    }
    uint32_t next = 0;
    for (uint32_t i = 0; i < all.trace->burst_n; i++)
        if (rows[all.plan->ops[all.trace->bursts[i].op].row])
            ck_assert_mem_eq(&some.trace->bursts[next++], &all.trace->bursts[i],
                             sizeof *some.trace->bursts);
    ck_assert_uint_eq(next, some.trace->burst_n);
    traced_drop(&some);
    traced_drop(&all);
}
END_TEST

static void count(void *ctx, uint32_t op, uint64_t start_pl_cycle, uint64_t end_pl_cycle)
{
    (void)op;
    (void)start_pl_cycle;
    (void)end_pl_cycle;
    ++*(uint64_t *)ctx;
}

START_TEST(test_hooks_of_a_chain_all_run_and_change_nothing)
{
    traced run;
    uint64_t ops = 0;
    zs_result *plain = NULL, *chained = NULL;
    zs_trace *again;
    zs_err err = {0};
    traced_run(&run, _i, NULL, TRACED_ALL, TRACED_ALL);
    const zs_trace_limits limits = {.op_max = TRACED_ALL, .burst_max = TRACED_ALL};
    ck_assert_int_eq(zs_trace_build(&run.arena, run.plan, &limits, &again, &err), ZS_OK);
    const zs_retire_hook inner = zs_trace_hook(again, NULL);
    const zs_retire_hook outer = {.retired = count, .ctx = &ops, .next = &inner};
    ck_assert_int_eq(zs_sim_run(&run.arena, &run.design, run.net, run.plan, run.fidelity, &outer,
                                &chained, &err),
                     ZS_OK);
    ck_assert_int_eq(
        zs_sim_run(&run.arena, &run.design, run.net, run.plan, run.fidelity, NULL, &plain, &err),
        ZS_OK);
    ck_assert_uint_eq(ops, run.plan->op_n);
    ck_assert_uint_eq(again->burst_n, run.trace->burst_n);
    ck_assert_uint_eq(again->dram_n, run.trace->dram_n);
    ck_assert_mem_eq(again->ops, run.trace->ops, run.plan->op_n * sizeof *again->ops);
    for (uint32_t i = 0; i < zs_metric_n; i++) {
        const zs_value a = zs_result_get(plain, i), b = zs_result_get(chained, i);
        if (strcmp(zs_metrics[i].name, "events") == 0)
            continue; /* a run that is watched takes no shortcuts */
        ck_assert_msg(a.i == b.i && memcmp(&a.r, &b.r, sizeof a.r) == 0, "%s", zs_metrics[i].name);
    }
    traced_drop(&run);
}
END_TEST

START_TEST(test_building_without_memory_says_so)
{
    traced run;
    test_heap_state heap = {0};
    zs_status status = ZS_ENOMEM;
    traced_run(&run, 0, NULL, TRACED_ALL, 1);
    const zs_trace_limits limits = {.op_max = TRACED_ALL, .burst_max = 100000};
    for (heap.fail_at = 1; status == ZS_ENOMEM; heap.fail_at++) {
        zs_arena arena;
        zs_trace *trace = NULL;
        heap.requests = 0;
        zs_arena_init(&arena, test_counting_heap(&heap));
        status = zs_trace_build(&arena, run.plan, &limits, &trace, NULL);
        ck_assert_int_eq(trace != NULL, status == ZS_OK);
        zs_arena_drop(&arena);
        ck_assert_int_eq(heap.live_blocks, 0);
    }
    ck_assert_int_eq(status, ZS_OK);
    ck_assert_uint_gt(heap.fail_at, 2);
    traced_drop(&run);
}
END_TEST

TCase *tcase_collected(void)
{
    TCase *tc = tcase_create("collected");
    tcase_add_loop_test(tc, test_every_op_is_there_with_its_waits_respected, 0, TRACED_N);
    tcase_add_loop_test(tc, test_bursts_are_those_that_the_ports_count, 0, TRACED_N);
    tcase_add_loop_test(tc, test_dram_events_are_those_that_the_controller_counts, 0, TRACED_N);
    tcase_add_loop_test(tc, test_a_slot_holds_one_thing_at_a_time, 0, TRACED_N);
    tcase_add_loop_test(tc, test_a_limit_keeps_the_first_and_counts_the_rest, 0, TRACED_N);
    tcase_add_loop_test(tc, test_only_the_rows_asked_for_are_kept, 0, TRACED_N);
    tcase_add_loop_test(tc, test_hooks_of_a_chain_all_run_and_change_nothing, 0, TRACED_N);
    tcase_add_test(tc, test_building_without_memory_says_so);
    tcase_add_test(tc, test_ops_left_out_of_units_that_share_a_port_end_what_is_known_of_bursts);
    return tc;
}
