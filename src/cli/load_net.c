#include "cli_priv.h"

#include <string.h>

/* The network that a design names: its file and its weights, the shape of its input, pruning and
 * streamlining. */

/* Timing looks at weights where zeros among them are left out. */
static bool looks_at_weights(const cli_point *p, const cli_options *o)
{
    return !o->timing_only || zs_kind_reads_weights(&p->design);
}

/* And at inputs where zeros among those of layers are. */
static bool looks_at_inputs(const cli_point *p, const cli_options *o)
{
    return !o->timing_only || zs_kind_reads_inputs(&p->design);
}

/* The file of weights, unless they are synthetic or nothing reads them. */
static zs_status read_weights(cli_point *p, const cli_options *o, zs_net_weights *out,
                              bool *is_given, uint64_t *seed, zs_err *err)
{
    const char *weights = p->design.network.weights;
    const bool is_synthetic = zs_is_synthetic(weights, seed);
    if (!is_synthetic && cli_is_called_synthetic(weights))
        return zs_fail(err, ZS_EUSAGE, "network.weights", "'%s' is not synthetic[:SEED]", weights);
    *is_given = !is_synthetic &&
                (looks_at_weights(p, o) || p->design.network.sparsify.method != ZS_SPARSIFY_NONE);
    out->path = weights;
    return *is_given ? cli_file_read(&p->keep, weights, CLI_LARGE_BYTES, &out->bytes, err) : ZS_OK;
}

static void override(uint32_t *dimension, uint32_t stated)
{
    if (stated != 0)
        *dimension = stated;
}

/* The design's own figures win over the file's; a network that states nothing takes the shape of
 * the first tensor it is given. */
static zs_status settle_input_shape(cli_point *p, const cli_options *o, zs_net_spec *spec,
                                    zs_err *err)
{
    const zs_design *d = &p->design;
    const char *first = cli_input_file(d->network.inputs[0]);
    override(&spec->input.shape.c, d->network.input_c);
    override(&spec->input.shape.h, d->network.input_h);
    override(&spec->input.shape.w, d->network.input_w);
    const zs_shape s = spec->input.shape;
    if (s.c != 0 && s.h != 0 && s.w != 0)
        return ZS_OK;
    if (looks_at_inputs(p, o) && cli_ends_in(first, ".npy"))
        return cli_npy_shape(&p->keep, first, &spec->input.shape, err);
    return zs_fail(err, ZS_EUSAGE, "network.input_shape",
                   "the model does not state its input shape (%ux%ux%u), so c, h and w are needed",
                   s.c, s.h, s.w);
}

/* 224x224x3 is a shape of 224 channels, which hardly anyone means. */
static void note_channels_last(cli_point *p, const zs_shape *s)
{
    const bool few = s->w == 3 || s->w == 4 || (s->w == 1 && s->c == s->h);
    if (few && s->c > 4 && s->h > 4)
        cli_note(p,
                 "the network's input is %ux%ux%u, read as channels x rows x columns; for %u "
                 "channel%s of %u x %u the shape is %ux%ux%u",
                 s->c, s->h, s->w, s->w, s->w == 1 ? "" : "s", s->c, s->h, s->w, s->c, s->h);
}

/* What a model keeps in other files. */
static zs_status fetch_part(void *ctx, const char *name, const char *from, zs_span *bytes,
                            const char **path, zs_err *err)
{
    cli_point *p = ctx;
    const zs_fetch fetch = cli_fetch_large(&p->keep);
    ZS_TRY(fetch.get(fetch.ctx, name, from, bytes, path, err));
    return cli_record_file(p, CLI_FILE_DATA, *path, *bytes, err);
}

/* The sizes of all tensors that are given, each for the input it names, else for the first. */
static zs_status take_sizes(cli_point *p, zs_net_parts *parts, zs_err *err)
{
    const zs_design *d = &p->design;
    zs_net_size_of *sizes = zs_new(&p->keep, zs_net_size_of, d->network.input_n);
    if (sizes == NULL)
        return zs_nomem(err, "inputs");
    for (uint32_t i = 0; i < d->network.input_n; i++) {
        const char *word = d->network.inputs[i], *file = cli_input_file(word);
        zs_net_size_of *size = &sizes[parts->size_n];
        if (!cli_ends_in(file, ".npy"))
            continue;
        ZS_TRY(cli_npy_shape(&p->keep, file, &size->shape, err));
        if (file == word) {
            parts->stated = parts->stated.c == 0 ? size->shape : parts->stated;
            continue;
        }
        size->input = zs_arena_strndup(&p->keep, word, (size_t)(file - 1 - word));
        if (size->input == NULL)
            return zs_nomem(err, "inputs");
        parts->size_n++;
    }
    parts->sizes = sizes;
    return parts->size_n > 0 || parts->stated.c != 0
               ? ZS_OK
               : zs_fail(err, ZS_EUSAGE, "network.input", "no tensor states a size");
}

