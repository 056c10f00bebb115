/* train_priv.h - a trainer, and the table of functions that each type of numbers has. */
#ifndef TRAIN_PRIV_H
#define TRAIN_PRIV_H

#include "zynqsim/num.h"
#include "zynqsim/train.h"

/* Batch normalisation, with the defaults of PyTorch's BatchNorm2d. */
#define ZS_NORM_EPS      1e-5 /* added to the variance */
#define ZS_NORM_MOMENTUM 0.1  /* share of a mini-batch in the running mean and variance */

typedef struct zs_train_layer {
    zs_train_params at;
    uint32_t stage;
    bool is_in_loss;   /* the softmax that the cross entropy takes the logits of */
    bool has_error;    /* a layer before it has parameters, which need the errors of its inputs */
    uint64_t pick_at;  /* max pool: indices into a pass's picks, of one image */
    uint64_t saved_at; /* batch normalisation: mean and 1 / deviation, in a pass's saved */
} zs_train_layer;

/* A mini-batch under way: all its tensors, [image][elements]. */
typedef struct zs_train_pass {
    uint64_t number;
    uint32_t n;
    bool is_busy;
    void **x, **d;   /* [tensor]: values and errors; NULL for a view of another */
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
    uint32_t result; /* the tensor that the loss compares */
    void *params, *velocities, *gradients, *state;
    zs_train_pass *ring; /* [ring_n]: the one that entered in cycle c is at c modulo ring_n */
    uint32_t ring_n;
    uint64_t next;                                           /* number of the next mini-batch */
    uint64_t cycle;                                          /* since the pipeline was empty */
    void *columns, *columns_t, *errors, *transposed, *panel; /* scratch of one layer and image */
};

/* ---- of a setup (train_stages.c) ------------------------------------------------------------- */

/* ZS_EUNSUPPORTED, ZS_ERANGE, ZS_EUSAGE: a network or cuts that cannot be trained. */
zs_status zs_train_check(const zs_train_setup *setup, zs_err *err);
/* Whether the loss computes a layer: the softmax in front of a cross entropy. */
bool zs_train_in_loss(const zs_train_setup *setup, const zs_layer *layer);
/* Layers that run, from the first; one that the loss computes is the last of the network. */
uint32_t zs_train_layer_n(const zs_train_setup *setup);
uint32_t zs_train_stage_of(const uint32_t *cuts, uint32_t cut_n, uint32_t layer);
uint64_t zs_train_param_elems(const zs_layer *layer);

/* ---- of a trainer ---------------------------------------------------------------------------- */

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
    /* Adds to the loss, a mean over all images of the pass, and sets the errors of the result. */
    void (*add_loss)(zs_trainer *t, zs_train_pass *p, zs_train_part part);
    void (*update)(zs_trainer *t, uint64_t from, uint64_t to, double rate);
    void (*start_params)(zs_trainer *t, uint32_t layer, float *scratch);
    void (*copy_params)(const zs_trainer *t, uint64_t from, uint64_t n, float *out);
    void (*copy_state)(const zs_trainer *t, uint64_t from, uint64_t n, float *out);
    uint32_t (*count_right)(const zs_trainer *t, const void *y, const uint32_t *labels, uint32_t n);
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
