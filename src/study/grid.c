#include "zynqsim/grid.h"

#include "order_priv.h"
#include "zynqsim/condition.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define POINTS_MAX (UINT64_C(1) << 53)

/* ---- reading an axis ------------------------------------------------------------------------- */

typedef struct axis_draft {
    zs_arena *arena;
    const zs_design *design;
    const char *text;
    const char *paths[ZS_AXIS_PATHS];
    const char **values;
    double *numbers; /* of the values; NAN for words */
    uint32_t path_n, value_n, value_room;
    zs_err *err;
} axis_draft;

static zs_status wrong(const axis_draft *d, zs_status status, const char *what, const char *about)
{
    return zs_fail(d->err, status, d->text, "\"%.60s\" %s", about, what);
}

bool zs_axis_is_key(const char *path)
{
    char of_engine[128];
    return strcmp(path, "board") == 0 || zs_field_find(path) != NULL ||
           (zs_engine_key(path, of_engine, sizeof of_engine) && zs_field_find(of_engine) != NULL);
}

static zs_status add_path(axis_draft *d, const char *path, size_t bytes)
{
    char *copy = zs_arena_strndup(d->arena, path, bytes);
    if (copy == NULL)
        return zs_nomem(d->err, "an axis");
    if (d->path_n == ZS_AXIS_PATHS)
        return zs_fail(d->err, ZS_ERANGE, d->text, "more than %d keys on one axis", ZS_AXIS_PATHS);
    if (bytes == 0)
        return zs_fail(d->err, ZS_EPARSE, d->text, "a key is missing beside \"+\"");
    for (uint32_t i = 0; i < d->path_n; i++)
        if (strcmp(d->paths[i], copy) == 0)
            return wrong(d, ZS_EPARSE, "is there twice", copy);
    if (strncmp(copy, "layers.", strlen("layers.")) == 0)
        return zs_fail(d->err, ZS_EUNSUPPORTED, d->text,
                       "what layers say of a layer is no axis: --set %.60s=VALUE in one run each",
                       copy);
    if (!zs_axis_is_key(copy)) {
        const char *near = zs_field_suggest(copy);
        return zs_fail(d->err, ZS_EPARSE, d->text, "\"%.60s\" is no key of a design%s%s", copy,
                       near ? ", did you mean " : "", near ? near : "");
    }
    d->paths[d->path_n++] = copy;
    return ZS_OK;
}

static zs_status read_paths(axis_draft *d, const char *end)
{
    const char *from = d->text;
    for (;;) {
        const size_t bytes = strcspn(from, "+=");
        ZS_TRY(add_path(d, from, bytes));
        if (from + bytes >= end)
            return ZS_OK;
        from += bytes + 1;
    }
}

/* Whether a key's number stands for its whole word: precisions such as `model` set more than it. */
static bool is_whole_word(const zs_field *field, const zs_design *design, double number)
{
    char text[64];
    return field->words == NULL || zs_design_print(design, field, text, sizeof text) != ZS_OK ||
           strcmp(text, zs_word_of(field->words, field->word_n, (uint32_t)number)) == 0;
}

/* Validates a value by setting it in a copy of the design. */
static zs_status try_value(const axis_draft *d, const char *path, const char *value, double *number)
{
    zs_design copy = *d->design;
    zs_err why = {0};
    const zs_subject key = {.name = path, .field = zs_field_find(path)};
    for (uint32_t k = 0; key.field != NULL && k < zs_kind_n; k++) /* a kind that has the key */
        if (!zs_field_is_of(key.field, copy.accel.kind))
            zs_design_set_kind(&copy, k);
    const zs_status status = zs_design_set(&copy, d->arena, path, value, &why);
    if (status == ZS_OK) {
        zs_port_list ports; /* a list's number would be that of its first port */
        const bool is_list =
            value[0] == '[' || value[0] == '{' ||
            (zs_port_list_of(path, value, &ports) && strcmp(ports.others, "none") != 0);
        *number = key.field != NULL && !is_list ? zs_figure_number(&key, &copy, NULL) : (double)NAN;
        if (key.field != NULL && !isnan(*number) && !is_whole_word(key.field, &copy, *number))
            *number = (double)NAN;
        return ZS_OK;
    }
    return zs_fail(d->err, status, d->text, "%s: %s", why.place, why.text);
}

