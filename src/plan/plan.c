#include "plan_priv.h"

#include <string.h>

/* ---- rows as results show them --------------------------------------------------------------- */

/* Input pixels along one axis that at least one window looks at. */
static uint64_t needed(uint32_t out, uint32_t stride, uint32_t kernel, uint32_t dilation,
                       uint32_t pad, uint32_t size)
{
    uint64_t n = 0;
    const uint32_t reach = (kernel - 1) * dilation;
    if (kernel * dilation >= stride && dilation == 1) { /* windows touch: one stretch */
        const int64_t end = (int64_t)(out - 1) * stride - pad + reach + 1;
        return (uint64_t)(end > (int64_t)size ? (int64_t)size : end < 0 ? 0 : end);
    }
    for (uint32_t i = 0; i < size; i++) {
        bool used = false;
        for (uint32_t k = 0; k < kernel && !used; k++) {
            const int64_t shifted = (int64_t)i + pad - (int64_t)k * dilation;
            used = shifted >= 0 && shifted % stride == 0 && shifted / stride < out;
        }
        n += used;
    }
    return n;
}

static uint64_t compulsory_input_elems(const zs_layer *layer)
{
    const zs_window *w = &layer->window;
    if (layer->op == ZS_LAYER_FC)
        return layer->x.c;
    return layer->x.c * needed(layer->y.h, w->sh, w->kh, w->dh, w->pad_top, layer->x.h) *
           needed(layer->y.w, w->sw, w->kw, w->dw, w->pad_left, layer->x.w) * layer->in_n;
}

/* The PS reads its inputs once and writes its result once: what it computes with in between fits
 * its caches. */
static void set_software_traffic(const plan_draft *d, zs_plan_row *row, const zs_layer *layer)
{
    const uint64_t unit = (uint64_t)zs_elem_bytes(d->design->accel.precision) * d->design->batch;
    for (uint32_t k = 0; k < layer->in_n; k++)
        row->compulsory_read_bytes += zs_shape_elems(d->net->tensors[layer->in[k]].shape) * unit;
    row->compulsory_write_bytes = zs_shape_elems(layer->y) * unit;
}

static void set_compulsory(plan_draft *d, zs_plan_row *row, const zs_layer *layer, bool on_engine)
{
    const uint32_t precision = d->design->accel.precision;
    const uint64_t elem = zs_elem_bytes(precision), batch = d->design->batch;
    if (!on_engine) {
        set_software_traffic(d, row, layer);
        return;
    }
    row->compulsory_read_bytes =
        zs_layer_weight_elems(layer) * elem + zs_layer_bias_elems(layer) * zs_bias_bytes(precision);
    if (row->x_resident == ZS_NOT_RESIDENT)
        row->compulsory_read_bytes += compulsory_input_elems(layer) * elem * batch;
    if (row->y_resident == ZS_NOT_RESIDENT)
        row->compulsory_write_bytes =
            (uint64_t)layer->y.c * row->y.shape.h * row->y.shape.w * elem * batch;
}

static zs_status name_row(plan_draft *d, uint32_t i)
{
    const zs_layer *layer = zs_draft_layer(d, i);
    zs_plan_row *row = &d->rows[i];
    row->layer = d->drafts[i].layer;
    row->pool = d->drafts[i].pool;
    row->name = layer->name;
    row->op = zs_layer_op_name(layer->op);
    row->macs = zs_layer_macs(layer) * d->design->batch;
    row->ops = zs_layer_ops(layer) * d->design->batch;
    if (row->pool == ZS_NO_INDEX)
        return ZS_OK;
    const zs_layer *pool = &d->net->layers[row->pool];
    row->pool_window = pool->window;
    row->name = zs_arena_printf(d->arena, "%s+%s", layer->name, pool->name);
    row->op = layer->op == ZS_LAYER_FC ? "fc+pool" : "conv+pool";
    /* of a pooled concatenation each convolution has its channels' share */
    row->ops += zs_layer_ops(pool) * layer->y.c / pool->y.c * d->design->batch;
    return row->name ? ZS_OK : ZS_ENOMEM;
}