/* The ranks and numbers of samples of all tensors that are given, as far as their files can be
 * read: what is wrong with one is said where it is used. */
static zs_status find_given(cli_point *p, zs_net_parts *parts, zs_err *err)
{
    const zs_design *d = &p->design;
    zs_net_given *given = zs_new(&p->keep, zs_net_given, (size_t)d->network.input_n + 1);
    if (given == NULL)
        return zs_nomem(err, "inputs");
    for (uint32_t i = 0; i < d->network.input_n; i++) {
        const char *word = d->network.inputs[i], *file = cli_input_file(word);
        zs_net_given *g = &given[parts->given_n];
        *g = (zs_net_given){.input = NULL};
        if (!cli_ends_in(file, ".npy") || !cli_npy_samples(file, &g->rank, &g->samples))
            continue;
        if (file != word &&
            (g->input = zs_arena_strndup(&p->keep, word, (size_t)(file - 1 - word))) == NULL)
            return zs_nomem(err, "inputs");
        parts->given_n++;
    }
    parts->given = given;
    return ZS_OK;
}

/* The graph may work out shapes from its input's: the design's figures, and those of the first
 * tensor where the file has none, must be known before it is read. */
static zs_status parse_model(cli_point *p, const cli_options *o, zs_span bytes, const char *path,
                             const zs_net_weights *weights, zs_net_spec *spec, zs_err *err)
{
    const zs_design *d = &p->design;
    const zs_fetch fetch = {.get = fetch_part, .ctx = p};
    zs_net_parts parts = {.stated = {d->network.input_c, d->network.input_h, d->network.input_w},
                          .weights = weights,
                          .rounding = (zs_rounding)(ZS_ROUND_DOUBLE + d->network.rounding),
                          .fetch = &fetch,
                          .outputs = d->network.outputs,
                          .output_n = d->network.output_n,
                          .is_structure = !looks_at_weights(p, o)};
    if (looks_at_inputs(p, o))
        ZS_TRY(find_given(p, &parts, err));
    const zs_status status = zs_net_parse_parts(&p->keep, bytes, path, &parts, spec, err);
    zs_err ignored;
    if (status != ZS_EUNSUPPORTED || parts.stated.c != 0 || o->timing_only ||
        take_sizes(p, &parts, &ignored) != ZS_OK ||
        zs_net_parse_parts(&p->keep, bytes, path, &parts, spec, &ignored) != ZS_OK)
        return status;
    return ZS_OK;
}

/* Of integers that the file states, at its input already, or behind a layer. */
static bool has_quantisers(const zs_net_spec *spec)
{
    if (spec->input.number.scale > 0)
        return true;
    for (uint32_t i = 0; i < spec->layer_n; i++)
        if (spec->layers[i].quant != NULL)
            return true;
    return false;
}

/* Their integers are what the file says, whatever scales a calibration would find. */
static zs_status check_precision(const zs_design *d, const zs_net_spec *spec, zs_err *err)
{
    const bool is_exact = d->accel.precision == ZS_FP32 || d->accel.model_scales;
    for (uint32_t i = 0; !is_exact && i < spec->layer_n; i++)
        if (spec->layers[i].quant != NULL && spec->layers[i].quant->rule >= ZS_ROUND_DOUBLE)
            return zs_fail(err, ZS_EUNSUPPORTED, "accelerator.precision",
                           "the network computes in integers of its own: precision 'model' or, in "
                           "floats, 'fp32'");
    return ZS_OK;
}

/* Prunes the weights of the spec, which the dense network says the shapes of. */
static zs_status sparsify(cli_point *p, zs_net_spec *spec, zs_net **dense, zs_err *err)
{
    const zs_sparsify_rule *rule = &p->design.network.sparsify;
    if (rule->method == ZS_SPARSIFY_NONE && !p->counts_zeros)
        return ZS_OK;
    zs_arena scratch;
    zs_arena_init(&scratch, cli_heap());
    zs_sparsity *s = zs_new(&p->keep, zs_sparsity, 1);
    zs_status status =
        s != NULL ? zs_net_build(&p->keep, spec, dense, err) : zs_nomem(err, "sparsity");
    if (status == ZS_OK)
        status = zs_sparsify(&p->keep, &scratch, rule, *dense, spec, s, err);
    zs_arena_drop(&scratch);
    p->sparsity = s;
    if (status == ZS_OK && rule->method != ZS_SPARSIFY_NONE)
        cli_note(p,
                 "sparsify %s, parameter %.6g: %s; %.2f %% of the weights are 0, %.2f %% of "
                 "the MACs are left",
                 zs_words_sparsify[rule->method].word, s->parameter,
                 zs_words_sparsify[zs_sparsify_method(rule->method)].meaning,
                 100 * (double)s->total.zeros / (double)s->total.weights,
                 100 * (double)s->total.macs_left / (double)s->total.macs);
    return status;
}

