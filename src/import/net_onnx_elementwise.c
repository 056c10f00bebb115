#include "import_onnx_priv.h"

#include <math.h>
#include <string.h>

/* ---- one operand ----------------------------------------------------------------------------- */

/* A layer whose result lies in memory as its input does. */
static zs_status alike(const zs_onnx_node *at, zs_layer_op op, zs_net_value *x,
                       zs_layer_spec **layer, zs_net_value *out, zs_err *err)
{
    ZS_TRY(zs_onnx_unpad(at, x, err));
    ZS_TRY(zs_onnx_new_layer(at, op, layer, err));
    ZS_TRY(zs_net_draft_input(&at->net->draft, *layer, x->layer, err));
    *out = *x;
    out->layer = (*layer)->name;
    return ZS_OK;
}

static zs_status unary(const zs_onnx_node *at, zs_general *g, zs_net_value *x, zs_net_value *out,
                       zs_err *err)
{
    uint32_t dims[ZS_RANK_MAX], rank;
    zs_layer_spec *layer;
    ZS_TRY(zs_onnx_dims(at, x, dims, &rank, err));
    if (x->constant != NULL)
        return zs_onnx_emit(at, ZS_LAYER_UNARY, g, &x, 1, dims, rank, out, err);
    ZS_TRY(alike(at, ZS_LAYER_UNARY, x, &layer, out, err));
    g->to = x->shape;
    g->x_elems = zs_shape_elems(x->shape);
    layer->general = g;
    return ZS_OK;
}

/* Parameters of functions: an attribute each and its default. */
static const struct parameters {
    zs_function fn;
    struct {
        const char *attr;
        double otherwise;
    } p[2];
} parameters[] = {
    {ZS_FN_LEAKY_RELU, {{"alpha", 0.01}}},
    {ZS_FN_HARD_SIGMOID, {{"alpha", 0.2}, {"beta", 0.5}}},
    {ZS_FN_ELU, {{"alpha", 1}}},
    {ZS_FN_CELU, {{"alpha", 1}}},
    {ZS_FN_SELU, {{"alpha", 1.67326319217681884765625}, {"gamma", 1.05070102214813232421875}}},
    {ZS_FN_SWISH, {{"alpha", 1}}},
    {ZS_FN_THRESHOLD, {{"alpha", 1}}},
    {ZS_FN_SHRINK, {{"lambd", 0.5}, {"bias", 0}}},
};

zs_status zs_onnx_unary(const zs_onnx_node *at, zs_err *err)
{
    zs_net_value *x, y;
    static const char *const approximations[] = {"none", "tanh"};
    uint32_t is_tanh;
    ZS_TRY(zs_onnx_attr_choice(at, "approximate", approximations, ZS_LEN(approximations), 0,
                               &is_tanh, err));
    zs_general *g = zs_onnx_general(at, is_tanh != 0 ? ZS_FN_GELU_TANH : at->fn);
    if (g == NULL)
        return zs_nomem(err, "a layer");
    for (size_t i = 0; i < ZS_LEN(parameters); i++)
        for (size_t k = 0; parameters[i].fn == at->fn && k < 2; k++)
            if (parameters[i].p[k].attr != NULL)
                g->p[k] =
                    zs_onnx_attr_float(at, parameters[i].p[k].attr, parameters[i].p[k].otherwise);
    ZS_TRY(zs_onnx_get(at, 0, &x, err));
    ZS_TRY(unary(at, g, x, &y, err));
    return zs_onnx_bind(at, 0, &y, err);
}

zs_status zs_onnx_clip(const zs_onnx_node *at, zs_net_value *constant, double lo, double hi,
                       zs_err *err)
{
    zs_net_value y;
    zs_general *g = zs_onnx_general(at, ZS_FN_CLIP);
    if (g == NULL)
        return zs_nomem(err, "a constant");
    g->p[0] = lo;
    g->p[1] = hi;
    ZS_TRY(unary(at, g, constant, &y, err));
    return zs_onnx_bind(at, 0, &y, err);
}

