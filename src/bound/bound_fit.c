#include "zynqsim/bound.h"
#include "zynqsim/kind.h"

/* The share of the block that runs out first. */
static double tightest(const zs_fit *fit)
{
    double most = 0;
    for (uint32_t i = 0; i < fit->family->block_n; i++) {
        const zs_fit_line line = zs_fit_line_of(fit, i);
        const double share = line.available > 0 ? (double)line.used / (double)line.available
                             : line.used > 0    ? 1e9
                                                : 0;
        most = share > most ? share : most;
    }
    return most;
}

zs_status zs_fit_of_engine(zs_arena *arena, const zs_design *design, const zs_plan_part *part,
                           zs_fit *out, zs_err *err)
{
    const zs_board room = design->swap.by == ZS_SWAP_NONE ? design->board : zs_swap_region(design);
    zs_fit_account *a = zs_fit_account_new(arena);
    if (a == NULL)
        return zs_nomem(err, "the resource account");
    zs_fit_account_for(a, part->design);
    zs_fit_name_engine(a, part->name);
    part->plan->kind->account(a, part->design, part->plan);
    return zs_fit_verdict(a, &zs_families[room.family], &room, out, err);
}

/* Engines that take turns need not fit side by side: the account is that of the one that fills the
 * region most. */
static zs_status fit_of_turns(zs_arena *arena, const zs_design *design, const zs_plan *plan,
                              zs_fit *out, zs_err *err)
{
    for (uint32_t i = 0; i < plan->part_n; i++) {
        zs_fit own;
        ZS_TRY(zs_fit_of_engine(arena, design, &plan->parts[i], &own, err));
        if (i == 0 || tightest(&own) > tightest(out))
            *out = own;
    }
    return ZS_OK;
}

zs_status zs_fit_build(zs_arena *arena, const zs_design *design, const zs_plan *plan, zs_fit *out,
                       zs_err *err)
{
    if (plan->part_n > 0 && design->swap.by != ZS_SWAP_NONE)
        return fit_of_turns(arena, design, plan, out, err);
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
