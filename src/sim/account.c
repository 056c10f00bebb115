#include "sim_priv.h"

zs_cause zs_cause_of_op(uint32_t kind)
{
    switch (kind) {
    case ZS_OP_LOAD_X:
    case ZS_OP_LOAD_W:
    case ZS_OP_LOAD_P:
        return ZS_BY_READ;
    case ZS_OP_STORE_P:
    case ZS_OP_STORE:
        return ZS_BY_WRITE;
    case ZS_OP_MAC:
    case ZS_OP_POST:
        return ZS_BY_COMPUTE;
    default:
        return ZS_BY_HOST;
    }
}

zs_status zs_account_init(sim_account *a, zs_arena *arena, const zs_plan *plan,
                          zs_layer_result *layers, zs_err *err)
{
    *a = (sim_account){.plan = plan, .layers = layers};
    a->ops_left = zs_new(arena, uint32_t, plan->row_n);
    if (a->ops_left == NULL)
        return zs_nomem(err, "simulation");
    for (uint32_t i = 0; i < plan->row_n; i++)
        a->ops_left[i] = plan->rows[i].op_n;
    return ZS_OK;
}

void zs_account_mark(sim_account *a, uint64_t now, zs_cause cause)
{
    if (a->row < a->plan->row_n)
        a->layers[a->row].waited_cycles[cause] += now - a->marked;
    a->marked = now;
}

static zs_operand operand_of(uint32_t kind)
{
    switch (kind) {
    case ZS_OP_LOAD_W:
        return ZS_OPERAND_WEIGHT;
    case ZS_OP_LOAD_X:
        return ZS_OPERAND_INPUT;
    case ZS_OP_STORE:
        return ZS_OPERAND_OUTPUT;
    default:
        return ZS_OPERAND_PARTIAL;
    }
}

void zs_count_bytes(zs_layer_result *layer, uint32_t kind, uint64_t bytes)
{
    const zs_cause cause = zs_cause_of_op(kind);
    if (cause != ZS_BY_READ && cause != ZS_BY_WRITE)
        return;
    layer->operand_bytes[operand_of(kind)] += bytes;
    *(cause == ZS_BY_READ ? &layer->read_bytes : &layer->write_bytes) += bytes;
}

void zs_count_walk(zs_layer_result *layer, const zs_serial_count *c)
{
    layer->operand_bytes[ZS_OPERAND_WEIGHT] += c->stream_bytes;
    layer->operand_bytes[ZS_OPERAND_INPUT] += c->tap_bytes;
    layer->operand_bytes[ZS_OPERAND_OUTPUT] += c->store_bytes;
    layer->read_bytes += c->stream_bytes + c->tap_bytes;
    layer->write_bytes += c->store_bytes;
}

zs_cause zs_cause_of_unit(uint32_t unit)
{
    if (unit >= ZS_CHANNEL_N)
        return unit == ZS_UNIT_PE ? ZS_BY_COMPUTE : ZS_BY_HOST;
    return unit % 2 ? ZS_BY_WRITE : ZS_BY_READ;
}

static void end_row(sim_account *a, uint64_t now, const bool *running, const uint64_t *started)
{
    zs_layer_result *layer = &a->layers[a->row];
    layer->start_cycle = a->row_start;
    layer->cycles = now - a->row_start;
    for (uint32_t u = 0; u < ZS_UNIT_N; u++) {
        const uint64_t busy = a->busy[u] + (running[u] ? now - started[u] : 0);
        uint64_t *most = &layer->busy_cycles[zs_cause_of_unit(u)];
        *most = zs_max_u64(*most, busy - a->busy_at_row[u]);
        a->busy_at_row[u] = busy;
    }
    a->row_start = now;
    a->row++;
}

void zs_account_retire(sim_account *a, const zs_tile_op *op, uint64_t start, uint64_t now,
                       uint64_t bytes, const bool *running, const uint64_t *started)
{
    const zs_cause cause = zs_cause_of_op(op->kind);
    if (op->kind != ZS_OP_DIRECT)
        a->busy[op->unit] += now - start;
    zs_count_bytes(&a->layers[op->layer], op->kind, bytes);
    if (op->unit == ZS_UNIT_PE)
        zs_account_mark(a, now, ZS_BY_COMPUTE);
    a->ops_left[op->layer]--;
    while (a->row < a->plan->row_n && a->ops_left[a->row] == 0) {
        zs_account_mark(a, now, running[ZS_UNIT_PE] ? ZS_BY_COMPUTE : cause);
        end_row(a, now, running, started);
    }
}

void zs_account_direct(sim_account *a, const zs_design *design, uint32_t index, uint64_t start,
                       const zs_serial_time *time)
{
    const zs_tile_op *op = &a->plan->ops[index];
    const zs_serial_walk walk = zs_plan_walk(&a->plan->rows[op->layer], &a->plan->boxes[index]);
    const zs_serial_count count = zs_serial_count_of(&walk);
    const uint32_t port = design->accel.ports.input;
    zs_count_walk(&a->layers[op->layer], &count);
    zs_account_mark(a, start + time->compute_pl_cycles, ZS_BY_COMPUTE);
    zs_account_mark(a, a->marked + time->read_pl_cycles, ZS_BY_READ);
    zs_account_mark(a, a->marked + time->write_pl_cycles, ZS_BY_WRITE);
    a->busy[ZS_UNIT_PE] += time->compute_pl_cycles;
    a->busy[zs_channel(port, false)] += time->read_pl_cycles;
    a->busy[zs_channel(port, true)] += time->write_pl_cycles;
}
