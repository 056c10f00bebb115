#include "import_net_yaml_priv.h"
#include "yaml_depth_priv.h"

#include "zynqsim/import.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- messages -------------------------------------------------------------------------------- */

static void print_place(char place[192], const char *path, const yaml_mark_t *mark)
{
    snprintf(place, 192, "%s:%zu:%zu", path, mark->line + 1, mark->column + 1);
}

zs_status zs_net_yaml_fail(const zs_net_yaml *y, const yaml_node_t *node, zs_status status,
                           const char *fmt, ...)
{
    char place[192], text[384];
    va_list args;
    print_place(place, y->draft.path, &node->start_mark);
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return zs_fail(y->err, status, place, "%s", text);
}

static const char *scalar(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : "";
}

zs_status zs_net_yaml_unknown(const zs_net_yaml *y, const yaml_node_t *node, const char *what,
                              const char *const *names, size_t n)
{
    const char *near = zs_nearest(scalar(node), names, n);
    if (near != NULL)
        return zs_net_yaml_fail(y, node, ZS_EPARSE, "unknown %s '%s'; did you mean '%s'?", what,
                                scalar(node), near);
    return zs_net_yaml_fail(y, node, ZS_EPARSE, "unknown %s '%s'", what, scalar(node));
}

/* ---- scalars --------------------------------------------------------------------------------- */

static zs_status check_scalar(const zs_net_yaml *y, const yaml_node_t *node)
{
    if (node->type != YAML_SCALAR_NODE)
        return zs_net_yaml_fail(y, node, ZS_EPARSE, "a single value is expected here");
    if (strlen(scalar(node)) != node->data.scalar.length)
        return zs_net_yaml_fail(y, node, ZS_EPARSE, "the value holds a zero byte");
    return ZS_OK;
}

bool zs_net_yaml_is(const yaml_node_t *node, const char *text)
{
    return node->type == YAML_SCALAR_NODE && strcmp(scalar(node), text) == 0;
}

zs_status zs_net_yaml_text(const zs_net_yaml *y, const yaml_node_t *node, const char **out)
{
    ZS_TRY(check_scalar(y, node));
    if (scalar(node)[0] == '\0')
        return zs_net_yaml_fail(y, node, ZS_EPARSE, "a name is expected here");
    const char *text = zs_arena_strdup(y->draft.arena, scalar(node));
    if (text == NULL)
        return zs_nomem(y->err, "a name");
    *out = text;
    return ZS_OK;
}

zs_status zs_net_yaml_uint(const zs_net_yaml *y, const yaml_node_t *node, uint32_t min,
                           uint32_t *out)
{
    ZS_TRY(check_scalar(y, node));
    const char *text = scalar(node);
    const size_t digits = strspn(text, "0123456789");
    if (digits == 0 || text[digits] != '\0' || (digits > 1 && text[0] == '0'))
        return zs_net_yaml_fail(y, node, ZS_EPARSE, "'%s' is not a whole number of 0 or more",
                                text);
    errno = 0;
    const unsigned long long value = strtoull(text, NULL, 10);
    if (errno != 0 || value > ZS_NET_SIZE_MAX)
        return zs_net_yaml_fail(y, node, ZS_ERANGE, "%s is above the maximum %u", text,
                                ZS_NET_SIZE_MAX);
    if (value < min)
        return zs_net_yaml_fail(y, node, ZS_ERANGE, "%s is below the minimum %u", text, min);
    *out = (uint32_t)value;
    return ZS_OK;
}

zs_status zs_net_yaml_real(const zs_net_yaml *y, const yaml_node_t *node, float *out)
{
    ZS_TRY(check_scalar(y, node));
    const char *text = scalar(node);
    double wide;
    const char *end = zs_read_real(text, &wide);
    float value = strtof(text, NULL);
    if (strcmp(text, ".inf") == 0 || strcmp(text, "-.inf") == 0)
        value = text[0] == '-' ? -INFINITY : INFINITY;
    else if (end == NULL || *end != '\0' || !isfinite(value))
        return zs_net_yaml_fail(y, node, ZS_EPARSE, "'%s' is not a number", text);
    *out = value;
    return ZS_OK;
}

zs_status zs_net_yaml_bool(const zs_net_yaml *y, const yaml_node_t *node, bool *out)
{
    ZS_TRY(check_scalar(y, node));
    const bool is_true = zs_net_yaml_is(node, "true");
    if (!is_true && !zs_net_yaml_is(node, "false")) {
        static const char *const words[] = {"true", "false"};
        const char *near = zs_nearest(scalar(node), words, 2);
        return zs_net_yaml_fail(y, node, ZS_EPARSE, "'%s' is neither true nor false%s%s%s",
                                scalar(node), near ? ", did you mean '" : "", near ? near : "",
                                near ? "'?" : "");
    }
    *out = is_true;
    return ZS_OK;
}

