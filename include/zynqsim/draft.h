/* draft.h - the toolbox with which kinds build plans: rows, calls, addresses, ops. Knows no kind.
 *
 *   fuse.c        which layers form a row, which rows a call
 *   fuse_fronts.c which rows are done tile by tile in front of others
 *   fuse_adds.c   which additions are done with the tiles of a convolution
 *   residents.c   which tensors stay on chip
 *   place.c       addresses in DRAM, rows as results show them
 *   emit.c        ops, boxes, prices and the state of the slots
 *   host_steps.c  steps of the PS
 *   estimate.c    about how long a plan takes
 *   weight_masks.c  weights that are 0
 *   draft.c       the order of these
 * Memory   all lives in the arena of the draft. */
#ifndef ZYNQSIM_DRAFT_H
#define ZYNQSIM_DRAFT_H

#include "zynqsim/base.h"
#include "zynqsim/design.h"
#include "zynqsim/mask.h"
#include "zynqsim/net.h"
#include "zynqsim/plan.h"

enum { ZS_SLOTS_MAX = 250 };

/* DRAM side of a READ or WRITE op. */
typedef zs_xfer zs_xfer_fn(const zs_plan_row *row, const zs_design *design, uint32_t code,
                           const zs_tile_box *box);

/* What is known of a row besides what the plan keeps. */
typedef struct zs_row_draft {
    uint32_t layer;       /* index into net->layers */
    uint32_t act, pool;   /* layers fused behind, in this order, or ZS_NO_INDEX */
    uint32_t out;         /* tensor it writes; of the last layer fused */
    uint32_t out_c0;      /* first channel of it within the pool's output (concat, then pool) */
    uint32_t front;       /* row whose results it takes a tile at a time; 0: none */
    uint32_t add;         /* addition done with its tiles, or ZS_NO_INDEX */
    uint32_t sum, addend; /* of that: the tensor that it takes from the tiles, and the other one */
    bool on_engine;
    bool joins_previous; /* belongs to the call of the row before */
    const char *call_name;
} zs_row_draft;

typedef struct zs_resident_draft {
    uint32_t tensor; /* owner */
    uint32_t first_row, last_row;
    uint64_t elems, offset; /* whole batch */
    uint64_t saved_bytes;   /* DRAM traffic that it avoids */
    bool chosen;
    bool is_strip; /* of what a row takes a tile at a time: from its front, or to add it */
} zs_resident_draft;

/* What of a network an engine takes, and how calls are formed. */
typedef struct zs_fuse_rules {
    bool takes_any_pool;      /* pools of any window and kind, and global averages */
    bool pools_after_call;    /* a pool behind what a call writes belongs to that call */
    bool takes_dense_only;    /* convolutions of one group */
    bool writes_acts;         /* activations of a few LUTs are applied to what is written */
    bool takes_fronts;        /* depthwise layers go tile by tile with the 1x1 ones around them, and
                               * additions with what they add to */
    bool splits_concat_pools; /* a pool behind a concatenation is fused into each of its parts */
    uint64_t most_pooled_pixels; /* of a map that a fused pool can work on */
} zs_fuse_rules;

typedef struct zs_plan_draft {
    zs_arena *arena;
    const zs_design *design;
    const zs_net *net;
    zs_xfer_fn *xfer;
    const zs_operand_ports *ports_of_row; /* [row] where layers have ports of their own; NULL: those
                                           * of the design */
    uint32_t output_port;                 /* that results leave by */
    const uint8_t *engine_of_layer;       /* [layer] of several engines the one that takes it, or
                                           * ZS_ENGINE_NONE; NULL: this one takes all */
    uint8_t engine;                       /* this one */
    void *own;                            /* the kind's */
    zs_row_draft *drafts;
    zs_plan_row *rows;
    uint32_t row_n, front_n; /* fronts lie behind the rows */
    uint32_t *readers;       /* [tensor] inputs of layers that name it */
    uint64_t *packed_bytes;  /* [tensor] of the batch in DRAM where elements are not whole bytes,
                              * else  0; NULL: none */
    uint32_t *row_of_layer;  /* [layer]; of a fused pool the first row it is fused into */
    zs_resident_draft *residents;
    uint32_t resident_n;
    const bool
        *may_stay; /* [tensor] auto: what the search allows; NULL: all that the fusion wants */
    /* [tensor] that rows take from their fronts: auto: what the search allows; NULL: all that the
     * fusion wants. And what there is no room for. */
    const bool *by_tile;
    bool *not_by_tile;
    bool takes_no_fronts;
    bool is_denied;  /* something was added to the latter */
    bool is_outline; /* of the ops, those of the PS and the joins alone */
    bool is_whole;   /* the plan has its ops */
    zs_plan *plan;
} zs_plan_draft;

