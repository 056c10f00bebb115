/* train_priv.h - what the passes of both types share. */
#ifndef TRAIN_PRIV_H
#define TRAIN_PRIV_H

#include "zynqsim/num.h"
#include "zynqsim/train.h"

#define ZS_NORM_EPS      1e-5 /* added to the variance */
#define ZS_NORM_MOMENTUM 0.1  /* of the running mean and variance */

typedef struct zs_train_layer {
    zs_train_params at;
    uint32_t stage;
    bool is_in_loss;   /* the softmax that the cross entropy takes the logits of */
    bool has_error;    /* some parameter lies before it: its inputs want errors */
    uint64_t pick_at;  /* max pool: indices into a pass's picks, of one image */
    uint64_t saved_at; /* batch normalisation: mean and 1 / deviation, in a pass's saved */
} zs_train_layer;

/* A mini-batch under way: all its tensors, [image][elements]. */
typedef struct zs_train_pass {
    uint64_t number;
    uint32_t n;
    bool is_busy;
    void **x, **d;   /* [tensor]: values and errors; owners only */
    uint32_t *picks; /* [image][..]: positions in the input plane that max pools took */
    void *saved;
    void *stash; /* pipedream: the parameters of its forward passes */
    uint32_t *labels;
    void *targets;
    bool has_labels;
    double loss;
    uint32_t right;
} zs_train_pass;

typedef struct zs_train_ops zs_train_ops;

struct zs_trainer {
    zs_train_setup setup;
    const zs_net *net;
    const zs_train_ops *ops;
    zs_train_layer *layers;
    uint32_t stage_n;
    uint32_t *first; /* [stage_n + 1]: first layer of each stage */
    bool is_plain;   /* no pipeline */
    uint64_t param_n, state_n, pick_n, saved_n, class_n;
    uint32_t result; /* the tensor that the loss sees */
    void *params, *velocities, *gradients, *state;
    zs_train_pass *ring; /* [2K + 1], mini-batch n at n modulo that */
    uint32_t ring_n;
    uint64_t next;  /* number of the next mini-batch */
    uint64_t cycle; /* since the pipeline was empty */
    uint64_t base;  /* number of the mini-batch that entered in cycle 0 */
    uint64_t end;   /* of those that entered */
    void *columns, *columns_t, *errors, *transposed, *panel; /* scratch of one layer and image */
};

/* The images of a pass that are worked on: all, or a micro-batch. */
typedef struct zs_train_part {
    uint32_t first, n;
} zs_train_part;

struct zs_train_ops {
    size_t elem_bytes;
    void (*forward)(zs_trainer *t, zs_train_pass *p, uint32_t layer, const void *params,
                    zs_train_part part, bool trains);
    void (*backward)(zs_trainer *t, zs_train_pass *p, uint32_t layer, const void *params,
                     zs_train_part part);
    /* Loss and its error, the mean over all images of the pass. */
    void (*lose)(zs_trainer *t, zs_train_pass *p, zs_train_part part);
    void (*update)(zs_trainer *t, uint64_t from, uint64_t to, double rate);
    void (*start)(zs_trainer *t, uint32_t layer, float *scratch);
    void (*learnt)(const zs_trainer *t, uint64_t from, uint64_t n, float *out);
    void (*state)(const zs_trainer *t, uint64_t from, uint64_t n, float *out);
    uint32_t (*right)(const zs_trainer *t, const void *y, const uint32_t *labels, uint32_t n);
};
extern const zs_train_ops zs_train_f32, zs_train_f64;

/* Value or error of a tensor of one image. */
static inline void *zs_train_at(const zs_trainer *t, void *const *data, uint32_t tensor,
                                uint32_t image)
{
    uint64_t offset;
    const uint32_t root = zs_tensor_root(t->net, tensor, &offset);
    const uint64_t elems = zs_shape_elems(t->net->tensors[root].shape);
    return (char *)data[root] + (image * elems + offset) * t->ops->elem_bytes;
}

#endif
