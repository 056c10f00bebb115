#include "zynqsim/draft.h"

/* As they are when an engine starts. */
static void empty_buffers(zs_emitter *e)
{
    const zs_plan_buffer *b = e->d->plan->buffers;
    zs_ring_reset(&e->x, b[ZS_BUF_INPUT].slots, ZS_NO_OP);
    zs_ring_reset(&e->acc, b[ZS_BUF_OUTPUT].slots, ZS_NO_OP);
    e->last_mac = e->last_add = e->last_out = e->w_rest = ZS_NO_OP;
    e->w_row = NULL;
}

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
        empty_buffers(e);
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

static zs_status emit_alone(zs_plan_draft *d, zs_emit_body_fn *body, uint32_t row, zs_emitter **out,
                            uint64_t *bytes, zs_err *err)
{
    zs_emitter *e = *out = zs_new(d->arena, zs_emitter, 1);
    if (e == NULL)
        return zs_nomem(err, "plan");
    ZS_TRY(zs_emit_init(e, d, err));
    empty_buffers(e);
    for (uint32_t t = 0; t < d->net->tensor_n; t++)
        e->written_by[t] = ZS_NO_OP;
    ZS_TRY(emit_row(e, body, row));
    *bytes = 0;
    for (uint32_t i = 0; i < e->op_n; i++)
        if (zs_op_is_transfer(e->ops[i].code))
            *bytes += zs_xfer_bytes(&e->costs[e->ops[i].cost_key].xfer);
    return ZS_OK;
}

zs_status zs_emit_row_traffic(const zs_plan_draft *d, zs_emit_body_fn *body, zs_arena *scratch,
                              uint32_t row, uint64_t *bytes, zs_err *err)
{
    zs_plan_draft own = *d;
    zs_emitter *e;
    own.arena = scratch;
    return emit_alone(&own, body, row, &e, bytes, err);
}

zs_status zs_emit_row_estimate(const zs_plan_draft *d, zs_emit_body_fn *body, zs_arena *scratch,
                               uint32_t row, zs_row_estimate *out, zs_err *err)
{
    zs_plan_draft own = *d;
    zs_plan plan = *d->plan;
    zs_emitter *e;
    zs_plan_call *calls = zs_new(scratch, zs_plan_call, plan.call_n + 1u);
    if (calls == NULL)
        return zs_nomem(err, "plan");
    for (uint32_t i = 0; i < plan.call_n; i++) /* one of which the row is neither first nor last */
        calls[i] = (zs_plan_call){.name = "", .row0 = row + 1, .row_n = 1};
    plan.calls = calls;
    own.arena = scratch;
    own.plan = &plan;
    ZS_TRY(emit_alone(&own, body, row, &e, &out->bytes, err));
    zs_emit_finish(e);
    out->op_n = e->op_n;
    return zs_plan_estimate(scratch, d->design, &plan, &out->pl_cycles, err);
}
