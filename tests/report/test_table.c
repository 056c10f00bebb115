/* The terminal table: golden pages, widths, colour, footnotes. */
#include "../../src/report/out_priv.h"
#include "../../src/report/verdict_priv.h"
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t columns;
static zs_status emit_plain(const zs_result *r, const zs_sink *s, zs_err *err)
{
    return zs_table_emit(r, &(zs_table_style){.columns = columns}, s, err);
}

START_TEST(test_text_formats_are_as_reviewed)
{
    char *text = fixture_text(fixture_formats[_i].emit, fixture_hostile());
    fixture_golden(fixture_formats[_i].name, text);
    free(text);
}
END_TEST

static const struct {
    uint32_t columns, most;
} widths[] = {{0, 120}, {40, 80}, {80, 80}, {88, 88}, {89, 89}, {98, 98}, {110, 110}, {400, 120}};

START_TEST(test_no_line_is_wider_than_the_terminal)
{
    const zs_result *results[] = {fixture_hostile(), fixture_squeezenet()};
    columns = widths[_i].columns;
    for (size_t i = 0; i < ZS_LEN(results); i++) {
        char *text = fixture_text(emit_plain, results[i]);
        for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
            ck_assert_msg(zs_utf8_width(line) <= widths[_i].most, "%zu: %s", zs_utf8_width(line),
                          line);
            ck_assert_msg(line[strlen(line) - 1] != ' ', "ends in blanks: \"%s\"", line);
        }
        free(text);
    }
}
END_TEST

START_TEST(test_colour_changes_nothing_but_the_escapes)
{
    columns = 80;
    char *plain = fixture_text(emit_plain, fixture_hostile());
    char *coloured = fixture_text(fixture_formats[1].emit, fixture_hostile());
    ck_assert_ptr_null(strchr(plain, '\033'));
    char *to = coloured;
    for (const char *from = coloured; *from != '\0'; from++) {
        if (*from == '\033')
            from = strchr(from, 'm');
        else
            *to++ = *from;
    }
    *to = '\0';
    ck_assert_str_eq(plain, coloured);
    free(plain);
    free(coloured);
}
END_TEST

START_TEST(test_the_first_lines_answer_how_fast_what_limits_does_it_fit)
{
    columns = 120;
    char *text = fixture_text(emit_plain, fixture_hostile());
    const char *table = strstr(text, "\nlayer ");
    static const char *const answers[] = {"2.000 ms per batch", "limit  compute: ", "fits   NO: ",
                                          "226 (215..249) of 128 (98 too many)"};
    for (size_t i = 0; i < ZS_LEN(answers); i++) {
        const char *at = strstr(text, answers[i]);
        ck_assert_msg(at != NULL && at < table, "%s", answers[i]);
    }
    free(text);
}
END_TEST

/* ---- verdicts -------------------------------------------------------------------------------- */

static const struct {
    bool on_engine, memory_roof;
    zs_cause limited_by;
    bool differ, has_note;
} verdicts[] = {
    {true, true, ZS_BY_READ, false, false},     {true, true, ZS_BY_WRITE, false, false},
    {true, true, ZS_BY_COMPUTE, true, true},    {true, true, ZS_BY_HOST, true, true},
    {true, false, ZS_BY_COMPUTE, false, false}, {true, false, ZS_BY_READ, true, true},
    {true, false, ZS_BY_WRITE, true, true},     {true, false, ZS_BY_HOST, true, true},
    {false, true, ZS_BY_HOST, false, true},
};

START_TEST(test_verdicts_that_differ_get_a_note)
{
    const zs_layer_result l = {.on_engine = verdicts[_i].on_engine,
                               .memory_roof = verdicts[_i].memory_roof,
                               .limited_by = verdicts[_i].limited_by};
    ck_assert_int_eq(zs_layer_verdicts_differ(&l), verdicts[_i].differ);
    ck_assert_int_eq(zs_layer_note(&l) != NULL, verdicts[_i].has_note);
}
END_TEST

START_TEST(test_equal_notes_share_a_number)
{
    static const uint32_t numbers[] = {1, 2, 2, 1, 3};
    const zs_result *r = fixture_hostile();
    for (uint32_t i = 0; i < r->layer_n; i++)
        ck_assert_uint_eq(zs_layer_note_number(r, i), numbers[i]);
    ck_assert_uint_eq(zs_note_first_layer(r, 2), 1);
    ck_assert_uint_eq(zs_note_first_layer(r, 3), 4);
    ck_assert_uint_eq(zs_note_first_layer(r, 4), r->layer_n);
}
END_TEST

static const struct {
    uint64_t waited[ZS_CAUSE_N];
    uint32_t slots[ZS_CAUSE_N];
} bars[] = {
    {{100, 0, 0, 0}, {10, 0, 0, 0}}, {{50, 50, 0, 0}, {5, 5, 0, 0}},
    {{34, 33, 33, 0}, {4, 3, 3, 0}}, {{25, 25, 25, 25}, {3, 3, 2, 2}},
    {{0, 0, 1, 99}, {0, 0, 0, 10}},  {{0, 0, 0, 0}, {0, 0, 0, 0}},
};

START_TEST(test_bars_have_ten_letters_in_proportion)
{
    zs_layer_result l = {0};
    uint32_t slots[ZS_CAUSE_N];
    memcpy(l.waited_cycles, bars[_i].waited, sizeof l.waited_cycles);
    for (uint32_t c = 0; c < ZS_CAUSE_N; c++)
        l.cycles += l.waited_cycles[c];
    zs_waited_slots(&l, 10, slots);
    for (uint32_t c = 0; c < ZS_CAUSE_N; c++)
        ck_assert_uint_eq(slots[c], bars[_i].slots[c]);
}
END_TEST

TCase *tcase_table(void)
{
    TCase *tc = tcase_create("table");
    tcase_add_loop_test(tc, test_text_formats_are_as_reviewed, 0, 4); /* both tables, CSV, JSON */
    tcase_add_loop_test(tc, test_no_line_is_wider_than_the_terminal, 0, ZS_LEN(widths));
    tcase_add_test(tc, test_colour_changes_nothing_but_the_escapes);
    tcase_add_test(tc, test_the_first_lines_answer_how_fast_what_limits_does_it_fit);
    tcase_add_loop_test(tc, test_verdicts_that_differ_get_a_note, 0, ZS_LEN(verdicts));
    tcase_add_test(tc, test_equal_notes_share_a_number);
    tcase_add_loop_test(tc, test_bars_have_ten_letters_in_proportion, 0, ZS_LEN(bars));
    return tc;
}