/* The same numbers as floats; truth values; integers, whose fractions are cut off. */
static zs_status cast_computed(const zs_onnx_node *at, zs_net_value *x, zs_function fn,
                               double least, double most, zs_err *err)
{
    zs_net_value y = *x;
    if (fn == ZS_FN_TRUNC && x->is_raw && (x->least < least || x->most > most))
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "integers from %.0f to %.0f become those from %.0f to %.0f, which would "
                       "wrap around",
                       x->least, x->most, least, most);
    if (fn == ZS_FN_TRUE || (fn == ZS_FN_TRUNC && !x->is_raw)) {
        zs_general *g = zs_onnx_general(at, fn);
        if (g == NULL)
            return zs_nomem(err, "a layer");
        ZS_TRY(unary(at, g, x, &y, err));
    }
    y.is_raw = fn != ZS_FN_NONE;
    if (!x->is_raw || fn == ZS_FN_TRUE) {
        y.least = least;
        y.most = most;
    }
    return zs_onnx_bind(at, 0, &y, err);
}

/* To an integer: fractions are cut off. To bool: whether it is not 0. */
zs_status zs_onnx_cast(const zs_onnx_node *at, zs_err *err)
{
    enum { TO_FLOAT = 1, TO_BOOL = 9, TO_HALF = 10, TO_DOUBLE = 11, TO_BFLOAT16 = 16 };
    const int64_t to = zs_onnx_attr_int(at, "to", TO_FLOAT);
    const bool is_float = to == TO_FLOAT || to == TO_HALF || to == TO_DOUBLE || to == TO_BFLOAT16;
    zs_net_value *x, y;
    ZS_TRY(zs_onnx_get(at, 0, &x, err));
    if (x->constant == NULL) {
        double least = 0, most = 1;
        if (!is_float && to != TO_BOOL && !zs_onnx_int_limits((int32_t)to, &least, &most))
            return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                           "a computed value becomes one of type %lld, which is not handled",
                           (long long)to);
        return cast_computed(at, x,
                             is_float        ? ZS_FN_NONE
                             : to == TO_BOOL ? ZS_FN_TRUE
                                             : ZS_FN_TRUNC,
                             least, most, err);
    }
    uint32_t dims[ZS_RANK_MAX], rank;
    uint64_t n;
    ZS_TRY(zs_onnx_dims(at, x, dims, &rank, err));
    if (is_float && zs_onnx_elems(dims, rank) > 0) {
        const float *data;
        ZS_TRY(zs_onnx_floats(at->net->draft.arena, x->constant, at->place, &data, &n, err));
        ZS_TRY(zs_onnx_new_floats(at, data, dims, rank, &y, err));
    } else {
        const double *data;
        ZS_TRY(zs_onnx_doubles(at, x, &data, &n, err));
        double *bits = zs_arena_alloc_raw(at->net->draft.arena, (size_t)n, sizeof *bits);
        if (bits == NULL)
            return zs_nomem(err, "a constant");
        for (uint64_t i = 0; i < n; i++)
            bits[i] = to == TO_BOOL ? data[i] != 0 : data[i];
        ZS_TRY(zs_onnx_new_ints(at, bits, dims, rank, &y, err));
    }
    return zs_onnx_bind(at, 0, &y, err);
}

/* ---- two operands ---------------------------------------------------------------------------- */

/* Dimensions are compared from the last one on; 1 is repeated. */
static zs_status broadcast(const zs_onnx_node *at, const uint32_t a[], uint32_t a_rank,
                           const uint32_t b[], uint32_t b_rank, uint32_t dims[], uint32_t *rank,
                           zs_err *err)
{
    *rank = a_rank > b_rank ? a_rank : b_rank;
    for (uint32_t i = 1; i <= *rank; i++) {
        const uint32_t x = i <= a_rank ? a[a_rank - i] : 1, y = i <= b_rank ? b[b_rank - i] : 1;
        if (x != y && x != 1 && y != 1)
            return zs_fail(err, ZS_ESHAPE, at->place,
                           "dimensions %u and %u, counted %u from the last, do not go together", x,
                           y, i);
        dims[*rank - i] = x == 1 ? y : x;
    }
    return ZS_OK;
}

/* Steps of an operand along the dimensions of the result, 0 where it is repeated. */
static void operand_steps(const zs_net_value *value, const uint32_t dims[], uint32_t rank,
                          uint32_t result_rank, uint64_t steps[])
{
    uint64_t own[ZS_RANK_MAX];
    zs_onnx_value_strides(value, dims, rank, own);
    for (uint32_t d = 0; d < result_rank; d++) {
        const bool is_own = d + rank >= result_rank && dims[d + rank - result_rank] != 1;
        steps[d] = is_own ? own[d + rank - result_rank] : 0;
    }
}

