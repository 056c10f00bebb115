#include "study_cases.h"

#include "zynqsim/axi_case.h"
#include "zynqsim/memsys.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the columns of a table of measurements -------------------------------------------------- */

enum { COLUMNS = 33, LINE = 4096 };

static const char *const names[COLUMNS] = {"case",
                                           "group",
                                           "masters",
                                           "fabric",
                                           "max_burst_beats",
                                           "slave",
                                           "slave_read_outst",
                                           "slave_write_outst",
                                           "xbar_m_issue",
                                           "xbar_s_accept",
                                           "unaligned_enable",
                                           "lat_read",
                                           "lat_b",
                                           "rd_bytes",
                                           "rd_addr",
                                           "rd_addr_step",
                                           "wr_bytes",
                                           "wr_addr",
                                           "wr_addr_step",
                                           "ar_count",
                                           "r_beats",
                                           "first_ar",
                                           "first_r",
                                           "last_r",
                                           "done_first_master",
                                           "done_last_master",
                                           "aw_count",
                                           "w_beats",
                                           "first_w",
                                           "last_w",
                                           "last_b",
                                           "write_done",
                                           "ar_trace"};

typedef struct table_row {
    char line[LINE];
    const char *column[COLUMNS];
} table_row;

static bool read_row(FILE *file, table_row *r)
{
    if (fgets(r->line, sizeof r->line, file) == NULL)
        return false;
    r->line[strcspn(r->line, "\r\n")] = '\0';
    char *at = r->line;
    for (int i = 0; i < COLUMNS; i++) {
        r->column[i] = at;
        at += strcspn(at, ",");
        if (*at != '\0')
            *at++ = '\0';
    }
    return true;
}

static const char *text(const table_row *r, const char *name)
{
    for (int i = 0; i < COLUMNS; i++)
        if (strcmp(names[i], name) == 0)
            return r->column[i];
    ck_abort_msg("no column %s", name);
    return "";
}

static uint64_t number(const table_row *r, const char *name)
{
    return strtoull(text(r, name), NULL, 0);
}

static zs_axi_case case_of(const table_row *r)
{
    const char *fabric = text(r, "fabric"), *slave = text(r, "slave");
    return (zs_axi_case){.masters = (uint32_t)number(r, "masters"),
                         .fabric = strcmp(fabric, "direct") == 0     ? ZS_FABRIC_DIRECT
                                   : strcmp(fabric, "crossbar") == 0 ? ZS_FABRIC_CROSSBAR
                                                                     : ZS_FABRIC_INTERCONNECT,
                         .slave = strcmp(slave, "axi_ram") == 0 ? ZS_SLAVE_RAM
                                  : strcmp(slave, "axi_ram_pipelined") == 0
                                      ? ZS_SLAVE_RAM_PIPELINED
                                      : ZS_SLAVE_FIXED_LATENCY,
                         .beat_bytes = 8,
                         .max_burst_beats = (uint32_t)number(r, "max_burst_beats"),
                         .read_outstanding = (uint32_t)number(r, "slave_read_outst"),
                         .write_outstanding = (uint32_t)number(r, "slave_write_outst"),
                         .issue = (uint32_t)number(r, "xbar_m_issue"),
                         .read_latency = (uint32_t)number(r, "lat_read"),
                         .b_latency = (uint32_t)number(r, "lat_b"),
                         .rd_bytes = number(r, "rd_bytes"),
                         .rd_addr = number(r, "rd_addr"),
                         .rd_step = number(r, "rd_addr_step"),
                         .wr_bytes = number(r, "wr_bytes"),
                         .wr_addr = number(r, "wr_addr"),
                         .wr_step = number(r, "wr_addr_step")};
}

/* "2@0+8 4@80+16" */
static uint32_t parse_trace(const char *at, zs_axi_event *trace)
{
    uint32_t n = 0;
    char *end;
    for (; *at != '\0' && n < ZS_AXI_TRACE; at = end) {
        trace[n].clock = strtoull(at, &end, 10);
        trace[n].addr = strtoull(end + 1, &end, 16);
        trace[n++].beats = (uint32_t)strtoul(end + 1, &end, 10);
    }
    return n;
}

/* ---- comparison ------------------------------------------------------------------------------ */

