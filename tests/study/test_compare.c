#include "study_cases.h"

#include "zynqsim/compare.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static zs_arena arena;

static void setup(void)
{
    zs_arena_init(&arena, test_heap());
}

static void teardown(void)
{
    zs_arena_drop(&arena);
}

/* ---- results made by hand -------------------------------------------------------------------- */

enum { ROWS_MAX = 8 };
typedef struct made {
    zs_layer_result layers[ROWS_MAX];
    zs_result result;
} made;

/* Rows by name, "a b c"; row i takes 10 x (i + 1) cycles and reads as many bytes. */
static zs_figures figures_of(const char *rows, uint32_t batch)
{
    static char names[512];
    made m = {.result = {.batch = batch, .clock_hz = 1000, .fusion = rows}};
    zs_figures f;
    zs_err err = {0};
    snprintf(names, sizeof names, "%s", rows);
    m.result.layers = m.layers;
    for (char *name = strtok(names, " "); name != NULL; name = strtok(NULL, " ")) {
        zs_layer_result *l = &m.layers[m.result.layer_n++];
        l->name = name;
        l->cycles = l->read_bytes = 10 * (uint64_t)m.result.layer_n;
        m.result.cycles += l->cycles;
    }
    m.result.dram.read_bytes = m.result.cycles;
    ck_assert_int_eq(zs_figures_take(&arena, rows, &m.result, &f, &err), ZS_OK);
    return f;
}

static zs_comparison comparison_of(const zs_figures *columns, uint32_t n, bool with_layers)
{
    zs_comparison c;
    zs_err err = {0};
    ck_assert_int_eq(zs_comparison_build(&arena, columns, n, with_layers, &c, &err), ZS_OK);
    return c;
}

static const zs_compare_row *row_of(const zs_comparison *c, const char *scope, const char *figure)
{
    for (uint32_t i = 0; i < c->row_n; i++)
        if (strcmp(c->rows[i].scope, scope) == 0 && strcmp(c->rows[i].figure, figure) == 0)
            return &c->rows[i];
    return NULL;
}

/* ---- which rows go together ------------------------------------------------------------------ */

static const struct {
    const char *first, *second, *groups;
} matches[] = {
    {"a b", "a b", "a b"},
    {"a b c", "a+b c", "a+b c"},
    {"a+b c", "a b c", "a+b c"},
    {"a b c", "a b+c", "a b+c"},
    {"a b", "a b d", "a b d"},
    {"f/x f/y p z", "f/x+p f/y+p z", "f/x+y+p z"},
    {"f/x+p f/y+p", "f/x+p f/y+p", "f/x+p f/y+p"}, /* both have them: nothing to put together */
    {"a+b c+d", "a b+c d", "a+b+c+d"},
    {"a a b", "a b", "a b"},
    {"x/ab x/ac", "x/ab+x/ac", "x/ab+ac"},
};

START_TEST(test_rows_that_are_fused_differently_are_put_together)
{
    const zs_figures columns[] = {figures_of(matches[_i].first, 1),
                                  figures_of(matches[_i].second, 1)};
    zs_row_groups groups;
    zs_err err = {0};
    char all[256] = "";
    ck_assert_int_eq(zs_row_groups_build(&arena, columns, 2, &groups, &err), ZS_OK);
    for (uint32_t i = 0; i < groups.n; i++) {
        strcat(all, i > 0 ? " " : "");
        strcat(all, groups.names[i]);
    }
    ck_assert_str_eq(all, matches[_i].groups);
}
END_TEST

START_TEST(test_cycles_of_a_group_are_those_of_its_rows)
{
    const zs_figures columns[] = {figures_of("a b c", 1), figures_of("a+b c", 1)};
    const zs_comparison c = comparison_of(columns, 2, true);
    const zs_compare_row *fused = row_of(&c, "a+b", "cycles"), *own = row_of(&c, "c", "cycles");
    ck_assert_double_eq(fused->values[0], 30);
    ck_assert_double_eq(fused->values[1], 10);
    ck_assert_double_eq_tol(fused->ratios[1], 1.0 / 3, 1e-12);
    ck_assert_double_eq(own->values[0], 30);
    ck_assert_double_eq(own->values[1], 20);
}
END_TEST

START_TEST(test_layers_sum_to_the_whole_in_every_column)
{
    const zs_figures columns[] = {figures_of("a b c d", 4), figures_of("a+b c+d e", 4),
                                  figures_of("e d c b a", 4)};
    const zs_comparison c = comparison_of(columns, 3, true);
    for (uint32_t i = 0; i < 3; i++) {
        double sum = 0;
        for (uint32_t r = 0; r < c.row_n; r++)
            if (c.rows[r].scope[0] != '\0' && strcmp(c.rows[r].figure, "cycles_per_image") == 0 &&
                !isnan(c.rows[r].values[i]))
                sum += c.rows[r].values[i];
        ck_assert_double_eq(sum, row_of(&c, "", "cycles_per_image")->values[i]);
    }
}
END_TEST

