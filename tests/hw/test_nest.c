#include "support.h"
#include "zynqsim/nest.h"

TCase *tcase_nest(void);

static zs_arena arena;
static zs_err err;

static void setup(void)
{
    err = (zs_err){0};
    zs_arena_init(&arena, test_heap());
}

static void teardown(void)
{
    zs_arena_drop(&arena);
}

static zs_nest nest_of(const char *text)
{
    zs_nest nest = {0};
    ck_assert_msg(zs_nest_parse(&arena, text, "test", &nest, &err) == ZS_OK, "%s", err.text);
    return nest;
}

/* By hand: trip x body + 1, innermost body an interval. */
static const struct {
    const char *text;
    uint32_t interval;
    uint64_t cycles, iterations;
} nests[] = {
    {"i:100", 1, 101, 100},
    {"i:100/16", 1, 8, 7},
    {"a:4{b:3}", 1, 17, 12},
    {"a:4 b:3", 1, 9, 4},
    {"a:4{b:3/3}", 1, 5, 4},
    {"a:4{b:3/3{c:3/3}}", 1, 5, 4},
    {"a:2{m:5 b:3{c:4}}", 1, 2 * (6 + 3 * 5 + 1) + 1, 24},
    {"a:2/2{b:3}", 1, 4, 3},
    /* a sum of 3 x 3 taps in global memory: k (7 (k + 1) + 1) + 1 */
    {"rc:1{ry:3{rx:3}}", 7, 88, 9}, /* one trip is no loop */
    {"ry:7{rx:7}", 7, 400, 49},
    {"ff:64{yy:56{xx:56{rc:64}}}", 1, 13049409, 12845056},
};

START_TEST(test_a_loop_costs_its_trips_and_a_cycle_to_leave)
{
    const zs_nest nest = nest_of(nests[_i].text);
    ck_assert_uint_eq(zs_nest_cycles(&nest, nests[_i].interval, 16), nests[_i].cycles);
    ck_assert_uint_eq(zs_nest_iterations(&nest), nests[_i].iterations);
}
END_TEST

START_TEST(test_a_copy_is_no_faster_than_its_load_store_unit)
{
    zs_nest nest = nest_of("i:784/28");
    ck_assert_uint_eq(zs_nest_cycles(&nest, 1, 16), 29);
    nest.loops[0].copies = true;
    ck_assert_uint_eq(zs_nest_cycles(&nest, 1, 16), 50); /* 3,136 bytes are 49 lines */
}
END_TEST

static const struct {
    const char *text;
    zs_status status;
} wrong[] = {
    {"", ZS_EPARSE},
    {"i", ZS_EPARSE},
    {"i:", ZS_EPARSE},
    {"i:0", ZS_ERANGE},
    {"i:4/0", ZS_ERANGE},
    {"i:4{j:2", ZS_EPARSE},
    {"i:4}", ZS_EPARSE},
    {"i:4{}", ZS_EPARSE},
    {":4", ZS_EPARSE},
    {"i:4x", ZS_EPARSE},
    {"i:99999999999", ZS_ERANGE},
    {"i:1{i:1{i:1{i:1{i:1{i:1{i:1{i:1{i:1{i:1{i:1{i:1{i:1{i:1{i:1{i:1{i:1{i:1{i:1{i:1{i:1{i:1{i:1{"
     "i:1{i:1{i:1{i:1{i:1{i:1{i:1{i:1{i:1{i:1{i:1",
     ZS_ERANGE},
};

/* Windows of 3 x 3 of an array whose rows are `pitch` words apart. */
static const struct {
    const char *text;
    uint64_t pitch, plane;
    uint32_t window;
    bool sums_are_local;
    const char *loop; /* that waits */
    uint32_t stall;
} arrays[] = {
    /* all addresses are odd or even: 9 words, one bank, three ports */
    {"ff:2{yy:4{xx:4{rc:8{ry:3/3{rx:3/3}}}}}", 6, 36, 3, false, "rc", 2},
    /* 3 rows of 6 words in 2 banks */
    {"ff:2{rc:8{in:900 yy:28{xx:28/4{ry:3/3{rx:3/3}}}}}", 30, 900, 3, true, "xx", 2},
    /* 6 rows of 16 words, 64 banks */
    {"rc:8{i:256 yy:12/4{xx:14/14{rx:3/3 rx:3/3 rx:3/3}}}", 16, 256, 3, true, "yy", 0},
    /* windows that do not overlap are one wide word */
    {"rc:8{in:784 yy:28{xx:28/4}}", 28, 784, 1, true, "xx", 0},
    /* 8 pixels of 28: the last go by a guard. 3 rows of 10 words in 2 banks */
    {"rc:8{in:900 yy:28{xx:28/8{ry:3/3{rx:3/3}}}}", 30, 900, 3, true, "xx", 4 + 22},
};

