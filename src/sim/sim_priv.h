/* sim_priv.h - the engine's account of a run: who worked, who waited, what was moved.
 *
 * Rows end in order: row i ends when the last op of rows 0..i has retired. The span of a row
 * reaches from the end of the row before to its own, so spans add up to the total. Within a span
 * the MAC array either works or waits; what it waits for is the op whose retirement lets it go on.
 */
#ifndef ZYNQSIM_SIM_PRIV_H
#define ZYNQSIM_SIM_PRIV_H

#include "zynqsim/sim.h"

typedef struct sim_account {
    const zs_plan *plan;
    zs_layer_result *layers; /* [row] */
    uint32_t *ops_left;      /* [row] */
    uint32_t row;            /* first row that has not ended */
    uint64_t row_start;
    uint64_t marked;                 /* the MAC array's time is accounted for up to here */
    uint64_t busy[ZS_UNIT_N];        /* retired ops */
    uint64_t busy_at_row[ZS_UNIT_N]; /* at row_start, running ops included */
} sim_account;

zs_cause zs_cause_of_op(uint32_t kind);
zs_cause zs_cause_of_unit(uint32_t unit);
/* Counts what an op of this kind has moved; nothing for ops that are no transfers. */
void zs_count_bytes(zs_layer_result *layer, uint32_t kind, uint64_t bytes);
void zs_count_walk(zs_layer_result *layer, const zs_serial_count *count);
/* `layers` has plan->row_n entries and is filled as rows end. */
zs_status zs_account_init(sim_account *a, zs_arena *arena, const zs_plan *plan,
                          zs_layer_result *layers, zs_err *err);
/* The MAC array did, or waited for, `cause` since the last mark. */
void zs_account_mark(sim_account *a, uint64_t now, zs_cause cause);
/* What a DIRECT op did from `start` on, before its retirement is accounted for: arithmetic is the
 * MAC array's work, the rest it waited for. */
void zs_account_direct(sim_account *a, const zs_design *design, uint32_t index, uint64_t start,
                       const zs_serial_time *time);
/* Notes on a result of kind direct: why synthesis promised more, and what the MACs count. */
zs_status zs_note_direct(zs_arena *arena, const zs_plan *plan, zs_result *r, zs_err *err);
/* An op of a row has retired. `running` and `started` tell what the units are at. */
void zs_account_retire(sim_account *a, const zs_tile_op *op, uint64_t start, uint64_t now,
                       uint64_t bytes, const bool *running, const uint64_t *started);

/* Fills what does not depend on how time was found: names, work, verdicts, fit, roofs, energy. The
 * rows have their times, bytes and bounds. */
zs_status zs_result_finish(zs_arena *arena, const zs_design *design, const zs_net *net,
                           const zs_plan *plan, zs_fidelity fidelity, zs_layer_result *layers,
                           zs_result *r, zs_err *err);
/* Broken promises of a finished result: ZS_EINTERNAL names the first one. */
zs_status zs_result_check(const zs_result *r, zs_err *err);
/* Closed form instead of a simulation: rows take their bound_cycles. */
void zs_sim_bound(const zs_design *design, const zs_plan *plan, zs_layer_result *layers,
                  zs_result *r);

#endif
