#include "cli_priv.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Sets of images, for training and for accuracy: which files hold the images and which the labels.
 */

/* ---- one file -------------------------------------------------------------------------------- */

/* Name of the labels that go with a file of images: the last "images" in it becomes "labels", and
 * idx3 idx1. */
static const char *labels_of(zs_arena *arena, const char *images)
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

/* "DIR/test2000_3.webp": the number, and where it begins and ends; false without one. */
static bool has_number(const char *path, size_t *begin, size_t *end, uint64_t *number)
{
    const char *dot = strrchr(path, '.');
    if (dot == NULL)
        return false;
    *begin = *end = (size_t)(dot - path);
    while (*begin > 0 && isdigit((unsigned char)path[*begin - 1]))
        (*begin)--;
    if (*begin == *end || *end - *begin > 6 || *begin == 0 || path[*begin - 1] != '_')
        return false;
    *number = strtoull(path + *begin, NULL, 10);
    return true;
}

/* Labels of a mosaic: NAME_labels.bin beside NAME.webp or NAME_0.webp. */
static const char *mosaic_labels(zs_arena *arena, const char *path)
{
    size_t begin, end;
    uint64_t number;
    if (has_number(path, &begin, &end, &number))
        return zs_arena_printf(arena, "%.*slabels.bin", (int)begin, path);
    const char *dot = strrchr(path, '.');
    return zs_arena_printf(arena, "%.*s_labels.bin", (int)(dot != NULL ? dot - path : 0), path);
}

/* A picture of tiles, and those of the following numbers that are there. */
static zs_status read_mosaics(zs_arena *arena, const char *path, zs_shape tile, zs_dataset *out,
                              uint64_t *skipped, zs_err *err)
{
    size_t begin, end;
    uint64_t number = 0;
    const bool is_series = has_number(path, &begin, &end, &number);
    *skipped = 0;
    for (const char *next = path;; number++) {
        zs_span bytes;
        ZS_TRY(cli_file_read(arena, next, CLI_LARGE_BYTES, &bytes, err));
        ZS_TRY(zs_dataset_mosaic_parse(arena, bytes, next, tile, out, err));
        if (next == path)
            *skipped = number * out->n; /* those before it have labels in the same file */
        if (!is_series)
            return ZS_OK;
        next = zs_arena_printf(arena, "%.*s%llu%s", (int)begin, path,
                               (unsigned long long)number + 1, path + end);
        if (next == NULL)
            return zs_nomem(err, path);
        if (!cli_is_file(next))
            return ZS_OK;
    }
}

/* Labels of another file take the place of those that the set has. */
static zs_status take_labels(zs_arena *arena, const char *path, uint64_t skipped, uint32_t n,
                             const uint32_t **out, zs_err *err)
{
    zs_span bytes;
    uint32_t label_n;
    const uint32_t *labels;
    ZS_TRY(cli_file_read(arena, path, ZS_DATASET_BYTES_MAX, &bytes, err));
    if (cli_ends_in(path, ".csv")) {
        const zs_label_entry *entries;
        ZS_TRY(zs_label_table_parse(arena, bytes, path, &entries, &label_n, err));
        uint32_t *classes = zs_new(arena, uint32_t, (size_t)label_n + 1);
        if (classes == NULL)
            return zs_nomem(err, path);
        for (uint32_t i = 0; i < label_n; i++)
            classes[i] = entries[i].class_index;
        labels = classes;
    } else {
        ZS_TRY(zs_dataset_labels_parse(arena, bytes, path, &labels, &label_n, err));
    }
    if (label_n < skipped + n || (skipped == 0 && label_n != n))
        return zs_fail(err, ZS_EPARSE, path, "has %u labels for %llu images", label_n,
                       (unsigned long long)(skipped + n));
    *out = labels + skipped;
    return ZS_OK;
}

static bool ends_in_any(const char *path, const char *const *endings, size_t n)
{
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot != NULL && i < n; i++)
        if (strcasecmp(dot, endings[i]) == 0)
            return true;
    return false;
}

bool cli_dataset_is_picture(const char *path)
{
    static const char *const endings[] = {".webp", ".png", ".ppm", ".pgm", ".jpg", ".jpeg"};
    return ends_in_any(path, endings, ZS_LEN(endings));
}

