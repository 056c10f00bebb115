/* report.h - writes results as tables, CSV, JSON, plots and HTML pages.
 *
 * Every emitter is emit(result, sink, err) and takes names and units of figures from
 * sim/metrics.def alone. Plots are gnuplot scripts with inline data; the caller runs gnuplot (only
 * cli starts programs) and passes the SVG back for the page. */
#ifndef ZYNQSIM_REPORT_H
#define ZYNQSIM_REPORT_H

#include "zynqsim/accuracy.h"
#include "zynqsim/base.h"
#include "zynqsim/baseline.h"
#include "zynqsim/built.h"
#include "zynqsim/compare.h"
#include "zynqsim/design.h"
#include "zynqsim/explain.h"
#include "zynqsim/net.h"
#include "zynqsim/plan.h"
#include "zynqsim/scatter.h"
#include "zynqsim/sim.h"
#include "zynqsim/sparsify.h"
#include "zynqsim/sweep.h"
#include "zynqsim/trace.h"
#include "zynqsim/flow_fifos.h"
#include "zynqsim/traffic.h"
#include "zynqsim/training.h"
#include "zynqsim/validate.h"

typedef struct zs_table_style {
    bool colour;
    uint32_t columns; /* of the terminal; 0 = unknown */
} zs_table_style;

/* Resource groups of an account computed without factors, beside a utilisation report of the same
 * design, and the resulting calibration factors; as YAML the factors as a file that designs name.
 */
zs_status zs_calibration_table_emit(const zs_fit *fit, const zs_utilization *u,
                                    const zs_account_scale *scale, const zs_sink *s, zs_err *err);
zs_status zs_calibration_yaml_emit(const zs_utilization *u, const zs_account_scale *scale,
                                   const char *report, const zs_sink *s, zs_err *err);

zs_status zs_table_emit(const zs_result *r, const zs_table_style *style, const zs_sink *s,
                        zs_err *err);
zs_status zs_layers_csv_emit(const zs_result *r, const zs_sink *s, zs_err *err);
zs_status zs_json_emit(const zs_result *r, const zs_sink *s, zs_err *err);
/* Instead of zs_json_emit after a deadlock; `why` is the error of zs_sim_run (ZS_ESTUCK): when,
 * which FIFO is full, and the reason. */
zs_status zs_stuck_json_emit(const char *design, const zs_err *why, const zs_sink *s, zs_err *err);
/* gnuplot script that writes the roofline as SVG on its standard output. */
zs_status zs_roofline_plot_emit(const zs_result *r, const zs_sink *s, zs_err *err);
/* The same for cycles per layer, stacked by cause of stall. */
zs_status zs_layers_plot_emit(const zs_result *r, const zs_sink *s, zs_err *err);
/* The same over the time of the run; and DRAM bytes per layer, stacked by operand. */
zs_status zs_timeline_plot_emit(const zs_result *r, const zs_sink *s, zs_err *err);
zs_status zs_bytes_plot_emit(const zs_result *r, const zs_sink *s, zs_err *err);
/* Several results side by side, the first the reference: time and DRAM bytes. n > 0 */
typedef struct zs_labelled_result {
    const char *name;
    const zs_result *result;
} zs_labelled_result;
zs_status zs_compare_plot_emit(const zs_labelled_result *list, uint32_t n, const zs_sink *s,
                               zs_err *err);
/* Points of a sweep with their Pareto front. */
zs_status zs_scatter_plot_emit(const zs_scatter *s, const zs_sink *sink, zs_err *err);
/* HTML pages of both: charts with keyboard access to their points, and tables of the same data. */
zs_status zs_compare_html_emit(const zs_labelled_result *list, uint32_t n, const zs_sink *s,
                               zs_err *err);
zs_status zs_scatter_html_emit(const zs_scatter *s, const zs_sink *sink, zs_err *err);
/* Table of the fate of each layer of a file whose network zs_net_streamline built. */
zs_status zs_streamline_emit(zs_arena *scratch, const zs_net_spec *spec, const zs_net *net,
                             const zs_sink *s, zs_err *err);
