#include "golden_case.h"

#include <stdio.h>

/* Small trained networks and made-up examples: every stored sample through plan and executor. */

static const struct {
    const char *model, *samples; /* SAMPLES_input.npy, SAMPLES_output.npy */
} nets[] = {
    {"data/models/lenet_mnist.onnx", "data/golden/small/lenet_mnist"},
    {"data/models/lenet_mnist.caffemodel", "data/golden/small/lenet_mnist"},
    {"data/models/cifar10_quick.onnx", "data/golden/small/cifar10_quick"},
    {"data/models/cifar10_quick.caffemodel", "data/golden/small/cifar10_quick"},
    {"data/models/resnet20_cifar10.onnx", "data/golden/small/resnet20_cifar10"},
    {"data/models/mobilenet_v1_0.25_128.onnx", "data/golden/small/mobilenet_v1_0.25_128"},
    {"data/models/examples/ex_fire.onnx", "data/models/examples/ex_fire"},
    {"data/models/examples/ex_res.onnx", "data/models/examples/ex_res"},
    {"data/models/examples/ex_dw.onnx", "data/models/examples/ex_dw"},
};

static golden_case gc;

static void set_up(void)
{
    golden_start(&gc);
}

static void tear_down(void)
{
    golden_end(&gc);
}

static zs_npy open_samples(int which, const char *end)
{
    char name[128];
    snprintf(name, sizeof name, "%s_%s.npy", nets[which].samples, end);
    return golden_npy(&gc, name);
}

static void run_samples(int which, const golden_point *p, const zs_npy *x, const zs_npy *wanted)
{
    const size_t sample_n = (size_t)x->dims[0];
    const size_t x_n = golden_npy_elems(x) / sample_n, y_n = golden_npy_elems(wanted) / sample_n;
    ck_assert_uint_eq(x_n, zs_shape_elems(p->net->tensors[p->net->input].shape));
    ck_assert_uint_eq(y_n, zs_shape_elems(p->net->tensors[p->net->output].shape));
    float *y = zs_new(&gc.arena, float, y_n);
    for (size_t i = 0; i < sample_n; i++) {
        golden_point_run(p, x->data + i * x_n, p->net->output, y);
        golden_assert_close(nets[which].model, y, wanted->data + i * y_n, y_n);
    }
}

START_TEST(test_samples_give_the_golden_outputs)
{
    const zs_npy x = open_samples(_i, "input"), wanted = open_samples(_i, "output");
    if (x.data == NULL || wanted.data == NULL)
        return;
    const zs_shape shape = {(uint32_t)x.dims[1], (uint32_t)x.dims[2], (uint32_t)x.dims[3]};
    const zs_net *net = golden_shared_net(&gc, nets[_i].model, shape);
    if (net == NULL)
        return;
    const golden_point *p = golden_point_build(&gc, net, ZS_FP32, NULL);
    run_samples(_i, p, &x, &wanted);
}
END_TEST

TCase *tcase_small_networks(void)
{
    TCase *tc = tcase_create("small networks");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 30);
    tcase_add_loop_test(tc, test_samples_give_the_golden_outputs, 0, ZS_LEN(nets));
    return tc;
}
