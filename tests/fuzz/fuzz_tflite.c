#include "fuzz_net.h"

static zs_status parse(zs_arena *arena, zs_span bytes, const char *path, zs_net_spec *out,
                       zs_err *err)
{
    return zs_net_tflite_parse(arena, bytes, path, &(const zs_net_parts){0}, out, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    fuzz_net(parse, "fuzz.tflite", data, bytes);
    return 0;
}
