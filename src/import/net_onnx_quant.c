#include "import_onnx_priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* QuantizeLinear, DequantizeLinear and the operators that have both within. Of constants they are
 * worked out. A computed value that is quantised stays a real number on the steps of its scale
 * until something reads its integers; what reads them must know the same scale. */

zs_number zs_onnx_number(double scale, double zero, double lo, double hi)
{
    zs_number n = {.scale = scale};
    n.offset = lo >= 0 && hi > 127 && hi <= 255 ? 128 : 0;
    n.zero = (int32_t)zero - n.offset;
    /* less their zero they are integers of 32 bits, too */
    n.lo = (int32_t)fmax(lo, INT32_MIN + zero) - n.offset;
    n.hi = (int32_t)fmin(hi, INT32_MAX + zero) - n.offset;
    for (n.bits = 1; n.bits < 32 && ldexp(1, n.bits) < hi - lo + 1;)
        n.bits++;
    return n;
}

zs_layer_quant *zs_onnx_quantiser(const zs_onnx_node *at, zs_number out)
{
    zs_layer_quant *quant = zs_new(at->net->draft.arena, zs_layer_quant, 1);
    if (quant != NULL)
        *quant = (zs_layer_quant){.out = out,
                                  .is_real = true,
                                  .channels = 1,
                                  .least = -(double)INFINITY,
                                  .most = (double)INFINITY};
    return quant;
}

/* `n` doubles; of one number when `from` has one. */
const double *zs_onnx_spread(const zs_onnx_node *at, const float *from, uint64_t n, uint64_t want)
{
    double *x = zs_arena_alloc_raw(at->net->draft.arena, (size_t)want, sizeof *x);
    for (uint64_t i = 0; x != NULL && i < want; i++)
        x[i] = (double)from[n == 1 ? 0 : i];
    return x;
}

zs_status zs_onnx_quantise_layer(const zs_onnx_node *at, zs_net_value *x,
                                 const zs_layer_quant *quant, zs_net_value *y, zs_err *err)
{
    zs_layer_spec *layer;
    if (quant == NULL)
        return zs_nomem(err, "a quantiser");
    ZS_TRY(zs_onnx_unpad(at, x, err));
    if (quant->channels > 1)
        ZS_TRY(zs_onnx_settle(at, x, NULL, err));
    ZS_TRY(zs_onnx_new_layer(at, ZS_LAYER_QUANTISE, &layer, err));
    ZS_TRY(zs_net_draft_input(&at->net->draft, layer, x->layer, err));
    layer->quant = quant;
    *y = *x;
    y->layer = layer->name;
    y->is_raw = false;
    y->step = 0;
    y->zero = 0;
    return ZS_OK;
}

/* ---- scales and zero points ------------------------------------------------------------------ */

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
        if (zero_n != *n && zero_n != 1)
            return zs_fail(err, ZS_ESHAPE, at->place, "%llu zero points for %llu scales",
                           (unsigned long long)zero_n, (unsigned long long)*n);
        if (zero_n != *n) {
            double *all = zs_arena_alloc_raw(at->net->draft.arena, (size_t)*n, sizeof *all);
            for (uint64_t i = 0; all != NULL && i < *n; i++)
                all[i] = (*zero)[0];
            *zero = all;
            if (all == NULL)
                return zs_nomem(err, "zero points");
        }
    }
    for (uint64_t i = 0; i < *n; i++)
        if (!((*scale)[i] > 0) || !((*scale)[i] <= 3e38f))
            return zs_fail(err, ZS_ERANGE, at->place, "scale %g is not above 0",
                           (double)(*scale)[i]);
    return ZS_OK;
}

enum { /* types of TensorProto */
       TYPE_UINT8 = 2,
       TYPE_INT8,
       TYPE_UINT16,
       TYPE_INT16,
       TYPE_INT32 = 6,
       TYPE_INT64,
       TYPE_UINT32 = 12,
       TYPE_UINT64,
       TYPE_UINT4 = 21,
       TYPE_INT4
};

