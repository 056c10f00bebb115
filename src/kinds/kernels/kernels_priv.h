/* kernels_priv.h - kind kernels: one loop nest per layer, as a compiler makes them.
 *
 *   kernels.c         the row of the kind; account
 *   kernels_nest.c    layers to loops
 *   kernels_links.c   what goes from kernel to kernel: epilogues, channels, classes
 *   kernels_waits.c   kernels that wait for each other for ever
 *   kernels_plan.c    rows, transfers, ops
 *   kernels_space.c   what a search turns
 *   kernels_loops.c   loops as a report of a compiler lists them
 *   kernels_code*.c   loops as OpenCL C (kernels_code_priv.h)
 *   kernels_exec.c    numerics */
#ifndef ZYNQSIM_KERNELS_PRIV_H
#define ZYNQSIM_KERNELS_PRIV_H

#include "zynqsim/draft.h"
#include "zynqsim/exec.h"
#include "zynqsim/kind.h"
#include "zynqsim/nest.h"

/* accelerator.kernels.* */
typedef struct kernels_params {
    bool register_sum, local_weights, local_input, fuse_epilogue, unroll, tile;
    bool channels, autorun, queues, parameterise, relaxed_float;
    uint32_t tile_oc, tile_oy, tile_ox, channel_depth;
    uint32_t global_interval, add_latency_pl_cycles, line_latency_pl_cycles, cache_bytes;
    double line_frac, launch_s;
    /* of a design with open keys (kernels_space.c), whose time is a lower bound */
    bool opens_sum;     /* register_sum */
    bool opens_classes; /* parameterise */
} kernels_params;

static inline const kernels_params *kernels_params_of(const zs_accel *accel)
{
    return (const void *)accel->params;
}

static inline kernels_params *kernels_params_in(zs_accel *accel)
{
    return (void *)accel->params;
}

/* What a row keeps besides. */
typedef struct kernels_row {
    zs_nest_kernel kernel;
    zs_nest_kernel pad;      /* without loops: the layer reads its input as it lies */
    uint64_t padded_bytes;   /* of one image */
    uint64_t padded_addr;    /* one area serves all layers */
    uint32_t add_latency;    /* cycles that an addition waits for the one before; 0: none waits */
    uint32_t partials;       /* sums that a relaxed one is split into, in turn; 0: it is not */
    uint64_t lanes;          /* multiply-accumulates side by side */
    uint64_t local_words[4]; /* on-chip arrays: a filter, an input plane, an output plane, a tensor
                              * that comes by a channel */
    uint32_t units;          /* load-store units, without those of the padded copy */
    uint32_t in_units, out_units; /* of these: for its input, and for its results */
    uint64_t caches;              /* those of them that keep lines of a window they read again */
    const zs_accel *accel;        /* with what is said of the layer */
    /* ---- the launch graph, in rows */
    uint32_t root, last;  /* whose kernel does the layer; of a root the last that its kernel does */
    uint32_t class_row;   /* the first of those that have one kernel, with what it takes for all */
    uint32_t from;        /* whose results come by a channel, or ZS_NO_INDEX */
    bool to_channel;      /* its own leave by one */
    bool takes_whole;     /* into an array before its loops begin */
    bool is_autorun;      /* without the host, whenever words come */
    bool is_queued;       /* in the queue of all kernels that have none of their own */
    bool is_launched;     /* and the launch is not hidden */
    uint64_t bytes_again; /* of an image, in lines that it had before */
    uint32_t set;         /* of units that do it, where kernels run at once */
    uint64_t busy_cycles; /* of a chain of channels, since it began or last took a tensor whole */
    uint32_t done[3];     /* ops that end it */
} kernels_row;

/* What a kernel is made of on Stratix 10. */
typedef enum kernels_part {
    KERNELS_PART_MAC,
    KERNELS_PART_UNIT,
    KERNELS_PART_CACHE,
    KERNELS_PART_LOOP,
    KERNELS_PART_CHANNEL,
    KERNELS_PART_KERNEL
} kernels_part;
/* Of the kernel of a row, in blocks of a Stratix 10. */
zs_resources kernels_resources(const zs_design *design, const kernels_row *own);

static inline kernels_row *kernels_row_of(const zs_plan_row *row)
{
    return row->own;
}

/* Products side by side that are added as one tree; more are several. */
enum { KERNELS_TREE_MAX = 4096 };
enum { KERNELS_PAD_UNITS = 2 };      /* load-store units of a kernel that pads */
enum { KERNELS_CHANNEL_DEPTH = 32 }; /* words, in text, where none is said [V CustoNN2 kernels] */
/* A factor of accelerator.unroll of a row, at most the trips; 1 where loops stay as they are. */
uint64_t kernels_unroll(const zs_accel *accel, uint32_t factor, uint64_t trip);
/* Cycles from an addition to the next one of the same sum where a compiler keeps their order: what
 * the design says, or what the family of the device has. 0: no addition waits. */
uint32_t kernels_add_latency(const zs_accel *accel, uint32_t family);
/* Loops of a layer and of its padding, for one image, as row->accel and
 * row->add_latency have them. ZS_ENOMEM. */
zs_status kernels_nest(zs_arena *arena, const zs_layer *layer, kernels_row *out, zs_err *err);
/* Of one image without launches, at the board's memory; PL cycles of that, and of a launch. */
zs_nest_memory kernels_memory(const zs_design *design);
uint64_t kernels_cycles(const zs_design *design, const zs_nest_kernel *kernel);
uint64_t kernels_bytes_again(const zs_design *design, const zs_nest_kernel *kernel);
uint64_t kernels_launch_cycles(const zs_design *design);

/* Before addresses are given: which rows one kernel does, which tensors go by channels, and which
 * kernels are in one call. Afterwards what that changes of the bytes that rows have to move. */
void kernels_link(zs_plan_draft *d, kernels_row *rows);
/* ZS_ESTUCK names a cycle of kernels that wait for each other, a full channel in it, the queue to
 * add and the depth to give. */
zs_status kernels_check_waits(const zs_plan_draft *d, const kernels_row *rows, zs_err *err);
void kernels_count_bytes(zs_plan_draft *d, kernels_row *rows);

extern const zs_kind_space kernels_space;
zs_status kernels_draft(zs_plan_draft *d, zs_err *err);
zs_status kernels_emit(zs_plan_draft *d, zs_err *err);
zs_xfer kernels_xfer(const zs_plan_row *row, const zs_design *design, uint32_t code,
                     const zs_tile_box *box);
zs_status kernels_loops(const zs_design *design, const zs_plan *plan, const zs_sink *s);
/* OpenCL C of all kernels, with the launches as a comment. ZS_EUNSUPPORTED names the layer or key.
 */
zs_status kernels_code(const zs_design *design, const zs_net *net, const zs_plan *plan,
                       const zs_sink *s, zs_err *err);
void kernels_exec_op(zs_exec *e, uint32_t op);

#endif
