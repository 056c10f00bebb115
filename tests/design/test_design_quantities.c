#include "design_case.h"

#include <string.h>

static const struct {
    const char *path, *text;
    double value;
} good[] = {
    {"accelerator.clock", "100 MHz", 100e6},
    {"accelerator.clock", "100MHz", 100e6},
    {"accelerator.clock", " 0.125 GHz ", 125e6},
    {"accelerator.clock", "142857 kHz", 142857e3},
    {"accelerator.clock", "1e8", 100e6},
    {"accelerator.clock", "1.5E+8 Hz", 150e6},
    {"accelerator.clock", "+200e6", 200e6},
    {"accelerator.clock", "142857142", 142857142},
    {"accelerator.buffer.weight", "256 KiB", 262144},
    {"accelerator.buffer.weight", "1.5 KiB", 1536},
    {"accelerator.buffer.weight", "0.25 MiB", 262144},
    {"accelerator.buffer.weight", "1 GiB", 1073741824},
    {"accelerator.buffer.weight", "36 kB", 36000},
    {"accelerator.buffer.weight", "1 MB", 1e6},
    {"accelerator.buffer.weight", "0 B", 0},
    {"board.memory.bytes", "16 GiB", 17179869184.0},
    {"board.memory.bytes", "4 GB", 4e9},
    {"board.memory.clock_period", "1.875 ns", 1875},
    {"board.memory.clock_period", "1875 ps", 1875},
    {"board.memory.clock_period", "0.001875 us", 1875},
    {"board.cpu.call_overhead", "14.3 us", 14.3e-6},
    {"board.cpu.call_overhead", "0.0143 ms", 14.3e-6},
    {"board.cpu.call_overhead", "14300 ns", 14.3e-6},
    {"board.cpu.call_overhead", "14300000 ps", 14.3e-6},
    {"board.cpu.call_overhead", "1.43e-5", 1.43e-5},
    {"board.cpu.call_overhead", "0 s", 0},
    {"board.cpu.cache_bytes_per_second", "800 MB/s", 800e6},
    {"board.cpu.cache_bytes_per_second", "1.2 GB/s", 1.2e9},
    {"board.cpu.cache_bytes_per_second", "4 MiB/s", 4194304},
    {"board.cpu.cache_bytes_per_second", "2000 kB/s", 2e6},
    {"board.power.pl_static", "130 mW", 0.13},
    {"board.power.dram_per_byte", "480 pJ/B", 480e-12},
    {"board.power.mac_int8", "0.007 nJ/op", 7e-12},
    {"board.power.mac_int8", "7000 fJ/op", 7e-12},
    {"accelerator.tile.oc", "48", 48},
    {"accelerator.tile.oc", "48 channels", 48},
    {"accelerator.dma.start", "7 PL cycles", 7},
    {"network.preprocess.mean0", "-12.5", -12.5},
    {"network.preprocess.mean0", "-1e6", -1e6},
};

static double value_of(const zs_design *d, const zs_field *f)
{
    const void *member = (const char *)d + f->offset;
    switch (f->type) {
    case ZS_FIELD_U32:
        return *(const uint32_t *)member;
    case ZS_FIELD_U64:
        return (double)*(const uint64_t *)member;
    default:
        return *(const double *)member;
    }
}

START_TEST(test_units_are_converted_exactly)
{
    design_case c;
    design_case_start(&c);
    ck_assert_msg(design_case_set(&c, good[_i].path, good[_i].text) == ZS_OK, "%s", c.err.text);
    ck_assert_double_eq(value_of(&c.design, zs_field_find(good[_i].path)), good[_i].value);
    design_case_end(&c);
}
END_TEST

