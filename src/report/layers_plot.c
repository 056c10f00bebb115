/* Time per layer as stacked bars, by what the MAC array did: worked, or waited for what. */
#include "plot_priv.h"
#include "verdict_priv.h"
#include "zynqsim/report.h"

#include <math.h>

enum { WIDTH = 1000, ROW_PX = 19, HEAD_PX = 48, FOOT_PX = 78, MAX_NAME = 32, CHAR_PX = 7 };

static double ms_of(const zs_result *r, uint64_t cycles)
{
    return 1e3 * zs_share(cycles, r->clock_hz);
}

static uint32_t longest_name(const zs_result *r)
{
    size_t longest = 8;
    for (uint32_t i = 0; i < r->layer_n; i++) {
        const size_t width = zs_utf8_width(r->layers[i].name);
        longest = width > longest ? width : longest;
    }
    return longest < MAX_NAME ? (uint32_t)longest : MAX_NAME;
}

/* Rows from the top, whose names are the tics. */
static void emit_names(zs_out *out, const zs_result *r)
{
    zs_out_text(out, "set ytics noenhanced font ',11' scale 0 (");
    for (uint32_t i = 0; i < r->layer_n; i++) {
        zs_out_text(out, i > 0 ? ", \\\n  " : "");
        zs_plot_text(out, r->layers[i].name, MAX_NAME);
        zs_out_printf(out, " %u", i);
    }
    zs_out_text(out, ")\n");
}

static void emit_axes(zs_out *out, const zs_result *r, double longest_ms)
{
    const double height = HEAD_PX + FOOT_PX + (double)ROW_PX * r->layer_n;
    const double left = 20 + CHAR_PX * (double)longest_name(r);
    zs_plot_head(out, WIDTH, (uint32_t)height);
    zs_plot_title(out, "Time per layer", r);
    zs_out_printf(out, "set lmargin at screen %.5f\nset rmargin at screen 0.965\n", left / WIDTH);
    zs_out_printf(out, "set bmargin at screen %.5f\nset tmargin at screen %.5f\n", FOOT_PX / height,
                  1 - HEAD_PX / height);
    zs_out_printf(out, "set xrange [0:%.9g]\nset yrange [%.1f:-0.5]\n",
                  longest_ms > 0 ? longest_ms * 1.14 : 1, r->layer_n > 0 ? r->layer_n - 0.5 : 0.5);
    zs_out_text(out, "set grid noytics xtics\nset xlabel 'time (ms)' offset 0,0.4\n"
                     "set style fill solid 1.0 noborder\n");
    zs_out_printf(out,
                  "set key at screen 0.5,%.5f center bottom horizontal maxrows 1 samplen 1.5 "
                  "noenhanced font ',11'\n",
                  8 / height);
    emit_names(out, r);
}

/* x low, x high and row of the part of each bar that belongs to one cause. */
static void emit_block(zs_out *out, const zs_result *r, zs_cause cause)
{
    zs_out_printf(out, "$c%d << EOD\n", (int)cause);
    for (uint32_t i = 0; i < r->layer_n; i++) {
        uint64_t before = 0;
        for (zs_cause c = ZS_BY_COMPUTE; c < cause; c++)
            before += r->layers[i].waited_cycles[c];
        const uint64_t after = before + r->layers[i].waited_cycles[cause];
        zs_out_printf(out, "%.9g %.9g %u\n", ms_of(r, before), ms_of(r, after), i);
    }
    zs_out_text(out, "EOD\n");
}

static void emit_shares(zs_out *out, const zs_result *r)
{
    for (uint32_t i = 0; i < r->layer_n; i++)
        zs_out_printf(out,
                      "set label '%s' at %.9g,%u left offset 0.5,0 noenhanced font ',10' "
                      "textcolor rgb '#444444'\n",
                      zs_cell_percent(zs_share(r->layers[i].cycles, r->cycles)).text,
                      ms_of(r, r->layers[i].cycles), i);
}

static void emit_plot(zs_out *out)
{
    static const char *const titles[ZS_CAUSE_N] = {"MAC array works", "waits for reads",
                                                   "waits for writes", "waits for the PS"};
    for (int cause = 0; cause < ZS_CAUSE_N; cause++)
        zs_out_printf(out,
                      "%s$c%d using (($1+$2)/2):3:1:2:($3-0.36):($3+0.36) with boxxyerror "
                      "linecolor rgb '%s' title '%s'",
                      cause == 0 ? "plot " : ", \\\n     ", cause, zs_plot_colour((zs_cause)cause),
                      titles[cause]);
    zs_out_text(out, "\n");
}

zs_status zs_layers_plot_emit(const zs_result *r, const zs_sink *s, zs_err *err)
{
    zs_out out = {.sink = s};
    double longest_ms = 0;
    for (uint32_t i = 0; i < r->layer_n; i++)
        longest_ms = fmax(longest_ms, ms_of(r, r->layers[i].cycles));
    emit_axes(&out, r, longest_ms);
    for (int cause = 0; cause < ZS_CAUSE_N; cause++)
        emit_block(&out, r, (zs_cause)cause);
    emit_shares(&out, r);
    emit_plot(&out);
    return zs_out_end(&out, "layers.svg", err);
}
