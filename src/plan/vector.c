#include "plan_priv.h"

#include "zynqsim/capacity.h"

/* Layers without weights on the engine's vector path, and the steps of the PS. */

/* ---- vector layers --------------------------------------------------------------------------- */

static uint64_t vector_ops(const zs_layer *layer, const zs_tile_box *b)
{
    const uint64_t elems = (uint64_t)b->oc_n * b->oy_n * b->ox_n;
    return layer->op == ZS_LAYER_POOL ? elems * layer->window.kh * layer->window.kw : elems;
}

/* Input into an input slot (the second one straight into the accumulator slot), work, store. */
static zs_status vector_tile(emitter *e, const zs_tile_box *box, uint32_t *producer)
{
    const zs_layer *layer = zs_draft_layer(e->d, e->row);
    const uint32_t xs = zs_ring_take(&e->x), as = zs_ring_take(&e->acc);
    slot_state *x = &e->x.slot[xs], *acc = &e->acc.slot[as];
    const uint8_t x_slot[4] = {(uint8_t)xs, ZS_SLOT_NONE, ZS_SLOT_NONE, ZS_SLOT_NONE};
    const uint8_t slots[4] = {(uint8_t)xs, ZS_SLOT_NONE, (uint8_t)as, ZS_SLOT_NONE};
    uint32_t first, second = ZS_NO_OP, post;
    ZS_TRY(zs_emit_transfer(e, ZS_OP_LOAD_X, box, x_slot,
                            (const uint32_t[3]){x->last_use, *producer, ZS_NO_OP}, &first));
    *producer = ZS_NO_OP;
    if (layer->op == ZS_LAYER_ADD) {
        zs_tile_box other = *box;
        other.flags |= ZS_BOX_SECOND;
        const uint8_t acc_slot[4] = {ZS_SLOT_NONE, ZS_SLOT_NONE, (uint8_t)as, ZS_SLOT_NONE};
        ZS_TRY(zs_emit_transfer(e, ZS_OP_LOAD_X, &other, acc_slot,
                                (const uint32_t[3]){acc->last_use, ZS_NO_OP, ZS_NO_OP}, &second));
    }
    const uint64_t ops = vector_ops(layer, box);
    ZS_TRY(zs_emit_priced(e, ZS_OP_POST, box, slots,
                          (const uint32_t[3]){first, second, acc->last_use}, ops,
                          zs_vector_pl_cycles(e->d->design, ops), &post));
    x->last_use = post;
    return zs_emit_transfer(e, ZS_OP_STORE, box, slots,
                            (const uint32_t[3]){post, ZS_NO_OP, ZS_NO_OP}, &acc->last_use);
}

static uint16_t clip(uint32_t tile, uint32_t at, uint32_t size)
{
    return (uint16_t)(size - at < tile ? size - at : tile);
}

zs_status zs_plan_emit_vector(emitter *e)
{
    const zs_plan_row *r = &e->d->rows[e->row];
    uint32_t producer = zs_emit_producer(e);
    const uint32_t batch = e->d->design->batch;
    zs_tile_box b = {.flags = ZS_BOX_FIRST | ZS_BOX_LAST};
    const uint32_t trips[] = {batch, (uint32_t)zs_ceil_div(r->y_c, r->t_oc),
                              (uint32_t)zs_ceil_div(r->oh, r->t_oy),
                              (uint32_t)zs_ceil_div(r->ow, r->t_ox)};
    ZS_TRY(zs_emit_expect(e, trips, ZS_LEN(trips)));
    for (b.image = 0; b.image < batch; b.image++)
        for (uint32_t c = 0; c < r->y_c; c += r->t_oc)
            for (uint32_t oy = 0; oy < r->oh; oy += r->t_oy)
                for (uint32_t ox = 0; ox < r->ow; ox += r->t_ox) {
                    b.oc0 = b.ic0 = c;
                    b.oc_n = b.ic_n = clip(r->t_oc, c, r->y_c);
                    b.oy0 = (uint16_t)oy, b.oy_n = clip(r->t_oy, oy, r->oh);
                    b.ox0 = (uint16_t)ox, b.ox_n = clip(r->t_ox, ox, r->ow);
                    ZS_TRY(vector_tile(e, &b, &producer));
                }
    for (uint32_t i = 0; i < e->acc.n; i++) {
        const uint32_t op = e->acc.slot[i].last_use;
        uint32_t *by = &e->written_by[zs_draft_root(e->d, e->d->drafts[e->row].out)];
        if (op != ZS_NO_OP && (*by == ZS_NO_OP || op > *by))
            *by = op;
    }
    return ZS_OK;
}

/* ---- the PS ---------------------------------------------------------------------------------- */

static bool is_coherent(uint32_t port)
{
    return port == ZS_PORT_ACP;
}

/* The PS wrote this tensor: the input picture, or a layer in software. */
static bool written_by_host(const plan_draft *d, uint32_t tensor)
{
    const uint32_t layer = d->net->tensors[zs_draft_root(d, tensor)].producer;
    if (layer == ZS_NO_INDEX)
        return true;
    const uint32_t row = d->row_of_layer[layer];
    return row != ZS_NO_INDEX && !d->drafts[row].on_engine;
}

