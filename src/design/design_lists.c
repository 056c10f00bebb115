#include "design_priv.h"

#include <stdio.h>
#include <string.h>

/* Keys that take a list: of texts, a triple for three members, switches by name, or one text with
 * commas. */

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
        ZS_TRY(zs_design_keep_string(arena, items[i], &kept[i], err));
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
        ZS_TRY(zs_design_note_given(&changed, arena, field, design, err));
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
        ZS_TRY(zs_design_note_given(&changed, arena, zs_switch_at(path, k), design, err));
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

zs_status zs_design_set_list_text(zs_design *design, zs_arena *arena, const char *path,
                                  const char *text, zs_err *err)
{
    if (find_triple(path) != NULL || zs_switch_at(path, 0) != NULL)
        return set_split(design, arena, path, text, err);
    if (zs_list_is_bracketed(text))
        return set_bracketed(design, arena, path, text, err);
    return zs_design_set_list(design, arena, path, &text, text[0] != '\0', err);
}
