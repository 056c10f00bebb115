#include "accuracy_priv.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS_MAX = 64, CALIBRATION_IMAGES = 32, BAR_STEP = 1024 };

typedef struct job {
    const cli_options *o;
    zs_arena keep;
    const char *head; /* keys that --vary names */
    accuracy_point *points;
    uint32_t n;
    const float *mean; /* of --mean, CHW */
    accuracy_rows rows;
    cli_progress progress;
    uint32_t done, executed;  /* images with a row; of them those that no row was there for */
    double images_per_second; /* of these */
} job;

/* ---- one image of the set -------------------------------------------------------------------- */

static zs_shape input_shape(const accuracy_point *p)
{
    return p->p.net->tensors[p->p.net->input].shape;
}

static const char *image_name(const accuracy_point *p, uint32_t i, char text[32])
{
    if (p->images.files != NULL)
        return p->images.files[i];
    snprintf(text, 32, "[%u]", i);
    return text;
}

/* Pixels of a data set as a picture; grey ones get three equal channels. */
static zs_status tile_image(zs_arena *scratch, const zs_dataset *d, uint32_t i, zs_image *out,
                            zs_err *err)
{
    const size_t plane = (size_t)d->shape.h * d->shape.w;
    const uint8_t *pixels = d->pixels + (size_t)i * plane * d->shape.c;
    uint8_t *rgb = zs_arena_alloc_raw(scratch, plane, 3);
    if (rgb == NULL)
        return zs_nomem(err, "a picture");
    for (size_t at = 0; at < plane; at++)
        for (size_t c = 0; c < 3; c++)
            rgb[3 * at + c] = pixels[(d->shape.c == 1 ? 0 : c) * plane + at];
    *out = (zs_image){.rgb = rgb, .w = d->shape.w, .h = d->shape.h};
    return ZS_OK;
}

/* What an image of the set is made of: the bytes of its file, its pixels, or its values. */
static zs_status image_bytes(const accuracy_point *p, uint32_t i, zs_arena *scratch, zs_span *out,
                             zs_err *err)
{
    if (p->images.files != NULL)
        return cli_file_read(scratch, p->images.files[i], CLI_LARGE_BYTES, out, err);
    const size_t pixels = (size_t)zs_shape_elems(p->images.data.shape);
    if (p->images.tensors != NULL)
        *out = (zs_span){(const uint8_t *)p->tensors.list[i].x,
                         zs_shape_elems(input_shape(p)) * sizeof(float)};
    else
        *out = (zs_span){p->images.data.pixels + i * pixels, pixels};
    return ZS_OK;
}

/* Data sets of just the network's size are neither resized nor cropped. */
static bool has_input_size(const accuracy_point *p)
{
    const zs_shape s = input_shape(p), tile = p->images.data.shape;
    return p->images.files == NULL && tile.w == s.w && tile.h == s.h;
}

static zs_status load_image(const job *j, const accuracy_point *p, uint32_t i, zs_span bytes,
                            zs_arena *scratch, const float **out, zs_err *err)
{
    const zs_shape s = input_shape(p);
    zs_preprocess how = p->p.design.network.preprocess;
    zs_image image;
    float *x;
    if (p->images.tensors != NULL) {
        *out = p->tensors.list[i].x;
        return ZS_OK;
    }
    if (p->images.files != NULL)
        ZS_TRY(zs_image_parse(scratch, bytes, p->images.files[i], &image, err));
    else
        ZS_TRY(tile_image(scratch, &p->images.data, i, &image, err));
    if (has_input_size(p)) {
        how.fit = ZS_FIT_NONE;
        how.resize = how.crop = 0;
    }
    double scale[3];
    memcpy(scale, how.scale, sizeof scale);
    for (uint32_t c = 0; j->mean != NULL && c < 3; c++) {
        how.mean[c] = 0;
        how.scale[c] = 1;
    }
    const zs_status status = zs_preprocess_run(scratch, &image, &how, s, &x, err);
    if (status != ZS_OK) {
        char text[32];
        zs_err_prefix(err, image_name(p, i, text));
        return status;
    }
    for (size_t at = 0, plane = (size_t)s.h * s.w; j->mean != NULL && at < s.c * plane; at++)
        x[at] = (float)(((double)x[at] - (double)j->mean[at]) * scale[at / plane]);
    *out = x;
    return ZS_OK;
}

