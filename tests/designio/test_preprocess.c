#include "designio_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const zs_preprocess bytes_as_they_are = {
    .fit = ZS_FIT_NONE, .order = ZS_COLOUR_RGB, .scale = {1, 1, 1}};

static zs_image pattern(designio_case *c, uint32_t w, uint32_t h)
{
    uint8_t *rgb = zs_arena_alloc(&c->arena, (size_t)w * h, 3);
    test_pattern(rgb, w, h);
    return (zs_image){.rgb = rgb, .w = w, .h = h};
}

static const float *run(designio_case *c, const zs_image *image, const zs_preprocess *how,
                        zs_shape shape)
{
    float *out = NULL;
    ck_assert_msg(zs_preprocess_run(&c->arena, image, how, shape, &out, &c->err) == ZS_OK, "%s: %s",
                  c->err.place, c->err.text);
    return out;
}

START_TEST(test_planes_come_in_the_order_asked_for)
{
    designio_case c;
    designio_start(&c);
    const zs_image image = pattern(&c, 4, 3);
    zs_preprocess how = bytes_as_they_are;
    const float *rgb = run(&c, &image, &how, (zs_shape){3, 3, 4});
    how.order = ZS_COLOUR_BGR;
    const float *bgr = run(&c, &image, &how, (zs_shape){3, 3, 4});
    for (int i = 0; i < 12; i++)
        for (int p = 0; p < 3; p++) {
            ck_assert_float_eq(rgb[p * 12 + i], image.rgb[i * 3 + p]);
            ck_assert_float_eq(bgr[p * 12 + i], image.rgb[i * 3 + 2 - p]);
        }
    designio_end(&c);
}
END_TEST

START_TEST(test_mean_and_scale_belong_to_their_plane)
{
    designio_case c;
    designio_start(&c);
    const zs_image image = pattern(&c, 2, 2);
    zs_preprocess how = bytes_as_they_are;
    for (int p = 0; p < 3; p++) {
        how.mean[p] = 10.5 * (p + 1);
        how.scale[p] = 0.25 / (p + 1);
    }
    const float *x = run(&c, &image, &how, (zs_shape){3, 2, 2});
    for (int i = 0; i < 4; i++)
        for (int p = 0; p < 3; p++)
            ck_assert_float_eq(x[p * 4 + i],
                               (float)((image.rgb[i * 3 + p] - how.mean[p]) * how.scale[p]));
    designio_end(&c);
}
END_TEST

START_TEST(test_the_crop_is_in_the_middle)
{
    designio_case c;
    designio_start(&c);
    const zs_image image = pattern(&c, 9, 6);
    const float *x = run(&c, &image, &bytes_as_they_are, (zs_shape){3, 3, 4});
    for (uint32_t y = 0; y < 3; y++) /* 9 - 4 = 5: 2 columns left out before; 6 - 3 = 3: 1 row */
        for (uint32_t k = 0; k < 4; k++)
            ck_assert_float_eq(x[y * 4 + k], image.rgb[((y + 1) * 9 + k + 2) * 3]);
    designio_end(&c);
}
END_TEST

START_TEST(test_one_plane_is_luma)
{
    designio_case c;
    designio_start(&c);
    const uint8_t rgb[] = {255, 0, 0, 0, 255, 0, 0, 0, 255, 77, 77, 77, 255, 255, 255, 10, 20, 30};
    const zs_image image = {.rgb = rgb, .w = 6, .h = 1};
    const float expected[] = {76, 150, 29, 77, 255, 18};
    const float *x = run(&c, &image, &bytes_as_they_are, (zs_shape){1, 1, 6});
    for (int i = 0; i < 6; i++)
        ck_assert_float_eq(x[i], expected[i]);
    designio_end(&c);
}
END_TEST

/* By hand from the formula of docs/models/preprocess.md. */
START_TEST(test_the_resize_interpolates_between_pixel_centres)
{
    designio_case c;
    designio_start(&c);
    const uint8_t two[] = {0, 0, 0, 100, 100, 100};
    const zs_image image = {.rgb = two, .w = 2, .h = 1};
    zs_preprocess how = bytes_as_they_are;
    how.fit = ZS_FIT_STRETCH;
    const float expected[] = {0, 25, 75, 100}; /* at -0.25, 0.25, 0.75, 1.25 */
    const float *x = run(&c, &image, &how, (zs_shape){3, 1, 4});
    for (int i = 0; i < 4; i++)
        ck_assert_float_eq(x[i], expected[i]);
    designio_end(&c);
}
END_TEST

