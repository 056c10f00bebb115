/* memsys.h - the path between the PL and the DRAM: AXI channels in front of one DDR controller.
 *
 * The engine starts at most one transfer at a time on each channel (a channel is one direction of
 * one port) and asks for the next completion. Two fidelities answer the same questions:
 *   burst   every AXI burst and every DRAM transaction (axi.h, dram.h)
 *   tile    a transfer has a price alone on its channel; concurrent ones share the DRAM bandwidth
 * With board.memory.kind: fixed there is no DRAM: ports and directions are independent, a read's
 * first beat comes read_latency after its address or right after the beat before, a write's
 * response write_latency after its last beat. Both fidelities then walk the same bursts.
 * Time at this interface is counted in PL cycles; inside, the DRAM runs on its own clock and all
 * edges meet in one picosecond timeline. Integers throughout: same result on every machine. */
#ifndef ZYNQSIM_MEMSYS_H
#define ZYNQSIM_MEMSYS_H

#include "zynqsim/base.h"
#include "zynqsim/design.h"
#include "zynqsim/dram.h"

/* Rows of contiguous bytes: plane_n planes of row_n rows of row_bytes; a pitch of 0: the same bytes
 * over and over. Of all bytes, index_bytes
 * say where the others belong (masks, run lengths, pointers): they move like the others and are
 * counted apart. On the engine's side of the port a load is unpacked into a buffer, on the way or,
 * with stage_n, once all of it is in a staging buffer. A store is copied row by row to a staging
 * buffer of stage_n rows, 1 or 2, and one row is on its way at a time: with 2 the next is copied
 * meanwhile. Either takes a PL cycle for every side_bytes; 0: no time. */
typedef struct zs_xfer {
    uint64_t addr;
    uint64_t row_pitch_bytes, plane_pitch_bytes;
    uint32_t row_bytes, row_n, plane_n;
    uint32_t side_bytes, stage_n;
    uint32_t index_bytes;
} zs_xfer;

/* Behind the channels of the PL's ports those of the PS's own master of the configuration port. */
enum {
    ZS_PORT_CHANNEL_N = 2 * ZS_PORT_COUNT,
    ZS_CHANNEL_PCAP = ZS_PORT_CHANNEL_N,
    ZS_CHANNEL_N = ZS_PORT_CHANNEL_N + 2,
    ZS_CHAIN_MAX = 4 /* transfers that follow each other without a gap */
};
/* Channel of a port's read or write direction. */
static inline uint32_t zs_channel(uint32_t port, bool is_write)
{
    return 2 * port + (is_write ? 1 : 0);
}

typedef enum zs_fidelity { ZS_BOUND, ZS_TILE, ZS_BURST, ZS_FIDELITY_N } zs_fidelity;
/* "bound", "tile", "burst": what they are called in files, options and results. */
extern const char *const zs_fidelity_words[ZS_FIDELITY_N];

/* Counted since _build. Bytes are useful bytes; beats include the unused parts of edge beats. */
typedef struct zs_channel_counts {
    uint64_t transfers, bytes, bursts, beats;
    uint64_t busy_pl_cycles; /* a transfer was in progress */
} zs_channel_counts;

/* What a trace sees of the memory system. The bursts of a channel end in the order in which they
 * were sent, and all of a transfer's before it is reported complete. `tile` has neither bursts nor
 * DRAM events, memory of fixed latency no DRAM events and its bursts all when a transfer starts. */
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
/* `watch` outlives the memory system; NULL: nobody looks. */
void zs_memsys_watch_set(zs_memsys *ms, const zs_memsys_watch *watch);
/* Starts a transfer on an idle channel at `start_pl_cycle`, which is not before any time already
 * reported. A transfer of 0 bytes completes at once. */
