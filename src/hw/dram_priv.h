/* dram_priv.h - lengths of queue and runs that the scheduler goes by, for `tile`, which shares a
 * full memory by the same rules without running it. */
#ifndef ZYNQSIM_DRAM_PRIV_H
#define ZYNQSIM_DRAM_PRIV_H

#include "zynqsim/dram.h"

enum {
    ZS_DRAM_BURST_ROOM = 4
}; /* a queue with less room cannot take a 128-byte burst: it is full */

/* Reads waiting from which on their queue counts as full. */
static inline uint32_t zs_dram_full_queue(const zs_memory_params *m)
{
    return m->queue > ZS_DRAM_BURST_ROOM ? m->queue - ZS_DRAM_BURST_ROOM : 1;
}

/* Reads after which pressing writes get their turn while the queue of reads is not full. */
static inline uint32_t zs_dram_short_read_run(const zs_memory_params *m)
{
    return m->queue / 2;
}

#endif
