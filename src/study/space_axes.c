#include "space_priv.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The axes of a space: those a kind offers, the order in which they are fixed, and what is open
 * while they are not. */

enum { VALUE_BYTES = 512 }; /* text of a value: lists of foldings are the longest */

static const zs_kind_space no_space = {0};

static const zs_kind_space *space_of(const zs_design *base)
{
    const zs_kind *kind = zs_kind_of(base);
    return kind->space != NULL ? kind->space : &no_space;
}

/* ---- axes of a kind -------------------------------------------------------------------------- */

/* Bytes of a weight plus an activation. */
static uint32_t width_of(uint32_t precision)
{
    return zs_weight_bytes(precision) + zs_elem_bytes(precision);
}

/* The design's own precision, and narrower ones: cheaper, and less exact. */
static const char *precision_axis(zs_arena *arena, const zs_design *base)
{
    const uint32_t own = base->accel.precision;
    const char *text =
        zs_arena_printf(arena, "accelerator.precision=%s", zs_words_precision[own].word);
    for (uint32_t i = 0; i < ZS_PRECISION_COUNT && text != NULL; i++)
        if (width_of(i) < width_of(own))
            text = zs_arena_printf(arena, "%s,%s", text, zs_words_precision[i].word);
    return base->accel.model_scales ? "" : text;
}

/* The design's own clock, and the fastest one reached by half of the comparable builds. */
static const char *clock_axis(zs_arena *arena, const zs_design *base)
{
    enum { STEP_MHZ = 5, MOST_MHZ = 400 };
    zs_design d = *base;
    uint64_t best = base->accel.clock_hz;
    if (zs_clock_builds_of(base).n == 0 || !base->accel.says_clock)
        return "";
    for (uint64_t mhz = STEP_MHZ; mhz <= MOST_MHZ; mhz += STEP_MHZ) {
        d.accel.clock_hz = mhz * 1000000;
        const zs_clock_builds b = zs_clock_builds_of(&d);
        if (2 * b.reached_n >= b.n && d.accel.clock_hz > best)
            best = d.accel.clock_hz;
    }
    if (best == base->accel.clock_hz)
        return "";
    return zs_arena_printf(arena, "accelerator.clock=%llu,%llu",
                           (unsigned long long)base->accel.clock_hz, (unsigned long long)best);
}

/* An axis whose values depend on the design; "": no such axis. NULL when memory is out. */
static const char *worked_out(zs_arena *arena, const char *key, const zs_design *base)
{
    if (strcmp(key, "accelerator.precision") == 0)
        return precision_axis(arena, base);
    if (strcmp(key, "accelerator.clock") == 0)
        return clock_axis(arena, base);
    if (strcmp(key, "batch") == 0)
        return "batch=1,2,4,8";
    return "";
}

static bool turns(const zs_axis *axis, const char *const *held)
{
    for (uint32_t k = 0; k < axis->path_n; k++)
        for (size_t i = 0; held != NULL && held[i] != NULL; i++)
            if (strcmp(axis->paths[k], held[i]) == 0)
                return true;
    return false;
}

static bool is_value_of(const zs_axis *axis, uint32_t value, const zs_design *base)
{
    zs_design d = *base;
    d.given = NULL;
    for (uint32_t k = 0; k < axis->path_n; k++) {
        char own[VALUE_BYTES], other[VALUE_BYTES];
        const zs_field *field = zs_field_find(axis->paths[k]);
        if (field == NULL ||
            zs_design_set(&d, NULL, field->path, axis->values[(size_t)value * axis->path_n + k],
                          NULL) != ZS_OK ||
            zs_design_print(base, field, own, sizeof own) != ZS_OK ||
            zs_design_print(&d, field, other, sizeof other) != ZS_OK || strcmp(own, other) != 0)
            return false;
    }
    /* a list of ports also sets stripe, which the text of its key does not show */
    return memcmp(&d.accel.stripe, &base->accel.stripe, sizeof base->accel.stripe) == 0;
}