void zs_memsys_start(zs_memsys *ms, uint32_t channel, const zs_xfer *xfer, uint64_t start_pl_cycle);
/* The same for transfers whose prices and splits the caller already knows (equal shapes are priced
 * once): zs_xfer_price_of for this channel. `burst` ignores the prices and
 * counts for itself; `tile` takes both as they are and so costs next to nothing. 1 to ZS_CHAIN_MAX
 * transfers follow each other as the rows of one do, and complete together. */
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
/* Steps so far: wake-ups of channels and of arbiters and decisions of the DDR controller (burst),
 * or starts and ends of transfers (tile). What a shortcut does in one step counts once: a burst
 * that is followed to its end without the event queue, a request that passes the controller's
 * queues. */
uint64_t zs_memsys_events(const zs_memsys *ms);

/* ---- closed forms, shared by `tile`, `bound` and the roofline -------------------------------- */

/* Bytes, bursts and beats of one transfer on a port, exactly as `burst` splits it. Rows are taken
 * as the descriptor has them: join contiguous ones first (zs_xfer_merged) where the DMA does. */
typedef struct zs_xfer_count {
    uint64_t bytes, bursts, beats;
} zs_xfer_count;
zs_xfer_count zs_xfer_split(const zs_axi_params *port, const zs_xfer *xfer);
uint64_t zs_xfer_bytes(const zs_xfer *xfer);
/* What one port of several moves of a transfer: parts `first` to `first + n` of `of`. */
typedef struct zs_port_share {
    uint32_t first, n, of;
} zs_port_share;
/* Of the ports of a set, a bit each, the share of one of them: ports move parts in proportion to
 * their widths, those of equal width the same. */
zs_port_share zs_port_share_of(const zs_board *board, uint32_t ports, uint32_t port);
/* A share of a transfer: of its planes, if there are as many as parts, else of its rows, else of
 * the bytes of its row in whole `unit_bytes`. What is left over goes to the first parts, so the
 * share of the first port is never less than its part of the bytes; some shares may be empty. */
zs_xfer zs_xfer_share(const zs_xfer *xfer, zs_port_share share, uint32_t unit_bytes);
/* The same bytes in fewer rows and planes where they are contiguous. */
zs_xfer zs_xfer_merged(const zs_xfer *xfer);
/* PL cycles that no transfer of it takes less than: its bytes by what beats or the engine's side
 * move in a cycle. */
static inline uint64_t zs_xfer_least_pl_cycles(const zs_xfer *xfer, uint32_t beat_bytes)
{
    const uint64_t bytes = (uint64_t)xfer->row_bytes * xfer->row_n * xfer->plane_n;
    const bool is_side = xfer->side_bytes != 0 && xfer->side_bytes < beat_bytes;
    return zs_ceil_div(bytes, is_side ? xfer->side_bytes : beat_bytes);
}

/* What `tile` needs to know of a transfer; the same for equal shapes at equal alignment, and nearly
 * so at any. */
struct zs_xfer_price {
    zs_xfer_count count;
    uint64_t pl_cycles;                 /* alone on its channel: zs_xfer_alone_pl_cycles */
    uint64_t dram_ddr_cycles;           /* of the data bus, or that its row changes keep it idle */
    uint64_t transactions, row_changes; /* BL8, and those of them that come to another row */
};
/* Joins rows if accelerator.dma.merge_rows says so. */
zs_xfer_price zs_xfer_price_of(const zs_design *design, uint32_t channel, const zs_xfer *xfer);
/* PL cycles of a transfer alone on its channel: latency, beats, what the outstanding limit makes it
 * wait, and the mean share of refreshes. Never below the bound's bytes / beat_bytes; 0 for 0 bytes.
 */
uint64_t zs_xfer_alone_pl_cycles(const zs_design *design, uint32_t channel, const zs_xfer *xfer);
/* Sustained DRAM bandwidth for the roofline: peak less refresh. */
double zs_memory_sustained_bytes_per_s(const zs_memory_params *memory);

#endif
