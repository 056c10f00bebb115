#include "cli_priv.h"

#include <string.h>

enum { BAR_STEP = 1024 }; /* the least that a bar notices */

/* One table being judged. */
typedef struct judged {
    const zs_reference *ref;
    bool *is_wanted; /* [case] */
    zs_section *sections;
} judged;

typedef struct job {
    const cli_options *o;
    zs_arena keep;
    zs_memory_params memory;
    cli_references refs;
    judged *tables; /* [ref] */
    cli_progress progress;
} job;

/* ---- which cases ----------------------------------------------------------------------------- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static bool mentions(const zs_reference *ref, uint32_t i, const char *word)
{
    return strstr(zs_reference_case_name(ref, i), word) != NULL ||
           strstr(base_name(ref->path), word) != NULL;
}

/* Wants the cases that mention a word; how many there are. */
static uint64_t want(job *j, const char *word)
{
    uint64_t n = 0;
    for (uint32_t r = 0; r < j->refs.n; r++) {
        const judged *t = &j->tables[r];
        for (uint32_t i = 0; i < t->ref->case_n; i++) {
            const bool does = mentions(t->ref, i, word);
            n += does;
            t->is_wanted[i] |= does;
        }
    }
    return n;
}

static zs_status select_cases(job *j, zs_err *err)
{
    const char *const *words = j->o->words;
    if (words[0] == NULL)
        (void)want(j, "");
    for (size_t i = 0; words[i] != NULL; i++)
        if (want(j, words[i]) == 0)
            return zs_fail(err, ZS_EUSAGE, words[i], "no case and no file has this in its name");
    return ZS_OK;
}

static zs_status prepare(job *j, zs_err *err)
{
    zs_design defaults;
    zs_design_defaults(&defaults);
    j->memory = defaults.board.memory;
    ZS_TRY(cli_references_read(j->o, &j->keep, &j->refs, err));
    j->tables = zs_new(&j->keep, judged, j->refs.n);
    if (j->tables == NULL)
        return zs_nomem(err, "measurements");
    for (uint32_t r = 0; r < j->refs.n; r++) {
        judged *t = &j->tables[r];
        t->ref = &j->refs.list[r];
        t->is_wanted = zs_new(&j->keep, bool, t->ref->case_n);
        if (t->is_wanted == NULL)
            return zs_nomem(err, t->ref->path);
        ZS_TRY(zs_sections_build(&j->keep, t->ref, &t->sections, err));
    }
    return select_cases(j, err);
}

/* ---- simulated designs ----------------------------------------------------------------------- */

/* A run, or with cases of scope "pipeline" the stages of its pipeline. */
typedef struct simulated {
    cli_point point;
    cli_train_boards boards;
    zs_result *result;
    zs_pipeline pipeline;
} simulated;

static zs_status simulate(job *j, const judged *t, uint32_t first, simulated *s, zs_err *err)
{
    const zs_run_case *c = &t->ref->runs[first];
    cli_options o = {.timing_only = true, .quiet = true, .fidelity = c->fidelity, .jobs = 1};
    cli_outputs outputs;
    zs_train_plan plan;
    ZS_TRY(cli_settings_of(&j->keep, c->set, NULL, &o.set, err));
    o.design_path = cli_path_from(&j->keep, t->ref->path, c->design);
    if (o.design_path == NULL)
        return zs_nomem(err, c->design);
    if (c->of_pipeline)
        return cli_train_pipeline_build(&o, &s->point, &s->boards, &plan, &s->pipeline, err);
    ZS_TRY(cli_point_build(&o, &s->point, err));
    return cli_execute(&s->point, &o, &s->result, &outputs, err);
}

