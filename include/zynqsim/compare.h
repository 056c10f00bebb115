/* compare.h - results side by side, with ratios to the first.
 *
 * Rows     figures of the whole network (study/compare.def), then, on request, of layers.
 * Layers   are matched by the names of their rows. A row that every column has stands for itself;
 *          rows that are fused differently are put together until all columns speak of the same
 *          work: "conv1+pool1" of one stands beside "conv1" and "pool1" of another.
 * Batches  where a column has a batch of more than one image, what is counted per batch has a row
 *          per image besides, "cycles_per_image".
 * Memory   the arena's; figures that are compared must outlive the comparison. */
#ifndef ZYNQSIM_COMPARE_H
#define ZYNQSIM_COMPARE_H

#include "zynqsim/base.h"
#include "zynqsim/figures.h"

enum { ZS_COMPARE_COLUMNS = 16 };

/* How a figure is written, and what its change is: a ratio, or points of a share. */
typedef enum zs_compare_as {
    ZS_AS_COUNT,
    ZS_AS_BYTES,
    ZS_AS_TIME, /* seconds */
    ZS_AS_REAL,
    ZS_AS_JOULES,
    ZS_AS_SHARE, /* 0..1; has no ratio */
    ZS_AS_YES    /* 0 or 1; has no ratio */
} zs_compare_as;

typedef struct zs_compare_row {
    const char *section; /* "time": rows of one section follow each other */
    const char *scope;   /* "" for the whole network, else the layers */
    const char *figure;  /* name of the metric, or of one made from it */
    const char *title, *unit;
    zs_compare_as as;
    bool is_headline;     /* what a table of limited room has */
    const double *values; /* [column]; NAN where unknown */
    const double *ratios; /* [column] to the first; NAN where there is none */
} zs_compare_row;

typedef struct zs_comparison {
    const zs_figures *columns;
    uint32_t column_n;
    zs_compare_row *rows;
    uint32_t row_n, capacity;
    const char *head; /* what the labels of the columns are values of; "" for names */
    bool has_batches; /* a column has more than one image */
} zs_comparison;

/* ZS_EUSAGE without columns or with more than ZS_COMPARE_COLUMNS; ZS_ENOMEM. */
zs_status zs_comparison_build(zs_arena *arena, const zs_figures *columns, uint32_t column_n,
                              bool with_layers, zs_comparison *out, zs_err *err);

/* ---- one switch after the other -------------------------------------------------------------- */

/* A layer is called slower from 2 thousandths more cycles on: below lies scheduling noise. */
enum { ZS_LADDER_SLOWER = 2 };

/* Column 0 has none of the switches, each further one `words[i]` more than the one before. */
typedef struct zs_ladder {
    const zs_figures *columns;
    const char *const *words; /* of column 0 "base" */
    uint32_t n;
} zs_ladder;

/* ---- rows that do the same work -------------------------------------------------------------- */

typedef struct zs_row_groups {
    const char *const *names; /* [group] */
    uint32_t n;
    const uint32_t *const *of; /* [column][layer] -> group */
} zs_row_groups;

/* Puts rows of several results into groups that do the same work in every column that has them:
 * rows of one name, and rows that some column has fused. A group is called after all its rows, in
 * the order of the first column. ZS_ENOMEM. */
zs_status zs_row_groups_build(zs_arena *arena, const zs_figures *columns, uint32_t column_n,
                              zs_row_groups *out, zs_err *err);

#endif
