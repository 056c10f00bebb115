/* Design files: what one starts from (extends, board, kind), and the stack of files being read. */
#include "import_design_yaml_priv.h"
#include "yaml_depth_priv.h"

#include <string.h>
#include <strings.h>

/* The limit keeps files from starting from each other without end. */
enum { NEST_MAX = 16 };

/* `below`: NULL for a design, else what its keys are below: the file of a board or an account. */
static zs_status read_file(const zs_design_reader *outer, zs_span bytes, const char *path,
                           const char *name, const char *below);

/* ---- extends and board ----------------------------------------------------------------------- */

zs_status zs_design_yaml_fetch_file(const zs_design_reader *r, const char *name, const char *key,
                                    const char *below)
{
    zs_span bytes;
    const char *path;
    if (r->fetch == NULL)
        return zs_fail(r->err, ZS_EUSAGE, key, "file '%.64s' is named, but none can be read here",
                       name);
    ZS_TRY(r->fetch->get(r->fetch->ctx, name, r->file->path, &bytes, &path, r->err));
    return read_file(r, bytes, path, name, below);
}

static zs_status read_extends(const zs_design_reader *r, const yaml_node_t *root)
{
    const yaml_node_item_t index = zs_design_yaml_value_of(r, root, "extends");
    const char *name;
    if (index == 0)
        return ZS_OK;
    ZS_TRY(zs_design_yaml_scalar_text(r, index, "extends", &name));
    const yaml_node_t *node = yaml_document_get_node(r->doc, index);
    if (zs_design_yaml_is_null(node) || name[0] == '\0')
        return ZS_FAIL_AT(r, node, ZS_EPARSE, "extends", "no file named");
    return zs_design_yaml_at_node(r, node, zs_design_yaml_fetch_file(r, name, "extends", NULL));
}

static bool looks_like_file(const char *name)
{
    const size_t n = strlen(name);
    return strchr(name, '/') != NULL || (n > 5 && strcasecmp(name + n - 5, ".yaml") == 0) ||
           (n > 4 && strcasecmp(name + n - 4, ".yml") == 0);
}

static zs_status set_board_name(const zs_design_reader *r, const char *name)
{
    const char *kept = zs_arena_strdup(r->arena, name);
    if (kept == NULL)
        return zs_nomem(r->err, "board");
    r->design->board_name = kept;
    return ZS_OK;
}

/* A built-in row, or a file whose keys are those below board: these are the board's, not given.
 * What was given before stays. */
static zs_status apply_board(const zs_design_reader *r, const char *name)
{
    const zs_design before = *r->design;
    const bool is_row = zs_board_find(name) != NULL || !looks_like_file(name);
    r->design->given = NULL;
    ZS_TRY(zs_design_set_board(r->design, r->arena, is_row ? name : zs_boards[0].name, r->err));
    if (!is_row)
        ZS_TRY(zs_design_yaml_fetch_file(r, name, "board", "board"));
    r->design->given = before.given;
    zs_design_keep_given(r->design, &before);
    return ZS_OK;
}

/* The keys of a board that come before all others: `base` (in a design also `name`) says what to
 * start from; `name` beside `base`, or in a board file, only names the result. A board file without
 * one is named as it was called. */
static zs_status read_board_start(const zs_design_reader *r, const yaml_node_t *board, bool is_file)
{
    const yaml_node_item_t base = zs_design_yaml_value_of(r, board, "base"),
                           name = zs_design_yaml_value_of(r, board, "name");
    const yaml_node_item_t start = base || is_file ? base : name;
    const char *text;
    if (start != 0) {
        ZS_TRY(zs_design_yaml_scalar_text(r, start, "board", &text));
        ZS_TRY(
            zs_design_yaml_at_node(r, yaml_document_get_node(r->doc, start), apply_board(r, text)));
    }
    if (name == 0 && is_file)
        return set_board_name(r, r->file->name);
    if (name == 0 || name == start)
        return ZS_OK;
    ZS_TRY(zs_design_yaml_scalar_text(r, name, "board.name", &text));
    return set_board_name(r, text);
}

static zs_status read_board(const zs_design_reader *r, const yaml_node_t *root)
{
    const yaml_node_item_t index = zs_design_yaml_value_of(r, root, "board");
    yaml_node_t *node;
    const char *name;
    if (index == 0)
        return ZS_OK;
    ZS_TRY(zs_design_yaml_visit(r, index, &node));
    if (node->type == YAML_MAPPING_NODE)
        return read_board_start(r, node, false);
    ZS_TRY(zs_design_yaml_scalar_text(r, index, "board", &name));
    if (zs_design_yaml_is_null(node))
        return ZS_FAIL_AT(r, node, ZS_EPARSE, "board", "no value");
    return zs_design_yaml_at_node(r, node, apply_board(r, name));
}

/* ---- kind ------------------------------------------------------------------------------------ */

zs_status zs_design_yaml_set_kind(const zs_design_reader *r, yaml_node_item_t index, bool *is_set)
{
    const char *word;
    ZS_TRY(zs_design_yaml_scalar_text(r, index, zs_kind_field.path, &word));
    const yaml_node_t *node = yaml_document_get_node(r->doc, index);
    if (zs_design_yaml_is_null(node)) /* refused where it is read */
        return ZS_OK;
    *is_set = true;
    return zs_design_yaml_at_node(
        r, node, zs_design_set(r->design, r->arena, zs_kind_field.path, word, r->err));
}

/* The kind says which keys there are, so it is set before any file sets one: by the first file on
 * the way from the design to what it starts from. */
