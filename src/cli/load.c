#include "cli_priv.h"

#include <string.h>

/* Design files, with what the command line says over them, and all that is made of a design before
 * it runs: the network (load_net.c), labels, activity and the plan. */

/* ---- the design ------------------------------------------------------------------------------ */

/* Which names came from the command line: those are not relative to the design file. */
typedef struct named_here {
    bool model, weights, inputs, labels, calibration;
} named_here;

/* A key that is a list in files becomes a list of one. */
static zs_status refresh_lists(cli_point *p, const char *key, zs_err *err)
{
    const bool is_input = strcmp(key, "network.input") == 0;
    const bool is_calibration = strcmp(key, "network.calibration") == 0;
    if (!is_input && !is_calibration)
        return ZS_OK;
    const char **one = zs_new(&p->keep, const char *, 1);
    if (one == NULL)
        return zs_nomem(err, key);
    if (is_input) {
        one[0] = p->design.network.input;
        p->design.network.inputs = one;
        p->design.network.input_n = 1;
    } else {
        one[0] = p->design.network.calibration;
        p->design.network.calibrations = one;
        p->design.network.calibration_n = one[0][0] != '\0';
    }
    return ZS_OK;
}

static void note_origin(const char *key, named_here *here)
{
    here->model |= strcmp(key, "network.model") == 0;
    here->weights |= strcmp(key, "network.weights") == 0;
    here->inputs |= strcmp(key, "network.input") == 0;
    here->labels |= strcmp(key, "network.labels") == 0;
    here->calibration |= strcmp(key, "network.calibration") == 0;
}

/* Options that stand for a key. */
typedef struct key_option {
    const char *name, *key, *value; /* NULL: is not given; "": a list of several */
} key_option;

enum { KEY_OPTIONS = 5 };

static const char *only_one(char *const *list)
{
    return list == NULL ? NULL : list[1] == NULL ? list[0] : "";
}

static void list_key_options(const cli_options *o, key_option list[KEY_OPTIONS])
{
    const key_option all[KEY_OPTIONS] = {{"--model", "network.model", o->model},
                                         {"--weights", "network.weights", o->weights},
                                         {"--input", "network.input", only_one(o->inputs)},
                                         {"--output", "network.outputs", only_one(o->outputs)},
                                         {"--labels", "network.labels", o->labels}};
    memcpy(list, all, sizeof all);
}

zs_status cli_key_check(const cli_options *o, const char *option, const char *key,
                        const char *value, zs_err *err)
{
    for (size_t i = 0; o->set != NULL && o->set[i] != NULL; i++) {
        const size_t n = strcspn(o->set[i], "=");
        if (strlen(key) == n && strncmp(key, o->set[i], n) == 0 &&
            (o->set[i][n] == '\0' || strcmp(o->set[i] + n + 1, value) != 0))
            return zs_fail(err, ZS_EUSAGE, "--set", "%s is given by %s too", key, option);
    }
    return ZS_OK;
}

static zs_status apply_set(cli_point *p, const char *setting, named_here *here, zs_err *err)
{
    const char *equals = strchr(setting, '=');
    if (cli_is_kind_setting(setting))
        return ZS_OK;
    if (equals == NULL || equals == setting)
        return zs_fail(err, ZS_EUSAGE, "--set", "'%s' is not of the form KEY=VALUE", setting);
    const char *key = zs_arena_strndup(&p->keep, setting, (size_t)(equals - setting));
    if (key == NULL)
        return zs_nomem(err, "--set");
    const zs_status status = zs_design_set(&p->design, &p->keep, key, equals + 1, err);
    if (status != ZS_OK) {
        zs_err_prefix(err, "--set");
        return status;
    }
    note_origin(key, here);
    return refresh_lists(p, key, err);
}

/* Behind what the design says, so it counts. */
static zs_status append_list(cli_point *p, const char *key, const char *more, zs_err *err)
{
    const zs_field *field = zs_field_find(key);
    if (more[0] == '\0')
        return ZS_OK;
    ZS_TRY(zs_field_check_kind(field, p->design.accel.kind, err));
    const char *before = *(const char *const *)((const char *)&p->design + field->offset);
    const char *all =
        zs_arena_printf(&p->keep, "%s%s%s", before, before[0] != '\0' ? ";" : "", more);
    return all ? zs_design_set(&p->design, &p->keep, key, all, err) : zs_nomem(err, key);
}

