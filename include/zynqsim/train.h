/* train.h - training: forward and backward passes of a network, SGD, and the schemes by which
 * mini-batches go through the stages of a pipeline.
 *
 * Stages   K pairs of registers cut the layers into K + 1 stages. In cycle t stage i runs the
 *          forward pass of mini-batch t - i and the backward pass of mini-batch t - (2K - i); the
 *          last one runs both for the same one. All passes of a cycle use the weights as they were
 *          at its start; at its end every stage that ran a backward pass updates its own.
 * Schemes  plain: a mini-batch goes through all stages before the next one enters. gpipe: the same
 *          in micro-batches, with one update. stale: pipelined; the backward pass of stage i uses
 *          the activations of its forward pass, 2(K - i) cycles ago, and the weights of now.
 *          pipedream: the weights of then. hybrid is stale, then plain: two trainers' worth of
 *          cycles on one, by zs_trainer_set_plain.
 * Numbers  float or double throughout. A sum of products starts at 0 and takes them in order of
 *          their index, each product rounded, then added; the bias comes last (convolution: order
 *          ic, ky, kx; weight gradients: images, then pixels). v = momentum v + (g + decay w);
 *          w = w - rate v, each operation rounded. relu passes the error where its input is above
 *          0. Batch normalisation takes mean and biased variance of the mini-batch (of the
 *          micro-batch, in gpipe) with eps 1e-5, and keeps running ones with momentum 0.1. The
 *          same bits on every machine and for any number of threads.
 * Omits    dropout (identity), layers of general tensors but unary ones; ZS_EUNSUPPORTED names the
 *          layer.
 * Sources  Zhang, Abdelrahman: arXiv 1912.12675. Huang et al.: GPipe, arXiv 1811.06965. Narayanan
 *          et al.: PipeDream, SOSP 2019. docs/models/train.md
 * Memory   all of a trainer lives in the arena given to zs_trainer_build. */
#ifndef ZYNQSIM_TRAIN_H
#define ZYNQSIM_TRAIN_H

#include "zynqsim/base.h"
#include "zynqsim/design.h"
#include "zynqsim/net.h"

typedef struct zs_train_setup {
    const zs_net *net;      /* built with keep_batchnorm */
    uint32_t type;          /* ZS_TRAIN_*: the type of all numbers */
    uint32_t loss;          /* ZS_LOSS_* */
    uint32_t scheme;        /* ZS_SCHEME_* */
    uint32_t batch;         /* images of a mini-batch at the most */
    uint32_t micro_batches; /* gpipe */
    const uint32_t *cuts;   /* [cut_n], rising: last layer of each stage but the last */
    uint32_t cut_n;
    double momentum, weight_decay;
    double start; /* factor of synthetic weights; 0: as they are */
} zs_train_setup;

/* What goes in: CHW images one after the other, in the type of the setup. One of labels (class of
 * each image) and targets (of the shape of the result) is given; labels with ZS_LOSS_SQUARES mean 1
 * for the class and 0 elsewhere. */
typedef struct zs_train_batch {
    const void *x;
    const uint32_t *labels;
    const void *targets;
    uint32_t n; /* 1..setup.batch */
} zs_train_batch;

/* What came out at the last stage in a cycle. */
typedef struct zs_train_step {
    bool is_done;      /* a mini-batch reached it */
    uint64_t number;   /* of the mini-batch, from 0 */
    double loss;       /* mean over its images */
    uint32_t n, right; /* images; those whose largest result is at the label */
} zs_train_step;

typedef struct zs_trainer zs_trainer;

/* Index of the layer of that name, else ZS_EUSAGE with the nearest. "conv1, conv2" as cuts for a
 * setup; ZS_EUSAGE for names that are no layer, come twice or cut nothing off. */
zs_status zs_train_cuts(zs_arena *arena, const zs_net *net, const char *names, uint32_t **cuts,
                        uint32_t *cut_n, zs_err *err);

/* Weights start as the network has them: synthetic ones as zs_layer_filter makes them from the
 * network's seed, with biases 0. ZS_EUNSUPPORTED and ZS_ESHAPE name a layer that cannot be trained;
 * ZS_ERANGE: sizes. */
zs_status zs_trainer_build(zs_arena *arena, const zs_train_setup *setup, zs_trainer **out,
                           zs_err *err);
/* One cycle, with the mini-batch that enters, or none (NULL) to empty the pipeline. In plain and
 * gpipe a cycle is a whole mini-batch. */
zs_train_step zs_trainer_cycle(zs_trainer *trainer, const zs_train_batch *batch, double rate);
/* Whether a mini-batch is still under way. */
bool zs_trainer_is_busy(const zs_trainer *trainer);
/* From now on plain; the pipeline has to be empty. */
void zs_trainer_set_plain(zs_trainer *trainer);
/* Results of n <= setup.batch images without training; [image][class]. Batch normalisation uses
 * its running mean and variance. Not while the trainer is busy. */
const void *zs_trainer_infer(zs_trainer *trainer, const void *x, uint32_t n);
uint64_t zs_trainer_class_n(const zs_trainer *trainer);
/* Images of x (as given to _infer) whose largest result is at the label. */
uint32_t zs_trainer_count_right(zs_trainer *trainer, const void *x, const uint32_t *labels,
                                uint32_t n);

/* ---- parameters ------------------------------------------------------------------------------ */

/* Where those of a layer are, in elements from the start of the parameters: weights (OIHW,
 * [oc][in]; batch normalisation: factors) and biases (addends) behind them. */
typedef struct zs_train_params {
    uint64_t weights_at, weight_n, biases_at, bias_n;
    uint64_t state_at; /* batch normalisation: running mean and variance in zs_trainer_state */
} zs_train_params;
zs_train_params zs_trainer_params_of(const zs_trainer *trainer, uint32_t layer);
uint32_t zs_trainer_stage_of(const zs_trainer *trainer, uint32_t layer);
/* All parameters in the setup's type; may be written while the trainer is not busy. */
void *zs_trainer_params(zs_trainer *trainer, uint64_t *n);
void *zs_trainer_velocities(zs_trainer *trainer, uint64_t *n);
void *zs_trainer_state(zs_trainer *trainer, uint64_t *n);
/* The gradients that the last update used. */
const void *zs_trainer_gradients(const zs_trainer *trainer, uint64_t *n);
/* The network with what was learnt as its weights, float. */
zs_status zs_trainer_net(zs_arena *arena, zs_trainer *trainer, zs_net **out, zs_err *err);

/* ---- memory ---------------------------------------------------------------------------------- */

/* What a stage keeps in its device's memory, in bytes. */
typedef struct zs_train_memory {
    uint64_t weights, gradients, velocities; /* one copy of its parameters each */
    uint64_t activations; /* of one mini-batch: what its layers make and their errors */
    uint64_t in_flight; /* the same activations of further mini-batches under way, without errors */
    uint64_t registers; /* what enters it: activations from before, errors from behind */
    uint64_t stash;     /* pipedream: further versions of its weights */
} zs_train_memory;
zs_status zs_train_memory_of(const zs_train_setup *setup, uint32_t stage, zs_train_memory *out,
                             zs_err *err);
/* Bytes of one image that pass from stage to stage + 1 (and, as errors, back). */
uint64_t zs_train_crossing_elems(const zs_net *net, const uint32_t *cuts, uint32_t cut_n,
                                 uint32_t stage);

#endif
