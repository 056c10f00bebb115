/* accuracy_priv.h - the command `accuracy`: points, their images, rows in a file.
 *
 * Rows     one an image and point, in the order of the images, with a check sum behind. A file that
 *          is there is gone on with: rows of the same points count unless they are damaged or their
 *          picture has changed.
 * Threads  each has an executor of its own, and takes the next image. */
#ifndef ZYNQSIM_ACCURACY_PRIV_H
#define ZYNQSIM_ACCURACY_PRIV_H

#include "cli_priv.h"
#include "zynqsim/accuracy.h"

#include <pthread.h>

enum {
    ACCURACY_ID_BYTES = 96,
    ACCURACY_DIGEST_BYTES = 17,
    ACCURACY_CALIBRATION_IMAGES = 32, /* that scales come from, where nothing else is given */
    ACCURACY_BAR_STEP = 1024          /* steps of the progress bar for an image */
};

/* One design of the table. */
typedef struct accuracy_point {
    uint32_t number;
    const char *label;
    char **set;
    cli_point p;
    zs_result *result;
    char id[ACCURACY_ID_BYTES]; /* what its rows depend on */
    cli_image_set images;
    cli_inputs tensors; /* of a set in .npy */
    uint32_t n, class_n;
    bool is_class; /* the output is the number of the class itself */
    const uint32_t *labels;
    const uint32_t *measured; /* tensors whose noise is measured */
    const char **layer_names;
    uint32_t layer_n;
    zs_accuracy_image *rows; /* [image] */
    char (*digests)[ACCURACY_DIGEST_BYTES];
    bool *is_done;
} accuracy_point;

typedef struct accuracy_rows {
    const char *path; /* NULL: none are kept */
    int fd;
    const char *text; /* what was there */
    size_t text_bytes;
    zs_arena *arena;
} accuracy_rows;

/* Locks and reads the file; a header where it is new. Lines that are no rows are dropped with a
 * word, and made again. ZS_EUSAGE: another's file, or rows of no point of this call. */
zs_status accuracy_rows_open(accuracy_rows *rows, const accuracy_point *points, uint32_t n,
                             bool quiet, zs_err *err);
/* Takes the rows of a point into point->rows. */
zs_status accuracy_rows_take(const accuracy_rows *rows, accuracy_point *point, zs_err *err);
zs_status accuracy_rows_add(accuracy_rows *rows, const accuracy_point *point, uint32_t image,
                            const char *file, zs_err *err);
zs_status accuracy_rows_close(accuracy_rows *rows, zs_err *err);

/* A call of the command. */
typedef struct accuracy_job {
    const cli_options *o;
    zs_arena keep;
    const char *head; /* keys that --vary names */
    accuracy_point *points;
    uint32_t n;
    const float *mean; /* of --mean, CHW */
    accuracy_rows rows;
    cli_progress progress;
    uint32_t done, executed;  /* images with a row; of them those run in this call */
    double images_per_second; /* of the executed ones */
} accuracy_job;

/* ---- accuracy_images.c: one image of the set ---- */

zs_shape accuracy_input_shape(const accuracy_point *point);
/* The path of its file; "[number]", into `text`, where it has none. */
const char *accuracy_image_name(const accuracy_point *point, uint32_t image, char text[32]);
/* Whether images have the network's size: they are neither resized nor cropped then. */
bool accuracy_has_input_size(const accuracy_point *point);
/* What an image of the set is made of: the bytes of its file, its pixels, or its values. */
zs_status accuracy_image_bytes(const accuracy_point *point, uint32_t image, zs_arena *scratch,
                               zs_span *out, zs_err *err);
/* The input made of these bytes, CHW. */
zs_status accuracy_image_load(const accuracy_job *job, const accuracy_point *point, uint32_t image,
                              zs_span bytes, zs_arena *scratch, const float **out, zs_err *err);
/* Digest of one image, into point->digests: of bytes that were read, or reading them. */
void accuracy_put_digest(accuracy_point *point, uint32_t image, zs_span bytes);
zs_status accuracy_digest(accuracy_point *point, uint32_t image, zs_err *err);

/* ---- accuracy_run.c: the images of a point through its datapath ---- */

/* Fills point->result and point->rows, by as many threads as --jobs says. */
zs_status accuracy_run_point(accuracy_job *job, accuracy_point *point, zs_err *err);

#endif
