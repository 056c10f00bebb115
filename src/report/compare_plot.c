/* Several results side by side: time by what the MAC array did, DRAM bytes by operand. */
#include "plot_priv.h"
#include "zynqsim/report.h"

#include <math.h>

enum {
    WIDTH = 1000,
    HEAD_PX = 52,
    FOOT_PX = 96,
    ROW_PX = 30,
    NAME_PX = 7,
    NAME_MAX = 28,
    PARTS = 4
};

typedef struct panel {
    const char *axis, *names[PARTS], *colours[PARTS];
    double (*part)(const zs_result *r, uint32_t part);
    double left, right; /* of the picture */
    char block;
} panel;

static double ms_part(const zs_result *r, uint32_t cause)
{
    uint64_t cycles = 0;
    for (uint32_t i = 0; i < r->layer_n; i++)
        cycles += r->layers[i].waited_cycles[cause];
    return 1e3 * zs_share(cycles, r->clock_hz);
}

static double mib_part(const zs_result *r, uint32_t operand)
{
    return (double)r->operand_bytes[operand] / (1 << 20);
}

static double emit_blocks(zs_out *out, const panel *p, const zs_labelled_result *list, uint32_t n)
{
    double longest = 0;
    for (uint32_t k = 0; k < PARTS; k++) {
        zs_out_printf(out, "$%c%u << EOD\n", p->block, k);
        for (uint32_t i = 0; i < n; i++) {
            double before = 0;
            for (uint32_t j = 0; j < k; j++)
                before += p->part(list[i].result, j);
            const double after = before + p->part(list[i].result, k);
            zs_out_printf(out, "%.9g %.9g %u\n", before, after, i);
            longest = fmax(longest, after);
        }
        zs_out_text(out, "EOD\n");
    }
    return longest;
}

static void emit_names(zs_out *out, const panel *p, const zs_labelled_result *list, uint32_t n)
{
    zs_out_text(out, "set ytics noenhanced font ',11' scale 0 (");
    for (uint32_t i = 0; i < n; i++) {
        zs_out_text(out, i > 0 ? ", " : "");
        if (p->block == 'c')
            zs_plot_tic(out, list[i].name, NAME_MAX);
        else
            zs_out_text(out, "''");
        zs_out_printf(out, " %u", i);
    }
    zs_out_text(out, ")\n");
}

/* Totals stand behind the bars, and what they are of the first one's. */
static void emit_totals(zs_out *out, const panel *p, const zs_labelled_result *list, uint32_t n)
{
    double first = 0;
    zs_out_text(out, "unset label\n");
    for (uint32_t i = 0; i < n; i++) {
        double sum = 0;
        for (uint32_t k = 0; k < PARTS; k++)
            sum += p->part(list[i].result, k);
        first = i == 0 ? sum : first;
        zs_out_printf(out, "set label '%.4g", sum);
        if (i > 0 && first > 0)
            zs_out_printf(out, " (%s x)", zs_cell_rate(sum / first).text);
        zs_out_printf(out, "' at %.9g,%u left offset 0.5,0 noenhanced font ',10'\n", sum, i);
    }
}

static void emit_panel(zs_out *out, const panel *p, const zs_labelled_result *list, uint32_t n,
                       double height)
{
    const double longest = emit_blocks(out, p, list, n);
    zs_out_printf(out, "set lmargin at screen %.5f\nset rmargin at screen %.5f\n", p->left,
                  p->right);
    zs_out_printf(out,
                  "set xrange [0:%.9g]\nset yrange [%.1f:-0.5]\nset xlabel '%s' offset 0,0.4\n",
                  longest > 0 ? longest * 1.32 : 1, n - 0.5, p->axis);
    zs_out_printf(out,
                  "set key at screen %.5f,%.5f center bottom horizontal maxrows 2 samplen 1.2 "
                  "noenhanced font ',10'\n",
                  (p->left + p->right) / 2, 6 / height);
    emit_names(out, p, list, n);
    emit_totals(out, p, list, n);
    for (uint32_t k = 0; k < PARTS; k++)
        zs_out_printf(out,
                      "%s$%c%u using (($1+$2)/2):3:1:2:($3-0.32):($3+0.32) with boxxyerror "
                      "linecolor rgb '%s' title '%s'",
                      k == 0 ? "plot " : ", \\\n     ", p->block, k, p->colours[k], p->names[k]);
    zs_out_text(out, "\n");
}

static double name_share(const zs_labelled_result *list, uint32_t n)
{
    size_t longest = 6;
    for (uint32_t i = 0; i < n; i++) {
        const size_t width = zs_utf8_width(list[i].name);
        longest = width > longest ? width : longest;
    }
    longest = longest < NAME_MAX ? longest : NAME_MAX;
    return (24 + NAME_PX * (double)longest) / WIDTH;
}

zs_status zs_compare_plot_emit(const zs_labelled_result *list, uint32_t n, const zs_sink *s,
                               zs_err *err)
{
    zs_out out = {.sink = s};
    const double height = HEAD_PX + FOOT_PX + (double)ROW_PX * n;
    const double left = name_share(list, n), middle = left + (0.98 - left) / 2;
    panel time = {
        .axis = "time (ms)",
        .names = {"MAC array works", "waits for reads", "waits for writes", "waits for the PS"},
        .part = ms_part,
        .left = left,
        .right = middle - 0.015,
        .block = 'c'};
    panel bytes = {.axis = "DRAM traffic (MiB)",
                   .names = {"weights", "input", "output", "partial sums"},
                   .part = mib_part,
                   .left = middle + 0.015,
                   .right = 0.98,
                   .block = 'o'};
    for (uint32_t k = 0; k < PARTS; k++) {
        time.colours[k] = zs_plot_colour((zs_cause)k);
        bytes.colours[k] = zs_plot_operand_colour((zs_operand)k);
    }
    zs_plot_head(&out, WIDTH, (uint32_t)height);
    zs_out_text(&out, "set multiplot title 'Time and DRAM traffic; in brackets: times the first' "
                      "noenhanced font ',14'\nset grid noytics xtics\n"
                      "set style fill solid 1.0 noborder\n");
    zs_out_printf(&out, "set bmargin at screen %.5f\nset tmargin at screen %.5f\n",
                  FOOT_PX / height, 1 - HEAD_PX / height);
    emit_panel(&out, &time, list, n, height);
    emit_panel(&out, &bytes, list, n, height);
    zs_out_text(&out, "unset multiplot\n");
    return zs_out_end(&out, "the comparison", err);
}
