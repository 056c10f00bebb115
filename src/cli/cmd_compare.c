#include "cli_priv.h"
#include "zynqsim/compare.h"
#include "zynqsim/grid.h"
#include "zynqsim/result_read.h"

#include <string.h>

enum { BAR_STEP = 1024 }; /* the least that a bar notices */

/* A column that is to be: a result file, or a point of a design. */
typedef struct column {
    const char *path;
    bool is_result;
    char **set;        /* all settings of the point */
    const char *label; /* NULL: the design's name */
} column;

typedef struct job {
    const cli_options *o;
    zs_arena keep;
    column columns[ZS_COMPARE_COLUMNS];
    zs_figures figures[ZS_COMPARE_COLUMNS];
    const char *head; /* keys that --vary names */
    uint32_t n;
    uint32_t failed_n; /* columns that cannot run */
    zs_status first_failure;
    cli_progress progress;
} job;

/* ---- which columns --------------------------------------------------------------------------- */

static bool is_result_file(const char *path)
{
    const size_t n = strlen(path);
    return n > 5 && strcmp(path + n - 5, ".json") == 0;
}

static zs_status add_column(job *j, const column *c, zs_err *err)
{
    if (j->n == ZS_COMPARE_COLUMNS)
        return zs_fail(err, ZS_EUSAGE, c->path,
                       "would be column %d; compare shows %d at the most, sweep takes any number",
                       ZS_COMPARE_COLUMNS + 1, ZS_COMPARE_COLUMNS);
    j->columns[j->n++] = *c;
    return ZS_OK;
}

static zs_status add_points(job *j, const char *path, zs_err *err)
{
    zs_grid grid;
    ZS_TRY(cli_axes_read(j->o, path, &j->keep, &grid, err));
    if (grid.point_n > ZS_COMPARE_COLUMNS)
        return zs_fail(err, ZS_EUSAGE, "--vary",
                       "%llu points would be as many columns; compare shows %d at the most, sweep "
                       "takes any number",
                       (unsigned long long)grid.point_n, ZS_COMPARE_COLUMNS);
    ZS_TRY(cli_axes_name(&j->keep, &grid, &j->head, err));
    for (uint64_t point = 0; point < grid.point_n; point++) {
        column c = {.path = path};
        ZS_TRY(cli_axes_point(j->o, &j->keep, &grid, point, &c.label, &c.set, err));
        ZS_TRY(add_column(j, &c, err));
    }
    return ZS_OK;
}

static zs_status add_word(job *j, const char *word, zs_err *err)
{
    const column c = {.path = word, .is_result = is_result_file(word), .set = j->o->set};
    if (c.is_result && j->o->vary != NULL)
        return zs_fail(err, ZS_EUSAGE, word, "--vary is for designs; this is a result");
    if (c.is_result && (j->o->set != NULL || j->o->model != NULL))
        return zs_fail(
            err, ZS_EUSAGE, word,
            "a result cannot be given other settings; --set and --model are for designs");
    return j->o->vary != NULL ? add_points(j, word, err) : add_column(j, &c, err);
}

/* ---- one switch after the other -------------------------------------------------------------- */

