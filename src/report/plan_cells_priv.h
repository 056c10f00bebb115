/* plan_cells_priv.h - parts of an op as text, the same in the listing of a plan and in traces. */
#ifndef ZYNQSIM_PLAN_CELLS_PRIV_H
#define ZYNQSIM_PLAN_CELLS_PRIV_H

#include "out_priv.h"
#include "zynqsim/plan.h"

/* "32..63", inclusive; "-" when the op has no such range. */
zs_cell zs_range_cell(uint32_t first, uint32_t n);
/* "fl": of MAC, LOAD_W and LOAD_X; "-" without any. */
zs_cell zs_flags_cell(const zs_tile_op *op, const zs_tile_box *box);
/* Slots of input, weight, accumulator and second input: "x0 w1 a0"; xr is the resident buffer. */
zs_cell zs_slots_cell(const zs_tile_op *op);

#endif
