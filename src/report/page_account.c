/* The lower part of the terminal page: resources, roofs, traffic, energy, classes, notes. */
#include "page_priv.h"
#include "verdict_priv.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { INDENT = 11, GAUGE_SLOTS = 10 };

static void heading(zs_page *page, const char *text)
{
    zs_out_paint(&page->out, ZS_PAINT_STRONG);
    zs_out_printf(&page->out, "%-*s", INDENT, text);
    zs_out_paint(&page->out, ZS_PAINT_NONE);
}

static void rest(zs_page *page, const char *text)
{
    zs_out_wrap(&page->out, text, INDENT, INDENT, page->columns);
}

/* [######....] filled in proportion; a full one with an arrow when there is too much. */
static void put_gauge(zs_text_table *t, double frac)
{
    static const char full[] = "##########", empty[] = "..........";
    _Static_assert(sizeof full == GAUGE_SLOTS + 1, "slots of a gauge");
    const bool is_over = frac > 1;
    const double filled = isfinite(frac) && frac > 0 ? (is_over ? 1 : frac) * GAUGE_SLOTS : 0;
    const size_t slots = (size_t)lround(filled);
    zs_text_cell(t, "[");
    zs_text_more(t, is_over ? ZS_PAINT_BAD : ZS_PAINT_GOOD, full + GAUGE_SLOTS - slots);
    zs_text_more(t, ZS_PAINT_NONE, empty + slots);
    zs_text_more(t, ZS_PAINT_NONE, is_over ? ">" : "]");
}

static void emit_resources(zs_page *page)
{
    static const zs_text_column columns[] = {
        {.head = "", .least = 7},
        {.head = "", .least = 7, .gap = 1, .is_right = true},
        {.head = "", .least = 2, .gap = 1},
        {.head = "", .least = 7, .gap = 1, .is_right = true},
        {.head = "", .least = 8, .gap = 1, .is_right = true},
        {.head = "", .gap = 1},
    };
    const zs_fit *fit = &page->r->fit;
    zs_text_table t = {.out = &page->out, .columns = columns, .n = ZS_LEN(columns)};
    zs_text_ready(&t);
    for (uint32_t i = 0; i < fit->family->block_n; i++) {
        const zs_fit_line line = zs_fit_line_of(fit, i);
        const double frac = zs_share(line.used, line.available);
        heading(page, i == 0 ? "resources" : "");
        zs_text_cell(&t, line.name);
        zs_text_cell(&t, zs_cell_count(line.used).text);
        zs_text_cell(&t, "of");
        zs_text_cell(&t, zs_cell_count(line.available).text);
        zs_text_cell(&t, zs_cell_percent(frac).text);
        put_gauge(&t, line.available == 0 && line.used > 0 ? 2 : frac);
        if (line.used > line.available) {
            zs_cell excess;
            snprintf(excess.text, sizeof excess.text, " exceeded by %.40s",
                     zs_cell_count(line.used - line.available).text);
            zs_text_more(&t, ZS_PAINT_BAD, excess.text);
        }
        zs_text_end_row(&t);
    }
}

static void emit_roofs(zs_page *page)
{
    const zs_roofline *roof = &page->r->roofline;
    char text[ZS_LINE_BYTES];
    snprintf(text, sizeof text,
             "engine %s GOP/s, device %s GOP/s; AXI %s, DRAM %s; ridge at %s op/B",
             zs_cell_rate(roof->peak_gops).text, zs_cell_rate(roof->device_peak_gops).text,
             zs_cell_si(roof->axi_bytes_per_s, "B/s").text,
             zs_cell_si(roof->dram_bytes_per_s, "B/s").text,
             zs_cell_real(roof->ridge_ops_per_byte, 2).text);
    heading(page, "roofs");
    rest(page, text);
}

static void emit_dram(zs_page *page)
{
    const zs_result *r = page->r;
    const double rate = zs_figure(r, "dram.bytes_per_second");
    char text[ZS_LINE_BYTES];
    snprintf(
        text, sizeof text,
        "%s read in %s bursts, %s written in %s; %s = %s of peak; data bus busy %s, row hits %s",
        zs_cell_bytes(r->dram.read_bytes).text, zs_cell_count(r->read_bursts).text,
        zs_cell_bytes(r->dram.write_bytes).text, zs_cell_count(r->write_bursts).text,
        zs_cell_si(rate, "B/s").text, zs_cell_percent(rate / r->memory_peak_bytes_per_s).text,
        zs_cell_percent(zs_figure(r, "dram.busy_frac")).text,
        zs_cell_percent(zs_figure(r, "dram.row_hit_frac")).text);
    heading(page, "DRAM");
    rest(page, text);
}

