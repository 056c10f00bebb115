#include "cases.h"
#include "tflite_writer.h"

#include "zynqsim/num.h"

#include <math.h>
#include <string.h>

/* One operator over an input of 1 x 2 x 3 x 2, -2.5 to 3 in steps of 0.5; the expected results are
 * from NumPy. */
typedef struct shape {
    uint32_t rank;
    int32_t dims[4];
} shape;

/* clang-format off */
static const struct {
    int code;
    struct {
        int type;
        shape shape;
        float values[24];
    } constants[2];
    tfl_option options[6];
    shape y_shape;
    float y[48];
} cases[] = {
    {3, {{TFL_FLOAT, {4, {2, 3, 2, 2}}, {-1.375f, -1.25f, -1.125f, -1.0f, -0.875f, -0.75f, -0.625f, -0.5f, -0.375f, -0.25f, -0.125f, 0.0f, 0.125f, 0.25f, 0.375f, 0.5f, 0.625f, 0.75f, 0.875f, 1.0f, 1.125f, 1.25f, 1.375f, 1.5f}}, {TFL_FLOAT, {1, {2}}, {0.5f, -1.0f}}}, {{0, 1, 0}, {1, 4, 2}, {2, 4, 1}}, {4, {1, 2, 2, 2}}, {5.0f, 0.5f, -0.75f, 5.25f, 6.0f, 1.5f, -3.25f, 2.75f}},
    {3, {{TFL_FLOAT, {4, {2, 2, 2, 2}}, {-1.375f, -1.25f, -1.125f, -1.0f, -0.875f, -0.75f, -0.625f, -0.5f, 0.125f, 0.25f, 0.375f, 0.5f, 0.625f, 0.75f, 0.875f, 1.0f}}, {TFL_FLOAT, {1, {2}}, {0.5f, -1.0f}}}, {{0, 1, 1}, {1, 4, 1}, {2, 4, 1}, {3, 1, 1}}, {4, {1, 1, 2, 2}}, {6.0f, 1.5f, 0.0f, 6.0f}},
    {3, {{TFL_FLOAT, {4, {2, 3, 2, 2}}, {-1.375f, -1.25f, -1.125f, -1.0f, -0.875f, -0.75f, -0.625f, -0.5f, -0.375f, -0.25f, -0.125f, 0.0f, 0.125f, 0.25f, 0.375f, 0.5f, 0.625f, 0.75f, 0.875f, 1.0f, 1.125f, 1.25f, 1.375f, 1.5f}}}, {{0, 1, 0}, {1, 4, 1}, {2, 4, 1}, {5, 4, 2}}, {4, {1, 2, 3, 2}}, {5.125f, -5.375f, 2.375f, -2.125f, 0.4375f, -0.3125f, -3.125f, 4.375f, -5.875f, 7.625f, -4.4375f, 3.8125f}},
    {4, {{TFL_FLOAT, {4, {1, 2, 2, 4}}, {-1.75f, -1.5f, -1.25f, -1.0f, -0.75f, -0.5f, -0.25f, 0.0f, 0.25f, 0.5f, 0.75f, 1.0f, 1.25f, 1.5f, 1.75f, 2.0f}}, {TFL_FLOAT, {1, {4}}, {0.0f, 1.0f, 2.0f, 3.0f}}}, {{0, 1, 0}, {1, 4, 1}, {2, 4, 1}, {3, 4, 2}, {4, 1, 3}}, {4, {1, 2, 3, 4}}, {6.0f, 6.0f, 6.0f, 6.0f, 6.0f, 6.0f, 6.0f, 6.0f, 1.5f, 3.0f, 4.25f, 6.0f, 0.0f, 0.0f, 0.25f, 2.0f, 0.0f, 0.0f, 0.0f, 1.0f, 0.0f, 0.0f, 0.0f, 0.0f}},
    {9, {{TFL_FLOAT, {2, {2, 12}}, {-1.375f, -1.25f, -1.125f, -1.0f, -0.875f, -0.75f, -0.625f, -0.5f, -0.375f, -0.25f, -0.125f, 0.0f, 0.125f, 0.25f, 0.375f, 0.5f, 0.625f, 0.75f, 0.875f, 1.0f, 1.125f, 1.25f, 1.375f, 1.5f}}, {TFL_FLOAT, {1, {2}}, {0.5f, -1.0f}}}, {{0}}, {2, {1, 2}}, {7.375f, 10.375f}},
    {9, {{TFL_FLOAT, {2, {2, 12}}, {-1.375f, -1.25f, -1.125f, -1.0f, -0.875f, -0.75f, -0.625f, -0.5f, -0.375f, -0.25f, -0.125f, 0.0f, 0.125f, 0.25f, 0.375f, 0.5f, 0.625f, 0.75f, 0.875f, 1.0f, 1.125f, 1.25f, 1.375f, 1.5f}}}, {{0, 1, 1}}, {2, {1, 2}}, {6.875f, 11.375f}},
    {1, {{0}}, {{0, 1, 0}, {1, 4, 2}, {2, 4, 2}, {3, 4, 2}, {4, 4, 2}}, {4, {1, 1, 2, 2}}, {-0.5f, 0.0f, 1.0f, 1.5f}},
    {17, {{0}}, {{0, 1, 1}, {1, 4, 1}, {2, 4, 1}, {3, 4, 3}, {4, 4, 2}}, {4, {1, 1, 1, 2}}, {2.5f, 3.0f}},
    {17, {{0}}, {{0, 1, 0}, {1, 4, 1}, {2, 4, 1}, {3, 4, 2}, {4, 4, 2}, {5, 1, 2}}, {4, {1, 2, 3, 2}}, {1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f}},
    {0, {{TFL_FLOAT, {1, {2}}, {2.0f, -3.0f}}}, {{0, 1, 1}}, {4, {1, 2, 3, 2}}, {0.0f, 0.0f, 0.5f, 0.0f, 1.5f, 0.0f, 2.5f, 0.0f, 3.5f, 0.0f, 4.5f, 0.0f}},
    {18, {{TFL_FLOAT, {1, {2}}, {2.0f, -3.0f}}}, {{0}}, {4, {1, 2, 3, 2}}, {-5.0f, 6.0f, -3.0f, 3.0f, -1.0f, -0.0f, 1.0f, -3.0f, 3.0f, -6.0f, 5.0f, -9.0f}},
    {41, {{TFL_FLOAT, {1, {2}}, {2.0f, -3.0f}}}, {{0}}, {4, {1, 2, 3, 2}}, {-4.5f, 1.0f, -3.5f, 2.0f, -2.5f, 3.0f, -1.5f, 4.0f, -0.5f, 5.0f, 0.5f, 6.0f}},
    {42, {{TFL_FLOAT, {1, {2}}, {2.0f, -3.0f}}}, {{0}}, {4, {1, 2, 3, 2}}, {-1.25f, 0.666667f, -0.75f, 0.333333f, -0.25f, -0.0f, 0.25f, -0.333333f, 0.75f, -0.666667f, 1.25f, -1.0f}},
    {55, {{TFL_FLOAT, {1, {2}}, {2.0f, -3.0f}}}, {{0}}, {4, {1, 2, 3, 2}}, {2.0f, -2.0f, 2.0f, -1.0f, 2.0f, 0.0f, 2.0f, 1.0f, 2.0f, 2.0f, 2.5f, 3.0f}},
    {57, {{TFL_FLOAT, {1, {2}}, {2.0f, -3.0f}}}, {{0}}, {4, {1, 2, 3, 2}}, {-2.5f, -3.0f, -1.5f, -3.0f, -0.5f, -3.0f, 0.5f, -3.0f, 1.5f, -3.0f, 2.0f, -3.0f}},
    {18, {{TFL_FLOAT, {4, {1, 1, 1, 1}}, {3.0f}}}, {{0}}, {4, {1, 2, 3, 2}}, {-7.5f, -6.0f, -4.5f, -3.0f, -1.5f, 0.0f, 1.5f, 3.0f, 4.5f, 6.0f, 7.5f, 9.0f}},
    {54, {{TFL_FLOAT, {3, {1, 1, 2}}, {0.5f, 0.25f}}}, {{0}}, {4, {1, 2, 3, 2}}, {-1.25f, -0.5f, -0.75f, -0.25f, -0.25f, 0.0f, 0.5f, 1.0f, 1.5f, 2.0f, 2.5f, 3.0f}},
    {78, {{TFL_FLOAT, {0, {}}, {2.0f}}}, {{0}}, {4, {1, 2, 3, 2}}, {6.25f, 4.0f, 2.25f, 1.0f, 0.25f, 0.0f, 0.25f, 1.0f, 2.25f, 4.0f, 6.25f, 9.0f}},
    {19, {{0}}, {{0}}, {4, {1, 2, 3, 2}}, {0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.5f, 1.0f, 1.5f, 2.0f, 2.5f, 3.0f}},
    {20, {{0}}, {{0}}, {4, {1, 2, 3, 2}}, {-1.0f, -1.0f, -1.0f, -1.0f, -0.5f, 0.0f, 0.5f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f}},
    {21, {{0}}, {{0}}, {4, {1, 2, 3, 2}}, {0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.5f, 1.0f, 1.5f, 2.0f, 2.5f, 3.0f}},
    {14, {{0}}, {{0}}, {4, {1, 2, 3, 2}}, {0.0758582f, 0.119203f, 0.182426f, 0.268941f, 0.377541f, 0.5f, 0.622459f, 0.731059f, 0.817574f, 0.880797f, 0.924142f, 0.952574f}},
    {28, {{0}}, {{0}}, {4, {1, 2, 3, 2}}, {-0.986614f, -0.964028f, -0.905148f, -0.761594f, -0.462117f, 0.0f, 0.462117f, 0.761594f, 0.905148f, 0.964028f, 0.986614f, 0.995055f}},
    {47, {{0}}, {{0}}, {4, {1, 2, 3, 2}}, {0.082085f, 0.135335f, 0.22313f, 0.367879f, 0.606531f, 1.0f, 1.64872f, 2.71828f, 4.48169f, 7.38906f, 12.1825f, 20.0855f}},
    {59, {{0}}, {{0}}, {4, {1, 2, 3, 2}}, {2.5f, 2.0f, 1.5f, 1.0f, 0.5f, -0.0f, -0.5f, -1.0f, -1.5f, -2.0f, -2.5f, -3.0f}},
    {101, {{0}}, {{0}}, {4, {1, 2, 3, 2}}, {2.5f, 2.0f, 1.5f, 1.0f, 0.5f, 0.0f, 0.5f, 1.0f, 1.5f, 2.0f, 2.5f, 3.0f}},
    {111, {{0}}, {{0}}, {4, {1, 2, 3, 2}}, {-0.917915f, -0.864665f, -0.77687f, -0.632121f, -0.393469f, 0.0f, 0.5f, 1.0f, 1.5f, 2.0f, 2.5f, 3.0f}},
    {117, {{0}}, {{0}}, {4, {1, 2, 3, 2}}, {-0.208333f, -0.333333f, -0.375f, -0.333333f, -0.208333f, 0.0f, 0.291667f, 0.666667f, 1.125f, 1.66667f, 2.29167f, 3.0f}},
    {98, {{0}}, {{0, 'f', 0.25}}, {4, {1, 2, 3, 2}}, {-0.625f, -0.5f, -0.375f, -0.25f, -0.125f, 0.0f, 0.5f, 1.0f, 1.5f, 2.0f, 2.5f, 3.0f}},
    {25, {{0}}, {{0, 'f', 2}}, {4, {1, 2, 3, 2}}, {0.268941f, 0.731059f, 0.268941f, 0.731059f, 0.268941f, 0.731059f, 0.268941f, 0.731059f, 0.268941f, 0.731059f, 0.268941f, 0.731059f}},
    {40, {{TFL_INT32, {1, {2}}, {1.0f, 2.0f}}}, {{0}}, {2, {1, 2}}, {0.0f, 0.5f}},
    {40, {{TFL_INT32, {1, {2}}, {1.0f, 2.0f}}}, {{0, 1, 1}}, {4, {1, 1, 1, 2}}, {0.0f, 0.5f}},
    {40, {{TFL_INT32, {1, {1}}, {3.0f}}}, {{0, 1, 1}}, {4, {1, 2, 3, 1}}, {-2.25f, -1.25f, -0.25f, 0.75f, 1.75f, 2.75f}},
    {74, {{TFL_INT32, {1, {1}}, {2.0f}}}, {{0}}, {3, {1, 2, 2}}, {-4.5f, -3.0f, 4.5f, 6.0f}},
    {82, {{TFL_INT32, {1, {2}}, {1.0f, -1.0f}}}, {{0}}, {2, {1, 3}}, {1.0f, 2.0f, 3.0f}},
    {89, {{TFL_INT32, {1, {1}}, {1.0f}}}, {{0}}, {3, {1, 3, 2}}, {-2.5f, -2.0f, -1.5f, -1.0f, -0.5f, 0.0f}},
    {39, {{TFL_INT32, {1, {4}}, {0.0f, 2.0f, 1.0f, 3.0f}}}, {{0}}, {4, {1, 3, 2, 2}}, {-2.5f, -2.0f, 0.5f, 1.0f, -1.5f, -1.0f, 1.5f, 2.0f, -0.5f, 0.0f, 2.5f, 3.0f}},
    {34, {{TFL_INT32, {2, {4, 2}}, {0.0f, 0.0f, 1.0f, 0.0f, 0.0f, 2.0f, 0.0f, 1.0f}}}, {{0}}, {4, {1, 3, 5, 3}}, {0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, -2.5f, -2.0f, 0.0f, -1.5f, -1.0f, 0.0f, -0.5f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.5f, 1.0f, 0.0f, 1.5f, 2.0f, 0.0f, 2.5f, 3.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f}},
    {60, {{TFL_INT32, {2, {4, 2}}, {0.0f, 0.0f, 0.0f, 1.0f, 1.0f, 1.0f, 0.0f, 0.0f}}, {TFL_FLOAT, {0, {}}, {5.0f}}}, {{0}}, {4, {1, 3, 5, 2}}, {5.0f, 5.0f, -2.5f, -2.0f, -1.5f, -1.0f, -0.5f, 0.0f, 5.0f, 5.0f, 5.0f, 5.0f, 0.5f, 1.0f, 1.5f, 2.0f, 2.5f, 3.0f, 5.0f, 5.0f, 5.0f, 5.0f, 5.0f, 5.0f, 5.0f, 5.0f, 5.0f, 5.0f, 5.0f, 5.0f}},
    {97, {{TFL_INT32, {1, {2}}, {4.0f, 6.0f}}}, {{0}}, {4, {1, 4, 6, 2}}, {-2.5f, -2.0f, -2.5f, -2.0f, -1.5f, -1.0f, -1.5f, -1.0f, -0.5f, 0.0f, -0.5f, 0.0f, -2.5f, -2.0f, -2.5f, -2.0f, -1.5f, -1.0f, -1.5f, -1.0f, -0.5f, 0.0f, -0.5f, 0.0f, 0.5f, 1.0f, 0.5f, 1.0f, 1.5f, 2.0f, 1.5f, 2.0f, 2.5f, 3.0f, 2.5f, 3.0f, 0.5f, 1.0f, 0.5f, 1.0f, 1.5f, 2.0f, 1.5f, 2.0f, 2.5f, 3.0f, 2.5f, 3.0f}},
};
/* clang-format on */

