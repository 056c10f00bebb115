#include "elem_priv.h"

#include <math.h>
#include <stdlib.h>

/* Limits of scales; ranges of 2^-100 and less count as zero. */
enum { FRAC_MIN = -16, FRAC_MAX = 30, WEIGHT_FRAC_MIN = -80 };
static const double least_range = 0x1p-100;

typedef struct quant_work {
    zs_arena *arena; /* of the result */
    const zs_net *net;
    const zs_ranges *ranges;
    zs_quant *q;
    zs_tensor_scale *tensors;
    zs_layer_scale *layers;
    uint32_t *leader;  /* [tensor]: union-find; tensors of one leader share its scale */
    float *range;      /* [leader]: largest of its group */
    bool *is_unsigned; /* [leader]: no tensor of its group is ever negative */
    float *filter;     /* of the largest layer */
    void *stored_filter;
} quant_work;

/* ---- tensors --------------------------------------------------------------------------------- */

static uint32_t leader_of(const quant_work *w, uint32_t t)
{
    while (w->leader[t] != t)
        t = w->leader[t] = w->leader[w->leader[t]];
    return t;
}

/* Groups tensors that share a scale: slices with their parent, exact layers with their input. */
static void group_tensors(quant_work *w)
{
    const zs_net *net = w->net;
    for (uint32_t t = 0; t < net->tensor_n; t++)
        w->leader[t] = zs_tensor_root(net, t, NULL);
    for (uint32_t i = 0; i < net->layer_n; i++) {
        const zs_layer *layer = &net->layers[i];
        if (zs_keeps_scale(layer))
            w->leader[leader_of(w, layer->out)] = leader_of(w, layer->in[0]);
    }
    for (uint32_t t = 0; t < net->tensor_n; t++) {
        const uint32_t leader = leader_of(w, t);
        const float max_abs = w->ranges->max_abs[t];
        if (max_abs > w->range[leader] || isnan(max_abs))
            w->range[leader] = max_abs;
    }
}

/* A group is signed if one of its tensors may be negative. */
static void group_signs(quant_work *w)
{
    const bool *never = w->ranges->never_negative;
    for (uint32_t t = 0; t < w->net->tensor_n; t++)
        w->is_unsigned[t] = never != NULL;
    for (uint32_t t = 0; never != NULL && t < w->net->tensor_n; t++)
        w->is_unsigned[leader_of(w, t)] = w->is_unsigned[leader_of(w, t)] && never[t];
}

/* The largest f with max_abs * 2^f <= 32767, at most FRAC_MAX. */
static int32_t frac_of(double max_abs)
{
    int e; /* max_abs = m 2^e with m in [1/2, 1) */
    if (max_abs < least_range)
        return 0;
    frexp(max_abs, &e);
    const int32_t f = 15 - e;
    const int32_t fits = ldexp(max_abs, f) <= 32767 ? f : f - 1;
    return fits < FRAC_MAX ? fits : FRAC_MAX;
}

static float scale_of(double max_abs, uint32_t levels)
{
    return max_abs < least_range ? 1 : (float)(max_abs / levels);
}

static zs_status scale_tensor(quant_work *w, uint32_t t, zs_err *err)
{
    const double range = (double)w->range[leader_of(w, t)];
    const char *name = w->net->tensors[t].name;
    if (!(range <= (double)3.0e38f))
        return zs_fail(err, ZS_ERANGE, name, "values up to %g cannot be quantised", range);
    if (zs_activations_of(w->q)->scaling == ZS_SCALING_FACTOR) {
        const bool is_unsigned = w->is_unsigned[leader_of(w, t)];
        w->tensors[t].scale = scale_of(range, zs_levels_of(w->q->act_bits, is_unsigned));
        w->tensors[t].zero = is_unsigned ? zs_least_of(w->q) : 0;
        return ZS_OK;
    }
    const int32_t frac = frac_of(range);
    if (frac < FRAC_MIN)
        return zs_fail(err, ZS_ERANGE, name,
                       "values up to %g are beyond the limit of fixed16, 32767 x 2^16", range);
    w->tensors[t].frac = frac;
    return ZS_OK;
}

/* ---- weights --------------------------------------------------------------------------------- */

static zs_status filter_range(quant_work *w, const zs_layer *layer, uint32_t oc, double *max_abs,
                              zs_err *err)
{
    const size_t n = zs_layer_filter_elems(layer);
    const float *filter = zs_layer_filter(w->net, layer, oc, w->filter);
    const float bias = zs_layer_bias(w->net, layer, oc);
    double max = 0;
    for (size_t i = 0; i < n; i++)
        if (fabs((double)filter[i]) > max || isnan(filter[i]))
            max = fabs((double)filter[i]);
    if (!(max <= (double)3.0e38f) || !(fabs((double)bias) <= (double)3.0e38f))
        return zs_fail(err, ZS_ERANGE, layer->name,
                       "weights or bias of output channel %u are no finite numbers", oc);
    *max_abs = max;
    return ZS_OK;
}