bool zs_onnx_int_limits(int32_t type, double *least, double *most)
{
    static const struct {
        int32_t type;
        double least, most;
    } rows[] = {
        {TYPE_UINT8, 0, 255},
        {TYPE_INT8, -128, 127},
        {TYPE_UINT16, 0, 65535},
        {TYPE_INT16, -32768, 32767},
        {TYPE_INT32, INT32_MIN, INT32_MAX},
        {TYPE_INT64, -9007199254740992.0, 9007199254740992.0},
        {TYPE_UINT32, 0, UINT32_MAX},
        {TYPE_UINT64, 0, 9007199254740992.0},
        {TYPE_UINT4, 0, 15},
        {TYPE_INT4, -8, 7},
    };
    for (size_t i = 0; i < ZS_LEN(rows); i++)
        if (rows[i].type == type) {
            *least = rows[i].least;
            *most = rows[i].most;
            return true;
        }
    return false;
}

/* Those of the zero point's type, else of that which is stated; unsigned bytes without either. */
static zs_status read_limits(const zs_onnx_node *at, double *least, double *most, zs_err *err)
{
    const ZsOnnx__Tensor *tensor = NULL;
    const int64_t stated = zs_onnx_attr_int(at, "output_dtype", 0);
    int64_t type = stated != 0 ? stated : TYPE_UINT8;
    if (zs_onnx_has_input(at, 2)) {
        ZS_TRY(zs_onnx_in_tensor(at, 2, &tensor, err));
        type = tensor->data_type;
    }
    if (type < 0 || type > TYPE_INT4 || !zs_onnx_int_limits((int32_t)type, least, most) ||
        *most > UINT16_MAX)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "quantises to type %lld; integers of 4, 8 and 16 bits are handled",
                       (long long)type);
    return ZS_OK;
}

/* Which scale element i has: the tensor is [outer][along][inner], `step` of `along` share one. */
typedef struct scale_map {
    uint64_t along, inner, step, blocks;
    bool has_inner; /* scales are [outer][blocks][inner], else [along] */
} scale_map;

static uint64_t scale_at(const scale_map *m, uint64_t i)
{
    const uint64_t along = i / m->inner % m->along;
    return !m->has_inner
               ? along
               : (i / m->inner / m->along * m->blocks + along / m->step) * m->inner + i % m->inner;
}

static zs_status map_scales(const zs_onnx_node *at, const zs_net_value *x, uint64_t n, scale_map *m,
                            zs_err *err)
{
    uint32_t dims[ZS_RANK_MAX], rank, axis;
    const int64_t step = zs_onnx_attr_int(at, "block_size", 0);
    ZS_TRY(zs_onnx_dims(at, x, dims, &rank, err));
    *m = (scale_map){.along = 1, .inner = zs_onnx_elems(dims, rank) + 1, .step = 1, .blocks = 1};
    if (n == 1 && step == 0)
        return ZS_OK;
    ZS_TRY(zs_onnx_axis(at, zs_onnx_attr_int(at, "axis", 1), rank, &axis, err));
    m->along = dims[axis];
    m->inner = zs_onnx_elems(dims + axis + 1, rank - axis - 1);
    m->has_inner = step > 0;
    m->step = step > 0 ? (uint64_t)step : 1;
    m->blocks = (m->along + m->step - 1) / m->step;
    const uint64_t outer = zs_onnx_elems(dims, axis);
    const uint64_t want = step > 0 ? outer * m->blocks * m->inner : m->along;
    if (step < 0 || want != n)
        return zs_fail(err, ZS_ESHAPE, at->place,
                       "%llu scales for %u elements of axis %u in blocks of %lld",
                       (unsigned long long)n, dims[axis], axis, (long long)(step != 0 ? step : 1));
    return ZS_OK;
}

