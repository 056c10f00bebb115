#include "sweep_priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A bit for each; more would not end in a lifetime anyway. */
#define OWN_POINTS_MAX (UINT64_C(1) << 32)

/* ---- axes and conditions --------------------------------------------------------------------- */

typedef struct text_list {
    const char *const *texts;
    uint32_t n;
} text_list;

/* What the command line says stands in place of what the file says. */
static text_list list_of(char *const *given, const char *const *texts, uint32_t n)
{
    if (given == NULL)
        return (text_list){texts, n};
    text_list list = {(const char *const *)given, 0};
    while (given[list.n] != NULL)
        list.n++;
    return list;
}

zs_status sweep_axis_read(sweep_job *job, const char *text, zs_axis *axis, zs_err *err)
{
    const zs_design *base = &job->sweep.base;
    const zs_net *net;
    ZS_TRY(zs_axis_parse(&job->base.keep, text, base, axis, err));
    ZS_TRY(cli_axis_check(job->o, axis, err));
    if (!zs_axis_is_every_cut(axis))
        return ZS_OK;
    ZS_TRY(sweep_net_of(&job->nets, base, &net, err));
    return zs_axis_cut_everywhere(&job->base.keep, base, net, axis, err);
}

static zs_status read_axes(sweep_job *job, zs_err *err)
{
    const zs_sweep_section *section = &job->base.sweep;
    const text_list vary = list_of(job->o->vary, section->vary, section->vary_n);
    zs_grid_init(&job->sweep.grid);
    if (vary.n == 0)
        return zs_fail(err, ZS_EUSAGE, "--vary",
                       "no axis is given, neither here nor in a sweep: section of the design file");
    for (uint32_t i = 0; i < vary.n; i++) {
        zs_axis axis;
        ZS_TRY(sweep_axis_read(job, vary.texts[i], &axis, err));
        ZS_TRY(zs_grid_add(&job->sweep.grid, &axis, err));
    }
    zs_grid_find_families(&job->sweep.grid, &job->sweep.base);
    const zs_status status = zs_grid_check_keys(&job->sweep.grid, &job->sweep.base, err);
    if (status != ZS_OK && job->o->vary != NULL)
        zs_err_prefix(err, "--vary");
    return status;
}

zs_status sweep_check_key(const sweep_job *job, const zs_subject *figure, const char *place,
                          zs_err *err)
{
    if (figure->field == NULL)
        return ZS_OK;
    const zs_status status =
        zs_grid_check_field(&job->sweep.grid, &job->sweep.base, figure->field, err);
    if (status != ZS_OK)
        zs_err_prefix(err, place);
    return status;
}

static zs_status read_conditions(sweep_job *job, zs_err *err)
{
    const zs_sweep_section *section = &job->base.sweep;
    const text_list where = list_of(job->o->where, section->where, section->where_n);
    ZS_TRY(zs_conditions_parse(&job->base.keep, where.texts, where.n, &job->sweep.conditions, err));
    for (uint32_t i = 0; i < job->sweep.conditions.n; i++) {
        const zs_condition *c = &job->sweep.conditions.list[i];
        const zs_status status = sweep_check_key(job, &c->figure, c->text, err);
        if (status != ZS_OK && job->o->where != NULL)
            zs_err_prefix(err, "--where");
        ZS_TRY(status);
    }
    return ZS_OK;
}

/* "2/8" */
static zs_status read_shard(sweep_job *job, zs_err *err)
{
    const char *text = job->o->shard;
    job->shard_n = 1;
    if (text != NULL) {
        char first[24];
        long long i = -1, n = -1;
        const size_t bytes = strcspn(text, "/");
        snprintf(first, sizeof first, "%.*s", (int)bytes, text);
        if (bytes >= sizeof first || text[bytes] != '/' ||
            cli_whole_number(first, "", &i, NULL) != ZS_OK ||
            cli_whole_number(text + bytes + 1, "", &n, NULL) != ZS_OK || i < 0 || i >= n)
            return zs_fail(err, ZS_EUSAGE, "--shard",
                           "'%.40s' is not I/N with I from 0 to N-1, N below 2^63: 0/4 is the "
                           "first of four",
                           text);
        job->shard = (uint64_t)i;
        job->shard_n = (uint64_t)n;
    }
    const uint64_t all = job->sweep.grid.point_n;
    job->own_n = all > job->shard ? (all - job->shard - 1) / job->shard_n + 1 : 0;
    if (job->own_n > OWN_POINTS_MAX)
        return zs_fail(err, ZS_ERANGE, "--vary",
                       "%llu points are more than the 2^32 of one call; --shard I/N takes a part",
                       (unsigned long long)job->own_n);
    job->done = calloc(job->own_n / 8 + 1, 1);
    return job->done ? ZS_OK : zs_nomem(err, "the points");
}

