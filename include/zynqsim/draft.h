/* draft.h - the toolbox with which kinds build plans: rows, calls, addresses, ops. Knows no kind.
 *
 *   fuse.c        which layers form a row, which rows a call
 *   fuse_fronts.c which rows are done tile by tile in front of others
 *   fuse_adds.c   which additions are done with the tiles of a convolution
 *   residents.c   which tensors stay on chip
 *   place.c       addresses in DRAM, rows as results show them
 *   emit.c        ops, boxes, prices and the state of the slots
 *   host_steps.c  steps of the PS
 *   estimate.c    an estimate of the cycles of a plan
 *   weight_masks.c  weights that are 0
 *   draft.c       the sequence of these steps
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

/* Data of a row that the finished plan does not need. */
typedef struct zs_row_draft {
    uint32_t layer;       /* index into net->layers */
    uint32_t act, pool;   /* layers fused behind, in this order, or ZS_NO_INDEX */
    uint32_t out;         /* tensor it writes: that of the last fused layer */
    uint32_t out_c0;      /* first channel of it within the pool's output (concat, then pool) */
    uint32_t front;       /* row whose results it consumes tile by tile; 0: none */
    uint32_t add;         /* addition done with its tiles, or ZS_NO_INDEX */
    uint32_t sum, addend; /* inputs of that addition: the results of the tiles, the other tensor */
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
    bool is_strip; /* holds a tile at a time: of a front's results, or of an addend */
} zs_resident_draft;

/* Which layers an engine runs, and how calls are formed. */
typedef struct zs_fuse_rules {
    bool takes_any_pool;      /* pools of any window and kind, and global averages */
    bool pools_after_call;    /* a pool behind the results of a call belongs to that call */
    bool takes_dense_only;    /* only convolutions of one group */
    bool writes_acts;         /* activations of a few LUTs are applied to results */
    bool takes_fronts;        /* depthwise layers go tile by tile with the 1x1 layers around them,
                               * and additions with the convolution before them */
    bool splits_concat_pools; /* a pool behind a concatenation is fused into each of its parts */
    uint64_t most_pooled_pixels; /* largest map in front of a fused pool */
} zs_fuse_rules;

typedef struct zs_plan_draft {
    zs_arena *arena;
    const zs_design *design;
    const zs_net *net;
    zs_xfer_fn *xfer;
    const zs_operand_ports *ports_of_row; /* [row] where layers have ports of their own; NULL: those
                                           * of the design */
    uint32_t output_port;                 /* port of results */
    const uint8_t *engine_of_layer;       /* [layer] the engine that runs it, or ZS_ENGINE_NONE;
                                           * NULL: there is one engine */
    uint8_t engine;                       /* index of this engine */
    void *own;                            /* data of the kind */
    zs_row_draft *drafts;
    zs_plan_row *rows;
    uint32_t row_n, front_n; /* fronts lie behind the rows */
    uint32_t *readers;       /* [tensor] number of layer inputs that read it */
    uint64_t *packed_bytes;  /* [tensor] bytes of the batch in DRAM where elements are not whole
                              * bytes, else 0; NULL: no such tensor */
    uint32_t *row_of_layer;  /* [layer]; of a fused pool the first row it is fused into */
    zs_resident_draft *residents;
    uint32_t resident_n;
    /* [tensor] may stay on chip: for `auto` by the search; NULL: by the fusion alone. */
    const bool *may_stay;
    /* [tensor] may be consumed from a front tile by tile: for `auto` by the search; NULL: by the
     * fusion alone. And those for which there was no room. */
    const bool *by_tile;
    bool *not_by_tile;
    bool takes_no_fronts;
    bool is_denied;  /* something was added to not_by_tile */
    bool is_outline; /* only ops of the PS and joins are emitted */
    bool is_whole;   /* the plan has its ops */
    zs_plan *plan;
} zs_plan_draft;

/* Turns layers into rows, rows into calls: d->drafts, and d->rows with names and work. */
zs_status zs_draft_fuse(zs_plan_draft *d, const zs_fuse_rules *rules, zs_err *err);
/* The first half of that, for kinds with several rows per layer: d->drafts alone. */
zs_status zs_draft_fuse_layers(zs_plan_draft *d, const zs_fuse_rules *rules, zs_err *err);
/* Sets row `i` to its whole layer, computed one output channel after the other: window, shapes, and
 * the tile. */