static zs_status of_constant(const zs_onnx_node *at, zs_net_value *x, bool quantises, zs_err *err)
{
    const float *scale;
    const double *zero, *from;
    uint64_t n, elems;
    scale_map map;
    double least = 0, most = 0;
    uint32_t dims[ZS_RANK_MAX], rank;
    zs_net_value y;
    ZS_TRY(read_scale(at, &scale, &zero, &n, err));
    ZS_TRY(map_scales(at, x, n, &map, err));
    ZS_TRY(zs_onnx_dims(at, x, dims, &rank, err));
    ZS_TRY(zs_onnx_doubles(at, x, &from, &elems, err));
    if (quantises)
        ZS_TRY(read_limits(at, &least, &most, err));
    ZS_TRY(zs_onnx_fold_room(at, elems, err));
    double *ints = NULL;
    float *floats = NULL;
    if (quantises)
        ints = zs_arena_alloc_raw(at->net->draft.arena, (size_t)elems, sizeof *ints);
    else
        floats = zs_arena_alloc_raw(at->net->draft.arena, (size_t)elems, sizeof *floats);
    if (ints == NULL && floats == NULL)
        return zs_nomem(err, "a constant");
    for (uint64_t i = 0; i < elems; i++) {
        const uint64_t k = scale_at(&map, i);
        const double z = zero != NULL ? zero[k] : 0, s = (double)scale[k];
        if (floats != NULL) {
            floats[i] = (float)((from[i] - z) * s);
        } else {
            const double q = rint(from[i] / s) + z;
            ints[i] = q < least ? least : q > most ? most : q;
        }
    }
    if (quantises)
        ZS_TRY(zs_onnx_new_ints(at, ints, dims, rank, &y, err));
    else
        ZS_TRY(zs_onnx_new_floats(at, floats, dims, rank, &y, err));
    if (!map.has_inner)
        y.grid = (zs_weight_grid){.scale = scale, .scale_n = (uint32_t)n};
    return zs_onnx_bind(at, 0, &y, err);
}

/* Scales of a computed value: one, or one for each channel. */
static zs_status check_scales(const zs_onnx_node *at, const zs_net_value *x, uint64_t n,
                              zs_err *err)
{
    if (zs_onnx_attr_int(at, "block_size", 0) != 0)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "scales by blocks of a computed value; those of constants are handled");
    if (n == 1)
        return ZS_OK;
    const int64_t axis = zs_onnx_attr_int(at, "axis", 1);
    if (!x->has_dims || x->rank < 2 || x->rank > 4 || (axis != 1 && axis + x->rank != 1) ||
        x->dims[1] != n)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "%llu scales of a computed value; one for all of it, or one for each "
                       "channel, are handled",
                       (unsigned long long)n);
    return ZS_OK;
}

zs_status zs_onnx_quantize(const zs_onnx_node *at, zs_err *err)
{
    zs_net_value *x, y;
    const float *scale;
    const double *zero;
    uint64_t n;
    double least = 0, most = 0;
    ZS_TRY(zs_onnx_get(at, 0, &x, err));
    if (x->constant != NULL)
        return of_constant(at, x, true, err);
    ZS_TRY(read_scale(at, &scale, &zero, &n, err));
    ZS_TRY(read_limits(at, &least, &most, err));
    ZS_TRY(check_scales(at, x, n, err));
    for (uint64_t i = 1; zero != NULL && i < n; i++)
        if (zero[i] < zero[0] || zero[i] > zero[0])
            return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                           "zero points that differ by channel, of a computed value");
    const double z = zero != NULL ? zero[0] : 0;
    zs_layer_quant *quant = zs_onnx_quantiser(at, zs_onnx_number((double)scale[0], z, least, most));
    if (quant == NULL || (quant->divisor = zs_onnx_spread(at, scale, n, n)) == NULL)
        return zs_nomem(err, "a quantiser");
    quant->channels = (uint32_t)n;
    ZS_TRY(zs_onnx_quantise_layer(at, x, quant, &y, err));
    y.step = scale[0];
    y.steps = n > 1 ? scale : NULL;
    y.zero = z;
    y.least = least;
    y.most = most;
    return zs_onnx_bind(at, 0, &y, err);
}

/* (x - zero) * scale, one of each for each channel. */
static zs_status shift_and_scale(const zs_onnx_node *at, zs_net_value *x, const double *zero,
                                 const float *scale, uint32_t n, zs_net_value *y, zs_err *err)
{
    zs_net_value constant, shifted;
    uint32_t dims[ZS_RANK_MAX];
    float *zeros = zs_arena_alloc_raw(at->net->draft.arena, n, sizeof *zeros);
    if (zeros == NULL)
        return zs_nomem(err, "zero points");
    for (uint32_t i = 0; i < n; i++)
        zeros[i] = zero != NULL ? (float)zero[i] : 0;
    dims[0] = n;
    for (uint32_t d = 1; d < x->rank - 1; d++)
        dims[d] = 1;
    ZS_TRY(zs_onnx_new_floats(at, zeros, dims, x->rank - 1, &constant, err));
    zs_net_value from = *x;
    from.is_raw = false;
    ZS_TRY(zs_onnx_two(at, ZS_FN_SUB, &from, &constant, &shifted, err));
    ZS_TRY(zs_onnx_new_floats(at, scale, dims, x->rank - 1, &constant, err));
    return zs_onnx_two(at, ZS_FN_MUL, &shifted, &constant, y, err);
}

