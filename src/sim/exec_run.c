#include "zynqsim/kind.h"
#include "zynqsim/sim.h"

/* The data side of a run: the kind's executor, driven op by op. Of several engines each has an
 * executor with simulated DRAM of its own; when the turn passes on, what was written since the last
 * time is put where the others will read it. */

typedef struct passing {
    zs_exec **parts;
    float **roots;       /* [tensor] of roots that pass: all images, CHW */
    float *part_of_root; /* one image of what a layer wrote */
    uint32_t first_row;  /* of those whose results have not been passed on */
    uint32_t row;        /* that is being worked on */
} passing;

static zs_status build_alone(zs_arena *arena, const zs_design *design, const zs_net *net,
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
    e->kernels = zs_kernels_of(quant);
    e->elem = zs_elem_bytes(quant->precision);
    e->weight = zs_weight_bytes(quant->precision);
    e->acc = zs_acc_bytes(quant->precision);
    e->bias = zs_bias_bytes(quant->precision);
    ZS_TRY(plan->kind->exec_build(e, arena, err));
    *out = e;
    return ZS_OK;
}

/* ---- one engine's memory --------------------------------------------------------------------- */

static bool is_in_dram(const zs_exec *e, uint32_t tensor)
{
    return e->plan->tensors[tensor].addr != UINT64_MAX;
}

static void set_tensor(zs_exec *e, uint32_t image, uint32_t tensor, const float *x)
{
    const zs_plan_tensor *t = &e->plan->tensors[tensor];
    if (e->plan->kind->exec_set != NULL)
        e->plan->kind->exec_set(e, image, tensor, x);
    else
        zs_quantise(e->quant, tensor, x, e->dram + t->addr + image * t->pitch_bytes,
                    (size_t)zs_shape_elems(t->shape));
}

static void get_tensor(const zs_exec *e, uint32_t image, uint32_t tensor, float *y)
{
    const zs_plan_tensor *t = &e->plan->tensors[tensor];
    if (e->plan->kind->exec_get != NULL)
        e->plan->kind->exec_get(e, image, tensor, y);
    else
        zs_dequantise(e->quant, tensor, e->dram + t->addr + image * t->pitch_bytes, y,
                      (size_t)zs_shape_elems(t->shape));
}

/* ---- several engines ------------------------------------------------------------------------- */

static passing *passing_of(const zs_exec *e)
{
    return e->own;
}

/* What the row's layer, or the last one fused behind it, writes. */
static uint32_t written_by(const zs_exec *e, uint32_t row)
{
    const zs_plan_row *r = &e->plan->rows[row];
    return e->net
        ->layers[r->add != ZS_NO_INDEX    ? r->add
                 : r->pool != ZS_NO_INDEX ? r->pool
                 : r->act != ZS_NO_INDEX  ? r->act
                                          : r->layer]
        .out;
}

static zs_status build_parts(zs_exec *e, zs_arena *arena, zs_err *err)
{
    const uint32_t n = e->plan->part_n;
    passing *p = zs_new(arena, passing, 1);
    if (p == NULL)
        return zs_nomem(err, "simulated memories");
    e->own = p;
    p->parts = zs_new(arena, zs_exec *, n);
    p->roots = zs_new(arena, float *, e->net->tensor_n);
    if (p->parts == NULL || p->roots == NULL)
        return zs_nomem(err, "simulated memories");
    for (uint32_t i = 0; i < n; i++) {
        const zs_plan_part *part = &e->plan->parts[i];
        ZS_TRY(build_alone(arena, part->design, e->net, part->plan, e->quant, &p->parts[i], err));
    }
    uint64_t most = 1;
    for (uint32_t row = 0; row < e->plan->row_n; row++) {
        uint64_t offset;
        const uint32_t root = zs_tensor_root(e->net, written_by(e, row), &offset);
        const uint64_t elems = zs_shape_elems(e->net->tensors[root].shape);
        most = zs_max_u64(most, elems);
        if (p->roots[root] == NULL)
            p->roots[root] = zs_new(arena, float, elems * e->plan->batch);
        if (p->roots[root] == NULL)
            return zs_nomem(err, "simulated memories");
    }
    p->part_of_root = zs_new(arena, float, most);
    return p->part_of_root != NULL ? ZS_OK : zs_nomem(err, "simulated memories");
}

/* A slice goes to where it is written and read on its own, and to the tensor that it is part of. */
static void pass_on(zs_exec *e, uint32_t row)
{
    passing *p = passing_of(e);
    const uint32_t from = e->plan->rows[row].part, tensor = written_by(e, row);
    uint64_t offset;
    const uint32_t root = zs_tensor_root(e->net, tensor, &offset);
    const uint64_t elems = zs_shape_elems(e->net->tensors[tensor].shape);
    const uint64_t root_elems = zs_shape_elems(e->net->tensors[root].shape);
    if (!is_in_dram(p->parts[from], tensor)) /* it stays on that engine's chip */
        return;
    for (uint32_t image = 0; image < e->plan->batch; image++) {
        float *whole = p->roots[root] + image * root_elems;
        get_tensor(p->parts[from], image, tensor, p->part_of_root);
        for (uint64_t i = 0; i < elems; i++)
            whole[offset + i] = p->part_of_root[i];
        for (uint32_t to = 0; to < e->plan->part_n; to++) {
            if (to == from)
                continue;
            if (tensor != root && is_in_dram(p->parts[to], tensor))
                set_tensor(p->parts[to], image, tensor, p->part_of_root);
            if (is_in_dram(p->parts[to], root))
                set_tensor(p->parts[to], image, root, whole);
        }
    }
}

