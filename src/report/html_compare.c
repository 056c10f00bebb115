/* The page of several results: time and traffic as charts, the figures as a table. */
#include "chart_priv.h"
#include "html_priv.h"
#include "verdict_priv.h"

#include <string.h>

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
    const char *each = zs_results_differ_in_batch(list, n) ? " of an image" : "";
    zs_out_printf(out, "<section aria-labelledby=\"h-time\"><h2 id=\"h-time\">Time%s</h2>\n", each);
    zs_html_bars(out, &time);
    zs_out_printf(out,
                  "</section>\n<section aria-labelledby=\"h-bytes\"><h2 id=\"h-bytes\">DRAM "
                  "traffic%s</h2>\n",
                  each);
    zs_html_bars(out, &bytes);
    zs_out_text(out, "</section>\n");
}

static void times_cell(zs_out *out, double value, double first)
{
    zs_html_number(out, zs_cell_real(ratio(value, first), 3).text);
}

/* What the results are of, such as "lenet5 on zedboard, fp32, fusion lf2, timing model burst": said
 * once where it is the same for all, else below the name of each. */
enum { OF_NETWORK, OF_BOARD, OF_PRECISION, OF_FUSION, OF_FIDELITY, OF_N };

static const char *of_result(const zs_result *r, int what)
{
    const char *const words[OF_N] = {r->network, r->board, r->precision, r->fusion, r->fidelity};
    return words[what];
}

static bool is_same(const zs_labelled_result *list, uint32_t n, int what)
{
    for (uint32_t i = 1; i < n; i++)
        if (strcmp(of_result(list[i].result, what), of_result(list[0].result, what)) != 0)
            return false;
    return true;
}

static bool any_of(const bool *says)
{
    bool any = false;
    for (int i = 0; i < OF_N; i++)
        any |= says[i];
    return any;
}

static void out_of(zs_out *out, const zs_result *r, const bool *says)
{
    static const char *const before[OF_N] = {"", "on ", "", "fusion ", "timing model "};
    bool any = false;
    for (int i = 0; i < OF_N; i++) {
        if (!says[i])
            continue;
        zs_out_text(out, !any ? "" : i == OF_BOARD ? " " : ", ");
        zs_out_text(out, before[i]);
        zs_html_text(out, of_result(r, i));
        any = true;
    }
}

static void row(zs_out *out, const zs_labelled_result *one, const zs_result *first,
                bool is_of_images, const bool *differs)
{
    const zs_result *r = one->result;
    const uint32_t images = zs_result_parts(r, is_of_images),
                   of_first = zs_result_parts(first, is_of_images);
    zs_out_text(out, "<tr><th scope=\"row\">");
    zs_html_text(out, one->name);
    if (any_of(differs)) {
        zs_out_text(out, "<div class=\"faint\">");
        out_of(out, r, differs);
        zs_out_text(out, "</div>");
    }
    zs_out_text(out, "</th>");
    zs_html_number(out, zs_cell_count(r->batch).text);
    zs_html_number(out, zs_cell_count(r->cycles).text);
    times_cell(out, (double)r->cycles / images, (double)first->cycles / of_first);
    zs_html_number(out, zs_cell_count(bytes_of(r)).text);
    times_cell(out, (double)bytes_of(r) / images, (double)bytes_of(first) / of_first);
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
    static const char *const heads[] = {"result",      "#batch",  "#cycles", "#times",
                                        "#DRAM bytes", "#times",  "#calls",  "#DSP48",
                                        "#BRAM18",     "#energy", "fits",    "limited by"};
    bool same[OF_N], differs[OF_N];
    for (int i = 0; i < OF_N; i++) {
        same[i] = is_same(list, n, i);
        differs[i] = !same[i];
    }
    zs_out out = {.sink = s};
    zs_html_start(&out);
    zs_out_printf(&out, "Comparison of %u results", n);
    zs_html_style(&out);
    zs_out_printf(&out, "<body><header><h1>Comparison of %u results</h1>\n<p class=\"faint\">", n);
    out_of(&out, list[0].result, same);
    zs_out_text(&out, any_of(same) ? ". " : "");
    zs_out_text(&out, "The first is the reference.</p>\n");
    if (!same[OF_NETWORK])
        zs_out_text(&out, "<p>The networks differ: ratios are between different amounts of "
                          "work.</p>\n");
    zs_out_text(&out, "</header>\n<main>\n");
    charts(&out, list, n);
    zs_out_text(&out, "<section aria-labelledby=\"h-figures\"><h2 id=\"h-figures\">Figures</h2>\n");
    const bool of_images = zs_results_differ_in_batch(list, n);
    zs_html_table(&out, "results",
                  of_images ? "Of every result; \"times\" is of the first, image by image."
                            : "Of every result; \"times\" is of the first.",
                  heads, ZS_LEN(heads));
    for (uint32_t i = 0; i < n; i++)
        row(&out, &list[i], list[0].result, of_images, differs);
    zs_html_table_end(&out);
    zs_out_text(&out, "</section></main></body></html>\n");
    return zs_out_end(&out, "the page", err);
}
