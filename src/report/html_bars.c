#include "html_bars_priv.h"

#include <math.h>
#include <stdio.h>

enum { WIDTH = 1000, LEFT = 200, RIGHT = 860, ROW = 20, TOP = 26, NAME_MAX = 30, TICKS = 6 };

double zs_nice_step(double range, uint32_t parts)
{
    if (!(range > 0) || !isfinite(range))
        return 1;
    const double rough = range / parts, power = pow(10, floor(log10(rough)));
    const double times = rough / power;
    return power * (times < 1.5 ? 1 : times < 3.5 ? 2 : times < 7.5 ? 5 : 10);
}

void zs_html_fit(zs_out *out, const char *name, size_t most)
{
    char kept[4 * 64 + 8];
    size_t bytes = 0;
    const size_t width = zs_utf8_width(name);
    most = most < 64 ? most : 64;
    for (size_t i = 0; i < width && i + (width > most) < most; i++)
        bytes += zs_utf8_put(zs_utf8_next(&name), kept + bytes);
    kept[bytes] = '\0';
    zs_html_text(out, kept);
    if (width > most)
        zs_out_text(out, "…");
}

static void out_key(zs_out *out, const zs_bars *b)
{
    zs_out_text(out, "<p class=\"key\">");
    for (uint32_t i = 0; i < ZS_BAR_PARTS && b->names[i] != NULL; i++)
        zs_out_printf(out, "<i class=\"%c%u\"></i>%s", b->colours, i, b->names[i]);
    zs_out_text(out, "</p>\n");
}

static double x_of(const zs_bars *b, double value)
{
    return b->longest > 0 ? LEFT + (RIGHT - LEFT) * value / b->longest : LEFT;
}

static void out_axis(zs_out *out, const zs_bars *b, double height)
{
    const double step = zs_nice_step(b->longest, TICKS);
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
static void out_words(zs_out *out, const zs_bars *b, const zs_bar *bar)
{
    zs_html_text(out, bar->name);
    zs_out_text(out, ": ");
    zs_html_text(out, bar->said);
    for (uint32_t i = 0; i < ZS_BAR_PARTS && b->names[i] != NULL; i++)
        if (bar->part[i] > 0)
            zs_out_printf(out, "; %s %.4g %s", b->names[i], bar->part[i], b->unit);
}

static void out_row(zs_out *out, const zs_bars *b, uint32_t i)
{
    zs_bar bar = {.name = ""};
    b->bar_of(b->ctx, i, &bar);
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
    zs_html_fit(out, bar.name, NAME_MAX);
    zs_out_text(out, "</text><g class=\"bars\">");
    for (uint32_t k = 0; k < ZS_BAR_PARTS && b->names[k] != NULL; k++) {
        if (bar.part[k] > 0)
            zs_out_printf(out,
                          "<rect class=\"%c%u\" x=\"%.2f\" y=\"%.0f\" width=\"%.2f\" "
                          "height=\"%d\"/>",
                          b->colours, k, x_of(b, at), y + 4,
                          fmax(x_of(b, at + bar.part[k]) - x_of(b, at), 0.4), ROW - 7);
        at += bar.part[k];
    }
    zs_out_printf(out, "</g><text class=\"said\" x=\"%.1f\" y=\"%.0f\">", x_of(b, at) + 5, y + 14);
    zs_html_text(out, bar.said);
    zs_out_text(out, "</text></g>\n");
}

void zs_html_bars(zs_out *out, const zs_bars *b)
{
    const double height = TOP + (double)ROW * b->n + 4;
    out_key(out, b);
    zs_out_printf(out,
                  "<div class=\"wide\"><svg class=\"chart\" viewBox=\"0 0 %d %.0f\" "
                  "role=\"list\" aria-label=\"%s\">\n",
                  WIDTH, height, b->title);
    out_axis(out, b, height);
    for (uint32_t i = 0; i < b->n; i++)
        out_row(out, b, i);
    zs_out_text(out, "</svg></div>\n");
}
