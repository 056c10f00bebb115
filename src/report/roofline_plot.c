/* The roofline as a gnuplot script. Both axes are logarithmic and the margins fixed, so that the
 * script's author (this file) knows where every point falls and can keep labels apart. */
#include "chart_priv.h"
#include "label_place_priv.h"
#include "plot_priv.h"
#include "verdict_priv.h"
#include "zynqsim/report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 1000, HEIGHT = 680, LEFT = 78, RIGHT = 975, BOTTOM = 122, TOP = 636 };
enum { NAMED_MAX = 5, SAME_PX = 12, NAME_STEPS = 40, NAME_STEP_PX = 15 };
enum { LABEL_PX = 10, MAX_NAME = 28, LINE_SAMPLES = 128, NAME_SAMPLES = 12 };
enum { FIXED_OBSTACLES = 4 * LINE_SAMPLES + 2 * NAME_SAMPLES + 2 };
static const double char_px = LABEL_PX * 0.58; /* mean advance of a wide sans-serif letter */

/* A layer, or all layers of a pipeline, which work at the same time. */
typedef struct roof_point {
    const char *name;
    double x, y;
    uint64_t cycles;
    bool memory_roof;
    zs_cause cause;
} roof_point;

typedef struct roof_plot {
    zs_out out;
    const zs_result *r;
    double x0, x1, y0, y1; /* axis ranges */
    roof_point *points;
    uint32_t point_n, drawn_n;      /* drawn_n: rows that they stand for */
    bool has_points[2][ZS_CAUSE_N]; /* [memory roof][cause] */
} roof_plot;

static bool is_pipelined(const zs_result *r, uint32_t layer)
{
    const zs_layer_result *l = &r->layers[layer];
    return l->on_engine && (l->in_pipeline || r->layers_overlap);
}

static roof_point layer_point(const zs_result *r, uint32_t layer)
{
    const zs_layer_result *l = &r->layers[layer];
    return (roof_point){.name = l->name,
                        .x = zs_layer_figure(r, layer, "intensity_ops_per_byte"),
                        .y = zs_layer_figure(r, layer, "achieved_gops"),
                        .cycles = l->cycles,
                        .memory_roof = l->memory_roof,
                        .cause = l->limited_by};
}

/* Rows of a pipeline pass data to each other, not through DRAM. It is one point: the bytes of its
 * first inputs and last outputs, the time from its first start to its last end, and the cause of
 * the row that works most. */
static roof_point pipeline_point(const zs_result *r, uint32_t layer, uint32_t end)
{
    const zs_layer_result *most = &r->layers[layer];
    uint64_t ops = 0, bytes = 0, first = UINT64_MAX, last = 0;
    for (uint32_t i = layer; i < end; i++) {
        const zs_layer_result *l = &r->layers[i];
        ops += l->ops;
        bytes += l->read_bytes + l->write_bytes;
        first = l->start_cycle < first ? l->start_cycle : first;
        last = l->start_cycle + l->cycles > last ? l->start_cycle + l->cycles : last;
        if (l->waited_cycles[ZS_BY_COMPUTE] > most->waited_cycles[ZS_BY_COMPUTE])
            most = l;
    }
    const double seconds = (double)(last - first) / (double)r->clock_hz;
    const double x = (double)ops / (double)bytes;
    return (roof_point){.name = most->group,
                        .x = x,
                        .y = 1e-9 * (double)ops / seconds,
                        .cycles = last - first,
                        .memory_roof = x < r->roofline.ridge_ops_per_byte,
                        .cause = most->limited_by};
}

/* Layers on the PS are not limited by the engine's roofs; layers that move no bytes have no
 * intensity. Neither has a point. */
static void list_points(roof_plot *p)
{
    for (uint32_t i = 0, end; i < p->r->layer_n; i = end) {
        end = i + 1;
        while (is_pipelined(p->r, i) && end < p->r->layer_n && is_pipelined(p->r, end) &&
               strcmp(p->r->layers[end].group, p->r->layers[i].group) == 0)
            end++;
        const roof_point point =
            is_pipelined(p->r, i) ? pipeline_point(p->r, i, end) : layer_point(p->r, i);
        if (!p->r->layers[i].on_engine || !isfinite(point.x) || point.x <= 0 ||
            !isfinite(point.y) || point.y <= 0)
            continue;
        p->points[p->point_n++] = point;
        p->drawn_n += end - i;
    }
}

