#include "rig.h"

#include "nets.h"

#include <stdio.h>
#include <string.h>

static float *make_input(zs_arena *arena, const zs_net *net, uint64_t seed)
{
    const size_t n = (size_t)zs_shape_elems(net->tensors[net->input].shape);
    float *x = zs_new(arena, float, n);
    zs_prng prng = {.state = seed};
    for (size_t i = 0; i < n; i++)
        x[i] = (float)((double)(zs_prng_next(&prng) >> 40) / 8388608.0 - 1.0);
    return x;
}

static void check(zs_status status, const zs_err *err)
{
    ck_assert_msg(status == ZS_OK, "%s: %s", err->place, err->text);
}

void test_rig_init_net(test_rig *rig, const zs_net *net, uint32_t precision)
{
    zs_err err = {0};
    zs_ranges ranges;
    zs_quant *fp32 = NULL;
    zs_ref_tensors out;
    rig->net = net;
    check(zs_ranges_build(&rig->arena, net, &ranges, &err), &err);
    check(zs_quant_build(&rig->arena, net, ZS_FP32, NULL, &fp32, &err), &err);
    for (int i = 0; i < RIG_IMAGES; i++) {
        rig->inputs[i] = make_input(&rig->arena, net, 100 + (uint64_t)i);
        check(zs_ref_run(&rig->arena, net, fp32, rig->inputs[i], &ranges, &out, &err), &err);
    }
    check(zs_quant_build(&rig->arena, net, precision, &ranges, &rig->quant, &err), &err);
    rig->output_n = (size_t)zs_shape_elems(net->tensors[net->output].shape);
    for (int i = 0; i < RIG_IMAGES; i++) {
        check(zs_ref_run(&rig->arena, net, rig->quant, rig->inputs[i], NULL, &out, &err), &err);
        rig->outputs[i] = zs_new(&rig->arena, float, rig->output_n);
        zs_dequantise(rig->quant, net->output, out.data[net->output], rig->outputs[i],
                      rig->output_n);
    }
}

void test_rig_init(test_rig *rig, int net, uint32_t precision)
{
    memset(rig, 0, sizeof *rig);
    zs_arena_init(&rig->arena, test_heap());
    test_rig_init_net(rig, test_net_build(&rig->arena, net), precision);
}

void test_rig_drop(test_rig *rig)
{
    zs_arena_drop(&rig->arena);
}

static uint32_t pick(zs_prng *prng, const uint32_t *from, uint32_t n)
{
    return from[zs_prng_below(prng, n)];
}
#define PICK(...)                                                                                  \
    pick(prng, (const uint32_t[]){__VA_ARGS__}, ZS_LEN(((const uint32_t[]){__VA_ARGS__})))

zs_design test_random_design(zs_prng *prng, uint32_t precision)
{
    zs_design d;
    zs_design_defaults(&d);
    zs_accel *a = &d.accel;
    a->precision = precision;
    a->tile.oc = PICK(1, 2, 3, 4, 5, 8, 16, 32, 64);
    a->tile.ic = PICK(1, 2, 3, 4, 8, 16, 64);
    a->tile.oy = PICK(1, 2, 3, 5, 7, 8, 14, 64);
    a->tile.ox = PICK(1, 2, 4, 5, 7, 13, 14, 64);
    a->unroll.oc = PICK(1, 2, 4, 8);
    a->unroll.ic = PICK(1, 2, 4);
    a->unroll.ox = PICK(1, 1, 2);
    a->unroll.kx = PICK(1, 1, 3);
    a->loop_order = (uint32_t)zs_prng_below(prng, 3);
    a->outer_loop = (uint32_t)zs_prng_below(prng, 2);
    a->pipeline = zs_prng_below(prng, 4) > 0;
    a->double_buffer.input = zs_prng_below(prng, 2);
    a->double_buffer.weight = zs_prng_below(prng, 2);
    a->double_buffer.output = zs_prng_below(prng, 2);
    a->dma.merge_rows = zs_prng_below(prng, 4) > 0;
    a->fusion = (uint32_t)zs_prng_below(prng, 5);
    a->ports.input = (uint32_t)zs_prng_below(prng, 7);
    a->ports.weight = (uint32_t)zs_prng_below(prng, 7);
    a->ports.output = (uint32_t)zs_prng_below(prng, 7);
    d.batch = PICK(1, 1, 2, 3);
    d.board.bram18 = PICK(64, 128, 280);
    return d;
}

const char *test_design_line(const zs_design *d)
{
    static char text[512];
    const zs_accel *a = &d->accel;
    snprintf(text, sizeof text,
             "precision %u tile %u/%u/%u/%u unroll %u/%u/ox%u/kx%u order %u outer %u double %d%d%d "
             "merge %d fusion %u ports %u/%u/%u batch %u bram18 %u",
             a->precision, a->tile.oc, a->tile.ic, a->tile.oy, a->tile.ox, a->unroll.oc,
             a->unroll.ic, a->unroll.ox, a->unroll.kx, a->loop_order, a->outer_loop,
             a->double_buffer.input, a->double_buffer.weight, a->double_buffer.output,
             a->dma.merge_rows, a->fusion, a->ports.input, a->ports.weight, a->ports.output,
             d->batch, d->board.bram18);
    return text;
}

zs_plan *test_rig_plan(const test_rig *rig, zs_arena *arena, const zs_design *d)
{
    zs_err err = {0};
    zs_plan *plan = NULL;
    const zs_status status = zs_plan_build(arena, d, rig->net, &plan, &err);
    ck_assert_msg(status == ZS_OK, "%s, %s: %s: %s", rig->net->name, test_design_line(d), err.place,
                  err.text);
    return plan;
}

zs_exec *test_rig_exec(const test_rig *rig, zs_arena *arena, const zs_design *d,
                       const zs_plan *plan)
{
    zs_err err = {0};
    zs_exec *exec = NULL;
    check(zs_exec_build(arena, d, rig->net, plan, rig->quant, &exec, &err), &err);
    for (uint32_t i = 0; i < d->batch; i++)
        zs_exec_set_input(exec, i, rig->inputs[i % RIG_IMAGES]);
    return exec;
}

void test_rig_compare(const test_rig *rig, const zs_design *d, const zs_exec *exec)
{
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    float *y = zs_new(&arena, float, rig->output_n);
    for (uint32_t i = 0; i < d->batch; i++) {
        const float *wanted = rig->outputs[i % RIG_IMAGES];
        zs_exec_get(exec, i, rig->net->output, y);
        for (size_t k = 0; k < rig->output_n; k++)
            ck_assert_msg(memcmp(&y[k], &wanted[k], sizeof y[k]) == 0,
                          "%s, %s: image %u, element %zu is %.9g and not %.9g", rig->net->name,
                          test_design_line(d), i, k, (double)y[k], (double)wanted[k]);
    }
    zs_arena_drop(&arena);
}
