#include "train_priv.h"

#include <math.h>
#include <string.h>

/* ---- building -------------------------------------------------------------------------------- */

static void lay_out(zs_trainer *t)
{
    const zs_net *net = t->net;
    for (uint32_t i = 0; i < net->layer_n; i++) {
        const zs_layer *l = &net->layers[i];
        zs_train_layer *tl = &t->layers[i];
        const bool is_norm = l->op == ZS_LAYER_BATCHNORM;
        tl->is_in_loss = zs_train_in_loss(&t->setup, l);
        tl->stage = zs_train_stage_of(t->setup.cuts, t->setup.cut_n, i);
        tl->at.weight_n = is_norm                    ? l->x.c
                          : zs_op_has_filters(l->op) ? zs_layer_weight_elems(l)
                                                     : 0;
        tl->at.bias_n = is_norm ? l->x.c : zs_op_has_filters(l->op) ? zs_layer_bias_elems(l) : 0;
        tl->at.weights_at = t->param_n;
        tl->at.biases_at = t->param_n + tl->at.weight_n;
        t->param_n += tl->at.weight_n + tl->at.bias_n;
        tl->at.state_at = t->state_n;
        tl->saved_at = t->saved_n;
        t->state_n += is_norm ? 2 * (uint64_t)l->x.c : 0;
        t->saved_n += is_norm ? 2 * (uint64_t)l->x.c : 0;
        tl->pick_at = t->pick_n;
        t->pick_n += l->op == ZS_LAYER_POOL ? zs_shape_elems(l->y) : 0;
    }
}

/* Errors need not go back beyond the first parameter. */
static zs_status find_errors(zs_trainer *t, zs_arena *arena, zs_err *err)
{
    uint64_t offset;
    bool *depends = zs_new(arena, bool, t->net->tensor_n);
    if (depends == NULL)
        return zs_nomem(err, t->net->name);
    for (uint32_t i = 0; i < t->net->layer_n; i++) {
        const zs_layer *l = &t->net->layers[i];
        zs_train_layer *tl = &t->layers[i];
        for (uint32_t k = 0; k < l->in_n; k++)
            tl->has_error |= depends[zs_tensor_root(t->net, l->in[k], &offset)];
        if (tl->has_error || tl->at.weight_n > 0)
            depends[zs_tensor_root(t->net, l->out, &offset)] = true;
    }
    return ZS_OK;
}

static void *room(zs_arena *arena, uint64_t a, uint64_t b, size_t bytes)
{
    uint64_t n;
    return zs_mul_u64(a, b, &n) && n < SIZE_MAX / 16 ? zs_arena_alloc(arena, (size_t)n + 1, bytes)
                                                     : NULL;
}

static zs_status build_pass(zs_trainer *t, zs_arena *arena, zs_train_pass *p, zs_err *err)
{
    const uint32_t batch = t->setup.batch;
    const size_t bytes = t->ops->elem_bytes;
    p->x = zs_new(arena, void *, t->net->tensor_n);
    p->d = zs_new(arena, void *, t->net->tensor_n);
    p->picks = room(arena, t->pick_n, batch, sizeof *p->picks);
    p->saved = room(arena, t->saved_n, 1, bytes);
    p->labels = room(arena, batch, 1, sizeof *p->labels);
    p->targets = room(arena, batch, t->class_n, bytes);
    bool is_whole = p->x != NULL && p->d != NULL && p->picks != NULL && p->saved != NULL &&
                    p->labels != NULL && p->targets != NULL;
    if (is_whole && t->setup.scheme == ZS_SCHEME_PIPEDREAM) {
        p->stash = room(arena, t->param_n, 1, bytes);
        is_whole = p->stash != NULL;
    }
    for (uint32_t i = 0; is_whole && i < t->net->tensor_n; i++) {
        if (t->net->tensors[i].parent != ZS_NO_INDEX)
            continue;
        const uint64_t n = zs_shape_elems(t->net->tensors[i].shape);
        p->x[i] = room(arena, n, batch, bytes);
        p->d[i] = room(arena, n, batch, bytes);
        is_whole = p->x[i] != NULL && p->d[i] != NULL;
    }
    return is_whole ? ZS_OK : zs_nomem(err, t->net->name);
}

