/* The lower part of the terminal page: resources, roofs, traffic, energy, classes, notes. */
#include "page_priv.h"
#include "verdict_priv.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { INDENT = 11, GAUGE_SLOTS = 10 };

static void heading(zs_page *page, const char *text)
{
    zs_page_paint(page, ZS_PAINT_STRONG);
    zs_out_fit(&page->out, text, INDENT);
    zs_page_paint(page, ZS_PAINT_NONE);
}

static void rest(zs_page *page, const char *text)
{
    zs_out_wrap(&page->out, text, INDENT, INDENT, page->columns);
}

/* [######....] filled in proportion; a full one with an arrow when there is too much. */
static void emit_gauge(zs_page *page, double frac)
{
    const bool is_over = frac > 1;
    const double filled = isfinite(frac) && frac > 0 ? (is_over ? 1 : frac) * GAUGE_SLOTS : 0;
    const size_t slots = (size_t)lround(filled);
    zs_out_text(&page->out, "[");
    zs_page_paint(page, is_over ? ZS_PAINT_BAD : ZS_PAINT_GOOD);
    zs_out_repeat(&page->out, "#", slots);
    zs_page_paint(page, ZS_PAINT_NONE);
    zs_out_repeat(&page->out, ".", GAUGE_SLOTS - slots);
    zs_out_text(&page->out, is_over ? ">" : "]");
}

static void emit_resource(zs_page *page, const zs_resource_line *line)
{
    const double frac = zs_share(line->used, line->available);
    zs_out_printf(&page->out, "%-7s %7s of %7s %8s ", line->name, zs_cell_count(line->used).text,
                  zs_cell_count(line->available).text, zs_cell_percent(frac).text);
    emit_gauge(page, line->available == 0 && line->used > 0 ? 2 : frac);
    if (line->used > line->available) {
        zs_page_paint(page, ZS_PAINT_BAD);
        zs_out_printf(&page->out, " exceeded by %s",
                      zs_cell_count(line->used - line->available).text);
        zs_page_paint(page, ZS_PAINT_NONE);
    }
    zs_out_text(&page->out, "\n");
}

static void emit_resources(zs_page *page)
{
    const zs_fit *fit = &page->r->fit;
    for (uint32_t i = 0; i < ZS_RESOURCE_N; i++) {
        const zs_resource_line line = zs_resource_line_of(&fit->used, &fit->available, i);
        heading(page, i == 0 ? "resources" : "");
        emit_resource(page, &line);
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
    static const char *const names[ZS_OPERAND_N] = {"weights", "input", "output", "partial sums"};
    const zs_result *r = page->r;
    uint64_t all = 0;
    for (uint32_t i = 0; i < ZS_OPERAND_N; i++)
        all += r->operand_bytes[i];
    char text[ZS_LINE_BYTES];
    size_t used = 0;
    for (uint32_t i = 0; i < ZS_OPERAND_N; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %s (%s)", i ? ", " : "",
                                 names[i], zs_cell_bytes(r->operand_bytes[i]).text,
                                 zs_cell_percent(zs_share(r->operand_bytes[i], all)).text);
    heading(page, "operands");
    rest(page, text);
}

static void emit_ports(zs_page *page)
{
    const zs_result *r = page->r;
    const double seconds = zs_figure(r, "seconds");
    heading(page, "AXI ports");
    zs_out_printf(&page->out, "%-7s %9s %12s %12s %8s %14s\n", "channel", "bytes", "bursts",
                  "beats/burst", "busy", "share of peak");
    for (uint32_t i = 0; i < r->port_n; i++) {
        const zs_port_result *port = &r->ports[i];
        const double rate = (double)port->bytes / seconds;
        heading(page, "");
        zs_out_fit(&page->out, port->name, 7);
        zs_out_printf(&page->out, " %9s %12s %12s %8s %14s\n", zs_cell_bytes(port->bytes).text,
                      zs_cell_count(port->bursts).text,
                      zs_cell_real(zs_share(port->beats, port->bursts), 1).text,
                      zs_cell_percent(zs_share(port->busy_cycles, r->cycles)).text,
                      zs_cell_percent(rate / (double)port->peak_bytes_per_s).text);
    }
}

static void emit_energy(zs_page *page)
{
    const zs_energy *e = &page->r->energy;
    char text[ZS_LINE_BYTES];
    snprintf(
        text, sizeof text,
        "%s +-%.0f %%, %s, %s GOP/J: PS %s, DRAM %s, MACs %s, BRAM %s, PL leakage %s",
        zs_cell_si(e->joules, "J").text, e->uncertainty_frac * 100, zs_cell_si(e->watts, "W").text,
        zs_cell_rate(zs_figure(page->r, "energy.gop_per_joule")).text,
        zs_cell_percent(e->ps_j / e->joules).text, zs_cell_percent(e->dram_j / e->joules).text,
        zs_cell_percent(e->mac_j / e->joules).text, zs_cell_percent(e->bram_j / e->joules).text,
        zs_cell_percent(e->static_j / e->joules).text);
    heading(page, "energy");
    rest(page, text);
}

static void emit_image(zs_page *page, const zs_image_result *image)
{
    for (uint32_t i = 0; i < image->top_n; i++) {
        zs_out_repeat(&page->out, " ", INDENT);
        zs_out_printf(&page->out, "%7s  %5u  ",
                      zs_cell_percent((double)image->top_probability[i]).text, image->top_class[i]);
        zs_out_name(&page->out, image->top_label[i] != NULL ? image->top_label[i] : "-");
        zs_out_text(&page->out, "\n");
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
