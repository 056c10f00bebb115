/* Tables of text: widths, alignment, blanks, short lines. */
#include "../../src/report/text_table_priv.h"
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

static zs_buffer buffer;
static zs_sink sink;
static zs_out out;

static void set_up(void)
{
    zs_buffer_init(&buffer, test_heap());
    sink = zs_buffer_sink(&buffer);
    out = (zs_out){.sink = &sink};
}

static void tear_down(void)
{
    zs_buffer_drop(&buffer);
}

static void expect(const char *text)
{
    ck_assert_int_eq(zs_sink_write(&sink, "", 1), ZS_OK);
    ck_assert_str_eq((const char *)buffer.data, text);
}

static void put(zs_text_table *t, const char *const *cells)
{
    for (uint32_t i = 0; i < t->n; i++)
        zs_text_cell(t, cells[i]);
    zs_text_end_row(t);
}

static const struct {
    const char *name;
    uint32_t width;
    const char *fitted;
} fitted[] = {{"conv1", 7, "conv1  |\n"},
              {"conv1", 5, "conv1|\n"},
              {"conv10", 5, "conv\xe2\x80\xa6|\n"},
              {"\xc3\xa9\xc3\xa9\xc3\xa9", 3, "\xc3\xa9\xc3\xa9\xc3\xa9|\n"},
              {"a\nb", 3,
               "a\xef\xbf\xbd"
               "b|\n"},
              {"", 2, "  |\n"}};

START_TEST(test_names_fit_their_column)
{
    const uint32_t width = fitted[_i].width;
    const zs_text_column columns[] = {{.head = "", .least = width, .most = width}, {.head = ""}};
    zs_text_table t = {.out = &out, .columns = columns, .n = 2};
    zs_text_ready(&t);
    put(&t, (const char *[]){fitted[_i].name, "|"});
    expect(fitted[_i].fitted);
}
END_TEST

static const zs_text_column three[] = {
    {.head = "name", .least = 2, .most = 8, .shrinks = true},
    {.head = "a.bb.c", .gap = 1, .is_right = true},
    {.head = "seen", .gap = 2, .from = 18},
};

static void fill(zs_text_table *t)
{
    put(t, (const char *[]){"one", "1,000", "y"});
    put(t, (const char *[]){"threefourfive", "2", ""});
}

static const struct {
    size_t line;
    bool stacks;
    const char *text;
} lines[] = {
    {0, true,
     "name     a.bb.c  seen\none       1,000  y\nthre…ive      2\n─────────────────────\n"},
    {21, false,
     "name     a.bb.c  seen\none       1,000  y\nthre…ive      2\n─────────────────────\n"},
    {18, false, "name  a.bb.c  seen\none    1,000  y\nthre…      2\n"},
    {15, false, "name     a.bb.c\none       1,000\nthre…ive      2\n"},
    {12, false, "name  a.bb.c\none    1,000\nthre…      2\n"},
    {5, false, "n… a.bb.c\no…  1,000\nt…      2\n"},
    {14, true, "            a.\n           bb.\nname         c\none      1,000\nthre…ive     2\n"},
};

START_TEST(test_columns_take_what_they_need_and_the_line_has)
{
    zs_text_table t = {.out = &out,
                       .columns = three,
                       .n = ZS_LEN(three),
                       .line = lines[_i].line,
                       .stacks = lines[_i].stacks};
    fill(&t);
    zs_text_heads(&t, ZS_PAINT_NONE);
    fill(&t);
    if (t.line == 0 || t.line > 18)
        zs_text_rule(&t);
    expect(lines[_i].text);
}
END_TEST

START_TEST(test_columns_go_on_below_beside_the_first)
{
    static const zs_text_column columns[] = {{.head = "id"},
                                             {.head = "first", .gap = 1, .is_right = true},
                                             {.head = "second", .gap = 1, .is_right = true},
                                             {.head = "third", .gap = 1, .is_right = true}};
    zs_text_table t = {.out = &out, .columns = columns, .n = 4, .line = 10, .indent = 1};
    const char *const cells[] = {"x", "1", "2", "3"};
    put(&t, cells);
    zs_text_ready(&t);
    for (uint32_t from = 1; from < 4;) {
        from = zs_text_block(&t, 1, from);
        zs_text_heads(&t, ZS_PAINT_NONE);
        put(&t, cells);
    }
    expect(" id first\n x      1\n id second\n x       2\n id third\n x      3\n");
}
END_TEST

START_TEST(test_pieces_spans_and_long_cells)
{
    static const zs_text_column columns[] = {{.head = "", .least = 4},
                                             {.head = "", .least = 3, .gap = 1, .is_right = true},
                                             {.head = "", .gap = 1}};
    zs_text_table t = {.out = &out, .columns = columns, .n = 3, .indent = 2};
    zs_text_ready(&t);
    zs_text_cell(&t, "");
    zs_text_more(&t, ZS_PAINT_NONE, "a");
    zs_text_more(&t, ZS_PAINT_NONE, "b");
    zs_text_span(&t, 2, "over both");
    zs_text_end_row(&t);
    put(&t, (const char *[]){"toolong", "12345", "z"});
    put(&t, (const char *[]){"", "1", ""});
    put(&t, (const char *[]){"", "", ""});
    expect("  ab   over both\n  toolong 12345 z\n         1\n\n");
}
END_TEST

START_TEST(test_colour_and_entities_take_no_room)
{
    static const zs_text_column columns[] = {{.head = "", .least = 3}, {.head = "", .gap = 1}};
    zs_text_table t = {.out = &out, .columns = columns, .n = 2, .as_xml = true};
    out.colour = true;
    zs_text_ready(&t);
    zs_text_painted(&t, ZS_PAINT_BAD, "<");
    zs_text_cell(&t, "x");
    zs_text_end_row(&t);
    expect("\033[1;31m&lt;\033[0m   x\n");
}
END_TEST

TCase *tcase_text_table(void)
{
    TCase *tc = tcase_create("text tables");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, test_names_fit_their_column, 0, ZS_LEN(fitted));
    tcase_add_loop_test(tc, test_columns_take_what_they_need_and_the_line_has, 0, ZS_LEN(lines));
    tcase_add_test(tc, test_columns_go_on_below_beside_the_first);
    tcase_add_test(tc, test_pieces_spans_and_long_cells);
    tcase_add_test(tc, test_colour_and_entities_take_no_room);
    return tc;
}
