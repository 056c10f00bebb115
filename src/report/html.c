/* The page: order of its parts, escaping, pictures. */
#include "html_priv.h"

#include <string.h>

void zs_html_text(zs_out *out, const char *text)
{
    static const struct {
        uint32_t character;
        const char *entity;
    } entities[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};
    if (text == NULL)
        text = "–";
    for (uint32_t c = zs_utf8_next(&text); c != 0; c = zs_utf8_next(&text)) {
        char bytes[5] = "";
        zs_utf8_put(c, bytes);
        const char *shown = bytes;
        for (size_t i = 0; i < ZS_LEN(entities); i++)
            shown = entities[i].character == c ? entities[i].entity : shown;
        if (c == ' ' && *text == '%') /* a share stays on one line */
            shown = "&nbsp;";
        zs_out_text(out, shown);
    }
}

void zs_html_number(zs_out *out, const char *text)
{
    zs_out_text(out, "<td class=\"n\">");
    zs_html_text(out, text);
    zs_out_text(out, "</td>");
}

void zs_html_cell(zs_out *out, const char *text)
{
    zs_out_text(out, "<td>");
    zs_html_text(out, text);
    zs_out_text(out, "</td>");
}

void zs_html_table(zs_out *out, const char *id, const char *caption, const char *const *heads,
                   size_t head_n)
{
    zs_out_printf(out, "<div class=\"scroll\"><table id=\"%s\">\n<caption>", id);
    zs_html_text(out, caption);
    zs_out_text(out, "</caption>\n<thead><tr>");
    for (size_t i = 0; i < head_n; i++) {
        const bool is_number = heads[i][0] == '#';
        zs_out_text(out, is_number ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">");
        zs_html_text(out, heads[i] + is_number);
        zs_out_text(out, "</th>");
    }
    zs_out_text(out, "</tr></thead>\n<tbody>\n");
}

void zs_html_table_end(zs_out *out)
{
    zs_out_text(out, "</tbody></table></div>\n");
}

/* ---- pictures -------------------------------------------------------------------------------- */

/* Length of the longest opening of an id or a reference to one at `at`, or 0. */
static size_t id_opening(const uint8_t *at, size_t left)
{
    static const char *const openings[] = {" id=\"", " id='", "href=\"#", "href='#", "url(#"};
    for (size_t i = 0; i < ZS_LEN(openings); i++) {
        const size_t n = strlen(openings[i]);
        if (left >= n && memcmp(at, openings[i], n) == 0)
            return n;
    }
    return 0;
}

static void out_span(zs_out *out, const uint8_t *data, size_t bytes)
{
    if (out->status == ZS_OK && bytes > 0)
        out->status = zs_sink_write(out->sink, data, bytes);
}

static size_t svg_start(zs_span svg)
{
    for (size_t i = 0; i + 4 <= svg.bytes; i++) {
        if (memcmp(svg.data + i, "<svg", 4) == 0)
            return i;
    }
    return svg.bytes;
}

/* Length of a title at `at` that gnuplot made up, or 0: browsers show "gnuplot_plot_3" where the
 * pointer rests. */
static size_t made_up_title(const uint8_t *at, size_t left)
{
    static const char *const openings[] = {"<title>gnuplot_plot_", "<title>Gnuplot"};
    static const char end[] = "</title>";
    for (size_t i = 0; i < ZS_LEN(openings); i++) {
        const size_t n = strlen(openings[i]);
        if (left < n || memcmp(at, openings[i], n) != 0)
            continue;
        for (size_t k = n; k + sizeof end - 1 <= left; k++)
            if (memcmp(at + k, end, sizeof end - 1) == 0)
                return k + sizeof end - 1;
    }
    return 0;
}

static void svg_renamed(zs_out *out, zs_span svg, const char *prefix)
{
    size_t from = svg_start(svg);
    for (size_t i = from; i < svg.bytes; i++) {
        const size_t title = made_up_title(svg.data + i, svg.bytes - i);
        if (title > 0) {
            out_span(out, svg.data + from, i - from);
            from = i + title;
            i = from - 1;
            continue;
        }
        const size_t opening = id_opening(svg.data + i, svg.bytes - i);
        if (opening == 0)
            continue;
        out_span(out, svg.data + from, i + opening - from);
        zs_out_text(out, prefix);
        from = i + opening;
    }
    out_span(out, svg.data + from, svg.bytes - from);
}

void zs_html_svg(zs_out *out, zs_span svg, const char *prefix, const char *title,
                 const char *description)
{
    if (svg_start(svg) == svg.bytes) {
        zs_out_printf(out, "<p class=\"faint\">%s: no picture, because gnuplot was not run.</p>\n",
                      title);
        return;
    }
    zs_out_printf(out, "<figure><div class=\"picture\" role=\"img\" aria-label=\"%s\">\n", title);
    svg_renamed(out, svg, prefix);
    zs_out_printf(out, "</div><figcaption>%s</figcaption></figure>\n", description);
}

/* ---- the page -------------------------------------------------------------------------------- */

zs_status zs_html_emit(const zs_result *r, zs_span roofline_svg, const zs_sink *s, zs_err *err)
{
    zs_out out = {.sink = s};
    zs_html_head(&out, r);
    zs_out_text(&out, "<section aria-labelledby=\"h-roofline\"><h2 id=\"h-roofline\">"
                      "Roofline</h2>\n");
    zs_html_svg(
        &out, roofline_svg, "roof-", "Roofline with one point per layer, or per pipeline of layers",
        "No point can lie above the lines: bandwidth sets the sloped one, the MAC array the "
        "flat one. A point at a line is limited by it; one well below both waits for "
        "something else, such as the latency of short transfers, idle lanes or the PS. The "
        "shape is this model&#39;s verdict, the colour what the simulated engine spent "
        "most time on. Names are of the five points that take most time; the table has "
        "all.");
    zs_out_text(&out, "</section>\n");
    zs_html_timeline(&out, r);
    zs_out_text(&out, "<section aria-labelledby=\"h-layers\"><h2 id=\"h-layers\">Layers</h2>\n");
    zs_html_layers(&out, r);
    zs_html_flow(&out, r);
    zs_out_text(&out, "</section>\n");
    zs_html_bytes(&out, r);
    zs_html_account(&out, r);
    zs_html_foot(&out, r);
    return zs_out_end(&out, "report.html", err);
}