static zs_status apply_folding(cli_point *p, const char *path, zs_err *err)
{
    zs_span bytes;
    zs_folding f;
    ZS_TRY(cli_file_read(&p->keep, path, CLI_FOLDING_BYTES, &bytes, err));
    ZS_TRY(zs_folding_parse(&p->keep, bytes, path, &f, err));
    ZS_TRY(append_list(p, "accelerator.stream.folding", f.folding, err));
    ZS_TRY(append_list(p, "accelerator.stream.fifos", f.fifos, err));
    if (f.ignored_n > 0)
        cli_note(p,
                 "%u nodes of %s have no figures here: thresholds work as fast as the unit before "
                 "them, and converters and FIFOs are where streams need them",
                 f.ignored_n, path);
    return ZS_OK;
}

static zs_status apply_options(cli_point *p, const cli_options *o, named_here *here, zs_err *err)
{
    key_option list[KEY_OPTIONS];
    list_key_options(o, list);
    for (size_t i = 0; i < KEY_OPTIONS; i++)
        if (list[i].value != NULL)
            ZS_TRY(cli_key_check(o, list[i].name, list[i].key, list[i].value, err));
    ZS_TRY(cli_kind_apply(p, o->set, err));
    p->design.place = "--set";
    for (size_t i = 0; o->set != NULL && o->set[i] != NULL; i++)
        ZS_TRY(apply_set(p, o->set[i], here, err));
    p->design.place = NULL;
    if (o->folding != NULL)
        ZS_TRY(apply_folding(p, o->folding, err));
    if (o->model != NULL)
        p->design.network.model = o->model;
    if (o->weights != NULL)
        p->design.network.weights = o->weights;
    if (o->labels != NULL)
        p->design.network.labels = o->labels;
    if (o->inputs != NULL) {
        uint32_t n = 0;
        while (o->inputs[n] != NULL)
            n++;
        p->design.network.inputs = (const char *const *)o->inputs;
        p->design.network.input = o->inputs[0];
        p->design.network.input_n = n;
    }
    if (o->outputs != NULL) {
        uint32_t n = 0;
        while (o->outputs[n] != NULL)
            n++;
        p->design.network.outputs = (const char *const *)o->outputs;
        p->design.network.output = o->outputs[0];
        p->design.network.output_n = n;
    }
    here->model |= o->model != NULL;
    here->weights |= o->weights != NULL;
    here->labels |= o->labels != NULL;
    here->inputs |= o->inputs != NULL;
    return ZS_OK;
}

/* FILE or NAME=FILE, which a file may be called itself. */
static zs_status locate_input(cli_point *p, const char *design_path, const char *word,
                              const char **out, zs_err *err)
{
    uint64_t seed;
    const char *equals = strchr(word, '=');
    *out = zs_is_synthetic(word, &seed) ? word : cli_path_from(&p->keep, design_path, word);
    if (*out != NULL && equals != NULL && equals != word && cli_file_check(*out, NULL) != ZS_OK) {
        const char *file = zs_is_synthetic(equals + 1, &seed)
                               ? equals + 1
                               : cli_path_from(&p->keep, design_path, equals + 1);
        *out = file ? zs_arena_printf(&p->keep, "%.*s=%s", (int)(equals - word), word, file) : NULL;
    }
    return *out != NULL ? ZS_OK : zs_nomem(err, "inputs");
}

static zs_status locate_list(cli_point *p, const char *design_path, const char *const **list,
                             uint32_t n, zs_err *err)
{
    const char **found = zs_new(&p->keep, const char *, n > 0 ? n : 1);
    if (found == NULL)
        return zs_nomem(err, "inputs");
    for (uint32_t i = 0; i < n; i++)
        ZS_TRY(locate_input(p, design_path, (*list)[i], &found[i], err));
    *list = found;
    return ZS_OK;
}

