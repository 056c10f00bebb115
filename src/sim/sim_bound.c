#include "sim_priv.h"

#include "zynqsim/kind.h"

/* `bound`: no events. Rows end at their lower bounds; a row is said to be limited by the unit that
 * has the most work in it. */

typedef struct row_work {
    uint64_t unit[ZS_UNITS_MAX]; /* least busy cycles */
} row_work;

static void add_walk(const zs_design *design, const zs_plan *plan, uint32_t op, zs_layer_result *l,
                     row_work *w)
{
    const zs_serial_walk walk = plan->kind->walk(&plan->rows[plan->ops[op].row], &plan->boxes[op]);
    const zs_serial_count count = zs_serial_count_of(&walk);
    const zs_serial_time least = zs_serial_least(design, &walk);
    const uint32_t port = design->accel.ports.input;
    zs_count_walk(l, &count);
    w->unit[plan->ops[op].unit] += least.compute_pl_cycles;
    w->unit[zs_channel(port, false)] += least.read_pl_cycles;
    w->unit[zs_channel(port, true)] += least.write_pl_cycles;
}

static row_work work_of(const zs_design *design, const zs_plan *plan, uint32_t row,
                        zs_layer_result *l)
{
    row_work w = {.unit = {0}};
    const uint32_t end = plan->rows[row].op0 + plan->rows[row].op_n;
    for (uint32_t i = plan->rows[row].op0; i < end; i++) {
        const zs_tile_op *op = &plan->ops[i];
        const zs_op_cost *cost = &plan->costs[op->cost_key];
        if (op->code == ZS_OP_MEET)
            continue;
        if (op->code == ZS_OP_WALK) {
            add_walk(design, plan, i, l, &w);
            continue;
        }
        uint64_t bytes = 0, cycles = cost->pl_cycles;
        if (zs_op_is_transfer(op->code)) {
            bytes = zs_xfer_bytes(&cost->xfer);
            cycles = zs_xfer_least_pl_cycles(
                &cost->xfer, zs_port_params(&design->board, zs_op_channel(plan, i) / 2).beat_bytes);
        }
        w.unit[op->unit] += cycles;
        zs_count_bytes(l, op->code, bytes, cost->xfer.index_bytes);
    }
    return w;
}

static void set_times(const zs_plan *plan, zs_layer_result *l, const row_work *w)
{
    for (uint32_t u = 0; u < plan->unit_n; u++) {
        const zs_cause cause = zs_cause_of_role(plan->units[u].role);
        const uint64_t busy = zs_min_u64(w->unit[u], l->cycles);
        l->busy_cycles[cause] = zs_max_u64(l->busy_cycles[cause], busy);
    }
    zs_cause most = ZS_BY_COMPUTE;
    for (uint32_t c = 1; c < ZS_CAUSE_N; c++)
        if (l->busy_cycles[c] > l->busy_cycles[most])
            most = (zs_cause)c;
    l->waited_cycles[ZS_BY_COMPUTE] = l->busy_cycles[ZS_BY_COMPUTE];
    l->waited_cycles[most] += l->cycles - l->busy_cycles[ZS_BY_COMPUTE];
}

void zs_sim_bound(const zs_design *design, const zs_plan *plan, zs_layer_result *layers,
                  zs_result *r)
{
    for (uint32_t i = 0; i < plan->row_n; i++) {
        layers[i].start_cycle = r->cycles;
        layers[i].cycles = layers[i].bound_cycles;
        r->cycles += layers[i].cycles;
        const row_work work = work_of(design, plan, i, &layers[i]);
        set_times(plan, &layers[i], &work);
        r->dram.read_bytes += layers[i].read_bytes;
        r->dram.write_bytes += layers[i].write_bytes;
    }
}