/* The design's own value of an axis, as the axis writes it. NULL when memory is out. */
static const char *own_value(zs_arena *arena, const zs_axis *axis, const zs_design *base)
{
    const char *text = "";
    for (uint32_t k = 0; k < axis->path_n && text != NULL; k++) {
        char own[VALUE_BYTES];
        const zs_field *field = zs_field_find(axis->paths[k]);
        if (field == NULL || zs_design_print(base, field, own, sizeof own) != ZS_OK)
            return "";
        text = zs_arena_printf(arena, "%s%s%s", text, k > 0 ? "/" : "", own);
    }
    return text;
}

static zs_status add_axis(zs_arena *arena, const char *text, const zs_design *base,
                          const char *const *held, zs_grid *grid, zs_err *err)
{
    zs_axis axis;
    ZS_TRY(zs_axis_parse(arena, text, base, &axis, err));
    if (turns(&axis, held))
        return ZS_OK;
    bool is_there = false;
    for (uint32_t v = 0; v < axis.value_n; v++)
        is_there |= is_value_of(&axis, v, base);
    if (!is_there) {
        const char *own = own_value(arena, &axis, base);
        const char *longer =
            own == NULL || own[0] == '\0' ? own : zs_arena_printf(arena, "%s,%s", text, own);
        if (longer == NULL)
            return zs_nomem(err, "an axis");
        if (longer[0] != '\0')
            ZS_TRY(zs_axis_parse(arena, longer, base, &axis, err));
    }
    return axis.value_n > 1 ? zs_grid_add(grid, &axis, err) : ZS_OK;
}

zs_status zs_space_axes(zs_arena *arena, const zs_design *base, const char *const *held,
                        zs_grid *out, zs_err *err)
{
    const zs_kind_space *space = space_of(base);
    zs_grid_init(out);
    if (space->axes == NULL || base->engine_n > 0)
        return zs_fail(err, ZS_EUNSUPPORTED, "--over", "is needed: %s says of no key what to try",
                       base->engine_n > 0 ? "a design of several engines" : zs_kind_of(base)->word);
    for (size_t i = 0; space->axes[i] != NULL; i++) {
        const bool has_values = strchr(space->axes[i], '=') != NULL;
        const char *text = has_values ? space->axes[i] : worked_out(arena, space->axes[i], base);
        if (text == NULL)
            return zs_nomem(err, "an axis");
        if (text[0] != '\0')
            ZS_TRY(add_axis(arena, text, base, held, out, err));
    }
    zs_grid_find_families(out, base);
    return ZS_OK;
}

/* ---- branching order ------------------------------------------------------------------------- */

static bool has_path(const zs_grid *grid, const char *path)
{
    for (uint32_t i = 0; i < grid->axis_n; i++)
        for (uint32_t k = 0; k < grid->axes[i].path_n; k++)
            if (strcmp(grid->axes[i].paths[k], path) == 0)
                return true;
    return false;
}

/* Of a word its index among those of the key. NAN: of a list, or of text. */
static double number_of(const zs_axis *axis, uint32_t path, uint32_t value)
{
    const zs_field *field = zs_field_find(axis->paths[path]);
    const char *text = axis->values[(size_t)value * axis->path_n + path];
    double number = (double)NAN;
    if (field != NULL && field->type == ZS_FIELD_BOOL)
        return strcmp(text, "true") == 0;
    for (uint32_t w = 0; field != NULL && field->words != NULL && w < field->word_n; w++)
        if (strcmp(field->words[w].word, text) == 0)
            number = w;
    if (field != NULL && field->words == NULL)
        (void)zs_number_parse(text, field->unit, "", &number, NULL);
    return number;
}

bool zs_axis_has_numbers(const zs_axis *axis, uint32_t path)
{
    bool has = true;
    for (uint32_t v = 0; v < axis->value_n && has; v++)
        has = !isnan(number_of(axis, path, v));
    return has;
}

