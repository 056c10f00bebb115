#include "support.h"
#include "zynqsim/axi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TCase *tcase_axi(void);

static const zs_axi_params hp = {.beat_bytes = 8,
                                 .max_beats = 16,
                                 .read_outstanding = 8,
                                 .write_outstanding = 8,
                                 .read_latency_pl_cycles = 20,
                                 .write_latency_pl_cycles = 12};

/* ---- cutting --------------------------------------------------------------------------------- */

static const struct {
    uint64_t addr, bytes, bursts, beats;
} splits[] = {
    {0, 0, 0, 0},           {0, 1, 1, 1},
    {7, 1, 1, 1},           {7, 2, 1, 2},
    {0, 128, 1, 16},        {0, 129, 2, 17},
    {4, 64, 1, 9},          {4, 1024, 9, 129},
    {0x3c, 256, 3, 33},     {0xfc0, 256, 3, 32},
    {0xff8, 1024, 9, 128},  {0xffc, 1024, 9, 129},
    {0xf80, 4096, 32, 512}, {0x7f4, 65536, 513, 8193},
    {0xfa0, 128, 2, 16},    {1, 1000, 8, 126},
    {7, 4097, 33, 513},     {4092, 8, 2, 2},
    {8, 4088, 32, 511},     {0, 4096 * 1000, 32000, 512000},
};

START_TEST(test_a_row_is_cut_at_sixteen_beats_and_at_4_kib)
{
    uint64_t bursts = 0, beats = 0;
    zs_axi_count(&hp, splits[_i].addr, splits[_i].bytes, &bursts, &beats);
    ck_assert_uint_eq(bursts, splits[_i].bursts);
    ck_assert_uint_eq(beats, splits[_i].beats);
}
END_TEST

static const struct {
    uint64_t addr, bytes, first_bytes, first_beats;
} firsts[] = {
    {0, 1000, 128, 16},   {4, 1000, 124, 16}, {0xff8, 64, 8, 1}, {0xffc, 64, 4, 1},
    {0xfa0, 128, 96, 12}, {0x1000, 3, 3, 1},  {5, 3, 3, 1},      {5, 4, 4, 2},
};

START_TEST(test_an_unaligned_burst_takes_whole_beats_and_ends_aligned)
{
    const zs_axi_burst b = zs_axi_cut(&hp, firsts[_i].addr, firsts[_i].bytes);
    ck_assert_uint_eq(b.addr, firsts[_i].addr);
    ck_assert_uint_eq(b.bytes, firsts[_i].first_bytes);
    ck_assert_uint_eq(b.beats, firsts[_i].first_beats);
}
END_TEST

static bool obeys_rules(const zs_axi_params *port, const zs_axi_burst *b)
{
    const uint64_t last = b->addr + b->bytes - 1;
    return b->beats <= port->max_beats && b->addr / 4096 == last / 4096 &&
           b->beats == last / port->beat_bytes - b->addr / port->beat_bytes + 1;
}

/* Any port, any row: the count is what cutting it burst by burst gives, and no burst breaks a rule.
 */
START_TEST(test_counting_equals_cutting_one_by_one)
{
    zs_prng prng = {11};
    for (uint32_t n = 0; n < 500; n++) {
        zs_axi_params port = hp;
        port.beat_bytes = zs_prng_below(&prng, 2) ? 8 : 4;
        port.max_beats = 1 + (uint32_t)zs_prng_below(&prng, 16);
        uint64_t addr = zs_prng_below(&prng, 20000), bytes = zs_prng_below(&prng, 12000);
        uint64_t bursts = 0, beats = 0, seen_bursts = 0, seen_beats = 0;
        bool all_obey = true;
        zs_axi_count(&port, addr, bytes, &bursts, &beats);
        while (bytes != 0) {
            const zs_axi_burst b = zs_axi_cut(&port, addr, bytes);
            all_obey &= obeys_rules(&port, &b);
            addr += b.bytes;
            bytes -= b.bytes;
            seen_bursts++;
            seen_beats += b.beats;
        }
        ck_assert(all_obey);
        ck_assert_uint_eq(bursts, seen_bursts);
        ck_assert_uint_eq(beats, seen_beats);
    }
}
END_TEST

