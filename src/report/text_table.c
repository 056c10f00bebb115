#include "text_table_priv.h"

#include <string.h>

enum { LINE_MIN = 80, LINE_MAX = 120 };

size_t zs_text_line(const zs_table_style *style)
{
    if (style == NULL || style->columns == 0 || style->columns > LINE_MAX)
        return LINE_MAX;
    return style->columns < LINE_MIN ? LINE_MIN : style->columns;
}

/* ---- heads ----------------------------------------------------------------------------------- */

/* Piece `i` of a stacked head: "resources.", "dsp.", "used". NULL beyond the last. */
static const char *piece_of(const char *head, uint32_t i, size_t *bytes)
{
    for (;; i--) {
        const size_t stem = strcspn(head, ".");
        *bytes = stem + (head[stem] == '.');
        if (i == 0 || *bytes == 0)
            return *bytes > 0 ? head : NULL;
        head += *bytes;
    }
}

static uint32_t piece_n(const char *head)
{
    uint32_t n = 0;
    for (size_t bytes; piece_of(head, n, &bytes) != NULL;)
        n++;
    return n;
}

static size_t head_width(const char *head, bool is_stacked)
{
    size_t width = 0, bytes;
    if (!is_stacked)
        return zs_utf8_width(head);
    for (uint32_t i = 0; piece_of(head, i, &bytes) != NULL; i++)
        width = bytes > width ? bytes : width;
    return width;
}

/* ---- widths ---------------------------------------------------------------------------------- */

/* Of a line of what is shown, without the indent. */
static size_t shown_width(const zs_text_table *t)
{
    size_t all = 0;
    for (uint32_t c = 0; c < t->n; c++)
        all += t->is_hidden[c] ? 0 : t->columns[c].gap + t->width[c];
    return all;
}

static void set_widths(zs_text_table *t, const size_t *measured)
{
    for (uint32_t c = 0; c < t->n; c++) {
        const zs_text_column *column = &t->columns[c];
        const size_t head = head_width(column->head, t->is_stacked);
        size_t width = measured[c] > head ? measured[c] : head;
        width = width > column->least ? width : column->least;
        t->width[c] = column->most > 0 && width > column->most ? column->most : width;
        t->is_hidden[c] = t->line > 0 && t->line < column->from;
    }
}

static void start_row(zs_text_table *t)
{
    t->at = 0;
    t->before = t->indent;
    t->room = t->taken = 0;
}

void zs_text_ready(zs_text_table *t)
{
    size_t measured[ZS_TEXT_COLUMNS];
    if (t->is_ready)
        return;
    memcpy(measured, t->width, sizeof measured);
    set_widths(t, measured);
    if (t->stacks && t->line > 0 && t->indent + shown_width(t) > t->line) {
        t->is_stacked = true;
        set_widths(t, measured);
    }
    for (uint32_t c = 0; c < t->n && t->line > 0; c++) {
        const size_t width = t->indent + shown_width(t), least = t->columns[c].least;
        const size_t excess = width > t->line ? width - t->line : 0;
        if (t->columns[c].shrinks && t->width[c] > least)
            t->width[c] = t->width[c] > least + excess ? t->width[c] - excess : least;
    }
    t->is_ready = true;
    start_row(t);
}

void zs_text_show(zs_text_table *t, uint32_t kept, uint32_t from, uint32_t to)
{
    for (uint32_t c = kept; c < t->n; c++)
        t->is_hidden[c] = c < from || c >= to;
}

uint32_t zs_text_block(zs_text_table *t, uint32_t kept, uint32_t from)
{
    uint32_t to = from < t->n ? from + 1 : t->n;
    for (; to < t->n; to++) {
        zs_text_show(t, kept, from, to + 1);
        if (t->line > 0 && t->indent + shown_width(t) > t->line)
            break;
    }
    zs_text_show(t, kept, from, to);
    return to;
}

/* ---- cells ----------------------------------------------------------------------------------- */

static void write_text(zs_text_table *t, zs_paint paint, const char *text, size_t own)
{
    if (own == 0)
        return;
    if (t->taken == 0)
        zs_out_repeat(t->out, " ", t->before);
    if (paint != ZS_PAINT_NONE)
        zs_out_paint(t->out, paint);
    if (t->as_xml)
        zs_out_xml(t->out, text);
    else
        zs_out_name(t->out, text);
    if (paint != ZS_PAINT_NONE)
        zs_out_paint(t->out, ZS_PAINT_NONE);
    t->taken += own;
}

