/* line_priv.h - the steps of a plan of kind linebuffer.
 *
 *   line_choice.c  sizes of the memories other than the weight memory
 *   line_rows.c    rows: which layers, how many calls, what the PS does in between; addresses
 *   line_cost.c    prices of a row of pixels; sizes of the on-chip memories
 *   line_ops.c     ops of a call, and of the PS
 *   line_space.c   what a search turns, and bounds of what open knobs may come to */
#ifndef ZYNQSIM_LINE_PRIV_H
#define ZYNQSIM_LINE_PRIV_H

#include "zynqsim/draft.h"
#include "zynqsim/exec.h"
#include "zynqsim/kind.h"

/* accelerator.linebuffer.*: times in PL cycles. */
typedef struct line_params {
    bool im2col;
    double lut_pe_frac;
    uint32_t line_elems, weight_elems, fifo_bytes, pool_fifo_beats;
    uint32_t call_start, pe_fill, pixel_fill, drain_gap, line_fill, window_fill, shift;
    uint32_t store_fill, row_end, pool_fill;
    /* No design: a search bounds what open knobs may come to (line_space.c). Of PEs and lanes
     * unroll has the most. */
    bool is_relaxed, opens_im2col;
    uint32_t least_pes, least_lanes;
} line_params;

static inline const line_params *line_params_of(const zs_accel *accel)
{
    return (const void *)accel->params;
}

/* Sizes of the memories other than the weight memory, and the width of the streams: those of the
 * design, or smaller. */
typedef struct line_rooms {
    uint32_t line_elems; /* 0: the longest line */
    uint32_t fifo_bytes, pool_fifo_beats;
    uint32_t beat_bytes; /* most bytes that a stream moves per clock, even on a wider port */
} line_rooms;

/* Data of a row for this kind. Tensors are stored as [y][x][channel] in DRAM, channels padded with
 * zeros to whole words of unroll.ic elements. The box of a LOAD_X holds lines of the input (oy0,
 * oy_n), that of a STORE pixels of the stored result. */
typedef struct line_row {
    uint32_t step;                  /* zs_host_step; ZS_HOST_CALL: a call of the engine */
    uint32_t oc0, oc_n;             /* filters of the call; those beyond the layer's are 0 */
    uint32_t x_c, y_c;              /* stored channels of a pixel */
    uint32_t lines;                 /* of the input, up to the last that a window reads */
    uint32_t ring_lines, out_slots; /* of the line buffer with its FIFO; result rows in flight */
    bool x_from_host;               /* the PS wrote the input */
    uint64_t stale_bytes;           /* a row of the PS: bytes it reads that the engine wrote */
    uint64_t param_bytes;           /* biases, then weights [ic][ky][kx][oc] */
    uint32_t tensor; /* GATHER: the joined tensor; a call whose y is part of a tensor: that tensor;
                      * else ZS_NO_INDEX */
    uint32_t part0;  /* first channel of that tensor in y */
    const line_rooms *rooms;
    const zs_plan_row *other; /* of a relaxed design: the call as im2col, if it may be that */
} line_row;

static inline line_params *line_params_in(zs_accel *accel)
{
    return (void *)accel->params;
}

static inline line_row *line_of(const zs_plan_row *row)
{
    return row->own;
}

/* Index of an input line in its call, from which its place in the ring follows. */
static inline uint64_t line_index(const line_row *l, uint32_t image, uint32_t line)
{
    return (uint64_t)image * l->lines + line;
}

/* ---- line_cost.c ----------------------------------------------------------------------------- */

/* Times in PL cycles. A row takes row_start, `pixel` for each pixel, and row_end. */
uint64_t zs_line_setup(const zs_design *design, const zs_plan_row *row);
uint64_t zs_line_row_start(const zs_design *design, const zs_plan_row *row);
uint64_t zs_line_pixel(const zs_design *design, const zs_plan_row *row);
/* With other PEs, and filters of each, than the design and the row have. */
uint64_t zs_line_setup_of(const zs_design *design, uint64_t pes, uint64_t filters);
uint64_t zs_line_pixel_of(const zs_design *design, const zs_plan_row *row, uint64_t pes,
                          uint64_t filters);
uint64_t zs_line_row_end(const zs_design *design, const zs_plan_row *row);
/* Time added by pooling a row of windows: the whole pass after the last row, otherwise the part
 * that the next row does not hide. */
uint64_t zs_line_pool(const zs_design *design, const zs_plan_row *row, bool is_last);

/* Weights of a filter in words of unroll.ic elements. */
uint64_t zs_line_filter_words(const zs_design *design, const zs_plan_row *row);
/* Filters of a row's layer that the weight memory holds per PE; 0: less than one. */
uint64_t zs_line_filters_per_pe(const zs_plan_draft *d, const zs_plan_row *row);
/* Sizes the on-chip memories, among them the depth of the weight memory, for rows that are not yet
 * split into calls. */
zs_status zs_line_size_buffers(zs_plan_draft *d, zs_err *err);
/* BRAM18 of all of these and the DMAs. */
uint32_t zs_line_sum_bram18(const zs_plan_draft *d);
/* Bytes of a word of the stream FIFOs, all as wide as the widest stream. */
uint32_t zs_line_fifo_width(const zs_design *design, const line_rooms *rooms);
/* Lines that the line buffer and its FIFO hold of a row's input, and rows of results. */
void zs_line_shape_rings(const zs_design *design, zs_plan_row *row);
/* Lines of one load. */
uint32_t zs_line_chunk(const zs_design *design, const zs_plan_row *row);

/* ---- line_ops.c ------------------------------------------------------------------------------ */

zs_status line_exec_build(zs_exec *e, zs_arena *arena, zs_err *err);
void line_exec_op(zs_exec *e, uint32_t op);
void line_exec_set(zs_exec *e, uint32_t image, uint32_t tensor, const float *x);
void line_exec_get(const zs_exec *e, uint32_t image, uint32_t tensor, float *y);
zs_xfer_fn line_xfer;
/* `whole` (or NULL): the draft before its layers are cut into calls. */
zs_status line_lay_out(zs_plan_draft *d, const line_rooms *rooms, zs_plan_draft *whole,
                       zs_err *err);
/* What a plan with other rooms would have, without laying it out. */
typedef struct line_size {
    uint32_t call_n, bram18;
} line_size;
zs_status line_size_up(const zs_plan_draft *whole, const line_rooms *rooms, line_size *size,
                       zs_err *err);
zs_status line_plan(zs_plan_draft *d, zs_err *err);
zs_status line_emit(zs_plan_draft *d, zs_err *err);
void line_outline_row(zs_outline *o, uint32_t row);
extern const zs_kind_space line_space;
void line_account(zs_fit_account *a, const zs_design *design, const zs_plan *plan);

zs_status zs_line_emit_call(zs_emitter *e, const zs_plan_call *call);
zs_status zs_line_emit_host(zs_emitter *e);

#endif
