/* memsys.h - the path between the PL and the DRAM: AXI channels in front of one DDR controller.
 *
 * The engine has at most one transfer in progress per channel (one direction of one port) and asks
 * for the next completion. Two fidelities behind one interface:
 *   burst   every AXI burst and every DRAM transaction (axi.h, dram.h)
 *   tile    each transfer has an unloaded cost; concurrent ones share the DRAM bandwidth
 * With board.memory.kind: fixed there is no DRAM: ports and directions are independent, a read's
 * first beat comes read_latency after its address or right after the previous beat, a write's
 * response write_latency after its last beat. Both fidelities then simulate the same bursts.
 * Time at this interface is in PL cycles; inside, the DRAM has its own clock and both clocks share
 * one picosecond timeline. Integers throughout: same result on every machine. */
#ifndef ZYNQSIM_MEMSYS_H
#define ZYNQSIM_MEMSYS_H

#include "zynqsim/base.h"
#include "zynqsim/design.h"
#include "zynqsim/dram.h"

/* Rows of contiguous bytes: plane_n planes of row_n rows of row_bytes; a pitch of 0 repeats the
 * same bytes. index_bytes of them are indices of a sparse format (masks, run lengths, pointers):
 * moved like the others, counted separately. On the engine's side of the port a load is unpacked
 * into a buffer as it arrives or, with stage_n, from a staging buffer once complete. A store is
 * copied row by row to a staging buffer of stage_n rows, 1 or 2, with one row in flight: with 2 the
 * next is copied meanwhile. Either takes a PL cycle per side_bytes; 0: no time. */
typedef struct zs_xfer {
    uint64_t addr;
    uint64_t row_pitch_bytes, plane_pitch_bytes;
    uint32_t row_bytes, row_n, plane_n;
    uint32_t side_bytes, stage_n;
    uint32_t index_bytes;
} zs_xfer;

/* Channels of the PL's ports, then those of the PS's configuration port (PCAP). */
enum {
    ZS_PORT_CHANNEL_N = 2 * ZS_PORT_COUNT,
    ZS_CHANNEL_PCAP = ZS_PORT_CHANNEL_N,
    ZS_CHANNEL_N = ZS_PORT_CHANNEL_N + 2,
    ZS_CHAIN_MAX = 4 /* back-to-back transfers */
};
/* Channel of a port's read or write direction. */
static inline uint32_t zs_channel(uint32_t port, bool is_write)
{
    return 2 * port + (is_write ? 1 : 0);
}

typedef enum zs_fidelity { ZS_BOUND, ZS_TILE, ZS_BURST, ZS_FIDELITY_N } zs_fidelity;
/* "bound", "tile", "burst": their names in files, options and results. */
extern const char *const zs_fidelity_words[ZS_FIDELITY_N];

/* Simulated time at `burst`, 13 days: transfers that would end later never do. */
#define ZS_BURST_MOST_PS (UINT64_C(1) << 60)

/* Counted since _build. Bytes are useful bytes; beats include the unused parts of edge beats. */
typedef struct zs_channel_counts {
    uint64_t transfers, bytes, bursts, beats;
    uint64_t busy_pl_cycles; /* a transfer was in progress */
} zs_channel_counts;

/* Callbacks for traces. Bursts of a channel end in the order sent, all of them before their
 * transfer is reported complete. `tile` reports neither bursts nor DRAM events; memory of fixed
 * latency reports all bursts at the start of a transfer and no DRAM events. */
typedef struct zs_memsys_watch {
    void (*burst_sent)(void *ctx, uint32_t channel, uint64_t addr, uint32_t bytes,
                       uint64_t address_pl_cycle);
    /* cycle after its last beat, or after its write response */
    void (*burst_over)(void *ctx, uint32_t channel, uint64_t end_pl_cycle);
    void *ctx;
    zs_dram_watch dram;
} zs_memsys_watch;

typedef struct zs_memsys zs_memsys;
typedef struct zs_xfer_price zs_xfer_price;

/* `fidelity` is ZS_TILE or ZS_BURST. Lives in `arena`. ZS_ENOMEM. */
zs_status zs_memsys_build(zs_arena *arena, const zs_design *design, zs_fidelity fidelity,
                          zs_memsys **out, zs_err *err);
/* `watch` outlives the memory system; NULL: none. */
void zs_memsys_watch_set(zs_memsys *ms, const zs_memsys_watch *watch);
/* Starts a transfer on an idle channel at `start_pl_cycle`, not before any time already reported. A
 * transfer of 0 bytes completes at once. */
