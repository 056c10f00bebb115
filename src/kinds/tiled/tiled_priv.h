/* tiled_priv.h - kind tiled: loops over tiles in on-chip buffers.
 *
 *   tiled.c           the row of the kind; the order of the steps
 *   tiled_buffers.c   tile shapes of every row; banks and depths of the on-chip memories
 *   tiled_fronts.c    tiles of rows that consume a front tile by tile
 *   tiled_stage.c     staging buffers of loaders and of the store stage
 *   tiled_mapper.c    tiles and loop orders by layer, for tile.auto
 *   tiled_mapper_tiles.c, tiled_mapper_depths.c   its prices of tiles, and depths of buffers
 *   tiled_search.c    builds drafts for fusion `auto` until none is better by fusion_goal
 *   tiled_gain.c      closed form of what fewer slots and tensors on chip could save
 *   tiled_choice.c    which second slots and tensors on chip are worth their block RAM
 *   tiled_nest.c      the nest of tile loops: orders and trip counts
 *   tiled_loops.c     its ops for convolutions
 *   tiled_vector.c    ops of layers without weights
 *   tiled_streams.c   compressed weights: place and size of the stream of each tile
 *   tiled_xfer.c      DRAM side of the transfers
 *   tiled_outline.c   closed form of the nest
 *   tiled_account.c   resources
 *   tiled_exec.c      numerics; tiled_exec_pool.c: pools behind a convolution */
#ifndef ZYNQSIM_TILED_PRIV_H
#define ZYNQSIM_TILED_PRIV_H

#include "tiled_params.h"

#include "zynqsim/capacity.h"
#include "zynqsim/draft.h"
#include "zynqsim/exec.h"
#include "zynqsim/fit.h"
#include "zynqsim/kind.h"
#include "zynqsim/outline.h"

/* ---- the nest of tile loops, from which ops and closed form both come ------------------------ */

enum { D_IMAGE, D_GROUP, D_OC, D_OY, D_OX, D_IC, D_N };

/* The loops that the tile of an operand depends on. */
#define DIM_BIT(d) (1u << (d))
enum {
    INPUT_DIMS =
        DIM_BIT(D_IMAGE) | DIM_BIT(D_GROUP) | DIM_BIT(D_OY) | DIM_BIT(D_OX) | DIM_BIT(D_IC),
    WEIGHT_DIMS = DIM_BIT(D_GROUP) | DIM_BIT(D_OC) | DIM_BIT(D_IC),
    SUM_DIMS = DIM_BIT(D_IMAGE) | DIM_BIT(D_GROUP) | DIM_BIT(D_OC) | DIM_BIT(D_OY) | DIM_BIT(D_OX)
};

/* accelerator.loop_order and .outer_loop in row->loop_order (two bits); above them the loop whose
 * tiles are processed in pairs (accelerator.threads): 0, D_OC or D_OY. */
enum { TILED_CHANNELS_OUTSIDE, TILED_PIXELS_OUTSIDE, TILED_WEIGHTS_STAY, TILED_INPUTS_STAY };
uint32_t tiled_loop_order(const tiled_params *p);
static inline uint32_t tiled_nest_of(const zs_plan_row *row)
{
    return row->loop_order & 3;
}
static inline uint32_t tiled_pairs_of(const zs_plan_row *row)
{
    return row->loop_order >> 2;
}
/* Dimensions, outermost first. */
const uint8_t *tiled_order(const zs_plan_row *row);
/* Whether the loop order never spills sums, for any trips. */
bool tiled_keeps_sums(const zs_plan_row *row);
void tiled_trips(const zs_design *design, const zs_layer *layer, const zs_plan_row *row,
                 uint32_t trips[D_N]);
/* Loads per tile of an operand that depends on the loops in `dims`. */
uint64_t tiled_loads(const uint8_t *order, const uint32_t trips[D_N], uint32_t dims, uint64_t slots,
                     bool keeps);

/* The same for the weights of a row, with those of its fronts. */
uint64_t tiled_weight_loads(const zs_design *design, const zs_plan_row *row,
                            const uint32_t trips[D_N], uint64_t slots);

/* The ports of an operand (TILED_WEIGHT ...), a bit each; the bytes that they move together per
 * clock, an upper limit of its rate. */