/* Column i has those switches on that the design has on, up to its i-th. */
static zs_status add_rungs(job *j, const char *path, zs_err *err)
{
    cli_point p = {0};
    cli_options o = *j->o;
    const zs_field *f = NULL;
    size_t set_n = 0;
    o.design_path = path;
    const zs_status status = cli_design_build(&o, &p, err);
    const char *key = status == ZS_OK ? zs_kind_designs[p.design.accel.kind].keys->switches : NULL;
    const char *on = key != NULL ? zs_arena_printf(&j->keep, "%s=", key) : NULL;
    while (j->o->set != NULL && j->o->set[set_n] != NULL)
        set_n++;
    for (uint32_t i = 0; on != NULL && (i == 0 || (f = zs_switch_at(key, i - 1)) != NULL); i++) {
        if (f != NULL && !*(const bool *)((const char *)&p.design + f->offset))
            continue;
        const char *word = f == NULL ? "base" : strrchr(f->path, '.') + 1;
        if (i > 0)
            on = zs_arena_printf(&j->keep, "%s%s%s", on, j->n > 1 ? "," : "", word);
        char **set = zs_new(&j->keep, char *, set_n + 2);
        if (on == NULL || set == NULL)
            break;
        for (size_t k = 0; k < set_n; k++)
            set[k] = j->o->set[k];
        set[set_n] = zs_arena_strdup(&j->keep, on);
        const zs_status added =
            add_column(j, &(column){.path = path, .set = set, .label = word}, err);
        if (added != ZS_OK) {
            cli_point_drop(&p);
            return added;
        }
    }
    const char *kind = status == ZS_OK ? zs_kind_designs[p.design.accel.kind].word : "";
    cli_point_drop(&p);
    ZS_TRY(status);
    if (key == NULL)
        return zs_fail(err, ZS_EUNSUPPORTED, "--ladder",
                       "kind %s has no switches that could be turned on one after the other", kind);
    if (j->n < 2)
        return zs_fail(err, ZS_EUSAGE, "--ladder", "%s of this design is empty", key);
    return ZS_OK;
}

static zs_status print_ladder(job *j, zs_err *err)
{
    const zs_sink sink = cli_stdout();
    const char *words[ZS_COMPARE_COLUMNS];
    for (uint32_t i = 0; i < j->n; i++)
        words[i] = j->columns[i].label;
    const zs_ladder ladder = {.columns = j->figures, .words = words, .n = j->n};
    switch (j->o->format) {
    case CLI_CSV:
        return zs_ladder_csv_emit(&ladder, &sink, err);
    case CLI_JSON:
        return zs_ladder_json_emit(&ladder, &sink, err);
    default:
        return zs_ladder_table_emit(&ladder, &sink, err);
    }
}

/* Options of simulations, where nothing is simulated. */
static zs_status refuse_idle_options(const job *j, zs_err *err)
{
    const struct {
        const char *name;
        bool is_given;
    } options[] = {{"--fidelity", j->o->has_fidelity},
                   {"--weights", j->o->weights != NULL},
                   {"--input", j->o->inputs != NULL},
                   {"--labels", j->o->labels != NULL}};
    for (uint32_t i = 0; i < j->n; i++)
        if (!j->columns[i].is_result)
            return ZS_OK;
    for (size_t i = 0; i < ZS_LEN(options); i++)
        if (options[i].is_given)
            return zs_fail(err, ZS_EUSAGE, options[i].name,
                           "is for designs; these are results, which are not simulated again");
    return ZS_OK;
}

/* ---- figures of a column --------------------------------------------------------------------- */

static zs_status read_result(job *j, uint32_t i, zs_err *err)
{
    zs_span bytes;
    ZS_TRY(cli_file_read(&j->keep, j->columns[i].path, ZS_RESULT_BYTES_MAX, &bytes, err));
    return zs_figures_parse(&j->keep, bytes, j->columns[i].path, &j->figures[i], err);
}

static zs_status simulate(job *j, uint32_t i, zs_err *err)
{
    const column *c = &j->columns[i];
    cli_point p = {0};
    cli_options o = *j->o;
    cli_outputs outputs;
    zs_result *result;
    o.design_path = c->path;
    o.set = c->set;
    o.timing_only = true;
    o.quiet = true;
    zs_status status = cli_point_build(&o, &p, err);
    if (status == ZS_OK)
        status = cli_execute(&p, &o, &result, &outputs, err);
    if (status == ZS_OK)
        status = zs_figures_take(&j->keep, c->label != NULL ? c->label : result->design, result,
                                 &j->figures[i], err);
    if (status == ZS_OK)
        j->figures[i].provenance = cli_provenance_of_this(&j->keep);
    cli_point_drop(&p);
    return status;
}

