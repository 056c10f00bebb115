/* reference_priv.h - the readers of the single forms. Each gets a table that has the columns its
 * form asks for and at least one row, and fills the list of its form. */
#ifndef ZYNQSIM_REFERENCE_PRIV_H
#define ZYNQSIM_REFERENCE_PRIV_H

#include "zynqsim/reference.h"

zs_status zs_reference_runs(zs_arena *arena, const zs_table *table, zs_reference *out, zs_err *err);
zs_status zs_reference_tile(zs_arena *arena, const zs_table *table, zs_reference *out, zs_err *err);
zs_status zs_reference_dram_band(zs_arena *arena, const zs_table *table, zs_reference *out,
                                 zs_err *err);
zs_status zs_reference_dram_rows(zs_arena *arena, const zs_table *table, zs_reference *out,
                                 zs_err *err);

#endif
