/* Charts as inline SVG: every row, and every point of the front, can be focused and says in words
 * what it shows. */
#include "chart_priv.h"
#include "html_priv.h"

#include <math.h>

/* A step of 1, 2 or 5 times a power of ten that divides `range` into about `parts`. */
static double nice_step(double range, uint32_t parts)
{
    if (!(range > 0) || !isfinite(range))
        return 1;
    const double rough = range / parts, power = pow(10, floor(log10(rough)));
    const double times = rough / power;
    return power * (times < 1.5 ? 1 : times < 3.5 ? 2 : times < 7.5 ? 5 : 10);
}

/* ---- bars ------------------------------------------------------------------------------------ */

enum { WIDTH = 1000, LEFT = 200, RIGHT = 860, ROW = 20, TOP = 26, NAME_MAX = 30, TICKS = 6 };

static char class_of(const zs_bar_chart *b)
{
    return b->palette == ZS_PALETTE_CAUSES ? 'c' : 'o';
}

static void out_key(zs_out *out, const zs_bar_chart *b)
{
    zs_out_text(out, "<p class=\"key\">");
    for (uint32_t i = 0; i < ZS_CHART_PARTS && b->parts[i] != NULL; i++)
        zs_out_printf(out, "<i class=\"%c%u\"></i>%s", class_of(b), i, b->parts[i]);
    zs_out_text(out, "</p>\n");
}

static double x_of(const zs_bar_chart *b, double value)
{
    return b->longest > 0 ? LEFT + (RIGHT - LEFT) * value / b->longest : LEFT;
}

static void out_axis(zs_out *out, const zs_bar_chart *b, double height)
{
    const double step = nice_step(b->longest, TICKS);
    zs_out_text(out, "<g class=\"axis\" aria-hidden=\"true\">");
    for (uint32_t i = 0; i < 4 * TICKS && i * step <= b->longest; i++) {
        const double tick = i * step, x = x_of(b, tick);
        zs_out_printf(out,
                      "<path d=\"M%.1f %d V%.0f\"/><text x=\"%.1f\" y=\"%d\" "
                      "text-anchor=\"middle\">%.6g%s%s</text>",
                      x, TOP - 4, height, x, TOP - 9, tick, tick > 0 ? "" : " ",
                      tick > 0 ? "" : b->unit);
    }
    zs_out_text(out, "</g>\n");
}

/* "name: figure; part 12.5, part 3" */
static void out_words(zs_out *out, const zs_bar_chart *b, const zs_bar *bar)
{
    zs_html_text(out, bar->name);
    zs_out_text(out, ": ");
    zs_html_text(out, bar->note);
    for (uint32_t i = 0; i < ZS_CHART_PARTS && b->parts[i] != NULL; i++)
        if (bar->part[i] > 0)
            zs_out_printf(out, "; %s %.4g %s", b->parts[i], bar->part[i], b->unit);
}

static void out_row(zs_out *out, const zs_bar_chart *b, uint32_t i)
{
    const zs_bar bar = zs_chart_bar(b, i);
    const double y = TOP + (double)ROW * i;
    double at = bar.from;
    zs_out_text(out, "<g class=\"row\" tabindex=\"0\" role=\"listitem\" aria-label=\"");
    out_words(out, b, &bar);
    zs_out_text(out, "\"><title>");
    out_words(out, b, &bar);
    zs_out_printf(out,
                  "</title><rect class=\"hit\" x=\"0\" y=\"%.0f\" width=\"%d\" height=\"%d\"/>"
                  "<text x=\"%d\" y=\"%.0f\" text-anchor=\"end\">",
                  y, WIDTH, ROW, LEFT - 8, y + 14);
    zs_html_text(out, zs_utf8_cut(bar.name, NAME_MAX).text);
    zs_out_text(out, "</text><g class=\"bars\">");
    for (uint32_t k = 0; k < ZS_CHART_PARTS && b->parts[k] != NULL; k++) {
        if (bar.part[k] > 0)
            zs_out_printf(out,
                          "<rect class=\"%c%u\" x=\"%.2f\" y=\"%.0f\" width=\"%.2f\" "
                          "height=\"%d\"/>",
                          class_of(b), k, x_of(b, at), y + 4,
                          fmax(x_of(b, at + bar.part[k]) - x_of(b, at), 0.4), ROW - 7);
        at += bar.part[k];
    }
    zs_out_printf(out, "</g><text class=\"note\" x=\"%.1f\" y=\"%.0f\">", x_of(b, at) + 5, y + 14);
    zs_html_text(out, bar.note);
    zs_out_text(out, "</text></g>\n");
}

void zs_html_bars(zs_out *out, const zs_bar_chart *b)
{
    const double height = TOP + (double)ROW * b->n + 4;
    out_key(out, b);
    zs_out_printf(out,
                  "<div class=\"wide\"><svg class=\"chart\" viewBox=\"0 0 %d %.0f\" "
                  "role=\"list\" aria-label=\"",
                  WIDTH, height);
    zs_html_text(out, b->title.text);
    zs_out_text(out, "\">\n");
    out_axis(out, b, height);
    for (uint32_t i = 0; i < b->n; i++)
        out_row(out, b, i);
    zs_out_text(out, "</svg></div>\n");
}

/* ---- points ---------------------------------------------------------------------------------- */

enum { P_HEIGHT = 560, P_LEFT = 110, P_RIGHT = 985, P_TOP = 14, P_BOTTOM = 505, P_TICKS = 7 };

static void axis_label(zs_out *out, const zs_chart_axis *axis)
{
    zs_html_text(out, axis->name);
    zs_out_text(out, axis->is_more_better ? " (more is better)" : " (less is better)");
}

