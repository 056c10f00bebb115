/* Figures as short text, names as clean text. */
#include "../../src/report/out_priv.h"
#include "fixture.h"

#include <math.h>
#include <string.h>

static const struct {
    uint64_t n;
    const char *text;
} counts[] = {{0, "0"},
              {7, "7"},
              {999, "999"},
              {1000, "1,000"},
              {12345, "12,345"},
              {1234567, "1,234,567"},
              {UINT64_MAX, "18,446,744,073,709,551,615"}};

START_TEST(test_counts_have_thousands_separators)
{
    ck_assert_str_eq(zs_cell_count(counts[_i].n).text, counts[_i].text);
}
END_TEST

static const struct {
    uint64_t n;
    const char *text;
} sizes[] = {{0, "0 B"},
             {1, "1 B"},
             {999, "999 B"},
             {1000, "0.98 KiB"},
             {1024, "1.00 KiB"},
             {10240, "10.0 KiB"},
             {102400, "100 KiB"},
             {1023488, "0.98 MiB"},
             {5 << 20, "5.00 MiB"},
             {UINT64_MAX, "16.0 EiB"}};

START_TEST(test_bytes_have_three_digits_and_a_binary_unit)
{
    ck_assert_str_eq(zs_cell_bytes(sizes[_i].n).text, sizes[_i].text);
}
END_TEST

static const struct {
    double value;
    const char *unit, *text;
} amounts[] = {{0, "J", "0 J"},        {0.0032, "J", "3.20 mJ"},
               {4e-7, "J", "400 nJ"},  {2.4e9, "B/s", "2.40 GB/s"},
               {1e8, "Hz", "100 MHz"}, {22079000, "", "22.1 M"},
               {12, "", "12"},         {-1, "", "-1"},
               {INFINITY, "W", "-"},   {NAN, "W", "-"}};

START_TEST(test_amounts_have_three_digits_and_a_decimal_prefix)
{
    ck_assert_str_eq(zs_cell_si(amounts[_i].value, amounts[_i].unit).text, amounts[_i].text);
}
END_TEST

static const struct {
    double seconds;
    const char *text;
} times[] = {{2.5, "2.500 s"},   {0.1362, "136.2 ms"}, {14.3e-6, "14.30 us"},
             {3e-9, "3.000 ns"}, {0, "0.000 ns"},      {NAN, "-"}};

START_TEST(test_times_have_four_digits_and_a_unit)
{
    ck_assert_str_eq(zs_cell_time(times[_i].seconds).text, times[_i].text);
}
END_TEST

START_TEST(test_undefined_figures_are_dashes)
{
    ck_assert_str_eq(zs_cell_real(zs_share(1, 0), 2).text, "-");
    ck_assert_str_eq(zs_cell_percent(zs_share(0, 0)).text, "-");
    ck_assert_str_eq(zs_cell_percent(zs_share(1, 8)).text, "12.5 %");
    ck_assert_str_eq(zs_cell_real(1e300, 2).text, "1.000e+300");
    ck_assert_str_eq(zs_cell_rate(7.432).text, "7.43");
    ck_assert_str_eq(zs_cell_rate(0.0995).text, "0.10");
    ck_assert_str_eq(zs_cell_rate(0.0234).text, "0.0234");
    ck_assert_str_eq(zs_cell_rate(0.0078487).text, "0.00785");
    ck_assert_str_eq(zs_cell_rate(0).text, "0.00");
    ck_assert_str_eq(zs_cell_rate(zs_share(1, 0)).text, "-");
}
END_TEST

TCase *tcase_cells(void)
{
    TCase *tc = tcase_create("cells");
    tcase_add_loop_test(tc, test_counts_have_thousands_separators, 0, ZS_LEN(counts));
    tcase_add_loop_test(tc, test_bytes_have_three_digits_and_a_binary_unit, 0, ZS_LEN(sizes));
    tcase_add_loop_test(tc, test_amounts_have_three_digits_and_a_decimal_prefix, 0,
                        ZS_LEN(amounts));
    tcase_add_loop_test(tc, test_times_have_four_digits_and_a_unit, 0, ZS_LEN(times));
    tcase_add_test(tc, test_undefined_figures_are_dashes);
    return tc;
}

