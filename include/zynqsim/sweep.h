/* sweep.h - one point of a sweep: from its number to its outcome, and the columns of its row.
 *
 * Flow     zs_grid_design makes the design; conditions on early figures may skip it; the plan is
 *          built and simulated without numerics; conditions on results set `meets`.
 * Row      point, sweep, every varied key, outcome, meets, problem, then the figures of metrics.def
 *          except sim_wall_seconds, which differs from run to run, and any that a varied key names;
 *          then a check sum of the text before it. A row that is read back is accepted only if it
 *          is complete and every cell is valid for its column.
 * Pure     a point depends on the sweep and its number alone: the same row for any thread or order.
 * Reuse    points that differ in fusion alone may have equal plans (where nothing to be kept on
 *          chip fits, say): the second reuses the result of the first.
 * Memory   a memo is one worker's memory in one sweep; the result of a point is valid until the
 *          next one. With an axis of fusions the previous point is kept as well, unless it takes
 *          hundreds of MB. */
#ifndef ZYNQSIM_SWEEP_H
#define ZYNQSIM_SWEEP_H

#include "zynqsim/base.h"
#include "zynqsim/condition.h"
#include "zynqsim/design.h"
#include "zynqsim/grid.h"
#include "zynqsim/net.h"
#include "zynqsim/sim.h"

typedef enum zs_outcome {
    ZS_OUTCOME_SIMULATED,
    ZS_OUTCOME_SKIPPED, /* an early condition does not hold */
    ZS_OUTCOME_PROBLEM, /* values that do not go together, or that no plan can be made of */
    ZS_OUTCOME_N
} zs_outcome;
const char *zs_outcome_name(zs_outcome outcome);

typedef struct zs_sweep {
    zs_grid grid;
    zs_design base;
    zs_conditions conditions;
    zs_fidelity fidelity;
    /* The network of a design; what it hands out outlives the sweep. Called by every worker. */
    zs_status (*net_of)(void *ctx, const zs_design *design, const zs_net **net, zs_err *err);
    void *ctx;
} zs_sweep;

typedef struct zs_sweep_point {
    uint64_t point;
    zs_outcome outcome;
    bool meets;              /* all conditions hold */
    const zs_result *result; /* SKIPPED: only early figures are set; PROBLEM: NULL */
    const char *problem;     /* one sentence; NULL for what was simulated */
    bool is_internal;        /* the problem is a broken invariant of the program */
} zs_sweep_point;

/* The last simulated point, and memory for the next one. */
typedef struct zs_sweep_memo {
    zs_arena arenas[2];
    uint32_t kept; /* the arena of the members below */
    bool is_known;
    uint64_t family, digest; /* zs_grid_family, zs_plan_draft_digest */
    const zs_plan *plan;     /* equal digests are compared in full */
    const zs_net *net;
    const zs_result *result;
} zs_sweep_memo;
void zs_sweep_memo_init(zs_sweep_memo *memo, zs_alloc source);
void zs_sweep_memo_drop(zs_sweep_memo *memo);
/* Consecutive points per chunk of work, for one worker each. */
uint32_t zs_sweep_chunk(const zs_sweep *sweep);

/* Infeasible points are outcomes, not errors: fails for ZS_ENOMEM and ZS_EIO alone. */
zs_status zs_sweep_run(const zs_sweep *sweep, uint64_t point, zs_sweep_memo *memo,
                       zs_sweep_point *out, zs_err *err);

/* ---- columns --------------------------------------------------------------------------------- */

/* Whether figure `metric` has a column: not if a varied key has its name, nor a block type that
 * neither the first device family nor that of any point has. */
bool zs_sweep_has_metric(const zs_grid *grid, uint32_t metric);
/* Whether a skipped point has it. */
bool zs_metric_is_early(uint32_t metric);

/* ---- rows that are read back ----------------------------------------------------------------- */

enum { ZS_SWEEP_COLUMNS_MAX = 256 };
#define ZS_SWEEP_CHECKSUM "checksum"

/* FNV-1a over 64 bits, continued from `sum`; begin with ZS_SWEEP_SUM_BEGIN. */
#define ZS_SWEEP_SUM_BEGIN UINT64_C(0xcbf29ce484222325)
uint64_t zs_sweep_sum(uint64_t sum, const void *data, size_t bytes);
/* Of a row's line up to the comma before its check sum, without the cell `sweep`, which readers
 * compare with their sweep. */
uint64_t zs_sweep_line_sum(const char *line, size_t bytes);
/* A sum as written in its column: "x" and 16 digits, which no spreadsheet parses as a number. */
typedef struct zs_sum_text {
    char text[20];
} zs_sum_text;
zs_sum_text zs_sweep_sum_text(uint64_t sum);

/* The parsed header of a file of rows. Names are the caller's. */
typedef struct zs_sweep_columns {
    const char *const *names;
    uint32_t n, key_n; /* the varied keys are columns 2 .. 2 + key_n - 1 */
    uint32_t outcome, meets, problem, checksum;
    uint32_t metric[ZS_SWEEP_COLUMNS_MAX]; /* [column] ZS_NO_INDEX: not a figure */
} zs_sweep_columns;
/* ZS_EPARSE with the column as the place: rows of a sweep have no such column there. */
zs_status zs_sweep_columns_find(const char *const *names, uint32_t n, zs_sweep_columns *out,
                                zs_err *err);
/* `sum`: zs_sweep_line_sum of its line. ZS_EPARSE with the column as the place and the error of the
 * cell. */
zs_status zs_sweep_row_check(const zs_sweep_columns *columns, const char *const *cells,
                             uint64_t sum, zs_err *err);
/* Whether the varied keys of a row are those of the point; ZS_EUSAGE names the first that is not.
 */
zs_status zs_sweep_keys_check(const zs_sweep_columns *columns, const char *const *cells,
                              const zs_grid *grid, uint64_t point, zs_err *err);

/* ---- lower bounds of a point ----------------------------------------------------------------- */

/* A result with every figure that is known or bounded without ops: early figures, and lower bounds
 * of cycles, bytes and energy (zs_bound_of_outline). */
zs_status zs_sweep_outlook(const zs_design *design, const zs_net *net, zs_fidelity fidelity,
                           zs_arena *arena, const zs_result **out, zs_err *err);
/* Whether a figure of the outlook bounds the true one from below or above. */
typedef enum zs_bounded { ZS_NOT_BOUNDED, ZS_BOUNDED_BELOW, ZS_BOUNDED_ABOVE, ZS_KNOWN } zs_bounded;
zs_bounded zs_metric_bounded(uint32_t metric);

#endif
