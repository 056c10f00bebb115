#include "cli_priv.h"

#include <assert.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

/* One input of the network and the samples of it. */
typedef struct feed {
    cli_point *p;
    const zs_net_input *in;
    zs_shape shape;
    zs_number number;
    uint32_t at; /* which of the network's inputs */
    cli_input *list;
    uint32_t n, capacity;
} feed;

static zs_status add_input(feed *f, const char *name, const float *x, zs_err *err)
{
    if (f->n == f->capacity) {
        const uint32_t grown = f->capacity * 2 + 8;
        cli_input *bigger = zs_new(&f->p->keep, cli_input, grown);
        if (bigger == NULL)
            return zs_nomem(err, "inputs");
        if (f->n > 0)
            memcpy(bigger, f->list, f->n * sizeof *bigger);
        f->list = bigger;
        f->capacity = grown;
    }
    f->list[f->n++] = (cli_input){.name = name, .x = x};
    return ZS_OK;
}

const char *cli_input_file(const char *word)
{
    const char *equals = strchr(word, '=');
    return equals == NULL || equals == word || cli_file_check(word, NULL) == ZS_OK ? word
                                                                                   : equals + 1;
}

/* ---- tensors --------------------------------------------------------------------------------- */

static zs_status parse_npy(zs_arena *arena, const char *path, zs_span *bytes, zs_npy *npy,
                           zs_err *err)
{
    ZS_TRY(cli_file_read(arena, path, CLI_LARGE_BYTES, bytes, err));
    return zs_npy_parse(arena, *bytes, path, npy, err);
}

zs_status cli_npy_shape(zs_arena *arena, const char *path, zs_shape *shape, zs_err *err)
{
    zs_npy npy;
    zs_span bytes;
    ZS_TRY(parse_npy(arena, path, &bytes, &npy, err));
    for (int i = 1; i < 4; i++)
        if (npy.dims[i] == 0 || npy.dims[i] > 65535)
            return zs_fail(err, ZS_ERANGE, path, "dimension %d is %llu, the limits are 1 and 65535",
                           i, (unsigned long long)npy.dims[i]);
    *shape = (zs_shape){(uint32_t)npy.dims[1], (uint32_t)npy.dims[2], (uint32_t)npy.dims[3]};
    return ZS_OK;
}

bool cli_npy_samples(const char *path, uint32_t *rank, uint64_t *samples)
{
    struct stat info;
    zs_arena scratch;
    zs_npy npy;
    zs_span bytes;
    zs_err ignored;
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode))
        return false;
    zs_arena_init(&scratch, cli_heap());
    const bool is_read = parse_npy(&scratch, path, &bytes, &npy, &ignored) == ZS_OK;
    if (is_read) {
        *rank = npy.rank;
        *samples = npy.own[0];
    }
    zs_arena_drop(&scratch);
    return is_read;
}

/* The dimensions that the model's file states, but for the first one. */
static bool has_own_samples(const zs_net_input *in, const zs_npy *npy)
{
    if (in->rank == 0 || npy->rank != in->rank)
        return false;
    for (uint32_t d = 1; d < npy->rank; d++)
        if (npy->own[d] != in->dims[d])
            return false;
    return true;
}

/* The same with any number of samples. */
static bool has_own_dims(const zs_net_input *in, const zs_npy *npy)
{
    return has_own_samples(in, npy) &&
           (npy->own[0] == in->dims[0] || (npy->rank > 1 && in->dims[0] == 1));
}

/* Samples of the model's own layout, rows x columns x channels, as channels x rows x columns. */
static zs_status to_planes(const feed *f, const float *from, uint64_t n, const float **out,
                           zs_err *err)
{
    const zs_shape s = f->shape;
    const uint64_t pixels = (uint64_t)s.h * s.w, elems = zs_shape_elems(s);
    float *x = zs_arena_alloc_raw(&f->p->keep, n * elems, sizeof *x);
    if (x == NULL)
        return zs_nomem(err, "inputs");
    for (uint64_t i = 0; i < n; i++)
        for (uint64_t at = 0; at < pixels; at++)
            for (uint32_t c = 0; c < s.c; c++)
                x[i * elems + c * pixels + at] = from[i * elems + at * s.c + c];
    *out = x;
    return ZS_OK;
}

