/* Layers as stacked bars: time by what the MAC array did (from zero, or where it falls in the run),
 * and DRAM bytes by operand. */
#include "plot_priv.h"
#include "verdict_priv.h"
#include "zynqsim/report.h"

#include <math.h>

enum { WIDTH = 1000, ROW_PX = 19, HEAD_PX = 48, FOOT_PX = 78, MAX_NAME = 32, CHAR_PX = 7 };
enum { PARTS = 4 };
_Static_assert((int)PARTS == (int)ZS_CAUSE_N && (int)PARTS == (int)ZS_OPERAND_N, "parts of a bar");

/* What tells one of the pictures from the others. */
typedef struct row_plot {
    const char *title, *axis, *file;
    const char *names[PARTS], *colours[PARTS];
    double (*part)(const zs_result *r, uint32_t layer, uint32_t part);
    bool in_time; /* bars begin where the layer does */
    bool shares;  /* of the cycles, behind the bars */
} row_plot;

static double ms_of(const zs_result *r, uint64_t cycles)
{
    return 1e3 * zs_share(cycles, r->clock_hz);
}

static double ms_part(const zs_result *r, uint32_t layer, uint32_t cause)
{
    return ms_of(r, r->layers[layer].waited_cycles[cause]);
}

static double mib_part(const zs_result *r, uint32_t layer, uint32_t operand)
{
    return (double)r->layers[layer].operand_bytes[operand] / (1 << 20);
}

static double from_of(const row_plot *p, const zs_result *r, uint32_t layer)
{
    return p->in_time ? ms_of(r, r->layers[layer].start_cycle) : 0;
}

static double end_of(const row_plot *p, const zs_result *r, uint32_t layer)
{
    double end = from_of(p, r, layer);
    for (uint32_t k = 0; k < PARTS; k++)
        end += p->part(r, layer, k);
    return end;
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
        zs_plot_tic(out, r->layers[i].name, MAX_NAME);
        zs_out_printf(out, " %u", i);
    }
    zs_out_text(out, ")\n");
}

static void emit_axes(zs_out *out, const row_plot *p, const zs_result *r)
{
    const double height = HEAD_PX + FOOT_PX + (double)ROW_PX * r->layer_n;
    const double left = 20 + CHAR_PX * (double)longest_name(r);
    double longest = 0;
    for (uint32_t i = 0; i < r->layer_n; i++)
        longest = fmax(longest, end_of(p, r, i));
    zs_plot_head(out, WIDTH, (uint32_t)height);
    zs_plot_title(out, p->title, r);
    zs_out_printf(out, "set lmargin at screen %.5f\nset rmargin at screen 0.965\n", left / WIDTH);
    zs_out_printf(out, "set bmargin at screen %.5f\nset tmargin at screen %.5f\n", FOOT_PX / height,
                  1 - HEAD_PX / height);
    zs_out_printf(out, "set xrange [0:%.9g]\nset yrange [%.1f:-0.5]\n",
                  longest > 0 ? longest * (p->in_time ? 1.02 : 1.14) : 1,
                  r->layer_n > 0 ? r->layer_n - 0.5 : 0.5);
    zs_out_printf(out,
                  "set grid noytics xtics\nset xlabel '%s' offset 0,0.4\n"
                  "set style fill solid 1.0 noborder\n",
                  p->axis);
    zs_out_printf(out,
                  "set key at screen 0.5,%.5f center bottom horizontal maxrows 1 samplen 1.5 "
                  "noenhanced font ',11'\n",
                  8 / height);
    emit_names(out, r);
}

/* x low, x high and row of one part of each bar. */
static void emit_block(zs_out *out, const row_plot *p, const zs_result *r, uint32_t part)
{
    zs_out_printf(out, "$c%u << EOD\n", part);
    for (uint32_t i = 0; i < r->layer_n; i++) {
        double before = from_of(p, r, i);
        for (uint32_t k = 0; k < part; k++)
            before += p->part(r, i, k);
        zs_out_printf(out, "%.9g %.9g %u\n", before, before + p->part(r, i, part), i);
    }
    zs_out_text(out, "EOD\n");
}

static void emit_shares(zs_out *out, const row_plot *p, const zs_result *r)
{
    for (uint32_t i = 0; i < r->layer_n; i++)
        zs_out_printf(out,
                      "set label '%s' at %.9g,%u left offset 0.5,0 noenhanced font ',10' "
                      "textcolor rgb '#444444'\n",
                      zs_cell_percent(zs_share(r->layers[i].cycles, r->cycles)).text,
                      end_of(p, r, i), i);
}

static void emit_plot(zs_out *out, const row_plot *p)
{
    for (int k = 0; k < PARTS; k++)
        zs_out_printf(out,
                      "%s$c%d using (($1+$2)/2):3:1:2:($3-0.36):($3+0.36) with boxxyerror "
                      "linecolor rgb '%s' title '%s'",
                      k == 0 ? "plot " : ", \\\n     ", k, p->colours[k], p->names[k]);
    zs_out_text(out, "\n");
}

static zs_status emit(const row_plot *p, const zs_result *r, const zs_sink *s, zs_err *err)
{
    zs_out out = {.sink = s};
    emit_axes(&out, p, r);
    for (uint32_t k = 0; k < PARTS; k++)
        emit_block(&out, p, r, k);
    if (p->shares)
        emit_shares(&out, p, r);
    emit_plot(&out, p);
    return zs_out_end(&out, p->file, err);
}

static row_plot time_plot(const char *title, const char *file)
{
    row_plot p = {
        .title = title,
        .axis = "time (ms)",
        .file = file,
        .names = {"MAC array works", "waits for reads", "waits for writes", "waits for the PS"},
        .part = ms_part};
    for (uint32_t k = 0; k < PARTS; k++)
        p.colours[k] = zs_plot_colour((zs_cause)k);
    return p;
}

zs_status zs_layers_plot_emit(const zs_result *r, const zs_sink *s, zs_err *err)
{
    row_plot p = time_plot("Time per layer", "layers.svg");
    p.shares = true;
    return emit(&p, r, s, err);
}

zs_status zs_timeline_plot_emit(const zs_result *r, const zs_sink *s, zs_err *err)
{
    row_plot p = time_plot("Timeline", "timeline.svg");
    p.in_time = true;
    return emit(&p, r, s, err);
}

zs_status zs_bytes_plot_emit(const zs_result *r, const zs_sink *s, zs_err *err)
{
    row_plot p = {.title = "DRAM bytes",
                  .axis = "read and written (MiB)",
                  .file = "bytes.svg",
                  .names = {"weights", "input", "output", "partial sums"},
                  .part = mib_part};
    for (uint32_t k = 0; k < PARTS; k++)
        p.colours[k] = zs_plot_operand_colour((zs_operand)k);
    return emit(&p, r, s, err);
}