static void run_part_op(zs_exec *e, uint32_t op)
{
    passing *p = passing_of(e);
    const uint32_t row = e->plan->ops[op].row;
    const zs_plan_row *r = &e->plan->rows[row];
    const zs_exec *part = p->parts[r->part];
    const zs_plan_row *own = &part->plan->rows[r->part_row];
    const uint32_t swaps = r->op_n - own->op_n; /* in front of what the engine knows of */
    if (op - r->op0 < swaps)
        return;
    if (row > p->row && r->part != e->plan->rows[p->row].part)
        for (; p->first_row < row; p->first_row++)
            pass_on(e, p->first_row);
    p->row = row > p->row ? row : p->row;
    part->plan->kind->exec_op(p->parts[r->part], own->op0 + op - r->op0 - swaps);
}

/* Whose memory a tensor is in at the end. */
static const zs_exec *holder_of(const zs_exec *e, uint32_t tensor)
{
    uint32_t last = 0;
    uint64_t offset;
    const uint32_t root = zs_tensor_root(e->net, tensor, &offset);
    if (e->plan->part_n == 0)
        return e;
    for (uint32_t row = 0; row < e->plan->row_n; row++)
        if (zs_tensor_root(e->net, written_by(e, row), &offset) == root)
            last = e->plan->rows[row].part;
    return passing_of(e)->parts[last];
}

/* ---- what callers see ------------------------------------------------------------------------ */

const zs_layer *zs_exec_overflowed(const zs_exec *e)
{
    uint32_t first = ZS_NO_INDEX;
    if (e->plan->part_n == 0)
        first = *e->overflowed;
    for (uint32_t i = 0; i < e->plan->part_n; i++) {
        const uint32_t own = *passing_of(e)->parts[i]->overflowed;
        first = own < first ? own : first;
    }
    return first == ZS_NO_INDEX ? NULL : &e->net->layers[first];
}

zs_status zs_exec_build(zs_arena *arena, const zs_design *design, const zs_net *net,
                        const zs_plan *plan, const zs_quant *quant, zs_exec **out, zs_err *err)
{
    if (plan->part_n == 0)
        return build_alone(arena, design, net, plan, quant, out, err);
    zs_exec *e = zs_new(arena, zs_exec, 1);
    if (e == NULL)
        return zs_nomem(err, "simulated memories");
    *e = (zs_exec){.design = design, .net = net, .plan = plan, .quant = quant};
    ZS_TRY(build_parts(e, arena, err));
    *out = e;
    return ZS_OK;
}

void zs_exec_op(zs_exec *e, uint32_t op)
{
    if (e->plan->part_n > 0)
        run_part_op(e, op);
    else
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

uint32_t zs_exec_written(const zs_exec *e, uint32_t row)
{
    const uint32_t tensor = written_by(e, row);
    return e->plan->part_n == 0 && is_in_dram(e, tensor) ? tensor : ZS_NO_INDEX;
}

void zs_exec_last_ops(const zs_plan *plan, uint32_t *last)
{
    for (uint32_t row = 0; row < plan->row_n; row++)
        last[row] = ZS_NO_OP;
    for (uint32_t op = 0; op < plan->op_n; op++)
        last[plan->ops[op].row] = op;
}

void zs_exec_run_rows(zs_exec *exec, const uint32_t *last, void (*done)(void *ctx, uint32_t row),
                      void *ctx)
{
    for (uint32_t op = 0; op < exec->plan->op_n; op++) {
        const uint32_t row = exec->plan->ops[op].row;
        zs_exec_op(exec, op);
        if (last[row] == op)
            done(ctx, row);
    }
}

static void set_inputs(zs_exec *e, uint32_t image, const float *x)
{
    for (uint32_t i = 0; i < e->net->input_n; i++) {
        const zs_net_input *in = &e->net->inputs[i];
        if (is_in_dram(e, in->tensor))
            set_tensor(e, image, in->tensor, x + in->offset_elems);
    }
}

void zs_exec_set_input(zs_exec *e, uint32_t image, const float *x)
{
    if (e->plan->part_n == 0) {
        set_inputs(e, image, x);
        return;
    }
    passing_of(e)->row = passing_of(e)->first_row = 0; /* a new run */
    for (uint32_t i = 0; i < e->plan->part_n; i++)
        set_inputs(passing_of(e)->parts[i], image, x);
}

void zs_exec_get(const zs_exec *e, uint32_t image, uint32_t tensor, float *y)
{
    get_tensor(holder_of(e, tensor), image, tensor, y);
}
