#include "image_priv.h"

#include <inttypes.h>
#include <string.h>

zs_status zs_image_alloc(zs_arena *arena, const char *path, uint64_t w, uint64_t h,
                         uint32_t channels, uint8_t **out, zs_err *err)
{
    if (w == 0 || h == 0)
        return zs_fail(err, ZS_ERANGE, path, "a picture of %" PRIu64 "x%" PRIu64 " pixels", w, h);
    if (w > ZS_IMAGE_SIDE_MAX || h > ZS_IMAGE_SIDE_MAX)
        return zs_fail(err, ZS_ERANGE, path,
                       "a picture of %" PRIu64 "x%" PRIu64 " pixels, at most %d a side", w, h,
                       ZS_IMAGE_SIDE_MAX);
    if (w * h > ZS_IMAGE_PIXELS_MAX)
        return zs_fail(err, ZS_ERANGE, path,
                       "a picture of %" PRIu64 "x%" PRIu64 " pixels, at most %d in all", w, h,
                       ZS_IMAGE_PIXELS_MAX);
    uint8_t *pixels = zs_arena_alloc_raw(arena, (size_t)(w * h), channels);
    if (pixels == NULL)
        return zs_nomem(err, path);
    *out = pixels;
    return ZS_OK;
}

zs_status zs_image_parse(zs_arena *arena, zs_span bytes, const char *path, zs_image *out,
                         zs_err *err)
{
    static const struct {
        const char *magic;
        size_t n;
        zs_status (*parse)(zs_arena *, zs_span, const char *, zs_image *, zs_err *);
    } formats[] = {
        {"\xff\xd8\xff", 3, zs_jpeg_parse},
        {"\x89PNG\r\n\x1a\n", 8, zs_png_parse},
        {"RIFF", 4, zs_webp_parse},
        {"P6", 2, zs_pnm_parse},
        {"P5", 2, zs_pnm_parse},
    };
    for (size_t i = 0; i < ZS_LEN(formats); i++)
        if (bytes.bytes >= formats[i].n && memcmp(bytes.data, formats[i].magic, formats[i].n) == 0)
            return formats[i].parse(arena, bytes, path, out, err);
    return zs_fail(err, ZS_EPARSE, path,
                   "neither JPEG, PNG, WebP nor binary PPM or PGM (%zu bytes)", bytes.bytes);
}
