/* direct_priv.h - kind direct: a plain HLS kernel, every operand an access of its own.
 *
 *   direct.c        the row of the kind
 *   direct_plan.c   rows, walks, ops
 *   direct_hls.c    what an HLS report says of it
 *   direct_exec.c   numerics
 *   direct_notes.c  notes on a result */
#ifndef ZYNQSIM_DIRECT_PRIV_H
#define ZYNQSIM_DIRECT_PRIV_H

#include "zynqsim/draft.h"
#include "zynqsim/exec.h"
#include "zynqsim/kind.h"
#include "zynqsim/serial.h"

/* accelerator.direct.* */
typedef struct direct_params {
    uint32_t filter_words, filter_copies, plane_words;
    bool fuse_concat;
    uint32_t hls_read, hls_write; /* PL cycles */
} direct_params;

static inline direct_params *direct_params_in(zs_accel *accel)
{
    return (void *)accel->params;
}

static inline const direct_params *direct_params_of(const zs_accel *accel)
{
    return (const void *)accel->params;
}

/* row->own: what kind direct knows of a row. */
typedef struct direct_row {
    zs_serial_walk walk; /* of image 0, channel 0 */
    uint32_t walk_oc;    /* output channels that read the same inputs */
} direct_row;

static inline direct_row *direct_row_of(const zs_plan_row *row)
{
    return row->own;
}

zs_status direct_draft(zs_plan_draft *d, zs_err *err);
zs_status direct_emit(zs_plan_draft *d, zs_err *err);
/* Accesses of a WALK op. */
zs_serial_walk direct_walk(const zs_plan_row *row, const zs_tile_box *box);
/* Interval of the inner loop as asked for: pipelined the design's own, otherwise the multiplication
 * and the addition, one after the other. */
uint32_t direct_interval(const zs_design *design);
/* PL cycles of the batch as the report of an HLS tool has them: maximal trip counts, padding
 * included; accesses at the fixed latency that the tool schedules; a pipelined loop starts an
 * iteration every interval whatever the memory does, filled once per filter; unrolled lanes all at
 * work. Calls of the PS are not in it. */
uint64_t direct_hls_cycles(const zs_design *design, const zs_net *net, const zs_plan *plan);
void direct_exec_op(zs_exec *e, uint32_t op);
zs_status direct_notes(zs_arena *arena, const zs_plan *plan, const zs_kind_totals *totals,
                       const char *const **notes, uint32_t *n, zs_err *err);

#endif
