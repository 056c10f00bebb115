#include "sim_priv.h"

zs_cause zs_cause_of_role(uint32_t role)
{
    static const zs_cause causes[ZS_ROLE_N] = {[ZS_READ] = ZS_BY_READ,
                                               [ZS_WRITE] = ZS_BY_WRITE,
                                               [ZS_COMPUTE] = ZS_BY_COMPUTE,
                                               [ZS_HOST] = ZS_BY_HOST,
                                               [ZS_JOIN] = ZS_BY_HOST};
    return causes[role];
}

zs_status zs_account_init(sim_account *a, zs_arena *arena, const zs_plan *plan,
                          zs_layer_result *layers, zs_err *err)
{
    *a = (sim_account){.plan = plan, .layers = layers};
    a->ops_left = zs_new(arena, uint32_t, plan->row_n);
    a->begun = zs_new(arena, bool, plan->row_n);
    if (a->ops_left == NULL || a->begun == NULL)
        return zs_nomem(err, "simulation");
    for (uint32_t i = 0; i < plan->row_n; i++)
        a->ops_left[i] = plan->rows[i].op_n;
    return ZS_OK;
}

static void wait_for(zs_layer_result *layer, zs_cause cause, uint64_t cycles)
{
    layer->waited_cycles[cause] += cycles;
    if (cause == ZS_BY_READ || cause == ZS_BY_HOST)
        layer->starved_cycles += cycles;
    else if (cause == ZS_BY_WRITE)
        layer->blocked_cycles += cycles;
}

void zs_account_mark(sim_account *a, uint64_t now, zs_cause cause)
{
    if (a->row < a->plan->row_n && !a->plan->rows_overlap)
        wait_for(&a->layers[a->row], cause, now - a->marked);
    a->marked = now;
}

void zs_count_bytes(zs_layer_result *layer, uint32_t code, uint64_t bytes, uint64_t index_bytes)
{
    if (!zs_op_is_transfer(code) || zs_op_is_loading(code))
        return;
    layer->operand_bytes[zs_op_what(code)] += bytes - index_bytes;
    layer->operand_bytes[ZS_OPERAND_INDEX] += index_bytes;
    *(zs_op_role(code) == ZS_READ ? &layer->read_bytes : &layer->write_bytes) += bytes;
}

void zs_count_walk(zs_layer_result *layer, const zs_serial_count *c)
{
    layer->operand_bytes[ZS_OPERAND_WEIGHT] += c->stream_bytes;
    layer->operand_bytes[ZS_OPERAND_INPUT] += c->tap_bytes;
    layer->operand_bytes[ZS_OPERAND_OUTPUT] += c->store_bytes;
    layer->read_bytes += c->stream_bytes + c->tap_bytes;
    layer->write_bytes += c->store_bytes;
}

/* ---- rows that take turns -------------------------------------------------------------------- */

static void end_row(sim_account *a, uint64_t now, const bool *running, const uint64_t *started)
{
    zs_layer_result *layer = &a->layers[a->row];
    layer->start_cycle = a->row_start;
    layer->cycles = now - a->row_start;
    for (uint32_t u = 0; u < a->plan->unit_n; u++) {
        const uint64_t busy = a->busy[u] + (running[u] ? now - started[u] : 0);
        uint64_t *most = &layer->busy_cycles[zs_cause_of_role(a->plan->units[u].role)];
        *most = zs_max_u64(*most, busy - a->busy_at_row[u]);
        a->busy_at_row[u] = busy;
    }
    a->row_start = now;
    a->row++;
}

bool zs_account_computes(const sim_account *a, const bool *running)
{
    for (uint32_t u = 0; u < a->plan->unit_n; u++)
        if (a->plan->units[u].role == ZS_COMPUTE && running[u])
            return true;
    return false;
}

/* ---- rows that overlap ----------------------------------------------------------------------- */

/* A row's time is that of its compute unit, from the first op of the row on: between two of its ops
 * the unit waits for the op that retired last. An earlier row's op means inputs, a later row's that
 * room was made for results. */
