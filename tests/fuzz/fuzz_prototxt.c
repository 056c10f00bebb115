#include "fuzz_net.h"

/* The graph as text, without weights. */
static zs_status parse(zs_arena *arena, zs_span bytes, const char *path, zs_net_spec *out,
                       zs_err *err)
{
    return zs_net_prototxt_parse(arena, bytes, path, &(const zs_net_parts){0}, out, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    fuzz_net(parse, "fuzz.prototxt", data, bytes);
    return 0;
}
