#include "cli_priv.h"

#include <string.h>

/* ---- tables ---------------------------------------------------------------------------------- */

static zs_status add_reference(zs_arena *arena, cli_references *refs, const zs_reference *ref,
                               zs_err *err)
{
    if (refs->n == refs->capacity) {
        const uint32_t capacity = refs->capacity > 0 ? 2 * refs->capacity : 16;
        zs_reference *bigger = zs_new(arena, zs_reference, capacity);
        if (bigger == NULL)
            return zs_nomem(err, ref->path);
        if (refs->n > 0)
            memcpy(bigger, refs->list, refs->n * sizeof *bigger);
        refs->list = bigger;
        refs->capacity = capacity;
    }
    refs->list[refs->n++] = *ref;
    return ZS_OK;
}

/* A header of no known form is an error of its own, *is_known says so. */
static zs_status read_table(zs_arena *arena, const char *path, cli_references *refs, bool *is_known,
                            zs_err *err)
{
    zs_span bytes;
    zs_table table;
    zs_reference ref;
    const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
    *is_known = true;
    if (cli_ends_in(path, ".json")) {
        ZS_TRY(cli_train_case_reference(arena, path, &ref, err));
        return add_reference(arena, refs, &ref, err);
    }
    ZS_TRY(cli_file_read(arena, path, ZS_TABLE_BYTES_MAX, &bytes, err));
    *is_known = false;
    ZS_TRY(zs_table_header_parse(arena, bytes, name, &table, err));
    if (!zs_reference_known(&table))
        return zs_reference_unknown(&table, err);
    *is_known = true;
    ZS_TRY(zs_table_parse(arena, bytes, name, &table, err));
    ZS_TRY(zs_reference_parse(arena, &table, &ref, err));
    return add_reference(arena, refs, &ref, err);
}

/* Directories hold other files as well: those are left out, and that is said. */
static zs_status read_from_dir(const cli_options *o, zs_arena *arena, const char *path,
                               cli_references *refs, zs_err *err)
{
    bool is_known;
    zs_err why = {0};
    const zs_status status = read_table(arena, path, refs, &is_known, &why);
    if (status == ZS_OK)
        return ZS_OK;
    if (is_known || status == ZS_ENOMEM) {
        *err = why;
        return status;
    }
    if (!o->quiet)
        cli_say(path, "skipped: not a table of a form that validate knows");
    return ZS_OK;
}

static zs_status read_dir(const cli_options *o, zs_arena *arena, const char *dir, bool goes_deeper,
                          cli_references *refs, zs_err *err)
{
    cli_names entries = {0};
    ZS_TRY(cli_dir_list(arena, dir, &entries, err));
    for (uint32_t i = 0; i < entries.n; i++) {
        const char *path = entries.names[i];
        if (cli_is_directory(path) && goes_deeper)
            ZS_TRY(read_dir(o, arena, path, false, refs, err));
        else if (!cli_is_directory(path) &&
                 (cli_ends_in(path, ".csv") || cli_train_case_is_whole(arena, path)))
            ZS_TRY(read_from_dir(o, arena, path, refs, err));
    }
    return ZS_OK;
}

static zs_status read_against(const cli_options *o, zs_arena *arena, const char *path,
                              cli_references *refs, zs_err *err)
{
    bool is_known;
    const uint32_t before = refs->n;
    if (!cli_is_directory(path))
        return read_table(arena, path, refs, &is_known, err);
    ZS_TRY(read_dir(o, arena, path, true, refs, err));
    if (refs->n == before)
        return zs_fail(err, ZS_EUSAGE, path,
                       "the directory has no .csv file of a form that validate knows");
    return ZS_OK;
}

zs_status cli_references_read(const cli_options *o, zs_arena *arena, cli_references *out,
                              zs_err *err)
{
    cli_references refs = {0};
    static const char own[] = "configs/validation";
    if (o->against == NULL) {
        const char *dir = cli_data_dir(arena, own);
        if (dir == NULL)
            return zs_fail(err, ZS_EUSAGE, own,
                           "is neither here nor with the program; --against names measurements");
        ZS_TRY(read_against(o, arena, dir, &refs, err));
    }
    for (size_t i = 0; o->against != NULL && o->against[i] != NULL; i++)
        ZS_TRY(read_against(o, arena, o->against[i], &refs, err));
    *out = refs;
    return ZS_OK;
}
