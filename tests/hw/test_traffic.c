#include "support.h"
#include "zynqsim/traffic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TCase *tcase_traffic(void);

static zs_arena arena;
static zs_memory_params memory;

static void setup(void)
{
    zs_design design;
    zs_design_defaults(&design);
    memory = design.board.memory;
    zs_arena_init(&arena, test_heap());
}

static void teardown(void)
{
    zs_arena_drop(&arena);
}

static zs_traffic_result run(const char *spec)
{
    zs_traffic traffic;
    zs_traffic_result result;
    zs_err err = {0};
    ck_assert_msg(zs_traffic_parse(spec, &traffic, &err) == ZS_OK, "%s: %s", err.place, err.text);
    ck_assert_msg(zs_traffic_run(&arena, &memory, &traffic, &result, &err) == ZS_OK, "%s: %s",
                  err.place, err.text);
    return result;
}

/* ---- words ----------------------------------------------------------------------------------- */

static const struct {
    const char *spec, *place, *text;
    zs_status status;
} wrong[] = {
    {"", "stream 1", "dir, size and n", ZS_EPARSE},
    {"dir=R size=32 W=1", "stream 1", "dir, size and n", ZS_EPARSE},
    {"dir=Q size=32 W=1 n=1", "stream 1, dir", "\"Q\" is not R, W or Mr:w", ZS_EPARSE},
    {"dir=M1: size=32 W=1 n=1", "stream 1, dir", "not R, W or Mr:w", ZS_EPARSE},
    {"dir=M0:0 size=32 W=1 n=1", "stream 1, dir", "not R, W or Mr:w", ZS_EPARSE},
    {"dir=R size=0 W=1 n=1", "stream 1, size", "0 is outside 1 to 65536", ZS_ERANGE},
    {"dir=R size=32 W=x n=1", "stream 1, W", "\"x\" is not a number", ZS_EPARSE},
    {"dir=R size=32 W=nan n=1", "stream 1, W", "nan is outside", ZS_ERANGE},
    {"dir=R size=32 n=1", "stream 1", "exactly one of W and gap", ZS_EPARSE},
    {"dir=R size=32 W=1 gap=3 n=1", "stream 1", "exactly one of W and gap", ZS_EPARSE},
    {"dir=R size=32 W=1 n=1 | size", "stream 2, size", "key=value", ZS_EPARSE},
    {"dir=R size=32 W=1 n=1 colour=2", "stream 1, colour", "\"colour\" is not a key", ZS_EPARSE},
    {"dir=R size=32 W=1 n=1 pat=zigzag", "stream 1, pat", "\"zigzag\"", ZS_EPARSE},
    {"dir=R size=64 W=1 n=1 pat=tile L=32", "stream 1", "L must be at least", ZS_ERANGE},
    {"dir=R size=64 W=1 n=1 region=32 pat=rand", "stream 1", "region is smaller", ZS_ERANGE},
    {"|||||||||||||||||", "stream 1", "dir, size and n", ZS_EPARSE},
};

START_TEST(test_a_wrong_word_is_named)
{
    zs_traffic traffic = {.stream_n = 77};
    zs_err err = {0};
    ck_assert_int_eq(zs_traffic_parse(wrong[_i].spec, &traffic, &err), wrong[_i].status);
    ck_assert_msg(strstr(err.place, wrong[_i].place) != NULL, "place \"%s\"", err.place);
    ck_assert_msg(strstr(err.text, wrong[_i].text) != NULL, "text \"%s\"", err.text);
    ck_assert_uint_eq(traffic.stream_n, 77);
}
END_TEST

START_TEST(test_words_come_in_any_order_and_hexadecimal)
{
    zs_traffic t;
    ck_assert_int_eq(zs_traffic_parse("pat=stride stride=0x100 n=5 W=2 base=0x2000 size=64 dir=M3:1"
                                      "\tbasew=7|n=1 dir=W gap=2.5 size=4",
                                      &t, NULL),
                     ZS_OK);
    ck_assert_uint_eq(t.stream_n, 2);
    ck_assert_uint_eq(t.streams[0].stride_bytes, 256);
    ck_assert_uint_eq(t.streams[0].base, 8192);
    ck_assert_uint_eq(t.streams[0].write_base, 7);
    ck_assert_uint_eq(t.streams[0].reads, 3);
    ck_assert_uint_eq(t.streams[0].writes, 1);
    ck_assert_uint_eq(t.streams[0].align_bytes, 64);
    ck_assert_double_eq(t.streams[1].gap, 2.5);
    ck_assert_uint_eq(t.streams[1].writes, 1);
    ck_assert_uint_eq(t.streams[1].reads, 0);
}
END_TEST

/* ---- theory ---------------------------------------------------------------------------------- */

