/* axi.h - one direction of one AXI port between the PL and the DDR controller.
 *
 * Models   bursts of at most max_beats that never cross 4 KiB; whole beats at unaligned edges; one
 *          address and one beat per PL cycle; data in order; a bounded number of unfinished bursts.
 * Omits    QoS, narrow bursts, the clock crossing (part of the latency), and the limits inside the
 *          PS interconnect (two HP ports share one port of the DDR controller).
 * Sources  AMBA AXI (IHI 0022), burst rules; UG585 "AXI_HP". Derivation: docs/models/axi.md
 * Memory   plain values; nothing here allocates or fails. */
#ifndef ZYNQSIM_AXI_H
#define ZYNQSIM_AXI_H

#include "zynqsim/base.h"
#include "zynqsim/design.h"

/* ---- cutting --------------------------------------------------------------------------------- */

typedef struct zs_axi_burst {
    uint64_t addr;
    uint32_t bytes; /* useful ones */
    uint32_t beats;
} zs_axi_burst;

enum { ZS_AXI_BOUNDARY = 4096 };
/* The first burst of `bytes` > 0 contiguous bytes from `addr`, which may be unaligned. */
static inline zs_axi_burst zs_axi_cut(const zs_axi_params *port, uint64_t addr, uint64_t bytes)
{
    const uint64_t beat = port->beat_bytes; /* a power of two */
    const uint64_t aligned = addr & ~(beat - 1);
    const uint64_t boundary = (addr | (ZS_AXI_BOUNDARY - 1)) + 1;
    uint64_t end = zs_min_u64(aligned + beat * port->max_beats, boundary);
    end = zs_min_u64(end, addr + bytes);
    return (zs_axi_burst){.addr = addr,
                          .bytes = (uint32_t)(end - addr),
                          .beats = (uint32_t)((end - aligned + beat - 1) >> __builtin_ctzll(beat))};
}
/* Bursts of `beats` beats that cross no 4 KiB boundary. */
static inline uint64_t zs_axi_bursts_of(const zs_axi_params *port, uint64_t beats)
{
    return beats <= port->max_beats ? beats != 0 : ((uint32_t)beats - 1) / port->max_beats + 1;
}
/* Adds bursts and beats of `bytes` contiguous bytes to the given sums, equal to repeated
 * zs_axi_cut. Bursts restart at every 4 KiB boundary, so a row is a head up to the first, whole
 * pages, and a tail. Returns the bursts of the head. */
static inline uint64_t zs_axi_count(const zs_axi_params *port, uint64_t addr, uint64_t bytes,
                                    uint64_t *bursts, uint64_t *beats)
{
    if (bytes == 0)
        return 0;
    const uint32_t shift = (uint32_t)__builtin_ctz(port->beat_bytes);
    const uint64_t first = addr >> shift, last = (addr + bytes - 1) >> shift;
    const uint64_t page = ZS_AXI_BOUNDARY >> shift;
    const uint64_t head_last = zs_min_u64(last, first | (page - 1));
    const uint64_t head = zs_axi_bursts_of(port, head_last - first + 1), rest = last - head_last;
    *beats += last - first + 1;
    *bursts += head;
    if (rest > 0)
        *bursts += (rest / page) * zs_axi_bursts_of(port, page) +
                   zs_axi_bursts_of(port, rest & (page - 1));
    return head;
}

/* ---- one channel in time --------------------------------------------------------------------- */

enum { ZS_AXI_OUTSTANDING = 64 };
#define ZS_AXI_NEVER UINT64_MAX

/* Addresses, beats and outstanding bursts of a channel, in PL cycles. Bursts finish in the order of
 * their addresses; a finished one allows another address in the next cycle. */
typedef struct zs_axi_flow {
    uint64_t address_at; /* earliest cycle of the next address, by the address channel alone */
    uint64_t beat_at;    /* earliest cycle of the next beat */
    uint32_t limit;      /* bursts that may be outstanding */
    /* bursts so far; both start at `limit`, as if that many had finished before */
    uint32_t sent, finished;
    uint64_t room_at[ZS_AXI_OUTSTANDING]; /* [burst % OUTSTANDING]: cycle after its end */
} zs_axi_flow;

/* Idle, with the first address possible in `start_pl_cycle`. */
void zs_axi_flow_start(zs_axi_flow *flow, uint32_t outstanding, uint64_t start_pl_cycle);

static inline uint32_t zs_axi_flow_outstanding(const zs_axi_flow *flow)
{
    return flow->sent - flow->finished;
}

/* The limit of outstanding bursts is reached. */
static inline bool zs_axi_flow_is_full(const zs_axi_flow *flow)
{
    return flow->sent - flow->limit == flow->finished;
}

/* Cycle of the next address below the limit: not before the end of the burst `limit` before it. */
static inline uint64_t zs_axi_flow_address(const zs_axi_flow *flow)
{
    const uint32_t before = (flow->sent - flow->limit) % ZS_AXI_OUTSTANDING;
    return zs_max_u64(flow->address_at, flow->room_at[before]);
}

/* The same, or ZS_AXI_NEVER at the limit. */
static inline uint64_t zs_axi_flow_next(const zs_axi_flow *flow)
{
    return zs_axi_flow_is_full(flow) ? ZS_AXI_NEVER : zs_axi_flow_address(flow);
}

/* Sends the next address in cycle `at`. */
static inline void zs_axi_flow_issue(zs_axi_flow *flow, uint64_t at)
{
    flow->address_at = at + 1;
    flow->sent++;
}

/* Schedules `beats` beats after the previous ones, the first not before `first_at` and the last not
 * before `last_at`; returns the cycle of the last. */
static inline uint64_t zs_axi_flow_beats(zs_axi_flow *flow, uint32_t beats, uint64_t first_at,
                                         uint64_t last_at)
{
    const uint64_t first = zs_max_u64(flow->beat_at, first_at);
    const uint64_t last = zs_max_u64(first + beats - 1, last_at);
    flow->beat_at = last + 1;
    return last;
}

/* Ends the oldest unfinished burst in cycle `at`: last beat of a read, response of a write. */
static inline void zs_axi_flow_finish(zs_axi_flow *flow, uint64_t at)
{
    flow->room_at[flow->finished++ % ZS_AXI_OUTSTANDING] = at + 1;
}

#endif
