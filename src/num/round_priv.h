/* round_priv.h - zs_requantise of a block of channels at once, in 64 bits. */
#ifndef ZYNQSIM_ROUND_PRIV_H
#define ZYNQSIM_ROUND_PRIV_H

#include "zynqsim/num.h"

enum { ZS_ROUND_LANES = 64, ZS_ROUND_STEP = 8 };

typedef struct zs_round_lanes {
    int32_t mul[ZS_ROUND_LANES];
    uint64_t shift[ZS_ROUND_LANES], below_half[ZS_ROUND_LANES];
    int64_t offset[ZS_ROUND_LANES]; /* of 2^62, shifted */
    int64_t lo, hi;
} zs_round_lanes;

/* False when a shift is below 1 or above 61. */
bool zs_round_prepare(const zs_requant *requant, uint32_t n, zs_round_lanes *l);

/* i8: int32 sums to int8; i16: int64 sums below 2^62 in magnitude, not multiplied, to int16; w8a16:
 * int64 sums that fit 32 bits to int16. `y` has room for a multiple of ZS_ROUND_STEP elements, and
 * may be `sums`. */
typedef void zs_round(const zs_round_lanes *l, const void *sums, uint32_t n, void *y);
typedef struct zs_round_unit {
    zs_round *i8, *i16, *w8a16;
} zs_round_unit;
/* The units that this machine supports, the fastest last; all give the same elements. */
const zs_round_unit *zs_round_units(uint32_t *n);

#endif