/* Layers become rows, rows calls: d->drafts and, with names and work, d->rows. */
zs_status zs_draft_fuse(zs_plan_draft *d, const zs_fuse_rules *rules, zs_err *err);
/* One row per layer is left to the kind: d->drafts alone. */
zs_status zs_draft_fuse_layers(zs_plan_draft *d, const zs_fuse_rules *rules, zs_err *err);
/* Row `i` as its layer in one piece, computed an output channel after the other: window, shapes,
 * and the tile. */
void zs_draft_shape_whole(zs_plan_draft *d, uint32_t i);
/* Bytes of a layer's filters, one behind the other and each behind its bias. */
uint64_t zs_draft_filter_bytes(const zs_plan_draft *d, uint32_t i);
/* The weights of a layer that are other than 0, a row for each filter. Synthetic ones all are, but
 * for one in 2^24 that nothing leaves out. ZS_ERANGE: filters of more than 2^32 weights. */
zs_status zs_draft_mask_weights(zs_plan_draft *d, const zs_layer *layer, zs_mask *out, zs_err *err);
/* How weights, sums and tensors lie in DRAM. All 0: biases with their weights, no room for sums,
 * tensors as planes. */
typedef struct zs_place_rules {
    bool biases_apart; /* from the weights, which are as frameworks have them */
    bool spills_sums;  /* partial sums need room */
    uint32_t
        channel_block; /* channels that are neighbours; tensors are filled up to whole blocks */
} zs_place_rules;
/* Once rows have their tiles and memories their sizes: addresses of weights and tensors, what any
 * schedule must move, the calls. */
zs_status zs_draft_place(zs_plan_draft *d, const zs_place_rules *rules, zs_err *err);
/* ZS_ERANGE where plan->dram_bytes are more than the board has: for who places more behind it. */
zs_status zs_draft_check_dram(const zs_plan_draft *d, zs_err *err);

/* How far a layer goes with those behind it: what `layers` says of it, or else the design. */
uint32_t zs_draft_fusion(const zs_plan_draft *d, const zs_layer *layer, bool *is_own);
/* fuse_fronts.c: rows that others take tile by tile, which move behind the rows. ZS_ENOMEM. */
zs_status zs_draft_take_fronts(zs_plan_draft *d);
/* What row `i` takes from its front is not to be kept a tile at a time. */
void zs_draft_deny_front(zs_plan_draft *d, uint32_t i);
/* fuse_adds.c: additions that are done with the tiles of a convolution. */
void zs_draft_take_adds(zs_plan_draft *d);
/* There is no room for what row `i` would add to its tiles. */
void zs_draft_deny_add(zs_plan_draft *d, uint32_t i);
/* Nothing but the layer that names it reads of a tensor. */
bool zs_draft_is_private(const zs_plan_draft *d, uint32_t tensor);
/* Two layers load and store by the same ports. */
bool zs_draft_share_ports(const zs_plan_draft *d, const zs_layer *a, const zs_layer *b);
/* Row `i` is the squeeze of a fire module whose expands are the next two rows. */
bool zs_draft_is_fire(const zs_plan_draft *d, uint32_t i);

/* Chooses the tensors that stay on chip by bytes saved. `size_buffers` says whether block RAM has
 * room for so many elements beside all else. */
typedef bool zs_size_buffers_fn(zs_plan_draft *d, uint64_t resident_elems);
zs_status zs_draft_choose_residents(zs_plan_draft *d, zs_size_buffers_fn *size_buffers,
                                    zs_err *err);

/* ---- emission -------------------------------------------------------------------------------- */

typedef struct zs_slot_state {
    uint32_t ready;    /* op that filled it */
    uint32_t last_use; /* op that must retire before it may be overwritten */
    bool partial;      /* accumulator: sums are incomplete */
    uint32_t box;      /* accumulator: op whose box describes the tile */
} zs_slot_state;

