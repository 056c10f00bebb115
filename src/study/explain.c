#include "explain_priv.h"

#include "zynqsim/kind.h"
#include "zynqsim/compare.h"
#include "zynqsim/plan.h"

#include <math.h>
#include <string.h>

/* Layers that change by less than a twentieth are not named. */
#define LAYER_CHANGE 0.05

typedef struct explainer {
    zs_arena *arena, *scratch;
    const zs_design *design;
    const zs_net *net;
    zs_fidelity fidelity;
    const zs_explain_hook *hook;
    zs_figures base;
    const char *base_binding; /* "" when it fits */
    double beats_per_read, bytes_per_load;
} explainer;

uint32_t zs_explain_most_simulations(void)
{
    uint32_t n = 1;
    for (uint32_t i = 0; i < zs_explain_rule_n; i++)
        n += zs_explain_rules[i].how == ZS_SCALE_LANES
                 ? (uint32_t)ZS_EXPLAIN_STEP_N * ZS_EXPLAIN_CANDIDATES
                 : (uint32_t)ZS_EXPLAIN_STEP_N;
    return n + zs_explain_most_turns();
}

/* ---- one simulation -------------------------------------------------------------------------- */

/* Mean of the loads of a plan; NAN without any. */
static double bytes_per_load(const zs_plan *plan)
{
    uint64_t bytes = 0, n = 0;
    for (uint32_t i = 0; i < plan->op_n; i++) {
        const zs_tile_op *op = &plan->ops[i];
        if (zs_op_role(op->code) != ZS_READ || zs_op_is_loading(op->code) ||
            plan->rows[op->row].call == ZS_NO_INDEX)
            continue;
        bytes += zs_xfer_bytes(&plan->costs[op->cost_key].xfer);
        n++;
    }
    return n > 0 ? (double)bytes / (double)n : (double)NAN;
}

static zs_status simulate(explainer *e, const zs_design *design, zs_result **result, zs_err *err)
{
    zs_plan *plan;
    zs_arena_reset(e->scratch);
    ZS_TRY(zs_design_check(design, err));
    ZS_TRY(zs_plan_build(e->scratch, design, e->net, &plan, err));
    if (design == e->design)
        e->bytes_per_load = bytes_per_load(plan);
    return zs_sim_run(e->scratch, design, e->net, plan, e->fidelity, NULL, result, err);
}

/* Errors that are the reason why a step is not done, rather than failures of explain. */
static bool is_refusal(zs_status status)
{
    return status == ZS_ERANGE || status == ZS_EUNSUPPORTED || status == ZS_EPARSE ||
           status == ZS_ESHAPE;
}

static double beats_per_read(const zs_result *r)
{
    uint64_t bursts = 0, beats = 0;
    for (uint32_t i = 0; i < r->port_n; i++) {
        const size_t n = strlen(r->ports[i].name);
        const bool is_read = n > 3 && strcmp(r->ports[i].name + n - 3, ".rd") == 0;
        if (!is_read || strncmp(r->ports[i].name, "cpu", 3) == 0)
            continue;
        bursts += r->ports[i].bursts;
        beats += r->ports[i].beats;
    }
    return bursts > 0 ? (double)beats / (double)bursts : (double)NAN;
}

/* ---- an effect ------------------------------------------------------------------------------- */

typedef struct layer_effect {
    double before_s, after_s;
} layer_effect;

static zs_status layer_effects(explainer *e, const zs_figures *now, zs_row_groups *groups,
                               layer_effect **out, zs_err *err)
{
    const zs_figures columns[] = {e->base, *now};
    ZS_TRY(zs_row_groups_build(e->arena, columns, 2, groups, err));
    layer_effect *list = zs_new(e->arena, layer_effect, groups->n + 1);
    if (list == NULL)
        return zs_nomem(err, "layers");
    for (uint32_t c = 0; c < 2; c++)
        for (uint32_t layer = 0; layer < columns[c].layer_n; layer++) {
            layer_effect *l = &list[groups->of[c][layer]];
            const double s = zs_figures_layer_number(&columns[c], layer, "seconds");
            *(c == 0 ? &l->before_s : &l->after_s) += s;
        }
    *out = list;
    return ZS_OK;
}