static const struct {
    const char *path, *text;
    zs_status status;
    const char *part; /* of the sentence */
} bad[] = {
    {"accelerator.clock", "600 MHz", ZS_ERANGE, "600 MHz is above the maximum 500 MHz"},
    {"accelerator.clock", "999999", ZS_ERANGE, "999999 is below the minimum 1 MHz"},
    {"accelerator.clock", "-100 MHz", ZS_ERANGE, "-100 MHz is below the minimum 1 MHz"},
    {"accelerator.clock", "100.5", ZS_ERANGE, "100.5 is not a whole number of Hz"},
    {"accelerator.clock", "100 MHZ", ZS_EPARSE, "unknown unit 'MHZ'"},
    {"accelerator.clock", "10 ns", ZS_EPARSE, "known: Hz, kHz, MHz, GHz"},
    {"accelerator.clock", "fast", ZS_EPARSE, "'fast' is not a number"},
    {"accelerator.clock", "", ZS_EPARSE, "'' is not a number"},
    {"accelerator.clock", "MHz", ZS_EPARSE, "is not a number"},
    {"accelerator.clock", ".", ZS_EPARSE, "is not a number"},
    {"accelerator.clock", "1e", ZS_EPARSE, "unknown unit 'e'"},
    {"accelerator.clock", "1e999 Hz", ZS_EPARSE, "is not a number"},
    {"accelerator.clock", "0x10", ZS_EPARSE, "unknown unit 'x10'"},
    {"accelerator.clock", "100 MHz 5", ZS_EPARSE, "unknown unit 'MHz 5'"},
    {"accelerator.clock", "1e300", ZS_ERANGE, "above the maximum"},
    {"accelerator.clock", "18446744073709551616", ZS_EPARSE, "at most 19 digits"},
    {"accelerator.clock", "18446744073709551615", ZS_ERANGE, "above the maximum"},
    {"accelerator.tile.oc", "0", ZS_ERANGE, "0 is below the minimum 1 channels"},
    {"accelerator.tile.oc", "65536", ZS_ERANGE, "65536 is above the maximum 65535 channels"},
    {"accelerator.tile.oc", "4294967297", ZS_ERANGE, "above the maximum"},
    {"accelerator.tile.oc", "8 rows", ZS_EPARSE, "known: channels"},
    {"accelerator.tile.oc", "8.5", ZS_ERANGE, "8.5 is not a whole number of channels"},
    {"accelerator.tile.oc", "nan", ZS_EPARSE, "is not a number"},
    {"board.memory.clock_period", "1.8755 ns", ZS_ERANGE, "not a whole number of ps"},
    {"board.cpu.call_overhead", "2 s", ZS_ERANGE, "2 s is above the maximum 1 s"},
    {"board.cpu.call_overhead", "-1 us", ZS_ERANGE, "below the minimum 0 s"},
    {"board.cpu.call_overhead", "inf", ZS_EPARSE, "is not a number"},
    {"board.cpu.call_overhead", "1e400", ZS_ERANGE, "above the maximum"},
    {"network.preprocess.mean0", "104 pixels", ZS_EPARSE, "this is a plain number"},
    {"network.preprocess.mean0", "1000001", ZS_ERANGE, "above the maximum 1000000"},
    {"accelerator.buffer.weight", "17179869184 GiB", ZS_EPARSE, "too many digits"},
};

START_TEST(test_a_wrong_quantity_is_named_with_its_limit)
{
    design_case c;
    design_case_start(&c);
    const zs_design before = c.design;
    ck_assert_int_eq(design_case_set(&c, bad[_i].path, bad[_i].text), bad[_i].status);
    ck_assert_str_eq(c.err.place, bad[_i].path);
    ck_assert_msg(strstr(c.err.text, bad[_i].part) != NULL, "'%s' in: %s", bad[_i].part,
                  c.err.text);
    ck_assert_mem_eq(&before, &c.design, sizeof before);
    design_case_end(&c);
}
END_TEST

