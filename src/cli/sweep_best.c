#include "sweep_priv.h"
#include "zynqsim/pareto.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Points that are simulated before the next are chosen: the same for any number of threads, so that
 * the same points are. */
enum { ROUND = 16 };

/* ---- bounds ---------------------------------------------------------------------------------- */

/* Conditions that are known early leave the point out; so does not fitting, unless a condition
 * speaks of it. */
static bool can_be_best(const zs_sweep *sweep, const zs_design *d, const zs_result *outlook)
{
    if (d->accel.fusion == ZS_FUSION_AUTO)
        return true;
    bool says_fits = false;
    for (uint32_t i = 0; i < sweep->conditions.n; i++) {
        const zs_condition *c = &sweep->conditions.list[i];
        says_fits |= sweep_is_about_fits(c);
        if (zs_figure_is_early(&c->figure) && !zs_condition_holds(c, d, outlook))
            return false;
    }
    return says_fits || outlook->fit.fits;
}

/* NAN: nothing is known of it. */
static double bound_of(const sweep_job *job, const zs_design *d, const zs_result *outlook)
{
    const zs_bounded bounded = zs_metric_bounded(job->best.metric);
    const double value = zs_figure_number(&job->best, d, outlook);
    if (job->best_is_larger)
        return bounded == ZS_BOUNDED_ABOVE ||
                       (bounded == ZS_KNOWN && d->accel.fusion != ZS_FUSION_AUTO)
                   ? -value
                   : (double)NAN;
    return bounded == ZS_BOUNDED_BELOW || (bounded == ZS_KNOWN && d->accel.fusion != ZS_FUSION_AUTO)
               ? value
               : (double)NAN;
}

static zs_status look_at(const sweep_job *job, uint64_t own, zs_arena *arena, bool *is_in,
                         double *bound, zs_err *err)
{
    zs_design d;
    const zs_net *net;
    const zs_result *outlook;
    zs_arena_reset(arena);
    ZS_TRY(zs_grid_design(&job->sweep.grid, sweep_point_of(job, own), &job->sweep.base, arena, &d,
                          err));
    ZS_TRY(job->sweep.net_of(job->sweep.ctx, &d, &net, err));
    ZS_TRY(zs_sweep_outlook(&d, net, job->sweep.fidelity, arena, &outlook, err));
    *is_in = can_be_best(&job->sweep, &d, outlook);
    *bound = bound_of(job, &d, outlook);
    return ZS_OK;
}

/* Figures that are worked out in two ways may differ in their last digits. */
static bool is_beyond(double value, double bound, bool is_above)
{
    const double room = fabs(bound) * 1e-9;
    return is_above ? value > bound + room : value < bound - room;
}

zs_status sweep_check_bound(sweep_job *job, const sweep_row *row, zs_err *err)
{
    const zs_sweep_columns *c = row->layout;
    zs_arena arena;
    zs_design d;
    const zs_net *net;
    const zs_result *outlook = NULL;
    zs_status status = ZS_OK;
    if (strcmp(row->cells[c->outcome], zs_outcome_name(ZS_OUTCOME_SIMULATED)) != 0)
        return ZS_OK;
    zs_arena_init(&arena, cli_heap());
    status = zs_grid_design(&job->sweep.grid, row->point, &job->sweep.base, &arena, &d, err);
    if (status == ZS_OK)
        status = job->sweep.net_of(job->sweep.ctx, &d, &net, err);
    if (status == ZS_OK)
        status = zs_sweep_outlook(&d, net, job->sweep.fidelity, &arena, &outlook, err);
    for (uint32_t i = c->problem + 1; i < c->checksum && status == ZS_OK; i++) {
        const zs_bounded bounded = zs_metric_bounded(c->metric[i]);
        const double value = sweep_cell_number(row, i);
        if (bounded != ZS_BOUNDED_BELOW && bounded != ZS_BOUNDED_ABOVE)
            continue;
        const zs_value v = zs_result_get(outlook, c->metric[i]);
        const double bound = v.type == ZS_METRIC_REAL ? v.r : (double)v.i;
        if (is_beyond(value, bound, bounded == ZS_BOUNDED_ABOVE))
            status = zs_fail(err, ZS_EPARSE, c->names[i],
                             "%.17g is %s the bound %.17g of its point, so it cannot be", value,
                             bounded == ZS_BOUNDED_ABOVE ? "above" : "below", bound);
    }
    zs_arena_drop(&arena);
    return status;
}

