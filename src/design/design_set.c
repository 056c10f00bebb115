#include "design_priv.h"

#include <stdio.h>
#include <string.h>

/* Any key by its path and a text, and what is said of paths that are no keys. */

/* ---- kind ------------------------------------------------------------------------------------ */

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
            ZS_TRY(zs_design_keep_string(arena, groups[g].names[i], &names[i], err));
        kept[g] = (zs_name_list){.names = names, .n = groups[g].n};
        if (groups[g].place != NULL)
            ZS_TRY(zs_design_keep_string(arena, groups[g].place, &kept[g].place, err));
    }
    ZS_TRY(zs_design_note_given(design, arena, field, design, err));
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
        ZS_TRY(zs_field_parse_word(&field, text, &type, err));
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
    if (strcmp(path, "accelerator.fusion") == 0 && zs_list_is_bracketed(text))
        return set_group_text(design, arena, path, text, err);
    if (zs_design_takes_list(path))
        return zs_design_set_list_text(design, arena, path, text, err);
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
    ZS_TRY(zs_design_note_given(&changed, arena, field, design, err));
    *design = changed;
    return ZS_OK;
}
