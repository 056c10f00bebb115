#include "zynqsim/sweep.h"

#include "zynqsim/figures.h"

#include "zynqsim/kind.h"

#include "zynqsim/bound.h"

#include <string.h>

const char *zs_outcome_name(zs_outcome outcome)
{
    static const char *const names[ZS_OUTCOME_N] = {"simulated", "skipped", "problem"};
    return names[outcome];
}

/* ---- figures known before simulation --------------------------------------------------------- */

typedef struct known_row {
    const char *name; /* ending in a dot: all figures with this prefix */
    zs_bounded bounded;
} known_row;

static const known_row known[] = {
    {"design", ZS_KNOWN},
    {"network", ZS_KNOWN},
    {"board", ZS_KNOWN},
    {"fidelity", ZS_KNOWN},
    {"precision", ZS_KNOWN},
    {"fusion", ZS_KNOWN},
    {"batch", ZS_KNOWN},
    {"clock_hz", ZS_KNOWN},
    {"fits", ZS_KNOWN},
    {"binding", ZS_KNOWN},
    {"macs", ZS_KNOWN},
    {"calls", ZS_KNOWN},
    {"resources.", ZS_KNOWN},
    {"roofline.", ZS_KNOWN},
    {"cycles", ZS_BOUNDED_BELOW},
    {"seconds", ZS_BOUNDED_BELOW},
    {"images_per_second", ZS_BOUNDED_ABOVE},
    {"gops", ZS_BOUNDED_ABOVE},
    {"energy.joules", ZS_BOUNDED_BELOW},
    {"energy.gop_per_joule", ZS_BOUNDED_ABOVE},
};

zs_bounded zs_metric_bounded(uint32_t metric)
{
    for (size_t i = 0; i < ZS_LEN(known); i++) {
        const size_t bytes = strlen(known[i].name);
        const bool is_group = known[i].name[bytes - 1] == '.';
        if (is_group ? strncmp(zs_metrics[metric].name, known[i].name, bytes) == 0
                     : strcmp(zs_metrics[metric].name, known[i].name) == 0)
            return known[i].bounded;
    }
    return ZS_NOT_BOUNDED;
}

bool zs_metric_is_early(uint32_t metric)
{
    return zs_metric_bounded(metric) == ZS_KNOWN;
}

bool zs_sweep_has_metric(const zs_grid *grid, uint32_t metric)
{
    if (strcmp(zs_metrics[metric].name, "sim_wall_seconds") == 0 ||
        !zs_metric_is_on(metric, grid->families))
        return false;
    for (uint32_t i = 0; i < grid->axis_n; i++)
        for (uint32_t k = 0; k < grid->axes[i].path_n; k++)
            if (strcmp(grid->axes[i].paths[k], zs_metrics[metric].name) == 0)
                return false;
    return true;
}

/* ---- before simulating ----------------------------------------------------------------------- */

static zs_status end_of_engines(zs_arena *arena, const zs_design *design, const zs_net *net,
                                const zs_plan *plan, uint64_t *cycles, zs_err *err)
{
    uint64_t *ends = zs_new(arena, uint64_t, plan->row_n + 1u);
    if (ends == NULL)
        return zs_nomem(err, "the outlook of a point");
    zs_bound_row_ends(design, net, plan, ends);
    *cycles = plan->row_n > 0 ? ends[plan->row_n - 1] : 0;
    return ZS_OK;
}

zs_status zs_sweep_outlook(const zs_design *design, const zs_net *net, zs_fidelity fidelity,
                           zs_arena *arena, const zs_result **out, zs_err *err)
{
    zs_plan *plan;
    zs_result *r = zs_new(arena, zs_result, 1);
    if (r == NULL)
        return zs_nomem(err, "the outlook of a point");
    ZS_TRY(zs_plan_outline(arena, design, net, &plan, err));
    zs_bound_sums sums = zs_bound_of_outline(design, net, plan);
    /* a plan with ops adds units and reconfiguration, which the sums lack */
    if (plan->part_n > 0 || plan->kind->outline_row == NULL)
        ZS_TRY(end_of_engines(arena, design, net, plan, &sums.cycles, err));
    zs_result_describe(r, design, net, plan, fidelity);
    r->cycles = sums.cycles;
    r->macs = sums.macs;
    r->dram.read_bytes = sums.dram_bytes;
    r->energy = zs_energy_of(design, sums.cycles, sums.worked_macs, sums.dram_bytes, NULL);
    ZS_TRY(zs_fit_build(arena, design, plan, &r->fit, err));
    *out = r;
    return ZS_OK;
}

