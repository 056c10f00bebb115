/* Charts as gnuplot scripts. */
#include "chart_priv.h"
#include "plot_priv.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 1000, HEAD_PX = 50, NAME_PX = 7, NAME_MAX = 32, NAME_MIN = 6 };

/* ---- bars ------------------------------------------------------------------------------------ */

/* Where a panel lies in the picture, in parts of it. */
typedef struct panel {
    const zs_bar_chart *chart;
    uint32_t number, of;
    double left, right, height;
} panel;

/* Rows from the top, whose names are the tics. */
static void emit_names(zs_out *out, const panel *p)
{
    zs_out_text(out, "set ytics noenhanced font ',11' scale 0 (");
    for (uint32_t i = 0; i < p->chart->n; i++) {
        const char *name = p->number == 0 ? zs_chart_bar(p->chart, i).name : "";
        zs_out_text(out, i > 0 ? ", \\\n  " : "");
        zs_plot_tic(out, zs_utf8_shorten(name, NAME_MAX).text);
        zs_out_printf(out, " %u", i);
    }
    zs_out_text(out, ")\n");
}

/* x low, x high, row, y low and y high of one part of each bar. */
static void emit_block(zs_out *out, const panel *p, uint32_t part)
{
    zs_out_printf(out, "$p%u_%u << EOD\n", p->number, part);
    for (uint32_t i = 0; i < p->chart->n; i++) {
        const zs_bar bar = zs_chart_bar(p->chart, i);
        double before = bar.from, top = i - 0.36, bottom = i + 0.36;
        for (uint32_t k = 0; !p->chart->is_overlapped && k < part; k++)
            before += bar.part[k];
        if (p->chart->is_overlapped) {
            top += part * 0.72 / ZS_CHART_STRIPS;
            bottom = top + 0.72 / ZS_CHART_STRIPS;
        }
        zs_out_printf(out, "%.9g %.9g %u %.9g %.9g\n", before, before + bar.part[part], i, top,
                      bottom);
    }
    zs_out_text(out, "EOD\n");
}

/* Figures stand behind the bars. */
static void emit_notes(zs_out *out, const panel *p)
{
    zs_out_text(out, "unset label\n");
    for (uint32_t i = 0; i < p->chart->n; i++) {
        const zs_bar bar = zs_chart_bar(p->chart, i);
        zs_out_text(out, "set label ");
        zs_plot_text(out, bar.note);
        zs_out_printf(out,
                      " at %.9g,%u left offset 0.5,0 noenhanced font ',10' textcolor rgb "
                      "'#444444'\n",
                      zs_chart_bar_end(p->chart, &bar), i);
    }
}

static void emit_panel(zs_out *out, const panel *p)
{
    const zs_bar_chart *c = p->chart;
    const double room_of_notes = p->of > 1 ? 1.32 : 1.14;
    for (uint32_t k = 0; k < ZS_CHART_PARTS && c->parts[k] != NULL; k++)
        emit_block(out, p, k);
    zs_out_printf(out, "set lmargin at screen %.5f\nset rmargin at screen %.5f\n", p->left,
                  p->right);
    zs_out_printf(out, "set xrange [0:%.9g]\nset yrange [%.1f:-0.5]\n",
                  c->longest > 0 ? c->longest * room_of_notes : 1, c->n > 0 ? c->n - 0.5 : 0.5);
    zs_out_printf(out, "set xlabel '%s (%s)' offset 0,0.4\n", c->axis, c->unit);
    zs_out_printf(out,
                  "set key at screen %.5f,%.5f center bottom horizontal maxrows %d samplen 1.5 "
                  "noenhanced font ',%d'\n",
                  p->of > 1 ? (p->left + p->right) / 2 : 0.5, 8 / p->height, p->of > 1 ? 2 : 1,
                  p->of > 1 ? 10 : 11);
    emit_names(out, p);
    emit_notes(out, p);
    for (uint32_t k = 0; k < ZS_CHART_PARTS && c->parts[k] != NULL; k++)
        zs_out_printf(out,
                      "%s$p%u_%u using (($1+$2)/2):3:1:2:4:5 with boxxyerror "
                      "linecolor rgb '%s' title '%s'",
                      k == 0 ? "plot " : ", \\\n     ", p->number, k,
                      c->palette == ZS_PALETTE_CAUSES ? zs_plot_colour((zs_cause)k)
                                                      : zs_plot_operand_colour((zs_operand)k),
                      c->parts[k]);
    zs_out_text(out, "\n");
}