static const struct {
    const char *path, *text, *printed;
} prints[] = {
    {"accelerator.clock", "142857142", "142.857142 MHz"},
    {"accelerator.clock", "1000000", "1 MHz"},
    {"board.memory.bytes", "1572864", "1536 KiB"},
    {"board.memory.bytes", "1048577", "1048577 B"},
    {"board.memory.bytes", "512 MiB", "512 MiB"},
    {"board.memory.clock_period", "1875", "1.875 ns"},
    {"board.memory.clock_period", "625", "625 ps"},
    {"board.cpu.call_overhead", "14.3e-6", "14.3 us"},
    {"board.cpu.call_overhead", "0.25", "250 ms"},
    {"board.cpu.call_overhead", "1", "1 s"},
    {"board.cpu.call_overhead", "0", "0"},
    {"board.cpu.call_overhead", "1e-15", "0.001 ps"},
    {"board.cpu.call_overhead", "1e-30", "1e-18 ps"},
    {"board.cpu.cycles_per_mac", "7.79", "7.79"},
    {"board.cpu.cycles_per_mac", "0.1", "0.1"},
    {"board.cpu.cycles_per_mac", "0.3333333333333333", "0.3333333333333333"},
    {"board.power.dram_per_byte", "480e-12", "480 pJ/B"},
    {"network.preprocess.mean0", "-0.5", "-0.5"},
    {"network.preprocess.scale0", "0.0171247538316637", "0.0171247538316637"},
    {"accelerator.tile.oc", "4096", "4096"},
};

START_TEST(test_quantities_print_with_a_readable_prefix)
{
    design_case c;
    char text[64];
    design_case_start(&c);
    ck_assert_msg(design_case_set(&c, prints[_i].path, prints[_i].text) == ZS_OK, "%s", c.err.text);
    ck_assert_int_eq(zs_design_print(&c.design, zs_field_find(prints[_i].path), text, sizeof text),
                     ZS_OK);
    ck_assert_str_eq(text, prints[_i].printed);
    design_case_end(&c);
}
END_TEST

START_TEST(test_random_doubles_print_and_read_back_bit_for_bit)
{
    const zs_field *f = zs_field_find("board.cpu.cycles_per_mac");
    zs_prng prng = {.state = 7};
    design_case c;
    char text[64];
    design_case_start(&c);
    for (int i = 0; i < 2000; i++) {
        const double value = (double)(zs_prng_next(&prng) >> 11) * 0x1p-53 *
                             (i % 3 == 0   ? 1e6
                              : i % 3 == 1 ? 1.0
                                           : 1e-12);
        c.design.board.cpu.cycles_per_mac = value;
        ck_assert_int_eq(zs_design_print(&c.design, f, text, sizeof text), ZS_OK);
        c.design.board.cpu.cycles_per_mac = -1;
        ck_assert_msg(design_case_set(&c, f->path, text) == ZS_OK, "%s: %s", text, c.err.text);
        ck_assert_msg(c.design.board.cpu.cycles_per_mac == value, "%s is not %.17g", text, value);
    }
    design_case_end(&c);
}
END_TEST

START_TEST(test_the_units_of_a_field_can_be_listed)
{
    ck_assert_str_eq(zs_unit_word("Hz", 0), "Hz");
    ck_assert_str_eq(zs_unit_word("Hz", 3), "GHz");
    ck_assert_ptr_null(zs_unit_word("Hz", 4));
    ck_assert_ptr_null(zs_unit_word("lanes", 0));
    ck_assert_ptr_null(zs_unit_word("", 0));
}
END_TEST

TCase *tcase_quantities(void)
{
    TCase *tc = tcase_create("quantities");
    tcase_add_loop_test(tc, test_units_are_converted_exactly, 0, ZS_LEN(good));
    tcase_add_loop_test(tc, test_a_wrong_quantity_is_named_with_its_limit, 0, ZS_LEN(bad));
    tcase_add_loop_test(tc, test_quantities_print_with_a_readable_prefix, 0, ZS_LEN(prints));
    tcase_add_test(tc, test_random_doubles_print_and_read_back_bit_for_bit);
    tcase_add_test(tc, test_the_units_of_a_field_can_be_listed);
    return tc;
}
