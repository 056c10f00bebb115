/* plan.h - design + network -> tile ops: the instruction stream of the accelerator and its driver.
 *
 * The timing engine charges each op, the numeric executor performs it; both follow the waits.
 * Ops of a unit issue in array order. An op starts when its unit is free and every op in wait[] has
 * retired (its data is there, or its slot is free).
 *
 * Memory   a plan lives in the arena of its design point and dies with it. */
#ifndef ZYNQSIM_PLAN_H
#define ZYNQSIM_PLAN_H

#include <assert.h>

#include "zynqsim/base.h"
#include "zynqsim/design.h"
#include "zynqsim/flow.h"
#include "zynqsim/memsys.h"
#include "zynqsim/net.h"

#define ZS_NO_OP UINT32_MAX

/* What an op does for the engine; its unit is of the same role. */
typedef enum zs_role {
    ZS_READ,    /* DRAM to on-chip memory */
    ZS_WRITE,   /* on-chip memory to DRAM */
    ZS_COMPUTE, /* work on on-chip memories */
    ZS_HOST,    /* the PS: a call's registers, its end, cache maintenance, a layer in software */
    ZS_JOIN, /* takes no time. JOIN: retires when all earlier ops of its engine have, and no later
              * op of that engine starts before; MEET: retires when all ops of its list have */
    ZS_ROLE_N
} zs_role;

typedef enum zs_operand {
    ZS_OPERAND_WEIGHT,
    ZS_OPERAND_INPUT,
    ZS_OPERAND_OUTPUT,
    ZS_OPERAND_PARTIAL,
    ZS_OPERAND_INDEX, /* positions of compressed weights; part of LOAD_W transfers */
    ZS_OPERAND_N
} zs_operand;

/* What an op is: its role, and for a transfer the operand. Kinds may use further numbers, except
 * those below, which they share. */
#define ZS_OP(role, what) ((role) << 5 | (what))
typedef enum zs_op_code {
    ZS_OP_LOAD_X = ZS_OP(ZS_READ, ZS_OPERAND_INPUT),   /* input tile, to an input slot */
    ZS_OP_LOAD_W = ZS_OP(ZS_READ, ZS_OPERAND_WEIGHT),  /* weight tile (with biases before its first
                                                        * channel tile), to a weight slot */
    ZS_OP_LOAD_P = ZS_OP(ZS_READ, ZS_OPERAND_PARTIAL), /* partial sums, to an accumulator slot */
    ZS_OP_LOAD_BITS = ZS_OP(ZS_READ, ZS_OPERAND_N),   /* part of a bitstream: no operand of a row */
    ZS_OP_STORE = ZS_OP(ZS_WRITE, ZS_OPERAND_OUTPUT), /* results, from an accumulator slot */
    ZS_OP_STORE_P = ZS_OP(ZS_WRITE, ZS_OPERAND_PARTIAL),
    ZS_OP_MAC = ZS_OP(ZS_COMPUTE, 0),  /* products of an input and a weight slot onto an accumulator
                                        * slot */
    ZS_OP_POST = ZS_OP(ZS_COMPUTE, 1), /* vector work on an accumulator slot: pooling, add,
                                        * activation, keep on chip */
    ZS_OP_WALK = ZS_OP(ZS_COMPUTE, 2), /* a loop nest in which every operand is an access of the
                                        * unit's serial master, from DRAM to DRAM */
    ZS_OP_FLOW = ZS_OP(ZS_COMPUTE, 3), /* ends when a word of the plan's flow moves: word ic0 of
                                        * `image` on edge oc0, behind its FIFO if oy0 */
    ZS_OP_PERIOD = ZS_OP(ZS_COMPUTE, 4), /* one more image of a flow that repeats itself */
    ZS_OP_DRAIN = ZS_OP(ZS_COMPUTE, 5),  /* finished sums on their way out of an array that works on
                                          * the next tile meanwhile */
    ZS_OP_HOST = ZS_OP(ZS_HOST, 0),
    ZS_OP_CONFIGURE = ZS_OP(ZS_HOST, 1), /* the configuration port takes part of a bitstream;
                                          * the first op of one has the flags ZS_HOST_SWAP */
    ZS_OP_JOIN = ZS_OP(ZS_JOIN, 0),      /* of its whole engine */
    ZS_OP_MEET = ZS_OP(ZS_JOIN, 1)       /* of the ops listed at plan->meets[cost_key] */
} zs_op_code;
static inline zs_role zs_op_role(uint32_t code)
{
    return (zs_role)(code >> 5);
}
/* A transfer over several ports is split at multiples of this. */
enum { ZS_SHARE_UNIT_BYTES = 64 };
static inline uint32_t zs_op_what(uint32_t code)
{
    return code & 31;
}
static inline bool zs_op_is_transfer(uint32_t code)
{
    return code < ZS_OP(ZS_COMPUTE, 0);
}
/* Ops that load the bitstream of the next engine are an op stream of their own, whatever row they
 * are in: they do not wait for joins, nor joins for them. */
