#include "cli_priv.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* What is there under a name. */

bool cli_is_file(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

bool cli_is_directory(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

bool cli_ends_in(const char *path, const char *ending)
{
    const size_t n = strlen(path), bytes = strlen(ending);
    return n > bytes && strcasecmp(path + n - bytes, ending) == 0;
}

int cli_by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

zs_status cli_names_add(zs_arena *arena, cli_names *list, const char *name, zs_err *err)
{
    if (name == NULL)
        return zs_nomem(err, "file names");
    if (list->n == list->room) {
        const uint32_t room = list->room > 0 ? 2 * list->room : 64;
        const char **bigger = zs_new(arena, const char *, room);
        if (bigger == NULL)
            return zs_nomem(err, "file names");
        if (list->n > 0)
            memcpy(bigger, list->names, list->n * sizeof *bigger);
        list->names = bigger;
        list->room = room;
    }
    list->names[list->n++] = name;
    return ZS_OK;
}

zs_status cli_dir_list(zs_arena *arena, const char *dir, cli_names *out, zs_err *err)
{
    DIR *stream = opendir(dir);
    *out = (cli_names){0};
    if (stream == NULL)
        return zs_fail(err, ZS_EUSAGE, dir, "the directory cannot be read: %s", strerror(errno));
    zs_status status = ZS_OK;
    for (const struct dirent *entry; status == ZS_OK && (entry = readdir(stream)) != NULL;)
        if (entry->d_name[0] != '.')
            status =
                cli_names_add(arena, out, zs_arena_printf(arena, "%s/%s", dir, entry->d_name), err);
    closedir(stream);
    if (status == ZS_OK && out->n > 1)
        qsort(out->names, out->n, sizeof *out->names, cli_by_name);
    return status;
}