static zs_status make_room(axis_draft *d)
{
    if (d->value_n < d->value_room)
        return ZS_OK;
    if (d->value_n == ZS_AXIS_VALUES)
        return zs_fail(d->err, ZS_ERANGE, d->text, "more than %d values on one axis",
                       ZS_AXIS_VALUES);
    const uint32_t room = d->value_room == 0 ? 16 : 2 * d->value_room;
    const char **values = zs_arena_alloc_raw(d->arena, (size_t)room * d->path_n, sizeof *d->values);
    double *numbers = zs_arena_alloc_raw(d->arena, (size_t)room * d->path_n, sizeof *d->numbers);
    if (values == NULL || numbers == NULL)
        return zs_nomem(d->err, "an axis");
    if (d->value_n > 0) {
        memcpy(values, d->values, (size_t)d->value_n * d->path_n * sizeof *values);
        memcpy(numbers, d->numbers, (size_t)d->value_n * d->path_n * sizeof *numbers);
    }
    d->values = values;
    d->numbers = numbers;
    d->value_room = room;
    return ZS_OK;
}

/* One value of the axis: the same for all keys, or one each between slashes. */
static zs_status add_value(axis_draft *d, const char *text)
{
    const char *rest = text;
    ZS_TRY(make_room(d));
    const bool is_tuple = d->path_n > 1 && strchr(text, '/') != NULL;
    for (uint32_t i = 0; i < d->path_n; i++) {
        const size_t bytes = is_tuple ? strcspn(rest, "/") : strlen(text);
        const char *value = zs_arena_strndup(d->arena, is_tuple ? rest : text, bytes);
        if (value == NULL)
            return zs_nomem(d->err, "an axis");
        const size_t at = (size_t)d->value_n * d->path_n + i;
        ZS_TRY(try_value(d, d->paths[i], value, &d->numbers[at]));
        d->values[at] = value;
        rest += is_tuple ? bytes : 0;
        const bool more = is_tuple && *rest == '/';
        if (is_tuple && more != (i + 1 < d->path_n))
            return zs_fail(d->err, ZS_EPARSE, d->text,
                           "\"%.60s\" does not have a value for each of %u keys", text, d->path_n);
        rest += more;
    }
    d->value_n++;
    return ZS_OK;
}

/* ---- ranges ---------------------------------------------------------------------------------- */

typedef struct range {
    uint64_t lo, hi, step;
    bool multiplies;
} range;

/* lo:hi[:step] or lo..hi*k or lo..hi+k; false: the text is a plain value. */
static bool read_range(const char *text, range *r)
{
    *r = (range){.step = 1};
    const char *at = zs_read_count(text, &r->lo);
    if (at == NULL)
        return false;
    if (*at == ':') {
        at = zs_read_count(at + 1, &r->hi);
        if (at != NULL && *at == ':')
            at = zs_read_count(at + 1, &r->step);
        return at != NULL && *at == '\0';
    }
    if (strncmp(at, "..", 2) != 0)
        return false;
    at = zs_read_count(at + 2, &r->hi);
    if (at == NULL || (*at != '*' && *at != '+'))
        return false;
    r->multiplies = *at == '*';
    at = zs_read_count(at + 1, &r->step);
    return at != NULL && *at == '\0';
}

/* A malformed range: "8..64", "8:64:-8", "8-64". */
static bool looks_like_range(const char *text)
{
    const size_t digits = strspn(text, "0123456789");
    const char *rest = text + digits;
    if (digits == 0)
        return false;
    return strchr(text, ':') != NULL || strstr(text, "..") != NULL ||
           (rest[0] == '-' && rest[1] != '\0' &&
            strspn(rest + 1, "0123456789") == strlen(rest + 1));
}