/* Whether a design that was read cannot run: more DRAM than there is, a layer that it cannot do. */
static bool is_answer(job *j, const column *c, zs_status status)
{
    cli_point p = {0};
    cli_options o = *j->o;
    zs_err err = {0};
    if (status != ZS_ERANGE && status != ZS_EUNSUPPORTED && status != ZS_ESHAPE &&
        status != ZS_ESTUCK)
        return false;
    o.design_path = c->path;
    o.set = c->set;
    const bool is_read = cli_design_build(&o, &p, &err) == ZS_OK;
    cli_point_drop(&p);
    return is_read;
}

/* A column that cannot run says why and leaves the others be, unless there are none. */
static zs_status simulate_or_say(job *j, uint32_t i, zs_err *err)
{
    const column *c = &j->columns[i];
    const zs_status status = simulate(j, i, err);
    if (status == ZS_OK)
        return ZS_OK;
    if (!is_answer(j, c, status)) {
        if (c->label != NULL)
            zs_err_prefix(err, c->label);
        return status;
    }
    const char *label = c->label != NULL ? c->label : c->path;
    const char *why =
        zs_arena_printf(&j->keep, "%s%s%s", err->place, err->place[0] ? ": " : "", err->text);
    const char *text = zs_arena_printf(&j->keep, "cannot run: %s", why != NULL ? why : "");
    if (why == NULL || text == NULL)
        return zs_nomem(err, "a message");
    j->failed_n++;
    j->first_failure = j->failed_n == 1 ? status : j->first_failure;
    if (j->failed_n < j->n && !j->o->quiet && j->o->format != CLI_TABLE)
        cli_say(label, text);
    ZS_TRY(zs_figures_without(&j->keep, label, why, &j->figures[i], err));
    j->figures[i].provenance = cli_provenance_of_this(&j->keep);
    return ZS_OK;
}

static zs_status collect(job *j, zs_err *err)
{
    for (uint32_t i = 0; i < j->n; i++) {
        ZS_TRY(j->columns[i].is_result ? read_result(j, i, err) : simulate_or_say(j, i, err));
        cli_progress_step(&j->progress, BAR_STEP);
    }
    if (j->failed_n == j->n)
        return zs_fail(err, j->first_failure, j->figures[0].label, "%s", j->figures[0].problem);
    return ZS_OK;
}

/* Two columns of one name would not be told apart: then all say where they are from. */
static zs_status tell_apart(job *j, zs_err *err)
{
    bool is_clear = true;
    for (uint32_t i = 0; i < j->n; i++)
        for (uint32_t k = 0; k < i; k++)
            is_clear &= strcmp(j->figures[i].label, j->figures[k].label) != 0;
    for (uint32_t i = 0; i < j->n && !is_clear; i++) {
        const column *c = &j->columns[i];
        j->figures[i].label =
            c->label != NULL ? zs_arena_printf(&j->keep, "%s %s", c->path, c->label) : c->path;
        if (j->figures[i].label == NULL)
            return zs_nomem(err, c->path);
    }
    return ZS_OK;
}

/* ---- what is not alike ----------------------------------------------------------------------- */

static bool differ(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) != 0;
}

static bool inputs_differ(const zs_provenance *a, const zs_provenance *b)
{
    bool are = a->input_n > 0 && b->input_n > 0 && a->input_n != b->input_n;
    for (uint32_t i = 0; i < a->input_n && i < b->input_n; i++)
        are |= differ(a->inputs[i].sha256, b->inputs[i].sha256);
    return are;
}

