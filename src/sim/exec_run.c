#include "zynqsim/kind.h"
#include "zynqsim/sim.h"

/* The data side of a run: the kind's executor, driven op by op. */

zs_status zs_exec_build(zs_arena *arena, const zs_design *design, const zs_net *net,
                        const zs_plan *plan, const zs_quant *quant, zs_exec **out, zs_err *err)
{
    zs_exec *e = zs_new(arena, zs_exec, 1);
    if (e == NULL)
        return zs_nomem(err, "simulated memories");
    *e = (zs_exec){.design = design, .net = net, .plan = plan, .quant = quant};
    e->overflowed = zs_new(arena, uint32_t, 1);
    if (e->overflowed == NULL)
        return zs_nomem(err, "simulated memories");
    *e->overflowed = ZS_NO_INDEX;
    e->kernels = zs_kernels_of(quant->precision);
    e->elem = zs_elem_bytes(quant->precision);
    e->weight = zs_weight_bytes(quant->precision);
    e->acc = zs_acc_bytes(quant->precision);
    e->bias = zs_bias_bytes(quant->precision);
    ZS_TRY(plan->kind->exec_build(e, arena, err));
    *out = e;
    return ZS_OK;
}

const zs_layer *zs_exec_overflowed(const zs_exec *e)
{
    return *e->overflowed == ZS_NO_INDEX ? NULL : &e->net->layers[*e->overflowed];
}

void zs_exec_op(zs_exec *e, uint32_t op)
{
    e->plan->kind->exec_op(e, op);
}

static void retired(void *ctx, uint32_t op, uint64_t start_pl_cycle, uint64_t end_pl_cycle)
{
    (void)start_pl_cycle;
    (void)end_pl_cycle;
    zs_exec_op(ctx, op);
}

zs_retire_hook zs_exec_hook(zs_exec *exec)
{
    return (zs_retire_hook){.retired = retired, .ctx = exec};
}

void zs_exec_run(zs_exec *exec)
{
    for (uint32_t op = 0; op < exec->plan->op_n; op++)
        zs_exec_op(exec, op);
}

void zs_exec_set_input(zs_exec *e, uint32_t image, const float *x)
{
    const zs_plan_tensor *t = &e->plan->tensors[e->net->input];
    if (e->plan->kind->exec_set_input != NULL)
        e->plan->kind->exec_set_input(e, image, x);
    else
        zs_quantise(e->quant, e->net->input, x, e->dram + t->addr + image * t->pitch_bytes,
                    (size_t)zs_shape_elems(t->shape));
}

void zs_exec_get(const zs_exec *e, uint32_t image, uint32_t tensor, float *y)
{
    const zs_plan_tensor *t = &e->plan->tensors[tensor];
    if (e->plan->kind->exec_get != NULL)
        e->plan->kind->exec_get(e, image, tensor, y);
    else
        zs_dequantise(e->quant, tensor, e->dram + t->addr + image * t->pitch_bytes, y,
                      (size_t)zs_shape_elems(t->shape));
}
