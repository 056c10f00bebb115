#include "yaml_depth_priv.h"
#include "zynqsim/import.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

/* A design file is small. The limits keep aliases from multiplying and the parser's lists short. */
enum { VISITS_MAX = 8192, NEST_MAX = 16 };

/* The files that are being read, innermost first: for depth and cycles. */
typedef struct frame {
    const struct frame *up;
    const char *path;
    const char *name; /* by which it was named */
    uint32_t depth;
} frame;

/* Keys that a file has set so far. */
typedef struct seen_key {
    const struct seen_key *next;
    const char *path;
    size_t line;
} seen_key;

typedef struct reader {
    zs_arena *arena;
    const zs_fetch *fetch;
    zs_design *design;
    zs_err *err;
    const frame *file;
    zs_span text; /* of the file */
    yaml_document_t *doc;
    const seen_key *seen;
    uint32_t *visits; /* over all files */
    bool in_engine;   /* below an entry of accelerators */
    bool *has_kind;   /* whether a file has set accelerator.kind: the outermost one decides */
    zs_sweep_section *sweep;
} reader;

/* `below`: NULL for a design, else what its keys are below: the file of a board or an account. */
static zs_status read_file(const reader *outer, zs_span bytes, const char *path, const char *name,
                           const char *below);

/* ---- places ---------------------------------------------------------------------------------- */

static void prefix_mark(const reader *r, const yaml_mark_t *mark)
{
    char where[200];
    snprintf(where, sizeof where, "%.150s:%zu:%zu", r->file->path, mark->line + 1,
             mark->column + 1);
    zs_err_prefix(r->err, where);
}

/* Keys set from now on are given at a node. */
static zs_status set_place(const reader *r, const yaml_node_t *node)
{
    r->design->place = zs_arena_printf(r->arena, "%s:%zu:%zu", r->file->path,
                                       node->start_mark.line + 1, node->start_mark.column + 1);
    return r->design->place != NULL ? ZS_OK : zs_nomem(r->err, r->file->path);
}

/* Puts the position of a node in front of an error's place; forwards ZS_OK. */
static zs_status at_node(const reader *r, const yaml_node_t *node, zs_status status)
{
    if (status != ZS_OK)
        prefix_mark(r, &node->start_mark);
    return status;
}

/* An error of this file's own, at a node. */
#define FAIL_AT(r, node, status, place, ...)                                                       \
    (zs_fail((r)->err, (status), (place), __VA_ARGS__), prefix_mark((r), &(node)->start_mark),     \
     (status))

/* ---- nodes ----------------------------------------------------------------------------------- */

static zs_status check_tag(const reader *r, const yaml_node_t *node)
{
    static const char core[] = "tag:yaml.org,2002:";
    const char *tag = (const char *)node->tag;
    if (tag == NULL || strncmp(tag, core, sizeof core - 1) == 0)
        return ZS_OK;
    return FAIL_AT(r, node, ZS_EPARSE, "", "tag '%.64s' means nothing here", tag);
}

static zs_status visit(const reader *r, yaml_node_item_t index, yaml_node_t **out)
{
    yaml_node_t *node = yaml_document_get_node(r->doc, index);
    if (node == NULL)
        return zs_fail(r->err, ZS_EINTERNAL, r->file->path, "node %d is missing", index);
    if (++*r->visits > VISITS_MAX)
        return FAIL_AT(r, node, ZS_ERANGE, "",
                       "more than %d values, an alias counts wherever it is used", VISITS_MAX);
    ZS_TRY(check_tag(r, node));
    *out = node;
    return ZS_OK;
}

/* The text of a scalar; `what` names it in messages. */
static zs_status scalar_text(const reader *r, yaml_node_item_t index, const char *what,
                             const char **out)
{
    yaml_node_t *node;
    ZS_TRY(visit(r, index, &node));
    if (node->type != YAML_SCALAR_NODE)
        return FAIL_AT(r, node, ZS_EPARSE, what, "a single value is needed here");
    const char *text = (const char *)node->data.scalar.value;
    if (strlen(text) != node->data.scalar.length)
        return FAIL_AT(r, node, ZS_EPARSE, what, "a text with a zero byte in it");
    *out = text;
    return ZS_OK;
}

