#include "zynqsim/bound.h"
#include "zynqsim/kind.h"

zs_status zs_fit_build(zs_arena *arena, const zs_design *design, const zs_plan *plan, zs_fit *out,
                       zs_err *err)
{
    zs_fit_account *a = zs_fit_account_new(arena);
    if (a == NULL)
        return zs_nomem(err, "the resource account");
    zs_fit_account_for(a, design);
    if (plan->part_n == 0)
        plan->kind->account(a, design, plan);
    for (uint32_t i = 0; i < plan->part_n; i++) {
        const zs_plan_part *part = &plan->parts[i];
        zs_fit_account_for(a, part->design);
        zs_fit_name_engine(a, part->name);
        part->plan->kind->account(a, part->design, part->plan);
    }
    return zs_fit_verdict(a, &zs_families[design->board.family], &design->board, out, err);
}
