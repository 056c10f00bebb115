/* One line through libcsv, with the cells put back into the line. */
#include "zynqsim/table.h"

#include <csv.h>
#include <string.h>

typedef struct cutter {
    char *to; /* behind the cells so far: never ahead of what has been read */
    const char **cells;
    uint32_t n, room, row_n;
} cutter;

static void take_cell(void *data, size_t bytes, void *ctx)
{
    cutter *c = ctx;
    if (c->n++ >= c->room)
        return;
    if (bytes > 0)
        memcpy(c->to, data, bytes);
    c->to[bytes] = '\0';
    c->cells[c->n - 1] = c->to;
    c->to += bytes + 1;
}

static void end_row(int terminator, void *ctx)
{
    (void)terminator;
    ((cutter *)ctx)->row_n++;
}

/* Blanks around a cell are its own. */
static int is_no_blank(unsigned char character)
{
    (void)character;
    return 0;
}

zs_status zs_csv_line_cut(char *line, const char **cells, uint32_t room, uint32_t *n)
{
    cutter c = {.to = line, .cells = cells, .room = room};
    const size_t bytes = strlen(line);
    struct csv_parser csv;
    if (bytes == 0)
        take_cell(line, 0, &c);
    if (csv_init(&csv, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return ZS_ENOMEM;
    csv_set_space_func(&csv, is_no_blank);
    const bool is_sound = csv_parse(&csv, line, bytes, take_cell, end_row, &c) == bytes &&
                          csv_fini(&csv, take_cell, end_row, &c) == 0;
    const bool is_short = csv_error(&csv) == CSV_ENOMEM;
    csv_free(&csv);
    if (!is_sound && is_short)
        return ZS_ENOMEM;
    if (!is_sound || c.n > room || c.row_n > 1)
        return ZS_EPARSE;
    *n = c.n;
    return ZS_OK;
}
