/* chart_priv.h - charts as plain descriptions. Pages draw them as inline SVG (html_chart.c),
 * pictures as gnuplot scripts (plot_chart.c); neither knows what a chart is of.
 *
 * Bars     horizontal, one a row, each of up to four parts one after the other.
 * Points   by two figures, in series; of each series the mark, the colour and the name in the key.
 * Memory   a description points into the result or the sweep that it is of. */
#ifndef ZYNQSIM_CHART_PRIV_H
#define ZYNQSIM_CHART_PRIV_H

#include "out_priv.h"
#include "zynqsim/report.h"

enum { ZS_CHART_PARTS = 4, ZS_CHART_SERIES = 3 };

/* Four colours each, of which the index is that of a part or given by a series. */
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
    double part[ZS_CHART_PARTS]; /* one after the other */
    char note[64];               /* figure behind the bar */
} zs_bar;

typedef struct zs_bar_chart {
    zs_chart_title title;
    const char *axis, *unit;           /* "time", "ms" */
    const char *parts[ZS_CHART_PARTS]; /* their names; NULL: fewer */
    zs_palette palette;
    uint32_t n;
    double longest; /* end of the longest bar */
    void (*bar_of)(const void *of, uint32_t i, zs_bar *out);
    const void *of;
} zs_bar_chart;

zs_bar zs_chart_bar(const zs_bar_chart *chart, uint32_t i);

/* Layers: their times from zero with their shares, and where they fall in the run; their bytes. */
zs_bar_chart zs_chart_layer_times(const zs_result *r);
zs_bar_chart zs_chart_timeline(const zs_result *r);
zs_bar_chart zs_chart_layer_bytes(const zs_result *r);
/* Shares of the device that the design takes. */
zs_bar_chart zs_chart_device(const zs_result *r);
/* Results side by side. */
zs_bar_chart zs_chart_result_times(const zs_labelled_result *list, uint32_t n);
zs_bar_chart zs_chart_result_bytes(const zs_labelled_result *list, uint32_t n);

/* ---- points ---------------------------------------------------------------------------------- */

typedef struct zs_chart_axis {
    const char *name;
    bool is_more_better;
    double low, high; /* with some room beside the points */
} zs_chart_axis;

typedef enum zs_mark { ZS_MARK_CROSS, ZS_MARK_DOT, ZS_MARK_LINE } zs_mark;

typedef struct zs_series {
    const char *name;
    zs_mark mark;
    uint32_t colour; /* of the palette of operands */
    uint32_t n;
} zs_series;

typedef struct zs_point_chart {
    const char *title;
    zs_chart_axis x, y;
    zs_series series[ZS_CHART_SERIES]; /* later ones lie on top */
    const zs_scatter *of;
} zs_point_chart;

zs_point_chart zs_chart_scatter(const zs_scatter *s);
/* The next point of a series, NULL behind the last; *at begins as 0. */
const zs_scatter_point *zs_chart_next_point(const zs_point_chart *chart, uint32_t series,
                                            uint32_t *at);

#endif
