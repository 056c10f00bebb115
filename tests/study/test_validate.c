#include "study_cases.h"
#include "zynqsim/validate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static zs_arena arena;
static zs_err err;

static void setup(void)
{
    err = (zs_err){0};
    zs_arena_init(&arena, test_heap());
}

static void teardown(void)
{
    zs_arena_drop(&arena);
}

/* ---- tolerances ------------------------------------------------------------------------------ */

static const struct {
    const char *text, *printed;
    double frac, absolute;
} tolerances[] = {
    {"exact", "exact", 0, 0},
    {"0", "exact", 0, 0},
    {"5%", "5%", 0.05, 0},
    {"0.5%", "0.5%", 0.005, 0},
    {"30e-6", "3e-05", 0, 30e-6},
    {"12", "12", 0, 12},
    {"8%|30e-6", "8%|3e-05", 0.08, 30e-6},
    {"30e-6|8%", "8%|3e-05", 0.08, 30e-6},
    {"5%|8%", "8%", 0.08, 0},
};

START_TEST(test_a_tolerance_is_exact_a_share_or_an_amount)
{
    zs_tolerance t;
    char text[32];
    ck_assert_int_eq(zs_tolerance_parse(tolerances[_i].text, &t, &err), ZS_OK);
    ck_assert_double_eq_tol(t.frac, tolerances[_i].frac, 1e-15);
    ck_assert_double_eq_tol(t.absolute, tolerances[_i].absolute, 1e-15);
    zs_tolerance_print(&t, text, sizeof text);
    ck_assert_str_eq(text, tolerances[_i].printed);
}
END_TEST

static const struct {
    const char *text;
    zs_status status;
} no_tolerances[] = {
    {"", ZS_EPARSE},      {"about", ZS_EPARSE},    {"%", ZS_EPARSE},   {"5%%", ZS_EPARSE},
    {"5 %", ZS_EPARSE},   {"5%|", ZS_EPARSE},      {"|5%", ZS_EPARSE}, {"5%|6%|7", ZS_EPARSE},
    {"-1", ZS_ERANGE},    {"-5%", ZS_ERANGE},      {"nan", ZS_ERANGE}, {"inf%", ZS_ERANGE},
    {"5%|-1", ZS_ERANGE}, {"exact|5%", ZS_EPARSE},
};

START_TEST(test_a_wrong_tolerance_is_refused)
{
    zs_tolerance t = {.frac = 77};
    ck_assert_int_eq(zs_tolerance_parse(no_tolerances[_i].text, &t, &err),
                     no_tolerances[_i].status);
    ck_assert_str_eq(err.place, no_tolerances[_i].text);
    ck_assert_double_eq(t.frac, 77);
}
END_TEST

/* ---- verdicts -------------------------------------------------------------------------------- */

static const struct {
    double predicted, lo, hi;
    zs_tolerance tolerance;
    double error_frac;
    zs_verdict verdict;
} checks[] = {
    {100, 100, 100, {0, 0}, 0, ZS_INSIDE},
    {101, 100, 100, {0, 0}, 0.01, ZS_OUTSIDE},
    {105, 100, 100, {.frac = 0.05}, 0.05, ZS_INSIDE},
    {95, 100, 100, {.frac = 0.05}, -0.05, ZS_INSIDE},
    {94, 100, 100, {.frac = 0.05}, -0.06, ZS_OUTSIDE},
    {106, 100, 100, {.frac = 0.05, .absolute = 6}, 0.06, ZS_INSIDE}, /* the larger counts */
    {104, 100, 100, {.frac = 0.05, .absolute = 1}, 0.04, ZS_INSIDE},
    {0, 0, 0, {0, 0}, 0, ZS_INSIDE},
    {2, 0, 0, {.absolute = 3}, NAN, ZS_INSIDE}, /* nothing to be relative to */
    {2, 0, 0, {.frac = 3}, NAN, ZS_OUTSIDE},
    {15, 10, 20, {0, 0}, 0, ZS_INSIDE}, /* bands */
    {21, 10, 20, {.frac = 0.04}, 0.05, ZS_OUTSIDE},
    {21, 10, 20, {.frac = 0.06}, 0.05, ZS_INSIDE},
    {9, 10, 20, {.frac = 0.06}, -0.1, ZS_OUTSIDE},
    {9, 10, 20, {.absolute = 1}, -0.1, ZS_INSIDE},
    {NAN, 10, 20, {.frac = 9, .absolute = 99}, NAN, ZS_OUTSIDE},
    {INFINITY, 10, 20, {.frac = 9}, NAN, ZS_OUTSIDE},
    {-5, -5.1, -5.1, {.frac = 0.05}, 0.1 / 5.1, ZS_INSIDE},
};

