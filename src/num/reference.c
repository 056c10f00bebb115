#include "elem_priv.h"
#include "zynqsim/half.h"

#include <math.h>
#include <string.h>

/* Rows and columns of the zero-padded input that windows cover. */
typedef struct pad_shape {
    uint32_t h, w;
} pad_shape;

static pad_shape pad_shape_of(const zs_layer *layer)
{
    const zs_window *w = &layer->window;
    return (pad_shape){.h = (layer->y.h - 1) * w->sh + (w->kh - 1) * w->dh + 1,
                       .w = (layer->y.w - 1) * w->sw + (w->kw - 1) * w->dw + 1};
}

/* ---- one convolution ------------------------------------------------------------------------- */

typedef struct conv_work {
    const zs_net *net;
    const zs_quant *q;
    const zs_layer *layer;
    pad_shape pad;
    void *padded;        /* [ic][pad.h][pad.w] */
    float *filter;       /* one, as in the file */
    void *stored_filter; /* the same as the engine stores it */
    void *plane;         /* sums of one output channel */
} conv_work;

enum { WIDEST_ELEM_BYTES = 4, PART_ALIGN = 64 };

size_t zs_conv_scratch_bytes(const zs_layer *layer)
{
    const pad_shape pad = pad_shape_of(layer);
    const uint64_t plane = (uint64_t)layer->y.h * layer->y.w * sizeof(int64_t);
    const uint64_t filters = 2 * (zs_layer_filter_elems(layer) * sizeof(float) + PART_ALIGN);
    uint64_t bytes;
    if (!zs_mul3_u64((uint64_t)layer->x.c * WIDEST_ELEM_BYTES, pad.h, pad.w, &bytes) ||
        !zs_add_u64(bytes, plane + filters + 2 * PART_ALIGN, &bytes) || bytes > SIZE_MAX / 2)
        return SIZE_MAX / 2; /* fails in any allocator */
    return (size_t)bytes;
}

static conv_work conv_work_in(void *scratch, const zs_net *net, const zs_quant *q,
                              const zs_layer *layer)
{
    conv_work w = {.net = net, .q = q, .layer = layer, .pad = pad_shape_of(layer)};
    const size_t filter_bytes =
        (size_t)zs_round_up(zs_layer_filter_elems(layer) * sizeof(float), PART_ALIGN);
    char *at = scratch;
    w.filter = (void *)at;
    w.stored_filter = at += filter_bytes;
    w.plane = at += filter_bytes;
    w.padded = at + zs_round_up((uint64_t)layer->y.h * layer->y.w * sizeof(int64_t), PART_ALIGN);
    return w;
}

#define MAC(sum, w, x)   ((sum) + (w) * (SUM)(x))
#define ELEM             float
#define WEIGHT           float
#define SUM              float
#define BIAS             float
#define NAME(base)       base##_f32
#define RESULT(w, oc, s) zs_finish_f32((w)->layer, oc, s)
#include "ref_conv_body.h"
#undef ELEM
#undef WEIGHT
#undef SUM
#undef BIAS
#undef NAME
#undef RESULT

static int32_t requantised(const conv_work *w, uint32_t oc, int64_t sum)
{
    const zs_layer_scale *s = &w->q->layers[w->layer->index];
    return zs_requantise(sum, s->requant[oc], s->act_lo, s->act_hi);
}

#define BIAS             int32_t
#define RESULT(w, oc, s) (ELEM) requantised(w, oc, s)
#define ELEM             int16_t
#define WEIGHT           int16_t
#define SUM              int64_t
#define NAME(base)       base##_i16
#include "ref_conv_body.h"
#undef ELEM
#undef WEIGHT
#undef SUM
#undef NAME
#define ELEM       int8_t
#define WEIGHT     int8_t
#define SUM        int32_t
#define NAME(base) base##_i8
#include "ref_conv_body.h"
#undef ELEM
#undef WEIGHT
#undef SUM
#undef NAME
#define ELEM       int16_t
#define WEIGHT     int8_t
#define SUM        int64_t
#define NAME(base) base##_w8a16
#include "ref_conv_body.h"
#undef ELEM
#undef WEIGHT
#undef SUM
#undef NAME
#undef BIAS
#undef RESULT
#undef MAC

