/* embed.c - a design and a network out of strings, simulated: cycles and seconds. Once zynqsim is
 * installed: cc embed.c $(pkg-config --cflags --libs zynqsim) -o embed && ./embed */
#include <stdio.h>
#include <stdlib.h>
#include <zynqsim/import.h>
#include <zynqsim/kind.h>
#include <zynqsim/sim.h>

#define SPAN(text) ((zs_span){(const uint8_t *)(text), sizeof(text) - 1})

static const char design_yaml[] =
    "accelerator: {precision: int8, clock: 125 MHz, unroll: {oc: 16, ic: 4}}\n";
static const char net_yaml[] = "name: two-layers\n"
                               "input: {shape: [3, 32, 32]}\n"
                               "layers:\n"
                               "  - {conv: conv1, out: 16, kernel: 3, pad: 1, relu: true}\n"
                               "  - {conv: conv2, out: 10, kernel: 1}\n";

static void *heap_alloc(void *ctx, size_t bytes)
{
    (void)ctx;
    return malloc(bytes);
}

static void heap_release(void *ctx, void *block, size_t bytes)
{
    (void)ctx, (void)bytes;
    free(block);
}

/* All that is made here lives in `arena`; a call that fails has filled `err`. */
static zs_status simulate(zs_arena *arena, zs_err *err)
{
    zs_design design;
    zs_net_spec spec;
    zs_net *net;
    zs_plan *plan;
    zs_result *result;
    ZS_TRY(zs_design_parse(arena, SPAN(design_yaml), "design.yaml", NULL, &design, err));
    ZS_TRY(zs_design_check(&design, err));
    ZS_TRY(zs_net_yaml_parse(arena, SPAN(net_yaml), "net.yaml", &spec, err));
    ZS_TRY(zs_net_build(arena, &spec, &net, err));
    ZS_TRY(zs_plan_build(arena, &design, net, &plan, err));
    ZS_TRY(zs_sim_run(arena, &design, net, plan, ZS_BURST, NULL, &result, err));
    printf("%s: %llu cycles, %.9f s%s\n", result->network, (unsigned long long)result->cycles,
           (double)result->cycles / (double)result->clock_hz,
           result->fit.fits ? "" : ", but the design does not fit its board");
    return ZS_OK;
}

int main(void)
{
    zs_err err;
    zs_arena arena;
    zs_arena_init(&arena, (zs_alloc){heap_alloc, heap_release, NULL});
    const zs_status status = simulate(&arena, &err);
    if (status != ZS_OK)
        fprintf(stderr, "%s: %s\n", err.place, err.text);
    zs_arena_drop(&arena);
    return status != ZS_OK;
}