static uint64_t resident_offset(const plan_draft *d, uint32_t tensor)
{
    const uint32_t root = zs_draft_root(d, tensor);
    for (uint32_t i = 0; i < d->resident_n; i++)
        if (d->residents[i].chosen && d->residents[i].tensor == root)
            return d->residents[i].offset;
    return ZS_NOT_RESIDENT;
}

static void address_row(plan_draft *d, uint32_t i)
{
    const zs_layer *layer = zs_draft_layer(d, i);
    zs_plan_row *row = &d->rows[i];
    const uint32_t out = d->drafts[i].out;
    row->y_c = layer->y.c;
    row->group_ic = layer->x.c / layer->groups;
    row->group_oc = layer->y.c / layer->groups;
    row->x = d->plan->tensors[layer->in[0]];
    row->x.shape = layer->x;
    if (layer->in_n > 1)
        row->x2 = d->plan->tensors[layer->in[1]];
    row->x_resident = resident_offset(d, layer->in[0]);
    row->y_resident = resident_offset(d, out);
    row->y = d->plan->tensors[out];
    if (row->y.addr != UINT64_MAX)
        row->y.addr += (uint64_t)d->drafts[i].out_c0 * row->y.shape.h * row->y.shape.w *
                       zs_elem_bytes(d->design->accel.precision);
    set_compulsory(d, row, layer, d->drafts[i].on_engine);
}

static zs_status list_calls(plan_draft *d)
{
    zs_plan_call *calls = zs_new(d->arena, zs_plan_call, d->row_n + 1);
    if (calls == NULL)
        return ZS_ENOMEM;
    uint32_t n = 0;
    for (uint32_t i = 0; i < d->row_n; i++) {
        d->rows[i].call = ZS_NO_INDEX;
        if (!d->drafts[i].on_engine)
            continue;
        if (!d->drafts[i].joins_previous || i == 0 || !d->drafts[i - 1].on_engine) {
            const char *name = d->drafts[i].call_name;
            calls[n++] =
                (zs_plan_call){.name = name ? name : zs_draft_layer(d, i)->name, .row0 = i};
        }
        d->rows[i].call = n - 1;
        calls[n - 1].row_n++;
    }
    d->plan->calls = calls;
    d->plan->call_n = n;
    return ZS_OK;
}

/* ---- ops ------------------------------------------------------------------------------------- */

static zs_status emit_row(emitter *e, uint32_t i)
{
    const plan_draft *d = e->d;
    const zs_plan_row *row = &d->rows[i];
    const zs_plan_call *call = row->call == ZS_NO_INDEX ? NULL : &d->plan->calls[row->call];
    zs_emit_begin_row(e, i);
    if (call == NULL)
        return zs_plan_emit_host_layer(e);
    if (call->row0 == i) {
        ZS_TRY(zs_plan_emit_call_start(e, call));
        zs_ring_reset(&e->x, d->plan->buffers[ZS_BUF_INPUT].slots, ZS_NO_OP);
        zs_ring_reset(&e->acc, d->plan->buffers[ZS_BUF_OUTPUT].slots, ZS_NO_OP);
        e->last_mac = ZS_NO_OP;
    }
    for (uint32_t s = 0; s < e->x.n; s++)
        e->x.slot[s].id = UINT64_MAX; /* tiles of the layer before are of no use */
    if (d->design->accel.kind == ZS_KIND_DIRECT)
        ZS_TRY(zs_plan_emit_direct(e));
    else if (!d->is_outline)
        ZS_TRY(zs_op_has_filters(zs_draft_layer(d, i)->op) ? zs_plan_emit_conv(e)
                                                           : zs_plan_emit_vector(e));
    return call->row0 + call->row_n == i + 1 ? zs_plan_emit_call_end(e, call) : ZS_OK;
}

