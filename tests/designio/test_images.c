#include "designio_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { W = 13, H = 9 };

static zs_status parse(designio_case *c, zs_span bytes, zs_image *out)
{
    return zs_image_parse(&c->arena, bytes, "p.img", out, &c->err);
}

static void drop(zs_span bytes)
{
    free((void *)(uintptr_t)bytes.data);
}

/* ---- PNG ------------------------------------------------------------------------------------- */

static uint8_t on_white(uint32_t v, uint32_t alpha)
{
    return (uint8_t)((v * alpha + 255 * (255 - alpha) + 127) / 255);
}

/* What a pixel of test_png has to become. */
static void expected_pixel(png_kind kind, const uint8_t *rgb, uint32_t x, uint8_t out[3])
{
    static const uint8_t palette[4][3] = {{255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {10, 20, 30}};
    static const uint8_t palette_alpha[4] = {0, 128, 255, 255};
    const uint32_t alpha = x * 85 % 256;
    for (int i = 0; i < 3; i++) {
        switch (kind) {
        case PNG_RGBA:
            out[i] = on_white(rgb[i], alpha);
            break;
        case PNG_GREY_ALPHA:
            out[i] = on_white(rgb[0], alpha);
            break;
        case PNG_GREY:
            out[i] = rgb[0];
            break;
        case PNG_GREY1:
            out[i] = rgb[0] > 127 ? 255 : 0;
            break;
        case PNG_PALETTE:
            out[i] = palette[x % 4][i];
            break;
        case PNG_PALETTE_ALPHA:
            out[i] = on_white(palette[x % 4][i], palette_alpha[x % 4]);
            break;
        default:
            out[i] = rgb[i];
        }
    }
}

START_TEST(test_every_kind_of_png_becomes_rgb)
{
    const png_kind kind = (png_kind)_i;
    designio_case c;
    zs_image image;
    uint8_t rgb[W * H * 3], want[3];
    designio_start(&c);
    const zs_span bytes = test_png(kind, W, H);
    test_pattern(rgb, W, H);
    ck_assert_msg(parse(&c, bytes, &image) == ZS_OK, "%s", c.err.text);
    ck_assert_uint_eq(image.w, W);
    ck_assert_uint_eq(image.h, H);
    for (uint32_t i = 0; i < W * H; i++) {
        expected_pixel(kind, rgb + 3 * i, i % W, want);
        ck_assert_msg(memcmp(want, image.rgb + 3 * i, 3) == 0, "pixel %u", i);
    }
    drop(bytes);
    designio_end(&c);
}
END_TEST

START_TEST(test_a_png_cut_anywhere_or_with_a_flipped_bit_is_refused)
{
    const zs_span bytes = test_png(PNG_RGB, 5, 4);
    uint8_t *copy = malloc(bytes.bytes);
    for (size_t n = 0; n < bytes.bytes; n++) {
        designio_case c;
        zs_image image = {0};
        designio_start(&c);
        uint8_t *cut = malloc(n + 1);
        memcpy(cut, bytes.data, n);
        ck_assert_int_ne(parse(&c, (zs_span){cut, n}, &image), ZS_OK);
        ck_assert_ptr_null(image.rgb);
        free(cut);
        memcpy(copy, bytes.data, bytes.bytes);
        copy[n] ^= 0x10;
        ck_assert_int_ne(parse(&c, (zs_span){copy, bytes.bytes}, &image), ZS_OK);
        designio_end(&c);
    }
    free(copy);
    drop(bytes);
}
END_TEST

/* ---- JPEG ------------------------------------------------------------------------------------ */

/* Encoded at high quality, a smooth picture comes back nearly as it was. */
START_TEST(test_jpeg_keeps_the_picture)
{
    designio_case c;
    zs_image plain, progressive;
    designio_start(&c);
    const zs_span a = test_jpeg(3, false, 64, 40), b = test_jpeg(3, true, 64, 40);
    ck_assert_msg(parse(&c, a, &plain) == ZS_OK, "%s", c.err.text);
    ck_assert_msg(parse(&c, b, &progressive) == ZS_OK, "%s", c.err.text);
    ck_assert_uint_eq(plain.w, 64);
    ck_assert_uint_eq(plain.h, 40);
    ck_assert_mem_eq(plain.rgb, progressive.rgb, 64 * 40 * 3);
    drop(a);
    drop(b);
    designio_end(&c);
}
END_TEST

START_TEST(test_a_grey_jpeg_has_three_equal_channels)
{
    designio_case c;
    zs_image image;
    bool varies = false;
    designio_start(&c);
    const zs_span bytes = test_jpeg(1, false, W, H);
    ck_assert_msg(parse(&c, bytes, &image) == ZS_OK, "%s", c.err.text);
    for (uint32_t i = 0; i < W * H; i++) {
        ck_assert_uint_eq(image.rgb[3 * i], image.rgb[3 * i + 1]);
        ck_assert_uint_eq(image.rgb[3 * i], image.rgb[3 * i + 2]);
        varies = varies || image.rgb[3 * i] != image.rgb[0];
    }
    ck_assert(varies);
    drop(bytes);
    designio_end(&c);
}
END_TEST

START_TEST(test_a_cmyk_jpeg_is_refused_in_a_sentence)
{
    designio_case c;
    zs_image image;
    designio_start(&c);
    const zs_span bytes = test_jpeg(4, false, W, H);
    ck_assert_int_eq(parse(&c, bytes, &image), ZS_EUNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(c.err.text, "4 colour components"));
    drop(bytes);
    designio_end(&c);
}
END_TEST

START_TEST(test_a_jpeg_cut_anywhere_is_refused)
{
    const zs_span bytes = test_jpeg(3, _i, 17, 11);
    for (size_t n = 0; n + 2 < bytes.bytes; n++) { /* the last two are the end marker */
        designio_case c;
        zs_image image = {0};
        designio_start(&c);
        uint8_t *cut = malloc(n + 1);
        memcpy(cut, bytes.data, n);
        ck_assert_msg(parse(&c, (zs_span){cut, n}, &image) != ZS_OK, "%zu bytes of %zu", n,
                      bytes.bytes);
        ck_assert_ptr_null(image.rgb);
        free(cut);
        designio_end(&c);
    }
    drop(bytes);
}
END_TEST

/* ---- PPM and PGM ----------------------------------------------------------------------------- */

static const struct {
    const char *bytes;
    size_t n;
    uint32_t w, h;
    uint8_t rgb[6];
} pnms[] = {
#define FILE_(text) text, sizeof text - 1
    {FILE_("P6 2 1 255\n\1\2\3\4\5\6"), 2, 1, {1, 2, 3, 4, 5, 6}},
    {FILE_("P6\n# a comment\n1 # another\n2\n255 \1\2\3\4\5\6"), 1, 2, {1, 2, 3, 4, 5, 6}},
    {FILE_("P5 2 1 255\n\7\x0b"), 2, 1, {7, 7, 7, 11, 11, 11}},
    {FILE_("P5 2 1 1\n\0\1"), 2, 1, {0, 0, 0, 255, 255, 255}},
    {FILE_("P5 1 2 65535\n\x7f\xff\xff\xff"), 1, 2, {127, 127, 127, 255, 255, 255}},
    {FILE_("P5 1 2 256\n\1\0\0\x80"), 1, 2, {255, 255, 255, 128, 128, 128}},
    {FILE_("P5\t2\r\n1\v255\f\n#"), 2, 1, {10, 10, 10, 35, 35, 35}},
};

START_TEST(test_binary_pnm_is_read)
{
    designio_case c;
    zs_image image;
    designio_start(&c);
    ck_assert_msg(parse(&c, (zs_span){(const uint8_t *)pnms[_i].bytes, pnms[_i].n}, &image) ==
                      ZS_OK,
                  "%s", c.err.text);
    ck_assert_uint_eq(image.w, pnms[_i].w);
    ck_assert_uint_eq(image.h, pnms[_i].h);
    ck_assert_mem_eq(image.rgb, pnms[_i].rgb, 6);
    designio_end(&c);
}
END_TEST

static const struct {
    const char *bytes;
    size_t n;
    zs_status status;
    const char *part;
} bad[] = {
    {FILE_(""), ZS_EPARSE, "neither JPEG, PNG"},
    {FILE_("GIF89a"), ZS_EPARSE, "neither JPEG, PNG"},
    {FILE_("P3 1 1 255 1 2 3"), ZS_EPARSE, "neither JPEG, PNG"},
    {FILE_("P6"), ZS_EPARSE, "no width"},
    {FILE_("P6 2"), ZS_EPARSE, "no height"},
    {FILE_("P6 2 1"), ZS_EPARSE, "no largest value"},
    {FILE_("P6 2 1 255"), ZS_EPARSE, "no blank"},
    {FILE_("P6 2 1 255\n\1\2\3\4\5"), ZS_EPARSE, "5 bytes of pixels, but 2x1 take 6"},
    {FILE_("P6 2 1 255\n\1\2\3\4\5\6\7"), ZS_EPARSE, "7 bytes of pixels, but 2x1 take 6"},
    {FILE_("P6 0 1 255\n"), ZS_ERANGE, "0x1 pixels"},
    {FILE_("P6 1 0 255\n"), ZS_ERANGE, "1x0 pixels"},
    {FILE_("P6 16385 1 255\n"), ZS_ERANGE, "width is above 16384"},
    {FILE_("P6 99999999999999999999 1 255\n"), ZS_ERANGE, "width is above 16384"},
    {FILE_("P6 16384 16384 255\n"), ZS_EPARSE, "0 bytes of pixels"},
    {FILE_("P5 1 1 0\n\1"), ZS_ERANGE, "largest value of 0"},
    {FILE_("P5 1 1 65536\n\1\1"), ZS_ERANGE, "largest value is above 65535"},
    {FILE_("P5 1 1 3\n\4"), ZS_ERANGE, "sample 0 is 4, above 3"},
    {FILE_("P5 -1 1 255\n"), ZS_EPARSE, "no width"},
    {FILE_("P6 #"), ZS_EPARSE, "no width"},
    {FILE_("\xff\xd8\xff\xd9"), ZS_EPARSE, "damaged JPEG"},
    {FILE_("\x89PNG\r\n\x1a\n"), ZS_EPARSE, "damaged PNG: the file ends too early"},
};

START_TEST(test_what_is_no_picture_is_refused_in_a_sentence)
{
    designio_case c;
    zs_image image = {0};
    designio_start(&c);
    uint8_t *copy = malloc(bad[_i].n + 1);
    memcpy(copy, bad[_i].bytes, bad[_i].n);
    ck_assert_int_eq(parse(&c, (zs_span){copy, bad[_i].n}, &image), bad[_i].status);
    ck_assert_str_eq(c.err.place, "p.img");
    ck_assert_msg(strstr(c.err.text, bad[_i].part) != NULL, "%s", c.err.text);
    ck_assert_ptr_null(image.rgb);
    free(copy);
    designio_end(&c);
}
END_TEST

/* ---- all formats ----------------------------------------------------------------------------- */

START_TEST(test_every_failed_allocation_is_reported_and_nothing_leaks)
{
    const zs_span pictures[] = {test_jpeg(3, false, W, H),
                                test_png(PNG_RGB_INTERLACED, W, H),
                                {(const uint8_t *)pnms[0].bytes, pnms[0].n}};
    for (size_t i = 0; i < ZS_LEN(pictures); i++) {
        test_heap_state heap = {0};
        zs_status status = ZS_ENOMEM;
        for (heap.fail_at = 1; status != ZS_OK; heap.fail_at++) {
            zs_arena arena;
            zs_image image;
            heap.requests = 0;
            zs_arena_init(&arena, test_counting_heap(&heap));
            status = zs_image_parse(&arena, pictures[i], "p", &image, NULL);
            ck_assert(status == ZS_OK || status == ZS_ENOMEM);
            zs_arena_drop(&arena);
            ck_assert_int_eq(heap.live_blocks, 0);
        }
        ck_assert_uint_gt(heap.fail_at, 2);
    }
    drop(pictures[0]);
    drop(pictures[1]);
}
END_TEST

/* ---- synthetic ------------------------------------------------------------------------------- */

static uint64_t hash(const zs_image *image)
{
    uint64_t h = 0;
    for (size_t i = 0; i < (size_t)image->w * image->h * 3; i++)
        h = zs_mix64(h ^ image->rgb[i]);
    return h;
}

START_TEST(test_the_synthetic_picture_never_changes)
{
    designio_case c;
    zs_image image, other;
    designio_start(&c);
    ck_assert_int_eq(zs_image_synthetic(&c.arena, 1, 227, 227, &image, &c.err), ZS_OK);
    ck_assert_uint_eq(hash(&image), UINT64_C(10503922669073453423));
    ck_assert_int_eq(zs_image_synthetic(&c.arena, 2, 227, 227, &other, &c.err), ZS_OK);
    ck_assert_uint_ne(hash(&image), hash(&other));
    designio_end(&c);
}
END_TEST

START_TEST(test_a_synthetic_picture_of_any_size_can_be_made)
{
    static const struct {
        uint32_t w, h;
        zs_status status;
    } sizes[] = {{1, 1, ZS_OK},     {1, 300, ZS_OK},       {16384, 1, ZS_OK},
                 {0, 1, ZS_ERANGE}, {1, 16385, ZS_ERANGE}, {16384, 16384, ZS_ERANGE}};
    for (size_t i = 0; i < ZS_LEN(sizes); i++) {
        designio_case c;
        zs_image image;
        designio_start(&c);
        ck_assert_int_eq(zs_image_synthetic(&c.arena, 5, sizes[i].w, sizes[i].h, &image, &c.err),
                         sizes[i].status);
        designio_end(&c);
    }
}
END_TEST

TCase *tcase_images(void)
{
    TCase *tc = tcase_create("images");
    tcase_add_loop_test(tc, test_every_kind_of_png_becomes_rgb, PNG_RGB, PNG_PALETTE_ALPHA + 1);
    tcase_add_test(tc, test_a_png_cut_anywhere_or_with_a_flipped_bit_is_refused);
    tcase_add_test(tc, test_jpeg_keeps_the_picture);
    tcase_add_test(tc, test_a_grey_jpeg_has_three_equal_channels);
    tcase_add_test(tc, test_a_cmyk_jpeg_is_refused_in_a_sentence);
    tcase_add_loop_test(tc, test_a_jpeg_cut_anywhere_is_refused, 0, 2);
    tcase_add_loop_test(tc, test_binary_pnm_is_read, 0, ZS_LEN(pnms));
    tcase_add_loop_test(tc, test_what_is_no_picture_is_refused_in_a_sentence, 0, ZS_LEN(bad));
    tcase_add_test(tc, test_every_failed_allocation_is_reported_and_nothing_leaks);
    tcase_add_test(tc, test_the_synthetic_picture_never_changes);
    tcase_add_test(tc, test_a_synthetic_picture_of_any_size_can_be_made);
    return tc;
}
