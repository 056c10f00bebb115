#include "plot_priv.h"

/* gnuplot reads '' as a quote only behind another character: in front, and after a first one, a
 * quote is an expression of its own. In tics a % begins a format. */
static void put_quoted(zs_out *out, const char *name, size_t most, bool is_format)
{
    const size_t width = zs_utf8_width(name);
    bool may_double = false;
    zs_out_text(out, "'");
    for (size_t i = 0; i < width && i + (width > most) < most; i++) {
        char bytes[5] = "";
        zs_utf8_put(zs_utf8_next(&name), bytes);
        const bool is_quote = bytes[0] == '\'';
        zs_out_text(out, is_quote && may_double         ? "''"
                         : is_quote                     ? "'.sprintf('%c',39).'"
                         : is_format && bytes[0] == '%' ? "%%"
                                                        : bytes);
        may_double = !is_quote;
    }
    zs_out_text(out, width > most ? "…'" : "'");
}

void zs_plot_text(zs_out *out, const char *name, size_t most)
{
    put_quoted(out, name, most, false);
}

void zs_plot_tic(zs_out *out, const char *name, size_t most)
{
    put_quoted(out, name, most, true);
}

void zs_plot_head(zs_out *out, uint32_t width, uint32_t height)
{
    zs_out_text(out, "# gnuplot 5: writes a picture to standard output\nset encoding utf8\n");
    zs_out_printf(
        out,
        "if (exists('pdf')) {\n"
        "  set terminal pdfcairo noenhanced size %.3f,%.3f font 'Helvetica,12' fontscale 0.75\n"
        "} else {\n"
        "  set terminal svg noenhanced size %u,%u fixed font 'Helvetica,Arial,sans-serif,12' "
        "background rgb '#ffffff'\n}\n",
        width / 72.0, height / 72.0, width, height);
    zs_out_text(out, "set border 3 linecolor rgb '#444444'\n"
                     "set tics nomirror textcolor rgb '#222222'\n"
                     "set grid linetype 1 linecolor rgb '#e6e6e6' linewidth 1\n");
}

void zs_plot_title(zs_out *out, const char *what, const zs_result *r)
{
    zs_out_printf(out, "set title '%s of '.", what);
    zs_plot_text(out, r->network, 40);
    zs_out_text(out, ".' on '.");
    zs_plot_text(out, r->board, 40);
    zs_out_text(out, ".' ('.");
    zs_plot_text(out, r->precision, 20);
    zs_out_text(out, ".', fusion '.");
    zs_plot_text(out, r->fusion, 20);
    zs_out_printf(out, ".', batch %u, '.", r->batch);
    zs_plot_text(out, r->fidelity, 20);
    zs_out_text(out, ".')' noenhanced font ',15'\n");
}

const char *zs_plot_operand_colour(zs_operand operand)
{
    static const char *const colours[ZS_OPERAND_N] = {"#009e73", "#56b4e9", "#d55e00", "#7f7f7f"};
    return colours[operand];
}

const char *zs_plot_colour(zs_cause cause)
{
    static const char *const colours[ZS_CAUSE_N] = {"#0072b2", "#e69f00", "#cc79a7", "#7f7f7f"};
    return colours[cause];
}
