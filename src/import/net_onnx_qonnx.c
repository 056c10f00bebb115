/* Operators of QONNX and FINN, in whatever domain exporters put them: quantisers of 1 to 32 bits,
 * thresholds, and the tensor types that annotations state. */
#include "import_onnx_priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- types ----------------------------------------------------------------------------------- */

typedef struct qtype {
    uint8_t bits; /* 0: not an integer */
    bool is_signed, is_bipolar;
} qtype;

static qtype type_of_word(const char *word)
{
    if (strcmp(word, "BIPOLAR") == 0)
        return (qtype){1, true, true};
    if (strcmp(word, "BINARY") == 0)
        return (qtype){1, false, false};
    if (strcmp(word, "TERNARY") == 0)
        return (qtype){2, true, false};
    const bool is_unsigned = word[0] == 'U';
    if (strncmp(word + is_unsigned, "INT", 3) != 0)
        return (qtype){0};
    uint64_t bits;
    const char *end = zs_read_count(word + is_unsigned + 3, &bits);
    return (qtype){end != NULL && *end == '\0' && bits <= 32 ? (uint8_t)bits : 0, !is_unsigned,
                   false};
}

static qtype annotated(const zs_onnx *net, const char *tensor)
{
    const ZsOnnx__Graph *g = net->graph;
    for (size_t i = 0; g != NULL && i < g->n_quantization_annotation; i++) {
        const ZsOnnx__Annotation *a = g->quantization_annotation[i];
        for (size_t k = 0; a->tensor_name && strcmp(a->tensor_name, tensor) == 0 && k < a->n_entry;
             k++)
            if (a->entry[k]->key && a->entry[k]->value &&
                strcmp(a->entry[k]->key, "finn_datatype") == 0)
                return type_of_word(a->entry[k]->value);
    }
    return (qtype){0};
}

/* What is known of the steps of constant input i. */
void zs_onnx_grid(const zs_onnx_node *at, size_t i, zs_layer_spec *layer)
{
    const zs_net_value *value = zs_net_draft_get(&at->net->draft, at->node->input[i]);
    const qtype type = annotated(at->net, at->node->input[i]);
    if (value == NULL)
        return;
    layer->grid = value->grid;
    if (type.bits > 0) {
        layer->grid.bits = type.bits;
        layer->grid.is_bipolar = type.is_bipolar;
    }
}

/* ---- Quant, BipolarQuant --------------------------------------------------------------------- */

static zs_status read_rounding(const zs_onnx_node *at, zs_rounding *rule, zs_err *err)
{
    static const char *const words[] = {"ROUND", "UP",      "DOWN",     "CEIL",
                                        "FLOOR", "HALF_UP", "HALF_DOWN"};
    const ZsOnnx__Attribute *mode = zs_onnx_attr(at, "rounding_mode");
    *rule = ZS_ROUND_EVEN;
    for (size_t i = 0; mode != NULL && i < ZS_LEN(words); i++)
        if (zs_onnx_attr_is(mode, words[i])) {
            *rule = (zs_rounding)i;
            return ZS_OK;
        }
    if (mode != NULL && !zs_onnx_attr_is(mode, "HALF_EVEN"))
        return zs_fail(err, ZS_EUNSUPPORTED, at->place, "rounding_mode '%.*s' is not handled",
                       (int)zs_min_u64(mode->s.len, 32), (const char *)mode->s.data);
    return ZS_OK;
}

static zs_status one_number(const zs_onnx_node *at, size_t i, const char *what, double *out,
                            zs_err *err)
{
    const float *x;
    uint64_t n;
    ZS_TRY(zs_onnx_in_floats(at, i, &x, &n, err));
    for (uint64_t k = 1; k < n; k++)
        if (x[k] < x[0] || x[k] > x[0])
            return zs_fail(err, ZS_EUNSUPPORTED, at->place, "%llu different %ss; one is handled",
                           (unsigned long long)n, what);
    *out = (double)x[0];
    return ZS_OK;
}

