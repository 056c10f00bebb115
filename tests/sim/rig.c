#include "rig.h"
#include "zynqsim/kind.h"

#include "random_design.h"
#include "small_nets.h"

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

static void compute_outputs(test_rig *rig)
{
    zs_err err = {0};
    zs_ref_tensors out;
    const uint32_t output = rig->net->output;
    for (int i = 0; i < RIG_IMAGES; i++) {
        check(zs_ref_run(&rig->arena, rig->net, rig->quant, rig->inputs[i], NULL, &out, &err),
              &err);
        rig->outputs[i] = zs_new(&rig->arena, float, rig->output_n);
        zs_dequantise(rig->quant, output, out.data[output], rig->outputs[i], rig->output_n);
    }
}

void test_rig_init_net(test_rig *rig, const zs_net *net, uint32_t precision)
{
    zs_err err = {0};
    zs_quant *fp32 = NULL;
    zs_ref_tensors out;
    rig->net = net;
    check(zs_ranges_build(&rig->arena, net, &rig->ranges, &err), &err);
    check(zs_quant_build(&rig->arena, net, ZS_FP32, NULL, &fp32, &err), &err);
    for (int i = 0; i < RIG_IMAGES; i++) {
        rig->inputs[i] = make_input(&rig->arena, net, 100 + (uint64_t)i);
        check(zs_ref_run(&rig->arena, net, fp32, rig->inputs[i], &rig->ranges, &out, &err), &err);
    }
    check(zs_quant_build(&rig->arena, net, precision, &rig->ranges, &rig->quant, &err), &err);
    rig->output_n = (size_t)zs_shape_elems(net->tensors[net->output].shape);
    compute_outputs(rig);
}

void test_rig_use_model(test_rig *rig)
{
    zs_err err = {0};
    check(zs_quant_of_model(&rig->arena, rig->net, &rig->quant, &err), &err);
    compute_outputs(rig);
}

static void scale_anew(test_rig *rig)
{
    zs_err err = {0};
    check(zs_quant_build(&rig->arena, rig->net, ZS_INT8, &rig->ranges, &rig->quant, &err), &err);
    compute_outputs(rig);
}

void test_rig_unsign(test_rig *rig)
{
    zs_err err = {0};
    check(zs_ranges_unsign(&rig->arena, &rig->ranges, &err), &err);
    scale_anew(rig);
}

void test_rig_narrow(test_rig *rig, uint8_t weight_bits, uint8_t act_bits)
{
    rig->ranges.weight_bits = weight_bits;
    rig->ranges.act_bits = act_bits;
    scale_anew(rig);
}

void test_rig_narrow_biases(test_rig *rig, uint32_t bits)
{
    zs_err err = {0};
    check(zs_quant_narrow_biases(&rig->arena, rig->net, bits, rig->quant, &err), &err);
    compute_outputs(rig);
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

/* The first element that differs, or false. */
static bool find_difference(const test_rig *rig, const zs_design *d, const zs_exec *exec,
                            uint32_t *image, size_t *at, float *got)
{
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    float *y = zs_new(&arena, float, rig->output_n);
    bool differs = false;
    for (uint32_t i = 0; i < d->batch && !differs; i++) {
        const float *wanted = rig->outputs[i % RIG_IMAGES];
        zs_exec_get(exec, i, rig->net->output, y);
        for (size_t k = 0; k < rig->output_n && !differs; k++) {
            differs = memcmp(&y[k], &wanted[k], sizeof y[k]) != 0;
            *image = i, *at = k, *got = y[k];
        }
    }
    zs_arena_drop(&arena);
    return differs;
}

bool test_rig_equals(const test_rig *rig, const zs_design *d, const zs_exec *exec)
{
    uint32_t image;
    size_t at;
    float got;
    return !find_difference(rig, d, exec, &image, &at, &got);
}

void test_rig_compare(const test_rig *rig, const zs_design *d, const zs_exec *exec)
{
    uint32_t image = 0;
    size_t at = 0;
    float got = 0;
    const bool differs = find_difference(rig, d, exec, &image, &at, &got);
    ck_assert_msg(!differs, "%s, %s: image %u, element %zu is %.9g and not %.9g", rig->net->name,
                  test_design_line(d), image, at, (double)got,
                  (double)rig->outputs[image % RIG_IMAGES][at]);
}

zs_result *test_rig_run(const test_rig *rig, zs_arena *arena, const zs_design *d,
                        const zs_plan *plan, zs_fidelity fidelity, const zs_retire_hook *hook)
{
    zs_result *r = NULL;
    zs_err err = {0};
    ck_assert_msg(zs_sim_run(arena, d, rig->net, plan, fidelity, hook, &r, &err) == ZS_OK, "%s: %s",
                  err.place, err.text);
    return r;
}

void test_rig_execute(const test_rig *rig, zs_arena *arena, const zs_design *d,
                      zs_fidelity fidelity)
{
    const zs_plan *plan = test_rig_plan(rig, arena, d);
    zs_exec *exec = test_rig_exec(rig, arena, d, plan);
    const zs_retire_hook hook = zs_exec_hook(exec);
    (void)test_rig_run(rig, arena, d, plan, fidelity, &hook);
    test_rig_compare(rig, d, exec);
}

void test_rig_execute_untimed(const test_rig *rig, const zs_design *d)
{
    zs_arena point;
    zs_arena_init(&point, test_heap());
    zs_exec *exec = test_rig_exec(rig, &point, d, test_rig_plan(rig, &point, d));
    zs_exec_run(exec);
    test_rig_compare(rig, d, exec);
    zs_arena_drop(&point);
}

void test_rig_execute_all(const test_rig *rig, uint32_t precision, test_variant *variant, size_t n)
{
    zs_arena point;
    zs_arena_init(&point, test_heap());
    for (size_t i = 0; i < n; i++) {
        const zs_design d = variant(i, precision);
        test_rig_execute(rig, &point, &d, i % 2 ? ZS_TILE : ZS_BURST);
        zs_arena_reset(&point);
    }
    zs_arena_drop(&point);
}

void test_rig_orders(const test_rig *rig, const zs_design *d)
{
    zs_arena point;
    zs_arena_init(&point, test_heap());
    const zs_plan *plan = test_rig_plan(rig, &point, d);
    ck_assert_msg(test_rig_wrong_orders(rig, d, plan, 1) == 0,
                  "%s, %s: some order changes the result", rig->net->name, test_design_line(d));
    zs_arena_drop(&point);
}

void test_rig_fidelities(const test_rig *rig, zs_arena *arena, const zs_design *d)
{
    static const zs_fidelity fidelities[] = {ZS_BOUND, ZS_TILE, ZS_BURST};
    const zs_plan *plan = test_rig_plan(rig, arena, d);
    const zs_result *bound = NULL;
    for (size_t f = 0; f < ZS_LEN(fidelities); f++) {
        const zs_result *r = test_rig_run(rig, arena, d, plan, fidelities[f], NULL);
        bound = f == 0 ? r : bound;
        ck_assert_uint_le(bound->cycles, r->cycles);
        for (uint32_t k = 0; k < ZS_OPERAND_N; k++)
            ck_assert_uint_eq(bound->operand_bytes[k], r->operand_bytes[k]);
    }
}