enum { X_N = 12 };

static uint32_t elems_of(const shape *s)
{
    uint32_t n = 1;
    for (uint32_t d = 0; d < s->rank; d++)
        n *= (uint32_t)s->dims[d];
    return n;
}

static zs_span model_of(size_t i)
{
    static int32_t wholes[2][24];
    tfl_tensor t[4] = {{.type = TFL_FLOAT, .rank = 4, .dims = {1, 2, 3, 2}}};
    uint32_t n = 1;
    for (size_t k = 0; k < 2; k++) {
        const shape *s = &cases[i].constants[k].shape;
        if (s->rank == 0 && cases[i].constants[k].values[0] == 0)
            continue;
        const bool is_whole = cases[i].constants[k].type == TFL_INT32;
        for (uint32_t e = 0; e < elems_of(s); e++)
            wholes[k][e] = (int32_t)cases[i].constants[k].values[e];
        t[n] = (tfl_tensor){.type = cases[i].constants[k].type,
                            .rank = s->rank,
                            .data = is_whole ? (const void *)wholes[k]
                                             : (const void *)cases[i].constants[k].values,
                            .bytes = 4 * (size_t)elems_of(s)};
        memcpy(t[n++].dims, s->dims, sizeof s->dims);
    }
    t[n] = (tfl_tensor){.type = TFL_FLOAT, .rank = cases[i].y_shape.rank};
    memcpy(t[n++].dims, cases[i].y_shape.dims, sizeof t->dims);
    return tflite_model(&arena, cases[i].code, t, n, cases[i].options);
}

