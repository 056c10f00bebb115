#include "zynqsim/figures.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static uint32_t find(const zs_metric *metrics, uint32_t n, const char *name)
{
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(metrics[i].name, name) == 0)
            return i;
    return ZS_NO_METRIC;
}

uint32_t zs_metric_find(const char *name)
{
    return find(zs_metrics, zs_metric_n, name);
}

uint32_t zs_layer_metric_find(const char *name)
{
    return find(zs_layer_metrics, zs_layer_metric_n, name);
}

bool zs_metric_is_on(uint32_t metric, uint32_t families)
{
    static const char group[] = "resources.";
    const size_t group_n = sizeof group - 1;
    if (strncmp(zs_metrics[metric].name, group, group_n) != 0)
        return true;
    const char *name = zs_metrics[metric].name + group_n;
    for (uint32_t f = 0; f < ZS_FAMILY_N; f++)
        for (uint32_t i = 0; i < zs_families[f].block_n && (families >> f & 1); i++) {
            const char *key = zs_resource_table[zs_families[f].blocks[i].id].key;
            const size_t n = strlen(key);
            if (strncmp(name, key, n) == 0 && name[n] == '.')
                return true;
        }
    return false;
}

/* ---- taking ---------------------------------------------------------------------------------- */

static zs_status keep(zs_arena *arena, zs_value value, zs_value *out, zs_err *err)
{
    if (value.type == ZS_METRIC_TEXT && value.text != NULL) {
        value.text = zs_arena_strdup(arena, value.text);
        if (value.text == NULL)
            return zs_nomem(err, "figures");
    }
    *out = value;
    return ZS_OK;
}

zs_status zs_figures_take(zs_arena *arena, const char *label, const zs_result *result,
                          zs_figures *out, zs_err *err)
{
    zs_value *values = zs_new(arena, zs_value, zs_metric_n);
    zs_value *layers = zs_arena_alloc(arena, result->layer_n, zs_layer_metric_n * sizeof *layers);
    const char *own = zs_arena_strdup(arena, label);
    if (values == NULL || (layers == NULL && result->layer_n > 0) || own == NULL)
        return zs_nomem(err, "figures");
    for (uint32_t i = 0; i < zs_metric_n; i++)
        ZS_TRY(keep(arena, zs_result_get(result, i), &values[i], err));
    for (uint32_t layer = 0; layer < result->layer_n; layer++)
        for (uint32_t i = 0; i < zs_layer_metric_n; i++)
            ZS_TRY(keep(arena, zs_layer_result_get(result, layer, i),
                        &layers[(size_t)layer * zs_layer_metric_n + i], err));
    *out =
        (zs_figures){.label = own, .values = values, .layers = layers, .layer_n = result->layer_n};
    return ZS_OK;
}

zs_status zs_figures_without(zs_arena *arena, const char *label, const char *problem,
                             zs_figures *out, zs_err *err)
{
    zs_value *values = zs_new(arena, zs_value, zs_metric_n);
    const char *own = zs_arena_strdup(arena, label), *why = zs_arena_strdup(arena, problem);
    if (values == NULL || own == NULL || why == NULL)
        return zs_nomem(err, "figures");
    for (uint32_t i = 0; i < zs_metric_n; i++)
        values[i].type = ZS_METRIC_TEXT;
    *out = (zs_figures){.label = own, .values = values, .problem = why};
    return ZS_OK;
}

/* ---- asking ---------------------------------------------------------------------------------- */

double zs_value_number(const zs_value *value)
{
    switch (value->type) {
    case ZS_METRIC_INT:
    case ZS_METRIC_BOOL:
        return (double)value->i;
    case ZS_METRIC_REAL:
        return value->r;
    default:
        return (double)NAN;
    }
}

static const char *text_of(const zs_value *value)
{
    return value->type == ZS_METRIC_TEXT && value->text != NULL ? value->text : "";
}

double zs_figures_number(const zs_figures *f, const char *metric)
{
    const uint32_t i = zs_metric_find(metric);
    return i == ZS_NO_METRIC ? (double)NAN : zs_value_number(&f->values[i]);
}

double zs_figures_layer_number(const zs_figures *f, uint32_t layer, const char *metric)
{
    const uint32_t i = zs_layer_metric_find(metric);
    return i == ZS_NO_METRIC ? (double)NAN
                             : zs_value_number(&f->layers[(size_t)layer * zs_layer_metric_n + i]);
}

const char *zs_figures_text(const zs_figures *f, const char *metric)
{
    const uint32_t i = zs_metric_find(metric);
    return i == ZS_NO_METRIC ? "" : text_of(&f->values[i]);
}

const char *zs_figures_layer_text(const zs_figures *f, uint32_t layer, const char *metric)
{
    const uint32_t i = zs_layer_metric_find(metric);
    return i == ZS_NO_METRIC ? "" : text_of(&f->layers[(size_t)layer * zs_layer_metric_n + i]);
}

/* Unknown ones are 0. */
static uint32_t resource_of(const zs_figures *f, zs_resource_id id, const char *what)
{
    char metric[64];
    snprintf(metric, sizeof metric, "resources.%s.%s", zs_resource_table[id].key, what);
    const double n = zs_figures_number(f, metric);
    return n >= 0 && n <= UINT32_MAX ? (uint32_t)n : 0;
}

const char *zs_figures_excess(zs_arena *arena, const zs_figures *f)
{
    zs_resources used, available;
    for (zs_resource_id id = 0; id < ZS_RESOURCE_N; id++) {
        used.n[id] = resource_of(f, id, "used");
        available.n[id] = resource_of(f, id, "available");
    }
    return zs_fit_excess(arena, &used, &available);
}