static zs_status check_run(job *j, const judged *t, uint32_t first, zs_err *err)
{
    simulated s = {0};
    const zs_run_case *of = &t->ref->runs[first];
    zs_status status = simulate(j, t, first, &s, err);
    uint32_t at = first;
    for (uint32_t i = first; i < t->ref->case_n && status == ZS_OK; i++) {
        const zs_run_case *c = &t->ref->runs[i];
        if (!t->is_wanted[i] || c->run != of->run || c->of_pipeline != of->of_pipeline)
            continue;
        at = i;
        t->is_wanted[i] = false;
        status = c->of_pipeline ? zs_run_pipeline_check(t->ref, i, &s.pipeline, t->sections)
                                : zs_run_check(t->ref, i, s.result, t->sections, err);
        cli_progress_step(&j->progress, BAR_STEP);
    }
    if (status != ZS_OK) {
        const char *place = zs_arena_printf(&j->keep, "%s:%u", t->ref->path, t->ref->runs[at].line);
        zs_err_prefix(err, place);
    }
    cli_train_boards_drop(&s.boards);
    cli_point_drop(&s.point);
    return status;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static zs_status check_case(job *j, const judged *t, uint32_t i, zs_arena *scratch, zs_err *err)
{
    if (t->ref->form == ZS_FORM_RUNS)
        return check_run(j, t, i, err);
    zs_arena_reset(scratch);
    const zs_status status = zs_case_check(scratch, &j->memory, t->ref, i, t->sections, err);
    if (status != ZS_OK) {
        zs_err_prefix(err, zs_reference_case_name(t->ref, i));
        zs_err_prefix(err, t->ref->path);
    }
    cli_progress_step(&j->progress, BAR_STEP);
    return status;
}

static zs_status check_all(job *j, zs_arena *scratch, zs_err *err)
{
    for (uint32_t r = 0; r < j->refs.n; r++)
        for (uint32_t i = 0; i < j->tables[r].ref->case_n; i++)
            if (j->tables[r].is_wanted[i])
                ZS_TRY(check_case(j, &j->tables[r], i, scratch, err));
    return ZS_OK;
}

static uint64_t count_wanted(const job *j)
{
    uint64_t n = 0;
    for (uint32_t r = 0; r < j->refs.n; r++)
        for (uint32_t i = 0; i < j->tables[r].ref->case_n; i++)
            n += j->tables[r].is_wanted[i];
    return n;
}

/* ---- what is printed ------------------------------------------------------------------------- */

static zs_status print(const job *j, const zs_section *const *sections, uint32_t n, zs_err *err)
{
    const zs_sink sink = cli_stdout();
    const zs_table_style style = cli_terminal_style();
    switch (j->o->format) {
    case CLI_CSV:
        return zs_validation_csv_emit(sections, n, &sink, err);
    case CLI_JSON:
        return zs_validation_json_emit(sections, n, &sink, err);
    default:
        return zs_validation_table_emit(sections, n, &style, &sink, err);
    }
}

static zs_status close_sections(job *j, int *exit_status, zs_err *err)
{
    const zs_section **list =
        zs_new(&j->keep, const zs_section *, (size_t)j->refs.n *ZS_SECTIONS_OF_FORM);
    if (list == NULL)
        return zs_nomem(err, "sections");
    uint32_t n = 0;
    for (uint32_t k = 0; k < j->refs.n * ZS_SECTIONS_OF_FORM; k++) {
        zs_section *s = &j->tables[k / ZS_SECTIONS_OF_FORM].sections[k % ZS_SECTIONS_OF_FORM];
        if (s->n == 0)
            continue;
        zs_section_close(s);
        list[n++] = s;
        if (!s->passes)
            *exit_status = CLI_NO;
    }
    return print(j, list, n, err);
}

static zs_status validate(job *j, int *exit_status, zs_err *err)
{
    zs_arena scratch;
    ZS_TRY(prepare(j, err));
    zs_arena_init(&scratch, cli_heap());
    cli_progress_begin(&j->progress, count_wanted(j) * BAR_STEP, j->o->quiet);
    const zs_status status = check_all(j, &scratch, err);
    cli_progress_end(&j->progress);
    zs_arena_drop(&scratch);
    ZS_TRY(status);
    return close_sections(j, exit_status, err);
}

zs_status cmd_validate(const cli_options *options, int *exit_status, zs_err *err)
{
    job j = {.o = options};
    zs_arena_init(&j.keep, cli_heap());
    const zs_status status = validate(&j, exit_status, err);
    zs_arena_drop(&j.keep);
    return status;
}
