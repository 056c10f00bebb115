/* A baseline from arbitrary bytes: read or refused with a sentence; rewritten without anything that
 * moved it is what it was. */
#include "support.h"
#include "zynqsim/import.h"
#include "zynqsim/report.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static bool has_layers(const zs_baseline *b)
{
    for (uint32_t i = 0; i < b->case_n; i++)
        if (b->cases[i].row_n > 1)
            return true;
    return false;
}

static void rewrite(zs_arena *arena, const zs_baseline *b, zs_span text)
{
    zs_buffer buffer;
    zs_err err = {0};
    zs_buffer_init(&buffer, test_heap());
    const zs_sink sink = zs_buffer_sink(&buffer);
    zs_figures *figures = zs_new(arena, zs_figures, b->case_n);
    const zs_checked file = {
        .baseline = b, .verdicts = zs_new(arena, zs_case_verdict, b->case_n), .figures = figures};
    for (uint32_t i = 0; i < b->case_n; i++)
        figures[i].values = zs_new(arena, zs_value, zs_metric_n);
    if (zs_baseline_csv_emit(arena, &file, false, &sink, &err) != ZS_OK)
        abort();
    const bool is_whole = text.data[text.bytes - 1] == '\n';
    if (buffer.bytes != text.bytes + !is_whole || memcmp(buffer.data, text.data, text.bytes) != 0)
        abort();
    zs_buffer_drop(&buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    zs_arena arena;
    zs_baseline b;
    zs_err err = {.text = ""};
    const zs_span text = {data, bytes};
    zs_arena_init(&arena, test_heap());
    if (zs_baseline_parse(&arena, text, "fuzz.csv", &b, &err) != ZS_OK) {
        if (err.text[0] == '\0')
            abort();
    } else if (!has_layers(&b)) {
        rewrite(&arena, &b, text);
    }
    zs_arena_drop(&arena);
    return 0;
}