START_TEST(test_an_iteration_waits_for_the_ports_of_an_array)
{
    zs_nest nest = nest_of(arrays[_i].text);
    const zs_nest_array array = {.pitch = arrays[_i].pitch,
                                 .plane = arrays[_i].plane,
                                 .kh = arrays[_i].window,
                                 .kw = arrays[_i].window,
                                 .sh = 1,
                                 .sw = 1,
                                 .sums_are_local = arrays[_i].sums_are_local};
    const uint64_t before = zs_nest_cycles(&nest, 1, 16), trips = zs_nest_iterations(&nest);
    zs_nest_read_array(&nest, &array);
    for (uint32_t i = 0; i < nest.n; i++) {
        const bool waits = i == zs_nest_find(&nest, arrays[_i].loop);
        ck_assert_uint_eq(nest.loops[i].stall_cycles, waits ? arrays[_i].stall : 0);
    }
    ck_assert(zs_nest_cycles(&nest, 1, 16) <= before + trips * arrays[_i].stall);
    ck_assert(arrays[_i].stall == 0 || zs_nest_cycles(&nest, 1, 16) > before);
}
END_TEST

START_TEST(test_a_copy_takes_until_its_first_line_is_there)
{
    zs_nest nest = nest_of("rc:10{in:256/16 yy:4}");
    nest.loops[1].copies = true;
    ck_assert_uint_eq(zs_nest_cycles(&nest, 1, 16), 10 * (17 + 5) + 1);
    nest.loops[1].least_cycles = ZS_NEST_COPY_CYCLES;
    ck_assert_uint_eq(zs_nest_cycles(&nest, 1, 16), 10 * (76 + 5) + 1);
}
END_TEST

START_TEST(test_a_wrong_nest_is_refused)
{
    zs_nest nest;
    ck_assert_int_eq(zs_nest_parse(&arena, wrong[_i].text, "here", &nest, &err), wrong[_i].status);
    ck_assert_str_eq(err.place, "here");
}
END_TEST

START_TEST(test_counts_that_overflow_saturate)
{
    const zs_nest nest = nest_of("a:4000000000{b:4000000000{c:4000000000}}");
    ck_assert_uint_eq(zs_nest_cycles(&nest, 7, 16), UINT64_MAX);
    ck_assert_uint_eq(zs_nest_iterations(&nest), UINT64_MAX);
}
END_TEST

static zs_nest_kernel sum_in_memory(uint32_t planes)
{
    zs_nest_kernel k = {.nest = nest_of("ff:2{rc:8{ry:3{rx:3}}}"),
                        .interval = ZS_NEST_SUM_INTERVAL};
    k.window = (zs_nest_window){
        .bytes = planes * 1024u, .passes = 2, .rows = 3, .row_bytes = 12, .step_rows = 1};
    return k;
}

START_TEST(test_a_sum_in_memory_waits_for_lines_that_the_cache_cannot_keep)
{
    zs_nest_kernel k = sum_in_memory(64);
    ck_assert_uint_eq(zs_nest_time_of(&k, &zs_nest_stratix10, 200e6).stall_cycles, 0);
    k = sum_in_memory(65);
    const uint64_t lines = 65 * 16, latency = zs_nest_stratix10.latency_cycles;
    ck_assert_uint_eq(zs_nest_time_of(&k, &zs_nest_stratix10, 200e6).stall_cycles,
                      2 * lines * latency);
    k.window.step_rows = 2; /* two new rows of a window come together */
    ck_assert_uint_eq(zs_nest_time_of(&k, &zs_nest_stratix10, 200e6).stall_cycles, lines * latency);
    k.interval = 1; /* a sum in a register waits for none */
    ck_assert_uint_eq(zs_nest_time_of(&k, &zs_nest_stratix10, 200e6).stall_cycles, 0);
}
END_TEST

START_TEST(test_rows_read_at_once_are_bound_by_the_memory_and_not_by_the_clock)
{
    zs_nest_kernel k = {.nest = nest_of("ff:64{yy:28{xx:28{rc:128{ry:3/3{rx:3/3}}}}}"),
                        .interval = 1};
    k.window = (zs_nest_window){.bytes = 128 * 900 * 4,
                                .passes = 64,
                                .rows = 3,
                                .row_bytes = 12,
                                .step_rows = 1,
                                .rows_at_once = 3};
    const double slow = zs_nest_time_of(&k, &zs_nest_stratix10, 122e6).seconds;
    const double fast = zs_nest_time_of(&k, &zs_nest_stratix10, 198e6).seconds;
    ck_assert_double_eq(slow, fast);
    ck_assert_double_gt(zs_nest_time_of(&k, &zs_nest_stratix10, 50e6).seconds, slow);
}
END_TEST

