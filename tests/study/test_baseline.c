#include "study_cases.h"

#include "zynqsim/baseline.h"

#include <math.h>
#include <string.h>

static zs_arena arena;
static zs_err err;

static void setup(void)
{
    zs_arena_init(&arena, test_heap());
}

static void teardown(void)
{
    zs_arena_drop(&arena);
}

/* A design of 100 cycles with layers a, b and b; columns cycles and seconds. */
static zs_figures result_of(uint64_t a, uint64_t b1, uint64_t b2)
{
    const zs_layer_result layers[] = {
        {.name = "a", .cycles = a}, {.name = "b", .cycles = b1}, {.name = "b", .cycles = b2}};
    const zs_result r = {
        .cycles = a + b1 + b2, .clock_hz = 1000, .layers = layers, .layer_n = 3, .batch = 1};
    zs_figures f;
    ck_assert_int_eq(zs_figures_take(&arena, "x", &r, &f, &err), ZS_OK);
    return f;
}

enum { ROWS = 4 };
typedef struct expected {
    zs_expected cells[ROWS][2];
    zs_baseline_row rows[ROWS];
    zs_baseline_column columns[2];
    zs_baseline_case one;
    zs_baseline b;
} expected;

static void expect(expected *e, uint64_t a, uint64_t b1, uint64_t b2)
{
    static const char *const names[ROWS] = {"", "a", "b#1", "b#2"};
    const uint64_t cycles[ROWS] = {a + b1 + b2, a, b1, b2};
    *e = (expected){0};
    e->columns[0] = (zs_baseline_column){.name = "cycles",
                                         .metric = zs_metric_find("cycles"),
                                         .layer_metric = zs_layer_metric_find("cycles")};
    e->columns[1] = (zs_baseline_column){.name = "seconds",
                                         .metric = zs_metric_find("seconds"),
                                         .layer_metric = zs_layer_metric_find("seconds")};
    for (uint32_t i = 0; i < ROWS; i++) {
        e->cells[i][0] =
            (zs_expected){.is_given = true, .value = {.type = ZS_METRIC_INT, .i = cycles[i]}};
        e->rows[i] = (zs_baseline_row){.layer = names[i], .cells = e->cells[i]};
    }
    e->one = (zs_baseline_case){.design = "d", .set = "", .row_n = ROWS};
    e->b = (zs_baseline){.path = "b.csv",
                         .columns = e->columns,
                         .column_n = 2,
                         .rows = e->rows,
                         .row_n = ROWS,
                         .cases = &e->one,
                         .case_n = 1};
}

static zs_case_verdict judge(const expected *e, const zs_figures *f)
{
    zs_case_verdict v;
    ck_assert_int_eq(zs_baseline_judge(&arena, &e->b, 0, f, &v, &err), ZS_OK);
    return v;
}

START_TEST(test_equal_figures_have_not_moved)
{
    expected e;
    expect(&e, 10, 20, 70);
    const zs_figures f = result_of(10, 20, 70);
    const zs_case_verdict v = judge(&e, &f);
    ck_assert_uint_eq(v.move_n, 0);
    ck_assert_uint_eq(v.compared_n, 4);
}
END_TEST

START_TEST(test_layers_come_by_how_far_they_moved)
{
    expected e;
    expect(&e, 10, 20, 70);
    const zs_figures f = result_of(11, 20, 60);
    const zs_case_verdict v = judge(&e, &f);
    ck_assert_uint_eq(v.move_n, 3);
    ck_assert_str_eq(v.moves[0].layer, "");
    ck_assert_double_eq(v.moves[0].delta, -9);
    ck_assert_double_eq_tol(v.moves[0].change_frac, -0.09, 1e-12);
    ck_assert_str_eq(v.moves[1].layer, "b#2");
    ck_assert_double_eq(v.moves[1].delta, -10);
    ck_assert_str_eq(v.moves[2].layer, "a");
}
END_TEST

static const struct {
    zs_tolerance tolerance;
    uint64_t is;
    bool has_moved;
} near[] = {
    {{0, 0}, 100, false},   {{0, 0}, 101, true}, {{0.01, 0}, 101, false}, {{0.01, 0}, 99, false},
    {{0.01, 0}, 102, true}, {{0, 5}, 95, false}, {{0, 5}, 94, true},      {{0.01, 5}, 105, false},
};

START_TEST(test_the_tolerance_decides)
{
    expected e;
    expect(&e, 100, 0, 0);
    e.one.row_n = 1;
    e.cells[0][0].tolerance = near[_i].tolerance;
    const zs_figures f = result_of(near[_i].is, 0, 0);
    ck_assert_uint_eq(judge(&e, &f).move_n, near[_i].has_moved);
}
END_TEST

