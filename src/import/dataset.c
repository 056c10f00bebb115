#include "image_priv.h"

#include <math.h>
#include <string.h>
#include <zlib.h>

/* ---- gzip ------------------------------------------------------------------------------------ */

static bool is_packed(zs_span b)
{
    return b.bytes > 2 && b.data[0] == 0x1f && b.data[1] == 0x8b;
}

/* zlib's memory is its own; the result is in the arena. */
static zs_status inflate_into(z_stream *z, zs_arena *arena, const char *path, zs_span *out,
                              zs_err *err)
{
    size_t room = (size_t)1 << 20, n = 0;
    uint8_t *data = zs_arena_alloc_raw(arena, room, 1);
    for (int state = Z_OK; data != NULL;) {
        z->next_out = data + n;
        z->avail_out = (uInt)(room - n);
        state = inflate(z, Z_NO_FLUSH);
        n = room - z->avail_out;
        if (state == Z_STREAM_END && z->avail_in == 0) {
            *out = (zs_span){.data = data, .bytes = n};
            return ZS_OK;
        }
        if (state == Z_STREAM_END) /* several in one file */
            state = inflateReset(z);
        if (state == Z_MEM_ERROR)
            break;
        if (state != Z_OK || (z->avail_in == 0 && z->avail_out > 0))
            return zs_fail(err, ZS_EPARSE, path, "its gzip data is damaged or cut off");
        if (z->avail_out > 0)
            continue;
        if (room >= ZS_DATASET_BYTES_MAX)
            return zs_fail(err, ZS_ERANGE, path, "has more than %d bytes unpacked",
                           ZS_DATASET_BYTES_MAX);
        uint8_t *larger = zs_arena_alloc_raw(arena, 2 * room, 1);
        if (larger != NULL)
            memcpy(larger, data, n);
        data = larger;
        room *= 2;
    }
    return zs_nomem(err, path);
}

static zs_status unpack(zs_arena *arena, zs_span bytes, const char *path, zs_span *out, zs_err *err)
{
    z_stream z = {.next_in = (uint8_t *)bytes.data, .avail_in = (uInt)bytes.bytes};
    if (bytes.bytes > ZS_DATASET_BYTES_MAX)
        return zs_fail(err, ZS_ERANGE, path, "has more than %d bytes", ZS_DATASET_BYTES_MAX);
    if (!is_packed(bytes)) {
        *out = bytes;
        return ZS_OK;
    }
    if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
        return zs_nomem(err, path);
    const zs_status status = inflate_into(&z, arena, path, out, err);
    inflateEnd(&z);
    return status;
}

/* ---- IDX ------------------------------------------------------------------------------------- */

/* Bytes of `rank` dimensions: two zeros, the type, the rank, the sizes, the elements. */
static zs_status read_idx(zs_arena *arena, zs_span bytes, const char *path, uint32_t rank,
                          uint32_t *dims, const uint8_t **elems, zs_err *err)
{
    zs_span b;
    uint64_t n = 1;
    ZS_TRY(unpack(arena, bytes, path, &b, err));
    const size_t head = 4 + 4 * (size_t)rank;
    if (b.bytes < head || b.data[0] != 0 || b.data[1] != 0 || b.data[2] != 8 || b.data[3] != rank)
        return zs_fail(err, ZS_EPARSE, path, "is no IDX file of bytes in %u dimension%s", rank,
                       rank > 1 ? "s" : "");
    for (uint32_t i = 0; i < rank; i++) {
        const uint8_t *at = b.data + 4 + 4 * (size_t)i;
        dims[i] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
        if (dims[i] == 0 || !zs_mul_u64(n, dims[i], &n))
            return zs_fail(err, ZS_ERANGE, path, "dimension %u is %u", i, dims[i]);
    }
    if (n != b.bytes - head)
        return zs_fail(err, ZS_EPARSE, path, "has %zu bytes of elements, its header says %llu",
                       b.bytes - head, (unsigned long long)n);
    *elems = b.data + head;
    return ZS_OK;
}

