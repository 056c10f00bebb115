#include "cli_priv.h"
#include "zynqsim/training.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- runs ------------------------------------------------------------------------------------ */

/* One seed in one scheme; runs are independent of each other. */
typedef struct job {
    zs_arena arena;
    zs_train_plan plan;
    zs_train_run *run;
    const char *checkpoint; /* NULL: none */
    uint64_t diverged;
    zs_status status;
    zs_err err;
} job;

typedef struct crew {
    const cli_options *options;
    job *jobs;
    uint32_t n;
    atomic_uint next;
    atomic_bool failed;
    cli_train_report report;
    cli_train_boards boards;
} crew;

static zs_status keep(job *j, zs_err *err)
{
    cli_temporary temporary;
    zs_buffer bytes;
    zs_buffer_init(&bytes, cli_heap());
    const zs_sink sink = zs_buffer_sink(&bytes);
    zs_status status = zs_train_run_save(j->run, &sink);
    if (status != ZS_OK) {
        zs_buffer_drop(&bytes);
        return zs_nomem(err, j->checkpoint);
    }
    status = cli_temporary_open(&temporary, j->checkpoint, err);
    for (size_t at = 0; status == ZS_OK && at < bytes.bytes;) {
        const ssize_t n = write(temporary.fd, bytes.data + at, bytes.bytes - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            status = zs_fail(err, ZS_EIO, j->checkpoint, "cannot be written: %s%s",
                             n < 0 ? strerror(errno) : "no progress",
                             access(j->checkpoint, F_OK) == 0
                                 ? "; the one of the epoch before is still there"
                                 : "");
        at += n > 0 ? (size_t)n : 0;
    }
    if (status == ZS_OK)
        status = cli_temporary_sync(&temporary, j->checkpoint, err);
    if (status == ZS_OK)
        status = cli_temporary_rename(&temporary, j->checkpoint, err);
    cli_temporary_drop(&temporary);
    zs_buffer_drop(&bytes);
    return status;
}

static zs_status go_on(job *j, zs_err *err)
{
    zs_span bytes;
    if (j->checkpoint == NULL || access(j->checkpoint, F_OK) != 0)
        return ZS_OK;
    ZS_TRY(cli_file_read(&j->arena, j->checkpoint, CLI_LARGE_BYTES, &bytes, err));
    return zs_train_run_load(j->run, bytes, j->checkpoint, err);
}

static void say_epoch(const cli_options *o, const job *j)
{
    char text[160];
    const uint32_t done = zs_train_run_done(j->run);
    const zs_train_epoch *e = &zs_train_run_epochs(j->run)[done - 1];
    if (o->quiet || !isatty(STDERR_FILENO))
        return;
    snprintf(text, sizeof text, "%s, seed %llu, epoch %u of %u: loss %.5f, training %.2f %%",
             zs_words_scheme[j->plan.scheme].word, (unsigned long long)j->plan.seed, done,
             j->plan.epoch_n, e->loss, 100 * e->right_frac);
    cli_say("train", text);
}

static zs_status run_job(crew *c, job *j, zs_err *err)
{
    ZS_TRY(zs_train_run_build(&j->arena, &j->plan, &j->run, err));
    ZS_TRY(go_on(j, err));
    while (j->diverged == 0 && zs_train_run_done(j->run) < j->plan.epoch_n && !c->failed) {
        zs_train_run_epoch(j->run, &j->diverged);
        if (j->diverged != 0)
            break;
        say_epoch(c->options, j);
        if (j->checkpoint != NULL)
            ZS_TRY(keep(j, err));
    }
    return ZS_OK;
}

static void work(void *ctx)
{
    crew *c = ctx;
    for (uint32_t i; !c->failed && (i = atomic_fetch_add(&c->next, 1)) < c->n;) {
        job *j = &c->jobs[i];
        j->status = run_job(c, j, &j->err);
        if (j->status != ZS_OK)
            c->failed = true;
    }
}

/* ---- what is wanted -------------------------------------------------------------------------- */

enum { SEEDS_MAX = 1000 };

static zs_status read_seeds(const char *text, uint64_t *first, uint32_t *n, zs_err *err)
{
    long long from = 1, to;
    if (text == NULL)
        text = "1";
    const char *dots = strstr(text, "..");
    char low[32];
    snprintf(low, sizeof low, "%.*s", (int)(dots != NULL ? dots - text : 31), text);
    ZS_TRY(cli_whole_number(low, "--seeds", &from, err));
    to = from;
    if (dots != NULL)
        ZS_TRY(cli_whole_number(dots + 2, "--seeds", &to, err));
    if (from < 0 || to < from || to - from >= SEEDS_MAX)
        return zs_fail(err, ZS_EUSAGE, "--seeds", "'%.40s' is not A or A..B of at most %d seeds",
                       text, SEEDS_MAX);
    *first = (uint64_t)from;
    *n = (uint32_t)(to - from + 1);
    return ZS_OK;
}

static zs_status name_checkpoint(const cli_options *o, cli_point *p, job *j, bool is_one,
                                 zs_err *err)
{
    if (o->checkpoint == NULL)
        return ZS_OK;
    j->checkpoint = is_one ? o->checkpoint
                           : zs_arena_printf(&p->keep, "%s.%s.%llu", o->checkpoint,
                                             zs_words_scheme[j->plan.scheme].word,
                                             (unsigned long long)j->plan.seed);
    return j->checkpoint != NULL ? ZS_OK : zs_nomem(err, o->checkpoint);
}

/* Seeds of the design's scheme, then those of plain. */
static zs_status list_jobs(const cli_options *o, cli_point *p, const zs_train_plan *plan,
                           uint64_t seed, uint32_t seed_n, crew *c, zs_err *err)
{
    const bool compares = seed_n > 1 && plan->scheme != ZS_SCHEME_PLAIN;
    c->n = seed_n * (compares ? 2 : 1);
    c->jobs = zs_new(&p->keep, job, c->n);
    if (c->jobs == NULL)
        return zs_nomem(err, "runs");
    for (uint32_t i = 0; i < c->n; i++) {
        job *j = &c->jobs[i];
        zs_arena_init(&j->arena, cli_heap());
        j->plan = *plan;
        j->plan.seed = seed + i % seed_n;
        j->plan.scheme = i < seed_n ? plan->scheme : ZS_SCHEME_PLAIN;
        ZS_TRY(name_checkpoint(o, p, j, c->n == 1, err));
    }
    return ZS_OK;
}

/* ---- what comes out -------------------------------------------------------------------------- */

static zs_status print(const cli_options *o, const zs_training *t, zs_err *err)
{
    static zs_status (*const emit[CLI_FORMAT_N])(const zs_training *, const zs_sink *,
                                                 zs_err *) = {[CLI_TABLE] = zs_training_table_emit,
                                                              [CLI_CSV] = zs_training_csv_emit,
                                                              [CLI_JSON] = zs_training_json_emit};
    const zs_sink sink = cli_stdout();
    return emit[o->format](t, &sink, err);
}

/* The network of the first seed; nothing where it diverged. */
static zs_status write_onnx(cli_stream *stream, job *j, zs_err *err)
{
    zs_net *net;
    if (stream == NULL || j->diverged != 0) {
        cli_stream_drop(stream);
        return ZS_OK;
    }
    const zs_sink sink = cli_stream_sink(stream);
    zs_status status = zs_trainer_net(&j->arena, zs_train_run_trainer(j->run), &net, err);
    if (status == ZS_OK)
        status = zs_net_onnx_emit(&j->arena, net, &sink, err);
    return cli_stream_end(stream, status, err);
}

static zs_status say_diverged(cli_point *p, const crew *c, int *exit_status, zs_err *err)
{
    for (uint32_t i = 0; i < c->n; i++) {
        const job *j = &c->jobs[i];
        if (j->diverged == 0)
            continue;
        *exit_status = CLI_NO;
        const char *text = zs_arena_printf(
            &p->keep, "%s, seed %llu: training diverged, the loss of iteration %llu is not finite",
            zs_words_scheme[j->plan.scheme].word, (unsigned long long)j->plan.seed,
            (unsigned long long)j->diverged);
        if (text == NULL)
            return zs_nomem(err, "a message");
        cli_say("train", text);
    }
    return ZS_OK;
}

static zs_status report(const cli_options *o, cli_point *p, const zs_train_plan *plan,
                        const zs_pipeline *pipeline, uint32_t seed_n, crew *c, int *exit_status,
                        zs_err *err)
{
    zs_training_run *runs = zs_new(&p->keep, zs_training_run, c->n + 1);
    if (runs == NULL)
        return zs_nomem(err, "runs");
    for (uint32_t i = 0; i < c->n; i++)
        runs[i] = (zs_training_run){.scheme = c->jobs[i].plan.scheme,
                                    .seed = c->jobs[i].plan.seed,
                                    .epochs = zs_train_run_epochs(c->jobs[i].run),
                                    .epoch_n = zs_train_run_done(c->jobs[i].run),
                                    .diverged = c->jobs[i].diverged};
    zs_training t = {.design = p->design.name,
                     .net = p->net,
                     .plan = plan,
                     .pipeline = pipeline,
                     .runs = runs,
                     .run_n = c->n,
                     .seed_n = seed_n};
    ZS_TRY(cli_train_report_write(o, &p->keep, &c->report, &t, err));
    ZS_TRY(print(o, &t, err));
    return say_diverged(p, c, exit_status, err);
}

/* ---- the command ----------------------------------------------------------------------------- */

static zs_status check_options(const cli_options *o, zs_err *err)
{
    if (o->data == NULL && (o->test != NULL || o->checkpoint != NULL || o->onnx != NULL ||
                            o->seeds != NULL || o->epochs != 1 || o->images != 0))
        return zs_fail(err, ZS_EUSAGE, "--data", "there is nothing to train on");
    return ZS_OK;
}

/* That one can be written, before an epoch is spent. */
static zs_status check_checkpoint(const job *j, zs_err *err)
{
    cli_temporary temporary;
    const zs_status status = cli_temporary_open(&temporary, j->checkpoint, err);
    cli_temporary_drop(&temporary);
    return status;
}

static zs_status train(const cli_options *o, cli_point *p, crew *c, int *exit_status, zs_err *err)
{
    uint64_t seed = 1;
    uint32_t seed_n = 1;
    zs_dataset data = {0}, test = {0};
    zs_train_plan plan;
    zs_pipeline pipeline;
    ZS_TRY(check_options(o, err));
    ZS_TRY(read_seeds(o->seeds, &seed, &seed_n, err));
    ZS_TRY(cli_train_pipeline_build(o, p, &c->boards, &plan, &pipeline, err));
    plan.seed = seed;
    plan.epoch_n = (uint32_t)o->epochs;
    if (o->data != NULL) {
        ZS_TRY(
            cli_train_data(o, &p->keep, p->net->tensors[p->net->input].shape, &data, &test, err));
        plan.data = &data;
        plan.test = test.n > 0 ? &test : NULL;
        plan.image_n = o->images > 0 ? (uint32_t)o->images : data.n;
        ZS_TRY(list_jobs(o, p, &plan, seed, seed_n, c, err));
    }
    cli_stream *onnx = NULL;
    if (o->checkpoint != NULL)
        ZS_TRY(check_checkpoint(&c->jobs[0], err));
    ZS_TRY(cli_train_report_open(o, &p->keep, &c->report, err));
    if (o->onnx != NULL)
        ZS_TRY(cli_stream_open(&p->keep, o->onnx, &onnx, err));
    cli_threads_run(zs_min_u64((uint64_t)o->jobs, c->n), work, c);
    for (uint32_t i = 0; i < c->n; i++)
        if (c->jobs[i].status != ZS_OK) {
            cli_stream_drop(onnx);
            *err = c->jobs[i].err;
            return c->jobs[i].status;
        }
    if (c->n > 0)
        ZS_TRY(write_onnx(onnx, &c->jobs[0], err));
    return report(o, p, &plan, &pipeline, seed_n, c, exit_status, err);
}

zs_status cmd_train(const cli_options *options, int *exit_status, zs_err *err)
{
    cli_point point = {0};
    if (options->cases != NULL)
        return cli_train_cases(options, exit_status, err);
    crew c = {.options = options};
    const zs_status status = train(options, &point, &c, exit_status, err);
    for (uint32_t i = 0; i < c.n; i++)
        zs_arena_drop(&c.jobs[i].arena);
    cli_train_report_drop(&c.report);
    cli_train_boards_drop(&c.boards);
    cli_point_drop(&point);
    return status;
}
