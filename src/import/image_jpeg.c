#include "image_priv.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <jpeglib.h>
#include <jerror.h>

/* More scans than any encoder writes: each costs a pass over the picture. */
enum { SCANS_MAX = 100 };

typedef struct decoder {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf on_error;
    char text[JMSG_LENGTH_MAX];
    zs_arena *arena;
    const char *path;
    zs_err *err;
    zs_status status;
    zs_image image;
} decoder;

static void fail_with_message(j_common_ptr common)
{
    decoder *d = common->client_data;
    common->err->format_message(common, d->text);
    if (common->err->msg_code == JERR_OUT_OF_MEMORY)
        d->status = zs_nomem(d->err, d->path);
    else
        d->status = zs_fail(d->err, ZS_EPARSE, d->path, "damaged JPEG: %.128s", d->text);
    longjmp(d->on_error, 1);
}

/* The library goes on after damage and makes up pixels; only what is no damage may pass. */
static void on_message(j_common_ptr common, int level)
{
    const int code = common->err->msg_code;
    if (level < 0 && code != JWRN_EXTRANEOUS_DATA && code != JWRN_JFIF_MAJOR &&
        code != JWRN_ADOBE_XFORM)
        fail_with_message(common);
}

static void on_progress(j_common_ptr common)
{
    decoder *d = common->client_data;
    if (d->jpeg.input_scan_number <= SCANS_MAX)
        return;
    d->status = zs_fail(d->err, ZS_ERANGE, d->path, "a JPEG of more than %d scans", SCANS_MAX);
    longjmp(d->on_error, 1);
}

static zs_status check_colours(decoder *d)
{
    const int n = d->jpeg.num_components;
    if (n == 1 || n == 3)
        return ZS_OK;
    return zs_fail(d->err, ZS_EUNSUPPORTED, d->path,
                   "a JPEG of %d colour components (CMYK?); grey and RGB can be read", n);
}

/* One row of grey, at its start, becomes a row of RGB. */
static void spread_grey(uint8_t *row, uint32_t w)
{
    for (uint32_t x = w; x-- > 0;)
        memset(row + (size_t)x * 3, row[x], 3);
}

static zs_status read_rows(decoder *d)
{
    uint8_t *rgb;
    const uint32_t w = d->jpeg.image_width, h = d->jpeg.image_height;
    ZS_TRY(check_colours(d));
    ZS_TRY(zs_image_alloc(d->arena, d->path, w, h, 3, &rgb, d->err));
    const bool grey = d->jpeg.num_components == 1;
    d->jpeg.out_color_space = grey ? JCS_GRAYSCALE : JCS_RGB;
    d->jpeg.dct_method = JDCT_ISLOW;
    d->jpeg.do_fancy_upsampling = TRUE;
    jpeg_start_decompress(&d->jpeg);
    while (d->jpeg.output_scanline < h) {
        JSAMPROW row = rgb + (size_t)d->jpeg.output_scanline * w * 3;
        jpeg_read_scanlines(&d->jpeg, &row, 1);
        if (grey)
            spread_grey(row, w);
    }
    jpeg_finish_decompress(&d->jpeg);
    d->image = (zs_image){.rgb = rgb, .w = w, .h = h};
    return ZS_OK;
}

/* Nothing that changes between setjmp and longjmp is a local variable: all is in the decoder. */
static void decode(decoder *d, zs_span bytes)
{
    d->jpeg.err = jpeg_std_error(&d->errors);
    d->errors.error_exit = fail_with_message;
    d->errors.emit_message = on_message;
    d->jpeg.client_data = d;
    if (setjmp(d->on_error) == 0) {
        jpeg_create_decompress(&d->jpeg);
        d->progress.progress_monitor = on_progress;
        d->jpeg.progress = &d->progress;
        jpeg_mem_src(&d->jpeg, bytes.data, (unsigned long)bytes.bytes);
        jpeg_read_header(&d->jpeg, TRUE);
        d->status = read_rows(d);
    }
    jpeg_destroy_decompress(&d->jpeg);
}

zs_status zs_jpeg_parse(zs_arena *arena, zs_span bytes, const char *path, zs_image *out,
                        zs_err *err)
{
    decoder d = {.arena = arena, .path = path, .err = err, .status = ZS_EINTERNAL};
    decode(&d, bytes);
    if (d.status == ZS_OK)
        *out = d.image;
    return d.status;
}
