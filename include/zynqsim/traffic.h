/* traffic.h - patterns of requests that drive the DDR controller alone.
 *
 * A pattern is one or more streams separated by `|`, each a list of key=value words: the request
 * grammar of published DRAM comparisons of this project's kind, so that a pattern measured on
 * another simulator can be replayed here.
 *
 *   dir      R, W, or Mr:w (of every r+w requests the first r read, the others write)
 *   size     bytes of a request
 *   n        requests of the stream
 *   W        requests outstanding, or instead of it
 *   gap      request k is created in clock floor(k*gap)
 *   rgap     with W: least distance of two requests
 *   pat      seq     base + (k*size mod region)
 *            stride  base + (k*stride mod region)
 *            rand    base + (mix(seed*2^32 + k) mod (region/align)) * align
 *            pp      base + (k mod rows)*rowd + ((k div rows)*size mod 4096)
 *            tile    rows of L bytes every P bytes:
 *                    base + ((k div (L/size))*P mod region) + (k mod (L/size))*size
 *   base, region, stride, align, rows, rowd, L, P, seed    as used above
 *   basew    base of the writes of Mr:w
 *   port     hp0 and so on: a transfer over an AXI port instead (ports.h)
 *
 * Each clock, a read and a write arbiter hand one transaction each to the controller, in turn over
 * the streams, a request at a time. A read ends with its last data, a write when it is queued. The
 * first stream to create its n-th request ends all creation. Addresses beyond the memory's size
 * come round. Percentiles are exact: the least time that so many requests do not exceed.
 * Time     DDR clock cycles.   Memory   the arena's. */
#ifndef ZYNQSIM_TRAFFIC_H
#define ZYNQSIM_TRAFFIC_H

#include "zynqsim/base.h"
#include "zynqsim/design.h"
#include "zynqsim/dram.h"

enum { ZS_TRAFFIC_STREAMS = 16 };
#define ZS_TRAFFIC_NO_PORT UINT32_MAX

typedef enum zs_traffic_pattern {
    ZS_TRAFFIC_SEQ,
    ZS_TRAFFIC_STRIDE,
    ZS_TRAFFIC_RAND,
    ZS_TRAFFIC_PP,
    ZS_TRAFFIC_TILE
} zs_traffic_pattern;

typedef struct zs_traffic_stream {
    uint32_t reads, writes; /* of every reads + writes requests: R is 1:0, W is 0:1 */
    uint32_t size_bytes, outstanding, request_n;
    double gap, rgap; /* DDR cycles; 0: not given */
    uint32_t port;    /* ZS_PORT_*, or ZS_TRAFFIC_NO_PORT */
    zs_traffic_pattern pattern;
    uint64_t base, write_base, region_bytes, stride_bytes, align_bytes, seed;
    uint64_t rows, row_pitch_bytes;        /* pp */
    uint64_t line_bytes, line_pitch_bytes; /* tile */
} zs_traffic_stream;

typedef struct zs_traffic {
    zs_traffic_stream streams[ZS_TRAFFIC_STREAMS];
    uint32_t stream_n;
} zs_traffic;

/* Times from creation to end. */
typedef struct zs_traffic_times {
    uint64_t n, sum_ddr_cycles, p50_ddr_cycles, p95_ddr_cycles, max_ddr_cycles;
} zs_traffic_times;

typedef struct zs_traffic_result {
    uint64_t requests, read_bytes, write_bytes;
    uint64_t ddr_cycles; /* to the end of the last request */
    zs_traffic_times reads, writes;
    zs_dram_counts dram;
    uint64_t events;
} zs_traffic_result;

/* A pattern of a table, and what became of it. */
typedef struct zs_traffic_case {
    const char *name;
    zs_traffic traffic;
    zs_traffic_result result;
} zs_traffic_case;

/* ZS_EPARSE or ZS_ERANGE with the stream and word at fault as the place. */
zs_status zs_traffic_parse(const char *spec, zs_traffic *out, zs_err *err);
/* ZS_ERANGE as zs_dram_build; ZS_ENOMEM. */
zs_status zs_traffic_run(zs_arena *arena, const zs_memory_params *memory, const zs_traffic *traffic,
                         zs_traffic_result *out, zs_err *err);
/* Useful bytes as a part of what the data bus could have moved. */
double zs_traffic_frac_peak(const zs_memory_params *memory, const zs_traffic_result *result);
double zs_traffic_ns(const zs_memory_params *memory, uint64_t ddr_cycles);
double zs_traffic_mean_ns(const zs_memory_params *memory, const zs_traffic_times *times);

#endif
