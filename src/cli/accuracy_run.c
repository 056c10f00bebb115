#include "accuracy_priv.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

/* ---- images through the datapath ------------------------------------------------------------- */

typedef struct crew {
    accuracy_job *j;
    accuracy_point *p;
    zs_design design; /* of one image a time */
    zs_plan *plan;
    zs_quant *quant;
    cli_flat flat;
    cli_input
        samples[ACCURACY_CALIBRATION_IMAGES]; /* the first images, where scales come from them */
    zs_arena pictures[ACCURACY_CALIBRATION_IMAGES];
    uint32_t sample_n;
    atomic_uint next;
    atomic_bool failed;
    pthread_mutex_t lock; /* of what follows, and of the rows and the bar */
    uint32_t written;     /* rows go to the file in the order of the images */
    bool *is_ready;
    zs_status status;
    zs_err err;
} crew;

typedef struct worker {
    zs_arena keep, scratch;
    zs_exec *exec, *reference;
    uint32_t *last, *reference_last;
    float *y, *reference_y;
    float **kept;           /* [measured layer] of the reference */
    zs_layer_noise *layers; /* of this image */
    crew *c;
} worker;

static zs_status start_worker(crew *c, worker *w, zs_err *err)
{
    const zs_net *net = c->p->p.net;
    uint64_t most = 1;
    for (uint32_t t = 0; t < net->tensor_n; t++)
        most = zs_max_u64(most, zs_shape_elems(net->tensors[t].shape));
    w->y = zs_arena_alloc_raw(&w->keep, most, sizeof *w->y);
    w->reference_y = zs_arena_alloc_raw(&w->keep, most, sizeof *w->reference_y);
    if (w->y == NULL || w->reference_y == NULL)
        return zs_nomem(err, "outputs");
    ZS_TRY(zs_exec_build(&w->keep, &c->design, net, c->plan, c->quant, &w->exec, err));
    if (c->j->o->reference == NULL)
        return ZS_OK;
    w->c = c;
    w->last = zs_new(&w->keep, uint32_t, (size_t)c->plan->row_n + 1);
    w->reference_last = zs_new(&w->keep, uint32_t, (size_t)c->flat.plan->row_n + 1);
    w->kept = zs_new(&w->keep, float *, (size_t)c->p->layer_n + 1);
    w->layers = zs_new(&w->keep, zs_layer_noise, (size_t)c->p->layer_n + 1);
    if (w->last == NULL || w->reference_last == NULL || w->kept == NULL || w->layers == NULL)
        return zs_nomem(err, "layers");
    zs_exec_last_ops(c->plan, w->last);
    zs_exec_last_ops(c->flat.plan, w->reference_last);
    for (uint32_t l = 0; l < c->p->layer_n; l++) {
        const uint64_t n = zs_shape_elems(net->tensors[c->p->measured[l]].shape);
        w->kept[l] = zs_arena_alloc_raw(&w->keep, n, sizeof **w->kept);
        if (w->kept[l] == NULL)
            return zs_nomem(err, "layers");
    }
    return cli_flat_exec(&w->keep, &c->flat, &w->reference, err);
}

static uint32_t measured_layer(const accuracy_point *p, uint32_t tensor)
{
    for (uint32_t l = 0; l < p->layer_n; l++)
        if (p->measured[l] == tensor)
            return l;
    return ZS_NO_INDEX;
}

/* A network that ends in the number of a class has one output. */
static uint32_t best_of(const accuracy_point *p, const float *y, uint32_t best[ZS_TOP_N])
{
    if (!p->is_class)
        return zs_best_classes(y, p->class_n, best);
    best[0] = y[0] >= 0 && y[0] < 1e9f ? (uint32_t)y[0] : ZS_NO_CLASS;
    return 1;
}

static zs_layer_noise noise_between(const float *y, const float *reference, uint64_t n)
{
    double signal = 0, noise = 0;
    for (uint64_t i = 0; i < n; i++) {
        const double difference = (double)y[i] - (double)reference[i];
        signal += (double)reference[i] * (double)reference[i];
        noise += difference * difference;
    }
    return (zs_layer_noise){(float)signal, (float)noise};
}

static void keep_row(void *ctx, uint32_t row)
{
    worker *w = ctx;
    const uint32_t t = zs_exec_written(w->reference, row);
    const uint32_t l = measured_layer(w->c->p, t);
    if (l != ZS_NO_INDEX)
        zs_exec_get(w->reference, 0, t, w->kept[l]);
}

static void measure_row(void *ctx, uint32_t row)
{
    worker *w = ctx;
    const uint32_t t = zs_exec_written(w->exec, row);
    const uint32_t l = measured_layer(w->c->p, t);
    if (l == ZS_NO_INDEX)
        return;
    zs_exec_get(w->exec, 0, t, w->y);
    w->layers[l] =
        noise_between(w->y, w->kept[l], zs_shape_elems(w->c->p->p.net->tensors[t].shape));
}

