/* import_darknet_priv.h - between the sections of a Darknet .cfg and its .weights (net_darknet.c)
 * and the kinds of layers (net_darknet_layers.c). */
#ifndef ZYNQSIM_IMPORT_DARKNET_PRIV_H
#define ZYNQSIM_IMPORT_DARKNET_PRIV_H

#include "import_lower_priv.h"

typedef struct zs_cfg_option {
    const char *key, *value;
    uint32_t line;
} zs_cfg_option;

typedef struct zs_cfg_section {
    const char *name; /* without brackets */
    uint32_t line;
    const zs_cfg_option *options;
    uint32_t option_n;
} zs_cfg_section;

typedef struct zs_darknet {
    zs_onnx graph;
    const char **results; /* of each layer so far: the name of a value */
    uint32_t result_n;
    bool is_bare;    /* no weights: they are synthetic */
    zs_span weights; /* what is left of them */
    const char *weights_path;
    bool is_transposed; /* weights of connected layers, in files of old versions */
    uint64_t taken_n;   /* floats */
} zs_darknet;

/* One layer on its way into the draft. */
typedef struct zs_darknet_layer {
    zs_darknet *net;
    const zs_cfg_section *section;
    uint32_t index;
    const char *in, *out; /* names of the value before and of this layer's */
    zs_lower lower;
} zs_darknet_layer;

/* Options; ZS_EPARSE names file, line and key. */
const zs_cfg_option *zs_cfg_find(const zs_cfg_section *section, const char *key);
zs_status zs_cfg_int(const zs_darknet *net, const zs_cfg_section *section, const char *key,
                     int64_t otherwise, int64_t least, int64_t *out, zs_err *err);
zs_status zs_cfg_real(const zs_darknet *net, const zs_cfg_section *section, const char *key,
                      double otherwise, double *out, zs_err *err);
/* At most `room` numbers with commas between them. */
zs_status zs_cfg_list(const zs_darknet *net, const zs_cfg_section *section, const char *key,
                      int64_t *out, size_t room, size_t *n, zs_err *err);

/* The next n numbers of the weights. */
zs_status zs_darknet_take(const zs_darknet_layer *at, uint64_t n, const float **out, zs_err *err);
/* Adds the layer; *is_layer is false for sections that are none (training). */
zs_status zs_darknet_add(const zs_darknet_layer *at, zs_err *err);
/* Whether a section ends a branch of the graph: its input is a result. */
bool zs_darknet_is_end(const char *section);
/* Name i of the sections that are layers, NULL behind the last. */
const char *zs_darknet_section_at(size_t i);

#endif