START_TEST(test_the_verdict_is_by_the_nearest_measured_value)
{
    zs_check c = {.predicted = checks[_i].predicted,
                  .lo = checks[_i].lo,
                  .hi = checks[_i].hi,
                  .tolerance = checks[_i].tolerance};
    zs_check_judge(&c);
    ck_assert_int_eq(c.verdict, checks[_i].verdict);
    if (isnan(checks[_i].error_frac))
        ck_assert(!isfinite(c.error_frac));
    else
        ck_assert_double_eq_tol(c.error_frac, checks[_i].error_frac, 1e-12);
}
END_TEST

static const zs_verdict not_judged[] = {ZS_UNJUDGED, ZS_REPORTED};

START_TEST(test_what_is_not_judged_stays_so)
{
    zs_check c = {.predicted = 30, .lo = 10, .hi = 20, .verdict = not_judged[_i]};
    zs_check_judge(&c);
    ck_assert_int_eq(c.verdict, not_judged[_i]);
    ck_assert_double_eq_tol(c.error_frac, 0.5, 1e-12);
    c.predicted = (double)NAN;
    zs_check_judge(&c);
    ck_assert_int_eq(c.verdict, not_judged[_i]);
}
END_TEST

/* ---- sections -------------------------------------------------------------------------------- */

START_TEST(test_a_section_sums_up_what_was_judged)
{
    zs_check list[] = {
        {.predicted = 101, .lo = 100, .hi = 100, .tolerance = {.frac = 0.05}},
        {.predicted = 92, .lo = 100, .hi = 100, .tolerance = {.frac = 0.1}},
        {.predicted = 300, .lo = 100, .hi = 100, .verdict = ZS_UNJUDGED},
        {.predicted = 1, .lo = 0, .hi = 0, .tolerance = {.absolute = 2}},
        {.predicted = 150, .lo = 100, .hi = 100, .verdict = ZS_REPORTED},
        {.predicted = 40, .lo = 100, .hi = 100, .verdict = ZS_REPORTED},
        {.predicted = 100, .lo = 100, .hi = 100, .verdict = ZS_REPORTED},
    };
    zs_section s = {.checks = list, .n = ZS_LEN(list)};
    for (uint32_t i = 0; i < s.n; i++)
        zs_check_judge(&list[i]);
    zs_section_close(&s);
    ck_assert_uint_eq(s.inside, 3);
    ck_assert_uint_eq(s.outside, 0);
    ck_assert_uint_eq(s.unjudged, 1);
    ck_assert_uint_eq(s.reported, 3);
    ck_assert_double_eq_tol(s.worst_reported_frac, 0.6, 1e-12);
    ck_assert_uint_eq(s.worst_reported, 5);
    ck_assert_double_eq_tol(s.mean_frac, 0.045, 1e-12);
    ck_assert_double_eq_tol(s.worst_frac, 0.08, 1e-12);
    ck_assert_uint_eq(s.worst, 1);
    ck_assert(s.passes);
    s.mean_limit_frac = 0.04;
    zs_section_close(&s);
    ck_assert(!s.passes);
    s.mean_limit_frac = 0;
    list[0].tolerance.frac = 0.001;
    zs_check_judge(&list[0]);
    zs_section_close(&s);
    ck_assert_uint_eq(s.outside, 1);
    ck_assert(!s.passes);
}
END_TEST

