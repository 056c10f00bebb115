#include "study_cases.h"
#include "zynqsim/accuracy.h"

#include <math.h>

START_TEST(test_classes_are_ordered_by_value_then_number)
{
    const float y[] = {0.5f, 2, NAN, 2, -1, 3, 0};
    const uint32_t want[ZS_TOP_N] = {5, 1, 3, 0, 6};
    uint32_t best[ZS_TOP_N];
    ck_assert_uint_eq(zs_best_classes(y, 7, best), 5);
    for (uint32_t k = 0; k < ZS_TOP_N; k++)
        ck_assert_uint_eq(best[k], want[k]);
    ck_assert_uint_eq(zs_best_classes(y, 2, best), 2);
    ck_assert_uint_eq(best[0], 1);
}
END_TEST

static const zs_layer_noise layers[][2] = {{{100, 1}, {8, 0}}, {{300, 3}, {8, 0}}};

/* Three images of three classes: right, wrong but among the first five, without a label. */
static const zs_accuracy_image images[] = {
    {.label = 2,
     .top = {2, 1, 0},
     .top_n = 3,
     .has_reference = true,
     .reference_top = {2, 0, 1},
     .largest = 4,
     .difference = 1,
     .layers = layers[0]},
    {.label = 0,
     .top = {1, 0, 2},
     .top_n = 3,
     .has_reference = true,
     .reference_top = {0, 1, 2},
     .largest = 10,
     .difference = 2,
     .layers = layers[1]},
    {.label = ZS_NO_CLASS, .top = {0, 1, 2}, .top_n = 3},
};

START_TEST(test_sums_run_over_all_images)
{
    const char *const names[] = {"conv1", "fc1"};
    zs_arena arena;
    zs_accuracy a;
    zs_err err;
    zs_arena_init(&arena, test_heap());
    ck_assert_int_eq(zs_accuracy_sum(&arena, images, 3, 3, names, 2, &a, &err), ZS_OK);
    ck_assert_uint_eq(a.images, 3);
    ck_assert_uint_eq(a.labelled, 2);
    ck_assert_uint_eq(a.top1, 1);
    ck_assert_uint_eq(a.top5, 2);
    ck_assert_uint_eq(a.compared, 2);
    ck_assert_uint_eq(a.agree, 1);
    ck_assert_uint_eq(a.reference_top1, 2);
    ck_assert_double_eq(a.difference, 2);
    ck_assert_double_eq(a.relative, 0.25);
    ck_assert_uint_eq(a.confusion[2 * 3 + 2], 1);
    ck_assert_uint_eq(a.confusion[0 * 3 + 1], 1);
    ck_assert_double_eq_tol(zs_noise_db(a.layers[0].signal, a.layers[0].noise), 20, 1e-12);
    ck_assert(isinf(zs_noise_db(a.layers[1].signal, a.layers[1].noise)));
    ck_assert(isnan(zs_accuracy_share(0, 0)));
    ck_assert_int_eq(zs_accuracy_sum(&arena, images, 1, 2, names, 2, &a, &err), ZS_ERANGE);
    ck_assert_str_eq(err.text, "image 0 is of class 2, there are 2");
    zs_arena_drop(&arena);
}
END_TEST

/* A network that ends in the number of a class may name any. */
START_TEST(test_answers_that_are_no_class_are_refused_where_they_are_counted)
{
    static const uint32_t answers[] = {2, 3, ZS_NO_CLASS};
    for (size_t i = 0; i < ZS_LEN(answers); i++) {
        const zs_accuracy_image image = {.label = 1, .top = {answers[i]}, .top_n = 1};
        zs_arena arena;
        zs_accuracy a;
        zs_err err;
        zs_arena_init(&arena, test_heap());
        ck_assert_int_eq(zs_accuracy_sum(&arena, &image, 1, 2, NULL, 0, &a, &err), ZS_ERANGE);
        ck_assert_str_eq(err.place, "answers");
        ck_assert_int_eq(zs_accuracy_sum(&arena, &image, 1, UINT32_MAX, NULL, 0, &a, &err), ZS_OK);
        ck_assert_uint_eq(a.top1, 0);
        zs_arena_drop(&arena);
    }
}
END_TEST

TCase *tcase_accuracy(void)
{
    TCase *tc = tcase_create("accuracy");
    tcase_add_test(tc, test_classes_are_ordered_by_value_then_number);
    tcase_add_test(tc, test_sums_run_over_all_images);
    tcase_add_test(tc, test_answers_that_are_no_class_are_refused_where_they_are_counted);
    return tc;
}
