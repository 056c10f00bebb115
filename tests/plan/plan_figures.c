#include "plan_cases.h"
#include "zynqsim/kind.h"

#include "random_design.h"

const zs_plan *test_plan(zs_arena *arena, const zs_design *d, const zs_net *net)
{
    zs_err err = {0};
    zs_plan *plan = NULL;
    ck_assert_msg(zs_plan_build(arena, d, net, &plan, &err) == ZS_OK, "%s, %s: %s: %s", net->name,
                  test_design_line(d), err.place, err.text);
    return plan;
}

uint64_t test_moved_bytes(const zs_plan *plan, const zs_design *d, zs_op_code kind, int row)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < plan->op_n; i++) {
        if (plan->ops[i].code != kind || (row != ALL_ROWS && plan->ops[i].row != row))
            continue;
        const zs_xfer x = zs_plan_xfer(plan, d, i);
        bytes += zs_xfer_bytes(&x);
    }
    return bytes;
}

uint64_t test_all_bytes(const zs_plan *plan, const zs_design *d)
{
    uint64_t bytes = 0;
    static const zs_op_code transfers[] = {ZS_OP_LOAD_X, ZS_OP_LOAD_W, ZS_OP_LOAD_P, ZS_OP_STORE,
                                           ZS_OP_STORE_P};
    for (size_t i = 0; i < ZS_LEN(transfers); i++)
        bytes += test_moved_bytes(plan, d, transfers[i], ALL_ROWS);
    return bytes;
}

uint32_t test_count_ops(const zs_plan *plan, zs_op_code kind)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < plan->op_n; i++)
        n += plan->ops[i].code == kind;
    return n;
}
