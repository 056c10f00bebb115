#include "kind_rows.h"
#include "random_design.h"
#include "rig.h"
#include "sim_cases.h"
#include "small_nets.h"
#include "zynqsim/kind.h"

#include <math.h>

/* Unsigned activations: every kind gives the bits of the reference, and those are nearer to single
 * precision than with signed ones. */

enum { DESIGNS = 6 };

static bool is_taken(const test_rig *rig, zs_arena *arena, const zs_design *d)
{
    zs_err err = {0};
    zs_plan *plan;
    return zs_design_check(d, &err) == ZS_OK &&
           zs_plan_build(arena, d, rig->net, &plan, &err) == ZS_OK;
}

START_TEST(test_every_kind_gives_the_bits_of_the_reference)
{
    test_rig rig;
    zs_arena point;
    uint32_t kinds = 0;
    zs_prng prng = {.state = 77 + (uint64_t)_i};
    test_rig_init(&rig, _i, ZS_INT8);
    test_rig_unsign(&rig);
    zs_arena_init(&point, test_heap());
    for (uint32_t kind = 0; kind < KIND_N; kind++) {
        zs_design d;
        zs_design_defaults(&d);
        zs_design_set_kind(&d, kind);
        d.accel.precision = ZS_INT8;
        d.accel.fusion = ZS_FUSION_NONE;
        if (zs_kind_bias_bits(&d) != 0 || !is_taken(&rig, &point, &d))
            continue;
        kinds++;
        test_rig_execute(&rig, &point, &d, ZS_TILE);
        zs_arena_reset(&point);
    }
    ck_assert_uint_ge(kinds, 4);
    for (int k = 0; k < DESIGNS; k++) {
        const zs_design d = test_random_design(&prng, ZS_INT8);
        test_rig_execute(&rig, &point, &d, ZS_TILE);
        zs_arena_reset(&point);
    }
    zs_arena_drop(&point);
    test_rig_drop(&rig);
}
END_TEST

/* Squared differences of the outputs from those of single precision. */
static double error_of(const test_rig *rig, const test_rig *real)
{
    double sum = 0;
    for (int i = 0; i < RIG_IMAGES; i++)
        for (size_t k = 0; k < rig->output_n; k++)
            sum += pow((double)rig->outputs[i][k] - (double)real->outputs[i][k], 2);
    return sum;
}

START_TEST(test_all_256_values_are_nearer_to_single_precision)
{
    test_rig real, narrow;
    double with_sign = 0, without = 0;
    for (int net = 0; net < TEST_NET_N; net++) {
        test_rig_init(&real, net, ZS_FP32);
        test_rig_init(&narrow, net, ZS_INT8);
        with_sign += error_of(&narrow, &real);
        test_rig_unsign(&narrow);
        without += error_of(&narrow, &real);
        test_rig_drop(&narrow);
        test_rig_drop(&real);
    }
    ck_assert_double_lt(without, 0.8 * with_sign);
}
END_TEST

TCase *tcase_unsigned(void)
{
    TCase *tc = tcase_create("unsigned activations");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, test_every_kind_gives_the_bits_of_the_reference, 0, TEST_NET_N);
    tcase_add_test(tc, test_all_256_values_are_nearer_to_single_precision);
    return tc;
}
