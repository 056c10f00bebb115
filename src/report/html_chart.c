/* Charts as inline SVG: every row, and every point of the front, can be focused and says in words
 * what it shows. */
#include "chart_priv.h"
#include "html_priv.h"

#include <math.h>

/* ---- bars ------------------------------------------------------------------------------------ */

enum { WIDTH = 1000, LEFT = 200, RIGHT = 860, ROW = 20, TOP = 26, NAME_MAX = 30, TICKS = 6 };
enum { STRIP = (ROW - 4) / ZS_CHART_STRIPS }; /* height of a part that lies beside others */

static char class_of(const zs_bar_chart *b)
{
    return b->palette == ZS_PALETTE_CAUSES ? 'c' : 'o';
}

static void out_key(zs_out *out, const zs_bar_chart *b)
{
    zs_out_text(out, "<p class=\"key\">");
    for (uint32_t i = 0; i < ZS_CHART_PARTS && b->parts[i] != NULL; i++)
        zs_out_printf(out, "<span><i class=\"%c%u\"></i>%s</span> ", class_of(b), i, b->parts[i]);
    zs_out_text(out, "</p>\n");
}

static double x_of(const zs_bar_chart *b, double value)
{
    return b->longest > 0 ? LEFT + (RIGHT - LEFT) * value / b->longest : LEFT;
}

static void out_axis(zs_out *out, const zs_bar_chart *b, double height)
{
    const double step = zs_chart_step(b->longest, TICKS);
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
    const double end = x_of(b, zs_chart_bar_end(b, &bar));
    double at = bar.from;
    zs_out_text(out, "<g class=\"row\" tabindex=\"0\" role=\"listitem\" aria-label=\"");
    out_words(out, b, &bar);
    zs_out_text(out, "\"><title>");
    out_words(out, b, &bar);
    zs_out_printf(out,
                  "</title><rect class=\"hit\" x=\"0\" y=\"%.0f\" width=\"%d\" height=\"%d\"/>"
                  "<text x=\"%d\" y=\"%.0f\" text-anchor=\"end\">",
                  y, WIDTH, ROW, LEFT - 8, y + 14);
    zs_html_text(out, zs_utf8_shorten(bar.name, NAME_MAX).text);
    zs_out_text(out, "</text><g class=\"bars\">");
    if (b->is_overlapped)
        zs_out_printf(out,
                      "<rect class=\"span\" x=\"%.2f\" y=\"%.0f\" width=\"%.2f\" height=\"%d\"/>",
                      x_of(b, at), y + 2, fmax(end - x_of(b, at), 0.4), ROW - 4);
    for (uint32_t k = 0; k < ZS_CHART_PARTS && b->parts[k] != NULL; k++) {
        if (bar.part[k] > 0)
            zs_out_printf(out,
                          "<rect class=\"%c%u\" x=\"%.2f\" y=\"%.0f\" width=\"%.2f\" "
                          "height=\"%d\"/>",
                          class_of(b), k, x_of(b, at), b->is_overlapped ? y + 2 + STRIP * k : y + 4,
                          fmax(x_of(b, at + bar.part[k]) - x_of(b, at), 0.4),
                          b->is_overlapped ? STRIP : ROW - 7);
        at += b->is_overlapped ? 0 : bar.part[k];
    }
    zs_out_printf(out, "</g><text class=\"note\" x=\"%.1f\" y=\"%.0f\">", end + 5, y + 14);
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

enum { P_HEIGHT = 560, P_LEFT = 110, P_RIGHT = 985, P_TOP = 22, P_BOTTOM = 505, P_TICKS = 7 };
enum { P_TICKS_MAX = 32 };

static void axis_label(zs_out *out, const zs_scatter_axis *axis)
{
    zs_html_text(out, axis->title);
    zs_out_text(out, axis->is_log ? ", logarithmic" : "");
    zs_out_text(out, axis->is_more_better ? " (more is better)" : " (less is better)");
}

static double point_x(const zs_point_chart *c, double x)
{
    return P_LEFT + (P_RIGHT - P_LEFT) * zs_chart_at(&c->x, x);
}

static double point_y(const zs_point_chart *c, double y)
{
    return P_BOTTOM - (P_BOTTOM - P_TOP) * zs_chart_at(&c->y, y);
}

/* Millions as such: seven digits are hard to read. */
static double unit_of(const zs_chart_axis *axis)
{
    return fmax(fabs(axis->low), fabs(axis->high)) >= 1e6 ? 1e6 : 1;
}

static void out_axes(zs_out *out, const zs_point_chart *c)
{
    double ticks[P_TICKS_MAX];
    const double big_x = unit_of(&c->x), big_y = unit_of(&c->y);
    zs_out_text(out, "<g class=\"axis\" aria-hidden=\"true\">");
    uint32_t n = zs_chart_ticks(&c->x, P_TICKS, ticks, P_TICKS_MAX);
    for (uint32_t i = 0; i < n; i++)
        zs_out_printf(out,
                      "<path d=\"M%.1f %d V%d\"/><text x=\"%.1f\" y=\"%d\" "
                      "text-anchor=\"middle\">%.6g%s</text>",
                      point_x(c, ticks[i]), P_TOP, P_BOTTOM, point_x(c, ticks[i]), P_BOTTOM + 18,
                      ticks[i] / big_x, big_x > 1 ? " M" : "");
    n = zs_chart_ticks(&c->y, P_TICKS, ticks, P_TICKS_MAX);
    for (uint32_t i = 0; i < n; i++)
        zs_out_printf(out,
                      "<path d=\"M%d %.1f H%d\"/><text x=\"%d\" y=\"%.1f\" "
                      "text-anchor=\"end\">%.6g%s</text>",
                      P_LEFT, point_y(c, ticks[i]), P_RIGHT, P_LEFT - 8, point_y(c, ticks[i]) + 4,
                      ticks[i] / big_y, big_y > 1 ? " M" : "");
    zs_out_printf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">", (P_LEFT + P_RIGHT) / 2,
                  P_HEIGHT - 12);
    axis_label(out, c->x.of);
    zs_out_printf(out,
                  "</text><text transform=\"translate(18 %d) rotate(-90)\" "
                  "text-anchor=\"middle\">",
                  (P_TOP + P_BOTTOM) / 2);
    axis_label(out, c->y.of);
    zs_out_text(out, "</text></g>\n");
}

