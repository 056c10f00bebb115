#include "golden_case.h"
#include "nets.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Trained SqueezeNets through plan and executor, against what other programs computed. */

enum { CLASSES = 1000 };

static const struct {
    const char *model, *version;
} models[] = {
    {"data/models/squeezenet_v1.1.caffemodel", "v1.1"},
    {"data/models/squeezenet_v1.0.caffemodel", "v1.0"},
    {"data/models/squeezenet_v1.1.onnx", "v1.1"},
    {"data/models/squeezenet_v1.0.onnx", "v1.0"},
};

static golden_case gc;
static const zs_shape photo = {3, 227, 227};

static void set_up(void)
{
    golden_start(&gc);
}

static void tear_down(void)
{
    golden_end(&gc);
}

static const golden_point *open_point(int model)
{
    const zs_net *net = golden_shared_net(&gc, models[model].model, photo);
    return net == NULL ? NULL : golden_point_build(&gc, net, ZS_FP32, NULL);
}

START_TEST(test_exact_inputs_give_the_golden_logits)
{
    static const char *const inputs[] = {
        "data/golden/input_n01833805.npy",
        "data/golden/input_n02128925.npy",
        "data/golden/input_n02708093.npy",
    };
    char name[96];
    snprintf(name, sizeof name, "data/golden/squeezenet_%s_logits.npy", models[_i].version);
    const zs_npy wanted = golden_npy(&gc, name);
    const golden_point *p = open_point(_i);
    if (wanted.data == NULL || p == NULL)
        return;
    ck_assert_uint_ne(p->net->logits, p->net->output);
    ck_assert_uint_eq(golden_npy_elems(&wanted), GOLDEN_PICTURES * CLASSES);
    for (size_t i = 0; i < ZS_LEN(inputs); i++) {
        float y[CLASSES];
        const zs_npy x = golden_npy(&gc, inputs[i]);
        golden_point_run(p, x.data, p->net->logits, y);
        golden_assert_close(inputs[i], y, wanted.data + i * CLASSES, CLASSES);
    }
}
END_TEST

START_TEST(test_tensors_left_in_dram_on_the_way_are_the_golden_ones)
{
    static const char *const tensors[] = {"pool1", "fire2_concat", "fire9_concat"};
    const zs_npy x = golden_npy(&gc, "data/golden/input_n01833805.npy");
    const golden_point *p = open_point(_i);
    if (x.data == NULL || p == NULL)
        return;
    for (size_t i = 0; i < ZS_LEN(tensors); i++) {
        char name[128];
        snprintf(name, sizeof name, "data/golden/tensors/squeezenet_%s_n01833805_%s.npy",
                 models[_i].version, tensors[i]);
        const zs_npy wanted = golden_npy(&gc, name);
        const uint32_t tensor = test_find_published(p->net, tensors[i]);
        const size_t n = golden_npy_elems(&wanted);
        ck_assert_uint_eq(n, zs_shape_elems(p->net->tensors[tensor].shape));
        float *y = zs_new(&gc.arena, float, n);
        golden_point_run(p, x.data, tensor, y);
        golden_assert_close(name, y, wanted.data, n);
    }
}
END_TEST

/* ---- photos ---------------------------------------------------------------------------------- */

/* One row of a golden top-5 file. */
typedef struct answer {
    char file[96];
    uint32_t rank, class_index;
    float opencv, torch;
} answer;

static bool read_answer(FILE *csv, answer *a)
{
    char line[256];
    uint32_t truth;
    while (fgets(line, sizeof line, csv) != NULL)
        if (sscanf(line, "%95[^,],%u,%u,%u,%f,%f", a->file, &truth, &a->rank, &a->class_index,
                   &a->opencv, &a->torch) == 6)
            return true;
    return false;
}

static void check_answers(const float *prob, FILE *csv, const char *picture)
{
    uint32_t best[5];
    golden_best(prob, CLASSES, best, 5);
    for (uint32_t k = 0; k < 5; k++) {
        answer a;
        ck_assert(read_answer(csv, &a));
        ck_assert_str_eq(a.file, picture);
        ck_assert_uint_eq(a.rank, k + 1);
        ck_assert_msg(best[k] == a.class_index, "%s: %u is number %u, not %u", picture, best[k],
                      k + 1, a.class_index);
        const double error = fabs((double)prob[best[k]] - (double)a.opencv);
        ck_assert_msg(error <= 1e-5, "%s: class %u has %g, off by %g", picture, best[k],
                      (double)prob[best[k]], error);
    }
}

START_TEST(test_photos_give_the_golden_five_best_classes)
{
    char name[96];
    const golden_point *p = open_point(_i);
    if (p == NULL)
        return;
    snprintf(name, sizeof name, "data/golden/squeezenet_%s_top5.csv", models[_i].version);
    const char *path = test_shared(name);
    FILE *csv = path == NULL ? NULL : fopen(path, "r");
    ck_assert_ptr_nonnull(csv);
    for (int i = 0; i < GOLDEN_PICTURES; i++) {
        float prob[CLASSES];
        const float *x = golden_picture(&gc, golden_pictures[i], photo);
        golden_point_run(p, x, p->net->output, prob);
        check_answers(prob, csv, golden_pictures[i]);
    }
    fclose(csv);
}
END_TEST

/* opencv_top1.csv: file, class of v1.0, class of v1.1; lines that are not such are its head. */
static bool read_top1(FILE *csv, char file[96], uint32_t classes[2])
{
    char line[256];
    while (fgets(line, sizeof line, csv) != NULL)
        if (sscanf(line, "%95[^,],%u,%u", file, &classes[0], &classes[1]) == 3)
            return true;
    return false;
}

START_TEST(test_every_photo_gets_the_class_that_opencv_finds)
{
    char file[96];
    uint32_t wanted[2], photos = 0;
    const golden_point *p = open_point(_i);
    if (p == NULL)
        return;
    const bool is_v11 = strcmp(models[_i].version, "v1.1") == 0;
    FILE *csv = fopen("tests/golden/opencv_top1.csv", "r");
    ck_assert_ptr_nonnull(csv);
    for (; read_top1(csv, file, wanted); photos++) {
        float prob[CLASSES];
        uint32_t best;
        golden_point_run(p, golden_picture(&gc, file, photo), p->net->output, prob);
        golden_best(prob, CLASSES, &best, 1);
        ck_assert_msg(best == wanted[is_v11], "%s: class %u, not %u", file, best, wanted[is_v11]);
    }
    fclose(csv);
    ck_assert_uint_eq(photos, 50);
}
END_TEST

TCase *tcase_squeezenet(void)
{
    TCase *tc = tcase_create("squeezenet");
    tcase_set_tags(tc, "long");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, test_exact_inputs_give_the_golden_logits, 0, ZS_LEN(models));
    tcase_add_loop_test(tc, test_tensors_left_in_dram_on_the_way_are_the_golden_ones, 0,
                        ZS_LEN(models));
    tcase_add_loop_test(tc, test_photos_give_the_golden_five_best_classes, 0, ZS_LEN(models));
    /* Once per version: the first two models. */
    tcase_add_loop_test(tc, test_every_photo_gets_the_class_that_opencv_finds, 0, 2);
    return tc;
}
