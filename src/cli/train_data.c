#include "cli_priv.h"

#include <stdlib.h>
#include <string.h>

static zs_status read_file(zs_arena *arena, const char *path, zs_shape tile, zs_dataset *out,
                           zs_err *err)
{
    ZS_TRY(cli_dataset_read(arena, path, NULL, tile, out, err));
    if (out->labels == NULL)
        return zs_fail(err, ZS_EUSAGE, path,
                       "has no labels: neither is it CIFAR's .bin, nor are there any beside it");
    return ZS_OK;
}

static zs_status read_dir(zs_arena *arena, const char *dir, zs_shape tile, zs_dataset *data,
                          zs_dataset *test, zs_err *err)
{
    const char *path = cli_dataset_in(arena, dir, false);
    if (path == NULL)
        return zs_fail(err, ZS_EUSAGE, dir,
                       "has neither train-images-idx3-ubyte[.gz] nor data_batch_1.bin[.gz] nor "
                       "train-images.npy; a file can be named too");
    ZS_TRY(read_file(arena, path, tile, data, err));
    const char *batch = strstr(path + strlen(dir), "data_batch_1");
    for (char digit = '2'; batch != NULL && digit <= '9'; digit++) {
        char *next = zs_arena_strdup(arena, path);
        if (next == NULL)
            return zs_nomem(err, dir);
        next[batch - path + 11] = digit;
        if (cli_is_file(next))
            ZS_TRY(read_file(arena, next, tile, data, err));
    }
    path = cli_dataset_in(arena, dir, true);
    return path != NULL ? read_file(arena, path, tile, test, err) : ZS_OK;
}

static zs_status read_set(zs_arena *arena, const char *path, zs_shape tile, zs_dataset *data,
                          zs_dataset *test, zs_err *err)
{
    if (cli_is_directory(path))
        return read_dir(arena, path, tile, data, test, err);
    return read_file(arena, path, tile, data, err);
}

zs_status cli_train_data(const cli_options *o, zs_arena *arena, zs_shape tile, zs_dataset *data,
                         zs_dataset *test, zs_err *err)
{
    zs_dataset other = {0};
    *data = *test = (zs_dataset){0};
    ZS_TRY(read_set(arena, o->data, tile, data, test, err));
    if (o->test == NULL)
        return ZS_OK;
    *test = (zs_dataset){0};
    ZS_TRY(read_set(arena, o->test, tile, &other, test, err));
    if (test->n == 0) /* a file, or a directory without test images of its own */
        *test = other;
    return ZS_OK;
}
