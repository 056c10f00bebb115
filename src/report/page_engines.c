/* Engines of a design that has several: what each does, and takes of the part. */
#include "page_priv.h"
#include "verdict_priv.h"

#include <string.h>

enum { FIRST_COLUMNS = 8 };

static void put_fit(zs_text_table *t, const zs_fit *fit)
{
    for (uint32_t i = 0; i < fit->family->block_n; i++) {
        const zs_fit_line line = zs_fit_line_of(fit, i);
        zs_text_painted(t, line.used > line.available ? ZS_PAINT_BAD : ZS_PAINT_NONE,
                        zs_cell_count(line.used).text);
    }
    zs_text_painted(t,
                    fit->is_close ? ZS_PAINT_WARN
                    : fit->fits   ? ZS_PAINT_GOOD
                                  : ZS_PAINT_BAD,
                    fit->is_close ? "close"
                    : fit->fits   ? "yes"
                                  : "NO");
}

static void put_engine(zs_text_table *t, const zs_result *r, const zs_engine_result *e)
{
    const double seconds = (double)e->cycles / (double)r->clock_hz;
    zs_text_cell(t, e->name);
    zs_text_cell(t, e->kind);
    zs_text_cell(t, zs_cell_real(e->layer_n, 0).text);
    zs_text_cell(t, zs_cell_real(e->load_n, 0).text);
    zs_text_cell(t, zs_cell_count(e->cycles).text);
    zs_text_cell(t, zs_cell_real(1e3 * seconds, 3).text);
    zs_text_cell(t, zs_cell_bytes(e->read_bytes).text);
    zs_text_cell(t, zs_cell_bytes(e->write_bytes).text);
    put_fit(t, &e->fit);
    zs_text_end_row(t);
}

void zs_page_engines(zs_page *page)
{
    static const zs_text_column first[FIRST_COLUMNS] = {
        {.head = "engine", .least = 8, .most = 24, .shrinks = true},
        {.head = "kind", .least = 6, .gap = 1},
        {.head = "rows", .gap = 1, .is_right = true},
        {.head = "loads", .gap = 1, .is_right = true},
        {.head = "cycles", .least = 10, .gap = 1, .is_right = true},
        {.head = "ms", .least = 8, .gap = 1, .is_right = true},
        {.head = "read", .least = 8, .gap = 1, .is_right = true},
        {.head = "written", .least = 8, .gap = 1, .is_right = true},
    };
    const zs_result *r = page->r;
    zs_text_column columns[FIRST_COLUMNS + ZS_RESOURCE_N + 1];
    const zs_family *family = r->fit.family;
    uint32_t n = FIRST_COLUMNS;
    if (r->engine_n == 0)
        return;
    memcpy(columns, first, sizeof first);
    for (uint32_t i = 0; i < family->block_n; i++)
        columns[n++] = (zs_text_column){
            .head = family->blocks[i].name, .least = 6, .gap = 1, .is_right = true};
    columns[n++] = (zs_text_column){.head = "fits", .gap = 1};
    zs_text_table t = {.out = &page->out, .columns = columns, .n = n, .line = page->columns};
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < r->engine_n; i++)
            put_engine(&t, r, &r->engines[i]);
        if (pass == 0)
            zs_text_heads(&t, ZS_PAINT_NONE);
    }
    zs_out_text(&page->out, "\n");
    for (uint32_t i = 0; i < r->engine_n; i++) {
        const zs_result view = zs_result_of_engine(r, i);
        if (view.flow == NULL)
            continue;
        zs_out_printf(&page->out, "pipeline of %s\n", r->engines[i].name);
        page->r = &view;
        zs_page_flow(page);
        page->r = r;
    }
}