static bool shows_budget(const zs_chart_axis *axis)
{
    return axis->of->has_budget && axis->of->budget >= axis->low && axis->of->budget <= axis->high;
}

/* Dashed lines: what the device has. */
static void out_budgets(zs_out *out, const zs_point_chart *c)
{
    if (shows_budget(&c->x)) {
        const double x = point_x(c, c->x.of->budget);
        zs_out_printf(out,
                      "<path class=\"budget\" d=\"M%.1f %d V%d\"/><text class=\"note\" x=\"%.1f\" "
                      "y=\"%d\" text-anchor=\"middle\">the device has %.6g</text>\n",
                      x, P_TOP, P_BOTTOM, x, P_TOP - 7, c->x.of->budget);
    }
    if (shows_budget(&c->y)) {
        const double y = point_y(c, c->y.of->budget);
        zs_out_printf(out,
                      "<path class=\"budget\" d=\"M%d %.1f H%d\"/><text class=\"note\" x=\"%d\" "
                      "y=\"%.1f\" text-anchor=\"end\">the device has %.6g</text>\n",
                      P_LEFT, y, P_RIGHT, P_RIGHT, y - 5, c->y.of->budget);
    }
}

static void point_words(zs_out *out, const zs_point_chart *c, zs_mark mark,
                        const zs_scatter_point *p)
{
    zs_html_text(out, p->label);
    zs_out_text(out, ": ");
    zs_html_text(out, c->x.of->name);
    zs_out_printf(out, " %.9g, ", p->x);
    zs_html_text(out, c->y.of->name);
    zs_out_printf(out, " %.9g", p->y);
    if (mark == ZS_MARK_UNFIT || p->is_close)
        zs_out_printf(out, " (%s)", c->marks[p->is_close ? ZS_MARK_CLOSE : ZS_MARK_UNFIT]);
    if (p->number != NULL) {
        zs_out_text(out, "; point ");
        zs_html_text(out, p->number);
    }
    if (p->settings != NULL && p->settings[0] != '\0') {
        zs_out_text(out, ": ");
        zs_html_text(out, p->settings);
    }
}