/* ---- a point --------------------------------------------------------------------------------- */

typedef struct run {
    const zs_sweep *sweep;
    zs_sweep_memo *memo;
    zs_arena *arena; /* the memo's arena that holds no kept point */
    zs_design design;
    const zs_net *net;
    zs_sweep_point *out;
    zs_err *err;
} run;

/* An error of the point becomes its row; one of memory or files ends the sweep. */
static zs_status settle(run *r, zs_status status, const zs_err *why)
{
    if (status == ZS_OK)
        return ZS_OK;
    if (status == ZS_ENOMEM || status == ZS_EIO) {
        if (r->err != NULL)
            *r->err = *why;
        return status;
    }
    r->out->outcome = ZS_OUTCOME_PROBLEM;
    r->out->meets = false;
    r->out->result = NULL;
    r->out->is_internal = status == ZS_EINTERNAL || status == ZS_EDEADLOCK;
    r->out->problem =
        zs_arena_printf(r->arena, "%s%s%s", why->place, why->place[0] ? ": " : "", why->text);
    return r->out->problem ? ZS_OK : zs_nomem(r->err, "a row");
}

static zs_status find_design(run *r, zs_err *why)
{
    ZS_TRY(
        zs_grid_design(&r->sweep->grid, r->out->point, &r->sweep->base, r->arena, &r->design, why));
    return r->sweep->net_of(r->sweep->ctx, &r->design, &r->net, why);
}

static bool is_checked_early(const run *r, const zs_condition *c)
{
    return zs_figure_is_early(&c->figure) &&
           (c->figure.field != NULL || r->design.accel.fusion != ZS_FUSION_AUTO);
}

static bool needs_early(const run *r)
{
    for (uint32_t i = 0; i < r->sweep->conditions.n; i++)
        if (is_checked_early(r, &r->sweep->conditions.list[i]))
            return true;
    return false;
}

/* Checks early conditions on the draft, whose rows and buffers are those of the plan. */
static zs_status try_early(run *r, const zs_plan_draft *draft, zs_err *why)
{
    const zs_plan *plan = zs_plan_draft_plan(draft);
    if (!needs_early(r))
        return ZS_OK;
    zs_result *early = zs_new(r->arena, zs_result, 1);
    if (early == NULL)
        return zs_nomem(why, "a row");
    zs_result_describe(early, &r->design, r->net, plan, r->sweep->fidelity);
    ZS_TRY(zs_fit_build(r->arena, &r->design, plan, &early->fit, why));
    for (uint32_t i = 0; i < r->sweep->conditions.n; i++) {
        const zs_condition *c = &r->sweep->conditions.list[i];
        if (!is_checked_early(r, c) || zs_condition_holds(c, &r->design, early))
            continue;
        r->out->outcome = ZS_OUTCOME_SKIPPED;
        r->out->meets = false;
        r->out->result = early;
        r->out->problem = zs_arena_printf(r->arena, "not %s", c->text);
        return r->out->problem ? ZS_OK : zs_nomem(why, "a row");
    }
    return ZS_OK;
}

/* ---- reuse of the previous result ------------------------------------------------------------ */

#define FUSION_PATH "accelerator.fusion"
#define KEPT_BYTES  ((size_t)256 << 20)

void zs_sweep_memo_init(zs_sweep_memo *memo, zs_alloc source)
{
    *memo = (zs_sweep_memo){0};
    zs_arena_init(&memo->arenas[0], source);
    zs_arena_init(&memo->arenas[1], source);
}

void zs_sweep_memo_drop(zs_sweep_memo *memo)
{
    zs_arena_drop(&memo->arenas[0]);
    zs_arena_drop(&memo->arenas[1]);
}

