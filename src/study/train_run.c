#include "zynqsim/train_run.h"

#include <float.h>
#include <math.h>
#include <string.h>

struct zs_train_run {
    zs_train_plan plan;
    zs_trainer *trainer;
    uint32_t done;
    zs_train_epoch *epochs;
    uint32_t *order;  /* of the images, shuffled */
    void *x;          /* a mini-batch */
    uint32_t *labels; /* of it */
    uint64_t image_elems;
    uint64_t before; /* mini-batches done before, in the run whose checkpoint was read */
    bool is_plain;
};

/* ---- sizes ----------------------------------------------------------------------------------- */

uint64_t zs_train_batches(const zs_train_plan *p)
{
    return zs_ceil_div(p->image_n, p->design->train.batch);
}

uint64_t zs_train_pipelined(const zs_train_plan *p)
{
    const uint64_t n = zs_train_batches(p) * p->epoch_n;
    if (p->scheme == ZS_SCHEME_PLAIN || p->scheme == ZS_SCHEME_GPIPE)
        return 0;
    return p->scheme == ZS_SCHEME_HYBRID ? (uint64_t)((double)n * p->design->pipeline.hybrid_after)
                                         : n;
}

zs_train_setup zs_train_setup_of(const zs_train_plan *p)
{
    return (zs_train_setup){.net = p->net,
                            .type = p->design->train.type,
                            .loss = p->design->train.loss,
                            .scheme = p->scheme,
                            .batch = p->design->train.batch,
                            .micro_batches = p->design->pipeline.micro_batches,
                            .cuts = p->cuts,
                            .cut_n = p->cut_n,
                            .momentum = p->design->train.momentum,
                            .weight_decay = p->design->train.weight_decay,
                            .start = p->design->train.start};
}

static zs_status check_data(const zs_train_plan *p, const zs_dataset *data, uint32_t n,
                            const char *what, uint64_t class_n, zs_err *err)
{
    const zs_shape has = data->shape, needs = p->net->tensors[p->net->input].shape;
    if (has.c != needs.c || has.h != needs.h || has.w != needs.w)
        return zs_fail(err, ZS_ESHAPE, what, "images of %ux%ux%u, but the input of %s is %ux%ux%u",
                       has.c, has.h, has.w, p->net->name, needs.c, needs.h, needs.w);
    const uint64_t elems = zs_shape_elems(has);
    for (uint32_t i = 0; i < n; i++) {
        if (data->labels[i] >= class_n)
            return zs_fail(err, ZS_ERANGE, what, "image %u has label %u, but %s has %llu classes",
                           i, data->labels[i], p->net->name, (unsigned long long)class_n);
        for (uint64_t e = 0; data->values != NULL && e < elems; e++)
            if (!isfinite(data->values[i * elems + e]))
                return zs_fail(err, ZS_ERANGE, what, "value %llu of image %u is not finite",
                               (unsigned long long)e, i);
    }
    return ZS_OK;
}

zs_status zs_train_run_build(zs_arena *arena, const zs_train_plan *plan, zs_train_run **out,
                             zs_err *err)
{
    const zs_train_setup setup = zs_train_setup_of(plan);
    zs_train_run *r = zs_new(arena, zs_train_run, 1);
    zs_net *net = zs_new(arena, zs_net, 1);
    if (r == NULL || net == NULL)
        return zs_nomem(err, plan->net->name);
    r->plan = *plan;
    *net = *plan->net;
    net->seed = plan->seed;
    r->plan.net = net;
    zs_train_setup seeded = setup;
    seeded.net = net;
    if (plan->image_n == 0 || plan->image_n > plan->data->n)
        return zs_fail(err, ZS_ERANGE, "training images", "%u are wanted of %u", plan->image_n,
                       plan->data->n);
    ZS_TRY(zs_trainer_build(arena, &seeded, &r->trainer, err));
    const uint64_t class_n = zs_trainer_class_n(r->trainer);
    ZS_TRY(check_data(plan, plan->data, plan->image_n, "training images", class_n, err));
    if (plan->test != NULL)
        ZS_TRY(check_data(plan, plan->test, plan->test->n, "test images", class_n, err));
    r->image_elems = zs_shape_elems(plan->data->shape);
    r->epochs = zs_new(arena, zs_train_epoch, plan->epoch_n + 1);
    r->order = zs_new(arena, uint32_t, plan->image_n);
    r->labels = zs_new(arena, uint32_t, setup.batch);
    r->x = zs_arena_alloc(arena, (size_t)(setup.batch * r->image_elems), sizeof(double));
    if (r->epochs == NULL || r->order == NULL || r->labels == NULL || r->x == NULL)
        return zs_nomem(err, plan->net->name);
    *out = r;
    return ZS_OK;
}