/* However far off they are: nobody said how near they should come. */
START_TEST(test_rows_that_are_told_neither_pass_nor_fail)
{
    zs_check list[] = {{.predicted = 9, .lo = 1, .hi = 1, .verdict = ZS_REPORTED}};
    zs_section s = {.checks = list, .n = 1, .mean_limit_frac = 0.01};
    zs_check_judge(&list[0]);
    zs_section_close(&s);
    ck_assert(s.passes);
    ck_assert_uint_eq(s.inside + s.outside + s.unjudged, 0);
    ck_assert_uint_eq(s.reported, 1);
    ck_assert(isnan(s.mean_frac) && isnan(s.worst_frac));
    ck_assert_double_eq(s.worst_reported_frac, 8);
}
END_TEST

START_TEST(test_an_empty_section_has_no_errors)
{
    zs_section s = {.mean_limit_frac = 0.01};
    zs_section_close(&s);
    ck_assert(isnan(s.mean_frac) && isnan(s.worst_frac) && isnan(s.worst_reported_frac));
    ck_assert(s.passes);
}
END_TEST

/* ---- figures of a result --------------------------------------------------------------------- */

static uint32_t metric_of(const zs_metric *metrics, uint32_t n, const char *name)
{
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(metrics[i].name, name) == 0)
            return i;
    ck_abort_msg("no metric %s", name);
    return 0;
}

static const zs_layer_result rows[] = {{.name = "conv1", .cycles = 10},
                                       {.name = "conv2", .cycles = 20},
                                       {.name = "conv2", .cycles = 30},
                                       {.name = "odd#name", .cycles = 40},
                                       {.name = "odd#2", .cycles = 50}};
static const zs_result result = {
    .network = "net", .cycles = 150, .clock_hz = 1000, .layers = rows, .layer_n = ZS_LEN(rows)};

static const struct {
    const char *scope, *metric;
    double value; /* NAN: refused */
    const char *text;
} lookups[] = {
    {"", "cycles", 150, NULL},
    {"", "seconds", 0.15, NULL},
    {"conv1", "cycles", 10, NULL},
    {"conv1", "seconds", 0.01, NULL},
    {"conv1#1", "cycles", 10, NULL},
    {"conv2#1", "cycles", 20, NULL},
    {"conv2#2", "cycles", 30, NULL},
    {"odd#name", "cycles", 40, NULL},
    {"odd#2#1", "cycles", 50, NULL},
    {"conv2", "cycles", NAN, "2 rows of the result have this name: say which, conv2#1 to #2"},
    {"conv2#3", "cycles", NAN, "the result has but 2 rows of this name"},
    {"conv2#0", "cycles", NAN, "no such row"},
    {"conv2#", "cycles", NAN, "no such row"},
    {"conv2#99999999999", "cycles", NAN, "no such row"},
    {"conv3", "cycles", NAN, "did you mean conv"},
    {"zzz", "cycles", NAN, "the result of net has no such row"},
};

START_TEST(test_a_figure_is_found_by_scope_and_name)
{
    const char *scope = lookups[_i].scope;
    const zs_run_case c = {
        .name = "case",
        .scope = scope,
        .metric = lookups[_i].metric,
        .metric_i = scope[0] == '\0'
                        ? metric_of(zs_metrics, zs_metric_n, lookups[_i].metric)
                        : metric_of(zs_layer_metrics, zs_layer_metric_n, lookups[_i].metric),
        .measured = {.lo = 1, .hi = 1},
        .reason = "",
        .source = ""};
    const zs_reference ref = {.path = "x.csv", .form = ZS_FORM_RUNS, .case_n = 1, .runs = &c};
    zs_section *sections;
    ck_assert_int_eq(zs_sections_build(&arena, &ref, &sections, &err), ZS_OK);
    const zs_status status = zs_run_check(&ref, 0, &result, sections, &err);
    if (isnan(lookups[_i].value)) {
        ck_assert_int_eq(status, ZS_EUSAGE);
        ck_assert_str_eq(err.place, scope);
        ck_assert_msg(strstr(err.text, lookups[_i].text) != NULL, "%s", err.text);
        ck_assert_uint_eq(sections[0].n, 0);
    } else {
        ck_assert_msg(status == ZS_OK, "%s: %s", err.place, err.text);
        ck_assert_uint_eq(sections[0].n, 1);
        ck_assert_double_eq_tol(sections[0].checks[0].predicted, lookups[_i].value, 1e-12);
    }
}
END_TEST