static bool is_other_picture(const char *path)
{
    static const char *const endings[] = {".bmp",  ".tif",  ".tiff", ".gif", ".avif",
                                          ".heic", ".heif", ".jp2",  ".jxl", ".pnm"};
    return ends_in_any(path, endings, ZS_LEN(endings));
}

zs_status cli_dataset_read(zs_arena *arena, const char *path, const char *labels_path,
                           zs_shape tile, zs_dataset *out, zs_err *err)
{
    zs_span images, labels = {0};
    uint64_t skipped = 0;
    if (cli_ends_in(path, ".bin") || cli_ends_in(path, ".bin.gz")) {
        ZS_TRY(cli_file_read(arena, path, ZS_DATASET_BYTES_MAX, &images, err));
        ZS_TRY(zs_dataset_cifar_parse(arena, images, path, out, err));
        return labels_path != NULL ? take_labels(arena, labels_path, 0, out->n, &out->labels, err)
                                   : ZS_OK;
    }
    if (cli_dataset_is_picture(path)) {
        const char *beside = labels_path != NULL ? labels_path : mosaic_labels(arena, path);
        ZS_TRY(read_mosaics(arena, path, tile, out, &skipped, err));
        if (labels_path == NULL && (beside == NULL || !cli_is_file(beside)))
            return ZS_OK;
        return take_labels(arena, beside, skipped, out->n, &out->labels, err);
    }
    const char *beside = labels_of(arena, path);
    ZS_TRY(cli_file_read(arena, path, ZS_DATASET_BYTES_MAX, &images, err));
    if (labels_path == NULL && beside != NULL && cli_is_file(beside))
        ZS_TRY(cli_file_read(arena, beside, ZS_DATASET_BYTES_MAX, &labels, err));
    if (cli_ends_in(path, ".npy")) {
        if (labels.data == NULL && labels_path == NULL)
            return zs_fail(err, ZS_EUSAGE, path,
                           "has no labels beside it: with \"images\" in its name they would be in "
                           "the file that has \"labels\" there");
        if (labels_path != NULL)
            ZS_TRY(cli_file_read(arena, labels_path, ZS_DATASET_BYTES_MAX, &labels, err));
        return zs_dataset_npy_parse(arena, images, path, labels,
                                    labels_path != NULL ? labels_path : beside, out, err);
    }
    ZS_TRY(zs_dataset_idx_parse(arena, images, path, labels, beside, out, err));
    return labels_path != NULL ? take_labels(arena, labels_path, 0, out->n, &out->labels, err)
                               : ZS_OK;
}

/* ---- a directory of a known set -------------------------------------------------------------- */

const char *cli_dataset_in(zs_arena *arena, const char *dir, bool is_test)
{
    static const char *const names[2][5] = {
        {"train-images-idx3-ubyte.gz", "train-images-idx3-ubyte", "data_batch_1.bin",
         "data_batch_1.bin.gz", "train-images.npy"},
        {"t10k-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte", "test_batch.bin",
         "test_batch.bin.gz", "test-images.npy"}};
    for (size_t i = 0; i < ZS_LEN(names[0]); i++) {
        const char *path = zs_arena_printf(arena, "%s/%s", dir, names[is_test][i]);
        if (path != NULL && cli_is_file(path))
            return path;
    }
    return NULL;
}

/* ---- a folder of pictures -------------------------------------------------------------------- */

static const char *base_of(const char *path)
{
    return strrchr(path, '/') + 1;
}

/* Paths of the pictures in a directory, or of its directories, in the order of names. Pictures in
 * forms that are not read are counted. */
static zs_status list_dir(zs_arena *arena, const char *dir, bool wants_dirs, cli_names *out,
                          uint32_t *left_out, zs_err *err)
{
    ZS_TRY(cli_dir_list(arena, dir, out, err));
    const uint32_t all = out->n;
    out->n = 0;
    for (uint32_t i = 0; i < all; i++) {
        const char *path = out->names[i];
        *left_out += !wants_dirs && is_other_picture(base_of(path));
        if (wants_dirs ? cli_is_directory(path)
                       : cli_dataset_is_picture(base_of(path)) && cli_is_file(path))
            out->names[out->n++] = path;
    }
    return ZS_OK;
}

