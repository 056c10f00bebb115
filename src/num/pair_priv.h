/* pair_priv.h - products of integers of at most 16 bits, two taps at once.
 *
 * A pair is two int16 in an int32, the first in the low half. Inputs lie [pair][pixel], weights
 * [pair][channel]; a block is ZS_PAIR_PIXELS pixels by ZS_PAIR_LANES channels. */
#ifndef ZYNQSIM_PAIR_PRIV_H
#define ZYNQSIM_PAIR_PRIV_H

#include "zynqsim/base.h"

enum { ZS_PAIR_PIXELS = 6, ZS_PAIR_LANES = 16, ZS_PAIRS_MAX = 72 };

/* sums[pixel][0..15] += products; `narrow` of 8-bit integers, `wide` of 16-bit ones unless inputs
 * and weights are both -32768. At most ZS_PAIRS_MAX pairs. */
typedef void zs_pair_narrow(const int32_t *x, uint32_t x_pitch, const int32_t *w, uint32_t w_pitch,
                            uint32_t pair_n, int32_t *const sums[ZS_PAIR_PIXELS]);
typedef void zs_pair_wide(const int32_t *x, uint32_t x_pitch, const int32_t *w, uint32_t w_pitch,
                          uint32_t pair_n, int64_t *const sums[ZS_PAIR_PIXELS]);
/* Elements of two taps become `n` pairs. */
typedef void zs_pair_row_i8(const int8_t *a, const int8_t *b, uint32_t n, int32_t *to);
typedef void zs_pair_row_i16(const int16_t *a, const int16_t *b, uint32_t n, int32_t *to);
typedef struct zs_pair_unit {
    zs_pair_narrow *narrow;
    zs_pair_wide *wide;
    zs_pair_row_i8 *row_i8;
    zs_pair_row_i16 *row_i16;
} zs_pair_unit;
/* What this machine can run, the fastest last: all give the same sums. */
const zs_pair_unit *zs_pair_units(uint32_t *n);
const zs_pair_unit *zs_pair_unit_of_machine(void);

#endif