typedef struct pair {
    zs_net_value *v[2];
    uint32_t dims[2][ZS_RANK_MAX], rank[2];
} pair;

static bool same_form(const zs_net_value *a, const zs_net_value *b)
{
    if (a->rank != b->rank || memcmp(&a->shape, &b->shape, sizeof a->shape) != 0)
        return false;
    for (uint32_t d = 0; d < a->rank; d++)
        if (a->dims[d] != b->dims[d] || a->perm[d] != b->perm[d])
            return false;
    return true;
}

static zs_status sum_layer(const zs_onnx_node *at, const pair *p, zs_net_value *out, zs_err *err)
{
    zs_layer_spec *layer;
    const char **in = zs_new(at->net->draft.arena, const char *, 2);
    if (in == NULL)
        return zs_nomem(err, "a layer's inputs");
    ZS_TRY(zs_onnx_new_layer(at, ZS_LAYER_ADD, &layer, err));
    in[0] = p->v[0]->layer;
    in[1] = p->v[1]->layer;
    layer->in = in;
    layer->in_n = 2;
    *out = *p->v[0];
    out->layer = layer->name;
    return ZS_OK;
}

/* Walks over the result in the order in which the one large operand lies in memory, so that it
 * keeps its form: a Transpose in front stays unneeded. */
static zs_status in_form_of(const zs_onnx_node *at, zs_general *g, const pair *p, uint32_t main,
                            zs_net_value *out, zs_err *err)
{
    const zs_net_value *x = p->v[main];
    zs_net_value result;
    uint64_t steps[2][ZS_RANK_MAX];
    memcpy(steps, g->strides, sizeof steps);
    for (uint32_t d = 0; d < x->rank; d++) {
        g->dims[x->perm[d]] = x->dims[d];
        for (uint32_t k = 0; k < 2; k++)
            g->strides[k][x->perm[d]] = steps[k][d];
    }
    ZS_TRY(zs_onnx_emit(at, ZS_LAYER_BINARY, g, p->v, 2, g->dims, g->rank, &result, err));
    *out = *x;
    out->layer = result.layer;
    out->shape = result.shape;
    return ZS_OK;
}

static zs_status general_binary(const zs_onnx_node *at, zs_function fn, const pair *p,
                                zs_net_value *out, zs_err *err)
{
    zs_general *g = zs_onnx_general(at, fn);
    if (g == NULL)
        return zs_nomem(err, "a layer");
    g->p[0] = fn == ZS_FN_MOD ? (double)zs_onnx_attr_int(at, "fmod", 0) : 0;
    ZS_TRY(broadcast(at, p->dims[0], p->rank[0], p->dims[1], p->rank[1], g->dims, &g->rank, err));
    for (uint32_t k = 0; k < 2; k++)
        operand_steps(p->v[k], p->dims[k], p->rank[k], g->rank, g->strides[k]);
    for (uint32_t k = 0; k < 2; k++) {
        const zs_net_value *x = p->v[k];
        if (x->constant == NULL && p->rank[k] == g->rank && !zs_onnx_is_ordered(x) &&
            memcmp(p->dims[k], g->dims, g->rank * sizeof g->dims[0]) == 0)
            return in_form_of(at, g, p, k, out, err);
    }
    uint32_t dims[ZS_RANK_MAX];
    const uint32_t rank = g->rank;
    memcpy(dims, g->dims, sizeof dims);
    if (g->rank == 0) {
        g->rank = 1;
        g->dims[0] = 1;
    }
    return zs_onnx_emit(at, ZS_LAYER_BINARY, g, p->v, 2, dims, rank, out, err);
}

/* ---- a constant per channel ------------------------------------------------------------------ */

/* Whether the constant has one value per channel of the layer's tensor (or one for all). */
static bool is_per_channel(const zs_net_value *x, const uint32_t dims[], uint32_t rank)
{
    uint32_t stored[ZS_RANK_MAX];
    if (x->rank < 2 || x->rank > 4 || rank > x->rank)
        return false;
    for (uint32_t d = 0; d < x->rank; d++)
        stored[x->perm[d]] = x->dims[d];
    const zs_shape s = zs_onnx_shape_of(stored, x->rank);
    if (stored[0] != 1 || memcmp(&s, &x->shape, sizeof s) != 0)
        return false;
    for (uint32_t d = 0; d < rank; d++) {
        const uint32_t own = d + x->rank - rank;
        if (dims[d] != 1 && (x->perm[own] != 1 || dims[d] != x->dims[own]))
            return false;
    }
    return true;
}

