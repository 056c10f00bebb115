#include "rig.h"
#include "sim_cases.h"
#include "small_nets.h"

#include "kind_rows.h"
#include <string.h>

/* The n-th request for memory fails, n = 1, 2, 3 ... until none is left to fail. */

typedef struct built {
    uint64_t cycles;
    float *y;
} built;

typedef zs_status step(const test_rig *rig, zs_arena *arena, const zs_design *d,
                       const zs_plan *plan, built *out, zs_err *err);

static zs_status simulate(const test_rig *rig, zs_arena *arena, const zs_design *d,
                          const zs_plan *plan, built *out, zs_err *err)
{
    zs_result *result = NULL;
    const zs_status status = zs_sim_run(arena, d, rig->net, plan, ZS_BURST, NULL, &result, err);
    ck_assert((result != NULL) == (status == ZS_OK));
    if (status == ZS_OK)
        out->cycles = result->cycles;
    return status;
}

static zs_status execute(const test_rig *rig, zs_arena *arena, const zs_design *d,
                         const zs_plan *plan, built *out, zs_err *err)
{
    zs_exec *exec = NULL;
    (void)out;
    const zs_status status = zs_exec_build(arena, d, rig->net, plan, rig->quant, &exec, err);
    ck_assert((exec != NULL) == (status == ZS_OK));
    if (status != ZS_OK)
        return status;
    for (uint32_t i = 0; i < d->batch; i++)
        zs_exec_set_input(exec, i, rig->inputs[i % RIG_IMAGES]);
    zs_exec_run(exec);
    test_rig_compare(rig, d, exec);
    return ZS_OK;
}

static step *const steps[] = {simulate, execute};

/* An arena asks its source for large chunks. Bytes taken before shift the borders between them, so
 * that each allocation is in turn the one that needs a new chunk. */
enum { SHIFT_BYTES = 1600, SHIFTS = 40 };

static zs_status fail_one(const test_rig *rig, const zs_design *d, const zs_plan *plan, step *which,
                          test_heap_state *heap, size_t shift, built *out)
{
    zs_arena arena;
    zs_err err = {0};
    zs_arena_init(&arena, test_counting_heap(heap));
    zs_status status = ZS_ENOMEM;
    if (zs_arena_alloc_raw(&arena, shift, 1) != NULL) {
        status = which(rig, &arena, d, plan, out, &err);
        ck_assert_int_eq(err.status, status);
    }
    ck_assert_msg(status == (heap->requests >= heap->fail_at ? ZS_ENOMEM : ZS_OK),
                  "request %llu: %s: %s", (unsigned long long)heap->fail_at, err.place, err.text);
    zs_arena_drop(&arena);
    ck_assert_int_eq(heap->live_blocks, 0);
    return status;
}

START_TEST(test_every_failing_allocation_is_reported_and_leaves_nothing)
{
    test_rig rig;
    test_rig_init(&rig, 1, ZS_INT8);
    zs_design d;
    zs_design_defaults(&d);
    d.accel.precision = ZS_INT8;
    d.batch = 2;
    if (_i >= (int)ZS_LEN(steps))
        zs_design_set_kind(&d, KIND_direct);
    step *const which = steps[_i % (int)ZS_LEN(steps)];
    const zs_plan *plan = test_rig_plan(&rig, &rig.arena, &d);
    built normal = {0}, out = {0};
    ck_assert_int_eq(which(&rig, &rig.arena, &d, plan, &normal, NULL), ZS_OK);
    for (size_t shift = 0; shift < SHIFTS * SHIFT_BYTES; shift += SHIFT_BYTES) {
        zs_status status = ZS_ENOMEM;
        for (uint64_t n = 1; status != ZS_OK; n++) {
            test_heap_state heap = {.fail_at = n};
            status = fail_one(&rig, &d, plan, which, &heap, shift, &out);
            ck_assert_uint_lt(n, 1000);
        }
        ck_assert_uint_eq(out.cycles, normal.cycles);
    }
    test_rig_drop(&rig);
}
END_TEST

TCase *tcase_sim_memory(void)
{
    TCase *tc = tcase_create("memory of the simulator");
    tcase_add_loop_test(tc, test_every_failing_allocation_is_reported_and_leaves_nothing, 0,
                        2 * (int)ZS_LEN(steps));
    return tc;
}