/* What the cell before leaves of its width is owed. */
static void open_cell(zs_text_table *t, size_t gap, size_t room)
{
    if (t->taken == 0)
        t->before += t->room;
    else
        t->before = t->room > t->taken ? t->room - t->taken : 0;
    t->before += gap;
    t->room = room;
    t->taken = 0;
}

void zs_text_measure(zs_text_table *t, uint32_t column, const char *text)
{
    const size_t own = zs_utf8_width(text);
    t->width[column] = own > t->width[column] ? own : t->width[column];
}

void zs_text_painted(zs_text_table *t, zs_paint paint, const char *text)
{
    const uint32_t c = t->at++;
    const zs_text_column *column = &t->columns[c];
    const size_t own = zs_utf8_width(text);
    if (!t->is_ready) {
        t->taken = own;
        zs_text_measure(t, c, text);
        return;
    }
    if (t->is_hidden[c])
        return;
    open_cell(t, column->gap, t->width[c]);
    if (own > t->room && (column->most > 0 || column->shrinks)) {
        write_text(t, paint, zs_utf8_shorten(text, t->room).text, t->room);
        return;
    }
    if (column->is_right && own > 0) {
        t->before += t->room > own ? t->room - own : 0;
        t->room = own;
    }
    write_text(t, paint, text, own);
}

void zs_text_cell(zs_text_table *t, const char *text)
{
    zs_text_painted(t, ZS_PAINT_NONE, text);
}

void zs_text_more(zs_text_table *t, zs_paint paint, const char *text)
{
    const uint32_t c = t->at - 1;
    const size_t own = zs_utf8_width(text);
    if (t->is_ready && !t->is_hidden[c])
        write_text(t, paint, text, own);
    if (t->is_ready)
        return;
    t->taken += own;
    t->width[c] = t->taken > t->width[c] ? t->taken : t->width[c];
}

void zs_text_span(zs_text_table *t, uint32_t n, const char *text)
{
    const uint32_t c = t->at;
    size_t room = t->width[c];
    t->at += n;
    if (!t->is_ready)
        return;
    for (uint32_t i = c + 1; i < c + n; i++)
        room += t->columns[i].gap + t->width[i];
    open_cell(t, t->columns[c].gap, room);
    write_text(t, ZS_PAINT_NONE, text, zs_utf8_width(text));
}

void zs_text_end_row(zs_text_table *t)
{
    if (t->is_ready)
        zs_out_text(t->out, "\n");
    start_row(t);
}

void zs_text_heads(zs_text_table *t, zs_paint paint)
{
    uint32_t line_n = 1;
    zs_text_ready(t);
    for (uint32_t c = 0; c < t->n && t->is_stacked; c++) {
        const uint32_t n = piece_n(t->columns[c].head);
        line_n = n > line_n ? n : line_n;
    }
    for (uint32_t line = 0; line < line_n; line++) {
        if (paint != ZS_PAINT_NONE)
            zs_out_paint(t->out, paint);
        for (uint32_t c = 0; c < t->n; c++) {
            const char *head = t->columns[c].head;
            char piece[128] = "";
            size_t bytes;
            if (t->is_stacked) { /* the last pieces stand on the last line */
                const uint32_t blank_n = line_n - piece_n(head);
                const char *at = line >= blank_n ? piece_of(head, line - blank_n, &bytes) : NULL;
                if (at != NULL)
                    memcpy(piece, at, bytes < sizeof piece ? bytes : sizeof piece - 1);
                head = piece;
            }
            zs_text_cell(t, head);
        }
        if (paint != ZS_PAINT_NONE)
            zs_out_paint(t->out, ZS_PAINT_NONE);
        zs_text_end_row(t);
    }
}

void zs_text_rule(zs_text_table *t)
{
    zs_out_paint(t->out, ZS_PAINT_FAINT);
    zs_out_repeat(t->out, "─", shown_width(t));
    zs_out_paint(t->out, ZS_PAINT_NONE);
    zs_out_text(t->out, "\n");
}