static zs_status parse(zs_arena *into, zs_span bytes, const char *path, zs_net_spec *out,
                       zs_err *error)
{
    return zs_net_tflite_parse(into, bytes, path, &(const zs_net_parts){0}, out, error);
}

/* Runs the model on the input of all cases, in planes as the network takes it. */
static const float *run(zs_span model, zs_net **net)
{
    float x[X_N];
    zs_net_spec spec = {0};
    zs_quant *quant = NULL;
    zs_ref_tensors tensors = {0};
    zs_status status = parse(&arena, model, "t.tflite", &spec, &err);
    for (uint32_t i = 0; i < X_N; i++)
        x[i % 2 * 6 + i / 2] = ((float)i - 5) / 2;
    if (status == ZS_OK)
        status = zs_net_streamline(&arena, &spec, net, &err);
    if (status == ZS_OK)
        status = zs_quant_build(&arena, *net, ZS_FP32, NULL, &quant, &err);
    if (status == ZS_OK)
        status = zs_ref_run(&arena, *net, quant, x, NULL, &tensors, &err);
    ck_assert_msg(status == ZS_OK, "%s: %s", err.place, err.text);
    return tensors.data[(*net)->output];
}

START_TEST(test_operators_compute_what_tflite_does)
{
    zs_net *net = NULL;
    const float *y = run(model_of((size_t)_i), &net);
    const uint32_t n = elems_of(&cases[_i].y_shape);
    ck_assert_uint_eq(zs_shape_elems(net->tensors[net->output].shape), n);
    ck_assert_uint_eq(net->outputs[0].rank, cases[_i].y_shape.rank);
    for (uint32_t i = 0; i < n; i++)
        ck_assert_msg(fabsf(y[i] - cases[_i].y[i]) <= 1e-5f * (1 + fabsf(y[i])),
                      "operator %d: element %u is %g, not %g", cases[_i].code, i, (double)y[i],
                      (double)cases[_i].y[i]);
}
END_TEST

