/* Lines of a file of rows from arbitrary bytes, each as it is and with the check sum that it would
 * have: refused with a column and a sentence, or every figure is a finite number. */
#include "support.h"
#include "zynqsim/report.h"
#include "zynqsim/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

typedef struct file {
    zs_grid grid;
    const char *names[ZS_SWEEP_COLUMNS_MAX];
    zs_sweep_columns columns;
} file;

static void make_header(zs_arena *arena, file *f)
{
    zs_design design;
    zs_axis axis;
    zs_buffer text;
    uint32_t n;
    zs_design_defaults(&design);
    zs_grid_init(&f->grid);
    zs_buffer_init(&text, test_heap());
    const zs_sink sink = zs_buffer_sink(&text);
    if (zs_axis_parse(arena, "batch=1,2", &design, &axis, NULL) != ZS_OK ||
        zs_grid_add(&f->grid, &axis, NULL) != ZS_OK ||
        zs_sweep_header_emit(&f->grid, &sink, NULL) != ZS_OK)
        abort();
    char *line = zs_arena_strndup(arena, (const char *)text.data, text.bytes - 1);
    zs_buffer_drop(&text);
    if (line == NULL || zs_csv_line_cut(line, f->names, ZS_SWEEP_COLUMNS_MAX, &n) != ZS_OK ||
        zs_sweep_columns_find(f->names, n, &f->columns, NULL) != ZS_OK)
        abort();
}

static void check_accepted(const file *f, const char *const *cells)
{
    const zs_sweep_columns *c = &f->columns;
    for (uint32_t i = c->problem + 1; i < c->checksum; i++) {
        const zs_metric_type type = zs_metrics[c->metric[i]].type;
        char *end;
        if (type == ZS_METRIC_TEXT || cells[i][0] == '\0')
            continue;
        const double value = strtod(cells[i], &end);
        if (*end != '\0' || !isfinite(value))
            abort();
    }
}

static void read_line(const file *f, const char *line)
{
    const char *cells[ZS_SWEEP_COLUMNS_MAX];
    uint32_t n;
    zs_err err = {.text = ""};
    char *cut = strdup(line);
    if (cut == NULL)
        return;
    if (zs_csv_line_cut(cut, cells, ZS_SWEEP_COLUMNS_MAX, &n) == ZS_OK && n == f->columns.n) {
        const size_t sum_bytes = strlen(cells[f->columns.checksum]) + 1;
        const size_t bytes = strlen(line);
        const uint64_t sum = zs_sweep_line_sum(line, bytes > sum_bytes ? bytes - sum_bytes : bytes);
        if (zs_sweep_row_check(&f->columns, cells, sum, &err) == ZS_OK)
            check_accepted(f, cells);
        else if (err.text[0] == '\0' || err.place[0] == '\0')
            abort();
        (void)zs_sweep_keys_check(&f->columns, cells, &f->grid, 1, &err);
    }
    free(cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    zs_arena arena;
    file f;
    zs_arena_init(&arena, test_heap());
    make_header(&arena, &f);
    for (size_t at = 0, n; at < bytes; at += n + 1) {
        const uint8_t *end = memchr(data + at, '\n', bytes - at);
        n = end != NULL ? (size_t)(end - data) - at : bytes - at;
        char *line = zs_arena_strndup(&arena, (const char *)data + at, n);
        if (line == NULL)
            break;
        read_line(&f, line);
        const zs_sum_text sum = zs_sweep_sum_text(zs_sweep_line_sum(line, strlen(line)));
        const char *summed = zs_arena_printf(&arena, "%s,%s", line, sum.text);
        if (summed != NULL)
            read_line(&f, summed);
    }
    zs_arena_drop(&arena);
    return 0;
}