/* Limits of Quant, or of BipolarQuant's -1 and 1. */
static zs_status read_quant(const zs_onnx_node *at, zs_layer_quant *quant, zs_err *err)
{
    const bool is_bipolar = strcmp(at->node->op_type, "BipolarQuant") == 0;
    const bool is_signed = zs_onnx_attr_int(at, "signed", 1) != 0;
    const int64_t narrow = zs_onnx_attr_int(at, "narrow", 0) != 0;
    double zero, bits;
    if (is_bipolar) {
        static const double at_zero[1] = {0};
        quant->out = (zs_number){.scale = 1, .lo = -1, .hi = 1, .bits = 1, .is_bipolar = true};
        quant->thresholds = at_zero;
        quant->threshold_n = 1;
        quant->level0 = -1;
        quant->step = 2;
        return ZS_OK;
    }
    ZS_TRY(one_number(at, 2, "zero point", &zero, err));
    ZS_TRY(one_number(at, 3, "width", &bits, err));
    if (!(bits >= 1 && bits <= 32) || bits > floor(bits))
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "a width of %g bits; whole numbers from 1 to 32 are handled", bits);
    const double n = ldexp(1, (int)bits);
    const double lo = is_signed ? -n / 2 + (double)narrow : 0;
    const double hi = is_signed ? n / 2 - 1 : n - 1 - (double)narrow;
    if (!(fabs(zero) <= 1e6) || zero > floor(zero) || hi > INT32_MAX)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place, "zero point %g with %g bits", zero, bits);
    quant->out = zs_onnx_number(1, zero, lo, hi);
    quant->out.bits = (uint8_t)bits;
    return read_rounding(at, &quant->rule, err);
}

/* A scale for each element of one dimension that is as long as there are scales. */
static zs_status scale_block(const zs_onnx_node *at, const zs_net_value *x, const float *scale,
                             uint64_t n, uint64_t *block, uint32_t *axis, zs_err *err)
{
    uint32_t dims[ZS_RANK_MAX], rank, own[ZS_RANK_MAX], own_rank;
    zs_net_value *s;
    ZS_TRY(zs_onnx_dims(at, x, dims, &rank, err));
    ZS_TRY(zs_onnx_get(at, 1, &s, err));
    ZS_TRY(zs_onnx_dims(at, s, own, &own_rank, err));
    for (uint64_t i = 0; i < n; i++)
        if (!(scale[i] > 0) || !(scale[i] <= 3e38f))
            return zs_fail(err, ZS_ERANGE, at->place, "scale %g is not above 0", (double)scale[i]);
    *axis = 0;
    *block = 1;
    for (uint32_t d = 0; n > 1 && d < own_rank; d++)
        if (own[d] != 1) {
            if (own[d] != n || own_rank > rank || dims[rank - own_rank + d] != n)
                return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                               "scales that differ along several dimensions");
            *axis = rank - own_rank + d;
            *block = zs_onnx_elems(dims + *axis + 1, rank - *axis - 1);
        }
    return ZS_OK;
}

static zs_status quant_constant(const zs_onnx_node *at, zs_net_value *x, zs_layer_quant *quant,
                                const float *scale, uint64_t n, zs_err *err)
{
    const float *data;
    uint64_t elems, block;
    uint32_t dims[ZS_RANK_MAX], rank, axis;
    zs_net_value y;
    ZS_TRY(scale_block(at, x, scale, n, &block, &axis, err));
    ZS_TRY(zs_onnx_dims(at, x, dims, &rank, err));
    ZS_TRY(zs_onnx_floats(at->net->draft.arena, x->constant, at->place, &data, &elems, err));
    ZS_TRY(zs_onnx_fold_room(at, elems, err));
    float *out = zs_arena_alloc_raw(at->net->draft.arena, (size_t)elems, sizeof *out);
    if (out == NULL)
        return zs_nomem(err, "a constant");
    for (uint64_t i = 0; i < elems; i++) {
        const double s = (double)scale[n == 1 ? 0 : i / block % n];
        out[i] = (float)(zs_quant_finish(quant, 0, (double)data[i] / s) * s);
    }
    ZS_TRY(zs_onnx_new_floats(at, out, dims, rank, &y, err));
    y.grid = (zs_weight_grid){.scale = scale,
                              .scale_n = (uint32_t)n,
                              .bits = quant->out.bits,
                              .is_bipolar = quant->out.is_bipolar};
    return zs_onnx_bind(at, 0, &y, err);
}

