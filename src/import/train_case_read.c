#include "zynqsim/import.h"
#include "zynqsim/table.h"
#include "zynqsim/train_case.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

enum { LAYERS_MAX = 64, SIZE_MAX_OF_LAYER = 4096, IMAGES_MAX = 1 << 16 };

/* ---- NAME.json ------------------------------------------------------------------------------- */

static zs_status read_count(const json_t *value, const char *path, const char *key, uint32_t min,
                            uint32_t max, uint32_t *out, zs_err *err)
{
    if (!json_is_integer(value))
        return zs_fail(err, ZS_EPARSE, path, "\"%s\" is not there or not a whole number", key);
    if (json_integer_value(value) < min || json_integer_value(value) > max)
        return zs_fail(err, ZS_ERANGE, path, "\"%s\" is %lld, not within %u..%u", key,
                       (long long)json_integer_value(value), min, max);
    *out = (uint32_t)json_integer_value(value);
    return ZS_OK;
}

static zs_status read_list(zs_arena *arena, const json_t *root, const char *path, const char *key,
                           uint32_t least, uint32_t max, const uint32_t **out, uint32_t *n,
                           zs_err *err)
{
    const json_t *list = json_object_get(root, key);
    if (!json_is_array(list) || json_array_size(list) < least || json_array_size(list) > LAYERS_MAX)
        return zs_fail(err, ZS_EPARSE, path, "\"%s\" is no list of %u to %d whole numbers", key,
                       least, LAYERS_MAX);
    uint32_t *numbers = zs_new(arena, uint32_t, json_array_size(list) + 1);
    if (numbers == NULL)
        return zs_nomem(err, path);
    for (size_t i = 0; i < json_array_size(list); i++)
        ZS_TRY(read_count(json_array_get(list, i), path, key, 1, max, &numbers[i], err));
    *out = numbers;
    *n = (uint32_t)json_array_size(list);
    return ZS_OK;
}

static zs_status read_number(const json_t *root, const char *path, const char *key, double *out,
                             zs_err *err)
{
    const json_t *value = json_object_get(root, key);
    if (!json_is_number(value))
        return zs_fail(err, ZS_EPARSE, path, "\"%s\" is not there or not a number", key);
    *out = json_number_value(value);
    return ZS_OK;
}

static zs_status read_sizes(zs_arena *arena, const json_t *root, const char *path, zs_train_case *c,
                            zs_err *err)
{
    uint32_t n;
    ZS_TRY(read_list(arena, root, path, "layers", 2, SIZE_MAX_OF_LAYER, &c->sizes, &n, err));
    c->layer_n = n - 1;
    ZS_TRY(read_list(arena, root, path, "ppv", 0, LAYERS_MAX, &c->ppv, &c->ppv_n, err));
    for (uint32_t i = 0; i < c->ppv_n; i++)
        if (c->ppv[i] >= c->layer_n || (i > 0 && c->ppv[i] <= c->ppv[i - 1]))
            return zs_fail(err, ZS_ERANGE, path, "\"ppv\" has %u: it rises and stays below %u",
                           c->ppv[i], c->layer_n);
    ZS_TRY(read_count(json_object_get(root, "minibatches"), path, "minibatches", 1, IMAGES_MAX,
                      &c->batch_n, err));
    ZS_TRY(read_count(json_object_get(root, "batch_size"), path, "batch_size", 1, IMAGES_MAX,
                      &c->batch, err));
    if ((uint64_t)c->batch_n * c->batch > IMAGES_MAX)
        return zs_fail(err, ZS_ERANGE, path, "%u mini-batches of %u are more than %d images",
                       c->batch_n, c->batch, IMAGES_MAX);
    ZS_TRY(read_number(root, path, "lr", &c->lr, err));
    ZS_TRY(read_number(root, path, "momentum", &c->momentum, err));
    return read_number(root, path, "weight_decay", &c->weight_decay, err);
}

/* ---- NAME_setup.csv -------------------------------------------------------------------------- */

