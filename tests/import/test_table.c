#include "cases.h"
#include "zynqsim/reference.h"

#include <stdlib.h>
#include <string.h>

static zs_span span_of(const char *text)
{
    return (zs_span){.data = (const uint8_t *)text, .bytes = strlen(text)};
}

/* ---- what is read ---------------------------------------------------------------------------- */

static const struct {
    const char *text;
    uint32_t columns, rows, last_line;
    const char *last; /* last cell */
} good[] = {
    {"a,b\n1,2\n", 2, 1, 2, "2"},
    {"a,b\n1,2", 2, 1, 2, "2"},
    {"a,b\r\n1,2\r\n3,4\r\n", 2, 2, 3, "4"},
    {"a,b\r1,2\r3,4", 2, 2, 3, "4"},
    {"\xef\xbb\xbf"
     "a,b\n1,2\n",
     2, 1, 2, "2"},
    {"\n\na,b\n\n \n1,2\n\n\n3,4\n\n", 2, 2, 9, "4"},
    {"a,b\n1,\"x, \"\"y\"\"\"\n", 2, 1, 2, "x, \"y\""},
    {"a,b\n\"one\ntwo\",\"3\n4\"\n5,6\n", 2, 2, 5, "6"},
    {"a,b\n 1 ,  two words \n", 2, 1, 2, "two words"},
    {"a,b\n1,\n", 2, 1, 2, ""},
    {"a,b\n,\"\"\n", 2, 1, 2, ""},
    {"a\n1\n", 1, 1, 2, "1"},
    {"a,,\n1,2,3\n", 3, 1, 2, "3"},
};

START_TEST(test_rows_have_their_cells_and_their_line)
{
    zs_table t;
    ck_assert_msg(zs_table_parse(&arena, span_of(good[_i].text), "t.csv", &t, &err) == ZS_OK,
                  "%s: %s", err.place, err.text);
    ck_assert_uint_eq(t.column_n, good[_i].columns);
    ck_assert_uint_eq(t.row_n, good[_i].rows);
    ck_assert_str_eq(t.columns[0], "a");
    ck_assert_uint_eq(zs_table_column(&t, "a"), 0);
    ck_assert_str_eq(t.cells[t.row_n * t.column_n - 1], good[_i].last);
    ck_assert_uint_eq(t.lines[t.row_n - 1], good[_i].last_line);
}
END_TEST

START_TEST(test_a_header_can_be_read_alone)
{
    zs_table t;
    const zs_span text = span_of("a,b\nno,\"matter,what\n");
    ck_assert_int_eq(zs_table_header_parse(&arena, text, "t.csv", &t, &err), ZS_OK);
    ck_assert_uint_eq(t.column_n, 2);
    ck_assert_uint_eq(t.row_n, 0);
    ck_assert_uint_eq(zs_table_column(&t, "c"), ZS_NO_COLUMN);
}
END_TEST

/* ---- what is not ----------------------------------------------------------------------------- */

static const struct {
    const char *text, *place, *sentence;
    zs_status status;
} wrong[] = {
    {"", "t.csv", "is empty", ZS_EPARSE},
    {"\n \r\n", "t.csv", "is empty", ZS_EPARSE},
    {"\xef\xbb\xbf", "t.csv", "is empty", ZS_EPARSE},
    {"a,b\n1\n", "t.csv:2", "the row has 1 cell, the header names 2 columns", ZS_EPARSE},
    {"a,b\n\n1,2\n1,2,3,4\n", "t.csv:4", "the row has 4 cells, the header", ZS_EPARSE},
    {"a,b\n\"x\ny\",2\n3\n", "t.csv:4", "the row has 1 cell", ZS_EPARSE},
    {"a,b\n1,\"2\n3,4\n", "t.csv:2", "never closed", ZS_EPARSE},
    {"a,\"b", "t.csv:1", "never closed", ZS_EPARSE},
    {"a,b\n1,2\n3,\"4\"5\n", "t.csv:3", "a quote where none may stand", ZS_EPARSE},
    {"a,b\n1,2\"\n", "t.csv:2", "a quote where none may stand", ZS_EPARSE},
    {"a,b,a\n1,2,3\n", "t.csv:1", "two columns of the name \"a\"", ZS_EPARSE},
};

START_TEST(test_a_wrong_table_is_refused_with_its_line)
{
    zs_table t = {.row_n = 77};
    ck_assert_int_eq(zs_table_parse(&arena, span_of(wrong[_i].text), "t.csv", &t, &err),
                     wrong[_i].status);
    ck_assert_str_eq(err.place, wrong[_i].place);
    ck_assert_msg(strstr(err.text, wrong[_i].sentence) != NULL, "%s", err.text);
    ck_assert_uint_eq(t.row_n, 77);
}
END_TEST

