#include "sim_priv.h"

#include "zynqsim/bound.h"
#include "zynqsim/kind.h"

/* Of a design of several engines what each has of the whole. */

zs_status zs_engine_results_new(zs_arena *arena, const zs_plan *plan, zs_result *r, zs_err *err)
{
    if (plan->part_n == 0)
        return ZS_OK;
    r->engines = zs_new(arena, zs_engine_result, plan->part_n);
    if (r->engines == NULL)
        return zs_nomem(err, "simulation");
    r->engine_n = plan->part_n;
    for (uint32_t i = 0; i < plan->part_n; i++) {
        r->engines[i].name = plan->parts[i].name;
        r->engines[i].kind = plan->parts[i].plan->kind->word;
    }
    return ZS_OK;
}

static void add_row(const zs_layer_result *l, zs_engine_result *e)
{
    e->layer_n++;
    e->macs += l->macs;
    e->cycles += l->cycles;
    e->read_bytes += l->read_bytes;
    e->write_bytes += l->write_bytes;
}

static void count_loads(const zs_plan *plan, zs_result *r)
{
    for (uint32_t i = 0; i < plan->op_n; i++)
        if (plan->ops[i].code == ZS_OP_HOST && plan->boxes[i].flags == ZS_HOST_SWAP)
            r->engines[plan->rows[plan->ops[i].row].part].load_n++;
}

zs_status zs_engine_results_finish(zs_arena *arena, const zs_design *design, const zs_plan *plan,
                                   const zs_layer_result *layers, zs_result *r, zs_err *err)
{
    for (uint32_t i = 0; i < plan->row_n && plan->part_n > 0; i++)
        if (plan->rows[i].call != ZS_NO_INDEX)
            add_row(&layers[i], &r->engines[plan->rows[i].part]);
    if (plan->part_n > 0)
        count_loads(plan, r);
    for (uint32_t i = 0; i < plan->part_n; i++)
        ZS_TRY(zs_fit_of_engine(arena, design, &plan->parts[i], &r->engines[i].fit, err));
    return ZS_OK;
}
