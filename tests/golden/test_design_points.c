#include "golden_case.h"
#include "support.h"
#include "tiled.h"
#include "zynqsim/kind.h"

#include <stdio.h>
#include <string.h>

/* SqueezeNet v1.1 on designs drawn at random: the bits of the output depend on the precision alone
 * and are those of the untiled reference executor. A small picture makes most of the points cheap;
 * the full size adds tiles in numbers that small ones do not have. */

enum { POINTS_PER_CASE = 10, PICTURES = 2, SMALL = 67, FULL = 227 };

typedef struct wanted {
    float *logits, *output;
} wanted;

static golden_case gc;
static const zs_net *net;
static zs_quant *quant;
static const float *pictures[PICTURES];
static wanted references[PICTURES];
static size_t output_n;

/* ---- the reference --------------------------------------------------------------------------- */

static const float *draw_picture(uint64_t seed)
{
    const zs_shape s = net->tensors[net->input].shape;
    zs_design d;
    zs_image image;
    float *x = NULL;
    zs_err err = {0};
    zs_design_defaults(&d);
    d.network.preprocess.fit = ZS_FIT_NONE;
    d.network.preprocess.resize = d.network.preprocess.crop = 0;
    golden_check(zs_image_synthetic(&gc.arena, seed, s.w, s.h, &image, &err), &err);
    golden_check(zs_preprocess_run(&gc.arena, &image, &d.network.preprocess, s, &x, &err), &err);
    return x;
}

static float *stored(const zs_ref_tensors *t, uint32_t tensor)
{
    float *y = zs_new(&gc.arena, float, output_n);
    zs_dequantise(quant, tensor, t->data[tensor], y, output_n);
    return y;
}

static void start(uint32_t side, uint32_t precision)
{
    zs_err err = {0};
    zs_ranges ranges;
    zs_ref_tensors t;
    zs_quant *fp32 = NULL;
    golden_start(&gc);
    net = golden_model(&gc, "squeezenet_v1.1", side);
    output_n = (size_t)zs_shape_elems(net->tensors[net->output].shape);
    golden_check(zs_ranges_build(&gc.arena, net, &ranges, &err), &err);
    golden_check(zs_quant_build(&gc.arena, net, ZS_FP32, NULL, &fp32, &err), &err);
    for (int i = 0; i < PICTURES; i++) {
        pictures[i] = draw_picture(10 + (uint64_t)i);
        golden_check(zs_ref_run(&gc.arena, net, fp32, pictures[i], &ranges, &t, &err), &err);
    }
    golden_check(zs_quant_build(&gc.arena, net, precision, &ranges, &quant, &err), &err);
    for (int i = 0; i < PICTURES; i++) {
        golden_check(zs_ref_run(&gc.arena, net, quant, pictures[i], NULL, &t, &err), &err);
        references[i] = (wanted){stored(&t, net->logits), stored(&t, net->output)};
    }
}

static void start_small(void)
{
    start(SMALL, ZS_FP32);
}

static void start_full(void)
{
    start(FULL, ZS_FP32);
}

static void start_fixed16(void)
{
    start(SMALL, ZS_FIXED16);
}

static void start_int8(void)
{
    start(SMALL, ZS_INT8);
}

static void end(void)
{
    golden_end(&gc);
}

/* ---- a design at random ---------------------------------------------------------------------- */

static uint32_t pick(zs_prng *prng, const uint32_t *from, uint32_t n)
{
    return from[zs_prng_below(prng, n)];
}
#define PICK(...)                                                                                  \
    pick(prng, (const uint32_t[]){__VA_ARGS__}, ZS_LEN(((const uint32_t[]){__VA_ARGS__})))

static void draw_loops(zs_prng *prng, zs_accel *a)
{
    tiled_params *p = tiled_params_in(a);
    p->tile.oc = PICK(4, 7, 8, 16, 24, 32, 48, 64, 100, 256);
    p->tile.ic = PICK(3, 4, 8, 13, 16, 32, 64, 512);
    p->tile.oy = PICK(1, 2, 5, 7, 8, 13, 14, 28, 113);
    p->tile.ox = PICK(4, 5, 7, 8, 13, 14, 28, 57, 113);
    a->unroll.oc = PICK(1, 4, 8, 16);
    a->unroll.ic = PICK(1, 2, 4, 8);
    a->unroll.oy = PICK(1, 1, 1, 2);
    a->unroll.ox = PICK(1, 1, 2, 7);
    a->unroll.ky = PICK(1, 1, 1, 3);
    a->unroll.kx = PICK(1, 1, 1, 3);
    p->loop_order = (uint32_t)zs_prng_below(prng, ZS_ORDER_COUNT);
    p->outer_loop = (uint32_t)zs_prng_below(prng, ZS_OUTER_COUNT);
}

/* A tile of a 3 x 3 layer in banks that the unrolled channels share out evenly. */
static uint64_t weight_tile_bytes(const zs_accel *a)
{
    const tiled_params *p = tiled_params_of(a);
    return zs_round_up(p->tile.oc, a->unroll.oc) * zs_round_up(p->tile.ic, a->unroll.ic) * 9 * 4;
}

