/* table.h - a CSV file as named columns and cells of text.
 *
 * Reads   RFC 4180: quoted cells with commas, quotes and line breaks; CRLF or LF; a UTF-8 byte
 *         order mark. Blank lines are no rows, blanks around an unquoted cell are dropped.
 * Refuses rows that are longer or shorter than the header, quotes that do not close, two columns of
 *         one name, zero bytes, more than 16 MiB or 1024 columns.
 * Memory  the arena's; the bytes are not needed afterwards.
 * Errors  ZS_EPARSE and ZS_ERANGE with file:line as the place; ZS_ENOMEM. */
#ifndef ZYNQSIM_TABLE_H
#define ZYNQSIM_TABLE_H

#include "zynqsim/base.h"

enum { ZS_TABLE_BYTES_MAX = 16 << 20, ZS_TABLE_COLUMNS_MAX = 1024 };
#define ZS_NO_COLUMN UINT32_MAX

typedef struct zs_table {
    const char *path;
    const char *const *columns; /* [column] as the header names them */
    const char *const *cells;   /* [row][column], never NULL */
    const uint32_t *lines;      /* [row] where it begins; the header is in line 1 or below */
    uint32_t column_n, row_n;
} zs_table;

zs_status zs_table_parse(zs_arena *arena, zs_span bytes, const char *path, zs_table *out,
                         zs_err *err);
/* A line of the file as it is written; of a row all its lines. */
typedef struct zs_table_line {
    const char *raw; /* without the last LF */
    uint32_t row;    /* ZS_TABLE_NO_ROW: the header, a comment, a blank line */
    uint32_t number;
} zs_table_line;
#define ZS_TABLE_NO_ROW UINT32_MAX
/* A table with comments, which are lines that begin with #, and all its lines, for who writes the
 * file again. ZS_EPARSE also for lines that end in CR alone. */
zs_status zs_table_lines_parse(zs_arena *arena, zs_span bytes, const char *path, zs_table *out,
                               const zs_table_line **lines, uint32_t *line_n, zs_err *err);
/* The header alone: a table of no rows, whatever follows. */
zs_status zs_table_header_parse(zs_arena *arena, zs_span bytes, const char *path, zs_table *out,
                                zs_err *err);

/* Index of a column, ZS_NO_COLUMN when there is none of that name. */
uint32_t zs_table_column(const zs_table *table, const char *name);
/* The same, for a column that must be there: ZS_EPARSE names it and those that are. */
zs_status zs_table_need(const zs_table *table, const char *name, uint32_t *column, zs_err *err);
/* Text of a cell; `missing` where the table has no such column. */
const char *zs_table_text(const zs_table *table, uint32_t row, uint32_t column,
                          const char *missing);
/* A finite number within limits, in decimal or 0x notation. */
zs_status zs_table_number(const zs_table *table, uint32_t row, uint32_t column, double min,
                          double max, double *out, zs_err *err);
/* A whole number, likewise; up to 2^53. */
zs_status zs_table_count(const zs_table *table, uint32_t row, uint32_t column, uint64_t min,
                         uint64_t max, uint64_t *out, zs_err *err);
/* Which of n words a cell is. `expected` lists them for the message: "bound, tile or burst". */
zs_status zs_table_word(const zs_table *table, uint32_t row, uint32_t column,
                        const char *const *words, uint32_t n, const char *expected, uint32_t *out,
                        zs_err *err);
/* Fails with the cell as the place: "file:line, column". */
zs_status zs_table_fail(const zs_table *table, uint32_t row, uint32_t column, zs_status status,
                        zs_err *err, const char *fmt, ...) ZS_PRINTF(6, 7);

/* One line without its end, cut into cells in place: what sweeps write, where no cell has a line
 * break. ZS_EPARSE: more than `room` cells, or quotes that do not close; ZS_ENOMEM. */
zs_status zs_csv_line_cut(char *line, const char **cells, uint32_t room, uint32_t *n);

#endif
