/* A result.json as figures. Members are those of the metric tables; what is not in them is from
 * another version and left alone, what is missing is unknown. */
#include "json_read_priv.h"
#include "zynqsim/import.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static zs_status wrong(const char *path, const char *where, const char *name, const char *what,
                       zs_err *err)
{
    char place[192];
    snprintf(place, sizeof place, "%.100s: %.40s%.48s", path, where, name);
    return zs_fail(err, ZS_EPARSE, place, "is not %s", what);
}

static zs_status take_text(zs_arena *arena, const json_t *json, zs_value *out, zs_err *err)
{
    const char *text = zs_arena_strdup(arena, json_string_value(json));
    if (text == NULL)
        return zs_nomem(err, "result");
    *out = (zs_value){.type = ZS_METRIC_TEXT, .text = text};
    return ZS_OK;
}

/* False where the member is not of the metric's type. */
static bool take_number(const json_t *json, zs_metric_type type, zs_value *out)
{
    const double real = json_number_value(json);
    if (type == ZS_METRIC_REAL && json_is_number(json))
        *out = (zs_value){.type = type, .r = real};
    else if (type == ZS_METRIC_BOOL && json_is_boolean(json))
        *out = (zs_value){.type = type, .i = json_is_true(json)};
    else if (type == ZS_METRIC_INT && json_is_integer(json) && json_integer_value(json) >= 0)
        *out = (zs_value){.type = type, .i = (uint64_t)json_integer_value(json)};
    else if (type == ZS_METRIC_INT && json_is_real(json) && real >= 0 &&
             real < 18446744073709551616.0 && real == floor(real))
        *out = (zs_value){.type = type, .i = (uint64_t)real};
    else
        return false;
    return true;
}

static zs_status take(zs_arena *arena, const json_t *object, const zs_metric *metric,
                      const char *path, const char *where, zs_value *out, zs_err *err)
{
    static const char *const kinds[] = {"a whole number", "a number", "true or false", "a text"};
    const json_t *json = zs_json_at(object, metric->name);
    *out = (zs_value){.type = ZS_METRIC_TEXT};
    if (json == NULL || json_is_null(json)) {
        if (metric->type == ZS_METRIC_REAL)
            *out = (zs_value){.type = ZS_METRIC_REAL, .r = (double)NAN};
        return ZS_OK;
    }
    if (metric->type == ZS_METRIC_TEXT && json_is_string(json))
        return take_text(arena, json, out, err);
    if (take_number(json, metric->type, out))
        return ZS_OK;
    return wrong(path, where, metric->name, kinds[metric->type], err);
}

static zs_status take_layers(zs_arena *arena, const json_t *list, const char *path, zs_figures *out,
                             zs_err *err)
{
    const size_t n = json_array_size(list);
    zs_value *layers = zs_arena_alloc(arena, n, zs_layer_metric_n * sizeof *layers);
    if ((layers == NULL && n > 0) || n > UINT32_MAX)
        return zs_nomem(err, path);
    for (size_t layer = 0; layer < n; layer++) {
        char where[40];
        const json_t *entry = json_array_get(list, layer);
        snprintf(where, sizeof where, "layers[%zu].", layer);
        if (!json_is_object(entry))
            return wrong(path, where, "", "an object", err);
        if (!json_is_string(json_object_get(entry, "name")))
            return wrong(path, where, "name", "a text", err);
        for (uint32_t i = 0; i < zs_layer_metric_n; i++)
            ZS_TRY(take(arena, entry, &zs_layer_metrics[i], path, where,
                        &layers[layer * zs_layer_metric_n + i], err));
    }
    out->layers = layers;
    out->layer_n = (uint32_t)n;
    return ZS_OK;
}

static zs_status take_result(zs_arena *arena, const json_t *root, const char *path, zs_figures *out,
                             zs_err *err)
{
    const json_t *layers = json_object_get(root, "layers");
    zs_value *values = zs_new(arena, zs_value, zs_metric_n);
    zs_figures made = {.label = zs_arena_strdup(arena, path), .values = values};
    if (values == NULL || made.label == NULL)
        return zs_nomem(err, path);
    ZS_TRY(zs_json_expect_result(root, path, err));
    for (uint32_t i = 0; i < zs_metric_n; i++)
        ZS_TRY(take(arena, root, &zs_metrics[i], path, "", &values[i], err));
    ZS_TRY(take_layers(arena, layers, path, &made, err));
    *out = made;
    return ZS_OK;
}

zs_status zs_result_json_parse(zs_arena *arena, zs_span bytes, const char *path, zs_figures *out,
                               zs_err *err)
{
    json_t *root;
    ZS_TRY(zs_json_load(bytes, path, &root, err));
    const zs_status status = take_result(arena, root, path, out, err);
    json_decref(root);
    return status;
}