void zs_account_begin(sim_account *a, uint32_t index, uint64_t now, uint32_t last_retired)
{
    const zs_tile_op *op = &a->plan->ops[index];
    zs_layer_result *layer = &a->layers[op->row];
    if (!a->plan->rows_overlap)
        return;
    if (!a->begun[op->row]) {
        a->begun[op->row] = true;
        layer->start_cycle = now;
        a->cursor[op->unit] = zs_op_role(op->code) == ZS_COMPUTE ? now : a->cursor[op->unit];
    }
    if (zs_op_role(op->code) != ZS_COMPUTE)
        return;
    const zs_tile_op *last = &a->plan->ops[last_retired];
    const uint64_t since = zs_max_u64(a->cursor[op->unit], layer->start_cycle);
    zs_cause cause = zs_cause_of_role(zs_op_role(last->code));
    if (cause == ZS_BY_COMPUTE)
        cause = last->row > op->row ? ZS_BY_WRITE : ZS_BY_READ;
    wait_for(layer, cause, now - since);
    a->cursor[op->unit] = now;
}

static void retire_overlapping(sim_account *a, const zs_tile_op *op, uint64_t start, uint64_t now)
{
    zs_layer_result *layer = &a->layers[op->row];
    const zs_role role = zs_op_role(op->code);
    layer->busy_cycles[zs_cause_of_role(role)] += now - start;
    if (role == ZS_COMPUTE) {
        layer->waited_cycles[ZS_BY_COMPUTE] += now - start;
        a->cursor[op->unit] = now;
    }
    if (a->ops_left[op->row] > 0)
        return;
    uint64_t accounted = 0;
    layer->cycles = now - layer->start_cycle;
    for (uint32_t c = 0; c < ZS_CAUSE_N; c++)
        accounted += layer->waited_cycles[c];
    wait_for(layer, zs_cause_of_role(role), layer->cycles - accounted); /* the last results leave */
}

/* ---- ops ------------------------------------------------------------------------------------- */

void zs_account_retire(sim_account *a, const zs_tile_op *op, uint64_t start, uint64_t now,
                       uint64_t bytes, const bool *running, const uint64_t *started)
{
    const zs_role role = zs_op_role(op->code);
    if (op->code != ZS_OP_WALK) /* its parts are charged one by one */
        a->busy[op->unit] += now - start;
    zs_count_bytes(&a->layers[op->row], op->code, bytes,
                   bytes > 0 ? a->plan->costs[op->cost_key].xfer.index_bytes : 0);
    a->ops_left[op->row]--;
    if (a->plan->rows_overlap) {
        retire_overlapping(a, op, start, now);
        return;
    }
    if (role == ZS_COMPUTE)
        zs_account_mark(a, now, ZS_BY_COMPUTE);
    while (a->row < a->plan->row_n && a->ops_left[a->row] == 0) {
        zs_account_mark(a, now,
                        zs_account_computes(a, running) ? ZS_BY_COMPUTE : zs_cause_of_role(role));
        end_row(a, now, running, started);
    }
}

void zs_account_walk(sim_account *a, const zs_serial_walk *walk, uint32_t index, uint32_t port,
                     uint64_t start, const zs_serial_time *time)
{
    const zs_tile_op *op = &a->plan->ops[index];
    const zs_serial_count count = zs_serial_count_of(walk);
    zs_count_walk(&a->layers[op->row], &count);
    zs_account_mark(a, start + time->compute_pl_cycles, ZS_BY_COMPUTE);
    zs_account_mark(a, a->marked + time->read_pl_cycles, ZS_BY_READ);
    zs_account_mark(a, a->marked + time->write_pl_cycles, ZS_BY_WRITE);
    a->busy[op->unit] += time->compute_pl_cycles;
    a->busy[zs_channel(port, false)] += time->read_pl_cycles;
    a->busy[zs_channel(port, true)] += time->write_pl_cycles;
}
