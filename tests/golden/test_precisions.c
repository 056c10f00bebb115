#include "golden_case.h"

#include <stdio.h>
#include <stdlib.h>

/* How often narrow arithmetic, calibrated on the samples, names the class that fp32 names. */

static const struct {
    const char *model;
    const char *samples, *outputs; /* NULL: the ten golden pictures */
    uint32_t precision, sample_n, agree_n; /* agree_n: the least number that is accepted */
} narrow[] = {
    {"data/models/squeezenet_v1.1.caffemodel", NULL, "data/golden/squeezenet_v1.1_logits.npy",
     ZS_FIXED16, 10, 10},
    {"data/models/squeezenet_v1.0.caffemodel", NULL, "data/golden/squeezenet_v1.0_logits.npy",
     ZS_FIXED16, 10, 10},
    {"data/models/squeezenet_v1.1.caffemodel", NULL, "data/golden/squeezenet_v1.1_logits.npy",
     ZS_INT8, 10, 7},
    {"data/models/squeezenet_v1.0.caffemodel", NULL, "data/golden/squeezenet_v1.0_logits.npy",
     ZS_INT8, 10, 7},
    {"data/models/lenet_mnist.onnx", "data/golden/small/lenet_mnist_input.npy",
     "data/golden/small/lenet_mnist_output.npy", ZS_FIXED16, 20, 20},
    {"data/models/lenet_mnist.onnx", "data/golden/small/lenet_mnist_input.npy",
     "data/golden/small/lenet_mnist_output.npy", ZS_INT8, 20, 18},
};

enum { SAMPLES_MAX = 20, CLASSES_MAX = 1000 };

static golden_case gc;

static void set_up(void)
{
    golden_start(&gc);
}

static void tear_down(void)
{
    golden_end(&gc);
}

static bool open_samples(int which, const zs_net *net, const float *x[SAMPLES_MAX])
{
    const zs_shape shape = net->tensors[net->input].shape;
    const char *name = narrow[which].samples;
    const zs_npy npy = name == NULL ? (zs_npy){0} : golden_npy(&gc, name);
    for (uint32_t i = 0; i < narrow[which].sample_n; i++) {
        x[i] = name == NULL ? golden_picture(&gc, golden_pictures[i], shape) : npy.data;
        if (x[i] == NULL)
            return false;
        x[i] += name == NULL ? 0 : i * zs_shape_elems(shape);
    }
    return true;
}

static zs_ranges measure(const zs_net *net, const float *const *x, uint32_t n)
{
    const zs_quant fp32 = {.precision = ZS_FP32};
    zs_ranges ranges;
    zs_arena scratch;
    zs_err err = {0};
    golden_check(zs_ranges_build(&gc.arena, net, &ranges, &err), &err);
    zs_arena_init(&scratch, test_heap());
    for (uint32_t i = 0; i < n; i++) {
        zs_ref_tensors t;
        zs_arena_reset(&scratch);
        golden_check(zs_ref_run(&scratch, net, &fp32, x[i], &ranges, &t, &err), &err);
    }
    zs_arena_drop(&scratch);
    return ranges;
}

static uint32_t count_agreements(int which, const golden_point *p, const float *const *x,
                                 const float *wanted)
{
    const uint32_t class_n = p->net->tensors[p->net->logits].shape.c;
    uint32_t agree = 0;
    ck_assert_uint_le(class_n, CLASSES_MAX);
    for (uint32_t i = 0; i < narrow[which].sample_n; i++) {
        float y[CLASSES_MAX];
        uint32_t best, right;
        golden_point_run(p, x[i], p->net->logits, y);
        golden_best(y, class_n, &best, 1);
        golden_best(wanted + i * class_n, class_n, &right, 1);
        agree += best == right;
    }
    return agree;
}

START_TEST(test_narrow_arithmetic_names_the_golden_class)
{
    const float *x[SAMPLES_MAX];
    const zs_net *net = golden_shared_net(&gc, narrow[_i].model, (zs_shape){3, 227, 227});
    const zs_npy wanted = golden_npy(&gc, narrow[_i].outputs);
    if (net == NULL || wanted.data == NULL || !open_samples(_i, net, x))
        return;
    const zs_ranges ranges = measure(net, x, narrow[_i].sample_n);
    const golden_point *p = golden_point_build(&gc, net, narrow[_i].precision, &ranges);
    const uint32_t agree = count_agreements(_i, p, x, wanted.data);
    if (getenv("GV")) fprintf(stderr, "GV agree %s %u: %u\n", narrow[_i].model, narrow[_i].precision, agree);
    ck_assert_msg(agree >= narrow[_i].agree_n, "%s in precision %u: %u of %u", narrow[_i].model,
                  narrow[_i].precision, agree, narrow[_i].sample_n);
}
END_TEST

TCase *tcase_precisions(void)
{
    TCase *tc = tcase_create("precisions");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, test_narrow_arithmetic_names_the_golden_class, 0, ZS_LEN(narrow));
    return tc;
}
