/* exec.h - the toolbox of executors: contents of simulated DRAM and of the on-chip memories.
 *
 * Sums are stored as [pixel][oc] in their slot; once complete they are narrowed to stored elements
 * in place. Vector layers use [channel][pixel].
 * Memory   all of it is in the arena given to zs_exec_build. */
#ifndef ZYNQSIM_EXEC_H
#define ZYNQSIM_EXEC_H

#include "zynqsim/base.h"
#include "zynqsim/design.h"
#include "zynqsim/net.h"
#include "zynqsim/num.h"
#include "zynqsim/plan.h"
#include "zynqsim/tile.h"

typedef struct zs_exec {
    const zs_design *design;
    const zs_net *net;
    const zs_plan *plan;
    const zs_quant *quant;
    const zs_kernels *kernels;      /* of the precision */
    size_t elem, weight, acc, bias; /* bytes */
    uint8_t *dram;
    uint8_t *x, *w, *sums; /* slots */
    size_t x_slot_bytes, sums_slot_bytes;
    uint8_t *resident;
    uint8_t *carry_rows, *carry_columns;
    uint8_t *gathered; /* input tile read from the resident buffer; pooled results */
    uint32_t *tile_scratch;
    void *host_scratch;
    const void **host_inputs;
    void *own;            /* further memories of the kind */
    uint32_t *overflowed; /* first layer of the network with infinite or NaN results, or
                           * ZS_NO_INDEX */
} zs_exec;

static inline const zs_layer *zs_exec_layer(const zs_exec *e, const zs_plan_row *row)
{
    return &e->net->layers[row->layer];
}

static inline uint8_t *zs_exec_sums(const zs_exec *e, const zs_tile_op *op)
{
    return e->sums + op->slot[2] * e->sums_slot_bytes;
}

/* Allocates memories for the rows of the plan and their tiles, and packs weights into DRAM.
 * ZS_ENOMEM. */
zs_status zs_exec_build_tiles(zs_exec *e, zs_arena *arena, zs_err *err);
/* Checks results of a layer for infinite or NaN values; integers have none. */
void zs_exec_watch(const zs_exec *e, const zs_layer *layer, const void *results, size_t n);
/* A layer in software, from DRAM to DRAM; other steps of the PS move no data. Tensors are CHW. */
void zs_exec_host(zs_exec *e, uint32_t op);
/* Activation and requantisation of complete sums, in place. */
void zs_exec_finish_sums(const zs_exec *e, const zs_layer *layer, const zs_tile_box *box,
                         void *sums);
/* A tile of inputs from CHW memory, with zeros where windows reach outside. */
void zs_exec_gather(const zs_exec *e, const zs_plan_row *row, const zs_tile_box *box,
                    const uint8_t *image, zs_shape shape, uint8_t *tile);
zs_tile zs_exec_tile(const zs_plan_row *row, const zs_tile_box *box);
/* One filter of one image of a row of zs_draft_shape_whole, from DRAM to DRAM: bias first, then
 * input channels, rows and columns of the window. Filters have the layout of zs_draft_filter_bytes.
 */
void zs_exec_filter(zs_exec *e, const zs_plan_row *row, uint32_t image, uint32_t oc);
/* The same in two steps, for kinds that add products in another order: _begin copies the inputs to
 * e->gathered and returns the bias followed by the weights; _end stores the sums in e->sums. */
const uint8_t *zs_exec_filter_begin(zs_exec *e, const zs_plan_row *row, uint32_t image, uint32_t oc,
                                    zs_tile_box *box, zs_tile *tile);
void zs_exec_filter_end(zs_exec *e, const zs_plan_row *row, const zs_tile_box *box);
/* Windows of a fused pool that cross a tile border along one axis, at least 1; rows of the carry
 * memory for columns. */
uint32_t zs_exec_crossing(uint32_t kernel, uint32_t stride);
uint32_t zs_exec_column_rows(const zs_plan_row *row);
size_t zs_exec_carry_row_elems(const zs_plan_row *row);
size_t zs_exec_carry_column_elems(const zs_plan_row *row);

#endif