/* ---- images ---------------------------------------------------------------------------------- */

/* Augmentation of an image: shift in pixels, and whether it is mirrored. */
typedef struct shift {
    int32_t dy, dx;
    bool flips;
} shift;

static shift draw_shift(const zs_design *d, zs_prng *prng)
{
    const uint32_t most = d->train.crop;
    shift s = {0};
    if (most > 0) {
        s.dy = (int32_t)zs_prng_below(prng, 2 * (uint64_t)most + 1) - (int32_t)most;
        s.dx = (int32_t)zs_prng_below(prng, 2 * (uint64_t)most + 1) - (int32_t)most;
    }
    if (d->train.flip)
        s.flips = zs_prng_below(prng, 2) == 1;
    return s;
}

static void put_image(const zs_train_run *r, const zs_dataset *data, uint32_t image, shift s,
                      uint32_t at)
{
    const zs_design *d = r->plan.design;
    const zs_preprocess *how = &d->network.preprocess;
    const zs_shape shape = data->shape;
    uint64_t to = at * r->image_elems;
    for (uint32_t c = 0; c < shape.c; c++) {
        const bool turns = shape.c == 3 && how->order == ZS_COLOUR_BGR && data->pixels != NULL;
        const uint32_t plane = turns ? 2 - c : c, k = c < 3 ? c : 2;
        const uint64_t from =
            (uint64_t)image * r->image_elems + (uint64_t)plane * shape.h * shape.w;
        for (uint32_t y = 0; y < shape.h; y++)
            for (uint32_t x = 0; x < shape.w; x++, to++) {
                const uint32_t iy = y + (uint32_t)s.dy;
                const uint32_t ix = (s.flips ? shape.w - 1 - x : x) + (uint32_t)s.dx;
                double value = 0;
                if (iy < shape.h && ix < shape.w) {
                    const uint64_t e = from + (uint64_t)iy * shape.w + ix;
                    if (data->pixels != NULL)
                        value = ((double)data->pixels[e] - how->mean[k]) * how->scale[k];
                    else
                        value = (double)data->values[e];
                }
                if (d->train.type == ZS_TRAIN_FLOAT64)
                    ((double *)r->x)[to] = value;
                else
                    ((float *)r->x)[to] = (float)value;
            }
    }
}

/* ---- an epoch -------------------------------------------------------------------------------- */

static double test(zs_train_run *r)
{
    const zs_dataset *data = r->plan.test;
    const uint32_t batch = r->plan.design->train.batch;
    uint64_t right = 0;
    if (data == NULL || data->n == 0)
        return NAN;
    for (uint32_t first = 0; first < data->n; first += batch) {
        const uint32_t n = data->n - first < batch ? data->n - first : batch;
        for (uint32_t i = 0; i < n; i++)
            put_image(r, data, first + i, (shift){0}, i);
        right += zs_trainer_count_right(r->trainer, r->x, data->labels + first, n);
    }
    return (double)right / data->n;
}

/* Sums over the mini-batches that left the last stage in an epoch. */
typedef struct tally {
    double loss;
    uint64_t batches, right, images, diverged;
} tally;

