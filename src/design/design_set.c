#include "design_priv.h"

#include <stdio.h>
#include <string.h>

/* ---- one value ------------------------------------------------------------------------------- */

/* The unit with which a plain number that is out of range would be in it: 142 of a clock is 142
 * MHz. NULL when the text has a unit, or none helps. Of bytes, binary prefixes. */
static const char *missing_unit(const zs_field *field, const char *text, bool low)
{
    char with[64];
    const size_t digits = strlen(text);
    const char *word, *best = NULL;
    double best_value = 0;
    if (digits == 0 || digits > 24 || strspn(text, "0123456789.") != digits)
        return NULL;
    const bool in_bytes = strcmp(field->unit, "B") == 0;
    for (uint32_t i = 0; (word = zs_unit_word(field->unit, i)) != NULL; i++) {
        double value = 0;
        snprintf(with, sizeof with, "%s %s", text, word);
        if (zs_number_parse(with, field->unit, field->path, &value, NULL) != ZS_OK)
            continue;
        const bool is_binary = !in_bytes || strchr(word, 'i') != NULL;
        if (is_binary && value > 0 && value >= field->min && value <= field->max &&
            (best == NULL || (value < best_value) == low)) {
            best = word;
            best_value = value;
        }
    }
    return best;
}

static zs_status out_of_range(const zs_field *field, const char *text, bool low, zs_err *err)
{
    char limit[64] = "", hint[80] = "";
    const double value = low ? field->min : field->max;
    const char *unit = missing_unit(field, text, low);
    (void)zs_quantity_print(zs_decimal_of_f64(value), field->unit, limit, sizeof limit);
    if (unit != NULL)
        snprintf(hint, sizeof hint, ", did you mean %.24s %.16s?", text, unit);
    /* Counts print without their unit, quantities with it. */
    const bool bare = field->unit[0] != '\0' && strchr(limit, ' ') == NULL;
    return zs_fail(err, ZS_ERANGE, field->path, "%.64s is %s %s%s%s%s", text,
                   low ? "below the minimum" : "above the maximum", limit, bare ? " " : "",
                   bare ? field->unit : "", hint);
}

static zs_status parse_whole(const zs_field *field, const char *text, uint64_t *out, zs_err *err)
{
    zs_decimal v;
    uint64_t value = 0;
    ZS_TRY(zs_quantity_parse(text, field->unit, field->path, &v, err));
    if (v.negative)
        return out_of_range(field, text, true, err);
    const zs_whole whole = zs_decimal_to_u64(v, &value);
    if (whole == ZS_WHOLE_FRACTION) {
        const char *unit = missing_unit(field, text, true);
        return zs_fail(err, ZS_ERANGE, field->path, "%.64s is not a whole number of %s%s%.24s%s%s",
                       text, field->unit[0] ? field->unit : "units", unit ? ", did you mean " : "",
                       unit ? text : "", unit ? " " : "", unit ? unit : "");
    }
    if (whole == ZS_WHOLE_TOO_BIG || (double)value > field->max)
        return out_of_range(field, text, false, err);
    if ((double)value < field->min)
        return out_of_range(field, text, true, err);
    *out = value;
    return ZS_OK;
}

static zs_status parse_real(const zs_field *field, const char *text, double *out, zs_err *err)
{
    zs_decimal v;
    ZS_TRY(zs_quantity_parse(text, field->unit, field->path, &v, err));
    const double value = zs_decimal_to_f64(v);
    if (value < field->min || value > field->max)
        return out_of_range(field, text, value < field->min, err);
    *out = value;
    return ZS_OK;
}

