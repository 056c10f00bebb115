/* axi_case.h - DMA engines in front of a memory of fixed latency, as RTL test benches measure them.
 *
 * Each master reads one block, writes one block, or both; the bursts are cut and timed by the rules
 * of axi.h with the few clocks that this RTL takes. Clock 0 is the descriptor's handshake; clocks
 * are those at the memory.
 * Models   a read address every two clocks; write data a clock after their address, with an idle
 *          clock between bursts; a read descriptor done two clocks after its last beat.
 *          crossbar: three clocks more for an address and one for data, five clocks between two
 *          addresses of a master and two between any, one idle clock between bursts, bursts of the
 *          masters in turn. interconnect: one burst at a time.
 * Omits    the registers of the crossbar that let one burst more than its limit wait: clocks of
 *          single addresses behind it are a few off while it fills, those of data are not.
 * Sources  measured on published RTL; derivation in docs/models/axi.md.
 * Memory   plain values; nothing here allocates. */
#ifndef ZYNQSIM_AXI_CASE_H
#define ZYNQSIM_AXI_CASE_H

#include "zynqsim/axi.h"
#include "zynqsim/base.h"

typedef enum zs_axi_fabric {
    ZS_FABRIC_DIRECT,
    ZS_FABRIC_CROSSBAR,
    ZS_FABRIC_INTERCONNECT
} zs_axi_fabric;

typedef enum zs_axi_slave {
    ZS_SLAVE_FIXED_LATENCY,
    ZS_SLAVE_RAM,          /* a RAM with one burst in flight: latencies and limits of its own */
    ZS_SLAVE_RAM_PIPELINED /* the same with one register more on its data */
} zs_axi_slave;

enum { ZS_AXI_MASTERS = 16, ZS_AXI_TRACE = 12 };

typedef struct zs_axi_case {
    uint32_t masters; /* 1 for direct */
    zs_axi_fabric fabric;
    zs_axi_slave slave;
    uint32_t beat_bytes, max_burst_beats; /* 8 and 16 */
    uint32_t read_outstanding, write_outstanding;
    uint32_t issue;                   /* bursts that the crossbar has in flight; 0: no limit */
    uint32_t read_latency, b_latency; /* clocks: address to first beat, last beat to response */
    uint64_t rd_bytes, rd_addr,
        rd_step; /* master i reads from rd_addr + i * rd_step; 0 bytes: none */
    uint64_t wr_bytes, wr_addr, wr_step;
} zs_axi_case;

typedef struct zs_axi_event {
    uint64_t clock, addr;
    uint32_t beats;
} zs_axi_event;

typedef struct zs_axi_case_result {
    uint64_t ar_count, r_beats, aw_count, w_beats;
    uint64_t first_ar, first_r, last_r;           /* clocks; 0 without reads */
    uint64_t done_first_master, done_last_master; /* read descriptors */
    uint64_t first_w, last_w, last_b, write_done; /* clocks; 0 without writes */
    double clocks_per_burst;                      /* reads: zs_axi_steady_clocks of the trace */
    zs_axi_event trace[ZS_AXI_TRACE];             /* the first read bursts */
    uint32_t trace_n;
} zs_axi_case_result;

/* ZS_ERANGE names the parameter that is out of range. */
zs_status zs_axi_case_run(const zs_axi_case *c, zs_axi_case_result *out, zs_err *err);

/* Clocks per burst once a trace of addresses repeats: over as many whole rounds of `outstanding`
 * bursts as lie in its second half; NAN where there are none. For predicted and measured traces
 * alike. */
double zs_axi_steady_clocks(const zs_axi_event *trace, uint32_t n, uint32_t outstanding);

#endif
