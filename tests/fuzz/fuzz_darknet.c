#include "fuzz_net.h"

#include <string.h>

/* The layers; behind a zero byte, where there is one, a file of weights. */
static zs_status parse(zs_arena *arena, zs_span bytes, const char *path, zs_net_spec *out,
                       zs_err *err)
{
    zs_net_parts parts = {0};
    zs_net_weights weights = {.path = "fuzz.weights"};
    const uint8_t *end = bytes.bytes > 0 ? memchr(bytes.data, 0, bytes.bytes) : NULL;
    if (end != NULL) {
        const size_t n = (size_t)(end - bytes.data);
        weights.bytes = (zs_span){.data = end + 1, .bytes = bytes.bytes - n - 1};
        parts.weights = &weights;
        bytes.bytes = n;
    }
    return zs_net_darknet_parse(arena, bytes, path, &parts, out, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    fuzz_net(parse, "fuzz.cfg", data, bytes);
    return 0;
}
