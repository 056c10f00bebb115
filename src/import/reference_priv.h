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
zs_status zs_reference_flow(zs_arena *arena, const zs_table *table, zs_reference *out, zs_err *err);
zs_status zs_reference_stream(zs_arena *arena, const zs_table *table, zs_reference *out,
                              zs_err *err);
zs_status zs_reference_kernels(zs_arena *arena, const zs_table *table, zs_reference *out,
                               zs_err *err);
zs_status zs_reference_axi(zs_arena *arena, const zs_table *table, zs_reference *out, zs_err *err);

zs_status zs_reference_systolic(zs_arena *arena, const zs_table *table, zs_reference *out,
                                zs_err *err);
zs_status zs_reference_convolver(zs_arena *arena, const zs_table *table, zs_reference *out,
                                 zs_err *err);

zs_status zs_reference_training_memory(zs_arena *arena, const zs_table *table, zs_reference *out,
                                       zs_err *err);

zs_status zs_reference_builds(zs_arena *arena, const zs_table *table, zs_reference *out,
                              zs_err *err);
zs_status zs_reference_operators(zs_arena *arena, const zs_table *table, zs_reference *out,
                                 zs_err *err);

zs_status zs_reference_memory(zs_arena *arena, const zs_table *table, zs_reference *out,
                              zs_err *err);

/* Cells that several forms have: "path=value;..." (checked for its form), a timing model, a
 * tolerance, and what was measured: a number or "lo..hi" with a tolerance that may be empty. */
zs_status zs_reference_settings(const zs_table *table, uint32_t row, uint32_t column,
                                const char **out, zs_err *err);
zs_status zs_reference_tolerance(const zs_table *table, uint32_t row, uint32_t column,
                                 zs_tolerance *out, zs_err *err);
zs_status zs_reference_measured(const zs_table *table, uint32_t row, uint32_t measured,
                                uint32_t tolerance, zs_figure_measured *out, zs_err *err);
/* bound, tile or burst; empty is burst. */
zs_status zs_reference_fidelity(const zs_table *table, uint32_t row, uint32_t column,
                                zs_fidelity *out, zs_err *err);

#endif
