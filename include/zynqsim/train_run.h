/* train_run.h - training on a data set, epoch by epoch.
 *
 * Order    The images of an epoch are shuffled from the seed and the epoch; each is then moved and
 *          mirrored at random where the design asks for it, and becomes (pixel - mean) * scale per
 *          plane (network.preprocess). The last mini-batch of an epoch takes what is left. The
 *          pipeline is empty at the end of each epoch, so that what is tested and kept is whole.
 * Pure     a run is a function of design, network, data, scheme and seed. A run that goes on from a
 *          checkpoint ends with the same bits.
 * Memory   the arena's, which has to outlive the run. */
#ifndef ZYNQSIM_TRAIN_RUN_H
#define ZYNQSIM_TRAIN_RUN_H

#include "zynqsim/train.h"

/* Images with their classes. One of pixels and values is given, CHW. */
typedef struct zs_dataset {
    zs_shape shape;
    uint32_t n;
    const uint8_t *pixels; /* planes in the order red, green, blue */
    const float *values;   /* taken as they are */
    const uint32_t *labels;
} zs_dataset;

typedef struct zs_train_epoch {
    double loss;        /* mean over the mini-batches */
    double right_frac;  /* of the training images, as they went through */
    double tested_frac; /* of the test images, at its end; NaN without any */
} zs_train_epoch;

typedef struct zs_train_plan {
    const zs_design *design;
    const zs_net *net;
    const uint32_t *cuts;
    uint32_t cut_n;
    uint32_t scheme; /* in place of the design's */
    uint64_t seed;   /* of weights, order and augmentation */
    uint32_t epoch_n;
    uint32_t image_n;              /* of the data set, from the first */
    const zs_dataset *data, *test; /* test: NULL or without images: none */
} zs_train_plan;

typedef struct zs_train_run zs_train_run;

zs_train_setup zs_train_setup_of(const zs_train_plan *plan);
/* ZS_ESHAPE, ZS_ERANGE: images of another shape, labels beyond the classes, values that are not
 * finite; errors of zs_trainer_build. */
zs_status zs_train_run_build(zs_arena *arena, const zs_train_plan *plan, zs_train_run **out,
                             zs_err *err);
/* Trains the next epoch. *diverged is 0, or the number of the first mini-batch, from 1, whose loss
 * is not finite; training ends there. */
void zs_train_run_epoch(zs_train_run *run, uint64_t *diverged);
uint32_t zs_train_run_done(const zs_train_run *run);                /* epochs that are done, */
const zs_train_epoch *zs_train_run_epochs(const zs_train_run *run); /* [those] */
zs_trainer *zs_train_run_trainer(zs_train_run *run);
/* Mini-batches of an epoch; those of the whole run that are pipelined. */
uint64_t zs_train_batches(const zs_train_plan *plan);
uint64_t zs_train_pipelined(const zs_train_plan *plan);

/* Writes a checkpoint: all that a run needs to go on. */
zs_status zs_train_run_save(zs_train_run *run, const zs_sink *sink);
/* Goes on from a checkpoint. ZS_EPARSE: damaged, or of another version; ZS_EUSAGE: of a run with
 * other settings, network or data. */
zs_status zs_train_run_load(zs_train_run *run, zs_span bytes, const char *path, zs_err *err);

#endif