/* Turns names that the design file uses into paths from the current directory. */
static zs_status locate_files(cli_point *p, const char *design_path, const named_here *here,
                              zs_err *err)
{
    zs_design *d = &p->design;
    uint64_t seed;
    const char *missing = d->network.model[0] == '\0'     ? "network.model"
                          : d->network.weights[0] == '\0' ? "network.weights"
                                                          : NULL;
    if (missing != NULL)
        return zs_fail(err, ZS_EUSAGE, missing, "is empty, but a value is needed");
    if (d->network.input_n == 0)
        ZS_TRY(refresh_lists(p, "network.input", err));
    const char *model;
    ZS_TRY(cli_model_find(&p->keep, design_path, d->network.model, &model, err));
    if (model == d->network.model && !here->model)
        model = cli_path_from(&p->keep, design_path, model);
    d->network.model = model;
    if (!here->weights && !zs_is_synthetic(d->network.weights, &seed))
        d->network.weights = cli_path_from(&p->keep, design_path, d->network.weights);
    if (!here->labels && d->network.labels[0])
        d->network.labels = cli_path_from(&p->keep, design_path, d->network.labels);
    if (!here->inputs)
        ZS_TRY(locate_list(p, design_path, &d->network.inputs, d->network.input_n, err));
    if (!here->calibration)
        ZS_TRY(
            locate_list(p, design_path, &d->network.calibrations, d->network.calibration_n, err));
    return ZS_OK;
}

bool cli_is_called_synthetic(const char *weights)
{
    return strncmp(weights, "synthetic", 9) == 0;
}

/* Timing reads neither weights nor inputs, but who names a file means one that is there. Those of a
 * design file may be absent. */
static zs_status check_named(const zs_design *d, const named_here *here, zs_err *err)
{
    uint64_t seed;
    if (here->weights && !cli_is_called_synthetic(d->network.weights))
        ZS_TRY(cli_file_check(d->network.weights, err));
    for (uint32_t i = 0; here->inputs && i < d->network.input_n; i++) {
        const char *file = cli_input_file(d->network.inputs[i]);
        if (zs_is_synthetic(file, &seed))
            continue;
        if (strncmp(file, "synthetic:", 10) == 0)
            return zs_fail(err, ZS_EUSAGE, "--input",
                           "'%.64s' needs a seed of digits below 2^64 after the colon", file);
        ZS_TRY(cli_file_check(file, err));
    }
    return ZS_OK;
}

/* Their bytes would be refused as YAML, which says nothing to who mixed them up. */
static zs_status refuse_model(const char *path, zs_err *err)
{
    if (!zs_net_has_format(path) || cli_ends_in(path, ".yaml") || cli_ends_in(path, ".yml"))
        return ZS_OK;
    return zs_fail(err, ZS_EUSAGE, path,
                   "is a network, not a design; a design takes it as --model or network.model");
}

static zs_status read_design(cli_point *p, const cli_options *o, named_here *here, zs_err *err)
{
    zs_span yaml;
    const zs_fetch fetch = cli_fetch(&p->keep);
    *here = (named_here){0};
    zs_design_defaults(&p->design);
    if (o->design_path != NULL) {
        ZS_TRY(cli_file_read(&p->keep, o->design_path, ZS_DESIGN_BYTES_MAX, &yaml, err));
        ZS_TRY(refuse_model(o->design_path, err));
        ZS_TRY(zs_design_parse_sweep(&p->keep, yaml, o->design_path, &fetch, &p->design, &p->sweep,
                                     err));
    }
    return apply_options(p, o, here, err);
}

static zs_status load_design(cli_point *p, const cli_options *o, zs_err *err)
{
    named_here here;
    ZS_TRY(read_design(p, o, &here, err));
    ZS_TRY(cli_record_design(p, o, err));
    ZS_TRY(locate_files(p, o->design_path, &here, err));
    return check_named(&p->design, &here, err);
}

/* ---- both, and the plan ---------------------------------------------------------------------- */

static zs_status load_labels(cli_point *p, zs_err *err)
{
    const char *path = p->design.network.labels;
    if (path[0] == '\0')
        return ZS_OK;
    zs_span bytes;
    ZS_TRY(cli_file_read(&p->keep, path, CLI_LABEL_BYTES, &bytes, err));
    return zs_labels_parse(&p->keep, bytes, path, &p->labels, &p->label_n, err);
}

