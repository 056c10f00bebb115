#include "sweep_priv.h"

#include <string.h>
#include <unistd.h>

static sweep_pool pool_in_use = sweep_pool_threads;

static zs_status (*work_for_another)(sweep_job *job, zs_err *err);

void sweep_set_pool(sweep_pool pool)
{
    pool_in_use = pool;
}

void sweep_set_worker(zs_status (*work)(sweep_job *job, zs_err *err))
{
    work_for_another = work;
}

/* Own points from the first on, so many that --limit of them are new. */
static uint64_t points_to_visit(const sweep_job *job)
{
    if (job->o->limit < 0)
        return job->own_n;
    uint64_t n = 0, fresh = 0;
    while (n < job->own_n && fresh < (uint64_t)job->o->limit)
        fresh += !sweep_is_done(job, n++);
    return n;
}

static zs_status simulate(sweep_job *job, zs_err *err)
{
    if (job->o->best != NULL)
        return sweep_best_run(job, pool_in_use, err);
    return pool_in_use(job, NULL, points_to_visit(job), err);
}

static void say_how_to_go_on(const sweep_job *job)
{
    char text[256];
    const bool kept = job->file.path != NULL && !job->file.in_order;
    snprintf(text, sizeof text, "%llu of %llu points are done; %s", (unsigned long long)job->done_n,
             (unsigned long long)job->own_n,
             kept ? "the same command goes on with the rest" : "they are not kept without a file");
    cli_say(kept ? job->file.path : "sweep", text);
}

static zs_status finish(sweep_job *job, zs_status status, int *exit_status, zs_err *err)
{
    zs_err closing = {0};
    const zs_status closed = sweep_file_close(&job->file, &closing);
    if (status == ZS_OK && closed != ZS_OK) {
        status = closed;
        *err = closing;
    }
    const bool is_short = job->done_n < job->own_n && job->o->best == NULL;
    const bool is_cut = status != ZS_OK && job->done_n > 0 && !cli_stdout_is_broken();
    if (is_cut || cli_interrupted || (is_short && !job->o->quiet && status == ZS_OK))
        say_how_to_go_on(job);
    ZS_TRY(status);
    if (cli_interrupted) { /* as a shell has it of a program that a signal ended */
        cli_say("sweep", "interrupted");
        *exit_status = CLI_SIGNALLED + cli_interrupted;
        return ZS_OK;
    }
    if (!job->file.in_order)
        ZS_TRY(sweep_answer(job, exit_status, err));
    if (job->internal_problem)
        return zs_fail(err, ZS_EINTERNAL, "sweep",
                       "a result broke a promise of the simulator's own: the column problem of its "
                       "row says which");
    return ZS_OK;
}

static zs_status run(sweep_job *job, int *exit_status, zs_err *err)
{
    ZS_TRY(sweep_setup(job->o, job, err));
    if (work_for_another != NULL)
        return work_for_another(job, err);
    ZS_TRY(sweep_check_objectives(job, err));
    zs_status status = sweep_file_open(job, err);
    if (status != ZS_OK) {
        sweep_file_close(&job->file, NULL);
        return status;
    }
    cli_catch_interrupts();
    cli_progress_begin(&job->progress, (job->own_n - job->done_n) << 10,
                       job->o->quiet || (job->file.in_order && isatty(STDOUT_FILENO)));
    const bool is_log = !job->o->quiet && !isatty(STDERR_FILENO);
    job->progress.in_lines |= is_log;
    job->progress.wanted |= is_log;
    status = simulate(job, err);
    cli_progress_end(&job->progress);
    return finish(job, status, exit_status, err);
}

zs_status cmd_sweep(const cli_options *options, int *exit_status, zs_err *err)
{
    sweep_job job = {.o = options};
    job.file.fd = job.file.spool = -1;
    if (options->merge != NULL)
        return sweep_merge(options, exit_status, err);
    const zs_status status = run(&job, exit_status, err);
    zs_buffer_drop(&job.file.memory);
    if (job.file.spool >= 0)
        close(job.file.spool);
    sweep_job_drop(&job);
    return status;
}
