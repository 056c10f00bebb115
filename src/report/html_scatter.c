/* The page of a sweep: points by two figures, and the front as a table. */
#include "html_bars_priv.h"

#include <math.h>
#include <stdio.h>

enum { WIDTH = 1000, HEIGHT = 560, LEFT = 110, RIGHT = 985, TOP = 14, BOTTOM = 505, TICKS = 7 };

typedef struct chart {
    zs_out *out;
    const zs_scatter *s;
    double x0, x1, y0, y1;
} chart;

static void set_ranges(chart *c)
{
    c->x0 = c->y0 = INFINITY;
    c->x1 = c->y1 = -INFINITY;
    for (uint32_t i = 0; i < c->s->n; i++) {
        c->x0 = fmin(c->x0, c->s->points[i].x);
        c->x1 = fmax(c->x1, c->s->points[i].x);
        c->y0 = fmin(c->y0, c->s->points[i].y);
        c->y1 = fmax(c->y1, c->s->points[i].y);
    }
    const double dx = c->x1 > c->x0 ? 0.05 * (c->x1 - c->x0) : fmax(1, 0.05 * fabs(c->x0));
    const double dy = c->y1 > c->y0 ? 0.05 * (c->y1 - c->y0) : fmax(1, 0.05 * fabs(c->y0));
    c->x0 -= dx;
    c->x1 += dx;
    c->y0 -= dy;
    c->y1 += dy;
}

static double x_of(const chart *c, double x)
{
    return LEFT + (RIGHT - LEFT) * (x - c->x0) / (c->x1 - c->x0);
}

static double y_of(const chart *c, double y)
{
    return BOTTOM - (BOTTOM - TOP) * (y - c->y0) / (c->y1 - c->y0);
}

/* Millions as such: seven digits are hard to read. */
static double unit_of(double low, double high)
{
    return fmax(fabs(low), fabs(high)) >= 1e6 ? 1e6 : 1;
}

/* In steps from zero. */
static int64_t first_tick(double low, double step)
{
    const double ticks = ceil(low / step);
    return fabs(ticks) < 1e15 ? (int64_t)ticks : INT64_MAX; /* too fine to be told apart: none */
}

static void out_axes(const chart *c)
{
    const double dx = zs_nice_step(c->x1 - c->x0, TICKS), dy = zs_nice_step(c->y1 - c->y0, TICKS);
    const double big_x = unit_of(c->x0, c->x1), big_y = unit_of(c->y0, c->y1);
    zs_out_text(c->out, "<g class=\"axis\" aria-hidden=\"true\">");
    for (int64_t i = first_tick(c->x0, dx); (double)i * dx <= c->x1; i++)
        zs_out_printf(c->out,
                      "<path d=\"M%.1f %d V%d\"/><text x=\"%.1f\" y=\"%d\" "
                      "text-anchor=\"middle\">%.6g%s</text>",
                      x_of(c, (double)i * dx), TOP, BOTTOM, x_of(c, (double)i * dx), BOTTOM + 18,
                      (double)i * dx / big_x, big_x > 1 ? " M" : "");
    for (int64_t i = first_tick(c->y0, dy); (double)i * dy <= c->y1; i++)
        zs_out_printf(c->out,
                      "<path d=\"M%d %.1f H%d\"/><text x=\"%d\" y=\"%.1f\" "
                      "text-anchor=\"end\">%.6g%s</text>",
                      LEFT, y_of(c, (double)i * dy), RIGHT, LEFT - 8, y_of(c, (double)i * dy) + 4,
                      (double)i * dy / big_y, big_y > 1 ? " M" : "");
    zs_out_printf(c->out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">", (LEFT + RIGHT) / 2,
                  HEIGHT - 12);
    zs_html_text(c->out, c->s->x_name);
    zs_out_printf(c->out,
                  "</text><text transform=\"translate(18 %d) rotate(-90)\" "
                  "text-anchor=\"middle\">",
                  (TOP + BOTTOM) / 2);
    zs_html_text(c->out, c->s->y_name);
    zs_out_text(c->out, "</text></g>\n");
}

