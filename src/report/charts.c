/* What the charts of results and sweeps show. */
#include "chart_priv.h"
#include "verdict_priv.h"

#include <math.h>
#include <stdio.h>

_Static_assert((int)ZS_CHART_PARTS == (int)ZS_CAUSE_N && (int)ZS_CHART_PARTS == (int)ZS_OPERAND_N,
               "parts of a bar");

zs_chart_title zs_chart_title_of(const char *what, const zs_result *r)
{
    zs_chart_title t;
    snprintf(t.text, sizeof t.text, "%s of %s on %s (%s, fusion %s, batch %u, %s)", what,
             zs_utf8_cut(r->network, 40).text, zs_utf8_cut(r->board, 40).text,
             zs_utf8_cut(r->precision, 20).text, zs_utf8_cut(r->fusion, 20).text, r->batch,
             zs_utf8_cut(r->fidelity, 20).text);
    return t;
}

/* ---- bars ------------------------------------------------------------------------------------ */

zs_bar zs_chart_bar(const zs_bar_chart *chart, uint32_t i)
{
    zs_bar bar = {.name = ""};
    chart->bar_of(chart->of, i, &bar);
    return bar;
}

static zs_bar_chart measured(zs_bar_chart chart)
{
    for (uint32_t i = 0; i < chart.n; i++) {
        const zs_bar bar = zs_chart_bar(&chart, i);
        double end = bar.from;
        for (uint32_t k = 0; k < ZS_CHART_PARTS; k++)
            end += bar.part[k];
        chart.longest = fmax(chart.longest, end);
    }
    return chart;
}

#define PARTS_OF_TIME                                                                              \
    .axis = "time", .unit = "ms", .palette = ZS_PALETTE_CAUSES,                                    \
    .parts = {"MAC array works", "waits for reads", "waits for writes", "waits for the PS"}
#define PARTS_OF_BYTES                                                                             \
    .axis = "DRAM traffic", .unit = "MiB", .palette = ZS_PALETTE_OPERANDS,                         \
    .parts = {"weights", "input", "output", "partial sums"}

static double ms_of(const zs_result *r, uint64_t cycles)
{
    return 1e3 * zs_share(cycles, r->clock_hz);
}

static double mib_of(uint64_t bytes)
{
    return (double)bytes / (1 << 20);
}

static void layer_time_bar(const void *of, uint32_t i, zs_bar *bar)
{
    const zs_result *r = of;
    const zs_layer_result *l = &r->layers[i];
    bar->name = l->name;
    for (uint32_t c = 0; c < ZS_CAUSE_N; c++)
        bar->part[c] = ms_of(r, l->waited_cycles[c]);
    snprintf(bar->note, sizeof bar->note, "%s",
             zs_cell_percent(zs_share(l->cycles, r->cycles)).text);
}

zs_bar_chart zs_chart_layer_times(const zs_result *r)
{
    return measured((zs_bar_chart){PARTS_OF_TIME, .title = zs_chart_title_of("Time per layer", r),
                                   .n = r->layer_n, .bar_of = layer_time_bar, .of = r});
}

static void timeline_bar(const void *of, uint32_t i, zs_bar *bar)
{
    const zs_result *r = of;
    layer_time_bar(of, i, bar);
    bar->from = ms_of(r, r->layers[i].start_cycle);
    snprintf(bar->note, sizeof bar->note, "%.3f ms", ms_of(r, r->layers[i].cycles));
}

zs_bar_chart zs_chart_timeline(const zs_result *r)
{
    return measured((zs_bar_chart){PARTS_OF_TIME, .title = zs_chart_title_of("Timeline", r),
                                   .n = r->layer_n, .bar_of = timeline_bar, .of = r});
}

static void layer_bytes_bar(const void *of, uint32_t i, zs_bar *bar)
{
    const zs_result *r = of;
    const zs_layer_result *l = &r->layers[i];
    bar->name = l->name;
    for (uint32_t k = 0; k < ZS_OPERAND_N; k++)
        bar->part[k] = mib_of(l->operand_bytes[k]);
    snprintf(bar->note, sizeof bar->note, "%s", zs_cell_bytes(l->read_bytes + l->write_bytes).text);
}

zs_bar_chart zs_chart_layer_bytes(const zs_result *r)
{
    return measured((zs_bar_chart){PARTS_OF_BYTES, .title = zs_chart_title_of("DRAM bytes", r),
                                   .n = r->layer_n, .bar_of = layer_bytes_bar, .of = r});
}

static void device_bar(const void *of, uint32_t i, zs_bar *bar)
{
    const zs_result *r = of;
    const zs_fit_line line = zs_fit_line_of(&r->fit, i);
    const double all = line.available > 0 ? line.available : 1;
    const double lo = line.lo / all, hi = line.hi / all;
    bar->name = line.name;
    bar->part[0] = 100 * fmin(lo, 1);
    bar->part[1] = 100 * (fmin(hi, 1) - fmin(lo, 1));
    bar->part[2] = 100 * (fmax(hi, 1) - 1);
    snprintf(bar->note, sizeof bar->note, "%.20s of %.20s", zs_cell_count(line.used).text,
             zs_cell_count(line.available).text);
}