static inline bool zs_op_is_loading(uint32_t code)
{
    return code == ZS_OP_LOAD_BITS || code == ZS_OP_CONFIGURE;
}

/* Something that performs ops one at a time, in order. */
enum { ZS_NO_CHANNEL = 0xff, ZS_UNITS_MAX = 254, ZS_ENGINES_MAX = 16 };
typedef struct zs_plan_unit {
    const char *name; /* "hp0.rd", "pe", "cpu" */
    uint8_t role;     /* zs_role of its ops */
    uint8_t channel;  /* zs_channel of a reader or writer, else ZS_NO_CHANNEL */
    uint8_t engine;   /* index of the engine that it is part of */
    bool is_serial;   /* a compute unit whose ops are walks (serial.h) */
} zs_plan_unit;

/* Units of a plan of one engine: a reader and a writer per AXI port (at the index of its
 * zs_channel), one compute unit, the PS, meeting points. A serial engine's compute unit does walks:
 * while it works, it holds both channels of accelerator.ports.input. */
enum { ZS_UNIT_PE = ZS_PORT_CHANNEL_N, ZS_UNIT_CPU, ZS_UNIT_JOIN, ZS_UNIT_N };
extern const zs_plan_unit zs_tile_units[ZS_UNIT_N];
extern const zs_plan_unit zs_serial_units[ZS_UNIT_N];

enum {
    ZS_SLOT_NONE = 0xff,
    ZS_SLOT_RESIDENT = 0xfe /* the input is the tensor that stays on chip */
};

/* Hot half. */
typedef struct zs_tile_op {
    uint32_t wait[3];  /* earlier op indices, ZS_NO_OP when unused */
    uint32_t cost_key; /* index into plan->costs: equal shapes are priced once */
    uint16_t row;      /* index into plan->rows */
    uint8_t code;      /* ZS_OP(role, what) */
    uint8_t unit;      /* index into plan->units */
    uint8_t slot[4];   /* input, weight, accumulator, second input; ZS_SLOT_NONE when unused */
} zs_tile_op;
static_assert(sizeof(zs_tile_op) == 24, "hot op grew: look at make bench");

enum {
    ZS_BOX_FIRST = 1,  /* MAC: sums start here, from the bias */
    ZS_BOX_LAST = 2,   /* MAC: sums are complete: activation and requantisation follow */
    ZS_BOX_BIAS = 4,   /* LOAD_W: biases precede the weights; oihw: biases only; WALK: the filter is
                        * read */
    ZS_BOX_SECOND = 8, /* LOAD_X: second input of an add */
    ZS_BOX_CHAINED = 16,      /* load: follows the op before on its channel without a gap */
    ZS_BOX_PARAMS = 32,       /* POST: parameters go to the PEs */
    ZS_BOX_WEIGHTS_USED = 64, /* FLOW: ends with the last step that needs load ic0 of the weights
                               * of node oc0 of the flow */
    ZS_BOX_AGAIN = 128,       /* load: bytes that other loads of the row have brought before */
    ZS_BOX_FRONT = 256,  /* two bits: index of the front that the op works for; 0: the row itself */
    ZS_BOX_STRIPE = 1024 /* seven bits: ports that share a transfer; 0: it is not shared. The share
                          * of the first port moves all data in the executor */
};
static inline uint32_t zs_box_stripe(uint32_t flags)
{
    return flags / ZS_BOX_STRIPE & ((1u << ZS_PORT_COUNT) - 1);
}

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
    ZS_HOST_LAYER,  /* a layer in software */
    ZS_HOST_IM2COL, /* the windows of a convolution are laid out as pixels */
    ZS_HOST_GATHER, /* parts of a tensor are joined */
    ZS_HOST_SWAP    /* another engine is loaded */
} zs_host_step;
/* "a layer in software"; NULL for an unknown step. */
const char *zs_host_step_text(uint32_t step);