START_TEST(test_counts_that_a_double_cannot_hold_are_still_exact)
{
    expected e;
    expect(&e, UINT64_C(9007199254740992), 0, 0);
    e.one.row_n = 1;
    const zs_figures f = result_of(UINT64_C(9007199254740993), 0, 0);
    ck_assert_uint_eq(judge(&e, &f).move_n, 1);
}
END_TEST

START_TEST(test_a_figure_that_is_no_number_any_more_has_moved)
{
    expected e;
    expect(&e, 10, 20, 70);
    e.one.row_n = 1;
    e.cells[0][0].is_given = false;
    e.cells[0][1] = (zs_expected){
        .is_given = true, .tolerance = {.frac = 1}, .value = {.type = ZS_METRIC_REAL, .r = 0.1}};
    zs_figures f = result_of(10, 20, 70);
    ck_assert_uint_eq(judge(&e, &f).move_n, 0);
    zs_value *values = zs_new(&arena, zs_value, zs_metric_n);
    memcpy(values, f.values, zs_metric_n * sizeof *values);
    values[e.columns[1].metric].r = NAN;
    f.values = values;
    ck_assert_uint_eq(judge(&e, &f).move_n, 1);
}
END_TEST

START_TEST(test_layers_that_came_or_went_are_named)
{
    expected e;
    expect(&e, 10, 20, 70);
    e.rows[3].layer = "c";
    const zs_figures f = result_of(10, 20, 70);
    const zs_case_verdict v = judge(&e, &f);
    ck_assert_uint_eq(v.move_n, 2);
    ck_assert_int_eq(v.moves[0].kind, ZS_GONE);
    ck_assert_str_eq(v.moves[0].layer, "c");
    ck_assert_int_eq(v.moves[1].kind, ZS_NEW);
    ck_assert_str_eq(v.moves[1].layer, "b#2");
    e.one.row_n = 1; /* without layers in the baseline there is nothing to miss */
    ck_assert_uint_eq(judge(&e, &f).move_n, 0);
}
END_TEST

START_TEST(test_open_figures_have_moved_until_they_are_filled_in)
{
    expected e;
    expect(&e, 10, 20, 70);
    e.cells[0][0].is_open = true;
    const zs_figures f = result_of(10, 20, 70);
    const zs_case_verdict v = judge(&e, &f);
    ck_assert_uint_eq(v.move_n, 1);
    ck_assert_int_eq(v.moves[0].kind, ZS_OPEN);
    ck_assert_uint_eq(v.moves[0].now.i, 100);
}
END_TEST

/* A baseline that does not speak of fits (-1), or says 0 or 1, and a result of 3 DSP of 2 or of 3.
 */
static const struct {
    int says;
    uint32_t available;
    uint32_t move_n;
    const char *misfit;
} fits[] = {
    {-1, 2, 0, "3 DSP of 2"}, {0, 2, 0, ""}, {1, 2, 1, "3 DSP of 2"},
    {-1, 3, 0, ""},           {0, 3, 1, ""}, {1, 3, 0, ""},
};

START_TEST(test_what_does_not_fit_is_told_and_moves_where_it_should_fit)
{
    const zs_result r = {.clock_hz = 1000,
                         .batch = 1,
                         .fit = {.fits = fits[_i].available >= 3,
                                 .family = &zs_families[ZS_FAMILY_7_SERIES],
                                 .used = {{[ZS_RESOURCE_DSP] = 3}},
                                 .available = {{[ZS_RESOURCE_DSP] = fits[_i].available}}}};
    zs_figures f;
    expected e;
    ck_assert_int_eq(zs_figures_take(&arena, "x", &r, &f, &err), ZS_OK);
    expect(&e, 0, 0, 0);
    e.one.row_n = 1;
    e.columns[1].metric = zs_metric_find("fits");
    e.cells[0][1] = (zs_expected){.is_given = fits[_i].says >= 0,
                                  .value = {.type = ZS_METRIC_BOOL, .i = fits[_i].says == 1}};
    const zs_case_verdict v = judge(&e, &f);
    ck_assert_uint_eq(v.move_n, fits[_i].move_n);
    ck_assert_str_eq(v.misfit, fits[_i].misfit);
}
END_TEST

TCase *tcase_baseline(void)
{
    TCase *tc = tcase_create("baselines");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, test_equal_figures_have_not_moved);
    tcase_add_test(tc, test_layers_come_by_how_far_they_moved);
    tcase_add_loop_test(tc, test_the_tolerance_decides, 0, ZS_LEN(near));
    tcase_add_test(tc, test_counts_that_a_double_cannot_hold_are_still_exact);
    tcase_add_test(tc, test_a_figure_that_is_no_number_any_more_has_moved);
    tcase_add_test(tc, test_layers_that_came_or_went_are_named);
    tcase_add_test(tc, test_open_figures_have_moved_until_they_are_filled_in);
    tcase_add_loop_test(tc, test_what_does_not_fit_is_told_and_moves_where_it_should_fit, 0,
                        ZS_LEN(fits));
    return tc;
}