static zs_status run_both(crew *c, worker *w, const float *x, zs_accuracy_image *row, zs_err *err)
{
    const accuracy_point *p = c->p;
    const zs_net *net = p->p.net;
    const uint64_t logit_n = zs_shape_elems(net->tensors[net->logits].shape);
    zs_exec_set_input(w->reference, 0, x);
    zs_exec_run_rows(w->reference, w->reference_last, keep_row, w);
    zs_exec_run_rows(w->exec, w->last, measure_row, w);
    zs_exec_get(w->reference, 0, net->output, w->reference_y);
    best_of(p, w->reference_y, row->reference_top);
    zs_exec_get(w->exec, 0, net->logits, w->y);
    zs_exec_get(w->reference, 0, net->logits, w->reference_y);
    for (uint64_t i = 0; i < logit_n; i++) {
        row->largest = fmaxf(row->largest, fabsf(w->reference_y[i]));
        row->difference = fmaxf(row->difference, fabsf(w->y[i] - w->reference_y[i]));
    }
    pthread_mutex_lock(&c->lock);
    zs_layer_noise *layers = zs_new(&c->p->p.keep, zs_layer_noise, (size_t)p->layer_n + 1);
    pthread_mutex_unlock(&c->lock);
    if (layers == NULL)
        return zs_nomem(err, "rows");
    memcpy(layers, w->layers, p->layer_n * sizeof *layers);
    row->layers = layers;
    row->has_reference = true;
    return ZS_OK;
}

static zs_status run_image(crew *c, worker *w, uint32_t i, zs_err *err)
{
    zs_span bytes;
    const float *x;
    zs_accuracy_image row = c->p->rows[i];
    zs_arena_reset(&w->scratch);
    ZS_TRY(accuracy_image_bytes(c->p, i, &w->scratch, &bytes, err));
    if (c->j->rows.path != NULL)
        accuracy_put_digest(c->p, i, bytes);
    if (i < c->sample_n)
        x = c->samples[i].x;
    else
        ZS_TRY(accuracy_image_load(c->j, c->p, i, bytes, &w->scratch, &x, err));
    zs_exec_set_input(w->exec, 0, x);
    if (w->reference != NULL)
        ZS_TRY(run_both(c, w, x, &row, err));
    else
        zs_exec_run(w->exec);
    zs_exec_get(w->exec, 0, c->p->p.net->output, w->y);
    row.top_n = best_of(c->p, w->y, row.top);
    c->p->rows[i] = row;
    return ZS_OK;
}

/* Rows of all images before the first that is still being worked on. */
static zs_status write_ready(crew *c, zs_err *err)
{
    char text[32];
    for (; c->written < c->p->n && (c->is_ready[c->written] || c->p->is_done[c->written]);
         c->written++)
        if (!c->p->is_done[c->written])
            ZS_TRY(accuracy_rows_add(&c->j->rows, c->p, c->written,
                                     accuracy_image_name(c->p, c->written, text), err));
    return ZS_OK;
}

static zs_status work_on(crew *c, worker *w, zs_err *err)
{
    ZS_TRY(start_worker(c, w, err));
    for (uint32_t i;
         !c->failed && !cli_interrupted && (i = atomic_fetch_add(&c->next, 1)) < c->p->n;) {
        if (c->p->is_done[i])
            continue;
        ZS_TRY(run_image(c, w, i, err));
        pthread_mutex_lock(&c->lock);
        c->is_ready[i] = true;
        c->j->executed++;
        c->j->done++;
        const zs_status status = write_ready(c, err);
        cli_progress_step(&c->j->progress, ACCURACY_BAR_STEP);
        pthread_mutex_unlock(&c->lock);
        ZS_TRY(status);
    }
    return ZS_OK;
}

/* The first failure counts, and nobody takes another image. */
static void stop(crew *c, zs_status status, const zs_err *err)
{
    pthread_mutex_lock(&c->lock);
    if (c->status == ZS_OK) {
        c->status = status;
        c->err = *err;
    }
    c->failed = true;
    pthread_mutex_unlock(&c->lock);
}

static void work(void *ctx)
{
    crew *c = ctx;
    worker w = {0};
    zs_err err = {0};
    zs_arena_init(&w.keep, cli_heap());
    zs_arena_init(&w.scratch, cli_heap());
    const zs_status status = work_on(c, &w, &err);
    if (status != ZS_OK)
        stop(c, status, &err);
    zs_arena_drop(&w.scratch);
    zs_arena_drop(&w.keep);
}

/* ---- one point ------------------------------------------------------------------------------- */

static bool is_written(const zs_plan *plan, const zs_net *net, uint32_t tensor)
{
    for (uint32_t row = 0; row < plan->row_n; row++) {
        const zs_plan_row *r = &plan->rows[row];
        if (net->layers[r->pool != ZS_NO_INDEX ? r->pool : r->layer].out == tensor)
            return plan->tensors[tensor].addr != UINT64_MAX;
    }
    return false;
}

