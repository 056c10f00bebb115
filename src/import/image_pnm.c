#include "image_priv.h"

#include <inttypes.h>

typedef struct pnm {
    zs_span bytes;
    size_t at;
    const char *path;
    zs_err *err;
} pnm;

static bool is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Blanks, and comments from # to the end of the line. */
static void skip_blanks(pnm *p)
{
    for (; p->at < p->bytes.bytes; p->at++) {
        if (p->bytes.data[p->at] == '#')
            while (p->at + 1 < p->bytes.bytes && p->bytes.data[p->at] != '\n')
                p->at++;
        else if (!is_space(p->bytes.data[p->at]))
            return;
    }
}

static zs_status read_size(pnm *p, const char *what, uint32_t limit, uint32_t *out)
{
    uint32_t value = 0;
    size_t digits = 0;
    skip_blanks(p);
    for (; p->at < p->bytes.bytes; p->at++, digits++) {
        const uint8_t c = p->bytes.data[p->at];
        if (c < '0' || c > '9')
            break;
        value = value * 10 + (uint32_t)(c - '0');
        if (value > limit)
            return zs_fail(p->err, ZS_ERANGE, p->path, "the %s is above %u", what, (unsigned)limit);
    }
    if (digits == 0)
        return zs_fail(p->err, ZS_EPARSE, p->path, "no %s at byte %zu of the header", what, p->at);
    *out = value;
    return ZS_OK;
}

static zs_status read_header(pnm *p, uint32_t *w, uint32_t *h, uint32_t *maxval)
{
    p->at = 2; /* P5 or P6 */
    ZS_TRY(read_size(p, "width", ZS_IMAGE_SIDE_MAX, w));
    ZS_TRY(read_size(p, "height", ZS_IMAGE_SIDE_MAX, h));
    ZS_TRY(read_size(p, "largest value", 65535, maxval));
    if (*maxval == 0)
        return zs_fail(p->err, ZS_ERANGE, p->path, "a largest value of 0");
    if (p->at >= p->bytes.bytes || !is_space(p->bytes.data[p->at]))
        return zs_fail(p->err, ZS_EPARSE, p->path, "no blank between header and pixels");
    p->at++;
    return ZS_OK;
}

/* Samples are scaled to 0..255 and rounded; a larger one than the header states is an error. */
static zs_status read_samples(const pnm *p, uint32_t maxval, size_t n, uint32_t copies,
                              uint8_t *out)
{
    const uint8_t *in = p->bytes.data + p->at;
    for (size_t i = 0; i < n; i++) {
        const uint32_t v = maxval < 256 ? in[i] : (uint32_t)in[2 * i] << 8 | in[2 * i + 1];
        if (v > maxval)
            return zs_fail(p->err, ZS_ERANGE, p->path, "sample %zu is %u, above %u", i, (unsigned)v,
                           (unsigned)maxval);
        for (uint32_t c = 0; c < copies; c++)
            out[i * copies + c] = (uint8_t)((v * 255 + maxval / 2) / maxval);
    }
    return ZS_OK;
}

zs_status zs_pnm_parse(zs_arena *arena, zs_span bytes, const char *path, zs_image *out, zs_err *err)
{
    pnm p = {.bytes = bytes, .path = path, .err = err};
    uint32_t w, h, maxval;
    uint8_t *rgb;
    ZS_TRY(read_header(&p, &w, &h, &maxval));
    const bool colour = bytes.data[1] == '6';
    const uint64_t samples = (uint64_t)w * h * (colour ? 3 : 1);
    const uint64_t need = samples * (maxval < 256 ? 1 : 2);
    if (bytes.bytes - p.at != need)
        return zs_fail(err, ZS_EPARSE, path, "%zu bytes of pixels, but %ux%u take %" PRIu64,
                       bytes.bytes - p.at, (unsigned)w, (unsigned)h, need);
    ZS_TRY(zs_image_alloc(arena, path, w, h, 3, &rgb, err));
    ZS_TRY(read_samples(&p, maxval, (size_t)samples, colour ? 1 : 3, rgb));
    *out = (zs_image){.rgb = rgb, .w = w, .h = h};
    return ZS_OK;
}
