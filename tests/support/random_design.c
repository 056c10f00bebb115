#include "random_design.h"
#include "tiled.h"

#include <stdio.h>

static uint32_t pick(zs_prng *prng, const uint32_t *from, uint32_t n)
{
    return from[zs_prng_below(prng, n)];
}
#define PICK(...)                                                                                  \
    pick(prng, (const uint32_t[]){__VA_ARGS__}, ZS_LEN(((const uint32_t[]){__VA_ARGS__})))

/* What an engine in RTL adds; half of all designs are plain. */
static void draw_dma(zs_prng *prng, zs_accel *a)
{
    tiled_params *p = tiled_params_in(a);
    if (zs_prng_below(prng, 2))
        return;
    p->keep_tiles = zs_prng_below(prng, 2);
    p->weight_layout = (uint32_t)zs_prng_below(prng, 2);
    p->mac.depth_pl_cycles = PICK(0, 1, 9);
    p->mac.start_pl_cycles = PICK(0, 1, 5);
    a->dma.chain = zs_prng_below(prng, 2);
    a->dma.block_rows = zs_prng_below(prng, 2);
    a->dma.row_gap_pl_cycles = PICK(0, 0, 3);
    a->dma.start_pl_cycles = PICK(0, 2, 3);
    a->dma.finish_pl_cycles = PICK(1, 3);
    a->dma.store_start_pl_cycles = PICK(0, 2, 3);
    a->dma.store_finish_pl_cycles = PICK(1, 2);
    a->dma.address_interval_pl_cycles = PICK(1, 1, 2);
    a->dma.write_data_pl_cycles = PICK(0, 1);
    a->dma.write_gap_pl_cycles = PICK(0, 1);
}

zs_design test_random_design(zs_prng *prng, uint32_t precision)
{
    zs_design d;
    zs_design_defaults(&d);
    zs_accel *a = &d.accel;
    tiled_params *p = tiled_params_in(a);
    a->precision = precision;
    p->tile.oc = PICK(1, 2, 3, 4, 5, 8, 16, 32, 64);
    p->tile.ic = PICK(1, 2, 3, 4, 8, 16, 64);
    p->tile.oy = PICK(1, 2, 3, 5, 7, 8, 14, 64);
    p->tile.ox = PICK(1, 2, 4, 5, 7, 13, 14, 64);
    a->unroll.oc = PICK(1, 2, 4, 8);
    a->unroll.ic = PICK(1, 2, 4);
    a->unroll.ox = PICK(1, 1, 2);
    a->unroll.kx = PICK(1, 1, 3);
    p->loop_order = (uint32_t)zs_prng_below(prng, 3);
    p->outer_loop = (uint32_t)zs_prng_below(prng, 2);
    a->pipeline = zs_prng_below(prng, 4) > 0;
    p->double_buffer.input = zs_prng_below(prng, 2);
    p->double_buffer.weight = zs_prng_below(prng, 2);
    p->double_buffer.output = zs_prng_below(prng, 2);
    a->dma.merge_rows = zs_prng_below(prng, 4) > 0;
    a->fusion = (uint32_t)zs_prng_below(prng, 6);
    a->ports.input = (uint32_t)zs_prng_below(prng, 7);
    a->ports.weight = (uint32_t)zs_prng_below(prng, 7);
    a->ports.output = (uint32_t)zs_prng_below(prng, 7);
    d.batch = PICK(1, 1, 2, 3);
    d.board.bram18 = PICK(64, 128, 280);
    draw_dma(prng, a);
    d.board.memory.kind = PICK(ZS_MEMORY_DDR3, ZS_MEMORY_DDR3, ZS_MEMORY_FIXED);
    d.board.axi.hp.beat_bytes = PICK(8, 8, 4, 16);
    p->mac.post_n = PICK(0, 0, 1, 4);
    p->mac.post_interval_pl_cycles = PICK(1, 2);
    p->mac.clears_sums = zs_prng_below(prng, 2);
    p->load.is_next = a->ports.weight % 2;
    return d;
}

void test_make_systolic(zs_design *d)
{
    zs_accel *a = &d->accel;
    tiled_params *p = tiled_params_in(a);
    p->mac.kind = ZS_ARRAY_SYSTOLIC;
    p->mac.depth_pl_cycles = 0;
    p->mac.mul_latency_pl_cycles = 1 + a->unroll.ic % 3;
    a->unroll.oy = a->unroll.kx;
    a->unroll.ic = a->unroll.ky = a->unroll.kx = 1;
    a->pipeline = true;
    a->ii = 1;
}

const char *test_design_line(const zs_design *d)
{
    static char text[512];
    const zs_accel *a = &d->accel;
    const tiled_params *p = tiled_params_of(a);
    snprintf(text, sizeof text,
             "precision %u tile %u/%u/%u/%u unroll %u/%u/ox%u/kx%u order %u outer %u double %d%d%d "
             "merge %d fusion %u ports %u/%u/%u batch %u bram18 %u keep %d layout %u chain %d "
             "block %d gap %u memory %u post %u/%u/%d channel block %u",
             a->precision, p->tile.oc, p->tile.ic, p->tile.oy, p->tile.ox, a->unroll.oc,
             a->unroll.ic, a->unroll.ox, a->unroll.kx, p->loop_order, p->outer_loop,
             p->double_buffer.input, p->double_buffer.weight, p->double_buffer.output,
             a->dma.merge_rows, a->fusion, a->ports.input, a->ports.weight, a->ports.output,
             d->batch, d->board.bram18, p->keep_tiles, p->weight_layout, a->dma.chain,
             a->dma.block_rows, a->dma.row_gap_pl_cycles, d->board.memory.kind, p->mac.post_n,
             p->mac.post_interval_pl_cycles, p->mac.clears_sums, p->channel_block);
    return text;
}
