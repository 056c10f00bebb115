#include "design_priv.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

/* Layers of which a design says something by name or pattern: `layers: {"conv10": {on: cpu}}`,
 * `{"conv*": {tile: {oc: 16}}}`. */

enum { PREFIX_N = sizeof "accelerator." - 1, FIGURE_MAX = 65536 };

static const char *const figure_words[] = {"pe", "simd", "window"};

const char *zs_layer_setting_word(const zs_layer_setting *s)
{
    return s->key == ZS_LAYER_FIELD ? s->field->path + PREFIX_N : figure_words[s->key];
}

const zs_field *zs_layer_field_at(uint32_t i)
{
    for (uint32_t k = 0; k < zs_kind_n; i -= zs_kind_designs[k++].keys->layer_key_n)
        if (i < zs_kind_designs[k].keys->layer_key_n)
            return zs_field_find(zs_kind_designs[k].keys->layer_keys[i]);
    return NULL;
}

bool zs_layer_field_is_of(const zs_field *field, uint32_t kind)
{
    const zs_kind_keys *keys = zs_kind_designs[kind].keys;
    for (uint32_t i = 0; i < keys->layer_key_n; i++)
        if (strcmp(keys->layer_keys[i], field->path) == 0)
            return true;
    return false;
}

/* By its path, or by the end of it where no other key ends so and no group is called so:
 * `stream.weights`, `weights`. */
static const zs_field *find_field(const char *key)
{
    const zs_field *f, *by_end = NULL;
    const size_t n = strlen(key);
    uint32_t ends = 0;
    bool is_group = false;
    for (uint32_t i = 0; (f = zs_layer_field_at(i)) != NULL; i++) {
        const char *path = f->path + PREFIX_N;
        const size_t path_n = strlen(path);
        if (strcmp(path, key) == 0)
            return f;
        is_group |= strncmp(path, key, n) == 0 && path[n] == '.';
        if (path_n > n && path[path_n - n - 1] == '.' && strcmp(path + path_n - n, key) == 0) {
            by_end = f;
            ends++;
        }
    }
    return ends == 1 && !is_group ? by_end : NULL;
}

static zs_status add_setting(zs_design *design, zs_arena *arena, const char *pattern,
                             zs_layer_setting setting, zs_err *err)
{
    zs_layer_setting *kept = zs_new(arena, zs_layer_setting, design->layer_setting_n + 1);
    setting.pattern = zs_arena_strdup(arena, pattern);
    if (kept == NULL || setting.pattern == NULL)
        return zs_nomem(err, "layers");
    for (uint32_t i = 0; i < design->layer_setting_n; i++)
        kept[i] = design->layer_settings[i];
    kept[design->layer_setting_n++] = setting;
    design->layer_settings = kept;
    return ZS_OK;
}

static zs_status add_figure(zs_design *design, zs_arena *arena, const char *pattern,
                            zs_layer_key key, const char *text, zs_err *err)
{
    uint64_t value = 0;
    const char *end = zs_read_count(text, &value);
    if (end == NULL || *end != '\0' || value == 0 || value > FIGURE_MAX)
        return zs_fail(err, ZS_ERANGE, "layers", "%s of '%.64s' is '%.24s', not a number of 1..%d",
                       figure_words[key], pattern, text, FIGURE_MAX);
    const zs_layer_setting setting = {.key = key, .value = (uint32_t)value};
    return add_setting(design, arena, pattern, setting, err);
}

static uint32_t *member(zs_accel *accel, const zs_field *field)
{
    return (void *)((char *)accel + (field->offset - offsetof(zs_design, accel)));
}

/* Errors of a key say of which layers it is. */
static zs_status fail_of(const char *pattern, zs_status status, zs_err *err)
{
    char place[160];
    snprintf(place, sizeof place, "layers.%.64s", pattern);
    zs_err_prefix(err, place);
    return status;
}

static zs_status add_field(zs_design *design, zs_arena *arena, const char *pattern,
                           const zs_field *field, const char *text, zs_err *err)
{
    zs_design scratch = *design;
    const bool is_model = strcmp(field->path, "accelerator.precision") == 0 &&
                          strcmp(text, zs_model_precision.word) == 0;
    if (is_model)
        text = zs_words_precision[ZS_INT8].word;
    const zs_status status = zs_field_set(&scratch, arena, field, text, err);
    if (status != ZS_OK)
        return fail_of(pattern, status, err);
    zs_layer_setting setting = {.key = ZS_LAYER_FIELD, .is_model = is_model, .field = field};
    const void *from = member(&scratch.accel, field);
    setting.value = field->type == ZS_FIELD_BOOL ? *(const bool *)from : *(const uint32_t *)from;
    if (strcmp(field->path, "accelerator.fusion") == 0 && setting.value > ZS_FUSION_SEPARABLE)
        return zs_fail(err, ZS_EUNSUPPORTED, "layers",
                       "fusion of '%.64s' is %s: of a layer it is none, lf1, lf2, fire or "
                       "separable",
                       pattern, text);
    return add_setting(design, arena, pattern, setting, err);
}

