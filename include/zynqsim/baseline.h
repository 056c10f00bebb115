/* baseline.h - figures that designs are expected to have, and what moved.
 *
 * A baseline is a table with one row per design and, where wanted, one per layer below it:
 *
 *   # a comment
 *   design,set,fidelity,layer,cycles,cycles.tolerance,dram.read_bytes
 *   ../squeezenet.yaml,batch=2;accelerator.fusion=lf1,tile,,26902118,0.5%,52428800
 *   ,,,conv1,1317698,,1332568
 *
 * design     relative to the table; a row without one is a layer of the design above it
 * set        settings over the design file; optional, as are the next two
 * fidelity   bound, tile or burst; empty is burst
 * layer      name of a row of the result; name#2 for the second where several have it
 * others     figures by the names of metrics.def; in rows of layers those of layer_metrics.def,
 *            where dram.read_bytes is dram_read_bytes and traffic.input_bytes is input_bytes.
 *            An empty cell is not compared, "?" is expected to be filled in.
 * .tolerance a column METRIC.tolerance says how far off is near enough ("exact", "0.5%", an
 * absolute number, or two with a bar between); a layer without one takes that of its design. Else
 *            it is as metrics.def says: counts are exact.
 * Memory     the arena's. */
#ifndef ZYNQSIM_BASELINE_H
#define ZYNQSIM_BASELINE_H

#include "zynqsim/base.h"
#include "zynqsim/figures.h"
#include "zynqsim/validate.h"

#define ZS_NO_ROW UINT32_MAX

typedef struct zs_baseline_column {
    const char *name;
    uint32_t metric, layer_metric; /* ZS_NO_METRIC where only the other has it */
    uint32_t cell;                 /* column of the table */
} zs_baseline_column;

typedef struct zs_expected {
    bool is_given, is_open; /* open: "?" */
    zs_value value;
    zs_tolerance tolerance;
} zs_expected;

typedef struct zs_baseline_row {
    const char *layer;        /* "" for the whole network */
    const char *const *texts; /* [table column] as the file has them */
    const zs_expected *cells; /* [column] */
    uint32_t line;
} zs_baseline_row;

/* One design: its own row, then rows of layers. */
typedef struct zs_baseline_case {
    const char *design, *set;
    zs_fidelity fidelity;
    uint32_t row0, row_n;
} zs_baseline_case;

/* The file as it was written, record by record. */
typedef struct zs_baseline_line {
    const char *raw;
    uint32_t row; /* ZS_NO_ROW: the header, a comment, a blank line */
    uint32_t number;
} zs_baseline_line;

typedef struct zs_baseline {
    const char *path;
    const char *const *headers; /* [table column] */
    uint32_t header_n, layer_cell;
    const zs_baseline_column *columns;
    const zs_baseline_row *rows;
    const zs_baseline_case *cases;
    const zs_baseline_line *lines;
    uint32_t column_n, row_n, case_n, line_n;
} zs_baseline;

/* ---- judging --------------------------------------------------------------------------------- */

typedef enum zs_move_kind {
    ZS_MOVED,
    ZS_OPEN, /* nothing was expected yet */
    ZS_GONE, /* the result has no such layer */
    ZS_NEW   /* a layer that the baseline does not have, of a design with layers */
} zs_move_kind;

typedef struct zs_move {
    zs_move_kind kind;
    const char *layer;  /* "" for the whole network */
    const char *figure; /* "" for GONE and NEW */
    const char *unit;
    zs_value old, now;
    double delta, change_frac; /* NAN where there is none */
} zs_move;

typedef struct zs_case_verdict {
    const zs_move *moves; /* the whole network first, then layers by how far they moved */
    uint32_t move_n, compared_n;
    /* "307 DSP of 220": what a design exceeds, unless its row says fits = 0; "" otherwise. Shown,
     * but a move only where the row says that it fits: a baseline may be of designs for larger
     * parts. */
    const char *misfit;
    double seconds; /* that the simulation took; set by the caller */
} zs_case_verdict;

/* ZS_ENOMEM. */
zs_status zs_baseline_judge(zs_arena *arena, const zs_baseline *baseline, uint32_t case_index,
                            const zs_figures *figures, zs_case_verdict *out, zs_err *err);

/* A baseline and what each of its designs came to. */
typedef struct zs_checked {
    const zs_baseline *baseline;
    const zs_case_verdict *verdicts; /* [case] */
    const zs_figures *figures;       /* [case] */
} zs_checked;

/* Layers by the names that a baseline has for them: "conv1", "add#2". [figures->layer_n] */
zs_status zs_layer_names_build(zs_arena *arena, const zs_figures *figures, const char *const **out,
                               zs_err *err);

#endif
