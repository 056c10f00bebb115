#include "random_design.h"
#include "rig.h"

#include "zynqsim/kind.h"
#include "sim_cases.h"

#include "../support/nets.h"
#include "tiled.h"

#include <stdio.h>
#include <float.h>
#include <string.h>

/* Single mechanisms of the executor against the untiled reference. */

static void init_spec(test_rig *rig, test_spec *spec, uint32_t precision)
{
    memset(rig, 0, sizeof *rig);
    zs_arena_init(&rig->arena, test_heap());
    test_rig_init_net(rig, test_net(&rig->arena, spec), precision);
}

/* Program order: which order does not matter is the business of test_orders.c. */
static const zs_plan *run_design(const test_rig *rig, zs_arena *point, const zs_design *d)
{
    const zs_plan *plan = test_rig_plan(rig, point, d);
    zs_exec *exec = test_rig_exec(rig, point, d, plan);
    zs_exec_run(exec);
    test_rig_compare(rig, d, exec);
    return plan;
}

static zs_design tiny_tiles(uint32_t precision)
{
    zs_design d;
    zs_design_defaults(&d);
    d.accel.precision = precision;
    d.accel.unroll.oc = 2;
    d.accel.unroll.ic = 2;
    TILED(d)->tile.oc = 4;
    TILED(d)->tile.ic = 4;
    TILED(d)->tile.oy = 3;
    TILED(d)->tile.ox = 4;
    return d;
}

/* ---- fused pools ----------------------------------------------------------------------------- */

static const uint32_t pool_tiles[][2] = {{1, 1}, {1, 4}, {2, 3}, {3, 1}, {5, 5}, {64, 2}};

static void pool_case(uint32_t k, uint32_t stride, uint32_t pad, bool ceil_mode, uint32_t precision)
{
    test_spec *spec = test_spec_new(2, 11, 13);
    test_conv(spec, "conv", "", 5, 1, 1, 0);
    zs_layer_spec *pool = test_pool(spec, "pool", "", ZS_POOL_MAX, k, stride);
    test_window(pool, k, stride, pad, pad, pad, pad);
    pool->ceil_mode = ceil_mode;
    test_rig rig;
    init_spec(&rig, spec, precision);
    zs_arena point;
    zs_arena_init(&point, test_heap());
    for (size_t t = 0; t < ZS_LEN(pool_tiles); t++) {
        zs_design d = tiny_tiles(precision);
        TILED(d)->loop_order = (uint32_t)t % ZS_ORDER_COUNT;
        TILED(d)->outer_loop = (uint32_t)(t / 2) % ZS_OUTER_COUNT;
        TILED(d)->double_buffer.output = t % 2;
        TILED(d)->tile.oy = pool_tiles[t][0];
        TILED(d)->tile.ox = pool_tiles[t][1];
        const zs_plan *plan = run_design(&rig, &point, &d);
        ck_assert_uint_eq(plan->row_n, 1);
        zs_arena_reset(&point);
    }
    zs_arena_drop(&point);
    test_rig_drop(&rig);
    test_spec_free(spec);
}

/* Kernel 1..5, stride 1..4, every pad below the kernel, both roundings. */
START_TEST(test_fused_pool_of_any_window_equals_the_reference)
{
    const uint32_t k = (uint32_t)_i / 4 + 1, stride = (uint32_t)_i % 4 + 1;
    for (uint32_t pad = 0; pad < k; pad++)
        for (uint32_t i = 0; i < 2 * ZS_PRECISION_COUNT; i++)
            pool_case(k, stride, pad, i % 2, i / 2);
}
END_TEST

/* ---- readers --------------------------------------------------------------------------------- */

static void check_spec(test_spec *spec)
{
    for (uint32_t precision = 0; precision < ZS_PRECISION_COUNT; precision++) {
        test_rig rig;
        init_spec(&rig, spec, precision);
        zs_prng prng = {.state = 77};
        zs_arena point;
        zs_arena_init(&point, test_heap());
        for (int k = 0; k < 12; k++) {
            zs_design d = test_random_design(&prng, precision);
            d.accel.fusion = ZS_FUSION_LF2 + (uint32_t)k % 3;
            (void)run_design(&rig, &point, &d);
            zs_arena_reset(&point);
        }
        zs_arena_drop(&point);
        test_rig_drop(&rig);
    }
}

/* A convolution's result is pooled, and also read as part of a concatenation. */
START_TEST(test_pooled_tensor_is_still_there_for_a_concatenation)
{
    test_spec *spec = test_spec_new(3, 12, 12);
    test_conv(spec, "a", "data", 6, 3, 1, 1);
    test_window(test_pool(spec, "pool", "a", ZS_POOL_MAX, 3, 1), 3, 1, 1, 1, 1, 1);
    test_conv(spec, "b", "pool", 5, 1, 1, 0);
    test_layer(spec, ZS_LAYER_CONCAT, "cat", "a b");
    test_conv(spec, "c", "cat", 4, 3, 1, 1);
    check_spec(spec);
    test_spec_free(spec);
}
END_TEST

/* The same when the concatenation is the result of the network. */
START_TEST(test_pooled_tensor_is_still_there_as_part_of_the_output)
{
    test_spec *spec = test_spec_new(3, 10, 10);
    test_conv(spec, "a", "data", 6, 3, 1, 1);
    test_window(test_pool(spec, "pool", "a", ZS_POOL_MAX, 3, 1), 3, 1, 1, 1, 1, 1);
    test_conv(spec, "b", "pool", 5, 1, 1, 0);
    test_layer(spec, ZS_LAYER_CONCAT, "cat", "a b");
    check_spec(spec);
    test_spec_free(spec);
}
END_TEST

