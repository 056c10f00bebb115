#include "zynqsim/sparsify.h"

#include "order_priv.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* A layer with weights while thresholds are found. */
typedef struct view {
    uint32_t at; /* in the spec */
    const zs_layer *built;
    uint64_t n, filter_n; /* weights; of a filter */
    uint64_t first;       /* weights of the layers before */
    const float *w;       /* [oc][ic / groups][ky][kx] */
    double *size;         /* [weight] |w|, of structures their root mean square */
    double span;          /* the largest less the smallest weight */
    double *sorted;       /* sizes in ascending order; relative_percentile alone */
    bool is_wiring, is_spared;
    double threshold;
    bool *is_zero; /* [weight], part of the job's */
} view;

typedef struct job {
    const zs_sparsify_rule *rule;
    uint32_t method; /* the alias that was meant */
    zs_arena *arena, *scratch;
    view *views;
    uint32_t n;
    bool *is_zero;          /* [weight of all layers] */
    double *scores;         /* the same; infinite where nothing is pruned; lamp alone */
    const uint64_t *ranked; /* weights of all layers, the least score first */
    uint64_t score_n;       /* of finite ones */
    uint64_t all;           /* weights */
    uint64_t weights;       /* that count */
} job;

uint32_t zs_sparsify_method(uint32_t method)
{
    switch (method) {
    case ZS_SPARSIFY_FLAT:
        return ZS_SPARSIFY_FLAT_MINSPAN;
    case ZS_SPARSIFY_TRIANGULAR:
        return ZS_SPARSIFY_TRIANGULAR_UP;
    case ZS_SPARSIFY_RELATIVE:
        return ZS_SPARSIFY_RELATIVE_MAX;
    default:
        return method;
    }
}

/* ---- layers with weights --------------------------------------------------------------------- */

/* A convolution whose filters each pass one input on: a shortcut written as a layer. */
static bool is_wiring(const zs_layer *l, const float *w, uint64_t n, uint64_t filter_n)
{
    uint32_t ones = 0;
    if (l->op != ZS_LAYER_CONV || l->window.kh * l->window.kw != 1 || filter_n < 2)
        return false;
    for (uint64_t i = 0; i < n; i++) {
        ones = i % filter_n == 0 ? 0 : ones;
        if ((w[i] != 0 && w[i] != 1) || (w[i] == 1 && ++ones > 1))
            return false;
    }
    return true;
}

/* Of the first layer that counts, magnitudes as they are before the input's normalisation was
 * folded into it. */
static double input_factor(const job *j, const view *v, uint64_t weight, bool is_first)
{
    const uint64_t taps = (uint64_t)v->built->window.kh * v->built->window.kw;
    if (!is_first || v->built->x.c != 3 || v->built->groups != 1)
        return 1;
    return j->rule->input_scale[weight % v->filter_n / taps];
}

/* The structure that a weight belongs to. */
static uint64_t structure_of(const view *v, uint32_t structured, uint64_t weight)
{
    const uint64_t taps = (uint64_t)v->built->window.kh * v->built->window.kw;
    const uint64_t groups = v->built->groups > 1 ? v->built->groups : 1;
    const uint64_t oc = weight / v->filter_n, group_oc = v->built->y.c / groups;
    assert(group_oc > 0); /* shapes were inferred */
    switch (structured) {
    case ZS_STRUCTURE_KERNEL:
        return weight / taps;
    case ZS_STRUCTURE_CHANNEL:
        return oc / group_oc * (v->filter_n / taps) + weight % v->filter_n / taps;
    case ZS_STRUCTURE_FILTER:
        return oc;
    default:
        return weight;
    }
}

static zs_status share_sizes(job *j, view *v, zs_err *err)
{
    double *sum = zs_new(j->scratch, double, v->n);
    uint32_t *of = zs_new(j->scratch, uint32_t, v->n);
    if (sum == NULL || of == NULL)
        return zs_nomem(err, v->built->name);
    for (uint64_t i = 0; i < v->n; i++) {
        const uint64_t s = structure_of(v, j->rule->structured, i);
        sum[s] += v->size[i] * v->size[i];
        of[s]++;
    }
    for (uint64_t i = 0; i < v->n; i++) {
        const uint64_t s = structure_of(v, j->rule->structured, i);
        v->size[i] = sqrt(sum[s] / of[s]);
    }
    return ZS_OK;
}

/* Weights that the network specification lacks are those that the network would make up
 * (zs_layer_filter). */
