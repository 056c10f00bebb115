/* sim_priv.h - the engine's account of a run: who worked, who waited, what was moved.
 *
 * Rows that take turns end in order: row i ends when the last op of rows 0..i has retired. The span
 * of a row reaches from the end of the row before to its own, so spans add up to the total. Within
 * a span the compute unit either works or waits; what it waits for is the op whose retirement lets
 * it go on. Rows that overlap have a compute unit each: a row's span reaches from the start of its
 * first op to the end of its last. */
#ifndef ZYNQSIM_SIM_PRIV_H
#define ZYNQSIM_SIM_PRIV_H

#include "zynqsim/serial.h"
#include "zynqsim/sim.h"

typedef struct sim_account {
    const zs_plan *plan;
    zs_layer_result *layers; /* [row] */
    uint32_t *ops_left;      /* [row] */
    uint32_t row;            /* first row that has not ended */
    uint64_t row_start;
    uint64_t marked;                    /* the compute unit's time is accounted for up to here */
    uint64_t busy[ZS_UNITS_MAX];        /* retired ops */
    uint64_t busy_at_row[ZS_UNITS_MAX]; /* at row_start, running ops included */
    /* rows that overlap: */
    bool *begun;                   /* [row] */
    uint64_t cursor[ZS_UNITS_MAX]; /* of a compute unit: accounted for up to here */
} sim_account;

zs_cause zs_cause_of_role(uint32_t role);
/* Counts what an op of this code has moved; nothing for ops that are no transfers. */
/* Of a transfer: index_bytes of `bytes` are an operand of their own. */
void zs_count_bytes(zs_layer_result *layer, uint32_t code, uint64_t bytes, uint64_t index_bytes);
void zs_count_walk(zs_layer_result *layer, const zs_serial_count *count);
/* `layers` has plan->row_n entries and is filled as rows end. */
zs_status zs_account_init(sim_account *a, zs_arena *arena, const zs_plan *plan,
                          zs_layer_result *layers, zs_err *err);
/* The MAC array did, or waited for, `cause` since the last mark. */
void zs_account_mark(sim_account *a, uint64_t now, zs_cause cause);
/* Whether a compute unit is at work. */
bool zs_account_computes(const sim_account *a, const bool *running);
/* Op `index` starts; rows that overlap only. */
void zs_account_begin(sim_account *a, uint32_t index, uint64_t now, uint32_t last_retired);
/* What op `index`, a walk over the master of `port`, did from `start` on, before its retirement is
 * accounted for: arithmetic is the unit's work, for the rest it waited. */
void zs_account_walk(sim_account *a, const zs_serial_walk *walk, uint32_t index, uint32_t port,
                     uint64_t start, const zs_serial_time *time);
/* An op of a row has retired. `running` and `started` say what the units are at. */
void zs_account_retire(sim_account *a, const zs_tile_op *op, uint64_t start, uint64_t now,
                       uint64_t bytes, const bool *running, const uint64_t *started);

/* Fills what does not depend on how time was found: names, work, verdicts, fit, roofs, energy. The
 * rows have their times, bytes and bounds. */
zs_status zs_result_finish(zs_arena *arena, const zs_design *design, const zs_net *net,
                           const zs_plan *plan, zs_fidelity fidelity, zs_layer_result *layers,
                           zs_result *r, zs_err *err);
/* engine_results.c: r->engines with their names, before anything is simulated; the rest of them. */
zs_status zs_engine_results_new(zs_arena *arena, const zs_plan *plan, zs_result *r, zs_err *err);
zs_status zs_engine_results_finish(zs_arena *arena, const zs_design *design, const zs_plan *plan,
                                   const zs_layer_result *layers, zs_result *r, zs_err *err);
/* Broken promises of a finished result: ZS_EINTERNAL names the first one. */
zs_status zs_result_check(const zs_result *r, zs_err *err);
/* A plan with a flow, once all ops have retired: times of its rows and r->flow. */
zs_status zs_flow_finish(zs_arena *arena, const zs_plan *plan, zs_flow_sim *flow,
                         zs_layer_result *layers, zs_result *r, zs_err *err);
/* What r->flow says of the whole, as notes. */
/* Of one of several engines, which is a pipeline: its part of r->engines, and a note. */
zs_status zs_flow_note_part(zs_arena *arena, const zs_plan *plan, uint32_t part, zs_flow_sim *flow,
                            zs_result *r, zs_err *err);
zs_status zs_flow_note(zs_arena *arena, const zs_plan *plan, zs_result *r, zs_err *err);
/* Nothing will move any more: ZS_ESTUCK names the FIFO and who waits. */
zs_status zs_flow_deadlock(const zs_plan *plan, zs_flow_sim *flow, zs_err *err);
/* Closed form instead of a simulation: rows take their bound_cycles. */
void zs_sim_bound(const zs_design *design, const zs_plan *plan, zs_layer_result *layers,
                  zs_result *r);

#endif
