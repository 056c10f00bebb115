/* fuzz_net.h - one run of a network importer over arbitrary bytes, and of the graph builder over
 * what it accepts. Memory is bounded, so that absurd sizes have to be refused. */
#ifndef ZYNQSIM_FUZZ_NET_H
#define ZYNQSIM_FUZZ_NET_H

#include "zynqsim/import.h"

typedef zs_status (*fuzz_parser)(zs_arena *arena, zs_span bytes, const char *path, zs_net_spec *out,
                                 zs_err *err);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

#include <stdlib.h>

enum { FUZZ_HEAP_BYTES = 256 << 20 };

static void *fuzz_alloc(void *ctx, size_t bytes)
{
    size_t *used = ctx;
    if (bytes > FUZZ_HEAP_BYTES - *used)
        return NULL;
    *used += bytes;
    return malloc(bytes);
}

static void fuzz_release(void *ctx, void *block, size_t bytes)
{
    size_t *used = ctx;
    *used -= bytes;
    free(block);
}

static void fuzz_net(fuzz_parser parse, const char *path, const uint8_t *data, size_t bytes)
{
    size_t used = 0;
    zs_arena arena;
    zs_net_spec spec;
    zs_err err;
    zs_net *net;
    zs_arena_init(&arena, (zs_alloc){fuzz_alloc, fuzz_release, &used});
    if (parse(&arena, (zs_span){.data = data, .bytes = bytes}, path, &spec, &err) == ZS_OK) {
        if (spec.input.shape.c == 0)
            spec.input.shape = (zs_shape){3, 32, 32};
        (void)zs_net_build(&arena, &spec, &net, &err);
    }
    zs_arena_drop(&arena);
}

#endif
