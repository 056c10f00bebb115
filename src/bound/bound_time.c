#include "zynqsim/bound.h"
#include "zynqsim/kind.h"
#include "zynqsim/memsys.h"
#include "zynqsim/outline.h"

#include <string.h>

/* Work of an engine since its last join, and the least instant at which that join can have retired.
 */
typedef struct tally {
    uint64_t join_pl_cycle;
    uint64_t unit_pl_cycles[ZS_UNITS_MAX];
    uint64_t dram_bytes;
} tally;

typedef struct charger {
    const zs_design *design;
    const zs_plan *plan;
    uint32_t beat_shift[ZS_UNITS_MAX]; /* of a unit's channel: log2 of its beat */
} charger;

static uint64_t least_end(const zs_design *design, const zs_plan *plan, const tally *t)
{
    uint64_t longest = zs_least_dram_pl_cycles(design, t->dram_bytes);
    for (uint32_t unit = 0; unit < plan->unit_n; unit++)
        longest = zs_max_u64(longest, t->unit_pl_cycles[unit]);
    return t->join_pl_cycle + longest;
}

static void charge(const charger *c, const zs_tile_op *op, tally *t)
{
    const zs_plan *plan = c->plan;
    if (op->code == ZS_OP_MEET)
        return;
    if (op->code == ZS_OP_JOIN) {
        t->join_pl_cycle = least_end(c->design, plan, t);
        memset(t->unit_pl_cycles, 0, plan->unit_n * sizeof *t->unit_pl_cycles);
        t->dram_bytes = 0;
        return;
    }
    const zs_op_cost *cost = &plan->costs[op->cost_key];
    if (plan->units[op->unit].channel == ZS_NO_CHANNEL) {
        t->unit_pl_cycles[op->unit] += cost->pl_cycles;
        return;
    }
    const uint64_t bytes = zs_xfer_bytes(&cost->xfer);
    const uint32_t shift = c->beat_shift[op->unit];
    t->unit_pl_cycles[op->unit] += cost->xfer.side_bytes == 0
                                       ? (bytes + (UINT64_C(1) << shift) - 1) >> shift
                                       : zs_xfer_least_pl_cycles(&cost->xfer, 1u << shift);
    t->dram_bytes += bytes;
}

/* Rows of a flow work at the same time, which its kind knows how to bound. */
static void flow_row_ends(const zs_design *design, const zs_net *net, const zs_plan *plan,
                          uint64_t *end_cycles)
{
    zs_outline o = {.design = design, .net = net, .plan = plan};
    for (uint32_t row = 0; row < plan->row_n; row++) {
        plan->kind->outline_row(&o, row);
        end_cycles[row] = zs_max_u64(row > 0 ? end_cycles[row - 1] : 0, zs_outline_end(&o));
    }
}

/* What brings the next engine starts when the op that it waits for can have retired at the
 * earliest; the call of that engine waits for its end. */
typedef struct loads {
    tally own;
    uint64_t end_pl_cycle;
} loads;

static void charge_load(const charger *c, uint32_t op, const uint64_t *row_ends, loads *l)
{
    const zs_tile_op *o = &c->plan->ops[op];
    if (c->plan->boxes[op].flags == ZS_HOST_SWAP) { /* the first of a bitstream */
        l->own = (tally){.join_pl_cycle = l->end_pl_cycle};
        if (o->wait[0] != ZS_NO_OP)
            l->own.join_pl_cycle =
                zs_max_u64(l->end_pl_cycle, row_ends[c->plan->ops[o->wait[0]].row]);
    }
    charge(c, o, &l->own);
    l->end_pl_cycle = zs_max_u64(l->end_pl_cycle, least_end(c->design, c->plan, &l->own));
}

static void wait_for_load(const loads *l, tally *t)
{
    if (l->end_pl_cycle > t->join_pl_cycle)
        t->unit_pl_cycles[ZS_UNIT_CPU] =
            zs_max_u64(t->unit_pl_cycles[ZS_UNIT_CPU], l->end_pl_cycle - t->join_pl_cycle);
}

static bool is_swap(const zs_plan *plan, uint32_t op)
{
    return plan->ops[op].code == ZS_OP_HOST && plan->boxes[op].flags == ZS_HOST_SWAP;
}

void zs_bound_row_ends(const zs_design *design, const zs_net *net, const zs_plan *plan,
                       uint64_t *end_cycles)
{
    if (plan->flow != NULL && plan->kind->outline_row != NULL && plan->part_n == 0) {
        flow_row_ends(design, net, plan, end_cycles);
        return;
    }
    tally engines[ZS_ENGINES_MAX];
    loads l = {.end_pl_cycle = 0};
    uint32_t op = 0;
    charger c = {.design = design, .plan = plan};
    for (uint32_t u = 0; u < plan->unit_n; u++)
        if (plan->units[u].channel != ZS_NO_CHANNEL)
            c.beat_shift[u] = (uint32_t)__builtin_ctz(
                zs_port_params(&design->board, plan->units[u].channel / 2).beat_bytes);
    memset(engines, 0, plan->engine_n * sizeof *engines);
    for (uint32_t row = 0; row < plan->row_n; row++) {
        const uint32_t row_end = plan->rows[row].op0 + plan->rows[row].op_n;
        tally *t = &engines[plan->rows[row].engine];
        for (; op < row_end; op++) {
            if (zs_op_is_loading(plan->ops[op].code)) {
                charge_load(&c, op, end_cycles, &l);
                continue;
            }
            if (is_swap(plan, op))
                wait_for_load(&l, t);
            charge(&c, &plan->ops[op], t);
        }
        end_cycles[row] = row > 0 ? end_cycles[row - 1] : 0;
        for (uint32_t i = 0; i < plan->engine_n; i++)
            end_cycles[row] = zs_max_u64(end_cycles[row], least_end(design, plan, &engines[i]));
    }
}