/* Room for all that the setup gives, each to be set once. */
static zs_status make_room(zs_arena *arena, zs_train_case *c, zs_err *err)
{
    double **weights = zs_new(arena, double *, c->layer_n);
    double **biases = zs_new(arena, double *, c->layer_n);
    const uint64_t images = (uint64_t)c->batch_n * c->batch;
    if (weights == NULL || biases == NULL)
        return zs_nomem(err, c->name);
    for (uint32_t i = 0; i < c->layer_n; i++) {
        weights[i] = zs_new(arena, double, (size_t)c->sizes[i] * c->sizes[i + 1]);
        biases[i] = zs_new(arena, double, c->sizes[i + 1]);
        if (weights[i] == NULL || biases[i] == NULL)
            return zs_nomem(err, c->name);
        for (size_t k = 0; k < (size_t)c->sizes[i] * c->sizes[i + 1]; k++)
            weights[i][k] = NAN;
        for (size_t k = 0; k < c->sizes[i + 1]; k++)
            biases[i][k] = NAN;
    }
    c->weights = weights;
    c->biases = biases;
    c->x = zs_new(arena, double, (size_t)images * c->sizes[0]);
    c->t = zs_new(arena, double, (size_t)images * c->sizes[c->layer_n]);
    if (c->x == NULL || c->t == NULL)
        return zs_nomem(err, c->name);
    for (size_t k = 0; k < images * c->sizes[0]; k++)
        c->x[k] = NAN;
    for (size_t k = 0; k < images * c->sizes[c->layer_n]; k++)
        c->t[k] = NAN;
    return ZS_OK;
}

static zs_status read_row(const zs_table *t, uint32_t row, const uint32_t *columns,
                          const zs_train_case *c, zs_err *err)
{
    static const char *const kinds[] = {"w", "b", "x", "t"};
    const uint64_t images = (uint64_t)c->batch_n * c->batch;
    uint32_t kind;
    uint64_t layer = 0, line, column = 0;
    double value;
    ZS_TRY(zs_table_word(t, row, columns[0], kinds, 4, "w, b, x or t", &kind, err));
    if (kind < 2)
        ZS_TRY(zs_table_count(t, row, columns[1], 0, c->layer_n - 1, &layer, err));
    const uint64_t lines = kind < 2 ? c->sizes[layer + 1] : images;
    const uint64_t n = kind == 0   ? c->sizes[layer]
                       : kind == 1 ? 1
                       : kind == 2 ? c->sizes[0]
                                   : c->sizes[c->layer_n];
    ZS_TRY(zs_table_count(t, row, columns[2], 0, lines - 1, &line, err));
    if (kind != 1)
        ZS_TRY(zs_table_count(t, row, columns[3], 0, n - 1, &column, err));
    ZS_TRY(zs_table_number(t, row, columns[4], -1e300, 1e300, &value, err));
    double *to = (kind == 0   ? c->weights[layer]
                  : kind == 1 ? c->biases[layer]
                  : kind == 2 ? c->x
                              : c->t) +
                 line * n + column;
    if (!isnan(*to))
        return zs_table_fail(t, row, columns[0], ZS_EPARSE, err, "is given twice");
    *to = value;
    return ZS_OK;
}

static zs_status check_given(const double *list, size_t n, const char *path, const char *what,
                             zs_err *err)
{
    for (size_t i = 0; i < n; i++)
        if (isnan(list[i]))
            return zs_fail(err, ZS_EPARSE, path, "%s number %zu is not there", what, i);
    return ZS_OK;
}

static zs_status read_setup(zs_arena *arena, zs_span bytes, const char *path, zs_train_case *c,
                            zs_err *err)
{
    static const char *const names[] = {"kind", "layer", "row", "col", "value"};
    uint32_t columns[ZS_LEN(names)];
    zs_table t;
    ZS_TRY(zs_table_parse(arena, bytes, path, &t, err));
    for (size_t i = 0; i < ZS_LEN(names); i++)
        ZS_TRY(zs_table_need(&t, names[i], &columns[i], err));
    ZS_TRY(make_room(arena, c, err));
    for (uint32_t row = 0; row < t.row_n; row++)
        ZS_TRY(read_row(&t, row, columns, c, err));
    const size_t images = (size_t)c->batch_n * c->batch;
    for (uint32_t i = 0; i < c->layer_n; i++) {
        ZS_TRY(
            check_given(c->weights[i], (size_t)c->sizes[i] * c->sizes[i + 1], path, "weight", err));
        ZS_TRY(check_given(c->biases[i], c->sizes[i + 1], path, "bias", err));
    }
    ZS_TRY(check_given(c->x, images * c->sizes[0], path, "input", err));
    return check_given(c->t, images * c->sizes[c->layer_n], path, "target", err);
}

