#include "zynqsim/capacity.h"
#include "zynqsim/draft.h"

const char *zs_host_step_text(uint32_t step)
{
    static const char *const texts[] = {
        [ZS_HOST_CALL] = "start a call",
        [ZS_HOST_CALL_END] = "end of the call",
        [ZS_HOST_LAYER] = "a layer in software",
        [ZS_HOST_IM2COL] = "windows laid out as pixels",
        [ZS_HOST_GATHER] = "parts of a tensor joined",
        [ZS_HOST_SWAP] = "another engine onto the part",
    };
    return step < ZS_LEN(texts) ? texts[step] : NULL;
}

bool zs_port_is_coherent(uint32_t port)
{
    return port == ZS_PORT_ACP;
}

/* The PS wrote this tensor: the input picture, or a layer in software. */
static bool written_by_host(const zs_plan_draft *d, uint32_t tensor)
{
    const uint32_t layer = d->net->tensors[zs_draft_root(d, tensor)].producer;
    if (layer == ZS_NO_INDEX)
        return true;
    const uint32_t row = d->row_of_layer[layer];
    return row != ZS_NO_INDEX && !d->drafts[row].on_engine && !zs_draft_is_others(d, layer);
}

static bool reads(const zs_plan_draft *d, uint32_t row, uint32_t tensor)
{
    const zs_layer *layer = zs_draft_layer(d, row);
    for (uint32_t k = 0; k < layer->in_n; k++)
        if (layer->in[k] == tensor)
            return true;
    return false;
}

/* Bytes that caches must give up before the engine reads what the PS wrote: once for a call. */
static uint64_t flushed_bytes(const zs_plan_draft *d, const zs_plan_call *call)
{
    uint64_t bytes = 0;
    for (uint32_t row = call->row0; row < call->row0 + call->row_n; row++) {
        const zs_layer *layer = zs_draft_layer(d, row);
        if (zs_draft_ports(d, row).input == 1u << ZS_PORT_ACP)
            continue;
        for (uint32_t k = 0; k < layer->in_n; k++) {
            bool is_first = written_by_host(d, layer->in[k]);
            for (uint32_t before = call->row0; before < row && is_first; before++)
                is_first = !reads(d, before, layer->in[k]);
            for (uint32_t other = 0; other < k; other++)
                is_first = is_first && layer->in[other] != layer->in[k];
            if (is_first)
                bytes += zs_draft_tensor_bytes(d, layer->in[k]);
        }
    }
    return bytes;
}

zs_status zs_emit_host_s(zs_emitter *e, zs_host_step step, double seconds)
{
    return zs_emit_host(e, step, zs_seconds_to_pl_cycles(seconds, e->d->design->accel.clock_hz));
}

zs_status zs_emit_call_start(zs_emitter *e, const zs_plan_call *call)
{
    const zs_cpu_params *cpu = &e->d->design->board.cpu;
    const zs_accel *a = &e->d->design->accel;
    const double seconds = zs_cpu_call_start_s(cpu, a->clock_hz, a->registers) +
                           zs_cpu_cache_s(cpu, flushed_bytes(e->d, call));
    ZS_TRY(zs_emit_join(e));
    ZS_TRY(zs_emit_host_s(e, ZS_HOST_CALL, seconds));
    return zs_emit_join(e);
}

zs_status zs_emit_call_end(zs_emitter *e, const zs_plan_call *call)
{
    const zs_plan_draft *d = e->d;
    const zs_cpu_params *cpu = &d->design->board.cpu;
    double seconds = zs_cpu_call_end_s(cpu, d->design->accel.clock_hz);
    const uint32_t out = d->drafts[call->row0 + call->row_n - 1].out;
    for (uint32_t i = 0; i < d->net->output_n && !zs_port_is_coherent(d->output_port); i++)
        if (zs_draft_root(d, out) == zs_draft_root(d, d->net->outputs[i].tensor))
            seconds += zs_cpu_cache_s(cpu, zs_draft_tensor_bytes(d, d->net->outputs[i].tensor));
    ZS_TRY(zs_emit_join(e));
    return zs_emit_host_s(e, ZS_HOST_CALL_END, seconds);
}

static double general_s(const zs_cpu_params *cpu, const zs_layer *layer, uint64_t batch)
{
    const zs_software_work w = zs_layer_software_work(layer);
    return zs_cpu_work_s(cpu, ZS_CPU_MACS, w.macs * batch) +
           zs_cpu_work_s(cpu, ZS_CPU_ELEMENTS, w.elements * batch) +
           zs_cpu_work_s(cpu, ZS_CPU_POOL_OPS, w.pool_ops * batch) +
           zs_cpu_work_s(cpu, ZS_CPU_EXPS, w.exps * batch) +
           (double)(w.gathered * batch) * cpu->cycles_per_gathered_element / (double)cpu->clock_hz;
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
        return zs_op_is_general(layer->op) ? general_s(cpu, layer, batch)
                                           : zs_cpu_work_s(cpu, ZS_CPU_ELEMENTS, out);
    }
}

zs_status zs_emit_host_layer(zs_emitter *e)
{
    const zs_plan_draft *d = e->d;
    const zs_layer *layer = zs_draft_layer(d, e->row);
    const zs_cpu_params *cpu = &d->design->board.cpu;
    double seconds = zs_plan_software_s(cpu, layer, d->design->batch);
    for (uint32_t k = 0; k < layer->in_n; k++)
        if (!written_by_host(d, layer->in[k]) && !zs_port_is_coherent(d->output_port))
            seconds += zs_cpu_cache_s(cpu, zs_draft_tensor_bytes(d, layer->in[k]));
    ZS_TRY(zs_emit_join(e));
    return zs_emit_host_s(e, ZS_HOST_LAYER, seconds);
}
