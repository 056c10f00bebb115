/* import.h - bytes to values: design files, networks, tensors, images, labels.
 *
 * Importers never open files: cli hands them bytes, and for `extends:` and `board:` a callback that
 * fetches more. Malformed bytes are an error with a place, never a crash; nothing is leaked. */
#ifndef ZYNQSIM_IMPORT_H
#define ZYNQSIM_IMPORT_H

#include "zynqsim/base.h"
#include "zynqsim/baseline.h"
#include "zynqsim/built.h"
#include "zynqsim/design.h"
#include "zynqsim/net.h"
#include "zynqsim/train_case.h"
#include "zynqsim/train_run.h"

/* Fetches the bytes of a file named in another file; `from` is the path of the naming file. On
 * success *path is the path as it was found (for further relative names). */
typedef struct zs_fetch {
    zs_status (*get)(void *ctx, const char *name, const char *from, zs_span *bytes,
                     const char **path, zs_err *err);
    void *ctx;
} zs_fetch;

/* ---- design ---------------------------------------------------------------------------------- */

enum { ZS_DESIGN_BYTES_MAX = 128 * 1024 }; /* of a design file, and of each that it names */
/* The `sweep:` section: axes and conditions as --vary and --where take them. A file's own lists
 * stand in place of those that it inherits. */
typedef struct zs_sweep_section {
    const char *const *vary, *const *where;
    uint32_t vary_n, where_n;
} zs_sweep_section;

/* Reads a design file over the defaults. Unknown keys are errors with file, line, column and the
 * nearest known name; `extends:` inherits (depth at most 16, cycles are errors). */
zs_status zs_design_parse(zs_arena *arena, zs_span yaml, const char *path, const zs_fetch *fetch,
                          zs_design *out, zs_err *err);
/* The same with its sweep section, which zs_design_parse checks for its form only. */
zs_status zs_design_parse_sweep(zs_arena *arena, zs_span yaml, const char *path,
                                const zs_fetch *fetch, zs_design *out, zs_sweep_section *sweep,
                                zs_err *err);

/* ---- networks -------------------------------------------------------------------------------- */

/* By content and extension: .yaml, .onnx, .tflite, .caffemodel, .prototxt, .cfg. Specs point into
 * `bytes` where they can. ZS_ERANGE for weights that are infinite or not a number. */
zs_status zs_net_parse(zs_arena *arena, zs_span bytes, const char *path, zs_net_spec *out,
                       zs_err *err);
/* The same where channels, rows or columns of the input are known from elsewhere (0: not): they win
 * over the file's, and whatever a graph works out from its input's size comes out accordingly. */
zs_status zs_net_parse_sized(zs_arena *arena, zs_span bytes, const char *path, zs_shape stated,
                             zs_net_spec *out, zs_err *err);
/* What a model keeps in other files. */
typedef struct zs_net_weights {
    zs_span bytes;
    const char *path;
} zs_net_weights;
/* What is known of an input whose size a file leaves open. */
typedef struct zs_net_size_of {
    const char *input;
    zs_shape shape;
} zs_net_size_of;
/* A tensor that an input will get: its dimensions, and the first of them. */
typedef struct zs_net_given {
    const char *input; /* NULL: the first one */
    uint32_t rank;
    uint64_t samples;
} zs_net_given;
typedef struct zs_net_parts {
    zs_shape stated;             /* of the first input, as zs_net_parse_sized takes it */
    const zs_net_size_of *sizes; /* ONNX: of inputs by name; they win as well */
    uint32_t size_n;
    const zs_net_given *given; /* ONNX: says what a first dimension is that the file leaves open */
    uint32_t given_n;
    const zs_net_weights *weights; /* of a graph without any, in the format's own form; or NULL:
                                    * they are synthetic */
    zs_rounding rounding;          /* of integers in TFLite: ZS_ROUND_DOUBLE, _SINGLE or _FLOAT */
    const zs_fetch *fetch;         /* of other files that it names; NULL: none are there */
    const char *const *outputs;    /* values or layers that are the results instead of its own */
    uint32_t output_n;
    bool is_structure; /* the values of weights do not matter: they are not looked at */
} zs_net_parts;
zs_status zs_net_parse_parts(zs_arena *arena, zs_span bytes, const char *path,
                             const zs_net_parts *parts, zs_net_spec *out, zs_err *err);
