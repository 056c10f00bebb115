#include "num_cases.h"
#include "nets.h"

#include "zynqsim/num.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static zs_arena arena;
static test_spec *spec;

static void set_up(void)
{
    zs_arena_init(&arena, test_heap());
}

static void tear_down(void)
{
    zs_arena_drop(&arena);
}

static void fill(float *x, size_t n, uint64_t seed)
{
    zs_prng prng = {.state = seed};
    for (size_t i = 0; i < n; i++)
        x[i] = (float)zs_prng_below(&prng, 2001) / 100.0f - 10.0f;
}

/* Builds the network with its one layer and runs that layer in fp32. */
static const zs_layer *run_only(const float *const *x, float *y)
{
    const zs_net *net = test_net(&arena, spec);
    ck_assert_uint_eq(net->layer_n, 1);
    zs_host_layer_f32(net, &net->layers[0], x, y);
    test_spec_free(spec);
    return &net->layers[0];
}

/* ---- pooling against its definition in double precision -------------------------------------- */

typedef struct pool_case {
    uint32_t h, w;
    zs_window window;
    bool ceil_mode, count_pad, caffe;
} pool_case;

static const pool_case pools[] = {
    {8, 8, {2, 2, 2, 2, 1, 1, 0, 0, 0, 0}, false, false, false},
    {7, 9, {3, 3, 2, 2, 1, 1, 0, 0, 0, 0}, true, false, false},
    {8, 8, {3, 3, 2, 2, 1, 1, 1, 1, 1, 1}, false, false, false},
    {8, 8, {3, 3, 2, 2, 1, 1, 1, 1, 1, 1}, false, true, false},
    {8, 6, {3, 3, 2, 2, 1, 1, 1, 1, 1, 1}, true, true, false},
    {7, 7, {3, 3, 2, 2, 1, 1, 1, 1, 1, 1}, true, false, true},
    {6, 8, {3, 2, 3, 1, 1, 1, 0, 1, 2, 0}, false, true, false},
    {9, 9, {3, 3, 1, 2, 2, 3, 1, 2, 1, 2}, false, true, false},
    {9, 9, {3, 3, 1, 2, 2, 3, 1, 2, 1, 2}, false, false, false},
    {6, 6, {2, 2, 3, 3, 1, 1, 0, 0, 0, 0}, true, true, false},
};

/* One window, straight from the definition: -inf and nothing counted outside. */
static double window_value(const pool_case *c, zs_pool_kind kind, const float *plane, int oy,
                           int ox)
{
    const zs_window *w = &c->window;
    double max = -INFINITY, sum = 0, inside = 0, padded = 0;
    for (int ky = 0; ky < (int)w->kh; ky++)
        for (int kx = 0; kx < (int)w->kw; kx++) {
            const int y = oy * (int)w->sh - (int)w->pad_top + ky * (int)w->dh;
            const int x = ox * (int)w->sw - (int)w->pad_left + kx * (int)w->dw;
            padded += y < (int)(c->h + w->pad_bottom) && x < (int)(c->w + w->pad_right);
            if (y < 0 || x < 0 || y >= (int)c->h || x >= (int)c->w)
                continue;
            const double v = (double)plane[y * (int)c->w + x];
            max = v > max ? v : max;
            sum += v;
            inside++;
        }
    if (kind == ZS_POOL_MAX)
        return max;
    return sum / (c->count_pad || c->caffe ? padded : inside);
}

static void check_pool(const pool_case *c, zs_pool_kind kind)
{
    float x[2 * 81], y[2 * 81];
    const float *in[] = {x};
    fill(x, ZS_LEN(x), 3);
    for (size_t i = 0; i < c->h * c->w; i++)
        x[i] = -1 - fabsf(x[i]); /* all negative: padding must not win */
    spec = test_spec_new(2, c->h, c->w);
    zs_layer_spec *pool = test_pool(spec, "pool", "", kind, 1, 1);
    pool->window = c->window;
    pool->ceil_mode = c->ceil_mode;
    pool->count_include_pad = c->count_pad;
    pool->caffe_pool = c->caffe;
    const zs_layer *layer = run_only(in, y);
    for (uint32_t i = 0; i < 2 * layer->y.h * layer->y.w; i++) {
        const uint32_t ch = i / (layer->y.h * layer->y.w), at = i % (layer->y.h * layer->y.w);
        const double want = window_value(c, kind, x + ch * c->h * c->w, (int)(at / layer->y.w),
                                         (int)(at % layer->y.w));
        ck_assert(fabs((double)y[i] - want) <= 1e-5);
    }
}

START_TEST(test_max_pooling_follows_its_definition)
{
    check_pool(&pools[_i], ZS_POOL_MAX);
}
END_TEST

START_TEST(test_average_pooling_follows_its_definition)
{
    check_pool(&pools[_i], ZS_POOL_AVG);
}
END_TEST

START_TEST(test_the_largest_of_two_zeros_is_plus_zero)
{
    const float x[4] = {-0.0f, -0.0f, -0.0f, -0.0f};
    const float *in[] = {x};
    float y[1];
    spec = test_spec_new(1, 2, 2);
    test_pool(spec, "pool", "", ZS_POOL_MAX, 2, 2);
    run_only(in, y);
    ck_assert(y[0] == 0 && !signbit(y[0]));
}
END_TEST

/* ---- others ---------------------------------------------------------------------------------- */