static float product_of_halves(zs_half w, zs_half x)
{
    return zs_half_rounded(zs_float_of_half(w) * zs_float_of_half(x));
}

#define MAC(sum, w, x)   zs_half_of(zs_float_of_half(sum) + product_of_halves(w, x))
#define RESULT(w, oc, s) zs_half_of(zs_finish_f32((w)->layer, oc, zs_float_of_half(s)))
#define BIAS             zs_half
#define ELEM             zs_half
#define WEIGHT           zs_half
#define SUM              zs_half
#define NAME(base)       base##_f16
#include "ref_conv_body.h"

/* The definition of a convolution, per precision. */
static const struct {
    void (*pad)(const conv_work *w, const void *x);
    /* Output channel `oc` of all of y; `x0` is its group's first padded element. */
    void (*channel)(const conv_work *w, uint32_t oc, size_t x0, void *y);
} convs[ZS_PRECISION_COUNT] = {
#define PRECISION(id, word, meaning, tag, ...) [id] = {pad_##tag, channel_##tag},
#include "zynqsim/dtypes.def"
#undef PRECISION
};

/* Sum of a quantised model on q - zero; pixels outside the image count as 0. */
static double model_sum(const conv_work *w, const void *x, const float *filter, uint32_t ic0,
                        uint32_t oy, uint32_t ox)
{
    const zs_layer *layer = w->layer;
    const zs_window *win = &layer->window;
    const uint32_t ic_n = layer->x.c / layer->groups;
    double sum = 0;
    for (uint32_t ic = 0; ic < ic_n; ic++)
        for (uint32_t ky = 0; ky < win->kh; ky++)
            for (uint32_t kx = 0; kx < win->kw; kx++, filter++) {
                const uint64_t y = (uint64_t)oy * win->sh + (uint64_t)ky * win->dh;
                const uint64_t c = (uint64_t)ox * win->sw + (uint64_t)kx * win->dw;
                if (y < win->pad_top || y - win->pad_top >= layer->x.h || c < win->pad_left ||
                    c - win->pad_left >= layer->x.w)
                    continue;
                const size_t at =
                    ((size_t)(ic0 + ic) * layer->x.h + (y - win->pad_top)) * layer->x.w +
                    (c - win->pad_left);
                sum += (double)*filter * zs_model_get(w->q, layer->in[0], x, at);
            }
    return sum;
}

static void conv_of_model(const conv_work *w, const void *x, void *y)
{
    const zs_layer *layer = w->layer;
    size_t at = 0;
    for (uint32_t oc = 0; oc < layer->y.c; oc++) {
        const float *filter = zs_layer_filter(w->net, layer, oc, w->filter);
        const uint32_t ic0 = oc / (layer->y.c / layer->groups) * (layer->x.c / layer->groups);
        for (uint32_t oy = 0; oy < layer->y.h; oy++)
            for (uint32_t ox = 0; ox < layer->y.w; ox++)
                zs_model_put(
                    w->q, layer->out, y, at++,
                    zs_quant_finish(layer->quant, oc, model_sum(w, x, filter, ic0, oy, ox)));
    }
}

void zs_conv_layer(const zs_net *net, const zs_quant *q, const zs_layer *layer, const void *x,
                   void *y, void *scratch)
{
    static const zs_quant real = {.precision = ZS_FP32};
    conv_work w = conv_work_in(scratch, net, q, layer);
    if (q->is_model && layer->quant != NULL) {
        conv_of_model(&w, x, y);
        return;
    }
    if (q->is_model)
        w.q = q = &real;
    convs[q->precision].pad(&w, x);
    for (uint32_t oc = 0; oc < layer->y.c; oc++) {
        const size_t group = oc / (layer->y.c / layer->groups);
        const size_t ic0 = group * (layer->x.c / layer->groups);
        convs[q->precision].channel(&w, oc, ic0 * w.pad.h * w.pad.w, y);
    }
}

/* ---- the network ----------------------------------------------------------------------------- */