/* "key:" with nothing behind it. */
static bool is_null(const yaml_node_t *node)
{
    if (node->type != YAML_SCALAR_NODE || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        return false;
    const char *text = (const char *)node->data.scalar.value;
    return text[0] == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0;
}

/* Value of a key of a mapping, 0 when it is not there. */
static yaml_node_item_t value_of(const reader *r, const yaml_node_t *mapping, const char *key)
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
static const char *nearest_sibling(const reader *r, const char *path)
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

static zs_status unknown_key(const reader *r, const char *path)
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

static zs_status mark_seen(reader *r, const char *path, const yaml_node_t *key)
{
    for (const seen_key *s = r->seen; s != NULL; s = s->next) {
        if (strcmp(s->path, path) == 0)
            return FAIL_AT(r, key, ZS_EPARSE, path, "given twice, first in line %zu", s->line);
        if (is_part(path, s->path) || is_part(s->path, path))
            return FAIL_AT(r, key, ZS_EPARSE, path, "given twice, first as %s in line %zu", s->path,
                           s->line);
    }
    seen_key *s = zs_new(r->arena, seen_key, 1);
    if (s == NULL)
        return zs_nomem(r->err, path);
    *s = (seen_key){.next = r->seen, .path = path, .line = key->start_mark.line + 1};
    r->seen = s;
    return ZS_OK;
}

/* ---- values ---------------------------------------------------------------------------------- */

static zs_status list_length(const reader *r, const yaml_node_t *node, const char *path,
                             uint32_t *out)
{
    const ptrdiff_t n = node->data.sequence.items.top - node->data.sequence.items.start;
    if (n > VISITS_MAX)
        return FAIL_AT(r, node, ZS_ERANGE, path, "a list of %td, at most %d", n, VISITS_MAX);
    *out = (uint32_t)n;
    return ZS_OK;
}

static zs_status list_items(const reader *r, const yaml_node_t *node, const char *path,
                            zs_name_list *out)
{
    uint32_t n;
    ZS_TRY(list_length(r, node, path, &n));
    const char **items = zs_new(r->arena, const char *, n);
    if (items == NULL)
        return zs_nomem(r->err, path);
    for (uint32_t i = 0; i < n; i++)
        ZS_TRY(scalar_text(r, node->data.sequence.items.start[i], path, &items[i]));
    *out = (zs_name_list){.names = items, .n = n};
    return ZS_OK;
}

/* accelerator.fusion: [[conv1, pool1], [fire2/squeeze1x1, ...]] */
static zs_status set_groups(const reader *r, const yaml_node_t *node, const char *path)
{
    uint32_t n;
    ZS_TRY(list_length(r, node, path, &n));
    zs_name_list *groups = zs_new(r->arena, zs_name_list, n);
    if (groups == NULL)
        return zs_nomem(r->err, path);
    for (uint32_t i = 0; i < n; i++) {
        yaml_node_t *group;
        ZS_TRY(visit(r, node->data.sequence.items.start[i], &group));
        if (group->type != YAML_SEQUENCE_NODE)
            return FAIL_AT(r, group, ZS_EPARSE, path, "each group is a list of layer names");
        ZS_TRY(list_items(r, group, path, &groups[i]));
        groups[i].place = zs_arena_printf(r->arena, "%s:%zu:%zu", r->file->path,
                                          group->start_mark.line + 1, group->start_mark.column + 1);
        if (groups[i].place == NULL)
            return zs_nomem(r->err, path);
    }
    return at_node(r, node, zs_design_set_groups(r->design, r->arena, groups, n, r->err));
}

static zs_status set_list(const reader *r, const yaml_node_t *node, const char *path)
{
    zs_name_list list;
    if (strcmp(path, "accelerator.fusion") == 0)
        return set_groups(r, node, path);
    ZS_TRY(list_items(r, node, path, &list));
    if (is_section(path) && !is_leaf(path)) {
        const char *text = "";
        for (uint32_t i = 0; i < list.n && text != NULL; i++)
            text = zs_arena_printf(r->arena, "%s%s%s", text, i > 0 ? ", " : "", list.names[i]);
        return text == NULL
                   ? zs_nomem(r->err, path)
                   : at_node(r, node, zs_design_fail_group(r->design, path, text, list.n, r->err));
    }
    return at_node(r, node,
                   zs_design_set_list(r->design, r->arena, path, list.names, list.n, r->err));
}

static zs_status set_scalar(const reader *r, yaml_node_item_t index, const yaml_node_t *node,
                            const char *path)
{
    const char *text;
    ZS_TRY(scalar_text(r, index, path, &text));
    if (is_null(node) && is_leaf(path))
        return FAIL_AT(r, node, ZS_EPARSE, path, "no value; write \"\" for an empty text");
    if (is_null(node)) /* a section whose keys are all commented out */
        return ZS_OK;
    if (!is_leaf(path) && zs_field_of_auto(path, text) == NULL)
        return at_node(r, node, zs_design_fail_group(r->design, path, text, 0, r->err));
    if (strcmp(path, zs_kind_field.path) ==
        0) { /* the outermost one is set, the others only read */
        zs_design design = *r->design;
        design.given = NULL;
        return at_node(r, node, zs_design_set(&design, r->arena, path, text, r->err));
    }
    return at_node(r, node, zs_design_set(r->design, r->arena, path, text, r->err));
}

/* ---- mappings -------------------------------------------------------------------------------- */

static zs_status read_mapping(reader *r, const yaml_node_t *mapping, const char *prefix);

static zs_status read_value(reader *r, yaml_node_item_t index, const yaml_node_t *key,
                            const char *path)
{
    yaml_node_t *node;
    const zs_field *field = zs_field_find(path);
    if (!is_leaf(path) && !is_section(path))
        return at_node(r, key, unknown_key(r, path));
    if (field != NULL)
        ZS_TRY(at_node(r, key, zs_field_check_kind(field, r->design->accel.kind, r->err)));
    ZS_TRY(set_place(r, key));
    ZS_TRY(visit(r, index, &node));
    if (node->type == YAML_SCALAR_NODE)
        return set_scalar(r, index, node, path);
    if (node->type == YAML_SEQUENCE_NODE)
        return set_list(r, node, path);
    if (!is_section(path))
        return FAIL_AT(r, node, ZS_EPARSE, path, "a mapping, but it takes a single value");
    return read_mapping(r, node, path);
}

/* ---- the section of sweeps ------------------------------------------------------------------- */

static zs_status read_texts(const reader *r, yaml_node_item_t index, const char *what,
                            const char *const **out, uint32_t *n)
{
    yaml_node_t *node;
    ZS_TRY(visit(r, index, &node));
    if (node->type != YAML_SEQUENCE_NODE)
        return FAIL_AT(r, node, ZS_EPARSE, what, "a list of texts is needed here");
    const size_t count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    const char **texts = zs_new(r->arena, const char *, count + 1);
    if (texts == NULL)
        return zs_nomem(r->err, what);
    for (size_t i = 0; i < count; i++) {
        const char *text;
        ZS_TRY(scalar_text(r, node->data.sequence.items.start[i], what, &text));
        texts[i] = zs_arena_strdup(r->arena, text);
        if (texts[i] == NULL)
            return zs_nomem(r->err, what);
    }
    *out = texts;
    *n = (uint32_t)count;
    return ZS_OK;
}

static zs_status read_sweep(const reader *r, yaml_node_item_t index)
{
    yaml_node_t *section;
    ZS_TRY(visit(r, index, &section));
    if (section->type != YAML_MAPPING_NODE)
        return FAIL_AT(r, section, ZS_EPARSE, "sweep", "a mapping of vary and where is needed");
    for (const yaml_node_pair_t *p = section->data.mapping.pairs.start;
         p < section->data.mapping.pairs.top; p++) {
        const char *key;
        ZS_TRY(scalar_text(r, p->key, "sweep", &key));
        if (strcmp(key, "vary") == 0)
            ZS_TRY(read_texts(r, p->value, "sweep.vary", &r->sweep->vary, &r->sweep->vary_n));
        else if (strcmp(key, "where") == 0)
            ZS_TRY(read_texts(r, p->value, "sweep.where", &r->sweep->where, &r->sweep->where_n));
        else
            return FAIL_AT(r, yaml_document_get_node(r->doc, p->key), ZS_EPARSE, "sweep",
                           "\"%.60s\" is neither vary nor where", key);
    }
    return ZS_OK;
}

/* Keys that were read before all others. */
static bool is_done(const char *prefix, const char *key, const yaml_node_t *value)
{
    if (prefix[0] == '\0')
        return strcmp(key, "extends") == 0 ||
               (strcmp(key, "board") == 0 && value != NULL && value->type == YAML_SCALAR_NODE);
    return strcmp(prefix, "board") == 0 && (strcmp(key, "name") == 0 || strcmp(key, "base") == 0);
}

/* Ports of an operand are "hp0+hp1". */
static const char *separator_of(const char *key)
{
    return strcmp(key, "ports") == 0 ? "+" : ",";
}

/* A text, or the texts of a list with such between them. */
static zs_status joined_text(const reader *r, yaml_node_item_t index, const char *between,
                             const char **out)
{
    yaml_node_t *node;
    zs_name_list list;
    ZS_TRY(visit(r, index, &node));
    if (node->type != YAML_SEQUENCE_NODE)
        return scalar_text(r, index, "layers", out);
    ZS_TRY(list_items(r, node, "layers", &list));
    const char *text = "";
    for (uint32_t i = 0; i < list.n && text != NULL; i++)
        text = zs_arena_printf(r->arena, "%s%s%s", text, i > 0 ? between : "", list.names[i]);
    *out = text;
    return text != NULL ? ZS_OK : zs_nomem(r->err, "layers");
}

/* Of a mapping whose keys are not those of the design. */
static zs_status check_keys_differ(reader *r, const yaml_node_t *mapping, const char *what)
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
                return FAIL_AT(r, later, ZS_EPARSE, "layers",
                               "%s'%.64s' is given twice, first in line %zu", what,
                               (const char *)first->data.scalar.value, first->start_mark.line + 1);
        }
    return ZS_OK;
}

