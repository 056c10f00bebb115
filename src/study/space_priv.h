/* space_priv.h - values of an axis, for the files of a space. */
#ifndef ZYNQSIM_SPACE_PRIV_H
#define ZYNQSIM_SPACE_PRIV_H

#include "zynqsim/kind.h"
#include "zynqsim/space.h"

/* Whether all values of an axis at one of its paths are numbers. */
bool zs_axis_has_numbers(const zs_axis *axis, uint32_t path);
/* The least and the largest of them. */
void zs_axis_range(const zs_axis *axis, uint32_t path, zs_open_knob *out);

#endif