/* ---- integers -------------------------------------------------------------------------------- */

/* Of x as int8 with scale 0.5 and zero 3: q = 3 + i - 5. */
static const struct {
    int code, type; /* of the result */
    float scale;
    int64_t zero;
    int q[X_N];
} integers[] = {
    {114, TFL_UINT8, 0.25f, 100, {90, 92, 94, 96, 98, 100, 102, 104, 106, 108, 110, 112}},
    {114, TFL_INT8, 2, -1, {-2, -2, -2, -2, -1, -1, 0, 0, 0, 0, 1, 1}},
    {19, TFL_INT8, 0.5f, 3, {3, 3, 3, 3, 3, 3, 4, 5, 6, 7, 8, 9}},
    {21,
     TFL_INT8,
     0.03125f,
     -128,
     {-128, -128, -128, -128, -128, -128, -112, -96, -80, -64, -48, -32}},
    {14, TFL_INT8, 0.00390625f, -128, {-109, -97, -81, -59, -31, 0, 31, 59, 81, 97, 109, 116}},
};

START_TEST(test_integers_follow_the_rules_of_the_format)
{
    tfl_tensor t[2] = {
        {.type = TFL_INT8, .rank = 4, .dims = {1, 2, 3, 2}, .scale = 0.5f, .zero = 3}};
    t[1] = t[0];
    t[1].type = integers[_i].type;
    t[1].scale = integers[_i].scale;
    t[1].zero = integers[_i].zero;
    zs_net *net = NULL;
    const float *y =
        run(tflite_model(&arena, integers[_i].code, t, 2, &(const tfl_option){0}), &net);
    ck_assert(net->outputs[0].is_int);
    for (int i = 0; i < X_N; i++) {
        const int q = (int)y[i] + (int)integers[_i].zero;
        ck_assert_msg(q == integers[_i].q[i], "operator %d: element %d is %d, not %d",
                      integers[_i].code, i, q, integers[_i].q[i]);
    }
}
END_TEST