/* Self-contained HTML page; the svg may be an empty span (a note then says why). */
zs_status zs_html_emit(const zs_result *r, zs_span roofline_svg, const zs_sink *s, zs_err *err);
/* `memory`: one row per pattern. The CSV has the columns of DRAM comparisons: case, requests, bytes
 * (useful ones), ns, gbps (10^9 bytes a second), frac_peak, rd_lat_mean_ns, rd_lat_p95_ns; the last
 * two are empty (null) where nothing is read. */
zs_status zs_fifos_csv_emit(const zs_plan_flow *flow, const zs_flow_fifos *found,
                            const zs_sink *sink, zs_err *err);
zs_status zs_fifos_json_emit(const zs_plan_flow *flow, const zs_flow_fifos *found,
                             const zs_sink *sink, zs_err *err);
zs_status zs_fifos_table_emit(const zs_plan_flow *flow, const zs_flow_fifos *found,
                              const zs_flow_fifos_options *options, const zs_table_style *style,
                              const zs_sink *sink, zs_err *err);
/* A FINN folding file; FIFO depths [edge], or NULL: those of the flow. */
zs_status zs_folding_json_emit(zs_arena *scratch, const zs_plan_flow *flow, const uint32_t *depths,
                               const zs_sink *sink, zs_err *err);
zs_status zs_traffic_csv_emit(const zs_memory_params *memory, const zs_traffic_case *cases,
                              uint32_t n, const zs_sink *s, zs_err *err);
zs_status zs_traffic_table_emit(const zs_memory_params *memory, const zs_traffic_case *cases,
                                uint32_t n, const zs_sink *s, zs_err *err);
zs_status zs_traffic_json_emit(const zs_memory_params *memory, const zs_traffic_case *cases,
                               uint32_t n, const zs_sink *s, zs_err *err);
/* Rows of a sweep, one line each whatever its texts contain; columns: sweep.h. Unknown figures are
 * empty, except that a point without a plan does not fit. */
zs_status zs_sweep_header_emit(const zs_grid *grid, const zs_sink *s, zs_err *err);
zs_status zs_sweep_row_emit(const zs_grid *grid, const char *id, const zs_sweep_point *p,
                            const zs_sink *s, zs_err *err);
/* The answer of `sweep`. Table: rows, then the sentence. JSON: counts, rows below `key`, sentence.
 * CSV: the rows, or the counts where column_n is 0. */
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
/* Without a style, or without a width in it, lines are not shortened. */
zs_status zs_answer_table_emit(const zs_answer *a, const zs_table_style *style, const zs_sink *s,
                               zs_err *err);
zs_status zs_answer_csv_emit(const zs_answer *a, const zs_sink *s, zs_err *err);
zs_status zs_answer_json_emit(const zs_answer *a, const zs_sink *s, zs_err *err);
/* `validate`: finished sections that have rows. */
zs_status zs_validation_table_emit(const zs_section *const *sections, uint32_t n,
                                   const zs_table_style *style, const zs_sink *s, zs_err *err);
zs_status zs_validation_csv_emit(const zs_section *const *sections, uint32_t n, const zs_sink *s,
                                 zs_err *err);
zs_status zs_validation_json_emit(const zs_section *const *sections, uint32_t n, const zs_sink *s,
                                  zs_err *err);
/* `compare`: a line per figure, a column per result. Tables have the main figures, in several
 * blocks that each repeat the first column where the width is too small; CSV and JSON all rows. */
zs_status zs_comparison_table_emit(const zs_comparison *c, const zs_table_style *style,
                                   const zs_sink *s, zs_err *err);
zs_status zs_comparison_csv_emit(const zs_comparison *c, const zs_sink *s, zs_err *err);
zs_status zs_comparison_json_emit(const zs_comparison *c, const zs_sink *s, zs_err *err);
/* Per rung: time, speed-up over the previous and over the first rung, and layers that got slower.
 */
zs_status zs_ladder_table_emit(const zs_ladder *ladder, const zs_sink *s, zs_err *err);
zs_status zs_ladder_csv_emit(const zs_ladder *ladder, const zs_sink *s, zs_err *err);
zs_status zs_ladder_json_emit(const zs_ladder *ladder, const zs_sink *s, zs_err *err);
/* `check`: figures that changed, per design. The table ends with their number, and whether --bless
 * has just filled in the open ("?") figures; CSV and JSON have every changed figure. */
