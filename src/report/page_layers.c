/* The layer table of the terminal page. */
#include "page_priv.h"
#include "verdict_priv.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BAR_SLOTS = 10, BAR_FROM = 89 };

static const zs_text_column columns[] = {
    {.head = "layer", .least = 12, .most = 40, .shrinks = true},
    {.head = "call", .most = 12, .gap = 1, .from = 118},
    {.head = "MACs", .least = 6, .gap = 1, .is_right = true, .from = 108},
    {.head = "cycles", .least = 11, .gap = 1, .is_right = true},
    {.head = "%", .least = 5, .gap = 1, .is_right = true},
    {.head = "ms", .least = 8, .gap = 1, .is_right = true, .from = 98},
    {.head = "read", .least = 8, .gap = 1, .is_right = true},
    {.head = "written", .least = 8, .gap = 1, .is_right = true},
    {.head = "op/B", .least = 6, .gap = 1, .is_right = true},
    {.head = "roofline", .gap = 1},
    {.head = "limited by", .least = 12, .gap = 1},
    {.head = "c/r/w/h", .least = BAR_SLOTS, .gap = 1, .from = BAR_FROM},
};

/* A letter for every tenth of the row's cycles. */
static void put_bar(zs_text_table *t, const zs_layer_result *l)
{
    static const char *const letters[ZS_CAUSE_N] = {"cccccccccc", "rrrrrrrrrr", "wwwwwwwwww",
                                                    "hhhhhhhhhh"};
    uint32_t slots[ZS_CAUSE_N];
    zs_waited_slots(l, BAR_SLOTS, slots);
    zs_text_cell(t, l->cycles == 0 ? "-" : "");
    for (uint32_t cause = 0; cause < ZS_CAUSE_N; cause++)
        zs_text_more(t, zs_paint_of((zs_cause)cause), letters[cause] + BAR_SLOTS - slots[cause]);
}

static void put_row(zs_text_table *t, const zs_result *r, uint32_t layer)
{
    const zs_layer_result *l = &r->layers[layer];
    const double intensity = zs_layer_figure(r, layer, "intensity_ops_per_byte");
    const uint32_t note = zs_layer_note_number(r, layer);
    char number[24] = "";
    if (note > 0)
        snprintf(number, sizeof number, " %s[%u]", zs_layer_verdicts_differ(l) ? "*" : "", note);
    zs_text_cell(t, l->name);
    zs_text_cell(t, l->group);
    zs_text_cell(t, zs_cell_si((double)l->macs, "").text);
    zs_text_cell(t, zs_cell_count(l->cycles).text);
    zs_text_cell(t, zs_cell_real(100 * zs_share(l->cycles, r->cycles), 1).text);
    zs_text_cell(t, zs_cell_real(1e3 * zs_share(l->cycles, r->clock_hz), 3).text);
    zs_text_cell(t, zs_cell_bytes(l->read_bytes).text);
    zs_text_cell(t, zs_cell_bytes(l->write_bytes).text);
    zs_text_cell(t, zs_cell_real(intensity, intensity < 99.95 ? 1 : 0).text);
    zs_text_painted(t, l->memory_roof ? ZS_PAINT_READ : ZS_PAINT_COMPUTE,
                    !l->on_engine    ? "-"
                    : l->memory_roof ? "memory"
                                     : "compute");
    zs_text_painted(t, zs_paint_of(l->limited_by), zs_cause_name(l->limited_by));
    zs_text_more(t, ZS_PAINT_NONE, number);
    put_bar(t, l);
    zs_text_end_row(t);
}

/* The whole network as if it were one more row, put by the same function. */
static void put_total(zs_text_table *t, const zs_result *r)
{
    zs_layer_result total = {.name = "total", .group = "", .op = "", .on_engine = true};
    for (uint32_t i = 0; i < r->layer_n; i++) {
        total.ops += r->layers[i].ops;
        for (uint32_t c = 0; c < ZS_CAUSE_N; c++)
            total.waited_cycles[c] += r->layers[i].waited_cycles[c];
    }
    total.macs = r->macs;
    total.cycles = r->cycles;
    for (uint32_t c = 0; c < ZS_CAUSE_N && r->layers_overlap; c++)
        total.waited_cycles[c] = (uint64_t)((double)r->cycles * zs_result_waited_share(r, c));
    total.read_bytes = r->dram.read_bytes;
    total.write_bytes = r->dram.write_bytes;
    total.limited_by = zs_result_limited_by(r);
    total.memory_roof = zs_figure(r, "intensity_ops_per_byte") < r->roofline.ridge_ops_per_byte;
    zs_result whole = *r;
    whole.layers = &total;
    whole.layer_n = 1;
    put_row(t, &whole, 0);
}

static void emit_notes(zs_page *page)
{
    const zs_result *r = page->r;
    zs_out_paint(&page->out, ZS_PAINT_FAINT);
    if (page->columns >= BAR_FROM)
        zs_out_wrap(&page->out,
                    page->r->flow != NULL
                        ? "c/r/w/h: each letter is a tenth of the row's cycles, in which the "
                          "engine of the layer works (c), is starved of input (r), is blocked by "
                          "the next one (w), or the PS (h) works"
                        : "c/r/w/h: each letter is a tenth of the row's cycles, in which the MAC "
                          "array works (c) or waits for reads (r), writes (w) or the PS (h)",
                    0, 0, page->columns);
    for (uint32_t number = 1;; number++) {
        const uint32_t layer = zs_note_first_layer(r, number);
        if (layer == r->layer_n)
            break;
        char head[16];
        snprintf(head, sizeof head, "[%u] ", number);
        zs_out_text(&page->out, head);
        zs_out_wrap(&page->out, zs_layer_note(&r->layers[layer]), strlen(head), strlen(head),
                    page->columns);
    }
    zs_out_paint(&page->out, ZS_PAINT_NONE);
    zs_out_text(&page->out, "\n");
}

void zs_page_layers(zs_page *page)
{
    const zs_result *r = page->r;
    zs_text_table t = {
        .out = &page->out, .columns = columns, .n = ZS_LEN(columns), .line = page->columns};
    for (uint32_t i = 0; i < r->layer_n; i++)
        put_row(&t, r, i);
    put_total(&t, r);
    zs_text_heads(&t, ZS_PAINT_STRONG);
    zs_text_rule(&t);
    for (uint32_t i = 0; i < r->layer_n; i++)
        put_row(&t, r, i);
    zs_text_rule(&t);
    put_total(&t, r);
    emit_notes(page);
}