/* Of the images of a batch, before the plan is made. */
static zs_status measure_activity(cli_point *p, const cli_options *o, zs_err *err)
{
    cli_inputs inputs;
    zs_quant *quant;
    if (!zs_kind_reads_inputs(&p->design))
        return ZS_OK;
    ZS_TRY(cli_inputs_build(p, p->design.network.inputs, p->design.network.input_n, &inputs, err));
    ZS_TRY(cli_quant_build(p, &inputs, "the inputs themselves", o->ranges, &quant, err));
    const uint32_t n = (uint32_t)zs_min_u64(inputs.n, p->design.batch);
    const float **images = zs_new(&p->keep, const float *, (size_t)n + 1);
    if (images == NULL)
        return zs_nomem(err, "inputs");
    for (uint32_t i = 0; i < n; i++)
        images[i] = inputs.list[i].x;
    p->quant = quant;
    return zs_activity_measure(&p->keep, &p->design, p->net, quant, images, n, &p->net->activity,
                               err);
}

zs_status cli_point_build(const cli_options *options, cli_point *out, zs_err *err)
{
    *out = (cli_point){.jobs = options->jobs > 1 ? (uint32_t)options->jobs : 1};
    zs_arena_init(&out->keep, cli_heap());
    ZS_TRY(load_design(out, options, err));
    ZS_TRY(cli_net_load(out, options, err));
    ZS_TRY(load_labels(out, err));
    ZS_TRY(zs_design_check(&out->design, err));
    ZS_TRY(measure_activity(out, options, err));
    return zs_plan_build(&out->keep, &out->design, out->net, &out->plan, err);
}

zs_status cli_design_build(const cli_options *options, cli_point *out, zs_err *err)
{
    *out = (cli_point){0};
    zs_arena_init(&out->keep, cli_heap());
    named_here here;
    ZS_TRY(read_design(out, options, &here, err));
    return zs_design_check(&out->design, err);
}

zs_status cli_base_build(const cli_options *options, cli_point *out, zs_err *err)
{
    *out = (cli_point){0};
    zs_arena_init(&out->keep, cli_heap());
    return load_design(out, options, err);
}

void cli_point_drop(cli_point *point)
{
    zs_arena_drop(&point->keep);
}

zs_status cli_settings_of(zs_arena *arena, const char *text, char *const *more, char ***out,
                          zs_err *err)
{
    size_t n = 2;
    for (const char *at = text; *at != '\0'; at++)
        n += *at == ';';
    for (size_t i = 0; more != NULL && more[i] != NULL; i++)
        n++;
    char **list = zs_new(arena, char *, n);
    if (list == NULL)
        return zs_nomem(err, "settings");
    for (n = 0; *text != '\0';) {
        const size_t bytes = strcspn(text, ";");
        list[n] = zs_arena_strndup(arena, text, bytes);
        if (list[n++] == NULL)
            return zs_nomem(err, "settings");
        text += bytes + (text[bytes] == ';');
    }
    for (size_t i = 0; more != NULL && more[i] != NULL; i++)
        list[n++] = more[i];
    *out = list;
    return ZS_OK;
}

static bool varies(const zs_axis *axis, const char *key, size_t bytes)
{
    for (uint32_t i = 0; i < axis->path_n; i++)
        if (strlen(axis->paths[i]) == bytes && strncmp(axis->paths[i], key, bytes) == 0)
            return true;
    return false;
}

zs_status cli_axis_check(const cli_options *o, const zs_axis *axis, zs_err *err)
{
    key_option list[KEY_OPTIONS];
    list_key_options(o, list);
    for (size_t i = 0; o->set != NULL && o->set[i] != NULL; i++) {
        const size_t bytes = strcspn(o->set[i], "=");
        if (varies(axis, o->set[i], bytes))
            return zs_fail(err, ZS_EUSAGE, "--set", "%.*s is on the axis %s too", (int)bytes,
                           o->set[i], axis->text);
    }
    for (size_t i = 0; i < KEY_OPTIONS; i++)
        if (list[i].value != NULL && varies(axis, list[i].key, strlen(list[i].key)))
            return zs_fail(err, ZS_EUSAGE, list[i].name, "%s is on the axis %s too", list[i].key,
                           axis->text);
    return ZS_OK;
}
