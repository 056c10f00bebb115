#include "zynqsim/scatter.h"

#include "zynqsim/pareto.h"
#include "zynqsim/sim.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool zs_metric_is_more_better(const char *name)
{
    static const char *const names[] = {"gops", "images_per_second", "energy.gop_per_joule",
                                        "dram.row_hit_frac", "waited_frac.compute"};
    for (size_t i = 0; i < ZS_LEN(names); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* ---- axes ------------------------------------------------------------------------------------ */

static const struct {
    const char *column, *title;
} words[] = {
    {"cycles", "time (PL cycles)"},
    {"seconds", "time (s)"},
    {"images_per_second", "throughput (images/s)"},
    {"gops", "throughput (GOP/s)"},
    {"clock_hz", "PL clock (Hz)"},
    {"batch", "batch (images)"},
    {"calls", "calls of the accelerator"},
    {"intensity_ops_per_byte", "operational intensity (op/B)"},
    {"dram.read_bytes", "read from DRAM (B)"},
    {"dram.write_bytes", "written to DRAM (B)"},
    {"dram.bytes_per_second", "DRAM bandwidth in use (B/s)"},
    {"dram.row_hit_frac", "DRAM transactions that find their row open (share)"},
    {"dram.busy_frac", "time in which the DRAM data bus moves data (share)"},
    {"energy.joules", "energy (J)"},
    {"energy.watts", "mean power (W)"},
    {"energy.gop_per_joule", "energy efficiency (GOP/J)"},
#define RESOURCE(id, key, noun, unit, meaning, of_board)                                           \
    {"resources." #key ".used", noun " in use"},                                                   \
        {"resources." #key ".available", noun " there are"},
#include "zynqsim/resources.def"
#undef RESOURCE
};

static const char *unit_of(const char *column)
{
    for (uint32_t i = 0; i < zs_metric_n; i++)
        if (strcmp(zs_metrics[i].name, column) == 0)
            return zs_metrics[i].unit;
    const zs_field *field = zs_field_find(column);
    return field != NULL ? field->unit : "";
}

zs_status zs_scatter_axis_name(zs_arena *arena, const char *column, zs_scatter_axis *axis,
                               zs_err *err)
{
    axis->name = column;
    axis->is_more_better = zs_metric_is_more_better(column);
    for (size_t i = 0; i < ZS_LEN(words); i++)
        if (strcmp(words[i].column, column) == 0) {
            axis->title = words[i].title;
            return ZS_OK;
        }
    const char *unit = unit_of(column);
    axis->title = unit[0] != '\0' ? zs_arena_printf(arena, "%s (%s)", column, unit) : column;
    return axis->title != NULL ? ZS_OK : zs_nomem(err, column);
}

/* ---- colours --------------------------------------------------------------------------------- */

uint32_t zs_scatter_group(zs_scatter *s, const char *value)
{
    for (uint32_t i = 0; i < s->group_n; i++)
        if (strcmp(s->groups[i], value) == 0)
            return i;
    if (s->group_n < ZS_SCATTER_GROUPS) {
        s->groups[s->group_n] = value;
        return s->group_n++;
    }
    s->groups[ZS_SCATTER_GROUPS - 1] = "other values";
    return ZS_SCATTER_GROUPS - 1;
}

/* Numbers by size; words keep the order in which they come. */
static bool is_before(const char *a, const char *b)
{
    char *end_a, *end_b;
    const double x = strtod(a, &end_a), y = strtod(b, &end_b);
    return end_a != a && *end_a == '\0' && end_b != b && *end_b == '\0' && x < y;
}

static void sort_groups(zs_scatter *s)
{
    uint32_t of[ZS_SCATTER_GROUPS] = {0}, place[ZS_SCATTER_GROUPS] = {0}; /* by place, by group */
    const char *names[ZS_SCATTER_GROUPS];
    for (uint32_t i = 0; i < s->group_n; i++) {
        uint32_t at = i;
        for (; at > 0 && is_before(s->groups[i], s->groups[of[at - 1]]); at--)
            of[at] = of[at - 1];
        of[at] = i;
    }
    for (uint32_t i = 0; i < s->group_n; i++) {
        place[of[i]] = i;
        names[i] = s->groups[of[i]];
    }
    for (uint32_t i = 0; i < s->group_n; i++)
        s->groups[i] = names[i];
    for (uint32_t i = 0; i < s->n && s->group_n > 0; i++)
        s->points[i].group = place[s->points[i].group];
}

/* ---- the front ------------------------------------------------------------------------------- */

/* A figure with the sign that makes less better; NAN where the design does not fit. */
static double badness(const zs_scatter_point *p, double value, bool is_more)
{
    if (!p->is_feasible)
        return (double)NAN;
    return is_more ? -value : value;
}

zs_status zs_scatter_build(zs_arena *arena, zs_scatter *s, zs_err *err)
{
    double *values = zs_new(arena, double, 2 * (size_t)s->n);
    uint64_t *front, front_n;
    if (values == NULL)
        return zs_nomem(err, "the points of a sweep");
    sort_groups(s);
    s->infeasible_n = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        const zs_scatter_point *p = &s->points[i];
        values[2 * (size_t)i] = badness(p, p->x, s->x.is_more_better);
        values[2 * (size_t)i + 1] = badness(p, p->y, s->y.is_more_better);
        s->infeasible_n += !p->is_feasible;
    }
    ZS_TRY(zs_pareto_list(arena, values, s->n, 2, &front, &front_n, err));
    s->front = zs_new(arena, uint32_t, (size_t)front_n);
    if (s->front == NULL)
        return zs_nomem(err, "the points of a sweep");
    s->front_n = (uint32_t)front_n;
    for (uint32_t i = 0; i < s->front_n; i++) {
        s->front[i] = (uint32_t)front[i];
        s->points[s->front[i]].on_front = true;
    }
    return ZS_OK;
}
