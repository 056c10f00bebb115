/* Rows of sweeps read back as they were written, and answers in every form. */
#include "fixture.h"
#include "zynqsim/table.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static zs_arena arena;
static zs_grid grid;

static void setup(void)
{
    zs_design design;
    zs_axis axis;
    zs_arena_init(&arena, test_heap());
    zs_design_defaults(&design);
    zs_grid_init(&grid);
    ck_assert_int_eq(zs_axis_parse(&arena, "batch=1,2", &design, &axis, NULL), ZS_OK);
    ck_assert_int_eq(zs_grid_add(&grid, &axis, NULL), ZS_OK);
}

static void teardown(void)
{
    zs_arena_drop(&arena);
}

/* Header or row as text without its line's end. */
static char *text_of(const zs_sweep_point *p)
{
    zs_buffer buffer;
    zs_buffer_init(&buffer, test_heap());
    const zs_sink sink = zs_buffer_sink(&buffer);
    ck_assert_int_eq(p ? zs_sweep_row_emit(&grid, "id/2", p, &sink, NULL)
                       : zs_sweep_header_emit(&grid, &sink, NULL),
                     ZS_OK);
    ck_assert(buffer.bytes > 0 && buffer.data[buffer.bytes - 1] == '\n');
    char *text = zs_arena_strndup(&arena, (const char *)buffer.data, buffer.bytes - 1);
    zs_buffer_drop(&buffer);
    ck_assert_ptr_nonnull(text);
    return text;
}

enum { ROOM = 128 };

START_TEST(figures_of_a_row_read_back_the_same)
{
    const char *names[ROOM], *cells[ROOM];
    uint32_t name_n, n;
    const zs_result *r = _i ? fixture_hostile() : fixture_squeezenet();
    const zs_sweep_point p = {.point = 1, .meets = true, .result = r};
    char *row = text_of(&p);
    ck_assert_ptr_null(strpbrk(row, "\r\n"));
    ck_assert_int_eq(zs_csv_line_cut(text_of(NULL), names, ROOM, &name_n), ZS_OK);
    ck_assert_int_eq(zs_csv_line_cut(row, cells, ROOM, &n), ZS_OK);
    ck_assert_uint_eq(n, name_n);
    ck_assert_str_eq(cells[0], "1");
    ck_assert_str_eq(cells[1], "id/2");
    ck_assert_str_eq(names[2], "batch");
    ck_assert_str_eq(cells[2], "2");
    ck_assert_str_eq(cells[3], "simulated");
    for (uint32_t m = 0, at = 6; m < zs_metric_n; m++) {
        const zs_value v = zs_result_get(r, m);
        if (!zs_sweep_has_metric(&grid, m))
            continue;
        ck_assert_str_eq(names[at], zs_metrics[m].name);
        const char *cell = cells[at++];
        if (v.type == ZS_METRIC_INT || v.type == ZS_METRIC_BOOL)
            ck_assert_uint_eq(strtoull(cell, NULL, 10), v.i);
        else if (v.type == ZS_METRIC_REAL && isfinite(v.r))
            ck_assert(strtod(cell, NULL) == v.r);
        else if (v.type == ZS_METRIC_REAL)
            ck_assert_str_eq(cell, "");
        ck_assert_uint_le(at, n);
    }
}
END_TEST

START_TEST(texts_with_anything_in_them_stay_in_one_line_and_cell)
{
    const char *cells[ROOM];
    uint32_t n;
    const zs_sweep_point p = {.outcome = ZS_OUTCOME_PROBLEM, .problem = "a, \"b\"\r\nc"};
    char *row = text_of(&p);
    ck_assert_ptr_null(strpbrk(row, "\r\n"));
    ck_assert_int_eq(zs_csv_line_cut(row, cells, ROOM, &n), ZS_OK);
    ck_assert_str_eq(cells[3], "problem");
    ck_assert_str_eq(cells[4], "0");
    ck_assert_str_eq(cells[5], "a, \"b\"  c");
}
END_TEST

START_TEST(a_skipped_point_shows_what_is_known_early)
{
    const char *cells[ROOM];
    uint32_t n, known = 0;
    const zs_sweep_point p = {
        .outcome = ZS_OUTCOME_SKIPPED, .result = fixture_squeezenet(), .problem = "not x"};
    ck_assert_int_eq(zs_csv_line_cut(text_of(&p), cells, ROOM, &n), ZS_OK);
    for (uint32_t m = 0, at = 6; m < zs_metric_n; m++) {
        if (!zs_sweep_has_metric(&grid, m))
            continue;
        known += cells[at][0] != '\0';
        if (!zs_metric_is_early(m))
            ck_assert_str_eq(cells[at], "");
        at++;
    }
    ck_assert_uint_ge(known, 10);
}
END_TEST

START_TEST(rows_end_where_the_disk_is_full)
{
    fixture_full_disk disk = {.left = (uint64_t)_i};
    const zs_sink sink = fixture_full_disk_sink(&disk);
    const zs_sweep_point p = {.result = fixture_squeezenet()};
    zs_err err = {0};
    ck_assert_int_eq(zs_sweep_row_emit(&grid, "id", &p, &sink, &err), ZS_EIO);
    ck_assert_uint_eq(disk.after, 0);
}
END_TEST

/* ---- answers --------------------------------------------------------------------------------- */

