/* validate.h - measured and published figures, and what the models predict for them.
 *
 * A reference is one table of measurements. Each case of it is simulated and gives one or more
 * checks: a figure predicted, the figure measured, a tolerance, a verdict. Checks of one kind make
 * a section, which has a mean error besides.
 *
 * Forms    runs      figures of whole designs, by name (sim/metrics.def, sim/layer_metrics.def)
 *          tile      total cycles of a tile engine in RTL (tile_case.h)
 *          dram      bandwidth and mean read latency of request patterns: the band that several
 *                    measurements span (traffic.h)
 *          memory    one figure of a pattern of requests, or of transfers over AXI ports (ports.h),
 *                    on the memory that the case describes
 *          axi       bursts, splits and clocks of DMA engines in RTL (axi_case.h)
 *          builds    resources of designs that were built, as their reports describe them (built.h)
 *          operators resources of operators, memories and blocks of interconnect on their own
 *          kernels   times of kernels that a compiler made, one per layer (nest.h)
 *          stream    rates of a card's DRAM channels, by loops over whole arrays (nest.h)
 *          systolic  clocks of a systolic array in RTL (systolic.h)
 *          convolver clocks of a streaming k x k convolver in RTL (flow.h)
 *          training  every weight after every cycle of pipelined training (train_case.h)
 *          training memory  what weights kept by pipedream add to the memory of plain training
 * Error    of a value: relative, predicted over measured less one. Of a band: the distance from its
 *          nearest end, relative to that; 0 inside. NAN where nothing but zero was measured.
 * Memory   references and sections belong to the arena they were built in. */
#ifndef ZYNQSIM_VALIDATE_H
#define ZYNQSIM_VALIDATE_H

#include "zynqsim/axi_case.h"
#include "zynqsim/base.h"
#include "zynqsim/built.h"
#include "zynqsim/dram.h"
#include "zynqsim/memsys.h"
#include "zynqsim/nest.h"
#include "zynqsim/sim.h"
#include "zynqsim/systolic.h"
#include "zynqsim/tile_case.h"
#include "zynqsim/pipeline.h"
#include "zynqsim/train_case.h"
#include "zynqsim/traffic.h"

/* ---- judging one figure ---------------------------------------------------------------------- */

/* The largest error that passes: the larger of both. Both 0: exact. */
typedef struct zs_tolerance {
    double frac;     /* of the measured value */
    double absolute; /* in the unit of the figure */
} zs_tolerance;

/* "exact", "5%", an absolute number, or two of them: "8%|30e-6". ZS_EPARSE, ZS_ERANGE with `text`
 * as the place. */
zs_status zs_tolerance_parse(const char *text, zs_tolerance *out, zs_err *err);
/* The same words; `bytes` of 32 are enough. */
void zs_tolerance_print(const zs_tolerance *t, char *text, size_t bytes);

typedef enum zs_verdict {
    ZS_INSIDE, /* within the tolerance */
    ZS_OUTSIDE,
    ZS_UNJUDGED, /* the measurements differ too much among themselves to judge by */
    ZS_REPORTED, /* compared, but no tolerance is given */
    ZS_VERDICT_N
} zs_verdict;
const char *zs_verdict_name(zs_verdict verdict);

typedef struct zs_check {
    const char *name;
    const char *scope; /* part of the case that the figure is of; "" for the whole */
    const char *figure, *unit;
    double predicted;
    double lo, hi; /* measured; equal for one value */
    zs_tolerance tolerance;
    const char *reason, *source; /* "" where there is nothing to say */
    double error_frac;           /* set by zs_check_judge, as is the verdict */
    zs_verdict verdict;
} zs_check;

/* Verdicts of ZS_UNJUDGED and ZS_REPORTED stay; the error is reported all the same. A prediction
 * that is not a number is outside. */
void zs_check_judge(zs_check *check);

/* ---- cases ----------------------------------------------------------------------------------- */

typedef enum zs_form {
    ZS_FORM_RUNS,
    ZS_FORM_TILE,
    ZS_FORM_DRAM,
    ZS_FORM_MEMORY,
    ZS_FORM_AXI,
    ZS_FORM_FLOW,
    ZS_FORM_BUILDS,
    ZS_FORM_OPERATORS,
    ZS_FORM_KERNELS,
    ZS_FORM_SYSTOLIC,
    ZS_FORM_CONVOLVER,
    ZS_FORM_TRAININGS,
    ZS_FORM_TRAINING_MEMORY,
    ZS_FORM_STREAM,
    ZS_FORM_N
} zs_form;