START_TEST(test_a_row_that_a_column_lacks_is_unknown_not_zero)
{
    const zs_figures columns[] = {figures_of("a b", 1), figures_of("a", 1)};
    const zs_comparison c = comparison_of(columns, 2, true);
    ck_assert(isnan(row_of(&c, "b", "cycles")->values[1]));
    ck_assert(isnan(row_of(&c, "b", "cycles")->ratios[1]));
}
END_TEST

/* ---- ratios and batches ---------------------------------------------------------------------- */

START_TEST(test_shares_and_answers_have_no_ratio)
{
    const zs_figures columns[] = {figures_of("a b", 1), figures_of("a", 1)};
    const zs_comparison c = comparison_of(columns, 2, false);
    for (uint32_t r = 0; r < c.row_n; r++) {
        const zs_compare_row *row = &c.rows[r];
        if (row->as == ZS_AS_SHARE || row->as == ZS_AS_YES)
            ck_assert(isnan(row->ratios[1]));
        else if (row->values[0] > 0)
            ck_assert_double_eq(row->ratios[1], row->values[1] / row->values[0]);
    }
    ck_assert_double_eq_tol(row_of(&c, "", "cycles")->ratios[1], 1.0 / 3, 1e-12);
}
END_TEST

START_TEST(test_batches_have_amounts_per_image)
{
    const zs_figures columns[] = {figures_of("a b", 1), figures_of("a b", 8)};
    const zs_comparison c = comparison_of(columns, 2, true);
    ck_assert_double_eq(row_of(&c, "", "cycles")->values[1], 30);
    ck_assert_double_eq(row_of(&c, "", "cycles_per_image")->values[0], 30);
    ck_assert_double_eq(row_of(&c, "", "cycles_per_image")->values[1], 30.0 / 8);
    ck_assert_double_eq(row_of(&c, "b", "cycles_per_image")->values[1], 20.0 / 8);
    ck_assert_ptr_null(row_of(&c, "", "images_per_second_per_image"));
    const zs_comparison single = comparison_of(columns, 1, false);
    ck_assert_ptr_null(row_of(&single, "", "cycles_per_image"));
}
END_TEST

START_TEST(test_too_many_columns_are_refused)
{
    zs_figures columns[ZS_COMPARE_COLUMNS + 1];
    zs_comparison c;
    zs_err err = {0};
    for (size_t i = 0; i < ZS_LEN(columns); i++)
        columns[i] = figures_of("a", 1);
    ck_assert_int_eq(zs_comparison_build(&arena, columns, ZS_LEN(columns), true, &c, &err),
                     ZS_EUSAGE);
    ck_assert_int_eq(zs_comparison_build(&arena, columns, 0, true, &c, &err), ZS_EUSAGE);
}
END_TEST

START_TEST(test_a_comparison_without_memory_says_so)
{
    const zs_figures columns[] = {figures_of("a b c", 2), figures_of("a+b c", 1)};
    for (uint64_t n = 1;; n++) {
        test_heap_state state = {.fail_at = n};
        zs_arena tight;
        zs_comparison c;
        zs_err err = {0};
        zs_arena_init(&tight, test_counting_heap(&state));
        const zs_status status = zs_comparison_build(&tight, columns, 2, true, &c, &err);
        zs_arena_drop(&tight);
        ck_assert_int_eq(state.live_blocks, 0);
        if (status == ZS_OK && state.requests < n)
            break;
        ck_assert_int_eq(status, ZS_ENOMEM);
    }
}
END_TEST

TCase *tcase_compare(void)
{
    TCase *tc = tcase_create("comparisons");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, test_rows_that_are_fused_differently_are_put_together, 0,
                        ZS_LEN(matches));
    tcase_add_test(tc, test_cycles_of_a_group_are_those_of_its_rows);
    tcase_add_test(tc, test_layers_sum_to_the_whole_in_every_column);
    tcase_add_test(tc, test_a_row_that_a_column_lacks_is_unknown_not_zero);
    tcase_add_test(tc, test_shares_and_answers_have_no_ratio);
    tcase_add_test(tc, test_batches_have_amounts_per_image);
    tcase_add_test(tc, test_too_many_columns_are_refused);
    tcase_add_test(tc, test_a_comparison_without_memory_says_so);
    return tc;
}
