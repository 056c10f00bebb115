/* What `memory` and `validate` print. */
#include "fixture.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static char *taken(zs_buffer *buffer, zs_status status)
{
    ck_assert_int_eq(status, ZS_OK);
    char *text = strndup((const char *)buffer->data, buffer->bytes);
    zs_buffer_drop(buffer);
    return text;
}

static void expect(char *text, const char *const *pieces, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(strstr(text, pieces[i]) != NULL, "no \"%s\" in\n%s", pieces[i], text);
    free(text);
}
#define EXPECT(text, ...)                                                                          \
    expect(text, (const char *const[]){__VA_ARGS__}, ZS_LEN(((const char *const[]){__VA_ARGS__})))

START_TEST(test_patterns_are_one_line_each)
{
    zs_buffer b;
    zs_buffer_init(&b, test_heap());
    const zs_sink s = zs_buffer_sink(&b);
    char *text = taken(
        &b, zs_traffic_csv_emit(&fixture_memory, fixture_traffic, FIXTURE_TRAFFIC_N, &s, NULL));
    ck_assert_str_eq(text, "case,requests,bytes,ns,gbps,frac_peak,rd_lat_mean_ns,rd_lat_p95_ns\n"
                           "\"a, \"\"b\"\"\x1b[2J\",30,4000,1000.000,4.000000,0.500000,60.500,"
                           "99.000\n"
                           "only writes,1,4,3.000,1.333333,0.166667,,\n");
    free(text);
}
END_TEST

START_TEST(test_the_table_of_patterns_has_units_and_no_control_characters)
{
    zs_buffer b;
    zs_buffer_init(&b, test_heap());
    const zs_sink s = zs_buffer_sink(&b);
    char *text = taken(
        &b, zs_traffic_table_emit(&fixture_memory, fixture_traffic, FIXTURE_TRAFFIC_N, &s, NULL));
    ck_assert_ptr_null(strchr(text, 0x1b));
    EXPECT(text, "a, \"b\"", "3.91 KiB", "4.000", "50.0 %", "60.50 ns", "99.00 ns",
           "-            -");
}
END_TEST

START_TEST(test_json_of_patterns_has_null_for_what_is_not_there)
{
    zs_buffer b;
    zs_buffer_init(&b, test_heap());
    const zs_sink s = zs_buffer_sink(&b);
    char *text = taken(
        &b, zs_traffic_json_emit(&fixture_memory, fixture_traffic, FIXTURE_TRAFFIC_N, &s, NULL));
    json_t *root = json_loads(text, 0, NULL);
    const json_t *list = json_object_get(root, "cases");
    ck_assert_uint_eq(json_array_size(list), 2);
    ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(list, 0), "bytes")), 4000);
    ck_assert(json_is_null(json_object_get(json_array_get(list, 1), "rd_lat_mean_ns")));
    json_decref(root);
    free(text);
}
END_TEST

START_TEST(test_the_table_of_verdicts_has_sections_and_sums)
{
    const zs_table_style style = {.colour = _i == 1};
    zs_buffer b;
    zs_buffer_init(&b, test_heap());
    const zs_sink s = zs_buffer_sink(&b);
    char *text = taken(
        &b, zs_validation_table_emit(fixture_sections(), FIXTURE_SECTION_N, &style, &s, NULL));
    ck_assert_int_eq(strstr(text, "\x1b[2J") == NULL, 1);
    ck_assert_int_eq(strchr(text, 0x1b) != NULL, _i == 1);
    EXPECT(text, "x/runs.csv\n", "       123456      123456    +0.00 %  exact", "seconds",
           "0.0012       0.001   +20.00 %  5%|3e-05", "the first rows, which are padding\n",
           "2 rows judged: 1 inside, 1 outside; mean error 10.0 %, worst 20.0 % (far, \"off\")\n",
           "0.5..0.6    +0.00 %  3%", "          -  -", "-50.00 %  -", "reported",
           _i == 1 ? "" : "reported  not modelled\n",
           "1 row judged: 1 inside, 0 outside; mean error 0.0 % (limit 1.0 %), worst 0.0 %; 1 "
           "reported, "
           "worst 50.0 % (open); 1 unjudged\n",
           "1 of 3 judged rows outside their tolerance, 1 of 2 sections fail; 1 reported, 1 "
           "unjudged\n");
}
END_TEST

