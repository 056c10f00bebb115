#include "image_priv.h"

#include <math.h>

/* ---- bilinear resize in integers ------------------------------------------------------------- */

/* Where an output index lies between two input indices, in 2048ths. */
typedef struct tap {
    uint32_t near, far;
    int32_t near_weight, far_weight;
} tap;

/* Pixel centres coincide at half indices. Single precision where the result is rounded, so that the
 * weights are those of the common 8-bit implementations. */
static void make_taps(tap *taps, uint32_t out_n, uint32_t in_n)
{
    const double step = (double)in_n / out_n;
    for (uint32_t i = 0; i < out_n; i++) {
        float f = (float)((i + 0.5) * step - 0.5);
        int64_t s = (int64_t)floorf(f);
        f -= (float)s;
        if (s < 0 || s >= (int64_t)in_n - 1) {
            s = s < 0 ? 0 : (int64_t)in_n - 1;
            f = 0.0f;
        }
        taps[i] = (tap){.near = (uint32_t)s,
                        .far = s + 1 < in_n ? (uint32_t)s + 1 : (uint32_t)s,
                        .near_weight = (int32_t)lrintf((1.0f - f) * 2048.0f),
                        .far_weight = (int32_t)lrintf(f * 2048.0f)};
    }
}

static int32_t across(const uint8_t *row, const tap *x, uint32_t channel)
{
    return row[(size_t)x->near * 3 + channel] * x->near_weight +
           row[(size_t)x->far * 3 + channel] * x->far_weight;
}

static void resize_bilinear(const zs_image *in, const tap *xs, const tap *ys, uint32_t w,
                            uint32_t h, uint8_t *out)
{
    for (uint32_t y = 0; y < h; y++) {
        const uint8_t *near = in->rgb + (size_t)ys[y].near * in->w * 3;
        const uint8_t *far = in->rgb + (size_t)ys[y].far * in->w * 3;
        for (uint32_t x = 0; x < w; x++)
            for (uint32_t c = 0; c < 3; c++) {
                const int32_t top = (ys[y].near_weight * (across(near, &xs[x], c) >> 4)) >> 16;
                const int32_t bottom = (ys[y].far_weight * (across(far, &xs[x], c) >> 4)) >> 16;
                *out++ = (uint8_t)((top + bottom + 2) >> 2);
            }
    }
}

/* Exactly half of each side: the mean of four pixels. */
static void resize_half(const zs_image *in, uint32_t w, uint32_t h, uint8_t *out)
{
    for (uint32_t y = 0; y < h; y++) {
        const uint8_t *top = in->rgb + (size_t)y * 2 * in->w * 3;
        const uint8_t *bottom = top + (size_t)in->w * 3;
        for (uint32_t x = 0; x < w; x++, top += 6, bottom += 6)
            for (uint32_t c = 0; c < 3; c++)
                *out++ = (uint8_t)((top[c] + top[c + 3] + bottom[c] + bottom[c + 3] + 2) >> 2);
    }
}

static zs_status resize(zs_arena *arena, const zs_image *in, uint32_t w, uint32_t h, zs_image *out,
                        zs_err *err)
{
    uint8_t *rgb;
    ZS_TRY(zs_image_alloc(arena, "network.preprocess.resize", w, h, 3, &rgb, err));
    if (in->w == 2 * (uint64_t)w && in->h == 2 * (uint64_t)h) {
        resize_half(in, w, h, rgb);
    } else {
        tap *xs = zs_arena_alloc_raw(arena, w, sizeof *xs);
        tap *ys = zs_arena_alloc_raw(arena, h, sizeof *ys);
        if (xs == NULL || ys == NULL)
            return zs_nomem(err, "network.preprocess.resize");
        make_taps(xs, w, in->w);
        make_taps(ys, h, in->h);
        resize_bilinear(in, xs, ys, w, h, rgb);
    }
    *out = (zs_image){.rgb = rgb, .w = w, .h = h};
    return ZS_OK;
}

/* ---- the recipe ------------------------------------------------------------------------------ */

