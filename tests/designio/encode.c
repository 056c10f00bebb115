#include "designio_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jpeglib.h>
#include <png.h>

void test_pattern(uint8_t *rgb, uint32_t w, uint32_t h)
{
    for (uint32_t y = 0; y < h; y++)
        for (uint32_t x = 0; x < w; x++) {
            *rgb++ = (uint8_t)(x * 37 + y * 11);
            *rgb++ = (uint8_t)(x * 5 + y * 53 + 100);
            *rgb++ = (uint8_t)(200 - x * 3 - y * 29);
        }
}

/* ---- PNG ------------------------------------------------------------------------------------- */

typedef struct bytes {
    uint8_t *data;
    size_t n, capacity;
} bytes;

static void append(png_structp png, png_bytep data, size_t n)
{
    bytes *out = png_get_io_ptr(png);
    if (out->n + n > out->capacity) {
        out->capacity = (out->n + n) * 2;
        out->data = realloc(out->data, out->capacity);
    }
    memcpy(out->data + out->n, data, n);
    out->n += n;
}

static const struct {
    int colour, depth, samples;
    bool interlaced;
} kinds[] = {
    [PNG_RGB] = {PNG_COLOR_TYPE_RGB, 8, 3, false},
    [PNG_RGB_INTERLACED] = {PNG_COLOR_TYPE_RGB, 8, 3, true},
    [PNG_RGBA] = {PNG_COLOR_TYPE_RGB_ALPHA, 8, 4, false},
    [PNG_RGB16] = {PNG_COLOR_TYPE_RGB, 16, 6, false},
    [PNG_GREY] = {PNG_COLOR_TYPE_GRAY, 8, 1, false},
    [PNG_GREY1] = {PNG_COLOR_TYPE_GRAY, 1, 1, false},
    [PNG_GREY_ALPHA] = {PNG_COLOR_TYPE_GRAY_ALPHA, 8, 2, false},
    [PNG_PALETTE] = {PNG_COLOR_TYPE_PALETTE, 8, 1, false},
    [PNG_PALETTE_ALPHA] = {PNG_COLOR_TYPE_PALETTE, 8, 1, false},
};

/* Sample s of pixel i is what test_pattern has there; further samples and alpha follow from it. */
static void fill_row(png_kind kind, const uint8_t *rgb, uint32_t w, uint8_t *row)
{
    memset(row, 0, (size_t)w * 6);
    for (uint32_t x = 0; x < w; x++, rgb += 3) {
        switch (kind) {
        case PNG_RGB16:
            for (uint32_t c = 0; c < 3; c++) {
                row[x * 6 + 2 * c] = rgb[c];
                row[x * 6 + 2 * c + 1] = rgb[c]; /* v * 257: exactly v in 8 bits */
            }
            break;
        case PNG_RGBA:
            memcpy(row + x * 4, rgb, 3);
            row[x * 4 + 3] = (uint8_t)(x * 85);
            break;
        case PNG_GREY_ALPHA:
            row[x * 2] = rgb[0];
            row[x * 2 + 1] = (uint8_t)(x * 85);
            break;
        case PNG_GREY1:
            row[x / 8] |= (uint8_t)((rgb[0] > 127) << (7 - x % 8));
            break;
        case PNG_GREY:
            row[x] = rgb[0];
            break;
        case PNG_PALETTE:
        case PNG_PALETTE_ALPHA:
            row[x] = (uint8_t)(x % 4);
            break;
        default:
            memcpy(row + x * 3, rgb, 3);
        }
    }
}

static void put_palette(png_structp png, png_infop info, bool alpha)
{
    const png_color colours[4] = {{255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {10, 20, 30}};
    const png_byte alphas[2] = {0, 128};
    png_set_PLTE(png, info, colours, 4);
    if (alpha)
        png_set_tRNS(png, info, alphas, 2, NULL);
}

zs_span test_png(png_kind kind, uint32_t w, uint32_t h)
{
    bytes out = {0};
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    uint8_t *rgb = malloc((size_t)w * h * 3), *rows = malloc((size_t)w * h * 6);
    png_bytep *at = malloc(h * sizeof *at);
    png_set_write_fn(png, &out, append, NULL);
    png_set_IHDR(png, info, w, h, kinds[kind].depth, kinds[kind].colour,
                 kinds[kind].interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (kinds[kind].colour == PNG_COLOR_TYPE_PALETTE)
        put_palette(png, info, kind == PNG_PALETTE_ALPHA);
    test_pattern(rgb, w, h);
    for (uint32_t y = 0; y < h; y++) {
        at[y] = rows + (size_t)y * w * 6;
        fill_row(kind, rgb + (size_t)y * w * 3, w, at[y]);
    }
    png_write_info(png, info);
    png_set_interlace_handling(png);
    png_write_image(png, at);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    free(rgb);
    free(rows);
    free(at);
    return (zs_span){.data = out.data, .bytes = out.n};
}

/* ---- JPEG ------------------------------------------------------------------------------------ */

zs_span test_jpeg(int components, bool progressive, uint32_t w, uint32_t h)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    unsigned char *data = NULL;
    unsigned long n = 0;
    uint8_t *rgb = malloc((size_t)w * h * 3), *row = malloc((size_t)w * 4);
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &data, &n);
    jpeg.image_width = w;
    jpeg.image_height = h;
    jpeg.input_components = components;
    jpeg.in_color_space = components == 1 ? JCS_GRAYSCALE : components == 3 ? JCS_RGB : JCS_CMYK;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 90, TRUE);
    if (progressive)
        jpeg_simple_progression(&jpeg);
    jpeg_start_compress(&jpeg, TRUE);
    test_pattern(rgb, w, h);
    while (jpeg.next_scanline < h) {
        JSAMPROW at = row;
        for (uint32_t x = 0; x < w; x++)
            for (int c = 0; c < components; c++)
                row[x * (uint32_t)components + (uint32_t)c] =
                    rgb[(jpeg.next_scanline * w + x) * 3 + (uint32_t)(c % 3)];
        jpeg_write_scanlines(&jpeg, &at, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    free(rgb);
    free(row);
    return (zs_span){.data = data, .bytes = n};
}