typedef struct zs_slot_ring {
    uint64_t id[ZS_SLOTS_MAX + 1]; /* tile that a slot holds; UINT64_MAX: none. Place n is free */
    zs_slot_state slot[ZS_SLOTS_MAX];
    uint32_t n, next;
} zs_slot_ring;

typedef struct zs_emitter {
    zs_plan_draft *d;
    zs_tile_op *ops;
    zs_tile_box *boxes;
    uint32_t op_n, op_cap;
    zs_op_cost *costs;
    uint32_t cost_n, cost_cap;
    zs_plan_meet *meets;
    uint32_t meet_n, meet_cap;
    uint32_t *meet_waits;
    uint32_t meet_wait_n, meet_wait_cap;
    uint32_t *cost_table; /* open addressing, emptied for each row */
    uint64_t *cost_tag;
    uint32_t row;
    zs_operand_ports ports; /* of the row */
    zs_slot_ring x, w, acc;
    const zs_plan_row *w_row; /* for whose tiles the slots of weights are divided, or NULL */
    uint32_t w_rest;          /* last use of what lies behind these */
    uint32_t *written_by;     /* [tensor root] last STORE to it since the last join */
    uint32_t last_mac;
    uint32_t last_add;   /* last addition to tiles */
    uint32_t last_out;   /* last work on finished sums that the MACs' unit does not do itself */
    uint32_t last_store; /* where rows have ports of their own */
    zs_err *err;
} zs_emitter;

/* Refuses tile loops of so many trips before memory fills with ops that will be too many. */
zs_status zs_emit_expect(zs_emitter *e, const uint32_t *trips, uint32_t n);
zs_status zs_emit_init(zs_emitter *e, zs_plan_draft *d, zs_err *err);
/* Hands ops and prices over to the plan. */
void zs_emit_finish(const zs_emitter *e);
/* Prices are shared within a row only. */
void zs_emit_begin_row(zs_emitter *e, uint32_t row);
zs_status zs_emit_join(zs_emitter *e);
/* The waits of an op from all the ops that it has to wait for: ZS_NO_OP and doubles are dropped,
 * and where more than three are left, one of them becomes a MEET of the rest. Reorders `ops`. */
zs_status zs_emit_waits(zs_emitter *e, uint32_t *ops, uint32_t n, uint32_t wait[3]);
zs_status zs_emit_host(zs_emitter *e, zs_host_step step, uint64_t pl_cycles);
/* Prices for MAC and POST, given by the caller; equal keys share one entry. */
zs_status zs_emit_priced(zs_emitter *e, zs_op_code code, const zs_tile_box *box,
                         const uint8_t slot[4], const uint32_t wait[3], uint64_t key,
                         uint64_t pl_cycles, uint32_t *op);
/* The same on a compute unit other than ZS_UNIT_PE. */
zs_status zs_emit_on_unit(zs_emitter *e, zs_op_code code, uint32_t unit, const zs_tile_box *box,
                          const uint8_t slot[4], const uint32_t wait[3], uint64_t key,
                          uint64_t pl_cycles, uint32_t *op);
zs_status zs_emit_transfer(zs_emitter *e, zs_op_code code, const zs_tile_box *box,
                           const uint8_t slot[4], const uint32_t wait[3], uint32_t *op);
/* Slot that holds `id`, or ZS_SLOT_NONE. */
uint32_t zs_ring_find(zs_slot_ring *ring, uint64_t id);
/* The slot to overwrite next. */
uint32_t zs_ring_take(zs_slot_ring *ring);
void zs_ring_reset(zs_slot_ring *ring, uint32_t n, uint32_t last_use);
/* Op after which the input of the current row is in DRAM, or ZS_NO_OP. */
uint32_t zs_emit_producer(const zs_emitter *e);
/* The same of a tensor, and of the inputs of a layer that is done in this row. */
uint32_t zs_emit_writer_of(const zs_emitter *e, uint32_t tensor);
uint32_t zs_emit_producer_of(const zs_emitter *e, const zs_layer *layer);

/* The ops of all rows, in order; `body` those of one row of a call, between its start and end; the
 * PS runs the others. Engine rings of inputs and sums are emptied at the start of a call. */