uint32_t zs_sweep_chunk(const zs_sweep *sweep)
{
    const uint32_t last = sweep->grid.axis_n - 1u;
    const uint32_t axis = zs_grid_axis(&sweep->grid, FUSION_PATH);
    return sweep->grid.axis_n > 0 && axis == last ? sweep->grid.axes[last].value_n : 1;
}

/* Whether the kept point differs from this one in fusion alone and has the same plan. */
static bool is_like_kept(const run *r, const zs_plan_draft *draft, uint64_t family, uint64_t digest)
{
    const zs_sweep_memo *m = r->memo;
    return m->is_known && digest != 0 && m->digest == digest && m->family == family &&
           m->net == r->net && zs_plan_is_alike(m->plan, zs_plan_draft_plan(draft));
}

static uint64_t family_of(const run *r)
{
    const uint32_t axis = zs_grid_axis(&r->sweep->grid, FUSION_PATH);
    return axis == ZS_GRID_AXES ? r->out->point
                                : zs_grid_family(&r->sweep->grid, r->out->point, axis);
}

static zs_status take_over(run *r, const zs_plan_draft *draft, zs_err *why)
{
    zs_result *result = zs_new(r->arena, zs_result, 1);
    if (result == NULL)
        return zs_nomem(why, "a row");
    *result = *r->memo->result;
    result->fusion = zs_word_of(zs_words_fusion, ZS_FUSION_COUNT, r->design.accel.fusion);
    result->fusion_note = zs_plan_draft_note(draft);
    r->out->result = result;
    return ZS_OK;
}

static zs_status simulate_draft(run *r, zs_plan_draft *draft, zs_err *why)
{
    const zs_plan *plan;
    zs_result *result;
    ZS_TRY(zs_plan_finish(draft, &plan, why));
    ZS_TRY(zs_sim_run(r->arena, &r->design, r->net, plan, r->sweep->fidelity, NULL, &result, why));
    r->out->result = result;
    return ZS_OK;
}

/* Keeping a point occupies its whole arena: not where no other can have the same plan, and not one
 * so large that memory costs more than time. */
static bool is_worth_keeping(const run *r, uint64_t digest)
{
    return digest != 0 && r->arena->used_bytes <= KEPT_BYTES &&
           zs_grid_axis(&r->sweep->grid, FUSION_PATH) != ZS_GRID_AXES;
}

static void keep(run *r, const zs_plan_draft *draft, uint64_t family, uint64_t digest)
{
    zs_sweep_memo *m = r->memo;
    m->kept = !m->kept;
    m->is_known = true;
    m->family = family;
    m->digest = digest;
    m->plan = zs_plan_draft_plan(draft);
    m->net = r->net;
    m->result = r->out->result;
}

/* ---- entry ----------------------------------------------------------------------------------- */

static zs_status simulate(run *r, zs_err *why)
{
    zs_plan_draft *draft;
    ZS_TRY(zs_plan_draft_build(r->arena, &r->design, r->net, &draft, why));
    ZS_TRY(try_early(r, draft, why));
    if (r->out->outcome == ZS_OUTCOME_SKIPPED)
        return ZS_OK;
    const uint64_t family = family_of(r), digest = zs_plan_draft_digest(draft);
    if (is_like_kept(r, draft, family, digest)) {
        ZS_TRY(take_over(r, draft, why));
    } else {
        ZS_TRY(simulate_draft(r, draft, why));
        if (is_worth_keeping(r, digest))
            keep(r, draft, family, digest);
    }
    for (uint32_t i = 0; i < r->sweep->conditions.n; i++)
        r->out->meets = r->out->meets && zs_condition_holds(&r->sweep->conditions.list[i],
                                                            &r->design, r->out->result);
    return ZS_OK;
}

zs_status zs_sweep_run(const zs_sweep *sweep, uint64_t point, zs_sweep_memo *memo,
                       zs_sweep_point *out, zs_err *err)
{
    run r = {
        .sweep = sweep, .memo = memo, .arena = &memo->arenas[!memo->kept], .out = out, .err = err};
    zs_err why = {0};
    zs_arena_reset(r.arena);
    *out = (zs_sweep_point){.point = point, .meets = true};
    zs_status status = find_design(&r, &why);
    if (status == ZS_OK)
        status = simulate(&r, &why);
    return settle(&r, status, &why);
}