/* ---- a channel in front of a memory of fixed latency ----------------------------------------- */

typedef struct run_result {
    uint64_t bursts, beats, last; /* cycle of the last beat (read) or response (write) */
    char trace[512];              /* addresses and beats of the first twelve bursts */
} run_result;

static run_result run_flow(const zs_axi_params *port, bool is_write, uint32_t outstanding,
                           uint32_t latency, uint64_t addr, uint64_t bytes)
{
    static zs_axi_flow flow;
    run_result r = {0};
    size_t used = 0;
    zs_axi_flow_start(&flow, outstanding, 0);
    while (bytes != 0) {
        const zs_axi_burst b = zs_axi_cut(port, addr, bytes);
        const uint64_t at = zs_axi_flow_next(&flow);
        ck_assert_uint_ne(at, ZS_AXI_NEVER);
        zs_axi_flow_issue(&flow, at);
        if (is_write)
            r.last = zs_axi_flow_beats(&flow, b.beats, at, 0) + latency;
        else
            r.last = zs_axi_flow_beats(&flow, b.beats, at + latency, 0);
        zs_axi_flow_finish(&flow, r.last);
        if (r.bursts < 12)
            used += (size_t)snprintf(r.trace + used, sizeof r.trace - used, "%s%llx+%u",
                                     r.bursts == 0 ? "" : " ", (unsigned long long)b.addr, b.beats);
        r.bursts++;
        r.beats += b.beats;
        addr += b.bytes;
        bytes -= b.bytes;
    }
    return r;
}

static const struct {
    uint32_t outstanding, latency;
    uint64_t bytes, last;
} reads[] = {
    {1, 20, 64, 20 + 8 - 1},
    {1, 20, 4096, 32 * (20 + 16) - 1},      /* one at a time */
    {2, 20, 4096, 16 * (20 + 16) + 16 - 1}, /* pairs: the second's data follow the first's */
    {8, 20, 4096, 20 + 512 - 1},            /* enough to hide the latency */
    {8, 200, 4096, 4 * (200 + 16) + 7 * 16 - 1},
    {64, 200, 4096, 200 + 512 - 1},
};

START_TEST(test_outstanding_bursts_hide_latency_up_to_their_number)
{
    const run_result r =
        run_flow(&hp, false, reads[_i].outstanding, reads[_i].latency, 0, reads[_i].bytes);
    ck_assert_uint_eq(r.last, reads[_i].last);
}
END_TEST

START_TEST(test_writes_wait_for_responses_only_at_the_limit)
{
    ck_assert_uint_eq(run_flow(&hp, true, 1, 20, 0, 1024).last, 8 * (16 + 20) - 1);
    ck_assert_uint_eq(run_flow(&hp, true, 8, 20, 0, 1024).last, 8 * 16 + 20 - 1);
    ck_assert_uint_eq(run_flow(&hp, true, 2, 20, 0, 1024).last, 4 * (16 + 20) + 16 - 1);
}
END_TEST

/* ---- measurements ---------------------------------------------------------------------------- */

enum {
    FABRIC = 3,
    MAX_BEATS,
    SLAVE,
    READ_OUT,
    WRITE_OUT,
    LAT_READ = 11,
    LAT_B,
    RD_BYTES,
    RD_ADDR,
    WR_BYTES = 16,
    WR_ADDR,
    AR_COUNT = 19,
    R_BEATS,
    FIRST_AR,
    FIRST_R,
    LAST_R,
    AW_COUNT = 26,
    W_BEATS,
    FIRST_W,
    LAST_W,
    LAST_B,
    AR_TRACE = 32,
    COLUMNS
};

static void split_columns(char *line, char **columns)
{
    static char empty[1];
    line[strcspn(line, "\r\n")] = '\0';
    for (uint32_t n = 0; n < COLUMNS; n++) {
        columns[n] = line != NULL ? line : empty;
        char *comma = line != NULL ? strchr(line, ',') : NULL;
        if (comma != NULL)
            *comma++ = '\0';
        line = comma;
    }
}

