#include "cli_priv.h"

#include <stdio.h>
#include <string.h>

/* Settings of the command line that go before all others, whatever their order: keys that are taken
 * back, and the kind, which says what other keys there are. */

static bool is_of_key(const char *setting, const char *key)
{
    const size_t n = strlen(key);
    return strncmp(setting, key, n) == 0 && setting[n] == '=';
}

/* accelerator.tile=null: as if no file had said it. */
static bool takes_back(const char *setting)
{
    static const char section[] = "accelerator";
    const char *equals = strchr(setting, '=');
    return equals != NULL && strcmp(equals, "=null") == 0 &&
           strncmp(setting, section, strlen(section)) == 0 &&
           !is_of_key(setting, zs_kind_field.path);
}

bool cli_is_kind_setting(const char *setting)
{
    return is_of_key(setting, zs_kind_field.path) || takes_back(setting);
}

static zs_status take_back(cli_point *p, zs_design *kept, const char *setting, zs_err *err)
{
    const char *key = zs_arena_strndup(&p->keep, setting, (size_t)(strchr(setting, '=') - setting));
    return key == NULL ? zs_nomem(err, "--set") : zs_design_unset(kept, &p->keep, key, err);
}

/* ---- what stands in the way of another kind -------------------------------------------------- */

static uint32_t kind_named(const char *word)
{
    uint32_t k = 0;
    while (k < zs_kind_n && strcmp(zs_kind_designs[k].word, word) != 0)
        k++;
    return k;
}

/* Bytes of a path up to its second dot, if no key was given there that the kind has too. */
static size_t section_bytes(const zs_design *d, uint32_t kind, const char *path)
{
    const char *first = strchr(path, '.');
    const size_t n = (size_t)(first - path) + 1 + strcspn(first + 1, ".");
    for (const zs_given *g = d->given; g != NULL; g = g->next)
        if (strncmp(g->field->path, path, n) == 0 &&
            (g->field->path[n] == '.' || g->field->path[n] == '\0') &&
            zs_field_is_of(g->field, kind))
            return strlen(path);
    return n;
}

/* How the keys that only the old kind has are taken back: section by section, or all if those are
 * more than a sentence takes. */
static void say_what_to_take_back(const zs_design *d, uint32_t kind, zs_err *err)
{
    static const char all[] = " --set accelerator=null";
    char list[200] = "", one[80];
    for (const zs_given *g = d->given; g != NULL; g = g->next) {
        const size_t n = strlen(list);
        if (zs_field_is_of(g->field, kind))
            continue;
        const size_t bytes = section_bytes(d, kind, g->field->path);
        snprintf(one, sizeof one, " --set %.*s=null", (int)bytes, g->field->path);
        if (strstr(list, one) != NULL)
            continue;
        if (strcmp(list, all) == 0 || n + strlen(one) >= sizeof list)
            memcpy(list, all, sizeof all);
        else
            memcpy(list + n, one, strlen(one) + 1);
    }
    const char *join = "; without its keys:";
    const size_t n = strlen(err->text), room = sizeof err->text - n - strlen(join);
    if (list[0] != '\0')
        snprintf(err->text + n, sizeof err->text - n, "%s%s", join,
                 strlen(list) < room ? list : all);
}

static zs_status set_kind(cli_point *p, zs_design *kept, const char *word, zs_err *err)
{
    const zs_status status = zs_design_set(kept, &p->keep, zs_kind_field.path, word, err);
    const uint32_t kind = kind_named(word);
    if (status == ZS_EPARSE && kind < zs_kind_n)
        say_what_to_take_back(kept, kind, err);
    return status;
}

zs_status cli_kind_apply(cli_point *p, char *const *set, zs_err *err)
{
    zs_design kept = p->design, before;
    zs_status status = ZS_OK;
    for (size_t i = 0; status == ZS_OK && set != NULL && set[i] != NULL; i++)
        if (takes_back(set[i]))
            status = take_back(p, &kept, set[i], err);
    before = kept;
    for (size_t i = 0; status == ZS_OK && set != NULL && set[i] != NULL; i++) {
        if (!is_of_key(set[i], zs_kind_field.path))
            continue;
        kept = before; /* the last one counts */
        status = set_kind(p, &kept, strchr(set[i], '=') + 1, err);
    }
    if (status != ZS_OK)
        zs_err_prefix(err, "--set");
    else
        p->design = kept;
    return status;
}