static zs_status take_weights(job *j, const zs_net *net, view *v, zs_err *err)
{
    const zs_layer *l = v->built;
    v->filter_n = zs_layer_filter_elems(l);
    v->n = zs_layer_weight_elems(l);
    if (v->n > UINT32_MAX)
        return zs_fail(err, ZS_EUNSUPPORTED, l->name, "2^32 weights or more are not pruned");
    if (v->w != NULL)
        return ZS_OK;
    float *w = zs_arena_alloc_raw(j->arena, v->n, sizeof *w);
    if (w == NULL)
        return zs_nomem(err, l->name);
    for (uint32_t oc = 0; oc < l->y.c; oc++) {
        const float *filter = zs_layer_filter(net, l, oc, w + oc * v->filter_n);
        if (filter != w + oc * v->filter_n)
            memcpy(w + oc * v->filter_n, filter, v->filter_n * sizeof *w);
    }
    v->w = w;
    return ZS_OK;
}

static zs_status measure(job *j, view *v, bool is_first, zs_err *err)
{
    double least = INFINITY, most = -INFINITY;
    v->size = zs_arena_alloc_raw(j->scratch, v->n, sizeof *v->size);
    if (v->size == NULL)
        return zs_nomem(err, v->built->name);
    for (uint64_t i = 0; i < v->n; i++) {
        const double w = (double)v->w[i] * input_factor(j, v, i, is_first);
        v->size[i] = fabs(w);
        least = fmin(least, w);
        most = fmax(most, w);
    }
    v->span = most - least;
    return j->rule->structured != ZS_STRUCTURE_WEIGHT ? share_sizes(j, v, err) : ZS_OK;
}

static uint32_t spec_index(const zs_net_spec *spec, const char *name)
{
    for (uint32_t i = 0; i < spec->layer_n; i++)
        if (zs_op_has_filters(spec->layers[i].op) && strcmp(spec->layers[i].name, name) == 0)
            return i;
    return ZS_NO_INDEX;
}

static zs_status list_views(job *j, const zs_net *net, const zs_net_spec *spec, zs_err *err)
{
    bool is_first = true;
    j->views = zs_new(j->scratch, view, (size_t)net->layer_n + 1);
    if (j->views == NULL)
        return zs_nomem(err, "layers");
    for (uint32_t i = 0; i < net->layer_n; i++) {
        const zs_layer *l = &net->layers[i];
        const uint32_t at = zs_op_has_filters(l->op) ? spec_index(spec, l->name) : ZS_NO_INDEX;
        if (at == ZS_NO_INDEX)
            continue;
        const zs_layer_spec *s = &spec->layers[at];
        if (s->quant != NULL || s->grid.scale != NULL || l->quant != NULL)
            return zs_fail(err, ZS_EUNSUPPORTED, l->name,
                           "its weights are integers of the model: sparsify takes real ones");
        view *v = &j->views[j->n++];
        *v = (view){.at = at, .built = l, .w = s->weights.data, .threshold = (double)NAN};
        ZS_TRY(take_weights(j, net, v, err));
        v->is_wiring = is_wiring(l, v->w, v->n, v->filter_n);
        ZS_TRY(measure(j, v, is_first && !v->is_wiring, err));
        v->is_spared = (is_first && !v->is_wiring && j->rule->spare_first) ||
                       (zs_layer_is_depthwise(l) && j->rule->spare_depthwise);
        is_first &= v->is_wiring;
        j->weights += v->is_wiring ? 0 : v->n;
    }
    return ZS_OK;
}

/* ---- thresholds ------------------------------------------------------------------------------ */

static bool is_less(const void *ctx, uint64_t a, uint64_t b)
{
    const double *values = ctx;
    return values[a] < values[b];
}

/* w^2 over the squares of it and of what follows it in ascending order. */
static zs_status score_layer(job *j, const view *v, zs_err *err)
{
    double sum = 0;
    zs_arena order;
    zs_arena_init(&order, j->scratch->source);
    const uint64_t *rank = zs_order_build(&order, v->n, is_less, v->size);
    for (uint64_t i = v->n; rank != NULL && i-- > 0;) {
        const double square = v->size[rank[i]] * v->size[rank[i]];
        sum += square;
        j->scores[v->first + rank[i]] = sum > 0 ? square / sum : 0;
    }
    zs_arena_drop(&order);
    j->score_n += v->n;
    return rank != NULL ? ZS_OK : zs_nomem(err, v->built->name);
}

