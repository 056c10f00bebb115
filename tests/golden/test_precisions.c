#include "golden_case.h"

/* How often narrow arithmetic, calibrated on some of the samples, names the class that fp32 names.
 */

typedef struct demand {
    uint32_t precision, sample_n, agree_n; /* agree_n: how many at the least */
} demand;

static const struct {
    const char *model, *outputs;
    const char *samples; /* NULL: the golden pictures */
    uint32_t calibration_n;
    demand demands[2];
} nets[] = {
    {"data/models/squeezenet_v1.1.caffemodel",
     "data/golden/squeezenet_v1.1_logits.npy",
     NULL,
     4,
     {{ZS_FIXED16, 10, 10}, {ZS_INT8, 10, 7}}},
    {"data/models/squeezenet_v1.0.caffemodel",
     "data/golden/squeezenet_v1.0_logits.npy",
     NULL,
     4,
     {{ZS_FIXED16, 10, 10}, {ZS_INT8, 10, 7}}},
    {"data/models/lenet_mnist.onnx",
     "data/golden/small/lenet_mnist_output.npy",
     "data/golden/small/lenet_mnist_input.npy",
     20,
     {{ZS_FIXED16, 20, 20}, {ZS_INT8, 20, 19}}},
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
    if (nets[which].samples == NULL) {
        for (uint32_t i = 0; i < GOLDEN_PICTURES; i++)
            x[i] = golden_picture(&gc, golden_pictures[i], shape);
        return x[0] != NULL;
    }
    const zs_npy npy = golden_npy(&gc, nets[which].samples);
    for (uint32_t i = 0; i < SAMPLES_MAX && npy.data != NULL; i++)
        x[i] = npy.data + i * zs_shape_elems(shape);
    return npy.data != NULL;
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

static uint32_t count_agreements(const golden_point *p, const float *const *x, const float *wanted,
                                 uint32_t sample_n)
{
    const uint32_t class_n = p->net->tensors[p->net->logits].shape.c;
    uint32_t agree = 0;
    ck_assert_uint_le(class_n, CLASSES_MAX);
    for (uint32_t i = 0; i < sample_n; i++) {
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
    const zs_net *net = golden_shared_net(&gc, nets[_i].model, (zs_shape){0});
    const zs_npy wanted = golden_npy(&gc, nets[_i].outputs);
    if (net == NULL || wanted.data == NULL || !open_samples(_i, net, x))
        return;
    const zs_ranges ranges = measure(net, x, nets[_i].calibration_n);
    for (size_t k = 0; k < ZS_LEN(nets[_i].demands); k++) {
        const demand d = nets[_i].demands[k];
        const golden_point *p = golden_point_build(&gc, net, d.precision, &ranges);
        const uint32_t agree = count_agreements(p, x, wanted.data, d.sample_n);
        ck_assert_msg(agree >= d.agree_n, "%s in precision %u: %u of %u agree", nets[_i].model,
                      d.precision, agree, d.sample_n);
    }
}
END_TEST

TCase *tcase_precisions(void)
{
    TCase *tc = tcase_create("precisions");
    tcase_set_tags(tc, "long");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, test_narrow_arithmetic_names_the_golden_class, 0, ZS_LEN(nets));
    return tc;
}
