/* plan.h - design + network -> tile ops: the instruction stream of the accelerator and its driver.
 *
 * The timing engine charges each op, the numeric executor performs it; both follow the waits.
 * Ops of a unit issue in array order. An op starts when its unit is free and every op in wait[] has
 * retired (its data is there, or its slot is free). A BARRIER starts when all earlier ops have
 * retired, and no later op starts before it has.
 * Memory   a plan lives in the arena of its design point and dies with it. */
#ifndef ZYNQSIM_PLAN_H
#define ZYNQSIM_PLAN_H

#include "zynqsim/base.h"
#include "zynqsim/design.h"
#include "zynqsim/memsys.h"
#include "zynqsim/net.h"
#include "zynqsim/serial.h"

#define ZS_NO_OP UINT32_MAX

typedef enum zs_op_kind {
    ZS_OP_LOAD_X, /* input tile, DRAM to input slot */
    ZS_OP_LOAD_W, /* weight tile (with biases before its first channel tile), DRAM to weight slot */
    ZS_OP_LOAD_P, /* partial sums, DRAM to accumulator slot */
    ZS_OP_MAC,    /* products of an input and a weight slot onto an accumulator slot */
    ZS_OP_POST,   /* vector work on an accumulator slot: pooling, add, activation, keep on chip */
    ZS_OP_STORE_P, /* partial sums, accumulator slot to DRAM */
    ZS_OP_STORE,   /* results, accumulator slot to DRAM */
    ZS_OP_HOST,    /* the PS: a call's registers, its end, cache maintenance, a layer in software */
    ZS_OP_BARRIER,
    ZS_OP_DIRECT, /* kind direct: one output channel of one image, DRAM to DRAM */
    ZS_OP_KIND_N
} zs_op_kind;

/* Units: one per AXI channel (zs_channel), then the MAC array, then the PS. A DIRECT op holds the
 * MAC array while its accesses use both channels of accelerator.ports.input, which no other op
 * does. */
enum { ZS_UNIT_PE = ZS_CHANNEL_N, ZS_UNIT_CPU, ZS_UNIT_N };

enum {
    ZS_SLOT_NONE = 0xff,
    ZS_SLOT_RESIDENT = 0xfe /* the input is the tensor that stays on chip */
};

/* Hot half. */
typedef struct zs_tile_op {
    uint32_t wait[3];  /* earlier op indices, ZS_NO_OP when unused */
    uint32_t cost_key; /* index into plan->costs: equal shapes are priced once */
    uint16_t layer;    /* index into plan->rows */
    uint8_t kind;      /* zs_op_kind */
    uint8_t unit;
    uint8_t slot[4]; /* input, weight, accumulator, second input; ZS_SLOT_NONE when unused */
} zs_tile_op;
_Static_assert(sizeof(zs_tile_op) == 24, "hot op grew: look at make bench");

enum {
    ZS_BOX_FIRST = 1,  /* MAC: sums start here, from the bias */
    ZS_BOX_LAST = 2,   /* MAC: sums are complete: activation and requantisation follow */
    ZS_BOX_BIAS = 4,   /* LOAD_W: biases precede the weights; oihw: biases only; DIRECT: the filter
                        * is read */
    ZS_BOX_SECOND = 8, /* LOAD_X: second input of an add */
    ZS_BOX_CHAINED = 16, /* load: follows the op before on its channel without a gap */
    ZS_BOX_PARAMS = 32   /* POST: parameters go to the PEs (linebuffer) */
};

/* Cold half: which part of the layer. Pixels are those of the convolution's (or vector layer's)
 * output; an input tile is the window of inputs that these need. */
typedef struct zs_tile_box {
    uint32_t image;
    uint32_t oc0, ic0; /* channels, absolute (ic0 within the layer's input) */
    uint16_t oc_n, ic_n;
    uint16_t oy0, oy_n, ox0, ox_n;
    uint32_t flags; /* ZS_BOX_* ; HOST: zs_host_step */
} zs_tile_box;

