#include "study_cases.h"
#include "tile_rules.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- random engines -------------------------------------------------------------------------- */

enum { ENGINES = 400 };

static uint32_t pick(zs_prng *prng, const uint32_t *from, uint32_t n)
{
    return from[zs_prng_below(prng, n)];
}
#define PICK(...)                                                                                  \
    pick(prng, (const uint32_t[]){__VA_ARGS__}, ZS_LEN(((const uint32_t[]){__VA_ARGS__})))

static zs_tile_case random_case(zs_prng *prng)
{
    return (zs_tile_case){.m = PICK(1, 3, 8, 13, 16, 24, 40),
                          .n = PICK(1, 2, 3, 6, 8, 16, 19),
                          .r = PICK(1, 2, 5, 8, 13, 16, 20),
                          .c = PICK(1, 3, 7, 8, 11, 16, 27, 300),
                          .k = PICK(1, 1, 2, 3, 3, 5, 7),
                          .s = PICK(1, 1, 2, 3, 4),
                          .tm = PICK(1, 2, 5, 8, 16),
                          .tn = PICK(1, 2, 3, 4, 8),
                          .tr = PICK(1, 2, 4, 7, 16),
                          .tc = PICK(1, 3, 5, 8, 14, 150),
                          .words_per_beat = PICK(1, 2, 4),
                          .rd_latency = PICK(1, 2, 5, 20, 40, 60, 150),
                          .b_latency = PICK(1, 2, 10, 20, 60),
                          .rd_outst = PICK(1, 2, 3, 4, 8, 16, 64),
                          .wr_outst = PICK(1, 2, 4, 8, 64),
                          .pipe_depth = PICK(0, 1, 2, 8, 20),
                          .block_rows = PICK(0, 0, 1),
                          .weight_port = PICK(0, 1),
                          .row_gap = PICK(0, 0, 1, 4, 10)};
}

static const char *line_of(const zs_tile_case *c)
{
    static char text[256];
    snprintf(text, sizeof text,
             "%u %u %u %u k%u s%u tile %u %u %u %u words %u latency %u %u outst %u %u depth %u "
             "block %u own %u gap %u",
             c->m, c->n, c->r, c->c, c->k, c->s, c->tm, c->tn, c->tr, c->tc, c->words_per_beat,
             c->rd_latency, c->b_latency, c->rd_outst, c->wr_outst, c->pipe_depth, c->block_rows,
             c->weight_port, c->row_gap);
    return text;
}

static zs_tile_case_result run(zs_arena *arena, const zs_tile_case *c)
{
    zs_tile_case_result r = {0};
    zs_err err = {0};
    const zs_status status = zs_tile_case_run(arena, c, &r, &err);
    ck_assert_msg(status == ZS_OK, "%s: %s: %s", line_of(c), err.place, err.text);
    return r;
}

static void compare(const zs_tile_case *c, const zs_tile_case_result *got,
                    const zs_tile_case_result *wanted)
{
    ck_assert_msg(got->total_cycles == wanted->total_cycles, "%s: %llu clocks and not %llu",
                  line_of(c), (unsigned long long)got->total_cycles,
                  (unsigned long long)wanted->total_cycles);
    ck_assert_msg(memcmp(got, wanted, sizeof *got) == 0,
                  "%s: bursts %llu %llu, beats %llu %llu, not %llu %llu, %llu %llu", line_of(c),
                  (unsigned long long)got->rd_bursts, (unsigned long long)got->wr_bursts,
                  (unsigned long long)got->rd_beats, (unsigned long long)got->wr_beats,
                  (unsigned long long)wanted->rd_bursts, (unsigned long long)wanted->wr_bursts,
                  (unsigned long long)wanted->rd_beats, (unsigned long long)wanted->wr_beats);
}

/* The rules are an event calculation of their own: see tile_rules.h. */
START_TEST(test_random_tile_engines_equal_the_written_rules)
{
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    zs_prng prng = {.state = 7};
    for (int i = 0; i < ENGINES; i++) {
        const zs_tile_case c = random_case(&prng);
        const zs_tile_case_result got = run(&arena, &c), wanted = test_tile_rules(&c);
        compare(&c, &got, &wanted);
        zs_arena_reset(&arena);
    }
    zs_arena_drop(&arena);
}
END_TEST

/* ---- measurements ---------------------------------------------------------------------------- */

enum { PARAMETERS = 19, RESULTS = 9 };

