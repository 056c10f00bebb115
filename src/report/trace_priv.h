/* trace_priv.h - a trace as signals that change: what counters of a timeline and wires of a
 * waveform have in common. Times are picoseconds from the start of the run. */
#ifndef ZYNQSIM_TRACE_PRIV_H
#define ZYNQSIM_TRACE_PRIV_H

#include "out_priv.h"
#include "zynqsim/trace.h"

enum {
    SIGNAL_BANKS_MAX = 16,
    SIGNAL_BURSTS = 0,                           /* + channel: bursts in flight */
    SIGNAL_QUEUE = SIGNAL_BURSTS + ZS_CHANNEL_N, /* transactions that wait in the controller */
    SIGNAL_BRAM,                                 /* bytes of slots in use */
    SIGNAL_COUNTERS,                             /* up to here: what a timeline shows */
    SIGNAL_BUSY = SIGNAL_COUNTERS,               /* + unit */
    SIGNAL_OP = SIGNAL_BUSY + ZS_UNITS_MAX,      /* + unit: op begun last */
    SIGNAL_ROW = SIGNAL_OP + ZS_UNITS_MAX,       /* + unit: row of the result that it belongs to */
    SIGNAL_BANK_ROW = SIGNAL_ROW + ZS_UNITS_MAX, /* + bank: row opened last */
    SIGNAL_BANK_OPEN = SIGNAL_BANK_ROW + SIGNAL_BANKS_MAX,  /* + bank */
    SIGNAL_BANK_DATA = SIGNAL_BANK_OPEN + SIGNAL_BANKS_MAX, /* + bank: column commands */
    SIGNAL_REFRESH = SIGNAL_BANK_DATA + SIGNAL_BANKS_MAX,
    SIGNAL_N
};

typedef enum trace_act {
    TRACE_SET,
    TRACE_ADD,
    TRACE_HIDE, /* unknown until it is shown, set or added to */
    TRACE_SHOW, /* known again, with the value it has */
    TRACE_END   /* unknown from here on: it was not recorded */
} trace_act;

typedef struct trace_change {
    uint64_t ps;
    int64_t value;
    uint32_t order; /* of changes of a signal at one instant the one of the greatest counts */
    uint16_t signal;
    uint8_t act; /* trace_act; `value` is of the first two */
} trace_change;

typedef struct trace_changes {
    trace_change *list; /* in order of time */
    uint32_t n, capacity;
    bool has[SIGNAL_N]; /* signals that change at all */
} trace_changes;

/* The state of a signal after a change. */
typedef struct trace_state {
    int64_t value;
    bool is_hidden, is_over; /* the value is unknown: until the next change, or to the end */
} trace_state;

void zs_trace_take(trace_state *state, const trace_change *change);

/* Everything a waveform shows, or counters only. ZS_ENOMEM. */
zs_status zs_trace_changes(zs_arena *scratch, const zs_design *d, const zs_trace *trace,
                           bool counters_only, trace_changes *out, zs_err *err);

/* Whether DRAM events end before the run does, for lack of room or with the last row asked for; the
 * time of the last one, and the time until which something that it began goes on. */
bool zs_trace_dram_is_cut(const zs_design *d, const zs_trace *trace, uint64_t *ps,
                          uint64_t *end_ps);
uint64_t zs_trace_pl_ps(const zs_design *d, uint64_t pl_cycle);
uint64_t zs_trace_ddr_ps(const zs_design *d, uint64_t ddr_cycle);
/* Units that ops of the plan run on. */
void zs_trace_units(const zs_plan *plan, bool used[ZS_UNITS_MAX]);

#endif
