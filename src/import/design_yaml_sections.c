/* The sections of a design file that are lists or have keys of their own: sweep, layers and
 * accelerators. */
#include "import_design_yaml_priv.h"

#include <string.h>

/* ---- the section of sweeps ------------------------------------------------------------------- */

static zs_status read_texts(const zs_design_reader *r, yaml_node_item_t index, const char *what,
                            const char *const **out, uint32_t *n)
{
    yaml_node_t *node;
    ZS_TRY(zs_design_yaml_visit(r, index, &node));
    if (node->type != YAML_SEQUENCE_NODE)
        return ZS_FAIL_AT(r, node, ZS_EPARSE, what, "a list of texts is needed here");
    const size_t count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    const char **texts = zs_new(r->arena, const char *, count + 1);
    if (texts == NULL)
        return zs_nomem(r->err, what);
    for (size_t i = 0; i < count; i++) {
        const char *text;
        ZS_TRY(zs_design_yaml_scalar_text(r, node->data.sequence.items.start[i], what, &text));
        texts[i] = zs_arena_strdup(r->arena, text);
        if (texts[i] == NULL)
            return zs_nomem(r->err, what);
    }
    *out = texts;
    *n = (uint32_t)count;
    return ZS_OK;
}

zs_status zs_design_yaml_read_sweep(const zs_design_reader *r, yaml_node_item_t index)
{
    yaml_node_t *section;
    ZS_TRY(zs_design_yaml_visit(r, index, &section));
    if (section->type != YAML_MAPPING_NODE)
        return ZS_FAIL_AT(r, section, ZS_EPARSE, "sweep", "a mapping of vary and where is needed");
    for (const yaml_node_pair_t *p = section->data.mapping.pairs.start;
         p < section->data.mapping.pairs.top; p++) {
        const char *key;
        ZS_TRY(zs_design_yaml_scalar_text(r, p->key, "sweep", &key));
        if (strcmp(key, "vary") == 0)
            ZS_TRY(read_texts(r, p->value, "sweep.vary", &r->sweep->vary, &r->sweep->vary_n));
        else if (strcmp(key, "where") == 0)
            ZS_TRY(read_texts(r, p->value, "sweep.where", &r->sweep->where, &r->sweep->where_n));
        else
            return ZS_FAIL_AT(r, yaml_document_get_node(r->doc, p->key), ZS_EPARSE, "sweep",
                              "\"%.60s\" is neither vary nor where", key);
    }
    return ZS_OK;
}

/* ---- layers ---------------------------------------------------------------------------------- */

/* Ports of an operand are "hp0+hp1". */
static const char *separator_of(const char *key)
{
    return strcmp(key, "ports") == 0 ? "+" : ",";
}

/* A text, or the texts of a list with such between them. */
static zs_status joined_text(const zs_design_reader *r, yaml_node_item_t index, const char *between,
                             const char **out)
{
    yaml_node_t *node;
    zs_name_list list;
    ZS_TRY(zs_design_yaml_visit(r, index, &node));
    if (node->type != YAML_SEQUENCE_NODE)
        return zs_design_yaml_scalar_text(r, index, "layers", out);
    ZS_TRY(zs_design_yaml_list_items(r, node, "layers", &list));
    const char *text = "";
    for (uint32_t i = 0; i < list.n && text != NULL; i++)
        text = zs_arena_printf(r->arena, "%s%s%s", text, i > 0 ? between : "", list.names[i]);
    *out = text;
    return text != NULL ? ZS_OK : zs_nomem(r->err, "layers");
}

/* Of a mapping whose keys are not those of the design. */
static zs_status check_keys_differ(zs_design_reader *r, const yaml_node_t *mapping,
                                   const char *what)
{
    const yaml_node_pair_t *start = mapping->data.mapping.pairs.start;
    for (const yaml_node_pair_t *p = start; p < mapping->data.mapping.pairs.top; p++)
        for (const yaml_node_pair_t *q = start; q < p; q++) {
            const yaml_node_t *later = yaml_document_get_node(r->doc, p->key);
            const yaml_node_t *first = yaml_document_get_node(r->doc, q->key);
            if (later != NULL && first != NULL && later->type == YAML_SCALAR_NODE &&
                first->type == YAML_SCALAR_NODE &&
                strcmp((const char *)later->data.scalar.value,
                       (const char *)first->data.scalar.value) == 0)
                return ZS_FAIL_AT(
                    r, later, ZS_EPARSE, "layers", "%s'%.64s' is given twice, first in line %zu",
                    what, (const char *)first->data.scalar.value, first->start_mark.line + 1);
        }
    return ZS_OK;
}

/* tile: {oc: 16, oy: 7} */
static zs_status read_layer_group(zs_design_reader *r, yaml_node_item_t index, const char *pattern,
                                  const char *group)
{
    yaml_node_t *node;
    ZS_TRY(zs_design_yaml_visit(r, index, &node));
    ZS_TRY(check_keys_differ(r, node, ""));
    for (const yaml_node_pair_t *p = node->data.mapping.pairs.start;
         p < node->data.mapping.pairs.top; p++) {
        const char *key, *text;
        ZS_TRY(zs_design_yaml_scalar_text(r, p->key, "layers", &key));
        ZS_TRY(joined_text(r, p->value, separator_of(group), &text));
        const char *path = zs_arena_printf(r->arena, "%s.%s", group, key);
        if (path == NULL)
            return zs_nomem(r->err, "layers");
        ZS_TRY(zs_design_yaml_at_node(
            r, node, zs_design_set_layer(r->design, r->arena, pattern, path, text, r->err)));
    }
    return ZS_OK;
}

