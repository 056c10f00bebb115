#include "support.h"

#include "bound_case.h"
#include "tiled.h"
#include "zynqsim/bound.h"

#include <math.h>

static void assert_near(double got, double want)
{
    ck_assert_msg(fabs(got - want) <= 1e-9 * fabs(want), "%.12g instead of %.12g", got, want);
}

START_TEST(the_default_design_has_these_roofs)
{
    const zs_design d = bound_case_design();
    const zs_roofline r = zs_roofline_of(&d);
    assert_near(r.peak_gops, 6.4);
    assert_near(r.device_peak_gops, 8.8); /* 44 MACs of 5 DSP */
    assert_near(r.axi_bytes_per_s, 2.4e9);
    assert_near(r.dram_bytes_per_s, 8 / 1875e-12 * (1 - 160.0 / 4128));
    assert_near(r.bandwidth_bytes_per_s, 2.4e9);
    assert_near(r.ridge_ops_per_byte, 6.4 / 2.4);
}
END_TEST

START_TEST(slices_that_make_no_whole_mac_are_not_counted)
{
    zs_design d = bound_case_design();
    d.board.dsp = 224;
    assert_near(zs_roofline_of(&d).device_peak_gops, 8.8);
    d.board.dsp = 225;
    assert_near(zs_roofline_of(&d).device_peak_gops, 9);
}
END_TEST

static const struct {
    uint32_t precision, banks_oc, ii, tile_oc, tile_pixels;
    bool pipeline;
    double peak_gops, device_peak_gops;
} engines[] = {
    {ZS_FP32, 0, 1, 32, 14, true, 6.4, 8.8},    {ZS_FIXED16, 0, 1, 32, 14, true, 6.4, 44},
    {ZS_INT8, 0, 1, 32, 14, true, 6.4, 44},     {ZS_FP32, 0, 4, 32, 14, true, 1.6, 8.8},
    {ZS_FP32, 1, 1, 32, 14, true, 0.8, 8.8},    {ZS_FP32, 0, 1, 32, 14, false, 6.4 / 27, 8.8},
    {ZS_FP32, 0, 1, 8, 1, true, 6.4 / 20, 8.8},
};

START_TEST(the_compute_roof_falls_with_the_interval)
{
    zs_design d = bound_case_design();
    d.accel.precision = engines[_i].precision;
    TILED(d)->mac.bank_oc = engines[_i].banks_oc;
    d.accel.ii = engines[_i].ii;
    TILED(d)->tile.oc = engines[_i].tile_oc;
    TILED(d)->tile.oy = TILED(d)->tile.ox = engines[_i].tile_pixels;
    d.accel.pipeline = engines[_i].pipeline;
    const zs_roofline r = zs_roofline_of(&d);
    assert_near(r.peak_gops, engines[_i].peak_gops);
    assert_near(r.device_peak_gops, engines[_i].device_peak_gops);
}
END_TEST

static const struct {
    uint32_t input, weight, output, order;
    double bytes_per_s;
} ports[] = {
    {ZS_PORT_HP0, ZS_PORT_HP1, ZS_PORT_HP2, ZS_OUTPUT_STATIONARY, 2.4e9},
    {ZS_PORT_HP0, ZS_PORT_HP0, ZS_PORT_HP2, ZS_OUTPUT_STATIONARY, 1.6e9},
    {ZS_PORT_HP0, ZS_PORT_HP0, ZS_PORT_HP0, ZS_OUTPUT_STATIONARY, 1.6e9},
    {ZS_PORT_HP0, ZS_PORT_HP1, ZS_PORT_HP2, ZS_WEIGHT_STATIONARY, 3.2e9},
    {ZS_PORT_HP0, ZS_PORT_HP1, ZS_PORT_HP0, ZS_INPUT_STATIONARY, 2.4e9},
    {ZS_PORT_GP0, ZS_PORT_GP1, ZS_PORT_ACP, ZS_OUTPUT_STATIONARY, 1.6e9},
};

START_TEST(the_axi_roof_counts_each_channel_in_use_once)
{
    zs_design d = bound_case_design();
    d.accel.ports.input = ports[_i].input;
    d.accel.ports.weight = ports[_i].weight;
    d.accel.ports.output = ports[_i].output;
    TILED(d)->loop_order = ports[_i].order;
    assert_near(zs_roofline_of(&d).axi_bytes_per_s, ports[_i].bytes_per_s);
}
END_TEST

START_TEST(the_lower_of_the_axi_and_dram_roofs_counts)
{
    zs_design d = bound_case_design();
    d.board.memory.bus_bytes = 2;
    const zs_roofline r = zs_roofline_of(&d);
    assert_near(r.bandwidth_bytes_per_s, r.dram_bytes_per_s);
    ck_assert_double_lt(r.dram_bytes_per_s, r.axi_bytes_per_s);
    assert_near(r.ridge_ops_per_byte, 6.4e9 / r.dram_bytes_per_s);
}
END_TEST

START_TEST(a_memory_of_fixed_latency_has_no_roof_of_its_own)
{
    zs_design d = bound_case_design();
    d.board.memory.kind = ZS_MEMORY_FIXED;
    d.board.memory.bus_bytes = 1;
    const zs_roofline r = zs_roofline_of(&d);
    assert_near(r.dram_bytes_per_s, 2.4e9);
    assert_near(r.bandwidth_bytes_per_s, 2.4e9);
}
END_TEST

static const struct {
    double ops_per_byte, gops;
} points[] = {{0, 0}, {0.5, 1}, {2, 4}, {4, 8}, {4.0001, 8}, {100, 8}, {INFINITY, 8}};

START_TEST(attainable_is_the_lower_roof)
{
    const zs_roofline r = {.peak_gops = 8, .bandwidth_bytes_per_s = 2e9, .ridge_ops_per_byte = 4};
    assert_near(zs_roofline_attainable_gops(&r, points[_i].ops_per_byte), points[_i].gops);
}
END_TEST

TCase *tcase_roofs(void);
TCase *tcase_roofs(void)
{
    TCase *tc = tcase_create("roofline");
    tcase_add_test(tc, the_default_design_has_these_roofs);
    tcase_add_test(tc, slices_that_make_no_whole_mac_are_not_counted);
    tcase_add_loop_test(tc, the_compute_roof_falls_with_the_interval, 0, (int)ZS_LEN(engines));
    tcase_add_loop_test(tc, the_axi_roof_counts_each_channel_in_use_once, 0, (int)ZS_LEN(ports));
    tcase_add_test(tc, the_lower_of_the_axi_and_dram_roofs_counts);
    tcase_add_test(tc, a_memory_of_fixed_latency_has_no_roof_of_its_own);
    tcase_add_loop_test(tc, attainable_is_the_lower_roof, 0, (int)ZS_LEN(points));
    return tc;
}