static zs_status widen_labels(zs_arena *arena, const uint8_t *bytes, uint32_t n, const char *path,
                              const uint32_t **out, zs_err *err)
{
    uint32_t *labels = zs_new(arena, uint32_t, n);
    if (labels == NULL)
        return zs_nomem(err, path);
    for (uint32_t i = 0; i < n; i++)
        labels[i] = bytes[i];
    *out = labels;
    return ZS_OK;
}

zs_status zs_dataset_idx_parse(zs_arena *arena, zs_span images, const char *images_path,
                               zs_span labels, const char *labels_path, zs_dataset *out,
                               zs_err *err)
{
    uint32_t dims[3], n;
    const uint8_t *classes;
    zs_dataset data = {0};
    ZS_TRY(read_idx(arena, images, images_path, 3, dims, &data.pixels, err));
    data.n = dims[0];
    if (labels.data != NULL) {
        ZS_TRY(read_idx(arena, labels, labels_path, 1, &n, &classes, err));
        if (n != dims[0])
            return zs_fail(err, ZS_EPARSE, labels_path, "has %u labels for %u images", n, dims[0]);
        ZS_TRY(widen_labels(arena, classes, n, labels_path, &data.labels, err));
    }
    data.shape = (zs_shape){.c = 1, .h = dims[1], .w = dims[2]};
    *out = data;
    return ZS_OK;
}

/* ---- CIFAR ----------------------------------------------------------------------------------- */

enum { CIFAR_PIXELS = 3 * 32 * 32, CIFAR_RECORD = 1 + CIFAR_PIXELS };

zs_status zs_dataset_cifar_parse(zs_arena *arena, zs_span bytes, const char *path, zs_dataset *out,
                                 zs_err *err)
{
    zs_span b;
    ZS_TRY(unpack(arena, bytes, path, &b, err));
    if (b.bytes == 0 || b.bytes % CIFAR_RECORD != 0)
        return zs_fail(err, ZS_EPARSE, path, "%zu bytes are no whole number of records of %d",
                       b.bytes, CIFAR_RECORD);
    const uint32_t n = (uint32_t)(b.bytes / CIFAR_RECORD), all = out->n + n;
    uint8_t *pixels = zs_arena_alloc_raw(arena, all, CIFAR_PIXELS);
    uint32_t *labels = zs_new(arena, uint32_t, all);
    if (pixels == NULL || labels == NULL)
        return zs_nomem(err, path);
    if (out->n > 0) {
        memcpy(pixels, out->pixels, (size_t)out->n * CIFAR_PIXELS);
        memcpy(labels, out->labels, out->n * sizeof *labels);
    }
    for (uint32_t i = 0; i < n; i++) {
        labels[out->n + i] = b.data[(size_t)i * CIFAR_RECORD];
        memcpy(pixels + (size_t)(out->n + i) * CIFAR_PIXELS, b.data + (size_t)i * CIFAR_RECORD + 1,
               CIFAR_PIXELS);
    }
    *out = (zs_dataset){.shape = {3, 32, 32}, .n = all, .pixels = pixels, .labels = labels};
    return ZS_OK;
}

/* ---- npy ------------------------------------------------------------------------------------- */

static zs_status npy_labels(zs_arena *arena, zs_span bytes, const char *path,
                            const uint32_t **labels, uint32_t *n, zs_err *err)
{
    zs_npy y;
    ZS_TRY(zs_npy_parse(arena, bytes, path, &y, err));
    if (y.rank != 1 || y.own[0] == 0 || y.own[0] > UINT32_MAX)
        return zs_fail(err, ZS_ESHAPE, path, "labels have one dimension, not %u", y.rank);
    uint32_t *classes = zs_new(arena, uint32_t, (size_t)y.own[0]);
    if (classes == NULL)
        return zs_nomem(err, path);
    for (uint64_t i = 0; i < y.own[0]; i++) {
        if (!(y.data[i] >= 0) || y.data[i] != floorf(y.data[i]) || y.data[i] > 1e9f)
            return zs_fail(err, ZS_ERANGE, path, "label %llu is %g, not a class",
                           (unsigned long long)i, (double)y.data[i]);
        classes[i] = (uint32_t)y.data[i];
    }
    *labels = classes;
    *n = (uint32_t)y.own[0];
    return ZS_OK;
}