/* ---- cases that are simulated here ----------------------------------------------------------- */

static zs_memory_params memory_of_default(void)
{
    zs_design d;
    zs_design_defaults(&d);
    return d.board.memory;
}

START_TEST(test_refresh_is_off_where_the_measurement_had_none)
{
    zs_dram_measured cases[2] = {
        {.name = "on", .reason = "", .source = "", .spec = "dir=R size=128 W=8 n=4000 pat=seq"}};
    cases[0].frac_peak = (zs_band){.is_given = true, .lo = 0.9, .hi = 1};
    cases[1] = cases[0];
    cases[1].refresh_off = true;
    const zs_reference ref = {.path = "x.csv", .form = ZS_FORM_DRAM, .case_n = 2, .drams = cases};
    const zs_memory_params memory = memory_of_default();
    zs_section *s;
    ck_assert_int_eq(zs_sections_build(&arena, &ref, &s, &err), ZS_OK);
    ck_assert_int_eq(zs_case_check(&arena, &memory, &ref, 0, s, &err), ZS_OK);
    ck_assert_int_eq(zs_case_check(&arena, &memory, &ref, 1, s, &err), ZS_OK);
    ck_assert_uint_eq(s[0].n, 2);
    ck_assert_uint_eq(s[1].n, 0); /* no latency was measured */
    ck_assert_double_lt(s[0].checks[0].predicted, 0.97);
    ck_assert_double_gt(s[0].checks[1].predicted, 0.99);
}
END_TEST

static const struct {
    zs_agreement bandwidth, latency;
    double tolerance_frac;
    bool is_judged;
} classes[] = {
    {ZS_TIGHT, ZS_TIGHT, 0.03, true},
    {ZS_MEDIUM, ZS_MEDIUM, 0.03, true},
    {ZS_LOOSE, ZS_LOOSE, 0.15, false},
};

START_TEST(test_how_well_the_references_agree_sets_the_tolerance)
{
    zs_dram_measured c = {
        .name = "x", .reason = "", .source = "", .spec = "dir=R size=128 W=8 n=400 pat=seq"};
    c.frac_peak = (zs_band){true, 0.9, 1, classes[_i].bandwidth};
    c.rd_lat_mean_ns = (zs_band){true, 1, 2, classes[_i].latency};
    const zs_reference ref = {.path = "x.csv", .form = ZS_FORM_DRAM, .case_n = 1, .drams = &c};
    const zs_memory_params memory = memory_of_default();
    zs_section *s;
    ck_assert_int_eq(zs_sections_build(&arena, &ref, &s, &err), ZS_OK);
    ck_assert_int_eq(zs_case_check(&arena, &memory, &ref, 0, s, &err), ZS_OK);
    ck_assert_double_eq(s[0].checks[0].tolerance.frac, classes[_i].tolerance_frac);
    ck_assert_int_eq(s[1].checks[0].verdict, classes[_i].is_judged ? ZS_OUTSIDE : ZS_UNJUDGED);
    ck_assert_double_eq(s[1].checks[0].tolerance.frac, 0.1);
    ck_assert_double_eq(s[1].checks[0].tolerance.absolute, 5);
}
END_TEST

/* ---- DMA engines ----------------------------------------------------------------------------- */

