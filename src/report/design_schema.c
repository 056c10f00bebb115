#include "zynqsim/report.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* Jansson's calls take NULL for what could not be made, and then fail themselves: one flag
 * remembers whether any did. */
typedef struct schema {
    bool failed;
} schema;

static void put(schema *sc, json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0)
        sc->failed = true;
}

static void add(schema *sc, json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0)
        sc->failed = true;
}

static json_t *typed(schema *sc, const char *type)
{
    json_t *t = json_object();
    put(sc, t, "type", json_string(type));
    return t;
}

/* What may be written in several ways. */
static json_t *either(schema *sc, json_t *a, json_t *b)
{
    json_t *t = json_object(), *ways = json_array();
    add(sc, ways, a);
    add(sc, ways, b);
    put(sc, t, "anyOf", ways);
    return t;
}

static json_t *array_of(schema *sc, json_t *items, int min, int max)
{
    json_t *t = typed(sc, "array");
    put(sc, t, "items", items);
    put(sc, t, "minItems", json_integer(min));
    if (max > 0)
        put(sc, t, "maxItems", json_integer(max));
    return t;
}

/* ---- one field ------------------------------------------------------------------------------- */

static json_t *number(double value, bool whole)
{
    return whole ? json_integer((json_int_t)value) : json_real(value);
}

/* "^...(Hz|kHz|MHz|GHz)$" */
static json_t *quantity_pattern(const char *unit)
{
    char words[128] = "";
    const char *word;
    size_t n = 0;
    for (uint32_t i = 0; (word = zs_unit_word(unit, i)) != NULL && n < sizeof words; i++)
        n += (size_t)snprintf(words + n, sizeof words - n, "%s%s", i ? "|" : "", word);
    return json_sprintf("^[0-9.]+([eE][-+]?[0-9]+)? *(%s)$", words);
}

/* A plain number within its limits; of physical quantities also a text with a unit, whose limits
 * only the program checks. */
static json_t *number_type(schema *sc, const zs_field *f)
{
    const bool whole = f->type != ZS_FIELD_F64;
    json_t *plain = typed(sc, whole ? "integer" : "number");
    put(sc, plain, "minimum", number(f->min, whole));
    put(sc, plain, "maximum", number(f->max, whole));
    if (zs_unit_word(f->unit, 0) == NULL)
        return plain;
    json_t *text = typed(sc, "string");
    put(sc, text, "pattern", quantity_pattern(f->unit));
    return either(sc, plain, text);
}

/* {weights: int8, activations: fixed16} */
static void add_narrow(schema *sc, json_t *words)
{
    for (uint32_t i = ZS_NARROW_N; i-- > 0;)
        add(sc, words, json_string(zs_narrow_words[i].word));
}

static json_t *types_type(schema *sc)
{
    static const char *const keys[] = {"weights", "activations"};
    json_t *types = typed(sc, "object"), *properties = json_object();
    for (size_t k = 0; k < ZS_LEN(keys); k++) {
        json_t *t = typed(sc, "string"), *words = json_array();
        for (uint32_t i = 0; i < ZS_TYPE_COUNT; i++)
            add(sc, words, json_string(zs_words_type[i].word));
        add_narrow(sc, words);
        put(sc, t, "enum", words);
        put(sc, properties, keys[k], t);
    }
    put(sc, types, "properties", properties);
    put(sc, types, "additionalProperties", json_false());
    return types;
}