static zs_status parse_bool(const zs_field *field, const char *text, bool *out, zs_err *err)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = {{"true", true}, {"false", false}, {"yes", true},
                 {"no", false},  {"on", true},     {"off", false}};
    for (size_t i = 0; i < ZS_LEN(words); i++)
        if (strcmp(words[i].word, text) == 0) {
            *out = words[i].value;
            return ZS_OK;
        }
    const char *names[ZS_LEN(words)];
    for (size_t i = 0; i < ZS_LEN(words); i++)
        names[i] = words[i].word;
    const char *near = zs_nearest(text, names, ZS_LEN(names));
    return zs_fail(err, ZS_EPARSE, field->path, "'%.64s' is neither true nor false%s%s%s", text,
                   near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* "fp32, fixed16 or int8" */
static void list_words(const zs_field *field, char *text, size_t bytes)
{
    size_t n = 0;
    text[0] = '\0';
    for (uint32_t i = 0; i < field->word_n && n < bytes; i++) {
        const char *join = i == 0 ? "" : i + 1 < field->word_n ? ", " : " or ";
        n += (size_t)snprintf(text + n, bytes - n, "%s%s", join, field->words[i].word);
    }
}

static zs_status parse_word(const zs_field *field, const char *text, uint32_t *out, zs_err *err)
{
    enum { WORDS_MAX = 16 };
    const char *names[WORDS_MAX];
    char known[224];
    for (uint32_t i = 0; i < field->word_n && i < WORDS_MAX; i++) {
        names[i] = field->words[i].word;
        if (strcmp(names[i], text) == 0) {
            *out = i;
            return ZS_OK;
        }
    }
    const char *near = zs_nearest(text, names, field->word_n);
    list_words(field, known, sizeof known);
    if (near != NULL)
        return zs_fail(err, ZS_EPARSE, field->path, "unknown word '%.48s', did you mean '%s'? (%s)",
                       text, near, known);
    return zs_fail(err, ZS_EPARSE, field->path, "unknown word '%.48s'; known: %s", text, known);
}

static zs_status keep_string(zs_arena *arena, const char *text, const char **out, zs_err *err)
{
    const char *kept = arena ? zs_arena_strdup(arena, text) : text;
    if (kept == NULL)
        return zs_nomem(err, "design");
    *out = kept;
    return ZS_OK;
}

zs_status zs_field_set(zs_design *design, zs_arena *arena, const zs_field *field, const char *text,
                       zs_err *err)
{
    void *member = (char *)design + field->offset;
    uint64_t whole = 0;
    switch (field->type) {
    case ZS_FIELD_U32:
        ZS_TRY(parse_whole(field, text, &whole, err));
        *(uint32_t *)member = (uint32_t)whole;
        return ZS_OK;
    case ZS_FIELD_U64:
        return parse_whole(field, text, member, err);
    case ZS_FIELD_F64:
        return parse_real(field, text, member, err);
    case ZS_FIELD_BOOL:
        return parse_bool(field, text, member, err);
    case ZS_FIELD_STR:
        return keep_string(arena, text, member, err);
    case ZS_FIELD_ENUM:
        return parse_word(field, text, member, err);
    }
    return zs_fail(err, ZS_EINTERNAL, field->path, "field of unknown type %d", (int)field->type);
}

/* ---- defaults -------------------------------------------------------------------------------- */

/* Kinds keep what they have to themselves in one place: it means something in one kind only. */
static bool is_param(const zs_field *field)
{
    const size_t params = offsetof(zs_design, accel.params);
    return field->offset >= params && field->offset < params + ZS_KIND_PARAM_BYTES;
}

static bool is_given(const zs_design *design, const zs_field *field)
{
    for (const zs_given *g = design->given; g != NULL; g = g->next)
        if (g->field == field)
            return true;
    return false;
}

/* Keys that kinds share and `keys` has a default of its own for, as the kind of the design has
 * them. */
static void take_presets(zs_design *design, const zs_kind_keys *keys)
{
    for (uint32_t i = 0; i < keys->preset_n; i++) {
        const zs_field *field = zs_field_find(keys->presets[i].path);
        if (!is_given(design, field))
            (void)zs_field_set(design, NULL, field, zs_field_preset(field, design->accel.kind),
                               NULL);
    }
}

void zs_design_set_kind(zs_design *design, uint32_t kind)
{
    const zs_kind_keys *keys = zs_kind_designs[kind].keys;
    const zs_kind_keys *before = zs_kind_designs[design->accel.kind].keys;
    design->accel.kind = kind;
    take_presets(design, before);
    take_presets(design, keys);
    memset(design->accel.params, 0, sizeof design->accel.params);
    for (uint32_t i = 0; i < keys->field_n; i++)
        if (is_param(&keys->fields[i]))
            (void)zs_field_set(design, NULL, &keys->fields[i], keys->fields[i].preset, NULL);
}

void zs_design_defaults_with(zs_design *design, const zs_field *field)
{
    uint32_t kind = 0;
    while (kind + 1 < zs_kind_n && !zs_field_is_of(field, kind))
        kind++;
    zs_design_defaults(design);
    zs_design_set_kind(design, kind);
}

void zs_design_defaults(zs_design *design)
{
    *design = (zs_design){0};
    const zs_field *f;
    for (uint32_t i = 0; (f = zs_field_at(i)) != NULL; i++)
        if (!is_param(f))
            (void)zs_field_set(design, NULL, f, f->preset, NULL);
    zs_design_set_kind(design, design->accel.kind);
    /* A list of one that outlives every design: the preset in the table. */
    design->network.inputs = &zs_field_find("network.input")->preset;
    design->network.input_n = 1;
    design->board_name = zs_boards[0].name;
}

/* ---- keys that are more than one member ------------------------------------------------------ */

/* Keys that take a list of texts: a text, the list, and how many there are. */
static const struct list_key {
    const char *path;
    size_t first, all, n;
    bool may_be_empty;
} list_keys[] = {
#define LIST_KEY(path, member, may_be_empty)                                                       \
    {                                                                                              \
        path, offsetof(zs_design, network.member), offsetof(zs_design, network.member##s),         \
            offsetof(zs_design, network.member##_n), may_be_empty                                  \
    }
    LIST_KEY("network.input", input, false),
    LIST_KEY("network.calibration", calibration, true),
    LIST_KEY("network.outputs", output, true),
};

static const struct list_key *find_list(const char *path)
{
    for (size_t i = 0; i < ZS_LEN(list_keys); i++)
        if (strcmp(list_keys[i].path, path) == 0)
            return &list_keys[i];
    return NULL;
}

static zs_status set_texts(zs_design *design, zs_arena *arena, const struct list_key *key,
                           const char *const *items, uint32_t n, zs_err *err)
{
    const char **kept = n ? zs_new(arena, const char *, n) : NULL;
    const char *const *list = kept;
    if (n > 0 && kept == NULL)
        return zs_nomem(err, "design");
    for (uint32_t i = 0; i < n; i++)
        ZS_TRY(keep_string(arena, items[i], &kept[i], err));
    const char *first = n ? kept[0] : "";
    memcpy((char *)design + key->first, &first, sizeof first);
    memcpy((char *)design + key->all, &list, sizeof list);
    memcpy((char *)design + key->n, &n, sizeof n);
    return ZS_OK;
}

uint32_t zs_design_list(const zs_design *design, const char *path, const char *const **items)
{
    const struct list_key *key = find_list(path);
    uint32_t n = 0;
    if (key != NULL) {
        memcpy((void *)items, (const char *)design + key->all, sizeof *items);
        memcpy(&n, (const char *)design + key->n, sizeof n);
    }
    return n;
}

/* Shorthands for the members of a triple. */
typedef struct triple {
    const char *path;
    const char *members[3];
    bool one_for_all;
} triple;

static const triple triples[] = {
    {"network.input_shape",
     {"network.input_shape.c", "network.input_shape.h", "network.input_shape.w"},
     false},
    {"network.preprocess.mean",
     {"network.preprocess.mean0", "network.preprocess.mean1", "network.preprocess.mean2"},
     true},
    {"network.preprocess.scale",
     {"network.preprocess.scale0", "network.preprocess.scale1", "network.preprocess.scale2"},
     true},
    {"network.sparsify.input_scale",
     {"network.sparsify.input_scale0", "network.sparsify.input_scale1",
      "network.sparsify.input_scale2"},
     true},
};

static const triple *find_triple(const char *path)
{
    for (size_t i = 0; i < ZS_LEN(triples); i++)
        if (strcmp(triples[i].path, path) == 0)
            return &triples[i];
    return NULL;
}

static zs_status note_given(zs_design *design, zs_arena *arena, const zs_field *field,
                            const zs_design *before, zs_err *err);

static zs_status set_triple(zs_design *design, zs_arena *arena, const triple *list,
                            const char *const *items, uint32_t n, zs_err *err)
{
    if (n != 3 && !(n == 1 && list->one_for_all))
        return zs_fail(err, ZS_EPARSE, list->path, "%u values, but it takes %s3", (unsigned)n,
                       list->one_for_all ? "1 or " : "");
    zs_design changed = *design;
    for (uint32_t i = 0; i < 3; i++) {
        const zs_field *field = zs_field_find(list->members[i]);
        ZS_TRY(zs_field_set(&changed, arena, field, items[n == 1 ? 0 : i], err));
        ZS_TRY(note_given(&changed, arena, field, design, err));
    }
    *design = changed;
    return ZS_OK;
}

/* "[register_sum, unroll]" */
static zs_status set_switches(zs_design *design, zs_arena *arena, const char *path,
                              const char *const *items, uint32_t n, zs_err *err)
{
    enum { SWITCHES_MAX = 32 };
    const char *names[SWITCHES_MAX];
    bool named[SWITCHES_MAX] = {false};
    const size_t prefix_n = (size_t)(strrchr(path, '.') - path) + 1;
    const zs_field *f;
    uint32_t name_n = 0;
    ZS_TRY(zs_field_check_kind(zs_switch_at(path, 0), design->accel.kind, err));
    while (name_n < SWITCHES_MAX && (f = zs_switch_at(path, name_n)) != NULL)
        names[name_n++] = f->path + prefix_n;
    zs_design changed = *design;
    for (uint32_t k = 0; k < name_n; k++) {
        f = zs_switch_at(path, k);
        ZS_TRY(zs_field_set(&changed, arena, f, "false", err));
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t k = 0;
        const char *item = items[i] + strspn(items[i], " ");
        while (k < name_n && strcmp(names[k], item) != 0)
            k++;
        if (item[0] == '\0' && n == 1) /* none */
            continue;
        const char *near = k < name_n ? NULL : zs_nearest(item, names, name_n);
        if (k == name_n && near != NULL)
            return zs_fail(err, ZS_EPARSE, path, "unknown word '%.48s', did you mean '%s'?", item,
                           near);
        if (k == name_n)
            return zs_fail(err, ZS_EPARSE, path, "unknown word '%.48s', unlike '%s' to '%s'", item,
                           names[0], names[name_n - 1]);
        if (named[k])
            return zs_fail(err, ZS_EPARSE, path, "'%s' is there twice", names[k]);
        named[k] = true;
        ZS_TRY(zs_field_set(&changed, arena, zs_switch_at(path, k), "true", err));
    }
    for (uint32_t k = 0; k < name_n; k++)
        ZS_TRY(note_given(&changed, arena, zs_switch_at(path, k), design, err));
    *design = changed;
    return ZS_OK;
}

/* Lists that are kept as one text with commas. */
typedef struct text_list {
    const char *path;
    size_t offset;
} text_list;

static const text_list text_lists[] = {
    {"pipeline.cut", offsetof(zs_design, pipeline.cut)},
    {"system.boards", offsetof(zs_design, system.boards)},
};

static const text_list *find_text_list(const char *path)
{
    for (size_t i = 0; i < ZS_LEN(text_lists); i++)
        if (strcmp(text_lists[i].path, path) == 0)
            return &text_lists[i];
    return NULL;
}

bool zs_design_takes_list(const char *path)
{
    return find_triple(path) != NULL || find_list(path) != NULL || zs_switch_at(path, 0) != NULL ||
           find_text_list(path) != NULL;
}

static zs_status set_text_list(zs_design *design, zs_arena *arena, const text_list *key,
                               const char *const *items, uint32_t n, zs_err *err)
{
    const char *text = n > 0 ? zs_arena_strdup(arena, items[0]) : "";
    for (uint32_t i = 1; i < n && text != NULL; i++)
        text = zs_arena_printf(arena, "%s,%s", text, items[i]);
    if (text == NULL)
        return zs_nomem(err, key->path);
    memcpy((char *)design + key->offset, &text, sizeof text);
    return ZS_OK;
}

zs_status zs_design_set_list(zs_design *design, zs_arena *arena, const char *path,
                             const char *const *items, uint32_t item_n, zs_err *err)
{
    const triple *list = find_triple(path);
    if (list != NULL)
        return set_triple(design, arena, list, items, item_n, err);
    if (zs_switch_at(path, 0) != NULL)
        return set_switches(design, arena, path, items, item_n, err);
    const struct list_key *key = find_list(path);
    if (strncmp(path, "accelerator.ports.", strlen("accelerator.ports.")) == 0) {
        const char *text = "";
        for (uint32_t i = 0; i < item_n && text != NULL; i++)
            text = zs_arena_printf(arena, "%s%s%s", text, i > 0 ? "+" : "", items[i]);
        return text == NULL ? zs_nomem(err, path) : zs_design_set(design, arena, path, text, err);
    }
    if (key == NULL && !zs_design_takes_list(path))
        return zs_fail(err, ZS_EPARSE, path, "a list of %u, but it takes one value",
                       (unsigned)item_n);
    for (uint32_t i = 0; i < item_n; i++)
        if (items[i][0] == '\0')
            return zs_fail(err, ZS_EPARSE, path, "entry %u of the list is empty", (unsigned)i + 1);
    if (key == NULL)
        return set_text_list(design, arena, find_text_list(path), items, item_n, err);
    if (item_n == 0 && !key->may_be_empty)
        return zs_fail(err, ZS_EPARSE, path, "empty, but at least one input is needed");
    return set_texts(design, arena, key, items, item_n, err);
}

static zs_status set_split(zs_design *design, zs_arena *arena, const char *path, const char *text,
                           zs_err *err)
{
    const char **items;
    uint32_t n;
    ZS_TRY(zs_list_cut(arena, text, &items, &n, err));
    return zs_design_set_list(design, arena, path, items, n, err);
}

/* A list as YAML writes it in one line. */
static bool is_bracketed(const char *text)
{
    const size_t n = strlen(text);
    return n > 1 && text[0] == '[' && text[n - 1] == ']';
}

static zs_status set_bracketed(zs_design *design, zs_arena *arena, const char *path,
                               const char *text, zs_err *err)
{
    const char **items;
    uint32_t n;
    if (zs_list_bytes(text) + 1 != strlen(text))
        return zs_fail(err, ZS_EPARSE, path,
                       "'%.48s' has a bracket within; an entry with one is written in quotes",
                       text);
    ZS_TRY(zs_list_cut(arena, text, &items, &n, err));
    const bool is_empty = n == 1 && items[0][0] == '\0';
    return zs_design_set_list(design, arena, path, items, is_empty ? 0 : n, err);
}

/* ---- keys given by hand ---------------------------------------------------------------------- */

static size_t value_bytes(const zs_field *field)
{
    static const size_t bytes[] = {
        [ZS_FIELD_U32] = sizeof(uint32_t),     [ZS_FIELD_U64] = sizeof(uint64_t),
        [ZS_FIELD_F64] = sizeof(double),       [ZS_FIELD_BOOL] = sizeof(bool),
        [ZS_FIELD_STR] = sizeof(const char *), [ZS_FIELD_ENUM] = sizeof(uint32_t)};
    return bytes[field->type];
}

static bool has_same_value(const zs_design *a, const zs_design *b, const zs_field *field)
{
    const void *x = (const char *)a + field->offset, *y = (const char *)b + field->offset;
    if (field->type == ZS_FIELD_STR)
        return strcmp(*(const char *const *)x, *(const char *const *)y) == 0;
    return memcmp(x, y, value_bytes(field)) == 0;
}

static bool is_of_board(const zs_field *field)
{
    return strncmp(field->path, "board.", 6) == 0;
}

static bool is_of_preprocess(const zs_field *field)
{
    return strncmp(field->path, "network.preprocess.", 19) == 0;
}

bool zs_design_says_preprocess(const zs_design *design)
{
    for (const zs_given *g = design->given; g != NULL; g = g->next)
        if (is_of_preprocess(g->field))
            return true;
    return false;
}

/* A board's key that has the board's value anyway goes with the board: what `show` wrote has all of
 * them, and another board shall still replace that one. */
static zs_status note_given(zs_design *design, zs_arena *arena, const zs_field *field,
                            const zs_design *before, zs_err *err)
{
    if (arena == NULL || !(is_of_board(field) ? !has_same_value(design, before, field)
                                              : field->is_owned || is_of_preprocess(field)))
        return ZS_OK;
    zs_given *given = zs_new(arena, zs_given, 1);
    if (given == NULL)
        return zs_nomem(err, "design");
    *given = (zs_given){.next = design->given, .field = field, .place = design->place};
    design->given = given;
    return ZS_OK;
}

void zs_design_keep_given(zs_design *design, const zs_design *from)
{
    for (const zs_given *g = from->given; g != NULL; g = g->next)
        if (is_of_board(g->field))
            memcpy((char *)design + g->field->offset, (const char *)from + g->field->offset,
                   value_bytes(g->field));
}

/* Nothing that was given may lose its effect. */
static zs_status set_kind(zs_design *design, const zs_field *field, const char *text, zs_err *err)
{
    zs_design changed = *design;
    ZS_TRY(zs_field_set(&changed, NULL, field, text, err));
    const uint32_t kind = changed.accel.kind;
    const zs_given *first = NULL;
    for (const zs_given *g = design->given; g != NULL; g = g->next)
        if (!zs_field_is_of(g->field, kind))
            first = g;
    if (first != NULL) {
        const zs_status status = zs_field_check_kind(first->field, kind, err);
        if (first->place != NULL)
            zs_err_prefix(err, first->place);
        return status;
    }
    if (kind != design->accel.kind)
        zs_design_set_kind(design, kind);
    return ZS_OK;
}

/* ---- fusion ---------------------------------------------------------------------------------- */

zs_status zs_design_set_groups(zs_design *design, zs_arena *arena, const zs_name_list *groups,
                               uint32_t group_n, zs_err *err)
{
    const zs_field *field = zs_field_find("accelerator.fusion");
    ZS_TRY(zs_field_check_kind(field, design->accel.kind, err));
    zs_name_list *kept = zs_new(arena, zs_name_list, group_n);
    if (kept == NULL)
        return zs_nomem(err, "accelerator.fusion");
    for (uint32_t g = 0; g < group_n; g++) {
        const char **names = zs_new(arena, const char *, groups[g].n);
        if (names == NULL)
            return zs_nomem(err, "accelerator.fusion");
        for (uint32_t i = 0; i < groups[g].n; i++)
            ZS_TRY(keep_string(arena, groups[g].names[i], &names[i], err));
        kept[g] = (zs_name_list){.names = names, .n = groups[g].n};
        if (groups[g].place != NULL)
            ZS_TRY(keep_string(arena, groups[g].place, &kept[g].place, err));
    }
    ZS_TRY(note_given(design, arena, field, design, err));
    design->accel.fusion = ZS_FUSION_GROUPS;
    design->accel.groups = kept;
    design->accel.group_n = group_n;
    return ZS_OK;
}

/* "[[conv1, pool1], [conv2]]", as a file has it. */
static zs_status set_group_text(zs_design *design, zs_arena *arena, const char *path,
                                const char *text, zs_err *err)
{
    uint32_t most = 0, n = 0;
    for (const char *c = text; *c != '\0'; c++)
        most += *c == '[';
    zs_name_list *groups = zs_new(arena, zs_name_list, most);
    if (groups == NULL)
        return zs_nomem(err, path);
    const char *at = text + 1;
    for (at += strspn(at, " "); *at == '['; at += strspn(at, ", ")) {
        const size_t bytes = zs_list_bytes(at);
        const char *group = zs_arena_strndup(arena, at, bytes);
        zs_name_list *to = &groups[n++];
        if (group == NULL)
            return zs_nomem(err, path);
        ZS_TRY(zs_list_cut(arena, group, (const char ***)&to->names, &to->n, err));
        at += bytes + (at[bytes] == ']');
    }
    if (strcmp(at, "]") != 0)
        return zs_fail(err, ZS_EPARSE, path,
                       "'%.48s' is no list of groups; it is written [[conv1, pool1], [conv2]]",
                       text);
    return zs_design_set_groups(design, arena, groups, n, err);
}

static zs_status set_fusion(zs_design *design, const zs_field *field, const char *text, zs_err *err)
{
    zs_design changed = *design;
    ZS_TRY(zs_field_set(&changed, NULL, field, text, err));
    if (changed.accel.fusion != ZS_FUSION_GROUPS) {
        changed.accel.groups = NULL;
        changed.accel.group_n = 0;
    } else if (changed.accel.group_n == 0) {
        return zs_fail(err, ZS_EPARSE, field->path,
                       "groups are written as a list of lists of layer names in the file");
    }
    *design = changed;
    return ZS_OK;
}

/* ---- any key --------------------------------------------------------------------------------- */

bool zs_design_is_type(const char *path)
{
    return strcmp(path, "accelerator.precision.weights") == 0 ||
           strcmp(path, "accelerator.precision.activations") == 0;
}

/* accelerator.precision.weights or .activations: the other one stays. */
static zs_status set_type(zs_design *design, const char *path, const char *text, zs_err *err)
{
    const bool is_weights = strcmp(path, "accelerator.precision.weights") == 0;
    const zs_field field = {
        .path = path, .type = ZS_FIELD_ENUM, .words = zs_words_type, .word_n = ZS_TYPE_COUNT};
    uint32_t type = ZS_TYPE_INT8;
    uint8_t bits = 0;
    for (uint32_t i = 0; i < ZS_NARROW_N; i++)
        if (strcmp(zs_narrow_words[i].word, text) == 0)
            bits = (uint8_t)(i + 1);
    if (bits == 0)
        ZS_TRY(parse_word(&field, text, &type, err));
    *(is_weights ? &design->accel.weight_bits : &design->accel.act_bits) = bits;
    uint32_t *precision = &design->accel.precision;
    *precision = is_weights ? zs_precision_of(type, zs_elem_type(*precision))
                            : zs_precision_of(zs_weight_type(*precision), type);
    design->accel.model_scales = false;
    return ZS_OK;
}

/* "{oc: 16, ic: 8}": a value of a group of keys as its first keys. False where there are groups in
 * it, or keys in the value: nobody can know what was meant then. */
static bool spell_group(uint32_t kind, const char *path, const char *text, char *out, size_t bytes)
{
    const size_t path_n = strlen(path);
    const char *at = text + strspn(text, " [");
    const zs_field *f;
    size_t n = 0;
    if (*at == '{')
        return false;
    for (uint32_t i = 0; (f = zs_field_at(i)) != NULL && n < bytes; i++) {
        if (strncmp(f->path, path, path_n) != 0 || f->path[path_n] != '.')
            continue;
        if (strchr(f->path + path_n + 1, '.') != NULL)
            return false;
        if (!zs_field_is_of(f, kind) || *at == '\0')
            continue;
        const size_t value_n = strcspn(at, ",] ");
        n += (size_t)snprintf(out + n, bytes - n, "%s%s: %.*s", n ? ", " : "{",
                              f->path + path_n + 1, (int)(value_n < 24 ? value_n : 24), at);
        at += value_n;
        at += strspn(at, ",] ");
    }
    if (n > 0 && n < bytes)
        snprintf(out + n, bytes - n, "}");
    return n > 0 && n + 1 < bytes;
}

/* Of a section in which there are sections nobody can know what was meant. */
static zs_status fail_section(const char *path, const char *what, zs_err *err)
{
    char inside[96], names[160];
    snprintf(inside, sizeof inside, "%.90s.", path);
    (void)zs_field_siblings(inside, names, sizeof names);
    return zs_fail(err, ZS_EPARSE, path, "%s, but it takes keys below it: %s", what, names);
}

zs_status zs_design_fail_group(const zs_design *design, const char *path, const char *text,
                               uint32_t item_n, zs_err *err)
{
    char group[160], what[80];
    if (item_n > 0)
        snprintf(what, sizeof what, "a list of %u", (unsigned)item_n);
    else
        snprintf(what, sizeof what, "'%.48s'", text);
    if (!spell_group(design->accel.kind, path, text, group, sizeof group))
        return fail_section(path, what, err);
    const char *key = group + 1, *value = strchr(key, ':') + 2;
    return zs_fail(err, ZS_EPARSE, path,
                   "%s, but it takes keys below it: %s in a file, %s.%.*s=%.*s with --set", what,
                   group, path, (int)strcspn(key, ":"), key, (int)strcspn(value, ",}"), value);
}

zs_status zs_design_fail_unknown(const char *path, const char *near, zs_err *err)
{
    char names[160];
    if (near != NULL)
        return zs_fail(err, ZS_EPARSE, path, "unknown key, did you mean '%s'?", near);
    if (zs_field_siblings(path, names, sizeof names))
        return zs_fail(err, ZS_EPARSE, path, "unknown key; known there: %s", names);
    return zs_fail(err, ZS_EPARSE, path, "unknown key");
}

static zs_status unknown_key(const zs_design *design, const char *path, const char *text,
                             zs_err *err)
{
    const zs_field *f;
    const size_t n = strlen(path);
    for (uint32_t i = 0; (f = zs_field_at(i)) != NULL; i++)
        if (strncmp(f->path, path, n) == 0 && f->path[n] == '.')
            return zs_design_fail_group(design, path, text, 0, err);
    return zs_design_fail_unknown(path, zs_field_suggest(path), err);
}

zs_status zs_design_set(zs_design *design, zs_arena *arena, const char *path, const char *text,
                        zs_err *err)
{
    if (strcmp(path, "board") == 0)
        return zs_design_set_board(design, arena, text, err);
    if (strncmp(path, "layers.", strlen("layers.")) == 0)
        return zs_design_set_layer_path(design, arena, path, text, err);
    zs_port_list ports;
    const zs_field *stripe = NULL;
    ZS_TRY(zs_port_list_check(path, text, err));
    if (zs_port_list_of(path, text, &ports)) {
        text = ports.first;
        stripe = zs_field_find(ports.stripe);
        if (!zs_field_is_of(stripe, design->accel.kind) && strcmp(ports.others, "none") != 0)
            return zs_fail(
                err, ZS_EUNSUPPORTED, path,
                "a list, but this kind of accelerator moves an operand through one port");
    }
    if (zs_engines_have(design, path))
        return zs_engines_set(design, arena, path, text, err);
    if (strcmp(path, "accelerator.fusion") == 0 && is_bracketed(text))
        return set_group_text(design, arena, path, text, err);
    if (find_triple(path) != NULL || zs_switch_at(path, 0) != NULL)
        return set_split(design, arena, path, text, err);
    if (zs_design_takes_list(path) && is_bracketed(text))
        return set_bracketed(design, arena, path, text, err);
    if (zs_design_takes_list(path))
        return zs_design_set_list(design, arena, path, &text, text[0] != '\0', err);
    if (zs_design_is_type(path))
        return set_type(design, path, text, err);
    const zs_field *field = zs_field_find(path);
    if (field == NULL && (field = zs_field_of_auto(path, text)) != NULL)
        text = "true";
    if (field == NULL)
        return unknown_key(design, path, text, err);
    if (field == &zs_kind_field)
        return set_kind(design, field, text, err);
    ZS_TRY(zs_field_check_kind(field, design->accel.kind, err));
    zs_design changed = *design;
    const bool is_precision = field->offset == offsetof(zs_design, accel.precision);
    if (is_precision) {
        changed.accel.model_scales = strcmp(text, zs_model_precision.word) == 0;
        if (zs_precision_take_narrow(&changed.accel, text) || changed.accel.model_scales)
            text = zs_words_precision[ZS_INT8].word;
    }
    if (field->offset == offsetof(zs_design, accel.fusion))
        ZS_TRY(set_fusion(&changed, field, text, err));
    else
        ZS_TRY(zs_field_set(&changed, arena, field, text, err));
    if (stripe != NULL)
        ZS_TRY(zs_field_set(&changed, arena, stripe, ports.others, err));
    ZS_TRY(note_given(&changed, arena, field, design, err));
    *design = changed;
    return ZS_OK;
}

/* ---- printing -------------------------------------------------------------------------------- */

static zs_status print_text(const char *from, char *text, size_t bytes)
{
    const size_t n = strlen(from);
    if (n >= bytes)
        return ZS_ERANGE;
    memcpy(text, from, n + 1);
    return ZS_OK;
}

zs_status zs_design_print(const zs_design *design, const zs_field *field, char *text, size_t bytes)
{
    const void *member = (const char *)design + field->offset;
    const char *unit = field->unit;
    if (field->offset == offsetof(zs_design, accel.precision))
        return print_text(zs_precision_word(&design->accel), text, bytes);
    switch (field->type) {
    case ZS_FIELD_U32:
        return zs_quantity_print(zs_decimal_of_u64(*(const uint32_t *)member), unit, text, bytes);
    case ZS_FIELD_U64:
        return zs_quantity_print(zs_decimal_of_u64(*(const uint64_t *)member), unit, text, bytes);
    case ZS_FIELD_F64:
        return zs_quantity_print(zs_decimal_of_f64(*(const double *)member), unit, text, bytes);
    case ZS_FIELD_BOOL:
        return print_text(*(const bool *)member ? "true" : "false", text, bytes);
    case ZS_FIELD_STR:
        return print_text(*(const char *const *)member, text, bytes);
    case ZS_FIELD_ENUM:
        return print_text(zs_word_of(field->words, field->word_n, *(const uint32_t *)member), text,
                          bytes);
    }
    return ZS_EINTERNAL;
}
