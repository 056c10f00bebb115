/* import_net_yaml_priv.h - between the frame of a YAML network (net_yaml.c), which also reads its
 * scalars, and the kinds of layers (net_yaml_layers.c). */
#ifndef ZYNQSIM_IMPORT_NET_YAML_PRIV_H
#define ZYNQSIM_IMPORT_NET_YAML_PRIV_H

#include "import_net_priv.h"

#include <yaml.h>

typedef struct zs_net_yaml {
    zs_span text;
    yaml_document_t *doc;
    zs_net_draft draft;
    zs_input_spec *inputs;
    uint32_t input_n;
    const char *note; /* or NULL */
    uint32_t *heads;  /* layers whose `in` still holds names as the file has them */
    uint32_t head_n;
    zs_err *err;
} zs_net_yaml;

/* Fails with the line and column of `node` as the place. */
zs_status zs_net_yaml_fail(const zs_net_yaml *y, const yaml_node_t *node, zs_status status,
                           const char *fmt, ...) ZS_PRINTF(4, 5);
/* "unknown X 'word'", with the nearest of the names. */
zs_status zs_net_yaml_unknown(const zs_net_yaml *y, const yaml_node_t *node, const char *what,
                              const char *const *names, size_t n);

/* Values of nodes. Texts are copied into the arena. */
zs_status zs_net_yaml_text(const zs_net_yaml *y, const yaml_node_t *node, const char **out);
zs_status zs_net_yaml_uint(const zs_net_yaml *y, const yaml_node_t *node, uint32_t min,
                           uint32_t *out);
zs_status zs_net_yaml_real(const zs_net_yaml *y, const yaml_node_t *node, float *out);
zs_status zs_net_yaml_bool(const zs_net_yaml *y, const yaml_node_t *node, bool *out);
bool zs_net_yaml_is(const yaml_node_t *node, const char *text);

/* Sequences and mappings. */
size_t zs_net_yaml_len(const yaml_node_t *node);
const yaml_node_t *zs_net_yaml_item(const zs_net_yaml *y, const yaml_node_t *list, size_t i);
size_t zs_net_yaml_pairs(const yaml_node_t *node);
const yaml_node_t *zs_net_yaml_key(const zs_net_yaml *y, const yaml_node_t *map, size_t i);
const yaml_node_t *zs_net_yaml_value(const zs_net_yaml *y, const yaml_node_t *map, size_t i);

/* Darknet's reorg of a map of shape `x`, as a layer that rearranges. Errors are of `node`. */
zs_status zs_net_yaml_reorg(const zs_net_yaml *y, const yaml_node_t *node, zs_shape x,
                            uint32_t stride, const zs_general **out);

/* Adds what one item of `layers` stands for: one to three layers of the draft. */
zs_status zs_net_yaml_layer(zs_net_yaml *y, const yaml_node_t *item);

#endif