zs_status zs_plan_row_traffic(const plan_draft *d, zs_arena *scratch, uint32_t row, uint64_t *bytes,
                              zs_err *err)
{
    plan_draft own = *d;
    own.arena = scratch;
    emitter *e = zs_new(scratch, emitter, 1);
    if (e == NULL)
        return zs_nomem(err, "plan");
    ZS_TRY(zs_emit_init(e, &own, err));
    zs_ring_reset(&e->x, d->plan->buffers[ZS_BUF_INPUT].slots, ZS_NO_OP);
    zs_ring_reset(&e->acc, d->plan->buffers[ZS_BUF_OUTPUT].slots, ZS_NO_OP);
    e->last_mac = ZS_NO_OP;
    ZS_TRY(emit_row(e, row));
    *bytes = 0;
    for (uint32_t i = 0; i < e->op_n; i++)
        if (e->ops[i].unit < ZS_CHANNEL_N)
            *bytes += zs_xfer_bytes(&e->costs[e->ops[i].cost_key].xfer);
    return ZS_OK;
}

static zs_status emit_all(plan_draft *d, zs_err *err)
{
    emitter *e = zs_new(d->arena, emitter, 1);
    if (e == NULL)
        return zs_nomem(err, "plan");
    ZS_TRY(zs_emit_init(e, d, err));
    for (uint32_t i = 0; i < d->row_n; i++) {
        d->rows[i].op0 = e->op_n;
        ZS_TRY(emit_row(e, i));
        d->rows[i].op_n = e->op_n - d->rows[i].op0;
    }
    zs_emit_finish(e);
    return ZS_OK;
}

static zs_status shape_tiles(plan_draft *d, zs_err *err)
{
    zs_plan_shape_rows(d);
    ZS_TRY(zs_plan_choose_residents(d, err));
    return zs_plan_finish_buffers(d, err);
}

/* All but the ops. Sizes come before addresses, because they decide what stays on chip and never
 * reaches DRAM. */
static zs_status prepare(plan_draft *d, zs_err *err)
{
    ZS_TRY(zs_plan_fuse(d, err));
    if (d->row_n > UINT16_MAX)
        return zs_fail(err, ZS_ERANGE, d->net->name, "%u layers are more than the %d of a plan",
                       d->row_n, UINT16_MAX);
    d->rows = zs_new(d->arena, zs_plan_row, d->row_n + 1);
    if (d->rows == NULL)
        return zs_nomem(err, "plan");
    for (uint32_t i = 0; i < d->row_n; i++)
        if (name_row(d, i) != ZS_OK)
            return zs_nomem(err, "plan");
    const bool is_direct = d->design->accel.kind == ZS_KIND_DIRECT;
    ZS_TRY(is_direct ? zs_plan_direct_shape(d, err) : shape_tiles(d, err));
    ZS_TRY(zs_plan_place(d, err));
    for (uint32_t i = 0; i < d->row_n; i++)
        address_row(d, i);
    if (is_direct)
        zs_plan_direct_walks(d);
    return list_calls(d) == ZS_OK ? ZS_OK : zs_nomem(err, "plan");
}

static zs_status prepare_draft(plan_draft *d, zs_err *err)
{
    zs_plan *plan = zs_new(d->arena, zs_plan, 1);
    if (plan == NULL)
        return zs_nomem(err, "plan");
    d->plan = plan;
    ZS_TRY(prepare(d, err));
    plan->rows = d->rows;
    plan->row_n = d->row_n;
    plan->batch = d->design->batch;
    return ZS_OK;
}

zs_status zs_plan_prepare_with(zs_arena *arena, const zs_design *design, const zs_net *net,
                               const bool *may_stay, plan_draft *d, zs_err *err)
{
    *d = (plan_draft){.arena = arena, .design = design, .net = net, .may_stay = may_stay};
    return prepare_draft(d, err);
}

static zs_status finish(plan_draft *d, zs_err *err)
{
    if (d->is_whole)
        return ZS_OK;
    d->is_whole = true;
    return emit_all(d, err);
}

