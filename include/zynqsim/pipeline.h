/* pipeline.h - simulated time of training and inference over a pipeline of devices.
 *
 * Stages   Each stage is a device of its own: the design's board; a device described by its roofs
 *          (system.device.*); with pipeline.stages: engines, the i-th engine of `accelerators`, of
 *          any kind; with system.boards, the i-th of these.
 * Passes   The time of a layer is that of its passes, each a call of its own, as training keeps the
 *          results of every layer: the forward pass; the data gradient, a convolution with channels
 *          exchanged over the errors, spread by the stride; the weight gradient, a product of
 *          errors and gathered inputs, summed over pixels; and the update, by the PS. Other layers
 *          take as long backward as forward. The passes of one image are simulated and used for all
 *          images of a mini-batch.
 * Links    take latency + bytes with their packets' overhead / bandwidth; one for each two
 *          neighbours or one for all (system.link.shared), both directions at once or in turn
 *          (system.link.duplex), during the work of stages or between passes (system.link.overlap).
 * Models   Training and inference are simulated event by event through stages and links, with
 *          pipeline.buffers on either side of a link (pipeline_flow.c). Pipelined training goes in
 *          cycles of the slowest stage's work, longer where links delay stages: with free links N
 *          mini-batches take N + 2K of them.
 * Omits    noise, host software between steps, the first loading of data, contention of the engines
 *          of one board for its memory.
 * Memory   the arena's. */
#ifndef ZYNQSIM_PIPELINE_H
#define ZYNQSIM_PIPELINE_H

#include "zynqsim/sim.h"
#include "zynqsim/train.h"

/* Of a mini-batch. */
typedef struct zs_layer_time {
    double forward_s, backward_s; /* backward: with the update */
    double inference_s;           /* of one image */
    double joules;                /* 0 for devices described by their roofs */
} zs_layer_time;

/* Shares of the time of a full pipeline in which a stage works, could but finds its output buffers
 * taken, and lacks data; and in which the link to the next stage carries, forward and back. */
typedef struct zs_stage_load {
    double busy_frac, blocked_frac, starved_frac, link_frac, link_back_frac;
} zs_stage_load;

typedef struct zs_pipeline_stage {
    uint32_t first, last; /* layers */
    const char *device;   /* engine or design of the board; NULL: all are on the same */
    double forward_s, backward_s, inference_s, joules;
    uint64_t crossing_bytes;           /* of one mini-batch, to the next stage; as errors back */
    double link_s, inference_link_s;   /* one direction */
    zs_stage_load inference, training; /* training: in the scheme of the setup */
    zs_train_memory memory;
} zs_pipeline_stage;

/* The same pipeline with other numbers of buffers on either side of its links. */
typedef struct zs_pipeline_buffers {
    uint32_t buffers;
    double images_per_s;       /* inference */
    double blocked_frac;       /* of it, the stage that is blocked most */
    double cycle_s;            /* pipelined training */
    double train_blocked_frac; /* of it, likewise */
} zs_pipeline_buffers;
enum { ZS_PIPELINE_BUFFERS_N = 4 };

typedef struct zs_pipeline {
    zs_pipeline_stage *stages;
    uint32_t stage_n;
    double plain_s;          /* a mini-batch through all stages, one after the other, with links */
    double alone_s;          /* on one device, without links */
    double gpipe_s;          /* a mini-batch in micro-batches */
    double cycle_s;          /* pipelined: a mini-batch of a full pipeline */
    double exchange_s;       /* of it what links add to the work of the slowest stage */
    double fill_s;           /* of filling and emptying it once */
    double hybrid_s;         /* mean of hybrid: pipelined up to hybrid_after, then plain */
    uint64_t versions_bytes; /* weights that pipedream keeps besides those of now */
    uint64_t copies_bytes;   /* one copy of all weights per forward and per backward stage, which is
                              * how published figures count them */
    uint64_t scheme_bytes[ZS_SCHEME_HYBRID + 1];           /* memory of all stages in each scheme */
    double joules;                                         /* of a mini-batch */
    double latency_s, images_per_s;                        /* pipelined inference */
    zs_pipeline_buffers by_buffers[ZS_PIPELINE_BUFFERS_N]; /* 1, 2, 4, 8 */
} zs_pipeline;