/* x with a constant as scale and shift per channel: what a batch normalisation does. */
static zs_status scale_channels(const zs_onnx_node *at, zs_function fn, pair *p, uint32_t x,
                                zs_net_value *out, zs_err *err)
{
    zs_arena *arena = at->net->draft.arena;
    const float *c;
    uint64_t n;
    zs_layer_spec *layer;
    ZS_TRY(zs_onnx_floats(arena, p->v[1 - x]->constant, at->place, &c, &n, err));
    const uint32_t channels = p->v[x]->has_dims ? p->v[x]->shape.c : (uint32_t)n;
    float *scale = zs_arena_alloc_raw(arena, channels, sizeof *scale);
    float *shift = zs_arena_alloc_raw(arena, channels, sizeof *shift);
    if (scale == NULL || shift == NULL)
        return zs_nomem(err, "scales");
    for (uint32_t i = 0; i < channels; i++) {
        const float v = c[n == 1 ? 0 : i];
        scale[i] = fn == ZS_FN_MUL             ? v
                   : fn == ZS_FN_DIV           ? (float)(1 / (double)v)
                   : fn == ZS_FN_SUB && x == 1 ? -1
                                               : 1;
        shift[i] = fn == ZS_FN_ADD ? v : fn == ZS_FN_SUB ? (x == 1 ? v : -v) : 0;
    }
    ZS_TRY(alike(at, ZS_LAYER_BATCHNORM, p->v[x], &layer, out, err));
    layer->scale = scale;
    layer->shift = shift;
    layer->scale_n = channels;
    return ZS_OK;
}

static zs_status bound(const zs_onnx_node *at, zs_function fn, pair *p, uint32_t x,
                       zs_net_value *out, zs_err *err)
{
    const float *c;
    uint64_t n;
    zs_layer_spec *layer;
    ZS_TRY(zs_onnx_floats(at->net->draft.arena, p->v[1 - x]->constant, at->place, &c, &n, err));
    ZS_TRY(alike(at, ZS_LAYER_ACT, p->v[x], &layer, out, err));
    layer->act = (zs_act){.active = true,
                          .lo = fn == ZS_FN_MAX ? c[0] : -INFINITY,
                          .hi = fn == ZS_FN_MIN ? c[0] : INFINITY};
    return ZS_OK;
}

/* Before the size of x is known: one value per channel, as the constant's place says. */
static bool is_shift_of_unsized(const zs_net_value *x, const uint32_t dims[], uint32_t rank)
{
    const uint32_t trailing = x->rank == 2 ? 1 : 3;
    for (uint32_t d = 0; d < rank; d++)
        if (dims[d] != 1 && d + trailing != rank)
            return false;
    return true;
}

static zs_status with_constant(const zs_onnx_node *at, zs_function fn, pair *p, uint32_t x,
                               zs_net_value *out, zs_err *err)
{
    const uint32_t c = 1 - x;
    const bool is_affine =
        fn == ZS_FN_ADD || fn == ZS_FN_SUB || fn == ZS_FN_MUL || (fn == ZS_FN_DIV && x == 0);
    const bool is_one = zs_onnx_elems(p->dims[c], p->rank[c]) == 1 && p->rank[c] <= p->v[x]->rank;
    if (!p->v[x]->has_dims) {
        if (is_affine && is_shift_of_unsized(p->v[x], p->dims[c], p->rank[c]))
            return scale_channels(at, fn, p, x, out, err);
        return zs_onnx_dims(at, p->v[x], p->dims[x], &p->rank[x], err);
    }
    if (is_one && (fn == ZS_FN_MIN || fn == ZS_FN_MAX))
        return bound(at, fn, p, x, out, err);
    if (is_affine && is_per_channel(p->v[x], p->dims[c], p->rank[c]))
        return scale_channels(at, fn, p, x, out, err);
    return general_binary(at, fn, p, out, err);
}