typedef enum zs_host_step {
    ZS_HOST_CALL,
    ZS_HOST_CALL_END,
    ZS_HOST_LAYER,
    ZS_HOST_IM2COL, /* linebuffer: the row's windows are laid out as pixels */
    ZS_HOST_JOIN    /* linebuffer: parts of a tensor are put together */
} zs_host_step;

/* What one price depends on. MAC and POST: `pl_cycles` is the price. Transfers: the shape with the
 * address of the first op that had it; the channel's model prices it. HOST: `pl_cycles`. */
typedef struct zs_op_cost {
    uint64_t pl_cycles;
    zs_xfer xfer;
    uint8_t kind, unit;
} zs_op_cost;

/* A tensor as the engine addresses it: image i starts at addr + i * pitch_bytes. */
typedef struct zs_plan_tensor {
    zs_shape shape;
    uint64_t addr, pitch_bytes;
} zs_plan_tensor;

/* Where a tensor that stays on chip lies in the resident buffer, in elements; the images of a batch
 * follow each other. */
#define ZS_NOT_RESIDENT UINT64_MAX

/* What a row of kind linebuffer is besides. Tensors lie as [y][x][channel] in DRAM, channels padded
 * with zeros to whole words of unroll.ic elements. A box of a LOAD_X then names lines of the input
 * (oy0, oy_n), that of a STORE pixels of what is stored. */
typedef struct zs_line_row {
    uint32_t step;      /* zs_host_step; ZS_HOST_CALL: a call of the engine */
    uint32_t oc0, oc_n; /* filters of the call; what is beyond those of the layer is 0 */
    uint32_t x_c, y_c;  /* channels of a pixel as stored */
    uint32_t lines;     /* of the input, up to the last that a window looks at */
    uint32_t ring_lines, out_slots; /* line buffer with its FIFO; rows of results under way */
    bool x_from_host;               /* the PS wrote the input */
    uint64_t stale_bytes;           /* a row of the PS: what it reads that the engine wrote */
    uint64_t param_bytes;           /* biases, then weights [ic][ky][kx][oc] */
    uint32_t tensor; /* JOIN: what is put together; of a call whose y is but a part of
                      * a tensor: that tensor; else ZS_NO_INDEX */
    uint32_t part0;  /* first channel of that tensor that y holds */
} zs_line_row;

/* One line of the result: a layer with what was fused into it. */
typedef struct zs_plan_row {
    const char *name;   /* "conv1+pool1" */
    const char *op;     /* "conv+pool" */
    uint32_t layer;     /* index into net->layers */
    uint32_t pool;      /* index of the pooling layer fused behind, or ZS_NO_INDEX */
    uint32_t call;      /* index into plan->calls; ZS_NO_INDEX when the PS runs it */
    uint32_t op0, op_n; /* ops of the row: a contiguous range */
    uint64_t macs;      /* of the whole batch */
    uint64_t ops;       /* operations of the whole batch, as zs_layer_ops counts them */

    zs_plan_tensor x, x2; /* inputs in DRAM (x2: second input of an add) */
    zs_plan_tensor y;     /* output in DRAM; of the pool when one is fused, and the slice of it that
                           * this row writes */
    uint64_t x_resident, y_resident; /* offset in the resident buffer, or ZS_NOT_RESIDENT */
    zs_window window;                /* of the layer */
    zs_window pool_window;           /* of the fused pool */
    uint32_t y_c;                    /* output channels of the layer */
    uint32_t group_ic, group_oc;     /* channels per group */
    uint32_t oh, ow;                 /* pixels the engine computes, before a fused pool */
    bool is_depthwise;
    bool images_are_columns; /* one pixel per image: the images of a batch share a tile, ox = image
                              */
    uint32_t t_oc, t_ic, t_oy, t_ox; /* tile, trimmed to the layer */
    uint32_t carry_oc_n; /* output channels for which pooling carries are kept; 0: no pool */

    uint64_t weight_base;       /* DRAM address of the weights */
    uint64_t bias_base;         /* of the biases, where the layout keeps them apart */
    uint64_t partial_base;      /* DRAM address of spilled partial sums */
    uint64_t weight_slot_bytes; /* weight tile with its biases, as it lies in a slot */
    uint32_t weight_slots;      /* how many the weight buffer holds in this layer */
    zs_serial_walk walk;        /* kind direct: of image 0, channel 0 */
    uint32_t walk_oc;           /* output channels that read the same inputs */
    uint64_t compulsory_read_bytes,
        compulsory_write_bytes; /* what any schedule must move;
                                 * of a layer in software: its traffic */
    zs_line_row line;           /* kind linebuffer only */
} zs_plan_row;