static zs_status build_scratch(zs_trainer *t, zs_arena *arena, zs_err *err)
{
    uint64_t columns = 0, transposed = 0, sums = t->setup.batch, filter = 0;
    for (uint32_t i = 0; i < t->net->layer_n; i++) {
        const zs_layer *l = &t->net->layers[i];
        if (!zs_op_has_filters(l->op))
            continue;
        const uint64_t taps = zs_layer_filter_elems(l), pixels = (uint64_t)l->y.h * l->y.w;
        if (l->op == ZS_LAYER_CONV)
            columns = zs_max_u64(columns, taps * pixels);
        else
            transposed = zs_max_u64(transposed, taps * l->y.c);
        sums = zs_max_u64(sums, zs_max_u64(zs_max_u64(taps, pixels), l->y.c));
        filter = zs_max_u64(filter, taps);
    }
    const size_t bytes = t->ops->elem_bytes;
    t->columns = room(arena, columns, 1, bytes);
    t->columns_t = room(arena, columns, 1, bytes);
    t->errors = room(arena, columns, 1, bytes);
    t->transposed = room(arena, transposed, 1, bytes);
    t->panel = room(arena, sums, 64, 1);
    float *scratch = room(arena, filter, 1, sizeof *scratch);
    if (t->columns == NULL || t->columns_t == NULL || t->errors == NULL || t->transposed == NULL ||
        t->panel == NULL || scratch == NULL)
        return zs_nomem(err, t->net->name);
    for (uint32_t i = 0; i < t->net->layer_n; i++)
        t->ops->start_params(t, i, scratch);
    return ZS_OK;
}

static zs_status build_stages(zs_trainer *t, zs_arena *arena, zs_err *err)
{
    const zs_train_setup *s = &t->setup;
    uint32_t *cuts = zs_new(arena, uint32_t, s->cut_n + 1);
    t->first = zs_new(arena, uint32_t, s->cut_n + 2);
    if (cuts == NULL || t->first == NULL)
        return zs_nomem(err, t->net->name);
    for (uint32_t i = 0; i < s->cut_n; i++) {
        cuts[i] = s->cuts[i];
        t->first[i + 1] = cuts[i] + 1;
    }
    t->setup.cuts = cuts;
    t->stage_n = s->cut_n + 1;
    t->first[t->stage_n] = t->net->layer_n;
    t->is_plain = s->scheme == ZS_SCHEME_PLAIN || s->scheme == ZS_SCHEME_GPIPE;
    t->ring_n = t->is_plain ? 1 : 2 * s->cut_n + 1;
    return ZS_OK;
}

