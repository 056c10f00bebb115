/* chart_priv.h - charts as plain descriptions. Pages draw them as inline SVG (html_chart.c),
 * pictures as gnuplot scripts (plot_chart.c); both are independent of what a chart shows.
 *
 * Bars     horizontal, one a row, each of up to five parts one after the other, or four strips side
 *          by side.
 * Points   by two figures: mark and colour show whether the point fits and is on the front, or the
 *          colour the value of one key. Axes are linear or logarithmic; a line is a limit of the
 *          device.
 * Memory   a description points into the result or the sweep that it shows. */
#ifndef ZYNQSIM_CHART_PRIV_H
#define ZYNQSIM_CHART_PRIV_H

#include "out_priv.h"
#include "zynqsim/report.h"

enum { ZS_CHART_PARTS = 5, ZS_CHART_STRIPS = 4 };

/* Colours, of which the index is that of a part or given by a series. */
typedef enum zs_palette { ZS_PALETTE_CAUSES, ZS_PALETTE_OPERANDS } zs_palette;

typedef struct zs_chart_title {
    char text[1536];
} zs_chart_title;
/* "WHAT of network on board (fp32, fusion lf2, batch 1, burst)". */
zs_chart_title zs_chart_title_of(const char *what, const zs_result *r);

/* ---- bars ------------------------------------------------------------------------------------ */

typedef struct zs_bar {
    const char *name;
    double from;                 /* where it begins */
    double span;                 /* its length, where parts lie side by side */
    double part[ZS_CHART_PARTS]; /* one after the other */
    char note[64];               /* figure behind the bar */
} zs_bar;

typedef struct zs_bar_chart {
    zs_chart_title title;
    const char *axis, *unit;           /* "time", "ms" */
    const char *parts[ZS_CHART_PARTS]; /* their names; NULL: fewer */
    zs_palette palette;
    bool
        is_overlapped; /* parts run at the same time: strips within the span, each from its start */
    uint32_t n;
    double scale;   /* of what bar_of gives, in `unit`; 0: 1 */
    double longest; /* end of the longest bar, in `unit` */
    void (*bar_of)(const void *of, uint32_t i, zs_bar *out);
    const void *of;
} zs_bar_chart;

/* Seconds where milliseconds would take five digits. */
typedef struct zs_time_unit {
    const char *name;
    double per_ms;
} zs_time_unit;
zs_time_unit zs_chart_time_unit(double ms);

zs_bar zs_chart_bar(const zs_bar_chart *chart, uint32_t i);
double zs_chart_bar_end(const zs_bar_chart *chart, const zs_bar *bar);

/* Layers: their times from zero with their shares; where they fall in the run, with how long the
 * engine and its channels worked in each; their bytes. */
zs_bar_chart zs_chart_layer_times(const zs_result *r);
zs_bar_chart zs_chart_timeline(const zs_result *r);
zs_bar_chart zs_chart_layer_bytes(const zs_result *r);
/* Shares of the device that the design takes. */
zs_bar_chart zs_chart_device(const zs_result *r);
/* Results side by side: where their batches have different sizes, by image. */
bool zs_results_differ_in_batch(const zs_labelled_result *list, uint32_t n);
/* What to divide a figure of the whole result by: its images where one image is compared, else 1.
 */
uint32_t zs_result_parts(const zs_result *r, bool is_of_image);
zs_bar_chart zs_chart_result_times(const zs_labelled_result *list, uint32_t n);
zs_bar_chart zs_chart_result_bytes(const zs_labelled_result *list, uint32_t n);

/* ---- points ---------------------------------------------------------------------------------- */

typedef struct zs_chart_axis {
    const zs_scatter_axis *of;
    double low, high; /* with some room beside the points */
} zs_chart_axis;

/* A step of 1, 2 or 5 times a power of ten that divides `range` into about `parts`. */
double zs_chart_step(double range, uint32_t parts);
/* Where a value lies, 0: low, 1: high. */
double zs_chart_at(const zs_chart_axis *axis, double value);
/* The ticks of an axis, at most `room` of them, about `parts`. Returns how many. */
uint32_t zs_chart_ticks(const zs_chart_axis *axis, uint32_t parts, double *ticks, uint32_t room);

/* Later ones lie on top. */
typedef enum zs_mark {
    ZS_MARK_UNFIT,
    ZS_MARK_CLOSE,
    ZS_MARK_FITS,
    ZS_MARK_FRONT,
    ZS_MARK_N
} zs_mark;

typedef struct zs_point_chart {
    const char *title;
    zs_chart_axis x, y;
    const char *marks[ZS_MARK_N];             /* what they say */
    uint32_t n[ZS_MARK_N][ZS_SCATTER_GROUPS]; /* points of each mark and colour */
    const zs_scatter *of;
} zs_point_chart;

zs_point_chart zs_chart_scatter(const zs_scatter *s);
/* The next point with this mark, NULL behind the last; *at begins as 0. The front in its order. */
const zs_scatter_point *zs_chart_next_point(const zs_point_chart *chart, zs_mark mark,
                                            uint32_t *at);

#endif
