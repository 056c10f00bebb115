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

/* Of the accuracies after the last epoch of the n runs of a scheme that did not diverge: mean and
 * sample standard deviation, in per cent. */
typedef struct zs_spread {
    double mean, deviation;
    uint32_t n;
} zs_spread;

typedef struct zs_training_diagram {
    uint32_t scheme;
    zs_pipeline_diagram drawn;
} zs_training_diagram;

typedef struct zs_training {
    const char *design;
    const zs_net *net;
    const zs_train_plan *plan; /* of the design's own scheme */
    const zs_pipeline *pipeline;
    const zs_training_run *runs; /* of the design's scheme, then of plain with the same seeds */
    uint32_t run_n, seed_n;
    const zs_training_diagram *diagrams; /* plain, gpipe and stale, which pipedream looks like */
    uint32_t diagram_n;                  /* 0: not drawn */
} zs_training;

/* Figures of one scheme, and its accuracy where runs were trained in it. */
typedef struct zs_training_scheme {
    const char *name;
    double seconds; /* of a mini-batch, in the middle of training */
    double speedup; /* over one device */
    double images_per_s;
    uint32_t staleness; /* of the first stage, in updates */
    uint64_t bytes;     /* memory of all stages */
    zs_spread accuracy; /* n 0: not trained */
    bool is_own;
} zs_training_scheme;
zs_training_scheme zs_training_scheme_of(const zs_training *t, uint32_t scheme);
zs_status zs_training_draw(zs_arena *arena, zs_training *t, zs_err *err);

/* Simulated time that the first epoch_n epochs take in a scheme, and the energy of their work in
 * joules; 0 J where none is known. */
double zs_training_seconds(const zs_training *t, uint32_t scheme, uint32_t epoch_n);
double zs_training_joules(const zs_training *t, uint32_t epoch_n);
/* Accuracy of the design's scheme or of plain; difference to plain, for each seed its own. */
zs_spread zs_training_accuracy(const zs_training *t, bool is_plain);
zs_spread zs_training_difference(const zs_training *t);

#endif