uint32_t tiled_ports(zs_operand_ports of, uint32_t operand);
uint32_t tiled_beat_bytes(const zs_board *board, uint32_t ports);
/* The channel of the first of them, which represents all in closed forms; its fraction of the
 * bytes; and its share of a transfer. */
uint32_t tiled_first_channel(uint32_t ports, uint32_t operand);
double tiled_first_frac(const zs_board *board, uint32_t ports);
zs_xfer tiled_first_share(const zs_plan_row *row, const zs_design *design, uint32_t ports,
                          uint32_t operand, const zs_tile_box *box);

/* ---- steps ----------------------------------------------------------------------------------- */

/* Banks of the input buffer, and of what stays on chip. */
uint32_t tiled_input_banks(const zs_accel *accel);

/* ---- fusion that is open (tiled_open.c) ------------------------------------------------------ */

/* No tensor larger than that stays on chip as a whole. */
uint64_t tiled_kept_bits(const zs_design *design);
/* The tensor in front of activations. */
uint32_t tiled_behind_acts(const zs_net *net, uint32_t tensor);
/* Whether `auto` may keep a tensor from DRAM, and the last layer that reads it. */
bool tiled_may_keep(const zs_outline *o, uint32_t tensor, uint32_t *last);
/* Of what a row without a pool writes, with or without activations behind it. */
bool tiled_may_keep_result(const zs_outline *o, const zs_plan_row *row);
/* No call that any choice makes has both this layer and one before it. */
bool tiled_begins_call(zs_outline *o, uint32_t layer);

/* Everything but the ops; `may_stay` as in the draft. */
zs_status tiled_prepare(zs_plan_draft *d, const bool *may_stay, zs_err *err);
zs_status tiled_emit_body(zs_emitter *e);
/* Compute units of a systolic array besides the PEs: one for work on finished sums, and one for
 * each tile that may be draining, used in turn. */
enum { TILED_UNIT_OUT = ZS_UNIT_N, TILED_UNIT_DRAIN, TILED_DRAINS_MAX = 32 };
/* ZS_EUNSUPPORTED for what such an array cannot do. */
zs_status tiled_list_units(zs_plan_draft *d, zs_err *err);
/* Parameters of a layer, in an array [layer] at d->own where some differ from the design's. */
typedef struct tiled_layer {
    tiled_params params;
    zs_operand_ports ports;
    bool has_own_tile, order_is_said;
    bool is_auto; /* its schedule is chosen by the program */
} tiled_layer;
zs_status tiled_read_layers(zs_plan_draft *d, zs_err *err);
/* The figure that a choice minimises, ZS_GOAL_*; among equals the faster one, or the one with less
 * traffic. For the energy only the part that depends on the schedule. */
double tiled_goal_of(const zs_design *design, uint32_t goal, uint64_t pl_cycles, uint64_t bytes);
/* Chooses the schedules of layers with tile: auto. */
zs_status tiled_map(zs_plan_draft *d, zs_err *err);
zs_status tiled_shape_rows(zs_plan_draft *d, zs_err *err);
/* The parameters of a row: the design's, or those of its layer. */
const tiled_params *tiled_params_of_row(const zs_plan_draft *d, uint32_t i);
/* Words per bank of a row's tile in an input and in an output slot. */
uint64_t tiled_input_depth(const zs_plan_draft *d, uint32_t row);
uint64_t tiled_output_depth(const zs_plan_draft *d, uint32_t row);
/* Whether the carry memory of a row's fused pool is distributed RAM. */
bool tiled_carry_is_small(const zs_plan_draft *d, uint32_t row);
zs_size_buffers_fn tiled_size_buffers;
zs_status tiled_finish_buffers(zs_plan_draft *d, zs_err *err);
/* Words per bank of the weight buffer: `least` holds `slots` tiles of every layer, `useful` all
 * channel tiles of one tile of filters, which then need not be loaded again. */
void tiled_weight_depths(const zs_plan_draft *d, uint64_t slots, uint64_t *least, uint64_t *useful);
/* The depth that fits the board beside `others` BRAM18; false: even `least` does not fit. */
bool tiled_weight_depth(const zs_design *design, uint64_t others, uint64_t least, uint64_t useful,
                        uint64_t *depth);
