#include "zynqsim/mask.h"
#include "zynqsim/sparsify.h"

#include <string.h>

typedef struct job {
    const zs_net *net;
    const zs_layer *layer;
    uint32_t pes;
    zs_arena *scratch; /* of a layer */
} job;

/* [filter][ic / groups][ky][kx], or with kernels alone [filter][ic / groups]. */
static zs_status mask_weights(const job *j, bool by_kernel, zs_mask *out, zs_err *err)
{
    const zs_layer *l = j->layer;
    const uint32_t taps = by_kernel ? l->window.kh * l->window.kw : 1;
    const uint64_t n = zs_layer_filter_elems(l);
    float *room = zs_arena_alloc_raw(j->scratch, n, sizeof *room);
    if (room == NULL)
        return zs_nomem(err, l->name);
    ZS_TRY(zs_mask_build(j->scratch, l->y.c, (uint32_t)(n / taps), out, err));
    for (uint32_t oc = 0; oc < l->y.c; oc++) {
        const float *w = zs_layer_filter(j->net, l, oc, room);
        for (uint64_t i = 0; i < n; i++)
            if (w[i] != 0)
                zs_mask_set(out, oc, (uint32_t)(i / taps));
    }
    return ZS_OK;
}

/* Of one group, a row for each output pixel: [ic / groups][ky][kx], 0 outside the image. */
static zs_status mask_inputs(const job *j, uint32_t group, const float *x, zs_mask *out,
                             zs_err *err)
{
    const zs_layer *l = j->layer;
    const zs_window *k = &l->window;
    const uint32_t ic_n = l->x.c / l->groups, taps = k->kh * k->kw;
    const uint64_t pixels = (uint64_t)l->y.h * l->y.w;
    ZS_TRY(zs_mask_build(j->scratch, pixels, ic_n * taps, out, err));
    for (uint64_t pixel = 0; pixel < pixels; pixel++)
        for (uint32_t bit = 0; bit < ic_n * taps; bit++) {
            const uint64_t c = (uint64_t)group * ic_n + bit / taps;
            const int64_t iy =
                (int64_t)(pixel / l->y.w * k->sh) + bit % taps / k->kw * k->dh - k->pad_top;
            const int64_t ix =
                (int64_t)(pixel % l->y.w * k->sw) + bit % k->kw * k->dw - k->pad_left;
            if (iy >= 0 && iy < l->x.h && ix >= 0 && ix < l->x.w &&
                x[(c * l->x.h + (uint64_t)iy) * l->x.w + (uint64_t)ix] != 0)
                zs_mask_set(out, pixel, bit);
        }
    return ZS_OK;
}

static zs_status count_layer(const job *j, const float *x, zs_sparse_grid_layer *out, zs_err *err)
{
    const zs_layer *l = j->layer;
    const uint64_t pixels = (uint64_t)l->y.h * l->y.w;
    zs_mask kernels, weights;
    *out = (zs_sparse_grid_layer){.name = l->name, .macs = zs_layer_macs(l)};
    ZS_TRY(mask_weights(j, true, &kernels, err));
    ZS_TRY(mask_weights(j, false, &weights, err));
    ZS_TRY(zs_mask_grid(j->scratch, &kernels, NULL, l->y.c, pixels, j->pes,
                        (uint64_t)l->window.kh * l->window.kw, &out->by_kernel, err));
    ZS_TRY(
        zs_mask_grid(j->scratch, &weights, NULL, l->y.c, pixels, j->pes, 1, &out->by_weight, err));
    if (x == NULL)
        return ZS_OK;
    const uint32_t groups = l->groups > 1 ? l->groups : 1;
    zs_mask *inputs = zs_new(j->scratch, zs_mask, groups);
    if (inputs == NULL)
        return zs_nomem(err, l->name);
    for (uint32_t g = 0; g < groups; g++)
        ZS_TRY(mask_inputs(j, g, x, &inputs[g], err));
    return zs_mask_grid(j->scratch, &weights, inputs, l->y.c / groups, pixels, j->pes, 1,
                        &out->by_both, err);
}

static void add(zs_mask_count *sum, const zs_mask_count *c)
{
    sum->left += c->left;
    sum->lockstep += c->lockstep;
    sum->per_pixel += c->per_pixel;
    sum->per_map += c->per_map;
    sum->dense += c->dense;
}

zs_status zs_sparse_grid_build(zs_arena *arena, const zs_net *net, uint32_t pes,
                               void *const *tensors, zs_sparse_grid *out, zs_err *err)
{
    zs_sparse_grid g = {.pes = pes, .has_inputs = tensors != NULL, .total = {.name = "total"}};
    zs_sparse_grid_layer *list = zs_new(arena, zs_sparse_grid_layer, (size_t)net->layer_n + 1);
    zs_arena scratch;
    zs_status status = list != NULL ? ZS_OK : zs_nomem(err, "layers");
    zs_arena_init(&scratch, arena->source);
    for (uint32_t i = 0; status == ZS_OK && i < net->layer_n; i++) {
        const zs_layer *l = &net->layers[i];
        if (!zs_op_has_filters(l->op))
            continue;
        const job j = {.net = net, .layer = l, .pes = pes, .scratch = &scratch};
        zs_arena_reset(&scratch);
        status = count_layer(&j, tensors != NULL ? tensors[l->in[0]] : NULL, &list[g.layer_n], err);
        g.total.macs += list[g.layer_n].macs;
        add(&g.total.by_kernel, &list[g.layer_n].by_kernel);
        add(&g.total.by_weight, &list[g.layer_n].by_weight);
        add(&g.total.by_both, &list[g.layer_n].by_both);
        g.layer_n++;
    }
    zs_arena_drop(&scratch);
    g.layers = list;
    if (status == ZS_OK)
        *out = g;
    return status;
}
