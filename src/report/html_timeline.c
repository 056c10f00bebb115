/* Charts of one result that say more than its tables: when each layer ran, what it moved, how full
 * the device is. */
#include "html_bars_priv.h"
#include "verdict_priv.h"

#include <stdio.h>

static void section(zs_out *out, const char *id, const char *title, const char *words)
{
    zs_out_printf(out, "<section aria-labelledby=\"h-%s\"><h2 id=\"h-%s\">%s</h2>\n<p>%s</p>\n", id,
                  id, title, words);
}

static double ms_of(const zs_result *r, uint64_t cycles)
{
    return 1e3 * zs_share(cycles, r->clock_hz);
}

static void timeline_bar(const void *ctx, uint32_t i, zs_bar *bar)
{
    const zs_result *r = ctx;
    const zs_layer_result *l = &r->layers[i];
    bar->name = l->name;
    bar->from = ms_of(r, l->start_cycle);
    for (uint32_t c = 0; c < ZS_CAUSE_N; c++)
        bar->part[c] = ms_of(r, l->waited_cycles[c]);
    snprintf(bar->said, sizeof bar->said, "%.3f ms", ms_of(r, l->cycles));
}

static void bytes_bar(const void *ctx, uint32_t i, zs_bar *bar)
{
    const zs_result *r = ctx;
    const zs_layer_result *l = &r->layers[i];
    bar->name = l->name;
    for (uint32_t k = 0; k < ZS_OPERAND_N; k++)
        bar->part[k] = (double)l->operand_bytes[k] / (1 << 20);
    snprintf(bar->said, sizeof bar->said, "%s", zs_cell_bytes(l->read_bytes + l->write_bytes).text);
}

static void resource_bar(const void *ctx, uint32_t i, zs_bar *bar)
{
    const zs_result *r = ctx;
    const zs_resource_line line = zs_resource_line_of(&r->fit.used, &r->fit.available, i);
    const double share = zs_share(line.used, line.available);
    bar->name = line.name;
    bar->part[0] = share == share ? 100 * (share < 1 ? share : 1) : 0;
    bar->part[1] = share > 1 ? 100 * (share - 1) : 0;
    snprintf(bar->said, sizeof bar->said, "%.20s of %.20s", zs_cell_count(line.used).text,
             zs_cell_count(line.available).text);
}

void zs_html_timeline(zs_out *out, const zs_result *r)
{
    const zs_bars bars = {
        .title = "Timeline of the layers",
        .unit = "ms",
        .names = {"MAC array works", "waits for reads", "waits for writes", "waits for the PS"},
        .colours = 'c',
        .n = r->layer_n,
        .longest = ms_of(r, r->cycles),
        .bar_of = timeline_bar,
        .ctx = r};
    section(
        out, "timeline", "Timeline",
        "Layers one after the other. Within a bar the parts stand in a fixed order, not in that "
        "of time: they say how much, the trace of a run says when.");
    zs_html_bars(out, &bars);
    zs_out_text(out, "</section>\n");
}

void zs_html_bytes(zs_out *out, const zs_result *r)
{
    double longest = 0;
    for (uint32_t i = 0; i < r->layer_n; i++) {
        const double bytes = (double)(r->layers[i].read_bytes + r->layers[i].write_bytes);
        longest = bytes > longest ? bytes : longest;
    }
    const zs_bars bars = {.title = "DRAM traffic of the layers by operand",
                          .unit = "MiB",
                          .names = {"weights", "input", "output", "partial sums"},
                          .colours = 'o',
                          .n = r->layer_n,
                          .longest = longest / (1 << 20),
                          .bar_of = bytes_bar,
                          .ctx = r};
    section(out, "bytes", "Bytes by kind",
            "What each layer moves between the DRAM and the chip. The table of operands below has "
            "the sums.");
    zs_html_bars(out, &bars);
    zs_out_text(out, "</section>\n");
}

void zs_html_device(zs_out *out, const zs_result *r)
{
    double longest = 100;
    for (uint32_t i = 0; i < ZS_RESOURCE_N; i++) {
        const zs_resource_line line = zs_resource_line_of(&r->fit.used, &r->fit.available, i);
        const double percent = 100 * zs_share(line.used, line.available);
        longest = percent > longest ? percent : longest;
    }
    const zs_bars bars = {.title = "Share of the device that the design takes",
                          .unit = "%",
                          .names = {"in use", "more than there is"},
                          .colours = 'c',
                          .n = ZS_RESOURCE_N,
                          .longest = longest,
                          .bar_of = resource_bar,
                          .ctx = r};
    zs_html_bars(out, &bars);
}