static bool parse_row(char *line, zs_tile_case *c, zs_tile_case_result *r)
{
    uint32_t *const parameters[PARAMETERS] = {&c->m,
                                              &c->n,
                                              &c->r,
                                              &c->c,
                                              &c->k,
                                              &c->s,
                                              &c->tm,
                                              &c->tn,
                                              &c->tr,
                                              &c->tc,
                                              &c->words_per_beat,
                                              &c->rd_latency,
                                              &c->b_latency,
                                              &c->rd_outst,
                                              &c->wr_outst,
                                              &c->pipe_depth,
                                              &c->block_rows,
                                              &c->weight_port,
                                              &c->row_gap};
    uint64_t ignored;
    uint64_t *const results[RESULTS] = {&r->total_cycles, &r->compute_cycles, &ignored,
                                        &ignored,         &r->rd_bursts,      &r->rd_beats,
                                        &r->wr_bursts,    &r->wr_beats,       &r->tiles};
    char *at = strchr(line, ',');
    for (int i = 0; i < PARAMETERS + RESULTS; i++) {
        if (at == NULL || *at != ',')
            return false;
        const unsigned long long value = strtoull(at + 1, &at, 10);
        if (i < PARAMETERS)
            *parameters[i] = (uint32_t)value;
        else
            *results[i - PARAMETERS] = value;
    }
    return true;
}

START_TEST(test_every_clock_and_burst_is_that_of_rtl)
{
    const char *path = test_shared("reference/rtl/tile_open.csv");
    if (path == NULL) {
        test_say_skipped("the comparison with a tile engine in RTL");
        return;
    }
    FILE *file = fopen(path, "r");
    char line[1024];
    zs_arena arena;
    uint32_t n = 0;
    zs_arena_init(&arena, test_heap());
    ck_assert_ptr_nonnull(file);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
    for (; fgets(line, sizeof line, file) != NULL; n++) {
        zs_tile_case c = {0};
        zs_tile_case_result wanted = {0};
        ck_assert_msg(parse_row(line, &c, &wanted), "%s", line);
        const zs_tile_case_result got = run(&arena, &c), rules = test_tile_rules(&c);
        compare(&c, &got, &wanted);
        compare(&c, &rules, &wanted);
        zs_arena_reset(&arena);
    }
    fclose(file);
    zs_arena_drop(&arena);
    ck_assert_uint_gt(n, 10);
}
END_TEST

/* ---- wrong parameters ------------------------------------------------------------------------ */

static const struct {
    const char *name;
    size_t offset;
    uint32_t value;
} wrong[] = {
    {"M", offsetof(zs_tile_case, m), 0},
    {"K", offsetof(zs_tile_case, k), 33},
    {"words_per_beat", offsetof(zs_tile_case, words_per_beat), 3},
    {"rd_outst", offsetof(zs_tile_case, rd_outst), 65},
    {"b_latency", offsetof(zs_tile_case, b_latency), 0},
    {"block_rows", offsetof(zs_tile_case, block_rows), 2},
};

START_TEST(test_a_parameter_out_of_range_is_named)
{
    zs_prng prng = {.state = 1};
    zs_tile_case c = random_case(&prng);
    zs_tile_case_result r = {.tiles = 77};
    zs_err err = {0};
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    memcpy((char *)&c + wrong[_i].offset, &wrong[_i].value, sizeof wrong[_i].value);
    ck_assert_int_eq(zs_tile_case_run(&arena, &c, &r, &err), ZS_ERANGE);
    ck_assert_str_eq(err.place, wrong[_i].name);
    ck_assert_uint_eq(r.tiles, 77);
    zs_arena_drop(&arena);
}
END_TEST

/* ---- memory ---------------------------------------------------------------------------------- */

START_TEST(test_memory_that_runs_out_is_reported_and_given_back)
{
    zs_prng prng = {.state = 3};
    const zs_tile_case c = random_case(&prng);
    zs_status status = ZS_ENOMEM;
    for (uint64_t n = 1; status != ZS_OK; n++) {
        test_heap_state heap = {.fail_at = n};
        zs_tile_case_result r = {.tiles = 77};
        zs_err err = {0};
        zs_arena arena;
        zs_arena_init(&arena, test_counting_heap(&heap));
        status = zs_tile_case_run(&arena, &c, &r, &err);
        ck_assert_int_eq(status, heap.requests >= n ? ZS_ENOMEM : ZS_OK);
        ck_assert(status == ZS_OK || r.tiles == 77);
        zs_arena_drop(&arena);
        ck_assert_int_eq(heap.live_blocks, 0);
        ck_assert_uint_lt(n, 100);
    }
}
END_TEST

TCase *tcase_tile_case(void)
{
    TCase *tc = tcase_create("tile engine of RTL");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, test_random_tile_engines_equal_the_written_rules);
    tcase_add_test(tc, test_every_clock_and_burst_is_that_of_rtl);
    tcase_add_test(tc, test_memory_that_runs_out_is_reported_and_given_back);
    tcase_add_loop_test(tc, test_a_parameter_out_of_range_is_named, 0, (int)ZS_LEN(wrong));
    return tc;
}