/* Integers that a quantiser of the same scale made are the real numbers already; those of an input
 * of the network, or of sums, become real numbers. */
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
    ZS_TRY(check_scales(at, x, n, err));
    const double z = zero != NULL ? zero[0] : 0;
    if (x->step > 0) {
        bool is_same = !(x->step < scale[0]) && !(x->step > scale[0]) && !(x->zero < z) &&
                       !(x->zero > z) && (n == 1) == (x->steps == NULL);
        for (uint64_t i = 1; is_same && i < n; i++)
            is_same = !(x->steps[i] < scale[i]) && !(x->steps[i] > scale[i]);
        if (is_same) {
            y = *x;
            y.step = 0;
            y.steps = NULL;
            y.zero = 0;
            return zs_onnx_bind(at, 0, &y, err);
        }
        ZS_TRY(zs_onnx_codes(at, x, err));
    }
    if (n != 1) {
        ZS_TRY(shift_and_scale(at, x, zero, scale, (uint32_t)n, &y, err));
        return zs_onnx_bind(at, 0, &y, err);
    }
    double least = INT32_MIN, most = INT32_MAX;
    if (x->is_raw) {
        least = x->least;
        most = x->most;
    }
    zs_layer_quant *quant = zs_onnx_quantiser(at, zs_onnx_number((double)scale[0], z, least, most));
    double *addend = zs_new(at->net->draft.arena, double, 1);
    if (quant == NULL || addend == NULL)
        return zs_nomem(err, "a quantiser");
    *addend = -z;
    quant->addend = addend;
    ZS_TRY(zs_onnx_quantise_layer(at, x, quant, &y, err));
    return zs_onnx_bind(at, 0, &y, err);
}

/* The integers of a quantised value, where they are what is meant. */
zs_status zs_onnx_codes(const zs_onnx_node *at, zs_net_value *x, zs_err *err)
{
    zs_net_value y;
    if (!(x->step > 0) || x->constant != NULL)
        return ZS_OK;
    if (x->steps != NULL)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "reads the integers of a value that has a scale for each channel");
    zs_layer_quant *quant = zs_onnx_quantiser(at, zs_onnx_number(1, 0, x->least, x->most));
    double *addend = zs_new(at->net->draft.arena, double, 1);
    if (quant == NULL || addend == NULL ||
        (quant->divisor = zs_onnx_spread(at, &x->step, 1, 1)) == NULL)
        return zs_nomem(err, "a quantiser");
    *addend = x->zero;
    quant->addend = addend;
    ZS_TRY(zs_onnx_quantise_layer(at, x, quant, &y, err));
    y.is_raw = true;
    *x = y;
    return ZS_OK;
}

/* ---- operators on integers ------------------------------------------------------------------- */

/* A node of the real numbers' operators, with names of its own between. */
typedef struct inner {
    ZsOnnx__Node node;
    char **in, *out[1];
} inner;

static zs_status run_inner(const zs_onnx_node *at, const char *op, const char *const *in,
                           size_t in_n, const char *out, ZsOnnx__Attribute **attrs, size_t attr_n,
                           zs_err *err)
{
    inner *n = zs_new(at->net->draft.arena, inner, 1);
    if (n == NULL || (n->in = zs_new(at->net->draft.arena, char *, in_n)) == NULL)
        return zs_nomem(err, "a node");
    zs_onnx__node__init(&n->node);
    for (size_t i = 0; i < in_n; i++)
        n->in[i] = (char *)in[i];
    n->out[0] = (char *)out;
    n->node.input = n->in;
    n->node.n_input = in_n;
    n->node.output = n->out;
    n->node.n_output = 1;
    n->node.name = at->node->name;
    n->node.op_type = (char *)op;
    n->node.attribute = attrs;
    n->node.n_attribute = attr_n;
    zs_onnx_node with = *at;
    with.node = &n->node;
    return zs_onnx_op(&with, err);
}

static const char *inner_name(const zs_onnx_node *at, const char *what)
{
    return zs_arena_printf(at->net->draft.arena, "%s %s", at->node->output[0], what);
}