static void widen(double *low, double *high, double value)
{
    if (isfinite(value) && value > 0) {
        *low = fmin(*low, value);
        *high = fmax(*high, value);
    }
}

static void set_ranges(roof_plot *p)
{
    const zs_roofline *roof = &p->r->roofline;
    double x0 = INFINITY, x1 = 0, y0 = INFINITY, y1 = 0;
    widen(&x0, &x1, roof->ridge_ops_per_byte);
    widen(&y0, &y1, roof->peak_gops);
    widen(&y0, &y1, roof->device_peak_gops);
    for (uint32_t i = 0; i < p->point_n; i++) {
        widen(&x0, &x1, p->points[i].x);
        widen(&y0, &y1, p->points[i].y);
    }
    p->x0 = isfinite(x0) ? x0 / 3 : 0.1;
    p->x1 = x1 > 0 ? x1 * 2.5 : 100;
    p->y0 = isfinite(y0) ? y0 / 2.5 : 0.1;
    p->y1 = y1 > 0 ? y1 * 1.8 : 100;
}

static double px(const roof_plot *p, double x)
{
    return LEFT + (RIGHT - LEFT) * log(x / p->x0) / log(p->x1 / p->x0);
}

static double py(const roof_plot *p, double y)
{
    return BOTTOM + (TOP - BOTTOM) * log(y / p->y0) / log(p->y1 / p->y0);
}

/* ---- roofs ----------------------------------------------------------------------------------- */

/* 1, 2 and 5 in every decade, which log axes of less than a decade need. */
static void emit_tics(zs_out *out, char axis, double low, double high)
{
    static const double steps[] = {1, 2, 5};
    const char *gap = "";
    zs_out_printf(out, "set %ctics (", axis);
    for (int decade = (int)floor(log10(low)); decade <= (int)ceil(log10(high)); decade++) {
        for (size_t i = 0; i < ZS_LEN(steps); i++) {
            const double value = steps[i] * pow(10, decade);
            if (value < low || value > high)
                continue;
            zs_out_printf(out, "%s'%.9g' %.9g", gap, value, value);
            gap = ", ";
        }
    }
    zs_out_text(out, ")\n");
}

static void emit_axes(roof_plot *p)
{
    zs_out *out = &p->out;
    zs_plot_head(out, WIDTH, HEIGHT);
    zs_out_text(out, "set title ");
    zs_plot_text(out, zs_chart_title_of("Roofline", p->r).text);
    zs_out_text(out, " noenhanced font ',15'\n");
    zs_out_printf(out, "set lmargin at screen %.5f\nset rmargin at screen %.5f\n",
                  LEFT / (double)WIDTH, RIGHT / (double)WIDTH);
    zs_out_printf(out, "set bmargin at screen %.5f\nset tmargin at screen %.5f\n",
                  BOTTOM / (double)HEIGHT, TOP / (double)HEIGHT);
    zs_out_printf(out, "set logscale xy\nset xrange [%.9g:%.9g]\nset yrange [%.9g:%.9g]\n", p->x0,
                  p->x1, p->y0, p->y1);
    zs_out_text(out, "set grid xtics ytics\n"
                     "set xlabel 'operational intensity (operations per DRAM byte)'\n"
                     "set ylabel 'performance (GOP/s)'\n"
                     "set samples 400\n"
                     "min(a,b) = a < b ? a : b\n"
                     "set key at screen 0.5,0.085 center top horizontal maxrows 2 "
                     "samplen 1.2 width 1 noenhanced font ',11'\n");
    emit_tics(out, 'x', p->x0, p->x1);
    emit_tics(out, 'y', p->y0, p->y1);
}

static bool meets_any(zs_rect r, const zs_rect *others, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (zs_rects_meet(r, others[i]))
            return true;
    return false;
}

/* Text at a pixel, and the space it takes when it lies flat. */
static zs_rect emit_text(roof_plot *p, double x, double y, double angle, const char *text)
{
    const double width = (double)zs_utf8_width(text) * char_px;
    zs_out_text(&p->out, "set label ");
    zs_plot_text(&p->out, text);
    zs_out_printf(&p->out,
                  " at screen %.5f,%.5f rotate by %.2f noenhanced font ',%d' textcolor rgb "
                  "'#333333' front\n",
                  x / WIDTH, y / HEIGHT, angle, LABEL_PX + 1);
    return (zs_rect){x - 5, y - LABEL_PX * 0.7, x + width * 1.1 + 5, y + LABEL_PX * 0.7};
}