zs_status zs_onnx_quant(const zs_onnx_node *at, zs_err *err)
{
    zs_net_value *x, y;
    const float *scale;
    uint64_t n, block;
    uint32_t axis;
    zs_layer_quant *quant = zs_onnx_quantiser(at, (zs_number){0});
    if (quant == NULL)
        return zs_nomem(err, "a quantiser");
    ZS_TRY(zs_onnx_get(at, 0, &x, err));
    ZS_TRY(zs_onnx_in_floats(at, 1, &scale, &n, err));
    ZS_TRY(read_quant(at, quant, err));
    if (x->constant != NULL)
        return quant_constant(at, x, quant, scale, n, err);
    ZS_TRY(scale_block(at, x, scale, n, &block, &axis, err));
    if (n > 1 && axis != 1)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "scales of a computed value along dimension %u; channels are handled", axis);
    quant->channels = (uint32_t)n;
    quant->out.scale = (double)scale[0];
    if (quant->thresholds == NULL || n > 1)
        quant->divisor = zs_onnx_spread(at, scale, n, n);
    if (quant->thresholds != NULL && n > 1)
        quant->thresholds = zs_new(at->net->draft.arena, double, (size_t)n);
    ZS_TRY(zs_onnx_quantise_layer(at, x, quant, &y, err));
    return zs_onnx_bind(at, 0, &y, err);
}

/* ---- MultiThreshold -------------------------------------------------------------------------- */

/* y = out_scale x count + out_bias as scale x (level0 + step x count). */
static zs_status read_levels(const zs_onnx_node *at, zs_layer_quant *quant, zs_err *err)
{
    const double scale = zs_onnx_attr_float(at, "out_scale", 1),
                 bias = zs_onnx_attr_float(at, "out_bias", 0);
    const ZsOnnx__Attribute *word = zs_onnx_attr(at, "out_dtype");
    const uint32_t n = quant->threshold_n;
    char text[24] = "";
    if (word != NULL && word->s.len < sizeof text)
        memcpy(text, word->s.data, word->s.len);
    const qtype type = type_of_word(text);
    double level0 = 0;
    int32_t step = 1;
    if (!(scale > 0) || !(fabs(bias) <= 1e6 * scale))
        return zs_fail(err, ZS_EUNSUPPORTED, at->place, "out_scale %g and out_bias %g", scale,
                       bias);
    for (step = 1; step <= 2; step++) {
        level0 = bias * step / scale;
        if (!(level0 < rint(level0)) && !(level0 > rint(level0)))
            break;
    }
    if (step > 2)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "out_bias %g is no multiple of half of out_scale %g", bias, scale);
    quant->out = zs_onnx_number(scale / step, 0, level0, level0 + (double)step * n);
    if (type.bits > 0)
        quant->out.bits = type.bits;
    quant->out.is_bipolar = type.is_bipolar;
    quant->level0 = (int32_t)level0 - quant->out.offset;
    quant->step = step;
    return ZS_OK;
}

static zs_status check_ascending(const zs_onnx_node *at, const zs_layer_quant *quant, zs_err *err)
{
    for (uint32_t c = 0; c < quant->channels; c++)
        for (uint32_t i = 1; i < quant->threshold_n; i++) {
            const double *row = quant->thresholds + (size_t)c * quant->threshold_n;
            if (!(row[i] >= row[i - 1]))
                return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                               "threshold %u of channel %u, %g, is below the one before, %g", i, c,
                               row[i], row[i - 1]);
        }
    return ZS_OK;
}

/* Thresholds by channel need channels in front of rows and columns. */
static zs_status settle_channels(const zs_onnx_node *at, zs_net_value *x, uint32_t channels,
                                 zs_err *err)
{
    const ZsOnnx__Attribute *layout = zs_onnx_attr(at, "data_layout");
    const bool is_last = layout != NULL && zs_onnx_attr_is(layout, "NHWC") && x->rank == 4;
    const uint32_t axis = is_last ? 3 : 1;
    if (channels == 1)
        return ZS_OK;
    if (x->has_dims && x->rank > axis && x->dims[axis] != channels)
        return zs_fail(err, ZS_ESHAPE, at->place, "%u rows of thresholds for %u channels", channels,
                       x->dims[axis]);
    if (x->has_dims && x->rank == 4 && x->perm[axis] == 1 && x->shape.c == channels)
        return ZS_OK;
    if (is_last)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "thresholds by channel where channels come last");
    return zs_onnx_settle(at, x, NULL, err);
}

