/* image_priv.h - one decoder per picture format, chosen by zs_image_parse.
 *
 * Each returns rows of 8-bit RGB in the arena. Pictures have at most ZS_IMAGE_SIDE_MAX pixels a
 * side and ZS_IMAGE_PIXELS_MAX in all, checked before memory is asked for. */
#ifndef ZYNQSIM_IMAGE_PRIV_H
#define ZYNQSIM_IMAGE_PRIV_H

#include "zynqsim/import.h"

enum { ZS_IMAGE_SIDE_MAX = 16384, ZS_IMAGE_PIXELS_MAX = 1 << 26 };

/* A picture of w x h pixels with `channels` bytes each, not zeroed, or an error. */
zs_status zs_image_alloc(zs_arena *arena, const char *path, uint64_t w, uint64_t h,
                         uint32_t channels, uint8_t **out, zs_err *err);

/* ITU-R BT.601 luma, rounded; equal channels stay what they are. */
static inline uint8_t zs_luma(const uint8_t *rgb)
{
    return (uint8_t)((299u * rgb[0] + 587u * rgb[1] + 114u * rgb[2] + 500u) / 1000u);
}

zs_status zs_jpeg_parse(zs_arena *arena, zs_span bytes, const char *path, zs_image *out,
                        zs_err *err);
zs_status zs_png_parse(zs_arena *arena, zs_span bytes, const char *path, zs_image *out,
                       zs_err *err);
zs_status zs_webp_parse(zs_arena *arena, zs_span bytes, const char *path, zs_image *out,
                        zs_err *err);
/* Binary PPM (P6) and PGM (P5), one picture. */
zs_status zs_pnm_parse(zs_arena *arena, zs_span bytes, const char *path, zs_image *out,
                       zs_err *err);

#endif