zs_status zs_check_table_emit(const zs_checked *files, uint32_t n, bool is_blessed,
                              const zs_table_style *style, const zs_sink *s, zs_err *err);
zs_status zs_check_csv_emit(const zs_checked *files, uint32_t n, const zs_sink *s, zs_err *err);
zs_status zs_check_json_emit(const zs_checked *files, uint32_t n, const zs_sink *s, zs_err *err);
/* JUnit XML: a suite per baseline, a case per design. */
zs_status zs_check_junit_emit(const zs_checked *files, uint32_t n, const zs_sink *s, zs_err *err);
/* The baseline with its figures updated: unchanged rows, comments and order are kept; layers follow
 * the result. New designs, all "?", get layers where the table has a column for them and every
 * other design has layers; with_layers: every design without layers gets them. */
zs_status zs_baseline_csv_emit(zs_arena *arena, const zs_checked *file, bool with_layers,
                               const zs_sink *s, zs_err *err);
/* `explain`: a line per resource, then sentences; in CSV and JSON every step. */
zs_status zs_explanation_table_emit(const zs_explanation *x, const zs_table_style *style,
                                    const zs_sink *s, zs_err *err);
zs_status zs_explanation_csv_emit(const zs_explanation *x, const zs_sink *s, zs_err *err);
zs_status zs_explanation_json_emit(const zs_explanation *x, const zs_sink *s, zs_err *err);
/* `train`: stages, memory and time, then every epoch of every run; CSV has the epochs alone. */
zs_status zs_accuracy_table_emit(const zs_accuracy_table *a, const zs_table_style *style,
                                 const zs_sink *s, zs_err *err);
zs_status zs_accuracy_csv_emit(const zs_accuracy_table *a, const zs_sink *s, zs_err *err);
zs_status zs_accuracy_json_emit(const zs_accuracy_table *a, const zs_sink *s, zs_err *err);
zs_status zs_training_table_emit(const zs_training *t, const zs_sink *s, zs_err *err);
zs_status zs_training_csv_emit(const zs_training *t, const zs_sink *s, zs_err *err);
zs_status zs_training_json_emit(const zs_training *t, const zs_sink *s, zs_err *err);
/* The recorded pipeline (zs_training_draw) as a trace, and the whole training as an HTML page. */
zs_status zs_training_trace_emit(const zs_training *t, const zs_sink *s, zs_err *err);
zs_status zs_training_html_emit(const zs_training *t, const zs_sink *s, zs_err *err);
/* A network with its weights as ONNX, opset 13: convolutions, fully connected layers, pools,
 * batch normalisation, sums, concatenations, relu and the like, softmax. ZS_EUNSUPPORTED names any
 * other layer. Packed data lie in `scratch`. */
zs_status zs_net_onnx_emit(zs_arena *scratch, const zs_net *net, const zs_sink *s, zs_err *err);
/* `sparsify`: zeros and remaining MACs by layer and in total; then, unless `g` is NULL, the MACs
 * that a row of PEs skips. */
zs_status zs_sparsity_table_emit(const zs_sparsity *p, const zs_sparse_grid *g,
                                 const zs_table_style *style, const zs_sink *s, zs_err *err);
zs_status zs_sparsity_csv_emit(const zs_sparsity *p, const zs_sparse_grid *g, const zs_sink *s,
                               zs_err *err);
zs_status zs_sparsity_json_emit(const zs_sparsity *p, const zs_sparse_grid *g, const zs_sink *s,
                                zs_err *err);
/* .npy 1.0, float32, C order. */
zs_status zs_npy_emit(const float *data, const uint64_t *dims, uint32_t dim_n, const zs_sink *s,
                      zs_err *err);
/* The same for integers of 8 bits, as int8 or uint8. */
zs_status zs_npy_emit_bytes(const float *data, bool has_sign, const uint64_t *dims, uint32_t dim_n,
                            const zs_sink *s, zs_err *err);