static const char *input_name(const zs_onnx_node *at, uint32_t i)
{
    return zs_onnx_has_input(at, i) ? at->node->input[i] : "";
}

static zs_status scale_node(const zs_onnx_node *at, const char *op, const char *x,
                            const char *scale, const char *zero, int64_t axis, const char *out,
                            zs_err *err)
{
    const char *const in[3] = {x, scale, zero};
    ZsOnnx__Attribute *attr = zs_new(at->net->draft.arena, ZsOnnx__Attribute, 1);
    ZsOnnx__Attribute **list = zs_new(at->net->draft.arena, ZsOnnx__Attribute *, 1);
    if (attr == NULL || list == NULL || out == NULL)
        return zs_nomem(err, "a node");
    zs_onnx__attribute__init(attr);
    attr->name = (char *)"axis";
    attr->has_i = true;
    attr->i = axis;
    list[0] = attr;
    return run_inner(at, op, in, zero[0] != '\0' ? 3 : 2, out, list, 1, err);
}

/* The twin of an operator: x, scale, zero point of one or two operands, scale and zero point of the
 * result. Convolutions count channels of weights from axis 0, products of matrices from 1. */
static const struct twin {
    const char *op, *of;
    uint8_t operand_n, operand[2], out_scale;
    bool keeps_attrs;
    int8_t axis, bias;
} twins[] = {
    {"QLinearConv", "Conv", 2, {0, 3}, 6, true, 0, 8},
    {"QLinearMatMul", "MatMul", 2, {0, 3}, 6, false, 1, -1},
    {"QGemm", "Gemm", 2, {0, 3}, 7, true, 1, 6},
    {"QLinearAdd", "Add", 2, {0, 3}, 6, false, 1, -1},
    {"QLinearMul", "Mul", 2, {0, 3}, 6, false, 1, -1},
    {"QLinearLeakyRelu", "LeakyRelu", 1, {0}, 3, true, 1, -1},
    {"QLinearSigmoid", "Sigmoid", 1, {0}, 3, false, 1, -1},
    {"QLinearGlobalAveragePool", "GlobalAveragePool", 1, {0}, 3, false, 1, -1},
    {"QLinearAveragePool", "AveragePool", 1, {0}, 3, true, 1, -1},
};

/* int32 biases times the scales of input and weights. */
static zs_status bias_of(const zs_onnx_node *at, const struct twin *t, const char *name,
                         zs_err *err)
{
    const float *x, *w, *bias;
    uint64_t x_n, w_n, n;
    ZS_TRY(zs_onnx_in_floats(at, t->operand[0] + 1, &x, &x_n, err));
    ZS_TRY(zs_onnx_in_floats(at, t->operand[1] + 1, &w, &w_n, err));
    ZS_TRY(zs_onnx_in_floats(at, (size_t)t->bias, &bias, &n, err));
    if (x_n != 1 || (w_n != 1 && w_n != n))
        return zs_fail(err, ZS_ESHAPE, at->place, "%llu scales of weights for %llu biases",
                       (unsigned long long)w_n, (unsigned long long)n);
    float *real = zs_arena_alloc_raw(at->net->draft.arena, (size_t)n, sizeof *real);
    if (real == NULL)
        return zs_nomem(err, "biases");
    for (uint64_t i = 0; i < n; i++)
        real[i] = (float)((double)bias[i] * (double)x[0] * (double)w[w_n == 1 ? 0 : i]);
    zs_net_value value;
    const uint32_t dims[1] = {(uint32_t)n};
    ZS_TRY(zs_onnx_new_floats(at, real, dims, 1, &value, err));
    ZS_TRY(zs_net_draft_value(&at->net->draft, name, NULL, 1, err));
    *zs_net_draft_get(&at->net->draft, name) = value;
    return ZS_OK;
}