/* One weight frac per layer, lowered until every bias fits 32 bits at input frac + weight frac. */
static zs_status fixed_weights(quant_work *w, const zs_layer *layer, zs_layer_scale *scale,
                               zs_err *err)
{
    const double x_step = zs_tensor_step(w->q, layer->in[0]);
    double weight = 0, bias = 0;
    for (uint32_t oc = 0; oc < layer->y.c; oc++) {
        double range;
        ZS_TRY(filter_range(w, layer, oc, &range, err));
        weight = fmax(weight, range);
        bias = fmax(bias, fabs((double)zs_layer_bias(w->net, layer, oc)));
    }
    int32_t frac = frac_of(weight);
    while (frac > WEIGHT_FRAC_MIN && ldexp(bias / x_step, frac) > (double)INT32_MAX)
        frac--;
    scale->weight_frac = frac;
    return ZS_OK;
}

/* One scale per output channel, raised where its bias and the offset to the output's zero point
 * would not leave enough headroom in 32-bit sums. */
static zs_status int8_weights(quant_work *w, const zs_layer *layer, zs_layer_scale *scale,
                              zs_err *err)
{
    const double x_scale = zs_tensor_step(w->q, layer->in[0]);
    const double to_zero = w->tensors[layer->out].zero * zs_tensor_step(w->q, layer->out);
    float *scales = zs_new(w->arena, float, layer->y.c);
    if (scales == NULL)
        return zs_nomem(err, layer->name);
    for (uint32_t oc = 0; oc < layer->y.c; oc++) {
        double range;
        ZS_TRY(filter_range(w, layer, oc, &range, err));
        const double bias = fabs((double)zs_layer_bias(w->net, layer, oc)) - to_zero;
        const float by_weights = scale_of(range, zs_levels_of(w->ranges->weight_bits, false));
        const float by_bias = (float)(bias / x_scale / 0x1p30);
        scales[oc] = by_bias > by_weights ? by_bias : by_weights;
    }
    scale->weight_scale = scales;
    return ZS_OK;
}

/* ---- requantisation -------------------------------------------------------------------------- */

/* ratio as mul / 2^shift with 2^30 <= mul < 2^31. */
static zs_requant requant_of(double ratio)
{
    int e;
    const double m = frexp(ratio, &e);
    double mul = rint(m * 0x1p31);
    if (mul >= 0x1p31) {
        mul /= 2;
        e++;
    }
    return (zs_requant){.mul = (int32_t)mul, .shift = 31 - e};
}

static zs_status requant_channels(quant_work *w, const zs_layer *layer, zs_layer_scale *scale,
                                  zs_err *err)
{
    zs_requant *requant = zs_new(w->arena, zs_requant, layer->y.c);
    if (requant == NULL)
        return zs_nomem(err, layer->name);
    const double ratio = zs_tensor_step(w->q, layer->in[0]) / zs_tensor_step(w->q, layer->out);
    const int32_t shift =
        w->tensors[layer->in[0]].frac + scale->weight_frac - w->tensors[layer->out].frac;
    for (uint32_t oc = 0; oc < layer->y.c; oc++)
        requant[oc] = zs_weights_of(w->q)->scaling == ZS_SCALING_FACTOR
                          ? requant_of(ratio * (double)scale->weight_scale[oc])
                          : (zs_requant){.mul = 1, .shift = shift};
    scale->requant = requant;
    return ZS_OK;
}

/* Multipliers with a common shift for all inputs of an add, the largest of 31 bits. */
static zs_status requant_inputs(quant_work *w, const zs_layer *layer, zs_layer_scale *scale,
                                zs_err *err)
{
    zs_requant *requant = zs_new(w->arena, zs_requant, layer->in_n);
    if (requant == NULL)
        return zs_nomem(err, layer->name);
    double largest = 0;
    for (uint32_t i = 0; i < layer->in_n; i++)
        largest = fmax(largest, zs_tensor_step(w->q, layer->in[i]));
    const double y_step = zs_tensor_step(w->q, layer->out);
    const int32_t shift = requant_of(largest / y_step).shift;
    for (uint32_t i = 0; i < layer->in_n; i++) {
        const double mul = ldexp(zs_tensor_step(w->q, layer->in[i]) / y_step, shift);
        requant[i] = (zs_requant){zs_round_saturate(mul, 1, INT32_MAX), shift};
    }
    scale->requant = requant;
    return ZS_OK;
}