/* A table of all operators, by format and by what runs them (Markdown). */
zs_status zs_operators_emit(const zs_sink *sink, zs_err *err);
/* Files that are packed with gzip: whether one is, and its contents in the arena. ZS_EPARSE for one
 * that is broken, ZS_ERANGE for more than `most` bytes. Networks and their weights are unpacked by
 * the functions above, up to ZS_NET_MOST_BYTES. */
#define ZS_NET_MOST_BYTES (UINT64_C(1) << 30)
bool zs_is_gzip(zs_span bytes);
zs_status zs_gunzip(zs_arena *arena, zs_span bytes, uint64_t most, const char *path, zs_span *out,
                    zs_err *err);
/* Whether the ending of a name, less a final .gz, is that of a format. */
bool zs_net_has_format(const char *path);
/* Whether a model of this name takes weights of a file of that name as its own: names in both mean
 * the same (.prototxt with .caffemodel, .cfg with .weights). */
bool zs_net_has_own_weights(const char *model, const char *weights);
zs_status zs_net_yaml_parse(zs_arena *arena, zs_span bytes, const char *path, zs_net_spec *out,
                            zs_err *err);
zs_status zs_net_onnx_parse(zs_arena *arena, zs_span bytes, const char *path, zs_net_spec *out,
                            zs_err *err);
zs_status zs_net_onnx_parse_parts(zs_arena *arena, zs_span bytes, const char *path,
                                  const zs_net_parts *parts, zs_net_spec *out, zs_err *err);
zs_status zs_net_caffe_parse(zs_arena *arena, zs_span bytes, const char *path, zs_net_spec *out,
                             zs_err *err);
zs_status zs_net_caffe_parse_parts(zs_arena *arena, zs_span bytes, const char *path,
                                   const zs_net_parts *parts, zs_net_spec *out, zs_err *err);
/* A graph as text; weights NULL: synthetic. */
zs_status zs_net_prototxt_parse(zs_arena *arena, zs_span bytes, const char *path,
                                const zs_net_parts *parts, zs_net_spec *out, zs_err *err);
/* Darknet: a .cfg, with the weights of a .weights file. */
zs_status zs_net_darknet_parse(zs_arena *arena, zs_span bytes, const char *path,
                               const zs_net_parts *parts, zs_net_spec *out, zs_err *err);
/* TensorFlow Lite. */
zs_status zs_net_tflite_parse(zs_arena *arena, zs_span bytes, const char *path,
                              const zs_net_parts *parts, zs_net_spec *out, zs_err *err);
/* Gives the layers of `net` the weights that layers of the same name (else, when all conv and fc
 * agree in number and shape, the same position) have in `from`. */
zs_status zs_net_take_weights(zs_arena *arena, zs_net_spec *net, const zs_net_spec *from,
                              zs_err *err);

/* ---- tensors, images, labels ----------------------------------------------------------------- */

/* An array of numbers: floats of 16, 32 or 64 bits, integers or truth values, in C or Fortran
 * order; read as floats in C order. */
typedef struct zs_npy {
    const float *data;
    uint64_t dims[4]; /* NCHW: missing leading dimensions are 1; of more, the first are one */
    uint32_t rank;
    uint64_t own[ZS_RANK_MAX]; /* dimensions as they are */
    bool is_int;               /* its numbers were integers */
} zs_npy;
zs_status zs_npy_parse(zs_arena *arena, zs_span bytes, const char *path, zs_npy *out, zs_err *err);

/* 8-bit RGB, rows top to bottom. */
typedef struct zs_image {
    const uint8_t *rgb;
    uint32_t w, h;
} zs_image;
/* JPEG, PNG, WebP or binary PPM/PGM by content. Grey becomes three equal channels, alpha is dropped
 * on white, 16 bit becomes 8, EXIF orientation is ignored. */
zs_status zs_image_parse(zs_arena *arena, zs_span bytes, const char *path, zs_image *out,
                         zs_err *err);
/* Resize, crop, colour order, mean and scale to a CHW float tensor of `shape` (3 channels, or 1:
 * luma). The bilinear resize is in integers, as docs/models/preprocess.md says. */
zs_status zs_preprocess_run(zs_arena *arena, const zs_image *image, const zs_preprocess *how,
                            zs_shape shape, float **out, zs_err *err);