static json_t *word_type(schema *sc, const zs_field *f)
{
    json_t *t = typed(sc, "string"), *words = json_array();
    for (uint32_t i = 0; i < f->word_n; i++)
        if (strcmp(f->path, "accelerator.fusion") != 0 || i != ZS_FUSION_GROUPS)
            add(sc, words, json_string(f->words[i].word));
    if (strcmp(f->path, "accelerator.precision") == 0)
        add_narrow(sc, words);
    if (strcmp(f->path, "accelerator.precision") == 0)
        add(sc, words, json_string(zs_model_precision.word));
    put(sc, t, "enum", words);
    if (strcmp(f->path, "accelerator.precision") == 0)
        return either(sc, t, types_type(sc));
    if (strncmp(f->path, "accelerator.ports.", strlen("accelerator.ports.")) == 0) {
        static const char one[] = "(hp[0-3])";
        json_t *several = typed(sc, "string");
        put(sc, several, "pattern", json_sprintf("^%s([+]%s){1,3}$", one, one));
        json_t *list = array_of(sc, json_deep_copy(t), 1, 4);
        return either(sc, t, either(sc, several, list));
    }
    if (strcmp(f->path, "accelerator.fusion") != 0)
        return t;
    return either(sc, t, array_of(sc, array_of(sc, typed(sc, "string"), 1, 0), 1, 0));
}

static json_t *field_type(schema *sc, const zs_field *f)
{
    switch (f->type) {
    case ZS_FIELD_BOOL:
        return typed(sc, "boolean");
    case ZS_FIELD_ENUM:
        return word_type(sc, f);
    case ZS_FIELD_STR:
        if (zs_design_takes_list(f->path))
            return either(sc, typed(sc, "string"), array_of(sc, typed(sc, "string"), 1, 0));
        return typed(sc, "string");
    default:
        return number_type(sc, f);
    }
}

static json_t *default_of(const zs_field *f)
{
    zs_design d;
    zs_design_defaults_with(&d, f);
    const void *member = (const char *)&d + f->offset;
    switch (f->type) {
    case ZS_FIELD_U32:
        return json_integer(*(const uint32_t *)member);
    case ZS_FIELD_U64:
        return json_integer((json_int_t) * (const uint64_t *)member);
    case ZS_FIELD_F64:
        return json_real(*(const double *)member);
    case ZS_FIELD_BOOL:
        return json_boolean(*(const bool *)member);
    default:
        return json_string(f->preset);
    }
}

static json_t *describe(schema *sc, const zs_field *f)
{
    json_t *t = field_type(sc, f);
    put(sc, t, "description",
        f->unit[0] ? json_sprintf("%s (%s)", f->meaning, f->unit) : json_string(f->meaning));
    put(sc, t, "default", default_of(f));
    return t;
}

/* ---- nesting --------------------------------------------------------------------------------- */

static json_t *section_type(schema *sc)
{
    json_t *t = typed(sc, "object");
    put(sc, t, "properties", json_object());
    put(sc, t, "additionalProperties", json_false());
    return t;
}

/* The section `name` among `properties`, made at its first use. Borrowed. */
static json_t *subsection(schema *sc, json_t *properties, const char *name)
{
    if (json_object_get(properties, name) == NULL)
        put(sc, properties, name, section_type(sc));
    return json_object_get(json_object_get(properties, name), "properties");
}

static json_t *properties_at(schema *sc, json_t *root, const char *path, const char **leaf)
{
    json_t *properties = json_object_get(root, "properties");
    for (const char *dot; (dot = strchr(path, '.')) != NULL; path = dot + 1) {
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)(dot - path), path);
        properties = subsection(sc, properties, name);
    }
    *leaf = path;
    return properties;
}

/* ---- keys that are no fields ----------------------------------------------------------------- */

/* A section that has a short form as well. */
static void widen(schema *sc, json_t *properties, const char *key, json_t *short_form)
{
    json_t *section = json_object_get(properties, key);
    put(sc, properties, key, either(sc, json_incref(section), short_form));
}

static json_t *triple_type(schema *sc)
{
    return either(sc, typed(sc, "number"), array_of(sc, typed(sc, "number"), 1, 3));
}

static json_t *texts_type(schema *sc, const char *meaning)
{
    json_t *list = typed(sc, "array");
    put(sc, list, "items", typed(sc, "string"));
    put(sc, list, "description", json_string(meaning));
    return list;
}

