/* kind.h - the interface of a kind of accelerator: one row of functions.
 *
 * A kind turns design + network into a plan, computes its account of resources and its peak rate,
 * and performs its ops on data. It lives in src/kinds/<kind>/ and is found by its row of
 * src/kinds/kinds.def; nothing outside src/kinds names one. A kind builds its plan with the toolbox
 * of draft.h and its executor with that of exec.h; what two kinds share is there.
 * Errors   those of the functions of plan.h, sim.h and bound.h that call it.
 * Memory   rows are static; results live in the arena of the draft, executor or account. */
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

/* Keys of lanes that explain doubles: their number, the tile size that limits it, and the banks of
 * memory that follow. NULL where there is no such key. */
typedef struct zs_kind_lanes {
    const char *unroll, *bound, *banks;
} zs_kind_lanes;

/* Most keys of `layers` in one schedule. */
enum { ZS_SCHEDULE_KEYS = 8 };

/* A key that a search has not fixed yet, and the range of its remaining values. */
typedef struct zs_open_knob {
    const char *path;
    double least, most;
} zs_open_knob;
/* For which figures a relaxed design is a lower bound. */
typedef enum zs_relaxing {
    ZS_RELAX_TIME,  /* time and bytes of the outline */
    ZS_RELAX_ROOM,  /* also resources of the account, without its memories; of a design without open
                     * keys with them, where they are not known apart */
    ZS_RELAX_SMALL, /* resources of the account with memories: the lower of the accounts of SMALL,
                     * where every memory whose size is not set is as small as possible, ... */
    ZS_RELAX_LARGE  /* ... and of LARGE, where it is as large */
} zs_relaxing;

/* The axis of a kind with three DMAs: each on an HP port of its own, or on shared ones. */
extern const char zs_kind_ports_axis[];

/* The keys that a search over designs of the kind varies, and their bounds. */
typedef struct zs_kind_space {
    /* Axes in the form of `--vary`; a key alone: values that follow from the design. Ends with
     * NULL. */
    const char *const *axes;
    /* Keys that relax() accepts as open, in the order in which they are best fixed. Ends with NULL.
     */
    const char *const *knobs;
    /* Turns a design with n open keys into one whose outline is never above that of any design with
     * these keys fixed; it need not be valid. False: there is no bound, for example of memories
     * while keys are open that decide their sizes. NULL without knobs. */
    bool (*relax)(zs_design *design, const zs_open_knob *open, uint32_t n, zs_relaxing what);
} zs_kind_space;

typedef struct zs_kind {
    const char *word; /* value of accelerator.kind */

    /* ---- the plan ---- */
    /* Rows, calls, units, buffers and addresses of d->net on d->design. */
    zs_status (*draft)(zs_plan_draft *d, zs_err *err);
    /* The ops of a draft; when d->is_outline, only those of the PS and the joins. */
    zs_status (*emit)(zs_plan_draft *d, zs_err *err);
    /* Whether equal drafts (zs_plan_is_alike) give the same ops. */
    bool draft_decides_ops;
    /* Whether plans depend on the values of weights; NULL: never. */
    bool (*plans_by_weights)(const zs_design *design);
    /* Whether plans depend on zeros among the inputs of layers and need net->activity; NULL: never.
     */
    bool (*plans_by_inputs)(const zs_design *design);
    /* DRAM side of a READ or WRITE op. */
    zs_xfer_fn *xfer;
    /* Accesses of an op of a serial unit; NULL: the kind has none. */
    zs_serial_walk (*walk)(const zs_plan_row *row, const zs_tile_box *box);

    /* ---- closed forms ---- */
    /* Resources of the engine, item by item. */
    void (*account)(zs_fit_account *a, const zs_design *design, const zs_plan *plan);
    /* Least initiation interval of the MAC loop: lanes / interval is the peak in MACs per clock. */
    uint32_t (*interval)(const zs_design *design);
    /* Peak rate of the AXI ports in use; NULL: a beat a clock on every channel in use. */
    double (*axi_bytes_per_s)(const zs_design *design);
    /* Whether partial sums are reloaded over the port of the output; NULL: never. */
    bool (*spills_sums)(const zs_design *design);
    /* Work of one row of an outline; NULL: outlines are whole plans. */
    void (*outline_row)(zs_outline *o, uint32_t row);
    /* Cycles that an HLS report would state; NULL: 0. */
    uint64_t (*hls_cycles)(const zs_design *design, const zs_net *net, const zs_plan *plan);

    /* ---- numerics ---- */
    /* Memories of the engine, in e->own, and weights in simulated DRAM. */
    zs_status (*exec_build)(zs_exec *e, zs_arena *arena, zs_err *err);
    void (*exec_op)(zs_exec *e, uint32_t op);
    /* Writes or reads a tensor of one image, float CHW, in simulated DRAM; NULL: it is stored as
     * CHW. */
    void (*exec_set)(zs_exec *e, uint32_t image, uint32_t tensor, const float *x);
    void (*exec_get)(const zs_exec *e, uint32_t image, uint32_t tensor, float *y);
    bool streams_pixels;       /* channels of a pixel are adjacent in DRAM, for transfers if not for
                                  the executor */
    bool takes_model_scales;   /* supports precision `model` */
    bool takes_narrow_numbers; /* supports precisions of fewer than 8 bits */
    bool takes_layer_settings; /* supports layers: PATTERN: {pe: ...} */
    bool narrows_biases;       /* in DRAM a bias is as wide as the data, not as the sums */

    /* ---- reports ---- */
    /* Notes on a result: `*notes` and `*n`; NULL: none. */
    zs_status (*notes)(zs_arena *arena, const zs_plan *plan, const zs_kind_totals *totals,
                       const char *const **notes, uint32_t *n, zs_err *err);
    /* A further note on a row; it returns NULL when memory is out. NULL: none. */
    const char *(*row_note)(zs_arena *arena, const zs_plan *plan, uint32_t row);
    /* Writes every loop of the engine with its trips and waits as text; NULL: the kind has no loops
     * of its own. Errors of the sink. */
    zs_status (*loops)(const zs_design *design, const zs_plan *plan, const zs_sink *s);
    /* Writes the source code of the engine; NULL: there is none. ZS_EUNSUPPORTED names a layer or
     * key that the code cannot express; errors of the sink. */
    zs_status (*code)(const zs_design *design, const zs_net *net, const zs_plan *plan,
                      const zs_sink *s, zs_err *err);
    const char *listing_legend; /* lines of `show --plan` about its ops, or NULL */
    /* Settings, without their pattern, that give a layer the schedule of a row; returns their
     * number. NULL: layers have no schedules. */
    uint32_t (*schedule)(const zs_plan_row *row, zs_layer_setting settings[ZS_SCHEDULE_KEYS]);
    const zs_kind_space *space; /* NULL: no axes of its own */
    const zs_kind_lanes *lanes; /* ends with a row of NULLs; NULL: the unroll keys that it has */
} zs_kind;

