/* A result.json from arbitrary bytes: its figures compared with themselves, the whole written as a
 * page, a table and JSON again; or refused with a sentence. */
#include "support.h"
#include "zynqsim/compare.h"
#include "zynqsim/report.h"
#include "zynqsim/result_read.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void compare(zs_arena *arena, zs_span file)
{
    zs_figures columns[2];
    zs_comparison c;
    zs_err err = {.text = ""};
    if (zs_figures_parse(arena, file, "fuzz.json", &columns[0], &err) == ZS_OK) {
        columns[1] = columns[0];
        if (zs_comparison_build(arena, columns, 2, columns[0].layer_n < 1000, &c, &err) != ZS_OK)
            abort();
    } else if (err.text[0] == '\0') {
        abort();
    }
}

static void write_all(zs_arena *arena, zs_span file)
{
    const zs_table_style style = {.columns = 80};
    zs_result *r;
    zs_err err = {.text = ""};
    zs_buffer buffer;
    zs_buffer_init(&buffer, test_heap());
    const zs_sink sink = zs_buffer_sink(&buffer);
    if (zs_result_parse(arena, file, "fuzz.json", &r, &err) == ZS_OK) {
        if (zs_html_emit(r, (zs_span){NULL, 0}, &sink, &err) != ZS_OK ||
            zs_table_emit(r, &style, &sink, &err) != ZS_OK || zs_json_emit(r, &sink, &err) != ZS_OK)
            abort();
    } else if (err.text[0] == '\0') {
        abort();
    }
    zs_buffer_drop(&buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    compare(&arena, (zs_span){data, bytes});
    write_all(&arena, (zs_span){data, bytes});
    zs_arena_drop(&arena);
    return 0;
}