/* tile: {oc: 16, oy: 7} */
static zs_status read_layer_group(reader *r, yaml_node_item_t index, const char *pattern,
                                  const char *group)
{
    yaml_node_t *node;
    ZS_TRY(visit(r, index, &node));
    ZS_TRY(check_keys_differ(r, node, ""));
    for (const yaml_node_pair_t *p = node->data.mapping.pairs.start;
         p < node->data.mapping.pairs.top; p++) {
        const char *key, *text;
        ZS_TRY(scalar_text(r, p->key, "layers", &key));
        ZS_TRY(joined_text(r, p->value, separator_of(group), &text));
        const char *path = zs_arena_printf(r->arena, "%s.%s", group, key);
        if (path == NULL)
            return zs_nomem(r->err, "layers");
        ZS_TRY(at_node(r, node,
                       zs_design_set_layer(r->design, r->arena, pattern, path, text, r->err)));
    }
    return ZS_OK;
}

/* {"conv10": {on: cpu}, "fire2*": {tile: {oc: 16}, loop_order: weight_stationary}} */
static zs_status read_layers(reader *r, yaml_node_item_t index)
{
    yaml_node_t *section, *layer;
    ZS_TRY(visit(r, index, &section));
    if (section->type != YAML_MAPPING_NODE)
        return FAIL_AT(r, section, ZS_EPARSE, "layers", "a mapping of names or patterns is needed");
    ZS_TRY(check_keys_differ(r, section, "layer "));
    for (const yaml_node_pair_t *p = section->data.mapping.pairs.start;
         p < section->data.mapping.pairs.top; p++) {
        const char *pattern, *key, *text;
        ZS_TRY(scalar_text(r, p->key, "layers", &pattern));
        ZS_TRY(visit(r, p->value, &layer));
        if (layer->type != YAML_MAPPING_NODE)
            return FAIL_AT(r, layer, ZS_EPARSE, "layers", "'%.64s' needs a mapping, {on: cpu}",
                           pattern);
        ZS_TRY(check_keys_differ(r, layer, ""));
        for (const yaml_node_pair_t *k = layer->data.mapping.pairs.start;
             k < layer->data.mapping.pairs.top; k++) {
            ZS_TRY(scalar_text(r, k->key, "layers", &key));
            const yaml_node_t *value = yaml_document_get_node(r->doc, k->value);
            if (value != NULL && value->type == YAML_MAPPING_NODE) {
                ZS_TRY(read_layer_group(r, k->value, pattern, key));
                continue;
            }
            ZS_TRY(joined_text(r, k->value, separator_of(key), &text));
            ZS_TRY(at_node(r, layer,
                           zs_design_set_layer(r->design, r->arena, pattern, key, text, r->err)));
        }
    }
    return ZS_OK;
}

