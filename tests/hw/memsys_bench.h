/* memsys_bench.h - a memory system on a bench, in either fidelity. */
#ifndef ZYNQSIM_TEST_MEMSYS_BENCH_H
#define ZYNQSIM_TEST_MEMSYS_BENCH_H

#include "support.h"
#include "zynqsim/memsys.h"

typedef struct memsys_bench {
    zs_arena arena;
    zs_design design; /* changed before ms_build */
    zs_memsys *ms;
} memsys_bench;

extern memsys_bench mb;

/* One transfer of a script: `repeat` of them one after the other on a channel. */
typedef struct script {
    uint32_t channel, repeat;
    zs_xfer xfer; /* the next one starts where it ended */
} script;

void ms_setup(void);
void ms_teardown(void);
void ms_build(zs_fidelity fidelity);
/* Runs one transfer on an idle system: PL cycles from its start to its end. */
uint64_t ms_run_one(uint32_t channel, const zs_xfer *xfer, uint64_t start);
/* Runs scripts, each starting its next transfer when one ends; asks in slices of `slice` cycles (0:
 * without limit). Returns the end of the last; `ends` (may be NULL) gets the end of each. */
uint64_t ms_run_scripts(const script *scripts, uint32_t n, uint64_t slice, uint64_t *ends);

#endif
