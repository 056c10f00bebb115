#include "zynqsim/bound.h"
#include "zynqsim/kind.h"
#include "zynqsim/outline.h"

zs_bound_sums zs_bound_of_outline(const zs_design *design, const zs_net *net, const zs_plan *plan)
{
    const zs_kind *kind = plan->kind;
    const bool has_ops = plan->part_n > 0 || kind->outline_row == NULL;
    zs_outline o = {.design = design,
                    .net = net,
                    .plan = plan,
                    .is_open = !has_ops && design->accel.fusion == ZS_FUSION_AUTO};
    zs_bound_sums sums = {0};
    for (uint32_t i = 0; i < plan->row_n; i++) {
        const zs_plan_row *r = &plan->rows[i];
        if (!has_ops)
            kind->outline_row(&o, i);
        else
            for (uint32_t op = r->op0; op < r->op0 + r->op_n; op++)
                zs_outline_op(&o, r, &plan->ops[op]);
        if (r->call == ZS_NO_INDEX) /* the PS moves what any schedule must */
            o.dram_bytes =
                zs_plus_u64(o.dram_bytes, r->compulsory_read_bytes + r->compulsory_write_bytes);
        sums.macs += r->macs;
        sums.worked_macs += r->macs - r->skipped_macs;
    }
    sums.cycles = zs_plus_u64(o.software_pl_cycles, zs_outline_end(&o));
    sums.dram_bytes = o.dram_bytes;
    return sums;
}
