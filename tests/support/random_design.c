#include "random_design.h"

#include <stdio.h>

static uint32_t pick(zs_prng *prng, const uint32_t *from, uint32_t n)
{
    return from[zs_prng_below(prng, n)];
}
#define PICK(...)                                                                                  \
    pick(prng, (const uint32_t[]){__VA_ARGS__}, ZS_LEN(((const uint32_t[]){__VA_ARGS__})))

zs_design test_random_design(zs_prng *prng, uint32_t precision)
{
    zs_design d;
    zs_design_defaults(&d);
    zs_accel *a = &d.accel;
    a->precision = precision;
    a->tile.oc = PICK(1, 2, 3, 4, 5, 8, 16, 32, 64);
    a->tile.ic = PICK(1, 2, 3, 4, 8, 16, 64);
    a->tile.oy = PICK(1, 2, 3, 5, 7, 8, 14, 64);
    a->tile.ox = PICK(1, 2, 4, 5, 7, 13, 14, 64);
    a->unroll.oc = PICK(1, 2, 4, 8);
    a->unroll.ic = PICK(1, 2, 4);
    a->unroll.ox = PICK(1, 1, 2);
    a->unroll.kx = PICK(1, 1, 3);
    a->loop_order = (uint32_t)zs_prng_below(prng, 3);
    a->outer_loop = (uint32_t)zs_prng_below(prng, 2);
    a->pipeline = zs_prng_below(prng, 4) > 0;
    a->double_buffer.input = zs_prng_below(prng, 2);
    a->double_buffer.weight = zs_prng_below(prng, 2);
    a->double_buffer.output = zs_prng_below(prng, 2);
    a->dma.merge_rows = zs_prng_below(prng, 4) > 0;
    a->fusion = (uint32_t)zs_prng_below(prng, 5);
    a->ports.input = (uint32_t)zs_prng_below(prng, 7);
    a->ports.weight = (uint32_t)zs_prng_below(prng, 7);
    a->ports.output = (uint32_t)zs_prng_below(prng, 7);
    d.batch = PICK(1, 1, 2, 3);
    d.board.bram18 = PICK(64, 128, 280);
    return d;
}

const char *test_design_line(const zs_design *d)
{
    static char text[512];
    const zs_accel *a = &d->accel;
    snprintf(text, sizeof text,
             "precision %u tile %u/%u/%u/%u unroll %u/%u/ox%u/kx%u order %u outer %u double %d%d%d "
             "merge %d fusion %u ports %u/%u/%u batch %u bram18 %u",
             a->precision, a->tile.oc, a->tile.ic, a->tile.oy, a->tile.ox, a->unroll.oc,
             a->unroll.ic, a->unroll.ox, a->unroll.kx, a->loop_order, a->outer_loop,
             a->double_buffer.input, a->double_buffer.weight, a->double_buffer.output,
             a->dma.merge_rows, a->fusion, a->ports.input, a->ports.weight, a->ports.output,
             d->batch, d->board.bram18);
    return text;
}