/* Charts of the same rows side by side; `title` is of more than one. */
static zs_status emit_bars(const zs_bar_chart *charts, uint32_t n, const char *title,
                           const char *what, const zs_sink *s, zs_err *err)
{
    zs_out out = {.sink = s};
    const double foot = n > 1 ? 96 : 78, row = n > 1 ? 30 : 19;
    const double height = HEAD_PX + foot + row * charts[0].n;
    size_t longest = NAME_MIN;
    for (uint32_t i = 0; i < charts[0].n; i++)
        longest = zs_max_u64(longest, zs_utf8_width(zs_chart_bar(&charts[0], i).name));
    const double left = (24 + NAME_PX * (double)zs_min_u64(longest, NAME_MAX)) / WIDTH;
    zs_plot_head(&out, WIDTH, (uint32_t)height);
    zs_out_text(&out, n > 1 ? "set multiplot title " : "set title ");
    zs_plot_text(&out, n > 1 ? title : charts[0].title.text);
    zs_out_text(&out, " noenhanced font ',15'\nset grid noytics xtics\n"
                      "set style fill solid 1.0 noborder\n");
    zs_out_printf(&out, "set bmargin at screen %.5f\nset tmargin at screen %.5f\n", foot / height,
                  1 - HEAD_PX / height);
    for (uint32_t i = 0; i < n; i++) {
        const double width = (0.98 - left) / n, gap = 0.015;
        const panel p = {.chart = &charts[i],
                         .number = i,
                         .of = n,
                         .left = left + i * width + (i > 0 ? gap : 0),
                         .right = left + (i + 1) * width - (i + 1 < n ? gap : 0),
                         .height = height};
        emit_panel(&out, &p);
    }
    if (n > 1)
        zs_out_text(&out, "unset multiplot\n");
    return zs_out_end(&out, what, err);
}

zs_status zs_layers_plot_emit(const zs_result *r, const zs_sink *s, zs_err *err)
{
    const zs_bar_chart chart = zs_chart_layer_times(r);
    return emit_bars(&chart, 1, NULL, "layers.svg", s, err);
}

zs_status zs_timeline_plot_emit(const zs_result *r, const zs_sink *s, zs_err *err)
{
    const zs_bar_chart chart = zs_chart_timeline(r);
    return emit_bars(&chart, 1, NULL, "timeline.svg", s, err);
}

zs_status zs_bytes_plot_emit(const zs_result *r, const zs_sink *s, zs_err *err)
{
    const zs_bar_chart chart = zs_chart_layer_bytes(r);
    return emit_bars(&chart, 1, NULL, "bytes.svg", s, err);
}

zs_status zs_compare_plot_emit(const zs_labelled_result *list, uint32_t n, const zs_sink *s,
                               zs_err *err)
{
    const zs_bar_chart charts[] = {zs_chart_result_times(list, n), zs_chart_result_bytes(list, n)};
    return emit_bars(charts, ZS_LEN(charts),
                     "Time and DRAM traffic; in brackets: against the first", "the comparison", s,
                     err);
}

/* ---- points ---------------------------------------------------------------------------------- */

enum {
    SCATTER_HEIGHT = 640,
    TITLE_MAX = 100,
    LABEL_MAX = 60,
    KEY_MAX = 32,
    TICKS = 7,
    TICKS_MAX = 32
};

static void emit_axis(zs_out *out, char letter, const zs_chart_axis *axis)
{
    const zs_scatter_axis *of = axis->of;
    zs_out_printf(out, "set %clabel ", letter);
    zs_plot_text(out, zs_utf8_cut(of->title, LABEL_MAX).text);
    zs_out_printf(out, ".'%s (%s is better)' noenhanced\n", of->is_log ? ", logarithmic" : "",
                  of->is_more_better ? "more" : "less");
    /* millions as "13.5 M" */
    zs_out_printf(out, "set format %c '%s'\nset %crange [%.9g:%.9g]\n", letter,
                  fmax(fabs(axis->low), fabs(axis->high)) >= 1e5 ? "%.1s %c" : "%.6g", letter,
                  axis->low, axis->high);
    if (of->is_log) {
        double ticks[TICKS_MAX];
        const uint32_t n = zs_chart_ticks(axis, TICKS, ticks, TICKS_MAX);
        zs_out_printf(out, "set logscale %c\nset %ctics (", letter, letter);
        for (uint32_t i = 0; i < n; i++)
            zs_out_printf(out, "%s%.9g", i > 0 ? ", " : "", ticks[i]);
        zs_out_text(out, ")\n");
    }
}

/* A dashed line at what the device has. */
static void emit_budget(zs_out *out, char letter, const zs_chart_axis *axis)
{
    const double budget = axis->of->budget;
    if (!axis->of->has_budget || budget < axis->low || budget > axis->high)
        return;
    const bool is_x = letter == 'x';
    char value[32];
    snprintf(value, sizeof value, "%.9g", budget);
    zs_out_printf(out,
                  "set arrow from %s,%s to %s,%s nohead dashtype 2 linecolor rgb '#c0262d'\n"
                  "set label 'the device has %.6g' at %s,%s %s font ',10' textcolor rgb "
                  "'#444444'\n",
                  is_x ? value : "graph 0", is_x ? "graph 0" : value, is_x ? value : "graph 1",
                  is_x ? "graph 1" : value, budget, is_x ? value : "graph 0.99",
                  is_x ? "graph 1" : value, is_x ? "center offset 0,0.7" : "right offset 0,0.5");
}