/* Integers of a network that takes them, as the real numbers that they stand for. */
static zs_status to_reals(const feed *f, const float *from, uint64_t n, const float **out,
                          zs_err *err)
{
    const zs_number *number = &f->number;
    const uint64_t all = n * zs_shape_elems(f->shape);
    float *x = zs_arena_alloc_raw(&f->p->keep, all, sizeof *x);
    if (x == NULL)
        return zs_nomem(err, "inputs");
    for (uint64_t i = 0; i < all; i++)
        x[i] = (float)(((double)from[i] - number->zero - number->offset) * number->scale);
    *out = x;
    return ZS_OK;
}

/* Bytes of pictures look like a tensor, but are none before mean and scale. */
static void note_pixels(const feed *f, const zs_npy *npy, const char *path)
{
    const zs_preprocess *how = &f->p->design.network.preprocess;
    bool changes_pixels = false;
    for (int c = 0; c < 3; c++)
        changes_pixels |= how->mean[c] != 0 || how->scale[c] != 1;
    if (npy->is_int && !(f->number.scale > 0) && changes_pixels &&
        (f->shape.c == 1 || f->shape.c == 3))
        cli_note(f->p,
                 "%s holds integers, taken as they are: mean and scale of network.preprocess are "
                 "for pictures",
                 path);
}

static zs_status add_npy(feed *f, const char *path, zs_err *err)
{
    zs_npy npy;
    zs_span bytes;
    ZS_TRY(parse_npy(&f->p->keep, path, &bytes, &npy, err));
    ZS_TRY(cli_record_file(f->p, CLI_FILE_INPUT, path, bytes, err));
    const zs_shape s = f->shape;
    const bool is_own = has_own_dims(f->in, &npy);
    const unsigned long long n = is_own ? npy.own[0] / f->in->dims[0] : npy.dims[0];
    const unsigned long long c = npy.dims[1], h = npy.dims[2], w = npy.dims[3];
    if (!is_own && f->in->dims[0] > 1 && has_own_samples(f->in, &npy))
        return zs_fail(err, ZS_ESHAPE, path,
                       "the tensor has %llu samples; the network mixes those of one tensor, and "
                       "was read for %u",
                       (unsigned long long)npy.own[0], f->in->dims[0]);
    if (!is_own && (c != s.c || h != s.h || w != s.w))
        return zs_fail(err, ZS_ESHAPE, path,
                       "the tensor is %llux%llux%llu, the network's input is %ux%ux%u%s", c, h, w,
                       s.c, s.h, s.w,
                       c == s.h && h == s.w && w == s.c
                           ? ", channels first: this is rows x columns x channels, to be transposed"
                           : "");
    if (is_own && f->in->is_channels_last)
        ZS_TRY(to_planes(f, npy.data, n, &npy.data, err));
    if (npy.is_int && f->number.scale > 0)
        ZS_TRY(to_reals(f, npy.data, n, &npy.data, err));
    if (n == 0)
        return zs_fail(err, ZS_ESHAPE, path, "the tensor has 0 samples, at least 1 is needed");
    note_pixels(f, &npy, path);
    for (uint64_t i = 0; i < n; i++) {
        const char *name = path;
        if (n > 1)
            name = zs_arena_printf(&f->p->keep, "%s[%llu]", path, (unsigned long long)i);
        if (name == NULL)
            return zs_nomem(err, path);
        ZS_TRY(add_input(f, name, npy.data + i * zs_shape_elems(s), err));
    }
    return ZS_OK;
}

/* Networks that take neither colour nor grey get plain noise in -1..1. */
static zs_status synthetic_noise(const feed *f, uint64_t seed, float **out, zs_err *err)
{
    const uint64_t n = zs_shape_elems(f->shape);
    float *x = zs_arena_alloc_raw(&f->p->keep, n, sizeof *x);
    if (x == NULL)
        return zs_nomem(err, "synthetic input");
    for (uint64_t i = 0; i < n; i++)
        x[i] = (float)(zs_mix64(zs_mix64(seed) + i) >> 40) / 8388608.0f - 1.0f;
    *out = x;
    return ZS_OK;
}

/* ---- pictures -------------------------------------------------------------------------------- */

static zs_status keep_tensor(const feed *f, const float *x, float **out, zs_err *err)
{
    const uint64_t n = zs_shape_elems(f->shape);
    float *kept = zs_arena_alloc_raw(&f->p->keep, n, sizeof *kept);
    if (kept == NULL)
        return zs_nomem(err, "input tensor");
    memcpy(kept, x, n * sizeof *kept);
    *out = kept;
    return ZS_OK;
}

