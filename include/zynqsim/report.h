/* report.h - a result as bytes: table, CSV, JSON, plots and a page.
 *
 * Every emitter is emit(result, sink, err) and knows figures only through sim/metrics.def. Plots
 * are written as gnuplot scripts with their data inside; the caller runs gnuplot (only cli starts
 * programs) and, for the page, hands the SVG back. */
#ifndef ZYNQSIM_REPORT_H
#define ZYNQSIM_REPORT_H

#include "zynqsim/base.h"
#include "zynqsim/design.h"
#include "zynqsim/net.h"
#include "zynqsim/plan.h"
#include "zynqsim/sim.h"
#include "zynqsim/sweep.h"
#include "zynqsim/traffic.h"
#include "zynqsim/validate.h"

typedef struct zs_table_style {
    bool colour;
    uint32_t columns; /* of the terminal; 0 = unknown */
} zs_table_style;

zs_status zs_table_emit(const zs_result *r, const zs_table_style *style, const zs_sink *s,
                        zs_err *err);
zs_status zs_layers_csv_emit(const zs_result *r, const zs_sink *s, zs_err *err);
zs_status zs_json_emit(const zs_result *r, const zs_sink *s, zs_err *err);
/* gnuplot script that writes the roofline as SVG on its standard output. */
zs_status zs_roofline_plot_emit(const zs_result *r, const zs_sink *s, zs_err *err);
/* The same for cycles per layer, stacked by what the engine waited for. */
zs_status zs_layers_plot_emit(const zs_result *r, const zs_sink *s, zs_err *err);
/* Self-contained page; svgs may be empty spans (a note then says why). */
zs_status zs_html_emit(const zs_result *r, zs_span roofline_svg, zs_span layers_svg,
                       const zs_sink *s, zs_err *err);
/* `memory`: one row per pattern. The CSV has the columns of DRAM comparisons: case, requests, bytes
 * (useful ones), ns, gbps (10^9 bytes a second), frac_peak, rd_lat_mean_ns, rd_lat_p95_ns; the last
 * two are empty (null) where nothing is read. */
zs_status zs_traffic_csv_emit(const zs_memory_params *memory, const zs_traffic_case *cases,
                              uint32_t n, const zs_sink *s, zs_err *err);
zs_status zs_traffic_table_emit(const zs_memory_params *memory, const zs_traffic_case *cases,
                                uint32_t n, const zs_sink *s, zs_err *err);
zs_status zs_traffic_json_emit(const zs_memory_params *memory, const zs_traffic_case *cases,
                               uint32_t n, const zs_sink *s, zs_err *err);
/* Rows of a sweep, each one line whatever is in its texts; columns as sweep.h says. Figures that
 * are not known are empty, but a point that cannot be planned does not fit. */
zs_status zs_sweep_header_emit(const zs_grid *grid, const zs_sink *s, zs_err *err);
zs_status zs_sweep_row_emit(const zs_grid *grid, const char *id, const zs_sweep_point *p,
                            const zs_sink *s, zs_err *err);
/* `sweep`: what it answers. Table: rows, then the sentence. JSON: counts, rows below `key`,
 * sentence. CSV: the rows, or the counts where there are none to show. */
typedef struct zs_answer_count {
    const char *name;
    uint64_t n;
} zs_answer_count;

typedef struct zs_answer {
    const char *key;            /* "front", "best" */
    const char *const *columns; /* column_n 0: counts alone */
    const char *const *cells;   /* [row][column] */
    uint32_t column_n, row_n;
    const zs_answer_count *counts;
    uint32_t count_n;
    const char *sentence;
} zs_answer;
zs_status zs_answer_table_emit(const zs_answer *a, const zs_sink *s, zs_err *err);
zs_status zs_answer_csv_emit(const zs_answer *a, const zs_sink *s, zs_err *err);
zs_status zs_answer_json_emit(const zs_answer *a, const zs_sink *s, zs_err *err);
/* `validate`: sections that are closed and have rows. */
zs_status zs_validation_table_emit(const zs_section *const *sections, uint32_t n,
                                   const zs_table_style *style, const zs_sink *s, zs_err *err);
zs_status zs_validation_csv_emit(const zs_section *const *sections, uint32_t n, const zs_sink *s,
                                 zs_err *err);
zs_status zs_validation_json_emit(const zs_section *const *sections, uint32_t n, const zs_sink *s,
                                  zs_err *err);
/* .npy 1.0, float32, C order. */
zs_status zs_npy_emit(const float *data, const uint64_t *dims, uint32_t dim_n, const zs_sink *s,
                      zs_err *err);
/* `show`: the resolved design as YAML that can be read again, with units and sources as comments.
 */
zs_status zs_design_yaml_emit(const zs_design *d, const zs_sink *s, zs_err *err);
/* `show`: the network as a table of layers with shapes, MACs, bytes. */
zs_status zs_net_table_emit(const zs_net *net, const zs_sink *s, zs_err *err);
/* `show --plan`: one line per op: index, kind, unit, box, slots, bytes or cycles, waits. */
zs_status zs_plan_listing_emit(const zs_design *d, const zs_net *net, const zs_plan *plan,
                               const zs_sink *s, zs_err *err);
/* `show --fields`: reference page of all keys, as Markdown (also docs/reference/). */
zs_status zs_fields_markdown_emit(const zs_sink *s, zs_err *err);
/* docs/reference/results.md: every field of a result, as Markdown. */
zs_status zs_metrics_markdown_emit(const zs_sink *s, zs_err *err);
/* JSON Schema (draft 2020-12) of the design file. */
zs_status zs_schema_emit(const zs_sink *s, zs_err *err);

#endif
