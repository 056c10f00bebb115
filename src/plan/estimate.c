#include "zynqsim/draft.h"

#include <string.h>

/* A schedule in one pass: units take their ops in plan order, so an op's start follows from what
 * stands before it. Since the last join the DRAM has at least the time that all transfers ask of
 * it. */

typedef struct schedule {
    uint64_t free[ZS_UNITS_MAX]; /* when a unit is done with the op before */
    uint64_t latest;             /* end of any op so far */
    uint64_t join, dram_ddr_cycles;
} schedule;

static uint64_t ddr_to_pl(const zs_design *d, uint64_t ddr_cycles)
{
    const zs_memory_params *m = &d->board.memory;
    return ddr_cycles * m->tck_ps / zs_memory_channels(m) /
           zs_max_u64(1, UINT64_C(1000000000000) / d->accel.clock_hz);
}

static uint64_t transfer_cycles(const zs_design *d, const zs_plan_unit *unit,
                                const zs_xfer_price *price, bool is_chained)
{
    if (is_chained) /* its latency is behind the one before */
        return price->count.beats;
    return price->pl_cycles + (unit->role == ZS_WRITE ? d->accel.dma.store_start_pl_cycles
                                                      : d->accel.dma.start_pl_cycles);
}

zs_status zs_plan_estimate(zs_arena *scratch, const zs_design *design, const zs_plan *plan,
                           uint64_t *pl_cycles, zs_err *err)
{
    uint64_t *ends = zs_arena_alloc_raw(scratch, plan->op_n + 1u, sizeof *ends);
    zs_xfer_price *prices = zs_new(scratch, zs_xfer_price, plan->cost_n + 1u);
    if (ends == NULL || prices == NULL)
        return zs_nomem(err, "plan");
    for (uint32_t i = 0; i < plan->cost_n; i++) {
        const uint32_t channel = plan->units[plan->costs[i].unit].channel;
        if (channel != ZS_NO_CHANNEL)
            prices[i] = zs_xfer_price_of(design, channel, &plan->costs[i].xfer);
    }
    schedule s;
    memset(&s, 0, sizeof s);
    for (uint32_t i = 0; i < plan->op_n; i++) {
        const zs_tile_op *op = &plan->ops[i];
        const zs_plan_unit *unit = &plan->units[op->unit];
        uint64_t start = s.join;
        if (op->code == ZS_OP_JOIN) {
            ends[i] = s.join = zs_max_u64(s.latest, s.join + ddr_to_pl(design, s.dram_ddr_cycles));
            s.latest = s.join;
            s.dram_ddr_cycles = 0;
            continue;
        }
        for (uint32_t k = 0; k < ZS_LEN(op->wait); k++)
            if (op->wait[k] != ZS_NO_OP)
                start = zs_max_u64(start, ends[op->wait[k]]);
        if (op->code == ZS_OP_MEET) {
            const zs_plan_meet *m = &plan->meets[op->cost_key];
            for (uint32_t k = 0; k < m->n; k++)
                start = zs_max_u64(start, ends[plan->meet_waits[m->first + k]]);
            ends[i] = start;
            continue;
        }
        start = zs_max_u64(start, s.free[op->unit]);
        if (unit->channel == ZS_NO_CHANNEL) {
            ends[i] = start + plan->costs[op->cost_key].pl_cycles;
        } else {
            const zs_xfer_price *price = &prices[op->cost_key];
            const bool is_chained = (plan->boxes[i].flags & ZS_BOX_CHAINED) != 0;
            ends[i] = start + transfer_cycles(design, unit, price, is_chained);
            s.dram_ddr_cycles += price->dram_ddr_cycles;
        }
        s.free[op->unit] = ends[i];
        s.latest = zs_max_u64(s.latest, ends[i]);
    }
    *pl_cycles = zs_max_u64(s.latest, s.join + ddr_to_pl(design, s.dram_ddr_cycles));
    return ZS_OK;
}

zs_status zs_draft_again(zs_arena *scratch, const zs_plan_draft *base, const zs_plan *base_plan,
                         zs_plan_draft *d, zs_err *err)
{
    zs_arena_reset(scratch);
    *d = *base;
    d->plan = zs_new(scratch, zs_plan, 1);
    if (d->plan == NULL)
        return zs_nomem(err, "plan");
    *d->plan = *base_plan;
    d->arena = scratch;
    return ZS_OK;
}

zs_status zs_draft_estimate(zs_arena *scratch, const zs_plan_draft *d, uint64_t *pl_cycles,
                            zs_err *err)
{
    d->plan->rows = d->rows;
    d->plan->row_n = d->row_n;
    d->plan->front_n = d->front_n;
    return zs_plan_estimate(scratch, d->design, d->plan, pl_cycles, err);
}