/* Place in the branching order; 0: must be fixed before any bound is known. Of several keys the
 * least counts. */
static uint32_t rank_of(const zs_axis *axis, const zs_kind_space *space)
{
    uint32_t rank = UINT32_MAX;
    for (uint32_t k = 0; k < axis->path_n; k++) {
        uint32_t at = 0;
        if (!zs_axis_has_numbers(axis, k)) /* values without an order cannot be relaxed */
            return 0;
        while (space->knobs != NULL && space->knobs[at] != NULL &&
               strcmp(space->knobs[at], axis->paths[k]) != 0)
            at++;
        if (space->knobs == NULL || space->knobs[at] == NULL)
            return 0;
        rank = at + 1 < rank ? at + 1 : rank;
    }
    return rank;
}

/* With several kinds or engines there are no bounds until all axes are fixed. */
static const zs_kind_space *known_space(const zs_grid *grid, const zs_design *base)
{
    return base->engine_n > 0 || has_path(grid, zs_kind_field.path) ? &no_space : space_of(base);
}

void zs_space_order(zs_grid *grid, const zs_design *base)
{
    const zs_kind_space *space = known_space(grid, base);
    for (uint32_t i = 1; i < grid->axis_n; i++)
        for (uint32_t k = i;
             k > 0 && rank_of(&grid->axes[k], space) < rank_of(&grid->axes[k - 1], space); k--) {
            const zs_axis moved = grid->axes[k];
            grid->axes[k] = grid->axes[k - 1];
            grid->axes[k - 1] = moved;
        }
}

uint64_t zs_space_home(const zs_grid *grid, const zs_design *base)
{
    uint64_t point = 0;
    for (uint32_t i = 0; i < grid->axis_n; i++) {
        uint32_t at = 0;
        while (at < grid->axes[i].value_n && !is_value_of(&grid->axes[i], at, base))
            at++;
        point = point * grid->axes[i].value_n + (at < grid->axes[i].value_n ? at : 0);
    }
    return point;
}

/* ---- open knobs ------------------------------------------------------------------------------ */

void zs_axis_range(const zs_axis *axis, uint32_t path, zs_open_knob *out)
{
    *out = (zs_open_knob){.path = axis->paths[path], .least = INFINITY, .most = -INFINITY};
    for (uint32_t v = 0; v < axis->value_n; v++) {
        const double value = number_of(axis, path, v);
        out->least = fmin(out->least, value);
        out->most = fmax(out->most, value);
    }
}

zs_status zs_space_init(zs_arena *arena, const zs_sweep *sweep, const zs_subject *objective,
                        bool is_larger, zs_space *out, zs_err *err)
{
    const zs_grid *g = &sweep->grid;
    const zs_kind_space *space = known_space(g, &sweep->base);
    zs_space s = {.sweep = sweep, .objective = *objective, .is_larger = is_larger};
    uint32_t n = 0;
    for (uint32_t i = 0; i < g->axis_n; i++)
        n += g->axes[i].path_n;
    s.open = zs_new(arena, zs_open_knob, n + 1);
    if (s.open == NULL)
        return zs_nomem(err, "the space");
    n = 0;
    for (uint32_t i = 0; i < g->axis_n; i++) {
        s.open_from[i] = n;
        if (rank_of(&g->axes[i], space) == 0)
            s.first_n = i + 1;
        for (uint32_t k = 0; k < g->axes[i].path_n; k++)
            zs_axis_range(&g->axes[i], k, &s.open[n++]);
    }
    s.open_from[g->axis_n] = n;
    s.below[g->axis_n] = 1;
    for (uint32_t i = g->axis_n; i-- > 0;)
        s.below[i] = s.below[i + 1] * g->axes[i].value_n;
    *out = s;
    return ZS_OK;
}
