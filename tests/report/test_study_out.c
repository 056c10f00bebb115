/* What `check` and `explain` print, of verdicts and effects made by hand. */
#include "../../src/report/out_priv.h"
#include "fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- a check --------------------------------------------------------------------------------- */

#define COUNT(n)                                                                                   \
    {                                                                                              \
        .type = ZS_METRIC_INT, .i = (n)                                                            \
    }
#define REAL(x)                                                                                    \
    {                                                                                              \
        .type = ZS_METRIC_REAL, .r = (x)                                                           \
    }
#define LAYER_MOVE(name, from, to)                                                                 \
    {                                                                                              \
        .layer = name, .figure = "cycles", .unit = "PL cycles", .old = COUNT(from),                \
        .now = COUNT(to), .delta = (double)(to) - (double)(from),                                  \
        .change_frac = ((double)(to) - (double)(from)) / (double)(from)                            \
    }

static const zs_move moves[] = {
    {.layer = "",
     .figure = "cycles",
     .unit = "PL cycles",
     .old = COUNT(13450418),
     .now = COUNT(13450465),
     .delta = 47,
     .change_frac = 47.0 / 13450418},
    {.layer = "",
     .figure = "seconds",
     .unit = "s",
     .old = REAL(0.5),
     .now = REAL(0.25),
     .delta = -0.25,
     .change_frac = -0.5},
    {.layer = "",
     .figure = "binding",
     .unit = "",
     .old = {.type = ZS_METRIC_TEXT, .text = ""},
     .now = {.type = ZS_METRIC_TEXT, .text = "<dsp> & \"\x1b\""},
     .delta = NAN,
     .change_frac = NAN},
    {.kind = ZS_GONE,
     .layer = "old <layer>",
     .figure = "",
     .unit = "",
     .delta = NAN,
     .change_frac = NAN},
    {.kind = ZS_NEW,
     .layer = "new\xff",
     .figure = "",
     .unit = "",
     .delta = NAN,
     .change_frac = NAN},
    LAYER_MOVE("a&b", 100, 130),
    LAYER_MOVE("c", 1000000, 1000020),
    LAYER_MOVE("d", 70, 68),
    LAYER_MOVE("e", 70, 69),
    LAYER_MOVE("f", 70, 71),
};
static const zs_move open_move[] = {{.kind = ZS_OPEN,
                                     .layer = "",
                                     .figure = "cycles",
                                     .unit = "PL cycles",
                                     .now = COUNT(7),
                                     .delta = NAN,
                                     .change_frac = NAN}};
static const zs_baseline_column columns[] = {
    {.name = "cycles"}, {.name = "seconds"}, {.name = "binding"}};
static const zs_baseline_row rows[] = {{.layer = "", .line = 3},
                                       {.layer = "a&b", .line = 4},
                                       {.layer = "", .line = 5},
                                       {.layer = "", .line = 6}};
static const zs_baseline_case cases[] = {
    {.design = "a<b>.yaml", .set = "x=\"1\"", .fidelity = ZS_BURST, .row0 = 0, .row_n = 2},
    {.design = "as before.yaml", .set = "", .fidelity = ZS_TILE, .row0 = 2, .row_n = 1},
    {.design = "open.yaml", .set = "", .fidelity = ZS_BOUND, .row0 = 3, .row_n = 1},
};
static const zs_case_verdict verdicts[] = {
    {.moves = moves, .move_n = ZS_LEN(moves), .compared_n = 40, .seconds = 0.25},
    {.compared_n = 3, .seconds = 0.5, .misfit = "307 DSP of 220"},
    {.moves = open_move, .move_n = 1, .compared_n = 1, .seconds = 0.125, .misfit = "7 LUT of 6"},
};
static const zs_baseline baseline = {.path = "dir/\"b\".csv",
                                     .columns = columns,
                                     .column_n = ZS_LEN(columns),
                                     .rows = rows,
                                     .row_n = ZS_LEN(rows),
                                     .cases = cases,
                                     .case_n = ZS_LEN(cases)};
static const zs_checked checked = {.baseline = &baseline, .verdicts = verdicts};

static zs_status check_table(const zs_sink *s, zs_err *err)
{
    return zs_check_table_emit(&checked, 1, false, NULL, s, err);
}

static zs_status check_csv(const zs_sink *s, zs_err *err)
{
    return zs_check_csv_emit(&checked, 1, s, err);
}

static zs_status check_json(const zs_sink *s, zs_err *err)
{
    return zs_check_json_emit(&checked, 1, s, err);
}

static zs_status check_junit(const zs_sink *s, zs_err *err)
{
    return zs_check_junit_emit(&checked, 1, s, err);
}

/* ---- an explanation -------------------------------------------------------------------------- */

#define DONE(times, fit, names_n)                                                                  \
    {                                                                                              \
        .is_done = true, .why = "", .change = "a.b 1 -> 2", .speedup = (times), .fits = (fit),     \
        .binding = (fit) ? "" : "323 of 220 DSP48", .layer_n = (names_n), .layers_speedup = 1.25,  \
        .layers = {                                                                                \
            "conv10",                                                                              \
            "a layer of a long name/expand3x3+pool",                                               \
            "c\x1b[2J"                                                                             \
        }                                                                                          \
    }
#define NOT_DONE                                                                                   \
    {                                                                                              \
        .why = "no key, \"none\"", .change = "", .binding = "", .layers_speedup = NAN              \
    }

