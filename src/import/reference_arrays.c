#include "reference_priv.h"

/* Systolic arrays and streaming convolvers: rows of whole numbers, whose names follow from what
 * they are where the table has no column `case`. */

enum { MOST_SIDE = 4096, MOST_CLOCKS = 1000 };
#define COUNT_MAX (UINT64_C(1) << 53)

typedef struct cell {
    const char *column;
    uint64_t min, max;
    uint64_t *to;
} cell;

static zs_status take(const zs_table *t, uint32_t row, const cell *cells, size_t n, zs_err *err)
{
    for (size_t i = 0; i < n; i++)
        ZS_TRY(zs_table_count(t, row, zs_table_column(t, cells[i].column), cells[i].min,
                              cells[i].max, cells[i].to, err));
    return ZS_OK;
}

static const char *text_of(const zs_table *t, uint32_t row, const char *column)
{
    return zs_table_text(t, row, zs_table_column(t, column), "");
}

zs_status zs_reference_systolic(zs_arena *arena, const zs_table *t, zs_reference *out, zs_err *err)
{
    zs_systolic_measured *cases = zs_new(arena, zs_systolic_measured, t->row_n);
    if (cases == NULL)
        return zs_nomem(err, t->path);
    for (uint32_t row = 0; row < t->row_n; row++) {
        zs_systolic_measured *c = &cases[row];
        uint64_t rows, cols, mul, add;
        const cell cells[] = {
            {"rows", 1, MOST_SIDE, &rows},
            {"cols", 1, MOST_SIDE, &cols},
            {"K", 1, UINT32_MAX, &c->depth},
            {"tiles", 1, UINT32_MAX, &c->tiles},
            {"mul_latency", 0, MOST_CLOCKS, &mul},
            {"acc_latency", 0, MOST_CLOCKS, &add},
            {"last_input_cycle", 0, COUNT_MAX, &c->times.last_input},
            {"first_output_cycle", 0, COUNT_MAX, &c->times.first_output},
            {"first_tile_last_output_cycle", 0, COUNT_MAX, &c->times.first_tile_last_output},
            {"last_output_cycle", 0, COUNT_MAX, &c->times.last_output},
        };
        ZS_TRY(take(t, row, cells, ZS_LEN(cells), err));
        c->array = (zs_systolic){(uint32_t)rows, (uint32_t)cols, (uint32_t)mul, (uint32_t)add};
        c->name = text_of(t, row, "case");
        if (c->name[0] == '\0')
            c->name =
                zs_arena_printf(arena, "%ux%u K %s tiles %s latency %s+%s", c->array.rows,
                                c->array.cols, text_of(t, row, "K"), text_of(t, row, "tiles"),
                                text_of(t, row, "mul_latency"), text_of(t, row, "acc_latency"));
        c->reason = text_of(t, row, "reason");
        c->source = text_of(t, row, "source");
        if (c->name == NULL)
            return zs_nomem(err, t->path);
    }
    out->systolics = cases;
    out->case_n = t->row_n;
    return ZS_OK;
}

zs_status zs_reference_convolver(zs_arena *arena, const zs_table *t, zs_reference *out, zs_err *err)
{
    zs_convolver_measured *cases = zs_new(arena, zs_convolver_measured, t->row_n);
    if (cases == NULL)
        return zs_nomem(err, t->path);
    for (uint32_t row = 0; row < t->row_n; row++) {
        zs_convolver_measured *c = &cases[row];
        uint64_t n, k, stride;
        const cell cells[] = {
            {"n", 1, MOST_SIDE, &n},
            {"k", 1, MOST_SIDE, &k},
            {"stride", 1, MOST_SIDE, &stride},
            {"first_valid_cycle", 0, COUNT_MAX, &c->first_valid},
            {"last_valid_cycle", 0, COUNT_MAX, &c->last_valid},
            {"outputs", 0, COUNT_MAX, &c->outputs},
            {"end_cycle", 0, COUNT_MAX, &c->end},
        };
        ZS_TRY(take(t, row, cells, ZS_LEN(cells), err));
        if (k > n)
            return zs_table_fail(t, row, zs_table_column(t, "k"), ZS_ERANGE, err,
                                 "a window of %u is larger than the map of %u", (uint32_t)k,
                                 (uint32_t)n);
        c->n = (uint32_t)n;
        c->k = (uint32_t)k;
        c->stride = (uint32_t)stride;
        c->name = text_of(t, row, "case");
        if (c->name[0] == '\0')
            c->name =
                zs_arena_printf(arena, "%ux%u, %ux%u / %u", c->n, c->n, c->k, c->k, c->stride);
        c->reason = text_of(t, row, "reason");
        c->source = text_of(t, row, "source");
        if (c->name == NULL)
            return zs_nomem(err, t->path);
    }
    out->convolvers = cases;
    out->case_n = t->row_n;
    return ZS_OK;
}