zs_bar_chart zs_chart_device(const zs_result *r)
{
    return measured(
        (zs_bar_chart){.axis = "share of the device",
                       .unit = "%",
                       .parts = {"in use at least", "within the band", "more than there is"},
                       .palette = ZS_PALETTE_CAUSES,
                       .title = zs_chart_title_of("Share of the device", r),
                       .longest = 100,
                       .n = r->fit.family->block_n,
                       .bar_of = device_bar,
                       .of = r});
}

/* Behind a bar: its figure, and what that is of the first one's. */
static void note_ratio(zs_bar *bar, const char *figure, double value, double first)
{
    snprintf(bar->note, sizeof bar->note, "%.30s (%.12s x)", figure,
             zs_cell_rate(first > 0 ? value / first : 0).text);
}

static void result_time_bar(const void *of, uint32_t i, zs_bar *bar)
{
    const zs_labelled_result *list = of;
    const double seconds = zs_figure(list[i].result, "seconds");
    bar->name = list[i].name;
    for (zs_cause c = ZS_BY_COMPUTE; c < ZS_CAUSE_N; c++)
        bar->part[c] = ms_of(list[i].result, zs_result_waited(list[i].result, c));
    note_ratio(bar, zs_cell_time(seconds).text, seconds, zs_figure(list[0].result, "seconds"));
}

zs_bar_chart zs_chart_result_times(const zs_labelled_result *list, uint32_t n)
{
    return measured((zs_bar_chart){PARTS_OF_TIME,
                                   .title = {"Time of every result, by what the engine waited for"},
                                   .n = n, .bar_of = result_time_bar, .of = list});
}

static void result_bytes_bar(const void *of, uint32_t i, zs_bar *bar)
{
    const zs_labelled_result *list = of;
    const zs_dram_counts *dram = &list[i].result->dram, *first = &list[0].result->dram;
    const uint64_t bytes = dram->read_bytes + dram->write_bytes;
    bar->name = list[i].name;
    for (uint32_t k = 0; k < ZS_OPERAND_N; k++)
        bar->part[k] = mib_of(list[i].result->operand_bytes[k]);
    note_ratio(bar, zs_cell_bytes(bytes).text, (double)bytes,
               (double)(first->read_bytes + first->write_bytes));
}

zs_bar_chart zs_chart_result_bytes(const zs_labelled_result *list, uint32_t n)
{
    return measured((zs_bar_chart){PARTS_OF_BYTES,
                                   .title = {"DRAM traffic of every result, by operand"}, .n = n,
                                   .bar_of = result_bytes_bar, .of = list});
}

/* ---- points ---------------------------------------------------------------------------------- */

enum { SERIES_UNFIT, SERIES_FIT, SERIES_FRONT };

static void add_room(zs_chart_axis *axis)
{
    const double range = axis->high - axis->low;
    const double room = range > 0 ? 0.05 * range : fmax(1, 0.05 * fabs(axis->low));
    axis->low -= room;
    axis->high += room;
}

zs_point_chart zs_chart_scatter(const zs_scatter *s)
{
    zs_point_chart c = {
        .title = s->title,
        .x = {.name = s->x_name, .is_more_better = s->x_is_more},
        .y = {.name = s->y_name, .is_more_better = s->y_is_more},
        .series = {{.name = "does not fit", .mark = ZS_MARK_CROSS, .colour = 3},
                   {.name = "fits", .mark = ZS_MARK_DOT, .colour = 1},
                   {.name = "nothing beats it (Pareto front)", .mark = ZS_MARK_LINE, .colour = 2}},
        .of = s};
    for (uint32_t i = 0; i < s->n; i++) {
        const zs_scatter_point *p = &s->points[i];
        c.x.low = i > 0 ? fmin(c.x.low, p->x) : p->x;
        c.x.high = i > 0 ? fmax(c.x.high, p->x) : p->x;
        c.y.low = i > 0 ? fmin(c.y.low, p->y) : p->y;
        c.y.high = i > 0 ? fmax(c.y.high, p->y) : p->y;
        c.series[SERIES_UNFIT].n += !p->is_feasible;
        c.series[SERIES_FIT].n += p->is_feasible && !p->on_front;
    }
    c.series[SERIES_FRONT].n = s->front_n;
    add_room(&c.x);
    add_room(&c.y);
    return c;
}

const zs_scatter_point *zs_chart_next_point(const zs_point_chart *chart, uint32_t series,
                                            uint32_t *at)
{
    const zs_scatter *s = chart->of;
    if (series == SERIES_FRONT)
        return *at < s->front_n ? &s->points[s->front[(*at)++]] : NULL;
    while (*at < s->n) {
        const zs_scatter_point *p = &s->points[(*at)++];
        if (!p->on_front && p->is_feasible == (series == SERIES_FIT))
            return p;
    }
    return NULL;
}