typedef struct outlooks {
    const sweep_job *job;
    double *bounds; /* [own]; infinite: out */
    bool *is_in;
    atomic_ullong next;
    zs_status status; /* of a failure of the machine */
    zs_err err;
} outlooks;

static pthread_mutex_t one_fails = PTHREAD_MUTEX_INITIALIZER;

static void look_at_one(outlooks *all, uint64_t own, zs_arena *arena)
{
    zs_err why = {0};
    if (sweep_is_done(all->job, own) || cli_interrupted)
        return;
    const zs_status status =
        look_at(all->job, own, arena, &all->is_in[own], &all->bounds[own], &why);
    if (status != ZS_ENOMEM && status != ZS_EIO)
        return; /* no plan can be made of it: it is no candidate */
    pthread_mutex_lock(&one_fails);
    all->status = status;
    all->err = why;
    pthread_mutex_unlock(&one_fails);
}

static void look_at_some(void *ctx)
{
    enum { CHUNK = 16 };
    outlooks *all = ctx;
    zs_arena arena;
    zs_arena_init(&arena, cli_heap());
    for (uint64_t at; (at = atomic_fetch_add(&all->next, CHUNK)) < all->job->own_n;)
        for (uint64_t own = at; own < all->job->own_n && own < at + CHUNK; own++)
            look_at_one(all, own, &arena);
    zs_arena_drop(&arena);
}

static zs_status list_candidates(sweep_job *job, zs_candidate **list, uint64_t *n, zs_err *err)
{
    zs_arena *keep = &job->base.keep;
    outlooks all = {.job = job,
                    .bounds = zs_new(keep, double, job->own_n + 1),
                    .is_in = zs_new(keep, bool, job->own_n + 1)};
    *list = zs_new(keep, zs_candidate, job->own_n + 1);
    if (all.bounds == NULL || all.is_in == NULL || *list == NULL)
        return zs_nomem(err, "the candidates");
    cli_threads_run((uint64_t)job->o->jobs, look_at_some, &all);
    if (all.status != ZS_OK) {
        *err = all.err;
        return all.status;
    }
    *n = 0;
    for (uint64_t own = 0; own < job->own_n; own++)
        if (all.is_in[own])
            (*list)[(*n)++] = (zs_candidate){.point = own, .bound = all.bounds[own]};
    return ZS_OK;
}

/* ---- rounds ---------------------------------------------------------------------------------- */

static zs_status run_round(sweep_job *job, sweep_pool pool, zs_best *best, bool *is_over,
                           zs_err *err)
{
    uint64_t round[ROUND], n = 0;
    while (n < ROUND && zs_best_next(best, &round[n]))
        n++;
    *is_over = n == 0;
    ZS_TRY(pool(job, round, n, err));
    for (uint64_t i = 0; i < n; i++)
        zs_best_record(best, round[i], job->values[round[i]]);
    return ZS_OK;
}

zs_status sweep_best_run(sweep_job *job, sweep_pool pool, zs_err *err)
{
    zs_best best;
    zs_candidate *list;
    uint64_t n = 0;
    ZS_TRY(list_candidates(job, &list, &n, err));
    ZS_TRY(zs_best_init(&best, &job->base.keep, list, n, err));
    for (uint64_t own = 0; own < job->own_n; own++)
        if (sweep_is_done(job, own))
            zs_best_record(&best, own, job->values[own]);
    for (bool is_over = false; !is_over && !cli_interrupted;)
        ZS_TRY(run_round(job, pool, &best, &is_over, err));
    job->best_found = best.found;
    job->best_own = best.point;
    return ZS_OK;
}
