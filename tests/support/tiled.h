/* tiled.h - what a design of the tests says to kind tiled: TILED(design)->tile.oc = 8. */
#ifndef ZYNQSIM_TESTS_TILED_H
#define ZYNQSIM_TESTS_TILED_H

#include "../../src/kinds/tiled/tiled_params.h"

static inline tiled_params *tiled_of(const zs_design *design)
{
    return (void *)design->accel.params;
}
#define TILED(design) tiled_of(&(design))

#endif