START_TEST(test_half_the_size_is_the_mean_of_four)
{
    designio_case c;
    designio_start(&c);
    const zs_image image = pattern(&c, 8, 6);
    zs_preprocess how = bytes_as_they_are;
    how.fit = ZS_FIT_STRETCH;
    const float *x = run(&c, &image, &how, (zs_shape){3, 3, 4});
    for (uint32_t y = 0; y < 3; y++)
        for (uint32_t k = 0; k < 4; k++) {
            const uint8_t *p = image.rgb + (2 * y * 8 + 2 * k) * 3;
            ck_assert_float_eq(x[y * 4 + k], (float)((p[0] + p[3] + p[8 * 3] + p[9 * 3] + 2) / 4));
        }
    designio_end(&c);
}
END_TEST

/* The figure is that of a version that passed the comparison with the reference data below. */
START_TEST(test_the_default_recipe_gives_the_same_bits_everywhere)
{
    designio_case c;
    zs_image image;
    zs_design d;
    uint64_t hash = 0;
    designio_start(&c);
    ck_assert_int_eq(zs_image_synthetic(&c.arena, 3, 311, 197, &image, &c.err), ZS_OK);
    zs_design_defaults(&d);
    const float *x = run(&c, &image, &d.network.preprocess, (zs_shape){3, 227, 227});
    for (int i = 0; i < 3 * 227 * 227; i++)
        hash = zs_mix64(hash ^ (uint64_t)(int64_t)x[i]);
    ck_assert_uint_eq(hash, UINT64_C(17243954539781802877));
    designio_end(&c);
}
END_TEST

static const struct {
    uint32_t fit, resize, w, h; /* of the picture */
    zs_shape shape;
    uint32_t left, top; /* of the crop in a picture that was not resized */
} fits[] = {
    {ZS_FIT_STRETCH, 8, 8, 8, {3, 8, 8}, 0, 0},    {ZS_FIT_STRETCH, 8, 8, 8, {3, 4, 6}, 1, 2},
    {ZS_FIT_STRETCH, 0, 6, 4, {3, 4, 6}, 0, 0},    {ZS_FIT_SHORT_SIDE, 6, 9, 6, {3, 4, 4}, 2, 1},
    {ZS_FIT_SHORT_SIDE, 6, 6, 9, {3, 4, 4}, 1, 2}, {ZS_FIT_SHORT_SIDE, 0, 5, 8, {3, 4, 5}, 0, 2},
    {ZS_FIT_NONE, 99, 7, 7, {3, 7, 7}, 0, 0},
};

START_TEST(test_a_picture_of_the_right_size_is_not_resampled)
{
    designio_case c;
    designio_start(&c);
    const zs_image image = pattern(&c, fits[_i].w, fits[_i].h);
    zs_preprocess how = bytes_as_they_are;
    how.fit = fits[_i].fit;
    how.resize = fits[_i].resize;
    const zs_shape s = fits[_i].shape;
    const float *x = run(&c, &image, &how, s);
    for (uint32_t y = 0; y < s.h; y++)
        for (uint32_t k = 0; k < s.w; k++)
            ck_assert_float_eq(x[y * s.w + k],
                               image.rgb[((y + fits[_i].top) * image.w + k + fits[_i].left) * 3]);
    designio_end(&c);
}
END_TEST

/* 100x50 with the shorter side to 20: 40x20, of which the middle 20 columns remain. */
START_TEST(test_the_short_side_keeps_the_aspect_ratio)
{
    designio_case c;
    designio_start(&c);
    uint8_t *rgb = zs_arena_alloc(&c.arena, 100 * 50, 3);
    for (int i = 0; i < 100 * 50; i++)
        memset(rgb + 3 * i, i % 100 < 25 || i % 100 >= 75 ? 0 : 200, 3);
    const zs_image image = {.rgb = rgb, .w = 100, .h = 50};
    zs_preprocess how = bytes_as_they_are;
    how.fit = ZS_FIT_SHORT_SIDE;
    how.resize = 20;
    const float *x = run(&c, &image, &how, (zs_shape){3, 20, 20});
    for (int i = 0; i < 400; i++)
        ck_assert_float_eq(x[i], 200);
    designio_end(&c);
}
END_TEST