static double point_x(const zs_point_chart *c, double x)
{
    return P_LEFT + (P_RIGHT - P_LEFT) * (x - c->x.low) / (c->x.high - c->x.low);
}

static double point_y(const zs_point_chart *c, double y)
{
    return P_BOTTOM - (P_BOTTOM - P_TOP) * (y - c->y.low) / (c->y.high - c->y.low);
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

static void out_axes(zs_out *out, const zs_point_chart *c)
{
    const double dx = nice_step(c->x.high - c->x.low, P_TICKS),
                 dy = nice_step(c->y.high - c->y.low, P_TICKS);
    const double big_x = unit_of(c->x.low, c->x.high), big_y = unit_of(c->y.low, c->y.high);
    zs_out_text(out, "<g class=\"axis\" aria-hidden=\"true\">");
    for (int64_t i = first_tick(c->x.low, dx); (double)i * dx <= c->x.high; i++)
        zs_out_printf(out,
                      "<path d=\"M%.1f %d V%d\"/><text x=\"%.1f\" y=\"%d\" "
                      "text-anchor=\"middle\">%.6g%s</text>",
                      point_x(c, (double)i * dx), P_TOP, P_BOTTOM, point_x(c, (double)i * dx),
                      P_BOTTOM + 18, (double)i * dx / big_x, big_x > 1 ? " M" : "");
    for (int64_t i = first_tick(c->y.low, dy); (double)i * dy <= c->y.high; i++)
        zs_out_printf(out,
                      "<path d=\"M%d %.1f H%d\"/><text x=\"%d\" y=\"%.1f\" "
                      "text-anchor=\"end\">%.6g%s</text>",
                      P_LEFT, point_y(c, (double)i * dy), P_RIGHT, P_LEFT - 8,
                      point_y(c, (double)i * dy) + 4, (double)i * dy / big_y,
                      big_y > 1 ? " M" : "");
    zs_out_printf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">", (P_LEFT + P_RIGHT) / 2,
                  P_HEIGHT - 12);
    axis_label(out, &c->x);
    zs_out_printf(out,
                  "</text><text transform=\"translate(18 %d) rotate(-90)\" "
                  "text-anchor=\"middle\">",
                  (P_TOP + P_BOTTOM) / 2);
    axis_label(out, &c->y);
    zs_out_text(out, "</text></g>\n");
}

static void point_words(zs_out *out, const zs_point_chart *c, const zs_scatter_point *p)
{
    zs_html_text(out, p->label);
    zs_out_text(out, ": ");
    zs_html_text(out, c->x.name);
    zs_out_printf(out, " %.9g, ", p->x);
    zs_html_text(out, c->y.name);
    zs_out_printf(out, " %.9g", p->y);
    if (p->number != NULL) {
        zs_out_text(out, "; point ");
        zs_html_text(out, p->number);
    }
    if (p->settings != NULL && p->settings[0] != '\0') {
        zs_out_text(out, ": ");
        zs_html_text(out, p->settings);
    }
}

static void out_point(zs_out *out, const zs_point_chart *c, zs_mark mark, const zs_scatter_point *p)
{
    const double x = point_x(c, p->x), y = point_y(c, p->y);
    if (mark == ZS_MARK_CROSS) {
        zs_out_printf(out, "<path class=\"no\" d=\"M%.1f %.1f l6 6 m0 -6 l-6 6\"", x - 3, y - 3);
    } else if (mark == ZS_MARK_DOT) {
        zs_out_printf(out, "<circle class=\"yes\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"", x, y);
    } else {
        zs_out_printf(out,
                      "<circle class=\"best\" tabindex=\"0\" role=\"listitem\" cx=\"%.1f\" "
                      "cy=\"%.1f\" r=\"5\" aria-label=\"",
                      x, y);
        point_words(out, c, p);
        zs_out_text(out, "\"");
    }
    zs_out_text(out, "><title>");
    point_words(out, c, p);
    zs_out_text(out,
                mark == ZS_MARK_CROSS ? " (does not fit)</title></path>\n" : "</title></circle>\n");
}

static void out_series(zs_out *out, const zs_point_chart *c, uint32_t series)
{
    const zs_mark mark = c->series[series].mark;
    uint32_t at = 0;
    if (mark == ZS_MARK_LINE) {
        const char *to = "<path class=\"front\" d=\"M";
        for (const zs_scatter_point *p; (p = zs_chart_next_point(c, series, &at)) != NULL;) {
            zs_out_printf(out, "%s%.1f %.1f ", to, point_x(c, p->x), point_y(c, p->y));
            to = "L";
        }
        zs_out_text(out, at > 0 ? "\"/>\n" : "");
        at = 0;
    }
    for (const zs_scatter_point *p; (p = zs_chart_next_point(c, series, &at)) != NULL;)
        out_point(out, c, mark, p);
}

void zs_html_points(zs_out *out, const zs_point_chart *c)
{
    zs_out_text(out, "<p class=\"key\">");
    for (uint32_t i = 0; i < ZS_CHART_SERIES; i++)
        zs_out_printf(out, "<i class=\"o%u\"></i>%s", c->series[i].colour, c->series[i].name);
    zs_out_printf(out,
                  "</p>\n<div class=\"wide\"><svg class=\"chart scatter\" viewBox=\"0 0 %d %d\" "
                  "role=\"list\" aria-label=\"Points of the sweep; the front can be stepped "
                  "through\">\n",
                  WIDTH, P_HEIGHT);
    out_axes(out, c);
    zs_out_text(out, "<g class=\"bars\">\n");
    for (uint32_t i = 0; i < ZS_CHART_SERIES; i++)
        out_series(out, c, i);
    zs_out_text(out, "</g></svg></div>\n");
}
