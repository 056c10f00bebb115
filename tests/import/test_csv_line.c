#include "cases.h"

#include "zynqsim/table.h"

#include <string.h>

enum { ROOM = 4 };

static const struct {
    const char *line;
    const char *cells[ROOM];
    uint32_t n; /* 0: refused */
} lines[] = {
    {"", {""}, 1},
    {"a", {"a"}, 1},
    {"a,b,,d", {"a", "b", "", "d"}, 4},
    {",", {"", ""}, 2},
    {"\"a,b\",c", {"a,b", "c"}, 2},
    {"\"a\"\"b\",\"\"", {"a\"b", ""}, 2},
    {"\"\"\"\"", {"\""}, 1},
    {" a ,b", {" a ", "b"}, 2},
    {"a\"b", {NULL}, 0},
    {"a\rb", {NULL}, 0},
    {"\"a", {NULL}, 0},
    {"\"a\"b", {NULL}, 0},
    {"x,\"a\"\"", {NULL}, 0},
    {"1,2,3,4,5", {NULL}, 0},
};

START_TEST(a_line_is_cut_into_its_cells)
{
    char text[64];
    const char *cells[ROOM];
    uint32_t n = 77;
    strcpy(text, lines[_i].line);
    ck_assert_int_eq(zs_csv_line_cut(text, cells, ROOM, &n), lines[_i].n > 0 ? ZS_OK : ZS_EPARSE);
    ck_assert_uint_eq(n, lines[_i].n > 0 ? lines[_i].n : 77);
    for (uint32_t i = 0; i < lines[_i].n; i++)
        ck_assert_str_eq(cells[i], lines[_i].cells[i]);
}
END_TEST

TCase *tcase_csv_line(void)
{
    TCase *tc = tcase_create("lines of CSV");
    tcase_add_loop_test(tc, a_line_is_cut_into_its_cells, 0, (int)ZS_LEN(lines));
    return tc;
}