/* The name of a horizontal roof above its line, or below it, as far to the right as points leave
 * room. */
static zs_rect emit_peak_name(roof_plot *p, double gops, const char *name, const zs_rect *points,
                              size_t n)
{
    if (!(gops > 0))
        return (zs_rect){0};
    const zs_cell cell = zs_cell_rate(gops);
    char text[ZS_LINE_BYTES];
    snprintf(text, sizeof text, "%s %s GOP/s", name, cell.text);
    const double width = (double)zs_utf8_width(text) * char_px * 1.1, lift = LABEL_PX * 0.8;
    const double right = RIGHT - width - 6, y = py(p, gops);
    double x = right, side = 1;
    for (int i = 0; i < 2 * NAME_STEPS; i++) {
        const int step = i / 2; /* each above and below */
        const double at_x = right - (double)(NAME_STEP_PX * step), at_side = i % 2 ? -1.2 : 1;
        const double at_y = y + at_side * lift, half = LABEL_PX * 0.8;
        if (at_x > LEFT &&
            !meets_any((zs_rect){at_x - 4, at_y - half, at_x + width + 4, at_y + half}, points,
                       n)) {
            x = at_x;
            side = at_side;
            break;
        }
    }
    return emit_text(p, x, y + side * lift, 0, text);
}

/* The name of a bandwidth along its slope, above the line or below it, and the squares it covers.
 */
static size_t emit_slope_name(roof_plot *p, double bytes_per_s, const char *name, bool is_above,
                              zs_rect *rects)
{
    if (!(bytes_per_s > 0))
        return 0;
    const double unit = (py(p, 2 * p->y0) - py(p, p->y0)) / (px(p, 2 * p->x0) - px(p, p->x0));
    const double angle = atan(unit), lift = is_above ? 12 : -11;
    const double peak = fmax(p->r->roofline.peak_gops, p->y0);
    char text[ZS_LINE_BYTES];
    snprintf(text, sizeof text, "%s %s", name, zs_cell_si(bytes_per_s, "B/s").text);
    const double length = (double)zs_utf8_width(text) * char_px * 1.1;
    const double top_x = px(p, peak * 1e9 / bytes_per_s) - length * cos(angle) - 14;
    const double left_x = fmax(LEFT + 8, px(p, p->y0 * 1e9 / bytes_per_s) + 14);
    const double x = fmax(left_x, is_above ? top_x : (top_x + left_x) / 2);
    const double y = py(p, p->y0) + (x - px(p, p->y0 * 1e9 / bytes_per_s)) * unit;
    emit_text(p, x - lift * sin(angle), y + lift * cos(angle), angle * 180 / acos(-1.0), text);
    for (int i = 0; i < NAME_SAMPLES; i++) {
        const double along = length * (i + 0.5) / NAME_SAMPLES;
        const double at_x = x - lift * sin(angle) + along * cos(angle);
        const double at_y = y + lift * cos(angle) + along * sin(angle);
        rects[i] = (zs_rect){at_x - 6, at_y - 6, at_x + 6, at_y + 6};
    }
    return NAME_SAMPLES;
}

/* Squares along the curves, which labels keep off: emit_plot draws the same. */
static size_t roof_obstacles(const roof_plot *p, zs_rect *rects)
{
    const zs_roofline *roof = &p->r->roofline;
    const double axi = roof->axi_bytes_per_s * 1e-9, dram = roof->dram_bytes_per_s * 1e-9;
    size_t n = 0;
    for (int i = 0; i < LINE_SAMPLES; i++) {
        const double x = p->x0 * pow(p->x1 / p->x0, (i + 0.5) / LINE_SAMPLES);
        const double ceiling = fmax(roof->device_peak_gops, roof->peak_gops);
        const double curves[] = {fmin(dram * x, ceiling), fmin(axi * x, ceiling),
                                 fmin(fmin(axi, dram) * x, roof->peak_gops),
                                 fmin(fmax(axi, dram) * x, roof->device_peak_gops)};
        for (size_t k = 0; k < ZS_LEN(curves); k++) {
            if (curves[k] > p->y0)
                rects[n++] = (zs_rect){px(p, x) - 4, py(p, curves[k]) - 3, px(p, x) + 4,
                                       py(p, curves[k]) + 3};
        }
    }
    return n;
}