zs_status zs_onnx_multi_threshold(const zs_onnx_node *at, zs_err *err)
{
    zs_net_value *x, *t, y;
    zs_layer_spec *layer;
    uint32_t dims[ZS_RANK_MAX], rank;
    uint64_t n;
    zs_layer_quant *quant = zs_onnx_quantiser(at, (zs_number){0});
    if (quant == NULL)
        return zs_nomem(err, "a quantiser");
    ZS_TRY(zs_onnx_get(at, 0, &x, err));
    ZS_TRY(zs_onnx_get(at, 1, &t, err));
    if (x->constant != NULL || t->constant == NULL)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "thresholds must be constant, and what they are held against computed");
    ZS_TRY(zs_onnx_dims(at, t, dims, &rank, err));
    ZS_TRY(zs_onnx_doubles(at, t, &quant->thresholds, &n, err));
    if (rank != 2 || n == 0)
        return zs_fail(err, ZS_ESHAPE, at->place, "thresholds of %u dimensions instead of 2", rank);
    quant->channels = dims[0];
    quant->threshold_n = dims[1];
    ZS_TRY(read_levels(at, quant, err));
    ZS_TRY(check_ascending(at, quant, err));
    ZS_TRY(zs_onnx_unpad(at, x, err));
    ZS_TRY(settle_channels(at, x, quant->channels, err));
    ZS_TRY(zs_onnx_new_layer(at, ZS_LAYER_QUANTISE, &layer, err));
    ZS_TRY(zs_net_draft_input(&at->net->draft, layer, x->layer, err));
    layer->quant = quant;
    y = *x;
    y.layer = layer->name;
    return zs_onnx_bind(at, 0, &y, err);
}

/* ---- XnorPopcountMatMul ---------------------------------------------------------------------- */

/* Equal bits of a and b: a (2b - 1) + 1 - b, summed. */
zs_status zs_onnx_xnor(const zs_onnx_node *at, zs_err *err)
{
    zs_net_value *a, *b, y;
    zs_layer_spec *layer;
    const float *data;
    uint64_t elems;
    uint32_t dims[ZS_RANK_MAX], rank;
    ZS_TRY(zs_onnx_get(at, 0, &a, err));
    ZS_TRY(zs_onnx_get(at, 1, &b, err));
    if (a->constant != NULL || b->constant == NULL)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "only a computed row times a constant matrix is handled");
    ZS_TRY(zs_onnx_dims(at, b, dims, &rank, err));
    ZS_TRY(zs_onnx_floats(at->net->draft.arena, b->constant, at->place, &data, &elems, err));
    if (rank != 2 || a->rank != 2 || (a->has_dims && (a->dims[0] != 1 || a->dims[1] != dims[0])))
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "only a row of as many elements as the matrix has rows is handled");
    float *w = zs_arena_alloc_raw(at->net->draft.arena, (size_t)elems, sizeof *w);
    float *bias = zs_arena_alloc(at->net->draft.arena, dims[1], sizeof *bias);
    if (w == NULL || bias == NULL)
        return zs_nomem(err, "weights");
    for (uint32_t k = 0; k < dims[0]; k++)
        for (uint32_t oc = 0; oc < dims[1]; oc++) {
            const float bit = data[(size_t)k * dims[1] + oc];
            w[(size_t)oc * dims[0] + k] = 2 * bit - 1;
            bias[oc] += 1 - bit;
        }
    ZS_TRY(zs_onnx_order(at, a, err));
    ZS_TRY(zs_onnx_new_layer(at, ZS_LAYER_FC, &layer, err));
    ZS_TRY(zs_net_draft_input(&at->net->draft, layer, a->layer, err));
    layer->oc = dims[1];
    layer->weights = (zs_weights){.data = w, .bias = bias, .n_elems = elems, .bias_n = dims[1]};
    layer->grid = (zs_weight_grid){.bits = 1, .is_bipolar = true};
    ZS_TRY(zs_onnx_layer_value(at, layer, (zs_net_value *const[]){a}, 2, &y, err));
    return zs_onnx_bind(at, 0, &y, err);
}
