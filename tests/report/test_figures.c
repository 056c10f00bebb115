/* Figures by name: the metric tables. */
#include "fixture.h"

#include "zynqsim/figures.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static uint32_t find(const zs_metric *metrics, uint32_t n, const char *name)
{
    for (uint32_t i = 0; i < n; i++) {
        if (strcmp(metrics[i].name, name) == 0)
            return i;
    }
    ck_abort_msg("no figure is called %s", name);
    return 0;
}

/* Computed by hand from the fixture: 200,000 cycles at 100 MHz are 2 ms. */
static const struct {
    const char *name;
    double value;
} summary[] = {
    {"cycles", 200000},
    {"seconds", 0.002},
    {"images_per_second", 1000},
    {"gops", 4},
    {"macs", 4000000},
    {"calls", 2},
    {"intensity_ops_per_byte", 8108000 / 550000.0},
    {"dram.read_bytes", 350000},
    {"dram.row_hit_frac", 16000 / 17188.0},
    {"dram.busy_frac", 68752 * 1.875e-9 / 0.002},
    {"dram.bytes_per_second", 275e6},
    {"traffic.partial_bytes", 60000},
    {"resources.bram18.used", 226},
    {"resources.bram18.available", 128},
    {"energy.gop_per_joule", 2.5},
    {"energy.uncertainty_frac", 0.3},
    {"roofline.ridge_ops_per_byte", 4},
    {"waited_frac.compute", 125200 / 200000.0},
    {"waited_frac.host", 39750 / 200000.0},
    {"fits", 0},
};

START_TEST(test_summary_figures_are_ratios_of_the_counters)
{
    const uint32_t metric = find(zs_metrics, zs_metric_n, summary[_i].name);
    const zs_value value = zs_result_get(fixture_hostile(), metric);
    const double got = value.type == ZS_METRIC_REAL ? value.r : (double)value.i;
    ck_assert_double_eq_tol(got, summary[_i].value, 1e-12 * fmax(1, summary[_i].value));
}
END_TEST

static const struct {
    uint32_t layer;
    const char *name;
    double value; /* NAN: undefined */
} figures[] = {
    {0, "intensity_ops_per_byte", 8.4}, {0, "attainable_gops", 6.4},
    {0, "achieved_gops", 3.5},          {0, "busy.read", 0.75},
    {1, "partial_bytes", 60000},        {2, "intensity_ops_per_byte", NAN}, /* no bytes */
    {2, "attainable_gops", 6.4}, /* then the engine's peak */
    {3, "achieved_gops", NAN},   /* no cycles */
    {3, "busy.compute", NAN},           {4, "waited_cycles.host", 39000},
};

START_TEST(test_layer_figures_are_undefined_when_there_is_nothing_to_divide_by)
{
    const uint32_t metric = find(zs_layer_metrics, zs_layer_metric_n, figures[_i].name);
    const zs_value value = zs_layer_result_get(fixture_hostile(), figures[_i].layer, metric);
    const double got = value.type == ZS_METRIC_REAL ? value.r : (double)value.i;
    if (isnan(figures[_i].value))
        ck_assert(isnan(got));
    else
        ck_assert_double_eq_tol(got, figures[_i].value, 1e-9);
}
END_TEST

START_TEST(test_a_result_of_zeros_has_no_infinite_figure)
{
    static const zs_layer_result layer = {.name = "l", .op = "conv", .group = "l"};
    const zs_result nothing = {.layers = &layer, .layer_n = 1};
    for (uint32_t i = 0; i < zs_metric_n; i++)
        ck_assert_msg(!isinf(zs_result_get(&nothing, i).r), "%s", zs_metrics[i].name);
    for (uint32_t i = 0; i < zs_layer_metric_n; i++)
        ck_assert_msg(!isinf(zs_layer_result_get(&nothing, 0, i).r), "%s",
                      zs_layer_metrics[i].name);
}
END_TEST

static void check_table(const zs_metric *metrics, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        ck_assert_msg(metrics[i].meaning[0] != '\0', "%s has no meaning", metrics[i].name);
        ck_assert_uint_eq(find(metrics, n, metrics[i].name), i); /* else the name is there twice */
    }
}

START_TEST(test_names_are_unique_and_explained)
{
    check_table(zs_metrics, zs_metric_n);
    check_table(zs_layer_metrics, zs_layer_metric_n);
}
END_TEST

START_TEST(test_values_have_the_type_of_their_row)
{
    for (uint32_t i = 0; i < zs_metric_n; i++)
        ck_assert_int_eq(zs_result_get(fixture_hostile(), i).type,
                         zs_metric_is_on(i, 1) ? zs_metrics[i].type : ZS_METRIC_TEXT);
    for (uint32_t i = 0; i < zs_layer_metric_n; i++)
        ck_assert_int_eq(zs_layer_result_get(fixture_hostile(), 0, i).type,
                         zs_layer_metrics[i].type);
}
END_TEST

START_TEST(test_the_reference_page_has_a_row_for_every_figure)
{
    zs_buffer buffer;
    zs_buffer_init(&buffer, test_heap());
    const zs_sink sink = zs_buffer_sink(&buffer);
    ck_assert_int_eq(zs_metrics_markdown_emit(&sink, NULL), ZS_OK);
    ck_assert_int_eq(zs_sink_write(&sink, "", 1), ZS_OK);
    for (uint32_t i = 0; i < zs_metric_n; i++) {
        char row[96];
        snprintf(row, sizeof row, "| `%s` |", zs_metrics[i].name);
        ck_assert_msg(strstr((char *)buffer.data, row) != NULL, "%s", row);
    }
    zs_buffer_drop(&buffer);
}
END_TEST

TCase *tcase_figures(void)
{
    TCase *tc = tcase_create("figures");
    tcase_add_loop_test(tc, test_summary_figures_are_ratios_of_the_counters, 0, ZS_LEN(summary));
    tcase_add_loop_test(tc, test_layer_figures_are_undefined_when_there_is_nothing_to_divide_by, 0,
                        ZS_LEN(figures));
    tcase_add_test(tc, test_a_result_of_zeros_has_no_infinite_figure);
    tcase_add_test(tc, test_names_are_unique_and_explained);
    tcase_add_test(tc, test_values_have_the_type_of_their_row);
    tcase_add_test(tc, test_the_reference_page_has_a_row_for_every_figure);
    return tc;
}
