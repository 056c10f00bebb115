#include "zynqsim/draft.h"

static zs_status emit_row(zs_emitter *e, zs_emit_body_fn *body, uint32_t i)
{
    const zs_plan_draft *d = e->d;
    const zs_plan_row *row = &d->rows[i];
    const zs_plan_call *call = row->call == ZS_NO_INDEX ? NULL : &d->plan->calls[row->call];
    zs_emit_begin_row(e, i);
    if (call == NULL)
        return zs_emit_host_layer(e);
    if (call->row0 == i) {
        ZS_TRY(zs_emit_call_start(e, call));
        zs_ring_reset(&e->x, d->plan->buffers[ZS_BUF_INPUT].slots, ZS_NO_OP);
        zs_ring_reset(&e->acc, d->plan->buffers[ZS_BUF_OUTPUT].slots, ZS_NO_OP);
        e->last_mac = ZS_NO_OP;
    }
    for (uint32_t s = 0; s < e->x.n; s++)
        e->x.id[s] = UINT64_MAX; /* tiles of the layer before are of no use */
    if (!d->is_outline)
        ZS_TRY(body(e));
    return call->row0 + call->row_n == i + 1 ? zs_emit_call_end(e, call) : ZS_OK;
}

zs_status zs_emit_rows(zs_plan_draft *d, zs_emit_body_fn *body, zs_err *err)
{
    zs_emitter *e = zs_new(d->arena, zs_emitter, 1);
    if (e == NULL)
        return zs_nomem(err, "plan");
    ZS_TRY(zs_emit_init(e, d, err));
    for (uint32_t i = 0; i < d->row_n; i++) {
        d->rows[i].op0 = e->op_n;
        ZS_TRY(emit_row(e, body, i));
        d->rows[i].op_n = e->op_n - d->rows[i].op0;
    }
    zs_emit_finish(e);
    return ZS_OK;
}

zs_status zs_emit_row_traffic(const zs_plan_draft *d, zs_emit_body_fn *body, zs_arena *scratch,
                              uint32_t row, uint64_t *bytes, zs_err *err)
{
    zs_plan_draft own = *d;
    own.arena = scratch;
    zs_emitter *e = zs_new(scratch, zs_emitter, 1);
    if (e == NULL)
        return zs_nomem(err, "plan");
    ZS_TRY(zs_emit_init(e, &own, err));
    zs_ring_reset(&e->x, d->plan->buffers[ZS_BUF_INPUT].slots, ZS_NO_OP);
    zs_ring_reset(&e->acc, d->plan->buffers[ZS_BUF_OUTPUT].slots, ZS_NO_OP);
    e->last_mac = ZS_NO_OP;
    ZS_TRY(emit_row(e, body, row));
    *bytes = 0;
    for (uint32_t i = 0; i < e->op_n; i++)
        if (zs_op_is_transfer(e->ops[i].code))
            *bytes += zs_xfer_bytes(&e->costs[e->ops[i].cost_key].xfer);
    return ZS_OK;
}
