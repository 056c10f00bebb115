#include "zynqsim/bound.h"
#include "zynqsim/memsys.h"

/* Work since the last barrier, and the least instant at which that barrier can have retired. */
typedef struct tally {
    uint64_t fence_pl_cycle;
    uint64_t unit_pl_cycles[ZS_UNIT_N];
    uint64_t dram_bytes;
} tally;

__extension__ typedef unsigned __int128 wide;

/* Two beats of the bus per DRAM clock; rounded down, as this is a lower bound. */
static uint64_t dram_pl_cycles(const zs_design *design, uint64_t bytes)
{
    const zs_memory_params *m = &design->board.memory;
    if (m->kind == ZS_MEMORY_FIXED)
        return 0; /* no channel waits for another */
    const wide least_ps = (wide)bytes * m->tck_ps / (2 * (wide)m->bus_bytes);
    const wide cycles = least_ps * design->accel.clock_hz / ZS_PS_PER_S;
    return cycles > UINT64_MAX ? UINT64_MAX : (uint64_t)cycles;
}

static uint64_t least_end(const zs_design *design, const tally *t)
{
    uint64_t longest = dram_pl_cycles(design, t->dram_bytes);
    for (uint32_t unit = 0; unit < ZS_UNIT_N; unit++)
        longest = zs_max_u64(longest, t->unit_pl_cycles[unit]);
    return t->fence_pl_cycle + longest;
}

static void charge(const zs_design *design, const zs_plan *plan, const zs_tile_op *op, tally *t)
{
    if (op->kind == ZS_OP_BARRIER) {
        *t = (tally){.fence_pl_cycle = least_end(design, t)};
        return;
    }
    const zs_op_cost *cost = &plan->costs[op->cost_key];
    if (op->unit >= ZS_CHANNEL_N) {
        t->unit_pl_cycles[op->unit] += cost->pl_cycles;
        return;
    }
    const uint64_t bytes = zs_xfer_bytes(&cost->xfer);
    const uint32_t beat_bytes = zs_port_params(&design->board, op->unit / 2)->beat_bytes;
    t->unit_pl_cycles[op->unit] += zs_ceil_div(bytes, beat_bytes);
    t->dram_bytes += bytes;
}

void zs_bound_row_ends(const zs_design *design, const zs_net *net, const zs_plan *plan,
                       uint64_t *end_cycles)
{
    (void)net;
    tally t = {0};
    uint32_t op = 0;
    for (uint32_t row = 0; row < plan->row_n; row++) {
        const uint32_t row_end = plan->rows[row].op0 + plan->rows[row].op_n;
        for (; op < row_end; op++)
            charge(design, plan, &plan->ops[op], &t);
        end_cycles[row] = least_end(design, &t);
    }
}