/* The class of its colour: of the value of the key, or of the mark. */
static void out_colour(zs_out *out, const zs_point_chart *c, zs_mark mark, uint32_t group)
{
    if (c->of->key != NULL)
        zs_out_printf(out, "k%u", group);
    else
        zs_out_printf(out, "m%u", (uint32_t)mark);
}

static void out_point(zs_out *out, const zs_point_chart *c, zs_mark mark, const zs_scatter_point *p)
{
    static const char *const shapes[ZS_MARK_N] = {"no", "open", "dot", "dot"};
    const double x = point_x(c, p->x), y = point_y(c, p->y);
    zs_out_text(out, mark == ZS_MARK_UNFIT ? "<path class=\"" : "<circle class=\"");
    zs_out_printf(out, "%s ", shapes[mark]);
    out_colour(out, c, mark, p->group);
    if (mark == ZS_MARK_UNFIT)
        zs_out_printf(out, "\" d=\"M%.1f %.1f l6 6 m0 -6 l-6 6\"", x - 3, y - 3);
    else
        zs_out_printf(out, "\" cx=\"%.1f\" cy=\"%.1f\" r=\"%d\"", x, y,
                      mark == ZS_MARK_FRONT ? 5 : 3);
    if (mark == ZS_MARK_FRONT) {
        zs_out_text(out, " tabindex=\"0\" role=\"listitem\" aria-label=\"");
        point_words(out, c, mark, p);
        zs_out_text(out, "\"");
    }
    zs_out_text(out, "><title>");
    point_words(out, c, mark, p);
    zs_out_text(out, mark == ZS_MARK_UNFIT ? "</title></path>\n" : "</title></circle>\n");
}

static void out_front(zs_out *out, const zs_point_chart *c)
{
    const char *to = "<path class=\"front\" d=\"M";
    uint32_t at = 0;
    for (const zs_scatter_point *p; (p = zs_chart_next_point(c, ZS_MARK_FRONT, &at)) != NULL;) {
        zs_out_printf(out, "%s%.1f %.1f ", to, point_x(c, p->x), point_y(c, p->y));
        to = "L";
    }
    zs_out_text(out, at > 0 ? "\"/>\n" : "");
}

static void out_point_key(zs_out *out, const zs_point_chart *c)
{
    zs_out_text(out, "<p class=\"key\">");
    if (c->of->key == NULL) {
        for (uint32_t i = 0; i < ZS_MARK_N; i++)
            zs_out_printf(out, "<span><i class=\"m%u\"></i>%s</span> ", i, c->marks[i]);
    } else {
        zs_html_text(out, c->of->key);
        zs_out_text(out, ":");
        for (uint32_t i = 0; i < c->of->group_n; i++) {
            zs_out_printf(out, " <span><i class=\"k%u\"></i>", i);
            zs_html_text(out, c->of->groups[i]);
            zs_out_text(out, "</span>");
        }
        zs_out_text(out, "<br>cross: does not fit; open: too close to call; filled: fits; line: "
                         "nothing beats these (Pareto front)");
    }
    zs_out_text(out, "</p>\n");
}

void zs_html_points(zs_out *out, const zs_point_chart *c)
{
    out_point_key(out, c);
    zs_out_printf(out,
                  "<div class=\"wide\"><svg class=\"chart scatter\" viewBox=\"0 0 %d %d\" "
                  "role=\"list\" aria-label=\"Points of the sweep; the front can be stepped "
                  "through\">\n",
                  WIDTH, P_HEIGHT);
    out_axes(out, c);
    out_budgets(out, c);
    zs_out_text(out, "<g class=\"bars\">\n");
    for (zs_mark mark = 0; mark < ZS_MARK_N; mark++) {
        uint32_t at = 0;
        if (mark == ZS_MARK_FRONT)
            out_front(out, c);
        for (const zs_scatter_point *p; (p = zs_chart_next_point(c, mark, &at)) != NULL;)
            out_point(out, c, mark, p);
    }
    zs_out_text(out, "</g></svg></div>\n");
}