zs_status zs_train_case_parse(zs_arena *arena, zs_span json, const char *json_path, zs_span setup,
                              const char *setup_path, zs_train_case *out, zs_err *err)
{
    json_error_t why;
    zs_train_case c = {.name = json_path};
    json_t *root = json_loadb((const char *)json.data, json.bytes, JSON_REJECT_DUPLICATES, &why);
    if (root == NULL)
        return zs_fail(err, ZS_EPARSE, json_path, "line %d: %s", why.line, why.text);
    const zs_status status = read_sizes(arena, root, json_path, &c, err);
    json_decref(root);
    if (status != ZS_OK)
        return status;
    ZS_TRY(read_setup(arena, setup, setup_path, &c, err));
    *out = c;
    return ZS_OK;
}

/* ---- NAME_weights.csv ------------------------------------------------------------------------ */

zs_status zs_train_case_expected(zs_arena *arena, zs_span bytes, const char *path,
                                 const zs_train_case *c, uint64_t cycle_n, uint64_t param_n,
                                 double *expected[2], zs_err *err)
{
    static const char *const names[] = {"dtype", "cycle", "layer", "kind", "out", "in", "value"};
    static const char *const types[] = {
        [ZS_TRAIN_FLOAT32] = "float32", [ZS_TRAIN_FLOAT64] = "float64"};
    static const char *const kinds[] = {"w", "b"};
    uint32_t columns[ZS_LEN(names)];
    zs_table t;
    ZS_TRY(zs_table_parse(arena, bytes, path, &t, err));
    for (size_t i = 0; i < ZS_LEN(names); i++)
        ZS_TRY(zs_table_need(&t, names[i], &columns[i], err));
    for (uint32_t i = 0; i < 2; i++) {
        expected[i] = zs_new(arena, double, (size_t)(cycle_n * param_n));
        if (expected[i] == NULL)
            return zs_nomem(err, path);
        for (uint64_t k = 0; k < cycle_n * param_n; k++)
            expected[i][k] = NAN;
    }
    for (uint32_t row = 0; row < t.row_n; row++) {
        uint32_t type, kind;
        uint64_t cycle, layer, out, in = 0, at = 0;
        double value;
        ZS_TRY(zs_table_word(&t, row, columns[0], types, 2, "float32 or float64", &type, err));
        ZS_TRY(zs_table_count(&t, row, columns[1], 0, cycle_n - 1, &cycle, err));
        ZS_TRY(zs_table_count(&t, row, columns[2], 0, c->layer_n - 1, &layer, err));
        ZS_TRY(zs_table_word(&t, row, columns[3], kinds, 2, "w or b", &kind, err));
        ZS_TRY(zs_table_count(&t, row, columns[4], 0, c->sizes[layer + 1] - 1, &out, err));
        if (kind == 0)
            ZS_TRY(zs_table_count(&t, row, columns[5], 0, c->sizes[layer] - 1, &in, err));
        ZS_TRY(zs_table_number(&t, row, columns[6], -1e308, 1e308, &value, err));
        for (uint32_t i = 0; i < layer; i++)
            at += (uint64_t)(c->sizes[i] + 1) * c->sizes[i + 1];
        at += kind == 0 ? out * c->sizes[layer] + in
                        : (uint64_t)c->sizes[layer] * c->sizes[layer + 1] + out;
        expected[type][cycle * param_n + at] =
            type == ZS_TRAIN_FLOAT32 ? (double)(float)value : value;
    }
    return ZS_OK;
}
