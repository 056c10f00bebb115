#include "space_priv.h"

#include "zynqsim/bound.h"

#include <math.h>
#include <string.h>

/* What a point of a space is worth, and bounds of what a part of it may be. */

/* ---- conditions ------------------------------------------------------------------------------ */

static bool speaks_of_fits(const zs_condition *c)
{
    return c->figure.field == NULL && strcmp(zs_metrics[c->figure.metric].name, "fits") == 0;
}

/* Relative overuse of the device, summed over kinds of block, also those it has none of: at the
 * upper ends of the bands where it has to fit for sure. */
static double overuse(const zs_fit *fit, bool for_sure)
{
    double sum = 0;
    for (zs_resource_id id = 0; id < ZS_RESOURCE_N; id++) {
        const double used = for_sure ? fit->hi.n[id] : fit->lo.n[id];
        const double available = fit->available.n[id];
        if (used > available)
            sum += available > 0 ? used / available - 1 : used;
    }
    return sum;
}

#define LEAST_MISS 1e-6

/* Relative violation of a condition. */
static double miss(const zs_condition *c, const zs_design *design, const zs_result *result)
{
    if (zs_condition_holds(c, design, result))
        return 0;
    if (speaks_of_fits(c) && result != NULL)
        return LEAST_MISS + overuse(&result->fit, c->relation == ZS_REL_EQ && c->number == 1);
    const double x = zs_figure_number(&c->figure, design, result);
    if (c->word != NULL || isnan(x))
        return 1;
    return LEAST_MISS + fabs(x - c->number) / fmax(fabs(c->number), 1e-9);
}

void zs_space_judge(const zs_space *s, const zs_design *design, const zs_result *result,
                    double *value, double *excess)
{
    *value = (double)NAN;
    *excess = INFINITY;
    if (result == NULL)
        return;
    *excess = 0;
    for (uint32_t i = 0; i < s->sweep->conditions.n; i++)
        *excess += miss(&s->sweep->conditions.list[i], design, result);
    const double x = zs_figure_number(&s->objective, design, result);
    *value = s->is_larger ? -x : x;
    if (isnan(x))
        *excess += 1;
}

/* ---- bounds of a part ------------------------------------------------------------------------ */

typedef struct looking {
    const zs_space *space;
    uint64_t point;
    uint32_t fixed;
    zs_arena *arena;
    zs_err *err; /* for ZS_ENOMEM and ZS_EIO */
} looking;

/* The point has no valid design or plan, as opposed to a failure of memory or files. */
static bool is_no_design(zs_status status)
{
    return status != ZS_OK && status != ZS_ENOMEM && status != ZS_EIO;
}

/* ---- ranges of figures ----------------------------------------------------------------------- */

/* What is known of a part. */
typedef struct facts {
    zs_design settled, relaxed;   /* `settled` has the keys that no open axis varies */
    const zs_result *time, *room; /* lower bounds of time and of resources; NULL: none */
    zs_result described;          /* the names of the settled design in a result */
    const zs_condition *fit;      /* a condition that requires it to fit, or NULL */
} facts;

/* Bounds of a figure over the part's points. */
typedef struct range {
    double least, most;
} range;
static const range anything = {-INFINITY, INFINITY};

/* Requires a certain fit, or one that may be too close to call. */
static bool wants_fit(const zs_condition *c)
{
    return speaks_of_fits(c) && ((c->relation == ZS_REL_EQ && c->number == 1) ||
                                 (c->relation == ZS_REL_NE && c->number == 0));
}

/* An open axis varies the key, or the group that it is in. */
static bool is_turned(const looking *l, const char *key, const zs_axis **axis, uint32_t *path)
{
    const zs_grid *g = &l->space->sweep->grid;
    for (uint32_t i = l->fixed; i < g->axis_n; i++)
        for (uint32_t k = 0; k < g->axes[i].path_n; k++) {
            const size_t n = strlen(g->axes[i].paths[k]);
            if (strncmp(g->axes[i].paths[k], key, n) != 0 || (key[n] != '\0' && key[n] != '.'))
                continue;
            *axis = key[n] == '\0' ? &g->axes[i] : NULL;
            *path = k;
            return true;
        }
    return false;
}

static range range_of_key(const looking *l, const facts *f, const zs_field *field)
{
    const zs_subject key = {.name = field->path, .field = field};
    const zs_axis *axis;
    uint32_t path;
    if (is_turned(l, field->path, &axis, &path)) {
        zs_open_knob open;
        if (axis == NULL || !zs_axis_has_numbers(axis, path))
            return anything;
        zs_axis_range(axis, path, &open);
        return (range){open.least, open.most};
    }
    const double x = zs_figure_number(&key, &f->settled, NULL);
    return isnan(x) ? anything : (range){x, x};
}