/* With a constant for each channel: scale 0.25, zero 2; the result in steps of 0.375 around -4. */
static const struct {
    int code;
    int q[X_N];
} pairs[] = {
    {0, {-5, -24, -3, -21, 0, -19, 3, -16, 5, -13, 8, -11}},
    {41, {-16, 5, -13, 8, -11, 11, -8, 13, -5, 16, -3, 19}},
    {18, {-18, 26, -12, 11, -7, -4, -1, -19, 4, -34, 10, -48}},
};

START_TEST(test_integers_meet_constants)
{
    static const int8_t constant[2] = {10, -20};
    const tfl_tensor t[3] = {
        {.type = TFL_INT8, .rank = 4, .dims = {1, 2, 3, 2}, .scale = 0.5f, .zero = 3},
        {.type = TFL_INT8,
         .rank = 1,
         .dims = {2},
         .scale = 0.25f,
         .zero = 2,
         .data = constant,
         .bytes = 2},
        {.type = TFL_INT8, .rank = 4, .dims = {1, 2, 3, 2}, .scale = 0.375f, .zero = -4}};
    zs_net *net = NULL;
    const float *y = run(tflite_model(&arena, pairs[_i].code, t, 3, &(const tfl_option){0}), &net);
    for (int i = 0; i < X_N; i++)
        ck_assert_msg((int)y[i] - 4 == pairs[_i].q[i], "operator %d: element %d is %d, not %d",
                      pairs[_i].code, i, (int)y[i] - 4, pairs[_i].q[i]);
}
END_TEST

