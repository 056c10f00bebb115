/* memsys_priv.h - the implementations behind memsys.h (burst, tile and fixed latency), and the
 * conversion between PL and DDR clocks. */
#ifndef ZYNQSIM_MEMSYS_PRIV_H
#define ZYNQSIM_MEMSYS_PRIV_H

#include "zynqsim/axi.h"
#include "zynqsim/memsys.h"

/* ---- clocks ---------------------------------------------------------------------------------- */

/* Edges of the PL clock (ceil(n * 10^12 / hz) ps, as zs_edge_ps) and of the DDR clock (n * tck ps)
 * without a division: quotients by a multiplication with the reciprocal. A clock is even when its
 * period is a whole number of picoseconds. */
typedef struct zs_clock_pair {
    uint64_t hz, pl_ps, pl_rest; /* 10^12 / hz and remainder */
    uint64_t tck_ps, hz_inverse; /* inverses: 2^64 / x */
    uint64_t pl_inverse, tck_inverse;
    uint64_t hz_per_ps;         /* 2^64 * hz / 10^12 */
    uint64_t pl_far, ddr_far;   /* edges from which on a time counts as "never" */
    uint64_t pl_even, ddr_even; /* edges below which an even clock's fast conversion is valid */
} zs_clock_pair;

zs_clock_pair zs_clock_pair_of(uint64_t pl_hz, uint32_t tck_ps);
/* For any clock and time; UINT64_MAX is kept. */
uint64_t zs_any_pl_to_ddr(const zs_clock_pair *c, uint64_t pl_cycle);
uint64_t zs_any_ddr_to_pl(const zs_clock_pair *c, uint64_t ddr_cycle);

__extension__ typedef unsigned __int128 zs_wide;

/* ceil(x / d) for x below 2^63: the reciprocal, rounded down, makes it too small by 1 at most. */
static inline uint64_t zs_ceil_by(uint64_t x, uint64_t d, uint64_t inverse)
{
    const uint64_t q = (uint64_t)(((zs_wide)(x + d - 1) * inverse) >> 64);
    return q + (q * d < x);
}

/* First DDR edge at or after a PL edge, and vice versa. */
static inline uint64_t zs_pl_to_ddr(const zs_clock_pair *c, uint64_t pl_cycle)
{
    if (pl_cycle >= c->pl_even)
        return zs_any_pl_to_ddr(c, pl_cycle);
    return zs_ceil_by(pl_cycle * c->pl_ps, c->tck_ps, c->tck_inverse);
}

static inline uint64_t zs_ddr_to_pl(const zs_clock_pair *c, uint64_t ddr_cycle)
{
    if (ddr_cycle >= c->ddr_even)
        return zs_any_ddr_to_pl(c, ddr_cycle);
    return zs_ceil_by(ddr_cycle * c->tck_ps, c->pl_ps, c->pl_inverse);
}

/* ---- DMA of a channel ------------------------------------------------------------------------ */

/* accelerator.dma.* as it applies to one direction: 0, or 1 for `address_interval` and `finish`,
 * where it does not. */
typedef struct zs_dma_rules {
    uint32_t address_interval, row_gap, write_data, write_gap, finish;
    bool block_rows;
} zs_dma_rules;

static inline zs_dma_rules zs_dma_rules_of(const zs_design *design, uint32_t channel)
{
    const zs_dma_params *dma = zs_design_dma(design, channel / 2);
    if (channel & 1)
        return (zs_dma_rules){.address_interval = 1,
                              .row_gap = dma->store_row_gap_pl_cycles,
                              .block_rows = dma->block_store_rows,
                              .write_data = dma->write_data_pl_cycles,
                              .write_gap = dma->write_gap_pl_cycles,
                              .finish = dma->store_finish_pl_cycles};
    return (zs_dma_rules){.address_interval = dma->address_interval_pl_cycles,
                          .row_gap = dma->row_gap_pl_cycles,
                          .block_rows = dma->block_rows,
                          .finish = dma->finish_pl_cycles};
}

/* ---- the engine's side of a transfer --------------------------------------------------------- */

/* From the first data of a load to the end of its unpacking, if it never waits for data. */
static inline uint64_t zs_side_pl_cycles(const zs_xfer *x)
{
    return x->side_bytes == 0 ? 0 : zs_ceil_div(zs_xfer_bytes(x), x->side_bytes);
}

/* Copying a row of a store to its staging buffer; 0: it has none. */
static inline uint64_t zs_copy_pl_cycles(const zs_xfer *x)
{
    return x->side_bytes == 0 ? 0 : zs_ceil_div(x->row_bytes, x->side_bytes);
}

/* Earliest address of a row of a store whose copy takes `copy` cycles: the previous row could leave
 * at `before`, and the engine sees its response at `free_at`. */
static inline uint64_t zs_copied_at(uint64_t copy, uint32_t stage_n, uint64_t before,
                                    uint64_t free_at)
{
    return stage_n < 2 ? free_at + copy : zs_max_u64(free_at, before + copy);
}

