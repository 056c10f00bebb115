/* kind.h - what the program asks of a kind of accelerator: one row of functions.
 *
 * A kind turns design + network into a plan, draws up its account of resources, says its peak, and
 * performs its ops on data. It lives in src/kinds/<kind>/ and is found by its row of
 * src/kinds/kinds.def; nothing outside src/kinds names one. A kind builds its plan with the toolbox
 * of draft.h and its executor with that of exec.h; what two kinds share is there.
 * Errors   as the functions of plan.h, sim.h and bound.h that ask.
 * Memory   rows are static; what functions make lives in the arena of the draft, executor or
 * account. */
#ifndef ZYNQSIM_KIND_H
#define ZYNQSIM_KIND_H

#include "zynqsim/base.h"
#include "zynqsim/design.h"
#include "zynqsim/draft.h"
#include "zynqsim/exec.h"
#include "zynqsim/fit.h"
#include "zynqsim/net.h"
#include "zynqsim/outline.h"
#include "zynqsim/plan.h"
#include "zynqsim/serial.h"

/* Totals of a finished run, for notes. */
typedef struct zs_kind_totals {
    uint64_t cycles, hls_cycles, macs;
    const char *fidelity;
} zs_kind_totals;

/* Lanes that explain widens, as keys: how many, beyond how many there is no work, and the banks of
 * memory that follow. NULL where there is no such key. */
typedef struct zs_kind_lanes {
    const char *unroll, *bound, *banks;
} zs_kind_lanes;

/* Keys of `layers` that one schedule takes at the most. */
enum { ZS_SCHEDULE_KEYS = 8 };

/* A knob that a search has not turned yet: its key, and between which values it may end up. */
typedef struct zs_open_knob {
    const char *path;
    double least, most;
} zs_open_knob;
typedef enum zs_relaxing {
    ZS_RELAX_TIME,  /* no value makes the outline take less time or move fewer bytes */
    ZS_RELAX_ROOM,  /* nor the account, without its memories, fewer resources; of a design without
                       open knobs with them, where nothing is known of them apart */
    ZS_RELAX_SMALL, /* the same with every memory as small as what the design leaves to the program
                     */
    ZS_RELAX_LARGE  /* may make it, and as large: what a memory takes is never less than both */
} zs_relaxing;

/* The axis of a kind with three DMAs: each on an HP port of its own, or shared ones. */
extern const char zs_kind_ports_axis[];

/* What a search over designs of the kind turns, and what it may take for granted. */
typedef struct zs_kind_space {
    /* Axes as `--vary` has them; a key alone: values that follow from the design. Ends with NULL.
     */
    const char *const *axes;
    /* Keys that may be open, in the order in which they are best closed. Ends with NULL. */
    const char *const *knobs;
    /* Makes a design that need not be one of a design whose knobs are partly open, or none: its
     * outline is never above that of any design they may end up as. False: nothing is known, as of
     * memories while knobs are open that they follow from. NULL without knobs. */
    bool (*relax)(zs_design *design, const zs_open_knob *open, uint32_t n, zs_relaxing what);
} zs_kind_space;