/* Figures that repeat a key. */
static const char *key_of(const char *figure)
{
    static const char *const named[][2] = {{"design", "name"},
                                           {"board", "board"},
                                           {"batch", "batch"},
                                           {"precision", "accelerator.precision"},
                                           {"network", "network.model"},
                                           {"fusion", "accelerator.fusion"},
                                           {"clock_hz", "accelerator.clock"}};
    for (size_t i = 0; i < ZS_LEN(named); i++)
        if (strcmp(named[i][0], figure) == 0)
            return named[i][1];
    return NULL;
}

/* "dsp" of "resources.dsp.used". */
static bool is_use(const char *figure, zs_resource_id *id)
{
    const size_t n = strlen("resources.");
    for (uint32_t i = 0; i < ZS_RESOURCE_N; i++) {
        const size_t key_n = strlen(zs_resource_table[i].key);
        *id = (zs_resource_id)i;
        if (strncmp(figure, "resources.", n) == 0 &&
            strncmp(figure + n, zs_resource_table[i].key, key_n) == 0 &&
            strcmp(figure + n + key_n, ".used") == 0)
            return true;
    }
    return false;
}

/* A design that fits uses at most the device's resources. The relaxed design of least time has the
 * most MACs per clock and so the most DSP slices; memories take none. */
static range range_of_use(const looking *l, const facts *f, zs_resource_id id)
{
    range r = anything;
    if (f->room != NULL)
        r.least = f->room->fit.used.n[id];
    if (f->time != NULL && id == ZS_RESOURCE_DSP)
        r.most = f->time->fit.used.n[id];
    const bool is_sure = f->fit != NULL && f->fit->relation == ZS_REL_EQ;
    if (f->fit == NULL || l->fixed < l->space->first_n) /* the board may be open */
        return r;
    const zs_board *board = &f->settled.board;
    const double all = zs_board_resources(board, &zs_families[board->family]).n[id];
    r.most = fmin(r.most, is_sure ? all : all / zs_fit_band_of(&f->settled.accel.account, id).lo);
    return r;
}

/* Of figures bounded by the least time of a design. */
static range range_of_outlook(const zs_subject *figure, const zs_design *d, const zs_result *r)
{
    const zs_bounded bounded =
        figure->field == NULL ? zs_metric_bounded(figure->metric) : ZS_NOT_BOUNDED;
    if (bounded != ZS_BOUNDED_BELOW && bounded != ZS_BOUNDED_ABOVE)
        return anything;
    const double x = zs_figure_number(figure, d, r);
    if (isnan(x))
        return anything;
    return bounded == ZS_BOUNDED_BELOW ? (range){x, INFINITY} : (range){-INFINITY, x};
}

static range range_of(const looking *l, const facts *f, const zs_subject *figure)
{
    zs_resource_id id;
    if (figure->field != NULL)
        return range_of_key(l, f, figure->field);
    const char *name = zs_metrics[figure->metric].name, *key = key_of(name);
    if (key != NULL && zs_field_find(key) != NULL)
        return range_of_key(l, f, zs_field_find(key));
    if (is_use(name, &id))
        return range_of_use(l, f, id);
    return f->time != NULL ? range_of_outlook(figure, &f->relaxed, f->time) : anything;
}

/* Lower bound of the violation of a condition over a part. */
static double miss_of_range(const zs_condition *c, range r)
{
    const double n = c->number, nearest = n < r.least ? r.least : r.most;
    bool holds = true;
    switch (c->relation) {
    case ZS_REL_LE:
        holds = r.least <= n;
        break;
    case ZS_REL_LT:
        holds = r.least < n;
        break;
    case ZS_REL_GE:
        holds = r.most >= n;
        break;
    case ZS_REL_GT:
        holds = r.most > n;
        break;
    case ZS_REL_EQ:
        holds = r.least <= n && n <= r.most;
        break;
    case ZS_REL_NE:
        holds = r.least < n || n < r.most;
        break;
    }
    return holds ? 0 : LEAST_MISS + fabs(nearest - n) / fmax(fabs(n), 1e-9);
}