static zs_status score_all(job *j, zs_err *err)
{
    j->scores = zs_arena_alloc_raw(j->scratch, j->all + 1, sizeof *j->scores);
    if (j->scores == NULL)
        return zs_nomem(err, "scores");
    for (uint64_t i = 0; i < j->all; i++)
        j->scores[i] = INFINITY;
    for (uint32_t i = 0; i < j->n; i++)
        if (!j->views[i].is_wiring && !j->views[i].is_spared)
            ZS_TRY(score_layer(j, &j->views[i], err));
    j->ranked = zs_order_build(j->scratch, j->all, is_less, j->scores);
    return j->ranked != NULL ? ZS_OK : zs_nomem(err, "scores");
}

static zs_status sort_sizes(job *j, view *v, zs_err *err)
{
    const uint64_t *rank = zs_order_build(j->scratch, v->n, is_less, v->size);
    v->sorted = zs_arena_alloc_raw(j->scratch, v->n, sizeof *v->sorted);
    if (v->sorted == NULL || rank == NULL)
        return zs_nomem(err, v->built->name);
    for (uint64_t i = 0; i < v->n; i++)
        v->sorted[i] = v->size[rank[i]];
    return ZS_OK;
}

/* Tables that the method needs for every parameter that is tried. */
static zs_status prepare(job *j, zs_err *err)
{
    for (uint32_t i = 0; i < j->n; i++) {
        j->views[i].first = j->all;
        j->all += j->views[i].n;
    }
    j->is_zero = zs_new(j->scratch, bool, (size_t)j->all + 1);
    if (j->is_zero == NULL)
        return zs_nomem(err, "weights");
    for (uint32_t i = 0; i < j->n; i++)
        j->views[i].is_zero = j->is_zero + j->views[i].first;
    for (uint32_t i = 0; j->method == ZS_SPARSIFY_RELATIVE_PERCENTILE && i < j->n; i++)
        ZS_TRY(sort_sizes(j, &j->views[i], err));
    return j->method == ZS_SPARSIFY_LAMP ? score_all(j, err) : ZS_OK;
}

static double quantile(const double *sorted, uint64_t n, double p)
{
    const double at = p * (double)(n - 1);
    const uint64_t low = (uint64_t)at;
    const uint64_t high = zs_min_u64(low + 1, n - 1);
    return sorted[low] + (at - (double)low) * (sorted[high] - sorted[low]);
}

static double largest(const double *size, uint64_t n)
{
    double most = 0;
    for (uint64_t i = 0; i < n; i++)
        most = fmax(most, size[i]);
    return most;
}

static double mean_square_root(const view *v)
{
    double sum = 0;
    for (uint64_t i = 0; i < v->n; i++)
        sum += v->size[i] * v->size[i];
    return sqrt(sum / (double)v->n);
}

/* `l` of L counts from 0 here, layers that are pruned alone. */
static double threshold_of(const job *j, const view *v, double p, uint32_t l, uint32_t last,
                           double least_span, const view *first_v, const view *last_v)
{
    const double along = last > 0 ? (double)l / last : 0;
    switch (j->method) {
    case ZS_SPARSIFY_FLAT_MINSPAN:
        return p * least_span / 2;
    case ZS_SPARSIFY_TRIANGULAR_UP:
        return p * last_v->span / 2 * along;
    case ZS_SPARSIFY_TRIANGULAR_EQUAL:
        return p * (first_v->span + (last_v->span - first_v->span) * along) / 2;
    case ZS_SPARSIFY_TRIANGULAR_DOWN:
        return p * first_v->span / 2 * (1 - along);
    case ZS_SPARSIFY_RELATIVE_MAX:
        return p * largest(v->size, v->n);
    case ZS_SPARSIFY_RELATIVE_STD:
        return p * mean_square_root(v);
    case ZS_SPARSIFY_RELATIVE_PERCENTILE:
        return quantile(v->sorted, v->n, p < 1 ? p : 1);
    default:
        return (double)NAN;
    }
}

static void set_zeros(const job *j, view *v, double p)
{
    for (uint64_t i = 0; i < v->n; i++) {
        if (j->method == ZS_SPARSIFY_RELATIVE_FILTER_MAX && i % v->filter_n == 0)
            v->threshold = (double)((float)p * (float)largest(v->size + i, v->filter_n));
        v->is_zero[i] = v->w[i] == 0 || v->size[i] <= v->threshold;
    }
    if (j->method == ZS_SPARSIFY_RELATIVE_FILTER_MAX)
        v->threshold = (double)NAN;
}