/* What a row of the table says of its figure: a value, or the ends of a band, and a tolerance. */
typedef struct zs_figure_measured {
    double lo, hi;
    bool is_reported; /* the tolerance is left open: compared, not judged */
    zs_tolerance tolerance;
} zs_figure_measured;

/* One figure of one simulated design. `scope` is "" for the whole network, "pipeline" for it in the
 * stages of its pipeline, else the name of a row of the result; where several rows have that name,
 * name#2 is the second of them. */
typedef struct zs_run_case {
    const char *name, *design, *set; /* set: "path=value;path=value" */
    zs_fidelity fidelity;
    const char *scope, *metric;
    bool of_pipeline;
    uint32_t metric_i; /* in zs_metrics; zs_pipeline_metrics; zs_layer_metrics of a row */
    zs_figure_measured measured;
    const char *reason, *source;
    uint32_t line; /* of the file */
    uint32_t run;  /* cases of one number have design, set and fidelity in common */
} zs_run_case;

typedef struct zs_tile_measured {
    const char *name, *reason, *source;
    zs_tile_case engine;
    uint64_t total_cycles;
} zs_tile_measured;

/* How far the measurements of a band agree: within 3 %, within 10 %, or less. */
typedef enum zs_agreement { ZS_TIGHT, ZS_MEDIUM, ZS_LOOSE } zs_agreement;

typedef struct zs_band {
    bool is_given;
    double lo, hi;
    zs_agreement agreement;
} zs_band;

typedef struct zs_dram_measured {
    const char *name, *reason, *source;
    const char *spec; /* of the requests (traffic.h); checked when the table was read */
    bool refresh_off;
    zs_band frac_peak, rd_lat_mean_ns;
} zs_dram_measured;

/* What a pattern of requests may be asked for. */
typedef enum zs_memory_figure {
    ZS_MEMORY_FRAC_PEAK,
    ZS_MEMORY_BYTES_PER_S,
    ZS_MEMORY_RD_LAT_MEAN_NS, /* not of ports */
    ZS_MEMORY_FIGURE_N
} zs_memory_figure;
const char *zs_memory_figure_name(zs_memory_figure figure);

typedef struct zs_memory_measured {
    const char *name, *reason, *source;
    const char *set;  /* "path=value;..." over the default design */
    const char *spec; /* of the requests (traffic.h, ports.h); checked when the table was read */
    zs_memory_figure figure;
    zs_figure_measured measured;
} zs_memory_measured;

/* Figures of zs_axi_case_result in the order of its columns: counts, then clocks. */
enum { ZS_AXI_COUNTS = 4, ZS_AXI_FIGURES = 13 };
extern const char *const zs_axi_figure_names[ZS_AXI_FIGURES];
#define ZS_AXI_UNMEASURED UINT64_MAX

typedef struct zs_axi_measured {
    const char *name, *reason, *source;
    zs_axi_case setup;
    uint64_t figures[ZS_AXI_FIGURES]; /* ZS_AXI_UNMEASURED where there is none */
    zs_axi_event trace[ZS_AXI_TRACE]; /* the first read bursts */
    uint32_t trace_n;
} zs_axi_measured;

/* A chain of streaming nodes in RTL. Lists are as the cells have them: clocks and fills with
 * semicolons between; -1: nothing moved. */
typedef struct zs_flow_measured {
    const char *name, *reason, *source;
    const char *chain;
    uint64_t images, words_in, words_out;
    uint32_t input_gap;
    bool is_deadlock;
    /* NULL where there is none */
    const char *interval, *first_output, *last_output, *input_stall_cycles, *fifo_max, *edge_first,
        *edge_last;
    const char *words_found; /* words of all FIFOs at the depths that the source's own search found
                              * to cost no throughput */
} zs_flow_measured;

/* Where a kernel has the sums it works on. */
typedef enum zs_kernel_sums {
    ZS_KERNEL_SUMS_GLOBAL,
    ZS_KERNEL_SUMS_REGISTER,
    ZS_KERNEL_SUMS_ARRAY /* a plane of outputs on chip */
} zs_kernel_sums;

/* One kernel of a network; those of one net and name are the same layer in different styles. */
typedef struct zs_kernel_measured {
    const char *net, *variant, *name, *op, *reason, *source;
    const char *nest;   /* its loops (nest.h); "" where the table does not have them */
    const char *design; /* kernels that are in the device together; "": alone */
    double clock_hz, seconds;
    uint32_t cin, cout, k, hout, wout, stride; /* of a convolution; 0: not given */
    zs_kernel_sums sums;
    bool input_is_local; /* windows are read from an array on chip */
    bool source_matches; /* the published code is that of the measured kernel; else reported */
} zs_kernel_measured;