static uint64_t tensor_bytes(const plan_draft *d, uint32_t tensor)
{
    return zs_shape_elems(d->net->tensors[tensor].shape) * d->design->batch *
           zs_elem_bytes(d->design->accel.precision);
}

static bool reads(const plan_draft *d, uint32_t row, uint32_t tensor)
{
    const zs_layer *layer = zs_draft_layer(d, row);
    for (uint32_t k = 0; k < layer->in_n; k++)
        if (layer->in[k] == tensor)
            return true;
    return false;
}

/* Bytes that caches must give up before the engine reads what the PS wrote: once for a call. */
static uint64_t flushed_bytes(const plan_draft *d, const zs_plan_call *call)
{
    uint64_t bytes = 0;
    if (is_coherent(d->design->accel.ports.input))
        return 0;
    for (uint32_t row = call->row0; row < call->row0 + call->row_n; row++) {
        const zs_layer *layer = zs_draft_layer(d, row);
        for (uint32_t k = 0; k < layer->in_n; k++) {
            bool is_first = written_by_host(d, layer->in[k]);
            for (uint32_t before = call->row0; before < row && is_first; before++)
                is_first = !reads(d, before, layer->in[k]);
            for (uint32_t other = 0; other < k; other++)
                is_first = is_first && layer->in[other] != layer->in[k];
            if (is_first)
                bytes += tensor_bytes(d, layer->in[k]);
        }
    }
    return bytes;
}

static zs_status host_step(emitter *e, zs_host_step step, double seconds)
{
    return zs_emit_host(e, step, zs_seconds_to_pl_cycles(seconds, e->d->design->accel.clock_hz));
}

zs_status zs_plan_emit_call_start(emitter *e, const zs_plan_call *call)
{
    const zs_cpu_params *cpu = &e->d->design->board.cpu;
    const zs_accel *a = &e->d->design->accel;
    const double seconds = zs_cpu_call_start_s(cpu, a->clock_hz, a->registers) +
                           zs_cpu_cache_s(cpu, flushed_bytes(e->d, call));
    ZS_TRY(zs_emit_barrier(e));
    ZS_TRY(host_step(e, ZS_HOST_CALL, seconds));
    return zs_emit_barrier(e);
}

zs_status zs_plan_emit_call_end(emitter *e, const zs_plan_call *call)
{
    const plan_draft *d = e->d;
    const zs_cpu_params *cpu = &d->design->board.cpu;
    double seconds = zs_cpu_call_end_s(cpu, d->design->accel.clock_hz);
    const uint32_t out = d->drafts[call->row0 + call->row_n - 1].out;
    if (zs_draft_root(d, out) == zs_draft_root(d, d->net->output) &&
        !is_coherent(zs_output_port(&d->design->accel)))
        seconds += zs_cpu_cache_s(cpu, tensor_bytes(d, d->net->output));
    ZS_TRY(zs_emit_barrier(e));
    return host_step(e, ZS_HOST_CALL_END, seconds);
}

double zs_plan_software_s(const zs_cpu_params *cpu, const zs_layer *layer, uint64_t batch)
{
    const uint64_t in = zs_shape_elems(layer->x) * batch, out = zs_shape_elems(layer->y) * batch;
    switch (layer->op) {
    case ZS_LAYER_POOL:
        return zs_cpu_work_s(cpu, ZS_CPU_POOL_OPS, out * layer->window.kh * layer->window.kw);
    case ZS_LAYER_GAP:
        return zs_cpu_work_s(cpu, ZS_CPU_POOL_OPS, in);
    case ZS_LAYER_SOFTMAX:
        return zs_cpu_work_s(cpu, ZS_CPU_EXPS, in) + zs_cpu_work_s(cpu, ZS_CPU_ELEMENTS, in);
    case ZS_LAYER_LRN:
        return zs_cpu_work_s(cpu, ZS_CPU_EXPS, in) +
               zs_cpu_work_s(cpu, ZS_CPU_ELEMENTS, in * (layer->lrn_size + 1));
    case ZS_LAYER_CONV:
    case ZS_LAYER_FC:
        return zs_cpu_work_s(cpu, ZS_CPU_MACS, zs_layer_macs(layer) * batch);
    case ZS_LAYER_ADD:
        return zs_cpu_work_s(cpu, ZS_CPU_ELEMENTS, out * layer->in_n);
    default:
        return zs_cpu_work_s(cpu, ZS_CPU_ELEMENTS, out);
    }
}

zs_status zs_plan_emit_host_layer(emitter *e)
{
    const plan_draft *d = e->d;
    const zs_layer *layer = zs_draft_layer(d, e->row);
    const zs_cpu_params *cpu = &d->design->board.cpu;
    double seconds = zs_plan_software_s(cpu, layer, d->design->batch);
    for (uint32_t k = 0; k < layer->in_n; k++)
        if (!written_by_host(d, layer->in[k]) && !is_coherent(zs_output_port(&d->design->accel)))
            seconds += zs_cpu_cache_s(cpu, tensor_bytes(d, layer->in[k]));
    ZS_TRY(zs_emit_barrier(e));
    return host_step(e, ZS_HOST_LAYER, seconds);
}
