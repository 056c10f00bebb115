/* Validates rows of a sweep that are read back: every cell against its column. */
#include "zynqsim/figures.h"
#include "zynqsim/sweep.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t zs_sweep_sum(uint64_t sum, const void *data, size_t bytes)
{
    const uint8_t *at = data;
    for (size_t i = 0; i < bytes; i++)
        sum = (sum ^ at[i]) * UINT64_C(0x100000001b3);
    return sum;
}

uint64_t zs_sweep_line_sum(const char *line, size_t bytes)
{
    const char *first = memchr(line, ',', bytes), *second = NULL;
    if (first != NULL)
        second = memchr(first + 1, ',', bytes - (size_t)(first + 1 - line));
    if (second == NULL)
        return zs_sweep_sum(ZS_SWEEP_SUM_BEGIN, line, bytes);
    const uint64_t sum = zs_sweep_sum(ZS_SWEEP_SUM_BEGIN, line, (size_t)(first - line));
    return zs_sweep_sum(sum, second, bytes - (size_t)(second - line));
}

zs_sum_text zs_sweep_sum_text(uint64_t sum)
{
    zs_sum_text out;
    snprintf(out.text, sizeof out.text, "x%016llx", (unsigned long long)sum);
    return out;
}

/* ---- columns --------------------------------------------------------------------------------- */

static uint32_t find(const char *const *names, uint32_t n, const char *name)
{
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return n;
}

static uint32_t metric_of(const char *name)
{
    for (uint32_t m = 0; m < zs_metric_n; m++)
        if (strcmp(zs_metrics[m].name, name) == 0)
            return m;
    return ZS_NO_INDEX;
}

/* Requires the figures in the order of metrics.def, so that swapped columns are detected. */
static zs_status find_figures(zs_sweep_columns *c, zs_err *err)
{
    uint32_t least = 0;
    for (uint32_t i = 0; i < c->n; i++)
        c->metric[i] = ZS_NO_INDEX;
    for (uint32_t i = c->problem + 1; i < c->checksum; i++) {
        c->metric[i] = metric_of(c->names[i]);
        if (c->metric[i] == ZS_NO_INDEX || c->metric[i] < least)
            return zs_fail(err, ZS_EPARSE, c->names[i],
                           "is no figure, or not where a sweep has it");
        least = c->metric[i] + 1;
    }
    return ZS_OK;
}

zs_status zs_sweep_columns_find(const char *const *names, uint32_t n, zs_sweep_columns *out,
                                zs_err *err)
{
    zs_sweep_columns c = {.names = names, .n = n};
    c.outcome = find(names, n, "outcome");
    c.meets = c.outcome + 1;
    c.problem = c.outcome + 2;
    c.checksum = find(names, n, ZS_SWEEP_CHECKSUM);
    if (n < 2 || n > ZS_SWEEP_COLUMNS_MAX || strcmp(names[0], "point") != 0 ||
        strcmp(names[1], "sweep") != 0)
        return zs_fail(err, ZS_EPARSE, "",
                       "is no file of a sweep: its first line would begin with point,sweep");
    if (c.outcome < 2 || c.problem >= n || strcmp(names[c.meets], "meets") != 0 ||
        strcmp(names[c.problem], "problem") != 0)
        return zs_fail(
            err, ZS_EPARSE, "outcome",
            "is not there with meets and problem behind it, as in every file of a sweep");
    if (c.checksum == n || c.checksum < c.problem)
        return zs_fail(err, ZS_EPARSE, ZS_SWEEP_CHECKSUM,
                       "is no column of this file: its rows cannot be told from damaged ones");
    if (c.checksum != n - 1)
        return zs_fail(err, ZS_EPARSE, ZS_SWEEP_CHECKSUM, "is not the last column of this file");
    c.key_n = c.outcome - 2;
    for (uint32_t i = 2; i < c.outcome; i++)
        if (!zs_axis_is_key(names[i]) || find(names, n, names[i]) != i)
            return zs_fail(err, ZS_EPARSE, names[i], "is no key of a design, or there twice");
    ZS_TRY(find_figures(&c, err));
    *out = c;
    return ZS_OK;
}

/* ---- cells ----------------------------------------------------------------------------------- */

static bool is_count(const char *text)
{
    const size_t n = strspn(text, "0123456789");
    const bool is_padded = text[0] == '0' && n > 1;
    return n > 0 && text[n] == '\0' && !is_padded &&
           (n < 20 || (n == 20 && strcmp(text, "18446744073709551615") <= 0));
}

static bool is_real(const char *text)
{
    char *end;
    if (text[0] == '\0' || text[strspn(text, "0123456789+-.e")] != '\0')
        return false;
    const double value = strtod(text, &end);
    return *end == '\0' && isfinite(value);
}

static bool is_flag(const char *text)
{
    return (text[0] == '0' || text[0] == '1') && text[1] == '\0';
}

/* DIGEST/POINTS/BUILD, the same in all rows of a sweep; rows of old builds lack BUILD. Not covered
 * by the check sum. */
static bool is_sweep(const char *text)
{
    enum { DIGEST_DIGITS = 16 };
    const char *points = text + DIGEST_DIGITS + 1;
    if (strspn(text, "0123456789abcdef") != DIGEST_DIGITS || text[DIGEST_DIGITS] != '/')
        return false;
    const size_t n = strspn(points, "0123456789");
    return n > 0 && (points[n] == '\0' || (points[n] == '/' && points[n + 1] != '\0'));
}

