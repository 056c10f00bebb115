#include "cli_priv.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool ends_in(const char *path, const char *ending)
{
    const size_t n = strlen(path), bytes = strlen(ending);
    return n >= bytes && strcmp(path + n - bytes, ending) == 0;
}

static bool is_file(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

/* Name of the labels that go with a file of images: the last "images" in it becomes "labels", and
 * idx3 idx1. */
static char *labels_of(zs_arena *arena, const char *images)
{
    const char *at = NULL;
    for (const char *next = images; (next = strstr(next, "images")) != NULL; next++)
        at = next;
    if (at == NULL)
        return NULL;
    char *name = zs_arena_printf(arena, "%.*slabels%s", (int)(at - images), images, at + 6);
    char *rank = name != NULL ? strstr(name + (at - images), "idx3") : NULL;
    if (rank != NULL)
        rank[3] = '1';
    return name;
}

static zs_status read_file(zs_arena *arena, const char *path, zs_dataset *out, zs_err *err)
{
    zs_span images, labels;
    if (ends_in(path, ".bin") || ends_in(path, ".bin.gz")) {
        ZS_TRY(cli_file_read(arena, path, ZS_DATASET_BYTES_MAX, &images, err));
        return zs_dataset_cifar_parse(arena, images, path, out, err);
    }
    const char *labels_path = labels_of(arena, path);
    if (labels_path == NULL)
        return zs_fail(err, ZS_EUSAGE, path,
                       "has neither .bin nor \"images\" in its name, so where its labels are is "
                       "not known");
    ZS_TRY(cli_file_read(arena, path, ZS_DATASET_BYTES_MAX, &images, err));
    ZS_TRY(cli_file_read(arena, labels_path, ZS_DATASET_BYTES_MAX, &labels, err));
    return ends_in(path, ".npy")
               ? zs_dataset_npy_parse(arena, images, path, labels, labels_path, out, err)
               : zs_dataset_idx_parse(arena, images, path, labels, labels_path, out, err);
}

/* The first of several names that a directory has. */
static const char *first_of(zs_arena *arena, const char *dir, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *path = zs_arena_printf(arena, "%s/%s", dir, names[i]);
        if (path != NULL && is_file(path))
            return path;
    }
    return NULL;
}

static zs_status read_dir(zs_arena *arena, const char *dir, zs_dataset *data, zs_dataset *test,
                          zs_err *err)
{
    static const char *const train_names[] = {"train-images-idx3-ubyte.gz",
                                              "train-images-idx3-ubyte", "data_batch_1.bin",
                                              "data_batch_1.bin.gz", "train-images.npy"};
    static const char *const test_names[] = {"t10k-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte",
                                             "test_batch.bin", "test_batch.bin.gz",
                                             "test-images.npy"};
    const char *path = first_of(arena, dir, train_names, ZS_LEN(train_names));
    if (path == NULL)
        return zs_fail(err, ZS_EUSAGE, dir,
                       "has neither train-images-idx3-ubyte[.gz] nor data_batch_1.bin[.gz] nor "
                       "train-images.npy; a file can be named too");
    ZS_TRY(read_file(arena, path, data, err));
    const char *batch = strstr(path + strlen(dir), "data_batch_1");
    for (char digit = '2'; batch != NULL && digit <= '9'; digit++) {
        char *next = zs_arena_strdup(arena, path);
        if (next == NULL)
            return zs_nomem(err, dir);
        next[batch - path + 11] = digit;
        if (is_file(next))
            ZS_TRY(read_file(arena, next, data, err));
    }
    path = first_of(arena, dir, test_names, ZS_LEN(test_names));
    return path != NULL ? read_file(arena, path, test, err) : ZS_OK;
}

static zs_status read_set(zs_arena *arena, const char *path, zs_dataset *data, zs_dataset *test,
                          zs_err *err)
{
    struct stat info;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return read_dir(arena, path, data, test, err);
    return read_file(arena, path, data, err);
}

zs_status cli_train_data(const cli_options *o, zs_arena *arena, zs_dataset *data, zs_dataset *test,
                         zs_err *err)
{
    zs_dataset other = {0};
    *data = *test = (zs_dataset){0};
    ZS_TRY(read_set(arena, o->data, data, test, err));
    if (o->test == NULL)
        return ZS_OK;
    *test = (zs_dataset){0};
    ZS_TRY(read_set(arena, o->test, &other, test, err));
    if (test->n == 0) /* a file, or a directory without test images of its own */
        *test = other;
    return ZS_OK;
}