/* Layers whose results reach DRAM, of the design and of the reference. */
static zs_status choose_layers(crew *c, zs_err *err)
{
    accuracy_point *p = c->p;
    const zs_net *net = p->p.net;
    uint32_t *measured = zs_new(&p->p.keep, uint32_t, net->layer_n + 1);
    p->layer_names = zs_new(&p->p.keep, const char *, net->layer_n + 1);
    if (measured == NULL || p->layer_names == NULL)
        return zs_nomem(err, "layers");
    for (uint32_t i = 0; c->j->o->reference != NULL && c->plan->part_n == 0 && i < net->layer_n;
         i++) {
        const uint32_t t = net->layers[i].out;
        if (!is_written(c->plan, net, t) || !is_written(c->flat.plan, net, t))
            continue;
        p->layer_names[p->layer_n] = net->layers[i].name;
        measured[p->layer_n++] = t;
    }
    p->measured = measured;
    return ZS_OK;
}

static void read_samples(void *ctx)
{
    crew *c = ctx;
    for (uint32_t i; !c->failed && (i = atomic_fetch_add(&c->next, 1)) < c->sample_n;) {
        zs_span bytes;
        zs_err err = {0};
        zs_status status = accuracy_image_bytes(c->p, i, &c->pictures[i], &bytes, &err);
        if (status == ZS_OK)
            status =
                accuracy_image_load(c->j, c->p, i, bytes, &c->pictures[i], &c->samples[i].x, &err);
        if (status != ZS_OK)
            stop(c, status, &err);
    }
}

/* The scales come from network.calibration, or else from the first images of the set. */
static zs_status make_scales(crew *c, zs_err *err)
{
    const zs_design *d = &c->p->p.design;
    const bool wants = !zs_precision_is_float(d->accel.precision) && !d->accel.model_scales &&
                       d->network.calibration_n == 0;
    c->sample_n = wants ? (uint32_t)zs_min_u64(c->p->n, ACCURACY_CALIBRATION_IMAGES) : 0;
    for (uint32_t i = 0; i < c->sample_n; i++)
        zs_arena_init(&c->pictures[i], cli_heap());
    cli_threads_run(zs_min_u64((uint64_t)c->j->o->jobs, c->sample_n), read_samples, c);
    c->next = 0;
    if (c->status != ZS_OK) {
        *err = c->err;
        return c->status;
    }
    char called[64];
    snprintf(called, sizeof called, "the first %u images", c->sample_n);
    const cli_inputs inputs = {.list = c->samples, .n = c->sample_n};
    return cli_quant_build(&c->p->p, &inputs, called, c->j->o->ranges, &c->quant, err);
}

static zs_status run_images(crew *c, zs_err *err)
{
    accuracy_job *j = c->j;
    accuracy_point *p = c->p;
    ZS_TRY(zs_sim_run(&p->p.keep, &p->p.design, p->p.net, p->p.plan, j->o->fidelity, NULL,
                      &p->result, err));
    if (c->design.batch != 1 || p->p.net->activity != NULL) { /* a plan for any image */
        static const zs_activity all = {0};
        zs_net net = *p->p.net;
        net.activity = &all;
        c->design.batch = 1;
        ZS_TRY(zs_plan_build(&p->p.keep, &c->design, &net, &c->plan, err));
    }
    if (j->o->reference != NULL)
        ZS_TRY(cli_flat_build(&p->p.keep, &p->p, &c->flat, err));
    ZS_TRY(make_scales(c, err));
    ZS_TRY(choose_layers(c, err));
    ZS_TRY(accuracy_rows_take(&j->rows, p, err));
    c->is_ready = zs_new(&p->p.keep, bool, (size_t)p->n + 1);
    if (c->is_ready == NULL)
        return zs_nomem(err, "images");
    for (uint32_t i = 0; i < p->n; i++)
        if (p->is_done[i]) {
            j->done++;
            cli_progress_step(&j->progress, ACCURACY_BAR_STEP);
        }
    cli_threads_run(zs_min_u64((uint64_t)j->o->jobs, p->n), work, c);
    if (c->status != ZS_OK) {
        *err = c->err;
        return c->status;
    }
    return ZS_OK;
}

zs_status accuracy_run_point(accuracy_job *j, accuracy_point *p, zs_err *err)
{
    crew c = {.j = j, .p = p, .design = p->p.design, .plan = p->p.plan};
    pthread_mutex_init(&c.lock, NULL);
    const zs_status status = run_images(&c, err);
    pthread_mutex_destroy(&c.lock);
    for (uint32_t i = 0; i < c.sample_n; i++)
        zs_arena_drop(&c.pictures[i]);
    return status;
}