zs_status zs_onnx_two_general(const zs_onnx_node *at, zs_function fn, zs_net_value *a,
                              zs_net_value *b, zs_net_value *out, zs_err *err)
{
    pair p = {.v = {a, b}};
    for (uint32_t k = 0; k < 2; k++) {
        ZS_TRY(zs_onnx_unpad(at, p.v[k], err));
        ZS_TRY(zs_onnx_dims(at, p.v[k], p.dims[k], &p.rank[k], err));
    }
    ZS_TRY(zs_onnx_keep_ranks(at, p.v, p.rank, err));
    return general_binary(at, fn, &p, out, err);
}

/* A quotient of integers by 0 is none; of floats it is infinite. */
static zs_status check_divisors(const zs_onnx_node *at, const zs_net_value *divisors, zs_err *err)
{
    const double *data;
    uint64_t n;
    ZS_TRY(zs_onnx_doubles(at, divisors, &data, &n, err));
    for (uint64_t i = 0; i < n; i++)
        if (data[i] == 0)
            return zs_fail(err, ZS_ERANGE, at->place,
                           "divides integers by a constant whose element %llu is 0",
                           (unsigned long long)i);
    return ZS_OK;
}

/* Both operands have one type in the file: what is known of one holds for the other, but for the
 * float constants that operators made of several bring along. */
static bool are_integers(const zs_net_value *a, const zs_net_value *b)
{
    const bool has_floats =
        (a->constant != NULL && !zs_onnx_is_int(a)) || (b->constant != NULL && !zs_onnx_is_int(b));
    return !has_floats && (zs_onnx_is_integer(a) || zs_onnx_is_integer(b));
}

/* Sizes as far as they are known; a constant with rows for all samples becomes that of one, in
 * `rows`. */
static zs_status read_pair(const zs_onnx_node *at, pair *p, zs_net_value rows[2], zs_err *err)
{
    for (uint32_t k = 0; k < 2; k++) {
        ZS_TRY(zs_onnx_unpad(at, p->v[k], err));
        if (p->v[k]->constant != NULL || p->v[k]->has_dims)
            ZS_TRY(zs_onnx_dims(at, p->v[k], p->dims[k], &p->rank[k], err));
    }
    for (uint32_t k = 0; k < 2; k++) {
        if (p->v[k]->constant == NULL || !p->v[1 - k]->has_dims || p->rank[k] != p->rank[1 - k])
            continue;
        rows[k] = *p->v[k];
        p->v[k] = &rows[k];
        ZS_TRY(zs_onnx_take_row(at, &rows[k], err));
        ZS_TRY(zs_onnx_dims(at, &rows[k], p->dims[k], &p->rank[k], err));
    }
    return zs_onnx_keep_ranks(at, p->v, p->rank, err);
}

zs_status zs_onnx_two(const zs_onnx_node *at, zs_function fn, zs_net_value *a, zs_net_value *b,
                      zs_net_value *out, zs_err *err)
{
    pair p = {.v = {a, b}};
    zs_net_value rows[2];
    ZS_TRY(read_pair(at, &p, rows, err));
    const bool is_int = are_integers(a, b);
    const bool has_no_rest = fn == ZS_FN_MOD && (is_int || zs_onnx_attr_int(at, "fmod", 0) == 0);
    if (b->constant != NULL && (has_no_rest || (fn == ZS_FN_DIV && is_int)))
        ZS_TRY(check_divisors(at, b, err));
    const bool is_quotient = fn == ZS_FN_DIV && is_int;
    if (a->constant != NULL && b->constant != NULL)
        return general_binary(at, is_quotient ? ZS_FN_INT_DIV : fn, &p, out, err);
    if (is_quotient && a->has_dims + b->has_dims > 0)
        return general_binary(at, ZS_FN_INT_DIV, &p, out, err);
    if (a->constant != NULL || b->constant != NULL)
        return with_constant(at, fn, &p, a->constant != NULL, out, err);
    if (!a->has_dims || !b->has_dims) {
        if (fn == ZS_FN_ADD)
            return sum_layer(at, &p, out, err);
        return zs_onnx_dims(at, a->has_dims ? b : a, p.dims[0], &p.rank[0], err);
    }
    const bool is_sum = fn == ZS_FN_ADD && p.rank[0] == p.rank[1] &&
                        memcmp(p.dims[0], p.dims[1], p.rank[0] * sizeof p.dims[0][0]) == 0;
    if (is_sum && !same_form(a, b)) {
        ZS_TRY(zs_onnx_settle(at, a, NULL, err));
        ZS_TRY(zs_onnx_settle(at, b, NULL, err));
    }
    return is_sum ? sum_layer(at, &p, out, err) : general_binary(at, fn, &p, out, err);
}

