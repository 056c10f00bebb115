/* fit_priv.h - prices of structure, behind fit.h. */
#ifndef ZYNQSIM_FIT_PRIV_H
#define ZYNQSIM_FIT_PRIV_H

#include "zynqsim/fit.h"

/* LUT and FF of n units. */
zs_resources zs_fit_of_price(const zs_fit_price *price, double n);
enum { HALF_BITS = 16 };
/* n pairs of an fp32 or fp16 multiplier and adder, with the delays ahead of chained adders. */
zs_resources zs_fit_of_float(const zs_fit_prices *prices, const zs_products *p, uint64_t n);
/* What lies around integer products, wherever they are multiplied. */
zs_resources zs_fit_of_lanes(const zs_fit_prices *prices, const zs_products *p);

#endif