/* The price of ops of one shape. MAC, POST and HOST: `pl_cycles`. Transfers: the shape with the
 * address of the first such op, which the channel's model prices. */
typedef struct zs_op_cost {
    uint64_t pl_cycles;
    zs_xfer xfer;
    uint8_t code, unit;
} zs_op_cost;

/* Ops that a MEET waits for: meet_waits[first .. first + n). */
typedef struct zs_plan_meet {
    uint32_t first, n;
} zs_plan_meet;

/* A tensor as the engine addresses it: image i starts at addr + i * pitch_bytes. */
typedef struct zs_plan_tensor {
    zs_shape shape;
    uint64_t addr, pitch_bytes;
    uint32_t elem; /* bytes of an element */
} zs_plan_tensor;

/* Where a tensor that stays on chip lies in the resident buffer, in elements; the images of a batch
 * follow each other. */
#define ZS_NOT_RESIDENT UINT64_MAX

/* One line of the result: a layer with what was fused into it. */
typedef struct zs_plan_row {
    const char *name;   /* "conv1+pool1" */
    const char *op;     /* "conv+pool" */
    uint32_t layer;     /* index into net->layers */
    uint32_t act;       /* index of an activation's layer applied to the results, or ZS_NO_INDEX */
    uint32_t pool;      /* index of the pooling layer fused behind, or ZS_NO_INDEX */
    uint32_t add;       /* index of the addition fused behind, whose other input is x2, or
                         * ZS_NO_INDEX */
    uint32_t call;      /* index into plan->calls; ZS_NO_INDEX when the PS runs it */
    uint32_t engine;    /* whose op streams it is in: joins hold up their own engine alone */
    uint32_t op0, op_n; /* ops of the row: a contiguous range */
    uint64_t macs;      /* of the whole batch */
    uint64_t skipped_macs; /* of these, products with 0 that the engine leaves out, and
                            * pixels of a front that no window reads */
    const char *host_note; /* why the PS runs it although the engine runs such layers, or NULL */
    uint64_t ops;          /* operations of the whole batch, as zs_layer_ops counts them */

    zs_plan_tensor x, x2; /* inputs in DRAM (x2: second input of an add, or of a fused addition) */
    zs_plan_tensor y; /* output in DRAM, of a fused pool if there is one: the slice that this row
                       * writes */
    uint64_t x_resident, y_resident; /* offset in the resident buffer, or ZS_NOT_RESIDENT */
    uint64_t x2_resident;            /* the same, for tiles of x2 */
    zs_window window;                /* of the layer */
    zs_window pool_window;           /* of the fused pool */
    uint32_t y_c;                    /* output channels of the layer */
    uint32_t group_ic, group_oc;     /* channels per group */
    uint32_t oh, ow;                 /* pixels the engine computes, before a fused pool */
    bool is_depthwise;
    bool biases_apart;       /* the weights are OIHW in DRAM, not packed: zs_plan_weight_offset */
    bool images_are_columns; /* one pixel per image: the images of a batch share a tile, ox = image
                              */
    uint32_t t_oc, t_ic, t_oy, t_ox; /* tile, trimmed to the layer */
    uint32_t loop_order;             /* of its tile loops, in the numbering of the kind */
    uint32_t carry_oc_n; /* output channels for which pooling carries are kept; 0: no pool */

    uint64_t weight_base;       /* DRAM address of the weights */
    uint64_t bias_base;         /* of the biases, if biases_apart */
    uint64_t partial_base;      /* DRAM address of spilled partial sums */
    uint64_t weight_slot_bytes; /* a weight tile in a slot, with its biases */
    uint32_t weight_slots;      /* weight tiles that the buffer holds in this layer */
    uint64_t compulsory_read_bytes,
        compulsory_write_bytes;     /* what any schedule must move;
                                     * of a layer in software: its traffic */
    uint64_t software_weight_bytes; /* of that, its weights */
    /* The row whose results this one consumes tile by tile, or NULL. It is one of the front_n rows
     * after those that results show, and its ops are among the ops of this one. */
    const struct zs_plan_row *front;
    zs_shape x_strip, y_strip; /* part of a tensor that is kept on chip at a time; c 0: all of it */
    uint64_t again_macs;       /* MACs of fronts done twice, where tiles overlap; not in `macs` */
    void *own;                 /* data of the kind, or NULL */
    uint32_t part, part_row;   /* with several engines: index of the part, and of the row in it */
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
    uint32_t slots;      /* least number of tiles that it is divided into */
    uint64_t slot_elems; /* capacity of one slot in elements */
    uint64_t bytes;      /* banks x depth x bits / 8 */
    uint32_t bram18;     /* as built: zs_memory_bram18; 0: distributed RAM, LUTs */
    bool full_ports;     /* both ports of a bank read and write: zs_bram18_two_port_of */
} zs_plan_buffer;

