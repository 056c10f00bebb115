/* A table from arbitrary bytes: every cell is there, and whatever form it has is read or refused
 * with a sentence. */
#include "support.h"
#include "zynqsim/reference.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void look_at_cells(const zs_table *t)
{
    size_t sum = 0;
    for (uint32_t i = 0; i < t->row_n * t->column_n; i++)
        sum += strlen(t->cells[i]);
    for (uint32_t i = 0; i < t->row_n; i++)
        if (t->lines[i] == 0 || (i > 0 && t->lines[i] < t->lines[i - 1]))
            abort();
    if (sum > ZS_TABLE_BYTES_MAX)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    zs_arena arena;
    zs_table t;
    zs_reference ref;
    zs_traffic_case *cases;
    uint32_t n;
    zs_err err = {.text = ""};
    const zs_span text = {data, bytes};
    zs_arena_init(&arena, test_heap());
    if (zs_table_parse(&arena, text, "fuzz.csv", &t, &err) == ZS_OK) {
        look_at_cells(&t);
        if (zs_reference_parse(&arena, &t, &ref, &err) == ZS_OK) {
            if (ref.case_n == 0 || ref.case_n > t.row_n)
                abort();
        } else if (err.text[0] == '\0') {
            abort();
        }
        (void)zs_traffic_table_parse(&arena, &t, &cases, &n, &err);
        zs_table header;
        if (zs_table_header_parse(&arena, text, "fuzz.csv", &header, &err) != ZS_OK ||
            header.column_n != t.column_n)
            abort();
    } else if (err.text[0] == '\0') {
        abort();
    }
    zs_arena_drop(&arena);
    return 0;
}