static const struct {
    uint32_t fit, resize, crop;
    zs_shape shape;
    const char *place, *part;
} bad[] = {
    {ZS_FIT_NONE, 0, 0, {3, 11, 10}, "network.preprocess.resize", "10x10 pixels are too few"},
    {ZS_FIT_STRETCH, 8, 0, {3, 9, 9}, "network.preprocess.resize", "8x8 pixels are too few"},
    {ZS_FIT_NONE, 0, 6, {3, 5, 5}, "network.preprocess.crop", "crop of 6 pixels, but the network"},
    {ZS_FIT_NONE, 0, 0, {2, 5, 5}, "network.input", "1 or 3 channels, but the network takes 2"},
    {ZS_FIT_NONE, 0, 0, {500, 1, 1}, "network.input", "takes 500"},
    {ZS_FIT_NONE, 0, 0, {3, 0, 5}, "network.input", "5x0 pixels"},
    {ZS_FIT_STRETCH, 0, 0, {3, 65535, 65535}, "network.preprocess.resize", "at most 16384"},
    {ZS_FIT_SHORT_SIDE, 16384, 0, {3, 5, 5}, "network.preprocess.resize", "at most 67108864"},
};

START_TEST(test_sizes_that_do_not_go_together_are_named)
{
    designio_case c;
    float *out = NULL;
    designio_start(&c);
    const zs_image image = pattern(&c, 10, 10);
    zs_preprocess how = bytes_as_they_are;
    how.fit = bad[_i].fit;
    how.resize = bad[_i].resize;
    how.crop = bad[_i].crop;
    ck_assert_int_ne(zs_preprocess_run(&c.arena, &image, &how, bad[_i].shape, &out, &c.err), ZS_OK);
    ck_assert_str_eq(c.err.place, bad[_i].place);
    ck_assert_msg(strstr(c.err.text, bad[_i].part) != NULL, "%s", c.err.text);
    ck_assert_ptr_null(out);
    designio_end(&c);
}
END_TEST

START_TEST(test_every_failed_allocation_is_reported_and_nothing_leaks)
{
    uint8_t rgb[200 * 150 * 3];
    test_pattern(rgb, 200, 150);
    const zs_image image = {.rgb = rgb, .w = 200, .h = 150};
    zs_design d;
    test_heap_state heap = {0};
    zs_status status = ZS_ENOMEM;
    zs_design_defaults(&d);
    for (heap.fail_at = 1; status != ZS_OK; heap.fail_at++) {
        zs_arena arena;
        float *out;
        heap.requests = 0;
        zs_arena_init(&arena, test_counting_heap(&heap));
        status = zs_preprocess_run(&arena, &image, &d.network.preprocess, (zs_shape){3, 227, 227},
                                   &out, NULL);
        ck_assert(status == ZS_OK || status == ZS_ENOMEM);
        zs_arena_drop(&arena);
        ck_assert_int_eq(heap.live_blocks, 0);
    }
    ck_assert_uint_gt(heap.fail_at, 2);
}
END_TEST

/* ---- against the reference data -------------------------------------------------------------- */

/* Photographs whose resized and cropped picture is in the reference data. */
static const char *const photos[] = {
    "n01440764_tench",          "n01798484_prairie_chicken",
    "n01833805_hummingbird",    "n01860187_black_swan",
    "n01943899_conch",          "n01986214_hermit_crab",
    "n02037110_oystercatcher",  "n02100877_Irish_setter",
    "n02102318_cocker_spaniel", "n02113712_miniature_poodle",
    "n02128925_jaguar",         "n02167151_ground_beetle",
    "n02708093_analog_clock",   "n03584254_iPod",
    "n03769881_minibus",        "n04162706_seat_belt",
    "n04330267_stove",          "n04357314_sunscreen",
    "n04579145_whiskey_jug",    "n07684084_French_loaf",
};

/* A file of the reference data in the arena; empty where it is not there. */
static zs_span shared_file(designio_case *c, const char *format, const char *name)
{
    char relative[128];
    snprintf(relative, sizeof relative, format, name);
    const char *path = test_shared(relative);
    if (path == NULL)
        return (zs_span){0};
    const zs_span file = test_read_file(path);
    uint8_t *copy = zs_arena_alloc_raw(&c->arena, file.bytes, 1);
    memcpy(copy, file.data, file.bytes);
    free((void *)(uintptr_t)file.data);
    return (zs_span){.data = copy, .bytes = file.bytes};
}