/* Names of a table are each there once. */
static zs_status check_once(zs_arena *arena, const char *table, const zs_label_entry *entries,
                            uint32_t n, zs_err *err)
{
    const char **names = zs_new(arena, const char *, (size_t)n + 1);
    if (names == NULL)
        return zs_nomem(err, table);
    for (uint32_t i = 0; i < n; i++)
        names[i] = entries[i].file;
    if (n > 1)
        qsort(names, n, sizeof *names, cli_by_name);
    for (uint32_t i = 1; i < n; i++)
        if (strcmp(names[i], names[i - 1]) == 0)
            return zs_fail(err, ZS_EPARSE, table, "names %s twice", names[i]);
    return ZS_OK;
}

static zs_status allocate(zs_arena *arena, uint32_t n, const char ***files, uint32_t **classes,
                          zs_err *err)
{
    *files = zs_new(arena, const char *, (size_t)n + 1);
    *classes = zs_new(arena, uint32_t, (size_t)n + 1);
    return *files != NULL && *classes != NULL ? ZS_OK : zs_nomem(err, "images");
}

/* Pictures of tiles are a set of their own each: as photographs they would be scaled down to one
 * image, without a word. */
static zs_status refuse_mosaics(zs_arena *arena, const cli_names *pictures, zs_err *err)
{
    for (uint32_t i = 0; i < pictures->n; i++) {
        const char *labels = mosaic_labels(arena, pictures->names[i]);
        if (labels == NULL)
            return zs_nomem(err, "images");
        if (cli_is_file(labels))
            return zs_fail(err, ZS_EUSAGE, labels,
                           "holds labels of a picture of tiles: name that picture, not its folder "
                           "(--images %s)",
                           pictures->names[i]);
    }
    return ZS_OK;
}

/* With a table, the pictures that it names, in its order; else all that are there, unlabelled. */
static zs_status read_flat(zs_arena *arena, const char *dir, const char *table, cli_image_set *out,
                           zs_err *err)
{
    const zs_label_entry *entries = NULL;
    uint32_t entry_n = 0, *classes;
    const char **files;
    cli_names names;
    zs_span bytes;
    if (table == NULL) {
        ZS_TRY(list_dir(arena, dir, false, &names, &out->left_out, err));
        ZS_TRY(refuse_mosaics(arena, &names, err));
    } else {
        ZS_TRY(cli_file_read(arena, table, ZS_TABLE_BYTES_MAX, &bytes, err));
        ZS_TRY(zs_label_table_parse(arena, bytes, table, &entries, &entry_n, err));
        ZS_TRY(check_once(arena, table, entries, entry_n, err));
        if (entry_n == 0)
            return zs_fail(err, ZS_EPARSE, table, "names no picture");
        names = (cli_names){.n = entry_n};
    }
    ZS_TRY(allocate(arena, names.n, &files, &classes, err));
    for (uint32_t i = 0; i < names.n; i++) {
        if (table == NULL)
            files[i] = names.names[i];
        else if (entries[i].file[0] == '/')
            files[i] = entries[i].file;
        else
            files[i] = zs_arena_printf(arena, "%s/%s", dir, entries[i].file);
        if (files[i] == NULL)
            return zs_nomem(err, dir);
        classes[i] = table != NULL ? entries[i].class_index : 0;
    }
    out->n = names.n;
    out->files = files;
    out->labels = table != NULL ? classes : NULL;
    return ZS_OK;
}