uint64_t tiled_weight_tile_depth(const zs_plan_draft *d, const zs_plan_row *row);
/* BRAM18 of a buffer with `depth` words per bank; and of all memories and AXI masters. */
uint32_t tiled_buffer_bram18(const zs_accel *a, const zs_plan_buffer *b, uint64_t depth);
uint32_t tiled_sum_bram18(const zs_plan_draft *d);
/* The staging buffers of loads and stores: their number, at most TILED_STAGE_N; and their BRAM18.
 */
enum { TILED_STAGE_N = 3 };
typedef struct tiled_stage_sizes {
    uint64_t input, weight, row; /* bytes of the largest tiles, of the longest row of a store */
} tiled_stage_sizes;
tiled_stage_sizes tiled_stage_sizes_of(const zs_design *design, const zs_plan_buffer *buffers,
                                       const zs_plan_row *rows, uint32_t row_n);
uint32_t tiled_stages(const zs_design *design, const tiled_stage_sizes *bytes,
                      zs_plan_buffer out[TILED_STAGE_N]);
uint32_t tiled_stage_bram18(const zs_design *design, const tiled_stage_sizes *bytes);
zs_status tiled_search(zs_plan_draft *d, zs_err *err);
/* Second slots of buffers. */
enum {
    TILED_SECOND_INPUT = 1,
    TILED_SECOND_WEIGHT = 2,
    TILED_SECOND_OUTPUT = 4,
    TILED_SECONDS = 8
};
/* Upper limits of what the plan of `d`, which has its buffers, could gain with fewer second slots
 * and tensors on chip. */
typedef struct tiled_gain tiled_gain;
zs_status tiled_gain_new(const zs_plan_draft *d, tiled_gain **out, zs_err *err);
/* False: the plan without the second slots `dropped` (TILED_SECOND_*), in which no tensor of more
 * than `most_elems` stays on chip, is certainly not faster by ZS_ESTIMATE_PER_MILLE. */
bool tiled_may_gain(const tiled_gain *g, uint32_t dropped, uint64_t most_elems);
/* The same for all plans without those second slots, with any tensors on chip. */
bool tiled_may_gain_any(const tiled_gain *g, uint32_t dropped);
/* tiled_prepare with the second slots and tensors on chip that make the plan fastest. */
zs_status tiled_choose(zs_plan_draft *d, zs_err *err);
zs_status tiled_emit_conv(zs_emitter *e);
/* ---- rows with fronts ------------------------------------------------------------------------ */

/* A rectangle of pixels of a row's output. */
typedef struct tiled_region {
    uint32_t oy0, oy_n, ox0, ox_n;
} tiled_region;
/* Whether an engine can consume fronts tile by tile. */
static inline bool tiled_takes_fronts(const zs_accel *a)
{
    const tiled_params *p = tiled_params_of(a);
    return p->mac.kind != ZS_ARRAY_SYSTOLIC && p->weight_code == ZS_ZERO_CODE_DENSE &&
           p->channel_block == 1;
}
/* The pixels of a front, inside the image, that a region of its consumer needs. */
tiled_region tiled_region_of_front(const zs_plan_row *row, const tiled_region *region);
/* Pixels of `front`, along one axis, that are computed for the row's tile that begins at `at`;
 * NULL: inputs of the last front. */
uint32_t tiled_front_pixels(const zs_plan_row *row, const zs_plan_row *front, bool is_y,
                            uint32_t at);
/* Sets tiles of rows with fronts so that no tile of a front is larger than that of its layer. */
void tiled_shape_fronts(zs_plan_draft *d);
/* Sets the sizes of strips, once channels are known; fronts whose strip does not fit are denied. */
void tiled_cut_strips(zs_plan_draft *d);
/* Makes the weight slots of a row and its fronts equally large, as they share the buffer. */
void tiled_share_weight_slots(zs_plan_draft *d);
/* Number of weight tiles of a row and its fronts. */
uint64_t tiled_weight_tiles(const zs_plan_row *row);
/* How often all of these are loaded. */
uint64_t tiled_front_weight_loads(const zs_plan_row *row, uint64_t slots, uint32_t batch,
                                  bool keeps);