/* What happens when, from 0. */
enum { ZS_SPAN_FORWARD, ZS_SPAN_BACKWARD, ZS_SPAN_LINK, ZS_SPAN_LINK_BACK };
typedef struct zs_pipeline_span {
    double start_s, end_s; /* links: without their latency */
    uint32_t stage;        /* links: that sends */
    uint32_t number;       /* of the part, from 0, over all mini-batches */
    uint8_t what;          /* ZS_SPAN_* */
} zs_pipeline_span;
typedef struct zs_pipeline_diagram {
    zs_pipeline_span *spans; /* of a stage in order of time */
    uint32_t n, max;
    uint32_t mini_batch_n, parts; /* of each mini-batch; 1 but in gpipe */
    double end_s;
} zs_pipeline_diagram;

/* Devices that stages are on: 1, the same for all, or the engines of the design, or those of
 * system.boards; what they are called, "engines" or "boards". */
uint32_t zs_pipeline_device_n(const zs_design *design);
const char *zs_pipeline_device_word(const zs_design *design);
/* [device][layer]; of several devices INFINITY where one cannot do a pass of a layer. Else whatever
 * building and running a plan may fail with, with the layer as the place. */
zs_status zs_pipeline_times(zs_arena *arena, const zs_design *design, const zs_train_setup *setup,
                            zs_fidelity fidelity, zs_layer_time **out, zs_err *err);
/* The k cuts with the shortest slowest stage (forward and backward). ZS_EUSAGE: more than the
 * layers allow. */
zs_status zs_pipeline_balance(zs_arena *arena, const zs_train_setup *setup,
                              const zs_layer_time *times, uint32_t device_n, uint32_t k,
                              uint32_t **cuts, zs_err *err);
/* The k cuts with the shortest mini-batch in the scheme of the setup, or with the most images a
 * second, as simulated, links and all. No other k cuts are faster, where that is proven: the search
 * ends after 20,000 simulated pipelines or bounds of five million beginnings. Errors as _balance.
 */
typedef struct zs_pipeline_cuts {
    uint32_t *cuts;
    uint32_t cut_n;
    double seconds;       /* of a mini-batch, or of an image */
    double all_n;         /* ways to cut; */
    uint64_t simulated_n; /* ... of which so many were simulated */
    bool is_proven;
} zs_pipeline_cuts;
zs_status zs_pipeline_best(zs_arena *arena, const zs_design *design, const zs_train_setup *setup,
                           const zs_layer_time *times, uint32_t k, bool infers,
                           zs_pipeline_cuts *out, zs_err *err);
zs_status zs_pipeline_build(zs_arena *arena, const zs_design *design, const zs_train_setup *setup,
                            const zs_layer_time *times, zs_pipeline *out, zs_err *err);
/* The first n mini-batches in a scheme (ZS_SCHEME_*; hybrid as stale), and the pipeline emptied. */
zs_status zs_pipeline_draw(zs_arena *arena, const zs_design *design, const zs_pipeline *pipeline,
                           uint32_t scheme, uint32_t parts, uint32_t n, zs_pipeline_diagram *out,
                           zs_err *err);
/* Copies of all weights that published figures count for stashing: one of each forward and each
 * backward stage. */
uint32_t zs_pipeline_copies_n(uint32_t pairs);
uint64_t zs_train_memory_total(const zs_train_memory *memory);
/* Figures by name (pipeline.def): of training over one device, and of pipelined inference. */
typedef struct zs_pipeline_metric {
    const char *name, *unit;
} zs_pipeline_metric;
extern const zs_pipeline_metric zs_pipeline_metrics[];
extern const uint32_t zs_pipeline_metric_n;
double zs_pipeline_figure(const zs_pipeline *p, uint32_t metric);
/* Of n mini-batches of which `pipelined` go through a full pipeline, emptied `fillings` times. */
double zs_pipeline_seconds(const zs_pipeline *p, uint32_t scheme, uint64_t n, uint64_t pipelined,
                           uint64_t fillings);

#endif
