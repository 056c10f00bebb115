#include "zynqsim/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint32_t zs_table_column(const zs_table *t, const char *name)
{
    for (uint32_t i = 0; i < t->column_n; i++)
        if (strcmp(t->columns[i], name) == 0)
            return i;
    return ZS_NO_COLUMN;
}

zs_status zs_table_need(const zs_table *t, const char *name, uint32_t *column, zs_err *err)
{
    const uint32_t found = zs_table_column(t, name);
    if (found != ZS_NO_COLUMN) {
        *column = found;
        return ZS_OK;
    }
    char there[256] = "";
    for (uint32_t i = 0; i < t->column_n && strlen(there) < 200; i++) {
        const size_t at = strlen(there);
        snprintf(there + at, sizeof there - at, "%s%.32s", i > 0 ? ", " : "", t->columns[i]);
    }
    return zs_fail(err, ZS_EPARSE, t->path, "there is no column \"%s\"; the columns are %s", name,
                   there);
}

const char *zs_table_text(const zs_table *t, uint32_t row, uint32_t column, const char *missing)
{
    return column == ZS_NO_COLUMN ? missing : t->cells[(size_t)row * t->column_n + column];
}

zs_status zs_table_fail(const zs_table *t, uint32_t row, uint32_t column, zs_status status,
                        zs_err *err, const char *fmt, ...)
{
    char text[320], place[192];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    snprintf(place, sizeof place, "%.120s:%u, %.40s", t->path, t->lines[row],
             column == ZS_NO_COLUMN ? "row" : t->columns[column]);
    return zs_fail(err, status, place, "%s", text);
}

zs_status zs_table_number(const zs_table *t, uint32_t row, uint32_t column, double min, double max,
                          double *out, zs_err *err)
{
    const char *text = zs_table_text(t, row, column, "");
    double value = 0;
    const char *end = zs_read_real(text, &value);
    if (text[0] == '0' && text[1] == 'x') { /* addresses */
        const size_t digits = strspn(text + 2, "0123456789abcdefABCDEF");
        value = (double)strtoull(text + 2, NULL, 16);
        end = digits > 0 ? text + 2 + digits : NULL;
    }
    if (end == NULL || *end != '\0')
        return zs_table_fail(t, row, column, ZS_EPARSE, err, "\"%.40s\" is not a number", text);
    if (!isfinite(value) || value < min || value > max)
        return zs_table_fail(t, row, column, ZS_ERANGE, err, "%.40s is outside %.17g to %.17g",
                             text, min, max);
    *out = value;
    return ZS_OK;
}

zs_status zs_table_count(const zs_table *t, uint32_t row, uint32_t column, uint64_t min,
                         uint64_t max, uint64_t *out, zs_err *err)
{
    double value = 0;
    ZS_TRY(zs_table_number(t, row, column, (double)min, (double)max, &value, err));
    if (value != floor(value))
        return zs_table_fail(t, row, column, ZS_EPARSE, err, "%.40s is not a whole number",
                             zs_table_text(t, row, column, ""));
    *out = (uint64_t)value;
    return ZS_OK;
}

zs_status zs_table_word(const zs_table *t, uint32_t row, uint32_t column, const char *const *words,
                        uint32_t n, const char *expected, uint32_t *out, zs_err *err)
{
    const char *text = zs_table_text(t, row, column, "");
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(text, words[i]) == 0) {
            *out = i;
            return ZS_OK;
        }
    return zs_table_fail(t, row, column, ZS_EPARSE, err, "\"%.40s\" is not %s", text, expected);
}