/* 256 bytes in two bursts of 16 beats, four in flight, 20 clocks of latency. */
static zs_axi_measured read_of_256(void)
{
    zs_axi_measured m = {.name = "x", .reason = "", .source = ""};
    m.setup = (zs_axi_case){.masters = 1,
                            .beat_bytes = 8,
                            .max_burst_beats = 16,
                            .read_outstanding = 4,
                            .write_outstanding = 4,
                            .read_latency = 20,
                            .b_latency = 1,
                            .rd_bytes = 256};
    const uint64_t figures[] = {2, 32, 0, 0, 2, 22, 53, 55, 55};
    for (uint32_t i = 0; i < ZS_AXI_FIGURES; i++)
        m.figures[i] = i < ZS_LEN(figures) ? figures[i] : ZS_AXI_UNMEASURED;
    m.trace[0] = (zs_axi_event){2, 0, 16};
    m.trace[1] = (zs_axi_event){4, 0x80, 16};
    m.trace_n = 2;
    return m;
}

static const struct {
    uint32_t figure; /* ZS_AXI_FIGURES: of the trace */
    uint64_t value;
    const char *shown;
    uint32_t section;
    zs_verdict verdict;
} spoilt[] = {
    {1, 32, "r_beats", 0, ZS_INSIDE},
    {0, 3, "ar_count", 0, ZS_OUTSIDE},
    {2, 1, "aw_count", 0, ZS_OUTSIDE},
    {8, 55, "done_last_master", 1, ZS_REPORTED}, /* clocks of a whole descriptor are never judged */
    {6, 56, "last_r", 1, ZS_REPORTED},
    {5, 30, "first_r", 1, ZS_REPORTED},
    {ZS_AXI_FIGURES, 0x100, "burst address", 0, ZS_OUTSIDE},
};

START_TEST(test_of_a_dma_engine_the_figure_furthest_off_is_shown)
{
    zs_axi_measured m = read_of_256();
    if (spoilt[_i].figure < ZS_AXI_FIGURES)
        m.figures[spoilt[_i].figure] = spoilt[_i].value;
    else
        m.trace[1].addr = spoilt[_i].value;
    const zs_reference ref = {.path = "x.csv", .form = ZS_FORM_AXI, .case_n = 1, .axis = &m};
    const zs_memory_params memory = memory_of_default();
    zs_section *s;
    ck_assert_int_eq(zs_sections_build(&arena, &ref, &s, &err), ZS_OK);
    ck_assert_int_eq(zs_case_check(&arena, &memory, &ref, 0, s, &err), ZS_OK);
    ck_assert_uint_eq(s[0].n, 1);
    ck_assert_uint_eq(s[1].n, 1);
    ck_assert_uint_eq(s[2].n, 0); /* two bursts are no steady state */
    const zs_check *c = &s[spoilt[_i].section].checks[0];
    ck_assert_str_eq(c->figure, spoilt[_i].shown);
    ck_assert_int_eq(c->verdict, spoilt[_i].verdict);
}
END_TEST

static const struct {
    zs_axi_fabric fabric;
    uint32_t outstanding;
    bool is_exact, is_judged; /* is_exact: measured as predicted */
} steady[] = {
    {ZS_FABRIC_DIRECT, 1, true, true},        {ZS_FABRIC_DIRECT, 1, false, true},
    {ZS_FABRIC_DIRECT, 4, false, true},       {ZS_FABRIC_DIRECT, 5, false, false},
    {ZS_FABRIC_INTERCONNECT, 1, true, false}, {ZS_FABRIC_INTERCONNECT, 4, false, false},
};