void zs_draft_shape_whole(zs_plan_draft *d, uint32_t i);
/* Bytes of a layer's filters, stored one after the other and each after its bias. */
uint64_t zs_draft_filter_bytes(const zs_plan_draft *d, uint32_t i);
/* A mask of the weights of a layer that are other than 0, a row for each filter. Synthetic weights
 * count as other than 0. ZS_ERANGE: filters of more than 2^32 weights. */
zs_status zs_draft_mask_weights(zs_plan_draft *d, const zs_layer *layer, zs_mask *out, zs_err *err);
/* Layout of weights, sums and tensors in DRAM. All 0: biases with their weights, no partial sums,
 * tensors as planes. */
typedef struct zs_place_rules {
    bool biases_apart;      /* weights are stored as OIHW, biases separately */
    bool spills_sums;       /* partial sums need room */
    uint32_t channel_block; /* adjacent channels; tensors are padded to whole blocks */
} zs_place_rules;
/* To be called when tiles and buffer sizes are known: sets addresses of weights and tensors,
 * compulsory bytes, and the calls. */
zs_status zs_draft_place(zs_plan_draft *d, const zs_place_rules *rules, zs_err *err);
/* ZS_ERANGE where plan->dram_bytes exceed the board, for kinds that place data after that. */
zs_status zs_draft_check_dram(const zs_plan_draft *d, zs_err *err);

/* The fusion (ZS_FUSION_*) of a layer, by `layers` or else by the design. */
uint32_t zs_draft_fusion(const zs_plan_draft *d, const zs_layer *layer, bool *is_own);
/* fuse_fronts.c: moves rows that others consume tile by tile behind the rows. ZS_ENOMEM. */
zs_status zs_draft_take_fronts(zs_plan_draft *d);
/* Row `i` cannot consume its front tile by tile: there is no room. */
void zs_draft_deny_front(zs_plan_draft *d, uint32_t i);
/* fuse_adds.c: fuses additions with the tiles of a convolution. */
void zs_draft_take_adds(zs_plan_draft *d);
/* Row `i` cannot have a fused addition: there is no room for the addend. */
void zs_draft_deny_add(zs_plan_draft *d, uint32_t i);
/* Whether a tensor has a single reader, is no result of the network, and shares memory with no
 * other tensor. */
bool zs_draft_is_private(const zs_plan_draft *d, uint32_t tensor);
/* Whether two layers load and store through the same ports. */
bool zs_draft_share_ports(const zs_plan_draft *d, const zs_layer *a, const zs_layer *b);
/* Whether row `i` is the squeeze of a fire module whose expands are the next two rows. */
bool zs_draft_is_fire(const zs_plan_draft *d, uint32_t i);

/* Chooses the tensors that stay on chip by bytes saved. `size_buffers` returns whether block RAM
 * has room for `resident_elems` beside all else. */
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
    uint64_t id[ZS_SLOTS_MAX + 1]; /* tile that a slot holds; UINT64_MAX: none. [n]: sentinel */
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
    const zs_plan_row *w_row; /* row for whose tiles the weight buffer is divided, or NULL */
    uint32_t w_rest;          /* last use of the buffer beyond these slots */
    uint32_t *written_by;     /* [tensor root] last STORE to it since the last join */
    uint32_t last_mac;
    uint32_t last_add;   /* last addition to tiles */
    uint32_t last_out;   /* last work on finished sums on a unit other than the MACs' */
    uint32_t last_store; /* where rows have ports of their own */
    zs_err *err;
} zs_emitter;

