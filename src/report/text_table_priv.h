/* text_table_priv.h - tables of text: columns that know their widths, cells put one by one.
 *
 * Rows that are put before zs_text_heads or zs_text_ready are measured, those behind it written: a
 * function that puts a row serves both. A listing whose widths are known needs no first pass.
 *
 * Widths   a column takes what its head and its longest measured cell take, within its limits. A
 *          cell that is longer than `most` allows ends in an ellipsis; where there is no such
 *          limit, a cell that was not measured pushes what follows it to the right.
 * Lines    where the table is wider than `line`, heads that may be stacked are, columns that may
 *          shrink do, and what still does not fit can be put below (zs_text_block). Columns that
 *          are not shown take their cells and drop them.
 * Blanks   no line ends in blanks: they are owed until something follows.
 * Memory   a table holds no text of cells; heads stay the caller's. */
#ifndef ZYNQSIM_TEXT_TABLE_PRIV_H
#define ZYNQSIM_TEXT_TABLE_PRIV_H

#include "out_priv.h"
#include "zynqsim/report.h"

enum { ZS_TEXT_COLUMNS = 256 };

typedef struct zs_text_column {
    const char *head;
    uint32_t least, most; /* of its width; most 0: no limit */
    uint32_t gap;         /* blanks before it */
    bool is_right;
    bool shrinks;  /* down to `least` where the line is short */
    uint32_t from; /* length of a line from which it is shown */
} zs_text_column;

typedef struct zs_text_table {
    zs_out *out;
    const zs_text_column *columns;
    uint32_t n;    /* at most ZS_TEXT_COLUMNS */
    size_t line;   /* length of a line; 0: as long as it comes */
    size_t indent; /* of every line */
    bool stacks;   /* heads may be stacked at their dots */
    bool as_xml;   /* cells become text of an XML element */
    /* ---- kept by the table: begins as zeros */
    size_t width[ZS_TEXT_COLUMNS];
    bool is_hidden[ZS_TEXT_COLUMNS];
    bool is_ready, is_stacked;
    uint32_t at;                /* column of the next cell */
    size_t before, room, taken; /* of the open cell: blanks owed before it, width, text so far */
} zs_text_table;

/* The next cell of the row. */
void zs_text_cell(zs_text_table *t, const char *text);
void zs_text_painted(zs_text_table *t, zs_paint paint, const char *text);
/* Goes on in the cell that was put last, which must be aligned left. */
void zs_text_more(zs_text_table *t, zs_paint paint, const char *text);
/* One cell, aligned left, in the place of the next `n`. */
void zs_text_span(zs_text_table *t, uint32_t n, const char *text);
void zs_text_end_row(zs_text_table *t);

/* Makes room in one column, for cells that come later. */
void zs_text_measure(zs_text_table *t, uint32_t column, const char *text);
/* Ends measuring. */
void zs_text_ready(zs_text_table *t);
/* The same, then the line or lines of the heads; again for every block. */
void zs_text_heads(zs_text_table *t, zs_paint paint);
/* A rule as wide as the table. */
void zs_text_rule(zs_text_table *t);
/* Columns before `kept`, and those from `from` to before `to`, are shown, no others. */
void zs_text_show(zs_text_table *t, uint32_t kept, uint32_t from, uint32_t to);
/* The same with as many columns as there is room for, one at least; returns `to`. */
uint32_t zs_text_block(zs_text_table *t, uint32_t kept, uint32_t from);

/* Columns of a page on this terminal: 80 to 120. */
size_t zs_text_line(const zs_table_style *style);

#endif
