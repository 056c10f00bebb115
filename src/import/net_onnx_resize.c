#include "import_onnx_priv.h"

#include <math.h>
#include <string.h>

/* Resize and Upsample: which input elements make an output element, and with which weights. */

/* ---- coordinates ----------------------------------------------------------------------------- */

typedef enum place_rule {
    HALF_PIXEL,
    ASYMMETRIC,
    ALIGN_CORNERS,
    PYTORCH_HALF_PIXEL,
    TF_HALF_PIXEL_FOR_NN
} place_rule;

static const char *const place_rules[] = {"half_pixel", "asymmetric", "align_corners",
                                          "pytorch_half_pixel", "tf_half_pixel_for_nn"};

typedef enum near_rule { ROUND_PREFER_FLOOR, ROUND_PREFER_CEIL, FLOOR, CEIL } near_rule;

static const char *const near_rules[] = {"round_prefer_floor", "round_prefer_ceil", "floor",
                                         "ceil"};

typedef enum blend { NEAREST, LINEAR, CUBIC } blend;

typedef struct resizing {
    place_rule place;
    near_rule near;
    blend blend;
    double cubic_a;
    bool excludes_outside;
    uint32_t in[ZS_RANK_MAX], out[ZS_RANK_MAX], rank;
    double scale[ZS_RANK_MAX];
} resizing;

static double place_of(const resizing *r, uint32_t d, uint32_t o)
{
    const double scale = r->scale[d], out = r->out[d], in = r->in[d];
    switch (r->place) {
    case ASYMMETRIC:
        return o / scale;
    case ALIGN_CORNERS:
        return out > 1 ? o * (in - 1) / (out - 1) : 0;
    case PYTORCH_HALF_PIXEL:
        return out > 1 ? (o + 0.5) / scale - 0.5 : 0;
    case TF_HALF_PIXEL_FOR_NN:
        return (o + 0.5) / scale;
    default:
        return (o + 0.5) / scale - 0.5;
    }
}

static uint32_t within(double at, uint32_t n)
{
    return at <= 0 ? 0 : at >= n - 1 ? n - 1 : (uint32_t)at;
}

static uint32_t nearest(const resizing *r, uint32_t d, uint32_t o)
{
    const double x = place_of(r, d, o);
    const double rounded[] = {ceil(x - 0.5), floor(x + 0.5), floor(x), ceil(x)};
    return within(rounded[r->near], r->in[d]);
}

/* ---- weights --------------------------------------------------------------------------------- */

/* Keys 1981, with the free parameter a. */
static double cubic(double a, double t)
{
    t = fabs(t);
    if (t <= 1)
        return ((a + 2) * t - (a + 3)) * t * t + 1;
    return t < 2 ? ((a * t - 5 * a) * t + 8 * a) * t - 4 * a : 0;
}

static zs_status make_taps(const zs_onnx_node *at, const resizing *r, uint32_t d, uint32_t taps,
                           const uint32_t **tap, const float **weight, zs_err *err)
{
    const size_t n = (size_t)r->out[d] * taps;
    uint32_t *from = zs_arena_alloc_raw(at->net->draft.arena, n, sizeof *from);
    float *w = zs_arena_alloc_raw(at->net->draft.arena, n, sizeof *w);
    if (from == NULL || w == NULL)
        return zs_nomem(err, "a layer");
    for (uint32_t o = 0; o < r->out[d]; o++) {
        const uint32_t before = taps / 2 - 1;
        const double x = place_of(r, d, o), first = floor(x) - before;
        double sum = 0, each[4] = {0};
        for (uint32_t k = 0; k < taps; k++) {
            const double distance = x - (first + k);
            each[k] = taps == 2 ? 1 - fabs(distance) : cubic(r->cubic_a, distance);
            if (r->excludes_outside && (first + k < 0 || first + k > r->in[d] - 1))
                each[k] = 0;
            sum += each[k];
        }
        for (uint32_t k = 0; k < taps; k++) {
            from[o * taps + k] = within(first + k, r->in[d]);
            w[o * taps + k] = (float)(each[k] / (sum > 0 || sum < 0 ? sum : 1));
        }
    }
    *tap = from;
    *weight = w;
    return ZS_OK;
}

/* ---- sizes ----------------------------------------------------------------------------------- */

