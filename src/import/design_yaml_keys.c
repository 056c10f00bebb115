/* The keys of a design file and their values: which keys there are, which came twice, and what a
 * scalar, a list or a mapping sets. */
#include "import_design_yaml_priv.h"

#include <string.h>

/* Keys that a file has set so far. */
struct zs_seen_key {
    const zs_seen_key *next;
    const char *path;
    size_t line;
};

/* ---- keys ------------------------------------------------------------------------------------ */

/* Whether some field lies below `path`. */
static bool is_section(const char *path)
{
    if (strcmp(path, "accelerator.precision") == 0) /* {weights: ..., activations: ...} */
        return true;
    const size_t n = strlen(path);
    const zs_field *f;
    for (uint32_t i = 0; (f = zs_field_at(i)) != NULL; i++)
        if (strncmp(f->path, path, n) == 0 && f->path[n] == '.')
            return true;
    return false;
}

static bool is_leaf(const char *path)
{
    return zs_field_find(path) != NULL || zs_design_takes_list(path) || zs_design_is_type(path);
}

/* Nearest key or section beside a wrong one ("acelerator" has no field to be near to). */
static const char *nearest_sibling(const zs_design_reader *r, const char *path)
{
    const char *dot = strrchr(path, '.');
    const size_t prefix_n = dot ? (size_t)(dot - path) + 1 : 0;
    const char *near = NULL;
    const zs_field *f;
    for (uint32_t i = 0; (f = zs_field_at(i)) != NULL; i++) {
        const char *child = f->path + prefix_n;
        if (strncmp(f->path, path, prefix_n) != 0)
            continue;
        child = zs_arena_strndup(r->arena, child, strcspn(child, "."));
        const char *const two[] = {near ? near : child, child};
        near = child ? zs_nearest(path + prefix_n, two, ZS_LEN(two)) : near;
    }
    return near ? zs_arena_printf(r->arena, "%.*s%s", (int)prefix_n, path, near) : NULL;
}

static zs_status unknown_key(const zs_design_reader *r, const char *path)
{
    const size_t n = strlen(path);
    const char *near = nearest_sibling(r, path);
    if (n > 1 && strcmp(path + n - 2, "<<") == 0)
        return zs_fail(r->err, ZS_EUNSUPPORTED, path,
                       "merge keys are not read: write the keys themselves, or inherit a file "
                       "with `extends`");
    if (near == NULL)
        near = zs_field_suggest(path);
    return zs_design_fail_unknown(path, near, r->err);
}

/* mean0 is a part of mean. */
static bool is_part(const char *path, const char *whole)
{
    const size_t n = strlen(whole);
    return strncmp(path, whole, n) == 0 && strspn(path + n, "0123456789") == 1 &&
           path[n + 1] == '\0' && zs_design_takes_list(whole);
}

static zs_status mark_seen(zs_design_reader *r, const char *path, const yaml_node_t *key)
{
    for (const zs_seen_key *s = r->seen; s != NULL; s = s->next) {
        if (strcmp(s->path, path) == 0)
            return ZS_FAIL_AT(r, key, ZS_EPARSE, path, "given twice, first in line %zu", s->line);
        if (is_part(path, s->path) || is_part(s->path, path))
            return ZS_FAIL_AT(r, key, ZS_EPARSE, path, "given twice, first as %s in line %zu",
                              s->path, s->line);
    }
    zs_seen_key *s = zs_new(r->arena, zs_seen_key, 1);
    if (s == NULL)
        return zs_nomem(r->err, path);
    *s = (zs_seen_key){.next = r->seen, .path = path, .line = key->start_mark.line + 1};
    r->seen = s;
    return ZS_OK;
}

/* ---- values ---------------------------------------------------------------------------------- */

/* accelerator.fusion: [[conv1, pool1], [fire2/squeeze1x1, ...]] */
static zs_status set_groups(const zs_design_reader *r, const yaml_node_t *node, const char *path)
{
    uint32_t n;
    ZS_TRY(zs_design_yaml_list_length(r, node, path, &n));
    zs_name_list *groups = zs_new(r->arena, zs_name_list, n);
    if (groups == NULL)
        return zs_nomem(r->err, path);
    for (uint32_t i = 0; i < n; i++) {
        yaml_node_t *group;
        ZS_TRY(zs_design_yaml_visit(r, node->data.sequence.items.start[i], &group));
        if (group->type != YAML_SEQUENCE_NODE)
            return ZS_FAIL_AT(r, group, ZS_EPARSE, path, "each group is a list of layer names");
        ZS_TRY(zs_design_yaml_list_items(r, group, path, &groups[i]));
        groups[i].place = zs_arena_printf(r->arena, "%s:%zu:%zu", r->file->path,
                                          group->start_mark.line + 1, group->start_mark.column + 1);
        if (groups[i].place == NULL)
            return zs_nomem(r->err, path);
    }
    return zs_design_yaml_at_node(r, node,
                                  zs_design_set_groups(r->design, r->arena, groups, n, r->err));
}

static zs_status set_list(const zs_design_reader *r, const yaml_node_t *node, const char *path)
{
    zs_name_list list;
    if (strcmp(path, "accelerator.fusion") == 0)
        return set_groups(r, node, path);
    ZS_TRY(zs_design_yaml_list_items(r, node, path, &list));
    if (is_section(path) && !is_leaf(path)) {
        const char *text = "";
        for (uint32_t i = 0; i < list.n && text != NULL; i++)
            text = zs_arena_printf(r->arena, "%s%s%s", text, i > 0 ? ", " : "", list.names[i]);
        return text == NULL
                   ? zs_nomem(r->err, path)
                   : zs_design_yaml_at_node(
                         r, node, zs_design_fail_group(r->design, path, text, list.n, r->err));
    }
    return zs_design_yaml_at_node(
        r, node, zs_design_set_list(r->design, r->arena, path, list.names, list.n, r->err));
}

