#include "import_tflite_priv.h"

#include <math.h>
#include <string.h>

/* Rows or columns of integers that are interpolated: two inputs each and their weights, in 1024ths,
 * of unsigned bytes in single precision (ResizeBilinearInteger and ResizeBilinear of
 * kernels/internal/reference/resize_bilinear.h). */
static zs_status make_taps(const zs_tfl_op *at, const zs_tfl_tensor *x, const zs_tfl_tensor *y,
                           uint32_t axis, bool is_aligned, bool is_half, const uint32_t **taps,
                           const float **weights, zs_err *err)
{
    const int32_t in = (int32_t)x->dims[axis], out = (int32_t)y->dims[axis];
    const bool reaches_end = is_aligned && out > 1;
    uint32_t *tap = zs_arena_alloc_raw(at->net->graph.draft.arena, 2 * (size_t)out, sizeof *tap);
    float *weight = zs_arena_alloc_raw(at->net->graph.draft.arena, 2 * (size_t)out, sizeof *weight);
    if (tap == NULL || weight == NULL)
        return zs_nomem(err, "a layer");
    const int64_t step = reaches_end ? ((int64_t)1024 * (in - 1) + (out - 1) / 2) / (out - 1)
                                     : ((int64_t)1024 * in + out / 2) / out;
    const float scale = reaches_end ? (float)(in - 1) / (float)(out - 1) : (float)in / (float)out;
    for (int32_t o = 0; o < out; o++) {
        const int64_t fixed = o * step + (is_half ? step / 2 - 512 : 0);
        const float real = is_half ? ((float)o + 0.5f) * scale - 0.5f : (float)o * scale;
        const bool is_byte = x->type == ZS_TFL_UINT8;
        const int64_t low = is_byte ? (int64_t)floorf(real) : fixed / 1024;
        const int64_t high = is_byte ? (int64_t)ceilf(real) : (fixed + 1023) / 1024;
        const uint32_t first = low > 0 ? (uint32_t)low : 0;
        tap[2 * o] = first;
        tap[2 * o + 1] = high < in ? (uint32_t)(high > 0 ? high : 0) : (uint32_t)in - 1;
        const float part =
            is_byte ? real - (float)first : (float)(fixed - 1024 * (int64_t)first) / 1024;
        weight[2 * o] = 1 - part;
        weight[2 * o + 1] = part;
    }
    *taps = tap;
    *weights = weight;
    return ZS_OK;
}

static zs_status blend_integers(const zs_tfl_op *at, const zs_tfl_tensor *x, const zs_tfl_tensor *y,
                                bool is_aligned, bool is_half, const char *made, zs_err *err)
{
    zs_layer_spec *layer = zs_tfl_layer(at, made);
    zs_general *g = zs_new(at->net->graph.draft.arena, zs_general, 1);
    zs_layer_quant *quant;
    if (at->net->rounding == ZS_ROUND_FLOAT)
        return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place,
                       "integers are interpolated by rule double or single of network.rounding");
    if (g == NULL)
        return zs_nomem(err, "a layer");
    if (layer == NULL || layer->op != ZS_LAYER_RESIZE)
        return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place, "interpolates nothing");
    *g = *layer->general;
    ZS_TRY(make_taps(at, x, y, 1, is_aligned, is_half, &g->tap_y, &g->weight_y, err));
    ZS_TRY(make_taps(at, x, y, 2, is_aligned, is_half, &g->tap_x, &g->weight_x, err));
    layer->general = g;
    ZS_TRY(zs_tfl_quant(at, y, 0, NULL, 0, &quant, err));
    layer->quant = quant;
    return ZS_OK;
}

/* RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR: at->onnx is the mode. */
zs_status zs_tfl_resize(const zs_tfl_op *at, zs_err *err)
{
    const bool is_nearest = strcmp(at->onnx, "nearest") == 0;
    const uint32_t first = is_nearest ? 0 : 2; /* two fields of old versions in front */
    const bool is_aligned = zs_flat_int(&at->options, first, 1, false, 0) != 0;
    const bool is_half = zs_flat_int(&at->options, first + 1, 1, false, 0) != 0;
    const zs_tfl_tensor *x, *y;
    const char *map, *sizes, *made;
    zs_lower_op op;
    ZS_TRY(zs_tfl_ends(at, &x, &y, err));
    if (x->rank != 4 || y->rank != 4 || (zs_tfl_is_int(x) && !zs_tfl_same_scale(x, y)))
        return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place,
                       "makes %u dimensions of type %lld; maps are handled, of integers in the "
                       "same scale",
                       y->rank, (long long)y->type);
    ZS_TRY(zs_tfl_to_map(at, x, &map, err));
    const int64_t want[4] = {1, x->dims[3], y->dims[1], y->dims[2]};
    ZS_TRY(zs_lower_list(&at->lower, want, 4, &sizes, err));
    zs_lower_begin(&op, &at->lower, "Resize", map);
    zs_lower_in(&op, NULL);
    zs_lower_in(&op, NULL);
    zs_lower_in(&op, sizes);
    zs_lower_text(&op, "mode", is_nearest ? "nearest" : "linear");
    zs_lower_text(&op, "coordinate_transformation_mode",
                  is_aligned   ? "align_corners"
                  : !is_half   ? "asymmetric"
                  : is_nearest ? "tf_half_pixel_for_nn"
                               : "half_pixel");
    if (is_nearest)
        zs_lower_text(&op, "nearest_mode", is_aligned ? "round_prefer_ceil" : "floor");
    ZS_TRY(zs_lower_end(&op, NULL, &made, err));
    if (zs_tfl_is_int(x) && !is_nearest)
        ZS_TRY(blend_integers(at, x, y, is_aligned, is_half, made, err));
    return zs_tfl_from_map(at, made, y, err);
}
