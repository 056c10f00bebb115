#include "dram_bench.h"

dram_bench bench;

void bench_setup(void)
{
    zs_design design;
    zs_design_defaults(&design);
    zs_arena_init(&bench.arena, test_heap());
    bench.memory = design.board.memory;
    bench.memory.t_refi = 0;
    bench.done_n = 0;
}

void bench_teardown(void)
{
    zs_arena_drop(&bench.arena);
}

void bench_build(void)
{
    zs_err err = {0};
    ck_assert_msg(zs_dram_build(&bench.arena, &bench.memory, &bench.dram, &err) == ZS_OK, "%s: %s",
                  err.place, err.text);
    bench.done_n = 0;
}

void bench_run(uint64_t until)
{
    while (zs_dram_run(bench.dram, until, &bench.done[bench.done_n]))
        ck_assert_uint_lt(++bench.done_n, BENCH_DONE);
}

void bench_offer(bool is_write, uint64_t addr, uint32_t bytes, uint32_t tag, uint64_t at)
{
    zs_dram_req req = {.addr = addr, .bytes = bytes, .tag = tag, .is_write = is_write};
    bench_run(at);
    while (req.bytes != 0)
        ck_assert_uint_eq(zs_dram_offer(bench.dram, &req, at), at);
}

void bench_read(uint64_t addr, uint32_t tag, uint64_t at)
{
    bench_offer(false, addr, 32, tag, at);
}

void bench_write(uint64_t addr, uint32_t tag, uint64_t at)
{
    bench_offer(true, addr, 32, tag, at);
}

uint64_t bench_command(uint32_t tag)
{
    bench_run(ZS_DRAM_NEVER);
    for (uint32_t i = 0; i < bench.done_n; i++)
        if (bench.done[i].tag == tag)
            return bench.done[i].command_ddr_cycle;
    ck_abort_msg("request %u was not issued", tag);
    return 0;
}

uint64_t bench_addr(uint32_t bank, uint32_t row, uint32_t byte)
{
    return (uint64_t)row << 15 | (uint64_t)bank << 12 | byte;
}