/* A copy of the layer's input with its pruned maps set to 0. */
static zs_status without_maps(zs_arena *scratch, const zs_net *net, const zs_quant *q,
                              const zs_layer *layer, const void **x, zs_err *err)
{
    const uint32_t t = layer->in[0];
    const zs_shape s = net->tensors[t].shape;
    const size_t n = (size_t)zs_shape_elems(s), elem = zs_stored_bytes(q, t);
    const size_t plane = (size_t)s.h * s.w * elem;
    float *reals = zs_arena_alloc_raw(scratch, n, sizeof *reals);
    uint8_t *copy = zs_arena_alloc_raw(scratch, n, elem);
    double *means = zs_new(scratch, double, s.c);
    bool *dropped = zs_new(scratch, bool, s.c);
    if (reals == NULL || copy == NULL || means == NULL || dropped == NULL)
        return zs_nomem(err, layer->name);
    memcpy(copy, *x, n * elem);
    zs_dequantise(q, t, *x, reals, n);
    zs_map_means(reals, s, means);
    zs_drop_maps(means, s.c, q->map_threshold, dropped);
    for (uint32_t c = 0; c < s.c; c++)
        if (dropped[c])
            memset(copy + c * plane, zs_stored_zero(q, t), plane);
    *x = copy;
    return ZS_OK;
}

static zs_status run_layer(zs_arena *scratch, const zs_net *net, const zs_quant *q,
                           const zs_layer *layer, void *const *data, zs_err *err)
{
    const void **x = zs_new(scratch, const void *, layer->in_n);
    void *host_scratch = zs_arena_alloc_raw(scratch, zs_host_scratch_bytes(net, layer), 1);
    if (x == NULL || host_scratch == NULL)
        return zs_nomem(err, layer->name);
    for (uint32_t i = 0; i < layer->in_n; i++)
        x[i] = data[layer->in[i]];
    if (q->map_threshold > 0 && zs_layer_drops_maps(net, layer))
        ZS_TRY(without_maps(scratch, net, q, layer, &x[0], err));
    zs_host_layer(net, q, layer, x, data[layer->out], host_scratch);
    return ZS_OK;
}

static zs_status place_tensors(zs_arena *arena, const zs_net *net, const zs_quant *q, void **data,
                               zs_err *err)
{
    for (uint32_t t = 0; t < net->tensor_n; t++)
        if (net->tensors[t].parent == ZS_NO_INDEX) {
            data[t] =
                zs_arena_alloc(arena, zs_shape_elems(net->tensors[t].shape), zs_stored_bytes(q, t));
            if (data[t] == NULL)
                return zs_nomem(err, net->tensors[t].name);
        }
    for (uint32_t t = 0; t < net->tensor_n; t++) {
        uint64_t offset_elems;
        const uint32_t root = zs_tensor_root(net, t, &offset_elems);
        data[t] = (char *)data[root] + offset_elems * zs_stored_bytes(q, t);
    }
    return ZS_OK;
}

static void widen_ranges(const zs_net *net, void *const *data, zs_ranges *ranges)
{
    for (uint32_t t = 0; t < net->tensor_n; t++)
        zs_ranges_take(ranges, t, data[t], zs_shape_elems(net->tensors[t].shape));
}

static zs_status run_layers(zs_arena *scratch, const zs_net *net, const zs_quant *q,
                            void *const *data, zs_err *err)
{
    for (uint32_t i = 0; i < net->layer_n; i++) {
        zs_arena_reset(scratch);
        ZS_TRY(run_layer(scratch, net, q, &net->layers[i], data, err));
    }
    return ZS_OK;
}

zs_status zs_ref_run(zs_arena *arena, const zs_net *net, const zs_quant *q, const float *input,
                     zs_ranges *ranges, zs_ref_tensors *out, zs_err *err)
{
    void **data = zs_new(arena, void *, net->tensor_n);
    if (data == NULL)
        return zs_nomem(err, net->name);
    ZS_TRY(place_tensors(arena, net, q, data, err));
    for (uint32_t i = 0; i < net->input_n; i++) {
        const uint32_t t = net->inputs[i].tensor;
        zs_quantise(q, t, input + net->inputs[i].offset_elems, data[t],
                    zs_shape_elems(net->tensors[t].shape));
    }
    zs_arena scratch;
    zs_arena_init(&scratch, arena->source);
    const zs_status status = run_layers(&scratch, net, q, data, err);
    zs_arena_drop(&scratch);
    if (status != ZS_OK)
        return status;
    if (ranges != NULL && q->precision == ZS_FP32)
        widen_ranges(net, data, ranges);
    out->data = data;
    return ZS_OK;
}