static zs_status add_range(axis_draft *d, const char *text, const range *r)
{
    if (r->lo > r->hi)
        return wrong(d, ZS_ERANGE, "ends before it begins", text);
    if (r->step < (r->multiplies ? 2u : 1u) || (r->multiplies && r->lo == 0))
        return wrong(d, ZS_ERANGE, "never gets on", text);
    for (uint64_t value = r->lo;;) {
        char word[24];
        snprintf(word, sizeof word, "%llu", (unsigned long long)value);
        ZS_TRY(add_value(d, word));
        uint64_t next;
        const bool fits =
            r->multiplies ? zs_mul_u64(value, r->step, &next) : zs_add_u64(value, r->step, &next);
        if (!fits || next > r->hi)
            return ZS_OK;
        value = next;
    }
}

/* Up to a comma outside of brackets: groups of layers are one value, [[conv1, pool1], [conv2]]. */
static size_t value_bytes(const char *text)
{
    size_t n = 0;
    for (uint32_t depth = 0; text[n] != '\0' && (text[n] != ',' || depth > 0); n++) {
        if (text[n] == '[' || text[n] == '{')
            depth++;
        else if ((text[n] == ']' || text[n] == '}') && depth > 0)
            depth--;
    }
    return n;
}

static zs_status read_values(axis_draft *d, const char *text)
{
    for (;;) {
        char word[4096];
        range r;
        text += strspn(text, " ");
        const size_t bytes = value_bytes(text);
        if (bytes == 0 || bytes >= sizeof word)
            return zs_fail(d->err, ZS_EPARSE, d->text, "a value is %s",
                           bytes == 0 ? "missing" : "too long");
        memcpy(word, text, bytes);
        word[bytes] = '\0';
        const bool is_range = read_range(word, &r);
        if (!is_range && looks_like_range(word))
            return wrong(
                d, ZS_EPARSE,
                "is no range: those are lo:hi, lo:hi:step, lo..hi*k and lo..hi+k, of whole "
                "numbers",
                word);
        ZS_TRY(is_range ? add_range(d, word, &r) : add_value(d, word));
        text += bytes;
        if (*text == '\0')
            return ZS_OK;
        text++;
    }
}

/* ---- duplicate values ------------------------------------------------------------------------ */

/* Negative, 0 or positive, by number where there is one: "100 MHz" equals "100e6". */
static int value_order(const axis_draft *d, uint64_t a, uint64_t b)
{
    for (uint32_t k = 0; k < d->path_n; k++) {
        const size_t i = (size_t)a * d->path_n + k, j = (size_t)b * d->path_n + k;
        const double x = d->numbers[i], y = d->numbers[j];
        const int words = isnan(x) || isnan(y) ? strcmp(d->values[i], d->values[j]) : 0;
        if (words != 0 || x != y)
            return words != 0 ? words : (x > y) - (x < y);
    }
    return 0;
}

static bool comes_before(const void *ctx, uint64_t a, uint64_t b)
{
    return value_order(ctx, a, b) < 0;
}

static const char *value_text(const axis_draft *d, uint64_t value)
{
    const char *text = "";
    for (uint32_t k = 0; k < d->path_n && text != NULL; k++)
        text = zs_arena_printf(d->arena, "%s%s%s", text, k > 0 ? "/" : "",
                               d->values[(size_t)value * d->path_n + k]);
    return text;
}

/* Equal values would be equal points, simulated twice. */
static zs_status refuse_twins(const axis_draft *d)
{
    const uint64_t *order = zs_order_build(d->arena, d->value_n, comes_before, d);
    if (order == NULL)
        return zs_nomem(d->err, "an axis");
    for (uint64_t i = 1; i < d->value_n; i++) {
        if (value_order(d, order[i - 1], order[i]) != 0)
            continue;
        const char *first = value_text(d, order[i - 1]), *second = value_text(d, order[i]);
        if (first == NULL || second == NULL)
            return zs_nomem(d->err, "an axis");
        if (strcmp(first, second) == 0)
            return wrong(d, ZS_EPARSE, "is there twice", second);
        return zs_fail(d->err, ZS_EPARSE, d->text, "\"%.60s\" and \"%.60s\" are the same value",
                       first, second);
    }
    return ZS_OK;
}

