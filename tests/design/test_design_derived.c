#include "design_case.h"

static const struct {
    uint32_t precision, elem_bytes, acc_bytes, acc_bits, bias_bytes;
} widths[] = {
    {ZS_FP32, 4, 4, 32, 4},
    {ZS_FIXED16, 2, 8, 48, 4},
    {ZS_INT8, 1, 4, 32, 4},
    {ZS_W8A16, 2, 8, 48, 4},
};

START_TEST(test_each_precision_has_its_widths)
{
    ck_assert_uint_eq(zs_elem_bytes(widths[_i].precision), widths[_i].elem_bytes);
    ck_assert_uint_eq(zs_acc_bytes(widths[_i].precision), widths[_i].acc_bytes);
    ck_assert_uint_eq(zs_acc_bits(widths[_i].precision), widths[_i].acc_bits);
    ck_assert_uint_eq(zs_bias_bytes(widths[_i].precision), widths[_i].bias_bytes);
}
END_TEST

START_TEST(test_lanes_are_the_product_of_all_unrolls)
{
    design_case c;
    static const struct {
        const char *path, *text;
        uint64_t lanes;
    } steps[] = {
        {"accelerator.unroll.oc", "3", 12},  {"accelerator.unroll.ic", "5", 15},
        {"accelerator.unroll.oy", "7", 105}, {"accelerator.unroll.ox", "2", 210},
        {"accelerator.unroll.ky", "3", 630}, {"accelerator.unroll.kx", "11", 6930},
    };
    design_case_start(&c);
    ck_assert_uint_eq(zs_design_lanes(&c.design), 32);
    for (size_t i = 0; i < ZS_LEN(steps); i++) {
        ck_assert_int_eq(design_case_set(&c, steps[i].path, steps[i].text), ZS_OK);
        ck_assert_uint_eq(zs_design_lanes(&c.design), steps[i].lanes);
    }
    design_case_end(&c);
}
END_TEST

START_TEST(test_the_largest_unrolls_do_not_overflow)
{
    zs_design d;
    zs_design_defaults(&d);
    d.accel.unroll.oc = d.accel.unroll.ic = 4096;
    d.accel.unroll.oy = d.accel.unroll.ox = 256;
    d.accel.unroll.ky = d.accel.unroll.kx = 32;
    ck_assert_uint_eq(zs_design_lanes(&d), UINT64_C(1) << 50);
}
END_TEST

START_TEST(test_each_port_has_the_parameters_of_its_class)
{
    zs_design d;
    zs_design_defaults(&d);
    const zs_axi_params *const expected[ZS_PORT_COUNT] = {
        [ZS_PORT_HP0] = &d.board.axi.hp,  [ZS_PORT_HP1] = &d.board.axi.hp,
        [ZS_PORT_HP2] = &d.board.axi.hp,  [ZS_PORT_HP3] = &d.board.axi.hp,
        [ZS_PORT_ACP] = &d.board.axi.acp, [ZS_PORT_GP0] = &d.board.axi.gp,
        [ZS_PORT_GP1] = &d.board.axi.gp,
    };
    for (uint32_t p = 0; p < ZS_PORT_COUNT; p++) {
        const zs_axi_params is = zs_port_params(&d.board, p);
        ck_assert_mem_eq(&is, expected[p], sizeof is);
    }
}
END_TEST

START_TEST(test_an_hp_port_has_what_is_said_of_it_alone)
{
    static const char *const keys[][2] = {{"board.axi.hp2.width", "4"},
                                          {"board.axi.hp2.burst", "8"},
                                          {"board.axi.hp2.outstanding_reads", "1"},
                                          {"board.axi.hp2.outstanding_writes", "2"}};
    zs_design d;
    zs_err err = {0};
    zs_design_defaults(&d);
    for (size_t i = 0; i < ZS_LEN(keys); i++)
        ck_assert_msg(zs_design_set(&d, NULL, keys[i][0], keys[i][1], &err) == ZS_OK, "%s",
                      err.text);
    for (uint32_t p = 0; p < ZS_PORT_COUNT; p++) {
        zs_axi_params expected = p == ZS_PORT_ACP   ? d.board.axi.acp
                                 : p >= ZS_PORT_GP0 ? d.board.axi.gp
                                                    : d.board.axi.hp;
        if (p == ZS_PORT_HP2) {
            expected.beat_bytes = 4;
            expected.max_beats = 8;
            expected.read_outstanding = 1;
            expected.write_outstanding = 2;
        }
        const zs_axi_params is = zs_port_params(&d.board, p);
        ck_assert_mem_eq(&is, &expected, sizeof is);
    }
}
END_TEST

START_TEST(test_memory_peak_is_two_transfers_a_clock)
{
    zs_memory_params m = {.tck_ps = 2000, .bus_bytes = 4};
    ck_assert_double_eq(zs_memory_peak_bytes_per_s(&m), 4e9);
    m.bus_bytes = 2;
    ck_assert_double_eq(zs_memory_peak_bytes_per_s(&m), 2e9);
}
END_TEST

static const struct {
    const char *text;
    bool synthetic;
    uint64_t seed;
} sources[] = {
    {"synthetic", true, 1},
    {"synthetic:0", true, 0},
    {"synthetic:42", true, 42},
    {"synthetic:18446744073709551615", true, UINT64_MAX},
    {"synthetic:18446744073709551616", false, 0},
    {"synthetic:", false, 0},
    {"synthetic:4x", false, 0},
    {"synthetic.npy", false, 0},
    {"synthetics", false, 0},
    {"a.npy", false, 0},
    {"", false, 0},
};

START_TEST(test_a_synthetic_source_has_a_seed)
{
    uint64_t seed = 99;
    ck_assert_int_eq(zs_is_synthetic(sources[_i].text, &seed), sources[_i].synthetic);
    ck_assert_uint_eq(seed, sources[_i].synthetic ? sources[_i].seed : 99);
}
END_TEST

TCase *tcase_derived(void)
{
    TCase *tc = tcase_create("derived");
    tcase_add_loop_test(tc, test_each_precision_has_its_widths, 0, ZS_LEN(widths));
    tcase_add_test(tc, test_lanes_are_the_product_of_all_unrolls);
    tcase_add_test(tc, test_the_largest_unrolls_do_not_overflow);
    tcase_add_test(tc, test_each_port_has_the_parameters_of_its_class);
    tcase_add_test(tc, test_an_hp_port_has_what_is_said_of_it_alone);
    tcase_add_test(tc, test_memory_peak_is_two_transfers_a_clock);
    tcase_add_loop_test(tc, test_a_synthetic_source_has_a_seed, 0, ZS_LEN(sources));
    return tc;
}
