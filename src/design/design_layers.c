#include "design_priv.h"

#include <string.h>

/* Layers of which a design says something by name or pattern: `layers: {"conv10": {on: cpu}}`. */

static const char *const figure_words[] = {"pe", "simd", "window"};

const char *zs_layer_key_word(zs_layer_key key)
{
    return figure_words[key];
}

enum { FIGURE_MAX = 65536 };

static zs_status add_figure(zs_design *design, zs_arena *arena, const char *pattern,
                            zs_layer_key key, const char *text, zs_err *err)
{
    uint64_t value = 0;
    const char *end = zs_read_count(text, &value);
    if (end == NULL || *end != '\0' || value == 0 || value > FIGURE_MAX)
        return zs_fail(err, ZS_ERANGE, "layers", "%s of '%.64s' is '%.24s', not a number of 1..%d",
                       figure_words[key], pattern, text, FIGURE_MAX);
    zs_layer_setting *kept = zs_new(arena, zs_layer_setting, design->layer_setting_n + 1);
    const char *name = zs_arena_strdup(arena, pattern);
    if (kept == NULL || name == NULL)
        return zs_nomem(err, "layers");
    for (uint32_t i = 0; i < design->layer_setting_n; i++)
        kept[i] = design->layer_settings[i];
    kept[design->layer_setting_n++] = (zs_layer_setting){name, key, (uint32_t)value};
    design->layer_settings = kept;
    return ZS_OK;
}

zs_status zs_design_set_layer(zs_design *design, zs_arena *arena, const char *pattern,
                              const char *key, const char *text, zs_err *err)
{
    for (uint32_t i = 0; i < ZS_LEN(figure_words); i++)
        if (strcmp(key, figure_words[i]) == 0)
            return add_figure(design, arena, pattern, (zs_layer_key)i, text, err);
    if (strcmp(key, "on") != 0)
        return zs_fail(err, ZS_EPARSE, "layers",
                       "'%.64s' of '%.64s' is no key: on, pe, simd and window are", key, pattern);
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

/* layers.PATTERN.KEY; the pattern may have dots. */
zs_status zs_design_set_layer_path(zs_design *design, zs_arena *arena, const char *path,
                                   const char *text, zs_err *err)
{
    const char *pattern = path + strlen("layers."), *key = strrchr(path, '.');
    if (key <= pattern)
        return zs_fail(err, ZS_EPARSE, path, "is not of the form layers.NAME.on");
    char *name = zs_arena_strndup(arena, pattern, (size_t)(key - pattern));
    return name ? zs_design_set_layer(design, arena, name, key + 1, text, err)
                : zs_nomem(err, "layers");
}