zs_status zs_trainer_build(zs_arena *arena, const zs_train_setup *setup, zs_trainer **out,
                           zs_err *err)
{
    ZS_TRY(zs_train_check(setup, err));
    zs_trainer *t = zs_new(arena, zs_trainer, 1);
    if (t == NULL)
        return zs_nomem(err, setup->net->name);
    *t = (zs_trainer){.setup = *setup,
                      .net = setup->net,
                      .ops = setup->type == ZS_TRAIN_FLOAT64 ? &zs_train_f64 : &zs_train_f32};
    t->layers = zs_new(arena, zs_train_layer, t->net->layer_n);
    if (t->layers == NULL)
        return zs_nomem(err, t->net->name);
    ZS_TRY(build_stages(t, arena, err));
    lay_out(t);
    ZS_TRY(find_errors(t, arena, err));
    if (t->param_n == 0)
        return zs_fail(err, ZS_EUNSUPPORTED, t->net->name, "has no parameters to be trained");
    const uint32_t last = t->net->layer_n - 1;
    t->result = t->layers[last].is_in_loss ? t->net->layers[last].in[0] : t->net->output;
    t->class_n = zs_shape_elems(t->net->tensors[t->result].shape);
    uint64_t offset;
    const uint32_t root = zs_tensor_root(t->net, t->result, &offset);
    if (zs_shape_elems(t->net->tensors[root].shape) != t->class_n)
        return zs_fail(err, ZS_EUNSUPPORTED, t->net->name, "its result is part of another tensor");
    const size_t bytes = t->ops->elem_bytes;
    t->params = room(arena, t->param_n, 1, bytes);
    t->velocities = room(arena, t->param_n, 1, bytes);
    t->gradients = room(arena, t->param_n, 1, bytes);
    t->state = room(arena, t->state_n, 1, bytes);
    t->ring = zs_new(arena, zs_train_pass, t->ring_n);
    if (t->params == NULL || t->velocities == NULL || t->gradients == NULL || t->state == NULL ||
        t->ring == NULL)
        return zs_nomem(err, t->net->name);
    for (uint32_t i = 0; i < t->ring_n; i++)
        ZS_TRY(build_pass(t, arena, &t->ring[i], err));
    ZS_TRY(build_scratch(t, arena, err));
    *out = t;
    return ZS_OK;
}

/* ---- passes of a stage ----------------------------------------------------------------------- */

/* Parameters of a stage lie together, from those of its first layer. */
static uint64_t params_from(const zs_trainer *t, uint32_t stage)
{
    return stage < t->stage_n ? t->layers[t->first[stage]].at.weights_at : t->param_n;
}

static void forward_stage(zs_trainer *t, zs_train_pass *p, uint32_t stage, zs_train_part part,
                          bool trains)
{
    const size_t bytes = t->ops->elem_bytes;
    if (p->stash != NULL && trains) {
        const uint64_t from = params_from(t, stage), to = params_from(t, stage + 1);
        memcpy((char *)p->stash + from * bytes, (char *)t->params + from * bytes,
               (size_t)(to - from) * bytes);
    }
    for (uint32_t i = t->first[stage]; i < t->first[stage + 1]; i++)
        t->ops->forward(t, p, i, t->params, part, trains);
}

static void clear_gradients(zs_trainer *t, uint32_t stage)
{
    const uint64_t from = params_from(t, stage), to = params_from(t, stage + 1);
    const size_t bytes = t->ops->elem_bytes;
    memset((char *)t->gradients + from * bytes, 0, (size_t)(to - from) * bytes);
}

static void backward_stage(zs_trainer *t, zs_train_pass *p, uint32_t stage, zs_train_part part)
{
    const void *params = p->stash != NULL ? p->stash : t->params;
    for (uint32_t i = t->first[stage + 1]; i-- > t->first[stage];)
        t->ops->backward(t, p, i, params, part);
}

/* All errors start at 0; the loss sets those of the result. */
static void set_errors(zs_trainer *t, zs_train_pass *p, zs_train_part part)
{
    for (uint32_t i = 0; i < t->net->tensor_n; i++) {
        const size_t bytes = (size_t)zs_shape_elems(t->net->tensors[i].shape) * t->ops->elem_bytes;
        if (p->d[i] != NULL)
            memset((char *)p->d[i] + part.first * bytes, 0, part.n * bytes);
    }
    t->ops->add_loss(t, p, part);
}

static void update_stage(zs_trainer *t, uint32_t stage, double rate)
{
    t->ops->update(t, params_from(t, stage), params_from(t, stage + 1), rate);
}

/* ---- cycles ---------------------------------------------------------------------------------- */

static void enter(zs_trainer *t, zs_train_pass *p, const zs_train_batch *b)
{
    const size_t bytes = t->ops->elem_bytes;
    uint64_t offset;
    const uint32_t input = zs_tensor_root(t->net, t->net->input, &offset);
    p->number = t->next++;
    p->n = b->n;
    p->is_busy = true;
    p->loss = 0;
    p->right = 0;
    p->has_labels = b->labels != NULL;
    memcpy(p->x[input], b->x, (size_t)zs_shape_elems(t->net->tensors[input].shape) * b->n * bytes);
    if (b->labels != NULL)
        memcpy(p->labels, b->labels, b->n * sizeof *p->labels);
    else
        memcpy(p->targets, b->targets, (size_t)t->class_n * b->n * bytes);
}

