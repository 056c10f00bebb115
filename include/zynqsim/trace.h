/* trace.h - what every op, AXI burst and DRAM bank did, and when: for timelines and waveforms.
 *
 * A trace is a hook of zs_sim_run (sim.h) that writes down what it is called with. Its size is
 * known before the run: ops of the rows asked for, up to a limit, and bursts and DRAM events up to
 * one of theirs; what does not fit is left out and counted. Fidelity   burst: all of it. tile: ops
 * alone, transfers have no bursts there. With memory of fixed latency ops and bursts. Time       PL
 * cycles and DDR cycles, as they were simulated; the reader turns them into time. Memory everything
 * is the arena's and allocated by _build: the hook allocates nothing. */
#ifndef ZYNQSIM_TRACE_H
#define ZYNQSIM_TRACE_H

#include "zynqsim/axi.h"
#include "zynqsim/sim.h"

/* From `start` to `end` its unit worked on it. Ops of the plan that have not been drawn: no entry.
 */
typedef struct zs_trace_op {
    uint64_t start_pl_cycle, end_pl_cycle;
} zs_trace_op;

typedef struct zs_trace_burst {
    uint64_t addr;
    uint64_t sent_pl_cycle, end_pl_cycle; /* address; after the last beat or the write response */
    uint32_t op;                          /* of a chain of transfers the first */
    uint32_t bytes;
} zs_trace_burst;

/* What a trace may hold. */
typedef struct zs_trace_limits {
    const bool *rows; /* [row of the plan]; NULL: all of them. Outlives the trace. */
    uint32_t op_max;
    uint32_t burst_max; /* of DRAM events ZS_TRACE_DRAM_PER_BURST times as many */
} zs_trace_limits;
enum { ZS_TRACE_DRAM_PER_BURST = 4 };

/* Rows other than those asked for were simulated between two events: what banks held is unknown. */
enum { ZS_TRACE_GAP = 0xff };

/* Only rows not asked for were at work. */
typedef struct zs_trace_gap {
    uint64_t start_pl_cycle, end_pl_cycle; /* UINT64_MAX: up to the end of the run */
} zs_trace_gap;

typedef struct zs_trace {
    const zs_plan *plan;
    const bool *rows;       /* [row]; NULL: all */
    uint32_t *row_first;    /* [row]: place of its first op in `ops` */
    zs_trace_op *ops;       /* rows asked for, in the order of the plan */
    uint32_t op_n;          /* that there is room for; */
    uint32_t op_wanted;     /* ... of so many */
    zs_trace_burst *bursts; /* in the order in which they were sent */
    uint32_t burst_n, burst_max;
    zs_dram_event *dram; /* in order of time; `act` may be ZS_TRACE_GAP */
    uint32_t dram_n, dram_max;
    uint64_t bursts_lost;                       /* for which there was no room */
    uint64_t lost_at_pl_cycle;                  /* the earliest of them */
    uint64_t op_lost_at_pl_cycle[ZS_UNITS_MAX]; /* start of the first op of a unit for which there
                                                was no room; UINT64_MAX: none was left out */
    zs_trace_gap *gaps;                         /* in order of time */
    uint32_t gap_n;
    /* while the run goes on */
    uint32_t *row_left; /* [row]: ops that have not retired */
    bool *row_begun;
    uint32_t open_rows;  /* asked for, begun and not over */
    uint32_t other_rows; /* not asked for, begun and not over */
    bool is_away;        /* only rows not asked for are at work */
    struct {
        uint32_t op;                          /* that runs */
        uint32_t flights[ZS_AXI_OUTSTANDING]; /* a ring of bursts in flight: places in `bursts` */
        uint64_t sent_n, over_n;
    } channel[ZS_CHANNEL_N];
    zs_memsys_watch watch;
} zs_trace;

/* ZS_ENOMEM. */
zs_status zs_trace_build(zs_arena *arena, const zs_plan *plan, const zs_trace_limits *limits,
                         zs_trace **out, zs_err *err);
/* For one run of the plan; `next` may be NULL and is called after the trace. */
zs_retire_hook zs_trace_hook(zs_trace *trace, const zs_retire_hook *next);
bool zs_trace_has_row(const zs_trace *trace, uint32_t row);
/* NULL for an op that has not been drawn. */
const zs_trace_op *zs_trace_find(const zs_trace *trace, uint32_t op);
/* Start of the first op for which there was no room, of any unit; UINT64_MAX: all are there. */
uint64_t zs_trace_ops_lost_at(const zs_trace *trace);
/* From here on bursts are missing, for want of room or with the op that they belong to; UINT64_MAX:
 * all are there. */
uint64_t zs_trace_bursts_lost_at(const zs_trace *trace);

/* ---- what lies in the buffers ---------------------------------------------------------------- */

/* A slot holds something from the start of the op that fills it to the retirement of the last that
 * needs it. */
typedef struct zs_trace_slot {
    uint64_t start_pl_cycle, end_pl_cycle;
    uint64_t bytes;    /* of the slot */
    uint32_t row;      /* for whose tiles the buffer was divided into slots */
    uint8_t buffer_id; /* ZS_BUF_* */
    uint8_t slot;
} zs_trace_slot;

/* Of the ops drawn, in no order; the carry and resident buffers count while a row uses them. What
 * an op needs for which there was no room is held up to zs_trace_ops_lost_at. ZS_ENOMEM. */
zs_status zs_trace_slots(zs_arena *arena, const zs_trace *trace, zs_trace_slot **out, uint32_t *n,
                         zs_err *err);

#endif