static void put_digest(accuracy_point *p, uint32_t i, zs_span bytes)
{
    char hex[65];
    cli_sha256(bytes.data, bytes.bytes, hex);
    snprintf(p->digests[i], ACCURACY_DIGEST_BYTES, "%.16s", hex);
}

zs_status accuracy_digest(accuracy_point *p, uint32_t i, zs_err *err)
{
    zs_span bytes;
    zs_arena scratch;
    zs_arena_init(&scratch, cli_heap());
    const zs_status status = image_bytes(p, i, &scratch, &bytes, err);
    if (status == ZS_OK)
        put_digest(p, i, bytes);
    zs_arena_drop(&scratch);
    return status;
}

/* ---- images through the datapath ------------------------------------------------------------- */

typedef struct crew {
    job *j;
    accuracy_point *p;
    zs_design design; /* of one image a time */
    zs_plan *plan;
    zs_quant *quant;
    cli_flat flat;
    cli_input samples[CALIBRATION_IMAGES]; /* the first images, where scales come from them */
    zs_arena pictures[CALIBRATION_IMAGES];
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
    ZS_TRY(image_bytes(c->p, i, &w->scratch, &bytes, err));
    if (c->j->rows.path != NULL)
        put_digest(c->p, i, bytes);
    if (i < c->sample_n)
        x = c->samples[i].x;
    else
        ZS_TRY(load_image(c->j, c->p, i, bytes, &w->scratch, &x, err));
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
                                     image_name(c->p, c->written, text), err));
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
        cli_progress_step(&c->j->progress, BAR_STEP);
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
        zs_status status = image_bytes(c->p, i, &c->pictures[i], &bytes, &err);
        if (status == ZS_OK)
            status = load_image(c->j, c->p, i, bytes, &c->pictures[i], &c->samples[i].x, &err);
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
    c->sample_n = wants ? (uint32_t)zs_min_u64(c->p->n, CALIBRATION_IMAGES) : 0;
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
    job *j = c->j;
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
            cli_progress_step(&j->progress, BAR_STEP);
        }
    cli_threads_run(zs_min_u64((uint64_t)j->o->jobs, p->n), work, c);
    if (c->status != ZS_OK) {
        *err = c->err;
        return c->status;
    }
    return ZS_OK;
}

static zs_status run_point(job *j, accuracy_point *p, zs_err *err)
{
    crew c = {.j = j, .p = p, .design = p->p.design, .plan = p->p.plan};
    pthread_mutex_init(&c.lock, NULL);
    const zs_status status = run_images(&c, err);
    pthread_mutex_destroy(&c.lock);
    for (uint32_t i = 0; i < c.sample_n; i++)
        zs_arena_drop(&c.pictures[i]);
    return status;
}

/* ---- what is asked for ----------------------------------------------------------------------- */

typedef struct identity {
    const job *j;
    accuracy_point *p;
} identity;

/* All that a row depends on but its picture and the program. */
static zs_status put_identity(void *ctx, const zs_sink *s, zs_err *err)
{
    const identity *of = ctx;
    const job *j = of->j;
    accuracy_point *p = of->p;
    const zs_design *own = &p->p.design;
    zs_design d = cli_without_files(own);
    d.name = "";
    ZS_TRY(zs_design_yaml_emit(&d, s, err));
    ZS_TRY(cli_digest_file(&p->p, "model", own->network.model, s, err));
    ZS_TRY(cli_digest_file(&p->p, "weights", own->network.weights, s, err));
    for (uint32_t i = 0; i < own->network.calibration_n; i++)
        ZS_TRY(cli_digest_file(&p->p, "calibration", own->network.calibrations[i], s, err));
    if (own->network.calibration_n == 0 && !zs_precision_is_float(own->accel.precision))
        ZS_TRY(zs_sink_printf(s, "calibrated on %llu\n",
                              (unsigned long long)zs_min_u64(p->n, CALIBRATION_IMAGES)));
    if (j->o->mean != NULL)
        ZS_TRY(cli_digest_file(&p->p, "mean", j->o->mean, s, err));
    return zs_sink_printf(s, "reference %s\n", j->o->reference != NULL ? j->o->reference : "none");
}