static void compare(const table_row *r, const char *name, uint64_t got)
{
    ck_assert_msg(got == number(r, name), "%s: %s is %llu and not %s", r->column[0], name,
                  (unsigned long long)got, text(r, name));
}

static void compare_trace(const table_row *r, const zs_axi_case *c, const zs_axi_case_result *got)
{
    zs_axi_event wanted[ZS_AXI_TRACE];
    const uint32_t n = parse_trace(text(r, "ar_trace"), wanted);
    const bool with_clocks = c->fabric != ZS_FABRIC_CROSSBAR;
    ck_assert_uint_eq(got->trace_n, n);
    for (uint32_t i = 0; i < n; i++) {
        ck_assert_msg(got->trace[i].addr == wanted[i].addr &&
                          got->trace[i].beats == wanted[i].beats,
                      "%s: burst %u is %llx+%u", r->column[0], i,
                      (unsigned long long)got->trace[i].addr, got->trace[i].beats);
        if (with_clocks)
            ck_assert_msg(got->trace[i].clock == wanted[i].clock, "%s: burst %u in clock %llu",
                          r->column[0], i, (unsigned long long)got->trace[i].clock);
    }
    const uint32_t limit = c->fabric == ZS_FABRIC_DIRECT ? c->read_outstanding : 1;
    const double steady = zs_axi_steady_clocks(wanted, n, limit);
    if (with_clocks && !isnan(steady))
        ck_assert_double_eq(got->clocks_per_burst, steady);
}

static void compare_row(const table_row *r)
{
    const zs_axi_case c = case_of(r);
    zs_axi_case_result got;
    zs_err err = {0};
    ck_assert_msg(zs_axi_case_run(&c, &got, &err) == ZS_OK, "%s: %s: %s", r->column[0], err.place,
                  err.text);
    compare(r, "ar_count", got.ar_count);
    compare(r, "r_beats", got.r_beats);
    compare(r, "aw_count", got.aw_count);
    compare(r, "w_beats", got.w_beats);
    compare(r, "first_ar", got.first_ar);
    compare(r, "first_r", got.first_r);
    compare(r, "last_r", got.last_r);
    compare(r, "done_first_master", got.done_first_master);
    compare(r, "done_last_master", got.done_last_master);
    compare(r, "first_w", got.first_w);
    compare(r, "last_w", got.last_w);
    compare(r, "last_b", got.last_b);
    compare(r, "write_done", got.write_done);
    compare_trace(r, &c, &got);
}

START_TEST(test_bursts_and_clocks_of_dma_engines_are_those_of_rtl)
{
    const char *path = test_shared("reference/dram/axi_open.csv");
    if (path == NULL) {
        test_say_skipped("the comparison with DMA engines in RTL");
        return;
    }
    FILE *file = fopen(path, "r");
    static table_row r;
    uint32_t n = 0;
    ck_assert_ptr_nonnull(file);
    ck_assert(read_row(file, &r));
    for (int i = 0; i < COLUMNS; i++)
        ck_assert_str_eq(r.column[i], names[i]);
    for (; read_row(file, &r); n++)
        compare_row(&r);
    fclose(file);
    ck_assert_uint_gt(n, 100);
}
END_TEST

/* ---- the memory system of the simulator ------------------------------------------------------ */

/* A DMA of that RTL as a design point: two clocks between addresses, data a clock after theirs, an
 * idle clock between write bursts. */
static uint64_t last_of_memsys(zs_arena *arena, const zs_axi_case *c, bool is_write)
{
    zs_design d;
    zs_memsys *ms = NULL;
    zs_err err = {0};
    uint32_t channel = zs_channel(ZS_PORT_HP0, is_write);
    uint64_t done = 0;
    zs_design_defaults(&d);
    d.board.memory.kind = ZS_MEMORY_FIXED;
    d.board.axi.hp = (zs_axi_params){c->beat_bytes,        c->max_burst_beats, c->read_outstanding,
                                     c->write_outstanding, c->read_latency,    c->b_latency};
    d.accel.dma.address_interval_pl_cycles = 2;
    d.accel.dma.write_data_pl_cycles = 1;
    d.accel.dma.write_gap_pl_cycles = 1;
    ck_assert(zs_memsys_build(arena, &d, ZS_BURST, &ms, &err) == ZS_OK);
    const zs_xfer x = {.addr = is_write ? c->wr_addr : c->rd_addr,
                       .row_bytes = (uint32_t)(is_write ? c->wr_bytes : c->rd_bytes),
                       .row_n = 1,
                       .plane_n = 1};
    zs_memsys_start(ms, channel, &x, is_write ? 3 : 2);
    ck_assert(zs_memsys_next(ms, UINT64_MAX, &channel, &done));
    return done - 1;
}

