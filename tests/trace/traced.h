/* traced.h - runs with a trace: a small network, a design drawn at random, one of the fidelities.
 */
#ifndef ZYNQSIM_TEST_TRACED_H
#define ZYNQSIM_TEST_TRACED_H

#include "support.h"
#include "zynqsim/report.h"
#include "zynqsim/trace.h"

enum { TRACED_N = 16, TRACED_DIRECT = 15, TRACED_SOME = 3000, TRACED_ALL = 1 << 19 };

typedef struct traced {
    zs_arena arena;
    zs_design design;
    const zs_net *net;
    zs_plan *plan;
    zs_fidelity fidelity;
    zs_trace *trace;
    zs_result *result;
} traced;

/* Run `which` of TRACED_N: every network, both fidelities, the last ones on memory of fixed
 * latency. `rows` as in zs_trace_limits, burst_max bursts at the most. */
void traced_run(traced *run, int which, const bool *rows, uint32_t op_max, uint32_t burst_max);
void traced_drop(traced *run);
/* What an emitter of traces writes; freed by the caller. */
typedef zs_status (*traced_emit)(zs_arena *scratch, const zs_design *d, const zs_trace *trace,
                                 const zs_result *r, const zs_sink *s, zs_err *err);
char *traced_text(const traced *run, traced_emit emit);
/* Plain HLS loops: their accesses are part of their ops. */
bool traced_is_direct(const traced *run);
/* Cycles that the counters of a result say the engine's ops took. */
uint64_t traced_mac_cycles(const traced *run);
uint64_t traced_ps(const traced *run, uint64_t pl_cycle);

TCase *tcase_collected(void);
TCase *tcase_timeline(void);
TCase *tcase_waveform(void);

#endif