static zs_status set_identity(const job *j, accuracy_point *p, zs_err *err)
{
    char hex[65];
    ZS_TRY(cli_digest_lines(put_identity, &(identity){j, p}, hex, err));
    snprintf(p->id, sizeof p->id, "%.16s/%s", hex, cli_build);
    return ZS_OK;
}

static zs_status read_set(const job *j, accuracy_point *p, zs_err *err)
{
    cli_image_set *set = &p->images;
    ZS_TRY(cli_image_set_read(&p->p.keep, j->o->image_set, j->o->image_labels, &p->p, set, err));
    p->n = set->n;
    p->labels = set->labels;
    if (set->tensors != NULL) {
        const char *const names[] = {set->tensors};
        ZS_TRY(cli_inputs_build(&p->p, names, 1, &p->tensors, err));
        p->n = p->tensors.n;
        if (set->tensor_labels != NULL)
            ZS_TRY(cli_labels_read(&p->p.keep, set->tensor_labels, p->n, &p->labels, err));
    }
    if (j->o->limit >= 0 && (uint64_t)j->o->limit < p->n)
        p->n = (uint32_t)j->o->limit;
    if (p->n == 0)
        return zs_fail(err, ZS_EUSAGE, j->o->image_set, "there is no image to run");
    return ZS_OK;
}

/* What the first point's set goes through holds for all of them, but for what they vary. */
static void note_set(const job *j, accuracy_point *p)
{
    const zs_shape s = input_shape(p), tile = p->images.data.shape;
    if (p->images.note != NULL)
        cli_note(&p->p, "%s", p->images.note);
    if (p->labels != NULL)
        cli_note_weights(&p->p);
    if (p->images.tensors != NULL)
        return;
    cli_note_preprocess(&p->p, j->o->image_set, has_input_size(p));
    if (p->images.files == NULL && (tile.c != s.c || tile.h != s.h || tile.w != s.w))
        cli_note(&p->p,
                 "the images are %ux%ux%u and the network's input is %ux%ux%u (channels x rows x "
                 "columns): each goes through network.preprocess to the size and channels of the "
                 "input",
                 tile.c, tile.h, tile.w, s.c, s.h, s.w);
}

/* Classes are channels of one pixel. */
static zs_status read_classes(const cli_options *o, accuracy_point *p, zs_err *err)
{
    const zs_net *net = p->p.net;
    const zs_shape y = net->tensors[net->output].shape;
    if (y.h != 1 || y.w != 1)
        return zs_fail(err, ZS_EUNSUPPORTED, p->p.design.network.model,
                       "its output is %ux%ux%u: only a network that classifies has an accuracy",
                       y.c, y.h, y.w);
    p->is_class = y.c == 1;
    p->class_n = y.c;
    for (uint32_t i = 0; p->is_class && p->labels != NULL && i < p->n; i++)
        p->class_n = p->labels[i] >= p->class_n ? p->labels[i] + 1 : p->class_n;
    for (uint32_t i = 0; p->labels != NULL && i < p->n; i++)
        if (p->labels[i] >= p->class_n)
            return zs_fail(err, ZS_ERANGE, o->image_labels != NULL ? "--labels" : o->image_set,
                           "image %u is of class %u, the network has %u classes", i, p->labels[i],
                           p->class_n);
    return ZS_OK;
}

static zs_status prepare_point(const job *j, accuracy_point *p, zs_err *err)
{
    cli_options o = *j->o;
    o.set = p->set;
    ZS_TRY(cli_point_build(&o, &p->p, err));
    if (p->label == NULL)
        p->label = p->p.design.name;
    ZS_TRY(read_set(j, p, err));
    ZS_TRY(read_classes(j->o, p, err));
    p->rows = zs_new(&p->p.keep, zs_accuracy_image, (size_t)p->n);
    p->is_done = zs_new(&p->p.keep, bool, (size_t)p->n);
    p->digests = zs_arena_alloc(&p->p.keep, p->n, sizeof *p->digests);
    if (p->rows == NULL || p->is_done == NULL || p->digests == NULL)
        return zs_nomem(err, "images");
    for (uint32_t i = 0; i < p->n; i++)
        p->rows[i].label = p->labels != NULL ? p->labels[i] : ZS_NO_CLASS;
    return set_identity(j, p, err);
}