/* Marks what becomes 0 at a parameter; returns all zeros that count. */
static uint64_t mark(const job *j, double p)
{
    const view *first = NULL, *last = NULL;
    double least_span = INFINITY;
    uint32_t counted = 0, l = 0;
    uint64_t zeros = 0;
    for (uint32_t i = 0; i < j->n; i++) {
        const view *v = &j->views[i];
        if (v->is_wiring || v->is_spared)
            continue;
        first = first != NULL ? first : v;
        last = v;
        least_span = fmin(least_span, v->span);
        counted++;
    }
    for (uint32_t i = 0; i < j->n; i++) {
        view *v = &j->views[i];
        const bool stays = v->is_wiring || v->is_spared || j->method == ZS_SPARSIFY_NONE;
        v->threshold = (double)NAN;
        if (!stays) /* in single precision, as the weights are */
            v->threshold =
                (double)(float)threshold_of(j, v, p, l, counted - 1, least_span, first, last);
        if (stays)
            for (uint64_t w = 0; w < v->n; w++)
                v->is_zero[w] = v->w[w] == 0;
        else
            set_zeros(j, v, p);
        l += !v->is_wiring && !v->is_spared;
        for (uint64_t w = 0; !v->is_wiring && !v->is_spared && w < v->n; w++)
            zeros += v->is_zero[w];
    }
    if (j->method != ZS_SPARSIFY_LAMP)
        return zeros;
    const uint64_t drop = (uint64_t)(p * (double)j->weights + 0.5);
    for (uint64_t i = 0; i < j->score_n && i < drop; i++) {
        zeros += !j->is_zero[j->ranked[i]];
        j->is_zero[j->ranked[i]] = true;
    }
    return zeros;
}

/* The smallest parameter that makes that many zeros. */
static zs_status find_parameter(const job *j, double *out, zs_err *err)
{
    const uint64_t wanted = (uint64_t)ceil(j->rule->target_zeros * (double)j->weights - 0.5);
    const bool is_share =
        j->method == ZS_SPARSIFY_LAMP || j->method == ZS_SPARSIFY_RELATIVE_PERCENTILE;
    double low = 0, high = 1;
    uint64_t most = mark(j, 0);
    *out = 0;
    if (most >= wanted)
        return ZS_OK;
    for (most = mark(j, high); most < wanted && !is_share && high < 1e6; most = mark(j, high)) {
        low = high;
        high *= 2;
    }
    if (most < wanted)
        return zs_fail(err, ZS_ERANGE, "network.sparsify.target_zeros",
                       "%g: at most %.4g of the weights become 0 by %s", j->rule->target_zeros,
                       (double)most / (double)j->weights, zs_words_sparsify[j->method].word);
    for (int step = 0; step < 48; step++) {
        const double middle = low + (high - low) / 2;
        if (mark(j, middle) >= wanted)
            high = middle;
        else
            low = middle;
    }
    *out = high;
    return ZS_OK;
}

/* ---- the result ------------------------------------------------------------------------------ */

static zs_status count_layer(const job *j, const view *v, zs_sparsity_layer *c, zs_err *err)
{
    const zs_layer *l = v->built;
    const uint64_t taps = (uint64_t)l->window.kh * l->window.kw;
    const uint64_t pixels = zs_shape_elems(l->y) / l->y.c;
    uint32_t *left = zs_new(j->scratch, uint32_t, (size_t)l->x.c + 1);
    if (left == NULL)
        return zs_nomem(err, l->name);
    *c = (zs_sparsity_layer){.name = l->name,
                             .threshold = v->threshold,
                             .is_spared = v->is_spared,
                             .is_wiring = v->is_wiring,
                             .weights = v->n,
                             .macs = zs_layer_macs(l),
                             .filters = l->y.c,
                             .channels = l->x.c,
                             .kernels = v->n / taps};
    for (uint64_t at = 0; at < v->n; at += v->filter_n) {
        uint64_t filter_left = 0;
        for (uint64_t k = at; k < at + v->filter_n; k += taps) {
            uint32_t kernel_left = 0;
            for (uint64_t i = k; i < k + taps; i++) {
                c->zeros_before += v->w[i] == 0;
                kernel_left += !v->is_zero[i];
            }
            filter_left += kernel_left;
            c->zero_kernels += kernel_left == 0;
            left[structure_of(v, ZS_STRUCTURE_CHANNEL, k)] += kernel_left != 0;
        }
        c->zeros += v->filter_n - filter_left;
        c->zero_filters += filter_left == 0;
    }
    for (uint32_t i = 0; i < l->x.c; i++)
        c->zero_channels += left[i] == 0;
    c->macs_left = j->method == ZS_SPARSIFY_NONE ? c->macs : (c->weights - c->zeros) * pixels;
    return ZS_OK;
}

