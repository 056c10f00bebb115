#include "fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 1 ns a clock, 4 bytes wide: 8 bytes a clock at best. */
const zs_memory_params fixture_memory = {.tck_ps = 1000, .bus_bytes = 4};

const zs_traffic_case fixture_traffic[FIXTURE_TRAFFIC_N] = {
    {.name = "a, \"b\"\x1b[2J",
     .result = {.requests = 30,
                .read_bytes = 3000,
                .write_bytes = 1000,
                .ddr_cycles = 1000,
                .reads = {.n = 20, .sum_ddr_cycles = 1210, .p95_ddr_cycles = 99},
                .writes = {.n = 10}}},
    {.name = "only writes", .result = {.requests = 1, .write_bytes = 4, .ddr_cycles = 3}},
};

#define MEASURED(value) .lo = (value), .hi = (value)

static zs_check first_checks[] = {
    {.name = "exact",
     .scope = "",
     .figure = "cycles",
     .unit = "PL cycles",
     .predicted = 123456,
     MEASURED(123456),
     .reason = "",
     .source = "a table"},
    {.name = "far, \"off\"",
     .scope = "conv\x1b[2J#2",
     .figure = "seconds",
     .unit = "s",
     .predicted = 0.0012,
     MEASURED(0.001),
     .tolerance = {.frac = 0.05, .absolute = 30e-6},
     .reason = "the first rows, which are padding",
     .source = ""},
};

static zs_check second_checks[] = {
    {.name = "band",
     .scope = "",
     .figure = "frac_peak",
     .unit = "of the peak",
     .predicted = 0.55,
     .lo = 0.5,
     .hi = 0.6,
     .tolerance = {.frac = 0.03},
     .reason = "",
     .source = ""},
    {.name = "no band",
     .scope = "",
     .figure = "frac_peak",
     .unit = "of the peak",
     .predicted = NAN,
     .lo = NAN,
     .hi = NAN,
     .verdict = ZS_UNJUDGED,
     .reason = "",
     .source = ""},
    {.name = "open",
     .scope = "",
     .figure = "resources.lut.used",
     .unit = "LUT",
     .predicted = 50,
     MEASURED(100),
     .verdict = ZS_REPORTED,
     .reason = "not modelled",
     .source = ""},
};

const zs_section *const *fixture_sections(void)
{
    static zs_section first = {
        .path = "x/runs.csv", .title = "first", .checks = first_checks, .n = ZS_LEN(first_checks)};
    static zs_section second = {.path = "bands.csv",
                                .title = "second",
                                .checks = second_checks,
                                .n = ZS_LEN(second_checks),
                                .mean_limit_frac = 0.01};
    static const zs_section *const both[FIXTURE_SECTION_N] = {&first, &second};
    zs_section *sections[] = {&first, &second};
    for (size_t k = 0; k < ZS_LEN(sections); k++) {
        for (uint32_t i = 0; i < sections[k]->n; i++)
            zs_check_judge(&sections[k]->checks[i]);
        zs_section_close(sections[k]);
    }
    return both;
}

void fixture_golden(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "tests/report/golden/%s", name);
    if (getenv("REPORT_BLESS") != NULL) {
        FILE *file = fopen(path, "wb");
        ck_assert_ptr_nonnull(file);
        ck_assert_uint_eq(fwrite(text, 1, strlen(text), file), strlen(text));
        ck_assert_int_eq(fclose(file), 0);
    }
    const zs_span golden = test_read_file(path);
    ck_assert_msg(golden.data != NULL, "%s is missing", path);
    size_t same = 0;
    while (same < golden.bytes && (char)golden.data[same] == text[same])
        same++;
    ck_assert_msg(same == golden.bytes && text[same] == '\0',
                  "%s differs from byte %zu on, where there is now: %.200s", path, same,
                  text + same);
    free((void *)golden.data);
}
