/* serial.h - an AXI master with one access in flight that walks an affine loop nest.
 *
 * Models   a loop body of plain HLS code: read one element, compute with it, read the next. The
 *          read is conditional (windows are clipped at the border of their plane), so there is no
 *          burst, no overlap and no prefetch: each access is a single beat that waits for the
 *          previous one and for the arithmetic in between. The memory system (memsys.h, fidelity
 *          burst) gives the latency of every access, open rows and refreshes included.
 * Folding  The latency of an access to an idle DRAM depends only on its phase in the common period
 *          of both clocks and the refresh, on the state of its row and on the previous access. The
 *          first of each case is simulated, all others reuse its result: exact to the cycle, and
 *          some 2 ns each. Where that does not hold (clocks without a short common period, a write
 *          still queued behind a refresh, a beat boundary crossed) every access is simulated.
 *          Derivation: docs/models/direct.md
 * Omits    address arithmetic and loop control, which overlap the access.
 * Sources  the published kernel (loop order, single-beat reads); latencies of operators.def.
 * Memory   lives in the arena; it grows there with the number of distinct outcomes. */
#ifndef ZYNQSIM_SERIAL_H
#define ZYNQSIM_SERIAL_H

#include "zynqsim/base.h"
#include "zynqsim/design.h"
#include "zynqsim/memsys.h"

/* Three parts in sequence; any may be empty.
 *   1 lead and stream   `lead_bytes` at stream_addr, then the next `stream_n` elements: all read
 *   2 windows           out_h x out_w windows over plane_n planes of in_h x in_w elements: all
 *                       elements inside the image are read, [plane][ky][kx]; then one is stored
 *   3 late stores       late_n elements
 * Gaps are PL cycles of arithmetic: after each access of part 1 and 2, before each store. */
typedef struct zs_serial_walk {
    uint32_t elem_bytes, stream_elem_bytes; /* of planes and stores; of the stream */
    uint64_t stream_addr;
    uint32_t lead_bytes, stream_n;
    uint64_t in_addr, plane_pitch, row_pitch; /* bytes; plane_pitch may wrap (be negative) */
    uint32_t plane_n, in_h, in_w;
    uint32_t kh, kw, sh, sw, dh, dw, pad_top, pad_left;
    uint32_t out_h, out_w;
    bool stores; /* part 2: windows are stored, contiguously from out_addr */
    uint64_t out_addr;
    uint64_t late_addr;
    uint32_t late_n;
    uint32_t stream_gap, tap_gap, window_gap, late_gap;
} zs_serial_walk;

/* Work of a walk, in closed form. */
typedef struct zs_serial_count {
    uint64_t stream_reads, taps, windows, stores; /* accesses; windows whether stored or not */
    uint64_t stream_bytes, tap_bytes, store_bytes;
    uint64_t gap_pl_cycles; /* arithmetic */
} zs_serial_count;
zs_serial_count zs_serial_count_of(const zs_serial_walk *walk);

/* Time of a walk by cause; the three add up to its duration. */
typedef struct zs_serial_time {
    uint64_t compute_pl_cycles, read_pl_cycles, write_pl_cycles;
} zs_serial_time;
static inline uint64_t zs_serial_total(const zs_serial_time *t)
{
    return t->compute_pl_cycles + t->read_pl_cycles + t->write_pl_cycles;
}

/* Lower bound: every access a row hit, no refresh, the best phase of the clocks. */
zs_serial_time zs_serial_least(const zs_design *design, const zs_serial_walk *walk);
/* `tile`: a sample of the windows with mean latencies and a mean share of refreshes, scaled. Never
 * below the lower bound. */
zs_serial_time zs_serial_mean(const zs_design *design, const zs_serial_walk *walk);
/* Cycles of the fastest read and of a write that hits its row: the roofline of such a master. */
uint64_t zs_serial_read_pl_cycles(const zs_design *design);
uint64_t zs_serial_write_pl_cycles(const zs_design *design);

typedef struct zs_serial zs_serial;

/* The master on accelerator.ports.input of `ms`. It has exclusive use of `ms`, the next completion
 * included (between walks it may hold the memory's state); counters of `ms` are updated at the end
 * of each walk. `folds` false: all accesses are simulated. ZS_ENOMEM. */
zs_status zs_serial_build(zs_arena *arena, const zs_design *design, zs_memsys *ms, bool folds,
                          zs_serial **out, zs_err *err);
/* Runs a walk from `start_pl_cycle`, not before the end of the previous walk. False: out of memory.
 */
bool zs_serial_run(zs_serial *serial, const zs_serial_walk *walk, uint64_t start_pl_cycle,
                   zs_serial_time *time);
/* Accesses that were simulated in the memory system. */
uint64_t zs_serial_events(const zs_serial *serial);

#endif