static zs_design draw_design(zs_prng *prng, uint32_t precision)
{
    zs_design d;
    zs_design_defaults(&d);
    zs_accel *a = &d.accel;
    tiled_params *p = tiled_params_in(a);
    draw_loops(prng, a);
    a->precision = precision;
    a->pipeline = zs_prng_below(prng, 4) > 0;
    p->double_buffer.input = zs_prng_below(prng, 2);
    p->double_buffer.weight = zs_prng_below(prng, 2);
    p->double_buffer.output = zs_prng_below(prng, 2);
    a->buffer.weight_bytes = PICK(0, 0, 2, 5) * weight_tile_bytes(a);
    a->dma.merge_rows = zs_prng_below(prng, 4) > 0;
    a->fusion = (uint32_t)zs_prng_below(prng, ZS_FUSION_GROUPS);
    a->ports.input = (uint32_t)zs_prng_below(prng, ZS_PORT_COUNT);
    a->ports.weight = (uint32_t)zs_prng_below(prng, ZS_PORT_COUNT);
    a->ports.output = (uint32_t)zs_prng_below(prng, ZS_PORT_COUNT);
    d.batch = PICK(1, 1, 1, 2);
    d.board.bram18 = PICK(64, 128, 280);
    return d;
}

static const char *describe(const zs_design *d)
{
    static char text[400];
    const zs_accel *a = &d->accel;
    const tiled_params *p = tiled_params_of(a);
    snprintf(text, sizeof text,
             "tile %u/%u/%u/%u unroll %u/%u/%u/%u/%u/%u order %u outer %u double %d%d%d weights "
             "%llu merge %d fusion %u batch %u bram18 %u",
             p->tile.oc, p->tile.ic, p->tile.oy, p->tile.ox, a->unroll.oc, a->unroll.ic,
             a->unroll.oy, a->unroll.ox, a->unroll.ky, a->unroll.kx, p->loop_order, p->outer_loop,
             p->double_buffer.input, p->double_buffer.weight, p->double_buffer.output,
             (unsigned long long)a->buffer.weight_bytes, a->dma.merge_rows, a->fusion, d->batch,
             d->board.bram18);
    return text;
}

/* ---- comparing ------------------------------------------------------------------------------- */

static void check_tensor(zs_arena *arena, const zs_design *d, const zs_exec *exec, uint32_t image,
                         uint32_t tensor, const float *expected)
{
    float *y = zs_new(arena, float, output_n);
    zs_exec_get(exec, image, tensor, y);
    size_t i = 0;
    while (i < output_n && memcmp(&y[i], &expected[i], sizeof y[i]) == 0)
        i++;
    if (i < output_n)
        ck_abort_msg("%s: image %u, %s[%zu] is %.9g and not %.9g", describe(d), image,
                     net->tensors[tensor].name, i, (double)y[i], (double)expected[i]);
}

/* The ops in program order; or in the order in which a simulated board retires them. */
static void run(zs_arena *arena, const zs_design *d, const zs_plan *plan, zs_exec *exec,
                bool in_order)
{
    const zs_retire_hook hook = zs_exec_hook(exec);
    zs_result *result;
    zs_err err = {0};
    if (in_order) {
        zs_exec_run(exec);
        return;
    }
    const zs_status status = zs_sim_run(arena, d, net, plan, ZS_TILE, &hook, &result, &err);
    ck_assert_msg(status == ZS_OK, "%s: %s: %s", describe(d), err.place, err.text);
}

static void check_design(zs_arena *arena, const zs_design *d, bool in_order)
{
    zs_plan *plan = NULL;
    zs_exec *exec = NULL;
    zs_err err = {0};
    zs_status status = zs_design_check(d, &err);
    if (status == ZS_OK)
        status = zs_plan_build(arena, d, net, &plan, &err);
    ck_assert_msg(status == ZS_OK, "%s: %s: %s", describe(d), err.place, err.text);
    golden_check(zs_exec_build(arena, d, net, plan, quant, &exec, &err), &err);
    for (uint32_t i = 0; i < d->batch; i++)
        zs_exec_set_input(exec, i, pictures[i]);
    run(arena, d, plan, exec, in_order);
    for (uint32_t i = 0; i < d->batch; i++) {
        check_tensor(arena, d, exec, i, net->logits, references[i].logits);
        check_tensor(arena, d, exec, i, net->output, references[i].output);
    }
}

START_TEST(test_random_designs_give_the_bits_of_the_reference)
{
    zs_prng prng = {.state = 7000 + (uint64_t)_i};
    zs_arena point;
    zs_arena_init(&point, test_heap());
    for (int k = 0; k < POINTS_PER_CASE; k++) {
        const zs_design d = draw_design(&prng, quant->precision);
        check_design(&point, &d, k % 5 != 0);
        zs_arena_reset(&point);
    }
    zs_arena_drop(&point);
}
END_TEST

/* Two points that differ could agree on an output that says nothing. */
START_TEST(test_the_reference_tells_pictures_and_classes_apart)
{
    size_t differ = 0, distinct = 0;
    for (size_t i = 1; i < output_n; i++) {
        differ += references[0].logits[i] != references[1].logits[i];
        distinct += references[0].logits[i] != references[0].logits[i - 1];
    }
    ck_assert_uint_gt(differ, output_n / 4);
    ck_assert_uint_gt(distinct, output_n / 4);
}
END_TEST

static TCase *points(const char *name, void (*begin)(void), int n)
{
    TCase *tc = tcase_create(name);
    tcase_add_unchecked_fixture(tc, begin, end);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, test_the_reference_tells_pictures_and_classes_apart);
    test_add_many(tc, test_random_designs_give_the_bits_of_the_reference, n / POINTS_PER_CASE);
    return tc;
}

TCase *tcase_design_points(void)
{
    return points("design points", start_small, 200);
}

TCase *tcase_full_size_points(void)
{
    TCase *tc = points("full size points", start_full, 20);
    tcase_set_tags(tc, "long"); /* the small ones take the same ways through the code */
    return tc;
}

TCase *tcase_fixed16_points(void)
{
    return points("fixed16 points", start_fixed16, 20);
}

TCase *tcase_int8_points(void)
{
    return points("int8 points", start_int8, 20);
}