static void put_short_forms(schema *sc, json_t *root)
{
    json_t *top = json_object_get(root, "properties");
    json_t *network = subsection(sc, top, "network"), *board = subsection(sc, top, "board");
    json_t *preprocess = subsection(sc, network, "preprocess");
    put(sc, preprocess, "mean", triple_type(sc));
    put(sc, preprocess, "scale", triple_type(sc));
    widen(sc, network, "input_shape", array_of(sc, typed(sc, "integer"), 3, 3));
    for (uint32_t k = 0; k < zs_kind_n; k++) {
        const char *path = zs_kind_designs[k].keys->switches, *leaf;
        if (path == NULL)
            continue;
        json_t *at = properties_at(sc, root, path, &leaf);
        put(sc, at, leaf, texts_type(sc, "switches beside it that are on; all others are off"));
        at = properties_at(sc,
                           json_object_get(json_object_get(top, "layers"), "additionalProperties"),
                           path + strlen("accelerator."), &leaf);
        put(sc, at, leaf, texts_type(sc, "switches beside it that are on; all others are off"));
    }
    put(sc, board, "name", typed(sc, "string"));
    put(sc, board, "base", typed(sc, "string"));
    json_t *names = json_array(), *by_name = typed(sc, "string");
    for (uint32_t i = 0; i < zs_board_n; i++)
        add(sc, names, json_string(zs_boards[i].name));
    put(sc, by_name, "description", json_string("a built-in board or a file"));
    put(sc, by_name, "examples", names);
    widen(sc, top, "board", by_name);
    json_t *extends = typed(sc, "string");
    put(sc, extends, "description", json_string("design file to start from"));
    put(sc, top, "extends", extends);
    json_t *sweep = subsection(sc, top, "sweep");
    put(sc, sweep, "vary", texts_type(sc, "axes, as sweep --vary takes them"));
    put(sc, sweep, "where", texts_type(sc, "conditions, as sweep --where takes them"));
}

/* ---- keys of kinds --------------------------------------------------------------------------- */

/* Whether a kind has any key that starts with the first `n` bytes of a path. */
static bool has_below(uint32_t kind, const char *path, size_t n)
{
    const zs_field *f;
    for (uint32_t i = 0; (f = zs_field_at(i)) != NULL; i++)
        if (strncmp(f->path, path, n) == 0 && zs_field_is_of(f, kind))
            return true;
    return false;
}

/* Refuses a key, or the outermost section of it in which the kind has none. */
static void refuse_key(schema *sc, json_t *accelerator, uint32_t kind, const char *path)
{
    json_t *at = accelerator;
    for (const char *name = path + strlen("accelerator."), *dot;; name = dot + 1) {
        char word[64];
        json_t *properties = json_object_get(at, "properties");
        if (properties == NULL)
            put(sc, at, "properties", json_object());
        properties = json_object_get(at, "properties");
        dot = strchr(name, '.');
        const size_t n = dot ? (size_t)(dot - name) : strlen(name);
        snprintf(word, sizeof word, "%.*s", (int)n, name);
        if (dot == NULL || !has_below(kind, path, (size_t)(dot + 1 - path))) {
            put(sc, properties, word, json_false());
            return;
        }
        if (json_object_get(properties, word) == NULL)
            put(sc, properties, word, json_object());
        at = json_object_get(properties, word);
    }
}

/* {"if": the kind is this one, "then": none of the keys that have no effect in it} */
static json_t *kind_rule(schema *sc, uint32_t kind)
{
    json_t *rule = json_object(), *is = json_object(), *words = json_object(),
           *then = json_object();
    const zs_field *f;
    put(sc, words, "kind", json_pack("{s:s}", "const", zs_kind_designs[kind].word));
    put(sc, is, "properties", words);
    put(sc, is, "required", json_pack("[s]", "kind"));
    for (uint32_t i = 0; (f = zs_field_at(i)) != NULL; i++)
        if (!zs_field_is_of(f, kind))
            refuse_key(sc, then, kind, f->path);
    put(sc, rule, "if", is);
    put(sc, rule, "then", then);
    return rule;
}