/* Long reads whose measured addresses are as far apart as the model says, or one clock more. */
START_TEST(test_steady_clocks_are_judged_on_a_direct_port_with_up_to_four_bursts)
{
    zs_axi_measured m = read_of_256();
    zs_axi_case_result r;
    m.setup.fabric = steady[_i].fabric;
    m.setup.read_outstanding = steady[_i].outstanding;
    m.setup.rd_bytes = 128 * ZS_AXI_TRACE;
    ck_assert_int_eq(zs_axi_case_run(&m.setup, &r, &err), ZS_OK);
    for (uint32_t i = 0; i < ZS_AXI_FIGURES; i++)
        m.figures[i] = ZS_AXI_UNMEASURED;
    m.trace_n = r.trace_n;
    for (uint32_t i = 0; i < r.trace_n; i++) {
        m.trace[i] = r.trace[i];
        m.trace[i].clock += steady[_i].is_exact ? 0 : i;
    }
    const zs_reference ref = {.path = "x.csv", .form = ZS_FORM_AXI, .case_n = 1, .axis = &m};
    const zs_memory_params memory = memory_of_default();
    zs_section *s;
    ck_assert_int_eq(zs_sections_build(&arena, &ref, &s, &err), ZS_OK);
    ck_assert_int_eq(zs_case_check(&arena, &memory, &ref, 0, s, &err), ZS_OK);
    ck_assert_uint_eq(s[2].n, 1);
    ck_assert_int_eq(s[2].checks[0].error_frac == 0, steady[_i].is_exact);
    ck_assert_int_eq(s[2].checks[0].verdict, !steady[_i].is_judged ? ZS_REPORTED
                                             : steady[_i].is_exact ? ZS_INSIDE
                                                                   : ZS_OUTSIDE);
}
END_TEST

static const zs_verdict table_verdicts[] = {ZS_INSIDE, ZS_OUTSIDE, ZS_REPORTED};

START_TEST(test_a_row_without_a_tolerance_is_told)
{
    const zs_run_case c = {
        .name = "case",
        .scope = "",
        .metric = "cycles",
        .metric_i = metric_of(zs_metrics, zs_metric_n, "cycles"),
        .measured = {.lo = 100, .hi = 120, .is_reported = table_verdicts[_i] == ZS_REPORTED},
        .reason = "",
        .source = ""};
    zs_run_case cases[] = {c};
    cases[0].measured.tolerance.frac = table_verdicts[_i] == ZS_INSIDE ? 0.25 : 0.2;
    const zs_reference ref = {.path = "x.csv", .form = ZS_FORM_RUNS, .case_n = 1, .runs = cases};
    zs_section *s;
    ck_assert_int_eq(zs_sections_build(&arena, &ref, &s, &err), ZS_OK);
    ck_assert_int_eq(zs_run_check(&ref, 0, &result, s, &err), ZS_OK);
    ck_assert_int_eq(s[0].checks[0].verdict, table_verdicts[_i]);
    ck_assert_double_eq_tol(s[0].checks[0].error_frac, 0.25, 1e-12);
}
END_TEST

/* Kernels of 1,000,002 cycles and a launch of 20 us, at 100 MHz; `measured` is in ms. */
static zs_kernel_measured kernel(const char *variant, double ms)
{
    return (zs_kernel_measured){.net = "net",
                                .variant = variant,
                                .name = "conv",
                                .op = "conv",
                                .reason = "",
                                .source = "",
                                .nest = "ff:1000000",
                                .clock_hz = 100e6,
                                .seconds = ms * 1e-3,
                                .source_matches = true};
}

static const struct {
    const char *variant;
    double ms;
    bool source_matches, has_nest;
    zs_verdict verdict;
} kernels[] = {
    {"baseline", 10.1, true, true, ZS_INSIDE},    {"baseline", 10.3, true, true, ZS_OUTSIDE},
    {"baseline", 10.1, false, true, ZS_REPORTED}, {"baseline", 10.1, true, false, ZS_UNJUDGED},
    {"baseline", 1, true, true, ZS_REPORTED}, /* too short */
    {"global_opt", 11.5, true, true, ZS_INSIDE},  {"global_opt", 12, true, true, ZS_OUTSIDE},
    {"units_opv1", 13, true, true, ZS_INSIDE},    {"another", 10.1, true, true, ZS_REPORTED},
};