zs_status zs_onnx_scale(const zs_onnx_node *at, zs_net_value *x, double factor, zs_net_value *out,
                        zs_err *err)
{
    float *one = zs_new(at->net->draft.arena, float, 1);
    zs_net_value constant;
    if (one == NULL)
        return zs_nomem(err, "a constant");
    *one = (float)factor;
    ZS_TRY(zs_onnx_new_floats(at, one, NULL, 0, &constant, err));
    zs_net_value from = *x;
    return zs_onnx_two(at, ZS_FN_MUL, &from, &constant, out, err);
}

/* Before opset 7, a second operand of fewer dimensions began at `axis`. */
static zs_status shift_operand(const zs_onnx_node *at, const zs_net_value *a, zs_net_value *b,
                               zs_err *err)
{
    const ZsOnnx__Attribute *axis = zs_onnx_attr(at, "axis");
    uint32_t dims[ZS_RANK_MAX], rank, first;
    zs_net_value from = *b;
    if (axis == NULL || zs_onnx_attr_int(at, "broadcast", 0) == 0)
        return ZS_OK;
    ZS_TRY(zs_onnx_dims(at, b, dims, &rank, err));
    ZS_TRY(zs_onnx_axis(at, axis->i, a->rank, &first, err));
    for (; first + rank < a->rank && rank < ZS_RANK_MAX; rank++)
        dims[rank] = 1;
    return zs_onnx_recount(at, &from, dims, rank, b, err);
}

zs_status zs_onnx_binary(const zs_onnx_node *at, zs_err *err)
{
    zs_net_value *a, *b, y;
    ZS_TRY(zs_onnx_get(at, 0, &a, err));
    ZS_TRY(zs_onnx_get(at, 1, &b, err));
    zs_net_value second = *b;
    ZS_TRY(shift_operand(at, a, &second, err));
    ZS_TRY(zs_onnx_two(at, at->fn, a, second.rank != b->rank ? &second : b, &y, err));
    return zs_onnx_bind(at, 0, &y, err);
}

/* The slope of a channel is stated for the channel dimension and those behind it. */
zs_status zs_onnx_prelu(const zs_onnx_node *at, zs_err *err)
{
    zs_net_value *x, *slope, y;
    const float *slopes;
    uint64_t n;
    ZS_TRY(zs_onnx_get(at, 0, &x, err));
    ZS_TRY(zs_onnx_get(at, 1, &slope, err));
    if (slope->constant == NULL || x->constant != NULL)
        return zs_onnx_binary(at, err);
    ZS_TRY(zs_onnx_floats(at->net->draft.arena, slope->constant, at->place, &slopes, &n, err));
    if (n == 1) {
        zs_general *g = zs_onnx_general(at, ZS_FN_LEAKY_RELU);
        if (g == NULL)
            return zs_nomem(err, "a layer");
        g->p[0] = (double)slopes[0];
        ZS_TRY(unary(at, g, x, &y, err));
        return zs_onnx_bind(at, 0, &y, err);
    }
    uint32_t dims[ZS_RANK_MAX], rank;
    ZS_TRY(zs_onnx_dims(at, slope, dims, &rank, err));
    ZS_TRY(zs_onnx_unpad(at, x, err));
    if (rank == 1 && x->has_dims && x->rank > 2 && dims[0] == x->dims[1] &&
        dims[0] != x->dims[x->rank - 1]) { /* older files: [C], from the channels on */
        for (rank = 1; rank < x->rank - 1; rank++)
            dims[rank] = 1;
        ZS_TRY(zs_onnx_new_floats(at, slopes, dims, rank, slope, err));
    }
    ZS_TRY(zs_onnx_two(at, ZS_FN_PRELU, x, slope, &y, err));
    return zs_onnx_bind(at, 0, &y, err);
}

