#include "support.h"

#include "zynqsim/capacity.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const zs_cpu_params cpu = {.clock_hz = 1000000000,
                                  .register_write_s = 100e-9,
                                  .register_read_s = 50e-9,
                                  .register_write_pl_cycles = 4,
                                  .register_read_pl_cycles = 6,
                                  .call_overhead_s = 3e-6,
                                  .cache_bytes_per_s = 500e6,
                                  .cycles_per_mac = 7,
                                  .cycles_per_pool_op = 6,
                                  .cycles_per_element = 5,
                                  .cycles_per_exp = 200};

static const struct {
    zs_cpu_work kind;
    uint64_t n;
    double seconds;
} works[] = {
    {ZS_CPU_MACS, 0, 0},           {ZS_CPU_MACS, 1000, 7e-6}, {ZS_CPU_POOL_OPS, 1000, 6e-6},
    {ZS_CPU_ELEMENTS, 1000, 5e-6}, {ZS_CPU_EXPS, 1000, 2e-4},
};

START_TEST(software_takes_cycles_per_unit_of_work)
{
    ck_assert_double_eq_tol(zs_cpu_work_s(&cpu, works[_i].kind, works[_i].n), works[_i].seconds,
                            1e-15);
}
END_TEST

START_TEST(a_register_access_has_a_fixed_part_and_clocks_of_the_pl)
{
    ck_assert_double_eq_tol(zs_cpu_register_write_s(&cpu, 100000000), 140e-9, 1e-15);
    ck_assert_double_eq_tol(zs_cpu_register_write_s(&cpu, 200000000), 120e-9, 1e-15);
    ck_assert_double_eq_tol(zs_cpu_register_read_s(&cpu, 100000000), 110e-9, 1e-15);
    ck_assert_double_eq_tol(zs_cpu_register_read_s(&cpu, 50000000), 170e-9, 1e-15);
}
END_TEST

START_TEST(a_call_writes_its_registers_and_the_start_bit)
{
    ck_assert_double_eq_tol(zs_cpu_call_start_s(&cpu, 100000000, 0), 140e-9, 1e-15);
    ck_assert_double_eq_tol(zs_cpu_call_start_s(&cpu, 100000000, 28), 29 * 140e-9, 1e-15);
}
END_TEST

START_TEST(a_call_ends_with_a_poll_and_the_return)
{
    ck_assert_double_eq_tol(zs_cpu_call_end_s(&cpu, 100000000), 3.11e-6, 1e-15);
}
END_TEST

START_TEST(cache_maintenance_goes_by_bytes)
{
    ck_assert_double_eq(zs_cpu_cache_s(&cpu, 0), 0);
    ck_assert_double_eq_tol(zs_cpu_cache_s(&cpu, 1000), 2e-6, 1e-15);
}
END_TEST

/* 2^-8 s is 390,625 cycles of 100 MHz exactly; the next double above it is more. */
static const struct {
    double seconds;
    uint64_t hz, cycles;
} times[] = {
    {0, 100000000, 0},
    {-1, 100000000, 0},
    {1, 100000000, 100000000},
    {0x1p-8, 100000000, 390625},
    {0x1.0000000000001p-8, 100000000, 390626},
    {0x1.fffffffffffffp-9, 100000000, 390625},
    {172.7e-9, 100000000, 18},
    {2.5, 3, 8},
    {0x1p60, 8, UINT64_C(1) << 63},
    {0x1p60, 16, UINT64_MAX},
    {0x1.8p53, 2, UINT64_C(3) << 53},
    {0x1p64, 1, UINT64_MAX},
    {DBL_TRUE_MIN, UINT64_MAX, 1},
    {0x1p-117, UINT64_MAX, 1},
    {0x1.fffffffffffffp-64, UINT64_MAX, 2},
    {DBL_MAX, 1, UINT64_MAX},
    {INFINITY, 1, UINT64_MAX},
    {NAN, 100000000, 0},
};

START_TEST(seconds_round_up_to_cycles_from_the_exact_value)
{
    ck_assert_uint_eq(zs_seconds_to_pl_cycles(times[_i].seconds, times[_i].hz), times[_i].cycles);
}
END_TEST

/* ---- against the measured network ------------------------------------------------------------ */

enum { COLUMNS = 16 };