/* A picture of just the size the network wants, so that it fits every network. */
static zs_status synthetic_picture(const feed *f, zs_arena *scratch, uint64_t seed, float **out,
                                   zs_err *err)
{
    const zs_shape s = f->shape;
    zs_preprocess how = f->p->design.network.preprocess;
    zs_image image;
    float *x;
    how.fit = ZS_FIT_NONE;
    how.resize = how.crop = 0;
    ZS_TRY(zs_image_synthetic(scratch, seed, s.w, s.h, &image, err));
    ZS_TRY(zs_preprocess_run(scratch, &image, &how, s, &x, err));
    return keep_tensor(f, x, out, err);
}

static bool ends_in_caffe(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot != NULL && (strcmp(dot, ".caffemodel") == 0 || strcmp(dot, ".prototxt") == 0);
}

/* Pictures that are prepared for another network than this give classes without a sense. */
void cli_note_preprocess(cli_point *p, const char *path, bool as_they_are)
{
    const zs_design *d = &p->design;
    const zs_preprocess *how = &d->network.preprocess;
    char size[64] = "";
    if (p->noted_preprocess || zs_design_says_preprocess(d) || ends_in_caffe(d->network.model) ||
        ends_in_caffe(d->network.weights))
        return;
    p->noted_preprocess = true;
    if (!as_they_are)
        snprintf(size, sizeof size, "resized to %ux%u, centre crop, ", how->resize, how->resize);
    cli_note(p,
             "%s went through the default preprocessing, as Caffe's ImageNet networks expect it: "
             "%sB G R minus %g, %g, %g; network.preprocess.* says what another network needs",
             path, size, how->mean[0], how->mean[1], how->mean[2]);
}

static bool has_synthetic_weights(const zs_net *net)
{
    for (uint32_t i = 0; i < net->layer_n; i++) {
        if (zs_op_has_filters(net->layers[i].op) && net->layers[i].weights.data == NULL)
            return true;
    }
    return false;
}

void cli_note_weights(cli_point *p)
{
    if (p->noted_weights || !has_synthetic_weights(p->net))
        return;
    p->noted_weights = true;
    cli_note(p,
             "the weights are synthetic, not trained, so classes mean nothing; network.weights or "
             "--model takes a file with weights");
}

static zs_status photo(const feed *f, zs_arena *scratch, const char *path, float **out, zs_err *err)
{
    zs_span bytes;
    zs_image image;
    float *x;
    ZS_TRY(cli_file_read(scratch, path, CLI_LARGE_BYTES, &bytes, err));
    ZS_TRY(zs_image_parse(scratch, bytes, path, &image, err));
    const zs_status status =
        zs_preprocess_run(scratch, &image, &f->p->design.network.preprocess, f->shape, &x, err);
    if (status != ZS_OK) {
        zs_err_prefix(err, path);
        return status;
    }
    ZS_TRY(cli_record_file(f->p, CLI_FILE_INPUT, path, bytes, err));
    cli_note_preprocess(f->p, path, false);
    cli_note_weights(f->p);
    return keep_tensor(f, x, out, err);
}

/* ---- the list -------------------------------------------------------------------------------- */

static zs_status add_picture(feed *f, const char *name, zs_err *err)
{
    uint64_t seed = 1;
    float *x = NULL;
    zs_arena scratch;
    zs_arena_init(&scratch, cli_heap());
    zs_status status;
    if (!zs_is_synthetic(name, &seed)) {
        status = photo(f, &scratch, name, &x, err);
    } else {
        seed = f->at == 0 ? seed : zs_mix64(seed + f->at); /* no two inputs alike */
        status = f->shape.c == 1 || f->shape.c == 3 ? synthetic_picture(f, &scratch, seed, &x, err)
                                                    : synthetic_noise(f, seed, &x, err);
    }
    zs_arena_drop(&scratch);
    ZS_TRY(status);
    if (zs_is_synthetic(name, &seed))
        ZS_TRY(cli_record_file(f->p, CLI_FILE_INPUT, name, (zs_span){0}, err));
    return add_input(f, name, x, err);
}

static zs_status add_file(feed *f, const char *path, zs_err *err)
{
    return cli_ends_in(path, ".npy") ? add_npy(f, path, err) : add_picture(f, path, err);
}

