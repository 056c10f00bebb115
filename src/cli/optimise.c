#include "optimise_priv.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define WORK 5000 /* millions of events, unless an option says otherwise: a minute or so */

/* ---- the space ------------------------------------------------------------------------------- */

static uint32_t count(char *const *list)
{
    uint32_t n = 0;
    while (list != NULL && list[n] != NULL)
        n++;
    return n;
}

/* Keys that the command line gives a value of their own stay as they are. */
static zs_status held_keys(optimise_job *job, const char *const **out, zs_err *err)
{
    const cli_options *o = job->o;
    const uint32_t n = count(o->set);
    const char **held = zs_new(&job->sweep.base.keep, const char *, n + 1);
    if (held == NULL)
        return zs_nomem(err, "--set");
    for (uint32_t i = 0; i < n; i++) {
        held[i] = zs_arena_strndup(&job->sweep.base.keep, o->set[i], strcspn(o->set[i], "="));
        if (held[i] == NULL)
            return zs_nomem(err, "--set");
    }
    *out = held;
    return ZS_OK;
}

static zs_status read_axes(optimise_job *job, zs_err *err)
{
    sweep_job *w = &job->sweep;
    zs_grid *grid = &w->sweep.grid;
    const char *const *held = NULL;
    zs_grid_init(grid);
    ZS_TRY(held_keys(job, &held, err));
    if (job->o->over == NULL)
        ZS_TRY(zs_space_axes(&w->base.keep, &w->sweep.base, held, grid, err));
    for (size_t i = 0; job->o->over != NULL && job->o->over[i] != NULL; i++) {
        zs_axis axis;
        zs_status status = sweep_axis_read(w, job->o->over[i], &axis, err);
        if (status == ZS_OK)
            status = zs_grid_add(grid, &axis, err);
        if (status != ZS_OK)
            zs_err_prefix(err, "--over");
        ZS_TRY(status);
    }
    zs_space_order(grid, &w->sweep.base);
    zs_grid_find_families(grid, &w->sweep.base);
    const zs_status status = zs_grid_check_keys(grid, &w->sweep.base, err);
    if (status != ZS_OK)
        zs_err_prefix(err, "--over");
    return status;
}

static zs_status read_conditions(optimise_job *job, zs_err *err)
{
    static const char fits_for_sure[] = "fits == true";
    sweep_job *w = &job->sweep;
    const uint32_t goal_n = count(job->o->goals), where_n = count(job->o->where);
    const char **texts = zs_new(&w->base.keep, const char *, goal_n + where_n + 1u);
    zs_conditions *c = &w->sweep.conditions;
    if (texts == NULL)
        return zs_nomem(err, "conditions");
    zs_status status =
        zs_conditions_parse(&w->base.keep, (const char *const *)job->o->goals, goal_n, c, err);
    if (status != ZS_OK)
        zs_err_prefix(err, "--goal");
    ZS_TRY(status);
    for (uint32_t i = 0; i < goal_n + where_n; i++)
        texts[i] = i < goal_n ? job->o->goals[i] : job->o->where[i - goal_n];
    status = zs_conditions_parse(&w->base.keep, texts, goal_n + where_n, c, err);
    if (status != ZS_OK)
        zs_err_prefix(err, "--where");
    ZS_TRY(status);
    if (!sweep_may_misfit(w)) {
        texts[goal_n + where_n] = fits_for_sure;
        ZS_TRY(zs_conditions_parse(&w->base.keep, texts, goal_n + where_n + 1, c, err));
    }
    for (uint32_t i = 0; i < c->n; i++)
        ZS_TRY(sweep_check_key(w, &c->list[i].figure, c->list[i].text, err));
    return ZS_OK;
}

static zs_status read_objective(optimise_job *job, zs_err *err)
{
    const cli_options *o = job->o;
    const char *name = o->minimise != NULL   ? o->minimise
                       : o->maximise != NULL ? o->maximise
                                             : "images_per_second";
    const char *option = o->minimise != NULL ? "--minimise" : "--maximise";
    zs_subject figure;
    bool is_larger;
    if (o->minimise != NULL && o->maximise != NULL)
        return zs_fail(err, ZS_EUSAGE, "--minimise", "does not go with --maximise");
    zs_status status = sweep_objective(&job->sweep.base.keep, name, &figure, &is_larger, err);
    if (status == ZS_OK)
        status = sweep_check_key(&job->sweep, &figure, figure.name, err);
    if (status != ZS_OK)
        zs_err_prefix(err, option);
    ZS_TRY(status);
    /* a name that is both a key and a figure is the figure */
    const uint32_t metric = figure.metric;
    if (metric != ZS_NO_INDEX)
        figure.field = NULL;
    job->objective = metric != ZS_NO_INDEX ? zs_metrics[metric].name : figure.name;
    return zs_space_init(&job->sweep.base.keep, &job->sweep.sweep, &figure, o->minimise == NULL,
                         &job->space, err);
}

