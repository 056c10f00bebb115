#include "import_onnx_priv.h"

#include <math.h>
#include <string.h>

/* QuantizeLinear and DequantizeLinear. Of constants they are worked out. A computed value that is
 * quantised stays a real number, on the steps of its scale, and only DequantizeLinear of the same
 * scale may read it. */

static zs_status read_scale(const zs_onnx_node *at, const float **scale, const double **zero,
                            uint64_t *n, zs_err *err)
{
    zs_net_value *value;
    uint64_t zero_n = 0;
    ZS_TRY(zs_onnx_in_floats(at, 1, scale, n, err));
    *zero = NULL;
    if (zs_onnx_has_input(at, 2)) {
        ZS_TRY(zs_onnx_get(at, 2, &value, err));
        if (value->constant == NULL)
            return zs_fail(err, ZS_EUNSUPPORTED, at->place, "a computed zero point");
        ZS_TRY(zs_onnx_doubles(at, value, zero, &zero_n, err));
        if (zero_n != *n)
            return zs_fail(err, ZS_ESHAPE, at->place, "%llu zero points for %llu scales",
                           (unsigned long long)zero_n, (unsigned long long)*n);
    }
    for (uint64_t i = 0; i < *n; i++)
        if (!((*scale)[i] > 0))
            return zs_fail(err, ZS_ERANGE, at->place, "scale %g is not above 0",
                           (double)(*scale)[i]);
    return ZS_OK;
}

/* Smallest and largest number of the zero point's type; unsigned bytes without one. */
static zs_status read_limits(const zs_onnx_node *at, double *least, double *most, zs_err *err)
{
    enum { UINT8 = 2, INT8, UINT16, INT16 };
    const ZsOnnx__Tensor *tensor = NULL;
    int32_t type = UINT8;
    if (zs_onnx_has_input(at, 2)) {
        ZS_TRY(zs_onnx_in_tensor(at, 2, &tensor, err));
        type = tensor->data_type;
    }
    if (type < UINT8 || type > INT16)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place, "quantises to type %d", (int)type);
    static const double limits[][2] = {{0, 255}, {-128, 127}, {0, 65535}, {-32768, 32767}};
    *least = limits[type - UINT8][0];
    *most = limits[type - UINT8][1];
    return ZS_OK;
}

/* How many elements share a scale before the next one's turn comes. */
static zs_status block_of(const zs_onnx_node *at, const zs_net_value *x, uint64_t n,
                          uint64_t *block, zs_err *err)
{
    uint32_t dims[ZS_RANK_MAX], rank, axis;
    ZS_TRY(zs_onnx_dims(at, x, dims, &rank, err));
    *block = zs_onnx_elems(dims, rank);
    if (n == 1)
        return ZS_OK;
    ZS_TRY(zs_onnx_axis(at, zs_onnx_attr_int(at, "axis", 1), rank, &axis, err));
    if (dims[axis] != n)
        return zs_fail(err, ZS_ESHAPE, at->place, "%llu scales for %u elements of axis %u",
                       (unsigned long long)n, dims[axis], axis);
    *block = zs_onnx_elems(dims + axis + 1, rank - axis - 1);
    return ZS_OK;
}

static zs_status of_constant(const zs_onnx_node *at, zs_net_value *x, bool quantises, zs_err *err)
{
    const float *scale;
    const double *zero, *from;
    uint64_t n, elems, block;
    double least = 0, most = 0;
    uint32_t dims[ZS_RANK_MAX], rank;
    zs_net_value y;
    ZS_TRY(read_scale(at, &scale, &zero, &n, err));
    ZS_TRY(block_of(at, x, n, &block, err));
    ZS_TRY(zs_onnx_dims(at, x, dims, &rank, err));
    ZS_TRY(zs_onnx_doubles(at, x, &from, &elems, err));
    if (quantises)
        ZS_TRY(read_limits(at, &least, &most, err));
    ZS_TRY(zs_onnx_fold_room(at, elems, err));
    double *ints = zs_arena_alloc_raw(at->net->draft.arena, (size_t)elems, sizeof *ints);
    float *floats = zs_arena_alloc_raw(at->net->draft.arena, (size_t)elems, sizeof *floats);
    if (ints == NULL || floats == NULL)
        return zs_nomem(err, "a constant");
    for (uint64_t i = 0; i < elems; i++) {
        const uint64_t k = n == 1 ? 0 : i / block % n;
        const double z = zero != NULL ? zero[k] : 0, s = (double)scale[k];
        const double q = rint(from[i] / s) + z;
        ints[i] = q < least ? least : q > most ? most : q;
        floats[i] = (float)((from[i] - z) * s);
    }
    if (quantises)
        ZS_TRY(zs_onnx_new_ints(at, ints, dims, rank, &y, err));
    else
        ZS_TRY(zs_onnx_new_floats(at, floats, dims, rank, &y, err));
    return zs_onnx_bind(at, 0, &y, err);
}

zs_status zs_onnx_quantize(const zs_onnx_node *at, zs_err *err)
{
    zs_net_value *x, y;
    const float *scale;
    const double *zero;
    uint64_t n;
    double least = 0, most = 0;
    zs_layer_spec *layer;
    ZS_TRY(zs_onnx_get(at, 0, &x, err));
    if (x->constant != NULL)
        return of_constant(at, x, true, err);
    ZS_TRY(read_scale(at, &scale, &zero, &n, err));
    ZS_TRY(read_limits(at, &least, &most, err));
    zs_general *g = zs_onnx_general(at, ZS_FN_STEPS);
    if (g == NULL)
        return zs_nomem(err, "a layer");
    if (n != 1 || !x->has_dims)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "%llu scales of a computed value; one, for all of it, is handled",
                       (unsigned long long)n);
    const double z = zero != NULL ? zero[0] : 0;
    ZS_TRY(zs_onnx_unpad(at, x, err));
    ZS_TRY(zs_onnx_new_layer(at, ZS_LAYER_UNARY, &layer, err));
    ZS_TRY(zs_net_draft_input(&at->net->draft, layer, x->layer, err));
    g->p[0] = (double)scale[0];
    g->p[1] = least - z;
    g->p[2] = most - z;
    g->to = x->shape;
    g->x_elems = zs_shape_elems(x->shape);
    layer->general = g;
    y = *x;
    y.layer = layer->name;
    y.step = scale[0];
    y.zero = z;
    return zs_onnx_bind(at, 0, &y, err);
}

zs_status zs_onnx_dequantize(const zs_onnx_node *at, zs_err *err)
{
    zs_net_value *x, y;
    const float *scale;
    const double *zero;
    uint64_t n;
    ZS_TRY(zs_onnx_get(at, 0, &x, err));
    if (x->constant != NULL)
        return of_constant(at, x, false, err);
    ZS_TRY(read_scale(at, &scale, &zero, &n, err));
    const double z = zero != NULL ? zero[0] : 0;
    if (n != 1 || x->step < scale[0] || x->step > scale[0] || x->zero < z || x->zero > z)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "reads what no QuantizeLinear of the same scale and zero point made");
    y = *x;
    y.step = 0;
    y.zero = 0;
    return zs_onnx_bind(at, 0, &y, err);
}