static void put_kind_rules(schema *sc, json_t *root)
{
    json_t *rules = json_array();
    json_t *accelerator = json_object_get(json_object_get(root, "properties"), "accelerator");
    for (uint32_t k = 0; k < zs_kind_n; k++)
        add(sc, rules, kind_rule(sc, k));
    put(sc, accelerator, "allOf", rules);
}

/* The keys of accelerator once more, with a name and the layers. */
static void put_engines(schema *sc, json_t *root)
{
    json_t *top = json_object_get(root, "properties");
    json_t *engine = json_deep_copy(json_object_get(top, "accelerator"));
    json_t *keys = json_object_get(engine, "properties");
    json_t *map = either(sc, typed(sc, "string"), array_of(sc, typed(sc, "string"), 1, 0));
    json_t *list = array_of(sc, engine, 1, ZS_DESIGN_ENGINES_MAX);
    put(sc, keys, "name", typed(sc, "string"));
    put(sc, map, "description", json_string("names or patterns of the layers that it takes"));
    put(sc, keys, "map", map);
    put(sc, engine, "required", json_pack("[ss]", "name", "map"));
    put(sc, list, "description",
        json_string("several engines that take turns; each starts from the keys of accelerator"));
    put(sc, top, "accelerators", list);
}

static void put_layers(schema *sc, json_t *root)
{
    json_t *on = typed(sc, "string"), *one = typed(sc, "object"), *all = typed(sc, "object");
    const zs_field *f;
    put(sc, on, "enum", json_pack("[s]", "cpu"));
    put(sc, one, "properties", json_object());
    put(sc, one, "additionalProperties", json_false());
    json_t *properties = json_object_get(one, "properties");
    put(sc, properties, "on", on);
    for (uint32_t key = 0; key < ZS_LAYER_FIELD; key++)
        put(sc, properties, zs_layer_setting_word(&(zs_layer_setting){.key = (zs_layer_key)key}),
            typed(sc, "integer"));
    for (uint32_t i = 0; (f = zs_layer_field_at(i)) != NULL; i++) {
        const char *leaf;
        json_t *at = properties_at(sc, one, f->path + strlen("accelerator."), &leaf);
        put(sc, at, leaf, describe(sc, f));
    }
    put(sc, all, "description",
        json_string("by names or patterns of layers: who runs them, and what they have of their "
                    "own"));
    put(sc, all, "additionalProperties", one);
    put(sc, json_object_get(root, "properties"), "layers", all);
}

static json_t *make_schema(schema *sc)
{
    json_t *root = json_object();
    put(sc, root, "$schema", json_string("https://json-schema.org/draft/2020-12/schema"));
    put(sc, root, "title", json_string("zynqsim design point"));
    put(sc, root, "type", json_string("object"));
    put(sc, root, "properties", json_object());
    put(sc, root, "additionalProperties", json_false());
    const zs_field *f;
    for (uint32_t i = 0; (f = zs_field_at(i)) != NULL; i++) {
        const char *leaf;
        json_t *properties = properties_at(sc, root, f->path, &leaf);
        put(sc, properties, leaf, describe(sc, f));
    }
    put_kind_rules(sc, root);
    put_engines(sc, root);
    put_layers(sc, root);
    put_short_forms(sc, root);
    return root;
}

static int write_piece(const char *text, size_t bytes, void *sink)
{
    return zs_sink_write(sink, text, bytes) == ZS_OK ? 0 : -1;
}

zs_status zs_schema_emit(const zs_sink *s, zs_err *err)
{
    schema sc = {0};
    zs_sink sink = *s;
    json_t *root = make_schema(&sc);
    zs_status status = ZS_OK;
    if (sc.failed)
        status = zs_nomem(err, "schema");
    else if (json_dump_callback(root, write_piece, &sink,
                                JSON_INDENT(2) | JSON_REAL_PRECISION(15)) != 0 ||
             zs_sink_puts(s, "\n") != ZS_OK)
        status = zs_fail(err, ZS_EIO, "schema", "it could not be written");
    json_decref(root);
    return status;
}
