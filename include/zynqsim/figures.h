/* figures.h - the figures of a result apart from the run that made it.
 *
 * A zs_figures holds what zs_result_get says of one result, by metric; comparisons and checks read
 * nothing else, so that a result of this run and one read from a result.json are alike.
 * Unknown  a figure that the source does not have is a TEXT without text, whatever its metric.
 * Memory   the arena's; texts are copied, so the run may be dropped. */
#ifndef ZYNQSIM_FIGURES_H
#define ZYNQSIM_FIGURES_H

#include "zynqsim/base.h"
#include "zynqsim/sim.h"

typedef struct zs_figures {
    const char *label;      /* what its column is called */
    const zs_value *values; /* [zs_metric_n] */
    const zs_value *layers; /* [layer][zs_layer_metric_n] */
    uint32_t layer_n;
    const char *problem;             /* why there are no figures; NULL: there are */
    const zs_provenance *provenance; /* of a file that says it, or NULL */
} zs_figures;

/* ZS_ENOMEM. */
zs_status zs_figures_take(zs_arena *arena, const char *label, const zs_result *result,
                          zs_figures *out, zs_err *err);

/* Of a design that cannot run: no figure is known. ZS_ENOMEM. */
zs_status zs_figures_without(zs_arena *arena, const char *label, const char *problem,
                             zs_figures *out, zs_err *err);

#define ZS_NO_METRIC UINT32_MAX
/* Row of metrics.def (layer_metrics.def) of a name, or ZS_NO_METRIC. */
uint32_t zs_metric_find(const char *name);
uint32_t zs_layer_metric_find(const char *name);
/* Whether a figure can be known on some of these families of devices, a bit each: false for a kind
 * of block that none of them has, "resources.m20k.used". */
bool zs_metric_is_on(uint32_t metric, uint32_t families);

/* A value as a number; NAN where it is unknown, undefined or a text. */
double zs_value_number(const zs_value *value);
double zs_figures_number(const zs_figures *f, const char *metric);
double zs_figures_layer_number(const zs_figures *f, uint32_t layer, const char *metric);
/* What the design exceeds, as zs_fit_excess has it. */
const char *zs_figures_excess(zs_arena *arena, const zs_figures *f);
/* "" where there is nothing to say. */
const char *zs_figures_text(const zs_figures *f, const char *metric);
const char *zs_figures_layer_text(const zs_figures *f, uint32_t layer, const char *metric);

#endif
