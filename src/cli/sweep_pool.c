#include "sweep_priv.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>

enum { BAR_STEP = 1024 }; /* the least that a bar notices */

void sweep_worker_init(sweep_worker *worker)
{
    zs_sweep_memo_init(&worker->memo, cli_heap());
    zs_buffer_init(&worker->row, cli_heap());
}

void sweep_worker_drop(sweep_worker *worker)
{
    zs_sweep_memo_drop(&worker->memo);
    zs_buffer_drop(&worker->row);
}

/* What --best compares; NAN for a point that is no answer. */
static double value_of(const sweep_job *job, const zs_sweep_point *p)
{
    if (job->values == NULL || p->result == NULL || !p->meets ||
        (!p->result->fit.fits && !sweep_may_misfit(job)))
        return (double)NAN;
    const double value = zs_figure_number(&job->best, &job->sweep.base, p->result);
    return job->best_is_larger ? -value : value;
}

zs_status sweep_work(const sweep_job *job, uint64_t own, sweep_worker *worker, double *value,
                     bool *is_internal, zs_err *err)
{
    zs_sweep_point p;
    const zs_sink sink = zs_buffer_sink(&worker->row);
    worker->row.bytes = 0;
    ZS_TRY(zs_sweep_run(&job->sweep, sweep_point_of(job, own), &worker->memo, &p, err));
    *value = value_of(job, &p);
    *is_internal = p.is_internal;
    return zs_sweep_row_emit(&job->sweep.grid, job->id, &p, &sink, err);
}

zs_status sweep_take(sweep_job *job, uint64_t ordinal, uint64_t own, const void *row, size_t bytes,
                     double value, zs_err *err)
{
    ZS_TRY(sweep_file_add(&job->file, ordinal, row, bytes, err));
    job->done[own / 8] |= (uint8_t)(1u << own % 8);
    job->done_n++;
    if (job->values != NULL)
        job->values[own] = value;
    cli_progress_step(&job->progress, BAR_STEP);
    return ZS_OK;
}

/* ---- threads --------------------------------------------------------------------------------- */

typedef struct pool {
    sweep_job *job;
    const uint64_t *list;
    uint64_t n, chunk;
    atomic_ullong next; /* ordinal that nobody has taken */
    atomic_bool is_over;
    zs_status status; /* of the first failure; ends the rest */
    zs_err err;
} pool;

/* Rows, what is done, and the first failure. */
static pthread_mutex_t one_adds = PTHREAD_MUTEX_INITIALIZER;

static void work_on(pool *p, uint64_t ordinal, sweep_worker *worker)
{
    sweep_job *job = p->job;
    const uint64_t own = p->list ? p->list[ordinal] : ordinal;
    zs_err err = {0};
    double value = (double)NAN;
    bool is_internal = false;
    pthread_mutex_lock(&one_adds);
    const bool is_new = !sweep_is_done(job, own);
    pthread_mutex_unlock(&one_adds);
    if (!is_new)
        return;
    zs_status status = sweep_work(job, own, worker, &value, &is_internal, &err);
    pthread_mutex_lock(&one_adds);
    job->internal_problem |= is_internal;
    if (status == ZS_OK && p->status == ZS_OK)
        status = sweep_take(job, ordinal, own, worker->row.data, worker->row.bytes, value, &err);
    if (status != ZS_OK && p->status == ZS_OK) {
        p->status = status;
        p->err = err;
    }
    if (status != ZS_OK)
        atomic_store(&p->is_over, true);
    pthread_mutex_unlock(&one_adds);
}

static void work(void *ctx)
{
    pool *p = ctx;
    sweep_worker worker;
    sweep_worker_init(&worker);
    for (uint64_t at; (at = atomic_fetch_add(&p->next, p->chunk)) < p->n;)
        for (uint64_t i = at; i < p->n && i < at + p->chunk; i++)
            if (!atomic_load(&p->is_over) && !cli_interrupted)
                work_on(p, i, &worker);
    sweep_worker_drop(&worker);
}

zs_status sweep_pool_threads(sweep_job *job, const uint64_t *list, uint64_t n, zs_err *err)
{
    /* neighbours may have the same plan; a shard or a list has none */
    const uint32_t chunk = list == NULL && job->shard_n == 1 ? zs_sweep_chunk(&job->sweep) : 1;
    pool p = {.job = job, .list = list, .n = n, .chunk = chunk};
    cli_threads_run((uint64_t)job->o->jobs < n ? (uint64_t)job->o->jobs : n, work, &p);
    if (p.status != ZS_OK && err != NULL)
        *err = p.err;
    return p.status;
}
