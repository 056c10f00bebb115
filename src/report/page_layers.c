/* The layer table of the terminal page. */
#include "page_priv.h"
#include "verdict_priv.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BAR_SLOTS = 10, BAR_FROM = 89, MAX_NAME = 40, MIN_NAME = 12, MIN_CALL = 4, MAX_CALL = 12 };

/* One column. `from` is the page width from which there is room for it. */
typedef struct page_column {
    const char *head;
    uint32_t width, from;
    bool is_left;
    void (*emit)(zs_page *page, uint32_t layer, uint32_t width);
} page_column;

static void right(zs_page *page, uint32_t width, const char *text)
{
    zs_out_printf(&page->out, "%*s", (int)width, text);
}

static void emit_call(zs_page *page, uint32_t layer, uint32_t width)
{
    zs_out_fit(&page->out, page->r->layers[layer].group, width);
}

static void emit_macs(zs_page *page, uint32_t layer, uint32_t width)
{
    right(page, width, zs_cell_si((double)page->r->layers[layer].macs, "").text);
}

static void emit_cycles(zs_page *page, uint32_t layer, uint32_t width)
{
    right(page, width, zs_cell_count(page->r->layers[layer].cycles).text);
}

static void emit_share(zs_page *page, uint32_t layer, uint32_t width)
{
    const double share = 100 * zs_share(page->r->layers[layer].cycles, page->r->cycles);
    right(page, width, zs_cell_real(share, 1).text);
}

static void emit_ms(zs_page *page, uint32_t layer, uint32_t width)
{
    const double ms = 1e3 * zs_share(page->r->layers[layer].cycles, page->r->clock_hz);
    right(page, width, zs_cell_real(ms, 3).text);
}

static void emit_read(zs_page *page, uint32_t layer, uint32_t width)
{
    right(page, width, zs_cell_bytes(page->r->layers[layer].read_bytes).text);
}

static void emit_write(zs_page *page, uint32_t layer, uint32_t width)
{
    right(page, width, zs_cell_bytes(page->r->layers[layer].write_bytes).text);
}

static void emit_intensity(zs_page *page, uint32_t layer, uint32_t width)
{
    const double intensity = zs_layer_figure(page->r, layer, "intensity_ops_per_byte");
    right(page, width, zs_cell_real(intensity, intensity < 99.95 ? 1 : 0).text);
}

static void emit_roofline(zs_page *page, uint32_t layer, uint32_t width)
{
    const zs_layer_result *l = &page->r->layers[layer];
    const char *verdict = l->memory_roof ? "memory" : "compute";
    zs_page_paint(page, l->memory_roof ? ZS_PAINT_READ : ZS_PAINT_COMPUTE);
    zs_out_fit(&page->out, l->on_engine ? verdict : "-", width);
    zs_page_paint(page, ZS_PAINT_NONE);
}

static void emit_limited_by(zs_page *page, uint32_t layer, uint32_t width)
{
    const zs_layer_result *l = &page->r->layers[layer];
    const uint32_t note = zs_layer_note_number(page->r, layer);
    char number[16] = "";
    if (note > 0)
        snprintf(number, sizeof number, "%s[%u]", zs_layer_verdicts_differ(l) ? "*" : "", note);
    const char *name = zs_cause_name(l->limited_by);
    zs_page_paint(page, zs_paint_of(l->limited_by));
    zs_out_text(&page->out, name);
    zs_page_paint(page, ZS_PAINT_NONE);
    const int room = (int)(width - 1 - strlen(name));
    if (page->columns >= BAR_FROM)
        zs_out_printf(&page->out, " %-*s", room, number);
    else if (note > 0)
        zs_out_printf(&page->out, " %s", number);
}

static void emit_bar(zs_page *page, uint32_t layer, uint32_t width)
{
    static const char *const letters[ZS_CAUSE_N] = {"c", "r", "w", "h"};
    uint32_t slots[ZS_CAUSE_N];
    if (page->r->layers[layer].cycles == 0)
        zs_out_text(&page->out, "-");
    zs_waited_slots(&page->r->layers[layer], width, slots);
    for (uint32_t cause = 0; cause < ZS_CAUSE_N; cause++) {
        if (slots[cause] == 0)
            continue;
        zs_page_paint(page, zs_paint_of((zs_cause)cause));
        zs_out_repeat(&page->out, letters[cause], slots[cause]);
        zs_page_paint(page, ZS_PAINT_NONE);
    }
}

/* From the left; the width of the calls is that of the longest name. */
static const page_column columns[] = {
    {"call", 0, 118, true, emit_call},
    {"MACs", 6, 108, false, emit_macs},
    {"cycles", 11, 0, false, emit_cycles},
    {"%", 5, 0, false, emit_share},
    {"ms", 8, 98, false, emit_ms},
    {"read", 8, 0, false, emit_read},
    {"written", 8, 0, false, emit_write},
    {"op/B", 6, 0, false, emit_intensity},
    {"roofline", 8, 0, true, emit_roofline},
    {"limited by", 12, 0, true, emit_limited_by},
    {"c/r/w/h", BAR_SLOTS, BAR_FROM, true, emit_bar},
};