START_TEST(test_the_memory_system_takes_the_same_clocks_with_those_fields)
{
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    zs_prng prng = {.state = 5};
    for (int i = 0; i < 200; i++) {
        const zs_axi_case c = {.masters = 1,
                               .beat_bytes = 4u << zs_prng_below(&prng, 3),
                               .max_burst_beats = 1u << zs_prng_below(&prng, 5),
                               .read_outstanding = 1 + (uint32_t)zs_prng_below(&prng, 10),
                               .write_outstanding = 1 + (uint32_t)zs_prng_below(&prng, 10),
                               .read_latency = 1 + (uint32_t)zs_prng_below(&prng, 60),
                               .b_latency = 1 + (uint32_t)zs_prng_below(&prng, 60),
                               .rd_bytes = 1 + zs_prng_below(&prng, 9000),
                               .rd_addr = zs_prng_below(&prng, 5000),
                               .wr_bytes = 1 + zs_prng_below(&prng, 9000),
                               .wr_addr = zs_prng_below(&prng, 5000)};
        zs_axi_case_result r;
        zs_err err = {0};
        ck_assert_int_eq(zs_axi_case_run(&c, &r, &err), ZS_OK);
        ck_assert_uint_eq(last_of_memsys(&arena, &c, false), r.last_r);
        ck_assert_uint_eq(last_of_memsys(&arena, &c, true), r.last_b);
        zs_arena_reset(&arena);
    }
    zs_arena_drop(&arena);
}
END_TEST

/* ---- parameters and traces ------------------------------------------------------------------- */

static const struct {
    const char *name;
    zs_axi_case c;
} wrong[] = {
    {"masters", {2, .beat_bytes = 8, .max_burst_beats = 16, .rd_bytes = 8}},
    {"max_burst_beats", {1, .beat_bytes = 8, .rd_bytes = 8}},
    {"slave_read_outst", {1, .beat_bytes = 8, .max_burst_beats = 16, .rd_bytes = 8}},
    {"beat_bytes",
     {1, .slave = ZS_SLAVE_RAM, .beat_bytes = 12, .max_burst_beats = 16, .rd_bytes = 8}},
};

START_TEST(test_a_wrong_parameter_is_named)
{
    zs_axi_case_result r = {.ar_count = 7};
    zs_err err = {0};
    ck_assert_int_eq(zs_axi_case_run(&wrong[_i].c, &r, &err), ZS_ERANGE);
    ck_assert_str_eq(err.place, wrong[_i].name);
    ck_assert_uint_eq(r.ar_count, 7);
}
END_TEST

START_TEST(test_steady_clocks_are_those_of_whole_rounds)
{
    static const zs_axi_event pairs[] = {{0, 0, 16},  {1, 0, 16},   {36, 0, 16}, {52, 0, 16},
                                         {88, 0, 16}, {104, 0, 16}, {140, 0, 16}};
    ck_assert_double_eq(zs_axi_steady_clocks(pairs, 7, 2), 26);
    ck_assert_double_eq(zs_axi_steady_clocks(pairs, 7, 1), (140 - 36) / 4.0);
    ck_assert(isnan(zs_axi_steady_clocks(pairs, 7, 5)));
    ck_assert(isnan(zs_axi_steady_clocks(pairs, 1, 1)));
    ck_assert(isnan(zs_axi_steady_clocks(pairs, 7, 0)));
}
END_TEST

TCase *tcase_axi_case(void)
{
    TCase *tc = tcase_create("DMA engines of RTL");
    tcase_add_test(tc, test_bursts_and_clocks_of_dma_engines_are_those_of_rtl);
    tcase_add_test(tc, test_the_memory_system_takes_the_same_clocks_with_those_fields);
    tcase_add_loop_test(tc, test_a_wrong_parameter_is_named, 0, (int)ZS_LEN(wrong));
    tcase_add_test(tc, test_steady_clocks_are_those_of_whole_rounds);
    return tc;
}