/* ---- points ---------------------------------------------------------------------------------- */

/* Area in proportion to the share of time, within limits that keep small ones visible. */
static double point_size(const zs_result *r, const roof_point *point)
{
    const double share = zs_share(point->cycles, r->cycles);
    return 0.5 + 2.2 * sqrt(isfinite(share) ? share : 0);
}

/* One data block per roofline verdict and cause: shape and colour are fixed per block. Which of
 * them have points is remembered, because gnuplot complains about empty ones. */
static bool emit_block(roof_plot *p, bool memory_roof, zs_cause cause)
{
    bool has_points = false;
    zs_out_printf(&p->out, "$p%d%d << EOD\n", (int)memory_roof, (int)cause);
    for (uint32_t i = 0; i < p->point_n; i++) {
        const roof_point *point = &p->points[i];
        if (point->memory_roof != memory_roof || point->cause != cause)
            continue;
        zs_out_printf(&p->out, "%.9g %.9g %.3f\n", point->x, point->y, point_size(p->r, point));
        has_points = true;
    }
    zs_out_text(&p->out, "EOD\n");
    return has_points;
}

typedef struct point_group {
    uint32_t point, more_n; /* the one with most cycles, and how many lie on it */
    uint64_t cycles;
    double x, y;
} point_group;

typedef struct roof_labels {
    zs_label *labels;
    point_group *groups; /* those with most cycles first */
    uint32_t group_n;
    uint32_t *points; /* those with most cycles first */
    zs_rect *obstacles;
    size_t obstacle_n;
} roof_labels;

/* Points that lie on one another share a label: that of the one with most cycles, and how many
 * more there are. Only the first few groups by time are named: a name for each of 26 equal points
 * would hide them all. */
static void group_points(const roof_plot *p, roof_labels *all)
{
    for (uint32_t i = 0; i < p->point_n; i++) {
        const roof_point *point = &p->points[all->points[i]];
        const double x = px(p, point->x), y = py(p, point->y);
        uint32_t g = 0;
        while (g < all->group_n && hypot(x - all->groups[g].x, y - all->groups[g].y) > SAME_PX)
            g++;
        if (g == all->group_n)
            all->groups[all->group_n++] = (point_group){.point = all->points[i], .x = x, .y = y};
        all->groups[g].more_n += all->groups[g].point != all->points[i];
        all->groups[g].cycles += point->cycles;
    }
    for (uint32_t i = 1; i < all->group_n; i++) {
        const point_group g = all->groups[i];
        uint32_t at = i;
        for (; at > 0 && all->groups[at - 1].cycles < g.cycles; at--)
            all->groups[at] = all->groups[at - 1];
        all->groups[at] = g;
    }
    all->group_n = all->group_n < NAMED_MAX ? all->group_n : NAMED_MAX;
}

/* "conv1+pool1", "fire2/squeeze1x1 and 25 more" */
static zs_short_name group_name(const roof_plot *p, const point_group *g)
{
    zs_short_name text = zs_utf8_shorten(p->points[g->point].name, MAX_NAME);
    const size_t at = strlen(text.text);
    if (g->more_n > 0)
        snprintf(text.text + at, sizeof text.text - at, " and %u more", g->more_n);
    return text;
}

static void collect(const roof_plot *p, roof_labels *all)
{
    for (uint32_t i = 0; i < p->point_n; i++) {
        const roof_point *point = &p->points[i];
        uint32_t at = i;
        for (; at > 0 && p->points[all->points[at - 1]].cycles < point->cycles; at--)
            all->points[at] = all->points[at - 1];
        all->points[at] = i;
        const double half = 3 + 4.3 * point_size(p->r, point);
        const double x = px(p, point->x), y = py(p, point->y);
        all->obstacles[all->obstacle_n++] = (zs_rect){x - half, y - half, x + half, y + half};
    }
    group_points(p, all);
    for (uint32_t i = 0; i < all->group_n; i++) {
        const double chars = (double)zs_utf8_width(group_name(p, &all->groups[i]).text);
        all->labels[i] = (zs_label){.x = all->groups[i].x,
                                    .y = all->groups[i].y,
                                    .width = chars * char_px + 6,
                                    .height = LABEL_PX + 3};
    }
}

