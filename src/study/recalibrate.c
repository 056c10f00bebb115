#include "zynqsim/num.h"
#include "zynqsim/sparsify.h"

#include <math.h>
#include <string.h>

/* The dense and the pruned network on all images, layer by layer. */
enum { DENSE, PRUNED, NETS };

/* One tensor that owns memory, on all images of both networks, for as long as layers read it. */
typedef struct held {
    zs_arena arena;
    float *data[NETS]; /* [image][element]; NULL: not made yet, or no longer needed */
    uint64_t elems;
    uint32_t last_reader;
} held;

typedef struct job {
    const zs_net *nets[NETS];
    zs_quant *quants[NETS];
    zs_layer *layers; /* of the pruned network */
    held *held;       /* [tensor] */
    uint32_t image_n;
    zs_arena *arena; /* of new weights */
    zs_arena scratch;
} job;

static const double gain_least = 0.2, gain_most = 5;

static float *elems_of(job *j, int net, uint32_t tensor, uint32_t image)
{
    uint64_t offset;
    const held *h = &j->held[zs_tensor_root(j->nets[net], tensor, &offset)];
    return h->data[net] + image * h->elems + offset;
}

static zs_status hold(job *j, uint32_t tensor, zs_err *err)
{
    const zs_net *net = j->nets[DENSE];
    const uint32_t root = zs_tensor_root(net, tensor, NULL);
    held *h = &j->held[root];
    if (h->data[DENSE] != NULL)
        return ZS_OK;
    h->elems = zs_shape_elems(net->tensors[root].shape);
    for (int n = 0; n < NETS; n++) {
        h->data[n] =
            zs_arena_alloc_raw(&h->arena, (size_t)j->image_n * h->elems, sizeof *h->data[n]);
        if (h->data[n] == NULL)
            return zs_nomem(err, net->tensors[root].name);
    }
    return ZS_OK;
}

static void release(job *j, uint32_t layer)
{
    for (uint32_t t = 0; t < j->nets[DENSE]->tensor_n; t++)
        if (j->held[t].data[DENSE] != NULL && j->held[t].last_reader <= layer) {
            zs_arena_drop(&j->held[t].arena);
            zs_arena_init(&j->held[t].arena, j->scratch.source);
            j->held[t].data[DENSE] = j->held[t].data[PRUNED] = NULL;
        }
}

static zs_status run_layer(job *j, int net, const zs_layer *l, zs_err *err)
{
    zs_arena_reset(&j->scratch);
    const void **x = zs_new(&j->scratch, const void *, l->in_n);
    void *work = zs_arena_alloc_raw(&j->scratch, zs_host_scratch_bytes(j->nets[net], l), 1);
    if (x == NULL || work == NULL)
        return zs_nomem(err, l->name);
    for (uint32_t image = 0; image < j->image_n; image++) {
        for (uint32_t i = 0; i < l->in_n; i++)
            x[i] = elems_of(j, net, l->in[i], image);
        zs_host_layer(j->nets[net], j->quants[net], l, x, elems_of(j, net, l->out, image), work);
    }
    return ZS_OK;
}

typedef struct moments {
    double mean, deviation;
} moments;

static moments moments_of(job *j, int net, const zs_layer *l, uint32_t oc)
{
    const uint64_t pixels = (uint64_t)l->y.h * l->y.w;
    const double n = (double)(pixels * j->image_n);
    moments m = {0};
    for (uint32_t image = 0; image < j->image_n; image++) {
        const float *y = elems_of(j, net, l->out, image) + oc * pixels;
        for (uint64_t i = 0; i < pixels; i++)
            m.mean += (double)y[i];
    }
    m.mean /= n;
    for (uint32_t image = 0; image < j->image_n; image++) {
        const float *y = elems_of(j, net, l->out, image) + oc * pixels;
        for (uint64_t i = 0; i < pixels; i++)
            m.deviation += ((double)y[i] - m.mean) * ((double)y[i] - m.mean);
    }
    m.deviation = sqrt(m.deviation / n);
    return m;
}

/* New weights and a bias for every output channel of a layer that was pruned. */
static zs_status correct(job *j, zs_layer *l, zs_err *err)
{
    const uint64_t filter_n = zs_layer_filter_elems(l), n = zs_layer_weight_elems(l);
    float *w = zs_arena_alloc_raw(j->arena, n, sizeof *w);
    float *bias = zs_new(j->arena, float, l->y.c);
    if (w == NULL || bias == NULL)
        return zs_nomem(err, l->name);
    for (uint32_t oc = 0; oc < l->y.c; oc++) {
        const moments to = moments_of(j, DENSE, l, oc), is = moments_of(j, PRUNED, l, oc);
        const double wanted = is.deviation > 0   ? to.deviation / is.deviation
                              : to.deviation > 0 ? gain_most
                                                 : 1;
        const double gain = fmin(fmax(wanted, gain_least), gain_most);
        const float *old = l->weights.data + oc * filter_n;
        for (uint64_t i = 0; i < filter_n; i++)
            w[oc * filter_n + i] = old[i] == 0 ? 0 : (float)(gain * (double)old[i]);
        const double old_bias = (double)zs_layer_bias(j->nets[PRUNED], l, oc);
        bias[oc] = (float)(gain * (old_bias - is.mean) + to.mean);
    }
    l->weights = (zs_weights){.data = w, .bias = bias, .n_elems = n, .bias_n = l->y.c};
    l->has_bias = true;
    return ZS_OK;
}