static size_t split(char *line, char *cells[COLUMNS])
{
    size_t n = 0;
    line[strcspn(line, "\r\n")] = '\0';
    for (char *at = line; n < COLUMNS && at != NULL; n++) {
        cells[n] = at;
        at = strchr(at, ',');
        if (at != NULL)
            *at++ = '\0';
    }
    return n;
}

/* Sum of column `value` over the rows for which `wanted` holds. */
static double sum_of(const char *relative, bool (*wanted)(char *cells[COLUMNS]), size_t value)
{
    const zs_span file = test_read_file(test_shared(relative));
    char *text = malloc(file.bytes + 1), *line = text, *cells[COLUMNS];
    memcpy(text, file.data, file.bytes);
    text[file.bytes] = '\0';
    double sum = 0;
    while (line != NULL && *line != '\0') {
        char *next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        if (split(line, cells) > value && wanted(cells))
            sum += strtod(cells[value], NULL);
        line = next;
    }
    free(text);
    free((void *)(uintptr_t)file.data);
    return sum;
}

static bool is_software(char *cells[COLUMNS])
{
    return strcmp(cells[2], "sw_cortex_a9") == 0;
}

static bool is_software_conv(char *cells[COLUMNS])
{
    return is_software(cells) && strchr("CF", cells[3][0]) != NULL;
}

static bool is_software_pool(char *cells[COLUMNS])
{
    return is_software(cells) && strncmp(cells[3], "MP", 2) == 0;
}

static bool is_software_copy(char *cells[COLUMNS])
{
    return is_software(cells) && cells[3][0] == 'M' && cells[3][1] != 'P';
}

static bool is_software_softmax(char *cells[COLUMNS])
{
    return is_software(cells) && strcmp(cells[3], "SMAX") == 0;
}

static bool is_call(char *cells[COLUMNS])
{
    return cells[0][0] >= '0' && cells[0][0] <= '9';
}

#define END_TO_END "reference/published/squeezejet2_dfp_squeezenet_end_to_end.csv"
#define CALLS      "reference/published/squeezejet2_dfp_xc7z020_squeezenet_layers.csv"

/* Work of the rows: docs/models/cpu.md. */
START_TEST(default_rates_reproduce_the_measured_software_network)
{
    if (test_shared(END_TO_END) == NULL) {
        test_say_skipped("default_rates_reproduce_the_measured_software_network");
        return;
    }
    zs_design d;
    zs_design_defaults(&d);
    const zs_cpu_params *a9 = &d.board.cpu;
    const uint64_t macs = (uint64_t)sum_of(CALLS, is_call, 11);
    const struct {
        double measured, predicted;
    } rows[] = {
        {sum_of(END_TO_END, is_software_conv, 4), zs_cpu_work_s(a9, ZS_CPU_MACS, macs)},
        {sum_of(END_TO_END, is_software_pool, 4), zs_cpu_work_s(a9, ZS_CPU_POOL_OPS, 3161088)},
        /* bytes there, elements of four here */
        {sum_of(END_TO_END, is_software_copy, 4), zs_cpu_work_s(a9, ZS_CPU_ELEMENTS, 1505280 / 4)},
        {sum_of(END_TO_END, is_software_softmax, 4),
         zs_cpu_work_s(a9, ZS_CPU_EXPS, 1000) + zs_cpu_work_s(a9, ZS_CPU_ELEMENTS, 1000)},
    };
    for (size_t i = 0; i < ZS_LEN(rows); i++)
        ck_assert_msg(fabs(rows[i].predicted / rows[i].measured - 1) < 0.02,
                      "row %zu: %g s measured, %g s predicted", i, rows[i].measured,
                      rows[i].predicted);
}
END_TEST

TCase *tcase_cpu_times(void);
TCase *tcase_cpu_times(void)
{
    TCase *tc = tcase_create("times of the PS");
    tcase_add_loop_test(tc, software_takes_cycles_per_unit_of_work, 0, (int)ZS_LEN(works));
    tcase_add_test(tc, a_register_access_has_a_fixed_part_and_clocks_of_the_pl);
    tcase_add_test(tc, a_call_writes_its_registers_and_the_start_bit);
    tcase_add_test(tc, a_call_ends_with_a_poll_and_the_return);
    tcase_add_test(tc, cache_maintenance_goes_by_bytes);
    tcase_add_loop_test(tc, seconds_round_up_to_cycles_from_the_exact_value, 0, (int)ZS_LEN(times));
    tcase_add_test(tc, default_rates_reproduce_the_measured_software_network);
    return tc;
}
