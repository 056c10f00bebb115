#include "study_cases.h"

#include "zynqsim/ports.h"

#include <string.h>

static zs_arena arena;
static zs_design design;

static void setup(void)
{
    zs_arena_init(&arena, test_heap());
    zs_design_defaults(&design);
}

static void teardown(void)
{
    zs_arena_drop(&arena);
}

static zs_ports_result run(const char *spec)
{
    zs_traffic traffic;
    zs_ports_result r = {0};
    zs_err err = {0};
    ck_assert_msg(zs_traffic_parse(spec, &traffic, &err) == ZS_OK, "%s: %s", err.place, err.text);
    ck_assert(zs_traffic_uses_ports(&traffic));
    ck_assert_msg(zs_ports_run(&arena, &design, &traffic, &r, &err) == ZS_OK, "%s: %s", err.place,
                  err.text);
    return r;
}

/* Beats of the port or the DRAM's bus, whichever ends first; both less a little. */
static const struct {
    const char *spec;
    uint64_t clock_hz;
    double least, most; /* bytes per second */
} streams[] = {
    {"port=hp0 dir=R size=65536 n=64 pat=seq", 100000000, 796e6, 800e6},
    {"port=hp2 dir=W size=65536 n=64 pat=seq", 100000000, 796e6, 800e6},
    {"port=gp0 dir=R size=65536 n=64 pat=seq", 100000000, 360e6, 400e6},
    {"port=hp0 dir=R size=128 n=4096 pat=stride stride=4096", 100000000, 700e6, 800e6},
    {"port=hp0 dir=R size=65536 n=64 pat=seq | port=hp1 dir=R size=65536 n=64 pat=seq "
     "base=0x2002000",
     100000000, 1590e6, 1600e6},
    {"port=hp0 dir=R size=65536 n=64 pat=seq | port=hp1 dir=R size=65536 n=64 pat=seq "
     "base=0x2002000 | port=hp2 dir=R size=65536 n=64 pat=seq base=0x4004000 | port=hp3 dir=R "
     "size=65536 n=64 pat=seq base=0x6006000",
     250000000, 4.0e9, 4.1e9},
};

START_TEST(test_ports_move_what_their_beats_and_the_bus_allow)
{
    design.accel.clock_hz = streams[_i].clock_hz;
    const zs_ports_result r = run(streams[_i].spec);
    ck_assert_double_ge(r.bytes_per_s, streams[_i].least);
    ck_assert_double_le(r.bytes_per_s, streams[_i].most);
    ck_assert_double_eq_tol(r.frac_peak, r.bytes_per_s / 4.26667e9, 1e-4);
}
END_TEST

static const struct {
    const char *spec;
    bool parses;
    const char *place;
} wrong[] = {
    {"port=hp7 dir=R size=64 n=4 pat=seq", false, "stream 1, port=hp7"},
    {"port=hp0 dir=R size=64 n=4 W=2 pat=seq", false, "stream 1"},
    {"port=hp0 dir=R size=64 n=4 pat=rand", true, "stream 1"},
    {"port=hp0 dir=M1:1 size=64 n=4 pat=seq", true, "stream 1"},
    {"port=hp0 dir=R size=64 n=4 pat=seq | dir=R W=1 size=64 n=4 pat=seq", true, "stream 2"},
    {"port=hp0 dir=R size=64 n=4 pat=seq | port=hp0 dir=R size=64 n=4 pat=seq", true, "stream 2"},
};

START_TEST(test_a_pattern_that_ports_cannot_send_is_refused_by_place)
{
    zs_traffic traffic;
    zs_ports_result r;
    zs_err err = {0};
    const zs_status parsed = zs_traffic_parse(wrong[_i].spec, &traffic, &err);
    ck_assert_int_eq(parsed == ZS_OK, wrong[_i].parses);
    if (parsed == ZS_OK)
        ck_assert_int_ne(zs_ports_run(&arena, &design, &traffic, &r, &err), ZS_OK);
    ck_assert_str_eq(err.place, wrong[_i].place);
}
END_TEST

START_TEST(test_the_controller_alone_refuses_ports)
{
    zs_traffic traffic;
    zs_traffic_result r;
    zs_err err = {0};
    ck_assert_int_eq(zs_traffic_parse(streams[0].spec, &traffic, &err), ZS_OK);
    ck_assert_int_eq(zs_traffic_run(&arena, &design.board.memory, &traffic, &r, &err),
                     ZS_EUNSUPPORTED);
    ck_assert_str_eq(err.place, "port");
}
END_TEST

TCase *tcase_ports(void)
{
    TCase *tc = tcase_create("ports");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, test_ports_move_what_their_beats_and_the_bus_allow, 0, ZS_LEN(streams));
    tcase_add_loop_test(tc, test_a_pattern_that_ports_cannot_send_is_refused_by_place, 0,
                        ZS_LEN(wrong));
    tcase_add_test(tc, test_the_controller_alone_refuses_ports);
    return tc;
}