static bool has_changed(const layer_effect *l)
{
    return fabs(l->before_s - l->after_s) > LAYER_CHANGE * l->before_s;
}

static double distance(const layer_effect *l)
{
    return fabs(l->before_s - l->after_s);
}

/* The layers that changed most, by selection: they are few. */
static void name_layers(const zs_row_groups *groups, const layer_effect *list,
                        zs_explain_effect *out)
{
    double before = 0, after = 0;
    uint32_t chosen[ZS_EXPLAIN_LAYERS] = {0};
    for (uint32_t g = 0; g < groups->n; g++) {
        if (!has_changed(&list[g]))
            continue;
        before += list[g].before_s;
        after += list[g].after_s;
        uint32_t at = out->layer_n < ZS_EXPLAIN_LAYERS ? out->layer_n : ZS_EXPLAIN_LAYERS;
        for (; at > 0 && distance(&list[chosen[at - 1]]) < distance(&list[g]); at--)
            if (at < ZS_EXPLAIN_LAYERS)
                chosen[at] = chosen[at - 1];
        if (at < ZS_EXPLAIN_LAYERS)
            chosen[at] = g;
        out->layer_n++;
    }
    for (uint32_t i = 0; i < out->layer_n && i < ZS_EXPLAIN_LAYERS; i++)
        out->layers[i] = groups->names[chosen[i]];
    out->layers_speedup = after > 0 ? before / after : (double)NAN;
}

static const char *binding_of(zs_arena *arena, const zs_fit *fit)
{
    for (uint32_t i = 0; i < fit->family->block_n && fit->binding != NULL; i++) {
        const zs_fit_line line = zs_fit_line_of(fit, i);
        if (strcmp(line.key, fit->binding) == 0)
            return zs_arena_printf(arena, "%u of %u %s", line.used, line.available, line.name);
    }
    return fit->binding != NULL ? zs_arena_strdup(arena, fit->binding) : "";
}

static zs_status take_effect(explainer *e, const zs_result *r, const char *change,
                             zs_explain_effect *out, zs_err *err)
{
    zs_figures now;
    zs_row_groups groups;
    layer_effect *list = NULL;
    ZS_TRY(zs_figures_take(e->arena, change, r, &now, err));
    ZS_TRY(layer_effects(e, &now, &groups, &list, err));
    const char *binding = binding_of(e->arena, &r->fit);
    if (binding == NULL)
        return zs_nomem(err, "explanation");
    const bool is_as_now = strcmp(binding, e->base_binding) == 0;
    *out = (zs_explain_effect){.is_done = true,
                               .why = "",
                               .change = change,
                               .fits = r->fit.fits,
                               .is_close = r->fit.is_close,
                               .is_as_now = is_as_now,
                               .binding = is_as_now ? "" : binding};
    out->speedup = zs_figures_number(&e->base, "seconds") / zs_figures_number(&now, "seconds");
    name_layers(&groups, list, out);
    return ZS_OK;
}

/* ---- a resource ------------------------------------------------------------------------------ */

/* The fastest of the candidates. */
static zs_status do_step(explainer *e, const zs_explain_rule *rule, zs_explain_step step,
                         zs_explain_effect *out, zs_err *err)
{
    zs_explain_candidate candidates[ZS_EXPLAIN_CANDIDATES];
    uint32_t n;
    *out = (zs_explain_effect){.why = "no key of the design can change it further",
                               .change = "",
                               .binding = "",
                               .layers_speedup = (double)NAN};
    ZS_TRY(zs_explain_candidates(e->arena, rule, step, e->design, candidates, &n, err));
    for (uint32_t i = 0; i < n; i++) {
        zs_result *r;
        zs_err why = {0};
        const zs_status status = simulate(e, &candidates[i].design, &r, &why);
        if (e->hook != NULL)
            e->hook->simulated(e->hook->ctx);
        if (is_refusal(status)) {
            if (!out->is_done)
                out->why = zs_arena_printf(e->arena, "%s: %s", why.place, why.text);
            continue;
        }
        if (status != ZS_OK) {
            if (err != NULL)
                *err = why;
            return status;
        }
        zs_explain_effect effect;
        ZS_TRY(take_effect(e, r, candidates[i].change, &effect, err));
        if (!out->is_done || effect.speedup > out->speedup)
            *out = effect;
    }
    return out->why != NULL ? ZS_OK : zs_nomem(err, "explanation");
}