/* A convolution's result is pooled, and also read flattened. */
START_TEST(test_pooled_tensor_is_still_there_for_a_view)
{
    test_spec *spec = test_spec_new(2, 8, 8);
    test_conv(spec, "a", "data", 4, 3, 1, 1);
    test_layer(spec, ZS_LAYER_FLATTEN, "flat", "a");
    test_layer(spec, ZS_LAYER_FC, "whole", "flat")->oc = 9;
    test_pool(spec, "pool", "a", ZS_POOL_MAX, 2, 2);
    test_layer(spec, ZS_LAYER_FC, "pooled", "pool")->oc = 9;
    test_layer(spec, ZS_LAYER_ADD, "sum", "whole pooled");
    check_spec(spec);
    test_spec_free(spec);
}
END_TEST

/* A concatenation inside another one, the inner one pooled. */
START_TEST(test_pooled_concatenation_is_still_there_for_an_outer_one)
{
    test_spec *spec = test_spec_new(3, 9, 9);
    test_conv(spec, "a", "data", 4, 1, 1, 0);
    test_conv(spec, "b", "data", 3, 3, 1, 1);
    test_layer(spec, ZS_LAYER_CONCAT, "inner", "a b");
    test_window(test_pool(spec, "pool", "inner", ZS_POOL_MAX, 3, 1), 3, 1, 1, 1, 1, 1);
    test_conv(spec, "c", "pool", 5, 1, 1, 0);
    test_layer(spec, ZS_LAYER_CONCAT, "outer", "inner c");
    test_conv(spec, "d", "outer", 4, 3, 1, 1);
    check_spec(spec);
    test_spec_free(spec);
}
END_TEST

/* A pool behind a concatenation of which one part is a concatenation. */
START_TEST(test_pool_behind_nested_concatenations_sees_all_parts)
{
    test_spec *spec = test_spec_new(3, 9, 9);
    test_conv(spec, "a", "data", 4, 1, 1, 0);
    test_conv(spec, "b", "data", 3, 3, 1, 1);
    test_layer(spec, ZS_LAYER_CONCAT, "inner", "a b");
    test_conv(spec, "c", "data", 5, 1, 1, 0);
    test_layer(spec, ZS_LAYER_CONCAT, "outer", "inner c");
    test_pool(spec, "pool", "outer", ZS_POOL_MAX, 2, 2);
    test_conv(spec, "d", "pool", 4, 3, 1, 1);
    check_spec(spec);
    test_spec_free(spec);
}
END_TEST

/* A 1 x 1 layer on one pixel whose only window lies in the padding reads zeros, not the pixel. */
START_TEST(test_single_pixel_behind_padding_is_not_read)
{
    test_spec *spec = test_spec_new(6, 1, 1);
    test_conv(spec, "conv", "data", 5, 1, 3, 1);
    check_spec(spec);
    test_spec_free(spec);
}
END_TEST

/* ---- sums beyond all numbers ----------------------------------------------------------------- */

/* Every kind, every fusion that it has. */
START_TEST(test_first_layer_that_overflows_is_known)
{
    const uint32_t kind = (uint32_t)_i / ZS_FUSION_GROUPS;
    zs_err err = {0};
    zs_design d;
    test_rig rig;
    zs_design_defaults(&d);
    zs_design_set_kind(&d, kind);
    d.accel.fusion = (uint32_t)_i % ZS_FUSION_GROUPS;
    d.accel.precision = ZS_FP32;
    if (zs_design_check(&d, &err) != ZS_OK)
        return; /* a kind without fp32, or without this fusion */
    test_rig_init(&rig, 0, ZS_FP32);
    zs_plan *plan = NULL;
    if (zs_plan_build(&rig.arena, &d, rig.net, &plan, &err) != ZS_OK) {
        ck_assert_int_eq(err.status, ZS_EUNSUPPORTED); /* a kind that does not take this network */
        test_rig_drop(&rig);
        return;
    }
    zs_exec *exec = test_rig_exec(&rig, &rig.arena, &d, plan);
    zs_exec_run(exec);
    ck_assert_ptr_null(zs_exec_overflowed(exec));
    const size_t n = (size_t)zs_shape_elems(rig.net->tensors[rig.net->input].shape);
    float *x = zs_new(&rig.arena, float, n);
    for (size_t i = 0; i < n; i++)
        x[i] = i % 3 ? FLT_MAX : -FLT_MAX;
    zs_exec_set_input(exec, 0, x);
    zs_exec_run(exec);
    ck_assert_ptr_nonnull(zs_exec_overflowed(exec));
    ck_assert_str_eq(zs_exec_overflowed(exec)->name, "conv1");
    test_rig_drop(&rig);
}
END_TEST

TCase *tcase_executor(void)
{
    TCase *tc = tcase_create("executor");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, test_fused_pool_of_any_window_equals_the_reference, 0, 5 * 4);
    tcase_add_test(tc, test_pooled_tensor_is_still_there_for_a_concatenation);
    tcase_add_test(tc, test_pooled_tensor_is_still_there_as_part_of_the_output);
    tcase_add_test(tc, test_pooled_tensor_is_still_there_for_a_view);
    tcase_add_test(tc, test_pooled_concatenation_is_still_there_for_an_outer_one);
    tcase_add_test(tc, test_pool_behind_nested_concatenations_sees_all_parts);
    tcase_add_test(tc, test_single_pixel_behind_padding_is_not_read);
    tcase_add_loop_test(tc, test_first_layer_that_overflows_is_known, 0,
                        (int)zs_kind_n * ZS_FUSION_GROUPS);
    return tc;
}
