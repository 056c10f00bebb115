/* The terminal page: style, and the summary that answers how fast, what limits, does it fit. */
#include "page_priv.h"
#include "verdict_priv.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SUMMARY_INDENT = 9 };

/* "  time   " and room for the text behind it. */
static void summary_head(zs_page *page, const char *head)
{
    zs_out_paint(&page->out, ZS_PAINT_STRONG);
    zs_out_printf(&page->out, "  %-*s", SUMMARY_INDENT - 2, head);
    zs_out_paint(&page->out, ZS_PAINT_NONE);
}

static void summary_rest(zs_page *page, size_t column, const char *text)
{
    zs_out_wrap(&page->out, text, column, SUMMARY_INDENT, page->columns);
}

static void emit_names(zs_page *page)
{
    const zs_result *r = page->r;
    zs_out_paint(&page->out, ZS_PAINT_STRONG);
    zs_out_name(&page->out, r->network);
    zs_out_text(&page->out, " on ");
    zs_out_name(&page->out, r->board);
    zs_out_paint(&page->out, ZS_PAINT_NONE);
    zs_out_text(&page->out, ", design ");
    zs_out_name(&page->out, r->design);
    zs_out_printf(&page->out, "\n%s", r->precision);
    if (zs_result_fuses(r))
        zs_out_printf(&page->out, ", fusion %s", r->fusion);
    zs_out_printf(&page->out, ": %s call%s, batch %s, PL clock %s, fidelity %s\n\n",
                  zs_cell_count(r->calls).text, r->calls == 1 ? "" : "s",
                  zs_cell_count(r->batch).text, zs_cell_si((double)r->clock_hz, "Hz").text,
                  r->fidelity);
}

static void emit_time(zs_page *page)
{
    const zs_result *r = page->r;
    const double gops = zs_figure(r, "gops");
    char text[ZS_LINE_BYTES];
    summary_head(page, "time");
    snprintf(text, sizeof text, "%s%s = %s cycles; %s images/s; %s GOP/s, %s of the engine's %s",
             zs_cell_time(zs_figure(r, "seconds")).text, r->batch > 1 ? " per batch" : "",
             zs_cell_count(r->cycles).text, zs_cell_rate(zs_figure(r, "images_per_second")).text,
             zs_cell_rate(gops).text, zs_cell_percent(gops / r->roofline.peak_gops).text,
             zs_cell_rate(r->roofline.peak_gops).text);
    summary_rest(page, SUMMARY_INDENT, text);
}

static void emit_limit(zs_page *page)
{
    static const char *const words[ZS_CAUSE_N] = {"compute", "DRAM reads", "DRAM writes",
                                                  "the host (PS)"};
    const zs_result *r = page->r;
    const zs_cause most = zs_result_limited_by(r);
    char text[ZS_LINE_BYTES];
    summary_head(page, "limit");
    if (r->flow != NULL) { /* rows work side by side: their times say nothing of the whole */
        zs_page_flow_limit(page, SUMMARY_INDENT);
        return;
    }
    zs_out_paint(&page->out, zs_paint_of(most));
    zs_out_text(&page->out, words[most]);
    zs_out_paint(&page->out, ZS_PAINT_NONE);
    snprintf(
        text, sizeof text,
        ": the MAC array works %s of the time, waits %s for reads, %s for writes, %s for the PS",
        zs_cell_percent(zs_figure(r, "waited_frac.compute")).text,
        zs_cell_percent(zs_figure(r, "waited_frac.read")).text,
        zs_cell_percent(zs_figure(r, "waited_frac.write")).text,
        zs_cell_percent(zs_figure(r, "waited_frac.host")).text);
    summary_rest(page, SUMMARY_INDENT + strlen(words[most]), text);
}

static void emit_roof(zs_page *page)
{
    const zs_result *r = page->r;
    const double intensity = zs_figure(r, "intensity_ops_per_byte");
    const double ridge = r->roofline.ridge_ops_per_byte;
    uint32_t memory_n = 0, engine_n = 0;
    for (uint32_t i = 0; i < r->layer_n; i++) {
        engine_n += r->layers[i].on_engine;
        memory_n += r->layers[i].on_engine && r->layers[i].memory_roof;
    }
    char text[ZS_LINE_BYTES];
    summary_head(page, "roof");
    snprintf(text, sizeof text,
             "%s: %s op/B over the network, ridge at %s; %u of the engine's %u rows are below it",
             intensity < ridge ? "memory" : "compute", zs_cell_real(intensity, 2).text,
             zs_cell_real(ridge, 2).text, memory_n, engine_n);
    summary_rest(page, SUMMARY_INDENT, text);
}

/* "BRAM18 226 of 128 (177 %)" for each resource. */
static void emit_fits(zs_page *page)
{
    const zs_fit *fit = &page->r->fit;
    char text[ZS_LINE_BYTES] = "";
    size_t used = 0;
    for (uint32_t i = 0; i < fit->family->block_n; i++) {
        const zs_fit_line line = zs_fit_line_of(fit, i);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %s (%s..%s) of %s",
                                 i == 0 ? ": " : ", ", line.name, zs_cell_count(line.used).text,
                                 zs_cell_count(line.lo).text, zs_cell_count(line.hi).text,
                                 zs_cell_count(line.available).text);
        if (line.used > line.available)
            used += (size_t)snprintf(text + used, sizeof text - used, " (%s too many)",
                                     zs_cell_count(line.used - line.available).text);
    }
    const char *answer = fit->is_close ? "close" : fit->fits ? "yes" : "NO";
    summary_head(page, "fits");
    zs_out_paint(&page->out, fit->is_close ? ZS_PAINT_WARN
                             : fit->fits   ? ZS_PAINT_GOOD
                                           : ZS_PAINT_BAD);
    zs_out_text(&page->out, answer);
    zs_out_paint(&page->out, ZS_PAINT_NONE);
    summary_rest(page, SUMMARY_INDENT + strlen(answer), text);
}

void zs_page_summary(zs_page *page)
{
    emit_names(page);
    emit_time(page);
    emit_limit(page);
    emit_roof(page);
    emit_fits(page);
    zs_out_text(&page->out, "\n");
}

zs_status zs_table_emit(const zs_result *r, const zs_table_style *style, const zs_sink *s,
                        zs_err *err)
{
    zs_page page = {.out = {.sink = s, .colour = style != NULL && style->colour},
                    .r = r,
                    .columns = zs_text_line(style)};
    zs_page_summary(&page);
    zs_page_layers(&page);
    zs_page_flow(&page);
    zs_page_engines(&page);
    zs_page_account(&page);
    return zs_out_end(&page.out, "table", err);
}