/* Streaming nodes of a plan, fed and emptied by its transfers. A READ op brings the source ic0
 * words, a WRITE op makes room for ic0 words behind the sink. */
typedef struct zs_plan_flow {
    zs_flow flow;
    const char *const *edge_names; /* of FIFOs, by the node behind them */
    const uint32_t *edge_bits;     /* of a word */
    const uint32_t *row_of_node;   /* ZS_NO_INDEX: of no row */
    const char *const *node_names; /* by type and number, as folding files have them; NULL: none */
    const char *const *node_types; /* the same without the number, and made by HLS or RTL */
    const uint32_t *node_pes;      /* elements that the node outputs a clock */
    const uint32_t *node_lanes;    /* elements that it reads a clock */
    uint64_t images;               /* images of the batch that are simulated word by word; the
                                    * others follow at the interval of the last of them */
    uint64_t least_period;         /* lower limit of that interval, in PL cycles */
    uint64_t lanes;                /* multipliers of all nodes */
    uint64_t room_words;           /* free words behind the sink at the start */
    uint32_t result;               /* tensor that goes into the sink */
} zs_plan_flow;

/* One of several engines: its design, and its plan as if the PS ran all other layers. */
struct zs_kind;
struct zs_plan;
typedef struct zs_plan_part {
    const char *name;
    const zs_design *design;
    const struct zs_plan *plan;
    uint64_t dram_base; /* its addresses start here */
} zs_plan_part;

/* How the schedule of a layer was chosen (tile: auto), and its estimate. */
typedef struct zs_plan_mapping {
    uint32_t layer;
    uint32_t considered_n, tried_n; /* mappings priced in closed form; expanded into ops */
    uint64_t pl_cycles, compute_pl_cycles, bytes;
    double goal, bound; /* figure to minimise: of the choice; lower bound of all considered */
} zs_plan_mapping;

typedef struct zs_plan {
    const struct zs_kind *kind;
    const zs_tile_op *ops;
    const zs_tile_box *boxes; /* [op] */
    uint32_t op_n;
    const zs_plan_unit *units;
    uint32_t unit_n, engine_n;
    bool rows_overlap; /* rows work at the same time, each on a compute unit of its own, and have
                        * spans; otherwise they take turns, and their cycles add up to the total */
    const zs_plan_meet *meets;
    uint32_t meet_n;
    const uint32_t *meet_waits;
    const zs_op_cost *costs;
    uint32_t cost_n;
    const zs_plan_row *rows;
    uint32_t row_n, front_n; /* front_n fronts follow the row_n rows */
    const zs_plan_call *calls;
    uint32_t call_n;
    zs_plan_buffer buffers[ZS_BUF_N];
    const zs_plan_tensor *tensors; /* [tensor]; addr is UINT64_MAX where it never reaches DRAM */
    uint64_t dram_bytes;           /* extent of all that the plan places */
    uint64_t resident_elems;       /* capacity of the resident buffer */
    uint32_t batch;
    const zs_plan_flow *flow;        /* NULL: none */
    bool writes_acts, acts_multiply; /* the engine applies activations to results; some of them
                                      * need a product */
    uint32_t act_slopes;             /* most channels with a slope of their own in one of them */
    const char *fusion_note;         /* auto: what the search chose; else NULL */
    const char *choice_note; /* what the design asks for and the plan gave up, and why; or NULL */
    const zs_plan_mapping *mappings; /* of layers whose schedule was chosen by the program */
    uint32_t mapping_n;
    const zs_plan_part *parts; /* [part_n] several engines that take turns; buffers are theirs */
    uint32_t part_n;           /* 0: one engine */
    uint64_t rearranged_bytes; /* of tensors that pass between engines of different layouts */
    uint32_t swap_n;           /* times that another engine is loaded */
    uint64_t bitstream_base, bitstream_pitch_bytes; /* of the first part; distance to the next */
} zs_plan;

