#include "cli_priv.h"
#include "zynqsim/baseline.h"

#include <stdlib.h>
#include <string.h>

enum { BAR_STEP = 1024 }; /* the least that a bar notices */

typedef struct job {
    const cli_options *o;
    zs_arena keep;
    zs_checked *files;
    zs_baseline *baselines; /* [file] */
    uint32_t file_n;
    cli_progress progress;
} job;

/* ---- one design ------------------------------------------------------------------------------ */

static zs_status simulate(job *j, const zs_baseline *b, const zs_baseline_case *c,
                          zs_figures *figures, zs_err *err)
{
    cli_options o = {.timing_only = true, .quiet = true, .fidelity = c->fidelity, .jobs = 1};
    cli_point p = {0};
    cli_outputs outputs;
    zs_result *result;
    ZS_TRY(cli_settings_of(&j->keep, c->set, j->o->set, &o.set, err));
    o.design_path = cli_path_from(&j->keep, b->path, c->design);
    if (o.design_path == NULL)
        return zs_nomem(err, c->design);
    zs_status status = cli_point_build(&o, &p, err);
    if (status == ZS_OK)
        status = cli_execute(&p, &o, &result, &outputs, err);
    if (status == ZS_OK)
        status = zs_figures_take(&j->keep, c->design, result, figures, err);
    cli_point_drop(&p);
    return status;
}