static zs_train_step step_of(const zs_train_pass *p)
{
    return (zs_train_step){
        .is_done = true, .number = p->number, .loss = p->loss, .n = p->n, .right = p->right};
}

/* The whole mini-batch, in parts whose gradients add up. */
static zs_train_step run_plain(zs_trainer *t, const zs_train_batch *b, double rate)
{
    zs_train_pass *p = &t->ring[0];
    void *stash = p->stash;
    if (b == NULL)
        return (zs_train_step){0};
    enter(t, p, b);
    p->stash = NULL; /* no update comes between the two passes: weights need not be kept */
    const uint32_t parts = t->setup.scheme == ZS_SCHEME_GPIPE ? t->setup.micro_batches : 1;
    for (uint32_t i = 0; i < t->stage_n; i++)
        clear_gradients(t, i);
    for (uint32_t m = 0; m < parts; m++) {
        const uint32_t first = (uint32_t)((uint64_t)b->n * m / parts);
        const zs_train_part part = {first, (uint32_t)((uint64_t)b->n * (m + 1) / parts) - first};
        if (part.n == 0)
            continue;
        for (uint32_t i = 0; i < t->stage_n; i++)
            forward_stage(t, p, i, part, true);
        set_errors(t, p, part);
        for (uint32_t i = t->stage_n; i-- > 0;)
            backward_stage(t, p, i, part);
    }
    for (uint32_t i = 0; i < t->stage_n; i++)
        update_stage(t, i, rate);
    p->is_busy = false;
    p->stash = stash;
    return step_of(p);
}

/* The mini-batch that entered so many cycles ago, NULL where none did. */
static zs_train_pass *entered(zs_trainer *t, uint64_t ago)
{
    zs_train_pass *p = t->cycle >= ago ? &t->ring[(t->cycle - ago) % t->ring_n] : NULL;
    return p != NULL && p->is_busy ? p : NULL;
}

zs_train_step zs_trainer_cycle(zs_trainer *t, const zs_train_batch *batch, double rate)
{
    if (t->is_plain)
        return run_plain(t, batch, rate);
    const uint32_t k = t->stage_n - 1;
    zs_train_step step = {0};
    if (batch != NULL)
        enter(t, &t->ring[t->cycle % t->ring_n], batch);
    for (uint32_t i = 0; i <= k; i++) {
        zs_train_pass *p = entered(t, i);
        if (p != NULL)
            forward_stage(t, p, i, (zs_train_part){0, p->n}, true);
    }
    zs_train_pass *last = entered(t, k);
    if (last != NULL) {
        set_errors(t, last, (zs_train_part){0, last->n});
        step = step_of(last);
    }
    for (uint32_t i = 0; i <= k; i++) {
        zs_train_pass *p = entered(t, 2 * k - i);
        if (p == NULL)
            continue;
        clear_gradients(t, i);
        backward_stage(t, p, i, (zs_train_part){0, p->n});
    }
    for (uint32_t i = 0; i <= k; i++)
        if (entered(t, 2 * k - i) != NULL)
            update_stage(t, i, rate);
    zs_train_pass *done = entered(t, 2 * k);
    if (done != NULL)
        done->is_busy = false;
    t->cycle++;
    return step;
}

bool zs_trainer_is_busy(const zs_trainer *t)
{
    for (uint32_t i = 0; i < t->ring_n; i++)
        if (t->ring[i].is_busy)
            return true;
    return false;
}

void zs_trainer_set_plain(zs_trainer *t)
{
    t->is_plain = true;
}

/* ---- results --------------------------------------------------------------------------------- */