static zs_status scales_of(const zs_onnx_node *at, size_t input, resizing *r, zs_err *err)
{
    const ZsOnnx__Attribute *attr = zs_onnx_attr(at, "scales");
    const float *scales = attr != NULL ? attr->floats : NULL;
    uint64_t n = attr != NULL ? attr->n_floats : 0;
    if (scales == NULL)
        ZS_TRY(zs_onnx_in_floats(at, input, &scales, &n, err));
    if (n != r->rank)
        return zs_fail(err, ZS_ESHAPE, at->place, "%llu scales for %u dimensions",
                       (unsigned long long)n, r->rank);
    for (uint32_t d = 0; d < r->rank; d++) {
        r->scale[d] = (double)scales[d];
        const double product = (double)((float)r->in[d] * scales[d]); /* as runtimes round it */
        const double size = floor(product);
        if (!(r->scale[d] > 0) || !(size >= 1) || !(size <= 65535))
            return zs_fail(err, ZS_ERANGE, at->place, "dimension %u of %u times %g", d, r->in[d],
                           r->scale[d]);
        if (r->place == ALIGN_CORNERS && size < product)
            return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                           "align_corners with %u times %g, which is no whole number: what the "
                           "corners are then, programs do not agree on",
                           r->in[d], r->scale[d]);
        r->out[d] = (uint32_t)size;
    }
    return ZS_OK;
}

static bool has_elements(const zs_onnx_node *at, size_t i)
{
    const zs_net_value *value =
        zs_onnx_has_input(at, i) ? zs_net_draft_get(&at->net->draft, at->node->input[i]) : NULL;
    if (value == NULL)
        return false;
    const ZsOnnx__Tensor *tensor = value->constant;
    return tensor == NULL || tensor->n_dims == 0 || tensor->dims[0] != 0;
}

static zs_status read_sizes(const zs_onnx_node *at, const zs_net_value *x, resizing *r, zs_err *err)
{
    const bool is_old = at->net->opset < 11; /* inputs X, scales; later X, roi, scales, sizes */
    int64_t sizes[ZS_RANK_MAX];
    size_t n;
    bool is_given;
    if (!is_old && has_elements(at, 2) && has_elements(at, 3))
        return zs_fail(err, ZS_EPARSE, at->place, "has both scales and sizes");
    if (is_old || has_elements(at, 2))
        return scales_of(at, is_old ? 1 : 2, r, err);
    ZS_TRY(zs_onnx_list(at, 3, NULL, sizes, ZS_RANK_MAX, &n, &is_given, err));
    if (n != r->rank)
        return zs_fail(err, ZS_ESHAPE, at->place, "%zu sizes for %u dimensions", n, r->rank);
    if (n > 0)
        sizes[0] = zs_onnx_of_sample(at, x, sizes[0]);
    for (uint32_t d = 0; d < r->rank; d++) {
        if (sizes[d] < 1 || sizes[d] > 65535)
            return zs_fail(err, ZS_ERANGE, at->place, "size %lld of dimension %u",
                           (long long)sizes[d], d);
        r->out[d] = (uint32_t)sizes[d];
        r->scale[d] = (double)sizes[d] / r->in[d];
    }
    return ZS_OK;
}

static zs_status read_rules(const zs_onnx_node *at, resizing *r, zs_err *err)
{
    static const char *const blends[] = {"nearest", "linear", "bilinear", "cubic"};
    const bool is_old = at->net->opset < 11;
    uint32_t place, near, how;
    ZS_TRY(zs_onnx_attr_choice(at, "mode", blends, is_old ? 3 : 4, NEAREST, &how, err));
    ZS_TRY(zs_onnx_attr_choice(at, "coordinate_transformation_mode", place_rules,
                               ZS_LEN(place_rules), is_old ? ASYMMETRIC : HALF_PIXEL, &place, err));
    ZS_TRY(zs_onnx_attr_choice(at, "nearest_mode", near_rules, ZS_LEN(near_rules),
                               is_old ? FLOOR : ROUND_PREFER_FLOOR, &near, err));
    r->blend = how == 0 ? NEAREST : how == 3 ? CUBIC : LINEAR;
    r->place = (place_rule)place;
    r->near = (near_rule)near;
    r->cubic_a = zs_onnx_attr_float(at, "cubic_coeff_a", -0.75);
    r->excludes_outside = zs_onnx_attr_int(at, "exclude_outside", 0) != 0;
    return ZS_OK;
}