/* Counts MACs that are repeated where tiles overlap, or skipped where no window reads. */
void tiled_count_again(zs_plan_draft *d);
zs_status tiled_emit_fronts(zs_emitter *e);
zs_status tiled_emit_vector(zs_emitter *e);
zs_xfer_fn tiled_xfer;
/* Sums over the ops of one row of the engine, by operand. */
enum { TILED_WEIGHT, TILED_INPUT, TILED_OUTPUT, TILED_SPILL, TILED_OPERAND_N };
typedef struct tiled_work {
    uint64_t compute_pl_cycles;
    uint64_t bytes[TILED_OPERAND_N]; /* spilled sums: in each direction */
} tiled_work;
tiled_work tiled_work_of(const zs_outline *o, uint32_t row);
void tiled_outline_row(zs_outline *o, uint32_t row);
extern const zs_kind_space tiled_space;
/* Pooling, additions, clips and copies, on lanes of their own or those of the MAC array. */
static inline uint64_t tiled_vector_pl_cycles(const zs_design *design, uint64_t ops)
{
    return zs_vector_pl_cycles(design, tiled_params_of(&design->accel)->vector_lanes, ops);
}
void tiled_account(zs_fit_account *a, const zs_design *design, const zs_plan *plan);

/* ---- compressed weights ---------------------------------------------------------------------- */

typedef struct tiled_stream {
    uint64_t offset;     /* from the base of the row's streams */
    uint64_t entries;    /* words that the decoder processes */
    uint32_t bias_bytes; /* before the weights */
    uint32_t bytes;      /* of the weights, index_bytes of which are masks or positions */
    uint32_t index_bytes;
} tiled_stream;
/* row->own of a row with filters, NULL where weights are dense. */
typedef struct tiled_streams {
    zs_mask weights;   /* [filter] */
    uint32_t *filters; /* 0, 1, 2 ... */
    tiled_stream *of;  /* [group][tile of filters][tile of channels] */
    uint32_t oc_n, ic_n;
    uint64_t n, base, bytes, index_bytes; /* all of them, biases included */
} tiled_streams;
static inline const tiled_streams *tiled_streams_of(const zs_plan_row *row)
{
    return row->own;
}
/* The stream of a tile of weights, by the box of its load. */
const tiled_stream *tiled_stream_of(const zs_plan_row *row, const zs_tile_box *box);
/* Places the streams of all rows behind all other data, once addresses are known. */
zs_status tiled_place_streams(zs_plan_draft *d, zs_err *err);
/* The transfer of the same tile in the packed dense layout. */
zs_xfer tiled_dense_weights(const zs_plan_row *row, const zs_tile_box *box, uint32_t precision);
/* Notes on compressed weights, and on rows with fronts; *note is unchanged where there are none. */
zs_status tiled_stream_note(zs_arena *arena, const zs_plan *plan, const char **note, zs_err *err);
zs_status tiled_front_note(zs_arena *arena, const zs_plan *plan, const char **note, zs_err *err);

/* ---- numerics -------------------------------------------------------------------------------- */

/* Pooling windows of a finished tile: merges the carries of the tiles to the left and above,
 * carries incomplete windows on, and leaves the complete ones in the slot as [window][oc]. */
void tiled_exec_pool(zs_exec *e, const zs_plan_row *row, const zs_tile_box *box, uint8_t *slot);
/* Max-pooling of a vector layer's tile, [channel][pixel]. */
void tiled_exec_pool_planes(zs_exec *e, const zs_plan_row *row, const zs_tile_box *box,
                            const uint8_t *x, uint8_t *y);
/* e->own */
typedef struct tiled_memories {
    const struct tiled_pools *pools; /* of the type of activations */
    uint8_t *decoded;                /* a tile of weights, [filter][weight] */
} tiled_memories;
/* Encodes the packed weights; decodes a stream into a slot. */
zs_status tiled_encode_streams(zs_exec *e, zs_arena *arena, zs_err *err);
void tiled_decode(zs_exec *e, const zs_plan_row *row, const zs_tile_box *box, const uint8_t *from,
                  uint8_t *slot);
/* Memories and the kernels of the precision. */
zs_status tiled_exec_build(zs_exec *e, zs_arena *arena, zs_err *err);
void tiled_exec_op(zs_exec *e, uint32_t op);

#endif