static const struct {
    const char *nest;
    double cycles; /* for 28 x 28 pixels of 64 filters, 16 in a line */
} planes[] = {
    {"ff:64{w:64 yy:28{xx:28{rc:64/64}}}", 64 * 49 * 4.0},
    {"ff:64{w:128 yy:28{xx:28{rc:128/128}}}", 64 * 49 * 4.0}, /* no more for more units */
    {"ff:64{w:64 yy:28{xx:28/4{rc:64/64}}}", 64 * 49 * 4.0},
    {"ff:64{w:20 yy:28{xx:28{rc:20/20}}}", 64 * 49 * 2.0}, /* a cycle for ten units */
    {"ff:64{w:64 yy:28{xx:28{rc:64/32}}}", 0},    /* each iteration reads planes of its own */
    {"ff:64{rc:64/64{in:784 yy:28{xx:28}}}", 0},  /* of an array on chip */
    {"ff:64{w:64 yy:28{xx:28/28{rc:64/64}}}", 0}, /* rows at once, not pixel after pixel */
    {"ff:64{rc:64/64}", 0},
};

START_TEST(test_planes_read_at_once_are_waited_for_at_the_ends_of_lines)
{
    zs_nest_kernel k = {.nest = nest_of(planes[_i].nest), .interval = 1};
    const uint64_t before = zs_nest_time_of(&k, &zs_nest_stratix10, 200e6).stall_cycles;
    zs_nest_wait_for_planes(&k, &zs_nest_stratix10);
    ck_assert_uint_eq(before, 0);
    ck_assert_double_eq((double)zs_nest_time_of(&k, &zs_nest_stratix10, 200e6).stall_cycles,
                        planes[_i].cycles);
    k.lines = 0;
    k.copies = 64; /* of weights, on top */
    ck_assert_uint_eq(zs_nest_time_of(&k, &zs_nest_stratix10, 200e6).stall_cycles,
                      64 * ZS_NEST_COPY_CYCLES);
}
END_TEST

START_TEST(test_lines_that_a_window_has_again_are_counted)
{
    zs_nest_kernel k = sum_in_memory(64);
    ck_assert_uint_eq(zs_nest_time_of(&k, &zs_nest_stratix10, 200e6).bytes_again, 0);
    k = sum_in_memory(65); /* of two passes one */
    ck_assert_uint_eq(zs_nest_time_of(&k, &zs_nest_stratix10, 200e6).bytes_again, 65 * 1024);
    k.interval = 1; /* nothing waits for them, but they come */
    ck_assert_uint_eq(zs_nest_time_of(&k, &zs_nest_stratix10, 200e6).bytes_again, 65 * 1024);
    k = (zs_nest_kernel){.nest = nest_of("ff:2{yy:4{xx:8{rc:16{ry:3/3{rx:3/3}}}}}"), .interval = 1};
    k.window = (zs_nest_window){.bytes = 16 * 60 * 4,
                                .passes = 2,
                                .rows = 3,
                                .row_bytes = 12,
                                .step_rows = 1,
                                .rows_at_once = 3};
    /* three rows of 1.125 lines an iteration, less the 60 lines of the planes */
    ck_assert_uint_eq(zs_nest_time_of(&k, &zs_nest_stratix10, 200e6).bytes_again,
                      (2 * 4 * 8 * 16 * 27 / 8 - 60) * 64);
    k.window.input_bytes = 5 * k.window.bytes; /* of other groups, once as well */
    ck_assert_uint_eq(zs_nest_time_of(&k, &zs_nest_stratix10, 200e6).bytes_again,
                      (2 * 4 * 8 * 16 * 27 / 8 - 5 * 60) * 64);
    k = sum_in_memory(65); /* of each pass another group: nothing again */
    k.window.input_bytes = 2 * k.window.bytes;
    ck_assert_uint_eq(zs_nest_time_of(&k, &zs_nest_stratix10, 200e6).bytes_again, 0);
    k.window = (zs_nest_window){0}; /* reads no window */
    ck_assert_uint_eq(zs_nest_time_of(&k, &zs_nest_stratix10, 200e6).bytes_again, 0);
}
END_TEST

TCase *tcase_nest(void)
{
    TCase *tc = tcase_create("nest");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, test_a_loop_costs_its_trips_and_a_cycle_to_leave, 0,
                        (int)ZS_LEN(nests));
    tcase_add_test(tc, test_a_copy_is_no_faster_than_its_load_store_unit);
    tcase_add_loop_test(tc, test_an_iteration_waits_for_the_ports_of_an_array, 0, ZS_LEN(arrays));
    tcase_add_test(tc, test_a_copy_takes_until_its_first_line_is_there);
    tcase_add_loop_test(tc, test_a_wrong_nest_is_refused, 0, (int)ZS_LEN(wrong));
    tcase_add_test(tc, test_counts_that_overflow_saturate);
    tcase_add_test(tc, test_a_sum_in_memory_waits_for_lines_that_the_cache_cannot_keep);
    tcase_add_test(tc, test_rows_read_at_once_are_bound_by_the_memory_and_not_by_the_clock);
    tcase_add_loop_test(tc, test_planes_read_at_once_are_waited_for_at_the_ends_of_lines, 0,
                        ZS_LEN(planes));
    tcase_add_test(tc, test_lines_that_a_window_has_again_are_counted);
    return tc;
}
