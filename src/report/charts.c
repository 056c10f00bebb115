/* What the charts of results and sweeps show. */
#include "chart_priv.h"
#include "verdict_priv.h"

#include <math.h>
#include <stdio.h>

_Static_assert((int)ZS_CHART_STRIPS == (int)ZS_CAUSE_N && (int)ZS_CHART_PARTS == (int)ZS_OPERAND_N,
               "parts of a bar");

zs_chart_title zs_chart_title_of(const char *what, const zs_result *r)
{
    zs_chart_title t;
    const bool fuses = zs_result_fuses(r);
    snprintf(t.text, sizeof t.text, "%s of %s on %s (%s%s%s, batch %u, %s)", what,
             zs_utf8_cut(r->network, 40).text, zs_utf8_cut(r->board, 40).text,
             zs_utf8_cut(r->precision, 20).text, fuses ? ", fusion " : "",
             fuses ? zs_utf8_cut(r->fusion, 20).text : "", r->batch,
             zs_utf8_cut(r->fidelity, 20).text);
    return t;
}

/* ---- bars ------------------------------------------------------------------------------------ */

zs_bar zs_chart_bar(const zs_bar_chart *chart, uint32_t i)
{
    const double scale = chart->scale > 0 ? chart->scale : 1;
    zs_bar bar = {.name = ""};
    chart->bar_of(chart->of, i, &bar);
    bar.from *= scale;
    bar.span *= scale;
    for (uint32_t k = 0; k < ZS_CHART_PARTS; k++)
        bar.part[k] *= scale;
    return bar;
}

double zs_chart_bar_end(const zs_bar_chart *chart, const zs_bar *bar)
{
    double end = bar->from + (chart->is_overlapped ? bar->span : 0);
    for (uint32_t k = 0; !chart->is_overlapped && k < ZS_CHART_PARTS; k++)
        end += bar->part[k];
    return end;
}

static zs_bar_chart measured(zs_bar_chart chart)
{
    for (uint32_t i = 0; i < chart.n; i++) {
        const zs_bar bar = zs_chart_bar(&chart, i);
        chart.longest = fmax(chart.longest, zs_chart_bar_end(&chart, &bar));
    }
    return chart;
}

zs_time_unit zs_chart_time_unit(double ms)
{
    return ms >= 1e4 ? (zs_time_unit){"s", 1e-3} : (zs_time_unit){"ms", 1};
}

/* Of bars in milliseconds. */
static zs_bar_chart measured_time(zs_bar_chart chart)
{
    chart = measured(chart);
    const zs_time_unit unit = zs_chart_time_unit(chart.longest);
    chart.unit = unit.name;
    chart.scale = unit.per_ms;
    chart.longest *= unit.per_ms;
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
    const zs_bar_chart chart = {PARTS_OF_TIME, .title = zs_chart_title_of("Time per layer", r),
                                .n = r->layer_n, .bar_of = layer_time_bar, .of = r};
    return measured_time(chart);
}

static void timeline_bar(const void *of, uint32_t i, zs_bar *bar)
{
    const zs_result *r = of;
    const zs_layer_result *l = &r->layers[i];
    bar->name = l->name;
    bar->from = ms_of(r, l->start_cycle);
    bar->span = ms_of(r, l->cycles);
    for (uint32_t c = 0; c < ZS_CAUSE_N; c++)
        bar->part[c] = fmin(ms_of(r, l->busy_cycles[c]), bar->span);
    snprintf(bar->note, sizeof bar->note, "%s",
             zs_cell_time(zs_share(l->cycles, r->clock_hz)).text);
}