/* Widths on this page; 0 for a column that has no room. */
typedef struct page_layout {
    uint32_t name, total;
    uint32_t width[ZS_LEN(columns)];
} page_layout;

static uint32_t clamp(size_t value, uint32_t least, uint32_t most)
{
    return value < least ? least : value > most ? most : (uint32_t)value;
}

static page_layout layout_of(const zs_page *page)
{
    page_layout layout = {0};
    size_t name = 0, call = 0, taken = 0;
    for (uint32_t i = 0; i < page->r->layer_n; i++) {
        const zs_layer_result *l = &page->r->layers[i];
        name = zs_max_u64(name, zs_utf8_width(l->name));
        call = zs_max_u64(call, zs_utf8_width(l->group));
    }
    for (size_t i = 0; i < ZS_LEN(columns); i++) {
        if (page->columns < columns[i].from)
            continue;
        layout.width[i] = columns[i].width ? columns[i].width : clamp(call, MIN_CALL, MAX_CALL);
        taken += layout.width[i] + 1;
    }
    const size_t room = page->columns > taken + MIN_NAME ? page->columns - taken : MIN_NAME;
    layout.name = clamp(name < room ? name : room, MIN_NAME, MAX_NAME);
    layout.total = layout.name + (uint32_t)taken;
    return layout;
}

static void emit_rule(zs_page *page, const page_layout *layout)
{
    zs_page_paint(page, ZS_PAINT_FAINT);
    zs_out_repeat(&page->out, "─", layout->total);
    zs_page_paint(page, ZS_PAINT_NONE);
    zs_out_text(&page->out, "\n");
}

/* Left-aligned heads are padded when another follows, so that no line ends in blanks. */
static void emit_heads(zs_page *page, const page_layout *layout)
{
    uint32_t gap = 0;
    zs_page_paint(page, ZS_PAINT_STRONG);
    zs_out_fit(&page->out, "layer", layout->name);
    for (size_t i = 0; i < ZS_LEN(columns); i++) {
        if (layout->width[i] == 0)
            continue;
        const uint32_t pad = layout->width[i] - (uint32_t)strlen(columns[i].head);
        zs_out_repeat(&page->out, " ", 1 + gap + (columns[i].is_left ? 0 : pad));
        zs_out_text(&page->out, columns[i].head);
        gap = columns[i].is_left ? pad : 0;
    }
    zs_page_paint(page, ZS_PAINT_NONE);
    zs_out_text(&page->out, "\n");
    emit_rule(page, layout);
}

static void emit_row(zs_page *page, const page_layout *layout, uint32_t layer)
{
    zs_out_fit(&page->out, page->r->layers[layer].name, layout->name);
    for (size_t i = 0; i < ZS_LEN(columns); i++) {
        if (layout->width[i] == 0)
            continue;
        zs_out_text(&page->out, " ");
        columns[i].emit(page, layer, layout->width[i]);
    }
    zs_out_text(&page->out, "\n");
}

/* The whole network as if it were one more row, printed by the same columns. */
static void emit_total(zs_page *page, const page_layout *layout)
{
    const zs_result *r = page->r;
    zs_layer_result total = {.name = "total", .group = "", .op = "", .on_engine = true};
    for (uint32_t i = 0; i < r->layer_n; i++) {
        total.ops += r->layers[i].ops;
        for (uint32_t c = 0; c < ZS_CAUSE_N; c++)
            total.waited_cycles[c] += r->layers[i].waited_cycles[c];
    }
    total.macs = r->macs;
    total.cycles = r->cycles;
    total.read_bytes = r->dram.read_bytes;
    total.write_bytes = r->dram.write_bytes;
    total.limited_by = zs_result_limited_by(r);
    total.memory_roof = zs_figure(r, "intensity_ops_per_byte") < r->roofline.ridge_ops_per_byte;
    zs_result whole = *r;
    whole.layers = &total;
    whole.layer_n = 1;
    page->r = &whole;
    emit_row(page, layout, 0);
    page->r = r;
}

static void emit_notes(zs_page *page)
{
    const zs_result *r = page->r;
    zs_page_paint(page, ZS_PAINT_FAINT);
    if (page->columns >= BAR_FROM)
        zs_out_wrap(&page->out,
                    "c/r/w/h: each letter is a tenth of the row's cycles, in which the MAC array "
                    "works (c) or waits for reads (r), writes (w) or the PS (h)",
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
    zs_page_paint(page, ZS_PAINT_NONE);
    zs_out_text(&page->out, "\n");
}

void zs_page_layers(zs_page *page)
{
    const page_layout layout = layout_of(page);
    emit_heads(page, &layout);
    for (uint32_t i = 0; i < page->r->layer_n; i++)
        emit_row(page, &layout, i);
    emit_rule(page, &layout);
    emit_total(page, &layout);
    emit_notes(page);
}