zs_status zs_axis_parse(zs_arena *arena, const char *text, const zs_design *design, zs_axis *out,
                        zs_err *err)
{
    axis_draft d = {.arena = arena, .design = design, .err = err};
    const char *equals = strchr(text, '=');
    d.text = zs_arena_strdup(arena, text);
    if (d.text == NULL)
        return zs_nomem(err, "an axis");
    if (equals == NULL || equals == text)
        return zs_fail(err, ZS_EPARSE, d.text, "an axis has the form PATH=VALUES");
    ZS_TRY(read_paths(&d, d.text + (equals - text)));
    const char **paths = zs_new(arena, const char *, d.path_n);
    if (paths == NULL)
        return zs_nomem(err, "an axis");
    memcpy(paths, d.paths, d.path_n * sizeof *paths);
    ZS_TRY(read_values(&d, d.text + (equals - text) + 1));
    ZS_TRY(refuse_twins(&d));
    *out = (zs_axis){.text = d.text,
                     .paths = paths,
                     .values = d.values,
                     .path_n = d.path_n,
                     .value_n = d.value_n};
    return ZS_OK;
}

/* ---- grids ----------------------------------------------------------------------------------- */

void zs_grid_init(zs_grid *grid)
{
    *grid = (zs_grid){.point_n = 1, .families = 1};
}

/* Index of a path in an axis; ZS_AXIS_PATHS: not there. */
static uint32_t path_at(const zs_axis *axis, const char *path)
{
    uint32_t k = 0;
    while (k < axis->path_n && strcmp(axis->paths[k], path) != 0)
        k++;
    return k < axis->path_n ? k : ZS_AXIS_PATHS;
}

zs_status zs_grid_add(zs_grid *grid, const zs_axis *axis, zs_err *err)
{
    uint64_t points;
    if (grid->axis_n == ZS_GRID_AXES)
        return zs_fail(err, ZS_ERANGE, axis->text, "more than %d axes", ZS_GRID_AXES);
    for (uint32_t i = 0; i < grid->axis_n; i++)
        for (uint32_t k = 0; k < axis->path_n; k++)
            if (path_at(&grid->axes[i], axis->paths[k]) != ZS_AXIS_PATHS)
                return zs_fail(err, ZS_EUSAGE, axis->text, "%s is already on the axis %s",
                               axis->paths[k], grid->axes[i].text);
    if (!zs_mul_u64(grid->point_n, axis->value_n, &points) || points > POINTS_MAX)
        return zs_fail(err, ZS_ERANGE, axis->text, "the grid has more than 2^53 points");
    grid->axes[grid->axis_n++] = *axis;
    grid->point_n = points;
    return ZS_OK;
}

void zs_grid_at(const zs_grid *grid, uint64_t point, uint32_t at[ZS_GRID_AXES])
{
    for (uint32_t i = grid->axis_n; i-- > 0;) {
        at[i] = (uint32_t)(point % grid->axes[i].value_n);
        point /= grid->axes[i].value_n;
    }
}

const char *zs_grid_value(const zs_grid *grid, uint64_t point, uint32_t axis, uint32_t path)
{
    uint32_t at[ZS_GRID_AXES];
    zs_grid_at(grid, point, at);
    const zs_axis *a = &grid->axes[axis];
    return a->values[(size_t)at[axis] * a->path_n + path];
}

zs_status zs_grid_check_field(const zs_grid *grid, const zs_design *base, const zs_field *field,
                              zs_err *err)
{
    zs_design design = *base;
    design.given = NULL; /* each kind was checked on the base when its axis was read */
    for (uint32_t i = 0; i < grid->axis_n; i++) {
        const zs_axis *a = &grid->axes[i];
        const uint32_t kind = path_at(a, zs_kind_field.path);
        for (uint32_t v = 0; kind != ZS_AXIS_PATHS && v < a->value_n; v++) {
            ZS_TRY(zs_design_set(&design, NULL, zs_kind_field.path,
                                 a->values[(size_t)v * a->path_n + kind], err));
            ZS_TRY(zs_field_check_kind(field, design.accel.kind, err));
        }
        if (kind != ZS_AXIS_PATHS)
            return ZS_OK;
    }
    return zs_field_check_kind(field, base->accel.kind, err);
}