/* What no proof can be had of but by simulating. */
static void say_unbounded(const optimise_job *job, const zs_subject *figure, zs_relation relation,
                          const char *asked)
{
    static const char *const from[] = {[ZS_REL_LE] = " from below",
                                       [ZS_REL_LT] = " from below",
                                       [ZS_REL_GE] = " from above",
                                       [ZS_REL_GT] = " from above",
                                       [ZS_REL_EQ] = "",
                                       [ZS_REL_NE] = ""};
    char text[320];
    if (job->o->quiet || zs_space_bounds(&job->space, figure, relation))
        return;
    snprintf(text, sizeof text,
             "%.100s: nothing bounds %.60s%s before a design is simulated: a proof takes every "
             "point that nothing else rules out",
             asked, figure->name, from[relation]);
    cli_say("optimise", text);
}

static void say_all_unbounded(const optimise_job *job)
{
    const zs_conditions *c = &job->sweep.sweep.conditions;
    for (uint32_t i = 0; i < c->n; i++)
        say_unbounded(job, &c->list[i].figure, c->list[i].relation, c->list[i].text);
    say_unbounded(job, &job->space.objective, job->space.is_larger ? ZS_REL_GE : ZS_REL_LE,
                  job->space.is_larger ? "--maximise" : "--minimise");
}

static zs_status read_number(const char *text, const char *place, double least, double most,
                             double *out, zs_err *err)
{
    char *end;
    if (text == NULL)
        return ZS_OK;
    const double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value >= least && value <= most))
        return zs_fail(err, ZS_EUSAGE, place, "'%.40s' is no number from %g to %g", text, least,
                       most);
    *out = value;
    return ZS_OK;
}

/* Figures that need a run: all others are the same at every fidelity. */
static bool have_times(const zs_conditions *c)
{
    bool any = false;
    for (uint32_t i = 0; i < c->n; i++)
        any = any || !zs_figure_is_early(&c->list[i].figure);
    return any;
}

zs_status optimise_setup(const cli_options *options, optimise_job *job, zs_err *err)
{
    double percent = 0, work = options->seconds != NULL ? 0 : WORK;
    sweep_job *w = &job->sweep;
    job->o = options;
    job->rows.fd = w->file.fd = -1;
    zs_arena_init(&job->parts, cli_heap());
    ZS_TRY(read_number(options->seconds, "--seconds", 0, 1e9, &job->seconds, err));
    ZS_TRY(read_number(options->work, "--work", 0, 1e12, &work, err));
    ZS_TRY(read_number(options->enough, "--gap", 0, 1000, &percent, err));
    w->o = options;
    w->shard_n = 1;
    ZS_TRY(cli_base_build(options, &w->base, err));
    w->sweep.base = w->base.design;
    w->sweep.fidelity = options->fidelity;
    w->nets = (sweep_nets){.o = options, .base = &w->sweep.base};
    w->sweep.net_of = sweep_net_of;
    w->sweep.ctx = &w->nets;
    ZS_TRY(read_axes(job, err));
    ZS_TRY(read_conditions(job, err));
    ZS_TRY(read_objective(job, err));
    job->confirms = !options->has_fidelity && have_times(&w->sweep.conditions);
    job->search = (zs_search_options){
        .top_n = options->top > 0 ? (uint32_t)options->top : 1,
        .gap_frac = percent / 100,
        .simulated_most = options->simulations > 0 ? (uint64_t)options->simulations : 0,
        .work_most = (uint64_t)ceil(work * 1e6),
        .confirms = job->confirms};
    /* the network and the design as they are: what is wrong with them is an error, no point */
    const zs_net *net;
    ZS_TRY(zs_design_check(&w->sweep.base, err));
    ZS_TRY(sweep_net_of(&w->nets, &w->sweep.base, &net, err));
    job->worker_n = (uint32_t)options->jobs;
    job->workers = calloc(job->worker_n, sizeof *job->workers);
    if (job->workers == NULL)
        return zs_nomem(err, "threads");
    for (uint32_t i = 0; i < job->worker_n; i++) {
        zs_sweep_memo_init(&job->workers[i].memo, cli_heap());
        zs_arena_init(&job->workers[i].scratch, cli_heap());
        zs_buffer_init(&job->workers[i].row, cli_heap());
    }
    return sweep_set_identity(w, err);
}

