/* import_net_priv.h - what the network importers share: a growing net spec with its names, the
 * bridge from protobuf-c to the arena, and small readers of tensors.
 *
 * Memory  everything goes to the arena of the parse; nothing needs to be freed on any path. */
#ifndef ZYNQSIM_IMPORT_NET_PRIV_H
#define ZYNQSIM_IMPORT_NET_PRIV_H

#include "zynqsim/base.h"
#include "zynqsim/net.h"

#include <protobuf-c/protobuf-c.h>

/* ---- names ----------------------------------------------------------------------------------- */

/* A map from names to pointers with a fixed number of places. */
typedef struct zs_name_map {
    struct zs_name_entry *entries;
    uint32_t mask;      /* places - 1, a power of two */
    uint32_t n, room_n; /* entries used, and the most there may be */
} zs_name_map;

/* Room for `n` names; false when memory is out. */
bool zs_name_map_init(zs_arena *arena, zs_name_map *map, size_t n);
/* NULL when absent. */
void *zs_name_map_get(const zs_name_map *map, const char *name);
/* Adds or replaces. The map must have been made large enough. */
void zs_name_map_put(zs_name_map *map, const char *name, void *value);

/* ---- a net spec that grows ------------------------------------------------------------------- */

/* What a name of the file (an ONNX value, a Caffe blob) stands for. */
typedef struct zs_net_value {
    const char *layer; /* name in the spec; NULL: nothing the network computes (a label) */
    uint32_t rank;     /* dimensions including the batch; 0 = unknown */
    void *constant;    /* the importer's constant tensor, or NULL */
    /* ONNX, of a computed value whose size is known: dims as the file counts them; perm[i] is the
     * dimension of the layer's tensor that is i here (a Transpose that nobody has needed yet);
     * shape is that of the layer's tensor, with the same elements in some other grouping; zeros
     * around rows and columns that no layer has added yet are in pads. */
    bool has_dims;
    uint32_t dims[ZS_RANK_MAX];
    uint8_t perm[ZS_RANK_MAX];
    zs_shape shape;
    float step; /* above 0: quantised, to these steps around that zero; real numbers all the same */
    const float *steps;       /* one for each channel, or NULL */
    double zero, least, most; /* limits of its integers, or of those of an input (is_raw) */
    bool is_raw;              /* the layer's numbers are integers of the file */
    zs_weight_grid grid;      /* a constant that lies on steps */
    uint32_t pads[4];         /* top, left, bottom, right; dims count them */
} zs_net_value;

typedef struct zs_net_draft {
    zs_arena *arena;
    const char *path;
    zs_layer_spec *layers;
    uint32_t layer_n, room_n;
    zs_name_map taken;  /* names of layers and of the input */
    zs_name_map values; /* name in the file -> zs_net_value */
} zs_net_draft;

/* Room for `layer_n` layers and `value_n` names. ZS_ENOMEM, or ZS_ERANGE for absurd numbers. */
zs_status zs_net_draft_init(zs_net_draft *draft, zs_arena *arena, const char *path,
                            uint64_t layer_n, uint64_t value_n, zs_err *err);
/* A new layer with a unique name: `name`, else `name/<op>`, else with a number. `*out` is zeroed
 * but for name, op, place, groups and a 1x1 window. */
zs_status zs_net_draft_layer(zs_net_draft *draft, const char *name, zs_layer_op op,
                             const char *place, zs_layer_spec **out, zs_err *err);
/* Sets the inputs of a layer to one name. */
zs_status zs_net_draft_input(zs_net_draft *draft, zs_layer_spec *layer, const char *from,
                             zs_err *err);
/* Makes `name` stand for `layer`. */
zs_status zs_net_draft_value(zs_net_draft *draft, const char *name, const char *layer,
                             uint32_t rank, zs_err *err);
static inline zs_net_value *zs_net_draft_get(const zs_net_draft *draft, const char *name)
{
    return zs_name_map_get(&draft->values, name);
}

/* ---- numbers --------------------------------------------------------------------------------- */

/* Sizes and paddings of files: above this a number is refused rather than believed. */
#define ZS_NET_SIZE_MAX UINT32_C(16777216)

/* IEEE 754 binary16. */
float zs_float_of_half(uint32_t bits);
/* `value` as a size of at least `min`; `what` names it in the message. */
zs_status zs_net_size(int64_t value, int64_t min, const char *what, const char *place,
                      uint32_t *out, zs_err *err);
/* The product of `n` dimensions, checked; negative ones are errors. */
zs_status zs_net_elems(const int64_t *dims, size_t n, const char *place, uint64_t *out,
                       zs_err *err);
/* [rows][cols] -> [cols][rows]; NULL when memory is out. */
float *zs_net_transpose(zs_arena *arena, const float *data, uint64_t rows, uint64_t cols);
/* Batch normalisation as y = x * scale + shift, computed in double. The pointers may be NULL:
 * gamma 1, beta 0. `factor` multiplies mean and variance (Caffe); otherwise 1. */
typedef struct zs_bn_stats {
    const float *gamma, *beta, *mean, *var;
    double eps, factor;
    uint32_t n;
} zs_bn_stats;
zs_status zs_net_fold_stats(zs_arena *arena, const zs_bn_stats *stats, const char *place,
                            zs_layer_spec *layer, zs_err *err);

/* ---- protobuf -------------------------------------------------------------------------------- */

/* Unpacks into the arena. `what` names the format in the message ("an ONNX model"). */
zs_status zs_proto_unpack(zs_arena *arena, const ProtobufCMessageDescriptor *type, zs_span bytes,
                          const char *what, const char *path, void **out, zs_err *err);
/* The same of a message in text form. Fields that the type does not have are skipped. */
zs_status zs_proto_parse_text(zs_arena *arena, const ProtobufCMessageDescriptor *type,
                              zs_span bytes, const char *path, void **out, zs_err *err);

#endif