static void activate(job *j, int net, const zs_layer *l)
{
    for (uint32_t image = 0; image < j->image_n; image++) {
        float *y = elems_of(j, net, l->out, image);
        for (uint64_t i = 0; i < zs_shape_elems(l->y); i++)
            y[i] = zs_act_f32(l->act, y[i]);
    }
}

static bool was_pruned(const zs_layer *dense, const zs_layer *pruned)
{
    const uint64_t n = zs_layer_weight_elems(pruned);
    return zs_op_has_filters(pruned->op) && pruned->weights.data != NULL &&
           (dense->weights.data == NULL ||
            memcmp(dense->weights.data, pruned->weights.data, n * sizeof(float)) != 0);
}

static zs_status pass_layer(job *j, uint32_t i, zs_err *err)
{
    zs_layer *pruned = &j->layers[i];
    const zs_layer *dense = &j->nets[DENSE]->layers[i];
    const bool has_filters = zs_op_has_filters(dense->op);
    ZS_TRY(hold(j, dense->out, err));
    for (int pass = 0; pass < 2; pass++) {
        zs_layer of[NETS] = {*dense, *pruned};
        for (int n = pass == 0 ? DENSE : PRUNED; n < NETS; n++) {
            of[n].act = has_filters ? ZS_ACT_NONE : of[n].act;
            ZS_TRY(run_layer(j, n, &of[n], err));
        }
        if (pass == 1 || !was_pruned(dense, pruned))
            break;
        ZS_TRY(correct(j, pruned, err));
    }
    for (int n = 0; n < NETS && has_filters; n++)
        activate(j, n, dense);
    release(j, i);
    return ZS_OK;
}

static zs_status begin(job *j, const float *const *images, zs_err *err)
{
    const zs_net *net = j->nets[DENSE];
    j->held = zs_new(j->arena, held, (size_t)net->tensor_n + 1);
    if (j->held == NULL)
        return zs_nomem(err, net->name);
    for (uint32_t t = 0; t < net->tensor_n; t++)
        zs_arena_init(&j->held[t].arena, j->scratch.source);
    for (uint32_t i = 0; i < net->layer_n; i++)
        for (uint32_t k = 0; k < net->layers[i].in_n; k++)
            j->held[zs_tensor_root(net, net->layers[i].in[k], NULL)].last_reader = i;
    for (int n = 0; n < NETS; n++)
        ZS_TRY(zs_quant_build(j->arena, j->nets[n], ZS_FP32, NULL, &j->quants[n], err));
    for (uint32_t i = 0; i < net->input_n; i++) {
        const zs_net_input *in = &net->inputs[i];
        ZS_TRY(hold(j, in->tensor, err));
        for (uint32_t image = 0; image < j->image_n; image++)
            for (int n = 0; n < NETS; n++)
                memcpy(elems_of(j, n, in->tensor, image), images[image] + in->offset_elems,
                       zs_shape_elems(net->tensors[in->tensor].shape) * sizeof(float));
    }
    return ZS_OK;
}

zs_status zs_recalibrate(zs_arena *arena, const zs_net *dense, zs_net *pruned,
                         const float *const *images, uint32_t image_n, zs_err *err)
{
    job j = {.nets = {dense, pruned}, .image_n = image_n, .arena = arena};
    if (image_n == 0)
        return zs_fail(err, ZS_ERANGE, "network.calibration",
                       "names no image, and the correction recalibrated needs some");
    j.layers = zs_new(arena, zs_layer, (size_t)pruned->layer_n + 1);
    if (j.layers == NULL || dense->layer_n != pruned->layer_n)
        return zs_nomem(err, "layers");
    memcpy(j.layers, pruned->layers, pruned->layer_n * sizeof *j.layers);
    pruned->layers = j.layers;
    zs_arena_init(&j.scratch, arena->source);
    zs_status status = begin(&j, images, err);
    for (uint32_t i = 0; status == ZS_OK && i < dense->layer_n; i++)
        status = pass_layer(&j, i, err);
    for (uint32_t t = 0; j.held != NULL && t < dense->tensor_n; t++)
        zs_arena_drop(&j.held[t].arena);
    zs_arena_drop(&j.scratch);
    return status;
}
