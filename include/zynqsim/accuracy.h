/* accuracy.h - accuracy of a design over many images, and how far its results are from fp32.
 *
 * Classes    are ordered by output value, equal ones by number. Top-1 is right where the first is
 *            the label, top-5 where one of the first five is.
 * Reference  the same network in fp32: whether its first class is the same; the largest difference
 *            of an output (before a softmax at the end of the network), and the largest ratio of
 *            that difference to the largest magnitude of the reference in the same image.
 * Noise      of a layer whose results reach DRAM: 10 log10 of the sum of squares of the reference
 *            over that of the differences, over all images.
 * Pure       sums run over the images in their order, so that figures depend neither on threads nor
 *            on where a run was interrupted.
 * Memory     the arena's; names stay the caller's. */
#ifndef ZYNQSIM_ACCURACY_H
#define ZYNQSIM_ACCURACY_H

#include "zynqsim/base.h"
#include "zynqsim/net.h"
#include "zynqsim/sim.h"
#include "zynqsim/sparsify.h"

enum {
    ZS_TOP_N = 5,
    ZS_CONFUSION_CLASSES = 20 /* the most classes of which a table of label by answer is made */
};
#define ZS_NO_CLASS UINT32_MAX

/* Up to five classes with the largest values; returns how many. NaN comes last. */
uint32_t zs_best_classes(const float *y, uint32_t n, uint32_t best[ZS_TOP_N]);

typedef struct zs_layer_noise {
    float signal, noise; /* sums of squares */
} zs_layer_noise;

/* One image. */
typedef struct zs_accuracy_image {
    uint32_t label; /* ZS_NO_CLASS: not known */
    uint32_t top[ZS_TOP_N], top_n;
    bool has_reference;
    uint32_t reference_top[ZS_TOP_N];
    float largest, difference;    /* of outputs: magnitude of the reference, and from it */
    const zs_layer_noise *layers; /* [measured layer] */
} zs_accuracy_image;

typedef struct zs_accuracy_layer {
    const char *name;
    double signal, noise;
} zs_accuracy_layer;

typedef struct zs_accuracy {
    uint32_t images, labelled, top1, top5;
    uint32_t compared, agree, reference_top1, reference_top5; /* the last two of labelled ones */
    double difference, relative;                              /* the largest of all images */
    zs_accuracy_layer *layers;
    uint32_t layer_n, class_n;
    uint32_t *confusion; /* [label][answer]; NULL: no labels, or too many classes */
} zs_accuracy;

/* images[i].layers has an entry for each of layer_names. ZS_ERANGE: a label that is no class;
 * where answers are counted in `confusion`, an answer that is none. */
zs_status zs_accuracy_sum(zs_arena *arena, const zs_accuracy_image *images, uint32_t n,
                          uint32_t class_n, const char *const *layer_names, uint32_t layer_n,
                          zs_accuracy *out, zs_err *err);
/* 0..1; NAN where there is nothing to divide by. */
double zs_accuracy_share(uint32_t part, uint32_t all);
/* Decibels; INFINITY without noise, NAN without a signal. */
double zs_noise_db(double signal, double noise);

/* One design of a table, with its figures. */
typedef struct zs_accuracy_point {
    const char *label;     /* the values that vary, or the design's name */
    const char *precision; /* accelerator.precision */
    zs_accuracy accuracy;
    const zs_result *result;     /* timing and resources */
    const zs_sparsity *sparsity; /* NULL: weights as they were read */
} zs_accuracy_point;

typedef struct zs_accuracy_table {
    const char *head; /* what the labels are: keys that vary, or "design" */
    const char *set;  /* the images */
    const zs_accuracy_point *points;
    uint32_t n;
    double images_per_second_wall; /* of this machine, over all points; NAN: none was run */
    const char *const *notes;
    uint32_t note_n;
} zs_accuracy_table;

#endif