/* kernels.optimise: [register_sum, ...], or without the group; every switch gets a value. */
static bool is_switches(const char *key, const char *switches)
{
    return switches != NULL &&
           (strcmp(switches + PREFIX_N, key) == 0 || strcmp(strrchr(switches, '.') + 1, key) == 0);
}

static zs_status add_switches(zs_design *design, zs_arena *arena, const char *pattern,
                              const char *path, const char *text, zs_err *err)
{
    zs_design scratch = *design;
    const zs_field *f;
    const zs_status status = zs_design_set(&scratch, arena, path, text, err);
    if (status != ZS_OK)
        return fail_of(pattern, status, err);
    for (uint32_t i = 0; (f = zs_switch_at(path, i)) != NULL; i++) {
        const bool *on = (const void *)member(&scratch.accel, f);
        ZS_TRY(add_field(design, arena, pattern, f, *on ? "true" : "false", err));
    }
    return ZS_OK;
}

/* "on, pe, simd, ... and loop_order" */
static const char *list_keys(zs_arena *arena)
{
    const char *list = "on";
    const zs_field *f;
    for (uint32_t i = 0; i < ZS_LEN(figure_words) && list != NULL; i++)
        list = zs_arena_printf(arena, "%s, %s", list, figure_words[i]);
    for (uint32_t i = 0; (f = zs_layer_field_at(i)) != NULL && list != NULL; i++)
        list =
            zs_arena_printf(arena, "%s%s%s", list,
                            zs_layer_field_at(i + 1) == NULL ? " and " : ", ", f->path + PREFIX_N);
    return list ? list : "";
}

/* The nearest of the keys of layers, or NULL. */
static const char *suggest_key(const char *key)
{
    const zs_field *f;
    const char *best = zs_nearest(key, figure_words, ZS_LEN(figure_words));
    for (uint32_t i = 0; (f = zs_layer_field_at(i)) != NULL; i++) {
        const char *path = f->path + PREFIX_N;
        const char *pair[] = {best != NULL ? best : path, path};
        best = zs_nearest(key, pair, 2);
    }
    return best;
}

static zs_status fail_no_key(zs_arena *arena, const char *pattern, const char *key, zs_err *err)
{
    char path[96];
    snprintf(path, sizeof path, "accelerator.%.64s", key);
    if (zs_field_find(path) != NULL)
        return zs_fail(err, ZS_EUNSUPPORTED, "layers",
                       "'%.64s' of '%.64s' is one for all layers: accelerator.%.64s", key, pattern,
                       key);
    const char *near = suggest_key(key);
    if (near != NULL)
        return zs_fail(err, ZS_EPARSE, "layers", "'%.64s' of '%.64s' is no key, did you mean %s?",
                       key, pattern, near);
    return zs_fail(err, ZS_EPARSE, "layers", "'%.64s' of '%.64s' is no key: %s are", key, pattern,
                   list_keys(arena));
}

zs_status zs_design_set_layer(zs_design *design, zs_arena *arena, const char *pattern,
                              const char *key, const char *text, zs_err *err)
{
    for (uint32_t i = 0; i < ZS_LEN(figure_words); i++)
        if (strcmp(key, figure_words[i]) == 0)
            return add_figure(design, arena, pattern, (zs_layer_key)i, text, err);
    const zs_field *field = find_field(key);
    char path[96];
    for (uint32_t k = 0; k < zs_kind_n; k++)
        if (is_switches(key, zs_kind_designs[k].keys->switches))
            return add_switches(design, arena, pattern, zs_kind_designs[k].keys->switches, text,
                                err);
    snprintf(path, sizeof path, "accelerator.%.64s", key);
    if (field == NULL && (field = zs_field_of_auto(path, text)) != NULL) {
        field = find_field(field->path + PREFIX_N);
        text = "true";
    }
    zs_port_list ports;
    const zs_status list_status = zs_port_list_check(key, text, err);
    if (list_status != ZS_OK)
        return fail_of(pattern, list_status, err);
    if (field != NULL && zs_port_list_of(key, text, &ports)) {
        ZS_TRY(add_field(design, arena, pattern, field, ports.first, err));
        return add_field(design, arena, pattern, find_field(ports.stripe), ports.others, err);
    }
    if (field != NULL)
        return add_field(design, arena, pattern, field, text, err);
    if (strcmp(key, "on") != 0)
        return fail_no_key(arena, pattern, key, err);
    if (strcmp(text, "cpu") != 0)
        return zs_fail(err, ZS_EPARSE, "layers",
                       "'%.64s' runs on '%.64s', but all that can be said is cpu", pattern, text);
    const char **kept = zs_new(arena, const char *, design->on_cpu_n + 1);
    if (kept == NULL)
        return zs_nomem(err, "layers");
    for (uint32_t i = 0; i < design->on_cpu_n; i++)
        kept[i] = design->on_cpu[i];
    kept[design->on_cpu_n] = zs_arena_strdup(arena, pattern);
    if (kept[design->on_cpu_n] == NULL)
        return zs_nomem(err, "layers");
    design->on_cpu = kept;
    design->on_cpu_n++;
    return ZS_OK;
}