static zs_status list_points(job *j, zs_err *err)
{
    zs_grid grid;
    ZS_TRY(cli_axes_read(j->o, j->o->design_path, &j->keep, &grid, err));
    if (grid.point_n > POINTS_MAX)
        return zs_fail(err, ZS_EUSAGE, "--vary", "%llu points are more than %d",
                       (unsigned long long)grid.point_n, POINTS_MAX);
    ZS_TRY(cli_axes_name(&j->keep, &grid, &j->head, err));
    j->points = zs_new(&j->keep, accuracy_point, (size_t)grid.point_n);
    if (j->points == NULL)
        return zs_nomem(err, "points");
    for (; j->n < grid.point_n; j->n++) {
        accuracy_point *p = &j->points[j->n];
        const char *label;
        p->number = j->n;
        ZS_TRY(cli_axes_point(j->o, &j->keep, &grid, j->n, &label, &p->set, err));
        p->label = grid.axis_n > 0 ? label : NULL;
        const zs_status status = prepare_point(j, p, err);
        if (status != ZS_OK && p->label != NULL && grid.axis_n > 0)
            zs_err_prefix(err, label);
        if (status != ZS_OK)
            j->n++; /* to be dropped as well */
        ZS_TRY(status);
    }
    if (grid.axis_n == 0)
        j->head = "design";
    return ZS_OK;
}

static zs_status read_mean(job *j, zs_err *err)
{
    zs_span bytes;
    zs_npy npy;
    if (j->o->mean == NULL)
        return ZS_OK;
    const zs_shape s = input_shape(&j->points[0]);
    ZS_TRY(cli_file_read(&j->keep, j->o->mean, CLI_LARGE_BYTES, &bytes, err));
    ZS_TRY(zs_npy_parse(&j->keep, bytes, j->o->mean, &npy, err));
    if (npy.dims[0] != 1 || npy.dims[1] != s.c || npy.dims[2] != s.h || npy.dims[3] != s.w)
        return zs_fail(err, ZS_ESHAPE, j->o->mean,
                       "the mean image is %llux%llux%llu, the network's input is %ux%ux%u",
                       (unsigned long long)npy.dims[1], (unsigned long long)npy.dims[2],
                       (unsigned long long)npy.dims[3], s.c, s.h, s.w);
    j->mean = npy.data;
    return ZS_OK;
}

static zs_status check_options(const cli_options *o, zs_err *err)
{
    if (o->image_set == NULL)
        return zs_fail(err, ZS_EUSAGE, "--images", "is needed: it names the images to run");
    if (o->reference != NULL && strcmp(o->reference, "fp32") != 0)
        return zs_fail(err, ZS_EUSAGE, "--reference", "'%.40s' is not fp32", o->reference);
    if (o->output != NULL && (o->output[0] == '\0' || strcmp(o->output, "-") == 0))
        return zs_fail(err, ZS_EUSAGE, "-o", "rows need a file");
    return ZS_OK;
}

/* ---- what comes out -------------------------------------------------------------------------- */

/* Of all points, each once: what a precision needs is said where it is not the first one, too. */
static zs_status gather_notes(job *j, const char *const **out, uint32_t *n, zs_err *err)
{
    size_t all = 1;
    for (uint32_t i = 0; i < j->n; i++)
        all += j->points[i].p.note_n;
    const char **notes = zs_new(&j->keep, const char *, all);
    if (notes == NULL)
        return zs_nomem(err, "notes");
    *n = 0;
    for (uint32_t i = 0; i < j->n; i++)
        for (uint32_t k = 0; k < j->points[i].p.note_n; k++) {
            uint32_t same = 0;
            while (same < *n && strcmp(notes[same], j->points[i].p.notes[k]) != 0)
                same++;
            notes[same] = j->points[i].p.notes[k];
            *n += same == *n;
        }
    *out = notes;
    return ZS_OK;
}

/* A network that ends in the number of a class may name one that no label has, or none. */
static uint32_t class_count(const accuracy_point *p)
{
    uint32_t n = p->class_n;
    for (uint32_t i = 0; p->is_class && i < p->n; i++)
        if (p->rows[i].top[0] >= n)
            n = p->rows[i].top[0] == ZS_NO_CLASS ? UINT32_MAX : p->rows[i].top[0] + 1;
    return n;
}

