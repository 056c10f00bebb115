#include "zynqsim/bound.h"
#include "zynqsim/kind.h"

zs_status zs_fit_build(zs_arena *arena, const zs_design *design, const zs_plan *plan, zs_fit *out,
                       zs_err *err)
{
    zs_fit_account *a = zs_fit_account_new(arena);
    if (a == NULL)
        return zs_nomem(err, "the resource account");
    plan->kind->account(a, design, plan);
    return zs_fit_verdict(a, &design->board, out, err);
}
