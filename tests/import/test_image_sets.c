/* Pictures of tiles, labels of several forms, WebP. */
#include "cases.h"

#include <stdlib.h>
#include <string.h>
#include <webp/encode.h>

enum { W = 4, H = 2 };

/* Two tiles of 2x2 side by side; the pixel value says where it is. */
static void fill(uint8_t rgb[H * W * 3])
{
    for (int i = 0; i < H * W * 3; i++)
        rgb[i] = (uint8_t)(10 * i);
}

static zs_span as_ppm(const uint8_t *rgb)
{
    static const char head[] = "P6 4 2 255\n";
    uint8_t *bytes = zs_arena_alloc(&arena, sizeof head - 1 + H * W * 3, 1);
    memcpy(bytes, head, sizeof head - 1);
    memcpy(bytes + sizeof head - 1, rgb, H * W * 3);
    return (zs_span){bytes, sizeof head - 1 + H * W * 3};
}

START_TEST(test_a_picture_is_cut_into_tiles)
{
    uint8_t rgb[H * W * 3];
    const zs_shape colour = {3, 2, 2}, grey = {1, 2, 2};
    zs_dataset d = {0};
    fill(rgb);
    for (uint32_t n = 2; n <= 4; n += 2) {
        ck_assert_int_eq(zs_dataset_mosaic_parse(&arena, as_ppm(rgb), "a.ppm", colour, &d, &err),
                         ZS_OK);
        ck_assert_uint_eq(d.n, n);
    }
    for (uint32_t i = 0; i < d.n; i++)
        for (uint32_t c = 0; c < 3; c++)
            for (uint32_t y = 0; y < 2; y++)
                for (uint32_t x = 0; x < 2; x++)
                    ck_assert_uint_eq(d.pixels[((i * 3 + c) * 2 + y) * 2 + x],
                                      rgb[(y * W + i % 2 * 2 + x) * 3 + c]);
    d = (zs_dataset){0};
    ck_assert_int_eq(zs_dataset_mosaic_parse(&arena, as_ppm(rgb), "a.ppm", grey, &d, &err), ZS_OK);
    ck_assert_uint_eq(d.pixels[0], (299 * 0 + 587 * 10 + 114 * 20 + 500) / 1000);
}
END_TEST

START_TEST(test_tiles_that_do_not_divide_are_refused)
{
    uint8_t rgb[H * W * 3];
    const zs_shape tile = {3, 2, 3};
    zs_dataset d = {0};
    fill(rgb);
    ck_assert_int_eq(zs_dataset_mosaic_parse(&arena, as_ppm(rgb), "a.ppm", tile, &d, &err),
                     ZS_ESHAPE);
    ck_assert_str_eq(err.text,
                     "4x2 pixels are no whole number of tiles of 3x2, the network's input");
}
END_TEST

START_TEST(test_webp_keeps_the_pixels_and_refuses_damage)
{
    uint8_t rgb[H * W * 3], *packed = NULL;
    zs_image image;
    fill(rgb);
    const size_t bytes = WebPEncodeLosslessRGB(rgb, W, H, W * 3, &packed);
    ck_assert_uint_gt(bytes, 0);
    ck_assert_int_eq(zs_image_parse(&arena, (zs_span){packed, bytes}, "a.webp", &image, &err),
                     ZS_OK);
    ck_assert_uint_eq(image.w, W);
    ck_assert_uint_eq(image.h, H);
    ck_assert_mem_eq(image.rgb, rgb, sizeof rgb);
    for (size_t n = 4; n < bytes - 1; n += 5)
        ck_assert_int_eq(zs_image_parse(&arena, (zs_span){packed, n}, "a.webp", &image, &err),
                         ZS_EPARSE);
    WebPFree(packed);
}
END_TEST

START_TEST(test_transparent_pixels_lie_on_white)
{
    const uint8_t rgba[] = {10, 20, 30, 255, 10, 20, 30, 128}; /* 128: half way to white */
    const uint8_t want[] = {10, 20, 30, 132, 137, 142};
    uint8_t *packed = NULL;
    zs_image image;
    const size_t bytes = WebPEncodeLosslessRGBA(rgba, 2, 1, 8, &packed);
    ck_assert_int_eq(zs_image_parse(&arena, (zs_span){packed, bytes}, "a.webp", &image, &err),
                     ZS_OK);
    ck_assert_mem_eq(image.rgb, want, sizeof want);
    WebPFree(packed);
}
END_TEST

START_TEST(test_labels_are_read_in_any_form)
{
    static const uint8_t plain[] = {7, 0, 255}, idx[] = {0, 0, 8, 1, 0, 0, 0, 2, 9, 3};
    const uint32_t *labels;
    uint32_t n;
    ck_assert_int_eq(
        zs_dataset_labels_parse(&arena, (zs_span){plain, 3}, "a.bin", &labels, &n, &err), ZS_OK);
    ck_assert_uint_eq(n, 3);
    ck_assert_uint_eq(labels[2], 255);
    ck_assert_int_eq(zs_dataset_labels_parse(&arena, (zs_span){idx, 10}, "a", &labels, &n, &err),
                     ZS_OK);
    ck_assert_uint_eq(n, 2);
    ck_assert_uint_eq(labels[0], 9);
    ck_assert_int_eq(zs_dataset_labels_parse(&arena, (zs_span){idx, 9}, "a", &labels, &n, &err),
                     ZS_EPARSE);
}
END_TEST

START_TEST(test_a_table_of_labels_names_files_and_classes)
{
    static const char text[] = "file,wnid,class\na.png,n1,3\n\"b,c.png\",n2,0\n";
    static const char bad[] = "file,class\na.png,three\n";
    const zs_label_entry *entries;
    uint32_t n;
    ck_assert_int_eq(zs_label_table_parse(&arena, (zs_span){(const uint8_t *)text, sizeof text - 1},
                                          "l.csv", &entries, &n, &err),
                     ZS_OK);
    ck_assert_uint_eq(n, 2);
    ck_assert_str_eq(entries[1].file, "b,c.png");
    ck_assert_uint_eq(entries[0].class_index, 3);
    ck_assert_int_eq(zs_label_table_parse(&arena, (zs_span){(const uint8_t *)bad, sizeof bad - 1},
                                          "l.csv", &entries, &n, &err),
                     ZS_EPARSE);
    ck_assert_str_eq(err.place, "l.csv:2, class");
}
END_TEST

TCase *tcase_image_sets(void)
{
    TCase *tc = net_case("image sets");
    tcase_add_test(tc, test_a_picture_is_cut_into_tiles);
    tcase_add_test(tc, test_tiles_that_do_not_divide_are_refused);
    tcase_add_test(tc, test_webp_keeps_the_pixels_and_refuses_damage);
    tcase_add_test(tc, test_transparent_pixels_lie_on_white);
    tcase_add_test(tc, test_labels_are_read_in_any_form);
    tcase_add_test(tc, test_a_table_of_labels_names_files_and_classes);
    return tc;
}