zs_status zs_plan_outline(zs_arena *arena, const zs_design *design, const zs_net *net,
                          zs_plan **out, zs_err *err)
{
    plan_draft d = {.arena = arena, .design = design, .net = net, .is_outline = true};
    if (design->accel.kind != ZS_KIND_TILED)
        return zs_plan_build(arena, design, net, out, err);
    if (design->accel.fusion == ZS_FUSION_AUTO) {
        d.may_stay = zs_new(arena, bool, net->tensor_n);
        if (d.may_stay == NULL)
            return zs_nomem(err, "plan");
    }
    ZS_TRY(prepare_draft(&d, err));
    ZS_TRY(emit_all(&d, err));
    *out = d.plan;
    return ZS_OK;
}

zs_status zs_plan_build(zs_arena *arena, const zs_design *design, const zs_net *net, zs_plan **out,
                        zs_err *err)
{
    plan_draft *draft;
    ZS_TRY(zs_plan_draft_build(arena, design, net, &draft, err));
    ZS_TRY(finish(draft, err));
    *out = draft->plan;
    return ZS_OK;
}

/* ---- in two steps ---------------------------------------------------------------------------- */

zs_status zs_plan_draft_build(zs_arena *arena, const zs_design *design, const zs_net *net,
                              zs_plan_draft **out, zs_err *err)
{
    plan_draft *d = zs_new(arena, plan_draft, 1);
    if (d == NULL)
        return zs_nomem(err, "plan");
    if (design->accel.kind == ZS_KIND_LINEBUFFER) {
        d->is_whole = true;
        ZS_TRY(zs_plan_build_lines(arena, design, net, &d->plan, err));
    } else if (design->accel.fusion == ZS_FUSION_AUTO) {
        ZS_TRY(zs_plan_search(arena, design, net, d, err));
    } else {
        ZS_TRY(zs_plan_prepare_with(arena, design, net, NULL, d, err));
    }
    *out = d;
    return ZS_OK;
}

static uint64_t mix(uint64_t digest, const void *bytes, size_t n)
{
    uint64_t word;
    const uint8_t *from = bytes;
    for (; n >= sizeof word; n -= sizeof word, from += sizeof word) {
        memcpy(&word, from, sizeof word);
        digest = zs_mix64(digest ^ word);
    }
    word = n;
    memcpy(&word, from, n);
    return zs_mix64(digest ^ word);
}

/* Whatever the ops of a row are made of: names by their letters, the rest as it lies in memory. */
static uint64_t mix_row(uint64_t digest, const zs_plan_row *row)
{
    zs_plan_row r = *row;
    digest = mix(digest, r.name, strlen(r.name));
    digest = mix(digest, r.op, strlen(r.op));
    r.name = r.op = NULL;
    return mix(digest, &r, sizeof r);
}

uint64_t zs_plan_draft_digest(const zs_plan_draft *d)
{
    uint64_t digest = 1;
    if (d->is_whole || d->design->accel.kind != ZS_KIND_TILED)
        return 0;
    for (uint32_t i = 0; i < d->row_n; i++)
        digest = mix_row(digest, &d->rows[i]);
    for (uint32_t i = 0; i < d->plan->call_n; i++) {
        const zs_plan_call *call = &d->plan->calls[i];
        digest = mix(digest, call->name, strlen(call->name));
        digest = zs_mix64(digest ^ ((uint64_t)call->row0 << 32 | call->row_n));
    }
    for (uint32_t b = 0; b < ZS_BUF_N; b++) {
        zs_plan_buffer buffer = d->plan->buffers[b];
        buffer.name = NULL;
        digest = mix(digest, &buffer, sizeof buffer);
    }
    digest = zs_mix64(digest ^ d->plan->resident_elems);
    return digest ? digest : 1;
}

const char *zs_plan_draft_note(const zs_plan_draft *d)
{
    return d->plan->fusion_note;
}

zs_status zs_plan_finish(zs_plan_draft *d, const zs_plan **out, zs_err *err)
{
    ZS_TRY(finish(d, err));
    *out = d->plan;
    return ZS_OK;
}