/* What sub-folders are called says the class: numbers, or names of classes, else their order. */
static zs_status class_of_folders(zs_arena *arena, const cli_names *folders,
                                  const char *const *class_names, uint32_t class_n, uint32_t **out,
                                  const char **how, zs_err *err)
{
    uint32_t *classes = zs_new(arena, uint32_t, (size_t)folders->n + 1);
    bool are_numbers = true, are_names = class_n > 0;
    if (classes == NULL)
        return zs_nomem(err, "images");
    for (uint32_t i = 0; i < folders->n; i++) {
        const char *name = base_of(folders->names[i]);
        uint32_t k = 0;
        are_numbers &= strlen(name) < 9 && name[strspn(name, "0123456789")] == '\0';
        while (k < class_n && strcmp(class_names[k], name) != 0)
            k++;
        are_names &= k < class_n;
    }
    for (uint32_t i = 0; i < folders->n; i++) {
        const char *name = base_of(folders->names[i]);
        classes[i] = i;
        if (are_numbers)
            classes[i] = (uint32_t)strtoul(name, NULL, 10);
        for (uint32_t k = 0; are_names && k < class_n; k++)
            if (strcmp(class_names[k], name) == 0)
                classes[i] = k;
    }
    *how = are_numbers ? "classes are the numbers of the sub-folders"
           : are_names ? "classes are those of network.labels that sub-folders are called by"
                       : "classes are the places of the sub-folders in the order of their names";
    *out = classes;
    return ZS_OK;
}

static zs_status read_folders(zs_arena *arena, const char *dir, const cli_names *folders,
                              const cli_point *p, cli_image_set *out, zs_err *err)
{
    uint32_t *of_folder = NULL, *classes, *ends = zs_new(arena, uint32_t, folders->n);
    const char **files;
    cli_names all = {0}, inside;
    if (ends == NULL)
        return zs_nomem(err, dir);
    ZS_TRY(class_of_folders(arena, folders, p->labels, p->label_n, &of_folder, &out->note, err));
    for (uint32_t i = 0; i < folders->n; i++) {
        ZS_TRY(list_dir(arena, folders->names[i], false, &inside, &out->left_out, err));
        for (uint32_t k = 0; k < inside.n; k++)
            ZS_TRY(cli_names_add(arena, &all, inside.names[k], err));
        ends[i] = all.n;
    }
    ZS_TRY(allocate(arena, all.n, &files, &classes, err));
    for (uint32_t i = 0, folder = 0; i < all.n; i++) {
        while (i == ends[folder])
            folder++;
        files[i] = all.names[i];
        classes[i] = of_folder[folder];
    }
    out->n = all.n;
    out->files = files;
    out->labels = classes;
    return ZS_OK;
}

static zs_status read_folder(zs_arena *arena, const char *dir, const char *labels,
                             const cli_point *p, cli_image_set *out, zs_err *err)
{
    cli_names folders;
    const char *beside = zs_arena_printf(arena, "%s/labels.csv", dir);
    if (beside == NULL)
        return zs_nomem(err, dir);
    if (labels == NULL && cli_is_file(beside))
        labels = beside;
    if (labels == NULL) {
        ZS_TRY(list_dir(arena, dir, true, &folders, &out->left_out, err));
        if (folders.n > 0)
            ZS_TRY(read_folders(arena, dir, &folders, p, out, err));
    }
    return out->n > 0 ? ZS_OK : read_flat(arena, dir, labels, out, err);
}

/* ---- all of them ----------------------------------------------------------------------------- */

zs_status cli_image_set_read(zs_arena *arena, const char *path, const char *labels,
                             const cli_point *p, cli_image_set *out, zs_err *err)
{
    const zs_shape shape = p->net->tensors[p->net->input].shape;
    *out = (cli_image_set){0};
    if (cli_is_directory(path)) {
        const char *known = cli_dataset_in(arena, path, true);
        if (known == NULL)
            ZS_TRY(read_folder(arena, path, labels, p, out, err));
        else
            path = known;
    }
    if (cli_ends_in(path, ".npy")) {
        out->tensors = path;
        const char *beside = labels == NULL ? labels_of(arena, path) : labels;
        if (labels != NULL || (beside != NULL && cli_is_file(beside)))
            out->tensor_labels = beside;
        return ZS_OK;
    }
    if (out->files == NULL) {
        ZS_TRY(cli_dataset_read(arena, path, labels, shape, &out->data, err));
        out->n = out->data.n;
        out->labels = out->data.labels;
    }
    out->path = path;
    return out->n > 0 ? ZS_OK
                      : zs_fail(err, ZS_EUSAGE, path,
                                "has no pictures (.jpg .jpeg .png .webp .ppm .pgm) in it");
}

zs_status cli_labels_read(zs_arena *arena, const char *path, uint32_t n, const uint32_t **out,
                          zs_err *err)
{
    return take_labels(arena, path, 0, n, out, err);
}