static void emit_operands(zs_page *page)
{
    static const char *const names[ZS_OPERAND_N] = {"weights", "input", "output", "partial sums",
                                                    "masks and indices"};
    const zs_result *r = page->r;
    uint64_t all = r->swap_bytes;
    for (uint32_t i = 0; i < ZS_OPERAND_N; i++)
        all += r->operand_bytes[i];
    char text[ZS_LINE_BYTES];
    size_t used = 0;
    for (uint32_t i = 0; i < ZS_OPERAND_N; i++)
        if (i != ZS_OPERAND_INDEX || r->operand_bytes[i] > 0)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %s (%s)", i ? ", " : "",
                                     names[i], zs_cell_bytes(r->operand_bytes[i]).text,
                                     zs_cell_percent(zs_share(r->operand_bytes[i], all)).text);
    if (r->swap_bytes > 0)
        snprintf(text + used, sizeof text - used, ", bitstreams %s (%s)",
                 zs_cell_bytes(r->swap_bytes).text,
                 zs_cell_percent(zs_share(r->swap_bytes, all)).text);
    heading(page, "operands");
    rest(page, text);
}

static void put_port(zs_text_table *t, const zs_result *r, const zs_port_result *port)
{
    const double rate = (double)port->bytes / zs_figure(r, "seconds");
    zs_text_cell(t, port->name);
    zs_text_cell(t, zs_cell_bytes(port->bytes).text);
    zs_text_cell(t, zs_cell_count(port->bursts).text);
    zs_text_cell(t, zs_cell_real(zs_share(port->beats, port->bursts), 1).text);
    zs_text_cell(t, zs_cell_percent(zs_share(port->busy_cycles, r->cycles)).text);
    zs_text_cell(t, zs_cell_percent(rate / (double)port->peak_bytes_per_s).text);
    zs_text_end_row(t);
}

static void emit_ports(zs_page *page)
{
    static const zs_text_column columns[] = {
        {.head = "channel", .most = 7},
        {.head = "bytes", .least = 9, .gap = 1, .is_right = true},
        {.head = "bursts", .least = 12, .gap = 1, .is_right = true},
        {.head = "beats/burst", .least = 12, .gap = 1, .is_right = true},
        {.head = "busy", .least = 8, .gap = 1, .is_right = true},
        {.head = "share of peak", .least = 14, .gap = 1, .is_right = true},
    };
    const zs_result *r = page->r;
    zs_text_table t = {.out = &page->out, .columns = columns, .n = ZS_LEN(columns)};
    for (uint32_t i = 0; i < r->port_n; i++)
        put_port(&t, r, &r->ports[i]);
    heading(page, "AXI ports");
    zs_text_heads(&t, ZS_PAINT_NONE);
    for (uint32_t i = 0; i < r->port_n; i++) {
        heading(page, "");
        put_port(&t, r, &r->ports[i]);
    }
}

static void emit_energy(zs_page *page)
{
    const zs_energy *e = &page->r->energy;
    char text[ZS_LINE_BYTES];
    size_t at =
        (size_t)snprintf(text, sizeof text, "%s (%s..%s), %s, %s GOP/J",
                         zs_cell_si(e->joules, "J").text, zs_cell_si(e->lo_joules, "J").text,
                         zs_cell_si(e->hi_joules, "J").text, zs_cell_si(e->watts, "W").text,
                         zs_cell_rate(zs_figure(page->r, "energy.gop_per_joule")).text);
    for (uint32_t i = 0; i < ZS_ENERGY_PART_N && at < sizeof text; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s %s %s", i == 0 ? ":" : ",",
                               zs_energy_parts[i].name,
                               zs_cell_percent(e->part_j[i] / e->joules).text);
    heading(page, "energy");
    rest(page, text);
}

static void emit_image(zs_page *page, const zs_image_result *image)
{
    static const zs_text_column columns[] = {
        {.head = "", .least = 7, .is_right = true},
        {.head = "", .least = 5, .gap = 2, .is_right = true},
        {.head = "", .gap = 2},
    };
    zs_text_table t = {
        .out = &page->out, .columns = columns, .n = ZS_LEN(columns), .indent = INDENT};
    zs_text_ready(&t);
    for (uint32_t i = 0; i < image->top_n; i++) {
        zs_text_cell(&t, zs_cell_percent((double)image->top_probability[i]).text);
        zs_text_cell(&t, zs_cell_real(image->top_class[i], 0).text);
        zs_text_cell(&t, image->top_label[i] != NULL ? image->top_label[i] : "-");
        zs_text_end_row(&t);
    }
}

static void emit_images(zs_page *page)
{
    const zs_result *r = page->r;
    for (uint32_t i = 0; i < r->image_n; i++) {
        heading(page, i == 0 ? "classes" : "");
        zs_out_name(&page->out, r->images[i].input);
        zs_out_printf(&page->out, "%s%.12s\n", r->images[i].sha256[0] ? ", output sha256 " : "",
                      r->images[i].sha256);
        emit_image(page, &r->images[i]);
    }
}

static void emit_result_notes(zs_page *page)
{
    const zs_result *r = page->r;
    if (r->fusion_note != NULL) {
        heading(page, "fusion");
        rest(page, r->fusion_note);
    }
    for (uint32_t i = 0; i < r->note_n; i++) {
        heading(page, i == 0 ? "notes" : "");
        rest(page, r->notes[i]);
    }
}

void zs_page_account(zs_page *page)
{
    emit_resources(page);
    emit_roofs(page);
    emit_dram(page);
    emit_operands(page);
    emit_ports(page);
    emit_energy(page);
    emit_images(page);
    emit_result_notes(page);
}