static zs_status print(job *j, zs_err *err)
{
    zs_accuracy_point *lines = zs_new(&j->keep, zs_accuracy_point, j->n);
    if (lines == NULL)
        return zs_nomem(err, "points");
    for (uint32_t i = 0; i < j->n; i++) {
        accuracy_point *p = &j->points[i];
        lines[i] = (zs_accuracy_point){.label = p->label,
                                       .precision = p->result->precision,
                                       .result = p->result,
                                       .sparsity = p->p.sparsity};
        ZS_TRY(zs_accuracy_sum(&j->keep, p->rows, p->n, class_count(p), p->layer_names, p->layer_n,
                               &lines[i].accuracy, err));
    }
    zs_accuracy_table table = {.head = j->head,
                               .set = j->o->image_set,
                               .points = lines,
                               .n = j->n,
                               .images_per_second_wall = j->images_per_second};
    ZS_TRY(gather_notes(j, &table.notes, &table.note_n, err));
    const zs_sink sink = cli_stdout();
    const zs_table_style style = cli_terminal_style();
    switch (j->o->format) {
    case CLI_CSV:
        return zs_accuracy_csv_emit(&table, &sink, err);
    case CLI_JSON:
        return zs_accuracy_json_emit(&table, &sink, err);
    default:
        return zs_accuracy_table_emit(&table, &style, &sink, err);
    }
}

static void say_rate(const job *j, double seconds)
{
    char text[96];
    if (j->o->quiet || j->executed == 0)
        return;
    snprintf(text, sizeof text, "%u %s in %.1f s, %.1f a second", j->executed,
             j->executed == 1 ? "image" : "images", seconds,
             seconds > 0 ? j->executed / seconds : 0);
    cli_say("accuracy", text);
}

static zs_status run_points(job *j, zs_err *err)
{
    uint64_t all = 0;
    for (uint32_t i = 0; i < j->n; i++)
        all += j->points[i].n;
    const double begin_s = cli_seconds();
    cli_progress_begin(&j->progress, all * BAR_STEP, j->o->quiet);
    zs_status status = ZS_OK;
    cli_catch_interrupts();
    for (uint32_t i = 0; status == ZS_OK && !cli_interrupted && i < j->n; i++) {
        status = run_point(j, &j->points[i], err);
        if (status != ZS_OK && j->n > 1)
            zs_err_prefix(err, j->points[i].label);
    }
    cli_progress_end(&j->progress);
    const double seconds = cli_seconds() - begin_s;
    j->images_per_second = j->executed > 0 && seconds > 0 ? j->executed / seconds : (double)NAN;
    say_rate(j, seconds);
    return status;
}

static void say_how_to_go_on(const job *j)
{
    uint64_t all = 0;
    char text[128];
    for (uint32_t i = 0; i < j->n; i++)
        all += j->points[i].n;
    const bool kept = j->rows.path != NULL;
    snprintf(text, sizeof text, "interrupted after %u of %llu images; %s", j->done,
             (unsigned long long)all,
             kept ? "the same command goes on with the rest" : "-o FILE.csv would have kept them");
    cli_say(kept ? j->rows.path : "accuracy", text);
}

static zs_status accuracy(job *j, int *exit_status, zs_err *err)
{
    ZS_TRY(check_options(j->o, err));
    ZS_TRY(list_points(j, err));
    ZS_TRY(read_mean(j, err));
    note_set(j, &j->points[0]);
    ZS_TRY(accuracy_rows_open(&j->rows, j->points, j->n, j->o->quiet, err));
    ZS_TRY(run_points(j, err));
    if (!cli_interrupted)
        return print(j, err);
    say_how_to_go_on(j);
    *exit_status = CLI_SIGNALLED + cli_interrupted;
    return ZS_OK;
}

zs_status cmd_accuracy(const cli_options *options, int *exit_status, zs_err *err)
{
    job j = {.o = options, .rows = {.path = options->output, .fd = -1}};
    zs_arena_init(&j.keep, cli_heap());
    j.rows.arena = &j.keep;
    zs_err closing = {0};
    zs_status status = accuracy(&j, exit_status, err);
    const zs_status closed = accuracy_rows_close(&j.rows, &closing);
    if (status == ZS_OK && closed != ZS_OK) {
        status = closed;
        *err = closing;
    }
    for (uint32_t i = 0; i < j.n; i++)
        cli_point_drop(&j.points[i].p);
    zs_arena_drop(&j.keep);
    return status;
}