START_TEST(test_zero_bytes_and_sizes_have_limits)
{
    zs_table t;
    const uint8_t zero[] = "a,b\n1,\0\n";
    ck_assert_int_eq(zs_table_parse(&arena, (zs_span){zero, sizeof zero - 1}, "t.csv", &t, &err),
                     ZS_EPARSE);
    ck_assert_str_eq(err.place, "t.csv:2");
    uint8_t *big = malloc(ZS_TABLE_BYTES_MAX + 1);
    memset(big, ',', ZS_TABLE_BYTES_MAX + 1);
    ck_assert_int_eq(
        zs_table_parse(&arena, (zs_span){big, ZS_TABLE_BYTES_MAX + 1}, "t.csv", &t, &err),
        ZS_ERANGE);
    ck_assert_int_eq(
        zs_table_parse(&arena, (zs_span){big, ZS_TABLE_COLUMNS_MAX}, "t.csv", &t, &err), ZS_ERANGE);
    ck_assert_ptr_nonnull(strstr(err.text, "1025 columns are more than the limit of 1024"));
    ck_assert_int_eq(
        zs_table_parse(&arena, (zs_span){big, ZS_TABLE_COLUMNS_MAX - 1}, "t.csv", &t, &err), ZS_OK);
    free(big);
}
END_TEST

/* ---- cells as numbers ------------------------------------------------------------------------ */

static const struct {
    const char *cell;
    zs_status number, count; /* within 0 .. 100 */
    double value;
} numbers[] = {
    {"0", ZS_OK, ZS_OK, 0},
    {"100", ZS_OK, ZS_OK, 100},
    {"0x10", ZS_OK, ZS_OK, 16},
    {"0x", ZS_EPARSE, ZS_EPARSE, 0},
    {"0x1p3", ZS_EPARSE, ZS_EPARSE, 0},
    {"010", ZS_EPARSE, ZS_EPARSE, 0},
    {" 5", ZS_EPARSE, ZS_EPARSE, 0},
    {"2.5", ZS_OK, ZS_EPARSE, 2.5},
    {"1e1", ZS_OK, ZS_OK, 10},
    {"100.5", ZS_ERANGE, ZS_ERANGE, 0},
    {"-1", ZS_ERANGE, ZS_ERANGE, 0},
    {"nan", ZS_ERANGE, ZS_ERANGE, 0},
    {"inf", ZS_ERANGE, ZS_ERANGE, 0},
    {"", ZS_EPARSE, ZS_EPARSE, 0},
    {"7 apples", ZS_EPARSE, ZS_EPARSE, 0},
    {"x", ZS_EPARSE, ZS_EPARSE, 0},
};

START_TEST(test_a_number_is_finite_and_within_limits)
{
    const char *cells[] = {numbers[_i].cell};
    const char *columns[] = {"n"};
    const uint32_t lines[] = {9};
    const zs_table t = {.path = "t.csv", .columns = columns, .cells = cells, .lines = lines, 1, 1};
    double number = 77;
    uint64_t count = 77;
    ck_assert_int_eq(zs_table_number(&t, 0, 0, 0, 100, &number, &err), numbers[_i].number);
    ck_assert_double_eq(number, numbers[_i].number == ZS_OK ? numbers[_i].value : 77);
    ck_assert_int_eq(zs_table_count(&t, 0, 0, 0, 100, &count, &err), numbers[_i].count);
    ck_assert_uint_eq(count, numbers[_i].count == ZS_OK ? (uint64_t)numbers[_i].value : 77);
    if (numbers[_i].count != ZS_OK)
        ck_assert_str_eq(err.place, "t.csv:9, n");
}
END_TEST

/* ---- memory ---------------------------------------------------------------------------------- */

START_TEST(test_running_out_of_memory_is_an_error_at_every_request)
{
    const zs_span text =
        span_of("case,spec,valid_bw,valid_lat,frac_peak\n"
                "a,dir=R size=4 W=1 n=1,1,0,0.5\nb,dir=R size=4 W=1 n=1,1,0,0.5\n");
    zs_status status = ZS_ENOMEM;
    uint64_t n = 0;
    while (status == ZS_ENOMEM) {
        test_heap_state state = {.fail_at = ++n};
        zs_arena small;
        zs_table t;
        zs_reference ref;
        zs_arena_init(&small, test_counting_heap(&state));
        status = zs_table_parse(&small, text, "t.csv", &t, &err);
        if (status == ZS_OK)
            status = zs_reference_parse(&small, &t, &ref, &err);
        zs_arena_drop(&small);
        ck_assert_int_eq(state.live_blocks, 0);
    }
    ck_assert_int_eq(status, ZS_OK);
    ck_assert_uint_gt(n, 1);
}
END_TEST

TCase *tcase_table(void)
{
    TCase *tc = net_case("table");
    tcase_add_loop_test(tc, test_rows_have_their_cells_and_their_line, 0, ZS_LEN(good));
    tcase_add_test(tc, test_a_header_can_be_read_alone);
    tcase_add_loop_test(tc, test_a_wrong_table_is_refused_with_its_line, 0, ZS_LEN(wrong));
    tcase_add_test(tc, test_zero_bytes_and_sizes_have_limits);
    tcase_add_loop_test(tc, test_a_number_is_finite_and_within_limits, 0, ZS_LEN(numbers));
    tcase_add_test(tc, test_running_out_of_memory_is_an_error_at_every_request);
    return tc;
}