/* ---- parts ----------------------------------------------------------------------------------- */

typedef struct zs_burst_sys zs_burst_sys;
typedef struct zs_tile_sys zs_tile_sys;
typedef struct zs_fixed_sys zs_fixed_sys;

struct zs_memsys {
    const zs_design *design;
    zs_fidelity fidelity;
    zs_burst_sys *burst;
    zs_tile_sys *tile;
    zs_fixed_sys *fixed; /* serves both fidelities */
    zs_channel_counts counts[ZS_CHANNEL_N];
    uint64_t started_at[ZS_CHANNEL_N];
};

zs_status zs_burst_sys_build(zs_arena *arena, const zs_design *design, zs_channel_counts *counts,
                             zs_burst_sys **out, zs_err *err);
void zs_burst_sys_watch_set(zs_burst_sys *bs, const zs_memsys_watch *watch);
void zs_burst_sys_start(zs_burst_sys *bs, uint32_t channel, const zs_xfer *xfers, uint32_t xfer_n,
                        uint64_t start);
bool zs_burst_sys_next(zs_burst_sys *bs, uint64_t limit, uint32_t *channel, uint64_t *done);
const zs_dram_counts *zs_burst_sys_dram_counts(zs_burst_sys *bs);
uint64_t zs_burst_sys_events(const zs_burst_sys *bs);
zs_dram *zs_burst_sys_dram(zs_burst_sys *bs); /* NULL: there is no DRAM behind it */

zs_status zs_tile_sys_build(zs_arena *arena, const zs_design *design, zs_tile_sys **out,
                            zs_err *err);
void zs_tile_sys_start(zs_tile_sys *ts, uint32_t channel, const zs_xfer_price *price,
                       uint64_t start);
bool zs_tile_sys_next(zs_tile_sys *ts, uint64_t limit, uint32_t *channel, uint64_t *done);
const zs_dram_counts *zs_tile_sys_dram_counts(const zs_tile_sys *ts);
uint64_t zs_tile_sys_events(const zs_tile_sys *ts);
zs_dram_counts *zs_tile_sys_counts(zs_tile_sys *ts);

/* Bursts of one channel of a memory of fixed latency, in order. */
typedef struct zs_fixed_walk {
    zs_axi_params port;
    const zs_memsys_watch *watch; /* NULL: none */
    uint32_t channel;
    bool is_write;
    uint32_t latency;
    zs_dma_rules rules;
    zs_axi_flow flow;
    uint64_t address_at, last_beat_at;    /* of the last burst */
    uint64_t done_at;                     /* cycle after the last beat or response so far, ... */
    uint64_t skipped;                     /* ... without the cycles of skipped rows */
    uint64_t row_at;                      /* earliest address of the row, once it is copied */
    uint64_t first_at;                    /* earliest beat of the first row */
    uint64_t unpacking, unpacking_behind; /* during the transfer; after its last beat */
    zs_xfer_count count;
} zs_fixed_walk;

void zs_fixed_walk_start(zs_fixed_walk *walk, const zs_design *design, uint32_t channel,
                         uint64_t start);
void zs_fixed_walk_burst(zs_fixed_walk *walk, const zs_axi_burst *burst);
void zs_fixed_walk_xfer(zs_fixed_walk *walk, const zs_xfer *xfer);
/* Cycle in which the walked transfers end, dma.finish or dma.store_finish included. */
uint64_t zs_fixed_walk_end(const zs_fixed_walk *walk);

zs_status zs_fixed_sys_build(zs_arena *arena, const zs_design *design, zs_channel_counts *counts,
                             zs_fixed_sys **out, zs_err *err);
void zs_fixed_sys_watch_set(zs_fixed_sys *fs, const zs_memsys_watch *watch);
void zs_fixed_sys_start(zs_fixed_sys *fs, uint32_t channel, const zs_xfer *xfers, uint32_t xfer_n,
                        uint64_t start);
bool zs_fixed_sys_next(zs_fixed_sys *fs, uint64_t limit, uint32_t *channel, uint64_t *done);
const zs_dram_counts *zs_fixed_sys_dram_counts(const zs_fixed_sys *fs);
uint64_t zs_fixed_sys_events(const zs_fixed_sys *fs);
zs_dram_counts *zs_fixed_sys_counts(zs_fixed_sys *fs);

/* Limit of outstanding bursts: the lesser of the port's and the DMA's. */
static inline uint32_t zs_channel_outstanding(const zs_design *design, uint32_t channel)
{
    const zs_axi_params port = zs_port_params(&design->board, channel / 2);
    const zs_dma_params *dma = zs_design_dma(design, channel / 2);
    const uint32_t most = channel & 1 ? port.write_outstanding : port.read_outstanding;
    const uint32_t own = channel & 1 ? dma->write_outstanding : dma->read_outstanding;
    return own == 0 || own > most ? most : own;
}
static inline zs_axi_params zs_channel_port(const zs_design *design, uint32_t channel)
{
    return zs_port_params(&design->board, channel / 2);
}

#endif
