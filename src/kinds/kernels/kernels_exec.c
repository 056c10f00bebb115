#include "kernels_priv.h"

/* Layers without weights are done as the PS would, all images with the last kernel. */
void kernels_exec_op(zs_exec *e, uint32_t op)
{
    const zs_plan_row *row = &e->plan->rows[e->plan->ops[op].row];
    const uint32_t code = e->plan->ops[op].code, image = e->plan->boxes[op].image;
    if (code == ZS_OP_HOST ||
        (code == ZS_OP_MAC && row->weight_slots == 0 && image + 1 == e->plan->batch))
        zs_exec_host(e, op);
    else if (code == ZS_OP_MAC && row->weight_slots > 0)
        for (uint32_t oc = 0; oc < row->y_c; oc++)
            zs_exec_filter(e, row, image, oc);
}