START_TEST(test_multipliers_round_by_rule)
{
    ck_assert_int_eq(zs_rule_scale(ZS_ROUND_DOUBLE, 3, 0.5), 2);
    ck_assert_int_eq(zs_rule_scale(ZS_ROUND_DOUBLE, -3, 0.5), -1);
    ck_assert_int_eq(zs_rule_scale(ZS_ROUND_DOUBLE, -6, 0.25), -2);
    ck_assert_int_eq(zs_rule_scale(ZS_ROUND_SINGLE, -6, 0.25), -1);
    ck_assert_int_eq(zs_rule_scale(ZS_ROUND_FLOAT, -3, 0.5), -2);
    ck_assert_int_eq(zs_rule_scale(ZS_ROUND_FLOAT, 5, 0.5), 2);
    ck_assert_int_eq(zs_rule_scale(ZS_ROUND_DOUBLE, 7, 1e-12), 0);
    ck_assert_int_eq(zs_rule_scale(ZS_ROUND_DOUBLE, 100, 3), 300);
    ck_assert_int_eq(zs_rule_mean(ZS_ROUND_DOUBLE, 10, 4, 1), 3);
    ck_assert_int_eq(zs_rule_add(ZS_ROUND_DOUBLE, 4, 0.5, 4, 0.25, 0.5), 6);
    ck_assert_int_eq(zs_rule_add(ZS_ROUND_FLOAT, 4, 0.5, 4, 0.25, 0.5), 6);
}
END_TEST

START_TEST(test_a_result_may_be_the_input_in_other_dimensions)
{
    enum { RESHAPE = 22, N = 4 };
    static const float x[N] = {1, -2, 3, 0.5f};
    const tfl_tensor t[2] = {{.type = TFL_FLOAT, .rank = 2, .dims = {1, N}},
                             {.type = TFL_FLOAT, .rank = 3, .dims = {1, 2, 2}}};
    zs_net_spec spec = {0};
    const zs_span model = tflite_model(&arena, RESHAPE, t, 2, &(const tfl_option){0});
    const zs_status status = parse(&arena, model, "t.tflite", &spec, &err);
    ck_assert_msg(status == ZS_OK, "%s: %s", err.place, err.text);
    ck_assert_uint_eq(spec.result.rank, 3);
    net_expect_outputs(&spec, x, x, N, "reshape");
}
END_TEST

