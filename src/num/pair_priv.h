/* pair_priv.h - products of integers of at most 16 bits, two channels at once.
 *
 * A pair is two int16 in an int32, the first in the low half: inputs of two channels at one pixel,
 * or the weights of one tap for both. */
#ifndef ZYNQSIM_PAIR_PRIV_H
#define ZYNQSIM_PAIR_PRIV_H

#include "zynqsim/base.h"

enum { ZS_PAIR_PIXELS = 6, ZS_PAIR_LANES = 16, ZS_PAIR_TAPS = 72 };

/* A block of pixels x channels: sums[pixel][lane] += products. */
typedef struct zs_pair_work {
    const int32_t *x[ZS_PAIR_PIXELS]; /* first pairs of the pixels' windows */
    const uint32_t *offsets;          /* of a window's pairs from its first */
    const int32_t *w;                 /* narrow: [tap][lane], wide: [tap][lower, upper][lane] */
    uint32_t taps, lanes;             /* lanes: a multiple of ZS_PAIR_LANES */
    int32_t *sums32[ZS_PAIR_PIXELS];  /* narrow */
    int64_t *sums64[ZS_PAIR_PIXELS];  /* wide */
} zs_pair_work;
/* Computes the lanes from `lane` on that fill whole vectors; returns the next lane. Narrow: 8-bit
 * weights. Wide: a weight is 2^8 x its signed upper byte + its unsigned lower byte; at most
 * ZS_PAIR_TAPS taps. */
typedef uint32_t zs_pair_block(const zs_pair_work *work, uint32_t lane);
/* Packs elements of two channels into `n` pairs. */
typedef void zs_pair_row_i8(const int8_t *a, const int8_t *b, uint32_t n, int32_t *to);
typedef void zs_pair_row_i16(const int16_t *a, const int16_t *b, uint32_t n, int32_t *to);
typedef struct zs_pair_unit {
    zs_pair_block *narrow, *wide;
    zs_pair_row_i8 *row_i8;
    zs_pair_row_i16 *row_i16;
} zs_pair_unit;
/* The units that this machine supports, the fastest last; all give the same sums. */
const zs_pair_unit *zs_pair_units(uint32_t *n);
const zs_pair_unit *zs_pair_unit_of_machine(void);

#endif