static void act_limits(const quant_work *w, const zs_layer *layer, zs_layer_scale *scale)
{
    const int32_t least = zs_least_of(w->q), most = -(least + 1);
    const double step = zs_tensor_step(w->q, layer->out), zero = w->tensors[layer->out].zero;
    scale->act_lo = least;
    scale->act_hi = most;
    if (layer->act.active) {
        scale->act_lo = zs_round_saturate((double)layer->act.lo / step + zero, least, most);
        scale->act_hi = zs_round_saturate((double)layer->act.hi / step + zero, least, most);
    }
}

static int64_t sum_of(const int8_t *filter, size_t n)
{
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += filter[i];
    return sum;
}

/* The contribution of a nonzero input zero point to the sums; and the worst-case sum over all
 * inputs, which must fit the accumulator. */
static zs_status check_sums(quant_work *w, const zs_layer *layer, zs_layer_scale *scale,
                            zs_err *err)
{
    const uint32_t sum_bits = zs_acc_bits(w->q->precision);
    const uint64_t limit = UINT64_C(1) << (sum_bits - 1);
    const uint64_t x_max = UINT64_C(1) << (zs_activations_of(w->q)->bits - 1);
    const size_t n = zs_layer_filter_elems(layer);
    const int32_t zero = w->tensors[layer->in[0]].zero;
    double *zero_sum = zero != 0 ? zs_new(w->arena, double, layer->y.c) : NULL;
    if (zero != 0 && zero_sum == NULL)
        return zs_nomem(err, layer->name);
    scale->zero_sum = zero_sum;
    for (uint32_t oc = 0; oc < layer->y.c; oc++) {
        int32_t bias;
        zs_quantise_filter(w->q, layer, oc, zs_layer_filter(w->net, layer, oc, w->filter),
                           w->stored_filter);
        if (zero != 0)
            zero_sum[oc] = (double)(zero * sum_of(w->stored_filter, n));
        zs_quantise_bias(w->q, layer, oc, zs_layer_bias(w->net, layer, oc), &bias);
        const uint64_t sum = (uint64_t)llabs((long long)bias) +
                             x_max * zs_weights_of(w->q)->magnitude(w->stored_filter, n);
        if (sum >= limit)
            return zs_fail(
                err, ZS_ERANGE, layer->name,
                "sums of output channel %u may reach %llu, beyond the %u-bit accumulator", oc,
                (unsigned long long)sum, sum_bits);
    }
    return ZS_OK;
}

static zs_status scale_layer(quant_work *w, const zs_layer *layer, zs_err *err)
{
    zs_layer_scale *scale = &w->layers[layer->index];
    act_limits(w, layer, scale);
    if (layer->op == ZS_LAYER_ADD)
        return requant_inputs(w, layer, scale, err);
    if (!zs_op_has_filters(layer->op))
        return ZS_OK;
    if (zs_weights_of(w->q)->scaling == ZS_SCALING_FACTOR)
        ZS_TRY(int8_weights(w, layer, scale, err));
    else
        ZS_TRY(fixed_weights(w, layer, scale, err));
    ZS_TRY(requant_channels(w, layer, scale, err));
    return check_sums(w, layer, scale, err);
}

/* ---- entry ----------------------------------------------------------------------------------- */

static zs_status allocate(quant_work *w, zs_arena *scratch, zs_err *err)
{
    uint64_t filter_elems = 0;
    for (uint32_t i = 0; i < w->net->layer_n; i++)
        filter_elems = zs_max_u64(filter_elems, zs_layer_filter_elems(&w->net->layers[i]));
    w->tensors = zs_new(w->arena, zs_tensor_scale, w->net->tensor_n);
    w->layers = zs_new(w->arena, zs_layer_scale, w->net->layer_n);
    w->leader = zs_new(scratch, uint32_t, w->net->tensor_n);
    w->range = zs_new(scratch, float, w->net->tensor_n);
    w->is_unsigned = zs_new(scratch, bool, w->net->tensor_n);
    w->filter = zs_arena_alloc_raw(scratch, filter_elems, sizeof(float));
    w->stored_filter = zs_arena_alloc_raw(scratch, filter_elems, sizeof(int16_t));
    if (w->tensors == NULL || w->layers == NULL || w->leader == NULL || w->range == NULL ||
        w->is_unsigned == NULL || w->filter == NULL || w->stored_filter == NULL)
        return zs_nomem(err, w->net->name);
    w->q->tensors = w->tensors;
    w->q->layers = w->layers;
    return ZS_OK;
}