static zs_status fetch_file(const reader *r, const char *name, const char *key, const char *below)
{
    zs_span bytes;
    const char *path;
    if (r->fetch == NULL)
        return zs_fail(r->err, ZS_EUSAGE, key, "file '%.64s' is named, but none can be read here",
                       name);
    ZS_TRY(r->fetch->get(r->fetch->ctx, name, r->file->path, &bytes, &path, r->err));
    return read_file(r, bytes, path, name, below);
}

/* What `show --calibrate` wrote: the keys below accelerator.account. */
static const char account_key[] = "accelerator.account";
static zs_status read_account(const reader *r, yaml_node_item_t index)
{
    const char *name;
    ZS_TRY(scalar_text(r, index, account_key, &name));
    const yaml_node_t *node = yaml_document_get_node(r->doc, index);
    if (is_null(node) || name[0] == '\0')
        return FAIL_AT(r, node, ZS_EPARSE, account_key, "no file named");
    return at_node(r, node, fetch_file(r, name, account_key, account_key));
}

static zs_status read_pair(reader *r, const yaml_node_pair_t *pair, const char *prefix)
{
    const char *name;
    const yaml_node_t *key = yaml_document_get_node(r->doc, pair->key);
    ZS_TRY(scalar_text(r, pair->key, prefix, &name));
    const char *path = zs_arena_printf(r->arena, "%s%s%s", prefix, prefix[0] ? "." : "", name);
    if (path == NULL)
        return zs_nomem(r->err, r->file->path);
    ZS_TRY(mark_seen(r, path, key));
    if (strcmp(path, "sweep") == 0)
        return read_sweep(r, pair->value);
    if (strcmp(path, "layers") == 0)
        return read_layers(r, pair->value);
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

static zs_status read_mapping(reader *r, const yaml_node_t *mapping, const char *prefix)
{
    for (const yaml_node_pair_t *p = mapping->data.mapping.pairs.start;
         p < mapping->data.mapping.pairs.top; p++)
        ZS_TRY(read_pair(r, p, prefix));
    return ZS_OK;
}

/* ---- extends and board ----------------------------------------------------------------------- */

static zs_status read_extends(const reader *r, const yaml_node_t *root)
{
    const yaml_node_item_t index = value_of(r, root, "extends");
    const char *name;
    if (index == 0)
        return ZS_OK;
    ZS_TRY(scalar_text(r, index, "extends", &name));
    const yaml_node_t *node = yaml_document_get_node(r->doc, index);
    if (is_null(node) || name[0] == '\0')
        return FAIL_AT(r, node, ZS_EPARSE, "extends", "no file named");
    return at_node(r, node, fetch_file(r, name, "extends", NULL));
}

static bool looks_like_file(const char *name)
{
    const size_t n = strlen(name);
    return strchr(name, '/') != NULL || (n > 5 && strcmp(name + n - 5, ".yaml") == 0) ||
           (n > 4 && strcmp(name + n - 4, ".yml") == 0);
}

static zs_status set_board_name(const reader *r, const char *name)
{
    const char *kept = zs_arena_strdup(r->arena, name);
    if (kept == NULL)
        return zs_nomem(r->err, "board");
    r->design->board_name = kept;
    return ZS_OK;
}

/* A built-in row, or a file whose keys are those below board: these are the board's, not given.
 * What was given before stays. */
static zs_status apply_board(const reader *r, const char *name)
{
    const zs_design before = *r->design;
    const bool is_row = zs_board_find(name) != NULL || !looks_like_file(name);
    r->design->given = NULL;
    ZS_TRY(zs_design_set_board(r->design, r->arena, is_row ? name : zs_boards[0].name, r->err));
    if (!is_row)
        ZS_TRY(fetch_file(r, name, "board", "board"));
    r->design->given = before.given;
    zs_design_keep_given(r->design, &before);
    return ZS_OK;
}

/* The keys of a board that come before all others: `base` (in a design also `name`) says what to
 * start from; `name` beside `base`, or in a board file, only names the result. A board file without
 * one is named as it was called. */
static zs_status read_board_start(const reader *r, const yaml_node_t *board, bool is_file)
{
    const yaml_node_item_t base = value_of(r, board, "base"), name = value_of(r, board, "name");
    const yaml_node_item_t start = base || is_file ? base : name;
    const char *text;
    if (start != 0) {
        ZS_TRY(scalar_text(r, start, "board", &text));
        ZS_TRY(at_node(r, yaml_document_get_node(r->doc, start), apply_board(r, text)));
    }
    if (name == 0 && is_file)
        return set_board_name(r, r->file->name);
    if (name == 0 || name == start)
        return ZS_OK;
    ZS_TRY(scalar_text(r, name, "board.name", &text));
    return set_board_name(r, text);
}

static zs_status read_board(const reader *r, const yaml_node_t *root)
{
    const yaml_node_item_t index = value_of(r, root, "board");
    yaml_node_t *node;
    const char *name;
    if (index == 0)
        return ZS_OK;
    ZS_TRY(visit(r, index, &node));
    if (node->type == YAML_MAPPING_NODE)
        return read_board_start(r, node, false);
    ZS_TRY(scalar_text(r, index, "board", &name));
    if (is_null(node))
        return FAIL_AT(r, node, ZS_EPARSE, "board", "no value");
    return at_node(r, node, apply_board(r, name));
}

/* ---- kind ------------------------------------------------------------------------------------ */

static zs_status set_kind(const reader *r, yaml_node_item_t index, bool *is_set)
{
    const char *word;
    ZS_TRY(scalar_text(r, index, zs_kind_field.path, &word));
    const yaml_node_t *node = yaml_document_get_node(r->doc, index);
    if (is_null(node)) /* refused where it is read */
        return ZS_OK;
    *is_set = true;
    return at_node(r, node, zs_design_set(r->design, r->arena, zs_kind_field.path, word, r->err));
}

/* The kind says which keys there are, so it is set before any file sets one: by the first file on
 * the way from the design to what it starts from. */
static zs_status read_kind(const reader *r, const yaml_node_t *root)
{
    const yaml_node_item_t section = value_of(r, root, "accelerator");
    const yaml_node_t *accel = section ? yaml_document_get_node(r->doc, section) : NULL;
    yaml_node_item_t index = value_of(r, root, zs_kind_field.path);
    if (accel != NULL && accel->type == YAML_MAPPING_NODE)
        index = value_of(r, accel, "kind");
    return index == 0 || *r->has_kind ? ZS_OK : set_kind(r, index, r->has_kind);
}

/* ---- several engines ------------------------------------------------------------------------- */

/* map: a layer, a pattern, or a list of them. */
static zs_status read_map(const reader *r, const yaml_node_t *entry, zs_name_list *out)
{
    const yaml_node_item_t index = value_of(r, entry, "map");
    yaml_node_t *node;
    *out = (zs_name_list){0};
    if (index == 0)
        return ZS_OK;
    ZS_TRY(visit(r, index, &node));
    if (node->type == YAML_SEQUENCE_NODE)
        return list_items(r, node, "accelerators.map", out);
    const char **only = zs_new(r->arena, const char *, 1);
    if (only == NULL)
        return zs_nomem(r->err, "accelerators.map");
    ZS_TRY(scalar_text(r, index, "accelerators.map", only));
    *out = (zs_name_list){.names = only, .n = 1};
    return ZS_OK;
}

/* {name: front, map: [conv1, "fire2*"], kind: ..., and any key below accelerator} */
static zs_status read_engine(const reader *r, yaml_node_item_t index, const zs_design *base)
{
    zs_design alone = *base;
    reader own = *r;
    yaml_node_t *entry;
    zs_name_list map;
    const char *name = "";
    bool has_kind = false;
    own.design = &alone;
    own.in_engine = true;
    own.seen = NULL;
    ZS_TRY(visit(r, index, &entry));
    if (entry->type != YAML_MAPPING_NODE)
        return FAIL_AT(r, entry, ZS_EPARSE, "accelerators",
                       "each engine is a mapping with a name, a map of layers, and its keys");
    if (value_of(r, entry, "name") != 0)
        ZS_TRY(scalar_text(r, value_of(r, entry, "name"), "accelerators.name", &name));
    ZS_TRY(read_map(r, entry, &map));
    if (value_of(r, entry, "kind") != 0)
        ZS_TRY(set_kind(&own, value_of(r, entry, "kind"), &has_kind));
    ZS_TRY(read_mapping(&own, entry, "accelerator"));
    return at_node(r, entry, zs_design_add_engine(r->design, r->arena, name, &map, &alone, r->err));
}

/* Each starts from the keys of accelerator. */
static zs_status read_engines(const reader *r, const yaml_node_t *root)
{
    const yaml_node_item_t index = value_of(r, root, "accelerators");
    const zs_design base = *r->design;
    yaml_node_t *list;
    uint32_t n;
    if (index == 0)
        return ZS_OK;
    ZS_TRY(visit(r, index, &list));
    if (list->type != YAML_SEQUENCE_NODE ||
        list->data.sequence.items.top == list->data.sequence.items.start)
        return FAIL_AT(r, list, ZS_EPARSE, "accelerators",
                       "a list of engines is needed, `accelerator` is the only one");
    if (base.engine_n > 0)
        return FAIL_AT(r, list, ZS_EPARSE, "accelerators",
                       "the file that this one extends lists accelerators too; keys of these are "
                       "set by accelerators.NAME.KEY");
    ZS_TRY(list_length(r, list, "accelerators", &n));
    for (uint32_t i = 0; i < n; i++)
        ZS_TRY(read_engine(r, list->data.sequence.items.start[i], &base));
    return ZS_OK;
}

/* ---- files ----------------------------------------------------------------------------------- */

/* A layer of a network: keys with values. What a design says of a layer lies below its name. */
static bool is_net_layer(const reader *r, yaml_node_item_t index)
{
    const yaml_node_t *node = yaml_document_get_node(r->doc, index);
    if (node->type != YAML_MAPPING_NODE)
        return false;
    for (const yaml_node_pair_t *p = node->data.mapping.pairs.start;
         p < node->data.mapping.pairs.top; p++)
        if (yaml_document_get_node(r->doc, p->value)->type != YAML_MAPPING_NODE)
            return true;
    return false;
}

/* `layers` of a design is a mapping; every network has a list of layers, and every result.json. */
static zs_status refuse_others(const reader *r, const yaml_node_t *root)
{
    const yaml_node_item_t index = value_of(r, root, "layers");
    const yaml_node_t *node = index != 0 ? yaml_document_get_node(r->doc, index) : NULL;
    bool is_net = false;
    if (node == NULL || node->type != YAML_SEQUENCE_NODE)
        return ZS_OK;
    if (value_of(r, root, "cycles") != 0)
        return FAIL_AT(r, root, ZS_EPARSE, "",
                       "this is the result of a run, not a design; compare and report read it");
    for (const yaml_node_item_t *i = node->data.sequence.items.start;
         i < node->data.sequence.items.top && !is_net; i++)
        is_net = is_net_layer(r, *i);
    if (!is_net)
        return FAIL_AT(r, node, ZS_EPARSE, "layers",
                       "a list says nothing of a layer: a mapping of names or patterns is needed, "
                       "{conv1: {on: cpu}}");
    return FAIL_AT(
        r, root, ZS_EPARSE, "",
        "this is a network, not a design; a design takes it as --model or network.model");
}

/* The order of a file's keys does not matter: its kind comes first, then what it starts from, then
 * its board. */
static zs_status read_root(reader *r, const yaml_node_t *root, const char *below)
{
    if (is_null(root))
        return ZS_OK;
    if (root->type != YAML_MAPPING_NODE)
        return FAIL_AT(r, root, ZS_EPARSE, "", "a design file is made of `key: value` lines");
    ZS_TRY(check_tag(r, root));
    ZS_TRY(refuse_others(r, root));
    if (below != NULL) {
        if (strcmp(below, "board") == 0)
            ZS_TRY(read_board_start(r, root, true));
        return read_mapping(r, root, below);
    }
    ZS_TRY(read_kind(r, root));
    ZS_TRY(read_extends(r, root));
    ZS_TRY(read_board(r, root));
    ZS_TRY(read_mapping(r, root, ""));
    return read_engines(r, root);
}

static zs_status yaml_failed(const reader *r, const yaml_parser_t *parser)
{
    if (parser->error == YAML_MEMORY_ERROR ||
        parser->problem == NULL) /* it had no memory to say it */
        return zs_nomem(r->err, r->file->path);
    const yaml_mark_t mark = zs_yaml_failed_at(parser, r->text);
    zs_fail(r->err, ZS_EPARSE, "", "not valid YAML: %s", parser->problem);
    prefix_mark(r, &mark);
    return ZS_EPARSE;
}

/* A second document would be ignored otherwise. */
static zs_status expect_end(const reader *r, yaml_parser_t *parser)
{
    yaml_document_t next;
    if (!yaml_parser_load(parser, &next))
        return yaml_failed(r, parser);
    const yaml_node_t *root = yaml_document_get_root_node(&next);
    zs_status status = ZS_OK;
    if (root != NULL)
        status = FAIL_AT(r, root, ZS_EPARSE, "", "a second document in the file");
    yaml_document_delete(&next);
    return status;
}

static zs_status read_documents(reader *r, yaml_parser_t *parser, const char *below)
{
    if (!yaml_parser_load(parser, r->doc))
        return yaml_failed(r, parser);
    const yaml_node_t *root = yaml_document_get_root_node(r->doc);
    zs_status status = root ? read_root(r, root, below) : ZS_OK;
    if (status == ZS_OK && root != NULL)
        status = expect_end(r, parser);
    yaml_document_delete(r->doc);
    return status;
}

static zs_status check_depth(const reader *r, zs_span bytes)
{
    yaml_mark_t mark;
    if (!zs_yaml_is_too_deep(bytes, &mark))
        return ZS_OK;
    zs_fail(r->err, ZS_ERANGE, "", "nested deeper than %d levels", ZS_YAML_DEPTH_MAX);
    prefix_mark(r, &mark);
    return ZS_ERANGE;
}

static zs_status check_chain(const reader *r)
{
    if (r->file->depth > NEST_MAX)
        return zs_fail(r->err, ZS_ERANGE, r->file->path,
                       "files that start from each other, deeper than %d", NEST_MAX);
    for (const frame *f = r->file->up; f != NULL; f = f->up)
        if (strcmp(f->path, r->file->path) == 0)
            return zs_fail(r->err, ZS_EPARSE, r->file->path, "a file that starts from itself");
    return ZS_OK;
}

static zs_status read_file(const reader *outer, zs_span bytes, const char *path, const char *name,
                           const char *below)
{
    const uint32_t depth = outer->file ? outer->file->depth + 1 : 0;
    const frame file = {.up = outer->file, .path = path, .name = name, .depth = depth};
    reader r = *outer;
    yaml_parser_t parser;
    yaml_document_t doc;
    r.file = &file;
    r.text = bytes;
    r.doc = &doc;
    r.seen = NULL;
    ZS_TRY(check_chain(&r));
    if (bytes.bytes > ZS_DESIGN_BYTES_MAX)
        return zs_fail(r.err, ZS_ERANGE, path, "%zu bytes, but a design file has at most %d",
                       bytes.bytes, ZS_DESIGN_BYTES_MAX);
    if (bytes.bytes == 0)
        return ZS_OK;
    ZS_TRY(check_depth(&r, bytes));
    if (!yaml_parser_initialize(&parser))
        return zs_nomem(r.err, path);
    yaml_parser_set_input_string(&parser, bytes.data, bytes.bytes);
    const zs_status status = read_documents(&r, &parser, below);
    yaml_parser_delete(&parser);
    return status;
}

zs_status zs_design_parse_sweep(zs_arena *arena, zs_span yaml, const char *path,
                                const zs_fetch *fetch, zs_design *out, zs_sweep_section *sweep,
                                zs_err *err)
{
    zs_design design;
    zs_sweep_section section = {0};
    uint32_t visits = 0;
    bool has_kind = false;
    const reader r = {.arena = arena,
                      .fetch = fetch,
                      .design = &design,
                      .err = err,
                      .visits = &visits,
                      .has_kind = &has_kind,
                      .sweep = &section};
    zs_design_defaults(&design);
    ZS_TRY(read_file(&r, yaml, path, path, NULL));
    design.place = NULL;
    *out = design;
    *sweep = section;
    return ZS_OK;
}

zs_status zs_design_parse(zs_arena *arena, zs_span yaml, const char *path, const zs_fetch *fetch,
                          zs_design *out, zs_err *err)
{
    zs_sweep_section section;
    return zs_design_parse_sweep(arena, yaml, path, fetch, out, &section, err);
}
