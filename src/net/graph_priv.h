/* graph_priv.h - a network while it is being built.
 *
 * Every layer of the spec is a node, and so are the network's inputs (the last nodes). A node's
 * number also names the value it makes. Passes, in order: resolve (names to numbers), sort (order,
 * cycles, what the output depends on), shapes, simplify, emit (compact numbers, memory of the
 * caller).
 *
 * Memory   nodes live in a scratch arena that zs_net_build drops; only what emit copies and folded
 *          weights go to the caller's arena. */
#ifndef ZYNQSIM_GRAPH_PRIV_H
#define ZYNQSIM_GRAPH_PRIV_H

#include "zynqsim/net.h"

/* Limits of what the simulator counts with: op boxes hold rows and columns in 16 bits, sizes of a
 * batch of 4,096 images must stay below 2^63. */
#define ZS_MAX_LAYERS       UINT32_C(65535)
#define ZS_MAX_SIDE         UINT32_C(65535) /* rows, columns, channels, window sizes, groups */
#define ZS_MAX_TENSOR_ELEMS (UINT64_C(1) << 31)
#define ZS_MAX_NET_MACS     (UINT64_C(1) << 50)

typedef struct zs_node {
    const zs_layer_spec *spec; /* NULL for an input of the network */
    zs_layer layer;            /* settings and shapes; its in, out, index are set by emit */
    uint32_t *in;              /* values read */
    uint32_t in_n;
    uint32_t reader_n; /* how often the value is read, the network's user included */
    bool works;        /* becomes a layer */
    bool has_tensor;   /* becomes a tensor */
    uint32_t alias;    /* the value to read instead of this one; itself by default */
    uint32_t parent;   /* value this one is part of, or ZS_NO_INDEX */
    uint64_t parent_offset_elems;
    zs_number number; /* of the value */
} zs_node;

typedef struct zs_draft {
    const zs_net_spec *spec;
    zs_arena *arena; /* of the result */
    zs_arena *scratch;
    zs_node *nodes;  /* [node_n] */
    uint32_t node_n; /* layers and inputs */
    uint32_t input;  /* == layer_n: the first input; all that follow are inputs, too */
    uint32_t output; /* value */
    uint32_t *more;  /* values of further outputs, as many as the spec has */
    uint32_t *order; /* nodes that the output depends on, inputs first */
    uint32_t order_n;
    bool is_streamlined;
} zs_draft;

static inline const zs_input_spec *zs_draft_input(const zs_draft *draft, uint32_t node)
{
    return node == draft->input ? &draft->spec->input
                                : &draft->spec->more_inputs[node - draft->input - 1];
}

zs_status zs_draft_resolve(zs_draft *draft, zs_err *err);
zs_status zs_draft_sort(zs_draft *draft, zs_err *err);
zs_status zs_draft_shapes(zs_draft *draft, zs_err *err);
zs_status zs_draft_simplify(zs_draft *draft, zs_err *err);
/* Within simplify: quantised values become integers. */
zs_status zs_draft_streamline(zs_draft *draft, zs_err *err);
/* Follows removed layers to the value that stands for theirs. */
uint32_t zs_draft_value(const zs_draft *draft, uint32_t value);
/* Takes a node out; the value it read, now changed, stands for its own. */
void zs_draft_merge(zs_draft *draft, uint32_t node, zs_node *producer);

/* A failure at a layer: the importer's place and the layer's name in front. */
zs_status zs_layer_fail(zs_err *err, zs_status status, const zs_layer_spec *spec, const char *fmt,
                        ...) ZS_PRINTF(4, 5);

#endif