/* Of a mark, or of a value of the key: the colours of the page. */
static const char *point_colour(const zs_point_chart *c, zs_mark mark, uint32_t group)
{
    static const char *const of_groups[ZS_SCATTER_GROUPS] = {"#0072b2", "#e69f00", "#009e73",
                                                             "#cc79a7", "#56b4e9", "#7f7f7f"};
    static const char *const of_marks[ZS_MARK_N] = {"#7f7f7f", "#e69f00", "#56b4e9", "#d55e00"};
    return c->of->key != NULL ? of_groups[group] : of_marks[mark];
}

static const char *const point_styles[ZS_MARK_N] = {
    "with points pointtype 2 pointsize 0.9*mark_scale",
    "with points pointtype 6 pointsize 0.9*mark_scale",
    "with points pointtype 7 pointsize 0.7*mark_scale",
    "with points pointtype 7 pointsize 1.2*mark_scale"};

static void emit_points(zs_out *out, const zs_point_chart *c, zs_mark mark, uint32_t group)
{
    uint32_t at = 0;
    zs_out_printf(out, "$p%u_%u << EOD\n", (uint32_t)mark, group);
    for (const zs_scatter_point *p; (p = zs_chart_next_point(c, mark, &at)) != NULL;)
        if (p->group == group)
            zs_out_printf(out, "%.9g %.9g\n", p->x, p->y);
    zs_out_text(out, "EOD\n");
}

static uint32_t of_mark(const zs_point_chart *c, zs_mark mark)
{
    uint32_t n = 0;
    for (uint32_t g = 0; g < ZS_SCATTER_GROUPS; g++)
        n += c->n[mark][g];
    return n;
}

/* "accelerator.unroll.oc" is "unroll.oc" where room is scarce. */
static const char *short_key(const char *key)
{
    static const char prefix[] = "accelerator.";
    return strncmp(key, prefix, sizeof prefix - 1) == 0 ? key + sizeof prefix - 1 : key;
}

/* Names of the colours; with a key also of the marks. */
static void emit_key(zs_out *out, const zs_point_chart *c)
{
    for (uint32_t g = 0; c->of->key != NULL && g < c->of->group_n; g++) {
        zs_out_printf(out, ", \\\n     keyentry %s linecolor rgb '%s' title ",
                      point_styles[ZS_MARK_FITS], point_colour(c, ZS_MARK_FITS, g));
        char name[256];
        snprintf(name, sizeof name, "%.120s = %.120s", short_key(c->of->key), c->of->groups[g]);
        zs_plot_text(out, zs_utf8_cut(name, KEY_MAX).text);
    }
    for (zs_mark mark = 0; mark < ZS_MARK_N; mark++)
        if (of_mark(c, mark) > 0)
            zs_out_printf(out, ", \\\n     keyentry %s linecolor rgb '%s' title '%s (%u)'",
                          point_styles[mark],
                          c->of->key != NULL ? "#444444" : point_colour(c, mark, 0), c->marks[mark],
                          of_mark(c, mark));
}

zs_status zs_scatter_plot_emit(const zs_scatter *s, const zs_sink *sink, zs_err *err)
{
    zs_out out = {.sink = sink};
    const zs_point_chart c = zs_chart_scatter(s);
    zs_plot_head(&out, WIDTH, SCATTER_HEIGHT);
    zs_out_text(&out, "set title ");
    zs_plot_text(&out, zs_utf8_cut(c.title, TITLE_MAX).text);
    zs_out_printf(&out,
                  " noenhanced font ',15' offset 0,0.6\nset bmargin %d\nset tmargin 4\nset key at "
                  "screen 0.5,0.02 center bottom horizontal maxrows %d noenhanced font ',11'\n",
                  s->key != NULL ? 7 : 6, s->key != NULL ? 3 : 1);
    emit_axis(&out, 'x', &c.x);
    emit_axis(&out, 'y', &c.y);
    emit_budget(&out, 'x', &c.x);
    emit_budget(&out, 'y', &c.y);
    for (zs_mark mark = 0; mark < ZS_MARK_N; mark++)
        for (uint32_t g = 0; g < ZS_SCATTER_GROUPS; g++)
            if (c.n[mark][g] > 0) /* gnuplot complains about empty ones */
                emit_points(&out, &c, mark, g);
    zs_out_text(&out, "$front << EOD\n");
    for (uint32_t i = 0; i < s->front_n; i++)
        zs_out_printf(&out, "%.9g %.9g\n", s->points[s->front[i]].x, s->points[s->front[i]].y);
    zs_out_printf(&out, "EOD\nplot %s notitle",
                  s->front_n > 0 ? "$front using 1:2 with lines "
                                   "linewidth 1.2 linecolor rgb "
                                   "'#d55e00'"
                                 : "1/0");
    for (zs_mark mark = 0; mark < ZS_MARK_N; mark++)
        for (uint32_t g = 0; g < ZS_SCATTER_GROUPS; g++)
            if (c.n[mark][g] > 0)
                zs_out_printf(&out, ", \\\n     $p%u_%u using 1:2 %s linecolor rgb '%s' notitle",
                              (uint32_t)mark, g, point_styles[mark], point_colour(&c, mark, g));
    emit_key(&out, &c);
    zs_out_text(&out, "\n");
    return zs_out_end(&out, "the scatter plot", err);
}
