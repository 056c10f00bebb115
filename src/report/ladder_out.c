#include "json_priv.h"
#include "zynqsim/report.h"

#include <math.h>
#include <stdio.h>

/* compare --ladder */

/* The column that column i is compared with: the last before it that can run, or the first. */
static uint32_t before(const zs_ladder *l, uint32_t i)
{
    uint32_t k = i > 0 ? i - 1 : 0;
    while (k > 0 && l->columns[k].problem != NULL)
        k--;
    return k;
}

/* Without a number where one of the two cannot run. */
static double factor_of(const zs_ladder *l, uint32_t from, uint32_t i)
{
    return zs_figures_number(&l->columns[from], "seconds") /
           zs_figures_number(&l->columns[i], "seconds");
}

/* How much longer a layer takes than in the column before; 0: it is not slower. */
static double slower_by(const zs_ladder *l, uint32_t i, uint32_t layer)
{
    const zs_figures *own = &l->columns[i], *other = &l->columns[before(l, i)];
    if (layer >= own->layer_n || layer >= other->layer_n)
        return 0;
    const double ratio = zs_figures_layer_number(own, layer, "cycles") /
                         zs_figures_layer_number(other, layer, "cycles");
    return isfinite(ratio) && ratio > 1 + ZS_LADDER_SLOWER / 1e3 ? ratio : 0;
}

static zs_status put_slower(const zs_ladder *l, uint32_t i, uint32_t most, const char *join,
                            const zs_sink *s)
{
    uint32_t n = 0;
    for (uint32_t k = 0; k < l->columns[i].layer_n; k++) {
        const double ratio = slower_by(l, i, k);
        if (ratio > 0 && n++ < most)
            ZS_TRY(zs_sink_printf(s, "%s%s %.2f", n > 1 ? join : "",
                                  zs_figures_layer_text(&l->columns[i], k, "name"), ratio));
    }
    return n > most ? zs_sink_printf(s, "%sand %u more", join, n - most) : ZS_OK;
}

typedef struct cell {
    char text[32];
} cell;

static cell number(int digits, bool is_fixed, double value, const char *none)
{
    cell c;
    if (!isfinite(value))
        snprintf(c.text, sizeof c.text, "%s", none);
    else
        snprintf(c.text, sizeof c.text, is_fixed ? "%.*f" : "%.*g", digits, value);
    return c;
}

static zs_status put_table(const zs_ladder *l, const zs_sink *s)
{
    ZS_TRY(zs_sink_printf(s, "%-20s %14s %9s %11s  %s\n", "switch", "ms", "factor", "cumulative",
                          "layers that got slower, and how much"));
    for (uint32_t i = 0; i < l->n; i++) {
        ZS_TRY(zs_sink_printf(s, "%s%-*s ", i > 0 ? "+ " : "", i > 0 ? 18 : 20, l->words[i]));
        if (l->columns[i].problem != NULL) {
            ZS_TRY(zs_sink_printf(s, "cannot run: %s\n", l->columns[i].problem));
            continue;
        }
        ZS_TRY(zs_sink_printf(s, "%14.3f ", 1e3 * zs_figures_number(&l->columns[i], "seconds")));
        if (i > 0)
            ZS_TRY(zs_sink_printf(s, "%9s %11s  ",
                                  number(3, true, factor_of(l, before(l, i), i), "-").text,
                                  number(3, true, factor_of(l, 0, i), "-").text));
        ZS_TRY(put_slower(l, i, 4, ", ", s));
        ZS_TRY(zs_sink_puts(s, "\n"));
    }
    return ZS_OK;
}

zs_status zs_ladder_table_emit(const zs_ladder *l, const zs_sink *s, zs_err *err)
{
    const zs_status status = put_table(l, s);
    return status == ZS_OK ? ZS_OK : zs_fail(err, status, "ladder", "it could not be written");
}

static zs_status put_csv(const zs_ladder *l, const zs_sink *s)
{
    ZS_TRY(zs_sink_puts(s, "switch,seconds,factor,cumulative_factor,slower_layers\n"));
    for (uint32_t i = 0; i < l->n; i++) {
        ZS_TRY(zs_sink_printf(s, "%s,", l->words[i]));
        if (l->columns[i].problem == NULL)
            ZS_TRY(zs_sink_printf(s, "%.9g,%s,%s,", zs_figures_number(&l->columns[i], "seconds"),
                                  number(6, false, factor_of(l, before(l, i), i), "").text,
                                  number(6, false, factor_of(l, 0, i), "").text));
        else
            ZS_TRY(zs_sink_puts(s, ",,,"));
        ZS_TRY(put_slower(l, i, UINT32_MAX, ";", s));
        ZS_TRY(zs_sink_puts(s, "\n"));
    }
    return ZS_OK;
}

zs_status zs_ladder_csv_emit(const zs_ladder *l, const zs_sink *s, zs_err *err)
{
    const zs_status status = put_csv(l, s);
    return status == ZS_OK ? ZS_OK : zs_fail(err, status, "ladder", "it could not be written");
}

static int put_rung(json_t *rungs, const zs_ladder *l, uint32_t i)
{
    json_t *rung = json_object(), *slower = json_array();
    int failed = json_object_set_new(rung, "switch", zs_json_text(l->words[i]));
    failed |= json_object_set_new(rung, "seconds",
                                  zs_json_real(zs_figures_number(&l->columns[i], "seconds")));
    failed |= json_object_set_new(rung, "factor", zs_json_real(factor_of(l, before(l, i), i)));
    failed |= json_object_set_new(rung, "cumulative_factor", zs_json_real(factor_of(l, 0, i)));
    failed |= json_object_set_new(rung, "problem", zs_json_text(l->columns[i].problem));
    for (uint32_t k = 0; k < l->columns[i].layer_n; k++) {
        const double ratio = slower_by(l, i, k);
        if (ratio <= 0)
            continue;
        json_t *layer = json_object();
        failed |= json_object_set_new(
            layer, "layer", zs_json_text(zs_figures_layer_text(&l->columns[i], k, "name")));
        failed |= json_object_set_new(layer, "ratio", zs_json_real(ratio));
        failed |= json_array_append_new(slower, layer);
    }
    failed |= json_object_set_new(rung, "slower_layers", slower);
    failed |= json_array_append_new(rungs, rung);
    return failed;
}

zs_status zs_ladder_json_emit(const zs_ladder *l, const zs_sink *s, zs_err *err)
{
    json_t *root = json_object(), *rungs = json_array();
    int failed = 0;
    for (uint32_t i = 0; i < l->n; i++)
        failed |= put_rung(rungs, l, i);
    failed |= json_object_set_new(root, "ladder", rungs);
    return zs_json_end(root, failed != 0, "the JSON", s, err);
}