static void warn_of(const zs_figures *first, const zs_figures *f)
{
    const zs_provenance *a = first->provenance, *b = f->provenance;
    const bool is_same_net =
        strcmp(zs_figures_text(first, "network"), zs_figures_text(f, "network")) == 0;
    const char *what = NULL;
    char text[512];
    if (a == NULL && b == NULL)
        return;
    if (a == NULL || b == NULL)
        snprintf(text, sizeof text,
                 "does not say which program made it, unlike %.100s: differences may be the "
                 "program's",
                 a == NULL ? f->label : first->label);
    else if (differ(a->version, b->version) || differ(a->models_digest, b->models_digest))
        snprintf(text, sizeof text,
                 "is of zynqsim %.40s, models %.40s, and %.100s of zynqsim %.40s, models %.40s: "
                 "differences may be the program's",
                 b->version, b->models_digest ? b->models_digest : "?", first->label, a->version,
                 a->models_digest ? a->models_digest : "?");
    else if (is_same_net && differ(a->model_sha256, b->model_sha256))
        what = "is of another file";
    else if (is_same_net && differ(a->weights_sha256, b->weights_sha256))
        what = "is of other weights";
    else if (is_same_net && inputs_differ(a, b))
        what = "is of other inputs";
    else
        return;
    if (what != NULL)
        snprintf(text, sizeof text, "%s of the network %.100s than in %.100s", what,
                 zs_figures_text(f, "network"), first->label);
    cli_say(a != NULL && b == NULL ? f->label : a == NULL ? first->label : f->label, text);
}

/* ---- the command ----------------------------------------------------------------------------- */

static zs_status print(const job *j, const zs_comparison *c, zs_err *err)
{
    const zs_sink sink = cli_stdout();
    const zs_table_style style = cli_terminal_style();
    switch (j->o->format) {
    case CLI_CSV:
        return zs_comparison_csv_emit(c, &sink, err);
    case CLI_JSON:
        return zs_comparison_json_emit(c, &sink, err);
    default:
        return zs_comparison_table_emit(c, &style, &sink, err);
    }
}

static zs_status compare(job *j, zs_err *err)
{
    zs_comparison c;
    if (j->o->ladder && (j->o->words[1] != NULL || is_result_file(j->o->words[0]) || j->o->vary))
        return zs_fail(err, ZS_EUSAGE, "--ladder", "takes one design, and no --vary");
    for (size_t i = 0; j->o->words[i] != NULL; i++)
        ZS_TRY(j->o->ladder ? add_rungs(j, j->o->words[i], err) : add_word(j, j->o->words[i], err));
    zs_span bytes;
    if (j->n < 2)
        ZS_TRY(cli_file_read(&j->keep, j->o->words[0], ZS_RESULT_BYTES_MAX, &bytes,
                             err)); /* first of all it must be there */
    if (j->n < 2)
        return zs_fail(err, ZS_EUSAGE, j->o->words[0],
                       "there is nothing to compare it with: name another file, or %s",
                       j->o->vary != NULL ? "give --vary more than one value" : "use --vary");
    ZS_TRY(refuse_idle_options(j, err));
    cli_progress_begin(&j->progress, (uint64_t)j->n * BAR_STEP, j->o->quiet);
    const zs_status status = collect(j, err);
    cli_progress_end(&j->progress);
    ZS_TRY(status);
    if (j->o->ladder)
        return print_ladder(j, err);
    ZS_TRY(tell_apart(j, err));
    for (uint32_t i = 1; i < j->n && !j->o->quiet; i++)
        warn_of(&j->figures[0], &j->figures[i]);
    ZS_TRY(zs_comparison_build(&j->keep, j->figures, j->n, j->o->layers, &c, err));
    if (j->head != NULL)
        c.head = j->head;
    return print(j, &c, err);
}

zs_status cmd_compare(const cli_options *options, int *exit_status, zs_err *err)
{
    job j = {.o = options};
    (void)exit_status;
    zs_arena_init(&j.keep, cli_heap());
    const zs_status status = compare(&j, err);
    zs_arena_drop(&j.keep);
    return status;
}