START_TEST(test_a_kernel_is_judged_by_its_style_where_its_source_is_sure)
{
    zs_kernel_measured m = kernel(kernels[_i].variant, kernels[_i].ms);
    m.source_matches = kernels[_i].source_matches;
    m.nest = kernels[_i].has_nest ? m.nest : "";
    const zs_reference ref = {.path = "x.csv", .form = ZS_FORM_KERNELS, .case_n = 1, .kernels = &m};
    const zs_memory_params memory = memory_of_default();
    zs_section *s;
    ck_assert_int_eq(zs_sections_build(&arena, &ref, &s, &err), ZS_OK);
    ck_assert_int_eq(zs_case_check(&arena, &memory, &ref, 0, s, &err), ZS_OK);
    const zs_section *section = &s[strcmp(m.variant, "baseline") != 0];
    ck_assert_uint_eq(section->n, 1);
    ck_assert_int_eq(section->checks[0].verdict, kernels[_i].verdict);
    if (kernels[_i].has_nest)
        ck_assert_double_eq_tol(section->checks[0].predicted, 0.01002001, 1e-9);
}
END_TEST

START_TEST(test_an_optimised_kernel_is_held_against_its_base)
{
    zs_kernel_measured m[] = {kernel("baseline", 10), kernel("global_opt", 5),
                              kernel("global_opt", 20), kernel("units_opv1", 20)};
    m[1].nest = "ff:500000";
    m[2].nest = "ff:500000";
    m[3].net = "another";
    const zs_reference ref = {
        .path = "x.csv", .form = ZS_FORM_KERNELS, .case_n = ZS_LEN(m), .kernels = m};
    const zs_memory_params memory = memory_of_default();
    zs_section *s;
    ck_assert_int_eq(zs_sections_build(&arena, &ref, &s, &err), ZS_OK);
    for (uint32_t i = 0; i < ref.case_n; i++)
        ck_assert_int_eq(zs_case_check(&arena, &memory, &ref, i, s, &err), ZS_OK);
    /* sums of three groups; two orders, of which one is wrong; the last has no base */
    static const zs_verdict want[] = {ZS_INSIDE, ZS_INSIDE, ZS_REPORTED, ZS_OUTSIDE, ZS_REPORTED};
    ck_assert_uint_eq(s[2].n, ZS_LEN(want));
    for (uint32_t i = 0; i < s[2].n; i++)
        ck_assert_int_eq(s[2].checks[i].verdict, want[i]);
    ck_assert_double_eq_tol(s[2].checks[2].lo, 25e-3, 1e-9);
}
END_TEST

/* At 100 MHz units limit, 6.4 GB/s each; at 400 MHz channels of their own, 16.5 each, and arrays
 * over all of them meet: less than their units could do, more than half of what the channels could.
 */
static const struct {
    bool is_interleaved;
    double clock_hz, copy, add, least_frac;
} streams[] = {
    {true, 100e6, 12.8e9, 19.2e9, 0.99},
    {false, 100e6, 12.8e9, 19.2e9, 0.99},
    {true, 400e6, 51.2e9, 76.8e9, 0.6},
    {false, 400e6, 33e9, 49.5e9, 0.999},
};

START_TEST(test_arrays_share_dram_channels_or_have_one_each)
{
    const zs_stream_measured m = {
        .name = "card",
        .setting = "",
        .source = "",
        .is_interleaved = streams[_i].is_interleaved,
        .clock_hz = streams[_i].clock_hz,
        .bytes_per_s = {streams[_i].copy, streams[_i].copy, streams[_i].add, streams[_i].add / 2}};
    const zs_reference ref = {.path = "x.csv", .form = ZS_FORM_STREAM, .case_n = 1, .streams = &m};
    const zs_memory_params memory = memory_of_default();
    zs_section *s;
    ck_assert_int_eq(zs_sections_build(&arena, &ref, &s, &err), ZS_OK);
    ck_assert_int_eq(zs_case_check(&arena, &memory, &ref, 0, s, &err), ZS_OK);
    const zs_section *section = &s[streams[_i].is_interleaved ? 0 : 1];
    ck_assert_uint_eq(section->n, ZS_STREAM_LOOPS);
    for (size_t k = 0; k < 3; k++) {
        ck_assert_double_le(section->checks[k].predicted, m.bytes_per_s[k] + 1e3);
        ck_assert_double_ge(section->checks[k].predicted,
                            streams[_i].least_frac * m.bytes_per_s[k]);
    }
    ck_assert_double_eq(section->checks[3].predicted, section->checks[2].predicted);
    ck_assert_int_eq(section->checks[3].verdict, ZS_OUTSIDE);
}
END_TEST