static void count(tally *t, zs_train_step step, uint64_t before)
{
    if (!step.is_done)
        return;
    if (!(fabs(step.loss) <= DBL_MAX) && t->diverged == 0)
        t->diverged = before + step.number + 1;
    t->loss += step.loss;
    t->batches++;
    t->right += step.right;
    t->images += step.n;
}

static double rate_of(const zs_train_run *r)
{
    double rate = r->plan.design->train.lr;
    const uint32_t step = r->plan.design->train.lr_step;
    for (uint32_t i = 0; step > 0 && i < r->done / step; i++)
        rate *= r->plan.design->train.lr_factor;
    return rate;
}

static void empty(zs_train_run *r, double rate, tally *t, uint64_t before)
{
    while (t->diverged == 0 && zs_trainer_is_busy(r->trainer))
        count(t, zs_trainer_cycle(r->trainer, NULL, rate), before);
}

static void shuffle(uint32_t *order, uint32_t n, zs_prng *prng)
{
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    for (uint32_t i = n; i > 1; i--) {
        const uint32_t k = (uint32_t)zs_prng_below(prng, i), kept = order[k];
        order[k] = order[i - 1];
        order[i - 1] = kept;
    }
}

void zs_train_run_epoch(zs_train_run *r, uint64_t *diverged)
{
    const zs_train_plan *p = &r->plan;
    const uint32_t batch = p->design->train.batch;
    const uint64_t batches = zs_train_batches(p), pipelined = zs_train_pipelined(p);
    const double rate = rate_of(r);
    zs_prng prng = {.state = zs_mix64(zs_mix64(p->seed) + r->done)};
    tally t = {0};
    shuffle(r->order, p->image_n, &prng);
    uint64_t number = r->done * batches;
    for (uint64_t b = 0; b < batches && t.diverged == 0; b++, number++) {
        const uint32_t first = (uint32_t)(b * batch);
        const uint32_t n = p->image_n - first < batch ? p->image_n - first : batch;
        if (!r->is_plain && number >= pipelined && p->scheme == ZS_SCHEME_HYBRID) {
            empty(r, rate, &t, r->before);
            zs_trainer_set_plain(r->trainer);
            r->is_plain = true;
        }
        for (uint32_t i = 0; i < n; i++) {
            const uint32_t image = r->order[first + i];
            put_image(r, p->data, image, draw_shift(p->design, &prng), i);
            r->labels[i] = p->data->labels[image];
        }
        const zs_train_batch in = {.x = r->x, .labels = r->labels, .n = n};
        count(&t, zs_trainer_cycle(r->trainer, &in, rate), r->before);
    }
    empty(r, rate, &t, r->before);
    *diverged = t.diverged;
    if (t.diverged != 0)
        return;
    r->epochs[r->done] = (zs_train_epoch){.loss = t.loss / (double)t.batches,
                                          .right_frac = (double)t.right / (double)t.images,
                                          .tested_frac = test(r)};
    r->done++;
}

uint32_t zs_train_run_done(const zs_train_run *r)
{
    return r->done;
}

const zs_train_epoch *zs_train_run_epochs(const zs_train_run *r)
{
    return r->epochs;
}

zs_trainer *zs_train_run_trainer(zs_train_run *r)
{
    return r->trainer;
}

/* ---- keeping --------------------------------------------------------------------------------- */

enum { SAVE_VERSION = 2 }; /* 1: layers counted by name, window and result alone */
static const char magic[8] = "zstrain";
#define BEGIN_ANEW "another name for --checkpoint begins anew"

typedef struct header {
    char magic[8];
    uint32_t version, done, type, epoch_n;
    uint64_t digest, param_n, state_n;
} header;

