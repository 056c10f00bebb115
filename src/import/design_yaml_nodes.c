/* Nodes of the document of a design file: their places in messages, their texts, their lists. */
#include "import_design_yaml_priv.h"

#include <stdio.h>
#include <string.h>

/* A design file is small. The limit keeps aliases from multiplying and its lists short. */
enum { VISITS_MAX = 8192 };

/* ---- places ---------------------------------------------------------------------------------- */

void zs_design_yaml_prefix_mark(const zs_design_reader *r, const yaml_mark_t *mark)
{
    char where[200];
    snprintf(where, sizeof where, "%.150s:%zu:%zu", r->file->path, mark->line + 1,
             mark->column + 1);
    zs_err_prefix(r->err, where);
}

zs_status zs_design_yaml_set_place(const zs_design_reader *r, const yaml_node_t *node)
{
    r->design->place = zs_arena_printf(r->arena, "%s:%zu:%zu", r->file->path,
                                       node->start_mark.line + 1, node->start_mark.column + 1);
    return r->design->place != NULL ? ZS_OK : zs_nomem(r->err, r->file->path);
}

zs_status zs_design_yaml_at_node(const zs_design_reader *r, const yaml_node_t *node,
                                 zs_status status)
{
    if (status != ZS_OK)
        zs_design_yaml_prefix_mark(r, &node->start_mark);
    return status;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

zs_status zs_design_yaml_check_tag(const zs_design_reader *r, const yaml_node_t *node)
{
    static const char core[] = "tag:yaml.org,2002:";
    const char *tag = (const char *)node->tag;
    if (tag == NULL || strncmp(tag, core, sizeof core - 1) == 0)
        return ZS_OK;
    return ZS_FAIL_AT(r, node, ZS_EPARSE, "", "tag '%.64s' means nothing here", tag);
}

zs_status zs_design_yaml_visit(const zs_design_reader *r, yaml_node_item_t index, yaml_node_t **out)
{
    yaml_node_t *node = yaml_document_get_node(r->doc, index);
    if (node == NULL)
        return zs_fail(r->err, ZS_EINTERNAL, r->file->path, "node %d is missing", index);
    if (++*r->visits > VISITS_MAX)
        return ZS_FAIL_AT(r, node, ZS_ERANGE, "",
                          "more than %d values, an alias counts wherever it is used", VISITS_MAX);
    ZS_TRY(zs_design_yaml_check_tag(r, node));
    *out = node;
    return ZS_OK;
}

zs_status zs_design_yaml_scalar_text(const zs_design_reader *r, yaml_node_item_t index,
                                     const char *what, const char **out)
{
    yaml_node_t *node;
    ZS_TRY(zs_design_yaml_visit(r, index, &node));
    if (node->type != YAML_SCALAR_NODE)
        return ZS_FAIL_AT(r, node, ZS_EPARSE, what, "a single value is needed here");
    const char *text = (const char *)node->data.scalar.value;
    if (strlen(text) != node->data.scalar.length)
        return ZS_FAIL_AT(r, node, ZS_EPARSE, what, "a text with a zero byte in it");
    *out = text;
    return ZS_OK;
}

bool zs_design_yaml_is_null(const yaml_node_t *node)
{
    if (node->type != YAML_SCALAR_NODE || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        return false;
    const char *text = (const char *)node->data.scalar.value;
    return text[0] == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0;
}

yaml_node_item_t zs_design_yaml_value_of(const zs_design_reader *r, const yaml_node_t *mapping,
                                         const char *key)
{
    for (const yaml_node_pair_t *p = mapping->data.mapping.pairs.start;
         p < mapping->data.mapping.pairs.top; p++) {
        const yaml_node_t *node = yaml_document_get_node(r->doc, p->key);
        if (node != NULL && node->type == YAML_SCALAR_NODE &&
            strcmp((const char *)node->data.scalar.value, key) == 0)
            return p->value;
    }
    return 0;
}

/* ---- lists ----------------------------------------------------------------------------------- */

zs_status zs_design_yaml_list_length(const zs_design_reader *r, const yaml_node_t *node,
                                     const char *path, uint32_t *out)
{
    const ptrdiff_t n = node->data.sequence.items.top - node->data.sequence.items.start;
    if (n > VISITS_MAX)
        return ZS_FAIL_AT(r, node, ZS_ERANGE, path, "a list of %td, at most %d", n, VISITS_MAX);
    *out = (uint32_t)n;
    return ZS_OK;
}

zs_status zs_design_yaml_list_items(const zs_design_reader *r, const yaml_node_t *node,
                                    const char *path, zs_name_list *out)
{
    uint32_t n;
    ZS_TRY(zs_design_yaml_list_length(r, node, path, &n));
    const char **items = zs_new(r->arena, const char *, n);
    if (items == NULL)
        return zs_nomem(r->err, path);
    for (uint32_t i = 0; i < n; i++)
        ZS_TRY(zs_design_yaml_scalar_text(r, node->data.sequence.items.start[i], path, &items[i]));
    *out = (zs_name_list){.names = items, .n = n};
    return ZS_OK;
}