/* `show`: the resolved design as YAML that can be read again, with units and sources as comments.
 */
zs_status zs_design_yaml_emit(const zs_design *d, const zs_sink *s, zs_err *err);
/* A remark on a key, printed before its meaning. */
typedef struct zs_design_note {
    const char *path, *text;
} zs_design_note;
/* The same without keys at the defaults of board and kind, but with every key that has a note. */
zs_status zs_design_brief_emit(const zs_design *d, const zs_design_note *notes, uint32_t note_n,
                               const zs_sink *s, zs_err *err);
/* `optimise`: its result. */
typedef struct zs_found {
    const zs_design *design;
    const zs_result *result;
} zs_found;
typedef struct zs_optimum {
    bool goal_met, proven;
    double gap_frac; /* NAN: not known */
    uint64_t simulated;
    const char *const *paths; /* of the varied keys */
    uint32_t path_n;
    const zs_found *top; /* the best first; none: nothing meets the conditions */
    uint32_t top_n;
    const char *const *figures; /* names of the requested figures, shown with a few others */
    uint32_t figure_n;
    const char *sentence; /* how it ended */
    bool lists;           /* print all of `top`, not the first alone */
    zs_found before;      /* the design that was given */
} zs_optimum;
zs_status zs_optimum_table_emit(zs_arena *scratch, const zs_optimum *o, const zs_table_style *style,
                                const zs_sink *s, zs_err *err);
zs_status zs_optimum_csv_emit(zs_arena *scratch, const zs_optimum *o, const zs_sink *s,
                              zs_err *err);
zs_status zs_optimum_json_emit(const zs_optimum *o, const zs_sink *s, zs_err *err);
/* These settings as the lines below `layers:`. ZS_EIO. */
zs_status zs_layer_settings_emit(const zs_layer_setting *all, uint32_t n, const zs_sink *s);
/* `show`: the network as a table of layers with shapes, MACs, bytes. */
zs_status zs_net_table_emit(const zs_net *net, const zs_sink *s, zs_err *err);
/* The network for graphviz' dot: layers coloured by call, shapes on the edges; and the HTML page
 * around the SVG that dot makes of it. */
zs_status zs_net_graph_emit(const zs_net *net, const zs_plan *plan, const zs_sink *s, zs_err *err);
zs_status zs_graph_page_emit(const zs_net *net, zs_span svg, const zs_sink *s, zs_err *err);
/* The schedules of layers as lines of `layers:`, with the alternatives considered. ZS_EUNSUPPORTED
 * where no layer has one. */
zs_status zs_schedule_emit(const zs_design *design, const zs_net *net, const zs_plan *plan,
                           const zs_sink *s, zs_err *err);
/* `show`: buffers, resources by user, calls with their rows. */
zs_status zs_plan_tables_emit(const zs_design *d, const zs_plan *plan, const zs_fit *fit,
                              const zs_sink *s, zs_err *err);
/* `show --plan`: one line per op: index, kind, unit, box, slots, bytes or cycles, waits. */
zs_status zs_plan_listing_emit(const zs_design *d, const zs_net *net, const zs_plan *plan,
                               const zs_sink *s, zs_err *err);
/* `run --trace`: a finished run as Chrome trace events (JSON, microseconds, exact to the
 * picosecond) and as a value change dump (VCD, picoseconds). Sorting uses `scratch`. */
zs_status zs_trace_json_emit(zs_arena *scratch, const zs_design *d, const zs_trace *trace,
                             const zs_result *r, const zs_sink *s, zs_err *err);
zs_status zs_trace_vcd_emit(zs_arena *scratch, const zs_design *d, const zs_trace *trace,
                            const zs_result *r, const zs_sink *s, zs_err *err);
/* `show --fields`: reference page of all keys, as Markdown (also docs/reference/). */
zs_status zs_fields_markdown_emit(const zs_sink *s, zs_err *err);
/* docs/reference/results.md: every field of a result, as Markdown. */
zs_status zs_metrics_markdown_emit(const zs_sink *s, zs_err *err);
/* JSON Schema (draft 2020-12) of the design file. */
zs_status zs_schema_emit(const zs_sink *s, zs_err *err);

#endif