static zs_status check_case(job *j, const zs_baseline *b, uint32_t i, zs_figures *figures,
                            zs_case_verdict *verdict, zs_err *err)
{
    const zs_baseline_case *c = &b->cases[i];
    const double begin_s = cli_seconds();
    const zs_status status = simulate(j, b, c, figures, err);
    if (status != ZS_OK) {
        const char *place = zs_arena_printf(&j->keep, "%s:%u", b->path, b->rows[c->row0].line);
        zs_err_prefix(err, place != NULL ? place : b->path);
        return status;
    }
    ZS_TRY(zs_baseline_judge(&j->keep, b, i, figures, verdict, err));
    verdict->seconds = cli_seconds() - begin_s;
    cli_progress_step(&j->progress, BAR_STEP);
    return ZS_OK;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static zs_status read_baselines(job *j, uint64_t *case_n, zs_err *err)
{
    while (j->o->words[j->file_n] != NULL)
        j->file_n++;
    j->files = zs_new(&j->keep, zs_checked, j->file_n);
    j->baselines = zs_new(&j->keep, zs_baseline, j->file_n);
    if (j->files == NULL || j->baselines == NULL)
        return zs_nomem(err, "baselines");
    for (uint32_t f = 0; f < j->file_n; f++) {
        const char *path = j->o->words[f];
        zs_span bytes;
        if (strcmp(path, "-") == 0 && j->o->bless)
            return zs_fail(err, ZS_EUSAGE, path, "standard input cannot be rewritten by --bless");
        ZS_TRY(cli_file_read(&j->keep, path, ZS_TABLE_BYTES_MAX, &bytes, err));
        ZS_TRY(zs_baseline_parse(&j->keep, bytes, path, &j->baselines[f], err));
        *case_n += j->baselines[f].case_n;
    }
    return ZS_OK;
}

static zs_status check_file(job *j, uint32_t f, zs_err *err)
{
    const zs_baseline *b = &j->baselines[f];
    zs_figures *figures = zs_new(&j->keep, zs_figures, b->case_n);
    zs_case_verdict *verdicts = zs_new(&j->keep, zs_case_verdict, b->case_n);
    if (figures == NULL || verdicts == NULL)
        return zs_nomem(err, b->path);
    for (uint32_t i = 0; i < b->case_n; i++)
        ZS_TRY(check_case(j, b, i, &figures[i], &verdicts[i], err));
    j->files[f] = (zs_checked){.baseline = b, .verdicts = verdicts, .figures = figures};
    return ZS_OK;
}

static bool has_moved(const job *j)
{
    for (uint32_t f = 0; f < j->file_n; f++)
        for (uint32_t i = 0; i < j->baselines[f].case_n; i++)
            if (j->files[f].verdicts[i].move_n > 0)
                return true;
    return false;
}

/* ---- what is written ------------------------------------------------------------------------- */

/* The CSV has what moved, and not fitting may be no move. */
static zs_status say_misfits(const job *j, zs_err *err)
{
    zs_arena scratch;
    zs_status status = ZS_OK;
    zs_arena_init(&scratch, cli_heap());
    for (uint32_t f = 0; f < j->file_n; f++)
        for (uint32_t i = 0; i < j->baselines[f].case_n && status == ZS_OK; i++) {
            const char *misfit = j->files[f].verdicts[i].misfit;
            const char *text = zs_arena_printf(&scratch, "does not fit: %s", misfit);
            if (text == NULL)
                status = zs_nomem(err, "a message");
            else if (misfit[0] != '\0')
                cli_say(j->baselines[f].cases[i].design, text);
        }
    zs_arena_drop(&scratch);
    return status;
}

static zs_status print(const job *j, zs_err *err)
{
    const zs_sink sink = cli_stdout();
    const zs_table_style style = cli_terminal_style();
    if (j->o->format == CLI_CSV && !j->o->quiet)
        ZS_TRY(say_misfits(j, err));
    switch (j->o->format) {
    case CLI_CSV:
        return zs_check_csv_emit(j->files, j->file_n, &sink, err);
    case CLI_JSON:
        return zs_check_json_emit(j->files, j->file_n, &sink, err);
    default:
        return zs_check_table_emit(j->files, j->file_n, j->o->bless, &style, &sink, err);
    }
}

/* Whole or not at all. A link stays a link: what it leads to is replaced. */
static zs_status replace(const char *path, const zs_checked *files, uint32_t n, const job *j,
                         zs_err *err)
{
    zs_arena scratch;
    const char *target = path;
    zs_arena_init(&scratch, cli_heap());
    zs_status status = cli_real_path(&scratch, path, &target, err);
    const char *slash = strrchr(target, '/');
    const char *dir = slash == NULL ? "."
                      : slash == target
                          ? "/"
                          : zs_arena_strndup(&scratch, target, (size_t)(slash - target));
    cli_files out = {.dir = dir != NULL ? dir : "."};
    const zs_sink sink = zs_buffer_sink(cli_files_add(&out, slash != NULL ? slash + 1 : target));
    if (status == ZS_OK)
        status = dir == NULL ? zs_nomem(err, path)
                 : files != NULL
                     ? zs_check_junit_emit(files, n, &sink, err)
                     : zs_baseline_csv_emit(&scratch, &j->files[n], j->o->layers, &sink, err);
    if (status == ZS_OK)
        status = cli_files_write(&out, err);
    cli_files_drop(&out);
    zs_arena_drop(&scratch);
    return status;
}

static zs_status bless(const job *j, zs_err *err)
{
    for (uint32_t f = 0; f < j->file_n; f++)
        ZS_TRY(replace(j->baselines[f].path, NULL, f, j, err));
    return ZS_OK;
}

static zs_status check_options(const cli_options *o, zs_err *err)
{
    if (o->bless && o->set != NULL)
        return zs_fail(err, ZS_EUSAGE, "--bless",
                       "with --set it would write down figures of designs that the baseline does "
                       "not describe");
    if (o->layers && !o->bless)
        return zs_fail(err, ZS_EUSAGE, "--layers", "goes with --bless: it records the layers");
    return ZS_OK;
}

static zs_status check(job *j, int *exit_status, zs_err *err)
{
    uint64_t case_n = 0;
    zs_status status = ZS_OK;
    ZS_TRY(check_options(j->o, err));
    ZS_TRY(read_baselines(j, &case_n, err));
    cli_progress_begin(&j->progress, case_n * BAR_STEP, j->o->quiet);
    for (uint32_t f = 0; f < j->file_n && status == ZS_OK; f++)
        status = check_file(j, f, err);
    cli_progress_end(&j->progress);
    ZS_TRY(status);
    if (j->o->junit != NULL)
        ZS_TRY(replace(j->o->junit, j->files, j->file_n, j, err));
    if (j->o->bless)
        ZS_TRY(bless(j, err));
    else if (has_moved(j))
        *exit_status = CLI_NO;
    return print(j, err);
}

zs_status cmd_check(const cli_options *options, int *exit_status, zs_err *err)
{
    job j = {.o = options};
    zs_arena_init(&j.keep, cli_heap());
    const zs_status status = check(&j, exit_status, err);
    zs_arena_drop(&j.keep);
    return status;
}