/* ---- collections ----------------------------------------------------------------------------- */

size_t zs_net_yaml_len(const yaml_node_t *node)
{
    return (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
}

const yaml_node_t *zs_net_yaml_item(const zs_net_yaml *y, const yaml_node_t *list, size_t i)
{
    return yaml_document_get_node(y->doc, list->data.sequence.items.start[i]);
}

size_t zs_net_yaml_pairs(const yaml_node_t *node)
{
    return (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
}

const yaml_node_t *zs_net_yaml_key(const zs_net_yaml *y, const yaml_node_t *map, size_t i)
{
    return yaml_document_get_node(y->doc, map->data.mapping.pairs.start[i].key);
}

const yaml_node_t *zs_net_yaml_value(const zs_net_yaml *y, const yaml_node_t *map, size_t i)
{
    return yaml_document_get_node(y->doc, map->data.mapping.pairs.start[i].value);
}

/* Values of the known keys of a mapping; NULL for absent ones. Others, and repeated ones, fail. */
static zs_status pick(const zs_net_yaml *y, const yaml_node_t *map, const char *const *names,
                      size_t n, const yaml_node_t **values)
{
    if (map->type != YAML_MAPPING_NODE)
        return zs_net_yaml_fail(y, map, ZS_EPARSE, "a mapping of keys to values is expected here");
    for (size_t i = 0; i < zs_net_yaml_pairs(map); i++) {
        const yaml_node_t *key = zs_net_yaml_key(y, map, i);
        size_t k = 0;
        while (k < n && !zs_net_yaml_is(key, names[k]))
            k++;
        if (k == n)
            return zs_net_yaml_unknown(y, key, "key", names, n);
        if (values[k] != NULL)
            return zs_net_yaml_fail(y, key, ZS_EPARSE, "key '%s' is given twice", names[k]);
        values[k] = zs_net_yaml_value(y, map, i);
    }
    return ZS_OK;
}

/* ---- the input ------------------------------------------------------------------------------- */

static zs_status read_shape(const zs_net_yaml *y, const yaml_node_t *node, zs_shape *out)
{
    zs_shape shape = {0};
    uint32_t *const sizes[3] = {&shape.c, &shape.h, &shape.w};
    if (node->type != YAML_SEQUENCE_NODE || zs_net_yaml_len(node) != 3)
        return zs_net_yaml_fail(y, node, ZS_EPARSE, "a shape is [channels, height, width]");
    for (size_t i = 0; i < 3; i++)
        ZS_TRY(zs_net_yaml_uint(y, zs_net_yaml_item(y, node, i), 1, sizes[i]));
    *out = shape;
    return ZS_OK;
}

static zs_status read_input(zs_net_yaml *y, const yaml_node_t *node, zs_input_spec *out)
{
    static const char *const names[] = {"name", "shape"};
    const yaml_node_t *values[2] = {NULL, NULL};
    zs_input_spec input = {.name = "data"};
    if (node->type == YAML_SEQUENCE_NODE)
        values[1] = node;
    else
        ZS_TRY(pick(y, node, names, 2, values));
    if (values[0] != NULL)
        ZS_TRY(zs_net_yaml_text(y, values[0], &input.name));
    if (values[1] == NULL)
        return zs_net_yaml_fail(y, node, ZS_EPARSE, "the input has no 'shape'");
    ZS_TRY(read_shape(y, values[1], &input.shape));
    if (zs_net_draft_get(&y->draft, input.name) != NULL)
        return zs_net_yaml_fail(y, node, ZS_EPARSE, "two inputs are called '%s'", input.name);
    const zs_shape s = input.shape;
    if (y->note == NULL && s.w <= 4 && s.c > s.w && s.h > s.w) {
        y->note = zs_arena_printf(y->draft.arena,
                                  "the shape [%u, %u, %u] of input '%s' is taken as %u channels of "
                                  "%u x %u; of a picture with %u channel%s it is [%u, %u, %u]",
                                  s.c, s.h, s.w, input.name, s.c, s.h, s.w, s.w,
                                  s.w == 1 ? "" : "s", s.w, s.c, s.h);
        if (y->note == NULL)
            return zs_nomem(y->err, "a note");
    }
    zs_name_map_put(&y->draft.taken, input.name, y->draft.layers);
    ZS_TRY(zs_net_draft_value(&y->draft, input.name, input.name, 4, y->err));
    *out = input;
    y->input_n++;
    return ZS_OK;
}

/* One input: its shape, or name and shape; or a list of several. */
static zs_status read_inputs(zs_net_yaml *y, const yaml_node_t *node, zs_net_spec *spec)
{
    const bool is_list = node->type == YAML_SEQUENCE_NODE && zs_net_yaml_len(node) > 0 &&
                         zs_net_yaml_item(y, node, 0)->type != YAML_SCALAR_NODE;
    const size_t n = is_list ? zs_net_yaml_len(node) : 1;
    y->inputs = zs_new(y->draft.arena, zs_input_spec, n);
    if (y->inputs == NULL)
        return zs_nomem(y->err, "the inputs");
    for (size_t i = 0; i < n; i++)
        ZS_TRY(read_input(y, is_list ? zs_net_yaml_item(y, node, i) : node, &y->inputs[i]));
    spec->input = y->inputs[0];
    spec->more_inputs = y->inputs + 1;
    spec->more_input_n = y->input_n - 1;
    return ZS_OK;
}

/* ---- names to layers ------------------------------------------------------------------------- */

static zs_status unknown_layer(const zs_net_yaml *y, const char *place, const char *word)
{
    const char **names = zs_new(y->draft.arena, const char *, y->draft.layer_n + y->input_n);
    if (names == NULL)
        return zs_nomem(y->err, "the names of layers");
    for (uint32_t i = 0; i < y->draft.layer_n; i++)
        names[i] = y->draft.layers[i].name;
    for (uint32_t i = 0; i < y->input_n; i++)
        names[y->draft.layer_n + i] = y->inputs[i].name;
    const char *near = zs_nearest(word, names, y->draft.layer_n + y->input_n);
    if (near != NULL)
        return zs_fail(y->err, ZS_EPARSE, place, "there is no layer '%s'; did you mean '%s'?", word,
                       near);
    return zs_fail(y->err, ZS_EPARSE, place, "there is no layer '%s'", word);
}

/* `from` may name layers further down, so names are resolved when all are known. */
static zs_status resolve_inputs(const zs_net_yaml *y)
{
    for (uint32_t h = 0; h < y->head_n; h++) {
        zs_layer_spec *layer = &y->draft.layers[y->heads[h]];
        const char **in = zs_new(y->draft.arena, const char *, layer->in_n);
        if (in == NULL)
            return zs_nomem(y->err, "a layer's inputs");
        for (uint32_t i = 0; i < layer->in_n; i++) {
            const zs_net_value *value = zs_net_draft_get(&y->draft, layer->in[i]);
            if (value == NULL)
                return unknown_layer(y, layer->place, layer->in[i]);
            in[i] = value->layer;
        }
        layer->in = in;
    }
    return ZS_OK;
}

static zs_status resolve_output(const zs_net_yaml *y, const yaml_node_t *node, const char **out)
{
    char place[192];
    const char *name = "";
    ZS_TRY(zs_net_yaml_text(y, node, &name));
    const zs_net_value *value = zs_net_draft_get(&y->draft, name);
    print_place(place, y->draft.path, &node->start_mark);
    if (value == NULL)
        return unknown_layer(y, place, name);
    *out = value->layer;
    return ZS_OK;
}

/* ---- the file -------------------------------------------------------------------------------- */

enum { TOP_NAME, TOP_DESCRIPTION, TOP_INPUT, TOP_LAYERS, TOP_OUTPUT, TOP_N };
static const char *const top_names[TOP_N] = {"name", "description", "input", "layers", "output"};

/* An item becomes at most three layers, with a name of its own each and one for the whole. */
static zs_status init_draft(zs_net_yaml *y, zs_arena *arena, const yaml_node_t *list,
                            uint64_t input_n)
{
    if (list->type != YAML_SEQUENCE_NODE || zs_net_yaml_len(list) == 0)
        return zs_net_yaml_fail(y, list, ZS_EPARSE,
                                "'layers' must be a list of at least one layer");
    const uint64_t n = zs_net_yaml_len(list);
    ZS_TRY(zs_net_draft_init(&y->draft, arena, y->draft.path, 3 * n, 4 * n + input_n, y->err));
    y->heads = zs_new(arena, uint32_t, n);
    return y->heads ? ZS_OK : zs_nomem(y->err, "the list of layers");
}

/* A design has none of a network's keys but the name. */
static zs_status refuse_design(const zs_net_yaml *y, const yaml_node_t *root)
{
    static const char *const sections[] = {"accelerator", "board", "network", "extends", "batch"};
    if (root->type != YAML_MAPPING_NODE)
        return ZS_OK;
    for (const yaml_node_pair_t *p = root->data.mapping.pairs.start;
         p < root->data.mapping.pairs.top; p++) {
        const yaml_node_t *key = yaml_document_get_node(y->doc, p->key);
        if (key == NULL || key->type != YAML_SCALAR_NODE)
            continue;
        for (size_t i = 0; i < ZS_LEN(sections); i++)
            if (strcmp((const char *)key->data.scalar.value, sections[i]) == 0)
                return zs_net_yaml_fail(y, key, ZS_EPARSE,
                                        "'%s' is a key of a design: this is no network",
                                        sections[i]);
    }
    return ZS_OK;
}

static zs_status read_net(zs_net_yaml *y, zs_arena *arena, const yaml_node_t *root,
                          zs_net_spec *out)
{
    const yaml_node_t *top[TOP_N] = {NULL};
    zs_net_spec spec = {.name = "net"};
    ZS_TRY(refuse_design(y, root));
    ZS_TRY(pick(y, root, top_names, TOP_N, top));
    for (size_t i = TOP_INPUT; i <= TOP_LAYERS; i++)
        if (top[i] == NULL)
            return zs_net_yaml_fail(y, root, ZS_EPARSE, "the network has no '%s'", top_names[i]);
    const yaml_node_t *in = top[TOP_INPUT];
    ZS_TRY(init_draft(y, arena, top[TOP_LAYERS],
                      in->type == YAML_SEQUENCE_NODE ? 1 + zs_net_yaml_len(in) : 1));
    if (top[TOP_NAME] != NULL)
        ZS_TRY(zs_net_yaml_text(y, top[TOP_NAME], &spec.name));
    if (top[TOP_DESCRIPTION] != NULL)
        ZS_TRY(check_scalar(y, top[TOP_DESCRIPTION]));
    ZS_TRY(read_inputs(y, top[TOP_INPUT], &spec));
    spec.note = y->note;
    for (size_t i = 0; i < zs_net_yaml_len(top[TOP_LAYERS]); i++)
        ZS_TRY(zs_net_yaml_layer(y, zs_net_yaml_item(y, top[TOP_LAYERS], i)));
    ZS_TRY(resolve_inputs(y));
    if (top[TOP_OUTPUT] != NULL)
        ZS_TRY(resolve_output(y, top[TOP_OUTPUT], &spec.output));
    spec.layers = y->draft.layers;
    spec.layer_n = y->draft.layer_n;
    *out = spec;
    return ZS_OK;
}

static zs_status parser_failure(const zs_net_yaml *y, const yaml_parser_t *parser)
{
    char place[192];
    if (parser->error == YAML_MEMORY_ERROR ||
        parser->problem == NULL) /* it had no memory to say it */
        return zs_nomem(y->err, "a YAML document");
    const yaml_mark_t mark = zs_yaml_failed_at(parser, y->text);
    print_place(place, y->draft.path, &mark);
    return zs_fail(y->err, ZS_EPARSE, place, "not YAML: %s", parser->problem);
}

/* One document, and nothing after it. */
static zs_status read_stream(zs_net_yaml *y, yaml_parser_t *parser, zs_net_spec *out)
{
    yaml_document_t next;
    zs_net_spec spec;
    if (!yaml_parser_load(parser, y->doc))
        return parser_failure(y, parser);
    const yaml_node_t *root = yaml_document_get_root_node(y->doc);
    zs_status status = root ? read_net(y, y->draft.arena, root, &spec)
                            : zs_fail(y->err, ZS_EPARSE, y->draft.path, "the file is empty");
    yaml_document_delete(y->doc);
    ZS_TRY(status);
    if (!yaml_parser_load(parser, &next))
        return parser_failure(y, parser);
    const bool is_last = yaml_document_get_root_node(&next) == NULL;
    yaml_document_delete(&next);
    if (!is_last)
        return zs_fail(y->err, ZS_EPARSE, y->draft.path, "the file holds more than one document");
    *out = spec;
    return ZS_OK;
}

static zs_status check_depth(const zs_net_yaml *y, zs_span bytes)
{
    yaml_mark_t mark;
    char place[192];
    if (!zs_yaml_is_too_deep(bytes, &mark))
        return ZS_OK;
    print_place(place, y->draft.path, &mark);
    return zs_fail(y->err, ZS_ERANGE, place, "nested deeper than %d levels", ZS_YAML_DEPTH_MAX);
}

zs_status zs_net_yaml_parse(zs_arena *arena, zs_span bytes, const char *path, zs_net_spec *out,
                            zs_err *err)
{
    yaml_document_t doc;
    zs_net_yaml y = {
        .text = bytes, .doc = &doc, .draft = {.arena = arena, .path = path}, .err = err};
    yaml_parser_t parser;
    ZS_TRY(check_depth(&y, bytes));
    if (!yaml_parser_initialize(&parser))
        return zs_nomem(err, "the YAML parser");
    yaml_parser_set_input_string(&parser, bytes.data ? bytes.data : (const uint8_t *)"",
                                 bytes.bytes);
    const zs_status status = read_stream(&y, &parser, out);
    yaml_parser_delete(&parser);
    return status;
}
