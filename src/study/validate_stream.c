#include "validate_priv.h"

#include "zynqsim/nest.h"

/* STREAM on the DRAM channels of a Stratix 10 card, by the rules of docs/models/kernels.md. */

enum { CARD_CHANNELS = 4 }; /* of both cards [V HPCC_FPGA; D5005: R] */

zs_status zs_stream_case_check(zs_arena *scratch, const zs_memory_params *memory,
                               const zs_reference *ref, uint32_t i, zs_section *sections,
                               zs_err *err)
{
    static const struct {
        const char *figure;
        uint32_t arrays;
    } loops[ZS_STREAM_LOOPS] = {{"copy", 2}, {"scale", 2}, {"add", 3}, {"triad", 3}};
    const zs_stream_measured *m = &ref->streams[i];
    (void)scratch, (void)memory, (void)err;
    for (size_t k = 0; k < ZS_STREAM_LOOPS; k++)
        zs_section_append(&sections[m->is_interleaved ? 0 : 1],
                          (zs_check){.name = m->name,
                                     .scope = m->setting,
                                     .figure = loops[k].figure,
                                     .unit = "B/s",
                                     .predicted = zs_nest_stream_bytes_per_s(
                                         &zs_nest_stratix10, loops[k].arrays, CARD_CHANNELS,
                                         m->is_interleaved, m->clock_hz),
                                     .lo = m->bytes_per_s[k],
                                     .hi = m->bytes_per_s[k],
                                     .tolerance = {.frac = 0.05},
                                     .reason = "",
                                     .source = m->source,
                                     .verdict = ZS_INSIDE});
    return ZS_OK;
}