static zs_status refuse(const cli_point *p, const char *word, const char *why, zs_err *err)
{
    char names[200] = "";
    size_t used = 0;
    for (uint32_t i = 0; i < p->net->input_n && used < sizeof names; i++) {
        const zs_tensor *t = &p->net->tensors[p->net->inputs[i].tensor];
        used += (size_t)snprintf(names + used, sizeof names - used, "%s'%.60s' (%ux%ux%u)",
                                 i > 0 ? ", " : "", t->name, t->shape.c, t->shape.h, t->shape.w);
    }
    return zs_fail(err, ZS_EUSAGE, word, "%s: the network's inputs are %s, given as NAME=FILE", why,
                   names);
}

/* A file goes to the input that it names, or to the only one; made-up numbers go to all. */
static zs_status add_word(feed *feeds, const char *word, zs_err *err)
{
    const cli_point *p = feeds[0].p;
    const char *file = cli_input_file(word);
    uint64_t seed;
    for (uint32_t i = 0; i < p->net->input_n; i++) {
        const char *name = p->net->tensors[feeds[i].in->tensor].name;
        if (file != word && strlen(name) == (size_t)(file - 1 - word) &&
            memcmp(name, word, (size_t)(file - 1 - word)) == 0)
            return add_file(&feeds[i], file, err);
    }
    if (file != word)
        return refuse(p, word, "no input has this name", err);
    if (p->net->input_n == 1)
        return add_file(&feeds[0], file, err);
    if (!zs_is_synthetic(word, &seed))
        return refuse(p, word, "it does not say which input it is for", err);
    for (uint32_t i = 0; i < p->net->input_n; i++)
        ZS_TRY(add_file(&feeds[i], word, err));
    return ZS_OK;
}

/* Sample `k` of every input, one after the other; of an input with one sample always that. */
static zs_status join_sample(const feed *feeds, uint32_t k, cli_input *out, zs_err *err)
{
    cli_point *p = feeds[0].p;
    const char *name = "";
    float *x = zs_arena_alloc_raw(&p->keep, zs_net_input_elems(p->net), sizeof *x);
    if (x == NULL)
        return zs_nomem(err, "inputs");
    for (uint32_t i = 0; i < p->net->input_n; i++) {
        const feed *f = &feeds[i];
        assert(f->list != NULL); /* every input was given something */
        const cli_input *one = &f->list[f->n > 1 ? k : 0];
        memcpy(x + f->in->offset_elems, one->x, zs_shape_elems(f->shape) * sizeof *x);
        name = zs_arena_printf(&p->keep, "%s%s%s=%s", name, i > 0 ? ", " : "",
                               p->net->tensors[f->in->tensor].name, one->name);
        if (name == NULL)
            return zs_nomem(err, "inputs");
    }
    *out = (cli_input){.name = name, .x = x};
    return ZS_OK;
}

static zs_status join_feeds(const feed *feeds, cli_inputs *out, zs_err *err)
{
    cli_point *p = feeds[0].p;
    uint32_t n = 1;
    for (uint32_t i = 0; i < p->net->input_n; i++)
        n = feeds[i].n > n ? feeds[i].n : n;
    for (uint32_t i = 0; i < p->net->input_n; i++) {
        const char *name = p->net->tensors[feeds[i].in->tensor].name;
        if (feeds[i].n == 0)
            return refuse(p, name, "this input is given nothing", err);
        if (feeds[i].n != 1 && feeds[i].n != n)
            return zs_fail(err, ZS_ESHAPE, name,
                           "%u samples are given for this input, %u for another one", feeds[i].n,
                           n);
    }
    out->list = zs_new(&p->keep, cli_input, n);
    if (out->list == NULL)
        return zs_nomem(err, "inputs");
    for (; out->n < n; out->n++)
        ZS_TRY(join_sample(feeds, out->n, &out->list[out->n], err));
    return ZS_OK;
}

zs_status cli_inputs_build(cli_point *point, const char *const *names, uint32_t n, cli_inputs *out,
                           zs_err *err)
{
    const zs_net *net = point->net;
    feed *feeds = zs_new(&point->keep, feed, net->input_n);
    *out = (cli_inputs){0};
    if (feeds == NULL)
        return zs_nomem(err, "inputs");
    for (uint32_t i = 0; i < net->input_n; i++) {
        const zs_tensor *t = &net->tensors[net->inputs[i].tensor];
        feeds[i] = (feed){
            .p = point, .in = &net->inputs[i], .shape = t->shape, .number = t->number, .at = i};
    }
    for (uint32_t i = 0; i < n; i++)
        ZS_TRY(add_word(feeds, names[i], err));
    if (net->input_n > 1)
        return join_feeds(feeds, out, err);
    *out = (cli_inputs){.list = feeds[0].list, .n = feeds[0].n};
    return ZS_OK;
}