static uint64_t mix_bytes(uint64_t hash, const void *data, size_t bytes)
{
    const uint8_t *at = data;
    uint64_t word;
    for (; bytes >= sizeof word; bytes -= sizeof word, at += sizeof word) {
        memcpy(&word, at, sizeof word);
        hash = zs_mix64(hash ^ word);
    }
    for (; bytes > 0; bytes--)
        hash = zs_mix64(hash ^ *at++);
    return hash;
}

/* Member by member, for what lies between members of a struct has no value. */
static uint64_t mix_layer(uint64_t hash, const zs_layer *l)
{
    const uint64_t whole[] = {l->op,  l->groups,     l->pool,     l->count_include_pad, l->in_n,
                              l->out, l->act.active, l->has_bias, l->lrn_size};
    const double reals[] = {(double)l->act.lo, (double)l->act.hi, (double)l->lrn_alpha,
                            (double)l->lrn_beta, (double)l->lrn_k};
    hash = mix_bytes(hash, whole, sizeof whole);
    hash = mix_bytes(hash, reals, sizeof reals);
    hash = mix_bytes(hash, l->in, l->in_n * sizeof *l->in);
    hash = mix_bytes(hash, &l->window, sizeof l->window);
    hash = mix_bytes(hash, &l->y, sizeof l->y);
    hash = mix_bytes(hash, l->name, strlen(l->name));
    if (l->general != NULL) {
        hash = zs_mix64(hash ^ l->general->fn);
        hash = mix_bytes(hash, l->general->p, sizeof l->general->p);
    }
    if (l->weights.data != NULL)
        hash = mix_bytes(hash, l->weights.data, (size_t)l->weights.n_elems * sizeof(float));
    if (l->weights.bias != NULL)
        hash = mix_bytes(hash, l->weights.bias, (size_t)l->weights.bias_n * sizeof(float));
    return hash;
}

/* Digest of all that the weights of a run depend on: a checkpoint continues only a run with the
 * same. */
static uint64_t digest(const zs_train_run *r)
{
    const zs_train_plan *p = &r->plan;
    const zs_design *d = p->design;
    const double reals[] = {d->train.lr, d->train.momentum, d->train.weight_decay,
                            d->train.lr_factor, d->train.start};
    const uint64_t pipelined = p->scheme == ZS_SCHEME_HYBRID ? zs_train_pipelined(p) : 0;
    const uint64_t whole[] = {p->seed,
                              p->scheme,
                              p->image_n,
                              pipelined,
                              d->train.batch,
                              d->train.lr_step,
                              d->train.type,
                              d->train.loss,
                              d->train.crop,
                              d->train.flip,
                              p->scheme == ZS_SCHEME_GPIPE ? d->pipeline.micro_batches : 0,
                              d->network.preprocess.order,
                              p->net->layer_n};
    uint64_t hash = mix_bytes(0, reals, sizeof reals);
    hash = mix_bytes(hash, whole, sizeof whole);
    hash = mix_bytes(hash, d->network.preprocess.mean, sizeof d->network.preprocess.mean);
    hash = mix_bytes(hash, d->network.preprocess.scale, sizeof d->network.preprocess.scale);
    for (uint32_t i = 0; i < p->cut_n; i++)
        hash = mix_bytes(hash, &p->cuts[i], sizeof p->cuts[i]);
    for (uint32_t i = 0; i < p->net->layer_n; i++)
        hash = mix_layer(hash, &p->net->layers[i]);
    hash = mix_bytes(hash, p->data->labels, p->image_n * sizeof *p->data->labels);
    if (p->data->pixels != NULL)
        hash = mix_bytes(hash, p->data->pixels, (size_t)(p->image_n * r->image_elems));
    else
        hash =
            mix_bytes(hash, p->data->values, (size_t)(p->image_n * r->image_elems) * sizeof(float));
    return hash;
}

/* The parts of a file behind its header. */
typedef struct part {
    void *data;
    size_t bytes;
} part;