void optimise_drop(optimise_job *job)
{
    for (uint32_t i = 0; job->workers != NULL && i < job->worker_n; i++) {
        zs_sweep_memo_drop(&job->workers[i].memo);
        zs_arena_drop(&job->workers[i].scratch);
        zs_buffer_drop(&job->workers[i].row);
    }
    free(job->workers);
    optimise_rows_close(&job->rows);
    zs_arena_drop(&job->parts);
    sweep_job_drop(&job->sweep);
}

/* ---- a round on threads ---------------------------------------------------------------------- */

typedef struct turn {
    optimise_job *job;
    zs_search_task *tasks;
    uint32_t n;
    atomic_uint next, worker;
    zs_status status; /* the first failure */
    zs_err err;
} turn;

static pthread_mutex_t one_keeps = PTHREAD_MUTEX_INITIALIZER;

/* What a file of rows says already need not be simulated, but confirmed. */
static bool is_known(const optimise_job *job, zs_search_task *t)
{
    const known_point *k = optimise_rows_find(&job->rows, t->point);
    if (k == NULL || !k->is_known || (job->confirms && k->excess <= 0 && k->value < t->to_beat))
        return false;
    t->value = k->value;
    t->excess = k->excess;
    t->events = k->events;
    t->is_done = true;
    return true;
}

static zs_status perform_one(optimise_job *job, zs_search_task *t, optimise_worker *w, zs_err *err)
{
    zs_sweep_point p;
    const bool simulates = t->what == ZS_SEARCH_SIMULATE;
    if (simulates && is_known(job, t))
        return ZS_OK;
    ZS_TRY(zs_search_perform(&job->space, job->confirms, t, &w->memo, &w->scratch,
                             simulates ? &p : NULL, err));
    if (!simulates || job->rows.fd < 0)
        return ZS_OK;
    const zs_sink sink = zs_buffer_sink(&w->row);
    w->row.bytes = 0;
    ZS_TRY(zs_sweep_row_emit(&job->sweep.sweep.grid, job->sweep.id, &p, &sink, err));
    pthread_mutex_lock(&one_keeps);
    const zs_status status = optimise_rows_add(job, t->point, &w->row, err);
    pthread_mutex_unlock(&one_keeps);
    return status;
}

static bool is_over(void *ctx)
{
    const optimise_job *job = ctx;
    return cli_interrupted || (job->seconds > 0 && cli_seconds() - job->begin_s > job->seconds);
}

static void work(void *ctx)
{
    turn *r = ctx;
    optimise_worker *w = &r->job->workers[atomic_fetch_add(&r->worker, 1)];
    for (uint32_t i; (i = atomic_fetch_add(&r->next, 1)) < r->n && !is_over(r->job);) {
        zs_err err = {0};
        const zs_status status = perform_one(r->job, &r->tasks[i], w, &err);
        if (status == ZS_OK)
            continue;
        pthread_mutex_lock(&one_keeps);
        if (r->status == ZS_OK) {
            r->status = status;
            r->err = err;
        }
        pthread_mutex_unlock(&one_keeps);
        return;
    }
}

static zs_status perform(void *ctx, zs_search_task *tasks, uint32_t n, zs_err *err)
{
    turn r = {.job = ctx, .tasks = tasks, .n = n};
    const uint32_t workers = r.job->worker_n < n ? r.job->worker_n : n;
    cli_threads_run(workers, work, &r);
    if (r.status != ZS_OK && err != NULL)
        *err = r.err;
    return r.status;
}

/* ---- what is said meanwhile ------------------------------------------------------------------ */

static void progress(void *ctx, const zs_search_state *s)
{
    optimise_job *job = ctx;
    char text[256], bound[96] = "";
    const double now = cli_seconds(), gap = zs_search_gap(s);
    const double value = job->space.is_larger ? -s->best.value : s->best.value;
    const bool is_better = s->is_found && s->best.value != job->said_value;
    const bool is_closer = gap < job->said_gap - 0.005;
    if (job->o->quiet || !s->is_found ||
        now - job->said_s < (is_better   ? 0.5
                             : is_closer ? 2
                                         : INFINITY))
        return;
    if (!isnan(gap))
        snprintf(bound, sizeof bound, ", at the most %.3g %% from the best there can be",
                 100 * gap);
    snprintf(text, sizeof text, "%s %.6g%s; %llu simulated, %.0f s", job->objective, value, bound,
             (unsigned long long)s->simulated, now - job->begin_s);
    cli_say("optimise", text);
    job->said_s = now;
    job->said_value = s->best.value;
    job->said_gap = isnan(gap) ? INFINITY : gap;
}

