/* A tensor from arbitrary bytes: its values are all there and finite. */
#include "support.h"
#include "zynqsim/import.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    zs_arena arena;
    zs_npy npy;
    zs_err err = {.text = ""};
    zs_arena_init(&arena, test_heap());
    if (zs_npy_parse(&arena, (zs_span){data, bytes}, "fuzz.npy", &npy, &err) == ZS_OK) {
        const uint64_t n = npy.dims[0] * npy.dims[1] * npy.dims[2] * npy.dims[3];
        if (n == 0 || n > bytes / sizeof(float))
            abort();
        for (uint64_t i = 0; i < n; i++)
            if (!isfinite(npy.data[i]))
                abort();
    } else if (err.text[0] == '\0') {
        abort();
    }
    zs_arena_drop(&arena);
    return 0;
}
