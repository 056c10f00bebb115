#include "optimise_priv.h"
#include "zynqsim/bound.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

typedef struct answering {
    optimise_job *job;
    zs_arena keep;
    zs_optimum out;
} answering;

static zs_status find_figures(const optimise_job *job, zs_arena *arena, zs_design *d,
                              zs_result **out, zs_err *err)
{
    const zs_sweep *w = &job->sweep.sweep;
    const zs_net *net;
    zs_plan *plan;
    ZS_TRY(w->net_of(w->ctx, d, &net, err));
    ZS_TRY(zs_plan_build(arena, d, net, &plan, err));
    return zs_sim_run(arena, d, net, plan, w->fidelity, NULL, out, err);
}

static zs_status take_point(answering *a, uint64_t point, zs_found *out, zs_err *err)
{
    zs_design *d = zs_new(&a->keep, zs_design, 1);
    zs_result *r;
    if (d == NULL)
        return zs_nomem(err, "the answer");
    ZS_TRY(optimise_design(a->job, point, &a->keep, d, err));
    ZS_TRY(find_figures(a->job, &a->keep, d, &r, err));
    *out = (zs_found){d, r};
    return ZS_OK;
}

static zs_status take_designs(answering *a, zs_err *err)
{
    const zs_search_state *s = &a->job->state;
    const zs_grid *g = &a->job->sweep.sweep.grid;
    zs_found *top = zs_new(&a->keep, zs_found, s->top_n + 1u);
    zs_design *before = zs_new(&a->keep, zs_design, 1);
    const char **paths = zs_new(&a->keep, const char *, (size_t)ZS_GRID_AXES *ZS_AXIS_PATHS);
    const uint32_t asked_n = a->job->sweep.sweep.conditions.n + 1;
    const char **figures = zs_new(&a->keep, const char *, asked_n);
    zs_result *r = NULL;
    if (top == NULL || before == NULL || paths == NULL || figures == NULL)
        return zs_nomem(err, "the answer");
    for (uint32_t i = 0; i < s->top_n; i++)
        ZS_TRY(take_point(a, s->top[i].point, &top[i], err));
    *before = a->job->sweep.sweep.base;
    const zs_status status = find_figures(a->job, &a->keep, before, &r, err);
    if (status == ZS_ENOMEM)
        return status;
    a->out.before = (zs_found){before, status == ZS_OK ? r : NULL};
    for (uint32_t i = 0; i < g->axis_n; i++)
        for (uint32_t k = 0; k < g->axes[i].path_n; k++)
            paths[a->out.path_n++] = g->axes[i].paths[k];
    figures[a->out.figure_n++] = a->job->objective;
    for (uint32_t i = 0; i + 1 < asked_n; i++) {
        const zs_subject *f = &a->job->sweep.sweep.conditions.list[i].figure;
        if (f->field == NULL)
            figures[a->out.figure_n++] = zs_metrics[f->metric].name;
    }
    a->out.paths = paths;
    a->out.figures = figures;
    a->out.top = top;
    a->out.top_n = s->top_n;
    return ZS_OK;
}

/* ---- how it ended ---------------------------------------------------------------------------- */

static const char *why_it_ended(const optimise_job *job)
{
    if (cli_interrupted)
        return "interrupted";
    if (job->search.gap_frac > 0 && zs_search_gap(&job->state) <= job->search.gap_frac)
        return "close enough";
    if (job->search.simulated_most > 0 && job->state.simulated >= job->search.simulated_most)
        return "enough simulated";
    return job->search.work_most > 0 && job->state.work >= job->search.work_most
               ? "limit of work reached"
               : "out of time";
}

static const char *of_conditions(answering *a)
{
    const zs_conditions *c = &a->job->sweep.sweep.conditions;
    const char *text = "";
    for (uint32_t i = 0; i < c->n && text != NULL; i++)
        text = zs_arena_printf(&a->keep, "%s%s%s", text, i > 0 ? ", " : "", c->list[i].text);
    return text;
}

static const char *nothing_found(answering *a)
{
    const zs_search_state *s = &a->job->state;
    const unsigned long long all = a->job->sweep.sweep.grid.point_n;
    const char *conditions = of_conditions(a);
    if (conditions == NULL)
        return NULL;
    if (s->is_proven)
        return zs_arena_printf(&a->keep,
                               "none of %llu points meets the conditions (%s): proven; %llu "
                               "simulated",
                               all, conditions, (unsigned long long)s->simulated);
    return zs_arena_printf(&a->keep,
                           "%s before any of %llu points was found that meets the conditions (%s); "
                           "%llu simulated",
                           why_it_ended(a->job), all, conditions, (unsigned long long)s->simulated);
}

/* Behind the sentence: what the best design changes besides its speed. */
static const char *warnings(answering *a)
{
    const zs_design *best = a->out.top[0].design, *base = &a->job->sweep.sweep.base;
    const char *clock = zs_clock_note(&a->keep, best);
    if (clock == NULL)
        return NULL;
    const bool is_other = best->accel.precision != base->accel.precision;
    return zs_arena_printf(&a->keep, "%s%s%s%s%s", clock[0] ? "; " : "", clock,
                           is_other ? "; in " : "",
                           is_other ? zs_words_precision[best->accel.precision].word : "",
                           is_other ? " results are less exact: `accuracy` says by how much" : "");
}

