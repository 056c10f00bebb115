/* kernels_priv.h - kind kernels: one loop nest per layer, as a compiler makes them.
 *
 *   kernels.c         the row of the kind; account
 *   kernels_nest.c    layers to loops
 *   kernels_plan.c    rows, transfers, ops
 *   kernels_exec.c    numerics */
#ifndef ZYNQSIM_KERNELS_PRIV_H
#define ZYNQSIM_KERNELS_PRIV_H

#include "zynqsim/draft.h"
#include "zynqsim/exec.h"
#include "zynqsim/kind.h"
#include "zynqsim/nest.h"

/* accelerator.kernels.* */
typedef struct kernels_params {
    bool register_sum, local_weights, local_input;
    uint32_t global_interval, line_latency_pl_cycles, cache_bytes;
    double line_frac, launch_s;
} kernels_params;

static inline const kernels_params *kernels_params_of(const zs_accel *accel)
{
    return (const void *)accel->params;
}

/* What a row keeps besides. */
typedef struct kernels_row {
    zs_nest_kernel kernel;
    zs_nest_kernel pad;      /* without loops: the layer reads its input as it lies */
    uint64_t padded_bytes;   /* of one image */
    uint64_t padded_addr;    /* one area serves all layers */
    uint64_t lanes;          /* multiply-accumulates side by side */
    uint64_t local_words[3]; /* on-chip arrays: a filter, an input plane, an output plane */
    uint32_t units;          /* load-store units */
    uint64_t caches;         /* those of them that keep lines of a window they read again */
} kernels_row;

static inline kernels_row *kernels_row_of(const zs_plan_row *row)
{
    return row->own;
}

/* Loops of a layer and of its padding, for one image. ZS_ENOMEM. */
zs_status kernels_nest(zs_arena *arena, const zs_design *design, const zs_layer *layer,
                       kernels_row *out, zs_err *err);
/* PL cycles of one image, launch included. */
uint64_t kernels_cycles(const zs_design *design, const zs_nest_kernel *kernel);

zs_status kernels_draft(zs_plan_draft *d, zs_err *err);
zs_status kernels_emit(zs_plan_draft *d, zs_err *err);
zs_xfer kernels_xfer(const zs_plan_row *row, const zs_design *design, uint32_t code,
                     const zs_tile_box *box);
void kernels_exec_op(zs_exec *e, uint32_t op);

#endif
