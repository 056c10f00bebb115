/* training.h - what train found, for reports: the pipeline, and every run epoch by epoch. */
#ifndef ZYNQSIM_TRAINING_H
#define ZYNQSIM_TRAINING_H

#include "zynqsim/pipeline.h"
#include "zynqsim/train_run.h"

typedef struct zs_training_run {
    uint32_t scheme;
    uint64_t seed;
    const zs_train_epoch *epochs;
    uint32_t epoch_n;
    uint64_t diverged; /* 0, or the mini-batch, from 1, whose loss was not finite */
} zs_training_run;

typedef struct zs_training {
    const char *design;
    const zs_net *net;
    const zs_train_plan *plan; /* of the design's own scheme */
    const zs_pipeline *pipeline;
    const zs_training_run *runs; /* of the design's scheme, then of plain with the same seeds */
    uint32_t run_n, seed_n;
} zs_training;

/* Simulated time of an epoch (from 0) of a run in some scheme, and the energy of its work; 0 J
 * where none is known. */
double zs_training_epoch_s(const zs_training *t, uint32_t scheme, uint32_t epoch);
double zs_training_epoch_j(const zs_training *t);
/* Mean and sample deviation of the last accuracies of a scheme's runs that did not diverge, in per
 * cent; n of them. With less: of those minus that of plain, seed by seed. */
typedef struct zs_spread {
    double mean, deviation;
    uint32_t n;
} zs_spread;
zs_spread zs_training_accuracy(const zs_training *t, bool is_plain);
zs_spread zs_training_difference(const zs_training *t);

#endif
