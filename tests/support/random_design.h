/* random_design.h - design points for tests that must hold for any. */
#ifndef ZYNQSIM_TEST_RANDOM_DESIGN_H
#define ZYNQSIM_TEST_RANDOM_DESIGN_H

#include "zynqsim/design.h"

/* A design drawn at random: tiles, unroll, order, buffers, fusion, batch, ports. */
zs_design test_random_design(zs_prng *prng, uint32_t precision);
/* Makes its MAC array systolic, as large as the lanes were. */
void test_make_systolic(zs_design *d);
/* One line that says which. */
const char *test_design_line(const zs_design *d);

#endif
