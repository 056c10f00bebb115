#include "image_priv.h"

#include <stdlib.h>
#include <webp/decode.h>

/* RGBA on white, in place: the RGB of a pixel never lies behind its RGBA. */
static void drop_alpha(uint8_t *pixels, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < 3; c++)
            pixels[3 * i + c] = (uint8_t)((pixels[4 * i + c] * pixels[4 * i + 3] +
                                           255u * (255u - pixels[4 * i + 3]) + 127u) /
                                          255u);
}

zs_status zs_webp_parse(zs_arena *arena, zs_span bytes, const char *path, zs_image *out,
                        zs_err *err)
{
    WebPDecoderConfig config;
    uint8_t *pixels;
    if (!WebPInitDecoderConfig(&config) ||
        WebPGetFeatures(bytes.data, bytes.bytes, &config.input) != VP8_STATUS_OK)
        return zs_fail(err, ZS_EPARSE, path, "damaged WebP: it has no header");
    if (config.input.has_animation)
        return zs_fail(err, ZS_EUNSUPPORTED, path, "an animated WebP is no picture");
    const uint32_t w = (uint32_t)config.input.width, h = (uint32_t)config.input.height;
    const uint32_t channels = config.input.has_alpha ? 4 : 3;
    ZS_TRY(zs_image_alloc(arena, path, w, h, channels, &pixels, err));
    config.output.colorspace = channels == 4 ? MODE_RGBA : MODE_RGB;
    config.output.u.RGBA.rgba = pixels;
    config.output.u.RGBA.stride = (int)(w * channels);
    config.output.u.RGBA.size = (size_t)w * h * channels;
    config.output.is_external_memory = 1;
    const VP8StatusCode code = WebPDecode(bytes.data, bytes.bytes, &config);
    WebPFreeDecBuffer(&config.output);
    if (code == VP8_STATUS_OUT_OF_MEMORY)
        return zs_nomem(err, path);
    if (code != VP8_STATUS_OK)
        return zs_fail(err, ZS_EPARSE, path, "damaged WebP: it is cut off, or no picture");
    if (channels == 4)
        drop_alpha(pixels, (size_t)w * h);
    *out = (zs_image){.rgb = pixels, .w = w, .h = h};
    return ZS_OK;
}
