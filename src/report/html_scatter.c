/* The page of a sweep: points by two figures, and the front as a table. */
#include "chart_priv.h"
#include "html_priv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static zs_cell whole_or_real(double value)
{
    zs_cell cell;
    if (value >= 0 && value < 1e15 && value == floor(value))
        return zs_cell_count((uint64_t)value);
    snprintf(cell.text, sizeof cell.text, "%.9g", value);
    return cell;
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
    if (first != NULL && first->dsp != NULL)
        heads[n++] = "#DSP";
    if (first != NULL && first->images_per_second != NULL)
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
        if (p->dsp != NULL)
            zs_html_number(out, p->dsp);
        if (p->images_per_second != NULL)
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
    zs_out_printf(&out,
                  "</h1>\n<p class=\"faint\">%u points, %u of them do not fit; %u without one of "
                  "the figures are not shown.</p></header>\n<main>\n",
                  s->n, s->infeasible_n, s->left_out);
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
