/* dram_bench.h - a DDR controller on a bench: offer requests at clocks, collect what was issued. */
#ifndef ZYNQSIM_TEST_DRAM_BENCH_H
#define ZYNQSIM_TEST_DRAM_BENCH_H

#include "support.h"
#include "zynqsim/dram.h"

enum { BENCH_DONE = 4096 };

typedef struct dram_bench {
    zs_arena arena;
    zs_memory_params memory; /* changed before bench_build */
    zs_dram *dram;
    zs_dram_done done[BENCH_DONE]; /* in order of placement */
    uint32_t done_n;
} dram_bench;

extern dram_bench bench;

void bench_setup(void); /* default parameters without refresh, nothing built */
void bench_teardown(void);
void bench_build(void);
/* Runs dry up to `at`, offers, and insists on room. */
void bench_offer(bool is_write, uint64_t addr, uint32_t bytes, uint32_t tag, uint64_t at);
void bench_read(uint64_t addr, uint32_t tag, uint64_t at); /* one transaction */
void bench_write(uint64_t addr, uint32_t tag, uint64_t at);
void bench_run(uint64_t until);
/* Clock of the column command of a tag; fails when it was not issued. */
uint64_t bench_command(uint32_t tag);

/* Addresses by bank, row and byte of the default map. */
uint64_t bench_addr(uint32_t bank, uint32_t row, uint32_t byte);

#endif
