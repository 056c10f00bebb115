/* plan_priv.h - the steps of building a plan, in the order in which plan.c takes them.
 *
 *   fuse.c     which layers form a row, which rows a call, which tensors stay on chip
 *   buffers.c  tile shapes of every row; banks and depths of the on-chip memories
 *   place.c    addresses in DRAM
 *   emit.c     ops, boxes, prices and the state of the slots
 *   loops.c    tile loops of convolutions
 *   vector.c   tile loops of layers without weights; steps of the PS
 *   direct.c   kind direct: walks instead of tiles
 *   search.c   builds plans for `auto` until none moves fewer bytes */
#ifndef ZYNQSIM_PLAN_PRIV_H
#define ZYNQSIM_PLAN_PRIV_H

#include "zynqsim/plan.h"

enum { MAX_SLOTS = 250 };

/* What is known of a row besides what the plan keeps. */
typedef struct row_draft {
    uint32_t layer, pool; /* net->layers indices; pool may be ZS_NO_INDEX */
    uint32_t out;         /* tensor it writes; of the pool when one is fused */
    uint32_t out_c0;      /* first channel of it within the pool's output (concat, then pool) */
    bool on_engine;
    bool joins_previous; /* belongs to the call of the row before */
    const char *call_name;
} row_draft;

typedef struct resident_draft {
    uint32_t tensor; /* owner */
    uint32_t first_row, last_row;
    uint64_t elems, offset; /* whole batch */
    uint64_t saved_bytes;   /* DRAM traffic that it avoids */
    bool chosen;
} resident_draft;

typedef struct zs_plan_draft {
    zs_arena *arena;
    const zs_design *design;
    const zs_net *net;
    row_draft *drafts;
    zs_plan_row *rows;
    uint32_t row_n;
    uint32_t *readers;      /* [tensor] inputs of layers that name it */
    uint32_t *row_of_layer; /* [layer]; of a fused pool the first row it is fused into */
    resident_draft *residents;
    uint32_t resident_n;
    const bool
        *may_stay;   /* [tensor] auto: what the search allows; NULL: all that the fusion wants */
    bool is_outline; /* of the ops, those of the PS and the barriers alone */
    bool is_whole;   /* the plan has its ops */
    zs_plan *plan;
} plan_draft;

/* fuse.c */
zs_status zs_plan_fuse(plan_draft *d, zs_err *err);
zs_status zs_plan_choose_residents(plan_draft *d, zs_err *err);

/* buffers.c */
void zs_plan_shape_rows(plan_draft *d);
/* Sizes plan->buffers for a resident buffer of that many elements; false when block RAM is short.
 */
bool zs_plan_size_buffers(plan_draft *d, uint64_t resident_elems);
zs_status zs_plan_finish_buffers(plan_draft *d, zs_err *err);

/* direct.c: instead of buffers.c and loops.c. */
zs_status zs_plan_direct_shape(plan_draft *d, zs_err *err);
void zs_plan_direct_walks(plan_draft *d); /* once tensors have addresses */

/* plan.c: all but the ops; `may_stay` as in the draft. */
zs_status zs_plan_prepare_with(zs_arena *arena, const zs_design *design, const zs_net *net,
                               const bool *may_stay, plan_draft *d, zs_err *err);
/* DRAM bytes of one row, which are the same whatever rows stand before it. */
zs_status zs_plan_row_traffic(const plan_draft *d, zs_arena *scratch, uint32_t row, uint64_t *bytes,
                              zs_err *err);

/* search.c: the draft of fusion `auto`. */
zs_status zs_plan_search(zs_arena *arena, const zs_design *design, const zs_net *net, plan_draft *d,
                         zs_err *err);

/* lines.c: the plan of kind linebuffer. */
zs_status zs_plan_build_lines(zs_arena *arena, const zs_design *design, const zs_net *net,
                              zs_plan **out, zs_err *err);

/* place.c */
zs_status zs_plan_place(plan_draft *d, zs_err *err);

/* ---- emission -------------------------------------------------------------------------------- */

typedef struct slot_state {
    uint64_t id;       /* tile it holds; UINT64_MAX: none */
    uint32_t ready;    /* op that filled it */
    uint32_t last_use; /* op that must retire before it may be overwritten */
    bool partial;      /* accumulator: sums are incomplete */
    uint32_t box;      /* accumulator: op whose box describes the tile */
} slot_state;

typedef struct slot_ring {
    slot_state slot[MAX_SLOTS];
    uint32_t n, next;
} slot_ring;

typedef struct emitter {
    plan_draft *d;
    zs_tile_op *ops;
    zs_tile_box *boxes;
    uint32_t op_n, op_cap;
    zs_op_cost *costs;
    uint32_t cost_n, cost_cap;
    uint32_t *cost_table; /* open addressing, emptied for each row */
    uint64_t *cost_tag;
    uint32_t row;
    slot_ring x, w, acc;
    uint32_t *written_by; /* [tensor root] last STORE to it since the last barrier */
    uint32_t last_mac;
    zs_err *err;
} emitter;

/* Refuses tile loops of so many trips before memory fills with ops that will be too many. */
zs_status zs_emit_expect(emitter *e, const uint32_t *trips, uint32_t n);
zs_status zs_emit_init(emitter *e, plan_draft *d, zs_err *err);
/* Hands ops and prices over to the plan. */
void zs_emit_finish(const emitter *e);
/* Prices are shared within a row only. */
void zs_emit_begin_row(emitter *e, uint32_t row);
zs_status zs_emit_barrier(emitter *e);
zs_status zs_emit_host(emitter *e, zs_host_step step, uint64_t pl_cycles);
/* Prices for MAC and POST, given by the caller; equal keys share one entry. */
zs_status zs_emit_priced(emitter *e, zs_op_kind kind, const zs_tile_box *box, const uint8_t slot[4],
                         const uint32_t wait[3], uint64_t key, uint64_t pl_cycles, uint32_t *op);
zs_status zs_emit_transfer(emitter *e, zs_op_kind kind, const zs_tile_box *box,
                           const uint8_t slot[4], const uint32_t wait[3], uint32_t *op);
/* Slot that holds `id`, or ZS_SLOT_NONE. */
uint32_t zs_ring_find(const slot_ring *ring, uint64_t id);
/* The slot to overwrite next. */
uint32_t zs_ring_take(slot_ring *ring);
void zs_ring_reset(slot_ring *ring, uint32_t n, uint32_t last_use);
/* Op after which the input of the current row is in DRAM, or ZS_NO_OP. */
uint32_t zs_emit_producer(const emitter *e);

zs_status zs_plan_emit_conv(emitter *e);
zs_status zs_plan_emit_vector(emitter *e);
zs_status zs_plan_emit_direct(emitter *e);
zs_status zs_plan_emit_call_start(emitter *e, const zs_plan_call *call);
zs_status zs_plan_emit_call_end(emitter *e, const zs_plan_call *call);
zs_status zs_plan_emit_host_layer(emitter *e);
/* Time of the PS for a layer, caches aside. */
double zs_plan_software_s(const zs_cpu_params *cpu, const zs_layer *layer, uint64_t batch);

static inline const zs_layer *zs_draft_layer(const plan_draft *d, uint32_t row)
{
    return &d->net->layers[d->drafts[row].layer];
}

/* Tensor that owns the memory of `tensor`. */
static inline uint32_t zs_draft_root(const plan_draft *d, uint32_t tensor)
{
    uint64_t offset;
    return zs_tensor_root(d->net, tensor, &offset);
}

#endif