zs_status optimise_run(optimise_job *job, zs_err *err)
{
    const zs_search_hook hook = {
        .perform = perform, .is_over = is_over, .progress = progress, .ctx = job};
    say_all_unbounded(job);
    job->begin_s = cli_seconds();
    job->said_gap = INFINITY;
    return zs_search_run(&job->parts, &job->space, &job->search, &hook, &job->state, err);
}

/* ---- a design -------------------------------------------------------------------------------- */

zs_status optimise_design(const optimise_job *job, uint64_t point, zs_arena *arena, zs_design *out,
                          zs_err *err)
{
    const zs_sweep *w = &job->sweep.sweep;
    return zs_grid_design(&w->grid, point, &w->base, arena, out, err);
}

/* "was 8; of 1, 2, 4, 8" */
static zs_status note_axis(const optimise_job *job, const zs_axis *axis, uint32_t path,
                           zs_arena *arena, zs_design_note *out, zs_err *err)
{
    enum { VALUES_SHOWN = 12 };
    char own[64] = "";
    const zs_field *f = zs_field_find(axis->paths[path]);
    const char *text = "";
    if (f != NULL && f->type != ZS_FIELD_STR)
        (void)zs_design_print(&job->sweep.sweep.base, f, own, sizeof own);
    for (uint32_t v = 0, shown = 0; v < axis->value_n && text != NULL; v++) {
        const char *value = axis->values[(size_t)v * axis->path_n + path];
        bool is_twice = false;
        for (uint32_t u = 0; u < v && !is_twice; u++)
            is_twice = strcmp(axis->values[(size_t)u * axis->path_n + path], value) == 0;
        if (is_twice || shown > VALUES_SHOWN)
            continue;
        text = zs_arena_printf(arena, "%s%s%s", text, shown > 0 ? ", " : "",
                               shown == VALUES_SHOWN ? "..." : value);
        shown++;
    }
    const bool says_own = own[0] != '\0' && job->o->design_path != NULL;
    if (text != NULL)
        text = zs_arena_printf(arena, "%s%s%sof %s", says_own ? "was " : "", says_own ? own : "",
                               says_own ? "; " : "", text);
    *out = (zs_design_note){axis->paths[path], text};
    return text != NULL ? ZS_OK : zs_nomem(err, "the design");
}

/* Found from anywhere: a name in models/, or the whole path. */
static zs_status name_model(zs_arena *arena, const char **model, zs_err *err)
{
    const char *path = *model, *slash = strrchr(path, '/'), *found, *whole, *other = "";
    const char *name = slash != NULL ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    const char *bare =
        zs_arena_strndup(arena, name, dot != NULL ? (size_t)(dot - name) : strlen(name));
    if (bare == NULL)
        return zs_nomem(err, "the design");
    ZS_TRY(cli_real_path(arena, path, &whole, err));
    if (cli_model_find(arena, NULL, bare, &found, NULL) == ZS_OK)
        ZS_TRY(cli_real_path(arena, found, &other, err));
    *model = strcmp(whole, other) == 0 ? bare : whole;
    return ZS_OK;
}

static zs_status put(const optimise_job *job, const zs_design *design, const char *const *heading,
                     zs_arena *arena, const zs_sink *sink, zs_err *err)
{
    enum { NOTES_MOST = ZS_GRID_AXES * ZS_AXIS_PATHS };
    const zs_grid *g = &job->sweep.sweep.grid;
    zs_design_note notes[NOTES_MOST];
    zs_design d = *design;
    uint32_t n = 0;
    for (uint32_t i = 0; i < g->axis_n; i++)
        for (uint32_t k = 0; k < g->axes[i].path_n; k++)
            ZS_TRY(note_axis(job, &g->axes[i], k, arena, &notes[n++], err));
    ZS_TRY(name_model(arena, &d.network.model, err));
    for (uint32_t i = 0; heading[i] != NULL; i++)
        if (zs_sink_printf(sink, "# %s\n", heading[i]) != ZS_OK)
            return zs_fail(err, ZS_EIO, "the design", "cannot be written");
    return zs_design_brief_emit(&d, notes, n, sink, err);
}

zs_status optimise_write(const optimise_job *job, const zs_design *design, const char *path,
                         const char *const *heading, zs_err *err)
{
    cli_stream *stream = NULL;
    zs_arena arena;
    zs_arena_init(&arena, cli_heap());
    zs_status status = ZS_OK;
    if (path != NULL && strcmp(path, "-") != 0)
        status = cli_stream_open(&arena, path, &stream, err);
    if (status == ZS_OK) {
        const zs_sink sink = stream != NULL ? cli_stream_sink(stream) : cli_stdout();
        status = put(job, design, heading, &arena, &sink, err);
        if (stream != NULL)
            status = cli_stream_end(stream, status, err);
    }
    zs_arena_drop(&arena);
    return status;
}