static zs_status read_kind(const zs_design_reader *r, const yaml_node_t *root)
{
    const yaml_node_item_t section = zs_design_yaml_value_of(r, root, "accelerator");
    const yaml_node_t *accel = section ? yaml_document_get_node(r->doc, section) : NULL;
    yaml_node_item_t index = zs_design_yaml_value_of(r, root, zs_kind_field.path);
    if (accel != NULL && accel->type == YAML_MAPPING_NODE)
        index = zs_design_yaml_value_of(r, accel, "kind");
    return index == 0 || *r->has_kind ? ZS_OK : zs_design_yaml_set_kind(r, index, r->has_kind);
}

/* ---- files ----------------------------------------------------------------------------------- */

/* A layer of a network: keys with values. What a design says of a layer lies below its name. */
static bool is_net_layer(const zs_design_reader *r, yaml_node_item_t index)
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
static zs_status refuse_others(const zs_design_reader *r, const yaml_node_t *root)
{
    const yaml_node_item_t index = zs_design_yaml_value_of(r, root, "layers");
    const yaml_node_t *node = index != 0 ? yaml_document_get_node(r->doc, index) : NULL;
    bool is_net = false;
    if (node == NULL || node->type != YAML_SEQUENCE_NODE)
        return ZS_OK;
    if (zs_design_yaml_value_of(r, root, "cycles") != 0)
        return ZS_FAIL_AT(r, root, ZS_EPARSE, "",
                          "this is the result of a run, not a design; compare and report read it");
    for (const yaml_node_item_t *i = node->data.sequence.items.start;
         i < node->data.sequence.items.top && !is_net; i++)
        is_net = is_net_layer(r, *i);
    if (!is_net)
        return ZS_FAIL_AT(
            r, node, ZS_EPARSE, "layers",
            "a list says nothing of a layer: a mapping of names or patterns is needed, "
            "{conv1: {on: cpu}}");
    return ZS_FAIL_AT(
        r, root, ZS_EPARSE, "",
        "this is a network, not a design; a design takes it as --model or network.model");
}

/* The order of a file's keys does not matter: its kind comes first, then what it starts from, then
 * its board. */
static zs_status read_root(zs_design_reader *r, const yaml_node_t *root, const char *below)
{
    if (zs_design_yaml_is_null(root))
        return ZS_OK;
    if (root->type != YAML_MAPPING_NODE)
        return ZS_FAIL_AT(r, root, ZS_EPARSE, "", "a design file is made of `key: value` lines");
    ZS_TRY(zs_design_yaml_check_tag(r, root));
    ZS_TRY(refuse_others(r, root));
    if (below != NULL) {
        if (strcmp(below, "board") == 0)
            ZS_TRY(read_board_start(r, root, true));
        return zs_design_yaml_read_mapping(r, root, below);
    }
    ZS_TRY(read_kind(r, root));
    ZS_TRY(read_extends(r, root));
    ZS_TRY(read_board(r, root));
    ZS_TRY(zs_design_yaml_read_mapping(r, root, ""));
    return zs_design_yaml_read_engines(r, root);
}

static zs_status yaml_failed(const zs_design_reader *r, const yaml_parser_t *parser)
{
    if (parser->error == YAML_MEMORY_ERROR ||
        parser->problem == NULL) /* it had no memory to say it */
        return zs_nomem(r->err, r->file->path);
    const yaml_mark_t mark = zs_yaml_failed_at(parser, r->text);
    zs_fail(r->err, ZS_EPARSE, "", "not valid YAML: %s", parser->problem);
    zs_design_yaml_prefix_mark(r, &mark);
    return ZS_EPARSE;
}

/* A second document would be ignored otherwise. */
static zs_status expect_end(const zs_design_reader *r, yaml_parser_t *parser)
{
    yaml_document_t next;
    if (!yaml_parser_load(parser, &next))
        return yaml_failed(r, parser);
    const yaml_node_t *root = yaml_document_get_root_node(&next);
    zs_status status = ZS_OK;
    if (root != NULL)
        status = ZS_FAIL_AT(r, root, ZS_EPARSE, "", "a second document in the file");
    yaml_document_delete(&next);
    return status;
}

static zs_status read_documents(zs_design_reader *r, yaml_parser_t *parser, const char *below)
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

static zs_status check_depth(const zs_design_reader *r, zs_span bytes)
{
    yaml_mark_t mark;
    if (!zs_yaml_is_too_deep(bytes, &mark))
        return ZS_OK;
    zs_fail(r->err, ZS_ERANGE, "", "nested deeper than %d levels", ZS_YAML_DEPTH_MAX);
    zs_design_yaml_prefix_mark(r, &mark);
    return ZS_ERANGE;
}

static zs_status check_chain(const zs_design_reader *r)
{
    if (r->file->depth > NEST_MAX)
        return zs_fail(r->err, ZS_ERANGE, r->file->path,
                       "files that start from each other, deeper than %d", NEST_MAX);
    for (const zs_design_frame *f = r->file->up; f != NULL; f = f->up)
        if (strcmp(f->path, r->file->path) == 0)
            return zs_fail(r->err, ZS_EPARSE, r->file->path, "a file that starts from itself");
    return ZS_OK;
}

static zs_status read_file(const zs_design_reader *outer, zs_span bytes, const char *path,
                           const char *name, const char *below)
{
    const uint32_t depth = outer->file ? outer->file->depth + 1 : 0;
    const zs_design_frame file = {.up = outer->file, .path = path, .name = name, .depth = depth};
    zs_design_reader r = *outer;
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
    const zs_design_reader r = {.arena = arena,
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