/* Size after the resize; 0 in the recipe stands for the network's input size. */
static void resized_size(const zs_image *image, const zs_preprocess *how, zs_shape shape,
                         uint32_t *w, uint32_t *h)
{
    const uint64_t side = how->resize ? how->resize : zs_max_u64(shape.w, shape.h);
    *w = image->w;
    *h = image->h;
    if (how->fit == ZS_FIT_STRETCH) {
        *w = how->resize ? how->resize : shape.w;
        *h = how->resize ? how->resize : shape.h;
    } else if (how->fit == ZS_FIT_SHORT_SIDE) {
        const uint64_t shorter = zs_min_u64(image->w, image->h);
        const uint64_t limit = UINT32_MAX; /* far above what zs_image_alloc grants */
        *w = (uint32_t)zs_min_u64(image->w * side / shorter, limit);
        *h = (uint32_t)zs_min_u64(image->h * side / shorter, limit);
    }
}

static zs_status check_sizes(const zs_image *image, const zs_preprocess *how, zs_shape shape,
                             zs_err *err)
{
    if (shape.c != 1 && shape.c != 3)
        return zs_fail(err, ZS_ESHAPE, "network.input",
                       "a picture has 1 or 3 channels, but the network takes %u; give a .npy file",
                       (unsigned)shape.c);
    if (how->crop != 0 && (how->crop != shape.w || how->crop != shape.h))
        return zs_fail(err, ZS_ESHAPE, "network.preprocess.crop",
                       "a crop of %u pixels, but the network takes %ux%u", (unsigned)how->crop,
                       (unsigned)shape.w, (unsigned)shape.h);
    if (image->w < shape.w || image->h < shape.h)
        return zs_fail(err, ZS_ESHAPE, "network.preprocess.resize",
                       "%ux%u pixels are too few to crop %ux%u from", (unsigned)image->w,
                       (unsigned)image->h, (unsigned)shape.w, (unsigned)shape.h);
    return ZS_OK;
}

/* Value of every possible byte in one plane. */
static void make_levels(const zs_preprocess *how, uint32_t plane, float levels[256])
{
    for (int v = 0; v < 256; v++)
        levels[v] = (float)((v - how->mean[plane]) * how->scale[plane]);
}

static void fill_plane(const zs_image *image, const zs_preprocess *how, zs_shape shape,
                       uint32_t plane, float *out)
{
    float levels[256];
    const uint32_t left = (image->w - shape.w) / 2, top = (image->h - shape.h) / 2;
    const uint32_t channel = how->order == ZS_COLOUR_BGR ? 2 - plane : plane;
    make_levels(how, plane, levels);
    for (uint32_t y = 0; y < shape.h; y++) {
        const uint8_t *row = image->rgb + ((size_t)(y + top) * image->w + left) * 3;
        for (uint32_t x = 0; x < shape.w; x++, row += 3)
            *out++ = levels[shape.c == 1 ? zs_luma(row) : row[channel]];
    }
}

zs_status zs_preprocess_run(zs_arena *arena, const zs_image *image, const zs_preprocess *how,
                            zs_shape shape, float **out, zs_err *err)
{
    zs_image fitted = *image;
    uint32_t w, h;
    if (shape.w == 0 || shape.h == 0)
        return zs_fail(err, ZS_ESHAPE, "network.input", "a network input of %ux%u pixels",
                       (unsigned)shape.w, (unsigned)shape.h);
    resized_size(image, how, shape, &w, &h);
    if (w != image->w || h != image->h)
        ZS_TRY(resize(arena, image, w, h, &fitted, err));
    ZS_TRY(check_sizes(&fitted, how, shape, err));
    const size_t plane_elems = (size_t)shape.w * shape.h; /* no larger than the picture */
    float *planes = zs_arena_alloc_raw(arena, plane_elems * shape.c, sizeof *planes);
    if (planes == NULL)
        return zs_nomem(err, "network.input");
    for (uint32_t p = 0; p < shape.c; p++)
        fill_plane(&fitted, how, shape, p, planes + p * plane_elems);
    *out = planes;
    return ZS_OK;
}
