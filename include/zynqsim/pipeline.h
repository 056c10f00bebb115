/* pipeline.h - simulated time of training and inference over a pipeline of equal devices.
 *
 * Models   Each stage is a device of its own, the design's board or one described by its roofs
 *          (system.device.*). A layer's time is that of its passes, each as a call of its own, for
 *          training keeps what every layer makes: the forward pass; the data gradient, a
 *          convolution with channels exchanged over the errors, spread by the stride; the weight
 *          gradient, a product of errors and gathered inputs with pixels as the sum; and the
 *          update, by the PS. Passes of other layers take backward what they take forward. An
 *          image's passes are simulated once and count for all images of a mini-batch.
 *          A link takes latency + bytes with their packets' overhead / bandwidth; both directions
 *          at once, all links at once, between the cycles.
 *          A cycle is the slowest stage and the slowest link: N mini-batches take N + 2K.
 * Omits    overlap of links with work, noise, host software between steps, the first loading of
 *          data.
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
    uint64_t crossing_bytes; /* of one mini-batch, to the next stage; as errors back */
    double link_s, inference_link_s;
    zs_train_memory memory;
} zs_pipeline_stage;

typedef struct zs_pipeline {
    zs_pipeline_stage *stages;
    uint32_t stage_n;
    double plain_s;          /* a mini-batch through all stages, one after the other, with links */
    double alone_s;          /* on one device, without links */
    double gpipe_s;          /* a mini-batch in micro-batches */
    double cycle_s;          /* pipelined */
    double hybrid_s;         /* mean of hybrid: pipelined up to hybrid_after, then plain */
    uint64_t versions_bytes; /* weights that pipedream keeps besides those of now */
    uint64_t copies_bytes;   /* one copy of all weights per forward and per backward stage, which is
                              * how published figures count them */
    double joules;           /* of a mini-batch */
    double latency_s, images_per_s; /* pipelined inference */
} zs_pipeline;

/* [layer]; whatever building and running a plan may fail with, with the layer as the place. */
zs_status zs_pipeline_times(zs_arena *arena, const zs_design *design, const zs_train_setup *setup,
                            zs_fidelity fidelity, zs_layer_time **out, zs_err *err);
/* The k cuts with the shortest slowest stage (forward and backward). ZS_EUSAGE: more than the
 * layers allow. */
zs_status zs_pipeline_balance(zs_arena *arena, const zs_train_setup *setup,
                              const zs_layer_time *times, uint32_t k, uint32_t **cuts, zs_err *err);
zs_status zs_pipeline_build(zs_arena *arena, const zs_design *design, const zs_train_setup *setup,
                            const zs_layer_time *times, zs_pipeline *out, zs_err *err);
/* Copies of all weights that published figures count for stashing: one of each forward and each
 * backward stage. */
uint32_t zs_pipeline_copies_n(uint32_t pairs);
/* Of n mini-batches of which `pipelined` go through a full pipeline, emptied `fillings` times. */
double zs_pipeline_seconds(const zs_pipeline *p, uint32_t scheme, uint64_t n, uint64_t pipelined,
                           uint64_t fillings);

#endif
