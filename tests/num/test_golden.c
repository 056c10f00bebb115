#include "num_cases.h"
#include "nets.h"

#include "zynqsim/import.h"
#include "zynqsim/num.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The reference executor against outputs that other programs computed (reference data). */

static zs_arena arena;
static zs_span files[8];
static uint32_t file_n;

static void set_up(void)
{
    zs_arena_init(&arena, test_heap());
    file_n = 0;
}

static void tear_down(void)
{
    for (uint32_t i = 0; i < file_n; i++)
        free((void *)files[i].data);
    zs_arena_drop(&arena);
}

/* Bytes of a file of the reference data; empty when it is not there. */
static zs_span open_shared(const char *name)
{
    const char *path = test_shared(name);
    zs_span bytes = {0};
    if (path == NULL)
        test_say_skipped(name);
    else
        files[file_n++] = bytes = test_read_file(path);
    return bytes;
}

static bool open_net(const char *name, zs_net **net)
{
    const zs_span bytes = open_shared(name);
    if (bytes.data == NULL)
        return false;
    zs_net_spec spec;
    zs_err err = {0};
    zs_status status = zs_net_parse(&arena, bytes, name, &spec, &err);
    if (status == ZS_OK)
        status = zs_net_build(&arena, &spec, net, &err);
    ck_assert_msg(status == ZS_OK, "%s: %s", err.place, err.text);
    return true;
}

static zs_npy open_npy(const char *name)
{
    const zs_span bytes = open_shared(name);
    zs_npy npy = {0};
    zs_err err = {0};
    if (bytes.data != NULL)
        ck_assert_msg(zs_npy_parse(&arena, bytes, name, &npy, &err) == ZS_OK, "%s: %s", err.place,
                      err.text);
    return npy;
}

static uint64_t npy_elems(const zs_npy *npy)
{
    return npy->dims[0] * npy->dims[1] * npy->dims[2] * npy->dims[3];
}

static zs_ref_tensors run(const zs_net *net, const float *x)
{
    const zs_quant q = {.precision = ZS_FP32};
    zs_ref_tensors out = {0};
    zs_err err = {0};
    const zs_status status = zs_ref_run(&arena, net, &q, x, NULL, &out, &err);
    ck_assert_msg(status == ZS_OK, "%s: %s", err.place, err.text);
    return out;
}

/* |difference| <= 1e-4 x the largest absolute value. */
static void check_close(const char *name, const float *got, const float *want, size_t n)
{
    double largest = 0, error = 0;
    for (size_t i = 0; i < n; i++) {
        largest = fmax(largest, fabs((double)want[i]));
        error = fmax(error, fabs((double)got[i] - (double)want[i]));
        ck_assert(isfinite(got[i]));
    }
    ck_assert_msg(error <= 1e-4 * largest, "%s is off by %g of %g", name, error, largest);
}

/* ---- small networks -------------------------------------------------------------------------- */

static const struct {
    const char *model, *base;
    uint64_t macs; /* 0: not stated */
} small[] = {
    {"data/models/lenet_mnist.onnx", "data/golden/small/lenet_mnist", 0},
    {"data/models/lenet_mnist.caffemodel", "data/golden/small/lenet_mnist", 0},
    {"data/models/cifar10_quick.onnx", "data/golden/small/cifar10_quick", 0},
    {"data/models/cifar10_quick.caffemodel", "data/golden/small/cifar10_quick", 0},
    {"data/models/resnet20_cifar10.onnx", "data/golden/small/resnet20_cifar10", 0},
    {"data/models/mobilenet_v1_0.25_128.onnx", "data/golden/small/mobilenet_v1_0.25_128", 0},
    {"data/models/examples/ex_fire.onnx", "data/models/examples/ex_fire", 419512},
    {"data/models/examples/ex_res.onnx", "data/models/examples/ex_res", 1825984},
    {"data/models/examples/ex_dw.onnx", "data/models/examples/ex_dw", 149064},
};

/* Files of a trained Caffe model do not say how large their input is. */
static bool open_net_for(const char *name, const zs_npy *x, zs_net **net)
{
    const zs_span bytes = open_shared(name);
    if (bytes.data == NULL)
        return false;
    zs_net_spec spec;
    zs_err err = {0};
    zs_status status = zs_net_parse(&arena, bytes, name, &spec, &err);
    ck_assert_msg(status == ZS_OK, "%s: %s", err.place, err.text);
    if (spec.input.shape.c == 0)
        spec.input.shape =
            (zs_shape){(uint32_t)x->dims[1], (uint32_t)x->dims[2], (uint32_t)x->dims[3]};
    status = zs_net_build(&arena, &spec, net, &err);
    ck_assert_msg(status == ZS_OK, "%s: %s", err.place, err.text);
    return true;
}

START_TEST(test_small_networks_match_their_golden_outputs)
{
    char name[128];
    snprintf(name, sizeof name, "%s_input.npy", small[_i].base);
    const zs_npy x = open_npy(name);
    snprintf(name, sizeof name, "%s_output.npy", small[_i].base);
    const zs_npy y = open_npy(name);
    zs_net *net;
    if (x.data == NULL || y.data == NULL || !open_net_for(small[_i].model, &x, &net))
        return;
    const size_t x_n = zs_shape_elems(net->tensors[net->input].shape);
    const size_t y_n = zs_shape_elems(net->tensors[net->output].shape);
    ck_assert_uint_eq(npy_elems(&y) / y_n, npy_elems(&x) / x_n);
    for (size_t i = 0; i < npy_elems(&x) / x_n && i < 5; i++) {
        const zs_ref_tensors t = run(net, x.data + i * x_n);
        check_close(small[_i].model, t.data[net->output], y.data + i * y_n, y_n);
    }
    if (small[_i].macs != 0)
        ck_assert_uint_eq(zs_net_macs(net), small[_i].macs);
}
END_TEST

