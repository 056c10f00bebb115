#include "cli_priv.h"

#include <string.h>

static zs_status add_input(cli_point *p, cli_inputs *inputs, const char *name, const float *x,
                           zs_err *err)
{
    if (inputs->n == inputs->capacity) {
        const uint32_t grown = inputs->capacity * 2 + 8;
        cli_input *bigger = zs_new(&p->keep, cli_input, grown);
        if (bigger == NULL)
            return zs_nomem(err, "inputs");
        if (inputs->n > 0)
            memcpy(bigger, inputs->list, inputs->n * sizeof *bigger);
        inputs->list = bigger;
        inputs->capacity = grown;
    }
    inputs->list[inputs->n++] = (cli_input){.name = name, .x = x};
    return ZS_OK;
}

static zs_shape input_shape(const cli_point *p)
{
    return p->net->tensors[p->net->input].shape;
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

/* The dimensions that the model's file states, with any number of samples. */
static bool has_own_dims(const zs_net *net, const zs_npy *npy)
{
    if (net->input_rank == 0 || npy->rank != net->input_rank)
        return false;
    for (uint32_t d = 1; d < npy->rank; d++)
        if (npy->own[d] != net->input_dims[d])
            return false;
    return npy->own[0] == net->input_dims[0] || (npy->rank > 1 && net->input_dims[0] == 1);
}

/* Samples of the model's own layout, rows x columns x channels, as channels x rows x columns. */
static zs_status to_planes(cli_point *p, const float *from, uint64_t n, const float **out,
                           zs_err *err)
{
    const zs_shape s = input_shape(p);
    const uint64_t pixels = (uint64_t)s.h * s.w, elems = zs_shape_elems(s);
    float *x = zs_arena_alloc_raw(&p->keep, n * elems, sizeof *x);
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
static zs_status to_reals(cli_point *p, const float *from, uint64_t n, const float **out,
                          zs_err *err)
{
    const zs_number *number = &p->net->tensors[p->net->input].number;
    const uint64_t all = n * zs_shape_elems(input_shape(p));
    float *x = zs_arena_alloc_raw(&p->keep, all, sizeof *x);
    if (x == NULL)
        return zs_nomem(err, "inputs");
    for (uint64_t i = 0; i < all; i++)
        x[i] = (float)(((double)from[i] - number->zero - number->offset) * number->scale);
    *out = x;
    return ZS_OK;
}

static zs_status add_npy(cli_point *p, const char *path, cli_inputs *inputs, zs_err *err)
{
    zs_npy npy;
    zs_span bytes;
    ZS_TRY(parse_npy(&p->keep, path, &bytes, &npy, err));
    ZS_TRY(cli_record_file(p, CLI_FILE_INPUT, path, bytes, err));
    const zs_shape s = input_shape(p);
    const bool is_own = has_own_dims(p->net, &npy);
    const unsigned long long n = is_own ? npy.own[0] / p->net->input_dims[0] : npy.dims[0];
    const unsigned long long c = npy.dims[1], h = npy.dims[2], w = npy.dims[3];
    if (!is_own && (c != s.c || h != s.h || w != s.w))
        return zs_fail(err, ZS_ESHAPE, path,
                       "the tensor is %llux%llux%llu, the network's input is %ux%ux%u%s", c, h, w,
                       s.c, s.h, s.w,
                       c == s.h && h == s.w && w == s.c
                           ? ", channels first: this is rows x columns x channels, to be transposed"
                           : "");
    if (is_own && p->net->is_channels_last)
        ZS_TRY(to_planes(p, npy.data, n, &npy.data, err));
    if (npy.is_int && p->net->tensors[p->net->input].number.scale > 0)
        ZS_TRY(to_reals(p, npy.data, n, &npy.data, err));
    if (n == 0)
        return zs_fail(err, ZS_ESHAPE, path, "the tensor has 0 samples, at least 1 is needed");
    for (uint64_t i = 0; i < n; i++) {
        const char *name = path;
        if (n > 1)
            name = zs_arena_printf(&p->keep, "%s[%llu]", path, (unsigned long long)i);
        if (name == NULL)
            return zs_nomem(err, path);
        ZS_TRY(add_input(p, inputs, name, npy.data + i * zs_shape_elems(s), err));
    }
    return ZS_OK;
}

/* Networks that take neither colour nor grey get plain noise in -1..1. */
static zs_status synthetic_noise(cli_point *p, uint64_t seed, float **out, zs_err *err)
{
    const uint64_t n = zs_shape_elems(input_shape(p));
    float *x = zs_arena_alloc_raw(&p->keep, n, sizeof *x);
    if (x == NULL)
        return zs_nomem(err, "synthetic input");
    for (uint64_t i = 0; i < n; i++)
        x[i] = (float)(zs_mix64(zs_mix64(seed) + i) >> 40) / 8388608.0f - 1.0f;
    *out = x;
    return ZS_OK;
}

/* ---- pictures -------------------------------------------------------------------------------- */

static zs_status keep_tensor(cli_point *p, const float *x, float **out, zs_err *err)
{
    const uint64_t n = zs_shape_elems(input_shape(p));
    float *kept = zs_arena_alloc_raw(&p->keep, n, sizeof *kept);
    if (kept == NULL)
        return zs_nomem(err, "input tensor");
    memcpy(kept, x, n * sizeof *kept);
    *out = kept;
    return ZS_OK;
}

/* A picture of just the size the network wants, so that it fits every network. */
static zs_status synthetic_picture(cli_point *p, zs_arena *scratch, uint64_t seed, float **out,
                                   zs_err *err)
{
    const zs_shape s = input_shape(p);
    zs_preprocess how = p->design.network.preprocess;
    zs_image image;
    float *x;
    how.fit = ZS_FIT_NONE;
    how.resize = how.crop = 0;
    ZS_TRY(zs_image_synthetic(scratch, seed, s.w, s.h, &image, err));
    ZS_TRY(zs_preprocess_run(scratch, &image, &how, s, &x, err));
    return keep_tensor(p, x, out, err);
}

static bool ends_in_caffe(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot != NULL && (strcmp(dot, ".caffemodel") == 0 || strcmp(dot, ".prototxt") == 0);
}

/* Pictures that are prepared for another network than this give classes without a sense. */
static void note_default(cli_point *p, const char *path)
{
    const zs_design *d = &p->design;
    const zs_preprocess *how = &d->network.preprocess;
    if (p->noted_preprocess || zs_design_says_preprocess(d) || ends_in_caffe(d->network.model) ||
        ends_in_caffe(d->network.weights))
        return;
    p->noted_preprocess = true;
    cli_note(p,
             "%s went through the default preprocessing, as Caffe's ImageNet networks expect it: "
             "resized to %ux%u, centre crop, B G R minus %g, %g, %g; network.preprocess.* says "
             "what another network needs",
             path, how->resize, how->resize, how->mean[0], how->mean[1], how->mean[2]);
}

static zs_status photo(cli_point *p, zs_arena *scratch, const char *path, float **out, zs_err *err)
{
    zs_span bytes;
    zs_image image;
    float *x;
    ZS_TRY(cli_file_read(scratch, path, CLI_LARGE_BYTES, &bytes, err));
    ZS_TRY(zs_image_parse(scratch, bytes, path, &image, err));
    const zs_status status =
        zs_preprocess_run(scratch, &image, &p->design.network.preprocess, input_shape(p), &x, err);
    if (status != ZS_OK) {
        zs_err_prefix(err, path);
        return status;
    }
    ZS_TRY(cli_record_file(p, CLI_FILE_INPUT, path, bytes, err));
    note_default(p, path);
    return keep_tensor(p, x, out, err);
}

/* ---- the list -------------------------------------------------------------------------------- */

static zs_status add_picture(cli_point *p, const char *name, cli_inputs *inputs, zs_err *err)
{
    uint64_t seed = 1;
    float *x = NULL;
    const uint32_t c = input_shape(p).c;
    zs_arena scratch;
    zs_arena_init(&scratch, cli_heap());
    zs_status status;
    if (!zs_is_synthetic(name, &seed))
        status = photo(p, &scratch, name, &x, err);
    else if (c == 1 || c == 3)
        status = synthetic_picture(p, &scratch, seed, &x, err);
    else
        status = synthetic_noise(p, seed, &x, err);
    zs_arena_drop(&scratch);
    ZS_TRY(status);
    if (zs_is_synthetic(name, &seed))
        ZS_TRY(cli_record_file(p, CLI_FILE_INPUT, name, (zs_span){0}, err));
    return add_input(p, inputs, name, x, err);
}

zs_status cli_inputs_build(cli_point *point, const char *const *names, uint32_t n, cli_inputs *out,
                           zs_err *err)
{
    *out = (cli_inputs){0};
    for (uint32_t i = 0; i < n; i++) {
        const size_t length = strlen(names[i]);
        if (length > 4 && strcmp(names[i] + length - 4, ".npy") == 0)
            ZS_TRY(add_npy(point, names[i], out, err));
        else
            ZS_TRY(add_picture(point, names[i], out, err));
    }
    return ZS_OK;
}
