#include "direct_priv.h"

enum { NOTES = 2 };

static uint64_t executed_macs(const zs_plan *plan)
{
    uint64_t taps = 0;
    for (uint32_t i = 0; i < plan->op_n; i++) {
        const zs_plan_row *row = &plan->rows[plan->ops[i].row];
        if (plan->ops[i].code != ZS_OP_WALK || row->macs == 0)
            continue;
        const zs_serial_walk walk = direct_walk(row, &plan->boxes[i]);
        taps += zs_serial_count_of(&walk).taps;
    }
    return taps;
}

zs_status direct_notes(zs_arena *arena, const zs_plan *plan, const zs_kind_totals *totals,
                       const char *const **out, uint32_t *n, zs_err *err)
{
    const char **notes = zs_new(arena, const char *, NOTES);
    if (notes == NULL)
        return zs_nomem(err, "result");
    notes[0] = zs_arena_printf(
        arena,
        "synthesis promises %.1f M cycles, %.1f times fewer than %s: it takes the loop for a "
        "pipeline, but reads are single-beat and conditional, each waits for the one before it and "
        "for its arithmetic, so pipelining and unrolling change the promise and not the time",
        (double)totals->hls_cycles / 1e6,
        (double)totals->cycles / (double)zs_max_u64(1, totals->hls_cycles), totals->fidelity);
    notes[1] = zs_arena_printf(
        arena, "%llu of the %llu MACs are executed: taps outside the image are skipped",
        (unsigned long long)executed_macs(plan), (unsigned long long)totals->macs);
    if (notes[0] == NULL || notes[1] == NULL)
        return zs_nomem(err, "result");
    *out = notes;
    *n = NOTES;
    return ZS_OK;
}