static const char *found(answering *a)
{
    const zs_search_state *s = &a->job->state;
    const unsigned long long all = a->job->sweep.sweep.grid.point_n;
    const char *more = warnings(a);
    const double gap = zs_search_gap(s);
    const double bound = a->job->space.is_larger ? -s->bound : s->bound;
    if (more == NULL)
        return NULL;
    if (s->is_proven)
        return zs_arena_printf(&a->keep,
                               "optimal: none of %llu points that meet the conditions is better; "
                               "%llu simulated%s",
                               all, (unsigned long long)s->simulated, more);
    if (isnan(gap))
        return zs_arena_printf(&a->keep,
                               "%s: the best of %llu simulated of %llu points; nothing bounds "
                               "the others%s",
                               why_it_ended(a->job), (unsigned long long)s->simulated, all, more);
    return zs_arena_printf(&a->keep,
                           "%s: no design of %llu points can be better by more than %.2f %% (%s "
                           "%.6g); %llu simulated%s",
                           why_it_ended(a->job), all, 100 * gap, a->job->objective, bound,
                           (unsigned long long)s->simulated, more);
}

static zs_status print(const answering *a, zs_arena *scratch, zs_err *err)
{
    const zs_sink sink = cli_stdout();
    const zs_table_style style = cli_terminal_style();
    switch (a->job->o->format) {
    case CLI_CSV:
        return zs_optimum_csv_emit(scratch, &a->out, &sink, err);
    case CLI_JSON:
        return zs_optimum_json_emit(&a->out, &sink, err);
    default:
        return zs_optimum_table_emit(scratch, &a->out, &style, &sink, err);
    }
}

/* What the file says at its head. */
static zs_status write_best(answering *a, zs_err *err)
{
    const optimise_job *job = a->job;
    const zs_result *r = a->out.top[0].result;
    const char *conditions = of_conditions(a);
    const double value = zs_figure_number(&job->space.objective, a->out.top[0].design, r);
    const char *head[] = {
        zs_arena_printf(&a->keep, "Found by zynqsim optimise: the %s %s where %s",
                        job->space.is_larger ? "most" : "least", job->objective, conditions),
        zs_arena_printf(
            &a->keep, "%s %.6g; %llu cycles, %.6g images/s by fidelity %s", job->objective, value,
            (unsigned long long)r->cycles,
            zs_figure_number(&(zs_subject){.metric = zs_metric_find("images_per_second")},
                             a->out.top[0].design, r),
            r->fidelity),
        a->out.sentence, NULL};
    for (size_t i = 0; i + 1 < ZS_LEN(head); i++)
        if (head[i] == NULL || conditions == NULL)
            return zs_nomem(err, "the design");
    return optimise_write(job, a->out.top[0].design, job->o->output, head, err);
}

static zs_status answer_with(answering *a, int *exit_status, zs_err *err)
{
    optimise_job *job = a->job;
    const zs_search_state *s = &job->state;
    ZS_TRY(take_designs(a, err));
    a->out.goal_met = s->is_found;
    a->out.proven = s->is_proven;
    a->out.gap_frac = zs_search_gap(s);
    a->out.simulated = s->simulated;
    a->out.lists = job->o->top > 0;
    a->out.sentence = s->is_found ? found(a) : nothing_found(a);
    if (a->out.sentence == NULL)
        return zs_nomem(err, "the answer");
    if (s->is_found && job->o->output != NULL)
        ZS_TRY(write_best(a, err));
    ZS_TRY(print(a, &a->keep, err));
    *exit_status = cli_interrupted ? CLI_SIGNALLED + cli_interrupted
                   : s->is_found   ? CLI_DONE
                                   : CLI_NO;
    return ZS_OK;
}

zs_status cmd_optimise(const cli_options *options, int *exit_status, zs_err *err)
{
    optimise_job job = {0};
    zs_status status = optimise_setup(options, &job, err);
    if (status == ZS_OK && options->output != NULL && strcmp(options->output, "-") == 0)
        status = zs_fail(err, ZS_EUSAGE, "-o", "needs a file: standard output says what was found");
    if (status == ZS_OK && options->output != NULL && cli_is_directory(options->output))
        status = zs_fail(err, ZS_EUSAGE, options->output, "cannot be written: is a directory");
    if (status == ZS_OK && options->output != NULL &&
        (access(options->output, F_OK) != 0 || cli_is_file(options->output))) {
        cli_temporary probe; /* a minute of search is not to end with a wrong directory */
        status = cli_temporary_open(&probe, options->output, err);
        cli_temporary_drop(&probe);
    }
    if (status == ZS_OK)
        status = optimise_rows_open(&job, err);
    if (status == ZS_OK) {
        cli_catch_interrupts();
        status = optimise_run(&job, err);
    }
    if (status == ZS_OK) {
        answering a = {.job = &job};
        zs_arena_init(&a.keep, cli_heap());
        status = answer_with(&a, exit_status, err);
        zs_arena_drop(&a.keep);
    }
    optimise_drop(&job);
    return status;
}
