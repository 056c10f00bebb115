#include "zynqsim/train_case.h"

#include <math.h>
#include <string.h>

static uint32_t overlap(const zs_train_case *c, uint32_t scheme)
{
    return scheme == ZS_SCHEME_PLAIN || scheme == ZS_SCHEME_GPIPE ? 0 : 2 * c->ppv_n;
}

uint64_t zs_train_case_cycles(const zs_train_case *c, uint32_t scheme)
{
    return (uint64_t)c->batch_n + overlap(c, scheme);
}

static zs_status build_net(zs_arena *arena, const zs_train_case *c, zs_net **out, zs_err *err)
{
    zs_layer_spec *layers = zs_new(arena, zs_layer_spec, c->layer_n);
    const char **names = zs_new(arena, const char *, c->layer_n + 1);
    if (layers == NULL || names == NULL)
        return zs_nomem(err, c->name);
    names[0] = "x";
    for (uint32_t i = 0; i < c->layer_n; i++) {
        names[i + 1] = zs_arena_printf(arena, "layer%u", i);
        if (names[i + 1] == NULL)
            return zs_nomem(err, c->name);
        layers[i] = (zs_layer_spec){.name = names[i + 1],
                                    .op = ZS_LAYER_FC,
                                    .in = &names[i],
                                    .in_n = 1,
                                    .oc = c->sizes[i + 1],
                                    .groups = 1,
                                    .window = ZS_WINDOW_1X1,
                                    .act = {.active = i + 1 < c->layer_n, .lo = 0, .hi = INFINITY}};
    }
    const zs_net_spec spec = {.name = c->name,
                              .input = {.name = "x", .shape = {c->sizes[0], 1, 1}},
                              .layers = layers,
                              .layer_n = c->layer_n};
    return zs_net_build(arena, &spec, out, err);
}

/* Numbers as the type has them. */
static void *convert(zs_arena *arena, uint32_t type, const double *from, uint64_t n)
{
    if (type == ZS_TRAIN_FLOAT64)
        return (void *)from;
    float *to = zs_arena_alloc_raw(arena, (size_t)n + 1, sizeof *to);
    for (uint64_t i = 0; to != NULL && i < n; i++)
        to[i] = (float)from[i];
    return to;
}

static void put(void *to, uint32_t type, uint64_t at, const double *from, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        if (type == ZS_TRAIN_FLOAT64)
            ((double *)to)[at + i] = from[i];
        else
            ((float *)to)[at + i] = (float)from[i];
}

static void keep(const void *from, uint32_t type, uint64_t n, double *to)
{
    for (uint64_t i = 0; i < n; i++)
        to[i] =
            type == ZS_TRAIN_FLOAT64 ? ((const double *)from)[i] : (double)((const float *)from)[i];
}

zs_status zs_train_case_run(zs_arena *arena, const zs_train_case *c, uint32_t type, uint32_t scheme,
                            zs_train_case_result *out, zs_err *err)
{
    zs_net *net;
    zs_trainer *t;
    uint64_t n;
    ZS_TRY(build_net(arena, c, &net, err));
    uint32_t *cuts = zs_new(arena, uint32_t, c->ppv_n + 1);
    if (cuts == NULL)
        return zs_nomem(err, c->name);
    for (uint32_t i = 0; i < c->ppv_n; i++)
        cuts[i] = c->ppv[i] - 1;
    const zs_train_setup setup = {.net = net,
                                  .type = type,
                                  .loss = ZS_LOSS_SQUARES,
                                  .scheme = scheme,
                                  .batch = c->batch,
                                  .micro_batches = 1,
                                  .cuts = cuts,
                                  .cut_n = c->ppv_n,
                                  .momentum = c->momentum,
                                  .weight_decay = c->weight_decay};
    ZS_TRY(zs_trainer_build(arena, &setup, &t, err));
    void *params = zs_trainer_params(t, &n);
    for (uint32_t i = 0; i < c->layer_n; i++) {
        const zs_train_params at = zs_trainer_params_of(t, i);
        put(params, type, at.weights_at, c->weights[i], at.weight_n);
        put(params, type, at.biases_at, c->biases[i], at.bias_n);
    }
    const uint32_t in_n = c->sizes[0], out_n = c->sizes[c->layer_n], k = c->ppv_n;
    const uint64_t cycle_n = zs_train_case_cycles(c, scheme);
    const uint64_t image_n = (uint64_t)c->batch_n * c->batch;
    const char *x = convert(arena, type, c->x, image_n * in_n);
    const char *targets = convert(arena, type, c->t, image_n * out_n);
    double *kept = zs_new(arena, double, (size_t)(cycle_n * n));
    bool *updated = zs_new(arena, bool, (size_t)(cycle_n * c->layer_n));
    if (x == NULL || targets == NULL || kept == NULL || updated == NULL)
        return zs_nomem(err, c->name);
    const size_t bytes = type == ZS_TRAIN_FLOAT64 ? sizeof(double) : sizeof(float);
    for (uint64_t cycle = 0; cycle < cycle_n; cycle++) {
        const zs_train_batch batch = {.x = x + cycle * c->batch * in_n * bytes,
                                      .targets = targets + cycle * c->batch * out_n * bytes,
                                      .n = c->batch};
        zs_trainer_cycle(t, cycle < c->batch_n ? &batch : NULL, c->lr);
        keep(params, type, n, kept + cycle * n);
        for (uint32_t i = 0; i < c->layer_n; i++) {
            const uint32_t ago = overlap(c, scheme) > 0 ? 2 * k - zs_trainer_stage_of(t, i) : 0;
            updated[cycle * c->layer_n + i] = cycle >= ago && cycle - ago < c->batch_n;
        }
    }
    *out = (zs_train_case_result){
        .cycle_n = cycle_n, .param_n = n, .params = kept, .is_updated = updated};
    return ZS_OK;
}

zs_train_case_match zs_train_case_compare(const zs_train_case_result *r, const double *expected)
{
    zs_train_case_match m = {0};
    for (uint64_t i = 0; i < r->cycle_n * r->param_n; i++) {
        if (isnan(expected[i]))
            continue;
        m.first = m.given_n == m.equal_n ? i : m.first;
        m.given_n++;
        m.equal_n += memcmp(&expected[i], &r->params[i], sizeof *expected) == 0;
    }
    return m;
}