/* STREAM on a card: rates of loops over two (copy, scale) or three (add, triad) arrays. */
enum { ZS_STREAM_LOOPS = 4 };
typedef struct zs_stream_measured {
    const char *name, *setting, *source; /* setting: version of the compiler */
    bool is_interleaved;                 /* arrays over all channels; else one each */
    double clock_hz;
    double bytes_per_s[ZS_STREAM_LOOPS]; /* copy, scale, add, triad */
} zs_stream_measured;

/* An array in RTL that never waits, neither for operands nor for room for results. */
typedef struct zs_systolic_measured {
    const char *name, *reason, *source;
    zs_systolic array;
    uint64_t depth, tiles; /* products of a sum; tiles, each of rows x cols sums */
    zs_systolic_times times;
} zs_systolic_measured;

/* A pixel a clock of an n x n map, windows of k x k. Clock 0: the first pixel. */
typedef struct zs_convolver_measured {
    const char *name, *reason, *source;
    uint32_t n, k, stride;
    uint64_t first_valid, last_valid, outputs, end;
} zs_convolver_measured;

typedef struct zs_training_measured {
    zs_train_case setup;
    const double *expected[2]; /* [ZS_TRAIN_*][cycle][param]; NaN: not given */
} zs_training_measured;

/* Memory of plain training is activations x batch + weights; the fractions are what pipedream and
 * stale training need more, relative to that. */
typedef struct zs_training_memory_measured {
    const char *name, *reason, *source;
    uint32_t pairs; /* of registers */
    double base_bytes, weights_bytes;
    double pipedream_frac, stale_frac;
} zs_training_memory_measured;

typedef struct zs_reference {
    const char *path;
    zs_form form;
    uint32_t case_n;
    const zs_run_case *runs; /* of these lists the one of the form */
    uint32_t run_n;          /* different runs */
    const zs_tile_measured *tiles;
    const zs_dram_measured *drams;
    const zs_memory_measured *memories;
    const zs_axi_measured *axis;
    const zs_flow_measured *flows;
    const zs_build_measured *builds;
    const zs_operator_measured *operators;
    const zs_kernel_measured *kernels;
    const zs_systolic_measured *systolics;
    const zs_convolver_measured *convolvers;
    const zs_training_measured *trainings;
    const zs_training_memory_measured *training_memories;
    const zs_stream_measured *streams;
} zs_reference;

const char *zs_reference_case_name(const zs_reference *ref, uint32_t i);

/* ---- sections -------------------------------------------------------------------------------- */

enum { ZS_SECTIONS_OF_FORM = 4 }; /* at the most */

typedef struct zs_section {
    const char *path, *title;
    zs_check *checks;
    uint32_t n, capacity;
    double mean_limit_frac;   /* of the mean error; 0: none */
    double median_limit_frac; /* of the median error; 0: none */
    double inside_frac;       /* least share of the judged checks that must be inside; 0: all */
    /* set by zs_section_close */
    uint32_t inside, outside, unjudged, reported;
    double mean_frac, worst_frac;   /* of errors that are judged and defined; NAN without any */
    double median_frac;             /* likewise */
    double worst_reported_frac;     /* of those that are reported */
    uint32_t worst, worst_reported; /* checks */
    bool passes;                    /* enough inside, mean and median within their limits */
} zs_section;

/* Sections for the checks of a reference, empty. ZS_ENOMEM. */
zs_status zs_sections_build(zs_arena *arena, const zs_reference *ref, zs_section **out,
                            zs_err *err);
/* Simulates case i of any form but runs, and appends its checks to the sections of the reference.
 * `memory` is what DRAM patterns run on. */
zs_status zs_case_check(zs_arena *scratch, const zs_memory_params *memory, const zs_reference *ref,
                        uint32_t i, zs_section *sections, zs_err *err);
/* Looks the figure of case i up in the result of its run, or in its pipeline, and appends the
 * check. ZS_EUSAGE where the result has no such row, or more than one. */
zs_status zs_run_pipeline_check(const zs_reference *ref, uint32_t i, const zs_pipeline *pipeline,
                                zs_section *sections);
zs_status zs_run_check(const zs_reference *ref, uint32_t i, const zs_result *result,
                       zs_section *sections, zs_err *err);
void zs_section_close(zs_section *section);

#endif