/* A flat loop of 1,600,000 words beside 20 units of another kernel: 100,000 lines, 2 cycles each.
 */
START_TEST(test_lines_wait_for_the_units_of_kernels_beside_them)
{
    zs_kernel_measured m[] = {kernel("units_opv1", 18), kernel("units_opv1", 18),
                              kernel("units_opv1", 18)};
    m[0].op = m[1].op = "add";
    m[0].nest = m[1].nest = "i:1600000";
    m[2].nest = "ff:4{xx:100{rc:20/20}}";
    m[0].design = m[2].design = "a";
    m[1].design = "b";
    for (size_t i = 0; i < ZS_LEN(m); i++)
        m[i].sums = ZS_KERNEL_SUMS_REGISTER;
    const zs_reference ref = {
        .path = "x.csv", .form = ZS_FORM_KERNELS, .case_n = ZS_LEN(m), .kernels = m};
    const zs_memory_params memory = memory_of_default();
    zs_section *s;
    ck_assert_int_eq(zs_sections_build(&arena, &ref, &s, &err), ZS_OK);
    for (uint32_t i = 0; i < 2; i++)
        ck_assert_int_eq(zs_case_check(&arena, &memory, &ref, i, s, &err), ZS_OK);
    ck_assert_double_eq_tol(s[1].checks[0].predicted, 0.01802001, 1e-9);
    ck_assert_double_eq_tol(s[1].checks[1].predicted, 0.01602001, 1e-9);
}
END_TEST

TCase *tcase_validate(void)
{
    TCase *tc = tcase_create("validate");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, test_a_tolerance_is_exact_a_share_or_an_amount, 0, ZS_LEN(tolerances));
    tcase_add_loop_test(tc, test_a_wrong_tolerance_is_refused, 0, ZS_LEN(no_tolerances));
    tcase_add_loop_test(tc, test_the_verdict_is_by_the_nearest_measured_value, 0, ZS_LEN(checks));
    tcase_add_loop_test(tc, test_what_is_not_judged_stays_so, 0, ZS_LEN(not_judged));
    tcase_add_test(tc, test_a_section_sums_up_what_was_judged);
    tcase_add_test(tc, test_rows_that_are_told_neither_pass_nor_fail);
    tcase_add_test(tc, test_an_empty_section_has_no_errors);
    tcase_add_loop_test(tc, test_a_figure_is_found_by_scope_and_name, 0, ZS_LEN(lookups));
    tcase_add_test(tc, test_refresh_is_off_where_the_measurement_had_none);
    tcase_add_loop_test(tc, test_how_well_the_references_agree_sets_the_tolerance, 0,
                        ZS_LEN(classes));
    tcase_add_loop_test(tc, test_a_kernel_is_judged_by_its_style_where_its_source_is_sure, 0,
                        ZS_LEN(kernels));
    tcase_add_test(tc, test_an_optimised_kernel_is_held_against_its_base);
    tcase_add_loop_test(tc, test_arrays_share_dram_channels_or_have_one_each, 0, ZS_LEN(streams));
    tcase_add_test(tc, test_lines_wait_for_the_units_of_kernels_beside_them);
    tcase_add_loop_test(tc, test_of_a_dma_engine_the_figure_furthest_off_is_shown, 0,
                        ZS_LEN(spoilt));
    tcase_add_loop_test(tc, test_steady_clocks_are_judged_on_a_direct_port_with_up_to_four_bursts,
                        0, ZS_LEN(steady));
    tcase_add_loop_test(tc, test_a_row_without_a_tolerance_is_told, 0, ZS_LEN(table_verdicts));
    return tc;
}