/* Refuses tile loops whose n trip counts would give too many ops, before memory fills with them. */
zs_status zs_emit_expect(zs_emitter *e, const uint32_t *trips, uint32_t n);
zs_status zs_emit_init(zs_emitter *e, zs_plan_draft *d, zs_err *err);
/* Hands ops and prices over to the plan. */
void zs_emit_finish(const zs_emitter *e);
/* Prices are shared within a row only. */
void zs_emit_begin_row(zs_emitter *e, uint32_t row);
zs_status zs_emit_join(zs_emitter *e);
/* Packs the ops that an op has to wait for into wait[3]: ZS_NO_OP and duplicates are dropped, and
 * where more than three are left, one wait is a MEET of the rest. Reorders `ops`. */
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
/* The same for a tensor, and for the inputs of a layer that is part of this row. */
uint32_t zs_emit_writer_of(const zs_emitter *e, uint32_t tensor);
uint32_t zs_emit_producer_of(const zs_emitter *e, const zs_layer *layer);

/* Emits the ops of all rows, in order. `body` emits those of one row of a call; rows without a call
 * run on the PS. Rings of inputs and sums are emptied at the start of a call. */
typedef zs_status zs_emit_body_fn(zs_emitter *e);
zs_status zs_emit_rows(zs_plan_draft *d, zs_emit_body_fn *body, zs_err *err);
/* DRAM bytes of one row, which do not depend on the rows before it. */
zs_status zs_emit_row_traffic(const zs_plan_draft *d, zs_emit_body_fn *body, zs_arena *scratch,
                              uint32_t row, uint64_t *bytes, zs_err *err);
/* These bytes and the estimate below for one row alone, without the start and end of its call. */
typedef struct zs_row_estimate {
    uint64_t pl_cycles, bytes;
    uint32_t op_n;
} zs_row_estimate;
zs_status zs_emit_row_estimate(const zs_plan_draft *d, zs_emit_body_fn *body, zs_arena *scratch,
                               uint32_t row, zs_row_estimate *out, zs_err *err);

/* estimate.c: PL cycles of a plan with ops, for choices between plans of one design. Transfers take
 * their price alone on their channel, and together at least the time of the DRAM: close to fidelity
 * `tile`. For designs of one engine; ZS_ENOMEM. */
zs_status zs_plan_estimate(zs_arena *scratch, const zs_design *design, const zs_plan *plan,
                           uint64_t *pl_cycles, zs_err *err);
/* For kinds that try several plans of one design: a copy of the draft and the plan as they were
 * handed over, on a scratch arena that is reset; and the estimate of a draft with its ops.
 * ZS_ENOMEM. */
zs_status zs_draft_again(zs_arena *scratch, const zs_plan_draft *base, const zs_plan *base_plan,
                         zs_plan_draft *d, zs_err *err);
zs_status zs_draft_estimate(zs_arena *scratch, const zs_plan_draft *d, uint64_t *pl_cycles,
                            zs_err *err);
/* Resolution of the estimate: smaller differences do not count. */
enum { ZS_ESTIMATE_PER_MILLE = 5 };

/* host_steps.c */
zs_status zs_emit_call_start(zs_emitter *e, const zs_plan_call *call);
zs_status zs_emit_call_end(zs_emitter *e, const zs_plan_call *call);
zs_status zs_emit_host_layer(zs_emitter *e);
zs_status zs_emit_host_s(zs_emitter *e, zs_host_step step, double seconds);
/* A coherent port needs no cache maintenance. */
bool zs_port_is_coherent(uint32_t port);
/* Time of the PS for a layer, without cache maintenance. */
double zs_plan_software_s(const zs_cpu_params *cpu, const zs_layer *layer, uint64_t batch);

/* With several engines: whether this engine runs a layer, and whether another one does, which
 * leaves its result in DRAM. */
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
    const bool is_own = d->net->tensors[tensor].parent == ZS_NO_INDEX; /* most: without a call */
    return is_own ? tensor : zs_tensor_root(d->net, tensor, NULL);
}
/* Bytes of an element of a tensor in DRAM. */
uint32_t zs_draft_elem(const zs_plan_draft *d, uint32_t tensor);
/* Bytes of a tensor in DRAM, of all images. */
uint64_t zs_draft_tensor_bytes(const zs_plan_draft *d, uint32_t tensor);
/* The compulsory bytes of a row that the PS runs: it reads its inputs and its weights once and
 * writes its result once. */
void zs_draft_count_software(const zs_plan_draft *d, const zs_layer *layer, zs_plan_row *row);

#endif
