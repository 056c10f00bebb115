#include "support.h"
#include "zynqsim/memsys.h"

TCase *tcase_memsys(void);

static zs_design design;
static zs_arena arena;
static zs_memsys *ms;

static void setup(void)
{
    zs_arena_init(&arena, test_heap());
    zs_design_defaults(&design);
}

static void teardown(void)
{
    zs_arena_drop(&arena);
}

static void build(zs_fidelity fidelity)
{
    zs_err err = {0};
    ck_assert_msg(zs_memsys_build(&arena, &design, fidelity, &ms, &err) == ZS_OK, "%s: %s",
                  err.place, err.text);
}

static uint64_t run_one(uint32_t channel, const zs_xfer *xfer, uint64_t start)
{
    uint32_t who = UINT32_MAX;
    uint64_t done = 0;
    zs_memsys_start(ms, channel, xfer, start);
    ck_assert(zs_memsys_next(ms, UINT64_MAX, &who, &done));
    ck_assert_uint_eq(who, channel);
    ck_assert(!zs_memsys_next(ms, UINT64_MAX, &who, &done));
    return done - start;
}

START_TEST(test_nothing_to_move_takes_no_time)
{
    const zs_xfer nothing = {.addr = 64, .row_bytes = 0, .row_n = 3, .plane_n = 1};
    build(_i ? ZS_BURST : ZS_TILE);
    ck_assert_uint_eq(run_one(0, &nothing, 7), 0);
    ck_assert_uint_eq(zs_memsys_channel_counts(ms, 0)->bursts, 0);
}
END_TEST

START_TEST(test_an_idle_write_costs_its_beats_and_the_response)
{
    const zs_xfer one = {.addr = 0, .row_bytes = 128, .row_n = 1, .plane_n = 1};
    build(_i ? ZS_BURST : ZS_TILE);
    ck_assert_uint_eq(run_one(zs_channel(ZS_PORT_HP0, true), &one, 100), 16 + 12);
}
END_TEST

TCase *tcase_memsys(void)
{
    TCase *tc = tcase_create("memory system");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, test_nothing_to_move_takes_no_time, 0, 2);
    tcase_add_loop_test(tc, test_an_idle_write_costs_its_beats_and_the_response, 0, 2);
    return tc;
}