static double rank_of(const zs_explain_row *row)
{
    const zs_explain_effect *twice = &row->effects[ZS_TWICE], *most = &row->effects[ZS_UNLIMITED];
    return (twice->is_done ? twice->speedup : 1) + (most->is_done ? 1e-6 * most->speedup : 0);
}

static void insert_row(zs_explain_row *rows, uint32_t n, const zs_explain_row *row)
{
    for (; n > 0 && rank_of(&rows[n - 1]) < rank_of(row); n--)
        rows[n] = rows[n - 1];
    rows[n] = *row;
}

static zs_status explain_row(explainer *e, const zs_explain_rule *rule, zs_explain_row *row,
                             bool *is_done, zs_err *err)
{
    *row = (zs_explain_row){
        .name = rule->name, .twice = rule->twice, .remark = rule->remark, .kind = rule->kind};
    *is_done = false;
    for (uint32_t step = 0; step < ZS_EXPLAIN_STEP_N; step++) {
        ZS_TRY(do_step(e, rule, (zs_explain_step)step, &row->effects[step], err));
        *is_done |= row->effects[step].is_done;
    }
    /* Without a limit on lanes, fewer lanes are allowed as well: the best of both counts. */
    const zs_explain_effect *twice = &row->effects[ZS_TWICE];
    zs_explain_effect *most = &row->effects[ZS_UNLIMITED];
    if (twice->is_done && (!most->is_done || most->speedup < twice->speedup))
        *most = *twice;
    return ZS_OK;
}

static zs_status explain_rows(explainer *e, zs_explanation *out, zs_err *err)
{
    zs_explain_row *rows = zs_new(e->arena, zs_explain_row, zs_explain_rule_n);
    const char **unused = zs_new(e->arena, const char *, zs_explain_rule_n);
    if (rows == NULL || unused == NULL)
        return zs_nomem(err, "explanation");
    for (uint32_t i = 0; i < zs_explain_rule_n; i++) {
        zs_explain_row row;
        bool is_done;
        ZS_TRY(explain_row(e, &zs_explain_rules[i], &row, &is_done, err));
        if (is_done)
            insert_row(rows, out->row_n++, &row);
        else
            unused[out->unused_n++] = row.name;
    }
    out->rows = rows;
    out->unused = unused;
    return ZS_OK;
}

zs_status zs_explain_run(zs_arena *arena, zs_arena *scratch, const zs_design *design,
                         const zs_net *net, zs_fidelity fidelity, const zs_explain_hook *hook,
                         zs_explanation *out, zs_err *err)
{
    explainer e = {.arena = arena,
                   .scratch = scratch,
                   .design = design,
                   .net = net,
                   .fidelity = fidelity,
                   .hook = hook};
    zs_explanation made = {0};
    zs_result *result;
    ZS_TRY(simulate(&e, design, &result, err));
    if (hook != NULL)
        hook->simulated(hook->ctx);
    ZS_TRY(zs_figures_take(arena, design->name, result, &e.base, err));
    e.base_binding = binding_of(arena, &result->fit);
    if (e.base_binding == NULL)
        return zs_nomem(err, "explanation");
    e.beats_per_read = beats_per_read(result);
    made.base = e.base;
    ZS_TRY(explain_rows(&e, &made, err));
    ZS_TRY(zs_explain_turn_keys(arena, design, net, fidelity, hook, &made, err));
    ZS_TRY(zs_explain_advise(arena, design, e.beats_per_read, e.bytes_per_load, &made, err));
    *out = made;
    return ZS_OK;
}