/* ---- the operator ---------------------------------------------------------------------------- */

static zs_status by_nearest(const zs_onnx_node *at, const resizing *r, zs_net_value *x, zs_err *err)
{
    zs_general *g = zs_onnx_general(at, ZS_FN_NONE);
    uint64_t strides[ZS_RANK_MAX];
    zs_net_value y;
    if (g == NULL)
        return zs_nomem(err, "a layer");
    zs_onnx_value_strides(x, r->in, r->rank, strides);
    g->rank = r->rank;
    for (uint32_t d = 0; d < r->rank; d++) {
        int64_t *table = zs_onnx_table(at, r->out[d], 0, 0);
        if (table == NULL)
            return zs_nomem(err, "a layer");
        for (uint32_t o = 0; o < r->out[d]; o++)
            table[o] = (int64_t)(nearest(r, d, o) * strides[d]);
        g->dims[d] = r->out[d];
        g->tables[d] = table;
    }
    ZS_TRY(zs_onnx_emit(at, ZS_LAYER_REARRANGE, g, (zs_net_value *const[]){x}, 1, r->out, r->rank,
                        &y, err));
    return zs_onnx_bind(at, 0, &y, err);
}

static zs_status by_blending(const zs_onnx_node *at, resizing *r, zs_net_value *x, zs_err *err)
{
    zs_general *g = zs_onnx_general(at, ZS_FN_NONE);
    zs_net_value y;
    if (g == NULL)
        return zs_nomem(err, "a layer");
    if (r->rank < 2)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place, "%u dimensions are interpolated", r->rank);
    const uint32_t rows = r->rank - 2, cols = r->rank - 1;
    for (uint32_t d = 0; d < rows; d++)
        if (r->in[d] != r->out[d])
            return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                           "interpolates dimension %u; only the last two are handled", d);
    ZS_TRY(zs_onnx_order(at, x, err));
    if (r->rank == 2)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place, "needs 3 or 4 dimensions, not 2");
    if (r->rank == 3) /* rows of a one-dimensional map are channels, which stay */
        if (r->in[1] != r->out[1])
            return zs_fail(err, ZS_EUNSUPPORTED, at->place, "interpolates channels");
    g->taps = r->blend == LINEAR ? 2 : 4;
    g->in_h = r->rank == 3 ? 1 : r->in[rows];
    g->in_w = r->in[cols];
    if (r->rank == 3)
        r->in[rows] = r->out[rows] = 1;
    ZS_TRY(make_taps(at, r, rows, g->taps, &g->tap_y, &g->weight_y, err));
    ZS_TRY(make_taps(at, r, cols, g->taps, &g->tap_x, &g->weight_x, err));
    if (r->rank == 3)
        r->out[rows] = x->dims[rows];
    ZS_TRY(zs_onnx_emit(at, ZS_LAYER_RESIZE, g, (zs_net_value *const[]){x}, 1, r->out, r->rank, &y,
                        err));
    return zs_onnx_bind(at, 0, &y, err);
}

zs_status zs_onnx_resize(const zs_onnx_node *at, zs_err *err)
{
    resizing r;
    zs_net_value *x;
    memset(&r, 0, sizeof r);
    ZS_TRY(zs_onnx_get(at, 0, &x, err));
    ZS_TRY(zs_onnx_unpad(at, x, err));
    ZS_TRY(zs_onnx_dims(at, x, r.in, &r.rank, err));
    ZS_TRY(read_rules(at, &r, err));
    if (zs_onnx_elems(r.in, r.rank) == 0 || r.rank == 0)
        return zs_fail(err, ZS_ESHAPE, at->place, "the input has no elements");
    ZS_TRY(read_sizes(at, x, &r, err));
    ZS_TRY(zs_onnx_keep_batch(at, x->constant == NULL && r.out[0] != r.in[0], err));
    if (x->constant != NULL && r.blend != NEAREST)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place, "constants are not interpolated");
    return r.blend == NEAREST ? by_nearest(at, &r, x, err) : by_blending(at, &r, x, err);
}
