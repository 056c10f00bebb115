#include "validate_priv.h"

#include "zynqsim/memsys.h"
#include "zynqsim/nest.h"

#include <math.h>

/* STREAM on the DRAM channels of a Stratix 10 card: every array goes through a load-store unit of
 * its own, and all of them through the event-driven memory. Its controller is busier than those of
 * the cards ever were: an array that has a channel to itself takes what kernels reached there. */

enum { ARRAY_BYTES = 4 << 20, INTERLEAVE_BYTES = 4096 };
static const char board[] = "stratix10-520n"; /* its memory is that of the other card, too */

typedef struct stream_loop {
    const char *figure;
    uint32_t reads, writes; /* arrays */
} stream_loop;

/* Arrays that are not interleaved lie in a channel each, a row of banks apart. */
static zs_status stream(zs_arena *scratch, const zs_design *design, const stream_loop *loop,
                        double *bytes_per_s, zs_err *err)
{
    const zs_memory_params *m = &design->board.memory;
    const uint64_t pitch =
        ARRAY_BYTES +
        (m->interleave_bytes < ARRAY_BYTES ? (uint64_t)m->row_bytes * m->channels : 0);
    zs_memsys *ms;
    uint32_t channel;
    uint64_t at, end = 0;
    ZS_TRY(zs_memsys_build(scratch, design, ZS_BURST, &ms, err));
    for (uint32_t i = 0; i < loop->reads + loop->writes; i++) {
        const zs_xfer x = {.addr = i * pitch, .row_bytes = ARRAY_BYTES, .row_n = 1, .plane_n = 1};
        zs_memsys_start(ms, zs_channel(i, i >= loop->reads), &x, 0);
    }
    while (zs_memsys_next(ms, UINT64_MAX, &channel, &at))
        end = at;
    const uint32_t arrays = loop->reads + loop->writes;
    *bytes_per_s = (double)arrays * ARRAY_BYTES * (double)design->accel.clock_hz / (double)end;
    if (m->interleave_bytes == ARRAY_BYTES)
        *bytes_per_s = fmin(*bytes_per_s, arrays * zs_nest_stratix10.channel_bytes_per_s);
    return ZS_OK;
}

zs_status zs_stream_case_check(zs_arena *scratch, const zs_memory_params *memory,
                               const zs_reference *ref, uint32_t i, zs_section *sections,
                               zs_err *err)
{
    static const stream_loop loops[ZS_STREAM_LOOPS] = {
        {"copy", 1, 1}, {"scale", 1, 1}, {"add", 2, 1}, {"triad", 2, 1}};
    const zs_stream_measured *m = &ref->streams[i];
    zs_design design;
    (void)memory;
    zs_design_defaults(&design);
    ZS_TRY(zs_design_set_board(&design, scratch, board, err));
    design.accel.clock_hz = (uint64_t)m->clock_hz;
    design.board.memory.interleave_bytes = m->is_interleaved ? INTERLEAVE_BYTES : ARRAY_BYTES;
    for (size_t k = 0; k < ZS_STREAM_LOOPS; k++) {
        double bytes_per_s = 0;
        ZS_TRY(stream(scratch, &design, &loops[k], &bytes_per_s, err));
        zs_section_append(&sections[m->is_interleaved ? 0 : 1],
                          (zs_check){.name = m->name,
                                     .scope = m->setting,
                                     .figure = loops[k].figure,
                                     .unit = "B/s",
                                     .predicted = bytes_per_s,
                                     .lo = m->bytes_per_s[k],
                                     .hi = m->bytes_per_s[k],
                                     .tolerance = {.frac = 0.05},
                                     .reason = "",
                                     .source = m->source,
                                     .verdict = ZS_INSIDE});
    }
    return ZS_OK;
}