/* ---- names ----------------------------------------------------------------------------------- */

#define BAD "\xef\xbf\xbd"
static const struct {
    const char *name, *clean;
} names[] = {
    {"conv1", "conv1"},
    {"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
    {"\x1b[31mred\x07", BAD "[31mred" BAD}, /* escapes never reach a terminal */
    {"a\tb\nc", "a" BAD "b" BAD "c"},
    {"\xff\xfe", BAD BAD},
    {"cut\xe2\x82", "cut" BAD BAD}, /* ends within a character */
    {"\xc0\xaf", BAD},              /* too long a form of / */
    {"\xed\xa0\x80", BAD},          /* half a surrogate pair */
    {"\xf4\x90\x80\x80", BAD},      /* beyond Unicode */
    {"\xc2\x85", BAD},              /* C1 control */
    {"\xe2\x80\xae", BAD},          /* turns the text around */
};

START_TEST(test_names_are_cleaned_to_printable_utf8)
{
    zs_buffer buffer;
    zs_buffer_init(&buffer, test_heap());
    const zs_sink sink = zs_buffer_sink(&buffer);
    zs_out out = {.sink = &sink};
    zs_out_name(&out, names[_i].name);
    ck_assert_int_eq(out.status, ZS_OK);
    ck_assert_uint_eq(buffer.bytes, strlen(names[_i].clean));
    ck_assert_mem_eq(buffer.data, names[_i].clean, buffer.bytes);
    zs_buffer_drop(&buffer);
}
END_TEST

/* Names of layers and directories have their beginnings in common. */
static const struct {
    const char *name;
    size_t most;
    const char *kept;
} shortened[] = {
    {"layer2_0_shortcut", 17, "layer2_0_shortcut"},  {"layer2_0_shortcut", 15, "layer2_0_…rtcut"},
    {"fire2/squeeze1x1", 15, "fire2/squ…ze1x1"},     {"/features/12/conv", 8, "/fea…onv"},
    {"caf\xc3\xa9-caf\xc3\xa9", 6, "caf…f\xc3\xa9"}, {"threefour", 5, "thre…"},
};

START_TEST(test_long_names_keep_both_ends)
{
    ck_assert_str_eq(zs_utf8_shorten(shortened[_i].name, shortened[_i].most).text,
                     shortened[_i].kept);
}
END_TEST

static const struct {
    const char *text, *wrapped;
} wraps[] = {{"one two three", "one two\n  three\n"},
             {"a 12 MiB line", "a 12 MiB\n  line\n"}, /* a unit stays with its figure */
             {"unbreakableword x", "unbreakableword\n  x\n"},
             {"", "\n"}};

START_TEST(test_sentences_break_between_words)
{
    zs_buffer buffer;
    zs_buffer_init(&buffer, test_heap());
    const zs_sink sink = zs_buffer_sink(&buffer);
    zs_out out = {.sink = &sink};
    zs_out_wrap(&out, wraps[_i].text, 0, 2, 9);
    ck_assert_uint_eq(buffer.bytes, strlen(wraps[_i].wrapped));
    ck_assert_mem_eq(buffer.data, wraps[_i].wrapped, buffer.bytes);
    zs_buffer_drop(&buffer);
}
END_TEST

TCase *tcase_utf8(void)
{
    TCase *tc = tcase_create("utf8");
    tcase_add_loop_test(tc, test_names_are_cleaned_to_printable_utf8, 0, ZS_LEN(names));
    tcase_add_loop_test(tc, test_long_names_keep_both_ends, 0, ZS_LEN(shortened));
    tcase_add_loop_test(tc, test_sentences_break_between_words, 0, ZS_LEN(wraps));
    return tc;
}
