#include "cli_priv.h"
#include "zynqsim/accuracy.h"

#include <math.h>
#include <string.h>

/* ---- answers --------------------------------------------------------------------------------- */

/* Probabilities: the network's own where it ends in a softmax, else a softmax over its outputs. */
static void to_probabilities(const float *y, uint32_t n, bool is_softmax, float *prob)
{
    if (is_softmax) {
        memcpy(prob, y, n * sizeof *prob);
        return;
    }
    float top = y[0];
    for (uint32_t i = 1; i < n; i++)
        top = fmaxf(top, y[i]);
    double sum = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += exp((double)(y[i] - top));
    for (uint32_t i = 0; i < n; i++)
        prob[i] = (float)(exp((double)(y[i] - top)) / sum);
}

/* By output value, since probabilities of different classes may round to the same number. */
static void find_best(const float *y, const float *prob, uint32_t n, zs_image_result *image)
{
    image->top_n = zs_best_classes(y, n, image->top_class);
    for (uint32_t k = 0; k < image->top_n; k++)
        image->top_probability[k] = prob[image->top_class[k]];
}

/* Classes are channels of one pixel; other outputs are not an answer of that kind. */
static zs_status name_classes(cli_point *p, const float *y, zs_shape shape, zs_image_result *image,
                              zs_err *err)
{
    if (shape.h != 1 || shape.w != 1)
        return ZS_OK;
    float *prob = zs_arena_alloc_raw(&p->keep, shape.c, sizeof *prob);
    if (prob == NULL)
        return zs_nomem(err, "class probabilities");
    to_probabilities(y, shape.c, p->net->logits != p->net->output, prob);
    find_best(y, prob, shape.c, image);
    for (uint32_t k = 0; k < image->top_n; k++)
        if (image->top_class[k] < p->label_n)
            image->top_label[k] = p->labels[image->top_class[k]];
    return ZS_OK;
}

/* ---- one job: all inputs through one plan ---------------------------------------------------- */

typedef struct job {
    cli_point *point;
    const cli_options *options;
    cli_inputs inputs;
    cli_outputs *outputs;
    zs_image_result *images; /* [input] */
    zs_exec *exec;           /* NULL: timing only */
    cli_follower *follower;  /* performs the ops on a thread of its own; NULL: on this one */
    cli_progress progress;
} job;

static void retired(void *ctx, uint32_t op, uint64_t start_pl_cycle, uint64_t end_pl_cycle)
{
    job *j = ctx;
    (void)start_pl_cycle;
    (void)end_pl_cycle;
    if (j->follower != NULL)
        cli_follower_retire(j->follower, op);
    else if (j->exec != NULL)
        zs_exec_op(j->exec, op);
    cli_progress_step(&j->progress, 1);
}

static zs_status make_outputs(job *j, zs_err *err)
{
    const zs_net *net = j->point->net;
    cli_outputs *o = j->outputs;
    zs_arena *arena = &j->point->keep;
    o->n = j->inputs.n;
    o->net = net;
    o->logits_shape = net->tensors[net->logits].shape;
    o->y = zs_new(arena, float *, net->output_n);
    for (uint32_t i = 0; o->y != NULL && i < net->output_n; i++) {
        uint64_t elems;
        if (!zs_mul_u64(zs_shape_elems(net->tensors[net->outputs[i].tensor].shape), o->n, &elems))
            return zs_fail(err, ZS_ERANGE, "output", "the outputs of %u inputs are too large",
                           o->n);
        o->y[i] = zs_arena_alloc(arena, elems, sizeof **o->y);
        if (o->y[i] == NULL)
            return zs_nomem(err, "outputs");
    }
    if (net->logits != net->output)
        o->logits = zs_arena_alloc(arena, o->n, zs_shape_elems(o->logits_shape) * sizeof(float));
    j->images = zs_new(arena, zs_image_result, o->n);
    if (o->y == NULL || j->images == NULL || (net->logits != net->output && o->logits == NULL))
        return zs_nomem(err, "outputs");
    return ZS_OK;
}

static zs_status prepare_numerics(job *j, zs_err *err)
{
    cli_point *p = j->point;
    const zs_design *d = &p->design;
    zs_quant *made;
    const zs_quant *quant = p->quant;
    ZS_TRY(cli_inputs_build(p, d->network.inputs, d->network.input_n, &j->inputs, err));
    if (quant != NULL && j->inputs.n > d->batch)
        return zs_fail(err, ZS_EUNSUPPORTED, "batch",
                       "what inputs are decides the plan, which is one of %u images: %u were given",
                       d->batch, j->inputs.n);
    if (quant == NULL) {
        ZS_TRY(cli_quant_build(p, &j->inputs, "the inputs themselves", j->options->ranges, &made,
                               err));
        quant = made;
    }
    ZS_TRY(zs_exec_build(&p->keep, d, p->net, p->plan, quant, &j->exec, err));
    return make_outputs(j, err);
}