zs_status zs_grid_check_keys(const zs_grid *grid, const zs_design *base, zs_err *err)
{
    for (uint32_t i = 0; i < grid->axis_n; i++)
        for (uint32_t k = 0; k < grid->axes[i].path_n; k++) {
            const zs_field *field = zs_field_find(grid->axes[i].paths[k]);
            const zs_status status =
                field != NULL ? zs_grid_check_field(grid, base, field, err) : ZS_OK;
            if (status != ZS_OK)
                zs_err_prefix(err, grid->axes[i].text);
            ZS_TRY(status);
        }
    return ZS_OK;
}

void zs_grid_find_families(zs_grid *grid, const zs_design *base)
{
    grid->families |= 1u << base->board.family;
    for (uint32_t i = 0; i < grid->axis_n; i++)
        if (path_at(&grid->axes[i], "board") != ZS_AXIS_PATHS ||
            path_at(&grid->axes[i], "board.family") != ZS_AXIS_PATHS)
            grid->families = UINT32_MAX;
}

/* Order in which keys are set: a board sets many others, and the kind decides which exist. */
typedef enum key_turn { TURN_BOARD, TURN_KIND, TURN_REST, TURN_N } key_turn;

static key_turn turn_of(const char *path)
{
    if (strcmp(path, "board") == 0)
        return TURN_BOARD;
    return strcmp(path, zs_kind_field.path) == 0 ? TURN_KIND : TURN_REST;
}

static zs_status set_keys(const zs_grid *grid, const uint32_t *at, uint32_t axis_n, key_turn turn,
                          zs_arena *arena, zs_design *design, zs_err *err)
{
    for (uint32_t i = 0; i < axis_n; i++) {
        const zs_axis *a = &grid->axes[i];
        for (uint32_t k = 0; k < a->path_n; k++)
            if (turn_of(a->paths[k]) == turn)
                ZS_TRY(zs_design_set(design, arena, a->paths[k],
                                     a->values[(size_t)at[i] * a->path_n + k], err));
    }
    return ZS_OK;
}

uint32_t zs_grid_axis(const zs_grid *grid, const char *path)
{
    for (uint32_t i = 0; i < grid->axis_n; i++)
        if (grid->axes[i].path_n == 1 && strcmp(grid->axes[i].paths[0], path) == 0)
            return i;
    return ZS_GRID_AXES;
}

uint64_t zs_grid_family(const zs_grid *grid, uint64_t point, uint32_t axis)
{
    uint64_t apart = 1; /* stride of the axis in points */
    for (uint32_t i = axis + 1; i < grid->axis_n; i++)
        apart *= grid->axes[i].value_n;
    return point - point / apart % grid->axes[axis].value_n * apart;
}

zs_status zs_grid_set(const zs_grid *grid, uint64_t point, uint32_t axis_n, zs_arena *arena,
                      zs_design *design, zs_err *err)
{
    uint32_t at[ZS_GRID_AXES];
    zs_grid_at(grid, point, at);
    for (key_turn turn = TURN_BOARD; turn < TURN_N; turn++)
        ZS_TRY(set_keys(grid, at, axis_n, turn, arena, design, err));
    return ZS_OK;
}

zs_status zs_grid_design(const zs_grid *grid, uint64_t point, const zs_design *base,
                         zs_arena *arena, zs_design *out, zs_err *err)
{
    zs_design design = *base;
    ZS_TRY(zs_grid_set(grid, point, grid->axis_n, arena, &design, err));
    ZS_TRY(zs_design_check(&design, err));
    *out = design;
    return ZS_OK;
}