typedef zs_status zs_emit_body_fn(zs_emitter *e);
zs_status zs_emit_rows(zs_plan_draft *d, zs_emit_body_fn *body, zs_err *err);
/* DRAM bytes of one row, which are the same whatever rows stand before it. */
zs_status zs_emit_row_traffic(const zs_plan_draft *d, zs_emit_body_fn *body, zs_arena *scratch,
                              uint32_t row, uint64_t *bytes, zs_err *err);
/* That and the estimate below of one row of a call alone, without the call's start and end. */
typedef struct zs_row_estimate {
    uint64_t pl_cycles, bytes;
    uint32_t op_n;
} zs_row_estimate;
zs_status zs_emit_row_estimate(const zs_plan_draft *d, zs_emit_body_fn *body, zs_arena *scratch,
                               uint32_t row, zs_row_estimate *out, zs_err *err);

/* estimate.c: PL cycles of a plan with ops, of which transfers take their price alone on their
 * channel, and all of them together the time of the DRAM: close to fidelity `tile`, for choices
 * between plans of one design. Of one engine; ZS_ENOMEM. */
zs_status zs_plan_estimate(zs_arena *scratch, const zs_design *design, const zs_plan *plan,
                           uint64_t *pl_cycles, zs_err *err);
/* For kinds that try several plans of one design: the draft and the plan as they were handed over,
 * on a scratch arena that is reset; and that estimate, of a draft with its ops. ZS_ENOMEM. */
zs_status zs_draft_again(zs_arena *scratch, const zs_plan_draft *base, const zs_plan *base_plan,
                         zs_plan_draft *d, zs_err *err);
zs_status zs_draft_estimate(zs_arena *scratch, const zs_plan_draft *d, uint64_t *pl_cycles,
                            zs_err *err);
/* Less than this is below what the estimate can tell. */
enum { ZS_ESTIMATE_PER_MILLE = 5 };

/* host_steps.c */
zs_status zs_emit_call_start(zs_emitter *e, const zs_plan_call *call);
zs_status zs_emit_call_end(zs_emitter *e, const zs_plan_call *call);
zs_status zs_emit_host_layer(zs_emitter *e);
zs_status zs_emit_host_s(zs_emitter *e, zs_host_step step, double seconds);
/* A coherent port spares cache maintenance. */
bool zs_port_is_coherent(uint32_t port);
/* Time of the PS for a layer, caches aside. */
double zs_plan_software_s(const zs_cpu_params *cpu, const zs_layer *layer, uint64_t batch);

/* Of several engines: whether a layer is this one's, and whether it is another's, which leaves its
 * result in DRAM as this one would. */
static inline bool zs_draft_takes(const zs_plan_draft *d, uint32_t layer)
{
    return d->engine_of_layer == NULL || d->engine_of_layer[layer] == d->engine;
}
static inline bool zs_draft_is_others(const zs_plan_draft *d, uint32_t layer)
{
    return !zs_draft_takes(d, layer) && d->engine_of_layer[layer] != ZS_ENGINE_NONE &&
           zs_op_has_filters(d->net->layers[layer].op);
}

static inline uint32_t zs_draft_all_n(const zs_plan_draft *d)
{
    return d->row_n + d->front_n;
}
static inline zs_operand_ports zs_draft_ports(const zs_plan_draft *d, uint32_t row)
{
    return d->ports_of_row != NULL ? d->ports_of_row[row] : zs_accel_ports(&d->design->accel);
}
static inline const zs_layer *zs_draft_layer(const zs_plan_draft *d, uint32_t row)
{
    return &d->net->layers[d->drafts[row].layer];
}

/* Tensor that owns the memory of `tensor`. */
static inline uint32_t zs_draft_root(const zs_plan_draft *d, uint32_t tensor)
{
    uint64_t offset;
    return zs_tensor_root(d->net, tensor, &offset);
}
/* Bytes of an element of a tensor in DRAM. */
uint32_t zs_draft_elem(const zs_plan_draft *d, uint32_t tensor);
/* Bytes of a tensor in DRAM, of all images. */
uint64_t zs_draft_tensor_bytes(const zs_plan_draft *d, uint32_t tensor);
/* The compulsory bytes of a row that the PS runs: it reads its inputs and its weights once and
 * writes its result once. */
void zs_draft_count_software(const zs_plan_draft *d, const zs_layer *layer, zs_plan_row *row);

#endif
