/* A sweep by two of its figures: points that fit, the front of those that nothing beats, and,
 * apart, points that do not fit. */
#include "plot_priv.h"
#include "zynqsim/report.h"

#include <math.h>

enum { WIDTH = 1000, HEIGHT = 640, NAME_MAX = 60 };

static bool is_of(const zs_scatter_point *p, int kind)
{
    return kind == 0 ? !p->is_feasible : kind == 1 ? p->is_feasible && !p->on_front : p->on_front;
}

static uint32_t emit_points(zs_out *out, const zs_scatter *s, int kind)
{
    uint32_t n = 0;
    zs_out_printf(out, "$p%d << EOD\n", kind);
    for (uint32_t i = 0; kind < 2 && i < s->n; i++)
        if (is_of(&s->points[i], kind)) {
            zs_out_printf(out, "%.9g %.9g\n", s->points[i].x, s->points[i].y);
            n++;
        }
    for (uint32_t i = 0; kind == 2 && i < s->front_n; i++, n++)
        zs_out_printf(out, "%.9g %.9g\n", s->points[s->front[i]].x, s->points[s->front[i]].y);
    zs_out_text(out, "EOD\n");
    return n;
}

/* Millions as "13.5 M". */
static const char *format_of(const zs_scatter *s, bool is_y)
{
    double most = 0;
    for (uint32_t i = 0; i < s->n; i++)
        most = fmax(most, fabs(is_y ? s->points[i].y : s->points[i].x));
    return most >= 1e5 ? "%.1s %c" : "%.6g";
}

static void emit_axes(zs_out *out, const zs_scatter *s)
{
    zs_plot_head(out, WIDTH, HEIGHT);
    zs_out_text(out, "set title ");
    zs_plot_text(out, s->title, NAME_MAX);
    zs_out_text(out, " noenhanced font ',15'\nset xlabel ");
    zs_plot_text(out, s->x_name, NAME_MAX);
    zs_out_text(out, s->x_is_more ? ".' (more is better)'" : ".' (less is better)'");
    zs_out_text(out, " noenhanced\nset ylabel ");
    zs_plot_text(out, s->y_name, NAME_MAX);
    zs_out_text(out, s->y_is_more ? ".' (more is better)'" : ".' (less is better)'");
    zs_out_text(out,
                " noenhanced\nset bmargin 6\nset key at screen 0.5,0.02 center bottom horizontal "
                "maxrows 1 noenhanced font ',11'\n"
                "set offsets graph 0.04, graph 0.04, graph 0.04, graph 0.04\n");
    zs_out_printf(out, "set format x '%s'\nset format y '%s'\n", format_of(s, false),
                  format_of(s, true));
}

zs_status zs_scatter_plot_emit(const zs_scatter *s, const zs_sink *sink, zs_err *err)
{
    static const struct {
        const char *title, *style;
    } kinds[] = {
        {"does not fit", "with points pointtype 2 pointsize 0.6 linecolor rgb '#7f7f7f'"},
        {"fits", "with points pointtype 7 pointsize 0.5 linecolor rgb '#56b4e9'"},
        {"nothing beats it (Pareto front)",
         "with linespoints pointtype 7 pointsize 0.9 linewidth 1.2 linecolor rgb '#d55e00'"},
    };
    zs_out out = {.sink = sink};
    const char *between = "plot ";
    uint32_t count[ZS_LEN(kinds)];
    emit_axes(&out, s);
    for (int k = 0; k < (int)ZS_LEN(kinds); k++)
        count[k] = emit_points(&out, s, k);
    for (int k = 0; k < (int)ZS_LEN(kinds); k++) {
        if (count[k] == 0)
            continue;
        zs_out_printf(&out, "%s$p%d using 1:2 %s title '%s (%u)'", between, k, kinds[k].style,
                      kinds[k].title, count[k]);
        between = ", \\\n     ";
    }
    zs_out_text(&out, "\n");
    return zs_out_end(&out, "the scatter plot", err);
}