/* ---- files that are not right ---------------------------------------------------------------- */

START_TEST(test_a_cut_or_changed_file_never_crashes)
{
    const zs_span model = model_of((size_t)_i);
    uint8_t *bytes = zs_new(&arena, uint8_t, model.bytes);
    for (size_t i = 0; i < model.bytes; i++) {
        zs_net_spec spec;
        zs_net *net;
        zs_arena each;
        zs_arena_init(&each, arena.source);
        if (i + 16 < model.bytes) /* padding behind the last table */
            ck_assert_int_ne(parse(&each, (zs_span){model.data, i}, "t.tflite", &spec, &err),
                             ZS_OK);
        memcpy(bytes, model.data, model.bytes);
        bytes[i] ^= (uint8_t)(1u << (i % 8));
        if (parse(&each, (zs_span){bytes, model.bytes}, "t.tflite", &spec, &err) == ZS_OK)
            (void)zs_net_build(&each, &spec, &net, &err);
        zs_arena_drop(&each);
    }
}
END_TEST

START_TEST(test_what_cannot_be_handled_is_named)
{
    tfl_tensor t[2] = {{.type = TFL_FLOAT, .rank = 4, .dims = {1, 2, 3, 2}}};
    t[1] = t[0];
    const zs_span unknown = tflite_model(&arena, 33, t, 2, &(const tfl_option){0});
    net_expect_error(parse, unknown, "t.tflite", ZS_EUNSUPPORTED, "operator 0 (code 33)",
                     "operator EMBEDDING_LOOKUP_SPARSE (33) is not handled");
    t[1].dims[1] = 4;
    const zs_span other = tflite_model(&arena, 19, t, 2, &(const tfl_option){0});
    net_expect_error(parse, other, "t.tflite", ZS_ESHAPE, "operator 0 (relu)",
                     "not the shape that the file states for 'b'");
    net_expect_error(parse, (zs_span){(const uint8_t *)"no model", 8}, "t.tflite", ZS_EPARSE,
                     "t.tflite", "not a TFLite model");
}
END_TEST

/* One output channel per input channel; 0 leaves the multiplier to the shapes. */
START_TEST(test_a_depth_multiplier_agrees_with_the_weights)
{
    static const float weights[2] = {1, 2};
    tfl_tensor t[3] = {{.type = TFL_FLOAT, .rank = 4, .dims = {1, 2, 3, 2}},
                       {.type = TFL_FLOAT,
                        .rank = 4,
                        .dims = {1, 1, 1, 2},
                        .data = weights,
                        .bytes = sizeof weights}};
    t[2] = t[0];
    for (int multiplier = -1; multiplier < 3; multiplier++) {
        const tfl_option options[] = {{1, 4, 1}, {2, 4, 1}, {3, 4, multiplier}, {0}};
        const zs_span model = tflite_model(&arena, 4, t, 3, options);
        zs_net_spec spec;
        if (multiplier == 0 || multiplier == 1)
            ck_assert_int_eq(parse(&arena, model, "t.tflite", &spec, &err), ZS_OK);
        else
            net_expect_error(parse, model, "t.tflite", ZS_ESHAPE, "operator 0 (depthwise_conv_2d)",
                             "of 2 channels, but weights for 2");
    }
}
END_TEST