/* {"conv10": {on: cpu}, "fire2*": {tile: {oc: 16}, loop_order: weight_stationary}} */
zs_status zs_design_yaml_read_layers(zs_design_reader *r, yaml_node_item_t index)
{
    yaml_node_t *section, *layer;
    ZS_TRY(zs_design_yaml_visit(r, index, &section));
    if (section->type != YAML_MAPPING_NODE)
        return ZS_FAIL_AT(r, section, ZS_EPARSE, "layers",
                          "a mapping of names or patterns is needed");
    ZS_TRY(check_keys_differ(r, section, "layer "));
    for (const yaml_node_pair_t *p = section->data.mapping.pairs.start;
         p < section->data.mapping.pairs.top; p++) {
        const char *pattern, *key, *text;
        ZS_TRY(zs_design_yaml_scalar_text(r, p->key, "layers", &pattern));
        ZS_TRY(zs_design_yaml_visit(r, p->value, &layer));
        if (layer->type != YAML_MAPPING_NODE)
            return ZS_FAIL_AT(r, layer, ZS_EPARSE, "layers", "'%.64s' needs a mapping, {on: cpu}",
                              pattern);
        ZS_TRY(check_keys_differ(r, layer, ""));
        for (const yaml_node_pair_t *k = layer->data.mapping.pairs.start;
             k < layer->data.mapping.pairs.top; k++) {
            ZS_TRY(zs_design_yaml_scalar_text(r, k->key, "layers", &key));
            const yaml_node_t *value = yaml_document_get_node(r->doc, k->value);
            if (value != NULL && value->type == YAML_MAPPING_NODE) {
                ZS_TRY(read_layer_group(r, k->value, pattern, key));
                continue;
            }
            ZS_TRY(joined_text(r, k->value, separator_of(key), &text));
            ZS_TRY(zs_design_yaml_at_node(
                r, layer, zs_design_set_layer(r->design, r->arena, pattern, key, text, r->err)));
        }
    }
    return ZS_OK;
}

/* ---- several engines ------------------------------------------------------------------------- */

/* map: a layer, a pattern, or a list of them. */
static zs_status read_map(const zs_design_reader *r, const yaml_node_t *entry, zs_name_list *out)
{
    const yaml_node_item_t index = zs_design_yaml_value_of(r, entry, "map");
    yaml_node_t *node;
    *out = (zs_name_list){0};
    if (index == 0)
        return ZS_OK;
    ZS_TRY(zs_design_yaml_visit(r, index, &node));
    if (node->type == YAML_SEQUENCE_NODE)
        return zs_design_yaml_list_items(r, node, "accelerators.map", out);
    const char **only = zs_new(r->arena, const char *, 1);
    if (only == NULL)
        return zs_nomem(r->err, "accelerators.map");
    ZS_TRY(zs_design_yaml_scalar_text(r, index, "accelerators.map", only));
    *out = (zs_name_list){.names = only, .n = 1};
    return ZS_OK;
}

/* {name: front, map: [conv1, "fire2*"], kind: ..., and any key below accelerator} */
static zs_status read_engine(const zs_design_reader *r, yaml_node_item_t index,
                             const zs_design *base)
{
    zs_design alone = *base;
    zs_design_reader own = *r;
    yaml_node_t *entry;
    zs_name_list map;
    const char *name = "";
    bool has_kind = false;
    own.design = &alone;
    own.in_engine = true;
    own.seen = NULL;
    ZS_TRY(zs_design_yaml_visit(r, index, &entry));
    if (entry->type != YAML_MAPPING_NODE)
        return ZS_FAIL_AT(r, entry, ZS_EPARSE, "accelerators",
                          "each engine is a mapping with a name, a map of layers, and its keys");
    if (zs_design_yaml_value_of(r, entry, "name") != 0)
        ZS_TRY(zs_design_yaml_scalar_text(r, zs_design_yaml_value_of(r, entry, "name"),
                                          "accelerators.name", &name));
    ZS_TRY(read_map(r, entry, &map));
    if (zs_design_yaml_value_of(r, entry, "kind") != 0)
        ZS_TRY(zs_design_yaml_set_kind(&own, zs_design_yaml_value_of(r, entry, "kind"), &has_kind));
    ZS_TRY(zs_design_yaml_read_mapping(&own, entry, "accelerator"));
    return zs_design_yaml_at_node(
        r, entry, zs_design_add_engine(r->design, r->arena, name, &map, &alone, r->err));
}

/* Each starts from the keys of accelerator. */
zs_status zs_design_yaml_read_engines(const zs_design_reader *r, const yaml_node_t *root)
{
    const yaml_node_item_t index = zs_design_yaml_value_of(r, root, "accelerators");
    const zs_design base = *r->design;
    yaml_node_t *list;
    uint32_t n;
    if (index == 0)
        return ZS_OK;
    ZS_TRY(zs_design_yaml_visit(r, index, &list));
    if (list->type != YAML_SEQUENCE_NODE ||
        list->data.sequence.items.top == list->data.sequence.items.start)
        return ZS_FAIL_AT(r, list, ZS_EPARSE, "accelerators",
                          "a list of engines is needed, `accelerator` is the only one");
    if (base.engine_n > 0)
        return ZS_FAIL_AT(
            r, list, ZS_EPARSE, "accelerators",
            "the file that this one extends lists accelerators too; keys of these are "
            "set by accelerators.NAME.KEY");
    ZS_TRY(zs_design_yaml_list_length(r, list, "accelerators", &n));
    for (uint32_t i = 0; i < n; i++)
        ZS_TRY(read_engine(r, list->data.sequence.items.start[i], &base));
    return ZS_OK;
}
