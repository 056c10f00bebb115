#include "design_priv.h"

#include <stdio.h>
#include <string.h>

/* Keys that are taken back. */

static bool is_below(const char *path, const char *section)
{
    const size_t n = strlen(section);
    return strncmp(path, section, n) == 0 && (path[n] == '\0' || path[n] == '.');
}

/* Ports beside the first of a list, which have no key of their own in files. */
static bool is_stripe_of(const char *path, const char *section)
{
    static const char ports[] = "accelerator.ports", stripes[] = "accelerator.stripe";
    char own[64];
    if (strncmp(section, ports, strlen(ports)) != 0)
        return false;
    snprintf(own, sizeof own, "%s%.30s", stripes, section + strlen(ports));
    return is_below(path, own);
}

static bool is_taken_back(const zs_field *field, const char *section)
{
    return field != &zs_kind_field &&
           (is_below(field->path, section) || is_stripe_of(field->path, section));
}

/* The list without keys of a section, in the order it had. */
static zs_status drop_given(zs_design *design, zs_arena *arena, const char *section, zs_err *err)
{
    const zs_given *kept = NULL, **link = &kept;
    for (const zs_given *g = design->given; g != NULL; g = g->next) {
        if (is_taken_back(g->field, section))
            continue;
        zs_given *copy = zs_new(arena, zs_given, 1);
        if (copy == NULL)
            return zs_nomem(err, "design");
        *copy = (zs_given){.field = g->field, .place = g->place};
        *link = copy;
        link = &copy->next;
    }
    design->given = kept;
    return ZS_OK;
}

zs_status zs_design_unset(zs_design *design, zs_arena *arena, const char *path, zs_err *err)
{
    zs_design changed = *design;
    const zs_field *f;
    uint32_t n = 0;
    for (; (f = zs_switch_at(path, n)) != NULL; n++) /* a list of switches is all of them */
        ZS_TRY(zs_design_unset(design, arena, f->path, err));
    if (n > 0)
        return ZS_OK;
    if (zs_engines_have(design, path))
        return zs_fail(err, ZS_EUNSUPPORTED, path,
                       "null, but keys of several accelerators cannot be taken back");
    for (uint32_t i = 0; (f = zs_field_at(i)) != NULL; i++) {
        if (!is_below(f->path, "accelerator") || !is_taken_back(f, path))
            continue;
        n++;
        if (zs_field_is_of(f, design->accel.kind))
            ZS_TRY(zs_design_set(&changed, NULL, f->path, zs_field_preset(f, design->accel.kind),
                                 err));
    }
    if (n == 0)
        return zs_design_fail_unknown(path, zs_field_suggest(path), err);
    ZS_TRY(drop_given(&changed, arena, path, err));
    *design = changed;
    return ZS_OK;
}
