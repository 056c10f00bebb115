/* order_priv.h - sorting without the C library: stable, in an arena. */
#ifndef ZYNQSIM_ORDER_PRIV_H
#define ZYNQSIM_ORDER_PRIV_H

#include "zynqsim/base.h"

typedef bool (*zs_before)(const void *ctx, uint64_t a, uint64_t b);
/* Indices 0..n-1 in order; equal ones by index. NULL when memory is out. */
uint64_t *zs_order_build(zs_arena *arena, uint64_t n, zs_before before, const void *ctx);

#endif
