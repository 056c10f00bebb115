#include "memsys_bench.h"

TCase *tcase_port_stream(void);

/* A simple AXI DMA on one HP port at 100 MHz sustains 799.6 MB/s of its 800 (CNN-Grinder traces on
 * an XC7Z020: parameters of a layer, read from a buffer that is not cached). */

enum { STREAM_BYTES = 4 << 20 };

static const struct {
    uint64_t clock_hz;
    double mb_per_s, tolerance;
} streams[] = {
    {100000000, 799.6, 0.03},  /* measured */
    {150000000, 1200.0, 0.03}, /* UG585: 1,200 MB/s a port at 150 MHz */
};

START_TEST(test_one_port_streams_at_its_beats)
{
    mb.design.accel.clock_hz = streams[_i].clock_hz;
    ms_build(ZS_BURST);
    const zs_xfer x = {.row_bytes = STREAM_BYTES, .row_n = 1, .plane_n = 1};
    const uint64_t cycles = ms_run_one(0, &x, 0);
    const double mb_per_s = 1e-6 * STREAM_BYTES * (double)streams[_i].clock_hz / (double)cycles;
    ck_assert_double_eq_tol(mb_per_s / streams[_i].mb_per_s, 1, streams[_i].tolerance);
}
END_TEST

TCase *tcase_port_stream(void)
{
    TCase *tc = tcase_create("one port streaming");
    tcase_add_checked_fixture(tc, ms_setup, ms_teardown);
    tcase_add_loop_test(tc, test_one_port_streams_at_its_beats, 0, (int)ZS_LEN(streams));
    return tc;
}
