#include "zynqsim/ports.h"

#include "zynqsim/memsys.h"

#include <stdio.h>

typedef struct place_text {
    char text[32];
} place_text;

static place_text place_of(uint32_t stream)
{
    place_text place;
    snprintf(place.text, sizeof place.text, "stream %u", stream + 1);
    return place;
}

bool zs_traffic_uses_ports(const zs_traffic *traffic)
{
    for (uint32_t i = 0; i < traffic->stream_n; i++)
        if (traffic->streams[i].port != ZS_TRAFFIC_NO_PORT)
            return true;
    return false;
}

/* Requests that follow each other without a gap are one row. */
static zs_status transfer_of(const zs_traffic_stream *s, uint32_t stream, zs_xfer *out, zs_err *err)
{
    const place_text place = place_of(stream);
    const uint64_t bytes = (uint64_t)s->size_bytes * s->request_n;
    if (s->port == ZS_TRAFFIC_NO_PORT)
        return zs_fail(err, ZS_EUNSUPPORTED, place.text,
                       "has no port: all streams of a pattern need one, or none has");
    if (s->reads != 0 && s->writes != 0)
        return zs_fail(err, ZS_EUNSUPPORTED, place.text,
                       "a direction of a port reads or writes: write two streams");
    if (s->pattern == ZS_TRAFFIC_SEQ && bytes <= UINT32_MAX) {
        *out = (zs_xfer){.addr = s->base, .row_bytes = (uint32_t)bytes, .row_n = 1, .plane_n = 1};
        return ZS_OK;
    }
    if (s->pattern != ZS_TRAFFIC_SEQ && s->pattern != ZS_TRAFFIC_STRIDE)
        return zs_fail(err, ZS_EUNSUPPORTED, place.text, "a port sends seq and stride only");
    *out =
        (zs_xfer){.addr = s->base,
                  .row_bytes = s->size_bytes,
                  .row_pitch_bytes = s->pattern == ZS_TRAFFIC_SEQ ? s->size_bytes : s->stride_bytes,
                  .row_n = s->request_n,
                  .plane_n = 1};
    return ZS_OK;
}

static zs_status start_all(zs_memsys *ms, const zs_traffic *traffic, zs_err *err)
{
    uint32_t used = 0;
    for (uint32_t i = 0; i < traffic->stream_n; i++) {
        const zs_traffic_stream *s = &traffic->streams[i];
        zs_xfer xfer;
        ZS_TRY(transfer_of(s, i, &xfer, err));
        const uint32_t channel = zs_channel(s->port, s->writes != 0);
        if (used >> channel & 1)
            return zs_fail(err, ZS_ERANGE, place_of(i).text,
                           "a stream before it has this direction of the port");
        used |= 1u << channel;
        zs_memsys_start(ms, channel, &xfer, 0);
    }
    return ZS_OK;
}

zs_status zs_ports_run(zs_arena *arena, const zs_design *design, const zs_traffic *traffic,
                       zs_ports_result *out, zs_err *err)
{
    zs_memsys *ms = NULL;
    uint32_t channel = 0;
    zs_ports_result r = {0};
    ZS_TRY(zs_memsys_build(arena, design, ZS_BURST, &ms, err));
    ZS_TRY(start_all(ms, traffic, err));
    if (!zs_memsys_next(ms, UINT64_MAX, &channel, &r.pl_cycles))
        return zs_fail(err, ZS_EINTERNAL, "ports", "no transfer ends");
    for (uint32_t c = 0; c < ZS_CHANNEL_N; c++)
        r.bytes += zs_memsys_channel_counts(ms, c)->bytes;
    if (r.pl_cycles > 0) {
        r.bytes_per_s = (double)r.bytes * (double)design->accel.clock_hz / (double)r.pl_cycles;
        r.frac_peak = r.bytes_per_s / zs_memory_peak_bytes_per_s(&design->board.memory);
    }
    *out = r;
    return ZS_OK;
}
