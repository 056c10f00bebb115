#include "plot_priv.h"

/* gnuplot reads '' as a quote only behind another character: in front, and after a first one, a
 * quote is an expression of its own. In tics a % begins a format. */
static void put_quoted(zs_out *out, const char *text, bool is_format)
{
    bool may_double = false;
    zs_out_text(out, "'");
    for (uint32_t c = zs_utf8_next(&text); c != 0; c = zs_utf8_next(&text)) {
        char bytes[5] = "";
        zs_utf8_put(c, bytes);
        const bool is_quote = c == '\'';
        zs_out_text(out, is_quote && may_double  ? "''"
                         : is_quote              ? "'.sprintf('%c',39).'"
                         : is_format && c == '%' ? "%%"
                                                 : bytes);
        may_double = !is_quote;
    }
    zs_out_text(out, "'");
}

void zs_plot_text(zs_out *out, const char *text)
{
    put_quoted(out, text, false);
}

void zs_plot_tic(zs_out *out, const char *text)
{
    put_quoted(out, text, true);
}

/* Units of mark_scale are as large in every format as pointsize 1 is in SVG. */
void zs_plot_head(zs_out *out, uint32_t width, uint32_t height)
{
    zs_out_text(out, "# gnuplot 5: writes a picture to standard output\nset encoding utf8\n"
                     "mark_scale = 1\n");
    zs_out_printf(
        out,
        "if (exists('pdf')) {\n"
        "  set terminal pdfcairo noenhanced size %.3f,%.3f font 'Helvetica,12' fontscale 0.75\n"
        "  mark_scale = 1.65\n"
        "} else { if (exists('eps')) {\n"
        "  set terminal epscairo noenhanced size %.3f,%.3f font 'Helvetica,12' fontscale 0.75\n"
        "  mark_scale = 1.65\n"
        "} else { if (exists('png')) {\n"
        "  set terminal pngcairo noenhanced size %u,%u font 'Helvetica,12' fontscale 1.5 "
        "linewidth 2 background rgb '#ffffff'\n"
        "  mark_scale = 3.2\n"
        "} else { if (exists('tikz')) {\n"
        "  set terminal tikz size %.3fin,%.3fin fontscale 0.6\n"
        "  mark_scale = 1.55\n"
        "} else {\n"
        "  set terminal svg noenhanced size %u,%u fixed font 'Helvetica,Arial,sans-serif,12' "
        "background rgb '#ffffff'\n}}}}\n",
        width / 72.0, height / 72.0, width / 72.0, height / 72.0, 2 * width, 2 * height,
        width / 144.0, height / 144.0, width, height);
    zs_out_text(out, "set border 3 linecolor rgb '#444444'\n"
                     "set tics nomirror textcolor rgb '#222222'\n"
                     "set grid linetype 1 linecolor rgb '#e6e6e6' linewidth 1\n");
}

const char *zs_plot_operand_colour(zs_operand operand)
{
    static const char *const colours[ZS_OPERAND_N] = {"#009e73", "#56b4e9", "#d55e00", "#7f7f7f",
                                                      "#f0e442"};
    return colours[operand];
}

const char *zs_plot_colour(zs_cause cause)
{
    static const char *const colours[ZS_CAUSE_N] = {"#0072b2", "#e69f00", "#cc79a7", "#7f7f7f"};
    return colours[cause];
}