START_TEST(test_an_isolated_hit_takes_queue_latency_and_burst)
{
    memory.t_refi = 0;
    const zs_traffic_result r = run("dir=R size=4 n=100 pat=seq gap=500");
    const uint64_t hit = 1 + 7 + 4;
    ck_assert_uint_eq(r.requests, 100);
    ck_assert_uint_eq(r.read_bytes, 400);
    ck_assert_uint_eq(r.reads.p50_ddr_cycles, hit);
    ck_assert_uint_eq(r.reads.p95_ddr_cycles, hit);
    ck_assert_uint_eq(r.reads.max_ddr_cycles, hit + 7);
    ck_assert_uint_eq(r.reads.sum_ddr_cycles, 100 * hit + 7);
    ck_assert_uint_eq(r.ddr_cycles, 99 * 500 + hit);
}
END_TEST

/* All reads but the first find their row open: of 20 the first alone lies beyond 95 %, of 19 it is
 * the least that covers 95 %. */
START_TEST(test_percentiles_are_latencies_of_requests)
{
    memory.t_refi = 0;
    const zs_traffic_result of_20 = run("dir=R pat=seq size=32 n=20 gap=200");
    const zs_traffic_result of_19 = run("dir=R pat=seq size=32 n=19 gap=200");
    ck_assert_uint_eq(of_20.reads.max_ddr_cycles, of_19.reads.max_ddr_cycles);
    ck_assert_uint_lt(of_20.reads.p50_ddr_cycles, of_20.reads.max_ddr_cycles);
    ck_assert_uint_eq(of_20.reads.p95_ddr_cycles, of_20.reads.p50_ddr_cycles);
    ck_assert_uint_eq(of_19.reads.p50_ddr_cycles, of_20.reads.p50_ddr_cycles);
    ck_assert_uint_eq(of_19.reads.p95_ddr_cycles, of_19.reads.max_ddr_cycles);
}
END_TEST

static const struct {
    const char *spec;
    double frac; /* without refresh, in the limit of many requests */
} limits[] = {
    {"dir=R size=128 W=8 n=4096 pat=seq", 1.0},
    {"dir=W size=128 W=8 n=4096 pat=seq", 1.0},
    {"dir=R size=32 W=8 n=4096 pat=stride stride=4096", 4.0 / 6},   /* tRRD */
    {"dir=R size=32 W=8 n=4096 pat=stride stride=32768", 4.0 / 26}, /* tRC */
    {"dir=R size=64 W=8 n=4096 pat=stride stride=32768", 8.0 / 26},
    {"dir=R size=32 W=2 n=4096 pat=pp rows=2 rowd=32768", 4.0 / 26},
    {"dir=R size=4 W=1 n=4096 pat=seq", 4.0 / 8 / (1 + 7 + 4 + 1)}, /* one at a time */
    {"dir=R size=128 n=4096 pat=seq gap=32", 0.5},
};

START_TEST(test_bandwidth_has_the_limit_that_the_timings_set)
{
    memory.t_refi = 0;
    const zs_traffic_result r = run(limits[_i].spec);
    const double frac = zs_traffic_frac_peak(&memory, &r);
    ck_assert_msg(frac > limits[_i].frac * 0.98 && frac < limits[_i].frac * 1.02,
                  "%s: %.4f instead of %.4f", limits[_i].spec, frac, limits[_i].frac);
}
END_TEST

START_TEST(test_refresh_takes_its_share)
{
    const zs_traffic_result r = run("dir=R size=128 W=8 n=8192 pat=seq");
    const double expected = 1.0 - 174.0 / 4128;
    ck_assert_double_eq_tol(zs_traffic_frac_peak(&memory, &r), expected, 0.002);
    ck_assert_uint_eq(r.dram.refreshes, r.ddr_cycles / 4128);
}
END_TEST

START_TEST(test_every_request_ends_once)
{
    const zs_traffic_result r =
        run("dir=M3:1 size=100 W=5 n=1000 pat=rand align=4 region=0x100000 basew=0x8000000 | "
            "dir=W size=4000 W=3 n=2000 pat=seq base=0x1000000 | dir=R size=64 gap=31 n=900");
    ck_assert_uint_eq(r.requests, r.reads.n + r.writes.n);
    ck_assert_uint_eq(r.dram.read_bytes, r.read_bytes);
    ck_assert_uint_eq(r.dram.write_bytes, r.write_bytes);
    ck_assert_uint_gt(r.writes.n, 50);
    ck_assert_uint_gt(r.reads.n, 500);
}
END_TEST