/* Of figures that are words, only those that repeat a key are known. */
static double miss_of_part(const looking *l, const facts *f, const zs_condition *c)
{
    const zs_axis *axis;
    uint32_t path;
    if (c->word == NULL)
        return miss_of_range(c, range_of(l, f, &c->figure));
    const char *key =
        c->figure.field != NULL ? c->figure.field->path : key_of(zs_metrics[c->figure.metric].name);
    const bool is_known = key != NULL && !is_turned(l, key, &axis, &path);
    return is_known ? miss(c, &f->settled, &f->described) : 0;
}

/* The part's design with its open knobs relaxed; `board` as before the relaxation. is_known: the
 * kind has a relaxation. */
static zs_status relaxed(const looking *l, zs_relaxing what, zs_design *d, zs_board *board,
                         const zs_net **net, bool *is_known)
{
    const zs_space *s = l->space;
    const zs_sweep *w = s->sweep;
    const uint32_t from = s->open_from[l->fixed], n = s->open_from[w->grid.axis_n] - from;
    *d = w->base;
    ZS_TRY(zs_grid_set(&w->grid, l->point, l->fixed, l->arena, d, l->err));
    if (n == 0)
        ZS_TRY(zs_design_check(d, l->err));
    *board = d->board;
    *is_known = zs_kind_of(d)->space->relax(d, s->open + from, n, what);
    return w->net_of(w->ctx, d, net, l->err);
}

/* The account of the relaxed design; NULL: there is no relaxation. */
static zs_status account_of(const looking *l, zs_relaxing what, const zs_result **out)
{
    const zs_net *net;
    zs_plan *plan;
    zs_board board;
    bool is_known;
    zs_design *d = zs_new(l->arena, zs_design, 1);
    zs_result *r = zs_new(l->arena, zs_result, 1);
    *out = NULL;
    if (d == NULL || r == NULL)
        return zs_nomem(l->err, "the outlook of a point");
    ZS_TRY(relaxed(l, what, d, &board, &net, &is_known));
    if (!is_known)
        return ZS_OK;
    ZS_TRY(zs_plan_outline(l->arena, d, net, &plan, l->err));
    d->board = board;
    zs_result_describe(r, d, net, plan, l->space->sweep->fidelity);
    ZS_TRY(zs_fit_build(l->arena, d, plan, &r->fit, l->err));
    *out = r;
    return ZS_OK;
}

static zs_resources memories_of(const zs_fit *fit)
{
    zs_resources sum = {0};
    for (uint32_t i = 0; i < fit->item_n; i++)
        if (fit->items[i].group == ZS_FIT_MEMORIES)
            sum = zs_resources_plus(sum, fit->items[i].r);
    return sum;
}

/* The lesser resources of each memory that both accounts have. */
static zs_resources least_memories(const zs_fit *a, const zs_fit *b)
{
    zs_resources sum = {0};
    for (uint32_t i = 0; i < a->item_n; i++)
        for (uint32_t k = 0; k < b->item_n; k++) {
            const zs_fit_item *x = &a->items[i], *y = &b->items[k];
            if (x->group != ZS_FIT_MEMORIES || strcmp(x->name, y->name) != 0)
                continue;
            zs_resources least = x->r;
            for (zs_resource_id id = 0; id < ZS_RESOURCE_N; id++)
                least.n[id] = least.n[id] < y->r.n[id] ? least.n[id] : y->r.n[id];
            sum = zs_resources_plus(sum, least);
        }
    return sum;
}

/* Replaces the resources of memories by `in_place`. */
static void set_memories(zs_fit *fit, const zs_design *d, const zs_resources *in_place)
{
    const zs_resources now = memories_of(fit);
    for (zs_resource_id id = 0; id < ZS_RESOURCE_N; id++) {
        if (now.n[id] == in_place->n[id])
            continue;
        const zs_fit_band band = zs_fit_band_of(&d->accel.account, id);
        const bool has_band = fit->lo.n[id] != fit->hi.n[id];
        const uint64_t all = (uint64_t)fit->used.n[id] + in_place->n[id];
        const uint32_t used = all > now.n[id] ? (uint32_t)(all - now.n[id]) : 0;
        fit->used.n[id] = used;
        fit->lo.n[id] = has_band ? (uint32_t)(used * band.lo) : used;
        fit->hi.n[id] = has_band ? (uint32_t)(used * band.hi) : used;
    }
    bool fits = true, is_sure = true;
    for (zs_resource_id id = 0; id < ZS_RESOURCE_N; id++) {
        fits = fits && fit->lo.n[id] <= fit->available.n[id];
        is_sure = is_sure && fit->hi.n[id] <= fit->available.n[id];
    }
    fit->fits = fits;
    fit->is_close = fits && !is_sure;
}