static void emit_label(roof_plot *p, const zs_label *label, const char *name)
{
    double x, y;
    zs_label_leader(label, &x, &y);
    if (hypot(x - label->x, y - label->y) > 9)
        zs_out_printf(&p->out,
                      "set arrow from screen %.5f,%.5f to screen %.5f,%.5f nohead linecolor rgb "
                      "'#aaaaaa' linewidth 0.7 back\n",
                      label->x / WIDTH, label->y / HEIGHT, x / WIDTH, y / HEIGHT);
    zs_out_printf(&p->out,
                  "set object rectangle from screen %.5f,%.5f to screen %.5f,%.5f fillcolor rgb "
                  "'#ffffff' fillstyle solid noborder front\n",
                  label->box.x0 / WIDTH, label->box.y0 / HEIGHT, label->box.x1 / WIDTH,
                  label->box.y1 / HEIGHT);
    zs_out_text(&p->out, "set label ");
    zs_plot_text(&p->out, name);
    zs_out_printf(&p->out, " at screen %.5f,%.5f center noenhanced font ',%d' front\n",
                  (label->box.x0 + label->box.x1) / 2 / WIDTH,
                  (label->box.y0 + label->box.y1) / 2 / HEIGHT, LABEL_PX);
}

static void emit_labels(roof_plot *p, roof_labels *all)
{
    const zs_roofline *roof = &p->r->roofline;
    const zs_rect area = {LEFT + 4, BOTTOM + 4, RIGHT - 2, TOP - 2};
    const bool dram_is_higher = roof->dram_bytes_per_s >= roof->axi_bytes_per_s;
    collect(p, all);
    all->obstacle_n += emit_slope_name(p, roof->dram_bytes_per_s, "DRAM", dram_is_higher,
                                       all->obstacles + all->obstacle_n);
    all->obstacle_n += emit_slope_name(p, roof->axi_bytes_per_s, "AXI", !dram_is_higher,
                                       all->obstacles + all->obstacle_n);
    all->obstacles[all->obstacle_n] =
        emit_peak_name(p, roof->peak_gops, "engine peak", all->obstacles, all->obstacle_n);
    all->obstacle_n++;
    all->obstacles[all->obstacle_n] = emit_peak_name(
        p, roof->device_peak_gops, "every DSP a MAC:", all->obstacles, all->obstacle_n);
    all->obstacle_n++;
    all->obstacle_n += roof_obstacles(p, all->obstacles + all->obstacle_n);
    zs_labels_place(all->labels, all->group_n, all->obstacles, all->obstacle_n, area);
    for (uint32_t i = 0; i < all->group_n; i++)
        emit_label(p, &all->labels[i], group_name(p, &all->groups[i]).text);
}

/* ---- the plot -------------------------------------------------------------------------------- */

static void emit_remark(roof_plot *p)
{
    const uint32_t missing_n = p->r->layer_n - p->drawn_n;
    zs_out_text(&p->out, "set label 'area of a point: share of time");
    bool any_pipelined = false;
    for (uint32_t i = 0; i < p->r->layer_n; i++)
        any_pipelined |= is_pipelined(p->r, i);
    if (any_pipelined)
        zs_out_text(&p->out, "; all rows of a pipeline are one");
    if (missing_n > 0)
        zs_out_printf(&p->out, "; not drawn: %u row%s on the PS or without DRAM bytes", missing_n,
                      missing_n == 1 ? "" : "s");
    zs_out_printf(&p->out,
                  "' at screen %.5f,0.018 right noenhanced font ',10' textcolor rgb "
                  "'#666666'\n",
                  RIGHT / (double)WIDTH);
}