START_TEST(test_csv_of_verdicts_has_one_line_for_each_figure)
{
    zs_buffer b;
    zs_buffer_init(&b, test_heap());
    const zs_sink s = zs_buffer_sink(&b);
    char *text = taken(&b, zs_validation_csv_emit(fixture_sections(), FIXTURE_SECTION_N, &s, NULL));
    EXPECT(text,
           "case,scope,figure,unit,predicted,measured,measured_lo,measured_hi,error_frac,tolerance,"
           "verdict,reason,source,section,file\n",
           "\nexact,,cycles,PL cycles,123456,123456,123456,123456,0,exact,inside,,a table,first,"
           "x/runs.csv\n",
           "\n\"far, \"\"off\"\"\",", ",seconds,s,0.0012,0.001,0.001,0.001,0.19999999",
           ",5%|3e-05,outside,\"the first rows, which are padding\",,first,",
           "\nband,,frac_peak,of the peak,0.55,0.55,0.5,0.6,0,3%,inside,,,second,bands.csv\n",
           "\nno band,,frac_peak,of the peak,,,,,,,unjudged,,,second,bands.csv\n",
           "\nopen,,resources.lut.used,LUT,50,100,100,100,-0.5,,reported,not modelled,,second,"
           "bands.csv\n");
}
END_TEST

START_TEST(test_json_of_verdicts_says_whether_all_is_well)
{
    zs_buffer b;
    zs_buffer_init(&b, test_heap());
    const zs_sink s = zs_buffer_sink(&b);
    char *text =
        taken(&b, zs_validation_json_emit(fixture_sections(), FIXTURE_SECTION_N, &s, NULL));
    json_t *root = json_loads(text, 0, NULL);
    ck_assert(json_is_false(json_object_get(root, "passes")));
    ck_assert_int_eq(json_integer_value(json_object_get(root, "outside")), 1);
    const json_t *second = json_array_get(json_object_get(root, "sections"), 1);
    ck_assert(json_is_true(json_object_get(second, "passes")));
    const json_t *row = json_array_get(json_object_get(second, "rows"), 1);
    ck_assert(json_is_null(json_object_get(row, "predicted")));
    ck_assert_str_eq(json_string_value(json_object_get(row, "verdict")), "unjudged");
    row = json_array_get(json_object_get(second, "rows"), 2);
    ck_assert_str_eq(json_string_value(json_object_get(row, "verdict")), "reported");
    ck_assert(json_is_null(json_object_get(row, "tolerance")));
    ck_assert_double_eq(json_real_value(json_object_get(row, "error_frac")), -0.5);
    ck_assert_int_eq(json_integer_value(json_object_get(second, "reported")), 1);
    ck_assert_double_eq(json_real_value(json_object_get(second, "worst_reported_error_frac")), 0.5);
    ck_assert(json_is_null(json_object_get(second, "worst_error_frac")) == 0);
    static const char *const counts[] = {"rows", "judged", "outside", "unjudged", "reported"};
    static const json_int_t want[] = {5, 3, 1, 1, 1};
    for (size_t i = 0; i < ZS_LEN(counts); i++)
        ck_assert_int_eq(json_integer_value(json_object_get(root, counts[i])), want[i]);
    json_decref(root);
    free(text);
}
END_TEST

TCase *tcase_memory_out(void)
{
    TCase *tc = tcase_create("memory and validate");
    tcase_add_test(tc, test_patterns_are_one_line_each);
    tcase_add_test(tc, test_the_table_of_patterns_has_units_and_no_control_characters);
    tcase_add_test(tc, test_json_of_patterns_has_null_for_what_is_not_there);
    tcase_add_loop_test(tc, test_the_table_of_verdicts_has_sections_and_sums, 0, 2);
    tcase_add_test(tc, test_csv_of_verdicts_has_one_line_for_each_figure);
    tcase_add_test(tc, test_json_of_verdicts_says_whether_all_is_well);
    return tc;
}