/* [accelerator.kind], zs_kind_n of them */
extern const zs_kind *const zs_kinds[];
static inline const zs_kind *zs_kind_of(const zs_design *design)
{
    return zs_kinds[design->accel.kind];
}

/* Whether plans of a design, or of one of its engines, depend on values of weights. */
bool zs_kind_reads_weights(const zs_design *design);
/* Whether they depend on zeros among inputs. */
bool zs_kind_reads_inputs(const zs_design *design);
/* Bits of a bias in DRAM; 0: those of the accumulator. */
uint32_t zs_kind_bias_bits(const zs_design *design);

/* ---- plans ----------------------------------------------------------------------------------- */

/* ZS_EUNSUPPORTED or ZS_ERANGE name the layer or field; ZS_ENOMEM. A design that does not fit the
 * part still gets a plan. */
zs_status zs_plan_build(zs_arena *arena, const zs_design *design, const zs_net *net, zs_plan **out,
                        zs_err *err);
/* The same in two steps. A draft has rows, calls, buffers and addresses, for fusion `auto` those
 * that the search chose. For designs that differ in accelerator.fusion alone, equal drafts
 * (zs_plan_is_alike) give the same ops, so the second one need not be finished or simulated. */
zs_status zs_plan_draft_build(zs_arena *arena, const zs_design *design, const zs_net *net,
                              zs_plan_draft **out, zs_err *err);
/* A hash of all that zs_plan_is_alike compares; 0: the ops depend on more. */
uint64_t zs_plan_draft_digest(const zs_plan_draft *draft);
/* Whether rows, calls and buffers are equal, including their names. */
bool zs_plan_is_alike(const zs_plan *a, const zs_plan *b);
const zs_plan *
zs_plan_draft_plan(const zs_plan_draft *draft);             /* without ops until it is finished */
const char *zs_plan_draft_note(const zs_plan_draft *draft); /* fusion_note */
/* Adds the ops; to be called once. */
zs_status zs_plan_finish(zs_plan_draft *draft, const zs_plan **out, zs_err *err);
/* A plan without the ops of tiles: it has rows, calls, buffers and addresses, and of the ops only
 * steps of the PS and joins, in their rows. Takes some microseconds. For fusion `auto`, whose
 * search needs whole plans, every tensor goes through DRAM; for all others rows and buffers are
 * those of the plan. Kinds without outlines have few ops and give the whole plan. */
zs_status zs_plan_outline(zs_arena *arena, const zs_design *design, const zs_net *net,
                          zs_plan **out, zs_err *err);
/* The DRAM transfer of a READ or WRITE op, with rows merged as by the DMA. */
zs_xfer zs_plan_xfer(const zs_plan *plan, const zs_design *design, uint32_t op);

#endif