static void out_words(const chart *c, const zs_scatter_point *p)
{
    zs_html_text(c->out, p->label);
    zs_out_text(c->out, ": ");
    zs_html_text(c->out, c->s->x_name);
    zs_out_printf(c->out, " %.9g, ", p->x);
    zs_html_text(c->out, c->s->y_name);
    zs_out_printf(c->out, " %.9g", p->y);
}

static void out_point(const chart *c, const zs_scatter_point *p)
{
    const double x = x_of(c, p->x), y = y_of(c, p->y);
    if (!p->is_feasible)
        zs_out_printf(c->out, "<path class=\"no\" d=\"M%.1f %.1f l6 6 m0 -6 l-6 6\">", x - 3,
                      y - 3);
    else
        zs_out_printf(c->out, "<circle class=\"yes\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\">", x, y);
    zs_out_text(c->out, "<title>");
    out_words(c, p);
    zs_out_text(c->out,
                p->is_feasible ? "</title></circle>\n" : " (does not fit)</title></path>\n");
}

static void out_front(const chart *c)
{
    zs_out_text(c->out, "<path class=\"front\" d=\"");
    for (uint32_t i = 0; i < c->s->front_n; i++) {
        const zs_scatter_point *p = &c->s->points[c->s->front[i]];
        zs_out_printf(c->out, "%c%.1f %.1f ", i == 0 ? 'M' : 'L', x_of(c, p->x), y_of(c, p->y));
    }
    zs_out_text(c->out, "\"/>\n");
    for (uint32_t i = 0; i < c->s->front_n; i++) {
        const zs_scatter_point *p = &c->s->points[c->s->front[i]];
        zs_out_printf(c->out,
                      "<circle class=\"best\" tabindex=\"0\" role=\"listitem\" cx=\"%.1f\" "
                      "cy=\"%.1f\" r=\"5\" aria-label=\"",
                      x_of(c, p->x), y_of(c, p->y));
        out_words(c, p);
        zs_out_text(c->out, "\"><title>");
        out_words(c, p);
        zs_out_text(c->out, "</title></circle>\n");
    }
}

static void out_chart(zs_out *out, const zs_scatter *s)
{
    chart c = {.out = out, .s = s};
    if (s->n == 0) {
        zs_out_text(out, "<p>No point has both figures.</p>\n");
        return;
    }
    set_ranges(&c);
    zs_out_printf(out, "<p class=\"key\"><i class=\"o1\"></i>fits<i class=\"o2\"></i>nothing beats "
                       "it (Pareto front)<i class=\"o3\"></i>does not fit</p>\n");
    zs_out_printf(
        out,
        "<div class=\"wide\"><svg class=\"chart scatter\" viewBox=\"0 0 %d %d\" role=\"list\" "
        "aria-label=\"Points of the sweep; the front can be stepped through\">\n",
        WIDTH, HEIGHT);
    out_axes(&c);
    zs_out_text(out, "<g class=\"bars\">\n");
    for (int fits = 0; fits < 2; fits++)
        for (uint32_t i = 0; i < s->n; i++)
            if (s->points[i].is_feasible == (fits == 1) && !s->points[i].on_front)
                out_point(&c, &s->points[i]);
    out_front(&c);
    zs_out_text(out, "</g></svg></div>\n");
}

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
    char x[80], y[80];
    snprintf(x, sizeof x, "#%s", s->x_name);
    snprintf(y, sizeof y, "#%s", s->y_name);
    zs_out_text(out, "<section aria-labelledby=\"h-front\"><h2 id=\"h-front\">Front</h2>\n");
    const char *const heads[] = {"point", x, y};
    zs_html_table(out, "front", "Points that no other beats in both figures.", heads,
                  ZS_LEN(heads));
    for (uint32_t i = 0; i < s->front_n; i++) {
        const zs_scatter_point *p = &s->points[s->front[i]];
        zs_out_text(out, "<tr><th scope=\"row\">");
        zs_html_text(out, p->label);
        zs_out_text(out, "</th>");
        zs_html_number(out, whole_or_real(p->x).text);
        zs_html_number(out, whole_or_real(p->y).text);
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
    out_chart(&out, s);
    zs_out_text(&out, "</section>\n");
    out_table(&out, s);
    zs_out_text(&out, "</main></body></html>\n");
    return zs_out_end(&out, "the page", err);
}