/* The least account of the part. Memories count only as far as the kind bounds them (large and
 * small relaxation), else once all axes are fixed. */
static zs_status look_for_room(const looking *l, zs_result **out)
{
    const zs_result *room = NULL, *small = NULL, *large = NULL;
    zs_resources memories = {0};
    zs_result *r = zs_new(l->arena, zs_result, 1);
    *out = NULL;
    if (r == NULL)
        return zs_nomem(l->err, "the outlook of a point");
    ZS_TRY(account_of(l, ZS_RELAX_LARGE, &large));
    if (large != NULL)
        ZS_TRY(account_of(l, ZS_RELAX_SMALL, &small));
    if (large != NULL && small != NULL)
        memories = least_memories(&large->fit, &small->fit);
    room = large;
    if (room == NULL)
        ZS_TRY(account_of(l, ZS_RELAX_ROOM, &room));
    if (room == NULL)
        return ZS_OK;
    *r = *room;
    if (large != NULL || l->fixed < l->space->sweep->grid.axis_n)
        set_memories(&r->fit, &l->space->sweep->base, &memories);
    *out = r;
    return ZS_OK;
}

/* Adds the energy per clock of the used resources to an outlook, which has none. */
static zs_status charge_resources(const looking *l, const zs_design *d, const zs_resources *used,
                                  const zs_result **outlook)
{
    zs_result *r = zs_new(l->arena, zs_result, 1);
    if (r == NULL)
        return zs_nomem(l->err, "the outlook of a point");
    *r = **outlook;
    const zs_energy by_clock = zs_energy_of(d, r->cycles, 0, 0, used);
    r->energy.part_j[ZS_ENERGY_LUT] = by_clock.part_j[ZS_ENERGY_LUT];
    r->energy.part_j[ZS_ENERGY_FF] = by_clock.part_j[ZS_ENERGY_FF];
    zs_energy_add_up(&r->energy, (double)r->cycles / (double)d->accel.clock_hz);
    *outlook = r;
    return ZS_OK;
}

/* The design with its fixed axes before relaxation, and its names in a result. */
static zs_status settle(const looking *l, facts *f)
{
    static const zs_plan no_plan = {0};
    const zs_sweep *w = l->space->sweep;
    const zs_net *net;
    f->settled = w->base;
    ZS_TRY(zs_grid_set(&w->grid, l->point, l->fixed, l->arena, &f->settled, l->err));
    ZS_TRY(w->net_of(w->ctx, &f->settled, &net, l->err));
    zs_result_describe(&f->described, &f->settled, net, &no_plan, w->fidelity);
    for (uint32_t i = 0; i < w->conditions.n && f->fit == NULL; i++)
        f->fit = wants_fit(&w->conditions.list[i]) ? &w->conditions.list[i] : NULL;
    return ZS_OK;
}

/* Lower bound of resources; *is_design false: there is no valid design. */
static zs_status find_room(const looking *l, facts *f, bool *is_design)
{
    zs_result *room = NULL;
    const zs_status status = look_for_room(l, &room);
    *is_design = !is_no_design(status);
    if (*is_design)
        f->room = room;
    return *is_design ? status : ZS_OK;
}

static zs_status find_time(const looking *l, facts *f)
{
    const zs_sweep *w = l->space->sweep;
    zs_board board;
    bool is_known;
    const zs_net *net;
    const zs_result *time = NULL;
    zs_status status = relaxed(l, ZS_RELAX_TIME, &f->relaxed, &board, &net, &is_known);
    if (status == ZS_OK && is_known)
        status = zs_sweep_outlook(&f->relaxed, net, w->fidelity, l->arena, &time, l->err);
    if (is_no_design(status))
        return ZS_OK;
    ZS_TRY(status);
    if (time != NULL && f->room != NULL)
        ZS_TRY(charge_resources(l, &f->relaxed, &f->room->fit.used, &time));
    f->time = time;
    return ZS_OK;
}