static void set_round(const job *j, uint32_t first)
{
    const uint32_t batch = j->point->design.batch;
    for (uint32_t b = 0; b < batch; b++)
        zs_exec_set_input(j->exec, b, j->inputs.list[(first + b) % j->inputs.n].x);
}

static zs_status take_round(job *j, uint32_t first, zs_err *err)
{
    const zs_net *net = j->point->net;
    cli_outputs *o = j->outputs;
    const zs_shape shape = net->tensors[net->output].shape;
    const uint64_t n = zs_shape_elems(shape), logit_n = zs_shape_elems(o->logits_shape);
    for (uint32_t i = first; i < o->n && i < first + j->point->design.batch; i++) {
        zs_image_result *image = &j->images[i];
        float *y = o->y[0] + i * n;
        for (uint32_t k = 0; k < net->output_n; k++)
            zs_exec_get(j->exec, i - first, net->outputs[k].tensor,
                        o->y[k] + i * zs_shape_elems(net->tensors[net->outputs[k].tensor].shape));
        if (o->logits != NULL)
            zs_exec_get(j->exec, i - first, net->logits, o->logits + i * logit_n);
        image->input = j->inputs.list[i].name;
        cli_sha256(y, n * sizeof *y, image->sha256);
        ZS_TRY(name_classes(j->point, y, shape, image, err));
    }
    return ZS_OK;
}

/* Timing of one batch; with `bound`, which has no events, numerics run on their own. */
static zs_status first_round(job *j, zs_result **result, zs_err *err)
{
    cli_point *p = j->point;
    const zs_fidelity fidelity = j->options->fidelity;
    const bool is_bound = fidelity == ZS_BOUND;
    zs_retire_hook trace = {0};
    if (p->trace != NULL)
        trace = zs_trace_hook(p->trace, NULL);
    const zs_retire_hook hook = {
        .retired = retired, .ctx = j, .next = p->trace != NULL ? &trace : NULL};
    const bool is_hooked = !is_bound && (j->exec != NULL || j->progress.wanted || p->trace != NULL);
    if (!is_bound && j->exec != NULL && j->options->jobs > 1)
        j->follower = cli_follower_start(&p->keep, j->exec, p->plan->op_n);
    const zs_status status = zs_sim_run(&p->keep, &p->design, p->net, p->plan, fidelity,
                                        is_hooked ? &hook : NULL, result, err);
    if (j->follower != NULL)
        cli_follower_finish(j->follower);
    ZS_TRY(status);
    if (is_bound && j->exec != NULL)
        zs_exec_run(j->exec);
    return ZS_OK;
}

static zs_status run_rounds(job *j, zs_result **result, zs_err *err)
{
    const uint32_t batch = j->point->design.batch;
    if (j->exec == NULL)
        return first_round(j, result, err);
    for (uint32_t first = 0; first < j->inputs.n; first += batch) {
        set_round(j, first);
        if (first == 0) {
            ZS_TRY(first_round(j, result, err));
        } else {
            zs_exec_run(j->exec);
            cli_progress_step(&j->progress, j->point->plan->op_n);
        }
        ZS_TRY(take_round(j, first, err));
    }
    return ZS_OK;
}

static void note_rounds(cli_point *p, uint32_t input_n)
{
    const uint32_t batch = p->design.batch;
    if (input_n > batch)
        cli_note(p, "%u inputs went through in rounds of %u; the times are those of one round",
                 input_n, batch);
    if (input_n < batch)
        cli_note(p, "the batch of %u repeats the %u input%s given", batch, input_n,
                 input_n == 1 ? "" : "s");
    const zs_shape shape = p->net->tensors[p->net->output].shape;
    if (p->label_n > 0 && p->label_n != shape.c)
        cli_note(p, "there are %u labels for %u classes", p->label_n, shape.c);
}

zs_status cli_execute(cli_point *point, const cli_options *options, zs_result **result,
                      cli_outputs *outputs, zs_err *err)
{
    job j = {.point = point, .options = options, .outputs = outputs};
    *outputs = (cli_outputs){0};
    if (!options->timing_only) {
        ZS_TRY(prepare_numerics(&j, err));
        note_rounds(point, j.inputs.n);
    }
    const uint64_t rounds = zs_max_u64(1, zs_ceil_div(j.inputs.n, point->design.batch));
    const double begin_s = cli_seconds();
    cli_progress_begin(&j.progress, rounds * point->plan->op_n, options->quiet);
    const zs_status status = run_rounds(&j, result, err);
    cli_progress_end(&j.progress);
    ZS_TRY(status);
    const zs_layer *overflowed = j.exec != NULL ? zs_exec_overflowed(j.exec) : NULL;
    if (overflowed != NULL)
        cli_note(point,
                 "results of layer %s overflow: they are infinite or not a number, and so may be "
                 "all that follows from them",
                 overflowed->name);
    (*result)->sim_wall_seconds = cli_seconds() - begin_s;
    (*result)->images = j.images;
    (*result)->image_n = j.inputs.n;
    return ZS_OK;
}