zs_bar_chart zs_chart_timeline(const zs_result *r)
{
    return measured_time(
        (zs_bar_chart){.axis = "time",
                       .unit = "ms",
                       .palette = ZS_PALETTE_CAUSES,
                       .parts = {"MAC array busy", "reads busy", "writes busy", "PS busy"},
                       .is_overlapped = true,
                       .title = zs_chart_title_of("Timeline", r),
                       .n = r->layer_n,
                       .bar_of = timeline_bar,
                       .of = r});
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

/* A part of its own where there are any: of all other designs four say it all. */
static zs_bar_chart with_indices(zs_bar_chart chart, bool any)
{
    chart.parts[ZS_OPERAND_INDEX] = any ? "masks and indices" : NULL;
    return chart;
}

zs_bar_chart zs_chart_layer_bytes(const zs_result *r)
{
    const zs_bar_chart chart = {PARTS_OF_BYTES, .title = zs_chart_title_of("DRAM bytes", r),
                                .n = r->layer_n, .bar_of = layer_bytes_bar, .of = r};
    return measured(with_indices(chart, r->operand_bytes[ZS_OPERAND_INDEX] > 0));
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

/* Behind a bar: its figure, and what that is of the first one's; where both bars look the same, by
 * how much they differ. */
static void note_ratio(zs_bar *bar, const char *figure, double value, double first)
{
    const double ratio = first > 0 ? value / first : 0;
    if (fabs(ratio - 1) < 0.1 && ratio != 1)
        snprintf(bar->note, sizeof bar->note, "%.30s (%+.*f %%)", figure,
                 fabs(ratio - 1) < 0.01 ? 3 : 1, 100 * (ratio - 1));
    else
        snprintf(bar->note, sizeof bar->note, "%.30s (%.12s x)", figure, zs_cell_rate(ratio).text);
}

bool zs_results_differ_in_batch(const zs_labelled_result *list, uint32_t n)
{
    bool differ = false;
    for (uint32_t i = 1; i < n; i++)
        differ |= list[i].result->batch != list[0].result->batch;
    return differ;
}

uint32_t zs_result_parts(const zs_result *r, bool is_of_image)
{
    /* a file of results may say that its batch is 0 */
    return is_of_image && r->batch > 0 ? r->batch : 1;
}

/* Of a result, or of one of its images. */
static void time_bar(const zs_labelled_result *list, uint32_t i, bool is_of_image, zs_bar *bar)
{
    const zs_result *r = list[i].result, *first = list[0].result;
    const double seconds = zs_figure(r, "seconds") / zs_result_parts(r, is_of_image);
    bar->name = list[i].name;
    for (zs_cause c = ZS_BY_COMPUTE; c < ZS_CAUSE_N; c++)
        bar->part[c] = 1e3 * seconds * zs_result_waited_share(r, c);
    note_ratio(bar, zs_cell_time(seconds).text, seconds,
               zs_figure(first, "seconds") / zs_result_parts(first, is_of_image));
}

static void result_time_bar(const void *of, uint32_t i, zs_bar *bar)
{
    time_bar(of, i, false, bar);
}

static void image_time_bar(const void *of, uint32_t i, zs_bar *bar)
{
    time_bar(of, i, true, bar);
}

zs_bar_chart zs_chart_result_times(const zs_labelled_result *list, uint32_t n)
{
    const bool of_images = zs_results_differ_in_batch(list, n);
    zs_bar_chart chart = {PARTS_OF_TIME,
                          .title = {"Time of every result, by what the engine waited for"}, .n = n,
                          .bar_of = of_images ? image_time_bar : result_time_bar, .of = list};
    chart.axis = of_images ? "time of an image" : chart.axis;
    return measured_time(chart);
}

static void bytes_bar(const zs_labelled_result *list, uint32_t i, bool is_of_image, zs_bar *bar)
{
    const zs_result *r = list[i].result, *first = list[0].result;
    const uint32_t parts = zs_result_parts(r, is_of_image),
                   of_first = zs_result_parts(first, is_of_image);
    const uint64_t bytes = r->dram.read_bytes + r->dram.write_bytes;
    bar->name = list[i].name;
    for (uint32_t k = 0; k < ZS_OPERAND_N; k++)
        bar->part[k] = mib_of(r->operand_bytes[k]) / parts;
    note_ratio(bar, zs_cell_bytes(bytes / parts).text, (double)bytes / parts,
               (double)(first->dram.read_bytes + first->dram.write_bytes) / of_first);
}

static void result_bytes_bar(const void *of, uint32_t i, zs_bar *bar)
{
    bytes_bar(of, i, false, bar);
}

static void image_bytes_bar(const void *of, uint32_t i, zs_bar *bar)
{
    bytes_bar(of, i, true, bar);
}

zs_bar_chart zs_chart_result_bytes(const zs_labelled_result *list, uint32_t n)
{
    const bool of_images = zs_results_differ_in_batch(list, n);
    zs_bar_chart chart = {PARTS_OF_BYTES, .title = {"DRAM traffic of every result, by operand"},
                          .n = n, .bar_of = of_images ? image_bytes_bar : result_bytes_bar,
                          .of = list};
    chart.axis = of_images ? "DRAM traffic of an image" : chart.axis;
    bool any = false;
    for (uint32_t i = 0; i < n; i++)
        any |= list[i].result->operand_bytes[ZS_OPERAND_INDEX] > 0;
    return measured(with_indices(chart, any));
}

/* ---- points ---------------------------------------------------------------------------------- */

/* A step of 1, 2 or 5 times a power of ten that divides `range` into about `parts`. */
double zs_chart_step(double range, uint32_t parts)
{
    if (!(range > 0) || !isfinite(range))
        return 1;
    const double rough = range / parts, power = pow(10, floor(log10(rough)));
    const double times = rough / power;
    return power * (times < 1.5 ? 1 : times < 3.5 ? 2 : times < 7.5 ? 5 : 10);
}

double zs_chart_at(const zs_chart_axis *axis, double value)
{
    if (axis->of->is_log)
        return log(value / axis->low) / log(axis->high / axis->low);
    return (value - axis->low) / (axis->high - axis->low);
}

/* 1, 2 and 5 times powers of ten, over many decades the powers alone. */
static uint32_t log_ticks(const zs_chart_axis *axis, uint32_t parts, double *ticks, uint32_t room)
{
    static const double times[] = {1, 2, 5};
    const bool is_wide = log10(axis->high / axis->low) > parts / 2.0;
    const int first = (int)floor(log10(axis->low)), last = (int)floor(log10(axis->high));
    uint32_t n = 0;
    for (int k = first; k <= last; k++)
        for (size_t i = 0; i < (is_wide ? 1 : ZS_LEN(times)); i++) {
            const double tick = pow(10, k) * times[i];
            if (tick >= axis->low && tick <= axis->high && n < room)
                ticks[n++] = tick;
        }
    return n;
}

uint32_t zs_chart_ticks(const zs_chart_axis *axis, uint32_t parts, double *ticks, uint32_t room)
{
    if (axis->of->is_log)
        return log_ticks(axis, parts, ticks, room);
    const double step = zs_chart_step(axis->high - axis->low, parts),
                 first = ceil(axis->low / step);
    uint32_t n = 0;
    if (fabs(first) >= 1e15) /* steps too fine for the digits of a double: none */
        return 0;
    while (n < room && (first + n) * step <= axis->high) {
        ticks[n] = (first + n) * step;
        n++;
    }
    return n;
}

/* Takes the line of the budget in, unless the points would be crowded into a corner by it. */
static void add_room(zs_chart_axis *axis)
{
    const zs_scatter_axis *of = axis->of;
    if (of->has_budget && of->budget > axis->high && of->budget <= 2 * axis->high)
        axis->high = of->budget;
    if (of->is_log) {
        const double room = fmax(1.05, pow(axis->high / axis->low, 0.05));
        axis->low /= room;
        axis->high *= room;
        return;
    }
    const double range = axis->high - axis->low;
    const double room = range > 0 ? 0.05 * range : fmax(1, 0.05 * fabs(axis->low));
    axis->low -= room;
    axis->high += room;
}

static zs_mark mark_of(const zs_scatter_point *p)
{
    return p->on_front       ? ZS_MARK_FRONT
           : !p->is_feasible ? ZS_MARK_UNFIT
           : p->is_close     ? ZS_MARK_CLOSE
                             : ZS_MARK_FITS;
}

zs_point_chart zs_chart_scatter(const zs_scatter *s)
{
    zs_point_chart c = {
        .title = s->title,
        .x = {.of = &s->x},
        .y = {.of = &s->y},
        .marks = {"does not fit", "too close to call", "fits", "nothing beats it (Pareto front)"},
        .of = s};
    for (uint32_t i = 0; i < s->n; i++) {
        const zs_scatter_point *p = &s->points[i];
        c.x.low = i > 0 ? fmin(c.x.low, p->x) : p->x;
        c.x.high = i > 0 ? fmax(c.x.high, p->x) : p->x;
        c.y.low = i > 0 ? fmin(c.y.low, p->y) : p->y;
        c.y.high = i > 0 ? fmax(c.y.high, p->y) : p->y;
        c.n[mark_of(p)][p->group]++;
    }
    add_room(&c.x);
    add_room(&c.y);
    return c;
}

const zs_scatter_point *zs_chart_next_point(const zs_point_chart *chart, zs_mark mark, uint32_t *at)
{
    const zs_scatter *s = chart->of;
    if (mark == ZS_MARK_FRONT)
        return *at < s->front_n ? &s->points[s->front[(*at)++]] : NULL;
    while (*at < s->n) {
        const zs_scatter_point *p = &s->points[(*at)++];
        if (mark_of(p) == mark)
            return p;
    }
    return NULL;
}