/* Integers of x [1, 2, 3, 2], scale 0.5 and zero 3, where the result has another scale or zero. */
static const struct {
    int code;
    int32_t list[8]; /* a constant of so many numbers */
    uint32_t list_n, columns;
    float y_scale;
    int64_t y_zero;
    tfl_option options[2];
    zs_status status;
    const char *place, *text;
} odd[] = {
    {34,
     {0, 0, 1, 0, 0, 0, 0, 0},
     8,
     2,
     0.25f,
     3,
     {{0}},
     ZS_EUNSUPPORTED,
     "(pad)",
     "to another scale"},
    {39, {0, 2, 1, 3}, 4, 1, 0.5f, 4, {{0}}, ZS_EUNSUPPORTED, "(transpose)", "to another scale"},
    {25,
     {0},
     0,
     1,
     0.01f,
     -128,
     {{0, 'f', 1}},
     ZS_EUNSUPPORTED,
     "(softmax)",
     "integers of scale 0.01"},
    {25, {0}, 0, 1, 1.0f / 256, 0, {{0, 'f', 1}}, ZS_EUNSUPPORTED, "(softmax)", "from the least"},
    {19, {0}, 0, 1, 0.5f, 128, {{0}}, ZS_ERANGE, "t.tflite", "zero point 128 of -128..127"},
    {45,
     {0, 0, 0, 0},
     4,
     1,
     0.5f,
     3,
     {{5, 1, 1}},
     ZS_EUNSUPPORTED,
     "(strided_slice)",
     "counted from the starts"},
};

START_TEST(test_what_only_other_integers_could_be_is_refused)
{
    tfl_tensor t[5] = {
        {.type = TFL_INT8, .rank = 4, .dims = {1, 2, 3, 2}, .scale = 0.5f, .zero = 3}};
    const tfl_tensor list = {.type = TFL_INT32,
                             .rank = odd[_i].columns,
                             .dims = {(int32_t)(odd[_i].list_n / odd[_i].columns), 2},
                             .data = odd[_i].list,
                             .bytes = 4 * (size_t)odd[_i].list_n};
    const uint32_t lists = odd[_i].list_n == 0 ? 0 : odd[_i].code == 45 ? 3 : 1;
    for (uint32_t k = 1; k <= lists; k++)
        t[k] = list;
    t[lists + 1] = t[0];
    t[lists + 1].scale = odd[_i].y_scale;
    t[lists + 1].zero = odd[_i].y_zero;
    net_expect_error(parse, tflite_model(&arena, odd[_i].code, t, lists + 2, odd[_i].options),
                     "t.tflite", odd[_i].status, odd[_i].place, odd[_i].text);
}
END_TEST

START_TEST(test_edges_of_blocks_are_no_larger_than_maps)
{
    enum { TFL_INT64 = 4, SPACE_TO_BATCH_ND = 38 };
    static const int64_t blocks[2] = {2, 1}, edges[2][4] = {{INT64_MAX, 0, 0, 0}, {0, -1, 0, 0}};
    tfl_tensor t[4] = {
        {.type = TFL_FLOAT, .rank = 4, .dims = {1, 2, 3, 2}},
        {.type = TFL_INT64, .rank = 1, .dims = {2}, .data = blocks, .bytes = sizeof blocks},
        {.type = TFL_INT64, .rank = 2, .dims = {2, 2}, .data = edges[_i], .bytes = sizeof *edges}};
    t[3] = t[0];
    net_expect_error(parse, tflite_model(&arena, SPACE_TO_BATCH_ND, t, 4, &(const tfl_option){0}),
                     "t.tflite", ZS_ERANGE, "(space_to_batch_nd)", "edges from 0 to 16777216");
}
END_TEST

TCase *tcase_net_tflite(void)
{
    TCase *tc = net_case("net_tflite");
    tcase_add_loop_test(tc, test_operators_compute_what_tflite_does, 0, (int)ZS_LEN(cases));
    tcase_add_loop_test(tc, test_integers_follow_the_rules_of_the_format, 0, (int)ZS_LEN(integers));
    tcase_add_loop_test(tc, test_integers_meet_constants, 0, (int)ZS_LEN(pairs));
    tcase_add_test(tc, test_multipliers_round_by_rule);
    tcase_add_test(tc, test_a_result_may_be_the_input_in_other_dimensions);
    tcase_add_loop_test(tc, test_a_cut_or_changed_file_never_crashes, 0, 2);
    tcase_add_test(tc, test_what_cannot_be_handled_is_named);
    tcase_add_test(tc, test_a_depth_multiplier_agrees_with_the_weights);
    tcase_add_loop_test(tc, test_edges_of_blocks_are_no_larger_than_maps, 0, 2);
    tcase_add_loop_test(tc, test_what_only_other_integers_could_be_is_refused, 0, ZS_LEN(odd));
    return tc;
}