typedef struct zs_plan_call {
    const char *name; /* "fire2" */
    uint32_t row0, row_n;
} zs_plan_call;

/* On-chip memories of the design for this network. Depth counts words per bank. */
typedef enum zs_buffer_id {
    ZS_BUF_INPUT,
    ZS_BUF_WEIGHT,
    ZS_BUF_OUTPUT,   /* accumulators and results */
    ZS_BUF_CARRY,    /* rows and columns of pooling windows that cross tiles */
    ZS_BUF_RESIDENT, /* a tensor that stays on chip between layers of a call */
    ZS_BUF_N
} zs_buffer_id;

typedef struct zs_plan_buffer {
    const char *name;
    uint32_t banks, depth_words, word_bits;
    uint32_t slots;      /* how many tiles it is divided into at the least */
    uint64_t slot_elems; /* capacity of one slot in elements */
    uint64_t bytes;      /* banks x depth x bits / 8 */
    uint32_t bram18;     /* as zs_bram18_of counts them; 0: distributed RAM, LUTs */
} zs_plan_buffer;

typedef struct zs_plan {
    const zs_tile_op *ops;
    const zs_tile_box *boxes; /* [op] */
    uint32_t op_n;
    const zs_op_cost *costs;
    uint32_t cost_n;
    const zs_plan_row *rows;
    uint32_t row_n;
    const zs_plan_call *calls;
    uint32_t call_n;
    zs_plan_buffer buffers[ZS_BUF_N];
    const zs_plan_tensor *tensors; /* [tensor]; addr is UINT64_MAX where it never reaches DRAM */
    uint64_t dram_bytes;           /* extent of all that the plan places */
    uint64_t resident_elems;       /* capacity of the resident buffer */
    uint32_t batch;
    const char *fusion_note; /* auto: what the search chose; else NULL */
} zs_plan;

/* ZS_EUNSUPPORTED or ZS_ERANGE name the layer or field; ZS_ENOMEM. A design that does not fit the
 * part still gets a plan. */
zs_status zs_plan_build(zs_arena *arena, const zs_design *design, const zs_net *net, zs_plan **out,
                        zs_err *err);
/* The same in two steps. A draft has rows, calls, buffers and addresses; of fusion `auto` the
 * search is done. For designs that differ in accelerator.fusion alone, drafts of one digest get the
 * same ops, so who has simulated one of them need not even make those of the other. 0: unlike any.
 */
typedef struct zs_plan_draft zs_plan_draft;
zs_status zs_plan_draft_build(zs_arena *arena, const zs_design *design, const zs_net *net,
                              zs_plan_draft **out, zs_err *err);
uint64_t zs_plan_draft_digest(const zs_plan_draft *draft);
const char *zs_plan_draft_note(const zs_plan_draft *draft); /* fusion_note */
/* Adds the ops; once. */
zs_status zs_plan_finish(zs_plan_draft *draft, const zs_plan **out, zs_err *err);
/* The same without the ops that scale with the tiles: rows, calls, buffers and addresses, and of
 * the ops the steps of the PS and the barriers, in their rows. Costs some microseconds. For fusion
 * `auto`, whose search needs whole plans, every tensor goes through DRAM here; for all others rows
 * and buffers are those of the plan. Kinds other than `tiled` have few ops: the whole plan. */
