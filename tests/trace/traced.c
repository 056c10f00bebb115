#include "traced.h"
#include "kind_rows.h"
#include "zynqsim/kind.h"

#include "random_design.h"
#include "small_nets.h"

#include <stdlib.h>
#include <string.h>

static void check(zs_status status, const zs_err *err)
{
    ck_assert_msg(status == ZS_OK, "%s: %s", err->place, err->text);
}

void traced_run(traced *run, int which, const bool *rows, uint32_t op_max, uint32_t burst_max)
{
    zs_err err = {0};
    zs_prng prng = {.state = 77 + (uint64_t)which};
    memset(run, 0, sizeof *run);
    zs_arena_init(&run->arena, test_heap());
    run->net = test_net_build(&run->arena, which % TEST_NET_N);
    run->design = test_random_design(&prng, ZS_FP32);
    run->fidelity = which / TEST_NET_N % 2 ? ZS_TILE : ZS_BURST;
    if (which / (2 * TEST_NET_N) > 0 && which < TRACED_DIRECT - 1)
        run->design.board.memory.kind = ZS_MEMORY_FIXED;
    if (which == TRACED_DIRECT - 1)
        zs_design_set_kind(&run->design, KIND_linebuffer);
    if (which == TRACED_DIRECT)
        zs_design_set_kind(&run->design, KIND_direct);
    check(zs_plan_build(&run->arena, &run->design, run->net, &run->plan, &err), &err);
    const zs_trace_limits limits = {.rows = rows, .op_max = op_max, .burst_max = burst_max};
    check(zs_trace_build(&run->arena, run->plan, &limits, &run->trace, &err), &err);
    const zs_retire_hook hook = zs_trace_hook(run->trace, NULL);
    check(zs_sim_run(&run->arena, &run->design, run->net, run->plan, run->fidelity, &hook,
                     &run->result, &err),
          &err);
}

void traced_drop(traced *run)
{
    zs_arena_drop(&run->arena);
}

char *traced_text(const traced *run, traced_emit emit)
{
    zs_buffer buffer;
    zs_arena scratch;
    zs_err err = {0};
    zs_buffer_init(&buffer, test_heap());
    zs_arena_init(&scratch, test_heap());
    const zs_sink sink = zs_buffer_sink(&buffer);
    check(emit(&scratch, &run->design, run->trace, run->result, &sink, &err), &err);
    ck_assert_int_eq(zs_sink_write(&sink, "", 1), ZS_OK);
    char *text = malloc(buffer.bytes);
    memcpy(text, buffer.data, buffer.bytes);
    zs_buffer_drop(&buffer);
    zs_arena_drop(&scratch);
    return text;
}

uint64_t traced_mac_cycles(const traced *run)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < run->result->layer_n; i++) {
        const zs_layer_result *l = &run->result->layers[i];
        sum += traced_is_direct(run) ? l->cycles - l->waited_cycles[ZS_BY_HOST]
                                     : l->busy_cycles[ZS_BY_COMPUTE];
    }
    return sum;
}

bool traced_is_direct(const traced *run)
{
    return run->design.accel.kind == KIND_direct;
}

uint64_t traced_ps(const traced *run, uint64_t pl_cycle)
{
    return zs_edge_ps(pl_cycle, run->design.accel.clock_hz);
}
