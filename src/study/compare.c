#include "zynqsim/compare.h"

#include <math.h>
#include <string.h>

typedef struct figure_rule {
    const char *section, *metric, *title, *unit_per_image;
    zs_compare_as as;
    bool is_headline;
} figure_rule;

static const figure_rule rules[] = {
#define COMPARE(section, metric, title, unit_per_image, as, headline)                              \
    {section, metric, title, unit_per_image, ZS_AS_##as, headline},
#include "compare.def"
#undef COMPARE
};

typedef struct layers_rule {
    const char *section, *figure, *first, *second, *unit;
    zs_compare_as as;
    bool is_headline;
} layers_rule;

static const layers_rule layers_rules[] = {
#define COMPARE_LAYERS(section, figure, first, second, unit, as, headline)                         \
    {section, figure, first, second, unit, ZS_AS_##as, headline},
#include "compare_layers.def"
#undef COMPARE_LAYERS
};

/* ---- one row --------------------------------------------------------------------------------- */

static double batch_of(const zs_figures *f)
{
    const double batch = zs_figures_number(f, "batch");
    return batch >= 1 ? batch : 1;
}

static void set_ratios(zs_compare_as as, const double *values, double *ratios, uint32_t n)
{
    const bool has = as != ZS_AS_SHARE && as != ZS_AS_YES && values[0] > 0;
    for (uint32_t c = 0; c < n; c++)
        ratios[c] = has ? values[c] / values[0] : (double)NAN;
}

/* Takes `values` as they are: whole numbers for the batch, or figures that need no division. */
static zs_status append(zs_arena *arena, zs_comparison *out, const zs_compare_row *like,
                        const double *values, zs_err *err)
{
    const uint32_t n = out->column_n;
    double *own = zs_new(arena, double, n), *ratios = zs_new(arena, double, n);
    if (own == NULL || ratios == NULL)
        return zs_nomem(err, "comparison");
    memcpy(own, values, n * sizeof *own);
    set_ratios(like->as, own, ratios, n);
    zs_compare_row *row = &out->rows[out->row_n++];
    *row = *like;
    row->values = own;
    row->ratios = ratios;
    return ZS_OK;
}

/* The same row divided by the images of each column. */
static zs_status append_per_image(zs_arena *arena, zs_comparison *out, const zs_compare_row *like,
                                  const double *values, const char *unit, zs_err *err)
{
    double each[ZS_COMPARE_COLUMNS];
    zs_compare_row row = *like;
    for (uint32_t c = 0; c < out->column_n; c++)
        each[c] = values[c] / batch_of(&out->columns[c]);
    row.figure = zs_arena_printf(arena, "%s_per_image", like->figure);
    row.title = zs_arena_printf(arena, "%s/image", like->title);
    row.unit = unit;
    if (row.figure == NULL || row.title == NULL)
        return zs_nomem(err, "comparison");
    return append(arena, out, &row, each, err);
}

/* ---- the whole network ----------------------------------------------------------------------- */

/* With batches, tables show amounts per image; only the time is given both ways. */
static zs_status compare_whole(zs_arena *arena, zs_comparison *out, const figure_rule *rule,
                               zs_err *err)
{
    double values[ZS_COMPARE_COLUMNS];
    const uint32_t metric = zs_metric_find(rule->metric);
    const bool is_amount = rule->unit_per_image[0] != '\0';
    if (metric == ZS_NO_METRIC)
        return zs_fail(err, ZS_EINTERNAL, rule->metric, "is compared but is no figure of a result");
    for (uint32_t c = 0; c < out->column_n; c++)
        values[c] = zs_value_number(&out->columns[c].values[metric]);
    /* kinds of block that only some device families have: shown where one column has them */
    bool is_known = zs_metric_is_on(metric, 1);
    for (uint32_t c = 0; c < out->column_n; c++)
        is_known |= !isnan(values[c]);
    if (!is_known)
        return ZS_OK;
    zs_compare_row row = {.section = rule->section,
                          .scope = "",
                          .figure = rule->metric,
                          .title = rule->title,
                          .unit = zs_metrics[metric].unit,
                          .as = rule->as,
                          .is_headline = rule->is_headline};
    if (is_amount && out->has_batches)
        row.is_headline = rule->is_headline && strcmp(rule->section, "time") == 0;
    ZS_TRY(append(arena, out, &row, values, err));
    row.is_headline = rule->is_headline;
    if (is_amount && out->has_batches)
        return append_per_image(arena, out, &row, values, rule->unit_per_image, err);
    return ZS_OK;
}

/* ---- layers ---------------------------------------------------------------------------------- */

/* Sums of one figure over the rows of each group; a group that a column does not have is unknown.
 */
static void sum_groups(const zs_figures *f, const uint32_t *of, const layers_rule *rule,
                       double *sums, uint32_t group_n)
{
    for (uint32_t group = 0; group < group_n; group++)
        sums[group] = (double)NAN;
    for (uint32_t layer = 0; layer < f->layer_n; layer++) {
        double *sum = &sums[of[layer]];
        *sum = isnan(*sum) ? 0 : *sum;
        *sum += zs_figures_layer_number(f, layer, rule->first);
        if (rule->second[0] != '\0')
            *sum += zs_figures_layer_number(f, layer, rule->second);
    }
}

static zs_status compare_groups(zs_arena *arena, zs_comparison *out, const zs_row_groups *groups,
                                const layers_rule *rule, zs_err *err)
{
    const uint32_t n = groups->n;
    double *sums = zs_arena_alloc(arena, n + 1, out->column_n * sizeof *sums);
    if (sums == NULL)
        return zs_nomem(err, "comparison");
    for (uint32_t c = 0; c < out->column_n; c++)
        sum_groups(&out->columns[c], groups->of[c], rule, sums + (size_t)c * n, n);
    for (uint32_t group = 0; group < n; group++) {
        double values[ZS_COMPARE_COLUMNS];
        zs_compare_row row = {.section = rule->section,
                              .scope = groups->names[group],
                              .figure = rule->figure,
                              .title = groups->names[group],
                              .unit = rule->unit,
                              .as = rule->as,
                              .is_headline = rule->is_headline};
        for (uint32_t c = 0; c < out->column_n; c++)
            values[c] = sums[(size_t)c * n + group];
        if (out->has_batches)
            row.unit = zs_arena_printf(arena, "%s/image", rule->unit);
        for (uint32_t c = 0; c < out->column_n; c++)
            values[c] /= out->has_batches ? batch_of(&out->columns[c]) : 1;
        if (out->has_batches)
            row.figure = zs_arena_printf(arena, "%s_per_image", rule->figure);
        if (row.unit == NULL || row.figure == NULL)
            return zs_nomem(err, "comparison");
        ZS_TRY(append(arena, out, &row, values, err));
    }
    return ZS_OK;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static zs_status make_room(zs_arena *arena, zs_comparison *c, const zs_row_groups *groups,
                           zs_err *err)
{
    const size_t layer_rows = (size_t)groups->n * ZS_LEN(layers_rules);
    c->capacity = (uint32_t)(2 * ZS_LEN(rules) + layer_rows);
    c->rows = zs_new(arena, zs_compare_row, c->capacity);
    return c->rows != NULL ? ZS_OK : zs_nomem(err, "comparison");
}

zs_status zs_comparison_build(zs_arena *arena, const zs_figures *columns, uint32_t column_n,
                              bool with_layers, zs_comparison *out, zs_err *err)
{
    if (column_n == 0 || column_n > ZS_COMPARE_COLUMNS)
        return zs_fail(err, ZS_EUSAGE, "compare", "%u columns; it takes 1 to %d", column_n,
                       ZS_COMPARE_COLUMNS);
    zs_comparison made = {.columns = columns, .column_n = column_n, .head = ""};
    zs_row_groups groups = {0};
    for (uint32_t c = 0; c < column_n; c++)
        made.has_batches |= batch_of(&columns[c]) > 1;
    if (with_layers)
        ZS_TRY(zs_row_groups_build(arena, columns, column_n, &groups, err));
    ZS_TRY(make_room(arena, &made, &groups, err));
    for (size_t i = 0; i < ZS_LEN(rules); i++)
        ZS_TRY(compare_whole(arena, &made, &rules[i], err));
    for (size_t i = 0; i < ZS_LEN(layers_rules) && with_layers; i++)
        ZS_TRY(compare_groups(arena, &made, &groups, &layers_rules[i], err));
    *out = made;
    return ZS_OK;
}
