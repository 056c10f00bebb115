#include "cli_priv.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Directory part of a path, "." when it has none, or there is none. */
static const char *dir_of(zs_arena *arena, const char *path)
{
    const char *slash = path != NULL ? strrchr(path, '/') : NULL;
    if (slash == NULL)
        return ".";
    return slash == path ? "/" : zs_arena_strndup(arena, path, (size_t)(slash - path));
}

static bool is_readable(const char *path)
{
    return path != NULL && access(path, R_OK) == 0;
}

const char *cli_path_from(zs_arena *arena, const char *design_path, const char *name)
{
    if (name[0] == '/' || design_path == NULL || strcmp(design_path, "-") == 0)
        return name;
    const char *dir = dir_of(arena, design_path);
    if (dir == NULL || strcmp(dir, ".") == 0)
        return name;
    const char *path = zs_arena_printf(arena, "%s/%s", dir, name);
    return is_readable(path) ? path : name;
}

static zs_status fetch(zs_arena *arena, const char *name, const char *from, size_t most,
                       zs_span *bytes, const char **path, zs_err *err)
{
    const char *found = name;
    if (name[0] != '/' && strchr(from, '/') != NULL) {
        const char *dir = dir_of(arena, from);
        found = dir != NULL ? zs_arena_printf(arena, "%s/%s", dir, name) : NULL;
    }
    if (found == NULL)
        return zs_nomem(err, name);
    ZS_TRY(cli_file_read(arena, found, most, bytes, err));
    *path = found;
    return ZS_OK;
}

static zs_status fetch_design(void *ctx, const char *name, const char *from, zs_span *bytes,
                              const char **path, zs_err *err)
{
    return fetch(ctx, name, from, ZS_DESIGN_BYTES_MAX, bytes, path, err);
}

static zs_status fetch_weights(void *ctx, const char *name, const char *from, zs_span *bytes,
                               const char **path, zs_err *err)
{
    return fetch(ctx, name, from, CLI_LARGE_BYTES, bytes, path, err);
}

zs_fetch cli_fetch(zs_arena *arena)
{
    return (zs_fetch){.get = fetch_design, .ctx = arena};
}

zs_fetch cli_fetch_large(zs_arena *arena)
{
    return (zs_fetch){.get = fetch_weights, .ctx = arena};
}

/* ---- what comes with the program ------------------------------------------------------------- */

/* Relative to the program: installed under a prefix, built in build/ or in build/<variant>/ of a
 * checkout. */
static const char *const program_homes[] = {"../share/zynqsim", "..", "../.."};

static const char *program_dir(zs_arena *arena)
{
    char program[4096];
    const ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    program[n > 0 ? n : 0] = '\0';
    const char *dir = dir_of(arena, program);
    return dir != NULL ? dir : ".";
}

const char *cli_data_dir(zs_arena *arena, const char *name)
{
    if (is_readable(name))
        return name;
    const char *here = program_dir(arena);
    for (size_t i = 0; i < ZS_LEN(program_homes); i++) {
        const char *dir = zs_arena_printf(arena, "%s/%s/%s", here, program_homes[i], name);
        if (is_readable(dir))
            return dir;
    }
    return NULL;
}

/* ---- models ---------------------------------------------------------------------------------- */

enum { MODEL_DIRS = 6 };

/* Where bare model names are looked for, in this order. */
static void list_model_dirs(zs_arena *arena, const char *design_path, const char *dirs[MODEL_DIRS])
{
    const char *here = program_dir(arena), *design = dir_of(arena, design_path);
    dirs[0] = zs_arena_printf(arena, "%s/models", design ? design : ".");
    dirs[1] = zs_arena_printf(arena, "%s/../models", design ? design : ".");
    dirs[2] = "models";
    for (size_t i = 0; i < ZS_LEN(program_homes); i++)
        dirs[3 + i] = zs_arena_printf(arena, "%s/%s/models", here, program_homes[i]);
}

static bool ends_with(const char *text, const char *end)
{
    const size_t n = strlen(text), k = strlen(end);
    return n >= k && strcmp(text + n - k, end) == 0;
}

static bool names_a_file(const char *name)
{
    return strchr(name, '/') != NULL || zs_net_has_format(name);
}

enum { KNOWN_MAX = 256 };

static size_t list_models(zs_arena *arena, const char *const dirs[MODEL_DIRS],
                          const char *known[KNOWN_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < MODEL_DIRS; i++) {
        DIR *dir = dirs[i] != NULL ? opendir(dirs[i]) : NULL;
        if (dir == NULL)
            continue;
        for (const struct dirent *entry; (entry = readdir(dir)) != NULL && n < KNOWN_MAX;) {
            const size_t length = strlen(entry->d_name);
            if (!ends_with(entry->d_name, ".yaml"))
                continue;
            const char *name = zs_arena_strndup(arena, entry->d_name, length - 5);
            if (name != NULL)
                known[n++] = name;
        }
        closedir(dir);
    }
    return n;
}

zs_status cli_models_list(zs_arena *arena, const zs_sink *sink, zs_err *err)
{
    const char *dirs[MODEL_DIRS], *known[KNOWN_MAX];
    list_model_dirs(arena, ".", dirs);
    const size_t n = list_models(arena, dirs, known);
    qsort(known, n, sizeof *known, cli_by_name);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || strcmp(known[i], known[i - 1]) != 0)
            ZS_TRY(zs_sink_printf(sink, "%s\n", known[i]));
    return n > 0 ? ZS_OK : zs_fail(err, ZS_EIO, "models/", "there are none with the program");
}

zs_status cli_model_find(zs_arena *arena, const char *design_path, const char *name,
                         const char **path, zs_err *err)
{
    if (names_a_file(name)) {
        *path = name;
        return ZS_OK;
    }
    const char *dirs[MODEL_DIRS];
    list_model_dirs(arena, design_path, dirs);
    for (size_t i = 0; i < MODEL_DIRS; i++) {
        const char *candidate = zs_arena_printf(arena, "%s/%s.yaml", dirs[i] ? dirs[i] : ".", name);
        if (is_readable(candidate)) {
            *path = candidate;
            return ZS_OK;
        }
    }
    if (is_readable(cli_path_from(arena, design_path, name))) {
        *path = name; /* a file of another name: its first bytes say what it is */
        return ZS_OK;
    }
    const char *known[KNOWN_MAX];
    const size_t n = list_models(arena, dirs, known);
    const char *near = zs_nearest(name, known, n);
    if (near != NULL)
        return zs_fail(err, ZS_EUSAGE, "network.model",
                       "there is no model '%s' in models/, did you mean %s?", name, near);
    return zs_fail(err, ZS_EUSAGE, "network.model",
                   "there is no model '%s' in models/; a file ends in .yaml, .onnx, .tflite, "
                   ".caffemodel, .prototxt or .cfg",
                   name);
}