zs_status zs_onnx_qlinear(const zs_onnx_node *at, zs_err *err)
{
    const struct twin *t = twins;
    while (strcmp(t->op, at->node->op_type) != 0)
        t++;
    static const char *const what[2] = {"x", "w"};
    const char *in[3] = {"", "", ""};
    size_t in_n = t->operand_n;
    for (uint8_t i = 0; i < t->operand_n && i < ZS_LEN(what); i++) {
        const uint32_t first = t->operand[i];
        in[i] = inner_name(at, what[i]);
        const int64_t axis = i == 0 ? 1 : zs_onnx_attr_int(at, "transB", 0) != 0 ? 0 : t->axis;
        ZS_TRY(scale_node(at, "DequantizeLinear", input_name(at, first), input_name(at, first + 1),
                          input_name(at, first + 2), axis, in[i], err));
    }
    if (t->bias >= 0 && zs_onnx_has_input(at, (size_t)t->bias)) {
        in[in_n] = inner_name(at, "b");
        if (in[in_n] == NULL)
            return zs_nomem(err, "a name");
        ZS_TRY(bias_of(at, t, in[in_n++], err));
    }
    const bool is_real = !zs_onnx_has_input(at, t->out_scale);
    const char *y = is_real ? at->node->output[0] : inner_name(at, "y");
    if (y == NULL)
        return zs_nomem(err, "a name");
    ZS_TRY(run_inner(at, t->of, in, (size_t)zs_min_u64(in_n, ZS_LEN(in)), y, at->node->attribute,
                     t->keeps_attrs ? at->node->n_attribute : 0, err));
    if (is_real)
        return ZS_OK;
    return scale_node(at, "QuantizeLinear", y, input_name(at, t->out_scale),
                      input_name(at, t->out_scale + 1u), 1, at->node->output[0], err);
}

/* Scale and zero point of the result, then value, scale and zero point of each part. */
zs_status zs_onnx_qlinear_concat(const zs_onnx_node *at, zs_err *err)
{
    const uint32_t parts = (uint32_t)((at->node->n_input - 2) / 3);
    const char **in = zs_new(at->net->draft.arena, const char *, parts);
    const char *y = inner_name(at, "y");
    if (in == NULL || y == NULL)
        return zs_nomem(err, "a node");
    if (at->node->n_input != 3 * (size_t)parts + 2)
        return zs_fail(err, ZS_EPARSE, at->place, "%zu inputs are not 2 and 3 for each part",
                       at->node->n_input);
    for (uint32_t i = 0; i < parts; i++) {
        in[i] = zs_arena_printf(at->net->draft.arena, "%s part %u", at->node->output[0], i);
        ZS_TRY(scale_node(at, "DequantizeLinear", input_name(at, 3 * i + 2),
                          input_name(at, 3 * i + 3), input_name(at, 3 * i + 4), 1, in[i], err));
    }
    ZS_TRY(run_inner(at, "Concat", in, parts, y, at->node->attribute, at->node->n_attribute, err));
    return scale_node(at, "QuantizeLinear", y, input_name(at, 0), input_name(at, 1), 1,
                      at->node->output[0], err);
}

/* ConvInteger and MatMulInteger: as of real numbers, of scale 1. */
zs_status zs_onnx_integer(const zs_onnx_node *at, zs_err *err)
{
    const bool is_conv = strcmp(at->node->op_type, "ConvInteger") == 0;
    const char *one = inner_name(at, "1"), *x = inner_name(at, "x"), *w = inner_name(at, "w");
    float *unit = zs_new(at->net->draft.arena, float, 1);
    zs_net_value value;
    if (one == NULL || x == NULL || w == NULL || unit == NULL)
        return zs_nomem(err, "a name");
    *unit = 1;
    ZS_TRY(zs_onnx_new_floats(at, unit, NULL, 0, &value, err));
    ZS_TRY(zs_net_draft_value(&at->net->draft, one, NULL, 0, err));
    *zs_net_draft_get(&at->net->draft, one) = value;
    const zs_net_value *zero =
        zs_onnx_has_input(at, 2) ? zs_net_draft_get(&at->net->draft, at->node->input[2]) : NULL;
    if (zero != NULL && zero->constant == NULL) /* of DynamicQuantizeLinear */
        ZS_TRY(run_inner(at, "Sub", (const char *const[]){input_name(at, 0), input_name(at, 2)}, 2,
                         x, NULL, 0, err));
    else
        ZS_TRY(scale_node(at, "DequantizeLinear", input_name(at, 0), one, input_name(at, 2), 1, x,
                          err));
    ZS_TRY(scale_node(at, "DequantizeLinear", input_name(at, 1), one, input_name(at, 3),
                      is_conv ? 0 : 1, w, err));
    const char *const in[2] = {x, w};
    return run_inner(at, is_conv ? "Conv" : "MatMul", in, 2, at->node->output[0],
                     at->node->attribute, at->node->n_attribute, err);
}
