#include "memsys_bench.h"

#include <string.h>

memsys_bench mb;

void ms_setup(void)
{
    zs_arena_init(&mb.arena, test_heap());
    zs_design_defaults(&mb.design);
}

void ms_teardown(void)
{
    zs_arena_drop(&mb.arena);
}

void ms_build(zs_fidelity fidelity)
{
    zs_err err = {0};
    ck_assert_msg(zs_memsys_build(&mb.arena, &mb.design, fidelity, &mb.ms, &err) == ZS_OK, "%s: %s",
                  err.place, err.text);
}

uint64_t ms_run_one(uint32_t channel, const zs_xfer *xfer, uint64_t start)
{
    uint32_t who = UINT32_MAX;
    uint64_t done = 0;
    zs_memsys_start(mb.ms, channel, xfer, start);
    ck_assert(zs_memsys_next(mb.ms, UINT64_MAX, &who, &done));
    ck_assert_uint_eq(who, channel);
    ck_assert(!zs_memsys_next(mb.ms, UINT64_MAX, &who, &done));
    return done - start;
}

static void move_on(zs_xfer *x)
{
    x->addr += x->row_n > 1 ? x->row_pitch_bytes * x->row_n : x->row_bytes;
}

uint64_t ms_run_scripts(const script *scripts, uint32_t n, uint64_t slice, uint64_t *ends)
{
    script live[ZS_CHANNEL_N];
    uint32_t running = n, who, end_n = 0;
    uint64_t done = 0, last = 0, limit = slice;
    memcpy(live, scripts, n * sizeof *scripts);
    for (uint32_t i = 0; i < n; i++)
        zs_memsys_start(mb.ms, live[i].channel, &live[i].xfer, 0);
    while (running != 0) {
        if (!zs_memsys_next(mb.ms, slice == 0 ? UINT64_MAX : limit, &who, &done)) {
            ck_assert_uint_ne(slice, 0);
            limit += slice;
            continue;
        }
        ck_assert_uint_ge(done, last);
        last = done;
        if (ends != NULL)
            ends[end_n++] = done;
        uint32_t i = 0;
        while (live[i].channel != who)
            i++;
        move_on(&live[i].xfer);
        if (--live[i].repeat == 0)
            running--;
        else
            zs_memsys_start(mb.ms, who, &live[i].xfer, done + mb.design.accel.dma.start_pl_cycles);
    }
    ck_assert(!zs_memsys_next(mb.ms, UINT64_MAX, &who, &done));
    return last;
}
