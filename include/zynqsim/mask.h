/* mask.h - what zeros save on a row of processing elements: counts over bit masks.
 *
 * Models   P PEs that work on P consecutive rows of weights (output channels), all on the same
 *          pixel, a product a clock and PE. A product whose weight is 0, and where inputs are
 *          masked as well whose input is 0, takes no clock. In lockstep only positions are left out
 *          that all P rows leave out; with barriers each PE goes on by itself and a group of P rows
 *          takes as long as its busiest PE, per pixel or per map.
 * Omits    the decoding of masks, fill and drain, and the transfers of operands.
 * Sources  docs/sparse.md; SPARCNet skips by filter and by channel, an Eyeriss-v2 PE by weight and
 *          input.
 * Memory   words live in the arena. */
#ifndef ZYNQSIM_MASK_H
#define ZYNQSIM_MASK_H

#include "zynqsim/base.h"

/* `rows` rows of `bits` bits; a bit that is set is other than 0. Bits behind the last are 0. */
typedef struct zs_mask {
    uint64_t *words;
    uint64_t rows;
    uint32_t bits, row_words;
} zs_mask;

/* All bits are 0. */
zs_status zs_mask_build(zs_arena *arena, uint64_t rows, uint32_t bits, zs_mask *out, zs_err *err);
static inline void zs_mask_set(zs_mask *m, uint64_t row, uint32_t bit)
{
    m->words[row * m->row_words + bit / 64] |= UINT64_C(1) << bit % 64;
}

typedef struct zs_mask_count {
    uint64_t left;      /* products that are executed: pairs of bits that are set */
    uint64_t lockstep;  /* cycles in lockstep */
    uint64_t per_pixel; /* with a barrier per pixel */
    uint64_t per_map;   /* with one per map */
    uint64_t dense;     /* without any mask */
} zs_mask_count;

/* Rows of weights in groups of `pes` on `pixels` pixels. `inputs` NULL: no input is 0; else one
 * mask of `pixels` rows for each `shared` consecutive rows of weights (groups of a convolution).
 * A bit stands for `weight` products. ZS_ENOMEM, of scratch. */
zs_status zs_mask_grid(zs_arena *scratch, const zs_mask *weights, const zs_mask *inputs,
                       uint64_t shared, uint64_t pixels, uint32_t pes, uint64_t weight,
                       zs_mask_count *out, zs_err *err);

#endif