/* The row or front that an op belongs to, by the flags of its box. */
static inline const zs_plan_row *zs_plan_member(const zs_plan_row *row, uint32_t flags)
{
    for (uint32_t n = flags / ZS_BOX_FRONT & 3; n > 0 && row->front != NULL; n--)
        row = row->front;
    return row;
}

/* The plan and the design of the engine that runs a row. */
static inline const zs_plan *zs_plan_of_row(const zs_plan *plan, uint32_t row)
{
    return plan->part_n == 0 ? plan : plan->parts[plan->rows[row].part].plan;
}
static inline const zs_design *zs_plan_design(const zs_plan *plan, const zs_design *design,
                                              uint32_t row)
{
    return plan->part_n == 0 ? design : plan->parts[plan->rows[row].part].design;
}

/* The tensor of which `tensor` is a complete view (by a flatten, for example), or `tensor`. */
uint32_t zs_view_base(const zs_net *net, uint32_t tensor);

/* The memory system's channel of a transfer. */
static inline uint32_t zs_op_channel(const zs_plan *plan, uint32_t op)
{
    return plan->units[plan->ops[op].unit].channel;
}
/* Whether a transfer is not shared, or is the share that moves the data in the executor. */
static inline bool zs_op_moves_data(const zs_plan *plan, uint32_t op)
{
    const uint32_t ports = zs_box_stripe(plan->boxes[op].flags);
    return ports == 0 || zs_op_channel(plan, op) / 2 == (uint32_t)__builtin_ctz(ports);
}

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
/* The same of a row's fused pool and the pixels of a box. */
zs_pool_reach zs_pool_reach_y(const zs_plan_row *row, const zs_tile_box *box);
zs_pool_reach zs_pool_reach_x(const zs_plan_row *row, const zs_tile_box *box);
/* Most results per channel that a tile of the row completes: its pixels, or the windows of a fused
 * pool where these are more. */
uint64_t zs_row_tile_results(const zs_plan_row *row, const zs_net *net);
/* Most windows that cross one tile border, along one axis. */
uint32_t zs_pool_crossing(uint32_t kernel, uint32_t stride);

/* Packed weights in DRAM, per output channel tile: its biases, then per input channel tile
 * [ic][ky][kx][oc]. Byte offset from weight_base of the tile at absolute oc0, ic0 (within its
 * group), biases excluded. Weights in OIHW: biases, where the layer has any, are at bias_base; a
 * tile is one row of [ic][ky][kx] per output channel. */
uint64_t zs_plan_weight_offset(const zs_plan_row *row, uint32_t precision, uint32_t ic_per_group,
                               uint32_t oc0, uint32_t oc_n, uint32_t ic0);
const char *zs_op_name(uint32_t code);         /* "load_x", "mac" */
const char *zs_channel_name(uint32_t channel); /* "hp0.rd" */

/* Engines that take turns on one region: bytes of its bitstream, and seconds to load it. */
uint64_t zs_swap_bytes(const zs_design *design);
double zs_swap_seconds(const zs_design *design);
/* Whether a master reads the bitstream from DRAM in the background, and its channel. Otherwise the
 * PS writes it word by word. */
bool zs_swap_is_read(const zs_design *design);
uint32_t zs_swap_channel(const zs_design *design);
/* Rate of the configuration port. */
uint64_t zs_swap_bytes_per_s(const zs_design *design);
/* The part of zs_swap_seconds before the configuration port takes the first byte. */
double zs_swap_start_seconds(const zs_design *design);
/* ZS_ERANGE: regions without a size, or more than the part holds. */
zs_status zs_swap_check(const zs_design *design, zs_err *err);
/* The board reduced to the resources of the region. */
zs_board zs_swap_region(const zs_design *design);

#endif