static zs_status set_scalar(const zs_design_reader *r, yaml_node_item_t index,
                            const yaml_node_t *node, const char *path)
{
    const char *text;
    ZS_TRY(zs_design_yaml_scalar_text(r, index, path, &text));
    if (zs_design_yaml_is_null(node) && is_leaf(path))
        return ZS_FAIL_AT(r, node, ZS_EPARSE, path, "no value; write \"\" for an empty text");
    if (zs_design_yaml_is_null(node)) /* a section whose keys are all commented out */
        return ZS_OK;
    if (!is_leaf(path) && zs_field_of_auto(path, text) == NULL)
        return zs_design_yaml_at_node(r, node,
                                      zs_design_fail_group(r->design, path, text, 0, r->err));
    if (strcmp(path, zs_kind_field.path) ==
        0) { /* the outermost one is set, the others only read */
        zs_design design = *r->design;
        design.given = NULL;
        return zs_design_yaml_at_node(r, node,
                                      zs_design_set(&design, r->arena, path, text, r->err));
    }
    return zs_design_yaml_at_node(r, node, zs_design_set(r->design, r->arena, path, text, r->err));
}

/* ---- mappings -------------------------------------------------------------------------------- */

static zs_status read_value(zs_design_reader *r, yaml_node_item_t index, const yaml_node_t *key,
                            const char *path)
{
    yaml_node_t *node;
    const zs_field *field = zs_field_find(path);
    if (!is_leaf(path) && !is_section(path))
        return zs_design_yaml_at_node(r, key, unknown_key(r, path));
    if (field != NULL)
        ZS_TRY(zs_design_yaml_at_node(r, key,
                                      zs_field_check_kind(field, r->design->accel.kind, r->err)));
    ZS_TRY(zs_design_yaml_set_place(r, key));
    ZS_TRY(zs_design_yaml_visit(r, index, &node));
    if (node->type == YAML_SCALAR_NODE)
        return set_scalar(r, index, node, path);
    if (node->type == YAML_SEQUENCE_NODE)
        return set_list(r, node, path);
    if (!is_section(path))
        return ZS_FAIL_AT(r, node, ZS_EPARSE, path, "a mapping, but it takes a single value");
    return zs_design_yaml_read_mapping(r, node, path);
}

/* Keys that were read before all others. */
static bool is_done(const char *prefix, const char *key, const yaml_node_t *value)
{
    if (prefix[0] == '\0')
        return strcmp(key, "extends") == 0 ||
               (strcmp(key, "board") == 0 && value != NULL && value->type == YAML_SCALAR_NODE);
    return strcmp(prefix, "board") == 0 && (strcmp(key, "name") == 0 || strcmp(key, "base") == 0);
}

/* What `show --calibrate` wrote: the keys below accelerator.account. */
static const char account_key[] = "accelerator.account";
static zs_status read_account(const zs_design_reader *r, yaml_node_item_t index)
{
    const char *name;
    ZS_TRY(zs_design_yaml_scalar_text(r, index, account_key, &name));
    const yaml_node_t *node = yaml_document_get_node(r->doc, index);
    if (zs_design_yaml_is_null(node) || name[0] == '\0')
        return ZS_FAIL_AT(r, node, ZS_EPARSE, account_key, "no file named");
    return zs_design_yaml_at_node(r, node,
                                  zs_design_yaml_fetch_file(r, name, account_key, account_key));
}

static zs_status read_pair(zs_design_reader *r, const yaml_node_pair_t *pair, const char *prefix)
{
    const char *name;
    const yaml_node_t *key = yaml_document_get_node(r->doc, pair->key);
    ZS_TRY(zs_design_yaml_scalar_text(r, pair->key, prefix, &name));
    const char *path = zs_arena_printf(r->arena, "%s%s%s", prefix, prefix[0] ? "." : "", name);
    if (path == NULL)
        return zs_nomem(r->err, r->file->path);
    ZS_TRY(mark_seen(r, path, key));
    if (strcmp(path, "sweep") == 0)
        return zs_design_yaml_read_sweep(r, pair->value);
    if (strcmp(path, "layers") == 0)
        return zs_design_yaml_read_layers(r, pair->value);
    const yaml_node_t *value = yaml_document_get_node(r->doc, pair->value);
    if (strcmp(path, account_key) == 0 && value != NULL && value->type == YAML_SCALAR_NODE)
        return read_account(r, pair->value);
    if (strcmp(path, "accelerators") == 0) /* when all that they start from is known */
        return ZS_OK;
    if (r->in_engine &&
        (strcmp(path, "accelerator.name") == 0 || strcmp(path, "accelerator.map") == 0))
        return ZS_OK;
    if (is_done(prefix, name, value))
        return ZS_OK;
    return read_value(r, pair->value, key, path);
}

zs_status zs_design_yaml_read_mapping(zs_design_reader *r, const yaml_node_t *mapping,
                                      const char *prefix)
{
    for (const yaml_node_pair_t *p = mapping->data.mapping.pairs.start;
         p < mapping->data.mapping.pairs.top; p++)
        ZS_TRY(read_pair(r, p, prefix));
    return ZS_OK;
}
