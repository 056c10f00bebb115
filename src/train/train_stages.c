#include "train_priv.h"

#include <string.h>

/* ---- what can be trained --------------------------------------------------------------------- */

static const zs_function slopes[] = {ZS_FN_LEAKY_RELU,   ZS_FN_ELU,       ZS_FN_SIGMOID,
                                     ZS_FN_TANH,         ZS_FN_SWISH,     ZS_FN_SOFTPLUS,
                                     ZS_FN_HARD_SIGMOID, ZS_FN_HARD_SWISH};

static bool has_slope(zs_function fn)
{
    for (size_t i = 0; i < ZS_LEN(slopes); i++)
        if (slopes[i] == fn)
            return true;
    return false;
}

static zs_status check_layer(const zs_layer *l, zs_err *err)
{
    if (l->quant != NULL)
        return zs_fail(err, ZS_EUNSUPPORTED, l->name,
                       "computes in integers of the model, which have no gradients");
    switch (l->op) {
    case ZS_LAYER_CONV:
    case ZS_LAYER_FC:
    case ZS_LAYER_POOL:
    case ZS_LAYER_ACT:
    case ZS_LAYER_ADD:
    case ZS_LAYER_CONCAT:
    case ZS_LAYER_BATCHNORM:
    case ZS_LAYER_GAP:
    case ZS_LAYER_SOFTMAX:
    case ZS_LAYER_LRN:
        break;
    case ZS_LAYER_UNARY:
        if (has_slope(l->general->fn))
            break;
        return zs_fail(err, ZS_EUNSUPPORTED, l->name, "function %s has no backward pass here",
                       zs_function_name(l->general->fn));
    default:
        return zs_fail(err, ZS_EUNSUPPORTED, l->name, "layers %s have no backward pass here",
                       zs_layer_op_name(l->op));
    }
    /* windows wholly in the padding have no largest value */
    if (l->op == ZS_LAYER_POOL)
        for (uint32_t o = 0; o < l->y.h || o < l->y.w; o++)
            if ((o < l->y.h && zs_pool_rows(l, o).n == 0) ||
                (o < l->y.w && zs_pool_cols(l, o).n == 0))
                return zs_fail(err, ZS_EUNSUPPORTED, l->name, "window %u lies in the padding alone",
                               o);
    return ZS_OK;
}

bool zs_train_in_loss(const zs_train_setup *s, const zs_layer *l)
{
    return s->loss == ZS_LOSS_ENTROPY && l->op == ZS_LAYER_SOFTMAX && l->out == s->net->output;
}

uint32_t zs_train_layer_n(const zs_train_setup *s)
{
    const uint32_t n = s->net->layer_n;
    return n > 0 && zs_train_in_loss(s, &s->net->layers[n - 1]) ? n - 1 : n;
}

zs_status zs_train_check(const zs_train_setup *s, zs_err *err)
{
    const zs_net *net = s->net;
    if (s->batch == 0)
        return zs_fail(err, ZS_ERANGE, "train.batch", "0 is below the minimum 1");
    if (s->scheme == ZS_SCHEME_GPIPE && s->micro_batches > s->batch)
        return zs_fail(err, ZS_ERANGE, "pipeline.micro_batches",
                       "%u is above the %u images of a mini-batch", s->micro_batches, s->batch);
    if (net->output_n > 1)
        return zs_fail(err, ZS_EUNSUPPORTED, net->name, "has %u results, but one loss",
                       net->output_n);
    if (net->input_n > 1)
        return zs_fail(err, ZS_EUNSUPPORTED, net->name, "has %u inputs, data sets have one",
                       net->input_n);
    for (uint32_t i = 0; i < net->layer_n; i++)
        ZS_TRY(check_layer(&net->layers[i], err));
    for (uint32_t i = 0; i < s->cut_n; i++)
        if (s->cuts[i] + 1 >= zs_train_layer_n(s) || (i > 0 && s->cuts[i] <= s->cuts[i - 1]))
            return zs_fail(err, ZS_EUSAGE, "pipeline.cut", "layer '%s' leaves a stage empty",
                           s->cuts[i] < net->layer_n ? net->layers[s->cuts[i]].name : "?");
    return ZS_OK;
}

/* ---- stages ---------------------------------------------------------------------------------- */

uint32_t zs_train_stage_of(const uint32_t *cuts, uint32_t cut_n, uint32_t layer)
{
    uint32_t stage = 0;
    while (stage < cut_n && layer > cuts[stage])
        stage++;
    return stage;
}

static zs_status find_layer(const zs_net *net, const char *name, uint32_t *out, zs_err *err)
{
    const char *near = NULL;
    for (uint32_t i = 0; i < net->layer_n; i++) {
        if (strcmp(net->layers[i].name, name) == 0) {
            *out = i;
            return ZS_OK;
        }
        const char *const two[] = {near != NULL ? near : net->layers[i].name, net->layers[i].name};
        const char *nearer = zs_nearest(name, two, ZS_LEN(two));
        near = nearer != NULL ? nearer : near;
    }
    if (near != NULL)
        return zs_fail(err, ZS_EUSAGE, "pipeline.cut",
                       "'%.80s' is no layer of %s, did you mean '%s'?", name, net->name, near);
    return zs_fail(err, ZS_EUSAGE, "pipeline.cut",
                   "'%.80s' is no layer of %s; zynqsim show lists them", name, net->name);
}

