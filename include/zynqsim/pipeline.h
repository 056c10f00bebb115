/* pipeline.h - simulated time of training and inference over a pipeline of equal devices.
 *
 * Models   Each stage is a device of its own: the design's board, one described by its roofs
 *          (system.device.*), or, with pipeline.stages: engines, an engine of `accelerators`, the
 *          i-th for stage i, of any kind. A layer's time is that of its passes, each as a call of
 * its own, for training keeps what every layer makes: the forward pass; the data gradient, a
 *          convolution with channels exchanged over the errors, spread by the stride; the weight
 *          gradient, a product of errors and gathered inputs with pixels as the sum; and the
 *          update, by the PS. Passes of other layers take backward what they take forward. An
 *          image's passes are simulated once and count for all images of a mini-batch.
 *          A link takes latency + bytes with their packets' overhead / bandwidth; one for each two
 *          neighbours or one for all (system.link.shared), with both directions at once or one
 *          after the other (system.link.duplex).
 *          Training: links carry between the cycles. A cycle is the slowest stage and the slowest
 *          link: N mini-batches take N + 2K.
 *          Inference: images flow, event by event, through stages and links with
 *          pipeline.buffers on either side of a link (pipeline_flow.c).
 * Omits    overlap of links with work in training, noise, host software between steps, the first
 *          loading of data, what engines of one board do to each other in its memory.
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

typedef struct zs_pipeline_stage {
    uint32_t first, last; /* layers */
    double forward_s, backward_s, inference_s, joules;
    uint64_t crossing_bytes;         /* of one mini-batch, to the next stage; as errors back */
    double link_s, inference_link_s; /* one direction */
    /* pipelined inference, full: shares of the time in which the stage works, could but finds its
     * output buffers taken, and lacks images; and in which the link to the next stage carries */
    double busy_frac, blocked_frac, starved_frac, link_load_frac;
    zs_train_memory memory;
} zs_pipeline_stage;

typedef struct zs_pipeline {
    zs_pipeline_stage *stages;
    uint32_t stage_n;
    double plain_s;          /* a mini-batch through all stages, one after the other, with links */
    double alone_s;          /* on one device, without links */
    double gpipe_s;          /* a mini-batch in micro-batches */
    double exchange_s;       /* of it what links take, both directions, all stages */
    double cycle_s;          /* pipelined */
    double hybrid_s;         /* mean of hybrid: pipelined up to hybrid_after, then plain */
    uint64_t versions_bytes; /* weights that pipedream keeps besides those of now */
    uint64_t copies_bytes;   /* one copy of all weights per forward and per backward stage, which is
                              * how published figures count them */
    uint64_t scheme_bytes[ZS_SCHEME_HYBRID + 1]; /* memory of all stages in each scheme */
    double joules;                               /* of a mini-batch */
    double latency_s, images_per_s;              /* pipelined inference */
} zs_pipeline;

/* Devices that stages are on: 1, the same for all, or the engines of the design. */
uint32_t zs_pipeline_device_n(const zs_design *design);
/* [device][layer]; of several devices INFINITY where one cannot do a pass of a layer. Else whatever
 * building and running a plan may fail with, with the layer as the place. */
zs_status zs_pipeline_times(zs_arena *arena, const zs_design *design, const zs_train_setup *setup,
                            zs_fidelity fidelity, zs_layer_time **out, zs_err *err);
/* The k cuts with the shortest slowest stage (forward and backward). ZS_EUSAGE: more than the
 * layers allow. */
zs_status zs_pipeline_balance(zs_arena *arena, const zs_train_setup *setup,
                              const zs_layer_time *times, uint32_t device_n, uint32_t k,
                              uint32_t **cuts, zs_err *err);
zs_status zs_pipeline_build(zs_arena *arena, const zs_design *design, const zs_train_setup *setup,
                            const zs_layer_time *times, zs_pipeline *out, zs_err *err);
/* Copies of all weights that published figures count for stashing: one of each forward and each
 * backward stage. */
uint32_t zs_pipeline_copies_n(uint32_t pairs);
uint64_t zs_train_memory_total(const zs_train_memory *memory);
/* Of n mini-batches of which `pipelined` go through a full pipeline, emptied `fillings` times. */
double zs_pipeline_seconds(const zs_pipeline *p, uint32_t scheme, uint64_t n, uint64_t pipelined,
                           uint64_t fillings);

#endif