START_TEST(test_photographs_become_the_reference_pictures)
{
    designio_case c;
    zs_image photo, reference;
    designio_start(&c);
    const zs_span jpeg = shared_file(&c, "data/images/%s.JPEG", photos[_i]);
    const zs_span ppm = shared_file(&c, "data/images/pre227/%s.ppm", photos[_i]);
    if (jpeg.data == NULL || ppm.data == NULL) {
        test_say_skipped(photos[_i]);
        designio_end(&c);
        return;
    }
    ck_assert_int_eq(zs_image_parse(&c.arena, jpeg, "jpeg", &photo, &c.err), ZS_OK);
    ck_assert_int_eq(zs_image_parse(&c.arena, ppm, "ppm", &reference, &c.err), ZS_OK);
    zs_preprocess how = bytes_as_they_are;
    how.fit = ZS_FIT_STRETCH;
    how.resize = 256;
    const float *x = run(&c, &photo, &how, (zs_shape){3, 227, 227});
    for (int i = 0; i < 227 * 227; i++)
        for (int p = 0; p < 3; p++)
            ck_assert(x[p * 227 * 227 + i] == reference.rgb[3 * i + p]);
    designio_end(&c);
}
END_TEST

static const char *const tensors[][2] = {{"n01833805_hummingbird", "n01833805"},
                                         {"n02128925_jaguar", "n02128925"},
                                         {"n02708093_analog_clock", "n02708093"}};

START_TEST(test_the_default_recipe_gives_the_reference_tensors)
{
    designio_case c;
    zs_image photo;
    zs_npy reference;
    zs_design d;
    designio_start(&c);
    const zs_span jpeg = shared_file(&c, "data/images/%s.JPEG", tensors[_i][0]);
    const zs_span npy = shared_file(&c, "data/golden/input_%s.npy", tensors[_i][1]);
    if (jpeg.data == NULL || npy.data == NULL) {
        test_say_skipped(tensors[_i][1]);
        designio_end(&c);
        return;
    }
    ck_assert_int_eq(zs_image_parse(&c.arena, jpeg, "jpeg", &photo, &c.err), ZS_OK);
    ck_assert_int_eq(zs_npy_parse(&c.arena, npy, "npy", &reference, &c.err), ZS_OK);
    zs_design_defaults(&d);
    const float *x = run(&c, &photo, &d.network.preprocess, (zs_shape){3, 227, 227});
    ck_assert_uint_eq(reference.dims[0] * reference.dims[1] * reference.dims[2] * reference.dims[3],
                      3 * 227 * 227);
    ck_assert_mem_eq(x, reference.data, sizeof(float) * 3 * 227 * 227);
    designio_end(&c);
}
END_TEST

TCase *tcase_preprocess(void)
{
    TCase *tc = tcase_create("preprocess");
    tcase_add_test(tc, test_planes_come_in_the_order_asked_for);
    tcase_add_test(tc, test_mean_and_scale_belong_to_their_plane);
    tcase_add_test(tc, test_the_crop_is_in_the_middle);
    tcase_add_test(tc, test_one_plane_is_luma);
    tcase_add_test(tc, test_the_resize_interpolates_between_pixel_centres);
    tcase_add_test(tc, test_the_default_recipe_gives_the_same_bits_everywhere);
    tcase_add_test(tc, test_half_the_size_is_the_mean_of_four);
    tcase_add_loop_test(tc, test_a_picture_of_the_right_size_is_not_resampled, 0, ZS_LEN(fits));
    tcase_add_test(tc, test_the_short_side_keeps_the_aspect_ratio);
    tcase_add_loop_test(tc, test_sizes_that_do_not_go_together_are_named, 0, ZS_LEN(bad));
    tcase_add_test(tc, test_every_failed_allocation_is_reported_and_nothing_leaks);
    tcase_add_loop_test(tc, test_photographs_become_the_reference_pictures, 0, ZS_LEN(photos));
    tcase_add_loop_test(tc, test_the_default_recipe_gives_the_reference_tensors, 0,
                        ZS_LEN(tensors));
    return tc;
}
