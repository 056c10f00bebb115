/* The page of several results: time and traffic as charts, the figures as a table. */
#include "html_bars_priv.h"
#include "verdict_priv.h"

#include <stdio.h>

typedef struct several {
    const zs_labelled_result *list;
    uint32_t n;
} several;

static uint64_t waited(const zs_result *r, uint32_t cause)
{
    uint64_t cycles = 0;
    for (uint32_t i = 0; i < r->layer_n; i++)
        cycles += r->layers[i].waited_cycles[cause];
    return cycles;
}

static uint64_t bytes_of(const zs_result *r)
{
    return r->dram.read_bytes + r->dram.write_bytes;
}

static double ratio(double value, double first)
{
    return first > 0 ? value / first : (double)0;
}

static void time_bar(const void *ctx, uint32_t i, zs_bar *bar)
{
    const several *all = ctx;
    const zs_result *r = all->list[i].result, *first = all->list[0].result;
    bar->name = all->list[i].name;
    for (uint32_t c = 0; c < ZS_CAUSE_N; c++)
        bar->part[c] = 1e3 * zs_share(waited(r, c), r->clock_hz);
    snprintf(bar->said, sizeof bar->said, "%.30s (%.12s x)",
             zs_cell_time(zs_figure(r, "seconds")).text,
             zs_cell_rate(ratio(zs_figure(r, "seconds"), zs_figure(first, "seconds"))).text);
}

static void traffic_bar(const void *ctx, uint32_t i, zs_bar *bar)
{
    const several *all = ctx;
    const zs_result *r = all->list[i].result, *first = all->list[0].result;
    bar->name = all->list[i].name;
    for (uint32_t k = 0; k < ZS_OPERAND_N; k++)
        bar->part[k] = (double)r->operand_bytes[k] / (1 << 20);
    snprintf(bar->said, sizeof bar->said, "%.30s (%.12s x)", zs_cell_bytes(bytes_of(r)).text,
             zs_cell_rate(ratio((double)bytes_of(r), (double)bytes_of(first))).text);
}

static void charts(zs_out *out, const several *all)
{
    double ms = 0, mib = 0;
    for (uint32_t i = 0; i < all->n; i++) {
        const zs_result *r = all->list[i].result;
        const double time = 1e3 * zs_figure(r, "seconds"), bytes = (double)bytes_of(r) / (1 << 20);
        ms = time > ms ? time : ms;
        mib = bytes > mib ? bytes : mib;
    }
    const zs_bars time = {
        .title = "Time of every result, by what the engine waited for",
        .unit = "ms",
        .names = {"MAC array works", "waits for reads", "waits for writes", "waits for the PS"},
        .colours = 'c',
        .n = all->n,
        .longest = ms,
        .bar_of = time_bar,
        .ctx = all};
    const zs_bars traffic = {.title = "DRAM traffic of every result, by operand",
                             .unit = "MiB",
                             .names = {"weights", "input", "output", "partial sums"},
                             .colours = 'o',
                             .n = all->n,
                             .longest = mib,
                             .bar_of = traffic_bar,
                             .ctx = all};
    zs_out_text(out, "<section aria-labelledby=\"h-time\"><h2 id=\"h-time\">Time</h2>\n");
    zs_html_bars(out, &time);
    zs_out_text(out, "</section>\n<section aria-labelledby=\"h-bytes\"><h2 id=\"h-bytes\">DRAM "
                     "traffic</h2>\n");
    zs_html_bars(out, &traffic);
    zs_out_text(out, "</section>\n");
}

static void times_cell(zs_out *out, double value, double first)
{
    zs_html_number(out, zs_cell_real(ratio(value, first), 3).text);
}

static void row(zs_out *out, const zs_labelled_result *one, const zs_result *first)
{
    const zs_result *r = one->result;
    zs_out_text(out, "<tr><th scope=\"row\">");
    zs_html_text(out, one->name);
    zs_out_text(out, "</th>");
    zs_html_cell(out, r->fusion);
    zs_html_cell(out, r->fidelity);
    zs_html_number(out, zs_cell_count(r->batch).text);
    zs_html_number(out, zs_cell_count(r->cycles).text);
    times_cell(out, (double)r->cycles, (double)first->cycles);
    zs_html_number(out, zs_cell_count(bytes_of(r)).text);
    times_cell(out, (double)bytes_of(r), (double)bytes_of(first));
    zs_html_number(out, zs_cell_count(r->calls).text);
    zs_html_number(out, zs_cell_count(r->fit.used.dsp).text);
    zs_html_number(out, zs_cell_count(r->fit.used.bram18).text);
    zs_html_number(out, zs_cell_si(r->energy.joules, "J").text);
    zs_html_cell(out, r->fit.fits ? "yes" : "no");
    zs_html_cell(out, zs_cause_name(zs_result_limited_by(r)));
    zs_out_text(out, "</tr>\n");
}

zs_status zs_compare_html_emit(const zs_labelled_result *list, uint32_t n, const zs_sink *s,
                               zs_err *err)
{
    static const char *const heads[] = {"result",  "fusion",      "timing", "#batch",    "#cycles",
                                        "#times",  "#DRAM bytes", "#times", "#calls",    "#DSP48",
                                        "#BRAM18", "#energy",     "fits",   "limited by"};
    zs_out out = {.sink = s};
    const several all = {list, n};
    zs_html_start(&out);
    zs_out_printf(&out, "Comparison of %u results", n);
    zs_html_style(&out);
    zs_out_printf(&out,
                  "<body><header><h1>Comparison of %u results</h1>\n<p class=\"faint\">The first "
                  "is what the others are held against.</p></header>\n<main>\n",
                  n);
    charts(&out, &all);
    zs_out_text(&out, "<section aria-labelledby=\"h-figures\"><h2 id=\"h-figures\">Figures</h2>\n");
    zs_html_table(&out, "results", "Of every result; \"times\" is of the first.", heads,
                  ZS_LEN(heads));
    for (uint32_t i = 0; i < n; i++)
        row(&out, &list[i], list[0].result);
    zs_html_table_end(&out);
    zs_out_text(&out, "</section></main></body></html>\n");
    return zs_out_end(&out, "the page", err);
}