/* A procedural test picture: gradients, discs and bars, from a seed. */
zs_status zs_image_synthetic(zs_arena *arena, uint64_t seed, uint32_t w, uint32_t h, zs_image *out,
                             zs_err *err);
/* A report of what a design takes: the text of Vivado's report_utilization (flat or hierarchical,
 * the row of the top module), or csynth.xml of Vivado HLS and Vitis HLS. ZS_EPARSE where no figure
 * is found or one is no number. */
enum { ZS_UTILIZATION_BYTES_MAX = 16 << 20 };
zs_status zs_utilization_parse(zs_arena *arena, zs_span bytes, const char *path,
                               zs_utilization *out, zs_err *err);
/* One name a line; a leading WordNet id ("n01440764 ") is kept out of the label. */
zs_status zs_labels_parse(zs_arena *arena, zs_span bytes, const char *path,
                          const char *const **labels, uint32_t *n, zs_err *err);

/* ---- folding files of FINN --------------------------------------------------------------------
 *
 * PEs, lanes and depths of FIFOs of nodes by type and number, as lists of accelerator.stream. */
typedef struct zs_folding {
    const char *folding, *fifos;
    uint32_t ignored_n; /* nodes whose figures have no place in a pipeline here */
} zs_folding;
/* ZS_EPARSE; ZS_EUNSUPPORTED names the node. */
zs_status zs_folding_parse(zs_arena *arena, zs_span bytes, const char *path, zs_folding *out,
                           zs_err *err);

/* ---- data sets and cases of training --------------------------------------------------------- */

enum { ZS_DATASET_BYTES_MAX = 1 << 30 }; /* unpacked */
/* MNIST: images in IDX form with the labels of another file, if any; both may be packed by gzip.
 */
zs_status zs_dataset_idx_parse(zs_arena *arena, zs_span images, const char *images_path,
                               zs_span labels, const char *labels_path, zs_dataset *out,
                               zs_err *err);
/* CIFAR-10 in binary form: a label and 3 x 32 x 32 pixels each; may be packed by gzip. Appends to
 * what out has. */
zs_status zs_dataset_cifar_parse(zs_arena *arena, zs_span bytes, const char *path, zs_dataset *out,
                                 zs_err *err);
/* .npy: images as numbers, [image][c][h][w], with the labels of another file. */
zs_status zs_dataset_npy_parse(zs_arena *arena, zs_span images, const char *images_path,
                               zs_span labels, const char *labels_path, zs_dataset *out,
                               zs_err *err);
/* A picture of tiles in rows, each an image of the network's input shape: grey tiles take the
 * luma of their pixels. Appends to what out has; labels come from elsewhere. */
zs_status zs_dataset_mosaic_parse(zs_arena *arena, zs_span bytes, const char *path, zs_shape tile,
                                  zs_dataset *out, zs_err *err);
/* Labels alone, one an image: IDX, .npy, or else a byte each; may be packed by gzip. */
zs_status zs_dataset_labels_parse(zs_arena *arena, zs_span bytes, const char *path,
                                  const uint32_t **labels, uint32_t *n, zs_err *err);
/* A table of names and classes: columns `file` and `class`. Entries in the order of the file. */
typedef struct zs_label_entry {
    const char *file;
    uint32_t class_index;
} zs_label_entry;
zs_status zs_label_table_parse(zs_arena *arena, zs_span bytes, const char *path,
                               const zs_label_entry **out, uint32_t *n, zs_err *err);
/* An exact case (train_case.h). ZS_EPARSE and ZS_ERANGE with the file as the place. */
zs_status zs_train_case_parse(zs_arena *arena, zs_span json, const char *json_path, zs_span setup,
                              const char *setup_path, zs_train_case *out, zs_err *err);
/* What NAME_weights.csv has, per type as params of the result; NaN where it says nothing. */
zs_status zs_train_case_expected(zs_arena *arena, zs_span bytes, const char *path,
                                 const zs_train_case *c, uint64_t cycle_n, uint64_t param_n,
                                 double *expected[2], zs_err *err);

/* ---- baselines ------------------------------------------------------------------------------- */

/* A table of expected figures (baseline.h). ZS_EPARSE and ZS_ERANGE with file:line as the place. */
zs_status zs_baseline_parse(zs_arena *arena, zs_span bytes, const char *path, zs_baseline *out,
                            zs_err *err);

#endif