/* Sum, Min, Max and Mean of any number. Sums of computed values alike are one layer. */
zs_status zs_onnx_sum(const zs_onnx_node *at, zs_err *err)
{
    zs_net_value *x, total, *kept = zs_new(at->net->draft.arena, zs_net_value, at->node->n_input);
    if (kept == NULL)
        return zs_nomem(err, "a value");
    ZS_TRY(zs_onnx_get(at, 0, &x, err));
    bool is_alike = at->fn == ZS_FN_ADD;
    for (size_t i = 0; i < at->node->n_input; i++) {
        zs_net_value *other;
        ZS_TRY(zs_onnx_get(at, i, &other, err));
        is_alike = is_alike && x->constant == NULL && other->constant == NULL &&
                   (!x->has_dims || same_form(x, other));
    }
    if (is_alike && at->node->n_input > 1) {
        const char **in = zs_new(at->net->draft.arena, const char *, at->node->n_input);
        zs_layer_spec *layer;
        if (in == NULL)
            return zs_nomem(err, "a layer's inputs");
        for (size_t i = 0; i < at->node->n_input; i++) {
            zs_net_value *other;
            ZS_TRY(zs_onnx_get(at, i, &other, err));
            ZS_TRY(zs_onnx_unpad(at, other, err));
            in[i] = other->layer;
        }
        ZS_TRY(zs_onnx_new_layer(at, ZS_LAYER_ADD, &layer, err));
        layer->in = in;
        layer->in_n = (uint32_t)at->node->n_input;
        total = *x;
        total.layer = layer->name;
        return zs_onnx_bind(at, 0, &total, err);
    }
    const zs_function fn = at->fn == ZS_FN_R_MEAN ? ZS_FN_ADD : at->fn;
    kept[0] = *x;
    for (size_t i = 1; i < at->node->n_input; i++) {
        zs_net_value *other;
        ZS_TRY(zs_onnx_get(at, i, &other, err));
        ZS_TRY(zs_onnx_two(at, fn, &kept[i - 1], other, &kept[i], err));
    }
    total = kept[at->node->n_input - 1];
    if (at->fn == ZS_FN_R_MEAN)
        ZS_TRY(zs_onnx_scale(at, &total, 1 / (double)at->node->n_input, &total, err));
    return zs_onnx_bind(at, 0, &total, err);
}

zs_status zs_onnx_where(const zs_onnx_node *at, zs_err *err)
{
    zs_net_value *in[3], y;
    uint32_t dims[3][ZS_RANK_MAX], rank[3], part[ZS_RANK_MAX], all[ZS_RANK_MAX], part_rank,
        all_rank;
    const double *x[3];
    uint64_t n, steps[3][ZS_RANK_MAX];
    for (size_t i = 0; i < 3; i++)
        ZS_TRY(zs_onnx_get(at, i, &in[i], err));
    for (size_t i = 0; i < 3; i++) {
        if (in[i]->constant == NULL)
            return zs_onnx_where_computed(at, in, err);
        ZS_TRY(zs_onnx_dims(at, in[i], dims[i], &rank[i], err));
        ZS_TRY(zs_onnx_doubles(at, in[i], &x[i], &n, err));
    }
    ZS_TRY(broadcast(at, dims[0], rank[0], dims[1], rank[1], part, &part_rank, err));
    ZS_TRY(broadcast(at, part, part_rank, dims[2], rank[2], all, &all_rank, err));
    for (size_t i = 0; i < 3; i++)
        operand_steps(in[i], dims[i], rank[i], all_rank, steps[i]);
    n = zs_onnx_elems(all, all_rank);
    ZS_TRY(zs_onnx_fold_room(at, n, err));
    double *out = zs_arena_alloc_raw(at->net->draft.arena, (size_t)n, sizeof *out);
    float *floats = zs_arena_alloc_raw(at->net->draft.arena, (size_t)n, sizeof *floats);
    if (out == NULL || floats == NULL)
        return zs_nomem(err, "a constant");
    for (uint64_t i = 0; i < n; i++) {
        uint64_t rest = i, offset[3] = {0};
        for (uint32_t d = all_rank; d-- > 0; rest /= all[d])
            for (size_t k = 0; k < 3; k++)
                offset[k] += rest % all[d] * steps[k][d];
        out[i] = x[0][offset[0]] != 0 ? x[1][offset[1]] : x[2][offset[2]];
        floats[i] = (float)out[i];
    }
    if (zs_onnx_is_int(in[1]))
        ZS_TRY(zs_onnx_new_ints(at, out, all, all_rank, &y, err));
    else
        ZS_TRY(zs_onnx_new_floats(at, floats, all, all_rank, &y, err));
    return zs_onnx_bind(at, 0, &y, err);
}