/* More outstanding requests are never slower by more than scheduling noise. */
START_TEST(test_more_outstanding_requests_are_not_slower)
{
    static const char *const patterns[] = {"pat=seq", "pat=rand region=0x4000000",
                                           "pat=stride stride=6272", "pat=tile L=256 P=25088"};
    uint64_t before = UINT64_MAX;
    for (uint32_t outstanding = 1; outstanding <= 16; outstanding *= 2) {
        char spec[128];
        snprintf(spec, sizeof spec, "dir=R size=64 n=4000 W=%u %s", outstanding, patterns[_i]);
        const uint64_t now = run(spec).ddr_cycles;
        ck_assert_uint_le(now, before + before / 50);
        before = now;
    }
}
END_TEST

/* ---- measurements ---------------------------------------------------------------------------- */

enum {
    CASE,
    SPEC = 2,
    FRAC_LO = 6,
    FRAC_HI,
    BAND_CLASS = 11,
    LAT_N,
    LAT_LO,
    LAT_HI,
    LAT_CLASS = 19,
    COLUMNS = 21
};

static uint32_t split_columns(char *line, char **columns)
{
    uint32_t n = 0;
    columns[n++] = line;
    for (; *line != '\0' && n < COLUMNS; line++)
        if (*line == ',') {
            *line = '\0';
            columns[n++] = line + 1;
        }
    return n;
}

static double outside(double value, double lo, double hi)
{
    return value < lo ? 1 - value / lo : value > hi ? value / hi - 1 : 0;
}

typedef struct band_count {
    uint32_t n, inside;
} band_count;

/* Where the simulators agree within 10 %, the model must lie in their band with a margin; where
 * they do not, near it. */
static void check_bandwidth(char *const *column, const zs_traffic_result *r, band_count *count)
{
    const double off =
        outside(zs_traffic_frac_peak(&memory, r), atof(column[FRAC_LO]), atof(column[FRAC_HI]));
    ck_assert_msg(off < 0.05, "%s is %.1f %% outside the band", column[CASE], 100 * off);
    if (strcmp(column[BAND_CLASS], "loose") == 0)
        return;
    count->n++;
    count->inside += off <= 0.03;
}

static void check_latency(char *const *column, const zs_traffic_result *r, band_count *count)
{
    if (atoi(column[LAT_N]) == 0 || strcmp(column[LAT_CLASS], "loose") == 0)
        return;
    const double ns = zs_traffic_mean_ns(&memory, &r->reads);
    const double lo = atof(column[LAT_LO]), hi = atof(column[LAT_HI]);
    const bool inside = outside(ns, lo, hi) <= 0.10 || (ns >= lo - 5 && ns <= hi + 5);
    ck_assert_msg(inside, "%s: %.1f ns, band %.1f to %.1f ns", column[CASE], ns, lo, hi);
    count->n++;
    count->inside += outside(ns, lo, hi) <= 0.05;
}

START_TEST(test_bandwidth_and_latency_lie_in_the_band_of_cycle_accurate_models)
{
    const char *path = test_shared("reference/dram/dram_open_band.csv");
    if (path == NULL) {
        test_say_skipped("the DRAM comparison");
        return;
    }
    FILE *file = fopen(path, "r");
    char line[4096], *column[COLUMNS];
    band_count bandwidth = {0}, latency = {0};
    ck_assert_ptr_nonnull(file);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
    while (fgets(line, sizeof line, file) != NULL) {
        ck_assert_uint_gt(split_columns(line, column), LAT_CLASS);
        zs_arena_reset(&arena);
        const zs_traffic_result r = run(column[SPEC]);
        check_bandwidth(column, &r, &bandwidth);
        check_latency(column, &r, &latency);
    }
    fclose(file);
    printf("DRAM: %u of %u bandwidths within 3 %% of the band, %u of %u mean latencies within 5 %% "
           "(where the simulators agree)\n",
           bandwidth.inside, bandwidth.n, latency.inside, latency.n);
    ck_assert_uint_ge(bandwidth.n, 90);
    ck_assert_uint_eq(bandwidth.inside, bandwidth.n);
}
END_TEST

TCase *tcase_traffic(void)
{
    TCase *tc = tcase_create("traffic");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, test_a_wrong_word_is_named, 0, ZS_LEN(wrong));
    tcase_add_test(tc, test_words_come_in_any_order_and_hexadecimal);
    tcase_add_test(tc, test_an_isolated_hit_takes_queue_latency_and_burst);
    tcase_add_test(tc, test_percentiles_are_latencies_of_requests);
    tcase_add_loop_test(tc, test_bandwidth_has_the_limit_that_the_timings_set, 0, ZS_LEN(limits));
    tcase_add_test(tc, test_refresh_takes_its_share);
    tcase_add_test(tc, test_every_request_ends_once);
    tcase_add_loop_test(tc, test_more_outstanding_requests_are_not_slower, 0, 4);
    tcase_add_test(tc, test_bandwidth_and_latency_lie_in_the_band_of_cycle_accurate_models);
    return tc;
}