static zs_status recalibrate(cli_point *p, const zs_net *dense, zs_err *err)
{
    const zs_design *d = &p->design;
    cli_inputs samples;
    if (d->network.sparsify.method == ZS_SPARSIFY_NONE ||
        d->network.sparsify.correction == ZS_CORRECTION_NONE)
        return ZS_OK;
    ZS_TRY(cli_inputs_build(p, d->network.calibrations, d->network.calibration_n, &samples, err));
    const float **images = zs_new(&p->keep, const float *, (size_t)samples.n + 1);
    if (images == NULL)
        return zs_nomem(err, "images");
    for (uint32_t i = 0; i < samples.n; i++)
        images[i] = samples.list[i].x;
    return zs_recalibrate(&p->keep, dense, p->net, images, samples.n, err);
}

zs_status cli_net_load(cli_point *p, const cli_options *o, zs_err *err)
{
    zs_span bytes;
    zs_net_spec spec = {0}, from = {0};
    zs_net_weights weights = {0};
    zs_net *dense = NULL; /* before weights became 0 */
    uint64_t seed = 1;
    bool has_weights = false;
    const char *path = p->design.network.model;
    ZS_TRY(cli_file_read(&p->keep, path, CLI_LARGE_BYTES, &bytes, err));
    ZS_TRY(read_weights(p, o, &weights, &has_weights, &seed, err));
    ZS_TRY(cli_record_file(p, CLI_FILE_MODEL, path, bytes, err));
    if (has_weights)
        ZS_TRY(cli_record_file(p, CLI_FILE_WEIGHTS, weights.path, weights.bytes, err));
    const bool is_own = has_weights && zs_net_has_own_weights(path, weights.path);
    ZS_TRY(parse_model(p, o, bytes, path, is_own ? &weights : NULL, &spec, err));
    spec.seed = seed;
    spec.keep_batchnorm = p->keep_batchnorm;
    if (spec.note != NULL)
        cli_note(p, "%s", spec.note);
    if (has_weights && !is_own) {
        ZS_TRY(zs_net_parse(&p->keep, weights.bytes, weights.path, &from, err));
        ZS_TRY(zs_net_take_weights(&p->keep, &spec, &from, err));
    }
    ZS_TRY(settle_input_shape(p, o, &spec, err));
    const bool is_yaml = cli_ends_in(path, ".yaml") || cli_ends_in(path, ".yml");
    if (spec.note == NULL || !is_yaml) /* the only note that a YAML network has is this one */
        note_channels_last(p, &spec.input.shape);
    if (looks_at_inputs(p, o))
        ZS_TRY(check_precision(&p->design, &spec, err));
    ZS_TRY(sparsify(p, &spec, &dense, err));
    const zs_accel *a = &p->design.accel;
    const bool is_streamlined =
        (a->precision == ZS_FP32 || a->model_scales) && has_quantisers(&spec);
    if (a->model_scales && !is_streamlined)
        return zs_fail(err, ZS_EUNSUPPORTED, "accelerator.precision",
                       "model, but '%s' has no quantisers of its own: int8 takes the scales that "
                       "network.calibration gives",
                       path);
    spec.is_structure = !looks_at_weights(p, o) && !is_streamlined;
    if (is_streamlined) {
        zs_net_spec *kept = zs_new(&p->keep, zs_net_spec, 1);
        if (kept == NULL)
            return zs_nomem(err, path);
        *kept = spec;
        p->streamlined = kept;
    }
    const zs_status status = is_streamlined ? zs_net_streamline(&p->keep, &spec, &p->net, err)
                                            : zs_net_build(&p->keep, &spec, &p->net, err);
    if (status != ZS_OK && err != NULL && strstr(err->place, path) == NULL)
        zs_err_prefix(err, path);
    return status == ZS_OK && dense != NULL && looks_at_inputs(p, o) ? recalibrate(p, dense, err)
                                                                     : status;
}