static const char *const columns[] = {"point", "name", "cycles"};
static const char *const cells[] = {"3", "a,b", "120", "14", "", "7.5"};
static const zs_answer_count counts[] = {{"points", 20}, {"rows", 19}};
static const zs_answer answer = {.key = "front",
                                 .columns = columns,
                                 .cells = cells,
                                 .column_n = 3,
                                 .row_n = 2,
                                 .counts = counts,
                                 .count_n = 2,
                                 .sentence = "two of 19"};

static uint32_t terminal_columns;

static zs_status answer_table(const zs_answer *a, const zs_sink *s, zs_err *err)
{
    const zs_table_style style = {.columns = terminal_columns};
    return zs_answer_table_emit(a, terminal_columns ? &style : NULL, s, err);
}

static char *answer_text(zs_status (*emit)(const zs_answer *, const zs_sink *, zs_err *),
                         const zs_answer *a)
{
    zs_buffer buffer;
    zs_buffer_init(&buffer, test_heap());
    const zs_sink sink = zs_buffer_sink(&buffer);
    ck_assert_int_eq(emit(a, &sink, NULL), ZS_OK);
    char *text = zs_arena_strndup(&arena, (const char *)buffer.data, buffer.bytes);
    zs_buffer_drop(&buffer);
    return text;
}

START_TEST(answers_have_three_forms)
{
    ck_assert_str_eq(answer_text(answer_table, &answer), "point  name  cycles\n"
                                                         "    3   a,b     120\n"
                                                         "   14           7.5\n\n"
                                                         "two of 19\n");
    ck_assert_str_eq(answer_text(zs_answer_csv_emit, &answer),
                     "point,name,cycles\n3,\"a,b\",120\n14,,7.5\n");
    json_t *root = json_loads(answer_text(zs_answer_json_emit, &answer), 0, NULL);
    ck_assert_ptr_nonnull(root);
    ck_assert_int_eq(json_integer_value(json_object_get(root, "rows")), 19);
    json_t *row = json_array_get(json_object_get(root, "front"), 1);
    ck_assert_int_eq(json_integer_value(json_object_get(row, "point")), 14);
    ck_assert(json_is_null(json_object_get(row, "name")));
    ck_assert(json_real_value(json_object_get(row, "cycles")) == 7.5);
    json_decref(root);
}
END_TEST

START_TEST(an_answer_without_rows_has_its_counts)
{
    zs_answer bare = answer;
    bare.column_n = bare.row_n = 0;
    ck_assert_str_eq(answer_text(answer_table, &bare), "two of 19\n");
    ck_assert_str_eq(answer_text(zs_answer_csv_emit, &bare), "points,rows\n20,19\n");
}
END_TEST

static const char *const long_columns[] = {"point", "accelerator.tile.oc", "cycles",
                                           "resources.bram18.used", "energy.joules"};
static const char *const long_cells[] = {"3",  "32", "12000000", "118", "0.26",
                                         "14", "8",  "13000000", "",    ""};
static const zs_answer wide = {.key = "front",
                               .columns = long_columns,
                               .cells = long_cells,
                               .column_n = 5,
                               .row_n = 2,
                               .sentence = "two of nineteen points are on the front of all"};

static const struct {
    uint32_t terminal;
    const char *text;
} widths[] = {
    {80, "point  accelerator.tile.oc    cycles  resources.bram18.used  energy.joules\n"
         "    3                   32  12000000                    118           0.26\n"
         "   14                    8  13000000\n\n"
         "two of nineteen points are on the front of all\n"},
    {60, "       accelerator.            resources.\n"
         "              tile.               bram18.  energy.\n"
         "point            oc    cycles        used   joules\n"
         "    3            32  12000000         118     0.26\n"
         "   14             8  13000000\n\n"
         "two of nineteen points are on the front of all\n"},
    {40, "       accelerator.\n"
         "              tile.\n"
         "point            oc    cycles\n"
         "    3            32  12000000\n"
         "   14             8  13000000\n\n"
         "       resources.\n"
         "          bram18.  energy.\n"
         "point        used   joules\n"
         "    3         118     0.26\n"
         "   14\n\n"
         "two of nineteen points are on the front\nof all\n"},
};

START_TEST(a_table_is_no_wider_than_the_terminal)
{
    terminal_columns = widths[_i].terminal;
    ck_assert_str_eq(answer_text(answer_table, &wide), widths[_i].text);
    terminal_columns = 0;
    ck_assert_ptr_nonnull(strstr(answer_text(answer_table, &wide), "of all\n"));
}
END_TEST

TCase *tcase_sweep_rows(void)
{
    TCase *tc = tcase_create("rows and answers of sweeps");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, figures_of_a_row_read_back_the_same, 0, 2);
    tcase_add_test(tc, texts_with_anything_in_them_stay_in_one_line_and_cell);
    tcase_add_test(tc, a_skipped_point_shows_what_is_known_early);
    tcase_add_loop_test(tc, rows_end_where_the_disk_is_full, 0, 40);
    tcase_add_test(tc, answers_have_three_forms);
    tcase_add_test(tc, an_answer_without_rows_has_its_counts);
    tcase_add_loop_test(tc, a_table_is_no_wider_than_the_terminal, 0, (int)ZS_LEN(widths));
    return tc;
}
