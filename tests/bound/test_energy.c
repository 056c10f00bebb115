#include "support.h"

#include "bound_case.h"
#include "zynqsim/bound.h"

#include <math.h>

static void assert_near(double got, double want)
{
    ck_assert_msg(fabs(got - want) <= 1e-12 * fabs(want), "%.12g instead of %.12g", got, want);
}

/* One second; 1e9 MACs; per MAC 4/8 B of input, 4 B of weights, 2 x 4/4 B of sums. */
START_TEST(the_parts_follow_their_coefficients)
{
    const zs_design d = bound_case_design();
    const zs_resources used = {.n = {[ZS_RESOURCE_LUT] = 20000, [ZS_RESOURCE_FF] = 30000}};
    const zs_energy e = zs_energy_of(&d, 100000000, 1000000000, 2000000000, &used);
    assert_near(e.part_j[ZS_ENERGY_LUT], 0.15e-12 * 20000 * 1e8);
    assert_near(e.part_j[ZS_ENERGY_FF], 0.09e-12 * 30000 * 1e8);
    assert_near(e.part_j[ZS_ENERGY_AXI], 0.04);
    assert_near(e.part_j[ZS_ENERGY_STATIC], 0.13);
    assert_near(e.part_j[ZS_ENERGY_PS], 1.4);
    assert_near(e.part_j[ZS_ENERGY_MAC], 0.04);
    assert_near(e.part_j[ZS_ENERGY_BRAM], 2.5e-12 * (1e9 * 6.5 + 2e9));
    assert_near(e.part_j[ZS_ENERGY_DRAM], 0.96);
    assert_near(e.pl_j, e.joules - e.part_j[ZS_ENERGY_PS] - e.part_j[ZS_ENERGY_DRAM]);
}
END_TEST

static const struct {
    uint64_t cycles, macs, bytes;
} runs[] = {{0, 0, 0}, {1, 0, 0}, {4000000, 389000000, 12000000}, {UINT64_MAX, 1, 1}};

START_TEST(the_parts_add_up)
{
    const zs_design d = bound_case_design();
    const zs_resources used = {.n = {[ZS_RESOURCE_LUT] = 100, [ZS_RESOURCE_FF] = 100}};
    const zs_energy e = zs_energy_of(&d, runs[_i].cycles, runs[_i].macs, runs[_i].bytes, &used);
    double sum = 0, lo = 0, hi = 0;
    for (uint32_t i = 0; i < ZS_ENERGY_PART_N; i++) {
        sum += e.part_j[i];
        lo += e.part_j[i] * zs_energy_parts[i].lo;
        hi += e.part_j[i] * zs_energy_parts[i].hi;
    }
    assert_near(sum, e.joules);
    assert_near(lo, e.lo_joules);
    assert_near(hi, e.hi_joules);
    ck_assert(e.joules == 0 || (e.lo_joules < e.joules && e.joules < e.hi_joules));
    assert_near(e.watts * ((double)runs[_i].cycles / 1e8), e.joules);
}
END_TEST

START_TEST(no_time_is_no_power)
{
    const zs_design d = bound_case_design();
    ck_assert_double_eq(zs_energy_of(&d, 0, 10, 10, NULL).watts, 0);
}
END_TEST

/* Sums do not shrink with fixed16: 48 bits. */
static const struct {
    uint32_t precision;
    double mac_j, bram_bytes_per_mac;
} kinds[] = {{ZS_FP32, 40e-12, 0.5 + 4 + 2},
             {ZS_FIXED16, 10e-12, 0.25 + 2 + 3},
             {ZS_INT8, 7e-12, 0.125 + 1 + 2},
             {ZS_W8A16, 10e-12, 0.25 + 1 + 3}};

START_TEST(narrow_numbers_move_fewer_bytes)
{
    zs_design d = bound_case_design();
    d.accel.precision = kinds[_i].precision;
    const zs_energy e = zs_energy_of(&d, 100, 1000, 0, NULL);
    assert_near(e.part_j[ZS_ENERGY_MAC], 1000 * kinds[_i].mac_j);
    assert_near(e.part_j[ZS_ENERGY_BRAM], 2.5e-12 * 1000 * kinds[_i].bram_bytes_per_mac);
}
END_TEST

START_TEST(lanes_that_share_an_operand_read_it_once)
{
    zs_design d = bound_case_design();
    const double before = zs_energy_of(&d, 100, 1000, 0, NULL).part_j[ZS_ENERGY_BRAM];
    d.accel.unroll.ox = 2;
    assert_near(before - zs_energy_of(&d, 100, 1000, 0, NULL).part_j[ZS_ENERGY_BRAM],
                2.5e-12 * 1000 * 2);
    d = bound_case_design();
    d.accel.unroll.kx = 2;
    assert_near(before - zs_energy_of(&d, 100, 1000, 0, NULL).part_j[ZS_ENERGY_BRAM],
                2.5e-12 * 1000 * 1);
}
END_TEST

TCase *tcase_energy(void);
TCase *tcase_energy(void)
{
    TCase *tc = tcase_create("energy");
    tcase_add_test(tc, the_parts_follow_their_coefficients);
    tcase_add_loop_test(tc, the_parts_add_up, 0, (int)ZS_LEN(runs));
    tcase_add_test(tc, no_time_is_no_power);
    tcase_add_loop_test(tc, narrow_numbers_move_fewer_bytes, 0, (int)ZS_LEN(kinds));
    tcase_add_test(tc, lanes_that_share_an_operand_read_it_once);
    return tc;
}
