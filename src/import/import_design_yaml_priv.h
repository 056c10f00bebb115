/* import_design_yaml_priv.h - between the files of a design (design_yaml.c), the nodes of one
 * (design_yaml_nodes.c), its keys (design_yaml_keys.c) and the sections that have keys of their own
 * (design_yaml_sections.c). */
#ifndef ZYNQSIM_IMPORT_DESIGN_YAML_PRIV_H
#define ZYNQSIM_IMPORT_DESIGN_YAML_PRIV_H

#include "zynqsim/import.h"

#include <yaml.h>

/* The files that are being read, innermost first: for depth and cycles. */
typedef struct zs_design_frame {
    const struct zs_design_frame *up;
    const char *path;
    const char *name; /* by which it was named */
    uint32_t depth;
} zs_design_frame;

typedef struct zs_seen_key zs_seen_key;

typedef struct zs_design_reader {
    zs_arena *arena;
    const zs_fetch *fetch;
    zs_design *design;
    zs_err *err;
    const zs_design_frame *file;
    zs_span text; /* of the file */
    yaml_document_t *doc;
    const zs_seen_key *seen; /* keys that the file has set so far */
    uint32_t *visits;        /* over all files */
    bool in_engine;          /* below an entry of accelerators */
    bool *has_kind; /* whether a file has set accelerator.kind: the outermost one decides */
    zs_sweep_section *sweep;
} zs_design_reader;

/* Puts a position of the file in front of the place of the error. */
void zs_design_yaml_prefix_mark(const zs_design_reader *r, const yaml_mark_t *mark);
/* Keys set from now on are given at a node. */
zs_status zs_design_yaml_set_place(const zs_design_reader *r, const yaml_node_t *node);
/* Puts the position of a node in front of an error's place; forwards ZS_OK. */
zs_status zs_design_yaml_at_node(const zs_design_reader *r, const yaml_node_t *node,
                                 zs_status status);
/* An error of the file's own, at a node. */
#define ZS_FAIL_AT(r, node, status, place, ...)                                                    \
    (zs_fail((r)->err, (status), (place), __VA_ARGS__),                                            \
     zs_design_yaml_prefix_mark((r), &(node)->start_mark), (status))

/* Refuses tags that are not of YAML's core. */
zs_status zs_design_yaml_check_tag(const zs_design_reader *r, const yaml_node_t *node);
/* The node of an index, which counts as read. */
zs_status zs_design_yaml_visit(const zs_design_reader *r, yaml_node_item_t index,
                               yaml_node_t **out);
/* The text of a scalar; `what` names it in messages. */
zs_status zs_design_yaml_scalar_text(const zs_design_reader *r, yaml_node_item_t index,
                                     const char *what, const char **out);
/* "key:" with nothing behind it. */
bool zs_design_yaml_is_null(const yaml_node_t *node);
/* Value of a key of a mapping, 0 when it is not there. */
yaml_node_item_t zs_design_yaml_value_of(const zs_design_reader *r, const yaml_node_t *mapping,
                                         const char *key);
/* Entries of a list, and the texts of a list of scalars; `path` names it in messages. */
zs_status zs_design_yaml_list_length(const zs_design_reader *r, const yaml_node_t *node,
                                     const char *path, uint32_t *out);
zs_status zs_design_yaml_list_items(const zs_design_reader *r, const yaml_node_t *node,
                                    const char *path, zs_name_list *out);

/* Sets every key of a mapping; `prefix` is what they are below, "" for a whole file. */
zs_status zs_design_yaml_read_mapping(zs_design_reader *r, const yaml_node_t *mapping,
                                      const char *prefix);

/* The sections sweep and layers, and `accelerators` of a file, where it has one. */
zs_status zs_design_yaml_read_sweep(const zs_design_reader *r, yaml_node_item_t index);
zs_status zs_design_yaml_read_layers(zs_design_reader *r, yaml_node_item_t index);
zs_status zs_design_yaml_read_engines(const zs_design_reader *r, const yaml_node_t *root);

/* Reads the file that a key names; `below` is what its keys are below, NULL for a design. */
zs_status zs_design_yaml_fetch_file(const zs_design_reader *r, const char *name, const char *key,
                                    const char *below);
/* Sets the kind, from which on the keys are those of this kind. */
zs_status zs_design_yaml_set_kind(const zs_design_reader *r, yaml_node_item_t index, bool *is_set);

#endif