static uint32_t best_of(const float *y, size_t n)
{
    uint32_t best = 0;
    for (uint32_t c = 1; c < n; c++)
        best = y[c] > y[best] ? c : best;
    return best;
}

/* Calibrated on the very samples, integers name the same class as the golden output. */
START_TEST(test_quantised_small_networks_name_the_same_classes)
{
    enum { SAMPLES = 5 };
    char name[128];
    snprintf(name, sizeof name, "%s_input.npy", small[_i].base);
    const zs_npy x = open_npy(name);
    snprintf(name, sizeof name, "%s_output.npy", small[_i].base);
    const zs_npy want = open_npy(name);
    zs_net *net;
    zs_ranges ranges;
    if (x.data == NULL || want.data == NULL || !open_net_for(small[_i].model, &x, &net))
        return;
    const size_t x_n = zs_shape_elems(net->tensors[net->input].shape);
    const size_t y_n = zs_shape_elems(net->tensors[net->output].shape);
    const size_t samples = x.dims[0] < SAMPLES ? x.dims[0] : SAMPLES;
    float *y = zs_new(&arena, float, y_n);
    ck_assert_int_eq(zs_ranges_build(&arena, net, &ranges, NULL), ZS_OK);
    for (uint32_t precision = ZS_FP32; precision <= ZS_INT8; precision++) {
        zs_quant *q;
        ck_assert_int_eq(zs_quant_build(&arena, net, precision, &ranges, &q, NULL), ZS_OK);
        for (size_t i = 0; i < samples; i++) {
            zs_ref_tensors t;
            ck_assert_int_eq(zs_ref_run(&arena, net, q, x.data + i * x_n, &ranges, &t, NULL),
                             ZS_OK);
            zs_dequantise(q, net->output, t.data[net->output], y, y_n);
            ck_assert_uint_eq(best_of(y, y_n), best_of(want.data + i * y_n, y_n));
        }
    }
}
END_TEST

/* ---- SqueezeNet ------------------------------------------------------------------------------ */

static const struct {
    const char *model, *version;
} squeezenets[] = {
    {"data/models/squeezenet_v1.1.caffemodel", "1.1"},
    {"data/models/squeezenet_v1.1.onnx", "1.1"},
    {"data/models/squeezenet_v1.0.caffemodel", "1.0"},
    {"data/models/squeezenet_v1.0.onnx", "1.0"},
};

static void check_tensors(const char *version, const zs_net *net, zs_ref_tensors t)
{
    static const char *const tensors[] = {"pool1", "fire2_concat", "fire9_concat"};
    for (size_t i = 0; i < ZS_LEN(tensors); i++) {
        char name[128];
        snprintf(name, sizeof name, "data/golden/tensors/squeezenet_v%s_n01833805_%s.npy", version,
                 tensors[i]);
        const zs_npy want = open_npy(name);
        const uint32_t tensor = test_find_published(net, tensors[i]);
        ck_assert_uint_eq(npy_elems(&want), zs_shape_elems(net->tensors[tensor].shape));
        check_close(name, t.data[tensor], want.data, npy_elems(&want));
    }
}

/* The image is the first of the golden ones: row 0 of the logits. */
START_TEST(test_squeezenet_matches_golden_logits_and_tensors_on_the_way)
{
    char name[64];
    zs_net *net;
    snprintf(name, sizeof name, "data/golden/squeezenet_v%s_logits.npy", squeezenets[_i].version);
    const zs_npy logits = open_npy(name), x = open_npy("data/golden/input_n01833805.npy");
    if (x.data == NULL || logits.data == NULL || !open_net(squeezenets[_i].model, &net))
        return;
    const zs_ref_tensors t = run(net, x.data);
    check_close("logits", t.data[net->logits], logits.data, 1000);
    ck_assert_uint_ne(net->logits, net->output);
    check_tensors(squeezenets[_i].version, net, t);
}
END_TEST

/* A hummingbird, class 94, in every precision. */
START_TEST(test_quantised_squeezenet_still_knows_the_bird)
{
    const zs_npy x = open_npy("data/golden/input_n01833805.npy");
    zs_net *net;
    zs_ranges ranges;
    if (x.data == NULL || !open_net(squeezenets[_i].model, &net))
        return;
    ck_assert_int_eq(zs_ranges_build(&arena, net, &ranges, NULL), ZS_OK);
    for (uint32_t precision = ZS_FP32; precision <= ZS_INT8; precision++) {
        zs_quant *q;
        zs_ref_tensors t;
        float y[1000];
        ck_assert_int_eq(zs_quant_build(&arena, net, precision, &ranges, &q, NULL), ZS_OK);
        ck_assert_int_eq(zs_ref_run(&arena, net, q, x.data, &ranges, &t, NULL), ZS_OK);
        zs_dequantise(q, net->output, t.data[net->output], y, 1000);
        ck_assert_uint_eq(best_of(y, 1000), 94);
        ck_assert(y[94] > 0.95f);
    }
}
END_TEST

TCase *tcase_golden(void)
{
    TCase *tc = tcase_create("golden");
    tcase_set_tags(tc, "long");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 30);
    tcase_add_loop_test(tc, test_small_networks_match_their_golden_outputs, 0, ZS_LEN(small));
    tcase_add_loop_test(tc, test_quantised_small_networks_name_the_same_classes, 0, ZS_LEN(small));
    tcase_add_loop_test(tc, test_squeezenet_matches_golden_logits_and_tensors_on_the_way, 0,
                        ZS_LEN(squeezenets));
    tcase_add_loop_test(tc, test_quantised_squeezenet_still_knows_the_bird, 0, 1);
    return tc;
}