zs_status zs_plan_outline(zs_arena *arena, const zs_design *design, const zs_net *net,
                          zs_plan **out, zs_err *err);
/* The DRAM transfer of a LOAD or STORE op; rows are merged as the DMA does. */
zs_xfer zs_plan_xfer(const zs_plan *plan, const zs_design *design, uint32_t op);
zs_xfer zs_plan_box_xfer(const zs_plan_row *row, const zs_design *design, uint32_t kind,
                         const zs_tile_box *box);

/* Input line i of image n is line n * lines + i of a call: where it lies in the ring. */
static inline uint64_t zs_line_index(const zs_line_row *l, uint32_t image, uint32_t line)
{
    return (uint64_t)image * l->lines + line;
}
/* The tensor that a view shows whole (a flatten, say), or the tensor itself. */
uint32_t zs_view_base(const zs_net *net, uint32_t tensor);
/* The walk of a DIRECT op. */
zs_serial_walk zs_plan_walk(const zs_plan_row *row, const zs_tile_box *box);

/* ---- geometry shared by address generation and numerics -------------------------------------- */

/* Inputs that a box's output pixels need along one axis: [first, first + n) may reach outside the
 * image; [lo, hi) is the part inside. */
typedef struct zs_extent {
    int64_t first;
    uint32_t n;
    uint32_t lo, hi;
} zs_extent;
zs_extent zs_extent_y(const zs_plan_row *row, uint32_t oy0, uint32_t oy_n);
zs_extent zs_extent_x(const zs_plan_row *row, uint32_t ox0, uint32_t ox_n);

/* Windows of a fused pool along one axis that touch pixels [o0, o0 + o_n) of n: [first, last), and
 * of these the ones whose last pixel lies there: [done_first, done_last). */
typedef struct zs_pool_reach {
    uint32_t first, last, done_first, done_last;
} zs_pool_reach;
zs_pool_reach zs_pool_reach_of(uint32_t kernel, uint32_t stride, uint32_t pad, uint32_t n,
                               uint32_t pooled_n, uint32_t o0, uint32_t o_n);
/* Windows that one tile of `tile` pixels completes at most, along one axis: at the end of the image
 * those that reach into the padding come on top, and may be more than the tile has pixels. */
uint32_t zs_pool_most_done(uint32_t kernel, uint32_t stride, uint32_t pad, uint32_t n,
                           uint32_t pooled_n, uint32_t tile);
/* The same of a row's fused pool and the pixels of a box. */
zs_pool_reach zs_pool_reach_y(const zs_plan_row *row, const zs_tile_box *box);
zs_pool_reach zs_pool_reach_x(const zs_plan_row *row, const zs_tile_box *box);
/* Windows that cross one tile border at most, along one axis. */
uint32_t zs_pool_crossing(uint32_t kernel, uint32_t stride);

/* Packed weights in DRAM, per output channel tile: its biases, then per input channel tile
 * [ic][ky][kx][oc]. Byte offset from weight_base of the tile at absolute oc0, ic0 (within its
 * group), biases excluded. Weights in OIHW: biases, where the layer has any, lie apart in
 * bias_base; a tile is one row of [ic][ky][kx] per output channel. */
uint64_t zs_plan_weight_offset(const zs_plan_row *row, uint32_t precision, uint32_t ic_per_group,
                               uint32_t oc0, uint32_t oc_n, uint32_t ic0);
const char *zs_op_kind_name(uint32_t kind);
const char *zs_unit_name(uint32_t unit); /* "hp0.rd", "pe", "cpu" */

#endif