/* ---- objectives ------------------------------------------------------------------------------ */

zs_status sweep_objective(zs_arena *arena, const char *text, zs_subject *out, bool *larger,
                          zs_err *err)
{
    const bool is_max = text[0] == '-' || strncmp(text, "max:", 4) == 0;
    const bool is_min = strncmp(text, "min:", 4) == 0;
    if (is_max || is_min)
        text += text[0] == '-' ? 1 : 4;
    ZS_TRY(zs_figure_find(arena, text, out, err));
    if (!zs_figure_is_number(out))
        return zs_fail(err, ZS_EUSAGE, out->name, "is a word: only numbers have a best");
    if (out->field != NULL ? out->field->type == ZS_FIELD_BOOL
                           : zs_metrics[out->metric].type == ZS_METRIC_BOOL)
        return zs_fail(
            err, ZS_EUSAGE, out->name,
            "is true or false: only numbers have a best; --where '%s == true' asks for it",
            out->name);
    *larger = is_max || (!is_min && out->field == NULL &&
                         zs_metric_is_more_better(zs_metrics[out->metric].name));
    return ZS_OK;
}

static zs_status read_best(sweep_job *job, zs_err *err)
{
    const cli_options *o = job->o;
    if (o->best == NULL)
        return ZS_OK;
    if (o->pareto != NULL || o->pareto_out != NULL || o->limit >= 0)
        return zs_fail(err, ZS_EUSAGE, "--best",
                       "leaves points out, so it does not go with --pareto, --pareto-out or "
                       "--limit");
    ZS_TRY(sweep_objective(&job->base.keep, o->best, &job->best, &job->best_is_larger, err));
    if (job->best.metric == ZS_NO_INDEX)
        return zs_fail(err, ZS_EUSAGE, "--best", "%s is a key of the design, not a figure",
                       job->best.name);
    job->best.field = NULL;
    job->values = malloc((job->own_n + 1) * sizeof *job->values);
    if (job->values == NULL)
        return zs_nomem(err, "the points");
    for (uint64_t i = 0; i < job->own_n; i++)
        job->values[i] = (double)NAN;
    return ZS_OK;
}

/* ---- identity -------------------------------------------------------------------------------- */

static zs_status put_model(sweep_job *job, const char *name, const zs_sink *s, zs_err *err)
{
    const char *path = name;
    if (strcmp(name, job->sweep.base.network.model) != 0)
        ZS_TRY(cli_model_find(&job->base.keep, job->o->design_path, name, &path, err));
    return cli_digest_file(&job->base, "model", path, s, err);
}

/* Some kinds plan by the values of weights, and an axis may bring one in. */
static bool may_plan_by_weights(const sweep_job *job)
{
    const zs_design *base = &job->sweep.base;
    bool may = zs_kind_of(base)->plans_by_weights != NULL ||
               zs_grid_axis(&job->sweep.grid, "accelerator.kind") != ZS_GRID_AXES;
    for (uint32_t i = 0; i < base->engine_n; i++)
        may = may || zs_kinds[base->engines[i].accel.kind]->plans_by_weights != NULL;
    return may;
}

static zs_status put_axis(sweep_job *job, const zs_axis *axis, const zs_sink *s, zs_err *err)
{
    for (uint32_t k = 0; k < axis->path_n; k++) {
        const bool is_model = strcmp(axis->paths[k], "network.model") == 0;
        const bool is_weights =
            may_plan_by_weights(job) && strcmp(axis->paths[k], "network.weights") == 0;
        ZS_TRY(zs_sink_printf(s, "axis %u %s\n", axis->value_n, axis->paths[k]));
        for (uint32_t v = 0; v < axis->value_n; v++) {
            const char *value = axis->values[(size_t)v * axis->path_n + k];
            ZS_TRY(zs_sink_printf(s, "value %s\n", value));
            if (is_model)
                ZS_TRY(put_model(job, value, s, err));
            if (is_weights && cli_is_file(value))
                ZS_TRY(cli_digest_file(&job->base, "weights", value, s, err));
        }
    }
    return ZS_OK;
}