const void *zs_trainer_infer(zs_trainer *t, const void *x, uint32_t n)
{
    zs_train_pass *p = &t->ring[0];
    uint64_t offset;
    const uint32_t input = zs_tensor_root(t->net, t->net->input, &offset);
    memcpy(p->x[input], x,
           (size_t)zs_shape_elems(t->net->tensors[input].shape) * n * t->ops->elem_bytes);
    for (uint32_t i = 0; i < t->stage_n; i++)
        forward_stage(t, p, i, (zs_train_part){0, n}, false);
    return zs_train_at(t, p->x, t->result, 0);
}

uint64_t zs_trainer_class_n(const zs_trainer *t)
{
    return t->class_n;
}

uint32_t zs_trainer_count_right(zs_trainer *t, const void *x, const uint32_t *labels, uint32_t n)
{
    return t->ops->count_right(t, zs_trainer_infer(t, x, n), labels, n);
}

zs_train_params zs_trainer_params_of(const zs_trainer *t, uint32_t layer)
{
    return t->layers[layer].at;
}

uint32_t zs_trainer_stage_of(const zs_trainer *t, uint32_t layer)
{
    return t->layers[layer].stage;
}

void *zs_trainer_params(zs_trainer *t, uint64_t *n)
{
    *n = t->param_n;
    return t->params;
}

void *zs_trainer_velocities(zs_trainer *t, uint64_t *n)
{
    *n = t->param_n;
    return t->velocities;
}

void *zs_trainer_state(zs_trainer *t, uint64_t *n)
{
    *n = t->state_n;
    return t->state;
}

const void *zs_trainer_gradients(const zs_trainer *t, uint64_t *n)
{
    *n = t->param_n;
    return t->gradients;
}

/* Batch normalisation becomes a factor and an addend per channel. */
static zs_status fold_norm(zs_trainer *t, const zs_train_params *at, zs_arena *arena,
                           float *factors, float *addends, zs_err *err)
{
    const uint64_t n = at->weight_n;
    float *state = zs_arena_alloc_raw(arena, (size_t)(2 * n), sizeof *state);
    if (state == NULL)
        return zs_nomem(err, t->net->name);
    t->ops->copy_state(t, at->state_at, 2 * n, state);
    for (uint64_t c = 0; c < n; c++) {
        const double scale = (double)factors[c] / sqrt((double)state[n + c] + ZS_NORM_EPS);
        addends[c] = (float)((double)addends[c] - (double)state[c] * scale);
        factors[c] = (float)scale;
    }
    return ZS_OK;
}

zs_status zs_trainer_net(zs_arena *arena, zs_trainer *t, zs_net **out, zs_err *err)
{
    zs_net *net = zs_new(arena, zs_net, 1);
    zs_layer *layers = zs_new(arena, zs_layer, t->net->layer_n);
    if (net == NULL || layers == NULL)
        return zs_nomem(err, t->net->name);
    *net = *t->net;
    net->layers = layers;
    for (uint32_t i = 0; i < net->layer_n; i++) {
        const zs_train_params *at = &t->layers[i].at;
        layers[i] = t->net->layers[i];
        if (at->weight_n == 0)
            continue;
        float *weights = zs_arena_alloc_raw(arena, (size_t)at->weight_n, sizeof *weights);
        float *biases = zs_arena_alloc_raw(arena, (size_t)at->bias_n + 1, sizeof *biases);
        if (weights == NULL || biases == NULL)
            return zs_nomem(err, layers[i].name);
        t->ops->copy_params(t, at->weights_at, at->weight_n, weights);
        t->ops->copy_params(t, at->biases_at, at->bias_n, biases);
        if (layers[i].op == ZS_LAYER_BATCHNORM)
            ZS_TRY(fold_norm(t, at, arena, weights, biases, err));
        layers[i].weights = (zs_weights){.data = weights,
                                         .bias = at->bias_n > 0 ? biases : NULL,
                                         .n_elems = at->weight_n,
                                         .bias_n = at->bias_n};
    }
    *out = net;
    return ZS_OK;
}
