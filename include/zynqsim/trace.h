/* trace.h - records ops, AXI bursts and DRAM commands with their times, for timelines, waveforms.
 *
 * A trace is a hook of zs_sim_run (sim.h) that records its calls. Its capacity is fixed before the
 * run: ops of the selected rows up to a limit, bursts and DRAM events up to theirs; events beyond a
 * limit are dropped and counted.
 *
 * Fidelity  burst: ops, bursts and DRAM events; with memory of fixed latency no DRAM events. tile:
 *           ops alone, its transfers have no bursts.
 * Time      PL cycles and DDR cycles as simulated; the reader converts them to seconds.
 * Memory    the arena's, all allocated by _build: the hook allocates nothing. */
#ifndef ZYNQSIM_TRACE_H
#define ZYNQSIM_TRACE_H

#include "zynqsim/axi.h"
#include "zynqsim/sim.h"

/* When the op's unit worked on it. Ops that are not recorded have no entry. */
typedef struct zs_trace_op {
    uint64_t start_pl_cycle, end_pl_cycle;
} zs_trace_op;

typedef struct zs_trace_burst {
    uint64_t addr;
    uint64_t sent_pl_cycle, end_pl_cycle; /* address; after the last beat or the write response */
    uint32_t op;                          /* the first op of a chain of transfers */
    uint32_t bytes;
} zs_trace_burst;

/* Capacity of a trace. */
typedef struct zs_trace_limits {
    const bool *rows; /* [row of the plan] selected; NULL: all of them. Outlives the trace. */
    uint32_t op_max;
    uint32_t burst_max; /* DRAM events: ZS_TRACE_DRAM_PER_BURST times as many */
} zs_trace_limits;
enum { ZS_TRACE_DRAM_PER_BURST = 4 };

/* Unselected rows ran between two DRAM events: the state of the banks is unknown. */
enum { ZS_TRACE_GAP = 0xff };

/* A period in which only unselected rows ran. */
typedef struct zs_trace_gap {
    uint64_t start_pl_cycle, end_pl_cycle; /* UINT64_MAX: up to the end of the run */
} zs_trace_gap;

typedef struct zs_trace {
    const zs_plan *plan;
    const bool *rows;       /* [row]; NULL: all */
    uint32_t *row_first;    /* [row]: index of its first op in `ops` */
    zs_trace_op *ops;       /* of selected rows, in plan order */
    uint32_t op_n;          /* capacity of `ops` */
    uint32_t op_wanted;     /* ops of the selected rows */
    zs_trace_burst *bursts; /* in the order sent */
    uint32_t burst_n, burst_max;
    zs_dram_event *dram; /* in time order; `act` may be ZS_TRACE_GAP */
    uint32_t dram_n, dram_max;
    uint64_t bursts_lost;                       /* dropped for want of room */
    uint64_t lost_at_pl_cycle;                  /* the earliest of them */
    uint64_t op_lost_at_pl_cycle[ZS_UNITS_MAX]; /* start of the first dropped op of a unit;
                                                 * UINT64_MAX: none was dropped */
    zs_trace_gap *gaps;                         /* in time order */
    uint32_t gap_n;
    /* state during the run */
    uint32_t *row_left; /* [row]: ops that have not retired */
    bool *row_begun;
    uint32_t open_rows;  /* selected, started and not finished */
    uint32_t other_rows; /* unselected, started and not finished */
    bool is_away;        /* only unselected rows are running */
    struct {
        uint32_t op;                          /* that runs */
        uint32_t flights[ZS_AXI_OUTSTANDING]; /* ring of outstanding bursts: indices in `bursts` */
        uint64_t sent_n, over_n;
    } channel[ZS_CHANNEL_N];
    zs_memsys_watch watch;
} zs_trace;

/* ZS_ENOMEM. */
zs_status zs_trace_build(zs_arena *arena, const zs_plan *plan, const zs_trace_limits *limits,
                         zs_trace **out, zs_err *err);
/* For one run of the plan; `next`, called after the trace, may be NULL. */
zs_retire_hook zs_trace_hook(zs_trace *trace, const zs_retire_hook *next);
bool zs_trace_has_row(const zs_trace *trace, uint32_t row);
/* NULL for an op that is not recorded. */
const zs_trace_op *zs_trace_find(const zs_trace *trace, uint32_t op);
/* Start of the first dropped op of any unit; UINT64_MAX: none was dropped. */
uint64_t zs_trace_ops_lost_at(const zs_trace *trace);
/* From here on bursts are missing, dropped themselves or with their op; UINT64_MAX: none is. */
uint64_t zs_trace_bursts_lost_at(const zs_trace *trace);

/* ---- occupancy of buffers -------------------------------------------------------------------- */

/* A slot is occupied from the start of the op that fills it to the retirement of its last user. */
typedef struct zs_trace_slot {
    uint64_t start_pl_cycle, end_pl_cycle;
    uint64_t bytes;    /* of the slot */
    uint32_t row;      /* whose tiles the buffer is divided for */
    uint8_t buffer_id; /* ZS_BUF_* */
    uint8_t slot;
} zs_trace_slot;

/* Slots of the recorded ops, in no order; the carry and resident buffers count while a row uses
 * them. Slots that a dropped op needs stay occupied until zs_trace_ops_lost_at. ZS_ENOMEM. */
zs_status zs_trace_slots(zs_arena *arena, const zs_trace *trace, zs_trace_slot **out, uint32_t *n,
                         zs_err *err);

#endif
