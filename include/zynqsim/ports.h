/* ports.h - long transfers over AXI ports, and the memory bandwidth that they get.
 *
 * A pattern is written in the words of traffic.h with one more, `port`: each stream is one transfer
 * of n requests over one direction of that port, cut into bursts and limited by the port's
 * outstanding bursts, so neither W nor gap is given. dir is R or W; pat is seq or stride.
 *
 * Models   memsys.h at fidelity burst.
 * Time     PL cycles. The first transfer to end ends the measurement: until then all ports work.
 * Memory   the arena's. */
#ifndef ZYNQSIM_PORTS_H
#define ZYNQSIM_PORTS_H

#include "zynqsim/base.h"
#include "zynqsim/design.h"
#include "zynqsim/traffic.h"

typedef struct zs_ports_result {
    uint64_t bytes;                /* useful ones, over all ports */
    uint64_t pl_cycles;            /* to the end of the first transfer */
    double bytes_per_s, frac_peak; /* of the DRAM's data bus */
} zs_ports_result;

/* Whether any stream names a port. */
bool zs_traffic_uses_ports(const zs_traffic *traffic);
/* ZS_EUNSUPPORTED names the stream that has no port, or a pattern that a port cannot send;
 * ZS_ERANGE where two streams share a direction of a port or a transfer is too long; ZS_ENOMEM. */
zs_status zs_ports_run(zs_arena *arena, const zs_design *design, const zs_traffic *traffic,
                       zs_ports_result *out, zs_err *err);

#endif
