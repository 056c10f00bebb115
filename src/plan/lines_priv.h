/* lines_priv.h - the steps of a plan of kind linebuffer.
 *
 *   lines.c        rows: which layers, how many calls, what the PS does in between; addresses
 *   line_cost.c    prices of a row of pixels; sizes of the on-chip memories
 *   line_ops.c     ops of a call, and of the PS */
#ifndef ZYNQSIM_LINES_PRIV_H
#define ZYNQSIM_LINES_PRIV_H

#include "plan_priv.h"

/* ---- line_cost.c ----------------------------------------------------------------------------- */

/* Times in PL cycles. The parts of a row: row_start, a pixel each, row_end. */
uint64_t zs_line_setup(const zs_design *design, const zs_plan_row *row);
uint64_t zs_line_row_start(const zs_design *design, const zs_plan_row *row);
uint64_t zs_line_pixel(const zs_design *design, const zs_plan_row *row);
uint64_t zs_line_row_end(const zs_design *design, const zs_plan_row *row);
/* What pooling a row of windows adds: the whole pass after the last row, else what of it the next
 * row does not hide. */
uint64_t zs_line_pool(const zs_design *design, const zs_plan_row *row, bool is_last);

/* Input words of unroll.ic elements that one filter multiplies with: weights of a filter in words.
 */
uint64_t zs_line_filter_words(const zs_design *design, const zs_plan_row *row);
/* Filters per PE that the weight memory holds of a row's layer; 0: not even one. */
uint64_t zs_line_filters_per_pe(const plan_draft *d, const zs_plan_row *row);
/* On-chip memories for rows that are not cut yet: decides the depth of the weight memory. */
zs_status zs_line_size_buffers(plan_draft *d, zs_err *err);
/* Lines that the line buffer and its FIFO hold of a row's input, and rows of results. */
void zs_line_shape_rings(const zs_design *design, zs_plan_row *row);
/* Lines of one load. */
uint32_t zs_line_chunk(const zs_design *design, const zs_plan_row *row);

/* ---- line_ops.c ------------------------------------------------------------------------------ */

zs_status zs_line_emit_call(emitter *e, const zs_plan_call *call);
zs_status zs_line_emit_host(emitter *e);

#endif
