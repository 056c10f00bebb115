#include "plan_cases.h"

#include "random_design.h"

const zs_plan *test_plan(zs_arena *arena, const zs_design *d, const zs_net *net)
{
    zs_err err = {0};
    zs_plan *plan = NULL;
    ck_assert_msg(zs_plan_build(arena, d, net, &plan, &err) == ZS_OK, "%s, %s: %s: %s", net->name,
                  test_design_line(d), err.place, err.text);
    return plan;
}

uint64_t test_moved_bytes(const zs_plan *plan, const zs_design *d, zs_op_kind kind, int row)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < plan->op_n; i++) {
        if (plan->ops[i].kind != kind || (row != ALL_ROWS && plan->ops[i].layer != row))
            continue;
        const zs_xfer x = zs_plan_xfer(plan, d, i);
        bytes += zs_xfer_bytes(&x);
    }
    return bytes;
}

uint64_t test_all_bytes(const zs_plan *plan, const zs_design *d)
{
    uint64_t bytes = 0;
    for (uint32_t kind = 0; kind < ZS_OP_KIND_N; kind++)
        bytes += test_moved_bytes(plan, d, kind, ALL_ROWS);
    return bytes;
}

uint32_t test_count_ops(const zs_plan *plan, zs_op_kind kind)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < plan->op_n; i++)
        n += plan->ops[i].kind == kind;
    return n;
}