static void emit_plot(roof_plot *p)
{
    static const char *const causes[ZS_CAUSE_N] = {"computes most", "waits for reads",
                                                   "waits for writes", "waits for the PS"};
    const zs_roofline *roof = &p->r->roofline;
    zs_out_printf(&p->out, "dram = %.9g\naxi = %.9g\nengine = %.9g\ndevice = %.9g\n",
                  roof->dram_bytes_per_s * 1e-9, roof->axi_bytes_per_s * 1e-9, roof->peak_gops,
                  roof->device_peak_gops);
    zs_out_text(&p->out,
                "ceiling = engine > device ? engine : device\n"
                "steep = axi > dram ? axi : dram\n"
                "plot (dram * x <= ceiling ? dram * x : NaN) notitle with lines "
                "dashtype 2 linewidth 1.2 linecolor rgb '#999999', \\\n"
                "     (axi * x <= ceiling ? axi * x : NaN) notitle with lines "
                "dashtype 4 linewidth 1.2 linecolor rgb '#999999', \\\n"
                "     (steep * x >= device ? device : NaN) notitle with lines "
                "dashtype 4 linewidth 1.2 linecolor rgb '#999999', \\\n"
                "     min(min(axi, dram) * x, engine) notitle with lines linewidth 2.4 linecolor "
                "rgb '#222222', \\\n");
    for (int i = 0; i < 2 * ZS_CAUSE_N; i++) {
        const int memory = i / ZS_CAUSE_N, cause = i % ZS_CAUSE_N;
        if (p->has_points[memory][cause])
            zs_out_printf(
                &p->out,
                "     $p%d%d using 1:2:($3*mark_scale) notitle with points pointtype %d pointsize "
                "variable linecolor rgb '%s', \\\n",
                memory, cause, memory ? 7 : 5, zs_plot_colour((zs_cause)cause));
    }
    zs_out_text(
        &p->out,
        "     keyentry with points pointtype 7 pointsize mark_scale linecolor rgb '#222222' title "
        "'verdict: memory', \\\n"
        "     keyentry with points pointtype 5 pointsize mark_scale linecolor rgb '#222222' title "
        "'verdict: compute'");
    for (int cause = 0; cause < ZS_CAUSE_N; cause++)
        zs_out_printf(&p->out,
                      ", \\\n     keyentry with boxes fillstyle solid linecolor rgb '%s' "
                      "title '%s'",
                      zs_plot_colour((zs_cause)cause), causes[cause]);
    zs_out_text(&p->out, "\n");
}

/* A file of results may hold any number: one that has no place on a logarithmic axis is left out.
 */
static double drawable(double value)
{
    return value > 1e-30 && value < 1e30 ? value : 0;
}

static zs_roofline drawable_roofs(const zs_roofline *roof)
{
    zs_roofline out = *roof;
    out.peak_gops = drawable(roof->peak_gops);
    out.device_peak_gops = drawable(roof->device_peak_gops);
    out.axi_bytes_per_s = drawable(roof->axi_bytes_per_s);
    out.dram_bytes_per_s = drawable(roof->dram_bytes_per_s);
    out.ridge_ops_per_byte = drawable(roof->ridge_ops_per_byte);
    return out;
}

zs_status zs_roofline_plot_emit(const zs_result *of, const zs_sink *s, zs_err *err)
{
    zs_result drawn = *of;
    drawn.roofline = drawable_roofs(&of->roofline);
    const zs_result *r = &drawn;
    const size_t n = r->layer_n;
    roof_plot p = {.out = {.sink = s}, .r = r, .points = calloc(n + 1, sizeof *p.points)};
    roof_labels all = {.labels = calloc(n + 1, sizeof *all.labels),
                       .points = calloc(n + 1, sizeof *all.points),
                       .groups = calloc(n + 1, sizeof *all.groups),
                       .obstacles = calloc(n + FIXED_OBSTACLES, sizeof *all.obstacles)};
    if (p.points == NULL || all.groups == NULL || all.labels == NULL || all.points == NULL ||
        all.obstacles == NULL) {
        p.out.status = ZS_ENOMEM;
    } else {
        list_points(&p);
        set_ranges(&p);
        emit_axes(&p);
        for (int cause = 0; cause < ZS_CAUSE_N; cause++) {
            p.has_points[0][cause] = emit_block(&p, false, (zs_cause)cause);
            p.has_points[1][cause] = emit_block(&p, true, (zs_cause)cause);
        }
        emit_labels(&p, &all);
        emit_remark(&p);
        emit_plot(&p);
    }
    free(all.labels);
    free(all.points);
    free(p.points);
    free(all.groups);
    free(all.obstacles);
    return zs_out_end(&p.out, "roofline.svg", err);
}