zs_status zs_dataset_npy_parse(zs_arena *arena, zs_span images, const char *images_path,
                               zs_span labels, const char *labels_path, zs_dataset *out,
                               zs_err *err)
{
    zs_npy x;
    zs_dataset data = {0};
    ZS_TRY(zs_npy_parse(arena, images, images_path, &x, err));
    ZS_TRY(npy_labels(arena, labels, labels_path, &data.labels, &data.n, err));
    if (x.rank != 4 || x.own[0] != data.n)
        return zs_fail(err, ZS_ESHAPE, labels_path,
                       "%u labels for %llu images of rank %u, which is 4", data.n,
                       (unsigned long long)x.own[0], x.rank);
    data.shape = (zs_shape){(uint32_t)x.own[1], (uint32_t)x.own[2], (uint32_t)x.own[3]};
    data.values = x.data;
    *out = data;
    return ZS_OK;
}

/* ---- mosaics --------------------------------------------------------------------------------- */

zs_status zs_dataset_mosaic_parse(zs_arena *arena, zs_span bytes, const char *path, zs_shape tile,
                                  zs_dataset *out, zs_err *err)
{
    zs_image image;
    ZS_TRY(zs_image_parse(arena, bytes, path, &image, err));
    if (tile.c != 1 && tile.c != 3)
        return zs_fail(err, ZS_ESHAPE, path, "a picture has 1 or 3 channels, the network takes %u",
                       tile.c);
    if (tile.w == 0 || tile.h == 0 || image.w % tile.w != 0 || image.h % tile.h != 0)
        return zs_fail(err, ZS_ESHAPE, path,
                       "%ux%u pixels are no whole number of tiles of %ux%u, the network's input",
                       image.w, image.h, tile.w, tile.h);
    const uint32_t across = image.w / tile.w, n = across * (image.h / tile.h);
    const size_t plane = (size_t)tile.w * tile.h, elems = tile.c * plane;
    uint8_t *pixels = zs_arena_alloc_raw(arena, (size_t)out->n + n, elems);
    if (pixels == NULL)
        return zs_nomem(err, path);
    if (out->n > 0)
        memcpy(pixels, out->pixels, out->n * elems);
    uint8_t *to = pixels + out->n * elems;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t c = 0; c < tile.c; c++)
            for (uint32_t y = 0; y < tile.h; y++)
                for (uint32_t x = 0; x < tile.w; x++) {
                    const size_t row = (size_t)(i / across) * tile.h + y;
                    const size_t column = (size_t)(i % across) * tile.w + x;
                    const uint8_t *rgb = image.rgb + (row * image.w + column) * 3;
                    *to++ = tile.c == 1 ? zs_luma(rgb) : rgb[c];
                }
    *out = (zs_dataset){.shape = tile, .n = out->n + n, .pixels = pixels};
    return ZS_OK;
}

/* ---- labels alone ---------------------------------------------------------------------------- */

zs_status zs_dataset_labels_parse(zs_arena *arena, zs_span bytes, const char *path,
                                  const uint32_t **labels, uint32_t *n, zs_err *err)
{
    zs_span b;
    const uint8_t *classes;
    ZS_TRY(unpack(arena, bytes, path, &b, err));
    if (b.bytes > 6 && memcmp(b.data, "\x93NUMPY", 6) == 0)
        return npy_labels(arena, b, path, labels, n, err);
    if (b.bytes >= 8 && memcmp(b.data, "\0\0\x08\1", 4) == 0) {
        ZS_TRY(read_idx(arena, b, path, 1, n, &classes, err));
        return widen_labels(arena, classes, *n, path, labels, err);
    }
    *n = (uint32_t)b.bytes;
    return widen_labels(arena, b.data, *n, path, labels, err);
}