START_TEST(test_global_mean_and_clip)
{
    float x[3 * 20], y[3];
    const float *in[] = {x};
    fill(x, ZS_LEN(x), 4);
    spec = test_spec_new(3, 4, 5);
    test_layer(spec, ZS_LAYER_GAP, "gap", "");
    run_only(in, y);
    for (int c = 0; c < 3; c++) {
        double sum = 0;
        for (int i = 0; i < 20; i++)
            sum += (double)x[c * 20 + i];
        ck_assert(fabs((double)y[c] - sum / 20) < 1e-5);
    }
}
END_TEST

START_TEST(test_batchnorm_scales_and_shifts_then_clips)
{
    static const float scale[2] = {2, -3}, shift[2] = {0.5f, 1};
    float x[8], y[8];
    const float *in[] = {x};
    fill(x, 8, 5);
    spec = test_spec_new(2, 2, 2);
    zs_layer_spec *norm = test_layer(spec, ZS_LAYER_BATCHNORM, "norm", "");
    norm->scale = scale;
    norm->shift = shift;
    norm->scale_n = 2;
    test_relu(spec, "relu");
    run_only(in, y);
    for (int i = 0; i < 8; i++)
        ck_assert(y[i] == fmaxf(x[i] * scale[i / 4] + shift[i / 4], 0));
}
END_TEST

START_TEST(test_softmax_is_a_distribution_for_any_logits)
{
    float x[5 * 2] = {1, 1000, 2, -1000, 3, 999, 0, 0, -4, 500}, y[10];
    const float *in[] = {x};
    spec = test_spec_new(5, 1, 2);
    test_layer(spec, ZS_LAYER_SOFTMAX, "prob", "");
    run_only(in, y);
    for (int p = 0; p < 2; p++) {
        double sum = 0, exact = 0;
        for (int c = 0; c < 5; c++)
            exact += exp((double)x[c * 2 + p] - (p ? 1000 : 3));
        for (int c = 0; c < 5; c++) {
            sum += (double)y[c * 2 + p];
            const double want = exp((double)x[c * 2 + p] - (p ? 1000 : 3)) / exact;
            ck_assert(fabs((double)y[c * 2 + p] - want) <= 1e-7 * want + 1e-45);
        }
        ck_assert(fabs(sum - 1) < 1e-6);
    }
}
END_TEST

static const uint32_t lrn_sizes[] = {1, 2, 3, 4, 5, 99};

START_TEST(test_lrn_follows_its_definition)
{
    float x[7 * 3], y[21];
    const float *in[] = {x};
    const int size = (int)lrn_sizes[_i];
    fill(x, 21, 6);
    spec = test_spec_new(7, 1, 3);
    zs_layer_spec *lrn = test_layer(spec, ZS_LAYER_LRN, "lrn", "");
    lrn->lrn_size = lrn_sizes[_i];
    lrn->lrn_alpha = 0.1f;
    lrn->lrn_beta = 0.75f;
    lrn->lrn_k = 2;
    run_only(in, y);
    for (int i = 0; i < 21; i++) {
        double sum = 0;
        for (int c = i / 3 - (size - 1) / 2; c <= i / 3 + size / 2; c++)
            sum += c >= 0 && c < 7 ? (double)x[c * 3 + i % 3] * (double)x[c * 3 + i % 3] : 0;
        const double want = (double)x[i] / pow(2 + (double)0.1f / size * sum, 0.75);
        ck_assert(fabs((double)y[i] - want) <= 1e-6 * fabs(want) + 1e-12);
    }
}
END_TEST

START_TEST(test_add_sums_in_order_and_clips)
{
    float a[8], b[8], c[8], y[8];
    const float *in[] = {a, b, c};
    fill(a, 8, 7);
    fill(b, 8, 8);
    fill(c, 8, 9);
    a[0] = 1e8f;
    b[0] = -1e8f;
    c[0] = 0.25f; /* (a + b) + c, not a + (b + c) */
    spec = test_spec_new(2, 2, 2);
    test_layer(spec, ZS_LAYER_ADD, "sum", "data data data")->act = (zs_act){true, -1, 5};
    run_only(in, y);
    ck_assert(y[0] == 0.25f);
    for (int i = 0; i < 8; i++)
        ck_assert(y[i] == fminf(fmaxf(a[i] + b[i] + c[i], -1), 5));
}
END_TEST

START_TEST(test_concat_joins_and_act_clips)
{
    float x[2][12], y[24];
    const float *in[] = {x[0], x[1]};
    fill(x[0], 24, 10);
    spec = test_spec_new(3, 2, 2);
    test_layer(spec, ZS_LAYER_CONCAT, "twice", "data data");
    run_only(in, y);
    ck_assert_int_eq(memcmp(y, x, sizeof y), 0);
    spec = test_spec_new(3, 2, 2);
    test_relu(spec, "relu");
    run_only(in, y);
    for (int i = 0; i < 12; i++)
        ck_assert(y[i] == fmaxf(x[0][i], 0));
}
END_TEST

TCase *tcase_host_layers(void)
{
    TCase *tc = tcase_create("host layers");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, test_max_pooling_follows_its_definition, 0, ZS_LEN(pools));
    tcase_add_loop_test(tc, test_average_pooling_follows_its_definition, 0, ZS_LEN(pools));
    tcase_add_test(tc, test_the_largest_of_two_zeros_is_plus_zero);
    tcase_add_test(tc, test_global_mean_and_clip);
    tcase_add_test(tc, test_batchnorm_scales_and_shifts_then_clips);
    tcase_add_test(tc, test_softmax_is_a_distribution_for_any_logits);
    tcase_add_loop_test(tc, test_lrn_follows_its_definition, 0, ZS_LEN(lrn_sizes));
    tcase_add_test(tc, test_add_sums_in_order_and_clips);
    tcase_add_test(tc, test_concat_joins_and_act_clips);
    return tc;
}