zs_status zs_train_cuts(zs_arena *arena, const zs_net *net, const char *names, uint32_t **cuts,
                        uint32_t *cut_n, zs_err *err)
{
    uint32_t n = 0;
    uint32_t *list = zs_new(arena, uint32_t, strlen(names) + 1);
    if (list == NULL)
        return zs_nomem(err, "pipeline.cut");
    for (const char *at = names + strspn(names, " "); *at != '\0';) {
        size_t bytes = strcspn(at, ",");
        const char *next = at + bytes + (at[bytes] == ',');
        while (bytes > 0 && at[bytes - 1] == ' ')
            bytes--;
        const char *name = zs_arena_strndup(arena, at, bytes);
        if (name == NULL)
            return zs_nomem(err, "pipeline.cut");
        ZS_TRY(find_layer(net, name, &list[n], err));
        for (uint32_t i = 0; i < n; i++)
            if (list[i] == list[n])
                return zs_fail(err, ZS_EUSAGE, "pipeline.cut", "layer '%s' comes twice", name);
        if (n > 0 && list[n] < list[n - 1])
            return zs_fail(err, ZS_EUSAGE, "pipeline.cut",
                           "layer '%s' comes before '%s' in the network", name,
                           net->layers[list[n - 1]].name);
        n++;
        at = next + strspn(next, " ");
    }
    *cuts = list;
    *cut_n = n;
    return ZS_OK;
}

uint64_t zs_train_crossing_elems(const zs_net *net, const uint32_t *cuts, uint32_t cut_n,
                                 uint32_t stage)
{
    uint64_t elems = 0, offset;
    for (uint32_t r = 0; r < net->tensor_n; r++) {
        if (net->tensors[r].parent != ZS_NO_INDEX)
            continue;
        bool is_made = zs_net_is_input(net, r), is_read = false;
        for (uint32_t i = 0; i < net->layer_n; i++) {
            const zs_layer *l = &net->layers[i];
            const bool is_before = zs_train_stage_of(cuts, cut_n, i) <= stage;
            is_made |= is_before && zs_tensor_root(net, l->out, &offset) == r;
            for (uint32_t k = 0; !is_before && k < l->in_n; k++)
                is_read |= zs_tensor_root(net, l->in[k], &offset) == r;
        }
        elems += is_made && is_read ? zs_shape_elems(net->tensors[r].shape) : 0;
    }
    return elems;
}

/* ---- memory of stages ------------------------------------------------------------------------ */

uint64_t zs_train_param_elems(const zs_layer *l)
{
    return l->op == ZS_LAYER_BATCHNORM ? 2 * (uint64_t)l->x.c
                                       : zs_layer_weight_elems(l) + zs_layer_bias_elems(l);
}

zs_status zs_train_memory_of(const zs_train_setup *s, uint32_t stage, zs_train_memory *out,
                             zs_err *err)
{
    const uint64_t bytes = s->type == ZS_TRAIN_FLOAT64 ? sizeof(double) : sizeof(float);
    const uint32_t under_way =
        s->scheme == ZS_SCHEME_PLAIN || s->scheme == ZS_SCHEME_GPIPE ? 0 : 2 * (s->cut_n - stage);
    uint64_t params = 0, elems = 0, picks = 0, in = 0, back = 0;
    ZS_TRY(zs_train_check(s, err));
    for (uint32_t i = 0; i < zs_train_layer_n(s); i++) {
        const zs_layer *l = &s->net->layers[i];
        if (zs_train_stage_of(s->cuts, s->cut_n, i) != stage)
            continue;
        const uint64_t n = zs_shape_elems(l->y);
        params += zs_train_param_elems(l);
        elems += n;
        picks += l->op == ZS_LAYER_POOL && l->pool == ZS_POOL_MAX ? n : 0;
    }
    in = stage > 0 ? zs_train_crossing_elems(s->net, s->cuts, s->cut_n, stage - 1)
                   : zs_shape_elems(s->net->tensors[s->net->input].shape);
    back = stage < s->cut_n ? zs_train_crossing_elems(s->net, s->cuts, s->cut_n, stage) : 0;
    const uint64_t values = (elems * bytes + picks * sizeof(uint32_t)) * s->batch;
    *out = (zs_train_memory){
        .weights = params * bytes,
        .gradients = params * bytes,
        .velocities = s->momentum != 0 ? params * bytes : 0,
        .activations = values + elems * bytes * s->batch,
        .in_flight = under_way * (values + in * bytes * s->batch),
        .registers = (in + back) * bytes * s->batch,
        .stash = s->scheme == ZS_SCHEME_PIPEDREAM ? under_way * params * bytes : 0,
    };
    return ZS_OK;
}