static zs_status look_at_part(const looking *l, zs_space_look *out)
{
    const zs_space *s = l->space;
    const zs_conditions *conditions = &s->sweep->conditions;
    const bool is_point = l->fixed == s->sweep->grid.axis_n;
    bool is_design = true;
    facts f = {0};
    *out = (zs_space_look){.bound = -INFINITY, .excess = 0};
    zs_status status = settle(l, &f);
    if (is_no_design(status)) {
        out->excess = is_point ? INFINITY : 0;
        return ZS_OK;
    }
    ZS_TRY(status);
    if (l->fixed >= s->first_n)
        ZS_TRY(find_room(l, &f, &is_design));
    if (!is_design && is_point)
        out->excess = INFINITY;
    for (uint32_t i = 0; i < conditions->n && f.room != NULL; i++)
        if (wants_fit(&conditions->list[i]))
            out->excess += miss(&conditions->list[i], &s->sweep->base, f.room);
    if (out->excess > 0) /* pruned already: its time is not needed */
        return ZS_OK;
    if (l->fixed >= s->first_n)
        ZS_TRY(find_time(l, &f));
    for (uint32_t i = 0; i < conditions->n; i++)
        if (!speaks_of_fits(&conditions->list[i]))
            out->excess += miss_of_part(l, &f, &conditions->list[i]);
    if (l->fixed < s->first_n)
        return ZS_OK;
    const range objective = range_of(l, &f, &s->objective);
    out->bound = s->is_larger ? -objective.most : objective.least;
    return ZS_OK;
}

/* Bounds of a single point, of a kind without knobs to relax. */
static zs_status look_at_point(const looking *l, zs_space_look *out)
{
    const zs_space *s = l->space;
    const zs_sweep *w = s->sweep;
    zs_design d;
    const zs_net *net;
    const zs_result *r;
    *out = (zs_space_look){.bound = INFINITY, .excess = INFINITY};
    zs_status status = zs_grid_design(&w->grid, l->point, &w->base, l->arena, &d, l->err);
    if (status == ZS_OK)
        status = w->net_of(w->ctx, &d, &net, l->err);
    if (status == ZS_OK)
        status = zs_sweep_outlook(&d, net, w->fidelity, l->arena, &r, l->err);
    if (is_no_design(status))
        return ZS_OK;
    ZS_TRY(status);
    const bool is_open = d.accel.fusion == ZS_FUSION_AUTO; /* early figures are not final */
    if (!is_open)
        ZS_TRY(charge_resources(l, &d, &r->fit.used, &r));
    out->excess = 0;
    for (uint32_t i = 0; i < w->conditions.n; i++) {
        const zs_condition *c = &w->conditions.list[i];
        const bool is_known = c->figure.field != NULL ||
                              (zs_metric_bounded(c->figure.metric) == ZS_KNOWN && !is_open);
        if (is_known)
            out->excess += miss(c, &d, r);
        else if (c->word == NULL)
            out->excess += miss_of_range(c, range_of_outlook(&c->figure, &d, r));
    }
    const double x = zs_figure_number(&s->objective, &d, r);
    const bool is_known = s->objective.field != NULL ||
                          (zs_metric_bounded(s->objective.metric) == ZS_KNOWN && !is_open);
    const range objective =
        is_known && !isnan(x) ? (range){x, x} : range_of_outlook(&s->objective, &d, r);
    out->bound = s->is_larger ? -objective.most : objective.least;
    return ZS_OK;
}

bool zs_space_bounds(const zs_space *s, const zs_subject *f, zs_relation relation)
{
    const bool less = relation == ZS_REL_LE || relation == ZS_REL_LT;
    const bool more = relation == ZS_REL_GE || relation == ZS_REL_GT;
    const char *name = f->field == NULL ? zs_metrics[f->metric].name : "";
    zs_resource_id id;
    if (f->field != NULL || key_of(name) != NULL || strcmp(name, "fits") == 0)
        return true;
    switch (zs_metric_bounded(f->metric)) {
    case ZS_BOUNDED_BELOW:
        return !more;
    case ZS_BOUNDED_ABOVE:
        return !less;
    case ZS_KNOWN:
        return s->first_n == s->sweep->grid.axis_n ||
               (is_use(name, &id) && (!more || id == ZS_RESOURCE_DSP));
    default:
        return false;
    }
}

uint64_t zs_space_with_value(const zs_space *space, uint64_t point, uint32_t axis, uint32_t value)
{
    const uint64_t apart = space->below[axis + 1];
    const uint64_t now = point / apart % space->sweep->grid.axes[axis].value_n;
    return point + (value - now) * apart;
}

zs_status zs_space_look_at(const zs_space *space, uint64_t point, uint32_t fixed, zs_arena *arena,
                           zs_space_look *out, zs_err *err)
{
    zs_err why = {0};
    const looking l = {.space = space, .point = point, .fixed = fixed, .arena = arena, .err = &why};
    const bool is_plain = fixed == space->sweep->grid.axis_n && space->first_n == fixed;
    const zs_status status = is_plain ? look_at_point(&l, out) : look_at_part(&l, out);
    if (status != ZS_OK && err != NULL)
        *err = why;
    return status;
}
