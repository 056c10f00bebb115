/* A result.json from arbitrary bytes: read and compared with itself, or refused with a sentence. */
#include "support.h"
#include "zynqsim/compare.h"
#include "zynqsim/result_read.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    zs_arena arena;
    zs_figures columns[2];
    zs_comparison c;
    zs_err err = {.text = ""};
    zs_arena_init(&arena, test_heap());
    if (zs_figures_parse(&arena, (zs_span){data, bytes}, "fuzz.json", &columns[0], &err) == ZS_OK) {
        columns[1] = columns[0];
        if (zs_comparison_build(&arena, columns, 2, columns[0].layer_n < 1000, &c, &err) != ZS_OK)
            abort();
    } else if (err.text[0] == '\0') {
        abort();
    }
    zs_arena_drop(&arena);
    return 0;
}
