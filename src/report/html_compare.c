/* The page of several results: time and traffic as charts, the figures as a table. */
#include "chart_priv.h"
#include "html_priv.h"
#include "verdict_priv.h"

static uint64_t bytes_of(const zs_result *r)
{
    return r->dram.read_bytes + r->dram.write_bytes;
}

static double ratio(double value, double first)
{
    return first > 0 ? value / first : (double)0;
}

static void charts(zs_out *out, const zs_labelled_result *list, uint32_t n)
{
    const zs_bar_chart time = zs_chart_result_times(list, n);
    const zs_bar_chart bytes = zs_chart_result_bytes(list, n);
    zs_out_text(out, "<section aria-labelledby=\"h-time\"><h2 id=\"h-time\">Time</h2>\n");
    zs_html_bars(out, &time);
    zs_out_text(out, "</section>\n<section aria-labelledby=\"h-bytes\"><h2 id=\"h-bytes\">DRAM "
                     "traffic</h2>\n");
    zs_html_bars(out, &bytes);
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
    zs_html_number(out, zs_cell_count(r->fit.used.n[ZS_RESOURCE_DSP]).text);
    zs_html_number(out, zs_cell_count(r->fit.used.n[ZS_RESOURCE_BRAM18]).text);
    zs_html_number(out, zs_cell_si(r->energy.joules, "J").text);
    zs_html_cell(out, zs_fit_word(&r->fit));
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
    zs_html_start(&out);
    zs_out_printf(&out, "Comparison of %u results", n);
    zs_html_style(&out);
    zs_out_printf(&out,
                  "<body><header><h1>Comparison of %u results</h1>\n<p class=\"faint\">The first "
                  "is what the others are held against.</p></header>\n<main>\n",
                  n);
    charts(&out, list, n);
    zs_out_text(&out, "<section aria-labelledby=\"h-figures\"><h2 id=\"h-figures\">Figures</h2>\n");
    zs_html_table(&out, "results", "Of every result; \"times\" is of the first.", heads,
                  ZS_LEN(heads));
    for (uint32_t i = 0; i < n; i++)
        row(&out, &list[i], list[0].result);
    zs_html_table_end(&out);
    zs_out_text(&out, "</section></main></body></html>\n");
    return zs_out_end(&out, "the page", err);
}