static zs_status build(quant_work *w, zs_arena *scratch, zs_err *err)
{
    ZS_TRY(allocate(w, scratch, err));
    group_tensors(w);
    group_signs(w);
    for (uint32_t t = 0; t < w->net->tensor_n; t++)
        ZS_TRY(scale_tensor(w, t, err));
    for (uint32_t i = 0; i < w->net->layer_n; i++)
        ZS_TRY(scale_layer(w, &w->net->layers[i], err));
    return ZS_OK;
}

zs_status zs_quant_build(zs_arena *arena, const zs_net *net, uint32_t precision,
                         const zs_ranges *ranges, zs_quant **out, zs_err *err)
{
    zs_quant *q = zs_new(arena, zs_quant, 1);
    if (q == NULL)
        return zs_nomem(err, net->name);
    q->precision = precision;
    q->numbers = net->tensors;
    if (!zs_precision_is_float(precision)) {
        q->act_bits = ranges->act_bits;
        zs_arena scratch;
        zs_arena_init(&scratch, arena->source);
        quant_work w = {.arena = arena, .net = net, .ranges = ranges, .q = q};
        const zs_status status = build(&w, &scratch, err);
        zs_arena_drop(&scratch);
        ZS_TRY(status);
    }
    *out = q;
    return ZS_OK;
}

/* ---- quantised models ------------------------------------------------------------------------ */

/* Padding has the value of the input's zero point, so its contribution is the same for all pixels.
 */
static zs_status model_layer(zs_arena *arena, zs_arena *scratch, const zs_net *net,
                             const zs_layer *layer, zs_layer_scale *scale, zs_err *err)
{
    const size_t n = (size_t)zs_layer_filter_elems(layer);
    const double zero = net->tensors[layer->in[0]].number.zero;
    double *zero_sum = zs_new(arena, double, layer->y.c);
    float *filter = zs_arena_alloc_raw(scratch, n, sizeof *filter);
    if (zero_sum == NULL || filter == NULL)
        return zs_nomem(err, layer->name);
    for (uint32_t oc = 0; oc < layer->y.c; oc++) {
        const float *w = zs_layer_filter(net, layer, oc, filter);
        double sum = 0, magnitude = 0;
        for (size_t i = 0; i < n; i++) {
            sum += (double)w[i];
            magnitude += fabs((double)w[i]);
        }
        if (magnitude * 255 >= 0x1p31)
            return zs_fail(err, ZS_ERANGE, layer->name,
                           "sums of output channel %u may reach %g, beyond the 32-bit accumulator",
                           oc, magnitude * 255);
        zero_sum[oc] = zero * sum;
    }
    scale->zero_sum = zero_sum;
    return ZS_OK;
}

const zs_layer *zs_quant_inexact(const zs_net *net, double *most)
{
    const double limit = 0x1p24;
    for (uint32_t i = 0; i < net->layer_n; i++) {
        const zs_layer *layer = &net->layers[i];
        const zs_number *x = &net->tensors[layer->in[0]].number;
        if (!zs_op_has_filters(layer->op) || layer->quant == NULL || !(x->scale > 0) ||
            layer->weights.data == NULL)
            continue;
        const double reach = fmax(fabs((double)x->lo - x->zero), fabs((double)x->hi - x->zero));
        const uint64_t n = zs_layer_filter_elems(layer);
        for (uint32_t oc = 0; oc < layer->y.c; oc++) {
            double sum = 0;
            for (uint64_t k = 0; k < n; k++)
                sum += fabs((double)layer->weights.data[oc * n + k]);
            *most = sum * reach;
            if (*most > limit)
                return layer;
        }
    }
    return NULL;
}

zs_status zs_quant_of_model(zs_arena *arena, const zs_net *net, zs_quant **out, zs_err *err)
{
    zs_quant *q = zs_new(arena, zs_quant, 1);
    zs_layer_scale *layers = zs_new(arena, zs_layer_scale, net->layer_n);
    zs_arena scratch;
    if (q == NULL || layers == NULL)
        return zs_nomem(err, net->name);
    zs_arena_init(&scratch, arena->source);
    zs_status status = ZS_OK;
    for (uint32_t i = 0; i < net->layer_n && status == ZS_OK; i++)
        if (zs_op_has_filters(net->layers[i].op) && net->layers[i].quant != NULL) {
            zs_arena_reset(&scratch);
            status = model_layer(arena, &scratch, net, &net->layers[i], &layers[i], err);
        }
    zs_arena_drop(&scratch);
    ZS_TRY(status);
    *q = (zs_quant){
        .precision = ZS_INT8, .layers = layers, .numbers = net->tensors, .is_model = true};
    *out = q;
    return ZS_OK;
}
