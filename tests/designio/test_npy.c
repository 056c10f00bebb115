#include "designio_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Magic, version, length and text of a header, then data_bytes zeros. Returns the size. */
static size_t make_npy(uint8_t *out, int major, const char *text, size_t data_bytes)
{
    const size_t n = strlen(text), start = major == 2 ? 12 : 10;
    memcpy(out, "\x93NUMPY", 6);
    out[6] = (uint8_t)major;
    out[7] = 0;
    out[8] = (uint8_t)n;
    out[9] = (uint8_t)(n >> 8);
    out[10] = out[11] = 0;
    memcpy(out + start, text, n);
    memset(out + start + n, 0, data_bytes);
    return start + n + data_bytes;
}

static zs_status parse(designio_case *c, const uint8_t *bytes, size_t n, zs_npy *out)
{
    return zs_npy_parse(&c->arena, (zs_span){bytes, n}, "t.npy", out, &c->err);
}

static const struct {
    int major;
    const char *header;
    uint64_t dims[4];
} good[] = {
    {1, "{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }   \n", {1, 1, 1, 6}},
    {1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n", {1, 1, 2, 3}},
    {1, "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 3)}", {1, 1, 2, 3}},
    {2, "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3, 2, 1), }\n", {1, 3, 2, 1}},
    {1, "{\"shape\":(3,2,),\"fortran_order\":False,\"descr\":\"<f4\"}", {1, 1, 3, 2}},
    {1, "  { 'shape' : ( 6 ) , 'descr' :'<f4','fortran_order':False}  \n", {1, 1, 1, 6}},
};

START_TEST(test_headers_are_read_in_any_spelling)
{
    designio_case c;
    zs_npy npy;
    uint8_t bytes[256];
    designio_start(&c);
    const size_t n = make_npy(bytes, good[_i].major, good[_i].header, 24);
    const float values[6] = {1.5f, -2.0f, 0.0f, 1e-40f, 3e38f, 7.0f};
    memcpy(bytes + n - 24, values, 24);
    ck_assert_msg(parse(&c, bytes, n, &npy) == ZS_OK, "%s", c.err.text);
    ck_assert_mem_eq(npy.dims, good[_i].dims, sizeof npy.dims);
    ck_assert_mem_eq(npy.data, values, 24);
    designio_end(&c);
}
END_TEST

START_TEST(test_a_single_number_is_one_element)
{
    designio_case c;
    zs_npy npy;
    uint8_t bytes[256];
    designio_start(&c);
    const size_t n =
        make_npy(bytes, 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (), }", 4);
    const float value = 2.5f;
    memcpy(bytes + n - 4, &value, 4);
    ck_assert_msg(parse(&c, bytes, n, &npy) == ZS_OK, "%s", c.err.text);
    ck_assert_uint_eq(npy.rank, 0);
    ck_assert_uint_eq(npy.dims[0] * npy.dims[1] * npy.dims[2] * npy.dims[3], 1);
    ck_assert_mem_eq(npy.data, &value, 4);
    designio_end(&c);
}
END_TEST

#define F4 "'descr': '<f4', "
#define C  "'fortran_order': False, "
#define S6 "'shape': (6,), "
static const struct {
    int major;
    const char *header;
    size_t data_bytes;
    zs_status status;
    const char *part;
} bad[] = {
    {1, "{" F4 C S6 "}", 23, ZS_EPARSE, "23 bytes of numbers, but the shape takes 24"},
    {1, "{" F4 C S6 "}", 28, ZS_EPARSE, "28 bytes of numbers, but the shape takes 24"},
    {1, "{" F4 "'fortran_order': Maybe, " S6 "}", 24, ZS_EPARSE, "neither True nor False"},
    {1, "{'descr': '<f8', " C S6 "}", 24, ZS_EPARSE, "24 bytes of numbers, but the shape takes 48"},
    {1, "{'descr': '<c8', " C S6 "}", 48, ZS_EUNSUPPORTED, "type '<c8'"},
    {1, "{'descr': '>f4', " C S6 "}", 24, ZS_EUNSUPPORTED, "type '>f4'"},
    {1, "{'descr': [('a', '<f4')], " C S6 "}", 24, ZS_EPARSE, "a quoted name is missing"},
    {1, "{" F4 C "'shape': (1,1,1,1,1,1,1,1,1), }", 4, ZS_EUNSUPPORTED, "more than 8 dimensions"},
    {1, "{" F4 C "'shape': (2, 0), }", 0, ZS_ESHAPE, "dimension 2 of the array is 0"},
    {1, "{" F4 C "'shape': (-1,), }", 4, ZS_EPARSE, "a size of the shape is missing"},
    {1, "{" F4 C "'shape': (1 2), }", 8, ZS_EPARSE, "does not end in ')'"},
    {1, "{" F4 C "'shape': [6], }", 24, ZS_EPARSE, "not in parentheses"},
    {1, "{" F4 C "'shape': (18446744073709551616,), }", 4, ZS_EPARSE, "more than 64 bits"},
    {1, "{" F4 C "'shape': (4294967296, 4294967296), }", 4, ZS_EPARSE, "more than 2^64 elements"},
    {1, "{" F4 C "'shape': (4611686018427387904,), }", 0, ZS_EPARSE, "more than 2^64 bytes"},
    {1, "{" F4 C "'shape': (4611686018427387903,), }", 4, ZS_EPARSE, "4 bytes of numbers"},
    {1, "{" F4 C "}", 24, ZS_EPARSE, "shape is missing"},
    {1, "{" C S6 "}", 24, ZS_EPARSE, "is missing"},
    {1, "{" F4 S6 "}", 24, ZS_EPARSE, "is missing"},
    {1, "{" F4 C S6 "'x': 1}", 24, ZS_EPARSE, "unknown name 'x'"},
    {1, "{" F4 C S6 "'descr': '<f2'}", 24, ZS_EPARSE, "descr is given twice"},
    {1, "{" F4 C C S6 "}", 24, ZS_EPARSE, "fortran_order is given twice"},
    {1, "{" F4 C S6 S6 "}", 24, ZS_EPARSE, "shape is given twice"},
    {1, "{" F4 C "'shape': (06,)}", 24, ZS_EPARSE, "zeros in front"},
    {1, "{" F4 C S6 "} x", 24, ZS_EPARSE, "text after '}'"},
    {1, "{" F4 C S6, 24, ZS_EPARSE, "a quoted name is missing"},
    {1, "{'descr' '<f4'}", 24, ZS_EPARSE, "no ':'"},
    {1, "{'descr': '<f4' 'shape': (6,)}", 24, ZS_EPARSE, "no ','"},
    {1, "{'descr: <f4}", 24, ZS_EPARSE, "does not end within"},
    {1, "{'a name that goes on and on and on and on': 1}", 24, ZS_EPARSE, "within 31"},
    {1, "", 24, ZS_EPARSE, "does not start with '{'"},
    {3, "{" F4 C S6 "}", 24, ZS_EUNSUPPORTED, "NPY format 3.0"},
    {0, "{" F4 C S6 "}", 24, ZS_EUNSUPPORTED, "NPY format 0.0"},
};

START_TEST(test_other_tensors_are_refused_in_a_sentence)
{
    designio_case c;
    zs_npy npy = {0};
    uint8_t bytes[256];
    designio_start(&c);
    const size_t n = make_npy(bytes, bad[_i].major, bad[_i].header, bad[_i].data_bytes);
    ck_assert_int_eq(parse(&c, bytes, n, &npy), bad[_i].status);
    ck_assert_str_eq(c.err.place, "t.npy");
    ck_assert_msg(strstr(c.err.text, bad[_i].part) != NULL, "%s", c.err.text);
    ck_assert_ptr_null(npy.data);
    designio_end(&c);
}
END_TEST

/* 1, 2, -3 (or its bits where there is no sign), 0 in each type. */
static const struct {
    const char *descr;
    uint8_t data[32];
    size_t bytes;
    float third;
} types[] = {
    {"<f2", {0, 0x3c, 0, 0x40, 0, 0xc2}, 8, -3},
    {"<f8",
     {0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 8, 0xc0},
     32,
     -3},
    {"|i1", {1, 2, 0xfd}, 4, -3},
    {"|u1", {1, 2, 0xfd}, 4, 253},
    {"<i2", {1, 0, 2, 0, 0xfd, 0xff}, 8, -3},
    {"<u2", {1, 0, 2, 0, 0xfd, 0xff}, 8, 65533},
    {"<i8",
     {1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0xfd, 255, 255, 255, 255, 255, 255, 255},
     32,
     -3},
    {"|b1", {1, 1, 0}, 4, 0},
};

START_TEST(test_numbers_of_every_type_are_read)
{
    designio_case c;
    zs_npy npy;
    uint8_t bytes[256];
    char header[96];
    designio_start(&c);
    snprintf(header, sizeof header, "{'descr': '%s', %s'shape': (4,)}", types[_i].descr, C);
    const size_t n = make_npy(bytes, 1, header, types[_i].bytes);
    memcpy(bytes + n - types[_i].bytes, types[_i].data, types[_i].bytes);
    ck_assert_msg(parse(&c, bytes, n, &npy) == ZS_OK, "%s", c.err.text);
    ck_assert_float_eq(npy.data[0], 1);
    ck_assert_float_eq(npy.data[2], types[_i].third);
    ck_assert_float_eq(npy.data[3], 0);
    designio_end(&c);
}
END_TEST

START_TEST(test_fortran_order_and_many_dimensions_are_read)
{
    designio_case c;
    zs_npy npy;
    uint8_t bytes[256];
    designio_start(&c);
    const size_t n =
        make_npy(bytes, 1, "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 1, 1, 1)}", 6);
    for (uint8_t i = 0; i < 6; i++)
        bytes[n - 6 + i] = i;
    ck_assert_msg(parse(&c, bytes, n, &npy) == ZS_OK, "%s", c.err.text);
    static const float want[6] = {0, 2, 4, 1, 3, 5};
    ck_assert_mem_eq(npy.data, want, sizeof want);
    ck_assert(npy.rank == 5 && npy.own[0] == 2 && npy.own[1] == 3);
    designio_end(&c);
}
END_TEST

START_TEST(test_numbers_that_are_not_finite_are_refused)
{
    static const struct {
        uint32_t bits;
        const char *part;
    } values[] = {{0x7f800000, "element 3 is infinite"},
                  {0xff800000, "element 3 is infinite"},
                  {0x7fc00000, "element 3 is not a number"}};
    for (size_t i = 0; i < ZS_LEN(values); i++) {
        designio_case c;
        zs_npy npy;
        uint8_t bytes[256];
        designio_start(&c);
        const size_t n = make_npy(bytes, 1, "{" F4 C S6 "}", 24);
        memcpy(bytes + n - 12, &values[i].bits, 4);
        ck_assert_int_eq(parse(&c, bytes, n, &npy), ZS_ERANGE);
        ck_assert_str_eq(c.err.text, values[i].part);
        designio_end(&c);
    }
}
END_TEST

START_TEST(test_a_file_cut_anywhere_is_refused)
{
    for (int major = 1; major <= 2; major++) {
        uint8_t bytes[256];
        const size_t n = make_npy(bytes, major, "{" F4 C S6 "}", 24);
        for (size_t cut = 0; cut < n; cut++) {
            designio_case c;
            zs_npy npy = {0};
            designio_start(&c);
            uint8_t *copy = malloc(cut + 1);
            memcpy(copy, bytes, cut);
            ck_assert_int_ne(parse(&c, copy, cut, &npy), ZS_OK);
            ck_assert_ptr_null(npy.data);
            free(copy);
            designio_end(&c);
        }
    }
}
END_TEST

START_TEST(test_a_failed_allocation_is_reported)
{
    test_heap_state heap = {.fail_at = 1};
    zs_arena arena;
    zs_npy npy;
    uint8_t bytes[256];
    const size_t n = make_npy(bytes, 1, "{" F4 C S6 "}", 24);
    zs_arena_init(&arena, test_counting_heap(&heap));
    ck_assert_int_eq(zs_npy_parse(&arena, (zs_span){bytes, n}, "t.npy", &npy, NULL), ZS_ENOMEM);
    zs_arena_drop(&arena);
}
END_TEST

TCase *tcase_npy(void)
{
    TCase *tc = tcase_create("npy");
    tcase_add_test(tc, test_a_single_number_is_one_element);
    tcase_add_loop_test(tc, test_headers_are_read_in_any_spelling, 0, ZS_LEN(good));
    tcase_add_loop_test(tc, test_other_tensors_are_refused_in_a_sentence, 0, ZS_LEN(bad));
    tcase_add_loop_test(tc, test_numbers_of_every_type_are_read, 0, (int)ZS_LEN(types));
    tcase_add_test(tc, test_fortran_order_and_many_dimensions_are_read);
    tcase_add_test(tc, test_numbers_that_are_not_finite_are_refused);
    tcase_add_test(tc, test_a_file_cut_anywhere_is_refused);
    tcase_add_test(tc, test_a_failed_allocation_is_reported);
    return tc;
}
