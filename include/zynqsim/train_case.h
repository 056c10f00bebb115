/* train_case.h - exact cases of pipelined training: fully connected layers with relu between them,
 * every weight after every cycle.
 *
 * Files    NAME.json (layers, ppv, minibatches, batch_size, lr, momentum, weight_decay; ppv: how
 *          many layers lie before each pair of registers), NAME_setup.csv (kind w b x t, layer,
 *          row, col, value: weights, biases, inputs, targets) and, to compare with,
 *          NAME_weights.csv (dtype, cycle, layer, kind, out, in, value or hex).
 * Memory   the arena's. */
#ifndef ZYNQSIM_TRAIN_CASE_H
#define ZYNQSIM_TRAIN_CASE_H

#include "zynqsim/train.h"

typedef struct zs_train_case {
    const char *name;
    const uint32_t *sizes; /* [layer_n + 1]: of the input and of each layer */
    uint32_t layer_n;
    const uint32_t *ppv; /* [ppv_n]: layers before each pair of registers, rising */
    uint32_t ppv_n;
    uint32_t batch_n, batch; /* mini-batches, images of each */
    double lr, momentum, weight_decay;
    double *const *weights; /* [layer][out * in] */
    double *const *biases;  /* [layer][out] */
    double *x, *t;          /* [image of all mini-batches][...]: inputs and targets */
} zs_train_case;

/* Cycles of a scheme: mini-batches, and 2K more where they overlap. */
uint64_t zs_train_case_cycles(const zs_train_case *c, uint32_t scheme);

/* Parameters after each cycle, as double: of each layer weights [out][in], then biases. */
typedef struct zs_train_case_result {
    uint64_t cycle_n, param_n;
    const double *params;   /* [cycle][param] */
    const bool *is_updated; /* [cycle][layer] */
} zs_train_case_result;
/* In one type (ZS_TRAIN_*) and scheme. Errors of zs_trainer_build. */
zs_status zs_train_case_run(zs_arena *arena, const zs_train_case *c, uint32_t type, uint32_t scheme,
                            zs_train_case_result *out, zs_err *err);

/* How many numbers of a result have an expected value (not NaN), how many of these have the same
 * bits (-0 is not 0), and the index of the first that differs. */
typedef struct zs_train_case_match {
    uint64_t given_n, equal_n, first;
} zs_train_case_match;
zs_train_case_match zs_train_case_compare(const zs_train_case_result *result,
                                          const double *expected);

#endif