enum { PARTS = 4 };
static void list_parts(zs_train_run *r, part parts[PARTS])
{
    const size_t bytes =
        r->plan.design->train.type == ZS_TRAIN_FLOAT64 ? sizeof(double) : sizeof(float);
    uint64_t n, states;
    void *params = zs_trainer_params(r->trainer, &n);
    void *state = zs_trainer_state(r->trainer, &states);
    parts[0] = (part){params, (size_t)n * bytes};
    parts[1] = (part){zs_trainer_velocities(r->trainer, &n), (size_t)n * bytes};
    parts[2] = (part){state, (size_t)states * bytes};
    parts[3] = (part){r->epochs, r->done * sizeof *r->epochs};
}

static header header_of(zs_train_run *r)
{
    header h = {.version = SAVE_VERSION,
                .done = r->done,
                .type = r->plan.design->train.type,
                .epoch_n = r->plan.epoch_n,
                .digest = digest(r)};
    memcpy(h.magic, magic, sizeof h.magic);
    zs_trainer_params(r->trainer, &h.param_n);
    zs_trainer_state(r->trainer, &h.state_n);
    return h;
}

zs_status zs_train_run_save(zs_train_run *r, const zs_sink *sink)
{
    const header h = header_of(r);
    part parts[PARTS];
    list_parts(r, parts);
    uint64_t sum = mix_bytes(0, &h, sizeof h);
    ZS_TRY(zs_sink_write(sink, &h, sizeof h));
    for (size_t i = 0; i < PARTS; i++) {
        sum = mix_bytes(sum, parts[i].data, parts[i].bytes);
        ZS_TRY(zs_sink_write(sink, parts[i].data, parts[i].bytes));
    }
    return zs_sink_write(sink, &sum, sizeof sum);
}

zs_status zs_train_run_load(zs_train_run *r, zs_span bytes, const char *path, zs_err *err)
{
    header h, own = header_of(r);
    uint64_t sum, kept;
    if (bytes.bytes < sizeof h + sizeof sum || memcmp(bytes.data, magic, sizeof magic) != 0)
        return zs_fail(err, ZS_EPARSE, path, "is no checkpoint of train");
    memcpy(&h, bytes.data, sizeof h);
    memcpy(&kept, bytes.data + bytes.bytes - sizeof kept, sizeof kept);
    if (h.version != SAVE_VERSION)
        return zs_fail(err, ZS_EPARSE, path,
                       "is a checkpoint of version %u, and this program goes on from version %d: "
                       "finish it with the program that wrote it; " BEGIN_ANEW,
                       h.version, SAVE_VERSION);
    if (h.digest != own.digest || h.type != own.type || h.param_n != own.param_n ||
        h.state_n != own.state_n)
        return zs_fail(err, ZS_EUSAGE, path,
                       "belongs to another run: network, data, seed, scheme and settings have to "
                       "be those it was made with; " BEGIN_ANEW);
    if (h.done > r->plan.epoch_n)
        return zs_fail(err, ZS_EUSAGE, path, "has %u epochs, more than the %u wanted", h.done,
                       r->plan.epoch_n);
    part parts[PARTS];
    r->done = h.done;
    list_parts(r, parts);
    size_t all = sizeof h + sizeof sum, at = sizeof h;
    sum = mix_bytes(0, &h, sizeof h);
    for (size_t i = 0; i < PARTS; i++)
        all += parts[i].bytes;
    if (all == bytes.bytes)
        for (size_t i = 0; i < PARTS; at += parts[i++].bytes)
            sum = mix_bytes(sum, bytes.data + at, parts[i].bytes);
    r->done = 0;
    if (all != bytes.bytes || sum != kept)
        return zs_fail(err, ZS_EPARSE, path, "is damaged; " BEGIN_ANEW);
    at = sizeof h;
    for (size_t i = 0; i < PARTS; at += parts[i++].bytes)
        memcpy(parts[i].data, bytes.data + at, parts[i].bytes);
    r->done = h.done;
    r->before = h.done * zs_train_batches(&r->plan);
    return ZS_OK;
}