static uint32_t number(const char *text)
{
    return (uint32_t)strtoul(text, NULL, 0);
}

/* "2@0+8 4@80+16" without the clocks, which belong to that DMA. */
static void drop_clocks(const char *trace, char *out)
{
    bool in_clock = true;
    for (; *trace != '\0'; trace++) {
        if (!in_clock)
            *out++ = *trace;
        if (*trace == '@')
            in_clock = false;
        else if (*trace == ' ')
            in_clock = true;
    }
    *out = '\0';
}

static void compare_read(char **c, const zs_axi_params *port)
{
    char trace[512];
    const run_result r = run_flow(port, false, number(c[READ_OUT]), number(c[LAT_READ]),
                                  number(c[RD_ADDR]), number(c[RD_BYTES]));
    ck_assert_uint_eq(r.bursts, number(c[AR_COUNT]));
    ck_assert_uint_eq(r.beats, number(c[R_BEATS]));
    drop_clocks(c[AR_TRACE], trace);
    ck_assert_str_eq(r.trace, trace);
    /* That DMA sends an address every second clock, which shows where bursts are short. */
    const uint64_t measured = number(c[LAST_R]) - number(c[FIRST_AR]);
    ck_assert_msg(r.last <= measured && measured <= r.last + 2 + r.last / 50, "%s: %llu, not %llu",
                  c[0], (unsigned long long)r.last, (unsigned long long)measured);
}

static void compare_write(char **c, const zs_axi_params *port)
{
    const run_result r = run_flow(port, true, number(c[WRITE_OUT]), number(c[LAT_B]),
                                  number(c[WR_ADDR]), number(c[WR_BYTES]));
    ck_assert_uint_eq(r.bursts, number(c[AW_COUNT]));
    ck_assert_uint_eq(r.beats, number(c[W_BEATS]));
    /* That DMA leaves a clock between bursts, and here the response makes room a clock later.
     */
    const uint64_t measured = number(c[LAST_B]) - number(c[FIRST_W]);
    ck_assert_uint_le(r.last, measured);
    ck_assert_uint_le(measured, r.last + r.bursts + 1);
}

START_TEST(test_bursts_and_clocks_are_those_of_rtl)
{
    const char *path = test_shared("reference/dram/axi_open.csv");
    if (path == NULL) {
        test_say_skipped("the AXI comparison");
        return;
    }
    FILE *file = fopen(path, "r");
    char line[4096], *c[COLUMNS];
    uint32_t n = 0;
    ck_assert_ptr_nonnull(file);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
    while (fgets(line, sizeof line, file) != NULL) {
        split_columns(line, c);
        if (strcmp(c[FABRIC], "direct") != 0 || strcmp(c[SLAVE], "fixed_latency") != 0)
            continue;
        zs_axi_params port = hp;
        port.max_beats = number(c[MAX_BEATS]);
        if (number(c[RD_BYTES]) != 0)
            compare_read(c, &port);
        if (number(c[WR_BYTES]) != 0)
            compare_write(c, &port);
        n++;
    }
    fclose(file);
    ck_assert_uint_gt(n, 60);
}
END_TEST

TCase *tcase_axi(void)
{
    TCase *tc = tcase_create("AXI");
    tcase_add_loop_test(tc, test_a_row_is_cut_at_sixteen_beats_and_at_4_kib, 0, ZS_LEN(splits));
    tcase_add_loop_test(tc, test_an_unaligned_burst_takes_whole_beats_and_ends_aligned, 0,
                        ZS_LEN(firsts));
    tcase_add_test(tc, test_counting_equals_cutting_one_by_one);
    tcase_add_loop_test(tc, test_outstanding_bursts_hide_latency_up_to_their_number, 0,
                        ZS_LEN(reads));
    tcase_add_test(tc, test_writes_wait_for_responses_only_at_the_limit);
    tcase_add_test(tc, test_bursts_and_clocks_are_those_of_rtl);
    return tc;
}