void zs_memsys_start(zs_memsys *ms, uint32_t channel, const zs_xfer *xfer, uint64_t start_pl_cycle);
/* The same for transfers whose prices the caller already has (zs_xfer_price_of for this channel,
 * once per shape). `burst` ignores the prices and counts itself; `tile` uses them, which saves most
 * of its time. 1 to ZS_CHAIN_MAX transfers run back to back like the rows of one, and complete
 * together. */
void zs_memsys_start_priced(zs_memsys *ms, uint32_t channel, const zs_xfer *xfers,
                            const zs_xfer_price *const *prices, uint32_t xfer_n,
                            uint64_t start_pl_cycle);
/* Runs until a transfer completes or until `limit_pl_cycle`. True: `*channel` completed (last beat
 * in the PL, or last write response, and dma.finish or dma.store_finish after it) at
 * `*done_pl_cycle` <= limit; ties by channel number. False: nothing completes up to and including
 * the limit (UINT64_MAX: nothing is in flight, and writes that were still queued in the DDR
 * controller have been written). */
bool zs_memsys_next(zs_memsys *ms, uint64_t limit_pl_cycle, uint32_t *channel,
                    uint64_t *done_pl_cycle);
const zs_channel_counts *zs_memsys_channel_counts(const zs_memsys *ms, uint32_t channel);
const zs_dram_counts *zs_memsys_dram_counts(const zs_memsys *ms);
/* Events so far: wake-ups of channels and arbiters and decisions of the DDR controller (burst), or
 * starts and ends of transfers (tile). A shortcut counts once: a burst simulated to its end without
 * the event queue, a request that bypasses the controller's queues. */
uint64_t zs_memsys_events(const zs_memsys *ms);

/* ---- closed forms, shared by `tile`, `bound` and the roofline -------------------------------- */

/* Bytes, bursts and beats of one transfer on a port, exactly as `burst` splits it. Rows are not
 * merged: call zs_xfer_merged first where the DMA merges contiguous ones. */
typedef struct zs_xfer_count {
    uint64_t bytes, bursts, beats;
} zs_xfer_count;
zs_xfer_count zs_xfer_split(const zs_axi_params *port, const zs_xfer *xfer);
uint64_t zs_xfer_bytes(const zs_xfer *xfer);
/* One port's share of a transfer split over several: parts `first` to `first + n` of `of`. */
typedef struct zs_port_share {
    uint32_t first, n, of;
} zs_port_share;
/* The share of `port` within the bit mask `ports`: in proportion to the ports' widths. */
zs_port_share zs_port_share_of(const zs_board *board, uint32_t ports, uint32_t port);
/* A share of a transfer: of its planes, if there are as many as parts, else of its rows, else of
 * the bytes of its row in whole `unit_bytes`. The remainder goes to the first parts, so the first
 * port's share is never below its proportion of the bytes; some shares may be empty. */
zs_xfer zs_xfer_share(const zs_xfer *xfer, zs_port_share share, uint32_t unit_bytes);
/* Merges contiguous rows and planes. */
zs_xfer zs_xfer_merged(const zs_xfer *xfer);
/* Lower bound of its PL cycles: bytes / bytes per cycle of the port or the engine's side, whichever
 * is narrower. */
static inline uint64_t zs_xfer_least_pl_cycles(const zs_xfer *xfer, uint32_t beat_bytes)
{
    const uint64_t bytes = (uint64_t)xfer->row_bytes * xfer->row_n * xfer->plane_n;
    const bool is_side = xfer->side_bytes != 0 && xfer->side_bytes < beat_bytes;
    return zs_ceil_div(bytes, is_side ? xfer->side_bytes : beat_bytes);
}

/* Cost of a transfer at `tile`; the same for equal shapes at equal alignment, and nearly so at any.
 */
struct zs_xfer_price {
    zs_xfer_count count;
    uint64_t pl_cycles;                 /* alone on its channel: zs_xfer_alone_pl_cycles */
    uint64_t dram_ddr_cycles;           /* data bus busy, or idle because of its row changes */
    uint64_t transactions, row_changes; /* BL8, and those of them to another row */
};
/* Merges rows if accelerator.dma.merge_rows is set. */
zs_xfer_price zs_xfer_price_of(const zs_design *design, uint32_t channel, const zs_xfer *xfer);
/* PL cycles of a transfer alone on its channel: latency, beats, stalls at the outstanding limit,
 * and the mean share of refreshes. Never below the bound's bytes / beat_bytes; 0 for 0 bytes. */
uint64_t zs_xfer_alone_pl_cycles(const zs_design *design, uint32_t channel, const zs_xfer *xfer);
/* Sustained DRAM bandwidth for the roofline: peak less refresh. */
double zs_memory_sustained_bytes_per_s(const zs_memory_params *memory);

#endif