/* A block type that some device family lacks. */
static bool is_of_some_families(uint32_t metric)
{
    for (uint32_t f = 0; f < ZS_FAMILY_N; f++)
        if (!zs_metric_is_on(metric, 1u << f))
            return true;
    return false;
}

/* The error in the cell of a figure; NULL: none. */
static const char *wrong_figure(uint32_t metric, zs_outcome outcome, const char *text)
{
    const zs_metric *m = &zs_metrics[metric];
    const bool is_known = outcome == ZS_OUTCOME_SIMULATED ||
                          (outcome == ZS_OUTCOME_SKIPPED && zs_metric_is_early(metric));
    if (!is_known) {
        const char *expected =
            outcome == ZS_OUTCOME_PROBLEM && strcmp(m->name, "fits") == 0 ? "0" : "";
        return strcmp(text, expected) == 0 ? NULL : "is known of no point with this outcome";
    }
    switch (m->type) {
    case ZS_METRIC_INT:
        if (text[0] == '\0' && is_of_some_families(metric))
            return NULL;
        return is_count(text) ? NULL : "is no whole number";
    case ZS_METRIC_REAL: /* empty: undefined */
        return text[0] == '\0' || is_real(text) ? NULL : "is no finite number";
    case ZS_METRIC_BOOL: /* empty: too close to call */
        return text[0] == '\0' || is_flag(text) ? NULL : "is neither 0 nor 1";
    case ZS_METRIC_TEXT:
        break;
    }
    return NULL;
}

static zs_status cell_is_wrong(const char *column, const char *text, const char *what, zs_err *err)
{
    return zs_fail(err, ZS_EPARSE, column, "'%.40s' %s", text, what);
}

static zs_status check_figures(const zs_sweep_columns *c, const char *const *cells,
                               zs_outcome outcome, zs_err *err)
{
    for (uint32_t i = c->problem + 1; i < c->checksum; i++) {
        const char *what = wrong_figure(c->metric[i], outcome, cells[i]);
        if (what != NULL)
            return cell_is_wrong(c->names[i], cells[i], what, err);
    }
    return ZS_OK;
}

/* The check sum does not match; an empty cell is the most likely change. */
static zs_status sum_is_wrong(const zs_sweep_columns *c, const char *const *cells,
                              zs_outcome outcome, zs_err *err)
{
    for (uint32_t i = c->problem + 1; i < c->checksum; i++)
        if (outcome == ZS_OUTCOME_SIMULATED && cells[i][0] == '\0' &&
            zs_metrics[c->metric[i]].type == ZS_METRIC_REAL)
            return cell_is_wrong(c->names[i], "", "is empty, and the check sum is not of this row",
                                 err);
    return cell_is_wrong(ZS_SWEEP_CHECKSUM, cells[c->checksum],
                         "is not the check sum of this row: a cell was changed", err);
}

zs_status zs_sweep_row_check(const zs_sweep_columns *c, const char *const *cells, uint64_t sum,
                             zs_err *err)
{
    int outcome = 0;
    if (!is_count(cells[0]))
        return cell_is_wrong("point", cells[0], "is not the number of a point", err);
    if (!is_sweep(cells[1]))
        return cell_is_wrong("sweep", cells[1], "names no sweep", err);
    while (outcome < ZS_OUTCOME_N &&
           strcmp(cells[c->outcome], zs_outcome_name((zs_outcome)outcome)) != 0)
        outcome++;
    if (outcome == ZS_OUTCOME_N)
        return cell_is_wrong("outcome", cells[c->outcome], "is not simulated, skipped or problem",
                             err);
    if (!is_flag(cells[c->meets]))
        return cell_is_wrong("meets", cells[c->meets], "is neither 0 nor 1", err);
    ZS_TRY(check_figures(c, cells, (zs_outcome)outcome, err));
    if (strcmp(cells[c->checksum], zs_sweep_sum_text(sum).text) != 0)
        return sum_is_wrong(c, cells, (zs_outcome)outcome, err);
    return ZS_OK;
}

/* ---- keys ------------------------------------------------------------------------------------ */

/* A cell has spaces where the value has line breaks. */
static bool is_same_key(const char *cell, const char *value)
{
    while (*cell != '\0' && (*cell == *value || (*cell == ' ' && strchr("\r\n", *value) != NULL))) {
        cell++;
        value++;
    }
    return *cell == '\0' && *value == '\0';
}

zs_status zs_sweep_keys_check(const zs_sweep_columns *c, const char *const *cells,
                              const zs_grid *grid, uint64_t point, zs_err *err)
{
    uint32_t column = 2;
    for (uint32_t i = 0; i < grid->axis_n; i++)
        for (uint32_t k = 0; k < grid->axes[i].path_n; k++, column++) {
            const char *value = zs_grid_value(grid, point, i, k);
            if (column >= c->outcome || !is_same_key(cells[column], value))
                return zs_fail(err, ZS_EUSAGE, grid->axes[i].paths[k],
                               "'%.40s' is not what point %llu has, which is '%.40s'",
                               column < c->outcome ? cells[column] : "", (unsigned long long)point,
                               value);
        }
    return ZS_OK;
}
