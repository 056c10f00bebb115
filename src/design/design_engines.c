#include "design_priv.h"

#include <stdio.h>
#include <string.h>

/* Several accelerators in one design. A list of them is never changed in place: copies of a design
 * share it. */

static const char one[] = "accelerator.", many[] = "accelerators.";

zs_design zs_design_of_engine(const zs_design *design, uint32_t i)
{
    zs_design alone = *design;
    if (design->engine_n > 0) {
        alone.accel = design->engines[i].accel;
        alone.given = design->engines[i].given;
        alone.engines = NULL;
        alone.engine_n = 0;
    }
    return alone;
}

static uint32_t engine_named(const zs_design *design, const char *name, size_t n)
{
    uint32_t i = 0;
    while (i < design->engine_n &&
           !(strncmp(design->engines[i].name, name, n) == 0 && design->engines[i].name[n] == '\0'))
        i++;
    return i;
}

static zs_status check_new(const zs_design *design, const char *name, const zs_name_list *patterns,
                           zs_err *err)
{
    const char *path = "accelerators";
    if (name[0] == '\0' || strchr(name, '.') != NULL)
        return zs_fail(err, ZS_EPARSE, path, "'%.64s' is no name: it needs one, without a dot",
                       name);
    if (engine_named(design, name, strlen(name)) < design->engine_n)
        return zs_fail(err, ZS_EPARSE, path, "two engines are called '%.64s'", name);
    if (patterns->n == 0)
        return zs_fail(err, ZS_EPARSE, path, "engine '%.64s' has no `map` of layers that it takes",
                       name);
    if (design->engine_n == ZS_DESIGN_ENGINES_MAX)
        return zs_fail(err, ZS_ERANGE, path, "more than %d engines", ZS_DESIGN_ENGINES_MAX);
    return ZS_OK;
}

zs_status zs_design_add_engine(zs_design *design, zs_arena *arena, const char *name,
                               const zs_name_list *patterns, const zs_design *from, zs_err *err)
{
    ZS_TRY(check_new(design, name, patterns, err));
    zs_engine *list = zs_new(arena, zs_engine, design->engine_n + 1);
    const char **kept = zs_new(arena, const char *, patterns->n);
    if (list == NULL || kept == NULL)
        return zs_nomem(err, "accelerators");
    for (uint32_t i = 0; i < patterns->n; i++)
        if ((kept[i] = zs_arena_strdup(arena, patterns->names[i])) == NULL)
            return zs_nomem(err, "accelerators");
    if (design->engine_n > 0)
        memcpy(list, design->engines, design->engine_n * sizeof *list);
    list[design->engine_n] = (zs_engine){.name = zs_arena_strdup(arena, name),
                                         .patterns = kept,
                                         .pattern_n = patterns->n,
                                         .accel = from->accel,
                                         .given = from->given};
    if (list[design->engine_n].name == NULL)
        return zs_nomem(err, "accelerators");
    design->engines = list;
    design->engine_n++;
    design->accel = list[0].accel;
    return ZS_OK;
}

bool zs_engine_key(const char *path, char *key, size_t bytes)
{
    const char *dot =
        strncmp(path, many, strlen(many)) == 0 ? strchr(path + strlen(many), '.') : NULL;
    const int n = dot != NULL ? snprintf(key, bytes, "%s%s", one, dot + 1) : -1;
    return n >= 0 && (size_t)n < bytes;
}

bool zs_engines_have(const zs_design *design, const char *path)
{
    return strncmp(path, many, strlen(many)) == 0 ||
           (design->engine_n > 0 && strncmp(path, one, strlen(one)) == 0);
}

static zs_status unknown_engine(const zs_design *design, const char *path, const char *name,
                                zs_err *err)
{
    const char *names[ZS_DESIGN_ENGINES_MAX];
    if (design->engine_n == 0)
        return zs_fail(err, ZS_EPARSE, path,
                       "the design has one engine, whose keys are accelerator.*");
    for (uint32_t i = 0; i < design->engine_n; i++)
        names[i] = design->engines[i].name;
    const char *near = zs_nearest(name, names, design->engine_n);
    return zs_fail(err, ZS_EPARSE, path, "no engine '%.48s'%s%s%s", name,
                   near != NULL ? ", did you mean '" : "; the first is '",
                   near != NULL ? near : names[0], near != NULL ? "'?" : "'");
}

zs_status zs_engines_set(zs_design *design, zs_arena *arena, const char *path, const char *text,
                         zs_err *err)
{
    char key[128], name[64];
    uint32_t first = 0, end = design->engine_n;
    if (zs_engine_key(path, key, sizeof key)) {
        const char *at = path + strlen(many);
        snprintf(name, sizeof name, "%.*s", (int)strcspn(at, "."), at);
        first = engine_named(design, name, strlen(name));
        if (first == design->engine_n)
            return unknown_engine(design, path, name, err);
        end = first + 1;
    } else if (strncmp(path, many, strlen(many)) == 0) {
        return zs_fail(err, ZS_EPARSE, path, "a key of an engine is accelerators.NAME.KEY");
    } else {
        snprintf(key, sizeof key, "%s", path);
    }
    zs_engine *list = arena != NULL ? zs_new(arena, zs_engine, design->engine_n) : NULL;
    if (arena != NULL && list == NULL)
        return zs_nomem(err, path);
    for (uint32_t i = 0; i < design->engine_n; i++) {
        zs_design alone = zs_design_of_engine(design, i);
        if (i >= first && i < end) {
            const zs_status status = zs_design_set(&alone, arena, key, text, err);
            if (status != ZS_OK)
                zs_err_prefix(err, design->engines[i].name);
            ZS_TRY(status);
        }
        if (list == NULL) /* only tried */
            continue;
        list[i] = design->engines[i];
        list[i].accel = alone.accel;
        list[i].given = alone.given;
    }
    if (list != NULL) {
        design->engines = list;
        design->accel = list[0].accel;
    }
    return ZS_OK;
}

const zs_dma_params *zs_design_dma(const zs_design *design, uint32_t port)
{
    static const zs_dma_params of_cpu = {
        .finish_pl_cycles = 1, .store_finish_pl_cycles = 1, .address_interval_pl_cycles = 1};
    if (port >= ZS_PORT_COUNT)
        return &of_cpu;
    for (uint32_t i = 0; i < design->engine_n; i++) {
        const zs_accel *a = &design->engines[i].accel;
        if (a->ports.input == port || a->ports.weight == port || a->ports.output == port)
            return &a->dma;
    }
    return &design->accel.dma;
}
