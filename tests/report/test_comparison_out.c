/* What `compare` prints, of results made by hand. */
#include "../../src/report/out_priv.h"
#include "fixture.h"
#include "zynqsim/result_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static zs_arena arena;
static zs_figures columns[4];

static void setup(void)
{
    static const char *const labels[] = {"squeeze, \"net\"", "hostile\x1b[2J", "third", "fourth"};
    zs_err err = {0};
    zs_arena_init(&arena, test_heap());
    for (uint32_t i = 0; i < ZS_LEN(columns); i++) {
        const zs_result *r = i == 1 ? fixture_hostile() : fixture_squeezenet();
        ck_assert_int_eq(zs_figures_take(&arena, labels[i], r, &columns[i], &err), ZS_OK);
    }
}

static void teardown(void)
{
    zs_arena_drop(&arena);
}

static char *text_of(uint32_t column_n, bool layers, const zs_table_style *style, char format)
{
    zs_comparison c;
    zs_err err = {0};
    zs_buffer buffer;
    zs_buffer_init(&buffer, test_heap());
    const zs_sink sink = zs_buffer_sink(&buffer);
    ck_assert_int_eq(zs_comparison_build(&arena, columns, column_n, layers, &c, &err), ZS_OK);
    const zs_status status = format == 't'   ? zs_comparison_table_emit(&c, style, &sink, &err)
                             : format == 'c' ? zs_comparison_csv_emit(&c, &sink, &err)
                                             : zs_comparison_json_emit(&c, &sink, &err);
    ck_assert_int_eq(status, ZS_OK);
    ck_assert_int_eq(zs_sink_write(&sink, "", 1), ZS_OK);
    return (char *)buffer.data;
}

static const struct {
    const char *file;
    char format;
    uint32_t column_n, width;
    bool layers, colour;
} pages[] = {
    {"compare_80.txt", 't', 2, 80, true, false},
    {"compare_120.txt", 't', 4, 120, false, true},
    {"compare.csv", 'c', 2, 0, true, false},
    {"compare.json", 'j', 2, 0, false, false},
};

START_TEST(test_comparisons_are_as_reviewed)
{
    const zs_table_style style = {.columns = pages[_i].width, .colour = pages[_i].colour};
    char *text = text_of(pages[_i].column_n, pages[_i].layers, &style, pages[_i].format);
    fixture_golden(pages[_i].file, text);
    free(text);
}
END_TEST

START_TEST(test_no_line_of_a_comparison_is_wider_than_the_terminal)
{
    static const uint32_t widths[] = {40, 80, 81, 100, 119, 120, 140};
    const zs_table_style style = {.columns = widths[_i]};
    const size_t most = widths[_i] < 80 ? 80 : widths[_i] > 120 ? 120 : widths[_i];
    for (uint32_t n = 1; n <= ZS_LEN(columns); n++) {
        char *text = text_of(n, true, &style, 't');
        for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
            ck_assert_msg(zs_utf8_width(line) <= most, "%zu: %s", zs_utf8_width(line), line);
            ck_assert_msg(line[strlen(line) - 1] != ' ', "ends in blanks: \"%s\"", line);
            ck_assert_ptr_null(strchr(line, '\033'));
        }
        free(text);
    }
}
END_TEST

static bool is_same(const zs_value *a, const zs_value *b)
{
    if (a->type == ZS_METRIC_TEXT)
        return b->type == a->type && (a->text == NULL) == (b->text == NULL);
    const double x = zs_value_number(a), y = zs_value_number(b);
    return a->type == b->type && (x == y || (x != x && y != y));
}

START_TEST(test_a_result_that_is_read_back_has_the_same_figures)
{
    zs_figures own = columns[_i], back;
    zs_err err = {0};
    char *json = fixture_text(zs_json_emit, _i == 1 ? fixture_hostile() : fixture_squeezenet());
    const zs_span bytes = {.data = (const uint8_t *)json, .bytes = strlen(json)};
    ck_assert_int_eq(zs_figures_parse(&arena, bytes, "r.json", &back, &err), ZS_OK);
    ck_assert_uint_eq(back.layer_n, own.layer_n);
    for (uint32_t i = 0; i < zs_metric_n; i++)
        ck_assert_msg(is_same(&own.values[i], &back.values[i]), "%s", zs_metrics[i].name);
    for (uint32_t i = 0; i < own.layer_n * zs_layer_metric_n; i++)
        ck_assert_msg(is_same(&own.layers[i], &back.layers[i]), "%s",
                      zs_layer_metrics[i % zs_layer_metric_n].name);
    free(json);
}
END_TEST

TCase *tcase_comparison_out(void)
{
    TCase *tc = tcase_create("comparisons");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, test_comparisons_are_as_reviewed, 0, ZS_LEN(pages));
    tcase_add_loop_test(tc, test_no_line_of_a_comparison_is_wider_than_the_terminal, 0, 7);
    tcase_add_loop_test(tc, test_a_result_that_is_read_back_has_the_same_figures, 0, 2);
    return tc;
}
