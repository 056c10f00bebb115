#include "plan_cases.h"
#include "kind_rows.h"
#include "zynqsim/kind.h"

#include "small_nets.h"
#include "support.h"
#include "tiled.h"

#include <string.h>

/* An arena asks its source for large chunks. Bytes taken before shift the borders between them, so
 * that each allocation is in turn the one that needs a new chunk; and each chunk in turn fails.
 * Networks begin at shifts of their own, so that together they try finer ones. */
enum { SHIFT_BYTES = 4800, SHIFTS = 14, FIRST_SHIFT_BYTES = 800 };

static zs_status fail_one(const zs_net *net, const zs_design *d, test_heap_state *heap,
                          size_t shift, uint32_t *op_n, uint64_t *hash)
{
    zs_arena arena;
    zs_err err = {0};
    zs_plan *plan = NULL;
    zs_arena_init(&arena, test_counting_heap(heap));
    zs_status status = ZS_ENOMEM;
    if (zs_arena_alloc_raw(&arena, shift, 1) != NULL) {
        status = zs_plan_build(&arena, d, net, &plan, &err);
        ck_assert_int_eq(err.status, status);
    }
    ck_assert_msg(status == (heap->requests >= heap->fail_at ? ZS_ENOMEM : ZS_OK),
                  "request %llu: %s: %s", (unsigned long long)heap->fail_at, err.place, err.text);
    ck_assert((plan != NULL) == (status == ZS_OK));
    if (plan != NULL) {
        *op_n = plan->op_n;
        *hash = 0;
        for (size_t i = 0; i < plan->op_n; i++)
            for (int k = 0; k < 3; k++)
                *hash = zs_mix64(*hash ^ plan->ops[i].wait[k]);
    }
    zs_arena_drop(&arena);
    ck_assert_int_eq(heap->live_blocks, 0);
    return status;
}

static void fail_everywhere(const zs_net *net, const zs_design *d, uint32_t which)
{
    uint32_t op_n, first_n = 0;
    uint64_t hash, first_hash = 0;
    for (uint32_t i = 0; i < SHIFTS; i++) {
        const size_t shift = (size_t)i * SHIFT_BYTES + (size_t)which * FIRST_SHIFT_BYTES;
        zs_status status = ZS_ENOMEM;
        for (uint64_t n = 1; status != ZS_OK; n++) {
            test_heap_state heap = {.fail_at = n};
            status = fail_one(net, d, &heap, shift, &op_n, &hash);
            ck_assert_uint_lt(n, 1000);
        }
        if (i == 0)
            first_n = op_n, first_hash = hash;
        ck_assert_uint_eq(op_n, first_n);
        ck_assert_uint_eq(hash, first_hash);
    }
}

START_TEST(test_every_failing_allocation_is_reported_and_leaves_nothing)
{
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    const zs_net *net = test_net_build(&arena, _i);
    zs_design d;
    zs_design_defaults(&d);
    TILED(d)->loop_order = ZS_WEIGHT_STATIONARY;
    d.accel.fusion = _i % 2 ? ZS_FUSION_AUTO : ZS_FUSION_NONE;
    TILED(d)->tile.ic = 2;
    fail_everywhere(net, &d, (uint32_t)_i);
    zs_arena_drop(&arena);
}
END_TEST

/* The network of fire modules: im2col, calls, fused pools and joins. */
START_TEST(test_plans_of_line_buffer_engines_leave_nothing_either)
{
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    zs_design d;
    zs_design_defaults(&d);
    zs_design_set_kind(&d, KIND_linebuffer);
    d.accel.precision = ZS_INT8;
    d.accel.buffer.weight_bytes = 2048;
    fail_everywhere(test_net_build(&arena, 0), &d, 0);
    zs_arena_drop(&arena);
}
END_TEST

TCase *tcase_plan_memory(void)
{
    TCase *tc = tcase_create("memory of the planner");
    tcase_set_timeout(tc, 60);
    test_add_many(tc, test_every_failing_allocation_is_reported_and_leaves_nothing, TEST_NET_N);
    tcase_add_test(tc, test_plans_of_line_buffer_engines_leave_nothing_either);
    return tc;
}