static void add_layer(zs_sparsity_layer *sum, const zs_sparsity_layer *c)
{
    sum->weights += c->weights;
    sum->zeros_before += c->is_spared ? 0 : c->zeros_before;
    sum->zeros += c->is_spared ? 0 : c->zeros;
    sum->macs += c->macs;
    sum->macs_left += c->macs_left;
    sum->filters += c->filters;
    sum->channels += c->channels;
    sum->zero_filters += c->zero_filters;
    sum->zero_channels += c->zero_channels;
    sum->kernels += c->kernels;
    sum->zero_kernels += c->zero_kernels;
}

/* A layer whose weights and biases were made up keeps its biases. */
static zs_status take_biases(job *j, const zs_net *net, const view *v, zs_weights *w, zs_err *err)
{
    if (!v->built->has_bias || w->data != NULL || w->bias != NULL)
        return ZS_OK;
    float *bias = zs_new(j->arena, float, v->built->y.c);
    if (bias == NULL)
        return zs_nomem(err, v->built->name);
    for (uint32_t oc = 0; oc < v->built->y.c; oc++)
        bias[oc] = zs_layer_bias(net, v->built, oc);
    w->bias = bias;
    w->bias_n = v->built->y.c;
    return ZS_OK;
}

static zs_status prune(job *j, const zs_net *net, zs_net_spec *spec, zs_err *err)
{
    zs_layer_spec *layers = zs_new(j->arena, zs_layer_spec, (size_t)spec->layer_n + 1);
    if (layers == NULL)
        return zs_nomem(err, "layers");
    memcpy(layers, spec->layers, spec->layer_n * sizeof *layers);
    for (uint32_t i = 0; i < j->n; i++) {
        const view *v = &j->views[i];
        zs_weights *weights = &layers[v->at].weights;
        float *w = zs_arena_alloc_raw(j->arena, v->n, sizeof *w);
        if (w == NULL)
            return zs_nomem(err, v->built->name);
        for (uint64_t at = 0; at < v->n; at++)
            w[at] = v->is_zero[at] ? 0 : v->w[at];
        ZS_TRY(take_biases(j, net, v, weights, err));
        weights->data = w;
        weights->n_elems = v->n;
    }
    spec->layers = layers;
    return ZS_OK;
}

zs_status zs_sparsify(zs_arena *arena, zs_arena *scratch, const zs_sparsify_rule *rule,
                      const zs_net *dense, zs_net_spec *spec, zs_sparsity *out, zs_err *err)
{
    job j = {.rule = rule,
             .method = zs_sparsify_method(rule->method),
             .arena = arena,
             .scratch = scratch};
    zs_sparsity s = {.rule = *rule, .parameter = rule->parameter};
    ZS_TRY(list_views(&j, dense, spec, err));
    if (j.weights == 0)
        return zs_fail(err, ZS_EUNSUPPORTED, spec->name, "has no weights to prune");
    ZS_TRY(prepare(&j, err));
    if (rule->target_zeros > 0 && j.method != ZS_SPARSIFY_NONE)
        ZS_TRY(find_parameter(&j, &s.parameter, err));
    mark(&j, s.parameter);
    zs_sparsity_layer *layers = zs_new(arena, zs_sparsity_layer, (size_t)j.n + 1);
    if (layers == NULL)
        return zs_nomem(err, "layers");
    s.total = (zs_sparsity_layer){.name = "total", .threshold = (double)NAN};
    for (uint32_t i = 0; i < j.n; i++) {
        ZS_TRY(count_layer(&j, &j.views[i], &layers[i], err));
        if (!layers[i].is_wiring)
            add_layer(&s.total, &layers[i]);
    }
    s.layers = layers;
    s.layer_n = j.n;
    if (j.method != ZS_SPARSIFY_NONE)
        ZS_TRY(prune(&j, dense, spec, err));
    *out = s;
    return ZS_OK;
}
