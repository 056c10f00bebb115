#include "image_priv.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <png.h>

enum { CHUNK_BYTES_MAX = 1 << 20, CHUNKS_MAX = 64 };

typedef struct decoder {
    png_structp png;
    png_infop info;
    zs_span bytes;
    size_t at;
    zs_arena *arena;
    const char *path;
    zs_err *err;
    zs_status status;
    bool memory_ran_out; /* within the library, which says so in words only */
    zs_image image;
} decoder;

static void on_error(png_structp png, png_const_charp text)
{
    decoder *d = png_get_error_ptr(png);
    if (d->memory_ran_out)
        d->status = zs_nomem(d->err, d->path);
    else
        d->status = zs_fail(d->err, ZS_EPARSE, d->path, "damaged PNG: %.128s", text);
    png_longjmp(png, 1);
}

static png_voidp take_memory(png_structp png, png_alloc_size_t bytes)
{
    decoder *d = png_get_mem_ptr(png);
    void *memory = malloc(bytes);
    d->memory_ran_out |= memory == NULL;
    return memory;
}

static void give_memory(png_structp png, png_voidp memory)
{
    (void)png;
    free(memory);
}

/* About chunks that have nothing to do with the pixels. */
static void on_warning(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

static void on_read(png_structp png, png_bytep data, size_t n)
{
    decoder *d = png_get_io_ptr(png);
    if (n > d->bytes.bytes - d->at)
        png_error(png, "the file ends too early");
    memcpy(data, d->bytes.data + d->at, n);
    d->at += n;
}

/* Whatever the file has becomes 8-bit RGBA. */
static void ask_for_rgba(png_structp png, png_infop info)
{
    png_set_scale_16(png);
    png_set_expand(png);
    png_set_gray_to_rgb(png);
    png_set_add_alpha(png, 255, PNG_FILLER_AFTER);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
}

/* Puts RGBA on white, in place: the RGB of a pixel never lies behind its RGBA. */
static void flatten(uint8_t *pixels, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const uint32_t a = pixels[4 * i + 3];
        for (size_t c = 0; c < 3; c++)
            pixels[3 * i + c] = (uint8_t)((pixels[4 * i + c] * a + 255 * (255 - a) + 127) / 255);
    }
}

static zs_status read_pixels(decoder *d)
{
    uint8_t *pixels;
    png_read_info(d->png, d->info);
    const uint32_t w = png_get_image_width(d->png, d->info);
    const uint32_t h = png_get_image_height(d->png, d->info);
    ZS_TRY(zs_image_alloc(d->arena, d->path, w, h, 4, &pixels, d->err));
    png_bytepp rows = zs_arena_alloc(d->arena, h, sizeof *rows);
    if (rows == NULL)
        return zs_nomem(d->err, d->path);
    for (uint32_t y = 0; y < h; y++)
        rows[y] = pixels + (size_t)y * w * 4;
    ask_for_rgba(d->png, d->info);
    if (png_get_rowbytes(d->png, d->info) != (size_t)w * 4)
        return zs_fail(d->err, ZS_EINTERNAL, d->path, "PNG rows of an unexpected size");
    png_read_image(d->png, rows);
    png_read_end(d->png, NULL);
    flatten(pixels, (size_t)w * h);
    d->image = (zs_image){.rgb = pixels, .w = w, .h = h};
    return ZS_OK;
}

/* Nothing that changes between setjmp and longjmp is a local variable: all is in the decoder. */
static void decode(decoder *d)
{
    if (setjmp(png_jmpbuf(d->png)) != 0)
        return;
    png_set_read_fn(d->png, d, on_read);
    png_set_user_limits(d->png, ZS_IMAGE_SIDE_MAX, ZS_IMAGE_SIDE_MAX);
    png_set_chunk_malloc_max(d->png, CHUNK_BYTES_MAX);
    png_set_chunk_cache_max(d->png, CHUNKS_MAX);
    d->status = read_pixels(d);
}

zs_status zs_png_parse(zs_arena *arena, zs_span bytes, const char *path, zs_image *out, zs_err *err)
{
    decoder d = {.bytes = bytes, .arena = arena, .path = path, .err = err, .status = ZS_EINTERNAL};
    d.png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &d, on_error, on_warning, &d,
                                     take_memory, give_memory);
    d.info = d.png ? png_create_info_struct(d.png) : NULL;
    if (d.info != NULL)
        decode(&d);
    else
        d.status = zs_nomem(err, path);
    png_destroy_read_struct(&d.png, &d.info, NULL);
    if (d.status == ZS_OK)
        *out = d.image;
    return d.status;
}