static const zs_explain_row effects[] = {
    {.name = "MAC lanes",
     .twice = "twice the MAC lanes",
     .remark = "",
     .kind = ZS_EXPLAIN_COMPUTE,
     .effects = {DONE(1.9, false, 24), DONE(0.5, true, 20), DONE(123.4, true, 3)}},
    {.name = "AXI width",
     .twice = "wider ports",
     .remark = "",
     .kind = ZS_EXPLAIN_MEMORY,
     .effects = {DONE(1.01, true, 1), DONE(0.99, true, 0), NOT_DONE}},
    {.name = "AXI latency",
     .twice = "half the latency",
     .remark = "",
     .kind = ZS_EXPLAIN_MEMORY,
     .effects = {{.is_done = true,
                  .why = "",
                  .change = "c 2 -> 1",
                  .speedup = 1.001,
                  .is_as_now = true,
                  .binding = "",
                  .layers_speedup = NAN},
                 NOT_DONE,
                 NOT_DONE}},
    {.name = "PS calls",
     .twice = "cheaper calls",
     .remark = "",
     .kind = ZS_EXPLAIN_HOST,
     .effects = {NOT_DONE, DONE(1, true, 0), NOT_DONE}},
};
static const char *const unused[] = {"tile start", "AXI ports"};
static zs_explanation explanation = {
    .rows = effects,
    .row_n = ZS_LEN(effects),
    .unused = unused,
    .unused_n = ZS_LEN(unused),
    .advice = {"Compute limits this design: with twice the MAC lanes it is 1.900 times as fast, "
               "and this sentence goes on until it needs a second line.",
               "That would not fit."},
    .advice_n = 2};
static zs_table_style style;

static zs_status explain_table(const zs_sink *s, zs_err *err)
{
    return zs_explanation_table_emit(&explanation, &style, s, err);
}

static zs_status explain_csv(const zs_sink *s, zs_err *err)
{
    return zs_explanation_csv_emit(&explanation, s, err);
}

static zs_status explain_json(const zs_sink *s, zs_err *err)
{
    return zs_explanation_json_emit(&explanation, s, err);
}

/* ---- as reviewed ----------------------------------------------------------------------------- */

static zs_arena arena;

static void setup(void)
{
    zs_err err = {0};
    zs_arena_init(&arena, test_heap());
    ck_assert_int_eq(zs_figures_take(&arena, "x", fixture_squeezenet(), &explanation.base, &err),
                     ZS_OK);
}

static void teardown(void)
{
    zs_arena_drop(&arena);
}

typedef zs_status (*emitter)(const zs_sink *s, zs_err *err);

static char *text_of(emitter emit)
{
    zs_err err = {0};
    zs_buffer buffer;
    zs_buffer_init(&buffer, test_heap());
    const zs_sink sink = zs_buffer_sink(&buffer);
    ck_assert_int_eq(emit(&sink, &err), ZS_OK);
    ck_assert_int_eq(zs_sink_write(&sink, "", 1), ZS_OK);
    return (char *)buffer.data;
}

static const struct {
    const char *file;
    emitter emit;
    uint32_t width;
    bool colour;
} pages[] = {
    {"check.txt", check_table, 0, false},         {"check.csv", check_csv, 0, false},
    {"check.json", check_json, 0, false},         {"check.xml", check_junit, 0, false},
    {"explain_80.txt", explain_table, 80, false}, {"explain_120.txt", explain_table, 120, true},
    {"explain.csv", explain_csv, 0, false},       {"explain.json", explain_json, 0, false},
};

START_TEST(test_checks_and_explanations_are_as_reviewed)
{
    style = (zs_table_style){.columns = pages[_i].width, .colour = pages[_i].colour};
    char *text = text_of(pages[_i].emit);
    fixture_golden(pages[_i].file, text);
    free(text);
}
END_TEST

START_TEST(test_no_line_of_an_explanation_is_wider_than_the_terminal)
{
    for (uint32_t width = 80; width <= 130; width += 3) {
        style = (zs_table_style){.columns = width};
        char *text = text_of(explain_table);
        for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
            ck_assert_msg(zs_utf8_width(line) <= width, "%zu: %s", zs_utf8_width(line), line);
            ck_assert_msg(line[strlen(line) - 1] != ' ', "ends in blanks: \"%s\"", line);
            ck_assert_ptr_null(strchr(line, '\033'));
        }
        free(text);
    }
}
END_TEST

START_TEST(test_a_full_disk_is_an_error)
{
    for (uint64_t left = 0; left < 5; left++) {
        fixture_full_disk disk = {.left = left};
        const zs_sink sink = fixture_full_disk_sink(&disk);
        zs_err err = {0};
        ck_assert_int_eq(pages[_i].emit(&sink, &err), ZS_EIO);
        ck_assert_uint_eq(disk.after, 0);
    }
}
END_TEST

TCase *tcase_study_out(void)
{
    TCase *tc = tcase_create("checks and explanations");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, test_checks_and_explanations_are_as_reviewed, 0, ZS_LEN(pages));
    tcase_add_test(tc, test_no_line_of_an_explanation_is_wider_than_the_terminal);
    tcase_add_loop_test(tc, test_a_full_disk_is_an_error, 0, ZS_LEN(pages));
    return tc;
}
