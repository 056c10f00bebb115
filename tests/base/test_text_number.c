#include "support.h"

#include <math.h>

TCase *tcase_text_number(void);

static const struct {
    const char *text;
    double real;   /* of the part that is read */
    int real_end;  /* bytes read; -1: no real number */
    int count_end; /* the same as a count */
    uint64_t count;
} texts[] = {
    {"5", 5, 1, 1, 5},
    {"0", 0, 1, 1, 0},
    {"0.5", 0.5, 3, 1, 0},
    {".5", 0.5, 2, -1, 0},
    {"5.", 5, 2, 1, 5},
    {"-2.5e3x", -2500, 6, -1, 0},
    {"+5", 5, 2, -1, 0},
    {"1e", 1, 1, 1, 1},
    {"1e+", 1, 1, 1, 1},
    {"3 fps", 3, 1, 1, 3},
    {"1_000", 1, 1, 1, 1},
    {"18446744073709551615", 18446744073709551615.0, 20, 20, UINT64_MAX},
    {"18446744073709551616", 18446744073709551616.0, 20, -1, 0},
    {"", 0, -1, -1, 0},
    {".", 0, -1, -1, 0},
    {"-", 0, -1, -1, 0},
    {"e5", 0, -1, -1, 0},
    {" 5", 0, -1, -1, 0},
    {"\t5", 0, -1, -1, 0},
    {"010", 0, -1, -1, 0},
    {"00", 0, -1, -1, 0},
    {"-01", 0, -1, -1, 0},
    {"0x10", 0, -1, 1, 0},
    {"-0x1p3", 0, -1, -1, 0},
    {"-inf%", -INFINITY, 4, -1, 0},
    {"x", 0, -1, -1, 0},
    {"1e999", INFINITY, 5, 1, 1},
    {"-1e999", -INFINITY, 6, -1, 0},
};

START_TEST(test_only_plain_decimal_numbers_are_read)
{
    const char *text = texts[_i].text;
    double real = 77;
    uint64_t count = 77;
    const char *end = zs_read_real(text, &real);
    ck_assert_int_eq(end == NULL ? -1 : end - text, texts[_i].real_end);
    ck_assert(real == (end == NULL ? 77 : texts[_i].real));
    end = zs_read_count(text, &count);
    ck_assert_int_eq(end == NULL ? -1 : end - text, texts[_i].count_end);
    ck_assert_uint_eq(count, end == NULL ? 77 : texts[_i].count);
}
END_TEST

START_TEST(test_what_is_no_number_is_read_as_such)
{
    double real = 77;
    const char *text = "nan";
    ck_assert_ptr_eq(zs_read_real(text, &real), text + 3);
    ck_assert(isnan(real));
}
END_TEST

TCase *tcase_text_number(void)
{
    TCase *tc = tcase_create("text_number");
    tcase_add_loop_test(tc, test_only_plain_decimal_numbers_are_read, 0, ZS_LEN(texts));
    tcase_add_test(tc, test_what_is_no_number_is_read_as_such);
    return tc;
}