/* Everything a row depends on but the program, which stands beside the hash by name. Files count by
 * what is in them, not by where they lie. Pictures do not change the time, nor do weights where no
 * kind plans by them. */
static zs_status put_identity(void *ctx, const zs_sink *s, zs_err *err)
{
    sweep_job *job = ctx;
    const zs_design d = cli_without_files(&job->sweep.base);
    ZS_TRY(zs_sink_printf(s, "fidelity %d\n", (int)job->sweep.fidelity));
    ZS_TRY(zs_design_yaml_emit(&d, s, err));
    ZS_TRY(put_model(job, job->sweep.base.network.model, s, err));
    if (may_plan_by_weights(job))
        ZS_TRY(cli_digest_file(&job->base, "weights", job->sweep.base.network.weights, s, err));
    for (uint32_t i = 0; i < job->sweep.grid.axis_n; i++)
        ZS_TRY(put_axis(job, &job->sweep.grid.axes[i], s, err));
    for (uint32_t i = 0; i < job->sweep.conditions.n; i++)
        ZS_TRY(zs_sink_printf(s, "where %s\n", job->sweep.conditions.list[i].text));
    return ZS_OK;
}

zs_status sweep_set_identity(sweep_job *job, zs_err *err)
{
    char hex[65];
    ZS_TRY(cli_digest_lines(put_identity, job, hex, err));
    snprintf(job->id, sizeof job->id, "%.16s/%llu/%s", hex,
             (unsigned long long)job->sweep.grid.point_n, cli_build);
    return ZS_OK;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static bool is_same_file(const char *a, const char *b)
{
    struct stat x, y;
    if (strcmp(a, b) == 0)
        return true;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static zs_status check_options(const cli_options *o, zs_err *err)
{
    const bool to_stdout = o->output != NULL && strcmp(o->output, "-") == 0;
    const bool answers = o->pareto != NULL || o->best != NULL;
    if (o->pareto != NULL && o->pareto[0] == '\0')
        return zs_fail(err, ZS_EUSAGE, "--pareto", "names no figure");
    if (o->pareto_out != NULL && o->output != NULL && is_same_file(o->pareto_out, o->output))
        return zs_fail(err, ZS_EUSAGE, "--pareto-out",
                       "is the file of the rows, which would not go on with a column more");
    if (o->pareto_out != NULL && o->pareto == NULL)
        return zs_fail(err, ZS_EUSAGE, "--pareto-out", "needs --pareto with the figures");
    if (to_stdout && answers)
        return zs_fail(err, ZS_EUSAGE, "-o -",
                       "--pareto and --best print there, so the rows need a file");
    if (o->format == CLI_JSON && !answers && (o->output == NULL || to_stdout))
        return zs_fail(err, ZS_EUSAGE, "--format",
                       "rows are CSV; with -o FILE what is said of them can be json");
    if (o->output != NULL && o->output[0] == '\0')
        return zs_fail(err, ZS_EUSAGE, "-o", "the name of the file is empty");
    if (o->limit < -1)
        return zs_fail(err, ZS_EUSAGE, "--limit", "%lld is below the minimum 0", o->limit);
    return ZS_OK;
}

zs_status sweep_setup(const cli_options *options, sweep_job *job, zs_err *err)
{
    job->o = options;
    job->file.fd = job->file.spool = -1;
    ZS_TRY(check_options(options, err));
    ZS_TRY(cli_base_build(options, &job->base, err));
    job->sweep.base = job->base.design;
    job->sweep.fidelity = options->fidelity;
    job->nets = (sweep_nets){.o = options, .base = &job->sweep.base};
    job->sweep.net_of = sweep_net_of;
    job->sweep.ctx = &job->nets;
    ZS_TRY(read_axes(job, err));
    ZS_TRY(read_conditions(job, err));
    ZS_TRY(read_shard(job, err));
    ZS_TRY(read_best(job, err));
    return sweep_set_identity(job, err);
}

void sweep_job_drop(sweep_job *job)
{
    sweep_nets_drop(&job->nets);
    free(job->done);
    free(job->values);
    cli_point_drop(&job->base);
}
