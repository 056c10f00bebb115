/* The page of a sweep: points by two figures, and the front as a table. */
#include "chart_priv.h"
#include "html_priv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static zs_cell whole_or_real(double value)
{
    zs_cell cell;
    if (value >= 0 && value < 1e15 && value == floor(value))
        return zs_cell_count((uint64_t)value);
    snprintf(cell.text, sizeof cell.text, "%.6g", value);
    return cell;
}

static bool is_axis(const zs_scatter *s, const char *column)
{
    return strcmp(s->x.name, column) == 0 || strcmp(s->y.name, column) == 0;
}

static void out_table(zs_out *out, const zs_scatter *s)
{
    char x[96], y[96];
    snprintf(x, sizeof x, "#%s", s->x.title);
    snprintf(y, sizeof y, "#%s", s->y.title);
    zs_out_text(out, "<section aria-labelledby=\"h-front\"><h2 id=\"h-front\">Front</h2>\n");
    const zs_scatter_point *first = s->front_n > 0 ? &s->points[s->front[0]] : NULL;
    const char *heads[6] = {"point", x, y};
    size_t n = 3;
    if (first != NULL && first->number != NULL)
        heads[n++] = "#number";
    const bool has_dsp = first != NULL && first->dsp != NULL && !is_axis(s, "resources.dsp.used");
    const bool has_rate =
        first != NULL && first->images_per_second != NULL && !is_axis(s, "images_per_second");
    if (has_dsp)
        heads[n++] = "#DSP";
    if (has_rate)
        heads[n++] = "#images/s";
    zs_html_table(out, "front", "Points that no other beats in both figures.", heads, n);
    for (uint32_t i = 0; first != NULL && i < s->front_n; i++) {
        const zs_scatter_point *p = &s->points[s->front[i]];
        zs_out_text(out, "<tr><th scope=\"row\">");
        zs_html_text(out, p->label);
        zs_out_text(out, "</th>");
        zs_html_number(out, whole_or_real(p->x).text);
        zs_html_number(out, whole_or_real(p->y).text);
        if (p->number != NULL)
            zs_html_number(out, p->number);
        if (has_dsp)
            zs_html_number(out, p->dsp);
        if (has_rate)
            zs_html_number(out, zs_cell_rate(strtod(p->images_per_second, NULL)).text);
        zs_out_text(out, "</tr>\n");
    }
    zs_html_table_end(out);
    zs_out_text(out, "</section>\n");
}

zs_status zs_scatter_html_emit(const zs_scatter *s, const zs_sink *sink, zs_err *err)
{
    zs_out out = {.sink = sink};
    zs_html_start(&out);
    zs_html_text(&out, s->title);
    zs_html_style(&out);
    zs_out_text(&out, "<body><header><h1>");
    zs_html_text(&out, s->title);
    zs_out_printf(&out, "</h1>\n<p class=\"faint\">%u point%s, %u of them do%s not fit", s->n,
                  s->n == 1 ? "" : "s", s->infeasible_n, s->infeasible_n == 1 ? "es" : "");
    if (s->left_out > 0)
        zs_out_printf(&out, "; %u without one of the figures %s not shown", s->left_out,
                      s->left_out == 1 ? "is" : "are");
    zs_out_text(&out, ".</p></header>\n<main>\n");
    zs_out_text(&out, "<section aria-labelledby=\"h-points\"><h2 id=\"h-points\">Points</h2>\n");
    if (s->n == 0) {
        zs_out_text(&out, "<p>No point has both figures.</p>\n");
    } else {
        const zs_point_chart chart = zs_chart_scatter(s);
        zs_html_points(&out, &chart);
    }
    zs_out_text(&out, "</section>\n");
    out_table(&out, s);
    zs_out_text(&out, "</main></body></html>\n");
    return zs_out_end(&out, "the page", err);
}