typedef struct zs_kind {
    const char *word; /* value of accelerator.kind */

    /* ---- the plan ---- */
    /* Rows, calls, units, buffers and addresses of d->net on d->design. */
    zs_status (*draft)(zs_plan_draft *d, zs_err *err);
    /* The ops of a draft; when d->is_outline, only those of the PS and the joins. */
    zs_status (*emit)(zs_plan_draft *d, zs_err *err);
    /* Whether drafts that are alike (zs_plan_is_alike) get the same ops. */
    bool draft_decides_ops;
    /* Whether values of weights decide what a plan does, not their number alone; NULL: never. */
    bool (*plans_by_weights)(const zs_design *design);
    /* Whether zeros among the inputs of layers do: its plans need net->activity; NULL: never. */
    bool (*plans_by_inputs)(const zs_design *design);
    /* DRAM side of a READ or WRITE op. */
    zs_xfer_fn *xfer;
    /* Accesses of an op of a serial unit; NULL: the kind has none. */
    zs_serial_walk (*walk)(const zs_plan_row *row, const zs_tile_box *box);

    /* ---- closed forms ---- */
    /* Resources of the engine, item by item. */
    void (*account)(zs_fit_account *a, const zs_design *design, const zs_plan *plan);
    /* Initiation interval of the MAC loop at its best: lanes / interval is the peak. */
    uint32_t (*interval)(const zs_design *design);
    /* What the AXI ports of the engine carry at most; NULL: every channel in use a beat a clock. */
    double (*axi_bytes_per_s)(const zs_design *design);
    /* Whether partial sums come back over the port of the output; NULL: never. */
    bool (*spills_sums)(const zs_design *design);
    /* Work of one row of an outline; NULL: outlines are whole plans. */
    void (*outline_row)(zs_outline *o, uint32_t row);
    /* Cycles that an HLS report promises; NULL: 0. */
    uint64_t (*hls_cycles)(const zs_design *design, const zs_net *net, const zs_plan *plan);

    /* ---- numerics ---- */
    /* Memories of the engine, in e->own, and weights in simulated DRAM. */
    zs_status (*exec_build)(zs_exec *e, zs_arena *arena, zs_err *err);
    void (*exec_op)(zs_exec *e, uint32_t op);
    /* A tensor of one image, float CHW, into or out of simulated DRAM; NULL: it lies there as CHW.
     */
    void (*exec_set)(zs_exec *e, uint32_t image, uint32_t tensor, const float *x);
    void (*exec_get)(const zs_exec *e, uint32_t image, uint32_t tensor, float *y);
    bool streams_pixels;       /* the channels of a pixel follow each other in DRAM, whatever the
                                  executor does */
    bool takes_model_scales;   /* precision `model` */
    bool takes_narrow_numbers; /* precisions of fewer than 8 bits */
    bool takes_layer_settings; /* layers: PATTERN: {pe: ...} */
    bool narrows_biases;       /* in DRAM a bias is as wide as the data, not as the sums */

    /* ---- reports ---- */
    /* Notes on a result: `*notes` and `*n`; NULL: none. */
    zs_status (*notes)(zs_arena *arena, const zs_plan *plan, const zs_kind_totals *totals,
                       const char *const **notes, uint32_t *n, zs_err *err);
    /* What there is to say of a row besides, or NULL when memory is out; NULL: nothing. */
    const char *(*row_note)(zs_arena *arena, const zs_plan *plan, uint32_t row);
    /* Every loop of the engine with its trips and what it waits for, as text; NULL: the kind has no
     * loops of its own. Errors of the sink. */
    zs_status (*loops)(const zs_design *design, const zs_plan *plan, const zs_sink *s);
    /* What a compiler would build the engine from, as text; NULL: nothing is written.
     * ZS_EUNSUPPORTED names a layer or key that the text cannot have; errors of the sink. */
    zs_status (*code)(const zs_design *design, const zs_net *net, const zs_plan *plan,
                      const zs_sink *s, zs_err *err);
    const char *listing_legend; /* lines of `show --plan` about its ops, or NULL */
    /* Settings, without their pattern, that give a layer the schedule of a row; how many. NULL: no
     * layer has one. */
    uint32_t (*schedule)(const zs_plan_row *row, zs_layer_setting settings[ZS_SCHEDULE_KEYS]);
    const zs_kind_space *space; /* NULL: nothing but what a search is told to turn */
    const zs_kind_lanes *lanes; /* ends with a row of NULLs; NULL: the unroll keys that it has */
} zs_kind;

/* [accelerator.kind], zs_kind_n of them */
extern const zs_kind *const zs_kinds[];
static inline const zs_kind *zs_kind_of(const zs_design *design)
{
    return zs_kinds[design->accel.kind];
}

/* Of a design, or of one of its engines: plans_by_weights. */
bool zs_kind_reads_weights(const zs_design *design);
/* The same of plans_by_inputs. */
bool zs_kind_reads_inputs(const zs_design *design);
/* Bits of a bias in DRAM; 0: as the accumulator wants it. */
uint32_t zs_kind_bias_bits(const zs_design *design);

/* ---- plans ----------------------------------------------------------------------------------- */

/* ZS_EUNSUPPORTED or ZS_ERANGE name the layer or field; ZS_ENOMEM. A design that does not fit the
 * part still gets a plan. */
zs_status zs_plan_build(zs_arena *arena, const zs_design *design, const zs_net *net, zs_plan **out,
                        zs_err *err);
/* The same in two steps. A draft has rows, calls, buffers and addresses; of fusion `auto` the
 * search is done. Of designs that differ in accelerator.fusion alone, drafts that are alike get the
 * same ops, so who has simulated one of them need not even make those of the other. */
zs_status zs_plan_draft_build(zs_arena *arena, const zs_design *design, const zs_net *net,
                              zs_plan_draft **out, zs_err *err);
/* Of all that zs_plan_is_alike compares; 0: the ops depend on more. */
uint64_t zs_plan_draft_digest(const zs_plan_draft *draft);
/* Rows, calls and buffers are the same, names included. */
bool zs_plan_is_alike(const zs_plan *a, const zs_plan *b);
const zs_plan *
zs_plan_draft_plan(const zs_plan_draft *draft);             /* without ops until it is finished */
const char *zs_plan_draft_note(const zs_plan_draft *draft); /* fusion_note */
/* Adds the ops; once. */
zs_status zs_plan_finish(zs_plan_draft *draft, const zs_plan **out, zs_err *err);
/* The same without the ops that scale with the tiles: rows, calls, buffers and addresses, and of
 * the ops the steps of the PS and the joins, in their rows. Costs some microseconds. For fusion
 * `auto`, whose search needs whole plans, every tensor goes through DRAM here; for all others rows
 * and buffers are those of the plan. Kinds without outlines have few ops: the whole plan. */
zs_status zs_plan_outline(zs_arena *arena, const zs_design *design, const zs_net *net,
                          zs_plan **out, zs_err *err);
/* The DRAM transfer of a LOAD or STORE op; rows are merged as the DMA does. */
zs_xfer zs_plan_xfer(const zs_plan *plan, const zs_design *design, uint32_t op);

#endif
