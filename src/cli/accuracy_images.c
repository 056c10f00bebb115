#include "accuracy_priv.h"

#include <string.h>

zs_shape accuracy_input_shape(const accuracy_point *p)
{
    return p->p.net->tensors[p->p.net->input].shape;
}

const char *accuracy_image_name(const accuracy_point *p, uint32_t i, char text[32])
{
    if (p->images.files != NULL)
        return p->images.files[i];
    snprintf(text, 32, "[%u]", i);
    return text;
}

/* Pixels of a data set as a picture; grey ones get three equal channels. */
static zs_status tile_image(zs_arena *scratch, const zs_dataset *d, uint32_t i, zs_image *out,
                            zs_err *err)
{
    const size_t plane = (size_t)d->shape.h * d->shape.w;
    const uint8_t *pixels = d->pixels + (size_t)i * plane * d->shape.c;
    uint8_t *rgb = zs_arena_alloc_raw(scratch, plane, 3);
    if (rgb == NULL)
        return zs_nomem(err, "a picture");
    for (size_t at = 0; at < plane; at++)
        for (size_t c = 0; c < 3; c++)
            rgb[3 * at + c] = pixels[(d->shape.c == 1 ? 0 : c) * plane + at];
    *out = (zs_image){.rgb = rgb, .w = d->shape.w, .h = d->shape.h};
    return ZS_OK;
}

zs_status accuracy_image_bytes(const accuracy_point *p, uint32_t i, zs_arena *scratch, zs_span *out,
                               zs_err *err)
{
    if (p->images.files != NULL)
        return cli_file_read(scratch, p->images.files[i], CLI_LARGE_BYTES, out, err);
    const size_t pixels = (size_t)zs_shape_elems(p->images.data.shape);
    if (p->images.tensors != NULL)
        *out = (zs_span){(const uint8_t *)p->tensors.list[i].x,
                         zs_shape_elems(accuracy_input_shape(p)) * sizeof(float)};
    else
        *out = (zs_span){p->images.data.pixels + i * pixels, pixels};
    return ZS_OK;
}

bool accuracy_has_input_size(const accuracy_point *p)
{
    const zs_shape s = accuracy_input_shape(p), tile = p->images.data.shape;
    return p->images.files == NULL && tile.w == s.w && tile.h == s.h;
}

zs_status accuracy_image_load(const accuracy_job *j, const accuracy_point *p, uint32_t i,
                              zs_span bytes, zs_arena *scratch, const float **out, zs_err *err)
{
    const zs_shape s = accuracy_input_shape(p);
    zs_preprocess how = p->p.design.network.preprocess;
    zs_image image;
    float *x;
    if (p->images.tensors != NULL) {
        *out = p->tensors.list[i].x;
        return ZS_OK;
    }
    if (p->images.files != NULL)
        ZS_TRY(zs_image_parse(scratch, bytes, p->images.files[i], &image, err));
    else
        ZS_TRY(tile_image(scratch, &p->images.data, i, &image, err));
    if (accuracy_has_input_size(p)) {
        how.fit = ZS_FIT_NONE;
        how.resize = how.crop = 0;
    }
    double scale[3];
    memcpy(scale, how.scale, sizeof scale);
    for (uint32_t c = 0; j->mean != NULL && c < 3; c++) {
        how.mean[c] = 0;
        how.scale[c] = 1;
    }
    const zs_status status = zs_preprocess_run(scratch, &image, &how, s, &x, err);
    if (status != ZS_OK) {
        char text[32];
        zs_err_prefix(err, accuracy_image_name(p, i, text));
        return status;
    }
    for (size_t at = 0, plane = (size_t)s.h * s.w; j->mean != NULL && at < s.c * plane; at++)
        x[at] = (float)(((double)x[at] - (double)j->mean[at]) * scale[at / plane]);
    *out = x;
    return ZS_OK;
}

void accuracy_put_digest(accuracy_point *p, uint32_t i, zs_span bytes)
{
    char hex[65];
    cli_sha256(bytes.data, bytes.bytes, hex);
    snprintf(p->digests[i], ACCURACY_DIGEST_BYTES, "%.16s", hex);
}

zs_status accuracy_digest(accuracy_point *p, uint32_t i, zs_err *err)
{
    zs_span bytes;
    zs_arena scratch;
    zs_arena_init(&scratch, cli_heap());
    const zs_status status = accuracy_image_bytes(p, i, &scratch, &bytes, err);
    if (status == ZS_OK)
        accuracy_put_digest(p, i, bytes);
    zs_arena_drop(&scratch);
    return status;
}