static bool is_known(const char *key, const char *text)
{
    char path[96];
    bool is_word = strcmp(key, "on") == 0;
    for (uint32_t i = 0; i < ZS_LEN(figure_words); i++)
        is_word = is_word || strcmp(key, figure_words[i]) == 0;
    for (uint32_t k = 0; k < zs_kind_n; k++)
        is_word = is_word || is_switches(key, zs_kind_designs[k].keys->switches);
    snprintf(path, sizeof path, "accelerator.%.64s", key);
    return is_word || find_field(key) != NULL || zs_field_of_auto(path, text) != NULL;
}

/* A key of the engine, or nearly one of layers, of several parts: for what is told then. */
static bool is_meant(const char *key)
{
    char path[96];
    snprintf(path, sizeof path, "accelerator.%.64s", key);
    return strchr(key, '.') != NULL && (zs_field_find(path) != NULL || suggest_key(key) != NULL);
}

/* layers.PATTERN.KEY; the pattern may have dots, and so have keys of groups. */
zs_status zs_design_set_layer_path(zs_design *design, zs_arena *arena, const char *path,
                                   const char *text, zs_err *err)
{
    const char *pattern = path + strlen("layers."), *key = strrchr(path, '.');
    if (key <= pattern)
        return zs_fail(err, ZS_EPARSE, path, "is not of the form layers.NAME.on");
    const zs_field *f;
    for (uint32_t k = 0; k < zs_kind_n; k++) {
        const char *switches = zs_kind_designs[k].keys->switches;
        const size_t n = switches != NULL ? strlen(switches + PREFIX_N) : 0;
        const size_t path_n = strlen(pattern);
        if (n > 0 && path_n > n + 1 && pattern[path_n - n - 1] == '.' &&
            strcmp(pattern + path_n - n, switches + PREFIX_N) == 0)
            key = pattern + path_n - n - 1;
    }
    for (uint32_t i = 0; (f = zs_layer_field_at(i)) != NULL; i++) {
        const size_t n = strlen(f->path + PREFIX_N), path_n = strlen(pattern);
        if (path_n > n + 1 && pattern[path_n - n - 1] == '.' &&
            strcmp(pattern + path_n - n, f->path + PREFIX_N) == 0)
            key = pattern + path_n - n - 1;
    }
    for (const char *dot = strchr(pattern, '.');
         dot != NULL && dot < key && !is_known(key + 1, text); dot = strchr(dot + 1, '.'))
        if (is_meant(dot + 1))
            key = dot;
    char *name = zs_arena_strndup(arena, pattern, (size_t)(key - pattern));
    return name ? zs_design_set_layer(design, arena, name, key + 1, text, err)
                : zs_nomem(err, "layers");
}

const char *zs_layer_setting_value_word(const zs_layer_setting *s)
{
    return s->is_model ? zs_model_precision.word
                       : zs_word_of(s->field->words, s->field->word_n, s->value);
}

bool zs_layer_setting_fits(const zs_layer_setting *s, const char *layer)
{
    return strcmp(s->pattern, layer) == 0 || fnmatch(s->pattern, layer, 0) == 0;
}

void zs_design_layer_accel(const zs_design *design, const char *layer, zs_accel *accel)
{
    *accel = design->accel;
    for (uint32_t i = 0; i < design->layer_setting_n; i++) {
        const zs_layer_setting *s = &design->layer_settings[i];
        if (s->key != ZS_LAYER_FIELD || !zs_field_is_of(s->field, accel->kind) ||
            !zs_layer_setting_fits(s, layer))
            continue;
        void *to = member(accel, s->field);
        if (s->field->type == ZS_FIELD_BOOL)
            *(bool *)to = s->value != 0;
        else
            *(uint32_t *)to = s->value;
    }
}
